//! Lists of words that the grammar of people asks for by name, and the checks that they pass.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde::Deserialize;

/// A list of words, and what the reader decides by it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    /// The constant of the reader that stands for the list, in lower case.
    pub(crate) name: String,
    /// Why these words stand together, and what they decide.
    pub(crate) why: String,
    /// The words, separated by white space.
    pub(crate) words: String,
    /// The words are compared with a part of a token (its start, its end, the letters before a
    /// number) instead of with a whole one.
    #[serde(default)]
    pub(crate) part: bool,
}

/// Lists that the reader asks for. The data and the code must name the same ones: a list that
/// nothing asks for decides nothing, whatever its file says.
pub(crate) const ASKED: &[&str] = &[
    // address.rs
    "numbered_thing",
    "dwelling",
    "located_before_number",
    // birth.rs
    "birth_label",
    "birth_after_date",
    "birth_bare",
    "birth_owner",
    "ordinal_ending",
    // described.rs
    "definite",
    "describing_opener",
    "at_work_preposition",
    "desk_article",
    "bearing",
    "habit",
    // email.rs
    "office_mailbox",
    "spelt_at",
    "spelt_dot",
    "spelt_mark",
    // facts.rs
    "passing_on",
    "habit_substance",
    "habit_trouble",
    "health_service",
    "owned_service",
    "telling",
    "asked_for",
    "sighting",
    "after_name",
    "life_verb",
    "end_of_life",
    "not_theirs",
    "having",
    "being",
    "going",
    "not_a_state",
    "under_care",
    "inside",
    "reason_of_visit",
    "visit_determiner",
    "they_subject",
    "they_are",
    "their_own",
    // names.rs
    "saint",
    "saintly",
    "not_an_initial",
    "not_an_opening_initial",
    "mentioning",
    "inflection",
    "particle",
    "nickname_opener",
    "subject_verb",
    "sure_place",
    "place_preposition",
    "street_preposition",
    "sign_off",
    "sign_off_sure",
    // numbers.rs
    "nhs_label",
    "phone_label",
    "number_owner_verb",
    "nhs_cue",
    "patient_cue",
    // patients.rs
    "pronoun_located",
    "location",
    "known_by",
    "pointing",
    "faint_title",
    "practice_person",
    "determiner",
    "relation_verb",
    "introduction",
    "introduction_subject",
    "introduction_end",
    "public_office",
    "thanking",
    "public_company",
    "asking_verb",
    // postcode.rs
    "postcode_area",
    "post_box",
    "postcode_label",
    "number_suffix",
    // private.rs
    "owned",
    "private_state",
    "visit",
    "staff_pointer",
    "living",
    "living_preposition",
    "private_verb",
    "private_filler",
    // staff.rs
    "joined_title",
    "abbreviated_title",
    "not_a_clinicians_initial",
    "misspelt_role",
    "naming_verb",
    "called_back",
    "addressing",
    "seen_by",
    "care_received",
    "role_link",
    "role_adjective",
    "workplace_preposition",
    "workplace_article",
    "conduct_link",
    "practices_own",
    "service_object",
    "patients_themselves",
    "degree",
    "to_the_author",
    "thanks_to_staff",
    "of_elsewhere",
    // text.rs
    "host_ending",
    "host_ending_word",
];

/// Lists that are bits of one word.
const MOST: usize = 128;

/// Returns what is wrong with the lists, given the names that the reader asks for.
pub(crate) fn check(lists: &[List], asked: &[&str]) -> Result<(), String> {
    let mut names = HashSet::new();
    for list in lists {
        if !asked.contains(&list.name.as_str()) {
            return Err(format!("the reader asks for no list {}", list.name));
        }
        if !names.insert(list.name.as_str()) {
            return Err(format!("list {} is there twice", list.name));
        }
        check_words(list).map_err(|error| format!("list {}: {error}", list.name))?;
    }
    if let Some(missing) = asked.iter().find(|name| !names.contains(**name)) {
        return Err(format!("the reader asks for a list {missing}"));
    }
    match lists.iter().filter(|list| !list.part).count() {
        count if count > MOST => Err(format!("{count} lists, but a word has only {MOST} bits")),
        _ => Ok(()),
    }
}

fn check_words(list: &List) -> Result<(), String> {
    if list.why.trim().is_empty() {
        return Err("it gives no reason".to_owned());
    }
    let mut words = HashSet::new();
    for word in list.words.split_whitespace() {
        if !words.insert(word) {
            return Err(format!("\"{word}\" is there twice"));
        }
        if !(is_spelled(word) || !list.part && (is_set_apart(word) || is_remark(word))) {
            return Err(format!(
                "no text has \"{word}\" once it is normalised and cut into tokens"
            ));
        }
    }
    if words.is_empty() {
        Err("it has no words".to_owned())
    } else {
        Ok(())
    }
}

/// Plain letters in lower case, with single apostrophes between them.
fn is_spelled(word: &str) -> bool {
    word.split('\'')
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()))
}

/// Single letters with points between them, such as `n.h.s`, which the reader joins.
fn is_set_apart(word: &str) -> bool {
    word.split('.')
        .all(|part| part.len() == 1 && is_spelled(part))
}

/// Letters in square brackets, such as `[at]`.
fn is_remark(word: &str) -> bool {
    word.strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(is_spelled)
}

/// Returns the lists that are bits of a word: the first is the lowest bit.
pub(crate) fn of_words(lists: &[List]) -> impl Iterator<Item = (usize, &List)> {
    lists.iter().filter(|list| !list.part).enumerate()
}

/// Returns the source of the constants, one a list, and of the words that the tests read.
pub(crate) fn constants(lists: &[List]) -> Result<String, std::fmt::Error> {
    let mut source = String::new();
    let mut tested = String::new();
    for (bit, list) in of_words(lists) {
        let constant = list.name.to_uppercase();
        let words: Vec<&str> = list.words.split_whitespace().collect();
        writeln!(
            source,
            "pub(in crate::reader::people) const {constant}: List = List(1 << {bit});"
        )?;
        writeln!(tested, "    ({:?}, {constant}, &{words:?}),", list.name)?;
    }
    writeln!(
        source,
        "#[cfg(test)]\npub(super) static LISTED: &[(&str, List, &[&str])] = &[\n{tested}];"
    )?;
    Ok(source)
}

/// Returns the source of the lists that are compared with parts of words, each sorted.
pub(crate) fn parts(lists: &[List]) -> Result<String, std::fmt::Error> {
    let mut source = String::new();
    for list in lists.iter().filter(|list| list.part) {
        let mut words: Vec<&str> = list.words.split_whitespace().collect();
        words.sort_unstable();
        writeln!(
            source,
            "pub(in crate::reader) static {}: &[&str] = &{words:?};",
            list.name.to_uppercase()
        )?;
    }
    Ok(source)
}
