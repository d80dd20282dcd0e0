//! Cases as a terminal of 80 columns shows them, and as a program reads them.

use serde_json::{Value, json};

use crate::case::{CaseView, ChoiceView, Deadline, QuestionView};
use crate::text::{barred, cut_at, indented, indented_after, plain};

/// Characters of a post that a list shows.
const WORDS: usize = 240;

/// How much of what somebody wrote is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// The beginning.
    Cut,
    /// All of it.
    Whole,
}

/// Shows what a case is about: what was written, why it waits, which rule of the practice it is
/// about, and how it stands.
#[must_use]
pub fn about(view: &CaseView, words: Words) -> Vec<String> {
    let by = view.author.as_ref().map(|author| format!("by {author}"));
    let when = Some(view.when.clone()).filter(|when| !when.is_empty());
    let head: Vec<String> = [Some(view.place.clone()), by, when]
        .into_iter()
        .flatten()
        .collect();
    let mut lines = indented(&head.join(", "), 0);
    lines.push(plain(&view.key.to_string()));
    lines.extend(shown(view, words));
    if view.attachments > 0 {
        let many = if view.attachments == 1 {
            "1 picture or other attachment".to_owned()
        } else {
            format!("{} pictures or other attachments", view.attachments)
        };
        lines.push(format!("  with {many}"));
    }
    if let Some(why) = &view.why {
        lines.extend(indented(&format!("Why: {why}"), 2));
    }
    for rule in &view.rules {
        let says = format!("The policy says ({}): \"{}\"", rule.id, rule.sentence);
        lines.extend(indented(&says, 2));
    }
    if let Some(stands) = view.stands {
        lines.extend(indented(&format!("Now: {stands}"), 2));
    }
    lines
}

fn shown(view: &CaseView, words: Words) -> Vec<String> {
    if let Some(instead) = &view.instead {
        return indented(&format!("({instead})"), 2);
    }
    let text = view.text();
    if text.is_empty() {
        return Vec::new();
    }
    match words {
        Words::Whole => barred(&text, 2),
        Words::Cut => barred(&cut_at(&text, WORDS), 2),
    }
}

/// Shows a case in full: what it is about, what happens if nobody acts, and every question with
/// what may be chosen.
#[must_use]
pub fn whole(view: &CaseView, words: Words) -> Vec<String> {
    let mut lines = about(view, words);
    lines.extend(indented(
        &format!("If nobody acts: {}", view.if_nobody_acts),
        2,
    ));
    for asked in &view.questions {
        lines.extend(question(asked));
    }
    lines.push(String::new());
    lines
}

/// Says what is asked, by when.
#[must_use]
pub fn asked(view: &CaseView) -> Vec<String> {
    let line = |asked: &QuestionView| format!("- {} {}", asked.title, time(asked, &asked.deadline));
    view.questions
        .iter()
        .flat_map(|asked| indented(&line(asked), 2))
        .collect()
}

fn time(asked: &QuestionView, due: &Deadline) -> String {
    let late = if due.late { "LATE, " } else { "" };
    let optional = if asked.optional {
        "; it may be left"
    } else {
        ""
    };
    format!("({late}{}, by {}{optional})", due.left, due.at)
}

fn question(asked: &QuestionView) -> Vec<String> {
    let mut lines = indented(&asked.title, 2);
    lines.extend(indented(&time(asked, &asked.deadline), 4));
    for sentence in std::iter::once(&asked.why).chain(&asked.notes) {
        lines.extend(indented(sentence, 4));
    }
    if let Some(dealing) = &asked.dealing {
        lines.extend(indented(&format!("Being dealt with: {dealing}."), 4));
    }
    if let Some(card) = &asked.report {
        // An address is for copying, and stays in one piece.
        lines.push(format!("    to report it: {}", plain(&card.link)));
        lines.extend(indented(&card.how, 6));
        lines.extend(indented(&format!("as: {}", card.ground), 6));
        if let Some(source) = &card.source {
            lines.extend(indented(&format!("(these reasons are {source})"), 6));
        }
        if let Some(words) = &card.words {
            lines.push("      paste:".to_owned());
            lines.extend(barred(words, 6));
        }
    }
    if let Some(draft) = &asked.draft {
        let sends: Vec<&str> = speaking(asked).map(|choice| choice.choice.name()).collect();
        lines.push(if sends.is_empty() {
            "    words to paste:".to_owned()
        } else {
            format!("    {} sends:", sends.join(" or "))
        });
        lines.extend(barred(draft, 6));
    }
    lines.extend(offered(asked));
    for cannot in &asked.cannot {
        lines.extend(indented(&format!("{cannot}."), 4));
    }
    lines
}

fn speaking(asked: &QuestionView) -> impl Iterator<Item = &ChoiceView> {
    asked.choices.iter().filter(|choice| choice.choice.speaks())
}

/// Shows what may be chosen, as it is typed, under the task that it answers.
fn offered(asked: &QuestionView) -> Vec<String> {
    let everybody = asked.choices.first().and_then(|first| first.only.clone());
    let everybody = everybody.filter(|only| {
        asked
            .choices
            .iter()
            .all(|one| one.only.as_ref() == Some(only))
    });
    let mut lines = Vec::new();
    if let Some(only) = everybody.as_ref().or(asked.only.as_ref()) {
        lines.extend(indented(&format!("only {only}"), 4));
    }
    let mut task = None;
    for choice in &asked.choices {
        if task != Some(&choice.task) {
            lines.push(format!("    task {}", choice.task));
            task = Some(&choice.task);
        }
        let before = format!("{:<14}", choice.choice.name());
        lines.extend(indented_after(&before, choice.label));
        if let Some(only) = choice.only.as_ref().filter(|_| everybody.is_none()) {
            lines.extend(indented(&format!("only {only}"), 20));
        }
    }
    lines
}

/// Returns what stands above the cases about danger, or above the others.
#[must_use]
pub const fn heading(danger: bool) -> &'static str {
    if danger {
        "SOMEBODY MAY BE IN DANGER"
    } else {
        "WAITING FOR A DECISION"
    }
}

/// Says what stands behind the first of one author's posts.
#[must_use]
pub fn more_by_the_same_author(folded: &[CaseView]) -> Vec<String> {
    if folded.is_empty() {
        return Vec::new();
    }
    let danger = folded.iter().filter(|case| case.danger).count();
    let of_danger = match danger {
        0 => String::new(),
        many => format!(", {many} of them about danger"),
    };
    let many = match folded.len() {
        1 => "1 more case".to_owned(),
        many => format!("{many} more cases"),
    };
    let more = format!(
        "and {many} by the same author{of_danger}: --all shows them, and `task decide` takes --group to answer them \
         together, but for what is graver"
    );
    let mut lines = indented(&more, 2);
    lines.push(String::new());
    lines
}

/// Says how many cases wait, and how many of them are late.
#[must_use]
pub fn counted<'a>(cases: impl Iterator<Item = &'a CaseView>, unreadable: usize) -> String {
    let (mut all, mut danger, mut late) = (0_usize, 0_usize, 0_usize);
    for case in cases {
        all += 1;
        danger += usize::from(case.danger);
        late += usize::from(case.deadline.as_ref().is_some_and(|due| due.late));
    }
    let of_danger = match danger {
        0 => String::new(),
        many => format!(", {many} about danger"),
    };
    let not_read = match unreadable {
        0 => String::new(),
        many => format!("; {many} tasks cannot be read here"),
    };
    let waits = if all == 1 { "case waits" } else { "cases wait" };
    format!("{all} {waits}{of_danger}; {late} late{not_read}")
}

/// Returns a case for a program, on one line. Its fields are described in `docs/commands.md`.
#[must_use]
pub fn json(view: &CaseView, words: Words) -> Value {
    let text = view.text();
    let shown = match words {
        Words::Cut => cut_at(&text, WORDS),
        Words::Whole => text.clone(),
    };
    let rules: Vec<Value> = view
        .rules
        .iter()
        .map(|rule| json!({ "id": rule.id, "sentence": rule.sentence }))
        .collect();
    let questions: Vec<Value> = view.questions.iter().map(asked_json).collect();
    json!({
        "post": view.key.to_string(),
        "practice": view.key.practice,
        "place": view.place,
        "author": view.author,
        "written": view.written,
        "words": view.instead.is_none().then_some(&shown),
        "is_cut": shown != text,
        "attachments": view.attachments,
        "link": view.permalink,
        "visibility": view.visibility,
        "is_danger": view.danger,
        "why": view.why,
        "rules": rules,
        "due": view.deadline.as_ref().map(|due| due.due_at),
        "is_late": view.deadline.as_ref().is_some_and(|due| due.late),
        "if_nobody_acts": view.if_nobody_acts,
        "questions": questions,
    })
}

fn asked_json(asked: &QuestionView) -> Value {
    let choices: Vec<Value> = asked
        .choices
        .iter()
        .map(|one| {
            json!({ "task": one.task, "choice": one.choice.name(), "does": one.label,
                "is_final": one.is_final, "only": one.only })
        })
        .collect();
    json!({
        "question": asked.title,
        "why": asked.why,
        "due": asked.deadline.due_at,
        "is_late": asked.deadline.late,
        "may_be_left": asked.optional,
        "choices": choices,
        "cannot": asked.cannot,
        "only": asked.only,
        "sends": asked.draft,
        "report": asked.report,
        "dealing": asked.dealing,
    })
}
