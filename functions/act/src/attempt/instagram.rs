//! Instagram: hide, unhide, delete, answer, write to the author, block.

use pagewarden_ledger::ActionRecord;
use pagewarden_platforms::Secret;
use pagewarden_platforms::calls::{CallError, Done};
use pagewarden_platforms::instagram::Instagram;
use pagewarden_rules::Surface;

use super::{BEFORE, Call, SO_ALREADY, Try, TryError};

/// What a person is told where there is nothing to be asked of Instagram.
const NO_CALL: &str = "Instagram has no call for this: do it by hand";

pub(super) async fn carry_out(at: &Try<'_>) -> Result<String, TryError> {
    let (action, call) = (at.action, at.call(NO_CALL)?);
    let (instagram, token) = at.platforms.instagram(at.secrets, at.scope.channel).await?;
    if action.attempts > 1
        && let Some(detail) = done_before(action, call, &instagram, &token).await?
    {
        return Ok(detail);
    }
    at.read_all()?;
    let post = action.post.id.as_str();
    let words = action
        .words
        .as_deref()
        .ok_or(TryError::ByHand("there are no words to send"));
    let done = match call {
        Call::Hide => instagram.hide(&token, post).await?.value,
        Call::Unhide => instagram.unhide(&token, post).await?.value,
        Call::Delete => instagram.delete(&token, post).await?.value,
        Call::Reply if action.post.surface == Surface::Mention => {
            let (channel, thread) = (&action.post.channel, action.post.thread.as_deref());
            instagram
                .reply_to_mention(&token, channel, post, thread, words?)
                .await?;
            Done::Confirmed
        }
        Call::Reply => {
            instagram.reply(&token, post, words?).await?;
            Done::Confirmed
        }
        Call::Message => instagram.private_reply(&token, post, words?).await?.value,
        Call::Ban => {
            let author = action.post.author.id.as_deref();
            let author = author.ok_or(TryError::ByHand(
                "Instagram did not say who wrote it: block them by hand",
            ))?;
            instagram.block(&token, author).await?.value
        }
        Call::Mute => return Err(TryError::ByHand(NO_CALL)),
    };
    call.confirmed(done)
}

/// Looks whether an earlier try reached the platform although its answer was lost.
async fn done_before(
    action: &ActionRecord,
    call: Call,
    instagram: &Instagram,
    token: &Secret,
) -> Result<Option<String>, TryError> {
    let post = &action.post;
    let found = match call {
        Call::Hide | Call::Unhide => match instagram.read(token, &post.channel, &post.id).await {
            Ok(comment) => {
                let so = comment.value.hidden == (call == Call::Hide);
                return Ok(so.then(|| SO_ALREADY.to_owned()));
            }
            Err(CallError::Gone) => return Err(TryError::Gone),
            Err(error) => return Err(error.into()),
        },
        Call::Reply if post.surface == Surface::Mention => {
            return Err(TryError::ByHand(
                "an earlier try may have reached Instagram, and it does not show answers there: look before answering",
            ));
        }
        Call::Reply => {
            // What answers an answer stands below the first comment.
            let top = post.parent.as_deref().unwrap_or(&post.id);
            let answers = instagram.replies(token, &post.channel, top).await?.value;
            answers
                .comments
                .iter()
                .any(|answer| answer.own && action.says(&answer.post.text))
        }
        // Deleting twice, writing twice and blocking twice come to the same, or the platform's own
        // answer tells.
        Call::Delete | Call::Message | Call::Ban | Call::Mute => false,
    };
    Ok(found.then(|| BEFORE.to_owned()))
}
