//! Decisions: judged once, and written with their evidence, actions, tasks and counters as one.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use pagewarden_rules::{Author, Decision, Disposition, PlannedTask, Post, ReportCard};
use sha2::{Digest, Sha256};

use crate::keys;
use crate::records::{ActionRecord, FindingRecord, Happening, RevisionRecord, TaskRecord, TaskStatus, Visibility};
use crate::rows::{action_item, task_item};
use crate::write::{Guard, Transacted, Transaction, Tries, number, put_item, sortable_id, text, to_item, update_item};
use crate::{Due, Ledger, LedgerError};

/// Days that the bare id of a post without a breach is kept, so that seeing it again is seeing it once.
const NO_BREACH_ID_DAYS: i64 = 30;

/// A decision, and what is to be written with it.
#[derive(Clone, Debug)]
pub struct DecisionToCommit<'a> {
    /// The revision judged.
    pub revision: &'a RevisionRecord,
    /// The version of the policy that judged it.
    pub policy: u32,
    /// What the reader found.
    pub findings: Vec<FindingRecord>,
    /// What the policy says of it.
    pub decision: &'a Decision,
    /// The machine's actions, for the outbox.
    pub actions: Vec<ActionRecord>,
    /// What waits for people.
    pub tasks: Vec<NewTask>,
    /// It counts against the author: a breach, and neither a complaint nor criticism.
    pub incident: bool,
}

/// A task to be opened.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// What the decision plans.
    pub planned: PlannedTask,
    /// When it is due.
    pub due_at: Timestamp,
    /// The draft of a reply or a message.
    pub draft: Option<String>,
    /// What is needed to report the post, where that may be chosen.
    pub report: Option<ReportCard>,
}

/// Whether a decision was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It was, in a line of the history with this hash.
    Written(String),
    /// Somebody else had decided the revision already: nothing changed.
    AlreadyDecided,
}

impl Ledger {
    /// Writes a decision with its evidence, actions, tasks and counters: all of it or nothing.
    pub async fn commit(&self, new: &DecisionToCommit<'_>, now: Timestamp) -> Result<Committed, LedgerError> {
        let post = &new.revision.key;
        let tasks: Vec<TaskRecord> = new.tasks.iter().map(|task| record(new, task, now)).collect();
        let happening = Happening::Decided {
            revision: new.revision.revision.clone(),
            policy: new.policy,
            evidence: evidence(new.revision),
            captured_at: new.revision.seen_at,
            findings: new.findings.clone(),
            decision: Box::new(new.decision.clone()),
            actions: new.actions.iter().map(|action| action.id.clone()).collect(),
            tasks: tasks.iter().map(|task| task.id.clone()).collect(),
        };
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let state = self.state(post).await?;
            let mut writes = Transaction::default();
            writes.push(Guard::Undecided, self.mark_decided(new, now)?);
            let after = self.append(&mut writes, post, &state, now, &happening, None)?;
            // Nobody can act on what is gone; the decision is kept all the same.
            if state.visibility != Visibility::Gone {
                for action in &new.actions {
                    writes.push(Guard::New, self.put_once(action_item(action, now)?)?);
                }
            }
            for task in &tasks {
                writes.push(Guard::New, self.put_once(task_item(task)?)?);
            }
            writes.push(Guard::Nothing, self.count(new, now)?);
            if let (true, Some(account)) = (new.incident, new.revision.post.author.id.as_deref()) {
                writes.push(Guard::New, self.incident(new, account, now)?);
            }
            let committed = match self.transact(writes).await? {
                Transacted::Written => Committed::Written(after.head),
                refused if refused.refused(Guard::Undecided) => Committed::AlreadyDecided,
                Transacted::Refused(_) | Transacted::Conflict => continue,
            };
            // It was gone before it was judged: its words waited for that, and for no longer.
            if state.visibility == Visibility::Gone {
                self.drop_words_taken_back(post, Some(&new.revision.revision), now).await?;
            }
            return Ok(committed);
        }
    }

    /// Takes the revision off the list of what waits, and drops its words where nobody needs them.
    fn mark_decided(&self, new: &DecisionToCommit<'_>, now: Timestamp) -> Result<TransactWriteItem, LedgerError> {
        let key = keys::revision(&new.revision.key, &new.revision.revision);
        let update = self.update(&key).condition_expression("due_kind = :revision");
        let update = update
            .expression_attribute_values(":revision", text(Due::Revision.name()))
            .expression_attribute_values(":policy", number(new.policy));
        let nothing_to_keep = new.decision.disposition == Disposition::None && new.tasks.is_empty();
        let update = if nothing_to_keep {
            let bare = without_words(&new.revision.post);
            let bare =
                serde_dynamo::to_attribute_value(bare).map_err(|source| crate::write::unreadable(&key, source))?;
            let expires = now + jiff::SignedDuration::from_hours(NO_BREACH_ID_DAYS * 24);
            update
                .update_expression(
                    "SET decided = :policy, post = :bare, expires = :expires REMOVE due_kind, due_pk, due_sk, #raw, #translation",
                )
                .expression_attribute_names("#raw", "raw")
                .expression_attribute_names("#translation", "translation")
                .expression_attribute_values(":bare", bare)
                .expression_attribute_values(":expires", number(expires.as_second()))
        } else {
            update.update_expression("SET decided = :policy REMOVE due_kind, due_pk, due_sk")
        };
        update_item(update)
    }

    fn count(&self, new: &DecisionToCommit<'_>, now: Timestamp) -> Result<TransactWriteItem, LedgerError> {
        let day = now.strftime("%Y-%m-%d").to_string();
        let update = self
            .update(&keys::count(&new.revision.key.practice, &day))
            .update_expression("ADD decided :one, #disposition :one")
            .expression_attribute_names("#disposition", new.decision.disposition.name())
            .expression_attribute_values(":one", number(1));
        update_item(update)
    }

    /// Notes an incident for the account, never for a person: accounts are not linked to patients or each other.
    fn incident(
        &self,
        new: &DecisionToCommit<'_>,
        account: &str,
        now: Timestamp,
    ) -> Result<TransactWriteItem, LedgerError> {
        let post = &new.revision.key;
        // Of the post as well as its words: somebody may post the same words twice at once.
        let id = sortable_id(now, &hex::encode(Sha256::digest(format!("{post} {}", new.revision.revision))));
        let key = keys::account_event(&post.practice, post.platform, account, &id);
        let clauses: Vec<&str> = new.decision.clauses.iter().map(|clause| clause.id.as_str()).collect();
        let incident = serde_json::json!({
            "post": post, "revision": new.revision.revision, "policy": new.policy, "clauses": clauses, "at": now,
        });
        put_item(self.put(to_item(&key, &incident)?).condition_expression("attribute_not_exists(PK)"))
    }
}

/// Returns SHA-256 of a revision as received: the raw change where there is one, the post as read otherwise.
pub(crate) fn evidence(revision: &RevisionRecord) -> String {
    let read = || serde_json::to_string(&revision.post).unwrap_or_default();
    let received = revision.raw.clone().unwrap_or_else(read);
    hex::encode(Sha256::digest(received))
}

/// Returns true if and only if nothing is kept of a revision's words, author and pictures.
pub(crate) fn is_bare(revision: &RevisionRecord) -> bool {
    revision.raw.is_none() && without_words(&revision.post) == revision.post
}

pub(crate) fn without_words(post: &Post) -> Post {
    Post { text: String::new(), author: Author::default(), media: Vec::new(), permalink: None, ..post.clone() }
}

fn record(new: &DecisionToCommit<'_>, task: &NewTask, now: Timestamp) -> TaskRecord {
    let planned = &task.planned;
    let key = &new.revision.key;
    let name = format!("{key} {} {} {}", new.revision.revision, planned.kind, new.policy);
    TaskRecord {
        id: sortable_id(now, &hex::encode(Sha256::digest(name))),
        key: key.clone(),
        revision: new.revision.revision.clone(),
        kind: planned.kind,
        urgency: planned.urgency,
        due_at: task.due_at,
        clauses: planned.clauses.clone(),
        options: planned.options.clone(),
        refused: new.decision.refused.clone(),
        delete_role: planned.delete_role,
        draft: task.draft.clone(),
        report: task.report.clone(),
        reminders: Vec::new(),
        why: planned.why.clone(),
        optional: planned.optional,
        status: TaskStatus::Open,
        outcome: None,
    }
}
