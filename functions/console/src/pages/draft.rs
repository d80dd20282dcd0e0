//! Drafting a policy from the text that a practice published. Nothing is kept: what was pasted comes
//! back with the draft, and both can be saved as files.

use std::sync::LazyLock;

use askama::Template;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use pagewarden_policies::draft::{BadPatterns, Draft, Drafted, Origin, Part, Patterns, draft};
use pagewarden_policies::load;
use pagewarden_rules::{By, Role, Says, Topic};
use serde::Deserialize;

use crate::Problem;
use crate::form::Posted;
use crate::page::{Answer, Page, Top};
use crate::visitor::Visitor;

/// Bytes of the longest text: a policy has a few pages.
const LONGEST: usize = 60_000;

/// Bytes of the largest form: a byte of text becomes three, and a line break six.
pub(crate) const MOST_BYTES: usize = 6 * LONGEST + 1024;

/// What is pasted in the form, and which button was pressed.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Pasted {
    text: String,
    save: Option<Save>,
}

/// What is saved as a file.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Save {
    Policy,
    Text,
}

#[derive(Template)]
#[template(path = "draft.html")]
pub(crate) struct Form {
    top: Top,
    practice: String,
    text: String,
    /// What is wrong with what was pasted.
    wrong: Option<&'static str>,
    outcome: Option<Outcome>,
}

struct Outcome {
    toml: String,
    /// The names of the two files.
    policy_file: String,
    text_file: String,
    questions: Vec<String>,
    /// What keeps it from loading.
    problems: Vec<String>,
    parts: Vec<Shown>,
}

/// Sentences that belong together, and what they come to.
struct Shown {
    quote: String,
    about: Option<String>,
    says: &'static str,
    lines: Vec<(&'static str, String)>,
    questions: Vec<String>,
    like: Option<String>,
}

/// Shows the form to whoever prepares or publishes the practice's policy.
pub(crate) async fn ask(visitor: Visitor) -> Answer<Page<Form>> {
    allowed(&visitor)?;
    Ok(Page(form(&visitor, String::new())))
}

/// Returns `true` if somebody may draft a policy: the practice manager, whose it is, and whoever puts
/// it in force.
pub(crate) fn may(visitor: &Visitor) -> bool {
    let mut roles = visitor.member.person.roles.iter();
    roles.any(|role| matches!(role, Role::PracticeManager | Role::Deployer))
}

fn allowed(visitor: &Visitor) -> Answer<()> {
    if may(visitor) {
        Ok(())
    } else {
        Err(Problem::NotYours)
    }
}

fn form(visitor: &Visitor, text: String) -> Form {
    Form {
        top: visitor.top(),
        practice: visitor.member.practice_name().to_owned(),
        text,
        wrong: None,
        outcome: None,
    }
}

/// Drafts a policy, and shows it or saves it as a file.
pub(crate) async fn answer(visitor: Visitor, Posted(pasted): Posted<Pasted>) -> Answer<Response> {
    static PATTERNS: LazyLock<Result<Patterns, BadPatterns>> = LazyLock::new(Patterns::shipped);
    allowed(&visitor)?;
    // Browsers send a line break as two characters; the file that is saved has one, and the same
    // checksum.
    let text = pasted.text.replace("\r\n", "\n");
    let form = form(&visitor, text);
    if let Some(wrong) = wrong(&form.text) {
        let page = Page(Form {
            wrong: Some(wrong),
            ..form
        });
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let patterns = PATTERNS.as_ref().map_err(|error| {
        tracing::error!(%error, "no policy can be drafted");
        Problem::Broken
    })?;
    let practice = &visitor.member.practice;
    let (policy_file, text_file) = (format!("{practice}.toml"), format!("{practice}.txt"));
    let origin = Origin {
        id: practice,
        name: Some(&form.practice),
        source: &text_file,
    };
    let draft = draft(patterns, &origin, &form.text);
    match pasted.save {
        Some(Save::Policy) => saved(&policy_file, draft.toml),
        Some(Save::Text) => saved(&text_file, form.text),
        None => {
            let problems = match load(&draft.toml, &form.text, &policy_file) {
                Ok(_) => Vec::new(),
                Err(problems) => problems.iter().map(ToString::to_string).collect(),
            };
            let outcome = Some(outcome(draft, problems, policy_file, text_file));
            Ok(Page(Form { outcome, ..form }).into_response())
        }
    }
}

fn wrong(text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        Some("Paste the text of your published policy.")
    } else if text.len() > LONGEST {
        Some(
            "This is longer than any policy. Paste the policy alone, fewer than 60,000 characters.",
        )
    } else {
        None
    }
}

fn saved(name: &str, content: String) -> Answer<Response> {
    let name = format!("attachment; filename=\"{name}\"");
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        ),
        (
            CONTENT_DISPOSITION,
            HeaderValue::from_str(&name).map_err(|_| Problem::Broken)?,
        ),
    ];
    Ok((headers, content).into_response())
}

fn outcome(draft: Draft, problems: Vec<String>, policy_file: String, text_file: String) -> Outcome {
    Outcome {
        parts: draft.parts.into_iter().map(shown).collect(),
        toml: draft.toml,
        questions: draft.questions,
        policy_file,
        text_file,
        problems,
    }
}

fn shown(part: Part) -> Shown {
    let (about, says, lines) = match &part.clause {
        None => (None, "It asks for nothing.", Vec::new()),
        Some(clause) => (Some(about(clause)), says(clause.says), lines(clause)),
    };
    Shown {
        quote: part.quote,
        about,
        says,
        lines,
        questions: part.questions,
        like: part.like,
    }
}

fn about(clause: &Drafted) -> String {
    let topics: Vec<_> = clause.topics.iter().map(Topic::plain).collect();
    topics.join("; ")
}

const fn says(says: Says) -> &'static str {
    match says {
        Says::Will => "It says that this will follow.",
        Says::May => "It says that this may follow.",
        Says::Reserves => "It reserves the right to this.",
        Says::Asks => "It asks people for something.",
        Says::None => "It forbids, and says nothing of what follows. People may choose.",
        Says::Context => "It explains.",
    }
}

/// Returns who does what, what the program does first.
fn lines(clause: &Drafted) -> Vec<(&'static str, String)> {
    let of = |by: By, who: &'static str| {
        let effects = clause.effects.iter().filter(|(_, own)| *own == by);
        let plain: Vec<_> = effects.map(|(effect, _)| effect.plain()).collect();
        (!plain.is_empty()).then(|| (who, plain.join(", ")))
    };
    [
        of(By::Machine, "By the program"),
        of(By::Person, "By a person"),
    ]
    .into_iter()
    .flatten()
    .collect()
}
