//! A version of a policy from its file to live and back, as people type it, with their mistakes.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use jiff::Span;
use jiff::tz::TimeZone;
use pagewarden_clock::Clock;

const IMRAN: &str = "Imran:practice_manager";
const CHIDI: &str = "Chidi Obi:reviewer";
const ANJALI: &str = "Dr Anjali Patel:safeguarding_lead";

/// A folder with a table of the five practices, the sample posts in it, and a version of
/// Roxbourne's policy in which the program hides nothing by itself. It is removed with it.
struct Desk(PathBuf);

impl Desk {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("pagewarden-{name}-{}", std::process::id()));
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).unwrap();
        let desk = Desk(folder);
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .unwrap();
        let policies = root.join("shared/policies");
        let toml = fs::read_to_string(policies.join("roxbourne.toml")).unwrap();
        let text = policies.join("published/roxbourne.txt");
        fs::copy(text, desk.0.join("roxbourne.txt")).unwrap();
        fs::write(desk.0.join("same.toml"), &toml).unwrap();
        let milder = toml.lines().map(|line| {
            if line.starts_with("auto =") {
                "auto = []"
            } else {
                line
            }
        });
        let milder: Vec<&str> = milder.collect();
        fs::write(desk.0.join("milder.toml"), milder.join("\n")).unwrap();
        let events = root.join("events");
        let up = ["up", "--rules-only", "--data", "table.db", "--exit"];
        let up = desk.run(&[&up[..], &["--replay", events.to_str().unwrap()]].concat());
        assert!(up.status.success(), "{up:?}");
        desk
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_pagewarden"))
            .args(arguments)
            .current_dir(&self.0)
            .output()
            .unwrap()
    }

    /// Runs a command on the table. Returns whether it went well, and all that it said.
    fn types(&self, arguments: &[&str]) -> (bool, String) {
        let output = self.run(&[arguments, &["--data", "table.db"]].concat());
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        (output.status.success(), said)
    }

    /// Runs a command that goes well, and says these words.
    fn well(&self, arguments: &[&str], wanted: &[&str]) -> String {
        let (well, said) = self.types(arguments);
        assert!(well, "{arguments:?}: {said}");
        for words in wanted {
            assert!(said.contains(words), "{arguments:?}: {words}: {said}");
        }
        said
    }

    /// Runs a command that changes nothing, and says why.
    fn refused(&self, arguments: &[&str], why: &str) {
        let before = self.types(&["policy", "versions", "roxbourne"]);
        let (well, said) = self.types(arguments);
        assert!(!well && said.contains(why), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
        let after = self.types(&["policy", "versions", "roxbourne"]);
        assert_eq!(after, before, "{arguments:?}");
    }

    fn step(&self, version: &str, to: &str, person: &str, more: &[&str], wanted: &str) {
        let step = ["policy", "step", "roxbourne", version, to, "--as", person];
        self.well(&[&step[..], more].concat(), &[wanted]);
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

const PROPOSE: [&str; 5] = ["policy", "propose", "milder.toml", "--as", IMRAN];
const SOONER: [&str; 2] = ["--sooner", "A small change."];

#[test]
fn a_version_is_tried_proposed_signed_by_two_and_taken_back() {
    let desk = Desk::new("versions");
    let diff = desk.run(&["policy", "diff", "same.toml", "milder.toml"]);
    let said = String::from_utf8(diff.stdout).unwrap();
    assert!(
        diff.status.success() && said.contains("by itself"),
        "{said}"
    );

    let backtest = ["backtest", "--practice", "roxbourne", "--policy"];
    let tried = desk.well(
        &[&backtest[..], &["milder.toml"]].concat(),
        &["that were hidden would not have been", "result "],
    );
    let hidden = tried.lines().next().unwrap().to_owned();
    desk.well(
        &[&backtest[..], &["same.toml"]].concat(),
        &["Nothing would have been decided otherwise."],
    );

    let proposed = ["version 2 is proposed", "nothing follows", hidden.as_str()];
    desk.well(&PROPOSE, &proposed);
    desk.step("2", "shadow", CHIDI, &[], "noted");
    let waits =
        "waits for somebody else to agree: version 2 in shadow, asked by Chidi Obi (reviewer)";
    let versions = ["policy", "versions", "roxbourne"];
    // What the backtest said is shown to whoever is to agree.
    desk.well(&versions, &["in force: version 1 in live", waits, &hidden]);
    desk.step("2", "shadow", IMRAN, &[], "two people agreed, and it is so");
    desk.well(&versions, &["in shadow beside it: version 2, since"]);
    desk.step("2", "assist", IMRAN, &SOONER, "noted");
    desk.step("2", "assist", ANJALI, &[], "it is so: version 2 in assist");

    // A day may be named, and what waits for it called off.
    let now = Clock::system().now().to_zoned(TimeZone::UTC);
    let day = now.date() + Span::new().days(20);
    let from = ["--from", &day.to_string()];
    desk.step("2", "live", IMRAN, &from, "noted");
    desk.step(
        "2",
        "live",
        CHIDI,
        &[],
        "two people agreed. It takes force on",
    );
    desk.well(&versions, &["takes force later: version 2 in live, from"]);
    let call_off = ["policy", "call-off", "roxbourne", "--as", CHIDI, "--why"];
    desk.well(
        &[&call_off[..], &["Not over the holidays."]].concat(),
        &["called off, and nothing else was changed: version 2 in live"],
    );
    desk.step("2", "live", IMRAN, &[], "noted");
    desk.step("2", "live", CHIDI, &[], "it is so: version 2 in live");
    let back = ["policy", "back", "roxbourne", "1", "--as", ANJALI, "--why"];
    desk.well(
        &[&back[..], &["Too mild."]].concat(),
        &["version 1 in assist"],
    );
    let story = [
        "in force: version 1 in assist",
        "were in force before: 2",
        "Chidi Obi (reviewer) called off version 2 in live: Not over the holidays.",
        "Dr Anjali Patel (safeguarding lead) went back to version 1 in assist: Too mild.",
    ];
    desk.well(&versions, &story);
    // The newest backtest replaces the one of before.
    let again = ["backtest", "--practice", "roxbourne", "--version", "2"];
    desk.well(&again, &["Looked at"]);
    desk.well(
        &[&again[..], &["--days", "7", "--as", IMRAN]].concat(),
        &["of the last 7 days"],
    );
    desk.well(&versions, &["of the last 7 days", "tried version 2"]);
    desk.well(&["verify", "--practice", "roxbourne"], &[]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a line for each mistake")]
fn a_mistake_about_a_version_changes_nothing_and_says_why() {
    let desk = Desk::new("versions-mistakes");
    let step = |version, to, person| ["policy", "step", "roxbourne", version, to, "--as", person];
    desk.refused(
        &["policy", "propose", "same.toml", "--as", IMRAN],
        "it says the same as version 1, which is in force",
    );
    desk.refused(
        &["policy", "propose", "milder.toml", "--as", CHIDI],
        "may not propose a version of the policy",
    );
    desk.refused(
        &["policy", "propose", "none.toml", "--as", IMRAN],
        "none.toml",
    );
    let toml = fs::read_to_string(desk.0.join("milder.toml")).unwrap();
    let broken = toml.replacen("\"complaint\"", "\"complaintt\"", 1);
    fs::write(desk.0.join("broken.toml"), broken).unwrap();
    desk.refused(
        &["policy", "propose", "broken.toml", "--as", IMRAN],
        "does not load, and nothing was proposed",
    );
    let elsewhere = toml.replacen("id = \"roxbourne\"", "id = \"nowhere\"", 1);
    fs::write(desk.0.join("nowhere.toml"), elsewhere).unwrap();
    desk.refused(
        &["policy", "propose", "nowhere.toml", "--as", IMRAN],
        "nowhere",
    );
    let backtest = ["backtest", "--practice", "roxbourne"];
    desk.refused(&backtest, "name what is tried");
    let of = |more: &[&'static str]| [&backtest[..], more].concat();
    desk.refused(&of(&["--version", "9"]), "has no version 9");
    desk.refused(
        &of(&["--policy", "nowhere.toml"]),
        "is the policy of nowhere",
    );
    desk.refused(
        &of(&["--policy", "milder.toml", "--as", IMRAN]),
        "name the version with which it is noted",
    );
    desk.refused(
        &of(&["--policy", "milder.toml", "--version", "1"]),
        "cannot be used with",
    );
    desk.refused(&of(&["--version", "1", "--as", CHIDI]), "may not propose");

    desk.well(&PROPOSE, &["version 2 is proposed"]);
    desk.refused(&step("9", "shadow", IMRAN), "roxbourne has no version 9");
    desk.refused(&step("two", "shadow", IMRAN), "invalid value 'two'");
    desk.refused(&step("2", "half", IMRAN), "half");
    desk.refused(&step("2", "shadow", "Imran"), "NAME:ROLE");
    desk.refused(
        &step("2", "shadow", "Nobody:practice_manager"),
        "name no practice manager called Nobody",
    );
    desk.refused(&step("2", "assist", IMRAN), "version 2 is not in shadow");
    desk.refused(&step("2", "live", IMRAN), "version 2 is not in assist");
    desk.refused(
        &step("1", "live", IMRAN),
        "version 1 in live is in force already",
    );
    desk.step("2", "shadow", IMRAN, &[], "noted");
    desk.refused(
        &step("2", "shadow", IMRAN),
        "Imran asked for it already: somebody else has to agree",
    );
    desk.step("2", "shadow", CHIDI, &[], "it is so");
    desk.refused(&step("2", "live", IMRAN), "version 2 is not in assist");
    desk.refused(&step("2", "assist", IMRAN), "version 2 is in shadow until");
    let more = |step: [&'static str; 7], more: [&'static str; 2]| [&step[..], &more[..]].concat();
    let assist = step("2", "assist", CHIDI);
    desk.refused(&more(assist, ["--sooner", " "]), "say why");
    desk.refused(&more(assist, ["--from", "yesterday"]), "yesterday");
    desk.refused(
        &more(assist, ["--from", "2020-01-01"]),
        "within the next 90 days",
    );
    desk.step("2", "assist", CHIDI, &SOONER, "noted");
    desk.refused(
        &step("2", "assist", ANJALI),
        "a practice manager has to be one of the two",
    );
    let back = |version, why| {
        [
            "policy",
            "back",
            "roxbourne",
            version,
            "--as",
            CHIDI,
            "--why",
            why,
        ]
    };
    desk.refused(&back("2", "x"), "version 2 was never in force here");
    desk.refused(&back("9", "x"), "roxbourne has no version 9");
    desk.refused(&back("1", " "), "say why");
    let call_off = ["policy", "call-off", "roxbourne", "--as", CHIDI, "--why"];
    desk.refused(&[&call_off[..], &[" "]].concat(), "say why");
    desk.well(&[&call_off[..], &["Wait."]].concat(), &["called off"]);
    desk.refused(
        &[&call_off[..], &["Wait."]].concat(),
        "nothing was asked for, and nothing waits",
    );
    let (well, said) = desk.types(&["policy", "versions", "nowhere"]);
    assert!(!well && said.contains("nowhere"), "{said}");
}
