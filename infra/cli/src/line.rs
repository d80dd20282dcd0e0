//! Texts on standard input, one JSON object a line, and answers on standard output.

use std::collections::BTreeMap;
use std::io::{self, BufRead, ErrorKind, Write};

use anyhow::{Context, Result, anyhow, bail};
use pagewarden_rules::{
    Identifier, IdentifierKind, Meaning, Platform, PracticeId, Said, Strength, Surface, Topic,
    surfaces,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What to write in place of a line that cannot be read.
const INSTEAD: &str = "write one object a line, such as {\"id\":1,\"text\":\"...\"}";

/// A text to be judged or read.
#[derive(Clone, Debug, Deserialize)]
pub struct Text {
    /// The caller's own id, given back as it came.
    pub id: Value,
    /// The practice whose policy judges it.
    #[serde(default)]
    pub practice: Option<PracticeId>,
    /// The platform.
    #[serde(default = "facebook")]
    pub platform: Platform,
    /// The surface; the platform's first where none is given.
    #[serde(default)]
    surface: Option<Surface>,
    /// The words.
    pub text: String,
    /// Whether it carries media: `true`, or a list that is not empty.
    #[serde(default)]
    pub media: Value,
    /// What else the line holds, which means nothing here.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

const fn facebook() -> Platform {
    Platform::Facebook
}

impl Text {
    /// Returns where it stands, or refuses a place that the platform does not have: nothing would
    /// ever be judged there.
    pub fn surface(&self) -> Result<Surface> {
        let known = surfaces(self.platform);
        if let Some(surface) = self
            .surface
            .or(known.first().copied())
            .filter(|surface| known.contains(surface))
        {
            return Ok(surface);
        }
        let known: Vec<&str> = known.iter().map(|surface| surface.name()).collect();
        let surface = self.surface.map_or("such surface", Surface::name);
        bail!(
            "{} has no {surface}: write one of {}",
            self.platform,
            known.join(", ")
        )
    }

    /// Returns `true` if it carries a picture, a video or another attachment.
    #[must_use]
    pub fn has_media(&self) -> bool {
        match &self.media {
            Value::Null | Value::Bool(false) => false,
            Value::Array(list) => !list.is_empty(),
            Value::String(one) => !one.is_empty(),
            Value::Bool(true) | Value::Number(_) | Value::Object(_) => true,
        }
    }
}

/// A finding, with offsets in Unicode code points of the text as given.
#[derive(Clone, Debug, Serialize)]
pub struct FindingLine {
    topic: Topic,
    start: usize,
    end: usize,
    strength: Strength,
    cue: String,
    why: String,
}

/// An identifying detail, with offsets in Unicode code points of the text as given.
#[derive(Clone, Debug, Serialize)]
pub struct IdentifierLine {
    kind: IdentifierKind,
    start: usize,
    end: usize,
}

/// Turns byte offsets into code points, in time that does not grow with the text.
struct Points<'a> {
    text: &'a str,
    /// Code points before each block of bytes.
    before: Vec<usize>,
}

/// Bytes counted again for one offset.
const BLOCK: usize = 256;

impl<'a> Points<'a> {
    fn of(text: &'a str) -> Self {
        let mut before = vec![0];
        let mut points = 0;
        for block in text.as_bytes().chunks(BLOCK) {
            points += starts(block);
            before.push(points);
        }
        Points { text, before }
    }

    fn at(&self, byte: usize) -> usize {
        let byte = byte.min(self.text.len());
        let block = byte / BLOCK;
        self.before[block] + starts(&self.text.as_bytes()[block * BLOCK..byte])
    }
}

/// Counts the bytes that begin a code point.
fn starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// Returns the findings of a reading as lines give them.
#[must_use]
pub fn findings(text: &str, reading: &pagewarden_rules::Reading) -> Vec<FindingLine> {
    let points = Points::of(text);
    let line = |f: &pagewarden_rules::Finding| FindingLine {
        topic: f.topic.clone(),
        start: points.at(f.span.start),
        end: points.at(f.span.end),
        strength: f.strength,
        cue: f.cue.clone().into_owned(),
        why: f.why.clone().into_owned(),
    };
    reading.findings.iter().map(line).collect()
}

/// Returns the identifiers of a reading as lines give them.
#[must_use]
pub fn identifiers(text: &str, identifiers: &[Identifier]) -> Vec<IdentifierLine> {
    let points = Points::of(text);
    let line = |i: &Identifier| IdentifierLine {
        kind: i.kind,
        start: points.at(i.span.start),
        end: points.at(i.span.end),
    };
    identifiers.iter().map(line).collect()
}

/// Returns what the second reader said of a text, for somebody who reads it: what it reads like and
/// how surely, in which sentence, and which example means most like it.
#[must_use]
pub fn second_reader(text: &str, meaning: Option<&Meaning>) -> Value {
    let Some(meaning) = meaning else {
        return json!("not there: the rules alone have read it");
    };
    let said = |said: &Said| {
        json!({
            "reads_like": said.sense.plain(),
            "how_sure": said.how_sure(),
            "sentence": text.get(said.start..said.end).unwrap_or_default(),
            "like": said.like,
            "sense": said.sense,
            "score": said.score,
        })
    };
    json!({
        "who": "a program that learned from examples",
        "model": meaning.model,
        "language": meaning.language,
        "says": meaning.said.iter().map(said).collect::<Vec<_>>(),
        "surely_not": meaning.ruled_out.iter().map(|(sense, _)| sense.name()).collect::<Vec<_>>(),
    })
}

/// Answers every line of the input. A line that cannot be read is answered with what is wrong with
/// it.
///
/// Returns how many could not be read.
pub fn answer_each<T: DeserializeOwned>(
    input: impl BufRead,
    mut output: impl Write,
    mut answer: impl FnMut(T) -> Result<Vec<Value>>,
) -> Result<usize> {
    let mut bad = 0;
    for (number, line) in (1_usize..).zip(input.split(b'\n')) {
        let line = line.context("cannot read standard input")?;
        // Windows marks the beginning of a file in UTF-8.
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&line);
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        // Half a surrogate pair in an escape is no reason to lose a text.
        let text = if line.trim_ascii_start().starts_with(b"{") {
            serde_json::from_str(&pagewarden_platforms::repair(line))
                .map_err(|error| anyhow!(wrong(&error)))
        } else {
            Err(anyhow!("this is no JSON object: {INSTEAD}"))
        };
        let answers = text.and_then(&mut answer);
        let answers = answers.unwrap_or_else(|error| {
            bad += 1;
            vec![json!({ "line": number, "error": format!("{error:#}") })]
        });
        for answer in answers {
            if is_over(writeln!(output, "{answer}"))? {
                return Ok(bad);
            }
        }
    }
    is_over(output.flush())?;
    Ok(bad)
}

/// Returns `true` if the reader of the answers has had enough, as `head` has.
fn is_over(written: io::Result<()>) -> Result<bool> {
    match written {
        Ok(()) => Ok(false),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(true),
        Err(error) => Err(error).context("cannot print"),
    }
}

/// Says what is wrong with a line. Its number is told beside it, so where in it is left out.
fn wrong(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let told = told
        .rsplit_once(" at line ")
        .map_or(told.as_str(), |(told, _)| told);
    if error.is_data() {
        format!("{told}: {INSTEAD}")
    } else {
        format!("this is no JSON object: {INSTEAD}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_is_told_and_its_neighbours_answered() {
        let input = b"{\"id\":1,\"text\":\"a\"}\nnot json\n\n{\"id\":2,\"text\":\"b\"}\n";
        let mut output = Vec::new();
        let bad = answer_each(&input[..], &mut output, |text: Text| {
            Ok(vec![json!({ "id": text.id })])
        })
        .unwrap();
        assert_eq!(bad, 1);
        let output = String::from_utf8(output).unwrap();
        let lines: Vec<Value> = output
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!((&lines[0]["id"], &lines[2]["id"]), (&json!(1), &json!(2)));
        assert_eq!(lines[1]["line"], 2);
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said_in_plain_words() {
        let input =
            b"\xef\xbb\xbf{\"id\":1,\"text\":\"a\"}\r\n[]\n{\"id\":2\n{\"text\":\"a\"}\n\xff\xfe\n";
        let mut output = Vec::new();
        let bad = answer_each(&input[..], &mut output, |text: Text| {
            Ok(vec![json!({ "id": text.id })])
        })
        .unwrap();
        assert_eq!(bad, 4);
        let output = String::from_utf8(output).unwrap();
        let lines: Vec<Value> = output
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(
            lines[0]["id"], 1,
            "the mark of a file in UTF-8 is no part of its first line"
        );
        for line in &lines[1..] {
            let error = line["error"].as_str().unwrap();
            assert!(
                error.contains("write one object a line") && !error.contains("column"),
                "{error}"
            );
            assert!(!error.contains("struct"), "{error}");
        }
        assert!(
            lines[3]["error"]
                .as_str()
                .unwrap()
                .contains("missing field `id`")
        );
    }

    #[test]
    fn offsets_count_code_points() {
        let points = Points::of("caf\u{e9} \u{1f600} x");
        assert_eq!(points.at("caf\u{e9} \u{1f600} ".len()), 7);
        assert_eq!(points.at(0), 0);
    }
}
