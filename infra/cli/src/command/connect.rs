//! `connect`: somebody agrees in a platform's own pages, and the channel's secret is stored and
//! checked.
//!
//! Until everything is granted and the account is known to be the practice's, nothing is stored.
//! Neither a code nor a secret is ever printed.

mod listen;

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use pagewarden_connect::{Asker, Connected, NotConnected};
use pagewarden_platforms::Secret;
use pagewarden_platforms::connect::{Agreed, Consent, Flow, Offer, Returned};
use pagewarden_platforms::website::Screen;
use pagewarden_present::text::plain;
use pagewarden_rules::{Channel, Platform, PracticeId};

use super::channel::{asker, checked};
use super::record::known;
use listen::Listener;

/// How long somebody has to agree.
const PATIENCE: Duration = Duration::from_mins(15);

/// What is to be connected, and how.
#[derive(Clone, Debug, Args)]
pub struct Connect {
    /// `facebook`, `instagram`, `x`, `google` or `website`.
    pub platform: Platform,
    /// The practice.
    #[arg(long)]
    pub practice: PracticeId,
    /// The account, as the settings name it. Without it the account that they name already is
    /// taken, or you are asked.
    #[arg(long)]
    pub account: Option<String>,
    /// The website's address, such as `https://www.practice.example`.
    #[arg(long, value_name = "URL", required_if_eq("platform", "website"))]
    pub site: Option<String>,
    /// Type the website's user and password instead of having them sent back: for WordPress before
    /// 7.0.
    #[arg(long)]
    pub paste: bool,
    /// The port of this machine to which the browser is sent back. The address that it makes,
    /// http://127.0.0.1:PORT/connect, has to be registered at X and at Google.
    #[arg(long, default_value_t = 8737)]
    pub port: u16,
    /// Where the browser is sent back to instead, such as the console's page `/connected`. You paste
    /// the address that it ends up at.
    #[arg(long, value_name = "URL", conflicts_with = "port")]
    pub back_to: Option<String>,
}

/// Who is talked with: a person at a terminal, or a test.
pub trait Talk {
    /// Says a line.
    fn say(&mut self, line: &str);

    /// Returns where the browser is to be sent back to.
    fn back_to(&self) -> String;

    /// Waits until the browser comes back, and returns what it brought.
    fn returned(&mut self) -> impl Future<Output = Result<Returned>> + Send;

    /// Asks for a line.
    fn ask(&mut self, question: &str) -> Result<String>;

    /// Asks for a line that is not shown.
    fn ask_hidden(&mut self, question: &str) -> Result<Secret>;
}

/// Connects an account, as somebody at a terminal asked for it.
pub async fn run(wanted: &Connect) -> Result<ExitCode> {
    let asker = asker()?;
    let mut terminal = Terminal::open(wanted).await?;
    let ready = connect(&asker, wanted, &mut terminal).await?;
    Ok(if ready {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Connects an account: agree, choose, look, store, check. Returns whether the check found it
/// ready. An error means that nothing was stored.
pub async fn connect(asker: &Asker, wanted: &Connect, talk: &mut impl Talk) -> Result<bool> {
    let practice = &wanted.practice;
    known(asker.ledger(), practice).await?;
    let (consent, offers) = agreed(asker, wanted, talk).await?;
    let named = named(asker, wanted).await?;
    let offer = chosen(offers, wanted, &named, talk)?;
    let connected = asker
        .connect(practice, wanted.platform, (&consent, &offer))
        .await?;
    let Connected { channel, is_known } = &connected;
    let name = plain(&offer.name);
    talk.say(&format!(
        "connected {} {} {name}",
        channel.platform, channel.account
    ));
    talk.say(&format!("stored as {}", asker.secrets().name_of(channel)));
    let (ready, line) = checked(asker, channel, practice).await;
    talk.say(&line);
    if *is_known {
        talk.say(
            "it is in the settings already: what waits for it goes on within a quarter of an hour",
        );
    } else {
        talk.say("add this to the practice's settings, and publish them with `pagewarden policy publish`:");
        let Channel { platform, account } = channel;
        talk.say(&format!(
            "[[channels]]\nplatform = \"{platform}\"\naccount = \"{account}\""
        ));
    }
    Ok(ready)
}

/// Has somebody agree, and returns what can be connected then.
async fn agreed(
    asker: &Asker,
    wanted: &Connect,
    talk: &mut impl Talk,
) -> Result<(Consent, Vec<Offer>)> {
    let consent = match asker.consent(wanted.platform).await? {
        Some(consent) => consent,
        None if wanted.platform == Platform::Website => {
            let site = wanted
                .site
                .as_deref()
                .context("name the website: --site URL")?;
            let screen = asker.screen(site, wanted.account.as_deref())?;
            if wanted.paste {
                let offer = pasted(&screen, talk)?;
                return Ok((Consent::Website(screen), vec![offer]));
            }
            // The password itself comes back, which is for nobody's page but this machine's.
            if wanted.back_to.is_some() {
                bail!(
                    "a website's password is not sent to another page: write --paste instead of --back-to"
                );
            }
            Consent::Website(screen)
        }
        None => bail!("the staff log is no platform: there is nothing to connect"),
    };
    let flow = Flow::begin(&talk.back_to())?;
    talk.say("open this address in a browser in which whoever runs the account is signed in, and agree there:");
    talk.say(&consent.address(&flow));
    let returned = talk.returned().await?;
    let offers = async {
        let agreed: Agreed = flow.end(returned)?;
        consent.offers(&agreed).await
    };
    let offers = offers.await.map_err(NotConnected::from)?;
    Ok((consent, offers))
}

/// Has somebody type what the website shows.
fn pasted(screen: &Screen, talk: &mut impl Talk) -> Result<Offer> {
    talk.say("open this address in a browser in which the user for Pagewarden is signed in, and approve there:");
    talk.say(&screen.address_to_copy_from());
    let user = talk.ask("the user's name: ")?;
    let password = talk.ask_hidden("the password that the website shows: ")?;
    Ok(screen.offer(user.trim(), &Secret::new(password.expose().trim())))
}

/// Returns the accounts that the practice's settings name on this platform.
async fn named(asker: &Asker, wanted: &Connect) -> Result<Vec<String>> {
    let channels = asker.ledger().channels().await?.into_iter();
    let here = channels.filter(|(channel, owner)| {
        channel.platform == wanted.platform && *owner == wanted.practice
    });
    Ok(here.map(|(channel, _)| channel.account).collect())
}

/// Returns the account that is meant: the one that was named, by the command or by the settings, or
/// the one that is picked.
fn chosen(
    mut offers: Vec<Offer>,
    wanted: &Connect,
    named: &[String],
    talk: &mut impl Talk,
) -> Result<Offer> {
    let meant: Vec<String> = wanted.account.iter().cloned().collect();
    let meant = if meant.is_empty() { named } else { &meant };
    let is_meant = |offer: &Offer| meant.is_empty() || meant.contains(&offer.account);
    if !offers.iter().any(is_meant) {
        let list: Vec<String> = offers.iter().map(shown).collect();
        bail!(
            "what was agreed to is for {}, and not for {}: sign in as who runs that, or name another with --account. \
             Nothing was stored",
            list.join(", "),
            meant.join(" or ")
        );
    }
    offers.retain(is_meant);
    if offers.len() > 1 {
        for (nth, offer) in offers.iter().enumerate() {
            talk.say(&format!("{:>3}  {}", nth + 1, shown(offer)));
        }
        let answer = talk.ask("which one? its number: ")?;
        let nth = answer.trim().parse::<usize>().ok();
        let nth = nth.and_then(|nth| nth.checked_sub(1));
        let nth = nth.filter(|nth| *nth < offers.len());
        let nth = nth.context(
            "that is none of the numbers: run the command again, or name the account with --account. Nothing was stored",
        )?;
        return Ok(offers.swap_remove(nth));
    }
    offers.pop().context("there is nothing to connect")
}

fn shown(offer: &Offer) -> String {
    format!("{} {}", plain(&offer.account), plain(&offer.name))
}

/// A person at a terminal.
struct Terminal {
    back_to: String,
    /// None where the person pastes what the browser brought back.
    listener: Option<Listener>,
}

impl Terminal {
    async fn open(wanted: &Connect) -> Result<Self> {
        if let Some(back_to) = &wanted.back_to {
            if !back_to.starts_with("https://") {
                bail!("--back-to has to begin with https://");
            }
            return Ok(Terminal {
                back_to: back_to.clone(),
                listener: None,
            });
        }
        if wanted.paste {
            return Ok(Terminal {
                back_to: String::new(),
                listener: None,
            });
        }
        let listener = Listener::open(wanted.port).await?;
        Ok(Terminal {
            back_to: listener.address(),
            listener: Some(listener),
        })
    }
}

impl Talk for Terminal {
    fn say(&mut self, line: &str) {
        say!("{line}");
    }

    fn back_to(&self) -> String {
        self.back_to.clone()
    }

    async fn returned(&mut self) -> Result<Returned> {
        let Some(listener) = self.listener.take() else {
            let pasted = self.ask("paste the whole address of the page that you end up at: ")?;
            return Ok(Returned::of(pasted.trim()));
        };
        let returned = tokio::time::timeout(PATIENCE, listener.returned()).await;
        returned
            .context("nobody agreed within 15 minutes: run the command again. Nothing was stored")?
    }

    fn ask(&mut self, question: &str) -> Result<String> {
        crate::command::print_remark(format_args!("{question}"));
        io::stderr().flush()?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            bail!("nothing was typed: nothing was stored");
        }
        Ok(line)
    }

    fn ask_hidden(&mut self, question: &str) -> Result<Secret> {
        if io::stdin().is_terminal() {
            return Ok(Secret::from(rpassword::prompt_password(question)?));
        }
        Ok(Secret::from(self.ask(question)?))
    }
}
