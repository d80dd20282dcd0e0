//! Matching: which grammars and suppressors a text holds, and which findings survive.

use std::cell::OnceCell;

use super::text::{Token, View};
use super::vocabulary::{
    self as words, GROUPS, Group, PATTERNS, PHRASES, Pattern, Phrase, RULES, Reach, Rule, STEPS,
    Step, Takes,
};
use crate::{Finding, Strength, Topic};

/// A place where a pattern of a rule fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub(super) rule: u16,
    /// The first and last token, both included.
    pub(super) first: u32,
    pub(super) last: u32,
}

/// The widest that a pattern can be, in tokens: longer than any the lexicon holds, gaps included.
const WIDEST: usize = 64;

/// Findings of one grammar that are kept: more of the same in one text add nothing.
const MOST_OF_ONE: usize = 16;

/// Returns every place where a rule fits, sorted by rule and place.
///
/// Each token starts only the patterns whose rarest step it fits, and each pattern is of bounded
/// width, so the cost is linear in the length of the text.
pub(super) fn hits(view: &View<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (at, token) in view.tokens.iter().enumerate() {
        for number in words::patterns_from(token.word) {
            let pattern = &PATTERNS[*number as usize];
            if let Some((first, last)) = fit(&view.tokens, pattern, at) {
                hits.push(Hit {
                    rule: pattern.rule,
                    first: small(first),
                    last: small(last),
                });
            }
        }
    }
    hits.sort_unstable();
    hits.dedup();
    hits
}

/// Token numbers fit: a text is cut to `View::MOST` bytes.
fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Fits a pattern around a token that its anchor takes; returns the first and the last token.
fn fit(tokens: &[Token], pattern: &Pattern, at: usize) -> Option<(usize, usize)> {
    let steps = sequence(pattern.first, pattern.length);
    let (before, rest) = steps.split_at(usize::from(pattern.anchor));
    let (anchor, rest) = rest.split_first()?;
    let last = fit_rest(tokens, anchor, rest, at)?;
    let first = fit_before(tokens, anchor, before, at)?;
    Some((first, last))
}

fn sequence(first: u32, length: u8) -> &'static [Step] {
    &STEPS[first as usize..first as usize + usize::from(length)]
}

fn phrases(group: &Group) -> &'static [Phrase] {
    &PHRASES[group.first as usize..group.first as usize + usize::from(group.count)]
}

fn starts(tokens: &[Token], step: &Step, at: usize) -> bool {
    !step.starts || tokens[at].is(Token::SENTENCE)
}

fn ends(tokens: &[Token], step: &Step, at: usize) -> bool {
    !step.ends
        || tokens
            .get(at + 1)
            .is_none_or(|next| next.is(Token::SENTENCE))
}

fn takes_one(token: &Token, takes: Takes) -> bool {
    match takes {
        Takes::Word(word) => token.word == word,
        Takes::Set(set) => words::is_in(token.word, set),
        Takes::Not(set) => !words::is_in(token.word, set),
        Takes::Any => true,
        Takes::Group(group) => words::is_in(token.word, GROUPS[group as usize].set),
    }
}

/// Fits steps of which the first starts at a token; returns the last token.
fn fit_from(tokens: &[Token], steps: &[Step], at: usize) -> Option<usize> {
    let (step, rest) = steps.split_first()?;
    if !starts(tokens, step, at) {
        return None;
    }
    if takes_one(&tokens[at], step.takes)
        && let Some(last) = fit_rest(tokens, step, rest, at)
    {
        return Some(last);
    }
    let Takes::Group(group) = step.takes else {
        return None;
    };
    let group = &GROUPS[group as usize];
    if !words::may_be(tokens[at].word, group.starts) {
        return None;
    }
    phrases(group).iter().find_map(|phrase| {
        let end = fit_from(tokens, sequence(phrase.first, phrase.length), at)?;
        fit_rest(tokens, step, rest, end)
    })
}

/// A gap skips no denial: "was not drunk" does not say "was drunk".
fn is_denial(token: &Token) -> bool {
    words::is_in(token.word, words::DENIAL)
}

/// Fits what follows a step that ends at a token.
fn fit_rest(tokens: &[Token], step: &Step, rest: &[Step], at: usize) -> Option<usize> {
    if !ends(tokens, step, at) {
        return None;
    }
    let Some(next) = rest.first() else {
        return Some(at);
    };
    for start in at + 1..=at + 1 + usize::from(next.gap) {
        if tokens.get(start)?.is(Token::SENTENCE) && !next.crosses {
            return None;
        }
        if let Some(last) = fit_from(tokens, rest, start) {
            return Some(last);
        }
        if is_denial(&tokens[start]) {
            return None;
        }
    }
    None
}

/// Fits steps of which the last ends at a token; returns the first token.
fn fit_to(tokens: &[Token], steps: &[Step], at: usize) -> Option<usize> {
    let (step, before) = steps.split_last()?;
    if !ends(tokens, step, at) {
        return None;
    }
    if takes_one(&tokens[at], step.takes)
        && let Some(first) = fit_before(tokens, step, before, at)
    {
        return Some(first);
    }
    let Takes::Group(group) = step.takes else {
        return None;
    };
    let group = &GROUPS[group as usize];
    if !words::may_be(tokens[at].word, group.ends) {
        return None;
    }
    phrases(group).iter().find_map(|phrase| {
        let start = fit_to(tokens, sequence(phrase.first, phrase.length), at)?;
        fit_before(tokens, step, before, start)
    })
}

/// Fits what stands before a step that starts at a token.
fn fit_before(tokens: &[Token], step: &Step, before: &[Step], at: usize) -> Option<usize> {
    if !starts(tokens, step, at) {
        return None;
    }
    if before.is_empty() {
        return Some(at);
    }
    for skipped in 0..=usize::from(step.gap) {
        let next = at.checked_sub(skipped)?;
        if tokens[next].is(Token::SENTENCE) && !step.crosses
            || skipped > 0 && is_denial(&tokens[next])
        {
            return None;
        }
        if let Some(first) = fit_to(tokens, before, next.checked_sub(1)?) {
            return Some(first);
        }
    }
    None
}

/// The hits of one text, by rule, and its sentences.
pub(super) struct Hits<'v> {
    view: &'v View<'v>,
    /// Sorted by rule and place.
    found: Vec<Hit>,
    /// The first token of each sentence.
    sentences: Vec<u32>,
    /// The first token of each clause, once somebody asks.
    clauses: OnceCell<Vec<u32>>,
}

impl<'v> Hits<'v> {
    pub(super) fn new(view: &'v View<'v>) -> Self {
        let starts = view
            .tokens
            .iter()
            .enumerate()
            .filter(|(_, t)| t.is(Token::SENTENCE))
            .map(|(i, _)| small(i));
        Hits {
            view,
            found: hits(view),
            sentences: starts.collect(),
            clauses: OnceCell::new(),
        }
    }

    /// Returns the rules that fit somewhere.
    #[cfg(test)]
    pub(super) fn rules(&self) -> Vec<u16> {
        let mut rules: Vec<u16> = self.found.iter().map(|hit| hit.rule).collect();
        rules.dedup();
        rules
    }

    /// Leaves a rule out, as if its file did not have it.
    #[cfg(test)]
    pub(super) fn without(&mut self, rule: u16) {
        self.found.retain(|hit| hit.rule != rule);
    }

    /// Returns `true` if the text speaks for the service, which says sorry for itself.
    pub(super) fn announce(&self) -> bool {
        self.holds(words::ANNOUNCEMENT)
    }

    fn of(&self, rule: u16) -> &[Hit] {
        let from = self.found.partition_point(|hit| hit.rule < rule);
        let to = from + self.found[from..].partition_point(|hit| hit.rule == rule);
        &self.found[from..to]
    }

    /// Adds what the grammars find and no suppressor takes back.
    ///
    /// Grammars that ask for another topic, or yield to one, come after the others have spoken.
    pub(super) fn find(&self, findings: &mut Vec<Finding>) {
        for late in [false, true] {
            for of_rule in self.found.chunk_by(|a, b| a.rule == b.rule) {
                let grammar = &RULES[of_rule[0].rule as usize];
                let asks_topics =
                    !grammar.unless_topics.is_empty() || !grammar.needs_topics.is_empty();
                if grammar.reach == Reach::Finds
                    && !grammar.topics.is_empty()
                    && asks_topics == late
                {
                    self.find_one(grammar, of_rule, findings);
                }
            }
        }
    }

    fn find_one(&self, grammar: &Rule, of_rule: &[Hit], findings: &mut Vec<Finding>) {
        let found = |name: &&str| {
            findings
                .iter()
                .any(|finding| finding.topic.name() == **name)
        };
        if grammar.unless_topics.iter().any(found) {
            return;
        }
        let asks = !grammar.needs.is_empty() || !grammar.needs_topics.is_empty();
        if asks
            && !grammar.needs.iter().any(|cue| self.holds(*cue))
            && !grammar.needs_topics.iter().any(found)
        {
            return;
        }
        let mut end = None;
        let kept = of_rule
            .iter()
            .filter(|hit| {
                !grammar
                    .unless
                    .iter()
                    .any(|suppressor| self.suppressed(hit, *suppressor))
            })
            .filter(|hit| {
                let apart = end.is_none_or(|end| hit.first > end);
                end = Some(end.unwrap_or(0).max(hit.last));
                apart
            })
            .take(MOST_OF_ONE);
        for hit in kept {
            let span = self.view.span_of(hit.first as usize, hit.last as usize);
            let doubt = grammar.doubts.iter().any(|d| self.suppressed(hit, *d));
            let strength = if doubt {
                Strength::Possible
            } else {
                grammar.strength
            };
            for topic in grammar.topics {
                let Ok(topic) = topic.parse::<Topic>() else {
                    continue;
                };
                findings.push(Finding {
                    topic,
                    strength,
                    span: span.clone(),
                    cue: grammar.name.into(),
                    why: grammar.why.into(),
                    target: grammar.target,
                });
            }
        }
    }

    /// Returns `true` if a cue is there and is not itself taken back.
    fn holds(&self, cue: u16) -> bool {
        let unless = RULES[cue as usize].unless;
        self.of(cue).iter().any(|hit| {
            !unless
                .iter()
                .any(|suppressor| self.suppressed(hit, *suppressor))
        })
    }

    fn suppressed(&self, hit: &Hit, suppressor: u16) -> bool {
        let hits = self.of(suppressor);
        if hits.is_empty() {
            return false;
        }
        let near = |from: usize, to: usize| {
            let from = hits.partition_point(|h| (h.first as usize) < from);
            hits[from..]
                .iter()
                .take_while(move |h| h.first as usize <= to)
        };
        let (first, last) = (hit.first as usize, hit.last as usize);
        match RULES[suppressor as usize].reach {
            Reach::Finds => false,
            Reach::Text => true,
            Reach::Overlap => {
                near(first.saturating_sub(WIDEST), last).any(|h| h.last as usize >= first)
            }
            Reach::Before(within) => near(
                first.saturating_sub(WIDEST + within),
                first.saturating_sub(1),
            )
            .any(|h| {
                let end = h.last as usize;
                end < first
                    && first - end - 1 <= within
                    && self.sentence(end) == self.sentence(first)
            }),
            Reach::Clause => self.in_clause(hit, hits),
            Reach::Sentence => {
                let (from, to) = self.sentence(first);
                near(from, to).next().is_some()
            }
            Reach::Story => self.in_clause(hit, hits) || self.is_told_as_past(hit),
            Reach::Quoted => (first..=last).all(|at| self.view.tokens[at].is(Token::QUOTED)),
        }
    }

    /// Returns the first and last token of the sentence that holds a token.
    fn sentence(&self, at: usize) -> (usize, usize) {
        stretch(&self.sentences, self.view.tokens.len(), at)
    }

    /// Returns the first and last token of the clauses that a hit stands in.
    fn clause(&self, hit: &Hit) -> (usize, usize) {
        let starts = self.clauses.get_or_init(|| {
            let tokens = &self.view.tokens;
            (0..tokens.len())
                .filter(|at| starts_clause(tokens, *at))
                .map(small)
                .collect()
        });
        let end = self.view.tokens.len();
        (
            stretch(starts, end, hit.first as usize).0,
            stretch(starts, end, hit.last as usize).1,
        )
    }

    /// Returns `true` if one of the hits of a suppressor shares a clause with a hit.
    fn in_clause(&self, hit: &Hit, hits: &[Hit]) -> bool {
        let (from, to) = self.clause(hit);
        let start = hits.partition_point(|h| (h.first as usize) < from.saturating_sub(WIDEST));
        hits[start..]
            .iter()
            .take_while(|h| h.first as usize <= to)
            .any(|h| h.last as usize >= from)
    }

    /// Returns `true` if a sentence is about the past, and the clause in it mentions nothing that
    /// is still going on.
    fn is_told_as_past(&self, hit: &Hit) -> bool {
        let (from, to) = self.clause(hit);
        let tokens = &self.view.tokens;
        if tokens[from..=to]
            .iter()
            .any(|token| words::is_in(token.word, words::NOW))
        {
            return false;
        }
        let (from, to) = (self.sentence(from).0, self.sentence(to).1);
        let past = |token: &Token| {
            words::is_in(token.word, words::PAST) || self.view.spelling(token).ends_with("ed")
        };
        tokens[from..=to].iter().any(past)
    }
}

/// Returns the first and last token of the stretch that holds a token, where stretches start at
/// these.
fn stretch(starts: &[u32], end: usize, at: usize) -> (usize, usize) {
    let next = starts.partition_point(|start| *start as usize <= at);
    let from = next.checked_sub(1).map_or(0, |i| starts[i] as usize);
    let to = starts.get(next).map_or(end, |start| *start as usize);
    (from, to.saturating_sub(1))
}

/// Returns `true` if a clause starts at a token: after a full stop, comma or dash, at "but" and the
/// like, and at an "and" that a subject follows.
fn starts_clause(tokens: &[Token], at: usize) -> bool {
    let token = &tokens[at];
    token.flags & (Token::SENTENCE | Token::BREAK) != 0
        || words::is_in(token.word, words::CLAUSE_WORD)
        || words::is_in(token.word, words::SUBJECT)
            && at
                .checked_sub(1)
                .is_some_and(|before| words::is_in(tokens[before].word, words::JOINS))
}
