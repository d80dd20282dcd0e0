//! The third step: what the policy, the platform, the safe floor, danger and the practice's mode
//! take back, each with its reason.

use super::engage::{Engaged, Engagement};
use super::plan::Proposal;
use super::rank::Rank;
use super::{Dropped, MOST_IDS, Mode};
use crate::{By, Capability, Effect, Topic, capability};

/// What is left of the proposals, and what became of the others.
pub(super) struct Restrained<'a> {
    pub(super) kept: Vec<Proposal<'a>>,
    pub(super) dropped: Vec<Dropped>,
    /// What nobody may choose for this post.
    pub(super) refused: Vec<Effect>,
}

/// Takes back what may not, cannot or must not happen.
pub(super) fn restrain<'a>(post: &Engagement<'a>, proposals: Vec<Proposal<'a>>) -> Restrained<'a> {
    let mut kept = Vec::new();
    let mut dropped: Vec<Dropped> = Vec::new();
    for proposal in proposals {
        let (effect, clause) = (
            proposal.effect,
            proposal.engaged.map(|engaged| engaged.clause.id.clone()),
        );
        match one(post, proposal) {
            Ok(proposal) => kept.push(proposal),
            Err(why) => {
                let clause = clause.unwrap_or_default();
                match dropped
                    .iter_mut()
                    .find(|other| other.effect == effect && other.why == why)
                {
                    Some(other) if other.also.len() < MOST_IDS => other.also.push(clause),
                    Some(_) => {}
                    None => dropped.push(Dropped {
                        effect,
                        clause,
                        also: Vec::new(),
                        why,
                    }),
                }
            }
        }
    }
    Restrained {
        kept,
        dropped,
        refused: refused(post),
    }
}

/// Restrains one proposal, or says why nothing is left of it.
fn one<'a>(post: &Engagement<'a>, mut proposal: Proposal<'a>) -> Result<Proposal<'a>, String> {
    const FORBIDDEN: &str = "a clause of the policy forbids it";
    let effect = proposal.effect;
    let to_person = |proposal: &mut Proposal<'a>, why: &str| {
        proposal.by = By::Person;
        why.clone_into(&mut proposal.why);
    };
    if proposal
        .engaged
        .is_some_and(|engaged| engaged.is_spared(effect))
    {
        return Err(
            "criticism, praise and reviews are free: nobody is sanctioned for one".to_owned(),
        );
    }
    if forbidden(post, effect, proposal.rank) {
        // What the machine may not do by itself may still be a person's to do, where graver doubts
        // ask for it too.
        let rank = proposal
            .engaged
            .map_or(proposal.rank, |engaged| engaged.rank);
        if forbidden(post, effect, rank) {
            return Err(FORBIDDEN.to_owned());
        }
        to_person(
            &mut proposal,
            "a clause of the policy forbids it to the machine: a person decides",
        );
    }
    match can(post, effect) {
        Capability::Cannot(why) => return Err(why.to_owned()),
        Capability::ByHand(why) => to_person(&mut proposal, why),
        Capability::Api | Capability::Record => {}
    }
    let on_platform = can(post, effect) != Capability::Record;
    if proposal.by == By::Machine && on_platform {
        if post.is_spared() {
            return Err(
                "somebody may be in danger: the machine hides, answers and reports nothing"
                    .to_owned(),
            );
        }
        if let Some(why) = proposal
            .engaged
            .and_then(|engaged| left_to_a_person(post, engaged, effect))
        {
            to_person(&mut proposal, why);
        }
    }
    match post.situation.mode {
        Mode::Shadow if !effect.is_page() => {
            Err("the practice is in shadow mode: the machine judges and does nothing".to_owned())
        }
        Mode::Assist if proposal.by == By::Machine && on_platform => {
            to_person(
                &mut proposal,
                "the practice is in assist mode: every act needs a click",
            );
            Ok(proposal)
        }
        Mode::Shadow | Mode::Assist | Mode::Live => Ok(proposal),
    }
}

/// Topics of which what is done protects somebody else than the author: that is what the law lets be
/// done with a record that is otherwise not to be used (UK GDPR, Article 18(2)).
const PROTECTS: [Topic; 8] = [
    Topic::PatientIdentifiable,
    Topic::StaffIdentifiable,
    Topic::OtherPersonIdentifiable,
    Topic::Threatening,
    Topic::Menacing,
    Topic::Harassing,
    Topic::Embarrassing,
    Topic::Fraudulent,
];

fn protects_somebody(engaged: &Engaged<'_>) -> bool {
    let mut findings = engaged.findings.iter();
    findings.any(|finding| PROTECTS.contains(&finding.topic))
}

/// Returns why the safe floor leaves an act to a person that the clause leaves to the machine.
fn left_to_a_person(
    post: &Engagement<'_>,
    engaged: &Engaged<'_>,
    effect: Effect,
) -> Option<&'static str> {
    if post.distress {
        Some("the author is bereaved or in distress: nothing is hidden by the machine")
    } else if engaged.consent_claimed {
        Some("the author says that the person agreed: a person checks")
    } else if engaged.own_child {
        Some("a parent writes of their own child: a person decides")
    } else if engaged.praise {
        Some("staff are named in thanks: a person decides")
    } else if post.situation.restricted && !protects_somebody(engaged) {
        Some("its author asked for what is held about them not to be used: a person decides")
    } else if post.other_language {
        Some("the rules were not tested on this language: a person decides")
    } else if effect == Effect::Hide && post.situation.stopped.contains(&engaged.clause.id) {
        Some("this rule has stopped itself: a person decides")
    } else if effect == Effect::Hide && post.is_fair(engaged) {
        Some("a program that learned from examples is sure that it is fair: a person decides")
    } else {
        None
    }
}

/// Returns what an effect becomes where the post stands.
pub(super) const fn can(post: &Engagement<'_>, effect: Effect) -> Capability {
    capability(post.situation.platform, post.situation.surface, effect)
}

/// Returns `true` if an engaged clause forbids an effect to plans of this rank: a clause's
/// prohibition covers what it is about, and nothing graver.
pub(super) fn forbidden(post: &Engagement<'_>, effect: Effect, rank: Rank) -> bool {
    post.forbidden
        .iter()
        .any(|(forbidden, up_to)| *forbidden == effect && *up_to >= rank)
}

/// Returns what nobody may choose: a clause forbids it, and nothing graver asks for it.
fn refused(post: &Engagement<'_>) -> Vec<Effect> {
    // Somebody who may be in danger is answered, whatever a policy says about answers.
    let for_danger = post
        .dangers
        .iter()
        .filter_map(|danger| danger.call().draft)
        .flat_map(|(_, by)| by);
    let for_danger: Vec<Effect> = for_danger.copied().collect();
    let by_graver = |effect: Effect| {
        let mut engaged = post.clauses.iter().chain(&post.learned);
        engaged.any(|e| e.offers(effect) && !forbidden(post, effect, e.rank))
            || for_danger.contains(&effect)
    };
    Effect::ALL
        .iter()
        .copied()
        .filter(|effect| forbidden(post, *effect, Rank::Signpost) && !by_graver(*effect))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::decide;
    use crate::decision::testing::{clause, finding, on_facebook, policy, reading};
    use crate::{
        By, Disposition, Effect, Meaning, Mode, Reading, Sense, Situation, Strength, Topic,
    };

    /// A complaint that must never be hidden, and privacy that is.
    fn two() -> crate::Policy {
        let mut complaint = clause("A1", &[Topic::Complaint], &[Effect::ComplaintClock]);
        complaint.never = vec![Effect::Hide, Effect::Delete];
        let mut privacy = clause(
            "A2",
            &[Topic::PatientIdentifiable],
            &[Effect::Hide, Effect::Delete],
        );
        privacy.auto = vec![Effect::Hide];
        let naming = clause(
            "A3",
            &[Topic::StaffIdentified],
            &[Effect::Hide, Effect::Delete],
        );
        policy(vec![complaint, privacy, naming])
    }

    #[test]
    fn a_prohibition_covers_what_it_is_about() {
        let (policy, situation) = (two(), on_facebook());
        let complaint = finding(Topic::Complaint, Strength::Certain);
        let patient = finding(Topic::PatientIdentifiable, Strength::Certain);
        let naming = finding(Topic::StaffIdentified, Strength::Certain);
        let alone = decide(
            &policy,
            &situation,
            &reading(std::slice::from_ref(&complaint)),
        );
        assert!(alone.refused == [Effect::Hide, Effect::Delete] && !alone.does(Effect::Hide));
        // Who was rude is what a complaint is made of.
        let named = decide(&policy, &situation, &reading(&[complaint.clone(), naming]));
        assert_eq!(named.refused, [Effect::Hide, Effect::Delete]);
        assert!(
            named.tasks.iter().all(|task| task.options.is_empty()),
            "{:?}",
            named.tasks
        );
        let both = decide(&policy, &situation, &reading(&[complaint, patient]));
        assert!(
            both.refused.is_empty() && both.does(Effect::Hide),
            "{both:?}"
        );
    }

    /// A policy that no loader has seen, such as one that was published before the loader refused
    /// it.
    #[test]
    fn an_opinion_is_hidden_by_nobody_whatever_the_policy_lists() {
        let stars = Topic::Custom("one_star".into());
        let topics = [Topic::Criticism, Topic::Praise, Topic::Review, stars];
        let sanctions: Vec<Effect> = Effect::ALL
            .iter()
            .copied()
            .filter(|effect| effect.is_sanction())
            .collect();
        let mut opinion = clause("A1", &topics, &sanctions);
        opinion.topics.push(Topic::Obscene);
        opinion.auto = sanctions.clone();
        let policy = policy(vec![opinion]);
        for topic in topics {
            let found = reading(&[finding(topic.clone(), Strength::Certain)]);
            let decision = decide(&policy, &on_facebook(), &found);
            assert!(
                decision
                    .effects
                    .iter()
                    .all(|planned| !planned.effect.is_sanction()),
                "{topic}: {:?}",
                decision.effects
            );
            for effect in &sanctions {
                let mut dropped = decision.dropped.iter();
                let dropped = dropped.find(|dropped| dropped.effect == *effect).unwrap();
                assert!(dropped.why.contains("are free"), "{topic}: {dropped:?}");
            }
            let offered = |task: &crate::PlannedTask| {
                task.options.iter().any(|option| sanctions.contains(option))
            };
            assert!(!decision.tasks.iter().any(offered), "{:?}", decision.tasks);
        }
        // What harms somebody keeps its consequence beside an opinion.
        let both = reading(&[
            finding(Topic::Criticism, Strength::Certain),
            finding(Topic::Obscene, Strength::Certain),
        ]);
        assert!(decide(&policy, &on_facebook(), &both).does(Effect::Hide));
    }

    #[test]
    fn what_is_taken_back_keeps_its_reason() {
        let policy = two();
        let found = reading(&[finding(Topic::PatientIdentifiable, Strength::Certain)]);
        let shadow = Situation {
            mode: Mode::Shadow,
            ..on_facebook()
        };
        let decision = decide(&policy, &shadow, &found);
        assert!(!decision.does(Effect::Hide) && decision.tasks.is_empty());
        let why = |effect| {
            decision
                .dropped
                .iter()
                .find(|d| d.effect == effect)
                .unwrap()
                .why
                .clone()
        };
        assert!(why(Effect::Hide).contains("shadow"));
        let assist = Situation {
            mode: Mode::Assist,
            ..on_facebook()
        };
        let decision = decide(&policy, &assist, &found);
        let hide = decision
            .effects
            .iter()
            .find(|planned| planned.effect == Effect::Hide)
            .unwrap();
        assert!(hide.by == By::Person && hide.why.contains("assist"));
    }

    #[test]
    fn of_a_restricted_author_only_what_protects_others_is_hidden() {
        let mut policy = two();
        let mut rude = clause("A4", &[Topic::Obscene], &[Effect::Hide]);
        rude.auto = vec![Effect::Hide];
        policy.clauses.push(rude);
        let restricted = Situation {
            restricted: true,
            ..on_facebook()
        };
        let by = |topic: Topic| {
            let found = reading(&[finding(topic, Strength::Certain)]);
            let decision = decide(&policy, &restricted, &found);
            let mut effects = decision.effects.into_iter();
            effects.find(|one| one.effect == Effect::Hide).unwrap().by
        };
        assert_eq!(by(Topic::PatientIdentifiable), By::Machine);
        assert_eq!(by(Topic::Obscene), By::Person);
        let danger = reading(&[finding(Topic::Safeguarding, Strength::Certain)]);
        let open = decide(&policy, &on_facebook(), &danger);
        assert_eq!(
            decide(&policy, &restricted, &danger),
            open,
            "danger is told"
        );
    }

    /// Sure of nothing to hide a post for.
    fn fair() -> Meaning {
        let out = [
            Sense::Abuse,
            Sense::Obscene,
            Sense::Threat,
            Sense::PatientIdentity,
        ];
        Meaning {
            ruled_out: out.map(|sense| (sense, 5)).to_vec(),
            ..Meaning::default()
        }
    }

    #[test]
    fn what_a_second_reader_is_sure_is_fair_waits_for_a_person() {
        let policy = two();
        let patient = reading(&[finding(Topic::PatientIdentifiable, Strength::Certain)]);
        assert!(decide(&policy, &on_facebook(), &patient).does(Effect::Hide));
        let decision = decide(
            &policy,
            &on_facebook(),
            &Reading {
                meaning: Some(fair()),
                ..patient.clone()
            },
        );
        let hide = decision
            .effects
            .iter()
            .find(|planned| planned.effect == Effect::Hide)
            .unwrap();
        assert!(
            hide.by == By::Person && hide.why.contains("sure that it is fair"),
            "{hide:?}"
        );
        assert_eq!(decision.disposition, Disposition::Queue);
        // Less than sure of one of them is not enough.
        let mut unsure = fair();
        unsure
            .ruled_out
            .retain(|(sense, _)| *sense != Sense::Threat);
        assert!(
            decide(
                &policy,
                &on_facebook(),
                &Reading {
                    meaning: Some(unsure),
                    ..patient
                }
            )
            .does(Effect::Hide)
        );
    }

    #[test]
    fn a_second_reader_keeps_nothing_up_of_which_it_cannot_tell() {
        let mut complaint = clause(
            "A1",
            &[Topic::Complaint, Topic::Custom("parking".into())],
            &[Effect::Hide],
        );
        complaint.auto = vec![Effect::Hide];
        let policy = policy(vec![complaint]);
        let hides = |topic, meaning| {
            let found = Reading {
                meaning: Some(meaning),
                ..reading(&[finding(topic, Strength::Certain)])
            };
            decide(&policy, &on_facebook(), &found).does(Effect::Hide)
        };
        // A complaint is fair, and a policy that hides complaints hides it all the same.
        assert!(hides(Topic::Complaint, fair()) && hides(Topic::Custom("parking".into()), fair()));
        let mut no_complaint = fair();
        no_complaint.ruled_out.push((Sense::Complaint, 3));
        assert!(
            !hides(Topic::Complaint, no_complaint.clone())
                && hides(Topic::Custom("parking".into()), no_complaint)
        );
    }
}
