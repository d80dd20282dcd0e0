//! What one policy says that another does not, in words.

use std::fmt::{self, Display};

use pagewarden_rules::{
    About, Channels, Clause, CustomTopic, Effect, Join, Ladder, Links, Policy, Practice, Praise,
    Retention, Says, TaskKind, Topic,
};

use crate::Loaded;

/// What two policies differ in, for somebody who has to agree to the newer one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// The clauses that are new, gone or changed, in the order of the newer policy, then those that
    /// are gone.
    pub clauses: Vec<ClauseDiff>,
    /// What else is otherwise, a sentence each.
    pub others: Vec<String>,
}

/// What became of one clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseDiff {
    /// The clause, by its id in the newer policy where it is in both.
    pub id: String,
    /// Its published sentence on one line.
    pub sentence: String,
    /// New, gone, or what changed.
    pub what: ClauseChange,
}

/// How a clause differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClauseChange {
    /// It is in the newer policy only, which says this.
    Added(Vec<String>),
    /// It is in the older policy only.
    Removed,
    /// It is in both, and these things are otherwise, a sentence each.
    Changed(Vec<String>),
}

impl Diff {
    /// Returns `true` if the policies say the same.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.clauses.is_empty() && self.others.is_empty()
    }
}

/// Returns what a newer policy says otherwise than an older one.
///
/// Clauses belong together whose published sentences are the same, and otherwise those with the same
/// id. Every key of a policy is compared.
#[must_use]
pub fn diff(old: &Loaded, new: &Loaded) -> Diff {
    let mut pairs: Vec<(Option<&Clause>, &Clause)> = new
        .policy
        .clauses
        .iter()
        .map(|clause| (None, clause))
        .collect();
    let mut left: Vec<&Clause> = old.policy.clauses.iter().collect();
    let same: [fn(&Clause, &Clause) -> bool; 3] = [
        |a, b| a.id == b.id && a.sentence() == b.sentence(),
        |a, b| a.sentence() == b.sentence(),
        |a, b| a.id == b.id,
    ];
    for same in same {
        for (before, after) in pairs.iter_mut().filter(|(before, _)| before.is_none()) {
            if let Some(at) = left.iter().position(|clause| same(clause, after)) {
                *before = Some(left.remove(at));
            }
        }
    }
    let mut clauses: Vec<ClauseDiff> = pairs
        .into_iter()
        .filter_map(|(before, after)| {
            let what = match before {
                None => ClauseChange::Added(says_all(after)),
                Some(before) => {
                    let changes = changes(before, after);
                    if changes.is_empty() {
                        return None;
                    }
                    ClauseChange::Changed(changes)
                }
            };
            Some(clause_diff(after, what))
        })
        .collect();
    clauses.extend(
        left.into_iter()
            .map(|clause| clause_diff(clause, ClauseChange::Removed)),
    );
    Diff {
        clauses,
        others: others(old, new),
    }
}

fn clause_diff(clause: &Clause, what: ClauseChange) -> ClauseDiff {
    ClauseDiff {
        id: clause.id.clone(),
        sentence: clause.sentence(),
        what,
    }
}

/// Collects sentences on what is otherwise.
#[derive(Default)]
struct Said(Vec<String>);

impl Said {
    /// Says what a thing was and is, where that differs.
    fn one<T: PartialEq>(&mut self, what: &str, old: &T, new: &T, words: impl Fn(&T) -> String) {
        if old != new {
            let (was, is) = (words(old), words(new));
            if was == is {
                self.0.push(format!("{what} is written otherwise"));
            } else {
                self.0.push(format!("{what}: was {was}, is {is}"));
            }
        }
    }

    /// Says what was added to a list and what was removed from it.
    fn list<T: PartialEq>(
        &mut self,
        (added, removed): (&str, &str),
        old: &[T],
        new: &[T],
        words: impl Fn(&T) -> String,
    ) {
        let only = |these: &[T], others: &[T]| {
            let only = these.iter().filter(|one| !others.contains(one));
            only.map(&words).collect::<Vec<_>>()
        };
        let (more, fewer) = (only(new, old), only(old, new));
        if !more.is_empty() {
            self.0.push(format!("{added}: {}", more.join(", ")));
        }
        if !fewer.is_empty() {
            self.0.push(format!("{removed}: {}", fewer.join(", ")));
        }
        if more.is_empty() && fewer.is_empty() && old != new {
            self.0.push(format!("{added}: the same in another order"));
        }
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "one sentence for each key of a clause"
)]
fn changes(old: &Clause, new: &Clause) -> Vec<String> {
    // Every field by name, so that a further one is compared too.
    let Clause {
        id,
        topics,
        about,
        place,
        platforms,
        detect,
        bar,
        says,
        except,
        effects,
        never,
        join,
        auto,
        auto_topics,
        delete_role,
        urgency,
        template,
        no_public_reply,
        praise,
        law_pack,
        placeholder,
        broken_link,
        quote,
    } = old;
    let mut said = Said::default();
    said.one("its number", id, &new.id, quoted);
    if old.sentence() == new.sentence() {
        said.one("its published sentence", quote, &new.quote, |_| {
            "broken into lines otherwise".to_owned()
        });
    } else {
        let was = old.sentence();
        said.0
            .push(format!("its published sentence is another; it was: {was}"));
    }
    let topic = |topic: &Topic| topic.plain().into_owned();
    said.list(
        ("it is about this as well", "it is not about this any more"),
        topics,
        &new.topics,
        topic,
    );
    said.one("whom it protects", about, &new.about, |about| {
        about_words(*about)
    });
    said.one("where it holds", place, &new.place, |place| match place {
        pagewarden_rules::Place::Own => "on the practice's own pages".to_owned(),
        pagewarden_rules::Place::Any => "on any social media".to_owned(),
        pagewarden_rules::Place::Premises => "on the premises".to_owned(),
    });
    said.list(
        (
            "it names this platform",
            "it does not name this platform any more",
        ),
        platforms,
        &new.platforms,
        ToString::to_string,
    );
    said.one(
        "who can tell that it is broken",
        detect,
        &new.detect,
        |detect| match detect {
            pagewarden_rules::Detect::Assist => "the rules help".to_owned(),
            pagewarden_rules::Detect::Human => "only staff who were there".to_owned(),
        },
    );
    said.one("how sure the rules must be", bar, &new.bar, |bar| {
        match bar {
            pagewarden_rules::Strength::Possible => "it is possible",
            pagewarden_rules::Strength::Likely => "it is likely",
            pagewarden_rules::Strength::Certain => "it is certain",
        }
        .to_owned()
    });
    said.one("what it says will follow", says, &new.says, |says| {
        says_words(*says).to_owned()
    });
    said.list(
        ("it does not hold for", "it holds now for"),
        except,
        &new.except,
        |exception| exception.name().replace('_', " "),
    );
    let effect = |effect: &Effect| effect.plain().to_owned();
    said.list(
        (
            "it asks for this as well",
            "it does not ask for this any more",
        ),
        effects,
        &new.effects,
        effect,
    );
    said.list(
        (
            "this may never follow",
            "this may follow now, which was never allowed",
        ),
        never,
        &new.never,
        effect,
    );
    said.one(
        "how its consequences belong together",
        join,
        &new.join,
        |join| {
            match join {
                Join::And => "all of them",
                Join::AndOr => "one or more of them",
                Join::Or => "one of them",
            }
            .to_owned()
        },
    );
    said.list(
        (
            "the program does this by itself",
            "the program does not do this by itself any more",
        ),
        auto,
        &new.auto,
        effect,
    );
    said.list(
        (
            "the program acts by itself on this as well",
            "the program does not act by itself on this any more",
        ),
        auto_topics,
        &new.auto_topics,
        topic,
    );
    said.one(
        "who alone may delete",
        delete_role,
        &new.delete_role,
        |role| {
            role.map_or_else(
                || "anybody who decides".to_owned(),
                |role| role.name().replace('_', " "),
            )
        },
    );
    said.one(
        "how soon a person must look",
        urgency,
        &new.urgency,
        |urgency| {
            urgency.map_or_else(
                || "as for its kind".to_owned(),
                |urgency| urgency.name().to_owned(),
            )
        },
    );
    said.one(
        "the words that go out",
        template,
        &new.template,
        |template| template.as_ref().map_or_else(|| "none".to_owned(), quoted),
    );
    said.one(
        "answers in public",
        no_public_reply,
        &new.no_public_reply,
        |never| if *never { "never" } else { "allowed" }.to_owned(),
    );
    said.one(
        "staff who are named in thanks",
        praise,
        &new.praise,
        |praise| {
            match praise {
                Praise::Allow => "left alone",
                Praise::Queue => "shown to a person",
                Praise::Same => "treated like any other naming",
            }
            .to_owned()
        },
    );
    said.list(
        (
            "it rests on this law as well",
            "it does not rest on this law any more",
        ),
        law_pack,
        &new.law_pack,
        quoted,
    );
    let text = |text: &Option<String>| text.as_ref().map_or_else(|| "none".to_owned(), quoted);
    said.one(
        "template text that the practice must settle",
        placeholder,
        &new.placeholder,
        text,
    );
    said.one(
        "a link that leads nowhere",
        broken_link,
        &new.broken_link,
        text,
    );
    said.0
}

/// Returns what a new clause says.
fn says_all(clause: &Clause) -> Vec<String> {
    let list = |what: &str, words: Vec<String>| {
        (!words.is_empty()).then(|| format!("{what}: {}", words.join(", ")))
    };
    let topics = clause.topics.iter().map(|topic| topic.plain().into_owned());
    let plain = |effects: &[Effect]| effects.iter().map(|one| one.plain().to_owned()).collect();
    [
        list("it is about", topics.collect()),
        Some(format!(
            "what it says will follow: {}",
            says_words(clause.says)
        )),
        list("it asks for", plain(&clause.effects)),
        list("the program does by itself", plain(&clause.auto)),
        list("this may never follow", plain(&clause.never)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn others(old: &Loaded, new: &Loaded) -> Vec<String> {
    let Policy {
        practice,
        links,
        channels,
        clauses: _,
        custom,
        tasks,
        ladder,
        retention,
    } = &old.policy;
    let policy = &new.policy;
    let mut said = Said::default();
    practice_changes(&mut said, practice, &policy.practice);
    link_changes(&mut said, links, &policy.links);
    let surfaces = |channels: &[Channels]| -> Vec<String> {
        let of = |channel: &Channels| {
            let platform = channel.platform;
            let surfaces = channel.surfaces.iter();
            surfaces
                .map(|surface| format!("{platform} {surface}"))
                .collect::<Vec<_>>()
        };
        channels.iter().flat_map(of).collect()
    };
    said.list(
        (
            "the policy covers this as well",
            "the policy does not cover this any more",
        ),
        &surfaces(channels),
        &surfaces(&policy.channels),
        Clone::clone,
    );
    let custom_topic = |topic: &CustomTopic| {
        let CustomTopic {
            name,
            words,
            patterns,
        } = topic;
        format!(
            "{name} ({} words, {} patterns)",
            words.len(),
            patterns.len()
        )
    };
    said.list(
        (
            "a topic of the practice's own",
            "a topic of the practice's own, gone or as it was",
        ),
        custom,
        &policy.custom,
        custom_topic,
    );
    let sentence = |(kind, text): &(&TaskKind, &String)| format!("{kind} ({text})");
    said.list(
        (
            "its own sentence for a task",
            "its own sentence for a task, gone or as it was",
        ),
        &tasks.iter().collect::<Vec<_>>(),
        &policy.tasks.iter().collect::<Vec<_>>(),
        sentence,
    );
    ladder_changes(&mut said, ladder, &policy.ladder);
    retention_changes(&mut said, retention, &policy.retention);
    said.list(
        (
            "a sentence that explains",
            "a sentence that explained is gone",
        ),
        &old.context,
        &new.context,
        quoted,
    );
    let templates = old.templates.differing(&new.templates);
    if !templates.is_empty() {
        said.0
            .push(format!("words that go out: {}", templates.join(", ")));
    }
    said.0
}

fn practice_changes(said: &mut Said, old: &Practice, new: &Practice) {
    let Practice {
        id,
        name,
        nation,
        timezone,
        audience,
        responder,
        source,
        source_sha256,
        title,
    } = old;
    said.one("the practice's id", id, &new.id, ToString::to_string);
    said.one("the practice's name", name, &new.name, quoted);
    said.one(
        "the nation, and so the law and its clocks",
        nation,
        &new.nation,
        |nation| nation.name().to_owned(),
    );
    said.one("the time zone", timezone, &new.timezone, quoted);
    said.list(
        (
            "it applies to these as well",
            "it does not apply to these any more",
        ),
        audience,
        &new.audience,
        quoted,
    );
    said.one("who answers reviews", responder, &new.responder, quoted);
    said.one(
        "the file of the published text",
        source,
        &new.source,
        quoted,
    );
    if *source_sha256 != new.source_sha256 {
        said.0
            .push("the published text is another than it was".to_owned());
    }
    said.one("the title", title, &new.title, quoted);
}

fn link_changes(said: &mut Said, old: &Links, new: &Links) {
    let Links {
        complaints,
        official_review,
        contact_public,
        policy_page,
        challenge,
        law_guidance,
    } = old;
    for (what, old, new) in [
        ("how to complain", complaints, &new.complaints),
        ("where to review", official_review, &new.official_review),
        ("the public contact", contact_public, &new.contact_public),
        ("the published policy's page", policy_page, &new.policy_page),
        ("how to challenge a decision", challenge, &new.challenge),
        ("guidance on the law", law_guidance, &new.law_guidance),
    ] {
        said.one(what, old, new, quoted);
    }
}

fn ladder_changes(said: &mut Said, old: &Ladder, new: &Ladder) {
    let Ladder {
        window_months,
        steps,
        ask_due_days,
        hold_if_open_complaint,
    } = old;
    said.one(
        "months in which an incident counts against an account",
        window_months,
        &new.window_months,
        ToString::to_string,
    );
    said.one(
        "the steps against an account",
        steps,
        &new.steps,
        |steps: &Vec<String>| {
            if steps.is_empty() {
                "none".to_owned()
            } else {
                steps.join(", then ")
            }
        },
    );
    said.one(
        "days that an author has to answer",
        ask_due_days,
        &new.ask_due_days,
        |days: &Option<u8>| days.map_or_else(|| "not said".to_owned(), |days| days.to_string()),
    );
    said.one(
        "the steps stand still while a complaint is open",
        hold_if_open_complaint,
        &new.hold_if_open_complaint,
        |on| if *on { "said" } else { "not said" }.to_owned(),
    );
}

fn retention_changes(said: &mut Said, old: &Retention, new: &Retention) {
    let Retention {
        no_breach_text_days,
        evidence_months,
        complaint_months,
        safeguarding_months,
    } = old;
    said.one(
        "days that harmless words are kept",
        no_breach_text_days,
        &new.no_breach_text_days,
        ToString::to_string,
    );
    said.one(
        "months that decisions and evidence are kept",
        evidence_months,
        &new.evidence_months,
        ToString::to_string,
    );
    let months = |months: &Option<u16>| {
        months.map_or_else(
            || "until somebody says otherwise".to_owned(),
            |months| months.to_string(),
        )
    };
    said.one(
        "months that complaints are kept",
        complaint_months,
        &new.complaint_months,
        months,
    );
    said.one(
        "months that posts about danger are kept",
        safeguarding_months,
        &new.safeguarding_months,
        months,
    );
}

#[expect(
    clippy::ptr_arg,
    reason = "handed over as it is where texts are listed"
)]
fn quoted(text: &String) -> String {
    if text.is_empty() {
        "nothing".to_owned()
    } else {
        format!(
            "\"{}\"",
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        )
    }
}

fn about_words(about: Option<About>) -> String {
    match about {
        None => "anybody",
        Some(About::Team) => "the team and its members",
        Some(About::Practice) => "the practice as a service",
    }
    .to_owned()
}

const fn says_words(says: Says) -> &'static str {
    match says {
        Says::Will => "it will",
        Says::May => "it may",
        Says::Reserves => "the practice reserves the right",
        Says::Asks => "it asks",
        Says::None => "it forbids, and states no consequence",
        Says::Context => "it explains",
    }
}

impl Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(f, "The two policies say the same.");
        }
        for clause in &self.clauses {
            let ClauseDiff { id, sentence, what } = clause;
            let (word, lines) = match what {
                ClauseChange::Added(lines) => ("is new", lines.as_slice()),
                ClauseChange::Removed => ("is gone", &[][..]),
                ClauseChange::Changed(lines) => ("is changed", lines.as_slice()),
            };
            writeln!(f, "{id} {word}: {sentence}")?;
            for line in lines {
                writeln!(f, "  {line}")?;
            }
        }
        for other in &self.others {
            writeln!(f, "{other}")?;
        }
        Ok(())
    }
}
