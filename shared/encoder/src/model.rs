//! From a text to its scores, with the tables of a model file.

use std::ops::Range;

use fst::raw::Fst;
use half::f16;

use crate::file::ModelFile;
use crate::kernel::Linear;
use crate::network::{INNER, Layer, Norm, Scratch, WIDTH, dot, exp};
use crate::sentences;
use crate::tokens::{BEGIN, END, Token, Tokenizer};
use crate::{EncoderError, Example, Hint, Label, LabelScore, Level};

const LABELS: usize = Label::ALL.len();
/// The most pieces of a text that are read: what 65,525 characters of English come to. It bounds the time of a text
/// whose every character is a piece.
const MOST_TOKENS: usize = 16_384;
/// The layers whose rows are summed up, counted from 1: lower ones know words, higher ones what is meant.
const HEARD: [usize; 3] = [8, 10, 12];
/// Numbers of a meaning.
const MEANING: usize = HEARD.len() * WIDTH;
const BLOCK: usize = 32;
const BLOCK_BYTES: usize = 2 + BLOCK / 2;
const WORD_BYTES: usize = WIDTH / BLOCK * BLOCK_BYTES;

/// The tables of a model file, found and of the right sizes.
pub(crate) struct Model<'a> {
    tokenizer: Tokenizer<'a>,
    /// One row a piece: 12 blocks of a 16-bit scale and 32 numbers of 4 bits.
    words: &'a [[u8; WORD_BYTES]],
    /// What is added for a piece's place in its window.
    positions: &'a [f32],
    begin: Norm<'a>,
    layers: Vec<Layer<'a>>,
    prefix: &'a [u32],
    window: usize,
    thresholds: Vec<[u16; 3]>,
    hints: Vec<&'a str>,
    /// The mean of each number of a meaning over the corpus, and how many steps from it one is.
    centre: &'a [f32],
    steps: &'a [f32],
    /// Weights of each label over a meaning and the hints.
    linear: &'a [f32],
    linear_bias: &'a [f32],
    /// How fast an example counts for less with its distance from a text, in meaning and in hints.
    fall: [f32; 2],
    /// What each label's three sums count, and what is added.
    judge: &'a [[f32; 4]],
    examples: Examples<'a>,
}

/// The posts of the corpus.
struct Examples<'a> {
    meanings: &'a [[i8; MEANING]],
    /// What the rules found in them, in tenths: a row of hints each.
    hints: &'a [u8],
    /// What each counts for each label.
    weights: &'a [[f32; LABELS]],
    /// The labels that hold, a bit each.
    labels: &'a [u32],
    ends: &'a [u32],
    text: &'a str,
}

/// What the layers make of a text.
pub(crate) struct Heard {
    /// The mean of its pieces.
    pub(crate) whole: Vec<f32>,
    /// Each sentence that has a piece, and the mean of its pieces.
    pub(crate) sentences: Vec<(Range<usize>, Vec<f32>)>,
    unread: usize,
}

/// What is made of that.
pub(crate) struct Judged {
    pub(crate) labels: Vec<LabelScore>,
    pub(crate) meaning: Vec<i8>,
    pub(crate) unread: usize,
}

/// The mean of some rows, as they come.
#[derive(Default)]
struct Mean {
    sum: Vec<f32>,
    count: f32,
}

impl Mean {
    fn add(&mut self, row: &[f32]) {
        self.sum.resize(row.len(), 0.0);
        for (sum, x) in self.sum.iter_mut().zip(row) {
            *sum += x;
        }
        self.count += 1.0;
    }

    fn take(&mut self) -> Vec<f32> {
        let Mean { mut sum, count } = std::mem::take(self);
        for x in &mut sum {
            *x /= count;
        }
        sum
    }
}

impl<'a> Model<'a> {
    pub(crate) fn new(file: &'a ModelFile) -> Result<Self, EncoderError> {
        let header = &file.header;
        let damaged = EncoderError::Damaged;
        if !header.labels.iter().map(|label| label.name.as_str()).eq(Label::ALL.iter().map(|label| label.name())) {
            return Err(damaged("its labels are not those of this program"));
        }
        if header.layers < HEARD[HEARD.len() - 1] {
            return Err(damaged("layers are missing"));
        }
        let likelihood: &[f32] = file.table("likelihood")?;
        if header.window == 0 || header.prefix.iter().any(|id| *id as usize >= likelihood.len()) {
            return Err(damaged("its window cannot be"));
        }
        let window = header.window + header.prefix.len() + 2;
        Ok(Model {
            tokenizer: Tokenizer {
                pieces: Fst::new(file.table("pieces")?).map_err(|_| damaged("its vocabulary cannot be read"))?,
                likelihood,
                forms: file.table("forms")?,
                normal: file.table("normal")?,
            },
            words: file.sized("words", likelihood.len())?,
            positions: file.sized("positions", window * WIDTH)?,
            begin: norm(file, "begin")?,
            layers: (0..header.layers).map(|i| layer(file, i)).collect::<Result<_, _>>()?,
            prefix: &header.prefix,
            window: header.window,
            thresholds: header.labels.iter().map(|label| [label.unlikely, label.possible, label.sure]).collect(),
            hints: header.hints.iter().map(String::as_str).collect(),
            centre: file.sized("centre", MEANING)?,
            steps: file.sized("steps", MEANING)?,
            linear: file.sized("linear", LABELS * (MEANING + header.hints.len()))?,
            linear_bias: file.sized("linear.bias", LABELS)?,
            fall: header.fall,
            judge: file.sized("judge", LABELS)?,
            examples: Examples::new(file)?,
        })
    }

    /// Runs a text through the layers, window by window, and takes the mean of the whole and of each sentence.
    pub(crate) fn heard(&self, text: &str) -> Heard {
        let mut tokens = self.tokenizer.tokens(text);
        let unread = tokens.get(MOST_TOKENS).map_or(0, |first| text.len() - first.at);
        tokens.truncate(MOST_TOKENS);
        let text = &text[..text.len() - unread];
        let starts = sentences::starts(text);
        let span = |which: usize| {
            let start = starts[which];
            let sentence = &text[start..starts.get(which + 1).copied().unwrap_or(text.len())];
            start..start + sentence.trim_end().len()
        };

        let (mut whole, mut sentence, mut which, mut found) = (Mean::default(), Mean::default(), 0, Vec::new());
        let (mut rows, mut ids, mut scratch) = (Vec::new(), Vec::new(), Scratch::default());
        for window in self.windows(&tokens) {
            // A text that repeats itself is not run through the layers again and again.
            let next = self.ids(window);
            if next != ids {
                ids = next;
                rows = self.encode(&ids, &mut scratch);
            }
            for row in rows.chunks_exact(MEANING) {
                whole.add(row);
            }
            for (token, row) in window.iter().zip(rows.chunks_exact(MEANING).skip(1 + self.prefix.len())) {
                let here = starts.partition_point(|start| *start <= token.at).saturating_sub(1);
                if here != which && sentence.count > 0.0 {
                    found.push((span(which), sentence.take()));
                }
                which = here;
                sentence.add(row);
            }
        }
        if sentence.count > 0.0 {
            found.push((span(which), sentence.take()));
        }
        Heard { whole: whole.take(), sentences: found, unread }
    }

    /// Cuts a text into windows of about the same length, so that the last one is no scrap.
    fn windows<'t>(&self, tokens: &'t [Token]) -> std::slice::Chunks<'t, Token> {
        let windows = tokens.len().div_ceil(self.window).max(1);
        tokens.chunks(tokens.len().div_ceil(windows).max(1))
    }

    /// Returns a window's pieces with those that stand around every window.
    fn ids(&self, window: &[Token]) -> Vec<u32> {
        let prefix = [BEGIN].into_iter().chain(self.prefix.iter().copied());
        prefix.chain(window.iter().map(|token| token.id)).chain([END]).collect()
    }

    /// Runs the pieces of one window through the layers; for each piece, what the heard layers make of it.
    fn encode(&self, ids: &[u32], scratch: &mut Scratch) -> Vec<f32> {
        let mut rows = Vec::with_capacity(ids.len() * WIDTH);
        for (id, position) in ids.iter().zip(self.positions.chunks_exact(WIDTH)) {
            let blocks = self.words[*id as usize].as_chunks::<BLOCK_BYTES>().0;
            for (block, position) in blocks.iter().zip(position.chunks_exact(BLOCK)) {
                let [low, high, nibbles @ ..] = block;
                let scale = f16::from_le_bytes([*low, *high]).to_f32();
                let numbers = nibbles.iter().map(|pair| pair & 15).chain(nibbles.iter().map(|pair| pair >> 4));
                rows.extend(numbers.zip(position).map(|(x, position)| (f32::from(x) - 8.0) * scale + position));
            }
        }
        self.begin.apply(&mut rows);
        let mut heard = vec![0.0; ids.len() * MEANING];
        for (i, layer) in (1..).zip(&self.layers) {
            layer.apply(&mut rows, scratch);
            if let Some(part) = HEARD.iter().position(|heard| *heard == i) {
                for (heard, row) in heard.chunks_exact_mut(MEANING).zip(rows.chunks_exact(WIDTH)) {
                    heard[part * WIDTH..][..WIDTH].copy_from_slice(row);
                }
            }
        }
        heard
    }

    /// Scores a text: what examples like it are, what its words and sentences weigh, and what the rules found.
    pub(crate) fn judged(&self, text: &str, hints: &[Hint<'_>]) -> Judged {
        let Heard { whole, sentences, unread } = self.heard(text);
        if sentences.is_empty() {
            let nothing = |label: &Label| LabelScore { label: *label, score: 0, level: Level::Unlikely, span: 0..0 };
            return Judged { labels: Label::ALL.iter().map(nothing).collect(), meaning: vec![0; MEANING], unread };
        }
        let hints: Vec<u8> = self.hints.iter().map(|name| strongest(hints, name)).collect();
        let meaning = self.meaning(&whole);
        let near = self.examples.near(&meaning, &hints, self.fall);
        let inputs: Vec<f32> = floats(&meaning).chain(hints.iter().map(|hint| f32::from(*hint))).collect();
        let sentences: Vec<(Range<usize>, Vec<f32>)> =
            sentences.into_iter().map(|(span, mean)| (span, floats(&self.meaning(&mean)).collect())).collect();
        let score = |label: &Label| {
            let index = *label as usize;
            let weights = &self.linear[index * inputs.len()..][..inputs.len()];
            let mut top = (f32::NEG_INFINITY, &(0..0));
            for (span, sentence) in &sentences {
                let sum = dot(&weights[..MEANING], sentence);
                if sum > top.0 {
                    top = (sum, span);
                }
            }
            let [examples, words, sentence, bias] = self.judge[index];
            let linear = dot(weights, &inputs) + self.linear_bias[index];
            let sum = examples * near[index] + words * linear + sentence * top.0 + bias;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
            let score = (1000.0 / (1.0 + exp(-sum)) + 0.5) as u16;
            LabelScore { label: *label, score, level: self.level(*label, score), span: top.1.clone() }
        };
        Judged { labels: Label::ALL.iter().map(score).collect(), meaning, unread }
    }

    fn level(&self, label: Label, score: u16) -> Level {
        let [unlikely, possible, sure] = self.thresholds[label as usize];
        match score {
            _ if score >= sure => Level::Sure,
            _ if score >= possible => Level::Possible,
            _ if score >= unlikely => Level::Unclear,
            _ => Level::Unlikely,
        }
    }

    /// Counts each number from its mean over the corpus, in steps.
    fn meaning(&self, mean: &[f32]) -> Vec<i8> {
        let steps = mean.iter().zip(self.centre).zip(self.steps).map(|((x, centre), steps)| (x - centre) * steps);
        #[expect(clippy::cast_possible_truncation, reason = "clamped")]
        steps.map(|x| x.round_ties_even().clamp(-127.0, 127.0) as i8).collect()
    }

    /// Returns the example that means most like a text, among those that have a label.
    pub(crate) fn nearest(&self, meaning: &[i8], label: Label) -> Option<Example<'a>> {
        let examples = &self.examples;
        let having = (0..examples.labels.len()).filter(|i| examples.labels[*i] >> label as u32 & 1 == 1);
        let (i, away) = having.map(|i| (i, apart(&examples.meanings[i], meaning))).min_by_key(|(_, away)| *away)?;
        let start = if i == 0 { 0 } else { examples.ends[i - 1] };
        let text = examples.text.get(start as usize..examples.ends[i] as usize)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
        #[expect(clippy::cast_precision_loss, reason = "rounded in the same way everywhere")]
        let likeness = (1000.0 * exp(-self.fall[0] * away as f32) + 0.5) as u16;
        Some(Example { text, likeness })
    }
}

impl<'a> Examples<'a> {
    fn new(file: &'a ModelFile) -> Result<Self, EncoderError> {
        let ends: &[u32] = file.table("examples.ends")?;
        let text = std::str::from_utf8(file.table("examples.text")?);
        Ok(Examples {
            meanings: file.sized("examples.meanings", ends.len())?,
            hints: file.sized("examples.hints", ends.len() * file.header.hints.len())?,
            weights: file.sized("examples.weights", ends.len())?,
            labels: file.sized("examples.labels", ends.len())?,
            ends,
            text: text.map_err(|_| EncoderError::Damaged("its examples are not text"))?,
        })
    }

    /// Sums up for each label what the examples say of it, the nearer the louder.
    fn near(&self, meaning: &[i8], hints: &[u8], fall: [f32; 2]) -> [f32; LABELS] {
        let mut sums = [0.0; LABELS];
        let width = hints.len();
        for (i, (example, weights)) in self.meanings.iter().zip(self.weights).enumerate() {
            let differences =
                self.hints[i * width..][..width].iter().zip(hints).map(|(a, b)| i32::from(a.abs_diff(*b)));
            let away: i32 = differences.map(|x| x * x).sum();
            #[expect(clippy::cast_precision_loss, reason = "rounded in the same way everywhere")]
            let loud = exp(-(fall[0] * apart(example, meaning) as f32 + fall[1] * away as f32));
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += loud * weight;
            }
        }
        sums
    }
}

/// Returns the square of the distance between two meanings, in steps.
fn apart(a: &[i8; MEANING], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(a, b)| (i32::from(*a) - i32::from(*b)) * (i32::from(*a) - i32::from(*b))).sum()
}

fn floats(meaning: &[i8]) -> impl Iterator<Item = f32> {
    meaning.iter().map(|x| f32::from(*x))
}

/// Returns how strong the strongest hint of a topic is, in tenths.
fn strongest(hints: &[Hint<'_>], topic: &str) -> u8 {
    hints.iter().filter(|hint| hint.topic == topic).map(|hint| hint.strength.tenths()).max().unwrap_or(0)
}

fn linear<'a>(file: &'a ModelFile, name: &str, inputs: usize, outputs: usize) -> Result<Linear<'a>, EncoderError> {
    Ok(Linear {
        weights: file.sized(name, inputs * outputs)?,
        scales: file.sized(&format!("{name}.scale"), outputs)?,
        biases: file.sized(&format!("{name}.bias"), outputs)?,
    })
}

fn norm<'a>(file: &'a ModelFile, name: &str) -> Result<Norm<'a>, EncoderError> {
    let part = |part: &str| file.sized(&format!("{name}.{part}"), WIDTH);
    Ok(Norm { scale: part("scale")?, shift: part("shift")? })
}

fn layer(file: &ModelFile, i: usize) -> Result<Layer<'_>, EncoderError> {
    Ok(Layer {
        attend: linear(file, &format!("{i}.attend"), WIDTH, 3 * WIDTH)?,
        gather: linear(file, &format!("{i}.gather"), WIDTH, WIDTH)?,
        gathered: norm(file, &format!("{i}.gathered"))?,
        widen: linear(file, &format!("{i}.widen"), WIDTH, INNER)?,
        narrow: linear(file, &format!("{i}.narrow"), INNER, WIDTH)?,
        out: norm(file, &format!("{i}.out"))?,
    })
}
