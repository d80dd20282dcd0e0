//! The embedded table: `DynamoDB`'s API in this process, over memory or a file.

use anyhow::{Context, Result, anyhow, bail};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use dynoxide::Database;
use pagewarden_ledger::Ledger;
use pagewarden_runtime::emulator;
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value, json};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _};
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::connector;
use crate::fate::{Fates, Past};
use crate::meter::Meter;
use crate::role::Role;
use crate::template::Template;

/// Where we listen unless told otherwise: nobody outside this machine has any business here.
pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The name of the table on a laptop.
pub const NAME: &str = emulator::TABLE;

/// The name of the table of rotating tokens.
pub const ACCESS: &str = "pagewarden-access";

/// What a client of AWS has to be given. It means nothing here: the embedded table checks no key.
pub const KEYS: [(&str, &str); 3] = [
    ("AWS_REGION", "eu-west-2"),
    ("AWS_ACCESS_KEY_ID", "local"),
    ("AWS_SECRET_ACCESS_KEY", "local"),
];

/// For each write and each look, dynoxide seeks the last record of its stream, or the first after a
/// place. By its own means it reads all of them for that, in whose number everything would grow
/// slower.
const STREAM_INDEX: &str = "CREATE INDEX IF NOT EXISTS stream_by_number
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// Tables that were opened in this process, so that each in memory has a name of its own.
static OPENED: AtomicUsize = AtomicUsize::new(0);

/// How the file of a table begins: as any of `SQLite` does.
const FIRST_BYTES: &[u8] = b"SQLite format 3\0";

/// How far each consumer of the stream is: kept in the file of the table, so that a copy of it is
/// whole.
const PLACES: &str = "CREATE TABLE IF NOT EXISTS pagewarden_places (consumer TEXT PRIMARY KEY, place TEXT NOT NULL) WITHOUT ROWID";

/// Records of the stream that are read at once. Nobody else has the table meanwhile.
const READ_AT_ONCE: usize = 100;

/// What dynoxide adds to the number of a record that it keeps, so that it has as many digits as the
/// real ones.
const FIRST_NUMBER: u128 = 100_000_000_000_000_000_000;

/// The number of a record of the stream. Later records have larger ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sequence(u128);

impl Sequence {
    /// Reads the number of a record.
    #[must_use]
    pub fn of(record: &Value) -> Option<Self> {
        record["dynamodb"]["SequenceNumber"]
            .as_str()?
            .parse()
            .ok()
            .map(Sequence)
    }

    /// Returns the place right before this record.
    #[must_use]
    pub const fn before(self) -> Self {
        Sequence(self.0 - 1)
    }
}

/// The tables, which live in this process and answer over HTTP like the real ones. All but the
/// rotating tokens is in one.
pub struct Table {
    database: Database,
    url: String,
    stream: String,
    /// The only one of its shards. dynoxide looks through the whole stream to name it, so it is asked
    /// once.
    shard: String,
    /// A connection of our own to the file, for what the table's API does not tell.
    own: Option<Mutex<Connection>>,
    // Dropping it stops the server.
    _stop: oneshot::Sender<()>,
    /// What becomes of the calls of this process, and what they were answered before.
    fates: Option<(Arc<dyn Fates>, Arc<Past>)>,
    // Last, so that it is removed once nothing uses it.
    copy: Option<Copied>,
}

impl Table {
    /// Opens the table in memory, or in a file that is made if it is not there.
    pub async fn open(file: Option<&Path>, template: &Template) -> Result<Self> {
        Self::open_at(file, Some(HERE), template).await
    }

    /// Opens the table in a file to read it. One that may not be written, such as a copy kept as
    /// evidence, is left as it is: what is opened is a copy of our own, which goes when the table
    /// does.
    pub async fn open_to_read(file: &Path, template: &Template) -> Result<Self> {
        if !is_read_only(file) {
            return Self::open(Some(file), template).await;
        }
        fit(file, OpenOptions::new().read(true))?;
        let copy = Copied::of(file)
            .with_context(|| format!("cannot copy {}, to read it", file.display()))?;
        let mut table = Self::open(Some(&copy.file), template).await?;
        table.copy = Some(copy);
        Ok(table)
    }

    /// Opens the table at an address of this machine that others may reach; without one, for this
    /// process alone.
    pub async fn open_at(
        file: Option<&Path>,
        listen: Option<IpAddr>,
        template: &Template,
    ) -> Result<Self> {
        if let Some(file) = file {
            fit(file, OpenOptions::new().read(true).write(true))?;
        }
        let place = match file {
            // In memory, and seen by both connections: the table's own, and the one that adds the
            // index.
            None => format!(
                "file:table-{}?mode=memory&cache=shared",
                OPENED.fetch_add(1, Ordering::Relaxed)
            ),
            Some(path) => path
                .to_str()
                .context("the path of the data file is not text")?
                .to_owned(),
        };
        let database =
            Database::new(&place).map_err(|error| anyhow!("cannot open the table: {error}"))?;
        let own = Connection::open(&place)?;
        own.execute_batch(STREAM_INDEX)
            .context("cannot set up the table's stream")?;
        let own = file.is_some().then_some(own);
        if let Some(own) = &own {
            own.execute_batch(PLACES)
                .context("cannot set up the table's stream")?;
            own.pragma_update(None, "synchronous", "NORMAL")?;
            // Write-ahead logging without a sync for each write: a killed process loses nothing, a
            // power cut may.
            database
                .disable_bulk_loading()
                .map_err(|error| anyhow!("cannot set up the table: {error}"))?;
        }
        create(&database, template)?;
        let (stream, shard) = stream_of(&database)?;
        let (stop, stopped) = oneshot::channel();
        let url = match listen {
            Some(listen) => serve(&database, listen, stopped).await?,
            None => "http://table.localhost".to_owned(),
        };
        Ok(Table {
            database,
            url,
            stream,
            shard,
            own: own.map(Mutex::new),
            _stop: stop,
            copy: None,
            fates: None,
        })
    }

    /// Returns the same table, in which these say what becomes of each call of this process. The SDK
    /// then sends nothing twice by itself.
    #[must_use]
    pub fn fated(self, fates: Arc<dyn Fates>) -> Self {
        Table {
            fates: Some((fates, Arc::default())),
            ..self
        }
    }

    /// Returns where the table answers.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the ledger in this table.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        let client = Client::from_conf(self.settings().build());
        Ledger::new(client, NAME).with_access_in(ACCESS)
    }

    /// Returns the ledger for who only looks on: its calls have no fate.
    #[must_use]
    pub fn onlooker(&self) -> Ledger {
        Ledger::new(Client::from_conf(self.settings_under(None).build()), NAME)
    }

    /// Makes a client that may do no more than a function's role allows, and whose use of the table
    /// is metered.
    #[must_use]
    pub fn client_in(&self, role: &Role, meter: &Meter) -> Client {
        Client::from_conf(
            self.settings()
                .interceptor(role.clone())
                .interceptor(meter.clone())
                .build(),
        )
    }

    /// Returns the settings of a client in this process, which needs no socket.
    fn settings(&self) -> Builder {
        let settings = self.settings_under(self.fates.clone());
        match self.fates {
            Some(_) => settings.retry_config(RetryConfig::disabled()),
            None => settings,
        }
    }

    fn settings_under(&self, fates: Option<(Arc<dyn Fates>, Arc<Past>)>) -> Builder {
        emulator::settings(&self.url).http_client(connector::http_client(&self.database, fates))
    }

    /// Returns the next records of the table's stream from an iterator on, and the iterator after
    /// them.
    pub fn stream_after(&self, iterator: &str) -> Result<(Vec<Value>, Option<String>)> {
        self.records(iterator, READ_AT_ONCE)
    }

    /// Returns one record of the stream, unless it is gone.
    pub fn record(&self, sequence: Sequence) -> Result<Option<Value>> {
        let start = self.stream_start(Some(sequence.before()))?;
        let (mut records, _) = self.records(&start, 1)?;
        let found = records.pop();
        Ok(found.filter(|record| Sequence::of(record) == Some(sequence)))
    }

    fn records(&self, iterator: &str, most: usize) -> Result<(Vec<Value>, Option<String>)> {
        let asked = json!({ "ShardIterator": iterator, "Limit": most });
        let mut answer = self.call("GetRecords", asked)?;
        let Value::Array(records) = answer["Records"].take() else {
            bail!("the stream gave no records");
        };
        let next = answer["NextShardIterator"].as_str().map(str::to_owned);
        Ok((records, next))
    }

    /// Returns the iterator with which the stream is read after a place in it, or from its oldest
    /// record on.
    pub fn stream_start(&self, after: Option<Sequence>) -> Result<String> {
        let mut asked = json!({ "StreamArn": self.stream, "ShardId": self.shard, "ShardIteratorType": "TRIM_HORIZON" });
        if let Some(after) = after {
            asked["ShardIteratorType"] = json!("AFTER_SEQUENCE_NUMBER");
            asked["SequenceNumber"] = json!(after.0.to_string());
        }
        let answer = self.call("GetShardIterator", asked)?;
        Ok(answer["ShardIterator"]
            .as_str()
            .context("the stream gave no iterator")?
            .to_owned())
    }

    /// Returns how far a consumer of the stream was, where that was kept.
    pub fn place(&self, consumer: &str) -> Result<Option<Sequence>> {
        let Some(own) = &self.own else {
            return Ok(None);
        };
        let own = own.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = "SELECT place FROM pagewarden_places WHERE consumer = ?1";
        let place: Option<String> = own
            .query_row(asked, [consumer], |row| row.get(0))
            .optional()?;
        Ok(place.and_then(|place| place.parse().ok()).map(Sequence))
    }

    /// Keeps how far a consumer of the stream is, in the file of the table; a table in memory keeps
    /// nothing.
    pub fn keep_place(&self, consumer: &str, place: Sequence) -> Result<()> {
        let Some(own) = &self.own else { return Ok(()) };
        let own = own.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = "INSERT OR REPLACE INTO pagewarden_places (consumer, place) VALUES (?1, ?2)";
        own.execute(kept, [consumer, &place.0.to_string()])?;
        Ok(())
    }

    /// Counts the records of the stream after a place in it; none are counted in memory.
    pub fn records_after(&self, place: Option<Sequence>) -> Result<usize> {
        let Some(own) = &self.own else { return Ok(0) };
        let own = own.lock().unwrap_or_else(PoisonError::into_inner);
        let after = place.map_or(0, |place| {
            i64::try_from(place.0.saturating_sub(FIRST_NUMBER)).unwrap_or(i64::MAX)
        });
        let asked = "SELECT COUNT(*) FROM _stream_records
            WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2";
        Ok(own.query_row(asked, (NAME, after), |row| row.get::<_, u32>(0))? as usize)
    }

    fn call(&self, operation: &str, body: Value) -> Result<Value> {
        let answer = match operation {
            "GetRecords" => {
                serde_json::to_value(self.database.get_records(serde_json::from_value(body)?)?)
            }
            _ => serde_json::to_value(
                self.database
                    .get_shard_iterator(serde_json::from_value(body)?)?,
            ),
        };
        Ok(answer?)
    }

    /// Removes what has outlived its time, as the real table does by itself.
    pub fn expire(&self) -> Result<usize> {
        self.database
            .sweep_ttl()
            .map_err(|error| anyhow!("cannot remove what expired: {error}"))
    }
}

/// Serves a database on a free port of an address of this machine until it is told to stop. Returns
/// where.
async fn serve(
    database: &Database,
    listen: IpAddr,
    stopped: oneshot::Receiver<()>,
) -> Result<String> {
    let listener = TcpListener::bind((listen, 0))
        .await
        .with_context(|| format!("cannot listen on {listen}"))?;
    let url = format!("http://{}", listener.local_addr()?);
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
    Ok(url)
}

/// Makes a client of a table on this machine. The keys mean nothing: the embedded table checks
/// none.
#[must_use]
pub fn client(url: &str) -> Client {
    emulator::table(url)
}

/// Makes a client that may do no more than a function's role allows, and whose use of the table is
/// metered.
#[must_use]
pub fn client_in(url: &str, role: &Role, meter: &Meter) -> Client {
    Client::from_conf(
        emulator::settings(url)
            .interceptor(role.clone())
            .interceptor(meter.clone())
            .build(),
    )
}

/// Takes the file of a table for as long as the answer lives: two systems on one file would each
/// act, and tell of acts that the other's pages never had.
pub fn take(file: &Path) -> Result<File> {
    fit(file, OpenOptions::new().read(true).write(true))?;
    let lock = beside(file, "lock");
    let taken = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock);
    let taken = taken.with_context(|| format!("cannot write {}", lock.display()))?;
    match taken.try_lock() {
        Ok(()) => Ok(taken),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "{} is in use by another `pagewarden up`: stop that one first, or name another file",
                file.display()
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", lock.display()))
        }
    }
}

/// Returns the name of what is kept beside the file of a table.
#[must_use]
pub fn beside(file: &Path, name: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(format!(".{name}"));
    PathBuf::from(path)
}

/// A copy of a table's file, which only we can read and which goes with this.
struct Copied {
    folder: PathBuf,
    file: PathBuf,
}

impl Copied {
    fn of(file: &Path) -> Result<Self> {
        let number = OPENED.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("pagewarden-copy-{}-{number}", std::process::id()));
        // It holds what patients wrote.
        DirBuilder::new().mode(0o700).create(&folder)?;
        let copied = Copied {
            file: folder.join("table.db"),
            folder,
        };
        io::copy(&mut File::open(file)?, &mut File::create(&copied.file)?)?;
        // What was written last may still stand in the log beside it.
        let (log, log_of_copy) = (with_end(file, "-wal"), with_end(&copied.file, "-wal"));
        if log.is_file() {
            io::copy(&mut File::open(log)?, &mut File::create(log_of_copy)?)?;
        }
        Ok(copied)
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(folder = %self.folder.display(), %error, "a copy of the table was not removed");
        }
    }
}

fn with_end(file: &Path, end: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(end);
    PathBuf::from(path)
}

/// Returns `true` if a file is there, and it or the folder that its log would stand in cannot be
/// written.
fn is_read_only(file: &Path) -> bool {
    let locked = |path: &Path| {
        path.metadata()
            .is_ok_and(|found| found.permissions().readonly())
    };
    let refused = |error: io::Error| {
        matches!(
            error.kind(),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
        )
    };
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    locked(file)
        || locked(folder)
        || OpenOptions::new()
            .write(true)
            .open(file)
            .is_err_and(refused)
}

/// Refuses a file that holds something else, and one that cannot be made or opened so.
fn fit(file: &Path, how: &OpenOptions) -> Result<()> {
    if file.is_dir() {
        bail!(
            "{0} is a folder: name a file in it, such as {0}/pagewarden.db",
            file.display()
        );
    }
    let mut start = Vec::new();
    match how
        .open(file)
        .and_then(|file| file.take(FIRST_BYTES.len() as u64).read_to_end(&mut start))
    {
        Ok(_) if start.is_empty() || start == FIRST_BYTES => Ok(()),
        Ok(_) => bail!(
            "{} holds no table: name the file of `pagewarden up --data`",
            file.display()
        ),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = file
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir());
            folder.map_or(Ok(()), |folder| {
                bail!("there is no folder {}", folder.display())
            })
        }
        Err(error) => {
            Err(error).with_context(|| format!("cannot read and write {}", file.display()))
        }
    }
}

/// Creates the tables as the template describes them, but for those that the file holds already.
fn create(database: &Database, template: &Template) -> Result<()> {
    let held = serde_json::to_value(database.list_tables(serde_json::from_value(json!({}))?)?)?;
    let holds = |name: &str| {
        held["TableNames"]
            .as_array()
            .is_some_and(|names| names.iter().any(|one| one == name))
    };
    for (name, table) in [
        (NAME, template.table()?),
        (ACCESS, template.access_table()?),
    ] {
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

/// Returns the stream of the table, and its shard.
fn stream_of(database: &Database) -> Result<(String, String)> {
    let asked = json!({ "TableName": NAME });
    let streams = serde_json::to_value(database.list_streams(serde_json::from_value(asked)?)?)?;
    let stream = streams["Streams"][0]["StreamArn"].as_str();
    let stream = stream.context("the table has no stream")?;
    let asked = json!({ "StreamArn": stream });
    let told = serde_json::to_value(database.describe_stream(serde_json::from_value(asked)?)?)?;
    let shard = told["StreamDescription"]["Shards"][0]["ShardId"].as_str();
    Ok((
        stream.to_owned(),
        shard.context("the stream has no shard")?.to_owned(),
    ))
}
