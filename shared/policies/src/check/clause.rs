//! Checks of one clause.

use pagewarden_rules::{Clause, Detect, Effect, Place, Platform, Says, Topic};

use super::{Checks, list};
use crate::document::At;
use crate::nearest::nearest;

/// Effects that carry words to the author in public.
const PUBLIC: [Effect; 3] = [
    Effect::PublicReply,
    Effect::SignpostOfficialReview,
    Effect::SignpostRoutineContact,
];

impl Checks<'_, '_> {
    pub(super) fn clause(&mut self, at: At<'_>, clause: &Clause) {
        self.reach(at, clause);
        self.automatic(at, clause);
        self.contradictions(at, clause);
        self.template(at, clause);
        self.gaps(at, clause);
        self.criticism(at, clause);
    }

    /// A clause that nothing can engage is a promise that nobody keeps.
    fn reach(&mut self, at: At<'_>, clause: &Clause) {
        let id = &clause.id;
        if clause.topics.is_empty() {
            let message = format!("nothing can engage {id}: it has no topics");
            self.error(
                at,
                "topics",
                message,
                "at least one topic, or a [[context]]",
            );
        }
        let by_staff = clause.detect == Detect::Human;
        if by_staff && clause.place != Place::Premises {
            let message =
                format!("nothing can engage {id}: staff log what happens on the premises only");
            self.error(
                at,
                "place",
                message,
                "place = \"premises\", or detect = \"assist\"",
            );
        }
        let log_named = clause.platforms.contains(&Platform::StaffLog);
        if by_staff && !clause.platforms.is_empty() && !log_named {
            let message =
                format!("nothing can engage {id}: what staff log is on none of these platforms");
            self.error(
                at,
                "platforms",
                message,
                "no \"platforms\", or detect = \"assist\"",
            );
        } else if !by_staff && log_named {
            let message = format!("{id} names the staff log, which only detect = \"human\" reads");
            self.error(
                at,
                "platforms",
                message,
                "detect = \"human\", or another platform",
            );
        }
        let channels = &self.parts.channels;
        let present = |platform: &Platform| {
            channels
                .iter()
                .any(|(_, channel)| channel.platform == *platform)
        };
        if !by_staff && !clause.platforms.is_empty() && !clause.platforms.iter().any(present) {
            let own: Vec<Platform> = channels
                .iter()
                .map(|(_, channel)| channel.platform)
                .collect();
            let message =
                format!("nothing can engage {id}: the practice is on none of its platforms");
            self.error(
                at,
                "platforms",
                message,
                format!("some of {}, or a [[channel]] for it", list(&own)),
            );
        } else if !by_staff && channels.is_empty() {
            let message = format!("nothing can engage {id}: the practice has no channel");
            self.error(at, "place", message, "a [[channel]] that the practice runs");
        }
    }

    fn automatic(&mut self, at: At<'_>, clause: &Clause) {
        for (nth, effect) in clause.auto.iter().enumerate() {
            let line = self.document.line_of_nth(at, "auto", nth);
            if !effect.may_be_automatic() {
                let message = format!(
                    "the safe floor leaves \"{effect}\" to a person, whatever a policy says"
                );
                self.problems.error(line, message, "\"auto\" without it");
            } else if !clause.effects.contains(effect) {
                let message = format!("\"{effect}\" is in \"auto\" and not in \"effects\"");
                self.problems
                    .error(line, message, "it in both, or in neither");
            }
        }
        for (nth, topic) in clause.auto_topics.iter().enumerate() {
            let line = self.document.line_of_nth(at, "auto_topics", nth);
            if !clause.topics.contains(topic) {
                let message = format!("\"{topic}\" is in \"auto_topics\" and not in \"topics\"");
                self.problems
                    .error(line, message, format!("some of {}", list(&clause.topics)));
            } else if topic.needs_judgement() {
                let message =
                    format!("\"{topic}\" needs facts or law: the safe floor leaves it to a person");
                self.problems
                    .error(line, message, "\"auto_topics\" without it");
            }
        }
        let hides = clause.auto.contains(&Effect::Hide);
        if hides && !clause.topics.is_empty() && clause.topics.iter().all(Topic::needs_judgement) {
            let message = format!(
                "{} never hides by itself: all of its topics need facts or law",
                clause.id
            );
            self.error(at, "auto", message, "\"auto\" without \"hide\"");
        }
    }

    fn contradictions(&mut self, at: At<'_>, clause: &Clause) {
        for effect in clause
            .effects
            .iter()
            .filter(|effect| clause.never.contains(effect))
        {
            let message = format!("{} both asks for \"{effect}\" and forbids it", clause.id);
            self.error(at, "never", message, "it in \"effects\" or in \"never\"");
        }
        let replies = clause.effects.iter().find(|effect| PUBLIC.contains(effect));
        if clause.no_public_reply
            && let Some(effect) = replies
        {
            let message = format!(
                "{} forbids public replies and asks for \"{effect}\"",
                clause.id
            );
            self.error(at, "no_public_reply", message, "one or the other");
        }
        if clause.delete_role.is_some()
            && !clause
                .effects
                .iter()
                .any(|e| matches!(e, Effect::Delete | Effect::Moderate))
        {
            let message = format!("{} says who deletes, and deletes nothing", clause.id);
            self.error(
                at,
                "delete_role",
                message,
                "\"delete\" under \"effects\", or no \"delete_role\"",
            );
        }
        if clause.effects.contains(&Effect::Acknowledge) || clause.effects.contains(&Effect::Unhide)
        {
            let message = format!(
                "{} asks for what only a person's decision brings",
                clause.id
            );
            self.error(
                at,
                "effects",
                message,
                "\"public_reply\" with a template, or nothing",
            );
        }
        if clause.says == Says::Context && clause.effects.iter().any(|effect| takes_away(*effect)) {
            let message = format!(
                "{} only explains (says = \"context\") and yet takes posts away",
                clause.id
            );
            self.error(at, "says", message, "what the policy says will follow");
        }
    }

    /// Only fixed words go out, so whatever speaks to an author names its template.
    fn template(&mut self, at: At<'_>, clause: &Clause) {
        let public = clause.effects.iter().find(|effect| PUBLIC.contains(effect));
        let private = clause
            .effects
            .iter()
            .find(|effect| **effect == Effect::AskAuthor);
        let Some(name) = &clause.template else {
            if let Some(effect) = public.or(private) {
                let message = format!(
                    "{} asks for \"{effect}\" and names no template for its words",
                    clause.id
                );
                self.error(
                    at,
                    "effects",
                    message,
                    "template = \"...\", one of templates.toml",
                );
            }
            return;
        };
        if self.templates.get(name).is_none() {
            let instead = match nearest(name, self.templates.names()) {
                Some(meant) => format!("\"{meant}\""),
                None => format!(
                    "one of {}",
                    self.templates.names().collect::<Vec<_>>().join(", ")
                ),
            };
            self.error(
                at,
                "template",
                format!("unknown template \"{name}\""),
                instead,
            );
            return;
        }
        let (wanted, effect) = match (public, private) {
            (Some(effect), _) => ("public.", effect),
            (None, Some(effect)) => ("private.", effect),
            (None, None) => return,
        };
        if !name.starts_with(wanted) {
            let message = format!("\"{name}\" is not for \"{effect}\"");
            self.error(
                at,
                "template",
                message,
                format!("a template whose name begins with \"{wanted}\""),
            );
        }
    }

    /// What the published sentence itself leaves open must be marked, so that it blocks `live`.
    fn gaps(&mut self, at: At<'_>, clause: &Clause) {
        for (key, gap) in [
            ("placeholder", &clause.placeholder),
            ("broken_link", &clause.broken_link),
        ] {
            if let Some(gap) = gap
                && (gap.is_empty() || !clause.quote.contains(gap.as_str()))
            {
                let message = format!("the {key} does not stand in the quote of {}", clause.id);
                self.error(at, key, message, "it word for word, or no such key");
            }
        }
        if clause.placeholder.is_none()
            && let Some(gap) = unfilled(&clause.quote)
        {
            let message = format!(
                "the published sentence of {} has an unfilled \"{gap}\"",
                clause.id
            );
            self.error(
                at,
                "quote",
                message,
                format!("placeholder = \"{gap}\" beside the quote"),
            );
        }
        if clause.broken_link.is_none() && clause.quote.contains("](#)") {
            let message = format!(
                "the published sentence of {} has a link that leads nowhere",
                clause.id
            );
            self.error(at, "quote", message, "broken_link = \"#\" beside the quote");
        }
    }

    /// Criticism is free: no clause may take away what somebody thinks of the service, whatever the
    /// policy says.
    fn criticism(&mut self, at: At<'_>, clause: &Clause) {
        let opinion = clause.topics.iter().find(|topic| topic.is_opinion());
        let key = if clause.auto.iter().any(|effect| effect.is_sanction()) {
            "auto"
        } else {
            "effects"
        };
        let sanction = clause
            .effects
            .iter()
            .chain(&clause.auto)
            .find(|effect| effect.is_sanction());
        if let (Some(topic), Some(effect)) = (opinion, sanction) {
            let message = format!(
                "{} asks for \"{effect}\" on \"{topic}\": the safe floor keeps what people think of the service free, \
                 whatever a policy says",
                clause.id
            );
            let others: Vec<Topic> = clause
                .topics
                .iter()
                .filter(|topic| !topic.is_opinion())
                .cloned()
                .collect();
            let instead = if others.is_empty() {
                "no such effect, or topics of what harms somebody,".to_owned()
            } else {
                format!("topics = {}", list(&others))
            };
            self.error(at, key, message, instead);
            return;
        }
        let by_words = [
            "negative comment",
            "negative review",
            "negative feedback",
            "criticis",
        ]
        .iter()
        .any(|words| clause.quote.to_lowercase().contains(words));
        if sanction.is_some() && by_words {
            let message = format!(
                "{} takes down what is merely negative; people may criticise the service",
                clause.id
            );
            self.warn(at, "quote", message, "a clause on what harms somebody");
        }
    }
}

const fn takes_away(effect: Effect) -> bool {
    matches!(
        effect,
        Effect::Hide | Effect::Delete | Effect::Moderate | Effect::Ban
    )
}

/// Returns unfilled template text: `<...>` that is no address.
pub(crate) fn unfilled(quote: &str) -> Option<&str> {
    let mut start = 0;
    for (end, _) in quote.match_indices('>') {
        if let Some(open) = quote[start..end].rfind('<') {
            let inside = &quote[start + open + 1..end];
            if inside.starts_with(char::is_alphabetic)
                && !inside.contains("://")
                && !inside.contains('@')
            {
                return Some(&quote[start + open..=end]);
            }
        }
        start = end + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::unfilled;

    #[test]
    fn an_address_is_no_placeholder() {
        assert_eq!(
            unfilled("see <https://example.org/> on our <insert page> page"),
            Some("<insert page>")
        );
        assert_eq!(
            unfilled("see <https://example.org/> or <a@example.org>"),
            None
        );
        assert_eq!(unfilled("fewer than < 3 <>"), None);
    }
}
