//! Products of matrices in whole numbers: weights and activations of 8 bits, sums of 32.
//!
//! Sums of whole numbers do not depend on their order, so every processor gives the same ones.

/// An activation, from -127 to 127: on x86-64 already as wide as its multiply-and-add instruction
/// takes it.
#[cfg(target_arch = "x86_64")]
pub(crate) type Activation = i16;
/// An activation, from -127 to 127.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) type Activation = i8;

/// A linear layer whose weights lie in the model file, each row with a scale of its own.
#[derive(Clone, Copy)]
pub(crate) struct Linear<'a> {
    /// One row of `inputs` weights an output.
    pub(crate) weights: &'a [i8],
    pub(crate) scales: &'a [f32],
    pub(crate) biases: &'a [f32],
}

/// Some rows of activations, each with a scale of its own.
#[derive(Default)]
pub(crate) struct Activations {
    values: Vec<Activation>,
    /// The same, raised by [`RAISED`] so that none is negative.
    #[cfg(target_arch = "x86_64")]
    raised: Vec<u8>,
    scales: Vec<f32>,
}

/// What the instruction that multiplies bytes without a sign by bytes with one is given on top.
#[cfg(target_arch = "x86_64")]
const RAISED: i16 = 128;

impl Activations {
    /// Takes rows of `width` numbers, each rounded to 255 steps between its largest and that one's
    /// opposite.
    pub(crate) fn quantise(&mut self, rows: &[f32], width: usize) {
        self.values.clear();
        self.scales.clear();
        #[cfg(target_arch = "x86_64")]
        self.raised.clear();
        for row in rows.chunks_exact(width) {
            let largest = row.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
            self.scales.push(largest / 127.0);
            self.values.extend(row.iter().map(|x| round(x * inverse)));
        }
        self.raise();
    }

    /// Takes one row that is whole numbers already, from -127 to 127.
    pub(crate) fn whole(row: &[i8]) -> Self {
        let values = row.iter().map(|x| Activation::from(*x)).collect();
        let mut taken = Activations {
            values,
            scales: vec![1.0],
            ..Activations::default()
        };
        taken.raise();
        taken
    }

    #[cfg(target_arch = "x86_64")]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and 255"
    )]
    fn raise(&mut self) {
        self.raised
            .extend(self.values.iter().map(|x| (x + RAISED) as u8));
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn raise(&mut self) {}
}

/// Rounds a number between -127 and 127, ties to even: what is left after adding what has no room
/// for a fraction.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the scale is chosen so that every value fits"
)]
fn round(x: f32) -> Activation {
    const NO_FRACTION: f32 = 12_582_912.0;
    ((x + NO_FRACTION) - NO_FRACTION) as Activation
}

impl Linear<'_> {
    /// Writes a row of outputs for each row of activations; `sums` is room to work in.
    pub(crate) fn apply(&self, x: &Activations, sums: &mut Vec<i32>, out: &mut Vec<f32>) {
        let outputs = self.scales.len();
        sums.clear();
        sums.resize(x.scales.len() * outputs, 0);
        products(self.weights, x, self.weights.len() / outputs, sums);
        out.clear();
        for (sums, scale) in sums.chunks_exact(outputs).zip(&x.scales) {
            let weights = self.scales.iter().zip(self.biases);
            #[expect(
                clippy::cast_precision_loss,
                reason = "rounded in the same way everywhere"
            )]
            out.extend(
                sums.iter()
                    .zip(weights)
                    .map(|(sum, (own, bias))| *sum as f32 * (scale * own) + bias),
            );
        }
    }
}

/// Writes the sum of the products of each row of activations with each row of weights: a row of
/// sums each.
pub(crate) fn products(weights: &[i8], x: &Activations, inputs: usize, sums: &mut [i32]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512vnni")
        && std::arch::is_x86_feature_detected!("avx512bw")
    {
        #[expect(
            unsafe_code,
            reason = "the line above asked whether the processor has these instructions"
        )]
        return unsafe { vnni::products(weights, &x.raised, inputs, sums) };
    }
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(
            unsafe_code,
            reason = "the line above asked whether the processor has these instructions"
        )]
        return unsafe { avx2::products(weights, &x.values, inputs, sums) };
    }
    #[cfg(target_arch = "aarch64")]
    if std::arch::is_aarch64_feature_detected!("dotprod") {
        #[expect(
            unsafe_code,
            reason = "the line above asked whether the processor has these instructions"
        )]
        return unsafe { dotprod(weights, &x.values, inputs, sums) };
    }
    plain(weights, &x.values, inputs, sums);
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled once more for each set of instructions"
)]
fn plain(weights: &[i8], x: &[Activation], inputs: usize, sums: &mut [i32]) {
    for (x, sums) in x
        .chunks_exact(inputs)
        .zip(sums.chunks_exact_mut(weights.len() / inputs))
    {
        for (row, sum) in weights.chunks_exact(inputs).zip(sums) {
            *sum = 0;
            for (w, x) in row.iter().zip(x) {
                *sum += i32::from(*w) * i32::from(*x);
            }
        }
    }
}

/// For processors that multiply and add four pairs of bytes at once.
#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "dotprod")]
fn dotprod(weights: &[i8], x: &[Activation], inputs: usize, sums: &mut [i32]) {
    plain(weights, x, inputs, sums);
}

/// Loops are written out: what takes a closure is not compiled for these instructions with it.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm_add_epi32, _mm256_add_epi32, _mm256_castsi256_si128, _mm256_cvtepi8_epi16,
        _mm256_extracti128_si256, _mm256_hadd_epi32, _mm256_madd_epi16, _mm256_setzero_si256,
    };

    use bytemuck::must_cast;

    /// Weights that one step takes: as many as a register holds once they are widened.
    const STEP: usize = 16;
    /// Tokens that share the weights of two rows while those are in registers.
    const TOKENS: usize = 4;

    /// The same as `plain`, for two rows and four tokens at a time.
    #[target_feature(enable = "avx2")]
    pub(super) fn products(weights: &[i8], x: &[i16], inputs: usize, sums: &mut [i32]) {
        debug_assert_eq!(inputs % STEP, 0);
        let (tokens, outputs) = (x.len() / inputs, weights.len() / inputs);
        for output in (0..outputs).step_by(2) {
            // The last row and the last token stand in for those that are not there.
            let below = (output + 1).min(outputs - 1);
            let rows = [
                chunks(weights, output, inputs),
                chunks(weights, below, inputs),
            ];
            for first in (0..tokens).step_by(TOKENS) {
                let mut at = [first; TOKENS];
                let mut several = [chunks(x, first, inputs); TOKENS];
                for i in 1..TOKENS {
                    at[i] = (first + i).min(tokens - 1);
                    several[i] = chunks(x, at[i], inputs);
                }
                let found = block(rows, several);
                for i in 0..TOKENS {
                    sums[at[i] * outputs + output] = found[0][i];
                    sums[at[i] * outputs + below] = found[usize::from(below > output)][i];
                }
            }
        }
    }

    /// Returns one row of a matrix, in steps.
    #[inline]
    fn chunks<T>(matrix: &[T], row: usize, width: usize) -> &[[T; STEP]] {
        matrix[row * width..][..width].as_chunks().0
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn block(rows: [&[[i8; STEP]]; 2], tokens: [&[[i16; STEP]]; TOKENS]) -> [[i32; TOKENS]; 2] {
        let steps = rows[0].len();
        let rows = [&rows[0][..steps], &rows[1][..steps]];
        let tokens = [
            &tokens[0][..steps],
            &tokens[1][..steps],
            &tokens[2][..steps],
            &tokens[3][..steps],
        ];
        let mut sums = [[_mm256_setzero_si256(); TOKENS]; 2];
        for step in 0..steps {
            let above = _mm256_cvtepi8_epi16(must_cast(rows[0][step]));
            let below = _mm256_cvtepi8_epi16(must_cast(rows[1][step]));
            for i in 0..TOKENS {
                let x: __m256i = must_cast(tokens[i][step]);
                sums[0][i] = _mm256_add_epi32(sums[0][i], _mm256_madd_epi16(above, x));
                sums[1][i] = _mm256_add_epi32(sums[1][i], _mm256_madd_epi16(below, x));
            }
        }
        [folded(sums[0]), folded(sums[1])]
    }

    /// Adds up the parts of four sums.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn folded(sums: [__m256i; TOKENS]) -> [i32; TOKENS] {
        let halves = _mm256_hadd_epi32(
            _mm256_hadd_epi32(sums[0], sums[1]),
            _mm256_hadd_epi32(sums[2], sums[3]),
        );
        must_cast(_mm_add_epi32(
            _mm256_castsi256_si128(halves),
            _mm256_extracti128_si256::<1>(halves),
        ))
    }
}

/// For processors that multiply and add four pairs of bytes at once, sixty-four in one instruction.
/// Sums do not overflow: 1,536 products of 255 and 127 are below 50 million.
#[cfg(target_arch = "x86_64")]
mod vnni {
    use std::arch::x86_64::{
        __m256i, __m512i, _mm_add_epi32, _mm256_add_epi32, _mm256_castsi256_si128,
        _mm256_extracti128_si256, _mm256_hadd_epi32, _mm512_castsi512_si256, _mm512_dpbusd_epi32,
        _mm512_extracti64x4_epi64, _mm512_set1_epi8, _mm512_setzero_si512,
    };

    use bytemuck::must_cast;

    use super::RAISED;

    /// Weights that one step takes.
    const STEP: usize = 64;
    /// Tokens that share the weights of two rows while those are in registers.
    const TOKENS: usize = 4;

    /// The same as `plain`, for two rows and four tokens at a time. Activations come raised, and
    /// what that adds, the sum of the row's weights so many times, is taken off at the end.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2")]
    pub(super) fn products(weights: &[i8], x: &[u8], inputs: usize, sums: &mut [i32]) {
        debug_assert_eq!(inputs % STEP, 0);
        let (tokens, outputs) = (x.len() / inputs, weights.len() / inputs);
        for output in (0..outputs).step_by(2) {
            // The last row and the last token stand in for those that are not there.
            let below = (output + 1).min(outputs - 1);
            let rows = [
                chunks(weights, output, inputs),
                chunks(weights, below, inputs),
            ];
            let added = raised(rows);
            for first in (0..tokens).step_by(TOKENS) {
                let mut at = [first; TOKENS];
                let mut several = [chunks(x, first, inputs); TOKENS];
                for i in 1..TOKENS {
                    at[i] = (first + i).min(tokens - 1);
                    several[i] = chunks(x, at[i], inputs);
                }
                let found = block(rows, several);
                for i in 0..TOKENS {
                    sums[at[i] * outputs + output] = found[0][i] - added[0];
                    sums[at[i] * outputs + below] =
                        found[usize::from(below > output)][i] - added[usize::from(below > output)];
                }
            }
        }
    }

    /// Returns one row of a matrix, in steps.
    #[inline]
    fn chunks<T>(matrix: &[T], row: usize, width: usize) -> &[[T; STEP]] {
        matrix[row * width..][..width].as_chunks().0
    }

    /// Returns what raising the activations adds to the sums of two rows.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2")]
    fn raised(rows: [&[[i8; STEP]]; 2]) -> [i32; 2] {
        // As a byte without a sign this is 128.
        const { assert!(i8::MIN.cast_unsigned() as i16 == RAISED) };
        let by = _mm512_set1_epi8(i8::MIN);
        let mut sums = [_mm512_setzero_si512(); TOKENS];
        for (sum, row) in sums.iter_mut().zip(rows) {
            for weights in row {
                *sum = _mm512_dpbusd_epi32(*sum, by, must_cast(*weights));
            }
        }
        let [above, below, ..] = folded(sums);
        [above, below]
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2")]
    fn block(rows: [&[[i8; STEP]]; 2], tokens: [&[[u8; STEP]]; TOKENS]) -> [[i32; TOKENS]; 2] {
        let steps = rows[0].len();
        let rows = [&rows[0][..steps], &rows[1][..steps]];
        let tokens = [
            &tokens[0][..steps],
            &tokens[1][..steps],
            &tokens[2][..steps],
            &tokens[3][..steps],
        ];
        let mut sums = [[_mm512_setzero_si512(); TOKENS]; 2];
        for step in 0..steps {
            let above: __m512i = must_cast(rows[0][step]);
            let below: __m512i = must_cast(rows[1][step]);
            for i in 0..TOKENS {
                let x: __m512i = must_cast(tokens[i][step]);
                sums[0][i] = _mm512_dpbusd_epi32(sums[0][i], x, above);
                sums[1][i] = _mm512_dpbusd_epi32(sums[1][i], x, below);
            }
        }
        [folded(sums[0]), folded(sums[1])]
    }

    /// Adds up the parts of four sums.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2")]
    fn folded(sums: [__m512i; TOKENS]) -> [i32; TOKENS] {
        let mut halves: [__m256i; TOKENS] = [_mm512_castsi512_si256(sums[0]); TOKENS];
        for i in 0..TOKENS {
            halves[i] = _mm256_add_epi32(
                _mm512_castsi512_si256(sums[i]),
                _mm512_extracti64x4_epi64::<1>(sums[i]),
            );
        }
        let pairs = _mm256_hadd_epi32(
            _mm256_hadd_epi32(halves[0], halves[1]),
            _mm256_hadd_epi32(halves[2], halves[3]),
        );
        must_cast(_mm_add_epi32(
            _mm256_castsi256_si128(pairs),
            _mm256_extracti128_si256::<1>(pairs),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look like chance but are the same on every run.
    fn noise(count: usize, seed: u32) -> impl Iterator<Item = i8> {
        (0..count).scan(seed, |state, _| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some(i8::try_from(*state >> 24 & 0x7f).unwrap() - 64)
        })
    }

    /// Each way of this processor beside the plain one, largest and smallest numbers included.
    #[test]
    fn every_processor_sums_to_the_same() {
        for (tokens, outputs) in [(1, 6), (3, 6), (4, 5), (5, 2), (9, 1)] {
            let inputs = 128;
            let mut weights: Vec<i8> = noise(inputs * outputs, 1).collect();
            let mut x: Vec<i8> = noise(inputs * tokens, 2).collect();
            weights[..3].copy_from_slice(&[127, -127, -127]);
            x[..3].copy_from_slice(&[127, 127, -127]);
            let mut taken = Activations::whole(&x);
            taken.scales.resize(tokens, 1.0);
            let room = || vec![0; tokens * outputs];
            let (mut fast, mut slow) = (room(), room());
            products(&weights, &taken, inputs, &mut fast);
            plain(&weights, &taken.values, inputs, &mut slow);
            assert_eq!(fast, slow, "{tokens} tokens, {outputs} outputs");
            #[cfg(target_arch = "x86_64")]
            if std::arch::is_x86_feature_detected!("avx2") {
                let mut older = room();
                #[expect(
                    unsafe_code,
                    reason = "the line above asked whether the processor has these instructions"
                )]
                unsafe {
                    avx2::products(&weights, &taken.values, inputs, &mut older);
                }
                assert_eq!(older, slow, "{tokens} tokens, {outputs} outputs");
            }
        }
    }

    #[test]
    fn scales_and_biases_are_applied_a_row_and_a_token() {
        let weights = [1, 0, 2, 2].map(|w| [w; 64]).concat();
        let linear = Linear {
            weights: &weights[..128],
            scales: &[0.5, 2.0],
            biases: &[1.0, -1.0],
        };
        let mut x = Activations::default();
        x.quantise(&[127.0; 64], 64);
        let (mut sums, mut out) = (Vec::new(), Vec::new());
        linear.apply(&x, &mut sums, &mut out);
        assert_eq!(sums, [64 * 127, 0]);
        assert_eq!(out, [64.0 * 127.0 * 0.5 + 1.0, -1.0]);
    }

    #[test]
    fn a_row_is_scaled_by_its_largest_and_ties_go_to_even() {
        let mut x = Activations::default();
        x.quantise(&[-254.0, 127.0, 1.0, 3.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0], 5);
        assert_eq!(x.values, [-127, 64, 0, 2, 2, 0, 0, 0, 0, 0]);
        assert_eq!(x.scales, [2.0, 0.0]);
    }
}
