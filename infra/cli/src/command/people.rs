//! `people`: whether messages reach a practice's people.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use pagewarden_ledger::{Ledger, Person};
use pagewarden_policies::{Person as Named, Settings};
use pagewarden_present::text::plain;
use pagewarden_rules::PracticeId;

use crate::command::record::{TableAt, known, now};

async fn settings(ledger: &Ledger, practice: &PracticeId) -> Result<Settings> {
    known(ledger, practice).await?;
    let record = ledger
        .practice(practice)
        .await?
        .context("the practice is gone")?;
    serde_json::from_str(&record.settings).context("the settings in the table do not read")
}

/// Has a code sent to each person of a practice by each way, and says who has confirmed which.
pub async fn test(practice: &PracticeId, table: &TableAt) -> Result<ExitCode> {
    let opened = table.open().await?;
    let ledger = opened.ledger();
    let people = settings(ledger, practice).await?.people;
    let confirmed = ledger.confirmed_ways(practice).await?;
    for person in &people {
        let mut told = Vec::new();
        for (way, id) in person.ways() {
            let asked = ledger
                .ask_for_code(practice, &person.name, way.name(), &id, now())
                .await?;
            let about = match (asked, confirmed.contains(&id)) {
                (false, _) => " (one was sent less than a minute ago)",
                (true, true) => " (confirmed before)",
                (true, false) => "",
            };
            told.push(format!("{way}{about}"));
        }
        let told = if told.is_empty() {
            "no e-mail address and no mobile number".to_owned()
        } else {
            told.join(", ")
        };
        say!("{}: {told}", plain(&person.name));
    }
    say!(
        "A code is on its way to each, within a minute. Whoever has one runs: pagewarden people confirm {practice} --as \
         NAME:ROLE CODE"
    );
    Ok(ExitCode::SUCCESS)
}

/// Confirms that a message reached somebody, by the code in it.
pub async fn confirm(
    practice: &PracticeId,
    person: &Person,
    code: &str,
    table: &TableAt,
) -> Result<ExitCode> {
    let opened = table.open().await?;
    let ledger = opened.ledger();
    let people = settings(ledger, practice).await?.people;
    let ways: Vec<_> = people
        .iter()
        .filter(|known| known.name == person.name)
        .flat_map(Named::ways)
        .collect();
    if code.trim().len() != 6 || !code.trim().bytes().all(|b| b.is_ascii_digit()) {
        bail!("a code is six digits, as in the message");
    }
    let ids: Vec<(String, String)> = ways
        .iter()
        .map(|(way, id)| (way.name().to_owned(), id.clone()))
        .collect();
    let confirmed = ledger
        .confirm_way(practice, person, &ids, code, now())
        .await?;
    let way = ways
        .iter()
        .find(|(_, id)| *id == confirmed)
        .map_or("this way", |(way, _)| way.name());
    say!("{}: messages reach them by {way}", plain(&person.name));
    Ok(ExitCode::SUCCESS)
}
