//! The people that a practice's settings name.

use pagewarden_ledger::{Act, Grounds, Identity, Ledger, Person as Decider, Session, may};
use pagewarden_policies::{Person, Settings};
use pagewarden_rules::{PracticeId, Role};

use crate::Problem;

/// Somebody at a practice whose settings name them.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) practice: PracticeId,
    pub(crate) settings: Settings,
    /// The version of the policy in force.
    pub(crate) policy: u32,
    /// How often a policy or settings were put in force: what follows from both is the same for one
    /// edition.
    pub(crate) edition: u32,
    pub(crate) person: Person,
}

impl Member {
    /// Returns the name of the practice, as people know it.
    pub(crate) fn practice_name(&self) -> &str {
        let name = self.settings.roster.practice.trim();
        if name.is_empty() {
            self.practice.as_str()
        } else {
            name
        }
    }

    /// Returns the person once for each of their roles, as the record names who decides.
    pub(crate) fn roles(&self) -> Vec<Decider> {
        let name = &self.person.name;
        self.person
            .roles
            .iter()
            .map(|role| Decider {
                name: name.clone(),
                role: *role,
            })
            .collect()
    }

    /// Returns everybody whom the settings name, once for each of their roles.
    pub(crate) fn everybody(&self) -> Vec<Decider> {
        let people = self.settings.people.iter();
        people
            .flat_map(|one| {
                one.roles.iter().map(|role| Decider {
                    name: one.name.clone(),
                    role: *role,
                })
            })
            .collect()
    }

    /// Returns the person in the first of their roles that may do something to the practice as a
    /// whole.
    pub(crate) fn who_may(&self, act: &Act<'_>) -> Option<Decider> {
        self.first_who_may(self.roles(), act)
    }

    /// Returns the same as a manager, if they are one and may: of two who agree, one has to be.
    pub(crate) fn who_may_as_manager(&self, act: &Act<'_>) -> Option<Decider> {
        let mut roles = self.roles();
        roles.sort_by_key(|person| person.role != Role::PracticeManager);
        self.first_who_may(roles, act)
    }

    fn first_who_may(&self, roles: Vec<Decider>, act: &Act<'_>) -> Option<Decider> {
        let grounds = Grounds::of_practice(self.practice.clone(), self.everybody());
        roles
            .into_iter()
            .find(|person| may(person, act, &grounds).is_ok())
    }

    /// Returns `true` if they may write something down for the record: in the staff log, about an
    /// account, or about a complaint.
    pub(crate) fn may_write_down(&self) -> bool {
        self.who_may(&Act::WriteDown).is_some()
    }

    /// Returns `true` if they may see what was written on the practice's pages. Who only runs the
    /// system does not.
    pub(crate) fn may_read(&self) -> bool {
        self.person.roles.iter().any(|role| *role != Role::Deployer)
    }
}

/// Returns the practices that may name somebody, in order. Their settings decide.
pub(crate) async fn practices_naming(
    ledger: &Ledger,
    session: &Session,
) -> Result<Vec<PracticeId>, Problem> {
    let mut practices = ledger
        .practices_naming(Identity::Subject(&session.subject))
        .await?;
    if let Some(email) = &session.email {
        practices.extend(ledger.practices_naming(Identity::Email(email)).await?);
    }
    practices.sort();
    practices.dedup();
    Ok(practices)
}

/// Returns who a session is at a practice by the settings in force; none where they do not name
/// them.
pub(crate) async fn member(
    ledger: &Ledger,
    session: &Session,
    practice: &PracticeId,
) -> Result<Option<Member>, Problem> {
    let Some(record) = ledger.practice(practice).await? else {
        return Ok(None);
    };
    let settings: Settings = serde_json::from_str(&record.settings).map_err(|_| {
        tracing::error!(%practice, "the settings of a practice do not read");
        Problem::Broken
    })?;
    let person = named(&settings, session).cloned();
    Ok(person.map(|person| Member {
        practice: practice.clone(),
        settings,
        policy: record.policy,
        edition: record.edition,
        person,
    }))
}

/// Returns who a session is at each of these practices that names them.
pub(crate) async fn members(
    ledger: &Ledger,
    session: &Session,
    practices: &[PracticeId],
) -> Result<Vec<Member>, Problem> {
    let mut members = Vec::new();
    for practice in practices {
        members.extend(member(ledger, session, practice).await?);
    }
    Ok(members)
}

/// By the issuer's own id, or by an address that it has verified, whatever its capitals. There is
/// one issuer, so an id is one person's.
fn named<'a>(settings: &'a Settings, session: &Session) -> Option<&'a Person> {
    let email = session.email.as_deref().unwrap_or_default();
    let by_subject =
        |person: &&Person| !session.subject.is_empty() && person.subject == session.subject;
    let by_email = |person: &&Person| !email.is_empty() && person.email.eq_ignore_ascii_case(email);
    settings
        .people
        .iter()
        .find(by_subject)
        .or_else(|| settings.people.iter().find(by_email))
}
