//! Words for people and platforms: templates, filled in for one post.

use jiff::Timestamp;
use pagewarden_policies::{Variable, Variables};
use pagewarden_rules::{
    Capability, Effect, PlannedDraft, Post, Reading, Strength, Topic, capability, report_category,
    rule_number,
};

use crate::Practice;

/// The longest quote in a report, in characters.
const LONGEST_QUOTE: usize = 200;

/// Working days that an author has to answer, where the policy does not say.
const DAYS_TO_ANSWER: u8 = 3;

/// Fills in templates for one post.
pub(super) struct Drafts<'a> {
    pub(super) practice: &'a Practice,
    pub(super) post: &'a Post,
    pub(super) reading: &'a Reading,
    pub(super) now: Timestamp,
}

impl Drafts<'_> {
    /// Fills in a template in both wordings: what is true of a hidden post, and what is true while
    /// it can be seen. The second is none where the first is true of both. Which one is sent is
    /// known when it is sent.
    pub(super) fn both(&self, draft: &PlannedDraft) -> (Option<String>, Option<String>) {
        let (template, clause) = (draft.template.as_str(), draft.clause.as_deref());
        let visible = self.practice.templates.while_visible(template);
        let other = (visible != template)
            .then(|| self.render(visible, clause))
            .flatten();
        let can_hide = capability(self.post.channel.platform, self.post.surface, Effect::Hide)
            == Capability::Api;
        if other.is_some() && !can_hide {
            (other, None)
        } else {
            (self.render(template, clause), other)
        }
    }

    pub(super) fn render(&self, template: &str, clause: Option<&str>) -> Option<String> {
        let rule = clause.map(rule_number).unwrap_or_default();
        let variables = self.variables().with(Variable::Rule, rule);
        self.practice.templates.render(template, &variables).ok()
    }

    fn variables(&self) -> Variables {
        let calendar = &self.practice.calendar;
        let posted = self.post.posted_at.unwrap_or(self.now);
        let days = self
            .practice
            .policy
            .ladder
            .ask_due_days
            .unwrap_or(DAYS_TO_ANSWER);
        Variables::of(&self.practice.policy, &self.practice.settings)
            .with(Variable::PostDate, &calendar.local_date(posted))
            .with(
                Variable::DueDate,
                &calendar.local_date(calendar.after_working_days(self.now, days.into())),
            )
    }

    /// Returns the words to paste into a platform's form, as far as everything in them is known.
    pub(super) fn report(&self, topics: &[Topic]) -> Option<String> {
        let variables = self
            .variables()
            .with(
                Variable::PostLink,
                self.post.permalink.as_deref().unwrap_or_default(),
            )
            .with(
                Variable::Ground,
                report_category(self.post.channel.platform, topics).unwrap_or_default(),
            )
            .with(Variable::Quote, &self.quote(topics).unwrap_or_default());
        self.practice
            .templates
            .render_known("report.platform", &variables)
    }

    /// Returns the words that break a rule on one of these topics: those of the surest finding.
    ///
    /// None where the platform's terms ask that words go when their author takes them back, since a
    /// report outlives that; and none where the words were found in a translation.
    fn quote(&self, topics: &[Topic]) -> Option<String> {
        if self.post.channel.platform.drops_what_is_taken_back() {
            return None;
        }
        let findings = self
            .reading
            .findings
            .iter()
            .filter(|finding| topics.contains(&finding.topic));
        let surest = findings.filter(|finding| finding.strength > Strength::Possible);
        let surest = surest
            .min_by_key(|finding| (std::cmp::Reverse(finding.strength), finding.span.start))?;
        let words = self
            .post
            .text
            .get(surest.span.clone())?
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        if words.chars().count() <= LONGEST_QUOTE {
            return Some(words);
        }
        Some(
            words
                .chars()
                .take(LONGEST_QUOTE)
                .chain("...".chars())
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use pagewarden_rules::{Effect, Platform, Surface};

    use crate::judgement::testing::{ABUSE, PRIVACY, judged, written};

    #[test]
    fn a_draft_has_words_for_both_states() {
        let judgement = judged(
            "kingswinford",
            Platform::Facebook,
            Surface::Comment,
            PRIVACY,
        );
        assert!(judgement.decision.does(Effect::Hide));
        let ask = written(&judgement, Effect::AskAuthor);
        assert!(
            ask.draft.as_ref().unwrap().contains("We have hidden"),
            "{ask:?}"
        );
        assert!(
            !ask.draft_visible.as_ref().unwrap().contains("hidden"),
            "{ask:?}"
        );
        // What the platform cannot hide is never called hidden.
        let judgement = judged(
            "kingswinford",
            Platform::Facebook,
            Surface::VisitorPost,
            PRIVACY,
        );
        let ask = written(&judgement, Effect::AskAuthor);
        assert!(
            !ask.draft.as_ref().unwrap().contains("hidden") && ask.draft_visible.is_none(),
            "{ask:?}"
        );
    }

    #[test]
    fn a_report_says_what_is_known_and_leaves_out_the_rest() {
        let words = |platform, surface| {
            let judgement = judged("roxbourne", platform, surface, ABUSE);
            let report = written(&judgement, Effect::Report).report.clone().unwrap();
            report.words.unwrap()
        };
        let facebook = words(Platform::Facebook, Surface::Comment);
        assert!(
            facebook.contains("We report it as: Bullying or harassment."),
            "{facebook}"
        );
        assert!(
            facebook.contains("The words we report are: \"") && facebook.contains("wankers"),
            "{facebook}"
        );
        assert!(!facebook.contains('['), "{facebook}");
        // X asks that words go when their author takes them back, and a report stays.
        assert!(!words(Platform::X, Surface::Reply).contains("wankers"));
    }
}
