//! What each day asks of each thing, as a table.

use std::fmt::Write as _;
use std::time::Duration;

use pagewarden_cli::command::cost::Volume;

use crate::day::{DAYS, Day, POSTS_A_MONTH, Played, WORLD, Wrong, play, small};
use crate::things::things;

/// All practices of England, and ten times as many.
const PRACTICES: [u32; 2] = [6_200, 62_000];

/// What an anchor takes, which no test measures: four calls of the table, and one of the bucket.
const ANCHOR_CALLS: f64 = 5.0;

/// How often what is left over of a round is gone on with.
const LEFT_OVER_S: f64 = 900.0;

/// A day and what is not played of it, because it follows from how many practices there are.
pub(crate) struct Seen {
    practices: u32,
    /// How the day goes, and each way in which it goes wrong.
    days: Vec<Played>,
}

impl Seen {
    pub(crate) fn most(&self, of: impl Fn(&Played) -> f64) -> f64 {
        self.days.iter().map(of).fold(0.0, f64::max)
    }

    pub(crate) fn practices(&self) -> f64 {
        f64::from(self.practices)
    }

    pub(crate) fn channels(&self) -> f64 {
        self.practices() * WORLD.figures.assumed.channels
    }

    /// Returns the seconds that a round of one platform's channels takes, each of them on it.
    pub(crate) fn round_s(&self) -> f64 {
        let (assumed, measured) = (&WORLD.figures.assumed, &WORLD.figures.measured);
        let one = assumed.platform_call_s + measured.calls_a_sweep * assumed.table_call_s;
        paused(self.practices() * one / small(sweep::AT_ONCE as u64))
    }

    pub(crate) fn google_round_s(&self) -> f64 {
        paused(self.practices() * seconds(sweep::TURN.unsigned_abs()))
    }

    /// Returns the seconds that the daily run takes for its busiest minute, which has a few more
    /// practices than the others.
    pub(crate) fn daily_s(&self) -> f64 {
        let usual = self.practices() / f64::from(remind::SPREAD_MINUTES);
        let most = usual + 3.0 * usual.sqrt();
        most * remind_s(WORLD.figures.measured.calls_a_day + ANCHOR_CALLS)
    }

    /// Returns the seconds until every digest is written: a run begins each minute, and has a part
    /// of it for them.
    pub(crate) fn digests_s(&self) -> f64 {
        self.practices() * digest_s() * 60.0 / seconds(remind::DIGESTS_FOR)
    }

    pub(crate) fn dollars(&self) -> f64 {
        let posts = self.days.iter().map(|day| day.arrived).max().unwrap();
        WORLD.figures.month(Volume {
            practices: self.practices,
            posts: posts * 30,
            posts_on_x: 0,
        })
    }
}

/// Returns how long something takes of which a run does as much as it has time for, and the
/// next goes on when the schedule sets it going.
fn paused(work_s: f64) -> f64 {
    let time = WORLD.template.timeout("sweep").unwrap();
    let time = time.saturating_sub(sweep::LAST_MINUTE);
    let runs = (work_s / seconds(time)).floor();
    runs * LEFT_OVER_S + work_s - runs * seconds(time)
}

/// Returns the seconds that so many calls of the table take, with what is computed for them.
fn remind_s(calls: f64) -> f64 {
    let (assumed, measured) = (&WORLD.figures.assumed, &WORLD.figures.measured);
    calls * assumed.table_call_s + measured.run_s / assumed.part_of_a_core
}

/// Returns the seconds that a practice's digest takes, with its e-mails.
pub(crate) fn digest_s() -> f64 {
    remind_s(WORLD.figures.measured.calls_a_digest)
}

pub(crate) fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

/// Plays a day as it goes and, where it goes wrong, in each way that it may.
fn seen(practices: u32, wrong: &[Wrong]) -> Seen {
    let days = wrong.iter().map(|wrong| {
        play(Day {
            practices,
            posts: POSTS_A_MONTH / DAYS,
            each: 1,
            wrong: *wrong,
        })
    });
    Seen {
        practices,
        days: days.collect(),
    }
}

/// Returns the table of what each day asks of each thing: a usual one, one with ten times as many
/// practices, and the worst of the bad ones with each.
pub(crate) fn table() -> String {
    let bad = [Wrong::Story, Wrong::Silent, Wrong::Refuses];
    let kinds: [&[Wrong]; 2] = [&[Wrong::Nothing], &bad];
    let days = kinds.map(|wrong| PRACTICES.map(|practices| seen(practices, wrong)));
    let mut table = "| what | limit | a day | ten times | a bad day | ten times | when it is passed | what to turn |\n\
                     | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for thing in things() {
        let used = days.as_flattened().iter().map(|seen| {
            let used = (thing.used)(seen);
            if used > thing.limit {
                format!("**{}**", said(used))
            } else {
                said(used)
            }
        });
        let used = used.collect::<Vec<_>>().join(" | ");
        let limit = Some(thing.limit).filter(|limit| limit.is_finite());
        let limit = limit.map(said).unwrap_or_default();
        let (what, passed, turn) = (thing.what, thing.passed, thing.turn);
        writeln!(table, "| {what} | {limit} | {used} | {passed} | {turn} |").unwrap();
    }
    table
}

/// Returns a number as people read it.
fn said(number: f64) -> String {
    if number < 10.0 {
        return format!("{number:.1}").trim_end_matches(".0").to_owned();
    }
    let digits = format!("{number:.0}");
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| str::from_utf8(group).unwrap())
        .collect();
    groups.join(",")
}
