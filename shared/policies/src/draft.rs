//! A first policy from a practice's published text.
//!
//! Each sentence is matched to what published policies say (`patterns.toml`, which is data): what a
//! post must be about, what follows, and how sure the verb is. What belongs together becomes a
//! clause; what is about nothing that posts can be becomes a `[[context]]`. Whatever is not certain
//! stands in the file as a question, which [`load`](crate::load) repeats until somebody answers it.
//!
//! The draft is on the safe side: the machine is asked to hide only for what the words promise, and
//! never where they leave it open. The same text gives the same draft, whatever the machine.

mod clauses;
mod cue;
mod file;
mod patterns;
mod recipe;

use pagewarden_rules::{About, By, Effect, Exception, Place, Platform, PracticeId, Says, Topic};

pub(crate) use file::QUESTION;

pub use patterns::{BadPatterns, Patterns};

use crate::published::Published;

/// Whose text it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The practice's id.
    pub id: &'a PracticeId,
    /// The practice's name, if it is known.
    pub name: Option<&'a str>,
    /// The name of the file that holds the published text.
    pub source: &'a str,
}

/// A drafted policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The policy file, with its questions as comments that begin with `# ?`.
    pub toml: String,
    /// Its clauses and context sentences, in the order of the text.
    pub parts: Vec<Part>,
    /// What somebody has to answer, in the order of the file.
    pub questions: Vec<String>,
}

/// A clause of a draft, or a sentence that asks for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The published sentences, as they stand in the text.
    pub sentences: Vec<String>,
    /// What stands there, from the first of them to the last.
    pub quote: String,
    /// What it comes to; nothing for a sentence that asks for nothing.
    pub clause: Option<Drafted>,
    /// What the words leave open.
    pub questions: Vec<String>,
    /// The nearest sentence of a policy that comes with the program, if it is near, and what
    /// differs.
    pub like: Option<String>,
}

/// What a clause of a draft comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drafted {
    /// What a post must be about, in the order of the vocabulary.
    pub topics: Vec<Topic>,
    /// How sure it is that something follows.
    pub says: Says,
    /// Where.
    pub place: Place,
    /// The platforms that the words name, if not all.
    pub platforms: Vec<Platform>,
    /// Who it protects, if the words say so.
    pub about: Option<About>,
    /// What follows, and by whom.
    pub effects: Vec<(Effect, By)>,
    /// The topics for which the machine acts, if not all.
    pub auto_topics: Vec<Topic>,
    /// What must not follow.
    pub never: Vec<Effect>,
    /// Such posts are left without an answer in public.
    pub no_public_reply: bool,
    /// What takes a post out of it.
    pub except: Vec<Exception>,
    /// The practice manager alone deletes.
    pub by_manager: bool,
    /// The words say "and/or".
    pub and_or: bool,
}

/// Drafts a policy from a published text.
#[must_use]
pub fn draft(patterns: &Patterns, origin: &Origin<'_>, text: &str) -> Draft {
    let published = Published::new(text);
    let mut parts = clauses::parts(patterns, &published);
    patterns::compare(patterns, &mut parts);
    file::write(patterns, origin, text, parts)
}
