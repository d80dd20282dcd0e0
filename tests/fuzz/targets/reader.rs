//! Any text is read without a panic, and what is found stands on whole characters within it.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pagewarden_rules::{Reader, Roster, StaffMember};

static READER: LazyLock<Reader> = LazyLock::new(|| {
    let patel = StaffMember { name: "Dr Anita Patel".to_owned(), role: "GP".to_owned(), aka: Vec::new() };
    Reader::new(&Roster { staff: vec![patel], ..Roster::default() }, &[])
});

fuzz_target!(|text: &str| {
    let reading = READER.read(text);
    let spans = reading.findings.iter().map(|finding| &finding.span);
    for span in spans.chain(reading.identifiers.iter().map(|identifier| &identifier.span)) {
        assert!(text.get(span.clone()).is_some(), "{span:?} is no part of the text");
    }
});
