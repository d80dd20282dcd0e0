//! What holds of every decision, under every shipped policy and under one that has all of their
//! clauses at once.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot load its policies fails there"
)]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use pagewarden_policies::load_shipped;
use pagewarden_rules::{
    By, Capability, Channels, Clause, Decision, Disposition, Effect, Finding, Meaning, Mode,
    Planned, Platform, Policy, Reading, Said, Sense, Situation, Strength, Surface, Target,
    TaskKind, Topic, capability, decide, surfaces,
};
use proptest::prelude::*;

/// The five policies, and one on every channel with the clauses of all five.
static POLICIES: LazyLock<Vec<Policy>> = LazyLock::new(|| {
    let mut policies: Vec<Policy> = load_shipped()
        .unwrap()
        .into_iter()
        .map(|loaded| loaded.policy)
        .collect();
    let clauses: Vec<Clause> = policies
        .iter()
        .flat_map(|policy| policy.clauses.clone())
        .collect();
    let everywhere = Platform::ALL
        .iter()
        .filter(|platform| **platform != Platform::StaffLog);
    let channels = everywhere.map(|platform| Channels {
        platform: *platform,
        surfaces: surfaces(*platform).to_vec(),
    });
    policies.push(Policy {
        clauses,
        channels: channels.collect(),
        ..policies[0].clone()
    });
    policies
});

/// What a finding may take from the machine: named, and nothing else.
const EXCEPTIONS: [Topic; 6] = [
    Topic::Safeguarding,
    Topic::ClinicalUrgent,
    Topic::Distress,
    Topic::ClaimsConsent,
    Topic::Child,
    Topic::NotEnglish,
];

const DANGERS: [Topic; 2] = [Topic::Safeguarding, Topic::ClinicalUrgent];

fn finding_on(topics: Vec<Topic>) -> impl Strategy<Value = Finding> {
    let strength = prop::sample::select(vec![
        Strength::Possible,
        Strength::Likely,
        Strength::Certain,
    ]);
    let targets = vec![
        None,
        Some(Target::Staff),
        Some(Target::Practice),
        Some(Target::Author),
        Some(Target::Other),
    ];
    (
        prop::sample::select(topics),
        strength,
        prop::sample::select(targets),
    )
        .prop_map(|(topic, strength, target)| Finding {
            topic,
            strength,
            span: 0..4,
            cue: "property".into(),
            why: "a property".into(),
            target,
        })
}

/// Findings that leave the machine something to do about half the time.
fn reading() -> impl Strategy<Value = Reading> {
    let calm = Topic::ALL
        .iter()
        .filter(|topic| !EXCEPTIONS.contains(topic))
        .cloned()
        .collect::<Vec<_>>();
    let some = prop::collection::vec(finding_on(calm), 0..6);
    let rare = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(finding_on(Topic::ALL.to_vec()), 1..3)];
    (some, rare).prop_map(|(some, rare)| Reading {
        findings: some.into_iter().chain(rare).collect(),
        ..Reading::default()
    })
}

/// What a second reader may say: any senses, and any that it rules out.
fn meaning() -> impl Strategy<Value = Meaning> {
    let sense = || prop::sample::select(Sense::ALL.to_vec());
    let said = (sense(), any::<bool>()).prop_map(|(sense, sure)| said(sense, sure));
    let ruled_out = prop::collection::vec((sense(), 0..50_u16), 0..12);
    (prop::collection::vec(said, 0..5), ruled_out).prop_map(|(said, ruled_out)| Meaning {
        said,
        ruled_out,
        ..Meaning::default()
    })
}

fn said(sense: Sense, sure: bool) -> Said {
    Said {
        sense,
        score: if sure { 900 } else { 500 },
        sure,
        start: 0,
        end: 4,
        like: Some("l".repeat(200)),
    }
}

fn policy() -> impl Strategy<Value = &'static Policy> {
    (0..6_usize).prop_map(|nth| &POLICIES[nth])
}

fn mode() -> impl Strategy<Value = Mode> {
    prop::sample::select(Mode::ALL.to_vec())
}

/// Anywhere that a platform has, in scope or not; mostly where most can be done.
fn situation() -> impl Strategy<Value = Situation<'static>> {
    let places: Vec<(Platform, Surface)> = Platform::ALL
        .iter()
        .flat_map(|p| surfaces(*p).iter().map(|s| (*p, *s)))
        .collect();
    let place = prop_oneof![
        Just((Platform::Facebook, Surface::Comment)),
        prop::sample::select(places)
    ];
    let length = prop_oneof![9 => Just(80_usize), 1 => Just(9_000)];
    (place, prop::bool::weighted(0.1), length).prop_map(|((platform, surface), media, length)| {
        Situation {
            platform,
            surface,
            mode: Mode::Live,
            media,
            translated: false,
            length,
            stopped: &[],
            restricted: false,
        }
    })
}

fn by_machine(decision: &Decision) -> BTreeSet<(Effect, Option<String>, Option<String>)> {
    let machine = decision
        .effects
        .iter()
        .filter(|planned| planned.by == By::Machine);
    machine
        .map(|planned| {
            (
                planned.effect,
                planned.clause.clone(),
                planned.template.clone(),
            )
        })
        .collect()
}

const fn is_public(effect: Effect) -> bool {
    matches!(
        effect,
        Effect::PublicReply | Effect::SignpostOfficialReview | Effect::SignpostRoutineContact
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_finding_never_makes_the_machine_do_less(
        policy in policy(), situation in situation(), before in reading(),
        more in finding_on(Topic::ALL.iter().filter(|topic| !EXCEPTIONS.contains(topic)).cloned().collect()),
    ) {
        let mut after = before.clone();
        after.findings.push(more);
        let (before, after) = (decide(policy, &situation, &before), decide(policy, &situation, &after));
        // Evidence is kept for what follows, and one clause may forbid the only answer that another
        // asks for.
        let acts = |planned: &&Planned| planned.by == By::Machine && planned.effect != Effect::Capture;
        for planned in before.effects.iter().filter(acts) {
            prop_assert!(after.does(planned.effect), "{planned:?}\n{:?}\n{:?}", after.effects, after.dropped);
        }
    }

    #[test]
    fn a_second_reader_adds_nothing_to_what_the_machine_does(
        policy in policy(), situation in situation(), mode in mode(), reading in reading(), meaning in meaning(),
    ) {
        let situation = Situation { mode, ..situation };
        let alone = decide(policy, &situation, &reading);
        let may_take = [Sense::Danger, Sense::NotEnglish].iter().any(|sense| meaning.of(*sense).is_some());
        let may_take = may_take || !meaning.ruled_out.is_empty();
        let both = decide(policy, &situation, &Reading { meaning: Some(meaning), ..reading });
        let acts = |decision: &Decision| {
            let mut acts = by_machine(decision);
            acts.retain(|(effect, ..)| !effect.is_page() && *effect != Effect::Capture);
            acts
        };
        // Where it rules out what one clause rests on, the act may rest on another clause that
        // asked for it as well.
        let rests_on = |planned: &Planned| alone.effects.iter().any(|known| {
            let clauses: Vec<&String> = known.clause.iter().chain(&known.also).collect();
            (known.effect, known.by) == (planned.effect, planned.by)
                && planned.clause.iter().all(|clause| clauses.contains(&clause))
        });
        let machine = |planned: &&Planned| {
            planned.by == By::Machine && !planned.effect.is_page() && planned.effect != Effect::Capture
        };
        prop_assert!(
            both.effects.iter().filter(machine).all(rests_on), "{:?}\n{:?}", both.effects, alone.effects
        );
        prop_assert!(may_take || acts(&both) == acts(&alone), "{:?}\n{:?}", both.effects, alone.effects);
        prop_assert!(both.disposition >= alone.disposition || may_take);
        // Nor does it close anything to people.
        prop_assert!(both.refused.iter().all(|effect| alone.refused.contains(effect)));
    }

    #[test]
    fn the_order_of_the_clauses_changes_nothing(
        policy in policy(), situation in situation(), mode in mode(), reading in reading(),
        meaning in prop::option::of(meaning()), places in prop::collection::vec(any::<u32>(), 100),
    ) {
        let situation = Situation { mode, ..situation };
        let mut clauses: Vec<(u32, Clause)> = places.into_iter().zip(policy.clauses.clone()).collect();
        clauses.sort_by_key(|(place, _)| *place);
        let clauses = clauses.into_iter().map(|(_, clause)| clause).collect();
        let shuffled = Policy { clauses, ..policy.clone() };
        let reading = Reading { meaning, ..reading };
        let (one, other) = (decide(policy, &situation, &reading), decide(&shuffled, &situation, &reading));
        prop_assert_eq!(by_machine(&one), by_machine(&other));
        prop_assert_eq!(one.disposition, other.disposition);
        prop_assert_eq!(&one.refused, &other.refused);
        prop_assert_eq!(&one.tasks, &other.tasks);
    }

    #[test]
    fn the_disposition_follows_from_the_plan(
        policy in policy(), situation in situation(), mode in mode(), reading in reading(),
    ) {
        let situation = Situation { mode, ..situation };
        let decision = decide(policy, &situation, &reading);
        let pages = decision.does(Effect::PageSafeguardingLead) || decision.does(Effect::PagePracticeManager);
        prop_assert_eq!(decision.disposition == Disposition::Page, pages);
        prop_assert_eq!(decision.disposition == Disposition::Hide, decision.does(Effect::Hide) && !pages);
        // A threat to staff is hidden beside the page; a plea never is.
        prop_assert!(!(decision.does(Effect::PageSafeguardingLead) && decision.does(Effect::Hide)));
        prop_assert_eq!(decision.disposition != Disposition::None, decision.does(Effect::Capture));
        let mut effects: Vec<Effect> = decision.effects.iter().map(|planned| planned.effect).collect();
        effects.sort_unstable();
        effects.dedup();
        prop_assert_eq!(effects.len(), decision.effects.len());
    }

    #[test]
    fn danger_pages_in_every_mode_and_place(
        policy in policy(), situation in situation(), mode in mode(), reading in reading(),
        danger in finding_on(DANGERS.to_vec()),
    ) {
        let situation = Situation { mode, ..situation };
        let mut reading = reading;
        reading.findings.push(danger);
        let decision = decide(policy, &situation, &reading);
        prop_assert_eq!(decision.disposition, Disposition::Page);
        let calls = [TaskKind::SafeguardingNow, TaskKind::StaffSafetyNow, TaskKind::ApproveUrgentSignpost];
        prop_assert!(decision.tasks.iter().any(|task| calls.contains(&task.kind)));
        let only_page = |effect| matches!(
            effect,
            Effect::Capture
                | Effect::PageSafeguardingLead
                | Effect::PagePracticeManager
                | Effect::Case
                | Effect::ComplaintClock
        );
        let machine = by_machine(&decision);
        prop_assert!(machine.iter().all(|(effect, ..)| only_page(*effect)), "{machine:?}");
        let others = decision.tasks.iter().filter(|task| !calls.contains(&task.kind));
        for task in others {
            prop_assert!(decision.in_scope && mode != Mode::Shadow, "{task:?}");
            prop_assert!(task.why.contains("may be in danger, so nothing was hidden"), "{}", task.why);
        }
    }

    #[test]
    fn shadow_acts_on_nothing_and_asks_nobody(policy in policy(), situation in situation(), reading in reading()) {
        let mut reading = reading;
        reading.findings.retain(|finding| !DANGERS.contains(&finding.topic) && finding.topic != Topic::Imminent);
        let decision = decide(policy, &Situation { mode: Mode::Shadow, ..situation }, &reading);
        prop_assert!(decision.tasks.is_empty());
        prop_assert!(decision.effects.iter().all(|planned| planned.effect == Effect::Capture));
    }

    #[test]
    fn nothing_is_called_hidden_that_is_not(
        policy in policy(), situation in situation(), mode in mode(), reading in reading(),
        meaning in prop::option::of(meaning()),
    ) {
        let situation = Situation { mode, ..situation };
        let decision = decide(policy, &situation, &Reading { meaning, ..reading });
        let hides = decision.does(Effect::Hide);
        let told = decision.tasks.iter().map(|task| &task.why);
        for why in told.chain(decision.effects.iter().map(|planned| &planned.why)) {
            let claims = why.replace("nothing was hidden", "");
            let claims = ["was hidden", "is hidden at", "been hidden", "hides it at once"].iter().any(|c| claims.contains(c));
            prop_assert!(!claims || hides, "{why}");
        }
    }

    #[test]
    fn tasks_offer_what_can_and_may_be_done_once(
        policy in policy(), situation in situation(), mode in mode(), reading in reading(),
        meaning in prop::option::of(meaning()),
    ) {
        let situation = Situation { mode, ..situation };
        let decision = decide(policy, &situation, &Reading { meaning, ..reading });
        let kinds: BTreeSet<TaskKind> = decision.tasks.iter().map(|task| task.kind).collect();
        prop_assert_eq!(kinds.len(), decision.tasks.len());
        for task in &decision.tasks {
            let clauses: BTreeSet<&String> = task.clauses.iter().collect();
            prop_assert_eq!(clauses.len(), task.clauses.len());
            for option in &task.options {
                let capability = capability(situation.platform, situation.surface, *option);
                prop_assert!(matches!(capability, Capability::Api | Capability::ByHand(_)), "{option} in {task:?}");
                prop_assert!(!decision.refused.contains(option), "{option} in {task:?}");
            }
            let speaks = |effect: &&Effect| is_public(**effect) || **effect == Effect::AskAuthor;
            let said: Vec<Effect> = task.options.iter().filter(speaks).copied().collect();
            let draft = task.draft.clone();
            prop_assert_eq!(&said, &draft.as_ref().map(|draft| draft.by.clone()).unwrap_or_default());
            let public = said.iter().any(|effect| is_public(*effect));
            prop_assert!(!public || draft.unwrap().template.starts_with("public."), "{task:?}");
        }
        for once in [is_public as fn(Effect) -> bool, |e| e == Effect::AskAuthor, |e| e == Effect::Report] {
            let offering = decision.tasks.iter().filter(|task| task.options.iter().any(|option| once(*option)));
            prop_assert!(offering.count() <= 1, "{:#?}", decision.tasks);
        }
    }
}

/// A policy may have 200 clauses of every topic and effect; its decisions still fit in the table
/// beside the rest.
#[test]
fn no_decision_is_too_large() {
    let shipped = &POLICIES[5];
    let custom: Vec<Topic> = (0..40)
        .map(|n| Topic::Custom(format!("{n:0>40}").as_str().into()))
        .collect();
    let topics: Vec<Topic> = Topic::ALL.iter().cloned().chain(custom).collect();
    let kinds: Vec<&Clause> = shipped
        .clauses
        .iter()
        .filter(|clause| !clause.effects.is_empty())
        .collect();
    let clauses: Vec<Clause> = (0..200)
        .map(|nth| {
            let like = kinds[nth % kinds.len()];
            let effects = Effect::ALL.to_vec();
            Clause {
                id: format!("CLAUSE{nth:0>10}"),
                topics: topics.clone(),
                effects: effects.clone(),
                auto: effects,
                template: Some(format!(
                    "{}.{}",
                    if nth % 2 == 0 { "private" } else { "public" },
                    "t".repeat(40)
                )),
                platforms: Vec::new(),
                about: None,
                ..like.clone()
            }
        })
        .collect();
    let sentence = "w".repeat(240);
    let tasks = TaskKind::ALL
        .iter()
        .map(|kind| (*kind, sentence.clone()))
        .collect();
    let policy = Policy {
        clauses,
        tasks,
        ..shipped.clone()
    };
    let finding = |topic: &Topic, strength| Finding {
        topic: topic.clone(),
        strength,
        span: 0..4,
        cue: "size".into(),
        why: "size".into(),
        target: None,
    };
    let everything = Meaning {
        said: Sense::ALL.iter().map(|sense| said(*sense, true)).collect(),
        ..Meaning::default()
    };
    let mut largest = 0;
    for strength in [Strength::Possible, Strength::Likely, Strength::Certain] {
        for without in [&[][..], &DANGERS, &EXCEPTIONS] {
            let all = topics
                .iter()
                .filter(|topic| !without.contains(topic))
                .map(|topic| finding(topic, strength));
            let reading = Reading {
                findings: all.collect(),
                meaning: Some(everything.clone()),
                ..Reading::default()
            };
            for platform in Platform::ALL {
                for surface in surfaces(*platform) {
                    for mode in [Mode::Live, Mode::Shadow] {
                        let situation = Situation {
                            platform: *platform,
                            surface: *surface,
                            mode,
                            media: true,
                            translated: false,
                            length: 9_000,
                            stopped: &[],
                            restricted: false,
                        };
                        let decision = decide(&policy, &situation, &reading);
                        largest = largest.max(serde_json::to_string(&decision).unwrap().len());
                        assert!(decision.tasks.len() <= 30, "{} tasks", decision.tasks.len());
                    }
                }
            }
        }
    }
    assert!(largest < 60_000, "{largest} bytes");
}

/// Records of decisions that an older program wrote are read still.
#[test]
fn a_decision_of_before_reads() {
    let before = r#"{"in_scope":true,"disposition":"hide","clauses":[{"id":"K4","topics":["obscene"],"strength":"certain"}],
        "effects":[{"effect":"hide","by":"machine","clause":"K4","template":"private.rule_hidden","why":"w"}],
        "dropped":[{"effect":"delete","clause":"K4","why":"w"}],"refused":["acknowledge"],
        "tasks":[{"kind":"confirm_delete","urgency":"high","clauses":["K4"],"options":["hide"],
        "template":"private.rule_hidden","optional":false,"why":"w"}]}"#;
    let decision: Decision = serde_json::from_str(before).unwrap();
    assert!(
        decision.does(Effect::Hide)
            && decision.tasks[0].draft.is_none()
            && decision.more_clauses == 0
    );
}
