//! Policies: what one practice published, as clauses that can be judged.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::words;
use crate::{Effect, Platform, Role, Strength, Surface, TaskKind, Topic, Urgency};

/// The id of a practice: the tenant. Lower-case letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PracticeId(String);

/// A practice id with a character that keys may not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a practice id has 1 to 64 lower-case letters, digits and hyphens, not \"{0}\"")]
pub struct BadPracticeId(String);

impl PracticeId {
    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PracticeId {
    type Error = BadPracticeId;

    fn try_from(text: String) -> Result<Self, BadPracticeId> {
        let fits = (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits {
            Ok(PracticeId(text))
        } else {
            Err(BadPracticeId(text))
        }
    }
}

impl std::str::FromStr for PracticeId {
    type Err = BadPracticeId;

    fn from_str(text: &str) -> Result<Self, BadPracticeId> {
        text.to_owned().try_into()
    }
}

impl From<PracticeId> for String {
    fn from(id: PracticeId) -> String {
        id.0
    }
}

impl fmt::Display for PracticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

words! {
    /// Where a clause holds.
    Place {
        /// On the practice's own channels.
        Own "own",
        /// On any social media; the machine sees the practice's own channels only.
        Any "any",
        /// On the premises; seen online when somebody posts what they took there.
        Premises "premises",
    }
}

words! {
    /// Who can tell that a clause is broken.
    Detect {
        /// The rules help.
        Assist "assist",
        /// Only staff who were there: comes in through the staff log.
        Human "human",
    }
}

words! {
    /// What the policy says will follow.
    Says {
        /// It will.
        Will "will",
        /// It may.
        May "may",
        /// The practice reserves the right.
        Reserves "reserves",
        /// It asks.
        Asks "asks",
        /// It forbids, and states no sanction.
        None "none",
        /// It explains.
        Context "context",
    }
}

words! {
    /// How several effects of a clause belong together.
    Join {
        /// All of them.
        And "and",
        /// One or more of them.
        AndOr "and_or",
        /// One of them.
        Or "or",
    }
}

words! {
    /// What to do about a member of staff who is named in thanks.
    Praise {
        /// Leave it: naming in thanks does not engage the clause.
        Allow "allow",
        /// A person looks; the suggestion is to leave it.
        Queue "queue",
        /// Treat it like any other naming.
        Same "same",
    }
}

words! {
    /// What takes a post out of a clause. All but the first are facts outside the post, which a
    /// person records.
    Exception {
        /// The other patient agreed.
        ExpressConsentOfThatPatient "express_consent_of_that_patient",
        /// The person spoken of agreed.
        ExpressPermissionOfThatPerson "express_permission_of_that_person",
        /// The member of staff agreed.
        ExplicitConsentOfStaff "explicit_consent_of_staff",
        /// The clinician agreed.
        AgreedWithClinician "agreed_with_clinician",
        /// The recording is for the patient's own purpose.
        OwnPurpose "own_purpose",
    }
}

words! {
    /// Who a clause protects, if it says so.
    About {
        /// The team and its members only.
        Team "team",
        /// The practice as a service only.
        Practice "practice",
    }
}

/// The practice, as its policy names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Practice {
    /// The tenant's id.
    pub id: PracticeId,
    /// The name in full.
    pub name: String,
    /// `england`, `wales`, `scotland` or `northern-ireland`: sets the law pack and the clocks.
    pub nation: Nation,
    /// An IANA time zone.
    pub timezone: String,
    /// Who the code of conduct applies to, in the policy's words.
    pub audience: Vec<String>,
    /// Who answers official reviews, in the policy's words.
    pub responder: String,
    /// The file of the published text, beside the policy.
    pub source: String,
    /// SHA-256 of that file: 64 hexadecimal digits.
    pub source_sha256: String,
    /// The title of the published policy.
    pub title: String,
}

words! {
    /// The nation whose law and working days apply.
    Nation {
        /// England.
        England "england",
        /// Wales.
        Wales "wales",
        /// Scotland.
        Scotland "scotland",
        /// Northern Ireland.
        NorthernIreland "northern-ireland",
    }
}

/// Addresses that templates may give. Empty where the practice has not supplied one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Links {
    /// How to complain.
    pub complaints: String,
    /// Where a review can be left that the practice answers.
    pub official_review: String,
    /// The telephone number or page that a public reply may give.
    pub contact_public: String,
    /// The published policy.
    pub policy_page: String,
    /// How to challenge a decision.
    pub challenge: String,
    /// Guidance that the policy cites.
    pub law_guidance: String,
}

/// The surfaces of one platform on which a practice is present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channels {
    /// The platform.
    pub platform: Platform,
    /// Its surfaces.
    pub surfaces: Vec<Surface>,
}

/// One rule of a practice's policy, with its published sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// The id within the policy, such as `K9`.
    pub id: String,
    /// What engages it.
    pub topics: Vec<Topic>,
    /// Who it protects; anybody if it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// Where it holds.
    pub place: Place,
    /// The platforms it names; all of the practice's where it names none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<Platform>,
    /// Who can tell.
    #[serde(default = "assist")]
    pub detect: Detect,
    /// How sure the reader must be for the clause to act. Below it a person looks, and a clause
    /// without effects does not engage.
    #[serde(default = "likely")]
    pub bar: Strength,
    /// What the policy says will follow.
    pub says: Says,
    /// What takes a post out of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Exception>,
    /// What follows, in order.
    #[serde(default)]
    pub effects: Vec<Effect>,
    /// What must never follow from what the clause is about, no matter who asks. What is graver in
    /// the same post keeps its own consequence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub never: Vec<Effect>,
    /// How the effects belong together.
    #[serde(default = "and")]
    pub join: Join,
    /// What the machine may do by itself. The safe floor narrows it further.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub auto: Vec<Effect>,
    /// The topics for which it may; all of the clause's where it does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub auto_topics: Vec<Topic>,
    /// Who alone may delete, where the policy names somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_role: Option<Role>,
    /// How soon a person must look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
    /// The template of its message or reply. A private one is offered to people for the author,
    /// whether or not the clause asks for a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The policy says that such posts are never answered in public.
    #[serde(default)]
    pub no_public_reply: bool,
    /// What to do about staff named in thanks.
    #[serde(default = "same")]
    pub praise: Praise,
    /// The law it rests on, by the names of the law pack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub law_pack: Vec<String>,
    /// Unfilled template text in the published sentence, which the practice must settle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// A link of the published sentence that leads nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken_link: Option<String>,
    /// The published sentence, word for word.
    pub quote: String,
}

const fn assist() -> Detect {
    Detect::Assist
}
const fn likely() -> Strength {
    Strength::Likely
}
const fn and() -> Join {
    Join::And
}
const fn same() -> Praise {
    Praise::Same
}

/// A topic of one practice's own: words and patterns that engage `custom:<name>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomTopic {
    /// The name, without `custom:`.
    pub name: String,
    /// Whole words or phrases, in any case.
    #[serde(default)]
    pub words: Vec<String>,
    /// Regular expressions, run in linear time.
    #[serde(default)]
    pub patterns: Vec<String>,
}

/// Steps that a practice may take with an account that keeps breaking its policy. Every step is a
/// person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ladder {
    /// Incidents older than this count no more.
    pub window_months: u8,
    /// The steps, mildest first; none where the policy states no ladder.
    #[serde(default)]
    pub steps: Vec<String>,
    /// Days that the author has to answer the first step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask_due_days: Option<u8>,
    /// The ladder stands still while a complaint is open. It does so whatever stands here: a policy with
    /// steps says so.
    pub hold_if_open_complaint: bool,
}

/// How long things are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Days that the text of a post without a breach is kept.
    pub no_breach_text_days: u16,
    /// Months that decisions and evidence are kept.
    pub evidence_months: u16,
    /// Months that complaints are kept; without it they are kept until somebody says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complaint_months: Option<u16>,
    /// Months that posts are kept for which somebody may have been in danger; without it they are
    /// kept until somebody says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safeguarding_months: Option<u16>,
}

/// One practice's policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The practice.
    pub practice: Practice,
    /// The addresses that the published policy gives.
    pub links: Links,
    /// Where the practice is present.
    pub channels: Vec<Channels>,
    /// The clauses, in the order of the published text.
    pub clauses: Vec<Clause>,
    /// Topics of its own.
    #[serde(default)]
    pub custom: Vec<CustomTopic>,
    /// Its own sentences for what waits for people, instead of those derived from the clause.
    #[serde(default)]
    pub tasks: BTreeMap<TaskKind, String>,
    /// Its ladder.
    pub ladder: Ladder,
    /// How long things are kept.
    pub retention: Retention,
}

impl Clause {
    /// Returns its published sentence on one line.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.quote.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Returns the rule as the public counts it, given a clause's id: `K9` is rule 9.
#[must_use]
pub fn rule_number(clause: &str) -> &str {
    clause.trim_start_matches(|c: char| !c.is_ascii_digit())
}

impl Policy {
    /// Returns a clause by its id.
    #[must_use]
    pub fn clause(&self, id: &str) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.id == id)
    }

    /// Returns `true` if the practice is present on this surface.
    #[must_use]
    pub fn covers(&self, platform: Platform, surface: Surface) -> bool {
        (platform == Platform::StaffLog && surface == Surface::Premises)
            || self
                .channels
                .iter()
                .any(|c| c.platform == platform && c.surfaces.contains(&surface))
    }
}
