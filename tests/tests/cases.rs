//! Cases on the people's pages: what a practice manager sees, decides and is told, from outside.

#![expect(clippy::unwrap_used, reason = "a test may")]

use pagewarden_ledger::{Calendar, Choice, History, Question, TaskRecord, Visibility};
use pagewarden_local::stack::Stack;
use pagewarden_policies::load_shipped;
use pagewarden_present::case::{CaseView, Viewer, findings};
use pagewarden_rules::{Effect, Nation, Policy, PostKey, Role};
use pagewarden_tests::browser::{Answer, Browser};
use pagewarden_tests::{replayed, until};

const GAIL: &str = "gail@kingswinford.example";
const RUTH: &str = "ruth@threeways.example";
const TOM: &str = "tom.bright@threeways.example";
const JOAN: &str = "joan@woolpit.example";
const PRIYA: &str = "priya@mile-oak.example";
const BETH: &str = "beth.lowe@mile-oak.example";

async fn history(stack: &Stack, post: &PostKey) -> History {
    stack.ledger().history(post).await.unwrap().unwrap()
}

/// Returns a hidden post of a practice about which somebody is asked whether it stays.
async fn hidden(stack: &Stack, posts: &[PostKey], practice: &str) -> PostKey {
    for post in posts
        .iter()
        .filter(|post| post.practice.as_str() == practice)
    {
        let Some(case) = pagewarden_tests::case(stack.ledger(), post).await else {
            continue;
        };
        let is_hidden = case.grounds.state.visibility == Visibility::Hidden;
        if is_hidden
            && case
                .questions()
                .iter()
                .any(|(question, _)| *question == Question::Post)
        {
            return post.clone();
        }
    }
    panic!("no post of {practice} is hidden and asked about");
}

fn case(post: &PostKey) -> String {
    format!("/case/{}/{}", post.platform, post.id)
}

/// Returns what the button of these words sends.
fn button(page: &Answer, label: &str) -> Option<String> {
    let (before, _) = page.body.split_once(&format!(">{label}"))?;
    let (_, value) = before.rsplit_once("name=\"answer\" value=\"")?;
    value.split_once('"').map(|(value, _)| value.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_danger_stays_open_while_somebody_deals_with_it() {
    let (stack, posts) = replayed().await;
    let mut danger = None;
    for post in posts
        .iter()
        .filter(|post| post.practice.as_str() == "threeways")
    {
        if pagewarden_tests::case(stack.ledger(), post)
            .await
            .is_some_and(|case| case.is_danger())
        {
            danger = Some(post.clone());
        }
    }
    let post = danger.unwrap();
    let mut tom = Browser::signed_in(&stack, TOM).await;
    let page = tom.open(&case(&post)).await;
    assert_eq!(
        button(&page, "I am dealing with it"),
        None,
        "a reviewer may not silence the alert"
    );
    let mut ruth = Browser::signed_in(&stack, RUTH).await;
    let answer = button(&ruth.open(&case(&post)).await, "I am dealing with it").unwrap();
    assert_eq!(
        tom.post(&case(&post), &[("answer", &answer)])
            .await
            .status
            .as_u16(),
        409
    );
    let long = "x".repeat(2_001);
    let refused = ruth
        .post(&case(&post), &[("answer", &answer), ("note", &long)])
        .await;
    assert_eq!(refused.status.as_u16(), 409);
    assert!(refused.body.contains("Your note is too long"));
    let page = ruth.post(&case(&post), &[("answer", &answer)]).await;
    let page = ruth.follow(page).await;
    for wanted in [
        "Somebody is dealing with it: Ruth (practice manager)",
        "It has been seen to",
    ] {
        assert!(page.body.contains(wanted), "{wanted}: {}", page.body);
    }
    let history = history(&stack, &post).await;
    assert!(history.tasks.iter().all(|task| task.chosen().is_none()));
    history.verify().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_comment_is_shown_again_and_the_page_says_who_did_it() {
    let (stack, posts) = replayed().await;
    let post = hidden(&stack, &posts, "threeways").await;
    let mut ruth = Browser::signed_in(&stack, RUTH).await;
    let today = ruth.open("/today").await;
    assert!(
        today.body.contains(&format!("href=\"{}\"", case(&post))),
        "{}",
        today.body
    );
    let page = ruth.open(&case(&post)).await;
    for wanted in [
        "<mark>",
        "Your policy says</h2>",
        ">T7:</span>",
        "still see it",
        "Time alone deletes nothing",
        "Leave it hidden",
    ] {
        assert!(page.body.contains(wanted), "{wanted}: {}", page.body);
    }
    let answer = button(&page, "Show it again").unwrap();
    let done = ruth
        .post(
            &case(&post),
            &[("answer", &answer), ("note", "A joke between friends")],
        )
        .await;
    let done = ruth.follow(done).await;
    assert_eq!(done.status.as_u16(), 200);
    assert!(
        done.title().starts_with("Done – A comment on Facebook, "),
        "{}",
        done.title()
    );
    assert!(
        done.body
            .contains("Ruth (practice manager) decided: Show it again"),
        "{}",
        done.body
    );
    let at_rest = |history: &History| {
        history
            .actions
            .iter()
            .all(|action| !action.status.is_open())
    };
    let history = until(&stack, &post, at_rest).await;
    assert_eq!(history.state.visibility, Visibility::Visible);
    let page = ruth.open(&case(&post)).await;
    for wanted in [
        "Everybody can see it",
        "A joke between friends",
        "It was shown again",
    ] {
        assert!(page.body.contains(wanted), "{wanted}: {}", page.body);
    }
    assert!(
        !page.body.contains("Delete it for good"),
        "what hung on it is answered too"
    );
    history.verify().unwrap();
}

/// Deletes a post with a note, signs in again where that is asked, and returns the page on which
/// somebody is asked once more.
async fn asked_once_more(
    stack: &Stack,
    browser: &mut Browser,
    email: &str,
    post: &PostKey,
    answer: &str,
) -> Answer {
    let form = [("answer", answer), ("note", "Vile")];
    let sent = browser.post(&case(post), &form).await;
    let again = browser.follow(sent).await;
    let next = again.field("next").unwrap();
    let sent = browser.post("/signin/again", &[("next", &next)]).await;
    let at_issuer = browser.follow(sent).await;
    let back = browser.pick(stack, &at_issuer, email).await;
    browser.follow(back).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_and_the_page_that_asks_once_more_differ_in_title() {
    let (stack, posts) = replayed().await;
    let insult = posts.iter().find(|post| post.id == "00190010002_000200177");
    let post = insult.unwrap();
    let mut gail = Browser::signed_in(&stack, GAIL).await;
    let page = gail.open(&case(post)).await;
    assert!(page.title().starts_with("Delete it for good? – "));
    let answer = button(&page, "Delete it for good …").unwrap();
    let sure = asked_once_more(&stack, &mut gail, GAIL, post, &answer).await;
    assert!(sure.title().starts_with("Delete it for good? – "));
    assert_ne!(sure.title(), page.title());
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_is_asked_twice_and_offered_only_to_who_may() {
    let (stack, posts) = replayed().await;
    let post = hidden(&stack, &posts, "mile-oak").await;
    let mut beth = Browser::signed_in(&stack, BETH).await;
    let page = beth.open(&case(&post)).await;
    assert_eq!(
        (page.status.as_u16(), button(&page, "Delete it for good")),
        (200, None)
    );
    let mut priya = Browser::signed_in(&stack, PRIYA).await;
    let page = priya.open(&case(&post)).await;
    let answer = button(&page, "Delete it for good").unwrap();
    // A reviewer who copies the form gets nowhere.
    let forged = beth
        .post(&case(&post), &[("answer", &answer), ("sure", "yes")])
        .await;
    assert_eq!(forged.status.as_u16(), 409);
    let before = history(&stack, &post).await.events.len();
    let sure = asked_once_more(&stack, &mut priya, PRIYA, &post, &answer).await;
    assert_eq!(sure.status.as_u16(), 200);
    assert!(
        sure.title().starts_with("Delete it for good? – "),
        "{}",
        sure.title()
    );
    for wanted in [
        "Nobody can bring it back",
        "kept here as evidence",
        ">Vile</textarea>",
        "No, go back",
    ] {
        assert!(sure.body.contains(wanted), "{wanted}: {}", sure.body);
    }
    assert_eq!(
        history(&stack, &post).await.events.len(),
        before,
        "asking changes nothing"
    );
    // What is deleted can no longer be reported, so that is offered first, with all that it takes.
    for wanted in [
        "Report it first",
        "choose \u{201c}Bullying or harassment\u{201d}, or what comes nearest",
        "We report it as: Bullying or harassment. The words we report are: ",
        ">I reported it</button>",
    ] {
        assert!(sure.body.contains(wanted), "{wanted}: {}", sure.body);
    }
    let done = priya
        .post(
            &case(&post),
            &[("answer", &answer), ("note", "Vile"), ("sure", "yes")],
        )
        .await;
    assert!(priya.follow(done).await.title().starts_with("Done – "));
    let history = until(&stack, &post, |history| {
        history.state.visibility == Visibility::Gone
    })
    .await;
    assert!(
        history
            .tasks
            .iter()
            .any(|task| task.chosen() == Some(Choice::Delete))
    );
    history.verify().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_later_of_two_people_is_told_what_the_earlier_did() {
    let (stack, posts) = replayed().await;
    let post = hidden(&stack, &posts, "threeways").await;
    let (mut ruth, mut tom) = (
        Browser::signed_in(&stack, RUTH).await,
        Browser::signed_in(&stack, TOM).await,
    );
    let (seen_by_ruth, seen_by_tom) = (ruth.open(&case(&post)).await, tom.open(&case(&post)).await);
    let first = button(&seen_by_ruth, "Leave it hidden").unwrap();
    let done = ruth.post(&case(&post), &[("answer", &first)]).await;
    assert!(done.status.is_redirection());
    let second = button(&seen_by_tom, "Show it again").unwrap();
    let late = tom
        .post(
            &case(&post),
            &[("answer", &second), ("note", "It is only a joke")],
        )
        .await;
    assert_eq!(late.status.as_u16(), 409);
    for wanted in [
        "Somebody has answered this already. ",
        "Ruth (practice manager) decided: Leave it hidden",
    ] {
        assert!(late.body.contains(wanted), "{wanted}: {}", late.body);
    }
    // The question is gone, so what was typed for it stands in the notice and under no other
    // question.
    assert_eq!(
        late.body.matches("It is only a joke").count(),
        1,
        "{}",
        late.body
    );
    assert!(
        late.body.contains(" readonly>It is only a joke</textarea>"),
        "{}",
        late.body
    );
    let decided = history(&stack, &post).await;
    assert_eq!(
        decided
            .tasks
            .iter()
            .filter_map(TaskRecord::chosen)
            .collect::<Vec<_>>(),
        [Choice::KeepHidden]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn danger_stands_first_and_a_deployer_sees_no_words() {
    let (stack, _) = replayed().await;
    let mut gail = Browser::signed_in(&stack, GAIL).await;
    let today = gail.open("/today").await;
    let (danger, waiting) = today.body.split_once("Waiting for a decision").unwrap();
    assert!(danger.contains("Somebody may be in danger") && waiting.contains("pw-card"));
    let practice = "kingswinford".parse().unwrap();
    let record = stack.ledger().practice(&practice).await.unwrap().unwrap();
    let policy = stack
        .ledger()
        .policy(&practice, record.policy)
        .await
        .unwrap()
        .unwrap();
    let mut settings: serde_json::Value = serde_json::from_str(&record.settings).unwrap();
    settings["people"][0]["roles"] = serde_json::json!([Role::Deployer.name()]);
    stack
        .ledger()
        .publish(
            &practice,
            Some(&record),
            &policy,
            &settings.to_string(),
            &[],
        )
        .await
        .unwrap();
    let refused = gail.open("/today").await;
    assert_eq!(
        (refused.status.as_u16(), refused.title()),
        (403, "Cases are not for your role")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_case_is_not_found_and_looking_changes_nothing() {
    let (stack, posts) = replayed().await;
    let mut gail = Browser::signed_in(&stack, GAIL).await;
    for address in [
        "/case/facebook/1_2",
        "/case/nowhere/1_2",
        "/done/facebook/1_2",
    ] {
        assert_eq!(gail.open(address).await.status.as_u16(), 404, "{address}");
    }
    let own = posts
        .iter()
        .filter(|post| post.practice.as_str() == "kingswinford");
    for post in own {
        let before = history(&stack, post).await;
        for page in ["case", "done"] {
            let answer = gail
                .open(&format!("/{page}/{}/{}", post.platform, post.id))
                .await;
            assert_eq!(answer.status.as_u16(), 200, "{page} of {post}");
        }
        assert_eq!(history(&stack, post).await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_somebody_hides_is_called_hidden_by_them() {
    let (stack, posts) = replayed().await;
    let mut joan = Browser::signed_in(&stack, JOAN).await;
    let mut offered = None;
    for post in posts
        .iter()
        .filter(|post| post.practice.as_str() == "woolpit")
    {
        let page = joan.open(&case(post)).await;
        offered = offered.or(button(&page, "Hide it").map(|answer| (post, answer)));
    }
    let (post, answer) = offered.unwrap();
    let done = joan.post(&case(post), &[("answer", &answer)]).await;
    let done = joan.follow(done).await;
    assert!(
        done.body
            .contains("Joan (practice manager) decided: Hide it"),
        "{}",
        done.body
    );
}

fn policy(post: &PostKey) -> Policy {
    let shipped = load_shipped().unwrap().into_iter();
    let mut policies = shipped.map(|loaded| loaded.policy);
    policies
        .find(|policy| policy.practice.id == post.practice)
        .unwrap()
}

/// Returns the cases of all practices as everybody there sees them.
async fn views(stack: &Stack, posts: &[PostKey]) -> Vec<CaseView> {
    let mut views = Vec::new();
    for post in posts {
        let history = history(stack, post).await;
        let people = stack.ledger().people(&post.practice).await.unwrap();
        let case = history.case(post, people.clone());
        let policy = policy(post);
        let viewer = Viewer {
            policy: Some(&policy),
            calendar: &Calendar::new(Nation::England, "Europe/London"),
            roles: &people,
            now: stack.clock().now(),
        };
        views.push(viewer.case(&case, &findings(&history, &case)));
    }
    views
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_is_said_in_a_managers_words() {
    let (stack, posts) = replayed().await;
    let views = views(&stack, &posts).await;
    let mut reasons = 0;
    for view in &views {
        let mut choices: Vec<(Choice, &str)> = Vec::new();
        for asked in &view.questions {
            let mut said: Vec<&str> = vec![&asked.title, &asked.why];
            said.extend(asked.notes.iter().chain(&asked.cannot).map(|one| &**one));
            said.extend(asked.choices.iter().map(|one| one.label));
            for sentence in said {
                for code in [
                    "_",
                    "machine",
                    "a person decides",
                    "a person confirms",
                    "a person chooses",
                    "choose done",
                    ":practice",
                    " API",
                ] {
                    assert!(!sentence.contains(code), "{}: {sentence}", view.key);
                }
            }
            // The reason adds something to the question.
            let plain = |text: &str| text.to_lowercase().replace([':', '?', '.', ','], "");
            assert!(
                !plain(&asked.why).contains(&plain(&asked.title)),
                "{}: {}",
                asked.title,
                asked.why
            );
            assert!(asked.why.ends_with(['.', '?']), "{}", asked.why);
            // No choice stands under two questions, under whatever name.
            for one in &asked.choices {
                let known = |(choice, label): &(Choice, &str)| {
                    *label == one.label || (*choice == one.choice && *choice != Choice::Done)
                };
                assert!(!choices.iter().any(known), "{}: {one:?}", view.key);
                choices.push((one.choice, one.label));
            }
        }
        reasons += usize::from(view.why.is_some());
    }
    assert!(reasons > 30, "{reasons}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duty_that_the_policy_speaks_against_is_explained() {
    let (stack, posts) = replayed().await;
    let asked = |view: &CaseView| {
        let complaint = view
            .questions
            .iter()
            .find(|asked| asked.question == Question::Complaint)?;
        Some(complaint.notes.join(" "))
    };
    let (mut kept, mut others) = (0, 0);
    for view in views(&stack, &posts).await {
        let Some(notes) = asked(&view) else { continue };
        assert!(
            notes.contains("within 3 working days") && notes.contains("SI 2009/309"),
            "{notes}"
        );
        let policy = policy(&view.key);
        let forbids = view
            .rules
            .iter()
            .filter_map(|rule| policy.clause(&rule.id))
            .any(|clause| clause.never.contains(&Effect::Acknowledge));
        assert_eq!(
            forbids,
            notes.contains("never under the post"),
            "{}",
            view.key
        );
        (kept, others) = (kept + usize::from(forbids), others + usize::from(!forbids));
    }
    assert!(kept > 0 && others > 0, "{kept} {others}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_is_asked_about_before_it_may_be_deleted() {
    let (stack, posts) = replayed().await;
    let mut both = 0;
    for view in views(&stack, &posts).await {
        let place = |wanted| view.questions.iter().position(|one| one.question == wanted);
        if let (Some(complaint), Some(post)) = (place(Question::Complaint), place(Question::Post)) {
            assert!(complaint < post, "{}", view.key);
            let mut offered = view.questions.iter().flat_map(|one| &one.choices);
            assert!(
                offered.all(|one| one.choice != Choice::Delete),
                "{}",
                view.key
            );
            both += 1;
        }
    }
    assert!(both > 2, "{both}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_is_handed_over_and_its_clock_runs_on() {
    let (stack, posts) = replayed().await;
    let mut gail = Browser::signed_in(&stack, GAIL).await;
    let mut complaint = None;
    for post in posts
        .iter()
        .filter(|post| post.practice.as_str() == "kingswinford")
    {
        let page = gail.open(&case(post)).await;
        if let Some(answer) = button(&page, "It is a complaint") {
            complaint = Some((post.clone(), answer));
        }
    }
    let (post, answer) = complaint.unwrap();
    let pack = format!("/hand-over/{}/{}", post.platform, post.id);
    // Nobody has said yet that it is one.
    assert_eq!(gail.open(&pack).await.status.as_u16(), 404);
    assert_eq!(
        gail.post(&pack, &[("to", "Jo Hill")]).await.status.as_u16(),
        404
    );
    gail.post(&case(&post), &[("answer", &answer)]).await;
    let page = gail.open(&case(&post)).await;
    assert!(
        page.body.contains(&format!("href=\"{pack}\"")),
        "{}",
        page.body
    );
    let before = history(&stack, &post).await;
    let open = |history: &History| {
        let asked = history.tasks.iter().find(|task| {
            Question::asked_by(task.kind) == Question::Acknowledgement && task.chosen().is_none()
        });
        asked.map(|task| (task.id.clone(), task.due_at)).unwrap()
    };
    let page = gail.open(&pack).await;
    let text = &before.revisions.last().unwrap().post.text;
    let beginning: String = text
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == ' ')
        .collect();
    for wanted in [
        beginning.as_str(),
        "In England it has to be acknowledged within 3 working days",
        "SI 2009/309, regulation 13(3)",
        "nobody has said yet that it is acknowledged",
        "Gail (practice manager) decided: It is a complaint",
        "An address, e-mail or telephone number for the answer: none is known",
    ] {
        assert!(page.body.contains(wanted), "{wanted}: {}", page.body);
    }
    let looked = history(&stack, &post).await;
    assert_eq!(
        looked.events.len(),
        before.events.len(),
        "looking is no event"
    );
    let refused = gail.post(&pack, &[("to", " "), ("note", "Printed")]).await;
    assert_eq!(refused.status.as_u16(), 409);
    assert!(
        refused.body.contains("Write to whom it was handed over")
            && refused.body.contains(">Printed</textarea>")
    );
    let mut ruth = Browser::signed_in(&stack, RUTH).await;
    assert_eq!(ruth.open(&pack).await.status.as_u16(), 404);
    assert_eq!(
        ruth.post(&pack, &[("to", "Jo Hill")]).await.status.as_u16(),
        404
    );
    let noted = gail
        .post(&pack, &[("to", "Jo Hill"), ("note", "Printed")])
        .await;
    let page = gail.follow(noted).await;
    assert!(
        page.body.contains(
            "Gail (practice manager) handed the complaint over to Jo Hill. <q>Printed</q>"
        ),
        "{}",
        page.body
    );
    let after = history(&stack, &post).await;
    assert_eq!(open(&after), open(&before), "its clock runs on");
    assert_eq!(after.events.len(), before.events.len() + 1);
    after.verify().unwrap();
}
