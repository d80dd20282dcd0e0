//! What the people of the five practices may do about what is posted there, from the delivery to
//! the platform.
//!
//! `PAGEWARDEN_WRITE_TABLES=1` rewrites the table in `people.txt`; look at what changed before it
//! is committed.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use axum::http::StatusCode;
use jiff::SignedDuration;
use pagewarden_fakes::{Entry, Fault};
use pagewarden_ledger::{
    ActionStatus, Choice, ChoiceError, Chosen, History, Observation, Person, TaskRecord,
    Visibility, choices_for,
};
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Effect, Platform, PostKey, PracticeId, Role, TaskKind};
use pagewarden_tests::{PEOPLE, comment, events, people, person, replay, stack, until};
use serde_json::{Value, json};

const MILE_OAK: &str = "100000000000005";
const ROXBOURNE: &str = "100000000000003";

fn key(practice: &str, id: &str) -> PostKey {
    PostKey {
        practice: practice.parse().unwrap(),
        platform: Platform::Facebook,
        id: id.into(),
    }
}

/// Gives a practice somebody of each role.
async fn staff(stack: &Stack, practice: &str) {
    let (ledger, id): (_, PracticeId) = (stack.ledger(), practice.parse().unwrap());
    let record = ledger.practice(&id).await.unwrap().unwrap();
    let policy = ledger.policy(&id, record.policy).await.unwrap().unwrap();
    let mut settings: Value = serde_json::from_str(&record.settings).unwrap();
    settings["people"] = PEOPLE
        .iter()
        .map(|(name, role, _)| json!({ "name": name, "roles": [role.name()] }))
        .collect::<Vec<_>>()
        .into();
    ledger
        .publish(&id, Some(&record), &policy, &settings.to_string(), &[])
        .await
        .unwrap();
}

async fn write(stack: &Stack, page: &str, id: &str, words: &str) {
    let body = comment(page, id, "55", words);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
}

fn decided(history: &History) -> bool {
    history
        .revisions
        .iter()
        .all(|revision| revision.decided.is_some())
}

fn done(effect: Effect) -> impl Fn(&History) -> bool {
    move |history| {
        history
            .actions
            .iter()
            .any(|one| one.effect == effect && one.status == ActionStatus::Done)
    }
}

fn of_kind(history: &History, kind: TaskKind) -> TaskRecord {
    let kinds: Vec<TaskKind> = history.tasks.iter().map(|task| task.kind).collect();
    history
        .tasks
        .iter()
        .find(|task| task.kind == kind)
        .unwrap_or_else(|| panic!("{kind} is not among {kinds:?}"))
        .clone()
}

async fn choose(
    stack: &Stack,
    task: &TaskRecord,
    role: Role,
    choice: Choice,
) -> Result<Chosen, ChoiceError> {
    stack
        .ledger()
        .choose(
            &task.key,
            &task.id,
            &person(role),
            choice,
            pagewarden_tests::now(),
        )
        .await
}

async fn an_hour_later(stack: &Stack) {
    stack.clock().pass(SignedDuration::from_hours(1));
    stack.run("remind").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_each_practice_leaves_to_whom_stands_in_the_table() {
    let stack = stack().await;
    replay(&stack, &events()).await;
    let mut rows = BTreeSet::new();
    for practice in [
        "kingswinford",
        "threeways",
        "roxbourne",
        "woolpit",
        "mile-oak",
    ] {
        let (groups, unreadable) = stack
            .ledger()
            .groups(&practice.parse().unwrap())
            .await
            .unwrap();
        assert!(unreadable.is_empty());
        for mut post in groups.into_iter().flatten() {
            post.grounds.people = people();
            for task in &post.tasks {
                let may = |choice: &Choice| -> String {
                    let may =
                        |person: &Person| choices_for(person, task, &post.grounds).contains(choice);
                    PEOPLE
                        .iter()
                        .map(|(_, role, letter)| if may(&person(*role)) { *letter } else { '.' })
                        .collect()
                };
                let mut row = format!("{practice}: {}, {}", task.kind, task.key.platform);
                let hidden = post.grounds.state.visibility == Visibility::Hidden;
                write!(row, "{}", if hidden { ", hidden" } else { "" }).unwrap();
                for choice in Choice::ALL {
                    let letters = may(choice);
                    if letters != "......" {
                        write!(row, "\n   {letters}  {choice}").unwrap();
                    }
                }
                rows.insert(row);
            }
        }
    }
    let rows: Vec<String> = rows.into_iter().collect();
    let table = format!(
        "What the sample posts leave to whom: R reviewer, P practice manager, S safeguarding lead, C complaints manager, \
         A auditor,\nD deployer.\n\n{}\n",
        rows.join("\n\n")
    );
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/people.txt");
    if std::env::var_os("PAGEWARDEN_WRITE_TABLES").is_some() {
        std::fs::write(&file, &table).unwrap();
    }
    assert_eq!(
        table,
        std::fs::read_to_string(file).unwrap(),
        "see how to rewrite it at the head of this file"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_task_of_a_post_is_a_way_around_what_its_policy_says() {
    let stack = stack().await;
    staff(&stack, "mile-oak").await;
    // Mile Oak's practice manager deletes what is obscene; the same words are a complaint as well.
    let words =
        "The woman on the desk is a stupid bitch. I want to make a formal complaint about her";
    write(&stack, MILE_OAK, "1_1", words).await;
    let history = until(&stack, &key("mile-oak", "1_1"), done(Effect::Hide)).await;
    for task in &history.tasks {
        for role in [
            Role::Reviewer,
            Role::SafeguardingLead,
            Role::ComplaintsManager,
        ] {
            let refused = choose(&stack, task, role, Choice::Delete)
                .await
                .unwrap_err();
            assert!(
                matches!(refused, ChoiceError::Refused(_)),
                "{}: {refused}",
                task.kind
            );
        }
    }
    let confirm = of_kind(&history, TaskKind::ConfirmDeleteByPracticeManager);
    let stranger = Person {
        name: "Nobody At All".into(),
        role: Role::PracticeManager,
    };
    let refused = stack
        .ledger()
        .choose(
            &confirm.key,
            &confirm.id,
            &stranger,
            Choice::Delete,
            pagewarden_tests::now(),
        )
        .await
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("name no practice manager called Nobody At All"),
        "{refused}"
    );
    // Whoever may delete it has to wait until somebody has said whether it is a complaint.
    let refused = choose(&stack, &confirm, Role::PracticeManager, Choice::Delete)
        .await
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("nobody has said yet whether it is a complaint"),
        "{refused}"
    );
    let asked = of_kind(&history, TaskKind::ComplaintDecision);
    choose(&stack, &asked, Role::ComplaintsManager, Choice::Complaint)
        .await
        .unwrap();
    choose(&stack, &confirm, Role::PracticeManager, Choice::Delete)
        .await
        .unwrap();
    until(&stack, &key("mile-oak", "1_1"), |history| {
        history.state.visibility == Visibility::Gone
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_hide_leaves_deleting_to_whom_the_policy_names() {
    let stack = stack().await;
    staff(&stack, "mile-oak").await;
    let mile_oak = "mile-oak".parse().unwrap();
    let sam = person(Role::Reviewer);
    stack
        .ledger()
        .switch_off(&mile_oak, &sam, None, pagewarden_tests::now())
        .await
        .unwrap();
    write(
        &stack,
        MILE_OAK,
        "1_1",
        "The woman on the desk is a stupid bitch",
    )
    .await;
    let parked = |history: &History| {
        history
            .actions
            .iter()
            .any(|action| action.status == ActionStatus::Parked)
    };
    let history = until(&stack, &key("mile-oak", "1_1"), parked).await;
    let by_hand = of_kind(&history, TaskKind::DoByHand);
    let refused = choose(&stack, &by_hand, Role::Reviewer, Choice::Delete)
        .await
        .unwrap_err()
        .to_string();
    assert_eq!(
        refused,
        "Sam (reviewer) may not choose delete for this post: a practice manager may, here Pat (practice manager)"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_deletes_or_bans_while_somebody_may_be_in_danger() {
    let stack = stack().await;
    staff(&stack, "mile-oak").await;
    write(
        &stack,
        MILE_OAK,
        "1_1",
        "You stupid bitch, I am going to end my life tonight.",
    )
    .await;
    let history = until(&stack, &key("mile-oak", "1_1"), decided).await;
    let page = of_kind(&history, TaskKind::SafeguardingNow);
    for (_, role, _) in PEOPLE {
        for choice in [Choice::Delete, Choice::Ban] {
            assert!(matches!(
                choose(&stack, &page, role, choice).await,
                Err(ChoiceError::Refused(_))
            ));
        }
    }
    let refused = choose(&stack, &page, Role::Reviewer, Choice::Keep)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.starts_with("Sam (reviewer) may not answer where somebody may be in danger"),
        "{refused}"
    );
    choose(&stack, &page, Role::SafeguardingLead, Choice::Done)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_whose_answer_was_lost_is_not_repeated() {
    let stack = stack().await;
    write(
        &stack,
        MILE_OAK,
        "1_1",
        "I want to make a formal complaint about how I was spoken to",
    )
    .await;
    let history = until(&stack, &key("mile-oak", "1_1"), decided).await;
    let task = of_kind(&history, TaskKind::ModerateDeleteOrBan);
    let priya = Person {
        name: "Priya".into(),
        role: Role::PracticeManager,
    };
    stack
        .graph()
        .faults()
        .next(1, &Fault::After(StatusCode::BAD_GATEWAY, json!({})));
    stack
        .ledger()
        .choose(
            &task.key,
            &task.id,
            &priya,
            Choice::Ban,
            pagewarden_tests::now(),
        )
        .await
        .unwrap();
    let put_off = |history: &History| history.actions.iter().any(|action| action.result.is_some());
    until(&stack, &task.key, put_off).await;
    an_hour_later(&stack).await;
    let history = until(&stack, &task.key, done(Effect::Ban)).await;
    assert!(
        history.actions[0]
            .result
            .as_deref()
            .unwrap()
            .contains("was so already, perhaps by an earlier try"),
        "{:?}",
        history.actions[0].result
    );
    let bans = stack
        .graph()
        .journal()
        .into_iter()
        .filter(|entry| matches!(entry, Entry::Banned { .. }))
        .count();
    assert_eq!(bans, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_says_what_is_true_when_it_is_sent() {
    let stack = stack().await;
    let post = key("roxbourne", "1_1");
    write(
        &stack,
        ROXBOURNE,
        "1_1",
        "My neighbour Sheila Bowcott has been in there every week for her depression",
    )
    .await;
    let history = until(&stack, &post, done(Effect::Hide)).await;
    let task = history
        .tasks
        .iter()
        .find(|task| task.draft_visible.is_some())
        .unwrap();
    let imran = Person {
        name: "Imran".into(),
        role: Role::PracticeManager,
    };
    // The first try fails, and before the next one somebody shows the post on Facebook.
    stack.graph().faults().next(
        1,
        &Fault::Instead(StatusCode::SERVICE_UNAVAILABLE, json!({})),
    );
    stack
        .ledger()
        .choose(
            &post,
            &task.id,
            &imran,
            Choice::AskAuthor,
            pagewarden_tests::now(),
        )
        .await
        .unwrap();
    let put_off = |history: &History| {
        history
            .actions
            .iter()
            .any(|action| action.effect == Effect::AskAuthor && action.result.is_some())
    };
    until(&stack, &post, put_off).await;
    let shown = Observation::Visibility { hidden: false };
    stack
        .ledger()
        .observe(&post, shown, stack.clock().now(), stack.clock().now())
        .await
        .unwrap();
    an_hour_later(&stack).await;
    until(&stack, &post, done(Effect::AskAuthor)).await;
    let sent: Vec<String> = stack
        .graph()
        .journal()
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::Replied {
                private: true,
                words,
                ..
            } => Some(words),
            _ => None,
        })
        .collect();
    let [words] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert!(
        !words.contains("hidden") && Some(words) == task.draft_visible.as_ref(),
        "{words}"
    );
}
