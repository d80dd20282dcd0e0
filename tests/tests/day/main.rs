//! A whole day: every platform is down for an hour, limits calls, refuses its token, and loses a
//! third of its deliveries. At the end every post that breaks the policy was acted on once, or is
//! with a person, and no other.
//!
//! The day is made from a number, which is told; `PAGEWARDEN_SEED` plays another one.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod plan;
mod world;

use std::collections::BTreeSet;
use std::env;

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{ActionStatus, Choice, Person, TaskRecord, TaskStatus};
use pagewarden_rules::{Channel, Platform, PostKey, PracticeId, Role, TaskKind};
use plan::{DAY, DOWN, HOSTS, Host, LIMITED, Plan, Planned, REFUSED};
use world::{World, key};

/// Minutes after the day in which what was put off may still be tried: the longest pause is an
/// hour, and its spread.
const AFTERWARDS: u32 = 4 * 60;

/// For so many minutes it is known ahead whether anything is due.
const AHEAD: u32 = 10;

/// The seed of the day that is played where none is given.
const SEED: u64 = 20_261_121;

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_outages_acts_once_on_each_breach_and_no_more() {
    let seed = env::var("PAGEWARDEN_SEED").map_or(SEED, |seed| seed.parse().unwrap());
    eprintln!("the day of PAGEWARDEN_SEED={seed}");
    let plan = Plan::of(seed);
    let mut world = World::start(seed).await;
    let (mut answered, mut look_at) = (BTreeSet::new(), 0);
    for minute in 0..DAY + AFTERWARDS {
        world.stack.clock().pass(SignedDuration::from_mins(1));
        trouble(&mut world, &plan, minute).await;
        let mut something = world.catch_up(minute).await;
        for step in plan.steps.iter().filter(|step| step.minute == minute) {
            world
                .happen(minute, &plan.posts[step.post], step.deed, step.told)
                .await;
            something = true;
        }
        if minute % 60 == 0 {
            world.stack.run("sweep").await.unwrap();
            something = true;
        }
        // `remind` comes every minute. Where nothing is due it does nothing, and nothing comes to
        // be due by itself.
        if something || minute >= look_at {
            let due = async |minutes| {
                let then = world.stack.clock().now() + SignedDuration::from_mins(minutes);
                !world.stack.ledger().due(then).await.unwrap().is_empty()
            };
            if due(0).await {
                world.stack.run("remind").await.unwrap();
                something = true;
            }
            if something {
                world.stack.rest().await;
            }
            look_at = minute + if due(AHEAD.into()).await { 1 } else { AHEAD };
        }
        if minute % 60 == 30 {
            people(&world, &plan.posts, &mut answered).await;
        }
    }
    for post in &plan.posts {
        check(&world, post).await;
    }
    nothing_waits(&world).await;
}

/// Begins and ends the troubles of this minute.
async fn trouble(world: &mut World, plan: &Plan, minute: u32) {
    for (host, [down, limited, refused]) in plan.troubles() {
        match minute {
            _ if minute == down => world.go_down(host),
            _ if minute == limited => world.limit(host),
            _ if minute == refused => world.refuse(host),
            _ if minute == down + DOWN || minute == limited + LIMITED => world.repair(host),
            _ if minute == refused + REFUSED => {
                world.repair(host);
                for channel in channels(world, host).await {
                    world.connect(&channel);
                }
            }
            _ => {}
        }
    }
}

async fn channels(world: &World, host: Host) -> Vec<Channel> {
    let all = world
        .stack
        .ledger()
        .channels()
        .await
        .unwrap()
        .into_iter()
        .map(|(channel, _)| channel);
    all.filter(|channel| host_of(channel.platform) == host)
        .collect()
}

fn host_of(platform: Platform) -> Host {
    match platform {
        Platform::Google => Host::Google,
        Platform::X => Host::X,
        Platform::Website | Platform::StaffLog => Host::Website,
        Platform::Facebook | Platform::Instagram => Host::Meta,
    }
}

/// What people do once an hour: answer reviews with the drafted words, and connect an account on X
/// again whose tokens were lost with an answer of X. Google, too, has somebody who looks at
/// answers.
async fn people(world: &World, posts: &[Planned], answered: &mut BTreeSet<String>) {
    let (ledger, now) = (world.stack.ledger(), world.stack.clock().now());
    let person = Person {
        name: "Priya".into(),
        role: Role::PracticeManager,
    };
    for post in posts
        .iter()
        .filter(|post| post.platform == Platform::Google && post.breach.is_some())
    {
        let (key, breach) = (key(post), post.breach.unwrap());
        let history = ledger.history(&key).await.unwrap();
        let Some(revision) = history.as_ref().and_then(|history| {
            history
                .revisions
                .iter()
                .find(|revision| revision.post.text == breach && revision.decided.is_some())
        }) else {
            continue;
        };
        let open = history.iter().flat_map(|history| &history.tasks);
        let task = open.clone().find(|task| {
            task.revision == revision.revision
                && task.kind == TaskKind::ApprovePublicReply
                && task.status == TaskStatus::Open
        });
        if let Some(task) = task.filter(|_| answered.insert(post.id.clone())) {
            ledger
                .choose(&key, &task.id, &person, Choice::Reply, now)
                .await
                .unwrap();
        }
    }
    world.show_answers(posts);
    for channel in channels(world, Host::X).await {
        let stopped = ledger.gate(&channel).await.unwrap().stopped;
        if stopped.is_some_and(|stop| stop.why.contains("consent to X has ended")) {
            world.connect(&channel);
        }
    }
}

/// A post that breaks the policy was acted on once, or put before a person where nothing can be
/// done, whatever happened on the way, and any other not at all.
async fn check(world: &World, post: &Planned) {
    let name = key(post);
    let history = world.stack.ledger().history(&name).await.unwrap();
    let deeds = world.deeds(post);
    let Some(history) = history else {
        // Taken back before anybody looked, and no delivery had come.
        assert!(post.is_removed && deeds == 0, "{name} was never seen");
        return;
    };
    history.verify().unwrap();
    assert!(
        history
            .revisions
            .iter()
            .all(|revision| revision.decided.is_some()),
        "{name} is undecided"
    );
    let settled: Vec<_> = history
        .actions
        .iter()
        .map(|action| (action.effect, action.status, &action.result))
        .collect();
    match post.breach {
        Some(_) if post.is_removed => assert!(deeds <= 1, "{name}: {deeds} {settled:?}"),
        Some(_) if post.is_quote => assert!(
            deeds == 0 && settled.is_empty() && !history.tasks.is_empty(),
            "{name}"
        ),
        Some(_) => assert!(
            deeds == 1 && settled.len() == 1,
            "{name}: {deeds} {settled:?} {:?}",
            history.events
        ),
        None => assert!(
            deeds == 0 && settled.is_empty(),
            "{name}: {deeds} {settled:?}"
        ),
    }
    let is_done = |status| status == ActionStatus::Done;
    assert!(
        post.is_removed || settled.iter().all(|(_, status, _)| is_done(*status)),
        "{name}: {settled:?}"
    );
    assert!(
        history.tasks.iter().all(|task| !task.why.is_empty()),
        "{name} has a task that does not say why"
    );
}

/// Nothing is undecided or in the outbox, and every channel works again, of which people were told
/// once.
async fn nothing_waits(world: &World) {
    let ledger = world.stack.ledger();
    let end: Timestamp = world.stack.clock().now() + SignedDuration::from_hours(24 * 365);
    assert_eq!(ledger.due(end).await.unwrap(), []);
    for host in HOSTS {
        for channel in channels(world, host).await {
            assert!(
                ledger.gate(&channel).await.unwrap().stopped.is_none(),
                "{channel:?} is stopped"
            );
            let told = told_of(world, &channel).await;
            let why: Vec<_> = told.iter().map(|task| (&task.why, task.status)).collect();
            assert!(
                told.iter().all(|task| task.status == TaskStatus::Done),
                "{channel:?}: {why:?}"
            );
            // An account on X may have lost its tokens in the outage as well.
            assert!(
                told.len() == 1 || (host == Host::X && told.len() == 2),
                "{channel:?}: {why:?}"
            );
        }
    }
}

/// Returns what people were told of a channel that was not let in.
async fn told_of(world: &World, channel: &Channel) -> Vec<TaskRecord> {
    let ledger = world.stack.ledger();
    let practice: PracticeId = ledger.practice_of(channel).await.unwrap().unwrap();
    let account = PostKey {
        practice,
        platform: channel.platform,
        id: channel.account.clone(),
    };
    let mut tasks = ledger.tasks_of(&account).await.unwrap();
    tasks.retain(|task| {
        task.kind == TaskKind::ReconnectChannel && !task.why.contains("does not send Pagewarden")
    });
    tasks
}
