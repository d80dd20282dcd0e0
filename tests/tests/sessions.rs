//! Sessions against a real table. `make test-moto` runs this file against another table than our
//! own.

#![expect(clippy::unwrap_used, reason = "a test may")]

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{Kept, Session, SignIn};
use pagewarden_tests::emulator;

fn at(hours: i64) -> Timestamp {
    "2026-11-20T10:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
}

fn session() -> Session {
    Session {
        issuer: "https://id.example".to_owned(),
        subject: "u1".to_owned(),
        email: Some("pat@practice.example".to_owned()),
        practice: None,
        signed_in_at: at(0),
        seen_at: at(0),
        shown_at: None,
        kept: None,
    }
}

fn sign_in() -> SignIn {
    SignIn {
        next: "/today".to_owned(),
        began_at: at(0),
        again: None,
    }
}

#[tokio::test]
async fn a_session_lasts_twenty_hours_without_use_and_a_week_with_it() {
    let (_table, ledger) = emulator::ledger().await;
    ledger.open_session("a", &session()).await.unwrap();
    assert!(
        ledger.open_session("a", &session()).await.is_err(),
        "a secret is one session's"
    );
    assert_eq!(ledger.session("b", at(0)).await.unwrap(), None);
    assert_eq!(ledger.session("a", at(0)).await.unwrap(), Some(session()));
    // Used every nineteen hours it goes on, and only until the week is over.
    for hours in (19..7 * 24).step_by(19) {
        let seen = ledger.session("a", at(hours)).await.unwrap();
        assert_eq!(
            seen,
            Some(Session {
                seen_at: at(hours),
                ..session()
            }),
            "{hours}"
        );
    }
    assert_eq!(ledger.session("a", at(7 * 24)).await.unwrap(), None);
    ledger.open_session("c", &session()).await.unwrap();
    assert_eq!(ledger.session("c", at(20)).await.unwrap(), None);
}

#[tokio::test]
async fn a_session_is_written_to_every_few_minutes_at_most() {
    let (_table, ledger) = emulator::ledger().await;
    ledger.open_session("a", &session()).await.unwrap();
    let after = |minutes| at(0) + SignedDuration::from_mins(minutes);
    let seen = async |minutes| {
        ledger
            .session("a", after(minutes))
            .await
            .unwrap()
            .unwrap()
            .seen_at
    };
    assert_eq!(
        (seen(4).await, seen(5).await, seen(9).await),
        (after(0), after(5), after(5))
    );
}

#[tokio::test]
async fn a_session_that_has_ended_does_not_come_back() {
    let (_table, ledger) = emulator::ledger().await;
    ledger.open_session("a", &session()).await.unwrap();
    let woolpit = "woolpit".parse().unwrap();
    assert!(ledger.look_at("a", &woolpit).await.unwrap());
    assert_eq!(
        ledger.session("a", at(1)).await.unwrap().unwrap().practice,
        Some(woolpit.clone())
    );
    ledger.end_session("a").await.unwrap();
    assert_eq!(ledger.session("a", at(1)).await.unwrap(), None);
    assert!(!ledger.look_at("a", &woolpit).await.unwrap());
    assert!(ledger.open_session("a", &session()).await.is_err());
    assert_eq!(ledger.session("a", at(1)).await.unwrap(), None);
    // What never was is not made by ending it or by looking at a practice.
    ledger.end_session("b").await.unwrap();
    assert!(!ledger.look_at("b", &woolpit).await.unwrap());
    assert!(ledger.open_session("b", &session()).await.is_ok());
}

#[tokio::test]
async fn a_form_is_kept_until_it_is_dropped_or_the_session_ends() {
    let (_table, ledger) = emulator::ledger().await;
    ledger.open_session("a", &session()).await.unwrap();
    let kept = async || ledger.session("a", at(0)).await.unwrap().unwrap().kept;
    let [first, second] = ["/confirm/1", "/confirm/2"].map(|page| Kept {
        page: page.to_owned(),
        form: "{\"note\":\"why\"}".to_owned(),
    });
    assert!(ledger.keep("a", &first).await.unwrap());
    assert!(ledger.keep("a", &second).await.unwrap());
    assert_eq!(kept().await, Some(second.clone()));
    // Only in the place of what was seen: of two who take a form up, one does.
    let swap = async |seen, other| ledger.swap_kept("a", (seen, other)).await.unwrap();
    assert!(!swap(Some(&first), None).await && !swap(None, Some(&first)).await);
    assert!(swap(Some(&second), None).await && !swap(Some(&second), None).await);
    assert!(swap(None, Some(&second)).await);
    assert_eq!(kept().await, Some(second.clone()));
    ledger.drop_kept("a").await.unwrap();
    assert_eq!(kept().await, None);
    ledger.keep("a", &first).await.unwrap();
    ledger.end_session("a").await.unwrap();
    assert!(!ledger.keep("a", &first).await.unwrap());
    assert!(!ledger.keep("never", &first).await.unwrap());
    for ended in ["a", "never"] {
        let swapped = ledger.swap_kept(ended, (None, Some(&second))).await;
        assert!(!swapped.unwrap(), "{ended}");
    }
    assert_eq!(ledger.session("never", at(0)).await.unwrap(), None);
}

#[tokio::test]
async fn an_attempt_to_sign_in_is_used_once_within_ten_minutes() {
    let (_table, ledger) = emulator::ledger().await;
    let minutes = |minutes| at(0) + SignedDuration::from_mins(minutes);
    ledger.begin_sign_in("a", &sign_in()).await.unwrap();
    assert_eq!(ledger.use_sign_in("b", at(0)).await.unwrap(), None);
    // Of several at once, one gets it.
    let tries =
        futures_util::future::join_all((0..4).map(|_| ledger.use_sign_in("a", minutes(9)))).await;
    let won: Vec<SignIn> = tries.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(won, [sign_in()]);
    // It cannot be begun a second time under the same secret.
    ledger.begin_sign_in("a", &sign_in()).await.unwrap();
    assert_eq!(ledger.use_sign_in("a", minutes(9)).await.unwrap(), None);
    ledger.begin_sign_in("c", &sign_in()).await.unwrap();
    assert_eq!(ledger.use_sign_in("c", minutes(10)).await.unwrap(), None);
}
