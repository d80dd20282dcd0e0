//! What somebody mistypes: told in plain words, with what to do instead, and with nothing changed.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

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
        let file = self.0.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }

    /// Writes a delivery that tells of a comment on a page.
    fn event(&self, name: &str, page: &str, comment: &str, words: &str) {
        let thread = format!("{page}_{}", comment.split('_').next().unwrap());
        let value = serde_json::json!({ "item": "comment", "verb": "add", "comment_id": comment, "post_id": thread,
            "from": { "id": "2001", "name": "Jo Visitor" }, "created_time": 1_795_168_860, "message": words });
        let changes = serde_json::json!([{ "field": "feed", "value": value }]);
        let entry = serde_json::json!([{ "id": page, "time": 1_795_168_861, "changes": changes }]);
        self.write(
            name,
            serde_json::json!({ "object": "page", "entry": entry }).to_string(),
        );
    }

    /// Runs a command line. Returns whether it went well, and all that it said.
    fn run(&self, line: &str) -> (bool, String) {
        self.words(&line.split(' ').collect::<Vec<_>>())
    }

    fn words(&self, words: &[&str]) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
        let output = command.args(words).current_dir(&self.0).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        )
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
    desk.refused(
        "switch wolpit off --as Pat:practice_manager --data table.db",
        instead,
    );
    desk.refused("tasks --practice wolpit --data table.db", instead);
    desk.refused("verify --practice wolpit --data table.db", instead);
    let who = "Alex (auditor) may not turn the switch off: a reviewer, practice manager, safeguarding lead or complaints \
        manager may, here Joan (practice manager)";
    desk.refused("switch woolpit off --as Alex:auditor --data table.db", who);
    desk.refused("switch woolpit off --data table.db", "--as");
    let stranger = "the settings of woolpit name no practice manager called Pat: a reviewer";
    desk.refused(
        "switch woolpit off --as Pat:practice_manager --data table.db",
        stranger,
    );
    let (well, said) = desk.run("switch woolpit --data table.db");
    assert!(well && said == "woolpit: the switch is on\n", "{said}");
    let (well, said) =
        desk.run("switch woolpit off --as Joan:practice_manager --note nights --data table.db");
    assert!(well && said.contains("acts on nothing"), "{said}");
    let (well, said) = desk.run("switch woolpit on --as Joan:practice_manager --data table.db");
    assert!(
        well && said.contains("Somebody else has to agree"),
        "{said}"
    );
    desk.refused(
        "switch woolpit on --as Joan:practice_manager --data table.db",
        "Joan asked for it already: somebody else has to agree",
    );
    let (well, said) = desk.run("switch woolpit --data table.db");
    assert!(
        well && said.ends_with("woolpit: the switch is off, and the machine acts on nothing; Joan:practice_manager has asked for it to be turned on\n"),
        "{said}"
    );
    let mary = "Mary Dunn:reviewer";
    let (well, said) = desk.words(&[
        "switch", "woolpit", "on", "--as", mary, "--data", "table.db",
    ]);
    assert!(well && said.contains("acts again"), "{said}");
    desk.refused(
        "switch woolpit on --as Joan:practice_manager --data table.db",
        "the switch is on",
    );
    let (well, said) = desk.run("switch woolpit --data table.db");
    let turned: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(_, turned)| turned)
        .collect();
    let by = "by Joan:practice_manager";
    assert!(
        well && turned
            == [
                format!("turned off {by} (nights)"),
                format!("asked to be turned on {by}"),
                format!("turned on by Mary Dunn:reviewer, asked {by}"),
            ],
        "{said}"
    );
}

#[test]
fn a_file_that_is_no_table_is_refused_and_left_alone() {
    let desk = Desk::new("no-table");
    desk.write("notes.txt", "my notes");
    desk.refused(
        "tasks --data notes.txt",
        "notes.txt holds no table: name the file of `pagewarden up --data`",
    );
    desk.refused("up --data notes.txt --exit", "holds no table");
    assert_eq!(
        fs::read_to_string(desk.0.join("notes.txt")).unwrap(),
        "my notes"
    );
    desk.refused("up --data not/there.db --exit", "there is no folder not");
    fs::create_dir(desk.0.join("kept")).unwrap();
    for command in ["tasks --data kept", "up --data kept --exit"] {
        desk.refused(
            command,
            "kept is a folder: name a file in it, such as kept/pagewarden.db",
        );
    }
    // Whoever asks of an empty one what waits is not told that nothing does.
    desk.write("empty.db", "");
    desk.refused(
        "tasks --data empty.db",
        "empty.db is empty: start `pagewarden up --data empty.db` first",
    );
    desk.refused(
        "tasks --data new.db",
        "there is no new.db: start `pagewarden up --data new.db` first",
    );
    desk.refused(
        "up --functions 127.0.0.1:3001 --exit",
        "write an address such as http://127.0.0.1:3001",
    );
    desk.refused(
        "up --functions localhost --exit",
        "write an address such as http://127.0.0.1:3001",
    );
    desk.refused(
        "up --replay not-there --exit",
        "there is no folder not-there",
    );
    desk.refused(
        "tasks --table http://127.0.0.1:9",
        "no table answers at http://127.0.0.1:9: write the address",
    );
}

#[test]
fn nobody_has_to_listen_to_the_end() {
    for command_line in ["capabilities", "check"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
        command
            .arg(command_line)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        // Whoever stops listening stops reading as well.
        child
            .stdin
            .take()
            .unwrap()
            .write_all("{\"id\":1,\"text\":\"a\"}\n".repeat(2_000).as_bytes())
            .ok();
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
    }
}

#[test]
fn a_slip_in_a_policy_is_reported_with_its_line() {
    let desk = Desk::new("slips");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    let policies = root.join("shared/policies");
    fs::copy(
        policies.join("published/woolpit.txt"),
        desk.0.join("woolpit.txt"),
    )
    .unwrap();
    let policy = fs::read_to_string(policies.join("woolpit.toml")).unwrap();
    let slip = |from: &str, to: &str, told: &str| {
        assert!(policy.contains(from));
        desk.write("oakfield.toml", policy.replacen(from, to, 1));
        desk.refused("policy lint oakfield.toml", told);
    };
    slip(
        "id = \"woolpit\"",
        "id = \"woolpit",
        "oakfield.toml:4: not TOML",
    );
    slip(
        "id = \"woolpit\"",
        "id = \u{201c}woolpit\u{201d}",
        "oakfield.toml:4: not TOML",
    );
    slip(
        "[practice]",
        "[Practice]",
        "oakfield.toml:3: unknown table or key \"Practice\"; write \"practice\" instead",
    );
    slip(
        "woolpit.txt",
        "wolpit.txt",
        "wolpit.txt is not beside oakfield.toml: save the practice's published policy",
    );
    desk.write("oakfield.toml", "hello");
    desk.refused("policy lint oakfield.toml", "oakfield.toml:1: not TOML");
    let wide: Vec<u8> = std::iter::once(0xfeff)
        .chain(policy.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    desk.write("oakfield.toml", wide);
    desk.refused(
        "policy lint oakfield.toml",
        "oakfield.toml is no plain text in UTF-8: save it again as that",
    );
}

/// An `up` that goes on until this is dropped.
struct Up(Child);

impl Up {
    fn on(desk: &Desk, data: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
        command
            .args(["up", "--rules-only", "--data", data])
            .current_dir(&desk.0)
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let running = said
            .lines()
            .map_while(Result::ok)
            .any(|line| line.starts_with("running"));
        assert!(running, "it ended before it ran");
        Up(child)
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // SIGKILL: nothing is tidied up, and the file is free all the same.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn a_file_is_one_systems_until_that_ends_however_it_ends() {
    let desk = Desk::new("in-use");
    let up = Up::on(&desk, "table.db");
    desk.refused(
        "up --data table.db --exit",
        "table.db is in use by another `pagewarden up`: stop that one first",
    );
    // What reads and decides beside it does not mind.
    assert!(desk.run("tasks --data table.db").0);
    assert!(
        desk.run("switch woolpit off --as Joan:practice_manager --data table.db")
            .0
    );
    drop(up);
    let (well, said) = desk.run("up --data table.db --exit");
    assert!(well, "{said}");
}

#[test]
fn a_file_that_lost_its_record_is_not_started_afresh_in_silence() {
    let desk = Desk::new("emptied");
    desk.event(
        "sent/facebook/1.json",
        "100000000000003",
        "8001_1",
        "You are all useless wankers",
    );
    let (well, said) = desk.run("up --data table.db --replay sent --exit");
    assert!(well, "{said}");
    let kept = fs::read(desk.0.join("table.db")).unwrap();
    desk.write("table.db", "");
    for log in ["table.db-wal", "table.db-shm"] {
        fs::remove_file(desk.0.join(log)).ok();
    }
    desk.refused(
        "up --data table.db --exit",
        "table.db is empty, although table.db.facebook.jsonl names posts",
    );
    fs::remove_file(desk.0.join("table.db")).unwrap();
    desk.refused(
        "up --data table.db --exit",
        "table.db is not there, although table.db.facebook.jsonl names posts",
    );
    desk.write("table.db", kept);
    assert!(desk.run("up --data table.db --exit").0);
}

#[test]
fn a_copy_that_nobody_may_write_is_read_and_left_as_it_is() {
    let desk = Desk::new("evidence");
    desk.event(
        "sent/facebook/1.json",
        "100000000000003",
        "8002_1",
        "I want to make a formal complaint",
    );
    assert!(desk.run("up --data table.db --replay sent --exit").0);
    let evidence = desk.0.join("evidence");
    fs::create_dir(&evidence).unwrap();
    let copy = evidence.join("table.db");
    fs::copy(desk.0.join("table.db"), &copy).unwrap();
    let log = desk.0.join("table.db-wal");
    if log.is_file() {
        fs::copy(log, evidence.join("table.db-wal")).unwrap();
    }
    let may_write = |path: &Path, may: bool| {
        let mut permissions = fs::metadata(path).unwrap().permissions();
        permissions.set_mode(if may { 0o755 } else { 0o555 });
        fs::set_permissions(path, permissions).unwrap();
    };
    may_write(&copy, false);
    may_write(&evidence, false);
    let before = fs::read(&copy).unwrap();
    let files = || fs::read_dir(&evidence).unwrap().count();
    let (many, read) = (files(), |line: &str, expected: &str| {
        let (well, said) = desk.run(line);
        assert!(well && said.contains(expected), "{line}: {said}");
    });
    read(
        "verify --data evidence/table.db",
        "none changed, none missing",
    );
    read(
        "tasks --data evidence/table.db",
        "roxbourne/facebook/8002_1",
    );
    read(
        "history roxbourne/facebook/8002_1 --data evidence/table.db",
        "the chain holds",
    );
    assert_eq!((files(), fs::read(&copy).unwrap()), (many, before));
    may_write(&evidence, true);
    may_write(&copy, true);
}

#[test]
fn a_restart_leaves_what_was_published() {
    let desk = Desk::new("published");
    assert!(desk.run("up --data table.db --exit").0);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    for name in ["woolpit.toml", "published/woolpit.txt"] {
        fs::copy(
            root.join("shared/policies").join(name),
            desk.0.join(name.replace("published/", "")),
        )
        .unwrap();
    }
    desk.write(
        "settings.toml",
        "mode = \"shadow\"\nchannels = [{ platform = \"facebook\", account = \"100000000000004\" }]\n\
         people = [{ name = \"Pat\", roles = [\"deployer\"] }]\n",
    );
    let publish =
        "policy publish woolpit.toml --settings settings.toml --as Pat:deployer --data table.db";
    let (well, said) = desk.run(publish);
    assert!(well && said.contains("in shadow"), "{said}");
    assert!(desk.run("up --data table.db --exit").0);
    let (well, said) = desk.run("policy publish woolpit.toml --as Pat:deployer --data table.db");
    assert!(
        well && said.contains("version 1 of its policy is in force, in shadow"),
        "{said}"
    );
    assert!(
        !said.contains("watches x"),
        "an account that was given up stays given up: {said}"
    );
}

#[test]
fn what_the_webhook_cannot_read_is_said_and_fails() {
    let desk = Desk::new("unread");
    desk.write("sent/facebook/1.json", "{\"hello\":1}");
    desk.write("sent/facebook/2.json", "not JSON");
    desk.write("sent/x/3.json", "{\"hello\":1}");
    desk.write("sent/website/4.json", "not JSON");
    let (well, said) = desk.run("up --replay sent --exit");
    assert!(!well);
    for file in [
        "sent/facebook/1.json: no delivery that can be read",
        "sent/facebook/2.json: no",
        "sent/x/3.json: no",
        "sent/website/4.json: it is no JSON",
    ] {
        assert!(
            said.contains(&format!("NOT TAKEN: {file}")),
            "{file}: {said}"
        );
    }
    desk.write("slip/facebok/1.json", "{}");
    desk.refused(
        "up --replay slip --exit",
        "slip/facebok is no platform's folder: one is named facebook, instagram, x",
    );
    desk.write("flat/1.json", "{}");
    desk.refused(
        "up --replay flat --exit",
        "`pagewarden replay flat` sends the files of one folder",
    );
    desk.refused("replay slip/facebok", "is nothing that a platform sends");
}

#[test]
fn a_slip_is_answered_with_what_was_meant() {
    let desk = Desk::new("meant");
    desk.refused("tasks decide 1 --do keep", "`pagewarden task decide`");
    desk.refused("chekc", "'check'");
    desk.refused(
        "tasks --table nonesuch",
        "one on this machine is named by --data FILE",
    );
    assert!(
        !desk
            .run("tasks --table nonesuch")
            .1
            .contains("for a function")
    );
    assert!(desk.run("up --data table.db --exit").0);
    for name in ["Pat\u{1b}[2J", "Pat\nSam", &"P".repeat(101)] {
        let person = format!("{name}:practice_manager");
        let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
        command.args([
            "switch", "woolpit", "off", "--as", &person, "--data", "table.db",
        ]);
        let output = command.current_dir(&desk.0).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && said.contains("a name is one line"),
            "{said}"
        );
        assert!(!said.contains('\u{1b}'), "{said:?}");
    }
}
