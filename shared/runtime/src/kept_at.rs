//! Where something is kept that nobody may change: a bucket, or a folder on a laptop.

use std::path::PathBuf;
use std::sync::Arc;

use crate::{Anchors, Config, ConfigError, Folder, Pictures};

/// Where something is kept: `s3://BUCKET`, or a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptAt {
    /// In a bucket of this name.
    Bucket(String),
    /// In this folder.
    Folder(PathBuf),
}

impl From<&str> for KeptAt {
    fn from(text: &str) -> Self {
        match text.strip_prefix("s3://") {
            Some(bucket) => KeptAt::Bucket(bucket.trim_end_matches('/').to_owned()),
            None => KeptAt::Folder(text.into()),
        }
    }
}

impl KeptAt {
    /// Opens it for anchors. A bucket takes what the environment says about AWS.
    pub fn anchors(&self) -> Result<Arc<dyn Anchors>, ConfigError> {
        Ok(match self {
            KeptAt::Bucket(name) => Arc::new(Config::bucket(name)?),
            KeptAt::Folder(folder) => Arc::new(Folder::new(folder)),
        })
    }

    /// Opens it for pictures, in the same way.
    pub fn pictures(&self) -> Result<Arc<dyn Pictures>, ConfigError> {
        Ok(match self {
            KeptAt::Bucket(name) => Arc::new(Config::bucket(name)?),
            KeptAt::Folder(folder) => Arc::new(Folder::new(folder)),
        })
    }
}
