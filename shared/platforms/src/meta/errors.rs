//! Meta's error table. Codes only: the messages are translated, and one on record names another
//! code than it has.
//!
//! Sources: Meta's "Handle Errors" and Messenger Platform error codes, and recordings.

use std::time::Duration;

use serde_json::Value;

use crate::calls::{CallError, Reply};

/// Wait after "too many calls to the feed" (341): Meta gives no time, and it is the longer-lived
/// limit.
const FEED_LIMIT: Duration = Duration::from_hours(1);

/// Which call was made, where the same code means different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Graph {
    /// Anything that is not listed.
    Any,
    /// A public reply, for which "duplicate" means that it stands there already.
    Reply,
    /// Blocking somebody on Instagram, for which code 1 means that no conversation exists.
    Block,
    /// A list, of which Meta may be asked for too much at once: then it answers with code 1.
    List,
    /// Asking as the app what was granted with a token, for which every fault of a token is the
    /// app's.
    Inspect,
    /// Exchanging a code or a token, for which code 1 means that the app's id or secret is wrong.
    Exchange,
}

/// Meta was asked for more than it tells at once. The same will not do later, but less will.
pub(crate) const TOO_MUCH: CallError = CallError::Retry {
    after: None,
    maybe_done: false,
    why: "the platform has too much to tell at once",
};

/// The app asks about a token that is not its own.
const ANOTHER_APPS: CallError = CallError::Credential {
    why: "the token was made by another app than the one stored in facebook/app: get the page's token through that app",
};

/// The app itself is not known by what is stored.
const NOT_THE_APP: CallError = CallError::Credential {
    why: "Meta does not take the app's id and secret: store facebook/app again as the set-up guide says",
};

/// Returns what to do about an answer; none where it is a success.
///
/// A body with `error` is an error whatever the status: 200 carries some.
pub(crate) fn verdict(call: Graph, reply: &Reply) -> Option<CallError> {
    let Some(json) = &reply.json else {
        return Some(reply.verdict_by_status().unwrap_or(CallError::Unreadable {
            status: reply.status,
        }));
    };
    let error = match json.get("error") {
        None | Some(Value::Null) => return reply.verdict_by_status(),
        Some(error) => error,
    };
    let number = |name: &str| {
        error
            .get(name)
            .and_then(Value::as_u64)
            .and_then(|n| u32::try_from(n).ok())
    };
    let Some(code) = number("code") else {
        return Some(reply.verdict_by_status().unwrap_or(CallError::Unreadable {
            status: reply.status,
        }));
    };
    Some(by_code(
        call,
        code,
        number("error_subcode"),
        error["is_transient"].as_bool(),
    ))
}

fn by_code(call: Graph, code: u32, subcode: Option<u32>, transient: Option<bool>) -> CallError {
    let refused = CallError::Refused { code, subcode };
    match (code, subcode) {
        (100, _) if call == Graph::Inspect => ANOTHER_APPS,
        (101 | 102 | 190, _) if call == Graph::Inspect => NOT_THE_APP,
        (1 | 101, _) if call == Graph::Exchange => NOT_THE_APP,
        // Subcodes first: they mean the same under several codes.
        (10 | 200 | 551, Some(1_545_041)) | (551, _) => CallError::Unavailable,
        (10, Some(2_018_278 | 2_534_022)) => CallError::OutsideWindow,
        (100, Some(33)) => CallError::Gone,
        (1, _) if call == Graph::Block => CallError::Permission {
            why: "Instagram lets an app block only people who have a private conversation with the practice: block them \
                  in Instagram itself",
        },
        // Its message asks for less, and is translated: code 1 is all there is to go by.
        (1, _) if call == Graph::List && transient != Some(false) => TOO_MUCH,
        (1 | 2, _) if transient == Some(false) => refused,
        (1 | 2, _) => CallError::Retry {
            after: None,
            maybe_done: true,
            why: "the platform has a fault of its own",
        },
        (4 | 17 | 32 | 613 | 80_000..=80_014, _) => CallError::RateLimited { after: None },
        (341, _) => CallError::RateLimited {
            after: Some(FEED_LIMIT),
        },
        (3, _) => CallError::Permission {
            why: "the app may not make this call: its review at Meta is not complete",
        },
        (10 | 200..=299, _) => CallError::Permission {
            why: "the app or the person who connected the page lacks a permission for this",
        },
        (102 | 190, subcode) => CallError::Credential {
            why: token_fault(subcode),
        },
        (368, _) => CallError::Blocked,
        (506, _) if call == Graph::Reply => CallError::AlreadyDone,
        (10_900, _) => CallError::AlreadyDone,
        _ if transient == Some(true) => CallError::Retry {
            after: None,
            maybe_done: true,
            why: "the platform asks to try again later",
        },
        _ => refused,
    }
}

/// Returns why a token is worth nothing, as the app is told when it asks.
pub(super) fn inspected(error: &Value) -> CallError {
    if error["code"] == 100 {
        return ANOTHER_APPS;
    }
    let subcode = error["subcode"]
        .as_u64()
        .and_then(|n| u32::try_from(n).ok());
    CallError::Credential {
        why: token_fault(subcode),
    }
}

/// Returns what is wrong with a token, and so what a person has to do.
fn token_fault(subcode: Option<u32>) -> &'static str {
    match subcode {
        Some(458) => {
            "the person who connected the page has removed the app: connect the page again"
        }
        Some(459 | 464) => {
            "Facebook wants the person who connected the page to log in and confirm who they are"
        }
        Some(460) => {
            "the person who connected the page has changed the password or logged out: connect the page again"
        }
        Some(463 | 467) => "the page's access token has expired: connect the page again",
        Some(492) => {
            "the person who connected the page has no role on it any more: connect the page again"
        }
        _ => "Facebook does not take the page's access token: connect the page again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::Meter;
    use serde_json::json;

    fn parse(call: Graph, status: u16, json: Value) -> Option<CallError> {
        verdict(
            call,
            &Reply {
                meter: Meter::default(),
                status,
                headers: reqwest::header::HeaderMap::new(),
                json: Some(json),
                body: Vec::new(),
            },
        )
    }

    fn error(code: u32, subcode: Option<u32>) -> CallError {
        let body = match subcode {
            Some(subcode) => {
                json!({"error": {"message": "m", "type": "t", "code": code, "error_subcode": subcode}})
            }
            None => json!({"error": {"message": "m", "type": "t", "code": code}}),
        };
        // 200 on purpose: an error body is an error whatever the status.
        parse(Graph::Any, 200, body).expect("an error")
    }

    /// An address that is not there any more answers so too, and the post would count as gone for
    /// ever.
    #[test]
    fn a_404_in_nobodys_words_is_no_missing_post() {
        let page = Reply {
            meter: Meter::default(),
            status: 404,
            headers: reqwest::header::HeaderMap::new(),
            json: None,
            body: b"<html>Not Found</html>".to_vec(),
        };
        assert_eq!(
            verdict(Graph::Any, &page),
            Some(CallError::Unreadable { status: 404 })
        );
    }

    #[test]
    fn every_code_leads_to_its_decision() {
        for (code, subcode) in [
            (4, None),
            (17, None),
            (32, None),
            (613, None),
            (613, Some(1996)),
            (80_001, None),
        ] {
            assert_eq!(
                error(code, subcode),
                CallError::RateLimited { after: None },
                "{code}"
            );
        }
        assert_eq!(
            error(341, None),
            CallError::RateLimited {
                after: Some(FEED_LIMIT)
            }
        );
        for (code, subcode) in [(190, None), (190, Some(458)), (190, Some(463)), (102, None)] {
            assert!(
                matches!(error(code, subcode), CallError::Credential { .. }),
                "{code}"
            );
        }
        for code in [3, 10, 200, 299] {
            assert!(
                matches!(error(code, None), CallError::Permission { .. }),
                "{code}"
            );
        }
        assert_eq!(error(10, Some(2_018_278)), CallError::OutsideWindow);
        assert_eq!(error(200, Some(1_545_041)), CallError::Unavailable);
        assert_eq!(error(551, Some(1_545_041)), CallError::Unavailable);
        assert_eq!(error(100, Some(33)), CallError::Gone);
        assert_eq!(
            error(100, None),
            CallError::Refused {
                code: 100,
                subcode: None
            }
        );
        assert_eq!(error(368, Some(1_390_008)), CallError::Blocked);
        assert_eq!(error(10_900, None), CallError::AlreadyDone);
        assert_eq!(
            error(10_903, None),
            CallError::Refused {
                code: 10_903,
                subcode: None
            }
        );
        assert_eq!(
            error(2500, None),
            CallError::Refused {
                code: 2500,
                subcode: None
            }
        );
        assert_eq!(
            error(506, None),
            CallError::Refused {
                code: 506,
                subcode: None
            }
        );
    }

    #[test]
    fn what_may_pass_is_tried_again_unless_it_says_that_it_will_not() {
        let odd = |transient: bool| json!({"error": {"code": 1, "error_subcode": 1_965_014, "is_transient": transient}});
        assert!(error(1, None).is_transient() && error(2, None).is_transient());
        assert!(parse(Graph::Any, 500, odd(true)).is_some_and(|error| error.is_transient()));
        assert_eq!(
            parse(Graph::Any, 500, odd(false)),
            Some(CallError::Refused {
                code: 1,
                subcode: Some(1_965_014)
            })
        );
        let unlisted = json!({"error": {"code": 4_711, "is_transient": true}});
        assert!(parse(Graph::Any, 400, unlisted).is_some_and(|error| error.is_transient()));
    }

    #[test]
    fn the_same_code_means_another_thing_to_another_call() {
        let body = |code: u32| json!({"error": {"message": "m", "code": code}});
        assert_eq!(
            parse(Graph::Reply, 400, body(506)),
            Some(CallError::AlreadyDone)
        );
        assert!(matches!(
            parse(Graph::Block, 400, body(1)),
            Some(CallError::Permission { .. })
        ));
        assert_eq!(parse(Graph::List, 500, body(1)), Some(TOO_MUCH));
        assert!(matches!(
            parse(Graph::List, 500, body(2)),
            Some(CallError::Retry { .. })
        ));
        assert!(parse(Graph::Block, 500, body(2)).is_some_and(|error| error.is_transient()));
        let inspected = |code: u32| {
            parse(Graph::Inspect, 400, body(code))
                .expect("an error")
                .to_string()
        };
        assert!(
            inspected(100).contains("another app")
                && inspected(190).contains("the app's id and secret")
        );
    }

    #[test]
    fn answers_without_a_code_are_judged_by_their_status() {
        assert_eq!(parse(Graph::Any, 200, json!({"success": true})), None);
        assert_eq!(
            parse(Graph::Any, 200, json!({"error": null, "id": "1"})),
            None
        );
        assert_eq!(
            parse(Graph::Any, 200, json!({"error": "x"})),
            Some(CallError::Unreadable { status: 200 })
        );
        assert!(parse(Graph::Any, 502, json!(null)).is_some_and(|error| error.is_transient()));
        let html = Reply {
            meter: Meter::default(),
            status: 503,
            headers: reqwest::header::HeaderMap::new(),
            json: None,
            body: Vec::new(),
        };
        assert!(verdict(Graph::Any, &html).is_some_and(|error| error.is_transient()));
        let html = Reply {
            meter: Meter::default(),
            status: 200,
            headers: reqwest::header::HeaderMap::new(),
            json: None,
            body: Vec::new(),
        };
        assert_eq!(
            verdict(Graph::Any, &html),
            Some(CallError::Unreadable { status: 200 })
        );
    }
}
