//! Facebook: hide, unhide, delete, answer, write to the author, ban.

use pagewarden_ledger::ActionRecord;
use pagewarden_platforms::Secret;
use pagewarden_platforms::calls::{CallError, Done};
use pagewarden_platforms::facebook::Facebook;
use pagewarden_rules::Post;

use super::{BEFORE, Call, MOST_PAGES, SO_ALREADY, TOO_MANY, Try, TryError, is_late};

/// What a person is told where there is nothing to be asked of Facebook.
const NO_CALL: &str = "Facebook has no call for this: do it by hand";

pub(super) async fn carry_out(at: &Try<'_>) -> Result<String, TryError> {
    let (action, call) = (at.action, at.call(NO_CALL)?);
    let (facebook, token) = at.platforms.facebook(at.secrets, at.scope.channel).await?;
    let hidden = if is_late(action) {
        check_words(action, &facebook, &token).await?
    } else {
        None
    };
    if action.attempts > 1
        && let Some(detail) = done_before(action, call, hidden, &facebook, &token).await?
    {
        return Ok(detail);
    }
    at.read_all()?;
    let (post, account) = (
        action.post.id.as_str(),
        action.post.channel.account.as_str(),
    );
    let words = action
        .words
        .as_deref()
        .ok_or(TryError::ByHand("there are no words to send"));
    let done = match call {
        Call::Hide => facebook.hide(&token, post).await?.value,
        Call::Unhide => facebook.unhide(&token, post).await?.value,
        Call::Delete => facebook.delete(&token, post).await?.value,
        Call::Reply => {
            facebook.reply(&token, post, words?).await?;
            Done::Confirmed
        }
        Call::Message => {
            facebook
                .private_reply(&token, account, action.post.surface, post, words?)
                .await?
                .value
        }
        Call::Ban => {
            let author = action.post.author.id.as_deref();
            let author = author.ok_or(TryError::ByHand(
                "Facebook did not say who wrote it: ban by hand",
            ))?;
            facebook.ban(&token, account, author).await?.value
        }
        Call::Mute => return Err(TryError::ByHand(NO_CALL)),
    };
    call.confirmed(done)
}

/// Reads the post, and fails if it no longer says what was judged. Returns whether it is hidden,
/// unless the page may not be read: then it is moderated by what it delivers.
///
/// Of the platforms so far, Facebook alone delivers edits: a post on Instagram or X cannot be
/// edited in its place, and the others are polled.
async fn check_words(
    action: &ActionRecord,
    facebook: &Facebook,
    token: &Secret,
) -> Result<Option<bool>, TryError> {
    let Post {
        channel,
        surface,
        id,
        thread,
        author,
        ..
    } = action.post.clone();
    let comment = match facebook.read(token, surface, &id).await {
        Ok(comment) => comment.value,
        Err(CallError::Gone) => return Err(TryError::Gone),
        Err(
            CallError::Refused { .. } | CallError::Permission { .. } | CallError::Unreadable { .. },
        ) => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let hidden = comment.hidden;
    let post = comment.map(|comment| comment.into_post(channel, surface, thread, author));
    let same = post.revision().content() == action.revision.content();
    if same {
        Ok(Some(hidden))
    } else {
        Err(TryError::Changed(Box::new(post)))
    }
}

/// Looks whether an earlier try reached the platform although its answer was lost. `hidden` is what
/// the post was just read to be, so that it is not read a second time.
async fn done_before(
    action: &ActionRecord,
    call: Call,
    hidden: Option<bool>,
    facebook: &Facebook,
    token: &Secret,
) -> Result<Option<String>, TryError> {
    let post = action.post.id.as_str();
    let found = match call {
        Call::Hide | Call::Unhide => {
            let hidden = match hidden {
                Some(hidden) => hidden,
                None => match facebook.read(token, action.post.surface, post).await {
                    Ok(comment) => comment.value.hidden,
                    Err(CallError::Gone) => return Err(TryError::Gone),
                    Err(error) => return Err(error.into()),
                },
            };
            hidden == (call == Call::Hide)
        }
        Call::Reply => {
            return Ok(answered(action, facebook, token)
                .await?
                .then(|| BEFORE.to_owned()));
        }
        Call::Ban => banned(action, facebook, token).await?,
        // Deleting twice and writing twice are told apart by the platform's own answers.
        Call::Delete | Call::Message | Call::Mute => false,
    };
    Ok(found.then(|| SO_ALREADY.to_owned()))
}

/// Looks whether the author is banned already. Where Facebook will not say, a second ban of the
/// same person changes nothing.
async fn banned(
    action: &ActionRecord,
    facebook: &Facebook,
    token: &Secret,
) -> Result<bool, TryError> {
    let Some(author) = action.post.author.id.as_deref() else {
        return Ok(false);
    };
    match facebook
        .is_banned(token, &action.post.channel.account, author)
        .await
    {
        Ok(answer) => Ok(answer.value),
        Err(
            CallError::Refused { .. } | CallError::Permission { .. } | CallError::Unreadable { .. },
        ) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Looks for the page's answer among those to a post, newest first, as far back as the action is
/// old.
async fn answered(
    action: &ActionRecord,
    facebook: &Facebook,
    token: &Secret,
) -> Result<bool, TryError> {
    let page = Some(action.post.channel.account.as_str());
    let mut after = None;
    for _ in 0..MOST_PAGES {
        let answers = facebook
            .comments(token, &action.post.id, after.as_deref())
            .await?
            .value;
        if answers
            .comments
            .iter()
            .any(|answer| answer.author.id.as_deref() == page && action.says(&answer.text))
        {
            return Ok(true);
        }
        let oldest = answers.comments.last().and_then(|answer| answer.created_at);
        match answers.after {
            Some(next) if oldest.is_none_or(|oldest| oldest >= action.created_at) => {
                after = Some(next);
            }
            _ => return Ok(false),
        }
    }
    Err(TryError::ByHand(TOO_MANY))
}
