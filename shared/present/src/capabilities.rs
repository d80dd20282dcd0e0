//! What can be done on each platform, from the one table that decisions and acts go by.

use std::fmt::Write as _;

use pagewarden_rules::{Capability, Effect, Platform, capability, surfaces};

use crate::words;

/// What people ask for, and how the table calls it.
const COLUMNS: [(Effect, &str); 6] = [
    (Effect::Hide, "hide"),
    (Effect::Delete, "delete"),
    (Effect::PublicReply, "answer"),
    (Effect::AskAuthor, "write to the author"),
    (Effect::Ban, "ban"),
    (Effect::Report, "report"),
];

/// Returns the table, as `docs/platforms.md` has it: what cannot be done by API has a number, and
/// below it the reason.
#[must_use]
pub fn table() -> String {
    let mut reasons: Vec<&str> = Vec::new();
    let mut text = format!(
        "| where |{}\n|{}\n",
        COLUMNS.map(|(_, name)| format!(" {name} |")).concat(),
        " --- |".repeat(7)
    );
    for &platform in Platform::ALL
        .iter()
        .filter(|platform| **platform != Platform::StaffLog)
    {
        for &surface in surfaces(platform) {
            let _infallible = write!(
                text,
                "| {} |",
                format_args!("{}: {}", words::platform(platform), words::surface(surface))
            );
            for (effect, _) in COLUMNS {
                let (word, why) = match capability(platform, surface, effect) {
                    Capability::Api | Capability::Record => ("yes", None),
                    Capability::ByHand(why) => ("by hand", Some(why)),
                    Capability::Cannot(why) => ("no", Some(why)),
                };
                let _infallible = match why.map(|why| number(&mut reasons, why)) {
                    None => write!(text, " {word} |"),
                    Some(number) => write!(text, " {word} ({number}) |"),
                };
            }
            text.push('\n');
        }
    }
    text.push('\n');
    for (number, reason) in (1..).zip(reasons) {
        let _infallible = writeln!(text, "{number}. {reason}");
    }
    text
}

fn number<'a>(reasons: &mut Vec<&'a str>, why: &'a str) -> usize {
    let at = reasons
        .iter()
        .position(|reason| *reason == why)
        .unwrap_or_else(|| {
            reasons.push(why);
            reasons.len() - 1
        });
    at + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_the_table_that_the_program_goes_by() {
        let document = include_str!("../../../docs/platforms.md");
        let written = document
            .split_once("<!-- capabilities -->\n")
            .and_then(|(_, rest)| rest.split_once("<!-- end -->"));
        let (written, _) = written.expect("the document has its markers");
        assert_eq!(
            written.trim(),
            table().trim(),
            "put what `pagewarden capabilities` prints between the markers"
        );
    }
}
