//! What the documents tell people to type and to look for is there.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the documents that people work by, by their paths from the root.
fn documents() -> Vec<String> {
    let mut documents: Vec<String> = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "infra/README.md",
    ]
    .map(str::to_owned)
    .to_vec();
    for folder in ["docs", "infra/setup"] {
        for path in files(&root().join(folder), "md") {
            let path = path.strip_prefix(root()).unwrap();
            documents.push(path.to_str().unwrap().to_owned());
        }
    }
    documents
}

/// Returns every file with this ending below a folder.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let below = entries.flat_map(|path| {
        if path.is_dir() {
            files(&path, ending)
        } else {
            vec![path]
        }
    });
    below
        .filter(|path| path.extension().is_some_and(|own| own == ending))
        .collect()
}

fn root() -> &'static Path {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.unwrap()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// Returns what stands in backticks, and the lines of blocks of code.
fn code(document: &str) -> Vec<String> {
    let document = document.replace("\\\n", " ");
    let mut found = Vec::new();
    for (nth, part) in document.split("```").enumerate() {
        if nth % 2 == 1 {
            found.extend(part.lines().map(str::to_owned));
        } else {
            found.extend(part.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// Returns the command lines of a document, without the program's name.
fn commands(document: &str) -> Vec<String> {
    let typed = |code: String| {
        let code = code
            .split(" #")
            .next()
            .unwrap_or_default()
            .trim_start_matches([' ', '$', '|'])
            .to_owned();
        let after = |name: &str| code.strip_prefix(name).map(str::to_owned);
        after("pagewarden ").or_else(|| after("cargo run --bin pagewarden -- "))
    };
    code(document).into_iter().filter_map(typed).collect()
}

#[test]
fn every_command_and_flag_in_the_documents_is_there() {
    let mut typed: Vec<String> = documents()
        .iter()
        .flat_map(|name| commands(&read(name)))
        .collect();
    // The tables of commands leave the program's name out.
    let listed = read("docs/commands.md");
    let rows = listed.lines().filter(|line| line.starts_with("| `"));
    typed.extend(rows.flat_map(|row| code(row.split(" | ").next().unwrap())));
    assert!(typed.len() > 40, "{typed:?}");
    for line in typed {
        let name = line.split(' ').take_while(|word| {
            !word.starts_with('-') && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        });
        let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
        let output = command.args(name).arg("--help").output().unwrap();
        assert!(output.status.success(), "there is no {line}");
        let help = String::from_utf8_lossy(&output.stdout);
        let words = line.split(|c: char| !c.is_ascii_lowercase() && c != '-');
        for flag in words.filter(|word| word.starts_with("--") && word.len() > 2) {
            assert!(
                help.contains(&format!("{flag} ")) || help.contains(&format!("{flag}\n")),
                "no {flag}: {line}"
            );
        }
    }
}

#[test]
fn every_name_of_the_stack_in_the_guides_is_in_the_template() {
    let template = read("infra/template.yaml");
    let known: Vec<&str> = template
        .split(|c: char| !c.is_ascii_alphanumeric())
        .collect();
    let mut names = 0;
    for document in documents().iter().filter(|name| name.starts_with("infra/")) {
        for code in code(&read(document)) {
            let name = code.split('=').next().unwrap_or_default();
            let camel = name.starts_with(|c: char| c.is_ascii_uppercase())
                && name.bytes().all(|b| b.is_ascii_alphabetic())
                && name.bytes().any(|b| b.is_ascii_lowercase());
            // A header of HTTP, which is written like a name of ours.
            if camel && name != "Authorization" {
                names += 1;
                assert!(
                    known.contains(&name),
                    "{document}: the template has no {name}"
                );
            }
        }
    }
    assert!(names > 30, "only {names} names were found");
}

#[test]
fn every_make_target_in_the_documents_is_there() {
    let makefile = read("Makefile");
    let all: Vec<String> = documents()
        .iter()
        .flat_map(|name| code(&read(name)))
        .collect();
    let targets: Vec<&str> = all
        .iter()
        .filter_map(|code| code.strip_prefix("make ")?.split(' ').next())
        .collect();
    assert!(targets.len() > 10, "{targets:?}");
    for target in targets {
        assert!(
            makefile.contains(&format!("\n{target}:")),
            "there is no make {target}"
        );
    }
}

/// Returns the names of the tests in a source.
fn tests(source: &str) -> impl Iterator<Item = &str> {
    let marked = ["#[test]", "#[tokio::test"].into_iter();
    let marked = marked.flat_map(|mark| source.split(mark).skip(1));
    marked.filter_map(|after| after.split_once("fn ")?.1.split('(').next())
}

#[test]
fn no_test_has_a_longer_name_than_contributing_says() {
    const LONGEST: usize = 60;
    let said = format!("at most {LONGEST} characters");
    assert!(
        read("CONTRIBUTING.md").contains(&said),
        "it does not say: {said}"
    );
    let mut seen = 0;
    for path in ["functions", "infra", "shared", "tests"]
        .map(|name| files(&root().join(name), "rs"))
        .concat()
    {
        let source = fs::read_to_string(&path).unwrap();
        for name in tests(&source) {
            seen += 1;
            assert!(
                name.len() <= LONGEST,
                "{name} has {} characters: {}",
                name.len(),
                path.display()
            );
        }
    }
    assert!(seen > 500, "only {seen} tests were found");
}
