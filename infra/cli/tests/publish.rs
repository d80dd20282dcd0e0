//! Adding a practice and publishing its policy, as somebody types it.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with a table and a sixth practice's files, which is removed with it.
struct Desk(PathBuf);

impl Desk {
    fn new() -> Self {
        let folder =
            std::env::temp_dir().join(format!("pagewarden-publish-{}", std::process::id()));
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).unwrap();
        let desk = Desk(folder);
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
        let toml = fs::read_to_string(policies.join("woolpit.toml")).unwrap();
        fs::write(
            desk.0.join("oakfield.toml"),
            toml.replacen("id = \"woolpit\"", "id = \"oakfield\"", 1),
        )
        .unwrap();
        assert!(
            desk.run(&["up", "--rules-only", "--data", "table.db", "--exit"])
                .status
                .success()
        );
        desk
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_pagewarden"))
            .args(arguments)
            .current_dir(&self.0)
            .output()
            .unwrap()
    }

    /// Runs a command on the practice's files. Returns whether it went well, and all that it said.
    fn put(&self, command: [&str; 2], settings: Option<&str>, person: &str) -> (bool, String) {
        let mut arguments = vec![
            command[0],
            command[1],
            "oakfield.toml",
            "--as",
            person,
            "--data",
            "table.db",
        ];
        if let Some(settings) = settings {
            fs::write(self.0.join("settings.toml"), settings).unwrap();
            arguments.extend(["--settings", "settings.toml"]);
        }
        let output = self.run(&arguments);
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }

    fn edit(&self, from: &str, to: &str) {
        let file = self.0.join("oakfield.toml");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from));
        fs::write(file, text.replacen(from, to, 1)).unwrap();
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

const ADD: [&str; 2] = ["practice", "add"];
const PUBLISH: [&str; 2] = ["policy", "publish"];
const PAT: &str = "Pat:deployer";
const SHADOW: &str = "channels = [{ platform = \"facebook\", account = \"600\" }]\n\
    people = [{ name = \"Pat\", roles = [\"deployer\"] }]\n";

#[test]
fn a_practice_starts_in_shadow_and_a_bad_file_changes_nothing() {
    let desk = Desk::new();
    let live = format!("mode = \"live\"\n{SHADOW}");
    let refused = |command, settings, person, why: &str| {
        let (well, said) = desk.put(command, settings, person);
        assert!(!well && said.contains(why), "{said}");
    };
    refused(PUBLISH, Some(SHADOW), PAT, "is not there");
    refused(
        ADD,
        Some(SHADOW),
        "Pat:reviewer",
        "may not put a policy or settings in force: a deployer may, here Pat (deployer)",
    );
    refused(ADD, Some("mode = \"live\"\n"), PAT, "starts in shadow");
    refused(
        ADD,
        Some("mod = \"shadow\"\n"),
        PAT,
        "does not read as settings",
    );
    refused(
        ADD,
        Some("channels = [{ platform = \"facebook\", account = \"oak\" }]\n"),
        PAT,
        "settings.toml:1: \"oak\" is no account on facebook",
    );
    refused(
        ADD,
        Some("[roster]\nstafff = []\n"),
        PAT,
        "write \"staff\" instead",
    );
    refused(
        ADD,
        Some(SHADOW),
        "Ann:deployer",
        "name no deployer called Ann: a deployer may, here Pat (deployer)",
    );
    let nobody = "channels = []\n";
    refused(
        ADD,
        Some(nobody),
        PAT,
        "the settings name none; write them in the settings",
    );
    let woolpits = "people = [{ name = \"Pat\", roles = [\"deployer\"] }]\nchannels = [{ platform = \"facebook\", account = \"100000000000004\" }]\n";
    refused(ADD, Some(woolpits), PAT, "belongs to woolpit");

    let (well, said) = desk.put(ADD, Some(SHADOW), PAT);
    assert!(
        well && said.contains("version 1") && said.contains("in shadow"),
        "{said}"
    );
    assert!(
        said.contains("watches facebook 600") && said.contains("before it may leave shadow"),
        "{said}"
    );
    refused(ADD, Some(SHADOW), PAT, "is there already");

    refused(PUBLISH, Some(&live), PAT, "each step takes two people");
    desk.edit("\"complaint\"", "\"complaintt\"");
    refused(PUBLISH, None, PAT, "does not load, and nothing was changed");
    desk.edit("\"complaintt\"", "\"complaint\"");
    let (well, said) = desk.put(PUBLISH, None, PAT);
    assert!(
        well && said.contains("version 1"),
        "the same policy is the same version: {said}"
    );
    desk.edit("[practice]", "# A note.\n[practice]");
    let (well, said) = desk.put(PUBLISH, None, PAT);
    assert!(
        well && said.contains("version 2") && said.contains("watches facebook 600"),
        "{said}"
    );

    // An account that the settings name no longer is watched no longer, and another practice may
    // take it.
    let other = "people = [{ name = \"Pat\", roles = [\"deployer\"] }]\nchannels = [{ platform = \"facebook\", account = \"601\" }]\n";
    let (well, said) = desk.put(PUBLISH, Some(other), PAT);
    assert!(well && said.contains("watches facebook 601\n"), "{said}");
    assert!(
        said.contains("watches facebook 600 no longer: end its subscription there"),
        "{said}"
    );
    let (well, said) = desk.put(PUBLISH, None, PAT);
    assert!(well && !said.contains("600"), "{said}");
    // Those in force say who replaces them.
    let ann = other.replace("Pat", "Ann");
    refused(
        PUBLISH,
        Some(&ann),
        "Ann:deployer",
        "name no deployer called Ann",
    );
    desk.edit("id = \"oakfield\"", "id = \"ashfield\"");
    refused(ADD, Some(other), PAT, "belongs to oakfield");
    let (well, said) = desk.put(ADD, Some(SHADOW), PAT);
    assert!(well && said.contains("watches facebook 600"), "{said}");
}

#[test]
fn a_deployed_table_needs_a_region_and_keys() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
    let output = command
        .args(["tasks", "--table", "pagewarden-table"])
        .env_clear()
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains("AWS_REGION"),
        "{said}"
    );
}

#[test]
fn a_month_has_its_bill() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
    let output = command
        .args(["cost", "--practices", "5", "--posts", "1000"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && said.contains("for each practice"),
        "{said}"
    );
    assert!(
        said.contains(
            "X charges by itself: US$ 0.005 for each post that it tells, 0.01 for its author"
        ),
        "{said}"
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
    let output = command
        .args([
            "cost",
            "--practices",
            "5",
            "--posts",
            "1000",
            "--posts-on-x",
            "200",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let row = said
        .lines()
        .find(|line| line.starts_with("X, for each post"))
        .unwrap();
    let both: Vec<f64> = row
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [dollars, pounds] = both[..] else {
        panic!("{said}")
    };
    assert!(
        (dollars - 3.0).abs() < 0.005 && pounds > 0.0 && pounds < dollars,
        "{said}"
    );
    assert!(!said.contains("by itself"), "{said}");
    for carrier in ["(SES)", "(SNS)"] {
        assert!(said.contains(carrier), "{said}");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
    assert!(
        !command
            .args(["cost", "--practices", "0", "--posts", "1"])
            .output()
            .unwrap()
            .status
            .success()
    );
}
