//! The ledger against a real table: conditional writes, transactions, races. `make test-moto` runs this file against
//! another table than our own.

#![expect(clippy::unwrap_used, reason = "a test may")]

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{
    ActionKey, ActionRecord, ActionStatus, Caps, ChainError, Choice, ChoiceError, Claim, Committed, Incoming, Ledger,
    NewDecision, NewTask, Observation, Observed, Outcome, Person, PolicyRecord, Recorded, RevisionRecord, StateRecord,
    TaskStatus, Visibility,
};
use pagewarden_rules::{
    Author, By, Channel, Decision, Disposition, Effect, PlannedTask, Platform, Post, PracticeId, ReportCard, Role,
    Surface, TaskKind, Urgency,
};
use pagewarden_tests::emulator::ledger;

const CAPS: Caps = Caps { per_hour: 5, per_day: 20 };
const LEASE: SignedDuration = SignedDuration::from_secs(30);

fn practice() -> PracticeId {
    "woolpit".parse().unwrap()
}

fn post(id: &str, text: &str) -> Post {
    Post {
        channel: Channel { platform: Platform::Facebook, account: "100".into() },
        surface: Surface::Comment,
        id: id.into(),
        author: Author { id: Some("77".into()), name: Some("A. Tester".into()) },
        text: text.into(),
        tagged: Vec::new(),
        media: Vec::new(),
        rating: None,
        posted_at: None,
        thread: None,
        parent: None,
        permalink: None,
    }
}

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

async fn seen(ledger: &Ledger, post: &Post) -> RevisionRecord {
    let practice = practice();
    let incoming = Incoming { raw: Some("{}"), ..Incoming::new(&practice, post, Some(now()), "d1") };
    assert_eq!(ledger.record(&incoming, now()).await.unwrap(), Recorded::New);
    ledger.revision(&post.key(&practice), &post.revision()).await.unwrap().unwrap()
}

fn hide() -> Decision {
    Decision {
        in_scope: true,
        disposition: Disposition::Hide,
        clauses: Vec::new(),
        more_clauses: 0,
        effects: Vec::new(),
        dropped: Vec::new(),
        refused: Vec::new(),
        tasks: Vec::new(),
    }
}

fn action(revision: &RevisionRecord, effect: Effect) -> ActionRecord {
    ActionRecord {
        id: ActionRecord::effect_id(&revision.key, &revision.revision, effect, "policy 1"),
        key: revision.key.clone(),
        revision: revision.revision.clone(),
        post: revision.post.clone(),
        effect,
        by: By::Machine,
        clause: Some("W4".into()),
        words: None,
        status: ActionStatus::Pending,
        attempts: 0,
        charged: false,
        sent: false,
        created_at: now(),
        correlation: "d1".into(),
        result: None,
    }
}

fn task(kind: TaskKind, options: &[Effect], delete_role: Option<Role>) -> NewTask {
    let planned = PlannedTask {
        kind,
        urgency: Urgency::High,
        clauses: vec!["W4".into()],
        options: options.to_vec(),
        delete_role,
        draft: None,
        optional: false,
        why: "a test".into(),
    };
    NewTask { planned, due_at: now(), draft: None, draft_visible: None, report: None }
}

async fn commit(ledger: &Ledger, revision: &RevisionRecord, tasks: Vec<NewTask>) -> Committed {
    let new = NewDecision {
        policy: 1,
        findings: Vec::new(),
        decision: hide(),
        actions: vec![action(revision, Effect::Hide)],
        tasks,
        incident: true,
    };
    ledger.decide(revision, |_| new.clone(), now()).await.unwrap()
}

fn key(revision: &RevisionRecord) -> ActionKey {
    ActionKey { post: revision.key.clone(), id: action(revision, Effect::Hide).id }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_content_is_recorded_once_and_an_edit_anew() {
    let (_table, ledger) = ledger().await;
    seen(&ledger, &post("1", "hello")).await;
    let record = async |words, after_s| {
        let (practice, post) = (practice(), post("1", words));
        let as_of = now() + SignedDuration::from_secs(after_s);
        ledger.record(&Incoming::new(&practice, &post, Some(as_of), "d2"), now()).await.unwrap()
    };
    assert_eq!(record("hello", 0).await, Recorded::Seen);
    assert_eq!(record("hello", 1).await, Recorded::Seen, "it still stands there a second later");
    assert_eq!(record("goodbye", 2).await, Recorded::New);
    assert_eq!(record("hello", 0).await, Recorded::Seen, "the first delivery again");
    let post = post("1", "").key(&practice());
    let versions = async |most| ledger.versions(&post, most).await.unwrap();
    assert_eq!([versions(1).await, versions(2).await, versions(3).await], [1, 2, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_judge_the_same_revision_write_one_decision() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    let (a, b) = tokio::join!(commit(&ledger, &revision, vec![]), commit(&ledger, &revision, vec![]));
    assert!(matches!(
        (a, b),
        (Committed::Written { .. }, Committed::AlreadyDecided) | (Committed::AlreadyDecided, Committed::Written { .. })
    ));
    let history = ledger.history(&revision.key).await.unwrap().unwrap();
    history.verify().unwrap();
    assert_eq!((history.events.len(), history.actions.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_claim_an_action_get_it_once() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    commit(&ledger, &revision, vec![]).await;
    let key = key(&revision);
    let claims = (0..6).map(|_| {
        let (ledger, key) = (ledger.clone(), key.clone());
        tokio::spawn(async move { ledger.claim(&key, CAPS, LEASE, now()).await.unwrap() })
    });
    let mut mine = 0;
    for claim in claims.collect::<Vec<_>>() {
        mine += u32::from(matches!(claim.await.unwrap(), Claim::Yours(_)));
    }
    assert_eq!(mine, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_ran_out_is_found_and_the_action_done_once() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    commit(&ledger, &revision, vec![]).await;
    assert!(matches!(ledger.claim(&key(&revision), CAPS, LEASE, now()).await.unwrap(), Claim::Yours(_)));
    // The function dies here. Nothing is due until the lease runs out.
    assert!(ledger.due(now() + SignedDuration::from_secs(29)).await.unwrap().is_empty());
    let later = now() + SignedDuration::from_secs(31);
    let due = ledger.due(later).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(remind::handle(&ledger, later).await.unwrap().actions, 1);
    let Claim::Yours(again) = ledger.claim(&key(&revision), CAPS, LEASE, later).await.unwrap() else {
        panic!("the action is free again")
    };
    assert_eq!(again.attempts, 2);
    let done = Outcome::Done { detail: "hidden".into() };
    assert!(ledger.conclude(&again, &done, later).await.unwrap());
    // The first holder wakes up late and settles nothing.
    let late = ActionRecord { attempts: 1, ..(*again).clone() };
    assert!(!ledger.conclude(&late, &done, later).await.unwrap());
    let history = ledger.history(&revision.key).await.unwrap().unwrap();
    history.verify().unwrap();
    assert_eq!(history.state.visibility, Visibility::Hidden);
    assert_eq!(history.events.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_a_cap_waits_as_a_task_that_says_so() {
    let (_table, ledger) = ledger().await;
    let mut parked = Vec::new();
    for n in 0..4 {
        let revision = seen(&ledger, &post(&n.to_string(), "hello")).await;
        commit(&ledger, &revision, vec![]).await;
        let caps = Caps { per_hour: 3, per_day: 20 };
        match ledger.claim(&key(&revision), caps, LEASE, now()).await.unwrap() {
            Claim::Parked { why, .. } => parked.push(why),
            Claim::Yours(action) => {
                // Claimed again after a failed try, it is not charged a second time.
                assert!(action.charged);
            }
            Claim::Taken => panic!("nobody else is here"),
        }
    }
    assert_eq!(parked, ["over the cap of 3 acts an hour"]);
    let tasks = ledger.open_tasks(&practice()).await.unwrap();
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].kind, TaskKind::DoByHand);
    assert!(tasks[0].why.contains("over the cap of 3"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_switch_stops_the_machine_and_not_the_people() {
    let (_table, ledger) = ledger().await;
    ledger.set_switch(&practice(), false, "Pat:practice_manager", now()).await.unwrap();
    let revision = seen(&ledger, &post("1", "hello")).await;
    commit(&ledger, &revision, vec![]).await;
    let claim = ledger.claim(&key(&revision), CAPS, LEASE, now()).await.unwrap();
    assert!(matches!(claim, Claim::Parked { why, .. } if why.contains("switch")));
    let task = ledger.open_tasks(&practice()).await.unwrap().remove(0);
    let person = Person { name: "Pat".into(), role: Role::PracticeManager };
    let chosen = ledger.choose(&practice(), &task.id, &person, Choice::KeepHidden, None, now()).await.unwrap();
    let by_person = ActionKey { post: revision.key.clone(), id: chosen.action.unwrap() };
    assert!(matches!(ledger.claim(&by_person, CAPS, LEASE, now()).await.unwrap(), Claim::Yours(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_keep_stops_what_the_machine_had_under_way() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    commit(&ledger, &revision, vec![task(TaskKind::ConfirmDelete, &[Effect::Delete], None)]).await;
    let waiting = ledger.open_tasks(&practice()).await.unwrap().remove(0);
    let person = Person { name: "Sam".into(), role: Role::Reviewer };
    ledger.choose(&practice(), &waiting.id, &person, Choice::Keep, Some("fair comment"), now()).await.unwrap();
    assert!(matches!(ledger.claim(&key(&revision), CAPS, LEASE, now()).await.unwrap(), Claim::Taken));
    let history = ledger.history(&revision.key).await.unwrap().unwrap();
    history.verify().unwrap();
    assert_eq!(history.actions[0].status, ActionStatus::Dropped);
    assert_eq!(history.state.visibility, Visibility::Visible);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_role_that_the_policy_names_may_delete() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    let waiting = task(TaskKind::ConfirmDeleteByPracticeManager, &[Effect::Delete], Some(Role::PracticeManager));
    commit(&ledger, &revision, vec![waiting]).await;
    let waiting = ledger.open_tasks(&practice()).await.unwrap().remove(0);
    let reviewer = Person { name: "Sam".into(), role: Role::Reviewer };
    let refused = ledger.choose(&practice(), &waiting.id, &reviewer, Choice::Delete, None, now()).await;
    assert!(matches!(refused, Err(ChoiceError::Role { .. })));
    let auditor = Person { name: "Alex".into(), role: Role::Auditor };
    let refused = ledger.choose(&practice(), &waiting.id, &auditor, Choice::Keep, None, now()).await;
    assert!(matches!(refused, Err(ChoiceError::Role { .. })));
    let manager = Person { name: "Pat".into(), role: Role::PracticeManager };
    let chosen = ledger.choose(&practice(), &waiting.id, &manager, Choice::Delete, None, now()).await.unwrap();
    assert!(chosen.action.is_some());
    let again = ledger.choose(&practice(), &waiting.id, &manager, Choice::Delete, None, now()).await;
    assert!(matches!(again, Err(ChoiceError::NoSuchTask(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_for_the_author_is_never_said_in_public() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    let ask = task(TaskKind::AskAuthor, &[Effect::AskAuthor, Effect::Delete], None);
    let ask = NewTask { draft: Some("We have hidden a comment you made.".into()), ..ask };
    commit(&ledger, &revision, vec![ask]).await;
    let waiting = ledger.open_tasks(&practice()).await.unwrap().remove(0);
    assert_eq!(waiting.choices(), [Choice::Keep, Choice::AskAuthor, Choice::Delete]);
    let manager = Person { name: "Pat".into(), role: Role::PracticeManager };
    let refused = ledger.choose(&practice(), &waiting.id, &manager, Choice::Reply, None, now()).await;
    let Err(error @ ChoiceError::NotOffered { .. }) = refused else { panic!("{refused:?}") };
    assert!(error.to_string().contains("it offers keep, ask-author, delete"), "{error}");
    ledger.choose(&practice(), &waiting.id, &manager, Choice::AskAuthor, None, now()).await.unwrap();
    let history = ledger.history(&revision.key).await.unwrap().unwrap();
    let said: Vec<Effect> = history.actions.iter().filter(|a| a.words.is_some()).map(|a| a.effect).collect();
    assert_eq!(said, [Effect::AskAuthor]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_says_hidden_only_of_a_hidden_post() {
    let (_table, ledger) = ledger().await;
    let manager = Person { name: "Pat".into(), role: Role::PracticeManager };
    for (id, hidden, words) in [("1", true, "We have hidden it."), ("2", false, "Please take it down.")] {
        let revision = seen(&ledger, &post(id, "hello")).await;
        let ask = NewTask {
            draft: Some("We have hidden it.".into()),
            draft_visible: Some("Please take it down.".into()),
            ..task(TaskKind::AskAuthor, &[Effect::AskAuthor], None)
        };
        commit(&ledger, &revision, vec![ask]).await;
        ledger.observe(&revision.key, Observation::Visibility { hidden }, now(), now()).await.unwrap();
        let waiting = ledger.open_tasks(&practice()).await.unwrap().remove(0);
        ledger.choose(&practice(), &waiting.id, &manager, Choice::AskAuthor, None, now()).await.unwrap();
        let history = ledger.history(&revision.key).await.unwrap().unwrap();
        let asked = history.actions.iter().find(|action| action.effect == Effect::AskAuthor).unwrap();
        assert_eq!(asked.words.as_deref(), Some(words));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_a_report_is_asked_until_it_is_answered_and_three_times_at_most() {
    let (_table, ledger) = ledger().await;
    let card = ReportCard {
        link: "https://www.facebook.com/1".into(),
        how: "choose Report".into(),
        ground: "spam".into(),
        words: None,
    };
    let person = Person { name: "Sam".into(), role: Role::Reviewer };
    let decide = async |task: &str, choice| ledger.choose(&practice(), task, &person, choice, None, now()).await;
    let waiting = async || ledger.open_tasks(&practice()).await.unwrap();
    let report = async |id: &str| {
        let revision = seen(&ledger, &post(id, "hello")).await;
        let new = task(TaskKind::ReportByHand, &[Effect::Report], None);
        commit(&ledger, &revision, vec![NewTask { report: Some(card.clone()), ..new }]).await;
        let task = waiting().await.remove(0);
        assert!(matches!(decide(&task.id, Choice::Refused).await, Err(ChoiceError::NotReported(_))));
        decide(&task.id, Choice::Reported).await.unwrap();
        revision
    };

    let unanswered = report("1").await;
    let mut asked = Vec::new();
    while let Some(task) = waiting().await.pop() {
        assert_eq!((task.kind, task.report.as_ref()), (TaskKind::ReportOutcome, Some(&card)));
        asked.push(task.due_at.duration_since(now()).as_hours() / 24);
        decide(&task.id, Choice::NoAnswer).await.unwrap();
    }
    assert_eq!(asked, [3, 7, 14]);

    let removed = report("2").await;
    decide(&waiting().await.remove(0).id, Choice::Removed).await.unwrap();
    assert!(waiting().await.is_empty());
    for revision in [unanswered, removed] {
        let history = ledger.history(&revision.key).await.unwrap().unwrap();
        history.verify().unwrap();
        assert!(history.state.open_tasks.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_platform_tells_is_recorded_once() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    commit(&ledger, &revision, vec![]).await;
    let tell = |observation| ledger.observe(&revision.key, observation, now(), now());
    assert_eq!(tell(Observation::Visibility { hidden: true }).await.unwrap(), Observed::Recorded);
    assert_eq!(tell(Observation::Visibility { hidden: true }).await.unwrap(), Observed::Known);
    assert_eq!(tell(Observation::Removed).await.unwrap(), Observed::Recorded);
    assert_eq!(tell(Observation::Removed).await.unwrap(), Observed::Known);
    let stranger = post("999", "").key(&practice());
    let unknown = ledger.observe(&stranger, Observation::Removed, now(), now()).await.unwrap();
    assert_eq!(unknown, Observed::Unknown);
    ledger.history(&revision.key).await.unwrap().unwrap().verify().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_line_or_changed_evidence_is_found() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    commit(&ledger, &revision, vec![task(TaskKind::Decide, &[], None)]).await;
    ledger.observe(&revision.key, Observation::Removed, now(), now()).await.unwrap();
    let history = ledger.history(&revision.key).await.unwrap().unwrap();
    history.verify().unwrap();

    let mut changed = history.clone();
    changed.events[0].body = changed.events[0].body.replace("hide", "none");
    assert_eq!(changed.verify(), Err(ChainError::Broken(1)));
    let mut cut = history.clone();
    cut.events.remove(0);
    assert_eq!(cut.verify(), Err(ChainError::Gap { expected: 1, found: 2 }));
    let mut swapped = history.clone();
    let bodies = (history.events[0].body.clone(), history.events[1].body.clone());
    (swapped.events[1].body, swapped.events[0].body) = bodies;
    assert_eq!(swapped.verify(), Err(ChainError::Broken(1)));
    let mut shortened = history.clone();
    shortened.events.pop();
    assert_eq!(shortened.verify(), Err(ChainError::State));

    // What was captured, and the work it left, belong to the record as much as its lines do.
    let mut reworded = history.clone();
    reworded.revisions[0].raw = Some("{ }".into());
    assert_eq!(reworded.verify(), Err(ChainError::Evidence(revision.revision.to_string())));
    let mut earlier = history.clone();
    earlier.revisions[0].seen_at = now() - SignedDuration::from_secs(60);
    assert_eq!(earlier.verify(), Err(ChainError::Evidence(revision.revision.to_string())));
    let mut undecided = history.clone();
    (undecided.events, undecided.tasks, undecided.state) = (Vec::new(), Vec::new(), StateRecord::default());
    assert_eq!(undecided.verify(), Err(ChainError::NoDecision(revision.revision.to_string())));
    let mut without = history.clone();
    without.revisions.clear();
    assert_eq!(without.verify(), Err(ChainError::NoEvidence(revision.revision.to_string())));
    let mut hushed = history.clone();
    let id = hushed.tasks[0].id.clone();
    hushed.tasks[0].status = TaskStatus::Done;
    assert_eq!(hushed.verify(), Err(ChainError::Task(id.clone())));
    hushed.tasks.clear();
    assert_eq!(hushed.verify(), Err(ChainError::Task(id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_published_once_and_a_channel_stays_with_its_practice() {
    let (_table, ledger) = ledger().await;
    let channel = Channel { platform: Platform::Facebook, account: "100".into() };
    let policy =
        PolicyRecord { version: 0, toml: "a".into(), published: "b".into(), at: now(), by: "x:deployer".into() };
    let channels = [channel.clone()];
    assert_eq!(ledger.publish(&practice(), &policy, "{}", &channels).await.unwrap(), 1);
    assert_eq!(ledger.publish(&practice(), &policy, "{}", &channels).await.unwrap(), 1);
    let next = PolicyRecord { toml: "c".into(), ..policy.clone() };
    assert_eq!(ledger.publish(&practice(), &next, "{}", &channels).await.unwrap(), 2);
    assert_eq!(ledger.practice_of(&channel).await.unwrap(), Some(practice()));
    let other: PracticeId = "other".parse().unwrap();
    assert!(ledger.publish(&other, &policy, "{}", &channels).await.is_err());
    assert!(ledger.practice(&other).await.unwrap().is_none());
    assert_eq!(ledger.channels().await.unwrap(), [(channel, practice())]);
}
