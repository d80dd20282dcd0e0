//! Connecting a WordPress site: somebody who signs in there approves an application password, which
//! comes back in the address that the browser is sent to.
//!
//! Source: `wp-admin/authorize-application.php` and `wp_is_authorize_application_redirect_url_valid`
//! of WordPress. Without an address to return to, the screen shows the password for somebody to
//! copy. Before WordPress 7.0 it takes no `http` address to return to, not even this machine's.

use reqwest::Url;
use serde_json::json;

use super::login::Root;
use super::{Login, Website};
use crate::Secret;
use crate::calls::{CallError, Http, encode};
use crate::connect::{Agreed, ConnectError, Flow, Offer};

/// What the password is called in the user's profile.
const NAME: &str = "Pagewarden";

/// The screen on which an application password is approved.
#[derive(Clone, Debug)]
pub struct Screen {
    http: Http,
    site: Url,
    account: String,
}

impl Screen {
    /// Makes ready to connect the site at this address, which the practice's settings call by
    /// `account`, or else by its host. An address to which a password would go in the clear is
    /// refused.
    pub fn new(http: Http, site: &str, account: Option<&str>) -> Result<Self, ConnectError> {
        Root::parse(site)?;
        let bad = CallError::NotSent("the website's address does not read as one");
        let site = Url::parse(site.trim()).map_err(|_| bad.clone())?;
        let host = site.host_str().ok_or(bad)?;
        let account = account.unwrap_or(host).to_owned();
        Ok(Screen {
            http,
            site,
            account,
        })
    }

    /// Returns the address of the screen. WordPress keeps what stands in the addresses to return to
    /// and adds to it, so they carry the state.
    pub(crate) fn address(&self, flow: &Flow) -> String {
        let (back_to, state) = (flow.back_to(), flow.state());
        let approved = format!("{back_to}?{}", encode(&[("state", &state)]));
        let rejected = encode(&[("state", &state), ("error", "access_denied")]);
        let rejected = format!("{back_to}?{rejected}");
        self.screen(&[("success_url", &approved), ("reject_url", &rejected)])
    }

    /// Returns the address of the screen that shows the password instead of sending it back.
    #[must_use]
    pub fn address_to_copy_from(&self) -> String {
        self.screen(&[])
    }

    fn screen(&self, more: &[(&str, &str)]) -> String {
        let mut query = vec![("app_name", NAME)];
        query.extend_from_slice(more);
        // A site without permalinks is known by where its API is: `https://site/?rest_route=/`.
        let mut site = self.site.clone();
        site.set_query(None);
        let site = site.as_str().trim_end_matches("index.php");
        let site = site.trim_end_matches('/');
        format!(
            "{site}/wp-admin/authorize-application.php?{}",
            encode(&query)
        )
    }

    /// Reads who signs in from what came back.
    pub(crate) fn offers(&self, agreed: &Agreed) -> Result<Vec<Offer>, ConnectError> {
        let of = |name: &str| agreed.returned.get(name).ok_or(ConnectError::Empty);
        let from = Url::parse(of("site_url")?).map_err(|_| ConnectError::Empty)?;
        if from.host_str() != self.site.host_str() {
            return Err(ConnectError::Another(
                "the password came from another website: run the command again with --site as the browser shows it after \
                 signing in"
                    .to_owned(),
            ));
        }
        let password = Secret::new(of("password")?);
        Ok(vec![self.offer(of("user_login")?, &password)])
    }

    /// Returns the site with the login of this user.
    #[must_use]
    pub fn offer(&self, user: &str, password: &Secret) -> Offer {
        let url = self.site.as_str();
        let url = match self.site.query() {
            Some(_) => url,
            None => url.trim_end_matches('/'),
        };
        let secret = json!({ "url": url, "user": user, "application_password": password.expose() });
        Offer {
            account: self.account.clone(),
            name: self.site.host_str().unwrap_or_default().to_owned(),
            secret: Secret::from(secret.to_string()),
            token: None,
        }
    }

    /// Signs in, and looks whether the user may moderate comments.
    pub(crate) async fn look(&self, offer: &Offer) -> Result<(), ConnectError> {
        let login: Login =
            serde_json::from_str(offer.secret.expose()).map_err(|_| ConnectError::Empty)?;
        let website = Website::new(self.http.clone(), &self.account, &login)?;
        website.own_user().await?;
        website.comments(1).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::Timeouts;
    use crate::connect::Returned;

    fn screen(site: &str) -> Result<Screen, ConnectError> {
        Screen::new(Http::new(Timeouts::default()).unwrap(), site, None)
    }

    #[test]
    fn the_screen_sends_the_state_back_with_either_answer() {
        let flow = Flow::begin("http://127.0.0.1:8737/connect").unwrap();
        let screen = screen("https://oakfield.example/blog/").unwrap();
        let address = screen.address(&flow);
        let path =
            "https://oakfield.example/blog/wp-admin/authorize-application.php?app_name=Pagewarden";
        assert!(address.starts_with(path), "{address}");
        let asked = Returned::of(&address);
        let (yes, no) = (
            Returned::of(asked.get("success_url").unwrap()),
            Returned::of(asked.get("reject_url").unwrap()),
        );
        let state = flow.state();
        assert_eq!(yes.get("state"), Some(state.as_str()));
        assert_eq!(yes.get("error"), None);
        assert_eq!(no.get("state"), Some(state.as_str()));
        assert!(matches!(flow.end(no), Err(ConnectError::Denied)));
        assert_eq!(screen.address_to_copy_from(), path);
    }

    /// What was stored for a site is what it is connected by again.
    #[test]
    fn a_site_without_permalinks_is_connected_again() {
        for (stored, root) in [
            (
                "https://oakfield.example/?rest_route=/",
                "https://oakfield.example",
            ),
            (
                "https://oakfield.example/blog/index.php?rest_route=/",
                "https://oakfield.example/blog",
            ),
        ] {
            let screen = screen(stored).unwrap();
            let address = screen.address_to_copy_from();
            let path = format!("{root}/wp-admin/authorize-application.php?");
            assert!(address.starts_with(&path), "{address}");
            let offer = screen.offer("pw", &Secret::new("a b"));
            let login: Login = serde_json::from_str(offer.secret.expose()).unwrap();
            assert_eq!(login.url, stored);
            assert!(Website::new(screen.http.clone(), "oakfield.example", &login).is_ok());
        }
    }

    #[test]
    fn a_password_comes_from_the_site_that_was_asked_and_over_https() {
        for clear in [
            "http://oakfield.example",
            "ftp://oakfield.example",
            "oakfield",
        ] {
            assert!(screen(clear).is_err(), "{clear}");
        }
        let screen = screen("https://oakfield.example").unwrap();
        let back = |site: &str| {
            let flow = Flow::begin("http://127.0.0.1:1/").unwrap();
            let state = flow.state();
            let query = format!("state={state}&site_url={site}&user_login=pw&password=a+b");
            screen.offers(&flow.end(Returned::of(&query)).unwrap())
        };
        let offer = &back("https%3A%2F%2Foakfield.example").unwrap()[0];
        assert_eq!(offer.account, "oakfield.example");
        let secret = "{\"application_password\":\"a b\",\"url\":\"https://oakfield.example\",\"user\":\"pw\"}";
        assert_eq!(offer.secret.expose(), secret);
        assert!(matches!(
            back("https%3A%2F%2Fevil.example"),
            Err(ConnectError::Another(_))
        ));
    }
}
