//! The challenge by which X makes sure, every hour or so, that the address is ours.

use serde_json::json;
use thiserror::Error;

use crate::{Secret, delivery};

/// Longest token answered. X sends some forty characters.
const LONGEST_TOKEN: usize = 200;

/// Why a challenge was refused. Each is answered with 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChallengeRefusal {
    /// There is no token to answer.
    #[error("this is no challenge")]
    Missing,
    /// No secret is configured, so there is nothing to prove.
    #[error("no consumer secret is configured, so no challenge can be answered")]
    NoKey,
    /// The token holds what X's tokens do not.
    #[error("the challenge is not one that X sends")]
    Token,
}

/// Answers a challenge: returns the JSON to be sent back with 200.
///
/// `query` is the request's decoded parameters, with X's `crc_token`. Source: X's "Webhooks",
/// "Challenge-Response Checks".
///
/// The answer is the very signature that X puts on a delivery, over a text that the caller chooses
/// and without anybody having to prove who asks. So whatever could be a delivery is refused: those
/// are JSON objects, and a token of letters, digits and base64's signs never is one.
pub fn challenge<'q>(
    query: impl IntoIterator<Item = (&'q str, &'q str)>,
    consumer_secret: &Secret,
) -> Result<String, ChallengeRefusal> {
    let token = query
        .into_iter()
        .find_map(|(name, value)| (name == "crc_token").then_some(value));
    let token = token
        .filter(|token| !token.is_empty())
        .ok_or(ChallengeRefusal::Missing)?;
    if consumer_secret.is_empty() {
        return Err(ChallengeRefusal::NoKey);
    }
    let plain = |b: u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+' | b'/' | b'=' | b'.' | b'~')
    };
    if token.len() > LONGEST_TOKEN || !token.bytes().all(plain) {
        return Err(ChallengeRefusal::Token);
    }
    Ok(
        json!({ "response_token": delivery::sign_x(consumer_secret, token.as_bytes()) })
            .to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(token: &str, secret: &str) -> Result<String, ChallengeRefusal> {
        challenge([("other", "1"), ("crc_token", token)], &Secret::new(secret))
    }

    #[test]
    fn a_challenge_is_answered_with_a_known_code() {
        let expected =
            r#"{"response_token":"sha256=7cW+4H84Rt9UiwlSVJwEDCHmCjqMWkMe92/NiRJ5oxo="}"#;
        assert_eq!(answer("YWJjZA==", "Jefe").as_deref(), Ok(expected));
        assert_eq!(answer("1", " "), Err(ChallengeRefusal::NoKey));
        assert_eq!(answer("", "Jefe"), Err(ChallengeRefusal::Missing));
        assert_eq!(
            challenge([("token", "1")], &Secret::new("Jefe")),
            Err(ChallengeRefusal::Missing)
        );
    }

    #[test]
    fn a_challenge_never_signs_what_could_be_sent_as_a_delivery() {
        for body in [
            r#"{"data":{}}"#,
            "{}",
            "[]",
            "\"text\"",
            " 1",
            "1\n",
            &"9".repeat(201),
        ] {
            assert_eq!(answer(body, "Jefe"), Err(ChallengeRefusal::Token), "{body}");
        }
        // What is signed is refused as a body, for it is no object.
        let signed = delivery::sign_x(&Secret::new("Jefe"), b"1158201444");
        let verified =
            delivery::verify_x(&Secret::new("Jefe"), Some(&signed), b"1158201444").expect("signed");
        assert_eq!(super::super::read(verified), Err(delivery::Malformed));
    }
}
