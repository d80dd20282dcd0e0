//! What somebody mistypes: told in plain words, with what to do instead, and with nothing changed.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder that is removed with it.
struct Desk(PathBuf);

impl Desk {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("pagewarden-{name}-{}", std::process::id()));
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).unwrap();
        Desk(folder)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), content).unwrap();
    }

    /// Runs a command line. Returns whether it went well, and all that it said.
    fn run(&self, line: &str) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
        let output = command.args(line.split(' ')).current_dir(&self.0).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    /// Runs a command line that has to be refused, and to say so.
    fn refused(&self, line: &str, why: &str) {
        let (well, said) = self.run(line);
        assert!(!well && said.contains(why), "{line}: {said}");
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
fn a_practice_that_is_not_there_is_never_said_to_be_in_order() {
    let desk = Desk::new("nowhere");
    assert!(desk.run("up --data table.db --exit").0);
    let instead = "there is no practice wolpit: write one of kingswinford, mile-oak, roxbourne, threeways, woolpit";
    desk.refused("switch wolpit off --as Pat:practice_manager --data table.db", instead);
    desk.refused("tasks --practice wolpit --data table.db", instead);
    desk.refused("verify --practice wolpit --data table.db", instead);
    desk.refused("switch woolpit off --as Alex:auditor --data table.db", "decides nothing");
    let (well, said) = desk.run("switch woolpit off --as Pat:practice_manager --data table.db");
    assert!(well && said.contains("acts on nothing"), "{said}");
}

#[test]
fn a_file_that_is_no_table_is_refused_and_left_alone() {
    let desk = Desk::new("no-table");
    desk.write("notes.txt", "my notes");
    desk.refused("tasks --data notes.txt", "notes.txt holds no table: name the file of `pagewarden up --data`");
    desk.refused("up --data notes.txt --exit", "holds no table");
    assert_eq!(fs::read_to_string(desk.0.join("notes.txt")).unwrap(), "my notes");
    desk.refused("up --data not/there.db --exit", "there is no folder not");
    fs::create_dir(desk.0.join("kept")).unwrap();
    for command in ["tasks --data kept", "up --data kept --exit"] {
        desk.refused(command, "kept is a folder: name a file in it, such as kept/pagewarden.db");
    }
    // Whoever asks of an empty one what waits is not told that nothing does.
    desk.write("empty.db", "");
    desk.refused("tasks --data empty.db", "empty.db is empty: start `pagewarden up --data empty.db` first");
    desk.refused("tasks --data new.db", "there is no new.db: start `pagewarden up --data new.db` first");
    desk.refused("up --functions 127.0.0.1:3001 --exit", "write an address such as http://127.0.0.1:3001");
    desk.refused("up --functions localhost --exit", "write an address such as http://127.0.0.1:3001");
    desk.refused("up --replay not-there --exit", "there is no folder not-there");
    desk.refused("tasks --table http://127.0.0.1:9", "no table answers at http://127.0.0.1:9: write the address");
}

#[test]
fn nobody_has_to_listen_to_the_end() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
    let mut child = command.arg("capabilities").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_policy_with_a_slip_is_told_by_its_line_whatever_the_file_is_called() {
    let desk = Desk::new("slips");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let policies = root.join("shared/policies");
    fs::copy(policies.join("published/woolpit.txt"), desk.0.join("woolpit.txt")).unwrap();
    let policy = fs::read_to_string(policies.join("woolpit.toml")).unwrap();
    let slip = |from: &str, to: &str, told: &str| {
        assert!(policy.contains(from));
        desk.write("oakfield.toml", policy.replacen(from, to, 1));
        desk.refused("policy lint oakfield.toml", told);
    };
    slip("id = \"woolpit\"", "id = \"woolpit", "oakfield.toml:4: not TOML");
    slip("id = \"woolpit\"", "id = \u{201c}woolpit\u{201d}", "oakfield.toml:4: not TOML");
    slip("[practice]", "[Practice]", "oakfield.toml:3: unknown table or key \"Practice\"; write \"practice\" instead");
    slip("woolpit.txt", "wolpit.txt", "wolpit.txt is not beside oakfield.toml: save the practice's published policy");
    desk.write("oakfield.toml", "hello");
    desk.refused("policy lint oakfield.toml", "oakfield.toml:1: not TOML");
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(policy.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    desk.write("oakfield.toml", wide);
    desk.refused("policy lint oakfield.toml", "oakfield.toml is no plain text in UTF-8: save it again as that");
}
