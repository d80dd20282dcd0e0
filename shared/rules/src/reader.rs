//! The reader: text in, findings and identifiers out.

#[cfg(test)]
mod corpora;
mod custom;
mod disguise;
mod grammar;
mod language;
mod model;
mod normal;
mod packed;
mod parts;
mod people;
mod text;
mod tone;
mod vocabulary;

use serde::{Deserialize, Serialize};

pub use self::model::features;

use self::custom::Custom;
use self::grammar::Hits;
use self::text::View;
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

/// The practice's people, so that the reader can distinguish them from others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// The practice's name, which is never a person's.
    #[serde(default)]
    pub practice: String,
    /// Its staff.
    #[serde(default)]
    pub staff: Vec<StaffMember>,
}

/// Reads texts for one practice. Cheap to make; shares everything that is compiled into the
/// program.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    known: people::Known,
    custom: Vec<Custom>,
}

impl Reader {
    /// Makes a reader that knows a practice's people and its own topics.
    #[must_use]
    pub fn new(roster: &Roster, custom: &[CustomTopic]) -> Self {
        Reader {
            known: people::Known::new(roster),
            custom: custom.iter().map(Custom::new).collect(),
        }
    }

    /// Reads one text, in time linear in its length.
    #[must_use]
    pub fn read(&self, text: &str) -> Reading {
        self.read_tagged(text, &[])
    }

    /// Reads one text whose author tagged people by these names, as friends are called to a post. A
    /// tag alone says nothing about a person, but it shows where a name stands, even one that no
    /// list knows.
    #[must_use]
    pub fn read_tagged(&self, text: &str, tagged: &[String]) -> Reading {
        let view = View::new(text);
        let hits = Hits::new(&view);
        self.finish(&view, &hits, tagged)
    }

    fn finish(&self, view: &View<'_>, hits: &Hits<'_>, tagged: &[String]) -> Reading {
        let mut reading = Reading::default();
        let foreign = language::find(view, &mut reading.findings);
        hits.find(&mut reading.findings);
        if foreign {
            language::settle(&mut reading.findings);
        }
        for custom in &self.custom {
            custom.find(view, &mut reading.findings);
        }
        people::find(view, &self.known, tagged, &mut reading);
        if !hits.announce() {
            tone::settle(view, &mut reading.findings);
        }
        reading
            .findings
            .sort_by_key(|finding| (finding.span.start, finding.span.end));
        reading.bound();
        reading
    }
}
