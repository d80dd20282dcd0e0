//! Who is told of what, when, by which way and in which words: from the delivery to the outbox.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{ConfirmError, Event, NoticeStatus, Person, TaskRecord, Visibility};
use pagewarden_local::outbox::Mishap;
use pagewarden_local::stack::Stack;
use pagewarden_local::stepped::Stepped;
use pagewarden_local::table::{NAME, client};
use pagewarden_notices::{Alert, Parcel};
use pagewarden_policies::{Person as Named, Settings, Way};
use pagewarden_rules::{Channel, Platform, PostKey, PracticeId, Role, TaskKind};
use pagewarden_tests::browser::Browser;
use pagewarden_tests::{comment, events, monday, replay, stack};
use reqwest::Method;
use serde_json::json;

/// Kingswinford's page, and Threeways'.
const PAGE: &str = "100000000000001";
const OTHER_PAGE: &str = "100000000000002";
const PLEA: &str = "I can't go on. Tonight is the night, I will end my life";

fn practice() -> PracticeId {
    "kingswinford".parse().unwrap()
}

fn somebody(name: &str, role: Role, deputy: &str) -> Named {
    let nth = name.bytes().map(u32::from).sum::<u32>() % 1000;
    Named {
        email: format!("{}@kingswinford.example", name.to_lowercase()),
        mobile: format!("+447700900{nth:03}"),
        deputy: deputy.to_owned(),
        ..Named::named(name, role)
    }
}

/// A lead with a deputy, a manager, a reviewer and an auditor.
fn staff() -> Vec<Named> {
    vec![
        somebody("Lee", Role::SafeguardingLead, "Dot"),
        somebody("Dot", Role::ComplaintsManager, ""),
        somebody("Pat", Role::PracticeManager, ""),
        somebody("Sam", Role::Reviewer, ""),
        somebody("Alex", Role::Auditor, ""),
    ]
}

/// Gives Kingswinford these people.
async fn employ(stack: &Stack, people: Vec<Named>) {
    let (ledger, id) = (stack.ledger(), practice());
    let record = ledger.practice(&id).await.unwrap().unwrap();
    let policy = ledger.policy(&id, record.policy).await.unwrap().unwrap();
    let settings: Settings = serde_json::from_str(&record.settings).unwrap();
    let settings = serde_json::to_string(&Settings { people, ..settings }).unwrap();
    ledger
        .publish(&id, Some(&record), &policy, &settings, &[])
        .await
        .unwrap();
}

/// A stack that moves when it is told to, on Wednesday 25 November 2026 or later, where
/// Kingswinford has its staff.
async fn begin() -> Stepped {
    let mut stepped = Stepped::build(monday()).await.unwrap();
    employ(stepped.stack(), staff()).await;
    // Digests are planned the first time.
    run(&mut stepped).await;
    stepped
}

async fn write(stepped: &Stepped, page: &str, id: &str, words: &str) -> PostKey {
    let body = comment(page, id, "55", words);
    stepped.stack().graph().learn(&body).unwrap();
    assert_eq!(stepped.stack().sender().deliver(&body).await.unwrap(), 200);
    let practice = if page == PAGE {
        practice()
    } else {
        "threeways".parse().unwrap()
    };
    PostKey {
        practice,
        platform: Platform::Facebook,
        id: id.to_owned(),
    }
}

async fn run(stepped: &mut Stepped) {
    stepped.stack().run("remind").await.unwrap();
    stepped.settle().await.unwrap();
}

/// Lets time pass, minute by minute where it is not long, with the schedule's runs.
async fn pass(stepped: &mut Stepped, minutes: i64) {
    for _ in 0..minutes {
        stepped.stack().clock().pass(SignedDuration::from_mins(1));
        run(stepped).await;
    }
}

async fn jump(stepped: &mut Stepped, to: &str) {
    let to: Timestamp = to.parse().unwrap();
    let now = stepped.stack().clock().now();
    assert!(now < to, "{to} is over");
    stepped
        .stack()
        .clock()
        .pass(to.duration_since(now) + SignedDuration::from_millis(1));
    run(stepped).await;
}

/// Returns who was told what since the last look, each way by its first letter. Digests, which
/// follow the hour, are left out.
fn told(stack: &Stack, seen: &mut usize) -> Vec<String> {
    let taken = stack.outbox().taken();
    let new: Vec<String> = taken[*seen..]
        .iter()
        .filter(|parcel| parcel.alert != Alert::Digest)
        .map(|parcel| {
            let way = if parcel.to.way == Way::Email {
                "e"
            } else {
                "t"
            };
            format!("{} {way} {}", parcel.to.name, parcel.alert)
        })
        .collect();
    *seen = taken.len();
    new.into_iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

async fn page_of(stack: &Stack, post: &PostKey) -> TaskRecord {
    let tasks = stack.ledger().tasks_of(post).await.unwrap();
    tasks
        .into_iter()
        .find(|task| task.kind == TaskKind::SafeguardingNow)
        .unwrap()
}

fn lead() -> Person {
    Person {
        name: "Lee".into(),
        role: Role::SafeguardingLead,
    }
}

#[tokio::test(start_paused = true)]
async fn a_plea_goes_to_lead_deputy_manager_then_everybody() {
    let mut stepped = begin().await;
    let mut seen = 0;
    let post = write(&stepped, PAGE, "1_1", PLEA).await;
    // Step by step: whichever step carries the task to remind has told the lead when it ends.
    let remind = stepped
        .consumers()
        .position(|name| name == "remind")
        .unwrap();
    while stepped
        .stack()
        .ledger()
        .tasks_of(&post)
        .await
        .unwrap()
        .is_empty()
    {
        assert!(stepped.step().await.unwrap());
    }
    assert!(stepped.consumer(remind).await.unwrap());
    assert_eq!(
        told(stepped.stack(), &mut seen),
        ["Lee e safeguarding", "Lee t safeguarding"]
    );
    stepped.settle().await.unwrap();
    pass(&mut stepped, 14).await;
    assert_eq!(
        told(stepped.stack(), &mut seen),
        [""; 0],
        "nobody is told twice within a quarter of an hour"
    );
    pass(&mut stepped, 1).await;
    assert_eq!(
        told(stepped.stack(), &mut seen),
        ["Dot e safeguarding", "Dot t safeguarding"]
    );
    pass(&mut stepped, 15).await;
    assert_eq!(
        told(stepped.stack(), &mut seen),
        ["Pat e safeguarding", "Pat t safeguarding"]
    );
    let everybody: Vec<String> = ["Dot", "Lee", "Pat", "Sam"]
        .iter()
        .flat_map(|n| [format!("{n} e safeguarding"), format!("{n} t safeguarding")])
        .collect();
    for _ in 0..3 {
        pass(&mut stepped, 15).await;
        assert_eq!(told(stepped.stack(), &mut seen), everybody);
    }
    // Time alone changed nothing about the post.
    let history = stepped
        .stack()
        .ledger()
        .history(&post)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(history.state.visibility, Visibility::Visible);
    history.verify().unwrap();
}

#[tokio::test(start_paused = true)]
async fn whoever_deals_with_it_stops_the_telling_for_two_hours() {
    let mut stepped = begin().await;
    let mut seen = 0;
    let post = write(&stepped, PAGE, "1_1", PLEA).await;
    stepped.settle().await.unwrap();
    let task = page_of(stepped.stack(), &post).await;
    pass(&mut stepped, 15).await;
    told(stepped.stack(), &mut seen);
    let now = stepped.stack().clock().now();
    let ledger = stepped.stack().ledger();
    let reviewer = Person {
        name: "Sam".into(),
        role: Role::Reviewer,
    };
    let refused = ledger
        .acknowledge(&post, &task.id, &reviewer, None, now)
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("Sam (reviewer) may not say"),
        "{refused}"
    );
    let until = ledger
        .acknowledge(&post, &task.id, &lead(), Some("ringing them"), now)
        .await
        .unwrap();
    assert_eq!(until, now + SignedDuration::from_hours(2));
    let history = ledger.history(&post).await.unwrap().unwrap();
    history.verify().unwrap();
    assert_eq!(
        history.state.acknowledged[&task.id].by,
        "Lee:safeguarding_lead"
    );
    assert!(
        history.state.open_tasks.contains(&task.id),
        "it waits still"
    );
    let noted = |event: &Event| matches!(event, Event::Acknowledged { by, .. } if by == "Lee:safeguarding_lead");
    assert!(
        history
            .events
            .iter()
            .any(|line| noted(&line.event().unwrap()))
    );

    pass(&mut stepped, 119).await;
    assert_eq!(told(stepped.stack(), &mut seen), [""; 0]);
    pass(&mut stepped, 1).await;
    let again = [
        "Dot e safeguarding",
        "Dot t safeguarding",
        "Lee e safeguarding",
        "Lee t safeguarding",
    ];
    assert_eq!(told(stepped.stack(), &mut seen), again);
    let taken = stepped.stack().outbox().taken();
    let email = taken
        .iter()
        .rev()
        .find(|parcel| parcel.to.way == Way::Email)
        .unwrap();
    assert!(
        email
            .wording
            .body
            .contains("said two hours ago that they are dealing with it"),
        "{}",
        email.wording.body
    );
    // Nobody answers still: it goes on to those who were not told since.
    pass(&mut stepped, 15).await;
    assert_eq!(
        told(stepped.stack(), &mut seen),
        ["Pat e safeguarding", "Pat t safeguarding"]
    );
    let now = stepped.stack().clock().now();
    let done = pagewarden_ledger::Choice::Done;
    stepped
        .stack()
        .ledger()
        .choose(&post, &task.id, &lead(), done, now)
        .await
        .unwrap();
    pass(&mut stepped, 60).await;
    assert_eq!(
        told(stepped.stack(), &mut seen),
        [""; 0],
        "what is answered is not told"
    );
    let history = stepped
        .stack()
        .ledger()
        .history(&post)
        .await
        .unwrap()
        .unwrap();
    history.verify().unwrap();
    assert!(history.state.acknowledged.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_the_stream_misses_the_schedule_tells_within_the_minute() {
    let mut stepped = begin().await;
    let mut seen = 0;
    let post = write(&stepped, PAGE, "1_1", PLEA).await;
    let moderate = stepped
        .consumers()
        .position(|name| name == "moderate")
        .unwrap();
    while stepped
        .stack()
        .ledger()
        .tasks_of(&post)
        .await
        .unwrap()
        .is_empty()
    {
        assert!(stepped.consumer(moderate).await.unwrap());
    }
    stepped.stack().run("remind").await.unwrap();
    assert_eq!(
        told(stepped.stack(), &mut seen),
        ["Lee e safeguarding", "Lee t safeguarding"]
    );
    stepped.settle().await.unwrap();
    assert_eq!(
        told(stepped.stack(), &mut seen),
        [""; 0],
        "the stream tells nothing twice"
    );
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_told_together() {
    let mut stepped = begin().await;
    for nth in 0..30 {
        write(&stepped, PAGE, &format!("1_{nth}"), PLEA).await;
    }
    stepped.settle().await.unwrap();
    pass(&mut stepped, 2).await;
    let taken = stepped.stack().outbox().taken();
    let emails: Vec<&Parcel> = taken
        .iter()
        .filter(|parcel| parcel.to.way == Way::Email)
        .collect();
    assert_eq!(
        emails.len(),
        2,
        "the first at once and the others together: {emails:#?}"
    );
    assert!(
        emails[1]
            .wording
            .subject
            .contains("29 posts say that somebody may be in danger"),
        "{emails:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_address_is_a_task_and_the_next_is_told_at_once() {
    let mut stepped = begin().await;
    let mut seen = 0;
    let people = staff();
    stepped.stack().outbox().refuse(&people[0].email);
    write(&stepped, PAGE, "1_1", PLEA).await;
    stepped.settle().await.unwrap();
    let at_once = told(stepped.stack(), &mut seen);
    assert_eq!(
        at_once,
        ["Lee t safeguarding", "Pat e unreachable"],
        "who is reached by text was told"
    );

    // Now neither way reaches the lead.
    stepped.stack().outbox().refuse(&people[0].mobile);
    write(&stepped, PAGE, "1_2", PLEA).await;
    stepped.settle().await.unwrap();
    pass(&mut stepped, 1).await;
    let told = told(stepped.stack(), &mut seen);
    assert!(
        told.contains(&"Dot e safeguarding".to_owned())
            && told.contains(&"Dot t safeguarding".to_owned()),
        "{told:?}"
    );
    let waiting = stepped
        .stack()
        .ledger()
        .open_tasks(&practice())
        .await
        .unwrap();
    let repairs: Vec<&TaskRecord> = waiting
        .iter()
        .filter(|task| task.kind == TaskKind::RepairContact)
        .collect();
    assert_eq!(repairs.len(), 2, "{repairs:#?}");
    let due = repairs[0]
        .due_at
        .duration_since(stepped.stack().clock().now());
    assert!(
        due <= SignedDuration::from_hours(1),
        "within the hour: {due}"
    );
    assert!(
        repairs
            .iter()
            .all(|task| !task.why.contains("example") && !task.why.contains("+44")),
        "{repairs:#?}"
    );
    let refused = stepped.stack().ledger().notices(&practice()).await.unwrap();
    assert_eq!(
        refused
            .iter()
            .filter(|notice| notice.status == NoticeStatus::Refused)
            .count(),
        2
    );
    // The record as a whole holds, with tasks that belong to no post.
    let audit = stepped
        .stack()
        .ledger()
        .audit(Some(&practice()))
        .await
        .unwrap();
    assert_eq!(audit.wrong, []);
}

#[tokio::test(start_paused = true)]
async fn an_email_that_comes_back_counts_as_not_told() {
    let mut people = staff();
    people[0].mobile.clear();
    let mut stepped = begin().await;
    employ(stepped.stack(), people).await;
    let mut seen = 0;
    write(&stepped, PAGE, "1_1", PLEA).await;
    stepped.settle().await.unwrap();
    assert_eq!(told(stepped.stack(), &mut seen), ["Lee e safeguarding"]);
    let notice = stepped.stack().outbox().taken()[0].notice.clone();
    let event = json!({
        "version": "0", "id": "1", "detail-type": "Email Bounced", "source": "aws.ses", "account": "000000000000",
        "time": "2026-11-25T10:00:00Z", "region": "eu-west-2", "resources": [],
        "detail": { "eventType": "Bounce", "bounce": { "bounceType": "Permanent" },
            "mail": { "messageId": "1", "tags": { "ses:configuration-set": ["pagewarden-staging"],
                "practice": ["kingswinford"], "notice": [notice] } } },
    });
    for _ in 0..2 {
        stepped
            .stack()
            .invoke("remind", event.clone())
            .await
            .unwrap();
    }
    assert_eq!(
        told(stepped.stack(), &mut seen),
        ["Dot e safeguarding", "Dot t safeguarding"]
    );
    let waiting = stepped
        .stack()
        .ledger()
        .open_tasks(&practice())
        .await
        .unwrap();
    assert_eq!(
        waiting
            .iter()
            .filter(|task| task.kind == TaskKind::RepairContact)
            .count(),
        1
    );
}

/// What is killed between writing and sending is sent once; what is killed before it heard that a
/// notice was taken is sent twice, because no provider knows a message again.
#[tokio::test(start_paused = true)]
async fn a_notice_is_neither_lost_nor_doubled_by_a_kill() {
    for (mishap, sent) in [(Mishap::LostBefore, 1), (Mishap::LostAfter, 2)] {
        let mut stepped = begin().await;
        let mut people = staff();
        people[0].mobile.clear();
        employ(stepped.stack(), people).await;
        stepped.stack().outbox().next(mishap);
        let moderate = stepped
            .consumers()
            .position(|name| name == "moderate")
            .unwrap();
        let post = write(&stepped, PAGE, "1_1", PLEA).await;
        while stepped
            .stack()
            .ledger()
            .tasks_of(&post)
            .await
            .unwrap()
            .is_empty()
        {
            assert!(stepped.consumer(moderate).await.unwrap());
        }
        let killed =
            tokio::time::timeout(Duration::from_secs(50), stepped.stack().run("remind")).await;
        assert!(
            killed.is_err(),
            "it waits for the provider until it is killed"
        );
        let notices = stepped.stack().ledger().notices(&practice()).await.unwrap();
        assert_eq!(
            notices
                .iter()
                .map(|notice| notice.status)
                .collect::<Vec<_>>(),
            [NoticeStatus::Sending]
        );
        pass(&mut stepped, 5).await;
        assert_eq!(stepped.stack().outbox().taken().len(), sent, "{mishap:?}");
        let notices = stepped.stack().ledger().notices(&practice()).await.unwrap();
        assert_eq!(
            notices
                .iter()
                .map(|notice| notice.status)
                .collect::<Vec<_>>(),
            [NoticeStatus::Sent]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_does_not_answer_is_asked_again() {
    let mut stepped = begin().await;
    let mut seen = 0;
    stepped.stack().outbox().next(Mishap::Unavailable);
    stepped.stack().outbox().next(Mishap::Unavailable);
    write(&stepped, PAGE, "1_1", PLEA).await;
    stepped.settle().await.unwrap();
    assert_eq!(told(stepped.stack(), &mut seen), [""; 0]);
    pass(&mut stepped, 3).await;
    assert_eq!(
        told(stepped.stack(), &mut seen),
        ["Lee e safeguarding", "Lee t safeguarding"]
    );
}

#[tokio::test(start_paused = true)]
async fn two_practices_do_not_hear_of_each_other() {
    let mut stepped = begin().await;
    write(&stepped, PAGE, "1_1", PLEA).await;
    write(&stepped, OTHER_PAGE, "2_1", PLEA).await;
    stepped.settle().await.unwrap();
    pass(&mut stepped, 46).await;
    let taken = stepped.stack().outbox().taken();
    let domains: BTreeSet<&str> = taken
        .iter()
        .map(|parcel| parcel.practice.as_str())
        .collect();
    assert_eq!(domains, BTreeSet::from(["kingswinford", "threeways"]));
    for Parcel {
        practice,
        to,
        wording,
        ..
    } in &taken
    {
        if to.way == Way::Email {
            assert!(
                to.address.ends_with(&format!("@{practice}.example")),
                "{practice}: {}",
                to.address
            );
        }
        let other = if practice.as_str() == "kingswinford" {
            "threeways"
        } else {
            "kingswinford"
        };
        let all = format!("{}{}{}", wording.subject, wording.body, wording.text).to_lowercase();
        assert!(!all.contains(other), "{all}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_late_is_told_once_a_day_to_whoever_may_answer() {
    let mut stepped = begin().await;
    let mut seen = 0;
    write(
        &stepped,
        PAGE,
        "1_1",
        "I want to make a formal complaint about the way the nurse treated me",
    )
    .await;
    write(
        &stepped,
        PAGE,
        "1_2",
        "I wish to make a formal complaint about my referral",
    )
    .await;
    stepped.settle().await.unwrap();
    let waiting = stepped
        .stack()
        .ledger()
        .open_tasks(&practice())
        .await
        .unwrap();
    assert!(
        waiting
            .iter()
            .any(|task| task.kind == TaskKind::ComplaintDecision),
        "{waiting:#?}"
    );
    let due = waiting
        .iter()
        .filter(|task| !task.optional)
        .map(|task| task.due_at)
        .max()
        .unwrap();
    jump(&mut stepped, &due.to_string()).await;
    let overdue = |told: Vec<String>| {
        told.into_iter()
            .filter(|one| one.ends_with("overdue"))
            .collect::<Vec<_>>()
    };
    let everybody = [
        "Dot e overdue",
        "Lee e overdue",
        "Pat e overdue",
        "Sam e overdue",
    ];
    assert_eq!(overdue(told(stepped.stack(), &mut seen)), everybody);
    pass(&mut stepped, 5).await;
    assert_eq!(overdue(told(stepped.stack(), &mut seen)), [""; 0]);
    jump(
        &mut stepped,
        &(due + SignedDuration::from_hours(25)).to_string(),
    )
    .await;
    assert_eq!(overdue(told(stepped.stack(), &mut seen)), everybody);
    let taken = stepped.stack().outbox().taken();
    let late = taken
        .iter()
        .rev()
        .find(|parcel| parcel.alert == Alert::Overdue)
        .unwrap();
    let subject = &late.wording.subject;
    assert!(
        subject.contains("tasks are overdue (Kingswinford"),
        "together: {subject}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_digest_comes_at_eight_across_the_change_of_clocks() {
    let mut stepped = begin().await;
    let mut seen = 0;
    write(
        &stepped,
        PAGE,
        "1_1",
        "I want to make a formal complaint about the way the nurse treated me",
    )
    .await;
    stepped.settle().await.unwrap();
    let digests = |stack: &Stack, seen: &mut usize| -> Vec<Parcel> {
        let taken = stack.outbox().taken();
        let own = |parcel: &&Parcel| {
            parcel.alert == Alert::Digest
                && parcel.practice == practice()
                && parcel.to.name == "Pat"
        };
        let new = taken[*seen..].iter().filter(own).cloned().collect();
        *seen = taken.len();
        new
    };
    // Friday before the clocks go forward: 08:00 is 08:00 UTC; the Monday after, it is 07:00 UTC.
    jump(&mut stepped, "2027-03-25T09:00:00Z").await;
    digests(stepped.stack(), &mut seen);
    jump(&mut stepped, "2027-03-26T07:59:00Z").await;
    assert!(digests(stepped.stack(), &mut seen).is_empty());
    jump(&mut stepped, "2027-03-26T08:00:00Z").await;
    let friday = digests(stepped.stack(), &mut seen);
    assert_eq!(friday.len(), 1);
    let body = &friday[0].wording.body;
    assert!(
        body.contains("with a deadline") && body.contains("The oldest waits since"),
        "{body}"
    );
    assert!(body.contains("The nearest deadline is"), "{body}");
    jump(&mut stepped, "2027-03-29T06:59:00Z").await;
    assert!(
        digests(stepped.stack(), &mut seen).is_empty(),
        "nothing comes on a weekend"
    );
    jump(&mut stepped, "2027-03-29T07:00:00Z").await;
    assert_eq!(digests(stepped.stack(), &mut seen).len(), 1);

    // Nothing waits: silence, but for one line on Friday.
    let ledger = stepped.stack().ledger().clone();
    for task in ledger.open_tasks(&practice()).await.unwrap() {
        let now = stepped.stack().clock().now();
        let choice = if task.kind == TaskKind::ComplaintDecision {
            pagewarden_ledger::Choice::NotComplaint
        } else {
            pagewarden_ledger::Choice::Done
        };
        ledger
            .choose(&task.key, &task.id, &lead(), choice, now)
            .await
            .unwrap();
    }
    jump(&mut stepped, "2027-04-01T12:00:00Z").await;
    assert!(
        digests(stepped.stack(), &mut seen).is_empty(),
        "silence until Thursday"
    );
    jump(&mut stepped, "2027-04-02T07:00:00Z").await;
    let friday = digests(stepped.stack(), &mut seen);
    assert_eq!(
        friday[0].wording.subject,
        "Nothing waits (Kingswinford Medical Practice)"
    );
}

#[tokio::test(start_paused = true)]
async fn the_manager_is_told_at_once_what_is_wrong_with_the_machine() {
    let mut stepped = begin().await;
    let mut seen = 0;
    let now = stepped.stack().clock().now();
    let ledger = stepped.stack().ledger().clone();
    let manager = Person {
        name: "Pat".into(),
        role: Role::PracticeManager,
    };
    let channel = Channel {
        platform: Platform::Facebook,
        account: PAGE.into(),
    };

    ledger
        .switch_off(&practice(), &manager, None, now)
        .await
        .unwrap();
    stepped.settle().await.unwrap();
    assert_eq!(told(stepped.stack(), &mut seen), ["Pat e switched_off"]);
    for one in [&manager, &lead()] {
        ledger.switch_on(&practice(), one, None, now).await.unwrap();
    }
    stepped.settle().await.unwrap();
    assert_eq!(told(stepped.stack(), &mut seen), [""; 0]);

    ledger
        .open_channel_task(&practice(), &channel, "the token was revoked", now)
        .await
        .unwrap();
    stepped.settle().await.unwrap();
    assert_eq!(told(stepped.stack(), &mut seen), ["Pat e channel_stopped"]);

    jump(&mut stepped, "2027-01-05T10:00:00Z").await;
    let at = |minutes| stepped.stack().clock().now() + SignedDuration::from_mins(minutes);
    let noon = at(0);
    let missed = |stack: &Stack| {
        let taken = stack.outbox().taken();
        taken
            .iter()
            .filter(|parcel| parcel.alert == Alert::SweepMissed && parcel.to.name == "Pat")
            .count()
    };
    // Once an hour, and now and then between the hours.
    for (minutes, expected) in [(0, 0), (15, 0), (61, 1), (121, 1)] {
        ledger
            .sweep_failed(
                &practice(),
                &channel,
                noon + SignedDuration::from_mins(minutes),
            )
            .await
            .unwrap();
        pass(&mut stepped, 1).await;
        stepped.stack().clock().pass(SignedDuration::from_mins(120));
        run(&mut stepped).await;
        assert_eq!(
            missed(stepped.stack()),
            expected,
            "{minutes} minutes after the first failure"
        );
    }
    // A failure that a round without one came after is not the second in a row.
    let other = Channel {
        account: "100000000000009".into(),
        ..channel
    };
    for minutes in [200, 320] {
        ledger
            .sweep_failed(
                &practice(),
                &other,
                noon + SignedDuration::from_mins(minutes),
            )
            .await
            .unwrap();
    }
    run(&mut stepped).await;
    assert_eq!(missed(stepped.stack()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_stops_the_machine_is_told_once() {
    let mut stepped = begin().await;
    let mut seen = 0;
    let record = stepped
        .stack()
        .ledger()
        .practice(&practice())
        .await
        .unwrap()
        .unwrap();
    let policy = stepped
        .stack()
        .ledger()
        .policy(&practice(), record.policy)
        .await
        .unwrap()
        .unwrap();
    let mut settings: Settings = serde_json::from_str(&record.settings).unwrap();
    settings.caps.acts_per_hour = 1;
    let settings = serde_json::to_string(&settings).unwrap();
    stepped
        .stack()
        .ledger()
        .publish(&practice(), Some(&record), &policy, &settings, &[])
        .await
        .unwrap();
    for nth in 0..6 {
        write(
            &stepped,
            PAGE,
            &format!("1_{nth}"),
            "The receptionist is a fat useless bitch",
        )
        .await;
        stepped.settle().await.unwrap();
    }
    let told = told(stepped.stack(), &mut seen);
    assert_eq!(
        told.iter()
            .filter(|one| *one == "Pat e limit_reached")
            .count(),
        1,
        "{told:?}"
    );
    let taken = stepped.stack().outbox().taken();
    assert_eq!(
        taken
            .iter()
            .filter(|parcel| parcel.alert == Alert::LimitReached)
            .count(),
        1
    );
}

#[tokio::test(start_paused = true)]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn a_way_is_confirmed_by_the_code_that_was_sent_by_it() {
    let stepped = begin().await;
    let ledger = stepped.stack().ledger().clone();
    let people = staff();
    let ids = |person: &Named| {
        person
            .ways()
            .map(|(way, id)| (way.name().to_owned(), id))
            .collect::<Vec<_>>()
    };
    let lees = ids(&people[0]);
    let now = || stepped.stack().clock().now();
    assert!(matches!(
        ledger
            .confirm_way(&practice(), &lead(), &lees, "123456", now())
            .await,
        Err(ConfirmError::NoCode(_))
    ));
    for (way, id) in &lees {
        ledger
            .ask_for_code(&practice(), "Lee", way, id, now())
            .await
            .unwrap();
    }
    stepped.stack().run("remind").await.unwrap();
    let taken = stepped.stack().outbox().taken();
    let codes: Vec<(Way, String)> = taken
        .iter()
        .filter(|parcel| parcel.alert == Alert::Code)
        .map(|parcel| {
            let code = parcel.wording.text.split_whitespace().find_map(|word| {
                word.get(..6)?
                    .parse::<u32>()
                    .ok()
                    .map(|_| word[..6].to_owned())
            });
            (parcel.to.way, code.unwrap())
        })
        .collect();
    assert_eq!(
        codes.iter().map(|(way, _)| *way).collect::<Vec<_>>().len(),
        2
    );
    let wrong = (0..10)
        .map(|n| format!("{n:06}"))
        .find(|code| codes.iter().all(|(_, sent)| sent != code))
        .unwrap();
    let refused = ledger
        .confirm_way(&practice(), &lead(), &lees, &wrong, now())
        .await;
    assert!(
        matches!(refused, Err(ConfirmError::Wrong { left: 4, .. })),
        "{refused:?}"
    );
    // Somebody else's code is no code of theirs.
    let pat = Person {
        name: "Pat".into(),
        role: Role::PracticeManager,
    };
    assert!(
        ledger
            .confirm_way(&practice(), &pat, &ids(&people[2]), &codes[0].1, now())
            .await
            .is_err()
    );
    let stranger = Person {
        name: "Eve".into(),
        role: Role::PracticeManager,
    };
    assert!(matches!(
        ledger
            .confirm_way(&practice(), &stranger, &lees, &codes[0].1, now())
            .await,
        Err(ConfirmError::Refused(_))
    ));
    let confirmed = ledger
        .confirm_way(&practice(), &lead(), &lees, &codes[0].1, now())
        .await
        .unwrap();
    assert_eq!(confirmed, people[0].way_id(codes[0].0).unwrap());
    let before = ledger.confirmed_ways(&practice()).await.unwrap();
    assert!(before.contains(&confirmed));
    // A code works once, and none is kept where it can be read.
    assert!(
        ledger
            .confirm_way(&practice(), &lead(), &lees, &codes[0].1, now())
            .await
            .is_err()
    );
    // Five wrong tries spoil the other: one was made above, and one just now.
    for _ in 0..3 {
        ledger
            .confirm_way(&practice(), &lead(), &lees, &wrong, now())
            .await
            .unwrap_err();
    }
    assert!(matches!(
        ledger
            .confirm_way(&practice(), &lead(), &lees, &codes[1].1, now())
            .await,
        Err(ConfirmError::NoCode(_))
    ));
    // A week later a code is none any more.
    let (way, id) = lees.iter().find(|(_, id)| *id != confirmed).unwrap();
    ledger
        .ask_for_code(&practice(), "Lee", way, id, now())
        .await
        .unwrap();
    stepped.stack().run("remind").await.unwrap();
    let sent = stepped
        .stack()
        .outbox()
        .taken()
        .last()
        .unwrap()
        .wording
        .text
        .clone();
    let code = sent.split_whitespace().find_map(|word| {
        word.get(..6)?
            .parse::<u32>()
            .ok()
            .map(|_| word[..6].to_owned())
    });
    let later = now() + SignedDuration::from_hours(7 * 24 + 1);
    assert!(
        ledger
            .confirm_way(&practice(), &lead(), &lees, &code.unwrap(), later)
            .await
            .is_err()
    );
    // A changed address is unconfirmed again.
    let moved = Named {
        email: "elsewhere@kingswinford.example".into(),
        mobile: "+447700900999".into(),
        ..people[0].clone()
    };
    assert!(moved.ways().all(|(_, id)| !before.contains(&id)));
}

#[tokio::test(start_paused = true)]
async fn no_notice_has_a_word_of_a_post_in_it_nor_who_wrote_it() {
    let mut random = Random(0x5eed);
    let mut stepped = begin().await;
    let mut secrets = vec!["Test Author".to_owned()];
    let says = [
        "I will end my life tonight",
        "I want to make a formal complaint",
        "The receptionist is a fat useless bitch",
        "I have chest pain and my arm is numb",
    ];
    for nth in 0..32 {
        // Words that nobody else says, around those that make the machine tell somebody.
        let odd: Vec<String> = (0..4).map(|_| random.word()).collect();
        let text = format!(
            "{} {} {} {} {}",
            odd[0],
            odd[1],
            says[nth % 4],
            odd[2],
            odd[3]
        );
        let (id, author) = (
            format!("{}_{}", random.number(), random.number()),
            random.number().to_string(),
        );
        let body = comment(PAGE, &id, &author, &text);
        stepped.stack().graph().learn(&body).unwrap();
        assert_eq!(stepped.stack().sender().deliver(&body).await.unwrap(), 200);
        secrets.extend(odd);
        secrets.extend([id, author, says[nth % 4].to_owned()]);
    }
    stepped.settle().await.unwrap();
    for _ in 0..4 {
        stepped.stack().clock().pass(SignedDuration::from_mins(15));
        run(&mut stepped).await;
    }
    let due = stepped.stack().clock().now() + SignedDuration::from_hours(24 * 9);
    jump(&mut stepped, &due.to_string()).await;
    let taken = stepped.stack().outbox().taken();
    let kinds: BTreeSet<&str> = taken.iter().map(|parcel| parcel.alert.name()).collect();
    for kind in ["safeguarding", "overdue", "digest"] {
        assert!(kinds.contains(kind), "{kinds:?}");
    }
    for Parcel { wording, .. } in &taken {
        let all = format!("{}\n{}\n{}", wording.subject, wording.body, wording.text).to_lowercase();
        for secret in &secrets {
            assert!(
                !all.contains(&secret.to_lowercase()),
                "\"{secret}\" is in:\n{all}"
            );
        }
    }
    // What is on record of the notices says no more.
    for notice in stepped.stack().ledger().notices(&practice()).await.unwrap() {
        let all = format!("{} {}", notice.subject, notice.words).to_lowercase();
        assert!(
            !secrets
                .iter()
                .any(|secret| all.contains(&secret.to_lowercase())),
            "{all}"
        );
    }
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn number(&mut self) -> u64 {
        1_000_000_000 + self.next() % 1_000_000_000
    }

    fn word(&mut self) -> String {
        (0..9)
            .map(|_| char::from(b'a' + u8::try_from(self.next() % 26).unwrap_or(0)))
            .collect()
    }
}

/// Returns the addresses of the console in a text.
fn links<'a>(text: &'a str, console: &str) -> Vec<&'a str> {
    let words = text.split_whitespace();
    words.filter(|word| word.starts_with(console)).collect()
}

/// Everything in the table, in order.
async fn table(stack: &Stack) -> Vec<String> {
    let scan = client(stack.table_url()).scan().table_name(NAME);
    let mut items = scan.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(item) = items.try_next().await.unwrap() {
        all.push(in_order(&AttributeValue::M(item)));
    }
    all.sort();
    all
}

/// The same value in the same words: maps have no order.
fn in_order(value: &AttributeValue) -> String {
    match (value.as_m(), value.as_l()) {
        (Ok(map), _) => {
            let mut parts: Vec<String> = map
                .iter()
                .map(|(name, value)| format!("{name}={}", in_order(value)))
                .collect();
            parts.sort();
            format!("{{{}}}", parts.join(","))
        }
        (_, Ok(list)) => format!("[{}]", list.iter().map(in_order).collect::<String>()),
        _ => format!("{value:?}"),
    }
}

/// A mail scanner fetches every link, asks for its head, and submits what it finds. Then its owner
/// follows it, signs in, and is at the case.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_in_a_notice_leads_to_the_case_and_changes_nothing() {
    let stack = stack().await;
    replay(&stack, &events()).await;
    stack.rest().await;
    stack.run("remind").await.unwrap();
    stack.rest().await;
    let console = stack.console_url();
    let taken = stack.outbox().taken();
    let mut leads = BTreeSet::new();
    for parcel in &taken {
        let (body, text) = (&parcel.wording.body, &parcel.wording.text);
        let found = [links(body, console), links(text, console)].concat();
        assert!(!found.is_empty(), "{body}");
        let practice = parcel.practice.clone();
        leads.extend(
            found
                .into_iter()
                .map(|link| (practice.clone(), link.to_owned())),
        );
    }
    let to_notices = leads.iter().filter(|(_, link)| link.contains("/n/"));
    assert!(to_notices.count() >= 4, "{leads:?}");
    let before = table(&stack).await;
    for (_, link) in &leads {
        for method in [Method::GET, Method::HEAD, Method::POST] {
            for origin in [None, Some(console)] {
                let mut scanner = Browser::new(&stack);
                let headers: Vec<(&str, &str)> = origin
                    .into_iter()
                    .map(|origin| ("origin", origin))
                    .collect();
                let form = [("answer", "1 acknowledge"), ("sure", "yes")];
                let form = (method == Method::POST).then_some(form.as_slice());
                let answer = scanner.send(method.clone(), link, form, &headers).await;
                assert!(!answer.status.is_success(), "{method} {link}: {answer:?}");
            }
        }
    }
    let after = table(&stack).await;
    let changed = after.iter().find(|item| !before.contains(item));
    assert_eq!((changed, after.len()), (None, before.len()));

    let (practice, link) = leads
        .iter()
        .find(|(practice, link)| practice.as_str() == "kingswinford" && link.contains("/n/"))
        .unwrap();
    let mut browser = Browser::new(&stack);
    let path = link.strip_prefix(console).unwrap();
    let email = format!("gail@{practice}.example");
    let page = browser.sign_in(&stack, path, &email).await;
    assert_eq!(page.status.as_u16(), 200);
    assert!(page.url.contains("/case/facebook/"), "{}", page.url);
    assert!(page.body.contains("What has happened"), "{}", page.body);
    // One of another practice is one that never was.
    let foreign = leads
        .iter()
        .find(|(other, link)| other != practice && link.contains("/n/"));
    let foreign = browser.get(&foreign.unwrap().1).await;
    let never = browser.get("/n/01M8ASCD1TGHT8VFTQZWASVMRE").await;
    assert_eq!((foreign.status.as_u16(), &foreign.body), (404, &never.body));
    for odd in ["/n/1", "/n/01M8ASCD1TGHT8VFTQZWASVM%23E", "/n/"] {
        assert_eq!(browser.get(odd).await.status.as_u16(), 404, "{odd}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_late_is_told_before_the_digests() {
    let mut stepped = begin().await;
    write(
        &stepped,
        PAGE,
        "1_1",
        "I can't go on. Tonight is the night.",
    )
    .await;
    stepped.settle().await.unwrap();
    // Nobody answers, and the next in line is to be told when the digests go out as well.
    let before = stepped.stack().outbox().taken().len();
    jump(&mut stepped, "2026-11-24T08:00:00Z").await;
    let told = stepped.stack().outbox().taken()[before..].to_vec();
    let is_digest: Vec<bool> = told
        .iter()
        .map(|parcel| parcel.alert == Alert::Digest)
        .collect();
    let first = is_digest.iter().position(|is_digest| *is_digest);
    let (first, last) = (
        first.unwrap(),
        is_digest.iter().rposition(|is| !is).unwrap(),
    );
    assert!(last < first, "{is_digest:?}");
}
