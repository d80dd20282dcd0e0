//! What the platforms ask of the app itself: an address to which a browser returns from a consent,
//! and what an app does with people's data. Both are the same for all practices, and say nothing of
//! any.

use askama::Template;
use axum::response::IntoResponse;

use crate::page::{Page, Top};

#[derive(Template)]
#[template(path = "connected.html")]
struct Connected {
    top: Top,
}

#[derive(Template)]
#[template(path = "privacy.html")]
struct Privacy {
    top: Top,
}

/// Shows where a browser ends up that comes from a platform's page of consent, and that nobody here
/// asked to go there. The code in its address is for whoever runs `pagewarden connect`, and is of no
/// use without the app's secret.
pub(crate) async fn connected() -> impl IntoResponse + use<> {
    Page(Connected {
        top: Top::default(),
    })
}

/// Says what is done with people's data, and how to have it deleted.
pub(super) async fn privacy() -> impl IntoResponse {
    Page(Privacy {
        top: Top::default(),
    })
}
