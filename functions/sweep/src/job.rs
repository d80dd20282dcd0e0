//! One job: a channel to be looked at, and all that is needed for it.

use jiff::Timestamp;
use pagewarden_ledger::{Ledger, LedgerError, NewRevision, Observation, Observed, Recorded};
use pagewarden_platforms::Raw;
use pagewarden_rules::Post;
use pagewarden_runtime::{Platforms, Scope, Secrets};

/// What the sweep of one channel goes by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) secrets: &'a Secrets,
    pub(crate) platforms: &'a Platforms,
    pub(crate) scope: Scope<'a>,
}

impl Job<'_> {
    /// Records one version of a post as it was sent, whose words stood there at that time.
    pub(crate) async fn record(
        &self,
        post: &Post,
        raw: &Raw,
        as_of: Timestamp,
    ) -> Result<Recorded, LedgerError> {
        let Scope {
            practice,
            correlation,
            now,
            ..
        } = self.scope;
        self.ledger
            .record(
                &NewRevision::new(practice, post, raw.bytes(), Some(as_of), correlation),
                now,
            )
            .await
    }

    /// Records what the platform says of a post now.
    pub(crate) async fn observe(
        &self,
        id: &str,
        observation: Observation,
    ) -> Result<Observed, LedgerError> {
        let now = self.scope.now;
        self.ledger
            .observe(&self.scope.post(id), observation, now, now)
            .await
    }

    /// Records that a post is gone. Returns whether that was news.
    pub(crate) async fn gone(&self, id: &str) -> Result<bool, LedgerError> {
        Ok(self.observe(id, Observation::Removed).await? == Observed::Recorded)
    }

    /// Returns how many versions of a post are on record, as far as `most`.
    pub(crate) async fn versions(&self, id: &str, most: i32) -> Result<usize, LedgerError> {
        self.ledger.versions(&self.scope.post(id), most).await
    }
}
