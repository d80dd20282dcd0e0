//! Replay: a folder of deliveries and reviews, sent as the platforms would send them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use pagewarden_fakes::google::Business;
use pagewarden_fakes::graph::Graph;
use pagewarden_fakes::x::Timeline;
use pagewarden_platforms::calls::{Network, Transport};
use pagewarden_platforms::delivery::Malformed;
use pagewarden_platforms::{
    Document, Incoming, Secret, delivery, google, instagram, meta_webhooks, website, x,
};
use pagewarden_present::post::Sent;
use pagewarden_rules::{Channel, Platform, Post, PostKey, PracticeId, RevisionId};
use reqwest::RequestBuilder;
use serde_json::Value;

use crate::demo;
use crate::settle::quiet;
use crate::stack::Stack;

/// Returns the platforms of which something can be sent, in the order in which a folder's are.
fn platforms() -> impl Iterator<Item = Platform> {
    let all = Platform::ALL.iter().copied();
    all.filter(|platform| *platform != Platform::StaffLog)
}

/// What may stand beside the platforms' folders and is not sent: events of Lambda's, for the run in
/// containers.
const LEFT_OUT: &str = "sam";

/// What was sent.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Deliveries.
    pub deliveries: usize,
    /// Reviews.
    pub reviews: usize,
    /// Comments that a sweep finds.
    pub comments: usize,
    /// Posts of the practices, each with every version sent of it, in the order in which they were
    /// first sent.
    pub posts: Vec<(Sent, Vec<RevisionId>)>,
    /// Files that were not taken, or of which nothing could be read, each with why.
    pub refused: Vec<String>,
}

/// Sends everything in a folder: `facebook/*.json`, `instagram/*.json` and `x/*.json` as signed
/// deliveries over HTTP, `google/*.json` as reviews and `website/*.json` as comments that a sweep
/// then finds. What stands on Instagram without a delivery is among its deliveries, as the
/// account's own answer.
pub async fn send(stack: &Stack, folder: &Path) -> Result<Replayed> {
    look_through(folder)?;
    let mut replay = Replay::on(stack);
    for platform in platforms() {
        for path in files(&folder.join(platform.name()))? {
            replay.send(platform, &path).await?;
        }
    }
    replay.sweep().await?;
    Ok(replay.done())
}

/// Sends the files of a folder, and of its platforms' folders, one after another by name, each once
/// all that came of the one before is done.
///
/// The platform of a file is that of its folder, or the one that its name begins with, such as
/// `x-020.json`, or the one whose form it has.
pub async fn play(stack: &Stack, folder: &Path, patience: Duration) -> Result<Replayed> {
    let mut paths = files(folder)?;
    for platform in platforms() {
        paths.extend(files(&folder.join(platform.name()))?);
    }
    if paths.is_empty() {
        bail!(
            "there is nothing to send in {}: no file of it ends in .json",
            folder.display()
        );
    }
    paths.sort_by(|one, other| (one.file_name(), one).cmp(&(other.file_name(), other)));
    let mut replay = Replay::on(stack);
    for path in paths {
        let platform = platform_of(&path).with_context(|| {
            format!(
                "{} is nothing that a platform sends: put it in a folder named for one of {}",
                path.display(),
                names().join(", ")
            )
        })?;
        replay.send(platform, &path).await?;
        replay.sweep().await?;
        quiet(stack, patience).await?;
    }
    Ok(replay.done())
}

fn names() -> Vec<&'static str> {
    platforms().map(Platform::name).collect()
}

/// Returns the platform whose file this is.
fn platform_of(path: &Path) -> Option<Platform> {
    let folder = path
        .parent()
        .and_then(Path::file_name)
        .unwrap_or_default()
        .to_string_lossy();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let named = |platform: &Platform| {
        folder == platform.name()
            || name
                .strip_prefix(platform.name())
                .is_some_and(|rest| rest.starts_with(['-', '.']))
    };
    if let Some(platform) = platforms().find(named) {
        return Some(platform);
    }
    let body: Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    if body["object"] == "instagram"
        || body.get("media").is_some()
        || body.get("mentioned_comment").is_some()
    {
        Some(Platform::Instagram)
    } else if body.get("object").is_some() {
        Some(Platform::Facebook)
    } else if body.get("for_user_id").is_some() || body.get("data").is_some() {
        Some(Platform::X)
    } else if body.get("reviews").is_some() {
        Some(Platform::Google)
    } else {
        body.as_array()
            .filter(|list| list.iter().all(|one| one.get("link").is_some()))
            .map(|_| Platform::Website)
    }
}

/// Refuses a folder that holds what would not be sent: somebody who mistypes a platform would wait
/// for nothing.
fn look_through(folder: &Path) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() && !names().contains(&name.as_str()) && name != LEFT_OUT {
            bail!(
                "{} is no platform's folder: one is named {}",
                path.display(),
                names().join(", ")
            );
        }
        if is_to_send(&path) {
            bail!(
                "{} is in no platform's folder, which is named {}; `pagewarden replay {}` sends the files of one folder \
                 by their names",
                path.display(),
                names().join(", "),
                folder.display()
            );
        }
    }
    Ok(())
}

/// Returns `true` if this is a file of what a platform sends.
#[must_use]
pub fn is_to_send(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|ending| ending == "json")
}

/// A replay under way.
struct Replay<'a> {
    stack: &'a Stack,
    replayed: Replayed,
    seen: Posts,
    to_sweep: bool,
}

impl<'a> Replay<'a> {
    fn on(stack: &'a Stack) -> Self {
        Replay {
            stack,
            replayed: Replayed::default(),
            seen: Posts::default(),
            to_sweep: false,
        }
    }

    fn done(self) -> Replayed {
        Replayed {
            posts: self.seen.list,
            ..self.replayed
        }
    }

    /// Lets a sweep find what no delivery told of.
    async fn sweep(&mut self) -> Result<()> {
        if std::mem::take(&mut self.to_sweep) {
            self.stack.run("sweep").await?;
        }
        Ok(())
    }

    /// Sends one file, or lets the fake platform know what stands in it.
    async fn send(&mut self, platform: Platform, path: &Path) -> Result<()> {
        let body = read(path)?;
        let Ok(answer) = serde_json::from_slice::<Value>(&body) else {
            // It is sent all the same, as far as it is a delivery: what comes of that is part of
            // what is tried.
            match platform {
                Platform::Facebook | Platform::Instagram => self.deliver(path, &body).await?,
                Platform::X => self.deliver_x(path, &body).await?,
                Platform::Google | Platform::Website | Platform::StaffLog => {
                    self.refused(path, "it is no JSON");
                }
            }
            return Ok(());
        };
        match platform {
            Platform::X => self.deliver_x(path, &body).await,
            Platform::Google => {
                self.stack
                    .business()
                    .learn(&body)
                    .with_context(|| format!("in {}", path.display()))?;
                self.reviews(&answer).await
            }
            Platform::Website => {
                if self.stack.website_is_seen() {
                    self.stack
                        .website()
                        .learn(&body)
                        .with_context(|| format!("in {}", path.display()))?;
                    self.comments(&answer).await?;
                }
                Ok(())
            }
            // No delivery, but an account's own answer: what stands there whenever it is asked.
            Platform::Instagram if answer["entry"].is_null() => {
                self.stack.graph().learn_account(&answer)?;
                self.to_sweep = true;
                self.note(standing(&answer)).await
            }
            Platform::Facebook | Platform::Instagram => self.deliver(path, &body).await,
            Platform::StaffLog => bail!("the staff log is no platform: nothing of it is sent"),
        }
    }

    /// Sends one delivery of Meta's, once the fake platform knows what it is about.
    async fn deliver(&mut self, path: &Path, body: &[u8]) -> Result<()> {
        self.stack.graph().learn(body)?;
        let status = self.stack.sender().deliver(body).await?;
        let secret = Secret::new(demo::APP_SECRET);
        let signature = delivery::sign(&secret, body);
        let told = delivery::verify(&secret, Some(&signature), body)
            .map_or(Err(Malformed), meta_webhooks::read);
        self.sent(path, status, told).await
    }

    /// Sends one delivery of X's, once the fake platform knows what it is about.
    async fn deliver_x(&mut self, path: &Path, body: &[u8]) -> Result<()> {
        self.stack.timeline().learn(body)?;
        let status = self.stack.sender().deliver_x(body).await?;
        let secret = Secret::new(demo::X_CONSUMER_SECRET);
        let signature = delivery::sign_x(&secret, body);
        let told =
            delivery::verify_x(&secret, Some(&signature), body).map_or(Err(Malformed), x::read);
        self.sent(path, status, told).await
    }

    async fn sent(
        &mut self,
        path: &Path,
        status: u16,
        told: Result<Vec<pagewarden_platforms::Sent<Incoming>>, Malformed>,
    ) -> Result<()> {
        self.replayed.deliveries += 1;
        let told = told.unwrap_or_default();
        if status != 200 {
            self.refused(path, &format!("the webhook answered {status}"));
        } else if told.iter().all(|told| {
            matches!(
                **told,
                Incoming::Ignored {
                    reason: x::TELLS_NOTHING
                }
            )
        }) {
            self.refused(
                path,
                "no delivery that can be read: the webhook counts it, and nothing follows",
            );
        }
        self.note(told.into_iter().map(|told| told.read)).await
    }

    fn refused(&mut self, path: &Path, why: &str) {
        self.replayed
            .refused
            .push(format!("{}: {why}", path.display()));
    }

    async fn reviews(&mut self, answer: &Value) -> Result<()> {
        self.to_sweep = true;
        for review in answer["reviews"].as_array().into_iter().flatten() {
            self.replayed.reviews += 1;
            let location = review["name"]
                .as_str()
                .and_then(|name| name.split_once("/reviews/"));
            let review = location.and_then(|(location, _)| google::Review::parse(location, review));
            self.note(review.map(|review| Incoming::Post(review.post)))
                .await?;
        }
        Ok(())
    }

    async fn comments(&mut self, answer: &Value) -> Result<()> {
        self.to_sweep = true;
        for comment in answer.as_array().into_iter().flatten() {
            self.replayed.comments += 1;
            let comment = site(comment).and_then(|site| website::Comment::parse(site, comment));
            self.note(comment.map(|comment| comment.incoming(demo::WEBSITE_USER.0)))
                .await?;
        }
        Ok(())
    }

    async fn note(&mut self, incoming: impl IntoIterator<Item = Incoming>) -> Result<()> {
        for item in incoming {
            if let Incoming::Post(post) = item {
                self.seen.add(self.stack, post).await?;
            }
        }
        Ok(())
    }
}

/// Returns what an Instagram account's own answer tells: comments below its posts, or what mentions
/// it.
fn standing(answer: &Value) -> Vec<Incoming> {
    let account = answer["id"].as_str().unwrap_or_default().to_owned();
    let channel = Channel {
        platform: Platform::Instagram,
        account,
    };
    let media = answer["media"].to_string();
    let media = instagram::Medium::list(&channel, &Document::new(media.as_bytes()));
    let below = media
        .into_iter()
        .flatten()
        .flat_map(|medium| medium.comments.comments)
        .map(|comment| comment.read);
    below
        .chain(instagram::Comment::mentioned(&channel, answer))
        .map(instagram::Comment::incoming)
        .collect()
}

/// Lets the fake platforms know the posts of a folder, and sends nothing.
pub fn learn(graph: &Graph, business: &Business, timeline: &Timeline, folder: &Path) -> Result<()> {
    for path in files(&folder.join("x"))? {
        timeline.learn(&read(&path)?)?;
    }
    for path in files(&folder.join("facebook"))? {
        graph.learn(&read(&path)?)?;
    }
    for path in files(&folder.join("instagram"))? {
        let body = read(&path)?;
        graph.learn(&body)?;
        graph.learn_account(
            &serde_json::from_slice(&body).with_context(|| format!("in {}", path.display()))?,
        )?;
    }
    for path in files(&folder.join("google"))? {
        business
            .learn(&read(&path)?)
            .with_context(|| format!("in {}", path.display()))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Sends deliveries to the webhook as the platform does: signed, over HTTP.
#[derive(Clone, Debug)]
pub struct Sender {
    http: reqwest::Client,
    transport: Arc<dyn Transport>,
    webhooks: String,
}

impl Sender {
    /// Makes a sender for the HTTP API at an address.
    #[must_use]
    pub fn new(api: &str) -> Self {
        // Refused only where it was chosen before, which is as good.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let http = reqwest::Client::new();
        Sender {
            transport: Arc::new(Network(http.clone())),
            http,
            webhooks: format!("{api}/webhooks"),
        }
    }

    /// Returns the same sender, with its deliveries carried by something else than the network.
    #[must_use]
    pub fn through(self, transport: Arc<dyn Transport>) -> Self {
        Sender { transport, ..self }
    }

    /// Signs a body and sends it. Returns the status of the answer.
    pub async fn deliver(&self, body: &[u8]) -> Result<u16> {
        let signature = delivery::sign(&Secret::new(demo::APP_SECRET), body);
        self.send(body, Some(&signature)).await
    }

    /// Pushes a hint as Pub/Sub does, with whatever identity token. Returns the status of the
    /// answer.
    pub async fn push(&self, body: &[u8], token: Option<&str>) -> Result<u16> {
        let mut request = self
            .http
            .post(format!("{}/google", self.webhooks))
            .header("content-type", "application/json")
            .body(body.to_vec());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        self.carry(request).await
    }

    /// Sends a body with whatever signature. Returns the status of the answer.
    pub async fn send(&self, body: &[u8], signature: Option<&str>) -> Result<u16> {
        self.post("facebook", delivery::META_SIGNATURE, body, signature)
            .await
    }

    /// Signs a body as X does and sends it. Returns the status of the answer.
    pub async fn deliver_x(&self, body: &[u8]) -> Result<u16> {
        let signature = delivery::sign_x(&Secret::new(demo::X_CONSUMER_SECRET), body);
        self.send_x(body, Some(&signature)).await
    }

    /// Sends a body to X's route with whatever signature. Returns the status of the answer.
    pub async fn send_x(&self, body: &[u8], signature: Option<&str>) -> Result<u16> {
        self.post("x", delivery::X_SIGNATURE, body, signature).await
    }

    async fn carry(&self, request: RequestBuilder) -> Result<u16> {
        let answer = self
            .transport
            .send(request.build()?)
            .await
            .context("the webhook does not answer")?;
        Ok(answer.status().as_u16())
    }

    async fn post(
        &self,
        route: &str,
        header: &str,
        body: &[u8],
        signature: Option<&str>,
    ) -> Result<u16> {
        let url = format!("{}/{route}", self.webhooks);
        let mut request = self
            .http
            .post(url)
            .header("content-type", "application/json")
            .body(body.to_vec());
        if let Some(signature) = signature {
            request = request.header(header, signature);
        }
        self.carry(request).await
    }
}

/// The name of the site on which a comment stands: the host of its link.
fn site(comment: &Value) -> Option<&str> {
    comment["link"]
        .as_str()?
        .split_once("://")?
        .1
        .split('/')
        .next()
}

/// The JSON files of a folder, in the order of their names; none where there is no such folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| is_to_send(path));
    files.sort();
    Ok(files)
}

/// The posts sent so far.
#[derive(Default)]
struct Posts {
    list: Vec<(Sent, Vec<RevisionId>)>,
    place: BTreeMap<PostKey, usize>,
    practices: BTreeMap<Channel, Option<PracticeId>>,
}

impl Posts {
    async fn add(&mut self, stack: &Stack, post: Post) -> Result<()> {
        let practice = match self.practices.get(&post.channel) {
            Some(known) => known.clone(),
            None => stack.ledger().practice_of(&post.channel).await?,
        };
        self.practices
            .insert(post.channel.clone(), practice.clone());
        // News of somebody else's page is counted by the webhook, and never decided.
        let Some(practice) = practice else {
            return Ok(());
        };
        let key = post.key(&practice);
        let revision = post.revision();
        if let Some(place) = self.place.get(&key) {
            let (sent, revisions) = &mut self.list[*place];
            sent.post = post;
            if !revisions.contains(&revision) {
                revisions.push(revision);
            }
        } else {
            self.place.insert(key.clone(), self.list.len());
            self.list.push((Sent { key, post }, vec![revision]));
        }
        Ok(())
    }
}
