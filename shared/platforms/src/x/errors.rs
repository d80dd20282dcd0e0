//! X's error table: the type of a problem and the status, never its words.
//!
//! Sources: X's "Response codes and errors" and "Rate limits", and the problems of its
//! specification. A problem is named by an address that ends in its kind; the address has had two
//! hosts.

use serde_json::Value;

use super::usage::until_reset;
use crate::calls::{CallError, Reply};

/// X's older code for "too many calls", which has no type.
const RATE_LIMIT_CODE: u64 = 88;

const NO_TOKEN: CallError = CallError::Credential {
    why: "X does not take the account's access token: connect it again",
};

/// Returns what to do about an answer; none where it is a success.
///
/// A body that has errors and no data is an error whatever the status: 200 carries some.
pub(super) fn verdict(reply: &Reply) -> Option<CallError> {
    let Some(json) = &reply.json else {
        return Some(by_status(reply).unwrap_or(CallError::Unreadable {
            status: reply.status,
        }));
    };
    let errors = json["errors"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let success = (200..300).contains(&reply.status);
    if success && (errors.is_empty() || !json["data"].is_null()) {
        return None;
    }
    let kinds = std::iter::once(json).chain(errors).filter_map(kind);
    for kind in kinds {
        if let Some(error) = by_kind(kind, reply) {
            return Some(error);
        }
    }
    if errors.iter().any(|error| error["code"] == RATE_LIMIT_CODE) {
        return Some(CallError::RateLimited {
            after: until_reset(&reply.headers).or(reply.retry_after()),
        });
    }
    Some(by_status(reply).unwrap_or(CallError::Refused {
        code: u32::from(reply.status),
        subcode: None,
    }))
}

/// Returns the kind of a problem: the last part of the address that is its type.
pub(super) fn kind(problem: &Value) -> Option<&str> {
    problem["type"]
        .as_str()?
        .rsplit_once("/problems/")
        .map(|(_, kind)| kind)
}

fn by_kind(kind: &str, reply: &Reply) -> Option<CallError> {
    Some(match kind {
        "resource-not-found" => CallError::Gone,
        "rate-limit-exceeded" => CallError::RateLimited {
            after: until_reset(&reply.headers).or(reply.retry_after()),
        },
        // Neither passes by waiting: somebody has to change the plan.
        "usage-capped" => CallError::Permission {
            why: "the app has used up what its plan at X allows: raise the plan",
        },
        "client-forbidden" => CallError::Permission {
            why: "the app's plan at X does not include this call",
        },
        "not-authorized-for-resource" | "resource-unavailable" | "disallowed-resource" => {
            CallError::Permission {
                why: "X does not let the practice's account do this to this post",
            }
        }
        "internal-error" => CallError::Retry {
            after: None,
            maybe_done: true,
            why: "X has a fault of its own",
        },
        _ => return None,
    })
}

fn by_status(reply: &Reply) -> Option<CallError> {
    match reply.status {
        401 => Some(NO_TOKEN),
        402 => Some(CallError::Permission {
            why: "the app has no credit left at X: top it up",
        }),
        403 => Some(CallError::Permission {
            why: "X says that this is not allowed: a right or the plan may be missing",
        }),
        429 => Some(CallError::RateLimited {
            after: until_reset(&reply.headers).or(reply.retry_after()),
        }),
        400 => Some(CallError::Refused {
            code: 400,
            subcode: None,
        }),
        _ => reply.verdict_by_status(),
    }
}

/// Returns what to do about an answer of the token address, where `error` is a word.
pub(super) fn token_verdict(reply: &Reply) -> Option<CallError> {
    let word = reply.json.as_ref().and_then(|json| json["error"].as_str());
    match (word, reply.status) {
        (Some("invalid_client" | "unauthorized_client"), _) => Some(CallError::Credential {
            why: "X does not know the app's client id or secret: put them right in the settings",
        }),
        // Sent back for a refresh token that is used up or withdrawn; X words it as a bad request.
        (Some("invalid_request" | "invalid_grant"), _) => Some(CallError::Credential {
            why: "the practice's consent to X has ended or was withdrawn: connect the account again",
        }),
        (Some(_), 400..500) => Some(CallError::Refused {
            code: u32::from(reply.status),
            subcode: None,
        }),
        _ => by_status(reply).or(reply.json.is_none().then_some(CallError::Unreadable {
            status: reply.status,
        })),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::calls::Meter;

    fn reply(status: u16, headers: &[(&'static str, &str)], json: Value) -> Reply {
        let headers = headers
            .iter()
            .map(|(n, v)| (n.parse().expect("name"), v.parse().expect("value")))
            .collect();
        Reply {
            meter: Meter::default(),
            status,
            headers,
            json: Some(json),
            body: Vec::new(),
        }
    }

    fn parse(status: u16, kind: &str) -> Option<CallError> {
        let body = json!({"title": "t", "detail": "d", "type": format!("https://api.twitter.com/2/problems/{kind}")});
        verdict(&reply(status, &[], body))
    }

    #[test]
    fn every_kind_of_problem_leads_to_its_decision() {
        assert_eq!(parse(404, "resource-not-found"), Some(CallError::Gone));
        for kind in [
            "usage-capped",
            "client-forbidden",
            "not-authorized-for-resource",
        ] {
            let error = parse(403, kind).expect("an error");
            assert!(
                matches!(error, CallError::Permission { .. }) && !error.is_transient(),
                "{kind}"
            );
        }
        // A plan that is used up comes as 429 too, and does not pass by waiting.
        assert!(matches!(
            parse(429, "usage-capped"),
            Some(CallError::Permission { .. })
        ));
        assert_eq!(
            parse(400, "invalid-request"),
            Some(CallError::Refused {
                code: 400,
                subcode: None
            })
        );
        assert!(parse(503, "internal-error").is_some_and(|error| error.is_transient()));
    }

    #[test]
    fn a_problem_without_a_kind_is_judged_by_its_status() {
        let about_blank = |status: u16| {
            verdict(&reply(
                status,
                &[],
                json!({"title": "t", "type": "about:blank"}),
            ))
        };
        assert!(
            about_blank(401).is_some_and(|error| matches!(error, CallError::Credential { .. }))
        );
        assert!(matches!(
            about_blank(403),
            Some(CallError::Permission { .. })
        ));
        assert!(matches!(
            about_blank(402),
            Some(CallError::Permission { .. })
        ));
        assert!(about_blank(500).is_some_and(|error| error.is_transient()));
        let html = Reply {
            meter: Meter::default(),
            status: 503,
            headers: reqwest::header::HeaderMap::new(),
            json: None,
            body: Vec::new(),
        };
        assert!(verdict(&html).is_some_and(|error| error.is_transient()));
    }

    #[test]
    fn a_limit_says_how_long_by_the_platforms_own_clock() {
        let headers = [
            ("x-rate-limit-reset", "1795169160"),
            ("date", "Fri, 20 Nov 2026 09:55:00 GMT"),
        ];
        let reset: Timestamp = "2026-11-20T10:06:00Z".parse().expect("a time");
        assert_eq!(reset.as_second(), 1_795_169_160);
        for body in [
            json!({"errors": [{"code": 88, "message": "m"}]}),
            json!({"type": "about:blank", "status": 429}),
        ] {
            let limited = CallError::RateLimited {
                after: Some(Duration::from_mins(11)),
            };
            assert_eq!(verdict(&reply(429, &headers, body.clone())), Some(limited));
            assert_eq!(
                verdict(&reply(429, &headers[..1], body)),
                Some(CallError::RateLimited { after: None })
            );
        }
    }

    /// An address that is not there any more answers so too, and the post would count as gone for
    /// ever.
    #[test]
    fn a_404_in_nobodys_words_is_no_missing_post() {
        let page = Reply {
            meter: Meter::default(),
            json: None,
            ..reply(404, &[], Value::Null)
        };
        assert_eq!(verdict(&page), Some(CallError::Unreadable { status: 404 }));
    }

    #[test]
    fn errors_beside_data_are_no_error_and_errors_alone_are() {
        let problem =
            json!({"type": "https://api.x.com/2/problems/resource-not-found", "value": "1"});
        assert_eq!(
            verdict(&reply(
                200,
                &[],
                json!({"data": [{"id": "2"}], "errors": [problem]})
            )),
            None
        );
        assert_eq!(
            verdict(&reply(200, &[], json!({"errors": [problem]}))),
            Some(CallError::Gone)
        );
        assert_eq!(
            verdict(&reply(200, &[], json!({"meta": {"result_count": 0}}))),
            None
        );
    }

    #[test]
    fn a_used_up_refresh_token_stops_the_channel() {
        let refused = |status, word| {
            token_verdict(&reply(
                status,
                &[],
                json!({"error": word, "error_description": "d"}),
            ))
        };
        assert!(
            refused(400, "invalid_request")
                .is_some_and(|error| matches!(error, CallError::Credential { .. }))
        );
        assert!(
            refused(401, "unauthorized_client")
                .is_some_and(|error| matches!(error, CallError::Credential { .. }))
        );
        assert!(
            token_verdict(&reply(503, &[], json!(null))).is_some_and(|error| error.is_transient())
        );
        assert_eq!(
            token_verdict(&reply(200, &[], json!({"access_token": "t"}))),
            None
        );
    }
}
