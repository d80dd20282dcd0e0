//! The transparency page of a practice: what its policy says, what follows from each sentence and by
//! whom, and how often posts were hidden and shown again. The same for programs, as JSON.
//!
//! Figures are of whole quarters that are over, so none points at a post of yesterday; and none below
//! five is told.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use pagewarden_ledger::{Choice, Counter, Ledger, Tally};
use pagewarden_policies::ClauseReport;
use pagewarden_present::words;
use pagewarden_rules::{By, Effect, PracticeId};
use serde::{Serialize, Serializer};

use super::{Practice, linked};
use crate::page::{Answer, Page};
use crate::{Console, Problem};

/// Quarters that are shown, the newest first.
const QUARTERS: i32 = 4;

/// The smallest number that is told.
const FEWEST: u64 = 5;

/// For an hour: nothing here changes more often than a policy does.
const FOR_AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// A number as it may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    /// The number.
    Of(u64),
    /// From none to four.
    Few,
    /// Five or more, from which the number beside it could be worked out.
    Withheld,
}

impl Figure {
    const fn of(number: u64) -> Self {
        if number < FEWEST {
            Figure::Few
        } else {
            Figure::Of(number)
        }
    }

    /// Returns two numbers of which the sum is told: both or neither.
    const fn parts(one: u64, other: u64) -> (Self, Self) {
        match (Figure::of(one), Figure::of(other)) {
            (Figure::Few, Figure::Of(_)) => (Figure::Few, Figure::Withheld),
            (Figure::Of(_), Figure::Few) => (Figure::Withheld, Figure::Few),
            both => both,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Figure::Of(number) => write!(f, "{number}"),
            Figure::Few => write!(f, "fewer than {FEWEST}"),
            Figure::Withheld => f.write_str("not shown"),
        }
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Figure::Of(number) => serializer.serialize_u64(*number),
            Figure::Few | Figure::Withheld => serializer.collect_str(self),
        }
    }
}

/// What was done in a quarter.
#[derive(Clone, Debug, Serialize)]
struct Quarter {
    /// Its first day.
    from: Date,
    /// Its last day.
    to: Date,
    /// By the clause under which the program hid posts.
    clauses: Vec<UnderClause>,
    /// How often authors asked for another look.
    asked_to_look_again: Figure,
    /// How often they were right.
    they_were_right: Figure,
    /// How often it stayed as it was.
    stayed_as_it_was: Figure,
}

/// What was done under one clause.
#[derive(Clone, Debug, Serialize)]
struct UnderClause {
    clause: String,
    /// How often the program hid a post.
    hidden_by_program: Figure,
    /// How often people had one shown again.
    shown_again: Figure,
}

/// A sentence of the policy, and what follows from it.
#[derive(Clone, Debug, Serialize)]
struct Sentence {
    clause: String,
    says: String,
    by_a_program: Vec<&'static str>,
    by_a_person: Vec<&'static str>,
    #[serde(skip)]
    may_be_hidden_by_program: bool,
}

/// Everything that the page says.
#[derive(Template, Serialize)]
#[template(path = "public/about.html")]
struct About {
    practice: String,
    version: u32,
    since: String,
    how_far: &'static str,
    sentences: Vec<Sentence>,
    quarters: Vec<Quarter>,
    #[serde(skip)]
    policy_page: Option<String>,
    #[serde(skip)]
    complaints: Option<String>,
    #[serde(skip)]
    look_again: String,
    #[serde(skip)]
    json: String,
}

/// Shows the page, or the same as JSON where the address ends so.
pub(super) async fn show(
    State(console): State<Console>,
    Path(name): Path<String>,
) -> Answer<Response> {
    let (id, as_json) = match name.strip_suffix(".json") {
        Some(id) => (id, true),
        None => (name.as_str(), false),
    };
    let practice = Practice::read(&console, id).await?;
    let about = about(&console, &practice).await?;
    let mut response = if as_json {
        Json(about).into_response()
    } else {
        Page(about).into_response()
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, FOR_AN_HOUR);
    Ok(response)
}

async fn about(console: &Console, practice: &Practice) -> Answer<About> {
    let Practice {
        id,
        name,
        links,
        settings,
        edition,
        in_force,
    } = practice;
    let report = in_force.report(*edition, settings);
    let sentences: Vec<Sentence> = report.clauses.iter().map(sentence).collect();
    let now = console.clock().now();
    let counted = console.figures().of(console.ledger(), id, now).await?;
    let quarters = counted
        .iter()
        .map(|(from, tally)| quarter(*from, tally, &sentences));
    Ok(About {
        practice: name.clone(),
        version: in_force.version,
        since: in_force.calendar.local_date(in_force.since),
        how_far: words::mode(settings.mode),
        quarters: quarters.collect(),
        sentences,
        policy_page: linked(&links.policy_page).map(str::to_owned),
        complaints: linked(&links.complaints).map(str::to_owned),
        look_again: format!("/look-again/{id}"),
        json: format!("/about/{id}.json"),
    })
}

fn sentence(report: &ClauseReport) -> Sentence {
    let by = |who| {
        let outcomes = report.places.iter().flat_map(|place| &place.outcomes);
        let mut effects: Vec<Effect> = outcomes
            .filter(|outcome| outcome.by == Some(who))
            .map(|outcome| outcome.effect)
            .collect();
        effects.sort_unstable();
        effects.dedup();
        effects
    };
    let told = |effects: &[Effect]| effects.iter().map(|effect| effect.plain()).collect();
    let (program, people) = (by(By::Machine), by(By::Person));
    Sentence {
        clause: report.id.clone(),
        says: report.sentence.clone(),
        by_a_program: told(&program),
        by_a_person: told(&people),
        may_be_hidden_by_program: program.contains(&Effect::Hide),
    }
}

/// Returns what is told of a quarter. Every clause under which the program hides is named in every
/// quarter, so that being named tells nothing; any other is where there is a number to tell.
fn quarter(from: Date, tally: &Tally, sentences: &[Sentence]) -> Quarter {
    let mut clauses: BTreeMap<String, (u64, u64)> = sentences
        .iter()
        .filter(|sentence| sentence.may_be_hidden_by_program)
        .map(|sentence| (sentence.clause.clone(), (0, 0)))
        .collect();
    for (counter, times) in tally.iter() {
        match counter {
            Counter::Hidden(clause) if times >= FEWEST || clauses.contains_key(clause) => {
                clauses.entry(clause.clone()).or_default().0 = times;
            }
            Counter::Restored(clause) if times >= FEWEST || clauses.contains_key(clause) => {
                clauses.entry(clause.clone()).or_default().1 = times;
            }
            Counter::Hidden(_)
            | Counter::Restored(_)
            | Counter::Judged
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
            | Counter::Beside { .. } => {}
        }
    }
    let chose = |choice| tally.of(&Counter::Chose(choice));
    let (they_were_right, stayed_as_it_was) =
        Figure::parts(chose(Choice::Grant), chose(Choice::Decline));
    Quarter {
        from,
        to: last_day(from),
        clauses: clauses
            .into_iter()
            .map(|(clause, (hidden, restored))| UnderClause {
                clause,
                hidden_by_program: Figure::of(hidden),
                shown_again: Figure::of(restored),
            })
            .collect(),
        asked_to_look_again: Figure::of(tally.of(&Counter::Appealed)),
        they_were_right,
        stayed_as_it_was,
    }
}

/// Returns the first day of a day's quarter.
fn quarter_of(day: Date) -> Date {
    let month = (day.month() - 1) / 3 * 3 + 1;
    day.first_of_month()
        .with()
        .month(month)
        .build()
        .unwrap_or(day)
}

fn months_before(day: Date, months: i32) -> Date {
    day.saturating_sub(Span::new().months(months))
}

fn last_day(quarter: Date) -> Date {
    months_before(quarter, -3).yesterday().unwrap_or(quarter)
}

/// Quarters that are over, by their first days, the newest first.
type Quarters = Arc<Vec<(Date, Tally)>>;

/// What was counted in the quarters that are over, by practice. It changes once a quarter, and so is
/// read once: whoever asks often costs nothing.
#[derive(Debug, Default)]
pub(crate) struct Figures(RwLock<HashMap<PracticeId, (Date, Quarters)>>);

impl Figures {
    async fn of(
        &self,
        ledger: &Ledger,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<Quarters, Problem> {
        let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let running = quarter_of(today);
        let known = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(practice)
            .cloned();
        if let Some((of, quarters)) = known
            && of == running
        {
            return Ok(quarters);
        }
        let (from, to) = (
            months_before(running, 3 * QUARTERS),
            last_day(months_before(running, 3)),
        );
        let numbers = ledger.numbers(practice, from, to).await?;
        let quarters: Quarters =
            Arc::new(numbers.by(quarter_of).into_iter().rev().collect::<Vec<_>>());
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(practice.clone(), (running, Arc::clone(&quarters)));
        Ok(quarters)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_small_number_is_not_told_nor_what_would_tell_it() {
        let shown = |figure: Figure| figure.to_string();
        assert_eq!(
            [0, 4, 5, 12].map(|number| shown(Figure::of(number))),
            ["fewer than 5", "fewer than 5", "5", "12"]
        );
        let parts = |one, other| {
            let (one, other) = Figure::parts(one, other);
            [shown(one), shown(other)]
        };
        assert_eq!(parts(6, 7), ["6", "7"]);
        assert_eq!(parts(6, 1), ["not shown", "fewer than 5"]);
        assert_eq!(parts(0, 9), ["fewer than 5", "not shown"]);
        assert_eq!(parts(0, 0), ["fewer than 5", "fewer than 5"]);
    }

    #[test]
    fn a_quarter_has_its_first_and_its_last_day() {
        for (day, first, last) in [
            (date(2026, 11, 26), date(2026, 10, 1), date(2026, 12, 31)),
            (date(2026, 1, 1), date(2026, 1, 1), date(2026, 3, 31)),
            (date(2028, 6, 30), date(2028, 4, 1), date(2028, 6, 30)),
            (date(2026, 9, 30), date(2026, 7, 1), date(2026, 9, 30)),
        ] {
            assert_eq!((quarter_of(day), last_day(first)), (first, last));
        }
        assert_eq!(months_before(date(2026, 1, 1), 3), date(2025, 10, 1));
    }

    #[test]
    fn being_named_tells_nothing_about_a_clause() {
        let hides = |clause: &str, may| Sentence {
            clause: clause.to_owned(),
            says: String::new(),
            by_a_program: Vec::new(),
            by_a_person: Vec::new(),
            may_be_hidden_by_program: may,
        };
        let sentences = [hides("K2", true), hides("K4", true), hides("K9", false)];
        let many =
            |clause: &str, times| std::iter::repeat_n(Counter::Hidden(clause.to_owned()), times);
        let tally: Tally = many("K4", 12)
            .chain(many("K9", 2))
            .chain(many("K1", 5))
            .chain([Counter::Restored("K4".to_owned())])
            .collect();
        let quarter = quarter(date(2026, 7, 1), &tally, &sentences);
        let told: Vec<String> = quarter
            .clauses
            .iter()
            .map(|one| {
                format!(
                    "{} {} {}",
                    one.clause, one.hidden_by_program, one.shown_again
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "K1 5 fewer than 5",
                "K2 fewer than 5 fewer than 5",
                "K4 12 fewer than 5"
            ]
        );
    }
}
