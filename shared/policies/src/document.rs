//! A TOML file with the line of every key and value.

use serde::de::{DeserializeOwned, IntoDeserializer};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::Collector;

/// A policy is a few hundred lines. More is a mistake or an attack, and would make the checks slow.
pub(crate) const MOST_BYTES: usize = 256 * 1024;

/// Where a value stands: `[table]` or the nth `[[table]]`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum At<'a> {
    Table(&'a str),
    Nth(&'a str, usize),
}

/// A parsed file.
pub(crate) struct Document<'a> {
    tree: DeTable<'a>,
    line_starts: Vec<usize>,
}

impl<'a> Document<'a> {
    /// Parses a file, or tells every mistake in its TOML.
    pub(crate) fn parse(text: &'a str, problems: &mut Collector) -> Option<Self> {
        if text.len() > MOST_BYTES {
            let message = format!("the file has {} bytes, more than {MOST_BYTES}", text.len());
            problems.error(1, message, "a file of a few hundred lines");
            return None;
        }
        let line_starts: Vec<usize> = std::iter::once(0)
            .chain(
                text.bytes()
                    .enumerate()
                    .filter(|(_, b)| *b == b'\n')
                    .map(|(i, _)| i + 1),
            )
            .collect();
        let (tree, errors) = DeTable::parse_recoverable(text);
        let document = Document {
            tree: tree.into_inner(),
            line_starts,
        };
        if errors.is_empty() {
            return Some(document);
        }
        for error in errors {
            let line = error.span().map_or(1, |span| document.line_at(span.start));
            problems.error(
                line,
                format!("not TOML: {}", error.message()),
                "name = \"value\", each name once in its table and each text in straight quotation marks,",
            );
        }
        None
    }

    pub(crate) const fn tree(&self) -> &DeTable<'a> {
        &self.tree
    }

    /// Returns the line, from 1, of a byte of the file.
    pub(crate) fn line_at(&self, byte: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= byte)
    }

    pub(crate) fn line_of<T>(&self, value: &Spanned<T>) -> usize {
        self.line_at(value.span().start)
    }

    /// Returns a table, if it is there and is one.
    pub(crate) fn table(&self, at: At<'_>) -> Option<&Spanned<DeValue<'a>>> {
        match at {
            At::Table(name) => self
                .tree
                .get(name)
                .filter(|value| value.get_ref().is_table()),
            At::Nth(name, index) => self.array(name).nth(index),
        }
    }

    /// Returns the `[[name]]` tables, in order.
    pub(crate) fn array(&self, name: &str) -> impl Iterator<Item = &Spanned<DeValue<'a>>> {
        self.tree
            .get(name)
            .and_then(|value| value.get_ref().as_array())
            .into_iter()
            .flat_map(|array| array.iter())
    }

    /// Returns the line of a key's value, or that of its table where the key is not there.
    pub(crate) fn line(&self, at: At<'_>, key: &str) -> usize {
        let Some(table) = self.table(at) else {
            return 1;
        };
        let value = table.get_ref().as_table().and_then(|table| table.get(key));
        self.line_of(value.unwrap_or(table))
    }

    /// Returns the line of one element of a list.
    pub(crate) fn line_of_nth(&self, at: At<'_>, key: &str, nth: usize) -> usize {
        let list = self
            .table(at)
            .and_then(|t| t.get_ref().as_table())
            .and_then(|t| t.get(key));
        let element = list
            .and_then(|list| list.get_ref().as_array())
            .and_then(|array| array.get(nth));
        element.map_or_else(|| self.line(at, key), |element| self.line_of(element))
    }

    /// Returns a text of a table, if it is there and is one.
    pub(crate) fn text(&self, at: At<'_>, key: &str) -> Option<&str> {
        self.table(at)?
            .get_ref()
            .as_table()?
            .get(key)?
            .get_ref()
            .as_str()
    }

    /// Reads a table as its type, or tells why it is none.
    pub(crate) fn read<T: DeserializeOwned>(
        &self,
        at: At<'_>,
        problems: &mut Collector,
    ) -> Option<T> {
        let table = self.table(at)?;
        match T::deserialize(table.clone().into_deserializer()) {
            Ok(read) => Some(read),
            Err(error) => {
                let line = error
                    .span()
                    .map_or_else(|| self.line_of(table), |span| self.line_at(span.start));
                problems.error(
                    line,
                    error.message(),
                    "the table as the shipped policies have it",
                );
                None
            }
        }
    }
}
