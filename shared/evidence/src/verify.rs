//! What a pack proves by itself: that nothing in it was changed since it was made, and what was.

use std::collections::{BTreeMap, BTreeSet};

use pagewarden_ledger::{Event, RawRecord, Recipient};
use pagewarden_present::text::plain;
use pagewarden_rules::PostKey;

use crate::answer;
use crate::archive::{self, Files};
use crate::files::{LINES, RECORD, SUMS, files, original, sum};
use crate::record::{Line, Record, pictures_of};
use crate::{FORM, sha256};

/// What came of checking a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// SHA-256 of the file, in hexadecimal. It stands in the record of the post.
    pub sha256: String,
    /// What is wrong, a sentence each.
    pub wrong: Vec<String>,
    /// What was not checked, and why.
    pub unchecked: Vec<String>,
    /// Which post it is about, and whom it was made for, as far as that can be read.
    pub about: Option<(PostKey, Recipient)>,
    /// The numbers and hashes of its lines.
    pub lines: Vec<Last>,
}

/// A line, by its number and hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    /// The number.
    pub seq: u64,
    /// The hash.
    pub hash: String,
}

/// Checks a pack, and says what was changed.
#[must_use]
pub fn verify(bytes: &[u8]) -> Verdict {
    let mut verdict = Verdict {
        sha256: sha256(bytes),
        ..Verdict::default()
    };
    let found = match archive::read(bytes) {
        Ok(found) => found,
        Err(why) => {
            verdict.wrong.push(format!("The file: {why}."));
            return verdict;
        }
    };
    check_sums(&found, &mut verdict.wrong);
    if found.contains_key(answer::ANSWER) {
        answer::check(&found, bytes, &mut verdict.wrong);
        return verdict;
    }
    let record = match record(&found) {
        Ok(record) => record,
        Err(why) => {
            verdict.wrong.push(why);
            return verdict;
        }
    };
    verdict.about = Some((record.key.clone(), record.recipient));
    let last = |line: &Line| Last {
        seq: line.line.seq,
        hash: line.line.hash.clone(),
    };
    verdict.lines = record.lines.iter().map(last).collect();
    check_lines(&record, &mut verdict.wrong);
    check_items(&record, &mut verdict);
    if record.form == FORM {
        check_files(&record, &found, bytes, &mut verdict.wrong);
    } else {
        verdict.unchecked.push(
            "It was made by another version of the program, so its cover was not made again to compare: only hashes were \
             checked."
                .to_owned(),
        );
    }
    verdict
}

/// Checks every file by the list, and names those that are missing, added or called otherwise.
fn check_sums(found: &Files, wrong: &mut Vec<String>) {
    let Some(list) = found.get(SUMS) else {
        wrong.push(format!("{SUMS} is missing."));
        return;
    };
    let list = String::from_utf8_lossy(list);
    let listed: BTreeMap<&str, &str> = list
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(hash, name)| (name, hash))
        .collect();
    let actual: BTreeMap<&str, String> = found
        .iter()
        .filter(|(name, _)| *name != SUMS)
        .map(|(name, bytes)| (name.as_str(), sha256(bytes)))
        .collect();
    let mut renamed = BTreeSet::new();
    for (name, hash) in &listed {
        match actual.get(name) {
            Some(actual) if actual == hash => {}
            Some(_) => wrong.push(format!(
                "{} was changed: its hash is not the one in {SUMS}.",
                plain(name)
            )),
            None => {
                let now = actual
                    .iter()
                    .find(|(other, actual)| !listed.contains_key(*other) && actual == hash);
                match now {
                    Some((other, _)) => {
                        renamed.insert(*other);
                        wrong.push(format!("{} is now called {other}.", plain(name)));
                    }
                    None => wrong.push(format!("{} is missing.", plain(name))),
                }
            }
        }
    }
    for name in actual.keys() {
        if !listed.contains_key(name) && !renamed.contains(name) {
            wrong.push(format!("{name} was added: {SUMS} does not name it."));
        }
    }
}

/// Reads the record.
fn record(found: &Files) -> Result<Record, String> {
    let text = |name: &str| {
        let bytes = found
            .get(name)
            .ok_or_else(|| format!("Without {name} nothing more can be checked."))?;
        str::from_utf8(bytes).map_err(|_| format!("{name} was changed: it cannot be read."))
    };
    let unreadable = |name: &str| format!("{name} was changed: it cannot be read.");
    let mut record: Record = serde_json::from_str(text(RECORD)?).map_err(|_| unreadable(RECORD))?;
    for line in text(LINES)?.lines() {
        let line: Line = serde_json::from_str(line).map_err(|_| unreadable(LINES))?;
        record.lines.push(line);
    }
    for (nth, version) in (1..).zip(&mut record.versions) {
        let name = original(nth);
        if let Some(sent) = found.get(&name) {
            let sent = str::from_utf8(sent).map_err(|_| unreadable(&name))?;
            version.item.raw = Some(RawRecord::Whole(sent.to_owned()));
        }
    }
    let history = record.history().map_err(|_| unreadable(RECORD))?;
    let there = pictures_of(&history)
        .filter_map(|(name, _)| found.get(&name).map(|bytes| (name, bytes.clone())));
    record.pictures = there.collect();
    Ok(record)
}

/// Checks that the lines are all there, in order, and as they were written.
fn check_lines(record: &Record, wrong: &mut Vec<String>) {
    let mut prev = "";
    for (expected, Line { line, cut }) in (1..).zip(&record.lines) {
        if line.seq != expected {
            wrong.push(format!(
                "Line {expected} of the history is missing or out of its place: line {} stands there.",
                line.seq
            ));
            return;
        }
        if line.prev != prev {
            wrong.push(format!(
                "Line {expected} of the history does not follow from the one before it."
            ));
        }
        if !cut && !line.is_as_written() {
            wrong.push(format!("Line {expected} of the history was changed."));
        }
        if *cut && (record.whole || !crate::redact::is_outside(record.recipient)) {
            wrong.push(format!(
                "Line {expected} of the history says that something of it was cut, and in this pack nothing is cut from \
                 lines."
            ));
        }
        prev = &line.hash;
    }
}

/// Checks what was written, asked and sent by the hashes in the lines.
fn check_items(record: &Record, verdict: &mut Verdict) {
    let Ok(history) = record.history() else {
        verdict
            .wrong
            .push(format!("{RECORD} was changed: it cannot be read."));
        return;
    };
    for (nth, version) in (1..).zip(&record.versions) {
        let captured = history.events.iter().find_map(|line| match line.event() {
            Ok(Event::Decided {
                revision, evidence, ..
            }) if revision == version.item.revision => Some(evidence),
            _ => None,
        });
        let sent = version.item.raw.as_ref().map(RawRecord::sha256);
        if let (Some(captured), Some(sent)) = (&captured, &sent)
            && captured != sent
        {
            verdict.wrong.push(format!(
                "{} is not what the platform sent, as it was captured: the line of the decision has another hash.",
                original(nth)
            ));
        }
        if captured.is_none() && version.item.decided.is_some() {
            verdict.wrong.push(format!(
                "The line with the decision about version {nth} is missing."
            ));
        }
    }
    let opens: BTreeSet<String> = history
        .pictures()
        .into_iter()
        .filter_map(|(_, picture, key)| key.map(|_| picture.object))
        .collect();
    for (name, picture) in pictures_of(&history) {
        let there = record.pictures.get(&name);
        if there.is_some_and(|bytes| sha256(bytes) != picture.sha256) {
            verdict.wrong.push(format!(
                "{name} is not the picture that was kept: the line about it has another hash."
            ));
        }
        if let Some(why) = record.left_out.get(&name) {
            let why = plain(why);
            verdict.unchecked.push(format!(
                "A picture is kept, and not part of this pack: {why}."
            ));
        } else if record.whole && there.is_none() && opens.contains(&picture.object) {
            verdict.wrong.push(format!("{name} is missing."));
        }
    }
    if record.is_complete() {
        if verdict.wrong.is_empty()
            && let Err(error) = history.verify()
        {
            verdict.wrong.push(format!("The history: {error}."));
        }
        return;
    }
    if record.whole {
        verdict.wrong.push(format!(
            "{RECORD} was changed: it says that something was cut, and in this pack nothing is."
        ));
    }
    verdict.unchecked.push(
        "Something was cut from this pack, as its cover says. The hashes of those parts were not checked; the practice can \
         give the whole."
            .to_owned(),
    );
    let cut = cut_keys(record);
    for key in history.changed_items() {
        if !cut.iter().any(|id| key.ends_with(id.as_str())) {
            let item = key.split(' ').next_back().unwrap_or_default();
            verdict.wrong.push(format!(
                "{RECORD}: {} was changed since the line about it was written.",
                plain(item)
            ));
        }
    }
}

/// Returns the ends of the keys of what was cut.
fn cut_keys(record: &Record) -> Vec<String> {
    let versions = record.versions.iter().filter(|one| one.cut);
    let versions = versions.map(|one| format!("REV#{}", one.item.revision));
    let tasks = record.tasks.iter().filter(|one| one.cut);
    let tasks = tasks.map(|one| format!("TASK#{}", one.item.id));
    let actions = record.actions.iter().filter(|one| one.cut);
    let actions = actions.map(|one| format!("ACT#{}", one.item.id));
    let keys = record.keys.iter().filter(|one| one.cut);
    let keys = keys.map(|one| format!("PICTURES#{}", one.item.revision));
    versions.chain(tasks).chain(actions).chain(keys).collect()
}

/// Makes every file again from the record, and compares.
fn check_files(record: &Record, found: &Files, bytes: &[u8], wrong: &mut Vec<String>) {
    let Ok(made) = files(record) else {
        wrong.push(format!("{RECORD} was changed: nothing can be made of it."));
        return;
    };
    for (name, expected) in made.iter().filter(|(name, _)| *name != SUMS) {
        match found.get(name) {
            Some(there) if there == expected => {}
            // The list says so already, unless it was written again.
            None if wrong.iter().any(|said| said.starts_with(name.as_str())) => {}
            None => wrong.push(format!("{name} is missing.")),
            Some(_) if wrong.iter().any(|said| said.starts_with(name.as_str())) => {}
            Some(_) => wrong.push(format!(
                "{name} was changed: it does not say what the record says."
            )),
        }
    }
    for name in found.keys().filter(|name| !made.contains_key(*name)) {
        if !wrong.iter().any(|said| said.contains(name.as_str())) {
            wrong.push(format!("{name} was added: no pack of this record has it."));
        }
    }
    let honest: String = made
        .iter()
        .filter(|(name, _)| *name != SUMS)
        .map(|(name, bytes)| sum(name, bytes))
        .collect();
    if wrong.is_empty()
        && found
            .get(SUMS)
            .is_some_and(|list| *list != honest.as_bytes())
    {
        wrong.push(format!("{SUMS} was changed."));
    }
    if wrong.is_empty() && archive::write(&made).is_ok_and(|packed| packed != bytes) {
        wrong.push(
            "The file: it was packed again by another program, or holds something that unpacking it does not show. Ask for \
             the file as it was made."
                .to_owned(),
        );
    }
}
