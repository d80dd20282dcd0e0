//! What Facebook and Instagram share: the handshake, the delivery's envelope, the call, what was granted for it, the
//! error table and the usage headers.

mod api;
mod envelope;
mod errors;
mod grant;
mod handshake;
mod usage;

pub use api::Settings;
pub(crate) use api::{Api, confirmed, is_yes};
pub use envelope::read;
pub(crate) use errors::{Graph, verdict};
pub use grant::{Grant, app_token};
pub use handshake::{HandshakeRefusal, handshake};
pub(crate) use usage::{load, usage};
