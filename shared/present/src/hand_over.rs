//! What somebody needs who handles a complaint: what was written, by when it has to be
//! acknowledged, what was done, and what has to be asked, in words.

use jiff::Timestamp;
use pagewarden_ledger::{
    ActionStatus, Calendar, Choice, FindingRecord, History, RevisionRecord, TaskRecord, TaskStatus,
};
use pagewarden_rules::{Effect, Policy, PostKey, TaskKind, Topic};

use crate::case::{capital, findings_of, marked, on};
use crate::post::wordless;
use crate::story::{Line, story};
use crate::text::plain;
use crate::words;

/// What stands where something about another person was cut.
const CUT: &str = "[cut: about another person]";

/// Everything that is on record about a complaint, for whoever handles it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOver {
    /// The post, as `PRACTICE/PLATFORM/ID`.
    pub key: PostKey,
    /// The practice's name.
    pub practice: String,
    /// What it is and where: "A comment on Facebook".
    pub place: String,
    /// What its author is called there, if that is known.
    pub author: Option<String>,
    /// Its address on the platform, if it has one.
    pub link: Option<String>,
    /// What was written, oldest first.
    pub versions: Vec<Version>,
    /// By when it has to be acknowledged, on what ground, and whether it is.
    pub clock: Vec<String>,
    /// What was sent to the author.
    pub sent: Vec<Line>,
    /// What has happened, and who decided what, oldest first.
    pub story: Vec<Line>,
    /// What is not known and has to be asked or done.
    pub missing: Vec<String>,
}

/// One version of what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// When it was written or first seen, by the practice's clock.
    pub when: String,
    /// The words without what is about other people, or what stands there instead.
    pub words: String,
}

/// Returns what is handed over with a complaint; none where nobody has said that the post is one.
#[must_use]
pub fn hand_over(
    history: &History,
    key: &PostKey,
    policy: &Policy,
    calendar: &Calendar,
) -> Option<HandOver> {
    history
        .case(key, Vec::new())
        .grounds
        .is_complaint()
        .then(|| {
            let mut revisions: Vec<&RevisionRecord> = history.revisions.iter().collect();
            revisions.sort_by_key(|revision| written(revision));
            let newest = revisions.last().map(|revision| &revision.post);
            let name = |revision: &&RevisionRecord| revision.post.author.name.clone();
            let author = revisions
                .iter()
                .rev()
                .find_map(name)
                .map(|name| plain(&name));
            let surface = newest.map_or("Something", |post| {
                words::surface_with_article(post.surface)
            });
            HandOver {
                key: key.clone(),
                practice: policy.practice.name.clone(),
                place: format!("{} on {}", capital(surface), on(key.platform)),
                link: newest.and_then(|post| post.permalink.clone()),
                versions: revisions
                    .iter()
                    .map(|revision| version(history, revision, calendar))
                    .collect(),
                clock: clock(history, &revisions, policy, calendar),
                sent: sent(history, calendar),
                story: story(history, calendar),
                missing: missing(author.as_deref(), &revisions, history),
                author,
            }
        })
}

impl HandOver {
    /// Returns it as lines of text.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let told = |line: &Line| {
            let note = line
                .note
                .as_ref()
                .map(|note| format!(" \u{201c}{note}\u{201d}"));
            format!("{}  {}{}", line.when, line.what, note.unwrap_or_default())
        };
        let mut lines = vec![
            format!("Complaint to {}", self.practice),
            format!("Post: {}", self.key),
            format!("Where: {}", self.place),
            format!("Author: {}", self.author.as_deref().unwrap_or("not known")),
            format!("Link: {}", self.link.as_deref().unwrap_or("none")),
        ];
        let written = self.versions.iter();
        let written = written.map(|version| format!("{}  {}", version.when, version.words));
        let nothing = || vec!["Nothing.".to_owned()];
        let sent: Vec<String> = self.sent.iter().map(told).collect();
        let parts = [
            ("What was written", written.collect()),
            ("By when it has to be acknowledged", self.clock.clone()),
            ("What to ask or to look up", self.missing.clone()),
            (
                "What was sent to its author from here",
                if sent.is_empty() { nothing() } else { sent },
            ),
            (
                "What has happened, and who decided it",
                self.story.iter().map(told).collect(),
            ),
        ];
        for (heading, part) in parts {
            lines.extend([String::new(), heading.to_owned()]);
            lines.extend(part.iter().map(|line| format!("- {}", plain(line))));
        }
        lines
    }
}

fn written(revision: &RevisionRecord) -> Timestamp {
    revision
        .as_of
        .or(revision.post.posted_at)
        .unwrap_or(revision.seen_at)
}

fn version(history: &History, revision: &RevisionRecord, calendar: &Calendar) -> Version {
    let text = revision.post.text.as_str();
    let findings = findings_of(history, Some(&revision.revision));
    Version {
        when: calendar.local(written(revision)),
        words: if text.is_empty() {
            format!("({})", wordless(&revision.post))
        } else {
            without_others(text, &findings)
        },
    }
}

/// Cuts out of a text what was found to be about other people. Staff stay: it is their practice
/// that answers.
fn without_others(text: &str, findings: &[FindingRecord]) -> String {
    let about_others = |finding: &&FindingRecord| {
        matches!(
            finding.topic,
            Topic::PatientIdentifiable | Topic::OtherPersonIdentifiable
        )
    };
    let cuts: Vec<&FindingRecord> = findings.iter().filter(about_others).collect();
    marked(text, &cuts)
        .iter()
        .map(|span| if span.marked { CUT } else { &span.text })
        .collect()
}

/// Says by when it has to be acknowledged, by what law, and whether that was done.
fn clock(
    history: &History,
    revisions: &[&RevisionRecord],
    policy: &Policy,
    calendar: &Calendar,
) -> Vec<String> {
    let clock = policy.practice.nation.complaint_clock();
    let mut lines = Vec::new();
    if let Some(first) = revisions.iter().map(|revision| revision.seen_at).min() {
        lines.push(format!("It came in on {}.", calendar.local(first)));
    }
    lines.push(format!(
        "In {} it has to be acknowledged within {} working days ({}; last read in {}).",
        capital(&policy.practice.nation.name().replace('-', " ")),
        clock.working_days,
        clock.source,
        clock.checked
    ));
    lines.extend(clock.doubt.map(|doubt| format!("{}.", capital(doubt))));
    let asked = history.tasks.iter();
    let asked = asked.filter(|task| task.kind == TaskKind::AcknowledgeComplaint);
    lines.extend(asked.map(|task| acknowledged(task, calendar)));
    lines
}

fn acknowledged(task: &TaskRecord, calendar: &Calendar) -> String {
    let due = calendar.local(task.due_at);
    match (task.chosen(), task.closed_by(), task.closed_at) {
        (Some(Choice::ComplaintAcknowledged), Some(by), Some(at)) => format!(
            "It was due by {due}, and {} said on {} that it is acknowledged.",
            words::person(by),
            calendar.local(at)
        ),
        (Some(_), Some(by), Some(at)) => format!(
            "It was due by {due}, and {} said on {} that somebody else sees to it.",
            words::person(by),
            calendar.local(at)
        ),
        _ if task.status == TaskStatus::Open => {
            format!("It is due by {due}, and nobody has said yet that it is acknowledged.")
        }
        _ => format!("It was due by {due}."),
    }
}

fn sent(history: &History, calendar: &Calendar) -> Vec<Line> {
    let sent = history.actions.iter().filter_map(|action| {
        let how = if action.effect == Effect::PublicReply {
            "In public"
        } else if action.effect == Effect::AskAuthor {
            "In private"
        } else {
            return None;
        };
        let state = match action.status {
            ActionStatus::Done => "",
            ActionStatus::Pending | ActionStatus::Claimed => ", on its way",
            ActionStatus::Failed | ActionStatus::Parked | ActionStatus::Dropped => ", not sent",
        };
        Some(Line {
            number: None,
            when: calendar.local(action.created_at),
            what: format!("{how}{state}:"),
            note: action.words.clone(),
        })
    });
    sent.collect()
}

fn missing(author: Option<&str>, revisions: &[&RevisionRecord], history: &History) -> Vec<String> {
    let mut missing = vec![
        match author {
            Some(author) => format!(
                "The author's name: the account is called {author}, and nobody here knows whether that is their name. Ask."
            ),
            None => "The author's name: it is not known. Ask.".to_owned(),
        },
        "An address, e-mail or telephone number for the answer: none is known. Ask, and not under the post.".to_owned(),
        "Whether they complain for themselves. For somebody else, ask for that person's consent."
            .to_owned(),
    ];
    if revisions.iter().any(|revision| revision.cut_from.is_some()) {
        missing.push(
            "The end of what was written: only its beginning was kept. See the post.".to_owned(),
        );
    }
    if revisions
        .iter()
        .any(|revision| !revision.post.media.is_empty())
    {
        let kept = history.pictures();
        let kept = kept.iter().filter(|(_, _, key)| key.is_some()).count();
        missing.push(match kept {
            0 => "Pictures and other attachments: they are not kept here. See the post.".to_owned(),
            1 => "A picture: it is kept, and part of the evidence in which nothing is cut."
                .to_owned(),
            many => format!(
                "{many} pictures: they are kept, and part of the evidence in which nothing is cut."
            ),
        });
    }
    missing
}

#[cfg(test)]
mod tests {
    use pagewarden_rules::Strength;

    use super::*;

    #[test]
    fn what_is_about_other_people_is_cut_and_staff_stay() {
        let text = "Dr Shah ignored me and saw Jean Pike about her knee instead";
        let finding = |topic, about: &str| {
            let start = text.find(about).unwrap();
            FindingRecord {
                topic,
                strength: Strength::Possible,
                start,
                end: start + about.len(),
                cue: "a cue".into(),
                why: "a test".into(),
                target: None,
                more: 0,
            }
        };
        let findings = [
            finding(Topic::StaffIdentified, "Dr Shah"),
            finding(Topic::PatientIdentifiable, "Jean Pike about her knee"),
            finding(Topic::OtherPersonIdentifiable, "Jean Pike"),
        ];
        assert_eq!(
            without_others(text, &findings),
            format!("Dr Shah ignored me and saw {CUT} instead")
        );
        assert_eq!(without_others(text, &findings[..1]), text);
    }
}
