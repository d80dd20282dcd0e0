//! Judging one revision: read, decide, and work out actions, drafts and due times. No I/O.

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{
    ActionRecord, ActionStatus, FindingRecord, NewDecision, NewTask, RevisionRecord, Standing, Visibility,
};
use pagewarden_policies::{Templates, Variable, Variables};
use pagewarden_rules::{
    By, Capability, Decision, Disposition, Effect, Finding, Mode, PlannedTask, Post, Reading, ReportCard, Situation,
    Strength, TaskKind, Topic, Urgency, capability, decide, report_card,
};

use crate::Practice;

/// What follows from judging a revision.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// What the policy says.
    pub decision: Decision,
    findings: Vec<FindingRecord>,
    actions: Vec<ActionRecord>,
    tasks: Vec<NewTask>,
}

impl Judgement {
    /// Returns what is to be written.
    #[must_use]
    pub fn into_decision(self, policy: u32) -> NewDecision {
        let Judgement { decision, findings, actions, tasks } = self;
        NewDecision { policy, findings, incident: is_incident(&decision), decision, actions, tasks }
    }
}

/// Judges one revision under a practice's policy as it stands, by where its post stands.
///
/// Words that are not there any more are judged as in `shadow`: nothing is done about them, and somebody in danger is
/// found all the same.
#[must_use]
pub fn judge(
    practice: &Practice,
    templates: &Templates,
    revision: &RevisionRecord,
    standing: &Standing,
    now: Timestamp,
) -> Judgement {
    let current = standing.is_current(revision);
    let post = &revision.post;
    let mut reading = practice.reader.read(&post.text);
    if let Some(translation) = &revision.translation {
        add_translation(&mut reading, practice.reader.read(translation), post.text.len());
    }
    let situation = Situation {
        platform: post.channel.platform,
        surface: post.surface,
        mode: if current { practice.settings.mode } else { Mode::Shadow },
        media: !post.media.is_empty(),
        length: post.text.chars().count(),
    };
    let mut decision = decide(&practice.policy, &situation, &reading);
    let drafts = Drafts { practice, templates, post, now };
    let actions = actions(&mut decision, practice, revision, &drafts, now);
    let hides = actions.iter().any(|action| action.effect == Effect::Hide);
    if current && !hides && standing.state.visibility == Visibility::Hidden {
        decision.tasks.push(show_again());
    }
    let tasks = decision.tasks.iter().map(|planned| task(planned, &decision, &drafts)).collect();
    Judgement { decision, findings: reading.findings.iter().map(FindingRecord::from).collect(), actions, tasks }
}

/// What was hidden for its words stays hidden when they change, and only a person can tell whether it should.
fn show_again() -> PlannedTask {
    PlannedTask {
        kind: TaskKind::ShowAgain,
        urgency: Urgency::Normal,
        clauses: Vec::new(),
        options: vec![Effect::Unhide],
        delete_role: None,
        template: None,
        optional: false,
        why: "it is hidden, and its words have changed: show it again, or leave it hidden".to_owned(),
    }
}

/// Adds what the platform's translation says. A machine's words for what somebody wrote are worth a person's look, and
/// never enough to act on; and where in the author's own words it stands, nobody knows.
fn add_translation(reading: &mut Reading, translated: Reading, length: usize) {
    // The translation is in the language that the rules know; the original is what somebody has to read.
    let findings = translated.findings.into_iter().filter(|finding| finding.topic != Topic::NotEnglish);
    reading.findings.extend(findings.map(|finding| Finding {
        strength: Strength::Possible,
        span: 0..length,
        why: format!("{} (in the platform's translation)", finding.why).into(),
        ..finding
    }));
}

/// Puts what the machine is to do on the platform into the outbox. What lacks its words becomes a person's task.
fn actions(
    decision: &mut Decision,
    practice: &Practice,
    revision: &RevisionRecord,
    drafts: &Drafts<'_>,
    now: Timestamp,
) -> Vec<ActionRecord> {
    let post = &revision.post;
    let mut actions = Vec::new();
    let mut missing = Vec::new();
    for planned in &mut decision.effects {
        let on_platform = capability(post.channel.platform, post.surface, planned.effect) == Capability::Api;
        if planned.by != By::Machine || !on_platform {
            continue;
        }
        let words = planned.template.as_deref().filter(|_| planned.effect == Effect::PublicReply);
        let words = words.map(|name| drafts.render(name, planned.clause.as_deref()));
        if matches!(words, Some(None)) {
            planned.by = By::Person;
            "the template lacks a link or a contact: fill in the settings".clone_into(&mut planned.why);
            missing.push(PlannedTask {
                kind: TaskKind::DoByHand,
                urgency: Urgency::Normal,
                clauses: planned.clause.iter().cloned().collect(),
                options: vec![planned.effect],
                delete_role: None,
                draft: None,
                optional: false,
                why: planned.why.clone(),
            });
            continue;
        }
        let occasion = format!("policy {}", practice.version);
        actions.push(ActionRecord {
            id: ActionRecord::effect_id(&revision.key, &revision.revision, planned.effect, &occasion),
            key: revision.key.clone(),
            revision: revision.revision.clone(),
            post: Post { text: String::new(), ..post.clone() },
            effect: planned.effect,
            by: By::Machine,
            clause: planned.clause.clone(),
            words: words.flatten(),
            status: ActionStatus::Pending,
            attempts: 0,
            charged: false,
            sent: false,
            created_at: now,
            correlation: revision.correlation.clone(),
            result: None,
        });
    }
    decision.tasks.extend(missing);
    actions
}

fn task(planned: &PlannedTask, decision: &Decision, drafts: &Drafts<'_>) -> NewTask {
    let clause = planned.clauses.first().map(String::as_str);
    let (draft, draft_visible) = match &planned.draft {
        Some(draft) => drafts.both(&draft.template, draft.clause.as_deref()),
        None => (None, None),
    };
    let may_report = planned.kind == TaskKind::ReportByHand || planned.options.contains(&Effect::Report);
    let topics: Vec<Topic> = decision
        .clauses
        .iter()
        .filter(|clause| planned.clauses.contains(&clause.id))
        .flat_map(|clause| clause.topics.iter().cloned())
        .collect();
    let report = may_report.then(|| report_card(drafts.post, &topics)).flatten();
    let report = report.map(|card| ReportCard { words: drafts.render("report.platform", clause), ..card });
    NewTask {
        planned: planned.clone(),
        due_at: due(planned, drafts.practice, drafts.now),
        draft,
        draft_visible,
        report,
    }
}

/// When a person must have looked. Dangers run by the clock, everything else by the surgery's working days.
fn due(planned: &PlannedTask, practice: &Practice, now: Timestamp) -> Timestamp {
    let working_days = |days| practice.calendar.after_working_days(now, days);
    match planned.kind {
        TaskKind::SafeguardingNow | TaskKind::ApproveUrgentSignpost => now + SignedDuration::from_mins(15),
        // The statutory time for acknowledging a complaint; advice and reports keep the same pace.
        TaskKind::ComplaintDecision
        | TaskKind::LegalAdviceRequired
        | TaskKind::LegalAdviceOptional
        | TaskKind::ReportByHand
        | TaskKind::Ladder
        | TaskKind::AskAuthor => working_days(3),
        _ if planned.optional || planned.urgency == Urgency::Low => working_days(5),
        _ => working_days(1),
    }
}

/// A breach counts against the account; a complaint, criticism, a plea or a request never does.
fn is_incident(decision: &Decision) -> bool {
    const BREACHES: [Topic; 10] = [
        Topic::PatientIdentifiable,
        Topic::StaffIdentifiable,
        Topic::OtherPersonIdentifiable,
        Topic::Threatening,
        Topic::Menacing,
        Topic::Obscene,
        Topic::GrosslyOffensive,
        Topic::Harassing,
        Topic::Derogatory,
        Topic::Defamatory,
    ];
    let breach = decision.clauses.iter().flat_map(|clause| &clause.topics).any(|topic| BREACHES.contains(topic));
    breach && matches!(decision.disposition, Disposition::Queue | Disposition::Hide)
}

/// Fills in templates for one post.
struct Drafts<'a> {
    practice: &'a Practice,
    templates: &'a Templates,
    post: &'a Post,
    now: Timestamp,
}

impl Drafts<'_> {
    /// Fills in a template in both wordings: what is true of a hidden post, and what is true while it can be seen.
    /// The second is none where the first is true of both. Which one is sent is known when it is sent.
    fn both(&self, template: &str, clause: Option<&str>) -> (Option<String>, Option<String>) {
        let visible = self.templates.while_visible(template);
        let other = (visible != template).then(|| self.render(visible, clause)).flatten();
        let can_hide = capability(self.post.channel.platform, self.post.surface, Effect::Hide) == Capability::Api;
        if other.is_some() && !can_hide { (other, None) } else { (self.render(template, clause), other) }
    }

    fn render(&self, template: &str, clause: Option<&str>) -> Option<String> {
        let calendar = &self.practice.calendar;
        let posted = self.post.posted_at.unwrap_or(self.now);
        let variables = Variables::of(&self.practice.policy, &self.practice.settings)
            .with(Variable::PostDate, &calendar.local_date(posted))
            .with(Variable::DueDate, &calendar.local_date(calendar.after_working_days(self.now, 3)))
            .with(Variable::PostLink, self.post.permalink.as_deref().unwrap_or("the one with the words below"))
            .with(Variable::Rule, &rule_number(clause));
        self.templates.render(template, &variables).ok()
    }
}

/// Returns the rule as the public counts it: clause `K9` is rule 9.
fn rule_number(clause: Option<&str>) -> String {
    clause.map(|id| id.trim_start_matches(|c: char| !c.is_ascii_digit()).to_owned()).unwrap_or_default()
}
