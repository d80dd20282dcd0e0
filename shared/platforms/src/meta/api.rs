//! One call of the Graph API, as the clients of Facebook and Instagram make it. Every call takes a
//! page's token.

use serde_json::{Value, json};

use super::{Graph, TOO_MUCH, load, usage, verdict};
use crate::calls::{Answer, Body, CallError, Done, Http, Json, Method, Request, Usage, encode};
use crate::document::Part;
use crate::json::text;
use crate::{Secret, delivery, id};

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
        Settings {
            base: "https://graph.facebook.com".to_owned(),
            version: "v26.0".to_owned(),
            app_secret: None,
        }
    }
}

/// The Graph API.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    http: Http,
    settings: Settings,
}

impl Api {
    pub(crate) fn new(http: Http, settings: Settings) -> Self {
        Api {
            http: http.reading(load),
            settings,
        }
    }

    /// Makes one call.
    pub(crate) async fn call(
        &self,
        call: Graph,
        token: &Secret,
        method: Method,
        path: &[&str],
        parameters: &[(&str, &str)],
    ) -> Result<Answer<Json>, CallError> {
        if !path.iter().all(|part| id::is_id(part)) {
            return Err(CallError::NotSent("the id is not one of the platform's"));
        }
        let proof = self
            .settings
            .app_secret
            .as_ref()
            .map(|secret| delivery::code(secret, token.expose().as_bytes()));
        let mut all = parameters.to_vec();
        all.push(("access_token", token.expose()));
        all.extend(proof.as_deref().map(|proof| ("appsecret_proof", proof)));
        let mut url = format!(
            "{}/{}/{}",
            self.settings.base,
            self.settings.version,
            path.join("/")
        );
        let body = if method == Method::POST {
            Body::Form(encode(&all))
        } else {
            url = format!("{url}?{}", encode(&all));
            Body::None
        };
        let reply = self
            .http
            .send(Request {
                method,
                url,
                bearer: None,
                body,
            })
            .await?;
        let used = usage(&reply.headers);
        match verdict(call, &reply) {
            Some(CallError::RateLimited { after }) => Err(CallError::RateLimited {
                after: after.max(used.regain).max(reply.retry_after()),
            }),
            Some(error) => Err(error),
            None => Ok(Answer {
                value: reply.into(),
                usage: used,
            }),
        }
    }

    /// Lists the first rows of an edge, the newest first: as many as are wanted, or all there are.
    /// Where Meta has too much to tell at once it is asked for half as many, and the rest by
    /// further calls; `at_once` says how many it told in the end, for a caller that asks again.
    /// `fields` are what is asked of each of so many rows; one that does not `read` is left out.
    pub(crate) async fn list<T>(
        &self,
        token: &Secret,
        path: &[&str],
        fields: impl Fn(usize) -> String,
        wanted: usize,
        at_once: &mut usize,
        read: impl Fn(Part<'_>) -> Option<T>,
    ) -> Result<Answer<Vec<T>>, CallError> {
        let (mut rows, mut listed, mut after, mut used) =
            (Vec::new(), 0, None::<String>, Usage::default());
        while listed < wanted {
            let limit = (*at_once).clamp(1, wanted - listed);
            let (fields, size) = (fields(limit), limit.to_string());
            let mut parameters = vec![("fields", fields.as_str()), ("limit", size.as_str())];
            parameters.extend(after.as_deref().map(|after| ("after", after)));
            let answer = match self
                .call(Graph::List, token, Method::GET, path, &parameters)
                .await
            {
                Err(error) if error == TOO_MUCH && limit > 1 => {
                    *at_once = limit / 2;
                    continue;
                }
                answer => answer?,
            };
            used = answer.usage;
            rows.extend(answer.value.read(|list| {
                list.member("data")?.rows(|row| {
                    listed += 1;
                    read(row)
                })
            })?);
            after = next(&answer.value);
            if after.is_none() {
                break;
            }
        }
        Ok(Answer {
            value: rows,
            usage: used,
        })
    }

    /// Changes or deletes one object, and believes it only if the answer says so.
    pub(crate) async fn act(
        &self,
        token: &Secret,
        method: Method,
        object: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Answer<Done>, CallError> {
        let answer = self
            .call(Graph::Any, token, method, &[object], parameters)
            .await?;
        confirmed(is_yes(answer.value.get("success"))).map(|value| Answer {
            value,
            usage: answer.usage,
        })
    }

    /// Tells "gone" from "not permitted", which Meta answers alike, by reading the object back.
    pub(crate) async fn unless_gone(
        &self,
        token: &Secret,
        object: &str,
        answer: Result<Answer<Done>, CallError>,
    ) -> Result<Answer<Done>, CallError> {
        if !matches!(answer, Err(CallError::Gone)) {
            return answer;
        }
        match self
            .call(
                Graph::Any,
                token,
                Method::GET,
                &[object],
                &[("fields", "id")],
            )
            .await
        {
            Err(CallError::Gone) => Ok(Answer {
                value: Done::Gone,
                usage: Usage::default(),
            }),
            Err(error) => Err(error),
            Ok(_) => Err(CallError::Permission {
                why: "the page may read this post but not moderate it",
            }),
        }
    }

    /// Answers in public; returns the id of the answer.
    pub(crate) async fn answer(
        &self,
        token: &Secret,
        path: &[&str],
        parameters: &[(&str, &str)],
    ) -> Result<Answer<String>, CallError> {
        let answer = self
            .call(Graph::Reply, token, Method::POST, path, parameters)
            .await?;
        let id = answer
            .value
            .get("id")
            .and_then(id::id)
            .ok_or(CallError::Unreadable { status: 200 })?;
        Ok(Answer {
            value: id,
            usage: answer.usage,
        })
    }

    /// Writes to the author of something in private: once for each, within seven days.
    pub(crate) async fn message(
        &self,
        token: &Secret,
        from: &str,
        recipient: &Value,
        text: &str,
    ) -> Result<Answer<Done>, CallError> {
        let (recipient, message) = (recipient.to_string(), json!({ "text": text }).to_string());
        let parameters = [("recipient", recipient.as_str()), ("message", &message)];
        match self
            .call(
                Graph::Any,
                token,
                Method::POST,
                &[from, "messages"],
                &parameters,
            )
            .await
        {
            Ok(answer) if answer.value.get("message_id").is_some() => Ok(Answer {
                value: Done::Confirmed,
                usage: answer.usage,
            }),
            Ok(_) => Err(CallError::Unreadable { status: 200 }),
            Err(CallError::AlreadyDone) => Ok(Answer {
                value: Done::Already,
                usage: Usage::default(),
            }),
            Err(error) => Err(error),
        }
    }
}

/// Returns where the next page of a list begins. Only the presence of `next` says that more follow;
/// the cursors are there on the last page too.
pub(crate) fn next(list: &Value) -> Option<String> {
    let paging = &list["paging"];
    text(paging, "next")?;
    text(&paging["cursors"], "after").map(str::to_owned)
}

/// Meta confirms with true, and on some edges with the text "true". "false" as text is a refusal.
pub(crate) fn is_yes(value: Option<&Value>) -> bool {
    value.is_some_and(|value| *value == json!(true) || *value == json!("true"))
}

pub(crate) const fn confirmed(yes: bool) -> Result<Done, CallError> {
    if yes {
        Ok(Done::Confirmed)
    } else {
        Err(CallError::Refused {
            code: 200,
            subcode: None,
        })
    }
}
