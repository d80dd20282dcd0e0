//! Decisions: what a policy says of a revision, what follows, and what was dropped and why.

mod clauses;
mod tasks;

use serde::{Deserialize, Serialize};

use crate::words;
use crate::{By, Capability, Effect, Platform, Policy, Reading, Role, Strength, Surface, Topic, capability};

words! {
    /// What is to become of a revision, mildest first.
    Disposition {
        /// Nothing: no clause asks for anything.
        None "none",
        /// An incident on the premises, written down as a case.
        Case "case",
        /// A person looks; the post stays up.
        Queue "queue",
        /// The machine hides it at once, and a person decides.
        Hide "hide",
        /// A person is paged now; the machine touches nothing.
        Page "page",
    }
}

words! {
    /// How far a practice lets the machine act.
    Mode {
        /// Judges; acts on nothing and opens no task.
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
        /// Symptoms that may need help now: approve the urgent signpost.
        ApproveUrgentSignpost "approve_urgent_signpost",
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
        /// It was hidden, and the policy says it will be deleted: confirm, or restore.
        ConfirmDelete "confirm_delete",
        /// The same, for the practice manager alone, whom the policy names.
        ConfirmDeleteByPracticeManager "confirm_delete_by_practice_manager",
        /// The policy says it may be deleted: choose.
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
        /// Is this a complaint? The clock runs three working days.
        ComplaintDecision "complaint_decision",
        /// The policy says legal advice will be sought.
        LegalAdviceRequired "legal_advice_required",
        /// The policy says legal advice may be sought.
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
        /// Write down what happened and what was done.
        RecordIncident "record_incident",
        /// The machine was stopped by a cap or could not do it: do it by hand, or let it go on.
        DoByHand "do_by_hand",
        /// It was hidden for words that it does not say any more: show it again, or leave it hidden.
        ShowAgain "show_again",
        /// A channel is not heard, or not as it was: mend its connection.
        MendChannel "mend_channel",
    }
}

impl TaskKind {
    /// Returns `true` if somebody may be in danger.
    #[must_use]
    pub const fn is_danger(self) -> bool {
        matches!(self, TaskKind::SafeguardingNow | TaskKind::ApproveUrgentSignpost)
    }

    /// Returns `true` if the task is about the author or about what was said, and not only about what stands there: it
    /// goes on waiting when the words change.
    #[must_use]
    pub const fn outlives_words(self) -> bool {
        matches!(
            self,
            TaskKind::SafeguardingNow
                | TaskKind::ApproveUrgentSignpost
                | TaskKind::ComplaintDecision
                | TaskKind::ReportOutcome
                | TaskKind::LegalAdviceRequired
                | TaskKind::LegalAdviceOptional
                | TaskKind::Ladder
                | TaskKind::RecordIncident
                | TaskKind::MendChannel
        )
    }
}

/// The facts around a text that a decision rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Situation {
    /// Where it was posted.
    pub platform: Platform,
    /// On which surface.
    pub surface: Surface,
    /// How far the practice lets the machine act.
    pub mode: Mode,
    /// It carries a picture, a video or another attachment.
    pub media: bool,
    /// Characters in the text.
    pub length: usize,
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

/// An effect that is to happen, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// What.
    pub effect: Effect,
    /// By whom.
    pub by: By,
    /// The clause it rests on; none for what the safe floor itself asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
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
    /// The clause that asked.
    pub clause: String,
    /// Why not, in plain words.
    pub why: String,
}

/// Work that a decision opens for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTask {
    /// What kind.
    pub kind: TaskKind,
    /// How soon.
    pub urgency: Urgency,
    /// The clauses it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<String>,
    /// What the person may choose among, besides leaving the post as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Effect>,
    /// Who alone may carry out a deletion, where the policy names somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_role: Option<Role>,
    /// The template that is drafted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// It may be left without harm.
    #[serde(default)]
    pub optional: bool,
    /// Why, in plain words.
    pub why: String,
}

/// What a policy says of a revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Whether the practice is present on that surface at all.
    pub in_scope: bool,
    /// What is to become of it.
    pub disposition: Disposition,
    /// The clauses engaged, in the order of the policy.
    pub clauses: Vec<ClauseEngaged>,
    /// What is to happen, in the order in which it must happen.
    pub effects: Vec<Planned>,
    /// What a clause asked for and will not happen.
    pub dropped: Vec<Dropped>,
    /// What must not happen whoever asks, since a clause forbids it.
    pub refused: Vec<Effect>,
    /// What waits for people.
    pub tasks: Vec<PlannedTask>,
}

impl Decision {
    const fn nothing(in_scope: bool) -> Self {
        Decision {
            in_scope,
            disposition: Disposition::None,
            clauses: Vec::new(),
            effects: Vec::new(),
            dropped: Vec::new(),
            refused: Vec::new(),
            tasks: Vec::new(),
        }
    }

    /// Returns true if and only if the machine is to do this.
    #[must_use]
    pub fn does(&self, effect: Effect) -> bool {
        self.effects.iter().any(|planned| planned.effect == effect && planned.by == By::Machine)
    }
}

/// Decides what a policy says of one text.
///
/// The order is fixed: safeguarding and emergencies first, then the practice's clauses, merged as
/// page > privacy hide > threat > obscene > complaint > signpost. Criticism, stars and sentiment are never a
/// ground by themselves. What the platform cannot do becomes a person's task; what nobody may do is dropped
/// with its reason.
#[must_use]
pub fn decide(policy: &Policy, situation: &Situation, reading: &Reading) -> Decision {
    if !policy.covers(situation.platform, situation.surface) {
        return Decision::nothing(false);
    }
    let engaged = clauses::engage(policy, situation, reading);
    let mut decision = Decision::nothing(true);
    decision.clauses = engaged.iter().map(clauses::Engaged::record).collect();
    decision.refused = clauses::refused(&engaged);

    let plan = Plan { situation, reading, engaged: &engaged };
    if situation.platform == Platform::StaffLog {
        decision.disposition = Disposition::Case;
        decision.tasks = tasks::for_staff_log(&plan);
    } else if plan.someone_may_be_in_danger() {
        decision.disposition = Disposition::Page;
        decision.tasks = tasks::for_danger(&plan);
        plan.withhold(&mut decision, "somebody may be in danger: the machine hides, answers and reports nothing");
    } else {
        plan.effects(&mut decision);
        decision.tasks = tasks::for_clauses(&plan, &decision);
        decision.disposition = if plan.hides() {
            Disposition::Hide
        } else if decision.tasks.iter().any(|task| !task.optional) {
            Disposition::Queue
        } else {
            Disposition::None
        };
    }
    plan.capture(&mut decision);
    plan.hold_back(&mut decision);
    decision
}

/// Everything that the parts of a decision look at.
struct Plan<'a> {
    situation: &'a Situation,
    reading: &'a Reading,
    engaged: &'a [clauses::Engaged<'a>],
}

impl Plan<'_> {
    /// At any strength: missing a plea costs more than a false alarm.
    fn someone_may_be_in_danger(&self) -> bool {
        self.reading.has(&Topic::Safeguarding, Strength::Possible)
            || self.reading.has(&Topic::ClinicalUrgent, Strength::Possible)
    }

    fn in_distress(&self) -> bool {
        self.reading.has(&Topic::Distress, Strength::Possible)
    }

    fn can(&self, effect: Effect) -> Capability {
        capability(self.situation.platform, self.situation.surface, effect)
    }

    /// Returns why the machine may not hide under this clause, or none if it may.
    fn why_not_hide(&self, engaged: &clauses::Engaged<'_>) -> Option<&'static str> {
        let clause = engaged.clause;
        if !clause.auto.contains(&Effect::Hide) || !Effect::Hide.may_be_automatic() {
            Some("the policy leaves hiding to a person")
        } else if !engaged.acts() {
            Some("not sure enough: a person looks first")
        } else if !engaged.on_automatic_topic() {
            Some("this needs facts or law: a person decides")
        } else if self.in_distress() {
            Some("the author is bereaved or in distress: nothing is hidden by the machine")
        } else if engaged.consent_claimed {
            Some("the author says that the person agreed: a person checks")
        } else if engaged.about_own_child(self.reading) {
            Some("a parent writes of their own child: a person decides")
        } else if self.reading.has(&Topic::NotEnglish, Strength::Likely) {
            Some("the rules were not tested on this language: a person decides")
        } else if clauses::refused(self.engaged).contains(&Effect::Hide) {
            Some("another clause of the policy forbids it")
        } else {
            None
        }
    }

    /// Returns true if and only if some clause wants the post hidden at once and the platform can.
    fn hides(&self) -> bool {
        self.can(Effect::Hide) == Capability::Api
            && self.engaged.iter().any(|engaged| self.why_not_hide(engaged).is_none())
    }

    /// Plans what each engaged clause asks for, in the fixed order of acts, each effect once.
    fn effects(&self, decision: &mut Decision) {
        // A deleted post cannot be reported, and only one private message goes to a comment: hence this order.
        const ORDER: [Effect; 15] = [
            Effect::ComplaintClock,
            Effect::Case,
            Effect::Hide,
            Effect::PublicReply,
            Effect::SignpostRoutineContact,
            Effect::SignpostOfficialReview,
            Effect::AskAuthor,
            Effect::LegalAdvice,
            Effect::Ladder,
            Effect::Report,
            Effect::Moderate,
            Effect::Delete,
            Effect::Ban,
            Effect::Mute,
            Effect::LogIncident,
        ];
        for effect in ORDER {
            let mut planned = false;
            for engaged in self.engaged.iter().filter(|engaged| engaged.asks_for(effect)) {
                match self.plan(effect, engaged, decision) {
                    Ok(_) if planned => {}
                    Ok(plan) => {
                        planned = true;
                        decision.effects.push(plan);
                    }
                    Err(why) => decision.dropped.push(Dropped { effect, clause: engaged.clause.id.clone(), why }),
                }
            }
        }
    }

    fn plan(&self, effect: Effect, engaged: &clauses::Engaged<'_>, decision: &Decision) -> Result<Planned, String> {
        let clause = engaged.clause;
        if decision.refused.contains(&effect) {
            return Err("a clause of the policy forbids it".to_owned());
        }
        let planned = |by, why: &str| Planned {
            effect,
            by,
            clause: Some(clause.id.clone()),
            template: clause.template.clone(),
            why: why.to_owned(),
        };
        match self.can(effect) {
            Capability::Cannot(why) => return Err(why.to_owned()),
            Capability::ByHand(why) => return Ok(planned(By::Person, why)),
            Capability::Api | Capability::Record => {}
        }
        Ok(match effect {
            Effect::Hide => match self.why_not_hide(engaged) {
                None => planned(By::Machine, "hiding is reversible, and the policy lists it for this"),
                Some(why) => planned(By::Person, why),
            },
            Effect::ComplaintClock => {
                planned(By::Machine, "a complaint must never be lost: a person decides within three working days")
            }
            Effect::Case => planned(By::Machine, "the policy asks for a person's judgement"),
            Effect::PublicReply if clause.auto.contains(&effect) && clause.template.is_some() && engaged.acts() => {
                planned(By::Machine, "a fixed template that the policy lists")
            }
            Effect::Delete => planned(By::Person, "deleting cannot be undone: a person confirms"),
            Effect::Ban | Effect::Mute => planned(By::Person, "a person decides, and may undo it"),
            _ => planned(By::Person, "the safe floor leaves this to a person"),
        })
    }

    fn withhold(&self, decision: &mut Decision, why: &str) {
        decision.effects.push(Planned {
            effect: Effect::PageSafeguardingLead,
            by: By::Machine,
            clause: self.engaged.iter().find(|e| e.asks_for(Effect::PageSafeguardingLead)).map(|e| e.clause.id.clone()),
            template: None,
            why: "safeguarding and emergencies come before every other rule".to_owned(),
        });
        for engaged in self.engaged {
            for effect in
                engaged.clause.effects.iter().filter(|e| !matches!(e, Effect::Capture | Effect::PageSafeguardingLead))
            {
                decision.dropped.push(Dropped {
                    effect: *effect,
                    clause: engaged.clause.id.clone(),
                    why: why.to_owned(),
                });
            }
        }
    }

    /// Evidence comes before any act, and only where there is something to keep it for.
    fn capture(&self, decision: &mut Decision) {
        if decision.disposition == Disposition::None {
            return;
        }
        let clause = self.engaged.iter().find(|e| e.asks_for(Effect::Capture)).map(|e| e.clause.id.clone());
        decision.effects.insert(
            0,
            Planned {
                effect: Effect::Capture,
                by: By::Machine,
                clause,
                template: None,
                why: "evidence is kept before anything else happens".to_owned(),
            },
        );
    }

    /// Takes back from the machine what the practice's mode does not leave to it.
    fn hold_back(&self, decision: &mut Decision) {
        let (why, to_person) = match self.situation.mode {
            Mode::Shadow => ("the practice is in shadow mode: the machine judges and does nothing", false),
            Mode::Assist => ("the practice is in assist mode: every act needs a click", true),
            Mode::Live => return,
        };
        let on_platform = |effect: Effect| self.can(effect) != Capability::Record;
        for planned in decision.effects.iter_mut().filter(|p| p.by == By::Machine && on_platform(p.effect)) {
            planned.by = By::Person;
            why.clone_into(&mut planned.why);
        }
        if to_person {
            return;
        }
        for planned in decision.effects.extract_if(.., |p| on_platform(p.effect)) {
            decision.dropped.push(Dropped {
                effect: planned.effect,
                clause: planned.clause.unwrap_or_default(),
                why: why.to_owned(),
            });
        }
        // Somebody in danger is told of whatever the mode.
        decision.tasks.retain(|task| task.kind.is_danger());
    }
}
