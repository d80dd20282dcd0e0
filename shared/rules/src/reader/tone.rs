//! What the model of tone adds to the grammars' criticism, and takes from it.

use super::model;
use super::text::View;
use crate::{Finding, Strength, Target, Topic};

/// Above this the model calls a short text criticism by itself. This and the next four were chosen
/// over texts that the model was not trained on.
const CRITICAL: f32 = 0.2;
/// What the bar rises by for a long text, which has something of everything.
const LONG_RISE: f32 = 1.6;
/// Words of a short text, and of a long one.
const SHORT: f32 = 10.0;
const LONG: f32 = 80.0;
/// Below the bar by this much, a grammar that contented people's words fit as well is not believed.
const MARGIN: f32 = 0.8;
/// The grammars that rest on single words, and that the model may overrule.
const GENERAL: [&str; 2] = ["criticism.service", "complaint.turn"];
/// Topics that say what a text is about better than its tone.
const SETTLED: [Topic; 18] = [
    Topic::Complaint,
    Topic::Criticism,
    Topic::Defamatory,
    Topic::Distress,
    Topic::Safeguarding,
    Topic::ClinicalUrgent,
    Topic::AppointmentRequest,
    Topic::OwnMedicalInformation,
    Topic::ContactStaff,
    Topic::Fraudulent,
    Topic::Spam,
    Topic::Threatening,
    Topic::Harassing,
    Topic::NotEnglish,
    Topic::FalseInformation,
    Topic::PhotoWaitingArea,
    Topic::RecordingWaitingArea,
    Topic::ClaimsConsent,
];

/// Adds a finding of criticism where the tone says so, or takes a doubtful one back.
pub(super) fn settle(view: &View<'_>, findings: &mut Vec<Finding>) {
    let Some(tone) = model::tone(view) else {
        return;
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of words, of which a few hundred matter"
    )]
    let long = ((view.tokens.len() as f32).clamp(SHORT, LONG) - SHORT) / (LONG - SHORT);
    let bar = CRITICAL + LONG_RISE * long;
    if tone < bar - MARGIN {
        findings.retain(|finding| !GENERAL.contains(&&*finding.cue));
    } else if tone > bar
        && !findings
            .iter()
            .any(|finding| SETTLED.contains(&finding.topic))
    {
        findings.push(Finding {
            topic: Topic::Criticism,
            strength: Strength::Likely,
            span: 0..view.posted.len(),
            cue: "model.tone".into(),
            why: "the words are mostly those of people who are not content".into(),
            target: Some(Target::Practice),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::vocabulary::RULES;

    #[test]
    fn the_grammars_that_the_model_overrules_exist() {
        for name in GENERAL {
            assert!(RULES.iter().any(|rule| rule.name == name), "{name}");
        }
    }
}
