//! Judging one revision: read, decide, and work out actions, drafts and due times. No I/O.

mod actions;
mod another_look;
mod drafts;
mod due;
mod findings;
#[cfg(test)]
mod testing;

use jiff::Timestamp;
use pagewarden_ledger::{
    ActionRecord, FindingRecord, NewDecision, NewTask, ReadBy, Reference, RevisionRecord, Standing,
    Visibility, hidden_elsewhere,
};
use pagewarden_readers::Readers;
use pagewarden_rules::{
    Decision, Disposition, Effect, Mode, PlannedTask, Platform, Post, Reading, ReportCard,
    Situation, TaskKind, Topic, Urgency, decide, report_card,
};

use crate::Practice;
use actions::actions;
use drafts::Drafts;
use due::{LOOK_AT_ONCE, due};
use findings::kept;

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
        restricted: standing.restricted_author,
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

#[cfg(test)]
mod tests {
    use pagewarden_rules::{Meaning, Platform, Said, Sense, Surface};
    use proptest::prelude::*;

    use super::findings::MOST_FINDINGS;
    use super::testing::{ABUSE, PRACTICES, PRIVACY, judged, revision, written};
    use super::*;

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
