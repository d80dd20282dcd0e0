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
        self.ledger
            .record(&self.revision(post, raw, as_of), self.scope.now)
            .await
    }

    /// The same for a post of which the platform says that somebody hid it.
    pub(crate) async fn record_hidden(
        &self,
        post: &Post,
        raw: &Raw,
    ) -> Result<Recorded, LedgerError> {
        let now = self.scope.now;
        self.ledger.record(&self.hidden(post, raw), now).await
    }

    /// Records that somebody hid a post. Returns `false` where nothing can be said of it yet.
    pub(crate) async fn found_hidden(&self, post: &Post, raw: &Raw) -> Result<bool, LedgerError> {
        let now = self.scope.now;
        let found = self.ledger.found_hidden(&self.hidden(post, raw), now).await;
        Ok(found?.is_some())
    }

    fn hidden<'r>(&'r self, post: &'r Post, raw: &'r Raw) -> NewRevision<'r> {
        NewRevision {
            hidden: true,
            ..self.revision(post, raw, self.scope.now)
        }
    }

    fn revision<'r>(&'r self, post: &'r Post, raw: &'r Raw, as_of: Timestamp) -> NewRevision<'r> {
        let Scope {
            practice,
            correlation,
            ..
        } = self.scope;
        NewRevision::new(practice, post, raw.bytes(), Some(as_of), correlation)
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
