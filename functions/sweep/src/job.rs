//! One job: a channel to be looked at, and all that is needed for it.

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{Ledger, LedgerError, NewRevision, Observation, Observed, Recorded};
use pagewarden_platforms::Raw;
use pagewarden_platforms::calls::Meter;
use pagewarden_rules::Post;
use pagewarden_runtime::{Platforms, Scope, Secrets};

/// How far off a platform's clock may be to be gone by: the table refuses a function that is further
/// off, so beyond this it is the platform's that is wrong, as that of a website may be.
const BELIEVED: SignedDuration = SignedDuration::from_mins(5);

/// The Date of an answer tells whole seconds.
const REST_OF_A_SECOND: SignedDuration = SignedDuration::from_millis(999);

/// What the sweep of one channel goes by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) secrets: &'a Secrets,
    pub(crate) platforms: &'a Platforms,
    /// What its answers tell besides.
    pub(crate) meter: &'a Meter,
    pub(crate) scope: Scope<'a>,
}

impl Job<'_> {
    /// Returns when it was that what was just read stood there.
    pub(crate) fn as_of(&self) -> Timestamp {
        read_at(self.meter.date(), self.scope.now)
    }

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
        let hidden = self.hidden(post, raw, self.as_of());
        self.ledger.record(&hidden, self.scope.now).await
    }

    /// Records that somebody hid a post. Returns `false` where nothing can be said of it yet.
    pub(crate) async fn found_hidden(&self, post: &Post, raw: &Raw) -> Result<bool, LedgerError> {
        let now = self.scope.now;
        let hidden = self.hidden(post, raw, now);
        Ok(self.ledger.found_hidden(&hidden, now).await?.is_some())
    }

    fn hidden<'r>(&'r self, post: &'r Post, raw: &'r Raw, as_of: Timestamp) -> NewRevision<'r> {
        NewRevision {
            hidden: true,
            ..self.revision(post, raw, as_of)
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

/// Returns when an answer was written: by the platform's own clock where it told the time, since its
/// deliveries carry that. By ours, words that were edited within the difference of the two would
/// seem to be the older ones. Its date has whole seconds, so ours says where in the second it was,
/// as far as they agree.
fn read_at(date: Option<Timestamp>, now: Timestamp) -> Timestamp {
    date.filter(|date| date.duration_since(now).abs() <= BELIEVED)
        .map_or(now, |date| now.clamp(date, date + REST_OF_A_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_dated_by_the_platform_unless_it_is_far_off() {
        let at = |millis| Timestamp::from_millisecond(millis).unwrap();
        let now = at(1_000_500);
        assert_eq!(read_at(None, now), now);
        assert_eq!(read_at(Some(at(1_000_000)), now), now);
        assert_eq!(read_at(Some(at(1_010_000)), now), at(1_010_000));
        assert_eq!(read_at(Some(at(990_000)), now), at(990_999));
        assert_eq!(read_at(Some(at(2_000_000)), now), now);
        assert_eq!(read_at(Some(at(0)), now), now);
    }
}
