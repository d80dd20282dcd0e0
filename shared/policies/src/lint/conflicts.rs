//! Where a policy is at odds with a platform, with the law or with itself.
//!
//! Every line is drawn from what the clauses say, never from their ids, so that a sixth practice is
//! told the same.

use std::fmt;

use pagewarden_rules::{
    Capability, Clause, Effect, Nation, Place, Platform, Policy, Praise, Says, Surface, Topic,
    capability,
};
use serde::Serialize;

use super::places_of;

/// Something that a policy promises and that does not come out as its words say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The clauses.
    pub clauses: Vec<String>,
    /// What the policy says.
    pub says: String,
    /// What happens here.
    pub here: String,
    /// Why.
    pub why: String,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {}", self.clauses.join(", "))?;
        writeln!(f, "    your policy says   {}", self.says)?;
        writeln!(f, "    what happens here  {}", self.here)?;
        write!(f, "    why                {}", self.why)
    }
}

pub(super) fn conflicts(policy: &Policy) -> Vec<Conflict> {
    let mut found = Vec::new();
    for clause in &policy.clauses {
        found.extend(with_platforms(policy, clause));
        found.extend(with_law(policy, clause));
    }
    for (nth, one) in policy.clauses.iter().enumerate() {
        for other in &policy.clauses[nth + 1..] {
            found.extend(between(policy, one, other));
        }
    }
    found
}

fn conflict(clauses: &[&Clause], says: &str, here: &str, why: impl Into<String>) -> Conflict {
    Conflict {
        clauses: clauses.iter().map(|clause| clause.id.clone()).collect(),
        says: says.to_owned(),
        here: here.to_owned(),
        why: why.into(),
    }
}

/// What is promised on a platform that cannot do it.
fn with_platforms(policy: &Policy, clause: &Clause) -> Vec<Conflict> {
    let mut found: Vec<Conflict> = Vec::new();
    if clause.says != Says::Will {
        return found;
    }
    let places = places_of(policy, clause);
    if clause.effects.contains(&Effect::Delete) {
        // Places that come to the same stand in one line.
        let mut alike: Vec<(&str, &str, Vec<String>)> = Vec::new();
        for (platform, surface) in &places {
            if let Capability::Cannot(why) = capability(*platform, *surface, Effect::Delete) {
                let here = instead_of_deleting(clause, *platform, *surface);
                let place = format!("{platform}/{surface}");
                match alike
                    .iter_mut()
                    .find(|(other, because, _)| (*other, *because) == (here, why))
                {
                    Some((_, _, places)) => places.push(place),
                    None => alike.push((here, why, vec![place])),
                }
            }
        }
        found.extend(alike.into_iter().map(|(here, why, places)| {
            conflict(
                &[clause],
                &format!("such posts will be deleted (on {})", places.join(", ")),
                here,
                why,
            )
        }));
    }
    let reported = |(platform, surface): &(Platform, Surface)| match capability(
        *platform,
        *surface,
        Effect::Report,
    ) {
        Capability::ByHand(why) => Some(why),
        Capability::Api | Capability::Record | Capability::Cannot(_) => None,
    };
    if clause.effects.contains(&Effect::Report)
        && let Some(why) = places.iter().find_map(reported)
    {
        let here = "a person is given the link, the words and the ground to paste, and is asked for the outcome";
        found.push(conflict(
            &[clause],
            "such posts will be reported",
            here,
            why,
        ));
    }
    found
}

fn instead_of_deleting(clause: &Clause, platform: Platform, surface: Surface) -> &'static str {
    let hides = clause.effects.contains(&Effect::Hide)
        && capability(platform, surface, Effect::Hide) == Capability::Api;
    let asks = !matches!(
        capability(platform, surface, Effect::AskAuthor),
        Capability::Cannot(_)
    );
    what_is_left(hides, asks)
}

/// Says what can be done where nothing deletes: whether it can be hidden, and its author asked.
const fn what_is_left(hides: bool, asks: bool) -> &'static str {
    match (hides, asks) {
        (true, true) => "it can be hidden, and a person asks the author",
        (true, false) => "it can be hidden; nobody can ask the author",
        (false, true) => "a person reports it, or asks the author",
        (false, false) => "a person reports it; nothing else can be done",
    }
}

/// What the law asks beside, or instead of, what the policy says.
fn with_law(policy: &Policy, clause: &Clause) -> Vec<Conflict> {
    let mut found = Vec::new();
    let on = |topic: Topic| clause.topics.contains(&topic);
    if on(Topic::Complaint) && clause.never.contains(&Effect::Acknowledge) {
        found.push(conflict(
            &[clause],
            "a complaint here will not be acknowledged",
            "nothing is said in public; a person decides within three working days whether it is a complaint, and any \
             private message tells how to complain",
            "complaints about NHS care must be acknowledged within three working days, and they may arrive in any way",
        ));
    }
    if on(Topic::Complaint) && clause.says == Says::Will && clause.effects.contains(&Effect::Delete)
    {
        found.push(conflict(
            &[clause],
            "a complaint here will be deleted",
            "it is kept as evidence first, hidden where the platform can, and deleted by a person after somebody \
             decided whether it is a complaint",
            "a complaint must not be lost by being taken down",
        ));
    }
    let old = |law: &str| clause.law_pack.iter().any(|named| named == law);
    let changed = policy.practice.nation != Nation::Scotland;
    if changed
        && (old("mca-1988") || old("ca-2003-s127"))
        && !clause.quote.contains("Online Safety Act")
    {
        found.push(conflict(
            &[clause],
            "threats and false information are offences under the Acts of 1988 and 2003",
            "the machine never calls a post an offence; the case names the law as it is now",
            "since 31 January 2024 they fall under sections 179 and 181 of the Online Safety Act 2023 in England, \
             Wales and Northern Ireland; grossly offensive words stay where they were",
        ));
    }
    if on(Topic::StaffIdentified) && clause.except.is_empty() && clause.praise != Praise::Allow {
        found.push(conflict(
            &[clause],
            "comments must not identify staff",
            "a name in thanks is left to a person, with the suggestion to leave it; any other naming waits for a person",
            "people may thank, and criticise, a named professional who is on a public register; to the letter the \
             clause forbids both, and it states no sanction",
        ));
    }
    if on(Topic::RecordingConsultation) {
        found.push(conflict(
            &[clause],
            "a recording of a consultation falls under a rule",
            "a person looks; nothing is hidden or asked by the machine",
            "patients may record their own consultation for their own use without asking; publishing what it tells \
             about others is another matter",
        ));
    }
    found
}

/// What two clauses say differently about the same post.
fn between(policy: &Policy, one: &Clause, other: &Clause) -> Vec<Conflict> {
    let mut found = Vec::new();
    let places = places_of(policy, one);
    let together = places_of(policy, other)
        .iter()
        .any(|place| places.contains(place));
    let shared = one.topics.iter().find(|topic| other.topics.contains(topic));
    for (a, b) in [(one, other), (other, one)] {
        let deletes = a.says == Says::Will && a.effects.contains(&Effect::Delete);
        if let Some(topic) = shared.filter(|_| together && deletes) {
            if matches!(b.says, Says::Reserves | Says::May) && b.effects.contains(&Effect::Delete) {
                found.push(conflict(
                    &[a, b],
                    &format!(
                        "one clause says {topic} posts will be deleted, the other that they may be"
                    ),
                    "a person decides once, under the first",
                    "both cannot be kept to the letter",
                ));
            }
            let asks = b.says == Says::Will
                && b.effects.contains(&Effect::AskAuthor)
                && !b.effects.contains(&Effect::Delete);
            if asks {
                found.push(conflict(
                    &[a, b],
                    &format!("one clause says {topic} posts will be deleted, the other that the author is asked to"),
                    "a person asks first, and deletes when the time to answer is over",
                    "what is deleted can no longer be taken down by its author",
                ));
            }
        }
        if together
            && shared.is_some()
            && a.effects.contains(&Effect::PublicReply)
            && b.no_public_reply
        {
            found.push(conflict(
                &[a, b],
                "one clause says that such posts are answered, the other that only formal complaints are",
                "a person may send the fixed reply, which discusses nothing",
                "the reply is promised, and anything more in public would breach confidentiality",
            ));
        }
        let permits = a.topics.contains(&Topic::StaffIdentifiable) && !a.except.is_empty();
        let forbids = b.topics.contains(&Topic::StaffIdentified)
            && b.except.is_empty()
            && b.place == Place::Any;
        if permits && forbids {
            found.push(conflict(
                &[a, b],
                "one clause lets staff be identified with their permission, the other never",
                "where the author says that they agreed, a person checks",
                "the permission is honoured, and written down",
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_author_who_can_be_asked_is_said_to_be() {
        for hides in [true, false] {
            assert!(what_is_left(hides, true).contains("asks the author"));
            assert!(!what_is_left(hides, false).contains("asks the author"));
        }
    }
}
