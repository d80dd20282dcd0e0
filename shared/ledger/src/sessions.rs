//! Browsers that are signed in, and attempts to sign in.
//!
//! Both are found by the hash of a secret that only a cookie holds: whoever reads the table, its
//! stream or a copy of it cannot take a session over. No function may delete an item, so one that
//! has ended is emptied, and the table removes it when its time is up. Until then it can neither be
//! used nor come back.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::PracticeId;
use serde::{Deserialize, Serialize};

use crate::keys::{self, Key};
use crate::write::{from_item, number, text, to_item, unless_refused, unreadable};
use crate::{Ledger, LedgerError};

/// How long a session lasts without being used. The NHS service manual asks for no less than this.
pub const IDLE_FOR: SignedDuration = SignedDuration::from_hours(20);

/// How long a session lasts at most, however much it is used.
pub const LASTS_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long somebody may take to sign in at the issuer.
pub const SIGN_IN_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// How long somebody who has shown the issuer who they are may do what cannot be undone.
pub const SHOWN_FOR: SignedDuration = SignedDuration::from_mins(10);

/// Bytes of the longest form that is kept while somebody signs in again. A note of 2,000 characters
/// fits, whatever they are.
pub const MOST_KEPT_BYTES: usize = 16 * 1024;

/// How often the use of a session is written down. More often would be one write a page.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// Who is signed in, and what they chose. What they may do stands in the practice's settings, never
/// here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who said who they are.
    pub issuer: String,
    /// Their id there.
    pub subject: String,
    /// Their e-mail address in lower case, if the issuer has verified it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The practice that they look at; none before somebody of several has chosen one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practice: Option<PracticeId>,
    /// When they signed in.
    pub signed_in_at: Timestamp,
    /// When they were last seen, to within five minutes.
    pub seen_at: Timestamp,
    /// When they last showed the issuer who they are; none where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_at: Option<Timestamp>,
    /// The form that waits for them to sign in again or to confirm it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
}

/// A form that somebody sent, as it is kept for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The address of the page that shows it again.
    pub page: String,
    /// What was typed, as that page writes it.
    pub form: String,
}

impl Session {
    /// Returns when the session is over if it is not used again, as the table counts time.
    fn expires(&self) -> i64 {
        (self.seen_at + IDLE_FOR)
            .min(self.signed_in_at + LASTS_FOR)
            .as_second()
    }

    /// Returns `true` if they have shown who they are within the last minutes.
    #[must_use]
    pub fn is_shown(&self, now: Timestamp) -> bool {
        self.shown_at
            .is_some_and(|at| now.duration_since(at) < SHOWN_FOR)
    }
}

/// An attempt to sign in, as it waits for the browser to come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// Where the browser goes on.
    pub next: String,
    /// When it began.
    pub began_at: Timestamp,
    /// Who has to sign in, by the issuer's id, because they are signed in here and are to show that
    /// it is them; none where anybody may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
}

impl Ledger {
    /// Opens a session under a secret that nobody else has.
    pub async fn open_session(&self, secret: &str, session: &Session) -> Result<(), LedgerError> {
        let key = keys::session(secret);
        let mut item = to_item(&key, session)?;
        item.insert("expires".to_owned(), number(session.expires()));
        // 256 random bits do not come twice, so somebody chose them.
        if self.put_new(item).await? {
            Ok(())
        } else {
            Err(LedgerError::Contended("a session".to_owned()))
        }
    }

    /// Returns the session of a secret, and notes now and then that it was used; none where it has
    /// ended or never was.
    pub async fn session(
        &self,
        secret: &str,
        now: Timestamp,
    ) -> Result<Option<Session>, LedgerError> {
        let key = keys::session(secret);
        let Some(item) = self.get(key.clone()).await? else {
            return Ok(None);
        };
        if item.contains_key("ended") {
            return Ok(None);
        }
        let mut session: Session = from_item(item)?;
        // The table removes an item some time after its time is up, so that is looked at here.
        if session.expires() <= now.as_second() {
            return Ok(None);
        }
        if now.duration_since(session.seen_at) >= NOTED_EVERY {
            session.seen_at = now;
            let noted = self
                .unless_ended(&key)
                .update_expression("SET seen_at = :now, expires = :expires")
                .expression_attribute_values(":now", text(now.to_string()))
                .expression_attribute_values(":expires", number(session.expires()))
                .send()
                .await;
            if !unless_refused(noted)? {
                return Ok(None);
            }
        }
        Ok(Some(session))
    }

    /// Notes which practice somebody looks at. Returns `false` if the session has ended.
    pub async fn look_at(&self, secret: &str, practice: &PracticeId) -> Result<bool, LedgerError> {
        let chosen = self
            .unless_ended(&keys::session(secret))
            .update_expression("SET practice = :practice")
            .expression_attribute_values(":practice", text(practice.as_str()))
            .send()
            .await;
        unless_refused(chosen)
    }

    /// Keeps a form for somebody, instead of any that was kept before. Returns `false` if the
    /// session has ended.
    pub async fn keep(&self, secret: &str, kept: &Kept) -> Result<bool, LedgerError> {
        let key = keys::session(secret);
        let kept =
            serde_dynamo::to_attribute_value(kept).map_err(|source| unreadable(&key, source))?;
        let noted = self
            .unless_ended(&key)
            .update_expression("SET kept = :kept")
            .expression_attribute_values(":kept", kept)
            .send()
            .await;
        unless_refused(noted)
    }

    /// Keeps another form, or none, in the place of the one that was seen, or of none. Returns
    /// `false` if something else is kept by now, or the session has ended: so of two who take a form
    /// up at once, one does.
    pub async fn swap_kept(
        &self,
        secret: &str,
        (seen, other): (Option<&Kept>, Option<&Kept>),
    ) -> Result<bool, LedgerError> {
        let key = keys::session(secret);
        let value = |kept: &Kept| {
            serde_dynamo::to_attribute_value(kept).map_err(|source| unreadable(&key, source))
        };
        let mut change = self.change(&key);
        let still = if let Some(seen) = seen {
            change = change.expression_attribute_values(":seen", value(seen)?);
            "kept = :seen"
        } else {
            "attribute_not_exists(kept)"
        };
        change = change.condition_expression(format!(
            "attribute_exists(PK) AND attribute_not_exists(ended) AND {still}"
        ));
        change = if let Some(other) = other {
            change
                .update_expression("SET kept = :other")
                .expression_attribute_values(":other", value(other)?)
        } else {
            change.update_expression("REMOVE kept")
        };
        unless_refused(change.send().await)
    }

    /// Drops the form that was kept.
    pub async fn drop_kept(&self, secret: &str) -> Result<(), LedgerError> {
        let dropped = self
            .unless_ended(&keys::session(secret))
            .update_expression("REMOVE kept")
            .send()
            .await;
        unless_refused(dropped).map(|_| ())
    }

    /// Ends a session: whoever has its secret is signed out, and who it was stands there no more.
    pub async fn end_session(&self, secret: &str) -> Result<(), LedgerError> {
        let ended = self
            .unless_ended(&keys::session(secret))
            .update_expression(
                "SET ended = :yes REMOVE issuer, subject, email, practice, signed_in_at, seen_at, shown_at, kept",
            )
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .send()
            .await;
        unless_refused(ended).map(|_| ())
    }

    /// Begins an attempt to sign in.
    pub async fn begin_sign_in(&self, secret: &str, sign_in: &SignIn) -> Result<(), LedgerError> {
        let mut item = to_item(&keys::sign_in(secret), sign_in)?;
        let until = sign_in.began_at + SIGN_IN_WITHIN;
        item.insert("expires".to_owned(), number(until.as_second()));
        self.put_new(item).await.map(|_| ())
    }

    /// Uses an attempt to sign in up, and returns it; none where it was used, has run out or never
    /// was.
    ///
    /// Of two who try at once, one gets it.
    pub async fn use_sign_in(
        &self,
        secret: &str,
        now: Timestamp,
    ) -> Result<Option<SignIn>, LedgerError> {
        let used = self
            .change(&keys::sign_in(secret))
            .update_expression("SET ended = :yes")
            .condition_expression(
                "attribute_exists(PK) AND attribute_not_exists(ended) AND expires > :now",
            )
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":now", number(now.as_second()))
            .return_values(ReturnValue::AllOld)
            .send()
            .await;
        let before = match used {
            Ok(used) => used.attributes,
            refused @ Err(_) => unless_refused(refused).map(|_| None)?,
        };
        before.map(from_item).transpose()
    }

    /// Begins a change of something that has not ended. An update would otherwise make what is not
    /// there.
    fn unless_ended(&self, key: &Key) -> UpdateItemFluentBuilder {
        self.change(key)
            .condition_expression("attribute_exists(PK) AND attribute_not_exists(ended)")
    }
}
