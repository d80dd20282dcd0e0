//! The ways to break the code that `prove` tries: each still has to find its place in it.

use std::fs;
use std::path::Path;

#[test]
fn every_mutation_fits_the_code_of_today() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let patches = fs::read_dir(root.join("tests/simulation/mutations")).unwrap();
    for patch in patches.map(|entry| entry.unwrap().path()) {
        for (file, stood) in places(&fs::read_to_string(&patch).unwrap()) {
            let code = fs::read_to_string(root.join(&file)).unwrap();
            let name = patch.file_stem().unwrap().display();
            assert!(
                code.contains(&stood),
                "{name} does not fit {file} any more: write it again. It looks for\n{stood}"
            );
        }
    }
}

/// Returns the files that a patch changes, and the lines that it takes away with one before and one
/// after them: so much has to stand there for `prove` to apply it.
fn places(patch: &str) -> Vec<(String, String)> {
    let mut hunks: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut file = "";
    for line in patch.lines() {
        match (line.strip_prefix("--- a/"), hunks.last_mut()) {
            (Some(named), _) => file = named,
            _ if line.starts_with("diff ") || line.starts_with("+++ ") => {}
            _ if line.starts_with("@@") => hunks.push((file, Vec::new())),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => {}
        }
    }
    let place = |(file, lines): (&str, Vec<&str>)| {
        let is_change = |line: &&str| line.starts_with(['-', '+']);
        let (first, last) = (
            lines.iter().position(is_change).unwrap(),
            lines.iter().rposition(is_change).unwrap(),
        );
        let stood = lines[first - 1..=last + 1].iter();
        let stood = stood.filter(|line| !line.starts_with('+'));
        let stood: Vec<&str> = stood
            .map(|line| line.get(1..).unwrap_or_default())
            .collect();
        (file.to_owned(), stood.join("\n"))
    };
    hunks.into_iter().map(place).collect()
}
