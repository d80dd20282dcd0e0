//! Google reviews of one location.

use std::collections::BTreeSet;

use jiff::Timestamp;
use pagewarden_ledger::{Incoming, Observation, Recorded};
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::google::{Review, ReviewPage};
use pagewarden_platforms::{Secret, Sent};
use pagewarden_rules::{Channel, PostKey, PracticeId};

use crate::errand::Errand;
use crate::mark::Mark;
use crate::{Clock, Sweep, SweepError, Swept};

impl Sweep {
    /// Sweeps the reviews of a location: newest first, as far back as something may be new.
    pub(crate) async fn reviews(
        &self,
        errand: &Errand<'_, impl Clock>,
        channel: &Channel,
        practice: &PracticeId,
    ) -> Result<Swept, SweepError> {
        let now = errand.clock.now();
        let consent = self.secrets.consent(channel).await?;
        let token = self.google.refresh(&consent).await?.token;
        let stored = self.ledger.watermark(practice, channel).await?;
        let before = Mark::read(stored.as_deref());
        let mut mark = before.clone();
        let mut swept = Swept::default();
        let mut listed = BTreeSet::new();
        let (mut page, mut total): (Option<String>, _) = (None, None);
        loop {
            errand.turn().await;
            let answer = self.google.reviews(&token, &channel.account, page.as_deref()).await?;
            swept.posts += self.page(&answer, &before, &mut mark, practice, now).await?;
            listed.extend(answer.reviews.iter().map(|review| review.post.id.clone()));
            let is_news = |review: &Sent<Review>| before.may_be_news(&review.post.id, review.updated_at);
            let oldest_is_news = answer.reviews.last().is_none_or(is_news);
            let adds_up = mark.adds_up(answer.total);
            total = answer.total.or(total);
            page = answer.next;
            if page.is_none() || (adds_up && !oldest_is_news) {
                break;
            }
        }
        // Only a list read to its end can tell what is missing.
        if page.is_none() {
            let missing: Vec<String> = mark.known.difference(&listed).cloned().collect();
            for id in missing {
                errand.turn().await;
                if self.is_gone(&token, channel, practice, &id, now).await? {
                    swept.gone += 1;
                    mark.known.remove(&id);
                }
            }
            mark.note_count(total);
        }
        if mark != before {
            let text = serde_json::to_string(&mark).unwrap_or_default();
            self.ledger.set_watermark(practice, channel, &text).await?;
        }
        Ok(swept)
    }

    /// Records what may be new on a page. Returns how many revisions were.
    async fn page(
        &self,
        answer: &ReviewPage,
        before: &Mark,
        mark: &mut Mark,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<u32, SweepError> {
        let mut news = 0;
        for review in &answer.reviews {
            if before.may_be_news(&review.post.id, review.updated_at) {
                let correlation = format!("sweep {}", now.as_second());
                let as_of = review.updated_at.unwrap_or(now);
                let incoming = Incoming {
                    translation: review.translation.as_deref(),
                    ..Incoming::new(practice, &review.post, review.raw.bytes(), Some(as_of), &correlation)
                };
                let recorded = self.ledger.record(&incoming, now).await?;
                news += u32::from(recorded == Recorded::New);
            }
            mark.note(&review.post.id, review.updated_at);
        }
        Ok(news)
    }

    /// Asks for a review that is missing from the list, and records that it is gone if Google says so.
    async fn is_gone(
        &self,
        token: &Secret,
        channel: &Channel,
        practice: &PracticeId,
        id: &str,
        now: Timestamp,
    ) -> Result<bool, SweepError> {
        match self.google.review(token, &format!("{}/reviews/{id}", channel.account)).await {
            Err(CallError::Gone) => {
                let key = PostKey { practice: practice.clone(), platform: channel.platform, id: id.to_owned() };
                self.ledger.observe(&key, Observation::Removed, now, now).await?;
                Ok(true)
            }
            Ok(_) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
