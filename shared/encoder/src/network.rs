//! The encoder: twelve layers of attention over the pieces of one window.
//!
//! Everything is rounded in the same order on every processor: products are in whole numbers, and
//! what is left (means, exponentials, weighted sums) is written so that no step depends on how wide
//! the processor's registers are.

use crate::kernel::{Activations, Linear};

/// Numbers that stand for one piece.
pub(crate) const WIDTH: usize = 384;
/// The same, to divide by.
const COUNT: f32 = 384.0;
/// Numbers in the middle of a layer.
pub(crate) const INNER: usize = 1536;
/// Heads of attention a layer.
const HEADS: usize = 12;
/// Numbers a head looks at.
const HEAD: usize = WIDTH / HEADS;
/// Sums kept side by side, whatever the processor.
const LANES: usize = 8;

/// How a row is brought to mean 0 and spread 1, and then scaled.
#[derive(Clone, Copy)]
pub(crate) struct Norm<'a> {
    pub(crate) scale: &'a [f32],
    pub(crate) shift: &'a [f32],
}

/// One layer.
pub(crate) struct Layer<'a> {
    /// Queries, keys and values, one after the other.
    pub(crate) attend: Linear<'a>,
    pub(crate) gather: Linear<'a>,
    pub(crate) gathered: Norm<'a>,
    pub(crate) widen: Linear<'a>,
    pub(crate) narrow: Linear<'a>,
    pub(crate) out: Norm<'a>,
}

/// Room that the layers share.
#[derive(Default)]
pub(crate) struct Scratch {
    activations: Activations,
    attend: Vec<f32>,
    context: Vec<f32>,
    weights: Vec<f32>,
    inner: Vec<f32>,
    change: Vec<f32>,
    sums: Vec<i32>,
}

impl Norm<'_> {
    pub(crate) fn apply(&self, rows: &mut [f32]) {
        for row in rows.chunks_exact_mut(WIDTH) {
            let mean = sum(row, |x| x) / COUNT;
            let spread = (sum(row, |x| (x - mean) * (x - mean)) / COUNT + 1e-12).sqrt();
            for ((x, scale), shift) in row.iter_mut().zip(self.scale).zip(self.shift) {
                *x = (*x - mean) / spread * scale + shift;
            }
        }
    }
}

impl Layer<'_> {
    /// Changes the rows of a window's pieces by what they see in each other.
    pub(crate) fn apply(&self, rows: &mut [f32], s: &mut Scratch) {
        s.activations.quantise(rows, WIDTH);
        self.attend
            .apply(&s.activations, &mut s.sums, &mut s.attend);
        attention(&s.attend, &mut s.weights, &mut s.context);
        s.activations.quantise(&s.context, WIDTH);
        self.gather
            .apply(&s.activations, &mut s.sums, &mut s.change);
        add(rows, &s.change);
        self.gathered.apply(rows);

        s.activations.quantise(rows, WIDTH);
        self.widen.apply(&s.activations, &mut s.sums, &mut s.inner);
        gelus(&mut s.inner);
        s.activations.quantise(&s.inner, INNER);
        self.narrow
            .apply(&s.activations, &mut s.sums, &mut s.change);
        add(rows, &s.change);
        self.out.apply(rows);
    }
}

/// Writes for each piece what it takes from the others, head by head.
fn attention(attend: &[f32], weights: &mut Vec<f32>, context: &mut Vec<f32>) {
    let pieces = attend.len() / (3 * WIDTH);
    let part = |piece: usize, which: usize, head: usize| -> &[f32; HEAD] {
        let (parts, _) = attend[piece * 3 * WIDTH + which * WIDTH..][..WIDTH].as_chunks::<HEAD>();
        &parts[head]
    };
    // One over the square root of `HEAD`.
    let scale = 0.176_776_7;
    context.clear();
    context.resize(pieces * WIDTH, 0.0);
    for head in 0..HEADS {
        for piece in 0..pieces {
            let query = part(piece, 0, head);
            weights.clear();
            weights.extend((0..pieces).map(|other| dot(query, part(other, 1, head)) * scale));
            let most = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for weight in weights.iter_mut() {
                *weight = exp(*weight - most);
            }
            let total = sum(weights, |x| x);
            let mut mix = [0.0_f32; HEAD];
            for (other, weight) in weights.iter().enumerate() {
                for (mix, value) in mix.iter_mut().zip(part(other, 2, head)) {
                    *mix += weight * value;
                }
            }
            let out = &mut context[piece * WIDTH + head * HEAD..][..HEAD];
            for (out, mix) in out.iter_mut().zip(mix) {
                *out = mix / total;
            }
        }
    }
}

fn add(rows: &mut [f32], change: &[f32]) {
    for (x, change) in rows.iter_mut().zip(change) {
        *x += change;
    }
}

/// Folds sums kept side by side, always in the same order.
fn fold(lanes: [f32; LANES]) -> f32 {
    let half = |i: usize| (lanes[i] + lanes[i + 4]) + (lanes[i + 2] + lanes[i + 6]);
    half(0) + half(1)
}

/// Sums what `of` makes of each number.
fn sum(xs: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = xs.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += of(*x);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane += of(*x);
    }
    fold(lanes)
}

/// The sum of the products of two rows.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    for (lane, (a, b)) in lanes.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *lane += a * b;
    }
    fold(lanes)
}

/// e to the power of x, to seven digits, without the platform's own library.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const NO_FRACTION: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    // x = n ln 2 + r with r at most half of ln 2, whose power is a short polynomial.
    let n = (x * std::f32::consts::LOG2_E + NO_FRACTION) - NO_FRACTION;
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let power = p * r * r + r + 1.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "n is whole, from -126 to 127"
    )]
    let scale = f32::from_bits(((n as i32 + 127) as u32) << 23);
    power * scale
}

/// Applies `gelu` to each number: with the widest registers at hand, which changes no rounding.
fn gelus(xs: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(
            unsafe_code,
            reason = "the line above asked whether the processor has these instructions"
        )]
        return unsafe { gelus_wide(xs) };
    }
    for x in xs {
        *x = gelu(*x);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn gelus_wide(xs: &mut [f32]) {
    for x in xs {
        *x = gelu(*x);
    }
}

/// The Gaussian error linear unit: x times the share of a normal distribution below x.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled once more for each set of instructions"
)]
fn gelu(x: f32) -> f32 {
    // The error function by Abramowitz and Stegun's 7.1.26, right to 1.5e-7.
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let p = ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t
        + 0.254_829_6)
        * t;
    let erf = (1.0 - p * exp(-z * z)).copysign(x);
    0.5 * x * (1.0 + erf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_those_of_the_library() {
        for i in -870..=880_i16 {
            let x = f32::from(i) / 10.0;
            let (ours, theirs) = (exp(x), x.exp());
            assert!(
                (ours - theirs).abs() <= theirs * 3e-7,
                "{x}: {ours} {theirs}"
            );
        }
        assert_eq!(exp(0.0).to_bits(), 1.0_f32.to_bits());
    }

    #[test]
    fn the_unit_is_flat_below_zero_and_straight_above() {
        for (x, y) in [
            (-10.0, 0.0),
            (-1.0, -0.158_655),
            (0.0, 0.0),
            (0.5, 0.345_731),
            (1.0, 0.841_345),
            (9.0, 9.0),
        ] {
            assert!((gelu(x) - y).abs() < 2e-6, "{x}: {}", gelu(x));
        }
    }

    #[test]
    fn every_processor_bends_alike() {
        let plain: Vec<f32> = (-1000..1000_i16)
            .map(|i| gelu(f32::from(i) / 97.0))
            .collect();
        let mut wide: Vec<f32> = (-1000..1000_i16).map(|i| f32::from(i) / 97.0).collect();
        gelus(&mut wide);
        assert!(
            plain
                .iter()
                .zip(&wide)
                .all(|(plain, wide)| plain.to_bits() == wide.to_bits())
        );
    }

    #[test]
    fn a_row_of_any_length_is_summed() {
        let xs: Vec<f32> = (0..19_u8).map(f32::from).collect();
        assert_eq!(sum(&xs, |x| x).to_bits(), 171.0_f32.to_bits());
        assert_eq!(dot(&xs, &xs).to_bits(), 2109.0_f32.to_bits());
    }
}
