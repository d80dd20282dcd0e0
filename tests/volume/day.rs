//! A day of many practices, second by second: what is written, decided and done, and the most that
//! is used of each thing.

use std::sync::LazyLock;

use pagewarden_cli::command::cost::{Figures, Taken};
use pagewarden_ledger::{DUE_AT_ONCE, DUE_SHARDS};
use pagewarden_local::template::Template;

use crate::queue::{Peak, PeakOfOne, Queue};

pub(crate) const DAY: u32 = 24 * 60 * 60;
pub(crate) const HOUR: u32 = 60 * 60;

/// How many partitions a new table on demand has, by what it takes at once: 4,000 write units a
/// second. Its stream has a shard for each.
pub(crate) const PARTITIONS: u32 = 4;

/// Posts of a practice in a month, and the days of one, as docs/limits.md reckons.
pub(crate) const POSTS_A_MONTH: f64 = 300.0;
pub(crate) const DAYS: f64 = 30.4;

/// What is written in each hour of a day, of a hundred posts. Assumed: most in the evening.
const HOURS: [f64; 24] = [
    1.0, 0.5, 0.5, 0.5, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0, 5.0, 6.0, 6.0, 5.0, 5.0, 6.0, 7.0, 8.0,
    9.0, 8.0, 5.0, 3.0, 2.0,
];

/// When people look at what waits, and how many requests of pages they make. Assumed.
const VISITS: std::ops::Range<u32> = 8 * HOUR..10 * HOUR;
const REQUESTS_A_PRACTICE: f64 = 10.0;

/// The platform is down for the two hours in which most is written.
const DOWN: std::ops::Range<u32> = 18 * HOUR..20 * HOUR;

/// When the story is told, how fast people lose interest in it, and how many more posts the practice
/// then has than on other days.
const TOLD: u32 = 18 * HOUR;
const INTEREST_S: f64 = 7_200.0;
const STORY: f64 = 100.0;

/// What is known of posts and of what is deployed.
pub(crate) struct World {
    pub(crate) figures: Figures,
    pub(crate) template: Template,
}

pub(crate) static WORLD: LazyLock<World> = LazyLock::new(|| World {
    figures: Figures::shipped().unwrap(),
    template: Template::shipped().unwrap(),
});

/// What goes wrong on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Nothing,
    /// One practice is in the news.
    Story,
    /// A platform delivers nothing for two hours, and everything afterwards.
    Silent,
    /// A platform delivers, but refuses every call for two hours.
    Refuses,
}

/// A day that is to be played.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Day {
    pub(crate) practices: u32,
    /// Posts of a practice on that day.
    pub(crate) posts: f64,
    /// How often each of them is written.
    pub(crate) each: u32,
    pub(crate) wrong: Wrong,
}

/// What came of a day: how many, the most at one time, and the longest waits in seconds.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) arrived: u32,
    pub(crate) decided: u32,
    /// Posts that still wait to be decided.
    pub(crate) waiting: usize,
    pub(crate) hidden: u32,
    pub(crate) done: u32,
    pub(crate) dangers: u32,
    pub(crate) writes: Peak,
    pub(crate) writes_an_hour: Peak,
    pub(crate) writes_of_a_practice: PeakOfOne,
    pub(crate) writes_of_a_due_shard: PeakOfOne,
    pub(crate) decisions_of_a_practice: PeakOfOne,
    pub(crate) reads: Peak,
    pub(crate) reads_an_hour: Peak,
    pub(crate) hides_of_a_practice: PeakOfOne,
    pub(crate) hides_of_a_practice_an_hour: PeakOfOne,
    pub(crate) dangers_at_once: Peak,
    pub(crate) requests: Peak,
    pub(crate) deliveries_at_once: Peak,
    pub(crate) functions: Peak,
    pub(crate) set_going: Peak,
    pub(crate) at_the_door: f64,
    pub(crate) to_be_decided: f64,
    pub(crate) to_be_done: f64,
}

impl Played {
    fn nothing() -> Self {
        let a_second = || Peak::in_spans_of(1);
        let of_one = PeakOfOne::in_spans_of;
        Played {
            arrived: 0,
            decided: 0,
            waiting: 0,
            hidden: 0,
            done: 0,
            dangers: 0,
            writes: a_second(),
            writes_an_hour: Peak::in_spans_of(HOUR),
            writes_of_a_practice: of_one(1),
            writes_of_a_due_shard: of_one(1),
            decisions_of_a_practice: of_one(1),
            reads: a_second(),
            reads_an_hour: Peak::in_spans_of(HOUR),
            hides_of_a_practice: of_one(DAY),
            hides_of_a_practice_an_hour: of_one(HOUR),
            dangers_at_once: a_second(),
            requests: a_second(),
            deliveries_at_once: a_second(),
            functions: a_second(),
            set_going: a_second(),
            at_the_door: 0.0,
            to_be_decided: 0.0,
            to_be_done: 0.0,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Post {
    practice: u32,
    kind: usize,
    /// Its author asks for another look, should it be hidden.
    appeals: bool,
    /// By which it falls to a lane of the stream, and to a shard of the index.
    lot: u32,
}

impl Post {
    fn lane<'a>(&self, lanes: &'a mut [Queue<Post>]) -> &'a mut Queue<Post> {
        let lane = self.lot as usize % lanes.len();
        &mut lanes[lane]
    }
}

const HIDDEN: usize = 1;
const DANGER: usize = 3;
const APPEAL: usize = 4;

/// Everything that a post passes.
struct Machine {
    figures: &'static Figures,
    kinds: [Taken; 5],
    wrong: Wrong,
    played: Played,
    random: fastrand::Rng,
    /// The API: deliveries and, without a post, pages.
    door: Queue<Option<Post>>,
    moderate: Vec<Queue<Post>>,
    act: Vec<Queue<Post>>,
    /// Actions that are to be tried again, once `remind` has set them going.
    again: Queue<Post>,
    /// What `webhook`, `moderate` and `act` have of a core.
    core: [f64; 3],
}

/// Plays a day, and the next until nothing waits.
pub(crate) fn play(day: Day) -> Played {
    play_until(day, 2 * DAY)
}

/// Plays a day until a second of it or of the next.
pub(crate) fn play_until(day: Day, end: u32) -> Played {
    let mut machine = Machine::new(day.wrong);
    let mut withheld = Vec::new();
    for now in 0..end {
        let posts = machine.written(day, now);
        machine.played.arrived += u32::try_from(posts.len()).unwrap();
        withheld.extend(posts);
        if !(day.wrong == Wrong::Silent && DOWN.contains(&now)) {
            for post in withheld.drain(..) {
                machine.door.push(now, 1.0, Some(post));
            }
        }
        machine.visits(day, now);
        machine.second(now);
        if now >= DAY && machine.is_idle() {
            break;
        }
    }
    Played {
        waiting: withheld.len() + machine.waiting(),
        ..machine.played()
    }
}

/// Plays three clean posts that come in the same second, two of them at one practice.
pub(crate) fn three_at_once() -> Played {
    let mut machine = Machine::new(Wrong::Nothing);
    for practice in [0, 0, 1] {
        let post = Post {
            practice,
            kind: 0,
            appeals: false,
            lot: 0,
        };
        machine.door.push(0, 1.0, Some(post));
    }
    (0..10).for_each(|now| machine.second(now));
    machine.played()
}

impl Machine {
    fn new(wrong: Wrong) -> Self {
        let World { figures, template } = &*WORLD;
        let (rate, burst) = template.requests().unwrap();
        let lanes = |function: &str| {
            let lanes = u64::from(PARTITIONS) * template.lanes(function).unwrap();
            (0..lanes).map(|_| Queue::new(1.0, 1.0)).collect()
        };
        // The part that is known is that of the functions that say nothing of their memory.
        let core = |function: &str| {
            let memory = |function| small(template.memory(function).unwrap());
            figures.assumed.part_of_a_core * memory(function) / memory("act")
        };
        let set_going = f64::from(u32::from(DUE_SHARDS)) * f64::from(DUE_AT_ONCE);
        Machine {
            figures,
            kinds: figures.posts.named().map(|(_, taken)| taken),
            wrong,
            played: Played::nothing(),
            random: fastrand::Rng::with_seed(1),
            door: Queue::new(small(rate), small(burst)),
            moderate: lanes("moderate"),
            act: lanes("act"),
            again: Queue::new(set_going / 60.0, set_going),
            core: ["webhook", "moderate", "act"].map(core),
        }
    }

    /// Returns what is written in a second.
    fn written(&mut self, day: Day, now: u32) -> Vec<Post> {
        if now >= DAY {
            return Vec::new();
        }
        let all = f64::from(day.practices) * day.posts;
        let usual = all * HOURS[(now / HOUR) as usize] / 100.0 / f64::from(HOUR);
        let story = if day.wrong == Wrong::Story && now >= TOLD {
            let since = f64::from(now - TOLD);
            (STORY - 1.0) * day.posts * (-since / INTEREST_S).exp() / INTEREST_S
        } else {
            0.0
        };
        let (usual, story) = (self.drawn(usual), self.drawn(story));
        let mut posts = Vec::new();
        for nth in 0..usual + story {
            // Assumed: half of what is written is written at a tenth of the practices.
            let some = if self.random.bool() { 10 } else { 1 };
            let of = self.random.u32(..day.practices.div_ceil(some));
            let practice = if nth < usual { of } else { 0 };
            let post = Post {
                practice,
                kind: self.kind(),
                appeals: self.of_hundred(self.figures.assumed.appeals_of_hundred_hidden),
                lot: self.random.u32(..),
            };
            posts.extend((0..day.each).map(|_| post));
        }
        posts
    }

    fn kind(&mut self) -> usize {
        let assumed = &self.figures.assumed;
        let shares = [
            assumed.hidden_of_hundred,
            assumed.complaints_of_hundred,
            assumed.dangers_of_hundred,
        ];
        let mut drawn = self.random.f64() * 100.0;
        for (nth, share) in shares.into_iter().enumerate() {
            if drawn < share {
                return nth + 1;
            }
            drawn -= share;
        }
        0
    }

    fn of_hundred(&mut self, share: f64) -> bool {
        self.random.f64() * 100.0 < share
    }

    /// Draws how often something happens that happens so often on average.
    fn drawn(&mut self, average: f64) -> u32 {
        let (end, mut product, mut count) = ((-average).exp(), self.random.f64(), 0);
        while product > end {
            product *= self.random.f64();
            count += 1;
        }
        count
    }

    fn visits(&mut self, day: Day, now: u32) {
        if VISITS.contains(&now) {
            let seconds = f64::from(VISITS.end - VISITS.start);
            let requests = f64::from(day.practices) * REQUESTS_A_PRACTICE / seconds;
            for _ in 0..self.drawn(requests) {
                self.door.push(now, 1.0, None);
            }
        }
    }

    fn second(&mut self, now: u32) {
        let assumed = &self.figures.assumed;
        let run_s = self.figures.measured.run_s;
        // The door: what is let through runs for a moment.
        let delivery_s = run_s / self.core[0] + 3.0 * assumed.table_call_s;
        let let_in = self.door.serve(now);
        let mut running = small(let_in.len() as u64) * delivery_s;
        self.played.requests.add(now, running / delivery_s);
        let posts: Vec<Post> = let_in.into_iter().flatten().collect();
        let at_once = small(posts.len() as u64) * delivery_s;
        self.played.deliveries_at_once.add(now, at_once);
        for post in posts {
            let taken = self.kinds[post.kind];
            let computed = run_s + self.figures.measured.second_reader_s;
            let work = computed / self.core[1] + f64::from(taken.calls) * assumed.table_call_s;
            post.lane(&mut self.moderate).push(now, work, post);
        }

        let mut decided = Vec::new();
        for lane in self.moderate.iter_mut().filter(|lane| lane.is_busy()) {
            decided.extend(lane.serve(now));
            running += 1.0;
        }
        for post in decided {
            self.decide(post, now);
        }

        let refuses = self.wrong == Wrong::Refuses && DOWN.contains(&now);
        if !refuses {
            for post in self.again.serve(now) {
                self.hand_over(post, now);
            }
        }
        let mut tried = Vec::new();
        for lane in self.act.iter_mut().filter(|lane| lane.is_busy()) {
            tried.extend(lane.serve(now));
            running += 1.0;
        }
        for post in tried {
            if refuses {
                self.again.push(now, 1.0, post);
            } else {
                self.played.done += 1;
            }
        }
        let set_going = small(self.again.len() as u64);
        self.played.set_going.add(now, set_going);
        self.played.functions.add(now, running);
    }

    /// A post is decided, and everything that is written about it is written in this second.
    fn decide(&mut self, post: Post, now: u32) {
        let (mut taken, played) = (self.kinds[post.kind], &mut self.played);
        played.decided += 1;
        if post.kind == DANGER {
            played.dangers += 1;
            played.dangers_at_once.add(now, 1.0);
        }
        if post.kind == HIDDEN {
            played.hidden += 1;
            played.hides_of_a_practice.add(now, post.practice, 1.0);
            let an_hour = &mut played.hides_of_a_practice_an_hour;
            an_hour.add(now, post.practice, 1.0);
            if post.appeals {
                taken.writes += self.kinds[APPEAL].writes;
                taken.reads += self.kinds[APPEAL].reads;
            }
            self.hand_over(post, now);
        }
        // The lot's highest bits, of which the lanes take none.
        let shard = (post.lot >> 16) % u32::from(DUE_SHARDS);
        let (played, Taken { writes, reads, .. }) = (&mut self.played, taken);
        played.writes.add(now, writes);
        played.writes_an_hour.add(now, writes);
        played.writes_of_a_practice.add(now, post.practice, writes);
        played.writes_of_a_due_shard.add(now, shard, writes);
        played.decisions_of_a_practice.add(now, post.practice, 1.0);
        played.reads.add(now, reads);
        played.reads_an_hour.add(now, reads);
    }

    fn hand_over(&mut self, post: Post, now: u32) {
        let taken = self.kinds[post.kind];
        let assumed = &self.figures.assumed;
        let work = self.figures.measured.run_s / self.core[2]
            + f64::from(taken.platform_calls) * assumed.platform_call_s
            + f64::from(taken.calls) * assumed.table_call_s;
        post.lane(&mut self.act).push(now, work, post);
    }

    fn is_idle(&self) -> bool {
        let lanes = self.moderate.iter().chain(&self.act);
        self.door.len() + self.again.len() + lanes.map(Queue::len).sum::<usize>() == 0
    }

    /// Returns how many posts wait to be decided.
    fn waiting(&self) -> usize {
        let lanes = self.moderate.iter().map(Queue::len).sum::<usize>();
        lanes + self.door.waiting().flatten().count()
    }

    fn played(self) -> Played {
        let longest = |lanes: &[Queue<Post>]| lanes.iter().map(|l| l.longest).fold(0.0, f64::max);
        Played {
            at_the_door: self.door.longest,
            to_be_decided: longest(&self.moderate),
            to_be_done: longest(&self.act),
            ..self.played
        }
    }
}

/// Returns a number that is small enough to be exact.
pub(crate) fn small(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}
