//! Topics: what a text may be about, in the policies' own words.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! topics {
    ($($variant:ident $name:literal $plain:literal,)+) => {
        /// What a text may be about.
        ///
        /// The names are the policies' words; `Custom` holds a topic that one practice defined with
        /// a word list of its own, written `custom:<name>`.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Topic {
            $(#[doc = $plain] $variant,)+
            /// A topic of one practice's own, by its name without the `custom:` prefix.
            Custom(Arc<str>),
        }

        impl Topic {
            /// Every built-in topic, in the order of the vocabulary.
            pub const ALL: &'static [Topic] = &[$(Topic::$variant,)+];

            /// Returns the topic's name as policies and records write it.
            #[must_use]
            pub fn name(&self) -> Cow<'static, str> {
                match self {
                    $(Topic::$variant => Cow::Borrowed($name),)+
                    Topic::Custom(name) => Cow::Owned(format!("custom:{name}")),
                }
            }

            /// Returns what the topic means, in words for a practice manager.
            #[must_use]
            pub fn plain(&self) -> Cow<'static, str> {
                match self {
                    $(Topic::$variant => Cow::Borrowed($plain),)+
                    Topic::Custom(name) => Cow::Owned(format!("the practice's own topic {name}")),
                }
            }
        }

        impl FromStr for Topic {
            type Err = UnknownTopic;

            fn from_str(text: &str) -> Result<Self, UnknownTopic> {
                match text {
                    $($name => Ok(Topic::$variant),)+
                    _ => match text.strip_prefix("custom:") {
                        Some(name) if !name.is_empty() => Ok(Topic::Custom(name.into())),
                        _ => Err(UnknownTopic(text.to_owned())),
                    },
                }
            }
        }
    };
}

topics! {
    Safeguarding "safeguarding" "somebody may be in danger: self-harm, suicide, harm to a child or an adult at risk",
    ClinicalUrgent "clinical_urgent" "symptoms that may need help now",
    Confidentiality "confidentiality" "the duty of confidentiality",
    PatientIdentifiable "patient_identifiable" "health or attendance information about a patient who can be identified",
    StaffIdentifiable "staff_identifiable" "private information about a member of staff",
    OtherPersonIdentifiable "other_person_identifiable" "private information about another person who can be identified",
    StaffIdentified "staff_identified" "a member of staff is named or can be told from the description",
    Threatening "threatening" "a threat of harm",
    Menacing "menacing" "words meant to frighten",
    Imminent "imminent" "a time or a place that makes a threat one for today",
    Obscene "obscene" "obscene language",
    GrosslyOffensive "grossly_offensive" "grossly offensive words, such as a slur",
    Harassing "harassing" "abuse aimed at a person",
    Derogatory "derogatory" "an insult aimed at the team or one of its members",
    Offensive "offensive" "offensive words aimed at the team or one of its members",
    Embarrassing "embarrassing" "private or shaming details meant to embarrass a person",
    Defamatory "defamatory" "an accusation of crime, dishonesty or unfitness",
    Fraudulent "fraudulent" "a scam, a false offer or a false identity",
    Unlawful "unlawful" "an offer or encouragement of something unlawful",
    Inaccurate "inaccurate" "a statement of fact that may be untrue",
    FalseInformation "false_information" "false information that may cause harm",
    Spam "spam" "advertising or links that have nothing to do with the practice",
    Complaint "complaint" "a complaint about care, staff or access",
    ComplaintEnquiry "complaint_enquiry" "a question how to complain",
    Criticism "criticism" "criticism of the service",
    Praise "praise" "thanks or praise",
    Review "review" "a review of the practice",
    AppointmentRequest "appointment_request" "a request to make, change or cancel an appointment or a prescription",
    OwnMedicalInformation "own_medical_information" "the author's own medical information, or their child's",
    ContactStaff "contact_staff" "an attempt to reach a member of staff through the page",
    PhotoWaitingArea "photo_waiting_area" "a photograph of the waiting room or of other patients",
    PhotoStaff "photo_staff" "a photograph of staff",
    RecordingConsultation "recording_consultation" "a recording of a consultation",
    RecordingWaitingArea "recording_waiting_area" "a recording of the waiting room or of other patients",
    RecordingStaff "recording_staff" "a recording of staff",
    DeviceUse "device_use" "a phone or tablet used where the practice does not allow it",
    Distress "distress" "bereavement or distress: the author needs care first",
    Child "child" "a child is spoken of by a parent or carer",
    ClaimsConsent "claims_consent" "the author says that the person agreed",
    NotEnglish "not_english" "written in a language that the rules were not tested on",
}

impl Topic {
    /// Returns `true` if the topic is what somebody thinks of the service, which is free: never a
    /// ground to take a post away, whatever a policy says.
    ///
    /// A practice's own topic is one if its name says so: `custom:bad_rating`, `custom:sentiment`.
    #[must_use]
    pub fn is_opinion(&self) -> bool {
        if let Topic::Custom(name) = self {
            return name
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| OPINIONS.contains(&word.to_lowercase().as_str()));
        }
        matches!(self, Topic::Criticism | Topic::Praise | Topic::Review)
    }

    /// Returns `true` if telling whether a text breaks a rule on this topic needs facts or law.
    ///
    /// Truth and honest opinion are defences, so the machine never acts on these, whatever a policy
    /// lists.
    #[must_use]
    pub const fn needs_judgement(&self) -> bool {
        matches!(
            self,
            Topic::Inaccurate
                | Topic::FalseInformation
                | Topic::Fraudulent
                | Topic::Embarrassing
                | Topic::Defamatory
                | Topic::Unlawful
        )
    }
}

/// What a practice may call its own topic when it means what people think of it.
const OPINIONS: [&str; 18] = [
    "critical",
    "criticism",
    "criticisms",
    "dissatisfaction",
    "feedback",
    "negative",
    "negativity",
    "opinion",
    "opinions",
    "praise",
    "rating",
    "ratings",
    "review",
    "reviews",
    "sentiment",
    "star",
    "stars",
    "unhappy",
];

/// A topic name that is neither built in nor `custom:<name>`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown topic \"{0}\"")]
pub struct UnknownTopic(pub String);

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl Serialize for Topic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

impl<'de> Deserialize<'de> for Topic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_back() {
        for topic in Topic::ALL {
            assert_eq!(topic.name().parse::<Topic>().as_ref(), Ok(topic));
        }
        assert_eq!(
            "custom:parking".parse::<Topic>(),
            Ok(Topic::Custom("parking".into()))
        );
        assert!("custom:".parse::<Topic>().is_err());
        assert!("rudeness".parse::<Topic>().is_err());
    }

    #[test]
    fn an_opinion_is_one_by_whatever_name() {
        let is_opinion = |name: &str| name.parse::<Topic>().unwrap().is_opinion();
        for name in [
            "criticism",
            "praise",
            "review",
            "custom:bad_rating",
            "custom:Negative-posts",
        ] {
            assert!(is_opinion(name), "{name}");
        }
        for name in ["complaint", "obscene", "custom:parking", "custom:starlings"] {
            assert!(!is_opinion(name), "{name}");
        }
    }
}
