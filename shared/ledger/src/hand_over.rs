//! Complaints that are handed over: from then on the practice's own procedure handles them.

use jiff::Timestamp;
use pagewarden_rules::PostKey;
use thiserror::Error;

use crate::authority::{Act, LONGEST_NAME, Person, Refusal, is_name, may};
use crate::records::Event;
use crate::write::{Transacted, Transaction, Tries};
use crate::{Ledger, LedgerError};

/// Why it is not on record that a complaint was handed over.
#[derive(Debug, Error)]
pub enum HandOverError {
    /// Nobody has said that the post is a complaint.
    #[error("nobody has said that {0} is a complaint, so there is nothing to hand over")]
    NoComplaint(PostKey),
    /// It does not say to whom.
    #[error("write to whom it was handed over: one line of 1 to {LONGEST_NAME} characters")]
    NoName,
    /// The person may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Ledger {
    /// Notes that a person handed a complaint over, and to whom.
    ///
    /// It answers nothing: until somebody says that the complaint is acknowledged, its clock runs.
    pub async fn note_hand_over(
        &self,
        post: &PostKey,
        person: &Person,
        to: &str,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<(), HandOverError> {
        let people = self.people(&post.practice).await?;
        let to = to.trim();
        let event = Event::HandedOver {
            by: person.to_string(),
            to: to.to_owned(),
            note: note.map(str::to_owned),
        };
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let state = self.state(post).await?;
            let at = self.grounds(post, people.clone(), state, None).await?;
            may(person, &Act::WriteDown, &at)?;
            if !at.is_complaint() {
                return Err(HandOverError::NoComplaint(post.clone()));
            }
            if !is_name(to) {
                return Err(HandOverError::NoName);
            }
            let mut writes = Transaction::default();
            self.append(&mut writes, post, &at.state, now, &event, None)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(());
            }
        }
    }
}
