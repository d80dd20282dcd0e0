//! From a text to its scores, with the tables of a model file.

use std::ops::Range;

use fst::raw::Fst;
use half::f16;

use crate::file::ModelFile;
use crate::kernel::{Activations, Linear, products};
use crate::network::{INNER, Layer, Norm, Scratch, WIDTH, exp};
use crate::sentences;
use crate::tokens::{BEGIN, END, Token, Tokenizer};
use crate::{EncoderError, Example, Hint, Label, LabelScore, Level};

const LABELS: usize = Label::ALL.len();
/// The most pieces of a text that are read: what 65,525 characters of English come to. It bounds
/// the time of a text whose every character is a piece.
const MOST_TOKENS: usize = 16_384;
/// The layers whose rows are summed up, counted from 1: lower ones know words, higher ones what is
/// meant.
const HEARD: [usize; 3] = [8, 10, 12];
/// Numbers of a meaning.
const MEANING: usize = HEARD.len() * WIDTH;
/// Steps of a text's meaning in one of an example's, which is kept in half the room.
const COARSE: i8 = 8;
/// Examples that are unpacked at a time.
const AT_ONCE: usize = 64;
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
    heads: Heads<'a>,
    /// How fast an example counts for less with its distance from a text, in meaning and in hints.
    fall: [f32; 2],
    /// What each label's three sums count, and what is added.
    judge: &'a [[f32; 4]],
    examples: Examples<'a>,
}

/// The posts of the corpus.
struct Examples<'a> {
    /// Two numbers of a meaning a byte, the first in the lower half, in coarse steps.
    meanings: &'a [[u8; MEANING / 2]],
    /// The sum of the squares of each meaning's numbers.
    squares: &'a [i32],
    /// What the rules found in them, in tenths: a row of hints each.
    hints: &'a [u8],
    /// What each counts for each label, in steps of `scale`.
    weights: &'a [[i16; LABELS]],
    scale: &'a [f32],
    /// The labels that hold, a bit each.
    labels: &'a [u32],
    ends: &'a [u32],
    text: &'a str,
}

/// What listens to every piece: one hidden layer, and three numbers a label for how much a piece is
/// heeded, what it says if it is, and what it says anyway.
struct Heads<'a> {
    /// The mean of each number of a piece's row over the corpus, and one over its spread.
    centre: &'a [f32],
    steps: &'a [f32],
    /// From a row to the hidden layer, and straight to the three numbers a label.
    first: Linear<'a>,
    /// From the hidden layer to the same.
    second: Linear<'a>,
    /// What each hint adds, a row a label, and what is added without one.
    hints: &'a [f32],
    bias: &'a [f32],
}

/// Numbers of the hidden layer.
const HIDDEN: usize = 128;
/// Numbers that the heads find in a piece.
const FOUND: usize = 3 * LABELS;
/// The most that a piece can be heeded, and the least, as a power of e.
const HEED: f32 = 9.0;

/// What the pieces of a sentence, or of the whole text, say of each label.
#[derive(Clone)]
struct Said {
    heed: [f32; LABELS],
    heeded: [f32; LABELS],
    anyway: [f32; LABELS],
    pieces: f32,
}

impl Said {
    const NOTHING: Said = Said {
        heed: [0.0; LABELS],
        heeded: [0.0; LABELS],
        anyway: [0.0; LABELS],
        pieces: 0.0,
    };

    fn add(&mut self, found: &[f32; FOUND]) {
        for label in 0..LABELS {
            let heed = exp(found[label].clamp(-HEED, HEED));
            self.heed[label] += heed;
            self.heeded[label] += heed * found[LABELS + label];
            self.anyway[label] += found[2 * LABELS + label];
        }
        self.pieces += 1.0;
    }

    fn of(&self, label: usize) -> f32 {
        self.heeded[label] / self.heed[label] + self.anyway[label] / self.pieces
    }
}

/// One piece of a text: the sentence that it stands in, none for those that stand around every
/// window, and its row.
type Piece<'p> = (Option<usize>, &'p [f32]);

/// Where the sentences of a text are, and how many bytes at its end were not read.
struct Layout {
    sentences: Vec<Range<usize>>,
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

    fn mean(mut self) -> Vec<f32> {
        for x in &mut self.sum {
            *x /= self.count;
        }
        self.sum
    }
}

impl<'a> Model<'a> {
    pub(crate) fn new(file: &'a ModelFile) -> Result<Self, EncoderError> {
        let header = &file.header;
        let damaged = EncoderError::Damaged;
        if !header
            .labels
            .iter()
            .map(|label| label.name.as_str())
            .eq(Label::ALL.iter().map(|label| label.name()))
        {
            return Err(damaged("its labels are not those of this program"));
        }
        if header.layers < HEARD[HEARD.len() - 1] {
            return Err(damaged("layers are missing"));
        }
        let likelihood: &[f32] = file.table("likelihood")?;
        if header.window == 0
            || header
                .prefix
                .iter()
                .any(|id| *id as usize >= likelihood.len())
        {
            return Err(damaged("its window cannot be"));
        }
        let window = header.window + header.prefix.len() + 2;
        Ok(Model {
            tokenizer: Tokenizer {
                pieces: Fst::new(file.table("pieces")?)
                    .map_err(|_| damaged("its vocabulary cannot be read"))?,
                likelihood,
                forms: file.table("forms")?,
                normal: file.table("normal")?,
            },
            words: file.sized("words", likelihood.len())?,
            positions: file.sized("positions", window * WIDTH)?,
            begin: norm(file, "begin")?,
            layers: (0..header.layers)
                .map(|i| layer(file, i))
                .collect::<Result<_, _>>()?,
            prefix: &header.prefix,
            window: header.window,
            thresholds: header
                .labels
                .iter()
                .map(|label| [label.unlikely, label.possible, label.sure])
                .collect(),
            hints: header.hints.iter().map(String::as_str).collect(),
            centre: file.sized("centre", MEANING)?,
            steps: file.sized("steps", MEANING)?,
            heads: Heads {
                centre: file.sized("heads.centre", MEANING)?,
                steps: file.sized("heads.steps", MEANING)?,
                first: linear(file, "heads.first", MEANING, HIDDEN + FOUND)?,
                second: linear(file, "heads.second", HIDDEN, FOUND)?,
                hints: file.sized("heads.hints", LABELS * header.hints.len())?,
                bias: file.sized("heads.bias", LABELS)?,
            },
            fall: header.fall,
            judge: file.sized("judge", LABELS)?,
            examples: Examples::new(file)?,
        })
    }

    /// Runs a text through the layers, and hands on the pieces of each window.
    fn heard(&self, text: &str, mut window_read: impl FnMut(&[Piece<'_>])) -> Layout {
        let mut tokens = self.tokenizer.tokens(text);
        let unread = tokens
            .get(MOST_TOKENS)
            .map_or(0, |first| text.len() - first.at);
        tokens.truncate(MOST_TOKENS);
        let text = &text[..text.len() - unread];
        let starts = sentences::starts(text);

        let (mut rows, mut ids, mut scratch) = (Vec::new(), Vec::new(), Scratch::default());
        for window in self.windows(&tokens) {
            // A text that repeats itself is not run through the layers again and again.
            let next = self.ids(window);
            if next != ids {
                ids = next;
                rows = self.encode(&ids, &mut scratch);
            }
            let within = window.iter().map(|token| {
                starts
                    .partition_point(|start| *start <= token.at)
                    .checked_sub(1)
            });
            let within = std::iter::repeat_n(None, 1 + self.prefix.len())
                .chain(within)
                .chain([None]);
            window_read(&within.zip(rows.chunks_exact(MEANING)).collect::<Vec<_>>());
        }
        let ends = starts.iter().skip(1).copied().chain([text.len()]);
        let sentences = starts
            .iter()
            .zip(ends)
            .map(|(start, end)| *start..start + text[*start..end].trim_end().len());
        Layout {
            sentences: sentences.collect(),
            unread,
        }
    }

    /// Returns the mean of a text's rows, each piece's sentence, and the rows one after the other.
    /// For the training.
    pub(crate) fn rows(&self, text: &str) -> (Vec<f32>, Vec<Option<usize>>, Vec<f32>) {
        let (mut whole, mut sentences, mut rows) = (Mean::default(), Vec::new(), Vec::new());
        self.heard(text, |window| {
            for (sentence, row) in window {
                whole.add(row);
                sentences.push(*sentence);
                rows.extend_from_slice(row);
            }
        });
        (whole.mean(), sentences, rows)
    }

    /// Cuts a text into windows of about the same length, so that the last one is no scrap.
    fn windows<'t>(&self, tokens: &'t [Token]) -> std::slice::Chunks<'t, Token> {
        let windows = tokens.len().div_ceil(self.window).max(1);
        tokens.chunks(tokens.len().div_ceil(windows).max(1))
    }

    /// Returns a window's pieces with those that stand around every window.
    fn ids(&self, window: &[Token]) -> Vec<u32> {
        let prefix = [BEGIN].into_iter().chain(self.prefix.iter().copied());
        prefix
            .chain(window.iter().map(|token| token.id))
            .chain([END])
            .collect()
    }

    /// Runs the pieces of one window through the layers; for each piece, what the heard layers make
    /// of it.
    fn encode(&self, ids: &[u32], scratch: &mut Scratch) -> Vec<f32> {
        let mut rows = Vec::with_capacity(ids.len() * WIDTH);
        for (id, position) in ids.iter().zip(self.positions.chunks_exact(WIDTH)) {
            let blocks = self.words[*id as usize].as_chunks::<BLOCK_BYTES>().0;
            for (block, position) in blocks.iter().zip(position.chunks_exact(BLOCK)) {
                let [low, high, nibbles @ ..] = block;
                let scale = f16::from_le_bytes([*low, *high]).to_f32();
                let numbers = nibbles
                    .iter()
                    .map(|pair| pair & 15)
                    .chain(nibbles.iter().map(|pair| pair >> 4));
                rows.extend(
                    numbers
                        .zip(position)
                        .map(|(x, position)| (f32::from(x) - 8.0) * scale + position),
                );
            }
        }
        self.begin.apply(&mut rows);
        let mut heard = vec![0.0; ids.len() * MEANING];
        for (i, layer) in (1..).zip(&self.layers) {
            layer.apply(&mut rows, scratch);
            if let Some(part) = HEARD.iter().position(|heard| *heard == i) {
                for (heard, row) in heard
                    .chunks_exact_mut(MEANING)
                    .zip(rows.chunks_exact(WIDTH))
                {
                    heard[part * WIDTH..][..WIDTH].copy_from_slice(row);
                }
            }
        }
        heard
    }

    /// Scores a text: what examples like it are, what its pieces and sentences say, and what the
    /// rules found.
    pub(crate) fn judged(&self, text: &str, hints: &[Hint<'_>]) -> Judged {
        let (mut mean, mut whole, mut sentences) = (Mean::default(), Said::NOTHING, Vec::new());
        let mut scratch = HeadScratch::default();
        let Layout {
            sentences: spans,
            unread,
        } = self.heard(text, |window| {
            let found = self.heads.found(window, &mut scratch);
            for ((sentence, row), found) in window.iter().zip(found) {
                mean.add(row);
                whole.add(found);
                if let Some(sentence) = *sentence {
                    sentences.resize(sentences.len().max(sentence + 1), Said::NOTHING);
                    sentences[sentence].add(found);
                }
            }
        });
        if sentences.is_empty() {
            let nothing = |label: &Label| LabelScore {
                label: *label,
                score: 0,
                level: Level::Unlikely,
                span: 0..0,
            };
            return Judged {
                labels: Label::ALL.iter().map(nothing).collect(),
                meaning: vec![0; MEANING],
                unread,
            };
        }
        let hints: Vec<u8> = self
            .hints
            .iter()
            .map(|name| strongest(hints, name))
            .collect();
        let meaning = self.meaning(&mean.mean());
        let near = self.examples.near(&meaning, &hints, self.fall);
        let score = |label: &Label| {
            let index = *label as usize;
            let mut top = (f32::NEG_INFINITY, 0..0);
            for (said, span) in sentences
                .iter()
                .zip(&spans)
                .filter(|(said, _)| said.pieces > 0.0)
            {
                if said.of(index) > top.0 {
                    top = (said.of(index), span.clone());
                }
            }
            let [examples, pieces, sentence, bias] = self.judge[index];
            let said = whole.of(index) + self.heads.hinted(index, &hints);
            let sum = examples * near[index]
                + pieces * said
                + sentence * (top.0 + self.heads.bias[index])
                + bias;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and 1000"
            )]
            let score = (1000.0 / (1.0 + exp(-sum)) + 0.5) as u16;
            LabelScore {
                label: *label,
                score,
                level: self.level(*label, score),
                span: top.1,
            }
        };
        Judged {
            labels: Label::ALL.iter().map(score).collect(),
            meaning,
            unread,
        }
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
        let steps = mean
            .iter()
            .zip(self.centre)
            .zip(self.steps)
            .map(|((x, centre), steps)| (x - centre) * steps);
        #[expect(clippy::cast_possible_truncation, reason = "clamped")]
        steps
            .map(|x| x.round_ties_even().clamp(-127.0, 127.0) as i8)
            .collect()
    }

    /// Returns the example that means most like a text, among those that have a label.
    pub(crate) fn nearest(&self, meaning: &[i8], label: Label) -> Option<Example<'a>> {
        let examples = &self.examples;
        let having = |i: &usize| examples.labels[*i] >> label as u32 & 1 == 1;
        let all = examples.apart(meaning).enumerate();
        let (i, away) = all
            .filter(|(i, _)| having(i))
            .min_by_key(|(_, away)| *away)?;
        let start = if i == 0 { 0 } else { examples.ends[i - 1] };
        let text = examples
            .text
            .get(start as usize..examples.ends[i] as usize)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 1000"
        )]
        #[expect(
            clippy::cast_precision_loss,
            reason = "rounded in the same way everywhere"
        )]
        let likeness = (1000.0 * exp(-self.fall[0] * away as f32) + 0.5) as u16;
        Some(Example { text, likeness })
    }
}

/// Room that the heads work in.
#[derive(Default)]
struct HeadScratch {
    rows: Vec<f32>,
    activations: Activations,
    sums: Vec<i32>,
    first: Vec<f32>,
    hidden: Vec<f32>,
    found: Vec<f32>,
}

impl Heads<'_> {
    /// Returns what the heads find in each piece of a window.
    fn found<'s>(&self, window: &[Piece<'_>], s: &'s mut HeadScratch) -> &'s [[f32; FOUND]] {
        s.rows.clear();
        for (_, row) in window {
            let numbers = row.iter().zip(self.centre).zip(self.steps);
            s.rows
                .extend(numbers.map(|((x, centre), steps)| (x - centre) * steps));
        }
        s.activations.quantise(&s.rows, MEANING);
        self.first.apply(&s.activations, &mut s.sums, &mut s.first);
        s.hidden.clear();
        for first in s.first.chunks_exact(HIDDEN + FOUND) {
            s.hidden.extend(first[..HIDDEN].iter().map(|x| x.max(0.0)));
        }
        s.activations.quantise(&s.hidden, HIDDEN);
        self.second.apply(&s.activations, &mut s.sums, &mut s.found);
        let found = s.found.as_chunks_mut::<FOUND>().0;
        for (found, first) in found.iter_mut().zip(s.first.chunks_exact(HIDDEN + FOUND)) {
            for (found, straight) in found.iter_mut().zip(&first[HIDDEN..]) {
                *found += straight;
            }
        }
        found
    }

    /// Returns what hints add to a label, and what is added without one.
    fn hinted(&self, label: usize, hints: &[u8]) -> f32 {
        let weights = &self.hints[label * hints.len()..][..hints.len()];
        weights
            .iter()
            .zip(hints)
            .fold(self.bias[label], |sum, (weight, hint)| {
                sum + weight * f32::from(*hint)
            })
    }
}

impl<'a> Examples<'a> {
    fn new(file: &'a ModelFile) -> Result<Self, EncoderError> {
        let ends: &[u32] = file.table("examples.ends")?;
        let text = std::str::from_utf8(file.table("examples.text")?);
        Ok(Examples {
            meanings: file.sized("examples.meanings", ends.len())?,
            squares: file.sized("examples.squares", ends.len())?,
            hints: file.sized("examples.hints", ends.len() * file.header.hints.len())?,
            weights: file.sized("examples.weights", ends.len())?,
            scale: file.sized("examples.scale", LABELS)?,
            labels: file.sized("examples.labels", ends.len())?,
            ends,
            text: text.map_err(|_| EncoderError::Damaged("its examples are not text"))?,
        })
    }

    /// Returns the square of each example's distance from a meaning, in steps.
    fn apart(&self, meaning: &[i8]) -> impl Iterator<Item = i32> {
        let mut products_with = vec![0; self.meanings.len()];
        let mut some = vec![0; AT_ONCE * MEANING];
        let activations = Activations::whole(meaning);
        for (packed, sums) in self
            .meanings
            .chunks(AT_ONCE)
            .zip(products_with.chunks_mut(AT_ONCE))
        {
            let unpacked = &mut some[..packed.len() * MEANING];
            unpack(packed.as_flattened(), unpacked);
            products(unpacked, &activations, MEANING, sums);
        }
        let own = square(meaning);
        self.squares
            .iter()
            .zip(products_with)
            .map(move |(square, product)| square + own - 2 * product)
    }

    /// Sums up for each label what the examples say of it, the nearer the louder.
    fn near(&self, meaning: &[i8], hints: &[u8], fall: [f32; 2]) -> [f32; LABELS] {
        let mut sums = [0.0; LABELS];
        let width = hints.len();
        for (i, (away, weights)) in self.apart(meaning).zip(self.weights).enumerate() {
            let differences = self.hints[i * width..][..width]
                .iter()
                .zip(hints)
                .map(|(a, b)| i32::from(a.abs_diff(*b)));
            let hinted: i32 = differences.map(|x| x * x).sum();
            #[expect(
                clippy::cast_precision_loss,
                reason = "rounded in the same way everywhere"
            )]
            let loud = exp(-(fall[0] * away as f32 + fall[1] * hinted as f32));
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += loud * f32::from(*weight);
            }
        }
        for (sum, scale) in sums.iter_mut().zip(self.scale) {
            *sum *= scale;
        }
        sums
    }
}

/// Writes two numbers a byte one after the other.
fn unpack(packed: &[u8], numbers: &mut [i8]) {
    let step = |half: u8| (half.cast_signed() - 8) * COARSE;
    for (byte, pair) in packed.iter().zip(numbers.as_chunks_mut::<2>().0) {
        *pair = [step(byte & 15), step(byte >> 4)];
    }
}

/// Returns the sum of the squares of a meaning's numbers.
fn square(meaning: &[i8]) -> i32 {
    meaning.iter().map(|x| i32::from(*x) * i32::from(*x)).sum()
}

/// Returns how strong the strongest hint of a topic is, in tenths.
fn strongest(hints: &[Hint<'_>], topic: &str) -> u8 {
    hints
        .iter()
        .filter(|hint| hint.topic == topic)
        .map(|hint| hint.strength.tenths())
        .max()
        .unwrap_or(0)
}

fn linear<'a>(
    file: &'a ModelFile,
    name: &str,
    inputs: usize,
    outputs: usize,
) -> Result<Linear<'a>, EncoderError> {
    Ok(Linear {
        weights: file.sized(name, inputs * outputs)?,
        scales: file.sized(&format!("{name}.scale"), outputs)?,
        biases: file.sized(&format!("{name}.bias"), outputs)?,
    })
}

fn norm<'a>(file: &'a ModelFile, name: &str) -> Result<Norm<'a>, EncoderError> {
    let part = |part: &str| file.sized(&format!("{name}.{part}"), WIDTH);
    Ok(Norm {
        scale: part("scale")?,
        shift: part("shift")?,
    })
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
