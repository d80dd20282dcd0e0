//! Broken forms, addresses and cookies: whatever comes to the console, it answers with a page that
//! says what to do, and never fails.
//!
//! The forms and addresses are those of its own pages, changed as old tabs, mail programs and
//! whoever means ill change them. `PAGEWARDEN_FORMS=100000` sends more of each than the tests do,
//! and `PAGEWARDEN_FORMS_SEED=7` others.

use std::collections::BTreeSet;
use std::env;

use fastrand::Rng;
use pagewarden_local::stack::Stack;
use pagewarden_tests::browser::{Answer, Browser};
use pagewarden_tests::replayed;
use reqwest::Method;

const GAIL: &str = "gail@kingswinford.example";
const SESSION: &str = "pagewarden";

/// Requests of each kind, unless more are asked for.
const SENT: usize = 60;

/// Pages on which forms and addresses are looked for.
const MOST_PAGES: usize = 60;

/// What is put into a field or an address.
const ODD: [&str; 11] = [
    "",
    " ",
    "\r\n",
    "\0",
    "\u{202e}x",
    "\"><script>",
    "-1",
    "99999999999999999999",
    "2026-13-45",
    "../../people",
    "1; drop",
];

/// The same for what is sent as it stands: bytes that are no text, and escapes that are none.
const RAW: [&str; 6] = ["%FF%FE", "%zz", "%", "&&==&", "=", "%00"];

/// A form of a page: where it is posted, and its fields with what stands in them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Form {
    action: String,
    fields: Vec<(String, String)>,
}

/// What the pages lead to.
struct Found {
    addresses: Vec<String>,
    forms: Vec<Form>,
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_forms_addresses_and_cookies_are_answered() {
    let (stack, _) = replayed().await;
    let mut gail = Browser::signed_in(&stack, GAIL).await;
    let found = crawl(&mut gail).await;
    assert!(
        found.forms.len() > 15 && found.addresses.len() > 40,
        "{} forms and {} addresses were found",
        found.forms.len(),
        found.addresses.len()
    );
    let number = |name| env::var(name).ok().map(|number| number.parse().unwrap());
    let sent: usize = number("PAGEWARDEN_FORMS").unwrap_or(SENT);
    let mut chance = Rng::with_seed(number("PAGEWARDEN_FORMS_SEED").unwrap_or(1) as u64);
    for nth in 0..sent {
        let form = broken_form(&found.forms, &mut chance);
        let fields: Vec<(&str, &str)> = form.fields.iter().map(|(k, v)| (&**k, &**v)).collect();
        let answer = gail.post(&form.action, &fields).await;
        says_what_to_do(&answer, &format!("form {nth}: {form:?}"));
        let address = broken_address(&found.addresses, &mut chance);
        let answer = gail.get(&address).await;
        says_what_to_do(&answer, &format!("address {nth}: {address}"));
        let cookie = broken_cookie(gail.cookie(SESSION), &mut chance);
        let answer = with_cookie(&stack, &cookie).await;
        says_what_to_do(&answer, &format!("cookie {nth}: {cookie:?}"));
        assert_ne!(
            answer.status, 200,
            "a broken cookie is nobody's: {cookie:?}"
        );
        // Some of the forms sign her out.
        if gail.get("/today").await.status != 200 {
            gail = Browser::signed_in(&stack, GAIL).await;
        }
    }
}

/// Goes wherever the pages lead, and keeps their forms but the one to sign out.
async fn crawl(browser: &mut Browser) -> Found {
    let mut addresses = vec!["/today".to_owned()];
    let (mut known, mut forms) = (BTreeSet::new(), BTreeSet::new());
    let mut next = 0;
    while next < addresses.len().min(MOST_PAGES) {
        let page = browser.open(&addresses[next]).await;
        next += 1;
        forms.extend(forms_of(&page.body));
        for (href, _) in parts(&page.body, "href=\"", "\"") {
            let address = plain(href);
            if address.starts_with('/') && known.insert(address.clone()) {
                addresses.push(address);
            }
        }
    }
    forms.retain(|form| form.action != "/signout");
    Found {
        addresses,
        forms: forms.into_iter().collect(),
    }
}

/// Returns what stands between a beginning and the next end, and what follows, wherever it begins.
fn parts<'a>(text: &'a str, begin: &str, end: &str) -> Vec<(&'a str, &'a str)> {
    let behind = text.split(begin).skip(1);
    behind.filter_map(|rest| rest.split_once(end)).collect()
}

fn forms_of(page: &str) -> Vec<Form> {
    let forms = parts(page, "<form ", "</form>").into_iter();
    forms
        .filter_map(|(form, _)| {
            let (action, _) = *parts(form, "action=\"", "\"").first()?;
            let fields = parts(form, " name=\"", "\"")
                .into_iter()
                .map(|(name, rest)| {
                    let tag = rest.split('>').next().unwrap_or_default();
                    let value = parts(tag, "value=\"", "\"")
                        .first()
                        .map_or("", |(value, _)| *value);
                    (plain(name), plain(value))
                });
            Some(Form {
                action: plain(action),
                fields: fields.collect(),
            })
        })
        .collect()
}

/// Returns what HTML has written.
fn plain(html: &str) -> String {
    let quotes = html.replace("&quot;", "\"").replace("&#34;", "\"");
    let signs = quotes.replace("&#39;", "'").replace("&#38;", "&");
    signs.replace("&amp;", "&")
}

/// Returns one of the forms with one to three things wrong with it.
fn broken_form(forms: &[Form], chance: &mut Rng) -> Form {
    let mut form = forms[chance.usize(..forms.len())].clone();
    for _ in 0..chance.usize(1..4) {
        if form.fields.is_empty() {
            form.fields.push(("choice".to_owned(), "delete".to_owned()));
        }
        let at = chance.usize(..form.fields.len());
        let other = &forms[chance.usize(..forms.len())];
        match chance.u8(..9) {
            0 => drop(form.fields.remove(at)),
            1 => form.fields.push(form.fields[at].clone()),
            2 => ODD[chance.usize(..ODD.len())].clone_into(&mut form.fields[at].1),
            3 => form.fields[at].1 = "é".repeat(chance.usize(1..3_000)),
            // As it stands in the body, where a name is not encoded.
            4 => form.fields[at].0 = format!("{}={}&x", form.fields[at].0, raw(chance)),
            5 => ODD[chance.usize(..5)].clone_into(&mut form.fields[at].0),
            6 => form.action.clone_from(&other.action),
            7 => form.fields.extend(other.fields.clone()),
            _ => {
                let all: Vec<&String> = other.fields.iter().map(|(_, value)| value).collect();
                if let Some(value) = chance.choice(all) {
                    form.fields[at].1.clone_from(value);
                }
            }
        }
    }
    form
}

/// Returns one of the addresses with a part, or what it asks, changed.
fn broken_address(addresses: &[String], chance: &mut Rng) -> String {
    let address = &addresses[chance.usize(..addresses.len())];
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    let at = chance.usize(1..parts.len());
    match chance.u8(..6) {
        0 => raw(chance).clone_into(&mut parts[at]),
        1 => parts[at] = "9".repeat(chance.usize(1..2_000)),
        2 => parts.push(raw(chance).to_owned()),
        3 => drop(parts.remove(at)),
        4 => return format!("{path}?{query}&{}={}", raw(chance), raw(chance)),
        _ => return format!("{path}?after={}&name={}", raw(chance), raw(chance)),
    }
    format!("/{}?{query}", parts.join("/").trim_start_matches('/'))
}

/// Returns what holds no session: nearly the secret of one, or something else altogether.
fn broken_cookie(secret: Option<&str>, chance: &mut Rng) -> String {
    let secret = secret.unwrap_or("secret");
    match chance.u8(..5) {
        0 => secret[..chance.usize(..secret.len())].to_owned(),
        1 => format!("{secret}{}", raw(chance)),
        2 => secret.chars().rev().collect(),
        3 => "a".repeat(chance.usize(1..4_000)),
        _ => format!("{};{SESSION}={}", raw(chance), raw(chance)),
    }
}

fn raw(chance: &mut Rng) -> &'static str {
    RAW[chance.usize(..RAW.len())]
}

/// Asks for what waits with this cookie, which a browser would send as it is.
async fn with_cookie(stack: &Stack, cookie: &str) -> Answer {
    let sent = format!("{SESSION}={cookie}");
    let mut stranger = Browser::new(stack);
    stranger
        .send(Method::GET, "/today", None, &[("cookie", &sent)])
        .await
}

/// Checks that nothing failed, and that a page with a heading, or another address, is the answer.
fn says_what_to_do(answer: &Answer, what: &str) {
    let status = answer.status;
    assert!(!status.is_server_error(), "{status} for {what}");
    let leads_on = !answer.header("location").is_empty();
    let is_page = answer.body.contains("<h1") || !answer.header("content-type").contains("html");
    assert!(
        leads_on || is_page,
        "{status} and nothing to read for {what}"
    );
}
