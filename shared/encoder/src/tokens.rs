//! Text to pieces: the unigram tokenizer `SentencePiece` of XLM-R, its tables read where they lie
//! in the model file.

use fst::raw::Fst;

/// The piece that begins a window, the one that ends it, and the one that stands for what has no
/// piece.
pub(crate) const BEGIN: u32 = 0;
pub(crate) const END: u32 = 2;
pub(crate) const UNKNOWN: u32 = 3;

/// What `SentencePiece` writes for a space.
const SPACE: &str = "\u{2581}";
/// How much worse than the rarest piece a character without a piece is, as in `SentencePiece`.
const UNKNOWN_PENALTY: f32 = 10.0;

/// A piece of a text, and where it begins in the text as given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) id: u32,
    pub(crate) at: usize,
}

/// The tables of the tokenizer.
pub(crate) struct Tokenizer<'a> {
    /// Pieces to ids.
    pub(crate) pieces: Fst<&'a [u8]>,
    /// The logarithm of each piece's likelihood, by id.
    pub(crate) likelihood: &'a [f32],
    /// Units of the double array that finds what is to be normalised.
    pub(crate) forms: &'a [u32],
    /// The normal forms that it points at, each ended by a zero byte.
    pub(crate) normal: &'a [u8],
}

/// A text in its normal form: bytes, and where each came from.
struct Normal {
    text: String,
    from: Vec<u32>,
}

impl Normal {
    fn push(&mut self, text: &str, from: usize) {
        self.text.push_str(text);
        self.from
            .resize(self.text.len(), u32::try_from(from).unwrap_or(u32::MAX));
    }
}

impl Tokenizer<'_> {
    /// Returns the pieces of a text, in order: the likeliest way to write it.
    pub(crate) fn tokens(&self, text: &str) -> Vec<Token> {
        let Normal { text: normal, from } = self.normal(text);
        self.likeliest(&normal)
            .into_iter()
            .map(|(id, at)| Token {
                id,
                at: from[at] as usize,
            })
            .collect()
    }

    /// Returns the compatibility form of a text, each run of spaces being one mark before the word
    /// that follows.
    fn normal(&self, text: &str) -> Normal {
        let mut out = Normal {
            text: String::with_capacity(text.len() + 8),
            from: Vec::with_capacity(text.len() + 8),
        };
        let mut spaced = true;
        let mut at = 0;
        while let Some(first) = text[at..].chars().next() {
            let (form, length) = self
                .form(&text.as_bytes()[at..])
                .unwrap_or((None, first.len_utf8()));
            for c in form.unwrap_or(&text[at..at + length]).chars() {
                if c.is_whitespace() {
                    spaced = true;
                    continue;
                }
                if std::mem::take(&mut spaced) {
                    out.push(SPACE, at);
                }
                out.push(c.encode_utf8(&mut [0; 4]), at);
            }
            at += length;
        }
        out
    }

    /// Returns the normal form of the longest beginning of a text that has one, and that
    /// beginning's length.
    ///
    /// The inner `None` stands for a form that is not a text, which only a damaged file could hold.
    fn form(&self, text: &[u8]) -> Option<(Option<&str>, usize)> {
        // The double array of Darts: a unit holds a label, an offset to its children, and whether
        // one is a value.
        let offset = |unit: u32| (unit >> 10) << ((unit & (1 << 9)) >> 6);
        let mut node = offset(*self.forms.first()?);
        let mut found = None;
        for (i, byte) in text.iter().enumerate() {
            node ^= u32::from(*byte);
            let unit = *self.forms.get(node as usize)?;
            if unit & 0x8000_00ff != u32::from(*byte) {
                break;
            }
            node ^= offset(unit);
            if unit & (1 << 8) != 0 {
                found = Some((self.forms.get(node as usize)? & 0x7fff_ffff, i + 1));
            }
        }
        let (at, length) = found?;
        let form = self.normal.get(at as usize..)?;
        let end = form.iter().position(|byte| *byte == 0)?;
        Some((std::str::from_utf8(&form[..end]).ok(), length))
    }

    /// Returns the likeliest pieces of a normalised text and where each begins in it: Viterbi, in
    /// linear time, since the automaton leaves a text no later than after its longest piece.
    fn likeliest(&self, text: &str) -> Vec<(u32, usize)> {
        let bytes = text.as_bytes();
        let unknown = self.likelihood.iter().copied().fold(0.0, f32::min) - UNKNOWN_PENALTY;
        // The best way to each byte: its score, its last piece, and where that began.
        let mut best = vec![(f32::NEG_INFINITY, UNKNOWN, 0_u32); bytes.len() + 1];
        best[0].0 = 0.0;
        for (at, c) in text.char_indices() {
            let (score, ..) = best[at];
            let start = u32::try_from(at).unwrap_or(u32::MAX);
            let mut offer = |end: usize, id: u32, likelihood: f32| {
                if score + likelihood > best[end].0 {
                    best[end] = (score + likelihood, id, start);
                }
            };
            let next = at + c.len_utf8();
            let mut alone = false;
            let mut node = self.pieces.root();
            let mut value = fst::raw::Output::zero();
            for (end, byte) in (at + 1..).zip(&bytes[at..]) {
                let Some(i) = node.find_input(*byte) else {
                    break;
                };
                let transition = node.transition(i);
                value = value.cat(transition.out);
                node = self.pieces.node(transition.addr);
                if node.is_final() {
                    let id =
                        u32::try_from(value.cat(node.final_output()).value()).unwrap_or(UNKNOWN);
                    let likelihood = self.likelihood.get(id as usize).copied().unwrap_or(unknown);
                    offer(end, id, likelihood);
                    alone |= end == next;
                }
            }
            if !alone {
                offer(next, UNKNOWN, unknown);
            }
        }
        let mut tokens: Vec<(u32, usize)> = Vec::new();
        let mut end = bytes.len();
        while end > 0 {
            let (_, id, start) = best[end];
            end = start as usize;
            // A run of characters without pieces is one unknown piece.
            match tokens.last_mut() {
                Some((UNKNOWN, at)) if id == UNKNOWN => *at = end,
                _ => tokens.push((id, end)),
            }
        }
        tokens.reverse();
        tokens
    }
}
