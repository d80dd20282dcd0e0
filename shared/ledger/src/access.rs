//! What opens a channel whose tokens rotate: each refresh token is good for once, and the next one
//! comes with the answer.
//!
//! It lives in a table, and not with the other secrets, because two functions may want a new token
//! at the same moment and the next refresh token must never be lost. A table has what that takes:
//! reads that see the last write, and writes on condition. Secrets Manager has neither, so a
//! function that just missed a rotation would spend a token that is spent, upon which the platform
//! may withdraw the whole consent.
//!
//! The table is one of its own. The other one has a stream, and whoever reads a stream sees every
//! item that is written, whatever their role keeps from them in the table itself. This one has no
//! stream, and only the functions that call such a platform may read it.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use jiff::Timestamp;
use pagewarden_rules::{Channel, PracticeId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::keys;
use crate::write::{from_item, number, text, to_item, unless_refused};
use crate::{Ledger, LedgerError};

/// Where a channel's tokens stand. Empty before the first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRecord {
    /// How often they were renewed; each write is on condition of it.
    #[serde(default)]
    pub version: u64,
    /// The tokens, once there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Rotating>,
}

/// The tokens in force. Never shown, not even by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotating {
    /// For calls.
    pub access: String,
    /// For the next access token, once.
    pub refresh: String,
    /// Until when the access token is used.
    pub usable_until: Timestamp,
    /// The hash of the refresh token at which the chain began: a person who reconnects the channel
    /// begins another.
    pub began_with: String,
    /// What the channel's account consented to, in the platform's words; none where it did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

impl Rotating {
    /// Returns how a chain is told from another that begins with another consent: the hash of its
    /// first refresh token.
    #[must_use]
    pub fn chain_from(refresh_token: &str) -> String {
        hex::encode(Sha256::digest(refresh_token))
    }
}

impl std::fmt::Debug for Rotating {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rotating")
            .field("usable_until", &self.usable_until)
            .finish_non_exhaustive()
    }
}

impl Ledger {
    /// Returns where a channel's tokens stand, the last write included.
    pub async fn access(
        &self,
        practice: &PracticeId,
        channel: &Channel,
    ) -> Result<AccessRecord, LedgerError> {
        let get = self.client.get_item().table_name(self.access_table()?);
        let key = keys::access(practice, channel).attributes();
        let answer = get.set_key(Some(key)).consistent_read(true).send().await?;
        Ok(answer.item.map(from_item).transpose()?.unwrap_or_default())
    }

    /// Takes the lease for renewing the tokens. Returns false if somebody else has it, or has
    /// renewed them already.
    pub async fn lease_access(
        &self,
        practice: &PracticeId,
        channel: &Channel,
        seen: &AccessRecord,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let update = self
            .change_access(practice, channel)?
            .update_expression("SET lease_until = :until, version = :seen")
            .condition_expression(
                "(attribute_not_exists(version) OR version = :seen) \
                 AND (attribute_not_exists(lease_until) OR lease_until <= :now)",
            )
            .expression_attribute_values(":until", number(until.as_millisecond()))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":seen", number(seen.version));
        unless_refused(update.send().await)
    }

    /// Puts new tokens in force and gives the lease back. Returns false if somebody else had
    /// renewed them since.
    pub async fn renew_access(
        &self,
        practice: &PracticeId,
        channel: &Channel,
        seen: &AccessRecord,
        tokens: &Rotating,
    ) -> Result<bool, LedgerError> {
        let record = AccessRecord {
            version: seen.version + 1,
            tokens: Some(tokens.clone()),
        };
        let put = self
            .client
            .put_item()
            .table_name(self.access_table()?)
            .set_item(Some(to_item(&keys::access(practice, channel), &record)?))
            .condition_expression("version = :seen")
            .expression_attribute_values(":seen", number(seen.version));
        unless_refused(put.send().await)
    }

    /// Gives the lease back without new tokens: the platform refused, or could not be reached.
    pub async fn release_access(
        &self,
        practice: &PracticeId,
        channel: &Channel,
        seen: &AccessRecord,
    ) -> Result<bool, LedgerError> {
        let update = self
            .change_access(practice, channel)?
            .update_expression("REMOVE lease_until")
            .condition_expression("version = :seen")
            .expression_attribute_values(":seen", number(seen.version));
        unless_refused(update.send().await)
    }

    /// Notes that the platform does not take the access token any more, so that the next call
    /// fetches another. Returns false if it was another that is in force.
    pub async fn spoil_access(
        &self,
        practice: &PracticeId,
        channel: &Channel,
        access: &str,
    ) -> Result<bool, LedgerError> {
        let update = self
            .change_access(practice, channel)?
            .update_expression("SET tokens.usable_until = :never")
            .condition_expression("tokens.#access = :access")
            .expression_attribute_names("#access", "access")
            .expression_attribute_values(":access", text(access))
            .expression_attribute_values(":never", text(Timestamp::UNIX_EPOCH.to_string()));
        unless_refused(update.send().await)
    }

    fn access_table(&self) -> Result<&str, LedgerError> {
        self.access.as_deref().ok_or(LedgerError::NoAccessTable)
    }

    fn change_access(
        &self,
        practice: &PracticeId,
        channel: &Channel,
    ) -> Result<UpdateItemFluentBuilder, LedgerError> {
        let update = self.client.update_item().table_name(self.access_table()?);
        Ok(update.set_key(Some(keys::access(practice, channel).attributes())))
    }
}
