//! A policy loads or says what is wrong with it, whatever is in its file: it never panics and never
//! loads half.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pagewarden_policies::load;

const PUBLISHED: &str = include_str!("../../../shared/policies/published/woolpit.txt");

fuzz_target!(|toml: &str| {
    if let Err(problems) = load(toml, PUBLISHED, "policy.toml") {
        assert!(!problems.is_empty(), "refused without a word");
        assert!(problems.iter().all(|problem| !problem.to_string().is_empty()));
    }
});
