//! Who asks for a page.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use pagewarden_ledger::Session;
use pagewarden_rules::PracticeId;

use crate::cookies::Cookie;
use crate::page::{Top, Who};
use crate::people::{Member, member, members, practices_naming};
use crate::{Console, Problem, signin};

/// Somebody who is signed in and whose practice names them, with all that a page needs to know of
/// both.
///
/// It is read from the table at every request, so whoever leaves a practice is shown nothing of it
/// from then on. The practice never comes from an address.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// Who they are, and where.
    pub(crate) member: Member,
    /// Their session, and what the cookie holds.
    pub(crate) session: Session,
    pub(crate) secret: String,
    /// Whether another practice may name them too.
    pub(crate) several: bool,
}

impl Visitor {
    /// Returns what stands above a page for them.
    pub(crate) fn top(&self) -> Top {
        let (name, practice) = (
            self.member.person.name.clone(),
            self.member.practice_name().to_owned(),
        );
        let roles: Vec<String> = self
            .member
            .person
            .roles
            .iter()
            .map(|role| role.name().replace('_', " "))
            .collect();
        Top {
            who: Some(Who {
                name,
                roles: roles.join(" and "),
                practice,
                several: self.several,
            }),
        }
    }
}

/// Somebody who is signed in, whatever practice they look at.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    /// What the cookie holds.
    pub(crate) secret: String,
    /// The session.
    pub(crate) session: Session,
    /// The practices that may name them.
    pub(crate) practices: Vec<PracticeId>,
}

/// Why somebody is not shown a page.
#[derive(Debug)]
pub(crate) enum Away {
    /// A page says why.
    Problem(Problem),
    /// They have to sign in first, and come back then.
    SignIn {
        /// Where they wanted to go.
        next: String,
    },
    /// They have to choose a practice first.
    Choose,
}

impl From<Problem> for Away {
    fn from(problem: Problem) -> Self {
        Away::Problem(problem)
    }
}

impl IntoResponse for Away {
    fn into_response(self) -> Response {
        match self {
            Away::Problem(problem) => problem.into_response(),
            Away::SignIn { next } => Redirect::to(&signin::address(&next)).into_response(),
            Away::Choose => Redirect::to("/practice").into_response(),
        }
    }
}

impl FromRequestParts<Console> for SignedIn {
    type Rejection = Away;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Away> {
        let secure = console.issuer().secure();
        let Some(secret) = Cookie::Session.read(&parts.headers, secure) else {
            // A form that was posted would be lost without a word.
            if parts.method == Method::POST {
                return Err(Problem::SignedOut { secure }.into());
            }
            let next = parts
                .uri
                .path_and_query()
                .map_or("/", |path| path.as_str())
                .to_owned();
            return Err(Away::SignIn { next });
        };
        let session = console
            .ledger()
            .session(secret, console.clock().now())
            .await
            .map_err(Problem::from)?;
        let session = session.ok_or(Problem::SignedOut { secure })?;
        let practices = practices_naming(console.ledger(), &session).await?;
        Ok(SignedIn {
            secret: secret.to_owned(),
            session,
            practices,
        })
    }
}

impl FromRequestParts<Console> for Visitor {
    type Rejection = Away;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Away> {
        let SignedIn {
            secret,
            session,
            practices,
        } = SignedIn::from_request_parts(parts, console).await?;
        let several = practices.len() > 1;
        if let Some(chosen) = session
            .practice
            .as_ref()
            .filter(|chosen| practices.contains(chosen))
            && let Some(member) = member(console.ledger(), &session, chosen).await?
        {
            return Ok(Visitor {
                member,
                session,
                secret,
                several,
            });
        }
        let mut members = members(console.ledger(), &session, &practices).await?;
        match (members.pop(), members.is_empty()) {
            (Some(member), true) => Ok(Visitor {
                member,
                session,
                secret,
                several: false,
            }),
            (Some(_), false) => Err(Away::Choose),
            (None, _) => Err(Problem::NotNamed {
                email: session.email,
            }
            .into()),
        }
    }
}

/// For pages that everybody may see, and that look a little different to whoever is signed in.
impl OptionalFromRequestParts<Console> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        console: &Console,
    ) -> Result<Option<Self>, Infallible> {
        Ok(
            <Visitor as FromRequestParts<Console>>::from_request_parts(parts, console)
                .await
                .ok(),
        )
    }
}
