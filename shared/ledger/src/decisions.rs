//! Decisions: judged once, and written with their evidence, actions, tasks and counters as one.

use aws_sdk_dynamodb::types::TransactWriteItem;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use jiff::Timestamp;
use pagewarden_rules::{
    Author, Decision, Disposition, Effect, PlannedTask, Post, PostKey, ReportCard, Strength,
    TaskKind, Topic,
};
use sha2::{Digest, Sha256};

use crate::accounts;
use crate::appeals::{Reference, Referred, reference_item};
use crate::flood::{self, AuthorHash};
use crate::hidden::HiddenBy;
use crate::intake::Observation;
use crate::judged::{self, SET_PLACE};
use crate::keys;
use crate::numbers;
use crate::records::{
    ActionRecord, DecidedBeside, Event, FindingRecord, RawRecord, ReadBy, RevisionRecord,
    TaskRecord, Visibility,
};
use crate::rows::{action_item, task_item};
use crate::write::{
    Guard, Item, Transacted, Transaction, Tries, number, put_item, sortable_id, text, to_item,
    unreadable, update_item,
};
use crate::{Due, Ledger, LedgerError, Standing};

/// What became of a task about older words.
pub(crate) const SUPERSEDED: &str = "the words changed, and were judged again";

/// Days that the bare id of a post without a breach is kept, so that seeing it again is seeing it
/// once.
const NO_BREACH_ID_DAYS: i64 = 30;

/// A decision, and what is to be written with it.
#[derive(Clone, Debug)]
pub struct NewDecision {
    /// The version of the policy that judged it.
    pub policy: u32,
    /// What the reader found.
    pub findings: Vec<FindingRecord>,
    /// Who read it.
    pub read_by: ReadBy,
    /// What the policy says of it.
    pub decision: Decision,
    /// What the version in shadow beside it says.
    pub beside: Option<DecidedBeside>,
    /// The machine's actions, for the outbox.
    pub actions: Vec<ActionRecord>,
    /// What waits for people.
    pub tasks: Vec<NewTask>,
    /// It counts against the author: a breach, and neither a complaint nor criticism.
    pub incident: bool,
    /// What its author may type to ask for another look, where the words for them give it.
    pub reference: Option<Reference>,
}

/// A task to be opened.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// What the decision plans.
    pub planned: PlannedTask,
    /// When it is due.
    pub due_at: Timestamp,
    /// The draft of a reply or a message: the words for a hidden post, or the only ones.
    pub draft: Option<String>,
    /// The words to send instead while the post can be seen, where `draft` says that it cannot.
    pub draft_visible: Option<String>,
    /// What is needed to report the post, where that may be chosen.
    pub report: Option<ReportCard>,
    /// When it has to be acknowledged, should it be a complaint.
    pub acknowledge_by: Option<Timestamp>,
}

/// Whether a decision was written.
#[derive(Clone, Debug)]
pub enum Committed {
    /// It was.
    Written {
        /// The decision.
        decision: Box<Decision>,
        /// The hash of its line in the history.
        line: String,
    },
    /// Somebody else had decided the revision already: nothing changed.
    AlreadyDecided,
}

impl Ledger {
    /// Judges by where a post stands. Whether a rule has stopped itself is read only where the
    /// machine would hide.
    async fn judge_with_stops(
        &self,
        standing: &mut Standing,
        post: &PostKey,
        judge: impl Fn(&Standing) -> NewDecision,
    ) -> Result<NewDecision, LedgerError> {
        let new = judge(standing);
        if new.decision.does(Effect::Hide) && self.has_stopped(standing, post).await? {
            return Ok(judge(standing));
        }
        Ok(new)
    }

    /// Judges a revision by where its post stands, and writes the decision with its evidence,
    /// actions, tasks and counters: all of it or nothing. Where the post's history grew meanwhile,
    /// it is judged once more.
    pub async fn decide(
        &self,
        revision: &RevisionRecord,
        judge: impl Fn(&Standing) -> NewDecision,
        now: Timestamp,
    ) -> Result<Committed, LedgerError> {
        let post = &revision.key;
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let mut standing = self.standing(post).await?;
            if revision.hidden {
                standing.hidden_by = HiddenBy::of(&self.actions(post).await?, &standing.state);
            }
            let mut new = self.judge_with_stops(&mut standing, post, &judge).await?;
            let late = !standing.is_current(revision);
            let mut tasks = tasks_to_open(revision, &new, &standing, late, now);
            let mut is_kept = !tasks.is_empty() || new.decision.disposition != Disposition::None;
            if is_kept && self.is_restricted(revision).await? {
                standing.restricted_author = true;
                new = self.judge_with_stops(&mut standing, post, &judge).await?;
                new.incident = false;
                tasks = tasks_to_open(revision, &new, &standing, late, now);
                is_kept = !tasks.is_empty() || new.decision.disposition != Disposition::None;
            }
            let superseded: Vec<&TaskRecord> = standing
                .open
                .iter()
                .filter(|open| !late && is_superseded(open, revision, &tasks))
                .collect();
            let event = Event::Decided {
                revision: revision.revision.clone(),
                policy: new.policy,
                evidence: evidence(revision),
                captured_at: revision.seen_at,
                findings: new.findings.clone(),
                read_by: Some(new.read_by.clone()),
                decision: Box::new(new.decision.clone()),
                beside: new.beside.clone(),
                actions: new.actions.iter().map(|action| action.id.clone()).collect(),
                tasks: tasks.iter().map(|task| task.id.clone()).collect(),
                superseded: superseded.iter().map(|task| task.id.clone()).collect(),
                late,
                restricted: standing.restricted_author,
            };
            let mut writes = Transaction::default();
            writes.push(
                Guard::Undecided,
                self.mark_decided(revision, new.policy, is_kept, now)?,
            );
            if is_kept {
                writes.seal(&to_item(
                    &keys::revision(post, &revision.revision),
                    revision,
                )?);
            }
            for task in superseded {
                writes.push(Guard::Open, self.close(task, SUPERSEDED, Some(now))?);
            }
            self.add_what_follows(&mut writes, revision, &new, &standing, &tasks, is_kept, now)?;
            let mut after = self
                .append(&mut writes, post, &standing.state, now, &event, None)
                .await?;
            let line = after.head.clone();
            match self.transact(writes).await? {
                Transacted::Written => {}
                refused if refused.refused(Guard::Undecided) => {
                    return Ok(Committed::AlreadyDecided);
                }
                Transacted::Refused(_) | Transacted::Conflict => continue,
            }
            // Its removal came before it did, and is noted now that there is something to note it
            // of.
            if let Some(since) = standing.gone_at_arrival(revision) {
                self.observe(post, Observation::Removed, since, now).await?;
                after.visibility = Visibility::Gone;
            }
            // It was gone before it was judged: its words waited for that, and for no longer.
            if after.visibility == Visibility::Gone {
                self.drop_words_taken_back(post, now).await?;
            }
            return Ok(Committed::Written {
                decision: Box::new(new.decision),
                line,
            });
        }
    }

    /// Adds what follows from a decision: actions, tasks, an incident, by what its author asks for
    /// another look and is found, and what is counted.
    #[expect(
        clippy::too_many_arguments,
        reason = "all of it belongs to one transaction"
    )]
    fn add_what_follows(
        &self,
        writes: &mut Transaction,
        revision: &RevisionRecord,
        new: &NewDecision,
        standing: &Standing,
        tasks: &[TaskRecord],
        is_kept: bool,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        // Nobody can act on what is gone; the decision is kept all the same.
        if standing.state.visibility != Visibility::Gone {
            for action in &new.actions {
                self.add(writes, action_item(action, now)?)?;
            }
        }
        for task in tasks {
            self.add(writes, task_item(task)?)?;
        }
        if let (true, Some(account)) = (new.incident, revision.post.author.id.as_deref()) {
            self.add(writes, incident(revision, new, account, now)?)?;
        }
        if let Some(reference) = &new.reference {
            let referred = Referred {
                key: revision.key.clone(),
                revision: revision.revision.clone(),
                at: now,
            };
            let item = reference_item(reference, &referred)?;
            writes.push(Guard::New, self.put_once(item)?);
        }
        if let (true, Some(account)) = (is_kept, revision.post.author.id.as_deref()) {
            let listed = accounts::listed(revision, account, standing.since(revision), now)?;
            writes.push(Guard::Nothing, put_item(self.put(listed))?);
        }
        if is_kept {
            for write in self.call(revision, now)? {
                writes.push(Guard::Nothing, write);
            }
        }
        let counters = numbers::of_decision(revision, new, is_kept);
        self.count(writes, &revision.key.practice, counters, now)
    }

    /// Moves the revision from what waits to what was judged, and drops its words where nobody needs
    /// them.
    fn mark_decided(
        &self,
        revision: &RevisionRecord,
        policy: u32,
        is_kept: bool,
        now: Timestamp,
    ) -> Result<TransactWriteItem, LedgerError> {
        let key = keys::revision(&revision.key, &revision.revision);
        let update = self
            .update(&key)
            .condition_expression("due_kind = :revision");
        let update = update
            .expression_attribute_values(":revision", text(Due::Revision.name()))
            .expression_attribute_values(":policy", number(policy));
        let [partition, place] = judged::place(revision, now);
        let update = update
            .expression_attribute_values(":judged", text(partition))
            .expression_attribute_values(":at", text(place));
        let update = if is_kept {
            update.update_expression(format!(
                "SET decided = :policy, {SET_PLACE} REMOVE due_kind"
            ))
        } else {
            let expires = now + jiff::SignedDuration::from_hours(NO_BREACH_ID_DAYS * 24);
            let update = update
                .update_expression(format!(
                    "SET decided = :policy, expires = :expires, {SET_PLACE}, {SET_BARE} \
                     REMOVE due_kind, {REMOVE_WORDS}"
                ))
                .expression_attribute_values(":expires", number(expires.as_second()));
            drop_words(update, revision)?
        };
        update_item(update)
    }
}

/// Returns an incident of the account, never of a person: accounts are not linked to patients or
/// each other.
fn incident(
    revision: &RevisionRecord,
    new: &NewDecision,
    account: &str,
    now: Timestamp,
) -> Result<Item, LedgerError> {
    let post = &revision.key;
    // Of the post as well as its words: somebody may post the same words twice at once.
    let id = sortable_id(
        now,
        &hex::encode(Sha256::digest(format!("{post} {}", revision.revision))),
    );
    let key = keys::account_event(&post.practice, post.platform, account, &id);
    let clauses: Vec<&str> = new
        .decision
        .clauses
        .iter()
        .map(|clause| clause.id.as_str())
        .collect();
    let incident = serde_json::json!({
        "post": post, "revision": revision.revision, "policy": new.policy, "clauses": clauses, "at": now,
    });
    to_item(&key, &incident)
}

/// Returns the tasks that a decision opens. Words that are not there any more open no second task
/// of a kind that waits.
fn tasks_to_open(
    revision: &RevisionRecord,
    new: &NewDecision,
    standing: &Standing,
    late: bool,
    now: Timestamp,
) -> Vec<TaskRecord> {
    let waits = |kind| late && standing.open.iter().any(|open| open.kind == kind);
    new.tasks
        .iter()
        .filter(|task| !waits(task.planned.kind))
        .map(|task| record(revision, new, task, now))
        .collect()
}

/// Returns `true` if a task about older words is closed by these: the same question is asked of the
/// new words, or it is about nothing but what stands there.
fn is_superseded(open: &TaskRecord, revision: &RevisionRecord, new: &[TaskRecord]) -> bool {
    open.revision != revision.revision
        && (!open.kind.outlives_words() || new.iter().any(|task| task.kind == open.kind))
}

/// Returns SHA-256 of a revision as received: the raw change where there is one, the post as read
/// otherwise.
pub(crate) fn evidence(revision: &RevisionRecord) -> String {
    let read = || {
        hex::encode(Sha256::digest(
            serde_json::to_string(&revision.post).unwrap_or_default(),
        ))
    };
    revision.raw.as_ref().map_or_else(read, RawRecord::sha256)
}

/// Returns `true` if nothing is kept of a revision's words, author and pictures.
pub(crate) fn is_bare(revision: &RevisionRecord) -> bool {
    let RevisionRecord {
        post,
        raw,
        translation,
        ..
    } = revision;
    raw.is_none() && translation.is_none() && without_words(post) == *post
}

/// Sets and removes, in an update of a revision that [`drop_words`] completes, everything that
/// somebody wrote or is called: what was sent, what was read of it, and its translation.
pub(crate) const SET_BARE: &str = "post = :bare";
/// See [`SET_BARE`].
pub(crate) const REMOVE_WORDS: &str = "#raw, #translation";

/// Completes an update of a revision with [`SET_BARE`] and [`REMOVE_WORDS`] in its expression.
pub(crate) fn drop_words(
    update: UpdateBuilder,
    revision: &RevisionRecord,
) -> Result<UpdateBuilder, LedgerError> {
    let bare = serde_dynamo::to_attribute_value(without_words(&revision.post));
    let key = keys::revision(&revision.key, &revision.revision);
    Ok(update
        .expression_attribute_names("#raw", "raw")
        .expression_attribute_names("#translation", "translation")
        .expression_attribute_values(":bare", bare.map_err(|source| unreadable(&key, source))?))
}

/// Returns where a post stands, without anything that somebody wrote or is called.
pub(crate) fn without_words(post: &Post) -> Post {
    Post {
        text: String::new(),
        author: Author::default(),
        tagged: Vec::new(),
        media: Vec::new(),
        permalink: None,
        ..post.clone()
    }
}

fn record(
    revision: &RevisionRecord,
    new: &NewDecision,
    task: &NewTask,
    now: Timestamp,
) -> TaskRecord {
    let planned = &task.planned;
    let key = &revision.key;
    let name = format!(
        "{key} {} {} {}",
        revision.revision, planned.kind, new.policy
    );
    let (why, at) = (planned.why.clone(), revision.revision.clone());
    TaskRecord {
        urgency: planned.urgency,
        due_at: task.due_at,
        clauses: planned.clauses.clone(),
        options: planned.options.clone(),
        refused: new.decision.refused.clone(),
        delete_role: planned.delete_role,
        draft: task.draft.clone(),
        draft_visible: task.draft_visible.clone(),
        report: task.report.clone(),
        acknowledge_by: task.acknowledge_by,
        optional: planned.optional,
        strength: strength(new, planned),
        author: AuthorHash::of(key, &revision.post),
        alone: flood::is_for_itself(&revision.post, new),
        ..TaskRecord::opened(&name, key.clone(), at, planned.kind, now, why)
    }
}

/// Returns how sure the reader was of the strongest thing that a task rests on.
fn strength(new: &NewDecision, planned: &PlannedTask) -> Option<Strength> {
    let topic = match planned.kind {
        TaskKind::SafeguardingNow => Topic::Safeguarding,
        TaskKind::StaffSafetyNow => Topic::Threatening,
        TaskKind::ApproveUrgentSignpost => Topic::ClinicalUrgent,
        TaskKind::SafeguardingToday
        | TaskKind::CareFirst
        | TaskKind::Decide
        | TaskKind::DecidePraise
        | TaskKind::DecideLanguage
        | TaskKind::CheckConsent
        | TaskKind::ConfirmDelete
        | TaskKind::ConfirmDeleteByPracticeManager
        | TaskKind::MaybeDelete
        | TaskKind::DeleteAndOrReport
        | TaskKind::ModerateDeleteOrBan
        | TaskKind::AskAuthor
        | TaskKind::ReportByHand
        | TaskKind::ReportOutcome
        | TaskKind::ComplaintDecision
        | TaskKind::AcknowledgeComplaint
        | TaskKind::LegalAdviceRequired
        | TaskKind::LegalAdviceOptional
        | TaskKind::Ladder
        | TaskKind::ApprovePublicReply
        | TaskKind::ApprovePublicReplyOptional
        | TaskKind::ApproveSignpost
        | TaskKind::OfferSignpost
        | TaskKind::OfferReviewLink
        | TaskKind::RecordIncident
        | TaskKind::DoByHand
        | TaskKind::ShowAgain
        | TaskKind::HiddenElsewhere
        | TaskKind::SecondLook
        | TaskKind::ApproveAnswer
        | TaskKind::Appeal
        | TaskKind::ReconnectChannel
        | TaskKind::RepairContact => {
            let clauses = new.decision.clauses.iter().chain(&new.decision.learned);
            let clauses = clauses.filter(|clause| planned.clauses.contains(&clause.id));
            return clauses.map(|clause| clause.strength).max();
        }
    };
    new.findings
        .iter()
        .filter(|finding| finding.topic == topic)
        .map(|finding| finding.strength)
        .max()
}
