//! What nobody sees changes nothing: a text with a character of no width between any two is read as
//! the text itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pagewarden_rules::{Reader, Reading};

/// Takes no room, and stands in nobody's writing.
const ZERO_WIDTH: char = '\u{2060}';

fn gist(reading: &Reading) -> Vec<String> {
    let mut gist: Vec<String> =
        reading.findings.iter().map(|found| format!("{} {:?} {}", found.topic, found.strength, found.cue)).collect();
    gist.sort();
    gist
}

fuzz_target!(|input: (u8, &str)| {
    let (every, text) = input;
    // At the start of a text a mark may still say in what order its bytes come; and what is there
    // already stays.
    let every = usize::from(every % 7) + 1;
    let mut seen = String::with_capacity(text.len() * 2);
    for (at, character) in text.chars().enumerate() {
        if at > 0 && at % every == 0 {
            seen.push(ZERO_WIDTH);
        }
        seen.push(character);
    }
    let reader = Reader::default();
    assert_eq!(gist(&reader.read(&seen)), gist(&reader.read(text)), "{text:?}");
});
