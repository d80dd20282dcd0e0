//! The demonstration's practices: their settings and secrets, invented, with nothing left open.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use pagewarden_fakes::issuer::{self, Account};
use pagewarden_fakes::{graph, x};
use pagewarden_ledger::{Ledger, PolicyRecord, Rotating};
use pagewarden_policies::{Settings, demo_settings, shipped};
use pagewarden_rules::{Channel, Platform, PracticeId};
use serde_json::json;

/// The app secret with which the fake platform signs its deliveries.
pub const APP_SECRET: &str = "demo-app-secret";
/// The token that the fake platform is to show in its handshake.
pub const VERIFY_TOKEN: &str = "demo-verify-token";
/// The refresh token that the fake Google wants.
pub const REFRESH_TOKEN: &str = "demo-refresh-token";

/// The consumer secret with which the fake X signs its deliveries.
pub const X_CONSUMER_SECRET: &str = "demo-x-consumer-secret";

/// The user who may moderate the fake website, and the id that user has there.
pub const WEBSITE_USER: (u64, &str) = (2, "pagewarden");
/// That user's application password.
pub const WEBSITE_PASSWORD: &str = "demo-website-password";

/// Returns every practice's settings.
pub fn settings() -> Result<BTreeMap<PracticeId, Settings>> {
    demo_settings().context("demo.toml does not read")
}

/// Returns an account at the issuer for everybody that a practice's settings name, in the order of
/// the practices.
pub fn accounts() -> Result<Vec<Account>> {
    let mut accounts: Vec<Account> = Vec::new();
    for settings in settings()?.into_values() {
        let practice = &settings.roster.practice;
        for person in settings
            .people
            .into_iter()
            .filter(|person| !person.email.is_empty())
        {
            let roles: Vec<String> = person
                .roles
                .iter()
                .map(|role| role.to_string().replace('_', " "))
                .collect();
            let known_as = format!("{} at {practice}", roles.join(" and "));
            match accounts
                .iter_mut()
                .find(|account| account.email == person.email)
            {
                Some(account) => account.known_as = format!("{}; {known_as}", account.known_as),
                None => accounts.push(Account {
                    subject: format!("demo-{}", accounts.len() + 1),
                    name: person.name,
                    email: person.email,
                    known_as,
                }),
            }
        }
    }
    Ok(accounts)
}

/// Returns the practices' accounts on X.
pub fn x_accounts() -> Result<Vec<String>> {
    let channels = settings()?
        .into_values()
        .flat_map(|settings| settings.channels);
    Ok(channels
        .filter(|channel| channel.platform == Platform::X)
        .map(|channel| channel.account)
        .collect())
}

/// Returns the practices' pages on Facebook, each with the practice's account on Instagram.
pub fn pages() -> Result<Vec<graph::Page>> {
    let on = |settings: &Settings, platform| {
        settings
            .channels
            .iter()
            .find(|channel| channel.platform == platform)
            .map(|channel| channel.account.clone())
    };
    let page = |settings: &Settings| {
        Some(graph::Page {
            id: on(settings, Platform::Facebook)?,
            instagram: on(settings, Platform::Instagram),
        })
    };
    Ok(settings()?.values().filter_map(page).collect())
}

/// Returns the locations at Google, each with its title.
pub fn locations() -> Result<Vec<(String, String)>> {
    let mut locations = Vec::new();
    for (practice, settings) in settings()? {
        let here = settings.channels.iter();
        let here = here.filter(|channel| channel.platform == Platform::Google);
        locations.extend(here.map(|channel| (channel.account.clone(), practice.to_string())));
    }
    Ok(locations)
}

/// Returns the secrets that the functions need on the fake platforms, of which the website is at
/// this address.
pub fn secrets(website_url: &str) -> Result<Vec<(String, String)>> {
    let app =
        json!({ "app_id": graph::APP_ID, "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN });
    let x_app = json!({ "consumer_secret": X_CONSUMER_SECRET });
    let mut secrets = vec![
        ("facebook/app".to_owned(), app.to_string()),
        ("x/app".to_owned(), x_app.to_string()),
    ];
    // By which people agree at X and at Google that a channel is connected.
    let client = json!({ "client_id": "demo", "client_secret": "demo" });
    for name in ["x/client", "google/client"] {
        secrets.push((name.to_owned(), client.to_string()));
    }
    let console = json!({ "client_secret": issuer::CLIENT_SECRET });
    secrets.push(("console/client".to_owned(), console.to_string()));
    let pages = pages()?;
    for settings in settings()?.values() {
        for channel in &settings.channels {
            let name = format!("channel/{}/{}", channel.platform, channel.account);
            let account = &channel.account;
            let secret = match channel.platform {
                Platform::Facebook => page_secret(account),
                // What is done on Instagram is done with the token of the page to which the
                // account is connected.
                Platform::Instagram => {
                    let connected = |page: &&graph::Page| page.instagram.as_ref() == Some(account);
                    let page = pages.iter().find(connected);
                    page_secret(page.map_or(account, |page| &page.id))
                }
                Platform::X => client_secret(&x::first_token(account)),
                Platform::Google => client_secret(REFRESH_TOKEN),
                Platform::Website => website_secret(website_url),
                Platform::StaffLog => continue,
            };
            secrets.push((name, secret));
        }
    }
    Ok(secrets)
}

/// Returns the secret of a page on Facebook, as the fake gives its token.
#[must_use]
pub fn page_secret(page: &str) -> String {
    json!({ "token": graph::first_token(page) }).to_string()
}

/// Returns the secret of a consent at Google or X, which begins with a refresh token.
#[must_use]
pub fn client_secret(refresh_token: &str) -> String {
    json!({ "refresh_token": refresh_token, "client_id": "demo", "client_secret": "demo" })
        .to_string()
}

/// Returns the secret of a website that is at this address.
#[must_use]
pub fn website_secret(url: &str) -> String {
    json!({ "url": url, "user": WEBSITE_USER.1, "application_password": WEBSITE_PASSWORD })
        .to_string()
}

/// Puts those of the five practices in the table that are not there, in `live`. One that is there
/// stays as it is: its policy and its settings may have been changed since.
pub async fn bootstrap(ledger: &Ledger, now: Timestamp) -> Result<()> {
    let settings = settings()?;
    for (id, toml, published) in shipped() {
        let id: PracticeId = id.parse()?;
        let settings = settings
            .get(&id)
            .with_context(|| format!("demo.toml has no settings for {id}"))?;
        let policy = PolicyRecord {
            version: 0,
            toml: (*toml).to_owned(),
            published: (*published).to_owned(),
            at: now,
            by: "demo:deployer".to_owned(),
        };
        if ledger.practice(&id).await?.is_none() {
            let json = serde_json::to_string(settings)?;
            ledger
                .publish(&id, None, &policy, &json, &settings.channels)
                .await?;
            // The demonstration's people have confirmed that messages reach them, or nobody could
            // be paged.
            for person in &settings.people {
                for (way, way_id) in person.ways() {
                    ledger
                        .note_confirmed(&id, &person.name, way.name(), &way_id, now)
                        .await?;
                }
            }
        }
        for channel in settings
            .channels
            .iter()
            .filter(|channel| channel.platform == Platform::X)
        {
            if ledger.practice_of(channel).await?.as_ref() == Some(&id) {
                connect_x(ledger, &id, channel, now).await?;
            }
        }
    }
    Ok(())
}

/// Puts the tokens of a practice's consent at X in the table, unless there are some.
///
/// A process that is killed while it renews them has lost them, for X gives them once; then a
/// person connects the account again. In a demonstration nobody would, so it begins with an access
/// token and renews it when its two hours are up.
async fn connect_x(
    ledger: &Ledger,
    practice: &PracticeId,
    channel: &Channel,
    now: Timestamp,
) -> Result<()> {
    let seen = ledger.access(practice, channel).await?;
    if seen.tokens.is_some() {
        return Ok(());
    }
    let refresh = x::first_token(&channel.account);
    let tokens = Rotating {
        access: x::first_access(&channel.account),
        began_with: Rotating::chain_from(&refresh),
        refresh,
        usable_until: now + SignedDuration::from_hours(2),
        scope: Some(x::SCOPES.join(" ")),
    };
    ledger
        .lease_access(practice, channel, &seen, now, now)
        .await?;
    ledger
        .renew_access(practice, channel, &seen, &tokens)
        .await?;
    Ok(())
}
