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
    pub practices: u32,
    /// Posts of a month, of all practices together; an edit counts as one more.
    #[arg(long)]
    pub posts: u32,
    /// How many of them are on X, which charges for each that it tells.
    #[arg(long, default_value_t = 0)]
    pub posts_on_x: u32,
}

/// Prices, and what is reckoned with: see `prices.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    prices: Prices,
    /// What a post takes, which a test measures.
    pub posts: Posts,
    /// What the schedule takes, which a test measures.
    pub measured: Measured,
    /// What the template says.
    pub template: Deployed,
    /// What cannot be measured on a laptop.
    pub assumed: Assumed,
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
    thousand_emails: f64,
    text: f64,
    pounds_a_dollar: f64,
}

/// What each kind of post takes, from its delivery to what comes of it by itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Posts {
    as_of: String,
    /// Breaks nothing.
    pub clean: Taken,
    /// Is hidden by the machine, which the platform then tells of.
    pub hidden: Taken,
    /// Is a complaint that stays up.
    pub complaint: Taken,
    /// Somebody may be in danger, and people are told once.
    pub danger: Taken,
    /// An author asks for another look at a hidden post, and it is shown again: what comes on top of
    /// the hidden post.
    pub appeal: Taken,
}

/// What one post takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// Write request units of the table, those of its indexes with them.
    pub writes: f64,
    /// Read request units.
    pub reads: f64,
    /// Calls of the table.
    pub calls: u32,
    /// Runs of functions.
    pub runs: u32,
    /// Calls of the platform.
    pub platform_calls: u32,
    /// E-mails to people of the practice.
    pub emails: u32,
    /// Text messages to them.
    pub texts: u32,
}

impl Posts {
    /// Returns the kinds with their names, the most frequent first.
    #[must_use]
    pub fn named(&self) -> [(&'static str, Taken); 5] {
        [
            ("clean", self.clean),
            ("hidden", self.hidden),
            ("complaint", self.complaint),
            ("danger", self.danger),
            ("appeal", self.appeal),
        ]
    }
}

/// What the schedule and the readers take.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    as_of: String,
    /// Read units of a run of `remind` that finds nothing.
    pub reads_a_remind: f64,
    /// Read units of a run of `sweep`, for each channel without news.
    pub reads_a_sweep: f64,
    /// Calls of the table of a run of `remind` that finds nothing.
    pub calls_a_remind: f64,
    /// Calls of the table of a run of `sweep`, for each channel without news.
    pub calls_a_sweep: f64,
    /// Calls of the table for what is done once a day for a practice, but for its anchor.
    pub calls_a_day: f64,
    /// Calls of the table for a practice's digest, with what sends it.
    pub calls_a_digest: f64,
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

/// What cannot be measured on a laptop: `prices.toml` says what was assumed instead.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumed {
    memory_gb: f64,
    /// What a function has of a core.
    pub part_of_a_core: f64,
    /// Seconds that a call of the table takes.
    pub table_call_s: f64,
    /// Seconds that a call of a platform takes.
    pub platform_call_s: f64,
    /// Posts that are hidden.
    pub hidden_of_hundred: f64,
    /// Posts that are complaints.
    pub complaints_of_hundred: f64,
    /// Posts that alert somebody.
    pub dangers_of_hundred: f64,
    /// Hidden posts whose authors ask for another look.
    pub appeals_of_hundred_hidden: f64,
    /// E-mails that go to a practice's people, most of them digests.
    pub emails_a_practice_a_day: f64,
    log_kb_a_run: f64,
    kept_kb_a_post: f64,
    kept_months: f64,
    /// Accounts of a practice.
    pub channels: f64,
    metrics: f64,
    metrics_a_practice: f64,
}

impl Figures {
    /// Reads the figures that come with the program.
    pub fn shipped() -> Result<Self> {
        toml::from_str(FIGURES).context("prices.toml does not read")
    }

    /// Returns what all posts of a month take together of something that each kind takes.
    fn of_posts(&self, posts: f64, of_one: impl Fn(&Taken) -> f64) -> f64 {
        let (kinds, assumed) = (&self.posts, &self.assumed);
        let hidden = assumed.hidden_of_hundred / 100.0;
        let complaints = assumed.complaints_of_hundred / 100.0;
        let dangers = assumed.dangers_of_hundred / 100.0;
        let appeals = hidden * assumed.appeals_of_hundred_hidden / 100.0;
        let one = of_one(&kinds.clean) * (1.0 - hidden - complaints - dangers)
            + of_one(&kinds.hidden) * hidden
            + of_one(&kinds.complaint) * complaints
            + of_one(&kinds.danger) * dangers
            + of_one(&kinds.appeal) * appeals;
        posts * one
    }

    /// Returns what a text message costs, in US dollars.
    #[must_use]
    pub const fn text_dollars(&self) -> f64 {
        self.prices.text
    }

    /// Returns what a month costs, in US dollars.
    #[must_use]
    pub fn month(&self, volume: Volume) -> f64 {
        self.bill(volume).iter().map(|(_, dollars)| dollars).sum()
    }

    /// Returns what each thing costs in a month, in US dollars.
    fn bill(&self, volume: Volume) -> Vec<(&'static str, f64)> {
        let (prices, measured, assumed) = (&self.prices, &self.measured, &self.assumed);
        let (practices, posts) = (f64::from(volume.practices), f64::from(volume.posts));
        let of_posts = |of_one: fn(&Taken) -> f64| self.of_posts(posts, of_one);
        // Four times an hour it is looked whether a sweep was left unfinished, which takes one
        // read.
        let (reminds, sweeps, looks) = (DAYS * 24.0 * 60.0, DAYS * 24.0, DAYS * 24.0 * 4.0);
        let runs_of_posts = of_posts(|taken| f64::from(taken.runs));
        let runs = runs_of_posts + reminds + sweeps + looks;
        let polls = sweeps * practices * assumed.channels;
        let calls = of_posts(|taken| f64::from(taken.calls))
            + reminds * measured.calls_a_remind
            + looks
            + polls * measured.calls_a_sweep;
        let platform_calls = of_posts(|taken| f64::from(taken.platform_calls)) + polls;
        let seconds = (runs * measured.run_s + posts * measured.second_reader_s)
            / assumed.part_of_a_core
            + calls * assumed.table_call_s
            + platform_calls * assumed.platform_call_s;
        let writes = of_posts(|taken| taken.writes);
        let reads = of_posts(|taken| taken.reads)
            + reminds * measured.reads_a_remind
            + looks
            + polls * measured.reads_a_sweep;
        let kept_gb = posts * assumed.kept_months * assumed.kept_kb_a_post / 1e6;
        let emails = of_posts(|taken| f64::from(taken.emails))
            + DAYS * practices * assumed.emails_a_practice_a_day;
        let texts = of_posts(|taken| f64::from(taken.texts));
        vec![
            (
                "the table: writes",
                writes / 1e6 * prices.write_units_million,
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
            // Some of these runs are the stream's, so it is less.
            ("the API", runs_of_posts / 1e6 * prices.api_requests_million),
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
                "e-mails to people (SES)",
                emails / 1e3 * prices.thousand_emails,
            ),
            ("text messages to people (SNS)", texts * prices.text),
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
    let Figures {
        prices, assumed, ..
    } = &figures;
    let bill = figures.bill(*volume);
    say!(
        "A month with {} practices and {} posts: prices of London as of {}, what posts take measured on {}, the \
         schedule and times on {}.",
        volume.practices,
        volume.posts,
        prices.as_of,
        figures.posts.as_of,
        figures.measured.as_of
    );
    say!(
        "Assumed: of a hundred posts {} are hidden, {} are complaints and {} alert somebody; of a hundred hidden ones {} \
         are looked at again; a dollar is {} pounds.",
        assumed.hidden_of_hundred,
        assumed.complaints_of_hundred,
        assumed.dangers_of_hundred,
        assumed.appeals_of_hundred_hidden,
        prices.pounds_a_dollar
    );
    let line = |what: &str, dollars: f64| {
        say!(
            "{what:<42} {dollars:>9.2} {:>9.2}",
            dollars * prices.pounds_a_dollar
        );
    };
    say!("{:<42} {:>9} {:>9}", "", "US$", "£");
    for (what, dollars) in &bill {
        line(what, *dollars);
    }
    let all: f64 = bill.iter().map(|(_, dollars)| dollars).sum();
    if volume.posts_on_x == 0 {
        let Prices {
            x_post,
            x_author,
            x_answer_most,
            ..
        } = prices;
        say!(
            "X charges by itself: US$ {x_post} for each post that it tells, {x_author} for its author, up to \
             {x_answer_most} for an answer. Say how many with --posts-on-x."
        );
    }
    line("together", all);
    line(
        "for each practice",
        all / f64::from(volume.practices.max(1)),
    );
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(practices: u32, posts: u32) -> f64 {
        Figures::shipped().unwrap().month(Volume {
            practices,
            posts,
            posts_on_x: 0,
        })
    }

    #[test]
    fn a_bill_grows_with_what_there_is_to_do() {
        assert!(all(5, 1_000) > all(5, 100));
        assert!(all(50, 1_000) > all(5, 1_000));
        // Of a million posts each takes at least what a clean one takes.
        let writes = Figures::shipped().unwrap().posts.clean.writes;
        assert!(all(1, 1_000_000) > writes * 0.7);
    }

    #[test]
    fn a_bill_counts_every_kind_of_post_by_its_share() {
        let figures = Figures::shipped().unwrap();
        let emails = figures.of_posts(1_000.0, |taken| f64::from(taken.emails));
        let dangers = 10.0 * figures.assumed.dangers_of_hundred;
        assert!(
            emails >= dangers && dangers > 0.0,
            "{emails} e-mails, {dangers} times danger"
        );
        let posts = figures.of_posts(1_000.0, |_| 1.0);
        let appeals =
            0.1 * figures.assumed.hidden_of_hundred * figures.assumed.appeals_of_hundred_hidden;
        assert!(
            (posts - 1_000.0 - appeals).abs() < 1e-6,
            "each post is of one kind, and an appeal comes on top: {posts}"
        );
    }
}
