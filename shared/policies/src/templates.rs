//! Templates: the only words that go out, with `{variables}` and nothing more.

mod wording;

use std::collections::BTreeMap;
use std::fmt;

use pagewarden_rules::{Links, Policy};
use toml::de::DeValue;

use crate::Settings;
use crate::document::Document;
use crate::nearest::nearest;
use crate::problem::{Problem, Problems, cut};

/// The longest reply, in bytes: Google takes 4096, and is the strictest of the platforms that take a paragraph.
pub const LONGEST_REPLY: usize = 4096;

/// What a template may leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variable {
    /// The practice's name.
    Surgery,
    /// The telephone number or page that a public reply may give.
    Contact,
    /// How to complain.
    ComplaintsLink,
    /// Where a review can be left that the practice answers.
    ReviewLink,
    /// How to challenge a decision.
    ChallengeContact,
    /// The published policy.
    PolicyPage,
    /// The number of the rule that a post breaks.
    Rule,
    /// The day by which the author may answer, written out.
    DueDate,
    /// The day of the post, written out.
    PostDate,
    /// The address of the post.
    PostLink,
}

impl Variable {
    /// Every variable.
    pub const ALL: [Variable; 10] = [
        Variable::Surgery,
        Variable::Contact,
        Variable::ComplaintsLink,
        Variable::ReviewLink,
        Variable::ChallengeContact,
        Variable::PolicyPage,
        Variable::Rule,
        Variable::DueDate,
        Variable::PostDate,
        Variable::PostLink,
    ];

    /// Returns the name that templates write in braces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Variable::Surgery => "surgery",
            Variable::Contact => "contact",
            Variable::ComplaintsLink => "complaints_link",
            Variable::ReviewLink => "review_link",
            Variable::ChallengeContact => "challenge_contact",
            Variable::PolicyPage => "policy_page",
            Variable::Rule => "rule",
            Variable::DueDate => "due_date",
            Variable::PostDate => "post_date",
            Variable::PostLink => "post_link",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Variable::ALL.into_iter().find(|variable| variable.name() == name)
    }

    /// Returns the key under `[links]` that fills it, and what it is, or none if it comes with the post.
    pub(crate) const fn link(self, links: &Links) -> Option<(&'static str, &'static str, &String)> {
        match self {
            Variable::Contact => {
                Some(("contact_public", "telephone number or page that a public reply may give", &links.contact_public))
            }
            Variable::ComplaintsLink => Some(("complaints", "page on how to complain", &links.complaints)),
            Variable::ReviewLink => Some(("official_review", "official place for reviews", &links.official_review)),
            Variable::ChallengeContact => Some(("challenge", "address to challenge a decision", &links.challenge)),
            Variable::PolicyPage => Some(("policy_page", "page of the published policy", &links.policy_page)),
            Variable::Surgery | Variable::Rule | Variable::DueDate | Variable::PostDate | Variable::PostLink => None,
        }
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What fills the variables of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<Variable, String>);

impl Variables {
    /// Returns what a practice fills by itself: its name and those of its addresses that it has supplied.
    #[must_use]
    pub fn of(policy: &Policy, settings: &Settings) -> Self {
        let links = settings.links_over(&policy.links);
        let mut variables = Variables::default().with(Variable::Surgery, &policy.practice.name);
        for variable in Variable::ALL {
            if let Some((_, _, link)) = variable.link(&links) {
                variables = variables.with(variable, link);
            }
        }
        variables
    }

    /// Sets a variable. What is blank stays unfilled.
    #[must_use]
    pub fn with(mut self, variable: Variable, text: &str) -> Self {
        if !text.trim().is_empty() {
            self.0.insert(variable, text.trim().to_owned());
        }
        self
    }
}

/// Why a template gave no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// There is no such template: the policy or the program is wrong.
    #[error("there is no template \"{0}\"")]
    Unknown(String),
    /// Something is missing that the practice, or the caller, must supply: nothing may be sent.
    #[error("the template \"{template}\" needs {{{variable}}}, and there is none")]
    Unfilled {
        /// The template.
        template: String,
        /// What is missing.
        variable: Variable,
    },
    /// With its variables filled it is longer than a platform takes.
    #[error("the template \"{template}\" comes to {bytes} bytes, more than {LONGEST_REPLY}")]
    TooLong {
        /// The template.
        template: String,
        /// How long it came out.
        bytes: usize,
    },
}

/// The templates, by names such as `private.rule_hidden`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Templates {
    texts: BTreeMap<String, Vec<Piece>>,
    warnings: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Words(String),
    Variable(Variable),
}

impl Templates {
    /// Loads a file of templates, or tells every problem in it.
    pub fn load(toml_text: &str, file: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::new(file);
        let mut texts = BTreeMap::new();
        if let Some(document) = Document::parse(toml_text, &mut problems) {
            for (group, members) in document.tree() {
                match (group.get_ref().as_ref(), members.get_ref()) {
                    ("public" | "private" | "letter" | "report", DeValue::Table(members)) => {
                        for (name, template) in members {
                            let name_line = document.line_of(name);
                            let name = format!("{}.{}", group.get_ref(), name.get_ref());
                            if let Some(text) = text_of(&document, &name, name_line, template, &mut problems) {
                                texts.insert(name, pieces(text.0, text.1, &mut problems));
                            }
                        }
                    }
                    _ => problems.error(
                        document.line_of(group),
                        "a template stands in no group",
                        "[public.name], [private.name], [letter.name] or [report.name]",
                    ),
                }
            }
        }
        let failed = problems.count() > 0;
        let (errors, warnings) = problems.into_sorted();
        if failed { Err(errors) } else { Ok(Templates { texts, warnings }) }
    }

    /// Loads the templates that come with the program.
    pub fn shipped() -> Result<Self, Vec<Problem>> {
        Templates::load(include_str!("../templates.toml"), "templates.toml")
    }

    /// Returns what the templates' author ought to know.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Returns the names of all templates.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    /// Returns the variables of a template, or none if there is no such template.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Vec<Variable>> {
        let pieces = self.texts.get(name)?.iter();
        Some(pieces.filter_map(|piece| if let Piece::Variable(v) = piece { Some(*v) } else { None }).collect())
    }

    /// Fills a template. Refuses rather than leave a gap: an empty link in a reply helps nobody.
    ///
    /// What fills a variable is never read for variables itself.
    pub fn render(&self, name: &str, variables: &Variables) -> Result<String, TemplateError> {
        let pieces = self.texts.get(name).ok_or_else(|| TemplateError::Unknown(name.to_owned()))?;
        let mut text = String::new();
        for piece in pieces {
            text.push_str(match piece {
                Piece::Words(words) => words,
                Piece::Variable(variable) => variables
                    .0
                    .get(variable)
                    .ok_or_else(|| TemplateError::Unfilled { template: name.to_owned(), variable: *variable })?,
            });
        }
        if text.len() > LONGEST_REPLY {
            return Err(TemplateError::TooLong { template: name.to_owned(), bytes: text.len() });
        }
        Ok(text)
    }
}

/// Returns a template's text and its line, if the table holds that and nothing else.
fn text_of<'a>(
    document: &'a Document<'_>,
    name: &str,
    name_line: usize,
    template: &'a toml::Spanned<DeValue<'_>>,
    problems: &mut Problems,
) -> Option<(&'a str, usize)> {
    let keys = template.get_ref().as_table();
    for (key, _) in keys.into_iter().flatten().filter(|(key, _)| key.get_ref() != "text") {
        let message = format!("unknown key \"{}\" in [{name}]", cut(key.get_ref(), 40));
        problems.error(document.line_of(key), message, "\"text\", the only key of a template,");
    }
    match keys.and_then(|keys| keys.get("text")).map(|text| (text, text.get_ref().as_str())) {
        Some((value, Some(text))) if !text.trim().is_empty() => Some((text, document.line_of(value))),
        _ => {
            problems.error(name_line, format!("[{name}] has no text"), "text = \"...\"");
            None
        }
    }
}

/// Cuts a text into words and variables, and checks both.
fn pieces(text: &str, line: usize, problems: &mut Problems) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let (words, tail) = rest.split_at(open);
        pieces.push(Piece::Words(words.to_owned()));
        let name = tail.strip_prefix('{').and_then(|tail| tail.split_once('}'));
        let Some((name, after)) = name else {
            problems.error(line, "a brace stands alone", "both braces around a variable, or none");
            return pieces;
        };
        if let Some(variable) = Variable::named(name) {
            pieces.push(Piece::Variable(variable));
        } else {
            let known = Variable::ALL.map(Variable::name);
            let instead = match nearest(name, known.into_iter()) {
                Some(meant) => format!("{{{meant}}}"),
                None => format!("one of {}", known.join(", ")),
            };
            problems.error(line, format!("unknown variable {{{}}}", cut(name, 40)), instead);
        }
        rest = after;
    }
    pieces.push(Piece::Words(rest.to_owned()));
    wording::check(text, line, problems);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Result<Templates, Vec<Problem>> {
        Templates::load(&format!("[public.one]\ntext = \"{text}\"\n"), "t.toml")
    }

    fn message(text: &str) -> String {
        one(text).unwrap_err()[0].to_string()
    }

    #[test]
    fn what_is_filled_is_not_read_again() {
        let variables = Variables::default().with(Variable::Surgery, "The {contact} Surgery");
        assert_eq!(
            one("Ask {surgery}.").unwrap().render("public.one", &variables).unwrap(),
            "Ask The {contact} Surgery."
        );
    }

    #[test]
    fn a_gap_is_refused() {
        let templates = one("Ask here: {contact}.").unwrap();
        let unfilled = TemplateError::Unfilled { template: "public.one".into(), variable: Variable::Contact };
        assert_eq!(templates.render("public.one", &Variables::default()), Err(unfilled.clone()));
        assert_eq!(templates.render("public.one", &Variables::default().with(Variable::Contact, " \n")), Err(unfilled));
        assert_eq!(
            templates.render("public.two", &Variables::default()),
            Err(TemplateError::Unknown("public.two".into()))
        );
        let long = Variables::default().with(Variable::Contact, &"1".repeat(LONGEST_REPLY));
        assert!(matches!(templates.render("public.one", &long), Err(TemplateError::TooLong { .. })));
    }

    #[test]
    fn nothing_may_say_that_somebody_is_a_patient() {
        assert_eq!(
            message("Sorry about your appointments."),
            "t.toml:2: \"your appointment\" says that somebody is a patient; write words that are as true of anybody instead"
        );
        assert!(one("We care for our patients.").is_err());
        assert!(one("We do not deal with appointments here.").is_ok());
    }

    #[test]
    fn variables_must_be_known_and_closed() {
        assert_eq!(message("Ask {surgry}."), "t.toml:2: unknown variable {surgry}; write {surgery} instead");
        assert!(message("Ask {surgery.").contains("a brace stands alone"));
        assert!(message("Ask surgery}.").contains("a brace stands alone"));
    }

    #[test]
    fn long_sentences_are_a_warning() {
        let templates = one(&"word ".repeat(21)).unwrap();
        assert!(templates.warnings()[0].message.contains("21 words"));
    }

    #[test]
    fn the_shipped_templates_load_without_a_warning() {
        let templates = Templates::shipped().unwrap();
        let warnings: Vec<String> = templates.warnings().iter().map(ToString::to_string).collect();
        assert!(warnings.is_empty(), "{warnings:#?}");
    }
}
