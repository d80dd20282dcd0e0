//! The real WordPress that `tests/wordpress/run` has started: what is written in it, what became of
//! it, and how it is stopped.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::process::{Child, Command};
use tokio::time::sleep;

/// The user whose application password is used, as `tests/wordpress/comments.json` has it.
pub(crate) const EDITOR: &str = "2";

/// How often the database is asked until it answers, and the pause in between.
const ASKED: usize = 300;
const PAUSE: Duration = Duration::from_millis(100);

/// Keeps every change of a comment's status, whoever makes it and whatever becomes of the answer.
const JOURNAL: &str = "CREATE TABLE journal (n BIGINT AUTO_INCREMENT PRIMARY KEY, comment BIGINT, was TEXT, became TEXT); \
    CREATE TRIGGER keeps AFTER UPDATE ON wp_comments FOR EACH ROW INSERT INTO journal (comment, was, became) \
    SELECT NEW.comment_ID, OLD.comment_approved, NEW.comment_approved FROM DUAL \
    WHERE NEW.comment_approved <> OLD.comment_approved";

/// One of the two programs that make up the site.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// What answers.
    Php,
    /// What it asks.
    Database,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Part::Php => "php",
            Part::Database => "mariadb",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Site {
    folder: PathBuf,
}

impl Site {
    /// Takes the site that was started, and has its journal begin.
    pub(crate) async fn take() -> Self {
        let site = Site {
            folder: set("FOLDER").into(),
        };
        site.ask(JOURNAL).await;
        site
    }

    /// Returns what the practice stores of it.
    pub(crate) fn secret() -> String {
        json!({ "url": set("URL"), "user": "editor", "application_password": set("EDITOR_PASSWORD") })
            .to_string()
    }

    /// Writes a comment, unless it is there: past WordPress, since that may be stopped.
    pub(crate) async fn write(&self, id: u64, words: &str, at: Timestamp) {
        let date = at.strftime("%Y-%m-%d %H:%M:%S");
        self.ask(&format!(
            "INSERT IGNORE INTO wp_comments (comment_ID, comment_post_ID, comment_author, comment_author_IP, \
             comment_date, comment_date_gmt, comment_content, comment_approved, comment_type) \
             VALUES ({id}, 11, 'Author {id}', '192.0.2.1', '{date}', '{date}', '{words}', '1', 'comment')"
        ))
        .await;
    }

    pub(crate) async fn edit(&self, id: u64, words: &str) {
        self.ask(&format!(
            "UPDATE wp_comments SET comment_content = '{words}' WHERE comment_ID = {id}"
        ))
        .await;
    }

    /// Returns the comments of others that are public (`1`) or held back (`0`), with which of both.
    pub(crate) async fn comments(&self) -> BTreeMap<u64, String> {
        let asked = format!(
            "SELECT comment_ID, comment_approved FROM wp_comments WHERE comment_approved IN ('0', '1') \
             AND user_id <> {EDITOR}"
        );
        let rows = self.ask(&asked).await.into_iter();
        rows.map(|row| (row[0].parse().unwrap(), row[1].clone()))
            .collect()
    }

    /// Returns every change of a comment's status so far, from what to what.
    pub(crate) async fn journal(&self) -> Vec<(u64, String, String)> {
        let rows = self.ask("SELECT comment, was, became FROM journal ORDER BY n");
        let rows = rows.await.into_iter();
        rows.map(|row| (row[0].parse().unwrap(), row[1].clone(), row[2].clone()))
            .collect()
    }

    /// Asks the database until it answers, since it may be stopped too.
    async fn ask(&self, statement: &str) -> Vec<Vec<String>> {
        for _ in 0..ASKED {
            let answer = Command::new("mariadb")
                .args([
                    "--no-defaults",
                    "--user=root",
                    "--batch",
                    "--skip-column-names",
                ])
                .arg(format!(
                    "--socket={}",
                    self.folder.join("db.sock").display()
                ))
                .args(["wordpress", "--execute", statement])
                .output();
            let Output { status, stdout, .. } = answer.await.unwrap();
            if status.success() {
                let text = String::from_utf8(stdout).unwrap();
                let cells = |line: &str| line.split('\t').map(str::to_owned).collect();
                return text.lines().map(cells).collect();
            }
            sleep(PAUSE).await;
        }
        panic!("the database does not answer: {statement}");
    }

    async fn signal(&self, part: Part, signal: &str) {
        let pid = tokio::fs::read_to_string(self.folder.join(format!("{}.pid", part.name())));
        let pid = pid.await.unwrap();
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{signal} {}", pid.trim())])
            .status();
        assert!(sent.await.unwrap().success(), "{part:?} does not run");
    }

    /// Has a part do nothing, and say nothing, for a while.
    pub(crate) async fn halt(&self, part: Part, time: Duration) {
        self.signal(part, "STOP").await;
        sleep(time).await;
        self.signal(part, "CONT").await;
    }

    /// Kills a part after it did nothing for a while, so that what it is asked meanwhile is lost.
    pub(crate) async fn halt_then_kill(&self, part: Part, time: Duration) {
        self.signal(part, "STOP").await;
        sleep(time).await;
        self.kill(part).await;
    }

    /// Kills a part in the middle of whatever it does.
    pub(crate) async fn kill(&self, part: Part) {
        self.signal(part, "KILL").await;
    }

    /// Starts a part that was killed.
    pub(crate) fn start(&self, part: Part) -> Child {
        Command::new(self.folder.join(part.name())).spawn().unwrap()
    }
}

fn set(name: &str) -> String {
    let name = format!("PAGEWARDEN_WORDPRESS_{name}");
    env::var(&name).unwrap_or_else(|_| panic!("`make chaos` sets {name}"))
}
