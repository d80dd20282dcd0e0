//! A plain browser without script: it keeps cookies, fills in forms, follows redirects one at a
//! time, and says of each form which page sent it, as browsers do.

use std::collections::{BTreeMap, BTreeSet};

use pagewarden_local::stack::Stack;
use reqwest::header::{self, HeaderMap};
use reqwest::{Client, Method, StatusCode, redirect};

/// How often it is sent on before it gives up.
const MOST_REDIRECTS: usize = 10;

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
    /// The address that answered.
    pub url: String,
}

impl Answer {
    /// Returns a header, or nothing where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Returns the value of the field of this name in the page's forms.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        let (_, rest) = self.body.split_once(&format!("name=\"{name}\" value=\""))?;
        let (value, _) = rest.split_once('"')?;
        Some(
            value
                .replace("&quot;", "\"")
                .replace("&#34;", "\"")
                .replace("&#38;", "&")
                .replace("&amp;", "&"),
        )
    }

    /// Returns the title of the page without the product's name.
    #[must_use]
    pub fn title(&self) -> &str {
        let title = self
            .body
            .split_once("<title>")
            .and_then(|(_, rest)| rest.split_once("</title>"));
        title.map_or("", |(title, _)| title.trim_end_matches(" – Pagewarden"))
    }
}

/// The browser.
#[derive(Clone, Debug)]
pub struct Browser {
    http: Client,
    console: String,
    /// By origin and name: a browser sends a site's cookies to that site alone.
    cookies: BTreeMap<(String, String), String>,
    seen: BTreeSet<String>,
}

impl Browser {
    /// Opens a browser that knows where the console of a stack is.
    #[must_use]
    pub fn new(stack: &Stack) -> Self {
        Self::at(stack.console_url())
    }

    /// Opens a browser in which somebody is signed in.
    ///
    /// # Panics
    ///
    /// When they do not get in.
    pub async fn signed_in(stack: &Stack, email: &str) -> Self {
        let mut browser = Self::new(stack);
        let page = browser.sign_in(stack, "/today", email).await;
        assert_eq!(page.status.as_u16(), 200, "{email}: {}", page.title());
        browser
    }

    /// Opens a browser that knows where a console is.
    ///
    /// # Panics
    ///
    /// When there is no HTTP client to be had.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without a client has failed")]
    pub fn at(console: &str) -> Self {
        // Refused only where it was chosen before, which is as good.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .build()
            .expect("a client can be made");
        Browser {
            http,
            console: console.to_owned(),
            cookies: BTreeMap::new(),
            seen: BTreeSet::new(),
        }
    }

    /// Returns every cookie, code, state and nonce that went through it, none of which may be in a
    /// log.
    #[must_use]
    pub const fn secrets(&self) -> &BTreeSet<String> {
        &self.seen
    }

    /// Returns the cookie of this name at the console, if it is there.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies
            .get(&(origin(&self.console), name.to_owned()))
            .map(String::as_str)
    }

    /// Puts a cookie at the console, as whoever has stolen one would.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies
            .insert((origin(&self.console), name.to_owned()), value.to_owned());
    }

    /// Asks for an address, of the console where it is a path, and is sent nowhere.
    pub async fn get(&mut self, address: &str) -> Answer {
        self.send(Method::GET, address, None, &[]).await
    }

    /// Posts a form of the console's own page, and is sent nowhere.
    pub async fn post(&mut self, address: &str, form: &[(&str, &str)]) -> Answer {
        let origin = origin(&self.whole(address));
        self.send(
            Method::POST,
            address,
            Some(form),
            &[("origin", &origin), ("sec-fetch-site", "same-origin")],
        )
        .await
    }

    /// Asks for an address, and goes on wherever it is sent.
    pub async fn open(&mut self, address: &str) -> Answer {
        let answer = self.get(address).await;
        self.follow(answer).await
    }

    /// Goes on wherever an answer sends it.
    ///
    /// # Panics
    ///
    /// When it is sent in a circle.
    pub async fn follow(&mut self, mut answer: Answer) -> Answer {
        for _ in 0..MOST_REDIRECTS {
            if !answer.status.is_redirection() {
                return answer;
            }
            let to = answer.header("location").to_owned();
            let to = if to.starts_with('/') {
                format!("{}{to}", origin(&answer.url))
            } else {
                to
            };
            answer = self.get(&to).await;
        }
        panic!("sent in a circle: {answer:?}")
    }

    /// Opens a page of the console, presses "Sign in" there, and stops at the issuer's page.
    ///
    /// # Panics
    ///
    /// When there is no such button.
    #[expect(clippy::expect_used, reason = "a test that finds no form has failed")]
    pub async fn to_issuer(&mut self, page: &str) -> Answer {
        let page = self.open(page).await;
        let next = page.field("next").expect("a page on which to sign in");
        let sent = self.post("/signin", &[("next", &next)]).await;
        self.follow(sent).await
    }

    /// Picks somebody on the issuer's page by their e-mail address, and stops before it is sent
    /// back to the console.
    ///
    /// # Panics
    ///
    /// When the issuer does not know them.
    #[expect(clippy::expect_used, reason = "a test that finds no form has failed")]
    pub async fn pick(&mut self, stack: &Stack, page: &Answer, email: &str) -> Answer {
        let account = stack
            .issuer()
            .accounts()
            .iter()
            .find(|account| account.email == email);
        let subject = &account.expect("the issuer knows them").subject;
        let names = [
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method",
        ];
        let again = ["prompt", "max_age"]
            .into_iter()
            .filter_map(|name| Some((name, page.field(name)?)))
            .collect::<Vec<_>>();
        let asked = names.map(|name| {
            (
                name,
                page.field(name)
                    .expect("the issuer passes on what it was asked for"),
            )
        });
        self.seen.extend(
            asked
                .iter()
                .filter(|(name, _)| matches!(*name, "state" | "nonce"))
                .map(|(_, v)| v.clone()),
        );
        let mut form: Vec<(&str, &str)> = asked
            .iter()
            .chain(&again)
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        form.push(("subject", subject));
        let action = format!("{}/authorize", origin(&page.url));
        let answer = self.post(&action, &form).await;
        if let Some((_, code)) = answer.header("location").split_once("code=") {
            self.seen
                .insert(code.split('&').next().unwrap_or_default().to_owned());
        }
        answer
    }

    /// Signs in from a page of the console, and returns where that ends.
    pub async fn sign_in(&mut self, stack: &Stack, page: &str, email: &str) -> Answer {
        let at_issuer = self.to_issuer(page).await;
        let back = self.pick(stack, &at_issuer, email).await;
        self.follow(back).await
    }

    /// Sends a request with these headers beside the cookies, and is sent nowhere.
    ///
    /// # Panics
    ///
    /// When nothing answers.
    #[expect(clippy::expect_used, reason = "a test without an answer has failed")]
    pub async fn send(
        &mut self,
        method: Method,
        address: &str,
        form: Option<&[(&str, &str)]>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let url = self.whole(address);
        let site = origin(&url);
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .filter(|((at, _), _)| *at == site)
            .map(|((_, name), v)| format!("{name}={v}"))
            .collect();
        let mut request = self.http.request(method, &url);
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(form) = form {
            let mut body = String::new();
            for (name, value) in form {
                body.extend([
                    if body.is_empty() { "" } else { "&" },
                    name,
                    "=",
                    &encoded(value),
                ]);
            }
            request = request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body);
        }
        let answer = request.send().await.expect("it answers");
        let (status, headers) = (answer.status(), answer.headers().clone());
        for set in headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().expect("a cookie is text");
            let (pair, attributes) = set.split_once(';').unwrap_or((set, ""));
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            let key = (site.clone(), name.to_owned());
            if value.is_empty() || attributes.contains("Max-Age=0") {
                self.cookies.remove(&key);
            } else {
                self.seen.insert(value.to_owned());
                self.cookies.insert(key, value.to_owned());
            }
        }
        let body = answer.text().await.expect("the answer is text");
        Answer {
            status,
            headers,
            body,
            url,
        }
    }

    fn whole(&self, address: &str) -> String {
        if address.starts_with('/') {
            format!("{}{address}", self.console)
        } else {
            address.to_owned()
        }
    }
}

fn origin(url: &str) -> String {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..]
        .find('/')
        .map_or(url, |end| &url[..host + end])
        .to_owned()
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
    }
    out
}
