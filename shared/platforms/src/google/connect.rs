//! Connecting a location at Google: a person who manages the Business Profile agrees, and a refresh
//! token comes of it.
//!
//! Sources: Google's "OAuth 2.0 for Web Server Applications" and "for iOS & Desktop Apps" (loopback
//! addresses are for clients of the types desktop and web), the references of Account Management
//! `accounts.list` (20 a page) and of Business Information `accounts.locations.list` (100 a page,
//! `readMask` required). PKCE is by S256. `access_type=offline` brings a refresh token, and
//! `prompt=consent` brings it even if the person agreed before.

use serde_json::{Value, json};

use super::errors::{token_verdict, verdict};
use super::review::is_location;
use super::{AccessToken, PERMISSIONS, Settings};
use crate::Secret;
use crate::calls::{Body, CallError, Http, Method, Request, encode};
use crate::connect::{Agreed, Client, ConnectError, Flow, Offer, Places, all_granted, names};
use crate::json::text;

/// Lists that are asked for at most: 200 accounts, and 1,000 locations of each.
const MOST_LISTS: usize = 10;

/// A consent at Google.
#[derive(Clone, Debug)]
pub struct Login {
    http: Http,
    settings: Settings,
    places: Places,
    client: Client,
}

impl Login {
    /// Makes ready to connect a location.
    #[must_use]
    pub fn new(http: Http, settings: &Settings, places: &Places, client: Client) -> Self {
        Login {
            http,
            settings: settings.clone(),
            places: places.clone(),
            client,
        }
    }

    pub(crate) fn address(&self, flow: &Flow) -> String {
        let query = encode(&[
            ("response_type", "code"),
            ("client_id", &self.client.id),
            ("redirect_uri", flow.back_to()),
            ("scope", &names(&PERMISSIONS, " ")),
            ("state", &flow.state()),
            ("code_challenge", &flow.challenge()),
            ("code_challenge_method", "S256"),
            ("access_type", "offline"),
            ("prompt", "consent"),
        ]);
        format!("{}/o/oauth2/v2/auth?{query}", self.places.google)
    }

    /// Exchanges the code, and lists the locations that the person manages.
    pub(crate) async fn offers(&self, agreed: &Agreed) -> Result<Vec<Offer>, ConnectError> {
        let (access, refresh) = self.exchange(agreed).await?;
        all_granted(&PERMISSIONS, access.scope.as_deref())?;
        let secret = json!({
            "client_id": self.client.id, "client_secret": self.client.secret.expose(), "refresh_token": refresh.expose(),
        });
        let secret = Secret::from(secret.to_string());
        let mut offers = Vec::new();
        let accounts = &self.places.google_accounts;
        for account in self
            .list(
                &access.token,
                &format!("{accounts}/v1/accounts"),
                &[],
                "accounts",
            )
            .await?
        {
            let Some(name) = text(&account, "name") else {
                continue;
            };
            let url = format!("{}/v1/{name}/locations", self.places.google_locations);
            let query = [("readMask", "name,title"), ("pageSize", "100")];
            let locations = self.list(&access.token, &url, &query, "locations").await?;
            let found = locations.iter().filter_map(|one| location(name, one));
            offers.extend(found.map(|(account, name)| Offer {
                account,
                name,
                secret: secret.clone(),
                token: None,
            }));
        }
        if offers.is_empty() {
            return Err(ConnectError::Nothing(
                "this person manages no location: begin again as a manager of the practice's Business Profile",
            ));
        }
        Ok(offers)
    }

    async fn exchange(&self, agreed: &Agreed) -> Result<(AccessToken, Secret), ConnectError> {
        let body = Body::Form(encode(&[
            ("grant_type", "authorization_code"),
            ("code", agreed.code()?),
            ("redirect_uri", &agreed.back_to),
            ("client_id", &self.client.id),
            ("client_secret", self.client.secret.expose()),
            ("code_verifier", agreed.verifier.expose()),
        ]));
        let request = Request {
            method: Method::POST,
            url: self.settings.token_address.clone(),
            bearer: None,
            body,
        };
        let reply = self.http.send(request).await?;
        let json = reply.json.as_ref();
        if json.is_some_and(|json| json["error"] == "invalid_grant") {
            return Err(ConnectError::Spent);
        }
        if let Some(error) = token_verdict(&reply) {
            return Err(error.into());
        }
        let unreadable = CallError::Unreadable {
            status: reply.status,
        };
        let access = json.and_then(AccessToken::parse).ok_or(unreadable)?;
        let refresh = json.and_then(|json| text(json, "refresh_token"));
        let refresh = refresh.ok_or_else(|| {
            ConnectError::Missing("Google gave no refresh token with this consent".to_owned())
        })?;
        Ok((access, Secret::new(refresh)))
    }

    /// Reads every page of a list.
    async fn list(
        &self,
        token: &Secret,
        url: &str,
        query: &[(&str, &str)],
        of: &str,
    ) -> Result<Vec<Value>, CallError> {
        let (mut rows, mut page) = (Vec::new(), None::<String>);
        for _ in 0..MOST_LISTS {
            let mut query = query.to_vec();
            query.extend(page.as_deref().map(|page| ("pageToken", page)));
            let request = Request {
                method: Method::GET,
                url: format!("{url}?{}", encode(&query)),
                bearer: Some(token),
                body: Body::None,
            };
            let reply = self.http.send(request).await?;
            if let Some(error) = verdict(&reply) {
                return Err(error);
            }
            let json = reply.json.unwrap_or_default();
            rows.extend(json[of].as_array().into_iter().flatten().cloned());
            page = text(&json, "nextPageToken").map(str::to_owned);
            if page.is_none() {
                break;
            }
        }
        Ok(rows)
    }
}

/// Returns the name by which a location's reviews are asked for, and its title.
fn location(account: &str, json: &Value) -> Option<(String, String)> {
    let name = format!("{account}/{}", text(json, "name")?);
    is_location(&name).then(|| (name, text(json, "title").unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::Timeouts;
    use crate::connect::Returned;

    #[test]
    fn a_manager_is_asked_for_a_consent_that_lasts() {
        let client = Client {
            id: "client".to_owned(),
            secret: Secret::new("hush"),
        };
        let http = Http::new(Timeouts::default()).unwrap();
        let login = Login::new(http, &Settings::default(), &Places::default(), client);
        let flow = Flow::begin("http://127.0.0.1:8737/connect").unwrap();
        let address = login.address(&flow);
        assert!(address.starts_with("https://accounts.google.com/o/oauth2/v2/auth?"));
        let asked = Returned::of(&address);
        for (name, value) in [
            ("scope", "https://www.googleapis.com/auth/business.manage"),
            ("access_type", "offline"),
            ("prompt", "consent"),
            ("code_challenge_method", "S256"),
            ("redirect_uri", "http://127.0.0.1:8737/connect"),
        ] {
            assert_eq!(asked.get(name), Some(value));
        }
        assert!(!address.contains("hush"));
    }

    /// The shape of the reference of `accounts.locations.list`.
    #[test]
    fn a_location_is_named_as_its_reviews_are_asked_for() {
        let json = json!({ "name": "locations/2", "title": "Oakfield Surgery" });
        assert_eq!(
            location("accounts/1", &json),
            Some((
                "accounts/1/locations/2".to_owned(),
                "Oakfield Surgery".to_owned()
            ))
        );
        for odd in [json!({}), json!({ "name": "locations/../x" })] {
            assert_eq!(location("accounts/1", &odd), None, "{odd}");
        }
    }
}
