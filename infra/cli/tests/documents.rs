//! What the documents tell people to type and to look for is there.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::path::Path;
use std::process::Command;

const DOCUMENTS: [&str; 15] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "docs/commands.md",
    "docs/platforms.md",
    "docs/policy.md",
    "docs/reading.md",
    "docs/safety.md",
    "infra/README.md",
    "infra/setup/README.md",
    "infra/setup/facebook.md",
    "infra/setup/google.md",
    "infra/setup/instagram.md",
    "infra/setup/website.md",
    "infra/setup/x.md",
];

fn read(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    fs::read_to_string(root.join(name)).unwrap()
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
    let mut typed: Vec<String> = DOCUMENTS
        .iter()
        .flat_map(|name| commands(&read(name)))
        .collect();
    // The tables of commands leave the program's name out.
    let listed = read("docs/commands.md");
    let rows = listed.lines().filter(|line| line.starts_with("| `"));
    typed.extend(rows.flat_map(|row| code(row.split(" | ").next().unwrap())));
    assert!(typed.len() > 40, "{typed:?}");
    for line in typed {
        let name = line
            .split(' ')
            .take_while(|word| word.bytes().all(|b| b.is_ascii_lowercase()));
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
    for document in DOCUMENTS.iter().filter(|name| name.starts_with("infra/")) {
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
    let all: Vec<String> = DOCUMENTS
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
