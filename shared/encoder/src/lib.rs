#![doc = include_str!("../README.md")]

mod file;
mod kernel;
mod language;
mod model;
mod network;
mod sentences;
mod tokens;

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::file::ModelFile;
use crate::model::Model;

/// Why a model file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// It is not there or may not be read.
    #[error("the encoder's model file cannot be opened")]
    Missing(#[source] io::Error),
    /// It is not a whole model file.
    #[error("the encoder's model file is damaged: {0}")]
    Damaged(&'static str),
    /// It was made for another version of this crate.
    #[error(
        "the encoder's model file has version {found}, and this program reads version {wanted}"
    )]
    Version {
        /// The file's version.
        found: u32,
        /// The version that is read.
        wanted: u32,
    },
}

macro_rules! labels {
    ($($variant:ident $name:literal $plain:literal,)+) => {
        /// What a text may be.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Label {
            $(#[doc = $plain] $variant,)+
        }

        impl Label {
            /// Every label.
            pub const ALL: &'static [Label] = &[$(Label::$variant,)+];

            /// Returns the name that corpus, model file and records write.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Label::$variant => $name,)+
                }
            }
        }
    };
}

labels! {
    Abuse "abuse" "insulting or degrading words aimed at a person, a role or the team",
    Obscene "obscene" "strong swearing",
    Threat "threat" "a threat of violence, damage or stalking, or a call to a mob",
    Defamation "defamation" "an accusation of crime, dishonesty or unfitness, told as a fact",
    Complaint "complaint" "a grievance with a wish, a demand or an accusation",
    Praise "praise" "thanks or praise",
    PatientIdentity "patient_identity" "tells that another person who can be identified is a patient or is ill",
    StaffIdentity "staff_identity" "a member of staff is named or can be told from the description",
    Safeguarding "safeguarding" "somebody may be in danger",
    ClinicalUrgent "clinical_urgent" "symptoms that are happening now and need urgent help",
    Distress "distress" "bereaved, or in evident distress",
    ScamSpam "scam_spam" "advertising, scam or phishing",
    Misinformation "misinformation" "a false statement on health, told as a fact",
    PhotoRecording "photo_recording" "photographs or recordings in the surgery, of staff or of patients",
    AppointmentOrClinical "appointment_or_clinical" "asks for an appointment or a result, or tells of the author's health",
    ClaimsConsent "claims_consent" "says that the person agreed to being mentioned",
    NotEnglish "not_english" "written in another language",
    Criticism "criticism" "a negative opinion of the service",
    Danger "danger" "somebody may be in danger or need urgent help: safeguarding or clinical urgency",
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How sure the encoder is of a label, by thresholds that were chosen on authors whose posts it had
/// not learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It is sure that the label does not hold.
    Unlikely,
    /// It cannot tell.
    Unclear,
    /// Enough for a person to look: where finding and false alarms balance. For danger: first in
    /// every list.
    Possible,
    /// False alarms are rare. For danger: somebody is told at once.
    Sure,
}

/// How strong a finding of the rules is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Worth a person's look.
    Possible,
    /// Enough to engage a clause.
    Likely,
    /// The text says so in as many words.
    Certain,
}

impl Strength {
    /// Returns what the model weighs, in tenths.
    const fn tenths(self) -> u8 {
        match self {
            Strength::Possible => 4,
            Strength::Likely => 7,
            Strength::Certain => 10,
        }
    }
}

/// What the rules found, as one of the things that the encoder's judgement weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hint<'a> {
    /// The topic as the rules name it, or `identifiers` where they found identifiers (certain).
    /// Names that the model does not know are left out.
    pub topic: &'a str,
    /// How strong the finding is.
    pub strength: Strength,
}

/// What the encoder reads in a text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// The SHA-256 of the model file, in hexadecimal. The same model gives the same scores on every
    /// processor.
    pub model_hash: String,
    /// The language, as a BCP 47 tag: `en` where the text reads as English, `und` where it is
    /// another that is not known.
    pub language: &'static str,
    /// Every label, in the order of [`Label::ALL`].
    pub labels: Vec<LabelScore>,
    /// What the text means, to look for texts that mean the like.
    #[serde(skip)]
    pub vector: Vector,
    /// Bytes at the end of the text that were not read, because it is longer than anybody writes.
    pub unread: usize,
}

impl Scores {
    /// Returns the score of a label.
    #[must_use]
    pub fn of(&self, label: Label) -> &LabelScore {
        &self.labels[label as usize]
    }
}

/// One label's score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelScore {
    /// The label.
    pub label: Label,
    /// How likely it is to hold, in thousandths.
    pub score: u16,
    /// What that means.
    pub level: Level,
    /// The sentence that speaks most for it, in bytes of the text as given.
    pub span: Range<usize>,
}

/// A meaning: what three layers make of a text, each number counted from its mean over the corpus
/// in steps of its spread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector(Vec<i8>);

/// A post of the corpus that the encoder learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example<'a> {
    /// Its words, which were invented.
    pub text: &'a str,
    /// How like it is, in thousandths: 1000 for the same, below 400 for two that have nothing in
    /// common.
    pub likeness: u16,
}

/// The encoder, its model file mapped into memory. It is meant to be opened once and kept.
pub struct Encoder(Loaded);

self_cell::self_cell!(
    struct Loaded {
        owner: ModelFile,
        #[covariant]
        dependent: Model,
    }
);

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("model_hash", &self.model_hash())
            .finish_non_exhaustive()
    }
}

impl Encoder {
    /// Maps a model file and checks all of it.
    ///
    /// Nothing is copied or built: what lies in the file is used where it lies.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, EncoderError> {
        Loaded::try_new(ModelFile::open(path.as_ref())?, |file| Model::new(file)).map(Encoder)
    }

    /// Returns the SHA-256 of the model file, in hexadecimal.
    #[must_use]
    pub fn model_hash(&self) -> &str {
        &self.0.borrow_owner().hash
    }

    /// Reads a text, with what the rules found in it.
    #[must_use]
    pub fn read(&self, text: &str, hints: &[Hint<'_>]) -> Scores {
        let judged = self.0.borrow_dependent().judged(text, hints);
        let told = judged.labels[Label::NotEnglish as usize].level >= Level::Possible;
        let foreign = told || language::foreign_script(text);
        Scores {
            model_hash: self.model_hash().to_owned(),
            language: if foreign { language::guess(text) } else { "en" },
            labels: judged.labels,
            vector: Vector(judged.meaning),
            unread: judged.unread,
        }
    }

    /// Returns the post of the corpus that means most like a text, among those that have a label.
    #[must_use]
    pub fn nearest(&self, vector: &Vector, label: Label) -> Option<Example<'_>> {
        self.0.borrow_dependent().nearest(&vector.0, label)
    }

    /// Returns what the published encoder makes of a text as a query, before it is brought to
    /// length 1: 384 numbers, or none where the text has no piece.
    #[must_use]
    pub fn embedding(&self, text: &str) -> Vec<f32> {
        let mut whole = self.rows(text).0;
        whole.split_off(whole.len().saturating_sub(network::WIDTH))
    }

    /// Returns the mean of what three layers make of a text's pieces; for each piece the sentence
    /// that it stands in, if any; and what they make of each, 1,152 numbers a piece. For the
    /// training.
    #[doc(hidden)]
    #[must_use]
    pub fn rows(&self, text: &str) -> (Vec<f32>, Vec<Option<usize>>, Vec<f32>) {
        self.0.borrow_dependent().rows(text)
    }
}
