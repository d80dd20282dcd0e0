//! Whom a practice's settings name.

use pagewarden_ledger::{Ledger, LedgerError, Session};
use pagewarden_rules::{PracticeId, Role};
use serde::Deserialize;

/// Somebody whom a practice's settings name, with all that they are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) roles: Vec<Role>,
}

#[derive(Deserialize)]
struct People {
    #[serde(default)]
    people: Vec<Person>,
}

#[derive(Deserialize)]
struct Person {
    name: String,
    #[serde(default)]
    role: Option<Role>,
    #[serde(default)]
    roles: Vec<Role>,
    #[serde(default)]
    email: Option<String>,
}

/// Returns who a session is at a practice, by its settings; none where they do not name them.
pub(crate) fn people_of(settings: &str, session: &Session) -> Option<Named> {
    let People { people } = serde_json::from_str(settings).ok()?;
    let email = session.email.as_deref()?;
    let mut named: Option<Named> = None;
    for person in
        people.into_iter().filter(|person| person.email.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(email)))
    {
        let named = named.get_or_insert_with(|| Named { name: person.name, roles: Vec::new() });
        named.roles.extend(person.roles.into_iter().chain(person.role));
    }
    named
}

/// Returns the practices that name somebody.
pub(crate) async fn practices_of(ledger: &Ledger, session: &Session) -> Result<Vec<PracticeId>, LedgerError> {
    let mut ids: Vec<PracticeId> = ledger.channels().await?.into_iter().map(|(_, id)| id).collect();
    ids.sort();
    ids.dedup();
    let mut found = Vec::new();
    for id in ids {
        if let Some(record) = ledger.practice(&id).await?
            && people_of(&record.settings, session).is_some()
        {
            found.push(id);
        }
    }
    Ok(found)
}
