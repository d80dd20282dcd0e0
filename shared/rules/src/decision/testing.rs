//! Small policies, readings and situations for the tests of the steps.

use std::collections::BTreeMap;

use crate::{
    Channels, Clause, Detect, Effect, Finding, Join, Ladder, Links, Meaning, Mode, Nation, Place,
    Platform, Policy, Practice, Praise, Reading, Retention, Said, Says, Sense, Situation, Strength,
    Surface, Topic,
};

pub(super) fn clause(id: &str, topics: &[Topic], effects: &[Effect]) -> Clause {
    Clause {
        id: id.to_owned(),
        topics: topics.to_vec(),
        about: None,
        place: Place::Own,
        platforms: Vec::new(),
        detect: Detect::Assist,
        bar: Strength::Likely,
        says: Says::None,
        except: Vec::new(),
        effects: effects.to_vec(),
        never: Vec::new(),
        join: Join::And,
        auto: Vec::new(),
        auto_topics: Vec::new(),
        delete_role: None,
        urgency: None,
        template: None,
        no_public_reply: false,
        praise: Praise::Same,
        law_pack: Vec::new(),
        placeholder: None,
        broken_link: None,
        quote: String::new(),
    }
}

pub(super) fn policy(clauses: Vec<Clause>) -> Policy {
    Policy {
        practice: Practice {
            id: "sixth".parse().unwrap(),
            name: "The Sixth Surgery".to_owned(),
            nation: Nation::England,
            timezone: "Europe/London".to_owned(),
            audience: Vec::new(),
            responder: String::new(),
            source: String::new(),
            source_sha256: String::new(),
            title: String::new(),
        },
        links: Links::default(),
        channels: vec![Channels {
            platform: Platform::Facebook,
            surfaces: vec![Surface::Comment],
        }],
        clauses,
        custom: Vec::new(),
        tasks: BTreeMap::new(),
        ladder: Ladder {
            window_months: 12,
            steps: Vec::new(),
            ask_due_days: None,
            hold_if_open_complaint: true,
        },
        retention: Retention {
            no_breach_text_days: 0,
            evidence_months: 24,
            complaint_months: None,
            safeguarding_months: None,
        },
    }
}

pub(super) fn finding(topic: Topic, strength: Strength) -> Finding {
    Finding {
        topic,
        strength,
        span: 0..1,
        cue: "test".into(),
        why: "a test".into(),
        target: None,
    }
}

pub(super) fn reading(findings: &[Finding]) -> Reading {
    Reading {
        findings: findings.to_vec(),
        ..Reading::default()
    }
}

/// What a second reader says: each sense with its score, and whether it is sure.
pub(super) fn meaning(senses: &[(Sense, u16, bool)]) -> Meaning {
    let said = |(sense, score, sure): &(Sense, u16, bool)| Said {
        sense: *sense,
        score: *score,
        sure: *sure,
        start: 0,
        end: 1,
        like: None,
    };
    Meaning {
        said: senses.iter().map(said).collect(),
        ..Meaning::default()
    }
}

pub(super) const fn on_facebook() -> Situation<'static> {
    Situation {
        platform: Platform::Facebook,
        surface: Surface::Comment,
        mode: Mode::Live,
        media: false,
        translated: false,
        length: 10,
        stopped: &[],
        restricted: false,
    }
}
