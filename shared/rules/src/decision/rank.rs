//! The documented order among what a post may break.

use crate::Topic;

/// Where a topic stands: page > privacy > threat > obscene > complaint > signpost. The mildest
/// comes first here.
///
/// A clause that forbids something forbids it to what stands as high as its own topic or lower. A
/// complaint may say who was rude and what went wrong, so what is said *of* the service, and who is
/// named, stands beside the complaint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Somebody asks for something, or says what they think of it.
    Signpost,
    /// A complaint, and what a complaint is made of: who, what happened, and whether it is true.
    Complaint,
    /// Abuse, obscenity, offers and lies that are no account of the service; a practice's own
    /// topics.
    Obscene,
    /// A threat.
    Threat,
    /// What is private about somebody.
    Privacy,
    /// Somebody may be in danger.
    Danger,
}

impl Rank {
    pub(super) const fn of(topic: &Topic) -> Self {
        match topic {
            Topic::Safeguarding | Topic::ClinicalUrgent => Rank::Danger,
            Topic::Confidentiality
            | Topic::PatientIdentifiable
            | Topic::StaffIdentifiable
            | Topic::OtherPersonIdentifiable
            | Topic::PhotoWaitingArea
            | Topic::PhotoStaff
            | Topic::RecordingConsultation
            | Topic::RecordingWaitingArea
            | Topic::RecordingStaff => Rank::Privacy,
            Topic::Threatening | Topic::Menacing => Rank::Threat,
            Topic::Obscene
            | Topic::GrosslyOffensive
            | Topic::Harassing
            | Topic::Derogatory
            | Topic::Offensive
            | Topic::Embarrassing
            | Topic::Fraudulent
            | Topic::Unlawful
            | Topic::Spam
            | Topic::DeviceUse
            | Topic::Custom(_) => Rank::Obscene,
            Topic::Complaint
            | Topic::StaffIdentified
            | Topic::Defamatory
            | Topic::Inaccurate
            | Topic::FalseInformation => Rank::Complaint,
            // It says when, and nothing of what.
            Topic::Imminent
            | Topic::Criticism
            | Topic::Praise
            | Topic::Review
            | Topic::AppointmentRequest
            | Topic::ComplaintEnquiry
            | Topic::OwnMedicalInformation
            | Topic::ContactStaff
            | Topic::Distress
            | Topic::Child
            | Topic::ClaimsConsent
            | Topic::NotEnglish => Rank::Signpost,
        }
    }
}
