//! The papers of a practice on record: written once, with what is left blank said, and nothing
//! written over that somebody may have filled in.

#![cfg(feature = "local")]
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::process::{Command, Output};

fn pagewarden(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
    command.args(arguments).output().unwrap()
}

#[test]
fn papers_are_written_once_and_say_what_is_left_blank() {
    let folder = std::env::temp_dir().join(format!("pagewarden-papers-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (data, out) = (folder.join("table"), folder.join("papers"));
    let (data, out) = (data.to_str().unwrap(), out.to_str().unwrap());
    assert!(
        pagewarden(&["up", "--data", data, "--exit"])
            .status
            .success()
    );
    let write = |practice: &str| pagewarden(&["papers", practice, "--data", data, "--out", out]);

    let written = write("roxbourne");
    let said = String::from_utf8(written.stdout).unwrap();
    assert_eq!(
        written.status.code(),
        Some(1),
        "something is missing: {said}"
    );
    assert_eq!(
        fs::read_dir(out).unwrap().count(),
        19,
        "eighteen and their list"
    );
    let index = fs::read_to_string(format!("{out}/index.html")).unwrap();
    assert!(index.contains("Papers of Roxbourne Medical Centre"));
    assert!(
        index
            .contains("<strong>Missing:</strong> the months for which a post about danger is kept")
    );
    let last = said.lines().last().unwrap();
    assert!(
        last.starts_with("18 papers in ") && last.contains("are for a person to write"),
        "{last}"
    );

    let filled_in = format!("{out}/dpia.html");
    fs::write(&filled_in, "filled in by hand").unwrap();
    let again = write("roxbourne");
    let error = String::from_utf8(again.stderr).unwrap();
    assert!(
        !again.status.success() && error.contains("name another folder"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(filled_in).unwrap(), "filled in by hand");

    let nobody = write("nowhere");
    assert!(
        String::from_utf8(nobody.stderr)
            .unwrap()
            .contains("there is no practice nowhere")
    );
    fs::remove_dir_all(folder).unwrap();
}
