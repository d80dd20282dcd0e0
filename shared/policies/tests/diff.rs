//! What two policies differ in, in words.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot load its policy fails there"
)]

use pagewarden_policies::{ClauseChange, Loaded, diff, load, load_shipped, shipped};
use serde_json::{Value, json};

/// Loads a shipped policy with something of its file changed.
fn amended(id: &str, changes: &[(&str, &str)]) -> Loaded {
    let (_, toml, text) = shipped().iter().find(|(one, ..)| *one == id).unwrap();
    let mut toml = (*toml).to_owned();
    for (from, to) in changes {
        assert!(toml.contains(from), "the policy says {from}");
        toml = toml.replacen(from, to, 1);
    }
    load(&toml, text, "p.toml").unwrap()
}

#[test]
fn a_policy_says_the_same_as_itself() {
    let all = load_shipped().unwrap();
    for (nth, old) in all.iter().enumerate() {
        for (other, new) in all.iter().enumerate() {
            let diff = diff(old, new);
            assert_eq!(diff.is_empty(), nth == other, "{diff}");
        }
    }
}

#[test]
fn a_changed_clause_says_what_changed_in_words() {
    let (old, new) = (
        amended("roxbourne", &[]),
        amended(
            "roxbourne",
            &[
                (
                    "topics = [\"safeguarding\", \"confidentiality\"]",
                    "topics = [\"safeguarding\"]",
                ),
                ("urgency = \"now\"", "urgency = \"high\""),
                ("evidence_months = 24", "evidence_months = 12"),
            ],
        ),
    );
    let diff = diff(&old, &new);
    assert_eq!(diff.clauses.len(), 1);
    assert_eq!(diff.clauses[0].id, "R0");
    let ClauseChange::Changed(lines) = &diff.clauses[0].what else {
        panic!("{diff}");
    };
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].starts_with("it is not about this any more: "),
        "{lines:?}"
    );
    assert_eq!(lines[1], "how soon a person must look: was now, is high");
    assert_eq!(
        diff.others,
        ["months that decisions and evidence are kept: was 24, is 12"]
    );
    let printed = diff.to_string();
    assert!(
        !printed.contains("topics =") && printed.contains("R0 is changed: "),
        "{printed}"
    );
}

#[test]
fn clauses_that_moved_are_not_new() {
    let old = amended("roxbourne", &[]);
    let mut new = old.clone();
    // R0 is gone, and the sentence of the second has another number.
    let gone = new.policy.clauses.remove(0);
    "R77".clone_into(&mut new.policy.clauses[0].id);
    let there = diff(&old, &new);
    let what: Vec<_> = there.clauses.iter().map(|clause| &clause.what).collect();
    assert_eq!(what.len(), 2, "{there}");
    assert_eq!(
        *what[0],
        ClauseChange::Changed(vec!["its number: was \"R1\", is \"R77\"".to_owned()])
    );
    assert_eq!(
        (what[1], &there.clauses[1].id),
        (&ClauseChange::Removed, &gone.id)
    );
    let back = diff(&new, &old);
    assert!(matches!(&back.clauses[0].what, ClauseChange::Added(says) if !says.is_empty()));
}

/// Words that some key of a policy knows.
const WORDS: [&str; 24] = [
    "none",
    "may",
    "will",
    "any",
    "own",
    "team",
    "practice",
    "human",
    "assist",
    "certain",
    "possible",
    "hide",
    "delete",
    "obscene",
    "complaint",
    "queue",
    "allow",
    "and_or",
    "high",
    "reviewer",
    "x",
    "comment",
    "wales",
    "own_purpose",
];

/// Returns every value that stands where this one does with one place of it changed.
fn mutants(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Bool(on) => vec![json!(!on)],
        Value::Number(number) => vec![json!(number.as_u64().unwrap() + 1)],
        Value::String(text) => std::iter::once(format!("{text} more"))
            .chain(WORDS.map(str::to_owned))
            .filter(|other| other != text)
            .map(Value::String)
            .collect(),
        Value::Array(list) => {
            let mut all: Vec<Value> = list
                .iter()
                .enumerate()
                .flat_map(|(nth, element)| {
                    mutants(element).into_iter().map(move |mutant| {
                        let mut other = list.clone();
                        other[nth] = mutant;
                        Value::Array(other)
                    })
                })
                .collect();
            all.push(Value::Array(list.iter().skip(1).cloned().collect()));
            all.retain(|other| other.as_array() != Some(list));
            all
        }
        Value::Object(keys) => keys
            .iter()
            .flat_map(|(key, inner)| {
                mutants(inner).into_iter().map(move |mutant| {
                    let mut other = keys.clone();
                    other.insert(key.clone(), mutant);
                    Value::Object(other)
                })
            })
            .collect(),
    }
}

/// Whatever is changed in a policy, the diff says something.
#[test]
fn no_key_of_a_policy_is_left_out_of_the_diff() {
    let mut old = amended("kingswinford", &[]);
    old.policy.clauses.truncate(9);
    let json = serde_json::to_value(&old.policy).unwrap();
    let mut told = 0;
    for mutant in mutants(&json) {
        // What is no policy is nobody's diff.
        let Ok(policy) = serde_json::from_value(mutant) else {
            continue;
        };
        let new = Loaded {
            policy,
            ..old.clone()
        };
        if new.policy != old.policy {
            let diff = diff(&old, &new);
            assert!(!diff.is_empty(), "{:#?}", new.policy);
            told += 1;
        }
    }
    assert!(told > 300, "{told} policies were compared");
}
