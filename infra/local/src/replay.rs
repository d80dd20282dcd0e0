//! Replay: a folder of deliveries and reviews, sent as the platforms would send them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use pagewarden_platforms::{Secret, Sighting, delivery, google, instagram, meta, website, x};
use pagewarden_rules::{Channel, Platform, Post, PostKey, PracticeId, RevisionId};
use serde_json::Value;

use crate::demo;
use crate::fake::google::Business;
use crate::fake::graph::Graph;
use crate::fake::x::Timeline;
use crate::report::Sent;
use crate::stack::Stack;

/// What was sent.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Deliveries.
    pub deliveries: usize,
    /// Reviews.
    pub reviews: usize,
    /// Comments on a website.
    pub comments: usize,
    /// Posts of the practices, each with every version sent of it, in the order in which they were first sent.
    pub posts: Vec<(Sent, Vec<RevisionId>)>,
    /// Files that the webhook did not take, with its answer.
    pub refused: Vec<String>,
}

/// Sends everything in a folder: `facebook/*.json`, `instagram/*.json` and `x/*.json` as signed deliveries over HTTP,
/// `google/*.json` as reviews and `website/*.json` as comments that a sweep then finds. What stands on Instagram without
/// a delivery is among its deliveries, as the account's own answer.
pub async fn send(stack: &Stack, folder: &Path) -> Result<Replayed> {
    let mut replayed = Replayed::default();
    let mut seen = Posts::default();
    for path in files(folder, "facebook")? {
        deliver(stack, &path, &read(&path)?, &mut replayed, &mut seen).await?;
    }
    let mut to_sweep = false;
    for path in files(folder, "instagram")? {
        let body = read(&path)?;
        let answer: Value = serde_json::from_slice(&body).with_context(|| format!("in {}", path.display()))?;
        if !answer["entry"].is_null() {
            deliver(stack, &path, &body, &mut replayed, &mut seen).await?;
            continue;
        }
        // No delivery, but an account's own answer: what stands there, for whoever asks.
        stack.graph().learn_account(&answer)?;
        to_sweep = true;
        for sighting in standing(&answer) {
            if let Sighting::Post(post) = sighting {
                seen.add(stack, post).await?;
            }
        }
    }
    for path in files(folder, "x")? {
        let body = read(&path)?;
        stack.timeline().learn(&body)?;
        let status = stack.sender().deliver_x(&body).await?;
        if status != 200 {
            replayed.refused.push(format!("{}: {status}", path.display()));
        }
        replayed.deliveries += 1;
        let secret = Secret::new(demo::X_CONSUMER_SECRET);
        let signature = delivery::sign_x(&secret, &body);
        let sightings = delivery::verify_x(&secret, Some(&signature), &body).ok().and_then(|body| x::read(body).ok());
        for sighting in sightings.into_iter().flatten() {
            if let Sighting::Post(post) = sighting {
                seen.add(stack, post).await?;
            }
        }
    }
    for path in files(folder, "google")? {
        let body = read(&path)?;
        stack.business().learn(&body).with_context(|| format!("in {}", path.display()))?;
        let answer: Value = serde_json::from_slice(&body)?;
        for review in answer["reviews"].as_array().into_iter().flatten() {
            replayed.reviews += 1;
            let location = review["name"].as_str().and_then(|name| name.split_once("/reviews/"));
            let review = location.and_then(|(location, _)| google::Review::of(location, review));
            if let Some(review) = review {
                seen.add(stack, review.post).await?;
            }
        }
    }
    let comments = if stack.website_is_seen() { files(folder, "website")? } else { Vec::new() };
    for path in comments {
        let body = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        stack.website().learn(&body).with_context(|| format!("in {}", path.display()))?;
        let list: Value = serde_json::from_slice(&body)?;
        for comment in list.as_array().into_iter().flatten() {
            replayed.comments += 1;
            let comment = site(comment).and_then(|site| website::Comment::of(site, comment));
            if let Some(Sighting::Post(post)) = comment.map(|comment| comment.sighting(demo::WEBSITE_USER.0)) {
                seen.add(stack, post).await?;
            }
        }
    }
    if to_sweep || replayed.reviews + replayed.comments > 0 {
        stack.run("sweep").await?;
    }
    replayed.posts = seen.list;
    Ok(replayed)
}

/// Sends one delivery, once the fake platform knows what it tells of.
async fn deliver(stack: &Stack, path: &Path, body: &[u8], replayed: &mut Replayed, seen: &mut Posts) -> Result<()> {
    stack.graph().learn(body)?;
    let status = stack.sender().deliver(body).await?;
    if status != 200 {
        replayed.refused.push(format!("{}: {status}", path.display()));
    }
    replayed.deliveries += 1;
    let secret = Secret::new(demo::APP_SECRET);
    let signature = delivery::sign(&secret, body);
    let sightings = delivery::verify(&secret, Some(&signature), body).ok().and_then(|body| meta::read(body).ok());
    for sighting in sightings.into_iter().flatten() {
        if let Sighting::Post(post) = sighting {
            seen.add(stack, post).await?;
        }
    }
    Ok(())
}

/// Returns what an Instagram account's own answer tells: comments below its posts, or what mentions it.
fn standing(answer: &Value) -> Vec<Sighting> {
    let account = answer["id"].as_str().unwrap_or_default().to_owned();
    let channel = Channel { platform: Platform::Instagram, account };
    let media = instagram::Medium::list(&channel, &answer["media"]);
    let below = media.into_iter().flat_map(|medium| medium.comments.comments);
    below.chain(instagram::Comment::mentioned(&channel, answer)).map(instagram::Comment::sighting).collect()
}

/// Lets the fake platforms know the posts of a folder, and sends nothing.
pub fn learn(graph: &Graph, business: &Business, timeline: &Timeline, folder: &Path) -> Result<()> {
    for path in files(folder, "x")? {
        timeline.learn(&read(&path)?)?;
    }
    for path in files(folder, "facebook")? {
        graph.learn(&read(&path)?)?;
    }
    for path in files(folder, "instagram")? {
        let body = read(&path)?;
        graph.learn(&body)?;
        graph.learn_account(&serde_json::from_slice(&body).with_context(|| format!("in {}", path.display()))?)?;
    }
    for path in files(folder, "google")? {
        business.learn(&read(&path)?).with_context(|| format!("in {}", path.display()))?;
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
    webhooks: String,
}

impl Sender {
    /// Makes a sender for the HTTP API at an address.
    #[must_use]
    pub fn new(api: &str) -> Self {
        // Refused only where it was chosen before, which is as good.
        rustls::crypto::ring::default_provider().install_default().ok();
        Sender { http: reqwest::Client::new(), webhooks: format!("{api}/webhooks") }
    }

    /// Signs a body and sends it. Returns the status of the answer.
    pub async fn deliver(&self, body: &[u8]) -> Result<u16> {
        let signature = delivery::sign(&Secret::new(demo::APP_SECRET), body);
        self.send(body, Some(&signature)).await
    }

    /// Pushes a hint as Pub/Sub does, with whatever identity token. Returns the status of the answer.
    pub async fn push(&self, body: &[u8], token: Option<&str>) -> Result<u16> {
        let mut request = self
            .http
            .post(format!("{}/google", self.webhooks))
            .header("content-type", "application/json")
            .body(body.to_vec());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        Ok(request.send().await.context("the webhook does not answer")?.status().as_u16())
    }

    /// Sends a body with whatever signature. Returns the status of the answer.
    pub async fn send(&self, body: &[u8], signature: Option<&str>) -> Result<u16> {
        self.post("facebook", delivery::META_SIGNATURE, body, signature).await
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

    async fn post(&self, route: &str, header: &str, body: &[u8], signature: Option<&str>) -> Result<u16> {
        let url = format!("{}/{route}", self.webhooks);
        let mut request = self.http.post(url).header("content-type", "application/json").body(body.to_vec());
        if let Some(signature) = signature {
            request = request.header(header, signature);
        }
        Ok(request.send().await.context("the webhook does not answer")?.status().as_u16())
    }
}

/// The name of the site on which a comment stands: the host of its link.
fn site(comment: &Value) -> Option<&str> {
    comment["link"].as_str()?.split_once("://")?.1.split('/').next()
}

/// The JSON files of a folder, in the order of their names; none where there is no such folder.
fn files(folder: &Path, platform: &str) -> Result<Vec<PathBuf>> {
    let folder = folder.join(platform);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
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
        self.practices.insert(post.channel.clone(), practice.clone());
        // News of somebody else's page is counted by the webhook, and never decided.
        let Some(practice) = practice else { return Ok(()) };
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
