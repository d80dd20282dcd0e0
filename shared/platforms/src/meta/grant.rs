//! What was granted with a token, as Meta tells the app.
//!
//! Source: Meta's reference of Debug Token. Only the app may ask it, by its id and secret: a page's
//! token is refused even what it asks of itself, unless the person who connected the page is one of
//! the app's developers.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;

use super::errors::inspected;
use crate::calls::CallError;
use crate::{Secret, id, json};

/// A permission that is given for businesses, where the others are given for pages and accounts.
const FOR_BUSINESSES: &str = "business_management";

/// What was granted with a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The page that the token is for; none where it is a person's or the app's own.
    pub page: Option<String>,
    /// When the token runs out; none where it does not by itself.
    pub token_until: Option<Timestamp>,
    /// Until when Meta gives the app the data of the person who granted it; none where there is no
    /// end.
    pub data_until: Option<Timestamp>,
    granted: Vec<String>,
    /// The pages and accounts for which a permission was given, where it was not given for all.
    targets: HashMap<String, Vec<String>>,
}

impl Grant {
    /// Reads the `data` of an answer. A token that Meta does not take any more is an error, which
    /// says why.
    pub(crate) fn parse(data: &Value) -> Result<Self, CallError> {
        match data["is_valid"].as_bool() {
            Some(true) => {}
            Some(false) => return Err(inspected(&data["error"])),
            None => return Err(CallError::Unreadable { status: 200 }),
        }
        let list = |value: &Value| {
            value
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(id::id)
                .collect::<Vec<_>>()
        };
        let granular = data["granular_scopes"].as_array().into_iter().flatten();
        let targets = granular.filter_map(|one| {
            Some((
                json::text(one, "scope")?.to_owned(),
                list(&one["target_ids"]),
            ))
        });
        Ok(Grant {
            page: (data["type"] == "PAGE")
                .then(|| id::id(&data["profile_id"]))
                .flatten(),
            token_until: json::time(data, "expires_at"),
            data_until: json::time(data, "data_access_expires_at"),
            granted: list(&data["scopes"]),
            targets: targets.collect(),
        })
    }

    /// Returns `true` if a permission was given, and for this account or the token's page where it
    /// was not given for all.
    #[must_use]
    pub fn covers(&self, permission: &str, account: &str) -> bool {
        let given = self.granted.iter().any(|one| one == permission);
        let targets = self
            .targets
            .get(permission)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let is_ours = |target: &String| target == account || self.page.as_ref() == Some(target);
        given && (targets.is_empty() || permission == FOR_BUSINESSES || targets.iter().any(is_ours))
    }
}

/// Returns the token that stands for an app itself.
#[must_use]
pub fn app_token(app_id: &str, app_secret: &Secret) -> Secret {
    Secret::from(format!("{app_id}|{}", app_secret.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told() -> Value {
        json!({ "app_id": "77", "type": "PAGE", "application": "Moderation", "is_valid": true, "issued_at": 1_790_000_000,
            "expires_at": 0, "data_access_expires_at": 1_797_776_000, "profile_id": "100", "user_id": "9",
            "scopes": ["pages_show_list", "pages_manage_posts", "pages_messaging", "instagram_basic", "business_management"],
            "granular_scopes": [{ "scope": "pages_show_list", "target_ids": ["100", "200"] },
                { "scope": "pages_manage_posts", "target_ids": ["200"] }, { "scope": "pages_messaging" },
                { "scope": "instagram_basic", "target_ids": ["178"] },
                { "scope": "business_management", "target_ids": ["300"] }] })
    }

    #[test]
    fn a_permission_is_for_all_or_for_named_accounts() {
        let grant = Grant::parse(&told()).unwrap();
        assert_eq!(
            (grant.page.as_deref(), grant.token_until),
            (Some("100"), None)
        );
        assert_eq!(grant.data_until, Timestamp::from_second(1_797_776_000).ok());
        let covered = |account: &str| {
            [
                "pages_show_list",
                "pages_manage_posts",
                "pages_messaging",
                "instagram_basic",
                "business_management",
            ]
            .map(|permission| grant.covers(permission, account))
        };
        assert_eq!(covered("100"), [true, false, true, false, true]);
        assert_eq!(covered("178"), [true, false, true, true, true]);
        assert!(!grant.covers("pages_manage_engagement", "100"));
    }

    #[test]
    fn a_persons_token_is_no_pages() {
        for (kind, profile) in [
            ("USER", json!(null)),
            ("SYSTEM_USER", json!(null)),
            ("APP", json!("100")),
        ] {
            let mut told = told();
            (told["type"], told["profile_id"]) = (json!(kind), profile);
            assert_eq!(Grant::parse(&told).unwrap().page, None, "{kind}");
        }
    }

    #[test]
    fn a_refused_token_says_why_and_odd_answers_say_nothing() {
        let dead = |error: Value| {
            Grant::parse(&json!({ "is_valid": false, "error": error, "scopes": [] })).unwrap_err()
        };
        let expired = dead(json!({ "code": 190, "message": "words", "subcode": 463 }));
        assert!(
            expired.to_string().contains("has expired")
                && matches!(expired, CallError::Credential { .. })
        );
        assert!(
            dead(json!({ "code": 100, "message": "words" }))
                .to_string()
                .contains("another app")
        );
        assert!(matches!(dead(json!(null)), CallError::Credential { .. }));
        for odd in [
            json!(null),
            json!([]),
            json!({ "is_valid": "true" }),
            json!({}),
        ] {
            assert_eq!(
                Grant::parse(&odd),
                Err(CallError::Unreadable { status: 200 }),
                "{odd}"
            );
        }
        let odd = json!({ "is_valid": true, "scopes": "all", "granular_scopes": [7, { "scope": [] }], "expires_at": "soon" });
        assert!(
            Grant::parse(&odd)
                .is_ok_and(|grant| !grant.covers("all", "1") && grant.token_until.is_none())
        );
    }

    #[test]
    fn whatever_a_member_is_nothing_is_covered_that_was_not_given() {
        let whole = told();
        for name in whole.as_object().unwrap().keys() {
            for odd in [
                json!(null),
                json!(7),
                json!(-1),
                json!(1e300),
                json!("x"),
                json!([[]]),
                json!([{}]),
                json!({ "x": 1 }),
            ] {
                let mut told = whole.clone();
                told[name] = odd;
                let Ok(grant) = Grant::parse(&told) else {
                    continue;
                };
                assert!(!grant.covers("pages_manage_engagement", "100"), "{told}");
                assert_eq!(
                    grant.covers("pages_messaging", "100"),
                    name != "scopes",
                    "{told}"
                );
            }
        }
    }
}
