//! The cookies: the session's, that of an attempt to sign in, and that of one to connect an account.

use axum::http::{HeaderMap, HeaderValue, header};
use jiff::SignedDuration;
use pagewarden_ledger::SIGN_IN_WITHIN;

/// How long somebody has to agree that an account is connected, signing in once more included.
pub(crate) const CONNECT_WITHIN: SignedDuration = SignedDuration::from_mins(25);

/// A cookie by its plain name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// Holds the secret of a session. It goes when the browser is closed, which is what people
    /// expect of a computer that others use as well; until then the table says how long it is good.
    Session,
    /// Holds the secret of an attempt to sign in.
    SignIn,
    /// Holds the secret of an attempt to connect an account.
    Connect,
}

impl Cookie {
    /// Over TLS the prefix makes the browser hold us to the attributes below, and refuse the cookie
    /// from any other host of the domain. On a laptop, without TLS, browsers differ about such
    /// cookies on 127.0.0.1 (Safari refuses them), so the plain name is used there.
    const fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Cookie::Session, true) => "__Host-pagewarden",
            (Cookie::Session, false) => "pagewarden",
            (Cookie::SignIn, true) => "__Host-pagewarden-signin",
            (Cookie::SignIn, false) => "pagewarden-signin",
            (Cookie::Connect, true) => "__Host-pagewarden-connect",
            (Cookie::Connect, false) => "pagewarden-connect",
        }
    }

    /// Returns what the browser sent under this name.
    pub(crate) fn read(self, headers: &HeaderMap, secure: bool) -> Option<&str> {
        let all = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok());
        let pairs = all
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        pairs
            .filter(|(name, _)| *name == self.name(secure))
            .map(|(_, value)| value)
            .next()
    }

    /// Returns the header that sets it. A secret is letters, digits, `-` and `_`; anything else
    /// sets nothing.
    pub(crate) fn set(self, secret: &str, secure: bool) -> Option<HeaderValue> {
        let lasts = match self {
            Cookie::Session => String::new(),
            Cookie::SignIn => format!("; Max-Age={}", SIGN_IN_WITHIN.as_secs()),
            Cookie::Connect => format!("; Max-Age={}", CONNECT_WITHIN.as_secs()),
        };
        self.header(secret, &lasts, secure)
    }

    /// Returns the header that takes it from the browser.
    pub(crate) fn clear(self, secure: bool) -> Option<HeaderValue> {
        self.header("", "; Max-Age=0", secure)
    }

    fn header(self, value: &str, lasts: &str, secure: bool) -> Option<HeaderValue> {
        // Lax: with Strict, somebody who follows the link in a notice would come without their
        // session.
        let tls = if secure { "; Secure" } else { "" };
        HeaderValue::from_str(&format!(
            "{}={value}; Path=/; HttpOnly; SameSite=Lax{tls}{lasts}",
            self.name(secure)
        ))
        .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_over_tls_has_the_prefix_and_one_on_a_laptop_has_not() {
        let set = |secure| {
            Cookie::Session
                .set("abc", secure)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(
            set(true),
            "__Host-pagewarden=abc; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(set(false), "pagewarden=abc; Path=/; HttpOnly; SameSite=Lax");
        let cleared = Cookie::SignIn.clear(true).unwrap();
        assert_eq!(
            cleared,
            "__Host-pagewarden-signin=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0"
        );
    }

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=1; pagewarden=evil;__Host-pagewarden=good"),
        );
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("pagewarden-signin=other"),
        );
        assert_eq!(Cookie::Session.read(&headers, true), Some("good"));
        assert_eq!(Cookie::Session.read(&headers, false), Some("evil"));
        assert_eq!(Cookie::SignIn.read(&headers, false), Some("other"));
        assert_eq!(Cookie::SignIn.read(&headers, true), None);
    }
}
