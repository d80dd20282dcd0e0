//! Lists that are read once a day, beside what every sweep reads.

use jiff::{SignedDuration, Timestamp};
use pagewarden_platforms::calls::CallError;
use pagewarden_runtime::{ReachError, Scope};

/// How often.
pub(crate) const EVERY: SignedDuration = SignedDuration::from_hours(24);

/// Returns `true` if what is looked at once a day has been looked at within the last one.
pub(crate) fn looked_lately(at: Option<Timestamp>, now: Timestamp) -> bool {
    at.is_some_and(|at| now.duration_since(at) < EVERY)
}

/// Returns a list that is read once a day, where it was had. Not every account has every list, and
/// some need a permission or a plan of their own: the rest of the account is watched all the same.
pub(crate) fn listed<T>(
    scope: &Scope<'_>,
    what: &str,
    answer: Result<T, CallError>,
    looked_at: &mut Option<Timestamp>,
) -> Result<Option<T>, ReachError> {
    match answer {
        Ok(list) => Ok(Some(list)),
        // These are about the account, and not about this list.
        Err(error @ (CallError::RateLimited { .. } | CallError::Credential { .. })) => {
            Err(error.into())
        }
        Err(error) => {
            let account = scope.channel.account.as_str();
            tracing::warn!(practice = %scope.practice, account, what, %error, "a list could not be had");
            if !error.is_transient() {
                *looked_at = Some(scope.now);
            }
            Ok(None)
        }
    }
}
