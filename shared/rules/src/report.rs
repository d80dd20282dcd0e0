//! Report cards: what a person needs to report a post by the platform's own form. No platform has a
//! report API.

use std::fmt;

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
    /// The category of the platform's form that fits best, or that none does.
    pub ground: String,
    /// Words to paste: what is reported, as what, and the words that break the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// How the categories came to be known and how far they can be relied on, as it follows "the
    /// reasons are".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Where somebody begins to report a post.
enum Begins {
    /// At the post itself; where its address is not known, it is looked for from here.
    AtPost(&'static str),
    /// At a form of its own, with what to do there.
    AtForm(&'static str, &'static str),
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
    let begins = match platform {
        Platform::Facebook => Begins::AtPost("https://www.facebook.com"),
        Platform::Instagram => Begins::AtPost("https://www.instagram.com"),
        Platform::X => Begins::AtPost("https://x.com"),
        Platform::Google => Begins::AtForm(
            GOOGLE,
            "sign in as the practice, choose the review, and choose Report",
        ),
        Platform::Website | Platform::StaffLog => return None,
    };
    let (link, how) = match (begins, &post.permalink) {
        (Begins::AtForm(form, how), _) => (form, how),
        (Begins::AtPost(_), Some(link)) => {
            (link.as_str(), "open the menu beside it, and choose Report")
        }
        (Begins::AtPost(home), None) => (home, FIND),
    };
    let form = report_form(platform)?;
    let nearest = form.doubt.map_or("", |_| ", or what comes nearest to it");
    let ground = report_category(platform, topics).map_or_else(
        || no_category(topics).to_owned(),
        |category| format!("\u{201c}{category}\u{201d}{nearest}"),
    );
    Some(ReportCard {
        link: link.to_owned(),
        how: how.to_owned(),
        ground,
        words: None,
        source: Some(form.to_string()),
    })
}

/// What a report can rest on, the gravest first. Being negative is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ground {
    Threat,
    Privacy,
    Hate,
    Obscene,
    Bullying,
    Scam,
    Unlawful,
    Defamation,
    FalseInformation,
    Spam,
}

impl Ground {
    fn of(topics: &[Topic]) -> Option<Self> {
        const GROUNDS: [(Topic, Ground); 16] = [
            (Topic::Threatening, Ground::Threat),
            (Topic::Menacing, Ground::Threat),
            (Topic::PatientIdentifiable, Ground::Privacy),
            (Topic::StaffIdentifiable, Ground::Privacy),
            (Topic::OtherPersonIdentifiable, Ground::Privacy),
            (Topic::GrosslyOffensive, Ground::Hate),
            (Topic::Obscene, Ground::Obscene),
            (Topic::Harassing, Ground::Bullying),
            (Topic::Derogatory, Ground::Bullying),
            (Topic::Embarrassing, Ground::Bullying),
            (Topic::StaffIdentified, Ground::Bullying),
            (Topic::Fraudulent, Ground::Scam),
            (Topic::Unlawful, Ground::Unlawful),
            (Topic::Defamatory, Ground::Defamation),
            (Topic::FalseInformation, Ground::FalseInformation),
            (Topic::Spam, Ground::Spam),
        ];
        GROUNDS
            .iter()
            .find(|(topic, _)| topics.contains(topic))
            .map(|(_, ground)| *ground)
    }
}

/// The categories of a platform's form for reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportForm {
    /// How they came to be known, as it follows "the reasons are".
    pub source: &'static str,
    /// When they were last compared with the form itself: year and month. None where nobody has.
    pub checked: Option<&'static str>,
    /// Why the form may say it in other words, and what to do; none where nothing is doubtful.
    pub doubt: Option<&'static str>,
}

impl fmt::Display for ReportForm {
    /// How far the categories are known, as it follows "the reasons are".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.source)?;
        if let Some(checked) = self.checked {
            write!(f, ", compared with the form in {checked}")?;
        }
        match self.doubt {
            Some(doubt) => write!(f, "; {doubt}"),
            None => Ok(()),
        }
    }
}

/// Why a form may say it in other words than those given here, whatever platform it is of.
const UNSEEN: &str = "nobody compared them with the form, which is shown only to whoever is signed \
                      in and changes without notice: choose what comes nearest";

/// Returns the form of a platform; none where there is nobody to report to. Where nobody has seen
/// the form, the categories are those of the platform's published rules: `source` says so, and
/// `doubt` has people choose what comes nearest.
#[must_use]
pub const fn report_form(platform: Platform) -> Option<ReportForm> {
    match platform {
        Platform::Facebook | Platform::Instagram | Platform::X => Some(ReportForm {
            source: "written down from memory, from no document",
            checked: None,
            doubt: Some(UNSEEN),
        }),
        Platform::Google => Some(ReportForm {
            source: "from a secondary source, Search Engine Land, which listed seven of Google's",
            checked: None,
            doubt: Some(UNSEEN),
        }),
        Platform::Website | Platform::StaffLog => None,
    }
}

/// Returns the category of a platform's form that fits best. None where none fits: then it is not
/// reported.
#[must_use]
pub fn report_category(platform: Platform, topics: &[Topic]) -> Option<&'static str> {
    let ground = Ground::of(topics)?;
    match platform {
        Platform::Facebook | Platform::Instagram => match ground {
            Ground::Threat => Some("Violence or threats"),
            Ground::Privacy => Some("Sharing private information"),
            Ground::Hate => Some("Hate speech"),
            Ground::Obscene | Ground::Bullying => Some("Bullying or harassment"),
            Ground::Scam => Some("Scam or fraud"),
            Ground::Unlawful => Some("Selling restricted items"),
            Ground::FalseInformation => Some("False information"),
            Ground::Spam => Some("Spam"),
            Ground::Defamation => None,
        },
        Platform::X => match ground {
            Ground::Threat => Some("Violent speech"),
            Ground::Privacy => Some("Privacy"),
            Ground::Hate => Some("Hate"),
            Ground::Obscene | Ground::Bullying => Some("Abuse and harassment"),
            Ground::Scam | Ground::Spam => Some("Spam"),
            Ground::Unlawful => Some("Illegal or regulated goods"),
            Ground::FalseInformation | Ground::Defamation => None,
        },
        Platform::Google => match ground {
            Ground::Threat | Ground::Bullying => Some("Bullying or harassment"),
            Ground::Privacy => Some("Personal information"),
            Ground::Hate => Some("Discrimination or hate speech"),
            Ground::Obscene | Ground::Unlawful => Some("Profanity"),
            Ground::Scam | Ground::Spam => Some("Spam"),
            Ground::FalseInformation | Ground::Defamation => None,
        },
        Platform::Website | Platform::StaffLog => None,
    }
}

/// Says what to do where no category fits.
fn no_category(topics: &[Topic]) -> &'static str {
    match Ground::of(topics) {
        Some(Ground::Defamation) => {
            "none fits an accusation that may be untrue: that is a legal request, for whoever advises you on the law"
        }
        Some(_) | None => "none fits: do not report it",
    }
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
            (
                "https://www.facebook.com/1_2",
                "\u{201c}Violence or threats\u{201d}, or what comes nearest to it"
            )
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
    fn each_platform_is_told_in_its_own_categories() {
        for platform in Platform::ALL {
            let form = report_form(*platform);
            let mut surfaces = crate::surfaces(*platform).iter();
            let is_reported = surfaces.any(|surface| {
                let report = capability(*platform, *surface, Effect::Report);
                matches!(report, Capability::ByHand(_))
            });
            assert_eq!(
                form.is_some(),
                is_reported,
                "{platform}: without a form nobody is told how to report, and nobody can say that they did"
            );
            for topics in [
                &[Topic::Obscene][..],
                &[Topic::Threatening],
                &[Topic::PatientIdentifiable],
                &[Topic::Spam],
            ] {
                let category = report_category(*platform, topics);
                assert_eq!(category.is_some(), form.is_some(), "{platform} {topics:?}");
            }
            // What needs a court, and what is an opinion, is in no form.
            for topics in [&[Topic::Defamatory][..], &[Topic::Criticism], &[]] {
                assert_eq!(report_category(*platform, topics), None, "{platform}");
            }
        }
        let review = report_category(Platform::Google, &[Topic::StaffIdentifiable]);
        assert_eq!(review, Some("Personal information"));
    }

    #[test]
    fn no_category_is_given_as_surer_than_it_is() {
        for (platform, surface, from) in [
            (Platform::Facebook, Surface::Comment, "from memory"),
            (Platform::Instagram, Surface::Comment, "from memory"),
            (Platform::X, Surface::Reply, "from memory"),
            (Platform::Google, Surface::Review, "secondary source"),
        ] {
            let form = report_form(platform).unwrap();
            assert_eq!(form.checked, None, "{platform}: nobody saw the form");
            let card = report_card(&post(platform, surface, None), &[Topic::Obscene]).unwrap();
            assert!(card.ground.ends_with("or what comes nearest to it"));
            let source = card.source.unwrap();
            assert!(
                source.contains(from) && source.contains("nobody compared"),
                "{source}"
            );
        }
        let seen = ReportForm {
            source: "from the form itself",
            checked: Some("2027-01"),
            doubt: None,
        };
        assert_eq!(
            seen.to_string(),
            "from the form itself, compared with the form in 2027-01"
        );
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
        let reported = Platform::ALL.iter().flat_map(|platform| {
            let surfaces = crate::surfaces(*platform).iter();
            surfaces.filter_map(|one| report_card(&post(*platform, *one, None), &[Topic::Obscene]))
        });
        let leads: std::collections::BTreeSet<String> = reported.map(|card| card.link).collect();
        assert_eq!(
            leads.len(),
            4,
            "one home a platform that takes reports: {leads:?}"
        );
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
