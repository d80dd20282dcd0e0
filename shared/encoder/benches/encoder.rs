//! Opening the model; a post of thirty words; texts of growing length, and one that repeats itself.

#![expect(
    clippy::unwrap_used,
    reason = "a model that cannot be read ends the run"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pagewarden_encoder::Encoder;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/model/encoder.bin");
const POST: &str = "I rang the surgery this morning about my results and nobody could tell me anything, so I would like \
                    somebody to ring me back before the end of the day please.";
/// Words enough that no two windows are the same.
const WORDS: [&str; 7] = [
    "phones", "doctor", "waiting", "results", "nurse", "car park", "letter",
];

fn long(characters: usize) -> String {
    let mut text = String::new();
    let mut i = 0;
    while text.len() < characters {
        text += WORDS[i * i % WORDS.len()];
        text += if i % 11 == 0 { ". " } else { " " };
        i += 1 + i % 5;
    }
    text.truncate(characters);
    text
}

fn bench(c: &mut Criterion) {
    let encoder = Encoder::open(MODEL).unwrap();
    c.bench_function("open", |b| {
        b.iter(|| Encoder::open(black_box(MODEL)).unwrap());
    });
    c.bench_function("a post of 30 words", |b| {
        b.iter(|| encoder.read(black_box(POST), &[]));
    });

    let mut group = c.benchmark_group("one long text");
    group.sample_size(10);
    for characters in [1_000, 10_000] {
        let text = long(characters);
        group.throughput(Throughput::Bytes(characters as u64));
        group.bench_function(format!("{characters} characters"), |b| {
            b.iter(|| encoder.read(black_box(&text), &[]));
        });
    }
    let text = "a".repeat(65_525);
    group.bench_function("one letter 65,525 times", |b| {
        b.iter(|| encoder.read(black_box(&text), &[]));
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
