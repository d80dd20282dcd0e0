//! Connecting an account on X: the account itself agrees, and a refresh token comes of it.
//!
//! Sources: X's "OAuth 2.0 Authorization Code Flow with PKCE" and "Making requests on behalf of
//! users", and the specification of `GET /2/users/me`. The code lives for 30 seconds; a refresh
//! token comes only with the scope `offline.access`; PKCE is by S256; the app is a confidential
//! client, which shows its id and secret by basic authentication.

use serde_json::{Value, json};

use super::errors::{token_verdict, verdict};
use super::{PERMISSIONS, Settings, Tokens, is_id};
use crate::Secret;
use crate::calls::{Body, CallError, Http, Method, Request, encode};
use crate::connect::{Agreed, Client, ConnectError, Flow, Offer, all_granted, names};
use crate::json::text;

/// A consent at X.
#[derive(Clone, Debug)]
pub struct Login {
    http: Http,
    settings: Settings,
    pages: String,
    app: Client,
}

impl Login {
    /// Makes ready to connect an account. `pages` is where X's pages for people are.
    #[must_use]
    pub fn new(http: Http, settings: &Settings, pages: &str, app: Client) -> Self {
        Login {
            http,
            settings: settings.clone(),
            pages: pages.to_owned(),
            app,
        }
    }

    pub(crate) fn address(&self, flow: &Flow) -> String {
        let query = encode(&[
            ("response_type", "code"),
            ("client_id", &self.app.id),
            ("redirect_uri", flow.back_to()),
            ("scope", &names(&PERMISSIONS, " ")),
            ("state", &flow.state()),
            ("code_challenge", &flow.challenge()),
            ("code_challenge_method", "S256"),
        ]);
        format!("{}/i/oauth2/authorize?{query}", self.pages)
    }

    /// Exchanges the code, and asks whose it is.
    pub(crate) async fn offers(&self, agreed: &Agreed) -> Result<Vec<Offer>, ConnectError> {
        let tokens = self.exchange(agreed).await?;
        all_granted(&PERMISSIONS, tokens.scope.as_deref())?;
        let Some(refresh) = &tokens.refresh else {
            return Err(ConnectError::Missing(
                "X gave no refresh token: it comes with the scope offline.access".to_owned(),
            ));
        };
        let (account, name) = self.account(&tokens.access).await?;
        let secret = json!({
            "client_id": self.app.id, "client_secret": self.app.secret.expose(), "refresh_token": refresh.expose(),
        });
        Ok(vec![Offer {
            account,
            name,
            secret: Secret::from(secret.to_string()),
            token: None,
        }])
    }

    async fn exchange(&self, agreed: &Agreed) -> Result<Tokens, ConnectError> {
        let body = Body::Form(encode(&[
            ("grant_type", "authorization_code"),
            ("code", agreed.code()?),
            ("redirect_uri", &agreed.back_to),
            ("code_verifier", agreed.verifier.expose()),
        ]));
        let request = Request {
            method: Method::POST,
            url: format!("{}/2/oauth2/token", self.settings.base),
            bearer: None,
            body,
        };
        let reply = self
            .http
            .send_as(&self.app.id, &self.app.secret, request)
            .await?;
        // X says of a code that it does not take that the request is invalid.
        let word = reply.json.as_ref().and_then(|json| json["error"].as_str());
        if matches!(word, Some("invalid_request" | "invalid_grant")) {
            return Err(ConnectError::Spent);
        }
        match token_verdict(&reply) {
            Some(error) => Err(error.into()),
            None => Ok(Tokens::parse(&reply)?),
        }
    }

    /// Returns the account's id, and its name for people.
    async fn account(&self, token: &Secret) -> Result<(String, String), CallError> {
        let request = Request {
            method: Method::GET,
            url: format!("{}/2/users/me", self.settings.base),
            bearer: Some(token),
            body: Body::None,
        };
        let reply = self.http.send(request).await?;
        if let Some(error) = verdict(&reply) {
            return Err(error);
        }
        reply
            .json
            .as_ref()
            .and_then(account)
            .ok_or(CallError::Unreadable {
                status: reply.status,
            })
    }
}

fn account(json: &Value) -> Option<(String, String)> {
    let id = text(&json["data"], "id").filter(|id| is_id(id))?;
    let name = text(&json["data"], "username").unwrap_or_default();
    Some((id.to_owned(), format!("@{name}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::Timeouts;
    use crate::connect::Returned;

    #[test]
    fn every_scope_is_asked_for_with_a_challenge_and_no_verifier() {
        let app = Client {
            id: "client".to_owned(),
            secret: Secret::new("hush"),
        };
        let http = Http::new(Timeouts::default()).unwrap();
        let login = Login::new(http, &Settings::default(), "https://x.com", app);
        let flow = Flow::begin("http://127.0.0.1:8737/connect").unwrap();
        let address = login.address(&flow);
        assert!(address.starts_with("https://x.com/i/oauth2/authorize?response_type=code&"));
        let asked = Returned::of(&address);
        let scopes =
            "tweet.read users.read tweet.moderate.write tweet.write mute.write offline.access";
        assert_eq!(asked.get("scope"), Some(scopes));
        assert_eq!(asked.get("code_challenge"), Some(flow.challenge().as_str()));
        assert_eq!(asked.get("code_challenge_method"), Some("S256"));
        let agreed = flow
            .end(Returned::of(&format!(
                "state={}",
                asked.get("state").unwrap()
            )))
            .unwrap();
        assert!(!address.contains("hush") && !address.contains(agreed.verifier.expose()));
        assert!(matches!(agreed.code(), Err(ConnectError::Empty)));
    }

    /// The shape of X's specification of `GET /2/users/me`.
    #[test]
    fn whose_consent_it_is_comes_from_x() {
        let me =
            json!({ "data": { "id": "2000000003", "name": "Oakfield", "username": "oakfield" } });
        assert_eq!(
            account(&me),
            Some(("2000000003".to_owned(), "@oakfield".to_owned()))
        );
        for odd in [json!({}), json!({ "data": { "id": "../1" } })] {
            assert_eq!(account(&odd), None, "{odd}");
        }
    }
}
