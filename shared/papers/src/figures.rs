//! The measured figures, read from the tables that their measurements wrote.

use pagewarden_rules::Sense;

use crate::PapersError;

const LEFT_OUT: &str = include_str!("../../encoder/docs/left-out.md");
const FAIRNESS: &str = include_str!("../../encoder/docs/fairness.md");

/// How right the readers are.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) labels: Vec<Label>,
    /// Of 100 posts in which somebody is in danger: how many alert somebody at once.
    pub(crate) at_once: u32,
    /// The same with those that stand at the head of the day's list.
    pub(crate) early: u32,
    /// Of 1,000 calm posts: how many raise a false alert.
    pub(crate) false_alerts: u32,
    pub(crate) groups: Vec<Group>,
}

/// What was measured of one thing that a text can be about. Percentages.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) what: String,
    pub(crate) posts: u32,
    pub(crate) precision: u32,
    pub(crate) recall: u32,
}

/// How much is found of sentences of one kind of writing. Percentages.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) found: u32,
    pub(crate) danger: u32,
}

impl Group {
    /// Whether less than nine tenths of the danger is found.
    pub(crate) fn is_read_worse(&self) -> bool {
        self.danger < 90
    }
}

impl Figures {
    /// Of 100 posts in which somebody is in danger: how many reach nobody early.
    pub(crate) fn missed(&self) -> u32 {
        100 - self.early
    }

    /// Returns the groups that are read worse than others.
    pub(crate) fn worse(&self) -> Vec<&Group> {
        self.groups
            .iter()
            .filter(|group| group.is_read_worse())
            .collect()
    }

    pub(crate) fn read() -> Result<Self, PapersError> {
        Self::of(LEFT_OUT, FAIRNESS)
    }

    fn of(left_out: &str, fairness: &str) -> Result<Self, PapersError> {
        let broken = || PapersError::Figures("left-out.md");
        let rows = rows(left_out);
        // | label | posts | precision | recall | ...
        let labels = rows.iter().filter(|row| row.len() == 7);
        let labels = labels.filter_map(|row| {
            Some(Label {
                what: name(row[0]),
                posts: row[1].parse().ok()?,
                precision: hundredths(row[2], 100.0)?,
                recall: hundredths(row[3], 100.0)?,
            })
        });
        let labels: Vec<Label> = labels.collect();
        // | danger | 1 of 2 (0.50) | 1 of 2 (0.500) |
        let told = |what: &str| rows.iter().find(|row| row[0] == what && row.len() == 3);
        let share = |cell: &str, of: f64| {
            let (_, share) = cell.split_once('(')?;
            hundredths(share.trim_end_matches(')'), of)
        };
        let at_once = told("told at once").ok_or_else(broken)?;
        let early = told("head of the list").ok_or_else(broken)?;
        let broken_groups = || PapersError::Figures("fairness.md");
        let groups = self::rows(fairness)
            .into_iter()
            .filter(|row| row.len() == 4);
        let groups: Vec<Group> = groups
            .filter_map(|row| {
                Some(Group {
                    name: row[0].to_owned(),
                    found: hundredths(row[2], 100.0)?,
                    danger: hundredths(row[3], 100.0)?,
                })
            })
            .collect();
        if labels.is_empty() {
            return Err(broken());
        }
        if groups.is_empty() {
            return Err(broken_groups());
        }
        Ok(Figures {
            labels,
            at_once: share(at_once[1], 100.0).ok_or_else(broken)?,
            early: share(early[1], 100.0).ok_or_else(broken)?,
            false_alerts: share(at_once[2], 1000.0).ok_or_else(broken)?,
            groups,
        })
    }
}

/// Returns the cells of each row of the tables of a document.
fn rows(document: &str) -> Vec<Vec<&str>> {
    let rows = document.lines().filter_map(|line| {
        let inside = line.strip_prefix("| ")?.strip_suffix(" |")?;
        Some(inside.split(" | ").map(str::trim).collect())
    });
    rows.collect()
}

/// Returns a share as so many of some number, rounded; none where it is no share.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share between 0 and 1 of at most a thousand"
)]
fn hundredths(share: &str, of: f64) -> Option<u32> {
    let share: f64 = share.parse().ok()?;
    (0.0..=1.0)
        .contains(&share)
        .then(|| (share * of).round() as u32)
}

/// Returns what a label means, in words.
fn name(label: &str) -> String {
    label.parse::<Sense>().map_or_else(
        |_| label.replace('_', " "),
        |sense| sense.plain().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_measured_tables() {
        let figures = Figures::read().unwrap();
        assert_eq!(figures.labels.len(), 18);
        assert!(figures.groups.len() > 15);
        assert!(figures.early > figures.at_once && figures.missed() > 0);
        assert!(figures.labels.iter().all(|label| label.posts > 100));
        assert!(!figures.worse().is_empty(), "four groups are read worse");
    }

    #[test]
    fn a_table_that_changed_its_form_is_an_error() {
        assert!(Figures::of("", FAIRNESS).is_err());
        assert!(Figures::of(LEFT_OUT, "").is_err());
        let renamed = LEFT_OUT.replace("told at once", "told");
        assert!(Figures::of(&renamed, FAIRNESS).is_err());
    }
}
