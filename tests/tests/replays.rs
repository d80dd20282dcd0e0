//! What happened to a post over time, played again from folders of deliveries: what becomes of it,
//! and of folders kept elsewhere at least that all of it is taken and comes to rest.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use pagewarden_cli::command::replay::folders;
use pagewarden_ledger::{History, TaskStatus, Visibility};
use pagewarden_local::replay::play;
use pagewarden_local::settle::settle;
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Platform, PostKey, TaskKind};
use pagewarden_tests::stack;

/// How long one step may take to come to rest.
const PATIENCE: Duration = Duration::from_mins(1);

/// Plays one of the folders beside these tests.
async fn played(name: &str) -> Stack {
    let stack = stack().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("replays")
        .join(name);
    let replayed = play(&stack, &folder, PATIENCE).await.unwrap();
    assert!(replayed.refused.is_empty(), "{:?}", replayed.refused);
    stack
}

async fn history(stack: &Stack, practice: &str, platform: Platform, id: &str) -> Option<History> {
    let key = PostKey {
        practice: practice.parse().unwrap(),
        platform,
        id: id.to_owned(),
    };
    let history = stack.ledger().history(&key).await.unwrap();
    if let Some(history) = &history {
        history.verify().unwrap();
    }
    history
}

fn is_open(history: &History) -> bool {
    history
        .tasks
        .iter()
        .any(|task| task.status == TaskStatus::Open)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_x_cut_off_goes_to_a_person() {
    let stack = played("cut-off").await;
    let history = history(&stack, "woolpit", Platform::X, "2085000000000003001")
        .await
        .unwrap();
    assert!(is_open(&history), "{:?}", history.tasks);
    assert_eq!(history.state.visibility, Visibility::Visible);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_x_shows_the_whole_post_that_is_judged() {
    let stack = stack().await;
    let cut = include_bytes!("../replays/cut-off/x-010.json");
    let text = "@WoolpitHealth third time this month that I sat in the queue and then you absolute wankers hung up";
    let whole = serde_json::json!({ "data": { "event_type": "post.mention.create", "filter": { "user_id": "2000000004" },
        "payload": { "id": "2085000000000003001", "author_id": "3000000311", "text": text } } });
    stack
        .timeline()
        .learn(whole.to_string().as_bytes())
        .unwrap();
    assert_eq!(stack.sender().deliver_x(cut).await.unwrap(), 200);
    let key = PostKey {
        practice: "woolpit".parse().unwrap(),
        platform: Platform::X,
        id: "2085000000000003001".to_owned(),
    };
    let wanted = |history: &History| {
        history
            .revisions
            .iter()
            .any(|one| one.post.text == text && one.decided.is_some())
    };
    pagewarden_tests::until(&stack, &key, wanted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_alone_makes_no_comment_the_accounts_own() {
    let stack = played("own-comment-by-name").await;
    let own = history(
        &stack,
        "roxbourne",
        Platform::Instagram,
        "17900000000015001",
    )
    .await;
    assert!(
        own.is_none_or(|own| own.events.is_empty() && own.tasks.is_empty()),
        "the account's own is not judged"
    );
    let strangers = history(
        &stack,
        "roxbourne",
        Platform::Instagram,
        "17900000000015002",
    )
    .await
    .unwrap();
    assert_eq!(strangers.state.visibility, Visibility::Hidden);
}

#[tokio::test(flavor = "multi_thread")]
async fn quoted_abuse_in_a_block_of_its_own_is_not_hidden() {
    let stack = played("quoted-abuse").await;
    let history = history(&stack, "roxbourne", Platform::Website, "8301")
        .await
        .unwrap();
    assert_eq!(history.state.visibility, Visibility::Visible);
    assert!(history.actions.is_empty(), "{:?}", history.actions);
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_that_is_written_back_is_hidden_again() {
    let stack = played("edited-back").await;
    let history = history(&stack, "woolpit", Platform::Facebook, "8200_1")
        .await
        .unwrap();
    assert_eq!(history.state.visibility, Visibility::Hidden);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_comes_late_is_not_judged_over_a_newer_one() {
    let stack = played("edit-before-its-post").await;
    let history = history(&stack, "woolpit", Platform::Facebook, "8201_1")
        .await
        .unwrap();
    assert_eq!(history.state.visibility, Visibility::Visible);
    assert!(history.actions.is_empty(), "{:?}", history.actions);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_was_removed_before_it_came_is_gone() {
    let stack = played("removed-before-its-post").await;
    let history = history(&stack, "woolpit", Platform::Facebook, "8202_1")
        .await
        .unwrap();
    assert_eq!(history.state.visibility, Visibility::Gone);
    assert!(
        history.actions.is_empty() && !is_open(&history),
        "{:?}",
        history.tasks
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_post_made_harmless_is_shown_or_a_person_is_asked() {
    let stack = played("taken-back").await;
    let history = history(&stack, "woolpit", Platform::Facebook, "8203_1")
        .await
        .unwrap();
    let about_old_words =
        |kind: &TaskKind| matches!(kind, TaskKind::ConfirmDelete | TaskKind::ReportByHand);
    let open = history
        .tasks
        .iter()
        .filter(|task| task.status == TaskStatus::Open);
    let open: Vec<TaskKind> = open.map(|task| task.kind).collect();
    assert!(!open.iter().any(about_old_words), "{open:?}");
    assert!(history.state.visibility == Visibility::Visible || !open.is_empty());
}

/// What is kept elsewhere says in prose how it ends: here all of it has to be taken and to come to
/// rest, with every history whole. `PAGEWARDEN_FAULTS=DIR` names the folder that holds them.
#[tokio::test(flavor = "multi_thread")]
async fn folders_kept_elsewhere_are_taken_and_come_to_rest() {
    let Some(kept) = std::env::var_os("PAGEWARDEN_FAULTS").map(PathBuf::from) else {
        return;
    };
    for folder in folders(&kept).unwrap() {
        let stack = stack().await;
        let replayed = play(&stack, &folder, PATIENCE).await.unwrap();
        assert!(
            replayed.refused.is_empty(),
            "{}: {:?}",
            folder.display(),
            replayed.refused
        );
        let settled = settle(&stack, &replayed, PATIENCE, |_, _| {})
            .await
            .unwrap();
        assert!(
            settled.stuck.is_empty(),
            "{}: {:?}",
            folder.display(),
            settled.stuck
        );
        for post in stack.ledger().posts().await.unwrap() {
            stack
                .ledger()
                .history(&post)
                .await
                .unwrap()
                .unwrap()
                .verify()
                .unwrap();
        }
        for told in &settled.told {
            println!("{}: {}", folder.display(), told.block().join("\n"));
        }
    }
}
