//! Recommendations of a page of which no delivery told. They stand in a list of their own, which is read once a day.

use pagewarden_ledger::Incoming;

use crate::daily::listed;
use crate::facebook::{Account, Mark};
use crate::heard::EVERY;
use crate::list::Run;
use crate::{Sweep, SweepError};

impl Sweep {
    /// Records the recommendations that are new and that no delivery brought. Returns how many those are.
    pub(crate) async fn recommendations(
        &self,
        run: &Run<'_>,
        account: &Account<'_>,
        mark: &mut Mark,
    ) -> Result<u32, SweepError> {
        let before = mark.recommended_at;
        if before.is_some_and(|at| run.now.duration_since(at) < EVERY) {
            return Ok(0);
        }
        let answer = account.facebook.recommendations(&account.token, run.channel).await;
        let posts = listed(run, "recommendations", answer.map(|answer| answer.value), &mut mark.recommended_at)?;
        let Some(posts) = posts else { return Ok(0) };
        let mut new = 0;
        for post in posts {
            // A day further back than was looked: what is on record is found there.
            let is_recent = before.zip(post.posted_at).is_none_or(|(before, at)| at > before - EVERY);
            // A delivery tells more of it, such as a picture, so what it brought stands.
            if is_recent && self.ledger.versions(&run.key(&post.id), 1).await? == 0 {
                let correlation = format!("sweep {}", run.now.as_second());
                let incoming = Incoming::new(run.practice, &post, post.raw.bytes(), Some(run.now), &correlation);
                self.ledger.record(&incoming, run.now).await?;
                new += 1;
            }
        }
        mark.recommended_at = Some(run.now);
        Ok(new)
    }
}
