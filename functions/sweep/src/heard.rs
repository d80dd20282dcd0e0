//! Whether Facebook still tells of a page. It stops without a word: where a permission went, or where deliveries failed
//! for an hour.

use jiff::SignedDuration;
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::facebook::HEARD;
use pagewarden_runtime::count;

use crate::facebook::{Account, Mark};
use crate::list::Run;
use crate::{Sweep, SweepError};

/// How often Facebook is asked what it tells of. In between, posts that no delivery brought give it away.
const EVERY: SignedDuration = SignedDuration::from_hours(24);

impl Sweep {
    /// Looks whether Facebook tells of the page, asks it to where it does not, and tells people.
    ///
    /// `unheard` are new posts of which it should have told.
    pub(crate) async fn heard(
        &self,
        run: &Run<'_>,
        account: &Account<'_>,
        mark: &mut Mark,
        unheard: u32,
    ) -> Result<(), SweepError> {
        let lately = mark.heard_at.is_some_and(|at| run.now.duration_since(at) < EVERY);
        if lately && unheard == 0 {
            return Ok(());
        }
        let page = run.channel.account.as_str();
        let told = account.facebook.subscribed(&account.token, page).await?.value;
        let missing: Vec<&str> = HEARD.into_iter().filter(|field| !told.iter().any(|told| told == field)).collect();
        let first = mark.heard_at.is_none();
        if missing.is_empty() && unheard == 0 {
            mark.heard_at = Some(run.now);
            return Ok(());
        }
        // Asked again although it says that it tells: what it says and what it does may differ.
        let asked = account.facebook.subscribe(&account.token, page).await;
        if !first {
            let why = words(&missing, unheard, asked.as_ref().err());
            tracing::error!(practice = %run.practice, page, unheard, missing = missing.join(","), "the page had gone silent");
            count("PageSilent", 1, Some(run.practice), run.now);
            self.ledger.open_channel_task(run.practice, run.channel, &why, run.now).await?;
        }
        asked?;
        mark.heard_at = Some(run.now);
        Ok(())
    }
}

/// Returns what a person is told.
fn words(missing: &[&str], unheard: u32, failed: Option<&CallError>) -> String {
    let names = missing.iter().map(|field| match *field {
        "feed" => "comments and posts",
        "mention" => "mentions",
        _ => "recommendations",
    });
    let what = if unheard > 0 {
        format!("{unheard} new were found by looking, which is done once an hour only")
    } else {
        format!("it no longer tells of {}", names.collect::<Vec<_>>().join(", "))
    };
    let tried = match failed {
        None => "It was asked to tell again, and agreed: close this if it does not come back".to_owned(),
        Some(error) => format!("It was asked to tell again, and that failed: {error}"),
    };
    format!("Facebook does not tell this system everything that is written on the page: {what}. {tried}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_what_is_wrong_and_what_was_tried() {
        let told = words(&["feed", "ratings"], 0, None);
        assert!(told.contains("comments and posts, recommendations") && told.contains("agreed"), "{told}");
        let lost = CallError::Permission { why: "a permission is missing" };
        let told = words(&[], 3, Some(&lost));
        assert!(told.contains("3 new were found") && told.contains("a permission is missing"), "{told}");
    }
}
