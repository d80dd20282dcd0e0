//! Functions under an emulator of Lambda: invoked over its Invoke API, and told by their
//! environment where the table, the secrets and the fake platforms of this process are.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::template::Template;

/// How long the emulator may take to answer at all: the first `cargo lambda watch` builds
/// everything.
const START: Duration = Duration::from_mins(15);
/// How long to wait between two looks whether it answers.
const PAUSE: Duration = Duration::from_millis(200);
/// How long one invocation may take: the emulator starts a container or builds a binary first.
const CALL: Duration = Duration::from_mins(10);

/// Which emulator, for they name functions and read environments in their own ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Emulator {
    /// `sam local start-lambda`: functions by their names in the template, environment as JSON.
    Sam,
    /// `cargo lambda watch`: functions by their binaries, environment as lines.
    CargoLambda,
}

/// Takes an address that can be called: at any other, nobody would ever answer.
fn address(text: &str) -> Result<String> {
    match reqwest::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(text.to_owned()),
        _ => bail!("write an address such as http://127.0.0.1:3001"),
    }
}

/// Functions that run outside this process.
#[derive(Clone, Debug, Args)]
pub struct Elsewhere {
    /// Invoke the functions under the emulator of Lambda at this address instead of in this
    /// process.
    #[arg(id = "functions", long = "functions", value_name = "URL", required = false, value_parser = address)]
    pub url: String,
    /// Which emulator it is.
    #[arg(long, value_enum, default_value = "sam", requires = "functions")]
    pub emulator: Emulator,
    /// Send deliveries to the HTTP API at this address, such as that of `sam local start-api`,
    /// instead of to our own.
    #[arg(long, value_name = "URL", requires = "functions", value_parser = address)]
    pub api: Option<String>,
    /// Listen on this address of this machine, which the functions must reach: for containers that
    /// of Docker's bridge.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), requires = "functions")]
    pub listen: IpAddr,
    /// The name by which the functions reach that address, where it is not the address itself.
    #[arg(long, value_name = "HOST", requires = "functions")]
    pub known_as: Option<String>,
    /// Write the functions' environment to this file before waiting for the emulator to answer.
    #[arg(long, value_name = "FILE", requires = "functions")]
    pub env_vars: Option<PathBuf>,
    /// Let the fake platforms know the posts of this folder from the start, for events that are
    /// invoked by hand.
    #[arg(long, value_name = "DIR", requires = "functions")]
    pub known_posts: Option<PathBuf>,
}

impl Elsewhere {
    /// Returns an address of this process as the functions reach it.
    #[must_use]
    pub fn seen(&self, url: &str) -> String {
        match &self.known_as {
            Some(name) => url.replacen(&self.listen.to_string(), name, 1),
            None => url.to_owned(),
        }
    }

    /// Returns `true` if the functions know this process by an address or a name of their own
    /// machine.
    #[must_use]
    pub fn is_here(&self) -> bool {
        self.known_as
            .as_ref()
            .map_or(self.listen.is_loopback(), |name| {
                name.ends_with(".localhost")
            })
    }

    /// Writes the environment of the functions, in the emulator's own form. Whoever waits for the
    /// file finds it whole.
    pub fn write(&self, environment: &BTreeMap<&str, String>) -> Result<()> {
        let Some(path) = &self.env_vars else {
            return Ok(());
        };
        let text = match self.emulator {
            Emulator::Sam => json!({ "Parameters": environment }).to_string(),
            Emulator::CargoLambda => lines(environment),
        };
        let part = path.with_extension("part");
        fs::write(&part, text).with_context(|| format!("cannot write {}", part.display()))?;
        fs::rename(&part, path).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Waits until the emulator answers, and its HTTP API where that is another server.
    pub async fn wait(&self) -> Result<()> {
        let http = client()?;
        for url in [Some(&self.url), self.api.as_ref()].into_iter().flatten() {
            let started = Instant::now();
            // Any answer will do: there is nothing at `/`.
            while let Err(error) = http.get(url).send().await {
                if started.elapsed() > START {
                    return Err(error).with_context(|| format!("nothing answers at {url}"));
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok(())
    }
}

/// An environment file's lines. The emulator gives its functions no region and no keys, so they
/// stand here too.
fn lines(environment: &BTreeMap<&str, String>) -> String {
    let mut text = String::from(
        "AWS_REGION=eu-west-2\nAWS_ACCESS_KEY_ID=local\nAWS_SECRET_ACCESS_KEY=local\n",
    );
    for (name, value) in environment {
        let _infallible = writeln!(text, "{name}={value}");
    }
    text
}

/// The functions under an emulator.
#[derive(Debug)]
pub struct Remote {
    http: reqwest::Client,
    /// Where each function, by its binary, is invoked.
    functions: BTreeMap<String, Target>,
}

#[derive(Debug)]
struct Target {
    url: String,
    /// An emulated function has one environment, and that takes one event at a time.
    turn: Mutex<()>,
}

impl Remote {
    /// Makes ready to invoke the template's functions.
    pub fn new(elsewhere: &Elsewhere, template: &Template) -> Result<Self> {
        let base = elsewhere.url.trim_end_matches('/');
        let target = |(name, binary): (String, String)| {
            let called = match elsewhere.emulator {
                Emulator::Sam => &name,
                Emulator::CargoLambda => &binary,
            };
            let url = format!("{base}/2015-03-31/functions/{called}/invocations");
            (
                binary,
                Target {
                    url,
                    turn: Mutex::default(),
                },
            )
        };
        Ok(Remote {
            http: client()?,
            functions: template.binaries()?.into_iter().map(target).collect(),
        })
    }

    /// Invokes a function by its binary's name, and returns its answer.
    pub async fn invoke(&self, name: &str, event: &Value) -> Result<Value> {
        let target = self
            .functions
            .get(name)
            .with_context(|| format!("there is no function {name}"))?;
        let _turn = target.turn.lock().await;
        let body = serde_json::to_vec(event)?;
        let response = self
            .http
            .post(&target.url)
            .body(body)
            .send()
            .await
            .context("the emulator does not answer")?;
        let (status, failed) = (
            response.status(),
            response.headers().contains_key("x-amz-function-error"),
        );
        let body = response
            .bytes()
            .await
            .context("the emulator's answer broke off")?;
        read(name, status.is_success() && !failed, &body)
    }
}

/// Reads an answer. The emulators tell of a function's error in the body alone, or by a header as
/// well.
fn read(name: &str, well: bool, body: &[u8]) -> Result<Value> {
    if body.is_empty() && well {
        return Ok(Value::Null);
    }
    let answer: Value =
        serde_json::from_slice(body).with_context(|| format!("{name} answered what is no JSON"))?;
    if !well || answer["errorType"].is_string() {
        bail!("{name} failed: {answer}");
    }
    Ok(answer)
}

fn client() -> Result<reqwest::Client> {
    // Refused only where it was chosen before, which is as good.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    reqwest::Client::builder()
        .timeout(CALL)
        .build()
        .context("cannot make an HTTP client")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elsewhere(emulator: Emulator) -> Elsewhere {
        Elsewhere {
            url: "http://127.0.0.1:3001/".to_owned(),
            emulator,
            api: None,
            listen: IpAddr::V4(Ipv4Addr::new(172, 17, 0, 1)),
            known_as: None,
            env_vars: None,
            known_posts: None,
        }
    }

    #[test]
    fn each_emulator_has_its_own_names_for_the_functions() {
        let template = Template::shipped().unwrap();
        let url = |emulator| {
            Remote::new(&elsewhere(emulator), &template)
                .unwrap()
                .functions["webhook"]
                .url
                .clone()
        };
        assert_eq!(
            url(Emulator::Sam),
            "http://127.0.0.1:3001/2015-03-31/functions/Webhook/invocations"
        );
        assert_eq!(
            url(Emulator::CargoLambda),
            "http://127.0.0.1:3001/2015-03-31/functions/webhook/invocations"
        );
    }

    #[test]
    fn the_functions_know_this_machine_by_a_name_of_their_own() {
        let mut elsewhere = elsewhere(Emulator::Sam);
        assert_eq!(
            elsewhere.seen("http://172.17.0.1:81"),
            "http://172.17.0.1:81"
        );
        elsewhere.known_as = Some("host.docker.internal".to_owned());
        assert_eq!(
            elsewhere.seen("http://172.17.0.1:81/token"),
            "http://host.docker.internal:81/token"
        );
    }

    #[test]
    fn an_error_of_the_function_is_not_taken_for_its_answer() {
        assert!(read("remind", true, b"").unwrap().is_null());
        assert!(read("remind", true, b"null").unwrap().is_null());
        assert!(read("act", true, b"{\"batchItemFailures\":[]}").is_ok());
        assert!(
            read(
                "act",
                true,
                b"{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"gone\"}"
            )
            .is_err()
        );
        assert!(read("act", false, b"{}").is_err());
        assert!(read("act", true, b"<html>").is_err());
    }
}
