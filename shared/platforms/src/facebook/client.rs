//! The Graph API, as far as a page's moderation needs it. Every call takes the page's token.
//!
//! Sources: Meta's reference of Comment, Page and Private Replies, Graph API v26.0.

use pagewarden_rules::{Channel, Post, Surface};
use serde_json::{Value, json};

use super::recommendation::recommendation;
use super::{Comment, CommentPage, Thread};
use crate::calls::{Answer, CallError, Done, Http, Method};
use crate::document::Part;
use crate::meta::{Api, Grant, Graph, Settings, TOO_MUCH, confirmed, is_yes};
use crate::{Secret, Sent};

/// What is asked of a comment.
const COMMENT_FIELDS: &str = "id,message,message_tags,from,parent,created_time,is_hidden,can_hide,\
    can_remove,can_reply_privately,permalink_url,attachment";

/// What is asked of a post. Asking it for a comment's fields is an error.
const POST_FIELDS: &str = "id,message,message_tags,from,created_time,is_hidden,permalink_url,\
    attachments{type,target,media,unshimmed_url,subattachments{type,target,media}}";

/// What is asked of a recommendation.
const RECOMMENDATION_FIELDS: &str = "created_time,open_graph_story,rating,review_text,reviewer";

/// Recommendations that are listed: more than a practice gets in a day.
const RECOMMENDATIONS: &str = "50";

/// Posts of a page that are listed with their comments: some weeks of a practice's.
pub const POSTS: usize = 25;

/// Comments that are listed with each of them, which keeps the whole answer well below what we
/// read.
const COMMENTS_EACH: usize = 25;

/// The most posts that Facebook lists at once: some months of a practice's.
const MOST_POSTS: usize = 100;

/// Comments that are listed with each of so many, which makes the answer no larger.
const NEWEST_COMMENTS: usize = 5;

/// Comments asked for at once; Meta takes up to 100.
const PAGE_SIZE: usize = 100;

/// Meta's code for a parameter or field that an object does not have.
const BAD_PARAMETER: u32 = 100;

/// The client of the Graph API for pages.
#[derive(Clone, Debug)]
pub struct Facebook(Api);

impl Facebook {
    /// Makes a client.
    #[must_use]
    pub fn new(http: Http, settings: Settings) -> Self {
        Facebook(Api::new(http, settings))
    }

    /// Hides a comment. One that is gone counts as hidden.
    pub async fn hide(&self, token: &Secret, comment: &str) -> Result<Answer<Done>, CallError> {
        // Nothing but `is_hidden` is sent: an update that leaves attachments out would drop them.
        let answer = self
            .0
            .act(token, Method::POST, comment, &[("is_hidden", "true")])
            .await;
        self.0.unless_gone(token, comment, answer).await
    }

    /// Shows a hidden comment again.
    pub async fn unhide(&self, token: &Secret, comment: &str) -> Result<Answer<Done>, CallError> {
        self.0
            .act(token, Method::POST, comment, &[("is_hidden", "false")])
            .await
    }

    /// Deletes a comment or a visitor's post. One that is gone counts as deleted.
    pub async fn delete(&self, token: &Secret, post: &str) -> Result<Answer<Done>, CallError> {
        let answer = self.0.act(token, Method::DELETE, post, &[]).await;
        self.0.unless_gone(token, post, answer).await
    }

    /// Reads a comment, a visitor's post or a mention as it stands now.
    pub async fn read(
        &self,
        token: &Secret,
        surface: Surface,
        id: &str,
    ) -> Result<Answer<Sent<Comment>>, CallError> {
        let fields = if surface == Surface::Comment {
            COMMENT_FIELDS
        } else {
            POST_FIELDS
        };
        match self.read_fields(token, id, fields).await {
            // Where a page is mentioned is a post or a comment: their ids look the same.
            Err(CallError::Refused {
                code: BAD_PARAMETER,
                ..
            }) if surface == Surface::Mention => self.read_fields(token, id, COMMENT_FIELDS).await,
            answer => answer,
        }
    }

    /// Lists what stands on a page: its own newest posts and its visitors', with the newest
    /// comments below each.
    ///
    /// One call, unless Facebook has too much to tell at once: `at_once` is how many posts it is
    /// asked for, at most [`POSTS`], and becomes what it took. The rest of a post's comments is had
    /// from [`Facebook::comments`].
    pub async fn feed(
        &self,
        token: &Secret,
        page: &str,
        at_once: &mut usize,
    ) -> Result<Answer<Vec<Thread>>, CallError> {
        self.posts(token, page, POSTS, COMMENTS_EACH, at_once).await
    }

    /// Lists more of the same posts, with fewer comments below each: what is still written below
    /// older ones.
    pub async fn older(
        &self,
        token: &Secret,
        page: &str,
    ) -> Result<Answer<Vec<Thread>>, CallError> {
        self.posts(
            token,
            page,
            MOST_POSTS,
            NEWEST_COMMENTS,
            &mut MOST_POSTS.clone(),
        )
        .await
    }

    async fn posts(
        &self,
        token: &Secret,
        page: &str,
        posts: usize,
        each: usize,
        at_once: &mut usize,
    ) -> Result<Answer<Vec<Thread>>, CallError> {
        // Where so little is told at once that a single post is, its comments are told by
        // themselves.
        let fields = |posts: usize| {
            let each = if posts > 1 { each } else { 1 };
            format!(
                "{POST_FIELDS},\
                 comments.filter(stream).order(reverse_chronological).limit({each}).summary(true){{{COMMENT_FIELDS}}}"
            )
        };
        self.0
            .list(
                token,
                &[page, "feed"],
                fields,
                posts,
                at_once,
                Thread::parse,
            )
            .await
    }

    /// Lists the newest recommendations of a page that have words.
    pub async fn recommendations(
        &self,
        token: &Secret,
        page: &Channel,
    ) -> Result<Answer<Vec<Sent<Post>>>, CallError> {
        let parameters = [
            ("fields", RECOMMENDATION_FIELDS),
            ("limit", RECOMMENDATIONS),
        ];
        let answer = self
            .0
            .call(
                Graph::Any,
                token,
                Method::GET,
                &[&page.account, "ratings"],
                &parameters,
            )
            .await?;
        // Most have no words, and are no posts.
        let read = |row: Part<'_>| Some(row.read(&[], |row| recommendation(page, row)));
        let rows = answer.value.read(|list| list.member("data")?.rows(read))?;
        Ok(Answer {
            value: rows.into_iter().flatten().collect(),
            usage: answer.usage,
        })
    }

    /// Returns of what on the page Facebook tells an app; [`super::HEARD`] is what we need of it.
    pub async fn subscribed(
        &self,
        token: &Secret,
        page: &str,
    ) -> Result<Answer<Vec<String>>, CallError> {
        let path = [page, "subscribed_apps"];
        let answer = self
            .0
            .call(
                Graph::Any,
                token,
                Method::GET,
                &path,
                &[("fields", "id,subscribed_fields")],
            )
            .await?;
        let apps = answer.value["data"].as_array().into_iter().flatten();
        let fields = apps.flat_map(|app| app["subscribed_fields"].as_array().into_iter().flatten());
        let fields = fields
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        Ok(Answer {
            value: fields,
            usage: answer.usage,
        })
    }

    /// Returns what was granted with a token. It is told only to the app that made it, by
    /// [`crate::meta::app_token`].
    pub async fn granted(&self, app: &Secret, token: &Secret) -> Result<Answer<Grant>, CallError> {
        let parameters = [("input_token", token.expose())];
        let answer = self
            .0
            .call(
                Graph::Inspect,
                app,
                Method::GET,
                &["debug_token"],
                &parameters,
            )
            .await?;
        Ok(Answer {
            value: Grant::parse(&answer.value["data"])?,
            usage: answer.usage,
        })
    }

    /// Asks Facebook to tell the app of everything on the page that we need. Asking again changes
    /// nothing.
    pub async fn subscribe(&self, token: &Secret, page: &str) -> Result<Answer<Done>, CallError> {
        let fields = super::HEARD.join(",");
        let path = [page, "subscribed_apps"];
        let parameters = [("subscribed_fields", fields.as_str())];
        let answer = self
            .0
            .call(Graph::Any, token, Method::POST, &path, &parameters)
            .await?;
        confirmed(is_yes(answer.value.get("success"))).map(|value| Answer {
            value,
            usage: answer.usage,
        })
    }

    /// Lists the comments of a post, newest first, or the answers to a comment; `after` is where a
    /// page begins.
    pub async fn comments(
        &self,
        token: &Secret,
        of: &str,
        after: Option<&str>,
    ) -> Result<Answer<CommentPage>, CallError> {
        let mut at_once = PAGE_SIZE;
        loop {
            let limit = at_once.to_string();
            let mut parameters = vec![
                ("fields", COMMENT_FIELDS),
                ("filter", "stream"),
                ("order", "reverse_chronological"),
                ("limit", limit.as_str()),
            ];
            parameters.extend(after.map(|after| ("after", after)));
            match self
                .0
                .call(
                    Graph::List,
                    token,
                    Method::GET,
                    &[of, "comments"],
                    &parameters,
                )
                .await
            {
                Err(error) if error == TOO_MUCH && at_once > 1 => at_once /= 2,
                answer => {
                    let answer = answer?;
                    return Ok(Answer {
                        value: answer.value.read(CommentPage::parse)?,
                        usage: answer.usage,
                    });
                }
            }
        }
    }

    /// Answers a comment or a post in public; returns the id of the answer.
    ///
    /// Not to be repeated blindly: after [`CallError::Retry`] with `maybe_done`, look at
    /// [`Facebook::comments`] first.
    pub async fn reply(
        &self,
        token: &Secret,
        to: &str,
        text: &str,
    ) -> Result<Answer<String>, CallError> {
        self.0
            .answer(token, &[to, "comments"], &[("message", text)])
            .await
    }

    /// Writes to the author of a comment or visitor's post in private: once for each, within seven
    /// days.
    pub async fn private_reply(
        &self,
        token: &Secret,
        page: &str,
        surface: Surface,
        post: &str,
        text: &str,
    ) -> Result<Answer<Done>, CallError> {
        let recipient =
            json!({ if surface == Surface::Comment { "comment_id" } else { "post_id" }: post });
        self.0.message(token, page, &recipient, text).await
    }

    /// Bans somebody from the page.
    pub async fn ban(
        &self,
        token: &Secret,
        page: &str,
        user: &str,
    ) -> Result<Answer<Done>, CallError> {
        let answer = self
            .0
            .call(
                Graph::Any,
                token,
                Method::POST,
                &[page, "blocked"],
                &[("user", user)],
            )
            .await?;
        // The answer names each user with a yes or no.
        confirmed(is_yes(answer.value.get(user))).map(|value| Answer {
            value,
            usage: answer.usage,
        })
    }

    /// Looks whether somebody is banned from the page.
    ///
    /// Facebook documents that the edge can be read and takes a user there; the rows of its answer
    /// are those who are banned.
    pub async fn is_banned(
        &self,
        token: &Secret,
        page: &str,
        user: &str,
    ) -> Result<Answer<bool>, CallError> {
        let answer = self
            .0
            .call(
                Graph::Any,
                token,
                Method::GET,
                &[page, "blocked"],
                &[("user", user)],
            )
            .await?;
        let rows = answer
            .value
            .get("data")
            .and_then(Value::as_array)
            .ok_or(CallError::Unreadable { status: 200 })?;
        let banned = rows
            .iter()
            .any(|row| row.get("id").and_then(Value::as_str) == Some(user));
        Ok(Answer {
            value: banned,
            usage: answer.usage,
        })
    }

    async fn read_fields(
        &self,
        token: &Secret,
        id: &str,
        fields: &str,
    ) -> Result<Answer<Sent<Comment>>, CallError> {
        let answer = self
            .0
            .call(Graph::Any, token, Method::GET, &[id], &[("fields", fields)])
            .await?;
        Ok(Answer {
            value: answer.value.read(Comment::sent)?,
            usage: answer.usage,
        })
    }
}
