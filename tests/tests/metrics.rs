//! Alarms and the dashboard look at figures that somebody counts, and each alarm has its place on
//! the dashboard and in the runbook.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pagewarden_local::template::Template;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_figure_that_is_looked_at_is_counted_somewhere() {
    let mut files = Vec::new();
    for room in ["../functions", "../shared/runtime"] {
        sources(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(room),
            &mut files,
        );
    }
    let code: String = files
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let template = Template::shipped().unwrap();
    let logged = template.logged_metrics();
    let watched = template.own_metrics().unwrap();
    assert!(watched.len() > 10, "{watched:?}");
    let counted = |name: &&String| logged.contains(*name) || code.contains(&format!("\"{name}\""));
    let silent: BTreeSet<&String> = watched.iter().filter(|name| !counted(name)).collect();
    assert!(silent.is_empty(), "nobody counts {silent:?}");
}

#[test]
fn every_alarm_is_on_the_dashboard_and_in_the_runbook() {
    let template = Template::shipped().unwrap();
    let dashboard = template.dashboard().unwrap();
    let runbook =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/README.md"))
            .unwrap();
    for alarm in template.alarms() {
        assert!(
            dashboard.contains(&format!("${{{alarm}.Arn}}")),
            "{alarm} is not on the dashboard of the template"
        );
        assert!(
            runbook.contains(&format!("`{alarm}`")),
            "infra/README.md does not say what to do about {alarm}"
        );
    }
}
