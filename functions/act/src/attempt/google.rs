//! Google: an answer to a review is the only thing that can be written.

use pagewarden_ledger::ActionRecord;
use pagewarden_platforms::google::Google;
use pagewarden_rules::Effect;
use pagewarden_runtime::Secrets;

use super::TryError;

pub(super) async fn carry_out(action: &ActionRecord, google: &Google, secrets: &Secrets) -> Result<String, TryError> {
    if action.effect != Effect::PublicReply {
        return Err(TryError::ByHand("Google has no call for this: do it by hand"));
    }
    let words = action.words.as_deref().ok_or(TryError::ByHand("there are no words to send"))?;
    let consent = secrets.consent(&action.post.channel).await?;
    let token = google.refresh(&consent).await?;
    let review = format!("{}/reviews/{}", action.post.channel.account, action.post.id);
    // It reads first: the same words count as sent, and a person's own answer stays.
    let standing = google.reply(&token.token, &review, words, None).await?;
    if standing.is_rejected() {
        return Err(TryError::ByHand("Google will not show the answer: a person rewords it"));
    }
    Ok(match standing.state.as_deref() {
        Some("PENDING") => "answered; Google looks at it before it shows".to_owned(),
        _ => "answered, confirmed by Google".to_owned(),
    })
}
