#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

mod assets;
mod cookies;
mod form;
mod guard;
mod invoker;
mod page;
mod pages;
mod people;
mod policies;
mod problem;
mod public;
mod signin;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Redirect;
use axum::routing::get;
use pagewarden_clock::Clock;
use pagewarden_ledger::Ledger;
use pagewarden_platforms::calls::Http;
use pagewarden_runtime::{Pictures, Secrets, SignIn};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;

use policies::Policies;
use problem::Problem;
use public::Figures;
use signin::Issuer;

pub use assets::STYLES;
pub use invoker::{Function, Invoker, Lambda, NotInvoked};

/// Bytes of the largest form. The longest answer that somebody types has a few thousand.
const MOST_BYTES: usize = 64 * 1024;

/// What every page needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Console(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ledger: Ledger,
    clock: Clock,
    issuer: Issuer,
    policies: Policies,
    figures: Figures,
    invoker: Arc<dyn Invoker>,
    /// Where the pictures of posts are kept, if they are.
    pictures: Option<Arc<dyn Pictures>>,
}

impl Console {
    /// Makes the pages ready. `http` carries the calls to the issuer; `invoker` has other
    /// functions do what this one cannot; `pictures` is where those of posts are kept, if they are.
    #[must_use]
    pub fn new(
        ledger: Ledger,
        secrets: Secrets,
        http: Http,
        sign_in: SignIn,
        clock: Clock,
        invoker: Arc<dyn Invoker>,
        pictures: Option<Arc<dyn Pictures>>,
    ) -> Self {
        Console(Arc::new(Inner {
            ledger,
            clock,
            issuer: Issuer::new(http, secrets, sign_in),
            policies: Policies::default(),
            figures: Figures::default(),
            invoker,
            pictures,
        }))
    }

    fn pictures(&self) -> Option<&dyn Pictures> {
        self.0.pictures.as_deref()
    }

    fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    fn clock(&self) -> &Clock {
        &self.0.clock
    }

    fn policies(&self) -> &Policies {
        &self.0.policies
    }

    fn figures(&self) -> &Figures {
        &self.0.figures
    }

    fn invoker(&self) -> &dyn Invoker {
        self.0.invoker.as_ref()
    }

    fn issuer(&self) -> &Issuer {
        &self.0.issuer
    }
}

/// Returns the pages.
pub fn router(console: Console) -> Router {
    Router::new()
        .route("/", get(pages::home))
        .route("/today", get(pages::today::all))
        .route("/complaints", get(pages::today::complaints))
        .route("/reports", get(pages::today::reports))
        .route("/hidden", get(pages::hidden::show))
        .route("/numbers", get(pages::numbers::show))
        .route("/numbers.csv", get(pages::numbers::csv))
        .route("/n/{notice}", get(pages::told))
        .route("/policy", get(pages::policy::show))
        .route(
            "/try",
            get(pages::trial::ask)
                .post(pages::trial::answer)
                .layer(DefaultBodyLimit::max(pages::trial::MOST_BYTES)),
        )
        .route(
            "/rules",
            get(async || Problem::NotFound).post(pages::policy::start),
        )
        .route("/people", get(pages::settings::show))
        .route(
            "/connect",
            get(pages::connect::show).post(pages::connect::begin),
        )
        .route(
            "/connect/typed",
            get(async || Redirect::to("/connect")).post(pages::connect::typed),
        )
        .route("/connected", get(pages::connect::back))
        .route(
            "/switch",
            get(async || Problem::NotFound).post(pages::settings::turn),
        )
        .route(
            "/ways",
            get(async || Problem::NotFound).post(pages::settings::send_code),
        )
        .route(
            "/ways/confirm",
            get(async || Problem::NotFound).post(pages::settings::confirm),
        )
        .route(
            "/case/{platform}/{*id}",
            get(pages::case::show).post(pages::case::decide),
        )
        .route(
            "/flood/{author}",
            get(pages::flood::show).post(pages::flood::decide),
        )
        .route(
            "/answer/{platform}/{*id}",
            get(async || Problem::NotFound).post(pages::case::write),
        )
        .route(
            "/restore/{platform}/{*id}",
            get(async || Problem::NotFound).post(pages::case::restore),
        )
        .route(
            "/hand-over/{platform}/{*id}",
            get(pages::hand_over::show).post(pages::hand_over::note),
        )
        .route(
            "/evidence/{platform}/{*id}",
            get(pages::evidence::ask).post(pages::evidence::take),
        )
        .route("/confirm/{platform}/{*id}", get(pages::case::confirm))
        .route("/done/{platform}/{*id}", get(pages::case::done))
        .route(
            "/account/{platform}/{*id}",
            get(pages::accounts::show).post(pages::accounts::note),
        )
        .route(
            "/ladder/{platform}/{*id}",
            get(async || Problem::NotFound).post(pages::ladder::take),
        )
        .route("/letter/{platform}/{*id}", get(pages::ladder::letter))
        .route(
            "/practice",
            get(pages::practice::ask).post(pages::practice::choose),
        )
        .route("/help", get(pages::help))
        .merge(signin::routes())
        .route("/assets/{name}", get(assets::serve))
        .merge(pages::log::routes())
        .merge(pages::rights::routes())
        .merge(pages::versions::routes())
        .merge(pages::correct::routes())
        .merge(pages::papers::routes())
        .merge(public::routes())
        .fallback(async || Problem::NotFound)
        .method_not_allowed_fallback(async || Problem::Method)
        .with_state(console.clone())
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        // From here outwards: forms of other sites are refused before anything reads them, and
        // whatever is answered, by a page or by any of these, carries the headers.
        .layer(CsrfLayer::new().with_rejection_response(problem::forged))
        .layer(from_fn(guard::wants_an_origin))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn_with_state(console, guard::headers))
}
