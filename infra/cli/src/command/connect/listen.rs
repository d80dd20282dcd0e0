//! Where the browser comes back to on this machine: one address, which no other machine reaches.

use anyhow::{Context as _, Result};
use pagewarden_platforms::connect::Returned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// The path that the browser is sent back to.
const PATH: &str = "/connect";

/// The path of the page that stays open, so that what came back leaves the address bar.
const DONE: &str = "/done";

/// Bytes of a request's head that are read. A code has a few hundred.
const LONGEST_HEAD: usize = 16 * 1024;

const PAGE: &str = "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Back to the terminal</title>\
    <p>You can close this page. The terminal says what came of it.</p></html>";

/// Listens on this machine alone.
pub(super) struct Listener(TcpListener);

impl Listener {
    /// Listens on a port, or on any free one for 0.
    pub(super) async fn open(port: u16) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await;
        listener.map(Listener).with_context(|| {
            format!("cannot listen on port {port}: another program does. Stop it, or register and name another --port")
        })
    }

    /// Returns the address that has to be registered.
    pub(super) fn address(&self) -> String {
        let port = self.0.local_addr().map(|at| at.port()).unwrap_or_default();
        format!("http://127.0.0.1:{port}{PATH}")
    }

    /// Waits for the browser, and returns what it brings. Its page goes on being served until the
    /// program ends.
    ///
    /// A browser opens connections ahead of time and sends nothing on them, so none waits for
    /// another.
    pub(super) async fn returned(self) -> Result<Returned> {
        let (brought, mut returned) = mpsc::channel(1);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = self.0.accept().await {
                let brought = brought.clone();
                tokio::spawn(async move {
                    if let Some(returned) = served(&mut stream).await {
                        // A second one comes too late: the attempt is over with the first.
                        brought.try_send(returned).ok();
                    }
                });
            }
        });
        let returned = returned.recv().await;
        returned.context("the port of this machine was closed: run the command again")
    }
}

/// Answers one request. A browser that breaks off is no reason to stop waiting.
async fn served(stream: &mut TcpStream) -> Option<Returned> {
    let head = head(stream).await?;
    let mut line = head.lines().next()?.split(' ');
    let target = (line.next() == Some("GET"))
        .then(|| line.next())
        .flatten()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (status, more, body) = match path {
        PATH if !query.is_empty() => ("303 See Other", format!("Location: {DONE}\r\n"), ""),
        DONE => ("200 OK", String::new(), PAGE),
        _ => ("404 Not Found", String::new(), ""),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\n{more}Content-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let written = stream.write_all(answer.as_bytes()).await;
    if written.is_ok() {
        stream.shutdown().await.ok();
    }
    (path == PATH && !query.is_empty()).then(|| Returned::of(query))
}

/// Reads the head of a request; none of one that is too long or breaks off.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    let mut part = [0; 1024];
    while !read.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream
            .read(&mut part)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        read.extend_from_slice(&part[..count]);
        if read.len() > LONGEST_HEAD {
            return None;
        }
    }
    String::from_utf8(read).ok()
}
