//! Pages that say what went wrong, and what to do.

use std::any::Any;
use std::borrow::Cow;

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use pagewarden_ledger::LedgerError;
use tower_http::csrf::ProtectionError;

use crate::cookies::Cookie;
use crate::page::{Page, Top};

/// Why somebody is not shown what they asked for.
///
/// None of these pages repeats what was asked for, and none looks different to different people:
/// what belongs to another practice and what never was are the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// There is no such page, or none for this practice.
    NotFound,
    /// Nothing waits there any more, or never did.
    NothingLeft,
    /// Their role has no part in what was written.
    NoCases,
    /// Their role may not do it.
    NotYours,
    /// The address does not take what was sent.
    Method,
    /// The form is too large.
    TooLarge,
    /// The form is none of ours.
    Form,
    /// Another site sent the form, or nobody says who did.
    Forged,
    /// Nobody is signed in. `secure` says which cookie to clear.
    SignedOut {
        /// Whether the cookie is that of TLS.
        secure: bool,
    },
    /// No practice names them.
    NotNamed {
        /// The address that they signed in with, if their issuer has verified one.
        email: Option<String>,
    },
    /// The attempt to sign in has run out, was used, or is another browser's.
    StaleSignIn,
    /// The issuer did not sign them in.
    NotSignedIn,
    /// What the issuer says about them does not hold.
    BadSignIn,
    /// They were to sign in again, and did not show that it is them. They are signed in as before.
    NotShown {
        /// Why not.
        why: NotShown,
        /// The page that they came from, which has kept what they typed.
        back: String,
    },
    /// The issuer does not answer.
    NoIssuer,
    /// Nobody has set up an issuer.
    NoSetUp,
    /// Something of ours failed.
    Broken,
}

/// Why somebody has not shown that it is them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotShown {
    /// The issuer did not sign them in.
    Cancelled,
    /// Another person has signed in.
    SomebodyElse,
    /// The issuer does not say when they signed in.
    NoAuthTime,
    /// The issuer passed on that they were signed in there.
    NotAsked,
}

/// The page.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    top: Top,
    title: &'static str,
    says: Vec<String>,
    /// Where to go on, and the words of that link.
    on: (Cow<'static, str>, &'static str),
}

const START: (&str, &str) = ("/", "Go to the start page");
const AGAIN: (&str, &str) = ("/signin", "Sign in");
const HELP: (&str, &str) = ("/help", "Get help");

/// A title, what happened and what to do, and the link to go on with.
type Words = (
    &'static str,
    &'static [&'static str],
    (&'static str, &'static str),
);

const NOT_SIGNED_IN: Words = (
    "You were not signed in",
    &[
        "Your sign-in service did not sign you in. You may have pressed Cancel, or your account may not \
                     be allowed to use Pagewarden.",
        "Try again. If it does not work, ask whoever looks after your accounts.",
    ],
    AGAIN,
);

const BAD_SIGN_IN: Words = (
    "Your sign-in could not be checked",
    &[
        "Your sign-in service answered, but the answer did not hold. Nobody was signed in.",
        "Try again. If it happens again, tell whoever runs Pagewarden for your practice.",
    ],
    AGAIN,
);

const NO_ISSUER: Words = (
    "The sign-in service does not answer",
    &[
        "Nothing is wrong with your account. Wait a few minutes and try again.",
        "If somebody may be in danger, do not wait for this page: look at the post on your social media \
                     page itself.",
    ],
    AGAIN,
);

const NOTHING_LEFT: Words = (
    "Nothing is left to decide here",
    &[
        "Nothing was changed. Somebody may have decided it already: the page of each post says who, and when.",
        "What waits for you is on the start page.",
    ],
    START,
);

/// For who only runs the system.
const NO_CASES: Words = (
    "Cases are not for your role",
    &[
        "Somebody who only runs Pagewarden for a practice does not see what people wrote on its pages.",
        "If you need to, ask the practice to give you another role in its settings.",
    ],
    HELP,
);

/// For who only reads.
const NOT_YOURS: Words = (
    "Your role may not do this",
    &[
        "Nothing was changed. Whoever only reads the record, or runs Pagewarden, writes nothing in it.",
        "If you need to, ask the practice to give you another role in its settings.",
    ],
    START,
);

impl Problem {
    const fn status(&self) -> StatusCode {
        match self {
            Problem::NotFound | Problem::NothingLeft => StatusCode::NOT_FOUND,
            Problem::Method => StatusCode::METHOD_NOT_ALLOWED,
            Problem::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Problem::Form | Problem::StaleSignIn => StatusCode::BAD_REQUEST,
            Problem::NoCases
            | Problem::NotYours
            | Problem::Forged
            | Problem::NotNamed { .. }
            | Problem::NotSignedIn
            | Problem::BadSignIn
            | Problem::NotShown { .. } => StatusCode::FORBIDDEN,
            Problem::SignedOut { .. } => StatusCode::UNAUTHORIZED,
            Problem::NoIssuer | Problem::NoSetUp => StatusCode::SERVICE_UNAVAILABLE,
            Problem::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn page(&self) -> ProblemPage {
        let (title, says, on): (_, &[&str], _) = match self {
            Problem::NotFound => (
                "Page not found",
                &[
                    "If you typed the address, check it. If you followed a link, the post may have been deleted, or \
                     it belongs to a practice that you are not looking at.",
                    "What waits for you is on the start page.",
                ],
                START,
            ),
            Problem::NothingLeft => NOTHING_LEFT,
            Problem::NoCases => NO_CASES,
            Problem::NotYours => NOT_YOURS,
            Problem::Method => (
                "That cannot be done here",
                &["Nothing was changed. Go back, load the page again and use its buttons."],
                START,
            ),
            Problem::TooLarge => (
                "That is too much text",
                &[
                    "Nothing was changed. Go back: what you typed should still be there. Shorten it to fewer than \
                     10,000 characters and send it again.",
                ],
                START,
            ),
            Problem::Form => (
                "The form could not be read",
                &[
                    "Nothing was changed. The page may have been open since before Pagewarden was updated. Go back, \
                     copy what you typed, load the page again and send it once more.",
                ],
                START,
            ),
            Problem::Forged => (
                "This request did not come from Pagewarden",
                &[
                    "Nothing was changed. Another website or program may have sent it in your name.",
                    "If you pressed a button on a page of Pagewarden, go back, load the page again and press it once \
                     more. If it happens again, use another browser, or bring yours up to date.",
                ],
                START,
            ),
            Problem::SignedOut { .. } => (
                "You are signed out",
                &[
                    "You signed out, or have not used Pagewarden for 20 hours, or signed in more than 7 days ago.",
                    "If you were sending something, it was not done. Sign in in another tab, then come back here, \
                     go back one page and send it again: what you typed should still be there.",
                ],
                AGAIN,
            ),
            Problem::NotNamed { email } => return not_named(email.as_deref()),
            Problem::StaleSignIn => (
                "Please sign in again",
                &[
                    "You took longer than 10 minutes, or the sign-in was used before, or it was begun in another \
                     browser.",
                ],
                AGAIN,
            ),
            Problem::NotSignedIn => NOT_SIGNED_IN,
            Problem::BadSignIn => BAD_SIGN_IN,
            Problem::NotShown { why, back } => return not_shown(*why, back),
            Problem::NoIssuer => NO_ISSUER,
            Problem::NoSetUp => (
                "Signing in is not set up yet",
                &[
                    "Whoever runs Pagewarden for your practice has to set up the sign-in service first.",
                ],
                HELP,
            ),
            Problem::Broken => (
                "Something went wrong",
                &[
                    "This is a fault of Pagewarden. It was noted, and whoever runs Pagewarden is told.",
                    "What you sent may not have been done. Go back, load the page again and look; then try once \
                     more in a few minutes.",
                    "If somebody may be in danger, do not wait for this page: look at the post on your social media \
                     page itself.",
                ],
                START,
            ),
        };
        ProblemPage {
            top: Top::default(),
            title,
            says: says.iter().map(|text| (*text).to_owned()).collect(),
            on: (on.0.into(), on.1),
        }
    }
}

fn not_named(email: Option<&str>) -> ProblemPage {
    let who = match email {
        Some(email) => format!("You signed in as {email}, and no practice has that address among its people."),
        None => "Your sign-in service did not confirm an e-mail address of yours, and no practice has your account \
                 among its people."
            .to_owned(),
    };
    let ask = "Ask your practice manager to have you added to the people in the practice's settings, with the address \
               that you sign in with. If you have another account, sign in with that."
        .to_owned();
    ProblemPage {
        top: Top::default(),
        title: "You have no access yet",
        says: vec![who, ask],
        on: (AGAIN.0.into(), AGAIN.1),
    }
}

fn not_shown(why: NotShown, back: &str) -> ProblemPage {
    let (why, do_this) = match why {
        NotShown::Cancelled => (
            "Your sign-in service did not sign you in. You may have pressed Cancel.",
            "What you wrote is kept. Go back and try again.",
        ),
        NotShown::SomebodyElse => (
            "Somebody else than who is signed in here has signed in.",
            "What you wrote is kept. Go back and sign in as yourself. If you want to act as the other person, sign out \
             here first.",
        ),
        NotShown::NoAuthTime => (
            "Your sign-in service does not say when you signed in, so it cannot be checked that it is you. Until it \
             does, nothing can be done here that cannot be undone.",
            "Tell whoever runs Pagewarden for your practice: the service has to send the claim auth_time. In urgent \
             cases you can delete a post on your social media page itself.",
        ),
        NotShown::NotAsked => (
            "Your sign-in service did not ask you again who you are.",
            "What you wrote is kept. Go back and try again. If it happens again, tell whoever runs Pagewarden for \
             your practice.",
        ),
    };
    ProblemPage {
        top: Top::default(),
        title: "Nothing was done",
        says: vec![why.to_owned(), do_this.to_owned()],
        on: (back.to_owned().into(), "Go back to it"),
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Page(self.page())).into_response();
        if let Problem::SignedOut { secure } = self
            && let Some(clear) = Cookie::Session.clear(secure)
        {
            response.headers_mut().append(header::SET_COOKIE, clear);
        }
        response
    }
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        tracing::error!(%error, "a page could not be made");
        Problem::Broken
    }
}

/// Answers a form that another site sent.
pub(crate) fn forged(_: ProtectionError) -> Response {
    Problem::Forged.into_response()
}

/// Answers where a page panicked. What it says may quote what it was working on, so it is not
/// logged.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a page panicked");
    Problem::Broken.into_response()
}
