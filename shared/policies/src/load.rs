//! Loading: a policy file and its published text in, a policy out, or every problem in them.

use pagewarden_rules::Policy;

use crate::document::{At, Document};
use crate::draft::QUESTION;
use crate::parts::Parts;
use crate::problem::Collector;
use crate::{Problem, Problems, Templates, check, quotes, shape};

/// A policy that passed every check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The policy.
    pub policy: Policy,
    /// The words that go out for this practice: those that come with the program, and its own in
    /// their place.
    pub templates: Templates,
    /// Sentences of the published text that explain and ask for nothing.
    pub context: Vec<String>,
    /// What its author ought to know.
    pub warnings: Vec<Problem>,
}

/// Loads a policy file beside its published text, or tells every problem in them.
///
/// `file` is the name that problems carry. Never panics, and takes time that the sizes of the two
/// texts bound: it may be given anything.
pub fn load(toml_text: &str, published: &str, file: &str) -> Result<Loaded, Problems> {
    let mut problems = Collector::new(file);
    let loaded = Document::parse(toml_text, &mut problems).and_then(|document| {
        let faulty = shape::check(&document, &shape::POLICY, &mut problems)?;
        quotes::check(&document, published, &mut problems);
        questions(toml_text, &mut problems);
        let tasks = check::sentences(&document, &mut problems);
        let parts = Parts::read(&document, &faulty, tasks, &mut problems);
        let templates = match Templates::shipped() {
            Ok(mut templates) => {
                if let Some(own) = document
                    .table(At::Table("templates"))
                    .and_then(|own| own.get_ref().as_table())
                {
                    templates.read(&document, own, "templates.", &mut problems);
                }
                check::check(&document, &parts, &templates, &mut problems);
                Some(templates)
            }
            Err(found) => {
                problems.extend(found);
                None
            }
        };
        let context = document.array("context").enumerate();
        let context = context
            .filter_map(|(i, _)| document.text(At::Nth("context", i), "quote"))
            .map(str::to_owned)
            .collect();
        Some((parts.into_policy()?, templates?, context))
    });
    let has_errors = problems.count() > 0;
    let (errors, warnings) = problems.into_sorted();
    match loaded {
        Some((policy, templates, context)) if !has_errors => Ok(Loaded {
            policy,
            templates,
            context,
            warnings,
        }),
        _ => Err(errors),
    }
}

/// Repeats what a draft asks, until somebody has answered it.
fn questions(toml_text: &str, problems: &mut Collector) {
    for (nth, line) in toml_text.lines().enumerate() {
        if let Some(question) = line.strip_prefix(QUESTION) {
            problems.warn(
                nth + 1,
                format!("a question is open: {question}"),
                "the answer into the file, without the question,",
            );
        }
    }
}
