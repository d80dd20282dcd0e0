//! Numbers: what came, what was decided and how soon, as plots with a table beside each, and as a
//! table for a spreadsheet.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};
use pagewarden_ledger::{Choice, Clock, Counter, Numbers, Question, Tally, Visibility, Within};
use pagewarden_present::words;
use pagewarden_rules::{Disposition, Platform};
use serde::Deserialize;

use crate::form::Asked;
use crate::page::{Answer, Page, Top};
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Months or weeks that are shown, the one that has begun among them.
const PERIODS: i64 = 12;

/// Width of a plot, in units of its own.
const WIDTH: u64 = 320;
/// Height of a line of text in a plot, of a bar, and of what is left free below the bars of a row.
const LINE: u64 = 20;
const BAR: u64 = 12;
const GAP: u64 = 8;

/// What came of reports, in the order in which it comes.
const OF_REPORTS: [Choice; 5] = [
    Choice::Reported,
    Choice::Removed,
    Choice::Refused,
    Choice::NoAnswer,
    Choice::Appealed,
];

/// How the numbers are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct By {
    #[serde(default)]
    by: Period,
}

/// What is taken together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Period {
    #[default]
    Month,
    Week,
}

impl Period {
    const fn name(self) -> &'static str {
        match self {
            Period::Month => "month",
            Period::Week => "week",
        }
    }

    /// Returns the first day of the period of a day.
    fn first(self, day: Date) -> Date {
        match self {
            Period::Month => day.first_of_month(),
            Period::Week => {
                let since_monday = day.weekday().since(Weekday::Monday);
                before(day, Span::new().days(i64::from(since_monday)))
            }
        }
    }

    /// Returns the first days of the periods that are shown, oldest first, given the day of today.
    fn shown(self, today: Date) -> Vec<Date> {
        let first = self.first(today);
        let back = |n| match self {
            Period::Month => Span::new().months(n),
            Period::Week => Span::new().weeks(n),
        };
        (0..PERIODS).rev().map(|n| before(first, back(n))).collect()
    }

    fn said(self, first: Date) -> String {
        match self {
            Period::Month => first.strftime("%B %Y").to_string(),
            Period::Week => first.strftime("Week of %-d %B %Y").to_string(),
        }
    }
}

fn before(day: Date, span: Span) -> Date {
    day.checked_sub(span).unwrap_or(day)
}

#[derive(Template)]
#[template(path = "numbers.html")]
pub(crate) struct NumbersPage {
    top: Top,
    practice: String,
    by: Period,
    since: String,
    figures: Vec<Figure>,
}

/// A plot, and the table with the same numbers.
struct Figure {
    title: &'static str,
    says: String,
    /// What stands above the columns of the table.
    columns: Vec<&'static str>,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    /// Where the name leads, if anywhere.
    link: Option<String>,
    /// One cell for each column but the first.
    cells: Vec<String>,
    /// What stands above the bars.
    label: String,
    /// How long the bars are: one, or two of which the second is an outline.
    bars: Vec<u64>,
}

/// A bar as it is drawn.
struct Bar {
    y: u64,
    width: u64,
    is_second: bool,
}

impl Figure {
    fn is_empty(&self) -> bool {
        self.rows
            .iter()
            .flat_map(|row| &row.bars)
            .all(|bar| *bar == 0)
    }

    /// Returns the rows as they are drawn: where the text stands, and the bars below it.
    fn drawn(&self) -> Vec<(&str, u64, Vec<Bar>)> {
        let most = self.rows.iter().flat_map(|row| &row.bars).max();
        let most = most.copied().unwrap_or_default().max(1);
        let mut top = 0;
        let mut drawn = Vec::new();
        for row in &self.rows {
            let bars = (0..).zip(&row.bars).map(|(n, bar)| Bar {
                y: top + LINE + n * (BAR + 2),
                width: bar * (WIDTH - 2) / most,
                is_second: n > 0,
            });
            let bars: Vec<Bar> = bars.collect();
            let height = LINE + bars.len() as u64 * (BAR + 2) + GAP;
            drawn.push((row.label.as_str(), top + LINE - GAP / 2, bars));
            top += height;
        }
        drawn
    }

    fn height(&self) -> u64 {
        let rows = self.rows.iter();
        rows.map(|row| LINE + row.bars.len() as u64 * (BAR + 2) + GAP)
            .sum()
    }
}

/// Shows them. They are counts and nothing else, so whoever is signed in may see them.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Asked(By { by }): Asked<By>,
) -> Answer<Page<NumbersPage>> {
    let (numbers, shown) = read(&console, &visitor, by).await?;
    let total = numbers.total();
    let figures = vec![
        cases(&numbers, by, &shown),
        clauses(&total),
        hidden(&total),
        first_decisions(&total),
        clocks(&total),
        reports(&total),
        appeals(&total),
        second_looks(&total),
    ];
    Ok(Page(NumbersPage {
        top: visitor.top(),
        practice: visitor.member.practice_name().to_owned(),
        by,
        since: by.said(shown[0]),
        figures,
    }))
}

/// Reads the numbers of the periods that are shown, and returns these periods too.
async fn read(
    console: &Console,
    visitor: &Visitor,
    by: Period,
) -> Result<(Numbers, Vec<Date>), Problem> {
    let now: Zoned = console.clock().now().to_zoned(TimeZone::UTC);
    let shown = by.shown(now.date());
    let numbers = console
        .ledger()
        .numbers(&visitor.member.practice, shown[0], now.date())
        .await?;
    Ok((numbers, shown))
}

fn cases(numbers: &Numbers, by: Period, shown: &[Date]) -> Figure {
    let of = numbers.by(|day| by.first(day));
    let rows = shown.iter().map(|first| {
        let tally = of.get(first).cloned().unwrap_or_default();
        let cases = tally.sum(|counter| matches!(counter, Counter::Case(_)));
        let judged = tally.of(&Counter::Judged);
        let name = by.said(*first);
        Row {
            label: format!("{name}: {cases}"),
            name,
            link: None,
            cells: vec![judged.to_string(), cases.to_string()],
            bars: vec![cases],
        }
    });
    let total = numbers.total();
    let left = total.of(&Counter::CriticismLeft);
    let danger = total.of(&Counter::Came(Disposition::Page));
    Figure {
        title: "What came",
        says: format!(
            "A case is a post about which something was done or asked. In {danger} somebody may have been in danger. \
             {left} posts were criticism that broke no rule, and were left alone."
        ),
        columns: vec!["When", "Posts read", "Cases"],
        rows: rows.collect(),
    }
}

/// Returns a row of a table for a rule, which leads to its sentence.
fn of_rule(clause: &str, cells: Vec<String>, label: &str, bars: Vec<u64>) -> Row {
    let name = if clause.is_empty() {
        "No rule named".to_owned()
    } else {
        clause.to_owned()
    };
    Row {
        label: format!("{name}: {label}"),
        link: (!clause.is_empty()).then(|| format!("/policy#clause-{clause}")),
        name,
        cells,
        bars,
    }
}

fn clauses(total: &Tally) -> Figure {
    let mut of: BTreeMap<&str, BTreeMap<Platform, u64>> = BTreeMap::new();
    for (counter, times) in total.iter() {
        if let Counter::Clause { platform, clause } = counter {
            of.entry(clause).or_default().insert(*platform, times);
        }
    }
    let rows = of.into_iter().map(|(clause, places)| {
        let all: u64 = places.values().sum();
        let places: Vec<String> = places
            .iter()
            .map(|(platform, times)| format!("{} {times}", words::platform(*platform)))
            .collect();
        let cells = vec![places.join(", "), all.to_string()];
        of_rule(clause, cells, &all.to_string(), vec![all])
    });
    Figure {
        title: "Cases by rule and place",
        says: "A case may be about several rules, or about none of them.".to_owned(),
        columns: vec!["Rule", "Where", "Cases"],
        rows: rows.collect(),
    }
}

fn hidden(total: &Tally) -> Figure {
    let clauses = total.iter().filter_map(|(counter, _)| match counter {
        Counter::Hidden(clause) | Counter::Restored(clause) => Some(clause.clone()),
        Counter::Judged
        | Counter::Came(_)
        | Counter::CriticismLeft
        | Counter::Case(_)
        | Counter::Clause { .. }
        | Counter::Upheld(_)
        | Counter::FoundRight
        | Counter::FoundWrong
        | Counter::FirstDecision(_)
        | Counter::Met(_)
        | Counter::Missed(_)
        | Counter::Chose(_)
        | Counter::Appealed
        | Counter::Beside { .. } => None,
    });
    let rows = clauses.collect::<BTreeSet<_>>().into_iter().map(|clause| {
        let hidden = total.of(&Counter::Hidden(clause.clone()));
        let back = total.of(&Counter::Restored(clause.clone()));
        let cells = vec![hidden.to_string(), back.to_string(), share(back, hidden)];
        let label = format!("{hidden} hidden, {back} brought back");
        of_rule(&clause, cells, &label, vec![hidden, back])
    });
    let hidden = total.sum(|counter| matches!(counter, Counter::Hidden(_)));
    let back = total.sum(|counter| matches!(counter, Counter::Restored(_)));
    Figure {
        title: "What the program hid, and people brought back",
        says: format!(
            "Of {hidden} that the program hid, people brought back {back} here ({}). The outline is what was brought \
             back. What somebody showed again on the platform itself is not counted.",
            share(back, hidden)
        ),
        columns: vec!["Rule", "Hidden", "Brought back", "Share"],
        rows: rows.collect(),
    }
}

/// Returns a part of a whole in the hundred, as it is said.
fn share(part: u64, whole: u64) -> String {
    (part * 100 + whole / 2).checked_div(whole).map_or_else(
        || "none".to_owned(),
        |in_hundred| format!("{in_hundred} in 100"),
    )
}

fn first_decisions(total: &Tally) -> Figure {
    let rows = Within::ALL.iter().map(|within| {
        let cases = total.of(&Counter::FirstDecision(*within));
        let name = words::within(*within);
        Row {
            label: format!("{name}: {cases}"),
            name: name.to_owned(),
            link: None,
            cells: vec![cases.to_string()],
            bars: vec![cases],
        }
    });
    let says = match (total.first_decision(50), total.first_decision(90)) {
        (Some(half), Some(most)) => format!(
            "Half of the cases had their first decision this soon: {}. Nine in ten: {}. What still waits is not \
             counted yet.",
            words::within(half).to_lowercase(),
            words::within(most).to_lowercase()
        ),
        _ => "Nobody has decided a case in this time.".to_owned(),
    };
    Figure {
        title: "Time to the first decision",
        says,
        columns: vec!["How soon", "Cases"],
        rows: rows.collect(),
    }
}

fn clocks(total: &Tally) -> Figure {
    let rows = Clock::ALL.iter().map(|clock| {
        let (met, missed) = (
            total.of(&Counter::Met(*clock)),
            total.of(&Counter::Missed(*clock)),
        );
        let name = words::clock(*clock);
        Row {
            label: format!("{name}: {met} in time, {missed} late"),
            name: name.to_owned(),
            link: None,
            cells: vec![met.to_string(), missed.to_string()],
            bars: vec![met, missed],
        }
    });
    Figure {
        title: "Clocks met and missed",
        says: "Counted when somebody answers; the outline is what was late. What is late and still waits is on the \
               first page."
            .to_owned(),
        columns: vec!["What", "In time", "Late"],
        rows: rows.collect(),
    }
}

fn reports(total: &Tally) -> Figure {
    let rows = OF_REPORTS
        .iter()
        .map(|choice| how_often(of_report(*choice), total.of(&Counter::Chose(*choice))));
    Figure {
        title: "Reports to the platforms",
        says: "What people said that came of them.".to_owned(),
        columns: vec!["What", "How often"],
        rows: rows.collect(),
    }
}

fn appeals(total: &Tally) -> Figure {
    let answered = |choice| {
        let name = words::choice(choice, Question::Appeal, Visibility::Hidden);
        how_often(name, total.of(&Counter::Chose(choice)))
    };
    Figure {
        title: "Authors who asked for another look",
        says: "How often they asked, and what people answered.".to_owned(),
        columns: vec!["What", "How often"],
        rows: vec![
            how_often("Asked", total.of(&Counter::Appealed)),
            answered(Choice::Grant),
            answered(Choice::Decline),
        ],
    }
}

fn second_looks(total: &Tally) -> Figure {
    let answered = |choice, counter| {
        let name = words::choice(choice, Question::SecondLook, Visibility::Hidden);
        how_often(name, total.of(&counter))
    };
    Figure {
        title: "Second looks",
        says: "Each week five of the posts that the program hid and nobody looked at are drawn by lot. \
               What people said of them."
            .to_owned(),
        columns: vec!["What", "How often"],
        rows: vec![
            answered(Choice::KeepHidden, Counter::FoundRight),
            answered(Choice::Restore, Counter::FoundWrong),
        ],
    }
}

fn how_often(name: &str, times: u64) -> Row {
    Row {
        label: format!("{name}: {times}"),
        name: name.to_owned(),
        link: None,
        cells: vec![times.to_string()],
        bars: vec![times],
    }
}

const fn of_report(choice: Choice) -> &'static str {
    words::choice(choice, Question::ReportOutcome, Visibility::Visible)
}

/// Returns the numbers for a spreadsheet: a line for each thing that happened in each period. There
/// is no name and no word of a post in it.
pub(crate) async fn csv(
    State(console): State<Console>,
    visitor: Visitor,
    Asked(By { by }): Asked<By>,
) -> Answer<impl IntoResponse> {
    let (numbers, _) = read(&console, &visitor, by).await?;
    let mut lines = vec![line(["From", "What", "Where or how", "Rule", "How often"])];
    for (first, tally) in numbers.by(|day| by.first(day)) {
        for (counter, times) in tally.iter() {
            let [what, place, rule] = said(counter);
            let (first, times) = (first.to_string(), times.to_string());
            lines.push(line([&first, &what, &place, &rule, &times]));
        }
    }
    let name = format!("attachment; filename=\"numbers-by-{}.csv\"", by.name());
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&name).map_err(|_| Problem::Broken)?,
        ),
    ];
    Ok((headers, lines.concat()))
}

/// Returns what a counter says: what happened, where or how, and under which rule.
fn said(counter: &Counter) -> [String; 3] {
    let [what, place, rule] = match counter {
        Counter::Judged => ["Post read", "", ""],
        Counter::Came(disposition) => ["It came to", words::disposition(*disposition), ""],
        Counter::CriticismLeft => ["Criticism left alone", "", ""],
        Counter::Case(platform) => ["Case", words::platform(*platform), ""],
        Counter::Clause { platform, clause } => {
            ["Case under a rule", words::platform(*platform), clause]
        }
        Counter::Hidden(clause) => ["Hidden by the program", "", clause],
        Counter::Restored(clause) => ["Brought back by people", "", clause],
        Counter::Upheld(clause) => ["Left hidden by people", "", clause],
        Counter::FoundRight => ["Drawn for a second look, and right", "", ""],
        Counter::FoundWrong => ["Drawn for a second look, and shown again", "", ""],
        Counter::FirstDecision(within) => ["First decision", words::within(*within), ""],
        Counter::Met(clock) => ["Answered in time", words::clock(*clock), ""],
        Counter::Missed(clock) => ["Answered late", words::clock(*clock), ""],
        Counter::Chose(choice) => ["People chose", choice.name(), ""],
        Counter::Appealed => ["An author asked for another look", "", ""],
        Counter::Beside { policy, did, would } => {
            let place = format!(
                "{}; version {policy} would: {}",
                words::disposition(*did),
                words::disposition(*would)
            );
            return [
                "Judged by a version in shadow too".to_owned(),
                place,
                String::new(),
            ];
        }
    };
    [what.to_owned(), place.to_owned(), rule.to_owned()]
}

/// Returns a line of fields that no spreadsheet takes for a formula.
fn line(fields: [&str; 5]) -> String {
    let fields = fields.map(|field| {
        let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
        let safe = if is_formula { "'" } else { "" };
        format!("\"{safe}{}\"", field.replace('"', "\"\""))
    });
    format!("{}\r\n", fields.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_never_taken_for_a_formula() {
        for (field, wanted) in [
            ("K4", "\"K4\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("@sum", "\"'@sum\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("\tx", "\"'\tx\""),
            ("a,b", "\"a,b\""),
        ] {
            assert_eq!(
                line([field, "", "", "", ""]),
                format!("{wanted},\"\",\"\",\"\",\"\"\r\n")
            );
        }
    }

    #[test]
    fn twelve_periods_end_with_the_one_of_today() {
        let today: Date = "2026-11-26".parse().unwrap();
        let shown = |by: Period| {
            let shown = by.shown(today);
            assert_eq!(shown.len(), 12);
            [shown[0].to_string(), shown[11].to_string()]
        };
        assert_eq!(shown(Period::Month), ["2025-12-01", "2026-11-01"]);
        assert_eq!(shown(Period::Week), ["2026-09-07", "2026-11-23"]);
        let sunday: Date = "2026-11-29".parse().unwrap();
        assert_eq!(Period::Week.first(sunday).to_string(), "2026-11-23");
    }

    #[test]
    fn the_longest_bar_is_as_wide_as_the_plot_and_none_is_wider() {
        let row = |bars: &[u64]| of_rule("K4", Vec::new(), "", bars.to_vec());
        let figure = Figure {
            title: "",
            says: String::new(),
            columns: Vec::new(),
            rows: vec![row(&[10, 1]), row(&[0, 5])],
        };
        let drawn = figure.drawn();
        let widths: Vec<u64> = drawn
            .iter()
            .flat_map(|(_, _, bars)| bars.iter().map(|bar| bar.width))
            .collect();
        assert_eq!(widths, [WIDTH - 2, (WIDTH - 2) / 10, 0, (WIDTH - 2) / 2]);
        let last = drawn[1].2.last().unwrap();
        assert!(last.y + BAR < figure.height());
    }

    #[test]
    fn a_share_is_rounded_and_nothing_of_nothing_is_none() {
        assert_eq!(share(0, 0), "none");
        assert_eq!(share(1, 3), "33 in 100");
        assert_eq!(share(2, 3), "67 in 100");
    }
}
