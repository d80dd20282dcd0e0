//! What keeps a practice from going live.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use pagewarden_rules::{Policy, Role};
use serde::Serialize;

use crate::check::{is_contact, is_link};
use crate::{Settings, Templates, Variable};

/// Something that must be settled before the machine may act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Blocker {
    /// The clause, or the key of the settings, that it is about.
    pub about: String,
    /// What is missing or wrong, in plain words.
    pub what: String,
    /// What to do.
    pub todo: String,
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}.", self.about, self.what, self.todo)
    }
}

/// Templates that every practice may need, whatever its policy says.
const BUILT_IN: [&str; 4] = [
    "public.safeguarding",
    "public.urgent_signpost",
    "public.signpost_routine_contact",
    "public.house_rules",
];

/// Returns what keeps a practice from going live, in the order in which to settle it.
///
/// `confirmed` are the ids of the ways to reach people that those people have confirmed, as the
/// table has them; a file alone shows none.
#[must_use]
pub fn blockers(
    policy: &Policy,
    settings: &Settings,
    templates: &Templates,
    confirmed: &BTreeSet<String>,
) -> Vec<Blocker> {
    let mut blockers = gaps(policy, settings);
    blockers.extend(bad_links(policy, settings));
    blockers.extend(missing_links(policy, settings, templates));
    blockers.extend(nobody(policy, settings));
    blockers.extend(
        PAGED
            .into_iter()
            .filter_map(|role| unreachable(role, settings, confirmed)),
    );
    blockers
}

/// Who is alerted to danger; without them nobody is.
const PAGED: [Role; 2] = [Role::SafeguardingLead, Role::PracticeManager];

/// Says why nobody with a role can be paged, if that is so: an address counts only once its owner
/// has confirmed that messages arrive there.
fn unreachable(role: Role, settings: &Settings, confirmed: &BTreeSet<String>) -> Option<Blocker> {
    let mut with_role = settings
        .people
        .iter()
        .filter(|person| person.roles.contains(&role))
        .peekable();
    let who = role.name().replace('_', " ");
    let (what, todo) = if with_role.peek().is_none() {
        (
            format!("no {who} is named"),
            format!("Name somebody in the settings under people with roles = [\"{role}\"]"),
        )
    } else {
        let ways: Vec<String> = with_role
            .flat_map(|person| person.ways().map(|(_, id)| id))
            .collect();
        if ways.iter().any(|way| confirmed.contains(way)) {
            return None;
        }
        if ways.is_empty() {
            (
                format!("there is no way to reach a {who}"),
                "Write their email or mobile in the settings under people".into(),
            )
        } else {
            let todo = "Publish these settings in shadow, send a code with `pagewarden people test`, and let each of them \
                        type theirs with `pagewarden people confirm`";
            (
                format!("no {who} has confirmed that messages reach them"),
                todo.to_owned(),
            )
        }
    };
    Some(Blocker {
        about: "people".to_owned(),
        what: format!("nobody can be paged: {what}"),
        todo,
    })
}

/// What the published text itself leaves open.
fn gaps(policy: &Policy, settings: &Settings) -> Vec<Blocker> {
    let links = settings.links_over(&policy.links);
    let settled = |id: &str| {
        settings
            .settled
            .get(id)
            .is_some_and(|words| !words.trim().is_empty())
    };
    let mut gaps = Vec::new();
    for clause in policy.clauses.iter().filter(|clause| !settled(&clause.id)) {
        if let Some(placeholder) = &clause.placeholder {
            gaps.push(Blocker {
                about: clause.id.clone(),
                what: format!(
                    "the published sentence still holds its template's words \"{placeholder}\""
                ),
                todo: format!(
                    "Decide what it is to say, and write it in the settings under settled.{}",
                    clause.id
                ),
            });
        }
        if let Some(link) = &clause.broken_link
            && links.official_review.is_empty()
        {
            gaps.push(Blocker {
                about: clause.id.clone(),
                what: format!("the published link is \"{link}\" and leads nowhere"),
                todo: "Supply the address in the settings under links.official_review, and correct the page".to_owned(),
            });
        }
    }
    gaps
}

fn bad_links(policy: &Policy, settings: &Settings) -> Vec<Blocker> {
    let links = settings.links_over(&policy.links);
    let pages = [
        ("complaints", &links.complaints),
        ("official_review", &links.official_review),
        ("policy_page", &links.policy_page),
        ("law_guidance", &links.law_guidance),
    ];
    let contacts = [
        ("contact_public", &links.contact_public),
        ("challenge", &links.challenge),
    ];
    let pages = pages
        .into_iter()
        .filter(|(_, link)| !link.is_empty() && !is_link(link));
    let contacts = contacts
        .into_iter()
        .filter(|(_, contact)| !contact.is_empty() && !is_contact(contact));
    let bad = |(key, _): (&str, &String)| Blocker {
        about: format!("links.{key}"),
        what: "it is no address that can be given to anybody".to_owned(),
        todo: "Write an address that begins with https://".to_owned(),
    };
    pages.chain(contacts).map(bad).collect()
}

/// What the templates in use need and nobody has supplied, each once, with all that need it.
fn missing_links(policy: &Policy, settings: &Settings, templates: &Templates) -> Vec<Blocker> {
    let links = settings.links_over(&policy.links);
    let mut needed: BTreeMap<Variable, Vec<String>> = BTreeMap::new();
    let by_clause = policy
        .clauses
        .iter()
        .filter_map(|c| Some((c.template.as_deref()?, format!("{} with ", c.id))));
    let mut unknown = Vec::new();
    for (template, clause) in by_clause.chain(BUILT_IN.map(|name| (name, String::new()))) {
        let Some(variables) = templates.get(template) else {
            unknown.push(Blocker {
                about: template.to_owned(),
                what: "there is no such template".to_owned(),
                todo: "Write it in templates.toml, or name another".to_owned(),
            });
            continue;
        };
        for variable in variables {
            let users = needed.entry(variable).or_default();
            let user = format!("{clause}{template}");
            if !users.contains(&user) {
                users.push(user);
            }
        }
    }
    let missing = needed.into_iter().filter_map(|(variable, users)| {
        let (key, what, link) = variable.link(&links)?;
        link.trim().is_empty().then(|| Blocker {
            about: format!("links.{key}"),
            what: format!(
                "there is no {what}, and these templates need one: {}",
                users.join(", ")
            ),
            todo: format!("Write it in the settings under links.{key}"),
        })
    });
    unknown.into_iter().chain(missing).collect()
}

/// Who must be there before the machine may act.
fn nobody(policy: &Policy, settings: &Settings) -> Vec<Blocker> {
    let mut blockers = Vec::new();
    if settings.channels.is_empty() {
        blockers.push(Blocker {
            about: "channels".to_owned(),
            what: "none of the practice's accounts is connected".to_owned(),
            todo: "Connect one, and write it in the settings under channels".to_owned(),
        });
    }
    let mut need = |role: Role, what: String| {
        if !settings.has(role) {
            let todo =
                format!("Name somebody in the settings under people with roles = [\"{role}\"]");
            blockers.push(Blocker {
                about: "people".to_owned(),
                what,
                todo,
            });
        }
    };
    // Without the others nobody can be paged, which is said beside this.
    let mut named = BTreeSet::from(PAGED);
    for clause in &policy.clauses {
        if let Some(role) = clause.delete_role.filter(|role| named.insert(*role)) {
            need(
                role,
                format!(
                    "{} leaves deleting to one role alone, which nobody has",
                    clause.id
                ),
            );
        }
    }
    blockers
}
