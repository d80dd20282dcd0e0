//! A practice's policy, settings and reader, kept at hand for as long as they are in force.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use pagewarden_ledger::{Calendar, Ledger, PracticeRecord};
use pagewarden_policies::{Loaded, Settings, Templates, load};
use pagewarden_rules::{Mode, Policy, PracticeId, Reader};

use crate::ModerateError;

/// A practice, ready to judge by.
#[derive(Debug)]
pub struct Practice {
    /// The version of its policy.
    pub version: u32,
    /// Its policy.
    pub policy: Policy,
    /// The words that go out for it.
    pub templates: Templates,
    /// Its settings.
    pub settings: Settings,
    /// Its working days.
    pub calendar: Calendar,
    /// Its reader: knows its people and its own topics.
    pub reader: Reader,
    /// The same as they stand in the table.
    pub(crate) settings_text: String,
    /// The version in shadow, beside it or this one itself, as in `live`: what it says is recorded,
    /// and nothing is done.
    pub beside: Option<Box<Practice>>,
    /// That version by the table, whether it loads or not.
    beside_version: Option<u32>,
    /// The version in force by the table, where it does not load and this older one stands in.
    passed_over: Option<u32>,
}

impl Practice {
    /// Makes a practice ready from its policy and its settings as JSON.
    pub fn new(loaded: Loaded, version: u32, settings_text: &str) -> Result<Self, ModerateError> {
        let Loaded {
            policy, templates, ..
        } = loaded;
        let settings: Settings =
            serde_json::from_str(settings_text).map_err(|source| ModerateError::Settings {
                practice: policy.practice.id.clone(),
                source,
            })?;
        let calendar = Calendar::new(policy.practice.nation, &policy.practice.timezone);
        let reader = Reader::new(&settings.roster, &policy.custom);
        let settings_text = settings_text.to_owned();
        Ok(Practice {
            version,
            policy,
            templates,
            settings,
            calendar,
            reader,
            settings_text,
            beside: None,
            beside_version: None,
            passed_over: None,
        })
    }

    /// Returns when a complaint that came in at a time has to be acknowledged.
    pub(crate) fn acknowledge_by(&self, came_in: Timestamp) -> Timestamp {
        self.calendar.after_working_days(
            came_in,
            self.policy.practice.nation.complaint_clock().working_days,
        )
    }
}

/// The practices seen so far.
#[derive(Debug, Default)]
pub(crate) struct Practices(RwLock<HashMap<PracticeId, Arc<Practice>>>);

impl Practices {
    /// Returns a practice as it stands in the table now. One read tells whether what is at hand is
    /// still in force.
    pub(crate) async fn get(
        &self,
        ledger: &Ledger,
        id: &PracticeId,
    ) -> Result<Arc<Practice>, ModerateError> {
        let Some(record) = ledger.practice(id).await? else {
            return Err(ModerateError::NoPolicy(id.clone()));
        };
        let at_hand = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .cloned();
        if let Some(practice) = at_hand
            && (practice.version == record.policy || practice.passed_over == Some(record.policy))
            && practice.settings_text == record.settings
            && practice.beside_version == record.beside()
        {
            return Ok(practice);
        }
        let (loaded, version) = Box::pin(newest_that_loads(ledger, id, &record)).await?;
        let mut practice = Practice::new(loaded, version, &record.settings)?;
        practice.passed_over = (version != record.policy).then_some(record.policy);
        practice.beside_version = record.beside();
        practice.beside = Box::pin(beside(ledger, id, &record)).await?;
        let practice = Arc::new(practice);
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.clone(), Arc::clone(&practice));
        Ok(practice)
    }
}

/// Makes the version ready that is in shadow: beside the one in force, or that one itself. None
/// where it does not load: nobody is judged less for it.
async fn beside(
    ledger: &Ledger,
    id: &PracticeId,
    record: &PracticeRecord,
) -> Result<Option<Box<Practice>>, ModerateError> {
    let own = (record.mode() == Mode::Shadow).then_some(record.policy);
    let Some(version) = record.beside().or(own) else {
        return Ok(None);
    };
    let Some(stored) = ledger.policy(id, version).await? else {
        return Ok(None);
    };
    match load(&stored.toml, &stored.published, &format!("{id}.toml")) {
        Ok(loaded) => {
            let mut beside = Practice::new(loaded, version, &record.settings)?;
            beside.settings.mode = Mode::Live;
            Ok(Some(Box::new(beside)))
        }
        Err(problems) => {
            tracing::error!(practice = %id, version, problems = problems.len(), "a policy in shadow does not load");
            Ok(None)
        }
    }
}

/// Loads the policy in force, or the newest before it that loads: one that does not load never
/// replaces one that did.
async fn newest_that_loads(
    ledger: &Ledger,
    id: &PracticeId,
    record: &PracticeRecord,
) -> Result<(Loaded, u32), ModerateError> {
    let newest = record.policy;
    let mut why = ModerateError::NoPolicy(id.clone());
    for version in (1..=newest).rev() {
        let Some(stored) = ledger.policy_once_in_force(id, record, version).await? else {
            continue;
        };
        match load(&stored.toml, &stored.published, &format!("{id}.toml")) {
            Ok(loaded) => return Ok((loaded, version)),
            Err(problems) => {
                tracing::error!(practice = %id, version, problems = problems.len(), "a policy does not load; the one before it stays");
                if version == newest {
                    why = ModerateError::Policy {
                        practice: id.clone(),
                        source: problems,
                    };
                }
            }
        }
    }
    Err(why)
}
