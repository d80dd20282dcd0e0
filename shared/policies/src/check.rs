//! Checks of what a policy means, once its words are known.

mod clause;
mod custom;
mod links;
mod sentences;

use std::collections::{BTreeSet, HashMap};

use pagewarden_rules::{Effect, Platform, surfaces};

pub(crate) use clause::unfilled;
pub(crate) use links::{is_contact, is_link};
pub(crate) use sentences::sentences;

use crate::Templates;
use crate::document::{At, Document};
use crate::parts::Parts;
use crate::problem::Collector;

/// Where a check looks and tells.
pub(crate) struct Checks<'a, 'b> {
    document: &'a Document<'b>,
    parts: &'a Parts,
    templates: &'a Templates,
    problems: &'a mut Collector,
}

/// Checks everything that needs no published text.
pub(crate) fn check(
    document: &Document<'_>,
    parts: &Parts,
    templates: &Templates,
    problems: &mut Collector,
) {
    let mut checks = Checks {
        document,
        parts,
        templates,
        problems,
    };
    checks.practice();
    checks.links();
    checks.channels();
    checks.ids();
    for (nth, clause) in &parts.clauses {
        checks.clause(At::Nth("clause", *nth), clause);
    }
    checks.ladder();
    checks.custom();
    checks.task_words();
}

impl Checks<'_, '_> {
    fn error(
        &mut self,
        at: At<'_>,
        key: &str,
        message: impl Into<String>,
        instead: impl Into<String>,
    ) {
        self.problems
            .error(self.document.line(at, key), message, instead);
    }

    fn warn(
        &mut self,
        at: At<'_>,
        key: &str,
        message: impl Into<String>,
        instead: impl Into<String>,
    ) {
        self.problems
            .warn(self.document.line(at, key), message, instead);
    }

    fn practice(&mut self) {
        let Some(practice) = &self.parts.practice else {
            return;
        };
        let at = At::Table("practice");
        if practice.source.is_empty() || practice.source.contains(['/', '\\']) {
            self.error(
                at,
                "source",
                "\"source\" is not the name of a file beside the policy",
                "a plain file name",
            );
        }
        let digest = &practice.source_sha256;
        if digest.len() != 64 || !digest.bytes().all(|b| b.is_ascii_hexdigit()) {
            self.error(
                at,
                "source_sha256",
                "\"source_sha256\" is no SHA-256",
                "64 hexadecimal digits",
            );
        }
        if jiff::tz::TimeZone::get(&practice.timezone).is_err() {
            self.error(
                at,
                "timezone",
                "unknown time zone",
                "a name such as \"Europe/London\"",
            );
        }
        for (key, text) in [
            ("name", &practice.name),
            ("title", &practice.title),
            ("responder", &practice.responder),
        ] {
            if text.trim().is_empty() {
                self.error(
                    at,
                    key,
                    format!("\"{key}\" is empty"),
                    "the words of the published policy",
                );
            }
        }
    }

    fn channels(&mut self) {
        let mut seen = BTreeSet::new();
        for (nth, channel) in &self.parts.channels {
            let at = At::Nth("channel", *nth);
            let platform = channel.platform;
            if platform == Platform::StaffLog {
                self.error(
                    at,
                    "platform",
                    "the staff log is no channel: every practice has it",
                    "nothing here",
                );
                continue;
            }
            if !seen.insert(platform) {
                let message = format!("{platform} stands twice");
                self.error(
                    at,
                    "platform",
                    message,
                    "one [[channel]] with all of its surfaces",
                );
            }
            if channel.surfaces.is_empty() {
                self.error(
                    at,
                    "surfaces",
                    "the channel has no surfaces",
                    list(surfaces(platform)),
                );
            }
            for (n, surface) in channel.surfaces.iter().enumerate() {
                if !surfaces(platform).contains(surface) {
                    let line = self.document.line_of_nth(at, "surfaces", n);
                    let message = format!("{platform} has no surface \"{surface}\"");
                    self.problems.error(
                        line,
                        message,
                        format!("one of {}", list(surfaces(platform))),
                    );
                }
            }
        }
    }

    fn ids(&mut self) {
        let mut first: HashMap<&str, usize> = HashMap::new();
        for (nth, clause) in &self.parts.clauses {
            let line = self.document.line(At::Nth("clause", *nth), "id");
            if clause.id.is_empty()
                || clause.id.len() > 16
                || !clause.id.bytes().all(|b| b.is_ascii_alphanumeric())
            {
                let message = "an id has 1 to 16 letters and digits";
                self.problems.error(
                    line,
                    message,
                    "the practice's letter and the paragraph's number",
                );
            } else if let Some(before) = first.insert(&clause.id, line) {
                let message = format!("the id \"{}\" stands on line {before} already", clause.id);
                self.problems.error(line, message, "an id of its own");
            }
        }
    }

    fn ladder(&mut self) {
        let Some(ladder) = &self.parts.ladder else {
            return;
        };
        let asking = self
            .parts
            .clauses
            .iter()
            .find(|(_, clause)| clause.effects.contains(&Effect::Ladder));
        if !ladder.steps.is_empty() && !ladder.hold_if_open_complaint {
            let message =
                "nobody is warned while a complaint of theirs is open, whatever a policy says";
            self.error(
                At::Table("ladder"),
                "hold_if_open_complaint",
                message,
                "true",
            );
        }
        match (asking, ladder.steps.is_empty()) {
            (Some((nth, clause)), true) => {
                let message = format!(
                    "{} asks for the ladder, and the ladder has no steps",
                    clause.id
                );
                self.error(
                    At::Nth("clause", *nth),
                    "effects",
                    message,
                    "the steps under [ladder], or no \"ladder\"",
                );
            }
            (None, false) => {
                let message = "the ladder has steps that no clause asks for";
                self.warn(At::Table("ladder"), "steps", message, "steps = []");
            }
            _ => {}
        }
    }
}

/// Writes words as a TOML list.
pub(crate) fn list<T: std::fmt::Display>(words: &[T]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", words.join(", "))
}

#[cfg(test)]
mod tests {
    use pagewarden_rules::{Capability, Surface, capability};

    use super::*;

    #[test]
    fn a_surface_is_one_where_something_can_be_said_or_done() {
        for platform in Platform::ALL
            .iter()
            .filter(|platform| **platform != Platform::StaffLog)
        {
            for surface in Surface::ALL {
                let possible = [Effect::Hide, Effect::Delete, Effect::PublicReply]
                    .map(|effect| capability(*platform, *surface, effect))
                    .iter()
                    .any(|capability| !matches!(capability, Capability::Cannot(_)));
                assert_eq!(
                    surfaces(*platform).contains(surface),
                    possible,
                    "`surfaces` and `capability` disagree about {platform}/{surface}: list it, or \
                     answer `Cannot` for hiding, deleting and answering there"
                );
            }
        }
    }
}
