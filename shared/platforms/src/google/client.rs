//! The Business Profile API, as far as reviews need it. It can list, read and answer; it cannot
//! hide, delete or report.

use pagewarden_oidc::Keys;
use pagewarden_rules::{Platform, longest_reply};
use serde_json::json;

use super::errors::{token_verdict, verdict};
use super::review::{is_location, is_review_name};
use super::{AccessToken, Consent, OwnReply, Review, ReviewPage};
use crate::calls::{Body, CallError, Http, Json, Method, Request, encode};
use crate::{Secret, Sent};

/// Reviews asked for at once: the most that Google gives.
const PAGE_SIZE: &str = "50";

/// Changes of one location that are sent in a minute. Google has that limit for a location's
/// particulars and does not say whether answers count; it cannot be raised, so it is kept.
pub const EDITS_A_MINUTE: u32 = 10;

/// That there is no such location. A post is gone and a location is not: every call about it is
/// refused from now on.
const NO_LOCATION: CallError = CallError::Permission {
    why: "Google shows no such account to the person who connected it: check that the settings name it as Google does, and that this person still manages it",
};

/// Where Google is.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `https://mybusiness.googleapis.com`, or a local one.
    pub base: String,
    /// `https://oauth2.googleapis.com/token`, or a local one.
    pub token_address: String,
    /// `https://www.googleapis.com/oauth2/v3/certs`, or a local one: the keys that sign identity
    /// tokens.
    pub keys_address: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            base: "https://mybusiness.googleapis.com".to_owned(),
            token_address: "https://oauth2.googleapis.com/token".to_owned(),
            keys_address: "https://www.googleapis.com/oauth2/v3/certs".to_owned(),
        }
    }
}

/// The client of the Business Profile API.
#[derive(Clone, Debug)]
pub struct Google {
    http: Http,
    settings: Settings,
}

impl Google {
    /// Makes a client.
    #[must_use]
    pub const fn new(http: Http, settings: Settings) -> Self {
        Google { http, settings }
    }

    /// Returns where its API is.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.settings.base
    }

    /// Returns the same client over another layer of HTTP.
    #[must_use]
    pub fn over(&self, http: Http) -> Self {
        Google {
            http,
            settings: self.settings.clone(),
        }
    }

    /// Fetches an access token.
    pub async fn refresh(&self, consent: &Consent) -> Result<AccessToken, CallError> {
        let form = encode(&[
            ("grant_type", "refresh_token"),
            ("client_id", &consent.client_id),
            ("client_secret", consent.client_secret.expose()),
            ("refresh_token", consent.refresh_token.expose()),
        ]);
        let url = self.settings.token_address.clone();
        let reply = self
            .http
            .send(Request {
                method: Method::POST,
                url,
                bearer: None,
                body: Body::Form(form),
            })
            .await?;
        if let Some(error) = token_verdict(&reply) {
            return Err(error);
        }
        reply
            .json
            .as_ref()
            .and_then(AccessToken::parse)
            .ok_or(CallError::Unreadable {
                status: reply.status,
            })
    }

    /// Fetches the keys by which Google signs identity tokens. It changes them every few weeks.
    pub async fn keys(&self) -> Result<Keys, CallError> {
        let url = self.settings.keys_address.clone();
        let reply = self
            .http
            .send(Request {
                method: Method::GET,
                url,
                bearer: None,
                body: Body::None,
            })
            .await?;
        match verdict(&reply) {
            Some(error) => Err(error),
            None => reply
                .json
                .as_ref()
                .and_then(Keys::of)
                .ok_or(CallError::Unreadable {
                    status: reply.status,
                }),
        }
    }

    /// Lists a location's reviews (`accounts/*/locations/*`), the last edited first, one page at a
    /// time.
    pub async fn reviews(
        &self,
        token: &Secret,
        location: &str,
        page: Option<&str>,
    ) -> Result<ReviewPage, CallError> {
        if !is_location(location) {
            return Err(CallError::NotSent(
                "the location is not written accounts/*/locations/*",
            ));
        }
        let mut query = vec![("pageSize", PAGE_SIZE), ("orderBy", "updateTime desc")];
        query.extend(page.map(|page| ("pageToken", page)));
        let path = format!("{location}/reviews?{}", encode(&query));
        let answer = match self.call(token, Method::GET, &path, Body::None).await {
            Err(CallError::Gone) => return Err(NO_LOCATION),
            answer => answer?,
        };
        answer.read(|list| ReviewPage::parse(location, page.is_none(), list))
    }

    /// Reads one review by its full name. [`CallError::Gone`] says that it was deleted.
    pub async fn review(&self, token: &Secret, name: &str) -> Result<Sent<Review>, CallError> {
        let location = location_of(name)?;
        let json = self.call(token, Method::GET, name, Body::None).await?;
        json.read(|review| Review::sent(location, review))
    }

    /// Answers a review; returns the answer as it stands.
    ///
    /// Google has one answer a review and overwrites it without asking, so it is read first: the
    /// same words count as done, and words that are neither these nor `ours` (what this system sent
    /// before) are a person's and stay.
    pub async fn reply(
        &self,
        token: &Secret,
        name: &str,
        text: &str,
        ours: Option<&str>,
    ) -> Result<OwnReply, CallError> {
        if !longest_reply(Platform::Google).takes(text) {
            return Err(CallError::NotSent(
                "the reply is longer than the 4,096 bytes that Google takes",
            ));
        }
        match self.review(token, name).await?.read.reply {
            Some(standing) if standing.says(text) => return Ok(standing),
            Some(standing) if !ours.is_some_and(|ours| standing.says(ours)) => {
                return Err(CallError::AnsweredByPerson);
            }
            _ => {}
        }
        let body = Body::Json(json!({ "comment": text }));
        let json = self
            .call(token, Method::PUT, &format!("{name}/reply"), body)
            .await?;
        OwnReply::parse(&json).ok_or(CallError::Unreadable { status: 200 })
    }

    async fn call(
        &self,
        token: &Secret,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<Json, CallError> {
        let url = format!("{}/v4/{path}", self.settings.base);
        let reply = self
            .http
            .send(Request {
                method,
                url,
                bearer: Some(token),
                body,
            })
            .await?;
        match verdict(&reply) {
            Some(error) => Err(error),
            None => Ok(reply.into()),
        }
    }
}

fn location_of(review: &str) -> Result<&str, CallError> {
    match review.split_once("/reviews/") {
        Some((location, _)) if is_review_name(review) => Ok(location),
        _ => Err(CallError::NotSent(
            "the review is not written accounts/*/locations/*/reviews/*",
        )),
    }
}
