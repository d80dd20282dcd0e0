//! Each thing of which there is only so much: how much, what a day uses of it, what happens when that
//! is more, and what is turned then.

use pagewarden_ledger::{DUE_AT_ONCE, DUE_SHARDS, UNDECIDED_AFTER_S};
use pagewarden_policies::Settings;

use crate::day::{DAYS, PARTITIONS, WORLD, small};
use crate::limits::{Seen, digest_s, seconds};

/// What one partition of the table takes in a second. Amazon DynamoDB Developer Guide, "Designing
/// partition keys", read in November 2026.
const PARTITION_WRITES: f64 = 1_000.0;
const PARTITION_READS: f64 = 3_000.0;
/// What an item of the list of channels comes to, its key in its longest form: a location of Google.
const LISTED_BYTES: f64 = 160.0;
/// Bytes of a read unit, read as consistently as the list is.
const READ_UNIT: f64 = 4_096.0;
/// Functions that an account runs at the same time, once that was asked for; a new one runs 10
/// (infra/README.md).
const FUNCTIONS: f64 = 1_000.0;
/// Google's calls a minute (infra/setup/google.md).
const GOOGLE_A_MINUTE: f64 = 300.0;
/// Facebook's calls a day for each person who engages with a page (infra/setup/facebook.md; Meta's
/// "Rate Limits", read in November 2026): of a page with one.
const PAGE_A_DAY: f64 = 4_800.0;
/// What X's self-serve plan has of subscriptions, and what an account takes (infra/setup/x.md).
const SUBSCRIPTIONS: f64 = 1_500.0;
const SUBSCRIPTIONS_AN_ACCOUNT: f64 = 4.0;
/// Practices that are on X. Assumed.
const ON_X: f64 = 0.1;
/// E-mails in a day and in a second, as accounts usually get them outside of SES's sandbox, which has
/// 200 and 1: of pages about SES, since AWS says that it varies. Read in November 2026.
const EMAILS_A_DAY: f64 = 50_000.0;
const EMAILS_A_SECOND: f64 = 14.0;
/// What SNS spends on text messages in a month until more is asked for, in dollars.
const TEXT_DOLLARS: f64 = 1.0;

/// A thing of which there is only so much.
pub(crate) struct Thing {
    pub(crate) what: &'static str,
    /// How much there is; infinite where it is only shown.
    pub(crate) limit: f64,
    pub(crate) used: fn(&Seen) -> f64,
    pub(crate) passed: &'static str,
    pub(crate) turn: &'static str,
}

/// Makes a list of them: each with its name, limit and use, what happens when it is passed, and what to
/// turn.
macro_rules! things {
    ($($what:literal: $limit:expr => $used:expr; $passed:literal, $turn:literal;)*) => {
        vec![$(Thing {
            what: $what,
            limit: $limit,
            used: $used,
            passed: $passed,
            turn: $turn,
        }),*]
    };
}

/// Returns all of them.
pub(crate) fn things() -> Vec<Thing> {
    let all = [of_table(), of_functions(), of_platforms(), of_notices()];
    all.into_iter().flatten().collect()
}

/// The table, and its hot places.
fn of_table() -> Vec<Thing> {
    things! {
        "the table: write units a second": f64::from(PARTITIONS) * PARTITION_WRITES =>
            |seen| seen.most(|day| day.writes.most);
            "writes are refused and tried again", "nothing: it grows by itself, or is warmed before";
        "the table: write units in the busiest hour": f64::INFINITY =>
            |seen| seen.most(|day| day.writes_an_hour.most);
            "", "";
        "the table: read units a second, by posts": f64::from(PARTITIONS) * PARTITION_READS =>
            |seen| seen.most(|day| day.reads.most);
            "reads are refused and tried again", "nothing: it grows by itself";
        "the table: read units in the busiest hour, with the sweeps": f64::INFINITY =>
            |seen| {
                let sweeps = seen.channels() * WORLD.figures.measured.reads_a_sweep;
                seen.most(|day| day.reads_an_hour.most) + sweeps
            };
            "", "";
        "a shard of the `due` index: write units a second, at most": PARTITION_WRITES =>
            |seen| seen.most(|day| day.writes_of_a_due_shard.most);
            "every write that is listed there waits", "`DUE_SHARDS`";
        "a practice's chain, counters and limits: write units a second, at most": PARTITION_WRITES =>
            |seen| seen.most(|day| day.writes_of_a_practice.most);
            "that practice waits", "counters in shards";
        "a practice's counters: decisions a second, one after the other": 1.0 / WORLD.figures.assumed.table_call_s =>
            |seen| seen.most(|day| day.decisions_of_a_practice.most);
            "transactions collide, and are tried 8 times", "counters in shards";
        "the list of channels: read units of a reading, which may be in a second": PARTITION_READS =>
            |seen| seen.channels() * LISTED_BYTES / READ_UNIT;
            "the reading takes seconds", "a list a platform";
    }
}

/// The way in, the stream and the functions.
fn of_functions() -> Vec<Thing> {
    things! {
        "the API: requests a second": small(WORLD.template.requests().unwrap().0) =>
            |seen| seen.most(|day| day.requests.most);
            "deliveries come again later; pages fail", "`RequestsPerSecond`";
        "the longest that a delivery waits for the API, minutes": f64::INFINITY =>
            |seen| seen.most(|day| day.at_the_door) / 60.0;
            "", "";
        "webhook: deliveries at once": small(WORLD.template.at_once("webhook").unwrap()) =>
            |seen| seen.most(|day| day.deliveries_at_once.most);
            "deliveries come again later", "`WebhookConcurrency`";
        "the stream to `moderate`: seconds behind": small(UNDECIDED_AFTER_S.unsigned_abs()) =>
            |seen| seen.most(|day| day.to_be_decided);
            "`remind` sets posts going that are on their way", "`ParallelizationFactor`, up to 10";
        "the stream to `act`: seconds behind": small(UNDECIDED_AFTER_S.unsigned_abs()) =>
            |seen| seen.most(|day| day.to_be_done);
            "hiding comes late", "`ParallelizationFactor`, up to 10";
        "`remind`: actions that wait to be set going again, of a run": f64::from(u32::from(DUE_SHARDS)) * f64::from(DUE_AT_ONCE) =>
            |seen| seen.most(|day| day.set_going.most);
            "the rest waits for the next minutes", "`DUE_AT_ONCE`";
        "`remind`: seconds of the daily work's busiest minute": seconds(WORLD.template.timeout("remind").unwrap()) =>
            Seen::daily_s;
            "it is killed, and what it had not come to waits a day", "`SPREAD_MINUTES`";
        "`remind`: minutes until every digest is written": 60.0 =>
            |seen| seen.digests_s() / 60.0;
            "the last digests come in the course of the morning", "`MemorySize` of `remind`";
        "functions at once, in the account": FUNCTIONS =>
            |seen| seen.most(|day| day.functions.most);
            "functions are turned away", "the account's quota";
        "`sweep`: minutes of a round of one page a practice": 60.0 =>
            |seen| seen.round_s() / 60.0;
            "what webhooks missed is found every few hours", "`AT_ONCE` of `sweep`";
        "`sweep`: minutes of a round of Google's locations": 60.0 =>
            |seen| seen.google_round_s() / 60.0;
            "new reviews are seen every few hours", "a higher quota of Google, or its pushes";
    }
}

/// The platforms.
fn of_platforms() -> Vec<Thing> {
    things! {
        "Google: calls in a minute, of the app": GOOGLE_A_MINUTE =>
            |_| 60.0 / seconds(sweep::TURN.unsigned_abs());
            "it is refused until the next minute", "`TURN`";
        "Facebook: calls in a day, of the busiest page if it has one engaged person": PAGE_A_DAY =>
            |seen| {
                let swept = 24.0 + 3.0;
                let hides = seen.most(|day| day.hides_of_a_practice.most);
                swept + hides * f64::from(WORLD.figures.posts.hidden.platform_calls)
            };
            "that page waits; Meta counts by page, not by app", "nothing";
        "X: subscriptions, if a tenth of practices is on X": SUBSCRIPTIONS =>
            |seen| seen.practices() * ON_X * SUBSCRIPTIONS_AN_ACCOUNT;
            "posts of further accounts are found by the hourly poll", "X's Enterprise plan, or a second app";
    }
}

/// What sends notices, what a practice allows, and the bill.
fn of_notices() -> Vec<Thing> {
    things! {
        "SES: e-mails in a day": EMAILS_A_DAY =>
            |seen| {
                let told = seen.most(|day| f64::from(day.dangers));
                seen.practices() * WORLD.figures.assumed.emails_a_practice_a_day + told
            };
            "it refuses, also what is about danger; `NoticeFailed`", "SES's quota";
        "SES: e-mails in a second": EMAILS_A_SECOND =>
            |seen| {
                let told = seen.most(|day| day.dangers_at_once.most);
                WORLD.figures.assumed.emails_a_practice_a_day / digest_s() + told
            };
            "it refuses, and each is sent again two minutes later", "SES's quota";
        "SNS: dollars for text messages in a month": TEXT_DOLLARS =>
            |seen| seen.most(|day| f64::from(day.dangers)) * DAYS * WORLD.figures.text_dollars();
            "no text message is sent until the month is over", "the spending limit, before the first practice";
        "the busiest practice: hides in an hour": f64::from(Settings::default().caps.acts_per_hour) =>
            |seen| seen.most(|day| day.hides_of_a_practice_an_hour.most);
            "meant so: the rule stops, and people decide", "`caps.acts_per_hour`";
        "dollars in a month": f64::INFINITY =>
            Seen::dollars;
            "", "";
    }
}
