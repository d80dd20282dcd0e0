//! The answer to an author who asks what a practice holds about them, as a zip: a page to print, and
//! the same for programs.
//!
//! It holds the author's own words as they wrote them, and what followed. What other people wrote is
//! never taken in, nor what they are called or by which ids they are known; of the staff only the
//! roles are told. What the law may let a practice withhold is kept out until a person has looked at
//! it, and counted by its ground ([`Sheet`]): the count is for the practice, and is no part of the
//! answer.

use std::collections::BTreeMap;

use askama::Template;
use jiff::Timestamp;
use pagewarden_ledger::{
    AboutAccount, AccountOf, Calendar, Corrects, Deed, Event, GivenAnswer, History, Ledger,
    LedgerError, Periods, Person, Recipient, RightsError,
};
use pagewarden_present::case::{capital, on};
use pagewarden_present::story::story;
use pagewarden_present::text::plain;
use pagewarden_present::words;
use pagewarden_rules::{Platform, Policy, PostKey, TaskKind, words};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::archive::{self, Files};
use crate::export::policy;
use crate::files::{Decision, SUMS, Sent, decisions, sent, sum};
use crate::record::{Kept, NoRecord, Record, sentences};
use crate::redact::{CUT, by_role, without_others};
use crate::{FORM, Pack, sha256};

/// The file that people read.
const PAGE: &str = "answer.html";
/// What programs read.
pub(crate) const ANSWER: &str = "answer.json";

words! {
    /// Why something is kept out of an answer until a person has looked at it.
    KeptOut {
        /// It was made for taking legal advice.
        LegalAdvice "legal_advice",
        /// Words are held, as for a legal claim.
        Hold "legal_hold",
        /// It was made for the police.
        Police "police",
        /// It is a note about danger to somebody.
        Danger "danger",
    }
}

impl KeptOut {
    /// Returns what was kept out, as it follows a number.
    #[must_use]
    pub const fn plain(self) -> &'static str {
        match self {
            KeptOut::LegalAdvice => {
                "about legal advice: a note, or that evidence was made for a solicitor"
            }
            KeptOut::Hold => "about words that are held, as for a legal claim",
            KeptOut::Police => "about the police: that evidence was made for them",
            KeptOut::Danger => "note of staff about danger to somebody",
        }
    }

    /// Returns the ground on which the law may let a practice withhold it.
    #[must_use]
    pub const fn ground(self) -> &'static str {
        match self {
            KeptOut::LegalAdvice => {
                "Data Protection Act 2018, Schedule 2, paragraph 19 (legal professional privilege)"
            }
            KeptOut::Hold => "Data Protection Act 2018, Schedule 2, paragraph 5 (legal claims)",
            KeptOut::Police => "Data Protection Act 2018, Schedule 2, paragraph 2 (crime)",
            KeptOut::Danger => "Data Protection Act 2018, Schedule 3, paragraph 5 (serious harm)",
        }
    }
}

/// What was kept out of an answer, by the ground. For the practice, not for the author.
pub type Sheet = BTreeMap<KeptOut, u64>;

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum NotAnswered {
    /// They may not, or nothing is on record.
    #[error(transparent)]
    Rights(#[from] RightsError),
    /// It cannot be packed.
    #[error(transparent)]
    NoRecord(#[from] NoRecord),
    /// The practice has no policy that can be read.
    #[error("the practice's policy cannot be read")]
    NoPolicy,
    /// It is larger than what carries it takes.
    #[error(
        "it is too large to be downloaded here: whoever runs the system can take it by the command `rights export`"
    )]
    TooLarge,
}

impl From<LedgerError> for NotAnswered {
    fn from(error: LedgerError) -> Self {
        NotAnswered::Rights(error.into())
    }
}

/// What is held about an author, as far as they are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    form: u32,
    practice: String,
    platform: Platform,
    account: String,
    /// What the account called itself.
    names: Vec<String>,
    /// For how many months after the last line about it a post is kept.
    months: u16,
    posts: Vec<OwnPost>,
    incidents: Vec<Said>,
    steps: Vec<Said>,
    notes: Vec<Said>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    restrictions: Vec<Said>,
}

/// A post, and what followed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OwnPost {
    id: String,
    place: String,
    link: Option<String>,
    versions: Vec<Version>,
    decisions: Vec<Decision>,
    sent: Vec<Sent>,
    appeals: Vec<Said>,
    story: Vec<Said>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Version {
    seen: String,
    posted: Option<String>,
    stars: Option<u8>,
    attachments: Vec<String>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pictures_kept: usize,
    words: String,
    translation: Option<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Returns what somebody wrote, a line each, without what commands whoever shows it.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(plain).collect()
}

/// Something that happened or was written, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    when: String,
    what: String,
    note: Option<String>,
}

#[derive(Template)]
#[template(path = "answer.html")]
struct AnswerPage<'a> {
    it: &'a Answer,
    on: &'static str,
    lists: [(&'static str, &'a [Said]); 4],
}

/// What is needed to tell an author what is held.
struct Presenter<'a> {
    of: AccountOf<'a>,
    policy: &'a Policy,
    policies: &'a BTreeMap<u32, Policy>,
    calendar: Calendar,
    /// The names of the practice's people.
    staff: Vec<String>,
    kept_out: Sheet,
}

/// Returns what an answer would keep out, and how many posts it would hold. Nothing is written.
pub async fn look_for_author(
    ledger: &Ledger,
    of: AccountOf<'_>,
    person: &Person,
) -> Result<(usize, Sheet), NotAnswered> {
    let (answer, sheet) = gather(ledger, of, person).await?;
    Ok((answer.posts.len(), sheet))
}

/// Makes the answer that somebody gives an author, of at most so many bytes, once it is on record
/// that they do; with what was kept out of it.
pub async fn answer_author(
    ledger: &Ledger,
    of: AccountOf<'_>,
    person: &Person,
    most: usize,
    now: Timestamp,
) -> Result<(Pack, Sheet), NotAnswered> {
    let (answer, sheet) = gather(ledger, of, person).await?;
    let bytes = archive::write(&files(&answer)?)?;
    if bytes.len() > most {
        return Err(NotAnswered::TooLarge);
    }
    let sha256 = sha256(&bytes);
    let kept_out = sheet.iter().map(|(kind, n)| (kind.name().to_owned(), *n));
    let given = GivenAnswer {
        sha256: sha256.clone(),
        posts: answer.posts.len() as u64,
        kept_out: kept_out.collect(),
    };
    ledger
        .note_answer_to_author(of, person, &given, now)
        .await?;
    let pack = Pack {
        bytes,
        sha256,
        left_out: 0,
    };
    Ok((pack, sheet))
}

async fn gather(
    ledger: &Ledger,
    of: AccountOf<'_>,
    person: &Person,
) -> Result<(Answer, Sheet), NotAnswered> {
    ledger.may_answer_author(of, person).await?;
    let about = ledger.about_account(of).await?;
    if about.is_empty() {
        return Err(RightsError::NoSuchAccount(plain(of.account)).into());
    }
    let practice = ledger.practice(of.practice).await?;
    let in_force = practice.ok_or(NotAnswered::NoPolicy)?.policy;
    let versions = about.posts.iter();
    let versions = versions.flat_map(|(_, history)| Record::policies_of(history));
    let mut policies = BTreeMap::new();
    for version in versions.chain([in_force]) {
        if let std::collections::btree_map::Entry::Vacant(entry) = policies.entry(version) {
            // A decision under a policy that is not on record any more is told without its sentence.
            if let Ok(policy) = policy(ledger, of.practice, version).await {
                entry.insert(policy);
            }
        }
    }
    let policy = policies.get(&in_force).ok_or(NotAnswered::NoPolicy)?;
    let staff = ledger.people(of.practice).await?;
    let mut presenter = Presenter {
        of,
        policy,
        policies: &policies,
        calendar: Calendar::new(policy.practice.nation, &policy.practice.timezone),
        staff: staff.into_iter().map(|person| person.name).collect(),
        kept_out: Sheet::new(),
    };
    let answer = presenter.answer(&about)?;
    Ok((answer, presenter.kept_out))
}

impl Presenter<'_> {
    fn answer(&mut self, about: &AboutAccount) -> Result<Answer, NoRecord> {
        let mut names: Vec<String> = Vec::new();
        let mut posts = Vec::new();
        for (key, history) in &about.posts {
            let own = self.own_post(key, history, &mut names)?;
            posts.push(own);
        }
        let incidents = about.incidents.iter().map(|incident| Said {
            when: self.calendar.local(incident.at),
            what: format!(
                "Judged to break the rule {}: the post {}.",
                incident.clauses.join(", "),
                incident.post.id
            ),
            note: None,
        });
        let self_without = |note: &str| self.without_others(note);
        let step = |what: String, by: &str, at: Timestamp, note: &str| Said {
            when: self.calendar.local(at),
            what: format!("{what}, by {}.", words::person(&by_role(by))),
            note: Some(plain(&self.without_others(note))),
        };
        let steps = about.steps.iter().map(|line| {
            let what = match &line.deed {
                Deed::Step { step } => format!("A step was taken: {}", step.plain()),
                Deed::ComplaintClosed { .. } => "A complaint was said to be closed".to_owned(),
            };
            step(what, &line.by, line.at, &line.note)
        });
        let notes = about.notes.iter();
        let notes = notes.map(|one| {
            let what = match &one.corrects {
                _ if one.note.is_empty() => {
                    "A note whose words were deleted or corrected".to_owned()
                }
                None => "A note".to_owned(),
                Some(Corrects { was_wrong, .. }) => {
                    let wrong = plain(&self_without(was_wrong));
                    format!("A note in place of another one, with which this was wrong: {wrong}")
                }
            };
            step(what, &one.by, one.at, &one.note)
        });
        let restrictions = about.restrictions.iter().map(|turn| {
            let what = if turn.on {
                "From then on it was kept and not used"
            } else {
                "From then on it was used again"
            };
            step(what.to_owned(), &turn.by, turn.at, &turn.note)
        });
        Ok(Answer {
            form: FORM,
            practice: self.policy.practice.name.clone(),
            platform: self.of.platform,
            account: self.of.account.to_owned(),
            months: Periods::of(&self.policy.retention).decided,
            incidents: incidents.collect(),
            steps: steps.collect(),
            notes: notes.collect(),
            restrictions: restrictions.collect(),
            names,
            posts,
        })
    }

    fn own_post(
        &mut self,
        key: &PostKey,
        history: &History,
        names: &mut Vec<String>,
    ) -> Result<OwnPost, NoRecord> {
        // A version by another account is not the author's, whatever its id is.
        let is_own = |id: &Option<String>| id.as_deref().is_none_or(|id| id == self.of.account);
        let mut history = history.clone();
        history.revisions.retain(|one| is_own(&one.post.author.id));
        for name in history
            .revisions
            .iter()
            .filter_map(|one| one.post.author.name.as_ref())
        {
            if !names.contains(&plain(name)) {
                names.push(plain(name));
            }
        }
        let time = |at: Timestamp| self.calendar.local(at);
        let versions = history.revisions.iter().map(|one| Version {
            seen: time(one.seen_at),
            posted: one.post.posted_at.map(time),
            stars: one.post.rating,
            attachments: one
                .post
                .media
                .iter()
                .map(|media| media.kind.clone())
                .collect(),
            pictures_kept: history
                .pictures()
                .iter()
                .filter(|(of, _, key)| *of == one.revision && key.is_some())
                .count(),
            words: one.post.text.clone(),
            translation: one.translation.clone(),
        });
        let versions = versions.collect();
        let newest = history.revisions.last().map(|one| &one.post);
        let what = newest.map_or("something", |post| {
            words::surface_with_article(post.surface)
        });
        let record = self.record(key, &history);
        Ok(OwnPost {
            id: key.id.clone(),
            place: format!("{} on {}", capital(what), on(key.platform)),
            link: newest.and_then(|post| post.permalink.as_deref().map(plain)),
            versions,
            decisions: decisions(&record, &history),
            sent: sent(&record, &history),
            appeals: self.appeals(&history),
            story: self.story(key, &history)?,
        })
    }

    /// Returns what the parts of a post are told from.
    fn record(&self, key: &PostKey, history: &History) -> Record {
        let versions = history.revisions.iter();
        let versions = versions.map(|one| Kept {
            cut: false,
            item: one.clone(),
        });
        Record {
            form: FORM,
            key: key.clone(),
            practice: self.policy.practice.name.clone(),
            nation: self.policy.practice.nation,
            timezone: self.policy.practice.timezone.clone(),
            recipient: Recipient::Author,
            whole: false,
            sentences: sentences(&history.events, self.policies),
            versions: versions.collect(),
            actions: Vec::new(),
            tasks: Vec::new(),
            appeals: Vec::new(),
            keys: Vec::new(),
            pictures: Files::new(),
            left_out: BTreeMap::new(),
            lines: Vec::new(),
        }
    }

    /// Returns what the author wrote to ask for another look.
    fn appeals(&self, history: &History) -> Vec<Said> {
        let appeals = history.appeals.iter().map(|appeal| Said {
            when: self.calendar.local(appeal.at),
            what: words::appeal(appeal.reason).to_owned(),
            note: Some(appeal.words.clone()).filter(|words| !words.is_empty()),
        });
        appeals.collect()
    }

    fn story(&mut self, key: &PostKey, history: &History) -> Result<Vec<Said>, NoRecord> {
        let mut events = Vec::new();
        for line in &history.events {
            let Ok(event) = line.event() else { continue };
            let (out, told) = kept_out(&event, history);
            if let Some(kind) = out {
                self.keep_out(kind);
            }
            if told == Told::Nothing {
                continue;
            }
            let mut line = line.clone();
            line.body = self.body(&line.body, told == Told::All)?;
            events.push(line);
        }
        let told = History::of_records(
            key,
            history.revisions.clone(),
            events,
            history.actions.clone(),
            history.tasks.clone(),
            Vec::new(),
            Vec::new(),
        )?;
        let lines = story(&told, &self.calendar).into_iter().map(|line| Said {
            when: line.when,
            what: plain(&line.what),
            note: line.note.as_deref().map(plain),
        });
        Ok(lines.collect())
    }

    /// Returns what a line says with roles in place of names, and nothing that may be about others.
    fn body(&self, body: &str, with_note: bool) -> Result<String, NoRecord> {
        let mut event: Value = serde_json::from_str(body)?;
        let Some(members) = event.as_object_mut() else {
            return Ok(body.to_owned());
        };
        if let Some(by) = members.get_mut("by") {
            *by = Value::String(by_role(by.as_str().unwrap_or_default()));
        }
        if let Some(to) = members.get_mut("to") {
            *to = Value::String(CUT.to_owned());
        }
        for name in ["wrong", "right"] {
            if let Some(Value::String(words)) = members.get_mut(name) {
                *words = self.without_others(words);
            }
        }
        if let Some(note) = members.remove("note")
            && let (Some(note), true) = (note.as_str(), with_note)
        {
            let note = Value::String(self.without_others(note));
            members.insert("note".to_owned(), note);
        }
        Ok(event.to_string())
    }

    fn without_others(&self, note: &str) -> String {
        without_others(note, &[], &self.staff)
    }

    fn keep_out(&mut self, kind: KeptOut) {
        *self.kept_out.entry(kind).or_default() += 1;
    }
}

/// How much of a line an author is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    All,
    WithoutNote,
    Nothing,
}

/// Returns what of a line is kept out, and why.
fn kept_out(event: &Event, history: &History) -> (Option<KeptOut>, Told) {
    let task = |id: &str| history.tasks.iter().find(|task| task.id == id);
    match event {
        Event::Exported {
            recipient: Recipient::Solicitor,
            ..
        } => (Some(KeptOut::LegalAdvice), Told::Nothing),
        Event::Exported {
            recipient: Recipient::Police,
            ..
        } => (Some(KeptOut::Police), Told::Nothing),
        Event::Hold { .. } => (Some(KeptOut::Hold), Told::Nothing),
        Event::Chosen {
            task: id,
            note,
            settled,
            ..
        } => {
            let answered = || [id].into_iter().chain(settled).filter_map(|id| task(id));
            let is_legal = answered().any(|task| {
                matches!(
                    task.kind,
                    TaskKind::LegalAdviceRequired | TaskKind::LegalAdviceOptional
                )
            });
            if is_legal {
                (Some(KeptOut::LegalAdvice), Told::Nothing)
            } else if answered().any(|task| is_danger(task.kind)) {
                (note.as_ref().map(|_| KeptOut::Danger), Told::WithoutNote)
            } else {
                (None, Told::All)
            }
        }
        Event::Acknowledged { note, .. } => {
            (note.as_ref().map(|_| KeptOut::Danger), Told::WithoutNote)
        }
        // What is right in place of what is kept out is kept out as well.
        Event::Rectified { line, .. } => {
            let wrong = history.events.iter().find(|one| one.seq == *line);
            let wrong = wrong.and_then(|line| line.event().ok());
            let is_one_too = |event: &Event| matches!(event, Event::Rectified { .. });
            match wrong.filter(|event| !is_one_too(event)) {
                Some(wrong) => match kept_out(&wrong, history) {
                    (Some(kind), _) => (Some(kind), Told::Nothing),
                    (None, told) => (None, told),
                },
                None => (None, Told::Nothing),
            }
        }
        Event::Exported { .. }
        | Event::Appealed { .. }
        | Event::Sampled { .. }
        | Event::SampleOver { .. }
        | Event::Decided { .. }
        | Event::Acted { .. }
        | Event::Failed { .. }
        | Event::Parked { .. }
        | Event::Dropped { .. }
        | Event::AnswerWritten { .. }
        | Event::HandedOver { .. }
        | Event::PicturesKept { .. }
        | Event::ShownAgain { .. }
        | Event::Removed { .. }
        | Event::WordsDropped { .. }
        | Event::LetGo { .. }
        | Event::Erased { .. }
        | Event::Restricted { .. }
        | Event::StoodAgain { .. }
        | Event::VisibilitySeen { .. } => (None, Told::All),
    }
}

const fn is_danger(kind: TaskKind) -> bool {
    kind.is_danger() || matches!(kind, TaskKind::SafeguardingToday)
}

/// Returns every file of an answer.
fn files(answer: &Answer) -> Result<Files, NoRecord> {
    let page = AnswerPage {
        it: answer,
        on: on(answer.platform),
        lists: [
            ("Incidents", &answer.incidents),
            ("Steps against the account", &answer.steps),
            ("Notes about the account", &answer.notes),
            ("What you asked not to be used", &answer.restrictions),
        ],
    };
    let page = page.render();
    let page = page.map_err(|error| NoRecord::Unwritable(Box::new(error)))?;
    let mut json = serde_json::to_string_pretty(answer)?;
    json.push('\n');
    let mut files = Files::from([
        (PAGE.to_owned(), page.into_bytes()),
        (ANSWER.to_owned(), json.into_bytes()),
    ]);
    let sums: String = files.iter().map(|(name, bytes)| sum(name, bytes)).collect();
    files.insert(SUMS.to_owned(), sums.into_bytes());
    Ok(files)
}

/// Makes an answer again from what programs read of it, and says what differs.
pub(crate) fn check(found: &Files, bytes: &[u8], wrong: &mut Vec<String>) {
    let answer = found.get(ANSWER);
    let answer = answer.and_then(|json| serde_json::from_slice::<Answer>(json).ok());
    let Some(made) = answer.and_then(|answer| files(&answer).ok()) else {
        wrong.push(format!("{ANSWER} was changed: it cannot be read."));
        return;
    };
    if !wrong.is_empty() {
        return;
    }
    if made.get(PAGE) != found.get(PAGE) {
        wrong.push(format!(
            "{PAGE} was changed: it does not say what {ANSWER} says."
        ));
    } else if made != *found || archive::write(&made).is_ok_and(|packed| packed != bytes) {
        wrong.push(
            "The file: it was packed again by another program, or something was added.".to_owned(),
        );
    }
}
