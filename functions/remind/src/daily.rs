//! What is done once a day for each practice, at a minute of its own.
//!
//! All of them in one run would take longer than a run may: it would be killed at the same practice
//! every night, and those behind it would never have their turn.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::LedgerError;
use pagewarden_rules::PracticeId;
use ring::digest::{SHA256, digest};

use crate::Remind;

/// The first of these minutes, of the day in UTC: when little else happens.
const FROM: i64 = 3 * 60 + 17;

/// Over how many minutes the practices are spread: the last one's is before people come to work.
pub const SPREAD_MINUTES: u16 = 180;

/// How often, after its minute, what could not be written for a practice is tried again.
const AGAIN_MINUTES: i64 = 60;

/// Returns how long after 03:17 UTC a practice's minute is.
#[must_use]
pub fn turn(practice: &PracticeId) -> SignedDuration {
    let hash = digest(&SHA256, practice.as_str().as_bytes());
    let number = hash.as_ref().iter().take(2);
    let number = number.fold(0_u16, |number, byte| (number << 8) | u16::from(*byte));
    SignedDuration::from_mins(i64::from(number % SPREAD_MINUTES))
}

impl Remind {
    /// Does what is to be done once a day for the practices whose minute it is, and tries again once
    /// an hour what must not wait for the next day. A run that fails or is left out is made up for by
    /// the next day's.
    pub(crate) async fn daily(&self, now: Timestamp) -> Result<(), LedgerError> {
        let at = now.to_zoned(TimeZone::UTC);
        let since = i64::from(at.hour()) * 60 + i64::from(at.minute()) - FROM;
        if since < 0 {
            return Ok(());
        }
        let here = self.ledger.practices().await?;
        let gone = self.ledger.gone().await?;
        let some = |of: &BTreeSet<PracticeId>, which: &dyn Fn(i64) -> bool| -> Vec<PracticeId> {
            let whose = of.iter().filter(|id| which(since - turn(id).as_mins()));
            whose.cloned().collect()
        };
        let first = some(&here, &|minutes| minutes == 0);
        self.sample(&first, now).await;
        self.let_go(&first, now).await;
        // Of a practice that left, the proof that it did.
        let known = &here | &gone;
        let again = some(&known, &|minutes| {
            minutes >= 0 && minutes % AGAIN_MINUTES == 0
        });
        self.anchor(&again, now).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_has_many_more_practices_than_others() {
        let mut practices = [0; SPREAD_MINUTES as usize];
        for nth in 0..6_200 {
            let id = format!("practice-{nth}").parse().unwrap();
            practices[usize::try_from(turn(&id).as_mins()).unwrap()] += 1;
        }
        let most = practices.iter().max().copied().unwrap();
        assert!(most <= 60, "{most} where there are 34 on average");
    }
}
