//! Killed at any moment and started again, the system finishes the work, and hides each comment
//! exactly once.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Moments, in milliseconds after the start, at which the process is killed: across start-up,
/// intake and acting. They differ from run to run, and a failure prints them.
fn moments() -> Vec<u64> {
    let seed = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_nanos();
    let mut state = u64::try_from(seed & u128::from(u64::MAX)).unwrap() | 1;
    (0..8)
        .map(|_| {
            // xorshift64: any spread will do.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            60 + state % 900
        })
        .collect()
}

fn up(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    command
        .args(["up", "--rules-only", "--data"])
        .arg(data)
        .arg("--replay")
        .arg(events)
        .args(["--exit", "--json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// How often each comment was hidden on the fake page, by its own journal.
fn hides(data: &Path) -> BTreeMap<String, usize> {
    let mut journal = data.as_os_str().to_owned();
    journal.push(".facebook.jsonl");
    let text = std::fs::read_to_string(PathBuf::from(journal)).unwrap_or_default();
    let mut hides = BTreeMap::new();
    for line in text.lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        if entry["happened"] == "hidden" {
            *hides
                .entry(entry["id"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
    }
    hides
}

fn fresh(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("pagewarden-{name}-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    folder.join("table.db")
}

#[test]
fn killed_at_any_moment_it_finishes_and_hides_each_comment_once() {
    let undisturbed = fresh("undisturbed");
    assert!(up(&undisturbed).output().unwrap().status.success());
    let expected = hides(&undisturbed);
    assert!(expected.len() >= 5, "the samples hold comments to hide");

    let data = fresh("killed");
    let moments = moments();
    for moment in &moments {
        let mut child = up(&data).spawn().unwrap();
        let started = Instant::now();
        while started.elapsed() < Duration::from_millis(*moment)
            && child.try_wait().unwrap().is_none()
        {
            std::thread::sleep(Duration::from_millis(2));
        }
        // SIGKILL: nothing is tidied up.
        child.kill().ok();
        child.wait().unwrap();
    }
    let last = up(&data).output().unwrap();
    let told = String::from_utf8_lossy(&last.stderr);
    assert!(last.status.success(), "killed at {moments:?}: {told}");
    assert_eq!(hides(&data), expected, "killed at {moments:?}");
    for line in String::from_utf8_lossy(&last.stdout).lines() {
        let post: serde_json::Value = serde_json::from_str(line).unwrap();
        let name = format!(
            "{}/{}/{}",
            post["practice"].as_str().unwrap(),
            post["platform"].as_str().unwrap(),
            post["post"].as_str().unwrap()
        );
        let history = Command::new(env!("CARGO_BIN_EXE_pagewarden"))
            .args(["history", &name, "--data"])
            .arg(&data)
            .output();
        let history = history.unwrap();
        assert!(
            history.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&history.stdout)
        );
    }
    for data in [undisturbed, data] {
        std::fs::remove_dir_all(data.parent().unwrap()).unwrap();
    }
}
