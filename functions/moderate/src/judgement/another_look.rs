//! Where an author can ask for another look.

use pagewarden_ledger::{Choice, Reference};
use pagewarden_policies::{Variable, Variables};
use pagewarden_rules::{Capability, Effect, Post, capability, longest_message, longest_reply};

use super::Judgement;
use crate::Practice;

/// The template that says where an author can ask for another look.
const LOOK_AGAIN: &str = "public.look_again";

impl Judgement {
    /// Adds to all words which tell the author that their post is out of sight where they can ask
    /// for another look, and what they type there.
    ///
    /// What would be longer than the platform takes stays as it is.
    #[must_use]
    pub fn with_another_look(
        mut self,
        practice: &Practice,
        post: &Post,
        page: &str,
        reference: &Reference,
    ) -> Self {
        let variables = Variables::of(&practice.policy, &practice.settings)
            .with(Variable::LookAgainPage, page)
            .with(Variable::Reference, &reference.to_string());
        let platform = post.channel.platform;
        let can_hide = capability(platform, post.surface, Effect::Hide) == Capability::Api;
        let Ok(sentence) = practice.templates.render(LOOK_AGAIN, &variables) else {
            return self;
        };
        let tells = |template: &str| practice.templates.while_visible(template) != template;
        let mut add = |words: &mut String, effects: &[Effect]| {
            let longer = format!("{words} {sentence}");
            let sent_as = |choice| {
                effects
                    .iter()
                    .any(|effect| Choice::of(*effect) == Some(choice))
            };
            let fits_in_private =
                !sent_as(Choice::AskAuthor) || longest_message(platform).takes(&longer);
            let fits_in_public = !sent_as(Choice::Reply) || longest_reply(platform).takes(&longer);
            if fits_in_private && fits_in_public {
                *words = longer;
                self.reference = Some(reference.clone());
            }
        };
        for task in &mut self.tasks {
            // Of what cannot be hidden the draft says nothing else than that it can be seen.
            let template = task.planned.draft.as_ref().map(|draft| &draft.template);
            if let (true, Some(template), Some(draft)) = (can_hide, template, &mut task.draft)
                && tells(template)
            {
                add(draft, &task.planned.options);
            }
        }
        let hides = self.decision.does(Effect::Hide);
        for planned in &self.decision.effects {
            let action = self
                .actions
                .iter_mut()
                .find(|action| action.effect == planned.effect);
            let words = action.and_then(|action| action.words.as_mut());
            if let (true, Some(template), Some(words)) = (hides, &planned.template, words)
                && tells(template)
            {
                add(words, &[planned.effect]);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use pagewarden_rules::{Effect, Platform, Surface};

    use super::*;
    use crate::judgement::testing::{PRIVACY, judged, judged_by, practice, revision, written};

    /// Judges a post, and tells its author of the page where they can ask for another look.
    fn judged_with_page(
        practice: &Practice,
        (platform, surface): (Platform, Surface),
        page: &str,
    ) -> (Judgement, Reference) {
        let revision = revision(practice, platform, surface, PRIVACY);
        let reference = Reference::random().unwrap();
        let judgement = judged_by(practice, &revision);
        (
            judgement.with_another_look(practice, &revision.post, page, &reference),
            reference,
        )
    }

    const LOOK_AGAIN_PAGE: &str = "https://pages.example/look-again/kingswinford";

    #[test]
    fn whoever_is_hidden_is_told_where_to_ask_for_another_look() {
        let place = (Platform::Facebook, Surface::Comment);
        let (judgement, reference) =
            judged_with_page(practice("kingswinford"), place, LOOK_AGAIN_PAGE);
        let ask = written(&judgement, Effect::AskAuthor);
        let (hidden, visible) = (
            ask.draft.as_ref().unwrap(),
            ask.draft_visible.as_ref().unwrap(),
        );
        let sentence = format!(" here: {LOOK_AGAIN_PAGE}. Your reference is {reference}.");
        assert!(hidden.ends_with(&sentence), "{hidden}");
        assert!(!hidden.contains("Whitcombe"), "{hidden}");
        assert!(!visible.contains(LOOK_AGAIN_PAGE), "{visible}");
        assert_eq!(judgement.into_decision(1).reference, Some(reference));
    }

    #[test]
    fn whoever_is_not_hidden_is_given_no_reference() {
        let place = (Platform::Facebook, Surface::VisitorPost);
        let (judgement, _) = judged_with_page(practice("kingswinford"), place, LOOK_AGAIN_PAGE);
        let ask = written(&judgement, Effect::AskAuthor);
        assert!(
            !ask.draft.as_ref().unwrap().contains(LOOK_AGAIN_PAGE),
            "{ask:?}"
        );
        assert_eq!(judgement.into_decision(1).reference, None);
    }

    #[test]
    fn a_message_is_never_longer_than_its_platform_takes() {
        let practice = practice("roxbourne");
        let place = (Platform::Instagram, Surface::Comment);
        let before = judged("roxbourne", Platform::Instagram, Surface::Comment, PRIVACY);
        let before = written(&before, Effect::AskAuthor).draft.clone().unwrap();
        let spare = 1_000 - before.len();
        for (page, fits) in [(spare - 100, true), (spare, false)] {
            let page = format!("https://{}.example", "p".repeat(page));
            let (judgement, _) = judged_with_page(practice, place, &page);
            let draft = written(&judgement, Effect::AskAuthor).draft.clone();
            assert_eq!(draft.as_ref() != Some(&before), fits);
            assert!(draft.unwrap().len() <= 1_000);
            assert_eq!(judgement.into_decision(1).reference.is_some(), fits);
        }
    }
}
