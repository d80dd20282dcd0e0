//! What people read, word for word: a change of any of it shows in a review.

#![expect(clippy::unwrap_used, reason = "a test may")]

use insta::assert_snapshot;
use pagewarden_ledger::{Calendar, Choice};
use pagewarden_local::stepped::Stepped;
use pagewarden_policies::{Templates, Variables, demo_settings, lint, load, load_shipped, shipped};
use pagewarden_present::case::{Viewer, findings};
use pagewarden_present::hand_over::hand_over;
use pagewarden_present::history::shown;
use pagewarden_present::terminal::{self, Words};
use pagewarden_rules::{Platform, Policy, PostKey, Role, TaskKind};
use pagewarden_tests::{comment, monday, people};

/// Kingswinford's page.
const PAGE: &str = "100000000000001";

/// What is written there, a post of each kind that people decide about.
const POSTS: [&str; 5] = [
    "Nobody can help me any more. I am going to end my life tonight.",
    "That receptionist is a useless bitch",
    "I want to make a formal complaint about how I was spoken to at reception on Monday.",
    "Mrs Jean Ackroyd of 4 Mill Lane was in for her HIV bloods again",
    "Thank you all, see you at the flu clinic",
];

fn policy() -> Policy {
    let (_, toml, published) = shipped()[0];
    load(toml, published, "kingswinford.toml").unwrap().policy
}

fn calendar() -> Calendar {
    let practice = policy().practice;
    Calendar::new(practice.nation, &practice.timezone)
}

fn key(nth: usize) -> PostKey {
    PostKey {
        practice: "kingswinford".parse().unwrap(),
        platform: Platform::Facebook,
        id: format!("{PAGE}_{nth}"),
    }
}

/// A stack in which [`POSTS`] were judged.
async fn judged() -> Stepped {
    let mut stepped = Stepped::build(monday()).await.unwrap();
    for (nth, words) in POSTS.into_iter().enumerate() {
        let body = comment(PAGE, &key(nth).id, &format!("50{nth}"), words);
        stepped.stack().graph().learn(&body).unwrap();
        assert_eq!(stepped.stack().sender().deliver(&body).await.unwrap(), 200);
        stepped.settle().await.unwrap();
    }
    stepped
}

/// Leaves out what differs from run to run: ids, and the hashes that cover them.
fn filtered() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\b[0-9A-HJKMNP-TV-Z]{26}\b", "[id]");
    settings.add_filter(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{3}\b", "[reference]");
    settings.add_filter(r"\b[0-9a-f]{64}\b", "[hash]");
    settings.bind_to_scope()
}

#[tokio::test(start_paused = true)]
async fn cases_and_a_history_read_as_they_did() {
    let _filters = filtered();
    let mut stepped = judged().await;
    let ledger = stepped.stack().ledger().clone();
    let (policy, calendar) = (policy(), calendar());
    let mut told = Vec::new();
    for nth in 0..POSTS.len() {
        let history = ledger.history(&key(nth)).await.unwrap().unwrap();
        let case = history.case(&key(nth), people());
        let viewer = Viewer {
            policy: Some(&policy),
            calendar: &calendar,
            roles: &case.grounds.people,
            now: monday(),
        };
        let view = viewer.case(&case, &findings(&history, &case));
        told.extend(terminal::whole(&view, Words::Cut));
    }
    assert_snapshot!("cases", told.join("\n"));

    let history = ledger.history(&key(1)).await.unwrap().unwrap();
    assert_snapshot!("history", shown(&history, true, &calendar).lines.join("\n"));

    // A pack is made of what somebody has said is a complaint.
    let known = ledger.history(&key(2)).await.unwrap().unwrap();
    let asked = known
        .tasks
        .iter()
        .find(|task| task.kind == TaskKind::ComplaintDecision);
    let of_practice = ledger.people(&key(2).practice).await.unwrap();
    let manager = of_practice
        .iter()
        .find(|person| person.role == Role::ComplaintsManager);
    ledger
        .choose(
            &key(2),
            &asked.unwrap().id,
            manager.unwrap(),
            Choice::Complaint,
            monday(),
        )
        .await
        .unwrap();
    stepped.settle().await.unwrap();
    let complaint = ledger.history(&key(2)).await.unwrap().unwrap();
    let pack = hand_over(&complaint, &key(2), &policy, &calendar).unwrap();
    assert_snapshot!("complaint handed over", pack.lines().join("\n"));
}

#[test]
fn every_practices_report_reads_as_it_did() {
    let settings = demo_settings().unwrap();
    for loaded in load_shipped().unwrap() {
        let id = &loaded.policy.practice.id;
        let report = lint(&loaded, &settings[id]);
        assert_snapshot!(format!("lint {id}"), report.to_string());
    }
}

#[test]
fn the_words_that_go_out_read_as_they_did() {
    let templates = Templates::shipped().unwrap();
    let mut letters = Vec::new();
    for name in templates.names() {
        let left_open = templates.get(name).unwrap().into_iter();
        let filled = left_open.fold(Variables::default(), |filled, variable| {
            filled.with(variable, &format!("[{variable:?}]"))
        });
        letters.push(format!(
            "{name}\n{}",
            templates.render(name, &filled).unwrap()
        ));
    }
    assert_snapshot!("templates", letters.join("\n\n"));
}
