//! WordPress' error table: its `code`, which is a word, and the status; never the message.
//!
//! Source: `class-wp-rest-comments-controller.php`, `user.php` and `comment.php` of WordPress 6.1.

use serde_json::Value;

use crate::calls::{CallError, Reply};

/// WordPress 6.1 tells a wrong password by treating the caller as nobody, so these cannot be told
/// apart.
const NOT_SIGNED_IN: &str = "the website did not take the application password: it was withdrawn or is stored wrongly, \
    application passwords are switched off there, or its server drops the Authorization header";
const MAY_NOT: &str = "the website's user may not moderate comments: give it the role of an editor";

/// What stands in an answer of WordPress' own.
fn code(json: &Value) -> Option<&str> {
    json.get("code")?.as_str()
}

/// Returns what to do about an answer; none where it is a success.
pub(super) fn verdict(reply: &Reply) -> Option<CallError> {
    let word = reply.json.as_ref().and_then(code);
    match (word, reply.status) {
        // A page of HTML may come with 200 as well: from a cache, a firewall or a broken plug-in.
        (None, 200..=299) if reply.json.as_ref().is_some_and(|json| !json.is_null()) => None,
        (None, status) => Some(without_a_word(reply, status)),
        (Some(word), status) => Some(by_code(reply, word, status)),
    }
}

fn by_code(reply: &Reply, word: &str, status: u16) -> CallError {
    match (word, status) {
        // The post under which a comment stood takes its comments along.
        ("rest_comment_invalid_id" | "rest_post_invalid_id", _) => CallError::Gone,
        ("rest_already_trashed" | "comment_duplicate", _) => CallError::AlreadyDone,
        ("incorrect_password", _) => CallError::Credential {
            why: "the website does not know the application password any more: make a new one in the user's profile",
        },
        ("invalid_username" | "invalid_email", _) => CallError::Credential {
            why: "the website does not know the user whose application password is stored",
        },
        // WordPress says 401 to nobody in particular and 403 to somebody who may not, with the same
        // words.
        (
            "application_passwords_disabled"
            | "application_passwords_disabled_for_user"
            | "rest_not_logged_in",
            _,
        )
        | (_, 401) => CallError::Credential { why: NOT_SIGNED_IN },
        ("rest_comment_closed" | "rest_comment_draft_post" | "rest_comment_trash_post", _) => {
            CallError::Permission {
                why: "comments under this page of the website are closed",
            }
        }
        ("rest_trash_not_supported", _) => CallError::Permission {
            why: "the website keeps no trash, so deleting would be for good: a person does that there",
        },
        ("comment_flood", _) | (_, 429) => CallError::RateLimited {
            after: reply.retry_after(),
        },
        // Not that the comment is gone: the whole of the API is.
        ("rest_no_route" | "rest_disabled", _) => CallError::Permission {
            why: "the website's REST API for comments is switched off, by a plug-in perhaps",
        },
        (_, 403) => CallError::Permission { why: MAY_NOT },
        (_, 501 | 400..=499) => CallError::Refused {
            code: u32::from(status),
            subcode: None,
        },
        (_, 500..) => CallError::Retry {
            after: reply.retry_after(),
            maybe_done: true,
            why: "the website has a fault of its own",
        },
        _ => CallError::Unreadable { status },
    }
}

/// What did not come from WordPress: from its server, a firewall before it, or a broken plug-in.
fn without_a_word(reply: &Reply, status: u16) -> CallError {
    match status {
        300..=399 => CallError::Permission {
            why: "the website sends calls on to another address: store the address that a browser ends up at",
        },
        // A missing page is no missing comment.
        404 | 410 => CallError::Permission {
            why: "there is no WordPress API at the website's address: check the address, and its permalinks",
        },
        403 | 405 | 406 => CallError::Permission {
            why: "something in front of the website, a firewall perhaps, does not let the call through",
        },
        _ => reply
            .verdict_by_status()
            .unwrap_or(CallError::Unreadable { status }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::Meter;
    use serde_json::json;

    fn reply(status: u16, json: Option<Value>) -> Reply {
        Reply {
            meter: Meter::default(),
            status,
            headers: reqwest::header::HeaderMap::new(),
            json,
            body: Vec::new(),
        }
    }

    fn parse(status: u16, code: &str) -> CallError {
        let body = json!({"code": code, "message": "words in the site's language", "data": {"status": status}});
        verdict(&reply(status, Some(body))).expect("an error")
    }

    #[test]
    fn every_code_leads_to_its_decision() {
        assert_eq!(parse(404, "rest_comment_invalid_id"), CallError::Gone);
        assert_eq!(parse(404, "rest_post_invalid_id"), CallError::Gone);
        assert_eq!(parse(410, "rest_already_trashed"), CallError::AlreadyDone);
        assert_eq!(parse(409, "comment_duplicate"), CallError::AlreadyDone);
        for code in [
            "incorrect_password",
            "invalid_username",
            "rest_forbidden_context",
            "rest_cannot_edit",
        ] {
            assert!(
                matches!(parse(401, code), CallError::Credential { .. }),
                "{code}"
            );
        }
        for (status, code) in [
            (403, "rest_cannot_edit"),
            (403, "rest_cannot_read"),
            (403, "rest_forbidden_context"),
            (403, "rest_comment_closed"),
            (501, "rest_trash_not_supported"),
            (404, "rest_no_route"),
        ] {
            assert!(
                matches!(parse(status, code), CallError::Permission { .. }),
                "{code}"
            );
        }
        assert_eq!(
            parse(400, "comment_flood"),
            CallError::RateLimited { after: None }
        );
        assert_eq!(
            parse(400, "rest_invalid_param"),
            CallError::Refused {
                code: 400,
                subcode: None
            }
        );
        assert!(parse(500, "rest_comment_failed_edit").is_transient());
        assert!(parse(500, "rest_cannot_delete").is_transient());
    }

    #[test]
    fn a_missing_page_is_no_missing_comment() {
        for status in [301, 302, 403, 404, 406, 410] {
            assert!(
                matches!(
                    verdict(&reply(status, None)),
                    Some(CallError::Permission { .. })
                ),
                "{status}"
            );
        }
        assert_eq!(
            verdict(&reply(200, None)),
            Some(CallError::Unreadable { status: 200 })
        );
        assert_eq!(
            verdict(&reply(200, Some(json!(null)))),
            Some(CallError::Unreadable { status: 200 })
        );
        assert!(verdict(&reply(503, None)).is_some_and(|error| error.is_transient()));
        assert!(
            verdict(&reply(401, None))
                .is_some_and(|error| matches!(error, CallError::Credential { .. }))
        );
        assert_eq!(verdict(&reply(200, Some(json!([])))), None);
    }
}
