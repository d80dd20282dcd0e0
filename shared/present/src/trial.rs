//! What would become of words that nobody wrote, in words: what the program and people would do,
//! what would not happen, and why.

use pagewarden_ledger::{FindingRecord, ReadBy};
use pagewarden_rules::{By, Decision, Disposition, Policy, Topic};

use crate::case::{RuleView, Span, dangers, marked, sentence, why, with_learned};
use crate::text::cut;
use crate::words;

/// Characters of a sentence that is quoted.
const QUOTED: usize = 160;

/// What would become of words, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialView {
    /// What would become of them, in a sentence.
    pub becomes: &'static str,
    /// The words, with the parts that a rule is about marked.
    pub words: Vec<Span>,
    /// What was found in them; none where no rule is about anything in them.
    pub why: Option<String>,
    /// The practice's own published sentences that they are about.
    pub rules: Vec<RuleView>,
    /// What would follow, and what would not.
    pub effects: Vec<EffectView>,
    /// What people would be asked, and why.
    pub asked: Vec<(String, String)>,
    /// What the second reader says, a sentence each.
    pub second_reader: Vec<String>,
}

/// One thing that would happen, or would not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectView {
    /// "By the program", "By a person" or "Not done".
    pub who: &'static str,
    /// What.
    pub what: &'static str,
    /// Why.
    pub why: String,
}

/// Says what would become of words under a practice's policy.
#[must_use]
pub fn trial(
    policy: &Policy,
    text: &str,
    decision: &Decision,
    findings: Vec<FindingRecord>,
    read_by: &ReadBy,
) -> TrialView {
    let engaged = || decision.clauses.iter().chain(&decision.learned);
    let topics: Vec<&Topic> = engaged()
        .flat_map(|clause| &clause.topics)
        .chain(decision.tasks.iter().flat_map(|task| dangers(task.kind)))
        .collect();
    let findings = with_learned(findings, Some(read_by));
    let relevant: Vec<&FindingRecord> = findings
        .iter()
        .filter(|finding| topics.contains(&&finding.topic))
        .collect();
    let rule = |id: &String| {
        let clause = policy.clause(id)?;
        Some(RuleView {
            id: id.clone(),
            sentence: clause.sentence(),
        })
    };
    TrialView {
        becomes: becomes(decision),
        words: marked(text, &relevant),
        why: why(&relevant),
        rules: engaged().filter_map(|clause| rule(&clause.id)).collect(),
        effects: effects(decision),
        asked: decision
            .tasks
            .iter()
            .map(|task| (sentence(words::task(task.kind)), sentence(&task.why)))
            .collect(),
        second_reader: second_reader(text, read_by),
    }
}

/// Says in a sentence what a policy would make of a post.
#[must_use]
pub const fn becomes(decision: &Decision) -> &'static str {
    if !decision.in_scope {
        return "The practice is not on this channel, so its policy says nothing about it.";
    }
    match decision.disposition {
        Disposition::None => "It is left alone.",
        Disposition::Case => "It is written down.",
        Disposition::Queue => "It stays up, and waits for a person.",
        Disposition::Hide => "The program hides it, and a person decides about it.",
        Disposition::Page => "Somebody may be in danger: people are alerted.",
    }
}

fn effects(decision: &Decision) -> Vec<EffectView> {
    let mut planned: Vec<_> = decision.effects.iter().collect();
    planned.sort_by_key(|planned| planned.by == By::Person);
    let done = planned.into_iter().map(|planned| EffectView {
        who: match planned.by {
            By::Machine => "By the program",
            By::Person => "By a person",
        },
        what: planned.effect.plain(),
        why: sentence(&planned.why),
    });
    let not_done = decision.dropped.iter().map(|dropped| EffectView {
        who: "Not done",
        what: dropped.effect.plain(),
        why: sentence(&dropped.why),
    });
    let refused = decision.refused.iter().map(|effect| EffectView {
        who: "Not done",
        what: effect.plain(),
        why: "Your policy says that nobody may do it to such a post.".to_owned(),
    });
    let mut all: Vec<EffectView> = Vec::new();
    for effect in done.chain(not_done).chain(refused) {
        if !all.contains(&effect) {
            all.push(effect);
        }
    }
    all
}

fn second_reader(text: &str, read_by: &ReadBy) -> Vec<String> {
    let meaning = match read_by {
        ReadBy::Both(meaning) => meaning,
        ReadBy::Nobody | ReadBy::RulesOnly => {
            return vec![
                "It is not there at the moment: the rules alone have read this.".to_owned(),
            ];
        }
    };
    let mut lines: Vec<String> = meaning
        .said
        .iter()
        .map(|said| {
            let place = text.get(said.start..said.end).unwrap_or_default();
            let like = said.like.as_ref().map_or_else(String::new, |like| {
                format!(" It is like this example: \u{201c}{like}\u{201d}")
            });
            format!(
                "{} {}, for \u{201c}{}\u{201d}.{like}",
                sentence(said.how_sure()).trim_end_matches('.'),
                said.sense.plain(),
                cut(place, QUOTED).trim_end_matches('.')
            )
        })
        .collect();
    if lines.is_empty() {
        lines.push("It finds nothing in this that a person should look at.".to_owned());
    }
    if meaning.unread > 0 {
        lines.push("The text is so long that it did not read the end.".to_owned());
    }
    lines
}
