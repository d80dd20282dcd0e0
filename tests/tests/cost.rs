//! The figures behind the bill are those of the sample events.

#![expect(clippy::unwrap_used, reason = "a test may")]

use pagewarden_cli::command::cost::Figures;
use pagewarden_ledger::Visibility;
use pagewarden_local::meter::Used;
use pagewarden_local::stack::Stack;
use pagewarden_local::template::Template;
use pagewarden_rules::{Platform, PostKey};
use pagewarden_tests::{comment, events, replay, stack, until};

/// The samples grow, so a figure may be off by this part of it, or by a unit, before the bill has
/// to be mended.
const OFF_BY: f64 = 0.3;
const PAGE: &str = "100000000000001";

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_behind_the_bill_are_those_of_the_samples() {
    let stack = stack().await;
    let before = stack.used();
    let (replayed, _) = replay(&stack, &events()).await;
    let posts: usize = replayed
        .posts
        .iter()
        .map(|(_, revisions)| revisions.len())
        .sum();
    let posts = f64::from(u32::try_from(posts).unwrap());
    let used = stack.used() - before;
    let runs = runs_for_a_post(&stack).await;

    let remind = a_run(&stack, "remind").await;
    let sweep = a_run(&stack, "sweep").await;
    let channels =
        f64::from(u32::try_from(stack.ledger().channels().await.unwrap().len()).unwrap());

    let Figures {
        measured, template, ..
    } = Figures::shipped().unwrap();
    assert_eq!(
        template.alarm_metrics as usize,
        Template::shipped().unwrap().alarm_metrics(),
        "in prices.toml"
    );
    let figures = [
        ("writes_a_post", measured.writes_a_post, used.writes / posts),
        ("reads_a_post", measured.reads_a_post, used.reads / posts),
        ("reads_a_remind", measured.reads_a_remind, remind.reads),
        (
            "reads_a_sweep",
            measured.reads_a_sweep,
            sweep.reads / channels,
        ),
        ("runs_a_post", measured.runs_a_post, f64::from(runs)),
        (
            "calls_a_post",
            measured.calls_a_post,
            f64::from(used.calls) / posts,
        ),
        (
            "calls_a_remind",
            measured.calls_a_remind,
            f64::from(remind.calls),
        ),
        (
            "calls_a_sweep",
            measured.calls_a_sweep,
            f64::from(sweep.calls) / channels,
        ),
    ];
    let off = figures
        .iter()
        .filter(|(_, written, found)| (found - written).abs() > (written * OFF_BY).max(1.0));
    let off: Vec<String> = off
        .map(|(what, written, found)| {
            format!("{what} is {found:.1}, and prices.toml says {written}")
        })
        .collect();
    assert!(off.is_empty(), "{off:#?}");
}

/// Returns how often functions run for a comment that is hidden and comes alone: of many at once, a
/// run takes several. The fewest of some, since the schedule may set others going meanwhile.
async fn runs_for_a_post(stack: &Stack) -> u32 {
    let mut fewest = u32::MAX;
    for n in 0..3 {
        let id = format!("700_{n}");
        let body = comment(
            PAGE,
            &id,
            &format!("7{n}"),
            "The receptionist is a fat useless bitch",
        );
        stack.graph().learn(&body).unwrap();
        let before = stack.used().runs;
        assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
        let key = PostKey {
            practice: "kingswinford".parse().unwrap(),
            platform: Platform::Facebook,
            id,
        };
        until(stack, &key, |history| {
            history.state.visibility == Visibility::Hidden
        })
        .await;
        stack.rest().await;
        fewest = fewest.min(stack.used().runs - before);
    }
    fewest
}

/// Returns what the run of some used that used least: the first may have something to note, and the
/// schedule may set another going meanwhile.
async fn a_run(stack: &Stack, function: &str) -> Used {
    let mut least: Option<Used> = None;
    for _ in 0..5 {
        let before = stack.used();
        stack.run(function).await.unwrap();
        let used = stack.used() - before;
        least = least
            .filter(|least| least.calls <= used.calls)
            .or(Some(used));
    }
    least.unwrap()
}
