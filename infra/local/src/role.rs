//! What each function may do: its role in the template, held against every call that the function
//! makes.
//!
//! The local stack refuses what the role would refuse on AWS, so a permission that is missing is
//! found on a laptop. It remembers what was used, so one that nobody needs is found as well.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, bail};
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use pagewarden_fakes::store;
use serde_json::{Value, json};

use crate::table;
use crate::template::Template;

/// How a resource is named here: the table, one of its indexes, the table of rotating tokens, a
/// function, a picture, or a secret.
const TABLE: &str = "table";
const ACCESS: &str = "access";
const FUNCTION: &str = "function";
const PICTURE: &str = "picture";

/// Secrets Manager ends each secret's name with six characters of its own.
const ENDING: &str = "-abcdef";

/// One action on one resource, as a statement of a role allows it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Permission {
    action: String,
    resource: String,
    /// Patterns of the partition keys that are meant; none where all are.
    keys: Vec<String>,
}

/// One action on a resource that a statement of a role forbids, whatever others allow.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ban {
    action: String,
    resource: String,
    /// Attributes of which a call must name none; where there are none, every call is meant.
    attributes: Vec<String>,
}

/// What a call needs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Need {
    action: String,
    resource: String,
    /// The partition key of the table's items that it is about.
    key: Option<String>,
    /// The attributes that it writes or names.
    attributes: BTreeSet<String>,
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
    /// Reads a function's role from the template: what it allows on the table, on secrets, on other
    /// functions and on pictures.
    ///
    /// The rest of a role is for Lambda, which in the function's name writes logs, reads the stream
    /// and uses the key.
    pub fn of(template: &Template, function: &str) -> Result<Self> {
        let (mut permissions, mut bans) = (Vec::new(), Vec::new());
        for statement in template.statements(function)? {
            let resources: Vec<String> = texts(&statement["Resource"])
                .into_iter()
                .filter_map(|name| named(&name))
                .collect();
            if resources.is_empty() {
                continue;
            }
            let denies = statement["Effect"] == "Deny";
            let condition = &statement["Condition"];
            let values: Vec<String> = match condition.as_object() {
                None => Vec::new(),
                Some(_) if denies => {
                    texts(&condition["ForAnyValue:StringEquals"]["dynamodb:Attributes"])
                }
                Some(_) => texts(&condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]),
            };
            if values.is_empty() && condition.is_object() {
                bail!("the local stack knows no such condition: {condition}");
            }
            for action in texts(&statement["Action"]) {
                for resource in &resources {
                    let (action, resource, values) =
                        (action.clone(), resource.clone(), values.clone());
                    if denies {
                        bans.push(Ban {
                            action,
                            resource,
                            attributes: values,
                        });
                    } else {
                        permissions.push(Permission {
                            action,
                            resource,
                            keys: values,
                        });
                    }
                }
            }
        }
        Ok(Role(Arc::new(Known {
            function: function.to_owned(),
            permissions,
            bans,
            used: Mutex::default(),
        })))
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
        all.filter(|(at, _)| !used.contains(at))
            .map(|(_, one)| format!("{} on {}", one.action, one.resource))
            .collect()
    }

    /// Looks whether the role allows to invoke a function, and remembers that it was needed.
    pub(crate) fn invokes(&self, function: &str) -> Result<(), String> {
        self.reaches("lambda:InvokeFunction", format!("{FUNCTION}/{function}"))
    }

    /// Looks whether the role allows an action of S3 on a picture, and remembers that it was
    /// needed.
    pub(crate) fn reaches_picture(&self, action: &str, name: &str) -> Result<(), String> {
        self.reaches(action, format!("{PICTURE}/{name}"))
    }

    fn reaches(&self, action: &str, resource: String) -> Result<(), String> {
        self.allow(&Need {
            action: action.to_owned(),
            resource,
            key: None,
            attributes: BTreeSet::new(),
        })
        .inspect_err(|refusal| tracing::error!("{refusal}"))
    }

    /// Looks whether the role allows what a call needs, and remembers that it was needed.
    fn allow(&self, need: &Need) -> Result<(), String> {
        let Need {
            action,
            resource,
            key,
            attributes,
        } = need;
        let meant = |ban: &Ban| {
            ban.attributes.is_empty()
                || ban
                    .attributes
                    .iter()
                    .any(|attribute| attributes.contains(attribute))
        };
        if self
            .0
            .bans
            .iter()
            .any(|ban| ban.action == *action && covers(&ban.resource, resource) && meant(ban))
        {
            return Err(format!(
                "the role of {} forbids {action} on {resource} with {attributes:?}",
                self.0.function
            ));
        }
        let holds = |one: &Permission| {
            one.keys.is_empty()
                || key
                    .as_ref()
                    .is_some_and(|key| one.keys.iter().any(|pattern| covers(pattern, key)))
        };
        let allows = |one: &Permission| {
            one.action == *action && covers(&one.resource, resource) && holds(one)
        };
        let Some(at) = self.0.permissions.iter().position(allows) else {
            return Err(format!(
                "the role of {} does not allow {action} on {resource}, {key:?}",
                self.0.function
            ));
        };
        self.0
            .used
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(at);
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

/// Returns what a call needs. A transaction needs what its parts do, and a batch what each of its
/// keys does.
fn needs(target: &str, body: &Value) -> Vec<Need> {
    let (service, operation) = target.split_once('.').unwrap_or_default();
    if service == "secretsmanager" {
        let name = body["SecretId"].as_str().or(body["Name"].as_str());
        let name = name.unwrap_or_default();
        let (action, resource) = (format!("{service}:{operation}"), format!("{name}{ENDING}"));
        return vec![Need {
            action,
            resource,
            key: None,
            attributes: BTreeSet::new(),
        }];
    }
    if operation == "BatchGetItem" {
        return batch(operation, body);
    }
    if operation != "TransactWriteItems" {
        return vec![need(operation, body)];
    }
    let parts = body["TransactItems"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object);
    parts
        .flatten()
        .map(|(part, body)| need(&format!("{part}Item"), body))
        .collect()
}

/// Returns what reading items by their keys needs.
fn batch(operation: &str, body: &Value) -> Vec<Need> {
    let tables = body["RequestItems"].as_object().into_iter().flatten();
    tables
        .flat_map(|(table, asked)| {
            let keys = asked["Keys"].as_array().into_iter().flatten();
            keys.map(move |key| need(operation, &json!({ "TableName": table, "Key": key })))
        })
        .collect()
}

/// Returns what one operation of the table needs.
fn need(operation: &str, body: &Value) -> Need {
    let table = if body["TableName"] == table::ACCESS {
        ACCESS
    } else {
        TABLE
    };
    let resource = body["IndexName"].as_str().map_or_else(
        || table.to_owned(),
        |index| format!("{table}/index/{index}"),
    );
    Need {
        action: format!("dynamodb:{operation}"),
        resource,
        key: partition_key(body),
        attributes: attributes(body),
    }
}

/// Returns the attributes that a call writes, or that one of its expressions names. Words of the
/// expressions' own language are taken for attributes too.
fn attributes(body: &Value) -> BTreeSet<String> {
    let written = body["Item"]
        .as_object()
        .into_iter()
        .flat_map(|item| item.keys().cloned());
    let expressions = ["UpdateExpression", "ConditionExpression"]
        .map(|name| body[name].as_str().unwrap_or_default());
    let is_part = |c: char| c.is_alphanumeric() || "_#:".contains(c);
    let words = expressions
        .into_iter()
        .flat_map(|text| text.split(move |c| !is_part(c)));
    let words = words.filter(|word| !word.is_empty() && !word.starts_with(':'));
    let real = |word: &str| {
        body["ExpressionAttributeNames"][word]
            .as_str()
            .unwrap_or(word)
            .to_owned()
    };
    written.chain(words.map(real)).collect()
}

/// Returns the partition key that a call names: of the item that it reads or writes, or that a
/// query is about.
fn partition_key(body: &Value) -> Option<String> {
    let item = [&body["Key"], &body["Item"]]
        .into_iter()
        .find_map(|item| item["PK"]["S"].as_str());
    let queried = || {
        // The table's own key is `PK`, an index's ends in `_pk`.
        let condition = body["KeyConditionExpression"].as_str()?;
        let (_, rest) =
            condition.split_at(condition.to_ascii_lowercase().find("pk = ")? + "pk = ".len());
        body["ExpressionAttributeValues"][rest.split_whitespace().next()?]["S"].as_str()
    };
    item.or_else(queried).map(str::to_owned)
}

/// Returns how a statement's resource is named here, or nothing where only Lambda itself has
/// business with it.
fn named(resource: &str) -> Option<String> {
    match resource {
        "Table.Arn" => return Some(TABLE.to_owned()),
        "Access.Arn" => return Some(ACCESS.to_owned()),
        _ => {}
    }
    if let Some(index) = resource.strip_prefix("${Table.Arn}/index/") {
        return Some(format!("{TABLE}/index/{index}"));
    }
    if let Some(objects) = resource.strip_prefix("${PicturesBucket.Arn}/") {
        return Some(format!("{PICTURE}/{objects}"));
    }
    if let Some(function) = resource.strip_suffix(".Alias") {
        return Some(format!("{FUNCTION}/{}", function.to_lowercase()));
    }
    let (_, secret) = resource.split_once(":secret:")?;
    Some(secret.replace("pagewarden/${Stage}/", store::PREFIX))
}

/// Returns `true` if a pattern with `*` and `?` covers a name.
fn covers(pattern: &str, name: &str) -> bool {
    match pattern.chars().next() {
        None => name.is_empty(),
        Some('*') => (0..=name.len())
            .any(|at| name.is_char_boundary(at) && covers(&pattern[1..], &name[at..])),
        Some(wanted) => match name.chars().next() {
            Some(found) if wanted == '?' || wanted == found => {
                covers(&pattern[wanted.len_utf8()..], &name[found.len_utf8()..])
            }
            _ => false,
        },
    }
}

/// Returns a text or every text of a list: a statement may have either.
fn texts(value: &Value) -> Vec<String> {
    let list = value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice);
    list.iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn role(function: &str) -> Role {
        Role::of(&Template::shipped().unwrap(), function).unwrap()
    }

    fn on(action: &str, resource: &str) -> Need {
        let (action, resource) = (action.to_owned(), resource.to_owned());
        Need {
            action,
            resource,
            key: None,
            attributes: BTreeSet::new(),
        }
    }

    fn write(key: &str, attributes: &[&str]) -> Need {
        let attributes = attributes.iter().map(|&name| name.to_owned()).collect();
        Need {
            key: Some(key.to_owned()),
            attributes,
            ..on("dynamodb:PutItem", "table")
        }
    }

    #[test]
    fn a_role_allows_what_its_statements_name_and_nothing_else() {
        let remind = role("remind");
        assert!(
            remind
                .allow(&on("dynamodb:Query", "table/index/due"))
                .is_ok()
        );
        assert!(
            remind
                .allow(&on("dynamodb:Query", "table/index/queue"))
                .is_ok()
        );
        assert!(remind.allow(&on("dynamodb:Query", "table")).is_err());
        assert!(remind.allow(&on("dynamodb:DeleteItem", "table")).is_err());
        assert!(
            remind
                .allow(&on(
                    "secretsmanager:GetSecretValue",
                    "pagewarden/local/facebook/app-abcdef"
                ))
                .is_err()
        );
        assert!(
            !remind
                .unused()
                .iter()
                .any(|one| one == "dynamodb:Query on table/index/due")
        );

        let webhook = role("webhook");
        let secret = |name: &str| webhook.allow(&on("secretsmanager:GetSecretValue", name));
        assert!(secret("pagewarden/local/facebook/app-abcdef").is_ok());
        assert!(secret("pagewarden/local/facebook/app-other-abcdef").is_err());
        assert!(secret("pagewarden/local/channel/facebook/1-abcdef").is_err());
        assert!(secret("another/facebook/app-abcdef").is_err());
    }

    /// What people publish is in none of the partitions to which functions write.
    #[test]
    fn no_function_may_write_what_people_publish() {
        for function in ["webhook", "moderate", "act", "sweep", "remind", "console"] {
            let role = role(function);
            let people_do = ["P#woolpit#PEOPLE", "P#woolpit#SWITCH"];
            for key in people_do {
                let allowed = role.allow(&write(key, &["PK", "SK"])).is_ok();
                assert_eq!(allowed, function == "console", "{function}: {key}");
            }
            // A rule that used up a limit stops itself, and people start it again.
            let rules = role.allow(&write("P#woolpit#RULES", &["PK", "SK"])).is_ok();
            assert_eq!(rules, ["act", "console"].contains(&function), "{function}");
            for key in ["P#woolpit", "CHANNEL#facebook#1", "CHANNELS", "PERSON#ab"] {
                for action in ["PutItem", "UpdateItem", "DeleteItem"] {
                    let need = Need {
                        action: format!("dynamodb:{action}"),
                        ..write(key, &["PK", "SK"])
                    };
                    assert!(role.allow(&need).is_err(), "{function}: {need:?}");
                }
            }
        }
        assert!(
            role("act")
                .allow(&write("P#woolpit#POST#facebook#1_2", &[]))
                .is_ok()
        );
        // A call that names no key is none that the condition holds for.
        assert!(role("act").allow(&on("dynamodb:PutItem", "table")).is_err());
    }

    #[test]
    fn the_webhook_may_write_neither_actions_tasks_nor_caps() {
        let webhook = role("webhook");
        let post = "P#woolpit#POST#facebook#1_2";
        for key in [post, "P#woolpit#SWEEP#google#1", "UNKNOWN#facebook#1"] {
            assert!(
                webhook
                    .allow(&write(key, &["PK", "SK", "post", "due_kind"]))
                    .is_ok(),
                "{key}"
            );
        }
        for key in [
            "P#woolpit#QUOTA",
            "P#woolpit#COUNT",
            "P#woolpit#ACCT#facebook#1",
            "GATE#facebook#1",
            "SWEEPS",
        ] {
            assert!(webhook.allow(&write(key, &["PK", "SK"])).is_err(), "{key}");
        }
        // An action that is read needs its effect and its status, and a task its status.
        for attribute in ["status", "effect", "queue_pk"] {
            assert!(
                webhook
                    .allow(&write(post, &["PK", "SK", attribute]))
                    .is_err(),
                "{attribute}"
            );
        }
    }

    #[test]
    fn a_batch_may_read_only_where_each_of_its_keys_may() {
        let console = role("console");
        let key = |partition: &str| json!({ "PK": { "S": partition }, "SK": { "S": "STATE" } });
        let batch = |partitions: &[&str]| {
            let keys: Vec<Value> = partitions.iter().map(|one| key(one)).collect();
            let body = json!({ "RequestItems": { table::NAME: { "Keys": keys } } });
            let needs = needs("DynamoDB_20120810.BatchGetItem", &body);
            assert_eq!(needs.len(), partitions.len());
            needs.iter().all(|need| console.allow(need).is_ok())
        };
        let post = "P#woolpit#POST#facebook#1_2";
        assert!(batch(&[post, "P#woolpit"]));
        assert!(!batch(&[post, "SIGNIN#ab"]));
    }

    #[test]
    fn the_console_may_read_no_secret_of_a_platform() {
        let console = role("console");
        for key in ["SESSION#ab", "SIGNIN#ab"] {
            assert!(console.allow(&write(key, &["PK", "SK"])).is_ok(), "{key}");
        }
        // It has codes sent, and writes no notice, which would be sent as it stands.
        for (key, allowed) in [("P#woolpit#CODES", true), ("P#woolpit#NOTICES", false)] {
            let may = console.allow(&write(key, &["PK", "SK"])).is_ok();
            assert_eq!(may, allowed, "{key}");
        }
        let read = |key: &str| {
            console.allow(&Need {
                key: Some(key.to_owned()),
                ..on("dynamodb:GetItem", "table")
            })
        };
        for key in [
            "P#woolpit",
            "P#woolpit#POST#facebook#1_2",
            "PERSON#ab",
            "SESSION#ab",
        ] {
            assert!(read(key).is_ok(), "{key}");
        }
        for key in ["SIGNIN#ab", "GATE#facebook#1", "CHANNELS", "UNKNOWN#x#1"] {
            assert!(read(key).is_err(), "{key}");
        }
        assert!(console.allow(&on("dynamodb:GetItem", "access")).is_err());
        for function in ["webhook", "moderate", "act", "sweep", "remind", "console"] {
            let may = console.invokes(function).is_ok();
            assert_eq!(may, function == "moderate", "{function}");
            assert!(role(function).invokes("moderate").is_err() || function == "console");
        }
        let secret = |name: &str| console.allow(&on("secretsmanager:GetSecretValue", name));
        assert!(secret("pagewarden/local/console/client-abcdef").is_ok());
        for name in [
            "facebook/app-abcdef",
            "x/app-abcdef",
            "channel/facebook/1-abcdef",
            "console/other-abcdef",
        ] {
            assert!(
                secret(&format!("pagewarden/local/{name}")).is_err(),
                "{name}"
            );
        }
    }

    #[test]
    fn a_call_names_attributes_by_their_own_names_or_by_others() {
        let body = json!({ "TableName": "t", "UpdateExpression": "SET #status = :on, due_sk=:next",
            "ConditionExpression": "attribute_exists(PK)", "ExpressionAttributeNames": { "#status": "status" } });
        let named = attributes(&body);
        assert!(
            ["status", "due_sk", "PK"]
                .iter()
                .all(|&name| named.contains(name)),
            "{named:?}"
        );
    }

    #[test]
    fn a_transaction_needs_the_actions_of_its_parts() {
        let body =
            json!({ "TransactItems": [{ "Put": { "TableName": "t" } }, { "ConditionCheck": {} }] });
        let needed: Vec<String> = needs("DynamoDB_20120810.TransactWriteItems", &body)
            .into_iter()
            .map(|need| need.action)
            .collect();
        assert_eq!(needed, ["dynamodb:PutItem", "dynamodb:ConditionCheckItem"]);
        let query = json!({ "TableName": "t", "IndexName": "due", "KeyConditionExpression": "due_pk = :d AND due_sk <= :n" });
        assert_eq!(
            needs("DynamoDB_20120810.Query", &query)[0].resource,
            "table/index/due"
        );
        let query = json!({ "TableName": "t", "IndexName": "queue", "KeyConditionExpression": "queue_pk = :pk",
            "ExpressionAttributeValues": { ":pk": { "S": "Q#a" } } });
        assert_eq!(
            needs("DynamoDB_20120810.Query", &query)[0].key.as_deref(),
            Some("Q#a")
        );
        let query = json!({ "TableName": "t", "KeyConditionExpression": "PK = :pk AND begins_with(SK, :sk)",
            "ExpressionAttributeValues": { ":pk": { "S": "P#a" }, ":sk": { "S": "E#" } } });
        let wanted = Need {
            key: Some("P#a".to_owned()),
            ..on("dynamodb:Query", "table")
        };
        assert_eq!(needs("DynamoDB_20120810.Query", &query), [wanted]);
    }
}
