//! Practices, posts and judgements for the tests of this folder.

use std::sync::LazyLock;

use jiff::Timestamp;
use pagewarden_ledger::{NewRevision, NewTask, RevisionRecord, Standing};
use pagewarden_policies::load_shipped;
use pagewarden_readers::Readers;
use pagewarden_rules::{Author, Channel, Effect, Platform, Post, Surface};

use super::{Judgement, judge, read};
use crate::Practice;

pub(super) const SETTINGS: &str = r#"{"mode":"live","links":{"complaints":"https://c.example","contact_public":"01632 960100",
    "policy_page":"https://p.example","challenge":"https://d.example"}}"#;

pub(super) static PRACTICES: LazyLock<Vec<Practice>> = LazyLock::new(|| {
    load_shipped()
        .unwrap()
        .into_iter()
        .map(|loaded| Practice::new(loaded, 1, SETTINGS).unwrap())
        .collect()
});

pub(super) fn practice(id: &str) -> &'static Practice {
    PRACTICES
        .iter()
        .find(|practice| practice.policy.practice.id.as_str() == id)
        .unwrap()
}

pub(super) fn revision(
    practice: &Practice,
    platform: Platform,
    surface: Surface,
    text: &str,
) -> RevisionRecord {
    let post = Post {
        author: Author {
            id: Some("2".into()),
            name: None,
            ..Author::default()
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

pub(super) fn judged_by(practice: &Practice, revision: &RevisionRecord) -> Judgement {
    let reading = read(&Readers::rules_only(), practice, revision);
    judge(
        practice,
        revision,
        &reading,
        &Standing::default(),
        Timestamp::UNIX_EPOCH,
    )
}

pub(super) fn judged(id: &str, platform: Platform, surface: Surface, text: &str) -> Judgement {
    judged_by(
        practice(id),
        &revision(practice(id), platform, surface, text),
    )
}

pub(super) fn written(judgement: &Judgement, effect: Effect) -> &NewTask {
    judgement
        .tasks
        .iter()
        .find(|task| task.planned.options.contains(&effect))
        .unwrap()
}

pub(super) const ABUSE: &str = "You absolute wankers, all of you.";
pub(super) const PRIVACY: &str = "My neighbour Alan Whitcombe has HIV.";
