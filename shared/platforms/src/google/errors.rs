//! Google's error table: the status and the reasons among the details, never the message.
//!
//! Source: google.rpc `Status` and `ErrorInfo`; the Business Profile API's "Quota limits".

use serde_json::Value;

use crate::calls::{CallError, Reply};

/// Returns what to do about an answer; none where it is a success.
pub(super) fn verdict(reply: &Reply) -> Option<CallError> {
    let Some(json) = &reply.json else {
        return Some(reply.verdict_by_status().unwrap_or(CallError::Unreadable {
            status: reply.status,
        }));
    };
    let error = match json.get("error") {
        None | Some(Value::Null) => return reply.verdict_by_status(),
        Some(error) => error,
    };
    let status = error["status"].as_str().unwrap_or_default();
    let code = error["code"]
        .as_u64()
        .and_then(|code| u16::try_from(code).ok())
        .unwrap_or(reply.status);
    Some(match (code, status) {
        (_, _) if has(error, "reason", "SERVICE_DISABLED") => CallError::Permission {
            why: "an API is not enabled in the Google Cloud project: enable the three that the set-up guide names",
        },
        (_, _) if has(error, "reason", "UNVERIFIED_LOCATION") => CallError::Permission {
            why: "Google has not verified this location: verify it in Google Business Profile, and its reviews come in",
        },
        (_, _) if has(error, "reason", "ACCESS_TOKEN_SCOPE_INSUFFICIENT") => {
            CallError::Permission {
                why: "the consent to Google does not cover reviews: connect the location again, with the scope business.manage",
            }
        }
        (429, _) | (_, "RESOURCE_EXHAUSTED") if has(error, "quota_limit_value", "0") => {
            CallError::Permission {
                why: "Google has not approved this project for the Business Profile API (its quota is 0): apply for access",
            }
        }
        (429, _) | (_, "RESOURCE_EXHAUSTED") => CallError::RateLimited {
            after: reply.retry_after(),
        },
        (401, _) | (_, "UNAUTHENTICATED") => CallError::Credential {
            why: "Google does not take the access token: connect the location again",
        },
        (403, _) | (_, "PERMISSION_DENIED") => CallError::Permission {
            why: "the person who connected the location does not manage it any more: connect it again as a manager",
        },
        (404, _) | (_, "NOT_FOUND") => CallError::Gone,
        (500.., _) | (_, "UNAVAILABLE" | "INTERNAL" | "DEADLINE_EXCEEDED" | "ABORTED") => {
            CallError::Retry {
                after: reply.retry_after(),
                maybe_done: true,
                why: "Google has a fault of its own",
            }
        }
        (code, _) => CallError::Refused {
            code: u32::from(code),
            subcode: None,
        },
    })
}

/// Returns `true` if one of the details, or its metadata, says so.
fn has(error: &Value, name: &str, value: &str) -> bool {
    error["details"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|detail| [detail, &detail["metadata"]])
        .any(|place| place[name].as_str() == Some(value))
}

/// Returns what to do about an answer of the token address, where `error` is a word and not an
/// object.
pub(super) fn token_verdict(reply: &Reply) -> Option<CallError> {
    let word = reply
        .json
        .as_ref()
        .and_then(|json| json.get("error"))
        .and_then(Value::as_str);
    match word {
        Some("invalid_grant") => Some(CallError::Credential {
            why: "the practice's consent to Google has expired or was withdrawn: connect the location again",
        }),
        Some("invalid_client" | "unauthorized_client") => Some(CallError::Credential {
            why: "Google does not know this app's client id or secret: put them right in the settings",
        }),
        Some(_) if reply.status < 500 => Some(CallError::Refused {
            code: u32::from(reply.status),
            subcode: None,
        }),
        _ => match &reply.json {
            Some(_) => reply.verdict_by_status(),
            None => Some(reply.verdict_by_status().unwrap_or(CallError::Unreadable {
                status: reply.status,
            })),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::Meter;
    use serde_json::json;

    fn reply(status: u16, json: Value) -> Reply {
        Reply {
            meter: Meter::default(),
            status,
            headers: reqwest::header::HeaderMap::new(),
            json: Some(json),
            body: Vec::new(),
        }
    }

    fn parse(code: u16, status: &str, details: &Value) -> CallError {
        let body = json!({"error": {"code": code, "message": "words", "status": status, "details": details}});
        verdict(&reply(code, body)).expect("an error")
    }

    /// An address that is not there any more answers so too, and the post would count as gone for
    /// ever.
    #[test]
    fn a_404_in_nobodys_words_is_no_missing_post() {
        let page = Reply {
            meter: Meter::default(),
            json: None,
            ..reply(404, Value::Null)
        };
        assert_eq!(verdict(&page), Some(CallError::Unreadable { status: 404 }));
    }

    #[test]
    fn every_status_leads_to_its_decision() {
        assert!(matches!(
            parse(401, "UNAUTHENTICATED", &json!([])),
            CallError::Credential { .. }
        ));
        assert!(matches!(
            parse(403, "PERMISSION_DENIED", &json!(null)),
            CallError::Permission { .. }
        ));
        assert_eq!(parse(404, "NOT_FOUND", &json!([])), CallError::Gone);
        assert_eq!(
            parse(429, "RESOURCE_EXHAUSTED", &json!([])),
            CallError::RateLimited { after: None }
        );
        assert!(parse(503, "UNAVAILABLE", &json!([])).is_transient());
        assert_eq!(
            parse(400, "INVALID_ARGUMENT", &json!([])),
            CallError::Refused {
                code: 400,
                subcode: None
            }
        );
    }

    #[test]
    fn what_will_never_pass_is_not_waited_for() {
        let unverified = json!([{"@type": "t", "reason": "UNVERIFIED_LOCATION"}]);
        assert!(matches!(
            parse(400, "FAILED_PRECONDITION", &unverified),
            CallError::Permission { .. }
        ));
        let disabled = json!([{"@type": "t", "reason": "SERVICE_DISABLED"}]);
        assert!(
            parse(403, "PERMISSION_DENIED", &disabled)
                .to_string()
                .contains("not enabled")
        );
        let narrow = json!([{"@type": "t", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]);
        assert!(
            parse(403, "PERMISSION_DENIED", &narrow)
                .to_string()
                .contains("does not cover reviews")
        );
        let none =
            json!([{"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_limit_value": "0"}}]);
        assert!(matches!(
            parse(429, "RESOURCE_EXHAUSTED", &none),
            CallError::Permission { .. }
        ));
        let some =
            json!([{"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_limit_value": "300"}}]);
        assert!(parse(429, "RESOURCE_EXHAUSTED", &some).is_transient());
    }

    #[test]
    fn a_withdrawn_consent_stops_the_channel() {
        let body = json!({"error": "invalid_grant", "error_description": "words"});
        assert!(
            token_verdict(&reply(400, body))
                .is_some_and(|error| matches!(error, CallError::Credential { .. }))
        );
        assert!(token_verdict(&reply(503, json!(null))).is_some_and(|error| error.is_transient()));
        assert_eq!(
            token_verdict(&reply(200, json!({"access_token": "t"}))),
            None
        );
        assert_eq!(verdict(&reply(200, json!({}))), None);
    }
}
