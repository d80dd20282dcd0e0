//! A stand-in for the issuer at which people sign in: `OpenID` Connect with a page on which to pick
//! somebody.
//!
//! Made from the specification and not with the code that checks it, so that neither can cover for
//! the other. It is as strict as a real one with the client: redirect address, secret, PKCE, and a
//! code once.

mod pick;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use form_urlencoded::Serializer;
use jiff::{SignedDuration, Timestamp};
use pagewarden_clock::Clock;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::google::push::Key;

/// The id of the console at this issuer.
pub const CLIENT_ID: &str = "pagewarden-console";
/// The secret of the console at this issuer.
pub const CLIENT_SECRET: &str = "demo-console-secret";

/// How long a code is good for.
const CODE_LASTS: SignedDuration = SignedDuration::from_mins(1);

/// Somebody who can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The issuer's own id of them.
    pub subject: String,
    /// Their name.
    pub name: String,
    /// Their e-mail address, which counts as verified.
    pub email: String,
    /// What they are, in words, for the page on which to pick them. The token says nothing of it.
    pub known_as: String,
}

/// What the client asks for when it sends a browser here. The page passes it on unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Wanted {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    scope: String,
    state: String,
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
    /// Given where the person has to show who they are even if they are signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
    /// The seconds for which it is enough that they have shown it. Where it is asked for, the token
    /// says when they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age: Option<String>,
}

/// A code that was given out.
#[derive(Clone, Debug)]
struct Code {
    wanted: Wanted,
    subject: String,
    /// When they were picked, by which they have shown who they are.
    picked_at: Timestamp,
    until: Timestamp,
}

/// The fake: shared by its server and by tests that look at it.
#[derive(Clone, Debug)]
pub struct Issuer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    accounts: Vec<Account>,
    clock: Clock,
    state: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    /// Where it answers, which is its name.
    url: String,
    /// Where it sends browsers back to.
    back_to: String,
    codes: HashMap<String, Code>,
    /// The key that it signs with, and those that it publishes.
    signs: Key,
    published: Vec<Key>,
    /// What it says otherwise in the next token; null takes a claim away.
    distorted: BTreeMap<String, Value>,
}

impl Issuer {
    /// Opens the fake, at which these people can sign in.
    #[must_use]
    pub fn new(accounts: Vec<Account>, clock: &Clock) -> Self {
        let state = Mutex::new(Known {
            url: String::new(),
            back_to: String::new(),
            codes: HashMap::new(),
            signs: Key::First,
            published: vec![Key::First],
            distorted: BTreeMap::new(),
        });
        Issuer(Arc::new(Inner {
            accounts,
            clock: clock.clone(),
            state,
        }))
    }

    /// Tells it where it answers, and the one address that the client has registered.
    pub fn register(&self, url: &str, back_to: &str) {
        let mut known = self.known();
        url.clone_into(&mut known.url);
        back_to.clone_into(&mut known.back_to);
    }

    /// Returns those who can sign in.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.0.accounts
    }

    /// Signs with this key from now on, and publishes no other.
    pub fn change_key(&self, key: Key) {
        let mut known = self.known();
        known.signs = key;
        known.published = vec![key];
    }

    /// Signs with a key that it does not publish.
    pub fn sign_with(&self, key: Key) {
        self.known().signs = key;
    }

    /// Has the next token say this instead; null takes a claim away.
    pub fn distort(&self, claim: &str, value: Value) {
        self.known().distorted.insert(claim.to_owned(), value);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the server: discovery, `/authorize`, `/token` and `/keys`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/authorize", get(authorize).post(picked))
            .route("/token", axum::routing::post(token))
            .route("/keys", get(keys))
            .with_state(self.clone())
    }

    /// Says what is wrong with what a client asks for.
    fn check(&self, wanted: &Wanted) -> Result<(), &'static str> {
        let back_to = self.known().back_to.clone();
        match wanted {
            Wanted { client_id, .. } if client_id != CLIENT_ID => Err("There is no such client."),
            Wanted { redirect_uri, .. } if *redirect_uri != back_to => {
                Err("That redirect_uri is not registered.")
            }
            Wanted { response_type, .. } if response_type != "code" => {
                Err("Only the code flow is offered.")
            }
            Wanted { scope, .. } if !scope.split(' ').any(|scope| scope == "openid") => {
                Err("The scope lacks openid.")
            }
            Wanted {
                code_challenge_method,
                ..
            } if code_challenge_method != "S256" => Err("PKCE by S256 is needed."),
            Wanted { code_challenge, .. } if code_challenge.len() != 43 => {
                Err("The code_challenge is no SHA-256.")
            }
            Wanted { state, nonce, .. } if state.is_empty() || nonce.is_empty() => {
                Err("State and nonce are needed.")
            }
            Wanted {
                prompt: Some(prompt),
                ..
            } if prompt != "login" => Err("Only the prompt login is offered."),
            Wanted {
                max_age: Some(seconds),
                ..
            } if seconds.parse::<u32>().is_err() => Err("The max_age is no number of seconds."),
            _ => Ok(()),
        }
    }

    /// Exchanges a code for a token, or says why not in the words of RFC 6749.
    fn exchange(
        &self,
        form: &HashMap<String, String>,
    ) -> Result<Value, (StatusCode, &'static str)> {
        let of = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if of("client_id") != CLIENT_ID || of("client_secret") != CLIENT_SECRET {
            return Err((StatusCode::UNAUTHORIZED, "invalid_client"));
        }
        if of("grant_type") != "authorization_code" {
            return Err((StatusCode::BAD_REQUEST, "unsupported_grant_type"));
        }
        let mut known = self.known();
        let now = self.0.clock.now();
        let invalid = (StatusCode::BAD_REQUEST, "invalid_grant");
        let code = known
            .codes
            .remove(of("code"))
            .filter(|code| now < code.until)
            .ok_or(invalid)?;
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, of("code_verifier").as_bytes()));
        if challenge != code.wanted.code_challenge || of("redirect_uri") != code.wanted.redirect_uri
        {
            return Err(invalid);
        }
        let account = self
            .0
            .accounts
            .iter()
            .find(|account| account.subject == code.subject)
            .ok_or(invalid)?;
        let seconds = now.as_second();
        let mut claims = json!({
            "iss": known.url, "aud": CLIENT_ID, "sub": account.subject, "nonce": code.wanted.nonce,
            "iat": seconds, "exp": seconds + 300, "email": account.email, "email_verified": true, "name": account.name,
        });
        if code.wanted.max_age.is_some() {
            claims["auth_time"] = json!(code.picked_at.as_second());
        }
        for (claim, value) in std::mem::take(&mut known.distorted) {
            claims[claim] = value;
        }
        if let Some(claims) = claims.as_object_mut() {
            claims.retain(|_, value| !value.is_null());
        }
        let token = known.signs.token(known.signs, &claims);
        let token = token.map_err(|_| (StatusCode::INTERNAL_SERVER_ERROR, "server_error"))?;
        Ok(
            json!({ "token_type": "Bearer", "access_token": "not used", "expires_in": 300, "id_token": token }),
        )
    }
}

async fn discovery(State(issuer): State<Issuer>) -> Json<Value> {
    let url = issuer.known().url.clone();
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "email"],
    }))
}

async fn keys(State(issuer): State<Issuer>) -> Response {
    let published = issuer.known().published.clone();
    match published
        .into_iter()
        .map(Key::published)
        .collect::<Result<Vec<_>, _>>()
    {
        Ok(keys) => Json(json!({ "keys": keys })).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Shows the page on which to pick somebody.
async fn authorize(
    State(issuer): State<Issuer>,
    wanted: Result<Query<Wanted>, impl Sized>,
) -> Response {
    let Ok(Query(wanted)) = wanted else {
        return refuse("The request lacks what a request must have.");
    };
    match issuer.check(&wanted) {
        Ok(()) => {
            let hidden = serde_json::to_value(&wanted).unwrap_or_default();
            Html(pick::page(issuer.accounts(), &hidden)).into_response()
        }
        Err(why) => refuse(why),
    }
}

/// What the page sends: what the client asked for, and who was picked; nobody where somebody
/// pressed Cancel.
#[derive(Deserialize)]
struct Picked {
    #[serde(default)]
    subject: String,
    #[serde(flatten)]
    wanted: Wanted,
}

/// Sends the browser back with a code.
async fn picked(State(issuer): State<Issuer>, Form(picked): Form<Picked>) -> Response {
    let Picked { subject, wanted } = picked;
    if let Err(why) = issuer.check(&wanted) {
        return refuse(why);
    }
    let mut query = Serializer::new(String::new());
    query.append_pair("state", &wanted.state);
    if issuer
        .accounts()
        .iter()
        .any(|account| account.subject == subject)
    {
        let mut bytes = [0; 16];
        if SystemRandom::new().fill(&mut bytes).is_err() {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        let code = URL_SAFE_NO_PAD.encode(bytes);
        query.append_pair("code", &code);
        let picked_at = issuer.0.clock.now();
        let until = picked_at + CODE_LASTS;
        let (back_to, query) = (wanted.redirect_uri.clone(), query.finish());
        issuer.known().codes.insert(
            code,
            Code {
                wanted,
                subject,
                picked_at,
                until,
            },
        );
        return Redirect::to(&format!("{back_to}?{query}")).into_response();
    }
    query.append_pair("error", "access_denied");
    Redirect::to(&format!("{}?{}", wanted.redirect_uri, query.finish())).into_response()
}

async fn token(
    State(issuer): State<Issuer>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    match issuer.exchange(&form) {
        Ok(answer) => Json(answer).into_response(),
        Err((status, error)) => (status, Json(json!({ "error": error }))).into_response(),
    }
}

/// Refuses a request without sending the browser anywhere, as the specification asks for a redirect
/// address that may be somebody else's.
fn refuse(why: &'static str) -> Response {
    (StatusCode::BAD_REQUEST, why).into_response()
}
