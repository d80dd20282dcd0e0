//! What an `OpenAPI` specification says of a call and its answer.

use pagewarden_fakes::x::SCOPES;
use serde_json::{Value, json};

use crate::record::Call;

/// A specification.
pub(crate) struct Spec(pub(crate) Value);

impl Spec {
    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"]
            .as_str()
            .and_then(|name| name.strip_prefix('#'))
        {
            Some(pointer) => self.resolved(self.0.pointer(pointer).expect("what is referred to")),
            None => value,
        }
    }

    /// Returns what is wrong with a call or its answer.
    pub(crate) fn faults(&self, call: &Call) -> Vec<String> {
        let name = format!("{} {}", call.method, call.path);
        let Some(operation) = self.operation(call) else {
            return vec![format!("{name}: there is no such call")];
        };
        let mut faults = Vec::new();
        for (parameter, value) in &call.parameters {
            let known = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|one| self.resolved(one));
            match known
                .into_iter()
                .find(|one| one["name"] == parameter.as_str() && one["in"] == "query")
            {
                None => faults.push(format!("{name}: there is no parameter {parameter}")),
                Some(known) => self.parameter(
                    &known["schema"],
                    value,
                    &format!("{name} ?{parameter}"),
                    &mut faults,
                ),
            }
        }
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        if !body.is_null() || !call.body.is_null() {
            self.check(body, &call.body, &format!("{name} body"), &mut faults);
        }
        let scopes = operation["security"]
            .as_array()
            .into_iter()
            .flatten()
            .find_map(|one| one["OAuth2UserToken"].as_array());
        let scopes = scopes.into_iter().flatten().filter_map(Value::as_str);
        faults.extend(
            scopes
                .filter(|scope| !SCOPES.contains(scope))
                .map(|scope| format!("{name} needs {scope}")),
        );
        match operation["responses"].get(call.status.to_string()) {
            Some(response) => {
                let schema = &response["content"]["application/json"]["schema"];
                self.check(schema, &call.answer, &format!("{name} answer"), &mut faults);
            }
            // What the gateway refuses has no kind, and the specification says nothing of it.
            None if call.answer["type"] == "about:blank" => {}
            None => {
                let schema = &operation["responses"]["default"]["content"]["application/problem+json"]
                    ["schema"];
                self.check(
                    schema,
                    &call.answer,
                    &format!("{name} refusal"),
                    &mut faults,
                );
            }
        }
        faults
    }

    fn operation(&self, call: &Call) -> Option<&Value> {
        let parts: Vec<&str> = call.path.split('/').collect();
        let same = |template: &str| {
            let template: Vec<&str> = template.split('/').collect();
            template.len() == parts.len()
                && template
                    .iter()
                    .zip(&parts)
                    .all(|(t, p)| t.starts_with('{') || t == p)
        };
        let paths = self.0["paths"]
            .as_object()
            .expect("paths")
            .iter()
            .filter(|(template, _)| same(template));
        // A path without a variable goes before one with.
        let path = paths
            .min_by_key(|(template, _)| template.matches('{').count())?
            .1;
        path.get(call.method.to_lowercase())
    }

    fn parameter(&self, schema: &Value, value: &str, at: &str, faults: &mut Vec<String>) {
        let schema = self.resolved(schema);
        match schema["type"].as_str() {
            Some("array") => value
                .split(',')
                .for_each(|one| self.parameter(&schema["items"], one, at, faults)),
            Some("integer") => {
                let number: Value = value.parse::<i64>().map_or(Value::Null, Value::from);
                self.check(schema, &number, at, faults);
            }
            _ => self.check(schema, &json!(value), at, faults),
        }
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        let schema = self.resolved(schema);
        if let Some(choices) = schema["oneOf"].as_array() {
            let fits = |choice: &Value| {
                let mut faults = Vec::new();
                self.check(choice, value, at, &mut faults);
                faults.is_empty()
            };
            if !choices.iter().any(fits) {
                faults.push(format!("{at}: {value} is none of the kinds there are"));
            }
            return;
        }
        let right = match schema["type"].as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64(),
            _ => !schema.is_null(),
        };
        if !right {
            return faults.push(format!("{at}: {value} is no {}", schema["type"]));
        }
        let outside = |number: i64| {
            schema["minimum"]
                .as_i64()
                .is_some_and(|least| number < least)
                || schema["maximum"].as_i64().is_some_and(|most| number > most)
        };
        if schema["enum"]
            .as_array()
            .is_some_and(|words| !words.contains(value))
            || (schema["pattern"] == "^[0-9]{1,19}$"
                && value.as_str().is_some_and(|id| !is_number(id)))
            || value.as_i64().is_some_and(outside)
        {
            faults.push(format!("{at}: {value} is not allowed"));
        }
        for item in value.as_array().into_iter().flatten() {
            self.check(&schema["items"], item, at, faults);
        }
        let (members, known) = (value.as_object(), schema["properties"].as_object());
        for (name, member) in members.into_iter().flatten() {
            match known.and_then(|known| known.get(name)) {
                Some(schema) => self.check(schema, member, &format!("{at}.{name}"), faults),
                None => faults.push(format!("{at}: {name} is not specified")),
            }
        }
        let required = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        faults.extend(
            required
                .filter(|name| value[name].is_null())
                .map(|name| format!("{at}: {name} is missing")),
        );
    }
}

fn is_number(id: &str) -> bool {
    (1..=19).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit())
}
