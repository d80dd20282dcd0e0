//! How right the reader is on texts that people have labelled.
//!
//! A file of `id,text,labels` is scored label by label. Published sets label their texts in their
//! own ways: what counts in each of them is written in a file of [`Measure`]s.

mod decided;
mod label;
mod measure;
mod table;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use pagewarden_readers::Readers;
use pagewarden_rules::{IdentifierKind, Reader, Reading};

pub use self::decided::Decided;
use self::label::Vocabulary;
pub use self::measure::{Measure, Measures};
pub use self::table::{Figure, fallen, parse};

/// The labels of a row, by name.
type Labels = BTreeSet<&'static str>;

/// A labelled file, with what the reader made of each text.
#[derive(Debug)]
pub struct File {
    header: Vec<String>,
    rows: Vec<Row>,
}

/// A labelled text and what the reader made of it.
#[derive(Debug)]
struct Row {
    id: String,
    text: String,
    columns: Vec<String>,
    reading: Reading,
    found: Labels,
}

/// A text that was read wrongly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What was asked: a label, or the name of a measure.
    pub name: String,
    /// The row's id.
    pub id: String,
    /// The cues that led to a false alarm; empty where something was missed.
    pub cues: Vec<String>,
    /// The text.
    pub text: String,
}

/// A text with labels, as a row of a file has them, and how it was read.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// The row's id.
    pub id: String,
    /// The text.
    pub text: String,
    /// The columns `labels` and `notes`.
    pub columns: [String; 2],
    /// What the reader made of it.
    pub reading: Reading,
}

impl File {
    /// The columns of a file of texts with labels.
    pub const COLUMNS: [&str; 4] = ["id", "text", "labels", "notes"];

    /// Makes a file of texts that were read already.
    #[must_use]
    pub fn of(texts: Vec<Labelled>) -> Self {
        let row = |text: Labelled| {
            let [labels, notes] = text.columns;
            Row {
                found: Vocabulary::Broad.found(&text.reading),
                columns: vec![text.id.clone(), text.text.clone(), labels, notes],
                id: text.id,
                text: text.text,
                reading: text.reading,
            }
        };
        File {
            header: File::COLUMNS.map(str::to_owned).to_vec(),
            rows: texts.into_iter().map(row).collect(),
        }
    }

    /// Returns what a file has to hold for [`File::read`] to read the same.
    pub fn to_csv(&self) -> Result<Vec<u8>> {
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record(&self.header)?;
        for row in &self.rows {
            table.write_record(&row.columns)?;
        }
        Ok(table.into_inner()?)
    }

    /// Reads a file and every text in it. It must have the columns `id` and `text`.
    pub fn read(path: &Path, readers: &Readers, rules: &Reader) -> Result<Self> {
        let unread = || format!("cannot read {}", path.display());
        let bytes = fs::read(path).with_context(unread)?;
        let mut table = csv::ReaderBuilder::new()
            .delimiter(delimiter(&bytes))
            .from_reader(bytes.as_slice());
        let header = table.headers().with_context(unread)?.iter();
        let header: Vec<String> = header.map(|column| column.trim().to_lowercase()).collect();
        let column = |name: &str| {
            let at = header.iter().position(|column| column == name);
            at.with_context(|| format!("{} has no column `{name}`", path.display()))
        };
        let (id, text) = (column("id")?, column("text")?);
        let mut rows = Vec::new();
        for columns in table.into_deserialize() {
            let columns: Vec<String> = columns.with_context(unread)?;
            let reading = readers.read(rules, &columns[text], &[]);
            let found = Vocabulary::Broad.found(&reading);
            rows.push(Row {
                id: columns[id].clone(),
                text: columns[text].clone(),
                columns,
                reading,
                found,
            });
        }
        Ok(File { header, rows })
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }

    /// Scores each label of the column `labels`: names parted by `;`, or `none`.
    ///
    /// A note that starts with `alt:` names labels that are neither right nor wrong there.
    pub fn labelled(&self) -> Result<(Vec<Figure>, Vec<Wrong>)> {
        let labels = self
            .column("labels")
            .context("there is no column `labels`: say how it is scored with --measures")?;
        let notes = self.column("notes");
        let wanted = |row: &'_ Row| {
            row.columns[labels]
                .split(';')
                .map(str::trim)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        // What follows the labels, behind `;` or `|`, is in free words.
        let optional = |row: &'_ Row| {
            let note = notes
                .and_then(|at| row.columns[at].strip_prefix("alt:"))
                .unwrap_or_default();
            let names = note.split([';', '|']).next().unwrap_or_default().split(',');
            names.map(str::trim).map(str::to_owned).collect::<Vec<_>>()
        };
        let names: Vec<String> = self
            .rows
            .iter()
            .flat_map(|row| [wanted(row), optional(row)].concat())
            .collect();
        let vocabulary = Vocabulary::of(names.iter().map(String::as_str));
        let mut expected = Vec::new();
        for (number, row) in (1_usize..).zip(&self.rows) {
            let of = |names: Vec<String>| vocabulary.named(names.iter().map(String::as_str));
            let both = of(wanted(row)).and_then(|wanted| Ok((wanted, of(optional(row))?)));
            expected.push(both.with_context(|| format!("text {number} ({})", row.id))?);
        }
        let found: Vec<Labels> = self
            .rows
            .iter()
            .map(|row| vocabulary.found(&row.reading))
            .collect();
        let mut used: Labels = expected
            .iter()
            .flat_map(|(wanted, _)| wanted)
            .copied()
            .collect();
        used.extend(found.iter().flatten());

        let (mut figures, mut wrong) = (Vec::new(), Vec::new());
        let mut all = Count::default();
        for label in used {
            let mut count = Count::default();
            for ((row, (wanted, optional)), found) in self.rows.iter().zip(&expected).zip(&found) {
                if !optional.contains(label) {
                    let (is, found) = (wanted.contains(label), found.contains(label));
                    count.add(is, found);
                    wrong.extend(
                        (is != found).then(|| row.wrong(vocabulary, label, &[label], found)),
                    );
                }
            }
            if count.any() {
                all.sum(&count);
                figures.push(Figure::of(label.to_owned(), &count));
            }
        }
        let f1: Vec<f64> = figures
            .iter()
            .map(|figure| figure.f1.unwrap_or(0.0))
            .collect();
        let right = found
            .iter()
            .zip(&expected)
            .filter(|(found, (wanted, optional))| {
                wanted
                    .difference(optional)
                    .all(|label| found.contains(label))
                    && found
                        .iter()
                        .all(|label| wanted.contains(label) || optional.contains(label))
            });
        let right = right.count();
        figures.push(Figure::of("all".to_owned(), &all));
        figures.push(Figure::f1(
            "mean".to_owned(),
            self.rows.len(),
            ratio(f1.iter().sum(), f1.len()),
        ));
        figures.push(Figure::share("whole".to_owned(), self.rows.len(), right));
        Ok((figures, wrong))
    }

    /// Scores one measure: whether any of its labels was found, against what it says is right.
    #[must_use]
    pub fn measured(&self, measure: &Measure) -> (Figure, Vec<Wrong>) {
        let labels: Vec<&str> = measure.labels.iter().map(String::as_str).collect();
        let (mut count, mut wrong) = (Count::default(), Vec::new());
        for row in &self.rows {
            let value = |column: &str| self.column(column).map_or("", |at| &row.columns[at]);
            let Some(is) = measure.expects(&row.text, value) else {
                continue;
            };
            let found = labels.iter().any(|label| row.found.contains(label));
            count.add(is, found);
            wrong.extend(
                (is != found).then(|| row.wrong(Vocabulary::Broad, &measure.name, &labels, found)),
            );
        }
        (Figure::of(measure.name.clone(), &count), wrong)
    }

    /// Scores the details in the column `spans`, `[["phone",12,23],...]` in code points: how many
    /// of each kind were found, at least in part.
    pub fn details(&self) -> Result<Vec<Figure>> {
        let spans = self.column("spans").context("there is no column `spans`")?;
        let mut figures = Vec::new();
        for (kind, kind_name) in KINDS {
            let (mut all, mut hit) = (0, 0);
            for row in &self.rows {
                let wanted: Vec<(String, usize, usize)> = serde_json::from_str(&row.columns[spans])
                    .with_context(|| format!("the spans of {}", row.id))?;
                let found: Vec<(usize, usize)> = row.details(kind).collect();
                for (_, start, end) in wanted.iter().filter(|span| span.0 == kind_name) {
                    all += 1;
                    hit += usize::from(found.iter().any(|(from, to)| from < end && to > start));
                }
            }
            if all > 0 {
                figures.push(Figure::share(kind_name.to_owned(), all, hit));
            }
        }
        Ok(figures)
    }
}

/// Kinds of detail, by the names that labelled sets give them.
const KINDS: [(IdentifierKind, &str); 7] = [
    (IdentifierKind::NhsNumber, "nhs_number"),
    (IdentifierKind::Postcode, "postcode"),
    (IdentifierKind::Phone, "phone"),
    (IdentifierKind::Email, "email"),
    (IdentifierKind::Dob, "dob"),
    (IdentifierKind::Address, "address"),
    (IdentifierKind::Name, "person_name"),
];

impl Row {
    fn wrong(&self, vocabulary: Vocabulary, name: &str, labels: &[&str], found: bool) -> Wrong {
        let led = self.reading.findings.iter().filter(|f| {
            found
                && vocabulary
                    .of_topic(&f.topic)
                    .is_some_and(|l| labels.contains(&l))
        });
        let mut cues: Vec<String> = led.map(|finding| finding.cue.to_string()).collect();
        cues.dedup();
        Wrong {
            name: name.to_owned(),
            id: self.id.clone(),
            cues,
            text: self.text.clone(),
        }
    }

    fn details(&self, kind: IdentifierKind) -> impl Iterator<Item = (usize, usize)> {
        let points = |byte: usize| self.text[..byte].chars().count();
        let of_kind = self
            .reading
            .identifiers
            .iter()
            .filter(move |identifier| identifier.kind == kind);
        of_kind.map(move |identifier| (points(identifier.span.start), points(identifier.span.end)))
    }
}

impl Vocabulary {
    /// Reads names of labels; `none` and nothing name none.
    fn named<'a>(self, names: impl Iterator<Item = &'a str>) -> Result<Labels> {
        names
            .filter(|name| !matches!(*name, "" | "none"))
            .map(|name| match self.known().find(|label| *label == name) {
                Some(label) => Ok(label),
                None => bail!(
                    "no label is called {name:?}: there are {}",
                    self.known().collect::<Vec<_>>().join(", ")
                ),
            })
            .collect()
    }
}

/// Returns what stands between the columns of a table: Excel writes semicolons where numbers have
/// decimal commas.
fn delimiter(table: &[u8]) -> u8 {
    let header = table
        .split(|byte| matches!(byte, b'\r' | b'\n'))
        .next()
        .unwrap_or_default();
    if header.contains(&b';') && !header.contains(&b',') {
        b';'
    } else {
        b','
    }
}

/// How often something was there and was found.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    hit: usize,
    missed: usize,
    alarms: usize,
    quiet: usize,
}

impl Count {
    const fn add(&mut self, is: bool, found: bool) {
        match (is, found) {
            (true, true) => self.hit += 1,
            (true, false) => self.missed += 1,
            (false, true) => self.alarms += 1,
            (false, false) => self.quiet += 1,
        }
    }

    const fn sum(&mut self, other: &Count) {
        self.hit += other.hit;
        self.missed += other.missed;
        self.alarms += other.alarms;
        self.quiet += other.quiet;
    }

    /// Returns `true` if anything was there or was found.
    const fn any(&self) -> bool {
        self.hit + self.missed + self.alarms > 0
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of texts are far below what a float holds exactly"
)]
fn ratio(part: f64, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part / whole as f64)
}
