//! The reference as a document: `docs/policy.md`.

use std::fmt::Write as _;

use super::{Entry, Kind, entries};

const HEAD: &str = "\
# The policy language

<!-- Written by `pagewarden policy reference`. Change the program, not this file. -->

A policy is a TOML file beside the text that the practice published. Each clause quotes its sentence, says what a post must be
about (`topics`) and what follows (`effects`). `pagewarden policy draft TEXT --id ID` makes a first one from a published text,
`pagewarden policy lint FILE` says what each clause comes to on each channel, and `pagewarden policy explain WORD` prints one
entry of this page.

```toml
[[clause]]
id = \"A4\"
topics = [\"obscene\", \"defamatory\"]
place = \"own\"                        # our page, not all social media
says = \"will\"                        # the words promise it
effects = [\"capture\", \"hide\", \"delete\"]
auto = [\"capture\", \"hide\"]           # what the machine does by itself; a person deletes
auto_topics = [\"obscene\"]            # defamation needs a person
template = \"private.rule_hidden\"
quote = \"Obscene or defamatory posts on our page will be deleted.\"
```

Where the policy says nothing, nothing happens. What no policy may do stands in [safety.md](safety.md).
";

/// Returns the reference as a page of Markdown.
#[must_use]
pub fn document() -> String {
    let entries = entries();
    let mut text = HEAD.to_owned();
    let mut last: Option<Kind> = None;
    for entry in &entries {
        if last != Some(entry.kind) {
            heading(&mut text, entry.kind);
            last = Some(entry.kind);
        }
        row(&mut text, entry);
    }
    platforms(&mut text, &entries);
    text
}

fn heading(text: &mut String, kind: Kind) {
    let (title, example) = match kind {
        Kind::Topic => ("Topics".to_owned(), "a post like this"),
        Kind::Effect => ("Effects".to_owned(), "published words"),
        Kind::Word("bar") => ("Words of `bar`".to_owned(), "such as"),
        Kind::Word(key) => (format!("Words of `{key}`"), "published words, or where"),
        Kind::Key(table) => (format!("Keys: {table}"), "holds"),
    };
    let _infallible = write!(
        text,
        "\n## {title}\n\n| word | meaning | when to use it | {example} | comes to |\n| --- | --- | --- | --- | --- |\n"
    );
}

fn row(text: &mut String, entry: &Entry) {
    // What an effect comes to everywhere has lines of its own, below.
    let facts = match entry.kind {
        Kind::Effect => entry.facts.first().cloned().unwrap_or_default(),
        Kind::Topic | Kind::Word(_) | Kind::Key(_) => entry.facts.join("<br>"),
    };
    let Entry {
        word,
        meaning,
        when,
        example,
        ..
    } = entry;
    let _infallible = writeln!(
        text,
        "| `{word}` | {meaning} | {when} | {example} | {facts} |"
    );
}

/// What each effect comes to on each platform.
fn platforms(text: &mut String, entries: &[Entry]) {
    text.push_str("\n## What each effect comes to on each platform\n");
    for entry in entries.iter().filter(|entry| entry.kind == Kind::Effect) {
        let _infallible = write!(text, "\n`{}`\n\n", entry.word);
        for fact in entry.facts.iter().skip(1) {
            let _infallible = writeln!(text, "- {fact}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_what_the_program_says() {
        assert!(
            include_str!("../../../../docs/policy.md") == document(),
            "write it again: pagewarden policy reference > docs/policy.md"
        );
    }
}
