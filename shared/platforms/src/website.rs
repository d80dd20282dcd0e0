//! The practice's own website: comments on a WordPress site, through WordPress' REST API.
//!
//! WordPress sends nothing by itself, so a site is polled. Its five statuses are four places where
//! a comment can be: public (`approved`), held back until somebody approves it (`hold`), and two
//! bins that it can be taken out of again (`spam`, `trash`). To hide is to hold, to delete is to
//! put in the trash; nothing here ever removes a comment for good.

mod client;
mod comment;
mod connect;
mod errors;
mod login;
mod text;

pub use client::Website;
pub use comment::{Comment, CommentPage, Status};
pub use connect::Screen;
pub use login::Login;
