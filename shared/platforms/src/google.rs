//! Google Business Profile: reviews of a practice's location.

mod client;
mod connect;
mod errors;
mod push;
mod review;
mod token;

pub use client::{EDITS_A_MINUTE, Google, Settings};
pub use connect::Login;
pub use push::{Hint, PushRefusal, Pushed, Pusher};
pub(crate) use review::addresses;
pub use review::{OwnReply, Review, ReviewPage};
pub use token::{AccessToken, Consent, PERMISSIONS};
