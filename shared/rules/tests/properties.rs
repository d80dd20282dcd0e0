//! What holds of the reader for every text.

use pagewarden_rules::{CustomTopic, Reader, Reading, Roster, Target, Topic};
use proptest::prelude::*;

fn read(text: &str) -> Reading {
    Reader::default().read(text)
}

/// Topics, strengths and cues, which do not depend on where in the text they stand.
fn gist(reading: &Reading) -> Vec<String> {
    let mut gist: Vec<String> = reading
        .findings
        .iter()
        .map(|f| format!("{} {:?} {}", f.topic, f.strength, f.cue))
        .collect();
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
    fn no_topic_is_found_without_bound(piece in text(), times in 1_usize..60) {
        let reading = read(&piece.repeat(times));
        prop_assert!(reading.findings.len() <= Reading::MOST_FINDINGS);
        for topic in Topic::ALL {
            for target in [None, Some(Target::Staff), Some(Target::Practice), Some(Target::Author), Some(Target::Other)] {
                let kept = reading.findings.iter().filter(|f| f.topic == *topic && f.target == target).count();
                prop_assert!(kept <= Reading::MOST_OF_A_TOPIC, "{topic}: {kept}");
            }
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

/// The bytes that a record of a finding takes, roughly: names of its fields and its words.
fn weight(reading: &Reading) -> usize {
    reading
        .findings
        .iter()
        .map(|f| 130 + f.topic.name().len() + f.cue.len() + f.why.len())
        .sum()
}

#[test]
fn a_text_full_of_anything_makes_a_record_of_a_bounded_size() {
    for piece in [
        "DA7 4QX ",
        "a.b@c.example ",
        "my neighbour Alan Whitcombe of 12 Elm Road, dob 3/3/61, 07700 900123, has HIV. ",
        "Dr Patel is a stupid bitch and I will kill her. ",
        "I want to die. My chest hurts. ",
        "How do I complain about this rude nurse, thank you lovely people? ",
        "fuck you, nigger. \u{1f595} ",
        "nie chce zyc, boli mnie w klatce, kurwa. ",
    ] {
        let text = piece.repeat(65_525 / piece.len());
        let reading = read(&text);
        assert!(
            reading.findings.len() <= Reading::MOST_FINDINGS,
            "{piece:?}: {}",
            reading.findings.len()
        );
        assert!(
            weight(&reading) <= 60_000,
            "{piece:?}: {} bytes",
            weight(&reading)
        );
        assert!(
            reading.identifiers.len() <= 7 * Reading::MOST_OF_A_KIND,
            "{piece:?}"
        );
        // Nothing is lost but repeats: the piece alone says the same.
        let mut alone = read(piece).topics();
        alone.retain(|topic| !reading.topics().contains(topic));
        assert!(alone.is_empty(), "{piece:?}: {alone:?}");
    }
}

#[test]
fn what_is_not_kept_is_counted() {
    let reading = read(&"DA7 4QX ".repeat(100));
    let kept = reading
        .findings
        .iter()
        .filter(|f| f.topic == Topic::PatientIdentifiable)
        .count();
    assert_eq!(kept, Reading::MOST_OF_A_TOPIC);
    assert_eq!(reading.more, [(Topic::PatientIdentifiable, 100 - kept)]);
}

#[test]
fn any_number_of_a_practices_own_topics_is_bounded() {
    let topic = |n: usize| CustomTopic {
        name: format!("own{n}"),
        words: vec!["bins".into(), "door".into()],
        patterns: vec![],
    };
    let topics: Vec<CustomTopic> = (0..150).map(topic).collect();
    let reading =
        Reader::new(&Roster::default(), &topics).read("The bins are by the door. I want to die");
    assert!(
        reading.findings.len() <= Reading::MOST_FINDINGS,
        "{}",
        reading.findings.len()
    );
    assert!(reading.topics().contains(&Topic::Safeguarding));
    assert_eq!(reading.topics().len(), 151);
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
