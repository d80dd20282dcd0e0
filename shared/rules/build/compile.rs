//! Turns the lexicon into the source of static tables.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::error::Error;
use std::fmt::Write as _;
use std::ops::Range;

use super::lexicon::{Grammar, Lexicon, spell_out};
use super::pattern::{Step, Takes, expand, open_group};

/// Words that stand for a kind of token. Their ids are fixed: the reader knows them by number.
const KINDS: [&str; 10] = [
    "",
    "<number>",
    "<mixed>",
    "<url>",
    "<email>",
    "<mention>",
    "<money>",
    "<remark>",
    "<sign>",
    "<premium>",
];

/// Classes that the reader itself asks for, by the name of the constant that it uses.
const ASKED: [(&str, &str); 9] = [
    ("NAME_TITLE", "name_title"),
    ("PLACE_WORD", "place_word"),
    ("UNIT", "unit"),
    ("CLAUSE_WORD", "clause_word"),
    ("DENIAL", "denial"),
    ("SUBJECT", "subject"),
    ("JOINS", "joins"),
    ("PAST", "past"),
    ("NOW", "now"),
];

/// The words that have an id: the kinds of tokens, ordinary words, and those of patterns and
/// classes.
#[derive(Default)]
struct Words {
    ids: BTreeMap<String, u16>,
    spellings: Vec<String>,
    /// The ids of ordinary words.
    ordinary: Range<usize>,
}

impl Words {
    fn id(&mut self, word: &str) -> u16 {
        if let Some(id) = self.ids.get(word) {
            return *id;
        }
        let id = u16::try_from(self.spellings.len()).unwrap_or(u16::MAX);
        self.ids.insert(word.to_owned(), id);
        self.spellings.push(word.to_owned());
        id
    }

    /// Gives an id to every word that the lexicon and its patterns contain.
    fn of(lexicon: &Lexicon, patterns: &[Pattern]) -> Self {
        let mut words = Words::default();
        for kind in KINDS {
            words.id(kind);
        }
        for word in &lexicon.common {
            words.id(word);
        }
        words.ordinary = KINDS.len()..words.spellings.len();
        for pattern in patterns {
            pattern
                .steps
                .iter()
                .for_each(|step| add_words(step, &mut words));
        }
        for class in lexicon.classes.values() {
            for entry in class
                .words
                .split_whitespace()
                .filter(|entry| !entry.starts_with('@'))
            {
                for word in spell_out(entry)
                    .iter()
                    .filter(|word| !word.contains(' ') || word.starts_with('['))
                {
                    words.id(word);
                }
            }
        }
        for word in &lexicon.alike {
            words.id(word);
        }
        words
    }

    /// Returns the words that are no kind of token, with their ids, in order.
    fn in_order(&self) -> impl Iterator<Item = (usize, &String)> {
        self.spellings.iter().enumerate().skip(KINDS.len())
    }
}

/// Sets of words, each with its number.
type Sets = BTreeMap<BTreeSet<String>, u16>;

/// The numbers of the patterns that start from a word, by the word's id.
type ByWord = BTreeMap<u16, Vec<usize>>;

/// Places of ordinary words in the order of their frequency.
type Rank<'a> = HashMap<&'a str, usize>;

struct Pattern {
    rule: usize,
    steps: Vec<Step>,
    /// The step from which matching starts.
    anchor: usize,
}

/// Returns the source of the tables, and of the list of classes that the tests read.
pub(crate) fn tables(lexicon: &Lexicon) -> Result<(String, String), Box<dyn Error>> {
    let patterns = patterns(lexicon)?;
    let words = Words::of(lexicon, &patterns);
    let mut sets = Sets::new();
    let mut out = String::new();
    write_asked(&mut out, lexicon, &mut sets)?;
    let by_word = write_patterns(&mut out, &patterns, &words, &mut sets)?;
    write_words(&mut out, lexicon, &words, &sets, &by_word)?;
    write_rules(&mut out, lexicon)?;
    Ok((out, classes(lexicon, &words)?))
}

/// Returns the patterns of all grammars and suppressors, spelled out so far that each has a word to
/// start from.
fn patterns(lexicon: &Lexicon) -> Result<Vec<Pattern>, Box<dyn Error>> {
    let rank: Rank<'_> = lexicon
        .common
        .iter()
        .enumerate()
        .map(|(i, w)| (w.as_str(), i))
        .collect();
    let grammars = lexicon.grammars.iter().map(|g| (&g.name, &g.patterns));
    let suppressors = lexicon.suppressors.iter().map(|s| (&s.name, &s.patterns));
    let mut patterns = Vec::new();
    for (rule, (name, sources)) in grammars.chain(suppressors).enumerate() {
        for source in sources {
            let mut waiting =
                expand(source, lexicon).map_err(|error| format!("{name}: {error}"))?;
            while let Some(steps) = waiting.pop() {
                if let Some(anchor) = anchor(&steps, &rank) {
                    patterns.push(Pattern {
                        rule,
                        steps,
                        anchor,
                    });
                } else {
                    let opened = open_group(&steps);
                    waiting.extend(opened.ok_or_else(|| {
                        format!("{name}: \"{source}\" has no word to start from")
                    })?);
                }
            }
        }
    }
    Ok(patterns)
}

/// Writes the numbers of the sets that the reader itself asks for.
fn write_asked(out: &mut String, lexicon: &Lexicon, sets: &mut Sets) -> Result<(), Box<dyn Error>> {
    for (constant, class) in ASKED {
        let class = lexicon
            .classes
            .get(class)
            .ok_or_else(|| format!("the reader asks for a class {class}"))?;
        let set = class.words.split_whitespace().flat_map(spell_out).collect();
        let id = set_of(sets, set);
        writeln!(out, "pub(crate) const {constant}: SetId = {id};")?;
    }
    Ok(())
}

/// Writes the patterns with their steps, phrases and groups, and returns which of them start from
/// each word.
fn write_patterns(
    out: &mut String,
    patterns: &[Pattern],
    words: &Words,
    sets: &mut Sets,
) -> Result<ByWord, Box<dyn Error>> {
    let mut writer = StepWriter::new(words, sets);
    let mut source = String::new();
    let mut by_word = ByWord::new();
    for (
        number,
        Pattern {
            rule,
            steps,
            anchor,
        },
    ) in patterns.iter().enumerate()
    {
        if let Takes::Words(set) = &steps[*anchor].takes {
            for word in set {
                by_word.entry(words.ids[word]).or_default().push(number);
            }
        }
        let length = steps.len();
        let first = writer.sequence(steps)?;
        writeln!(
            source,
            "    Pattern {{ rule: {rule}, first: {first}, length: {length}, anchor: {anchor} }},"
        )?;
    }
    writeln!(
        out,
        "pub(in super::super) static STEPS: &[Step] = &[\n{}];",
        writer.steps
    )?;
    writeln!(
        out,
        "pub(in super::super) static PHRASES: &[Phrase] = &[\n{}];",
        writer.phrases
    )?;
    writeln!(
        out,
        "pub(in super::super) static GROUPS: &[Group] = &[\n{}];",
        writer.group_source
    )?;
    writeln!(
        out,
        "pub(in super::super) static PATTERNS: &[Pattern] = &[\n{source}];"
    )?;
    Ok(by_word)
}

fn add_words(step: &Step, words: &mut Words) {
    let set = match &step.takes {
        Takes::Words(set) | Takes::Not(set) => set,
        Takes::Group(set, phrases) => {
            phrases
                .iter()
                .flatten()
                .for_each(|step| add_words(step, words));
            set
        }
        Takes::Any => return,
    };
    for word in set {
        words.id(word);
    }
}

fn set_of(sets: &mut Sets, set: BTreeSet<String>) -> u16 {
    let next = u16::try_from(sets.len()).unwrap_or(u16::MAX);
    *sets.entry(set).or_insert(next)
}

/// Writes steps and groups, each group once.
struct StepWriter<'a> {
    words: &'a Words,
    sets: &'a mut Sets,
    groups: BTreeMap<Takes, usize>,
    steps: String,
    count: usize,
    phrases: String,
    phrase_count: usize,
    group_source: String,
}

impl<'a> StepWriter<'a> {
    fn new(words: &'a Words, sets: &'a mut Sets) -> Self {
        StepWriter {
            words,
            sets,
            groups: BTreeMap::new(),
            steps: String::new(),
            count: 0,
            phrases: String::new(),
            phrase_count: 0,
            group_source: String::new(),
        }
    }

    /// Writes a sequence of steps and returns where it starts.
    fn sequence(&mut self, steps: &[Step]) -> Result<usize, Box<dyn Error>> {
        // Groups first: their own steps must not fall between these.
        let takes = steps
            .iter()
            .map(|step| self.takes(&step.takes))
            .collect::<Result<Vec<_>, _>>()?;
        let first = self.count;
        for (step, takes) in steps.iter().zip(takes) {
            let Step {
                gap,
                starts,
                ends,
                crosses,
                ..
            } = step;
            writeln!(
                self.steps,
                "    Step {{ takes: {takes}, gap: {gap}, starts: {starts}, ends: {ends}, crosses: {crosses} }},"
            )?;
        }
        self.count += steps.len();
        Ok(first)
    }

    fn takes(&mut self, takes: &Takes) -> Result<String, Box<dyn Error>> {
        Ok(match takes {
            Takes::Any => "Takes::Any".to_owned(),
            Takes::Not(set) => format!("Takes::Not({})", set_of(self.sets, set.clone())),
            Takes::Words(set) => match set.iter().next() {
                Some(word) if set.len() == 1 => format!("Takes::Word({})", self.words.ids[word]),
                _ => format!("Takes::Set({})", set_of(self.sets, set.clone())),
            },
            Takes::Group(set, phrases) => {
                if let Some(number) = self.groups.get(takes) {
                    return Ok(format!("Takes::Group({number})"));
                }
                let starts = phrases
                    .iter()
                    .map(|phrase| self.sequence(phrase))
                    .collect::<Result<Vec<_>, _>>()?;
                let first = self.phrase_count;
                for (start, phrase) in starts.iter().zip(phrases) {
                    writeln!(
                        self.phrases,
                        "    Phrase {{ first: {start}, length: {} }},",
                        phrase.len()
                    )?;
                }
                self.phrase_count += phrases.len();
                let set = set_of(self.sets, set.clone());
                let count = phrases.len();
                let mut edge =
                    |of| edges(phrases, of).map_or(u16::MAX, |set| set_of(self.sets, set));
                let (starts, ends) = (edge(<[Step]>::first), edge(<[Step]>::last));
                writeln!(
                    self.group_source,
                    "    Group {{ set: {set}, first: {first}, count: {count}, starts: {starts}, ends: {ends} }},"
                )?;
                let number = self.groups.len();
                self.groups.insert(takes.clone(), number);
                format!("Takes::Group({number})")
            }
        })
    }
}

/// The step from which matching starts: the one whose words are rarest, so that a common word
/// starts nothing.
fn anchor(steps: &[Step], rank: &Rank<'_>) -> Option<usize> {
    (0..steps.len())
        .filter_map(|at| weight(&steps[at], rank).map(|weight| (weight, at)))
        .min()
        .map(|(_, at)| at)
}

/// How much of a text the words of a step are, in millionths and roughly.
fn weight(step: &Step, rank: &Rank<'_>) -> Option<usize> {
    let Takes::Words(set) = &step.takes else {
        return None;
    };
    // Zipf: a word's share of a text falls with its rank.
    let share = |word: &String| {
        rank.get(word.as_str())
            .map_or(60, |rank| 1_000_000 / (rank + 2))
    };
    Some(set.iter().map(share).sum())
}

/// The words that a step may start with, or end with, or nothing where any word may be there.
fn edge(step: &Step, of: fn(&[Step]) -> Option<&Step>) -> Option<BTreeSet<String>> {
    match &step.takes {
        Takes::Words(set) => Some(set.clone()),
        Takes::Group(set, phrases) => {
            Some(set.iter().cloned().chain(edges(phrases, of)?).collect())
        }
        Takes::Not(_) | Takes::Any => None,
    }
}

/// The words that one of the phrases may start with, or end with.
fn edges(phrases: &[Vec<Step>], of: fn(&[Step]) -> Option<&Step>) -> Option<BTreeSet<String>> {
    let sets: Option<Vec<_>> = phrases.iter().map(|phrase| edge(of(phrase)?, of)).collect();
    Some(sets?.into_iter().flatten().collect())
}

/// The class whose words are masked most, in the order in which they are meant.
const OBSCENE: &str = "obscene_strong";

/// What the classes say of their words.
#[derive(Default)]
struct Marks {
    /// Sought in disguise.
    disguised: HashSet<String>,
    /// Sought with two letters swapped.
    mistyped: HashSet<String>,
    /// Names as well.
    names: HashSet<String>,
}

impl Marks {
    fn of(lexicon: &Lexicon) -> Self {
        let mut marks = Marks::default();
        for class in lexicon.classes.values() {
            let words = || class.words.split_whitespace().flat_map(spell_out);
            if class.disguised {
                marks
                    .disguised
                    .extend(words().filter(|word| !word.contains([' ', '['])));
            }
            if class.typos {
                marks.mistyped.extend(words());
            }
            marks
                .names
                .extend(class.names.split_whitespace().flat_map(spell_out));
        }
        marks
    }

    /// Returns `true` if spellings with two letters swapped are sought for a word.
    fn swapped(&self, word: &str) -> bool {
        word.len() >= 4
            && word.is_ascii()
            && (self.disguised.contains(word) || self.mistyped.contains(word))
    }
}

/// Writes the words, their spellings and the table in which these are looked up.
fn write_words(
    out: &mut String,
    lexicon: &Lexicon,
    words: &Words,
    sets: &Sets,
    by_word: &ByWord,
) -> Result<(), Box<dyn Error>> {
    let marks = Marks::of(lexicon);
    write_entries(out, lexicon, words, &marks, &rows(words, sets), by_word)?;
    let mut text = words.spellings.concat();
    write_table(out, &mut text, &spellings(lexicon, words, &marks)?)?;
    writeln!(out, "pub(super) static SPELLINGS: &str = {text:?};")?;
    let ids = masked(lexicon, words, &marks.disguised)?;
    writeln!(out, "pub(super) static DISGUISED_WORDS: &[u16] = &{ids:?};")?;
    Ok(())
}

/// Returns the sets that each word is in, as a row of bits for each word.
fn rows(words: &Words, sets: &Sets) -> Vec<Vec<u64>> {
    let wide = sets.len().div_ceil(64).max(1);
    let mut rows: Vec<Vec<u64>> = vec![vec![0; wide]; words.spellings.len()];
    for (set, id) in sets {
        for word in set {
            if let Some(word) = words.ids.get(word) {
                rows[*word as usize][*id as usize / 64] |= 1 << (id % 64);
            }
        }
    }
    rows
}

/// Writes an entry for each word, the patterns that start from it, and its row of sets. Many words
/// share a row.
fn write_entries(
    out: &mut String,
    lexicon: &Lexicon,
    words: &Words,
    marks: &Marks,
    rows_of: &[Vec<u64>],
    by_word: &ByWord,
) -> Result<(), Box<dyn Error>> {
    // Bits of a word: 1 ordinary, 2 sought in disguise, 4 also a name, 8 a word of another language
    // as well. What stands for a kind of token is no word, and the first of those is every word
    // that the reader does not know.
    let bits = |id: usize, word: &str| {
        u8::from(lexicon.elsewhere.contains(word)) << 3
            | u8::from(words.ordinary.contains(&id))
            | u8::from(marks.disguised.contains(word)) << 1
            | u8::from(marks.names.contains(word)) << 2
    };
    let wide = rows_of.first().map_or(1, Vec::len);
    let mut rows: Vec<Vec<u64>> = vec![vec![0; wide]];
    let mut row_ids: HashMap<Vec<u64>, usize> = HashMap::from([(vec![0; wide], 0)]);
    let mut patterns: Vec<usize> = Vec::new();
    let mut at = 0;
    writeln!(out, "pub(super) const WIDE: usize = {wide};")?;
    writeln!(out, "pub(super) static WORDS: &[Entry] = &[")?;
    for (id, word) in words.spellings.iter().enumerate() {
        let row = *row_ids.entry(rows_of[id].clone()).or_insert_with(|| {
            rows.push(rows_of[id].clone());
            rows.len() - 1
        });
        let (length, bits, first) = (word.len(), bits(id, word), patterns.len());
        let of_word = u16::try_from(id).ok().and_then(|id| by_word.get(&id));
        patterns.extend(of_word.into_iter().flatten());
        writeln!(
            out,
            "    Entry {{ at: {at}, length: {length}, bits: {bits}, row: {row}, patterns: {first} }},"
        )?;
        at += length;
    }
    writeln!(
        out,
        "    Entry {{ at: 0, length: 0, bits: 0, row: 0, patterns: {} }},\n];",
        patterns.len()
    )?;
    writeln!(
        out,
        "pub(super) static PATTERNS_OF: &[u16] = &{patterns:?};"
    )?;
    writeln!(out, "pub(super) static ROWS: &[[u64; WIDE]] = &{rows:?};")?;
    Ok(())
}

/// Returns every spelling that is looked up, with the word that it stands for and 1 if it is a
/// disguise: the words themselves, and other ways to write them. Of two words that a spelling could
/// stand for, the first gets it.
fn spellings(
    lexicon: &Lexicon,
    words: &Words,
    marks: &Marks,
) -> Result<BTreeMap<String, (u16, u8)>, Box<dyn Error>> {
    let mut spellings: BTreeMap<String, (u16, u8)> = BTreeMap::new();
    for (id, word) in words.in_order() {
        spellings.insert(word.clone(), (u16::try_from(id)?, 0));
    }
    let mut add = |spelling: String, id: u16, how: u8| {
        if !words.ids.contains_key(&spelling) {
            spellings.entry(spelling).or_insert((id, how));
        }
    };
    for (id, word) in words.in_order() {
        let id = u16::try_from(id)?;
        if word.contains('\'') {
            add(word.replace('\'', ""), id, 0);
        }
        for other in lexicon.spellings.get(word).into_iter().flatten() {
            add(other.clone(), id, 0);
        }
        if marks.swapped(word) {
            // What is disguised offends by itself, so it must not be another word's slip.
            let offends = marks.disguised.contains(word);
            for swapped in swaps(word) {
                if !(offends && is_slip(&swapped, &lexicon.english)) {
                    add(swapped, id, 1);
                }
            }
        }
    }
    let mut bent = bent_spellings(&words.spellings, &marks.disguised, &lexicon.english);
    bent.sort();
    for (spelling, id) in bent {
        add(spelling, u16::try_from(id)?, 1);
    }
    // Squeezed spellings stand under a mark that no text has.
    for (id, word) in words.in_order() {
        if word.bytes().all(|b| b.is_ascii_lowercase()) {
            add(format!("~{}", squeeze(word)), u16::try_from(id)?, 0);
        }
    }
    Ok(spellings)
}

/// For masked words: every word sought in disguise, by length. Of words that fit alike the first of
/// the obscene ones is meant most often.
fn masked(
    lexicon: &Lexicon,
    words: &Words,
    disguised: &HashSet<String>,
) -> Result<Vec<u16>, Box<dyn Error>> {
    let obscene = lexicon
        .classes
        .get(OBSCENE)
        .ok_or("there are no obscene words")?;
    let obscene: Vec<String> = obscene
        .words
        .split_whitespace()
        .flat_map(spell_out)
        .collect();
    let place = |word: &String| {
        obscene
            .iter()
            .position(|other| other == word)
            .unwrap_or(usize::MAX)
    };
    let mut masked: Vec<(usize, usize, &str, u16)> = disguised
        .iter()
        .filter_map(|w| {
            words
                .ids
                .get(w)
                .map(|id| (w.len(), place(w), w.as_str(), *id))
        })
        .collect();
    masked.sort_unstable();
    Ok(masked.iter().map(|word| word.3).collect())
}

/// The words of each class, for the test that takes them away.
fn classes(lexicon: &Lexicon, words: &Words) -> Result<String, Box<dyn Error>> {
    let mut out = String::from("static CLASSES: &[(&str, &[u16])] = &[\n");
    for class in lexicon
        .classes
        .values()
        .filter(|class| !class.words.trim_start().starts_with('@'))
    {
        let spelled = class.words.split_whitespace().flat_map(spell_out);
        let mut ids: Vec<u16> = spelled
            .filter_map(|word| words.ids.get(&word).copied())
            .collect();
        ids.sort_unstable();
        writeln!(out, "    ({:?}, &{ids:?}),", class.name)?;
    }
    out.push_str("];\n");
    Ok(out)
}

/// Spellings of the words that people disguise: backwards, on their heads, without vowels, with one
/// vowel left out or another in its place. Words of English are none, and neither is a slip of the
/// pen in one.
fn bent_spellings(
    spellings: &[String],
    disguised: &HashSet<String>,
    english: &HashSet<String>,
) -> Vec<(String, usize)> {
    let mut bent = Vec::new();
    for (id, word) in spellings.iter().enumerate() {
        let letters = word.bytes().all(|b| b.is_ascii_lowercase());
        if word.len() < 4 || !letters || !disguised.contains(word) {
            continue;
        }
        let vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u');
        let bare: String = word.chars().filter(|c| !vowel(*c)).collect();
        let mut found: Vec<String> = (bare.len() > 3).then_some(bare).into_iter().collect();
        let turned: String = word.chars().rev().collect();
        let on_its_head: String = turned.chars().map(on_its_head).collect();
        // Where letters are turned the mark says so; elsewhere a short word would be some other
        // one.
        bent.extend([(format!("<{turned}"), id), (format!("<{on_its_head}"), id)]);
        found.extend((word.len() > 4).then_some(turned));
        let places = || {
            word.char_indices()
                .skip(1)
                .filter(|(_, c)| vowel(*c))
                .map(|(at, _)| at)
        };
        if word.len() > 5 {
            found.extend(places().map(|at| format!("{}{}", &word[..at], &word[at + 1..])));
            found.extend(
                [word.replace("ck", "k"), word.replace("ies", "ys")]
                    .into_iter()
                    .filter(|other| other != word),
            );
        }
        if word.len() > 6 {
            let other = |at| {
                "aeiou"
                    .chars()
                    .map(move |c| format!("{}{c}{}", &word[..at], &word[at + 1..]))
            };
            found.extend(places().flat_map(other));
        }
        let real = |spelling: &String| {
            english.contains(spelling) || swaps(spelling).any(|swap| english.contains(&swap))
        };
        bent.extend(
            found
                .into_iter()
                .filter(|spelling| !real(spelling))
                .map(|spelling| (spelling, id)),
        );
    }
    bent
}

/// The letter that a letter standing on its head looks like, once it is taken for a plain one.
fn on_its_head(c: char) -> char {
    match c {
        'n' => 'u',
        'u' => 'n',
        'b' => 'q',
        'q' => 'b',
        'd' => 'p',
        'p' => 'd',
        _ => c,
    }
}

fn swaps(word: &str) -> impl Iterator<Item = String> + '_ {
    let bytes = word.as_bytes();
    (0..bytes.len() - 1)
        .filter(|i| bytes[*i] != bytes[i + 1])
        .map(|i| {
            let mut swapped: Vec<char> = word.chars().collect();
            swapped.swap(i, i + 1);
            swapped.into_iter().collect()
        })
}

/// Returns `true` if a spelling is a word of English with another vowel, or with one letter where
/// two of it belong: "wosp", "stuf".
fn is_slip(spelling: &str, english: &HashSet<String>) -> bool {
    let vowels = ['a', 'e', 'i', 'o', 'u'];
    spelling.char_indices().any(|(at, letter)| {
        let with = |middle: &str| {
            let rest = &spelling[at + letter.len_utf8()..];
            english.contains(&format!("{}{middle}{rest}", &spelling[..at]))
        };
        with(&format!("{letter}{letter}"))
            || vowels.contains(&letter) && vowels.iter().any(|vowel| with(&vowel.to_string()))
    })
}

fn squeeze(word: &str) -> String {
    let mut squeezed: Vec<char> = word.chars().collect();
    squeezed.dedup();
    squeezed.into_iter().collect()
}

/// Open addressing over the same hash that the reader uses.
fn write_table(
    out: &mut String,
    text: &mut String,
    spellings: &BTreeMap<String, (u16, u8)>,
) -> Result<(), Box<dyn Error>> {
    let size = (spellings.len() * 2).next_power_of_two();
    let mut slots: Vec<Option<(usize, usize, u16, u8)>> = vec![None; size];
    for (spelling, (id, how)) in spellings {
        let at = text.len();
        text.push_str(spelling);
        let mut slot = usize::try_from(hash(spelling.as_bytes()))? & (size - 1);
        while slots[slot].is_some() {
            slot = (slot + 1) & (size - 1);
        }
        slots[slot] = Some((at, spelling.len(), *id, *how));
    }
    writeln!(out, "pub(super) static TABLE: &[Slot] = &[")?;
    for slot in slots {
        let (at, length, word, how) = slot.unwrap_or((0, 0, 0, 0));
        writeln!(
            out,
            "    Slot {{ at: {at}, word: {word}, length: {length}, how: {how} }},"
        )?;
    }
    writeln!(out, "];")?;
    Ok(())
}

/// FNV-1a, 32 bits, folded: short keys, and no state to seed.
fn hash(bytes: &[u8]) -> u32 {
    let mixed = bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    });
    mixed ^ mixed >> 15
}

/// The suppressor that the reader itself asks for: the text speaks for the service.
const ANNOUNCEMENT: &str = "announcement";

/// Topics that say that somebody is in danger.
const DANGER: [&str; 3] = ["safeguarding", "clinical_urgent", "threatening"];

/// Refuses a grammar of danger that words anywhere in the text could take back: only their own
/// clause may, a denial beside them, or a story that tells them as past.
fn stays_stated(grammar: &Grammar, lexicon: &Lexicon) -> Result<(), Box<dyn Error>> {
    let far = |name: &&String| {
        name.starts_with("topic:")
            || lexicon
                .suppressors
                .iter()
                .any(|s| s.name == **name && s.reach == "text")
    };
    let danger = grammar.strength != "possible"
        && grammar
            .topics
            .iter()
            .any(|topic| DANGER.contains(&topic.as_str()));
    match grammar.unless.iter().find(far) {
        Some(name) if danger => Err(format!(
            "{} is about danger, and {name} would take it back from anywhere in the text",
            grammar.name
        )
        .into()),
        _ => Ok(()),
    }
}

fn write_rules(out: &mut String, lexicon: &Lexicon) -> Result<(), Box<dyn Error>> {
    let grammar_of: HashMap<&str, usize> = lexicon
        .grammars
        .iter()
        .enumerate()
        .map(|(i, g)| (g.name.as_str(), i))
        .collect();
    let suppressor_of: HashMap<&str, usize> = lexicon
        .suppressors
        .iter()
        .enumerate()
        .map(|(i, s)| (s.name.as_str(), lexicon.grammars.len() + i))
        .collect();
    let announcement = suppressor_of
        .get(ANNOUNCEMENT)
        .ok_or("the reader asks for a suppressor announcement")?;
    writeln!(
        out,
        "pub(in super::super) const ANNOUNCEMENT: u16 = {announcement};"
    )?;
    let split = |names: &[String], of: &HashMap<&str, usize>, rule: &str| {
        let (mut rules, mut topics) = (Vec::new(), Vec::new());
        for name in names {
            match (name.strip_prefix("topic:"), of.get(name.as_str())) {
                (Some(topic), _) => topics.push(topic.to_owned()),
                (None, Some(number)) => rules.push(*number),
                (None, None) => return Err(format!("{rule} names {name}, which is not there")),
            }
        }
        Ok((rules, topics))
    };
    writeln!(out, "pub(in super::super) static RULES: &[Rule] = &[")?;
    for grammar in &lexicon.grammars {
        let (unless, unless_topics) = split(&grammar.unless, &suppressor_of, &grammar.name)?;
        let (needs, needs_topics) = split(&grammar.needs, &grammar_of, &grammar.name)?;
        let (doubts, of_topics) = split(&grammar.doubts, &suppressor_of, &grammar.name)?;
        if !of_topics.is_empty() {
            return Err(format!("{}: a topic casts no doubt", grammar.name).into());
        }
        stays_stated(grammar, lexicon)?;
        let strength = match grammar.strength.as_str() {
            "certain" => "Certain",
            "likely" => "Likely",
            "possible" => "Possible",
            other => return Err(format!("{}: strength {other} is none", grammar.name).into()),
        };
        let target = match grammar.target.as_deref() {
            None => "None",
            Some("staff") => "Some(Target::Staff)",
            Some("practice") => "Some(Target::Practice)",
            Some("author") => "Some(Target::Author)",
            Some("other") => "Some(Target::Other)",
            Some(other) => return Err(format!("{}: target {other} is none", grammar.name).into()),
        };
        writeln!(
            out,
            "    Rule {{ name: {:?}, topics: &{:?}, strength: Strength::{strength}, target: {target}, why: {:?}, \
             unless: &{unless:?}, unless_topics: &{unless_topics:?}, doubts: &{doubts:?}, \
             needs: &{needs:?}, needs_topics: &{needs_topics:?}, \
             reach: Reach::Finds }},",
            grammar.name, grammar.topics, grammar.why
        )?;
    }
    for suppressor in &lexicon.suppressors {
        let within = suppressor.within;
        let reach = match suppressor.reach.as_str() {
            "overlap" => "Reach::Overlap".to_owned(),
            "before" => format!("Reach::Before({within})"),
            "clause" => "Reach::Clause".to_owned(),
            "sentence" => "Reach::Sentence".to_owned(),
            "story" => "Reach::Story".to_owned(),
            "text" => "Reach::Text".to_owned(),
            "quoted" => "Reach::Quoted".to_owned(),
            other => return Err(format!("{}: reach {other} is none", suppressor.name).into()),
        };
        writeln!(
            out,
            "    Rule {{ name: {:?}, topics: &[], strength: Strength::Possible, target: None, why: \"\", unless: &[], \
             unless_topics: &[], doubts: &[], needs: &[], needs_topics: &[], reach: {reach} }},",
            suppressor.name
        )?;
    }
    writeln!(out, "];")?;
    Ok(())
}
