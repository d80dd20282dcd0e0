//! The reader: text in, findings and identifiers out.

use serde::{Deserialize, Serialize};

use crate::{CustomTopic, Reading};

/// A member of the practice's staff, as the practice lists them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffMember {
    /// The full name, with or without a title.
    pub name: String,
    /// What they do.
    #[serde(default)]
    pub role: String,
    /// Nicknames and other names they are known by.
    #[serde(default)]
    pub aka: Vec<String>,
}

/// The practice's people, so that they can be told from other people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// The practice's name, which is never a person's.
    #[serde(default)]
    pub practice: String,
    /// Its staff.
    #[serde(default)]
    pub staff: Vec<StaffMember>,
}

/// Reads texts for one practice. Cheap to make; shares everything that is compiled into the program.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    _roster: Roster,
}

impl Reader {
    /// Makes a reader that knows a practice's people and its own topics.
    #[must_use]
    pub fn new(roster: &Roster, _custom: &[CustomTopic]) -> Self {
        Reader { _roster: roster.clone() }
    }

    /// Reads one text, in time linear in its length.
    #[must_use]
    pub fn read(&self, _text: &str) -> Reading {
        Reading::default()
    }
}
