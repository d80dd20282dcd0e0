//! Judging one revision: read, decide, and work out actions, drafts and due times. No I/O.

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{
    ActionRecord, ActionStatus, Choice, FindingRecord, NewDecision, NewTask, ReadBy, Reference,
    RevisionRecord, Standing, Visibility, hidden_elsewhere,
};
use pagewarden_policies::{Variable, Variables};
use pagewarden_readers::Readers;
use pagewarden_rules::{
    By, Capability, Decision, Disposition, Effect, Finding, Mode, PlannedDraft, PlannedTask,
    Platform, Post, Reading, ReportCard, Situation, Strength, TaskKind, Topic, Urgency, capability,
    decide, longest_message, longest_reply, report_card, report_category, rule_number,
};

use crate::Practice;

/// How soon somebody must have looked where somebody may be in danger.
const LOOK_AT_ONCE: SignedDuration = SignedDuration::from_mins(15);

/// How soon where that is less sure, while the surgery is open; when it opens otherwise.
const LOOK_SOON: SignedDuration = SignedDuration::from_hours(1);

/// The most findings that the record keeps. An item of the table has bounds, and a text of 65,000
/// characters has none.
const MOST_FINDINGS: usize = 40;

/// The template that says where an author can ask for another look.
const LOOK_AGAIN: &str = "public.look_again";

/// The longest quote in a report, in characters.
const LONGEST_QUOTE: usize = 200;

/// Working days that an author has to answer, where the policy does not say.
const DAYS_TO_ANSWER: u8 = 3;

/// What follows from judging a revision.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// What the policy says.
    pub decision: Decision,
    findings: Vec<FindingRecord>,
    read_by: ReadBy,
    actions: Vec<ActionRecord>,
    tasks: Vec<NewTask>,
    reference: Option<Reference>,
}

impl Judgement {
    /// Returns what is to be written.
    #[must_use]
    pub fn into_decision(self, policy: u32) -> NewDecision {
        let Judgement {
            decision,
            findings,
            read_by,
            actions,
            tasks,
            reference,
        } = self;
        NewDecision {
            policy,
            findings,
            read_by,
            incident: is_incident(&decision),
            decision,
            beside: None,
            actions,
            tasks,
            reference,
        }
    }

    /// Adds to all words which tell the author that their post is out of sight where they can ask
    /// for another look, and what they type there.
    ///
    /// What would be longer than the platform takes stays as it is.
    #[must_use]
    pub fn with_another_look(
        mut self,
        practice: &Practice,
        post: &Post,
        page: &str,
        reference: &Reference,
    ) -> Self {
        let variables = Variables::of(&practice.policy, &practice.settings)
            .with(Variable::LookAgainPage, page)
            .with(Variable::Reference, &reference.to_string());
        let platform = post.channel.platform;
        let can_hide = capability(platform, post.surface, Effect::Hide) == Capability::Api;
        let Ok(sentence) = practice.templates.render(LOOK_AGAIN, &variables) else {
            return self;
        };
        let tells = |template: &str| practice.templates.while_visible(template) != template;
        let mut add = |words: &mut String, effects: &[Effect]| {
            let longer = format!("{words} {sentence}");
            let sent_as = |choice| {
                effects
                    .iter()
                    .any(|effect| Choice::of(*effect) == Some(choice))
            };
            let fits_in_private =
                !sent_as(Choice::AskAuthor) || longest_message(platform).takes(&longer);
            let fits_in_public = !sent_as(Choice::Reply) || longest_reply(platform).takes(&longer);
            if fits_in_private && fits_in_public {
                *words = longer;
                self.reference = Some(reference.clone());
            }
        };
        for task in &mut self.tasks {
            // Of what cannot be hidden the draft says nothing else than that it can be seen.
            let template = task.planned.draft.as_ref().map(|draft| &draft.template);
            if let (true, Some(template), Some(draft)) = (can_hide, template, &mut task.draft)
                && tells(template)
            {
                add(draft, &task.planned.options);
            }
        }
        let hides = self.decision.does(Effect::Hide);
        for planned in &self.decision.effects {
            let action = self
                .actions
                .iter_mut()
                .find(|action| action.effect == planned.effect);
            let words = action.and_then(|action| action.words.as_mut());
            if let (true, Some(template), Some(words)) = (hides, &planned.template, words)
                && tells(template)
            {
                add(words, &[planned.effect]);
            }
        }
        self
    }
}

/// Reads one revision for a practice: its words, and the platform's translation of them.
#[must_use]
pub fn read(readers: &Readers, practice: &Practice, revision: &RevisionRecord) -> Reading {
    let Post { text, tagged, .. } = &revision.post;
    readers.read_with_translation(
        &practice.reader,
        text,
        tagged,
        revision.translation.as_deref(),
    )
}

/// Judges one revision, as it was read, under a practice's policy as it stands, by where its post
/// stands.
///
/// Words that are not there any more are judged as in `shadow`: nothing is done about them, and
/// somebody in danger is found all the same.
#[must_use]
pub fn judge(
    practice: &Practice,
    revision: &RevisionRecord,
    reading: &Reading,
    standing: &Standing,
    now: Timestamp,
) -> Judgement {
    let current = standing.is_current(revision);
    let post = &revision.post;
    let situation = Situation {
        platform: post.channel.platform,
        surface: post.surface,
        mode: if current {
            practice.settings.mode
        } else {
            Mode::Shadow
        },
        media: !post.media.is_empty(),
        translated: revision.translation.is_some(),
        length: post.text.chars().count(),
        stopped: &standing.stopped_rules,
    };
    let mut decision = decide(&practice.policy, &situation, reading);
    let drafts = Drafts {
        practice,
        post,
        reading,
        now,
    };
    let actions = actions(&mut decision, practice, revision, &drafts, now);
    let hides = actions.iter().any(|action| action.effect == Effect::Hide);
    if current && !hides {
        let is_hidden = standing.state.visibility == Visibility::Hidden;
        if standing.is_hidden_elsewhere(revision) {
            if standing.asks_to_show(revision) {
                decision.tasks.push(hidden_by_others(post.channel.platform));
            }
        } else if is_hidden && standing.state.revision.is_some() {
            decision.tasks.push(show_again());
        }
    }
    let tasks = decision
        .tasks
        .iter()
        .map(|planned| task(planned, &decision, &drafts))
        .collect();
    let read_by = ReadBy::from(reading.meaning.clone());
    Judgement {
        decision,
        findings: kept(&reading.findings),
        read_by,
        actions,
        tasks,
        reference: None,
    }
}

/// Returns the findings for the record, in the order of the text: one of each topic first, then the
/// surest, then the earliest. The last one kept of a topic says how many more of it there were.
fn kept(findings: &[Finding]) -> Vec<FindingRecord> {
    let mut order: Vec<&Finding> = findings.iter().collect();
    order.sort_by_key(|finding| {
        (
            std::cmp::Reverse(finding.strength),
            finding.span.start,
            finding.span.end,
        )
    });
    let mut seen: Vec<&Topic> = Vec::new();
    let (first, others): (Vec<&Finding>, Vec<&Finding>) = order.into_iter().partition(|finding| {
        let is_first = !seen.contains(&&finding.topic);
        if is_first {
            seen.push(&finding.topic);
        }
        is_first
    });
    let all: Vec<&Finding> = first.into_iter().chain(others).collect();
    let (kept, more) = all.split_at(all.len().min(MOST_FINDINGS));
    let mut records: Vec<FindingRecord> = kept
        .iter()
        .map(|finding| FindingRecord::from(*finding))
        .collect();
    records.sort_by_key(|finding| (finding.start, finding.end));
    for finding in more {
        if let Some(last) = records
            .iter_mut()
            .rfind(|record| record.topic == finding.topic)
        {
            last.more += 1;
        }
    }
    records
}

/// What is written of a revision that could not be judged: nothing was found in it, and a person
/// reads it at once, since somebody may be in danger.
pub(crate) fn not_judged(now: Timestamp) -> NewDecision {
    let planned = PlannedTask {
        kind: TaskKind::Decide,
        urgency: Urgency::Now,
        clauses: Vec::new(),
        options: vec![Effect::Hide],
        delete_role: None,
        draft: None,
        optional: false,
        why: "Pagewarden could not read this. Read it now: somebody may be in danger.".to_owned(),
    };
    let decision = Decision {
        in_scope: true,
        disposition: Disposition::Queue,
        clauses: Vec::new(),
        more_clauses: 0,
        learned: Vec::new(),
        effects: Vec::new(),
        dropped: Vec::new(),
        refused: Vec::new(),
        tasks: vec![planned.clone()],
    };
    let due_at = now + LOOK_AT_ONCE;
    let task = NewTask {
        planned,
        due_at,
        draft: None,
        draft_visible: None,
        report: None,
        acknowledge_by: None,
    };
    let (policy, findings, actions) = (crate::NO_POLICY, Vec::new(), Vec::new());
    NewDecision {
        policy,
        findings,
        read_by: ReadBy::Nobody,
        decision,
        beside: None,
        actions,
        tasks: vec![task],
        incident: false,
        reference: None,
    }
}

/// What was hidden for its words stays hidden when they change, and only a person can tell whether
/// it should.
fn show_again() -> PlannedTask {
    PlannedTask {
        kind: TaskKind::ShowAgain,
        urgency: Urgency::Normal,
        clauses: Vec::new(),
        options: vec![Effect::Unhide],
        delete_role: None,
        draft: None,
        optional: false,
        why: "It was hidden for other words than those that stand there now.".to_owned(),
    }
}

/// Asks whether a post is shown again that nobody hid by this system.
fn hidden_by_others(platform: Platform) -> PlannedTask {
    PlannedTask {
        kind: TaskKind::HiddenElsewhere,
        urgency: Urgency::Low,
        clauses: Vec::new(),
        options: vec![Effect::Unhide],
        delete_role: None,
        draft: None,
        optional: true,
        why: hidden_elsewhere(platform).to_owned(),
    }
}

/// Puts what the machine is to do on the platform into the outbox. What lacks its words becomes a
/// person's task.
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
    let hides = decision.does(Effect::Hide);
    for planned in &mut decision.effects {
        let on_platform =
            capability(post.channel.platform, post.surface, planned.effect) == Capability::Api;
        if planned.by != By::Machine || !on_platform {
            continue;
        }
        let name = planned
            .template
            .as_deref()
            .filter(|_| planned.effect == Effect::PublicReply);
        // What nobody hides is never answered as if it were hidden.
        let name = name.map(|name| {
            if hides {
                name
            } else {
                drafts.practice.templates.while_visible(name)
            }
        });
        let words = name.map(|name| drafts.render(name, planned.clause.as_deref()));
        if matches!(words, Some(None)) {
            planned.by = By::Person;
            "The answer lacks a link or a contact, which the settings leave empty."
                .clone_into(&mut planned.why);
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
            id: ActionRecord::effect_id(
                &revision.key,
                &revision.revision,
                planned.effect,
                &occasion,
            ),
            key: revision.key.clone(),
            revision: revision.revision.clone(),
            post: Post {
                text: String::new(),
                ..post.clone()
            },
            effect: planned.effect,
            by: By::Machine,
            clause: planned.clause.clone(),
            words: words.flatten(),
            instead: None,
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
    let (draft, draft_visible) = planned
        .draft
        .as_ref()
        .map_or((None, None), |draft| drafts.both(draft));
    let may_report =
        planned.kind == TaskKind::ReportByHand || planned.options.contains(&Effect::Report);
    let topics: Vec<Topic> = decision
        .clauses
        .iter()
        .chain(&decision.learned)
        .filter(|clause| planned.clauses.contains(&clause.id))
        .flat_map(|clause| clause.topics.iter().cloned())
        .collect();
    let report = may_report
        .then(|| report_card(drafts.post, &topics))
        .flatten();
    let report = report.map(|card| ReportCard {
        words: drafts.report(&topics),
        ..card
    });
    NewTask {
        planned: planned.clone(),
        due_at: due(planned, drafts.practice, drafts.now),
        draft,
        draft_visible,
        report,
        acknowledge_by: (planned.kind == TaskKind::ComplaintDecision)
            .then(|| drafts.practice.acknowledge_by(drafts.now)),
    }
}

/// When a person must have looked. Dangers run by the clock, everything else by the surgery's
/// working days.
fn due(planned: &PlannedTask, practice: &Practice, now: Timestamp) -> Timestamp {
    let working_days = |days| practice.calendar.after_working_days(now, days);
    match planned.kind {
        TaskKind::SafeguardingNow | TaskKind::StaffSafetyNow | TaskKind::ApproveUrgentSignpost => {
            now + LOOK_AT_ONCE
        }
        TaskKind::SafeguardingToday if practice.calendar.is_open(now) => now + LOOK_SOON,
        TaskKind::SafeguardingToday => practice.calendar.next_morning(now),
        TaskKind::ComplaintDecision => working_days(
            practice
                .policy
                .practice
                .nation
                .days_to_recognise_a_complaint(),
        ),
        TaskKind::AcknowledgeComplaint => practice.acknowledge_by(now),
        TaskKind::LegalAdviceRequired
        | TaskKind::LegalAdviceOptional
        | TaskKind::ReportByHand
        | TaskKind::Ladder
        | TaskKind::AskAuthor => working_days(3),
        TaskKind::CareFirst
        | TaskKind::Decide
        | TaskKind::DecidePraise
        | TaskKind::DecideLanguage
        | TaskKind::CheckConsent
        | TaskKind::ConfirmDelete
        | TaskKind::ConfirmDeleteByPracticeManager
        | TaskKind::MaybeDelete
        | TaskKind::DeleteAndOrReport
        | TaskKind::ModerateDeleteOrBan
        | TaskKind::ReportOutcome
        | TaskKind::ApprovePublicReply
        | TaskKind::ApprovePublicReplyOptional
        | TaskKind::ApproveSignpost
        | TaskKind::OfferSignpost
        | TaskKind::OfferReviewLink
        | TaskKind::RecordIncident
        | TaskKind::DoByHand
        | TaskKind::ShowAgain
        | TaskKind::HiddenElsewhere
        | TaskKind::ApproveAnswer
        | TaskKind::Appeal
        | TaskKind::ReconnectChannel
        | TaskKind::RepairContact => {
            working_days(if planned.optional || planned.urgency == Urgency::Low {
                5
            } else {
                1
            })
        }
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
    let breach = decision
        .clauses
        .iter()
        .flat_map(|clause| &clause.topics)
        .any(|topic| BREACHES.contains(topic));
    // A threat that is paged is a breach as well; a plea is none, whatever else it says.
    let pages_for_staff =
        decision.does(Effect::PagePracticeManager) && !decision.does(Effect::PageSafeguardingLead);
    breach
        && (pages_for_staff
            || matches!(decision.disposition, Disposition::Queue | Disposition::Hide))
}

/// Fills in templates for one post.
struct Drafts<'a> {
    practice: &'a Practice,
    post: &'a Post,
    reading: &'a Reading,
    now: Timestamp,
}

impl Drafts<'_> {
    /// Fills in a template in both wordings: what is true of a hidden post, and what is true while
    /// it can be seen. The second is none where the first is true of both. Which one is sent is
    /// known when it is sent.
    fn both(&self, draft: &PlannedDraft) -> (Option<String>, Option<String>) {
        let (template, clause) = (draft.template.as_str(), draft.clause.as_deref());
        let visible = self.practice.templates.while_visible(template);
        let other = (visible != template)
            .then(|| self.render(visible, clause))
            .flatten();
        let can_hide = capability(self.post.channel.platform, self.post.surface, Effect::Hide)
            == Capability::Api;
        if other.is_some() && !can_hide {
            (other, None)
        } else {
            (self.render(template, clause), other)
        }
    }

    fn render(&self, template: &str, clause: Option<&str>) -> Option<String> {
        let rule = clause.map(rule_number).unwrap_or_default();
        let variables = self.variables().with(Variable::Rule, rule);
        self.practice.templates.render(template, &variables).ok()
    }

    fn variables(&self) -> Variables {
        let calendar = &self.practice.calendar;
        let posted = self.post.posted_at.unwrap_or(self.now);
        let days = self
            .practice
            .policy
            .ladder
            .ask_due_days
            .unwrap_or(DAYS_TO_ANSWER);
        Variables::of(&self.practice.policy, &self.practice.settings)
            .with(Variable::PostDate, &calendar.local_date(posted))
            .with(
                Variable::DueDate,
                &calendar.local_date(calendar.after_working_days(self.now, days.into())),
            )
    }

    /// Returns the words to paste into a platform's form, as far as everything in them is known.
    fn report(&self, topics: &[Topic]) -> Option<String> {
        let variables = self
            .variables()
            .with(
                Variable::PostLink,
                self.post.permalink.as_deref().unwrap_or_default(),
            )
            .with(
                Variable::Ground,
                report_category(self.post.channel.platform, topics).unwrap_or_default(),
            )
            .with(Variable::Quote, &self.quote(topics).unwrap_or_default());
        self.practice
            .templates
            .render_known("report.platform", &variables)
    }

    /// Returns the words that break a rule on one of these topics: those of the surest finding.
    ///
    /// None where the platform's terms ask that words go when their author takes them back, since a
    /// report outlives that; and none where the words were found in a translation.
    fn quote(&self, topics: &[Topic]) -> Option<String> {
        if self.post.channel.platform.drops_what_is_taken_back() {
            return None;
        }
        let findings = self
            .reading
            .findings
            .iter()
            .filter(|finding| topics.contains(&finding.topic));
        let surest = findings.filter(|finding| finding.strength > Strength::Possible);
        let surest = surest
            .min_by_key(|finding| (std::cmp::Reverse(finding.strength), finding.span.start))?;
        let words = self
            .post
            .text
            .get(surest.span.clone())?
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        if words.chars().count() <= LONGEST_QUOTE {
            return Some(words);
        }
        Some(
            words
                .chars()
                .take(LONGEST_QUOTE)
                .chain("...".chars())
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use pagewarden_ledger::NewRevision;
    use pagewarden_policies::{Templates, load_shipped};
    use pagewarden_rules::{Author, Channel, Meaning, Platform, Said, Sense, Surface};
    use proptest::prelude::*;

    use super::*;

    const SETTINGS: &str = r#"{"mode":"live","links":{"complaints":"https://c.example","contact_public":"01632 960100",
        "policy_page":"https://p.example","challenge":"https://d.example"}}"#;

    static PRACTICES: LazyLock<Vec<Practice>> = LazyLock::new(|| {
        load_shipped()
            .unwrap()
            .into_iter()
            .map(|loaded| Practice::new(loaded, 1, SETTINGS).unwrap())
            .collect()
    });

    fn practice(id: &str) -> &'static Practice {
        PRACTICES
            .iter()
            .find(|practice| practice.policy.practice.id.as_str() == id)
            .unwrap()
    }

    fn revision(
        practice: &Practice,
        platform: Platform,
        surface: Surface,
        text: &str,
    ) -> RevisionRecord {
        let post = Post {
            author: Author {
                id: Some("2".into()),
                name: None,
            },
            text: text.into(),
            permalink: Some("https://www.facebook.com/100_1".into()),
            ..Post::new(
                Channel {
                    platform,
                    account: "100".into(),
                },
                surface,
                "1",
            )
        };
        NewRevision::new(&practice.policy.practice.id, &post, b"{}", None, "test")
            .received(Timestamp::UNIX_EPOCH)
    }

    fn judged_by(practice: &Practice, revision: &RevisionRecord) -> Judgement {
        let reading = read(&Readers::rules_only(), practice, revision);
        judge(
            practice,
            revision,
            &reading,
            &Standing::default(),
            Timestamp::UNIX_EPOCH,
        )
    }

    fn judged(id: &str, platform: Platform, surface: Surface, text: &str) -> Judgement {
        judged_by(
            practice(id),
            &revision(practice(id), platform, surface, text),
        )
    }

    fn written(judgement: &Judgement, effect: Effect) -> &NewTask {
        judgement
            .tasks
            .iter()
            .find(|task| task.planned.options.contains(&effect))
            .unwrap()
    }

    const ABUSE: &str = "You absolute wankers, all of you.";
    const PRIVACY: &str = "My neighbour Alan Whitcombe has HIV.";

    #[test]
    fn a_draft_has_words_for_both_states() {
        let judgement = judged(
            "kingswinford",
            Platform::Facebook,
            Surface::Comment,
            PRIVACY,
        );
        assert!(judgement.decision.does(Effect::Hide));
        let ask = written(&judgement, Effect::AskAuthor);
        assert!(
            ask.draft.as_ref().unwrap().contains("We have hidden"),
            "{ask:?}"
        );
        assert!(
            !ask.draft_visible.as_ref().unwrap().contains("hidden"),
            "{ask:?}"
        );
        // What the platform cannot hide is never called hidden.
        let judgement = judged(
            "kingswinford",
            Platform::Facebook,
            Surface::VisitorPost,
            PRIVACY,
        );
        let ask = written(&judgement, Effect::AskAuthor);
        assert!(
            !ask.draft.as_ref().unwrap().contains("hidden") && ask.draft_visible.is_none(),
            "{ask:?}"
        );
    }

    /// Judges a post, and tells its author of the page where they can ask for another look.
    fn judged_with_page(
        practice: &Practice,
        (platform, surface): (Platform, Surface),
        page: &str,
    ) -> (Judgement, Reference) {
        let revision = revision(practice, platform, surface, PRIVACY);
        let reference = Reference::random().unwrap();
        let judgement = judged_by(practice, &revision);
        (
            judgement.with_another_look(practice, &revision.post, page, &reference),
            reference,
        )
    }

    const LOOK_AGAIN_PAGE: &str = "https://pages.example/look-again/kingswinford";

    #[test]
    fn whoever_is_hidden_is_told_where_to_ask_for_another_look() {
        let place = (Platform::Facebook, Surface::Comment);
        let (judgement, reference) =
            judged_with_page(practice("kingswinford"), place, LOOK_AGAIN_PAGE);
        let ask = written(&judgement, Effect::AskAuthor);
        let (hidden, visible) = (
            ask.draft.as_ref().unwrap(),
            ask.draft_visible.as_ref().unwrap(),
        );
        let sentence = format!(" here: {LOOK_AGAIN_PAGE}. Your reference is {reference}.");
        assert!(hidden.ends_with(&sentence), "{hidden}");
        assert!(!hidden.contains("Whitcombe"), "{hidden}");
        assert!(!visible.contains(LOOK_AGAIN_PAGE), "{visible}");
        assert_eq!(judgement.into_decision(1).reference, Some(reference));
    }

    #[test]
    fn whoever_is_not_hidden_is_given_no_reference() {
        let place = (Platform::Facebook, Surface::VisitorPost);
        let (judgement, _) = judged_with_page(practice("kingswinford"), place, LOOK_AGAIN_PAGE);
        let ask = written(&judgement, Effect::AskAuthor);
        assert!(
            !ask.draft.as_ref().unwrap().contains(LOOK_AGAIN_PAGE),
            "{ask:?}"
        );
        assert_eq!(judgement.into_decision(1).reference, None);
    }

    #[test]
    fn a_message_is_never_longer_than_its_platform_takes() {
        let practice = practice("roxbourne");
        let place = (Platform::Instagram, Surface::Comment);
        let before = judged("roxbourne", Platform::Instagram, Surface::Comment, PRIVACY);
        let before = written(&before, Effect::AskAuthor).draft.clone().unwrap();
        let spare = 1_000 - before.len();
        for (page, fits) in [(spare - 100, true), (spare, false)] {
            let page = format!("https://{}.example", "p".repeat(page));
            let (judgement, _) = judged_with_page(practice, place, &page);
            let draft = written(&judgement, Effect::AskAuthor).draft.clone();
            assert_eq!(draft.as_ref() != Some(&before), fits);
            assert!(draft.unwrap().len() <= 1_000);
            assert_eq!(judgement.into_decision(1).reference.is_some(), fits);
        }
    }

    #[test]
    fn a_surer_clause_hides_whatever_stands_beside_it() {
        for id in [
            "kingswinford",
            "threeways",
            "roxbourne",
            "woolpit",
            "mile-oak",
        ] {
            for beside in ["", " Ring me on 07700 900123.", " DA7 4QX", " mail a@a.co"] {
                let text = format!("{ABUSE}{beside}");
                let judgement = judged(id, Platform::Facebook, Surface::Comment, &text);
                assert!(
                    judgement.decision.does(Effect::Hide),
                    "{id}: {text}: {:?}",
                    judgement.decision.effects
                );
            }
        }
    }

    #[test]
    fn danger_leaves_the_breach_beside_it_to_a_person() {
        for id in [
            "kingswinford",
            "threeways",
            "roxbourne",
            "woolpit",
            "mile-oak",
        ] {
            let text = format!("I have chest pain. {PRIVACY}");
            let judgement = judged(id, Platform::Facebook, Surface::Comment, &text);
            assert_eq!(judgement.decision.disposition, Disposition::Page);
            let kinds: Vec<TaskKind> = judgement
                .tasks
                .iter()
                .map(|task| task.planned.kind)
                .collect();
            assert!(
                kinds.contains(&TaskKind::ApproveUrgentSignpost)
                    && kinds.contains(&TaskKind::Decide),
                "{kinds:?}"
            );
            assert!(judgement.actions.is_empty());
            let taken = judgement
                .decision
                .dropped
                .iter()
                .find(|dropped| dropped.effect == Effect::Hide)
                .unwrap();
            assert!(taken.why.contains("may be in danger"));
            assert!(
                written(&judgement, Effect::Hide)
                    .planned
                    .options
                    .contains(&Effect::Delete)
            );
        }
    }

    #[test]
    fn danger_out_of_scope_is_paged_and_nothing_else() {
        let text = "@practice I am going to end my life tonight, you absolute wankers";
        let judgement = judged("kingswinford", Platform::Facebook, Surface::Mention, text);
        assert!(!judgement.decision.in_scope);
        assert_eq!(judgement.decision.disposition, Disposition::Page);
        let kinds: Vec<TaskKind> = judgement
            .tasks
            .iter()
            .map(|task| task.planned.kind)
            .collect();
        assert_eq!(kinds, [TaskKind::SafeguardingNow]);
    }

    #[test]
    fn possible_danger_waits_an_hour_or_until_the_surgery_opens() {
        let practice = practice("woolpit");
        let revision = revision(
            practice,
            Platform::Facebook,
            Surface::Comment,
            "I have put my affairs in order.",
        );
        let due = |now: &str| {
            let said = Said {
                sense: Sense::Danger,
                score: 400,
                sure: false,
                start: 0,
                end: 4,
                like: None,
            };
            let meaning = Meaning {
                said: vec![said],
                ..Meaning::default()
            };
            let reading = Reading {
                meaning: Some(meaning),
                ..Reading::default()
            };
            let judgement = judge(
                practice,
                &revision,
                &reading,
                &Standing::default(),
                now.parse().unwrap(),
            );
            let task = &judgement.tasks[0];
            assert_eq!(
                (task.planned.kind, task.planned.urgency),
                (TaskKind::SafeguardingToday, Urgency::High)
            );
            assert!(!task.draft.as_ref().unwrap().is_empty());
            assert!(matches!(judgement.read_by, ReadBy::Both(_)));
            task.due_at.to_string()
        };
        assert_eq!(due("2026-11-25T11:00:00Z"), "2026-11-25T12:00:00Z");
        // A Friday night, and a Saturday before dawn.
        assert_eq!(due("2026-11-27T21:00:00Z"), "2026-11-28T08:00:00Z");
        assert_eq!(due("2026-11-28T03:00:00Z"), "2026-11-28T08:00:00Z");
    }

    #[test]
    fn a_threat_counts_against_its_author_and_a_plea_never() {
        let threat = judged(
            "kingswinford",
            Platform::Facebook,
            Surface::Comment,
            "I will be waiting outside for that doctor tonight and I will break his legs",
        );
        assert_eq!(threat.decision.disposition, Disposition::Page);
        assert!(threat.decision.does(Effect::Hide) && is_incident(&threat.decision));
        let due = threat
            .tasks
            .iter()
            .find(|task| task.planned.kind == TaskKind::StaffSafetyNow)
            .unwrap()
            .due_at;
        assert_eq!(due, Timestamp::UNIX_EPOCH + LOOK_AT_ONCE);
        let plea = judged(
            "kingswinford",
            Platform::Facebook,
            Surface::Comment,
            &format!("I have chest pain. {ABUSE}"),
        );
        assert!(!is_incident(&plea.decision));
    }

    #[test]
    fn a_complaint_shields_itself_and_nothing_graver() {
        let complaint = "I want to make a formal complaint.";
        let alone = judged(
            "kingswinford",
            Platform::Facebook,
            Surface::Comment,
            complaint,
        );
        let refused = &alone.decision.refused;
        assert!(
            refused.contains(&Effect::Hide) && refused.contains(&Effect::Delete),
            "{refused:?}"
        );
        let text = format!("{PRIVACY} {complaint}");
        let both = judged("kingswinford", Platform::Facebook, Surface::Comment, &text);
        assert!(
            both.decision.does(Effect::Hide) && !both.decision.refused.contains(&Effect::Delete)
        );
        assert_eq!(
            both.decision.refused,
            [
                Effect::PublicReply,
                Effect::SignpostOfficialReview,
                Effect::Acknowledge
            ]
        );
        // One message goes to the author: about what is gravest.
        let ask = written(&both, Effect::AskAuthor);
        assert_eq!(
            ask.planned.draft.as_ref().unwrap().template,
            "private.privacy_hidden"
        );
    }

    #[test]
    fn a_report_says_what_is_known_and_leaves_out_the_rest() {
        let words = |platform, surface| {
            let judgement = judged("roxbourne", platform, surface, ABUSE);
            let report = written(&judgement, Effect::Report).report.clone().unwrap();
            report.words.unwrap()
        };
        let facebook = words(Platform::Facebook, Surface::Comment);
        assert!(
            facebook.contains("We report it as: Bullying or harassment."),
            "{facebook}"
        );
        assert!(
            facebook.contains("The words we report are: \"") && facebook.contains("wankers"),
            "{facebook}"
        );
        assert!(!facebook.contains('['), "{facebook}");
        // X asks that words go when their author takes them back, and a report stays.
        assert!(!words(Platform::X, Surface::Reply).contains("wankers"));
    }

    #[test]
    fn a_machines_answer_never_says_hidden_of_what_is_not() {
        let own = "[public.hidden]\nwhile_visible = \"public.seen\"\ntext = \"We have hidden it.\"\n\
                   [public.seen]\ntext = \"Please take it down.\"";
        for (auto, words) in [
            (
                vec![Effect::Hide, Effect::PublicReply],
                "We have hidden it.",
            ),
            (vec![Effect::PublicReply], "Please take it down."),
        ] {
            let mut loaded = load_shipped().unwrap().remove(0);
            loaded.templates = Templates::load(own, "own.toml").unwrap();
            loaded.policy.clauses.retain(|clause| clause.id == "K4");
            let clause = &mut loaded.policy.clauses[0];
            clause.effects.push(Effect::PublicReply);
            clause.template = Some("public.hidden".into());
            clause.auto = auto;
            let practice = Practice::new(loaded, 1, SETTINGS).unwrap();
            let revision = revision(&practice, Platform::Facebook, Surface::Comment, ABUSE);
            let judgement = judged_by(&practice, &revision);
            let said = judgement
                .actions
                .iter()
                .find(|action| action.effect == Effect::PublicReply)
                .unwrap();
            assert_eq!(said.words.as_deref(), Some(words));
        }
    }

    #[test]
    fn a_request_keeps_its_signpost_beside_another_rule() {
        let text =
            "Nurse Sarah Holt never rings back. Can someone ring me about my blood results please";
        let judgement = judged("threeways", Platform::Facebook, Surface::Comment, text);
        let signpost = written(&judgement, Effect::SignpostRoutineContact);
        assert_eq!(
            (signpost.planned.kind, signpost.planned.urgency),
            (TaskKind::ApproveSignpost, Urgency::Low)
        );
        assert!(
            judgement
                .tasks
                .iter()
                .any(|task| task.planned.kind == TaskKind::Decide)
        );
        let hidden = judged(
            "threeways",
            Platform::Facebook,
            Surface::Comment,
            &format!("{ABUSE} {text}"),
        );
        assert!(
            hidden
                .tasks
                .iter()
                .all(|task| task.planned.kind != TaskKind::ApproveSignpost)
        );
    }

    #[test]
    fn what_is_left_out_of_the_record_is_counted() {
        let finding = |topic, strength, at| Finding {
            topic,
            strength,
            span: at..at + 1,
            cue: "c".into(),
            why: "w".into(),
            target: None,
        };
        let mut findings: Vec<Finding> = (0..100)
            .map(|at| finding(Topic::Obscene, Strength::Certain, at))
            .collect();
        findings.push(finding(Topic::Safeguarding, Strength::Possible, 100));
        findings.extend((101..111).map(|at| finding(Topic::Complaint, Strength::Likely, at)));
        let records = kept(&findings);
        assert_eq!(records.len(), MOST_FINDINGS);
        assert!(records.is_sorted_by_key(|record| record.start));
        let more = |topic: &Topic| {
            records
                .iter()
                .filter(|record| record.topic == *topic)
                .map(|record| record.more)
                .sum()
        };
        let of = |topic: &Topic| {
            records
                .iter()
                .filter(|record| record.topic == *topic)
                .count()
        };
        assert_eq!(
            (of(&Topic::Safeguarding), more(&Topic::Safeguarding)),
            (1, 0_u32)
        );
        assert_eq!((of(&Topic::Obscene), more(&Topic::Obscene)), (38, 62));
        assert_eq!((of(&Topic::Complaint), more(&Topic::Complaint)), (1, 9));
    }

    proptest! {
        // A few long texts: each takes seconds in a build that is not optimised.
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(6) })]

        #[test]
        fn no_text_makes_a_record_that_does_not_fit(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "DA7 4QX ", "a@a.co ", "07700 900123 ", "fuck you ", "943 476 5919 ", "Alan Whitcombe has HIV. ",
                    "I will kill you ", "I want to die ", "12/03/1981 ", "14 Elm Row ", "Dr Patel is a fraud. ",
                ]),
                1..5,
            ),
            nth in 0..5_usize,
        ) {
            let practice = &PRACTICES[nth];
            let text = pieces.concat();
            let text = text.repeat(65_525 / text.len());
            let revision = revision(practice, Platform::Facebook, Surface::Comment, &text);
            // The encoder takes its time for so long a text: here it says all that it could say.
            let mut reading = read(&Readers::rules_only(), practice, &revision);
            let like = Some("\u{1f600}".repeat(163));
            let said = |sense: &Sense| Said { sense: *sense, score: 999, sure: true, start: 0, end: 65_525, like: like.clone() };
            reading.meaning = Some(Meaning {
                model: "f".repeat(64),
                language: "und".into(),
                said: Sense::ALL.iter().map(said).collect(),
                ruled_out: Sense::ALL.iter().map(|sense| (*sense, 999)).collect(),
                unread: 65_525,
            });
            let judgement = judge(practice, &revision, &reading, &Standing::default(), Timestamp::UNIX_EPOCH);
            let findings = serde_json::to_string(&judgement.findings).unwrap().len();
            let decision = serde_json::to_string(&judgement.decision).unwrap().len();
            let read_by = serde_json::to_string(&judgement.read_by).unwrap().len();
            let all = findings + decision + read_by;
            prop_assert!(all < 100_000, "{findings}, {decision} and {read_by} bytes");
            prop_assert!(read_by > 10_000 && read_by < 20_000, "{read_by} bytes");
            prop_assert!(judgement.findings.len() <= MOST_FINDINGS && judgement.tasks.len() <= 30);
        }
    }
}
