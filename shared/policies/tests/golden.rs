//! The agreed posts: what each practice's policy must do about each.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its corpus fails there"
)]

mod corpus;

use corpus::Corpus;
use pagewarden_policies::load_shipped;

#[test]
fn every_practice_does_what_was_agreed() {
    let policies = load_shipped().unwrap();
    let failures: Vec<String> = Corpus::all()
        .iter()
        .flat_map(|corpus| corpus.failures(&policies))
        .collect();
    assert!(
        failures.is_empty(),
        "{} of the cases differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// A clause that no case misses is a clause that could be lost.
#[test]
fn every_clause_is_missed_when_it_is_removed() {
    let policies = load_shipped().unwrap();
    let mut unmissed = Vec::new();
    for nth in 0..policies.len() {
        for clause in 0..policies[nth].policy.clauses.len() {
            let mut fewer = policies.clone();
            let removed = fewer[nth].policy.clauses.remove(clause);
            if Corpus::all()
                .iter()
                .all(|corpus| corpus.failures(&fewer).is_empty())
            {
                unmissed.push(removed.id);
            }
        }
    }
    assert!(unmissed.is_empty(), "no case needs {unmissed:?}");
}

/// The same, from the words themselves.
#[test]

fn every_practice_does_what_was_agreed_from_the_text_alone() {
    let policies = load_shipped().unwrap();
    let failures = Corpus::golden().failures_when_read(&policies);
    assert!(
        failures.is_empty(),
        "{} of the cases differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
