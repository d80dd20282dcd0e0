//! What each function may do: its role in the template, held against every call that the function makes.
//!
//! The local stack refuses what the role would refuse on AWS, so a permission that is missing is found on a laptop. It
//! remembers what was used, so one that nobody needs is found as well.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use serde_json::Value;

use crate::fake::store;
use crate::template::Template;

/// How a resource is named here: the table, one of its indexes, or a secret.
const TABLE: &str = "table";

/// Secrets Manager ends each secret's name with six characters of its own.
const ENDING: &str = "-abcdef";

/// One action on one resource, as a statement of a role allows it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Permission {
    action: String,
    resource: String,
}

/// One action on items of a resource that a statement of a role forbids, whatever others allow.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ban {
    action: String,
    resource: String,
    /// Patterns of the partition keys that are meant; none where all are.
    keys: Vec<String>,
}

/// What a call needs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Need {
    action: String,
    resource: String,
    /// The partition key of the table's items that it is about.
    key: Option<String>,
}

/// A function's role. Clones share what they remember.
#[derive(Clone, Debug)]
pub struct Role(Arc<Known>);

#[derive(Debug)]
struct Known {
    function: String,
    permissions: Vec<Permission>,
    bans: Vec<Ban>,
    used: Mutex<BTreeSet<usize>>,
}

impl Role {
    /// Reads a function's role from the template: what it allows on the table and on secrets.
    ///
    /// The rest of a role is for Lambda, which in the function's name writes logs, reads the stream and uses the key.
    pub fn of(template: &Template, function: &str) -> Result<Self> {
        let (mut permissions, mut bans) = (Vec::new(), Vec::new());
        for statement in template.statements(function)? {
            let keys = &statement["Condition"]["ForAnyValue:StringLike"]["dynamodb:LeadingKeys"];
            let keys: Vec<String> = texts(keys).into_iter().map(str::to_owned).collect();
            for action in texts(&statement["Action"]) {
                for resource in texts(&statement["Resource"]).into_iter().filter_map(named) {
                    let action = action.to_owned();
                    if statement["Effect"] == "Deny" {
                        bans.push(Ban { action, resource, keys: keys.clone() });
                    } else {
                        permissions.push(Permission { action, resource });
                    }
                }
            }
        }
        Ok(Role(Arc::new(Known { function: function.to_owned(), permissions, bans, used: Mutex::default() })))
    }

    /// Returns the function.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.0.function
    }

    /// Returns every action and resource that the role allows and nobody has used so far.
    #[must_use]
    pub fn unused(&self) -> Vec<String> {
        let used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        let all = self.0.permissions.iter().enumerate();
        all.filter(|(at, _)| !used.contains(at)).map(|(_, one)| format!("{} on {}", one.action, one.resource)).collect()
    }

    /// Looks whether the role allows what a call needs, and remembers that it was needed.
    fn allow(&self, need: &Need) -> Result<(), String> {
        let Need { action, resource, key } = need;
        let meant = |ban: &Ban| {
            ban.keys.is_empty() || ban.keys.iter().any(|pattern| covers(pattern, key.as_deref().unwrap_or_default()))
        };
        if self.0.bans.iter().any(|ban| ban.action == *action && covers(&ban.resource, resource) && meant(ban)) {
            return Err(format!("the role of {} forbids {action} on {resource}, {key:?}", self.0.function));
        }
        let allows = |one: &Permission| one.action == *action && covers(&one.resource, resource);
        let Some(at) = self.0.permissions.iter().position(allows) else {
            return Err(format!("the role of {} does not allow {action} on {resource}", self.0.function));
        };
        self.0.used.lock().unwrap_or_else(PoisonError::into_inner).insert(at);
        Ok(())
    }
}

impl Intercept for Role {
    fn name(&self) -> &'static str {
        "Role"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default())?;
        for need in needs(target, &body) {
            if let Err(refusal) = self.allow(&need) {
                tracing::error!("{refusal}");
                return Err(refusal.into());
            }
        }
        Ok(())
    }
}

/// Returns what a call needs. A transaction needs what its parts do.
fn needs(target: &str, body: &Value) -> Vec<Need> {
    let (service, operation) = target.split_once('.').unwrap_or_default();
    if service == "secretsmanager" {
        let name = body["SecretId"].as_str().unwrap_or_default();
        return vec![Need { action: format!("{service}:{operation}"), resource: format!("{name}{ENDING}"), key: None }];
    }
    let resource = match body["IndexName"].as_str() {
        Some(index) => format!("{TABLE}/index/{index}"),
        None => TABLE.to_owned(),
    };
    if operation != "TransactWriteItems" {
        return vec![Need { action: format!("dynamodb:{operation}"), resource, key: partition_key(body) }];
    }
    let parts = body["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object);
    let action = |part: &str| match part {
        "ConditionCheck" => "dynamodb:ConditionCheckItem".to_owned(),
        part => format!("dynamodb:{part}Item"),
    };
    let need = |(part, body): (&String, &Value)| Need {
        action: action(part),
        resource: resource.clone(),
        key: partition_key(body),
    };
    parts.flatten().map(need).collect()
}

/// Returns the partition key that a call names: of the item that it reads or writes, or that a query is about.
fn partition_key(body: &Value) -> Option<String> {
    let item = [&body["Key"], &body["Item"]].into_iter().find_map(|item| item["PK"]["S"].as_str());
    let queried = || {
        let (_, rest) = body["KeyConditionExpression"].as_str()?.split_once("PK = ")?;
        body["ExpressionAttributeValues"][rest.split_whitespace().next()?]["S"].as_str()
    };
    item.or_else(queried).map(str::to_owned)
}

/// Returns how a statement's resource is named here, or nothing where only Lambda itself has business with it.
fn named(resource: &str) -> Option<String> {
    if resource == "Table.Arn" {
        return Some(TABLE.to_owned());
    }
    if let Some(index) = resource.strip_prefix("${Table.Arn}/index/") {
        return Some(format!("{TABLE}/index/{index}"));
    }
    let (_, secret) = resource.split_once(":secret:")?;
    Some(secret.replace("pagewarden/${Stage}/", store::PREFIX))
}

/// Returns true if and only if a pattern with `*` and `?` covers a name.
fn covers(pattern: &str, name: &str) -> bool {
    match pattern.chars().next() {
        None => name.is_empty(),
        Some('*') => (0..=name.len()).any(|at| name.is_char_boundary(at) && covers(&pattern[1..], &name[at..])),
        Some(wanted) => match name.chars().next() {
            Some(found) if wanted == '?' || wanted == found => {
                covers(&pattern[wanted.len_utf8()..], &name[found.len_utf8()..])
            }
            _ => false,
        },
    }
}

/// Returns a text or every text of a list: a statement may have either.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn role(function: &str) -> Role {
        Role::of(&Template::shipped().unwrap(), function).unwrap()
    }

    fn need(action: &str, resource: &str) -> Need {
        Need { action: action.to_owned(), resource: resource.to_owned(), key: None }
    }

    #[test]
    fn a_role_allows_what_its_statements_name_and_nothing_else() {
        let remind = role("remind");
        assert!(remind.allow(&need("dynamodb:Query", "table/index/due")).is_ok());
        assert!(remind.allow(&need("dynamodb:Query", "table/index/queue")).is_err());
        assert!(remind.allow(&need("dynamodb:Query", "table")).is_err());
        assert!(remind.allow(&need("dynamodb:DeleteItem", "table")).is_err());
        assert!(remind.allow(&need("secretsmanager:GetSecretValue", "pagewarden/local/facebook/app-abcdef")).is_err());
        assert!(!remind.unused().iter().any(|one| one == "dynamodb:Query on table/index/due"));

        let webhook = role("webhook");
        let secret = |name: &str| webhook.allow(&need("secretsmanager:GetSecretValue", name));
        assert!(secret("pagewarden/local/facebook/app-abcdef").is_ok());
        assert!(secret("pagewarden/local/facebook/app-other-abcdef").is_err());
        assert!(secret("pagewarden/local/channel/facebook/1-abcdef").is_err());
        assert!(secret("another/facebook/app-abcdef").is_err());
    }

    #[test]
    fn a_transaction_needs_the_actions_of_its_parts() {
        let body = json!({ "TransactItems": [{ "Put": { "TableName": "t" } }, { "ConditionCheck": {} }] });
        let needed: Vec<String> =
            needs("DynamoDB_20120810.TransactWriteItems", &body).into_iter().map(|need| need.action).collect();
        assert_eq!(needed, ["dynamodb:PutItem", "dynamodb:ConditionCheckItem"]);
        let query =
            json!({ "TableName": "t", "IndexName": "due", "KeyConditionExpression": "due_pk = :d AND due_sk <= :n" });
        assert_eq!(needs("DynamoDB_20120810.Query", &query)[0].resource, "table/index/due");
        let query = json!({ "TableName": "t", "KeyConditionExpression": "PK = :pk AND begins_with(SK, :sk)",
            "ExpressionAttributeValues": { ":pk": { "S": "P#a" }, ":sk": { "S": "E#" } } });
        let wanted = Need { key: Some("P#a".to_owned()), ..need("dynamodb:Query", "table") };
        assert_eq!(needs("DynamoDB_20120810.Query", &query), [wanted]);
    }
}
