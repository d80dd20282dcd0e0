//! What came of it in words: a sentence for each way in which posts would be decided otherwise, and
//! tables by clause and by place.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use pagewarden_present::words;
use pagewarden_rules::{By, Effect, Platform, TaskKind};

use crate::Backtest;
use crate::compare::{Change, Kind, Outcome};

/// How often something would happen more and less than it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The clause; empty for what the safe floor asks.
    pub clause: String,
    /// What would happen, and by whom.
    pub what: String,
    /// Posts to which it would happen and did not.
    pub more: usize,
    /// Posts to which it did and would not.
    pub fewer: usize,
}

/// A number of posts, with the word.
fn posts(count: usize) -> String {
    match count {
        1 => "1 post".to_owned(),
        _ => format!("{count} posts"),
    }
}

impl Backtest {
    /// Returns `true` if nothing would be otherwise.
    #[must_use]
    pub const fn is_the_same(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns the changes of a kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Change> {
        self.changes
            .iter()
            .filter(move |change| change.kinds().contains(&kind))
    }

    fn days(&self) -> i64 {
        self.until.duration_since(self.since).as_hours() / 24
    }

    /// Returns what it comes to, a sentence each, what matters most first.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let of = |kind: Kind| self.of(kind).collect::<Vec<_>>();
        let shown = |changes: &[&Change], shown: bool| {
            let decided = changes.iter();
            decided
                .filter(|change| change.people.shown == Some(shown))
                .count()
        };
        let complaints = |changes: &[&Change]| {
            let said = changes.iter();
            said.filter(|change| change.people.complaint == Some(true))
                .count()
        };
        let mut lines = Vec::new();
        if self.changes.is_empty() {
            lines.push("Nothing would have been decided otherwise.".to_owned());
        }
        let days = self.days();
        let hidden = of(Kind::Hidden);
        if !hidden.is_empty() {
            lines.push(format!(
                "{} of the last {days} days would have been hidden that were not; people kept {} of them, and said of {} that it is a complaint.",
                posts(hidden.len()),
                shown(&hidden, true),
                complaints(&hidden)
            ));
        }
        let not_hidden = of(Kind::NotHidden);
        if !not_hidden.is_empty() {
            lines.push(format!(
                "{} that were hidden would not have been; people left {} of them hidden or deleted it, and showed {} again.",
                posts(not_hidden.len()),
                shown(&not_hidden, false),
                shown(&not_hidden, true)
            ));
        }
        for (kind, what) in [
            (
                Kind::Paged,
                "somebody would have been alerted, and nobody was",
            ),
            (
                Kind::NotPaged,
                "nobody would have been alerted, and somebody was",
            ),
            (
                Kind::Asked,
                "a person would have been asked, and nobody was",
            ),
            (
                Kind::NotAsked,
                "nobody would have been asked, and a person was",
            ),
            (
                Kind::Otherwise,
                "something else would have been otherwise: another clause, answer or question",
            ),
        ] {
            let changes = of(kind);
            if !changes.is_empty() {
                lines.push(format!("About {} {what}.", posts(changes.len())));
            }
        }
        lines
    }

    /// Returns what was looked at and what could not be, a sentence each.
    #[must_use]
    pub fn looked_at(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "Looked at {} versions of {} of the last {} days. A post that broke nothing is on record for 30 days.",
            self.versions,
            posts(self.posts),
            self.days()
        )];
        if self.cut {
            lines.push("There are older ones that were not looked at.".to_owned());
        }
        if self.restricted > 0 {
            lines.push(format!(
                "Left out {}, as asked by who wrote it: what is held about them is kept and not used.",
                posts(self.restricted)
            ));
        }
        if self.without_words > 0 {
            let how = if self.read_again {
                "could not be read again: what was found in them then was judged"
            } else {
                "are judged by what was found in them then, as all are"
            };
            lines.push(format!(
                "{} have no words any more, because they were let go: they {how}.",
                self.without_words
            ));
        }
        if self.not_judged > 0 {
            lines.push(format!(
                "{} could not be judged when they came, and are left out.",
                self.not_judged
            ));
        }
        if self.not_repeated > 0 {
            lines.push(format!(
                "{} would be decided otherwise by their own policy today, because the program has changed since.",
                self.not_repeated
            ));
        }
        lines
    }

    /// Returns how often each effect would happen more and less, by the clause that asks for it.
    #[must_use]
    pub fn by_clause(&self) -> Vec<Row> {
        let mut rows: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
        for change in &self.changes {
            let (before, after) = (lines(&change.before), lines(&change.after));
            for line in after.iter().filter(|line| !before.contains(line)) {
                rows.entry(line.clone()).or_default().0 += 1;
            }
            for line in before.iter().filter(|line| !after.contains(line)) {
                rows.entry(line.clone()).or_default().1 += 1;
            }
        }
        let row = |((clause, what), (more, fewer))| Row {
            clause,
            what,
            more,
            fewer,
        };
        rows.into_iter().map(row).collect()
    }

    /// Returns how many posts would be decided otherwise on each platform.
    #[must_use]
    pub fn by_platform(&self) -> Vec<(Platform, usize)> {
        let mut counts: BTreeMap<Platform, usize> = BTreeMap::new();
        for change in &self.changes {
            *counts.entry(change.platform).or_default() += 1;
        }
        counts.into_iter().collect()
    }
}

/// Returns what happens, each with the clause that asks for it.
fn lines(outcome: &Outcome) -> Vec<(String, String)> {
    let line = |(effect, by, clause): &(Effect, By, Option<String>)| {
        let who = match by {
            By::Machine => "by the program",
            By::Person => "by a person",
        };
        (
            clause.clone().unwrap_or_default(),
            format!("{}, {who}", effect.plain()),
        )
    };
    outcome.effects.iter().map(line).collect()
}

impl Change {
    /// Returns what it was and would be, in words.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("{}; would be {}", told(&self.before), told(&self.after))
    }
}

/// Returns what an outcome is, in words: the disposition, the clauses and what people are asked.
fn told(outcome: &Outcome) -> String {
    let clauses: Vec<&str> = outcome
        .clauses
        .iter()
        .map(|clause| clause.id.as_str())
        .collect();
    let mut told = words::disposition(outcome.disposition).to_owned();
    if !clauses.is_empty() {
        told.push_str(" under ");
        told.push_str(&clauses.join(", "));
    }
    let asked: Vec<&str> = outcome
        .tasks
        .iter()
        .map(|kind: &TaskKind| words::task(*kind))
        .collect();
    if !asked.is_empty() {
        told = format!("{told} ({})", asked.join("; "));
    }
    told
}

impl Display for Backtest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.sentences().iter().chain(&self.looked_at()) {
            writeln!(f, "{line}")?;
        }
        let rows = self.by_clause();
        if !rows.is_empty() {
            writeln!(
                f,
                "\n{:<8} {:<48} {:>5} {:>5}",
                "clause", "what", "more", "fewer"
            )?;
        }
        for row in rows {
            let clause = if row.clause.is_empty() {
                "-"
            } else {
                &row.clause
            };
            writeln!(
                f,
                "{clause:<8} {:<48} {:>5} {:>5}",
                row.what, row.more, row.fewer
            )?;
        }
        for (platform, count) in self.by_platform() {
            writeln!(f, "{}: {}", words::platform(platform), posts(count))?;
        }
        Ok(())
    }
}
