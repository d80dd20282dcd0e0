//! X's API, as far as moderation needs it. Every call is made for the practice's account, with its
//! access token.
//!
//! Sources: X API v2's specification (2.167) and its pages on hiding replies, managing posts, mutes
//! and search operators.

use pagewarden_rules::{Platform, longest_reply};
use serde_json::{Value, json};

use super::errors::{kind, token_verdict, verdict};
use super::usage::load;
use super::{Consent, Tokens, XPost, is_id};
use crate::calls::{Body, CallError, Done, Http, Json, Method, Reply, Request, encode};
use crate::document::Part;
use crate::{Secret, Sent, id, json};

/// What is asked of a post, beside its id and words.
const FIELDS: &str =
    "attachments,conversation_id,created_at,display_text_range,entities,note_post,text";

/// What is asked to be told with it. Without these X leaves out who wrote it and what it answers.
const EXPANSIONS: &str = "author_id,in_reply_to_user_id,referenced_posts";

/// Posts in one page of a list: the most that X gives.
const PAGE_SIZE: &str = "100";

/// Posts asked for by their ids in one call: the most that X takes.
const MOST_IDS: usize = 100;

/// The account's own posts that are told of at once.
const OWN_IDS: &str = "50";

/// Posts of which quotes can be looked for at once: more do not fit into the 512 characters that X
/// takes for a search.
pub const MOST_QUOTED: usize = 11;

/// Where X is.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `https://api.x.com`, or a local one.
    pub base: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            base: "https://api.x.com".to_owned(),
        }
    }
}

/// The client of X's API.
#[derive(Clone, Debug)]
pub struct X {
    http: Http,
    settings: Settings,
}

/// Posts that were asked for by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posts {
    /// Those that are there.
    pub posts: Vec<Sent<XPost>>,
    /// Those of which X says that they are not. What belongs to a closed or suspended account is in
    /// neither list.
    pub gone: Vec<String>,
}

/// One page of a list of posts, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostPage {
    /// The posts.
    pub posts: Vec<Sent<XPost>>,
    /// Where the next page begins; none on the last.
    pub next: Option<String>,
}

impl X {
    /// Makes a client.
    #[must_use]
    pub fn new(http: Http, settings: Settings) -> Self {
        X {
            http: http.reading(load),
            settings,
        }
    }

    /// Returns where its API is.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.settings.base
    }

    /// Returns the same client over another layer of HTTP.
    #[must_use]
    pub fn over(&self, http: Http) -> Self {
        X::new(http, self.settings.clone())
    }

    /// Fetches an access token. The refresh token is worth nothing afterwards: the one in the
    /// answer takes its place.
    pub async fn refresh(
        &self,
        consent: &Consent,
        refresh_token: &Secret,
    ) -> Result<Tokens, CallError> {
        let body = Body::Form(encode(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose()),
        ]));
        let url = format!("{}/2/oauth2/token", self.settings.base);
        let request = Request {
            method: Method::POST,
            url,
            bearer: None,
            body,
        };
        let reply = self
            .http
            .send_as(&consent.client_id, &consent.client_secret, request)
            .await?;
        token_verdict(&reply).map_or_else(|| Tokens::parse(&reply), Err)
    }

    /// Reads posts by their ids, at most 100.
    pub async fn posts(&self, token: &Secret, ids: &[&str]) -> Result<Posts, CallError> {
        self.by_ids(
            token,
            ids,
            &[("post.fields", FIELDS), ("expansions", EXPANSIONS)],
        )
        .await
    }

    /// Asks which of these posts, at most 100, are gone: of the others nothing is told, since X
    /// bills authors as well.
    pub async fn gone(&self, token: &Secret, ids: &[&str]) -> Result<Vec<String>, CallError> {
        Ok(self.by_ids(token, ids, &[]).await?.gone)
    }

    /// Lists the posts that mention an account or answer it, newest first; `since` is a post that
    /// is known.
    pub async fn mentions(
        &self,
        token: &Secret,
        account: &str,
        since: Option<&str>,
        page: Option<&str>,
    ) -> Result<PostPage, CallError> {
        let path = ["users", account, "mentions"];
        self.list(
            token,
            &path,
            &[("since_id", since), ("pagination_token", page)],
        )
        .await
    }

    /// Looks for what others wrote in the last seven days and what quotes one of these posts, at
    /// most [`MOST_QUOTED`], newest first.
    ///
    /// X's search finds quotes of what an account wrote itself, not of what it passed on.
    pub async fn quotes(
        &self,
        token: &Secret,
        account: &str,
        of: &[&str],
        page: Option<&str>,
    ) -> Result<PostPage, CallError> {
        if of.is_empty()
            || of.len() > MOST_QUOTED
            || !of.iter().chain([&account]).all(|id| is_id(id))
        {
            return Err(CallError::NotSent(
                "X looks for quotes of 1 to 11 posts, each with an id of up to 19 digits",
            ));
        }
        let query = quotes_of(account, of);
        self.list(
            token,
            &["tweets", "search", "recent"],
            &[("query", Some(&query)), ("next_token", page)],
        )
        .await
    }

    /// Lists the account's own posts, newest first; `since` is a post older than those that are
    /// looked for.
    pub async fn own_posts(
        &self,
        token: &Secret,
        account: &str,
        since: Option<&str>,
    ) -> Result<PostPage, CallError> {
        self.list(token, &["users", account, "tweets"], &[("since_id", since)])
            .await
    }

    /// Lists the ids of the newest 50 posts that the account wrote itself, newest first; `since` is
    /// one that is known.
    ///
    /// Nothing is asked of them but that they are there, since X bills whatever it tells beside a
    /// post as well.
    pub async fn own_ids(
        &self,
        token: &Secret,
        account: &str,
        since: Option<&str>,
    ) -> Result<Vec<String>, CallError> {
        let mut query = vec![("max_results", OWN_IDS), ("exclude", "retweets")];
        query.extend(since.map(|since| ("since_id", since)));
        let path = ["users", account, "tweets"];
        let answer = self
            .call(token, Method::GET, &path, &encode(&query), Body::None)
            .await?;
        listed(&answer, |post| {
            post.value()
                .get("id")
                .and_then(id::id)
                .filter(|id| is_id(id))
        })
    }

    /// Hides a reply in a conversation that the account began, or shows it again. Hiding twice is
    /// hiding once.
    pub async fn set_hidden(
        &self,
        token: &Secret,
        post: &str,
        hidden: bool,
    ) -> Result<Done, CallError> {
        let body = Body::Json(json!({ "hidden": hidden }));
        let answer = self
            .call(token, Method::PUT, &["tweets", post, "hidden"], "", body)
            .await?;
        confirmed(answer["data"]["hidden"] == hidden)
    }

    /// Answers a post; returns the id of the answer.
    ///
    /// Not to be repeated blindly: after [`CallError::Retry`] with `maybe_done`, look at
    /// [`X::own_posts`] first.
    pub async fn reply(&self, token: &Secret, to: &str, text: &str) -> Result<String, CallError> {
        if !longest_reply(Platform::X).takes(text) {
            return Err(CallError::NotSent(
                "the answer is longer than the 280 characters that X takes: shorten it",
            ));
        }
        if !is_id(to) {
            return Err(CallError::NotSent("the id is not one of X's"));
        }
        let body = Body::Json(json!({ "text": text, "reply": { "in_reply_to_tweet_id": to } }));
        let answer = self
            .call(token, Method::POST, &["tweets"], "", body)
            .await?;
        answer["data"]
            .get("id")
            .and_then(id::id)
            .ok_or(CallError::Unreadable { status: 200 })
    }

    /// Mutes somebody for the account: what they write is still there for others.
    pub async fn mute(
        &self,
        token: &Secret,
        account: &str,
        author: &str,
    ) -> Result<Done, CallError> {
        if !is_id(author) {
            return Err(CallError::NotSent("the author's id is not one of X's"));
        }
        let body = Body::Json(json!({ "target_user_id": author }));
        let answer = self
            .call(token, Method::POST, &["users", account, "muting"], "", body)
            .await?;
        confirmed(answer["data"]["muting"] == true)
    }

    async fn by_ids(
        &self,
        token: &Secret,
        ids: &[&str],
        asked: &[(&str, &str)],
    ) -> Result<Posts, CallError> {
        if ids.is_empty() || ids.len() > MOST_IDS || !ids.iter().all(|id| is_id(id)) {
            return Err(CallError::NotSent(
                "X takes from 1 to 100 ids, each of up to 19 digits",
            ));
        }
        let ids = ids.join(",");
        let query = encode(&[&[("ids", ids.as_str())], asked].concat());
        let reply = self
            .send(token, Method::GET, &format!("tweets?{query}"), Body::None)
            .await?;
        let errors = reply
            .json
            .as_ref()
            .map_or(&Value::Null, |json| &json["errors"]);
        let errors = errors.as_array().map(Vec::as_slice).unwrap_or_default();
        let named = |error: &Value| {
            error
                .get("resource_id")
                .or_else(|| error.get("value"))
                .and_then(id::id)
        };
        let gone: Vec<String> = errors
            .iter()
            .filter(|error| kind(error) == Some("resource-not-found"))
            .filter_map(named)
            .collect();
        match verdict(&reply) {
            // None of them is there, which is an answer.
            Some(CallError::Gone) if !gone.is_empty() => Ok(Posts {
                posts: Vec::new(),
                gone,
            }),
            Some(error) => Err(error),
            None => Ok(Posts {
                posts: posts(&reply.into())?,
                gone,
            }),
        }
    }

    /// Reads a page of a list, with what else is asked of it.
    async fn list(
        &self,
        token: &Secret,
        path: &[&str],
        asked: &[(&str, Option<&str>)],
    ) -> Result<PostPage, CallError> {
        let mut query = vec![
            ("max_results", PAGE_SIZE),
            ("post.fields", FIELDS),
            ("expansions", EXPANSIONS),
            ("user.fields", "name,username"),
        ];
        query.extend(
            asked
                .iter()
                .filter_map(|(name, value)| Some((*name, (*value)?))),
        );
        let answer = self
            .call(token, Method::GET, path, &encode(&query), Body::None)
            .await?;
        Ok(PostPage {
            posts: posts(&answer)?,
            next: json::text(&answer["meta"], "next_token").map(str::to_owned),
        })
    }

    async fn call(
        &self,
        token: &Secret,
        method: Method,
        path: &[&str],
        query: &str,
        body: Body,
    ) -> Result<Json, CallError> {
        if !path.iter().all(|part| id::is_id(part)) {
            return Err(CallError::NotSent("the id is not one of X's"));
        }
        let mut path = path.join("/");
        if !query.is_empty() {
            path = format!("{path}?{query}");
        }
        let reply = self.send(token, method, &path, body).await?;
        verdict(&reply).map_or_else(|| Ok(reply.into()), Err)
    }

    async fn send(
        &self,
        token: &Secret,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<Reply, CallError> {
        let url = format!("{}/2/{path}", self.settings.base);
        self.http
            .send(Request {
                method,
                url,
                bearer: Some(token),
                body,
            })
            .await
    }
}

/// Reads the posts of an answer. X leaves its list out where it is empty, and then says so, by the
/// count or by what is wrong with each post that was asked for.
fn listed<T>(answer: &Json, read: impl Fn(Part<'_>) -> Option<T>) -> Result<Vec<T>, CallError> {
    answer.read(|list| {
        if let Some(data) = list.member("data") {
            return data.rows(read);
        }
        let is_empty = answer["meta"]["result_count"] == 0 || answer["errors"].is_array();
        is_empty.then(Vec::new)
    })
}

/// Reads whole posts. X tells the words of each, where a delivery may leave them out.
fn posts(answer: &Json) -> Result<Vec<Sent<XPost>>, CallError> {
    let read = |post: &Value| {
        post["text"].as_str()?;
        XPost::parse(post, &answer["includes"])
    };
    listed(answer, |post| post.read(&[], read))
}

/// Returns a search for quotes of posts; a repost of a quote is none.
fn quotes_of(account: &str, posts: &[&str]) -> String {
    let posts: Vec<String> = posts
        .iter()
        .map(|post| format!("quotes_of_tweet_id:{post}"))
        .collect();
    format!("({}) -from:{account} -is:retweet", posts.join(" OR "))
}

const fn confirmed(yes: bool) -> Result<Done, CallError> {
    if yes {
        Ok(Done::Confirmed)
    } else {
        Err(CallError::Refused {
            code: 200,
            subcode: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_for_quotes_is_as_long_as_x_takes() {
        assert_eq!(
            quotes_of("100", &["11", "12"]),
            "(quotes_of_tweet_id:11 OR quotes_of_tweet_id:12) -from:100 -is:retweet"
        );
        let longest = "9".repeat(crate::x::MOST_DIGITS);
        let length = |posts| quotes_of(&longest, &vec![longest.as_str(); posts]).len();
        assert!(
            length(MOST_QUOTED) <= 512 && length(MOST_QUOTED + 1) > 512,
            "{}",
            length(MOST_QUOTED)
        );
    }
}
