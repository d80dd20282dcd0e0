#![doc = include_str!("../README.md")]
// What a further effect, task or choice means here is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

mod compare;
mod replay;
mod run;
mod summary;

pub use compare::{Change, Clause, Kind, Outcome, People};
pub use run::{Reread, Window, run};
pub use summary::Row;

use jiff::Timestamp;
use pagewarden_ledger::Tried;
use pagewarden_rules::PracticeId;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What came of trying a policy or a reader on what is on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backtest {
    /// Whose posts.
    pub practice: PracticeId,
    /// SHA-256 of the policy that was tried, in hexadecimal.
    pub policy: String,
    /// The words were read again, where they are kept.
    pub read_again: bool,
    /// Posts that were judged after this.
    pub since: Timestamp,
    /// And before this.
    pub until: Timestamp,
    /// Versions of posts that were looked at.
    pub versions: usize,
    /// Posts that they belong to.
    pub posts: usize,
    /// Posts that were left out, because their authors asked for what is held about them not to be
    /// used.
    pub restricted: usize,
    /// Versions whose words are not kept any more. What was found in them is.
    pub without_words: usize,
    /// Versions that nobody could judge when they came.
    pub not_judged: usize,
    /// Versions of which the policy of their time does not give the recorded decision again: the
    /// program itself has changed, or the platform's translation was let go.
    pub not_repeated: usize,
    /// There are older ones that were not looked at, since there are too many.
    pub cut: bool,
    /// What would be otherwise, the newest first.
    pub changes: Vec<Change>,
}

impl Backtest {
    /// Returns SHA-256 of the result in hexadecimal, whether it shows words or not.
    #[must_use]
    pub fn sha256(&self) -> String {
        let without_words = Backtest {
            changes: self.changes.iter().map(Change::without_words).collect(),
            ..self.clone()
        };
        let json = serde_json::to_vec(&without_words).unwrap_or_default();
        hex::encode(Sha256::digest(json))
    }

    /// Returns what is noted of it with the version that was tried, without a word of a post.
    #[must_use]
    pub fn tried(&self) -> Tried {
        Tried {
            sha256: self.sha256(),
            says: self.sentences(),
            looked_at: self.looked_at(),
        }
    }
}

/// Returns SHA-256 of a policy with its published text, in hexadecimal.
#[must_use]
pub fn policy_sha256(toml: &str, published: &str) -> String {
    let mut hash = Sha256::new();
    for text in [toml, published] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hex::encode(hash.finalize())
}
