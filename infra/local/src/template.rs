//! The SAM template, read for the table, routes, schedules and stream filters, so that local and
//! deployed agree.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

/// The template that is deployed, compiled in.
const SHIPPED: &str = include_str!("../../template.yaml");

/// The namespace of our own figures.
const OWN_NAMESPACE: &str = "Pagewarden";

/// The SAM template.
#[derive(Clone, Debug)]
pub struct Template {
    globals: Value,
    parameters: Value,
    resources: Map<String, Value>,
}

/// A table, as the template describes it.
#[derive(Clone, Debug)]
pub struct TableSpec {
    /// As `CreateTable` takes it, but for the name.
    pub create: Value,
    /// Which attribute says when an item may go, as `UpdateTimeToLive` takes it; null where none
    /// does.
    pub time_to_live: Value,
}

/// What sets a function going.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A request to the HTTP API.
    Route {
        /// Such as `POST`.
        method: String,
        /// Such as `/webhooks/facebook`.
        path: String,
    },
    /// A schedule.
    Schedule {
        /// Seconds from one run to the next.
        every_s: u64,
        /// What the function is handed instead of the schedule's own event.
        input: Option<Value>,
    },
    /// An event of another service of AWS, of which there is none here.
    Event,
    /// The table's stream, where one of these patterns matches the record.
    Stream {
        /// The patterns, as event filtering writes them.
        filters: Vec<Value>,
        /// How many records at most come at once.
        batch: usize,
    },
}

impl Template {
    /// Reads the template that is deployed.
    pub fn shipped() -> Result<Self> {
        Self::read(SHIPPED)
    }

    /// Reads a template. Tags such as `!Ref` are read as their plain values.
    pub fn read(yaml: &str) -> Result<Self> {
        let template: Value =
            serde_saphyr::from_str(yaml).context("the SAM template does not read as YAML")?;
        let resources = template["Resources"]
            .as_object()
            .context("the SAM template has no Resources")?;
        Ok(Template {
            globals: template["Globals"].clone(),
            parameters: template["Parameters"].clone(),
            resources: resources.clone(),
        })
    }

    fn one(&self, kind: &str) -> Result<&Value> {
        let mut found = self
            .resources
            .values()
            .filter(|resource| resource["Type"] == kind);
        match (found.next(), found.next()) {
            (Some(resource), None) => Ok(&resource["Properties"]),
            _ => bail!("the SAM template must have one {kind}"),
        }
    }

    /// Returns the table.
    pub fn table(&self) -> Result<TableSpec> {
        self.table_named("Table")
    }

    /// Returns the table of rotating tokens.
    pub fn access_table(&self) -> Result<TableSpec> {
        self.table_named("Access")
    }

    fn table_named(&self, name: &str) -> Result<TableSpec> {
        let table = self
            .resources
            .get(name)
            .filter(|resource| resource["Type"] == "AWS::DynamoDB::Table");
        let table =
            &table.with_context(|| format!("the SAM template has no table {name}"))?["Properties"];
        let mut create = json!({
            "KeySchema": table["KeySchema"],
            "AttributeDefinitions": table["AttributeDefinitions"],
            "BillingMode": "PAY_PER_REQUEST",
        });
        if table["GlobalSecondaryIndexes"].is_array() {
            create["GlobalSecondaryIndexes"] = table["GlobalSecondaryIndexes"].clone();
        }
        if let Some(view) = table["StreamSpecification"].get("StreamViewType") {
            create["StreamSpecification"] =
                json!({ "StreamEnabled": true, "StreamViewType": view });
        }
        Ok(TableSpec {
            create,
            time_to_live: table["TimeToLiveSpecification"].clone(),
        })
    }

    /// Returns every function by the name of its binary, with what sets it going.
    pub fn functions(&self) -> Result<Vec<(String, Vec<Trigger>)>> {
        let mut functions = Vec::new();
        for (name, binary) in self.binaries()? {
            let events = self.resources[&name]["Properties"]["Events"]
                .as_object()
                .cloned()
                .unwrap_or_default();
            let triggers = events.values().map(trigger).collect::<Result<Vec<_>>>();
            functions.push((
                binary,
                triggers.with_context(|| format!("in the function {name}"))?,
            ));
        }
        Ok(functions)
    }

    /// Returns how long a function may run, by the name of its binary.
    pub fn timeout(&self, binary: &str) -> Result<Duration> {
        Ok(Duration::from_secs(self.number(binary, "Timeout")?))
    }

    /// Returns how many megabytes a function has, by the name of its binary.
    pub fn memory(&self, binary: &str) -> Result<u64> {
        self.number(binary, "MemorySize")
    }

    /// Returns how many of a function run at the same time at most, by the name of its binary; an
    /// error where nothing but the account says.
    pub fn at_once(&self, binary: &str) -> Result<u64> {
        self.number(binary, "ReservedConcurrentExecutions")
    }

    /// Returns how many batches of one shard of the stream a function takes at the same time, by
    /// the name of its binary.
    pub fn lanes(&self, binary: &str) -> Result<u64> {
        let events = self.properties(binary)?["Events"].as_object();
        let stream = events
            .into_iter()
            .flat_map(Map::values)
            .find(|event| event["Type"] == "DynamoDB")
            .with_context(|| format!("no stream sets {binary} going"))?;
        let factor = &stream["Properties"]["ParallelizationFactor"];
        Ok(factor.as_u64().unwrap_or(1))
    }

    /// Returns how many requests a second the API lets through, and how many at once.
    pub fn requests(&self) -> Result<(u64, u64)> {
        let settings = &self.one("AWS::Serverless::HttpApi")?["DefaultRouteSettings"];
        let number = |name: &str| {
            self.value(&settings[name])
                .with_context(|| format!("the API has no {name}"))
        };
        Ok((
            number("ThrottlingRateLimit")?,
            number("ThrottlingBurstLimit")?,
        ))
    }

    /// Returns the default of a parameter that is a number.
    pub fn parameter(&self, name: &str) -> Result<u64> {
        self.parameters[name]["Default"]
            .as_u64()
            .with_context(|| format!("the parameter {name} has no number as default"))
    }

    fn properties(&self, binary: &str) -> Result<&Value> {
        let functions = self.binaries()?;
        let (name, _) = functions
            .iter()
            .find(|(_, one)| one == binary)
            .context("there is no such function")?;
        Ok(&self.resources[name]["Properties"])
    }

    /// Returns a number that a function says, or what all functions share.
    fn number(&self, binary: &str, name: &str) -> Result<u64> {
        let own = self.value(&self.properties(binary)?[name]);
        own.or_else(|| self.value(&self.globals["Function"][name]))
            .with_context(|| format!("the function {binary} has no {name}"))
    }

    /// Returns a number, or the default of the parameter that stands in its place.
    fn value(&self, written: &Value) -> Option<u64> {
        let named = || self.parameter(written.as_str()?).ok();
        written.as_u64().or_else(named)
    }

    /// Returns the names of all environment variables that functions are given.
    #[must_use]
    pub fn variables(&self) -> BTreeSet<String> {
        let own = self
            .resources
            .values()
            .map(|resource| &resource["Properties"]["Environment"]["Variables"]);
        let shared = &self.globals["Function"]["Environment"]["Variables"];
        own.chain([shared])
            .filter_map(Value::as_object)
            .flat_map(|set| set.keys().cloned())
            .collect()
    }

    /// Returns the statements of a function's role, by the name of its binary.
    pub fn statements(&self, binary: &str) -> Result<Vec<Value>> {
        let functions = self.binaries()?;
        let (name, _) = functions
            .iter()
            .find(|(_, one)| one == binary)
            .context("there is no such function")?;
        let role = self.resources[name]["Properties"]["Role"]
            .as_str()
            .and_then(|role| role.strip_suffix(".Arn"));
        let role = role.and_then(|role| self.resources.get(role));
        let role = role.with_context(|| format!("the function {name} has no role of its own"))?;
        let shared = role["Properties"]["ManagedPolicyArns"]
            .as_array()
            .into_iter()
            .flatten();
        let shared =
            shared.filter_map(|name| Some(&self.resources.get(name.as_str()?)?["Properties"]));
        let policies = role["Properties"]["Policies"]
            .as_array()
            .into_iter()
            .flatten()
            .chain(shared);
        let statements =
            policies.filter_map(|policy| policy["PolicyDocument"]["Statement"].as_array());
        Ok(statements.flatten().cloned().collect())
    }

    /// Returns how many figures the alarms look at, which is what alarms are charged by.
    #[must_use]
    pub fn alarm_metrics(&self) -> usize {
        let alarms = self
            .resources
            .values()
            .filter(|resource| resource["Type"] == "AWS::CloudWatch::Alarm");
        let looked_at = |alarm: &Value| match alarm["Properties"]["Metrics"].as_array() {
            Some(metrics) => metrics
                .iter()
                .filter(|metric| metric["MetricStat"].is_object())
                .count(),
            None => 1,
        };
        alarms.map(looked_at).sum()
    }

    /// Returns the names of the alarms.
    #[must_use]
    pub fn alarms(&self) -> Vec<&str> {
        let alarms = self
            .resources
            .iter()
            .filter(|(_, resource)| resource["Type"] == "AWS::CloudWatch::Alarm");
        alarms.map(|(name, _)| name.as_str()).collect()
    }

    /// Returns the dashboard, as `CloudWatch` takes it.
    pub fn dashboard(&self) -> Result<&str> {
        let dashboard = self.one("AWS::CloudWatch::Dashboard")?;
        dashboard["DashboardBody"]
            .as_str()
            .context("the dashboard has no body")
    }

    /// Returns our own figures that alarms and the dashboard look at.
    pub fn own_metrics(&self) -> Result<BTreeSet<String>> {
        let alarms = self
            .resources
            .values()
            .filter(|resource| resource["Type"] == "AWS::CloudWatch::Alarm");
        let watched = alarms.flat_map(|alarm| {
            let properties = &alarm["Properties"];
            let parts = properties["Metrics"].as_array().into_iter().flatten();
            parts
                .map(|part| &part["MetricStat"]["Metric"])
                .chain([properties])
        });
        let own = watched.filter(|metric| metric["Namespace"] == OWN_NAMESPACE);
        let mut found: BTreeSet<String> = own
            .filter_map(|one| one["MetricName"].as_str())
            .map(str::to_owned)
            .collect();

        let body: Value =
            serde_json::from_str(self.dashboard()?).context("the dashboard's body is not JSON")?;
        let widgets = body["widgets"].as_array().into_iter().flatten();
        let drawn = widgets
            .filter_map(|widget| widget["properties"]["metrics"].as_array())
            .flatten();
        let own = drawn.filter(|metric| metric[0] == OWN_NAMESPACE);
        found.extend(
            own.filter_map(|metric| metric[1].as_str())
                .map(str::to_owned),
        );
        Ok(found)
    }

    /// Returns the figures that the template itself makes out of log lines.
    #[must_use]
    pub fn logged_metrics(&self) -> BTreeSet<String> {
        let filters = self
            .resources
            .values()
            .filter(|resource| resource["Type"] == "AWS::Logs::MetricFilter");
        let names =
            filters.map(|filter| &filter["Properties"]["MetricTransformations"][0]["MetricName"]);
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Returns every function by its name in the template, with the name of its binary.
    pub fn binaries(&self) -> Result<Vec<(String, String)>> {
        let functions = self
            .resources
            .iter()
            .filter(|(_, r)| r["Type"] == "AWS::Serverless::Function");
        let binary = |(name, function): (&String, &Value)| {
            let binary = function["Metadata"]["BuildProperties"]["Binary"].as_str();
            let binary = binary.with_context(|| format!("the function {name} names no binary"))?;
            Ok((name.clone(), binary.to_owned()))
        };
        functions.map(binary).collect()
    }
}

fn trigger(event: &Value) -> Result<Trigger> {
    let (kind, properties) = (
        event["Type"].as_str().unwrap_or_default(),
        &event["Properties"],
    );
    let text = |name: &str| {
        properties[name]
            .as_str()
            .map(str::to_owned)
            .with_context(|| format!("{kind} has no {name}"))
    };
    Ok(match kind {
        "HttpApi" => Trigger::Route {
            method: text("Method")?.to_uppercase(),
            path: text("Path")?,
        },
        "ScheduleV2" => Trigger::Schedule {
            every_s: rate(&text("ScheduleExpression")?)?,
            input: input(properties)?,
        },
        "Schedule" => Trigger::Schedule {
            every_s: rate(&text("Schedule")?)?,
            input: input(properties)?,
        },
        "EventBridgeRule" => Trigger::Event,
        "DynamoDB" => {
            let filters = properties["FilterCriteria"]["Filters"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let patterns = filters.iter().map(|filter| {
                let pattern = filter["Pattern"]
                    .as_str()
                    .context("a stream filter has no pattern")?;
                serde_json::from_str(pattern).context("a stream filter's pattern is not JSON")
            });
            let batch = properties["BatchSize"].as_u64().unwrap_or(100);
            Trigger::Stream {
                filters: patterns.collect::<Result<_>>()?,
                batch: usize::try_from(batch)?,
            }
        }
        other => bail!("the local stack knows no event of type {other}"),
    })
}

fn input(properties: &Value) -> Result<Option<Value>> {
    let input = properties["Input"].as_str();
    input
        .map(serde_json::from_str)
        .transpose()
        .context("a schedule's input is not JSON")
}

/// Reads `rate(1 hour)` and its like.
fn rate(expression: &str) -> Result<u64> {
    let inner = expression
        .strip_prefix("rate(")
        .and_then(|rest| rest.strip_suffix(')'));
    let (number, unit) = inner
        .and_then(|inner| inner.split_once(' '))
        .context("only rate(...) is known")?;
    let number: u64 = number.parse().context("rate(...) needs a number")?;
    match unit.trim_end_matches('s') {
        "minute" => Ok(number * 60),
        "hour" => Ok(number * 3_600),
        "day" => Ok(number * 86_400),
        other => bail!("rate(...) knows no {other}"),
    }
}

/// Returns `true` if a stream record matches an event filtering pattern.
///
/// The whole of what the template uses: nested objects, and lists of values of which one must be
/// equal.
#[must_use]
pub fn matches(pattern: &Value, record: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields
            .iter()
            .all(|(name, inner)| matches(inner, &record[name])),
        Value::Array(values) => {
            values
                .iter()
                .any(|value| match value.get("exists").and_then(Value::as_bool) {
                    Some(wanted) => record.is_null() != wanted,
                    None => value == record,
                })
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => pattern == record,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_template_tells_what_sets_each_function_going() {
        let template = Template::shipped().unwrap();
        let functions = template.functions().unwrap();
        let of = |name: &str| {
            functions
                .iter()
                .find(|(binary, _)| binary == name)
                .map(|(_, triggers)| triggers.as_slice())
        };
        let route = Trigger::Route {
            method: "POST".into(),
            path: "/webhooks/facebook".into(),
        };
        assert!(of("webhook").is_some_and(|triggers| triggers.contains(&route)));
        let every_minute = Trigger::Schedule {
            every_s: 60,
            input: None,
        };
        assert!(of("remind").is_some_and(|triggers| triggers.contains(&every_minute)));
        let left_over = Trigger::Schedule {
            every_s: 900,
            input: Some(json!({ "sweep": "left_over" })),
        };
        assert!(of("sweep").is_some_and(|triggers| triggers.contains(&left_over)));
        assert_eq!(template.memory("moderate").unwrap(), 1024);
        assert_eq!(
            template.memory("act").unwrap(),
            256,
            "as all functions have"
        );
        assert_eq!(template.lanes("moderate").unwrap(), 4);
        assert_eq!(template.lanes("remind").unwrap(), 1, "as Lambda has it");
        assert_eq!(template.at_once("console").unwrap(), 10);
        assert_eq!(
            template.at_once("webhook").unwrap(),
            template.parameter("WebhookConcurrency").unwrap()
        );
        assert!(template.at_once("moderate").is_err());
        assert_eq!(template.requests().unwrap(), (50, 100));
        // A run is over before what it left over is gone on with.
        assert!(template.timeout("sweep").unwrap() < Duration::from_mins(15));
        // A run has time for the digests that it has begun.
        let digests = remind::DIGESTS_FOR + Duration::from_secs(10);
        assert!(digests < template.timeout("remind").unwrap());
        assert!(matches!(of("moderate"), Some([Trigger::Stream { .. }])));
        assert!(matches!(of("act"), Some([Trigger::Stream { .. }])));
        assert_eq!(
            template.table().unwrap().create["GlobalSecondaryIndexes"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
    }

    #[test]
    fn a_filter_takes_the_records_it_names_and_no_others() {
        let pattern = json!({ "eventName": ["INSERT", "MODIFY"], "dynamodb": { "NewImage": { "status": { "S": ["pending"] } } } });
        let record = |name: &str, status: &str| json!({ "eventName": name, "dynamodb": { "NewImage": { "status": { "S": status } } } });
        assert!(matches(&pattern, &record("INSERT", "pending")));
        assert!(!matches(&pattern, &record("REMOVE", "pending")));
        assert!(!matches(&pattern, &record("INSERT", "done")));
        assert!(!matches(&pattern, &json!({ "eventName": "INSERT" })));
    }
}
