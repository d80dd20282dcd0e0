//! The ledger against a real table: conditional writes, transactions, races. `make test-moto` runs
//! this file against another table than our own.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{
    ActionKey, ActionRecord, ActionStatus, Answer, Apart, AuthorHash, Caps, ChainError, Choice,
    ChoiceError, Claim, Committed, Event, FindingRecord, History, Identity, Ledger, LedgerError,
    NewDecision, NewRevision, NewTask, NotAgreed, Observation, Observed, Outcome, Person,
    PolicyRecord, PublishError, Question, RawRecord, ReadBy, Recorded, Refusal, RevisionRecord,
    Start, StateRecord, SwitchError, TaskRecord, TaskStatus, Visibility,
};
use pagewarden_local::fate::{Call, Fate, Fates};
use pagewarden_local::table::{NAME, Table, client};
use pagewarden_local::template::Template;
use pagewarden_rules::{
    Author, By, Channel, ClauseEngaged, Decision, Disposition, Effect, PlannedTask, Platform, Post,
    PostKey, PracticeId, ReportCard, Role, Strength, Surface, TaskKind, Topic, Urgency,
};
use pagewarden_tests::emulator;
use remind::Remind;
use serde_json::json;
use sha2::{Digest, Sha256};

/// Somebody of each role at the practice.
const PEOPLE: &str = r#"{"people": [
    {"name": "Sam", "roles": ["reviewer"]}, {"name": "Pat", "roles": ["practice_manager"]},
    {"name": "Lee", "roles": ["safeguarding_lead"]}, {"name": "Kim", "roles": ["complaints_manager"]},
    {"name": "Alex", "roles": ["auditor"]}, {"name": "Dee", "roles": ["deployer"]}]}"#;

/// Opens a ledger in a table of its own, with a practice whose settings name people.
async fn ledger() -> (Option<Table>, Ledger) {
    let (table, ledger) = emulator::ledger().await;
    ledger
        .publish(&practice(), None, &policy("a"), PEOPLE, &[])
        .await
        .unwrap();
    (table, ledger)
}

fn policy(toml: &str) -> PolicyRecord {
    PolicyRecord {
        version: 0,
        toml: toml.into(),
        published: "b".into(),
        at: now(),
        by: "Dee:deployer".into(),
    }
}

const CAPS: Caps = Caps {
    per_hour: 5,
    per_day: 20,
};
const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// A change as it came.
const RAW: &[u8] = b"{}";

fn practice() -> PracticeId {
    "woolpit".parse().unwrap()
}

fn post(id: &str, text: &str) -> Post {
    Post {
        author: Author {
            id: Some("77".into()),
            name: Some("A. Tester".into()),
            ..Author::default()
        },
        text: text.into(),
        ..Post::new(
            Channel {
                platform: Platform::Facebook,
                account: "100".into(),
            },
            Surface::Comment,
            id,
        )
    }
}

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

async fn seen(ledger: &Ledger, post: &Post) -> RevisionRecord {
    let practice = practice();
    let incoming = NewRevision::new(&practice, post, RAW, Some(now()), "d1");
    assert_eq!(
        ledger.record(&incoming, now()).await.unwrap(),
        Recorded::New
    );
    ledger
        .revision(&post.key(&practice), &post.revision())
        .await
        .unwrap()
        .unwrap()
}

fn hide() -> Decision {
    Decision {
        in_scope: true,
        disposition: Disposition::Hide,
        clauses: Vec::new(),
        more_clauses: 0,
        learned: Vec::new(),
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
        instead: None,
        status: ActionStatus::Pending,
        attempts: 0,
        charged: false,
        sent: false,
        may_be_done: false,
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
    NewTask {
        planned,
        due_at: now(),
        draft: None,
        draft_visible: None,
        report: None,
        acknowledge_by: None,
    }
}

async fn commit(ledger: &Ledger, revision: &RevisionRecord, tasks: Vec<NewTask>) -> Committed {
    let new = NewDecision {
        policy: 1,
        findings: Vec::new(),
        read_by: ReadBy::RulesOnly,
        decision: hide(),
        beside: None,
        actions: vec![action(revision, Effect::Hide)],
        tasks,
        incident: true,
        reference: None,
    };
    ledger
        .decide(revision, |_| new.clone(), now())
        .await
        .unwrap()
}

fn key(revision: &RevisionRecord) -> ActionKey {
    ActionKey {
        post: revision.key.clone(),
        id: action(revision, Effect::Hide).id,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_content_is_recorded_once_and_an_edit_anew() {
    let (_table, ledger) = ledger().await;
    seen(&ledger, &post("1", "hello")).await;
    let record = async |words, after_s| {
        let (practice, post) = (practice(), post("1", words));
        let as_of = now() + SignedDuration::from_secs(after_s);
        ledger
            .record(
                &NewRevision::new(&practice, &post, b"{\"by\":\"sweep\"}", Some(as_of), "d2"),
                now(),
            )
            .await
            .unwrap()
    };
    assert_eq!(record("hello", 0).await, Recorded::Seen);
    // A sweep is told the same in other bytes. Those that came first are the evidence.
    let kept = ledger
        .revision(
            &post("1", "hello").key(&practice()),
            &post("1", "hello").revision(),
        )
        .await
        .unwrap();
    assert_eq!(kept.unwrap().raw, Some(RawRecord::of(RAW)));
    assert_eq!(
        record("hello", 1).await,
        Recorded::Seen,
        "it still stands there a second later"
    );
    assert_eq!(record("goodbye", 2).await, Recorded::New);
    assert_eq!(
        record("hello", 0).await,
        Recorded::Seen,
        "the first delivery again"
    );
    let post = post("1", "").key(&practice());
    let versions = async |most| ledger.versions(&post, most).await.unwrap();
    assert_eq!(
        [versions(1).await, versions(2).await, versions(3).await],
        [1, 2, 2]
    );
}

/// Takes a delivery which tells that words were written so many seconds after the first.
async fn told(ledger: &Ledger, words: &str, after_s: i64) -> Recorded {
    let (practice, post) = (practice(), post("1", words));
    let as_of = now() + SignedDuration::from_secs(after_s);
    let delivery = NewRevision {
        told: true,
        ..NewRevision::new(&practice, &post, RAW, Some(as_of), "d2")
    };
    ledger.record(&delivery, now()).await.unwrap()
}

/// Returns the first revision of the post with these words.
async fn first_with(ledger: &Ledger, words: &str) -> RevisionRecord {
    let post = post("1", words);
    ledger
        .revision(&post.key(&practice()), &post.revision())
        .await
        .unwrap()
        .unwrap()
}

/// Returns the post's history, after checking that it holds.
async fn sound(ledger: &Ledger) -> History {
    let key = post("1", "").key(&practice());
    let history = ledger.history(&key).await.unwrap().unwrap();
    history.verify().unwrap();
    history
}

#[tokio::test(flavor = "multi_thread")]
async fn words_told_again_stay_newest_when_those_between_come_late() {
    let (_table, ledger) = ledger().await;
    let first = seen(&ledger, &post("1", "abuse")).await;
    // Edited, which is told late, and edited back.
    assert_eq!(told(&ledger, "abuse", 30).await, Recorded::Seen);
    assert_eq!(told(&ledger, "sorry", 20).await, Recorded::New);
    let between = first_with(&ledger, "sorry").await;
    let standing = ledger.standing(&first.key).await.unwrap();
    assert!(standing.is_current(&first) && !standing.is_current(&between));
    commit(&ledger, &first, vec![]).await;
    commit(&ledger, &between, vec![task(TaskKind::Decide, &[], None)]).await;
    let history = sound(&ledger).await;
    assert_eq!(history.state.revision.as_ref(), Some(&first.revision));
    let claim = ledger.claim(&key(&first), CAPS, LEASE, now()).await;
    assert!(matches!(claim.unwrap(), Claim::Yours(_)));
    // Neither delivery says anything new a second time, and a list that is read never does.
    for (words, after_s) in [("abuse", 30), ("sorry", 20), ("sorry", 25), ("abuse", 0)] {
        assert_eq!(told(&ledger, words, after_s).await, Recorded::Seen);
    }
    let (practice, listed) = (practice(), post("1", "abuse"));
    let a_day_on = Some(now() + SignedDuration::from_hours(24));
    let listed = NewRevision::new(&practice, &listed, RAW, a_day_on, "a sweep");
    ledger.record(&listed, now()).await.unwrap();
    assert_eq!(sound(&ledger).await.events.len(), history.events.len());
}

/// Has late words come, and be judged, just before the first transaction.
#[derive(Debug)]
struct LateWords {
    ledger: Ledger,
    are_to_come: AtomicBool,
}

impl Fates for LateWords {
    fn before<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Fate> {
        async move {
            let is_transaction = call.operation == "TransactWriteItems";
            if is_transaction && self.are_to_come.swap(false, Relaxed) {
                assert_eq!(told(&self.ledger, "sorry", 20).await, Recorded::New);
                let between = first_with(&self.ledger, "sorry").await;
                commit(&self.ledger, &between, vec![]).await;
            }
            Fate::Well
        }
        .boxed()
    }

    fn after<'a>(&'a self, _: Call<'a>) -> BoxFuture<'a, ()> {
        std::future::ready(()).boxed()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_told_again_are_judged_again_if_others_were_meanwhile() {
    let table = Table::open(None, &Template::shipped().unwrap())
        .await
        .unwrap();
    let quiet = table.onlooker();
    quiet
        .publish(&practice(), None, &policy("a"), PEOPLE, &[])
        .await
        .unwrap();
    let first = seen(&quiet, &post("1", "abuse")).await;
    commit(&quiet, &first, vec![]).await;
    let table = table.fated(Arc::new(LateWords {
        ledger: quiet.clone(),
        are_to_come: AtomicBool::new(true),
    }));
    assert_eq!(told(&table.ledger(), "abuse", 30).await, Recorded::New);
    let history = sound(&quiet).await;
    let waits = history.revisions.iter().find(|one| one.decided.is_none());
    let waits = waits.unwrap().clone();
    assert_eq!(waits.revision.content(), first.revision.content());
    commit(&quiet, &waits, vec![]).await;
    assert_eq!(sound(&quiet).await.state.revision, Some(waits.revision));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_judge_the_same_revision_write_one_decision() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    let (a, b) = tokio::join!(
        commit(&ledger, &revision, vec![]),
        commit(&ledger, &revision, vec![])
    );
    assert!(matches!(
        (a, b),
        (Committed::Written { .. }, Committed::AlreadyDecided)
            | (Committed::AlreadyDecided, Committed::Written { .. })
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
    assert!(matches!(
        ledger
            .claim(&key(&revision), CAPS, LEASE, now())
            .await
            .unwrap(),
        Claim::Yours(_)
    ));
    // The function dies here. Nothing is due until the lease runs out.
    assert!(
        ledger
            .due(now() + SignedDuration::from_secs(29))
            .await
            .unwrap()
            .is_empty()
    );
    let later = now() + SignedDuration::from_secs(31);
    let due = ledger.due(later).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(
        Remind::new(ledger.clone(), Vec::new(), None)
            .run(later)
            .await
            .unwrap()
            .actions,
        1
    );
    let Claim::Yours(again) = ledger
        .claim(&key(&revision), CAPS, LEASE, later)
        .await
        .unwrap()
    else {
        panic!("the action is free again")
    };
    assert_eq!(again.attempts, 2);
    let done = Outcome::Done {
        detail: "hidden".into(),
    };
    assert!(ledger.conclude(&again, &done, later).await.unwrap());
    // The first holder wakes up late and settles nothing.
    let late = ActionRecord {
        attempts: 1,
        ..(*again).clone()
    };
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
        let caps = Caps {
            per_hour: 3,
            per_day: 20,
        };
        match ledger
            .claim(&key(&revision), caps, LEASE, now())
            .await
            .unwrap()
        {
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
    let (_, by_person) = to_be_hidden_by_a_person(&ledger).await;
    assert!(matches!(
        ledger.claim(&by_person, CAPS, LEASE, now()).await.unwrap(),
        Claim::Yours(_)
    ));
}

/// Has a person hide a post that the machine may not, since the switch is off.
async fn to_be_hidden_by_a_person(ledger: &Ledger) -> (RevisionRecord, ActionKey) {
    let pat = person(Role::PracticeManager);
    ledger
        .switch_off(&practice(), &pat, None, now())
        .await
        .unwrap();
    let revision = seen(ledger, &post("1", "hello")).await;
    commit(ledger, &revision, vec![]).await;
    let claim = ledger
        .claim(&key(&revision), CAPS, LEASE, now())
        .await
        .unwrap();
    assert!(matches!(claim, Claim::Parked { why, .. } if why.contains("switch")));
    let task = ledger.open_tasks(&practice()).await.unwrap().remove(0);
    let chosen = ledger
        .choose(&task.key, &task.id, &pat, Choice::KeepHidden, now())
        .await
        .unwrap();
    let by_person = ActionKey {
        post: revision.key.clone(),
        id: chosen.action.unwrap(),
    };
    (revision, by_person)
}

/// Has a person keep the first post that waits.
async fn keep(ledger: &Ledger) {
    let waiting = ledger.open_tasks(&practice()).await.unwrap().remove(0);
    let person = Person {
        name: "Sam".into(),
        role: Role::Reviewer,
    };
    let keep = Answer {
        note: Some("fair comment"),
        ..Choice::Keep.into()
    };
    ledger
        .choose(&waiting.key, &waiting.id, &person, keep, now())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_keep_stops_what_the_machine_had_under_way() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    commit(
        &ledger,
        &revision,
        vec![task(TaskKind::ConfirmDelete, &[Effect::Delete], None)],
    )
    .await;
    keep(&ledger).await;
    assert!(matches!(
        ledger
            .claim(&key(&revision), CAPS, LEASE, now())
            .await
            .unwrap(),
        Claim::Taken
    ));
    let history = ledger.history(&revision.key).await.unwrap().unwrap();
    history.verify().unwrap();
    assert_eq!(history.actions[0].status, ActionStatus::Dropped);
    assert_eq!(history.state.visibility, Visibility::Visible);
}

/// Has the machine begin to hide a post, about which a person is asked as well.
async fn being_hidden(ledger: &Ledger) -> (RevisionRecord, ActionRecord) {
    let revision = seen(ledger, &post("1", "hello")).await;
    commit(
        ledger,
        &revision,
        vec![task(TaskKind::Decide, &[Effect::Hide], None)],
    )
    .await;
    let claimed = ledger.claim(&key(&revision), CAPS, LEASE, now()).await;
    let Claim::Yours(action) = claimed.unwrap() else {
        panic!()
    };
    (revision, *action)
}

/// The platform was slow to say so.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_hidden_while_a_person_kept_it_is_asked_about() {
    let (_table, ledger) = ledger().await;
    let (revision, action) = being_hidden(&ledger).await;
    keep(&ledger).await;
    let done = Outcome::Done {
        detail: "hidden".into(),
    };
    assert!(ledger.conclude(&action, &done, now()).await.unwrap());
    let history = ledger.history(&revision.key).await.unwrap().unwrap();
    history.verify().unwrap();
    assert_eq!(history.state.visibility, Visibility::Hidden);
    let asked = ledger.open_tasks(&practice()).await.unwrap();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].kind, TaskKind::ShowAgain);
    assert_eq!(
        asked[0].why,
        "Somebody decided to keep it while it was being hidden."
    );
}

/// A hide whose answer was lost and that is let go will not find out whether it was done. One that
/// asked for nothing leaves nothing to be looked at.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_hidden_and_was_let_go_is_asked_about() {
    for (asked, changes) in [(true, false), (true, true), (false, false), (false, true)] {
        let (_table, ledger) = ledger().await;
        let (revision, action) = being_hidden(&ledger).await;
        assert_eq!(to_be_tried_again(&ledger, &action, asked).await, 1);
        if changes {
            let changed = seen(&ledger, &post("1", "hello again")).await;
            commit(&ledger, &changed, vec![]).await;
        } else {
            keep(&ledger).await;
        }
        let again = ledger.claim(&key(&revision), CAPS, LEASE, now()).await;
        assert!(matches!(again.unwrap(), Claim::Taken));
        let history = ledger.history(&revision.key).await.unwrap().unwrap();
        history.verify().unwrap();
        let let_go = history.actions.iter().find(|of_it| of_it.id == action.id);
        assert_eq!(let_go.unwrap().status, ActionStatus::Dropped);
        let to_show = ledger.open_tasks(&practice()).await.unwrap();
        let to_show = to_show.iter().find(|task| task.kind == TaskKind::ShowAgain);
        assert_eq!(to_show.is_some(), asked, "{changes}");
        let open = history.state.open_tasks;
        assert!(to_show.is_none_or(|task| open.contains(&task.id)));
    }
}

/// Of two people who decide against each other, the later one is heard, however late the platform is
/// with what the earlier one asked for; and where that may have been done, somebody looks.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_decide_against_each_other_the_later_is_heard() {
    // Not by their clocks, which may be off.
    let later = now() - SignedDuration::from_secs(1);
    let (pat, sam) = (person(Role::PracticeManager), person(Role::Reviewer));
    for asked in [false, true] {
        // A post is to be shown again, and then to stay hidden.
        let (_table, ledger) = ledger().await;
        let decide = task(TaskKind::Decide, &[Effect::Hide], None);
        let revision = seen(&ledger, &post("1", "hello")).await;
        commit(&ledger, &revision, vec![decide]).await;
        tell_hidden(&ledger, &revision, true).await;
        let shown = ledger.unhide(&revision.key, &sam, None, now()).await;
        let unhide = ActionKey {
            post: revision.key.clone(),
            id: shown.unwrap().action.unwrap(),
        };
        tried(&ledger, &unhide, asked).await;
        let waiting = ledger.open_tasks(&practice()).await.unwrap().remove(0);
        let leave = Answer::from(Choice::KeepHidden);
        ledger
            .choose(&waiting.key, &waiting.id, &pat, leave, later)
            .await
            .unwrap();
        let to_look = let_go(&ledger, &unhide).await;
        assert_eq!(to_look.is_some(), asked);
        let to_look = to_look.map(|task| (task.kind, task.options));
        assert!(to_look.is_none_or(|look| look == (TaskKind::DoByHand, vec![Effect::Hide])));
    }
    // One is to be hidden by a person, for the machine may not, and then to be seen.
    let (_table, ledger) = ledger().await;
    let (revision, hide) = to_be_hidden_by_a_person(&ledger).await;
    tried(&ledger, &hide, true).await;
    ledger
        .unhide(&revision.key, &sam, None, later)
        .await
        .unwrap();
    let to_look = let_go(&ledger, &hide).await.unwrap();
    assert_eq!(to_look.kind, TaskKind::ShowAgain);
}

/// A post that may have been shown again is asked about where its words changed before anybody heard.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_shown_again_and_was_let_go_is_asked_about() {
    for asked in [false, true] {
        let (_table, ledger) = ledger().await;
        let revision = seen(&ledger, &post("1", "hello")).await;
        commit(&ledger, &revision, vec![]).await;
        tell_hidden(&ledger, &revision, true).await;
        let pat = person(Role::PracticeManager);
        let shown = ledger.unhide(&revision.key, &pat, None, now()).await;
        let unhide = ActionKey {
            post: revision.key.clone(),
            id: shown.unwrap().action.unwrap(),
        };
        tried(&ledger, &unhide, asked).await;
        let changed = seen(&ledger, &post("1", "hello again")).await;
        commit(&ledger, &changed, vec![]).await;
        let to_look = let_go(&ledger, &unhide).await.map(|task| task.kind);
        assert_eq!(to_look, asked.then_some(TaskKind::ShowAgain));
    }
}

/// Tries an action once, which ends without anybody knowing whether it was done, if the platform was
/// asked at all.
async fn tried(ledger: &Ledger, key: &ActionKey, asked: bool) {
    let claimed = ledger.claim(key, CAPS, LEASE, now()).await.unwrap();
    let Claim::Yours(action) = claimed else {
        panic!("nobody else is here")
    };
    to_be_tried_again(ledger, &action, asked).await;
}

/// Ends a try without an answer, and sets what waits going once more. Returns how many actions that
/// were.
async fn to_be_tried_again(ledger: &Ledger, action: &ActionRecord, asked: bool) -> u32 {
    let retry = Outcome::Retry {
        at: now(),
        why: "the platform did not answer in time".into(),
        asked,
    };
    ledger.conclude(action, &retry, now()).await.unwrap();
    let remind = Remind::new(ledger.clone(), Vec::new(), None);
    remind.run(now()).await.unwrap().actions
}

/// Looks that an action is let go when it is tried again, and returns the task that this opened.
async fn let_go(ledger: &Ledger, key: &ActionKey) -> Option<TaskRecord> {
    let before = ledger.open_tasks(&practice()).await.unwrap();
    let claimed = ledger.claim(key, CAPS, LEASE, now()).await.unwrap();
    assert!(matches!(claimed, Claim::Taken));
    let history = ledger.history(&key.post).await.unwrap().unwrap();
    history.verify().unwrap();
    let action = history.actions.iter().find(|action| action.id == key.id);
    assert_eq!(action.unwrap().status, ActionStatus::Dropped);
    let now = ledger.open_tasks(&practice()).await.unwrap();
    now.into_iter().find(|task| !before.contains(task))
}

/// The platform had done it, and its answer said nothing of the kind.
#[tokio::test(flavor = "multi_thread")]
async fn a_keep_after_a_hide_that_failed_asks_whether_it_is_hidden() {
    for kept_first in [false, true] {
        let (_table, ledger) = ledger().await;
        let (revision, action) = being_hidden(&ledger).await;
        if kept_first {
            keep(&ledger).await;
        }
        let failed = Outcome::Failed {
            why: "the platform did not confirm it".into(),
        };
        ledger.conclude(&action, &failed, now()).await.unwrap();
        if !kept_first {
            keep(&ledger).await;
        }
        let open = ledger.open_tasks(&practice()).await.unwrap();
        assert_eq!(open.len(), 1, "{kept_first}");
        assert_eq!(open[0].kind, TaskKind::ShowAgain);
        // It is not hidden, and that ends it.
        keep(&ledger).await;
        assert!(ledger.open_tasks(&practice()).await.unwrap().is_empty());
        let history = ledger.history(&revision.key).await.unwrap().unwrap();
        history.verify().unwrap();
        assert!(history.state.open_tasks.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_role_that_the_policy_names_may_delete() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    let waiting = task(
        TaskKind::ConfirmDeleteByPracticeManager,
        &[Effect::Delete],
        Some(Role::PracticeManager),
    );
    commit(&ledger, &revision, vec![waiting]).await;
    let waiting = ledger.open_tasks(&practice()).await.unwrap().remove(0);
    let reviewer = Person {
        name: "Sam".into(),
        role: Role::Reviewer,
    };
    let refused = ledger
        .choose(&waiting.key, &waiting.id, &reviewer, Choice::Delete, now())
        .await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "Sam (reviewer) may not choose delete for this post: a practice manager may, here Pat (practice manager)"
    );
    let auditor = Person {
        name: "Alex".into(),
        role: Role::Auditor,
    };
    let refused = ledger
        .choose(&waiting.key, &waiting.id, &auditor, Choice::Keep, now())
        .await;
    assert!(matches!(
        refused,
        Err(ChoiceError::Refused(Refusal::Role { .. }))
    ));
    let manager = Person {
        name: "Pat".into(),
        role: Role::PracticeManager,
    };
    let chosen = ledger
        .choose(&waiting.key, &waiting.id, &manager, Choice::Delete, now())
        .await
        .unwrap();
    assert!(chosen.action.is_some());
    let again = ledger
        .choose(&waiting.key, &waiting.id, &manager, Choice::Delete, now())
        .await;
    let Err(ChoiceError::Closed(how)) = again else {
        panic!("{again:?}")
    };
    assert_eq!(
        (how.chosen(), how.closed_by()),
        (Some(Choice::Delete), Some("Pat:practice_manager"))
    );
    assert_eq!(
        ChoiceError::Closed(how).to_string(),
        "this task is closed: Pat (practice manager) chose delete"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_for_the_author_is_never_said_in_public() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    let ask = task(
        TaskKind::AskAuthor,
        &[Effect::AskAuthor, Effect::Delete],
        None,
    );
    let ask = NewTask {
        draft: Some("We have hidden a comment you made.".into()),
        ..ask
    };
    commit(&ledger, &revision, vec![ask]).await;
    let waiting = ledger.open_tasks(&practice()).await.unwrap().remove(0);
    let manager = Person {
        name: "Pat".into(),
        role: Role::PracticeManager,
    };
    let refused = ledger
        .choose(&waiting.key, &waiting.id, &manager, Choice::Reply, now())
        .await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "this task does not offer reply. It offers:\n  keep           Leave it as it is; Pagewarden lets these words be\n  \
         ask-author     Send the draft to the author, in private\n  delete         Delete it for good; this cannot be \
         undone\n  done           It was dealt with in another way; the post stays as it is"
    );
    ledger
        .choose(
            &waiting.key,
            &waiting.id,
            &manager,
            Choice::AskAuthor,
            now(),
        )
        .await
        .unwrap();
    let history = ledger.history(&revision.key).await.unwrap().unwrap();
    let said: Vec<Effect> = history
        .actions
        .iter()
        .filter(|a| a.words.is_some())
        .map(|a| a.effect)
        .collect();
    assert_eq!(said, [Effect::AskAuthor]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_says_hidden_only_of_a_hidden_post() {
    let (_table, ledger) = ledger().await;
    let manager = Person {
        name: "Pat".into(),
        role: Role::PracticeManager,
    };
    for (id, hidden, words) in [
        ("1", true, "We have hidden it."),
        ("2", false, "Please take it down."),
    ] {
        let revision = seen(&ledger, &post(id, "hello")).await;
        let ask = NewTask {
            draft: Some("We have hidden it.".into()),
            draft_visible: Some("Please take it down.".into()),
            ..task(TaskKind::AskAuthor, &[Effect::AskAuthor], None)
        };
        commit(&ledger, &revision, vec![ask]).await;
        ledger
            .observe(
                &revision.key,
                Observation::Visibility { hidden },
                now(),
                now(),
            )
            .await
            .unwrap();
        let waiting = ledger.open_tasks(&practice()).await.unwrap().remove(0);
        ledger
            .choose(
                &waiting.key,
                &waiting.id,
                &manager,
                Choice::AskAuthor,
                now(),
            )
            .await
            .unwrap();
        let history = ledger.history(&revision.key).await.unwrap().unwrap();
        let asked = history
            .actions
            .iter()
            .find(|action| action.effect == Effect::AskAuthor)
            .unwrap();
        assert_eq!(asked.words.as_deref(), Some(words));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reports_outcome_is_asked_three_times_at_most() {
    let (_table, ledger) = ledger().await;
    let card = ReportCard {
        link: "https://www.facebook.com/1".into(),
        how: "choose Report".into(),
        ground: "spam".into(),
        words: None,
        source: None,
    };
    let person = Person {
        name: "Sam".into(),
        role: Role::Reviewer,
    };
    let decide = async |task: &TaskRecord, choice: Choice| {
        ledger
            .choose(&task.key, &task.id, &person, choice, now())
            .await
    };
    let waiting = async || ledger.open_tasks(&practice()).await.unwrap();
    let report = async |id: &str| {
        let revision = seen(&ledger, &post(id, "hello")).await;
        let new = task(TaskKind::ReportByHand, &[Effect::Report], None);
        commit(
            &ledger,
            &revision,
            vec![NewTask {
                report: Some(card.clone()),
                ..new
            }],
        )
        .await;
        let task = waiting().await.remove(0);
        assert!(matches!(
            decide(&task, Choice::Refused).await,
            Err(ChoiceError::Refused(Refusal::NotOffered { .. }))
        ));
        decide(&task, Choice::Reported).await.unwrap();
        revision
    };

    let unanswered = report("1").await;
    let mut asked = Vec::new();
    while let Some(task) = waiting().await.pop() {
        assert_eq!(
            (task.kind, task.report.as_ref()),
            (TaskKind::ReportOutcome, Some(&card))
        );
        asked.push(task.due_at.duration_since(now()).as_hours() / 24);
        decide(&task, Choice::NoAnswer).await.unwrap();
    }
    assert_eq!(asked, [3, 7, 14]);

    let removed = report("2").await;
    decide(&waiting().await.remove(0), Choice::Removed)
        .await
        .unwrap();
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
    assert_eq!(
        tell(Observation::Visibility { hidden: true })
            .await
            .unwrap(),
        Observed::Recorded
    );
    assert_eq!(
        tell(Observation::Visibility { hidden: true })
            .await
            .unwrap(),
        Observed::Known
    );
    assert_eq!(
        tell(Observation::Removed).await.unwrap(),
        Observed::Recorded
    );
    assert_eq!(tell(Observation::Removed).await.unwrap(), Observed::Known);
    let stranger = post("999", "").key(&practice());
    let unknown = ledger
        .observe(&stranger, Observation::Removed, now(), now())
        .await
        .unwrap();
    assert_eq!(unknown, Observed::Unknown);
    ledger
        .history(&revision.key)
        .await
        .unwrap()
        .unwrap()
        .verify()
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_is_bounded_and_known_by_its_hash() {
    let (_table, ledger) = ledger().await;
    let words = "\u{1f489}".repeat(65_525);
    let (practice, mut long) = (practice(), post("1", &words));
    long.tagged = vec!["\u{1f489}".repeat(200); 50];
    // As a platform may send it: each character in twelve bytes.
    let sent = format!("{{\"message\":\"{}\"}}", "\\ud83d\\udc89".repeat(65_525));
    let incoming = NewRevision {
        translation: Some(&words),
        ..NewRevision::new(&practice, &long, sent.as_bytes(), Some(now()), "d1")
    };
    assert_eq!(
        ledger.record(&incoming, now()).await.unwrap(),
        Recorded::New
    );
    let kept = ledger
        .revision(&long.key(&practice), &long.revision())
        .await
        .unwrap()
        .unwrap();
    assert!(
        serde_json::to_string(&kept).unwrap().len() < 400_000 - 131_072,
        "the longest that is kept fits beside it"
    );
    let sha256 = hex::encode(Sha256::digest(&sent));
    assert_eq!(
        kept.raw,
        Some(RawRecord::Digest {
            sha256: sha256.clone(),
            bytes: sent.len()
        })
    );

    commit(&ledger, &kept, vec![task(TaskKind::Decide, &[], None)]).await;
    let history = ledger.history(&kept.key).await.unwrap().unwrap();
    history.verify().unwrap();
    assert!(
        history.events[0].body.contains(&sha256),
        "the history names what was sent, though it is not kept"
    );
    // What is no text is known by its hash as well, and the longest that is kept is kept whole.
    assert!(matches!(
        RawRecord::of(b"{\"a\": \"\xff\"}"),
        RawRecord::Digest { bytes: 10, .. }
    ));
    assert_eq!(
        RawRecord::of("x".repeat(131_072).as_bytes()),
        RawRecord::Whole("x".repeat(131_072))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_drops_words_drops_what_was_sent() {
    const MARK: &str = "fingerprint";
    let (table, ledger) = ledger().await;
    let said = |id: &str, platform| {
        let mut post = post(id, &format!("words of {MARK}"));
        post.author.name = Some(MARK.into());
        post.channel.platform = platform;
        post
    };
    let raw = format!("{{\"message\":\"{MARK}\"}}");
    let record = async |post: &Post| {
        let practice = practice();
        let incoming = NewRevision {
            translation: Some(MARK),
            ..NewRevision::new(&practice, post, raw.as_bytes(), Some(now()), "d1")
        };
        assert_eq!(
            ledger.record(&incoming, now()).await.unwrap(),
            Recorded::New
        );
        ledger
            .revision(&post.key(&practice), &post.revision())
            .await
            .unwrap()
            .unwrap()
    };
    let is_kept = async |revision: &RevisionRecord| {
        let kept = ledger
            .revision(&revision.key, &revision.revision)
            .await
            .unwrap()
            .unwrap();
        serde_json::to_string(&kept).unwrap().contains(MARK)
    };

    // Nobody needs them.
    let harmless = record(&said("1", Platform::Facebook)).await;
    assert!(is_kept(&harmless).await);
    let nothing = NewDecision {
        policy: 1,
        findings: Vec::new(),
        read_by: ReadBy::RulesOnly,
        decision: Decision {
            disposition: Disposition::None,
            ..hide()
        },
        beside: None,
        actions: Vec::new(),
        tasks: Vec::new(),
        incident: false,
        reference: None,
    };
    ledger
        .decide(&harmless, |_| nothing.clone(), now())
        .await
        .unwrap();
    assert!(!is_kept(&harmless).await);

    // Their author took them back, on a platform that asks for it.
    let taken_back = record(&said("2", Platform::X)).await;
    commit(
        &ledger,
        &taken_back,
        vec![task(TaskKind::Decide, &[], None)],
    )
    .await;
    assert!(is_kept(&taken_back).await);
    ledger
        .observe(&taken_back.key, Observation::Removed, now(), now())
        .await
        .unwrap();
    assert!(!is_kept(&taken_back).await);
    ledger
        .history(&taken_back.key)
        .await
        .unwrap()
        .unwrap()
        .verify()
        .unwrap();

    // What was read by itself is on record by itself.
    let mut ids = said("3", Platform::Instagram);
    (ids.text, ids.author.name) = (String::new(), None);
    ledger
        .record_unread(&practice(), &ids, raw.as_bytes(), "d1", now())
        .await
        .unwrap();
    let unread = ledger
        .history(&ids.key(&practice()))
        .await
        .unwrap()
        .unwrap()
        .revisions
        .remove(0);
    assert!(is_kept(&unread).await);
    ledger.was_read(&unread, now()).await.unwrap();
    assert!(!is_kept(&unread).await);
    drop(table);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_line_or_changed_evidence_is_found() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    commit(&ledger, &revision, vec![task(TaskKind::Decide, &[], None)]).await;
    ledger
        .observe(&revision.key, Observation::Removed, now(), now())
        .await
        .unwrap();
    let history = ledger.history(&revision.key).await.unwrap().unwrap();
    history.verify().unwrap();

    let mut changed = history.clone();
    changed.events[0].body = changed.events[0].body.replace("hide", "none");
    assert_eq!(changed.verify(), Err(ChainError::Broken(1)));
    let mut cut = history.clone();
    cut.events.remove(0);
    assert_eq!(
        cut.verify(),
        Err(ChainError::Gap {
            expected: 1,
            found: 2
        })
    );
    let mut swapped = history.clone();
    let bodies = (
        history.events[0].body.clone(),
        history.events[1].body.clone(),
    );
    (swapped.events[1].body, swapped.events[0].body) = bodies;
    assert_eq!(swapped.verify(), Err(ChainError::Broken(1)));
    let mut shortened = history.clone();
    shortened.events.pop();
    assert_eq!(shortened.verify(), Err(ChainError::State));

    // What was captured, and the work it left, belong to the record as much as its lines do.
    let mut reworded = history.clone();
    reworded.revisions[0].raw = Some(RawRecord::of(b"{ }"));
    assert_eq!(
        reworded.verify(),
        Err(ChainError::Evidence(revision.revision.to_string()))
    );
    let mut earlier = history.clone();
    earlier.revisions[0].seen_at = now() - SignedDuration::from_secs(60);
    assert_eq!(
        earlier.verify(),
        Err(ChainError::Evidence(revision.revision.to_string()))
    );
    let mut undecided = history.clone();
    (undecided.events, undecided.tasks, undecided.state) =
        (Vec::new(), Vec::new(), StateRecord::default());
    assert_eq!(
        undecided.verify(),
        Err(ChainError::NoDecision(revision.revision.to_string()))
    );
    let mut without = history.clone();
    without.revisions.clear();
    assert_eq!(
        without.verify(),
        Err(ChainError::NoEvidence(revision.revision.to_string()))
    );
    let mut hushed = history.clone();
    let id = hushed.tasks[0].id.clone();
    hushed.tasks[0].status = TaskStatus::Done;
    assert_eq!(hushed.verify(), Err(ChainError::Task(id.clone())));
    hushed.tasks.clear();
    assert_eq!(hushed.verify(), Err(ChainError::Task(id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_published_once_and_channels_stay() {
    let (_table, ledger) = ledger().await;
    let channel = Channel {
        platform: Platform::Facebook,
        account: "100".into(),
    };
    let channels = [channel.clone()];
    let publish = async |policy: &PolicyRecord, channels: &[Channel]| {
        let before = ledger.practice(&practice()).await.unwrap();
        ledger
            .publish(&practice(), before.as_ref(), policy, PEOPLE, channels)
            .await
            .unwrap()
    };
    assert_eq!(publish(&policy("a"), &channels).await, 1);
    assert_eq!(publish(&policy("a"), &channels).await, 1);
    assert_eq!(publish(&policy("c"), &channels).await, 2);
    assert_eq!(
        ledger.practice_of(&channel).await.unwrap(),
        Some(practice())
    );
    let other: PracticeId = "other".parse().unwrap();
    let taken = ledger
        .publish(&other, None, &policy("a"), "{}", &channels)
        .await;
    assert!(matches!(taken, Err(PublishError::Channel(_))), "{taken:?}");
    assert!(ledger.practice(&other).await.unwrap().is_none());
    assert_eq!(ledger.channels().await.unwrap(), [(channel, practice())]);
}

fn person(role: Role) -> Person {
    let name = match role {
        Role::Reviewer => "Sam",
        Role::PracticeManager => "Pat",
        Role::SafeguardingLead => "Lee",
        Role::ComplaintsManager => "Kim",
        Role::Auditor => "Alex",
        Role::Deployer => "Dee",
    };
    Person {
        name: name.into(),
        role,
    }
}

async fn tell_hidden(ledger: &Ledger, revision: &RevisionRecord, hidden: bool) {
    let observed = ledger
        .observe(
            &revision.key,
            Observation::Visibility { hidden },
            now(),
            now(),
        )
        .await
        .unwrap();
    assert_eq!(observed, Observed::Recorded);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_publish_at_once_are_told_of_each_other() {
    let (table, ledger) = ledger().await;
    let seen = ledger.practice(&practice()).await.unwrap();
    let other_settings = PEOPLE.replace("\"Sam\"", "\"Samira\"");
    // Ann brings a new text, Bob new settings: both look at the same edition before they publish.
    let (c, a) = (policy("c"), policy("a"));
    let id = practice();
    let ann = ledger.publish(&id, seen.as_ref(), &c, PEOPLE, &[]);
    let bob = ledger.publish(&id, seen.as_ref(), &a, &other_settings, &[]);
    let (ann, bob) = tokio::join!(ann, bob);
    let told = [ann.is_ok(), bob.is_ok()];
    assert!(told == [true, false] || told == [false, true], "{told:?}");
    let refused = if ann.is_ok() { bob } else { ann };
    assert!(
        matches!(refused, Err(PublishError::Meanwhile(_))),
        "{refused:?}"
    );
    let after = ledger.practice(&id).await.unwrap();
    assert_eq!(after.as_ref().unwrap().edition, seen.unwrap().edition + 1);

    // A table that was wedged: a version is there that never came in force.
    let in_force = after.unwrap();
    let next = in_force.policy + 1;
    if let Some(table) = &table {
        put(
            table,
            json!({ "PK": "P#woolpit", "SK": format!("POLICY#{next:06}"), "toml": "lost", "published": "b",
            "at": now().to_string(), "by": "Ann:deployer", "version": next }),
        )
        .await;
    }
    let next = ledger
        .publish(&id, Some(&in_force), &policy("d"), PEOPLE, &[])
        .await
        .unwrap();
    assert_eq!(next, in_force.policy + 1 + u32::from(table.is_some()));
    assert_eq!(ledger.policy(&id, next).await.unwrap().unwrap().toml, "d");
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_accounts_are_published_and_none_of_another_practice() {
    let (_table, ledger) = ledger().await;
    let channel = |n: u32| Channel {
        platform: Platform::Facebook,
        account: n.to_string(),
    };
    let sixty: Vec<Channel> = (0..60).map(channel).collect();
    let publish = async |id: &PracticeId, channels: &[Channel]| {
        let before = ledger.practice(id).await.unwrap();
        ledger
            .publish(id, before.as_ref(), &policy("a"), PEOPLE, channels)
            .await
    };
    publish(&practice(), &sixty).await.unwrap();
    publish(&practice(), &sixty).await.unwrap();
    assert_eq!(ledger.channels().await.unwrap().len(), 60);
    let other: PracticeId = "other".parse().unwrap();
    for taken in [0, 59] {
        let theirs: Vec<Channel> = (100..170).chain([taken]).map(channel).rev().collect();
        assert!(matches!(
            publish(&other, &theirs).await,
            Err(PublishError::Channel(_))
        ));
    }
    assert!(ledger.practice(&other).await.unwrap().is_none());
    assert_eq!(
        ledger.practice_of(&channel(0)).await.unwrap(),
        Some(practice())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_turns_the_switch_off_and_two_turn_it_on_again() {
    let (_table, ledger) = ledger().await;
    let id = practice();
    let at = |minute| now() + SignedDuration::from_mins(minute);
    let on = async |role, minute| ledger.switch_on(&id, &person(role), None, at(minute)).await;
    let off =
        async |role, why, minute| ledger.switch_off(&id, &person(role), why, at(minute)).await;
    assert_eq!(ledger.switch(&id).await.unwrap(), None);
    let is_on = async || ledger.switch(&id).await.unwrap().unwrap().on;
    let refused = on(Role::PracticeManager, 0).await.unwrap_err();
    assert!(matches!(refused, SwitchError::On), "{refused}");
    off(Role::Reviewer, Some("it hides praise"), 1)
        .await
        .unwrap();
    for role in [Role::Auditor, Role::Deployer] {
        let refused = on(role, 2).await.unwrap_err();
        assert!(matches!(refused, SwitchError::Refused(_)), "{refused}");
        assert!(off(role, None, 2).await.is_err(), "{role}");
    }
    // Two of whom neither is a manager.
    assert_eq!(on(Role::Reviewer, 3).await.unwrap(), Start::Asked);
    let refused = on(Role::ComplaintsManager, 4).await.unwrap_err();
    assert!(
        matches!(refused, SwitchError::NotAgreed(NotAgreed::NoManager)),
        "{refused}"
    );
    // One and the same, whatever they are.
    let refused = on(Role::Reviewer, 5).await.unwrap_err();
    assert!(
        matches!(refused, SwitchError::NotAgreed(NotAgreed::Same(_))),
        "{refused}"
    );
    assert!(!is_on().await);
    assert_eq!(on(Role::PracticeManager, 6).await.unwrap(), Start::Started);
    assert!(is_on().await);
    // Whoever turns it off again takes what was asked for with it.
    off(Role::Reviewer, None, 7).await.unwrap();
    assert_eq!(on(Role::PracticeManager, 8).await.unwrap(), Start::Asked);
    off(Role::Reviewer, None, 9).await.unwrap();
    assert_eq!(on(Role::Reviewer, 10).await.unwrap(), Start::Asked);
    // After a day it has to be asked for again.
    let day = 24 * 60;
    assert_eq!(
        on(Role::PracticeManager, 10 + day).await.unwrap(),
        Start::Asked
    );
    assert!(!is_on().await);
    assert_eq!(
        on(Role::SafeguardingLead, 11 + day).await.unwrap(),
        Start::Started
    );
    let turns = ledger.switch_turns(&id).await.unwrap();
    let told: Vec<String> = turns
        .iter()
        .map(|turn| format!("{:?} {}", turn.to, turn.by))
        .collect();
    let pat = |by: &str| format!("On {{ asked: Some(\"{by}\") }}");
    assert_eq!(
        told,
        [
            "Off Sam:reviewer".to_owned(),
            "Asked Sam:reviewer".to_owned(),
            format!("{} Pat:practice_manager", pat("Sam:reviewer")),
            "Off Sam:reviewer".to_owned(),
            "Asked Pat:practice_manager".to_owned(),
            "Off Sam:reviewer".to_owned(),
            "Asked Sam:reviewer".to_owned(),
            "Asked Pat:practice_manager".to_owned(),
            format!(
                "{} {}",
                pat("Pat:practice_manager"),
                person(Role::SafeguardingLead)
            ),
        ]
    );
    assert_eq!(turns[0].why.as_deref(), Some("it hides praise"));
    let audit = ledger.audit(Some(&id)).await.unwrap();
    assert_eq!(audit.wrong, []);
}

/// Of two who press at the same time, one asks and the other agrees: never do both ask, nor does one
/// person count as two.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_presses_at_once_is_counted_once() {
    let (_table, ledger) = ledger().await;
    let id = practice();
    let [sam, pat] = [Role::Reviewer, Role::PracticeManager].map(person);
    ledger.switch_off(&id, &sam, None, now()).await.unwrap();
    let presses = [&pat, &pat, &pat].map(|one| ledger.switch_on(&id, one, None, now()));
    let came = futures_util::future::join_all(presses).await;
    let asked = came.iter().filter(|one| matches!(one, Ok(Start::Asked)));
    assert_eq!(asked.count(), 1, "{came:?}");
    assert!(came.iter().all(|one| !matches!(one, Ok(Start::Started))));
    ledger.switch_off(&id, &sam, None, now()).await.unwrap();
    let presses = [&pat, &sam].map(|one| ledger.switch_on(&id, one, None, now()));
    let came = futures_util::future::join_all(presses).await;
    let mut came: Vec<Start> = came.into_iter().map(Result::unwrap).collect();
    came.sort_by_key(|one| *one == Start::Started);
    assert_eq!(came, [Start::Asked, Start::Started]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_a_person_showed_again_stays() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    commit(&ledger, &revision, vec![]).await;
    let unhide = async |role| {
        ledger
            .unhide(&revision.key, &person(role), Some("fair"), now())
            .await
    };
    assert!(
        unhide(Role::Auditor)
            .await
            .unwrap_err()
            .to_string()
            .contains("may not show a post again")
    );
    // The record believes that it can be seen, and may be wrong: the platform is asked all the
    // same, and each time.
    let first = unhide(Role::Reviewer).await.unwrap();
    tell_hidden(&ledger, &revision, true).await;
    let second = unhide(Role::Reviewer).await.unwrap();
    assert_ne!(first.action, second.action);
    let history = ledger.history(&revision.key).await.unwrap().unwrap();
    history.verify().unwrap();
    assert_eq!(history.state.kept, std::slice::from_ref(&revision.revision));
    let asked = history
        .actions
        .iter()
        .filter(|action| action.effect == Effect::Unhide && action.by == By::Person);
    assert_eq!(asked.count(), 2);
    // What the machine had under way is let go.
    assert!(matches!(
        ledger
            .claim(&key(&revision), CAPS, LEASE, now())
            .await
            .unwrap(),
        Claim::Taken
    ));

    ledger
        .observe(&revision.key, Observation::Removed, now(), now())
        .await
        .unwrap();
    assert!(
        unhide(Role::Reviewer)
            .await
            .unwrap_err()
            .to_string()
            .contains("the post is gone")
    );
    let mention = Post {
        surface: Surface::Mention,
        ..post("2", "hello")
    };
    let elsewhere = seen(&ledger, &mention).await;
    let refused = ledger
        .unhide(&elsewhere.key, &person(Role::Reviewer), None, now())
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the platform cannot show it again: it stands on somebody else's page"
    );
    let nowhere = ledger
        .unhide(
            &post("3", "").key(&practice()),
            &person(Role::Reviewer),
            None,
            now(),
        )
        .await;
    assert!(
        nowhere
            .unwrap_err()
            .to_string()
            .starts_with("nothing is on record about")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keep_is_too_little_for_a_hidden_post() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    commit(
        &ledger,
        &revision,
        vec![task(
            TaskKind::ConfirmDelete,
            &[Effect::Hide, Effect::Delete],
            None,
        )],
    )
    .await;
    tell_hidden(&ledger, &revision, true).await;
    let waiting = ledger.open_tasks(&practice()).await.unwrap().remove(0);
    let choose = async |choice: Choice| {
        ledger
            .choose(
                &waiting.key,
                &waiting.id,
                &person(Role::Reviewer),
                choice,
                now(),
            )
            .await
    };
    let which = choose(Choice::Keep).await.unwrap_err().to_string();
    assert_eq!(
        which,
        "the post is hidden: show it again or leave it hidden? Choose restore or keep-hidden"
    );
    let restored = choose(Choice::Restore).await.unwrap();
    let history = ledger.history(&revision.key).await.unwrap().unwrap();
    let action = history
        .actions
        .iter()
        .find(|action| Some(&action.id) == restored.action.as_ref())
        .unwrap();
    assert_eq!((action.effect, action.by), (Effect::Unhide, By::Person));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_complaint_means_shown_again_if_hidden_for_that_alone() {
    let (_table, ledger) = ledger().await;
    for (id, topics, shown) in [
        ("1", vec![Topic::Complaint], true),
        ("2", vec![Topic::Complaint, Topic::Obscene], false),
    ] {
        let revision = seen(&ledger, &post(id, "hello")).await;
        let clause = ClauseEngaged {
            id: "W9".into(),
            topics,
            strength: Strength::Certain,
        };
        let decision = Decision {
            clauses: vec![clause],
            ..hide()
        };
        let new = NewDecision {
            policy: 1,
            findings: Vec::new(),
            read_by: ReadBy::RulesOnly,
            decision,
            beside: None,
            actions: vec![action(&revision, Effect::Hide)],
            tasks: vec![task(TaskKind::ComplaintDecision, &[Effect::Delete], None)],
            incident: false,
            reference: None,
        };
        ledger
            .decide(&revision, |_| new.clone(), now())
            .await
            .unwrap();
        let Claim::Yours(claimed) = ledger
            .claim(&key(&revision), CAPS, LEASE, now())
            .await
            .unwrap()
        else {
            panic!()
        };
        ledger
            .conclude(
                &claimed,
                &Outcome::Done {
                    detail: "hidden".into(),
                },
                now(),
            )
            .await
            .unwrap();
        let waiting = ledger.open_tasks(&practice()).await.unwrap().remove(0);
        let kim = person(Role::ComplaintsManager);
        let chosen = ledger
            .choose(&waiting.key, &waiting.id, &kim, Choice::NotComplaint, now())
            .await
            .unwrap();
        let history = ledger.history(&revision.key).await.unwrap().unwrap();
        history.verify().unwrap();
        assert_eq!(chosen.action.is_some(), shown, "{}", chosen.says);
        assert_eq!(
            history
                .actions
                .iter()
                .any(|action| action.effect == Effect::Unhide),
            shown
        );
        assert_eq!(history.state.kept.contains(&revision.revision), shown);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaints_clock_runs_from_its_arrival() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    let by: Timestamp = "2026-11-25T18:30:00Z".parse().unwrap();
    let question = NewTask {
        acknowledge_by: Some(by),
        ..task(TaskKind::ComplaintDecision, &[], None)
    };
    commit(&ledger, &revision, vec![question]).await;
    let waiting = ledger.open_tasks(&practice()).await.unwrap().remove(0);
    let kim = person(Role::ComplaintsManager);
    let says = ledger
        .choose(&waiting.key, &waiting.id, &kim, Choice::Complaint, now())
        .await
        .unwrap()
        .says;
    assert!(
        says.contains("has to be acknowledged by 25 November"),
        "{says}"
    );
    let next = ledger.open_tasks(&practice()).await.unwrap();
    assert_eq!(
        (next.len(), next[0].kind, next[0].due_at),
        (1, TaskKind::AcknowledgeComplaint, by)
    );
    let done = Choice::ComplaintAcknowledged;
    ledger
        .choose(&next[0].key, &next[0].id, &kim, done, now())
        .await
        .unwrap();
    assert!(ledger.open_tasks(&practice()).await.unwrap().is_empty());
    ledger
        .history(&revision.key)
        .await
        .unwrap()
        .unwrap()
        .verify()
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn promised_legal_advice_is_closed_only_with_a_note() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    commit(
        &ledger,
        &revision,
        vec![task(TaskKind::LegalAdviceRequired, &[], None)],
    )
    .await;
    let waiting = ledger.open_tasks(&practice()).await.unwrap().remove(0);
    let pat = person(Role::PracticeManager);
    let close = async |note| {
        let answer = Answer {
            choice: Choice::Done,
            note,
            again: false,
        };
        ledger
            .choose(&waiting.key, &waiting.id, &pat, answer, now())
            .await
    };
    for none in [None, Some(" ")] {
        let refused = close(none).await.unwrap_err();
        assert!(
            matches!(refused, ChoiceError::Refused(Refusal::AdviceNote)),
            "{refused}"
        );
    }
    close(Some("Hale & Co., 19 November: not actionable"))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_report_is_appealed_against_once_where_it_can_be() {
    let (_table, ledger) = ledger().await;
    let pat = person(Role::PracticeManager);
    for (platform, appeals) in [(Platform::Google, true), (Platform::Facebook, false)] {
        let mut review = post("r1", "hello");
        review.channel.platform = platform;
        let revision = seen(&ledger, &review).await;
        commit(
            &ledger,
            &revision,
            vec![task(TaskKind::ReportOutcome, &[], None)],
        )
        .await;
        let appeal = async || {
            let case = pagewarden_tests::case(&ledger, &revision.key)
                .await
                .unwrap();
            ledger
                .choose(
                    &revision.key,
                    &case.tasks[0].id,
                    &pat,
                    Choice::Appealed,
                    now(),
                )
                .await
        };
        assert_eq!(appeal().await.is_ok(), appeals, "{platform}");
        let again = appeal().await.unwrap_err();
        assert!(
            matches!(again, ChoiceError::Refused(Refusal::NotOffered { .. })),
            "{platform}: {again}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_found_by_its_id_open_and_closed() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    commit(
        &ledger,
        &revision,
        vec![
            task(TaskKind::Decide, &[], None),
            task(TaskKind::CareFirst, &[], None),
        ],
    )
    .await;
    let waiting = ledger.open_tasks(&practice()).await.unwrap();
    assert_eq!(waiting.len(), 2);
    let id = waiting[0].id.to_lowercase();
    let find = async |id: &str| ledger.find_task(&practice(), id).await.unwrap();
    assert_eq!(find(&id).await.as_ref(), Some(&waiting[0]));
    ledger
        .choose(
            &waiting[0].key,
            &id,
            &person(Role::Reviewer),
            Choice::Keep,
            now(),
        )
        .await
        .unwrap();
    let closed = find(&id).await.unwrap();
    assert_eq!(
        (closed.chosen(), closed.closed_by(), closed.closed_at),
        (Some(Choice::Keep), Some("Sam:reviewer"), Some(now()))
    );
    assert_eq!(ledger.open_tasks(&practice()).await.unwrap(), waiting[1..]);
    assert_eq!(find("01ARZ3NDEKTSV4RRFFQ69G5FAV").await, None);
    let unknown = ledger
        .choose(
            &waiting[0].key,
            "01X",
            &person(Role::Reviewer),
            Choice::Keep,
            now(),
        )
        .await;
    assert!(matches!(unknown, Err(ChoiceError::NoSuchTask { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_no_longer_true_is_reworded() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    let ask = NewTask {
        draft: Some("We have hidden it.".into()),
        draft_visible: Some("Please take it down.".into()),
        ..task(TaskKind::AskAuthor, &[Effect::AskAuthor], None)
    };
    commit(&ledger, &revision, vec![ask]).await;
    tell_hidden(&ledger, &revision, true).await;
    let waiting = ledger.open_tasks(&practice()).await.unwrap().remove(0);
    let pat = person(Role::PracticeManager);
    let chosen = ledger
        .choose(&waiting.key, &waiting.id, &pat, Choice::AskAuthor, now())
        .await
        .unwrap();
    // Before it is sent, somebody shows the post again.
    tell_hidden(&ledger, &revision, false).await;
    let by_person = ActionKey {
        post: revision.key.clone(),
        id: chosen.action.unwrap(),
    };
    let Claim::Yours(claimed) = ledger.claim(&by_person, CAPS, LEASE, now()).await.unwrap() else {
        panic!()
    };
    assert_eq!(claimed.words.as_deref(), Some("We have hidden it."));
    let (sent, reworded) = ledger.true_wording(*claimed).await.unwrap();
    assert_eq!(
        (sent.words.as_deref(), reworded),
        (Some("Please take it down."), true)
    );
    // Both stand in the record, and a second try looks for either.
    let history = ledger.history(&revision.key).await.unwrap().unwrap();
    history.verify().unwrap();
    let kept = history
        .actions
        .iter()
        .find(|action| action.id == by_person.id)
        .unwrap();
    assert!(
        kept.says("Please  take it down.\n")
            && kept.says("We have hidden it.")
            && !kept.says("We have")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tasks_of_a_post_do_not_answer_its_author_twice() {
    let (_table, ledger) = ledger().await;
    let revision = seen(&ledger, &post("1", "hello")).await;
    let ask = |kind| NewTask {
        draft: Some("Please ring us.".into()),
        ..task(kind, &[Effect::AskAuthor], None)
    };
    commit(
        &ledger,
        &revision,
        vec![
            ask(TaskKind::AskAuthor),
            ask(TaskKind::Decide),
            ask(TaskKind::CareFirst),
        ],
    )
    .await;
    let waiting = ledger.open_tasks(&practice()).await.unwrap();
    let (sam, pat) = (person(Role::Reviewer), person(Role::PracticeManager));
    // Two people at once, each at a task of their own: one of them is told.
    let one = ledger.choose(
        &waiting[0].key,
        &waiting[0].id,
        &sam,
        Choice::AskAuthor,
        now(),
    );
    let two = ledger.choose(
        &waiting[1].key,
        &waiting[1].id,
        &pat,
        Choice::AskAuthor,
        now(),
    );
    let (one, two) = tokio::join!(one, two);
    let refused = match (one, two) {
        (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused.to_string(),
        both => panic!("{both:?}"),
    };
    assert!(
        refused.starts_with("its author was written to in private on 20 November 2026, by "),
        "{refused}"
    );
    let again = Answer {
        again: true,
        ..Choice::AskAuthor.into()
    };
    ledger
        .choose(&waiting[2].key, &waiting[2].id, &sam, again, now())
        .await
        .unwrap();
    let history = ledger.history(&revision.key).await.unwrap().unwrap();
    assert_eq!(
        history
            .actions
            .iter()
            .filter(|action| action.effect == Effect::AskAuthor)
            .count(),
        2
    );
}

fn attribute(value: &serde_json::Value) -> AttributeValue {
    match value {
        serde_json::Value::String(text) => AttributeValue::S(text.clone()),
        serde_json::Value::Object(fields) => AttributeValue::M(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), attribute(value)))
                .collect(),
        ),
        other => AttributeValue::N(other.to_string()),
    }
}

/// Puts an item in the table as somebody else's program would, outside of the ledger.
async fn put(table: &Table, item: serde_json::Value) {
    let AttributeValue::M(item) = attribute(&item) else {
        panic!("an item is an object");
    };
    client(table.url())
        .put_item()
        .table_name(NAME)
        .set_item(Some(item))
        .send()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_cannot_be_read_is_named_and_hides_no_other() {
    let (table, ledger) = ledger().await;
    let Some(table) = table else { return };
    let revision = seen(&ledger, &post("1", "hello")).await;
    commit(&ledger, &revision, vec![task(TaskKind::Decide, &[], None)]).await;
    put(
        &table,
        json!({ "PK": "P#woolpit#POST#facebook#2", "SK": "TASK#01X", "id": "01X", "kind": "of_tomorrow",
        "queue_pk": "Q#woolpit", "queue_sk": "0#2026", "status": "open" }),
    )
    .await;
    let queue = ledger.queue(&practice()).await.unwrap();
    assert_eq!(
        (queue.tasks.len(), queue.unreadable),
        (1, vec!["P#woolpit#POST#facebook#2 TASK#01X".to_owned()])
    );
    let (groups, unreadable) = ledger.groups(&practice()).await.unwrap();
    assert_eq!((groups.len(), unreadable.len()), (1, 1));
    // One of a kind that is known, with the rest of it in a form that is not.
    put(
        &table,
        json!({ "PK": "P#woolpit#POST#facebook#3", "SK": "TASK#01Y", "id": "01Y", "kind": "decide",
        "key": { "practice": "woolpit", "platform": "facebook", "id": "3" }, "queue_pk": "Q#woolpit", "queue_sk": "0#2027", "status": "open" }),
    )
    .await;
    let page = ledger.case_page(&practice(), &[], None, 25).await.unwrap();
    assert_eq!((page.cases.len(), page.unreadable.len()), (1, 2));
}

/// Records and decides a post of an author, with these tasks.
async fn wrote(
    ledger: &Ledger,
    id: &str,
    author: &str,
    findings: &[(Topic, Strength)],
    tasks: Vec<NewTask>,
) -> RevisionRecord {
    let author = Author {
        id: Some(author.into()),
        name: None,
        ..Author::default()
    };
    let revision = seen(
        ledger,
        &Post {
            author,
            ..post(id, "hello")
        },
    )
    .await;
    let finding = |(topic, strength): &(Topic, Strength)| FindingRecord {
        more: 0,
        topic: topic.clone(),
        strength: *strength,
        start: 0,
        end: 1,
        cue: "test".into(),
        why: "a test".into(),
        target: None,
    };
    let new = NewDecision {
        policy: 1,
        findings: findings.iter().map(finding).collect(),
        read_by: ReadBy::RulesOnly,
        decision: hide(),
        beside: None,
        actions: Vec::new(),
        tasks,
        incident: false,
        reference: None,
    };
    ledger
        .decide(&revision, |_| new.clone(), now())
        .await
        .unwrap();
    revision
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_grouped_by_author_the_most_pressing_first() {
    let (_table, ledger) = ledger().await;
    let urgent = |kind, due: i64| {
        let new = task(kind, &[Effect::PublicReply], None);
        let planned = PlannedTask {
            urgency: Urgency::Now,
            ..new.planned
        };
        NewTask {
            planned,
            due_at: now() + SignedDuration::from_mins(due),
            ..new
        }
    };
    let breathless = [(Topic::ClinicalUrgent, Strength::Certain)];
    for n in 0..5 {
        wrote(
            &ledger,
            &format!("b{n}"),
            "flood",
            &breathless,
            vec![urgent(TaskKind::ApproveUrgentSignpost, n)],
        )
        .await;
    }
    wrote(
        &ledger,
        "c1",
        "77",
        &[],
        vec![task(TaskKind::Decide, &[], None)],
    )
    .await;
    wrote(
        &ledger,
        "s1",
        "88",
        &[(Topic::Safeguarding, Strength::Possible)],
        vec![urgent(TaskKind::SafeguardingNow, 60)],
    )
    .await;
    let plan = wrote(
        &ledger,
        "s2",
        "99",
        &[(Topic::Safeguarding, Strength::Certain)],
        vec![urgent(TaskKind::SafeguardingNow, 90)],
    )
    .await;

    let (groups, _) = ledger.groups(&practice()).await.unwrap();
    let ids: Vec<Vec<&str>> = groups
        .iter()
        .map(|group| group.iter().map(|post| post.key.id.as_str()).collect())
        .collect();
    assert_eq!(
        ids,
        [
            vec!["s2"],
            vec!["s1"],
            vec!["b0", "b1", "b2", "b3", "b4"],
            vec!["c1"]
        ]
    );
    assert_eq!(groups[0][0].tasks[0].strength, Some(Strength::Certain));
    assert_eq!(
        (&groups[0][0].key, groups[0][0].author()),
        (&plan.key, Some("99"))
    );
}

/// Records abusive posts of one author, each with the same questions.
async fn flood(ledger: &Ledger, many: usize) -> (AuthorHash, Vec<PostKey>) {
    let abuse = [(Topic::Harassing, Strength::Certain)];
    let mut posts = Vec::new();
    for n in 0..many {
        let (id, tasks) = (format!("f{n:03}"), questions());
        posts.push(wrote(ledger, &id, "flood", &abuse, tasks).await);
    }
    let author = AuthorHash::of(&posts[0].key, &posts[0].post).unwrap();
    (author, posts.into_iter().map(|post| post.key).collect())
}

/// Returns what is asked about abuse: whether it is hidden, and whether it is reported.
fn questions() -> Vec<NewTask> {
    vec![
        task(TaskKind::Decide, &[Effect::Hide], None),
        task(TaskKind::ReportByHand, &[], None),
    ]
}

fn one(role: Role, name: &str) -> [Person; 1] {
    let name = name.into();
    [Person { name, role }]
}

/// Answers what waits of an author, as often as it takes, and returns how many were answered.
async fn answer_all(ledger: &Ledger, author: &AuthorHash, who: &[Person], choice: Choice) -> usize {
    let posts = ledger.flood(&practice(), author).await.unwrap().posts;
    let (mut from, mut answered) = (0, 0);
    while from < posts.len() {
        let step = ledger.answer_together(author, &posts[from..], who, choice.into(), now());
        let step = match step.await {
            Err(LedgerError::Contended(_)) => continue,
            step => step.unwrap(),
        };
        from += step.looked_at;
        answered += step.answered.len();
    }
    answered
}

/// Returns who chose something about each post, once for each time.
async fn chosen_by(ledger: &Ledger, posts: &[PostKey]) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for post in posts {
        let history = ledger.history(post).await.unwrap().unwrap();
        history.verify().unwrap();
        let chosen = history
            .events
            .iter()
            .filter_map(|record| match record.event() {
                Ok(Event::Chosen { by, together, .. }) => Some(format!("{by} {together}")),
                Ok(_) | Err(_) => None,
            });
        all.push(chosen.collect());
    }
    all
}

/// Has so many transactions, the first ones, meet another.
#[derive(Debug)]
struct Busy(AtomicUsize);

impl Fates for Busy {
    fn before<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Fate> {
        let takes_one = |left: usize| left.checked_sub(1);
        let meets = call.operation == "TransactWriteItems"
            && self.0.fetch_update(Relaxed, Relaxed, takes_one).is_ok();
        std::future::ready(if meets { Fate::Conflict } else { Fate::Well }).boxed()
    }

    fn after<'a>(&'a self, _: Call<'a>) -> BoxFuture<'a, ()> {
        std::future::ready(()).boxed()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_answered_in_smaller_parts_while_others_write() {
    let template = Template::shipped().unwrap();
    let table = Table::open(None, &template).await.unwrap();
    let table = table.fated(Arc::new(Busy(AtomicUsize::new(2))));
    let quiet = table.onlooker();
    quiet
        .publish(&practice(), None, &policy("a"), PEOPLE, &[])
        .await
        .unwrap();
    let (author, posts) = flood(&quiet, 20).await;
    let pat = one(Role::PracticeManager, "Pat");
    let busy = table.ledger();
    let answer = Choice::KeepHidden.into();
    let step = busy.answer_together(&author, &posts, &pat, answer, now());
    // Eighteen, nine, five: the third try was let through.
    assert_eq!(step.await.unwrap().answered.len(), 5);
    let rest = answer_all(&busy, &author, &pat, Choice::KeepHidden).await;
    assert_eq!(rest, 15);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_answered_together_and_each_post_says_so() {
    let (_table, ledger) = ledger().await;
    let (author, posts) = flood(&ledger, 40).await;
    let flood = ledger.flood(&practice(), &author).await.unwrap();
    assert_eq!((flood.posts.len(), flood.more), (40, false));
    let asked: Vec<Question> = flood.questions.into_iter().collect();
    assert_eq!(asked, [Question::Post, Question::Report]);
    let pat = one(Role::PracticeManager, "Pat");
    let hide = |note| Answer {
        note,
        ..Choice::KeepHidden.into()
    };
    // One transaction holds some of them, and is all or nothing.
    let step = ledger.answer_together(&author, &posts, &pat, hide(Some("all alike")), now());
    let step = step.await.unwrap();
    assert_eq!((step.answered.len(), step.looked_at), (18, 18));
    // Whoever was stopped there goes on where they stopped.
    let rest = answer_all(&ledger, &author, &pat, Choice::KeepHidden).await;
    assert_eq!(rest, 22);
    let chosen = chosen_by(&ledger, &posts).await;
    assert_eq!(
        chosen,
        vec![vec!["Pat:practice_manager true".to_owned()]; 40]
    );
    let first = ledger.history(&posts[0]).await.unwrap().unwrap();
    // Of a post that can be seen, the platform is asked to hide it.
    let hides = first
        .actions
        .iter()
        .filter(|action| action.by == By::Person);
    assert_eq!(
        hides.map(|action| action.effect).collect::<Vec<_>>(),
        [Effect::Hide]
    );
    assert!(
        first
            .tasks
            .iter()
            .all(|task| task.status == TaskStatus::Done)
    );
    let audit = ledger.audit(None).await.unwrap();
    assert_eq!((audit.wrong, audit.posts), (vec![], 40));
    assert!(ledger.open_tasks(&practice()).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_graver_stays_out_of_a_flood() {
    let (_table, ledger) = ledger().await;
    let (author, posts) = flood(&ledger, 3).await;
    let more = |kind| {
        let mut all = questions();
        all.push(task(kind, &[], None));
        all
    };
    let apart = [
        (
            "danger",
            vec![],
            more(TaskKind::SafeguardingNow),
            Apart::Danger,
        ),
        (
            "complaint",
            vec![],
            more(TaskKind::ComplaintDecision),
            Apart::Complaint,
        ),
        ("bereaved", vec![], more(TaskKind::CareFirst), Apart::Care),
        (
            "patient",
            vec![Topic::PatientIdentifiable],
            questions(),
            Apart::Grave,
        ),
        ("distress", vec![Topic::Distress], questions(), Apart::Grave),
        (
            "threat",
            vec![Topic::Threatening],
            questions(),
            Apart::Grave,
        ),
        (
            "own",
            vec![Topic::Custom("vaccine".into())],
            questions(),
            Apart::Grave,
        ),
        (
            "advice",
            vec![],
            more(TaskKind::LegalAdviceRequired),
            Apart::Differs,
        ),
        ("warning", vec![], more(TaskKind::Ladder), Apart::Differs),
    ];
    let mut wanted = Vec::new();
    for (id, topics, tasks, reason) in apart {
        let findings: Vec<_> = topics
            .into_iter()
            .map(|topic| (topic, Strength::Possible))
            .collect();
        let post = wrote(&ledger, id, "flood", &findings, tasks).await.key;
        wanted.push((post, reason));
    }
    // Another author's, and one whose author nobody knows.
    wrote(&ledger, "other", "77", &[], questions()).await;
    let flood = ledger.flood(&practice(), &author).await.unwrap();
    let together: BTreeSet<&PostKey> = flood.posts.iter().collect();
    assert_eq!(together, posts.iter().collect());
    let order: Vec<Apart> = flood.apart.iter().map(|(_, reason)| *reason).collect();
    assert!(order.is_sorted(), "the gravest first: {order:?}");
    assert_eq!(flood.apart.len(), wanted.len());
    for one in &wanted {
        assert!(flood.apart.contains(one), "{one:?}: {:?}", flood.apart);
    }
    // Who names them all the same is told of each, and nothing is answered.
    let pat = one(Role::PracticeManager, "Pat");
    let named: Vec<PostKey> = wanted.iter().map(|(post, _)| post.clone()).collect();
    let hide = Choice::KeepHidden;
    let step = ledger.answer_together(&author, &named, &pat, hide.into(), now());
    let step = step.await.unwrap();
    assert_eq!((step.apart, step.answered.len()), (wanted, 0));
    // Nor is another author's post answered with them.
    let other = [post("other", "").key(&practice())];
    let step = ledger.answer_together(&author, &other, &pat, hide.into(), now());
    assert_eq!(
        step.await.unwrap().apart,
        [(other[0].clone(), Apart::Differs)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_names_posts_by_where_their_tasks_stand() {
    let (table, ledger) = ledger().await;
    let Some(table) = table else { return };
    let (author, mut posts) = flood(&ledger, 1).await;
    let abuse = [(Topic::Harassing, Strength::Certain)];
    let odd = wrote(&ledger, "9#POST#x#9", "flood", &abuse, questions()).await;
    posts.push(odd.key);
    posts.sort();
    let mut found = ledger.flood(&practice(), &author).await.unwrap();
    found.posts.sort();
    assert_eq!(found.posts, posts);
    // Of a kind that is not known here: whatever it asks, nothing is answered over its head.
    let newer = post("2", "").key(&practice());
    put(
        &table,
        json!({ "PK": "P#woolpit#POST#facebook#2", "SK": "TASK#01X", "id": "01X", "kind": "of_tomorrow",
        "author": author, "queue_pk": "Q#woolpit", "queue_sk": "0#2026", "status": "open" }),
    )
    .await;
    let flood = ledger.flood(&practice(), &author).await.unwrap();
    assert_eq!(
        (flood.posts.len(), flood.apart),
        (2, vec![(newer, Apart::Differs)])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_answered_only_by_who_may_and_never_deleted() {
    let (_table, ledger) = ledger().await;
    let (author, posts) = flood(&ledger, 3).await;
    let refused = [
        (one(Role::Auditor, "Alex"), Choice::KeepHidden),
        (one(Role::Deployer, "Dee"), Choice::KeepHidden),
        (one(Role::PracticeManager, "Stranger"), Choice::KeepHidden),
        (one(Role::PracticeManager, "Pat"), Choice::Delete),
        (one(Role::PracticeManager, "Pat"), Choice::Ban),
        (one(Role::PracticeManager, "Pat"), Choice::Reply),
        (one(Role::PracticeManager, "Pat"), Choice::Restore),
        // Whether it stays is asked, and that is no answer.
        (one(Role::PracticeManager, "Pat"), Choice::Done),
    ];
    for (who, choice) in refused {
        let step = ledger.answer_together(&author, &posts, &who, choice.into(), now());
        let step = step.await.unwrap();
        assert_eq!(
            (step.answered.len(), step.apart.len()),
            (0, 3),
            "{who:?} {choice}"
        );
    }
    assert_eq!(
        chosen_by(&ledger, &posts).await,
        vec![Vec::<String>::new(); 3]
    );
    let sam = one(Role::Reviewer, "Sam");
    assert_eq!(answer_all(&ledger, &author, &sam, Choice::Keep).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_answer_a_flood_and_no_post_is_decided_twice() {
    let (_table, ledger) = ledger().await;
    let (author, posts) = flood(&ledger, 50).await;
    let by = |role, name: &str, choice| {
        let (ledger, author, who) = (ledger.clone(), author.clone(), one(role, name));
        tokio::spawn(async move { answer_all(&ledger, &author, &who, choice).await })
    };
    let (pat, sam) = (
        by(Role::PracticeManager, "Pat", Choice::KeepHidden),
        by(Role::Reviewer, "Sam", Choice::Keep),
    );
    assert_eq!(pat.await.unwrap() + sam.await.unwrap(), 50);
    let chosen = chosen_by(&ledger, &posts).await;
    assert!(chosen.iter().all(|by| by.len() == 1), "{chosen:?}");
    assert_eq!(ledger.audit(None).await.unwrap().wrong, vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_task_is_reported_until_it_is_closed() {
    let (_table, ledger) = ledger().await;
    let at = |minutes: i64| now() + SignedDuration::from_mins(minutes);
    let late = async |minutes| {
        Remind::new(ledger.clone(), Vec::new(), None)
            .run(at(minutes))
            .await
            .unwrap()
            .late
    };
    let page = task(TaskKind::SafeguardingNow, &[], None);
    let page = NewTask {
        planned: PlannedTask {
            urgency: Urgency::Now,
            ..page.planned
        },
        due_at: at(15),
        ..page
    };
    let may_be_left = task(TaskKind::OfferSignpost, &[], None);
    let may_be_left = NewTask {
        planned: PlannedTask {
            optional: true,
            ..may_be_left.planned
        },
        due_at: at(15),
        ..may_be_left
    };
    let normal = NewTask {
        due_at: at(15),
        ..task(TaskKind::Decide, &[], None)
    };
    let revision = wrote(&ledger, "1", "77", &[], vec![page, normal, may_be_left]).await;
    // Danger is told at once, which is before it is late; the rest once it is.
    assert_eq!([late(14).await, late(15).await, late(16).await], [0, 1, 0]);
    // A page every quarter of an hour, the rest once a day.
    assert_eq!([late(28).await, late(29).await, late(44).await], [0, 1, 1]);
    let waiting = ledger.open_tasks(&practice()).await.unwrap();
    ledger
        .choose(
            &revision.key,
            &waiting[0].id,
            &person(Role::SafeguardingLead),
            Choice::Done,
            at(50),
        )
        .await
        .unwrap();
    assert_eq!(
        [
            late(60).await,
            late(24 * 60 + 14).await,
            late(24 * 60 + 15).await
        ],
        [0, 0, 1]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_finds_the_practices_that_name_them() {
    let (_table, ledger) = ledger().await;
    let naming = |people: &str| format!(r#"{{"people": [{people}]}}"#);
    let pat = r#"{"name": "Pat", "roles": ["practice_manager"], "email": "Pat@Oak.example", "subject": "oid-7"}"#;
    let kim = r#"{"name": "Kim", "roles": ["auditor"], "email": "kim@oak.example"}"#;
    let other: PracticeId = "mile-oak".parse().unwrap();
    let both = naming(&format!("{pat}, {kim}"));
    let before = ledger.practice(&practice()).await.unwrap();
    ledger
        .publish(&practice(), before.as_ref(), &policy("a"), &both, &[])
        .await
        .unwrap();
    ledger
        .publish(&other, None, &policy("a"), &naming(pat), &[])
        .await
        .unwrap();
    let mut found = ledger
        .practices_naming(Identity::Email("pat@oak.EXAMPLE"))
        .await
        .unwrap();
    found.sort();
    assert_eq!(found, [other.clone(), practice()]);
    assert_eq!(
        ledger
            .practices_naming(Identity::Subject("oid-7"))
            .await
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        ledger
            .practices_naming(Identity::Email("kim@oak.example"))
            .await
            .unwrap(),
        [practice()]
    );

    let before = ledger.practice(&practice()).await.unwrap();
    ledger
        .publish(
            &practice(),
            before.as_ref(),
            &policy("a"),
            &naming(kim),
            &[],
        )
        .await
        .unwrap();
    assert_eq!(
        ledger
            .practices_naming(Identity::Email("pat@oak.example"))
            .await
            .unwrap(),
        [other],
        "Pat has left one"
    );
    assert!(
        ledger
            .practices_naming(Identity::Subject("oid-8"))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_decision_about_a_post_answers_all_that_hangs_on_it() {
    use TaskKind::{
        AskAuthor, ComplaintDecision, ConfirmDelete, LegalAdviceRequired, ReportByHand,
    };
    let (_table, ledger) = ledger().await;
    let person = Person {
        name: "Sam".into(),
        role: Role::Reviewer,
    };
    let kinds = [
        ConfirmDelete,
        AskAuthor,
        ReportByHand,
        ComplaintDecision,
        LegalAdviceRequired,
    ];
    let left_by = async |id: &str, choice: Choice| {
        let revision = seen(&ledger, &post(id, "hello")).await;
        // What may be a complaint is not deleted before somebody has said whether it is one.
        let waits = |kind: &TaskKind| (choice, *kind) != (Choice::Delete, ComplaintDecision);
        let tasks = kinds
            .into_iter()
            .filter(waits)
            .map(|kind| task(kind, &[Effect::Delete, Effect::AskAuthor], None))
            .collect();
        commit(&ledger, &revision, tasks).await;
        let Claim::Yours(claimed) = ledger
            .claim(&key(&revision), CAPS, LEASE, now())
            .await
            .unwrap()
        else {
            panic!()
        };
        ledger
            .conclude(
                &claimed,
                &Outcome::Done {
                    detail: "hidden".into(),
                },
                now(),
            )
            .await
            .unwrap();
        let case = pagewarden_tests::case(&ledger, &revision.key)
            .await
            .unwrap();
        let about_post = case
            .tasks
            .iter()
            .find(|task| task.kind == ConfirmDelete)
            .unwrap();
        ledger
            .choose(&revision.key, &about_post.id, &person, choice, now())
            .await
            .unwrap();
        let history = ledger.history(&revision.key).await.unwrap().unwrap();
        history.verify().unwrap();
        let closed = history
            .tasks
            .iter()
            .filter(|task| task.status == TaskStatus::Done);
        assert!(
            closed.clone().all(|task| task.chosen() == Some(choice)),
            "{closed:?}"
        );
        let mut left: Vec<TaskKind> = pagewarden_tests::case(&ledger, &revision.key)
            .await
            .unwrap()
            .tasks
            .iter()
            .map(|task| task.kind)
            .collect();
        left.sort();
        left
    };
    assert_eq!(
        left_by("1", Choice::Restore).await,
        [ComplaintDecision, LegalAdviceRequired]
    );
    assert_eq!(left_by("2", Choice::Delete).await, [LegalAdviceRequired]);
    assert_eq!(
        left_by("3", Choice::KeepHidden).await,
        [
            AskAuthor,
            ReportByHand,
            ComplaintDecision,
            LegalAdviceRequired
        ],
        "what is left hidden may still be reported, and its author asked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_cases_hold_every_post_once_by_urgency() {
    let (_table, ledger) = ledger().await;
    for id in 0..57 {
        let revision = seen(&ledger, &post(&id.to_string(), "hello")).await;
        let mut tasks = vec![task(TaskKind::ConfirmDelete, &[Effect::Delete], None)];
        // Its second task stands far behind in the queue.
        let mut later = task(TaskKind::ReportByHand, &[Effect::Report], None);
        later.planned.urgency = Urgency::Low;
        tasks.push(later);
        if id == 31 {
            let mut now = task(TaskKind::SafeguardingNow, &[], None);
            now.planned.urgency = Urgency::Now;
            tasks.push(now);
        }
        commit(&ledger, &revision, tasks).await;
    }
    let (mut next, mut posts, mut sizes) = (None, Vec::new(), Vec::new());
    loop {
        let page = ledger
            .case_page(&practice(), &[], next.as_deref(), 25)
            .await
            .unwrap();
        assert!(
            page.cases.iter().all(|case| case.tasks.len() >= 2),
            "a case has all of its tasks"
        );
        sizes.push(page.cases.len());
        posts.extend(page.cases.into_iter().map(|case| case.key.id));
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(posts[0], "31", "danger comes first");
    assert_eq!((sizes[0], sizes[1]), (25, 25));
    let all = posts.len();
    posts.sort();
    posts.dedup();
    assert_eq!((all, posts.len()), (57, 57));
    let about_danger = ledger
        .case_page(&practice(), &[Question::Danger], None, 25)
        .await
        .unwrap();
    assert_eq!(
        about_danger
            .cases
            .iter()
            .map(|case| case.key.id.as_str())
            .collect::<Vec<_>>(),
        ["31"]
    );
}
