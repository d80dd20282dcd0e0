//! Meanings: what a second reader makes of a text, one that learned from examples and knows no
//! rule.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::words;
use crate::{Finding, Strength, Topic};

words! {
    /// What the second reader can tell.
    Sense {
        /// Insulting or degrading words aimed at somebody.
        Abuse "abuse",
        /// Strong swearing.
        Obscene "obscene",
        /// A threat.
        Threat "threat",
        /// An accusation of crime, dishonesty or unfitness.
        Defamation "defamation",
        /// A grievance with a wish or a demand.
        Complaint "complaint",
        /// Thanks or praise.
        Praise "praise",
        /// Tells that somebody else is a patient or is ill.
        PatientIdentity "patient_identity",
        /// A member of staff can be told.
        StaffIdentity "staff_identity",
        /// Harm to the author, a child or an adult at risk.
        Safeguarding "safeguarding",
        /// Symptoms that need help now.
        ClinicalUrgent "clinical_urgent",
        /// Bereaved or distressed.
        Distress "distress",
        /// Advertising or a scam.
        ScamSpam "scam_spam",
        /// A false statement on health.
        Misinformation "misinformation",
        /// Photographs or recordings in the surgery.
        PhotoRecording "photo_recording",
        /// An appointment, a result, the author's own health.
        AppointmentOrClinical "appointment_or_clinical",
        /// Says that the person agreed.
        ClaimsConsent "claims_consent",
        /// Another language.
        NotEnglish "not_english",
        /// A negative opinion of the service.
        Criticism "criticism",
        /// Somebody may be in danger: safeguarding or clinical urgency.
        Danger "danger",
    }
}

impl Sense {
    /// What a post may be hidden for, by one policy or another.
    const HIDING: [Sense; 4] = [
        Sense::Abuse,
        Sense::Obscene,
        Sense::Threat,
        Sense::PatientIdentity,
    ];

    /// Returns what it is, as it follows "it reads like".
    #[must_use]
    pub const fn plain(self) -> &'static str {
        match self {
            Sense::Abuse => "an insult to somebody",
            Sense::Obscene => "strong swearing",
            Sense::Threat => "a threat",
            Sense::Defamation => "an accusation against somebody",
            Sense::Complaint => "a complaint",
            Sense::Praise => "thanks or praise",
            Sense::PatientIdentity => "something private about a person who can be identified",
            Sense::StaffIdentity => "words about a member of staff who can be told",
            Sense::Safeguarding => "somebody who may come to harm",
            Sense::ClinicalUrgent => "symptoms that may need help now",
            Sense::Distress => "grief or distress",
            Sense::ScamSpam => "advertising or a scam",
            Sense::Misinformation => "a false statement on health",
            Sense::PhotoRecording => "a photograph or recording in the surgery",
            Sense::AppointmentOrClinical => "a request, or the author's own health",
            Sense::ClaimsConsent => "a claim that somebody agreed",
            Sense::NotEnglish => "a text in another language",
            Sense::Criticism => "criticism of the service",
            Sense::Danger => "somebody in danger",
        }
    }

    /// Returns the topics that it stands for: policies have several words for what the reader does
    /// not tell apart.
    #[must_use]
    pub const fn topics(self) -> &'static [Topic] {
        match self {
            Sense::Abuse => {
                const {
                    &[
                        Topic::Harassing,
                        Topic::Derogatory,
                        Topic::Offensive,
                        Topic::GrosslyOffensive,
                    ]
                }
            }
            Sense::Obscene => const { &[Topic::Obscene] },
            Sense::Threat => const { &[Topic::Threatening, Topic::Menacing, Topic::Harassing] },
            Sense::Defamation => const { &[Topic::Defamatory] },
            Sense::Complaint => const { &[Topic::Complaint] },
            Sense::Praise => const { &[Topic::Praise] },
            Sense::PatientIdentity => {
                const { &[Topic::PatientIdentifiable, Topic::OtherPersonIdentifiable] }
            }
            Sense::StaffIdentity => const { &[Topic::StaffIdentified] },
            Sense::Safeguarding => const { &[Topic::Safeguarding] },
            Sense::ClinicalUrgent => const { &[Topic::ClinicalUrgent] },
            Sense::Distress => const { &[Topic::Distress] },
            Sense::ScamSpam => const { &[Topic::Fraudulent, Topic::Spam] },
            Sense::Misinformation => const { &[Topic::FalseInformation, Topic::Inaccurate] },
            Sense::PhotoRecording => {
                const {
                    &[
                        Topic::PhotoWaitingArea,
                        Topic::PhotoStaff,
                        Topic::RecordingConsultation,
                        Topic::RecordingWaitingArea,
                        Topic::RecordingStaff,
                    ]
                }
            }
            Sense::AppointmentOrClinical => const { &[Topic::AppointmentRequest] },
            Sense::ClaimsConsent => const { &[Topic::ClaimsConsent] },
            Sense::NotEnglish => const { &[Topic::NotEnglish] },
            Sense::Criticism => const { &[Topic::Criticism] },
            // One of the two that it is made of is said as well, or it is not known which.
            Sense::Danger => const { &[] },
        }
    }

    /// Returns `true` if a person is asked about it where no rule saw it.
    const fn is_asked_about(self) -> bool {
        matches!(
            self,
            Sense::Abuse
                | Sense::Threat
                | Sense::Defamation
                | Sense::Complaint
                | Sense::PatientIdentity
                | Sense::ScamSpam
                | Sense::Misinformation
                | Sense::PhotoRecording
        )
    }
}

/// What the second reader makes of a text: a reason for a person to look, and for the machine to
/// leave a post to one.
///
/// Nothing is ever hidden or answered for it. It stands in the record as it was, so that a decision
/// can be repeated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meaning {
    /// The SHA-256 of the model that read, in hexadecimal.
    pub model: String,
    /// The language, as a BCP 47 tag.
    pub language: String,
    /// What it reads in the text, each sense at most once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<Said>,
    /// What it is sure that the text is not, with the score in thousandths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ruled_out: Vec<(Sense, u16)>,
    /// Bytes at the end of the text that it did not read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unread: usize,
}

/// One thing that the second reader reads in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// What.
    pub sense: Sense,
    /// How likely it is, in thousandths.
    pub score: u16,
    /// Whether that is so likely that false alarms are rare; otherwise it is worth a look.
    pub sure: bool,
    /// Where the sentence begins that speaks most for it, in bytes of the text as posted.
    pub start: usize,
    /// The byte after that sentence.
    pub end: usize,
    /// The example that means most like it: invented words, from those that the reader learned
    /// from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
}

impl Said {
    /// Returns how sure the reader is, in words.
    #[must_use]
    pub const fn how_sure(&self) -> &'static str {
        if self.sure { "very likely" } else { "perhaps" }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Meaning {
    /// Returns what it says of one sense, if it reads it in the text.
    #[must_use]
    pub fn of(&self, sense: Sense) -> Option<&Said> {
        self.said.iter().find(|said| said.sense == sense)
    }

    /// Returns the topics that it reads in the text, whether anything follows from them or not.
    #[must_use]
    pub fn topics(&self) -> Vec<Topic> {
        // The first stands for those that policies use beside it.
        self.said
            .iter()
            .filter_map(|said| said.sense.topics().first().cloned())
            .collect()
    }

    /// Returns what a person is asked about, as findings that no machine acts on.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let asked = self.said.iter().filter(|said| said.sense.is_asked_about());
        asked
            .flat_map(|said| said.sense.topics().iter().map(|topic| finding(said, topic)))
            .collect()
    }

    /// Returns `true` if it is sure that the text is fair: there is nothing in it to hide a post
    /// for, and none of these topics.
    pub(crate) fn is_fair<'a>(&self, mut topics: impl Iterator<Item = &'a Topic>) -> bool {
        let out = |sense: Sense| {
            self.ruled_out
                .iter()
                .any(|(ruled_out, _)| *ruled_out == sense)
        };
        let none_of = |topic: &Topic| {
            Sense::ALL
                .iter()
                .any(|sense| sense.topics().contains(topic) && out(*sense))
        };
        Sense::HIDING.into_iter().all(out) && topics.all(none_of)
    }
}

fn finding(said: &Said, topic: &Topic) -> Finding {
    Finding {
        topic: topic.clone(),
        strength: Strength::Possible,
        span: said.start..said.end,
        cue: Cow::Borrowed(said.sense.name()),
        why: format!(
            "it reads like {}, says a program that learned from examples",
            said.sense.plain()
        )
        .into(),
        target: None,
    }
}
