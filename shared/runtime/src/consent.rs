//! Connecting a channel: what the console asks of `connect`, and what that answers. No secret of a
//! platform is in an answer, and nothing of an event is logged.

use std::fmt;

use pagewarden_ledger::ChannelCheck;
use pagewarden_rules::{Channel, PracticeId};
use serde::{Deserialize, Serialize};

/// The event by which `connect` is asked for a step towards a connected channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectEvent {
    /// The practice whose channel it is.
    pub practice: PracticeId,
    /// The channel, as the practice's settings name it.
    pub channel: Channel,
    /// Who asks, for the people who read later who connected it.
    pub by: String,
    /// The step.
    pub step: ConnectStep,
}

/// A step towards a connected channel.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectStep {
    /// To say where somebody agrees.
    Ask {
        /// The secret of the attempt, which the browser's session keeps.
        attempt: String,
    },
    /// To take what the browser brought back.
    Take {
        /// The secret of the attempt that it belongs to.
        attempt: String,
        /// The query of the address that it was sent back to.
        returned: String,
    },
    /// To take what a website showed to be typed.
    Type {
        /// The user's name there.
        user: String,
        /// The application password.
        password: String,
    },
}

/// Never with what it brings: whatever is printed may end in a log.
impl fmt::Debug for ConnectStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ConnectStep::Ask { .. } => "Ask(..)",
            ConnectStep::Take { .. } => "Take(..)",
            ConnectStep::Type { .. } => "Type(..)",
        })
    }
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectAnswer {
    /// Where somebody agrees, or what they type comes from.
    Agree {
        /// The address.
        address: String,
    },
    /// The channel's secret is stored, and this is what a check with it said.
    Connected(ChannelCheck),
    /// Nothing was stored.
    Refused {
        /// Why, and what to do, as it may be shown to the practice's people.
        why: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_printed_without_what_it_brings() {
        let hush = || "hush".to_owned();
        for step in [
            ConnectStep::Ask { attempt: hush() },
            ConnectStep::Take {
                attempt: hush(),
                returned: hush(),
            },
            ConnectStep::Type {
                user: hush(),
                password: hush(),
            },
        ] {
            assert!(!format!("{step:?}").contains("hush"));
        }
    }
}
