//! The screen on which somebody approves an application password: `wp-admin/authorize-application.php`
//! of WordPress 7.0, which takes this machine as an address to return to.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use form_urlencoded::Serializer;

use super::Wordpress;

impl Wordpress {
    /// Has whoever opens the screen say no from now on, or yes.
    pub fn decline(&self, declines: bool) {
        self.0.declines.store(declines, Ordering::Relaxed);
    }

    /// Answers a browser in which the first user is signed in.
    pub(super) fn screen(&self, parts: &Parts) -> Response {
        let query: HashMap<String, String> =
            form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        let host = parts.headers.get(header::HOST);
        let site = host
            .and_then(|host| host.to_str().ok())
            .map(|host| format!("http://{host}"));
        let (Some(site), Some(user), Some(_)) = (site, self.0.users.first(), query.get("app_name"))
        else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        let allowed =
            |to: &&String| to.starts_with("https://") || to.starts_with("http://127.0.0.1:");
        let (yes, no) = (query.get("success_url"), query.get("reject_url"));
        if self.0.declines.load(Ordering::Relaxed) {
            return no.filter(allowed).map_or_else(
                || StatusCode::FORBIDDEN.into_response(),
                |no| Redirect::to(no).into_response(),
            );
        }
        let Some(yes) = yes else {
            // Shown for somebody to copy.
            return Html(format!("<code>{}</code>", user.password)).into_response();
        };
        if !allowed(&yes) {
            return StatusCode::FORBIDDEN.into_response();
        }
        let query = Serializer::new(String::new())
            .append_pair("site_url", &site)
            .append_pair("user_login", &user.name)
            .append_pair("password", &user.password)
            .finish();
        let mark = if yes.contains('?') { '&' } else { '?' };
        Redirect::to(&format!("{yes}{mark}{query}")).into_response()
    }
}
