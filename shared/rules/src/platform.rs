//! Platforms, surfaces and channels.

use serde::{Deserialize, Serialize};

/// Makes a vocabulary: an enum whose every word is spelled once, for policies, keys and records
/// alike.
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[doc = $vdoc:literal])+ $variant:ident $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name {
            $($(#[doc = $vdoc])+ #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every one of them, in the order of the vocabulary.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// Returns the word that policies, keys and records use.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }

            /// Returns what it means: its own documentation, for references.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $($name::$variant => concat!($($vdoc),+).trim_ascii(),)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $name::ALL.iter().copied().find(|word| word.name() == text).ok_or_else(|| $crate::UnknownWord {
                    word: text.to_owned(),
                    expected: $name::ALL.iter().map(|word| word.name()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}
/// A word that is not in the vocabulary where one was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown word \"{word}\": write one of {expected}")]
pub struct UnknownWord {
    /// What was written.
    pub word: String,
    /// What may be written, comma separated.
    pub expected: String,
}

words! {
    /// Where posts are made.
    Platform {
        /// A Facebook Page.
        Facebook "facebook",
        /// An Instagram professional account.
        Instagram "instagram",
        /// X, formerly Twitter.
        X "x",
        /// A Google Business Profile.
        Google "google",
        /// The practice's own website.
        Website "website",
        /// The practice's premises, written down by staff: no platform at all.
        StaffLog "staff_log",
    }
}

impl Platform {
    /// Returns `true` if the platform's terms ask that what its author takes back is dropped here
    /// too.
    ///
    /// X's developer terms do ("Content compliance"). Elsewhere the evidence of a breach outlives
    /// the post.
    #[must_use]
    pub const fn drops_what_is_taken_back(self) -> bool {
        match self {
            Platform::X => true,
            Platform::Facebook
            | Platform::Instagram
            | Platform::Google
            | Platform::Website
            | Platform::StaffLog => false,
        }
    }

    /// Returns `true` if each account numbers its posts itself, so that those of two accounts may
    /// have one id.
    ///
    /// A post's key names no account: a practice has one account on such a platform.
    #[must_use]
    pub const fn counts_posts_by_account(self) -> bool {
        match self {
            Platform::Website => true,
            Platform::Facebook
            | Platform::Instagram
            | Platform::X
            | Platform::Google
            | Platform::StaffLog => false,
        }
    }
}

words! {
    /// The place on a platform where a post stands.
    Surface {
        /// A comment under the practice's own post.
        Comment "comment",
        /// A post that a visitor made on the practice's page.
        VisitorPost "visitor_post",
        /// A recommendation (Facebook's reviews).
        Recommendation "recommendation",
        /// A reply in a conversation that the practice started, where replies are posts of their own.
        Reply "reply",
        /// A post elsewhere that names the practice's account.
        Mention "mention",
        /// A review.
        Review "review",
        /// Something that happened on the premises.
        Premises "premises",
        /// What an author wrote to ask for another look: to the practice alone, on no platform. It
        /// is read for danger, and for nothing else.
        Appeal "appeal",
    }
}

/// One account of a practice on a platform.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Channel {
    /// The platform.
    pub platform: Platform,
    /// The platform's own id of the account: page id, location name, user id, site.
    pub account: String,
}
