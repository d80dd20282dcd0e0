//! The stack: table, functions, stream consumer, schedule, HTTP API and fake platforms, wired as
//! the template says.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Write as _, stderr};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use act::Act;
use anyhow::{Context, Result, bail};
use axum::Router;
use connect::Connect;
use console::Console;
use jiff::SignedDuration;
use moderate::Moderate;
use pagewarden_clock::Clock;
use pagewarden_connect::Asker;
use pagewarden_fakes::Direct;
use pagewarden_fakes::google::{Business, push};
use pagewarden_fakes::graph::Graph;
use pagewarden_fakes::issuer::{self, Issuer};
use pagewarden_fakes::store::{self, Store};
use pagewarden_fakes::website::{User, Wordpress};
use pagewarden_fakes::x::Timeline;
use pagewarden_ledger::Ledger;
use pagewarden_platforms::calls::{self, Http, Timeouts};
use pagewarden_platforms::connect::Places;
use pagewarden_platforms::{google, meta, x};
use pagewarden_readers::Readers;
use pagewarden_rules::Platform;
use pagewarden_runtime::{Anchors, Config, Folder, Pictures, Platforms, Secrets, SignIn};
use remind::Remind;
use serde_json::Value;
use sweep::Sweep;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use webhook::{Push, Webhook};

use crate::clocks::Clocks;
use crate::consumer::{self, Backlog, Consumers, Route};
use crate::fate::Fates;
use crate::functions::{Functions, Here};
use crate::invoker::Invoker;
use crate::meter::{Meter, Used};
use crate::outbox::Outbox;
use crate::remote::{Elsewhere, Remote};
use crate::replay::{self, Sender};
use crate::role::Role;
use crate::table::{self, HERE, Table, beside};
use crate::template::{Template, Trigger};
use crate::{demo, http, pictures};

/// On this machine a call takes milliseconds; a short limit lets a killed process's claims run out
/// soon.
const CALL: Duration = Duration::from_secs(1);

/// The local schedule runs so much faster: a minute is two seconds and an hour two minutes. Nobody
/// watches a laptop for an hour.
const FASTER: u32 = 30;

/// The folder of the practices' anchors, beside the table's file.
pub const ANCHORS: &str = "anchors";

/// The folder of the pictures that are kept as evidence, beside the table's file.
pub const PICTURES: &str = "pictures";

/// Returns the name of the fake that stands in for a platform: Meta's two have one.
const fn fake(platform: Platform) -> Option<&'static str> {
    match platform {
        Platform::Facebook | Platform::Instagram => Some("facebook"),
        Platform::X => Some("x"),
        Platform::Google => Some("google"),
        Platform::Website => Some("website"),
        Platform::StaffLog => None,
    }
}

/// What a simulation says of the world around the functions.
#[derive(Debug)]
pub struct Around {
    /// What becomes of each call of the table.
    pub fates: Arc<dyn Fates>,
    /// By how much the clocks of these functions are off; those of the others are right.
    pub clocks_off: BTreeMap<&'static str, SignedDuration>,
    /// Where the anchors of the practices' chains are kept; none are written where it is not said.
    pub anchors: Option<Arc<dyn Anchors>>,
}

/// Everything, running.
pub struct Stack {
    // Held until the stack is gone.
    _lock: Option<File>,
    pub(crate) table: Arc<Table>,
    ledger: Ledger,
    pub(crate) functions: Arc<Functions>,
    consumers: Arc<Consumers>,
    api: String,
    sender: Sender,
    graph: Graph,
    business: Business,
    website: Wordpress,
    website_is_seen: bool,
    timeline: Timeline,
    issuer: Issuer,
    console_url: String,
    roles: Vec<Role>,
    environment: BTreeMap<&'static str, String>,
    meter: Meter,
    store: Store,
    outbox: Outbox,
    pictures: Arc<dyn Pictures>,
    clock: Clock,
}

impl Stack {
    /// Starts everything in this process, with the five practices in `live`. The rules alone read.
    pub async fn start(data: Option<&Path>) -> Result<Self> {
        // Large, and held by every test.
        Box::pin(Self::start_with(
            data,
            Readers::rules_only(),
            Outbox::in_memory(),
            None,
        ))
        .await
    }

    /// Starts everything, the functions elsewhere if so told. Then it waits until they answer.
    pub async fn start_with(
        data: Option<&Path>,
        readers: Readers,
        outbox: Outbox,
        elsewhere: Option<&Elsewhere>,
    ) -> Result<Self> {
        let listen = elsewhere.map_or(HERE, |elsewhere| elsewhere.listen);
        let (
            stack,
            AtRest {
                triggers,
                echoes,
                told,
            },
        ) = Self::build(
            data,
            readers,
            outbox,
            elsewhere,
            Some(listen),
            Clock::manual(),
            None,
        )
        .await?;
        for (name, triggers) in &triggers {
            for trigger in triggers {
                set_going(name, trigger, &stack.functions, &stack.clock);
            }
        }
        tokio::spawn(consumer::run(
            Arc::clone(&stack.table),
            Arc::clone(&stack.functions),
            Arc::clone(&stack.consumers),
            Route::all(&triggers),
        ));
        tokio::spawn(echo(echoes, stack.sender.clone()));
        tokio::spawn(tell(told, stack.sender.clone()));
        Ok(stack)
    }

    /// Makes everything ready, with nothing set going yet. Without an address to listen at, no
    /// socket is opened and no task is spawned, and the functions in this process reach everything
    /// directly all the same.
    pub(crate) async fn build(
        data: Option<&Path>,
        readers: Readers,
        outbox: Outbox,
        elsewhere: Option<&Elsewhere>,
        listen: Option<IpAddr>,
        clock: Clock,
        around: Option<Around>,
    ) -> Result<(Self, AtRest)> {
        let template = Template::shipped()?;
        let lock = data.map(taken).transpose()?;
        let table = Table::open_at(data, listen, &template).await?;
        let (table, kept, clocks_off) = with_what_is_beside(table, data, around);
        let clocks = Clocks::new(clock.clone(), clocks_off);
        let table = Arc::new(table);
        let ledger = table.ledger();
        let meter = Meter::default();
        demo::bootstrap(&ledger, clock.now()).await?;

        let stand_ins = StandIns::open(data, elsewhere, &clock)?;
        let served = stand_ins.serve(listen).await?;
        let issuer = Issuer::new(demo::accounts()?, &clock);
        let issuer_url = serve(listen.map(|_| HERE), "issuer", issuer.router()).await?;
        // The console is told where browsers reach it, so its door is there before it is.
        let door = Door::open(listen.map(|_| HERE), "api").await?;
        issuer.register(&issuer_url, &format!("{}/signin/callback", door.url));
        let network = stand_ins.network(&served, listen.is_some(), &clock)?;
        // A website's password goes without TLS to nothing but this machine, by its addresses and
        // names.
        let website_is_seen = elsewhere.is_none_or(Elsewhere::is_here);

        let seen =
            |url: &str| elsewhere.map_or_else(|| url.to_owned(), |elsewhere| elsewhere.seen(url));
        let store = Store::new(demo::secrets(&seen(&served.website))?);
        let store_url = serve(listen, "store", store.router()).await?;
        let at = Addresses {
            table: table.url().to_owned(),
            store: store_url,
            graph: served.graph,
            google: served.google,
            x: served.x,
            issuer: issuer_url,
            console: door.url.clone(),
        };
        let roles = roles_of(&template)?;
        let (pages, invoker) = pages(
            &roles,
            &meter,
            (&table, &store, &issuer, &kept),
            &at,
            &clocks,
        )
        .await?;
        let functions = Arc::new(match elsewhere {
            None => Functions::Here(Box::new(
                here(
                    &roles,
                    (readers, pages.clone(), &outbox, &kept),
                    &meter,
                    (&table, &store, network),
                    &at,
                    clocks,
                    template.timeout("sweep")?,
                )
                .await?,
            )),
            Some(elsewhere) => Functions::Remote(remote(elsewhere, &at, &template).await?),
        });
        invoker.connect(&functions);
        let environment = of_commands(&at);
        let (triggers, consumers) = (template.functions()?, Arc::<Consumers>::default());
        let router = http::router(Arc::clone(&functions), &triggers, &clock, pages);
        let own = door.url.clone();
        door.serve(router.clone());
        let (api, sender) = way_in(listen, elsewhere, own, router, &clock);
        let stack = Stack {
            _lock: lock,
            table,
            ledger,
            functions,
            consumers,
            api,
            sender,
            graph: stand_ins.graph,
            business: stand_ins.business,
            website: stand_ins.website,
            website_is_seen,
            timeline: stand_ins.timeline,
            issuer,
            console_url: at.console,
            roles,
            environment,
            meter,
            store,
            outbox,
            pictures: kept.pictures,
            clock,
        };
        Ok((
            stack,
            AtRest {
                triggers,
                echoes: stand_ins.echoes,
                told: stand_ins.told,
            },
        ))
    }

    /// Returns where the table answers.
    #[must_use]
    pub fn table_url(&self) -> &str {
        self.table.url()
    }

    /// Returns where the HTTP API answers.
    #[must_use]
    pub fn api_url(&self) -> &str {
        &self.api
    }

    /// Returns the environment in which a command finds this stack, as a function would.
    #[must_use]
    pub const fn environment(&self) -> &BTreeMap<&'static str, String> {
        &self.environment
    }

    /// Returns what sends deliveries to the webhook.
    #[must_use]
    pub const fn sender(&self) -> &Sender {
        &self.sender
    }

    /// Returns the ledger.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Returns the ledger for who only looks on, while a simulation says what becomes of everybody
    /// else's calls.
    #[must_use]
    pub fn onlooker(&self) -> Ledger {
        self.table.onlooker()
    }

    /// Returns the fake Graph API.
    #[must_use]
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Returns the fake Google Business Profile.
    #[must_use]
    pub const fn business(&self) -> &Business {
        &self.business
    }

    /// Returns the fake store of secrets.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Returns what was sent to people.
    #[must_use]
    pub const fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Returns where the pictures of posts are kept, for who may do everything there.
    #[must_use]
    pub const fn pictures(&self) -> &Arc<dyn Pictures> {
        &self.pictures
    }

    /// Returns the same as a function reaches it, in its role.
    #[must_use]
    pub fn pictures_of(&self, role: &Role) -> Arc<dyn Pictures> {
        pictures::in_role(&self.pictures, role)
    }

    /// Returns the clock of the functions in this process.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Returns the fake website.
    #[must_use]
    pub const fn website(&self) -> &Wordpress {
        &self.website
    }

    /// Returns `true` if the functions can reach the fake website.
    #[must_use]
    pub const fn website_is_seen(&self) -> bool {
        self.website_is_seen
    }

    /// Returns the fake X.
    #[must_use]
    pub const fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Returns where people open the console: in this process, wherever the functions are.
    #[must_use]
    pub fn console_url(&self) -> &str {
        &self.console_url
    }

    /// Returns the fake issuer at which they sign in.
    #[must_use]
    pub const fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Returns the roles of the functions, which remember what functions in this process needed of
    /// them.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// Returns what functions in this process used so far.
    #[must_use]
    pub fn used(&self) -> Used {
        self.meter.used()
    }

    /// Invokes a function with an event, and returns its answer.
    pub async fn invoke(&self, function: &str, event: Value) -> Result<Value> {
        self.functions.invoke(function, event).await
    }

    /// Runs a function now, whatever its schedule says.
    pub async fn run(&self, function: &str) -> Result<()> {
        self.functions
            .run_scheduled(function, self.clock.now())
            .await
            .map(|_| ())
    }

    /// Waits until the stream has brought everything that is in the table by now to its function,
    /// and all that came of it.
    pub async fn rest(&self) {
        self.consumers.rest().await;
    }

    /// Returns what of the stream is still to be carried to a function.
    pub fn backlog(&self) -> Result<Backlog> {
        self.consumers.backlog(&self.table)
    }

    /// Returns the ids of the practices in the table.
    pub async fn practices(&self) -> Result<Vec<String>> {
        let ids = self.ledger().practices().await?;
        Ok(ids.iter().map(ToString::to_string).collect())
    }
}

/// Returns where deliveries are sent, and what sends them: without a socket where nothing listens.
fn way_in(
    listen: Option<IpAddr>,
    elsewhere: Option<&Elsewhere>,
    own: String,
    router: Router,
    clock: &Clock,
) -> (String, Sender) {
    let sender = match (
        listen,
        elsewhere.and_then(|elsewhere| elsewhere.api.as_deref()),
    ) {
        (None, _) => Sender::new(&own).through(Arc::new(
            Direct::new(Timeouts::default().total, clock).at(&own, router),
        )),
        (Some(_), api) => Sender::new(api.unwrap_or(&own)),
    };
    let api = elsewhere
        .and_then(|elsewhere| elsewhere.api.clone())
        .unwrap_or(own);
    (api, sender)
}

/// The stand-ins for the platforms, and what they deliver.
struct StandIns {
    graph: Graph,
    business: Business,
    website: Wordpress,
    timeline: Timeline,
    echoes: mpsc::UnboundedReceiver<Vec<u8>>,
    told: mpsc::UnboundedReceiver<Vec<u8>>,
}

impl StandIns {
    fn open(data: Option<&Path>, elsewhere: Option<&Elsewhere>, clock: &Clock) -> Result<Self> {
        let (deliveries, echoes) = mpsc::unbounded_channel();
        let journal = |platform| data.and_then(|data| journal(data, platform));
        let graph = Graph::open(
            journal(Platform::Facebook).as_deref(),
            &demo::pages()?,
            demo::APP_SECRET,
            Some(deliveries),
            clock,
        )?;
        let business = Business::open(
            journal(Platform::Google).as_deref(),
            demo::REFRESH_TOKEN,
            clock,
        )?;
        for (location, title) in demo::locations()? {
            business.manage(&location, &title);
        }
        let (id, name) = demo::WEBSITE_USER;
        let user = User {
            id,
            name: name.to_owned(),
            password: demo::WEBSITE_PASSWORD.to_owned(),
            moderates: true,
        };
        let website = Wordpress::open(journal(Platform::Website).as_deref(), vec![user], clock)?;
        let (x_deliveries, told) = mpsc::unbounded_channel();
        let timeline = Timeline::open(
            journal(Platform::X).as_deref(),
            &demo::x_accounts()?,
            Some(x_deliveries),
            clock,
        )?;
        if let Some(folder) = elsewhere.and_then(|elsewhere| elsewhere.known_posts.as_deref()) {
            replay::learn(&graph, &business, &timeline, folder)?;
        }
        Ok(StandIns {
            graph,
            business,
            website,
            timeline,
            echoes,
            told,
        })
    }

    /// Serves them, and returns where.
    async fn serve(&self, listen: Option<IpAddr>) -> Result<Fakes> {
        Ok(Fakes {
            graph: serve(listen, "facebook", self.graph.router()).await?,
            google: serve(listen, "google", self.business.router()).await?,
            website: serve(listen, "website", self.website.router()).await?,
            x: serve(listen, "x", self.timeline.router()).await?,
        })
    }

    /// Returns how functions in this process reach them, at these addresses: without a socket. With
    /// sockets, they reach what else answers on this machine too.
    fn network(&self, at: &Fakes, sockets: bool, clock: &Clock) -> Result<Network> {
        let direct = |patience| -> Result<Arc<Direct>> {
            let timeouts = Timeouts {
                total: patience,
                ..Timeouts::default()
            };
            let beside = sockets.then(|| calls::Network::new(timeouts)).transpose()?;
            let direct = Direct::new(patience, clock)
                .beside(beside)
                .at(&at.graph, self.graph.router())
                .at(&at.google, self.business.router())
                .at(&at.website, self.website.router())
                .at(&at.x, self.timeline.router());
            Ok(Arc::new(direct))
        };
        Ok(Network {
            acting: direct(CALL)?,
            reading: direct(Timeouts::default().total)?,
        })
    }
}

/// Where the fake platforms answer, as this process reaches them.
struct Fakes {
    graph: String,
    google: String,
    website: String,
    x: String,
}

/// What moves a stack once it is set going.
pub(crate) struct AtRest {
    /// What sets each function going.
    pub(crate) triggers: Vec<(String, Vec<Trigger>)>,
    /// What the fake Graph API delivers of our own calls.
    pub(crate) echoes: mpsc::UnboundedReceiver<Vec<u8>>,
    /// What the fake X delivers.
    pub(crate) told: mpsc::UnboundedReceiver<Vec<u8>>,
}

/// Where things answer, as this process reaches them.
struct Addresses {
    table: String,
    store: String,
    graph: String,
    google: String,
    x: String,
    issuer: String,
    console: String,
}

/// How functions in this process reach the platforms.
struct Network {
    /// To act: a short limit.
    acting: Arc<Direct>,
    /// To read.
    reading: Arc<Direct>,
}

/// Returns the roles of all functions.
fn roles_of(template: &Template) -> Result<Vec<Role>> {
    let binaries = template.binaries()?;
    binaries
        .iter()
        .map(|(_, binary)| Role::of(template, binary))
        .collect()
}

/// What is kept beside the table, where no function can change it.
struct Kept {
    /// The anchors of the practices' chains; none are written where it is not said where.
    anchors: Option<Arc<dyn Anchors>>,
    /// The pictures of posts.
    pictures: Arc<dyn Pictures>,
}

/// Returns the table with what is kept beside it, as a simulation says if there is one, and by how
/// much the functions' clocks are off.
fn with_what_is_beside(
    table: Table,
    data: Option<&Path>,
    around: Option<Around>,
) -> (Table, Kept, BTreeMap<&'static str, SignedDuration>) {
    // A table in memory is gone with the process, and so would its anchors be.
    let folder = |data| Arc::new(Folder::new(beside(data, ANCHORS))) as Arc<dyn Anchors>;
    let (table, anchors, clocks_off) = match around {
        Some(around) => (table.fated(around.fates), around.anchors, around.clocks_off),
        None => (table, data.map(folder), BTreeMap::new()),
    };
    let pictures = pictures::open(data);
    (table, Kept { anchors, pictures }, clocks_off)
}

/// Makes the functions ready in this process, each as its `main` does and each in its own role.
async fn here(
    roles: &[Role],
    (readers, console, outbox, kept): (Readers, Router, &Outbox, &Kept),
    meter: &Meter,
    (table, store, network): (&Table, &Store, Network),
    at: &Addresses,
    clocks: Clocks,
    sweep_time: Duration,
) -> Result<Here> {
    let role = |name: &str| {
        roles
            .iter()
            .find(|role| role.function() == name)
            .context("a function has no role")
    };
    let ledger = async |name: &str| -> Result<Ledger> {
        let ledger = Ledger::new(table.client_in(role(name)?, meter), table::NAME);
        let ledger = ledger.with_access_in(table::ACCESS);
        ledger.warm().await?;
        Ok(ledger)
    };
    let secrets = |name: &str| -> Result<Secrets> {
        Ok(Secrets::new(
            store::client_here(store, role(name)?.clone()),
            store::PREFIX.to_owned(),
        ))
    };
    let http = Http::new(Timeouts::default())?;
    let acting = http.clone().through(network.acting);
    let graph = meta::Settings {
        base: at.graph.clone(),
        ..meta::Settings::default()
    };
    let google = google::Settings {
        base: at.google.clone(),
        token_address: format!("{}/token", at.google),
        keys_address: format!("{}/certs", at.google),
    };
    let x = x::Settings { base: at.x.clone() };
    // No claim runs out while a sweep reads, so on a busy machine it has as long as on AWS.
    let reading = http.through(network.reading);
    let asker = Asker::new(
        Ledger::new(table.client_in(role("connect")?, meter), table::NAME)
            .with_access_in(table::ACCESS),
        secrets("connect")?,
        reading.clone(),
        places(at),
        (graph.clone(), google.clone(), x.clone()),
    );
    let reads = Platforms::new(reading, graph.clone(), google.clone(), x.clone());
    let platforms = Platforms::new(acting, graph, google, x);
    let pusher = google::Pusher {
        audience: push::AUDIENCE.to_owned(),
        account: push::ACCOUNT.to_owned(),
    };
    let push = Push::new(platforms.google.clone(), pusher);
    Ok(Here {
        webhook: Webhook::new(ledger("webhook").await?, secrets("webhook")?, push),
        moderate: Moderate::new(ledger("moderate").await?, readers).with_pages_at(&at.console),
        act: Act::new(ledger("act").await?, secrets("act")?, platforms, CALL)
            .with_pictures(Some(pictures::in_role(&kept.pictures, role("act")?))),
        sweep: Sweep::new(ledger("sweep").await?, secrets("sweep")?, reads),
        sweep_time,
        remind: Remind::new(
            ledger("remind").await?,
            vec![Arc::new(outbox.clone())],
            Some(at.console.clone()).filter(|console| !console.is_empty()),
        )
        .with_anchors(kept.anchors.clone()),
        connect: Connect::new(asker, &at.console),
        console,
        meter: meter.clone(),
        clocks,
    })
}

/// Makes the people's pages ready, in the console's own role. They are served from this process
/// wherever the functions are, because a browser opens them. Also returns their way to other functions.
async fn pages(
    roles: &[Role],
    meter: &Meter,
    (table, store, issuer, kept): (&Table, &Store, &Issuer, &Kept),
    at: &Addresses,
    clocks: &Clocks,
) -> Result<(Router, Invoker)> {
    let role = roles
        .iter()
        .find(|role| role.function() == "console")
        .context("the console has no role")?;
    let invoker = Invoker::new(role.clone());
    let ledger = Ledger::new(table.client_in(role, meter), table::NAME);
    ledger.warm().await?;
    let secrets = Secrets::new(
        store::client_here(store, role.clone()),
        store::PREFIX.to_owned(),
    );
    let to_issuer = Direct::new(Timeouts::default().total, &clocks.of("console"))
        .at(&at.issuer, issuer.router());
    let http = Http::new(Timeouts::default())?.through(Arc::new(to_issuer));
    let sign_in = SignIn {
        console_url: at.console.clone(),
        issuer: at.issuer.clone(),
        client_id: issuer::CLIENT_ID.to_owned(),
    };
    let console = Console::new(
        ledger,
        secrets,
        http,
        sign_in,
        clocks.of("console"),
        Arc::new(invoker.clone()),
        Some(pictures::in_role(&kept.pictures, role)),
    );
    Ok((console::router(console), invoker))
}

/// Returns the environment of functions outside this process, each address as `seen` from there.
fn environment(at: &Addresses, seen: impl Fn(&str) -> String) -> BTreeMap<&'static str, String> {
    // A browser opens the pages of consent, on this machine; the rest is called.
    let mut places = Places {
        google_accounts: seen(&at.google),
        google_locations: seen(&at.google),
        ..places(at)
    };
    let places = Config::variables_of(&mut places).map(|(name, place)| (name, place.clone()));
    let others = [
        ("PAGEWARDEN_TABLE", table::NAME.to_owned()),
        ("PAGEWARDEN_ACCESS_TABLE", table::ACCESS.to_owned()),
        ("PAGEWARDEN_SECRETS_PREFIX", store::PREFIX.to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", seen(&at.table)),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", seen(&at.store)),
        ("PAGEWARDEN_GRAPH_URL", seen(&at.graph)),
        ("PAGEWARDEN_GOOGLE_URL", seen(&at.google)),
        (
            "PAGEWARDEN_GOOGLE_TOKEN_URL",
            seen(&format!("{}/token", at.google)),
        ),
        ("PAGEWARDEN_X_URL", seen(&at.x)),
        (
            "PAGEWARDEN_GOOGLE_KEYS_URL",
            seen(&format!("{}/certs", at.google)),
        ),
        ("PAGEWARDEN_GOOGLE_PUSH_AUDIENCE", push::AUDIENCE.to_owned()),
        ("PAGEWARDEN_GOOGLE_PUSH_ACCOUNT", push::ACCOUNT.to_owned()),
        // As the browser sees them, which is on this machine.
        ("PAGEWARDEN_CONSOLE_URL", at.console.clone()),
        ("PAGEWARDEN_ISSUER_URL", at.issuer.clone()),
        ("PAGEWARDEN_CLIENT_ID", issuer::CLIENT_ID.to_owned()),
        // Where they run, which has no other place to send to.
        ("PAGEWARDEN_OUTBOX", "/tmp/pagewarden-outbox".to_owned()),
        ("PAGEWARDEN_ANCHORS", "/tmp/pagewarden-anchors".to_owned()),
        ("PAGEWARDEN_PICTURES", "/tmp/pagewarden-pictures".to_owned()),
    ];
    others.into_iter().chain(places).collect()
}

/// Returns where people agree that a channel is connected.
fn places(at: &Addresses) -> Places {
    Places {
        facebook: at.graph.clone(),
        x: at.x.clone(),
        google: at.google.clone(),
        google_accounts: at.google.clone(),
        google_locations: at.google.clone(),
    }
}

/// Returns the environment of commands: that of the functions, and the keys of the table.
fn of_commands(at: &Addresses) -> BTreeMap<&'static str, String> {
    let keys = table::KEYS.map(|(name, value)| (name, value.to_owned()));
    environment(at, str::to_owned)
        .into_iter()
        .chain(keys)
        .collect()
}

/// Tells the functions' emulator where everything is, and waits until it answers.
async fn remote(elsewhere: &Elsewhere, at: &Addresses, template: &Template) -> Result<Remote> {
    elsewhere.write(&environment(at, |url| elsewhere.seen(url)))?;
    let _ = writeln!(stderr(), "waiting   for the functions at {}", elsewhere.url);
    elsewhere.wait().await?;
    Remote::new(elsewhere, template)
}

/// Starts what a trigger of the template sets going by itself.
fn set_going(name: &str, trigger: &Trigger, functions: &Arc<Functions>, clock: &Clock) {
    let (name, functions, clock) = (name.to_owned(), Arc::clone(functions), clock.clone());
    match trigger {
        // Served by the HTTP API, carried by the consumer, or never sent here.
        Trigger::Route { .. } | Trigger::Stream { .. } | Trigger::Event => {}
        Trigger::Schedule { every_s, input } => {
            let input = input.clone();
            let every = Duration::from_secs(*every_s) / FASTER;
            tokio::spawn(async move {
                let mut ticks = tokio::time::interval(every);
                ticks.tick().await;
                loop {
                    ticks.tick().await;
                    let run = match &input {
                        Some(input) => functions.invoke(&name, input.clone()).await,
                        None => functions.run_scheduled(&name, clock.now()).await,
                    };
                    if let Err(error) = run {
                        tracing::error!(function = name, "a scheduled run failed: {error:#}");
                    }
                }
            });
        }
    }
}

/// A free port of an address of this machine, at which something will be served.
struct Door {
    url: String,
    listener: Option<TcpListener>,
}

impl Door {
    /// Opens one. Without an address to listen at nothing is served, and the URL is for calls
    /// within this process.
    async fn open(listen: Option<IpAddr>, name: &str) -> Result<Self> {
        let Some(listen) = listen else {
            return Ok(Door {
                url: format!("http://{name}.localhost"),
                listener: None,
            });
        };
        let listener = TcpListener::bind((listen, 0))
            .await
            .with_context(|| format!("cannot listen on {listen}"))?;
        Ok(Door {
            url: format!("http://{}", listener.local_addr()?),
            listener: Some(listener),
        })
    }

    fn serve(self, router: Router) {
        let Some(listener) = self.listener else {
            return;
        };
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "a server stopped");
            }
        });
    }
}

/// Serves a router, and returns where.
async fn serve(listen: Option<IpAddr>, name: &str, router: Router) -> Result<String> {
    let door = Door::open(listen, name).await?;
    let url = door.url.clone();
    door.serve(router);
    Ok(url)
}

/// Delivers to the webhook what the fake page delivers because of our own calls.
async fn echo(mut deliveries: mpsc::UnboundedReceiver<Vec<u8>>, sender: Sender) {
    while let Some(delivery) = deliveries.recv().await {
        if let Err(error) = sender.deliver(&delivery).await {
            tracing::error!("an echo was not delivered: {error:#}");
        }
    }
}

/// Delivers to the webhook what the fake X tells.
async fn tell(mut deliveries: mpsc::UnboundedReceiver<Vec<u8>>, sender: Sender) {
    while let Some(delivery) = deliveries.recv().await {
        if let Err(error) = sender.deliver_x(&delivery).await {
            tracing::error!("a delivery of X did not arrive: {error:#}");
        }
    }
}

/// Takes a file for this stack alone. One that is empty or not there, although a fake platform's
/// account of what was done stands beside it, has lost what was on record: to start afresh would
/// not show that.
fn taken(data: &Path) -> Result<File> {
    let lock = table::take(data)?;
    if data.metadata().is_ok_and(|file| file.len() > 0) {
        return Ok(lock);
    }
    let journal = |platform: &Platform| journal(data, *platform);
    let mut left = Platform::ALL.iter().filter_map(journal);
    if let Some(journal) = left.find(|journal| journal.metadata().is_ok_and(|file| file.len() > 0))
    {
        let state = if data.exists() {
            "is empty"
        } else {
            "is not there"
        };
        bail!(
            "{} {state}, although {} names posts that were on record in it: bring it back, or remove what stands \
             beside it to start afresh",
            data.display(),
            journal.display()
        );
    }
    Ok(lock)
}

/// Returns where a fake platform keeps what was done on it.
fn journal(data: &Path, platform: Platform) -> Option<PathBuf> {
    Some(table::beside(data, &format!("{}.jsonl", fake(platform)?)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_platform_has_a_fake() {
        let without: Vec<_> = Platform::ALL
            .iter()
            .filter(|platform| fake(**platform).is_none())
            .collect();
        assert_eq!(without, [&Platform::StaffLog]);
    }

    #[test]
    fn functions_are_given_what_the_template_hands_on() {
        let at = Addresses {
            table: "t".to_owned(),
            store: "s".to_owned(),
            graph: "g".to_owned(),
            google: "b".to_owned(),
            x: "x".to_owned(),
            issuer: "i".to_owned(),
            console: "c".to_owned(),
        };
        let given: BTreeSet<String> = environment(&at, str::to_owned)
            .into_keys()
            .map(str::to_owned)
            .collect();
        let declared = Template::shipped().unwrap().variables();
        let unheard: Vec<_> = given.difference(&declared).collect();
        assert!(
            unheard.is_empty(),
            "the emulator does not hand on what the template does not declare: {unheard:?}"
        );
        // An address that is not given is the real platform's, which no test may call.
        let real: Vec<_> = declared
            .difference(&given)
            .filter(|name| name.contains("_URL"))
            .collect();
        assert!(
            real.is_empty(),
            "the functions would call the real thing: {real:?}"
        );
    }
}
