//! What waits: all of it, the most pressing first, and the lists of complaints and of reports.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use pagewarden_ledger::{AuthorHash, Case, ListedCase, Question, StateRecord};
use pagewarden_present::card::CardView;
use pagewarden_present::case::Viewer;
use pagewarden_present::text::cut_at;
use serde::Deserialize;

use crate::form::Asked;
use crate::page::{Answer, Page, Top};
use crate::pages::case::address;
use crate::pages::flood;
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Cases on a page.
pub(crate) const ON_A_PAGE: usize = 25;

/// Posts of one author on a page from which on they are shown together.
const A_FLOOD: usize = 4;

/// Characters of a post that its card shows.
const WORDS: usize = 240;

/// Where a page begins.
#[derive(Deserialize)]
pub(crate) struct Place {
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "today.html")]
pub(crate) struct Today {
    top: Top,
    list: List,
    title: String,
    practice: String,
    danger: Vec<Group>,
    rest: Vec<Group>,
    unreadable: usize,
    next: Option<String>,
    is_first: bool,
    /// Something is hidden that nobody here hid: there is a list of it.
    hidden: bool,
}

/// Cards about posts of one author; of most authors there is one.
struct Group {
    first: Card,
    others: Vec<Card>,
    /// Where they are answered together.
    together: Option<String>,
}

/// A case as the list shows it.
pub(crate) struct Card {
    pub(crate) address: String,
    pub(crate) view: CardView,
    pub(crate) words: String,
}

/// One of the lists.
#[derive(Clone, Copy)]
pub(crate) struct List {
    address: &'static str,
    heading: &'static str,
    /// What the heading does not say.
    about: &'static str,
    questions: &'static [Question],
    /// What is said where nothing waits.
    empty: &'static str,
}

const TODAY: List = List {
    address: "/today",
    heading: "Today",
    about: "",
    questions: &[],
    empty: "You are up to date. What comes in is read within seconds, and waits here if a person has to decide.",
};

const COMPLAINTS: List = List {
    address: "/complaints",
    heading: "Complaints",
    about: "Posts that may be complaints, and complaints that are not acknowledged yet. Once one is acknowledged, it goes on in \
            the practice's own procedure.",
    questions: &[Question::Complaint, Question::Acknowledgement],
    empty: "No complaint waits.",
};

const REPORTS: List = List {
    address: "/reports",
    heading: "Reports",
    about: "Posts to report to their platform by hand, and reports of which the outcome is not known yet.",
    questions: &[Question::Report, Question::ReportOutcome],
    empty: "No report waits.",
};

/// Shows a page of all that waits.
pub(crate) async fn all(
    console: State<Console>,
    visitor: Visitor,
    place: Asked<Place>,
) -> Answer<Page<Today>> {
    show(TODAY, console, visitor, place).await
}

/// Shows a page of the complaints that wait.
pub(crate) async fn complaints(
    console: State<Console>,
    visitor: Visitor,
    place: Asked<Place>,
) -> Answer<Page<Today>> {
    show(COMPLAINTS, console, visitor, place).await
}

/// Shows a page of the reports that wait.
pub(crate) async fn reports(
    console: State<Console>,
    visitor: Visitor,
    place: Asked<Place>,
) -> Answer<Page<Today>> {
    show(REPORTS, console, visitor, place).await
}

/// Returns the address of the page of a list that begins behind another's end.
pub(crate) fn behind(list: &str, end: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    format!("{list}?{}", query.append_pair("after", end).finish())
}

async fn show(
    list: List,
    State(console): State<Console>,
    visitor: Visitor,
    Asked(Place { after }): Asked<Place>,
) -> Answer<Page<Today>> {
    let member = &visitor.member;
    if !member.may_read() {
        return Err(Problem::NoCases);
    }
    let in_force = console.policies().of(console.ledger(), member).await?;
    let page = console
        .ledger()
        .case_page(
            &member.practice,
            list.questions,
            after.as_deref(),
            ON_A_PAGE,
        )
        .await?;
    let hidden = list.questions.is_empty() && after.is_none() && {
        let hidden = console
            .ledger()
            .hidden_page(&member.practice, None, 1)
            .await?;
        !hidden.cases.is_empty()
    };
    let roles = member.roles();
    let viewer = in_force.viewer(&roles, console.clock().now());
    let (danger, rest): (Vec<ListedCase>, Vec<ListedCase>) =
        page.cases.into_iter().partition(Case::is_danger);
    let count = danger.len() + rest.len();
    let late = danger
        .iter()
        .chain(&rest)
        .filter(|case| case.deadline().is_some_and(|due| due < viewer.now));
    let more = if page.next.is_some() { "+" } else { "" };
    let late = match late.count() {
        0 => String::new(),
        late => format!(", {late} late"),
    };
    let title = match (count, after.is_some()) {
        (0, false) => "Nothing waits".to_owned(),
        (1, _) if more.is_empty() => format!("1 case{late}"),
        _ => format!("{count}{more} cases{late}"),
    };
    Ok(Page(Today {
        top: visitor.top(),
        list,
        title,
        practice: member.practice_name().to_owned(),
        danger: groups(danger, &viewer),
        rest: groups(rest, &viewer),
        unreadable: page.unreadable.len(),
        next: page.next.map(|next| behind(list.address, &next)),
        is_first: after.is_none(),
        hidden,
    }))
}

/// Puts the cards of an author who floods the page behind the first of them. What is graver stands
/// before them, and by itself.
fn groups(cases: Vec<ListedCase>, viewer: &Viewer<'_>) -> Vec<Group> {
    let mut wrote: BTreeMap<AuthorHash, usize> = BTreeMap::new();
    for author in cases.iter().filter_map(Case::flooded_by) {
        *wrote.entry(author.clone()).or_default() += 1;
    }
    wrote.retain(|_, posts| *posts >= A_FLOOD);
    let mut groups: Vec<(Option<AuthorHash>, Group)> = Vec::new();
    for case in cases {
        let author = case.tasks.first().and_then(|task| task.author.clone());
        let flood = case
            .flooded_by()
            .filter(|author| wrote.contains_key(author))
            .cloned();
        let card = card(&case, viewer);
        let known = groups
            .iter()
            .position(|(known, _)| known.is_some() && *known == author);
        if let (Some(at), Some(_)) = (known, &flood) {
            groups[at].1.others.push(card);
            continue;
        }
        let group = Group {
            first: card,
            others: Vec::new(),
            together: flood.as_ref().map(flood::address),
        };
        groups.insert(known.unwrap_or(groups.len()), (flood, group));
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Shows a case in a few lines.
pub(crate) fn card<At: AsRef<StateRecord> + Clone>(case: &Case<At>, viewer: &Viewer<'_>) -> Card {
    let view = viewer.card(case);
    let words = cut_at(&view.text, WORDS);
    Card {
        address: address(&case.key),
        view,
        words,
    }
}
