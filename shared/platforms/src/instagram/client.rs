//! The Graph API, as far as an Instagram account's moderation needs it.
//!
//! Sources: Meta's reference of IG Comment, IG User, Private Replies and Moderate Conversations,
//! Graph API v26.0.

use pagewarden_rules::{Channel, Platform, longest_message};
use serde_json::{Value, json};

use super::{Comment, CommentPage, Medium, Settings};
use crate::calls::{Answer, CallError, Done, Http, Json, Method};
use crate::document::Part;
use crate::meta::{Api, Graph, TOO_MUCH, confirmed, is_yes};
use crate::{Secret, Sent};

/// What is asked of a comment in a list.
const LISTED: &str = "id,text,timestamp,username,from,user,hidden,parent_id";

/// Posts and comments asked for at once; Meta takes up to 50 comments.
pub const MEDIA: usize = 25;
const COMMENTS: usize = 50;

/// What the page's token stands for: the page to which the account is connected.
pub const PAGE: &str = "me";

/// The client of the Graph API for Instagram accounts.
#[derive(Clone, Debug)]
pub struct Instagram(Api);

impl Instagram {
    /// Makes a client.
    #[must_use]
    pub fn new(http: Http, settings: Settings) -> Self {
        Instagram(Api::new(http, settings))
    }

    /// Hides a comment. One that is gone counts as hidden.
    pub async fn hide(&self, token: &Secret, comment: &str) -> Result<Answer<Done>, CallError> {
        let answer = self
            .0
            .act(token, Method::POST, comment, &[("hide", "true")])
            .await;
        self.0.unless_gone(token, comment, answer).await
    }

    /// Shows a hidden comment again.
    pub async fn unhide(&self, token: &Secret, comment: &str) -> Result<Answer<Done>, CallError> {
        self.0
            .act(token, Method::POST, comment, &[("hide", "false")])
            .await
    }

    /// Deletes a comment. One that is gone counts as deleted.
    pub async fn delete(&self, token: &Secret, comment: &str) -> Result<Answer<Done>, CallError> {
        let answer = self.0.act(token, Method::DELETE, comment, &[]).await;
        self.0.unless_gone(token, comment, answer).await
    }

    /// Reads a comment below one of the account's own posts, as it stands now.
    pub async fn read(
        &self,
        token: &Secret,
        channel: &Channel,
        comment: &str,
    ) -> Result<Answer<Sent<Comment>>, CallError> {
        let fields = format!("{LISTED},media{{id,permalink}}");
        let answer = self.get(token, &[comment], &[("fields", &fields)]).await?;
        parse_answer(&answer, |comment| Comment::sent(channel, comment))
    }

    /// Reads what mentions the account: the comment `id` below the post `thread`, or the post `id`
    /// itself.
    ///
    /// Nothing but this reads somebody else's post, and only while it mentions the account.
    pub async fn mention(
        &self,
        token: &Secret,
        channel: &Channel,
        id: &str,
        thread: Option<&str>,
    ) -> Result<Answer<Sent<Comment>>, CallError> {
        // The id stands inside a field here, where it could ask for more than is meant.
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CallError::NotSent("the id is not one of Instagram's"));
        }
        let fields = match thread {
            Some(_) => format!(
                "mentioned_comment.comment_id({id}){{id,text,timestamp,username,from,media{{id,owner,permalink}}}}"
            ),
            None => {
                format!(
                    "mentioned_media.media_id({id}){{id,caption,timestamp,username,owner,media_type,permalink}}"
                )
            }
        };
        let answer = self
            .get(token, &[&channel.account], &[("fields", &fields)])
            .await?;
        parse_answer(&answer, |found| Comment::sent_mention(channel, found))
    }

    /// Lists the account's newest posts, each with its newest comments and the answers to them: one
    /// call for all, unless Instagram has too much to tell at once. `at_once` is how many posts it
    /// is asked for, at most [`MEDIA`], and becomes what it took.
    pub async fn media(
        &self,
        token: &Secret,
        channel: &Channel,
        at_once: &mut usize,
    ) -> Result<Answer<Vec<Medium>>, CallError> {
        let fields = |posts: usize| {
            let each = if posts > 1 { COMMENTS } else { COMMENTS / 10 };
            format!(
                "id,permalink,comments_count,\
                 comments.limit({each}){{{LISTED},replies.limit({each}){{{LISTED}}}}}"
            )
        };
        let read = |row: Part<'_>| Medium::parse(channel, row);
        self.0
            .list(
                token,
                &[&channel.account, "media"],
                fields,
                MEDIA,
                at_once,
                read,
            )
            .await
    }

    /// Lists further comments below one of the account's own posts, newest first; `after` is where
    /// the page begins.
    pub async fn comments(
        &self,
        token: &Secret,
        channel: &Channel,
        medium: &str,
        after: &str,
    ) -> Result<Answer<CommentPage>, CallError> {
        let mut at_once = COMMENTS;
        loop {
            let (fields, limit) = (
                format!("{LISTED},replies.limit({at_once}){{{LISTED}}}"),
                at_once.to_string(),
            );
            let parameters = [
                ("fields", fields.as_str()),
                ("limit", limit.as_str()),
                ("after", after),
            ];
            match self
                .0
                .call(
                    Graph::List,
                    token,
                    Method::GET,
                    &[medium, "comments"],
                    &parameters,
                )
                .await
            {
                Err(error) if error == TOO_MUCH && at_once > 1 => at_once /= 2,
                answer => {
                    let (answer, medium) = (answer?, json!({ "id": medium }));
                    let page = answer
                        .value
                        .read(|list| CommentPage::parse(channel, &medium, list))?;
                    return Ok(Answer {
                        value: page,
                        usage: answer.usage,
                    });
                }
            }
        }
    }

    /// Looks whether one of the account's own posts is still there.
    pub async fn is_there(&self, token: &Secret, medium: &str) -> Result<bool, CallError> {
        match self.get(token, &[medium], &[("fields", "id")]).await {
            Ok(_) => Ok(true),
            Err(CallError::Gone) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Lists the newest answers to a comment.
    pub async fn replies(
        &self,
        token: &Secret,
        channel: &Channel,
        comment: &str,
    ) -> Result<Answer<CommentPage>, CallError> {
        let limit = COMMENTS.to_string();
        let parameters = [("fields", LISTED), ("limit", limit.as_str())];
        let answer = self.get(token, &[comment, "replies"], &parameters).await?;
        let page = answer
            .value
            .read(|list| CommentPage::parse(channel, &Value::Null, list))?;
        Ok(Answer {
            value: page,
            usage: answer.usage,
        })
    }

    /// Answers a comment in public; returns the id of the answer. An answer to an answer stands
    /// below the first comment.
    ///
    /// Not to be repeated blindly: after [`CallError::Retry`] with `maybe_done`, look at
    /// [`Instagram::replies`] first.
    pub async fn reply(
        &self,
        token: &Secret,
        comment: &str,
        text: &str,
    ) -> Result<Answer<String>, CallError> {
        self.0
            .answer(token, &[comment, "replies"], &[("message", text)])
            .await
    }

    /// Answers what mentions the account: the comment `id` below the post `thread`, or the post
    /// `id` itself.
    ///
    /// What stands there already cannot be listed, so this is never to be tried twice.
    pub async fn reply_to_mention(
        &self,
        token: &Secret,
        channel: &Channel,
        id: &str,
        thread: Option<&str>,
        text: &str,
    ) -> Result<Answer<String>, CallError> {
        let mut parameters = vec![("media_id", thread.unwrap_or(id)), ("message", text)];
        parameters.extend(thread.map(|_| ("comment_id", id)));
        self.0
            .answer(token, &[&channel.account, "mentions"], &parameters)
            .await
    }

    /// Writes to the author of a comment in private: once for each, within seven days.
    pub async fn private_reply(
        &self,
        token: &Secret,
        comment: &str,
        text: &str,
    ) -> Result<Answer<Done>, CallError> {
        if !longest_message(Platform::Instagram).takes(text) {
            return Err(CallError::NotSent(
                "the message is longer than Instagram takes: a person shortens and sends it",
            ));
        }
        self.0
            .message(token, PAGE, &json!({ "comment_id": comment }), text)
            .await
    }

    /// Blocks somebody, which works only where they have a private conversation with the practice.
    pub async fn block(&self, token: &Secret, user: &str) -> Result<Answer<Done>, CallError> {
        let users = json!([{ "id": user }]).to_string();
        let parameters = [
            ("user_ids", users.as_str()),
            ("actions", r#"["block_user"]"#),
        ];
        let path = [PAGE, "moderate_conversations"];
        let answer = self
            .0
            .call(Graph::Block, token, Method::POST, &path, &parameters)
            .await?;
        confirmed(is_yes(answer.value.get("success"))).map(|value| Answer {
            value,
            usage: answer.usage,
        })
    }

    async fn get(
        &self,
        token: &Secret,
        path: &[&str],
        parameters: &[(&str, &str)],
    ) -> Result<Answer<Json>, CallError> {
        self.0
            .call(Graph::Any, token, Method::GET, path, parameters)
            .await
    }
}

fn parse_answer(
    answer: &Answer<Json>,
    read: impl FnOnce(Part<'_>) -> Option<Sent<Comment>>,
) -> Result<Answer<Sent<Comment>>, CallError> {
    Ok(Answer {
        value: answer.value.read(read)?,
        usage: answer.usage,
    })
}
