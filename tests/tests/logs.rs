//! What the logs of a whole run tell, and what they never tell.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use pagewarden_ledger::Event;
use pagewarden_tests::browser::Browser;
use pagewarden_tests::{events, replay, stack};
use serde_json::{Value, json};

/// So many bytes of somebody's words in a row are no coincidence.
const RUN: usize = 16;

/// What people wrote and are called, as the platforms name it.
const PERSONAL: [&str; 12] = [
    "message",
    "name",
    "displayName",
    "comment",
    "raw",
    "author_name",
    "author_email",
    "username",
    "text",
    "full_text",
    "screen_name",
    "caption",
];

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn personal(body: &Value, found: &mut BTreeSet<String>) {
    match body {
        Value::Object(fields) => {
            for (name, inner) in fields {
                match inner {
                    // The name of a resource is an id, and ids are what a log is for.
                    Value::String(text)
                        if PERSONAL.contains(&name.as_str()) && !text.starts_with("accounts/") =>
                    {
                        found.insert(text.clone());
                    }
                    inner => personal(inner, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| personal(inner, found)),
        _ => {}
    }
}

/// Everything personal in the samples that are sent.
fn samples(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let platforms = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    for platform in platforms.filter(|path| path.is_dir() && !path.ends_with("sam")) {
        for file in std::fs::read_dir(platform).unwrap() {
            let body =
                serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
            personal(&body, &mut found);
        }
    }
    found
}

/// Returns what of these words a log holds: all of a short one, or a run out of a longer one.
fn leaked<'a>(log: &str, words: &'a BTreeSet<String>) -> Vec<&'a str> {
    let runs: HashSet<&[u8]> = log.as_bytes().windows(RUN).collect();
    let leaks = |words: &&String| match words.len() {
        0..4 => false,
        4..RUN => log.contains(words.as_str()),
        _ => words.as_bytes().windows(RUN).any(|run| runs.contains(run)),
    };
    words.iter().filter(leaks).map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn a_run_logs_each_decision_and_try_once_and_no_words() {
    let log = Log::default();
    let writer = log.clone();
    pagewarden_runtime::start_logging_to(move || writer.clone());
    let stack = stack().await;
    let (replayed, _) = replay(&stack, &events()).await;
    let email = "gail@kingswinford.example";
    let mut browser = Browser::new(&stack);
    assert_eq!(browser.sign_in(&stack, "/today", email).await.status, 200);
    // She tries words, and some that are refused.
    let typed = "The receptionist at the front desk is a useless fat cow";
    let place = ("place", "facebook/comment");
    let form = [place, ("text", typed)];
    assert_eq!(browser.post("/try", &form).await.status, 200);
    let form = [("place", "nowhere"), ("text", typed)];
    assert_eq!(browser.post("/try", &form).await.status, 422);
    let refused = json!({ "try": { "practice": "nobody", "platform": "facebook", "surface": "comment", "text": typed } });
    assert!(stack.invoke("moderate", refused).await.is_err());
    let refused = json!({ "try": typed });
    assert!(stack.invoke("moderate", refused).await.is_err());
    stack.issuer().distort("nonce", Value::Null);
    assert_eq!(
        Browser::new(&stack)
            .sign_in(&stack, "/today", email)
            .await
            .status,
        403
    );
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told = |message: &'static str| {
        lines
            .iter()
            .map(|line| &line["fields"])
            .filter(move |fields| fields["message"] == message)
    };
    let text = |fields: &Value, name: &str| fields[name].as_str().unwrap_or_default().to_owned();

    // One line for each revision, and each says which delivery or sweep brought it.
    let taken: BTreeSet<String> = told("a delivery was taken")
        .map(|line| text(line, "correlation"))
        .collect();
    let (mut decided, mut logged) = (BTreeMap::new(), BTreeSet::new());
    for line in told("decided") {
        let correlation = text(line, "correlation");
        assert!(!correlation.is_empty());
        assert!(
            line["platform"] != "facebook" || taken.contains(&correlation),
            "no delivery brought {line}"
        );
        let revision = (
            text(line, "practice"),
            text(line, "post"),
            text(line, "revision"),
        );
        assert!(
            decided.insert(revision, correlation).is_none(),
            "told twice: {line}"
        );
        logged.insert(text(line, "line"));
    }
    let mut sent = BTreeSet::new();
    for (post, revisions) in &replayed.posts {
        for revision in revisions {
            sent.insert((
                post.key.practice.to_string(),
                post.key.id.clone(),
                revision.to_string(),
            ));
        }
    }
    assert_eq!(decided.keys().cloned().collect::<BTreeSet<_>>(), sent);

    // Each decision's line in the history is in the log by its hash. One line for each try at an
    // action, and it leads back to the same delivery.
    let mut tries = 0;
    for (post, _) in &replayed.posts {
        let history = stack.ledger().history(&post.key).await.unwrap().unwrap();
        let decisions = history
            .events
            .iter()
            .filter(|event| matches!(event.event(), Ok(Event::Decided { .. })));
        for event in decisions {
            assert!(
                logged.remove(&event.hash),
                "line {} of {} is not in the log",
                event.seq,
                post.key
            );
        }
        for action in history.actions {
            let of_it: Vec<&Value> = told("acted")
                .filter(|line| line["action"] == action.id.as_str())
                .collect();
            assert_eq!(
                of_it.len(),
                usize::try_from(action.attempts).unwrap(),
                "{}",
                action.id
            );
            let revision = (
                post.key.practice.to_string(),
                post.key.id.clone(),
                action.revision.to_string(),
            );
            assert!(
                of_it
                    .iter()
                    .all(|line| text(line, "correlation") == decided[&revision]),
                "{}",
                action.id
            );
            tries += of_it.len();
        }
    }
    assert!(tries >= 5, "the samples hold something to do");
    assert_eq!(logged, BTreeSet::new());

    // Nothing of how somebody signed in, and nothing of who they are.
    assert_eq!(
        (
            told("somebody signed in").count(),
            told("a sign-in was refused").count()
        ),
        (1, 1)
    );
    assert!(browser.secrets().len() >= 5, "{:?}", browser.secrets());
    let shown = browser
        .secrets()
        .iter()
        .map(String::as_str)
        .chain([email, "Gail"])
        .find(|secret| log.contains(secret));
    assert_eq!(shown, None);

    let mut words = samples(&events());
    words.insert(typed.to_owned());
    assert!(words.len() > 50, "the samples hold words");
    assert_eq!(leaked(&log, &words), Vec::<&str>::new());
    let some = words.iter().find(|words| words.len() > RUN).unwrap();
    assert!(
        !leaked(&format!("{log}{}", &some[..some.len() - 1]), &words).is_empty(),
        "the search finds nothing"
    );
}
