//! `connect` as somebody types it, with a browser that comes back to this machine.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use pagewarden_local::stack::Stack;

/// Asks an address once, and returns the status line and the headers.
fn get(address: &str) -> String {
    let (host, path) = address
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn location(answer: &str) -> String {
    let header = answer
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with("location: "));
    header.unwrap()["location: ".len()..].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_comes_back_here_and_nothing_secret_shows() {
    let stack = Stack::start(None).await.unwrap();
    stack.store().put("channel/facebook/100000000000001", "{}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
    command
        .args([
            "connect",
            "facebook",
            "--practice",
            "kingswinford",
            "--port",
            "0",
        ])
        .envs(stack.environment())
        .env("RUST_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let typed = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut printed = lines.next().unwrap().unwrap();
        let address = lines.next().unwrap().unwrap();
        printed += &address;
        let back = location(&get(&address));
        // A browser opens connections on which it says nothing, and asks for an icon.
        let host = back
            .strip_prefix("http://")
            .unwrap()
            .split('/')
            .next()
            .unwrap();
        let silent = TcpStream::connect(host).unwrap();
        assert!(get(&format!("http://{host}/favicon.ico")).starts_with("HTTP/1.1 404"));
        assert!(get(&format!("http://{host}/connect")).starts_with("HTTP/1.1 404"));
        assert_eq!(location(&get(&back)), "/done");
        drop(silent);
        for line in lines {
            printed += &line.unwrap();
        }
        let mut errors = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut errors)
            .unwrap();
        (child.wait().unwrap().success(), printed + &errors, back)
    });
    let (ready, printed, back) = typed.await.unwrap();
    assert!(ready && printed.contains(" ready"), "{printed}");
    let stored = stack
        .store()
        .get("channel/facebook/100000000000001")
        .unwrap();
    let token = stored.split('"').nth(3).unwrap();
    let code = back
        .split("code=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    for secret in [token, code, "demo-app-secret", "fake-person-token"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn what_the_command_needs_is_told() {
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_pagewarden"))
            .args(args)
            .env_clear()
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let told = run(&["connect", "website", "--practice", "kingswinford"]);
    assert!(told.contains("--site <URL>"), "{told}");
    let told = run(&["connect", "facebook", "--practice", "kingswinford"]);
    assert!(told.contains("set AWS_REGION, PAGEWARDEN_TABLE and PAGEWARDEN_SECRETS_PREFIX"));
}
