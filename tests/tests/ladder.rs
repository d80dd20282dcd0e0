//! Mile Oak's ladder of warnings: what comes next, every hard stop, and who takes a step.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use pagewarden_ledger::{
    AccountOf, Answer, By, Calendar, Choice, LadderError, LadderRules, LadderStop, Ledger, NewStep,
    OnLadder, Periods, Person, Refusal, Step, Visibility, choices,
};
use pagewarden_local::stack::Stack;
use pagewarden_local::table;
use pagewarden_policies::load_shipped;
use pagewarden_rules::{Platform, Policy, PostKey, PracticeId, Role, TaskKind};
use pagewarden_runtime::emulator;
use pagewarden_tests::browser::Browser;
use pagewarden_tests::{comment, stack, until};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

const MILE_OAK: &str = "100000000000005";
const ACCUSES: &str =
    "This surgery fiddles its figures and takes backhanders from the drug companies.";
const COMPLAINS: &str = "I want to make a formal complaint about how I was treated";
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The practice, its rules, and the stack in which an account posts there.
struct World {
    stack: Stack,
    practice: PracticeId,
    policy: Policy,
    calendar: Calendar,
}

/// Returns the time so many months and days later, by the practice's clock.
fn after(at: Timestamp, months: i32, days: i32) -> Timestamp {
    let there = at.to_zoned(jiff::tz::TimeZone::get("Europe/London").unwrap());
    there
        .checked_add(months.months().days(days))
        .unwrap()
        .timestamp()
}

impl World {
    async fn new() -> Self {
        let loaded = load_shipped().unwrap().into_iter();
        let is_it = |policy: &Policy| policy.practice.id.as_str() == "mile-oak";
        let policy = loaded.map(|one| one.policy).find(is_it).unwrap();
        World {
            stack: stack().await,
            practice: policy.practice.id.clone(),
            calendar: Calendar::new(policy.practice.nation, &policy.practice.timezone),
            policy,
        }
    }

    fn of(&self) -> AccountOf<'_> {
        AccountOf {
            practice: &self.practice,
            platform: Platform::Facebook,
            account: "55",
        }
    }

    fn rules(&self) -> LadderRules<'_> {
        LadderRules {
            policy: &self.policy,
            calendar: &self.calendar,
        }
    }

    fn now(&self) -> Timestamp {
        self.stack.clock().now()
    }

    fn post(&self, id: &str) -> PostKey {
        PostKey {
            practice: self.practice.clone(),
            platform: Platform::Facebook,
            id: id.into(),
        }
    }

    async fn writes(&self, id: &str, words: &str) {
        let body = comment(MILE_OAK, id, "55", words);
        self.stack.graph().learn(&body).unwrap();
        assert_eq!(self.stack.sender().deliver(&body).await.unwrap(), 200);
        until(&self.stack, &self.post(id), |history| {
            !history.tasks.is_empty()
        })
        .await;
    }

    /// Answers the first task about a post that offers a choice.
    async fn chooses(&self, id: &str, choice: Choice, at: Timestamp) {
        let key = self.post(id);
        let case = pagewarden_tests::case(self.stack.ledger(), &key)
            .await
            .unwrap();
        let offers =
            |task: &&pagewarden_ledger::TaskRecord| choices(task, &case.grounds).contains(&choice);
        let task = case.tasks.iter().find(offers);
        let task = task.unwrap_or_else(|| panic!("{choice} of {:#?}", case.tasks));
        let answer = Answer {
            choice,
            note: Some("for the test"),
            again: false,
        };
        let ledger = self.stack.ledger();
        ledger
            .choose(&key, &task.id, &priya(), answer, at)
            .await
            .unwrap();
    }

    /// Has a person find that a post breaks the rule.
    async fn proves(&self, id: &str, at: Timestamp) {
        self.writes(id, ACCUSES).await;
        self.chooses(id, Choice::KeepHidden, at).await;
        // What still stands counts once more.
        until(&self.stack, &self.post(id), |history| {
            history.state.visibility == Visibility::Hidden
        })
        .await;
    }

    async fn ladder(&self, at: Timestamp) -> OnLadder {
        let ledger = self.stack.ledger();
        ledger.ladder(self.of(), self.rules(), at).await.unwrap()
    }

    async fn takes(&self, step: Step, by: &Person, at: Timestamp) -> Result<(), LadderError> {
        let new = NewStep {
            step,
            note: "for the test",
            no_complaint: true,
        };
        let ledger = self.stack.ledger();
        ledger.take_step(self.of(), self.rules(), by, new, at).await
    }

    /// Returns the time so many days and months after another, by the practice's calendar.
    fn day(&self, at: Timestamp) -> Date {
        self.calendar.date(at)
    }
}

fn priya() -> Person {
    Person {
        name: "Priya".into(),
        role: Role::PracticeManager,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_waits_for_what_it_needs() {
    let world = World::new().await;
    let start = world.now();
    world.proves("1_1", start).await;
    let ladder = world.ladder(start).await;
    assert_eq!((ladder.next, ladder.proven.len()), (Some(Step::Ask), 1));
    assert_eq!(ladder.stops, []);
    let early = world.takes(Step::Warn, &priya(), start).await;
    assert!(
        matches!(early, Err(LadderError::NotNext { .. })),
        "{early:?}"
    );
    world.takes(Step::Ask, &priya(), start).await.unwrap();

    // Three days to answer, to the end of the third; and one incident is too few.
    let due = world.day(after(start, 0, 3));
    let third = after(start, 0, 3);
    let wanted = [LadderStop::FewIncidents(1), LadderStop::TimeToAnswer(due)];
    assert_eq!(world.ladder(third).await.stops, wanted);
    let fourth = after(start, 0, 4);
    let one = [LadderStop::FewIncidents(1)];
    assert_eq!(world.ladder(fourth).await.stops, one);
    let stopped = world.takes(Step::Warn, &priya(), fourth).await;
    assert!(
        matches!(stopped, Err(LadderError::Stopped(_))),
        "{stopped:?}"
    );

    world.proves("1_2", fourth).await;
    assert_eq!(world.ladder(fourth).await.stops, []);
    world.takes(Step::Warn, &priya(), fourth).await.unwrap();
    let nothing = [LadderStop::NothingSince(world.day(fourth))];
    assert_eq!(world.ladder(fourth).await.stops, nothing);
    let fifth = after(start, 0, 5);
    world.proves("1_3", fifth).await;
    assert_eq!(world.ladder(fifth).await.stops, []);
    world.takes(Step::Remove, &priya(), fifth).await.unwrap();
    let ladder = world.ladder(fifth).await;
    assert_eq!((ladder.next, ladder.deeds.len()), (None, 3));
    let audit = world
        .stack
        .ledger()
        .audit(Some(&world.practice))
        .await
        .unwrap();
    assert!(audit.wrong.is_empty(), "{:?}", audit.wrong);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_counts_for_twelve_months_to_the_day() {
    let world = World::new().await;
    let start = world.now();
    world.proves("1_1", start).await;
    world.proves("1_2", start).await;
    world.takes(Step::Ask, &priya(), start).await.unwrap();
    let warned = after(start, 0, 4);
    world.takes(Step::Warn, &priya(), warned).await.unwrap();
    let last_day = after(warned, 12, 0);
    let ladder = world.ladder(last_day).await;
    assert_eq!(ladder.next, Some(Step::Remove));
    assert_eq!(ladder.day_of(Step::Warn), Some(world.day(warned)));
    // The day after, the step before comes again, and the incidents count no more either.
    let ladder = world.ladder(last_day + DAY).await;
    assert_eq!(ladder.next, Some(Step::Warn));
    assert_eq!(ladder.day_of(Step::Warn), None);
    assert_eq!(ladder.stops, [LadderStop::FewIncidents(0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_complaint_stops_every_step() {
    let world = World::new().await;
    let now = world.now();
    world.proves("1_1", now).await;
    world.writes("1_2", COMPLAINS).await;
    let open = [LadderStop::Complaint(world.post("1_2"))];
    assert_eq!(world.ladder(now).await.stops, open);
    let stopped = world.takes(Step::Ask, &priya(), now).await;
    assert!(
        matches!(stopped, Err(LadderError::Stopped(_))),
        "{stopped:?}"
    );
    world.chooses("1_2", Choice::Complaint, now).await;
    assert_eq!(world.ladder(now).await.stops, open);
    // That it is acknowledged closes it no more than that it was recognised.
    world
        .chooses("1_2", Choice::ComplaintAcknowledged, now)
        .await;
    assert_eq!(world.ladder(now).await.stops, open);
    let (ledger, post) = (world.stack.ledger(), world.post("1_2"));
    let (of, rules) = (world.of(), world.rules());
    let manager = priya();
    let close = |note| ledger.close_complaint(of, rules, &manager, &post, note, now);
    let silent = close(" ").await;
    assert!(matches!(silent, Err(LadderError::NoNote)), "{silent:?}");
    close("Answered by letter on Monday.").await.unwrap();
    let again = close("Once more.").await;
    assert!(
        matches!(again, Err(LadderError::NoComplaint(_))),
        "{again:?}"
    );
    assert_eq!(world.ladder(now).await.stops, []);
    // One of which nobody has said what it is stops as well, and no complaint is none.
    world.writes("1_3", COMPLAINS).await;
    assert_eq!(world.ladder(now).await.stops.len(), 1);
    world.chooses("1_3", Choice::NotComplaint, now).await;
    assert_eq!(world.ladder(now).await.stops, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_was_shown_again_proves_nothing() {
    let world = World::new().await;
    let now = world.now();
    world.proves("1_1", now).await;
    assert_eq!(world.ladder(now).await.proven.len(), 1);
    let (ledger, post) = (world.stack.ledger(), world.post("1_1"));
    ledger.unhide(&post, &priya(), None, now).await.unwrap();
    assert_eq!(world.ladder(now).await.proven.len(), 0);
    // What nobody has decided proves nothing either.
    world.writes("1_2", ACCUSES).await;
    assert_eq!(world.ladder(now).await.proven.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_people_at_once_one_takes_the_step() {
    let world = World::new().await;
    let now = world.now();
    world.proves("1_1", now).await;
    let priya = priya();
    let (one, other) = tokio::join!(
        world.takes(Step::Ask, &priya, now),
        world.takes(Step::Ask, &priya, now),
    );
    let both = [one, other];
    assert_eq!(
        both.iter().filter(|took| took.is_ok()).count(),
        1,
        "{both:?}"
    );
    let late = both.into_iter().find_map(Result::err).unwrap().to_string();
    assert!(late.contains("The last line is by Priya"), "{late}");
    assert_eq!(world.ladder(now).await.deeds.len(), 1);
}

/// Does something once, before a client's first call that names this is sent.
struct Meanwhile(&'static str, Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meanwhile")
    }
}

impl Intercept for Meanwhile {
    fn name(&self) -> &'static str {
        "Meanwhile"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = context.request().headers().get("x-amz-target");
        let body = context.request().body().bytes().unwrap_or_default();
        let call = format!("{} {}", operation.unwrap(), String::from_utf8_lossy(body));
        if call.contains(self.0)
            && let Some(act) = self.1.lock().unwrap().take()
        {
            act();
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_judged_meanwhile_stops_the_step() {
    // Before the end of the chain is read, and before the step is written.
    for call in ["#CHAIN", "TransactWriteItems"] {
        let world = Arc::new(World::new().await);
        let now = world.now();
        world.proves("1_1", now).await;
        let complains = {
            let (world, handle) = (Arc::clone(&world), Handle::current());
            move || block_in_place(|| handle.block_on(world.writes("1_2", COMPLAINS)))
        };
        let meanwhile = Meanwhile(call, Mutex::new(Some(Box::new(complains))));
        let settings = emulator::settings(world.stack.table_url()).interceptor(meanwhile);
        let ledger = Ledger::new(Client::from_conf(settings.build()), table::NAME);
        let step = NewStep {
            step: Step::Ask,
            note: "why",
            no_complaint: true,
        };
        let stopped = ledger
            .take_step(world.of(), world.rules(), &priya(), step, now)
            .await;
        assert!(
            matches!(stopped, Err(LadderError::Stopped(_))),
            "{call}: {stopped:?}"
        );
        assert_eq!(world.ladder(now).await.deeds.len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_practice_manager_takes_a_step_and_says_why() {
    let world = World::new().await;
    let now = world.now();
    world.proves("1_1", now).await;
    let beth = Person {
        name: "Beth Lowe".into(),
        role: Role::Reviewer,
    };
    let refused = world.takes(Step::Ask, &beth, now).await;
    assert!(
        matches!(refused, Err(LadderError::Refused(Refusal::Role { .. }))),
        "{refused:?}"
    );
    let take = |note, no_complaint| NewStep {
        step: Step::Ask,
        note,
        no_complaint,
    };
    let (ledger, priya) = (world.stack.ledger(), priya());
    let silent = take(" ", true);
    let told = ledger
        .take_step(world.of(), world.rules(), &priya, silent, now)
        .await;
    assert!(matches!(told, Err(LadderError::NoNote)), "{told:?}");
    let unasked = take("It breaks the rule.", false);
    let told = ledger
        .take_step(world.of(), world.rules(), &priya, unasked, now)
        .await;
    assert!(matches!(told, Err(LadderError::NotAsked)), "{told:?}");
    assert_eq!(world.ladder(now).await.deeds, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_letter_is_printed_and_the_step_written_down() {
    let world = World::new().await;
    let then = world.now() - DAY * 5;
    let mut priya = Browser::signed_in(&world.stack, "priya@mile-oak.example").await;
    world.writes("1_1", ACCUSES).await;
    let undecided = priya.open("/letter/facebook/55").await;
    assert!(
        undecided
            .body
            .contains("nobody has decided yet that one did.")
    );
    world.chooses("1_1", Choice::KeepHidden, then).await;
    world.proves("1_2", then).await;
    let page = priya.open("/account/facebook/55").await;
    assert!(page.body.contains("Next step: ask to remove it"));
    let early = priya.open("/letter/facebook/55").await;
    assert!(early.body.contains("Not to be sent as things stand."));
    world.takes(Step::Ask, &self::priya(), then).await.unwrap();
    let letter = priya.open("/letter/facebook/55").await;
    assert_eq!(letter.status, 200);
    for words in [
        "Name:",
        "Address:",
        "Rule 8 says",
        "takes defamatory comments about the staff or surgery very seriously",
        "We have not decided to do that.",
        "It is still there.",
        "Making a complaint does not put your place with us at risk.",
    ] {
        assert!(letter.body.contains(words), "{words}: {}", letter.body);
    }
    assert!(!letter.body.contains("Not to be sent"), "{}", letter.body);
    assert!(!letter.body.contains("Test Author"), "nobody is named");
    assert!(!letter.body.contains('['), "brackets are left to a hand");
    let form = [
        ("step", "written_warning"),
        ("note", "Sent by post."),
        ("no_complaint", "yes"),
    ];
    let unasked = priya.post("/ladder/facebook/55", &form[..2]).await;
    assert_eq!(unasked.status, 409);
    assert!(unasked.body.contains(">Sent by post.</textarea>"));
    let taken = priya.post("/ladder/facebook/55", &form).await;
    let page = priya.follow(taken).await;
    assert!(page.body.contains("Sent a written warning: Sent by post."));
    let twice = priya.post("/ladder/facebook/55", &form).await;
    assert_eq!(twice.status, 409);
    let mut gail = Browser::signed_in(&world.stack, "gail@kingswinford.example").await;
    for page in ["/account/facebook/55", "/letter/facebook/55"] {
        assert_eq!(gail.open(page).await.status, 404, "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_still_stands_there_counts_once_its_time_is_over() {
    let world = World::new().await;
    let now = world.now();
    world.writes("1_1", ACCUSES).await;
    world.chooses("1_1", Choice::AskAuthor, now).await;
    let ladder = world.ladder(now).await;
    assert_eq!(
        ladder.next,
        Some(Step::Warn),
        "the message was the first step"
    );
    assert!(!ladder.still_there);
    let later = after(now, 0, 4);
    let ladder = world.ladder(later).await;
    assert!(ladder.still_there);
    assert_eq!(ladder.stops, [], "one incident, and it is still there");
    let case = pagewarden_tests::case(world.stack.ledger(), &world.post("1_1")).await;
    let kinds: Vec<TaskKind> = case.unwrap().tasks.iter().map(|task| task.kind).collect();
    assert!(!kinds.contains(&TaskKind::ApproveAnswer), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_author_has_restricted_counts_for_nothing() {
    let world = World::new().await;
    let start = world.now();
    world.proves("1_1", start).await;
    world.proves("1_2", start).await;
    world.stack.rest().await;
    let ledger = world.stack.ledger();
    let (of, priya) = (world.of(), priya());
    let reviewer = Person {
        name: "Beth Lowe".into(),
        role: Role::Reviewer,
    };
    let refused = ledger.restrict_account(of, true, &reviewer, "they asked", start);
    assert!(refused.await.is_err());
    let unsaid = ledger.restrict_account(of, true, &priya, " ", start).await;
    assert!(unsaid.is_err());
    let post = world.post("1_1");
    let note = "they say that it was somebody else";
    ledger
        .restrict(&post, true, &priya, note, start)
        .await
        .unwrap();
    assert_eq!(world.ladder(start).await.proven.len(), 1);

    // A colleague sees that it is there, and not what it says; the practice manager reads it.
    let at = "/case/facebook/1_1";
    let mut beth = Browser::signed_in(&world.stack, "beth.lowe@mile-oak.example").await;
    let seen = beth.get(at).await.body;
    assert!(
        !seen.contains("fiddles") && !seen.contains("Test Author"),
        "{seen}"
    );
    assert!(seen.contains("asked for it not to be used"), "{seen}");
    assert!(
        beth.get("/case/facebook/1_2")
            .await
            .body
            .contains("fiddles")
    );
    let mut manager = Browser::signed_in(&world.stack, "priya@mile-oak.example").await;
    assert!(manager.get(at).await.body.contains("fiddles"));

    // It is kept past its time, and is not gone until somebody lifts that.
    let periods = Periods::of(&world.policy.retention);
    let later = after(start, 400, 0);
    let gone = ledger.let_what_is_over_go(&world.practice, &periods, By::Policy, later);
    let gone: Vec<PostKey> = gone.await.unwrap().posts.into_values().flatten().collect();
    assert!(!gone.contains(&post), "{gone:?}");
    let lifted = ledger.restrict_account(of, false, &priya, "settled", start);
    assert_eq!(lifted.await.unwrap(), 2);
    assert_eq!(ledger.audit(None).await.unwrap().wrong, []);
}
