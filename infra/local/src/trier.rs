//! The console's way to `moderate`, as the local stack invokes any function, and in the console's
//! own role.

use std::pin::Pin;
use std::sync::{Arc, OnceLock, Weak};

use console::{NotTried, Trier};
use pagewarden_runtime::{TrialEvent, Tried};

use crate::functions::Functions;
use crate::role::Role;

/// Invokes `moderate` once the functions are there, of which the console is one.
#[derive(Clone, Debug)]
pub(crate) struct Invoker {
    functions: Arc<OnceLock<Weak<Functions>>>,
    role: Role,
}

impl Invoker {
    /// Makes one for somebody in this role.
    pub(crate) fn new(role: Role) -> Self {
        Invoker {
            functions: Arc::default(),
            role,
        }
    }

    /// Says which the functions are.
    pub(crate) fn connect(&self, functions: &Arc<Functions>) {
        // They are said once, when the stack starts.
        self.functions.get_or_init(|| Arc::downgrade(functions));
    }

    async fn invoke(&self, event: TrialEvent) -> Result<Tried, NotTried> {
        let functions = self.functions.get().and_then(Weak::upgrade);
        let functions = functions.ok_or(NotTried::NoAnswer)?;
        self.role
            .invokes("moderate")
            .map_err(|_| NotTried::NoAnswer)?;
        let event = serde_json::to_value(event).map_err(|_| NotTried::Failed)?;
        let answer = functions.invoke("moderate", event).await;
        let answer = answer.map_err(|_| NotTried::Failed)?;
        serde_json::from_value(answer).map_err(|_| NotTried::Failed)
    }
}

impl Trier for Invoker {
    fn try_post(
        &self,
        event: TrialEvent,
    ) -> Pin<Box<dyn Future<Output = Result<Tried, NotTried>> + Send + '_>> {
        Box::pin(self.invoke(event))
    }
}
