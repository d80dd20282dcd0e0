//! Cases: one post with everything that waits about it, as people see and decide it. Tasks are the
//! record underneath.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use pagewarden_rules::{Effect, PostKey, PracticeId, TaskKind};

use crate::authority::{Grounds, Person};
use crate::history::History;
use crate::keys::Key;
use crate::queue::{Queue, Waiting, key};
use crate::records::{RevisionRecord, StateRecord, TaskRecord, TaskStatus};
use crate::rows::place_in_queue;
use crate::tasks::Choice;
use crate::write::{Item, from_item, text};
use crate::{Ledger, LedgerError, keys};

/// Posts that are read at the same time to show what waits.
const AT_ONCE: usize = 16;

/// Tasks that the index returns at once.
const TASKS_AT_ONCE: i32 = 60;

/// How often the index is asked for one page of cases: a page is bounded, however many tasks one
/// post has.
const MOST_QUERIES: usize = 4;

/// What a task asks, as far as its answer may answer another one too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// Is somebody in danger, and who sees to it?
    Danger,
    /// Does the post stay?
    Post,
    /// Is it shown again, although nobody here hid it?
    Elsewhere,
    /// Is it a complaint?
    Complaint,
    /// Is the complaint acknowledged?
    Acknowledgement,
    /// Is the report made?
    Report,
    /// What became of the report?
    ReportOutcome,
    /// Is it answered in public?
    Reply,
    /// Are the words right that somebody wrote for an answer?
    Approval,
    /// Is its author written to?
    Message,
    /// Is legal advice sought?
    LegalAdvice,
    /// Is the account warned?
    Warning,
    /// What happened on the premises?
    Incident,
    /// Is it done by hand what the machine could not do?
    ByHand,
    /// Was it right, now that its author asks for another look?
    Appeal,
    /// Was it right to hide it, now that it was drawn by lot?
    SecondLook,
    /// Is the account connected again?
    Channel,
    /// Is somebody's address or number corrected?
    Contact,
    /// Does somebody need care first?
    Care,
}

impl Question {
    /// Returns the question that tasks of a kind ask.
    #[must_use]
    pub const fn asked_by(kind: TaskKind) -> Self {
        match kind {
            TaskKind::SafeguardingNow
            | TaskKind::SafeguardingToday
            | TaskKind::StaffSafetyNow
            | TaskKind::ApproveUrgentSignpost => Question::Danger,
            TaskKind::CareFirst => Question::Care,
            TaskKind::Decide
            | TaskKind::DecidePraise
            | TaskKind::DecideLanguage
            | TaskKind::CheckConsent
            | TaskKind::ConfirmDelete
            | TaskKind::ConfirmDeleteByPracticeManager
            | TaskKind::MaybeDelete
            | TaskKind::DeleteAndOrReport
            | TaskKind::ModerateDeleteOrBan
            | TaskKind::ShowAgain => Question::Post,
            TaskKind::HiddenElsewhere => Question::Elsewhere,
            TaskKind::AskAuthor => Question::Message,
            TaskKind::ReportByHand => Question::Report,
            TaskKind::ReportOutcome => Question::ReportOutcome,
            TaskKind::ComplaintDecision => Question::Complaint,
            TaskKind::AcknowledgeComplaint => Question::Acknowledgement,
            TaskKind::LegalAdviceRequired | TaskKind::LegalAdviceOptional => Question::LegalAdvice,
            TaskKind::Ladder => Question::Warning,
            TaskKind::ApprovePublicReply
            | TaskKind::ApprovePublicReplyOptional
            | TaskKind::ApproveSignpost
            | TaskKind::OfferSignpost
            | TaskKind::OfferReviewLink => Question::Reply,
            TaskKind::ApproveAnswer => Question::Approval,
            TaskKind::RecordIncident => Question::Incident,
            TaskKind::DoByHand => Question::ByHand,
            TaskKind::Appeal => Question::Appeal,
            TaskKind::SecondLook => Question::SecondLook,
            TaskKind::ReconnectChannel => Question::Channel,
            TaskKind::RepairContact => Question::Contact,
        }
    }

    /// Returns `true` if a choice about whether the post stays leaves nothing to be asked here.
    const fn is_settled_by(self, choice: Choice) -> bool {
        match choice {
            // It stays: nobody is asked to take it down, and nothing is reported.
            Choice::Keep | Choice::Restore | Choice::NotComplaint | Choice::Grant => {
                matches!(
                    self,
                    Question::Post
                        | Question::Elsewhere
                        | Question::Message
                        | Question::Report
                        | Question::Appeal
                        | Question::SecondLook
                )
            }
            Choice::KeepHidden => {
                matches!(
                    self,
                    Question::Post | Question::Elsewhere | Question::SecondLook
                )
            }
            // It is gone: it can be neither reported nor answered.
            Choice::Delete => {
                matches!(
                    self,
                    Question::Post
                        | Question::Elsewhere
                        | Question::Message
                        | Question::Report
                        | Question::Reply
                        | Question::SecondLook
                )
            }
            Choice::Reply
            | Choice::AskAuthor
            | Choice::Ban
            | Choice::Mute
            | Choice::Reported
            | Choice::Removed
            | Choice::Refused
            | Choice::NoAnswer
            | Choice::Appealed
            | Choice::Complaint
            | Choice::ComplaintAcknowledged
            | Choice::Decline
            | Choice::SendBack
            | Choice::Done => false,
        }
    }
}

impl Grounds {
    /// Returns the open tasks that need no answer any more once this one is answered so: one
    /// decision about whether the post stays answers everything that hangs on it.
    #[must_use]
    pub fn settled_with(&self, task: &TaskRecord, choice: Choice) -> Vec<&TaskRecord> {
        let decides = match Question::asked_by(task.kind) {
            Question::Post | Question::Elsewhere => true,
            // What Pagewarden did not do, a person has it do, or decides otherwise.
            Question::ByHand => choice != Choice::Done,
            // No complaint, hidden for nothing else, and so shown again: what was asked because of
            // it is answered too.
            Question::Complaint => {
                choice == Choice::NotComplaint && self.effect(task, choice).is_some()
            }
            // That it was right to hide it does not say whether it is deleted.
            Question::SecondLook => choice == Choice::Restore,
            // Its author was right, and so it stays.
            Question::Appeal => choice == Choice::Grant,
            Question::Danger
            | Question::Acknowledgement
            | Question::Report
            | Question::ReportOutcome
            | Question::Reply
            | Question::Approval
            | Question::Message
            | Question::LegalAdvice
            | Question::Warning
            | Question::Incident
            | Question::Channel
            | Question::Contact
            | Question::Care => false,
        };
        let others: Vec<&TaskRecord> = self
            .tasks()
            .iter()
            .filter(|other| other.status == TaskStatus::Open && other.id != task.id)
            .collect();
        let mut settled: Vec<&TaskRecord> = others
            .iter()
            .copied()
            .filter(|other| decides && is_settled_by(other, choice))
            .collect();
        // Words of somebody's own wait no longer than the task for which they were written, which
        // they answer when they are sent.
        let answered = task.own_words.as_ref().filter(|_| choice.speaks());
        for other in others {
            let of = other.own_words.as_ref().map(|own| &own.of);
            let closed = |id: &String| *id == task.id || settled.iter().any(|one| one.id == *id);
            let is_answered = answered.is_some_and(|own| own.of == other.id);
            if (is_answered || of.is_some_and(closed))
                && settled.iter().all(|one| one.id != other.id)
            {
                settled.push(other);
            }
        }
        settled
    }
}

/// Returns `true` if a choice about whether the post stays leaves nothing to be asked by a task.
fn is_settled_by(task: &TaskRecord, choice: Choice) -> bool {
    let about_post = |effect: &Effect| {
        matches!(
            effect,
            Effect::Hide | Effect::Unhide | Effect::Delete | Effect::Moderate
        )
    };
    match Question::asked_by(task.kind) {
        // What was to be done about the post and failed is done, or no longer wanted.
        Question::ByHand => {
            Question::Post.is_settled_by(choice)
                && !task.options.is_empty()
                && task.options.iter().all(about_post)
        }
        Question::Approval => {
            let question = if task.options.contains(&Effect::AskAuthor) {
                Question::Message
            } else {
                Question::Reply
            };
            question.is_settled_by(choice)
        }
        question @ (Question::Danger
        | Question::Post
        | Question::Elsewhere
        | Question::Complaint
        | Question::Acknowledgement
        | Question::Report
        | Question::ReportOutcome
        | Question::Reply
        | Question::Message
        | Question::LegalAdvice
        | Question::Warning
        | Question::Incident
        | Question::Channel
        | Question::Contact
        | Question::Care
        | Question::Appeal
        | Question::SecondLook) => question.is_settled_by(choice),
    }
}

/// A case: one post, and everything that waits about it.
///
/// To be decided it has to come with all that authority over it rests on. Where the post stands is
/// enough to show it in a list: that is a [`ListedCase`].
#[derive(Clone, Debug)]
pub struct Case<At = Grounds> {
    /// The post.
    pub key: PostKey,
    /// The revision about which they are asked, as far as it is on record.
    pub revision: Option<RevisionRecord>,
    /// What authority over it rests on, or where the post stands.
    pub grounds: At,
    /// The open tasks about it, the most pressing first. Never empty in a list of what waits.
    pub tasks: Vec<TaskRecord>,
}

/// A case as a list shows it. Nobody can decide it so.
pub type ListedCase = Case<StateRecord>;

impl<At> Case<At> {
    /// Returns when the first of its tasks is due that may not be left.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        self.tasks
            .iter()
            .filter(|task| !task.optional)
            .map(|task| task.due_at)
            .min()
    }

    /// Returns `true` if somebody may be in danger, and nobody has answered.
    #[must_use]
    pub fn is_danger(&self) -> bool {
        self.tasks.iter().any(|task| task.kind.is_danger())
    }

    /// Returns what is asked, the most pressing question first, each with the tasks that ask it.
    #[must_use]
    pub fn questions(&self) -> Vec<(Question, Vec<&TaskRecord>)> {
        let mut questions: Vec<(Question, Vec<&TaskRecord>)> = Vec::new();
        let is_asked_already = self
            .tasks
            .iter()
            .any(|task| Question::asked_by(task.kind) == Question::Post);
        for task in &self.tasks {
            let mut question = Question::asked_by(task.kind);
            // Whether it stays says whether it is shown again.
            if question == Question::Elsewhere && is_asked_already {
                question = Question::Post;
            }
            match questions.iter_mut().find(|(known, _)| *known == question) {
                Some((_, tasks)) => tasks.push(task),
                None => questions.push((question, vec![task])),
            }
        }
        questions
    }

    /// Returns who wrote it, if the platform said so and it is kept.
    #[must_use]
    pub fn author(&self) -> Option<&str> {
        self.revision.as_ref()?.post.author.id.as_deref()
    }
}

/// Cases about posts that one author wrote at one practice, the most pressing first. Never empty.
pub type Group = Vec<Case>;

impl History {
    /// Returns the case about the post, given the people of its practice, without reading anything
    /// more.
    #[must_use]
    pub fn case(&self, key: &PostKey, people: Vec<Person>) -> Case {
        let open = open(&self.tasks);
        let wanted = open
            .first()
            .map(|task| &task.revision)
            .or(self.state.revision.as_ref());
        let revision = self
            .revisions
            .iter()
            .find(|revision| Some(&revision.revision) == wanted);
        let revision = revision.or(self.revisions.last()).cloned();
        let grounds = Grounds::of_post(
            key.practice.clone(),
            people,
            self.state.clone(),
            revision.as_ref(),
            self.tasks.clone(),
            &self.actions,
        );
        Case {
            key: key.clone(),
            revision,
            grounds,
            tasks: open,
        }
    }
}

/// One page of what waits at a practice.
#[derive(Clone, Debug, Default)]
pub struct CasePage {
    /// The cases, the most pressing first.
    pub cases: Vec<ListedCase>,
    /// Where the next page begins, if there is more.
    pub next: Option<String>,
    /// Tasks that cannot be read here, as a newer version of the program may write them: by their
    /// keys.
    pub unreadable: Vec<String>,
}

/// The posts of one page, as the index lists them.
#[derive(Default)]
struct Listed {
    posts: Vec<PostKey>,
    /// Tasks about these posts and others. A post's own record does not name those that are about
    /// no words, such as that an account has to be connected again.
    tasks: Vec<Key>,
    next: Option<String>,
    unreadable: Vec<String>,
}

impl Ledger {
    /// Returns a page of at most `most` cases about which one of these questions is asked,
    /// beginning behind another page's `next`. No questions mean any.
    ///
    /// It reads a bounded part of the index, whatever waits, so a page may hold fewer and still
    /// have a `next`. A post stands on the page of its most pressing task.
    pub async fn case_page(
        &self,
        practice: &PracticeId,
        questions: &[Question],
        after: Option<&str>,
        most: usize,
    ) -> Result<CasePage, LedgerError> {
        let Listed {
            posts,
            tasks,
            next,
            mut unreadable,
        } = self.listed(practice, questions, after, most).await?;
        let cases = self.listed_cases(posts, &tasks, &mut unreadable).await?;
        // What the index lists behind the beginning may be the lesser task of a post on an earlier
        // page.
        let begins_here = |case: &ListedCase| match (
            after,
            case.tasks
                .iter()
                .filter(|task| is_among(questions, task.kind))
                .map(place_in_queue)
                .min(),
        ) {
            (Some(after), Some(first)) => first.as_str() > after,
            (None, Some(_)) => true,
            (_, None) => false,
        };
        let mut cases: Vec<ListedCase> = cases.into_iter().filter(begins_here).collect();
        cases.sort_by_cached_key(|case| case.tasks.first().map(TaskRecord::pressing));
        Ok(CasePage {
            cases,
            next,
            unreadable,
        })
    }

    async fn listed(
        &self,
        practice: &PracticeId,
        questions: &[Question],
        after: Option<&str>,
        most: usize,
    ) -> Result<Listed, LedgerError> {
        let mut listed = Listed {
            next: after.map(str::to_owned),
            ..Listed::default()
        };
        for _ in 0..MOST_QUERIES {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("queue")
                .projection_expression(format!("SK, queue_sk, {}", Waiting::READ))
                .set_expression_attribute_names(Some(Waiting::names()))
                .limit(TASKS_AT_ONCE);
            let query = match &listed.next {
                None => query.key_condition_expression("queue_pk = :pk"),
                Some(from) => query
                    .key_condition_expression("queue_pk = :pk AND queue_sk > :from")
                    .expression_attribute_values(":from", text(from.as_str())),
            };
            let query = asking(query, questions);
            let query =
                query.expression_attribute_values(":pk", text(keys::queue_partition(practice)));
            let found = query.send().await?;
            let looked_to = found.last_evaluated_key.map(|last| place(&last));
            for item in found.items.unwrap_or_default() {
                let place = place(&item);
                let of_task = key(&item);
                let name = of_task.to_string();
                listed.tasks.push(of_task);
                match from_item::<Waiting>(item) {
                    Ok(task)
                        if listed.posts.contains(&task.key) || !is_among(questions, task.kind) => {}
                    Ok(_) if listed.posts.len() == most => return Ok(listed),
                    Ok(task) => listed.posts.push(task.key),
                    Err(error) => {
                        tracing::error!(key = %name, %error, "a task that waits cannot be read");
                        listed.unreadable.push(name);
                    }
                }
                listed.next = place;
            }
            match looked_to {
                // What was looked through there asks something else.
                Some(place) => listed.next = place,
                None => {
                    return Ok(Listed {
                        next: None,
                        ..listed
                    });
                }
            }
        }
        Ok(listed)
    }

    /// Returns the posts about which something waits, as a list shows them. It takes two or three
    /// calls for all of them. What cannot be read hides no other, and is named.
    async fn listed_cases(
        &self,
        posts: Vec<PostKey>,
        tasks: &[Key],
        unreadable: &mut Vec<String>,
    ) -> Result<Vec<ListedCase>, LedgerError> {
        let mut states = self.items(posts.iter().map(keys::state).collect()).await?;
        let mut cases: Vec<ListedCase> = Vec::new();
        for post in posts {
            let state = states.remove(&keys::state(&post)).map(from_item);
            if let Some(state) = readable(state.transpose(), unreadable) {
                cases.push(Case {
                    key: post,
                    revision: None,
                    grounds: state.unwrap_or_default(),
                    tasks: Vec::new(),
                });
            }
        }
        let revision = |case: &ListedCase| {
            let wanted = case.tasks.first().map(|task| &task.revision);
            let wanted = wanted.or(case.grounds.revision.as_ref())?;
            Some(keys::revision(&case.key, wanted))
        };
        let task = |case: &ListedCase| -> HashSet<Key> {
            let open = &case.grounds.open_tasks;
            let known = open.iter().map(|id| keys::task(&case.key, id));
            let partition = keys::post(&case.key);
            let listed = tasks.iter().filter(|task| task.pk == partition);
            known.chain(listed.cloned()).collect()
        };
        // The tasks mostly ask about the version that was decided last.
        let wanted = cases
            .iter()
            .flat_map(|case| revision(case).into_iter().chain(task(case)));
        let mut items = self.items(wanted.collect()).await?;
        cases.retain_mut(|case| {
            let tasks = task(case).into_iter().filter_map(|key| items.remove(&key));
            let tasks: Option<Vec<TaskRecord>> = tasks
                .map(|item| readable(from_item(item), unreadable))
                .collect();
            case.tasks = tasks.as_deref().map(open).unwrap_or_default();
            !case.tasks.is_empty()
        });
        let others = cases.iter().filter_map(revision);
        let others = others.filter(|key| !items.contains_key(key)).collect();
        items.extend(self.items(others).await?);
        cases.retain_mut(|case| {
            let item = revision(case).and_then(|key| items.remove(&key));
            let read = readable(item.map(from_item).transpose(), unreadable);
            let is_readable = read.is_some();
            case.revision = read.flatten();
            is_readable
        });
        Ok(cases)
    }

    /// Returns the cases about posts of one practice, given its people, whether anything waits about
    /// them or not: one for each, or none of a post that was never seen.
    pub async fn cases(
        &self,
        posts: Vec<PostKey>,
        people: &[Person],
    ) -> Result<Vec<Option<Case>>, LedgerError> {
        let cases = stream::iter(posts).map(|post| self.case_with(post, people.to_vec()));
        cases.buffered(AT_ONCE).try_collect().await
    }

    /// Reads all about a post at once, which costs no more than its parts by themselves, and is one
    /// call instead of four. The lines of its history are not needed, and stay at the table.
    async fn case_with(
        &self,
        post: PostKey,
        people: Vec<Person>,
    ) -> Result<Option<Case>, LedgerError> {
        let items = self.client.query().table_name(&self.table);
        let items = items
            .consistent_read(true)
            .key_condition_expression("PK = :pk")
            .filter_expression("attribute_not_exists(#prev)")
            .expression_attribute_names("#prev", "prev")
            .expression_attribute_values(":pk", text(keys::post(&post)))
            .into_paginator()
            .items()
            .send();
        let items: Vec<_> = items.collect::<Result<_, _>>().await?;
        let mut history = History::default();
        for item in items {
            history.take(item)?;
        }
        history.sort();
        let case = history.case(&post, people);
        let is_known = history.state.seq > 0 || !case.tasks.is_empty() || case.revision.is_some();
        Ok(is_known.then_some(case))
    }

    /// Returns what waits at a practice by author and post, with all that is needed to show and to
    /// decide it.
    pub async fn groups(
        &self,
        practice: &PracticeId,
    ) -> Result<(Vec<Group>, Vec<String>), LedgerError> {
        let Queue { tasks, unreadable } = self.queue(practice).await?;
        let people = self.people(practice).await?;
        let posts: BTreeSet<PostKey> = tasks.into_iter().map(|task| task.key).collect();
        let cases = self.cases(posts.into_iter().collect(), &people).await?;
        // The index lags behind by moments: of some of them nothing may wait any more.
        let waits = |case: &Case| !case.tasks.is_empty();
        let cases = cases.into_iter().flatten().filter(waits).collect();
        Ok((grouped(cases), unreadable))
    }
}

/// Returns what was read, or names what cannot be.
fn readable<T>(read: Result<T, LedgerError>, unreadable: &mut Vec<String>) -> Option<T> {
    match read {
        Ok(read) => return Some(read),
        Err(LedgerError::Unreadable { key, source }) => {
            tracing::error!(%key, error = %source, "a case that waits cannot be read");
            unreadable.push(key);
        }
        Err(error) => tracing::error!(%error, "a case that waits cannot be read"),
    }
    None
}

/// Has the table leave out tasks that ask none of these questions; none means any.
fn asking(query: QueryFluentBuilder, questions: &[Question]) -> QueryFluentBuilder {
    let kinds = TaskKind::ALL
        .iter()
        .filter(|kind| is_among(questions, **kind));
    let kinds: Vec<_> = kinds.enumerate().collect();
    if questions.is_empty() {
        return query;
    }
    let names: Vec<String> = kinds.iter().map(|(n, _)| format!(":k{n}")).collect();
    let query = query.filter_expression(format!("#kind IN ({})", names.join(", ")));
    let value = |query: QueryFluentBuilder, (n, kind): (usize, &TaskKind)| {
        query.expression_attribute_values(format!(":k{n}"), text(kind.name()))
    };
    kinds.into_iter().fold(query, value)
}

/// Returns where a task stands in the queue.
fn place(item: &Item) -> Option<String> {
    item.get("queue_sk")?.as_s().ok().cloned()
}

fn is_among(questions: &[Question], kind: TaskKind) -> bool {
    questions.is_empty() || questions.contains(&Question::asked_by(kind))
}

/// Returns the open ones of a post's tasks, the most pressing first.
fn open(tasks: &[TaskRecord]) -> Vec<TaskRecord> {
    let mut open = tasks.to_vec();
    open.retain(|task| task.status == TaskStatus::Open);
    open.sort_by_cached_key(TaskRecord::pressing);
    open
}

/// Puts posts together by author, and the most pressing first. A post whose author is not known
/// stands alone.
fn grouped(mut posts: Vec<Case>) -> Vec<Group> {
    posts.sort_by_cached_key(|post| post.tasks[0].pressing());
    let mut groups: Vec<Group> = Vec::new();
    let mut of_author: BTreeMap<(String, String), usize> = BTreeMap::new();
    for post in posts {
        let author = post
            .author()
            .map(|author| (post.key.platform.name().to_owned(), author.to_owned()));
        if let Some(group) = author.as_ref().and_then(|author| of_author.get(author)) {
            groups[*group].push(post);
        } else {
            of_author.extend(author.map(|author| (author, groups.len())));
            groups.push(vec![post]);
        }
    }
    groups
}
