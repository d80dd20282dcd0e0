//! The page: a view with the classes of its words, and the questions that every recogniser asks of
//! it.

use std::ops::Range;

use crate::reader::text::{Kind, Token, View};
use crate::reader::vocabulary as words;
use crate::{Identifier, IdentifierKind, Reading, Span};

use super::vocabulary::{Class, Entry, List};

/// A view whose words are known by their classes. Positions past either end answer as an unknown,
/// empty word.
pub(super) struct Page<'v> {
    pub(super) view: &'v View<'v>,
    classes: Vec<Class>,
    entries: Vec<Entry>,
    /// Every class that occurs.
    pub(super) seen: Class,
    /// There is an "@" somewhere.
    pub(super) signed: bool,
    /// There are accounts, or letters that stand alone: names may be written as them.
    pub(super) disguised: bool,
    /// Capitals mean nothing here: everything is written in them.
    shouted: bool,
    /// Tokens of the practice's own name.
    practice: Vec<Range<usize>>,
    /// Names of people that the author tagged, in the order of the text.
    tagged: Vec<Range<usize>>,
}

impl<'v> Page<'v> {
    /// Looks every word up once.
    pub(super) fn new(view: &'v View<'v>) -> Self {
        let mut seen = Class::NONE;
        let (mut words, mut shouted, mut letters, mut disguised) =
            (0_usize, 0_usize, 0_usize, false);
        let (classes, entries) = view
            .tokens
            .iter()
            .map(|token| {
                if token.kind != Kind::Word {
                    disguised |= token.kind == Kind::Mention;
                    // "[at]" is a word as well, but of no class.
                    let remark = token.kind == Kind::Bracketed;
                    let entry = if remark {
                        Entry::of(view.spelling(token))
                    } else {
                        Entry::default()
                    };
                    return (Class::NONE, entry);
                }
                letters += usize::from(token.end - token.start == 1);
                words += 1;
                shouted += usize::from(token.is(Token::UPPER));
                let word = spelling(view, token);
                let stem = stem(word);
                let entry = Entry::of(word);
                let mut class = entry.classes();
                if stem.len() < word.len() {
                    class = class | Entry::of(stem).classes();
                }
                seen = seen | class;
                (class, entry)
            })
            .unzip();
        let signed = view.posted.contains('@');
        let disguised = disguised || letters > 4;
        Page {
            view,
            classes,
            entries,
            seen,
            signed,
            disguised,
            shouted: words > 2 && shouted * 2 > words,
            practice: Vec::new(),
            tagged: Vec::new(),
        }
    }

    /// Marks where the practice's own name stands: two or more of its words in a row, so that it is
    /// nobody's.
    pub(super) fn mark_practice(&mut self, name: &[String]) {
        let mut at = 0;
        if name.len() < 2 {
            return;
        }
        while at < self.len() {
            let start = name
                .iter()
                .position(|word| word == self.word(at))
                .unwrap_or(name.len());
            let run = name[start..]
                .iter()
                .enumerate()
                .take_while(|(n, word)| *word == self.word(at + n))
                .count();
            if run > 1 {
                self.practice.push(at..at + run);
            }
            at += run.max(1);
        }
    }

    /// Returns `true` if the token is part of the practice's own name.
    pub(super) fn is_practice(&self, at: usize) -> bool {
        let next = self.practice.partition_point(|name| name.end <= at);
        self.practice.get(next).is_some_and(|name| name.start <= at)
    }

    /// Marks where the people that the author tagged are named, given their names on the platform.
    pub(super) fn mark_tagged(&mut self, names: &[String]) {
        let views: Vec<View<'_>> = names.iter().map(|name| View::new(name)).collect();
        let words = |view| Page::new(view).words();
        let mut names: Vec<Vec<&str>> = views
            .iter()
            .map(words)
            .filter(|words| !words.is_empty())
            .collect();
        // The longest first, so that "Jean Ackroyd Smith" is not cut short by another who is "Jean
        // Ackroyd".
        names.sort_by(|a, b| a[0].cmp(b[0]).then(b.len().cmp(&a.len())));
        let mut at = 0;
        while at < self.len() && !names.is_empty() {
            let from = names.partition_point(|name| name[0] < self.stem(at));
            let stands = |name: &&Vec<&str>| {
                name.iter()
                    .zip(at..)
                    .all(|(word, at)| *word == self.stem(at))
            };
            let found = names[from..]
                .iter()
                .take_while(|name| name[0] == self.stem(at))
                .find(stands);
            let count = found.map_or(0, Vec::len);
            if count > 0 {
                self.tagged.push(at..at + count);
            }
            at += count.max(1);
        }
    }

    /// Returns the name of a tagged person that starts at a token, as its first and last token.
    pub(super) fn tagged_at(&self, at: usize) -> Option<(usize, usize)> {
        let next = self.tagged.partition_point(|name| name.start < at);
        self.tagged
            .get(next)
            .filter(|name| name.start == at)
            .map(|name| (name.start, name.end - 1))
    }

    fn words(&self) -> Vec<&'v str> {
        (0..self.len()).map(|at| self.word(at)).collect()
    }

    /// Returns a word in lower case without a possessive ending.
    fn stem(&self, at: usize) -> &'v str {
        stem(self.word(at))
    }

    /// Returns the number of tokens.
    pub(super) fn len(&self) -> usize {
        self.view.tokens.len()
    }

    /// Returns a token, where there is one.
    pub(super) fn token(&self, at: usize) -> Option<&'v Token> {
        self.view.tokens.get(at)
    }

    /// Returns what a token is made of.
    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        let token = self.token(at)?;
        // "N1P" may pass for a word in disguise; a postcode is what it says.
        let digits = token.is(Token::DISGUISED)
            && self
                .view
                .spelling(token)
                .bytes()
                .any(|b| b.is_ascii_digit());
        Some(if digits { Kind::Mixed } else { token.kind })
    }

    /// Returns a word's classes.
    pub(super) fn class(&self, at: usize) -> Class {
        self.classes.get(at).copied().unwrap_or_default()
    }

    /// Returns `true` if the word belongs to one of these classes.
    pub(super) fn is(&self, at: usize, of: Class) -> bool {
        self.class(at).any(of)
    }

    /// Returns `true` if the word so many places before belongs to one of these classes.
    pub(super) fn was(&self, at: usize, back: usize, of: Class) -> bool {
        at.checked_sub(back)
            .is_some_and(|before| self.is(before, of))
    }

    /// Returns `true` if the word is in one of these lists.
    pub(super) fn has(&self, at: usize, lists: List) -> bool {
        self.entries.get(at).is_some_and(|entry| entry.is_in(lists))
    }

    /// Returns `true` if the word so many places before is in one of these lists.
    pub(super) fn had(&self, at: usize, back: usize, lists: List) -> bool {
        at.checked_sub(back)
            .is_some_and(|before| self.has(before, lists))
    }

    /// Returns `true` if a word of a stretch is in one of these lists.
    pub(super) fn has_in(&self, from: usize, to: usize, lists: List) -> bool {
        (from..to.min(self.len())).any(|at| self.has(at, lists))
    }

    /// Returns a word in lower case.
    pub(super) fn word(&self, at: usize) -> &'v str {
        self.token(at)
            .map_or("", |token| spelling(self.view, token))
    }

    /// Returns the word so many places before.
    pub(super) fn word_before(&self, at: usize, back: usize) -> &'v str {
        at.checked_sub(back).map_or("", |before| self.word(before))
    }

    /// Returns `true` if the token has one of these flags.
    pub(super) fn flagged(&self, at: usize, flags: u16) -> bool {
        self.token(at).is_some_and(|token| token.flags & flags != 0)
    }

    /// Returns `true` if the token goes on where the one before left off: no punctuation between.
    pub(super) fn goes_on(&self, at: usize) -> bool {
        at > 0
            && self
                .token(at)
                .is_some_and(|token| token.flags & (Token::SENTENCE | Token::BREAK) == 0)
    }

    /// Returns `true` if the token starts with a capital that means something.
    pub(super) fn capital(&self, at: usize) -> bool {
        !self.shouted && self.flagged(at, Token::CAPITAL)
    }

    /// Returns `true` if the word ends in an apostrophe and s.
    pub(super) fn possessive(&self, at: usize) -> bool {
        self.word(at).ends_with("'s")
    }

    /// Returns what stands between a token and the one before.
    pub(super) fn gap(&self, at: usize) -> &'v str {
        let (Some(token), Some(before)) = (
            self.token(at),
            at.checked_sub(1).and_then(|b| self.token(b)),
        ) else {
            return "";
        };
        self.view
            .normal
            .text
            .get(before.end as usize..token.start as usize)
            .unwrap_or("")
    }

    /// Returns the first place in a stretch where a word of these classes stands.
    pub(super) fn find(&self, from: usize, to: usize, of: Class) -> Option<usize> {
        (from..to.min(self.len())).find(|at| self.is(*at, of))
    }

    /// Returns where the tokens from `first` to `last` stand as posted, without a possessive ending
    /// of the last.
    pub(super) fn span(&self, first: usize, last: usize) -> Span {
        let (Some(from), Some(to)) = (self.token(first), self.token(last)) else {
            return 0..0;
        };
        let word = self.view.spelling(to);
        let end = to.start as usize + stem(word).len();
        // A plus or an opened bracket belongs to the number behind it.
        let start = from.start as usize;
        let sign = start > 0
            && from.kind == Kind::Number
            && matches!(
                self.view.normal.text.as_bytes().get(start - 1),
                Some(b'+' | b'(')
            );
        self.view
            .normal
            .posted(start - usize::from(sign), end.max(start + 1))
    }

    /// Records an identifying detail.
    pub(super) fn identify(
        &self,
        out: &mut Reading,
        kind: IdentifierKind,
        first: usize,
        last: usize,
    ) {
        out.identifiers.push(Identifier {
            kind,
            span: self.span(first, last),
        });
    }
}

/// Returns a word in lower case; "d r" is the word that its letters give.
fn spelling<'v>(view: &'v View<'v>, token: &Token) -> &'v str {
    let posted = view.spelling(token);
    let apart = token.is(Token::DISGUISED) && posted.as_bytes().get(1) == Some(&b' ');
    if apart {
        words::spelling(token.word)
    } else {
        posted
    }
}

/// Returns a word without a possessive ending.
fn stem(word: &str) -> &str {
    word.strip_suffix("'s")
        .filter(|stem| stem.len() > 1)
        .unwrap_or(word)
}
