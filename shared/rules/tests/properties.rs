//! What holds of the reader for every text.

use pagewarden_rules::{Reader, Reading};
use proptest::prelude::*;

fn read(text: &str) -> Reading {
    Reader::default().read(text)
}

/// Topics, strengths and cues, which do not depend on where in the text they stand.
fn gist(reading: &Reading) -> Vec<String> {
    let mut gist: Vec<String> =
        reading.findings.iter().map(|f| format!("{} {:?} {}", f.topic, f.strength, f.cue)).collect();
    gist.sort();
    gist
}

/// Words that grammars look for, so that random texts find something.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "you",
            "the",
            "receptionist",
            "is",
            "a",
            "wanker",
            "fuck",
            "this",
            "surgery",
            "I",
            "will",
            "kill",
            "myself",
            "formal",
            "complaint",
            "chest",
            "pain",
            "not",
            "Dr",
            "Patel",
            "£500",
            "07700",
            "900123",
            "http://x.example",
            "w4nk3r",
            "s h i t",
            "don't",
            "\"quoted\"",
            "?",
            ".",
            "🔪",
            "[video]",
            "ＦＵＣＫ",
            "bi\u{301}tch",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,8}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 0..24).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn spans_stand_on_whole_characters_within_the_text(text in any::<String>()) {
        let reading = read(&text);
        let spans = reading.findings.iter().map(|f| &f.span).chain(reading.identifiers.iter().map(|i| &i.span));
        for span in spans {
            prop_assert!(text.get(span.clone()).is_some(), "{span:?} of {} bytes", text.len());
        }
    }

    #[test]
    fn findings_come_in_the_order_of_the_text(text in text()) {
        let starts: Vec<usize> = read(&text).findings.iter().map(|f| f.span.start).collect();
        prop_assert!(starts.is_sorted());
    }

    #[test]
    fn invisible_characters_change_nothing(text in text(), at in any::<prop::sample::Index>(), unseen in prop::sample::select(
        vec!['\u{200b}', '\u{200d}', '\u{2060}', '\u{ad}', '\u{feff}', '\u{200e}', '\u{fe0f}'])
    ) {
        let boundaries: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
        let mut hidden = text.clone();
        hidden.insert(boundaries[at.index(boundaries.len())], unseen);
        prop_assert_eq!(gist(&read(&text)), gist(&read(&hidden)));
    }

    #[test]
    fn letters_from_elsewhere_read_as_the_letters_they_stand_for(text in "[a-z ]{0,60}") {
        let wide: String = text.chars().map(|c| match c {
            'a'..='z' => char::from_u32(u32::from(c) - u32::from('a') + 0xff41).unwrap_or(c),
            c => c,
        }).collect();
        prop_assert_eq!(gist(&read(&text)), gist(&read(&wide)));
    }
}

#[test]
fn texts_made_to_hurt_are_read() {
    for piece in [
        "f u c k ",
        "a",
        "((((",
        "\0",
        "\u{202e}",
        "you are a ",
        "*",
        "'",
        "\"",
        "[",
        "@a",
        "http://",
        "i'm going to ",
        "1 ",
    ] {
        let text = piece.repeat(20_000);
        assert!(read(&text).findings.len() < 10_000, "{piece:?}");
    }
}
