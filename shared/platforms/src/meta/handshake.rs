//! The handshake by which Meta makes sure that the address is ours.

use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::Secret;

/// Longest challenge echoed. Meta sends some ten digits.
const LONGEST_CHALLENGE: usize = 100;

/// Why a handshake was refused. Each is answered with 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HandshakeRefusal {
    /// Not a subscription request, or a parameter is missing.
    #[error("this is no subscription request")]
    NotSubscribe,
    /// No token is configured: an empty one would let anybody subscribe.
    #[error("no verify token is configured, so no subscription can be accepted")]
    NoToken,
    /// The token is not ours.
    #[error("the verify token is not the configured one")]
    Token,
    /// The challenge holds more than letters and digits, so it is not echoed.
    #[error("the challenge is not one that Meta sends")]
    Challenge,
}

/// Answers a handshake: returns the challenge, to be sent back as plain text with 200.
///
/// `query` is the request's decoded parameters, with Meta's dots (`hub.mode`, `hub.challenge`,
/// `hub.verify_token`). Source: Meta's Webhooks "Getting started", "Verification requests".
pub fn handshake<'q>(
    query: impl IntoIterator<Item = (&'q str, &'q str)>,
    token: &Secret,
) -> Result<String, HandshakeRefusal> {
    let (mut mode, mut challenge, mut sent) = (None, None, None);
    for (name, value) in query {
        match name {
            "hub.mode" => mode = Some(value),
            "hub.challenge" => challenge = Some(value),
            "hub.verify_token" => sent = Some(value),
            _ => {}
        }
    }
    let (Some("subscribe"), Some(challenge), Some(sent)) = (mode, challenge, sent) else {
        return Err(HandshakeRefusal::NotSubscribe);
    };
    if token.is_empty() {
        return Err(HandshakeRefusal::NoToken);
    }
    if !bool::from(sent.as_bytes().ct_eq(token.expose().as_bytes())) {
        return Err(HandshakeRefusal::Token);
    }
    // What is echoed is chosen by the caller: nothing that a browser could take for a page.
    if challenge.len() > LONGEST_CHALLENGE
        || !challenge
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_')
    {
        return Err(HandshakeRefusal::Challenge);
    }
    Ok(challenge.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shake(
        mode: &str,
        challenge: &str,
        sent: &str,
        token: &str,
    ) -> Result<String, HandshakeRefusal> {
        let query = [
            ("hub.mode", mode),
            ("hub.challenge", challenge),
            ("hub.verify_token", sent),
        ];
        handshake(query, &Secret::new(token))
    }

    #[test]
    fn the_challenge_is_echoed_for_the_right_token_only() {
        assert_eq!(
            shake("subscribe", "1158201444", "meatyhamhock", "meatyhamhock").as_deref(),
            Ok("1158201444")
        );
        assert_eq!(
            shake("subscribe", "1", "meatyhamhoc", "meatyhamhock"),
            Err(HandshakeRefusal::Token)
        );
        assert_eq!(
            shake("subscribe", "1", "", ""),
            Err(HandshakeRefusal::NoToken)
        );
        assert_eq!(
            shake("subscribe", "1", " ", " "),
            Err(HandshakeRefusal::NoToken)
        );
        assert_eq!(
            shake("unsubscribe", "1", "t", "t"),
            Err(HandshakeRefusal::NotSubscribe)
        );
        assert_eq!(
            shake("subscribe", "<script>", "t", "t"),
            Err(HandshakeRefusal::Challenge)
        );
        assert_eq!(
            handshake([("hub.mode", "subscribe")], &Secret::new("t")),
            Err(HandshakeRefusal::NotSubscribe)
        );
    }
}
