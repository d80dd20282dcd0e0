//! The files of a pack, each made from the record and nothing else.

use std::fmt::Write as _;

use askama::Template;
use jiff::Timestamp;
use pagewarden_ledger::{ActionStatus, Event, History, RawRecord, ReadBy, RevisionRecord};
use pagewarden_present::case::{capital, on, sentence};
use pagewarden_present::story::story;
use pagewarden_present::text::plain;
use pagewarden_present::words;
use pagewarden_rules::{Effect, RevisionId, Strength};
use serde::{Deserialize, Serialize};

use crate::archive::Files;
use crate::record::{Kept, NoRecord, Record, pictures_of};
use crate::{FORM, redact, sha256};

/// The file that people read first.
pub(crate) const COVER: &str = "cover.html";
/// What programs read.
pub(crate) const RECORD: &str = "record.json";
/// The lines of the history, one on a line.
pub(crate) const LINES: &str = "lines.jsonl";
/// The list that `sha256sum -c` checks.
pub(crate) const SUMS: &str = "SHA256SUMS";

/// Returns the name of the file with what the platform sent of a version, counted from 1.
pub(crate) fn original(nth: usize) -> String {
    format!("original/{nth}.json")
}

fn version_name(nth: usize) -> String {
    format!("versions/{nth}.txt")
}

/// Returns every file of a pack.
pub(crate) fn files(record: &Record) -> Result<Files, NoRecord> {
    let mut files = Files::new();
    let history = record.history()?;
    let cover = Cover::of(record, &history).render();
    let cover = cover.map_err(|error| NoRecord::Unwritable(Box::new(error)))?;
    files.insert(COVER.to_owned(), cover.into_bytes());
    for (nth, version) in (1..).zip(&record.versions) {
        files.insert(
            version_name(nth),
            readable(record, &history, nth).into_bytes(),
        );
        if let Some(sent) = Record::original(version) {
            files.insert(original(nth), sent.as_bytes().to_vec());
        }
    }
    files.extend(record.pictures.clone());
    let mut lines = String::new();
    for line in &record.lines {
        lines.push_str(&serde_json::to_string(line)?);
        lines.push('\n');
    }
    files.insert(LINES.to_owned(), lines.into_bytes());
    let mut bare = record.clone();
    for version in &mut bare.versions {
        version.item.raw = version.item.raw.take().map(redact::digest);
    }
    let mut json = serde_json::to_string_pretty(&bare)?;
    json.push('\n');
    files.insert(RECORD.to_owned(), json.into_bytes());
    let mut sums = String::new();
    for (name, bytes) in &files {
        sums.push_str(&sum(name, bytes));
    }
    files.insert(SUMS.to_owned(), sums.into_bytes());
    Ok(files)
}

/// Returns a line of the list, as `sha256sum` writes it.
pub(crate) fn sum(name: &str, bytes: &[u8]) -> String {
    format!("{}  {name}\n", sha256(bytes))
}

/// One row of a table: what it is, and what it says.
struct Row {
    name: &'static str,
    says: String,
}

/// A version of what was written.
struct Version {
    file: String,
    when: String,
    words: Vec<String>,
    /// The files of its pictures that are part of the pack.
    pictures: Vec<String>,
    hash: String,
    original: Option<String>,
}

/// A decision of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Decision {
    pub(crate) when: String,
    pub(crate) says: String,
    pub(crate) clauses: Vec<(String, String)>,
    pub(crate) findings: Vec<String>,
    pub(crate) read_by: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sent {
    pub(crate) when: String,
    pub(crate) how: String,
    pub(crate) words: Vec<String>,
}

struct Told {
    when: String,
    at: String,
    what: String,
    note: Option<String>,
}

#[derive(Template)]
#[template(path = "cover.html")]
struct Cover {
    practice: String,
    place: String,
    recipient: &'static str,
    privileged: bool,
    cuts: Vec<&'static str>,
    left_out: &'static str,
    facts: Vec<Row>,
    versions: Vec<Version>,
    decisions: Vec<Decision>,
    sent: Vec<Sent>,
    story: Vec<Told>,
    lines: usize,
    head: String,
    incomplete: bool,
    form: u32,
}

/// Returns a time as the practice's clock shows it, and as clocks everywhere agree on it.
fn both(record: &Record, at: Timestamp) -> String {
    format!("{} ({at:.0})", record.calendar().local(at))
}

fn place(record: &Record) -> String {
    let newest = record.versions.last().map(|one| one.item.post.surface);
    let what = newest.map_or("something", words::surface_with_article);
    format!("{} on {}", capital(what), on(record.key.platform))
}

/// Returns what is kept of the pictures and other attachments of a version.
fn attachments(record: &Record, history: &History, revision: &RevisionRecord) -> Vec<Row> {
    let media = revision.post.media.iter().map(|media| Row {
        name: "Attachment",
        says: format!("{} {}", plain(&media.kind), plain(&media.id)),
    });
    let mut rows: Vec<Row> = media.collect();
    let named = pictures_of(history).zip(history.pictures());
    for ((file, picture), (of, ..)) in named {
        if of != revision.revision {
            continue;
        }
        let there = if record.pictures.contains_key(&file) {
            format!("file {file}")
        } else if let Some(why) = record.left_out.get(&file) {
            format!("it is kept, and not part of this pack: {}", plain(why))
        } else if is_cut(record, &of) {
            "it is kept, and left out of this pack".to_owned()
        } else {
            "it was kept, and deleted since".to_owned()
        };
        rows.push(Row {
            name: "Picture",
            says: format!("{there}; SHA-256: {}", picture.sha256),
        });
    }
    for line in &history.events {
        if let Ok(Event::PicturesKept {
            revision: of,
            missing,
            ..
        }) = line.event()
            && of == revision.revision
        {
            rows.extend(missing.iter().map(|why| Row {
                name: "Picture that is not kept",
                says: plain(why),
            }));
        }
    }
    if rows.iter().all(|row| row.name == "Attachment") {
        for row in &mut rows {
            row.says.push_str(": not kept here, see the post");
        }
    }
    rows
}

/// Returns `true` if what opens a version's pictures was cut, so that these are kept.
fn is_cut(record: &Record, revision: &RevisionId) -> bool {
    let mut keys = record.keys.iter();
    keys.any(|keys| keys.cut && keys.item.revision == *revision)
}

/// Returns the files of a version's pictures that are part of the pack.
fn pictures_in(record: &Record, history: &History, revision: &RevisionId) -> Vec<String> {
    let pictures = pictures_of(history).zip(history.pictures());
    pictures
        .filter(|((file, _), (of, ..))| of == revision && record.pictures.contains_key(file))
        .map(|((file, _), _)| file)
        .collect()
}

/// Says what is not part of a pack that a post may have.
fn left_out(record: &Record, history: &History) -> &'static str {
    if history.pictures().is_empty() {
        "Pictures and other attachments are not kept here. Take a screenshot of the post while it stands."
    } else if !record.keys.iter().any(|keys| keys.cut) {
        "Videos and other attachments are not kept here, nor is a picture that is said to be missing below. Take a \
         screenshot of the post while it stands."
    } else {
        "Its pictures are kept, and left out: nobody has looked who else can be seen in them. The practice manager can give \
         the whole."
    }
}

/// Returns what is known of a post beside its words.
fn facts(record: &Record, history: &History, revision: &RevisionRecord) -> Vec<Row> {
    let post = &revision.post;
    let account = post.author.id.as_deref().map(plain);
    let author = match (&post.author.name, account) {
        (Some(name), Some(id)) => format!("{} (account {id})", plain(name)),
        (Some(name), None) => plain(name),
        (None, Some(id)) => format!("account {id}"),
        (None, None) => "not known".to_owned(),
    };
    let mut facts = vec![
        Row {
            name: "Where",
            says: place(record),
        },
        Row {
            name: "Author",
            says: author,
        },
        Row {
            name: "Link",
            says: post.permalink.as_deref().map_or("none".to_owned(), plain),
        },
        Row {
            name: "Record",
            says: plain(&record.key.to_string()),
        },
    ];
    let mut add = |name, says| facts.push(Row { name, says });
    if let Some(thread) = &post.thread {
        add("Thread", plain(thread));
    }
    if let Some(stars) = post.rating {
        add("Stars", format!("{stars} of 5"));
    }
    if let Some(posted) = post.posted_at {
        add(
            "Posted or last edited, by the platform's clock",
            both(record, posted),
        );
    }
    add("First seen here", both(record, revision.seen_at));
    facts.extend(attachments(record, history, revision));
    facts
}

/// Returns the words of a version, a line each.
fn words_of(revision: &RevisionRecord) -> Vec<String> {
    let text = &revision.post.text;
    if text.is_empty() {
        return vec!["(no words are kept)".to_owned()];
    }
    let mut lines: Vec<String> = text.lines().map(plain).collect();
    if let Some(bytes) = revision.cut_from {
        lines.push(format!(
            "(it went on: {bytes} bytes were received, and its beginning was kept)"
        ));
    }
    lines
}

fn hash_of(version: &Kept<RevisionRecord>) -> String {
    match &version.item.raw {
        Some(raw @ RawRecord::Whole(_)) => {
            format!("SHA-256 of what the platform sent: {}", raw.sha256())
        }
        Some(RawRecord::Digest { sha256, bytes }) => format!(
            "SHA-256 of the {bytes} bytes that the platform sent, which are not part of this pack: {sha256}"
        ),
        None => "What the platform sent was not kept.".to_owned(),
    }
}

/// Returns a version as a page of text. What somebody wrote stands behind bars, so that it is taken
/// for nothing else.
fn readable(record: &Record, history: &History, nth: usize) -> String {
    let version = &record.versions[nth - 1];
    let mut text = format!(
        "Version {nth} of {} of what was written\n\n",
        record.versions.len()
    );
    for Row { name, says } in facts(record, history, &version.item) {
        let _ = writeln!(text, "{name}: {says}");
    }
    let _ = writeln!(text, "{}", hash_of(version));
    if version.cut {
        text.push_str("Something of it was cut: see the cover.\n");
    }
    text.push('\n');
    for line in words_of(&version.item) {
        let _ = writeln!(text, "| {line}");
    }
    text
}

impl Cover {
    fn of(record: &Record, history: &History) -> Self {
        let newest = record.versions.last();
        let versions = (1..).zip(&record.versions).map(|(nth, version)| Version {
            file: version_name(nth),
            when: both(record, version.item.seen_at),
            words: words_of(&version.item),
            pictures: pictures_in(record, history, &version.item.revision),
            hash: hash_of(version),
            original: Record::original(version).map(|_| original(nth)),
        });
        let told = story(history, &record.calendar());
        let story = told.into_iter().zip(&record.lines).map(|(told, line)| {
            let left_out = line.line.body.is_empty();
            Told {
                when: told.when,
                at: format!("{:.0}", line.line.at),
                what: if left_out {
                    "Left out of this pack.".to_owned()
                } else {
                    plain(&told.what)
                },
                note: told.note.as_deref().map(plain),
            }
        });
        Cover {
            practice: plain(&record.practice),
            place: place(record),
            recipient: words::recipient(record.recipient),
            privileged: record.recipient == pagewarden_ledger::Recipient::Solicitor,
            cuts: redact::cuts_for(record.recipient, record.whole),
            left_out: left_out(record, history),
            facts: newest.map_or_else(Vec::new, |newest| facts(record, history, &newest.item)),
            versions: versions.collect(),
            decisions: decisions(record, history),
            sent: sent(record, history),
            story: story.collect(),
            lines: record.lines.len(),
            head: record
                .lines
                .last()
                .map(|line| line.line.hash.clone())
                .unwrap_or_default(),
            incomplete: !record.is_complete(),
            form: FORM,
        }
    }
}

/// Returns what the policy said of a post, each time.
pub(crate) fn decisions(record: &Record, history: &History) -> Vec<Decision> {
    let decided = history.events.iter().filter_map(|line| {
        let Ok(Event::Decided {
            revision,
            policy,
            findings,
            read_by,
            decision,
            ..
        }) = line.event()
        else {
            return None;
        };
        let nth = history
            .revisions
            .iter()
            .position(|known| known.revision == revision);
        let version = nth.map_or_else(String::new, |nth| format!(" version {}", nth + 1));
        let sentence_of = |id: &str| {
            let told = record.sentences.get(&policy)?.get(id)?;
            Some(plain(told))
        };
        let clauses = decision.clauses.iter().chain(&decision.learned);
        let clauses = clauses.map(|clause| {
            let says = sentence_of(&clause.id)
                .unwrap_or_else(|| "(its sentence is not on record)".to_owned());
            (clause.id.clone(), says)
        });
        let findings = findings.iter().map(|found| {
            format!(
                "{} ({}): {}",
                capital(&found.topic.plain()),
                how_sure(found.strength),
                sentence(&plain(&found.why))
            )
        });
        Some(Decision {
            when: both(record, line.at),
            says: format!(
                "Version {policy} of the policy on{version}: {}.",
                words::disposition(decision.disposition)
            ),
            clauses: clauses.collect(),
            findings: findings.collect(),
            read_by: read_by.as_ref().map(read).unwrap_or_default(),
        })
    });
    decided.collect()
}

const fn how_sure(strength: Strength) -> &'static str {
    match strength {
        Strength::Possible => "possibly",
        Strength::Likely => "likely",
        Strength::Certain => "certainly",
    }
}

fn read(read_by: &ReadBy) -> Vec<String> {
    match read_by {
        ReadBy::Nobody => vec!["Nobody could read it.".to_owned()],
        ReadBy::RulesOnly => vec!["Read by the rules alone.".to_owned()],
        ReadBy::Both(meaning) => {
            let model = format!(
                "Read by the rules, and by a program that learned from examples, whose model has the SHA-256 {}. What it \
                 says is never a ground to hide or answer anything.",
                meaning.model
            );
            let said = meaning.said.iter().map(|said| {
                format!(
                    "That program: {} {} ({} of 1,000).",
                    said.how_sure(),
                    said.sense.plain(),
                    said.score
                )
            });
            [model].into_iter().chain(said).collect()
        }
    }
}

/// Returns what was sent or answered.
pub(crate) fn sent(record: &Record, history: &History) -> Vec<Sent> {
    let spoken = history.actions.iter().filter_map(|action| {
        let words = action.words.as_ref()?;
        let how = if action.effect == Effect::PublicReply {
            "In public"
        } else {
            "In private"
        };
        let state = match action.status {
            ActionStatus::Done => "",
            ActionStatus::Pending | ActionStatus::Claimed => ", on its way when this was made",
            ActionStatus::Failed | ActionStatus::Parked | ActionStatus::Dropped => ", not sent",
        };
        Some(Sent {
            when: both(record, action.created_at),
            how: format!("{how}{state}"),
            words: words.lines().map(plain).collect(),
        })
    });
    spoken.collect()
}
