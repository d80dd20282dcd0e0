//! The figures behind the bill are those that are measured here: what each kind of post takes, exactly,
//! and what the schedule takes.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fmt::Write as _;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use pagewarden_cli::command::cost::{Figures, Taken};
use pagewarden_fakes::Entry;
use pagewarden_ledger::{Choice, Person, Session};
use pagewarden_local::meter::Used;
use pagewarden_local::stack::Stack;
use pagewarden_local::stepped::Stepped;
use pagewarden_local::template::Template;
use pagewarden_policies::Way;
use pagewarden_rules::{Platform, PostKey, Role};
use pagewarden_tests::{comment, events, monday, replay, stack};
use serde_json::json;

/// The samples grow, so a figure may be off by this part of it, or by a unit, before the bill has
/// to be mended.
const OFF_BY: f64 = 0.3;

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_takes_what_the_bill_is_made_of() {
    let stack = stack().await;
    replay(&stack, &events()).await;
    let remind = a_run(&stack, "remind").await;
    let sweep = a_run(&stack, "sweep").await;
    let channels =
        f64::from(u32::try_from(stack.ledger().channels().await.unwrap().len()).unwrap());

    let Figures {
        measured, template, ..
    } = Figures::shipped().unwrap();
    assert_eq!(
        template.alarm_metrics as usize,
        Template::shipped().unwrap().alarm_metrics(),
        "in prices.toml"
    );
    let figures = [
        ("reads_a_remind", measured.reads_a_remind, remind.reads),
        (
            "reads_a_sweep",
            measured.reads_a_sweep,
            sweep.reads / channels,
        ),
        (
            "calls_a_remind",
            measured.calls_a_remind,
            f64::from(remind.calls),
        ),
        (
            "calls_a_sweep",
            measured.calls_a_sweep,
            f64::from(sweep.calls) / channels,
        ),
    ];
    let off: Vec<String> = figures.into_iter().filter_map(off).collect();
    assert!(off.is_empty(), "{off:#?}");
}

/// Returns how far a figure is off that is written down, if it is by more than it may.
fn off((what, written, found): (&str, f64, f64)) -> Option<String> {
    let is_off = (found - written).abs() > (written * OFF_BY).max(1.0);
    is_off.then(|| format!("{what} is {found:.1}, and prices.toml says {written}"))
}

/// Lets time pass until a time of the next day, and returns the calls of the table that a run of
/// `remind` makes then, on top of one that finds nothing.
async fn a_run_at(stepped: &mut Stepped, after_midnight: SignedDuration) -> f64 {
    let now = stepped.stack().clock().now().to_zoned(TimeZone::UTC);
    let next = now.tomorrow().unwrap().start_of_day().unwrap();
    let at = next.timestamp() + after_midnight;
    let minute = SignedDuration::from_mins(1);
    let mut calls = [0; 2];
    for (calls, time) in calls.iter_mut().zip([at - minute, at]) {
        let stack = stepped.stack();
        stack.clock().pass(time.duration_since(stack.clock().now()));
        let before = stack.used();
        stack.run("remind").await.unwrap();
        *calls = (stack.used() - before).calls;
        stepped.settle().await.unwrap();
    }
    f64::from(calls[1]) - Figures::shipped().unwrap().measured.calls_a_remind
}

#[tokio::test(flavor = "multi_thread")]
async fn a_practices_day_takes_what_is_reckoned_with() {
    // Nothing moves by itself, or the schedule's other runs would be counted. There are no anchors.
    let mut stepped = Stepped::build(monday()).await.unwrap();
    let kingswinford = "kingswinford".parse().unwrap();
    let night = SignedDuration::from_mins(3 * 60 + 17) + remind::turn(&kingswinford);
    // The first night has last week's sample to draw.
    a_run_at(&mut stepped, night).await;
    let a_day = a_run_at(&mut stepped, night).await;
    let practices = stepped.stack().practices().await.unwrap().len();
    let mut a_digest = 0.0_f64;
    // On Friday there is one where nothing waits.
    for _ in 0..7 {
        let calls = a_run_at(&mut stepped, SignedDuration::from_hours(8)).await;
        a_digest = a_digest.max(calls);
    }
    let a_digest = a_digest / f64::from(u32::try_from(practices).unwrap());

    let Figures { measured, .. } = Figures::shipped().unwrap();
    let figures = [
        ("calls_a_day", measured.calls_a_day, a_day),
        ("calls_a_digest", measured.calls_a_digest, a_digest),
    ];
    let off: Vec<String> = figures.into_iter().filter_map(off).collect();
    assert!(off.is_empty(), "{off:#?}");
}

/// Returns what the run of some used that used least: the first may have something to note, and the
/// schedule may set another going meanwhile.
async fn a_run(stack: &Stack, function: &str) -> Used {
    let mut least: Option<Used> = None;
    for _ in 0..5 {
        let before = stack.used();
        stack.run(function).await.unwrap();
        let used = stack.used() - before;
        least = least
            .filter(|least| least.calls <= used.calls)
            .or(Some(used));
    }
    least.unwrap()
}

/// The page and the words of each kind of post that comes by itself. The words are short, as those of
/// most comments are.
const POSTS: [(&str, &str); 4] = [
    ("clean", "Are the flu clinics on Saturday as well?"),
    ("hidden", "The receptionist is a fat useless bitch"),
    (
        "complaint",
        "I want to make a formal complaint about how I was spoken to at reception on Monday.",
    ),
    ("danger", "I can't go on. Tonight is the night."),
];
const KINGSWINFORD: &str = "100000000000001";
const ROXBOURNE: &str = "100000000000003";
const PRIVACY: &str = "My neighbour Sheila Bowcott has been in there every week for her depression";

/// A stack in which nothing moves by itself, and what was used when the measuring began.
struct Measured {
    stepped: Stepped,
    before: (Used, usize, usize),
}

impl Measured {
    async fn start() -> Self {
        let stepped = Stepped::build(monday()).await.unwrap();
        let before = Self::so_far(stepped.stack());
        Measured { stepped, before }
    }

    fn so_far(stack: &Stack) -> (Used, usize, usize) {
        (
            stack.used(),
            stack.graph().calls(),
            stack.outbox().taken().len(),
        )
    }

    fn stack(&self) -> &Stack {
        self.stepped.stack()
    }

    fn begin(&mut self) {
        self.before = Self::so_far(self.stack());
    }

    /// Returns what was taken since the measuring began.
    fn taken(&self) -> Taken {
        let (used, calls, notices) = Self::so_far(self.stack());
        let (used, notices) = (
            used - self.before.0,
            &self.stack().outbox().taken()[self.before.2..notices],
        );
        let emails = notices.iter().filter(|sent| sent.to.way == Way::Email);
        let emails = u32::try_from(emails.count()).unwrap();
        Taken {
            writes: used.writes,
            reads: used.reads,
            calls: used.calls,
            runs: used.runs,
            platform_calls: u32::try_from(calls - self.before.1).unwrap(),
            emails,
            texts: u32::try_from(notices.len()).unwrap() - emails,
        }
    }

    /// Somebody writes a comment, and everything comes of it that comes by itself.
    async fn write(&mut self, page: &str, id: &str, author: &str, words: &str) {
        let body = comment(page, id, author, words);
        self.stack().graph().learn(&body).unwrap();
        let status = self.stack().sender().deliver(&body).await.unwrap();
        assert_eq!(status, 200);
        self.stepped.settle().await.unwrap();
    }

    /// Opens a page of the console, or sends a form of it, and returns the page.
    async fn page(&self, path: &str, cookie: &str, form: Option<&[(&str, &str)]>) -> String {
        let encoded = |text: &str| {
            let byte = |byte: u8| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            };
            text.bytes().map(byte).collect::<String>()
        };
        let field = |(name, value): &(&str, &str)| format!("{}={}", encoded(name), encoded(value));
        let body = form.map(|form| form.iter().map(field).collect::<Vec<_>>().join("&"));
        let method = if form.is_some() { "POST" } else { "GET" };
        let event = json!({
            "version": "2.0", "routeKey": "ANY /{proxy+}", "rawPath": path, "rawQueryString": "",
            "cookies": [format!("pagewarden={cookie}")],
            "headers": {
                "host": "pages.example", "origin": "https://pages.example",
                "sec-fetch-site": "same-origin", "x-forwarded-proto": "https",
                "content-type": "application/x-www-form-urlencoded",
            },
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": "pages.example",
                "domainPrefix": "pages", "requestId": "r", "routeKey": "ANY /{proxy+}",
                "stage": "$default", "time": "20/Nov/2026:10:00:00 +0000", "timeEpoch": 0,
                "http": { "method": method, "path": path, "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1", "userAgent": "a browser" },
            },
            "body": body, "isBase64Encoded": false,
        });
        let answer = self.stack().invoke("console", event).await.unwrap();
        let status = answer["statusCode"].as_u64();
        assert!(
            matches!(status, Some(200 | 303)),
            "{path}: {status:?} {}",
            answer["body"]
        );
        answer["body"].as_str().unwrap_or_default().to_owned()
    }

    /// Hides a comment at Roxbourne, and has its author told. Returns the reference in the message.
    async fn told(&mut self, id: &str, author: &str) -> String {
        self.write(ROXBOURNE, id, author, PRIVACY).await;
        let post = at_roxbourne(id);
        let (stack, manager) = (self.stack(), "Imran".to_owned());
        let manager = Person {
            name: manager,
            role: Role::PracticeManager,
        };
        let history = stack.ledger().history(&post).await.unwrap().unwrap();
        let asks = |task: &&pagewarden_ledger::TaskRecord| task.draft_visible.is_some();
        let task = history.tasks.iter().find(asks).unwrap();
        stack
            .ledger()
            .choose(
                &post,
                &task.id,
                &manager,
                Choice::AskAuthor,
                stack.clock().now(),
            )
            .await
            .unwrap();
        self.stepped.settle().await.unwrap();
        let message = self.stack().graph().journal().into_iter().rev();
        let message = message.filter_map(|entry| match entry {
            Entry::Replied {
                private: true,
                words,
                ..
            } => Some(words),
            _ => None,
        });
        let message = message.into_iter().next().unwrap();
        let (_, reference) = message.rsplit_once("Your reference is ").unwrap();
        reference.trim_end_matches('.').to_owned()
    }

    /// An author asks for another look, and somebody who had not decided shows the post again. Both
    /// read the pages that lead there; the decider had signed in before.
    async fn appeal(&mut self, id: &str, reference: &str) {
        let now = self.stack().clock().now();
        let session = Session {
            issuer: "https://issuer.example".to_owned(),
            subject: "chidi".to_owned(),
            email: Some("chidi.obi@roxbourne.example".to_owned()),
            practice: Some("roxbourne".parse().unwrap()),
            signed_in_at: now,
            seen_at: now,
            shown_at: Some(now),
            kept: None,
        };
        self.stack()
            .ledger()
            .open_session(id, &session)
            .await
            .unwrap();
        self.begin();
        let page = "/look-again/roxbourne";
        self.page(page, "", None).await;
        let words = "We live together and she asked me to write it.";
        let asked = [
            ("reference", reference),
            ("reason", "about-me"),
            ("words", words),
            ("leave_empty", ""),
        ];
        self.page(page, "", Some(&asked)).await;
        self.stepped.settle().await.unwrap();
        self.page("/today", id, None).await;
        let case = format!("/case/facebook/{id}");
        let shown = self.page(&case, id, None).await;
        let (before, _) = shown
            .split_once(">Its author is right: show it again")
            .unwrap();
        let (_, answer) = before.rsplit_once("name=\"answer\" value=\"").unwrap();
        let answer = answer.split_once('"').unwrap().0;
        let granted = [
            ("answer", answer),
            ("note", "She has told us that she agrees."),
        ];
        self.page(&case, id, Some(&granted)).await;
        self.stepped.settle().await.unwrap();
        let answered = format!("{page}/answer");
        let answered = self
            .page(&answered, "", Some(&[("reference", reference)]))
            .await;
        assert!(answered.contains("you were right"), "{answered}");
    }
}

fn at_roxbourne(id: &str) -> PostKey {
    PostKey {
        practice: "roxbourne".parse().unwrap(),
        platform: Platform::Facebook,
        id: id.to_owned(),
    }
}

/// Returns what each kind of post takes, once everything is at hand that a function keeps: each is
/// played on two days, and the second counts.
async fn each_kind() -> Vec<(&'static str, Taken)> {
    let mut measured = Measured::start().await;
    let mut kinds = Vec::new();
    for day in 0..2 {
        kinds.clear();
        for (n, (kind, words)) in POSTS.into_iter().enumerate() {
            let (id, author) = (format!("1_{day}{n}"), format!("50000000000000{day}{n}"));
            measured.begin();
            measured.write(KINGSWINFORD, &id, &author, words).await;
            kinds.push((kind, measured.taken()));
        }
        let (id, author) = (format!("3_{day}"), format!("5000000000000{day}99"));
        let reference = measured.told(&id, &author).await;
        measured.appeal(&id, &reference).await;
        kinds.push(("appeal", measured.taken()));
        measured
            .stack()
            .clock()
            .pass(SignedDuration::from_hours(24));
    }
    kinds
}

/// Returns the figures as the table that the documentation shows.
fn table(kinds: &[(&str, Taken)]) -> String {
    let mut table = "| kind | write units | read units | calls of the table | runs of functions | calls of the platform \
                     | e-mails | text messages |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for (kind, taken) in kinds {
        let Taken {
            writes,
            reads,
            calls,
            runs,
            platform_calls,
            emails,
            texts,
        } = taken;
        writeln!(
            table,
            "| {kind} | {writes} | {reads} | {calls} | {runs} | {platform_calls} | {emails} | {texts} |"
        )
        .unwrap();
    }
    table
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn each_kind_of_post_takes_what_the_bill_is_made_of() {
    let found = each_kind().await;
    let printed = table(&found);
    println!("{printed}");
    assert_eq!(
        printed,
        table(&Figures::shipped().unwrap().posts.named()),
        "what is measured, and what infra/cli/prices.toml says"
    );
    assert!(
        include_str!("../../docs/limits.md").contains(&printed),
        "docs/limits.md shows another table than this:\n{printed}"
    );
}
