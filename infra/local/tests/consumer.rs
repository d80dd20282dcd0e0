//! The consumer: no practice waits for another's records, and a restart goes on where it was.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use axum::body::Bytes;
use axum::extract::State;
use axum::{Json, Router};
use pagewarden_local::consumer::{self, Backlog, Consumers, Route};
use pagewarden_local::functions::Functions;
use pagewarden_local::remote::{Elsewhere, Emulator, Remote};
use pagewarden_local::table::{NAME, Table, client};
use pagewarden_local::template::Template;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::RwLock;
use tokio::task::JoinHandle;

/// The keys of the records that a function was handed, as `PK/SK`, one list an invocation.
type Handed = Arc<Mutex<Vec<Vec<String>>>>;

/// Who holds it holds the function up.
type Gate = Arc<RwLock<()>>;

/// A function that fails whatever has `poison` in its key, as far as `each_record` would go.
async fn function(State((handed, gate)): State<(Handed, Gate)>, event: Bytes) -> Json<Value> {
    drop(gate.read().await);
    let event: Value = serde_json::from_slice(&event).unwrap();
    let (mut keys, mut answer) = (Vec::new(), json!({ "batchItemFailures": [] }));
    for record in event["Records"].as_array().unwrap() {
        let item = &record["dynamodb"];
        let key = |name: &str| item["Keys"][name]["S"].as_str().unwrap().to_owned();
        keys.push(format!("{}/{}", key("PK"), key("SK")));
        if keys.last().unwrap().contains("poison") {
            tokio::time::sleep(Duration::from_millis(5)).await;
            answer["batchItemFailures"] = json!([{ "itemIdentifier": item["SequenceNumber"] }]);
            break;
        }
    }
    handed.lock().unwrap().push(keys);
    Json(answer)
}

/// A table, and a consumer that carries everything in it to that function.
struct Running {
    table: Arc<Table>,
    consumers: Arc<Consumers>,
    handed: Handed,
    gate: Gate,
    consumer: JoinHandle<()>,
}

impl Running {
    async fn on(file: Option<&Path>) -> Self {
        let template = Template::shipped().unwrap();
        let table = Arc::new(Table::open(file, &template).await.unwrap());
        let (handed, gate) = (Handed::default(), Gate::default());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .fallback(function)
            .with_state((Arc::clone(&handed), Arc::clone(&gate)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let elsewhere = Elsewhere {
            url,
            emulator: Emulator::CargoLambda,
            api: None,
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            known_as: None,
            env_vars: None,
            known_posts: None,
        };
        let functions = Arc::new(Functions::Remote(
            Remote::new(&elsewhere, &template).unwrap(),
        ));
        Running {
            table,
            consumers: Arc::default(),
            handed,
            gate,
            consumer: tokio::spawn(async {}),
        }
        .carrying(functions)
    }

    fn carrying(mut self, functions: Arc<Functions>) -> Self {
        let (table, consumers) = (Arc::clone(&self.table), Arc::clone(&self.consumers));
        let route = Route {
            function: "moderate".to_owned(),
            filters: vec![json!({})],
            batch: 10,
        };
        self.consumer = tokio::spawn(consumer::run(table, functions, consumers, vec![route]));
        self
    }

    async fn put(&self, pk: &str, sk: &str) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = client(self.table.url())
            .put_item()
            .table_name(NAME)
            .item("PK", text(pk))
            .item("SK", text(sk));
        put.send().await.unwrap();
    }

    /// Puts many at once, with keys that begin alike.
    async fn put_many(&self, pk: &str, many: usize) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let numbers: Vec<usize> = (0..many).collect();
        for some in numbers.chunks(25) {
            let put = |number: &usize| {
                let put = PutRequest::builder()
                    .item("PK", text(&format!("{pk}{number}")))
                    .item("SK", text("REV#1"));
                WriteRequest::builder()
                    .put_request(put.build().unwrap())
                    .build()
            };
            let puts = some.iter().map(put).collect();
            let write = client(self.table.url()).batch_write_item();
            write.request_items(NAME, puts).send().await.unwrap();
        }
    }

    fn handed(&self) -> Vec<Vec<String>> {
        self.handed.lock().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_at_one_practice_holds_up_no_other() {
    let running = Running::on(None).await;
    // However slow the machine is, all of it is there before any of it is tried again.
    let held_up = running.gate.write().await;
    for number in 0..60 {
        running
            .put(&format!("P#oakfield#POST#facebook#{number}"), "REV#poison")
            .await;
        running
            .put(&format!("P#oakfield#POST#facebook#{number}"), "REV#next")
            .await;
    }
    running.put("P#oakfield#POST#facebook#sound", "REV#1").await;
    running.put("P#ashfield#POST#facebook#1", "REV#1").await;
    drop(held_up);
    running.consumers.rest().await;

    let handed = running.handed();
    let first = |key: &str| {
        handed
            .iter()
            .position(|keys| keys.iter().any(|one| one == key))
            .unwrap()
    };
    let waited = first("P#ashfield#POST#facebook#1/REV#1");
    assert!(
        waited <= 8,
        "another practice's post waited for {waited} invocations"
    );
    assert!(
        first("P#oakfield#POST#facebook#sound/REV#1") < handed.len() - 60,
        "what is behind it waited to the end"
    );
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for key in handed.iter().flatten() {
        *times.entry(key).or_default() += 1;
    }
    for number in 0..60 {
        let key = |sk: &str| format!("P#oakfield#POST#facebook#{number}/{sk}");
        assert_eq!(
            times[key("REV#poison").as_str()],
            5,
            "it is tried five times, and then left to its due entry"
        );
        let last = handed
            .iter()
            .rposition(|keys| keys.contains(&key("REV#poison")))
            .unwrap();
        assert!(
            first(&key("REV#next")) > last,
            "the records of one item keep their order"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_at_one_practice_holds_up_no_other() {
    /// More than are held at once: what comes after them is read all the same.
    const FLOOD: usize = 1_200;
    let running = Running::on(None).await;
    let held_up = running.gate.write().await;
    running.put_many("P#oakfield#POST#facebook#", FLOOD).await;
    running.put("P#ashfield#POST#facebook#1", "REV#1").await;
    let backlog = || running.consumers.backlog(&running.table).unwrap();
    while backlog().records <= FLOOD {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(backlog().oldest > Duration::ZERO, "{:?}", backlog());
    drop(held_up);
    running.consumers.rest().await;

    let handed = running.handed();
    let ashfield = |keys: &Vec<String>| keys.iter().any(|key| key.contains("ashfield"));
    let waited = handed.iter().position(ashfield).unwrap();
    assert!(waited <= 8, "it waited for {waited} invocations");
    let mut flood: Vec<&String> = handed.iter().flatten().collect();
    flood.sort();
    flood.dedup();
    assert_eq!(flood.len(), FLOOD + 1, "nothing is lost");
    assert_eq!(
        handed.iter().flatten().count(),
        FLOOD + 1,
        "nor comes twice"
    );
    assert_eq!(backlog(), Backlog::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_where_it_was() {
    let folder = std::env::temp_dir().join(format!("pagewarden-consumer-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("table.db");
    let before = Running::on(Some(&file)).await;
    for number in 0..30 {
        before
            .put(&format!("P#oakfield#POST#facebook#{number}"), "REV#1")
            .await;
    }
    before.consumers.rest().await;
    assert_eq!(before.handed().iter().flatten().count(), 30);
    // The place is kept right after the consumer has come to rest.
    while before
        .table
        .place("moderate")
        .unwrap()
        .is_none_or(|place| before.table.records_after(Some(place)).unwrap() > 0)
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    before.consumer.abort();
    before
        .put("P#oakfield#POST#facebook#while-away", "REV#1")
        .await;
    drop(before);

    let after = Running::on(Some(&file)).await;
    after.consumers.rest().await;
    assert_eq!(
        after.handed(),
        [["P#oakfield#POST#facebook#while-away/REV#1"]]
    );
    assert_eq!(
        after.consumers.backlog(&after.table).unwrap(),
        Backlog::default()
    );
    std::fs::remove_dir_all(folder).unwrap();
}
