//! Tokens as an issuer, and as somebody who forges them, would write them.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::cell::Cell;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use pagewarden_oidc::{Claims, Expected, KeyError, Keyring, Keys, TokenError, verify};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use serde_json::{Value, json};

/// Two keys that were made for the fakes and open nothing.
const FIRST: &[u8] = include_bytes!("../../../infra/fakes/src/google/first.der");
const SECOND: &[u8] = include_bytes!("../../../infra/fakes/src/google/second.der");

const ISSUER: &str = "https://id.example";
const CLIENT: &str = "pagewarden";

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn pair(der: &[u8]) -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(der).unwrap()
}

fn jwk(der: &[u8], kid: &str) -> Value {
    let RsaPublicKeyComponents { n, e } =
        RsaPublicKeyComponents::<Vec<u8>>::from(pair(der).public());
    json!({ "kid": kid, "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e) })
}

fn keys() -> Keys {
    Keys::of(&json!({ "keys": [jwk(FIRST, "first")] })).unwrap()
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

fn signed(der: &[u8], header: &Value, claims: &Value) -> String {
    let (message, pair) = (unsigned(header, claims), pair(der));
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn header() -> Value {
    json!({ "alg": "RS256", "kid": "first", "typ": "JWT" })
}

fn claims() -> Value {
    let now = now().as_second();
    json!({ "iss": ISSUER, "aud": CLIENT, "sub": "u1", "nonce": "n1", "iat": now, "exp": now + 300,
        "email": "Pat@Practice.example", "email_verified": true })
}

/// The claims with some of them changed, or taken away by null.
fn with(changes: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
        .as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null());
    claims
}

const EXPECTED: Expected<'_> = Expected {
    issuers: &[ISSUER],
    audience: CLIENT,
    client: Some(CLIENT),
    nonce: Some("n1"),
    shown_since: None,
};

fn check(token: &str) -> Result<Claims, TokenError> {
    verify(&keys(), token, &EXPECTED, now())
}

fn said(changes: &Value) -> Result<Claims, TokenError> {
    check(&signed(FIRST, &header(), &with(changes)))
}

#[test]
fn a_token_of_the_issuer_says_who_it_is() {
    let claims = said(&json!({})).unwrap();
    let wanted = Claims {
        issuer: ISSUER.to_owned(),
        subject: "u1".to_owned(),
        email: Some("Pat@Practice.example".to_owned()),
        shown_at: None,
    };
    assert_eq!(claims, wanted);
}

#[test]
fn an_algorithm_is_never_the_tokens_to_choose() {
    for alg in ["none", "None", "NONE", "", "RS384", "ES256"] {
        let header = json!({ "alg": alg, "kid": "first" });
        assert_eq!(
            check(&format!("{}.", unsigned(&header, &claims()))),
            Err(TokenError::Shape),
            "{alg}"
        );
        assert_eq!(
            check(&signed(FIRST, &header, &claims())),
            Err(TokenError::Shape),
            "{alg}"
        );
    }
    // The public key is known to everybody, so a check that took it for a shared secret would take
    // anybody's token.
    let public = jwk(FIRST, "first");
    for secret in [public.to_string(), public["n"].as_str().unwrap().to_owned()] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        for alg in ["HS256", "RS256"] {
            let message = unsigned(&json!({ "alg": alg, "kid": "first" }), &claims());
            let token = format!(
                "{message}.{}",
                URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()))
            );
            assert!(check(&token).is_err(), "{alg}");
        }
    }
}

#[test]
fn a_signature_is_of_these_very_words_by_a_key_of_the_issuer() {
    let token = signed(FIRST, &header(), &claims());
    let (_, signature) = token.rsplit_once('.').unwrap();
    let other = unsigned(&header(), &with(&json!({ "sub": "u2" })));
    assert_eq!(
        check(&format!("{other}.{signature}")),
        Err(TokenError::Mismatch)
    );
    assert_eq!(
        check(&signed(SECOND, &header(), &claims())),
        Err(TokenError::Mismatch)
    );
    let unknown = json!({ "alg": "RS256", "kid": "second" });
    assert_eq!(
        check(&signed(SECOND, &unknown, &claims())),
        Err(TokenError::UnknownKey)
    );
    // A key that comes with the token is nobody's.
    let own = json!({ "alg": "RS256", "kid": "own", "jwk": jwk(SECOND, "own"), "jku": "https://evil.example" });
    assert_eq!(
        check(&signed(SECOND, &own, &claims())),
        Err(TokenError::UnknownKey)
    );
    let critical = json!({ "alg": "RS256", "kid": "first", "crit": ["exp"] });
    assert_eq!(
        check(&signed(FIRST, &critical, &claims())),
        Err(TokenError::Shape)
    );
    assert_eq!(
        check(&signed(FIRST, &json!({ "alg": "RS256" }), &claims())),
        Err(TokenError::Shape)
    );
    for token in [
        "",
        ".",
        "..",
        "a.b.c",
        "a.b",
        &token[..token.len() - 9],
        &token.replace('.', ""),
    ] {
        assert!(check(token).is_err(), "{token}");
    }
}

#[test]
fn a_token_is_for_this_client_by_this_issuer() {
    for other in [
        json!("https://id.example/"),
        json!("https://evil.example"),
        json!(""),
    ] {
        assert_eq!(
            said(&json!({ "iss": other })),
            Err(TokenError::Issuer),
            "{other}"
        );
    }
    for other in [json!("another"), json!(["another"]), json!([])] {
        assert_eq!(
            said(&json!({ "aud": other })),
            Err(TokenError::Audience),
            "{other}"
        );
    }
    assert!(said(&json!({ "aud": [CLIENT] })).is_ok());
    assert!(said(&json!({ "azp": CLIENT })).is_ok());
    assert_eq!(said(&json!({ "azp": "another" })), Err(TokenError::Client));
    let both = json!([CLIENT, "another"]);
    assert_eq!(said(&json!({ "aud": both })), Err(TokenError::Client));
    assert_eq!(
        said(&json!({ "aud": both, "azp": "another" })),
        Err(TokenError::Client)
    );
    assert!(said(&json!({ "aud": both, "azp": CLIENT })).is_ok());
    // Nobody who looks for no client is taken in by a token for several.
    let lax = Expected {
        client: None,
        ..EXPECTED
    };
    let token = |changes: &Value| signed(FIRST, &header(), &with(changes));
    assert!(verify(&keys(), &token(&json!({ "azp": "1137" })), &lax, now()).is_ok());
    assert_eq!(
        verify(&keys(), &token(&json!({ "aud": both })), &lax, now()),
        Err(TokenError::Client)
    );
}

#[test]
fn a_token_answers_the_request_that_was_made() {
    // One that was used before carries the nonce of that time.
    assert_eq!(said(&json!({ "nonce": "n0" })), Err(TokenError::Nonce));
    assert_eq!(said(&json!({ "nonce": null })), Err(TokenError::Nonce));
    let none = Expected {
        nonce: None,
        ..EXPECTED
    };
    assert!(verify(&keys(), &signed(FIRST, &header(), &claims()), &none, now()).is_ok());
}

#[test]
fn a_token_says_when_somebody_showed_who_they_are() {
    let at = |seconds: i64| json!({ "auth_time": now().as_second() + seconds });
    let asked_at = |seconds| Expected {
        shown_since: Some(now() + SignedDuration::from_secs(seconds)),
        ..EXPECTED
    };
    let since = |changes: &Value, expected: &Expected<'_>| {
        let token = signed(FIRST, &header(), &with(changes));
        verify(&keys(), &token, expected, now()).map(|claims| claims.shown_at)
    };
    // Asked half a minute ago; the clocks may differ by one.
    for (seconds, taken) in [
        (0, true),
        (-30, true),
        (-90, true),
        (-91, false),
        (-3_600, false),
    ] {
        let wanted = if taken {
            Ok(Some(now() + SignedDuration::from_secs(seconds)))
        } else {
            Err(TokenError::NotAskedAgain)
        };
        assert_eq!(since(&at(seconds), &asked_at(-30)), wanted, "{seconds}");
        assert!(since(&at(seconds), &EXPECTED).is_ok(), "{seconds}");
    }
    assert_eq!(since(&at(61), &asked_at(-30)), Err(TokenError::NotYet));
    // An issuer that leaves it out, or says it in another way, was asked for nothing in vain.
    for nothing in [
        json!(null),
        json!("1795687200"),
        json!(true),
        json!(1e300),
        json!(i64::MAX),
    ] {
        let changes = json!({ "auth_time": nothing });
        assert_eq!(
            since(&changes, &asked_at(-30)),
            Err(TokenError::NoAuthTime),
            "{nothing}"
        );
        assert_eq!(since(&changes, &EXPECTED), Ok(None), "{nothing}");
    }
    assert_eq!(
        since(&json!({ "auth_time": i64::MIN }), &asked_at(-30)),
        Err(TokenError::NoAuthTime)
    );
}

#[test]
fn a_token_holds_for_its_time_and_a_minute_to_either_side() {
    let at = |seconds: i64| json!(now().as_second() + seconds);
    assert!(said(&json!({ "exp": at(-59) })).is_ok());
    assert_eq!(said(&json!({ "exp": at(-60) })), Err(TokenError::Expired));
    assert_eq!(said(&json!({ "exp": i64::MIN })), Err(TokenError::Expired));
    for from in ["nbf", "iat"] {
        assert!(said(&json!({ from: at(60) })).is_ok(), "{from}");
        assert_eq!(
            said(&json!({ from: at(61) })),
            Err(TokenError::NotYet),
            "{from}"
        );
    }
    assert!(said(&json!({ "iat": null })).is_ok());
    for needed in ["iss", "aud", "exp", "sub"] {
        assert_eq!(
            said(&json!({ needed: null })),
            Err(TokenError::Claims),
            "{needed}"
        );
    }
    assert_eq!(said(&json!({ "sub": "" })), Err(TokenError::Claims));
}

#[test]
fn only_an_address_that_the_issuer_verified_is_one() {
    for unverified in [json!(false), json!("true"), json!(1), json!(null)] {
        assert_eq!(
            said(&json!({ "email_verified": unverified }))
                .unwrap()
                .email,
            None,
            "{unverified}"
        );
    }
    assert_eq!(said(&json!({ "email": null })).unwrap().email, None);
}

#[test]
fn keys_for_something_else_are_left_out() {
    let mut encrypts = jwk(SECOND, "second");
    encrypts["use"] = json!("enc");
    let mut other = jwk(SECOND, "second");
    other["alg"] = json!("RSA-OAEP");
    let set = json!({ "keys": [encrypts, other, { "kid": "second", "kty": "EC" }, "x", jwk(FIRST, "first")] });
    let token = signed(
        SECOND,
        &json!({ "alg": "RS256", "kid": "second" }),
        &claims(),
    );
    assert_eq!(
        verify(&Keys::of(&set).unwrap(), &token, &EXPECTED, now()),
        Err(TokenError::UnknownKey)
    );
    assert!(Keys::of(&json!({})).is_none() && Keys::of(&json!({ "keys": 1 })).is_none());
}

#[tokio::test]
async fn unknown_keys_are_fetched_once_a_minute_changed_ones_hourly() {
    let (ring, fetched) = (Keyring::default(), Cell::new(0));
    let at = |minutes: i64| now() + SignedDuration::from_mins(minutes);
    let token = |der: &[u8], kid: &str| {
        let (exp, header) = (
            now().as_second() + 86_400,
            json!({ "alg": "RS256", "kid": kid }),
        );
        signed(der, &header, &with(&json!({ "exp": exp })))
    };
    let (old, new) = (token(FIRST, "first"), token(SECOND, "second"));
    let ask = async |token: &str, published: Option<Value>, minutes: i64| {
        let fetch = async {
            fetched.set(fetched.get() + 1);
            published
                .and_then(|published| Keys::of(&published))
                .ok_or("down")
        };
        ring.verify(token, &EXPECTED, at(minutes), fetch).await
    };
    let only = |der: &[u8], kid: &str| Some(json!({ "keys": [jwk(der, kid)] }));
    assert!(matches!(
        ask(&old, None, 0).await,
        Err(KeyError::NoKeys("down"))
    ));
    assert!(matches!(
        ask(&old, only(FIRST, "first"), 0).await,
        Err(KeyError::NoKeysYet)
    ));
    assert!(ask(&old, only(FIRST, "first"), 1).await.is_ok());
    assert!(ask(&old, None, 30).await.is_ok());
    assert_eq!(fetched.get(), 2, "nothing is fetched that is known");
    // A name that somebody made up has the keys fetched once, and then no more for a minute.
    for _ in 0..5 {
        let refused = ask(&token(SECOND, "made up"), only(FIRST, "first"), 40).await;
        assert!(matches!(
            refused,
            Err(KeyError::Refused(TokenError::UnknownKey))
        ));
    }
    assert_eq!(fetched.get(), 3);
    // The issuer has changed its keys.
    assert!(ask(&new, only(SECOND, "second"), 42).await.is_ok());
    assert!(matches!(
        ask(&old, None, 42).await,
        Err(KeyError::Refused(TokenError::UnknownKey))
    ));
    assert_eq!(fetched.get(), 4);
    // What is an hour old is fetched again.
    assert!(ask(&new, only(SECOND, "second"), 103).await.is_ok());
    assert_eq!(fetched.get(), 5);
}
