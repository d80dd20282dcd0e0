//! The versions of the policy: where each stands, what it says otherwise, what it would have done,
//! and the steps that two people take with it.
//!
//! A step makes the machine act more, so it is asked for and agreed to by somebody who has just shown
//! that it is them, on a page of its own. What makes it act less is done at once.

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::Timestamp;
use jiff::civil::Date;
use pagewarden_ledger::{
    Act, Calendar, Person, PolicyRecord, SIGN_WITHIN, Stage, StepRecord, StepWanted, TriedRecord,
    VersionError, VersionsRecord,
};
use pagewarden_policies::{Loaded, blockers, diff, load};
use pagewarden_present::case::sentence;
use pagewarden_present::versions::{self, Counted, follows, told};
use pagewarden_present::words;
use pagewarden_rules::Mode;
use serde::{Deserialize, Serialize};

use super::{draft, propose};
use crate::form::{Posted, is_too_long};
use crate::page::{Answer, Page, Top};
use crate::signin::again;
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Where the list is.
pub(crate) const ADDRESS: &str = "/policy/versions";

/// Returns the routes of the versions, from the draft of one on.
pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route(
            "/policy/draft",
            get(draft::ask)
                .post(draft::answer)
                .layer(DefaultBodyLimit::max(draft::MOST_BYTES)),
        )
        .route(
            "/policy/propose",
            get(propose::ask)
                .post(propose::answer)
                .layer(DefaultBodyLimit::max(propose::MOST_BYTES)),
        )
        .route("/policy/versions", get(list).post(call_off))
        .route("/policy/versions/{version}", get(show).post(go_back))
        .route("/policy/versions/{version}/step", get(confirm).post(step))
}

/// Returns the address of the page about a version.
pub(crate) fn address(version: u32) -> String {
    format!("{ADDRESS}/{version}")
}

fn step_address(version: u32) -> String {
    format!("{ADDRESS}/{version}/step")
}

/// How the versions stand, and what pages need to say so.
struct Looked {
    stands: VersionsRecord,
    calendar: Calendar,
    now: Timestamp,
}

async fn look(console: &Console, visitor: &Visitor) -> Answer<Looked> {
    let ledger = console.ledger();
    let in_force = console.policies().of(ledger, &visitor.member).await?;
    let stands = ledger.policy_versions(&visitor.member.practice).await;
    Ok(Looked {
        stands: stands.map_err(problem)?,
        calendar: in_force.calendar.clone(),
        now: console.clock().now(),
    })
}

/// What becomes of an error that says nothing to whoever pressed a button.
fn problem(error: VersionError) -> Problem {
    match error {
        VersionError::Ledger(error) => error.into(),
        VersionError::Refused(_) => Problem::NotYours,
        VersionError::NoPractice(_) | VersionError::NoVersion(_) => Problem::NotFound,
        VersionError::WasInForce(_)
        | VersionError::NeverInForce(_)
        | VersionError::There(_)
        | VersionError::NotInShadow(_)
        | VersionError::NotInAssist(_)
        | VersionError::TooSoon { .. }
        | VersionError::Blocked { .. }
        | VersionError::Waits { .. }
        | VersionError::NothingWaits
        | VersionError::BadTime
        | VersionError::NotAgreed(_)
        | VersionError::ActsMore
        | VersionError::NoReason => Problem::Form,
    }
}

/// Says why something was not done, with days as the practice's calendar shows them; nothing where
/// a page of its own says it.
fn refusal(error: &VersionError, calendar: &Calendar) -> Option<String> {
    let day = |at: Timestamp| calendar.local_date(at);
    match error {
        VersionError::TooSoon { policy, over } => Some(format!(
            "Version {policy} is in shadow until {}. Name that day or a later one, or say why it should act sooner.",
            day(*over)
        )),
        VersionError::Waits { to, from } => Some(format!(
            "{} from {}, as two people agreed. Call that off first, or wait.",
            sentence(&to.to_string()).trim_end_matches('.'),
            day(*from)
        )),
        VersionError::Blocked { policy, .. } => Some(format!(
            "Version {policy} may not leave shadow yet. What has to be done first stands on its page."
        )),
        VersionError::WasInForce(_)
        | VersionError::NeverInForce(_)
        | VersionError::There(_)
        | VersionError::NotInShadow(_)
        | VersionError::NotInAssist(_)
        | VersionError::NothingWaits
        | VersionError::BadTime
        | VersionError::NotAgreed(_)
        | VersionError::ActsMore
        | VersionError::NoReason => Some(sentence(&error.to_string())),
        VersionError::Ledger(_)
        | VersionError::Refused(_)
        | VersionError::NoPractice(_)
        | VersionError::NoVersion(_) => None,
    }
}

impl Looked {
    fn day(&self, at: Timestamp) -> String {
        self.calendar.local_date(at)
    }

    fn is_in_force(&self, version: u32) -> bool {
        self.stands.in_force.policy == version
    }

    fn is_beside(&self, version: u32) -> bool {
        self.stands
            .beside
            .is_some_and(|beside| beside.policy == version)
    }

    /// Says where a version stands.
    fn where_stands(&self, version: u32, was_in_force: bool) -> String {
        if self.is_in_force(version) {
            let (mode, since) = (self.stands.in_force.mode, self.day(self.stands.since));
            return format!("In force, in {mode}, since {since}");
        }
        if let Some(beside) = self.stands.beside.filter(|_| self.is_beside(version)) {
            let over = self.stands.shadow_over(version).unwrap_or(beside.since);
            return format!(
                "In shadow since {}, until {} unless two people say otherwise",
                self.day(beside.since),
                self.day(over)
            );
        }
        if was_in_force {
            "Was in force".to_owned()
        } else {
            "Proposed: nothing follows from it".to_owned()
        }
    }

    /// Says what waits, in words.
    fn waits(&self) -> Vec<String> {
        let next = self.stands.next.as_ref().map(|next| {
            let step = self.step(&next.step);
            let when = next.held_up.map_or_else(
                || format!("It takes force on {}.", self.day(next.step.from.unwrap_or(next.at))),
                |since| {
                    format!(
                        "It is held up since {}. What has to be done first stands on the version's page; then it takes force by itself.",
                        self.day(since)
                    )
                },
            );
            format!("Two people agreed on {step}. {when}")
        });
        let asked = self.stands.asked(self.now).map(|asked| self.asked(asked));
        next.into_iter().chain(asked).collect()
    }

    fn step(&self, step: &StepWanted) -> String {
        let step = versions::step(step, |at| self.day(at));
        // A sentence goes on or ends behind it.
        step.trim_end_matches('.').to_owned()
    }

    fn asked(&self, asked: &StepRecord) -> String {
        format!(
            "{} asked for {}. Somebody else has to agree by {}. One of the two has to be a practice manager.",
            words::person(&asked.by),
            self.step(&asked.step),
            self.calendar.local(asked.at + SIGN_WITHIN)
        )
    }

    /// Returns the step that comes next for a version; none for one that was in force, to which
    /// people go back.
    fn next_mode(&self, version: u32, was_in_force: bool) -> Option<Mode> {
        if self.is_in_force(version) {
            return match self.stands.in_force.mode {
                Mode::Shadow => Some(Mode::Assist),
                Mode::Assist => Some(Mode::Live),
                Mode::Live => None,
            };
        }
        if self.is_beside(version) {
            return Some(Mode::Assist);
        }
        (!was_in_force).then_some(Mode::Shadow)
    }

    /// Returns how far a version may act after going back to it: always less than now.
    fn ways_back(&self, version: u32, was_in_force: bool) -> Vec<Mode> {
        let now = self.stands.in_force.mode;
        if self.is_in_force(version) {
            let less = Mode::ALL.iter().copied().filter(|mode| *mode < now);
            return less.rev().collect();
        }
        was_in_force
            .then_some(now.min(Mode::Assist))
            .into_iter()
            .collect()
    }
}

/// A version on the list.
struct VersionLine {
    number: u32,
    address: String,
    stands: String,
    came: String,
}

#[derive(Template)]
#[template(path = "versions.html")]
pub(crate) struct VersionsPage {
    top: Top,
    practice: String,
    mode: &'static str,
    lines: Vec<VersionLine>,
    waits: Vec<String>,
    may_call_off: bool,
    may_propose: bool,
    /// What happened, the newest first.
    story: Vec<(String, String)>,
    refused: Option<String>,
}

/// Every version that is on record, the newest first, with whether a deployer published it.
async fn all(console: &Console, visitor: &Visitor) -> Answer<Vec<(PolicyRecord, bool)>> {
    let (ledger, practice) = (console.ledger(), &visitor.member.practice);
    let published = ledger.published_policies(practice).await?;
    let proposed = ledger.proposed(practice).await?;
    let published = published.into_iter().map(|record| (record, true));
    let mut all: Vec<_> = published
        .chain(proposed.into_iter().map(|record| (record, false)))
        .collect();
    all.sort_by_key(|(record, _)| std::cmp::Reverse(record.version));
    Ok(all)
}

/// Shows where each version stands. It is about the policy alone, so whoever is signed in may see
/// it.
pub(crate) async fn list(
    State(console): State<Console>,
    visitor: Visitor,
) -> Answer<Page<VersionsPage>> {
    let looked = look(&console, &visitor).await?;
    list_page(&console, &visitor, &looked, None).await
}

async fn list_page(
    console: &Console,
    visitor: &Visitor,
    looked: &Looked,
    refused: Option<String>,
) -> Answer<Page<VersionsPage>> {
    let line = |(record, published): &(PolicyRecord, bool)| VersionLine {
        number: record.version,
        address: address(record.version),
        stands: looked.where_stands(
            record.version,
            *published || looked.stands.been.contains(&record.version),
        ),
        came: format!(
            "{} {}, {}",
            if *published {
                "Published by"
            } else {
                "Proposed by"
            },
            words::person(&record.by),
            looked.day(record.at)
        ),
    };
    let story = story(console, visitor, looked, None).await?;
    let waits = looked.waits();
    Ok(Page(VersionsPage {
        top: visitor.top(),
        practice: visitor.member.practice_name().to_owned(),
        mode: words::mode(looked.stands.in_force.mode),
        lines: all(console, visitor).await?.iter().map(line).collect(),
        may_call_off: !waits.is_empty() && visitor.member.who_may(&Act::GoBack).is_some(),
        waits,
        may_propose: draft::may(visitor),
        story,
        refused,
    }))
}

/// Returns what happened to the versions or to one of them, the newest first, and when.
async fn story(
    console: &Console,
    visitor: &Visitor,
    looked: &Looked,
    version: Option<u32>,
) -> Answer<Vec<(String, String)>> {
    let practice = &visitor.member.practice;
    let events = console.ledger().version_events(practice).await?;
    let story = events.iter().rev().filter_map(|line| {
        let event = line.practice_event().ok()?;
        let (about, what) = told(&event, |at| looked.day(at))?;
        let is_meant = version.is_none_or(|version| version == about);
        is_meant.then(|| (looked.calendar.local(line.at), sentence(&what)))
    });
    Ok(story.collect())
}

/// The form by which what waits is called off.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallOff {
    why: String,
}

/// Calls off what was asked for or agreed to and waits.
pub(crate) async fn call_off(
    State(console): State<Console>,
    visitor: Visitor,
    Posted(form): Posted<CallOff>,
) -> Answer<Response> {
    let person = visitor
        .member
        .who_may_as_manager(&Act::GoBack)
        .ok_or(Problem::NotYours)?;
    if is_too_long(&form.why) {
        return Err(Problem::TooLarge);
    }
    let (practice, now) = (&visitor.member.practice, console.clock().now());
    let called_off = console
        .ledger()
        .call_off(practice, &person, form.why.trim(), now)
        .await;
    let Err(error) = called_off else {
        return Ok(Redirect::to(ADDRESS).into_response());
    };
    let looked = look(&console, &visitor).await?;
    let Some(says) = refusal(&error, &looked.calendar) else {
        return Err(problem(error));
    };
    let page = list_page(&console, &visitor, &looked, Some(says)).await?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

/// A version with all that its page says.
struct One {
    record: PolicyRecord,
    loaded: Loaded,
    was_in_force: bool,
    /// What keeps the practice from leaving shadow under it.
    blockers: Vec<String>,
}

async fn one(console: &Console, visitor: &Visitor, looked: &Looked, version: &str) -> Answer<One> {
    let (ledger, member) = (console.ledger(), &visitor.member);
    let version: u32 = version.parse().map_err(|_| Problem::NotFound)?;
    let published = ledger.published_policy(&member.practice, version).await?;
    let was_in_force = published.is_some() || looked.stands.been.contains(&version);
    let record = match published {
        Some(published) => published,
        None => ledger
            .policy(&member.practice, version)
            .await?
            .ok_or(Problem::NotFound)?,
    };
    let loaded = load(&record.toml, &record.published, member.practice.as_str());
    let loaded = loaded.map_err(|_| {
        tracing::error!(practice = %member.practice, version, "a version of the policy does not load");
        Problem::Broken
    })?;
    let blockers = blockers_of(console, visitor, &loaded).await?;
    Ok(One {
        record,
        loaded,
        was_in_force,
        blockers,
    })
}

/// Returns what keeps the visitor's practice from leaving shadow under a policy, a sentence each.
pub(crate) async fn blockers_of(
    console: &Console,
    visitor: &Visitor,
    loaded: &Loaded,
) -> Answer<Vec<String>> {
    let member = &visitor.member;
    let confirmed = console.ledger().confirmed_ways(&member.practice).await?;
    let (settings, templates) = (&member.settings, &loaded.templates);
    let found = blockers(&loaded.policy, settings, templates, &confirmed);
    Ok(found.iter().map(ToString::to_string).collect())
}

/// A clause that is new, gone or changed.
pub(crate) struct ClauseLine {
    pub(crate) title: String,
    pub(crate) sentence: String,
    pub(crate) lines: Vec<String>,
}

/// What a version says otherwise than the one in force, in words.
pub(crate) struct Otherwise {
    pub(crate) clauses: Vec<ClauseLine>,
    pub(crate) others: Vec<String>,
}

impl Otherwise {
    pub(crate) fn of(old: &Loaded, new: &Loaded) -> Self {
        use pagewarden_policies::ClauseChange::{Added, Changed, Removed};
        let found = diff(old, new);
        let clauses = found.clauses.into_iter().map(|clause| {
            let (what, lines) = match clause.what {
                Added(lines) => ("is new", lines),
                Removed => ("is gone", Vec::new()),
                Changed(lines) => ("is changed", lines),
            };
            ClauseLine {
                title: format!("{} {what}", clause.id),
                sentence: clause.sentence,
                lines: lines.iter().map(|line| sentence(line)).collect(),
            }
        });
        Otherwise {
            clauses: clauses.collect(),
            others: found.others.iter().map(|line| sentence(line)).collect(),
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.clauses.is_empty() && self.others.is_empty()
    }
}

/// What the newest backtest said.
struct Backtested {
    by: String,
    says: Vec<String>,
    looked_at: Vec<String>,
}

impl Backtested {
    fn of(tried: TriedRecord, calendar: &Calendar) -> Self {
        Backtested {
            by: format!("{}, {}", words::person(&tried.by), calendar.local(tried.at)),
            says: tried.result.says,
            looked_at: tried.result.looked_at,
        }
    }
}

/// The step that comes next, and what the visitor may do about it.
struct NextStep {
    /// Such as "Have version 2 go to assist".
    title: String,
    to: &'static str,
    follows: Vec<&'static str>,
    /// Who asked for it, until when somebody may agree.
    asked: Option<String>,
    /// Why it cannot be asked for or agreed to now, and what is to be done.
    not_now: Vec<String>,
    /// Until when it is in shadow, where that lies ahead.
    shadow_until: Option<String>,
    /// The button.
    button: Option<&'static str>,
    /// When it was asked for, where the button agrees to that: then nothing more is to be said.
    agrees_to: Option<String>,
    /// It begins to act, so what blocks it is listed.
    blockers: Vec<String>,
}

impl NextStep {
    fn of(visitor: &Visitor, looked: &Looked, one: &One) -> Option<Self> {
        let version = one.record.version;
        let mode = looked.next_mode(version, one.was_in_force)?;
        let to = Stage {
            policy: version,
            mode,
        };
        let asked = looked.stands.asked(looked.now);
        let same = looked.asked_for(to);
        let wanted = same.map_or_else(
            || StepWanted {
                to,
                from: None,
                sooner: None,
            },
            |asked| from_now(&asked.step, looked.now),
        );
        let allowed = looked.stands.allows(&wanted, &one.blockers, looked.now);
        let mut shadow_until = None;
        let mut not_now = Vec::new();
        match &allowed {
            Err(VersionError::TooSoon { over, .. }) if same.is_none() => {
                shadow_until = Some(looked.day(*over));
            }
            // What blocks it is listed.
            Ok(()) | Err(VersionError::Blocked { .. }) => {}
            Err(error) => not_now.extend(refusal(error, &looked.calendar)),
        }
        let person = visitor.member.who_may_as_manager(&Act::Sign);
        let mut button = None;
        match (&person, same) {
            (None, _) => not_now.push(
                "Your role may not ask for it, nor agree to it: people who decide at the practice may.".to_owned(),
            ),
            (Some(_), None) => button = Some("Ask for it"),
            (Some(person), Some(asked)) => match asked.may_be_agreed_to_by(person) {
                Ok(()) => button = Some("Agree to it"),
                Err(why) => not_now.push(sentence(&why.to_string())),
            },
        }
        let can = match &allowed {
            Ok(()) => true,
            Err(VersionError::TooSoon { .. }) => same.is_none(),
            Err(_) => false,
        };
        let blocks = mode != Mode::Shadow;
        let can = can && (!blocks || one.blockers.is_empty());
        Some(NextStep {
            title: format!("Next: version {version} in {mode}"),
            to: mode.name(),
            follows: follows(to),
            asked: asked.map(|asked| looked.asked(asked)),
            not_now,
            shadow_until,
            button: button.filter(|_| can),
            agrees_to: same.map(|asked| asked.at.to_string()),
            blockers: one.blockers.iter().filter(|_| blocks).cloned().collect(),
        })
    }
}

/// Returns a step as somebody agrees to it: a day that has come since is no day ahead.
fn from_now(step: &StepWanted, now: Timestamp) -> StepWanted {
    StepWanted {
        from: step.from.filter(|from| *from > now),
        ..step.clone()
    }
}

/// A way to have the machine act less.
struct WayBack {
    mode: &'static str,
    button: String,
}

#[derive(Template)]
#[template(path = "version.html")]
struct VersionPage {
    top: Top,
    version: u32,
    in_force: u32,
    is_in_force: bool,
    stands: String,
    came: String,
    otherwise: Option<Otherwise>,
    backtested: Option<Backtested>,
    /// What is typed to try it; none for the version in force.
    try_it: Option<String>,
    counted: Option<Counted>,
    next: Option<NextStep>,
    back: Vec<WayBack>,
    /// What happened to it, the newest first.
    story: Vec<(String, String)>,
    refused: Option<String>,
}

/// Shows a version.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Path(version): Path<String>,
) -> Answer<Response> {
    let looked = look(&console, &visitor).await?;
    let one = one(&console, &visitor, &looked, &version).await?;
    let page = version_page(&console, &visitor, &looked, one, None).await?;
    Ok(page.into_response())
}

async fn version_page(
    console: &Console,
    visitor: &Visitor,
    looked: &Looked,
    one: One,
    refused: Option<String>,
) -> Answer<Page<VersionPage>> {
    let (ledger, member) = (console.ledger(), &visitor.member);
    let (version, in_force) = (one.record.version, looked.stands.in_force.policy);
    let is_in_force = looked.is_in_force(version);
    let otherwise = if is_in_force {
        None
    } else {
        let old = console.policies().of(ledger, member).await?;
        Some(Otherwise::of(&old.loaded, &one.loaded))
    };
    let tried = ledger.backtest_of(&member.practice, version).await?;
    let counted = match looked.in_shadow_since(version) {
        None => None,
        Some(since) => {
            let zone = jiff::tz::TimeZone::UTC;
            let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
            let (from, to) = (day(since), day(looked.now));
            let numbers = ledger.numbers(&member.practice, from, to).await?;
            Counted::of(version, &numbers.total())
        }
    };
    let may_go_back = visitor.member.who_may(&Act::GoBack).is_some();
    let back = looked.ways_back(version, one.was_in_force);
    let back = back
        .into_iter()
        .filter(|_| may_go_back)
        .map(|mode| WayBack {
            mode: mode.name(),
            button: if is_in_force {
                format!("Have it act less: in {mode}")
            } else {
                format!("Go back to version {version}, in {mode}")
            },
        });
    Ok(Page(VersionPage {
        top: visitor.top(),
        version,
        in_force,
        is_in_force,
        stands: looked.where_stands(version, one.was_in_force),
        came: format!(
            "{}, {}",
            words::person(&one.record.by),
            looked.day(one.record.at)
        ),
        otherwise,
        backtested: tried.map(|tried| Backtested::of(tried, &looked.calendar)),
        try_it: (!is_in_force).then(|| {
            format!(
                "pagewarden backtest --practice {} --version {version} --as NAME:ROLE",
                member.practice
            )
        }),
        counted,
        next: NextStep::of(visitor, looked, &one),
        back: back.collect(),
        story: story(console, visitor, looked, Some(version)).await?,
        refused,
    }))
}

impl Looked {
    /// Returns since when a version is in shadow, in force or beside.
    fn in_shadow_since(&self, version: u32) -> Option<Timestamp> {
        let beside = self.stands.beside.filter(|_| self.is_beside(version));
        let own = self.is_in_force(version) && self.stands.in_force.mode == Mode::Shadow;
        beside
            .map(|beside| beside.since)
            .or_else(|| own.then_some(self.stands.since))
    }
}

/// The form by which the machine acts less.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Back {
    mode: Mode,
    why: String,
}

/// Goes back to a version, or has the one in force act less, at once.
pub(crate) async fn go_back(
    State(console): State<Console>,
    visitor: Visitor,
    Path(version): Path<String>,
    Posted(form): Posted<Back>,
) -> Answer<Response> {
    let person = visitor
        .member
        .who_may_as_manager(&Act::GoBack)
        .ok_or(Problem::NotYours)?;
    if is_too_long(&form.why) {
        return Err(Problem::TooLarge);
    }
    let looked = look(&console, &visitor).await?;
    let one = one(&console, &visitor, &looked, &version).await?;
    let to = Stage {
        policy: one.record.version,
        mode: form.mode,
    };
    let (practice, now) = (&visitor.member.practice, looked.now);
    let went = console
        .ledger()
        .go_back(practice, &person, to, form.why.trim(), now)
        .await;
    match went {
        Ok(_) => Ok(Redirect::to(ADDRESS).into_response()),
        Err(error) => refused(&console, &visitor, &looked, one, error).await,
    }
}

/// Shows a version with why nothing was changed.
async fn refused(
    console: &Console,
    visitor: &Visitor,
    looked: &Looked,
    one: One,
    error: VersionError,
) -> Answer<Response> {
    let Some(says) = refusal(&error, &looked.calendar) else {
        return Err(problem(error));
    };
    let page = version_page(console, visitor, looked, one, Some(says)).await?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

/// The form of a step: first without `sure`.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepForm {
    to: String,
    /// The day on which it takes force; empty for at once.
    #[serde(default)]
    from: String,
    /// Why it acts before the two weeks are over.
    #[serde(default)]
    sooner: String,
    /// When the step was asked for to which this agrees; empty where it asks.
    #[serde(default)]
    agrees_to: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sure: Option<String>,
}

impl StepForm {
    /// Returns the step that is meant, and what another has asked for, if it agrees to that.
    fn wanted<'a>(
        &self,
        looked: &'a Looked,
        version: u32,
    ) -> Answer<(StepWanted, Option<&'a StepRecord>)> {
        let mode: Mode = self.to.parse().map_err(|_| Problem::Form)?;
        let to = Stage {
            policy: version,
            mode,
        };
        if let Some(asked) = looked.asked_for(to) {
            return Ok((asked.step.clone(), Some(asked)));
        }
        let day = match self.from.trim() {
            "" => None,
            day => Some(day.parse::<Date>().map_err(|_| Problem::Form)?),
        };
        let today = looked.calendar.date(looked.now);
        let later = day.filter(|day| *day != today);
        let sooner = self.sooner.trim();
        let wanted = StepWanted {
            to,
            from: later.map(|day| looked.calendar.begins(day)),
            sooner: (!sooner.is_empty()).then(|| sooner.to_owned()),
        };
        Ok((wanted, None))
    }
}

impl Looked {
    /// Returns the step to this that somebody asked for, if it waits for another to agree.
    fn asked_for(&self, to: Stage) -> Option<&StepRecord> {
        let asked = self.stands.asked(self.now);
        asked.filter(|asked| asked.step.to == to)
    }

    /// Says whether somebody may ask for a step, or agree to it.
    fn allows(
        &self,
        person: &Person,
        (wanted, asked): (&StepWanted, Option<&StepRecord>),
        blockers: &[String],
    ) -> Result<(), VersionError> {
        if let Some(asked) = asked {
            asked.may_be_agreed_to_by(person)?;
        }
        let from_now = from_now(wanted, self.now);
        let wanted = if asked.is_some() { &from_now } else { wanted };
        self.stands.allows(wanted, blockers, self.now)
    }
}

#[derive(Template)]
#[template(path = "step.html")]
struct StepPage {
    top: Top,
    title: String,
    address: String,
    back: String,
    step: String,
    says: Vec<&'static str>,
    agrees: bool,
    form: StepForm,
}

/// Says what a step comes to and asks once more, of whoever comes back from signing in.
pub(crate) async fn confirm(
    State(console): State<Console>,
    visitor: Visitor,
    Path(version): Path<String>,
) -> Answer<Response> {
    visitor
        .member
        .who_may_as_manager(&Act::Sign)
        .ok_or(Problem::NotYours)?;
    let looked = look(&console, &visitor).await?;
    let one = one(&console, &visitor, &looked, &version).await?;
    let version = one.record.version;
    let (page, back) = (step_address(version), address(version));
    let Some(form) = again::kept::<StepForm>(&visitor, &page) else {
        return Ok(Redirect::to(&back).into_response());
    };
    let (wanted, _) = form.wanted(&looked, version)?;
    if !visitor.is_shown(&console) {
        let about = wanted.to.to_string();
        let what = "A step of the policy";
        return again::ask(&console, &visitor, what, &about, &page, &back).await;
    }
    Ok(once_more(&visitor, &looked, &wanted, form).into_response())
}

fn once_more(
    visitor: &Visitor,
    looked: &Looked,
    wanted: &StepWanted,
    form: StepForm,
) -> Page<StepPage> {
    let to = wanted.to;
    let asked = looked.asked_for(to);
    Page(StepPage {
        top: visitor.top(),
        title: match asked {
            Some(_) => format!("Agree to {to}?"),
            None => format!("Ask for {to}?"),
        },
        address: step_address(to.policy),
        back: address(to.policy),
        step: looked.step(wanted),
        says: follows(to),
        agrees: asked.is_some(),
        form: StepForm {
            agrees_to: asked.map(|asked| asked.at.to_string()).unwrap_or_default(),
            ..form
        },
    })
}

/// Asks for a step or agrees to it, once somebody who has just shown that it is them has said so
/// twice.
pub(crate) async fn step(
    State(console): State<Console>,
    visitor: Visitor,
    Path(version): Path<String>,
    Posted(form): Posted<StepForm>,
) -> Answer<Response> {
    let person = visitor
        .member
        .who_may_as_manager(&Act::Sign)
        .ok_or(Problem::NotYours)?;
    if is_too_long(&form.sooner) {
        return Err(Problem::TooLarge);
    }
    let looked = look(&console, &visitor).await?;
    let one = one(&console, &visitor, &looked, &version).await?;
    let version = one.record.version;
    let (wanted, asked) = form.wanted(&looked, version)?;
    if let Err(error) = looked.allows(&person, (&wanted, asked), &one.blockers) {
        return refused(&console, &visitor, &looked, one, error).await;
    }
    if !visitor.is_shown(&console) {
        let form = StepForm { sure: None, ..form };
        let page = step_address(version);
        let page: Redirect = again::keep(&console, &visitor, page, &form).await?;
        return Ok(page.into_response());
    }
    // Whoever is sure has seen what they agree to, and that there was something to agree to.
    let seen = asked.map(|asked| asked.at.to_string()).unwrap_or_default();
    if form.sure.as_deref() != Some("yes") || form.agrees_to != seen {
        return Ok(once_more(&visitor, &looked, &wanted, form).into_response());
    }
    let practice = &visitor.member.practice;
    let stepped = console
        .ledger()
        .step(practice, &person, &wanted, &one.blockers, looked.now)
        .await;
    match stepped {
        Ok(_) => {
            again::done(&console, &visitor).await?;
            Ok(Redirect::to(ADDRESS).into_response())
        }
        Err(error) => refused(&console, &visitor, &looked, one, error).await,
    }
}
