//! Google: an answer to a review is the only thing that can be written.

use jiff::Timestamp;
use pagewarden_ledger::{ActionRecord, Ledger, LedgerError};
use pagewarden_platforms::google::EDITS_A_MINUTE;
use pagewarden_rules::Effect;

use super::{Try, TryError};

/// Bytes of Google's words about a rejected answer that are handed on: longer ones are no
/// explanation.
const LONGEST_VIOLATION: usize = 200;

/// Counts a change of a location, of which Google takes so many a minute. Returns `false` where it
/// does not fit.
pub(super) async fn fits(
    action: &ActionRecord,
    ledger: &Ledger,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    Ok(action.sent
        || ledger
            .count_edits(&action.post.channel, 1, EDITS_A_MINUTE, now)
            .await?)
}

pub(super) async fn carry_out(at: &Try<'_>) -> Result<String, TryError> {
    let (action, google) = (at.action, &at.platforms.google);
    if action.effect != Effect::PublicReply {
        return Err(TryError::ByHand(
            "Google has no call for this: do it by hand",
        ));
    }
    let words = action
        .words
        .as_deref()
        .ok_or(TryError::ByHand("there are no words to send"))?;
    let consent = at.secrets.consent(at.scope.channel).await?;
    let token = google.refresh(&consent).await?;
    let review = format!("{}/reviews/{}", action.post.channel.account, action.post.id);
    let standing = if action.sent {
        // Only looked at: what somebody took down since, or wrote over, is not sent a second time.
        match google.review(&token.token, &review).await?.read.reply {
            Some(standing) if standing.says(words) => standing,
            Some(_) => {
                return Ok(
                    "answered; somebody has since written another answer in its place".to_owned(),
                );
            }
            None => {
                return Err(TryError::Rejected(
                    "it was sent, and has since been taken down on Google".to_owned(),
                ));
            }
        }
    } else {
        // It reads first: the same words count as sent, and a person's own answer stays.
        google.reply(&token.token, &review, words, None).await?
    };
    if standing.is_rejected() {
        return Err(TryError::Rejected(rejected(standing.violation.as_deref())));
    }
    match standing.state.as_deref() {
        Some("PENDING") => Err(TryError::Unconfirmed(
            "the answer is sent; Google looks at it before it shows it",
        )),
        _ => Ok("answered, confirmed by Google".to_owned()),
    }
}

/// Tells a person why Google will not show an answer, with Google's own words where they are short
/// enough to help.
fn rejected(violation: Option<&str>) -> String {
    let said = violation
        .map(str::trim)
        .filter(|words| !words.is_empty() && words.len() <= LONGEST_VIOLATION);
    let said = said
        .map(|words| format!(" It says: {words}."))
        .unwrap_or_default();
    format!(
        "Google has looked at the answer and will not show it.{said} Reword it and answer on Google by hand"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejected_answer_is_told_in_plain_words() {
        assert_eq!(
            rejected(Some("ADVERTISING")),
            "Google has looked at the answer and will not show it. It says: ADVERTISING. Reword it and answer on Google \
             by hand"
        );
        assert!(!rejected(Some(&"x".repeat(300))).contains("It says"));
        assert!(!rejected(None).contains("It says"));
    }
}
