//! The second step: what each engaged clause asks for, and who should do it. The fourth picks the
//! surest of what is left.

use super::engage::{Engaged, Engagement};
use super::rank::Rank;
use super::{MOST_IDS, Planned};
use crate::{By, Effect};

/// The order of acts. Evidence first; a deleted post cannot be reported; one private message goes
/// to a comment.
const ORDER: [Effect; 17] = [
    Effect::PageSafeguardingLead,
    Effect::PagePracticeManager,
    Effect::ComplaintClock,
    Effect::Case,
    Effect::Hide,
    Effect::PublicReply,
    Effect::SignpostRoutineContact,
    Effect::SignpostOfficialReview,
    Effect::AskAuthor,
    Effect::LegalAdvice,
    Effect::Ladder,
    Effect::Report,
    Effect::Moderate,
    Effect::Delete,
    Effect::Ban,
    Effect::Mute,
    Effect::LogIncident,
];

/// An effect that one clause, or the safe floor, asks for.
#[derive(Clone)]
pub(super) struct Proposal<'a> {
    pub(super) effect: Effect,
    pub(super) by: By,
    /// The clause; none where the safe floor itself asks.
    pub(super) engaged: Option<&'a Engaged<'a>>,
    /// Where it stands in the documented order: for the machine, by what it may act on alone.
    pub(super) rank: Rank,
    pub(super) why: String,
}

/// Returns everything that the engaged clauses and the safe floor ask for, before anything is taken
/// back.
pub(super) fn proposals<'a>(post: &'a Engagement<'a>) -> Vec<Proposal<'a>> {
    let mut proposals = Vec::new();
    for engaged in &post.clauses {
        // A page follows from danger alone, and evidence from whatever else is planned.
        let asked = ORDER.into_iter().filter(|effect| !effect.is_page());
        for effect in asked.filter(|effect| engaged.lists(*effect)) {
            let (by, why) = asked_of(engaged, effect);
            let rank = if by == By::Machine {
                engaged.automatic_rank()
            } else {
                None
            };
            let rank = rank.unwrap_or(engaged.rank);
            proposals.push(Proposal {
                effect,
                by,
                engaged: Some(engaged),
                rank,
                why: why.to_owned(),
            });
        }
    }
    let pages = |effect: &Effect| {
        post.dangers
            .iter()
            .any(|danger| danger.page() == Some(*effect))
    };
    for effect in ORDER.into_iter().filter(pages) {
        proposals.push(Proposal {
            effect,
            by: By::Machine,
            engaged: post
                .gravest_first()
                .into_iter()
                .find(|engaged| engaged.asks_for(effect)),
            rank: Rank::Danger,
            why: "somebody's safety comes before every other rule".to_owned(),
        });
    }
    proposals
}

/// Returns who should carry out an effect that a clause asks for, and why, as far as the clause and
/// its findings say.
fn asked_of(engaged: &Engaged<'_>, effect: Effect) -> (By, &'static str) {
    let clause = engaged.clause;
    let listed = clause.auto.contains(&effect) && effect.may_be_automatic();
    match effect {
        Effect::Hide if !listed => (By::Person, "the policy leaves hiding to a person"),
        Effect::Hide if !engaged.acts() => (By::Person, "not sure enough: a person looks first"),
        Effect::Hide if engaged.automatic_rank().is_none() => {
            (By::Person, "this needs facts or law: a person decides")
        }
        Effect::Hide => (
            By::Machine,
            "hiding is reversible, and the policy lists it for this",
        ),
        Effect::ComplaintClock => (
            By::Machine,
            "a complaint must never be lost: a person decides within three working days",
        ),
        Effect::Case => (By::Machine, "the policy asks for a person's judgement"),
        Effect::PublicReply if listed && engaged.public_words().is_some() && engaged.acts() => {
            (By::Machine, "a fixed template that the policy lists")
        }
        Effect::Delete => (By::Person, "deleting cannot be undone: a person confirms"),
        Effect::Ban | Effect::Mute => (By::Person, "a person decides, and may undo it"),
        Effect::Capture
        | Effect::Unhide
        | Effect::PublicReply
        | Effect::AskAuthor
        | Effect::Report
        | Effect::Moderate
        | Effect::PageSafeguardingLead
        | Effect::PagePracticeManager
        | Effect::LegalAdvice
        | Effect::Ladder
        | Effect::SignpostOfficialReview
        | Effect::SignpostRoutineContact
        | Effect::Acknowledge
        | Effect::LogIncident => (By::Person, "the safe floor leaves this to a person"),
    }
}

/// Returns the keeping of the evidence, which comes before any act.
pub(super) fn evidence(post: &Engagement<'_>) -> Planned {
    Planned {
        effect: Effect::Capture,
        by: By::Machine,
        clause: post
            .gravest_first()
            .iter()
            .find(|e| e.asks_for(Effect::Capture))
            .map(|e| e.clause.id.clone()),
        also: Vec::new(),
        template: None,
        why: "evidence is kept before anything else happens".to_owned(),
    }
}

/// Returns the plan: each effect once, in the order in which it must happen, as the surest of its
/// proposals has it. The machine's comes before a person's, then the gravest clause's. The other
/// clauses that asked stay with it.
pub(super) fn surest(proposals: &[Proposal<'_>]) -> Vec<Planned> {
    ORDER
        .into_iter()
        .filter_map(|effect| surest_of(effect, proposals))
        .collect()
}

fn surest_of(effect: Effect, proposals: &[Proposal<'_>]) -> Option<Planned> {
    let mut asking: Vec<&Proposal<'_>> = proposals
        .iter()
        .filter(|proposal| proposal.effect == effect)
        .collect();
    asking.sort_by(|a, b| {
        let ranks = (a.by, std::cmp::Reverse(a.rank)).cmp(&(b.by, std::cmp::Reverse(b.rank)));
        ranks.then_with(|| match (a.engaged, b.engaged) {
            (Some(a), Some(b)) => a.before(b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        })
    });
    let (first, others) = asking.split_first()?;
    let id = |proposal: &Proposal<'_>| proposal.engaged.map(|engaged| engaged.clause.id.clone());
    Some(Planned {
        effect,
        by: first.by,
        clause: id(first),
        also: others
            .iter()
            .filter_map(|other| id(other))
            .take(MOST_IDS)
            .collect(),
        template: first
            .engaged
            .and_then(|engaged| engaged.clause.template.clone()),
        why: first.why.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::engage::engage;
    use crate::decision::testing::{clause, finding, on_facebook, policy, reading};
    use crate::{Strength, Topic};

    #[test]
    fn the_surest_plan_wins_whatever_the_order_of_the_clauses() {
        let mut privacy = clause("A1", &[Topic::PatientIdentifiable], &[Effect::Hide]);
        privacy.auto = vec![Effect::Hide];
        let mut abuse = clause("A2", &[Topic::Obscene], &[Effect::Hide]);
        abuse.auto = vec![Effect::Hide];
        let reading = reading(&[
            finding(Topic::PatientIdentifiable, Strength::Possible),
            finding(Topic::Obscene, Strength::Certain),
        ]);
        let situation = on_facebook();
        for clauses in [vec![privacy.clone(), abuse.clone()], vec![abuse, privacy]] {
            let policy = policy(clauses);
            let post = engage(&policy, &situation, &reading, &[]);
            let plan = surest(&proposals(&post));
            let hide = plan
                .iter()
                .find(|planned| planned.effect == Effect::Hide)
                .unwrap();
            assert_eq!((hide.by, hide.clause.as_deref()), (By::Machine, Some("A2")));
            assert_eq!(hide.also, ["A1"]);
        }
    }

    #[test]
    fn an_opinion_is_never_the_machines_ground() {
        let mut clause = clause(
            "A1",
            &[Topic::Criticism, Topic::Review, Topic::Praise],
            &[Effect::Hide],
        );
        clause.auto = vec![Effect::Hide];
        let policy = policy(vec![clause]);
        let reading = reading(&[finding(Topic::Criticism, Strength::Certain)]);
        let situation = on_facebook();
        let post = engage(&policy, &situation, &reading, &[]);
        assert!(
            proposals(&post)
                .iter()
                .all(|proposal| proposal.by == By::Person)
        );
    }
}
