//! A case: what was written, why it waits, and what this person may decide.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use pagewarden_ledger::{
    Answer as Chosen, AnswerError, Choice, ChoiceError, Event, History, NewAnswer, Person,
    Question, Refusal, UnhideError, may_restore,
};
use pagewarden_present::appeal::{AppealView, appeal};
use pagewarden_present::case::{CaseView, ChoiceView, QuestionView, findings};
use pagewarden_present::story::{self, story};
use pagewarden_present::words;
use pagewarden_rules::{Platform, PostKey, ReportCard};
use serde::{Deserialize, Serialize};

use crate::form::{LONGEST_NOTE, Posted, is_too_long, written};
use crate::page::{Answer, Page, Top};
use crate::pages::accounts;
use crate::pages::appeal::unfit;
use crate::pages::{correct, evidence, hand_over};
use crate::policies::InForce;
use crate::signin::again;
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// What the button sends by which somebody says that they are dealing with a danger. It closes
/// nothing.
const DEAL: &str = "acknowledge";

/// Returns the address of the page about a post. The practice is never part of it.
pub(crate) fn address(post: &PostKey) -> String {
    path("case", post.platform, &post.id)
}

/// Returns the address of a page about something that a platform knows by an id.
pub(crate) fn path(page: &str, platform: Platform, id: &str) -> String {
    // Platforms use letters, digits and a few marks in ids; a website's may hold anything.
    let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!(
        "/{page}/{platform}/{}",
        id.replace("%2F", "/").replace('+', "%20")
    )
}

/// Returns the address of a page about a case.
fn path_of(page: &str, post: &PostKey) -> String {
    path(page, post.platform, &post.id)
}

/// A case and what has happened, as somebody of its practice looks at it.
pub(crate) struct Looked {
    pub(crate) key: PostKey,
    pub(crate) history: History,
    pub(crate) in_force: std::sync::Arc<InForce>,
    pub(crate) roles: Vec<Person>,
    /// Somebody has said that it is a complaint.
    is_complaint: bool,
    view: CaseView,
    /// The account of its author, if that is known.
    account: Option<String>,
}

/// What else an account posted, and where that is shown.
struct OtherPosts {
    address: String,
    says: String,
}

/// Counts what else the account of a post's author posted, if that is known.
async fn other_posts(
    console: &Console,
    key: &PostKey,
    account: Option<&str>,
) -> Result<Option<OtherPosts>, Problem> {
    let Some(account) = account else {
        return Ok(None);
    };
    let now = console.clock().now();
    let (others, more) = console.ledger().other_posts(key, account, now).await?;
    let more = if more { "+" } else { "" };
    Ok(Some(OtherPosts {
        address: accounts::address(key.platform, account),
        says: format!("This account's other posts: {others}{more}"),
    }))
}

impl Looked {
    /// Returns what it is and where: "A comment on Facebook".
    pub(crate) fn place(&self) -> &str {
        &self.view.place
    }

    /// Returns what was written in the post, as far as it is kept.
    fn words(&self) -> String {
        self.view
            .words
            .iter()
            .map(|span| span.text.as_str())
            .collect()
    }
}

/// Reads a case. One of another practice is answered as if it did not exist, and reading it takes
/// the same steps.
pub(crate) async fn look(
    console: &Console,
    visitor: &Visitor,
    platform: &str,
    id: &str,
) -> Result<Looked, Problem> {
    let member = &visitor.member;
    if !member.may_read() {
        return Err(Problem::NoCases);
    }
    let platform: Platform = platform.parse().map_err(|_| Problem::NotFound)?;
    let key = PostKey {
        practice: member.practice.clone(),
        platform,
        id: id.to_owned(),
    };
    let history = console
        .ledger()
        .history(&key)
        .await?
        .ok_or(Problem::NotFound)?;
    let in_force = console.policies().of(console.ledger(), member).await?;
    let case = history.case(&key, member.everybody());
    let roles = member.roles();
    let viewer = in_force.viewer(&roles, console.clock().now());
    let view = viewer.case(&case, &findings(&history, &case));
    let account = case.author().map(str::to_owned);
    Ok(Looked {
        key,
        history,
        in_force,
        roles,
        is_complaint: case.grounds.is_complaint(),
        view,
        account,
    })
}

/// What stands above a case that could not be decided as asked.
struct Notice {
    title: &'static str,
    says: String,
}

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage {
    top: Top,
    address: String,
    restore: String,
    /// Where words of somebody's own are sent.
    write: String,
    /// Where the page is that is handed over, if it is a complaint.
    hand_over: Option<String>,
    /// Where evidence is taken along, for who may.
    evidence: Option<String>,
    view: CaseView,
    /// What its author wrote to ask for another look, while that waits for an answer.
    appeal: Option<AppealView>,
    story: Vec<story::Line>,
    /// Where a line of the story is corrected, for whoever may; its number comes behind.
    correct: Option<String>,
    account: Option<OtherPosts>,
    notice: Option<Notice>,
    /// What was typed, where it was not taken.
    kept: Kept,
}

/// A note or an answer that was not taken, and the task that it was typed for.
#[derive(Default)]
struct Kept {
    task: String,
    note: String,
    words: Option<String>,
}

impl Kept {
    /// Returns what was typed.
    fn typed(&self) -> &str {
        self.words.as_ref().unwrap_or(&self.note)
    }

    fn is_about(&self, asked: &QuestionView) -> bool {
        asked.choices.iter().any(|choice| choice.task == self.task)
    }

    /// Returns what was typed for a question.
    fn note_for(&self, asked: &QuestionView) -> &str {
        if self.is_about(asked) { &self.note } else { "" }
    }

    /// Returns the answer to begin with: what was typed, or what is ready to be sent.
    fn words_for<'a>(&'a self, asked: &'a QuestionView) -> &'a str {
        let typed = self.words.as_deref().filter(|_| self.is_about(asked));
        typed.or(asked.draft.as_deref()).unwrap_or_default()
    }

    /// Returns `true` if an answer was typed for a question.
    fn has_words_for(&self, asked: &QuestionView) -> bool {
        self.words.is_some() && self.is_about(asked)
    }

    /// Returns `true` if the question that it was typed for is no longer asked.
    fn is_left_over(&self, questions: &[QuestionView]) -> bool {
        !self.typed().is_empty() && !questions.iter().any(|asked| self.is_about(asked))
    }
}

impl CasePage {
    async fn new(
        console: &Console,
        visitor: &Visitor,
        looked: Looked,
        notice: Option<Notice>,
        kept: Kept,
    ) -> Answer<Page<Self>> {
        let story = story(&looked.history, &looked.in_force.calendar);
        let account = other_posts(console, &looked.key, looked.account.as_deref()).await?;
        let (address, restore) = (address(&looked.key), path_of("restore", &looked.key));
        Ok(Page(CasePage {
            top: visitor.top(),
            address,
            restore,
            write: path_of("answer", &looked.key),
            hand_over: looked.is_complaint.then(|| hand_over::address(&looked.key)),
            evidence: evidence::may_take(visitor).then(|| evidence::address(&looked.key)),
            view: looked.view,
            appeal: appeal(&looked.history, &looked.in_force.calendar),
            story,
            correct: correct::who(visitor).map(|_| correct::of_lines(&looked.key)),
            account,
            notice,
            kept,
        }))
    }
}

/// Shows a case.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
) -> Answer<impl IntoResponse> {
    let looked = look(&console, &visitor, &platform, &id).await?;
    CasePage::new(&console, &visitor, looked, None, Kept::default()).await
}

/// The form of a decision. It is kept as it is while somebody signs in again or confirms it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decision {
    /// The task and the choice, with a blank between.
    answer: String,
    #[serde(default)]
    note: String,
    /// What cannot be undone was confirmed.
    #[serde(default, skip_serializing)]
    sure: Option<String>,
    /// It was done before and is done once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    again: Option<String>,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct Confirm {
    top: Top,
    address: String,
    view: CaseView,
    label: &'static str,
    answer: String,
    note: String,
    again: bool,
    /// What happens, what is kept, and what was not done yet.
    says: Vec<&'static str>,
    /// What helps to report it first, where it is to be deleted, and what says that it is done.
    report: Option<(ReportCard, String)>,
}

/// Takes a decision and says what came of it. What cannot be undone is asked once more, of somebody
/// who has just shown that it is them.
pub(crate) async fn decide(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
    Posted(form): Posted<Decision>,
) -> Answer<Response> {
    let looked = look(&console, &visitor, &platform, &id).await?;
    let (task, choice) = form.answer.split_once(' ').ok_or(Problem::Form)?;
    let kept = || Kept {
        task: task.to_owned(),
        note: form.note.clone(),
        words: None,
    };
    if let Some(notice) = too_long(&form.note) {
        return refused(&console, &visitor, looked, notice, kept()).await;
    }
    if choice == DEAL {
        return deal(&console, &visitor, looked, task, form.note).await;
    }
    let choice: Choice = choice.parse().map_err(|_| Problem::Form)?;
    if matches!(choice, Choice::Grant | Choice::Decline)
        && let Some(says) = unfit(&form.note, &looked.words())
    {
        let title = "Nothing was sent";
        return refused(&console, &visitor, looked, Notice { title, says }, kept()).await;
    }
    let offered = offered(&looked.view, task, choice);
    let Some((_, offered)) = offered else {
        let notice = answered(&looked, task).unwrap_or_else(moved_on);
        return refused(&console, &visitor, looked, notice, kept()).await;
    };
    if offered.is_final && (form.sure.is_none() || !visitor.is_shown(&console)) {
        let page = path_of("confirm", &looked.key);
        let page = again::keep(&console, &visitor, page, &form).await?;
        return Ok(page.into_response());
    }
    let note = written(&form.note);
    let answer = Chosen {
        choice,
        note,
        again: form.again.is_some(),
    };
    match choose(&console, &looked, task, answer).await {
        Ok(()) => {
            again::done(&console, &visitor).await?;
            Ok(Redirect::to(&path_of("done", &looked.key)).into_response())
        }
        Err(ChoiceError::Ledger(error)) => Err(error.into()),
        Err(error) => {
            // What somebody else did meanwhile is shown, and what was typed is kept.
            let looked = look(&console, &visitor, &platform, &id).await?;
            let first = matches!(error, ChoiceError::Closed(_))
                .then(|| answered(&looked, task))
                .flatten();
            let notice = first.unwrap_or_else(|| why_not(&error));
            refused(&console, &visitor, looked, notice, kept()).await
        }
    }
}

/// Asks once more about a decision that cannot be undone, as it was kept; first to sign in again,
/// where that is too long ago.
pub(crate) async fn confirm(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
) -> Answer<Response> {
    let looked = look(&console, &visitor, &platform, &id).await?;
    let (page, address) = (path_of("confirm", &looked.key), address(&looked.key));
    let Some(form) = again::kept::<Decision>(&visitor, &page) else {
        return Ok(Redirect::to(&address).into_response());
    };
    let (task, choice) = form.answer.split_once(' ').ok_or(Problem::Form)?;
    let choice: Choice = choice.parse().map_err(|_| Problem::Form)?;
    let Some((_, offered)) = offered(&looked.view, task, choice) else {
        let notice = answered(&looked, task).unwrap_or_else(moved_on);
        let kept = Kept {
            task: task.to_owned(),
            note: form.note.clone(),
            words: None,
        };
        return refused(&console, &visitor, looked, notice, kept).await;
    };
    let label = offered.label;
    if !visitor.is_shown(&console) {
        let about = format!("{}, {}", looked.view.place, looked.view.when);
        return again::ask(&console, &visitor, label, &about, &page, &address).await;
    }
    let says = consequences(choice);
    let report = report_first(&looked.view, choice);
    let page = Confirm {
        top: visitor.top(),
        address,
        view: looked.view,
        label,
        answer: form.answer,
        note: form.note,
        again: form.again.is_some(),
        says,
        report,
    };
    Ok(Page(page).into_response())
}

/// Notes that this person is dealing with what may be danger. It is answered later: until then it
/// stays open.
async fn deal(
    console: &Console,
    visitor: &Visitor,
    looked: Looked,
    task: &str,
    note: String,
) -> Answer<Response> {
    let wrote = written(&note);
    let mut refusal = None;
    for person in &looked.roles {
        match console
            .ledger()
            .acknowledge(&looked.key, task, person, wrote, console.clock().now())
            .await
        {
            Ok(_) => return Ok(Redirect::to(&address(&looked.key)).into_response()),
            Err(ChoiceError::Ledger(error)) => return Err(error.into()),
            Err(error) => refusal = Some(why_not(&error)),
        }
    }
    let kept = Kept {
        task: task.to_owned(),
        note,
        words: None,
    };
    let notice = refusal.unwrap_or_else(moved_on);
    refused(console, visitor, looked, notice, kept).await
}

fn offered<'a>(
    view: &'a CaseView,
    task: &str,
    choice: Choice,
) -> Option<(&'a QuestionView, &'a ChoiceView)> {
    let choices = view
        .questions
        .iter()
        .flat_map(|question| question.choices.iter().map(move |one| (question, one)));
    choices
        .into_iter()
        .find(|(_, one)| one.task == task && one.choice == choice)
}

/// Chooses in the first of the person's roles that may.
async fn choose(
    console: &Console,
    looked: &Looked,
    task: &str,
    answer: Chosen<'_>,
) -> Result<(), ChoiceError> {
    let now = console.clock().now();
    let mut refused = None;
    for person in &looked.roles {
        match console
            .ledger()
            .choose(&looked.key, task, person, answer, now)
            .await
        {
            Ok(_) => return Ok(()),
            Err(error @ ChoiceError::Refused(Refusal::Role { .. } | Refusal::Stranger { .. })) => {
                refused = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    Err(refused.unwrap_or(ChoiceError::NoSuchTask {
        post: looked.key.clone(),
        id: task.to_owned(),
    }))
}

async fn refused(
    console: &Console,
    visitor: &Visitor,
    looked: Looked,
    notice: Notice,
    kept: Kept,
) -> Answer<Response> {
    let page = CasePage::new(console, visitor, looked, Some(notice), kept).await?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

/// Says who has answered a task meanwhile, how and when, in the words of the case's story.
fn answered(looked: &Looked, task: &str) -> Option<Notice> {
    let by_somebody = |record: &pagewarden_ledger::EventRecord| match record.event() {
        Ok(Event::Chosen {
            task: first,
            settled,
            ..
        }) => first == task || settled.iter().any(|also| also == task),
        _ => false,
    };
    let nth = looked.history.events.iter().rposition(by_somebody)?;
    let line = story(&looked.history, &looked.in_force.calendar)
        .into_iter()
        .nth(nth)?;
    let says = format!(
        "Somebody has answered this already. {}: {}",
        line.when, line.what
    );
    Some(Notice {
        title: "Nothing was changed",
        says,
    })
}

/// Says that a note is too long to be kept in the record, if it is.
fn too_long(note: &str) -> Option<Notice> {
    is_too_long(note).then(|| Notice {
        title: "Your note is too long",
        says: format!("It has more than {LONGEST_NOTE} characters. Shorten it and choose again."),
    })
}

fn moved_on() -> Notice {
    Notice {
        title: "Nothing was changed",
        says: "Somebody has answered this already, or it is no longer possible. This is how the case stands now."
            .to_owned(),
    }
}

fn why_not(error: &ChoiceError) -> Notice {
    let title = "Nothing was changed";
    let says = match error {
        ChoiceError::Closed(_) => format!("{error}."),
        ChoiceError::Refused(Refusal::AdviceNote) => {
            "The policy says that legal advice is sought. Write in the note who gave it, when, and what came of it."
                .to_owned()
        }
        ChoiceError::Refused(Refusal::AppealNote) => {
            "Write your answer first: its author reads why it stays as it is.".to_owned()
        }
        ChoiceError::Refused(Refusal::SendBackNote) => {
            "Write first what is wrong with the words: who wrote them reads it.".to_owned()
        }
        ChoiceError::Refused(Refusal::Already(what)) => format!("{what}."),
        ChoiceError::Refused(refusal) => format!("{refusal}."),
        ChoiceError::NoSuchTask { .. } | ChoiceError::Ledger(_) => return moved_on(),
    };
    Notice { title, says }
}

/// The form by which somebody writes an answer in words of their own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnWords {
    /// The task and the choice, with a blank between.
    answer: String,
    words: String,
}

/// Puts words of somebody's own before whoever may approve them.
pub(crate) async fn write(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
    Posted(form): Posted<OwnWords>,
) -> Answer<Response> {
    let looked = look(&console, &visitor, &platform, &id).await?;
    let (task, choice) = form.answer.split_once(' ').ok_or(Problem::Form)?;
    let choice: Choice = choice.parse().map_err(|_| Problem::Form)?;
    let words = form.words.replace("\r\n", "\n");
    let new = NewAnswer {
        task,
        choice,
        words: &words,
    };
    let mut refusal = None;
    for person in &looked.roles {
        let now = console.clock().now();
        match console
            .ledger()
            .write_answer(&looked.key, person, new, now)
            .await
        {
            Ok(_) => return Ok(Redirect::to(&address(&looked.key)).into_response()),
            Err(AnswerError::Choice(ChoiceError::Ledger(error))) => return Err(error.into()),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    let notice = match refusal {
        Some(AnswerError::Choice(error)) => why_not(&error),
        Some(error) => Notice {
            title: "Nothing was sent",
            says: format!("{error}."),
        },
        None => moved_on(),
    };
    let kept = Kept {
        task: task.to_owned(),
        note: String::new(),
        words: Some(words.clone()),
    };
    refused(&console, &visitor, looked, notice, kept).await
}

/// Says what follows from a choice that cannot be undone.
fn consequences(choice: Choice) -> Vec<&'static str> {
    match choice {
        Choice::Delete => vec![
            "It is deleted from the page for good. Nobody can bring it back.",
            "Its words and what was decided are kept here as evidence.",
        ],
        Choice::Ban => {
            vec!["Its author can no longer write on the page. Facebook does not tell them."]
        }
        Choice::Mute => {
            vec!["You no longer hear from its author. Others still see what they write."]
        }
        Choice::Keep
        | Choice::Restore
        | Choice::KeepHidden
        | Choice::Reply
        | Choice::AskAuthor
        | Choice::Reported
        | Choice::Removed
        | Choice::Refused
        | Choice::NoAnswer
        | Choice::Appealed
        | Choice::Complaint
        | Choice::ComplaintAcknowledged
        | Choice::NotComplaint
        | Choice::Grant
        | Choice::Decline
        | Choice::SendBack
        | Choice::Done => Vec::new(),
    }
}

/// Returns what helps to report a post before it is deleted, and what the button sends that says
/// that it is done.
fn report_first(view: &CaseView, choice: Choice) -> Option<(ReportCard, String)> {
    if choice != Choice::Delete {
        return None;
    }
    let asked = view.questions.iter().find(|asked| asked.report.is_some())?;
    let reported = asked
        .choices
        .iter()
        .find(|one| one.choice == Choice::Reported)?;
    let answer = format!("{} {}", reported.task, reported.choice);
    Some((asked.report.clone()?, answer))
}

/// The form by which a hidden post is shown again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Restore {
    #[serde(default)]
    note: String,
}

/// Has a hidden post shown again, whatever waits about it.
pub(crate) async fn restore(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
    Posted(form): Posted<Restore>,
) -> Answer<Response> {
    let looked = look(&console, &visitor, &platform, &id).await?;
    let case = looked.history.case(&looked.key, visitor.member.everybody());
    let person = looked
        .roles
        .iter()
        .find(|person| may_restore(person, &looked.key, &case.grounds));
    let kept = |note| Kept {
        task: String::new(),
        note,
        words: None,
    };
    if let Some(notice) = too_long(&form.note) {
        return refused(&console, &visitor, looked, notice, kept(form.note)).await;
    }
    let Some(person) = person else {
        return refused(&console, &visitor, looked, moved_on(), kept(form.note)).await;
    };
    let note = written(&form.note);
    match console
        .ledger()
        .unhide(&looked.key, person, note, console.clock().now())
        .await
    {
        Ok(_) => Ok(Redirect::to(&path_of("done", &looked.key)).into_response()),
        Err(UnhideError::Ledger(error)) => Err(error.into()),
        Err(error) => {
            let notice = Notice {
                title: "Nothing was changed",
                says: format!("{error}."),
            };
            refused(&console, &visitor, looked, notice, kept(form.note)).await
        }
    }
}

#[derive(Template)]
#[template(path = "done.html")]
struct Done {
    top: Top,
    address: String,
    restore: String,
    view: CaseView,
    last: Option<story::Line>,
    under_way: Vec<String>,
    /// The next case: where it is, and what it asks.
    next: Option<(String, String)>,
}

/// Shows what was decided, what the platform has confirmed so far, and what comes next.
pub(crate) async fn done(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
) -> Answer<impl IntoResponse> {
    let looked = look(&console, &visitor, &platform, &id).await?;
    // What is left about this post comes first: its other questions, then the next post.
    let page = console
        .ledger()
        .case_page(&visitor.member.practice, &[], None, 2)
        .await?;
    let next = page.cases.into_iter().find(|case| case.key != looked.key);
    let next = next.and_then(|case| {
        Some((
            address(&case.key),
            words::task(case.tasks.first()?.kind).to_owned(),
        ))
    });
    let by_person = |record: &pagewarden_ledger::EventRecord| {
        matches!(
            record.event(),
            Ok(Event::Chosen { .. } | Event::ShownAgain { .. })
        )
    };
    let nth = looked.history.events.iter().rposition(by_person);
    let last = nth.and_then(|nth| {
        story(&looked.history, &looked.in_force.calendar)
            .into_iter()
            .nth(nth)
    });
    let under_way = looked
        .history
        .actions
        .iter()
        .filter(|action| action.status.is_open());
    let under_way = under_way
        .map(|action| action.effect.plain().to_owned())
        .collect();
    let (address, restore) = (address(&looked.key), path_of("restore", &looked.key));
    Ok(Page(Done {
        top: visitor.top(),
        address,
        restore,
        view: looked.view,
        last,
        under_way,
        next,
    }))
}
