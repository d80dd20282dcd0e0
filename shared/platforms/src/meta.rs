//! What Facebook and Instagram share: the handshake, the delivery's envelope, the error table and the usage headers.

mod envelope;
mod errors;
mod handshake;
mod usage;

pub use envelope::{Malformed, read};
pub(crate) use errors::{Graph, verdict};
pub use handshake::{HandshakeRefusal, handshake};
pub(crate) use usage::usage;
