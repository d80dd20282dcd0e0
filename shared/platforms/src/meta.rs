//! What Facebook and Instagram share: the handshake, the delivery's envelope, the call, what was granted for it, the
//! error table and the usage headers.

mod api;
mod envelope;
mod errors;
mod grant;
mod handshake;
mod usage;

pub use api::Settings;
pub(crate) use api::{Api, confirmed, is_yes, next};
pub use envelope::read;
pub(crate) use errors::{Graph, TOO_MUCH, verdict};
pub use grant::{Grant, app_token};
pub use handshake::{HandshakeRefusal, handshake};
pub(crate) use usage::{load, usage};
