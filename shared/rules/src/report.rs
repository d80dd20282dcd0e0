//! Report cards: what a person needs to report a post by the platform's own form. No platform has a
//! report API.

use serde::{Deserialize, Serialize};

use crate::{Capability, Effect, Platform, Post, Topic, capability};

/// Google's form for reviews, and its list of the grounds that it takes.
const GOOGLE: &str = "https://support.google.com/business/answer/4596773";

/// What to do where the platform told no address of the post, as Instagram tells none of a comment.
const FIND: &str =
    "sign in as the practice, find it there, open the menu beside it, and choose Report";

/// What a person needs to report a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportCard {
    /// Where to begin: the post itself where its menu has the form, the form otherwise.
    pub link: String,
    /// What to do there.
    pub how: String,
    /// The ground that fits best; a person chooses among the platform's own.
    pub ground: String,
    /// Words to paste, with square brackets for a person to fill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// Returns the card for a post that breaks clauses on these topics, or none where there is nobody
/// to report it to.
#[must_use]
pub fn report_card(post: &Post, topics: &[Topic]) -> Option<ReportCard> {
    let platform = post.channel.platform;
    if matches!(
        capability(platform, post.surface, Effect::Report),
        Capability::Cannot(_)
    ) {
        return None;
    }
    let (link, how) = match (platform, &post.permalink) {
        (Platform::Google, _) => (
            GOOGLE,
            "sign in as the practice, choose the review, and choose Report",
        ),
        (_, Some(link)) => (link.as_str(), "open the menu beside it, and choose Report"),
        (Platform::Instagram, None) => ("https://www.instagram.com", FIND),
        (Platform::X, None) => ("https://x.com", FIND),
        (_, None) => ("https://www.facebook.com", FIND),
    };
    let ground = ground(topics)
        .unwrap_or("choose the platform's own ground that fits; if none does, do not report it");
    Some(ReportCard {
        link: link.to_owned(),
        how: how.to_owned(),
        ground: ground.to_owned(),
        words: None,
    })
}

/// Returns the ground that fits best, the gravest first. Being negative is none.
#[must_use]
pub fn ground(topics: &[Topic]) -> Option<&'static str> {
    const GROUNDS: [(Topic, &str); 16] = [
        (Topic::Threatening, "threats or violence"),
        (Topic::Menacing, "threats or violence"),
        (
            Topic::PatientIdentifiable,
            "private information about a person",
        ),
        (
            Topic::StaffIdentifiable,
            "private information about a person",
        ),
        (
            Topic::OtherPersonIdentifiable,
            "private information about a person",
        ),
        (Topic::GrosslyOffensive, "hate"),
        (Topic::Obscene, "obscene or offensive language"),
        (Topic::Harassing, "bullying or harassment"),
        (Topic::Derogatory, "bullying or harassment"),
        (Topic::Embarrassing, "bullying or harassment"),
        (Topic::StaffIdentified, "bullying or harassment"),
        (Topic::Fraudulent, "scam or fraud"),
        (Topic::Unlawful, "something unlawful"),
        (
            Topic::Defamatory,
            "defamation, which most platforms take as a legal request only",
        ),
        (Topic::FalseInformation, "false information"),
        (Topic::Spam, "spam"),
    ];
    GROUNDS
        .iter()
        .find(|(topic, _)| topics.contains(topic))
        .map(|(_, ground)| *ground)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Channel, Surface};

    fn post(platform: Platform, surface: Surface, permalink: Option<&str>) -> Post {
        Post {
            text: "words".into(),
            permalink: permalink.map(str::to_owned),
            ..Post::new(
                Channel {
                    platform,
                    account: "1".into(),
                },
                surface,
                "2",
            )
        }
    }

    #[test]
    fn a_card_leads_to_the_form_and_names_the_gravest_ground() {
        let comment = post(
            Platform::Facebook,
            Surface::Comment,
            Some("https://www.facebook.com/1_2"),
        );
        let card = report_card(&comment, &[Topic::Obscene, Topic::Threatening]).unwrap();
        assert_eq!(
            (card.link.as_str(), card.ground.as_str()),
            ("https://www.facebook.com/1_2", "threats or violence")
        );
        let review = post(
            Platform::Google,
            Surface::Review,
            Some("https://maps.example/1"),
        );
        let card = report_card(&review, &[Topic::Criticism]).unwrap();
        assert!(card.link.contains("4596773") && card.ground.contains("do not report it"));
    }

    #[test]
    fn what_has_no_address_is_reported_on_its_own_platform() {
        let card = |platform, surface| {
            report_card(&post(platform, surface, None), &[Topic::Obscene]).unwrap()
        };
        assert_eq!(
            card(Platform::Instagram, Surface::Comment).link,
            "https://www.instagram.com"
        );
        assert_eq!(card(Platform::X, Surface::Reply).link, "https://x.com");
        assert_eq!(
            card(Platform::Facebook, Surface::Comment).link,
            "https://www.facebook.com"
        );
        assert_eq!(card(Platform::Google, Surface::Review).link, GOOGLE);
        assert!(
            card(Platform::Instagram, Surface::Comment)
                .how
                .contains("find it there")
        );
    }

    #[test]
    fn nobody_is_asked_to_report_to_the_practice_itself() {
        assert_eq!(
            report_card(
                &post(Platform::Website, Surface::Comment, None),
                &[Topic::Obscene]
            ),
            None
        );
        assert_eq!(
            report_card(
                &post(Platform::StaffLog, Surface::Premises, None),
                &[Topic::Obscene]
            ),
            None
        );
    }
}
