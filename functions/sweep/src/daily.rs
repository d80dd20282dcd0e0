//! Lists that are read once a day, beside what every sweep reads.

use jiff::Timestamp;
use pagewarden_platforms::calls::CallError;

use crate::SweepError;
use crate::list::Run;

/// Returns a list that is read once a day, where it was had. Not every account has every list, and some need a permission or
/// a plan of their own: the rest of the account is watched all the same.
pub(crate) fn listed<T>(
    run: &Run<'_>,
    what: &str,
    answer: Result<T, CallError>,
    looked_at: &mut Option<Timestamp>,
) -> Result<Option<T>, SweepError> {
    match answer {
        Ok(list) => Ok(Some(list)),
        // These are about the account, and not about this list.
        Err(error @ (CallError::RateLimited { .. } | CallError::Credential { .. })) => Err(error.into()),
        Err(error) => {
            let account = run.channel.account.as_str();
            tracing::warn!(practice = %run.practice, account, what, %error, "a list could not be had");
            if !error.is_transient() {
                *looked_at = Some(run.now);
            }
            Ok(None)
        }
    }
}
