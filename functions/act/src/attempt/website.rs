//! The practice's website: hide, show again, put in the trash, answer.

use pagewarden_ledger::ActionRecord;
use pagewarden_platforms::calls::Done;
use pagewarden_platforms::website::Website;

use super::{BEFORE, Call, MOST_PAGES, TOO_MANY, Try, TryError};

/// What a person is told where there is nothing to be asked of the website.
const NO_CALL: &str = "the website has no call for this: do it by hand";

pub(super) async fn carry_out(at: &Try<'_>) -> Result<String, TryError> {
    let (action, call) = (at.action, at.call(NO_CALL)?);
    let (website, _) = at.platforms.website(at.secrets, at.scope.channel).await?;
    let post = action.post.id.as_str();
    // Hiding, showing and deleting look first, so that a second try finds what the first has done.
    let done = match call {
        Call::Hide => website.hold(post).await?,
        Call::Unhide => website.approve(post).await?,
        Call::Delete => {
            return Ok(match website.trash(post).await? {
                Done::Confirmed => "deleted by the website: it is in the trash there, from which it can be taken back",
                Done::Already | Done::Gone => "it was in the website's trash, or gone, already",
            }
            .to_owned());
        }
        Call::Reply => {
            let words = action
                .words
                .as_deref()
                .ok_or(TryError::ByHand("there are no words to send"))?;
            return answer(at, &website, words).await;
        }
        Call::Message | Call::Ban | Call::Mute => return Err(TryError::ByHand(NO_CALL)),
    };
    call.confirmed(done)
}

async fn answer(at: &Try<'_>, website: &Website, words: &str) -> Result<String, TryError> {
    let action = at.action;
    let post = action.post.id.as_str();
    if action.attempts > 1 && answered(action, website).await? {
        return Ok(BEFORE.to_owned());
    }
    at.read_all()?;
    let answer = website.reply(post, words).await?;
    if answer.is_public() {
        Call::Reply.confirmed(Done::Confirmed)
    } else {
        Ok("answered; the website holds the answer back until somebody approves it".to_owned())
    }
}

/// Looks for an answer of the website's users among those to a comment, newest first, as far back
/// as the action is old.
async fn answered(action: &ActionRecord, website: &Website) -> Result<bool, TryError> {
    for page in 1..=MOST_PAGES {
        let answers = website.answers(&action.post.id, page).await?;
        if answers
            .comments
            .iter()
            .any(|answer| answer.user.is_some() && action.says(&answer.post.text))
        {
            return Ok(true);
        }
        let oldest = answers
            .comments
            .last()
            .and_then(|answer| answer.post.posted_at);
        if answers.pages.is_none_or(|pages| page >= pages)
            || oldest.is_some_and(|oldest| oldest < action.created_at)
        {
            return Ok(false);
        }
    }
    Err(TryError::ByHand(TOO_MANY))
}
