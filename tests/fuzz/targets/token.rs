//! A token holds only if it is signed and says all that it has to; whatever else it is, it is
//! refused. The first line of the input is its head, the rest is what it says.
#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use pagewarden_oidc::{Expected, Keys, TokenError, verify};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use serde_json::json;

/// A key for tests, known to everybody.
static KEY: LazyLock<RsaKeyPair> = LazyLock::new(|| {
    RsaKeyPair::from_pkcs8(include_bytes!("../../../infra/fakes/src/google/first.der")).expect("a key")
});
static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(KEY.public());
    let key = json!({ "kty": "RSA", "kid": "first", "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e) });
    Keys::of(&json!({ "keys": [key] })).expect("a set of keys")
});
const NOW: i64 = 1_790_000_000;

fuzz_target!(|text: &str| {
    let expected = Expected {
        issuers: &["https://issuer.example"],
        audience: "us",
        client: Some("us"),
        nonce: Some("n"),
        shown_since: Timestamp::from_second(NOW - 60).ok(),
    };
    let now = Timestamp::from_second(NOW).expect("a time");
    assert!(verify(&KEYS, text, &expected, now).is_err(), "nobody signed it");
    let (head, said) = text.split_once('\n').unwrap_or((r#"{"alg":"RS256","kid":"first"}"#, text));
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(said));
    let mut signature = vec![0; KEY.public().modulus_len()];
    KEY.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).expect("it is signed");
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(&signature));
    match verify(&KEYS, &token, &expected, now) {
        Ok(claims) => assert_eq!(claims.issuer, "https://issuer.example"),
        Err(why) => assert_ne!(why, TokenError::Mismatch, "it is signed"),
    }
    signature[0] ^= 1;
    let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(&signature));
    assert!(verify(&KEYS, &forged, &expected, now).is_err(), "its signature was changed");
});
