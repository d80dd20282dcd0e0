//! The Graph API, as far as a page's moderation needs it. Every call takes the page's token.
//!
//! Sources: Meta's reference of Comment, Page and Private Replies, Graph API v26.0.

use pagewarden_rules::Surface;
use serde_json::{Value, json};

use super::{Comment, CommentPage};
use crate::calls::{Answer, Body, CallError, Done, Http, Method, Request, encode};
use crate::meta::{Graph, usage, verdict};
use crate::{Secret, delivery, id};

/// What is asked of a comment.
const COMMENT_FIELDS: &str = "id,message,from,parent,created_time,is_hidden,can_hide,can_remove,\
    can_reply_privately,permalink_url,attachment";

/// What is asked of a post. Asking it for a comment's fields is an error.
const POST_FIELDS: &str = "id,message,from,created_time,is_hidden,permalink_url,attachments{type,target,media,url}";

/// Comments asked for at once; Meta takes up to 100.
const PAGE_SIZE: &str = "100";

/// Meta's code for a parameter or field that an object does not have.
const BAD_PARAMETER: u32 = 100;

/// Where the Graph API is and how to call it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `https://graph.facebook.com`, or a local one.
    pub base: String,
    /// The version, `v26.0`. An expired one is not refused but silently taken for a later one.
    pub version: String,
    /// The app's secret, to prove with each call that it is the app that makes it.
    pub app_secret: Option<Secret>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { base: "https://graph.facebook.com".to_owned(), version: "v26.0".to_owned(), app_secret: None }
    }
}

/// The client of the Graph API for pages.
#[derive(Clone, Debug)]
pub struct Facebook {
    http: Http,
    settings: Settings,
}

impl Facebook {
    /// Makes a client.
    #[must_use]
    pub const fn new(http: Http, settings: Settings) -> Self {
        Facebook { http, settings }
    }

    /// Hides a comment. One that is gone counts as hidden.
    pub async fn hide(&self, token: &Secret, comment: &str) -> Result<Answer<Done>, CallError> {
        // Nothing but `is_hidden` is sent: an update that leaves attachments out would drop them.
        let answer = self.act(token, Method::POST, comment, &[("is_hidden", "true")]).await;
        self.unless_gone(token, comment, answer).await
    }

    /// Shows a hidden comment again.
    pub async fn unhide(&self, token: &Secret, comment: &str) -> Result<Answer<Done>, CallError> {
        self.act(token, Method::POST, comment, &[("is_hidden", "false")]).await
    }

    /// Deletes a comment or a visitor's post. One that is gone counts as deleted.
    pub async fn delete(&self, token: &Secret, post: &str) -> Result<Answer<Done>, CallError> {
        let answer = self.act(token, Method::DELETE, post, &[]).await;
        self.unless_gone(token, post, answer).await
    }

    /// Reads a comment, a visitor's post or a mention as it stands now.
    pub async fn read(&self, token: &Secret, surface: Surface, id: &str) -> Result<Answer<Comment>, CallError> {
        let fields = if surface == Surface::Comment { COMMENT_FIELDS } else { POST_FIELDS };
        match self.read_fields(token, id, fields).await {
            // Where a page is mentioned is a post or a comment: their ids look the same.
            Err(CallError::Refused { code: BAD_PARAMETER, .. }) if surface == Surface::Mention => {
                self.read_fields(token, id, COMMENT_FIELDS).await
            }
            answer => answer,
        }
    }

    /// Lists the comments of a post, newest first, or the answers to a comment; `after` is where a page begins.
    pub async fn comments(
        &self,
        token: &Secret,
        of: &str,
        after: Option<&str>,
    ) -> Result<Answer<CommentPage>, CallError> {
        let mut parameters = vec![
            ("fields", COMMENT_FIELDS),
            ("filter", "stream"),
            ("order", "reverse_chronological"),
            ("limit", PAGE_SIZE),
        ];
        parameters.extend(after.map(|after| ("after", after)));
        let answer = self.call(Graph::Any, token, Method::GET, &[of, "comments"], &parameters).await?;
        Ok(Answer { value: CommentPage::of(&answer.value), usage: answer.usage })
    }

    /// Answers a comment or a post in public; returns the id of the answer.
    ///
    /// Not to be repeated blindly: after [`CallError::Retry`] with `maybe_done`, look at [`Facebook::comments`] first.
    pub async fn reply(&self, token: &Secret, to: &str, text: &str) -> Result<Answer<String>, CallError> {
        let answer = self.call(Graph::Reply, token, Method::POST, &[to, "comments"], &[("message", text)]).await?;
        let id = answer.value.get("id").and_then(id::id).ok_or(CallError::Unreadable { status: 200 })?;
        Ok(Answer { value: id, usage: answer.usage })
    }

    /// Writes to the author of a comment or visitor's post in private: once for each, within seven days.
    pub async fn private_reply(
        &self,
        token: &Secret,
        page: &str,
        surface: Surface,
        post: &str,
        text: &str,
    ) -> Result<Answer<Done>, CallError> {
        let recipient = json!({ if surface == Surface::Comment { "comment_id" } else { "post_id" }: post }).to_string();
        let message = json!({ "text": text }).to_string();
        let parameters = [("recipient", recipient.as_str()), ("message", &message)];
        match self.call(Graph::Any, token, Method::POST, &[page, "messages"], &parameters).await {
            Ok(answer) if answer.value.get("message_id").is_some() => {
                Ok(Answer { value: Done::Confirmed, usage: answer.usage })
            }
            Ok(_) => Err(CallError::Unreadable { status: 200 }),
            Err(CallError::AlreadyDone) => Ok(Answer { value: Done::Already, usage: crate::calls::Usage::default() }),
            Err(error) => Err(error),
        }
    }

    /// Bans somebody from the page.
    pub async fn ban(&self, token: &Secret, page: &str, user: &str) -> Result<Answer<Done>, CallError> {
        self.blocked(token, Method::POST, page, user).await
    }

    /// Lets somebody back onto the page.
    pub async fn unban(&self, token: &Secret, page: &str, user: &str) -> Result<Answer<Done>, CallError> {
        self.blocked(token, Method::DELETE, page, user).await
    }

    async fn blocked(&self, token: &Secret, method: Method, page: &str, user: &str) -> Result<Answer<Done>, CallError> {
        let answer = self.call(Graph::Any, token, method, &[page, "blocked"], &[("user", user)]).await?;
        // The answer names each user with a yes or no; taking a ban back answers with `success`.
        let yes = is_yes(answer.value.get(user)) || is_yes(answer.value.get("success"));
        confirmed(yes).map(|value| Answer { value, usage: answer.usage })
    }

    async fn read_fields(&self, token: &Secret, id: &str, fields: &str) -> Result<Answer<Comment>, CallError> {
        let answer = self.call(Graph::Any, token, Method::GET, &[id], &[("fields", fields)]).await?;
        let comment = Comment::of(&answer.value).ok_or(CallError::Unreadable { status: 200 })?;
        Ok(Answer { value: comment, usage: answer.usage })
    }

    async fn act(
        &self,
        token: &Secret,
        method: Method,
        post: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Answer<Done>, CallError> {
        let answer = self.call(Graph::Any, token, method, &[post], parameters).await?;
        confirmed(is_yes(answer.value.get("success"))).map(|value| Answer { value, usage: answer.usage })
    }

    /// Tells "gone" from "not permitted", which Meta answers alike, by reading the post back.
    async fn unless_gone(
        &self,
        token: &Secret,
        post: &str,
        answer: Result<Answer<Done>, CallError>,
    ) -> Result<Answer<Done>, CallError> {
        if !matches!(answer, Err(CallError::Gone)) {
            return answer;
        }
        match self.call(Graph::Any, token, Method::GET, &[post], &[("fields", "id")]).await {
            Err(CallError::Gone) => Ok(Answer { value: Done::Already, usage: crate::calls::Usage::default() }),
            Err(error) => Err(error),
            Ok(_) => Err(CallError::Permission { why: "the page may read this post but not moderate it" }),
        }
    }

    async fn call(
        &self,
        call: Graph,
        token: &Secret,
        method: Method,
        path: &[&str],
        parameters: &[(&str, &str)],
    ) -> Result<Answer<Value>, CallError> {
        if !path.iter().all(|part| id::is_id(part)) {
            return Err(CallError::NotSent("the id is not one of Facebook's"));
        }
        let proof = self.settings.app_secret.as_ref().map(|secret| delivery::code(secret, token.expose().as_bytes()));
        let mut all = parameters.to_vec();
        all.push(("access_token", token.expose()));
        all.extend(proof.as_deref().map(|proof| ("appsecret_proof", proof)));
        let mut url = format!("{}/{}/{}", self.settings.base, self.settings.version, path.join("/"));
        let body = if method == Method::POST {
            Body::Form(encode(&all))
        } else {
            url = format!("{url}?{}", encode(&all));
            Body::None
        };
        let reply = self.http.send(Request { method, url, bearer: None, body }).await?;
        let used = usage(&reply.headers);
        match verdict(call, &reply) {
            Some(CallError::RateLimited { after }) => {
                Err(CallError::RateLimited { after: after.max(used.regain).max(reply.retry_after()) })
            }
            Some(error) => Err(error),
            None => Ok(Answer { value: reply.json.unwrap_or_default(), usage: used }),
        }
    }
}

/// Meta confirms with true, and on some edges with the text "true". "false" as text is a refusal.
fn is_yes(value: Option<&Value>) -> bool {
    value.is_some_and(|value| *value == json!(true) || *value == json!("true"))
}

const fn confirmed(yes: bool) -> Result<Done, CallError> {
    if yes { Ok(Done::Confirmed) } else { Err(CallError::Refused { code: 200, subcode: None }) }
}
