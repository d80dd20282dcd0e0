"""Breaks a translated template in every way that comes to mind, one at a time.

A mutation is what was done, in words, and a list of changes: a place, and what is put there or
`GONE`. Some are blind: each value is changed and each part left out. Others are what an attacker,
a hurried colleague or a default would do.
"""

GONE = object()

# What a setting is turned into by whoever wants it off.
OPPOSITE = {
    "Retain": ["Delete", "Snapshot"],
    "Enabled": ["Disabled", "Suspended"],
    "Active": ["PassThrough"],
    "Allow": ["Deny"],
    "Deny": ["Allow"],
    "COMPLIANCE": ["GOVERNANCE"],
    "breaching": ["notBreaching", "missing", "ignore"],
    "notBreaching": ["breaching", "missing", "ignore"],
    "Sum": ["Average", "Minimum", "SampleCount"],
    "Maximum": ["Minimum", "Average"],
    "GreaterThanOrEqualToThreshold": ["GreaterThanThreshold", "LessThanThreshold"],
    "LessThanThreshold": ["GreaterThanOrEqualToThreshold"],
    "NEW_AND_OLD_IMAGES": ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE"],
    "TRIM_HORIZON": ["LATEST"],
    "JSON": ["Text"],
    "INFO": ["DEBUG", "TRACE", "FATAL"],
    "KMS": ["AES256"],
    "aws:kms": ["AES256"],
    "INCLUDE": ["ALL", "KEYS_ONLY"],
    "ALL": ["KEYS_ONLY"],
    "email": ["http", "https"],
    "false": ["true"],
    "expires": ["expires_at", "seen_at"],
    "Management": ["Data"],
    "GetShardIterator": ["GetRecords"],
    "rate(1 minute)": ["rate(1 hour)", "rate(1 day)"],
    "rate(15 minutes)": ["rate(1 day)"],
    "rate(1 hour)": ["rate(1 day)"],
    "BucketOwnerEnforced": ["ObjectWriter"],
    "aws_proxy": ["http_proxy"],
}
ACTIONS = [
    "*",
    "dynamodb:*",
    "dynamodb:Scan",
    "dynamodb:PutItem",
    "dynamodb:DeleteItem",
    "dynamodb:DeleteTable",
    "dynamodb:BatchWriteItem",
    "dynamodb:BatchGetItem",
    "dynamodb:PartiQLSelect",
    "dynamodb:PartiQLDelete",
    "dynamodb:UpdateTable",
    "dynamodb:UpdateTimeToLive",
    "dynamodb:UpdateContinuousBackups",
    "dynamodb:ExportTableToPointInTime",
    "dynamodb:RestoreTableToPointInTime",
    "dynamodb:PutResourcePolicy",
    "dynamodb:EnableKinesisStreamingDestination",
    "secretsmanager:*",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:ListSecrets",
    "kms:*",
    "kms:Decrypt",
    "kms:ScheduleKeyDeletion",
    "kms:CreateGrant",
    "iam:PassRole",
    "iam:*",
    "sts:AssumeRole",
    "lambda:*",
    "lambda:InvokeFunction",
    "logs:*",
    "logs:DeleteLogGroup",
    "cloudtrail:StopLogging",
    "s3:*",
    "s3:DeleteObjectVersion",
    "sns:*",
    "sqs:*",
]
SECRETS = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"
RESOURCES = [
    "*",
    {"Fn::Sub": SECRETS + "*"},
    {"Fn::Sub": SECRETS + "pagewarden/*"},
    {"Fn::Sub": SECRETS + "pagewarden/${Stage}/*"},
    {"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/*"},
    {"Fn::Sub": "${Table.Arn}*"},
    {"Fn::Sub": "${Table.Arn}/index/*"},
    {"Fn::GetAtt": ["Access", "Arn"]},
    {"Fn::GetAtt": ["Key", "Arn"]},
]
MANAGED = [
    "AdministratorAccess",
    "PowerUserAccess",
    "IAMFullAccess",
    "SecretsManagerReadWrite",
    "AmazonDynamoDBFullAccess",
]
MANAGED += ["service-role/AWSLambdaDynamoDBExecutionRole", "ReadOnlyAccess"]
ANYBODY = ["*", {"AWS": "*"}, {"AWS": "arn:aws:iam::999999999999:root"}, {"Service": "ec2.amazonaws.com"}]
ADDRESS = "https://attacker.example"
ADDED = {
    "a user with every right": {
        "Type": "AWS::IAM::User",
        "Properties": {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
    },
    "a policy beside a role": {
        "Type": "AWS::IAM::RolePolicy",
        "Properties": {
            "RoleName": {"Ref": "WebhookRole"},
            "PolicyName": "more",
            "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
        },
    },
    "an address of the function's own": {
        "Type": "AWS::Lambda::Url",
        "Properties": {"TargetFunctionArn": {"Ref": "Webhook"}, "AuthType": "NONE"},
    },
    "leave for anybody to call a function": {
        "Type": "AWS::Lambda::Permission",
        "Properties": {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Act"}, "Principal": "*"},
    },
    "another reader of the stream": {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {"FunctionName": {"Ref": "Webhook"}, "EventSourceArn": {"Fn::GetAtt": ["Table", "StreamArn"]}},
    },
    "another subscriber": {
        "Type": "AWS::SNS::Subscription",
        "Properties": {"TopicArn": {"Ref": "Alarms"}, "Protocol": "https", "Endpoint": ADDRESS},
    },
    "a way out for the logs": {
        "Type": "AWS::Logs::SubscriptionFilter",
        "Properties": {"LogGroupName": {"Ref": "ActLogs"}, "FilterPattern": "", "DestinationArn": "arn:aws:lambda:::x"},
    },
    "a table that nothing protects": {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {"KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"},
    },
    "a catch-all route": {
        "Type": "AWS::ApiGatewayV2::Route",
        "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": "$default", "Target": "integrations/x"},
    },
    "a bucket without a lock": {"Type": "AWS::S3::Bucket", "Properties": {}},
    "a custom resource": {"Type": "Custom::Anything", "Properties": {"ServiceToken": "arn:aws:lambda:::x"}},
}


def mutations(template):
    """Yields every mutation of a template, but for those that would leave it as it is."""
    for what, changes in attempts(template):
        if any(value_at(template, path, GONE) != put for path, put in changes):
            yield what, changes


def attempts(template):
    for section in ["Parameters", "Rules", "Conditions", "Resources", "Outputs"]:
        yield f"{section}: gone", [((section,), GONE)]
        for path, put in blind(template[section], (section,)):
            done = "gone" if put is GONE else f"= {put!r}"
            yield f"{'.'.join(map(str, path))} {done}", [(path, put)]
    for name, resource in template["Resources"].items():
        place = ("Resources", name, "Properties")
        for what, path, put in aimed(name, resource, template):
            yield f"{name}: {what}", [(place + path, put)]
    for what, resource in ADDED.items():
        yield f"added: {what}", [(("Resources", "Added"), resource)]
    yield "a transform", [(("Transform",), "AWS::LanguageExtensions")]
    yield "a mapping", [(("Mappings",), {"A": {"B": {"C": "D"}}})]
    yield "nobody has to hear alarms in production", [
        (("Rules", "ProductionTellsSomebody", "RuleCondition"), {"Fn::Equals": ["a", "b"]})
    ]
    yield "alarms go to somebody who is written here", [
        (("Parameters", "AlarmEmail", "Default"), "someone@example.com")
    ]
    yield "libraries may log bodies", [
        (("Parameters", "LogLevel", "AllowedValues"), ["error", "warn", "info", "debug"])
    ]


def blind(value, path):
    """Yields each part of a value left out, and each plain value as something else."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield (*path, key), GONE
            yield from blind(part, (*path, key))
    elif isinstance(value, list):
        if value:
            yield path, []
        for at, part in enumerate(value):
            yield path, value[:at] + value[at + 1 :]
            yield from blind(part, (*path, at))
    else:
        for other in others(value):
            if other != value or type(other) is not type(value):
                yield path, other


def others(value):
    """Returns what else a plain value could be."""
    if isinstance(value, bool):
        return [not value, None]
    if isinstance(value, (int, float)):
        return [0, 1, -1, value + 1, value * 100, value // 60, 10**6]
    if value in OPPOSITE:
        return [*OPPOSITE[value], value + "x"]
    if value.startswith("https://"):
        return [ADDRESS, value.replace("https", "http")]
    return [value + "x", "*", ""]


def aimed(name, resource, template):
    """Yields what somebody would do to such a resource: what, where in its properties, what is put."""
    properties, kind = resource["Properties"], resource["Type"]
    for path, statement in statements(properties):
        yield from bent(statement, path)
    for path in documents(properties):
        whole = value_at(properties, path)
        yield "one more statement", path, [
            *whole,
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"},
        ]
    match kind:
        case "AWS::IAM::Role":
            had = properties["ManagedPolicyArns"]
            for policy in MANAGED:
                arn = f"arn:aws:iam::aws:policy/{policy}"
                yield f"{policy} attached", ("ManagedPolicyArns",), [*had, arn]
                yield f"{policy} for all others", ("ManagedPolicyArns",), [arn]
            for principal in ANYBODY:
                yield f"assumed by {principal}", ("AssumeRolePolicyDocument", "Statement", 0, "Principal"), principal
            yield "another limit", ("PermissionsBoundary",), "arn:aws:iam::aws:policy/AdministratorAccess"
            yield "longer sessions", ("MaxSessionDuration",), 43200
        case "AWS::CloudWatch::Alarm":
            yield "silenced", ("ActionsEnabled",), False
            yield "told to another topic", ("AlarmActions",), ["arn:aws:sns:eu-west-2:999999999999:x"]
            yield "told when it is fine only", ("AlarmActions",), []
            yield "of many, a few", ("DatapointsToAlarm",), 1
            yield "few figures say nothing", ("EvaluateLowSampleCountPercentile",), "ignore"
            for other, second in template["Resources"].items():
                if second["Type"] == kind and other != name and "MetricName" in second["Properties"]:
                    yield f"watches {other}'s figure", ("MetricName",), second["Properties"]["MetricName"]
        case "AWS::Lambda::Function":
            variables = ("Environment", "Variables")
            for variable in ["PAGEWARDEN_GRAPH_URL", "PAGEWARDEN_X_URL", "HTTPS_PROXY", "AWS_ENDPOINT_URL"]:
                yield "another address", (*variables, variable), ADDRESS
            yield "a secret in the environment", (*variables, "PAGEWARDEN_PAGE_TOKEN"), "EAAB"
            yield "a secret that is filled in", (*variables, "APP"), "{{resolve:secretsmanager:pagewarden/x}}"
            yield "libraries log bodies", (*variables, "RUST_LOG"), "trace"
            yield "a layer of somebody else's", ("Layers",), ["arn:aws:lambda:eu-west-2:999999999999:layer:x:1"]
            yield "the door is shut", ("ReservedConcurrentExecutions",), 0
            yield "no limit", ("ReservedConcurrentExecutions",), GONE
            yield "another role", ("Role",), {"Fn::GetAtt": ["ActRole" if name != "Act" else "SweepRole", "Arn"]}
            yield "code that stands here", ("Code",), {"ZipFile": "x"}
            yield "an image", ("Code", "ImageUri"), "x"
            yield "files of elsewhere", ("FileSystemConfigs",), [{"Arn": "x", "LocalMountPath": "/mnt/x"}]
        case "AWS::Lambda::EventSourceMapping":
            yield "ten lanes", ("ParallelizationFactor",), 10
            yield "everything is shown", ("FilterCriteria",), {"Filters": [{"Pattern": "{}"}]}
            yield "given up after a minute", ("MaximumRecordAgeInSeconds",), 60
            yield "tried for ever", ("MaximumRetryAttempts",), -1
            yield "waits for more", ("MaximumBatchingWindowInSeconds",), 300
            yield "switched off", ("Enabled",), False
            yield "twice the field", (
                "FilterCriteria",
                "Filters",
                0,
                "Pattern",
            ), '{"dynamodb": {"a": 1}, "dynamodb": {}}'
            for kind_of in ["revision", "action", "unread"]:
                pattern = '{"dynamodb": {"NewImage": {"due_kind": {"S": ["%s"]}}}}' % kind_of
                yield f"shown each {kind_of}", ("FilterCriteria", "Filters"), [{"Pattern": pattern}]
        case "AWS::DynamoDB::Table":
            yield "a stream", ("StreamSpecification",), {"StreamViewType": "NEW_IMAGE"}
            yield "a stream elsewhere", ("KinesisStreamSpecification",), {"StreamArn": "arn:aws:kinesis:::x"}
            yield "AWS's key", ("SSESpecification",), {"SSEEnabled": True}
            yield "AWS's own key", ("SSESpecification",), {"SSEEnabled": False}
            yield "everybody's", ("ResourcePolicy",), {"PolicyDocument": {"Statement": []}}
            yield "expiry off", ("TimeToLiveSpecification",), {"AttributeName": "expires", "Enabled": False}
            yield "all of the index", ("GlobalSecondaryIndexes", 1, "Projection"), {"ProjectionType": "ALL"}
            yield "fixed capacity", ("BillingMode",), "PROVISIONED"
            yield "limited", ("OnDemandThroughput",), {"MaxWriteRequestUnits": 1}
        case "AWS::Logs::LogGroup":
            for days in [1, 3653]:
                yield f"kept for {days} days", ("RetentionInDays",), days
            yield "lists nothing", ("LogGroupClass",), "INFREQUENT_ACCESS"
        case "AWS::ApiGatewayV2::Stage":
            for limit in ["ThrottlingRateLimit", "ThrottlingBurstLimit"]:
                yield "no real limit", ("DefaultRouteSettings", limit), 10**6
            for field in [
                "path",
                "identity.userAgent",
                "authorizer.error",
                "requestOverride.header.x",
                "customDomain.x",
            ]:
                text = '{"status":"$context.status","more":"$context.%s"}' % field
                yield f"writes down {field}", ("AccessLogSettings", "Format"), text
            yield "a route without limits", ("RouteSettings",), {"POST /webhooks/x": {"ThrottlingRateLimit": 10**6}}
            yield "values handed on", ("StageVariables",), {"a": "b"}
        case "AWS::ApiGatewayV2::Api":
            yield "any page may call", ("CorsConfiguration",), {"AllowOrigins": ["*"]}
            yield "a catch-all route", ("Body", "paths", "/$default"), {"x-amazon-apigateway-any-method": {}}
            yield "one more route", ("Body", "paths", "/webhooks/facebook", "delete"), {"responses": {}}
        case "AWS::S3::Bucket":
            yield "handed on", ("ReplicationConfiguration",), {"Role": "x", "Rules": []}
            yield "to be seen", ("WebsiteConfiguration",), {"IndexDocument": "x"}
            yield "to all", ("AccessControl",), "PublicRead"
        case "AWS::CloudTrail::Trail":
            selectors = properties["AdvancedEventSelectors"]
            read_only = {"Field": "readOnly", "Equals": ["false"]}
            not_keys = {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}
            own_only = {"Field": "resources.ARN", "Equals": [{"Fn::GetAtt": ["Table", "Arn"]}]}
            for at, selector in enumerate(selectors):
                for more in [read_only, not_keys, own_only]:
                    fields = [*selector["FieldSelectors"], more]
                    yield f"{selector['Name']}: less", ("AdvancedEventSelectors", at, "FieldSelectors"), fields
            yield "the usual events", ("AdvancedEventSelectors",), GONE
            yield "the old selectors", ("EventSelectors",), [{"ReadWriteType": "WriteOnly"}]
        case "AWS::SNS::Topic" | "AWS::SQS::Queue":
            yield "not encrypted", ("KmsMasterKeyId",), GONE
            yield "AWS's key", ("KmsMasterKeyId",), "alias/aws/sns"
        case "AWS::KMS::Key":
            yield "not used", ("Enabled",), False
            yield "shared", ("BypassPolicyLockoutSafetyCheck",), True
        case "AWS::Events::Rule":
            yield "switched off", ("State",), "DISABLED"
            yield "somebody else's event", ("EventPattern",), {"source": ["x"]}
            yield "for somebody else", ("Targets", 0, "Arn"), "arn:aws:lambda:eu-west-2:999999999999:function:x"
        case "AWS::CodeDeploy::DeploymentGroup":
            yield "all at once", ("DeploymentConfigName",), "CodeDeployDefault.LambdaAllAtOnce"
            yield "whatever the alarm says", ("AlarmConfiguration", "IgnorePollAlarmFailure"), True
        case "AWS::Lambda::Permission":
            for principal in ["*", "999999999999"]:
                yield f"called by {principal}", ("Principal",), principal
            yield "from anywhere", ("SourceArn",), GONE
            yield "without a signature", ("FunctionUrlAuthType",), "NONE"


def bent(statement, path):
    """Yields each way to widen or narrow one statement of a policy."""
    had = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    for action in ACTIONS:
        if action not in had:
            yield f"may {action} too", (*path, "Action"), [*had, action]
    yield "may do anything", (*path, "Action"), "*"
    service = had[0].split(":")[0] + ":*"
    if had != [service]:
        yield "any action of the service", (*path, "Action"), [service]
    yield "all actions but these", path, {**without(statement, "Action"), "NotAction": had}
    if "Resource" in statement:
        on = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        for resource in RESOURCES:
            if resource not in on:
                yield f"on {resource} too", (*path, "Resource"), [*on, resource]
                yield f"on {resource}", (*path, "Resource"), resource
        yield "on all but these", path, {**without(statement, "Resource"), "NotResource": on}
    if "Principal" in statement:
        for principal in ANYBODY:
            yield f"for {principal}", (*path, "Principal"), principal
        yield "for all but these", path, {**without(statement, "Principal"), "NotPrincipal": statement["Principal"]}
    if "Condition" in statement:
        yield "without its condition", (*path, "Condition"), GONE
        for operator, fields in statement["Condition"].items():
            for looser in [f"{operator}IfExists", operator.replace("Equals", "Like"), "StringNotEquals"]:
                if looser != operator:
                    yield f"{looser}, not {operator}", (*path, "Condition"), {looser: fields}
            for field in fields:
                for loose in ["*", ["*"], ["P#*"]]:
                    yield f"{field} = {loose}", (*path, "Condition", operator, field), loose
    else:
        yield "on a condition", (*path, "Condition"), {"Bool": {"aws:SecureTransport": "false"}}


def without(statement, key):
    return {name: value for name, value in statement.items() if name != key}


def documents(value, path=()):
    """Yields the place of every list of statements."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key == "Statement" and isinstance(part, list):
                yield (*path, key)
            else:
                yield from documents(part, (*path, key))
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from documents(part, (*path, at))


def statements(properties):
    """Yields every statement of a resource, with its place."""
    for path in documents(properties):
        for at, statement in enumerate(value_at(properties, path)):
            yield (*path, at), statement


def value_at(value, path, default=None):
    """Returns what stands at a place, or the default where there is no such place."""
    for step in path:
        if isinstance(value, dict) and step not in value:
            return default
        value = value[step]
    return value


def apply(value, path, put):
    """Returns a copy of a value with something put at a place, sharing all the rest."""
    step, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    if rest:
        inside = value.get(step, {}) if isinstance(value, dict) else value[step]
        copy[step] = apply(inside, rest, put)
    elif put is GONE:
        copy.pop(step, None) if isinstance(copy, dict) else copy.pop(step)
    else:
        copy[step] = put
    return copy
