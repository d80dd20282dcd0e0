//! The embedded table: `DynamoDB`'s API in this process, over memory or a file.

use anyhow::{Context, Result, anyhow, bail};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use dynoxide::Database;
use pagewarden_ledger::Ledger;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read as _};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::meter::Meter;
use crate::role::Role;
use crate::template::Template;

/// Where we listen unless told otherwise: nobody outside this machine has any business here.
pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The name of the table on a laptop.
pub const NAME: &str = "pagewarden";

/// The name of the table of rotating tokens.
pub const ACCESS: &str = "pagewarden-access";

/// What a client of AWS has to be given. It means nothing here: the embedded table checks no key.
pub const KEYS: [(&str, &str); 3] =
    [("AWS_REGION", "eu-west-2"), ("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local")];

/// For each write and each look, dynoxide seeks the last record of its stream, or the first after a place. By its own means it
/// reads all of them for that, in whose number everything would grow slower.
const STREAM_INDEX: &str = "CREATE INDEX IF NOT EXISTS stream_by_number
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// Tables that were opened in this process, so that each in memory has a name of its own.
static OPENED: AtomicUsize = AtomicUsize::new(0);

/// How the file of a table begins: as any of `SQLite` does.
const FIRST_BYTES: &[u8] = b"SQLite format 3\0";

/// The tables, which live in this process and answer over HTTP like the real ones. All but the rotating tokens is in one.
pub struct Table {
    database: Database,
    url: String,
    stream: String,
    // Dropping it stops the server.
    _stop: oneshot::Sender<()>,
}

impl Table {
    /// Opens the table in memory, or in a file that is made if it is not there.
    pub async fn open(file: Option<&Path>, template: &Template) -> Result<Self> {
        Self::open_at(file, HERE, template).await
    }

    /// The same, at an address of this machine that others may reach.
    pub async fn open_at(file: Option<&Path>, listen: IpAddr, template: &Template) -> Result<Self> {
        if let Some(file) = file {
            fit(file)?;
        }
        let place = match file {
            // In memory, and seen by both connections: the table's own, and the one that adds the index.
            None => format!("file:table-{}?mode=memory&cache=shared", OPENED.fetch_add(1, Ordering::Relaxed)),
            Some(path) => path.to_str().context("the path of the data file is not text")?.to_owned(),
        };
        let database = Database::new(&place).map_err(|error| anyhow!("cannot open the table: {error}"))?;
        Connection::open(&place)?.execute_batch(STREAM_INDEX).context("cannot set up the table's stream")?;
        if file.is_some() {
            // Write-ahead logging without a sync for each write: a killed process loses nothing, a power cut may.
            database.disable_bulk_loading().map_err(|error| anyhow!("cannot set up the table: {error}"))?;
        }
        create(&database, template)?;
        let stream = stream_of(&database)?;
        let listener = TcpListener::bind((listen, 0)).await.with_context(|| format!("cannot listen on {listen}"))?;
        let url = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel();
        let served = database.clone();
        tokio::spawn(async move {
            let stopped = async {
                // An error means that the sender is gone, which says stop all the same.
                stopped.await.ok();
            };
            if let Err(error) = dynoxide::server::serve_with_shutdown(listener, served, stopped).await {
                tracing::error!(%error, "the table stopped answering");
            }
        });
        Ok(Table { database, url, stream, _stop: stop })
    }

    /// Returns where the table answers.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the ledger in this table, reached as in production.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        Ledger::new(client(&self.url), NAME).with_access_in(ACCESS)
    }

    /// Returns the next records of the table's stream after a place in it, and the place after them.
    pub fn stream_after(&self, place: Option<String>) -> Result<(Vec<Value>, Option<String>)> {
        let iterator = match place {
            Some(iterator) => iterator,
            None => self.stream_start()?,
        };
        let answer = self.call("GetRecords", json!({ "ShardIterator": iterator }))?;
        let records = answer["Records"].as_array().cloned().unwrap_or_default();
        Ok((records, answer["NextShardIterator"].as_str().map(str::to_owned)))
    }

    fn stream_start(&self) -> Result<String> {
        let described = self.call("DescribeStream", json!({ "StreamArn": self.stream }))?;
        let shard = &described["StreamDescription"]["Shards"][0]["ShardId"];
        let asked = json!({ "StreamArn": self.stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
        let answer = self.call("GetShardIterator", asked)?;
        Ok(answer["ShardIterator"].as_str().context("the stream gave no iterator")?.to_owned())
    }

    fn call(&self, operation: &str, body: Value) -> Result<Value> {
        let answer = match operation {
            "GetRecords" => serde_json::to_value(self.database.get_records(serde_json::from_value(body)?)?),
            "DescribeStream" => serde_json::to_value(self.database.describe_stream(serde_json::from_value(body)?)?),
            _ => serde_json::to_value(self.database.get_shard_iterator(serde_json::from_value(body)?)?),
        };
        Ok(answer?)
    }

    /// Removes what has outlived its time, as the real table does by itself.
    pub fn expire(&self) -> Result<usize> {
        self.database.sweep_ttl().map_err(|error| anyhow!("cannot remove what expired: {error}"))
    }
}

/// Makes a client of a table on this machine. The keys mean nothing: the embedded table checks none.
#[must_use]
pub fn client(url: &str) -> Client {
    Client::from_conf(settings(url).build())
}

/// Makes a client that may do no more than a function's role allows, and whose use of the table is metered.
#[must_use]
pub fn client_in(url: &str, role: &Role, meter: &Meter) -> Client {
    Client::from_conf(settings(url).interceptor(role.clone()).interceptor(meter.clone()).build())
}

fn settings(url: &str) -> Builder {
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-2"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(url)
}

/// Refuses a file that holds something else, and one that cannot be made or written.
fn fit(file: &Path) -> Result<()> {
    if file.is_dir() {
        bail!("{0} is a folder: name a file in it, such as {0}/pagewarden.db", file.display());
    }
    let mut start = Vec::new();
    let opened = OpenOptions::new().read(true).write(true).open(file);
    match opened.and_then(|file| file.take(FIRST_BYTES.len() as u64).read_to_end(&mut start)) {
        Ok(_) if start.is_empty() || start == FIRST_BYTES => Ok(()),
        Ok(_) => bail!("{} holds no table: name the file of `pagewarden up --data`", file.display()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir());
            folder.map_or(Ok(()), |folder| bail!("there is no folder {}", folder.display()))
        }
        Err(error) => Err(error).with_context(|| format!("cannot read and write {}", file.display())),
    }
}

/// Creates the tables as the template describes them, but for those that the file holds already.
fn create(database: &Database, template: &Template) -> Result<()> {
    let held = serde_json::to_value(database.list_tables(serde_json::from_value(json!({}))?)?)?;
    let holds = |name: &str| held["TableNames"].as_array().is_some_and(|names| names.iter().any(|one| one == name));
    for (name, table) in [(NAME, template.table()?), (ACCESS, template.access_table()?)] {
        if holds(name) {
            continue;
        }
        let mut described = table.create;
        described["TableName"] = json!(name);
        database.create_table(serde_json::from_value(described)?)?;
        if table.time_to_live.is_object() {
            let ttl = json!({ "TableName": name, "TimeToLiveSpecification": table.time_to_live });
            database.update_time_to_live(serde_json::from_value(ttl)?)?;
        }
    }
    Ok(())
}

fn stream_of(database: &Database) -> Result<String> {
    let streams = serde_json::to_value(database.list_streams(serde_json::from_value(json!({ "TableName": NAME }))?)?)?;
    Ok(streams["Streams"][0]["StreamArn"].as_str().context("the table has no stream")?.to_owned())
}
