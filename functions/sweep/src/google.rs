//! Google reviews of one location.

mod mark;

use std::collections::BTreeSet;

use pagewarden_ledger::{LedgerError, NewRevision, Recorded};
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::google::{Review, ReviewPage};
use pagewarden_platforms::{Secret, Sent};
use pagewarden_runtime::{ReachError, Scope};

use crate::Swept;
use crate::job::Job;
use crate::run::Run;
use crate::watermark::Watermark;
use mark::ReviewsMark;

/// Sweeps the reviews of a location: newest first, as far back as something may be new.
pub(crate) async fn sweep(job: &Job<'_>, run: &Run<'_>) -> Result<Swept, ReachError> {
    let (google, channel) = (&job.platforms.google, job.scope.channel);
    let consent = job.secrets.consent(channel).await?;
    let token = google.refresh(&consent).await?.token;
    let mut watermark = Watermark::<ReviewsMark>::of(job).await?;
    let mut swept = Swept::default();
    let mut listed = BTreeSet::new();
    let (mut page, mut total): (Option<String>, _) = (None, None);
    loop {
        run.turn().await;
        let answer = google
            .reviews(&token, &channel.account, page.as_deref())
            .await?;
        swept.posts += take(job, &answer, &mut watermark).await?;
        listed.extend(answer.reviews.iter().map(|review| review.post.id.clone()));
        let is_news = |review: &Sent<Review>| {
            watermark
                .before
                .may_be_news(&review.post.id, review.updated_at)
        };
        let oldest_is_news = answer.reviews.last().is_none_or(is_news);
        let adds_up = watermark.mark.adds_up(answer.total);
        total = answer.total.or(total);
        page = answer.next;
        if page.is_none() || (adds_up && !oldest_is_news) {
            break;
        }
    }
    // Only a list read to its end can tell what is missing, and one that could not be read is not.
    if page.is_none() && job.meter.unreadable() == 0 {
        let missing: Vec<String> = watermark.mark.known.difference(&listed).cloned().collect();
        for id in missing {
            run.turn().await;
            if is_gone(job, &token, &id).await? {
                swept.gone += 1;
                watermark.mark.known.remove(&id);
            }
        }
        watermark.mark.note_count(total);
    }
    watermark.keep(job).await?;
    Ok(swept)
}

/// Records what may be new on a page. Returns how many revisions were.
async fn take(
    job: &Job<'_>,
    answer: &ReviewPage,
    watermark: &mut Watermark<ReviewsMark>,
) -> Result<u32, LedgerError> {
    let Scope {
        practice,
        correlation,
        now,
        ..
    } = job.scope;
    let mut news = 0;
    for review in &answer.reviews {
        if watermark
            .before
            .may_be_news(&review.post.id, review.updated_at)
        {
            let as_of = review.updated_at.unwrap_or(now);
            let incoming = NewRevision {
                translation: review.translation.as_deref(),
                told: review.updated_at.is_some(),
                ..NewRevision::new(
                    practice,
                    &review.post,
                    review.raw.bytes(),
                    Some(as_of),
                    correlation,
                )
            };
            news += u32::from(job.ledger.record(&incoming, now).await? == Recorded::New);
        }
        watermark.mark.note(&review.post.id, review.updated_at);
    }
    Ok(news)
}

/// Asks for a review that is missing from the list, and records that it is gone if Google says so.
async fn is_gone(job: &Job<'_>, token: &Secret, id: &str) -> Result<bool, ReachError> {
    let name = format!("{}/reviews/{id}", job.scope.channel.account);
    match job.platforms.google.review(token, &name).await {
        Err(CallError::Gone) => {
            job.gone(id).await?;
            Ok(true)
        }
        Ok(_) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
