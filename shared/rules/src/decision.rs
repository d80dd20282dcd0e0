//! Decisions: what a policy says of a revision, what follows, and what was dropped and why.

mod danger;
mod disposition;
mod engage;
mod plan;
mod rank;
mod restrain;
mod tasks;
#[cfg(test)]
mod testing;

use serde::{Deserialize, Serialize};

use crate::words;
use crate::{By, Effect, Meaning, Platform, Policy, Reading, Role, Strength, Surface, Topic};

/// The most clauses that a decision records; policies have a dozen.
const MOST_CLAUSES: usize = 30;
/// The most topics that are recorded of one clause.
const MOST_TOPICS: usize = 10;
/// The most ids of clauses that stand with one effect or one task.
const MOST_IDS: usize = 8;

words! {
    /// What is to become of a revision, mildest first.
    Disposition {
        /// Nothing: no clause asks for anything that must wait for a person.
        None "none",
        /// An incident on the premises, written down as a case.
        Case "case",
        /// A person looks; the post stays up. In shadow, what would wait for one.
        Queue "queue",
        /// The machine hides it, and a person decides.
        Hide "hide",
        /// A person is paged now. The machine touches nothing, but for a threat to staff, which it
        /// may hide.
        Page "page",
    }
}

words! {
    /// How far a practice lets the machine act.
    Mode {
        /// Judges; acts on nothing, and opens no task but where somebody may be in danger.
        Shadow "shadow",
        /// Every act needs a person's click.
        Assist "assist",
        /// Acts where the policy and the safe floor allow.
        Live "live",
    }
}

words! {
    /// How soon a person must look, most urgent first.
    Urgency {
        /// Within minutes.
        Now "now",
        /// Within the working day.
        High "high",
        /// Within the clock of its kind.
        Normal "normal",
        /// When there is time.
        Low "low",
    }
}

words! {
    /// Work for a person.
    TaskKind {
        /// Somebody may be in danger: look now.
        SafeguardingNow "safeguarding_now",
        /// Somebody threatens staff and says when or where: tell them and the police.
        StaffSafetyNow "staff_safety_now",
        /// Symptoms that may need help now: approve the urgent signpost.
        ApproveUrgentSignpost "approve_urgent_signpost",
        /// Somebody may be in danger, less surely: look before anything else.
        SafeguardingToday "safeguarding_today",
        /// The author is bereaved or in distress: think of them before the rules.
        CareFirst "care_first",
        /// Decide what is to be done under the clause.
        Decide "decide",
        /// Staff were named in thanks: the suggestion is to leave it.
        DecidePraise "decide_praise",
        /// Written in a language the rules were not tested on: somebody who reads it looks.
        DecideLanguage "decide_language",
        /// The author says that the person agreed: check.
        CheckConsent "check_consent",
        /// The policy says that it will be deleted: confirm, or keep it.
        ConfirmDelete "confirm_delete",
        /// The same, for the practice manager alone: the policy names that role.
        ConfirmDeleteByPracticeManager "confirm_delete_by_practice_manager",
        /// The policy says that it may be deleted: choose.
        MaybeDelete "maybe_delete",
        /// The policy says delete and/or report: choose one or both.
        DeleteAndOrReport "delete_and_or_report",
        /// The policy reserves the right to moderate, delete or ban: choose.
        ModerateDeleteOrBan "moderate_delete_or_ban",
        /// Ask the author, in private, to remove it.
        AskAuthor "ask_author",
        /// Report it to the platform by hand, with the report card.
        ReportByHand "report_by_hand",
        /// It was reported: did the platform take it down?
        ReportOutcome "report_outcome",
        /// Is this a complaint? Asked early enough to acknowledge it in time.
        ComplaintDecision "complaint_decision",
        /// It is a complaint: acknowledge it, by the clock of the practice's nation.
        AcknowledgeComplaint "acknowledge_complaint",
        /// The policy says that legal advice will be sought.
        LegalAdviceRequired "legal_advice_required",
        /// The policy says that legal advice may be sought.
        LegalAdviceOptional "legal_advice_optional",
        /// Consider the next step of the practice's ladder.
        Ladder "ladder",
        /// A public reply is drafted: approve it.
        ApprovePublicReply "approve_public_reply",
        /// A public reply is drafted; it may be left.
        ApprovePublicReplyOptional "approve_public_reply_optional",
        /// A signpost to the routine ways of contact is drafted: approve it.
        ApproveSignpost "approve_signpost",
        /// The policy does not ask for it, but a signpost can be offered.
        OfferSignpost "offer_signpost",
        /// The link to the official place for reviews can be offered.
        OfferReviewLink "offer_review_link",
        /// Somebody wrote words of their own for an answer: somebody else approves them.
        ApproveAnswer "approve_answer",
        /// Write down what happened and what was done.
        RecordIncident "record_incident",
        /// The machine was stopped by a cap or could not do it: do it by hand, or let it go on.
        DoByHand "do_by_hand",
        /// It was hidden for words that it does not say any more: show it again, or leave it
        /// hidden.
        ShowAgain "show_again",
        /// The platform says that it is hidden, and nobody hid it by this system: show it again, or
        /// leave it hidden.
        HiddenElsewhere "hidden_elsewhere",
        /// Its author asks for another look: somebody else than who decided answers.
        Appeal "appeal",
        /// The machine hid it, nobody has looked at it, and it was drawn by lot: was that right?
        SecondLook "second_look",
        /// A channel is not heard, or not as it was: connect it again.
        ReconnectChannel "reconnect_channel",
        /// Messages do not reach somebody any more: correct their address or number.
        RepairContact "repair_contact",
    }
}

impl TaskKind {
    /// Returns `true` if somebody may be in danger.
    #[must_use]
    pub const fn is_danger(self) -> bool {
        matches!(
            self,
            TaskKind::SafeguardingNow
                | TaskKind::StaffSafetyNow
                | TaskKind::ApproveUrgentSignpost
                | TaskKind::SafeguardingToday
        )
    }

    /// Returns `true` if the task is about the author or about what was said, and not only about
    /// what stands there: it goes on waiting when the words change.
    #[must_use]
    pub const fn outlives_words(self) -> bool {
        self.is_danger()
            || matches!(
                self,
                TaskKind::ComplaintDecision
                    | TaskKind::AcknowledgeComplaint
                    | TaskKind::ReportOutcome
                    | TaskKind::LegalAdviceRequired
                    | TaskKind::LegalAdviceOptional
                    | TaskKind::Ladder
                    | TaskKind::RecordIncident
                    | TaskKind::Appeal
                    | TaskKind::ReconnectChannel
                    | TaskKind::RepairContact
            )
    }

    /// Returns `true` if it is about a post. The others are about the practice itself, and are no
    /// part of any post's history.
    #[must_use]
    pub const fn is_about_a_post(self) -> bool {
        !matches!(self, TaskKind::ReconnectChannel | TaskKind::RepairContact)
    }
}

/// The facts around a text that a decision rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Situation<'a> {
    /// Where it was posted.
    pub platform: Platform,
    /// On which surface.
    pub surface: Surface,
    /// How far the practice lets the machine act.
    pub mode: Mode,
    /// It carries a picture, a video or another attachment.
    pub media: bool,
    /// The platform translated it, and the translation was read as well.
    #[serde(default)]
    pub translated: bool,
    /// Characters in the text.
    pub length: usize,
    /// Clauses under which the machine has stopped hiding, because people took back too much of it
    /// or because it used up a limit.
    #[serde(skip)]
    pub stopped: &'a [String],
    /// Its author asked the practice to use nothing of theirs but what protects somebody else.
    #[serde(default)]
    pub restricted: bool,
}

/// A clause that the text engages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClauseEngaged {
    /// The clause.
    pub id: String,
    /// The topics of it that were found.
    pub topics: Vec<Topic>,
    /// The strongest of their findings.
    pub strength: Strength,
}

/// An effect that is to happen, and who carries it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// What.
    pub effect: Effect,
    /// Who carries it out.
    pub by: By,
    /// The clause it rests on; none for what the safe floor itself asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// Other clauses that asked for the same, and were less sure or less grave; at most eight.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// The template of its words, where it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Why, in plain words.
    pub why: String,
}

/// An effect that a clause asked for and that will not happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// What.
    pub effect: Effect,
    /// The clause that asked; empty for what the safe floor itself asked.
    pub clause: String,
    /// Other clauses that asked and were told the same; at most eight.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Why not, in plain words.
    pub why: String,
}

/// Words that are drafted for a task, and the only ways in which they may be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedDraft {
    /// The template.
    pub template: String,
    /// The clause that brings it; none where it is the safe floor's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// How it may be sent: in public, or to the author alone. What is private is never sent in
    /// public.
    pub by: Vec<Effect>,
}

/// Work that a decision opens for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTask {
    /// What kind.
    pub kind: TaskKind,
    /// How soon.
    pub urgency: Urgency,
    /// The clauses it rests on, the gravest first; at most eight.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<String>,
    /// What the person may choose among, besides leaving the post as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Effect>,
    /// Who alone may carry out a deletion, where the policy names somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_role: Option<Role>,
    /// The words that are drafted. Whatever of `options` speaks sends these, and nothing else may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<PlannedDraft>,
    /// It may be left without harm.
    #[serde(default)]
    pub optional: bool,
    /// Why, in plain words.
    pub why: String,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What a policy says of a revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Whether the practice is present on that surface at all.
    pub in_scope: bool,
    /// What is to become of it.
    pub disposition: Disposition,
    /// The clauses engaged, in the order of the policy; the 30 gravest of them, where there are
    /// more.
    pub clauses: Vec<ClauseEngaged>,
    /// How many engaged clauses are not among them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_clauses: u32,
    /// Clauses on which the second reader alone has a person look; nothing is done under them
    /// before that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub learned: Vec<ClauseEngaged>,
    /// What is to happen, in the order in which it must happen.
    pub effects: Vec<Planned>,
    /// What a clause asked for and will not happen.
    pub dropped: Vec<Dropped>,
    /// What nobody may choose for this post: a clause forbids it, and nothing graver in the post
    /// asks for it.
    pub refused: Vec<Effect>,
    /// What waits for people.
    pub tasks: Vec<PlannedTask>,
}

impl Decision {
    /// Returns `true` if the machine is to do this.
    #[must_use]
    pub fn does(&self, effect: Effect) -> bool {
        self.effects
            .iter()
            .any(|planned| planned.effect == effect && planned.by == By::Machine)
    }
}

/// Decides what a policy says of one text.
///
/// Deciding goes through five steps, each over what the one before left:
///
/// 1. what the text is about, and which clauses it engages; danger is looked for first, in scope or not;
/// 2. what each of those clauses asks for, and who should do it;
/// 3. what the policy's prohibitions, the platform, the safe floor, danger and the practice's mode take back, each
///    with its reason; of what is left the surest plan for each effect wins, whatever the order of the clauses;
/// 4. what waits for people;
/// 5. the disposition, read off that plan.
///
/// Clauses stand in the order page > privacy > threat > obscene > complaint > signpost. Criticism,
/// stars and sentiment are never a ground by themselves. What the platform cannot do becomes a
/// person's task.
///
/// What a second reader says of the text is a ground for danger, for a person's look, and for
/// leaving to a person what the machine would hide. It adds nothing to what the machine does.
#[must_use]
pub fn decide(policy: &Policy, situation: &Situation<'_>, reading: &Reading) -> Decision {
    let learned = reading
        .meaning
        .as_ref()
        .map(Meaning::findings)
        .unwrap_or_default();
    let post = engage::engage(policy, situation, reading, &learned);
    let restrained = restrain::restrain(&post, plan::proposals(&post));
    let mut effects = plan::surest(&restrained.kept);
    let refused = restrained.refused;
    let tasks = tasks::open(&tasks::Plan {
        post: &post,
        effects: &effects,
        refused: &refused,
    });
    let disposition = disposition::of(situation.platform, &effects, &tasks);
    if disposition != Disposition::None {
        effects.insert(0, plan::evidence(&post));
    }
    let more_clauses =
        u32::try_from(post.clauses.len().saturating_sub(MOST_CLAUSES)).unwrap_or(u32::MAX);
    Decision {
        in_scope: post.in_scope,
        disposition,
        clauses: record(&post),
        more_clauses,
        learned: post
            .learned
            .iter()
            .take(MOST_CLAUSES)
            .map(engage::Engaged::record)
            .collect(),
        effects,
        dropped: restrained.dropped,
        refused,
        tasks: tasks::in_mode(situation.mode, tasks),
    }
}

/// Returns the clauses for the record, in the order of the policy: the gravest, where there are too
/// many.
fn record(post: &engage::Engagement<'_>) -> Vec<ClauseEngaged> {
    let kept: Vec<&str> = post
        .gravest_first()
        .iter()
        .take(MOST_CLAUSES)
        .map(|e| e.clause.id.as_str())
        .collect();
    post.clauses
        .iter()
        .filter(|e| kept.contains(&e.clause.id.as_str()))
        .map(engage::Engaged::record)
        .collect()
}
