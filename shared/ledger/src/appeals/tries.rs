//! How often somebody on the internet may try, so that no reference can be guessed.
//!
//! Who tries is known by a hash alone, made with random bytes that last two days: after that nobody,
//! we included, can tell whose address it was.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::{SignedDuration, Timestamp};
use ring::rand::{SecureRandom as _, SystemRandom};
use sha2::{Digest, Sha256};

use super::Reference;
use crate::write::{number, unless_refused};
use crate::{Ledger, LedgerError, keys};

/// Tries in an hour from one network: a household, a practice's waiting room.
const OF_A_NETWORK: u32 = 30;

/// Tries in an hour with one reference.
const WITH_A_REFERENCE: u32 = 10;

/// How long the random bytes of a day are kept, and what was counted in an hour.
const SALT_KEPT: SignedDuration = SignedDuration::from_hours(48);
const COUNT_KEPT: SignedDuration = SignedDuration::from_hours(2);

impl Ledger {
    /// Counts a try with a reference from a network, such as an IP address. Returns `false` where
    /// either has tried too often in this hour.
    pub async fn may_try(
        &self,
        network: &str,
        reference: &Reference,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let salt = self.salt(now).await?;
        let (network, reference) = (
            hashed(&salt, "network", network),
            hashed(&salt, "reference", reference.as_str()),
        );
        Ok(self.count_try(&network, OF_A_NETWORK, now).await?
            && self.count_try(&reference, WITH_A_REFERENCE, now).await?)
    }

    async fn count_try(&self, hash: &str, most: u32, now: Timestamp) -> Result<bool, LedgerError> {
        let hour = now.strftime("%Y-%m-%dT%H").to_string();
        let update = self
            .change(&keys::tries(hash, &hour))
            .update_expression("SET expires = :expires ADD #count :one")
            .condition_expression("attribute_not_exists(#count) OR #count < :most")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(most))
            .expression_attribute_values(":expires", number((now + COUNT_KEPT).as_second()));
        unless_refused(update.send().await)
    }

    /// Returns the random bytes of a day, which the first try of the day makes.
    async fn salt(&self, now: Timestamp) -> Result<Vec<u8>, LedgerError> {
        let mut new = [0; 32];
        SystemRandom::new()
            .fill(&mut new)
            .map_err(|_| LedgerError::Unavailable("no random numbers".into()))?;
        let day = now.strftime("%Y-%m-%d").to_string();
        let kept = self
            .change(&keys::salt(&day))
            .update_expression(
                "SET salt = if_not_exists(salt, :new), expires = if_not_exists(expires, :expires)",
            )
            .expression_attribute_values(":new", AttributeValue::B(Blob::new(new)))
            .expression_attribute_values(":expires", number((now + SALT_KEPT).as_second()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await?;
        let salt = kept.attributes.and_then(|mut item| item.remove("salt"));
        let salt = salt.and_then(|salt| salt.as_b().ok().map(|salt| salt.as_ref().to_vec()));
        salt.ok_or_else(|| LedgerError::Unavailable("a salt came back as something else".into()))
    }
}

fn hashed(salt: &[u8], kind: &str, what: &str) -> String {
    let mut hash = Sha256::new();
    for part in [salt, kind.as_bytes(), what.as_bytes()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}
