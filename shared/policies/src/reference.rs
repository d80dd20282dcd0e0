//! The reference of the policy language: every word that a policy file may hold, what it means, when
//! to use it, and what comes of it on each platform.
//!
//! The words and their meanings come from the types, and what happens from [`capability`]. What a
//! new word needs here is listed by the compiler, and what a new key needs by a test.

mod document;
mod keys;
mod words;

use pagewarden_rules::{
    About, Capability, Detect, Effect, Exception, Join, Nation, Place, Platform, Praise, Role,
    Says, Strength, Surface, Topic, Urgency, capability, surfaces,
};

pub use document::document;

use crate::nearest::near;

/// What kind of word an entry explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What a text can be about: `topics`, `auto_topics`.
    Topic,
    /// What follows: `effects`, `auto`, `never`.
    Effect,
    /// A word of another key, by the key's name.
    Word(&'static str),
    /// A key, by its table.
    Key(&'static str),
}

/// What the reference says about one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What kind of word it is.
    pub kind: Kind,
    /// The word.
    pub word: String,
    /// What it means.
    pub meaning: String,
    /// When to use it, and when another.
    pub when: String,
    /// A post, published words or a value that it stands for.
    pub example: String,
    /// What comes of it, a line each: on which platform, by whom, and why not.
    pub facts: Vec<String>,
}

/// Returns every entry of the reference, in the order of the document.
#[must_use]
pub fn entries() -> Vec<Entry> {
    let topics = Topic::ALL
        .iter()
        .cloned()
        .chain([Topic::Custom("NAME".into())]);
    let mut entries: Vec<Entry> = topics.map(|topic| of_topic(&topic)).collect();
    entries.extend(Effect::ALL.iter().map(|effect| of_effect(*effect)));
    macro_rules! vocabulary {
        ($key:literal, $words:ty, $of:path, $facts:expr) => {
            entries.extend(<$words>::ALL.iter().map(|word| {
                let (when, example) = $of(*word);
                Entry {
                    kind: Kind::Word($key),
                    word: word.name().to_owned(),
                    meaning: tidy(word.meaning()),
                    when: when.to_owned(),
                    example: example.to_owned(),
                    facts: $facts(*word),
                }
            }));
        };
    }
    vocabulary!("says", Says, words::says, |_| Vec::new());
    vocabulary!("place", Place, words::place, |_| Vec::new());
    vocabulary!("platform", Platform, words::platform, of_platform);
    vocabulary!("surfaces", Surface, words::surface, of_surface);
    vocabulary!("join", Join, words::join, |_| Vec::new());
    vocabulary!("detect", Detect, words::detect, |_| Vec::new());
    vocabulary!("about", About, words::about, |_| Vec::new());
    vocabulary!("except", Exception, words::exception, |_| Vec::new());
    vocabulary!("praise", Praise, words::praise, |_| Vec::new());
    vocabulary!("urgency", Urgency, words::urgency, |_| Vec::new());
    vocabulary!("delete_role", Role, words::role, |_| Vec::new());
    vocabulary!("nation", Nation, words::nation, of_nation);
    entries.extend(
        [Strength::Possible, Strength::Likely, Strength::Certain].map(|strength| {
            let (word, meaning, when, example) = words::strength(strength);
            Entry {
                kind: Kind::Word("bar"),
                word: word.to_owned(),
                meaning: meaning.to_owned(),
                when: when.to_owned(),
                example: example.to_owned(),
                facts: Vec::new(),
            }
        }),
    );
    entries.extend(keys::entries());
    entries
}

/// Returns what the reference says about a word, or the words that come nearest to it.
pub fn explain(word: &str) -> Result<Vec<Entry>, Vec<String>> {
    let (found, others): (Vec<Entry>, Vec<Entry>) =
        entries().into_iter().partition(|entry| entry.word == word);
    if found.is_empty() {
        let mut known: Vec<&str> = others.iter().map(|entry| entry.word.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        Err(near(word, &known).map(str::to_owned).collect())
    } else {
        Ok(found)
    }
}

/// Doc comments have links and line ends of their own; here they are plain words without a full
/// stop.
fn tidy(meaning: &str) -> String {
    let words: Vec<&str> = meaning.split_whitespace().collect();
    words.join(" ").trim_end_matches('.').to_owned()
}

fn of_topic(topic: &Topic) -> Entry {
    let (when, example) = words::topic(topic);
    let is_danger = matches!(topic, Topic::Safeguarding | Topic::ClinicalUrgent);
    let is_aside = matches!(
        topic,
        Topic::Imminent | Topic::Distress | Topic::Child | Topic::ClaimsConsent | Topic::NotEnglish
    );
    let fact = if is_danger {
        "Somebody is alerted under any policy, and the machine leaves the post alone."
    } else if is_aside {
        "Changes what is done about something else."
    } else if *topic == Topic::Confidentiality {
        "No post engages it."
    } else if topic.is_opinion() {
        "Nothing may be taken away for it: a policy that asks for that does not load."
    } else if topic.needs_judgement() {
        "Needs facts or law: a person decides, never the machine."
    } else {
        "The machine may act on it, where the clause lists that under `auto`."
    };
    Entry {
        kind: Kind::Topic,
        word: topic.name().into_owned(),
        meaning: topic.plain().into_owned(),
        when: when.to_owned(),
        example: example.to_owned(),
        facts: vec![fact.to_owned()],
    }
}

fn of_effect(effect: Effect) -> Entry {
    let (when, example) = words::effect(effect);
    let who = if effect.may_be_automatic() {
        "The machine may do it where the clause lists it under `auto`; otherwise a person does."
    } else {
        "A person does it, whatever a policy says."
    };
    let mut facts = vec![who.to_owned()];
    facts.extend(each_place(|platform, surface| {
        came_to(capability(platform, surface, effect))
    }));
    Entry {
        kind: Kind::Effect,
        word: effect.name().to_owned(),
        meaning: tidy(effect.meaning()),
        when: when.to_owned(),
        example: example.to_owned(),
        facts,
    }
}

/// Says what something comes to at each place, the same places together, in the order in which they
/// first appear.
fn each_place(says: impl Fn(Platform, Surface) -> String) -> Vec<String> {
    let mut alike: Vec<(String, Vec<String>)> = Vec::new();
    for &platform in Platform::ALL {
        for &surface in surfaces(platform) {
            let said = says(platform, surface);
            let place = format!("{platform}/{surface}");
            match alike.iter_mut().find(|(other, _)| *other == said) {
                Some((_, places)) => places.push(place),
                None => alike.push((said, vec![place])),
            }
        }
    }
    if let [(said, _)] = alike.as_slice() {
        return vec![format!("everywhere: {said}")];
    }
    let line = |(said, places): (String, Vec<String>)| format!("{}: {said}", places.join(", "));
    alike.into_iter().map(line).collect()
}

fn came_to(capability: Capability) -> String {
    match capability {
        Capability::Api => "done through the platform".to_owned(),
        Capability::Record => "done in Pagewarden's own records".to_owned(),
        Capability::ByHand(why) => format!("by hand, because {why}"),
        Capability::Cannot(why) => format!("cannot be done: {why}"),
    }
}

fn of_platform(platform: Platform) -> Vec<String> {
    let names: Vec<&str> = surfaces(platform).iter().map(|s| s.name()).collect();
    vec![format!("Its surfaces: {}.", names.join(", "))]
}

fn of_surface(surface: Surface) -> Vec<String> {
    let on: Vec<Platform> = Platform::ALL
        .iter()
        .copied()
        .filter(|platform| surfaces(*platform).contains(&surface))
        .collect();
    if on.is_empty() {
        return vec![
            "On no platform: the console alone brings it, and no policy names it.".to_owned(),
        ];
    }
    on.into_iter()
        .map(|platform| {
            let which = |wanted: fn(Capability) -> bool| {
                let done = ACTS
                    .into_iter()
                    .filter(|effect| wanted(capability(platform, surface, *effect)));
                let names: Vec<&str> = done.map(Effect::name).collect();
                if names.is_empty() {
                    "nothing".to_owned()
                } else {
                    names.join(", ")
                }
            };
            format!(
                "{platform}: through the platform {}; by hand {}; not at all {}",
                which(|done| matches!(done, Capability::Api)),
                which(|done| matches!(done, Capability::ByHand(_))),
                which(|done| matches!(done, Capability::Cannot(_))),
            )
        })
        .collect()
}

/// What is done on a platform, one of each kind.
const ACTS: [Effect; 7] = [
    Effect::Hide,
    Effect::Delete,
    Effect::PublicReply,
    Effect::AskAuthor,
    Effect::Report,
    Effect::Ban,
    Effect::Mute,
];

fn of_nation(nation: Nation) -> Vec<String> {
    let clock = nation.complaint_clock();
    vec![format!(
        "A complaint is to be acknowledged within {} working days.",
        clock.working_days
    )]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_says_what_and_when() {
        for entry in entries() {
            let Entry {
                kind,
                word,
                meaning,
                when,
                example,
                ..
            } = &entry;
            assert!(
                !meaning.is_empty() && !when.is_empty() && !example.is_empty(),
                "{kind:?} {word}"
            );
            assert!(
                [meaning, when, example]
                    .iter()
                    .all(|text| !text.contains(['|', '\n'])),
                "{kind:?} {word} breaks its table"
            );
        }
    }

    #[test]
    fn a_word_is_explained_in_all_its_meanings() {
        let kinds = |word| -> Vec<Kind> {
            explain(word)
                .unwrap()
                .iter()
                .map(|entry| entry.kind)
                .collect()
        };
        assert_eq!(kinds("hide"), [Kind::Effect]);
        assert_eq!(kinds("review"), [Kind::Topic, Kind::Word("surfaces")]);
        assert!(kinds("quote").len() > 1);
        let near = explain("menace").unwrap_err();
        assert!(near.contains(&"menacing".to_owned()), "{near:?}");
        assert!(explain("").unwrap_err().is_empty());
    }

    #[test]
    fn an_effect_says_what_it_comes_to_everywhere() {
        let hide = &explain("hide").unwrap()[0];
        let facts = hide.facts.join("\n");
        assert!(facts.contains("facebook/comment") && facts.contains("Google has no way to hide"));
        let delete = &explain("delete").unwrap()[0];
        assert_eq!(delete.facts[0], "A person does it, whatever a policy says.");
    }
}
