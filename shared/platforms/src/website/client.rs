//! WordPress' REST API, as far as comments need it.
//!
//! Source: `class-wp-rest-comments-controller.php` of WordPress 6.1, read against the running
//! thing. Two things there are not as they seem, and so a comment is read before it is changed. A
//! comment in the trash is pulled out of it by being held. And a change of status through
//! the API replaces the author's network address and browser by the caller's, unless they are sent
//! along again: evidence that the police may ask for.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::comment::is_comment_id;
use super::errors::verdict;
use super::login::Root;
use super::{Comment, CommentPage, Login, Status, text};
use crate::calls::{Body, CallError, Done, Http, Json, Method, Reply, Request, encode};
use crate::{Secret, Sent, json};

/// What is asked of a comment: not the addresses, of mail and network, that WordPress would tell as
/// well.
const FIELDS: &str = "id,post,parent,author,author_name,date_gmt,content,link,status,type";

/// Comments asked for at once: the most that WordPress gives.
const PAGE_SIZE: &str = "100";

/// The client of one website.
#[derive(Clone, Debug)]
pub struct Website {
    http: Http,
    site: String,
    root: Root,
    user: String,
    password: Secret,
}

impl Website {
    /// Makes a client of the site that the practice calls by this name.
    ///
    /// Fails where the password would travel in the clear.
    pub fn new(http: Http, site: &str, login: &Login) -> Result<Self, CallError> {
        if login.user.is_empty()
            || login.user.contains(':')
            || login.application_password.is_empty()
        {
            return Err(CallError::Credential {
                why: "the website's user or application password is not stored",
            });
        }
        let (user, password) = (login.user.clone(), login.application_password.clone());
        Ok(Website {
            http,
            site: site.to_owned(),
            root: Root::parse(&login.url)?,
            user,
            password,
        })
    }

    /// Returns the id of the user who signs in: what that user writes is the system's own.
    pub async fn own_user(&self) -> Result<u64, CallError> {
        let (_, json) = self
            .call(Method::GET, "users/me", &[("_fields", "id")], Body::None)
            .await?;
        json["id"]
            .as_u64()
            .ok_or(CallError::Unreadable { status: 200 })
    }

    /// Lists the comments that are public or wait for approval, the last written first, 100 a page
    /// from page 1.
    ///
    /// Those in the bins are left out; the total of the page counts those listed only.
    pub async fn comments(&self, page: u32) -> Result<CommentPage, CallError> {
        self.list(&[("page", &page.to_string())]).await
    }

    /// Lists the answers to a comment that are public or wait for approval, the last written first,
    /// 100 a page from page 1.
    pub async fn answers(&self, comment: &str, page: u32) -> Result<CommentPage, CallError> {
        check(comment)?;
        self.list(&[("parent", comment), ("page", &page.to_string())])
            .await
    }

    /// Reads one comment, wherever it is. [`CallError::Gone`] says that it was removed for good.
    pub async fn comment(&self, id: &str) -> Result<Sent<Comment>, CallError> {
        let (comment, _) = self.stored(id, FIELDS).await?;
        Ok(comment)
    }

    /// Reads a comment, and where it came from.
    async fn known(&self, id: &str) -> Result<(Comment, Origin), CallError> {
        let fields = format!("{FIELDS},author_ip,author_user_agent");
        let (comment, json) = self.stored(id, &fields).await?;
        Ok((comment.read, Origin::parse(&json)))
    }

    async fn stored(&self, id: &str, fields: &str) -> Result<(Sent<Comment>, Json), CallError> {
        check(id)?;
        let query = [("context", "edit"), ("_fields", fields)];
        let route = format!("comments/{id}");
        let reply = self.send(Method::GET, &route, &query, Body::None).await?;
        let json = Json::from(reply);
        let comment = json.read(|part| part.read(&[], |json| self.read(json, id).ok()))?;
        Ok((comment, json))
    }

    /// Holds a comment, so that nobody sees it until it is approved. One that nobody sees already
    /// stays where it is.
    pub async fn hold(&self, id: &str) -> Result<Done, CallError> {
        match self.known(id).await {
            Ok((comment, _)) if !comment.is_public() => Ok(Done::Already),
            Ok((_, origin)) => self.set(id, Status::Hold, &origin).await,
            Err(CallError::Gone) => Ok(Done::Gone),
            Err(error) => Err(error),
        }
    }

    /// Shows a comment to everybody, out of whichever bin it is in.
    pub async fn approve(&self, id: &str) -> Result<Done, CallError> {
        let (comment, origin) = match self.known(id).await {
            Err(CallError::Gone) => return Ok(Done::Gone),
            known => known?,
        };
        let status = match comment.status {
            Some(Status::Approved) => return Ok(Done::Already),
            // Taken out by the words meant for it, so that WordPress forgets when to empty the bin,
            // and what filters spam learns that it was none. It comes back as it was before, which
            // may be public.
            Some(Status::Trash) => self.change(id, "untrash", &origin).await?.status,
            Some(Status::Spam) => self.change(id, "unspam", &origin).await?.status,
            status => status,
        };
        if status == Some(Status::Approved) {
            return Ok(Done::Confirmed);
        }
        self.set(id, Status::Approved, &origin).await
    }

    /// Puts a comment in the bin for spam.
    pub async fn spam(&self, id: &str) -> Result<Done, CallError> {
        match self.known(id).await {
            Ok((
                Comment {
                    status: Some(Status::Spam | Status::Trash),
                    ..
                },
                _,
            )) => Ok(Done::Already),
            Err(CallError::Gone) => Ok(Done::Gone),
            Ok((_, origin)) => self.set(id, Status::Spam, &origin).await,
            Err(error) => Err(error),
        }
    }

    /// Puts a comment in the trash, from which it can be taken back: for 30 days, unless the site
    /// has it otherwise.
    ///
    /// A site that keeps no trash refuses, and the comment stays: nothing is removed for good.
    pub async fn trash(&self, id: &str) -> Result<Done, CallError> {
        check(id)?;
        let query = [("_fields", FIELDS)];
        match self
            .call(
                Method::DELETE,
                &format!("comments/{id}"),
                &query,
                Body::None,
            )
            .await
        {
            Ok((_, json)) => self
                .read(&json, id)
                .and_then(|comment| confirm(&comment, Status::Trash)),
            Err(CallError::AlreadyDone) => Ok(Done::Already),
            Err(CallError::Gone) => Ok(Done::Gone),
            Err(error) => Err(error),
        }
    }

    /// Answers a comment in public, as the user who signs in. Returns the answer.
    ///
    /// WordPress would take an answer to a comment that is gone or that nobody sees, and show it by
    /// itself.
    pub async fn reply(&self, id: &str, words: &str) -> Result<Comment, CallError> {
        let asked = self.comment(id).await?;
        if matches!(asked.status, Some(Status::Trash | Status::Spam)) {
            return Err(CallError::Gone);
        }
        if !asked.is_public() {
            return Err(CallError::NotSent(
                "nobody sees the comment, so an answer to it would stand alone",
            ));
        }
        let number = |text: &str| text.parse::<u64>().ok();
        let post = asked.post.thread.as_deref().and_then(number);
        let body = json!({ "post": post, "parent": number(id), "content": text::html(words) });
        let query = [("_fields", FIELDS)];
        let (status, json) = self
            .call(Method::POST, "comments", &query, Body::Json(body))
            .await?;
        Comment::parse(&self.site, &json).ok_or(CallError::Unreadable { status })
    }

    async fn list(&self, more: &[(&str, &str)]) -> Result<CommentPage, CallError> {
        let mut query = vec![
            ("context", "edit"),
            ("status", "all"),
            ("orderby", "date_gmt"),
            ("order", "desc"),
            ("per_page", PAGE_SIZE),
            ("_fields", FIELDS),
        ];
        query.extend_from_slice(more);
        let reply = self
            .send(Method::GET, "comments", &query, Body::None)
            .await?;
        let total = number(&reply, "x-wp-total").and_then(|total| usize::try_from(total).ok());
        let pages = number(&reply, "x-wp-totalpages").and_then(|pages| u32::try_from(pages).ok());
        let page = Json::from(reply).read(|list| CommentPage::parse(&self.site, list))?;
        Ok(CommentPage {
            total,
            pages,
            ..page
        })
    }

    /// Changes the status, and believes it only if the answer says so.
    async fn set(&self, id: &str, status: Status, origin: &Origin) -> Result<Done, CallError> {
        confirm(&self.change(id, status.name(), origin).await?, status)
    }

    async fn change(&self, id: &str, word: &str, origin: &Origin) -> Result<Comment, CallError> {
        let mut body = json!({ "status": word });
        if let Some(address) = &origin.address {
            body["author_ip"] = address.as_str().into();
        }
        if let Some(browser) = &origin.browser {
            body["author_user_agent"] = browser.as_str().into();
        }
        let body = Body::Json(body);
        let (_, json) = self
            .call(
                Method::POST,
                &format!("comments/{id}"),
                &[("_fields", FIELDS)],
                body,
            )
            .await?;
        self.read(&json, id)
    }

    fn read(&self, json: &Value, id: &str) -> Result<Comment, CallError> {
        Comment::parse(&self.site, json)
            .filter(|comment| comment.post.id == id)
            .ok_or(CallError::Unreadable { status: 200 })
    }

    async fn call(
        &self,
        method: Method,
        route: &str,
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<(u16, Value), CallError> {
        let reply = self.send(method, route, query, body).await?;
        Ok((reply.status, reply.json.unwrap_or_default()))
    }

    async fn send(
        &self,
        method: Method,
        route: &str,
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<Reply, CallError> {
        let url = self.root.route(route, &encode(query));
        let reply = self
            .http
            .send_as(
                &self.user,
                &self.password,
                Request {
                    method,
                    url,
                    bearer: None,
                    body,
                },
            )
            .await?;
        match verdict(&reply) {
            Some(error) => Err(error),
            None => Ok(reply),
        }
    }
}

/// Where a comment came from. Never shown and never kept: read to be sent back unchanged.
struct Origin {
    address: Option<String>,
    browser: Option<String>,
}

impl Origin {
    fn parse(json: &Value) -> Self {
        let text = |name: &str| json::text(json, name).map(str::to_owned);
        // WordPress refuses the whole change for the sake of an address that is none.
        let address = text("author_ip").filter(|address| address.parse::<IpAddr>().is_ok());
        Origin {
            address,
            browser: text("author_user_agent"),
        }
    }
}

fn check(id: &str) -> Result<(), CallError> {
    if is_comment_id(id) {
        Ok(())
    } else {
        Err(CallError::NotSent(
            "the comment's id is not one of WordPress'",
        ))
    }
}

fn confirm(comment: &Comment, wanted: Status) -> Result<Done, CallError> {
    if comment.status == Some(wanted) {
        Ok(Done::Confirmed)
    } else {
        Err(CallError::Unreadable { status: 200 })
    }
}

fn number(reply: &Reply, header: &str) -> Option<u64> {
    reply
        .headers
        .get(header)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
}
