//! What stood on record at the moment at which an action was claimed.
//!
//! A claim is one write with what it rests on, and the stream has all writes in the order in which
//! they were made: so what must not be claimed any more can be told to the call, whatever a run of
//! `act` had read before.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::checks::Broken;

/// What the stream has told so far.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// Each post's newest state, by its partition.
    states: BTreeMap<String, Value>,
    /// The switches that are off, by practice.
    off: BTreeSet<String>,
    /// The rules that have stopped themselves, by practice.
    stopped: BTreeSet<(String, String)>,
    broken: Option<Broken>,
}

impl Claims {
    /// Takes the next record of the stream.
    pub(crate) fn read(&mut self, record: &Value) {
        let change = &record["dynamodb"];
        let [pk, sk] = ["PK", "SK"].map(|key| text(&change["Keys"][key]));
        let (before, now) = (&change["OldImage"], &change["NewImage"]);
        let practice = pk.split('#').nth(1).unwrap_or_default().to_owned();
        if sk == "STATE" {
            self.states.insert(pk.to_owned(), now.clone());
        } else if pk.ends_with("#SWITCH") && sk == "NOW" {
            if now["on"]["BOOL"] == false {
                self.off.insert(practice);
            } else {
                self.off.remove(&practice);
            }
        } else if let Some(clause) = sk.strip_prefix("RULE#") {
            let rule = (practice, clause.to_owned());
            if now["stopped"].is_null() {
                self.stopped.remove(&rule);
            } else {
                self.stopped.insert(rule);
            }
        } else if sk.starts_with("ACT#") && tries(now) > tries(before) {
            let why = self.why_not(pk, practice, now);
            let broken = why.map(|(rule, why)| {
                let says = format!("{} was claimed {why}: {pk}", text(&now["effect"]));
                Broken::new(rule, &says)
            });
            self.broken = self.broken.take().or(broken);
        }
    }

    /// Returns the first claim that should not have been made.
    pub(crate) fn broken(&self) -> Option<Broken> {
        self.broken.clone()
    }

    /// Returns the rule that a claim breaks, and how, if it does.
    fn why_not(
        &self,
        pk: &str,
        practice: String,
        action: &Value,
    ) -> Option<(&'static str, &'static str)> {
        let (revision, effect) = (text(&action["revision"]), text(&action["effect"]));
        let state = self.states.get(pk).unwrap_or(&Value::Null);
        let is_about_words = !matches!(effect, "ban" | "mute");
        if is_about_words && !state["revision"].is_null() && text(&state["revision"]) != revision {
            return Some(("older words", "for words that had changed"));
        }
        if text(&action["by"]) != "machine" {
            return None;
        }
        let kept = state["kept"]["L"].as_array().into_iter().flatten();
        if kept.into_iter().any(|kept| text(kept) == revision) {
            return Some(("keep", "although a person had decided to keep it"));
        }
        if self.off.contains(&practice) {
            return Some(("switch", "although the practice's switch was off"));
        }
        let rule = (practice, text(&action["clause"]).to_owned());
        (effect == "hide" && self.stopped.contains(&rule))
            .then_some(("rule", "although its rule had stopped itself"))
    }
}

/// Returns a text of an item.
fn text(attribute: &Value) -> &str {
    attribute["S"].as_str().unwrap_or_default()
}

/// Returns how often an action was tried.
fn tries(action: &Value) -> u32 {
    let tries = action["attempts"]["N"].as_str();
    tries.and_then(|tries| tries.parse().ok()).unwrap_or(0)
}
