//! Connecting a Facebook page, or the Instagram account that is connected to one: a person who may
//! moderate the page logs in to the app, and the page's own token comes of it.
//!
//! Sources: Meta's "Manually Build a Login Flow" (March 2026), "Get Long-Lived Access Tokens" and
//! the reference of User Accounts, Graph API v26.0. Meta describes PKCE for its `OpenID` Connect
//! flow alone, and calls that a test; here the code is bound by the state, the address that it is
//! sent to, and the app's secret. Redirects have to go to https, except those to `localhost` while
//! the app is in development ("Requiring HTTPS for Facebook Login", 2018).

use pagewarden_rules::Platform;
use serde_json::{Value, json};

use super::api::next;
use super::{Api, Graph, Settings, app_token, verdict};
use crate::calls::{Body, CallError, Http, Method, Request, encode};
use crate::connect::{Agreed, Client, ConnectError, Flow, Offer, names};
use crate::facebook::{self, Facebook};
use crate::json::text;
use crate::permission::{self, Permission};
use crate::{Secret, id, instagram};

/// Pages that are asked for at once, the most that Meta gives; and how many times.
const AT_ONCE: &str = "100";
const MOST_LISTS: usize = 10;

/// What is asked of each page.
const FIELDS: &str = "id,name,access_token,tasks,instagram_business_account{id,username}";

/// What somebody may do on a page who may do no more than that there, as Meta names it. They are
/// given a token as well, which would take the place of one that works.
const LESSER: [&str; 4] = [
    "ANALYZE",
    "ADVERTISE",
    "PROFILE_PLUS_ANALYZE",
    "PROFILE_PLUS_ADVERTISE",
];

/// Meta's code for a parameter that is not right: with a code that is used up or too old as well.
const BAD_PARAMETER: u32 = 100;

/// A login at Facebook.
#[derive(Clone, Debug)]
pub struct Login {
    http: Http,
    settings: Settings,
    dialog: String,
    app: Client,
    platform: Platform,
}

impl Login {
    /// Makes ready to connect an account of Facebook, or else of Instagram. `pages` is where
    /// Facebook's pages for people are.
    #[must_use]
    pub fn new(
        http: Http,
        settings: &Settings,
        pages: &str,
        app: Client,
        platform: Platform,
    ) -> Self {
        let settings = Settings {
            app_secret: Some(app.secret.clone()),
            ..settings.clone()
        };
        let dialog = format!("{pages}/{}/dialog/oauth", settings.version);
        Login {
            http,
            settings,
            dialog,
            app,
            platform,
        }
    }

    /// Returns what has to be granted.
    fn permissions(&self) -> &'static [Permission] {
        if self.is_instagram() {
            &instagram::PERMISSIONS
        } else {
            &facebook::PERMISSIONS
        }
    }

    fn is_instagram(&self) -> bool {
        self.platform == Platform::Instagram
    }

    /// Returns where a person agrees. `rerequest` has Facebook ask once more for what was declined
    /// before, which it would leave out otherwise.
    pub(crate) fn address(&self, flow: &Flow) -> String {
        let query = encode(&[
            ("response_type", "code"),
            ("client_id", &self.app.id),
            ("redirect_uri", flow.back_to()),
            ("state", &flow.state()),
            ("scope", &names(self.permissions(), ",")),
            ("auth_type", "rerequest"),
        ]);
        format!("{}?{query}", self.dialog)
    }

    /// Exchanges the code for a token of the person, that for one that lives longer, and lists the
    /// pages with their own. A page's token that comes of a long-lived one has no end.
    pub(crate) async fn offers(&self, agreed: &Agreed) -> Result<Vec<Offer>, ConnectError> {
        let code = agreed.code()?;
        let short = self
            .token(&[("redirect_uri", &agreed.back_to), ("code", code)])
            .await
            .map_err(|error| {
                let is_code =
                    matches!(error, CallError::Refused { code, .. } if code == BAD_PARAMETER);
                if is_code {
                    ConnectError::Spent
                } else {
                    error.into()
                }
            })?;
        let long = self
            .token(&[
                ("grant_type", "fb_exchange_token"),
                ("fb_exchange_token", short.expose()),
            ])
            .await?;
        let offers = self.pages(&long).await?;
        if offers.is_empty() {
            return Err(ConnectError::Nothing(if self.is_instagram() {
                "no professional Instagram account is connected to a page that this person shared: connect it to its page \
                 in Instagram's settings, then begin again and tick that page"
            } else {
                "this person shared no page: begin again as somebody who runs the page, and tick it"
            }));
        }
        Ok(offers)
    }

    async fn token(&self, more: &[(&str, &str)]) -> Result<Secret, CallError> {
        let mut query = vec![
            ("client_id", self.app.id.as_str()),
            ("client_secret", self.app.secret.expose()),
        ];
        query.extend_from_slice(more);
        let Settings { base, version, .. } = &self.settings;
        let url = format!("{base}/{version}/oauth/access_token?{}", encode(&query));
        let request = Request {
            method: Method::GET,
            url,
            bearer: None,
            body: Body::None,
        };
        let reply = self.http.send(request).await?;
        if let Some(error) = verdict(Graph::Exchange, &reply) {
            return Err(error);
        }
        let json = reply.json.unwrap_or_default();
        text(&json, "access_token")
            .map(Secret::new)
            .ok_or(CallError::Unreadable {
                status: reply.status,
            })
    }

    async fn pages(&self, person: &Secret) -> Result<Vec<Offer>, CallError> {
        let api = Api::new(self.http.clone(), self.settings.clone());
        let (mut offers, mut after) = (Vec::new(), None::<String>);
        for _ in 0..MOST_LISTS {
            let mut query = vec![("fields", FIELDS), ("limit", AT_ONCE)];
            query.extend(after.as_deref().map(|after| ("after", after)));
            let path = ["me", "accounts"];
            let list = api
                .call(Graph::List, person, Method::GET, &path, &query)
                .await?
                .value;
            let rows = list["data"].as_array().into_iter().flatten();
            offers.extend(rows.filter_map(|row| self.offer(row)));
            after = next(&list);
            if after.is_none() {
                break;
            }
        }
        Ok(offers)
    }

    /// Reads one page. One that gives no token is none that this person may moderate, nor is one on
    /// which they may only look at figures or advertise.
    fn offer(&self, row: &Value) -> Option<Offer> {
        let token = text(row, "access_token")?;
        let tasks = row["tasks"].as_array().filter(|tasks| !tasks.is_empty());
        let is_lesser = |task: &Value| LESSER.iter().any(|lesser| task == lesser);
        if tasks.is_some_and(|tasks| tasks.iter().all(is_lesser)) {
            return None;
        }
        let page = text(row, "name").unwrap_or_default();
        let (account, name) = if self.is_instagram() {
            let account = &row["instagram_business_account"];
            let name = text(account, "username").unwrap_or_default();
            (id::id(&account["id"])?, format!("{name} (page {page})"))
        } else {
            (id::id(&row["id"])?, page.to_owned())
        };
        Some(Offer {
            account,
            name,
            secret: Secret::from(json!({ "token": token }).to_string()),
            token: Some(Secret::new(token)),
        })
    }

    /// Asks as the app what was granted with the page's token.
    pub(crate) async fn look(&self, offer: &Offer) -> Result<(), ConnectError> {
        let app = app_token(&self.app.id, &self.app.secret);
        let token = offer.token.as_ref().ok_or(ConnectError::Empty)?;
        let facebook = Facebook::new(self.http.clone(), self.settings.clone());
        let grant = facebook.granted(&app, token).await?.value;
        match permission::missing(self.permissions(), |name| {
            grant.covers(name, &offer.account)
        }) {
            Some(lacks) => Err(ConnectError::Missing(lacks)),
            None => Ok(()),
        }
    }

    /// Subscribes the page to the app, without which Meta delivers nothing.
    pub(crate) async fn subscribe(&self, offer: &Offer) -> Result<(), ConnectError> {
        let token = offer.token.as_ref().ok_or(ConnectError::Empty)?;
        let page = if self.is_instagram() {
            instagram::PAGE
        } else {
            &offer.account
        };
        let facebook = Facebook::new(self.http.clone(), self.settings.clone());
        facebook.subscribe(token, page).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::Timeouts;
    use crate::connect::Returned;

    fn login(platform: Platform) -> Login {
        let http = Http::new(Timeouts::default()).unwrap();
        let app = Client {
            id: "77".to_owned(),
            secret: Secret::new("hush"),
        };
        let settings = Settings::default();
        Login::new(http, &settings, "https://www.facebook.com", app, platform)
    }

    #[test]
    fn a_person_is_asked_for_what_the_platform_needs() {
        let flow = Flow::begin("https://pages.example/connected").unwrap();
        let address = login(Platform::Facebook).address(&flow);
        let asked = address
            .strip_prefix("https://www.facebook.com/v26.0/dialog/oauth?")
            .unwrap();
        let asked = Returned::of(asked);
        assert_eq!(asked.get("client_id"), Some("77"));
        assert_eq!(
            asked.get("redirect_uri"),
            Some("https://pages.example/connected")
        );
        assert_eq!(asked.get("state"), Some(flow.state().as_str()));
        let scope = asked.get("scope").unwrap();
        assert!(scope.starts_with("pages_show_list,pages_manage_metadata,"));
        assert!(!scope.contains("instagram") && !address.contains("hush"));
        let asked = Returned::of(&login(Platform::Instagram).address(&flow));
        assert!(asked.get("scope").unwrap().contains("instagram_basic"));
    }

    /// The shape of Meta's reference of User Accounts.
    #[test]
    fn a_page_comes_by_its_own_token_and_an_account_by_its_pages() {
        let row = json!({ "id": "100", "name": "Oakfield Surgery", "access_token": "hush", "category": "Doctor",
            "tasks": ["MODERATE"], "instagram_business_account": { "id": "178", "username": "oakfield" } });
        let page = login(Platform::Facebook).offer(&row).unwrap();
        assert_eq!(
            (page.account.as_str(), page.name.as_str()),
            ("100", "Oakfield Surgery")
        );
        assert_eq!(page.secret.expose(), "{\"token\":\"hush\"}");
        assert!(!format!("{page:?}").contains("hush"));
        // Whoever may only look at figures has a token that moderates nothing.
        for (tasks, counts) in [
            (json!(["ANALYZE", "ADVERTISE"]), false),
            (json!(["PROFILE_PLUS_ANALYZE"]), false),
            (json!(["ANALYZE", "PROFILE_PLUS_FULL_CONTROL"]), true),
            (json!([]), true),
            (json!(null), true),
        ] {
            let mut row = row.clone();
            row["tasks"] = tasks.clone();
            let offer = login(Platform::Facebook).offer(&row);
            assert_eq!(offer.is_some(), counts, "{tasks}");
        }
        let account = login(Platform::Instagram).offer(&row).unwrap();
        assert_eq!(
            (account.account.as_str(), account.name.as_str()),
            ("178", "oakfield (page Oakfield Surgery)")
        );
        let mut alone = row.clone();
        alone["instagram_business_account"] = json!(null);
        assert!(login(Platform::Instagram).offer(&alone).is_none());
        alone["access_token"] = json!(null);
        assert!(login(Platform::Facebook).offer(&alone).is_none());
    }
}
