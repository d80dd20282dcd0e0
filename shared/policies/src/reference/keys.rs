//! What each key of a policy file is for. A test names the keys that are not here.

use super::{Entry, Kind};
use crate::shape;

/// Returns the entry of every key, in the order of the file.
pub(super) fn entries() -> Vec<Entry> {
    let listed = shape::keys(&shape::POLICY);
    let mut entries: Vec<Entry> = listed
        .into_iter()
        .map(|listed| {
            let (table, meaning, when) = words(&listed.table, listed.key).unwrap_or_default();
            let example = if listed.words.is_empty() || listed.words.len() > 8 {
                listed.holds.to_owned()
            } else {
                format!("{}: {}", listed.holds, listed.words.join(", "))
            };
            Entry {
                kind: Kind::Key(table),
                word: listed.key.to_owned(),
                meaning: meaning.to_owned(),
                when: if listed.required {
                    format!("always: {when}")
                } else {
                    when.to_owned()
                },
                example: example.trim_end_matches(',').to_owned(),
                facts: Vec::new(),
            }
        })
        .collect();
    let whole = |word: &str, meaning: &str, when: &str, example: &str| Entry {
        kind: Kind::Key("tables of the practice's own"),
        word: word.to_owned(),
        meaning: meaning.to_owned(),
        when: when.to_owned(),
        example: example.to_owned(),
        facts: Vec::new(),
    };
    entries.push(whole(
        "tasks",
        "The practice's own sentence for why a kind of task waits",
        "if the sentence that is derived from the clause does not suit",
        "[tasks] with maybe_delete = \"our policy says that complaints may be deleted\"",
    ));
    entries.push(whole(
        "templates",
        "Messages of the practice's own, or its own words for one of ours",
        "if our words do not suit; `private`, `public`, `letter` and `report` say where they may go",
        "[templates.private.rule_hidden] with text = \"We have hidden a comment ...\"",
    ));
    entries
}

/// Returns the table, what the key is, and when to write it.
#[expect(clippy::too_many_lines, reason = "one line for each key")]
fn words(table: &str, key: &str) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match (table, key) {
        ("[practice]", "id") => (
            "[practice]",
            "The practice's id, in every key of the table",
            "never changed later",
        ),
        ("[practice]", "name") => (
            "[practice]",
            "The practice's name in full",
            "as it stands in messages",
        ),
        ("[practice]", "nation") => (
            "[practice]",
            "Whose law and working days apply",
            "it sets the time for acknowledging complaints",
        ),
        ("[practice]", "timezone") => (
            "[practice]",
            "The time zone, by its IANA name",
            "\"Europe/London\"",
        ),
        ("[practice]", "audience") => (
            "[practice]",
            "Who the policy addresses",
            "in its words, such as \"patients\"",
        ),
        ("[practice]", "responder") => {
            ("[practice]", "Who answers reviews", "in the policy's words")
        }
        ("[practice]", "title") => (
            "[practice]",
            "The title of the published policy",
            "word for word",
        ),
        ("[practice]", "source") => (
            "[practice]",
            "The file with the published text, beside the policy",
            "a plain file name",
        ),
        ("[practice]", "source_sha256") => (
            "[practice]",
            "The SHA-256 of that file",
            "`policy lint` says which, once the text has changed",
        ),
        ("[links]", "complaints") => (
            "[links]",
            "How to complain",
            "if it is published; the settings may give it instead",
        ),
        ("[links]", "official_review") => (
            "[links]",
            "Where a review can be left that the practice answers",
            "if a clause points there",
        ),
        ("[links]", "contact_public") => (
            "[links]",
            "A telephone number or page that a public answer may give",
            "if a clause answers in public",
        ),
        ("[links]", "policy_page") => ("[links]", "Where the policy is published", "before `live`"),
        ("[links]", "challenge") => (
            "[links]",
            "Where a decision can be challenged",
            "before `live`",
        ),
        ("[links]", "law_guidance") => (
            "[links]",
            "Guidance that the policy cites",
            "if it cites any",
        ),
        ("[[channel]]", "platform") => (
            "[[channel]]",
            "A platform where the practice is present",
            "one table for each platform",
        ),
        ("[[channel]]", "surfaces") => (
            "[[channel]]",
            "Which places there are read",
            "all that the practice has",
        ),
        ("[[clause]]", "id") => (
            "[[clause]]",
            "The clause's name in tasks, messages and the record",
            "the practice's letter and the paragraph's number",
        ),
        ("[[clause]]", "topics") => (
            "[[clause]]",
            "What engages it: any one of them",
            "everything that the sentence names",
        ),
        ("[[clause]]", "about") => (
            "[[clause]]",
            "Who it protects",
            "if the sentence names the team or the practice alone",
        ),
        ("[[clause]]", "place") => ("[[clause]]", "Where it holds", "as the sentence says"),
        ("[[clause]]", "platforms") => (
            "[[clause]]",
            "The platforms that it names",
            "if it names some of the practice's platforms and not others",
        ),
        ("[[clause]]", "detect") => (
            "[[clause]]",
            "Who can tell that it is broken",
            "`human` for what happens on the premises only",
        ),
        ("[[clause]]", "bar") => (
            "[[clause]]",
            "How sure the reader must be for it to act",
            "seldom: `likely` without it",
        ),
        ("[[clause]]", "says") => (
            "[[clause]]",
            "What the published words say will follow",
            "as strong as the words are, never stronger",
        ),
        ("[[clause]]", "except") => (
            "[[clause]]",
            "What takes a post out of it",
            "if the sentence has an unless or an except",
        ),
        ("[[clause]]", "effects") => (
            "[[clause]]",
            "What follows, in order",
            "`capture` first; none if the sentence only explains",
        ),
        ("[[clause]]", "never") => (
            "[[clause]]",
            "What must not follow, no matter who asks",
            "if the sentence says that something is not done",
        ),
        ("[[clause]]", "join") => (
            "[[clause]]",
            "How the effects belong together",
            "if the sentence says \"and/or\" or \"or\"",
        ),
        ("[[clause]]", "auto") => (
            "[[clause]]",
            "Which effects the machine does by itself; the safe floor narrows it",
            "only for what the words promise",
        ),
        ("[[clause]]", "auto_topics") => (
            "[[clause]]",
            "For which topics it does; all of the clause's without it",
            "if some of the topics need a person",
        ),
        ("[[clause]]", "delete_role") => (
            "[[clause]]",
            "Who alone may delete",
            "if the sentence names somebody",
        ),
        ("[[clause]]", "urgency") => (
            "[[clause]]",
            "How soon a person looks",
            "if waiting harms somebody",
        ),
        ("[[clause]]", "template") => (
            "[[clause]]",
            "The message or answer that goes with it",
            "if an effect speaks to the author",
        ),
        ("[[clause]]", "no_public_reply") => (
            "[[clause]]",
            "Such posts are never answered in public",
            "if the sentence says that they are not answered",
        ),
        ("[[clause]]", "praise") => (
            "[[clause]]",
            "What to do about staff named in thanks",
            "with `staff_identified`",
        ),
        ("[[clause]]", "law_pack") => (
            "[[clause]]",
            "The law that the sentence names",
            "if it names one of these Acts",
        ),
        ("[[clause]]", "placeholder") => (
            "[[clause]]",
            "Words of a form that were never filled in",
            "if the published sentence has any; it blocks `live`",
        ),
        ("[[clause]]", "broken_link") => (
            "[[clause]]",
            "A link that leads nowhere",
            "if the published sentence has one; it blocks `live`",
        ),
        ("[[clause]]", "quote") => (
            "[[clause]]",
            "The published sentences, word for word",
            "what stands together in the text",
        ),
        ("[[context]]", "quote") => (
            "[[context]]",
            "A published sentence that asks for nothing",
            "so that every sentence is accounted for",
        ),
        ("[[custom]]", "name") => (
            "[[custom]]",
            "The name of a topic of the practice's own",
            "used as `custom:NAME`",
        ),
        ("[[custom]]", "words") => (
            "[[custom]]",
            "Whole words or phrases that engage it",
            "in any case of letters",
        ),
        ("[[custom]]", "patterns") => (
            "[[custom]]",
            "Regular expressions that engage it",
            "if words are not enough",
        ),
        ("[ladder]", "window_months") => (
            "[ladder]",
            "After how many months an incident counts no more",
            "12 if the policy does not say",
        ),
        ("[ladder]", "steps") => (
            "[ladder]",
            "The steps, mildest first, each a person's",
            "only those that the policy names",
        ),
        ("[ladder]", "ask_due_days") => (
            "[ladder]",
            "Days that an author has to answer the first step",
            "if the policy names a time",
        ),
        ("[ladder]", "hold_if_open_complaint") => (
            "[ladder]",
            "The ladder stands still while a complaint is open",
            "true",
        ),
        ("[retention]", "no_breach_text_days") => (
            "[retention]",
            "Days that the words of a harmless post are kept",
            "0",
        ),
        ("[retention]", "complaint_months") => (
            "[retention]",
            "Months that what is or may be a complaint is kept; without it until somebody deletes it",
            "120",
        ),
        ("[retention]", "safeguarding_months") => (
            "[retention]",
            "Months that a post in which somebody may be in danger is kept; without it until somebody deletes it",
            "left out, until your safeguarding lead has said how long",
        ),
        ("[retention]", "evidence_months") => (
            "[retention]",
            "Months that decisions and evidence are kept",
            "24 unless the practice's schedule says otherwise",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_explained() {
        let missing: Vec<String> = shape::keys(&shape::POLICY)
            .into_iter()
            .filter(|listed| words(&listed.table, listed.key).is_none())
            .map(|listed| format!("{} {}", listed.table, listed.key))
            .collect();
        assert!(missing.is_empty(), "say what these are for: {missing:?}");
    }
}
