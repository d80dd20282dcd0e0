//! What the machine does: actions for the outbox.

use jiff::Timestamp;
use pagewarden_ledger::{ActionRecord, ActionStatus, RevisionRecord};
use pagewarden_rules::{
    By, Capability, Decision, Effect, PlannedTask, Post, TaskKind, Urgency, capability,
};

use super::drafts::Drafts;
use crate::Practice;

/// Puts what the machine is to do on the platform into the outbox. What lacks its words becomes a
/// person's task.
pub(super) fn actions(
    decision: &mut Decision,
    practice: &Practice,
    revision: &RevisionRecord,
    drafts: &Drafts<'_>,
    now: Timestamp,
) -> Vec<ActionRecord> {
    let post = &revision.post;
    let mut actions = Vec::new();
    let mut missing = Vec::new();
    let hides = decision.does(Effect::Hide);
    for planned in &mut decision.effects {
        let on_platform =
            capability(post.channel.platform, post.surface, planned.effect) == Capability::Api;
        if planned.by != By::Machine || !on_platform {
            continue;
        }
        let name = planned
            .template
            .as_deref()
            .filter(|_| planned.effect == Effect::PublicReply);
        // What nobody hides is never answered as if it were hidden.
        let name = name.map(|name| {
            if hides {
                name
            } else {
                drafts.practice.templates.while_visible(name)
            }
        });
        let words = name.map(|name| drafts.render(name, planned.clause.as_deref()));
        if matches!(words, Some(None)) {
            planned.by = By::Person;
            "The answer lacks a link or a contact, which the settings leave empty."
                .clone_into(&mut planned.why);
            missing.push(PlannedTask {
                kind: TaskKind::DoByHand,
                urgency: Urgency::Normal,
                clauses: planned.clause.iter().cloned().collect(),
                options: vec![planned.effect],
                delete_role: None,
                draft: None,
                optional: false,
                why: planned.why.clone(),
            });
            continue;
        }
        let occasion = format!("policy {}", practice.version);
        actions.push(ActionRecord {
            id: ActionRecord::effect_id(
                &revision.key,
                &revision.revision,
                planned.effect,
                &occasion,
            ),
            key: revision.key.clone(),
            revision: revision.revision.clone(),
            post: Post {
                text: String::new(),
                ..post.clone()
            },
            effect: planned.effect,
            by: By::Machine,
            clause: planned.clause.clone(),
            words: words.flatten(),
            instead: None,
            status: ActionStatus::Pending,
            attempts: 0,
            charged: false,
            sent: false,
            may_be_done: false,
            created_at: now,
            correlation: revision.correlation.clone(),
            result: None,
        });
    }
    decision.tasks.extend(missing);
    actions
}

#[cfg(test)]
mod tests {
    use pagewarden_policies::{Templates, load_shipped};
    use pagewarden_rules::{Effect, Platform, Surface};

    use super::*;
    use crate::judgement::testing::{ABUSE, SETTINGS, judged_by, revision};

    #[test]
    fn a_machines_answer_never_says_hidden_of_what_is_not() {
        let own = "[public.hidden]\nwhile_visible = \"public.seen\"\ntext = \"We have hidden it.\"\n\
                   [public.seen]\ntext = \"Please take it down.\"";
        for (auto, words) in [
            (
                vec![Effect::Hide, Effect::PublicReply],
                "We have hidden it.",
            ),
            (vec![Effect::PublicReply], "Please take it down."),
        ] {
            let mut loaded = load_shipped().unwrap().remove(0);
            loaded.templates = Templates::load(own, "own.toml").unwrap();
            loaded.policy.clauses.retain(|clause| clause.id == "K4");
            let clause = &mut loaded.policy.clauses[0];
            clause.effects.push(Effect::PublicReply);
            clause.template = Some("public.hidden".into());
            clause.auto = auto;
            let practice = Practice::new(loaded, 1, SETTINGS).unwrap();
            let revision = revision(&practice, Platform::Facebook, Surface::Comment, ABUSE);
            let judgement = judged_by(&practice, &revision);
            let said = judgement
                .actions
                .iter()
                .find(|action| action.effect == Effect::PublicReply)
                .unwrap();
            assert_eq!(said.words.as_deref(), Some(words));
        }
    }
}
