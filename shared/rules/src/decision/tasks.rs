//! The fourth step: what waits for people.

mod list;
mod share;
mod words;

use self::list::List;
use super::engage::{Engaged, Engagement};
use super::rank::Rank;
use super::restrain::{can, forbidden};
use super::{MOST_IDS, Mode, Planned, PlannedDraft, PlannedTask, TaskKind, Urgency};
use crate::{By, Capability, Effect, Join, Platform, Role, Says, Topic};

/// Longer than any comment a platform of ours takes: nobody wrote it by hand, and a person looks.
const VERY_LONG: usize = 8_000;

/// What the tasks are made from.
pub(super) struct Plan<'a> {
    pub(super) post: &'a Engagement<'a>,
    /// What is to happen.
    pub(super) effects: &'a [Planned],
    /// What nobody may choose.
    pub(super) refused: &'a [Effect],
}

impl Plan<'_> {
    fn does(&self, effect: Effect) -> bool {
        self.effects.iter().any(|planned| planned.effect == effect && planned.by == By::Machine)
    }

    fn in_danger(&self) -> bool {
        !self.post.dangers.is_empty()
    }

    /// Returns `true` if somebody can do this where the post stands.
    fn possible(&self, effect: Effect) -> bool {
        !matches!(can(self.post, effect), Capability::Cannot(_) | Capability::Record)
    }

    /// Returns `true` if a person may choose this under a clause.
    fn may(&self, effect: Effect, engaged: &Engaged<'_>) -> bool {
        self.possible(effect) && !forbidden(self.post, effect, engaged.rank)
    }
}

/// Returns what waits for people, one task of each kind, most urgent first.
///
/// Of all of them at most one offers a public answer, one a private message and one a report: nobody is answered
/// twice because two rules were broken.
pub(super) fn open(plan: &Plan<'_>) -> Vec<PlannedTask> {
    let mut list = List::default();
    for danger in &plan.post.dangers {
        let call = danger.call();
        let by = call.by.iter().copied().filter(|effect| plan.possible(*effect)).collect();
        let page = Effect::PageSafeguardingLead;
        let asking = plan.post.gravest_first().into_iter();
        let asking = asking.filter(|e| call.kind == TaskKind::SafeguardingNow && e.asks_for(page));
        list.push(PlannedTask {
            clauses: asking.map(|engaged| engaged.clause.id.clone()).take(MOST_IDS).collect(),
            draft: Some(PlannedDraft { template: call.template.to_owned(), clause: None, by }),
            ..task(plan, call.kind, call.why.to_owned())
        });
    }
    if plan.post.situation.platform == Platform::StaffLog {
        let clauses = plan.post.gravest_first().iter().map(|e| e.clause.id.clone()).take(MOST_IDS).collect();
        let why = "staff wrote down an incident on the premises".to_owned();
        list.push(PlannedTask { clauses, ..task(plan, TaskKind::RecordIncident, why) });
    } else {
        for engaged in plan.post.gravest_first() {
            clause(plan, engaged, &mut list);
        }
        let unread = plan.post.in_scope && doubts(plan, &mut list);
        list.settle(unread);
        if plan.post.distress && !plan.in_danger() && !list.tasks.is_empty() {
            let why = "the author is bereaved or in distress: think of them before the rules";
            list.push(task(plan, TaskKind::CareFirst, why.to_owned()));
        }
        signposts(plan, &mut list);
    }
    let mut tasks = share::out(list.tasks, &letters(plan));
    for task in &mut tasks {
        task.clauses.truncate(MOST_IDS);
        if plan.in_danger() && !task.kind.is_danger() {
            task.why.push_str("; somebody may be in danger, so nothing was hidden: see to that first");
        } else if plan.does(Effect::Hide) && is_removal(task.kind) {
            task.why.push_str("; the machine hides it at once");
        }
    }
    tasks.sort_by_key(|task| (task.urgency, task.kind));
    tasks
}

/// Returns the private messages that the engaged clauses bring, those of clauses that act first, then the gravest.
fn letters(plan: &Plan<'_>) -> Vec<PlannedDraft> {
    let mut engaged = plan.post.gravest_first();
    engaged.sort_by_key(|engaged| !engaged.acts());
    let may_ask = |engaged: &&Engaged<'_>| plan.may(Effect::AskAuthor, engaged);
    let letter = |engaged: &Engaged<'_>| {
        let template = engaged.letter()?.to_owned();
        Some(PlannedDraft { template, clause: Some(engaged.clause.id.clone()), by: vec![Effect::AskAuthor] })
    };
    engaged.into_iter().filter(may_ask).filter_map(letter).collect()
}

/// Keeps what a mode leaves to people: in shadow a danger alone.
pub(super) fn in_mode(mode: Mode, mut tasks: Vec<PlannedTask>) -> Vec<PlannedTask> {
    if mode == Mode::Shadow {
        tasks.retain(|task| task.kind.is_danger());
    }
    tasks
}

/// A task in which somebody decides whether the post stays.
const fn is_removal(kind: TaskKind) -> bool {
    matches!(
        kind,
        TaskKind::Decide
            | TaskKind::DecidePraise
            | TaskKind::DecideLanguage
            | TaskKind::CheckConsent
            | TaskKind::ConfirmDelete
            | TaskKind::ConfirmDeleteByPracticeManager
            | TaskKind::MaybeDelete
            | TaskKind::DeleteAndOrReport
            | TaskKind::ModerateDeleteOrBan
    )
}

fn clause(plan: &Plan<'_>, engaged: &Engaged<'_>, list: &mut List) {
    use TaskKind::{
        ApprovePublicReply, ApprovePublicReplyOptional, AskAuthor, CheckConsent, ComplaintDecision, Decide,
        DecidePraise, Ladder, LegalAdviceOptional, LegalAdviceRequired, RecordIncident, ReportByHand,
    };
    let clause = engaged.clause;
    let asks = |effect| engaged.asks_for(effect);
    let mut add = |kind: TaskKind, why: String| list.push(under(plan, engaged, kind, why));

    if asks(Effect::ComplaintClock) {
        add(ComplaintDecision, words::COMPLAINT.to_owned());
    }
    if asks(Effect::PublicReply) && plan.may(Effect::PublicReply, engaged) && !plan.does(Effect::PublicReply) {
        let optional = !engaged.found(&Topic::Complaint);
        let kind = if optional { ApprovePublicReplyOptional } else { ApprovePublicReply };
        add(kind, words::answer(clause, optional));
    }
    if asks(Effect::LogIncident) {
        add(RecordIncident, "the policy asks for it to be written down".to_owned());
    }
    if engaged.consent_claimed {
        add(CheckConsent, "the author says that the person agreed: check, and write down how".to_owned());
        return;
    }
    if engaged.praise {
        add(DecidePraise, words::PRAISE.to_owned());
        return;
    }
    if !engaged.acts() {
        // Whoever may be in danger is not put to somebody for what they perhaps said of the service.
        let spared = plan.in_danger() && engaged.rank <= Rank::Complaint;
        if spared {
            return;
        }
        if removal_asked(engaged) || asks(Effect::Case) || asks(Effect::AskAuthor) {
            add(Decide, "not sure enough to act: a person decides".to_owned());
        }
        return;
    }
    if asks(Effect::AskAuthor) && plan.may(Effect::AskAuthor, engaged) && matches!(clause.says, Says::Will | Says::Asks)
    {
        add(AskAuthor, words::ask(clause));
    }
    if asks(Effect::Ladder) {
        add(Ladder, "the policy names steps for repeated incidents; each is a person's".to_owned());
    }
    // An organisation's reputation is not a person's: advice and reports wait for somebody's judgement.
    let person_harmed = !engaged.aims_at_practice_only();
    if asks(Effect::LegalAdvice) && person_harmed {
        let kind = if clause.says == Says::Will { LegalAdviceRequired } else { LegalAdviceOptional };
        add(kind, words::legal_advice(clause));
    }
    let can_be_reported = plan.may(Effect::Report, engaged);
    if asks(Effect::Report)
        && can_be_reported
        && clause.join == Join::And
        && (person_harmed || !engaged.needs_judgement())
    {
        add(ReportByHand, words::report(clause));
    }
    if removal_asked(engaged) {
        removal(plan, engaged, &mut add);
    } else if asks(Effect::Report) && !can_be_reported {
        add(Decide, words::cannot_report(clause));
    } else if asks(Effect::Case) {
        add(Decide, "the policy asks for a person's judgement".to_owned());
    }
}

fn removal_asked(engaged: &Engaged<'_>) -> bool {
    [Effect::Hide, Effect::Delete, Effect::Moderate].into_iter().any(|effect| engaged.asks_for(effect))
}

/// Opens what a person must do about taking a post down.
fn removal(plan: &Plan<'_>, engaged: &Engaged<'_>, add: &mut impl FnMut(TaskKind, String)) {
    use TaskKind::{
        AskAuthor, ConfirmDelete, ConfirmDeleteByPracticeManager, Decide, DeleteAndOrReport, MaybeDelete,
        ModerateDeleteOrBan, ReportByHand,
    };
    let clause = engaged.clause;
    let can_ask = plan.may(Effect::AskAuthor, engaged);
    let can_delete = can(plan.post, Effect::Delete) == Capability::Api;
    if can(plan.post, Effect::Hide) != Capability::Api && !can_delete {
        if clause.says == Says::Will && !engaged.needs_judgement() && can_ask {
            add(AskAuthor, "the platform lets nobody but the author take it down".to_owned());
        }
        add(ReportByHand, words::CANNOT_TAKE_DOWN.to_owned());
        let stops = |effect: &Effect| engaged.offers(*effect) && plan.may(*effect, engaged);
        if [Effect::Ban, Effect::Mute].iter().any(stops) {
            add(Decide, words::STOP_THE_AUTHOR.to_owned());
        }
        return;
    }
    if !plan.may(Effect::Hide, engaged) && !plan.may(Effect::Delete, engaged) {
        add(Decide, words::FORBIDDEN.to_owned());
        return;
    }
    if engaged.needs_judgement() {
        add(Decide, words::judgement(clause));
        return;
    }
    let asks = |effect| engaged.asks_for(effect);
    match clause.says {
        Says::Reserves | Says::May if plan.post.distress => {}
        Says::Reserves => add(ModerateDeleteOrBan, words::removal(clause)),
        Says::May if asks(Effect::Delete) => add(MaybeDelete, words::removal(clause)),
        Says::Will if !asks(Effect::Delete) => add(Decide, words::removal(clause)),
        Says::Will if clause.join == Join::AndOr && asks(Effect::Report) && plan.may(Effect::Report, engaged) => {
            add(DeleteAndOrReport, words::removal(clause));
        }
        Says::Will if !can_delete => {
            if can_ask {
                add(AskAuthor, "the platform lets nobody but the author delete it".to_owned());
            }
            add(ReportByHand, words::CANNOT_DELETE.to_owned());
        }
        Says::Will if clause.delete_role == Some(Role::PracticeManager) => {
            add(ConfirmDeleteByPracticeManager, words::removal(clause));
        }
        Says::Will => add(ConfirmDelete, words::removal(clause)),
        Says::May | Says::Asks | Says::None | Says::Context => add(Decide, words::removal(clause)),
    }
}

/// Any doubt goes to a person, even where no clause is engaged. Returns `true` if there is more to it than the rules can
/// read.
fn doubts(plan: &Plan<'_>, list: &mut List) -> bool {
    // Somebody who finds what the rules could not read has to be able to take it out of sight.
    let hide = Some(Effect::Hide).filter(|hide| plan.possible(*hide) && !plan.refused.contains(hide));
    let options: Vec<Effect> = hide.into_iter().collect();
    if plan.post.other_language {
        let why = "written in a language the rules were not tested on".to_owned();
        list.push(PlannedTask { options: options.clone(), ..task(plan, TaskKind::DecideLanguage, why) });
    }
    let doubt = if plan.post.situation.media {
        "it carries a picture or a video, which no rule can read: look at it"
    } else if plan.post.situation.length > VERY_LONG {
        "it is far longer than a comment can be: look at it"
    } else {
        return false;
    };
    list.push(PlannedTask { options, ..task(plan, TaskKind::Decide, doubt.to_owned()) });
    true
}

/// A signpost is drafted where nothing else waits for a person; where the author asks for something and the policy says
/// what to answer, also beside it. Never to whoever may be in danger, nor under what nobody can see.
fn signposts(plan: &Plan<'_>, list: &mut List) {
    use TaskKind::{ApproveSignpost, OfferReviewLink, OfferSignpost};
    if plan.in_danger() || plan.does(Effect::Hide) || !plan.post.in_scope {
        return;
    }
    let beside = !list.tasks.is_empty();
    if beside && !plan.post.request {
        return;
    }
    let mut by_policy = false;
    for engaged in plan.post.gravest_first() {
        if engaged.asks_for(Effect::SignpostRoutineContact) && plan.may(Effect::SignpostRoutineContact, engaged) {
            by_policy = true;
            let why = "the policy asks for routine ways of contact".to_owned();
            let mut signpost = under(plan, engaged, ApproveSignpost, why);
            if beside {
                signpost.urgency = Urgency::Low;
            }
            list.push(signpost);
        } else if engaged.asks_for(Effect::SignpostOfficialReview)
            && plan.may(Effect::SignpostOfficialReview, engaged)
            && !beside
        {
            by_policy = true;
            let why = "the policy names a place for reviews".to_owned();
            list.push(under(plan, engaged, OfferReviewLink, why));
        }
    }
    let possible = plan.possible(Effect::SignpostRoutineContact);
    if !by_policy && !beside && plan.post.request && possible {
        let why = "the policy is silent, but somebody may be waiting for an answer".to_owned();
        let template =
            if plan.post.enquiry { "public.signpost_complaints" } else { "public.signpost_routine_contact" }.to_owned();
        list.push(PlannedTask {
            draft: Some(PlannedDraft { template, clause: None, by: vec![Effect::SignpostRoutineContact] }),
            optional: true,
            ..task(plan, OfferSignpost, why)
        });
    }
}

/// Makes a task under a clause, with what may be chosen in it.
fn under(plan: &Plan<'_>, engaged: &Engaged<'_>, kind: TaskKind, why: String) -> PlannedTask {
    let clause = engaged.clause;
    let base = task(plan, kind, why);
    let may = |effect: &Effect| engaged.offers(*effect) && plan.may(*effect, engaged);
    let draft = |template: &str, by: &[Effect]| {
        let by: Vec<Effect> = by.iter().copied().filter(may).collect();
        let clause = Some(clause.id.clone());
        (!by.is_empty()).then(|| PlannedDraft { template: template.to_owned(), clause, by })
    };
    // What is written for the author alone goes nowhere else, and the other way round.
    let answer = |by| engaged.public_words().and_then(|name| draft(name, &[by]));
    let draft = match kind {
        TaskKind::ApprovePublicReply | TaskKind::ApprovePublicReplyOptional => answer(Effect::PublicReply),
        TaskKind::ApproveSignpost => answer(Effect::SignpostRoutineContact),
        TaskKind::OfferReviewLink => answer(Effect::SignpostOfficialReview),
        kind if kind == TaskKind::AskAuthor || is_removal(kind) => {
            engaged.letter().and_then(|name| draft(name, &[Effect::AskAuthor]))
        }
        _ => None,
    };
    let choices: &[Effect] =
        if is_removal(kind) { &[Effect::Hide, Effect::Report, Effect::Delete, Effect::Ban, Effect::Mute] } else { &[] };
    let mut options: Vec<Effect> = choices.iter().copied().filter(may).collect();
    if kind == TaskKind::ReportByHand && plan.may(Effect::Report, engaged) {
        options.push(Effect::Report);
    }
    PlannedTask {
        clauses: vec![clause.id.clone()],
        options,
        urgency: clause.urgency.unwrap_or(base.urgency).min(base.urgency),
        delete_role: clause.delete_role,
        draft,
        ..base
    }
}

/// Makes a task that rests on no clause. A practice's own sentence for its kind comes before ours.
fn task(plan: &Plan<'_>, kind: TaskKind, why: String) -> PlannedTask {
    let urgency = match kind {
        TaskKind::SafeguardingNow | TaskKind::ApproveUrgentSignpost => Urgency::Now,
        TaskKind::CareFirst
        | TaskKind::CheckConsent
        | TaskKind::ConfirmDelete
        | TaskKind::ConfirmDeleteByPracticeManager
        | TaskKind::DeleteAndOrReport
        | TaskKind::DoByHand
        | TaskKind::MendChannel => Urgency::High,
        TaskKind::OfferSignpost
        | TaskKind::OfferReviewLink
        | TaskKind::DecidePraise
        | TaskKind::ApprovePublicReplyOptional => Urgency::Low,
        TaskKind::Decide
        | TaskKind::DecideLanguage
        | TaskKind::ShowAgain
        | TaskKind::MaybeDelete
        | TaskKind::ModerateDeleteOrBan
        | TaskKind::AskAuthor
        | TaskKind::ReportByHand
        | TaskKind::ReportOutcome
        | TaskKind::ComplaintDecision
        | TaskKind::LegalAdviceRequired
        | TaskKind::LegalAdviceOptional
        | TaskKind::Ladder
        | TaskKind::ApprovePublicReply
        | TaskKind::ApproveSignpost
        | TaskKind::RecordIncident => Urgency::Normal,
    };
    PlannedTask {
        kind,
        urgency,
        clauses: Vec::new(),
        options: Vec::new(),
        delete_role: None,
        draft: None,
        optional: false,
        why: plan.post.sentences.get(&kind).cloned().unwrap_or(why),
    }
}
