//! The pictures that are kept as evidence, as each function reaches them: in its own role.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use pagewarden_runtime::{Folder, Pictures, PicturesAnswer, PicturesError};

use crate::role::Role;
use crate::stack::PICTURES;
use crate::table::beside;

/// Opens the folder of pictures beside a table's file. Those of a table in memory are gone with it,
/// but they are evidence until then.
pub(crate) fn open(data: Option<&Path>) -> Arc<dyn Pictures> {
    match data {
        Some(data) => Arc::new(Folder::new(beside(data, PICTURES))),
        None => Arc::new(InMemory::default()),
    }
}

/// Keeps pictures beside a table in memory, with which they are gone.
#[derive(Debug, Default)]
struct InMemory(Mutex<BTreeMap<String, Vec<u8>>>);

impl InMemory {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pictures for InMemory {
    fn put<'a>(&'a self, name: &'a str, bytes: Vec<u8>, _: Timestamp) -> PicturesAnswer<'a, ()> {
        self.all().entry(name.to_owned()).or_insert(bytes);
        Box::pin(async { Ok(()) })
    }

    fn get<'a>(&'a self, name: &'a str, _: Timestamp) -> PicturesAnswer<'a, Option<Vec<u8>>> {
        let found = self.all().get(name).cloned();
        Box::pin(async { Ok(found) })
    }
}

/// The pictures as somebody in a role reaches them, whom the bucket would refuse otherwise.
#[derive(Debug)]
struct InRole {
    pictures: Arc<dyn Pictures>,
    role: Role,
}

/// Returns the pictures for a function of this role.
pub(crate) fn in_role(pictures: &Arc<dyn Pictures>, role: &Role) -> Arc<dyn Pictures> {
    Arc::new(InRole {
        pictures: Arc::clone(pictures),
        role: role.clone(),
    })
}

/// What S3 answers to who may not.
fn denied() -> PicturesError {
    PicturesError::Refused(403, "AccessDenied".to_owned())
}

impl Pictures for InRole {
    fn put<'a>(&'a self, name: &'a str, bytes: Vec<u8>, now: Timestamp) -> PicturesAnswer<'a, ()> {
        match self.role.reaches_picture("s3:PutObject", name) {
            Ok(()) => self.pictures.put(name, bytes, now),
            Err(_) => Box::pin(async { Err(denied()) }),
        }
    }

    fn get<'a>(&'a self, name: &'a str, now: Timestamp) -> PicturesAnswer<'a, Option<Vec<u8>>> {
        match self.role.reaches_picture("s3:GetObject", name) {
            Ok(()) => self.pictures.get(name, now),
            Err(_) => Box::pin(async { Err(denied()) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pictures_are_kept_beside_the_table_and_as_long() {
        let now = Timestamp::UNIX_EPOCH;
        let folder = std::env::temp_dir().join(format!("pagewarden-local-{}", std::process::id()));
        let data = folder.join("table");
        let name = format!("woolpit/{}", "0".repeat(64));
        for (data, outlives) in [(Some(&*data), true), (None, false)] {
            for bytes in [b"first".to_vec(), b"second".to_vec()] {
                open(data).put(&name, bytes, now).await.unwrap();
            }
            let found = open(data).get(&name, now).await.unwrap();
            assert_eq!(found, outlives.then(|| b"first".to_vec()));
        }
        assert!(folder.join("table.pictures").join(&name).is_file());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
