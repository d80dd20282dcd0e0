//! Parses and expands patterns.
//!
//! `word` · `@class` · `(one|two words|@class)` · `?` after an element: optional · `~3`: up to
//! three tokens between · `*`: any token · `!@class` or `!(a|b)`: any token but these · `^`: start
//! of a sentence · `$`: end of a sentence · `//`: a sentence may end here.

use std::collections::BTreeSet;

use super::lexicon::{Lexicon, spell_out};

/// What one step of a pattern takes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Takes {
    /// One of these words.
    Words(BTreeSet<String>),
    /// Any token but these words.
    Not(BTreeSet<String>),
    /// Any token.
    Any,
    /// One of these words, or one of these sequences.
    Group(BTreeSet<String>, Vec<Vec<Step>>),
}

/// One step of an expanded pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step {
    pub(crate) takes: Takes,
    /// Tokens that may be skipped before it.
    pub(crate) gap: u8,
    /// It must be the first of a sentence.
    pub(crate) starts: bool,
    /// It must be the last of a sentence.
    pub(crate) ends: bool,
    /// A sentence may end between the step before and this one.
    pub(crate) crosses: bool,
}

#[derive(Clone, Debug)]
enum Piece {
    Step(Takes),
    Gap(u8),
    Start,
    End,
    Cross,
}

/// Returns the plain sequences that a pattern stands for.
pub(crate) fn expand(pattern: &str, lexicon: &Lexicon) -> Result<Vec<Vec<Step>>, String> {
    let mut sequences: Vec<Vec<Piece>> = vec![Vec::new()];
    for element in elements(pattern)? {
        let choices =
            choices(&element, lexicon).map_err(|error| format!("{error} in \"{pattern}\""))?;
        sequences = sequences
            .iter()
            .flat_map(|before| {
                choices
                    .iter()
                    .map(move |choice| before.iter().chain(choice).cloned().collect::<Vec<Piece>>())
            })
            .collect();
        if sequences.len() > 64 {
            return Err(format!(
                "\"{pattern}\" stands for too many sequences: split it"
            ));
        }
    }
    let mut expanded: Vec<Vec<Step>> = sequences
        .iter()
        .filter_map(|pieces| steps(pieces))
        .collect();
    expanded.sort();
    expanded.dedup();
    if expanded.is_empty() {
        return Err(format!("\"{pattern}\" takes nothing"));
    }
    Ok(expanded)
}

/// Cuts a pattern at white space outside brackets.
fn elements(pattern: &str) -> Result<Vec<String>, String> {
    split_outside(pattern, ' ')
}

fn split_outside(pattern: &str, at: char) -> Result<Vec<String>, String> {
    let mut elements = vec![String::new()];
    let mut depth = 0_i32;
    for c in pattern.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if c == at && depth == 0 {
            elements.push(String::new());
        } else if let Some(last) = elements.last_mut() {
            last.push(c);
        }
    }
    if depth != 0 {
        return Err(format!("brackets do not close in \"{pattern}\""));
    }
    elements.retain(|element| !element.is_empty());
    Ok(elements)
}

/// Returns the sequences that an element may stand for.
fn choices(element: &str, lexicon: &Lexicon) -> Result<Vec<Vec<Piece>>, String> {
    match element {
        "^" => return Ok(vec![vec![Piece::Start]]),
        "$" => return Ok(vec![vec![Piece::End]]),
        "//" => return Ok(vec![vec![Piece::Cross]]),
        "*" => return Ok(vec![vec![Piece::Step(Takes::Any)]]),
        _ => {}
    }
    if let Some(gap) = element.strip_prefix('~') {
        let gap: u8 = gap
            .parse()
            .map_err(|_| format!("\"{element}\" is no gap"))?;
        return if gap <= 8 {
            Ok(vec![vec![Piece::Gap(gap)]])
        } else {
            Err(format!("\"{element}\" is too wide"))
        };
    }
    if let Some(without) = element.strip_prefix('!') {
        let (words, phrases) = alternatives(without, lexicon)?;
        return if phrases.is_empty() {
            Ok(vec![vec![Piece::Step(Takes::Not(words))]])
        } else {
            Err(format!(
                "\"{element}\" rules out a phrase; only single words can be"
            ))
        };
    }
    let (body, optional) = element
        .strip_suffix('?')
        .map_or((element, false), |body| (body, true));
    let (words, phrases) = alternatives(body, lexicon)?;
    let mut choices = Vec::new();
    if optional {
        choices.push(Vec::new());
    }
    if phrases.is_empty() {
        choices.push(vec![Piece::Step(Takes::Words(words))]);
    } else {
        let sequences = phrases
            .iter()
            .map(|phrase| expand(phrase, lexicon))
            .collect::<Result<Vec<_>, _>>()?;
        choices.push(vec![Piece::Step(Takes::Group(words, sequences.concat()))]);
    }
    Ok(choices)
}

/// Returns the single words and the phrases of an element.
fn alternatives(body: &str, lexicon: &Lexicon) -> Result<(BTreeSet<String>, Vec<String>), String> {
    let inner = body
        .strip_prefix('(')
        .and_then(|b| b.strip_suffix(')'))
        .unwrap_or(body);
    if inner == "^" || inner == "$" {
        return Err(format!("\"{body}\" is no word"));
    }
    let (mut words, mut phrases) = (BTreeSet::new(), Vec::new());
    for alternative in split_outside(inner, '|')?.iter().map(|part| part.trim()) {
        if alternative.contains('(') && !alternative.contains(' ') && !alternative.starts_with('(')
        {
            return Err(format!("\"{alternative}\" has a bracket inside a word"));
        }
        if alternative.contains([' ', '(']) {
            phrases.push(alternative.to_owned());
        } else if let Some(class) = alternative.strip_prefix('@') {
            let class = lexicon
                .classes
                .get(class)
                .ok_or_else(|| format!("there is no class {class}"))?;
            for entry in class.words.split_whitespace() {
                if entry.starts_with('@') {
                    let (more, longer) = alternatives(entry, lexicon)?;
                    words.extend(more);
                    phrases.extend(longer);
                    continue;
                }
                for word in spell_out(entry) {
                    if word.contains(' ') && !word.starts_with('[') {
                        phrases.push(word);
                    } else {
                        words.insert(word);
                    }
                }
            }
        } else if alternative.is_empty() || alternative.contains(['(', ')', '~', '?', '!', '*']) {
            return Err(format!("\"{body}\" cannot be read"));
        } else {
            words.extend(spell_out(alternative));
        }
    }
    Ok((words, phrases))
}

/// Replaces the first group by its alternatives, for a pattern that has no other word to start
/// from.
pub(crate) fn open_group(steps: &[Step]) -> Option<Vec<Vec<Step>>> {
    let (at, step, words, phrases) = steps.iter().enumerate().find_map(|(at, step)| match &step
        .takes
    {
        Takes::Group(words, phrases) => Some((at, step, words, phrases)),
        _ => None,
    })?;
    let single = Step {
        takes: Takes::Words(words.clone()),
        ..step.clone()
    };
    let with = |middle: &[Step]| [&steps[..at], middle, &steps[at + 1..]].concat();
    let mut opened = if words.is_empty() {
        Vec::new()
    } else {
        vec![with(&[single])]
    };
    for phrase in phrases {
        let mut middle = phrase.clone();
        if let Some(first) = middle.first_mut() {
            (first.gap, first.starts, first.crosses) = (step.gap, step.starts, step.crosses);
        }
        if let Some(last) = middle.last_mut() {
            last.ends = step.ends;
        }
        opened.push(with(&middle));
    }
    Some(opened)
}

/// Folds gaps and anchors into the steps beside them.
fn steps(pieces: &[Piece]) -> Option<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut gap, mut starts, mut crosses) = (0, false, false);
    for piece in pieces {
        match piece {
            Piece::Gap(width) => gap = *width,
            Piece::Start => starts = true,
            Piece::Cross => crosses = true,
            Piece::End => steps.last_mut()?.ends = true,
            Piece::Step(takes) => {
                let gap = if steps.is_empty() { 0 } else { gap };
                steps.push(Step {
                    takes: takes.clone(),
                    gap,
                    starts,
                    ends: false,
                    crosses,
                });
                (starts, crosses) = (false, false);
            }
        }
        if matches!(piece, Piece::Step(_)) {
            gap = 0;
        }
    }
    (!steps.is_empty()).then_some(steps)
}
