//! The papers in the console: listed with what is missing, shown one by one, and each practice's own.

use pagewarden_rules::Role;
use pagewarden_tests::browser::Browser;
use pagewarden_tests::{resettle, stack};

const IMRAN: &str = "imran@roxbourne.example";

#[tokio::test(flavor = "multi_thread")]
async fn the_papers_are_listed_with_what_is_missing_in_each() {
    let stack = stack().await;
    let mut imran = Browser::new(&stack);
    let list = imran.sign_in(&stack, "/papers", IMRAN).await;
    assert_eq!(list.status, 200);
    assert_eq!(list.body.matches("href=\"/papers/").count(), 18);
    let missing = "the months for which a post about danger is kept (retention.safeguarding_months of the policy)";
    assert!(list.body.contains(missing), "{}", list.body);
    assert!(list.body.contains("Made on ") && list.body.contains("version 1 of the policy"));

    // Each opens, is his practice's, and has no other's name in it.
    let addresses = list.body.split("href=\"").skip(1);
    let addresses = addresses.filter_map(|rest| rest.split('"').next());
    for address in addresses.filter(|address| address.starts_with("/papers/")) {
        let paper = imran.get(address).await;
        assert_eq!(paper.status, 200, "{address}");
        assert!(paper.body.contains("Roxbourne Medical Centre"), "{address}");
        assert!(paper.body.contains("What this rests on"), "{address}");
        for other in ["Kingswinford", "Threeways", "Woolpit", "Mile Oak"] {
            assert!(!paper.body.contains(other), "{address} names {other}");
        }
    }
    assert_eq!(imran.get("/papers/nothing").await.status, 404);

    // What the settings say next is what the next look shows.
    let nobody = "the safeguarding lead (people of the settings, role safeguarding_lead)";
    assert!(!list.body.contains(nobody));
    let lead = Role::SafeguardingLead.name();
    resettle(&stack, "roxbourne", |settings| {
        let people = settings["people"].as_array_mut().into_iter().flatten();
        for person in people {
            if let Some(roles) = person["roles"].as_array_mut() {
                roles.retain(|role| role != lead);
            }
        }
    })
    .await;
    let again = imran.get("/papers").await;
    assert!(again.body.contains(nobody), "{}", again.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_signed_in_sees_no_paper() {
    let stack = stack().await;
    let mut stranger = Browser::new(&stack);
    for address in ["/papers", "/papers/dpia", "/papers/nothing"] {
        let answer = stranger.get(address).await;
        assert!(
            !answer.body.contains("Roxbourne") && answer.status != 200,
            "{address}"
        );
    }
}
