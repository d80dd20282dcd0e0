//! The drafted policy as a file.

use std::fmt::{Display, Write as _};

use pagewarden_rules::{
    By, Detect, Effect, Join, Platform, Praise, Role, Surface, Topic, Urgency, surfaces,
};
use sha2::{Digest, Sha256};

use super::cue::words;
use super::patterns::{Patterns, any};
use super::recipe::platforms;
use super::{Draft, Drafted, Origin, Part};
use crate::check::unfilled;
use crate::published::fold;

/// How a line of a policy begins that asks its author something.
pub(crate) const QUESTION: &str = "# ? ";

pub(super) fn write(
    patterns: &Patterns,
    origin: &Origin<'_>,
    text: &str,
    parts: Vec<Part>,
) -> Draft {
    let mut file = Writer {
        text: String::new(),
        questions: Vec::new(),
    };
    let present = channels(patterns, &parts);
    file.head(origin, text, &present, &parts);
    let letter = origin
        .id
        .as_str()
        .bytes()
        .find(u8::is_ascii_alphabetic)
        .unwrap_or(b'a');
    let mut number = 0;
    for part in &parts {
        match &part.clause {
            Some(clause) => {
                number += 1;
                let id = format!("{}{number}", char::from(letter.to_ascii_uppercase()));
                file.clause(&id, part, clause, &present);
            }
            None => file.context(part),
        }
    }
    let ladder = parts
        .iter()
        .filter_map(|part| part.clause.as_ref())
        .any(|clause| clause.has(Effect::Ladder));
    file.tail(ladder);
    Draft {
        toml: file.text,
        parts,
        questions: file.questions,
    }
}

/// Returns where the practice says that it is; where it does not say, what platforms it names.
fn channels(patterns: &Patterns, parts: &[Part]) -> Vec<Platform> {
    let sentences = || {
        parts
            .iter()
            .flat_map(|part| &part.sentences)
            .map(|own| words(own))
    };
    let mut own: Vec<Platform> = sentences()
        .filter(|words| any(&patterns.presence, words))
        .flat_map(|words| platforms(&words))
        .collect();
    if sentences().any(|words| any(&patterns.website, &words)) {
        own.push(Platform::Website);
    }
    if own.is_empty() {
        own.extend(sentences().flat_map(|words| platforms(&words)));
    }
    if own.is_empty() {
        own.push(Platform::Facebook);
    }
    own.sort();
    own.dedup();
    own
}

struct Writer {
    text: String,
    questions: Vec<String>,
}

impl Writer {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let _infallible = writeln!(self.text, "{line}");
    }

    fn ask(&mut self, question: &str) {
        self.line(format_args!("{QUESTION}{question}"));
        self.questions.push(question.to_owned());
    }

    fn head(&mut self, origin: &Origin<'_>, text: &str, present: &[Platform], parts: &[Part]) {
        let title = text
            .lines()
            .map(plain_line)
            .find(|line| !line.is_empty())
            .unwrap_or_default();
        self.line(format_args!(
            "# Drafted from {}. Lines that begin with \"# ?\" ask something: answer, and delete the line.\n\
             # `pagewarden policy explain WORD` says what a word means, `pagewarden policy lint FILE` what each clause comes to.\n",
            origin.source
        ));
        self.line(format_args!(
            "[practice]\nid = {}",
            quoted(origin.id.as_str())
        ));
        if origin.name.is_none() {
            self.ask("What is the practice called in full?");
        }
        self.line(format_args!(
            "name = {}",
            quoted(origin.name.unwrap_or(origin.id.as_str()))
        ));
        self.ask("Which nation is the practice in? It sets the time for acknowledging complaints");
        self.line(format_args!(
            "nation = \"england\"\ntimezone = \"Europe/London\"\naudience = [\"patients\"]\nresponder = \"the practice manager\"\n\
             title = {}\nsource = {}\nsource_sha256 = \"{}\"\n",
            quoted(&title),
            quoted(origin.source),
            hex::encode(Sha256::digest(text.as_bytes()))
        ));
        self.line(format_args!("[links]"));
        let review = parts.iter().find(|part| {
            part.clause
                .as_ref()
                .is_some_and(|c| c.has(Effect::SignpostOfficialReview))
        });
        if let Some(part) = review {
            if address(&part.quote).is_none() {
                self.ask("Which address shall people be given for leaving a review?");
            }
            let address = address(&part.quote).unwrap_or_default();
            self.line(format_args!("official_review = {}", quoted(address)));
        }
        self.text.push('\n');
        self.ask("Are these all of the practice's pages? A page that is not here is not read");
        for platform in present {
            self.line(format_args!("[[channel]]"));
            self.word("platform", platform);
            // On Facebook only other pages' posts are mentions, which few practices want read.
            let read = surfaces(*platform)
                .iter()
                .filter(|surface| (*platform, **surface) != (Platform::Facebook, Surface::Mention));
            self.list("surfaces", read);
            self.text.push('\n');
        }
    }

    fn context(&mut self, part: &Part) {
        for question in &part.questions {
            self.ask(question);
        }
        self.line(format_args!(
            "[[context]]\nquote = {}\n",
            quoted(&part.quote)
        ));
    }

    /// Writes a key with a text, which needs no quotation marks of its own.
    fn word(&mut self, key: &str, word: impl Display) {
        self.line(format_args!("{key} = \"{word}\""));
    }

    /// Writes a key with a list of words, if there are any.
    fn list(&mut self, key: &str, words: impl IntoIterator<Item = impl Display>) {
        let words: Vec<String> = words
            .into_iter()
            .map(|word| format!("\"{word}\""))
            .collect();
        if !words.is_empty() {
            self.line(format_args!("{key} = [{}]", words.join(", ")));
        }
    }

    fn clause(&mut self, id: &str, part: &Part, clause: &Drafted, present: &[Platform]) {
        if let Some(like) = &part.like {
            self.line(format_args!("# {}", fold(like)));
        }
        for question in &part.questions {
            self.ask(question);
        }
        let by_staff = clause.has(Effect::LogIncident);
        self.line(format_args!("[[clause]]"));
        self.word("id", id);
        self.list("topics", &clause.topics);
        if let Some(about) = clause.about {
            self.word("about", about);
        }
        self.word("place", clause.place);
        if clause.platforms.len() < present.len() && !by_staff {
            self.list("platforms", &clause.platforms);
        }
        if by_staff {
            self.word("detect", Detect::Human);
        }
        self.word("says", clause.says);
        self.list("except", &clause.except);
        self.list("effects", clause.effects.iter().map(|(effect, _)| effect));
        self.list("never", &clause.never);
        if clause.and_or {
            self.word("join", Join::AndOr);
        }
        let machines = clause.effects.iter().filter(|(_, by)| *by == By::Machine);
        self.list("auto", machines.map(|(effect, _)| effect));
        self.list("auto_topics", &clause.auto_topics);
        if clause.by_manager {
            self.word("delete_role", Role::PracticeManager);
        }
        if clause.has(Effect::PageSafeguardingLead) {
            self.word("urgency", Urgency::Now);
        } else if clause.topics.contains(&Topic::PatientIdentifiable) {
            self.word("urgency", Urgency::High);
        }
        if let Some(template) = clause.template() {
            self.word("template", template);
        }
        if clause.no_public_reply {
            self.line(format_args!("no_public_reply = true"));
        }
        if clause.topics.contains(&Topic::StaffIdentified) {
            self.word("praise", Praise::Queue);
        }
        self.list("law_pack", laws(&part.quote));
        if let Some(gap) = unfilled(&part.quote) {
            self.ask("The published sentence has words of a form that were never filled in. They block live until the settings settle them");
            self.line(format_args!("placeholder = {}", quoted(gap)));
        }
        if part.quote.contains("](#)") {
            self.word("broken_link", "#");
        }
        self.line(format_args!("quote = {}\n", quoted(&part.quote)));
    }

    fn tail(&mut self, ladder: bool) {
        self.line(format_args!("[ladder]\nwindow_months = 12"));
        if ladder {
            self.ask("Which steps does the practice take, and within how many months? Each is a person's");
            self.list(
                "steps",
                ["ask_to_remove", "written_warning", "consider_removal"],
            );
        }
        self.line(format_args!(
            "hold_if_open_complaint = true\n\n[retention]\nno_breach_text_days = 0"
        ));
        self.ask("How many months does the practice keep such records?");
        self.line(format_args!("evidence_months = 24"));
    }
}

impl Drafted {
    /// Returns `true` if an effect follows by it, whoever carries it out.
    #[must_use]
    pub fn has(&self, effect: Effect) -> bool {
        self.effects.iter().any(|(known, _)| *known == effect)
    }

    /// Returns the message or answer that goes with it.
    fn template(&self) -> Option<&'static str> {
        let complaint = self.topics.contains(&Topic::Complaint);
        Some(if self.has(Effect::SignpostRoutineContact) {
            "public.signpost_routine_contact"
        } else if self.has(Effect::SignpostOfficialReview) {
            "public.signpost_official_review"
        } else if self.has(Effect::PublicReply) {
            "public.google_contact_us"
        } else if complaint && (self.has(Effect::Delete) || self.has(Effect::Moderate)) {
            "private.complaint_removed"
        } else if complaint && self.has(Effect::AskAuthor) {
            "private.please_delete_no_acknowledgement"
        } else if self.has(Effect::Ladder) && self.has(Effect::AskAuthor) {
            "private.ask_to_remove"
        } else if self.has(Effect::Hide) && self.topics.contains(&Topic::PatientIdentifiable) {
            "private.privacy_hidden"
        } else if self.has(Effect::Hide) {
            "private.rule_hidden"
        } else if self.has(Effect::AskAuthor) {
            "private.ask_to_take_down"
        } else {
            return None;
        })
    }
}

fn laws(quote: &str) -> Vec<&'static str> {
    [
        ("Malicious Communications Act", "mca-1988"),
        ("Communications Act 2003", "ca-2003-s127"),
        ("Online Safety Act", "osa-2023-s179-181"),
    ]
    .into_iter()
    .filter(|(named, _)| quote.contains(named))
    .map(|(_, law)| law)
    .collect()
}

/// Returns the first address in a text.
fn address(text: &str) -> Option<&str> {
    let start = text.find("https://")?;
    let end = text[start..]
        .find([' ', '>', ')', ']'])
        .map_or(text.len(), |length| start + length);
    Some(text[start..end].trim_end_matches(['.', ',']))
}

/// Returns a line without what marks it as a heading.
fn plain_line(line: &str) -> String {
    fold(line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '*')))
}

/// Writes a text as TOML has it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
