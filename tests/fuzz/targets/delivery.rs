//! Whatever a platform has signed is read as items or refused as a whole, and what somebody else
//! signed is not read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pagewarden_oidc::Claims;
use pagewarden_platforms::google::Pusher;
use pagewarden_platforms::{Secret, delivery, meta_webhooks, x};

fuzz_target!(|body: &[u8]| {
    let (ours, other) = (Secret::new("a secret of the app"), Secret::new("another secret"));
    assert!(delivery::verify(&ours, Some(&delivery::sign(&other, body)), body).is_err());
    assert!(delivery::verify_x(&ours, Some(&delivery::sign_x(&other, body)), body).is_err());
    let signed = delivery::sign(&ours, body);
    let verified = delivery::verify(&ours, Some(&signed), body).expect("it is signed");
    drop(meta_webhooks::read(verified));
    drop(x::read(verified));
    let pusher = Pusher { audience: "us".to_owned(), account: "google@example.com".to_owned() };
    let claims = Claims {
        issuer: "https://accounts.google.com".to_owned(),
        subject: "1".to_owned(),
        email: Some(pusher.account.clone()),
        shown_at: None,
    };
    drop(pusher.admit(&claims, body).expect("it is of that account").hint());
});
