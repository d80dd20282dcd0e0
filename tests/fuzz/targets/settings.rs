//! A practice's settings are read or refused with what is wrong, in a file as in the table.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pagewarden_policies::Settings;

fuzz_target!(|text: &str| {
    drop(serde_json::from_str::<Settings>(text));
    match Settings::read(text, "settings.toml") {
        Ok(settings) => {
            // What is read is kept as JSON, and read again from there.
            let kept = serde_json::to_string(&settings).expect("settings are JSON");
            assert!(serde_json::from_str::<Settings>(&kept).is_ok(), "{kept}");
        }
        Err(problems) => assert!(!problems.is_empty(), "refused without a word"),
    }
});
