//! `cost`: what a month on AWS would cost.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use serde::Deserialize;

const FIGURES: &str = include_str!("../../prices.toml");

/// A month on average.
const DAYS: f64 = 30.4;

/// How much there is to do.
#[derive(Clone, Copy, Debug, Args)]
pub struct Volume {
    /// Practices.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    practices: u32,
    /// Posts of a month, of all practices together; an edit counts as one more.
    #[arg(long)]
    posts: u32,
    /// How many of them are on X, which charges for each that it tells.
    #[arg(long, default_value_t = 0)]
    posts_on_x: u32,
}

/// Prices, and what is reckoned with: see `prices.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    prices: Prices,
    /// What a test measures.
    pub measured: Measured,
    /// What the template says.
    pub template: Deployed,
    assumed: Assumed,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Prices {
    as_of: String,
    write_units_million: f64,
    read_units_million: f64,
    storage_gb: f64,
    backup_gb: f64,
    requests_million: f64,
    arm_gb_second: f64,
    api_requests_million: f64,
    log_gb: f64,
    metric: f64,
    alarm_metric: f64,
    dashboard: f64,
    calls_million: f64,
    secret: f64,
    key: f64,
    traces_million: f64,
    x_post: f64,
    x_author: f64,
    x_answer_most: f64,
}

/// What the sample events take.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    as_of: String,
    /// Write units of a version of a post, from delivery to action.
    pub writes_a_post: f64,
    /// Read units of the same.
    pub reads_a_post: f64,
    /// Read units of a run of `remind` that finds nothing.
    pub reads_a_remind: f64,
    /// Read units of a run of `sweep`, for each channel without news.
    pub reads_a_sweep: f64,
    /// Runs of functions for a version of a post.
    pub runs_a_post: f64,
    /// Calls of the table for the same.
    pub calls_a_post: f64,
    /// Calls of the table of a run of `remind` that finds nothing.
    pub calls_a_remind: f64,
    /// Calls of the table of a run of `sweep`, for each channel without news.
    pub calls_a_sweep: f64,
    /// Seconds that a run takes on a core of its own, everything it calls being near.
    pub run_s: f64,
    /// Seconds of a core that the second reader takes for a post.
    pub second_reader_s: f64,
}

/// What the template says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployed {
    /// Figures that its alarms look at.
    pub alarm_metrics: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Assumed {
    memory_gb: f64,
    part_of_a_core: f64,
    table_call_s: f64,
    platform_call_s: f64,
    platform_calls_a_post: f64,
    log_kb_a_run: f64,
    kept_kb_a_post: f64,
    kept_months: f64,
    channels: f64,
    metrics: f64,
    metrics_a_practice: f64,
}

impl Figures {
    /// Reads the figures that come with the program.
    pub fn shipped() -> Result<Self> {
        toml::from_str(FIGURES).context("prices.toml does not read")
    }

    /// Returns what each thing costs in a month, in US dollars.
    fn bill(&self, volume: Volume) -> Vec<(&'static str, f64)> {
        let (prices, measured, assumed) = (&self.prices, &self.measured, &self.assumed);
        let (practices, posts) = (f64::from(volume.practices), f64::from(volume.posts));
        // Four times an hour it is looked whether a sweep was left unfinished, which takes one
        // read.
        let (reminds, sweeps, looks) = (DAYS * 24.0 * 60.0, DAYS * 24.0, DAYS * 24.0 * 4.0);
        let runs = posts * measured.runs_a_post + reminds + sweeps + looks;
        let polls = sweeps * practices * assumed.channels;
        let calls = posts * measured.calls_a_post
            + reminds * measured.calls_a_remind
            + looks
            + polls * measured.calls_a_sweep;
        let platform_calls = posts * assumed.platform_calls_a_post + polls;
        let seconds = (runs * measured.run_s + posts * measured.second_reader_s)
            / assumed.part_of_a_core
            + calls * assumed.table_call_s
            + platform_calls * assumed.platform_call_s;
        let reads = posts * measured.reads_a_post
            + reminds * measured.reads_a_remind
            + looks
            + polls * measured.reads_a_sweep;
        let kept_gb = posts * assumed.kept_months * assumed.kept_kb_a_post / 1e6;
        vec![
            (
                "the table: writes",
                posts * measured.writes_a_post / 1e6 * prices.write_units_million,
            ),
            ("the table: reads", reads / 1e6 * prices.read_units_million),
            (
                "the table: what is kept, and its backup",
                kept_gb * (prices.storage_gb + prices.backup_gb),
            ),
            ("functions: runs", runs / 1e6 * prices.requests_million),
            (
                "functions: time",
                seconds * assumed.memory_gb * prices.arm_gb_second,
            ),
            ("the API", posts / 1e6 * prices.api_requests_million),
            ("logs", runs * assumed.log_kb_a_run / 1e6 * prices.log_gb),
            ("traces", runs / 1e6 * prices.traces_million),
            (
                "figures",
                (assumed.metrics + practices * assumed.metrics_a_practice) * prices.metric,
            ),
            (
                "alarms",
                f64::from(self.template.alarm_metrics) * prices.alarm_metric,
            ),
            (
                "the trail of who called the table",
                calls / 1e6 * prices.calls_million,
            ),
            ("the dashboard", prices.dashboard),
            (
                "secrets",
                (1.0 + practices * assumed.channels) * prices.secret,
            ),
            ("the key that encrypts everything", prices.key),
            (
                "X, for each post and its author",
                f64::from(volume.posts_on_x) * (prices.x_post + prices.x_author),
            ),
        ]
    }
}

/// Prints the bill of a month.
pub fn cost(volume: &Volume) -> Result<ExitCode> {
    let figures = Figures::shipped()?;
    let bill = figures.bill(*volume);
    say!(
        "A month with {} practices and {} posts, in US dollars: prices of London as of {}, units, runs and times \
         measured on {}.",
        volume.practices,
        volume.posts,
        figures.prices.as_of,
        figures.measured.as_of
    );
    for (what, dollars) in &bill {
        say!("{what:<42} {dollars:>9.2}");
    }
    let all: f64 = bill.iter().map(|(_, dollars)| dollars).sum();
    if volume.posts_on_x == 0 {
        let Prices {
            x_post,
            x_author,
            x_answer_most,
            ..
        } = figures.prices;
        say!(
            "X charges by itself: {x_post} for each post that it tells, {x_author} for its author, up to {x_answer_most} \
             for an answer. Say how many with --posts-on-x."
        );
    }
    say!("{:<42} {all:>9.2}", "together");
    say!(
        "{:<42} {:>9.2}",
        "for each practice",
        all / f64::from(volume.practices.max(1))
    );
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(practices: u32, posts: u32) -> f64 {
        let bill = Figures::shipped().unwrap().bill(Volume {
            practices,
            posts,
            posts_on_x: 0,
        });
        bill.iter().map(|(_, dollars)| dollars).sum()
    }

    #[test]
    fn a_bill_grows_with_what_there_is_to_do() {
        assert!(all(5, 1_000) > all(5, 100));
        assert!(all(50, 1_000) > all(5, 1_000));
        // The table's writes are what grows with posts: a million of them are this many units.
        let writes = Figures::shipped().unwrap().measured.writes_a_post;
        assert!(all(1, 1_000_000) > writes * 0.7);
    }
}
