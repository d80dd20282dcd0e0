//! Who signs in, and where.

use reqwest::Url;
use serde::Deserialize;

use crate::Secret;
use crate::calls::CallError;

/// What stands for a practice's website, as the practice stores it.
#[derive(Clone, Debug, Deserialize)]
pub struct Login {
    /// The site's address, such as `https://practice.example`, with its folder where it has one. A
    /// site without permalinks answers only at what it gives as its API's address:
    /// `https://practice.example/?rest_route=/`.
    pub url: String,
    /// The name of a user who may moderate comments.
    pub user: String,
    /// A password made for this system in that user's profile; it can be withdrawn there without
    /// touching the user.
    pub application_password: Secret,
}

/// Where a site's API is.
#[derive(Clone, Debug)]
pub(super) struct Root {
    address: String,
    has_query: bool,
}

impl Root {
    /// Reads a site's address. Anything that would show the password on the way is refused.
    pub(super) fn parse(address: &str) -> Result<Self, CallError> {
        let bad = |why| CallError::Credential { why };
        let url = Url::parse(address.trim())
            .map_err(|_| bad("the website's address does not read as one"))?;
        if !Secret::may_travel_to(&url) {
            return Err(bad(
                "the website's address must begin with https://, so that nobody can read the password",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(bad("the website's address holds more than an address"));
        }
        let plain = url.query() == Some("rest_route=/");
        if url.query().is_some() && !plain {
            return Err(bad("the website's address holds more than an address"));
        }
        let address = url.as_str().trim_end_matches('/').to_owned();
        Ok(Root {
            address: if plain {
                address
            } else {
                format!("{address}/wp-json")
            },
            has_query: plain,
        })
    }

    /// Returns the address of a route, with a query that is encoded already.
    pub(super) fn route(&self, route: &str, query: &str) -> String {
        let separator = match (query.is_empty(), self.has_query) {
            (true, _) => "",
            (false, true) => "&",
            (false, false) => "?",
        };
        format!("{}/wp/v2/{route}{separator}{query}", self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(address: &str) -> Option<String> {
        Root::parse(address)
            .ok()
            .map(|root| root.route("comments", "page=2"))
    }

    #[test]
    fn a_site_is_found_with_and_without_permalinks() {
        for (address, expected) in [
            (
                "https://practice.example",
                "https://practice.example/wp-json/wp/v2/comments?page=2",
            ),
            (
                "https://practice.example/",
                "https://practice.example/wp-json/wp/v2/comments?page=2",
            ),
            (
                "https://practice.example/site/",
                "https://practice.example/site/wp-json/wp/v2/comments?page=2",
            ),
            (
                "https://p.example/?rest_route=/",
                "https://p.example/?rest_route=/wp/v2/comments&page=2",
            ),
            (
                "https://p.example/index.php?rest_route=/",
                "https://p.example/index.php?rest_route=/wp/v2/comments&page=2",
            ),
            (
                "http://127.0.0.1:8080",
                "http://127.0.0.1:8080/wp-json/wp/v2/comments?page=2",
            ),
            (
                "http://[::1]:8080/",
                "http://[::1]:8080/wp-json/wp/v2/comments?page=2",
            ),
            (
                "http://site.localhost:8080",
                "http://site.localhost:8080/wp-json/wp/v2/comments?page=2",
            ),
        ] {
            assert_eq!(route(address).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_password_never_travels_in_the_clear() {
        for address in [
            "http://practice.example",
            "http://127.0.0.1.practice.example",
            "http://localhost.practice.example",
            "http://practicelocalhost",
            "ftp://practice.example",
            "practice.example",
            "https://user:password@practice.example",
            "https://practice.example/?next=elsewhere",
            "https://practice.example/#top",
            "",
        ] {
            assert!(
                Root::parse(address)
                    .is_err_and(|error| matches!(error, CallError::Credential { .. })),
                "{address}"
            );
        }
    }
}
