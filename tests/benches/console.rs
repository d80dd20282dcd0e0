//! What each page of the console costs: its own CPU and the table's read units, with few open cases
//! and with ten thousand.
//!
//! The table answers over a socket from another thread, so what the thread of the pages uses is
//! theirs: reading the request, calling the table and understanding its answers, making the page.
//! What watches the calls, the meter and the console's role, reads each request and each answer once
//! more, as nothing does that is deployed. So the pages whose time is taken are not watched, and
//! those whose units are counted are opened once beside them.

#![expect(clippy::print_stdout, reason = "the figures are what was asked for")]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot begin has failed"
)]

use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use console::{Console, Function, Invoker, NotInvoked};
use pagewarden_fakes::issuer::{CLIENT_ID, CLIENT_SECRET};
use pagewarden_ledger::Ledger;
use pagewarden_local::meter::Meter;
use pagewarden_local::outbox::Outbox;
use pagewarden_local::stack::Stack;
use pagewarden_local::table::{NAME, client, client_in};
use pagewarden_platforms::calls::{Http, Timeouts};
use pagewarden_readers::Readers;
use pagewarden_rules::PostKey;
use pagewarden_runtime::SignIn;
use pagewarden_tests::browser::Browser;
use pagewarden_tests::crowd::{abused, copy_of, crowd};
use pagewarden_tests::emulator;
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tower::ServiceExt as _;

const GAIL: &str = "gail@kingswinford.example";

/// Open cases: few, and as many as nobody should ever have.
const CASES: [usize; 2] = [100, 10_000];

/// Cases of which everything is on record, enough for every page.
const WHOLE: usize = 100;

/// How often each page is asked for.
const TIMES: usize = 40;

/// The most that a page may use at the median, in milliseconds, for each number of cases.
const MOST_MS: [f64; 2] = [10.0, 50.0];

/// No page of these asks another function for anything.
#[derive(Debug)]
struct NoOther;

impl Invoker for NoOther {
    fn invoke(
        &self,
        _: Function,
        _: Value,
    ) -> Pin<Box<dyn Future<Output = Result<Value, NotInvoked>> + Send + '_>> {
        Box::pin(async { Err(NotInvoked::NotSetUp) })
    }
}

fn main() -> ExitCode {
    let machine = Builder::new_multi_thread().enable_all().build().unwrap();
    let pages = Builder::new_current_thread().enable_all().build().unwrap();
    let (stack, post, cookie) = machine.block_on(begin());
    let meter = Meter::default();
    let roles = stack.roles();
    let role = roles.iter().find(|role| role.function() == "console");
    let watched = client_in(stack.table_url(), role.unwrap(), &meter);
    let watched = machine.block_on(console(&stack, watched));
    let console = machine.block_on(console(&stack, client(stack.table_url())));
    let flood = machine.block_on(async {
        let history = stack.ledger().history(&post).await.unwrap().unwrap();
        history.tasks[0].author.clone().unwrap()
    });
    let case = format!("/case/facebook/{}", copy_of(&post, 0).id);
    let addresses = [
        "/today",
        &case,
        "/complaints",
        "/reports",
        "/numbers",
        "/people",
        "/policy",
        "/log",
        "/account/facebook/55",
        &format!("/flood/{flood}"),
    ];
    let (mut good, mut from) = (true, 0);
    for (cases, most) in CASES.into_iter().zip(MOST_MS) {
        machine.block_on(crowd(&stack, &post, from..cases, WHOLE));
        from = cases;
        println!(
            "{cases} open cases: page, own CPU in ms (median, 95 of 100), read units, calls of the table"
        );
        for address in addresses {
            // The first time reads what stays known, such as the policy.
            pages.block_on(open(&watched, address, &cookie));
            let before = meter.used();
            pages.block_on(open(&watched, address, &cookie));
            let used = meter.used() - before;
            let mut took: Vec<f64> = (0..TIMES)
                .map(|_| {
                    let before = cpu_ms();
                    pages.block_on(open(&console, address, &cookie));
                    cpu_ms() - before
                })
                .collect();
            took.sort_by(f64::total_cmp);
            let (median, late) = (took[TIMES / 2], took[TIMES * 95 / 100]);
            println!(
                "{:<20} {median:>6.2} {late:>6.2} {:>8.1} {:>3}",
                address.replace(&flood.to_string(), "..."),
                used.reads,
                used.calls
            );
            good &= median <= most;
        }
    }
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Starts everything, has one abusive comment judged, and signs the practice manager in. Returns
/// what the cookie of her session holds.
async fn begin() -> (Stack, PostKey, String) {
    let stack = Stack::start_with(None, Readers::rules_only(), Outbox::in_memory(), None)
        .await
        .unwrap();
    let post = abused(&stack).await;
    let gail = Browser::signed_in(&stack, GAIL).await;
    let cookie = gail.cookie("pagewarden").unwrap().to_owned();
    (stack, post, cookie)
}

/// Makes the pages ready, with a client of the table behind its socket.
async fn console(stack: &Stack, table: Client) -> Router {
    let secret = json!({ "client_secret": CLIENT_SECRET }).to_string();
    console::router(Console::new(
        Ledger::new(table, NAME),
        emulator::secrets(&[("console/client", &secret)]).await,
        Http::new(Timeouts::default()).unwrap(),
        SignIn {
            console_url: stack.console_url().to_owned(),
            issuer: "http://issuer.localhost".to_owned(),
            client_id: CLIENT_ID.to_owned(),
        },
        stack.clock().clone(),
        Arc::new(NoOther),
        None,
    ))
}

async fn open(console: &Router, address: &str, cookie: &str) {
    let request = Request::get(address)
        .header("cookie", format!("pagewarden={cookie}"))
        .body(Body::empty())
        .unwrap();
    let answer = console.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 200, "{address}");
    to_bytes(answer.into_body(), usize::MAX).await.unwrap();
}

/// Returns the time that this thread has run on a processor, as Linux counts it.
fn cpu_ms() -> f64 {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let ran: f64 = said.split(' ').next().unwrap().parse().unwrap();
    ran / 1e6
}
