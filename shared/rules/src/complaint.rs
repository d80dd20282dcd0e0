//! By when a complaint has to be acknowledged. The law of each nation says it, so it is a table
//! with its sources.

use crate::Nation;

/// How long a practice has to acknowledge a complaint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComplaintClock {
    /// Working days after the day on which it came in.
    pub working_days: u32,
    /// Where that is laid down.
    pub source: &'static str,
    /// When somebody last read the source: year and month.
    pub checked: &'static str,
    /// Why it is doubtful, and what to do, where it is.
    pub doubt: Option<&'static str>,
}

impl Nation {
    /// Returns the clock of complaints.
    #[must_use]
    pub const fn complaint_clock(self) -> ComplaintClock {
        match self {
            Nation::England => ComplaintClock {
                working_days: 3,
                source: "The Local Authority Social Services and National Health Service Complaints (England) \
                         Regulations 2009, SI 2009/309, regulation 13(3)",
                checked: "2026-11",
                doubt: None,
            },
            Nation::Scotland => ComplaintClock {
                working_days: 3,
                source: "The NHS Scotland model complaints handling procedure, stage 2",
                checked: "2026-11",
                doubt: None,
            },
            Nation::NorthernIreland => ComplaintClock {
                working_days: 3,
                source: "Guidance on HSC complaints, as the Medical Defence Union described it in July 2014",
                checked: "2026-11",
                doubt: None,
            },
            Nation::Wales => ComplaintClock {
                working_days: 2,
                source: "The NHS (Concerns, Complaints and Redress Arrangements) (Wales) Regulations 2011, as they \
                         stood until March 2026",
                checked: "2026-11",
                doubt: Some(
                    "the Welsh procedure changed on 1 April 2026, and the new time was not verified: ask the health \
                     board, and treat two working days as the latest",
                ),
            },
        }
    }

    /// Returns how many working days somebody has to say whether a post is a complaint: one less
    /// than there is for acknowledging it, so that a day is left for that.
    #[must_use]
    pub const fn days_to_recognise_a_complaint(self) -> u32 {
        self.complaint_clock().working_days.saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_due_a_day_before_the_acknowledgement() {
        for nation in Nation::ALL {
            let clock = nation.complaint_clock();
            assert!(nation.days_to_recognise_a_complaint() >= 1, "{nation}");
            assert_eq!(
                nation.days_to_recognise_a_complaint() + 1,
                clock.working_days,
                "{nation}"
            );
            assert_eq!(clock.doubt.is_some(), *nation == Nation::Wales, "{nation}");
        }
    }
}
