//! The practices' policies, as they are in force.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use pagewarden_ledger::{Calendar, Ledger, Person};
use pagewarden_policies::{Loaded, Report, Settings, lint, load};
use pagewarden_present::case::Viewer;
use pagewarden_rules::PracticeId;

use crate::Problem;
use crate::people::Member;

/// A policy and the clock of its practice.
#[derive(Debug)]
pub(crate) struct InForce {
    /// The policy with its templates.
    pub(crate) loaded: Loaded,
    pub(crate) calendar: Calendar,
    /// Its version.
    pub(crate) version: u32,
    /// When it came in force.
    pub(crate) since: Timestamp,
    /// What follows from it under some edition of the settings.
    report: Mutex<Option<(u32, Arc<Report>)>>,
}

impl InForce {
    fn new(loaded: Loaded, version: u32, since: Timestamp) -> Self {
        let practice = &loaded.policy.practice;
        let calendar = Calendar::new(practice.nation, &practice.timezone);
        InForce {
            loaded,
            calendar,
            version,
            since,
            report: Mutex::default(),
        }
    }

    /// Returns what shows cases to somebody, given once for each of their roles.
    pub(crate) const fn viewer<'a>(&'a self, roles: &'a [Person], now: Timestamp) -> Viewer<'a> {
        Viewer {
            policy: Some(&self.loaded.policy),
            calendar: &self.calendar,
            roles,
            now,
        }
    }

    /// Returns what follows from the policy under the settings in force, worked out the first time
    /// that somebody looks.
    pub(crate) fn report(&self, edition: u32, settings: &Settings) -> Arc<Report> {
        let mut known = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        match known.as_ref() {
            Some((known, report)) if *known == edition => Arc::clone(report),
            _ => {
                let report = Arc::new(lint(&self.loaded, settings));
                *known = Some((edition, Arc::clone(&report)));
                report
            }
        }
    }
}

/// The policies read so far: one version never changes, so it is read once.
#[derive(Debug, Default)]
pub(crate) struct Policies(RwLock<HashMap<PracticeId, Arc<InForce>>>);

impl Policies {
    /// Returns the policy of somebody's practice.
    pub(crate) async fn of(
        &self,
        ledger: &Ledger,
        member: &Member,
    ) -> Result<Arc<InForce>, Problem> {
        self.in_force(ledger, &member.practice, member.policy).await
    }

    /// Returns a version of a practice's policy.
    pub(crate) async fn in_force(
        &self,
        ledger: &Ledger,
        id: &PracticeId,
        version: u32,
    ) -> Result<Arc<InForce>, Problem> {
        let known = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .cloned();
        if let Some(known) = known.filter(|known| known.version == version) {
            return Ok(known);
        }
        let record = ledger.policy(id, version).await?;
        let loaded = record.and_then(|record| {
            let loaded = load(&record.toml, &record.published, id.as_str()).ok()?;
            Some((loaded, record.at))
        });
        let Some((loaded, since)) = loaded else {
            tracing::error!(practice = %id, version, "the policy in force does not load");
            return Err(Problem::Broken);
        };
        let in_force = Arc::new(InForce::new(loaded, version, since));
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.clone(), Arc::clone(&in_force));
        Ok(in_force)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pagewarden_policies::load_shipped;

    #[test]
    fn a_policy_is_linted_once_for_each_time_it_is_put_in_force() {
        let loaded = load_shipped().unwrap().remove(0);
        let in_force = InForce::new(loaded, 1, Timestamp::UNIX_EPOCH);
        let settings = Settings::default();
        let first = in_force.report(1, &settings);
        for _ in 0..3 {
            assert!(
                Arc::ptr_eq(&first, &in_force.report(1, &settings)),
                "looking does not lint"
            );
        }
        // Settings were published: what follows from the policy may be something else.
        let second = in_force.report(2, &settings);
        assert!(!Arc::ptr_eq(&first, &second));
        assert!(Arc::ptr_eq(&second, &in_force.report(2, &settings)));
    }
}
