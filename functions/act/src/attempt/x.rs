//! X: hide and show replies in the practice's own conversations, answer those who call on the
//! account, mute.

use pagewarden_ledger::Observation;
use pagewarden_platforms::calls::{CallError, Done};
use pagewarden_platforms::x::{X, XPost};
use pagewarden_platforms::{Secret, Sent};
use pagewarden_runtime::XAccess;

use super::{BEFORE, Call, Try, TryError};

/// What a person is told where there is nothing to be asked of X.
const NO_CALL: &str = "X has no call for this: do it by hand";
const NOT_OUR_CONVERSATION: TryError = TryError::ByHand(
    "X lets an account hide replies in the conversations that it began, and this is another's",
);
const NOT_CALLED_ON: TryError = TryError::ByHand(
    "X lets an app answer only those who mention or quote the account: a person answers on X",
);

pub(super) async fn carry_out(at: &Try<'_>) -> Result<String, TryError> {
    let (x, scope) = (&at.platforms.x, &at.scope);
    let access = XAccess::new(at.ledger.clone(), at.secrets.clone(), x.clone());
    let token = access.token(scope).await?;
    let tried = Account {
        at,
        x,
        token: token.secret(),
    }
    .carry_out()
    .await;
    if token.is_new() || !matches!(tried, Err(TryError::Call(CallError::Credential { .. }))) {
        return tried;
    }
    // X may end a token before its time. The next try fetches another, and only where X refuses
    // that is there no access.
    access.refused(scope, &token).await?;
    let why = "X did not take the access token any more: another one is fetched";
    Err(CallError::Retry {
        after: None,
        maybe_done: false,
        why,
    }
    .into())
}

/// The account for which is tried, and its token.
struct Account<'a> {
    at: &'a Try<'a>,
    x: &'a X,
    token: &'a Secret,
}

impl Account<'_> {
    async fn carry_out(&self) -> Result<String, TryError> {
        let (action, account) = (self.at.action, self.at.action.post.channel.account.as_str());
        let call = self.at.call(NO_CALL)?;
        match call {
            Call::Hide | Call::Unhide => self.set_hidden(account, call).await,
            Call::Reply => self.reply(account).await,
            Call::Mute => {
                let author = action.post.author.id.as_deref();
                let author =
                    author.ok_or(TryError::ByHand("X did not say who wrote it: mute by hand"))?;
                call.confirmed(self.x.mute(self.token, account, author).await?)
            }
            Call::Delete | Call::Message | Call::Ban => Err(TryError::ByHand(NO_CALL)),
        }
    }

    /// Hides the post or shows it again, once it is clear that the conversation is the practice's
    /// own.
    async fn set_hidden(&self, account: &str, call: Call) -> Result<String, TryError> {
        let (post, thread) = (
            self.at.action.post.id.as_str(),
            self.at.action.post.thread.as_deref(),
        );
        let mut seen = self.look(post, thread).await?;
        let Some(at) = seen.iter().position(|seen| seen.id == post) else {
            return call.confirmed(Done::Gone);
        };
        let Some(first) = seen[at].conversation.clone().filter(|first| first != post) else {
            return Err(NOT_OUR_CONVERSATION);
        };
        if thread != Some(first.as_str()) {
            // The older deliveries do not tell the conversation.
            seen = self.x.posts(self.token, &[&first]).await?.posts;
        }
        if !seen
            .iter()
            .any(|seen| seen.id == first && seen.is_by(account))
        {
            return Err(NOT_OUR_CONVERSATION);
        }
        let hidden = call == Call::Hide;
        call.confirmed(self.x.set_hidden(self.token, post, hidden).await?)
    }

    async fn reply(&self, account: &str) -> Result<String, TryError> {
        let post = self.at.action.post.id.as_str();
        let words = self
            .at
            .action
            .words
            .as_deref()
            .ok_or(TryError::ByHand("there are no words to send"))?;
        let seen = self.look(post, None).await?;
        let Some(seen) = seen.first() else {
            return Err(CallError::Gone.into());
        };
        if !seen.calls_on(account) {
            return Err(NOT_CALLED_ON);
        }
        if self.at.action.attempts > 1 {
            // X puts its own links into the words, so they are not compared.
            let own = self
                .x
                .own_posts(self.token, account, Some(post))
                .await?
                .posts;
            if own.iter().any(|own| own.answers.as_deref() == Some(post)) {
                return Ok(BEFORE.to_owned());
            }
            self.at.read_all()?;
        }
        self.x.reply(self.token, post, words).await?;
        Call::Reply.confirmed(Done::Confirmed)
    }

    /// Reads the post, and the one that began its conversation where that is known. One that is
    /// gone is noted as gone.
    async fn look(&self, post: &str, thread: Option<&str>) -> Result<Vec<Sent<XPost>>, TryError> {
        let ids: Vec<&str> = [Some(post), thread].into_iter().flatten().collect();
        let seen = self.x.posts(self.token, &ids).await?;
        self.at.read_all()?;
        let now = self.at.scope.now;
        if seen.gone.iter().any(|gone| gone == post) {
            self.at
                .ledger
                .observe(&self.at.action.key, Observation::Removed, now, now)
                .await?;
        } else if !seen.posts.iter().any(|seen| seen.id == post) {
            return Err(TryError::ByHand(
                "X does not show the post to the practice's account: look at it on X",
            ));
        }
        Ok(seen.posts)
    }
}
