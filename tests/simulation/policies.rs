//! Versions of the practices' policies, and rules that stopped themselves: what people do about
//! them, and what must hold of that.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{
    Person, PolicyRecord, PracticeEvent, Stage, StepWanted, VersionError, VersionsRecord,
};
use pagewarden_rules::{Mode, PracticeId};

use super::checks::Broken;
use super::plan::{Harm, PLACES};
use super::world::World;

/// In minutes: how long until a step takes force.
const AHEAD: [Option<i64>; 3] = [None, Some(3), Some(30)];

/// What a pick says of a wish: the first is to go back and the second to call off, and all others
/// lead on. The rest of it says whose wish it is.
pub(crate) const WISHES: usize = 8;

/// What a person does about the versions of a policy.
#[derive(Clone, Debug)]
enum Wish {
    Propose(PolicyRecord),
    Step(StepWanted),
    GoBack(Stage),
    CallOff,
}

impl World {
    /// A deployer publishes the version in force again. What was under way of others ends with it.
    pub(crate) async fn publish(&self, practice: &str) {
        self.say(format!("{practice} publishes a new version of its policy."));
        let id: PracticeId = practice.parse().unwrap();
        let ledger = &self.onlooker;
        let before = ledger.practice(&id).await.unwrap().unwrap();
        let policy = ledger.policy(&id, before.policy).await.unwrap().unwrap();
        let again = looked_through(&policy);
        let settings = before.settings.clone();
        let published = ledger.publish(&id, Some(&before), &again, &settings, &[]);
        published.await.unwrap();
    }

    /// Somebody takes the versions of a practice's policy one thing further, or back.
    pub(crate) async fn version(
        &self,
        practice: &str,
        pick: usize,
        harm: Option<&Harm>,
    ) -> Result<(), Broken> {
        let id: PracticeId = practice.parse().unwrap();
        let people = self.onlooker.people(&id).await.unwrap();
        let person = &people[pick / WISHES % people.len()];
        let now = self.people_say();
        let wish = self.wish(&id, pick, now).await;
        self.say(format!("{person} of {practice} wants: {}.", told(&wish)));
        let done = self.under(harm, &person.name, self.wished(&id, person, &wish, now));
        if let Some(Err(error)) = done.await? {
            self.say(format!("  {} is told: {error}.", person.name));
        }
        Ok(())
    }

    async fn wish(&self, id: &PracticeId, pick: usize, now: Timestamp) -> Wish {
        let stands = self.onlooker.policy_versions(id).await.unwrap();
        match pick % WISHES {
            0 => {
                let policy = stands.been.last().copied();
                return Wish::GoBack(Stage {
                    policy: policy.unwrap_or(stands.in_force.policy),
                    mode: Mode::Assist,
                });
            }
            1 => return Wish::CallOff,
            _ => {}
        }
        if let Some(asked) = stands.asked(now) {
            return Wish::Step(asked.step.clone());
        }
        let Some(to) = self.next_stage(id, &stands).await else {
            let policy = self.onlooker.policy(id, stands.in_force.policy).await;
            return Wish::Propose(looked_through(&policy.unwrap().unwrap()));
        };
        let ahead = AHEAD[pick % AHEAD.len()].map(SignedDuration::from_mins);
        Wish::Step(StepWanted {
            to,
            from: ahead.map(|ahead| now + ahead),
            sooner: (to.mode == Mode::Assist).then(|| "it was looked at".to_owned()),
        })
    }

    /// Returns where the newest version goes next; nowhere where all of them were in force.
    async fn next_stage(&self, id: &PracticeId, stands: &VersionsRecord) -> Option<Stage> {
        let to = |policy, mode| Some(Stage { policy, mode });
        let Stage { policy, mode } = stands.in_force;
        match (mode, stands.beside) {
            (Mode::Assist, _) => return to(policy, Mode::Live),
            (Mode::Shadow, _) => return to(policy, Mode::Assist),
            (Mode::Live, Some(beside)) => return to(beside.policy, Mode::Assist),
            (Mode::Live, None) => {}
        }
        let mut newest = policy;
        while self
            .onlooker
            .policy(id, newest + 1)
            .await
            .unwrap()
            .is_some()
        {
            newest += 1;
        }
        let is_new = newest != policy && !stands.been.contains(&newest);
        is_new.then_some(Stage {
            policy: newest,
            mode: Mode::Shadow,
        })
    }

    async fn wished(
        &self,
        id: &PracticeId,
        person: &Person,
        wish: &Wish,
        now: Timestamp,
    ) -> Result<(), VersionError> {
        let (ledger, why) = (self.stack.ledger(), "it was looked at");
        match wish {
            Wish::Propose(policy) => {
                let text = (policy.toml.as_str(), policy.published.as_str());
                ledger.propose(id, person, text, None, now).await.map(drop)
            }
            Wish::Step(step) => ledger.step(id, person, step, &[], now).await.map(drop),
            Wish::GoBack(to) => ledger.go_back(id, person, *to, why, now).await.map(drop),
            Wish::CallOff => ledger.call_off(id, person, why, now).await.map(drop),
        }
    }

    /// Somebody wants a rule that stopped itself to go on, or agrees to that.
    pub(crate) async fn start_rule(
        &self,
        practice: &str,
        pick: usize,
        harm: Option<&Harm>,
    ) -> Result<(), Broken> {
        let id: PracticeId = practice.parse().unwrap();
        let stopped: Vec<String> = self.stopped_rules(&id).await.into_iter().collect();
        let people = self.onlooker.people(&id).await.unwrap();
        let person = &people[pick % people.len()];
        let Some(clause) = stopped.get(pick % stopped.len().max(1)) else {
            return Ok(());
        };
        self.say(format!(
            "{person} of {practice} wants rule {clause} to go on."
        ));
        let ledger = self.stack.ledger();
        let started = ledger.start_rule(&id, clause, person, None, self.people_say());
        match self.under(harm, &person.name, started).await? {
            Some(Ok(start)) => self.say(format!("  It is {start:?}.")),
            Some(Err(error)) => self.say(format!("  {} is told: {error}.", person.name)),
            None => {}
        }
        Ok(())
    }

    /// Returns the rules of a practice under which the machine hides nothing any more.
    pub(crate) async fn stopped_rules(&self, id: &PracticeId) -> BTreeSet<String> {
        let rules = self.onlooker.watched_rules(id).await.unwrap().into_iter();
        let stopped = rules.filter(|rule| rule.stopped.is_some());
        stopped.map(|rule| rule.clause).collect()
    }

    /// What two people agreed to takes force once, unless it was called off before its time.
    pub(crate) async fn check_steps(&self) -> Result<(), Broken> {
        let practices: BTreeSet<&str> = PLACES.iter().map(|place| place.practice).collect();
        for practice in practices {
            let id: PracticeId = practice.parse().unwrap();
            let mut waits: Option<Stage> = None;
            for line in self.onlooker.version_events(&id).await.unwrap() {
                match line.practice_event().unwrap() {
                    PracticeEvent::StepAgreed { step, .. } => {
                        let waits_for = step.from.filter(|from| *from > line.at);
                        waits = waits_for.map(|_| step.to);
                    }
                    PracticeEvent::StepTaken { to } if waits.take() != Some(to) => {
                        let says = format!("{practice}: nobody agreed to {to}, or it came twice");
                        return Err(Broken::new("step", &says));
                    }
                    PracticeEvent::StepCalledOff { .. }
                    | PracticeEvent::WentBack { .. }
                    | PracticeEvent::Published { .. } => waits = None,
                    _ => {}
                }
            }
            if let Some(to) = waits {
                let says = format!("{practice}: two people agreed to {to}, and it never came");
                return Err(Broken::new("step", &says));
            }
        }
        Ok(())
    }
}

/// Returns a version that says the same.
fn looked_through(policy: &PolicyRecord) -> PolicyRecord {
    PolicyRecord {
        toml: format!("{}\n# Looked through again.\n", policy.toml),
        ..policy.clone()
    }
}

fn told(wish: &Wish) -> String {
    match wish {
        Wish::Propose(_) => "to propose a version".to_owned(),
        Wish::Step(step) => match step.from {
            Some(from) => format!("{}, from {from}", step.to),
            None => step.to.to_string(),
        },
        Wish::GoBack(to) => format!("to go back to {to}"),
        Wish::CallOff => "to call off what waits".to_owned(),
    }
}
