//! The life of a policy's version: proposed, in shadow, in assist, in live, and back.

#![expect(clippy::unwrap_used, reason = "a test may")]

use jiff::{SignedDuration, Timestamp};
use pagewarden_fakes::Entry;
use pagewarden_ledger::{
    DecidedBeside, Event, History, NotAgreed, Person, PolicyRecord, PracticeEvent, SHADOW_FOR,
    Stage, StepWanted, Stepped, Tried, VersionError,
};
use pagewarden_local::stack::Stack;
use pagewarden_notices::Alert;
use pagewarden_present::versions::{Counted, told};
use pagewarden_rules::{Disposition, Mode, Platform, PostKey, PracticeId, Role};
use pagewarden_tests::browser::{Answer, Browser};
use pagewarden_tests::{comment, resettle, stack, until};

const PAGE: &str = "100000000000003";
const ABUSE: &str = "The receptionist is a fat useless bitch";

fn practice() -> PracticeId {
    "roxbourne".parse().unwrap()
}

fn person(name: &str, role: Role) -> Person {
    Person {
        name: name.into(),
        role,
    }
}

fn imran() -> Person {
    person("Imran", Role::PracticeManager)
}

fn chidi() -> Person {
    person("Chidi Obi", Role::Reviewer)
}

fn anjali() -> Person {
    person("Dr Anjali Patel", Role::SafeguardingLead)
}

fn to(policy: u32, mode: Mode) -> StepWanted {
    StepWanted {
        to: Stage { policy, mode },
        from: None,
        sooner: None,
    }
}

fn now(stack: &Stack) -> Timestamp {
    stack.clock().now()
}

/// Returns the first version with nothing that the program hides by itself.
async fn milder(stack: &Stack) -> (String, String) {
    let first = stack
        .ledger()
        .policy(&practice(), 1)
        .await
        .unwrap()
        .unwrap();
    let lines = first.toml.lines().map(|line| {
        if line.starts_with("auto =") {
            "auto = []"
        } else {
            line
        }
    });
    (lines.collect::<Vec<_>>().join("\n"), first.published)
}

fn told_of(event: &PracticeEvent) -> Option<String> {
    told(event, |at| at.to_string()).map(|(_, what)| what)
}

fn tried(says: &str) -> Tried {
    Tried {
        sha256: format!("hash of: {says}"),
        says: vec![says.to_owned()],
        looked_at: vec!["Looked at 3 versions of 3 posts.".to_owned()],
    }
}

async fn propose(stack: &Stack) -> u32 {
    let (toml, published) = milder(stack).await;
    let (id, imran) = (practice(), imran());
    let text = (toml.as_str(), published.as_str());
    let tried = tried("of the proposal");
    let proposed = stack
        .ledger()
        .propose(&id, &imran, text, Some(&tried), now(stack));
    proposed.await.unwrap()
}

/// Has a manager and a reviewer take a step.
async fn by_two(stack: &Stack, step: &StepWanted) -> Result<Stepped, VersionError> {
    let ledger = stack.ledger();
    let asked = ledger
        .step(&practice(), &chidi(), step, &[], now(stack))
        .await?;
    assert_eq!(asked, Stepped::Asked);
    ledger
        .step(&practice(), &imran(), step, &[], now(stack))
        .await
}

async fn in_force(stack: &Stack) -> Stage {
    let record = stack.ledger().practice(&practice()).await.unwrap().unwrap();
    Stage {
        policy: record.policy,
        mode: record.mode(),
    }
}

async fn holds(stack: &Stack) {
    let audit = stack.ledger().audit(Some(&practice())).await.unwrap();
    assert_eq!(audit.wrong, [], "the record holds");
}

fn key(id: &str) -> PostKey {
    PostKey {
        practice: practice(),
        platform: Platform::Facebook,
        id: id.into(),
    }
}

async fn judged(stack: &Stack, id: &str) -> History {
    let body = comment(PAGE, id, "2001", ABUSE);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    until(stack, &key(id), |history| {
        let decided = history.revisions.iter().all(|one| one.decided.is_some());
        let done = history.actions.iter().all(|action| action.result.is_some());
        decided && done && !history.events.is_empty()
    })
    .await
}

/// Returns what was decided, by which version, and what the one beside it says.
fn decided(history: &History) -> (u32, Disposition, Option<DecidedBeside>) {
    let lines = history.events.iter().filter_map(|line| line.event().ok());
    let mut decided = lines.filter_map(|event| match event {
        Event::Decided {
            policy,
            decision,
            beside,
            ..
        } => Some((policy, decision.disposition, beside)),
        _ => None,
    });
    decided.next().unwrap()
}

fn was_hidden(stack: &Stack, id: &str) -> bool {
    let hidden = Entry::Hidden { id: id.into() };
    stack.graph().journal().contains(&hidden)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_goes_through_shadow_and_assist_to_live_and_back() {
    let stack = stack().await;
    let ledger = stack.ledger();
    let second = propose(&stack).await;
    assert_eq!(second, 2);
    let first_live = Stage {
        policy: 1,
        mode: Mode::Live,
    };
    assert_eq!(
        in_force(&stack).await,
        first_live,
        "nothing follows from a proposal"
    );

    // In shadow: what it says is recorded beside what is done.
    assert_eq!(
        by_two(&stack, &to(2, Mode::Shadow)).await.unwrap(),
        Stepped::Taken
    );
    assert_eq!(in_force(&stack).await, first_live);
    let history = judged(&stack, "1_1").await;
    let (policy, disposition, beside) = decided(&history);
    assert_eq!((policy, disposition), (1, Disposition::Hide));
    let beside = beside.unwrap();
    assert_eq!((beside.policy, beside.disposition), (2, Disposition::Queue));
    assert!(!beside.hides() && !beside.effects.is_empty());
    assert!(
        was_hidden(&stack, "1_1"),
        "the version in force is what is done"
    );

    // It skips nothing, and waits for two weeks.
    let jump = ledger
        .step(&practice(), &chidi(), &to(2, Mode::Live), &[], now(&stack))
        .await;
    assert!(
        matches!(jump, Err(VersionError::NotInAssist(2))),
        "{jump:?}"
    );
    stack
        .clock()
        .pass(SHADOW_FOR - SignedDuration::from_hours(1));
    let soon = by_two(&stack, &to(2, Mode::Assist)).await;
    assert!(
        matches!(soon, Err(VersionError::TooSoon { policy: 2, .. })),
        "{soon:?}"
    );
    stack.clock().pass(SignedDuration::from_hours(1));
    assert_eq!(
        by_two(&stack, &to(2, Mode::Assist)).await.unwrap(),
        Stepped::Taken
    );
    let assist = Stage {
        policy: 2,
        mode: Mode::Assist,
    };
    assert_eq!(in_force(&stack).await, assist);
    let (policy, _, beside) = decided(&judged(&stack, "1_2").await);
    assert_eq!((policy, beside), (2, None));
    assert!(!was_hidden(&stack, "1_2"));
    assert_eq!(
        by_two(&stack, &to(2, Mode::Live)).await.unwrap(),
        Stepped::Taken
    );
    assert_eq!(in_force(&stack).await.mode, Mode::Live);

    // And back, at once, by one.
    let back = Stage {
        policy: 1,
        mode: Mode::Live,
    };
    let more = ledger
        .go_back(&practice(), &anjali(), back, "too mild", now(&stack))
        .await;
    assert!(matches!(more, Err(VersionError::ActsMore)), "{more:?}");
    let back = Stage {
        mode: Mode::Assist,
        ..back
    };
    let silent = ledger
        .go_back(&practice(), &anjali(), back, " ", now(&stack))
        .await;
    assert!(matches!(silent, Err(VersionError::NoReason)), "{silent:?}");
    ledger
        .go_back(&practice(), &anjali(), back, "too mild", now(&stack))
        .await
        .unwrap();
    assert_eq!(in_force(&stack).await, back);
    assert_eq!(decided(&judged(&stack, "1_3").await).0, 1);
    assert!(!was_hidden(&stack, "1_3"), "every act needs a click");
    assert_eq!(
        by_two(&stack, &to(1, Mode::Live)).await.unwrap(),
        Stepped::Taken
    );
    judged(&stack, "1_4").await;
    assert!(was_hidden(&stack, "1_4"));
    holds(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_takes_two_people_of_whom_one_is_a_manager() {
    let stack = stack().await;
    let ledger = stack.ledger();
    propose(&stack).await;
    let step = to(2, Mode::Shadow);
    let at = now(&stack);
    let ask = async |who: &Person| ledger.step(&practice(), who, &step, &[], at).await;
    assert_eq!(ask(&chidi()).await.unwrap(), Stepped::Asked);
    let same = ask(&person("Chidi Obi", Role::ComplaintsManager)).await;
    assert!(
        matches!(same, Err(VersionError::NotAgreed(NotAgreed::Same(_)))),
        "whatever their role: {same:?}"
    );
    let no_manager = ask(&anjali()).await;
    assert!(
        matches!(
            no_manager,
            Err(VersionError::NotAgreed(NotAgreed::NoManager))
        ),
        "{no_manager:?}"
    );
    let stranger = ask(&person("Nobody", Role::PracticeManager)).await;
    assert!(
        matches!(stranger, Err(VersionError::Refused(_))),
        "{stranger:?}"
    );
    assert_eq!(ask(&imran()).await.unwrap(), Stepped::Taken);
    // What was asked for a week ago has to be asked for again.
    let sooner = StepWanted {
        sooner: Some("A small change.".into()),
        ..to(2, Mode::Assist)
    };
    ledger
        .step(&practice(), &chidi(), &sooner, &[], at)
        .await
        .unwrap();
    let late = at + SignedDuration::from_hours(7 * 24);
    let asked = ledger
        .step(&practice(), &imran(), &sooner, &[], late)
        .await
        .unwrap();
    assert_eq!(asked, Stepped::Asked);
    let taken = ledger
        .step(&practice(), &chidi(), &sooner, &[], late)
        .await
        .unwrap();
    assert_eq!(
        taken,
        Stepped::Taken,
        "two people say that it acts sooner, and why"
    );
    holds(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_blocks_a_step_blocks_asking_and_agreeing() {
    let stack = stack().await;
    let ledger = stack.ledger();
    propose(&stack).await;
    by_two(&stack, &to(2, Mode::Shadow)).await.unwrap();
    let sooner = StepWanted {
        sooner: Some("A small change.".into()),
        ..to(2, Mode::Assist)
    };
    let open = ["people: nobody can be paged.".to_owned()];
    let at = now(&stack);
    let ask = async |who: &Person, open: &[String]| {
        ledger.step(&practice(), who, &sooner, open, at).await
    };
    let is_blocked = |came: &Result<Stepped, VersionError>| {
        matches!(came, Err(VersionError::Blocked { policy: 2, .. }))
    };
    let asked = ask(&chidi(), &open).await;
    assert!(is_blocked(&asked), "{asked:?}");
    let stands = ledger.policy_versions(&practice()).await.unwrap();
    assert_eq!(stands.asked(at), None);
    // It was clear when somebody asked, and is not when another agrees.
    assert_eq!(ask(&chidi(), &[]).await.unwrap(), Stepped::Asked);
    let agreed = ask(&imran(), &open).await;
    assert!(is_blocked(&agreed), "{agreed:?}");
    assert_eq!(in_force(&stack).await.policy, 1);
    assert_eq!(ask(&imran(), &[]).await.unwrap(), Stepped::Taken);
    holds(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_sign_at_the_same_moment_one_agrees() {
    let stack = stack().await;
    let ledger = stack.ledger();
    let step = to(propose(&stack).await, Mode::Shadow);
    let at = now(&stack);
    let id = practice();
    let (imran, anjali) = (imran(), anjali());
    let (one, other) = futures_util::future::join(
        Box::pin(ledger.step(&id, &imran, &step, &[], at)),
        Box::pin(ledger.step(&id, &anjali, &step, &[], at)),
    )
    .await;
    let mut came = [one.unwrap(), other.unwrap()];
    came.sort_by_key(|came| *came == Stepped::Taken);
    assert_eq!(came, [Stepped::Asked, Stepped::Taken]);
    // One person who presses twice at once agrees to nothing.
    let assist = StepWanted {
        sooner: Some("A small change.".into()),
        ..to(2, Mode::Assist)
    };
    let twice = futures_util::future::join(
        Box::pin(ledger.step(&id, &imran, &assist, &[], at)),
        Box::pin(ledger.step(&id, &imran, &assist, &[], at)),
    )
    .await;
    let taken = |came: &Result<Stepped, VersionError>| matches!(came, Ok(Stepped::Taken));
    assert!(!taken(&twice.0) && !taken(&twice.1), "{twice:?}");
    assert_eq!(in_force(&stack).await.policy, 1);
    holds(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_ends_when_another_version_is_published() {
    let stack = stack().await;
    let (ledger, id) = (stack.ledger(), practice());
    propose(&stack).await;
    let from = now(&stack) + SignedDuration::from_hours(1);
    let step = StepWanted {
        from: Some(from),
        ..to(2, Mode::Shadow)
    };
    by_two(&stack, &step).await.unwrap();
    let record = ledger.practice(&id).await.unwrap().unwrap();
    let policy = ledger.policy(&id, 1).await.unwrap().unwrap();
    let other = PolicyRecord {
        toml: format!("{}\n# Looked through.\n", policy.toml),
        ..policy
    };
    let publish = ledger.publish(&id, Some(&record), &other, &record.settings, &[]);
    publish.await.unwrap();
    stack.clock().pass(SignedDuration::from_hours(2));
    stack.run("remind").await.unwrap();
    assert_eq!(in_force(&stack).await.policy, 3);
    let later = now(&stack) + SignedDuration::from_hours(24);
    assert_eq!(ledger.due(later).await.unwrap(), [], "nobody looks for it");
    holds(&stack).await;
    // The next one is looked for.
    let from = later + SignedDuration::from_hours(1);
    let step = StepWanted {
        from: Some(from),
        ..to(2, Mode::Shadow)
    };
    by_two(&stack, &step).await.unwrap();
    assert_eq!(ledger.due(from).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_takes_force_on_its_day() {
    let stack = stack().await;
    let ledger = stack.ledger();
    propose(&stack).await;
    by_two(&stack, &to(2, Mode::Shadow)).await.unwrap();
    let from = now(&stack) + SHADOW_FOR + SignedDuration::from_hours(24);
    let step = StepWanted {
        from: Some(from),
        ..to(2, Mode::Assist)
    };
    // What is asked for lies after the two weeks, so it may be agreed to before.
    assert_eq!(by_two(&stack, &step).await.unwrap(), Stepped::Waits(from));
    let other = ledger
        .step(&practice(), &chidi(), &to(2, Mode::Live), &[], now(&stack))
        .await;
    assert!(
        matches!(other, Err(VersionError::Waits { .. })),
        "{other:?}"
    );
    stack.run("remind").await.unwrap();
    assert_eq!(in_force(&stack).await.policy, 1);
    // An entry is due once its millisecond is over.
    let until = from.duration_since(now(&stack));
    stack.clock().pass(until + SignedDuration::from_mins(1));
    stack.run("remind").await.unwrap();
    assert_eq!(
        in_force(&stack).await,
        Stage {
            policy: 2,
            mode: Mode::Assist
        }
    );
    stack.run("remind").await.unwrap();
    holds(&stack).await;

    // One that was called off takes no force.
    let from = now(&stack) + SignedDuration::from_hours(24);
    let live = StepWanted {
        from: Some(from),
        ..to(2, Mode::Live)
    };
    by_two(&stack, &live).await.unwrap();
    let stay = in_force(&stack).await;
    ledger
        .go_back(&practice(), &chidi(), stay, "not yet", now(&stack))
        .await
        .unwrap();
    stack.clock().pass(SignedDuration::from_hours(48));
    stack.run("remind").await.unwrap();
    assert_eq!(in_force(&stack).await, stay);
    for far in [
        now(&stack) - SignedDuration::from_hours(1),
        now(&stack) + SignedDuration::from_hours(24 * 91),
    ] {
        let step = StepWanted {
            from: Some(far),
            ..live.clone()
        };
        let bad = ledger
            .step(&practice(), &chidi(), &step, &[], now(&stack))
            .await;
        assert!(matches!(bad, Err(VersionError::BadTime)), "{bad:?}");
    }
    holds(&stack).await;
}

/// Takes the safeguarding lead's role away, or gives it back.
async fn without_lead(stack: &Stack, is_without: bool) {
    resettle(stack, "roxbourne", |settings| {
        let people = settings["people"].as_array_mut().unwrap();
        let anjali = people
            .iter_mut()
            .find(|one| one["name"] == "Dr Anjali Patel")
            .unwrap();
        let role = if is_without {
            "reviewer"
        } else {
            "safeguarding_lead"
        };
        anjali["roles"] = [role].into();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_blocked_on_its_day_waits_till_it_is_not() {
    let stack = stack().await;
    let (ledger, id) = (stack.ledger(), practice());
    propose(&stack).await;
    by_two(&stack, &to(2, Mode::Shadow)).await.unwrap();
    let from = now(&stack) + SHADOW_FOR + SignedDuration::from_hours(24);
    let step = StepWanted {
        from: Some(from),
        ..to(2, Mode::Assist)
    };
    by_two(&stack, &step).await.unwrap();
    // Nothing blocked it when two people signed; since then the only lead has gone.
    without_lead(&stack, true).await;
    let until = from.duration_since(now(&stack));
    stack.clock().pass(until + SignedDuration::from_mins(1));
    stack.run("remind").await.unwrap();
    assert_eq!(in_force(&stack).await.policy, 1, "it is not taken");
    let held_up = async || {
        let next = ledger.policy_versions(&id).await.unwrap().next;
        next.and_then(|next| next.held_up)
    };
    let since = held_up().await;
    assert!(since.is_some(), "it stays agreed to");
    // It is looked at again, and said once.
    for _ in 0..3 {
        stack.rest().await;
        stack.clock().pass(SignedDuration::from_mins(6));
        stack.run("remind").await.unwrap();
    }
    assert_eq!(held_up().await, since);
    stack.rest().await;
    let told = stack.outbox().taken();
    let told: Vec<_> = told
        .iter()
        .filter(|parcel| parcel.alert == Alert::StepHeldUp)
        .collect();
    let [imran] = told.as_slice() else {
        panic!("the practice manager is told once: {told:?}")
    };
    assert_eq!(imran.to.name, "Imran");
    let lines = ledger.version_events(&id).await.unwrap();
    let said: Vec<_> = lines
        .iter()
        .filter_map(|line| told_of(&line.practice_event().unwrap()))
        .collect();
    let last = said.last().unwrap();
    assert!(
        last.contains("held up") && last.contains("no safeguarding lead is named"),
        "{last}"
    );
    let mut browser = Browser::signed_in(&stack, IMRAN).await;
    let page = browser.open("/policy/versions").await;
    assert!(page.body.contains("It is held up since"), "{}", page.body);
    let page = browser.open("/policy/versions/2").await;
    assert!(
        page.body.contains("no safeguarding lead is named"),
        "{}",
        page.body
    );

    // Once nothing blocks it, it is taken as it was signed.
    without_lead(&stack, false).await;
    stack.clock().pass(SignedDuration::from_mins(6));
    stack.run("remind").await.unwrap();
    let assist = Stage {
        policy: 2,
        mode: Mode::Assist,
    };
    assert_eq!(in_force(&stack).await, assist);
    assert_eq!(ledger.policy_versions(&id).await.unwrap().next, None);
    holds(&stack).await;

    // One that is held up can be called off.
    let live = StepWanted {
        from: Some(now(&stack) + SignedDuration::from_hours(1)),
        ..to(2, Mode::Live)
    };
    by_two(&stack, &live).await.unwrap();
    without_lead(&stack, true).await;
    stack.clock().pass(SignedDuration::from_hours(2));
    stack.run("remind").await.unwrap();
    assert!(held_up().await.is_some());
    ledger
        .call_off(&id, &chidi(), "later", now(&stack))
        .await
        .unwrap();
    without_lead(&stack, false).await;
    stack.clock().pass(SignedDuration::from_hours(1));
    stack.run("remind").await.unwrap();
    assert_eq!(in_force(&stack).await, assist);
    holds(&stack).await;
}

/// Whoever publishes begins anew; numbers are given once.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_while_a_version_waits_begins_anew() {
    let stack = stack().await;
    let ledger = stack.ledger();
    let id = practice();
    propose(&stack).await;
    by_two(&stack, &to(2, Mode::Shadow)).await.unwrap();
    let before = ledger.practice(&id).await.unwrap().unwrap();
    assert_eq!(before.beside(), Some(2));
    let first = ledger.policy(&id, 1).await.unwrap().unwrap();
    let other = |note: &str| PolicyRecord {
        toml: format!("# {note}\n{}", first.toml),
        at: now(&stack),
        ..first.clone()
    };
    let (toml, published) = milder(&stack).await;
    let (a, imran) = (other("a"), imran());
    let (published_as, proposed_as) = futures_util::future::join(
        Box::pin(ledger.publish(&id, Some(&before), &a, &before.settings, &[])),
        Box::pin(ledger.propose(&id, &imran, (&toml, &published), None, now(&stack))),
    )
    .await;
    let mut numbers = [published_as.unwrap(), proposed_as.unwrap()];
    numbers.sort_unstable();
    assert_eq!(numbers, [3, 4], "no number is given twice");
    let after = ledger.practice(&id).await.unwrap().unwrap();
    assert_eq!(after.beside(), None);
    assert_ne!(after.policy, 1);
    assert!(
        ledger
            .policy(&id, after.policy)
            .await
            .unwrap()
            .unwrap()
            .toml
            .starts_with("# a")
    );
    // The proposal is still there, and goes on from what is in force now.
    by_two(&stack, &to(2, Mode::Shadow)).await.unwrap();
    let again = ledger.practice(&id).await.unwrap().unwrap();
    assert_eq!((again.policy, again.beside()), (after.policy, Some(2)));
    holds(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_leave_the_version_in_force_where_it_is() {
    let stack = stack().await;
    let ledger = stack.ledger();
    propose(&stack).await;
    by_two(&stack, &to(2, Mode::Shadow)).await.unwrap();
    let sooner = StepWanted {
        sooner: Some("A small change.".into()),
        ..to(2, Mode::Assist)
    };
    by_two(&stack, &sooner).await.unwrap();
    resettle(&stack, "roxbourne", |settings| {
        settings["caps"]["acts_per_hour"] = 7.into();
    })
    .await;
    let record = ledger.practice(&practice()).await.unwrap().unwrap();
    assert_eq!((record.policy, record.mode()), (2, Mode::Assist));
    assert!(
        record.settings.contains("\"acts_per_hour\":7"),
        "{}",
        record.settings
    );
    assert_eq!(decided(&judged(&stack, "1_1").await).0, 2);
    assert!(!was_hidden(&stack, "1_1"));
    holds(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_goes_back_to_what_was_never_in_force() {
    let stack = stack().await;
    let ledger = stack.ledger();
    propose(&stack).await;
    for (policy, mode) in [(2, Mode::Assist), (2, Mode::Shadow), (9, Mode::Shadow)] {
        let to = Stage { policy, mode };
        let never = ledger
            .go_back(&practice(), &imran(), to, "why not", now(&stack))
            .await;
        assert!(
            matches!(never, Err(VersionError::NeverInForce(_))),
            "{never:?}"
        );
    }
    let none = ledger
        .step(
            &practice(),
            &imran(),
            &to(9, Mode::Shadow),
            &[],
            now(&stack),
        )
        .await;
    assert!(matches!(none, Err(VersionError::NoVersion(9))), "{none:?}");
    let there = ledger
        .step(&practice(), &imran(), &to(1, Mode::Live), &[], now(&stack))
        .await;
    assert!(matches!(there, Err(VersionError::There(_))), "{there:?}");
    let forbidden = ledger
        .propose(&practice(), &chidi(), ("", ""), None, now(&stack))
        .await;
    assert!(
        matches!(forbidden, Err(VersionError::Refused(_))),
        "{forbidden:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_called_off_and_what_stands_stays() {
    let stack = stack().await;
    let (ledger, id) = (stack.ledger(), practice());
    propose(&stack).await;
    let call_off =
        async |who: &Person, why: &str| ledger.call_off(&id, who, why, now(&stack)).await;
    let nothing = call_off(&chidi(), "why not").await;
    assert!(
        matches!(nothing, Err(VersionError::NothingWaits)),
        "{nothing:?}"
    );
    by_two(&stack, &to(2, Mode::Shadow)).await.unwrap();
    let sooner = StepWanted {
        sooner: Some("A small change.".into()),
        ..to(2, Mode::Assist)
    };
    ledger
        .step(&id, &imran(), &sooner, &[], now(&stack))
        .await
        .unwrap();
    let silent = call_off(&anjali(), " ").await;
    assert!(matches!(silent, Err(VersionError::NoReason)), "{silent:?}");
    let stranger = call_off(&person("Nobody", Role::Reviewer), "x").await;
    assert!(
        matches!(stranger, Err(VersionError::Refused(_))),
        "{stranger:?}"
    );
    call_off(&anjali(), "too soon").await.unwrap();
    let stands = ledger.policy_versions(&id).await.unwrap();
    assert_eq!(stands.asked(now(&stack)), None);
    assert_eq!(stands.beside.unwrap().policy, 2, "it is still in shadow");
    // What two agreed to, and what waits for its day, as well.
    let later = StepWanted {
        from: Some(now(&stack) + SHADOW_FOR),
        ..to(2, Mode::Assist)
    };
    by_two(&stack, &later).await.unwrap();
    call_off(&chidi(), "not then").await.unwrap();
    stack
        .clock()
        .pass(SHADOW_FOR + SignedDuration::from_hours(1));
    stack.run("remind").await.unwrap();
    assert_eq!(in_force(&stack).await.policy, 1);
    holds(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_backtest_of_a_version_stays_with_it() {
    let stack = stack().await;
    let (ledger, id) = (stack.ledger(), practice());
    let version = propose(&stack).await;
    let stored = async || ledger.backtest_of(&id, version).await.unwrap().unwrap();
    let first = stored().await;
    assert_eq!(first.result, tried("of the proposal"));
    let note = async |who: &Person, version: u32, says: &str| {
        let tried = tried(says);
        ledger
            .note_backtest(&id, who, version, &tried, now(&stack))
            .await
    };
    let may_not = note(&chidi(), version, "x").await;
    assert!(
        matches!(may_not, Err(VersionError::Refused(_))),
        "{may_not:?}"
    );
    let missing = note(&imran(), 9, "x").await;
    assert!(
        matches!(missing, Err(VersionError::NoVersion(9))),
        "{missing:?}"
    );
    assert_eq!(stored().await, first);
    note(&imran(), version, "another").await.unwrap();
    let second = stored().await;
    assert_eq!(second.result, tried("another"));
    assert_eq!(second.by, "Imran:practice_manager");
    holds(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_version_in_shadow_would_do_is_counted() {
    let stack = stack().await;
    propose(&stack).await;
    by_two(&stack, &to(2, Mode::Shadow)).await.unwrap();
    judged(&stack, "1_1").await;
    let day = now(&stack).to_zoned(jiff::tz::TimeZone::UTC).date();
    let counted = async |policy: u32| {
        let numbers = stack.ledger().numbers(&practice(), day, day).await.unwrap();
        Counted::of(policy, &numbers.total())
    };
    let rows = |counted: &Counted| -> Vec<_> {
        let rows = counted.rows.iter();
        rows.map(|row| (row.done, row.would)).collect()
    };
    let beside = counted(2).await.unwrap();
    assert_eq!((beside.read, beside.otherwise), (1, 1));
    assert_eq!(rows(&beside), [(0, 0), (1, 0), (0, 1), (0, 0)]);
    assert_eq!(counted(1).await, None);
    // A version that is in force in shadow says what it would do as well.
    let (id, shadow) = (
        practice(),
        Stage {
            policy: 1,
            mode: Mode::Shadow,
        },
    );
    let ledger = stack.ledger();
    ledger
        .go_back(&id, &chidi(), shadow, "a pause", now(&stack))
        .await
        .unwrap();
    let history = judged(&stack, "1_2").await;
    let (policy, did, would) = decided(&history);
    let would = would.unwrap();
    assert_eq!((policy, would.policy), (1, 1));
    assert!(would.hides() && did < Disposition::Hide);
    assert!(!was_hidden(&stack, "1_2"));
    assert_eq!(counted(1).await.unwrap().rows[1].would, 1);
}

const IMRAN: &str = "imran@roxbourne.example";
const CHIDI: &str = "chidi.obi@roxbourne.example";
const ANJALI: &str = "anjali.patel@roxbourne.example";

/// Presses the button of a step, signs in once more where that is asked, and says yes.
async fn sign(browser: &mut Browser, stack: &Stack, email: &str, form: &[(&str, &str)]) -> Answer {
    let page = browser.get("/policy/versions/2").await;
    let agrees_to = page.field("agrees_to");
    let mut form = form.to_vec();
    form.extend(agrees_to.as_deref().map(|at| ("agrees_to", at)));
    let step = "/policy/versions/2/step";
    let sent = browser.post(step, &form).await;
    let mut page = browser.follow(sent).await;
    if page.title().starts_with("Sign in once more") {
        let next = page.field("next").unwrap();
        let sent = browser.post("/signin/again", &[("next", &next)]).await;
        let issuer = browser.follow(sent).await;
        let back = browser.pick(stack, &issuer, email).await;
        page = browser.follow(back).await;
    }
    if page.field("sure").is_none() {
        return page;
    }
    let names = ["to", "from", "sooner", "agrees_to", "sure"];
    let fields = names.map(|name| (name, page.field(name).unwrap()));
    let form: Vec<_> = fields.iter().map(|(name, v)| (*name, v.as_str())).collect();
    let sent = browser.post(step, &form).await;
    browser.follow(sent).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_have_a_version_go_on_in_the_console() {
    let stack = stack().await;
    let mut imran = Browser::signed_in(&stack, IMRAN).await;
    let mut chidi = Browser::signed_in(&stack, CHIDI).await;
    let mut anjali = Browser::signed_in(&stack, ANJALI).await;
    // She proposes it on the page, once she has shown that it is her.
    let (toml, published) = milder(&stack).await;
    let form = |press: &'static str, toml: &str| {
        [
            ("policy", toml),
            ("text", published.as_str()),
            ("press", press),
        ]
        .map(|(name, value)| (name, value.to_owned()))
    };
    let post = async |who: &mut Browser, press: &'static str, toml: &str| {
        let form = form(press, toml);
        let form: Vec<_> = form.iter().map(|(name, v)| (*name, v.as_str())).collect();
        who.post("/policy/propose", &form).await
    };
    assert_eq!(post(&mut chidi, "propose", &toml).await.status, 403);
    assert_eq!(chidi.get("/policy/propose").await.status, 403);
    let broken = post(&mut imran, "check", "[practice]\nid = 1\n").await;
    assert_eq!(broken.status, 422, "{}", broken.body);
    let other = toml.replacen("id = \"roxbourne\"", "id = \"woolpit\"", 1);
    let other = post(&mut imran, "check", &other).await;
    assert!(other.body.contains("policy of woolpit"), "{}", other.body);
    let checked = post(&mut imran, "check", &toml.replace('\n', "\r\n")).await;
    assert_eq!(checked.status, 200, "{}", checked.body);
    assert!(checked.body.contains("version 1 does not"));
    let stale = post(&mut imran, "propose", &toml).await;
    assert_eq!(stale.status, 409);
    assert!(stale.body.contains("auto = []"), "what was typed is kept");
    assert_eq!(stack.ledger().proposed(&practice()).await.unwrap(), []);
    let again = imran.open("/policy/propose").await;
    let next = again.field("next").unwrap();
    let sent = imran.post("/signin/again", &[("next", &next)]).await;
    let issuer = imran.follow(sent).await;
    let back = imran.pick(&stack, &issuer, IMRAN).await;
    let page = imran.follow(back).await;
    assert_eq!(page.title(), "Propose a version of the policy");
    let proposed = post(&mut imran, "propose", &toml).await;
    let page = imran.follow(proposed).await;
    assert_eq!(page.title(), "Version 2 of the policy");
    assert!(page.body.contains("--version 2 --as NAME:ROLE"));

    // He asks, and cannot agree with himself; she agrees.
    let shadow = [("to", "shadow")];
    let asked = sign(&mut chidi, &stack, CHIDI, &shadow).await;
    assert!(
        asked.body.contains("asked for version 2 in shadow"),
        "{}",
        asked.body
    );
    let same = sign(&mut chidi, &stack, CHIDI, &shadow).await;
    assert_eq!(same.status, 409);
    let no_manager = sign(&mut anjali, &stack, ANJALI, &shadow).await;
    assert!(
        no_manager
            .body
            .contains("A practice manager has to be one of the two.")
    );
    let agreed = sign(&mut imran, &stack, IMRAN, &shadow).await;
    assert!(agreed.body.contains("In shadow since"), "{}", agreed.body);

    let assist = [("to", "assist")];
    let soon = sign(&mut chidi, &stack, CHIDI, &assist).await;
    assert!(soon.status == 409 && soon.body.contains("say why it should act sooner"));
    let jump = sign(&mut chidi, &stack, CHIDI, &[("to", "live")]).await;
    assert!(jump.status == 409 && jump.body.contains("is not in assist"));
    let why = [("to", "assist"), ("sooner", "A small change.")];
    sign(&mut chidi, &stack, CHIDI, &why).await;
    // She does not agree to what she has not seen.
    let unseen = [("to", "assist"), ("sure", "yes")];
    let unseen = imran.post("/policy/versions/2/step", &unseen).await;
    assert!(unseen.body.contains("Agree to version 2 in assist?"));
    assert!(unseen.body.contains("A small change."));
    assert_eq!(in_force(&stack).await.policy, 1);
    let agreed = sign(&mut imran, &stack, IMRAN, &assist).await;
    assert!(agreed.body.contains("In force, in assist, since"));

    let silent = [("mode", "assist"), ("why", " ")];
    let silent = anjali.post("/policy/versions/1", &silent).await;
    assert!(silent.status == 409 && silent.body.contains("Say why"));
    let more = [("mode", "live"), ("why", "x")];
    assert_eq!(anjali.post("/policy/versions/1", &more).await.status, 409);
    let back = [("mode", "assist"), ("why", "Too mild.")];
    let back = anjali.post("/policy/versions/1", &back).await;
    let page = anjali.follow(back).await;
    assert!(
        page.body
            .contains("went back to version 1 in assist: Too mild.")
    );
    assert_eq!(in_force(&stack).await.policy, 1);
    holds(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_something_blocks_is_not_offered() {
    let stack = stack().await;
    propose(&stack).await;
    by_two(&stack, &to(2, Mode::Shadow)).await.unwrap();
    stack.clock().pass(SHADOW_FOR);
    resettle(&stack, "roxbourne", |settings| {
        settings["channels"] = serde_json::json!([]);
    })
    .await;
    let mut imran = Browser::signed_in(&stack, IMRAN).await;
    let page = imran.get("/policy/versions/2").await;
    assert!(
        page.body.contains("What has to be done first"),
        "{}",
        page.body
    );
    assert!(page.body.contains("accounts is connected"));
    assert!(!page.body.contains("Ask for it"));
    let step = "/policy/versions/2/step";
    let refused = imran.post(step, &[("to", "assist")]).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let stands = stack.ledger().policy_versions(&practice()).await.unwrap();
    assert_eq!(stands.asked(now(&stack)), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_sign_sees_the_versions_and_changes_none() {
    let stack = stack().await;
    propose(&stack).await;
    by_two(&stack, &to(2, Mode::Shadow)).await.unwrap();
    resettle(&stack, "roxbourne", |settings| {
        settings["people"][2]["roles"] = serde_json::json!(["auditor"]);
    })
    .await;
    let before = stack.ledger().policy_versions(&practice()).await.unwrap();
    let mut auditor = Browser::signed_in(&stack, CHIDI).await;
    let mut gail = Browser::signed_in(&stack, "gail@kingswinford.example").await;
    let mut nobody = Browser::new(&stack);
    for page in ["/policy/versions", "/policy/versions/2"] {
        let seen = auditor.get(page).await;
        assert_eq!(seen.status, 200);
        let (_, main) = seen.body.split_once("<main").unwrap();
        assert!(!main.contains("<form"), "{main}");
    }
    let page = auditor.get("/policy/versions/2").await.body;
    assert!(page.contains("Your role may not ask for it"));
    for (address, form) in [
        ("/policy/versions", vec![("why", "x")]),
        ("/policy/versions/1", vec![("mode", "shadow"), ("why", "x")]),
        ("/policy/versions/2/step", vec![("to", "assist")]),
    ] {
        assert_eq!(auditor.post(address, &form).await.status, 403, "{address}");
        assert_eq!(nobody.post(address, &form).await.status, 401, "{address}");
        if address.ends_with("/2/step") {
            // Another practice has no version 2.
            assert_eq!(gail.post(address, &form).await.status, 404, "{address}");
        }
    }
    assert_eq!(gail.get("/policy/versions/2").await.status, 404);
    assert_eq!(gail.get("/policy/versions/none").await.status, 404);
    let after = stack.ledger().policy_versions(&practice()).await.unwrap();
    assert_eq!(after, before);
}
