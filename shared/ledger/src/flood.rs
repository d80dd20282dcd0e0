//! A flood: posts of one author that wait, and that a person answers together where the same answer
//! fits each of them. Whatever is graver stays out, and is decided by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use pagewarden_rules::{Effect, Platform, Post, PostKey, PracticeId, TaskKind, Topic};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::authority::{Act, Person, may};
use crate::cases::{Case, Question};
use crate::chain::ChainHead;
use crate::decisions::NewDecision;
use crate::keys::Key;
use crate::queue::Waiting;
use crate::records::{ReadBy, StateRecord, TaskRecord};
use crate::tasks::{Answer, Answered, Choice};
use crate::write::{Transacted, Transaction, Tries, from_item, key_of, text};
use crate::{Ledger, LedgerError, keys};

/// Hexadecimal digits of an author's hash.
const HASH_DIGITS: usize = 32;

/// Posts that are answered in one transaction: with some five writes each it stays within
/// [`MOST_WRITES`].
const POSTS_AT_ONCE: usize = 18;

/// Writes of one transaction, a limit of the table; without the end of the chain and the counters,
/// of which there is one each.
const MOST_WRITES: usize = 98;

/// Tasks that the index looks through at once, and how often it is asked: more than wait at any
/// practice, so that looking for a flood ends whatever waits.
const TASKS_AT_ONCE: i32 = 1_000;
const MOST_QUERIES: usize = 20;

/// Tasks of an author from which on no more are looked for: more than one press answers.
const MOST_TASKS: usize = 1_000;

/// Whose post it is: a hash of practice, platform and the author's id there. No two practices have
/// the same for one author, and it says nothing to whoever does not know the id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthorHash(String);

impl AuthorHash {
    /// Returns the hash of a post's author, if the platform says who that is.
    #[must_use]
    pub fn of(key: &PostKey, post: &Post) -> Option<Self> {
        let author = post.author.id.as_deref()?;
        Some(Self::of_account(&key.practice, key.platform, author))
    }

    /// Returns the hash of an account.
    pub(crate) fn of_account(practice: &PracticeId, platform: Platform, account: &str) -> Self {
        let named = format!("{practice} {platform} {account}");
        let mut hash = hex::encode(Sha256::digest(named));
        hash.truncate(HASH_DIGITS);
        AuthorHash(hash)
    }
}

impl fmt::Display for AuthorHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AuthorHash {
    type Err = NoAuthorHash;

    fn from_str(text: &str) -> Result<Self, NoAuthorHash> {
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == HASH_DIGITS && text.bytes().all(is_digit) {
            Ok(AuthorHash(text.to_owned()))
        } else {
            Err(NoAuthorHash)
        }
    }
}

/// A text is no hash of an author.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an author's hash is {HASH_DIGITS} hexadecimal digits")]
pub struct NoAuthorHash;

/// Why a post is decided by itself, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Apart {
    /// Somebody may be in danger.
    Danger,
    /// It is or may be a complaint.
    Complaint,
    /// Somebody needs care first.
    Care,
    /// What was found in it has to be looked at by itself: distress, a threat, what identifies a
    /// patient.
    Grave,
    /// Something else is asked about it, or this person may not answer it so.
    Differs,
}

impl TaskRecord {
    /// Returns why the post that it is about is decided by itself; none if the post may be answered
    /// together with others.
    #[must_use]
    pub fn apart(&self) -> Option<Apart> {
        apart(self.kind, &self.options, self.alone)
    }
}

/// Returns why a post is decided by itself, as far as one task about it says.
pub(crate) fn apart(kind: TaskKind, options: &[Effect], alone: bool) -> Option<Apart> {
    let differs = match Question::asked_by(kind) {
        Question::Danger => return Some(Apart::Danger),
        Question::Complaint | Question::Acknowledgement => return Some(Apart::Complaint),
        Question::Care => return Some(Apart::Care),
        // These ask something of their own about the words.
        Question::Post => matches!(
            kind,
            TaskKind::ShowAgain | TaskKind::CheckConsent | TaskKind::DecideLanguage
        ),
        // What the machine was kept from hiding, as of a flood it is after the first few.
        Question::ByHand => options != [Effect::Hide],
        Question::Report | Question::Message | Question::Reply => false,
        Question::ReportOutcome
        | Question::LegalAdvice
        | Question::Warning
        | Question::Incident
        | Question::Appeal
        | Question::SecondLook
        | Question::Approval
        | Question::Elsewhere
        | Question::Channel
        | Question::Contact => true,
    };
    if alone {
        Some(Apart::Grave)
    } else {
        differs.then_some(Apart::Differs)
    }
}

/// Returns `true` if what was found in a post has to be looked at by itself. Whoever read it not,
/// or not all of it, may have found more.
pub(crate) fn is_for_itself(post: &Post, new: &NewDecision) -> bool {
    let (unread, meaning) = match &new.read_by {
        ReadBy::Nobody => (true, None),
        ReadBy::RulesOnly => (false, None),
        ReadBy::Both(meaning) => (meaning.unread > 0, Some(meaning)),
    };
    let decision = &new.decision;
    let clauses = decision.clauses.iter().chain(&decision.learned);
    let senses = meaning.into_iter().flat_map(|meaning| &meaning.said);
    let mut topics = clauses
        .flat_map(|clause| &clause.topics)
        .chain(new.findings.iter().map(|finding| &finding.topic))
        .chain(senses.flat_map(|said| said.sense.topics()));
    unread || !post.media.is_empty() || topics.any(is_grave)
}

/// Returns `true` if a post on this topic is looked at by itself: all but abuse, advertising and
/// opinions. What a practice's own topic is about is not known here.
const fn is_grave(topic: &Topic) -> bool {
    match topic {
        Topic::Safeguarding
        | Topic::ClinicalUrgent
        | Topic::Confidentiality
        | Topic::PatientIdentifiable
        | Topic::StaffIdentifiable
        | Topic::OtherPersonIdentifiable
        | Topic::Threatening
        | Topic::Menacing
        | Topic::Imminent
        | Topic::Complaint
        | Topic::ComplaintEnquiry
        | Topic::AppointmentRequest
        | Topic::OwnMedicalInformation
        | Topic::ContactStaff
        | Topic::PhotoWaitingArea
        | Topic::PhotoStaff
        | Topic::RecordingConsultation
        | Topic::RecordingWaitingArea
        | Topic::RecordingStaff
        | Topic::Distress
        | Topic::Child
        | Topic::ClaimsConsent
        | Topic::NotEnglish
        | Topic::Custom(_) => true,
        Topic::StaffIdentified
        | Topic::Obscene
        | Topic::GrosslyOffensive
        | Topic::Harassing
        | Topic::Derogatory
        | Topic::Offensive
        | Topic::Embarrassing
        | Topic::Defamatory
        | Topic::Fraudulent
        | Topic::Unlawful
        | Topic::Inaccurate
        | Topic::FalseInformation
        | Topic::Spam
        | Topic::Criticism
        | Topic::Praise
        | Topic::Review
        | Topic::DeviceUse => false,
    }
}

impl Choice {
    /// The choices that may be made for many posts at once: each can be taken back, and says nothing
    /// to anybody.
    pub const FOR_MANY: [Self; 3] = [Choice::KeepHidden, Choice::Keep, Choice::Done];
}

/// The open tasks of a case, as one answer closes them.
struct Joint<'a> {
    /// The one that is answered.
    task: &'a TaskRecord,
    /// The others.
    settled: Vec<&'a TaskRecord>,
}

impl<At: AsRef<StateRecord>> Case<At> {
    /// Returns whose post it is, if it may be answered together with others of its author, as far
    /// as the post itself and what waits about it say.
    #[must_use]
    pub fn flooded_by(&self) -> Option<&AuthorHash> {
        let author = self.tasks.first()?.author.as_ref()?;
        self.as_asked(author).is_ok().then_some(author)
    }

    /// Returns its open tasks as one answer closes them, or why it is decided by itself, as far as
    /// they say.
    fn as_asked(&self, author: &AuthorHash) -> Result<Joint<'_>, Apart> {
        let apart = self.tasks.iter().filter_map(TaskRecord::apart);
        let grave = self.grounds.as_ref().topics.iter().any(is_grave);
        if let Some(apart) = apart.chain(grave.then_some(Apart::Grave)).min() {
            return Err(apart);
        }
        let revision = self.revision.as_ref().map(|revision| &revision.revision);
        let is_theirs = |task: &TaskRecord| {
            task.author.as_ref() == Some(author) && Some(&task.revision) == revision
        };
        if !self.tasks.iter().all(is_theirs) {
            return Err(Apart::Differs);
        }
        let task = self.tasks.iter().find(|task| is_about_post(task));
        let task = task.or(self.tasks.first()).ok_or(Apart::Differs)?;
        let others = self.tasks.iter().filter(|other| other.id != task.id);
        Ok(Joint {
            task,
            settled: others.collect(),
        })
    }
}

impl Case {
    /// Returns what somebody may choose for it together with other posts of its author; nothing
    /// where it is decided by itself.
    #[must_use]
    pub fn choices_for_many(&self, roles: &[Person]) -> Vec<Choice> {
        let author = self.tasks.first().and_then(|task| task.author.as_ref());
        let Some(joint) = author.and_then(|author| self.joint(author).ok()) else {
            return Vec::new();
        };
        Choice::FOR_MANY
            .into_iter()
            .filter(|choice| self.who_may(&joint, roles, *choice).is_some())
            .collect()
    }

    /// Returns its open tasks as one answer closes them, or why it is decided by itself.
    fn joint(&self, author: &AuthorHash) -> Result<Joint<'_>, Apart> {
        match self.as_asked(author) {
            Ok(_) | Err(Apart::Differs) if self.grounds.is_complaint() => Err(Apart::Complaint),
            joint => joint,
        }
    }

    /// Returns the first of somebody's roles in which they may choose this for all of it. What is
    /// not answered by the choice itself they must be allowed to put aside.
    fn who_may<'p>(
        &self,
        joint: &Joint<'_>,
        roles: &'p [Person],
        choice: Choice,
    ) -> Option<&'p Person> {
        // Whether the post stays is answered, or where that is not asked, the rest is put aside.
        let fits = Choice::FOR_MANY.contains(&choice)
            && is_about_post(joint.task) == (choice != Choice::Done);
        if !fits {
            return None;
        }
        let by_the_way = |task: &&&TaskRecord| !is_about_post(task);
        roles.iter().find(|person| {
            let may_choose = |task, choice| {
                let act = Act::Choose {
                    task,
                    choice,
                    again: false,
                };
                may(person, &act, &self.grounds).is_ok()
            };
            may_choose(joint.task, choice)
                && joint
                    .settled
                    .iter()
                    .filter(by_the_way)
                    .all(|task| may_choose(task, Choice::Done))
        })
    }
}

/// Returns `true` if a task that may be answered together with others asks whether the post stays.
const fn is_about_post(task: &TaskRecord) -> bool {
    matches!(
        Question::asked_by(task.kind),
        Question::Post | Question::ByHand
    )
}

/// What waits of one author, as the index lists it: that lags behind by moments.
#[derive(Clone, Debug, Default)]
pub struct Flood {
    /// The posts that may be answered together, the most pressing first.
    pub posts: Vec<PostKey>,
    /// The posts that are decided by themselves, the gravest first, each with the reason.
    pub apart: Vec<(PostKey, Apart)>,
    /// What is asked about those that may be answered together.
    pub questions: BTreeSet<Question>,
    /// More waits at the practice than was looked through, so there may be more.
    pub more: bool,
}

/// What became of posts that somebody answered together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Together {
    /// Those that were answered.
    pub answered: Vec<PostKey>,
    /// Those that are decided by themselves, each with the reason.
    pub apart: Vec<(PostKey, Apart)>,
    /// Those about which nothing waits any more, since somebody else was first.
    pub meanwhile: usize,
    /// How many of the posts were looked at.
    pub looked_at: usize,
}

impl Ledger {
    /// Returns what waits about the posts of one author, the most pressing first. It reads a bounded
    /// part of the index, and stops where it has found a thousand tasks.
    pub async fn flood(
        &self,
        practice: &PracticeId,
        author: &AuthorHash,
    ) -> Result<Flood, LedgerError> {
        let mut names = Waiting::names();
        names.insert("#author".to_owned(), "author".to_owned());
        let (mut tasks, mut unreadable, mut from) = (Vec::new(), Vec::new(), None);
        for _ in 0..MOST_QUERIES {
            let found = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("queue")
                .key_condition_expression("queue_pk = :pk")
                .filter_expression("#author = :author")
                .projection_expression(Waiting::READ)
                .set_expression_attribute_names(Some(names.clone()))
                .expression_attribute_values(":pk", text(keys::queue_partition(practice)))
                .expression_attribute_values(":author", text(author.to_string()))
                .limit(TASKS_AT_ONCE)
                .set_exclusive_start_key(from)
                .send()
                .await?;
            for item in found.items.unwrap_or_default() {
                let Key { pk, .. } = key_of(&item);
                match from_item::<Waiting>(item) {
                    Ok(task) => tasks.push(task),
                    Err(error) => {
                        tracing::error!(key = %pk, %error, "a task that waits cannot be read");
                        unreadable.extend(keys::post_of(&pk));
                    }
                }
            }
            from = found.last_evaluated_key;
            if from.is_none() || tasks.len() >= MOST_TASKS {
                break;
            }
        }
        Ok(Flood {
            more: from.is_some(),
            ..Flood::of(tasks, unreadable)
        })
    }

    /// Answers as many of these posts of one author as one transaction holds, from the first on: all
    /// of them or none. A post that is graver than the others, that is asked about in another way
    /// or that this person may not answer so is left as it is.
    ///
    /// The person is given once for each of their roles. Each post's history says who chose what,
    /// and that it was for several posts.
    pub async fn answer_together(
        &self,
        author: &AuthorHash,
        posts: &[PostKey],
        roles: &[Person],
        answer: Answer<'_>,
        now: Timestamp,
    ) -> Result<Together, LedgerError> {
        let mut posts = &posts[..posts.len().min(POSTS_AT_ONCE)];
        let Some(first) = posts.first() else {
            return Ok(Together::default());
        };
        let practice = &first.practice;
        let people = self.people(practice).await?;
        let mut tries = Tries::at(&format!("the chain of {practice}"));
        loop {
            tries.next().await?;
            let cases = self.cases(posts.to_vec(), &people).await?;
            // Last, since everything that happens at the practice makes the chain grow. What is
            // written to the posts in between is found by the guards of their own.
            let head = self.chain_head(practice).await?;
            let mut writes = Transaction::default();
            let (mut end, mut counters) = (head.clone(), Vec::new());
            let mut together = Together::default();
            for (post, case) in posts.iter().zip(&cases) {
                let Some(case) = case.as_ref().filter(|case| !case.tasks.is_empty()) else {
                    together.meanwhile += 1;
                    together.looked_at += 1;
                    continue;
                };
                let joint = case.joint(author).and_then(|joint| {
                    let person = case.who_may(&joint, roles, answer.choice);
                    Ok((person.ok_or(Apart::Differs)?, joint))
                });
                let (person, joint) = match joint {
                    Ok(joint) => joint,
                    Err(apart) => {
                        together.apart.push((post.clone(), apart));
                        together.looked_at += 1;
                        continue;
                    }
                };
                // Its tasks, an action, what follows, its line and its state.
                if writes.len() + case.tasks.len() + 4 > MOST_WRITES {
                    break;
                }
                let answered = Answered {
                    task: joint.task,
                    settled: joint.settled,
                    revision: case.revision.as_ref(),
                    at: &case.grounds,
                    together: true,
                };
                let (choice, note) = (answer.choice, answer.note);
                let follows = self.answer(&mut writes, &answered, person, choice, note, now)?;
                counters.extend(follows.counters);
                let (state, event, link) = (&case.grounds.state, &follows.event, end.next());
                let after = self.line(&mut writes, post, state, now, event, None, Some(&link))?;
                end = ChainHead {
                    seq: link.seq,
                    hash: after.head,
                };
                together.answered.push(post.clone());
                together.looked_at += 1;
            }
            if together.answered.is_empty() {
                return Ok(together);
            }
            self.grow_by(&mut writes, practice, head.seq, &end)?;
            self.watch(&mut writes, practice, &counters, now).await?;
            self.count(&mut writes, practice, counters, now)?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(together);
            }
            // The fewer they are, the sooner they are read and written, and the fewer get in between.
            posts = &posts[..posts.len().div_ceil(2)];
        }
    }
}

impl Flood {
    /// Sorts posts by what waits about them. Those of which a task cannot be read are decided by
    /// themselves.
    fn of(tasks: Vec<Waiting>, unreadable: Vec<PostKey>) -> Self {
        let reasons = tasks.iter().filter_map(|task| {
            let reason = apart(task.kind, &task.options, task.alone)?;
            Some((task.key.clone(), reason))
        });
        let unreadable = unreadable.into_iter().map(|post| (post, Apart::Differs));
        let mut apart: BTreeMap<PostKey, Apart> = BTreeMap::new();
        for (post, reason) in reasons.chain(unreadable) {
            let known = apart.entry(post).or_insert(reason);
            *known = reason.min(*known);
        }
        let (mut flood, mut known) = (Flood::default(), BTreeSet::new());
        for task in tasks {
            if apart.contains_key(&task.key) {
                continue;
            }
            flood.questions.insert(Question::asked_by(task.kind));
            if known.insert(task.key.clone()) {
                flood.posts.push(task.key);
            }
        }
        flood.apart = apart.into_iter().collect();
        flood.apart.sort_by_key(|(_, reason)| *reason);
        flood
    }
}
