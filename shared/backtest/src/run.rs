//! Reading what is on record and trying a policy on it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{History, Ledger, LedgerError, RevisionRecord};
use pagewarden_policies::load;
use pagewarden_rules::{Mode, Policy, PostKey, PracticeId, Reading, RevisionId};

use crate::Backtest;
use crate::compare::{Change, Outcome};
use crate::replay::Judged;

/// Histories that are read at the same time.
const AT_ONCE: usize = 8;

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Days back from `until`.
    pub days: u16,
    /// The end, which is now.
    pub until: Timestamp,
    /// Versions that are looked at, the newest first.
    pub most: usize,
    /// The words are shown with what would be otherwise.
    pub words: bool,
}

/// How words are read again.
pub struct Reread<'a>(pub &'a (dyn Fn(&RevisionRecord) -> Reading + Sync));

impl fmt::Debug for Reread<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reread")
    }
}

/// Tries a policy on what was judged at a practice lately, and compares what it says with what the
/// policy of that time says: both as in `live`, so that the mode of that time makes no difference.
///
/// What the readers found is taken from the record; with `reread` the words are read again, where
/// they are kept. `sha256` names the policy that is tried. Reads the table, and nothing else.
pub async fn run(
    ledger: &Ledger,
    practice: &PracticeId,
    (policy, sha256): (&Policy, String),
    window: &Window,
    reread: Option<Reread<'_>>,
) -> Result<Backtest, LedgerError> {
    let since = window.until - SignedDuration::from_hours(i64::from(window.days) * 24);
    // One more than are looked at, to know whether there are more.
    let mut listed = ledger
        .judged(practice, since, window.until, window.most + 1)
        .await?;
    let cut = listed.len() > window.most;
    listed.truncate(window.most);
    let mut result = Backtest {
        practice: practice.clone(),
        policy: sha256,
        read_again: reread.is_some(),
        since,
        until: window.until,
        versions: 0,
        posts: 0,
        restricted: 0,
        without_words: 0,
        not_judged: 0,
        not_repeated: 0,
        cut,
        changes: Vec::new(),
    };
    let mut by_post: BTreeMap<(pagewarden_rules::Platform, String), Vec<RevisionId>> =
        BTreeMap::new();
    for (post, revision) in listed {
        by_post
            .entry((post.platform, post.id))
            .or_default()
            .push(revision);
    }
    let read = |(platform, id): &(pagewarden_rules::Platform, String)| {
        let post = PostKey {
            practice: practice.clone(),
            platform: *platform,
            id: id.clone(),
        };
        async move { ledger.history(&post).await }
    };
    let histories: Vec<Option<History>> = stream::iter(by_post.keys().map(read))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    // What its author asked not to be used is read, to see that, and not used.
    let used = |history: &&History| !history.state.restricted;
    let judged: Vec<Judged<'_>> = histories
        .iter()
        .zip(by_post.values())
        .filter_map(|(history, revisions)| Some((history.as_ref().filter(used)?, revisions)))
        .flat_map(|(history, revisions)| {
            revisions
                .iter()
                .filter_map(move |revision| Judged::of(history, revision))
        })
        .collect();
    let then = policies_of(ledger, practice, &judged).await?;
    result.posts = histories.iter().flatten().filter(used).count();
    result.restricted = histories.iter().flatten().count() - result.posts;
    for one in &judged {
        let then = then.get(&one.policy).and_then(Option::as_ref);
        look_at(
            &mut result,
            one,
            (then, policy),
            window.words,
            reread.as_ref(),
        );
    }
    result
        .changes
        .sort_by(|a, b| (b.at, &b.post, &b.revision.0).cmp(&(a.at, &a.post, &a.revision.0)));
    Ok(result)
}

/// Returns the policies that judged, by their versions; none for one that does not load any more.
async fn policies_of(
    ledger: &Ledger,
    practice: &PracticeId,
    judged: &[Judged<'_>],
) -> Result<BTreeMap<u32, Option<Policy>>, LedgerError> {
    let versions: BTreeSet<u32> = judged.iter().map(|one| one.policy).collect();
    let mut policies = BTreeMap::new();
    for version in versions {
        let stored = ledger.policy(practice, version).await?;
        let loaded =
            stored.and_then(|stored| load(&stored.toml, &stored.published, practice.as_str()).ok());
        policies.insert(version, loaded.map(|loaded| loaded.policy));
    }
    Ok(policies)
}

fn look_at(
    result: &mut Backtest,
    one: &Judged<'_>,
    (then, tried): (Option<&Policy>, &Policy),
    words: bool,
    reread: Option<&Reread<'_>>,
) {
    result.versions += 1;
    let post = &one.revision.post;
    let has_words = !post.text.is_empty();
    // A post may be nothing but a picture; without an author it was emptied.
    if !has_words && post.author == pagewarden_rules::Author::default() {
        result.without_words += 1;
    }
    if one.policy == 0 {
        result.not_judged += 1;
        return;
    }
    let recorded = one.reading();
    if !then.is_some_and(|then| one.is_repeated_by(then)) {
        result.not_repeated += 1;
    }
    let before = then.map_or_else(
        || one.decision.clone(),
        |then| one.decide(then, &recorded, Mode::Live),
    );
    let read_again = reread
        .filter(|_| has_words)
        .map(|read| (read.0)(one.revision));
    let after = one.decide(tried, read_again.as_ref().unwrap_or(&recorded), Mode::Live);
    let (before, after) = (Outcome::of(&before), Outcome::of(&after));
    if before == after {
        return;
    }
    result.changes.push(Change {
        post: one.revision.key.to_string(),
        revision: one.revision.revision.clone(),
        platform: post.channel.platform,
        surface: post.surface,
        at: one.at,
        before,
        after,
        people: one.people,
        words: (words && has_words).then(|| post.text.clone()),
    });
}
