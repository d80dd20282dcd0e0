//! What all pages have in common.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};

use crate::Problem;

/// What stands above every page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Top {
    /// Who is signed in; none on pages that are the same for everybody.
    pub(crate) who: Option<Who>,
}

/// Who is signed in, as it stands above a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    /// Their name.
    pub(crate) name: String,
    /// What they are at the practice, such as "reviewer and complaints manager".
    pub(crate) roles: String,
    /// The name of the practice that they look at.
    pub(crate) practice: String,
    /// Whether they can change to another.
    pub(crate) several: bool,
}

/// A page, ready to be sent.
pub(crate) struct Page<T>(pub(crate) T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => Html(html).into_response(),
            Err(error) => {
                tracing::error!(%error, "a page does not render");
                // Never the page of the problem, which may be the one that does not.
                axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// What a page answers with.
pub(crate) type Answer<T> = Result<T, Problem>;
