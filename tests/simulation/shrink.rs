//! Making a failing plan short: whatever can be left out while it fails in the same way is.

use super::plan::{Harm, Plan, Step, Told, What};
use super::{Played, played};

/// Plans that are played at most to make one short.
const MOST_TRIES: usize = 400;

/// Returns the shortest plan found that breaks the same rule, and what comes of it.
pub(crate) fn shortest(seed: u64, plan: Plan) -> (Plan, Played) {
    let mut best = Best {
        seed,
        outcome: played(seed, &plan),
        plan,
        tries: 0,
    };
    let mut on_time = best.plan.clone();
    on_time.clocks_off.clear();
    best.is_beaten_by(on_time);
    let mut size = best.plan.steps.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < best.plan.steps.len() {
            let mut shorter = best.plan.clone();
            let end = (at + size).min(shorter.steps.len());
            shorter.steps.drain(at..end);
            if !best.is_beaten_by(shorter) {
                at += size;
            }
        }
        size /= 2;
    }
    for at in 0..best.plan.steps.len() {
        for simpler in simpler(&best.plan.steps[at]) {
            let mut plan = best.plan.clone();
            plan.steps[at] = simpler;
            best.is_beaten_by(plan);
        }
    }
    (best.plan, best.outcome)
}

struct Best {
    seed: u64,
    plan: Plan,
    outcome: Played,
    tries: usize,
}

impl Best {
    /// Plays another plan, and keeps it if it breaks the same rule.
    fn is_beaten_by(&mut self, plan: Plan) -> bool {
        self.tries += 1;
        if self.tries > MOST_TRIES {
            return false;
        }
        let rule = |played: &Played| played.broken.as_ref().map(|broken| broken.rule);
        let outcome = played(self.seed, &plan);
        if rule(&outcome) != rule(&self.outcome) {
            return false;
        }
        (self.plan, self.outcome) = (plan, outcome);
        true
    }
}

/// Returns simpler steps than this one.
fn simpler(step: &Step) -> Vec<Step> {
    let mut simpler = Vec::new();
    let mut without_harm = step.clone();
    if let Some(harm) = harm_of(&mut without_harm).and_then(Option::take) {
        simpler.push(without_harm);
        if let What::Meanwhile(others) = harm.what {
            simpler.extend(others);
        }
    }
    match step {
        Step::Write {
            post, words, harm, ..
        } => simpler.push(Step::Write {
            post: *post,
            words: *words,
            told: Told::Once,
            harm: harm.clone(),
        }),
        Step::Pass { minutes } if *minutes > 1 => simpler.push(Step::Pass { minutes: 1 }),
        _ => {}
    }
    simpler
}

/// Returns the harm of a step that can have one.
fn harm_of(step: &mut Step) -> Option<&mut Option<Harm>> {
    match step {
        Step::Write { harm, .. }
        | Step::Late { harm, .. }
        | Step::Carry { harm, .. }
        | Step::Remind { harm }
        | Step::Sweep { harm }
        | Step::Night { harm, .. }
        | Step::Version { harm, .. }
        | Step::StartRule { harm, .. }
        | Step::Choose { harm, .. } => Some(harm),
        _ => None,
    }
}
