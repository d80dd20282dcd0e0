//! An author asks for another look at what was hidden, from the message that tells them how to the
//! answer on the page.

#![expect(clippy::unwrap_used, reason = "a test may")]

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use pagewarden_fakes::Entry;
use pagewarden_ledger::{
    Choice, ChoiceError, Event, History, Person, Reference, Refusal, TaskRecord, TaskStatus,
    Visibility,
};
use pagewarden_local::stack::Stack;
use pagewarden_notices::Alert;
use pagewarden_rules::{Effect, Platform, PostKey, PracticeId, Role, TaskKind};
use pagewarden_tests::browser::{Answer, Browser};
use pagewarden_tests::{comment, stack, until};
use serde_json::{Value, json};

const ROXBOURNE: &str = "100000000000003";
const PRIVACY: &str = "My neighbour Sheila Bowcott has been in there every week for her depression";

fn roxbourne() -> PracticeId {
    "roxbourne".parse().unwrap()
}

fn post(id: &str) -> PostKey {
    PostKey {
        practice: roxbourne(),
        platform: Platform::Facebook,
        id: id.into(),
    }
}

fn imran() -> Person {
    Person {
        name: "Imran".into(),
        role: Role::PracticeManager,
    }
}

fn done(effect: Effect) -> impl Fn(&History) -> bool {
    move |history| {
        history.events.iter().any(
            |event| matches!(event.event(), Ok(Event::Acted { effect: of, .. }) if of == effect),
        )
    }
}

/// Writes a comment that is hidden, and returns what is on record about it then.
async fn hidden(stack: &Stack, id: &str) -> History {
    let body = comment(ROXBOURNE, id, "55", PRIVACY);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    until(stack, &post(id), done(Effect::Hide)).await
}

/// Has the author told that their comment is hidden, and returns the message that Facebook
/// delivered.
async fn told(stack: &Stack, id: &str) -> String {
    let history = hidden(stack, id).await;
    let task = history
        .tasks
        .iter()
        .find(|task| task.draft_visible.is_some())
        .unwrap();
    let imran = imran();
    let now = stack.clock().now();
    stack
        .ledger()
        .choose(&post(id), &task.id, &imran, Choice::AskAuthor, now)
        .await
        .unwrap();
    until(stack, &post(id), done(Effect::AskAuthor)).await;
    let sent = stack.graph().journal().into_iter().rev();
    let mut private = sent.filter_map(|entry| match entry {
        Entry::Replied {
            private: true,
            words,
            ..
        } => Some(words),
        _ => None,
    });
    private.next().unwrap()
}

/// Returns the reference that a message gives.
fn reference_in(message: &str) -> Reference {
    let (_, reference) = message.rsplit_once("Your reference is ").unwrap();
    reference.trim_end_matches('.').parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_author_is_told_a_reference_that_leads_to_their_post() {
    let stack = stack().await;
    let message = told(&stack, "1_1").await;
    let page = format!("{}/look-again/roxbourne", stack.console_url());
    assert!(message.starts_with("We have hidden"), "{message}");
    assert!(message.contains(&page), "{message}");
    assert!(!message.contains("Bowcott"), "{message}");
    let reference = reference_in(&message);
    let history = stack.ledger().history(&post("1_1")).await.unwrap().unwrap();
    let on_record = history.actions.iter().any(|action| {
        action.effect == Effect::AskAuthor && action.words.as_deref() == Some(message.as_str())
    });
    assert!(on_record, "the record says what was sent");

    let now = stack.clock().now();
    let of = async |practice: PracticeId, reference: &Reference, at| {
        let found = stack.ledger().post_of_reference(&practice, reference, at);
        found.await.unwrap()
    };
    assert_eq!(of(roxbourne(), &reference, now).await, Some(post("1_1")));
    // It is of this practice alone, lasts a year, and another is another.
    let elsewhere = "woolpit".parse().unwrap();
    assert_eq!(of(elsewhere, &reference, now).await, None);
    let years_later = now + SignedDuration::from_hours(366 * 24);
    assert_eq!(of(roxbourne(), &reference, years_later).await, None);
    let other = Reference::random().unwrap();
    assert_eq!(of(roxbourne(), &other, now).await, None);
    let second = reference_in(&told(&stack, "1_2").await);
    assert_ne!(second, reference);
    assert_eq!(of(roxbourne(), &second, now).await, Some(post("1_2")));
}

const PAGE: &str = "/look-again/roxbourne";

/// Asks for another look on the author's page.
async fn ask(stack: &Stack, reference: &str, reason: &str, words: &str) -> Answer {
    let form = [
        ("reference", reference),
        ("reason", reason),
        ("words", words),
        ("leave_empty", ""),
    ];
    Browser::new(stack).post(PAGE, &form).await
}

/// Looks for the answer on the author's page.
async fn look(stack: &Stack, reference: &str) -> Answer {
    let form = [("reference", reference)];
    let address = format!("{PAGE}/answer");
    Browser::new(stack).post(&address, &form).await
}

/// Returns what is on record about a post, and the appeal about it that waits.
async fn appealed(stack: &Stack, id: &str) -> (History, TaskRecord) {
    let history = stack.ledger().history(&post(id)).await.unwrap().unwrap();
    history.verify().unwrap();
    let open =
        |task: &&TaskRecord| task.kind == TaskKind::Appeal && task.status == TaskStatus::Open;
    let task = history.tasks.iter().find(open).unwrap().clone();
    (history, task)
}

async fn choose(
    stack: &Stack,
    id: &str,
    task: &TaskRecord,
    person: &Person,
    answer: (Choice, Option<&str>),
) -> Result<(), ChoiceError> {
    let (choice, note) = answer;
    let answer = pagewarden_ledger::Answer {
        choice,
        note,
        again: false,
    };
    let now = stack.clock().now();
    let chosen = stack
        .ledger()
        .choose(&post(id), &task.id, person, answer, now)
        .await;
    chosen.map(|_| ())
}

/// Returns what the buttons of a case send.
fn button(page: &Answer, label: &str) -> Option<String> {
    let (before, _) = page.body.split_once(&format!(">{label}"))?;
    let (_, value) = before.rsplit_once("name=\"answer\" value=\"")?;
    value.split_once('"').map(|(value, _)| value.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::too_many_lines,
    reason = "one story, from the form to the answer"
)]
async fn an_appeal_is_answered_by_somebody_else_and_shown_again() {
    let stack = stack().await;
    let message = told(&stack, "1_1").await;
    let reference = reference_in(&message).to_string();
    let mut author = Browser::new(&stack);
    let form = author.get(PAGE).await;
    assert_eq!(form.status, 200);
    assert_eq!(form.header("set-cookie"), "");
    assert!(
        form.header("content-security-policy")
            .contains("default-src 'none'")
    );
    assert!(!form.body.contains("<script"), "{}", form.body);

    let plea = "We live together & she asked me to write it. <b>Sheila</b>";
    let received = ask(&stack, &reference.to_lowercase(), "about-me", plea).await;
    assert_eq!(
        (received.status.as_u16(), received.header("set-cookie")),
        (200, "")
    );
    assert!(
        received.title().starts_with("We look again"),
        "{}",
        received.title()
    );
    // Asking twice is asking once.
    let twice = ask(&stack, &reference, "look-again", "Once more").await;
    assert_eq!(twice.body, received.body);
    let (history, task) = appealed(&stack, "1_1").await;
    assert_eq!(history.appeals.len(), 1);
    assert_eq!(history.appeals[0].words, plea);

    // Imran told the author, so he decided; Chidi did not.
    let mut manager = Browser::new(&stack);
    let case = "/case/facebook/1_1";
    let page = manager
        .sign_in(&stack, case, "imran@roxbourne.example")
        .await;
    assert!(
        page.body.contains("Its author asks you to look again"),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("Imran decided about this post before"),
        "{}",
        page.body
    );
    assert!(button(&page, "Its author is right").is_none());
    let refused = choose(&stack, "1_1", &task, &imran(), (Choice::Grant, None)).await;
    assert!(
        matches!(
            refused,
            Err(ChoiceError::Refused(Refusal::OwnDecision { .. }))
        ),
        "{refused:?}"
    );
    let mut other = Browser::new(&stack);
    let page = other
        .sign_in(&stack, case, "chidi.obi@roxbourne.example")
        .await;
    assert!(
        page.body
            .contains("They say that they are the person it is about.")
    );
    assert!(page.body.contains("&#60;b&#62;Sheila"), "{}", page.body);
    assert!(
        page.body.contains("It was hidden by Pagewarden."),
        "{}",
        page.body
    );
    assert!(page.body.contains("Your answer. The author reads it"));
    let grant = button(&page, "Its author is right: show it again").unwrap();
    let quoting = [
        ("answer", grant.as_str()),
        ("note", "Sheila Bowcott has been in there is fine"),
    ];
    let refused = other.post(case, &quoting).await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.body.contains("repeats what was written"),
        "{}",
        refused.body
    );
    let form = [
        ("answer", grant.as_str()),
        ("note", "She has told us that she agrees."),
    ];
    assert_eq!(other.post(case, &form).await.status, 303);
    let history = until(&stack, &post("1_1"), done(Effect::Unhide)).await;
    assert_eq!(history.state.visibility, Visibility::Visible);
    history.verify().unwrap();

    let answer = look(&stack, &reference).await;
    assert!(
        answer
            .title()
            .starts_with("We looked again, and you were right"),
        "{}",
        answer.title()
    );
    assert!(
        answer.body.contains("It can be seen on our page again."),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("She has told us that she agrees."));
    assert!(
        answer
            .body
            .contains("Somebody who had not decided about it before")
    );
    for page in [&form_of(&stack).await, &received, &answer] {
        for hidden in ["Bowcott", "depression", "neighbour", "Imran", "1_1"] {
            assert!(!page.body.contains(hidden), "{hidden} in {}", page.body);
        }
    }
}

/// Leaves a practice with one person who decides.
async fn only_imran_decides(stack: &Stack) {
    let (ledger, id) = (stack.ledger(), roxbourne());
    let record = ledger.practice(&id).await.unwrap().unwrap();
    let policy = ledger.policy(&id, record.policy).await.unwrap().unwrap();
    let mut settings: Value = serde_json::from_str(&record.settings).unwrap();
    settings["people"]
        .as_array_mut()
        .unwrap()
        .retain(|person| person["name"] == "Imran");
    ledger
        .publish(&id, Some(&record), &policy, &settings.to_string(), &[])
        .await
        .unwrap();
}

async fn form_of(stack: &Stack) -> Answer {
    Browser::new(stack).get(PAGE).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_why_and_one_of_their_own_is_flagged() {
    let stack = stack().await;
    only_imran_decides(&stack).await;
    let message = told(&stack, "1_1").await;
    let reference = reference_in(&message).to_string();
    ask(&stack, &reference, "look-again", "").await;
    let (history, task) = appealed(&stack, "1_1").await;
    // Without words there is nothing to be read.
    let appealed = history.events.iter().find_map(|event| match event.event() {
        Ok(Event::Appealed { read_as, .. }) => Some(read_as),
        _ => None,
    });
    assert_eq!(appealed, Some(None));
    let mut browser = Browser::new(&stack);
    let page = browser
        .sign_in(&stack, "/case/facebook/1_1", "imran@roxbourne.example")
        .await;
    assert!(
        page.body.contains("Nobody else here may answer"),
        "{}",
        page.body
    );
    let silent = choose(&stack, "1_1", &task, &imran(), (Choice::Decline, Some(" "))).await;
    assert!(
        matches!(silent, Err(ChoiceError::Refused(Refusal::AppealNote))),
        "{silent:?}"
    );
    let why = "It names somebody else, and we do not know that they agreed.";
    choose(&stack, "1_1", &task, &imran(), (Choice::Decline, Some(why)))
        .await
        .unwrap();
    let history = stack.ledger().history(&post("1_1")).await.unwrap().unwrap();
    history.verify().unwrap();
    assert_eq!(history.state.visibility, Visibility::Hidden);
    let flagged = history.events.iter().any(|event| {
        matches!(
            event.event(),
            Ok(Event::Chosen {
                choice: Choice::Decline,
                own_decision: true,
                ..
            })
        )
    });
    assert!(flagged, "the record says that it was their own decision");
    let answer = look(&stack, &reference).await;
    assert!(
        answer
            .title()
            .starts_with("We looked again, and it stays as it is")
    );
    assert!(answer.body.contains(why), "{}", answer.body);
    assert!(
        answer.body.contains("nobody else at the practice may"),
        "{}",
        answer.body
    );
    // One appeal a reference: what was answered is not opened again.
    let again = ask(&stack, &reference, "look-again", "Please").await;
    assert_eq!(again.body, answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_that_never_was_is_answered_as_one_that_is_over() {
    let stack = stack().await;
    let reference = reference_in(&told(&stack, "1_1").await).to_string();
    let other = Reference::random().unwrap().to_string();
    let without = |answer: &Answer, typed: &str| answer.body.replace(typed, "");
    let unknown = ask(&stack, &other, "look-again", "").await;
    let elsewhere = Browser::new(&stack)
        .post(
            "/look-again/roxbourne/answer",
            &[("reference", other.as_str())],
        )
        .await;
    assert_eq!(
        (unknown.status.as_u16(), elsewhere.status.as_u16()),
        (422, 422)
    );
    // A program that fills in what nobody sees is answered the same, and nothing is written.
    let trap = [
        ("reference", reference.as_str()),
        ("reason", "look-again"),
        ("words", ""),
        ("leave_empty", "https://spam.example"),
    ];
    let trapped = Browser::new(&stack).post(PAGE, &trap).await;
    assert_eq!(without(&trapped, &reference), without(&unknown, &other));
    let history = stack.ledger().history(&post("1_1")).await.unwrap().unwrap();
    assert!(history.appeals.is_empty());
    stack.clock().pass(SignedDuration::from_hours(366 * 24));
    let over = ask(&stack, &reference, "look-again", "").await;
    assert_eq!(without(&over, &reference), without(&unknown, &other));
    assert_eq!(over.status, unknown.status);
    // What cannot be a reference is told apart: it says nothing about any.
    let slip = ask(&stack, "K7QM-29XW-4TT", "look-again", "").await;
    assert!(slip.body.contains("has a mistake in it"), "{}", slip.body);
    let nowhere = Browser::new(&stack).get("/look-again/nowhere").await;
    assert_eq!(nowhere.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_tries_too_often_waits_and_no_address_is_kept() {
    let stack = stack().await;
    let reference = Reference::random().unwrap().to_string();
    for _ in 0..10 {
        assert_eq!(look(&stack, &reference).await.status, 422);
    }
    assert_eq!(look(&stack, &reference).await.status, 429);
    let mut turned_away = 0;
    for _ in 0..25 {
        let other = Reference::random().unwrap().to_string();
        turned_away += u32::from(look(&stack, &other).await.status == 429);
    }
    // Thirty an hour from one network, of which eleven were made before.
    assert_eq!(turned_away, 6);
    stack.clock().pass(SignedDuration::from_hours(1));
    assert_eq!(look(&stack, &reference).await.status, 422);
    let large = "x".repeat(20_000);
    let too_large = ask(&stack, &reference, "look-again", &large).await;
    assert_eq!(too_large.status, 413);
    let unsigned = Browser::new(&stack)
        .send(
            reqwest::Method::POST,
            PAGE,
            Some(&[("reference", &reference)]),
            &[],
        )
        .await;
    assert_eq!(unsigned.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appeal_that_says_somebody_wants_to_die_alerts_people() {
    let stack = stack().await;
    let reference = reference_in(&told(&stack, "1_1").await).to_string();
    let plea = "Nobody listens. I can't go on. Tonight is the night, I want to die.";
    ask(&stack, &reference, "look-again", plea).await;
    let (history, _) = appealed(&stack, "1_1").await;
    let read_as = history.events.iter().find_map(|event| match event.event() {
        Ok(Event::Appealed { read_as, .. }) => read_as,
        _ => None,
    });
    let read_as = read_as.unwrap();
    let paged = |history: &History| {
        history
            .tasks
            .iter()
            .any(|task| task.kind == TaskKind::SafeguardingNow)
    };
    let history = until(&stack, &post(&read_as), paged).await;
    history.verify().unwrap();
    assert_eq!(history.tasks.len(), 1, "danger, and nothing else");
    stack.run("remind").await.unwrap();
    let told = stack.outbox().taken();
    assert!(
        told.iter()
            .any(|parcel| parcel.alert == Alert::Safeguarding)
    );
    let mut browser = Browser::new(&stack);
    let address = format!("/case/facebook/{read_as}");
    let page = browser
        .sign_in(&stack, &address, "imran@roxbourne.example")
        .await;
    assert!(
        page.body.contains("A request to look again on Facebook"),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("Nobody else can see it."),
        "{}",
        page.body
    );
    // What is rude in an appeal breaks no rule: it is read for danger alone.
    let second = reference_in(&self::told(&stack, "1_2").await).to_string();
    ask(
        &stack,
        &second,
        "look-again",
        "You absolute wankers, all of you.",
    )
    .await;
    let (history, _) = appealed(&stack, "1_2").await;
    let read_as = history.events.iter().find_map(|event| match event.event() {
        Ok(Event::Appealed { read_as, .. }) => read_as,
        _ => None,
    });
    let decided = |history: &History| history.state.seq > 0;
    let history = until(&stack, &post(&read_as.unwrap()), decided).await;
    assert!(history.tasks.is_empty() && history.actions.is_empty());
    assert_eq!(
        history.revisions[0].post.text, "",
        "its words are kept with the case alone"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appeal_that_nobody_answers_is_told_when_it_is_late() {
    let stack = stack().await;
    let reference = reference_in(&told(&stack, "1_1").await).to_string();
    ask(&stack, &reference, "look-again", "").await;
    let (_, task) = appealed(&stack, "1_1").await;
    let late = |stack: &Stack| {
        let taken = stack.outbox().taken();
        taken
            .iter()
            .filter(|parcel| parcel.alert == Alert::Overdue)
            .count()
    };
    stack.run("remind").await.unwrap();
    let before = late(&stack);
    let left = task.due_at.duration_since(stack.clock().now());
    // Three working days, and so at least three days.
    assert!(left.as_hours() >= 48, "{left}");
    stack.clock().pass(left + SignedDuration::from_mins(1));
    stack.run("remind").await.unwrap();
    assert!(late(&stack) > before);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_told_by_whole_quarters_and_small_ones_are_not() {
    let stack = stack().await;
    let london = TimeZone::get("Europe/London").unwrap();
    let today = stack.clock().now().to_zoned(london).date();
    for nth in 0..6 {
        hidden(&stack, &format!("1_{nth}")).await;
    }
    let mut browser = Browser::new(&stack);
    let page = browser.get("/about/roxbourne").await;
    assert_eq!((page.status.as_u16(), page.header("set-cookie")), (200, ""));
    assert!(page.header("cache-control").starts_with("public"));
    assert!(
        page.body.contains("There is no whole quarter yet."),
        "{}",
        page.body
    );
    let since = format!("since {}.", today.strftime("%-d %B %Y"));
    assert!(page.body.contains(&since), "{}", page.body);
    assert!(
        page.body
            .contains("hide it, ask whether it is a complaint."),
        "{}",
        page.body
    );

    stack.clock().pass(SignedDuration::from_hours(24 * 92));
    let page = browser.get("/about/roxbourne").await;
    let json = browser.get("/about/roxbourne.json").await;
    assert_eq!(json.header("content-type"), "application/json");
    let told: Value = serde_json::from_str(&json.body).unwrap();
    let quarter = &told["quarters"][0];
    let hidden: Vec<&Value> = quarter["clauses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["hidden_by_program"])
        .collect();
    assert!(hidden.contains(&&json!(6)), "{quarter}");
    assert!(hidden.contains(&&json!("fewer than 5")), "{quarter}");
    assert_eq!(quarter["asked_to_look_again"], json!("fewer than 5"));
    let (first, last) = match today.month() {
        1..=3 => ("1 January", "31 March"),
        4..=6 => ("1 April", "30 June"),
        7..=9 => ("1 July", "30 September"),
        _ => ("1 October", "31 December"),
    };
    let year = today.year();
    assert!(
        page.body
            .contains(&format!("From {first} {year} to {last} {year}")),
        "{}",
        page.body
    );
    assert!(
        quarter["from"]
            .as_str()
            .unwrap()
            .starts_with(&year.to_string())
    );
    for words in ["Bowcott", "depression", "Imran"] {
        assert!(
            !page.body.contains(words) && !json.body.contains(words),
            "{words}"
        );
    }
    assert_eq!(browser.get("/about/nowhere").await.status, 404);
    assert_eq!(browser.get("/about/nowhere.json").await.status, 404);
}
