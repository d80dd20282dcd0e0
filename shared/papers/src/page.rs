//! One paper while it is written: its text asks for what it needs, and what is not there is noted.

use std::cell::RefCell;
use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;

use crate::PapersError;
use crate::facts::{Facts, Field};

/// What kind of gap it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlankKind {
    /// The settings or the policy have to say it.
    Missing,
    /// A person has to write it.
    ToWrite,
}

/// A gap in a paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blank {
    /// What kind.
    pub kind: BlankKind,
    /// What belongs there.
    pub what: String,
}

impl Blank {
    /// Returns `true` if the settings or the policy have to say it.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.kind == BlankKind::Missing
    }
}

/// A part of a page that is HTML already.
pub(crate) struct Html(String);

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

/// A paper while it is written.
pub(crate) struct Page<'a> {
    pub(crate) f: &'a Facts,
    blanks: RefCell<Vec<Blank>>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(f: &'a Facts) -> Self {
        Page {
            f,
            blanks: RefCell::default(),
        }
    }

    pub(crate) fn into_blanks(self) -> Vec<Blank> {
        self.blanks.into_inner()
    }

    /// Marks a part that a person has to write.
    pub(crate) fn write(&self, what: &str) -> Html {
        self.note(BlankKind::ToWrite, what.to_owned());
        Html(format!(
            "<p class=\"blank\"><strong>To write:</strong> {}</p>",
            escaped(what)
        ))
    }

    /// Returns what the settings or the policy say, or marks that they do not.
    pub(crate) fn need(&self, field: Field) -> Html {
        if let Some(value) = self.f.field(field) {
            return Html(escaped(value));
        }
        let what = match self.f.words_of(field) {
            Some(words) => format!("{} ({})", words.what, words.at),
            None => field.name().to_owned(),
        };
        let shown = escaped(&what);
        self.note(BlankKind::Missing, what);
        Html(format!(
            "<span class=\"blank\"><strong>Missing:</strong> {shown}</span>"
        ))
    }

    /// What one text asks for twice is one gap.
    fn note(&self, kind: BlankKind, what: String) {
        let mut blanks = self.blanks.borrow_mut();
        let blank = Blank { kind, what };
        if !blanks.contains(&blank) {
            blanks.push(blank);
        }
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// One template for each paper, by the name that the list gives it.
macro_rules! texts {
    ($($slug:literal $name:ident $path:tt,)+) => {
        $(
            #[derive(Template)]
            #[template(path = $path)]
            struct $name<'a> {
                p: &'a Page<'a>,
            }
        )+

        /// Returns the text of a paper.
        pub(crate) fn text(slug: &str, p: &Page<'_>) -> Result<String, PapersError> {
            match slug {
                $($slug => Ok($name { p }.render()?),)+
                other => Err(PapersError::Unknown(other.to_owned())),
            }
        }
    };
}

texts! {
    "dpia" Dpia "dpia.html",
    "record-of-processing" RecordOfProcessing "record-of-processing.html",
    "privacy-notice" PrivacyNotice "privacy-notice.html",
    "appropriate-policy" AppropriatePolicy "appropriate-policy.html",
    "transparency-record" TransparencyRecord "transparency-record.html",
    "automated-decisions" AutomatedDecisions "automated-decisions.html",
    "retention" Retention "retention.html",
    "rights" Rights "rights.html",
    "complaints" Complaints "complaints.html",
    "evidence-release" EvidenceRelease "evidence-release.html",
    "clinical-safety" ClinicalSafety "clinical-safety.html",
    "dtac" Dtac "dtac.html",
    "accessibility" Accessibility "accessibility.html",
    "policy-coverage" PolicyCoverage "policy-coverage.html",
    "transparency-page" TransparencyPage "transparency-page.html",
    "processor-annex" ProcessorAnnex "processor-annex.html",
    "breach-note" BreachNote "breach-note.html",
    "equality" Equality "equality.html",
}
