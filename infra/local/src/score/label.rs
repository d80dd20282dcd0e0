//! The labels that people give to texts, and the topics that stand for each.

use pagewarden_rules::{Reading, Topic};

use super::Labels;

/// Each label with its topics. A topic that stands under none is not scored.
const LABELS: [(&str, &[Topic]); 13] = [
    ("patient_identity", &[Topic::PatientIdentifiable, Topic::OtherPersonIdentifiable]),
    ("staff_identity", &[Topic::StaffIdentified, Topic::StaffIdentifiable]),
    ("abuse", &[Topic::Harassing, Topic::Derogatory, Topic::Offensive, Topic::GrosslyOffensive]),
    ("threat", &[Topic::Threatening, Topic::Menacing]),
    ("obscene", &[Topic::Obscene]),
    ("defamation", &[Topic::Defamatory]),
    ("complaint", &[Topic::Complaint, Topic::Criticism]),
    ("praise", &[Topic::Praise]),
    ("appointment_or_clinical", &[Topic::AppointmentRequest, Topic::OwnMedicalInformation, Topic::ContactStaff]),
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
    ("misinformation", &[Topic::Inaccurate, Topic::FalseInformation]),
    ("safeguarding", &[Topic::Safeguarding, Topic::ClinicalUrgent]),
];

/// Returns every label.
pub(super) fn known() -> impl Iterator<Item = &'static str> {
    LABELS.iter().map(|(label, _)| *label)
}

/// Returns the label that a topic comes under; some topics come under none.
pub(super) fn of_topic(topic: &Topic) -> Option<&'static str> {
    LABELS.iter().find(|(_, topics)| topics.contains(topic)).map(|(label, _)| *label)
}

/// Returns the labels of a reading. A detail that identifies somebody is one of a patient, whoever it is.
pub(super) fn of(reading: &Reading) -> Labels {
    let details = (!reading.identifiers.is_empty()).then_some("patient_identity");
    reading.findings.iter().filter_map(|finding| of_topic(&finding.topic)).chain(details).collect()
}
