//! Google Business Profile: reviews of a practice's location.

mod client;
mod errors;
mod review;
mod token;

pub use client::{Google, Settings};
pub use review::{LocationReviews, OwnReply, Review, ReviewPage};
pub use token::{AccessToken, Consent};
