//! What is there for every platform, whichever it is: a further one is asked for the same.

use std::fs;
use std::path::Path;

use pagewarden_present::words;
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
fn every_platform_stands_in_the_documents_by_its_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap_or_default();
    let part = |name: &str, from: &str, to: &str| {
        let document = read(name);
        let (_, rest) = document.split_once(from).unwrap_or_default();
        rest.split_once(to).unwrap_or_default().0.to_owned()
    };
    let works = part("README.md", "**Where it works**", "[docs/platforms.md]");
    let hears = part("docs/platforms.md", "| platform |", "<!-- capabilities -->");
    let guides = read("infra/setup/README.md");
    let secrets = part("infra/README.md", "| secret |", "```");
    let page = "functions/console/templates/privacy.html";
    let withdrawn = part(page, "id=\"deletion\"", "</ul>");
    let all = Platform::ALL.iter().copied();
    for platform in all.filter(|platform| *platform != Platform::StaffLog) {
        let word = words::platform(platform);
        let guide = format!("{platform}.md");
        for (says, place) in [
            (works.contains(word), "README.md, where it works"),
            (
                hears.contains(word),
                "docs/platforms.md, how it hears about posts",
            ),
            (
                guides.contains(&format!("({guide})")),
                "infra/setup/README.md, as a link",
            ),
            (
                guides
                    .lines()
                    .any(|line| line.starts_with('|') && line.contains(word)),
                "infra/setup/README.md, in a table",
            ),
            (
                withdrawn.contains(word),
                "privacy.html, how access is withdrawn",
            ),
            (
                secrets.contains(&format!("/channel/{platform}/<")),
                "infra/README.md, as the secret channel/<platform>/<account>",
            ),
        ] {
            assert!(says, "{word} does not stand in {place}");
        }
        assert!(
            !read(&format!("infra/setup/{guide}")).is_empty(),
            "write infra/setup/{guide}: how a practice connects {word}"
        );
    }
}
