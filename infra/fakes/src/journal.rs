//! The journal of the fakes: what was posted on them and what was done to it, one JSON line each.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that happened on a fake platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "happened", rename_all = "snake_case")]
pub enum Entry {
    /// Somebody posted or edited.
    Posted {
        /// The object's id.
        id: String,
        /// The object as the platform would return it.
        object: Value,
    },
    /// It was hidden through the API.
    Hidden {
        /// The object's id.
        id: String,
    },
    /// It was shown again through the API.
    Shown {
        /// The object's id.
        id: String,
    },
    /// It was put in a bin through the API, from which it can be taken back.
    Binned {
        /// The object's id.
        id: String,
        /// The platform's word for the bin.
        bin: String,
    },
    /// It was deleted: through the API, or by its author.
    Deleted {
        /// The object's id.
        id: String,
        /// Through the API.
        by_us: bool,
    },
    /// It was answered through the API.
    Replied {
        /// The object's id.
        id: String,
        /// The id of the answer.
        reply: String,
        /// Its words.
        words: String,
        /// To the author alone.
        private: bool,
        /// When.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
    /// Somebody wrote to the account in private.
    Wrote {
        /// The author's id.
        id: String,
    },
    /// Its author was banned.
    Banned {
        /// The author's id.
        id: String,
    },
    /// An app was subscribed to what happens on an account, or no longer.
    Subscribed {
        /// The account's id.
        id: String,
        /// Of what the platform tells the app.
        fields: Vec<String>,
    },
    /// Its author was muted.
    Muted {
        /// The author's id.
        id: String,
    },
    /// An account's tokens were renewed: the refresh token before is worth nothing any more.
    Renewed {
        /// The account.
        account: String,
        /// How often by now.
        times: u32,
    },
}

/// The journal: kept in memory, and in a file where there is one.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: Vec<Entry>,
    file: Option<File>,
}

impl Journal {
    /// Opens the journal. A last line that a killed process left unfinished is cut off: it was
    /// never answered.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Journal::default());
        };
        let said = || format!("cannot use {}", path.display());
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .with_context(said)?;
        let mut text = String::new();
        file.read_to_string(&mut text).with_context(said)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64).with_context(said)?;
        let entries = text[..whole]
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .with_context(said)?;
        Ok(Journal {
            entries,
            file: Some(file),
        })
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Writes an entry. Called before the platform answers, as a platform would.
    pub(crate) fn write(&mut self, entry: Entry) -> Result<()> {
        if let Some(file) = &mut self.file {
            let mut line = serde_json::to_vec(&entry)?;
            line.push(b'\n');
            file.write_all(&line)
                .context("cannot write the journal of the fake platforms")?;
        }
        self.entries.push(entry);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unfinished_line_is_cut_off_and_the_rest_kept() {
        let path =
            std::env::temp_dir().join(format!("pagewarden-journal-{}.jsonl", std::process::id()));
        std::fs::remove_file(&path).ok();
        let mut journal = Journal::open(Some(&path)).unwrap();
        journal.write(Entry::Hidden { id: "1".into() }).unwrap();
        drop(journal);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"happened\":\"hid").unwrap();
        drop(file);
        let mut journal = Journal::open(Some(&path)).unwrap();
        assert_eq!(journal.entries(), [Entry::Hidden { id: "1".into() }]);
        journal.write(Entry::Shown { id: "1".into() }).unwrap();
        assert_eq!(Journal::open(Some(&path)).unwrap().entries().len(), 2);
        std::fs::remove_file(&path).unwrap();
    }
}
