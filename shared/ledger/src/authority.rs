//! Who may do what, to which post: the one place that says so, for every command and for whoever
//! lists choices.
//!
//! Authority follows the post, not the task through which somebody acts on it: what the clauses of
//! the newest decision forbid, and whom they name, holds for every task of the post. Nothing here
//! reads or writes.

use std::fmt;
use std::str::FromStr;

use pagewarden_rules::{
    By, Capability, Effect, Platform, PostKey, PracticeId, RevisionId, Role, Surface, TaskKind,
    Topic, capability, reply::says_it_is_gone, report_can_be_appealed,
};
use serde::Deserialize;
use thiserror::Error;

use crate::cases::Question;
use crate::evidence::Recipient;
use crate::hidden::HiddenBy;
use crate::records::{
    ActionRecord, ActionStatus, RevisionRecord, StateRecord, TaskRecord, TaskStatus, Visibility,
};
use crate::tasks::Choice;

/// Roles that decide. An auditor reads the record, and a deployer runs the system.
const DECIDERS: &[Role] = &[
    Role::Reviewer,
    Role::PracticeManager,
    Role::SafeguardingLead,
    Role::ComplaintsManager,
];

/// Who answers when somebody may be in danger: the two who are paged. A reviewer who closed the
/// page would silence it for those who can act on it, so a reviewer calls one of them.
const PAGED: &[Role] = &[Role::SafeguardingLead, Role::PracticeManager];

/// Topics for which nothing is hidden or deleted. A post that engages clauses on these and on a
/// complaint alone was hidden for the complaint.
const HARMLESS: &[Topic] = &[
    Topic::Complaint,
    Topic::Criticism,
    Topic::Praise,
    Topic::Review,
    Topic::AppointmentRequest,
    Topic::OwnMedicalInformation,
    Topic::ContactStaff,
];

/// Characters of the longest name under which somebody decides: every line of the record repeats
/// it.
pub(crate) const LONGEST_NAME: usize = 100;

/// Somebody who decides.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Person {
    /// The name, for the record.
    pub name: String,
    /// What they are at the practice.
    pub role: Role,
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.role)
    }
}

/// Why a text names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoPerson {
    /// It is not `NAME:ROLE`.
    #[error("write who decides as NAME:ROLE, such as Pat:practice_manager")]
    Form,
    /// The name is empty, too long, or holds what no name holds.
    #[error(
        "a name is one line of 1 to {LONGEST_NAME} characters, without any that command a terminal"
    )]
    Name,
    /// There is no such role.
    #[error(transparent)]
    Role(#[from] pagewarden_rules::UnknownWord),
}

impl FromStr for Person {
    type Err = NoPerson;

    fn from_str(text: &str) -> Result<Self, NoPerson> {
        let (name, role) = text.rsplit_once(':').ok_or(NoPerson::Form)?;
        let name = name.trim();
        if !is_name(name) {
            return Err(NoPerson::Name);
        }
        Ok(Person {
            name: name.to_owned(),
            role: role.trim().parse()?,
        })
    }
}

/// Returns `true` if a text can stand in the record as somebody's name: it cannot pass for another
/// line, nor command the terminal on which it is shown.
pub(crate) fn is_name(text: &str) -> bool {
    let turns = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !text.is_empty()
        && text.chars().count() <= LONGEST_NAME
        && !text.chars().any(|c| c.is_control() || turns(c))
}

/// Something that a person asks for.
#[derive(Clone, Copy, Debug)]
pub enum Act<'a> {
    /// To answer a task with a choice.
    Choose {
        /// The task.
        task: &'a TaskRecord,
        /// The choice.
        choice: Choice,
        /// Although the same was sent or done for this post before.
        again: bool,
    },
    /// To write words of their own for an answer, which somebody else is to approve.
    WriteAnswer {
        /// The task that has words ready.
        task: &'a TaskRecord,
        /// The choice that would send them.
        choice: Choice,
    },
    /// To say that they are dealing with a task.
    Acknowledge {
        /// The task.
        task: &'a TaskRecord,
    },
    /// To confirm a way to reach themselves.
    ConfirmWay,
    /// To show a hidden post again, with or without a task.
    Unhide,
    /// To keep a post's words whatever its author does, or no longer.
    Hold,
    /// To turn the practice's switch.
    Switch {
        /// On, or off.
        on: bool,
    },
    /// To put a policy or settings in force.
    Publish,
    /// To store a version of the policy, from which nothing follows.
    Propose,
    /// To ask for a step of a version, or to agree to one: it takes two.
    Sign,
    /// To go back to a version that was in force, or to have the one in force act less.
    GoBack,
    /// To write in the staff log, or a note about an account.
    WriteDown,
    /// To take a step against an account.
    TakeStep,
    /// To have words deleted whose time has passed, without waiting for the daily run.
    LetGo,
    /// To have deleted what is held about an author who asks for it.
    Erase,
    /// To say that the record of a post is not used, or is again, and to read it meanwhile.
    Restrict,
    /// To correct what is on record.
    Rectify,
    /// To connect an account of the practice, or connect it again.
    Connect,
    /// To have a practice leave, with everything of it: it takes two.
    Offboard,
    /// To take evidence about a post along.
    Export {
        /// Whom it is for.
        recipient: Recipient,
        /// Nothing in it is cut.
        whole: bool,
    },
}

impl Act<'_> {
    /// Returns the roles that may ask for it.
    fn roles(&self, at: &Grounds) -> Vec<Role> {
        match self {
            Act::Choose { task, .. } | Act::WriteAnswer { task, .. } if at.is_danger(task) => {
                PAGED.to_vec()
            }
            // What its author asked not to be used, only who may lift that decides about.
            Act::Choose { .. } | Act::WriteAnswer { .. } if at.state.restricted => {
                Act::Restrict.roles(at)
            }
            Act::Acknowledge { .. } => PAGED.to_vec(),
            Act::ConfirmWay => Role::ALL.to_vec(),
            Act::Choose {
                task,
                choice: Choice::Delete,
                ..
            } => match at.state.delete_role.or(task.delete_role) {
                Some(named) => DECIDERS
                    .iter()
                    .copied()
                    .filter(|role| *role == named)
                    .collect(),
                None => DECIDERS.to_vec(),
            },
            // Whoever sees that something is wrong stops the machine. That it is right again is for
            // two to say, of whom one is a manager.
            Act::Choose { .. }
            | Act::WriteAnswer { .. }
            | Act::Unhide
            | Act::Hold
            | Act::Switch { .. }
            | Act::WriteDown => DECIDERS.to_vec(),
            Act::TakeStep
            | Act::LetGo
            | Act::Erase
            | Act::Restrict
            | Act::Rectify
            | Act::Connect => vec![Role::PracticeManager],
            Act::Publish => vec![Role::Deployer],
            Act::Propose | Act::Offboard => vec![Role::PracticeManager, Role::Deployer],
            // As with the switch: two who answer for what the machine does, of whom one is a
            // manager; and whoever sees that something is wrong goes back.
            Act::Sign | Act::GoBack => DECIDERS.iter().copied().chain([Role::Deployer]).collect(),
            Act::Export { recipient, whole } => recipient.handed_over_by(*whole),
        }
    }
}

impl fmt::Display for Act<'_> {
    /// What is asked for, as it follows "may not".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::Choose { task, .. } if task.kind.is_danger() => {
                f.write_str("answer where somebody may be in danger")
            }
            Act::Choose { choice, .. } => write!(f, "choose {choice} for this post"),
            Act::WriteAnswer { .. } => f.write_str("write an answer to this post"),
            Act::Acknowledge { .. } => {
                f.write_str("say that they are dealing with what may be danger")
            }
            Act::ConfirmWay => f.write_str("confirm how to reach them"),
            Act::Unhide => f.write_str("show a post again"),
            Act::Hold => f.write_str("decide whether a post's words are kept"),
            Act::Switch { on: true } => f.write_str("turn the switch on again"),
            Act::Switch { on: false } => f.write_str("turn the switch off"),
            Act::Publish => f.write_str("put a policy or settings in force"),
            Act::Propose => f.write_str("propose a version of the policy"),
            Act::Sign => f.write_str("agree to a step of the policy's version"),
            Act::GoBack => f.write_str("go back to an earlier version of the policy"),
            Act::WriteDown => f.write_str("write something down for the record"),
            Act::TakeStep => f.write_str("take a step against an account"),
            Act::LetGo => f.write_str("have words deleted whose time has passed"),
            Act::Erase => f.write_str("have deleted what is held about an author"),
            Act::Connect => f.write_str("connect an account"),
            Act::Offboard => f.write_str("have the practice leave"),
            Act::Rectify => f.write_str("correct what is on record"),
            Act::Restrict => f.write_str("decide whether the record of a post is used"),
            Act::Export { whole: true, .. } => {
                f.write_str("take evidence along in which nothing is cut")
            }
            Act::Export { recipient, .. } => write!(f, "take evidence along for: {recipient}"),
        }
    }
}

/// Something that is sent or done once for a post, and was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What.
    pub effect: Effect,
    /// The words that it was about.
    pub revision: RevisionId,
    /// When, and by whom, in plain words.
    pub when: String,
}

/// What authority rests on: the people of a practice, and where a post stands.
#[derive(Clone, Debug)]
pub struct Grounds {
    /// The practice.
    pub practice: PracticeId,
    /// Its people, as its settings name them.
    pub people: Vec<Person>,
    /// Where the post stands; the default where no post is meant.
    pub state: StateRecord,
    /// Its surface, as far as a revision of it is on record.
    surface: Option<Surface>,
    /// Its tasks, open and closed.
    tasks: Vec<TaskRecord>,
    /// What was sent or done once.
    said: Vec<Said>,
    /// It is hidden, the machine hid it, and nobody confirmed that.
    hidden_by_machine: bool,
    /// The clause under which the machine hid it, while it is hidden and nobody has asked for it
    /// to be shown; empty if the action names none.
    hidden_under: Option<String>,
    /// A try to hide it may have reached the platform although nobody heard.
    pub(crate) may_be_hidden: bool,
}

impl AsRef<StateRecord> for Grounds {
    fn as_ref(&self) -> &StateRecord {
        &self.state
    }
}

impl Grounds {
    /// Returns what authority over a practice rests on, where no post is meant.
    #[must_use]
    pub fn of_practice(practice: PracticeId, people: Vec<Person>) -> Self {
        Grounds {
            practice,
            people,
            state: StateRecord::default(),
            surface: None,
            tasks: Vec::new(),
            said: Vec::new(),
            hidden_by_machine: false,
            hidden_under: None,
            may_be_hidden: false,
        }
    }

    /// Returns what authority over a post rests on.
    #[must_use]
    pub fn of_post(
        practice: PracticeId,
        people: Vec<Person>,
        state: StateRecord,
        revision: Option<&RevisionRecord>,
        tasks: Vec<TaskRecord>,
        actions: &[ActionRecord],
    ) -> Self {
        let hide = machine_hide(&state, actions);
        let hidden_by_machine = hide.is_some() && !is_confirmed(&tasks);
        let is_asked_back = |hide: &&ActionRecord| {
            actions.iter().any(|action| {
                action.effect == Effect::Unhide
                    && action.by == By::Person
                    && action.created_at >= hide.created_at
            })
        };
        let hidden_under = hide
            .filter(|hide| !is_asked_back(hide))
            .map(|hide| hide.clause.clone().unwrap_or_default());
        let said = actions
            .iter()
            .filter_map(|action| said(action, &tasks))
            .collect();
        let surface = revision.map(|revision| revision.post.surface);
        let may_be_hidden = state.visibility == Visibility::Visible
            && HiddenBy::of(actions, &state) == HiddenBy::Us;
        Grounds {
            practice,
            people,
            state,
            surface,
            tasks,
            said,
            hidden_by_machine,
            hidden_under,
            may_be_hidden,
        }
    }

    /// Returns the clause under which the machine hid the post, while it is hidden and nobody has
    /// asked for it to be shown again.
    pub(crate) fn hidden_under(&self) -> Option<&str> {
        self.hidden_under.as_deref()
    }

    /// Returns the clause under which the machine hid the post, if a choice is the first to say that
    /// it was right.
    pub(crate) fn upheld_by(&self, choice: Choice) -> Option<&str> {
        let upholds = |choice| UPHOLDS.contains(&choice);
        let said = self.tasks.iter().filter_map(TaskRecord::chosen);
        let is_first = upholds(choice) && !said.into_iter().any(upholds);
        self.hidden_under().filter(|_| is_first)
    }

    /// Returns the post's tasks, open and closed.
    pub(crate) fn tasks(&self) -> &[TaskRecord] {
        &self.tasks
    }

    /// Returns `true` if a task is about danger, or has words of somebody's own for one that is.
    fn is_danger(&self, task: &TaskRecord) -> bool {
        let of = task.own_words.as_ref().map(|own| &own.of);
        let answered = self.tasks.iter().find(|other| Some(&other.id) == of);
        task.kind.is_danger() || answered.is_some_and(|other| other.kind.is_danger())
    }

    /// Returns the open task that has words of somebody's own for an answer to a task, if there is
    /// one.
    #[must_use]
    pub fn waiting_answer(&self, task: &TaskRecord) -> Option<&TaskRecord> {
        self.tasks.iter().find(|other| {
            let of = other.own_words.as_ref().map(|own| own.of.as_str());
            other.status == TaskStatus::Open && of == Some(task.id.as_str())
        })
    }

    /// Returns `true` if somebody has said that the post is a complaint.
    #[must_use]
    pub fn is_complaint(&self) -> bool {
        self.tasks
            .iter()
            .any(|task| task.chosen() == Some(Choice::Complaint))
    }

    /// Returns the question that has to be answered before this is chosen, whatever task it is
    /// chosen on.
    fn comes_first(&self, choice: Choice) -> Option<ComesFirst> {
        let is_open = |question| {
            self.tasks.iter().any(|task| {
                task.status == TaskStatus::Open && Question::asked_by(task.kind) == question
            })
        };
        if choice.is_final() && is_open(Question::Danger) {
            return Some(ComesFirst::Danger);
        }
        if choice.is_final() && is_open(Question::Appeal) {
            return Some(ComesFirst::Appeal);
        }
        // Banning somebody does not take away what they wrote.
        (choice == Choice::Delete && is_open(Question::Complaint)).then_some(ComesFirst::Complaint)
    }

    /// Returns `true` if somebody of this name decided that the post is out of sight: by hiding or
    /// deleting it, by leaving it hidden or by refusing another look; and where nobody did, by
    /// telling its author of it.
    #[must_use]
    pub fn decided_before(&self, name: &str) -> bool {
        let who = |choices: &[Choice]| -> Vec<&str> {
            let closed = self.tasks.iter().filter(|task| {
                task.chosen()
                    .is_some_and(|choice| choices.contains(&choice))
            });
            closed.filter_map(TaskRecord::answered_by).collect()
        };
        let decided = who(&[
            Choice::KeepHidden,
            Choice::Delete,
            Choice::Ban,
            Choice::Mute,
            Choice::Decline,
        ]);
        let told = || who(&[Choice::AskAuthor]);
        let decided = if decided.is_empty() { told() } else { decided };
        decided.contains(&name)
    }

    /// Returns those who may answer an appeal and did not decide before, as a sentence goes on;
    /// none where there is nobody.
    fn others_who_may(&self) -> Option<String> {
        let others: Vec<String> = self
            .people
            .iter()
            .filter(|person| DECIDERS.contains(&person.role) && !self.decided_before(&person.name))
            .map(|person| format!("{} ({})", person.name, plain_role(person.role)))
            .collect();
        (!others.is_empty()).then(|| others.join(", "))
    }

    /// Returns those of these roles who have another name, as a sentence goes on.
    fn others_in(&self, roles: &[Role], name: &str) -> String {
        let others = self.people.iter().filter(|person| person.name != name);
        let others = others.cloned().collect();
        let others = Grounds::of_practice(self.practice.clone(), others);
        others.who(roles)
    }

    /// Refuses words of somebody's own that are not for the post as it stands.
    fn still_answers(&self, task: &TaskRecord) -> Result<(), Refusal> {
        if self
            .state
            .revision
            .as_ref()
            .is_some_and(|newest| *newest != task.revision)
        {
            return Err(Refusal::Stale);
        }
        let words = task.draft.as_deref().unwrap_or_default();
        if says_it_is_gone(words) && !self.is_hidden() {
            return Err(Refusal::NotOutOfSight);
        }
        Ok(())
    }

    /// Returns what an effect becomes where the post stands, if that is known.
    fn capability(&self, task: &TaskRecord, effect: Effect) -> Option<Capability> {
        Some(capability(task.key.platform, self.surface?, effect))
    }

    fn can(&self, task: &TaskRecord, effect: Effect) -> bool {
        self.capability(task, effect) == Some(Capability::Api)
    }

    /// Returns why the post cannot be shown again by the platform's API, if it cannot.
    pub(crate) fn can_unhide(&self, platform: Platform) -> Result<(), String> {
        match self
            .surface
            .map(|surface| capability(platform, surface, Effect::Unhide))
        {
            Some(Capability::Api) => Ok(()),
            Some(Capability::ByHand(why) | Capability::Cannot(why)) => Err(why.to_owned()),
            Some(Capability::Record) | None => {
                Err("nothing is on record any more of the post itself".to_owned())
            }
        }
    }

    fn said(&self, task: &TaskRecord, choice: Choice) -> Option<&Said> {
        let effect = choice.once()?;
        // Somebody is banned, whatever they wrote since; an answer answers words.
        let same = |said: &&Said| {
            said.effect == effect && (!choice.speaks() || said.revision == task.revision)
        };
        self.said.iter().find(same)
    }

    /// Returns what the policy forbids of a choice. What it forbids is said of complaints and the
    /// like: whoever may be in danger is answered all the same.
    fn forbids(&self, task: &TaskRecord, choice: Choice) -> Option<Effect> {
        if self.is_danger(task) && choice.speaks() {
            return None;
        }
        let effect = choice.subject_to()?;
        [&self.state.refused, &task.refused]
            .into_iter()
            .any(|refused| refused.contains(&effect))
            .then_some(effect)
    }

    /// Returns `true` if the machine hid the post, and for a complaint alone.
    #[must_use]
    pub fn hidden_for_complaint_alone(&self) -> bool {
        let topics = &self.state.topics;
        self.hidden_by_machine
            && topics.contains(&Topic::Complaint)
            && topics.iter().all(|topic| HARMLESS.contains(topic))
    }

    /// Returns what a choice asks of the platform.
    #[must_use]
    pub fn effect(&self, task: &TaskRecord, choice: Choice) -> Option<Effect> {
        match choice {
            Choice::NotComplaint if self.shows_again(task) => Some(Effect::Unhide),
            Choice::Grant if self.is_hidden() && self.can(task, Effect::Unhide) => {
                Some(Effect::Unhide)
            }
            Choice::Keep
            | Choice::Restore
            | Choice::KeepHidden
            | Choice::Delete
            | Choice::Reply
            | Choice::AskAuthor
            | Choice::Ban
            | Choice::Mute
            | Choice::Reported
            | Choice::Removed
            | Choice::Refused
            | Choice::NoAnswer
            | Choice::Complaint
            | Choice::Appealed
            | Choice::ComplaintAcknowledged
            | Choice::NotComplaint
            | Choice::Grant
            | Choice::Decline
            | Choice::SendBack
            | Choice::Done => choice.effect(self.state.visibility),
        }
    }

    fn is_hidden(&self) -> bool {
        self.state.visibility == Visibility::Hidden
    }

    fn shows_again(&self, task: &TaskRecord) -> bool {
        self.hidden_for_complaint_alone() && self.can(task, Effect::Unhide)
    }

    /// Returns what will happen if this is chosen, in a sentence.
    #[must_use]
    pub fn sentence(&self, task: &TaskRecord, choice: Choice) -> &'static str {
        match choice {
            Choice::NotComplaint if self.shows_again(task) => {
                "It is no complaint, and was hidden for that alone: show it again"
            }
            Choice::KeepHidden if task.kind == TaskKind::SecondLook => {
                "It was right to hide it; it can be shown again"
            }
            Choice::Keep
            | Choice::Restore
            | Choice::KeepHidden
            | Choice::Delete
            | Choice::Reply
            | Choice::AskAuthor
            | Choice::Ban
            | Choice::Mute
            | Choice::Reported
            | Choice::Removed
            | Choice::Refused
            | Choice::NoAnswer
            | Choice::Complaint
            | Choice::Appealed
            | Choice::ComplaintAcknowledged
            | Choice::NotComplaint
            | Choice::Grant
            | Choice::Decline
            | Choice::SendBack
            | Choice::Done => choice.sentence(self.state.visibility),
        }
    }

    /// Returns `true` if a refusal of the report can be appealed against, which is done once.
    fn may_appeal(task: &TaskRecord) -> bool {
        !task.appealed && report_can_be_appealed(task.key.platform)
    }

    /// Returns everything that a task offers, whoever asks.
    fn offers(&self, task: &TaskRecord) -> Vec<Choice> {
        let mut offers = match task.kind {
            TaskKind::ReportOutcome => {
                let appeal = Self::may_appeal(task).then_some(Choice::Appealed);
                let outcomes = [Choice::Removed, Choice::Refused, Choice::NoAnswer];
                outcomes
                    .into_iter()
                    .chain(appeal)
                    .chain([Choice::Done])
                    .collect()
            }
            TaskKind::AcknowledgeComplaint => vec![Choice::ComplaintAcknowledged, Choice::Done],
            TaskKind::ReconnectChannel | TaskKind::RepairContact => vec![Choice::Done],
            TaskKind::Appeal => vec![Choice::Grant, Choice::Decline],
            TaskKind::ApproveAnswer => {
                let sends = task.options.iter().filter_map(|effect| Choice::of(*effect));
                let possible =
                    sends.filter(|choice| choice.speaks() && self.why_not(task, *choice).is_none());
                possible.chain([Choice::SendBack]).collect()
            }
            // One question: what becomes of the post is asked by the tasks beside it.
            TaskKind::ComplaintDecision => vec![Choice::Complaint, Choice::NotComplaint],
            TaskKind::HiddenElsewhere | TaskKind::SecondLook => self.offers_about_hidden(task),
            TaskKind::SafeguardingNow
            | TaskKind::StaffSafetyNow
            | TaskKind::ApproveUrgentSignpost
            | TaskKind::SafeguardingToday
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
            | TaskKind::ShowAgain => self.offers_about_post(task),
        };
        offers.retain(|choice| self.forbids(task, *choice).is_none());
        offers
    }

    /// Returns the choices about a post that somebody else hid, or that is looked at once more:
    /// whether it is shown again. Where a
    /// clause forbids that it is hidden, nobody is asked to say that it may be.
    fn offers_about_hidden(&self, task: &TaskRecord) -> Vec<Choice> {
        let mut offers = Vec::new();
        if self.is_hidden() && self.can(task, Effect::Unhide) {
            offers.push(Choice::Restore);
        }
        let may_stay = self.is_hidden() && self.forbids(task, Choice::KeepHidden).is_none();
        offers.push(if may_stay {
            Choice::KeepHidden
        } else {
            Choice::Done
        });
        offers
    }

    fn offers_about_post(&self, task: &TaskRecord) -> Vec<Choice> {
        let mut offers = match self.state.visibility {
            Visibility::Visible => vec![Choice::Keep],
            Visibility::Hidden if self.can(task, Effect::Unhide) => {
                vec![Choice::Restore, Choice::KeepHidden]
            }
            Visibility::Hidden => vec![Choice::KeepHidden],
            Visibility::Gone => Vec::new(),
        };
        let asked_for = task.options.iter().filter_map(|effect| Choice::of(*effect));
        for choice in asked_for.chain(task.report.is_some().then_some(Choice::Reported)) {
            if !offers.contains(&choice) && self.why_not(task, choice).is_none() {
                offers.push(choice);
            }
        }
        offers.push(Choice::Done);
        offers
    }

    /// Returns why a choice that a clause or a task names is not one now, in plain words.
    fn why_not(&self, task: &TaskRecord, choice: Choice) -> Option<String> {
        if choice == Choice::Reported {
            let none = "nothing about this post can be reported to its platform";
            return task.report.is_none().then(|| none.to_owned());
        }
        let effect = choice.subject_to().or(choice.effect(Visibility::Hidden))?;
        let gone = self.state.visibility == Visibility::Gone
            && !matches!(choice, Choice::Ban | Choice::Mute);
        match self.capability(task, effect) {
            _ if gone => Some("the post is gone".to_owned()),
            None => Some("nothing is on record any more of the post itself".to_owned()),
            Some(Capability::Record) => Some("there is nothing to do on the platform".to_owned()),
            Some(Capability::Cannot(why) | Capability::ByHand(why)) => Some(why.to_owned()),
            Some(Capability::Api)
                if choice.speaks() && task.words(self.state.visibility).is_none() =>
            {
                Some(
                    "there is no draft to send: fill in the practice's links and contact first"
                        .to_owned(),
                )
            }
            Some(Capability::Api) => None,
        }
    }

    /// Returns what a task asks for and a person cannot choose, with the reason: what they do by
    /// hand, and what waits.
    #[must_use]
    pub fn not_offered(&self, task: &TaskRecord) -> Vec<(Choice, String)> {
        let mut told: Vec<(Choice, String)> = Vec::new();
        let asks_one_thing = matches!(
            task.kind,
            TaskKind::ReportOutcome
                | TaskKind::ComplaintDecision
                | TaskKind::AcknowledgeComplaint
                | TaskKind::ApproveAnswer
                | TaskKind::Appeal
        );
        if asks_one_thing || !task.kind.is_about_a_post() {
            return told;
        }
        let offers = self.offers(task);
        for choice in task.options.iter().filter_map(|effect| Choice::of(*effect)) {
            let why = match (self.said(task, choice), self.why_not(task, choice)) {
                (Some(said), None) => said.when.clone(),
                (_, Some(why)) if !offers.contains(&choice) => why,
                _ => match self.comes_first(choice) {
                    Some(first) => first.to_string(),
                    None => continue,
                },
            };
            if !told.iter().any(|(known, _)| *known == choice) {
                told.push((choice, why));
            }
        }
        told
    }

    /// Returns those who have one of these roles, as a sentence goes on: "a practice manager may:
    /// Joan".
    fn who(&self, roles: &[Role]) -> String {
        let names: Vec<String> = roles.iter().map(|role| plain_role(*role)).collect();
        let (last, rest) = names
            .split_last()
            .map_or(("nobody", &[][..]), |(last, rest)| (last.as_str(), rest));
        let some_role = if rest.is_empty() {
            last.to_owned()
        } else {
            format!("{} or {last}", rest.join(", "))
        };
        let there = self
            .people
            .iter()
            .filter(|person| roles.contains(&person.role));
        let there: Vec<String> = there
            .map(|person| format!("{} ({})", person.name, plain_role(person.role)))
            .collect();
        if there.is_empty() {
            format!("a {some_role} may, and the settings name none")
        } else {
            format!("a {some_role} may, here {}", there.join(", "))
        }
    }
}

/// A question about a post whose answer comes before what cannot be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ComesFirst {
    /// Whoever may be in danger is not cut off.
    #[error("somebody may be in danger: answer that first")]
    Danger,
    /// Nothing would be left to look at.
    #[error("its author asks for another look: answer that first")]
    Appeal,
    /// A complaint is not lost by being taken down.
    #[error("nobody has said yet whether it is a complaint: answer that first")]
    Complaint,
}

/// Why a person may not have what they ask for, in sentences that say who may or what may be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Their role may not.
    #[error("{name} ({role}) may not {what}: {who}")]
    Role {
        /// Who asked.
        name: String,
        /// As what.
        role: String,
        /// For what.
        what: String,
        /// Who may.
        who: String,
    },
    /// The practice's settings do not name them.
    #[error("the settings of {practice} name no {role} called {name}: {who}")]
    Stranger {
        /// Whose settings.
        practice: PracticeId,
        /// Who asked.
        name: String,
        /// As what.
        role: String,
        /// Who may.
        who: String,
    },
    /// A clause of the policy forbids it, whoever asks.
    #[error("the practice's policy forbids it for this post: {0}")]
    Policy(Effect),
    /// Another question about the post is answered first.
    #[error("{0}. Until then nobody may choose {1} for this post")]
    First(ComesFirst, Choice),
    /// Who decided does not look again where somebody else may.
    #[error("{name} decided about this post before, so somebody else answers its author: {who}")]
    OwnDecision {
        /// Who asked.
        name: String,
        /// Who may.
        who: String,
    },
    /// `keep` says too little about a hidden post.
    #[error("the post is hidden: show it again or leave it hidden? Choose restore or keep-hidden")]
    KeepWhich,
    /// It was sent or done for this post already.
    #[error("{0}. To do it once more all the same, add --again")]
    Already(String),
    /// It cannot be done here.
    #[error("{choice} cannot be chosen: {why}")]
    NotHere {
        /// What was chosen.
        choice: Choice,
        /// Why not.
        why: String,
    },
    /// The task does not offer it.
    #[error("this task does not offer {choice}. It offers:{}", lines(.offers))]
    NotOffered {
        /// What was chosen.
        choice: Choice,
        /// What may be, each with what will happen.
        offers: Vec<(Choice, &'static str)>,
    },
    /// Who wrote the words does not approve them.
    #[error("{name} wrote these words, so somebody else approves them: {who}")]
    OwnWords {
        /// Who asked.
        name: String,
        /// Who may.
        who: String,
    },
    /// Other words stand there than those that the answer is to.
    #[error(
        "the post was changed since this answer was written: send it back, and answer the new words"
    )]
    Stale,
    /// The words say that the post is out of sight, and it is not.
    #[error(
        "the answer says that the post is out of sight, and it is not: write what is true of it now"
    )]
    NotOutOfSight,
    /// Somebody's words for the same answer wait already.
    #[error("{0} wrote an answer that waits to be approved: decide about that one first")]
    Waiting(String),
    /// Who wrote the words is told why they are not sent.
    #[error("write with --note what is wrong with the words: who wrote them reads it")]
    SendBackNote,
    /// It closes only with a note.
    #[error(
        "write with --note who gave the legal advice, when, and what came of it: the policy says that it is sought"
    )]
    AdviceNote,
    /// An author is told why.
    #[error("write why with --note: its author reads it as the answer")]
    AppealNote,
    /// The post is gone.
    #[error("the post is gone: there is nothing to show again")]
    Gone,
    /// Nobody is told of it again and again, so nobody has to be kept from being told.
    #[error(
        "this task is not about danger: answer it, nobody has to say that they are dealing with it"
    )]
    NotDanger,
}

fn lines(offers: &[(Choice, &'static str)]) -> String {
    let line = |(choice, sentence): &(Choice, &str)| format!("  {:<14} {sentence}", choice.name());
    [String::new()]
        .into_iter()
        .chain(offers.iter().map(line))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Returns whether a person may have what they ask for, and why not.
pub fn may(person: &Person, act: &Act<'_>, at: &Grounds) -> Result<(), Refusal> {
    let roles = act.roles(at);
    let (name, role) = (person.name.clone(), plain_role(person.role));
    if !roles.contains(&person.role) {
        return Err(Refusal::Role {
            name,
            role,
            what: act.to_string(),
            who: at.who(&roles),
        });
    }
    if !at.people.contains(person) {
        return Err(Refusal::Stranger {
            practice: at.practice.clone(),
            name,
            role,
            who: at.who(&roles),
        });
    }
    match act {
        Act::Choose {
            task,
            choice,
            again,
        } => {
            if task.kind == TaskKind::Appeal
                && at.decided_before(&person.name)
                && let Some(who) = at.others_who_may()
            {
                return Err(Refusal::OwnDecision { name, who });
            }
            if let (Some(own), true) = (&task.own_words, choice.speaks()) {
                if own.writer() == name {
                    let who = at.others_in(&roles, &name);
                    return Err(Refusal::OwnWords { name, who });
                }
                at.still_answers(task)?;
            }
            choosable(task, *choice, *again, at)
        }
        Act::WriteAnswer { task, choice } => {
            if let Some(waiting) = at
                .waiting_answer(task)
                .and_then(|task| task.own_words.as_ref())
            {
                return Err(Refusal::Waiting(plain_person(&waiting.by)));
            }
            if task.own_words.is_some() || !choice.speaks() {
                let (choice, offers) = (*choice, Vec::new());
                return Err(Refusal::NotOffered { choice, offers });
            }
            choosable(task, *choice, false, at)
        }
        Act::Acknowledge { task } if !task.kind.is_danger() => Err(Refusal::NotDanger),
        Act::Unhide if at.state.visibility == Visibility::Gone => Err(Refusal::Gone),
        Act::Acknowledge { .. }
        | Act::ConfirmWay
        | Act::Unhide
        | Act::Hold
        | Act::Switch { .. }
        | Act::Publish
        | Act::Propose
        | Act::Sign
        | Act::GoBack
        | Act::TakeStep
        | Act::WriteDown
        | Act::LetGo
        | Act::Erase
        | Act::Rectify
        | Act::Connect
        | Act::Offboard
        | Act::Restrict
        | Act::Export { .. } => Ok(()),
    }
}

fn choosable(task: &TaskRecord, choice: Choice, again: bool, at: &Grounds) -> Result<(), Refusal> {
    if let Some(effect) = at.forbids(task, choice) {
        return Err(Refusal::Policy(effect));
    }
    if let Some(first) = at.comes_first(choice) {
        return Err(Refusal::First(first, choice));
    }
    let offers = at.offers(task);
    if choice == Choice::Keep
        && offers.contains(&Choice::KeepHidden)
        && !offers.contains(&Choice::Keep)
    {
        return Err(Refusal::KeepWhich);
    }
    if !offers.contains(&choice) {
        if let Some((_, why)) = at
            .not_offered(task)
            .into_iter()
            .find(|(named, _)| *named == choice)
        {
            return Err(Refusal::NotHere { choice, why });
        }
        let offers = offers
            .into_iter()
            .map(|offer| (offer, at.sentence(task, offer)))
            .collect();
        return Err(Refusal::NotOffered { choice, offers });
    }
    match at.said(task, choice) {
        Some(said) if !again => Err(Refusal::Already(said.when.clone())),
        _ => Ok(()),
    }
}

/// Returns everything that a person may choose about a task, and nothing else.
#[must_use]
pub fn choices_for(person: &Person, task: &TaskRecord, at: &Grounds) -> Vec<Choice> {
    let act = |choice| Act::Choose {
        task,
        choice,
        again: false,
    };
    at.offers(task)
        .into_iter()
        .filter(|choice| may(person, &act(*choice), at).is_ok())
        .collect()
}

/// Returns `true` if a person may have a hidden post shown again, and its platform can.
#[must_use]
pub fn may_restore(person: &Person, post: &PostKey, at: &Grounds) -> bool {
    may(person, &Act::Unhide, at).is_ok() && at.can_unhide(post.platform).is_ok()
}

/// Returns everything that somebody at the practice may choose about a task: what to list where it
/// is not known who looks.
#[must_use]
pub fn choices(task: &TaskRecord, at: &Grounds) -> Vec<Choice> {
    at.offers(task)
        .into_iter()
        .filter(|choice| choosable(task, *choice, false, at).is_ok())
        .collect()
}

/// Returns who may make a choice about a task, where that is not everybody who decides.
#[must_use]
pub fn reserved_for(task: &TaskRecord, choice: Choice, at: &Grounds) -> Option<String> {
    let roles = Act::Choose {
        task,
        choice,
        again: false,
    }
    .roles(at);
    (roles.len() < DECIDERS.len()).then(|| at.who(&roles))
}

/// Returns the roles that may answer a task: all that decide, or those to whom it is left.
#[must_use]
pub fn answered_by(task: &TaskRecord) -> &'static [Role] {
    if task.kind.is_danger() {
        PAGED
    } else if task.kind == TaskKind::ConfirmDeleteByPracticeManager {
        &[Role::PracticeManager]
    } else {
        DECIDERS
    }
}

/// Returns a role as it is said.
pub(crate) fn plain_role(role: Role) -> String {
    role.name().replace('_', " ")
}

/// Returns a person of the record as it is said: "Gail (practice manager)".
pub(crate) fn plain_person(by: &str) -> String {
    match by.rsplit_once(':') {
        Some((name, role)) => format!("{name} ({})", role.replace('_', " ")),
        None => by.to_owned(),
    }
}

/// Returns what an action sent or did that is sent or done once, unless it came to nothing.
fn said(action: &ActionRecord, tasks: &[TaskRecord]) -> Option<Said> {
    if !matches!(
        action.status,
        ActionStatus::Pending | ActionStatus::Claimed | ActionStatus::Done
    ) {
        return None;
    }
    let what = match action.effect {
        Effect::PublicReply => "it was answered in public",
        Effect::AskAuthor => "its author was written to in private",
        Effect::Ban => "its author was banned",
        Effect::Mute => "its author was muted",
        Effect::Capture
        | Effect::Hide
        | Effect::Unhide
        | Effect::Report
        | Effect::Delete
        | Effect::Moderate
        | Effect::PageSafeguardingLead
        | Effect::PagePracticeManager
        | Effect::Case
        | Effect::LegalAdvice
        | Effect::ComplaintClock
        | Effect::Ladder
        | Effect::SignpostOfficialReview
        | Effect::SignpostRoutineContact
        | Effect::Acknowledge
        | Effect::LogIncident => return None,
    };
    let task = tasks
        .iter()
        .find(|task| action.correlation == format!("task {}", task.id));
    let by = task
        .and_then(TaskRecord::closed_by)
        .map_or_else(|| "Pagewarden".to_owned(), plain_person);
    let on = action.created_at.strftime("%-d %B %Y");
    Some(Said {
        effect: action.effect,
        revision: action.revision.clone(),
        when: format!("{what} on {on}, by {by}"),
    })
}

/// Returns the action by which the machine hid a post that is hidden.
fn machine_hide<'a>(state: &StateRecord, actions: &'a [ActionRecord]) -> Option<&'a ActionRecord> {
    let shown_or_hidden = |action: &&ActionRecord| {
        action.status == ActionStatus::Done
            && matches!(action.effect, Effect::Hide | Effect::Unhide)
    };
    let last = actions
        .iter()
        .filter(shown_or_hidden)
        .max_by_key(|action| action.created_at);
    last.filter(|action| {
        state.visibility == Visibility::Hidden
            && action.effect == Effect::Hide
            && action.by == By::Machine
    })
}

/// What somebody chooses who agrees that a post is hidden.
const UPHOLDS: [Choice; 5] = [
    Choice::KeepHidden,
    Choice::Delete,
    Choice::Ban,
    Choice::Mute,
    Choice::Decline,
];

/// Returns `true` if somebody decided that a post stays hidden.
fn is_confirmed(tasks: &[TaskRecord]) -> bool {
    tasks
        .iter()
        .any(|task| task.chosen() == Some(Choice::KeepHidden))
}

/// Returns the people among whom whoever publishes has to stand, given those of the settings in
/// force and of the new ones.
///
/// A deployer serves several practices, and stands in the settings of each all the same: those in
/// force say who may replace them. Where they name no deployer, as before the first time, the new
/// ones do.
#[must_use]
pub fn publishers(in_force: Vec<Person>, new: Vec<Person>) -> Vec<Person> {
    if in_force.iter().any(|person| person.role == Role::Deployer) {
        in_force
    } else {
        new
    }
}
