//! Trying words: what the console asks of `moderate`, and what that answers. The words are neither
//! stored nor logged.

use std::fmt;

use pagewarden_ledger::{FindingRecord, ReadBy};
use pagewarden_rules::{Decision, Mode, Platform, PracticeId, Surface};
use serde::{Deserialize, Serialize};

/// The most bytes of a text that is tried: the longest text that any platform takes.
pub const LONGEST_TRIAL: usize = 65_525;

/// The event by which `moderate` is asked what would become of a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialEvent {
    /// The post.
    #[serde(rename = "try")]
    pub trial: Trial,
}

/// A post that nobody wrote.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// By whose policy it is judged.
    pub practice: PracticeId,
    /// Where it would stand.
    pub platform: Platform,
    /// On which surface.
    pub surface: Surface,
    /// Its words, at most [`LONGEST_TRIAL`] bytes.
    pub text: String,
}

/// Never with the words: whatever is printed may end in a log.
impl fmt::Debug for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trial")
            .field("practice", &self.practice)
            .field("platform", &self.platform)
            .field("surface", &self.surface)
            .finish_non_exhaustive()
    }
}

/// What would become of the post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// The version of the practice's policy that judged it.
    pub policy: u32,
    /// How far the practice lets the machine act.
    pub mode: Mode,
    /// What was found.
    pub findings: Vec<FindingRecord>,
    /// Who read it.
    pub read_by: ReadBy,
    /// What the practice's policy says.
    pub decision: Decision,
    /// What each policy that comes with the program says, under the practice's own settings.
    pub shipped: Vec<TriedPolicy>,
}

/// What one of the policies that come with the program says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriedPolicy {
    /// The practice that published it.
    pub name: String,
    /// What it says.
    pub decision: Decision,
    /// The rule that this rests on, and the published sentence; none where there is none.
    pub rule: Option<(String, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_is_printed_without_its_words() {
        let trial = Trial {
            practice: "woolpit".parse().unwrap(),
            platform: Platform::Facebook,
            surface: Surface::Comment,
            text: "hush".to_owned(),
        };
        let printed = format!("{:?}", TrialEvent { trial });
        assert!(printed.contains("Facebook") && !printed.contains("hush"));
    }
}
