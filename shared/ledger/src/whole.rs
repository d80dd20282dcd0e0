//! The table as a whole, for a person who looks it over or puts back what was lost. It is read from
//! end to end, which no function may do.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use crate::keys::Key;
use crate::log::is_bare;
use crate::write::Item;
use crate::{Ledger, LedgerError};

/// Items that are put back at the same time.
const AT_ONCE: usize = 16;

/// What came of putting items back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PutBack {
    /// How many items were missing.
    pub missing: u64,
    /// Lines of histories and policies, which never change, that were not as they had been: by
    /// their keys, in order.
    pub changed: BTreeSet<String>,
    /// How many items were written to since, and are left as they are.
    pub newer: u64,
}

/// What came of putting one back.
enum Outcome {
    Same,
    Missing,
    Changed(String),
    Newer,
}

impl Ledger {
    /// Puts back what another table holds and this one has lost, such as the table of an hour ago.
    ///
    /// Lines of histories and policies are never written to, so one that differs was tampered with,
    /// and becomes again what it was. Anything else that differs was written to since, and stays.
    /// What has outlived its time stays gone.
    pub async fn put_back(&self, from: &Ledger, now: Timestamp) -> Result<PutBack, LedgerError> {
        let mut put_back = PutBack::default();
        let mut pages = from
            .client
            .scan()
            .table_name(&from.table)
            .consistent_read(true)
            .into_paginator()
            .send();
        while let Some(page) = pages.try_next().await? {
            let items = page
                .items
                .unwrap_or_default()
                .into_iter()
                .filter(|item| !is_over(item, now));
            let outcomes = stream::iter(items)
                .map(|item| self.put_one_back(item))
                .buffer_unordered(AT_ONCE);
            for outcome in outcomes.try_collect::<Vec<_>>().await? {
                match outcome {
                    Outcome::Same => {}
                    Outcome::Missing => put_back.missing += 1,
                    Outcome::Changed(key) => drop(put_back.changed.insert(key)),
                    Outcome::Newer => put_back.newer += 1,
                }
            }
        }
        Ok(put_back)
    }

    async fn put_one_back(&self, item: Item) -> Result<Outcome, LedgerError> {
        let name = |attribute: &str| {
            item.get(attribute)
                .and_then(|value| value.as_s().ok())
                .cloned()
        };
        let key = Key::new(
            name("PK").unwrap_or_default(),
            name("SK").unwrap_or_default(),
        );
        match self.get(key.clone()).await? {
            // Whoever wrote it meanwhile knows better.
            None => Ok(if self.put_new(item).await? {
                Outcome::Missing
            } else {
                Outcome::Newer
            }),
            Some(here) if here == item => Ok(Outcome::Same),
            // Words that were deleted at their author's wish are not put back.
            Some(here) if is_bare(&here) => Ok(Outcome::Newer),
            Some(_) if key.is_never_written_to() => {
                self.overwrite(item).await?;
                Ok(Outcome::Changed(key.to_string()))
            }
            Some(_) => Ok(Outcome::Newer),
        }
    }
}

/// Returns `true` if the table was to remove an item by now.
fn is_over(item: &Item, now: Timestamp) -> bool {
    let expires = item
        .get("expires")
        .and_then(|expires| expires.as_n().ok()?.parse::<i64>().ok());
    expires.is_some_and(|expires| expires <= now.as_second())
}
