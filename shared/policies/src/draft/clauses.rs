//! Which sentences belong together, and what they say.

use std::collections::BTreeSet;
use std::ops::Range;

use pagewarden_rules::{Effect, Says, Topic};

use super::cue::words;
use super::patterns::{Pattern, Patterns, any};
use super::recipe::{self, Family, Made};
use super::{Draft, Part};
use crate::published::Published;

/// What one sentence, or several that belong together, say.
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts about a sentence, each independent of the others"
)]
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) words: Vec<String>,
    pub(super) topics: BTreeSet<Topic>,
    /// What follows, and how sure the verb is.
    pub(super) effects: Vec<(Effect, Says)>,
    /// Such posts are left without an answer.
    pub(super) unanswered: bool,
    /// Something is answered elsewhere only.
    pub(super) only: bool,
    /// It lays something down.
    pub(super) forbids: bool,
    /// It leans on the sentence before it.
    leans: bool,
    /// It is about rules that stand elsewhere.
    elsewhere: bool,
    pub(super) exceptions: Vec<pagewarden_rules::Exception>,
    paragraph: usize,
    /// It is one of a list.
    item: bool,
    range: Range<usize>,
    sentences: Vec<Range<usize>>,
}

/// Returns the clauses and context sentences of a text, in its order.
pub(super) fn parts(patterns: &Patterns, published: &Published) -> Vec<Part> {
    let text = published.text();
    let mut said: Vec<Said> = Vec::new();
    let mut before = 0;
    for (range, paragraph) in published.sentences().iter().zip(published.paragraphs()) {
        let gap = text[before..range.start].trim_end();
        let item = gap.ends_with(['-', '*', '\u{2022}', ')'])
            || gap.ends_with('.') && gap.bytes().rev().nth(1).is_some_and(|b| b.is_ascii_digit());
        before = range.end;
        said.push(read(patterns, text, range.clone(), *paragraph, item));
    }
    let mut groups: Vec<Said> = Vec::new();
    for mut one in listed(said, text) {
        match groups.last_mut() {
            Some(last) if belongs(last, &one) => {
                if last.is_surer_than(&one) {
                    // In one clause with what is promised, it would be promised as well.
                    one.topics.clone_from(&last.topics);
                    groups.push(one);
                } else {
                    join(last, one);
                }
            }
            _ => groups.push(one),
        }
    }
    let mut laid_down: BTreeSet<Topic> = BTreeSet::new();
    let mut parts = Vec::new();
    for mut group in groups {
        if group.topics.is_empty() && group.elsewhere && !group.effects.is_empty() {
            group.topics.clone_from(&laid_down);
        } else if matches!(
            recipe::family(&group.topics),
            Family::Post | Family::Privacy
        ) {
            laid_down.extend(group.topics.iter().cloned());
        }
        parts.push(part(text, &group));
    }
    parts
}

fn part(text: &str, group: &Said) -> Part {
    let Made { clause, questions } = recipe::make(group);
    let written = |range: &Range<usize>| text[range.clone()].to_owned();
    Part {
        sentences: group.sentences.iter().map(written).collect(),
        quote: written(&group.range),
        clause,
        questions,
        like: None,
    }
}

/// Reads one sentence.
fn read(
    patterns: &Patterns,
    text: &str,
    range: Range<usize>,
    paragraph: usize,
    item: bool,
) -> Said {
    let words = words(&text[range.clone()]);
    let found = patterns.topics.iter().filter(|topic| topic.stands(&words));
    Said {
        topics: found.flat_map(|topic| topic.is.clone()).collect(),
        effects: effects(patterns, &words),
        unanswered: any(&patterns.unanswered, &words),
        only: any(&patterns.only, &words),
        forbids: any(&patterns.forbids, &words),
        leans: any(&patterns.leans, &words),
        elsewhere: any(&patterns.elsewhere, &words),
        exceptions: patterns
            .exceptions
            .iter()
            .filter(|exception| exception.stands(&words))
            .map(|exception| exception.is)
            .collect(),
        paragraph,
        item,
        sentences: vec![range.clone()],
        range,
        words,
    }
}

/// Returns what follows by a sentence, each once, with how sure the verb before it is.
fn effects(patterns: &Patterns, words: &[String]) -> Vec<(Effect, Says)> {
    let mut found: Vec<(Effect, Says)> = Vec::new();
    // Words that an effect took: "asked to delete" deletes nothing.
    let mut taken: Vec<(usize, usize)> = Vec::new();
    for pattern in &patterns.effects {
        let hits = pattern.find(words);
        let free = |(start, end): &(usize, usize)| {
            !taken.iter().any(|(from, to)| start < to && from < end)
        };
        let hits: Vec<(usize, usize)> = hits
            .into_iter()
            .filter(free)
            .filter(|(start, _)| pattern.is == Effect::Case || !is_denied(&words[..*start]))
            .collect();
        // The first verb, but of what the machine may do the one that promises least.
        let mut verbs: Vec<(usize, Says)> = hits
            .iter()
            .map(|(start, _)| (*start, verb(patterns, &words[..*start], pattern.is)))
            .collect();
        verbs.sort_by_key(|(start, _)| *start);
        let hides = matches!(pattern.is, Effect::Hide | Effect::Delete);
        let open = verbs
            .iter()
            .find(|(_, says)| hides && *says != Says::Will)
            .or(verbs.first());
        let Some((_, says)) = open.copied() else {
            continue;
        };
        if !found.iter().any(|(effect, _)| *effect == pattern.is) {
            found.push((pattern.is, says));
        }
        if matches!(
            pattern.is,
            Effect::Ladder | Effect::AskAuthor | Effect::PublicReply
        ) {
            taken.extend(hits);
        }
    }
    found
}

/// Returns `true` if the words before something take it back.
fn is_denied(before: &[String]) -> bool {
    const NOT: [&str; 7] = ["not", "never", "cannot", "won't", "don't", "can't", "nor"];
    before
        .iter()
        .rev()
        .take(3)
        .any(|word| NOT.contains(&word.as_str()))
}

/// Returns how sure the verb before an effect is. Where there is none it is left open, so that the
/// machine does nothing.
fn verb(patterns: &Patterns, before: &[String], effect: Effect) -> Says {
    let last = |pattern: &Pattern<Says>| {
        let hits = pattern.find(before);
        hits.into_iter()
            .map(|(start, _)| start)
            .max()
            .map(|start| (start, pattern.is))
    };
    let nearest = patterns
        .verbs
        .iter()
        .filter_map(last)
        .max_by_key(|(start, _)| *start);
    match nearest {
        Some((_, says)) => says,
        None if effect == Effect::Case || any(&patterns.present, before) => Says::Will,
        None => Says::May,
    }
}

/// Puts a list together with the sentence that leads to it, and with what follows from it.
fn listed(said: Vec<Said>, text: &str) -> Vec<Said> {
    let mut whole: Vec<Said> = Vec::new();
    // Whether the last one leads to a list, and whether items of it were met.
    let mut open = false;
    let mut met = false;
    for one in said {
        let leads = text[one.range.clone()].ends_with(':');
        let unsaid = whole.last().is_some_and(|lead| lead.effects.is_empty());
        let follows = met
            && unsaid
            && one.topics.is_empty()
            && !one.effects.is_empty()
            && (one.leans || one.elsewhere);
        match whole.last_mut() {
            Some(lead) if open && (one.item && is_fragment(text, &one) || follows) => {
                met = true;
                open = !follows;
                join(lead, one);
            }
            _ => {
                open = leads && (one.forbids || !one.effects.is_empty());
                met = false;
                whole.push(one);
            }
        }
    }
    whole
}

/// Returns `true` if a list's item is no sentence of its own.
fn is_fragment(text: &str, one: &Said) -> bool {
    const VERBS: [&str; 8] = [
        "must", "will", "may", "should", "are", "is", "please", "can",
    ];
    let begins_low = text[one.range.clone()].starts_with(char::is_lowercase);
    begins_low || !one.words.iter().any(|word| VERBS.contains(&word.as_str()))
}

/// Returns `true` if a sentence belongs to the clause of those before it.
fn belongs(last: &Said, one: &Said) -> bool {
    if last.paragraph != one.paragraph || last.topics.is_empty() {
        return false;
    }
    let says_what_follows = one.topics.is_empty() && !one.effects.is_empty() && !one.elsewhere;
    if one.leans && (one.topics.is_empty() || one.topics.is_subset(&last.topics))
        || says_what_follows
    {
        return true;
    }
    let (before, after) = (recipe::family(&last.topics), recipe::family(&one.topics));
    let shares = !last.topics.is_disjoint(&one.topics);
    before == after
        && match before {
            // What the practice does about complaints here, and where they belong, are two things.
            Family::Complaint => last.is_bare() && one.is_bare(),
            Family::Request => true,
            // Where reviews belong, and that others are left alone; not the other way round.
            Family::Review => !last.unanswered,
            Family::Privacy => one.is_bare(),
            Family::Device | Family::Duty | Family::Consultation => shares,
            Family::Post => shares && last.is_bare(),
            Family::Opinion | Family::None => shares && one.is_bare(),
        }
}

impl Said {
    /// Returns `true` if nothing follows by it.
    pub(super) fn is_bare(&self) -> bool {
        self.effects.is_empty() && !self.unanswered
    }

    /// Returns `true` if what follows by it is promised, and what follows by another is left open.
    fn is_surer_than(&self, other: &Said) -> bool {
        let promised = |said: &Said| said.effects.iter().any(|(_, says)| *says == Says::Will);
        promised(self) && !other.effects.is_empty() && !promised(other)
    }
}

fn join(last: &mut Said, one: Said) {
    if last.topics.is_empty() || !one.leans || one.item {
        last.topics.extend(one.topics);
    }
    for (effect, says) in one.effects {
        if !last.effects.iter().any(|(known, _)| *known == effect) {
            last.effects.push((effect, says));
        }
    }
    last.unanswered |= one.unanswered;
    last.only |= one.only;
    last.forbids |= one.forbids;
    last.exceptions.extend(one.exceptions);
    last.words.extend(one.words);
    last.range.end = one.range.end;
    last.sentences.extend(one.sentences);
}

impl Draft {
    /// Returns the clause or context sentence that a sentence of the text has become part of.
    #[must_use]
    pub fn part_of(&self, sentence: &str) -> Option<&Part> {
        self.parts
            .iter()
            .find(|part| part.sentences.iter().any(|own| own == sentence))
    }
}
