//! What is there for every platform, whichever it is: a further one is asked for the same.

use std::fs;
use std::path::Path;

use pagewarden_rules::{Platform, PracticeId};
use pagewarden_tests::channels::{connect, on_each_platform};
use pagewarden_tests::stack;

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_on_any_platform_is_swept_in_the_functions_role() {
    let stack = stack().await;
    let channels = on_each_platform(1);
    connect(&stack, &channels).await;
    stack.run("sweep").await.unwrap();
    let practice: PracticeId = "mile-oak".parse().unwrap();
    for channel in &channels {
        let failed = stack.ledger().sweep_failed_at(&practice, channel).await;
        let stopped = stack.ledger().gate(channel).await.unwrap().stopped;
        let why = stopped.map(|stop| stop.why);
        assert_eq!(
            (failed.unwrap(), why),
            (None, None),
            "{0}/{1} could not be swept: the errors are with this output. If the role may not read \
             its secret, add channel/{0}/* to the Sweep function in infra/template.yaml and in \
             infra/guard/expected.py",
            channel.platform,
            channel.account
        );
    }
}

#[test]
fn every_platform_has_a_guide_and_its_secret_is_written_down() {
    let infra = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra");
    let read = |name: &str| fs::read_to_string(infra.join(name)).unwrap_or_default();
    let (guides, deploying) = (read("setup/README.md"), read("README.md"));
    for platform in Platform::ALL
        .iter()
        .filter(|platform| **platform != Platform::StaffLog)
    {
        let guide = format!("{platform}.md");
        assert!(
            !read(&format!("setup/{guide}")).is_empty(),
            "write infra/setup/{guide}: how a practice connects {platform}"
        );
        assert!(
            guides.contains(&format!("({guide})")),
            "infra/setup/README.md has no link to {guide}"
        );
        assert!(
            deploying.contains(&format!("/channel/{platform}/<")),
            "the table of secrets in infra/README.md has no channel/{platform}/<account>"
        );
    }
}
