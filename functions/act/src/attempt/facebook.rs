//! Facebook: hide, unhide, delete, answer, write to the author, ban.

use pagewarden_ledger::ActionRecord;
use pagewarden_platforms::Secret;
use pagewarden_platforms::calls::{CallError, Done};
use pagewarden_platforms::facebook::{Facebook, Settings};
use pagewarden_rules::Effect;
use pagewarden_runtime::Secrets;

use super::{Platforms, TryError, confirmed};

pub(super) async fn carry_out(
    action: &ActionRecord,
    platforms: &Platforms,
    secrets: &Secrets,
) -> Result<String, TryError> {
    let app = secrets.app().await?;
    let token = secrets.page(&action.post.channel).await?.token;
    let settings = Settings {
        base: platforms.graph_url.clone(),
        version: platforms.graph_version.clone(),
        app_secret: Some(app.app_secret),
    };
    let facebook = Facebook::new(platforms.http.clone(), settings);
    if action.attempts > 1
        && let Some(detail) = done_before(action, &facebook, &token).await?
    {
        return Ok(detail);
    }
    let (post, account) = (action.post.id.as_str(), action.post.channel.account.as_str());
    let words = action.words.as_deref().ok_or(TryError::ByHand("there are no words to send"));
    let done = match action.effect {
        Effect::Hide => facebook.hide(&token, post).await?.value,
        Effect::Unhide => facebook.unhide(&token, post).await?.value,
        Effect::Delete => facebook.delete(&token, post).await?.value,
        Effect::PublicReply => {
            facebook.reply(&token, post, words?).await?;
            Done::Confirmed
        }
        Effect::AskAuthor => facebook.private_reply(&token, account, action.post.surface, post, words?).await?.value,
        Effect::Ban => {
            let author = action.post.author.id.as_deref();
            let author = author.ok_or(TryError::ByHand("Facebook did not say who wrote it: ban by hand"))?;
            facebook.ban(&token, account, author).await?.value
        }
        _ => return Err(TryError::ByHand("Facebook has no call for this: do it by hand")),
    };
    Ok(confirmed(action.effect, done))
}

/// Looks whether an earlier try reached the platform although its answer was lost.
async fn done_before(action: &ActionRecord, facebook: &Facebook, token: &Secret) -> Result<Option<String>, TryError> {
    let post = action.post.id.as_str();
    let found = match action.effect {
        Effect::Hide | Effect::Unhide => {
            let wanted = action.effect == Effect::Hide;
            match facebook.read(token, action.post.surface, post).await {
                Ok(comment) => comment.value.hidden == wanted,
                Err(CallError::Gone) => return Ok(Some("it is gone already".to_owned())),
                Err(error) => return Err(error.into()),
            }
        }
        Effect::PublicReply => {
            let answers = facebook.comments(token, post, None).await?.value;
            let ours = action.words.as_deref().unwrap_or_default();
            let page = Some(action.post.channel.account.as_str());
            answers.comments.iter().any(|answer| answer.author.id.as_deref() == page && answer.text == ours)
        }
        // Deleting twice, writing twice and banning twice are told apart by the platform's own answers.
        _ => false,
    };
    Ok(found.then(|| "an earlier try had reached the platform".to_owned()))
}
