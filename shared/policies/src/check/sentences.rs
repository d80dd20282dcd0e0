//! Checks of a practice's own sentences for its tasks.

use std::collections::BTreeMap;

use pagewarden_rules::TaskKind;

use crate::document::{At, Document};
use crate::nearest::nearest;
use crate::problem::{Collector, cut};
use crate::templates::says_it_is_gone;

/// The longest sentence, in bytes: it stands in one line of a list.
const LONGEST: usize = 240;

/// Reads the table `[tasks]`: for each kind of task, the sentence that says why it waits.
pub(crate) fn sentences(
    document: &Document<'_>,
    problems: &mut Collector,
) -> BTreeMap<TaskKind, String> {
    let mut sentences = BTreeMap::new();
    let table = document
        .table(At::Table("tasks"))
        .and_then(|table| table.get_ref().as_table());
    for (name, value) in table.into_iter().flatten() {
        // What is no text was told already.
        let Some(text) = value.get_ref().as_str() else {
            continue;
        };
        let Ok(kind) = name.get_ref().parse::<TaskKind>() else {
            let known = TaskKind::ALL.iter().map(|kind| kind.name());
            let instead = match nearest(name.get_ref(), known.clone()) {
                Some(meant) => format!("\"{meant}\""),
                None => format!("one of {}", known.collect::<Vec<_>>().join(", ")),
            };
            let message = format!("there are no tasks \"{}\"", cut(name.get_ref(), 40));
            problems.error(document.line_of(name), message, instead);
            continue;
        };
        let line = document.line_of(value);
        if text.trim().is_empty()
            || text.len() > LONGEST
            || text.contains(['{', '}', '[', ']', '\n'])
        {
            let message = format!("the sentence for \"{kind}\" cannot stand in a list of tasks");
            problems.error(
                line,
                message,
                format!("one line of up to {LONGEST} bytes without brackets"),
            );
        } else if says_it_is_gone(text) {
            let message = format!(
                "the sentence for \"{kind}\" says what was done, which nobody knows beforehand"
            );
            problems.error(
                line,
                message,
                "what the policy says, such as \"our policy says that it will be hidden\"",
            );
        } else {
            sentences.insert(kind, text.trim().to_owned());
        }
    }
    sentences
}
