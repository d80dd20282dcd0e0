//! Every detail that identifies somebody is found where it stands, and nothing that only looks like
//! one.

use std::fs;

use pagewarden_rules::{IdentifierKind, Reader, Reading, Roster, StaffMember, Strength, Topic};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    text: String,
    identifiers: Vec<(IdentifierKind, String)>,
    source: String,
}

#[expect(
    clippy::unwrap_used,
    reason = "a corpus that does not parse is a failed test"
)]
fn corpus() -> Corpus {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/corpora/people/identifiers.toml"
    );
    toml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn found(text: &str, reading: &Reading) -> Vec<(IdentifierKind, String)> {
    reading
        .identifiers
        .iter()
        .map(|one| (one.kind, text[one.span.clone()].to_owned()))
        .collect()
}

#[test]
fn every_identifier_is_found_as_it_was_posted() {
    let reader = Reader::default();
    let mut wrong = Vec::new();
    for case in corpus().case {
        let got = found(&case.text, &reader.read(&case.text));
        if got != case.identifiers {
            wrong.push(format!("{:?} ({}): {got:?}", case.text, case.source));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whatever a platform cuts off, every span is a stretch of the text.
#[test]
fn cut_texts_are_read_without_a_panic() {
    let member = |name: &str| StaffMember {
        name: name.to_owned(),
        role: String::new(),
        aka: Vec::new(),
    };
    let roster = Roster {
        practice: "Marsh Lane Surgery".to_owned(),
        staff: vec![member("Dr Helen Threlfall"), member("Mehmet Yilmaz")],
    };
    let reader = Reader::new(&roster, &[]);
    for case in corpus().case {
        for (at, _) in case.text.char_indices() {
            for text in [&case.text[..at], &case.text[at..]] {
                let reading = reader.read(text);
                let spans = reading
                    .findings
                    .iter()
                    .map(|f| &f.span)
                    .chain(reading.identifiers.iter().map(|i| &i.span));
                for span in spans {
                    assert!(
                        text.get(span.clone()).is_some_and(|part| !part.is_empty()),
                        "{text:?} {span:?}"
                    );
                }
            }
        }
    }
}

/// The same is said of people of every origin, and is read the same.
#[test]
fn a_fact_makes_a_patient_of_whoever_it_is_said_of() {
    let reader = Reader::default();
    for name in [
        "Doreen Higginbottom",
        "Caoimhe Brannigan",
        "Rhodri ap Gwilym",
        "Priyanka Venkataraman",
        "Zainab Qureshi",
        "Oyinkansola Adebayo-Ogunlesi",
        "Thandiwe Nkosi",
        "Nguyen Thi Mai",
        "Zhang Wei",
        "Agnieszka Wojciechowska",
        "Abdirahman Warsame",
        "Layla bin Khalid",
        "Joao Pereira dos Santos",
        "Jan van der Berg",
    ] {
        for (before, after) in [
            ("", " has hepatitis"),
            ("my neighbour ", " was in for her HIV tablets"),
            ("saw ", " in the waiting room"),
        ] {
            let text = format!("{before}{name}{after}");
            let reading = reader.read(&text);
            assert!(
                reading.has(&Topic::PatientIdentifiable, Strength::Likely),
                "{text}: {reading:?}"
            );
        }
        let tagged = format!("{name} flu clinic on Saturday");
        assert!(
            !reader
                .read(&tagged)
                .has(&Topic::PatientIdentifiable, Strength::Possible),
            "{tagged}"
        );
    }
}

/// Friends who are called to a post are nobody's patients; what is said of one of them is read as
/// of anybody, even where no list knows the name.
#[test]
fn tagged_friends_are_patients_only_if_a_fact_is_said() {
    let reader = Reader::default();
    let tagged = ["Quill Zephyrine".to_owned(), "Tilly Crane".to_owned()];
    for friend in ["Quill Zephyrine", "Tilly Crane"] {
        for (before, after) in [
            ("The flu clinic is on Saturday, ", " get your jab"),
            (
                "new asthma nurse starts Monday what do you think ",
                " and me",
            ),
            (
                "Anyone need a diabetes check? ",
                " said the surgery does them now",
            ),
        ] {
            let text = format!("{before}{friend}{after}");
            let reading = reader.read_tagged(&text, &tagged);
            assert!(
                !reading.has(&Topic::PatientIdentifiable, Strength::Possible),
                "{text}: {reading:?}"
            );
        }
        for (before, after) in [
            ("my neighbour ", " has HIV"),
            ("", " has hepatitis"),
            ("did you know ", "'s got epilepsy"),
        ] {
            let text = format!("{before}{friend}{after}");
            let reading = reader.read_tagged(&text, &tagged);
            assert!(
                reading.has(&Topic::PatientIdentifiable, Strength::Possible),
                "{text}: {reading:?}"
            );
        }
    }
}

/// A list of two hundred people is read in the same words as a list of one.
#[test]
fn long_rosters_still_tell_their_people() {
    let staff = (0..200)
        .map(|n| StaffMember {
            name: format!("Dr Forename{n} Surnam{n}e"),
            role: "GP".to_owned(),
            aka: vec![format!("Nick{n}")],
        })
        .chain([StaffMember {
            name: "Dr Helen Threlfall".to_owned(),
            role: "GP".to_owned(),
            aka: Vec::new(),
        }])
        .collect();
    let reader = Reader::new(
        &Roster {
            practice: String::new(),
            staff,
        },
        &[],
    );
    let text = "Helen Threlfal never rang";
    let reading = reader.read(text);
    assert!(
        reading
            .findings
            .iter()
            .any(|f| &text[f.span.clone()] == "Helen Threlfal"),
        "{reading:?}"
    );
}
