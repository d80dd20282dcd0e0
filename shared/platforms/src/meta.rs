//! What Facebook and Instagram rest on: the handshake, the call, what was granted for it, the error
//! table and the usage headers. Their deliveries, which come in one envelope, are read by
//! [`crate::meta_webhooks`].

mod api;
mod connect;
mod errors;
mod grant;
mod handshake;
mod usage;

pub use api::Settings;
pub(crate) use api::{Api, confirmed, is_yes, next};
pub use connect::Login;
pub(crate) use errors::{Graph, TOO_MUCH, verdict};
pub use grant::{Grant, app_token};
pub use handshake::{HandshakeRefusal, handshake};
pub(crate) use usage::{load, usage};
