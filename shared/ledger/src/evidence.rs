//! Evidence that leaves the practice: who took it, for whom, and the hash of what they took.

use jiff::Timestamp;
use pagewarden_rules::{PostKey, Role, words};
use thiserror::Error;

use crate::authority::{Act, Grounds, Person, Refusal, may};
use crate::records::Event;
use crate::write::{Transacted, Transaction, Tries};
use crate::{Ledger, LedgerError};

words! {
    /// Whom evidence about a post is for.
    Recipient {
        /// The practice's own lawyer or medical defence organisation.
        Solicitor "solicitor",
        /// The police.
        Police "police",
        /// Whoever handles the practice's complaints.
        Complaints "complaints",
        /// Whoever wrote the post, who asks for what is held about it.
        Author "author",
    }
}

impl Recipient {
    /// Returns the roles that may hand evidence to them. What is not redacted leaves by the
    /// practice manager alone.
    pub(crate) fn handed_over_by(self, whole: bool) -> Vec<Role> {
        let mut roles = vec![Role::PracticeManager];
        match self {
            _ if whole => {}
            Recipient::Solicitor => {}
            Recipient::Police => roles.push(Role::SafeguardingLead),
            Recipient::Complaints | Recipient::Author => roles.push(Role::ComplaintsManager),
        }
        roles
    }
}

/// What somebody takes along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Whom it is for.
    pub recipient: Recipient,
    /// Nothing in it is cut.
    pub whole: bool,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// Why it is not on record that evidence was taken. Nothing may leave then.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The post was never seen here.
    #[error("nothing is on record about {0}")]
    NoSuchPost(PostKey),
    /// The person may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Ledger {
    /// Returns whether somebody may take evidence about a practice's posts to a recipient.
    pub async fn may_export(
        &self,
        post: &PostKey,
        person: &Person,
        recipient: Recipient,
        whole: bool,
    ) -> Result<(), ExportError> {
        let people = self.people(&post.practice).await?;
        let at = Grounds::of_practice(post.practice.clone(), people);
        Ok(may(person, &Act::Export { recipient, whole }, &at)?)
    }

    /// Notes that somebody takes evidence about a post along. To be called before they have it.
    pub async fn note_export(
        &self,
        post: &PostKey,
        person: &Person,
        export: &Export,
        now: Timestamp,
    ) -> Result<(), ExportError> {
        self.may_export(post, person, export.recipient, export.whole)
            .await?;
        let event = Event::Exported {
            recipient: export.recipient,
            whole: export.whole,
            by: person.to_string(),
            sha256: export.sha256.clone(),
        };
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let state = self.state(post).await?;
            if state.seq == 0 {
                return Err(ExportError::NoSuchPost(post.clone()));
            }
            let mut writes = Transaction::default();
            self.append(&mut writes, post, &state, now, &event, None)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(());
            }
        }
    }
}
