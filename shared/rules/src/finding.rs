//! Findings: topics seen in a text, and where.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{Meaning, Topic};

/// A place in a text, as byte offsets into the text exactly as it was posted.
pub type Span = Range<usize>;

/// How sure the reader is of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Worth a person's look; never enough for the machine to act on.
    Possible,
    /// Enough to engage a clause.
    Likely,
    /// The text says so in as many words.
    Certain,
}

/// Who or what a finding is aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The practice's team, or one of its members.
    Staff,
    /// The practice as an organisation or a service.
    Practice,
    /// The author of the text.
    Author,
    /// Somebody else.
    Other,
}

/// A topic seen in a text: how strongly, where, by which cue, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What the text is about.
    pub topic: Topic,
    /// How sure the reader is.
    pub strength: Strength,
    /// Where in the text as posted.
    pub span: Span,
    /// The name of the lexicon entry or grammar that fired.
    pub cue: Cow<'static, str>,
    /// Why this is a finding, in plain words for a practice manager.
    pub why: Cow<'static, str>,
    /// Who it is aimed at, if the grammar knows.
    pub target: Option<Target>,
}

/// The kinds of detail that identify a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// An NHS number with a valid check digit.
    NhsNumber,
    /// A UK postcode.
    Postcode,
    /// A UK telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A date of birth.
    Dob,
    /// A street address.
    Address,
    /// A person's name.
    Name,
}

/// A detail that identifies a person, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// What kind of detail.
    pub kind: IdentifierKind,
    /// Where in the text as posted.
    pub span: Span,
}

/// What the reader made of one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The findings, in the order of the text.
    pub findings: Vec<Finding>,
    /// The identifying details, in the order of the text.
    pub identifiers: Vec<Identifier>,
    /// How many more findings of a topic there were than are kept, in the order of the vocabulary:
    /// "and 312 more".
    pub more: Vec<(Topic, usize)>,
    /// What a second reader makes of the text, which learned from examples; none where the rules
    /// alone have read it.
    pub meaning: Option<Meaning>,
}

impl Reading {
    /// Findings that are kept of a topic that is aimed at one target.
    pub const MOST_OF_A_TOPIC: usize = 4;
    /// Findings that are kept of one text: some 50 kB in a record.
    pub const MOST_FINDINGS: usize = 200;
    /// Details that are kept of one kind.
    pub const MOST_OF_A_KIND: usize = 16;

    /// Keeps the strongest findings of each topic and target, and of those the first, and counts
    /// the others.
    ///
    /// What was found of a topic at all, how strongly, and who it is aimed at stay the same, so the
    /// bound decides nothing.
    pub(crate) fn bound(&mut self) {
        // Most texts say little, and a few comparisons are quicker than counting.
        let same = |a: &Finding, b: &Finding| a.target == b.target && a.topic == b.topic;
        let crowded = |a: &Finding| {
            self.findings.iter().filter(|b| same(a, b)).count() > Self::MOST_OF_A_TOPIC
        };
        let few = self.findings.len() <= 32 && !self.findings.iter().any(crowded);
        if few && self.identifiers.len() <= Self::MOST_OF_A_KIND {
            return;
        }
        let mut order: Vec<usize> = (0..self.findings.len()).collect();
        let strongest_first = |at: &usize| {
            (
                Reverse(self.findings[*at].strength),
                self.findings[*at].span.start,
            )
        };
        order.sort_by_key(strongest_first);
        let mut counts: HashMap<(&Topic, Option<Target>), usize> = HashMap::new();
        let mut rank = vec![0; self.findings.len()];
        for at in order {
            let finding = &self.findings[at];
            let count = counts.entry((&finding.topic, finding.target)).or_default();
            rank[at] = *count;
            *count += 1;
        }
        // A policy may have any number of topics of its own: the bound of all falls as evenly as
        // that of one.
        let fits =
            |most: usize| rank.iter().filter(|rank| **rank < most).count() <= Self::MOST_FINDINGS;
        let most = (1..=Self::MOST_OF_A_TOPIC)
            .rev()
            .find(|most| fits(*most))
            .unwrap_or(1);
        if rank.iter().any(|rank| *rank >= most) {
            let mut more: BTreeMap<Topic, usize> = BTreeMap::new();
            let mut at = 0;
            self.findings.retain(|finding| {
                let keep = rank[at] < most;
                at += 1;
                if !keep {
                    *more.entry(finding.topic.clone()).or_default() += 1;
                }
                keep
            });
            self.more = more.into_iter().collect();
        }
        let mut kinds: HashMap<IdentifierKind, usize> = HashMap::new();
        self.identifiers.retain(|identifier| {
            let count = kinds.entry(identifier.kind).or_default();
            *count += 1;
            *count <= Self::MOST_OF_A_KIND
        });
    }

    /// Returns the strongest finding of a topic.
    #[must_use]
    pub fn strongest(&self, topic: &Topic) -> Option<&Finding> {
        self.findings
            .iter()
            .filter(|f| f.topic == *topic)
            .max_by_key(|f| f.strength)
    }

    /// Returns `true` if a topic was found at least this strongly.
    #[must_use]
    pub fn has(&self, topic: &Topic, at_least: Strength) -> bool {
        self.strongest(topic)
            .is_some_and(|f| f.strength >= at_least)
    }

    /// Returns the distinct topics found, in the order of the vocabulary.
    #[must_use]
    pub fn topics(&self) -> Vec<Topic> {
        let mut topics: Vec<Topic> = self.findings.iter().map(|f| f.topic.clone()).collect();
        topics.sort();
        topics.dedup();
        topics
    }
}
