//! The world in which a plan happens: the stack without sockets, its platforms, its people, and
//! what goes wrong.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use pagewarden_fakes::Entry;
use pagewarden_ledger::{Answer, Choice, Ledger, Person, choices_for};
use pagewarden_local::clocks::Clocks;
use pagewarden_local::consumer::Consumer;
use pagewarden_local::stack::{Around, Stack};
use pagewarden_local::stepped::{Echo, Echoes, Stepped};
use pagewarden_rules::{Platform, Post, PostKey, PracticeId, Surface};
use remind::turn;
use serde_json::{Value, json};
use tokio::sync::Mutex as TokioMutex;

use super::bucket::Bucket;
use super::checks::{Before, Broken, Checks};
use super::plan::{Harm, PLACES, Place, Plan, Step, Told, Upset, What, Words};
use super::platforms::{Body, Deed, STARS, post};
use super::weather::Weather;

/// What a plan's consumers are handed: these functions, in this order.
const FUNCTIONS: [&str; 4] = ["moderate", "act", "sweep", "remind"];

/// Batches after which a stack that does not come to rest never will.
const MOST_BATCHES: usize = 2_000;

/// How long a function may run.
const LONGEST_RUN: Duration = Duration::from_mins(15);

/// A minute of the schedule, and what the schedule of a longer time is shortened to.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const LONG: u32 = 10;

/// The hour and minute, in UTC, of the run of `remind` that does what is done once a day.
const NIGHT: (i8, i8) = (3, 17);

/// How long after that run another tries again what failed.
const AGAIN: SignedDuration = SignedDuration::from_hours(1);

pub(crate) struct World {
    pub(crate) stack: Stack,
    /// Reads as nothing else does: without any fate.
    pub(crate) onlooker: Ledger,
    pub(crate) posts: Vec<Written>,
    pub(crate) checks: Checks,
    pub(crate) clocks: Clocks,
    pub(crate) bucket: Arc<Bucket>,
    consumers: Vec<TokioMutex<Consumer>>,
    /// While a function works on its records and something else is to happen: what hands the same
    /// ones to a second copy of it.
    second: Mutex<Option<Consumer>>,
    /// Where everything stood before the run of `act` that is under way.
    acting: Mutex<Option<Arc<Before>>>,
    echoes: Mutex<Echoes>,
    weather: Arc<Weather>,
    late: Mutex<Vec<Delivery>>,
    story: Mutex<Vec<String>>,
}

/// A post of the plan.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) place: Place,
    pub(crate) key: PostKey,
    /// Its id on the platform, as the journal has it.
    pub(crate) id: String,
    pub(crate) author: String,
}

impl Written {
    /// Returns the post with these words, as far as they tell versions apart.
    pub(crate) fn version(&self, words: &str) -> Post {
        Post {
            text: words.to_owned(),
            rating: (self.place.platform == Platform::Google).then_some(STARS),
            ..Post::new(self.channel(), Surface::Comment, self.id.as_str())
        }
    }
}

/// A delivery that can be sent more than once, and what it tells.
#[derive(Clone, Debug)]
struct Delivery {
    body: Body,
    post: usize,
    /// The words, if it brings any.
    words: Option<Words>,
}

impl World {
    pub(crate) async fn of(plan: &Plan) -> Self {
        let weather = Arc::new(Weather::default());
        let bucket = Arc::new(Bucket::default());
        let around = Around {
            fates: weather.clone(),
            clocks_off: plan.clocks_off.clone(),
            anchors: Some(bucket.clone()),
        };
        let built = Stepped::build_in(pagewarden_tests::monday(), around).await;
        let (stack, consumers, echoes) = built.unwrap().into_parts();
        let posts = plan.posts.iter().enumerate();
        let posts: Vec<Written> = posts.map(|(n, place)| post(n, PLACES[*place])).collect();
        let world = World {
            onlooker: stack.onlooker(),
            checks: Checks::of(posts.len(), plan.apart()),
            clocks: Clocks::new(stack.clock().clone(), plan.clocks_off.clone()),
            bucket,
            posts,
            consumers: consumers.into_iter().map(TokioMutex::new).collect(),
            second: Mutex::default(),
            acting: Mutex::default(),
            echoes: Mutex::new(echoes),
            stack,
            weather,
            late: Mutex::default(),
            story: Mutex::default(),
        };
        let off: Vec<String> = plan
            .clocks_off
            .iter()
            .filter(|(_, by)| !by.is_zero())
            .map(|(whose, by)| format!("{whose}'s by {} s", by.as_secs_f64()))
            .collect();
        if !off.is_empty() {
            world.say(format!("Clocks are off: {}.", off.join(", ")));
        }
        world
    }

    pub(crate) fn story(&self) -> Vec<String> {
        held(&self.story).clone()
    }

    /// Adds a line to the story.
    pub(crate) fn say(&self, what: impl AsRef<str>) {
        let at = self.stack.clock().now().strftime("%a %H:%M:%S");
        let line = format!("{at}  {}", what.as_ref());
        if std::env::var_os("LIVE").is_some() {
            eprintln!("{line}");
        }
        held(&self.story).push(line);
    }

    pub(crate) fn name(&self, post: usize) -> String {
        let Written { key, .. } = &self.posts[post];
        format!("post {} ({} on {})", post + 1, key.practice, key.platform)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.stack.clock().now()
    }

    /// Returns the time that people's choices are said to be made at.
    pub(crate) fn people_say(&self) -> Timestamp {
        self.clocks.of("console").now()
    }

    /// Lets a step happen, and looks whether everything holds.
    pub(crate) async fn step(&self, step: &Step) -> Result<(), Broken> {
        self.happen(step).await?;
        self.check().await
    }

    /// Lets the faults end and time pass until everything is at rest, and looks whether everything
    /// holds.
    pub(crate) async fn finish(&self) -> Result<(), Broken> {
        self.say("The faults end. The platforms deliver what is still on its way.");
        self.end_faults();
        self.bucket.end();
        let waiting = held(&self.late).len();
        for _ in 0..waiting {
            self.late(0, None).await?;
        }
        // Nothing is wrong any more: what is not accepted now never will be.
        if let Some(refused) = held(&self.late).first() {
            let says = format!("a delivery about {} never is", self.name(refused.post));
            return Err(Broken::new("accepted", &says));
        }
        self.pass(8).await?;
        self.sweep(None).await?;
        self.night(1, None).await?;
        for round in 0..12 {
            self.show_answers();
            self.reconnect().await;
            // What an account was told while nobody was let in is found now.
            self.sweep(None).await?;
            self.pass(if round < 2 { 5 } else { 70 }).await?;
            if self.is_at_rest().await {
                break;
            }
        }
        self.check_end().await
    }

    /// Returns `true` if nothing is due any more, and every account can be reached.
    async fn is_at_rest(&self) -> bool {
        for post in &self.posts {
            let gate = self.onlooker.gate(&post.channel()).await.unwrap();
            let now = self.now();
            if gate.stopped.is_some() || gate.waits(now).is_some() {
                return false;
            }
        }
        let later = self.now() + SignedDuration::from_hours(24 * 365);
        self.onlooker.due(later).await.unwrap().is_empty()
    }

    /// Lets a step happen.
    fn happen<'a>(&'a self, step: &'a Step) -> LocalBoxFuture<'a, Result<(), Broken>> {
        async move {
            match step {
                Step::Write {
                    post,
                    words,
                    told,
                    harm,
                } => self.write(*post, *words, *told, harm.as_ref()).await?,
                Step::Remove { post, told } => self.remove(*post, *told).await?,
                Step::Late { pick, harm } => self.late(*pick, harm.as_ref()).await?,
                Step::Pass { minutes } => self.pass(*minutes).await?,
                Step::Carry {
                    consumer,
                    most,
                    harm,
                } => {
                    let function = FUNCTIONS[*consumer];
                    self.carry(function, *most, harm.as_ref()).await?;
                }
                Step::Upset { consumer, upset } => self.upset(FUNCTIONS[*consumer], *upset),
                Step::Echo { is_lost } => drop(self.echo(*is_lost).await),
                Step::Remind { harm } => self.remind(harm.as_ref()).await?,
                Step::Sweep { harm } => self.sweep(harm.as_ref()).await?,
                Step::Choose { post, pick, harm } => {
                    self.choose(*post, *pick, harm.as_ref()).await?;
                }
                Step::ShowAgain { post, pick } => self.show_again(*post, *pick).await,
                Step::Switch { place, on } => self.switch(PLACES[*place].practice, *on).await,
                Step::Caps { place, acts } => {
                    self.caps(PLACES[*place].practice, *acts).await;
                }
                Step::Publish { place } => self.publish(PLACES[*place].practice).await,
                Step::Version { place, pick, harm } => {
                    let practice = PLACES[*place].practice;
                    self.version(practice, *pick, harm.as_ref()).await?;
                }
                Step::StartRule { place, pick, harm } => {
                    let practice = PLACES[*place].practice;
                    self.start_rule(practice, *pick, harm.as_ref()).await?;
                }
                Step::Night { days, harm } => self.night(*days, harm.as_ref()).await?,
                Step::Platform { platform, failing } => self.fail(*platform, *failing),
                Step::Mail(mishap) => {
                    self.checks.trouble(self.now());
                    self.say(format!(
                        "The next message to people meets this: {mishap:?}."
                    ));
                    self.stack.outbox().next(*mishap);
                }
                Step::Anchor(mishap) => {
                    self.say(format!("The next anchor meets this: {mishap:?}."));
                    self.bucket.next(*mishap);
                }
            }
            Ok(())
        }
        .boxed_local()
    }

    /// Does some work, with what the plan does to it meanwhile. Returns nothing if it was killed.
    pub(crate) fn under<'a, T: 'a>(
        &'a self,
        harm: Option<&'a Harm>,
        who: &'a str,
        work: impl Future<Output = T> + 'a,
    ) -> LocalBoxFuture<'a, Result<Option<T>, Broken>> {
        // A run of a function is large, and a step may stand within another.
        let work = Box::pin(work);
        async move {
            // One that never ends is killed, as Lambda does. No time passes for that.
            let work = async {
                let done = tokio::time::timeout(LONGEST_RUN, work).await.ok();
                if done.is_none() {
                    self.checks.trouble(self.now());
                    self.say(format!("  ({who}: it is killed, since it never ends)"));
                }
                done
            };
            let Some(harm) = harm else {
                return Ok(work.await);
            };
            self.weather.arm(harm);
            let mut work = pin!(work);
            loop {
                tokio::select! {
                    biased;
                    done = &mut work => {
                        if let Some(call) = self.weather.clear() {
                            self.checks.trouble(self.now());
                            self.say(format!("  ({who}: at {call}: {})", plain(&harm.what)));
                        }
                        return Ok(done);
                    }
                    () = self.weather.paused.notified() => {
                        let call = self.weather.clear().unwrap_or_default();
                        self.checks.trouble(self.now());
                        let What::Meanwhile(steps) = &harm.what else {
                            self.say(format!("  ({who}: at {call}: {})", plain(&harm.what)));
                            return Ok(None);
                        };
                        self.say(format!("  ({who} is at {call}. Meanwhile:"));
                        for step in steps {
                            self.happen(step).await?;
                        }
                        self.say(format!("  and {who} goes on.)"));
                        self.weather.resume();
                    }
                }
            }
        }
        .boxed_local()
    }

    /// An author writes or edits.
    async fn write(
        &self,
        post: usize,
        words: Words,
        told: Told,
        harm: Option<&Harm>,
    ) -> Result<(), Broken> {
        // No two things happen to a post in the same second, which is all that a delivery tells.
        self.stack.clock().pass(SignedDuration::from_secs(1));
        let (written, now) = (&self.posts[post], self.now());
        let stands = self.stands(written);
        let is_x = written.place.platform == Platform::X;
        // An id that is gone never comes back, and an edit on X is a post of another id.
        if stands == Some(false) || (is_x && stands.is_some()) {
            return Ok(());
        }
        self.say(format!(
            "Somebody writes “{}” as {}. Its delivery: {told:?}.",
            words.text(),
            self.name(post)
        ));
        let deed = if stands.is_some() {
            Deed::Edit(words.text())
        } else {
            Deed::Write(words.text())
        };
        let told_of = self.author(written, deed, now);
        let words = Some(words);
        self.tell(told_of, (post, words), told, harm).await
    }

    async fn remove(&self, post: usize, told: Told) -> Result<(), Broken> {
        self.stack.clock().pass(SignedDuration::from_secs(1));
        let written = &self.posts[post];
        if self.stands(written) != Some(true) {
            return Ok(());
        }
        self.say(format!(
            "Its author takes {} back. The delivery: {told:?}.",
            self.name(post)
        ));
        let told_of = self.author(written, Deed::Remove, self.now());
        self.tell(told_of, (post, None), told, None).await
    }

    /// Returns whether a post stands on its platform; none if it was never there.
    fn stands(&self, written: &Written) -> Option<bool> {
        let journal = self.journal(written.place.platform);
        journal.into_iter().rev().find_map(|entry| match entry {
            Entry::Posted { id, .. } if id == written.id => Some(true),
            Entry::Deleted { id, .. } | Entry::Binned { id, .. } if id == written.id => Some(false),
            _ => None,
        })
    }

    /// Brings what a platform tells of a post, if it tells anything, and its words, if there are any.
    async fn tell(
        &self,
        told_of: Option<Body>,
        (post, words): (usize, Option<Words>),
        told: Told,
        harm: Option<&Harm>,
    ) -> Result<(), Broken> {
        let Some(body) = told_of else {
            return Ok(());
        };
        let delivery = Delivery { body, post, words };
        match told {
            Told::Never => self.checks.trouble(self.now()),
            Told::Late => held(&self.late).push(delivery),
            Told::Once => self.deliver(delivery, harm).await?,
            Told::Twice => {
                self.deliver(delivery.clone(), harm).await?;
                self.deliver(delivery, None).await?;
            }
        }
        Ok(())
    }

    async fn send(&self, body: &Body) -> anyhow::Result<u16> {
        match body {
            Body::Meta(body) => self.stack.sender().deliver(body).await,
            Body::X(body) => self.stack.sender().deliver_x(body).await,
        }
    }

    /// Sends a delivery. The platform sends it again later unless it is accepted.
    async fn deliver(&self, delivery: Delivery, harm: Option<&Harm>) -> Result<(), Broken> {
        let sent = self.send(&delivery.body);
        let accepted = match self.under(harm, "webhook", sent).await? {
            Some(Ok(status)) => status == 200,
            Some(Err(_)) | None => false,
        };
        if !accepted {
            self.say("  The webhook does not accept it: it will come again.");
            held(&self.late).push(delivery);
            return Ok(());
        }
        if let Some(words) = delivery.words {
            let post = &self.posts[delivery.post];
            let post = post.version(&post.shown(words.text()));
            self.checks.accepted(delivery.post, post.revision(), words);
        }
        Ok(())
    }

    async fn late(&self, pick: usize, harm: Option<&Harm>) -> Result<(), Broken> {
        let delivery = {
            let mut late = held(&self.late);
            if late.is_empty() {
                return Ok(());
            }
            let pick = pick % late.len();
            late.remove(pick)
        };
        self.say(format!(
            "A late delivery about {} arrives.",
            self.name(delivery.post)
        ));
        self.deliver(delivery, harm).await
    }

    /// Lets time pass. The schedule runs each minute, or each ten minutes of a longer time, and the
    /// stream is carried.
    async fn pass(&self, minutes: u32) -> Result<(), Broken> {
        self.say(format!("{minutes} minutes pass."));
        let each = if minutes > LONG { LONG } else { 1 };
        for _ in 0..minutes / each {
            for _ in 0..each {
                self.stack.clock().pass(MINUTE);
            }
            self.remind(None).await?;
            self.settle().await?;
            self.check().await?;
        }
        Ok(())
    }

    /// Carries the stream until nothing waits.
    async fn settle(&self) -> Result<(), Broken> {
        for _ in 0..MOST_BATCHES {
            let mut something = self.echo(false).await;
            for function in FUNCTIONS {
                something |= self.carry(function, usize::MAX, None).await?;
            }
            if !something {
                return Ok(());
            }
        }
        Err(Broken::new("rest", "the stream never comes to rest"))
    }

    fn consumer(&self, function: &str) -> Option<&TokioMutex<Consumer>> {
        self.consumers.iter().find(|consumer| {
            consumer
                .try_lock()
                .is_ok_and(|consumer| consumer.function() == function)
        })
    }

    /// Hands a function its next batch; where it is paused with one, the same records to a second
    /// copy. Returns whether there was one.
    async fn carry(
        &self,
        function: &str,
        most: usize,
        harm: Option<&Harm>,
    ) -> Result<bool, Broken> {
        let free = self.consumer(function);
        let Some(mut consumer) = free.and_then(|free| free.try_lock().ok()) else {
            let second = held(&self.second)
                .take_if(|second| second.function() == function)
                .map(TokioMutex::new);
            return match second {
                Some(second) => self.hand(&mut *second.lock().await, most, None, true).await,
                None => Ok(false),
            };
        };
        self.hand(&mut consumer, most, harm, false).await
    }

    async fn hand(
        &self,
        consumer: &mut Consumer,
        most: usize,
        harm: Option<&Harm>,
        is_second: bool,
    ) -> Result<bool, Broken> {
        let function = consumer.function().to_owned();
        consumer.read(&self.stack).unwrap();
        let waiting = consumer.waiting().len();
        if waiting == 0 {
            return Ok(false);
        }
        let before = if function == "act" {
            // What the first copy has done so far goes by what stood before that one.
            let first = held(&self.acting).clone();
            if let Some(first) = first {
                self.after_acts(&first).await?;
            }
            Some(Arc::new(self.before_acts().await))
        } else {
            None
        };
        let batch = waiting.min(most);
        self.say(format!(
            "{function} is handed up to {batch} of {waiting} records{}.",
            if is_second { ", in a second copy" } else { "" }
        ));
        // Within a run that is paused nothing else is.
        let may_pause = harm.is_some_and(|harm| matches!(harm.what, What::Meanwhile(_)));
        if may_pause {
            *held(&self.second) = Some(consumer.second());
            held(&self.acting).clone_from(&before);
        }
        let done = self
            .under(harm, &function, consumer.carry(&self.stack, most))
            .await?;
        if may_pause {
            held(&self.second).take();
            held(&self.acting).take();
        }
        if let Some(Err(error)) = done {
            return Err(Broken::new(
                "run",
                &format!("{function} cannot be run: {error:#}"),
            ));
        }
        if let Some(before) = before {
            self.after_acts(&before).await?;
        }
        Ok(true)
    }

    fn upset(&self, function: &str, upset: Upset) {
        let Some(consumer) = self.consumer(function) else {
            return;
        };
        let Ok(mut consumer) = consumer.try_lock() else {
            return;
        };
        consumer.read(&self.stack).unwrap();
        let waiting = consumer.waiting();
        let Some(first) = waiting.front().cloned() else {
            return;
        };
        self.checks.trouble(self.now());
        match upset {
            Upset::Lost => {
                waiting.pop_front();
                self.say(format!("The stream loses a record for {function}."));
            }
            Upset::Again => {
                // A record comes again only before what is newer of the same item has come.
                let key = item(&first);
                let newer = waiting
                    .iter()
                    .skip(1)
                    .position(|record| item(record) == key);
                let place = newer.map_or(waiting.len(), |at| at + 1);
                waiting.insert(place, first);
                self.say(format!("The stream brings a record for {function} twice."));
            }
            Upset::Behind => {
                let key = item(&first);
                let (own, others): (Vec<Value>, Vec<Value>) =
                    waiting.drain(..).partition(|record| item(record) == key);
                waiting.extend(others);
                waiting.extend(own);
                self.say(format!(
                    "The stream brings a record for {function} after others."
                ));
            }
        }
    }

    /// Delivers what a platform tells of our own acts, or loses it. Returns whether there was
    /// something.
    async fn echo(&self, is_lost: bool) -> bool {
        let echo = held(&self.echoes).take();
        let Some(echo) = echo else {
            return false;
        };
        if is_lost {
            self.say("A delivery about our own act is lost.");
            return true;
        }
        let body = match echo {
            Echo::Meta(body) => Body::Meta(body),
            Echo::X(body) => Body::X(body),
        };
        assert_eq!(self.send(&body).await.unwrap(), 200, "an echo is accepted");
        true
    }

    async fn remind(&self, harm: Option<&Harm>) -> Result<(), Broken> {
        let run = self.under(harm, "remind", self.stack.run("remind")).await?;
        if let Some(Err(error)) = run
            && harm.is_none()
        {
            return Err(Broken::new("run", &format!("remind failed: {error:#}")));
        }
        Ok(())
    }

    /// Goes on to the runs of `remind` that do what is done once a day for each practice, so many
    /// days later, by that function's own clock, and to those that try it again an hour after them.
    /// In between nothing happens.
    async fn night(&self, days: i64, harm: Option<&Harm>) -> Result<(), Broken> {
        self.pass(1).await?;
        let now = self.clocks.of("remind").now();
        let (hour, minute) = NIGHT;
        let day = now
            .to_zoned(TimeZone::UTC)
            .checked_add(days.days())
            .unwrap();
        let night = day.with().hour(hour).minute(minute).build().unwrap();
        let practices = self.stack.practices().await.unwrap();
        let turns = practices.iter().map(|id| turn(&id.parse().unwrap()));
        let runs = turns.flat_map(|turn| [turn, turn + AGAIN]);
        let runs: BTreeSet<SignedDuration> = runs.collect();
        let mut harm = harm;
        for run in runs {
            let left = (night.timestamp() + run).duration_since(self.clocks.of("remind").now());
            self.stack.clock().pass(left);
            self.say(format!("It is the night, {days} days later."));
            // Nobody could be told in the time that was left out.
            self.checks.trouble(self.now());
            self.remind(harm.take()).await?;
            self.settle().await?;
            self.check().await?;
        }
        Ok(())
    }

    async fn sweep(&self, harm: Option<&Harm>) -> Result<(), Broken> {
        self.say("sweep reads the platforms.");
        // It has its own way to fail, and comes again in an hour.
        self.under(harm, "sweep", self.stack.run("sweep")).await?;
        Ok(())
    }

    /// Somebody decides, among all that anybody may choose about a post.
    async fn choose(&self, post: usize, pick: usize, harm: Option<&Harm>) -> Result<(), Broken> {
        let key = &self.posts[post].key;
        let people = self.onlooker.people(&key.practice).await.unwrap();
        let Some(case) = pagewarden_tests::case(&self.onlooker, key).await else {
            return Ok(());
        };
        let options: Vec<(&Person, &str, Choice)> = case
            .tasks
            .iter()
            .flat_map(|task| people.iter().map(move |person| (person, task)))
            .flat_map(|(person, task)| {
                let choices = choices_for(person, task, &case.grounds).into_iter();
                choices.map(move |choice| (person, task.id.as_str(), choice))
            })
            .collect();
        if options.is_empty() {
            return Ok(());
        }
        let (person, task, choice) = options[pick % options.len()];
        self.say(format!(
            "{person} chooses “{choice}” about {}.",
            self.name(post)
        ));
        let answer = Answer {
            choice,
            note: Some("it was looked at"),
            again: false,
        };
        let ledger = self.stack.ledger();
        let chosen = ledger.choose(key, task, person, answer, self.people_say());
        if let Some(Err(error)) = self.under(harm, &person.name, chosen).await? {
            self.say(format!("  {} is told: {error}.", person.name));
        }
        Ok(())
    }

    async fn show_again(&self, post: usize, pick: usize) {
        let key = &self.posts[post].key;
        let people = self.onlooker.people(&key.practice).await.unwrap();
        let person = &people[pick % people.len()];
        let shown = self
            .stack
            .ledger()
            .unhide(key, person, None, self.people_say());
        if shown.await.is_ok() {
            self.say(format!("{person} has {} shown again.", self.name(post)));
        }
    }

    async fn switch(&self, practice: &str, on: bool) {
        let id: PracticeId = practice.parse().unwrap();
        let (ledger, now) = (self.stack.ledger(), self.people_say());
        self.say(format!(
            "The switch of {practice} is turned {}.",
            if on { "on" } else { "off" }
        ));
        for person in self.onlooker.people(&id).await.unwrap() {
            // Whoever may not is refused, and turning it on takes two.
            if on {
                ledger.switch_on(&id, &person, None, now).await.ok();
            } else if ledger.switch_off(&id, &person, None, now).await.is_ok() {
                return;
            }
        }
    }

    async fn caps(&self, practice: &str, acts: u32) {
        self.say(format!(
            "{practice} allows {acts} acts an hour from now on."
        ));
        pagewarden_tests::resettle(&self.stack, practice, |settings| {
            settings["caps"]["acts_per_hour"] = json!(acts);
        })
        .await;
        self.checks.cap(practice, acts);
    }
}

/// Returns the key of the item of a record.
fn item(record: &Value) -> String {
    record["dynamodb"]["Keys"]["PK"]["S"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn plain(what: &What) -> &'static str {
    match what {
        What::Kill => "it is killed before that",
        What::KillAfter => "it is killed after that",
        What::Throttled => "the table asks for fewer calls",
        What::Conflict => "another write is under way",
        What::Lost => "the answer is lost",
        What::Repeated => "the answer is lost, and it is sent again",
        What::Stale => "what is read is a moment old",
        What::Meanwhile(_) => "something else happened first",
    }
}

pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
