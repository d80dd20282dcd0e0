//! The page on which somebody agrees, as the platforms have it: it sends the browser back with a
//! code that is good for once and for this client, address and challenge.
//!
//! Made from RFC 6749 and RFC 7636, and not with the code that is tested by it. Whoever opens the
//! page agrees at once, or declines, as the test has said before.

use std::collections::HashMap;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use form_urlencoded::Serializer;
use ring::digest::{SHA256, digest};

/// The consents that are under way at one platform.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    declines: bool,
    codes: HashMap<String, Code>,
    given: usize,
}

/// A code that was given out.
#[derive(Clone, Debug)]
struct Code {
    client: String,
    back_to: String,
    challenge: Option<String>,
    scope: String,
}

impl Desk {
    /// Has whoever opens the page decline from now on, or agree.
    pub(crate) fn decline(&mut self, declines: bool) {
        self.declines = declines;
    }

    /// Lets the time of all codes run out.
    pub(crate) fn expire(&mut self) {
        self.codes.clear();
    }

    /// Answers a browser that opens the page. `client` is the one that is registered; PKCE is
    /// wanted or unknown here.
    pub(crate) fn open(
        &mut self,
        asked: &HashMap<String, String>,
        client: &str,
        pkce: bool,
    ) -> Response {
        let of = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
        let refuse = |why: &'static str| (StatusCode::BAD_REQUEST, why).into_response();
        if of("client_id") != client {
            return refuse("There is no such app.");
        }
        let back_to = of("redirect_uri");
        if !back_to.starts_with("https://") && !back_to.starts_with("http://127.0.0.1:") {
            return refuse("That redirect_uri is not registered.");
        }
        if of("response_type") != "code" || of("scope").is_empty() || of("state").is_empty() {
            return refuse("The request lacks what a request must have.");
        }
        let challenge = of("code_challenge");
        if pkce && (of("code_challenge_method") != "S256" || challenge.len() != 43) {
            return refuse("PKCE by S256 is needed.");
        }
        let mut query = Serializer::new(String::new());
        query.append_pair("state", of("state"));
        if self.declines {
            query.append_pair("error", "access_denied");
        } else {
            self.given += 1;
            let code = format!("fake-code-{}", self.given);
            query.append_pair("code", &code);
            let challenge = pkce.then(|| challenge.to_owned());
            self.codes.insert(
                code,
                Code {
                    client: client.to_owned(),
                    back_to: back_to.to_owned(),
                    challenge,
                    scope: of("scope").to_owned(),
                },
            );
        }
        Redirect::to(&format!("{back_to}?{}", query.finish())).into_response()
    }

    /// Takes a code, once, and returns what was agreed to; none where it is not good.
    pub(crate) fn take(&mut self, form: &HashMap<String, String>, client: &str) -> Option<String> {
        let code = self.codes.remove(form.get("code")?)?;
        let challenge = form
            .get("code_verifier")
            .map(|verifier| URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())));
        let fits = code.client == client
            && form.get("redirect_uri") == Some(&code.back_to)
            && (code.challenge.is_none() || code.challenge == challenge);
        fits.then_some(code.scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(desk: &mut Desk) -> HashMap<String, String> {
        let verifier = "v".repeat(43);
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        let asked = [
            ("client_id", "demo"),
            ("redirect_uri", "http://127.0.0.1:1/connect"),
            ("response_type", "code"),
            ("scope", "all"),
            ("state", "s"),
            ("code_challenge_method", "S256"),
            ("code_challenge", &challenge),
        ];
        let asked = asked.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let sent = desk.open(&asked.into(), "demo", true);
        let to = sent.headers()["location"].to_str().unwrap().to_owned();
        let query = to.split_once('?').unwrap().1.as_bytes().to_vec();
        let mut form: HashMap<String, String> =
            form_urlencoded::parse(&query).into_owned().collect();
        form.insert("code_verifier".to_owned(), verifier);
        form.insert(
            "redirect_uri".to_owned(),
            "http://127.0.0.1:1/connect".to_owned(),
        );
        form
    }

    #[test]
    fn a_code_is_good_for_once_and_for_whom_it_was_given_to() {
        let mut desk = Desk::default();
        let form = opened(&mut desk);
        assert_eq!(desk.take(&form, "demo").as_deref(), Some("all"));
        assert_eq!(desk.take(&form, "demo"), None);
        for (name, value) in [
            ("code_verifier", "w"),
            ("redirect_uri", "http://127.0.0.1:2/connect"),
            ("code", "x"),
        ] {
            let mut form = opened(&mut desk);
            form.insert(name.to_owned(), value.to_owned());
            assert_eq!(desk.take(&form, "demo"), None, "{name}");
        }
        let form = opened(&mut desk);
        assert_eq!(desk.take(&form, "other"), None);
        let form = opened(&mut desk);
        desk.expire();
        assert_eq!(desk.take(&form, "demo"), None);
        desk.decline(true);
        assert_eq!(opened(&mut desk)["error"], "access_denied");
    }
}
