//! The first step: what the text is about, and which clauses it engages.

use std::collections::BTreeMap;

use super::danger::{self, Danger};
use super::rank::Rank;
use super::{ClauseEngaged, MOST_TOPICS, Situation, TaskKind};
use crate::{
    About, Clause, Detect, Effect, Exception, Finding, Meaning, Platform, Policy, Praise, Reading,
    Sense, Strength, Surface, Target, Topic,
};

/// Everything about a post that the later steps look at. They never look at the text's reading
/// again.
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts about a text, each independent of the others"
)]
pub(super) struct Engagement<'a> {
    pub(super) situation: &'a Situation<'a>,
    /// Whether the practice is present on the surface at all. Danger is judged even where it is
    /// not.
    pub(super) in_scope: bool,
    /// Why somebody may be in danger, if anything says so.
    pub(super) dangers: Vec<Danger>,
    /// The clauses engaged, in the order of the policy; none out of scope.
    pub(super) clauses: Vec<Engaged<'a>>,
    /// Those that the second reader alone engages: a person is asked, and nothing else follows.
    pub(super) learned: Vec<Engaged<'a>>,
    /// What the second reader makes of the text.
    pub(super) meaning: Option<&'a Meaning>,
    /// What the engaged clauses forbid, and up to which rank.
    pub(super) forbidden: Vec<(Effect, Rank)>,
    /// The author is bereaved or in distress.
    pub(super) distress: bool,
    /// It is written in a language that the rules were not tested on, says either reader.
    pub(super) other_language: bool,
    /// The author asks for an appointment, a prescription or a call.
    pub(super) request: bool,
    /// The author asks how to complain.
    pub(super) enquiry: bool,
    /// The practice's own sentences for its tasks.
    pub(super) sentences: &'a BTreeMap<TaskKind, String>,
}

impl Engagement<'_> {
    /// Returns the engaged clauses, the gravest first, then in the order of their ids.
    pub(super) fn gravest_first(&self) -> Vec<&Engaged<'_>> {
        gravest_first(&self.clauses)
    }

    /// Returns those that the second reader alone engages in the same order.
    pub(super) fn learned_first(&self) -> Vec<&Engaged<'_>> {
        gravest_first(&self.learned)
    }

    /// Returns `true` if the machine has to leave the post alone: its author, or somebody that they
    /// write about, may be in danger.
    pub(super) fn is_spared(&self) -> bool {
        self.dangers.iter().any(|danger| danger.spares_the_post())
    }

    /// Returns `true` if the second reader is sure that the text is fair, whatever in it engages a
    /// clause.
    pub(super) fn is_fair(&self, engaged: &Engaged<'_>) -> bool {
        self.meaning.is_some_and(|meaning| {
            meaning.is_fair(engaged.findings.iter().map(|finding| &finding.topic))
        })
    }
}

fn gravest_first<'e, 'a>(clauses: &'e [Engaged<'a>]) -> Vec<&'e Engaged<'a>> {
    let mut clauses: Vec<&Engaged<'_>> = clauses.iter().collect();
    clauses.sort_by(|a, b| a.before(b));
    clauses
}

/// A clause that is engaged, and by what.
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts about a text, each independent of the others"
)]
pub(super) struct Engaged<'a> {
    pub(super) clause: &'a Clause,
    /// The findings that engage it, in the order of the text.
    pub(super) findings: Vec<&'a Finding>,
    /// The topic that the surface itself brings, such as a review.
    surface_topic: Option<Topic>,
    /// Where the clause stands in the documented order, by everything that engages it.
    pub(super) rank: Rank,
    /// How sure the strongest of its findings is.
    pub(super) strength: Strength,
    /// A parent or carer writes about their own child.
    pub(super) own_child: bool,
    /// The author claims a consent that the clause knows as an exception.
    pub(super) consent_claimed: bool,
    /// Staff are named, in thanks, and the clause treats that apart.
    pub(super) praise: bool,
    /// The second reader alone has found it.
    pub(super) learned: bool,
}

impl Engaged<'_> {
    /// Returns `true` if the clause may act: something was found at its bar.
    pub(super) fn acts(&self) -> bool {
        !self.learned && (self.surface_topic.is_some() || self.strength >= self.clause.bar)
    }

    /// Returns `true` if nothing engages the clause but what somebody thinks of the service.
    pub(super) fn is_mere_opinion(&self) -> bool {
        let found = self.findings.iter().map(|finding| &finding.topic);
        found.chain(&self.surface_topic).all(Topic::is_opinion)
    }

    /// Returns `true` if the effect would take a post or its author away for an opinion: the safe
    /// floor keeps those free, whoever asks.
    pub(super) fn is_spared(&self, effect: Effect) -> bool {
        effect.is_sanction() && self.is_mere_opinion()
    }

    /// Returns `true` if the clause asks for an effect, and the safe floor lets it ask.
    pub(super) fn asks_for(&self, effect: Effect) -> bool {
        self.lists(effect) && !self.is_spared(effect)
    }

    /// Returns `true` if the policy lists the effect for what was found.
    pub(super) fn lists(&self, effect: Effect) -> bool {
        let wanted = self.clause.effects.contains(&effect);
        // A clause on reviews and complaints starts the complaint clock for complaints only.
        wanted && (effect != Effect::ComplaintClock || self.found(&Topic::Complaint))
    }

    /// Returns `true` if people may choose the effect under this clause.
    pub(super) fn offers(&self, effect: Effect) -> bool {
        let moderates = effect == Effect::Hide && self.asks_for(Effect::Moderate);
        let speaks = effect == Effect::AskAuthor && self.letter().is_some();
        self.asks_for(effect) || moderates || speaks
    }

    /// Returns the template of the private message that the clause brings, if any.
    pub(super) fn letter(&self) -> Option<&str> {
        self.clause
            .template
            .as_deref()
            .filter(|name| name.starts_with("private."))
    }

    /// Returns the template of the public answer that the clause brings, if any.
    pub(super) fn public_words(&self) -> Option<&str> {
        self.clause
            .template
            .as_deref()
            .filter(|name| name.starts_with("public."))
    }

    pub(super) fn found(&self, topic: &Topic) -> bool {
        self.findings.iter().any(|finding| finding.topic == *topic)
    }

    /// Returns where the clause stands by what the machine may act on alone, or `None` if it may
    /// act on nothing: no finding at the bar, or none on a topic that the policy lists and the safe
    /// floor leaves to it.
    pub(super) fn automatic_rank(&self) -> Option<Rank> {
        let sure = self
            .findings
            .iter()
            .filter(|f| f.strength >= self.clause.bar && self.is_automatic(&f.topic));
        sure.map(|finding| Rank::of(&finding.topic)).max()
    }

    /// Returns `true` if nothing that engages the clause can be told from the text alone.
    pub(super) fn needs_judgement(&self) -> bool {
        !self.findings.is_empty() && !self.findings.iter().any(|f| self.is_automatic(&f.topic))
    }

    fn is_automatic(&self, topic: &Topic) -> bool {
        let listed = self.clause.auto_topics.is_empty() || self.clause.auto_topics.contains(topic);
        listed && !topic.needs_judgement() && !topic.is_opinion()
    }

    /// Compares by rank, the gravest first, then by strength, then by id: never by the order of the
    /// policy.
    pub(super) fn before(&self, other: &Self) -> std::cmp::Ordering {
        let key = |e: &Self| (std::cmp::Reverse(e.rank), std::cmp::Reverse(e.strength));
        key(self)
            .cmp(&key(other))
            .then_with(|| self.clause.id.cmp(&other.clause.id))
    }

    /// Returns `true` if the clause leaves such posts without an answer, and the effect is one.
    fn never_answers(&self, effect: Effect) -> bool {
        const ANSWERS: [Effect; 3] = [
            Effect::Acknowledge,
            Effect::PublicReply,
            Effect::SignpostOfficialReview,
        ];
        self.clause.no_public_reply && ANSWERS.contains(&effect)
    }

    /// Returns `true` if every finding is aimed at the practice itself rather than at a person.
    pub(super) fn aims_at_practice_only(&self) -> bool {
        !self.findings.is_empty()
            && self
                .findings
                .iter()
                .all(|finding| finding.target == Some(Target::Practice))
    }

    pub(super) fn record(&self) -> ClauseEngaged {
        let mut topics: Vec<Topic> = self
            .findings
            .iter()
            .map(|finding| finding.topic.clone())
            .collect();
        topics.extend(self.surface_topic.clone());
        topics.sort();
        topics.dedup();
        topics.truncate(MOST_TOPICS);
        ClauseEngaged {
            id: self.clause.id.clone(),
            topics,
            strength: self.strength,
        }
    }
}

/// Finds what a post is about, and the clauses that it engages.
///
/// `learned` is what the second reader has a person look at.
pub(super) fn engage<'a>(
    policy: &'a Policy,
    situation: &'a Situation<'a>,
    reading: &'a Reading,
    learned: &'a [Finding],
) -> Engagement<'a> {
    let in_scope = policy.covers(situation.platform, situation.surface);
    let clauses = if in_scope {
        clauses(policy, situation, reading)
    } else {
        Vec::new()
    };
    let learned = if in_scope {
        by_meaning(policy, situation, learned, &clauses)
    } else {
        Vec::new()
    };
    let meaning = reading.meaning.as_ref();
    let foreign = meaning.is_some_and(|meaning| meaning.of(Sense::NotEnglish).is_some());
    Engagement {
        situation,
        in_scope,
        dangers: danger::found(reading),
        forbidden: forbidden(&clauses),
        clauses,
        learned,
        meaning,
        distress: reading.has(&Topic::Distress, Strength::Possible),
        other_language: foreign || reading.has(&Topic::NotEnglish, Strength::Likely),
        enquiry: reading.has(&Topic::ComplaintEnquiry, Strength::Likely),
        request: [
            Topic::AppointmentRequest,
            Topic::ContactStaff,
            Topic::ComplaintEnquiry,
        ]
        .iter()
        .any(|topic| reading.has(topic, Strength::Likely)),
        sentences: &policy.tasks,
    }
}

/// Returns what engaged clauses forbid, each effect with the rank of the gravest clause that does.
fn forbidden(clauses: &[Engaged<'_>]) -> Vec<(Effect, Rank)> {
    // "We will only respond under our policy" forbids discussion; a clause that promises a fixed
    // reply still gives it.
    let promised = clauses
        .iter()
        .any(|e| e.clause.effects.contains(&Effect::PublicReply) && e.public_words().is_some());
    let by = |effect: Effect| {
        let forbids = |engaged: &&Engaged<'_>| {
            let answers =
                engaged.never_answers(effect) && !(promised && effect == Effect::PublicReply);
            engaged.acts() && (engaged.clause.never.contains(&effect) || answers)
        };
        clauses
            .iter()
            .filter(forbids)
            .map(|engaged| engaged.rank)
            .max()
            .map(|rank| (effect, rank))
    };
    Effect::ALL.iter().copied().filter_map(by).collect()
}

fn clauses<'a>(
    policy: &'a Policy,
    situation: &Situation<'_>,
    reading: &'a Reading,
) -> Vec<Engaged<'a>> {
    let surface_topic = match situation.surface {
        Surface::Review | Surface::Recommendation => Some(Topic::Review),
        Surface::Comment
        | Surface::VisitorPost
        | Surface::Reply
        | Surface::Mention
        | Surface::Premises
        | Surface::Appeal => None,
    };
    // What is written in an untested language engages a clause only where the text is beyond doubt,
    // unless there is a translation to go by: it is never enough to act on, and a person looks.
    let untested = reading.has(&Topic::NotEnglish, Strength::Likely) && !situation.translated;
    let least = if untested {
        Strength::Certain
    } else {
        Strength::Possible
    };
    policy
        .clauses
        .iter()
        .filter_map(|clause| one(clause, situation, reading, surface_topic.as_ref(), least))
        .collect()
}

/// Returns the clauses that no rule engages, and of whose topics the second reader finds one.
fn by_meaning<'a>(
    policy: &'a Policy,
    situation: &Situation<'_>,
    learned: &'a [Finding],
    engaged: &[Engaged<'_>],
) -> Vec<Engaged<'a>> {
    let silent = |clause: &&Clause| {
        applies(clause, situation)
            && !clause.effects.is_empty()
            && !engaged.iter().any(|e| e.clause.id == clause.id)
    };
    let engage = |clause: &'a Clause| {
        let findings: Vec<&Finding> = learned
            .iter()
            .filter(|f| clause.topics.contains(&f.topic))
            .collect();
        let rank = findings
            .iter()
            .map(|finding| Rank::of(&finding.topic))
            .max()?;
        Some(Engaged {
            clause,
            findings,
            surface_topic: None,
            rank,
            strength: Strength::Possible,
            own_child: false,
            consent_claimed: false,
            praise: false,
            learned: true,
        })
    };
    policy
        .clauses
        .iter()
        .filter(silent)
        .filter_map(engage)
        .collect()
}

/// Returns `true` if a clause is about what is posted, or written down by staff, where the post
/// stands.
fn applies(clause: &Clause, situation: &Situation<'_>) -> bool {
    let by_staff = clause.detect == Detect::Human;
    let on_platform = clause.platforms.is_empty() || clause.platforms.contains(&situation.platform);
    by_staff == (situation.platform == Platform::StaffLog) && on_platform
}

fn one<'a>(
    clause: &'a Clause,
    situation: &Situation<'_>,
    reading: &'a Reading,
    surface_topic: Option<&Topic>,
    least: Strength,
) -> Option<Engaged<'a>> {
    if !applies(clause, situation) {
        return None;
    }
    // A clause without effects explains: it is engaged by what is clear, not by what a person has
    // yet to look at.
    let least = if clause.effects.is_empty() {
        least.max(clause.bar)
    } else {
        least
    };
    let findings: Vec<&Finding> = reading
        .findings
        .iter()
        .filter(|f| clause.topics.contains(&f.topic) && f.strength >= least && protects(clause, f))
        .collect();
    let surface_topic = surface_topic
        .filter(|topic| clause.topics.contains(topic))
        .cloned();
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
    let consent_claimed = reading.has(&Topic::ClaimsConsent, Strength::Possible)
        && clause.except.iter().any(by_consent);
    let about_somebody = |topic: &Topic| {
        matches!(
            topic,
            Topic::PatientIdentifiable | Topic::OtherPersonIdentifiable
        )
    };
    let own_child = reading.has(&Topic::Child, Strength::Possible)
        && findings.iter().any(|f| about_somebody(&f.topic));
    let praise = praise && clause.praise == Praise::Queue;
    let ranks = findings
        .iter()
        .map(|finding| Rank::of(&finding.topic))
        .chain(surface_topic.as_ref().map(Rank::of));
    let rank = ranks.max().unwrap_or(Rank::Signpost);
    let strength = findings
        .iter()
        .map(|finding| finding.strength)
        .max()
        .unwrap_or(Strength::Certain);
    Some(Engaged {
        clause,
        findings,
        surface_topic,
        rank,
        strength,
        own_child,
        consent_claimed,
        praise,
        learned: false,
    })
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
        && !SPOILED_BY
            .iter()
            .any(|topic| reading.has(topic, Strength::Possible))
}
