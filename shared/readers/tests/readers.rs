//! Both readers with the model that is kept.

use std::path::{Path, PathBuf};

use pagewarden_encoder::{EncoderError, Label};
use pagewarden_readers::{Readers, topics};
use pagewarden_rules::{Reader, Sense, Topic};

fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../encoder/model/encoder.bin")
}

#[test]
fn the_decision_knows_everything_that_the_encoder_can_tell() {
    let labels: Vec<&str> = Label::ALL.iter().map(|label| label.name()).collect();
    let senses: Vec<&str> = Sense::ALL.iter().map(|sense| sense.name()).collect();
    assert_eq!(labels, senses);
}

#[test]
fn what_the_encoder_reads_stands_beside_what_the_rules_find() {
    let text = "Nid yw'r feddygfa byth yn ateb. Rwy'n gwneud cwyn ffurfiol am y dderbynfa.";
    let alone = Readers::rules_only().read(&Reader::default(), text, &[]);
    assert_eq!(alone.meaning, None);
    let both = Readers::open(&[model()])
        .unwrap()
        .read(&Reader::default(), text, &[]);
    assert_eq!(
        (&both.findings, &both.identifiers),
        (&alone.findings, &alone.identifiers)
    );
    let meaning = both.meaning.clone().unwrap();
    let foreign = meaning.of(Sense::NotEnglish).unwrap();
    assert!(
        foreign.sure && foreign.score > 500 && meaning.language == "cy",
        "{meaning:?}"
    );
    assert!(
        text.get(foreign.start..foreign.end)
            .is_some_and(|sentence| !sentence.is_empty())
    );
    assert!(
        foreign
            .like
            .as_ref()
            .is_some_and(|like| like.chars().count() <= 163),
        "{foreign:?}"
    );
    assert!(topics(&both).contains(&Topic::NotEnglish));
    let never_both = |sense: &Sense| meaning.of(*sense).is_none();
    assert!(
        meaning.ruled_out.iter().all(|(sense, _)| never_both(sense)),
        "{meaning:?}"
    );
}

#[test]
fn a_text_without_words_says_nothing() {
    let readers = Readers::open(&[model()]).unwrap();
    for text in ["", " ", "\u{1f600}"] {
        let reading = readers.read(&Reader::default(), text, &[]);
        let said = reading.meaning.unwrap().said;
        assert!(
            said.iter()
                .all(|said| text.get(said.start..said.end).is_some()),
            "{text:?}: {said:?}"
        );
    }
}

#[test]
fn the_first_model_is_opened_and_none_is_an_error() {
    let nowhere = PathBuf::from("/nowhere/encoder.bin");
    assert!(Readers::open(&[nowhere.clone(), model()]).is_ok());
    assert!(matches!(
        Readers::open(std::slice::from_ref(&nowhere)).unwrap_err(),
        EncoderError::Missing(_)
    ));
    // One that is damaged is told, and none after it is taken in its place.
    let damaged = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    assert!(matches!(
        Readers::open(&[damaged, model()]).unwrap_err(),
        EncoderError::Damaged(_)
    ));
}
