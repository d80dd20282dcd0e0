//! Taking evidence along: read, made, noted in the history, and only then handed over.

use std::collections::BTreeMap;

use jiff::Timestamp;
use pagewarden_ledger::{Export, ExportError, History, Ledger, LedgerError, Person};
use pagewarden_policies::load;
use pagewarden_rules::{Policy, PracticeId};
use pagewarden_runtime::pictures::{Pictures, PicturesError, open};
use thiserror::Error;

use crate::record::{NoRecord, Opened, Record, Subject};
use crate::{Pack, make};

/// Why somebody does not get a pack.
#[derive(Debug, Error)]
pub enum NotExported {
    /// They may not, or nothing is on record.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// There is nothing to make one of.
    #[error(transparent)]
    NoRecord(#[from] NoRecord),
    /// A policy by which the post was judged is not on record, or does not load.
    #[error("version {0} of the practice's policy, by which the post was judged, cannot be read")]
    NoPolicy(u32),
    /// Its pictures could not be read.
    #[error(transparent)]
    Pictures(#[from] PicturesError),
    /// It is larger than what carries it takes.
    #[error(
        "it is too large to be downloaded here: whoever runs the system can take it by the command `evidence`"
    )]
    TooLarge,
}

impl From<LedgerError> for NotExported {
    fn from(error: LedgerError) -> Self {
        NotExported::Export(error.into())
    }
}

/// Makes the pack that somebody takes to a recipient, of at most so many bytes, once it is on record
/// that they do.
pub async fn export(
    ledger: &Ledger,
    store: Option<&dyn Pictures>,
    subject: Subject<'_>,
    person: &Person,
    most: usize,
    now: Timestamp,
) -> Result<Pack, NotExported> {
    let Subject {
        key,
        recipient,
        whole,
    } = subject;
    ledger.may_export(key, person, recipient, whole).await?;
    let evidence = Evidence::read(ledger, store, subject, now).await?;
    let pack = evidence.pack(subject, most)?;
    let export = Export {
        recipient,
        whole,
        sha256: pack.sha256.clone(),
    };
    ledger.note_export(key, person, &export, now).await?;
    Ok(pack)
}

/// Makes the pack about a post, of which nothing is noted: for who takes everything of a practice
/// along, which is noted as a whole.
pub async fn pack(
    ledger: &Ledger,
    store: Option<&dyn Pictures>,
    subject: Subject<'_>,
    now: Timestamp,
) -> Result<Pack, NotExported> {
    let evidence = Evidence::read(ledger, store, subject, now).await?;
    evidence.pack(subject, usize::MAX)
}

/// What a pack is made of.
struct Evidence {
    history: History,
    policies: BTreeMap<u32, Policy>,
    in_force: u32,
    opened: Opened,
}

impl Evidence {
    async fn read(
        ledger: &Ledger,
        store: Option<&dyn Pictures>,
        subject: Subject<'_>,
        now: Timestamp,
    ) -> Result<Self, NotExported> {
        let key = subject.key;
        let none = || ExportError::NoSuchPost(key.clone());
        let history = ledger.history_at_rest(key).await?.ok_or_else(none)?;
        let practice = &key.practice;
        let in_force = ledger.practice(practice).await?.ok_or_else(none)?.policy;
        let mut policies = BTreeMap::new();
        for version in Record::policies_of(&history).into_iter().chain([in_force]) {
            if let std::collections::btree_map::Entry::Vacant(entry) = policies.entry(version) {
                entry.insert(policy(ledger, practice, version).await?);
            }
        }
        let opened = if subject.whole {
            opened(store, &history, now).await?
        } else {
            Opened::default()
        };
        Ok(Evidence {
            history,
            policies,
            in_force,
            opened,
        })
    }

    /// Makes the pack, of at most so many bytes: without pictures where it is too large with them.
    fn pack(self, subject: Subject<'_>, most: usize) -> Result<Pack, NotExported> {
        let fits = |pack: &Pack| pack.bytes.len() <= most;
        match self.made(subject) {
            Ok(pack) if fits(&pack) => return Ok(pack),
            Ok(_) | Err(NotExported::NoRecord(NoRecord::TooLarge)) => {}
            Err(error) => return Err(error),
        }
        let bare = self.without_pictures().made(subject)?;
        if fits(&bare) {
            Ok(bare)
        } else {
            Err(NotExported::TooLarge)
        }
    }

    fn without_pictures(self) -> Self {
        let why = "the file would be too large with it".to_owned();
        let objects = self
            .opened
            .bytes
            .into_keys()
            .map(|object| (object, why.clone()));
        Evidence {
            opened: Opened {
                bytes: BTreeMap::new(),
                left_out: self.opened.left_out.into_iter().chain(objects).collect(),
            },
            ..self
        }
    }

    fn made(&self, subject: Subject<'_>) -> Result<Pack, NotExported> {
        let practice = self.policies.get(&self.in_force);
        let practice = practice.ok_or(NotExported::NoPolicy(self.in_force))?;
        let record = Record::of(
            subject,
            &self.history,
            practice,
            &self.policies,
            &self.opened,
        )?;
        Ok(make(&record)?)
    }
}

/// Opens the pictures of a post. The pack says of one that is not there, or is not what was kept,
/// that it is no part of it, and why.
async fn opened(
    store: Option<&dyn Pictures>,
    history: &History,
    now: Timestamp,
) -> Result<Opened, NotExported> {
    let mut opened = Opened::default();
    for (_, picture, key) in history.pictures() {
        let Some(key) = key else { continue };
        let object = picture.object.clone();
        let why = match store {
            None => "nobody said where pictures are kept",
            Some(store) => match open(store, &picture.with_key(key), now).await {
                Ok(bytes) => {
                    opened.bytes.insert(object, bytes);
                    continue;
                }
                // To who may not list the bucket, S3 refuses what is not there.
                Err(PicturesError::NotThere | PicturesError::Refused(403, _)) => {
                    "it is not there where it was kept, or may not be read"
                }
                Err(PicturesError::NotAsKept | PicturesError::NoKey) => {
                    "what is there is not what was kept: somebody changed it, or its key"
                }
                Err(error) => return Err(error.into()),
            },
        };
        opened.left_out.insert(object, why.to_owned());
    }
    Ok(opened)
}

pub(crate) async fn policy(
    ledger: &Ledger,
    practice: &PracticeId,
    version: u32,
) -> Result<Policy, NotExported> {
    let record = ledger.policy(practice, version).await?;
    let loaded = record.and_then(|record| {
        load(&record.toml, &record.published, practice.as_str())
            .ok()
            .map(|loaded| loaded.policy)
    });
    loaded.ok_or(NotExported::NoPolicy(version))
}
