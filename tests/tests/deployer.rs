//! What the deployer may do, held against what the template makes.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;

use serde_json::Value;

/// Returns the services whose calls make, change and remove a kind of resource; none of a kind that
/// nobody has looked at.
fn services(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "AWS::Budgets::Budget" => &["budgets"],
        "AWS::CloudTrail::Trail" => &["cloudtrail"],
        "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::Dashboard" => &["cloudwatch"],
        "AWS::DynamoDB::Table" => &["dynamodb"],
        "AWS::IAM::ManagedPolicy" | "AWS::IAM::Role" => &["iam"],
        "AWS::KMS::Alias" | "AWS::KMS::Key" => &["kms"],
        "AWS::Logs::LogGroup" | "AWS::Logs::MetricFilter" => &["logs"],
        "AWS::S3::Bucket" | "AWS::S3::BucketPolicy" => &["s3"],
        "AWS::SES::ConfigurationSet"
        | "AWS::SES::ConfigurationSetEventDestination"
        | "AWS::SES::EmailIdentity" => &["ses"],
        "AWS::SNS::Subscription" | "AWS::SNS::Topic" | "AWS::SNS::TopicPolicy" => &["sns"],
        "AWS::SQS::Queue" | "AWS::SQS::QueuePolicy" => &["sqs"],
        // SAM makes rules of its schedules, and a deployment group, with a role, of its rollout.
        "AWS::Serverless::Function" => &["lambda", "events", "codedeploy", "iam"],
        "AWS::Serverless::HttpApi" => &["apigateway"],
        "AWS::Serverless::LayerVersion" => &["lambda"],
        _ => return None,
    })
}

/// Services that are no part of the stack: what deploys it, its secrets, and the quota to ask for.
const BESIDE: [&str; 3] = ["cloudformation", "secretsmanager", "servicequotas"];

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

fn statements() -> Vec<Value> {
    let policy: Value =
        serde_json::from_str(include_str!("../../infra/deployer-policy.json")).unwrap();
    policy["Statement"].as_array().unwrap().clone()
}

#[test]
fn the_deployer_may_make_what_the_template_has_and_no_more() {
    let kinds: BTreeSet<&str> = include_str!("../../infra/template.yaml")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Type: "))
        .filter(|kind| kind.starts_with("AWS::"))
        .collect();
    assert!(kinds.len() > 20);
    let mut needed: BTreeSet<&str> = BESIDE.into();
    for kind in kinds {
        let services = services(kind);
        needed.extend(services.unwrap_or_else(|| panic!("who makes {kind} is not said here")));
    }
    let statements = statements();
    let allowed: BTreeSet<&str> = statements
        .iter()
        .flat_map(|statement| texts(&statement["Action"]))
        .filter_map(|action| action.split_once(':'))
        .map(|(service, _)| service)
        .collect();
    assert_eq!(allowed, needed);
}

#[test]
fn the_deployer_makes_roles_of_this_stack_only() {
    for statement in statements() {
        for action in texts(&statement["Action"]) {
            let of = |service: &str| action.starts_with(&format!("{service}:"));
            let fits = |resource: &&str| {
                !of("iam") && !of("secretsmanager")
                    || resource.contains("/pagewarden-")
                    || resource.contains("secret:pagewarden/")
                    || action == "iam:CreateServiceLinkedRole"
            };
            let resources = texts(&statement["Resource"]);
            assert!(resources.iter().all(fits), "{action}");
            assert_ne!(action, "iam:*");
        }
    }
    // AWS refuses a managed policy of more than so many characters, blanks not counted.
    let size = include_str!("../../infra/deployer-policy.json");
    assert!(size.chars().filter(|c| !c.is_whitespace()).count() <= 6_144);
}
