//! The reader beside rustrict, on the same comments; one text of 1 MB beside one of 100 kB; making
//! a reader.

#![expect(
    clippy::unwrap_used,
    reason = "a corpus that cannot be read ends the run"
)]

use std::fs;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pagewarden_rules::{Reader, Roster, StaffMember};
use rustrict::CensorStr as _;

/// The comments of the corpora, which were all written for this project.
fn comments() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpora");
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut comments = Vec::new();
    for path in paths.filter(|path| path.extension().is_some_and(|e| e == "toml")) {
        let corpus: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
        let cases = corpus["case"].as_array().unwrap();
        comments.extend(
            cases
                .iter()
                .map(|case| case["text"].as_str().unwrap().to_owned()),
        );
    }
    comments.sort();
    comments
}

fn roster(names: usize) -> Roster {
    let staff = (0..names).map(|i| StaffMember {
        name: format!("Dr Amara{} Okafor{}", i % 17, i),
        role: "GP".into(),
        aka: Vec::new(),
    });
    Roster {
        practice: "Hillside Surgery".into(),
        staff: staff.collect(),
    }
}

fn bench(c: &mut Criterion) {
    let comments = comments();
    let bytes: usize = comments.iter().map(String::len).sum();
    let reader = Reader::new(&roster(20), &[]);

    for (unit, throughput) in [
        ("texts", Throughput::Elements(comments.len() as u64)),
        ("bytes", Throughput::Bytes(bytes as u64)),
    ] {
        let mut group = c.benchmark_group(format!("comments, {unit}"));
        group.throughput(throughput);
        group.bench_function("pagewarden", |b| {
            b.iter(|| {
                comments
                    .iter()
                    .map(|t| reader.read(t).findings.len())
                    .sum::<usize>()
            });
        });
        group.bench_function("rustrict", |b| {
            b.iter(|| comments.iter().filter(|t| t.is_inappropriate()).count());
        });
        group.finish();
    }

    let mut group = c.benchmark_group("one long text");
    group.sample_size(10);
    for size in [100_000, 1_000_000] {
        let text = comments.join(" ").repeat(size / bytes + 1);
        let text = &text[..text.floor_char_boundary(size)];
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(format!("{size} bytes"), |b| {
            b.iter(|| reader.read(black_box(text)));
        });
    }
    group.finish();

    let (none, many) = (Roster::default(), roster(200));
    c.bench_function("make a reader", |b| {
        b.iter(|| Reader::new(black_box(&none), &[]));
    });
    c.bench_function("make a reader with 200 names", |b| {
        b.iter(|| Reader::new(black_box(&many), &[]));
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
