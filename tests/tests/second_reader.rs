//! The second reader in the whole system: what it makes people look at, what it leaves to them, and
//! what is on record of it.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::path::Path;
use std::sync::LazyLock;

use pagewarden_ledger::{Event, History, ReadBy, TaskStatus};
use pagewarden_local::outbox::Outbox;
use pagewarden_local::stack::Stack;
use pagewarden_policies::demo_settings;
use pagewarden_readers::Readers;
use pagewarden_rules::{
    Decision, Disposition, Effect, Meaning, Mode, Platform, PostKey, PracticeId, Reading, Sense,
    Situation, Surface, TaskKind, Urgency, decide,
};
use pagewarden_tests::{comment, until};

static READERS: LazyLock<Readers> = LazyLock::new(|| {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/encoder/model/encoder.bin");
    Readers::open(&[model]).unwrap()
});

/// A plea in words that no rule knows, of which the model is sure.
const PLEA: &str = "He locks the door when he goes to work and takes my phone. Last night he held my head under the \
                    bath water. I don't know who else to write to.";

async fn both() -> Stack {
    Stack::start_with(None, READERS.clone(), Outbox::in_memory(), None)
        .await
        .unwrap()
}

/// Has somebody comment on Kingswinford's page, and waits until that is decided.
async fn commented(stack: &Stack, id: &str, text: &str) -> History {
    let body = comment("100000000000001", id, "55", text);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    let key = PostKey {
        practice: "kingswinford".parse().unwrap(),
        platform: Platform::Facebook,
        id: id.into(),
    };
    until(stack, &key, |history| history.state.disposition.is_some()).await
}

fn decided(history: &History) -> (Decision, ReadBy) {
    let event = history.events[0].event().unwrap();
    let Event::Decided {
        decision, read_by, ..
    } = event
    else {
        panic!("{event:?} comes first")
    };
    (*decision, read_by.unwrap())
}

fn meaning(history: &History) -> Meaning {
    match decided(history).1 {
        ReadBy::Both(meaning) => meaning,
        other => panic!("{other:?} has read it"),
    }
}

fn open(history: &History) -> Vec<(TaskKind, Urgency)> {
    let open = history
        .tasks
        .iter()
        .filter(|task| task.status == TaskStatus::Open);
    open.map(|task| (task.kind, task.urgency)).collect()
}

/// Judges a text as Kingswinford does, by a meaning that is on record and without the encoder.
fn judged(text: &str, meaning: Option<Meaning>) -> Decision {
    let practice: PracticeId = "kingswinford".parse().unwrap();
    let loaded = pagewarden_policies::load_shipped().unwrap().into_iter();
    let policy = loaded
        .map(|loaded| loaded.policy)
        .find(|policy| policy.practice.id == practice)
        .unwrap();
    let rules =
        pagewarden_rules::Reader::new(&demo_settings().unwrap()[&practice].roster, &policy.custom);
    let reading = Reading {
        meaning,
        ..rules.read(text)
    };
    let situation = Situation {
        platform: Platform::Facebook,
        surface: Surface::Comment,
        mode: Mode::Live,
        media: false,
        translated: false,
        length: text.chars().count(),
        stopped: &[],
        restricted: false,
    };
    decide(&policy, &situation, &reading)
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_in_danger_whom_no_rule_saw_is_paged_for() {
    let alone = commented(&Stack::start(None).await.unwrap(), "1_1", PLEA).await;
    assert_eq!(decided(&alone).1, ReadBy::RulesOnly);
    assert_ne!(
        alone.state.disposition,
        Some(Disposition::Page),
        "a rule knows these words by now: choose others"
    );

    let history = commented(&both().await, "1_1", PLEA).await;
    let (decision, _) = decided(&history);
    assert_eq!(decision.disposition, Disposition::Page);
    assert!(decision.does(Effect::PageSafeguardingLead));
    assert!(open(&history).contains(&(TaskKind::SafeguardingNow, Urgency::Now)));
    let meaning = meaning(&history);
    let danger = meaning.of(Sense::Danger).unwrap();
    assert!(
        danger.sure && danger.like.is_some() && PLEA.get(danger.start..danger.end).is_some(),
        "{danger:?}"
    );
    assert_eq!(meaning.model.len(), 64);
    // The record says enough to decide the same again.
    assert_eq!(judged(PLEA, Some(meaning)), decision);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_readers_findings_repeat_the_recorded_decision() {
    // Whatever the model makes of them: what follows is what its levels say.
    let texts = [
        "I don't know how much longer I can do this on my own, the letters are written and the cat is at my sister's",
        "Mum is 84 and her new carer has her bank card and won't let us visit",
        "Lost dog near the surgery, answers to Biscuit, ring Margaret Holloway on 07700 900123",
        "Dzie\u{144} dobry, czy mog\u{119} zapisa\u{107} c\u{f3}rk\u{119} do lekarza na jutro?",
        "Forty minutes on hold again. Not good enough.",
        "Thank you all so much, you were wonderful with my mum",
    ];
    let stack = both().await;
    let (mut danger, mut foreign) = (0, 0);
    for (nth, text) in (1..).zip(texts) {
        let history = commented(&stack, &format!("2_{nth}"), text).await;
        let (decision, _) = decided(&history);
        let alone = judged(text, None);
        assert!(
            alone.does(Effect::Hide) || !decision.does(Effect::Hide),
            "{text}: it hides for no rule"
        );
        let meaning = meaning(&history);
        assert_eq!(judged(text, Some(meaning.clone())), decision, "{text}");
        let kinds: Vec<TaskKind> = decision.tasks.iter().map(|task| task.kind).collect();
        match meaning.of(Sense::Danger) {
            Some(said) if said.sure => {
                assert_eq!(decision.disposition, Disposition::Page, "{text}");
            }
            Some(_) => assert!(kinds[0].is_danger(), "{text}: {kinds:?}"),
            None => assert!(!kinds.contains(&TaskKind::SafeguardingToday), "{text}"),
        }
        danger += usize::from(meaning.of(Sense::Danger).is_some());
        if meaning.of(Sense::NotEnglish).is_some() {
            assert!(
                kinds.contains(&TaskKind::DecideLanguage),
                "{text}: {kinds:?}"
            );
            foreign += 1;
        }
    }
    assert!(
        danger >= 1 && foreign == 1,
        "{danger} in danger, {foreign} foreign"
    );
}
