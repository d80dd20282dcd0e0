//! Facebook: hide, unhide, delete, answer, write to the author, ban.

use pagewarden_ledger::ActionRecord;
use pagewarden_platforms::Secret;
use pagewarden_platforms::calls::{CallError, Done};
use pagewarden_platforms::facebook::Facebook;
use pagewarden_rules::{Effect, Post};

use super::{BEFORE, MOST_PAGES, TOO_MANY, Try, TryError, confirmed, is_late};

pub(super) async fn carry_out(at: &Try<'_>) -> Result<String, TryError> {
    let action = at.action;
    let (facebook, token) = at.platforms.facebook(at.secrets, at.scope.channel).await?;
    if is_late(action) {
        check_words(action, &facebook, &token).await?;
    }
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
    confirmed(action.effect, done)
}

/// Reads the post, and fails where it does not say any more what was judged.
///
/// Facebook alone delivers edits: a post on Instagram or X cannot be edited in its place, and the others are polled.
async fn check_words(action: &ActionRecord, facebook: &Facebook, token: &Secret) -> Result<(), TryError> {
    let Post { channel, surface, id, thread, author, .. } = action.post.clone();
    let comment = match facebook.read(token, surface, &id).await {
        Ok(comment) => comment.value,
        Err(CallError::Gone) => return Err(TryError::Gone),
        // A page that may not be read is moderated by what it delivers.
        Err(CallError::Refused { .. } | CallError::Permission { .. } | CallError::Unreadable { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let post = comment.map(|comment| comment.into_post(channel, surface, thread, author));
    if post.revision().content() == action.revision.content() { Ok(()) } else { Err(TryError::Changed(Box::new(post))) }
}

/// Looks whether an earlier try reached the platform although its answer was lost.
async fn done_before(action: &ActionRecord, facebook: &Facebook, token: &Secret) -> Result<Option<String>, TryError> {
    let post = action.post.id.as_str();
    let found = match action.effect {
        Effect::Hide | Effect::Unhide => {
            let wanted = action.effect == Effect::Hide;
            match facebook.read(token, action.post.surface, post).await {
                Ok(comment) => comment.value.hidden == wanted,
                Err(CallError::Gone) => return Err(TryError::Gone),
                Err(error) => return Err(error.into()),
            }
        }
        Effect::PublicReply => {
            return Ok(answered(action, facebook, token).await?.then(|| BEFORE.to_owned()));
        }
        Effect::Ban => banned(action, facebook, token).await?,
        // Deleting twice and writing twice are told apart by the platform's own answers.
        _ => false,
    };
    Ok(found.then(|| BEFORE.to_owned()))
}

/// Looks whether the author is banned already. Where Facebook will not say, a second ban of the same person changes nothing.
async fn banned(action: &ActionRecord, facebook: &Facebook, token: &Secret) -> Result<bool, TryError> {
    let Some(author) = action.post.author.id.as_deref() else { return Ok(false) };
    match facebook.is_banned(token, &action.post.channel.account, author).await {
        Ok(answer) => Ok(answer.value),
        Err(CallError::Refused { .. } | CallError::Permission { .. } | CallError::Unreadable { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Looks for the page's answer among those to a post, newest first, as far back as the action is old.
async fn answered(action: &ActionRecord, facebook: &Facebook, token: &Secret) -> Result<bool, TryError> {
    let page = Some(action.post.channel.account.as_str());
    let mut after = None;
    for _ in 0..MOST_PAGES {
        let answers = facebook.comments(token, &action.post.id, after.as_deref()).await?.value;
        if answers.comments.iter().any(|answer| answer.author.id.as_deref() == page && action.says(&answer.text)) {
            return Ok(true);
        }
        let oldest = answers.comments.last().and_then(|answer| answer.created_at);
        match answers.after {
            Some(next) if oldest.is_none_or(|oldest| oldest >= action.created_at) => after = Some(next),
            _ => return Ok(false),
        }
    }
    Err(TryError::ByHand(TOO_MANY))
}
