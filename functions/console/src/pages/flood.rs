//! A flood: what waits about the posts of one author, answered together where the same answer fits.
//! Whatever is graver stands first, and is decided by itself.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use pagewarden_ledger::{
    Answer as Chosen, Apart, AuthorHash, Case, Choice, Flood, LedgerError, Question, Together,
    Visibility,
};
use pagewarden_present::case::Viewer;
use pagewarden_present::words;
use pagewarden_rules::PostKey;
use serde::Deserialize;

use crate::form::{LONGEST_NOTE, Posted, is_too_long, written};
use crate::page::{Answer, Page, Top};
use crate::pages::today::{Card, ON_A_PAGE, card};
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// How long one press goes on: well within the time that a request has. Pressing again goes on
/// where that one stopped.
const LONGEST_PRESS: SignedDuration = SignedDuration::from_secs(8);

/// Returns the address of the page about the posts of one author.
pub(crate) fn address(author: &AuthorHash) -> String {
    format!("/flood/{author}")
}

#[derive(Template)]
#[template(path = "flood.html")]
struct FloodPage {
    top: Top,
    address: String,
    /// What has just been done, or why nothing was.
    notice: Option<Notice>,
    /// How many may be answered together, such as "599 posts".
    count: String,
    /// How many more of those that are decided by themselves there are than are shown.
    more_apart: usize,
    apart: Vec<(Card, &'static str)>,
    /// What may be chosen, and what the button says.
    buttons: Vec<(Choice, &'static str)>,
    /// What is not done about these posts when they are answered so.
    not_done: Option<String>,
    /// Some of the posts.
    cards: Vec<Card>,
    note: String,
}

/// What stands above the page.
struct Notice {
    title: String,
    says: String,
}

/// Shows what waits of an author, and what answering it together would do.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Path(author): Path<String>,
) -> Answer<Response> {
    let (author, flood) = look(&console, &visitor, &author).await?;
    page(&console, &visitor, &author, flood, None, String::new()).await
}

/// The form that answers them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decision {
    choice: String,
    #[serde(default)]
    note: String,
}

/// Answers what waits of an author, as much of it as one request has the time for. What is graver
/// is left, whoever presses.
pub(crate) async fn decide(
    State(console): State<Console>,
    visitor: Visitor,
    Path(author): Path<String>,
    Posted(form): Posted<Decision>,
) -> Answer<Response> {
    let choice: Choice = form.choice.parse().map_err(|_| Problem::Form)?;
    let (author, flood) = look(&console, &visitor, &author).await?;
    if is_too_long(&form.note) {
        let notice = Notice {
            title: "Your note is too long".to_owned(),
            says: format!(
                "It has more than {LONGEST_NOTE} characters. Shorten it and choose again."
            ),
        };
        let page = page(&console, &visitor, &author, flood, Some(notice), form.note).await?;
        return Ok((StatusCode::CONFLICT, page).into_response());
    }
    let (done, left) = press(&console, &visitor, &author, flood, choice, &form.note).await?;
    let answered = done.answered.len();
    let notice = Notice {
        title: match answered {
            0 => "Nothing was changed".to_owned(),
            _ => format!("Done: {}", posts(answered)),
        },
        says: told(&done, &left),
    };
    let status = if answered == 0 {
        StatusCode::CONFLICT
    } else {
        StatusCode::OK
    };
    let note = if left.posts.is_empty() {
        String::new()
    } else {
        form.note
    };
    let page = page(&console, &visitor, &author, left, Some(notice), note).await?;
    Ok((status, page).into_response())
}

/// Finds what waits of an author. What belongs to another practice, what was answered and what
/// never was are answered alike.
async fn look(console: &Console, visitor: &Visitor, author: &str) -> Answer<(AuthorHash, Flood)> {
    let member = &visitor.member;
    if !member.may_read() {
        return Err(Problem::NoCases);
    }
    let author: AuthorHash = author.parse().map_err(|_| Problem::NothingLeft)?;
    let flood = console.ledger().flood(&member.practice, &author).await?;
    if flood.posts.is_empty() && flood.apart.is_empty() {
        return Err(Problem::NothingLeft);
    }
    Ok((author, flood))
}

/// Answers from the first post on until all were looked at or the time is over. Returns what was
/// done, and what is left.
async fn press(
    console: &Console,
    visitor: &Visitor,
    author: &AuthorHash,
    mut flood: Flood,
    choice: Choice,
    note: &str,
) -> Answer<(Together, Flood)> {
    let roles = visitor.member.roles();
    let answer = Chosen {
        choice,
        note: written(note),
        again: false,
    };
    let clock = console.clock();
    let stop = clock.now() + LONGEST_PRESS;
    let mut done = Together::default();
    while done.looked_at < flood.posts.len() && clock.now() < stop {
        let posts = &flood.posts[done.looked_at..];
        let answered = console
            .ledger()
            .answer_together(author, posts, &roles, answer, clock.now());
        let part = match answered.await {
            Ok(part) => part,
            // Others write a lot just now, which passes.
            Err(LedgerError::Contended(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        done.looked_at += part.looked_at;
        done.meanwhile += part.meanwhile;
        done.answered.extend(part.answered);
        flood.apart.extend(part.apart.iter().cloned());
        done.apart.extend(part.apart);
    }
    flood.posts.drain(..done.looked_at);
    if flood.posts.is_empty() && flood.more {
        flood = console
            .ledger()
            .flood(&visitor.member.practice, author)
            .await?;
    }
    Ok((done, flood))
}

/// Says what became of the posts, and what is left.
fn told(done: &Together, left: &Flood) -> String {
    let mut says = Vec::new();
    if !done.answered.is_empty() {
        says.push(
            "Each post's history says who decided it, and that it was together with others."
                .to_owned(),
        );
    }
    if done.meanwhile > 0 {
        let many = posts(done.meanwhile);
        says.push(format!("Somebody else answered {many} before you."));
    }
    if !done.apart.is_empty() {
        let many = posts(done.apart.len());
        says.push(format!(
            "Left as they were, to be decided by themselves: {many}."
        ));
    }
    says.push(match left.posts.len() {
        0 => "Nothing is left to answer together.".to_owned(),
        many => format!(
            "There was no time for {}: choose once more below.",
            posts(many)
        ),
    });
    says.join(" ")
}

fn posts(many: usize) -> String {
    match many {
        1 => "1 post".to_owned(),
        many => format!("{many} posts"),
    }
}

async fn page(
    console: &Console,
    visitor: &Visitor,
    author: &AuthorHash,
    flood: Flood,
    notice: Option<Notice>,
    note: String,
) -> Answer<Response> {
    let member = &visitor.member;
    let in_force = console.policies().of(console.ledger(), member).await?;
    let (roles, people) = (member.roles(), member.everybody());
    let viewer = in_force.viewer(&roles, console.clock().now());
    let first = |posts: &mut dyn Iterator<Item = &PostKey>| -> Vec<PostKey> {
        posts.take(ON_A_PAGE).cloned().collect()
    };
    let together = first(&mut flood.posts.iter());
    let apart = first(&mut flood.apart.iter().map(|(post, _)| post));
    let more_apart = flood.apart.len() - apart.len();
    let reason = |post: &PostKey| {
        let found = flood.apart.iter().find(|(known, _)| known == post);
        found.map_or(Apart::Differs, |(_, reason)| *reason)
    };
    // The index lags behind by moments: of some of them nothing may wait any more.
    let waits = |case: &Case| !case.tasks.is_empty();
    let ledger = console.ledger();
    let together = ledger.cases(together, &people).await?;
    let together: Vec<Case> = together.into_iter().flatten().filter(waits).collect();
    let apart = ledger.cases(apart, &people).await?;
    let apart = apart.into_iter().flatten().filter(waits);
    let more = if flood.more { "+" } else { "" };
    let count = match flood.posts.len() {
        1 if more.is_empty() => "1 post".to_owned(),
        many => format!("{many}{more} posts"),
    };
    Ok(Page(FloodPage {
        top: visitor.top(),
        address: address(author),
        notice,
        count,
        more_apart,
        apart: apart
            .map(|case| (card(&case, &viewer), words::apart(reason(&case.key))))
            .collect(),
        buttons: buttons(&together, &viewer),
        not_done: not_done(&flood),
        cards: together.iter().map(|case| card(case, &viewer)).collect(),
        note,
    })
    .into_response())
}

/// Returns what this person may choose for some of the posts at least, and what a button says.
fn buttons(cases: &[Case], viewer: &Viewer<'_>) -> Vec<(Choice, &'static str)> {
    let is_some = |wanted: Visibility| {
        cases
            .iter()
            .any(|case| case.grounds.state.visibility == wanted)
    };
    let (hidden, visible) = (is_some(Visibility::Hidden), is_some(Visibility::Visible));
    let offered: Vec<Choice> = cases
        .iter()
        .flat_map(|case| case.choices_for_many(viewer.roles))
        .collect();
    let label = |choice: &Choice| match (choice, hidden, visible) {
        (Choice::KeepHidden, _, false) => "Leave them hidden",
        (Choice::KeepHidden, false, true) => "Hide them",
        (Choice::KeepHidden, true, true) => "Hide them all, or leave them hidden",
        (Choice::Keep, true, _) => "Leave those that can be seen as they are",
        (Choice::Keep, ..) => "Leave them as they are",
        _ => "Do nothing more about them",
    };
    let choices = Choice::FOR_MANY.into_iter();
    choices
        .filter(|choice| offered.contains(choice))
        .map(|choice| (choice, label(&choice)))
        .collect()
}

/// Says what is asked about the posts as well, and is put aside with the same answer.
fn not_done(flood: &Flood) -> Option<String> {
    let put_aside = [
        (Question::Report, "they are not reported to the platform"),
        (Question::Message, "their author is not written to"),
        (Question::Reply, "they are not answered in public"),
    ];
    let not_done: Vec<&str> = put_aside
        .into_iter()
        .filter_map(|(asked, says)| flood.questions.contains(&asked).then_some(says))
        .collect();
    (!not_done.is_empty()).then(|| not_done.join(", and "))
}
