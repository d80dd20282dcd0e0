//! Watermarks: what a sweep has seen of a channel, so that the next one finds what is new.

use pagewarden_ledger::LedgerError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::job::Job;

/// The watermark of a channel: as it was left by the sweep before, and as this one leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Watermark<T> {
    pub(crate) before: T,
    pub(crate) mark: T,
}

impl<T: Clone + Default + PartialEq + DeserializeOwned + Serialize> Watermark<T> {
    /// Reads a watermark. One that does not read counts as none: everything is looked at again, and
    /// nothing is lost.
    pub(crate) fn read(text: Option<&str>) -> Self {
        let before: T = text
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        Watermark {
            mark: before.clone(),
            before,
        }
    }

    /// Returns the watermark of the job's channel.
    pub(crate) async fn of(job: &Job<'_>) -> Result<Self, LedgerError> {
        let stored = job
            .ledger
            .watermark(job.scope.practice, job.scope.channel)
            .await?;
        Ok(Watermark::read(stored.as_deref()))
    }

    /// Keeps what changed for the next sweep.
    pub(crate) async fn keep(&self, job: &Job<'_>) -> Result<(), LedgerError> {
        if self.mark == self.before {
            return Ok(());
        }
        let text = serde_json::to_string(&self.mark).unwrap_or_default();
        job.ledger
            .set_watermark(job.scope.practice, job.scope.channel, &text)
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_watermark_is_none_and_a_sound_one_reads_back() {
        let none = Watermark::<Vec<u8>>::default();
        assert_eq!(Watermark::read(Some("{broken")), none);
        assert_eq!(Watermark::read(None), none);
        let sound = Watermark::<Vec<u8>>::read(Some("[1,2]"));
        assert_eq!((&sound.before, &sound.mark), (&vec![1, 2], &vec![1, 2]));
    }
}
