//! The pages' tokens: each is for one page and for the Instagram account that is connected to it, and has scopes.
//!
//! Source: Meta's permission reference. What stands on another page is refused, what stands on another account is not
//! seen at all.

use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::Pages;
use super::call::{Call, error, gone};

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
    /// How often it was connected anew.
    times: u32,
    scopes: Vec<String>,
}

/// The grants of all pages.
#[derive(Debug)]
pub(super) struct Grants(Vec<Grant>);

impl Grants {
    pub(super) fn of(pages: &[Page]) -> Self {
        Grants(pages.iter().map(|page| Grant::of(page, 0)).collect())
    }

    /// Returns the grant that a token stands for. One of before the page was connected anew stands for none.
    pub(super) fn of_token(&self, given: &str) -> Option<Grant> {
        self.0.iter().find(|grant| token(&grant.page.id, grant.times) == given).cloned()
    }

    /// Connects a page, with every scope, and returns its token.
    pub(super) fn connect(&mut self, page: &Page) -> String {
        let before = self.0.iter().position(|grant| grant.page.id == page.id).map(|at| self.0.swap_remove(at));
        let times = before.map_or(0, |before| before.times + 1);
        self.0.push(Grant::of(page, times));
        token(&page.id, times)
    }

    pub(super) fn set_scopes(&mut self, page: &str, scopes: &[&str]) {
        for grant in self.0.iter_mut().filter(|grant| grant.page.id == page) {
            grant.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        }
    }

    pub(super) fn is_page(&self, id: &str) -> bool {
        self.0.iter().any(|grant| grant.page.id == id)
    }
}

impl Grant {
    fn of(page: &Page, times: u32) -> Self {
        Grant { page: page.clone(), times, scopes: SCOPES.map(str::to_owned).to_vec() }
    }

    /// Refuses a call about what is not the page's or the account's own. `is_page` says that the id is a page's.
    pub(super) fn reaches(
        &self,
        pages: &Pages,
        id: &str,
        is_page: bool,
        call: &Call,
    ) -> Result<(), (StatusCode, Value)> {
        let object = pages.objects.get(id);
        let owner = object.and_then(|object| object["account"].as_str().or_else(|| object["page"].as_str()));
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
        let on_instagram =
            self.page.instagram.as_deref() == Some(id) || object.is_some_and(|object| !object["account"].is_null());
        let needed: &[&str] = match (&call.method, edge) {
            (_, Some("messages")) if on_instagram => &["instagram_basic", "instagram_manage_messages"],
            (_, Some("messages")) => &["pages_messaging"],
            (_, Some("moderate_conversations")) => &["instagram_manage_messages", "business_management"],
            (_, Some("subscribed_apps")) => &["pages_manage_metadata"],
            (&Method::GET, _) if on_instagram => &["instagram_basic", "pages_read_engagement"],
            (&Method::GET, _) => &["pages_read_engagement", "pages_read_user_content"],
            _ if on_instagram => &["instagram_basic", "instagram_manage_comments"],
            (&Method::DELETE, None) if object.is_some_and(|object| object["kind"] == "post") => &["pages_manage_posts"],
            _ => &["pages_manage_engagement"],
        };
        let has = |needed: &&&str| self.scopes.iter().any(|scope| scope == **needed);
        match needed.iter().find(|needed| !has(needed)) {
            None => Ok(()),
            Some(lacks) => Err(refused(call, &format!("it needs the permission {lacks}"))),
        }
    }
}

/// Meta has a code for what may not be read, and another for what may not be done.
fn refused(call: &Call, why: &str) -> (StatusCode, Value) {
    let code = if call.method == Method::GET { 10 } else { 200 };
    error(403, code, &format!("(#{code}) Permissions error: {why}"), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A practice can grant only what the guides tell it to grant.
    #[test]
    fn the_guides_name_every_scope() {
        let guides = [include_str!("../../../../setup/facebook.md"), include_str!("../../../../setup/instagram.md")];
        for scope in SCOPES {
            assert!(guides.iter().any(|guide| guide.contains(&format!("`{scope}`"))), "{scope}");
        }
    }

    #[test]
    fn a_page_connected_anew_has_another_token_and_every_scope() {
        let page = Page { id: "1".to_owned(), instagram: None };
        let mut grants = Grants::of(std::slice::from_ref(&page));
        grants.set_scopes("1", &[]);
        let token = grants.connect(&page);
        assert!(grants.of_token(&first_token("1")).is_none());
        assert_eq!(grants.of_token(&token).unwrap().scopes, SCOPES);
    }
}
