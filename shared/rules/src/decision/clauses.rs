//! Which clauses a text engages.

use super::{ClauseEngaged, Situation};
use crate::{
    About, Clause, Detect, Effect, Exception, Finding, Platform, Policy, Praise, Reading, Strength, Surface, Target,
    Topic,
};

/// A clause that is engaged, and by what.
pub(super) struct Engaged<'a> {
    pub(super) clause: &'a Clause,
    /// The findings that engage it, in the order of the text.
    pub(super) findings: Vec<&'a Finding>,
    /// The topic that the surface itself brings, such as a review.
    surface_topic: Option<Topic>,
    /// The author claims a consent that the clause knows as an exception.
    pub(super) consent_claimed: bool,
    /// Staff are named, in thanks, and the clause treats that apart.
    pub(super) praise: bool,
}

impl Engaged<'_> {
    /// Returns true if and only if the clause may act: something was found at its bar.
    pub(super) fn acts(&self) -> bool {
        self.surface_topic.is_some() || self.strength() >= self.clause.bar
    }

    fn strength(&self) -> Strength {
        let found = self.findings.iter().map(|finding| finding.strength).max();
        found.or(self.surface_topic.as_ref().map(|_| Strength::Certain)).unwrap_or(Strength::Possible)
    }

    pub(super) fn asks_for(&self, effect: Effect) -> bool {
        let wanted = self.clause.effects.contains(&effect);
        // A clause on reviews and complaints starts the complaint clock for complaints only.
        wanted && (effect != Effect::ComplaintClock || self.found(&Topic::Complaint))
    }

    pub(super) fn found(&self, topic: &Topic) -> bool {
        self.findings.iter().any(|finding| finding.topic == *topic)
    }

    /// Returns true if and only if some finding at the bar is on a topic that the machine may act on.
    pub(super) fn on_automatic_topic(&self) -> bool {
        let listed = |topic: &Topic| self.clause.auto_topics.is_empty() || self.clause.auto_topics.contains(topic);
        self.findings.iter().any(|f| f.strength >= self.clause.bar && listed(&f.topic) && !f.topic.needs_judgement())
    }

    /// Returns true if and only if nothing that engages the clause can be told from the text alone.
    pub(super) fn needs_judgement(&self) -> bool {
        let listed = |topic: &Topic| self.clause.auto_topics.is_empty() || self.clause.auto_topics.contains(topic);
        !self.findings.is_empty() && !self.findings.iter().any(|f| listed(&f.topic) && !f.topic.needs_judgement())
    }

    /// Returns true if and only if every finding is aimed at the practice itself rather than at a person.
    pub(super) fn aims_at_practice_only(&self) -> bool {
        !self.findings.is_empty() && self.findings.iter().all(|finding| finding.target == Some(Target::Practice))
    }

    pub(super) fn about_own_child(&self, reading: &Reading) -> bool {
        reading.has(&Topic::Child, Strength::Possible)
            && (self.found(&Topic::PatientIdentifiable) || self.found(&Topic::OtherPersonIdentifiable))
    }

    pub(super) fn record(&self) -> ClauseEngaged {
        let mut topics: Vec<Topic> = self.findings.iter().map(|finding| finding.topic.clone()).collect();
        topics.extend(self.surface_topic.clone());
        topics.sort();
        topics.dedup();
        ClauseEngaged { id: self.clause.id.clone(), topics, strength: self.strength() }
    }
}

/// Returns the engaged clauses, in the order of the policy.
pub(super) fn engage<'a>(policy: &'a Policy, situation: &Situation, reading: &'a Reading) -> Vec<Engaged<'a>> {
    let surface_topic = match situation.surface {
        Surface::Review | Surface::Recommendation => Some(Topic::Review),
        _ => None,
    };
    // What is written in an untested language engages a clause only where the text is beyond doubt.
    let least = if reading.has(&Topic::NotEnglish, Strength::Likely) { Strength::Certain } else { Strength::Possible };
    policy.clauses.iter().filter_map(|clause| one(clause, situation, reading, surface_topic.as_ref(), least)).collect()
}

fn one<'a>(
    clause: &'a Clause,
    situation: &Situation,
    reading: &'a Reading,
    surface_topic: Option<&Topic>,
    least: Strength,
) -> Option<Engaged<'a>> {
    let by_staff = clause.detect == Detect::Human;
    if by_staff != (situation.platform == Platform::StaffLog) {
        return None;
    }
    if !clause.platforms.is_empty() && !clause.platforms.contains(&situation.platform) {
        return None;
    }
    // A clause without effects explains: it is engaged by what is clear, not by what a person has yet to look at.
    let least = if clause.effects.is_empty() { least.max(clause.bar) } else { least };
    let findings: Vec<&Finding> = reading
        .findings
        .iter()
        .filter(|f| clause.topics.contains(&f.topic) && f.strength >= least && protects(clause, f))
        .collect();
    let surface_topic = surface_topic.filter(|topic| clause.topics.contains(topic)).cloned();
    if findings.is_empty() && surface_topic.is_none() {
        return None;
    }
    let praise = is_plain_praise(reading) && clause.topics.contains(&Topic::StaffIdentified);
    if praise && clause.praise == Praise::Allow {
        return None;
    }
    let by_consent = |exception: &Exception| {
        matches!(
            exception,
            Exception::ExpressConsentOfThatPatient
                | Exception::ExpressPermissionOfThatPerson
                | Exception::ExplicitConsentOfStaff
        )
    };
    let consent_claimed =
        reading.has(&Topic::ClaimsConsent, Strength::Possible) && clause.except.iter().any(by_consent);
    Some(Engaged { clause, findings, surface_topic, consent_claimed, praise: praise && clause.praise == Praise::Queue })
}

/// A finding whose target the reader could not tell counts for every clause.
fn protects(clause: &Clause, finding: &Finding) -> bool {
    !matches!(
        (clause.about, finding.target),
        (Some(About::Team), Some(Target::Practice)) | (Some(About::Practice), Some(Target::Staff))
    )
}

fn is_plain_praise(reading: &Reading) -> bool {
    const SPOILED_BY: [Topic; 7] = [
        Topic::Criticism,
        Topic::Complaint,
        Topic::Derogatory,
        Topic::Harassing,
        Topic::Defamatory,
        Topic::Threatening,
        Topic::Obscene,
    ];
    reading.has(&Topic::Praise, Strength::Possible)
        && !SPOILED_BY.iter().any(|topic| reading.has(topic, Strength::Possible))
}

/// Returns what a clause forbids, save where another engaged clause asks for it in its own words.
pub(super) fn refused(engaged: &[Engaged<'_>]) -> Vec<Effect> {
    const ANSWERS: [Effect; 3] = [Effect::Acknowledge, Effect::PublicReply, Effect::SignpostOfficialReview];
    let mut refused: Vec<Effect> = Vec::new();
    for clause in engaged.iter().filter(|e| e.acts()).map(|e| e.clause) {
        refused.extend(&clause.never);
        if clause.no_public_reply {
            refused.extend(ANSWERS);
        }
    }
    refused.sort_unstable();
    refused.dedup();
    // "We will only respond under our policy" forbids discussion; a clause that promises a fixed reply still gives it.
    let promised = |effect: &Effect| {
        engaged
            .iter()
            .any(|e| e.clause.effects.contains(effect) && e.clause.template.is_some() && *effect == Effect::PublicReply)
    };
    refused.retain(|effect| !promised(effect));
    refused
}
