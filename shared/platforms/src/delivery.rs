//! Deliveries: raw bytes in, the same bytes out once the signature over them holds.
//!
//! Nothing reads a delivery that is not [`Verified`], and nothing makes one but [`verify`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;

use crate::Secret;

/// The header with Meta's signature. The older SHA-1 header is not accepted.
pub const META_SIGNATURE: &str = "x-hub-signature-256";

/// The header with X's signature.
pub const X_SIGNATURE: &str = "x-twitter-webhooks-signature";

/// Every signature begins so, Meta's and X's alike.
const PREFIX: &str = "sha256=";

/// Bytes of a SHA-256 code.
const CODE_BYTES: usize = 32;

/// A delivery whose signature holds.
#[derive(Clone, Copy, Debug)]
pub struct Verified<'a>(&'a [u8]);

impl<'a> Verified<'a> {
    /// Returns the body as it was received.
    #[must_use]
    pub const fn body(&self) -> &'a [u8] {
        self.0
    }
}

/// Why a delivery was refused. Each is answered with 401 and nothing is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// No signature header.
    #[error("the delivery is not signed")]
    Missing,
    /// The header does not begin with the name of the code.
    #[error("the signature is not a sha256 one")]
    Scheme,
    /// What follows is not the code of a signature: hexadecimal digits from Meta, base64 from X, of
    /// the right number.
    #[error("the signature is cut short or is no code")]
    Shape,
    /// The code is of something else, or made with another key.
    #[error("the signature does not fit the delivery")]
    Mismatch,
    /// No key is configured: an empty one would let anybody sign.
    #[error("no app secret is configured, so no delivery can be accepted")]
    NoKey,
}

/// The body is no JSON object, and from Meta no list with one either. Sending it again will not
/// repair it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the delivery is signed but is no JSON object")]
pub struct Malformed;

/// Checks a Meta signature over the raw bytes of a body.
///
/// `header` is the value of [`META_SIGNATURE`]. Source: Meta's Webhooks "Getting started",
/// "Validating payloads". The bytes must be those of the wire: Meta signs its own escaped form,
/// which no re-serialising gives back.
pub fn verify<'a>(
    secret: &Secret,
    header: Option<&str>,
    body: &'a [u8],
) -> Result<Verified<'a>, Refusal> {
    check(secret, header, body, |digits| {
        let mut code = [0_u8; CODE_BYTES];
        hex::decode_to_slice(digits, &mut code).ok().map(|()| code)
    })
}

/// Checks X's signature over the raw bytes of a body, with the app's consumer secret.
///
/// `header` is the value of [`X_SIGNATURE`]. Source: X's "Webhooks", "Validating the signature". It
/// holds no time, so an old delivery can be sent again by somebody who recorded it: recording twice
/// is recording once.
pub fn verify_x<'a>(
    secret: &Secret,
    header: Option<&str>,
    body: &'a [u8],
) -> Result<Verified<'a>, Refusal> {
    check(secret, header, body, |text| {
        STANDARD.decode(text).ok()?.try_into().ok()
    })
}

fn check<'a>(
    secret: &Secret,
    header: Option<&str>,
    body: &'a [u8],
    decode: impl Fn(&str) -> Option<[u8; CODE_BYTES]>,
) -> Result<Verified<'a>, Refusal> {
    if secret.is_empty() {
        return Err(Refusal::NoKey);
    }
    let header = header
        .map(str::trim)
        .filter(|header| !header.is_empty())
        .ok_or(Refusal::Missing)?;
    let code = decode(header.strip_prefix(PREFIX).ok_or(Refusal::Scheme)?).ok_or(Refusal::Shape)?;
    let mut mac = keyed(secret);
    mac.update(body);
    mac.verify_slice(&code).map_err(|_| Refusal::Mismatch)?;
    Ok(Verified(body))
}

/// Signs a body as Meta does: for the local platforms and for tests.
#[must_use]
pub fn sign(secret: &Secret, body: &[u8]) -> String {
    format!("{PREFIX}{}", code(secret, body))
}

/// Signs a body as X does: for its challenge, for the local platform and for tests.
#[must_use]
pub fn sign_x(secret: &Secret, body: &[u8]) -> String {
    let mut mac = keyed(secret);
    mac.update(body);
    format!("{PREFIX}{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Returns the hexadecimal HMAC-SHA256 of a message.
pub(crate) fn code(secret: &Secret, message: &[u8]) -> String {
    let mut mac = keyed(secret);
    mac.update(message);
    hex::encode(mac.finalize().into_bytes())
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn keyed(secret: &Secret) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret.expose().as_bytes()).expect("any length is a key")
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 4231, test case 2.
    const KEY: &str = "Jefe";
    const BODY: &[u8] = b"what do ya want for nothing?";
    const CODE: &str = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

    fn refusal(header: &str, body: &[u8]) -> Option<Refusal> {
        verify(&Secret::new(KEY), Some(header), body).err()
    }

    #[test]
    fn a_known_answer_is_accepted_and_made() {
        assert_eq!(
            verify(&Secret::new(KEY), Some(CODE), BODY).map(|v| v.body()),
            Ok(BODY)
        );
        assert_eq!(sign(&Secret::new(KEY), BODY), CODE);
    }

    #[test]
    fn every_wrong_signature_is_refused_for_its_reason() {
        assert_eq!(
            verify(&Secret::new(KEY), None, BODY).err(),
            Some(Refusal::Missing)
        );
        assert_eq!(refusal("", BODY), Some(Refusal::Missing));
        assert_eq!(
            refusal(&CODE.replace("sha256", "sha1"), BODY),
            Some(Refusal::Scheme)
        );
        assert_eq!(refusal(&CODE[7..], BODY), Some(Refusal::Scheme));
        assert_eq!(refusal("sha256=", BODY), Some(Refusal::Shape));
        assert_eq!(refusal(&CODE[..CODE.len() - 1], BODY), Some(Refusal::Shape));
        assert_eq!(refusal(&CODE[..CODE.len() - 2], BODY), Some(Refusal::Shape));
        assert_eq!(refusal(&format!("{CODE}00"), BODY), Some(Refusal::Shape));
        assert_eq!(
            refusal(&CODE.replace("=5b", "=zz"), BODY),
            Some(Refusal::Shape)
        );
        assert_eq!(
            refusal(&CODE.replace("=5b", "=5c"), BODY),
            Some(Refusal::Mismatch)
        );
        assert_eq!(
            refusal(CODE, b"what do ya want for nothing!"),
            Some(Refusal::Mismatch)
        );
        assert_eq!(
            verify(&Secret::new("Jeff"), Some(CODE), BODY).err(),
            Some(Refusal::Mismatch)
        );
    }

    // The same code in base64.
    const X_CODE: &str = "sha256=W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=";

    #[test]
    fn signatures_of_x_and_meta_are_not_taken_for_each_other() {
        let refusal = |header: &str, body| verify_x(&Secret::new(KEY), Some(header), body).err();
        assert_eq!(
            verify_x(&Secret::new(KEY), Some(X_CODE), BODY).map(|v| v.body()),
            Ok(BODY)
        );
        assert_eq!(sign_x(&Secret::new(KEY), BODY), X_CODE);
        assert_eq!(refusal(CODE, BODY), Some(Refusal::Shape));
        assert_eq!(
            verify(&Secret::new(KEY), Some(X_CODE), BODY).err(),
            Some(Refusal::Shape)
        );
        assert_eq!(refusal("", BODY), Some(Refusal::Missing));
        assert_eq!(refusal(&X_CODE[7..], BODY), Some(Refusal::Scheme));
        assert_eq!(
            refusal(&X_CODE[..X_CODE.len() - 1], BODY),
            Some(Refusal::Shape)
        );
        assert_eq!(
            refusal(&X_CODE.replace("=W9", "=W8"), BODY),
            Some(Refusal::Mismatch)
        );
        assert_eq!(
            refusal(X_CODE, b"what do ya want for nothing!"),
            Some(Refusal::Mismatch)
        );
        assert_eq!(
            verify_x(&Secret::new(" "), Some(X_CODE), BODY).err(),
            Some(Refusal::NoKey)
        );
    }

    #[test]
    fn an_empty_key_accepts_nothing() {
        let signed = sign(&Secret::new(""), BODY);
        assert_eq!(
            verify(&Secret::new(""), Some(&signed), BODY).err(),
            Some(Refusal::NoKey)
        );
    }

    #[test]
    fn a_secret_is_never_shown() {
        assert_eq!(format!("{:?}", Secret::new(KEY)), "Secret(..)");
    }
}
