//! Whether Meta still delivers what happens on a page, or on an Instagram account through the page
//! that it is connected to. It stops without a word: where a permission went, or where deliveries
//! failed for an hour.

use jiff::Timestamp;
use pagewarden_platforms::Secret;
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::facebook::{self, Facebook};
use pagewarden_platforms::instagram;
use pagewarden_runtime::{ReachError, count};

use crate::daily::looked_lately;
use crate::job::Job;

/// Of what Meta has to tell.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    /// A Facebook page, by its id.
    Page(&'a str),
    /// An Instagram account.
    Account,
}

/// The page that has to have the app installed, as its own token is shown it.
pub(crate) struct SubscriptionCheck<'a> {
    pub(crate) facebook: &'a Facebook,
    pub(crate) token: &'a Secret,
    pub(crate) place: Place<'a>,
}

impl SubscriptionCheck<'_> {
    /// Checks whether Meta delivers what happens on the channel, subscribes if it does not, and
    /// tells people.
    /// That is done once a day: in between, posts that no delivery brought give it away.
    ///
    /// `heard_at` is when it was last looked, and `unheard` are new posts of which it should have
    /// told.
    pub(crate) async fn check(
        &self,
        job: &Job<'_>,
        heard_at: &mut Option<Timestamp>,
        unheard: u32,
    ) -> Result<(), ReachError> {
        let now = job.scope.now;
        if looked_lately(*heard_at, now) && unheard == 0 {
            return Ok(());
        }
        let page = match self.place {
            Place::Page(id) => id,
            Place::Account => instagram::PAGE,
        };
        let told = self.facebook.subscribed(self.token, page).await?.value;
        let missing: Vec<&str> = match self.place {
            // Of which things on Instagram it tells is chosen once for the app; the page has to
            // have the app at all.
            Place::Account if !told.is_empty() => Vec::new(),
            Place::Page(_) | Place::Account => facebook::unheard(&told),
        };
        let first = heard_at.is_none();
        if missing.is_empty() && unheard == 0 {
            *heard_at = Some(now);
            return Ok(());
        }
        // Asked again although it says that it tells: what it says and what it does may differ.
        let asked = self.facebook.subscribe(self.token, page).await;
        if !first {
            let why = words(self.place, &missing, unheard, asked.as_ref().err());
            let (practice, channel) = (job.scope.practice, job.scope.channel);
            tracing::error!(%practice, platform = %channel.platform, account = %channel.account, unheard, missing = missing.join(","), "the channel had gone silent");
            count("PageSilent", 1, Some(practice), now);
            job.ledger
                .open_channel_task(practice, channel, &why, now)
                .await?;
        }
        asked?;
        *heard_at = Some(now);
        Ok(())
    }
}

/// Returns what a person is told.
fn words(place: Place<'_>, missing: &[&str], unheard: u32, failed: Option<&CallError>) -> String {
    let names = missing.iter().map(|field| match *field {
        "feed" => "comments and posts",
        "mention" => "mentions",
        _ => "recommendations",
    });
    let (who, stands_on) = match place {
        Place::Page(_) => ("Facebook", "page"),
        Place::Account => ("Instagram", "account"),
    };
    let what = match place {
        _ if unheard > 0 => format!(
            "polling, which happens only once an hour, found {unheard} that it had not sent"
        ),
        Place::Page(_) => format!(
            "it no longer sends webhooks about {}",
            names.collect::<Vec<_>>().join(", ")
        ),
        Place::Account => "the page to which it is connected no longer has the app".to_owned(),
    };
    let tried = match failed {
        None => "It was asked to send them again and agreed: close this task if the problem does not return".to_owned(),
        Some(error) => format!("It was asked to send them again, and that failed: {error}"),
    };
    format!(
        "{who} does not send Pagewarden everything that is written on the {stands_on}: {what}. {tried}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_what_is_wrong_and_what_was_tried() {
        let told = words(Place::Page("1"), &["feed", "ratings"], 0, None);
        assert!(
            told.contains("comments and posts, recommendations") && told.contains("agreed"),
            "{told}"
        );
        let lost = CallError::Permission {
            why: "a permission is missing",
        };
        let told = words(Place::Page("1"), &[], 3, Some(&lost));
        assert!(
            told.contains("found 3 that it had not sent")
                && told.contains("a permission is missing"),
            "{told}"
        );
        let told = words(Place::Account, &["feed"], 0, None);
        assert!(
            told.starts_with("Instagram does not send") && told.contains("no longer has the app"),
            "{told}"
        );
    }
}
