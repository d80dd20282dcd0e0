//! What each effect becomes on each platform and surface: one table, and the only one.

use serde::{Deserialize, Serialize};

use crate::{Effect, Platform, Surface};

/// What an effect becomes on a surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "as", content = "why")]
pub enum Capability {
    /// The platform's API does it.
    Api,
    /// The system does it in its own records; no platform is asked.
    Record,
    /// A person does it by hand, because of this.
    ByHand(&'static str),
    /// Nobody can do it there, because of this.
    Cannot(&'static str),
}

/// Returns the surfaces that a platform has.
#[must_use]
pub const fn surfaces(platform: Platform) -> &'static [Surface] {
    use Surface::{Comment, Mention, Premises, Recommendation, Reply, Review, VisitorPost};
    match platform {
        Platform::Facebook => &[Comment, VisitorPost, Recommendation, Mention],
        Platform::Instagram => &[Comment, Mention],
        Platform::X => &[Reply, Mention],
        Platform::Google => &[Review],
        Platform::Website => &[Comment],
        Platform::StaffLog => &[Premises],
    }
}

const NO_SUCH_SURFACE: &str = "the platform has no such surface";
const NO_REPORT_API: &str = "platforms take reports from people only, by their own forms";

/// Returns what an effect becomes on a surface of a platform.
///
/// The facts are the platforms' own documentation as of August 2026. `policy lint`,
/// [`crate::decide`] and the functions read this and nothing else.
///
/// Every platform stands by name in every arm, so that the compiler asks what an effect comes to on
/// a further one.
#[must_use]
pub const fn capability(platform: Platform, surface: Surface, effect: Effect) -> Capability {
    use Capability::{Api, ByHand, Cannot, Record};
    use Platform::{Facebook, Google, Instagram, StaffLog, Website, X};
    use Surface::{Comment, Mention, Recommendation, Reply, VisitorPost};
    match effect {
        Effect::Capture
        | Effect::PageSafeguardingLead
        | Effect::PagePracticeManager
        | Effect::Case
        | Effect::LegalAdvice
        | Effect::ComplaintClock
        | Effect::Ladder
        | Effect::Moderate
        | Effect::LogIncident => Record,
        Effect::Report => match platform {
            Website => Cannot("the website is the practice's own: there is nobody to report to"),
            StaffLog => Cannot("it did not happen on a platform"),
            Facebook | Instagram | X | Google => ByHand(NO_REPORT_API),
        },
        Effect::Hide | Effect::Unhide => match (platform, surface) {
            (Facebook | Instagram | Website, Comment) | (X, Reply) => Api,
            (Facebook, VisitorPost) => Cannot("Facebook lets no program hide a visitor's post"),
            (Facebook, Recommendation) => Cannot("Facebook cannot hide a recommendation"),
            (Facebook | Instagram | X, Mention) => Cannot("it stands on somebody else's page"),
            (Google, _) => Cannot("Google has no way to hide a review"),
            (StaffLog, _) => Cannot("it did not happen on a platform"),
            (Facebook | Instagram | X | Website, _) => Cannot(NO_SUCH_SURFACE),
        },
        Effect::Delete => match (platform, surface) {
            (Facebook | Instagram | Website, Comment) | (Facebook, VisitorPost) => Api,
            (Facebook, Recommendation) => {
                Cannot("Facebook cannot delete a recommendation; it can be reported")
            }
            (Facebook | Instagram, Mention) => Cannot("it stands on somebody else's page"),
            (X, _) => Cannot("X lets only the author delete a post"),
            (Google, _) => Cannot("Google has no way to delete a review; it can be reported"),
            (StaffLog, _) => Cannot("it did not happen on a platform"),
            (Facebook | Instagram | Website, _) => Cannot(NO_SUCH_SURFACE),
        },
        Effect::PublicReply
        | Effect::SignpostOfficialReview
        | Effect::SignpostRoutineContact
        | Effect::Acknowledge => match (platform, surface) {
            (Facebook, Comment | VisitorPost)
            | (Instagram, Comment | Mention)
            | (Google, Surface::Review)
            | (Website, Comment)
            | (X, Reply | Mention) => Api,
            (Facebook, Recommendation) => {
                ByHand("Facebook lets no program answer a recommendation: answer it on the page")
            }
            (Facebook, Mention) => ByHand("it stands on somebody else's page: answer it there"),
            (StaffLog, _) => Cannot("it did not happen on a platform"),
            (Facebook | Instagram | Google | Website | X, _) => Cannot(NO_SUCH_SURFACE),
        },
        Effect::AskAuthor => match (platform, surface) {
            (Facebook, Comment | VisitorPost) | (Instagram, Comment) => Api,
            (Facebook | Instagram | X, _) => ByHand(
                "the platform lets nobody write to its author from here: write by other means",
            ),
            (Google, _) => Cannot("Google has no private messages"),
            (Website, _) => ByHand("write to the address that the author left"),
            (StaffLog, _) => ByHand("speak to them"),
        },
        Effect::Ban => match platform {
            // Instagram only where the author has a conversation with the practice; elsewhere it
            // says so, and a person does it by hand.
            Facebook | Instagram => Api,
            X => {
                ByHand("X lets programs block only in its Enterprise plan: block by hand, or mute")
            }
            Google => Cannot("Google has no way to ban a reviewer"),
            Website => ByHand("add the author to the website's block list"),
            StaffLog => Cannot("it did not happen on a platform"),
        },
        Effect::Mute => match platform {
            X => Api,
            StaffLog => Cannot("it did not happen on a platform"),
            Facebook | Instagram | Google | Website => {
                Cannot("the platform has no way to mute somebody")
            }
        },
    }
}
/// How much text a platform takes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Longest {
    /// So many bytes of UTF-8.
    Bytes(usize),
    /// So many characters.
    Characters(usize),
}

impl Longest {
    /// Returns `true` if a text is no longer than this.
    #[must_use]
    pub fn takes(self, text: &str) -> bool {
        match self {
            Longest::Bytes(most) => text.len() <= most,
            Longest::Characters(most) => text.chars().count() <= most,
        }
    }
}

/// Returns the longest words that a platform takes as a private message.
///
/// Instagram's 1,000 bytes and Messenger's 2,000 characters are those of Meta's Send API. What
/// people send by other means is kept as short as the longest answer.
#[must_use]
pub const fn longest_message(platform: Platform) -> Longest {
    match platform {
        Platform::Facebook => Longest::Characters(2_000),
        Platform::Instagram => Longest::Bytes(1_000),
        Platform::X | Platform::Google | Platform::Website | Platform::StaffLog => {
            Longest::Bytes(4_096)
        }
    }
}

/// Returns the longest words that a platform takes as an answer in public: X from an account
/// without a subscription.
#[must_use]
pub const fn longest_reply(platform: Platform) -> Longest {
    match platform {
        Platform::X => Longest::Characters(280),
        Platform::Instagram => Longest::Characters(2_200),
        Platform::Facebook | Platform::Google | Platform::Website | Platform::StaffLog => {
            Longest::Bytes(4_096)
        }
    }
}

/// Returns `true` if a platform lets whoever reported a post appeal against its refusal, which it
/// does once.
#[must_use]
pub const fn report_can_be_appealed(platform: Platform) -> bool {
    match platform {
        Platform::Google => true,
        Platform::Facebook
        | Platform::Instagram
        | Platform::X
        | Platform::Website
        | Platform::StaffLog => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_down_by_hand_what_no_task_asks_for() {
        for platform in Platform::ALL {
            for surface in surfaces(*platform) {
                for effect in [Effect::Hide, Effect::Delete] {
                    let by_hand = capability(*platform, *surface, effect);
                    assert!(
                        !matches!(by_hand, Capability::ByHand(_)),
                        "{platform}, {surface:?}, {effect:?}: first teach `removal` in decision/tasks.rs to ask somebody \
                         to do it by hand"
                    );
                }
            }
        }
    }
}
