//! The pages' tokens: each is for one page and for the Instagram account that is connected to it,
//! and has scopes.
//!
//! Source: Meta's permission reference. What stands on another page is refused, what stands on
//! another account is not seen at all.

use std::collections::HashMap;

use axum::http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Pages;
use super::call::{Call, error, gone};

/// The app's id.
pub const APP_ID: &str = "77";

/// How long the app is given the data of who connected a page.
const DATA_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What a practice grants, as the guides to setting up ask for it.
pub const SCOPES: [&str; 11] = [
    "pages_show_list",
    "pages_manage_metadata",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_manage_posts",
    "pages_messaging",
    "instagram_basic",
    "instagram_manage_comments",
    "instagram_manage_messages",
    "business_management",
];

/// A page that is connected to the app.
#[derive(Clone, Debug)]
pub struct Page {
    /// The page's id.
    pub id: String,
    /// The Instagram account that is connected to it.
    pub instagram: Option<String>,
}

/// Returns the token that a page has at first.
#[must_use]
pub fn first_token(page: &str) -> String {
    token(page, 0)
}

fn token(page: &str, times: u32) -> String {
    format!("fake-page-token-{page}-{times}")
}

/// What somebody who may moderate a page has granted.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) page: Page,
    /// How often it was reconnected.
    times: u32,
    scopes: Vec<String>,
    /// Those of them that were given for other pages only.
    elsewhere: Vec<String>,
    at: Timestamp,
    token_until: Option<Timestamp>,
    data_until: Timestamp,
}

/// The grants of all pages.
#[derive(Debug, Default)]
pub(super) struct Grants {
    by_page: HashMap<String, Grant>,
    /// The page that each token is for.
    pages: HashMap<String, String>,
}

impl Grants {
    pub(super) fn of(pages: &[Page], now: Timestamp) -> Self {
        let mut grants = Grants::default();
        for page in pages {
            grants.connect(page, now);
        }
        grants
    }

    /// Returns the grant that a token stands for. One of before the page was reconnected stands for
    /// none.
    pub(super) fn of_token(&self, given: &str) -> Option<Grant> {
        self.by_page.get(self.pages.get(given)?).cloned()
    }

    /// Connects a page, with every scope, and returns its token.
    pub(super) fn connect(&mut self, page: &Page, now: Timestamp) -> String {
        let before = self.by_page.get(&page.id).map(|before| before.times);
        if let Some(times) = before {
            self.pages.remove(&token(&page.id, times));
        }
        let grant = Grant::of(page, before.map_or(0, |times| times + 1), now);
        let token = token(&page.id, grant.times);
        self.pages.insert(token.clone(), page.id.clone());
        self.by_page.insert(page.id.clone(), grant);
        token
    }

    pub(super) fn set_scopes(&mut self, page: &str, scopes: &[&str]) {
        if let Some(grant) = self.by_page.get_mut(page) {
            grant.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        }
    }

    pub(super) fn give_elsewhere(&mut self, page: &str, scope: &str) {
        if let Some(grant) = self.by_page.get_mut(page) {
            grant.elsewhere.push(scope.to_owned());
        }
    }

    pub(super) fn set_ends(&mut self, page: &str, token: Option<Timestamp>, data: Timestamp) {
        if let Some(grant) = self.by_page.get_mut(page) {
            (grant.token_until, grant.data_until) = (token, data);
        }
    }

    /// Returns the pages as their person is told of them, in the order of their ids.
    pub(super) fn rows(&self) -> Vec<Value> {
        let mut grants: Vec<&Grant> = self.by_page.values().collect();
        grants.sort_by(|a, b| a.page.id.cmp(&b.page.id));
        let row = |grant: &Grant| {
            let Page { id, instagram } = &grant.page;
            let account = instagram
                .as_ref()
                .map(|account| json!({ "id": account, "username": format!("account{account}") }));
            let mut row = json!({ "id": id, "name": format!("Page {id}"), "access_token": token(id, grant.times) });
            if let Some(account) = account {
                row["instagram_business_account"] = account;
            }
            row
        };
        grants.into_iter().map(row).collect()
    }

    pub(super) fn is_page(&self, id: &str) -> bool {
        self.by_page.contains_key(id)
    }
}

impl Grant {
    fn of(page: &Page, times: u32, now: Timestamp) -> Self {
        Grant {
            page: page.clone(),
            times,
            scopes: SCOPES.map(str::to_owned).to_vec(),
            elsewhere: Vec::new(),
            at: now,
            token_until: None,
            data_until: now + DATA_FOR,
        }
    }

    pub(super) fn has_ended(&self, now: Timestamp) -> bool {
        self.token_until.is_some_and(|until| until <= now)
    }

    /// Says of the token what the app is told that asks.
    pub(super) fn told(&self) -> Value {
        let target = |scope: &str| match scope {
            _ if self.elsewhere.iter().any(|one| one == scope) => "100000000000999",
            "business_management" => "300000000000001",
            _ if scope.starts_with("instagram_") => {
                self.page.instagram.as_deref().unwrap_or(&self.page.id)
            }
            _ => &self.page.id,
        };
        let granular = self
            .scopes
            .iter()
            .map(|scope| json!({ "scope": scope, "target_ids": [target(scope)] }));
        json!({
            "app_id": APP_ID, "type": "PAGE", "application": "Pagewarden", "is_valid": true, "issued_at": self.at.as_second(),
            "expires_at": self.token_until.map_or(0, Timestamp::as_second),
            "data_access_expires_at": self.data_until.as_second(), "scopes": self.scopes,
            "granular_scopes": granular.collect::<Vec<_>>(), "profile_id": self.page.id, "user_id": "1000000000000009",
        })
    }

    /// Refuses a call about what is not the page's or the account's own. `is_page` says that the id
    /// is a page's.
    pub(super) fn reaches(
        &self,
        pages: &Pages,
        id: &str,
        is_page: bool,
        call: &Call,
    ) -> Result<(), (StatusCode, Value)> {
        let object = pages.objects.get(id);
        let owner = object.and_then(|object| {
            object["account"]
                .as_str()
                .or_else(|| object["page"].as_str())
        });
        let owner = owner.unwrap_or(id);
        if owner == self.page.id || self.page.instagram.as_deref() == Some(owner) {
            return Ok(());
        }
        if !is_page && object.is_none_or(|object| object["page"].is_null()) {
            return Err(gone(id));
        }
        Err(refused(call, "it is another page's"))
    }

    /// Refuses a call that lacks one of its scopes.
    pub(super) fn may(
        &self,
        pages: &Pages,
        id: &str,
        edge: Option<&str>,
        call: &Call,
    ) -> Result<(), (StatusCode, Value)> {
        let object = pages.objects.get(id);
        let on_instagram = self.page.instagram.as_deref() == Some(id)
            || object.is_some_and(|object| !object["account"].is_null());
        let needed: &[&str] = match (&call.method, edge) {
            (_, Some("messages")) if on_instagram => {
                &["instagram_basic", "instagram_manage_messages"]
            }
            (_, Some("messages")) => &["pages_messaging"],
            (_, Some("moderate_conversations")) => {
                &["instagram_manage_messages", "business_management"]
            }
            (_, Some("subscribed_apps")) => &["pages_manage_metadata"],
            (&Method::GET, _) if on_instagram => &["instagram_basic", "pages_read_engagement"],
            (&Method::GET, _) => &["pages_read_engagement", "pages_read_user_content"],
            _ if on_instagram => &["instagram_basic", "instagram_manage_comments"],
            (&Method::DELETE, None) if object.is_some_and(|object| object["kind"] == "post") => {
                &["pages_manage_posts"]
            }
            _ => &["pages_manage_engagement"],
        };
        let among = |scopes: &[String], needed: &str| scopes.iter().any(|scope| scope == needed);
        let has = |needed: &&&str| among(&self.scopes, needed) && !among(&self.elsewhere, needed);
        match needed.iter().find(|needed| !has(needed)) {
            None => Ok(()),
            Some(lacks) => Err(refused(call, &format!("it needs the permission {lacks}"))),
        }
    }
}

/// Meta has a code for what may not be read, and another for what may not be done.
fn refused(call: &Call, why: &str) -> (StatusCode, Value) {
    let code = if call.method == Method::GET { 10 } else { 200 };
    error(
        403,
        code,
        &format!("(#{code}) Permissions error: {why}"),
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_connected_anew_has_another_token_and_every_scope() {
        let page = Page {
            id: "1".to_owned(),
            instagram: None,
        };
        let mut grants = Grants::of(std::slice::from_ref(&page), Timestamp::UNIX_EPOCH);
        grants.set_scopes("1", &[]);
        let token = grants.connect(&page, Timestamp::UNIX_EPOCH);
        assert!(grants.of_token(&first_token("1")).is_none());
        assert_eq!(grants.of_token(&token).unwrap().scopes, SCOPES);
    }
}
