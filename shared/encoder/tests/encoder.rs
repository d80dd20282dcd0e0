//! The encoder with the model that is kept.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use pagewarden_encoder::{Encoder, EncoderError, Hint, Label, Level, Scores, Strength};
use serde::Deserialize;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/model/encoder.bin");

static ENCODER: LazyLock<Encoder> = LazyLock::new(|| Encoder::open(MODEL).unwrap());

fn read(text: &str) -> Scores {
    ENCODER.read(text, &[])
}

/// A text and what the published package makes of it.
#[derive(Deserialize)]
struct Reference {
    language: String,
    text: String,
    vector: Vec<f32>,
}

fn references() -> Vec<Reference> {
    let lines = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/reference.jsonl"
    ))
    .unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Pieces of languages' rarer words were left out of the vocabulary, so that the file stays below
/// 60 MB: such a word falls into smaller pieces, and its text comes a little off. Two texts are
/// below .99: one with the Russian for "registry", one with ligatures, fractions and circled
/// numbers.
#[test]
fn embeddings_are_those_of_the_published_package() {
    let references = references();
    assert!(references.len() >= 50);
    let mut off = 0;
    for Reference {
        language,
        text,
        vector,
    } in &references
    {
        let like = cosine(&ENCODER.embedding(text), vector);
        assert!(like >= 0.98, "{language}: {like} for {text}");
        off += usize::from(like < 0.99);
    }
    assert!(off <= 1, "{off} of {} are below .99", references.len());
}

#[test]
fn what_is_read_is_the_same_again_and_from_another_opening() {
    let other = Encoder::open(MODEL).unwrap();
    for Reference { text, .. } in references().into_iter().take(8) {
        assert_eq!(read(&text), read(&text));
        assert_eq!(other.read(&text, &[]), read(&text));
    }
}

#[test]
fn the_sentence_that_speaks_for_a_label_is_its_span() {
    let plea = "I have taken all my tablets and I do not want to wake up.";
    let text = format!("The new car park is lovely. {plea} Jan on the desk is ace.");
    assert_eq!(&text[read(&text).of(Label::Danger).span.clone()], plea);
    let alone = read(plea);
    assert!(
        alone.of(Label::Danger).level >= Level::Possible,
        "{:?}",
        alone.of(Label::Danger)
    );
}

#[test]
fn a_plea_is_found_between_cheerful_sentences() {
    let before = "The hanging baskets look lovely this year and the new seats are so much comfier than the old ones. Pat \
                  on the desk made me laugh as always. ";
    let plea = "I have been saving up my tablets and I think I will take them all on Sunday. ";
    let after = "Can somebody say when the flu clinic is? Thanks for all that you do, you are a credit to the town.";
    let calm = read(&[before, after].concat()).of(Label::Danger).clone();
    let text = [before, plea, after].concat();
    let scores = read(&text);
    let danger = scores.of(Label::Danger);
    assert!(danger.level >= Level::Possible, "{danger:?}");
    // One calm post in twenty is put before somebody: this one too, and still it is told apart.
    assert!(danger.score > 2 * calm.score, "{danger:?} {calm:?}");
    assert_eq!(&text[danger.span.clone()], plea.trim_end());
}

#[test]
fn what_the_rules_found_is_weighed() {
    let text = "what a way to treat people";
    let hint = Hint {
        topic: "obscene",
        strength: Strength::Certain,
    };
    assert!(
        ENCODER.read(text, &[hint]).of(Label::Obscene).score > read(text).of(Label::Obscene).score
    );
    let unknown = Hint {
        topic: "no such topic",
        strength: Strength::Certain,
    };
    assert_eq!(ENCODER.read(text, &[unknown]), read(text));
}

#[test]
fn languages_are_told_apart() {
    for (text, language) in [
        (
            "The phones have been engaged since eight and nobody rings back",
            "en",
        ),
        (
            "Mae fy mam wedi cwympo a dydy hi ddim yn gallu codi, plis helpwch",
            "cy",
        ),
        ("Od rana nikt nie odbiera telefonu, to jest skandal", "pl"),
        ("تین ہفتے سے فون کر رہا ہوں کوئی نہیں اٹھاتا", "ur"),
    ] {
        assert_eq!(read(text).language, language, "{text}");
    }
}

#[test]
fn the_nearest_example_has_the_label() {
    let scores = read(
        "Someone needs to check on the old man at the end of our road, nobody has seen him for days",
    );
    let example = ENCODER
        .nearest(&scores.vector, Label::Safeguarding)
        .unwrap();
    assert!(!example.text.is_empty());
    assert!((1..=1000).contains(&example.likeness), "{example:?}");
    let itself = ENCODER
        .nearest(&read(example.text).vector, Label::Safeguarding)
        .unwrap();
    assert_eq!(itself.text, example.text);
    // An example's meaning is kept in coarser steps than a text's.
    assert!(itself.likeness >= 980, "{itself:?}");
}

#[test]
fn a_text_without_words_is_nothing() {
    for text in ["", " ", "\n\t\u{a0}"] {
        let scores = read(text);
        assert!(
            scores
                .labels
                .iter()
                .all(|label| label.score == 0 && label.level == Level::Unlikely),
            "{text:?}"
        );
        assert_eq!(scores.language, "en");
    }
}

/// Panics unless every span is a part of the text that begins and ends between characters.
fn check(text: &str) {
    let scores = read(text);
    assert_eq!(scores.labels.len(), Label::ALL.len());
    for label in &scores.labels {
        let Range { start, end } = label.span;
        assert!(
            text.get(start..end).is_some(),
            "{label:?} in {} bytes",
            text.len()
        );
        assert!(label.score <= 1000);
    }
    assert!(scores.unread <= text.len());
}

#[test]
fn whatever_a_text_is_made_of_it_is_read_in_time() {
    let long = |unit: &str| unit.repeat(65_525 / unit.chars().count());
    for unit in [
        "a",
        "\u{1f469}\u{200d}\u{1f692}",
        "\u{202e}שלום ",
        ".",
        " ",
        "\u{301}",
        "\0",
        "漢",
        "𝕗",
    ] {
        check(&long(unit));
    }
    for text in [
        "\u{feff}",
        "e\u{301}\u{301}\u{301}",
        "\u{fdfa}",
        "👍🏽🏽🏽",
        "ﬁ ﬂ ½ №",
        "\r\n\r\n",
        "￿\u{10ffff}",
    ] {
        check(text);
    }
}

#[test]
fn a_text_that_is_too_long_says_what_was_not_read() {
    let sentence = "I have waited three weeks for my results and nobody has rung. ";
    let usual = sentence.repeat(20);
    assert_eq!(read(&usual).unread, 0);
    // A piece for every other character, in windows that are all the same.
    let text = "q ".repeat(17_000);
    let scores = read(&text);
    assert!(scores.unread > 0);
    assert!(
        scores
            .labels
            .iter()
            .all(|label| label.span.end <= text.len() - scores.unread)
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]
    #[test]
    fn spans_stand_between_characters(text in "\\PC{0,80}") {
        check(&text);
    }
}

/// Writes a changed copy of the model file and returns what opening it says.
fn opened(name: &str, change: impl FnOnce(&mut Vec<u8>)) -> EncoderError {
    let mut bytes = fs::read(MODEL).unwrap();
    change(&mut bytes);
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).unwrap();
    let error = Encoder::open(&path).unwrap_err();
    fs::remove_file(path).unwrap();
    error
}

#[test]
fn a_file_that_is_not_whole_is_refused() {
    assert!(matches!(
        Encoder::open(Path::new("no such file")),
        Err(EncoderError::Missing(_))
    ));
    assert!(matches!(
        opened("empty", Vec::clear),
        EncoderError::Damaged(_)
    ));
    assert!(matches!(
        opened("other", |b| b[0] = b'X'),
        EncoderError::Damaged(_)
    ));
    assert!(matches!(
        opened("short", |b| b.truncate(b.len() / 2)),
        EncoderError::Damaged(_)
    ));
    assert!(matches!(
        opened("flipped", |b| *b.last_mut().unwrap() ^= 1),
        EncoderError::Damaged(_)
    ));
    assert!(matches!(
        opened("newer", |b| b[8] = 9),
        EncoderError::Version {
            found: 9,
            wanted: 2
        }
    ));
}
