//! The console's way to other functions, as the local stack invokes any, and in the console's own
//! role.

use std::pin::Pin;
use std::sync::{Arc, OnceLock, Weak};

use console::{Function, NotInvoked};
use serde_json::Value;

use crate::functions::Functions;
use crate::role::Role;

/// Invokes functions once they are there, of which the console is one.
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

    async fn call(&self, function: Function, event: Value) -> Result<Value, NotInvoked> {
        let functions = self.functions.get().and_then(Weak::upgrade);
        let functions = functions.ok_or(NotInvoked::NoAnswer)?;
        let name = function.name();
        self.role.invokes(name).map_err(|_| NotInvoked::NoAnswer)?;
        let answer = functions.invoke(name, event).await;
        answer.map_err(|_| NotInvoked::Failed)
    }
}

impl console::Invoker for Invoker {
    fn invoke(
        &self,
        function: Function,
        event: Value,
    ) -> Pin<Box<dyn Future<Output = Result<Value, NotInvoked>> + Send + '_>> {
        Box::pin(self.call(function, event))
    }
}
