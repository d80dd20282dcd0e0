//! What waits for people.

use super::clauses::Engaged;
use super::{Decision, Plan, PlannedTask, TaskKind, Urgency};
use crate::{Capability, Effect, Join, Role, Says, Strength, Topic};

/// Longer than any comment a platform of ours takes: nobody wrote it by hand, and a person looks.
const VERY_LONG: usize = 8_000;

pub(super) fn for_staff_log(plan: &Plan<'_>) -> Vec<PlannedTask> {
    let clauses = plan.engaged.iter().map(|e| e.clause.id.clone()).collect();
    vec![PlannedTask { clauses, ..task(TaskKind::RecordIncident, "staff wrote down an incident on the premises") }]
}

pub(super) fn for_danger(plan: &Plan<'_>) -> Vec<PlannedTask> {
    let mut tasks = Vec::new();
    let clauses: Vec<String> =
        plan.engaged.iter().filter(|e| e.asks_for(Effect::PageSafeguardingLead)).map(|e| e.clause.id.clone()).collect();
    if plan.reading.has(&Topic::Safeguarding, Strength::Possible) {
        tasks.push(PlannedTask {
            clauses,
            template: Some("public.safeguarding".to_owned()),
            options: vec![Effect::PublicReply, Effect::AskAuthor],
            ..task(TaskKind::SafeguardingNow, "somebody may be in danger: read it now, and answer as a person")
        });
    }
    if plan.reading.has(&Topic::ClinicalUrgent, Strength::Possible) {
        tasks.push(PlannedTask {
            template: Some("public.urgent_signpost".to_owned()),
            options: vec![Effect::PublicReply],
            ..task(
                TaskKind::ApproveUrgentSignpost,
                "these symptoms may need help now: nobody may assume the page is read",
            )
        });
    }
    tasks
}

/// Returns what the engaged clauses leave to people: each kind once, most urgent first.
pub(super) fn for_clauses(plan: &Plan<'_>, decision: &Decision) -> Vec<PlannedTask> {
    let mut list = List::default();
    for engaged in plan.engaged {
        clause(plan, decision, engaged, &mut list);
    }
    let unread = doubts(plan, &mut list);
    list.settle(unread);
    if plan.in_distress() && !list.tasks.is_empty() {
        list.tasks
            .push(task(TaskKind::CareFirst, "the author is bereaved or in distress: think of them before the rules"));
    }
    if list.tasks.is_empty() {
        signposts(plan, decision, &mut list);
    }
    list.tasks.sort_by_key(|task| (task.urgency, task.kind));
    list.tasks
}

fn clause(plan: &Plan<'_>, decision: &Decision, engaged: &Engaged<'_>, list: &mut List) {
    let clause = engaged.clause;
    let mut add = |kind: TaskKind, why: &str| list.add(kind, engaged, plan, decision, why);
    let asks = |effect| engaged.asks_for(effect);

    if asks(Effect::ComplaintClock) {
        add(TaskKind::ComplaintDecision, "is this a complaint? Acknowledge within three working days if it is");
    }
    if asks(Effect::PublicReply)
        && !decision.refused.contains(&Effect::PublicReply)
        && !decision.does(Effect::PublicReply)
    {
        if engaged.found(&Topic::Complaint) {
            add(TaskKind::ApprovePublicReply, "the policy says reviewers are advised to contact the practice");
        } else {
            add(TaskKind::ApprovePublicReplyOptional, "a reply is drafted; it may be left");
        }
    }
    if asks(Effect::LogIncident) {
        add(TaskKind::RecordIncident, "the policy asks for it to be written down");
    }
    if engaged.consent_claimed {
        add(TaskKind::CheckConsent, "the author says that the person agreed: check, and write down how");
        return;
    }
    if engaged.praise {
        add(
            TaskKind::DecidePraise,
            "staff are named in thanks: the policy forbids it to the letter, nobody is likely to mind",
        );
        return;
    }
    if !engaged.acts() {
        if removal_asked(engaged) || asks(Effect::Case) || asks(Effect::AskAuthor) {
            add(TaskKind::Decide, "not sure enough to act: a person decides");
        }
        return;
    }
    if asks(Effect::AskAuthor) && author_can_be_asked(plan) && matches!(clause.says, Says::Will | Says::Asks) {
        add(TaskKind::AskAuthor, "the policy says the author will be asked");
    }
    if asks(Effect::Ladder) {
        add(TaskKind::Ladder, "the policy names steps for repeated incidents; each is a person's");
    }
    // An organisation's reputation is not a person's: advice and reports wait for somebody's judgement.
    let person_harmed = !engaged.aims_at_practice_only();
    if asks(Effect::LegalAdvice) && person_harmed {
        match clause.says {
            Says::Will => add(TaskKind::LegalAdviceRequired, "the policy says legal advice will be sought"),
            _ => add(TaskKind::LegalAdviceOptional, "the policy says legal advice may be sought"),
        }
    }
    if asks(Effect::Report)
        && can_be_reported(plan)
        && clause.join == Join::And
        && (person_harmed || !engaged.needs_judgement())
    {
        add(TaskKind::ReportByHand, "the policy says the post will be reported; no platform has a report API");
    }
    if removal_asked(engaged) {
        removal(plan, engaged, &mut add);
    } else if asks(Effect::Report) && !can_be_reported(plan) {
        add(TaskKind::Decide, "the policy says it will be reported, and here there is nobody to report it to");
    } else if asks(Effect::Case) {
        add(TaskKind::Decide, "the policy asks for a person's judgement");
    }
}

/// By the platform or by hand; Google knows neither.
fn author_can_be_asked(plan: &Plan<'_>) -> bool {
    !matches!(plan.can(Effect::AskAuthor), Capability::Cannot(_))
}

/// Not on the practice's own website: there is nobody to report it to.
fn can_be_reported(plan: &Plan<'_>) -> bool {
    !matches!(plan.can(Effect::Report), Capability::Cannot(_))
}

fn removal_asked(engaged: &Engaged<'_>) -> bool {
    [Effect::Hide, Effect::Delete, Effect::Moderate].into_iter().any(|effect| engaged.asks_for(effect))
}

/// Opens what a person must do about taking a post down.
fn removal(plan: &Plan<'_>, engaged: &Engaged<'_>, add: &mut impl FnMut(TaskKind, &str)) {
    let clause = engaged.clause;
    let can_hide = plan.can(Effect::Hide) == Capability::Api;
    let can_delete = plan.can(Effect::Delete) == Capability::Api;
    if !can_hide && !can_delete {
        if clause.says == Says::Will && !engaged.needs_judgement() && author_can_be_asked(plan) {
            add(TaskKind::AskAuthor, "the platform lets nobody but the author take it down");
        }
        add(
            TaskKind::ReportByHand,
            "the platform cannot hide or delete it: report it if it breaks the platform's own rules",
        );
        return;
    }
    if engaged.needs_judgement() || clause.says == Says::None {
        add(TaskKind::Decide, "a person decides: keep, hide, ask the author or delete");
        return;
    }
    match clause.says {
        Says::Reserves | Says::May if plan.in_distress() => {}
        Says::Reserves => add(TaskKind::ModerateDeleteOrBan, "the policy reserves the right: a person chooses"),
        Says::May => add(TaskKind::MaybeDelete, "the policy says it may be deleted: a person chooses"),
        _ if clause.join == Join::AndOr && engaged.asks_for(Effect::Report) && can_be_reported(plan) => {
            add(TaskKind::DeleteAndOrReport, "the policy says deleted and/or reported: a person chooses");
        }
        _ if !can_delete => {
            add(TaskKind::AskAuthor, "the platform lets nobody but the author delete it");
            add(
                TaskKind::ReportByHand,
                "the platform cannot delete it: report it if it breaks the platform's own rules",
            );
        }
        _ if clause.delete_role == Some(Role::PracticeManager) => {
            add(TaskKind::ConfirmDeleteByPracticeManager, "the policy says the practice manager will delete it");
        }
        _ => add(TaskKind::ConfirmDelete, "the policy says it will be deleted; a person confirms"),
    }
}

/// Any doubt goes to a person, even where no clause is engaged. Returns true if and only if there is more to it than the
/// rules can read.
fn doubts(plan: &Plan<'_>, list: &mut List) -> bool {
    if plan.reading.has(&Topic::NotEnglish, Strength::Likely) {
        list.push(task(TaskKind::DecideLanguage, "written in a language the rules were not tested on"));
    }
    let doubt = if plan.situation.media {
        "it carries a picture or a video, which no rule can read: look at it"
    } else if plan.situation.length > VERY_LONG {
        "it is far longer than a comment can be: look at it"
    } else {
        return false;
    };
    list.push(task(TaskKind::Decide, doubt));
    true
}

/// A signpost is drafted only where nothing else waits for a person.
fn signposts(plan: &Plan<'_>, decision: &Decision, list: &mut List) {
    let mut by_policy = false;
    for engaged in plan.engaged {
        if engaged.asks_for(Effect::SignpostRoutineContact) {
            by_policy = true;
            list.add(TaskKind::ApproveSignpost, engaged, plan, decision, "the policy asks for routine ways of contact");
        } else if engaged.asks_for(Effect::SignpostOfficialReview)
            && !decision.refused.contains(&Effect::SignpostOfficialReview)
        {
            by_policy = true;
            list.add(TaskKind::OfferReviewLink, engaged, plan, decision, "the policy names a place for reviews");
        }
    }
    let asks_for_something =
        [Topic::AppointmentRequest, Topic::ContactStaff].iter().any(|topic| plan.reading.has(topic, Strength::Likely));
    if !by_policy && asks_for_something {
        list.push(PlannedTask {
            template: Some("public.signpost_routine_contact".to_owned()),
            options: vec![Effect::SignpostRoutineContact],
            optional: true,
            ..task(TaskKind::OfferSignpost, "the policy is silent, but somebody may be waiting for an answer")
        });
    }
}

/// The tasks so far, one of each kind.
#[derive(Default)]
struct List {
    tasks: Vec<PlannedTask>,
}

impl List {
    fn push(&mut self, new: PlannedTask) {
        match self.tasks.iter_mut().find(|task| task.kind == new.kind) {
            Some(task) => {
                task.clauses.extend(new.clauses);
                for option in new.options {
                    if !task.options.contains(&option) {
                        task.options.push(option);
                    }
                }
                task.urgency = task.urgency.min(new.urgency);
                task.delete_role = task.delete_role.or(new.delete_role);
                task.template = task.template.take().or(new.template);
            }
            None => self.tasks.push(new),
        }
    }

    fn add(&mut self, kind: TaskKind, engaged: &Engaged<'_>, plan: &Plan<'_>, decision: &Decision, why: &str) {
        let clause = engaged.clause;
        let possible = |effect: &Effect| {
            !matches!(plan.can(*effect), Capability::Cannot(_) | Capability::Record)
                && !decision.refused.contains(effect)
        };
        let mut options: Vec<Effect> = clause.effects.iter().copied().filter(possible).collect();
        if clause.effects.contains(&Effect::Moderate) {
            options.extend([Effect::Hide].iter().filter(|effect| possible(effect)));
        }
        let base = task(kind, why);
        self.push(PlannedTask {
            clauses: vec![clause.id.clone()],
            options,
            urgency: clause.urgency.unwrap_or(base.urgency).min(base.urgency),
            delete_role: clause.delete_role,
            template: clause.template.clone(),
            ..base
        });
    }

    /// One decision about a post is enough: the more definite question takes in the vaguer one.
    fn settle(&mut self, unread: bool) {
        use TaskKind::{
            ApprovePublicReplyOptional, CheckConsent, ComplaintDecision, ConfirmDelete, ConfirmDeleteByPracticeManager,
            Decide, DecidePraise, DeleteAndOrReport, MaybeDelete, ModerateDeleteOrBan,
        };
        let has = |kinds: &[TaskKind]| self.tasks.iter().any(|task| kinds.contains(&task.kind));
        let definite = has(&[ConfirmDelete, ConfirmDeleteByPracticeManager, DeleteAndOrReport]);
        let by_manager = has(&[ConfirmDeleteByPracticeManager]);
        let decide = definite || has(&[Decide]);
        let own_case_only = self.tasks.iter().any(|task| match task.kind {
            Decide | DecidePraise | CheckConsent | ComplaintDecision => false,
            // An answer that may be left has nobody look at what no rule can read.
            ApprovePublicReplyOptional => !unread,
            _ => true,
        });
        self.tasks.retain(|task| match task.kind {
            Decide if definite => false,
            // A case that asks for nothing but judgement is closed by whatever else is decided.
            Decide => !(own_case_only && task.options.is_empty()),
            DecidePraise | MaybeDelete | ModerateDeleteOrBan => !decide,
            ConfirmDelete => !by_manager,
            _ => true,
        });
    }
}

fn task(kind: TaskKind, why: &str) -> PlannedTask {
    let urgency = match kind {
        TaskKind::SafeguardingNow | TaskKind::ApproveUrgentSignpost => Urgency::Now,
        TaskKind::CareFirst
        | TaskKind::CheckConsent
        | TaskKind::ConfirmDelete
        | TaskKind::ConfirmDeleteByPracticeManager
        | TaskKind::DeleteAndOrReport
        | TaskKind::DoByHand => Urgency::High,
        TaskKind::OfferSignpost
        | TaskKind::OfferReviewLink
        | TaskKind::DecidePraise
        | TaskKind::ApprovePublicReplyOptional => Urgency::Low,
        _ => Urgency::Normal,
    };
    PlannedTask {
        kind,
        urgency,
        clauses: Vec::new(),
        options: Vec::new(),
        delete_role: None,
        template: None,
        optional: false,
        why: why.to_owned(),
    }
}
