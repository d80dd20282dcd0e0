//! The labels that people give to texts, and the topics that stand for each.

use pagewarden_readers::topics;
use pagewarden_rules::{Reading, Topic};

use super::Labels;

/// Each label with its topics. A topic that stands under none is not scored.
const LABELS: [(&str, &[Topic]); 13] = [
    (
        "patient_identity",
        &[Topic::PatientIdentifiable, Topic::OtherPersonIdentifiable],
    ),
    (
        "staff_identity",
        &[Topic::StaffIdentified, Topic::StaffIdentifiable],
    ),
    (
        "abuse",
        &[
            Topic::Harassing,
            Topic::Derogatory,
            Topic::Offensive,
            Topic::GrosslyOffensive,
        ],
    ),
    ("threat", &[Topic::Threatening, Topic::Menacing]),
    ("obscene", &[Topic::Obscene]),
    ("defamation", &[Topic::Defamatory]),
    ("complaint", &[Topic::Complaint, Topic::Criticism]),
    ("praise", &[Topic::Praise]),
    (
        "appointment_or_clinical",
        &[
            Topic::AppointmentRequest,
            Topic::OwnMedicalInformation,
            Topic::ContactStaff,
        ],
    ),
    (
        "photo_recording",
        &[
            Topic::PhotoWaitingArea,
            Topic::PhotoStaff,
            Topic::RecordingConsultation,
            Topic::RecordingWaitingArea,
            Topic::RecordingStaff,
        ],
    ),
    ("scam_spam", &[Topic::Fraudulent, Topic::Spam]),
    (
        "misinformation",
        &[Topic::Inaccurate, Topic::FalseInformation],
    ),
    (
        "safeguarding",
        &[Topic::Safeguarding, Topic::ClinicalUrgent],
    ),
];

/// Labels with topics that are told apart where a file tells them apart, and what is left for those
/// above.
const FINER: [(&str, &[Topic]); 7] = [
    ("complaint", &[Topic::Complaint]),
    ("criticism", &[Topic::Criticism]),
    ("safeguarding", &[Topic::Safeguarding]),
    ("clinical_urgent", &[Topic::ClinicalUrgent]),
    ("distress", &[Topic::Distress]),
    ("claims_consent", &[Topic::ClaimsConsent]),
    ("not_english", &[Topic::NotEnglish]),
];

/// Which labels a file uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vocabulary {
    /// Thirteen: criticism counts as complaint, and symptoms that need help now as safeguarding.
    Broad,
    /// Eighteen: those are labels of their own, and so are distress, consent that is claimed, and
    /// other languages.
    Fine,
}

impl Vocabulary {
    /// Returns the labels of a file that has these: one that only the finer have makes it one of
    /// those.
    pub(super) fn of<'a>(mut names: impl Iterator<Item = &'a str>) -> Self {
        let only_fine = |name: &str| {
            FINER.iter().any(|(label, _)| *label == name)
                && !LABELS.iter().any(|(label, _)| *label == name)
        };
        if names.any(only_fine) {
            Vocabulary::Fine
        } else {
            Vocabulary::Broad
        }
    }

    fn labels(self) -> impl Iterator<Item = (&'static str, &'static [Topic])> {
        let finer = if self == Vocabulary::Fine {
            &FINER[..]
        } else {
            &[]
        };
        let is_finer = move |label: &str| finer.iter().any(|(one, _)| *one == label);
        LABELS
            .into_iter()
            .filter(move |(label, _)| !is_finer(label))
            .chain(finer.iter().copied())
    }

    /// Returns every label.
    pub(super) fn known(self) -> impl Iterator<Item = &'static str> {
        self.labels().map(|(label, _)| label)
    }

    /// Returns the label that a topic comes under; some topics come under none.
    pub(super) fn of_topic(self, topic: &Topic) -> Option<&'static str> {
        self.labels()
            .find(|(_, topics)| topics.contains(topic))
            .map(|(label, _)| label)
    }

    /// Returns the labels of a reading. A detail that identifies somebody is one of a patient,
    /// whoever it is.
    pub(super) fn found(self, reading: &Reading) -> Labels {
        let details = (!reading.identifiers.is_empty()).then_some("patient_identity");
        topics(reading)
            .iter()
            .filter_map(|topic| self.of_topic(topic))
            .chain(details)
            .collect()
    }
}
