//! Instagram: hide, unhide, delete, answer, write to the author, block.

use pagewarden_ledger::ActionRecord;
use pagewarden_platforms::Secret;
use pagewarden_platforms::calls::{CallError, Done};
use pagewarden_platforms::instagram::Instagram;
use pagewarden_rules::{Effect, Surface};

use super::{BEFORE, Try, TryError, confirmed};

pub(super) async fn carry_out(at: &Try<'_>) -> Result<String, TryError> {
    let action = at.action;
    let (instagram, token) = at.platforms.instagram(at.secrets, at.scope.channel).await?;
    if action.attempts > 1
        && let Some(detail) = done_before(action, &instagram, &token).await?
    {
        return Ok(detail);
    }
    let post = action.post.id.as_str();
    let words = action.words.as_deref().ok_or(TryError::ByHand("there are no words to send"));
    let done = match action.effect {
        Effect::Hide => instagram.hide(&token, post).await?.value,
        Effect::Unhide => instagram.unhide(&token, post).await?.value,
        Effect::Delete => instagram.delete(&token, post).await?.value,
        Effect::PublicReply if action.post.surface == Surface::Mention => {
            let (channel, thread) = (&action.post.channel, action.post.thread.as_deref());
            instagram.reply_to_mention(&token, channel, post, thread, words?).await?;
            Done::Confirmed
        }
        Effect::PublicReply => {
            instagram.reply(&token, post, words?).await?;
            Done::Confirmed
        }
        Effect::AskAuthor => instagram.private_reply(&token, post, words?).await?.value,
        Effect::Ban => {
            let author = action.post.author.id.as_deref();
            let author = author.ok_or(TryError::ByHand("Instagram did not say who wrote it: block them by hand"))?;
            instagram.block(&token, author).await?.value
        }
        _ => return Err(TryError::ByHand("Instagram has no call for this: do it by hand")),
    };
    confirmed(action.effect, done)
}

/// Looks whether an earlier try reached the platform although its answer was lost.
async fn done_before(action: &ActionRecord, instagram: &Instagram, token: &Secret) -> Result<Option<String>, TryError> {
    let post = &action.post;
    let found = match action.effect {
        Effect::Hide | Effect::Unhide => match instagram.read(token, &post.channel, &post.id).await {
            Ok(comment) => comment.value.hidden == (action.effect == Effect::Hide),
            Err(CallError::Gone) => return Err(TryError::Gone),
            Err(error) => return Err(error.into()),
        },
        Effect::PublicReply if post.surface == Surface::Mention => {
            return Err(TryError::ByHand(
                "an earlier try may have reached Instagram, and it does not show answers there: look before answering",
            ));
        }
        Effect::PublicReply => {
            // What answers an answer stands below the first comment.
            let top = post.parent.as_deref().unwrap_or(&post.id);
            let answers = instagram.replies(token, &post.channel, top).await?.value;
            answers.comments.iter().any(|answer| answer.own && action.says(&answer.post.text))
        }
        // Deleting twice, writing twice and blocking twice come to the same, or the platform's own answer tells.
        _ => false,
    };
    Ok(found.then(|| BEFORE.to_owned()))
}
