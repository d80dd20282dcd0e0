//! Findings: topics seen in a text, and where.

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::Topic;

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

/// Whom or what a finding is aimed at.
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
    /// Whom it is aimed at, where the grammar knows.
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
}

impl Reading {
    /// Returns the strongest finding of a topic.
    #[must_use]
    pub fn strongest(&self, topic: &Topic) -> Option<&Finding> {
        self.findings.iter().filter(|f| f.topic == *topic).max_by_key(|f| f.strength)
    }

    /// Returns true if and only if a topic was found at least this strongly.
    #[must_use]
    pub fn has(&self, topic: &Topic, at_least: Strength) -> bool {
        self.strongest(topic).is_some_and(|f| f.strength >= at_least)
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
