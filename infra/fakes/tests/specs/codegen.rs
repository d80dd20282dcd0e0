//! What the specifications from which Meta makes its own clients say of a call: one file for each
//! kind of object, with its fields, its edges and their parameters.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use crate::record::Call;

/// Parameters that they leave out, since every call takes them: the token, and the proof that goes
/// with it.
const OF_EVERY_CALL: [&str; 2] = ["access_token", "appsecret_proof"];
/// Parameters that they leave out, since every list takes them: "Paginated results", and the
/// reference of comments.
const OF_EVERY_LIST: [&str; 3] = ["limit", "after", "summary"];
/// Arguments of fields, of which they have none: the reference of IG User names these.
const OF_FIELDS: [(&str, &str); 2] = [
    ("mentioned_comment", "comment_id"),
    ("mentioned_media", "media_id"),
];
/// Kinds of which the folder has no file: what is attached to a post, an app, and members without a
/// kind.
const UNSPECIFIED: [&str; 3] = ["StoryAttachment", "Application", "Object"];

/// The specifications by the kind of object.
pub(crate) struct Codegen(HashMap<String, Value>);

impl Codegen {
    pub(crate) fn read(folder: &Path) -> Self {
        let files = std::fs::read_dir(folder)
            .expect("a folder")
            .map(|file| file.expect("a file").path());
        let read = |path: &Path| {
            let text =
                std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let kind = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .expect("a name")
                .to_owned();
            (kind, serde_json::from_slice(&text).expect("JSON"))
        };
        let json = files.filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        });
        Codegen(json.map(|path| read(&path)).collect())
    }

    /// Returns what is wrong with a call about an object of a kind: `/version/object` or
    /// `/version/object/edge`.
    pub(crate) fn faults(&self, kind: &str, call: &Call) -> Vec<String> {
        let name = format!("{} {}", call.method, call.path);
        let edge = call.path.split('/').nth(3);
        let Some(operation) = self.operation(kind, &call.method, edge) else {
            return vec![format!("{name}: {kind} has no such call")];
        };
        let mut faults = Vec::new();
        for (parameter, value) in &call.parameters {
            if parameter == "fields" {
                self.fields(
                    operation["return"].as_str().unwrap_or(kind),
                    value,
                    &name,
                    &mut faults,
                );
            } else if !OF_EVERY_CALL.contains(&parameter.as_str()) {
                let is_list = call.method == "GET" && edge.is_some();
                check(operation, is_list, parameter, value, &name, &mut faults);
            }
        }
        faults
    }

    /// Returns an edge of a kind of object, or what can be done with the object itself.
    fn operation(&self, kind: &str, method: &str, edge: Option<&str>) -> Option<&Value> {
        let itself = match method {
            "GET" => "#get",
            "DELETE" => "#delete",
            _ => "#update",
        };
        let mut operations = self.0.get(kind)?["apis"]
            .as_array()
            .expect("operations")
            .iter();
        operations.find(|one| {
            one["method"] == method
                && match edge {
                    Some(edge) => one["endpoint"] == edge,
                    None => one["name"] == itself,
                }
        })
    }

    /// Checks the fields asked for: a field is a member of the object, or one of its lists.
    fn fields(&self, kind: &str, asked: &str, at: &str, faults: &mut Vec<String>) {
        if UNSPECIFIED.contains(&kind) {
            return;
        }
        let Some(specified) = self.0.get(kind) else {
            return faults.push(format!("{at}: {kind} is not specified"));
        };
        for field in split(asked) {
            let (head, inner) = field
                .split_once('{')
                .map_or((field, None), |(head, inner)| (head, Some(inner)));
            let mut head = head.split('.');
            let name = head.next().unwrap_or_default();
            let at = format!("{at} {kind}.{name}");
            let member = specified["fields"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|member| member["name"] == name);
            let list = self.operation(kind, "GET", Some(name));
            let Some(of) = member
                .map(|member| &member["type"])
                .or_else(|| Some(&list?["return"]))
            else {
                faults.push(format!("{at}: there is no such field"));
                continue;
            };
            for argument in head {
                let (argument, value) = argument.split_once('(').unwrap_or((argument, ""));
                match list {
                    _ if OF_FIELDS.contains(&(name, argument)) => {}
                    Some(list) => check(
                        list,
                        true,
                        argument,
                        value.trim_end_matches(')'),
                        &at,
                        faults,
                    ),
                    None => faults.push(format!("{at}: there is no argument {argument}")),
                }
            }
            if let Some(inner) = inner.and_then(|inner| inner.strip_suffix('}')) {
                self.fields(of.as_str().unwrap_or_default(), inner, &at, faults);
            }
        }
    }
}

/// Checks one parameter of an operation.
fn check(
    operation: &Value,
    is_list: bool,
    name: &str,
    value: &str,
    at: &str,
    faults: &mut Vec<String>,
) {
    let known = operation["params"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|known| known["name"] == name);
    match known.map(|known| known["type"].as_str().unwrap_or_default()) {
        Some(of) if fits(of, value) => {}
        Some(of) => faults.push(format!("{at}: {name} {value} is no {of}")),
        None if is_list && OF_EVERY_LIST.contains(&name) => {}
        None => faults.push(format!("{at}: there is no parameter {name}")),
    }
}

/// Returns `true` if a value is of a type. What words an enumeration has is not in the folder.
fn fits(of: &str, value: &str) -> bool {
    let json = || serde_json::from_str::<Value>(value).unwrap_or_default();
    match of {
        "bool" => matches!(value, "true" | "false"),
        "int" | "unsigned int" => value.bytes().all(|byte| byte.is_ascii_digit()),
        "Object" => json().is_object(),
        "list<map>" => json()
            .as_array()
            .is_some_and(|list| list.iter().all(Value::is_object)),
        _ => !value.is_empty(),
    }
}

/// Takes a list apart at the commas that stand outside all braces.
fn split(asked: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let apart = |letter: char| {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        letter == ',' && depth == 0
    };
    asked.split(apart).collect()
}
