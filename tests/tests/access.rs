//! The contract of the table of rotating tokens: on our own emulator, and by `make test-moto` on
//! somebody else's.

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{AccessRecord, Ledger, LedgerError, Rotating};
use pagewarden_rules::{Channel, Platform};
use pagewarden_tests::emulator;

fn tokens(access: &str, now: Timestamp) -> Rotating {
    Rotating {
        access: access.to_owned(),
        refresh: "refresh".to_owned(),
        usable_until: now + SignedDuration::from_hours(2),
        began_with: Rotating::chain_from("first"),
        scope: None,
    }
}

#[tokio::test]
async fn tokens_are_renewed_by_one_and_kept_apart_by_practice() {
    let (_table, ledger) = emulator::ledger().await;
    let (woolpit, other) = ("woolpit".parse().unwrap(), "kingswinford".parse().unwrap());
    let channel = Channel {
        platform: Platform::X,
        account: "2000000004".to_owned(),
    };
    let now = pagewarden_tests::now();
    let until = now + SignedDuration::from_secs(30);

    let seen = ledger.access(&woolpit, &channel).await.unwrap();
    assert_eq!(seen, AccessRecord::default());
    assert!(
        ledger
            .lease_access(&woolpit, &channel, &seen, until, now)
            .await
            .unwrap()
    );
    assert!(
        !ledger
            .lease_access(&woolpit, &channel, &seen, until, now)
            .await
            .unwrap(),
        "somebody has the lease"
    );
    assert!(
        ledger
            .release_access(&woolpit, &channel, &seen)
            .await
            .unwrap()
    );
    assert!(
        ledger
            .lease_access(&woolpit, &channel, &seen, until, now)
            .await
            .unwrap()
    );
    assert!(
        ledger
            .renew_access(&woolpit, &channel, &seen, &tokens("one", now))
            .await
            .unwrap()
    );
    assert!(
        !ledger
            .renew_access(&woolpit, &channel, &seen, &tokens("two", now))
            .await
            .unwrap(),
        "it was renewed since"
    );

    let renewed = ledger.access(&woolpit, &channel).await.unwrap();
    assert_eq!(
        (renewed.version, renewed.tokens),
        (1, Some(tokens("one", now)))
    );
    assert!(
        !ledger
            .spoil_access(&woolpit, &channel, "two")
            .await
            .unwrap()
    );
    assert!(
        ledger
            .spoil_access(&woolpit, &channel, "one")
            .await
            .unwrap()
    );
    let spoilt = ledger
        .access(&woolpit, &channel)
        .await
        .unwrap()
        .tokens
        .unwrap();
    assert_eq!(spoilt.usable_until, Timestamp::UNIX_EPOCH);
    assert_eq!(
        ledger.access(&other, &channel).await.unwrap(),
        AccessRecord::default()
    );
}

#[tokio::test]
async fn a_function_without_that_table_is_refused() {
    let (table, _) = emulator::ledger().await;
    let Some(table) = table else { return };
    let client = pagewarden_local::table::client(table.url());
    let ledger = Ledger::new(client, pagewarden_local::table::NAME);
    let channel = Channel {
        platform: Platform::X,
        account: "2000000004".to_owned(),
    };
    let refused = ledger.access(&"woolpit".parse().unwrap(), &channel).await;
    assert!(
        matches!(refused, Err(LedgerError::NoAccessTable)),
        "{refused:?}"
    );
}
