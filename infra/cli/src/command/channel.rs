//! `channel check`: what is missing before a channel works, asked of the platforms themselves.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use pagewarden_connect::{Asker, Checked};
use pagewarden_platforms::calls::{Http, Timeouts};
use pagewarden_rules::{Channel, Platform, PracticeId};
use pagewarden_runtime::Config;

use super::record::{known, now};

/// What to do where the environment is not that of the functions.
const ENVIRONMENT: &str = "this command reads the same environment as the functions: set AWS_REGION, PAGEWARDEN_TABLE and \
    PAGEWARDEN_SECRETS_PREFIX (for a deployed stack, its outputs TableName and SecretsPrefix)";

/// Who checks, as people of the practice read it.
const BY: &str = "whoever runs Pagewarden";

/// Asks about every channel of a practice, or of all, and prints what is missing.
pub async fn check(practice: Option<PracticeId>) -> Result<ExitCode> {
    let asker = asker()?;
    let ledger = asker.ledger();
    if let Some(practice) = &practice {
        known(ledger, practice).await?;
    }
    let mut channels = ledger.channels().await?;
    channels.retain(|(_, owner)| practice.as_ref().is_none_or(|practice| owner == practice));
    if channels.is_empty() {
        bail!(
            "no channel is connected: write it in the practice's settings under channels, and publish them"
        );
    }
    let mut ready = 0;
    for (channel, owner) in &channels {
        let (is_ready, line) = checked(&asker, channel, owner).await;
        ready += usize::from(is_ready);
        say!("{line}");
    }
    say!("{ready} of {} channels are ready", channels.len());
    Ok(if ready == channels.len() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Makes what asks from the environment of the functions.
pub(super) fn asker() -> Result<Asker> {
    let config = Config::from_env().context(ENVIRONMENT)?;
    Ok(Asker::of(&config, Http::new(Timeouts::default())?))
}

/// Checks one channel. Returns whether it is ready, and the line that says so.
pub(super) async fn checked(
    asker: &Asker,
    channel: &Channel,
    owner: &PracticeId,
) -> (bool, String) {
    let names = Platform::ALL.iter().map(|platform| platform.name().len());
    let width = names.max().unwrap_or_default();
    let place = format!(
        "{owner:<12} {:<width$} {:<40}",
        channel.platform, channel.account
    );
    let Checked { check, noted } = asker.check(channel, owner, BY, now()).await;
    let says = check.says.unwrap_or_default();
    let mut line = match (check.ready, says.is_empty()) {
        (true, true) => format!("{place} ready"),
        (true, false) => format!("{place} ready, but {says}"),
        (false, _) => format!("{place} NOT READY: {says}"),
    };
    if let Err(error) = noted {
        let lost = "this could not be noted for the people of";
        line = format!("{line}\n{place} {lost} {owner}: {error}");
    }
    (check.ready, line)
}
