//! The weather: what a seed does to one run of a function, at one of its calls of the table.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use pagewarden_local::fate::{Call, Fate, Fates};
use tokio::sync::Notify;

use super::plan::{Calls, Harm, What};

/// Says what becomes of each call. Only one run at a time is harmed; all other calls go well.
#[derive(Debug, Default)]
pub(crate) struct Weather {
    armed: Mutex<Option<Armed>>,
    pub(crate) paused: Notify,
    resume: Notify,
}

#[derive(Debug)]
struct Armed {
    harm: Harm,
    calls: usize,
    /// Those of them that the harm counts.
    counted: usize,
    /// At which call it happened.
    happened: Option<String>,
}

impl Weather {
    /// Prepares to harm the run that begins now.
    pub(crate) fn arm(&self, harm: &Harm) {
        *self.armed() = Some(Armed {
            harm: harm.clone(),
            calls: 0,
            counted: 0,
            happened: None,
        });
    }

    /// Lets all calls go well. Returns at which call the harm happened, if it did.
    pub(crate) fn clear(&self) -> Option<String> {
        self.armed().take().and_then(|armed| armed.happened)
    }

    /// Lets a run go on that was paused.
    pub(crate) fn resume(&self) {
        self.resume.notify_one();
    }

    fn armed(&self) -> MutexGuard<'_, Option<Armed>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call, and returns what is done to it, if anything.
    fn harm(&self, call: Call<'_>) -> Option<What> {
        let mut armed = self.armed();
        let armed = armed.as_mut()?;
        armed.calls += 1;
        let counts = armed.harm.of == Calls::All || call.is_write();
        armed.counted += usize::from(counts);
        let is_it = counts && armed.counted == armed.harm.at;
        let always = matches!(armed.harm.what, What::Stale) && call.may_be_stale;
        if !is_it && !always {
            return None;
        }
        let happened = format!("call {} of the table, {}", armed.calls, call.operation);
        armed.happened.get_or_insert(happened);
        Some(armed.harm.what.clone())
    }

    /// Lets the driver kill the run or do something else meanwhile.
    async fn pause(&self) {
        self.paused.notify_one();
        self.resume.notified().await;
    }
}

impl Fates for Weather {
    fn before<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Fate> {
        async move {
            match self.harm(call) {
                Some(What::Kill | What::Meanwhile(_)) => {
                    self.pause().await;
                    Fate::Well
                }
                Some(What::Throttled) => Fate::Throttled,
                Some(What::Conflict) => Fate::Conflict,
                Some(What::Lost) => Fate::Lost,
                Some(What::Repeated) => Fate::Repeated,
                Some(What::Stale) => Fate::Stale,
                Some(What::KillAfter) | None => Fate::Well,
            }
        }
        .boxed()
    }

    fn after<'a>(&'a self, _: Call<'a>) -> BoxFuture<'a, ()> {
        async move {
            let killed = self.armed().as_ref().is_some_and(|armed| {
                armed.counted == armed.harm.at && matches!(armed.harm.what, What::KillAfter)
            });
            if killed {
                self.pause().await;
            }
        }
        .boxed()
    }
}
