//! The end-to-end tests in one program: as thirty, each would link the whole system. `logs` has a
//! program of its own, because where logs go is said once for a process.

mod access;
mod again;
mod anchors;
mod appeals;
mod authority;
mod backtest;
mod bucket;
mod cases;
mod connect;
mod connect_page;
mod console;
mod cost;
#[path = "day/main.rs"]
mod day;
mod deliveries;
mod deployer;
mod draft;
mod evidence;
mod facebook;
mod faults;
mod flood;
mod forms;
mod functions;
mod gate;
mod grants;
mod hidden;
mod hints;
mod histories;
mod instagram;
mod ladder;
mod ledger;
mod limits;
mod main_job;
mod metrics;
mod notices;
mod offboard;
mod papers;
mod people;
mod pictures;
mod platforms;
mod policy_versions;
mod printed;
mod quotas;
mod remind;
mod replays;
mod replies;
mod restore;
mod retention;
mod rights;
mod roles;
mod sample;
mod scale;
mod screens;
mod second_reader;
mod secrets;
mod sessions;
mod settings;
mod signin;
mod signin_again;
mod stepped;
#[path = "stopped/main.rs"]
mod stopped;
mod tampering;
mod threats;
mod trial;
mod versions;
mod watch;
mod website;
#[path = "x/main.rs"]
mod x;

#[test]
fn every_file_of_tests_is_part_of_this_program() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let listed = include_str!("all.rs");
    for entry in std::fs::read_dir(folder).expect("the folder of the tests") {
        let name = entry
            .expect("a file")
            .file_name()
            .to_string_lossy()
            .into_owned();
        let module = name.strip_suffix(".rs").unwrap_or(&name);
        let is_a_program = ["all.rs", "logs.rs"].contains(&name.as_str());
        let is_a_table = name == "snapshots" || !name.contains(".rs") && name.contains('.');
        assert!(
            is_a_program || is_a_table || listed.contains(&format!("mod {module};")),
            "no test of {name} runs"
        );
    }
}
