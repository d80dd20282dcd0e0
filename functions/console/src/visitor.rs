//! Who asks for a page.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use pagewarden_ledger::Session;
use pagewarden_policies::Settings;
use pagewarden_rules::{PracticeId, Role};

use crate::cookies::Cookie;
use crate::page::{Top, Who};
use crate::people::{people_of, practices_of};
use crate::{Console, Problem};

/// Somebody who is signed in and whose practice names them, with what a page needs to know of both. Read from the table
/// at every request, so whoever leaves a practice is shown nothing of it from then on.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// Their name, as the practice's settings write it.
    pub(crate) name: String,
    /// All that they are at the practice.
    pub(crate) roles: Vec<Role>,
    /// The practice that they look at. Never taken from an address.
    pub(crate) practice: PracticeId,
    /// Its settings.
    pub(crate) settings: Settings,
    /// Whether another practice names them too.
    pub(crate) several: bool,
}

impl Visitor {
    /// Returns the name of the practice, as people know it.
    pub(crate) fn practice_name(&self) -> &str {
        practice_name(&self.settings, &self.practice)
    }

    /// Returns what stands above a page for them.
    pub(crate) fn top(&self) -> Top {
        let practice = self.practice_name().to_owned();
        Top { who: Some(Who { name: self.name.clone(), practice, several: self.several }) }
    }
}

/// Returns a practice's name as its settings write it, or its id.
pub(crate) fn practice_name<'a>(settings: &'a Settings, id: &'a PracticeId) -> &'a str {
    let name = settings.roster.practice.trim();
    if name.is_empty() { id.as_str() } else { name }
}

/// Somebody who is signed in, whatever practice they look at.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    /// What the cookie holds.
    pub(crate) secret: String,
    /// The session.
    pub(crate) session: Session,
    /// The practices that name them: one at least.
    pub(crate) practices: Vec<PracticeId>,
}

/// Why somebody is sent away from a page.
#[derive(Debug)]
pub(crate) enum Away {
    /// To a page that says why.
    Problem(Problem),
    /// To the page on which to sign in, and back again.
    SignIn {
        /// Where they wanted to go.
        next: String,
    },
    /// To the choice of a practice.
    Choose,
}

impl<E: Into<Problem>> From<E> for Away {
    fn from(problem: E) -> Self {
        Away::Problem(problem.into())
    }
}

impl axum::response::IntoResponse for Away {
    fn into_response(self) -> axum::response::Response {
        use axum::response::Redirect;
        match self {
            Away::Problem(problem) => problem.into_response(),
            Away::SignIn { next } => Redirect::to(&crate::signin::address(&next)).into_response(),
            Away::Choose => Redirect::to("/practice").into_response(),
        }
    }
}

impl FromRequestParts<Console> for SignedIn {
    type Rejection = Away;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Away> {
        let secure = console.issuer().secure();
        let Some(secret) = Cookie::Session.read(&parts.headers, secure) else {
            // Who posts something is not sent on: it would be lost without a word.
            if parts.method == axum::http::Method::POST {
                return Err(Problem::SignedOut { secure }.into());
            }
            let next = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
            return Err(Away::SignIn { next });
        };
        let session = console.ledger().session(secret, console.clock().now()).await?;
        let session = session.ok_or(Problem::SignedOut { secure })?;
        let practices = practices_of(console.ledger(), &session).await?;
        if practices.is_empty() {
            return Err(Problem::NotNamed { email: session.email }.into());
        }
        Ok(SignedIn { secret: secret.to_owned(), session, practices })
    }
}

impl FromRequestParts<Console> for Visitor {
    type Rejection = Away;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Away> {
        let SignedIn { session, practices, .. } = SignedIn::from_request_parts(parts, console).await?;
        let chosen = session.practice.as_ref().filter(|chosen| practices.contains(chosen));
        let practice = match (chosen, practices.as_slice()) {
            (Some(chosen), _) => chosen.clone(),
            (None, [only]) => only.clone(),
            (None, _) => return Err(Away::Choose),
        };
        let record = console.ledger().practice(&practice).await?;
        // The settings are what counts; that they are listed under a name is only how they were found.
        let named = record.as_ref().and_then(|record| people_of(&record.settings, &session));
        let (Some(record), Some(named)) = (record, named) else {
            return Err(Problem::NotNamed { email: session.email }.into());
        };
        let settings = serde_json::from_str(&record.settings).map_err(|_| {
            tracing::error!(%practice, "the settings of a practice do not read");
            Problem::Broken
        })?;
        let several = practices.len() > 1;
        Ok(Visitor { name: named.name, roles: named.roles, practice, settings, several })
    }
}

/// For pages that everybody may see, and that look a little different to whoever is signed in.
impl OptionalFromRequestParts<Console> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Option<Self>, Self::Rejection> {
        Ok(<Visitor as FromRequestParts<Console>>::from_request_parts(parts, console).await.ok())
    }
}
