//! The fourth step: what waits for people.

mod list;
mod share;
mod words;

use self::list::List;
use super::danger::{Call, Danger};
use super::engage::{Engaged, Engagement};
use super::rank::Rank;
use super::restrain::{can, forbidden};
use super::{MOST_IDS, Mode, Planned, PlannedDraft, PlannedTask, TaskKind, Urgency};
use crate::{By, Capability, Effect, Join, Platform, Role, Says, Sense, Topic};

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
        self.effects
            .iter()
            .any(|planned| planned.effect == effect && planned.by == By::Machine)
    }

    fn in_danger(&self) -> bool {
        self.post.is_spared()
    }

    /// Returns `true` if somebody can do this where the post stands.
    fn possible(&self, effect: Effect) -> bool {
        !matches!(
            can(self.post, effect),
            Capability::Cannot(_) | Capability::Record
        )
    }

    /// Returns `true` if a person may choose this under a clause.
    fn may(&self, effect: Effect, engaged: &Engaged<'_>) -> bool {
        self.possible(effect) && !forbidden(self.post, effect, engaged.rank)
    }
}

/// Returns what waits for people, one task of each kind, most urgent first.
///
/// Of all of them at most one offers a public answer, one a private message and one a report:
/// nobody is answered twice because two rules were broken.
pub(super) fn open(plan: &Plan<'_>) -> Vec<PlannedTask> {
    let mut list = List::default();
    for danger in &plan.post.dangers {
        list.push(call(plan, *danger));
    }
    if plan.post.situation.platform == Platform::StaffLog {
        let clauses = plan
            .post
            .gravest_first()
            .iter()
            .map(|e| e.clause.id.clone())
            .take(MOST_IDS)
            .collect();
        let why = "Staff wrote down an incident on the premises.".to_owned();
        list.push(PlannedTask {
            clauses,
            ..task(plan, TaskKind::RecordIncident, why)
        });
    } else {
        for engaged in plan
            .post
            .gravest_first()
            .into_iter()
            .chain(plan.post.learned_first())
        {
            clause(plan, engaged, &mut list);
        }
        let unread = plan.post.in_scope && doubts(plan, &mut list);
        list.settle(unread);
        if plan.post.distress && !plan.in_danger() && !list.tasks.is_empty() {
            let why = "See how they are before anything is hidden, deleted or answered.";
            list.push(task(plan, TaskKind::CareFirst, why.to_owned()));
        }
        signposts(plan, &mut list);
    }
    let mut tasks = share::out(list.tasks, &letters(plan));
    for task in &mut tasks {
        task.clauses.truncate(MOST_IDS);
        if plan.in_danger() && !task.kind.is_danger() {
            words::add(
                &mut task.why,
                "Somebody may be in danger, so nothing was hidden: see to that first.",
            );
        } else if is_removal(task.kind) && plan.post.dangers.contains(&Danger::StaffSafety) {
            words::add(
                &mut task.why,
                "It is evidence for the police: see to the staff's safety first.",
            );
        }
    }
    tasks.sort_by_key(|task| (task.urgency, task.kind));
    tasks
}

/// Makes the task by which somebody is told of a danger.
fn call(plan: &Plan<'_>, danger: Danger) -> PlannedTask {
    let Call {
        kind,
        draft,
        options,
        why,
    } = danger.call();
    let possible = |effect: &Effect| plan.possible(*effect);
    let about = |engaged: &&Engaged<'_>| match danger {
        Danger::Safeguarding | Danger::Today => engaged.asks_for(Effect::PageSafeguardingLead),
        Danger::StaffSafety => engaged
            .findings
            .iter()
            .any(|finding| Sense::Threat.topics().contains(&finding.topic)),
        Danger::ClinicalUrgent => false,
    };
    let clauses = plan
        .post
        .gravest_first()
        .into_iter()
        .filter(about)
        .map(|engaged| engaged.clause.id.clone());
    let draft = draft.map(|(template, by)| PlannedDraft {
        template: template.to_owned(),
        clause: None,
        by: by.iter().copied().filter(possible).collect(),
    });
    let open =
        |effect: &Effect| possible(effect) && !plan.does(*effect) && !plan.refused.contains(effect);
    PlannedTask {
        clauses: clauses.take(MOST_IDS).collect(),
        options: options.iter().copied().filter(open).collect(),
        draft,
        ..task(plan, kind, why.to_owned())
    }
}

/// Returns the private messages that the engaged clauses bring, those of clauses that act first,
/// then the gravest.
fn letters(plan: &Plan<'_>) -> Vec<PlannedDraft> {
    let mut engaged = plan.post.gravest_first();
    engaged.sort_by_key(|engaged| !engaged.acts());
    let may_ask = |engaged: &&Engaged<'_>| plan.may(Effect::AskAuthor, engaged);
    let letter = |engaged: &Engaged<'_>| {
        let template = engaged.letter()?.to_owned();
        Some(PlannedDraft {
            template,
            clause: Some(engaged.clause.id.clone()),
            by: vec![Effect::AskAuthor],
        })
    };
    engaged
        .into_iter()
        .filter(may_ask)
        .filter_map(letter)
        .collect()
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
        ApprovePublicReply, ApprovePublicReplyOptional, AskAuthor, CheckConsent, ComplaintDecision,
        Decide, DecidePraise, Ladder, LegalAdviceOptional, LegalAdviceRequired, RecordIncident,
        ReportByHand,
    };
    let clause = engaged.clause;
    let asks = |effect| engaged.asks_for(effect);
    let mut add = |kind: TaskKind, why: String| list.push(under(plan, engaged, kind, why));

    if asks(Effect::ComplaintClock) {
        add(ComplaintDecision, words::COMPLAINT.to_owned());
    }
    if asks(Effect::PublicReply)
        && plan.may(Effect::PublicReply, engaged)
        && !plan.does(Effect::PublicReply)
    {
        let optional = !engaged.found(&Topic::Complaint);
        let kind = if optional {
            ApprovePublicReplyOptional
        } else {
            ApprovePublicReply
        };
        add(kind, words::answer(clause, optional));
    }
    if asks(Effect::LogIncident) {
        add(
            RecordIncident,
            "The policy asks for it to be written down.".to_owned(),
        );
    }
    if engaged.consent_claimed {
        add(
            CheckConsent,
            "Its author says that they agreed. Check it, and write down how in the note."
                .to_owned(),
        );
        return;
    }
    if engaged.praise {
        add(DecidePraise, words::PRAISE.to_owned());
        return;
    }
    if !engaged.acts() {
        // Nobody judges what a person who may be in danger perhaps said about the service.
        let spared = plan.in_danger() && engaged.rank <= Rank::Complaint;
        if spared {
            return;
        }
        if removal_asked(engaged) || asks(Effect::Case) || asks(Effect::AskAuthor) {
            add(Decide, doubt(engaged));
        }
        return;
    }
    if asks(Effect::AskAuthor)
        && plan.may(Effect::AskAuthor, engaged)
        && matches!(clause.says, Says::Will | Says::Asks)
    {
        add(AskAuthor, words::ask(clause));
    }
    if asks(Effect::Ladder) {
        add(
            Ladder,
            "The policy names steps for such an account. Each is yours to take or to leave."
                .to_owned(),
        );
    }
    // An organisation's reputation is not a person's: advice and reports wait for somebody's
    // judgement.
    let person_harmed = !engaged.aims_at_practice_only();
    if asks(Effect::LegalAdvice) && person_harmed {
        let kind = if clause.says == Says::Will {
            LegalAdviceRequired
        } else {
            LegalAdviceOptional
        };
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
        add(
            Decide,
            "The policy asks for somebody's judgement.".to_owned(),
        );
    }
}

/// Returns why a clause that does not act is put to a person.
fn doubt(engaged: &Engaged<'_>) -> String {
    match engaged.findings.first().filter(|_| engaged.learned) {
        Some(finding) => format!("{}. Read it and decide.", finding.why),
        None => "Pagewarden is not sure of it. Read it and decide.".to_owned(),
    }
}

fn removal_asked(engaged: &Engaged<'_>) -> bool {
    [Effect::Hide, Effect::Delete, Effect::Moderate]
        .into_iter()
        .any(|effect| engaged.asks_for(effect))
}

/// Opens what a person must do about taking a post down.
fn removal(plan: &Plan<'_>, engaged: &Engaged<'_>, add: &mut impl FnMut(TaskKind, String)) {
    use TaskKind::{
        AskAuthor, ConfirmDelete, ConfirmDeleteByPracticeManager, Decide, DeleteAndOrReport,
        MaybeDelete, ModerateDeleteOrBan, ReportByHand,
    };
    let clause = engaged.clause;
    let can_ask = plan.may(Effect::AskAuthor, engaged);
    let can_delete = can(plan.post, Effect::Delete) == Capability::Api;
    if can(plan.post, Effect::Hide) != Capability::Api && !can_delete {
        if clause.says == Says::Will && !engaged.needs_judgement() && can_ask {
            add(AskAuthor, words::ONLY_THE_AUTHOR.to_owned());
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
        Says::Will
            if clause.join == Join::AndOr
                && asks(Effect::Report)
                && plan.may(Effect::Report, engaged) =>
        {
            add(DeleteAndOrReport, words::removal(clause));
        }
        Says::Will if !can_delete => {
            if can_ask {
                add(AskAuthor, words::ONLY_THE_AUTHOR.to_owned());
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

/// Any doubt goes to a person, even where no clause is engaged. Returns `true` if there is more to
/// it than the rules can read.
fn doubts(plan: &Plan<'_>, list: &mut List) -> bool {
    // Somebody who finds what the rules could not read has to be able to take it out of sight.
    let hide =
        Some(Effect::Hide).filter(|hide| plan.possible(*hide) && !plan.refused.contains(hide));
    let options: Vec<Effect> = hide.into_iter().collect();
    if plan.post.other_language {
        let why = "Pagewarden does not read it well enough to judge it.".to_owned();
        list.push(PlannedTask {
            options: options.clone(),
            ..task(plan, TaskKind::DecideLanguage, why)
        });
    }
    let doubt = if plan.post.situation.media {
        "It has a picture or a video, which Pagewarden cannot read: look at it."
    } else if plan.post.situation.length > VERY_LONG {
        "It is far longer than a comment can be: look at it."
    } else {
        return false;
    };
    list.push(PlannedTask {
        options,
        ..task(plan, TaskKind::Decide, doubt.to_owned())
    });
    true
}

/// A signpost is drafted where nothing else waits for a person; where the author asks for something
/// and the policy says what to answer, also beside it. Never to somebody who may be in danger, nor
/// under a post that nobody can see.
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
        if engaged.asks_for(Effect::SignpostRoutineContact)
            && plan.may(Effect::SignpostRoutineContact, engaged)
        {
            by_policy = true;
            let why = "The policy asks people to use the usual ways to reach you. A reply that says so is ready."
                .to_owned();
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
            let why =
                "The policy names a place for reviews. A reply that says so is ready.".to_owned();
            list.push(under(plan, engaged, OfferReviewLink, why));
        }
    }
    let possible = plan.possible(Effect::SignpostRoutineContact);
    if !by_policy && !beside && plan.post.request && possible {
        let why =
            "The policy is silent, but somebody may be waiting for an answer. A reply is ready."
                .to_owned();
        let template = if plan.post.enquiry {
            "public.signpost_complaints"
        } else {
            "public.signpost_routine_contact"
        }
        .to_owned();
        list.push(PlannedTask {
            draft: Some(PlannedDraft {
                template,
                clause: None,
                by: vec![Effect::SignpostRoutineContact],
            }),
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
        (!by.is_empty()).then(|| PlannedDraft {
            template: template.to_owned(),
            clause,
            by,
        })
    };
    // What is written for the author alone goes nowhere else, and the other way round.
    let answer = |by| engaged.public_words().and_then(|name| draft(name, &[by]));
    let draft = match kind {
        TaskKind::ApprovePublicReply | TaskKind::ApprovePublicReplyOptional => {
            answer(Effect::PublicReply)
        }
        TaskKind::ApproveSignpost => answer(Effect::SignpostRoutineContact),
        TaskKind::OfferReviewLink => answer(Effect::SignpostOfficialReview),
        // The letter to the author goes with the question whether the post stays: the kinds of
        // `is_removal`.
        TaskKind::AskAuthor
        | TaskKind::Decide
        | TaskKind::DecidePraise
        | TaskKind::DecideLanguage
        | TaskKind::CheckConsent
        | TaskKind::ConfirmDelete
        | TaskKind::ConfirmDeleteByPracticeManager
        | TaskKind::MaybeDelete
        | TaskKind::DeleteAndOrReport
        | TaskKind::ModerateDeleteOrBan => engaged
            .letter()
            .and_then(|name| draft(name, &[Effect::AskAuthor])),
        TaskKind::SafeguardingNow
        | TaskKind::StaffSafetyNow
        | TaskKind::ApproveUrgentSignpost
        | TaskKind::SafeguardingToday
        | TaskKind::CareFirst
        | TaskKind::ReportByHand
        | TaskKind::ReportOutcome
        | TaskKind::ComplaintDecision
        | TaskKind::AcknowledgeComplaint
        | TaskKind::LegalAdviceRequired
        | TaskKind::LegalAdviceOptional
        | TaskKind::Ladder
        | TaskKind::OfferSignpost
        | TaskKind::RecordIncident
        | TaskKind::DoByHand
        | TaskKind::ShowAgain
        | TaskKind::HiddenElsewhere
        | TaskKind::SecondLook
        | TaskKind::ApproveAnswer
        | TaskKind::Appeal
        | TaskKind::ReconnectChannel
        | TaskKind::RepairContact => None,
    };
    let choices: &[Effect] = if is_removal(kind) {
        &[
            Effect::Hide,
            Effect::Report,
            Effect::Delete,
            Effect::Ban,
            Effect::Mute,
        ]
    } else {
        &[]
    };
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
        TaskKind::SafeguardingNow | TaskKind::StaffSafetyNow | TaskKind::ApproveUrgentSignpost => {
            Urgency::Now
        }
        TaskKind::SafeguardingToday
        | TaskKind::CareFirst
        | TaskKind::CheckConsent
        | TaskKind::ConfirmDelete
        | TaskKind::ConfirmDeleteByPracticeManager
        | TaskKind::DeleteAndOrReport
        | TaskKind::DoByHand
        | TaskKind::ReconnectChannel
        | TaskKind::RepairContact => Urgency::High,
        TaskKind::OfferSignpost
        | TaskKind::OfferReviewLink
        | TaskKind::DecidePraise
        | TaskKind::HiddenElsewhere
        | TaskKind::SecondLook
        | TaskKind::ApprovePublicReplyOptional => Urgency::Low,
        TaskKind::Decide
        | TaskKind::DecideLanguage
        | TaskKind::ShowAgain
        | TaskKind::ApproveAnswer
        | TaskKind::Appeal
        | TaskKind::MaybeDelete
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

#[cfg(test)]
mod tests {
    use crate::decision::testing::{clause, finding, meaning, on_facebook, policy, reading};
    use crate::{
        Decision, Disposition, Effect, Finding, Mode, PlannedTask, Policy, Reading, Sense,
        Situation, Strength, TaskKind, Topic, decide,
    };

    /// One clause that hides threats and insults, one on complaints that starts their clock and
    /// forbids to hide them.
    fn two() -> Policy {
        let mut threats = clause(
            "A1",
            &[Topic::Threatening, Topic::Harassing],
            &[Effect::Hide, Effect::Delete, Effect::Report],
        );
        threats.auto = vec![Effect::Hide];
        let mut complaints = clause("A2", &[Topic::Complaint], &[Effect::ComplaintClock]);
        complaints.never = vec![Effect::Hide, Effect::Delete];
        policy(vec![threats, complaints])
    }

    fn decided(found: &[Finding], senses: &[(Sense, u16, bool)]) -> Decision {
        decide(
            &two(),
            &on_facebook(),
            &Reading {
                meaning: Some(meaning(senses)),
                ..reading(found)
            },
        )
    }

    fn task(decision: &Decision, kind: TaskKind) -> &PlannedTask {
        decision
            .tasks
            .iter()
            .find(|task| task.kind == kind)
            .unwrap()
    }

    #[test]
    fn a_finding_of_the_second_reader_alone_waits_for_a_person() {
        let decision = decided(&[], &[(Sense::Threat, 999, true)]);
        assert_eq!(decision.disposition, Disposition::Queue);
        assert!(!decision.does(Effect::Hide) && decision.clauses.is_empty());
        assert_eq!(
            decision
                .learned
                .iter()
                .map(|clause| clause.id.as_str())
                .collect::<Vec<_>>(),
            ["A1"]
        );
        let asked = task(&decision, TaskKind::Decide);
        assert_eq!(asked.clauses, ["A1"]);
        assert!(
            asked.options.contains(&Effect::Hide) && asked.why.contains("reads like a threat"),
            "{asked:?}"
        );
        assert!(
            asked.why.contains("a program that learned from examples"),
            "{}",
            asked.why
        );
        // The clock of a complaint asks just that.
        let complaint = decided(&[], &[(Sense::Complaint, 500, false)]);
        assert_eq!(
            complaint
                .tasks
                .iter()
                .map(|task| task.kind)
                .collect::<Vec<_>>(),
            [TaskKind::ComplaintDecision]
        );
        assert!(!complaint.does(Effect::ComplaintClock) && complaint.refused.is_empty());
        // Where the policy is silent, nobody is asked.
        assert_eq!(
            decided(&[], &[(Sense::ScamSpam, 900, true)]).disposition,
            Disposition::None
        );
    }

    #[test]
    fn what_the_machine_does_by_the_rules_stays_as_it_was() {
        let threat = finding(Topic::Harassing, Strength::Certain);
        let alone = decided(std::slice::from_ref(&threat), &[]);
        let senses = [
            (Sense::Threat, 900, true),
            (Sense::Complaint, 900, true),
            (Sense::Praise, 900, true),
        ];
        let both = decided(&[threat], &senses);
        assert_eq!(both.effects, alone.effects);
        assert_eq!((both.clauses, both.refused), (alone.clauses, alone.refused));
        assert_eq!(
            both.learned
                .iter()
                .map(|clause| clause.id.as_str())
                .collect::<Vec<_>>(),
            ["A2"]
        );
    }

    #[test]
    fn possible_danger_comes_first_and_leaves_the_post_alone() {
        let insult = finding(Topic::Harassing, Strength::Certain);
        let decision = decided(&[insult], &[(Sense::Danger, 400, false)]);
        assert_eq!(decision.disposition, Disposition::Queue);
        assert_eq!(decision.tasks[0].kind, TaskKind::SafeguardingToday);
        assert_eq!(
            decision.tasks[0].options,
            [Effect::PublicReply, Effect::AskAuthor]
        );
        assert!(!decision.does(Effect::Hide));
        // Also in shadow, where nobody is asked anything else.
        let shadow = Situation {
            mode: Mode::Shadow,
            ..on_facebook()
        };
        let found = Reading {
            meaning: Some(meaning(&[(Sense::Danger, 400, false)])),
            ..Reading::default()
        };
        let kinds: Vec<TaskKind> = decide(&two(), &shadow, &found)
            .tasks
            .iter()
            .map(|task| task.kind)
            .collect();
        assert_eq!(kinds, [TaskKind::SafeguardingToday]);
    }

    #[test]
    fn a_threat_for_tonight_pages_the_manager_and_is_hidden() {
        let threat = finding(Topic::Threatening, Strength::Certain);
        let decision = decided(&[threat, finding(Topic::Imminent, Strength::Possible)], &[]);
        assert_eq!(decision.disposition, Disposition::Page);
        assert!(
            decision.does(Effect::PagePracticeManager)
                && !decision.does(Effect::PageSafeguardingLead)
        );
        assert!(decision.does(Effect::Hide) && decision.effects[0].effect == Effect::Capture);
        let page = &decision.tasks[0];
        assert_eq!(
            (page.kind, page.clauses.as_slice()),
            (TaskKind::StaffSafetyNow, &["A1".to_owned()][..])
        );
        assert!(
            page.options.is_empty() && page.why.contains("evidence"),
            "{page:?}"
        );
        let removal = decision
            .tasks
            .iter()
            .find(|task| task.options.contains(&Effect::Delete))
            .unwrap();
        assert!(
            removal.why.contains("see to the staff's safety first"),
            "{}",
            removal.why
        );
    }

    #[test]
    fn another_language_by_either_reader_goes_to_a_person() {
        let decision = decided(&[], &[(Sense::NotEnglish, 700, false)]);
        assert_eq!(
            task(&decision, TaskKind::DecideLanguage).options,
            [Effect::Hide]
        );
        let insult = finding(Topic::Harassing, Strength::Certain);
        assert!(!decided(&[insult], &[(Sense::NotEnglish, 700, false)]).does(Effect::Hide));
    }
}
