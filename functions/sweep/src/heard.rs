//! Whether Meta still tells of a page, or of an Instagram account by way of the page that it is connected to. It stops
//! without a word: where a permission went, or where deliveries failed for an hour.

use jiff::{SignedDuration, Timestamp};
use pagewarden_platforms::Secret;
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::facebook::{self, Facebook};
use pagewarden_rules::Platform;
use pagewarden_runtime::count;

use crate::list::Run;
use crate::{Sweep, SweepError};

/// How often Meta is asked what it tells of. In between, posts that no delivery brought give it away.
pub(crate) const EVERY: SignedDuration = SignedDuration::from_hours(24);

/// The page that has to have the app installed, as its own token is shown it.
pub(crate) struct Teller<'a> {
    pub(crate) facebook: &'a Facebook,
    pub(crate) token: &'a Secret,
    pub(crate) page: &'a str,
}

/// Returns true if and only if what is looked at once a day has been looked at since then.
pub(crate) fn looked_lately(at: Option<Timestamp>, now: Timestamp) -> bool {
    at.is_some_and(|at| now.duration_since(at) < EVERY)
}

impl Sweep {
    /// Looks whether Meta tells of the channel, asks it to where it does not, and tells people.
    ///
    /// `heard_at` is when it was last looked, and `unheard` are new posts of which it should have told.
    pub(crate) async fn heard(
        &self,
        run: &Run<'_>,
        teller: &Teller<'_>,
        heard_at: &mut Option<Timestamp>,
        unheard: u32,
    ) -> Result<(), SweepError> {
        let lately = looked_lately(*heard_at, run.now);
        if lately && unheard == 0 {
            return Ok(());
        }
        let Teller { facebook: client, token, page } = *teller;
        let told = client.subscribed(token, page).await?.value;
        let missing: Vec<&str> = match run.channel.platform {
            // Of which things on Instagram it tells is chosen once for the app; the page has to have the app at all.
            Platform::Instagram if !told.is_empty() => Vec::new(),
            _ => facebook::unheard(&told),
        };
        let first = heard_at.is_none();
        if missing.is_empty() && unheard == 0 {
            *heard_at = Some(run.now);
            return Ok(());
        }
        // Asked again although it says that it tells: what it says and what it does may differ.
        let asked = client.subscribe(token, page).await;
        if !first {
            let why = words(run.channel.platform, &missing, unheard, asked.as_ref().err());
            let (platform, account) = (run.channel.platform, run.channel.account.as_str());
            tracing::error!(practice = %run.practice, %platform, account, unheard, missing = missing.join(","), "the channel had gone silent");
            count("PageSilent", 1, Some(run.practice), run.now);
            self.ledger.open_channel_task(run.practice, run.channel, &why, run.now).await?;
        }
        asked?;
        *heard_at = Some(run.now);
        Ok(())
    }
}

/// Returns what a person is told.
fn words(platform: Platform, missing: &[&str], unheard: u32, failed: Option<&CallError>) -> String {
    let names = missing.iter().map(|field| match *field {
        "feed" => "comments and posts",
        "mention" => "mentions",
        _ => "recommendations",
    });
    let (who, place) = match platform {
        Platform::Instagram => ("Instagram", "account"),
        _ => ("Facebook", "page"),
    };
    let what = match platform {
        _ if unheard > 0 => format!("{unheard} new were found by looking, which is done once an hour only"),
        Platform::Instagram => "the page to which it is connected no longer has the app".to_owned(),
        _ => format!("it no longer tells of {}", names.collect::<Vec<_>>().join(", ")),
    };
    let tried = match failed {
        None => "It was asked to tell again, and agreed: close this if it does not come back".to_owned(),
        Some(error) => format!("It was asked to tell again, and that failed: {error}"),
    };
    format!("{who} does not tell this system everything that is written on the {place}: {what}. {tried}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_what_is_wrong_and_what_was_tried() {
        let told = words(Platform::Facebook, &["feed", "ratings"], 0, None);
        assert!(told.contains("comments and posts, recommendations") && told.contains("agreed"), "{told}");
        let lost = CallError::Permission { why: "a permission is missing" };
        let told = words(Platform::Facebook, &[], 3, Some(&lost));
        assert!(told.contains("3 new were found") && told.contains("a permission is missing"), "{told}");
        let told = words(Platform::Instagram, &["feed"], 0, None);
        assert!(told.starts_with("Instagram does not tell") && told.contains("no longer has the app"), "{told}");
    }
}
