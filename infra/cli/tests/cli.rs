//! The command line, as somebody types it.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use aws_sdk_dynamodb::types::AttributeValue;
use pagewarden_local::table::{NAME, Table, client};
use pagewarden_local::template::Template;
use serde_json::{Value, json};

fn pagewarden(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pagewarden"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input closes it.
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    child.wait_with_output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("pagewarden-{name}-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn check_tells_what_each_practice_would_do() {
    let text = json!({ "id": "a", "platform": "facebook", "surface": "comment",
        "text": "I want to make a formal complaint about how I was spoken to." });
    let all = lines(&pagewarden(&["check"], &format!("{text}\n")));
    assert_eq!(all.len(), 5);
    let of = |practice: &str| {
        all.iter()
            .find(|line| line["practice"] == practice)
            .unwrap()
    };
    assert_eq!(of("kingswinford")["disposition"], "queue");
    assert_eq!(of("roxbourne")["disposition"], "hide");
    let hide = of("roxbourne")["effects"]
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["effect"] == "hide")
        .unwrap();
    assert_eq!(hide["by"], "machine");
    let delete = of("roxbourne")["effects"]
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["effect"] == "delete")
        .unwrap();
    assert_eq!(delete["by"], "person");
    let one = lines(&pagewarden(
        &["check", "--practice", "woolpit"],
        &format!("{text}\n"),
    ));
    assert_eq!((one.len(), &one[0]["clauses"]), (1, &json!(["W9", "W10"])));
    let finding = &of("roxbourne")["findings"][0];
    assert!(finding["end"].as_u64().unwrap() > finding["start"].as_u64().unwrap());
}

#[test]
fn a_line_that_cannot_be_read_is_told_and_the_others_answered() {
    let output = pagewarden(
        &["read"],
        "{\"id\":1,\"text\":\"half \\ud800 a pair\"}\nnonsense\n{\"id\":2,\"text\":\"hello\"}\n",
    );
    assert!(!output.status.success());
    let answers = lines(&output);
    assert_eq!(answers.len(), 3);
    assert_eq!(
        (&answers[0]["id"], &answers[1]["line"], &answers[2]["id"]),
        (&json!(1), &json!(2), &json!(2))
    );
}

#[test]
fn an_unknown_practice_is_named_with_those_there_are() {
    let output = pagewarden(&["check", "--practice", "nowhere"], "");
    assert!(!output.status.success());
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("kingswinford, mile-oak, roxbourne, threeways, woolpit")
    );
}

#[test]
fn a_line_that_means_nothing_here_is_told_of() {
    let odd = "{\"id\":1,\"platform\":\"google\",\"surface\":\"comment\",\"text\":\"a\"}\n\
        {\"id\":2,\"platform\":\"google\",\"text\":\"a\",\"autor\":\"Sam\"}\n";
    let output = pagewarden(&["check", "--practice", "mile-oak"], odd);
    assert!(!output.status.success());
    let answers = lines(&output);
    assert_eq!(
        answers[0]["error"],
        "google has no comment: write one of review"
    );
    assert_eq!(
        (&answers[1]["id"], &answers[1]["in_scope"]),
        (&json!(2), &json!(true)),
        "a review, since Google has no more"
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("1 line could not be read")
            && said.contains("left out")
            && said.contains("autor"),
        "{said}"
    );
}

#[test]
fn a_policy_that_is_no_practices_yet_judges_from_its_file() {
    let folder = folder("sixth");
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/policies");
    std::fs::copy(
        policies.join("published/woolpit.txt"),
        folder.join("woolpit.txt"),
    )
    .unwrap();
    let toml = std::fs::read_to_string(policies.join("woolpit.toml")).unwrap();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    std::fs::write(
        path("oakfield.toml"),
        toml.replacen("id = \"woolpit\"", "id = \"oakfield\"", 1),
    )
    .unwrap();
    let staff = "channels = [{ platform = \"facebook\", account = \"600\" }]\n\
        people = [{ name = \"Pat\", roles = [\"deployer\"] }]\n\
        [roster]\nstaff = [{ name = \"Wendy Marsh\", role = \"receptionist\" }]\n";
    std::fs::write(path("settings.toml"), staff).unwrap();
    let (policy, settings) = (path("oakfield.toml"), path("settings.toml"));
    let text = "{\"id\":1,\"text\":\"Wendy Marsh was rude and lazy\"}\n";
    let judged = |more: &[&str]| {
        lines(&pagewarden(
            &[&["check", "--policy", &policy], more].concat(),
            text,
        ))
        .remove(0)
    };
    let (known, unknown) = (judged(&["--settings", &settings]), judged(&[]));
    assert_eq!(known["practice"], "oakfield");
    let named = |judged: &Value| {
        judged["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["cue"] == "staff.roster")
    };
    assert!(named(&known) && !named(&unknown), "{known} {unknown}");

    // The same practice, added to a table, is replayed and told of like any other.
    let data = path("table.db");
    assert!(
        pagewarden(&["up", "--rules-only", "--data", &data, "--exit"], "")
            .status
            .success()
    );
    let add = [
        "practice",
        "add",
        &policy,
        "--settings",
        &settings,
        "--as",
        "Pat:deployer",
        "--data",
        &data,
    ];
    assert!(pagewarden(&add, "").status.success());
    let value = json!({ "item": "comment", "verb": "add", "comment_id": "601_1", "post_id": "600_601",
        "from": { "id": "2001", "name": "Jo Visitor" }, "created_time": 1_795_168_860, "message": "Wendy Marsh was rude" });
    let entry = json!([{ "id": "600", "time": 1_795_168_861, "changes": [{ "field": "feed", "value": value }] }]);
    std::fs::create_dir_all(folder.join("sent/facebook")).unwrap();
    std::fs::write(
        path("sent/facebook/1.json"),
        json!({ "object": "page", "entry": entry }).to_string(),
    )
    .unwrap();
    let output = pagewarden(
        &[
            "up",
            "--rules-only",
            "--data",
            &data,
            "--replay",
            &path("sent"),
            "--exit",
            "--json",
        ],
        "",
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(lines(&output)[0]["practice"], "oakfield");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_happened_to_a_post_is_played_again_step_by_step() {
    let replays = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/replays");
    let (folder, one) = (folder("replay"), replays.join("edit-before-its-post"));
    let data = folder.join("table.db");
    let output = pagewarden(
        &[
            "replay",
            "--rules-only",
            one.to_str().unwrap(),
            "--data",
            data.to_str().unwrap(),
            "--json",
        ],
        "",
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(lines(&output)[0]["post"], "8201_1");
    let history = [
        "history",
        "woolpit/facebook/8201_1",
        "--data",
        data.to_str().unwrap(),
    ];
    assert!(pagewarden(&history, "").status.success());
    // A folder of folders is played on a system each.
    std::fs::create_dir_all(folder.join("two")).unwrap();
    for name in ["edit-before-its-post", "quoted-abuse/website"] {
        let into = folder.join("two").join(name.split('/').next().unwrap());
        std::fs::create_dir_all(&into).unwrap();
        for file in std::fs::read_dir(replays.join(name)).unwrap() {
            let file = file.unwrap().path();
            std::fs::copy(&file, into.join(file.file_name().unwrap())).unwrap();
        }
    }
    let output = pagewarden(
        &[
            "replay",
            "--rules-only",
            folder.join("two").to_str().unwrap(),
            "--json",
        ],
        "",
    );
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && said.matches("playing ").count() == 2,
        "{said}"
    );
    let platforms: Vec<Value> = lines(&output)
        .iter()
        .map(|post| post["platform"].clone())
        .collect();
    assert_eq!(
        platforms,
        ["facebook", "website"],
        "what is in no platform's folder is told by its form"
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn lint_tells_what_blocks_live_and_what_is_wrong_with_a_file() {
    let output = pagewarden(&["policy", "lint"], "");
    assert!(output.status.success());
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(
        report.contains("<and/or other social media platform>"),
        "Threeways' placeholder"
    );
    assert!(report.contains("\"#\""), "Woolpit's link");

    let folder = folder("lint");
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/policies");
    let toml = std::fs::read_to_string(policies.join("woolpit.toml")).unwrap();
    std::fs::copy(
        policies.join("published/woolpit.txt"),
        folder.join("woolpit.txt"),
    )
    .unwrap();
    let file = folder.join("woolpit.toml");
    std::fs::write(&file, &toml).unwrap();
    assert!(
        pagewarden(&["policy", "lint", file.to_str().unwrap()], "")
            .status
            .success()
    );
    std::fs::write(&file, toml.replacen("\"complaint\"", "\"complaintt\"", 1)).unwrap();
    let output = pagewarden(&["policy", "lint", file.to_str().unwrap()], "");
    assert!(!output.status.success());
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        told.contains("complaintt") && told.contains("woolpit.toml:"),
        "{told}"
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
fn people_decide_what_the_machine_may_not() {
    let folder = folder("tasks");
    let data = folder.join("table.db");
    let data = data.to_str().unwrap();
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    let up = |replay: &str| {
        pagewarden(
            &[
                "up",
                "--rules-only",
                "--data",
                data,
                "--replay",
                replay,
                "--exit",
                "--json",
            ],
            "",
        )
    };
    let told = lines(&up(events.to_str().unwrap()));

    let task = |practice: &str, task: &str| {
        let posts = told.iter().filter(|post| post["practice"] == practice);
        let tasks = posts.flat_map(|post| {
            post["waiting"]
                .as_array()
                .unwrap()
                .iter()
                .map(move |task| (post, task))
        });
        let (post, task) = tasks
            .into_iter()
            .find(|(_, waiting)| waiting["task"] == task)
            .unwrap();
        (
            format!("{practice}/facebook/{}", post["post"].as_str().unwrap()),
            task["id"].as_str().unwrap().to_owned(),
        )
    };
    // Mile Oak's policy says that the practice manager deletes, and nobody else.
    let (post, id) = task("mile-oak", "confirm_delete_by_practice_manager");
    let decide = |id: &str, person: &str, choice: &str| {
        pagewarden(
            &[
                "task", "decide", id, "--as", person, "--do", choice, "--data", data,
            ],
            "",
        )
    };
    let refused = decide(&id, "Sam:reviewer", "delete");
    assert!(!refused.status.success());
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("Sam (reviewer) may not choose delete")
    );
    // As somebody types it: an id in lower case.
    assert!(
        decide(&id.to_lowercase(), "Priya:practice_manager", "delete")
            .status
            .success()
    );
    let closed = decide(&id, "Priya:practice_manager", "keep");
    let says = String::from_utf8_lossy(&closed.stderr).into_owned();
    assert!(
        says.contains(
            "this task is closed: Priya (practice manager) decided \u{201c}Delete it for good\u{201d}, on ",
        ),
        "{says}"
    );
    let forged = decide(&id, "Pri\nya\u{1b}[2J:practice_manager", "keep");
    assert!(
        String::from_utf8_lossy(&forged.stderr).contains("without any that command a terminal")
    );

    // Where a practice has no channel any more, its tasks are found by its name.
    let (restored, id) = task("roxbourne", "confirm_delete");
    let of = |practice: &str| {
        let who = [
            "--practice",
            practice,
            "--as",
            "Imran:practice_manager",
            "--do",
            "restore",
            "--data",
            data,
        ];
        pagewarden(&[&["task", "decide", &id], &who[..]].concat(), "")
    };
    assert!(String::from_utf8_lossy(&of("woolpit").stderr).contains("no task"));
    let which = decide(&id, "Imran:practice_manager", "keep");
    assert!(String::from_utf8_lossy(&which.stderr).contains("show it again or leave it hidden?"));
    assert!(of("roxbourne").status.success());
    // A hidden post is shown again without any task, too.
    let (hidden, _) = task("woolpit", "confirm_delete");
    let unhide = pagewarden(
        &[
            "unhide",
            &hidden,
            "--as",
            "Joan:practice_manager",
            "--data",
            data,
        ],
        "",
    );
    let says = String::from_utf8_lossy(&unhide.stdout).into_owned();
    assert!(
        unhide.status.success() && says.contains("the platform is asked to show it again"),
        "{says}"
    );
    // Kingswinford promised never to acknowledge, hide or delete a complaint: the engine refuses
    // whoever asks.
    let (_, id) = task("kingswinford", "ask_author");
    let refused = decide(&id, "Gail:practice_manager", "delete");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("policy forbids"));

    // What is handed over with a complaint is there once somebody has said that it is one.
    let (complaint, id) = task("kingswinford", "complaint_decision");
    let pack = |more: &[&str]| {
        pagewarden(
            &[&["complaint", &complaint, "--data", data], more].concat(),
            "",
        )
    };
    let none = pack(&[]);
    assert!(String::from_utf8_lossy(&none.stderr).contains("nobody has said that"));
    assert!(
        decide(&id, "Gail:practice_manager", "complaint")
            .status
            .success()
    );
    let file = folder.join("complaint.txt");
    let out = ["--out", file.to_str().unwrap()];
    assert!(pack(&out).status.success());
    let written = std::fs::read_to_string(&file).unwrap();
    for wanted in [
        "Complaint to Kingswinford",
        "nobody has said yet that it is acknowledged",
        "decided: It is a complaint",
        "An address, e-mail or telephone number for the answer: none is known",
    ] {
        assert!(written.contains(wanted), "{wanted}: {written}");
    }
    assert!(!pack(&out).status.success(), "no file is written over");
    let handed = ["--to", "Jo Hill", "--as", "Gail:practice_manager"];
    assert!(pack(&handed).status.success());
    let output = pack(&[]);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        shown.contains("Gail (practice manager) handed the complaint over to Jo Hill.")
            && shown.contains("nobody has said yet that it is acknowledged"),
        "{shown}"
    );

    // Who is alerted to danger says that they are dealing with it: the alert stays, and nobody else
    // may say so.
    let (paged, id) = task("kingswinford", "safeguarding_now");
    let name = format!("{paged}/{}", id.to_lowercase());
    let acknowledge = |who: &str| {
        pagewarden(
            &["task", "acknowledge", &name, "--as", who, "--data", data],
            "",
        )
    };
    let refused = acknowledge("Priti Shah:reviewer");
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("may not say that they are dealing with"),
        "{refused:?}"
    );
    let dealt = acknowledge("Dr Anjali Patel:safeguarding_lead");
    let says = String::from_utf8_lossy(&dealt.stdout).into_owned();
    assert!(
        dealt.status.success() && says.contains("It stays open; unless it is answered by"),
        "{dealt:?}"
    );
    // In one line, as it was before it was folded.
    let shown = |arguments: &[&str]| {
        let output = pagewarden(&[arguments, &["--data", data]].concat(), "");
        String::from_utf8_lossy(&output.stdout)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert!(
        shown(&["history", &paged])
            .contains("Dr Anjali Patel:safeguarding_lead says: I am dealing with it")
    );
    let waits = shown(&["tasks", "--practice", "kingswinford", "--all"]);
    assert!(
        waits.contains("Being dealt with: Dr Anjali Patel (safeguarding lead) said so on"),
        "{waits}"
    );

    // Codes go out by the functions; without one nobody confirms anything.
    let asked = pagewarden(&["people", "test", "kingswinford", "--data", data], "");
    let says = String::from_utf8_lossy(&asked.stdout).into_owned();
    assert!(
        says.contains("Gail: email (confirmed before), text (confirmed before)"),
        "{says}"
    );
    let confirm = |code: &str| {
        let who = ["--as", "Gail:practice_manager", code, "--data", data];
        let output = pagewarden(
            &[&["people", "confirm", "kingswinford"], &who[..]].concat(),
            "",
        );
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(confirm("12").contains("six digits"));
    assert!(
        confirm("123456").contains("no code works for Gail"),
        "{}",
        confirm("123456")
    );
    // What people are told is kept beside the table.
    assert!(std::fs::read_dir(format!("{data}.outbox")).unwrap().count() > 5);

    // What was decided is carried out by the functions, once they run.
    let empty = folder.join("nothing");
    std::fs::create_dir_all(&empty).unwrap();
    assert!(up(empty.to_str().unwrap()).status.success());
    let history = |post: &str| {
        let output = pagewarden(&["history", post, "--data", data], "");
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let history_of_deleted = history(&post);
    assert!(
        history_of_deleted.contains("chosen: delete by Priya:practice_manager"),
        "{history_of_deleted}"
    );
    assert!(
        history_of_deleted.contains("done on the platform: delete"),
        "{history_of_deleted}"
    );
    assert!(history(&restored).contains("done on the platform: unhide"));
    let shown = history(&hidden);
    assert!(
        shown.contains("to be shown again, says Joan:practice_manager"),
        "{shown}"
    );
    assert!(
        shown.contains("done on the platform: unhide") && shown.contains("now: it can be seen"),
        "{shown}"
    );
    let in_one_line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        in_one_line.contains("Not seen by this: a post that was taken out whole"),
        "{shown}"
    );
    let wide = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.chars().count() > 80 && !line.contains("http"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(wide(&shown), Vec::<String>::new());

    // What somebody wrote cannot pass for a line of the record, and words are shown to who asks for
    // them.
    let forged = "ask Pat\n  9  the chain holds: 9 lines\u{1b}[2J";
    let asks = [
        "hold",
        &post,
        "on",
        "--as",
        "Priya:practice_manager",
        "--note",
        forged,
        "--data",
        data,
    ];
    assert!(pagewarden(&asks, "").status.success());
    let held = history(&post);
    assert!(
        held.contains("ask Pat\u{fffd} 9 the chain") && !held.contains('\u{1b}'),
        "{held}"
    );
    assert!(!held.contains("stupid bitch"));
    let output = pagewarden(&["history", &post, "--words", "--data", data], "");
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(
        words.contains("     | The woman on the desk is a stupid bitch"),
        "{words}"
    );

    let tasks = pagewarden(&["tasks", "--data", data], "");
    assert!(tasks.status.success());
    // What is to be reported by hand comes with all that it takes.
    let tasks = String::from_utf8_lossy(&tasks.stdout).into_owned();
    assert!(
        tasks.contains("to report it: https://www.facebook.com/") && tasks.contains("as: "),
        "{tasks}"
    );
    // Nobody sends words that they have not seen, and every choice is named as it is typed, with
    // what it does.
    assert!(
        tasks.contains("    ask-author sends:\n      | This page gives"),
        "{tasks}"
    );
    assert!(
        tasks.contains(
            "      ask-author    Send this to the author, in private\n      done          Do not write to the author\n"
        ),
        "{tasks}"
    );
    assert!(
        tasks.contains(
            "      paste:\n      | This content is on our page:\n      | https://www.facebook.com/"
        ),
        "{tasks}"
    );
    let unwrapped = tasks.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        unwrapped.contains(
            "delete Delete it for good only a practice manager may, here Priya (practice manager)"
        ),
        "{tasks}"
    );
    assert_eq!(wide(&tasks), Vec::<String>::new());
    // Danger comes first, each with the words, the reason, the practice's own sentence and the time
    // that is left.
    let (danger, rest) = unwrapped.split_once("WAITING FOR A DECISION").unwrap();
    for wanted in [
        "SOMEBODY MAY BE IN DANGER",
        "| Nobody can help me any more. I am going to end my life tonight.",
        "Why: speaks of suicide or of ending their life",
        "minutes left, by ",
    ] {
        assert!(danger.contains(wanted), "{wanted}: {danger}");
    }
    assert!(
        rest.contains("The policy says (M3): \"Patients must not post any material that is inaccurate, fraudulent, \
            harassing, embarrassing, obscene, defamatory or unlawful. Any such posts on the practice Facebook page or \
            Google business page will be deleted by the Practice Manager and the post reported.\""),
        "{rest}"
    );
    // Words and not codes: no name of a kind of task is shown.
    let codes = pagewarden_rules::TaskKind::ALL
        .iter()
        .map(|kind| kind.name());
    for code in codes.filter(|code| code.contains('_')) {
        assert!(!tasks.contains(code), "{code}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

fn fields(value: &Value) -> String {
    let keys = value.as_object().unwrap().keys().map(|key| &**key);
    keys.collect::<Vec<_>>().join(" ")
}

/// Writes deliveries with one comment each on Kingswinford's page, and returns their folder.
fn comments(folder: &Path, all: &[&str]) -> String {
    let sent = folder.join("sent/facebook");
    std::fs::create_dir_all(&sent).unwrap();
    for (n, words) in all.iter().enumerate() {
        let value = json!({ "item": "comment", "verb": "add", "comment_id": format!("60{n}_1"), "post_id": "1_1",
            "from": { "id": format!("200{n}"), "name": "Jo Visitor" }, "created_time": 1_795_168_860 + n,
            "message": words });
        let entry = json!([{ "id": "100000000000001", "time": 1_795_168_861 + n,
            "changes": [{ "field": "feed", "value": value }] }]);
        let delivery = json!({ "object": "page", "entry": entry });
        std::fs::write(sent.join(format!("{n}.json")), delivery.to_string()).unwrap();
    }
    folder.join("sent").to_str().unwrap().to_owned()
}

#[test]
fn the_list_of_cases_is_readable_and_the_same_for_programs() {
    let folder = folder("cases");
    let data = folder.join("table.db");
    let data = data.to_str().unwrap();
    let long = format!(
        "That receptionist is a useless bitch. {}The end.",
        "She never rings back. ".repeat(40)
    );
    let threat = "I will be waiting outside for that doctor tonight and I will break his legs";
    let replay = &comments(&folder, &[&long, threat, "Thank you all"]);
    let up = [
        "up",
        "--rules-only",
        "--data",
        data,
        "--replay",
        replay,
        "--exit",
    ];
    let up = pagewarden(&up, "");
    assert!(up.status.success());
    // What `up` prints at the end is in the same order and the same words.
    let listed = String::from_utf8_lossy(&up.stdout).into_owned();
    let at = |what: &str| {
        listed
            .find(what)
            .unwrap_or_else(|| panic!("{what}: {listed}"))
    };
    let places = [
        "SOMEBODY MAY BE IN DANGER",
        "I will be waiting outside",
        "WAITING FOR A DECISION",
        "That receptionist is a useless bitch",
        "NOTHING TO DECIDE",
        "Thank you all",
    ]
    .map(at);
    assert!(places.is_sorted(), "{listed}");
    let wide = listed
        .lines()
        .find(|line| line.chars().count() > 80 && !line.contains("http"));
    assert_eq!(wide, None);

    let cases = lines(&pagewarden(&["tasks", "--data", data, "--json"], ""));
    assert_eq!(cases.len(), 2);
    assert_eq!(
        fields(&cases[0]),
        "attachments author due if_nobody_acts is_cut is_danger is_late link place post practice questions rules \
         visibility why words written"
    );
    assert_eq!(
        fields(&cases[0]["questions"][0]),
        "cannot choices dealing due is_late may_be_left only question report sends why"
    );
    assert_eq!(
        (
            &cases[0]["is_danger"],
            &cases[1]["is_danger"],
            &cases[1]["is_cut"]
        ),
        (&json!(true), &json!(false), &json!(true))
    );
    assert_eq!(cases[1]["rules"][0]["id"], "K4");
    let words = cases[1]["words"].as_str().unwrap();
    assert!(
        words.chars().count() <= 241 && words.ends_with('\u{2026}'),
        "{words}"
    );
    let whole = lines(&pagewarden(
        &["tasks", "--data", data, "--json", "--words"],
        "",
    ));
    assert_eq!(
        (&whole[1]["words"], &whole[1]["is_cut"]),
        (&json!(long), &json!(false))
    );
    // A choice is made with what is printed.
    let choice = &cases[1]["questions"][0]["choices"][0];
    let (task, does) = (
        choice["task"].as_str().unwrap(),
        choice["choice"].as_str().unwrap(),
    );
    assert_eq!(
        (does, &choice["does"]),
        ("restore", &json!("Show it again"))
    );
    let decide = [
        "task",
        "decide",
        task,
        "--as",
        "Gail:practice_manager",
        "--do",
        does,
        "--data",
        data,
    ];
    assert!(pagewarden(&decide, "").status.success());
    assert_eq!(
        lines(&pagewarden(&["tasks", "--data", data, "--json"], "")).len(),
        1
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_one_author_wrote_is_answered_at_once() {
    let folder = folder("group");
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let sent = folder.join("sent/facebook");
    std::fs::create_dir_all(&sent).unwrap();
    for n in 1..=4 {
        let message = match n {
            4 => "I want to make a formal complaint about my visit".to_owned(),
            _ => format!("The receptionist is a fat useless bitch {n}"),
        };
        let value = json!({ "item": "comment", "verb": "add", "comment_id": format!("60{n}_1"), "post_id": "4_1",
            "from": { "id": "2001", "name": "Jo Visitor" }, "created_time": 1_795_168_860 + n, "message": message });
        let entry = json!([{ "id": "100000000000004", "time": 1_795_168_861 + n,
            "changes": [{ "field": "feed", "value": value }] }]);
        std::fs::write(
            sent.join(format!("{n}.json")),
            json!({ "object": "page", "entry": entry }).to_string(),
        )
        .unwrap();
    }
    let data = at("table.db");
    assert!(
        pagewarden(
            &[
                "up",
                "--rules-only",
                "--data",
                &data,
                "--replay",
                &at("sent"),
                "--exit"
            ],
            ""
        )
        .status
        .success()
    );
    let tasks = || {
        String::from_utf8_lossy(&pagewarden(&["tasks", "--data", &data], "").stdout).into_owned()
    };
    let before = tasks();
    let unwrapped = before.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        unwrapped.contains("and 3 more cases by the same author: --all shows them"),
        "{before}"
    );
    let (_, asked) = before.split_once("  Delete it for good?\n").unwrap();
    let (_, id) = asked.split_once("    task ").unwrap();
    let id = id.lines().next().unwrap();
    let decide = |choice: &str| {
        let who = [
            "--as",
            "Joan:practice_manager",
            "--do",
            choice,
            "--group",
            "--data",
            &data,
        ];
        let output = pagewarden(&[&["task", "decide", id], &who[..]].concat(), "");
        (
            output.status.success(),
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    };
    let (well, said) = decide("delete");
    assert!(
        !well && said.contains("delete is chosen for one post at a time"),
        "{said}"
    );
    let (well, said) = decide("keep-hidden");
    assert!(
        said.contains("woolpit/facebook/604_1: decide it by itself, it is or may be a complaint"),
        "{said}"
    );
    assert!(
        well && said.contains("keep-hidden by Joan:practice_manager: 3 posts answered, 1 left"),
        "{said}"
    );
    // Each has a record of its own.
    for n in 1..=3 {
        let history = pagewarden(
            &[
                "history",
                &format!("woolpit/facebook/60{n}_1"),
                "--data",
                &data,
            ],
            "",
        );
        assert!(
            String::from_utf8_lossy(&history.stdout)
                .contains("chosen: keep-hidden by Joan:practice_manager")
        );
    }
    let after = tasks();
    assert!(after.contains("Is it a complaint?"), "{after}");
    assert!(after.ends_with("1 case waits; 0 late\n"), "{after}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
fn score_counts_each_label_and_shows_what_was_wrong() {
    let folder = folder("score");
    let file = folder.join("posts.csv");
    let path = file.to_str().unwrap();
    let rows = "id,text,labels,notes\n\
        a,\"I want to make a formal complaint, to whoever reads this\",complaint,\n\
        b,I will make a formal complaint on Monday,none,\n\
        c,The building is on the corner of the road,complaint,\n\
        d,Thank you all so much,praise,alt:complaint\n\
        e,I will make a formal complaint about it,praise;complaint,\"alt:complaint;the second label may be missing\"\n";
    std::fs::write(&file, rows).unwrap();
    let output = pagewarden(&["score", "--rules-only", path], "");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let figures = |name: &str| {
        let line = told
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_else(|| panic!("{name} in {told}"));
        line.split_whitespace()
            .skip(1)
            .collect::<Vec<_>>()
            .join(" ")
    };
    // Of `complaint` only a, b and c count: one right, one a false alarm, one missed.
    assert_eq!(figures("posts/complaint"), "3 2 0.500 0.500 0.500 1.0000");
    assert_eq!(figures("posts/praise"), "5 2 1.000 0.500 0.667 0.0000");
    assert_eq!(figures("posts/all"), "8 4 0.667 0.500 0.571 0.2500");
    assert_eq!(figures("posts/mean"), "5 5 - - 0.583 -");
    assert_eq!(figures("posts/whole"), "5 5 - 0.400 - -");
    assert!(
        told.contains("complaint: b, found by complaint.explicit"),
        "{told}"
    );
    assert!(
        told.contains("complaint: c, missed\n  The building"),
        "{told}"
    );

    // The same again is no worse; one more mistake is.
    let table = folder.join("table.txt");
    std::fs::write(
        &table,
        pagewarden(&["score", "--rules-only", "--brief", path], "").stdout,
    )
    .unwrap();
    let again = || {
        pagewarden(
            &[
                "score",
                "--rules-only",
                "--brief",
                "--against",
                table.to_str().unwrap(),
                path,
            ],
            "",
        )
    };
    assert!(again().status.success());
    std::fs::write(
        &file,
        rows.replace("Thank you all so much", "The car park is at the back"),
    )
    .unwrap();
    let worse = again();
    assert!(!worse.status.success());
    assert!(String::from_utf8_lossy(&worse.stderr).contains("posts/praise is worse"));

    std::fs::write(&file, rows.replace(",complaint,\n", ",complain,\n")).unwrap();
    let unknown = pagewarden(&["score", "--rules-only", path], "");
    assert!(!unknown.status.success());
    let told = String::from_utf8_lossy(&unknown.stderr);
    assert!(
        told.contains("text 1 (a)")
            && told.contains("\"complain\"")
            && told.contains("safeguarding"),
        "{told}"
    );

    // As spreadsheets write it: a mark at the front, other line ends. A row that breaks off is told
    // by its line.
    std::fs::write(
        &file,
        "\u{feff}id,text,labels\r\n1,\"Thank you, \"\"all\"\" so much\",praise\r\n",
    )
    .unwrap();
    let output = pagewarden(&["score", "--rules-only", path], "");
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("posts/praise"),
        "{output:?}"
    );
    // As Excel writes it where numbers have decimal commas.
    std::fs::write(
        &file,
        "\u{feff}ID;Text;Labels\r\n1;\"Thank you; all\";\"praise;none\"\r\n",
    )
    .unwrap();
    let output = pagewarden(&["score", "--rules-only", path], "");
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("posts/praise"),
        "{output:?}"
    );

    // A file that tells criticism from complaints, and urgent symptoms from danger, is scored by
    // that.
    let finer = "id,text,platform,labels,notes\n\
        a,\"Forty minutes on hold, not good enough\",facebook_comment,criticism,\n\
        b,Chest pain since last night,google_review,clinical_urgent,alt:appointment_or_clinical | free words\n\
        c,I want to make a formal complaint,x_reply,complaint,\"alt:criticism,abuse; free words\"\n\
        d,The door is there,x_mention,,\n";
    std::fs::write(&file, finer).unwrap();
    let output = pagewarden(&["score", "--rules-only", path], "");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let whole = told
        .lines()
        .find(|line| line.starts_with("posts/whole"))
        .unwrap();
    assert!(
        whole.split_whitespace().any(|figure| figure == "1.000"),
        "{told}"
    );
    assert!(
        told.contains("posts/criticism") && told.contains("posts/clinical_urgent"),
        "{told}"
    );
    assert!(!told.contains("posts/safeguarding"), "{told}");
    let help = pagewarden(&["score", "--help"], "");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let known = [
        "patient_identity",
        "staff_identity",
        "abuse",
        "threat",
        "obscene",
        "defamation",
        "complaint",
        "praise",
        "appointment_or_clinical",
        "photo_recording",
        "scam_spam",
        "misinformation",
        "safeguarding",
        "criticism",
        "clinical_urgent",
        "distress",
        "claims_consent",
        "not_english",
    ];
    for label in known {
        assert!(help.contains(label), "{label}: {help}");
    }

    std::fs::write(&file, "id,text,labels\n1,Thank you,praise\n2,So rude\n").unwrap();
    let broken = pagewarden(&["score", "--rules-only", path], "");
    let told = String::from_utf8_lossy(&broken.stderr);
    assert!(
        !broken.status.success() && told.contains("line: 3") && told.contains("2 fields"),
        "{told}"
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn score_reads_sets_that_are_labelled_in_their_own_way() {
    let folder = folder("measures");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).unwrap();
        folder.join(name).to_str().unwrap().to_owned()
    };
    let measures = write(
        "measures.toml",
        "details = [\"people\"]\n\
         [[measure]]\nname = \"mail/spam\"\nset = \"mail\"\nlabels = [\"complaint\", \"praise\"]\n\
         yes = { kind = [\"good\", \"bad\"] }\nno = { kind = [\"other\"] }\nwithout = \"xx\"\n",
    );
    let mail = write(
        "mail.csv",
        "id,text,kind\n1,Thank you so much,good\n2,The building is on the corner of the road,bad;late\n3,Thank you all,other\n\
         4,The door is there,other\n5,Thank you all,unsure\n6,Thank you XX,good\n",
    );
    let people = write(
        "people.csv",
        "id,text,spans\n1,caf\u{e9} 07700 900123 ok,\"[[\"\"phone\"\",5,17]]\"\n2,nothing here,\"[[\"\"phone\"\",0,7]]\"\n",
    );
    let other = write("other.csv", "id,text\n1,not named by the measures\n");
    let output = pagewarden(
        &[
            "score",
            "--rules-only",
            "--brief",
            "--measures",
            &measures,
            &mail,
            &people,
            &other,
        ],
        "",
    );
    let told = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<Vec<&str>> = told
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        lines[0],
        ["mail/spam", "4", "2", "0.500", "0.500", "0.500", "0.5000"]
    );
    assert_eq!(lines[1], ["people/phone", "2", "2", "-", "0.500", "-", "-"]);
    assert_eq!(lines.len(), 2, "{told}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn what_was_taken_out_of_the_record_is_named_and_put_back() {
    let folder = folder("restore");
    let (data, copy) = (folder.join("table.db"), folder.join("copy.db"));
    let at = data.to_str().unwrap();
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    let told = lines(&pagewarden(
        &[
            "up",
            "--rules-only",
            "--data",
            at,
            "--replay",
            events.to_str().unwrap(),
            "--exit",
            "--json",
        ],
        "",
    ));
    std::fs::copy(&data, &copy).unwrap();
    let hidden = told
        .iter()
        .find(|post| post["visibility"] == "hidden" && post["platform"] == "facebook")
        .unwrap();
    let name = format!(
        "{}/facebook/{}",
        hidden["practice"].as_str().unwrap(),
        hidden["post"].as_str().unwrap()
    );
    {
        let table = Table::open(Some(&data), &Template::shipped().unwrap())
            .await
            .unwrap();
        let [practice, _, id] = name.splitn(3, '/').collect::<Vec<_>>()[..] else {
            panic!("{name}")
        };
        let pk = AttributeValue::S(format!("P#{practice}#POST#facebook#{id}"));
        let client = client(table.url());
        let lines = client
            .query()
            .table_name(NAME)
            .key_condition_expression("PK = :pk AND begins_with(SK, :line)");
        let lines = lines.expression_attribute_values(":pk", pk.clone());
        let lines = lines
            .expression_attribute_values(":line", AttributeValue::S("EVT#".into()))
            .send()
            .await
            .unwrap();
        // The ids follow the platforms' times, so the first id is not always that of the first
        // line.
        let is_first =
            |item: &&HashMap<String, AttributeValue>| item["seq"] == AttributeValue::N("1".into());
        let mut line = lines.items().iter().find(is_first).unwrap().clone();
        line.insert("body".to_owned(), AttributeValue::S("{".into()));
        client
            .put_item()
            .table_name(NAME)
            .set_item(Some(line))
            .send()
            .await
            .unwrap();
        let delete = client.delete_item().table_name(NAME).key("PK", pk);
        delete
            .key("SK", AttributeValue::S("STATE".into()))
            .send()
            .await
            .unwrap();
    }
    let said = |arguments: &[&str]| {
        let output = pagewarden(arguments, "");
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (whole, says) = said(&["verify", "--data", at]);
    assert!(
        !whole
            && says.starts_with(&format!("{name}: "))
            && says.contains("THE RECORD DOES NOT HOLD IN"),
        "{says}"
    );

    // One line that says nothing any more hides none of the others.
    let (whole, says) = said(&["history", &name, "--data", at]);
    assert!(
        !whole
            && says.contains("this line cannot be read")
            && says.contains("done on the platform"),
        "{says}"
    );
    assert!(
        says.contains("THE CHAIN IS BROKEN: line 1 of the history was changed"),
        "{says}"
    );

    let table = Table::open(Some(&copy), &Template::shipped().unwrap())
        .await
        .unwrap();
    let (_, says) = said(&["restore", "--from", table.url(), "--data", at]);
    assert!(
        says.starts_with("was changed, and is again as it was: P#"),
        "{says}"
    );
    assert!(says.ends_with(
        "missing, and back: 1; changed, and again as before: 1; written to since, and left: 0\n"
    ));
    let (whole, says) = said(&["verify", "--data", at]);
    assert!(
        whole && says.contains("none changed, none missing"),
        "{says}"
    );
}

#[test]
fn a_policy_is_drafted_from_its_published_text() {
    let folder = folder("draft");
    let text = folder.join("sixth.txt");
    std::fs::write(
        &text,
        "House rules\n\n1. Obscene comments on our Facebook page will be deleted.\n2. Spam may be removed.\n\
         3. Enjoy the page.\n",
    )
    .unwrap();
    let (text, out) = (text.to_str().unwrap(), folder.join("out/sixth.toml"));
    std::fs::create_dir(folder.join("out")).unwrap();
    let out = out.to_str().unwrap();
    let draft = [
        "policy",
        "draft",
        text,
        "--id",
        "sixth",
        "--name",
        "The Sixth",
        "--out",
        out,
    ];
    let told = pagewarden(&draft, "");
    let said = String::from_utf8(told.stderr).unwrap();
    assert!(
        told.status.success() && said.contains("2 clauses and 1 other sentence"),
        "{said}"
    );
    let policy = std::fs::read_to_string(out).unwrap();
    assert!(policy.contains("auto = [\"capture\", \"hide\"]") && policy.contains("says = \"may\""));
    // It loads where it stands, and lint repeats what it asks.
    let linted = pagewarden(&["policy", "lint", out], "");
    let report = String::from_utf8(linted.stdout).unwrap();
    assert!(
        linted.status.success() && report.contains("a question is open"),
        "{report}"
    );
    // A file that somebody has worked on is not written over.
    assert!(!pagewarden(&draft, "").status.success());
}

#[test]
fn a_word_of_a_policy_is_explained() {
    let told = |arguments: &[&str]| {
        let output = pagewarden(arguments, "");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (output.status.success(), text.concat())
    };
    let (found, hide) = told(&["policy", "explain", "hide"]);
    assert!(found && hide.contains("facebook/comment") && hide.contains("Google has no way"));
    let (found, near) = told(&["policy", "explain", "derogetory"]);
    assert!(!found && near.contains("did you mean derogatory"), "{near}");
    let (found, all) = told(&["policy", "explain"]);
    assert!(
        found
            && ["menacing", "reserves", "no_public_reply"]
                .iter()
                .all(|word| all.contains(word))
    );
    assert!(
        !told(&["policy", "explain", "\u{1b}[31m"])
            .1
            .contains('\u{1b}')
    );
}

/// As in a shell whose reader, such as `head`, has had enough: what is printed goes nowhere, be it on
/// standard output, beside it, or both.
#[test]
fn a_reader_who_has_had_enough_ends_nothing_in_a_panic() {
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    let missing = std::env::temp_dir().join("pagewarden-no-such-table");
    let missing = missing.to_str().unwrap();
    for (arguments, wanted) in [
        (&["help"][..], 0),
        (&["--version"], 0),
        (&["policy", "reference"], 0),
        (&["capabilities"], 0),
        (&["nonsense"], 2),
        (&["tasks", "decide"], 2),
        (&["tasks", "--data", missing], 1),
        (&["read", "--rules-only"], 1),
    ] {
        for both in [false, true] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
            command
                .args(arguments)
                .stdin(Stdio::piped())
                .stdout(closed());
            command.stderr(if both { closed() } else { Stdio::piped() });
            let mut child = command.spawn().unwrap();
            child.stdin.take().unwrap().write_all(b"no object\n").ok();
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!said.contains("panicked"), "{arguments:?}: {said}");
            assert_eq!(
                output.status.code(),
                Some(wanted),
                "{arguments:?}, {both}: {said}"
            );
        }
    }
}
