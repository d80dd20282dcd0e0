//! Templates: the only words that go out, with `{variables}` and nothing more.

mod variables;
mod wording;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use toml::de::{DeTable, DeValue};

use crate::document::Document;
use crate::nearest::nearest;
use crate::problem::{Collector, Problem, Problems, cut};
pub use variables::{Variable, Variables};

/// The longest reply, in bytes: Google takes 4096, and is the strictest of the platforms that take
/// a paragraph.
pub const LONGEST_REPLY: usize = 4096;

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Templates {
    texts: BTreeMap<String, Vec<Piece>>,
    /// What to send instead of those that say that a post is hidden, while it is not.
    while_visible: BTreeMap<String, String>,
    warnings: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Words(String),
    Variable(Variable),
}

impl Templates {
    /// Returns the names of the templates that others do not have in the same words, in order.
    pub(crate) fn differing(&self, others: &Templates) -> Vec<String> {
        let Templates {
            texts,
            while_visible,
            warnings: _,
        } = self;
        let names = texts.keys().chain(others.texts.keys());
        let mut names: Vec<String> = names
            .filter(|name| {
                texts.get(*name) != others.texts.get(*name)
                    || while_visible.get(*name) != others.while_visible.get(*name)
            })
            .cloned()
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// Loads a file of templates, or tells every problem in it.
    pub fn load(toml_text: &str, file: &str) -> Result<Self, Problems> {
        let mut problems = Collector::new(file);
        let mut templates = Templates::default();
        if let Some(document) = Document::parse(toml_text, &mut problems) {
            templates.read(&document, document.tree(), "", &mut problems);
        }
        let failed = problems.count() > 0;
        let (errors, warnings) = problems.into_sorted();
        if failed {
            Err(errors)
        } else {
            Ok(Templates {
                warnings,
                ..templates
            })
        }
    }

    /// Reads groups of templates in place of those of the same name, and tells every problem in
    /// them.
    ///
    /// `under` is what stands before a group's name in the file.
    pub(crate) fn read(
        &mut self,
        document: &Document<'_>,
        groups: &DeTable<'_>,
        under: &str,
        problems: &mut Collector,
    ) {
        let mut hiding: Vec<(String, Option<String>, usize)> = Vec::new();
        for (group, members) in groups {
            match (group.get_ref().as_ref(), members.get_ref()) {
                (group @ ("public" | "private" | "letter" | "report"), DeValue::Table(members)) => {
                    for (name, template) in members {
                        let line = document.line_of(name);
                        if !is_name(name.get_ref()) {
                            let message = format!("\"{}\" is no name of a template", cut(name.get_ref(), 40));
                            problems.error(line, message, "1 to 40 lower-case letters, digits and underscores");
                            continue;
                        }
                        let name = format!("{group}.{}", name.get_ref());
                        let other = other_of(document, template, problems);
                        if let Some((text, line)) = text_of(document, &name, line, template, problems) {
                            wording::sent(group, text, other.is_some(), line, problems);
                            self.texts.insert(name.clone(), pieces(group, text, line, problems));
                        }
                        let line = other.as_ref().map_or(line, |(_, line)| *line);
                        hiding.push((name, other.map(|(other, _)| other), line));
                    }
                }
                _ => problems.error(
                    document.line_of(group),
                    "a template stands in no group",
                    format!(
                        "[{under}public.name], [{under}private.name], [{under}letter.name] or [{under}report.name]"
                    ),
                ),
            }
        }
        for (name, other, _) in &hiding {
            match other {
                Some(other) => self.while_visible.insert(name.clone(), other.clone()),
                None => self.while_visible.remove(name),
            };
        }
        for (name, other, line) in hiding
            .iter()
            .filter_map(|(name, other, line)| Some((name, other.as_ref()?, *line)))
        {
            let group = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
            // One that says itself what was done would be as untrue; one of another group is for
            // other eyes.
            let fits = self.texts.contains_key(other) && !self.while_visible.contains_key(other);
            if !fits || group(name) != group(other) {
                let message = format!(
                    "[{name}] names no template that can be sent while a post is to be seen"
                );
                problems.error(
                    line,
                    message,
                    format!("one of [{}...] that says nothing of hiding", group(name)),
                );
            }
        }
    }

    /// Returns the templates that come with the program. They are read and checked once, and not
    /// with each policy: that takes milliseconds.
    pub fn shipped() -> Result<Self, Problems> {
        static SHIPPED: LazyLock<Result<Templates, Problems>> =
            LazyLock::new(|| Templates::load(include_str!("../templates.toml"), "templates.toml"));
        SHIPPED.clone()
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
        Some(
            pieces
                .filter_map(|piece| {
                    if let Piece::Variable(v) = piece {
                        Some(*v)
                    } else {
                        None
                    }
                })
                .collect(),
        )
    }

    /// Returns the template to send of a post that is still to be seen: nothing may be said to be
    /// hidden that is not.
    #[must_use]
    pub fn while_visible<'a>(&'a self, name: &'a str) -> &'a str {
        self.while_visible.get(name).map_or(name, String::as_str)
    }

    /// Fills those lines of a template for which everything is known, and leaves out the others:
    /// what a person pastes into a form says less rather than `[quote]`. Returns `None` if there is
    /// no such template, or nothing is left.
    #[must_use]
    pub fn render_known(&self, name: &str, variables: &Variables) -> Option<String> {
        let mut lines = vec![Some(String::new())];
        for piece in self.texts.get(name)? {
            match piece {
                Piece::Variable(variable) => {
                    let known = variables.0.get(variable);
                    let line = lines.last_mut()?;
                    *line = line.take().and_then(|line| known.map(|known| line + known));
                }
                Piece::Words(words) => {
                    let (first, rest) = words
                        .split_once('\n')
                        .map_or((&**words, None), |(first, rest)| (first, Some(rest)));
                    if let Some(Some(line)) = lines.last_mut() {
                        line.push_str(first);
                    }
                    lines.extend(
                        rest.into_iter()
                            .flat_map(|rest| rest.split('\n'))
                            .map(|line| Some(line.to_owned())),
                    );
                }
            }
        }
        let known: Vec<String> = lines
            .into_iter()
            .flatten()
            .filter(|line| !line.trim().is_empty())
            .collect();
        (!known.is_empty()).then(|| known.join(" "))
    }

    /// Fills a template. Refuses rather than leave a gap: an empty link in a reply helps nobody.
    ///
    /// What fills a variable is never read for variables itself.
    pub fn render(&self, name: &str, variables: &Variables) -> Result<String, TemplateError> {
        let pieces = self
            .texts
            .get(name)
            .ok_or_else(|| TemplateError::Unknown(name.to_owned()))?;
        let mut text = String::new();
        for piece in pieces {
            text.push_str(match piece {
                Piece::Words(words) => words,
                Piece::Variable(variable) => {
                    variables
                        .0
                        .get(variable)
                        .ok_or_else(|| TemplateError::Unfilled {
                            template: name.to_owned(),
                            variable: *variable,
                        })?
                }
            });
        }
        if text.len() > LONGEST_REPLY {
            return Err(TemplateError::TooLong {
                template: name.to_owned(),
                bytes: text.len(),
            });
        }
        Ok(text)
    }
}

fn is_name(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Returns a template's text and its line, if the table holds that and nothing else.
fn text_of<'a>(
    document: &'a Document<'_>,
    name: &str,
    name_line: usize,
    template: &'a toml::Spanned<DeValue<'_>>,
    problems: &mut Collector,
) -> Option<(&'a str, usize)> {
    let keys = template.get_ref().as_table();
    let known = |key: &str| matches!(key, "text" | "while_visible");
    for (key, _) in keys
        .into_iter()
        .flatten()
        .filter(|(key, _)| !known(key.get_ref()))
    {
        let message = format!("unknown key \"{}\" in [{name}]", cut(key.get_ref(), 40));
        problems.error(
            document.line_of(key),
            message,
            "\"text\" or \"while_visible\", the keys of a template,",
        );
    }
    match keys
        .and_then(|keys| keys.get("text"))
        .map(|text| (text, text.get_ref().as_str()))
    {
        Some((value, Some(text))) if !text.trim().is_empty() => {
            Some((text, document.line_of(value)))
        }
        _ => {
            problems.error(name_line, format!("[{name}] has no text"), "text = \"...\"");
            None
        }
    }
}

/// Returns the template that a template names for a post that is still to be seen, and its line.
fn other_of(
    document: &Document<'_>,
    template: &toml::Spanned<DeValue<'_>>,
    problems: &mut Collector,
) -> Option<(String, usize)> {
    let named = template.get_ref().as_table()?.get("while_visible")?;
    let line = document.line_of(named);
    let name = named.get_ref().as_str();
    if name.is_none() {
        problems.error(
            line,
            "while_visible is no name of a template",
            "\"private.name\"",
        );
    }
    Some((name?.to_owned(), line))
}

/// Cuts a text into words and variables, and checks both.
fn pieces(group: &str, text: &str, line: usize, problems: &mut Collector) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let (words, tail) = rest.split_at(open);
        pieces.push(Piece::Words(words.to_owned()));
        let name = tail.strip_prefix('{').and_then(|tail| tail.split_once('}'));
        let Some((name, after)) = name else {
            problems.error(
                line,
                "a brace stands alone",
                "both braces around a variable, or none",
            );
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
            problems.error(
                line,
                format!("unknown variable {{{}}}", cut(name, 40)),
                instead,
            );
        }
        rest = after;
    }
    pieces.push(Piece::Words(rest.to_owned()));
    wording::check(group, text, line, problems);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Result<Templates, Problems> {
        Templates::load(&format!("[public.one]\ntext = \"{text}\"\n"), "t.toml")
    }

    fn message(text: &str) -> String {
        one(text).unwrap_err()[0].to_string()
    }

    #[test]
    fn what_is_filled_is_not_read_again() {
        let variables = Variables::default().with(Variable::Surgery, "The {contact} Surgery");
        assert_eq!(
            one("Ask {surgery}.")
                .unwrap()
                .render("public.one", &variables)
                .unwrap(),
            "Ask The {contact} Surgery."
        );
    }

    #[test]
    fn a_gap_is_refused() {
        let templates = one("Ask here: {contact}.").unwrap();
        let unfilled = TemplateError::Unfilled {
            template: "public.one".into(),
            variable: Variable::Contact,
        };
        assert_eq!(
            templates.render("public.one", &Variables::default()),
            Err(unfilled.clone())
        );
        assert_eq!(
            templates.render(
                "public.one",
                &Variables::default().with(Variable::Contact, " \n")
            ),
            Err(unfilled)
        );
        assert_eq!(
            templates.render("public.two", &Variables::default()),
            Err(TemplateError::Unknown("public.two".into()))
        );
        let long = Variables::default().with(Variable::Contact, &"1".repeat(LONGEST_REPLY));
        assert!(matches!(
            templates.render("public.one", &long),
            Err(TemplateError::TooLong { .. })
        ));
    }

    #[test]
    fn nothing_may_say_that_somebody_is_a_patient() {
        assert_eq!(
            message("Sorry about your appointments."),
            "t.toml:2: \"your appointments\" says that somebody is a patient; write words that are as true of anybody, such as \
             \"we cannot discuss individual matters here\" instead"
        );
        assert!(one("We care for our patients.").is_err());
        assert!(one("We do not deal with appointments here.").is_ok());
    }

    #[test]
    fn variables_must_be_known_and_closed() {
        assert_eq!(
            message("Ask {surgry}."),
            "t.toml:2: unknown variable {surgry}; write {surgery} instead"
        );
        assert!(message("Ask {surgery.").contains("a brace stands alone"));
        assert!(message("Ask surgery}.").contains("a brace stands alone"));
    }

    #[test]
    fn words_for_a_hidden_post_name_those_for_a_visible_one() {
        let load = |other: &str| {
            let text = format!(
                "[private.a]\ntext = \"A.\"\n[private.b]\nwhile_visible = {other}\ntext = \"B.\"\n[public.c]\ntext = \"C.\"\n"
            );
            Templates::load(&text, "t.toml")
        };
        let templates = load("\"private.a\"").unwrap();
        assert_eq!(
            ["private.a", "private.b"].map(|name| templates.while_visible(name)),
            ["private.a"; 2]
        );
        for other in ["\"private.c\"", "\"private.b\"", "\"public.c\"", "3"] {
            assert_eq!(load(other).unwrap_err()[0].line, 4, "{other}");
        }
        // Those which come with the program say of no post that it is hidden while it is not.
        let shipped = Templates::shipped().unwrap();
        for (name, pieces) in &shipped.texts {
            let says = |what: &str| {
                pieces
                    .iter()
                    .any(|piece| matches!(piece, Piece::Words(words) if words.contains(what)))
            };
            let tells = says("We have hidden") || says("We have removed");
            assert_eq!(shipped.while_visible(name) != name, tells, "{name}");
        }
    }

    #[test]
    fn long_sentences_are_a_warning() {
        let templates = one(&"word ".repeat(21)).unwrap();
        assert!(templates.warnings()[0].message.contains("21 words"));
    }

    #[test]
    fn the_shipped_templates_load_without_a_warning() {
        let templates = Templates::shipped().unwrap();
        let warnings: Vec<String> = templates
            .warnings()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(warnings.is_empty(), "{warnings:#?}");
    }
}
