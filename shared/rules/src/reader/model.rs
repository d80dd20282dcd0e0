//! A small linear model that tells criticism from praise where no grammar does.
//!
//! Hashed words, pairs of words and letter groups, one 8-bit weight a bucket. The weights come from
//! `make model`; `model/NOTICE` names the sets that they were trained on. No text of theirs can be
//! read back from it.

use super::text::{Kind, Token, View};

/// Buckets, one byte each.
const BUCKETS: usize = 1 << 16;

static WEIGHTS: &[u8; BUCKETS] = include_bytes!("../../model/weights.bin");

include!("../../model/constants.rs");

/// Words beyond which a text says no more about its tone; a bound on the work as well.
const MOST_WORDS: usize = 400;

/// Returns what the model sees of a text, for training it: the bucket of each feature, sorted, each
/// once.
#[must_use]
pub fn features(text: &str) -> Vec<u16> {
    let mut buckets = buckets(&View::new(text));
    buckets.sort_unstable();
    buckets.dedup();
    buckets
}

fn buckets(view: &View<'_>) -> Vec<u16> {
    let words = view
        .tokens
        .iter()
        .filter(|t| matches!(t.kind, Kind::Word | Kind::Sign))
        .take(MOST_WORDS);
    let mut buckets = Vec::with_capacity(view.normal.text.len().min(8 * MOST_WORDS) * 2);
    let mut before = 0_u32;
    for token in words {
        let spelling = view.spelling(token).as_bytes();
        let word = mix(spelling, 1);
        buckets.push(fold(word));
        if token.is(Token::SENTENCE) {
            before = 7;
        }
        buckets.push(fold(mix(&word.to_le_bytes(), before)));
        before = word;
        for letters in spelling.windows(4) {
            buckets.push(fold(mix(letters, 3)));
        }
    }
    buckets
}

fn mix(bytes: &[u8], seed: u32) -> u32 {
    let start = 0x811c_9dc5 ^ seed.wrapping_mul(0x9e37_79b1);
    bytes.iter().fold(start, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

const fn fold(hash: u32) -> u16 {
    ((hash ^ hash >> 16).wrapping_mul(0x7feb_352d) >> 16) as u16
}

/// Returns how much a text sounds like criticism: above 0 more than like praise.
///
/// The sum is divided by the root of the number of features, as in training, so that length alone
/// adds nothing.
pub(super) fn tone(view: &View<'_>) -> Option<f32> {
    // A bit a bucket, so that each counts once: quicker than sorting them.
    let mut seen = [0_u64; BUCKETS / 64];
    let (mut sum, mut count) = (0_i32, 0_u32);
    for bucket in buckets(view) {
        let (word, bit) = (usize::from(bucket) / 64, 1 << (bucket % 64));
        if seen[word] & bit == 0 {
            seen[word] |= bit;
            sum += i32::from(WEIGHTS[usize::from(bucket)].cast_signed());
            count += 1;
        }
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "both are far below what a float holds exactly"
    )]
    (count > 0).then(|| sum as f32 * SCALE / (count as f32).sqrt() + BIAS)
}
