"""What the stack has to be, said a second time and with the reasons, apart from the template.

`template()` returns all that may stand in the translated template, to the last property, but for
what `compare.py` lets pass. The template says how it is; this page says how it has to be. So a
change of what somebody may do, of what is watched or of what is kept is made in both places, and
reviewed here. It is written by hand: nothing makes it out of the template.
"""

import json


def ref(name):
    return {"Ref": name}


def att(name):
    """An attribute of a resource, as `Table.Arn`."""
    return {"Fn::GetAtt": name.split(".")}


def sub(text, **values):
    return {"Fn::Sub": [text, values] if values else text}


def resource(kind, properties, **more):
    return {"Type": kind, "Properties": properties, **more}


def kept(kind, properties):
    """A resource that outlives the stack: whoever takes the stack down must not lose the record."""
    return resource(kind, properties, DeletionPolicy="Retain", UpdateReplacePolicy="Retain")


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(sid, actions, on, effect="Allow", condition=None, principal=None):
    """One statement. `actions` are words; `on` is one resource or a list."""
    made = {"Sid": sid, "Effect": effect, "Action": actions.split(), "Resource": on}
    if condition:
        made["Condition"] = condition
    if principal:
        made["Principal"] = principal
    return made


FUNCTIONS = ["Webhook", "Moderate", "Act", "Sweep", "Remind", "Connect", "Console"]
KEY = att("Key.Arn")
TABLE = att("Table.Arn")
PICTURES = sub("${PicturesBucket.Arn}/*")
SECRETS = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:pagewarden/${Stage}/"
TRAIL = sub("arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/${AWS::StackName}")
THIS_ACCOUNT = {"StringEquals": {"aws:SourceAccount": ref("AWS::AccountId")}}
THIS_TRAIL = {"StringEquals": {"aws:SourceArn": TRAIL}}
IN_THE_CLEAR = {"Bool": {"aws:SecureTransport": "false"}}
# Everything that a key is used for, and nothing by which it is managed.
USE_KEY = (
    "kms:Encrypt kms:Decrypt kms:ReEncryptFrom kms:ReEncryptTo kms:GenerateDataKey"
    " kms:GenerateDataKeyWithoutPlaintext kms:DescribeKey"
)

# --- What each function may do --------------------------------------------------------------------


def through(service):
    """The key is used for what a service holds, never by a function on its own."""
    return {"StringEquals": {"kms:ViaService": sub(f"{service}.${{AWS::Region}}.amazonaws.com")}}


def in_partitions(*partitions):
    # Without Null, a call that names no key at all would pass.
    these = {"dynamodb:LeadingKeys": list(partitions)}
    return {"ForAllValues:StringLike": these, "Null": {"dynamodb:LeadingKeys": "false"}}


def reads(actions, *partitions):
    return statement("Read", actions, TABLE, condition=in_partitions(*partitions) if partitions else None)


def writes(actions, *partitions):
    """Never to `P#<practice>`, `CHANNEL#...`, `CHANNELS` or `PERSON#...`: what people publish stands there."""
    return statement("Write", actions, TABLE, condition=in_partitions(*partitions))


def secrets(*names):
    """Reads these secrets: an app's by its name, a channel's by its platform."""
    # Secrets Manager ends each name with six characters of its own.
    return [
        statement("Secrets", "secretsmanager:GetSecretValue", [sub(SECRETS + name) for name in names]),
        statement("DecryptSecrets", "kms:Decrypt", KEY, condition=through("secretsmanager")),
    ]


def follows_the_stream():
    """What Lambda does in the name of a function that the stream sets going."""
    actions = "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams"
    return [
        statement("Stream", actions, sub("${Table.Arn}/stream/*")),
        statement("NoteWhatWasGivenUp", "sqs:SendMessage", att("GivenUp.Arn")),
        statement("EncryptTheNote", "kms:Decrypt kms:GenerateDataKey", KEY, condition=through("sqs")),
    ]


# X's tokens rotate. Only those who call X have a way to them.
TOKENS = statement("RotatingTokens", "dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem", att("Access.Arn"))

MAY = {
    # It takes the internet's bytes: no channel's secret, no action, no task, nothing that is published.
    "Webhook": [
        reads("dynamodb:GetItem dynamodb:Query"),
        writes("dynamodb:PutItem dynamodb:UpdateItem", "P#*#POST#*", "P#*#CHAIN", "P#*#SWEEP#*", "UNKNOWN#*"),
        statement(
            "NoActionsNorTasks",
            "dynamodb:PutItem dynamodb:UpdateItem",
            TABLE,
            effect="Deny",
            condition={"ForAnyValue:StringEquals": {"dynamodb:Attributes": ["status", "effect", "queue_pk"]}},
        ),
        *secrets("facebook/app-??????", "x/app-??????"),
    ],
    # It reads hostile words, so it reaches nothing but the table.
    "Moderate": [
        reads("dynamodb:GetItem dynamodb:Query"),
        writes("dynamodb:PutItem dynamodb:UpdateItem", "P#*#POST#*", "P#*#CHAIN", "P#*#ACCT#*", "P#*#COUNT", "P#*#REF#*"),
        *follows_the_stream(),
    ],
    "Act": [
        reads("dynamodb:GetItem dynamodb:ConditionCheckItem dynamodb:Query"),
        writes(
            "dynamodb:PutItem dynamodb:UpdateItem",
            "P#*#POST#*",
            "P#*#CHAIN",
            "P#*#COUNT",
            "P#*#QUOTA",
            # A rule that used up a limit stops itself. Whether the switch is on, it cannot say.
            "P#*#RULES",
            "P#*#ALERT",
            "GATE#*",
        ),
        TOKENS,
        # A channel is added without a deployment, so its secret's name is not known here.
        *secrets("channel/*", "facebook/app-??????"),
        # It keeps pictures and looks whether they are there. It neither deletes any nor says for how long they are locked.
        statement("Pictures", "s3:PutObject s3:GetObject", PICTURES),
        *follows_the_stream(),
    ],
    "Sweep": [
        reads("dynamodb:GetItem dynamodb:Query"),
        writes(
            "dynamodb:PutItem dynamodb:UpdateItem",
            "P#*#POST#*",
            "P#*#CHAIN",
            "P#*#SWEEP#*",
            "P#*#ALERT",
            "GATE#*",
            "SWEEPS",
        ),
        TOKENS,
        *secrets(
            "facebook/app-??????",
            "channel/facebook/*",
            "channel/google/*",
            "channel/instagram/*",
            "channel/website/*",
            "channel/x/*",
        ),
        *follows_the_stream(),
    ],
    # It touches what is there, so that the stream carries it once more; and it tells people: by e-mail from one address, and
    # by text to telephones. What people have said about themselves (`P#<practice>#PEOPLE`) it cannot write.
    "Remind": [
        reads("dynamodb:GetItem"),
        writes(
            "dynamodb:PutItem dynamodb:UpdateItem",
            "P#*#POST#*",
            "P#*#NOTICES",
            "P#*#CODES",
            "P#*#ALERT",
            "P#*#RETENTION",
            "P#*#VERSIONS",
            "P#*#CHAIN",
        ),
        # Whether the time has passed for which a practice keeps a post, it sees by the whole history; whether somebody can be
        # paged under a version that is to act, by the ways that were confirmed.
        statement(
            "WhatIsKept", "dynamodb:Query", TABLE, condition=in_partitions("P#*#PEOPLE", "P#*#POST#*")
        ),
        statement("WhatIsDue", "dynamodb:Query", sub("${Table.Arn}/index/due")),
        # It counts what waits, for the digest.
        statement("WhatWaits", "dynamodb:Query", sub("${Table.Arn}/index/queue")),
        statement(
            "Email",
            "ses:SendEmail",
            [
                sub("arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${FromAddress}"),
                sub("arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/pagewarden-${Stage}"),
            ],
        ),
        # Telephone numbers are no resources of AWS's. A topic would send e-mail that anybody can unsubscribe.
        {
            "Sid": "Text",
            "Effect": "Allow",
            "Action": ["sns:Publish"],
            "NotResource": sub("arn:${AWS::Partition}:sns:*:*:*"),
        },
        # It writes anchors, and neither reads nor deletes them, nor says for how long they are locked.
        statement("Anchor", "s3:PutObject", sub("${AnchorsBucket.Arn}/*")),
        *follows_the_stream(),
    ],
    # Only the console sets it going. It alone may store a secret: a channel's, never an app's. It sees nothing of a practice but
    # which account is whose.
    "Connect": [
        reads("dynamodb:GetItem", "CHANNEL#*"),
        writes("dynamodb:PutItem", "P#*#SWEEP#*"),
        TOKENS,
        *secrets("channel/*", "facebook/app-??????", "google/client-??????", "x/client-??????"),
        statement(
            "StoreAChannel", "secretsmanager:CreateSecret secretsmanager:PutSecretValue", sub(SECRETS + "channel/*")
        ),
        statement("EncryptSecrets", "kms:GenerateDataKey", KEY, condition=through("secretsmanager")),
    ],
    # Anybody on the internet can open it. It writes what people decide, and knows no platform's secret and no channel.
    "Console": [
        reads("dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query", "P#*", "PERSON#*", "SESSION#*"),
        statement("WhatWaits", "dynamodb:Query", sub("${Table.Arn}/index/queue"), condition=in_partitions("Q#*", "DONE#*")),
        statement("WhoIsCalledSo", "dynamodb:Query", sub("${Table.Arn}/index/due"), condition=in_partitions("BY#*")),
        writes(
            "dynamodb:PutItem dynamodb:UpdateItem",
            "SESSION#*",
            "SIGNIN#*",
            "P#*#POST#*",
            "P#*#CHAIN",
            "P#*#COUNT",
            "P#*#SWITCH",
            "P#*#RULES",
            "P#*#VERSIONS",
            "P#*#ALERT",
            "P#*#CODES",
            "P#*#PEOPLE",
            "TRIES#*",
            "P#*#LOG",
        ),
        # It has no reader of its own: `moderate` says what would become of words, and writes nothing then.
        statement("TryWords", "lambda:InvokeFunction", ref("ModerateAliaslive")),
        statement("ConnectAccounts", "lambda:InvokeFunction", ref("ConnectAliaslive")),
        # What it shows and puts into evidence. It keeps none.
        statement("Pictures", "s3:GetObject", PICTURES),
        *secrets("console/client-??????"),
    ],
}


def assumed_by(service):
    return policy({"Effect": "Allow", "Principal": {"Service": [service]}, "Action": ["sts:AssumeRole"]})


def roles():
    for name in FUNCTIONS:
        logs = statement("Logs", "logs:CreateLogStream logs:PutLogEvents", att(f"{name}Logs.Arn"))
        yield f"{name}Role", resource(
            "AWS::IAM::Role",
            {
                "AssumeRolePolicyDocument": assumed_by("lambda.amazonaws.com"),
                # No policy of AWS's own: each of them allows more than anything here needs.
                "ManagedPolicyArns": [ref("EveryFunction")],
                "Policies": [{"PolicyName": name.lower(), "PolicyDocument": policy(logs, *MAY[name])}],
            },
        )
    yield "EveryFunction", resource(
        "AWS::IAM::ManagedPolicy",
        {
            "PolicyDocument": policy(
                statement("KeyOfTheTable", USE_KEY, KEY, condition=through("dynamodb")),
                # X-Ray has no resources to name.
                statement("Traces", "xray:PutTraceSegments xray:PutTelemetryRecords", "*"),
            )
        },
    )
    # SAM makes this one, for deployments.
    yield "CodeDeployServiceRole", resource(
        "AWS::IAM::Role",
        {
            "AssumeRolePolicyDocument": assumed_by("codedeploy.amazonaws.com"),
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda"],
        },
    )


# --- What is kept, and how it is encrypted --------------------------------------------------------


def table(names, **more):
    """A table that comes back whatever is done to it: kept, protected, copied, under our own key."""
    properties = {
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": True,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY},
        "KeySchema": keys("PK", "SK"),
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
    }
    return kept("AWS::DynamoDB::Table", properties | more)


def keys(hashed, ranged):
    return [{"AttributeName": hashed, "KeyType": "HASH"}, {"AttributeName": ranged, "KeyType": "RANGE"}]


def index(name, projection):
    return {"IndexName": name, "KeySchema": keys(f"{name}_pk", f"{name}_sk"), "Projection": projection}


def data():
    yield "Table", table(
        ["PK", "SK", "queue_pk", "queue_sk", "due_pk", "due_sk"],
        # The functions read what was and what is.
        StreamSpecification={"StreamViewType": "NEW_AND_OLD_IMAGES"},
        # Words of posts without a breach go by this, which the practices promise to their patients.
        TimeToLiveSpecification={"AttributeName": "expires", "Enabled": True},
        GlobalSecondaryIndexes=[
            index("queue", {"ProjectionType": "ALL"}),
            # `remind` may read this index, and the console a part of it, so it shows no more than keys and a kind.
            index("due", {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["due_kind"]}),
        ],
    )
    # No stream, which is why it is a table of its own, and nothing in it expires.
    yield "Access", table(["PK", "SK"])

    yield "GivenUp", resource(
        "AWS::SQS::Queue",
        # As long as can be, for a person has to look. The key is asked for again each hour.
        {"MessageRetentionPeriod": 14 * 86400, "KmsMasterKeyId": KEY, "KmsDataKeyReusePeriodSeconds": 3600},
    )
    clear = statement("OverTlsOnly", "sqs:SendMessage", att("GivenUp.Arn"), "Deny", IN_THE_CLEAR, "*")
    yield "GivenUpPolicy", resource(
        "AWS::SQS::QueuePolicy", {"Queues": [ref("GivenUp")], "PolicyDocument": policy(clear)}
    )

    logs = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:"
    ours = [sub(logs + f"{folder}pagewarden/${{AWS::StackName}}/*") for folder in ["/", "/aws/vendedlogs/"]]
    yield "Key", kept(
        "AWS::KMS::Key",
        {
            "EnableKeyRotation": True,
            # The longest there is, in which somebody notices.
            "PendingWindowInDays": 30,
            "KeyPolicy": policy(
                # Without it nobody could ever change the key again. Roles then say who may use it.
                statement(
                    "AdministeredByThisAccount",
                    "kms:*",
                    "*",
                    principal={"AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")},
                ),
                statement(
                    "LogsOfThisStack",
                    USE_KEY,
                    "*",
                    condition={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": ours}},
                    principal={"Service": sub("logs.${AWS::Region}.amazonaws.com")},
                ),
                statement(
                    "AlarmsIntoTheTopic",
                    "kms:Decrypt kms:GenerateDataKey",
                    "*",
                    condition=THIS_ACCOUNT,
                    principal={"Service": "cloudwatch.amazonaws.com"},
                ),
                statement(
                    "CallsOfTheTable",
                    "kms:GenerateDataKey kms:DescribeKey",
                    "*",
                    condition=THIS_TRAIL,
                    principal={"Service": "cloudtrail.amazonaws.com"},
                ),
            ),
        },
    )
    yield "KeyAlias", resource(
        "AWS::KMS::Alias", {"AliasName": sub("alias/pagewarden-${Stage}"), "TargetKeyId": ref("Key")}
    )


# --- Who called -----------------------------------------------------------------------------------


def selector(name, **fields):
    chosen = [{"Field": field.replace("__", "."), "Equals": [value]} for field, value in fields.items()]
    return {"Name": name, "FieldSelectors": chosen}


# A year, in which a complaint may come, and a month.
CALLS_KEPT_DAYS = 400


def locked_bucket(encryption, days, lifecycle):
    """A bucket of which not even who administers the account can delete or change anything before its time."""
    return kept(
        "AWS::S3::Bucket",
        {
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [encryption]},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "VersioningConfiguration": {"Status": "Enabled"},
            "ObjectLockEnabled": True,
            "ObjectLockConfiguration": {
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": days}},
            },
            "LifecycleConfiguration": {"Rules": [lifecycle]},
        },
    )


def trail():
    yield "Calls", resource(
        "AWS::CloudTrail::Trail",
        {
            "TrailName": ref("AWS::StackName"),
            "IsLogging": True,
            "S3BucketName": ref("CallsBucket"),
            "KMSKeyId": KEY,
            # The files are signed.
            "EnableLogFileValidation": True,
            # Whoever restores a copy elsewhere is seen too.
            "IsMultiRegionTrail": True,
            "AdvancedEventSelectors": [
                # No `readOnly` anywhere: reading is what an insider does.
                selector("What administers the account", eventCategory="Management"),
                # No name of a table: a restored copy has another.
                selector("Tables", eventCategory="Data", resources__type="AWS::DynamoDB::Table"),
                selector(
                    "Streams",
                    eventCategory="Data",
                    resources__type="AWS::DynamoDB::Stream",
                    eventName="GetShardIterator",
                ),
            ],
        },
        DependsOn="CallsPolicy",
    )
    kept_by = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    year = {
        "Id": "AYearAndAMonth",
        "Status": "Enabled",
        "ExpirationInDays": CALLS_KEPT_DAYS,
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    encryption = {"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": kept_by}
    yield "CallsBucket", locked_bucket(encryption, CALLS_KEPT_DAYS, year)
    bucket, service = att("CallsBucket.Arn"), {"Service": "cloudtrail.amazonaws.com"}
    inside = sub("${CallsBucket.Arn}/AWSLogs/${AWS::AccountId}/*")
    owned = {"StringEquals": THIS_TRAIL["StringEquals"] | {"s3:x-amz-acl": "bucket-owner-full-control"}}
    yield "CallsPolicy", resource(
        "AWS::S3::BucketPolicy",
        {
            "Bucket": ref("CallsBucket"),
            "PolicyDocument": policy(
                statement(
                    "NothingInTheClear", "s3:*", [bucket, sub("${CallsBucket.Arn}/*")], "Deny", IN_THE_CLEAR, "*"
                ),
                statement("TheTrailLooks", "s3:GetBucketAcl", bucket, condition=THIS_TRAIL, principal=service),
                statement("TheTrailWrites", "s3:PutObject", inside, condition=owned, principal=service),
            ),
        },
    )


# --- What the record was, day by day ---------------------------------------------------------------


def written_once(name, days, *more):
    """A locked bucket in which nothing expires and nothing is written over, and its policy."""
    # S3's own key: with ours, who administers the account could have what is there made unreadable.
    encryption = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    lifecycle = {"Id": "BrokenOff", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
    yield f"{name}Bucket", locked_bucket(encryption, ref(days), lifecycle)
    bucket, inside = att(f"{name}Bucket.Arn"), sub(f"${{{name}Bucket.Arn}}/*")
    over = {"Null": {"s3:if-none-match": "true"}}
    yield f"{name}Policy", resource(
        "AWS::S3::BucketPolicy",
        {
            "Bucket": ref(f"{name}Bucket"),
            "PolicyDocument": policy(
                statement("NothingInTheClear", "s3:*", [bucket, inside], "Deny", IN_THE_CLEAR, "*"),
                # What stands there is not covered by another version, whoever writes.
                statement("NothingIsWrittenOver", "s3:PutObject", inside, "Deny", over, "*"),
                *more,
            ),
        },
    )


def anchors():
    yield from written_once("Anchors", "AnchorLockDays")


# --- The pictures of posts, as evidence ------------------------------------------------------------


def pictures():
    # The functions read the newest version, which a mark of deletion would be. Versions go once their lock has ended.
    marked = statement("NothingIsMarkedAsDeleted", "s3:DeleteObject", PICTURES, "Deny", principal="*")
    yield from written_once("Pictures", "PictureLockDays", marked)


# --- The functions and what sets them going -------------------------------------------------------

# Each of them is given the real platforms' addresses: another one would be sent the tokens.
SHARED = {
    "PAGEWARDEN_TABLE": ref("Table"),
    "RUST_LOG": ref("LogLevel"),
    # Empty on AWS, where the SDK knows better.
    "AWS_ENDPOINT_URL_DYNAMODB": "",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER": "",
}
PREFIX = {"PAGEWARDEN_SECRETS_PREFIX": sub("pagewarden/${Stage}/")}
PLATFORMS = PREFIX | {
    "PAGEWARDEN_ACCESS_TABLE": ref("Access"),
    "PAGEWARDEN_GRAPH_URL": "https://graph.facebook.com",
    "PAGEWARDEN_GRAPH_VERSION": ref("GraphVersion"),
    "PAGEWARDEN_GOOGLE_URL": "https://mybusiness.googleapis.com",
    "PAGEWARDEN_GOOGLE_TOKEN_URL": "https://oauth2.googleapis.com/token",
    "PAGEWARDEN_X_URL": "https://api.x.com",
}
KEPT_PICTURES = {"PAGEWARDEN_PICTURES": sub("s3://${PicturesBucket}")}
ENVIRONMENT = {
    "Webhook": PREFIX
    | {
        # Whose keys these are may push hints.
        "PAGEWARDEN_GOOGLE_KEYS_URL": "https://www.googleapis.com/oauth2/v3/certs",
        "PAGEWARDEN_GOOGLE_PUSH_AUDIENCE": sub("pagewarden/${Stage}"),
        "PAGEWARDEN_GOOGLE_PUSH_ACCOUNT": ref("GooglePushAccount"),
    },
    # It tells authors whose posts are hidden where to ask for another look.
    "Moderate": {"PAGEWARDEN_CONSOLE_URL": ref("ConsoleUrl")},
    "Act": PLATFORMS | KEPT_PICTURES,
    "Sweep": PLATFORMS,
    "Remind": {
        "PAGEWARDEN_FROM_ADDRESS": ref("FromAddress"),
        "PAGEWARDEN_CONFIGURATION_SET": ref("NoticeMail"),
        "PAGEWARDEN_CONSOLE_URL": ref("ConsoleUrl"),
        # Empty on AWS: a folder there would swallow every page.
        "PAGEWARDEN_OUTBOX": "",
        "PAGEWARDEN_ANCHORS": sub("s3://${AnchorsBucket}"),
    },
    "Connect": PLATFORMS
    | {
        # Where people agree is as good as a password: no page but the platforms' own.
        "PAGEWARDEN_FACEBOOK_PAGES": "https://www.facebook.com",
        "PAGEWARDEN_X_PAGES": "https://x.com",
        "PAGEWARDEN_GOOGLE_PAGES": "https://accounts.google.com",
        "PAGEWARDEN_GOOGLE_ACCOUNTS": "https://mybusinessaccountmanagement.googleapis.com",
        "PAGEWARDEN_GOOGLE_LOCATIONS": "https://mybusinessbusinessinformation.googleapis.com",
        "PAGEWARDEN_CONSOLE_URL": ref("ConsoleUrl"),
    },
    "Console": PREFIX
    | {
        # Who may say who somebody is. All three are chosen by whoever deploys.
        "PAGEWARDEN_CONSOLE_URL": ref("ConsoleUrl"),
        "PAGEWARDEN_ISSUER_URL": ref("IssuerUrl"),
        "PAGEWARDEN_CLIENT_ID": ref("ClientId"),
        # The version that is rolled out, not the newest one.
        "PAGEWARDEN_MODERATE": ref("ModerateAliaslive"),
        "PAGEWARDEN_CONNECT": ref("ConnectAliaslive"),
    }
    | KEPT_PICTURES,
}
# Seconds. `webhook`: less than the 30 that the API waits. `act`: five records of six calls of ten
# seconds, with half a minute for pictures. `sweep`: over before the next quarter of an hour's run. `remind`: before the next minute's. `moderate`: ten
# texts that are as long as a text can be, at half a minute each. `console`: less than the API waits. `connect`: as
# long as it may take, though nobody waits so long: what it stores has to be whole.
TIMEOUT = {"Webhook": 20, "Moderate": 300, "Act": 460, "Sweep": 840, "Remind": 50, "Connect": 60, "Console": 25}
# MB, by which Lambda gives CPU as well. `moderate` is the one that computes, and people wait for `console`.
MEMORY = {"Moderate": 1024, "Console": 512}


def functions():
    model = {"LayerName": "pagewarden-model", "CompatibleRuntimes": ["provided.al2023"], "Content": {}}
    # An older version of the function still reads by the model that it came with.
    yield "Model", resource("AWS::Lambda::LayerVersion", model, DeletionPolicy="Retain")
    for name in FUNCTIONS:
        properties = {
            "Architectures": [ref("Architecture")],
            # What SAM built and where it put that. Neither an image nor text that stands in the template.
            "Code": {},
            "Environment": {"Variables": SHARED | ENVIRONMENT[name]},
            "Handler": "bootstrap",
            "LoggingConfig": {
                "LogFormat": "JSON",
                "ApplicationLogLevel": "INFO",
                "SystemLogLevel": "INFO",
                "LogGroup": ref(f"{name}Logs"),
            },
            "MemorySize": MEMORY.get(name, 256),
            "Role": att(f"{name}Role.Arn"),
            "Runtime": "provided.al2023",
            "Timeout": TIMEOUT[name],
            "TracingConfig": {"Mode": "Active"},
        }
        if name == "Moderate":
            # The second reader's model.
            properties["Layers"] = [ref("Model")]
        if name == "Webhook":
            # It waits on callers. A limit on the others would turn away what comes in order.
            properties["ReservedConcurrentExecutions"] = ref("WebhookConcurrency")
        if name == "Connect":
            # Whoever takes over the console can call it.
            properties["ReservedConcurrentExecutions"] = 5
        if name == "Console":
            # A flood of it must leave the account's concurrency to the others.
            properties["ReservedConcurrentExecutions"] = 10
        yield name, resource("AWS::Lambda::Function", properties)
        group = f"/pagewarden/${{AWS::StackName}}/{name.lower()}"
        yield f"{name}Logs", log_group(group)
        yield f"{name}LoggedErrors", counted(f"{name}Logs", '{ $.level = "ERROR" }', f"{name}LoggedErrors")
        yield from rolled_out(name)


def log_group(name):
    return resource(
        "AWS::Logs::LogGroup", {"LogGroupName": sub(name), "RetentionInDays": ref("LogRetentionDays"), "KmsKeyId": KEY}
    )


def counted(logs, pattern, metric):
    """A figure that is made of log lines."""
    made = {"MetricNamespace": "Pagewarden", "MetricName": metric, "MetricValue": "1"}
    return resource(
        "AWS::Logs::MetricFilter",
        {"LogGroupName": ref(logs), "FilterPattern": pattern, "MetricTransformations": [made]},
    )


def rolled_out(name):
    """A new version takes over step by step, and an alarm of the function takes it back."""
    yield f"{name}Version", resource("AWS::Lambda::Version", {"FunctionName": ref(name)}, DeletionPolicy="Retain")
    step = {
        "ApplicationName": ref("ServerlessDeploymentApplication"),
        "DeploymentGroupName": ref(f"{name}DeploymentGroup"),
    }
    yield f"{name}Aliaslive", resource(
        "AWS::Lambda::Alias",
        {"FunctionName": ref(name), "FunctionVersion": att(f"{name}Version.Version"), "Name": "live"},
        UpdatePolicy={"CodeDeployLambdaAliasUpdate": step},
    )
    yield f"{name}DeploymentGroup", resource(
        "AWS::CodeDeploy::DeploymentGroup",
        {
            "AlarmConfiguration": {"Alarms": [{"Name": ref(f"{name}Errors")}], "Enabled": True},
            "ApplicationName": ref("ServerlessDeploymentApplication"),
            "AutoRollbackConfiguration": {
                "Enabled": True,
                "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
            },
            "DeploymentConfigName": sub("CodeDeployDefault.Lambda${ConfigName}", ConfigName="Canary10Percent5Minutes"),
            "DeploymentStyle": {"DeploymentOption": "WITH_TRAFFIC_CONTROL", "DeploymentType": "BLUE_GREEN"},
            "ServiceRoleArn": att("CodeDeployServiceRole.Arn"),
        },
    )


def record(*, events=("INSERT", "MODIFY"), **image):
    """A filter of the stream: what was written and has such an image."""
    pattern = {"eventName": list(events), "dynamodb": {"NewImage": {n: {"S": s} for n, s in image.items()}}}
    return {"Pattern": json.dumps(pattern)}


def new(**image):
    """The same of what was not there before: telling people writes to it, and must not be told of that."""
    return record(events=["INSERT"], **image)


# What a function is shown of the stream, and how many records and lanes at once. A record too much
# costs money and shows words to who need not see them; one too few waits for minutes until `remind`
# finds it.
STREAMS = {
    "Moderate": (10, 4, [record(due_kind=["revision"])]),
    "Act": (5, 4, [record(status=["pending"], due_kind=["action"])]),
    "Sweep": (10, None, [record(due_kind=["unread"]), record(wanted=[{"exists": True}])]),
    "Remind": (
        10,
        None,
        [
            new(due_kind=["task"], urgency=["now"]),
            new(due_kind=["task"], kind=["reconnect_channel", "repair_contact"]),
            new(due_kind=["alert"]),
        ],
    ),
}
SCHEDULES = [
    ("Sweep", "Hourly", "rate(1 hour)", None),
    ("Sweep", "LeftOver", "rate(15 minutes)", '{"sweep": "left_over"}'),
    ("Remind", "EveryMinute", "rate(1 minute)", None),
]
# What a schedule missed, its next run finds. Seconds after which a run that did not begin is dropped.
RUNS_LATE = {"Sweep": 3600, "Remind": 60}
ROUTES = [
    ("Webhook", "FacebookHandshake", "get", "/webhooks/facebook"),
    ("Webhook", "FacebookDelivery", "post", "/webhooks/facebook"),
    ("Webhook", "XChallenge", "get", "/webhooks/x"),
    ("Webhook", "XDelivery", "post", "/webhooks/x"),
    ("Webhook", "GoogleHint", "post", "/webhooks/google"),
    # Whatever is left, for its answers to what is wrong are pages that people read.
    ("Console", "Start", "any", "/"),
    ("Console", "Pages", "any", "/{proxy+}"),
]


def permission(name, service, source):
    properties = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": ref(f"{name}Aliaslive"),
        "Principal": service,
        "SourceArn": source,
    }
    return resource("AWS::Lambda::Permission", properties)


def triggers():
    for name, (batch, lanes, filters) in STREAMS.items():
        properties = {
            "EventSourceArn": att("Table.StreamArn"),
            "FunctionName": ref(f"{name}Aliaslive"),
            # Nothing that was written before the function was there is left out.
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": batch,
            "FilterCriteria": {"Filters": filters},
            # A record that fails holds up its lane for a while and no longer, alone, and leaves a note.
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "BisectBatchOnFunctionError": True,
            "MaximumRetryAttempts": 5,
            "MaximumRecordAgeInSeconds": 3600,
            "DestinationConfig": {"OnFailure": {"Destination": att("GivenUp.Arn")}},
        }
        if lanes:
            properties["ParallelizationFactor"] = lanes
        yield f"{name}Stream", resource("AWS::Lambda::EventSourceMapping", properties)
    for name, event, every, handed in SCHEDULES:
        target = {"Arn": ref(f"{name}Aliaslive"), "Id": f"{name}{event}LambdaTarget"}
        if handed:
            target["Input"] = handed
        yield f"{name}{event}", resource("AWS::Events::Rule", {"ScheduleExpression": every, "Targets": [target]})
        yield f"{name}{event}Permission", permission(name, "events.amazonaws.com", att(f"{name}{event}.Arn"))
    for name, late in RUNS_LATE.items():
        yield f"{name}EventInvokeConfig", resource(
            "AWS::Lambda::EventInvokeConfig",
            {
                "DestinationConfig": {},
                "FunctionName": ref(name),
                "MaximumEventAgeInSeconds": late,
                "MaximumRetryAttempts": 0,
                "Qualifier": "live",
            },
            DependsOn=[f"{name}Aliaslive"],
        )


def way_in():
    arn = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/"
    lambdas = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
    paths = {}
    for name, event, method, path in ROUTES:
        named = method.upper() if method != "any" else "*"
        source = sub(arn + named + path.replace("{proxy+}", "*"), __ApiId__=ref("Api"), __Stage__="*")
        yield f"{name}{event}Permission", permission(name, "apigateway.amazonaws.com", source)
        proxy = {
            "httpMethod": "POST",
            "type": "aws_proxy",
            "uri": sub(lambdas + f"${{{name}Aliaslive}}/invocations"),
            "payloadFormatVersion": "2.0",
        }
        called = method if method != "any" else "x-amazon-apigateway-any-method"
        made = {"x-amazon-apigateway-integration": proxy, "responses": {}}
        if "{" in path:
            # OpenAPI wants every part of a path declared.
            made["parameters"] = [{"in": "path", "name": "proxy+", "required": True}]
        paths.setdefault(path, {})[called] = made
    # No CORS: no page of another site has any business here.
    yield "Api", resource("AWS::ApiGatewayV2::Api", {"Body": {"openapi": "3.0.1", "paths": paths}})
    # The route and not the path, for the handshake's query holds the verify token. No header either.
    fields = {
        "requestId": "requestId",
        "at": "requestTimeEpoch",
        "route": "routeKey",
        "status": "status",
        "sourceIp": "identity.sourceIp",
        "bytes": "responseLength",
        "latency_ms": "responseLatency",
        "error": "integrationErrorMessage",
    }
    yield "ApiApiGatewayDefaultStage", resource(
        "AWS::ApiGatewayV2::Stage",
        {
            "ApiId": ref("Api"),
            "StageName": "$default",
            "AutoDeploy": True,
            "DefaultRouteSettings": {
                "ThrottlingRateLimit": ref("RequestsPerSecond"),
                "ThrottlingBurstLimit": ref("RequestBurst"),
                "DetailedMetricsEnabled": True,
            },
            "AccessLogSettings": {
                "DestinationArn": att("ApiLogs.Arn"),
                "Format": json.dumps({name: f"$context.{field}" for name, field in fields.items()}),
            },
        },
    )
    yield "ApiLogs", log_group("/aws/vendedlogs/pagewarden/${AWS::StackName}/api")
    yield "TurnedAwayDeliveries", counted("ApiLogs", '{ $.status = "429" }', "TurnedAway")


# --- Who is told ----------------------------------------------------------------------------------


def own(name):
    return {"Namespace": "Pagewarden", "MetricName": name}


def of(function, name):
    return {
        "Namespace": "AWS/Lambda",
        "MetricName": name,
        "Dimensions": [{"Name": "FunctionName", "Value": ref(function)}],
    }


def api(name):
    return {"Namespace": "AWS/ApiGateway", "MetricName": name, "Dimensions": [{"Name": "ApiId", "Value": ref("Api")}]}


def stat(id, metric, stat="Sum", period=300):
    return {"Id": id, "ReturnData": False, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}


def math(label, expression, *parts, id="all"):
    return {"Metrics": [{"Id": id, "Label": label, "Expression": expression, "ReturnData": True}, *parts]}


def figure(metric, period, statistic="Sum"):
    return metric | {"Statistic": statistic, "Period": period}


def alarm(watched, times=1, at=1, silence=False):
    """Tells the topic when it begins and when it is over. With `silence`, too little is the trouble."""
    return resource(
        "AWS::CloudWatch::Alarm",
        watched
        | {
            "EvaluationPeriods": times,
            "Threshold": at,
            "ComparisonOperator": "LessThanThreshold" if silence else "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "breaching" if silence else "notBreaching",
            "AlarmActions": [ref("Alarms")],
            "OKActions": [ref("Alarms")],
        },
    )


def mail():
    """Who sends the notices, and how what did not arrive comes back."""
    of_set = {"ConfigurationSetName": ref("NoticeMail")}
    yield "Sender", resource(
        "AWS::SES::EmailIdentity",
        {"EmailIdentity": ref("FromAddress"), "ConfigurationSetAttributes": of_set},
        Condition="HasFromAddress",
    )
    yield "NoticeMail", resource(
        "AWS::SES::ConfigurationSet",
        {"Name": sub("pagewarden-${Stage}"), "DeliveryOptions": {"TlsPolicy": "REQUIRE"}},
    )
    bus = sub("arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default")
    yield "NoticeMailEvents", resource(
        "AWS::SES::ConfigurationSetEventDestination",
        of_set
        | {
            "EventDestination": {
                "Name": "remind",
                "Enabled": True,
                "MatchingEventTypes": ["bounce", "reject"],
                "EventBridgeDestination": {"EventBusArn": bus},
            }
        },
    )
    # Of this stack's mail alone: another one's practices are not ours.
    ours = {"mail": {"tags": {"ses:configuration-set": [ref("NoticeMail")]}}}
    pattern = {"source": ["aws.ses"], "detail-type": ["Email Bounced", "Email Rejected"], "detail": ours}
    target = {"Arn": ref("RemindAliaslive"), "Id": "RemindMailCameBackLambdaTarget"}
    yield "RemindMailCameBack", resource("AWS::Events::Rule", {"EventPattern": pattern, "Targets": [target]})
    yield (
        "RemindMailCameBackPermission",
        permission("Remind", "events.amazonaws.com", att("RemindMailCameBack.Arn")),
    )


def alarms():
    # Somebody may be in danger: one is enough, within the minute.
    yield "Paged", alarm(figure(own("Paged"), 60))
    # A page that reaches nobody leaves somebody in danger without help.
    yield "NoticeFailed", alarm(figure(own("NoticeFailed"), 60))
    # The same, less surely: in the hours of the surgery, and when it opens.
    yield "LookToday", alarm(figure(own("LookToday"), 60))
    # One may be waiting for its second try; two times five minutes is trouble.
    yield "Undecided", alarm(figure(own("Undecided"), 300), times=2)
    # Each of these is one thing that somebody has to look at.
    for name in ["ActionFailed", "QuotaTripped", "ChannelStopped", "Revoked", "Unreadable"]:
        yield name, alarm(figure(own(name), 300))
    # Told once an hour, as often as it is looked at.
    for name in ["UnknownChannel", "SweepFailed", "PageSilent", "NotAnchored"]:
        yield name, alarm(figure(own(name), 3600))
    # Some are always wrong: scanners, and old deliveries after a secret was changed.
    yield "Refused", alarm(figure(own("Refused"), 300), at=50)
    # One for all: forgeries can use up what the platforms need.
    yield "TurnedAway", alarm(figure(own("TurnedAway"), 300))
    # More than one a second.
    yield "ApiRefusing", alarm(figure(api("4xx"), 300), at=300)
    # Facebook ends a subscription after an hour of these.
    yield "ApiFailing", alarm(figure(api("5xx"), 300), at=5)
    for name in FUNCTIONS:
        crashed, logged = stat("crashed", of(name, "Errors")), stat("logged", own(f"{name}LoggedErrors"))
        yield f"{name}Errors", alarm(math("crashed or logged", "FILL(crashed, 0) + FILL(logged, 0)", crashed, logged))
    throttles = [stat(name.lower(), of(name, "Throttles")) for name in FUNCTIONS]
    yield "Throttled", alarm(math("throttled", "SUM(METRICS())", *throttles))
    # Two minutes behind, for five minutes.
    for name in ["Moderate", "Act"]:
        yield f"{name}Behind", alarm(figure(of(name, "IteratorAge"), 60, "Maximum"), times=5, at=120_000)
    given_up = {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateNumberOfMessagesVisible",
        "Dimensions": [{"Name": "QueueName", "Value": att("GivenUp.QueueName")}],
    }
    yield "RecordsGivenUp", alarm(figure(given_up, 300, "Maximum"))
    # What never runs reports nothing, so silence itself is the alarm.
    ended = math(
        "ended well",
        "started - failed",
        stat("started", of("Remind", "Invocations")),
        stat("failed", of("Remind", "Errors")),
        id="ended",
    )
    yield "RemindSilent", alarm(ended, times=2, silence=True)
    yield "SweepSilent", alarm(figure(own("Rounds"), 3600), times=2, silence=True)


def told():
    yield "Alarms", resource("AWS::SNS::Topic", {"KmsMasterKeyId": KEY})
    publish = statement(
        "AlarmsOfThisAccount",
        "sns:Publish",
        ref("Alarms"),
        condition=THIS_ACCOUNT,
        principal={"Service": "cloudwatch.amazonaws.com"},
    )
    yield "AlarmsPolicy", resource(
        "AWS::SNS::TopicPolicy", {"Topics": [ref("Alarms")], "PolicyDocument": policy(publish)}
    )
    someone = {"TopicArn": ref("Alarms"), "Protocol": "email", "Endpoint": ref("AlarmEmail")}
    yield "AlarmSubscription", resource("AWS::SNS::Subscription", someone, Condition="HasAlarmEmail")
    subscriber = [{"SubscriptionType": "EMAIL", "Address": ref("AlarmEmail")}]

    def when(kind, percent):
        notice = {"NotificationType": kind, "ComparisonOperator": "GREATER_THAN", "Threshold": percent}
        return {"Notification": notice, "Subscribers": subscriber}

    yield "Spending", resource(
        "AWS::Budgets::Budget",
        {
            "Budget": {
                "BudgetType": "COST",
                "TimeUnit": "MONTHLY",
                "BudgetLimit": {"Amount": ref("MonthlyDollars"), "Unit": "USD"},
            },
            "NotificationsWithSubscribers": [when("FORECASTED", 100), when("ACTUAL", 80)],
        },
        Condition="HasAlarmEmail",
    )
    yield "Dashboard", resource("AWS::CloudWatch::Dashboard", {"DashboardName": sub("pagewarden-${Stage}")})
    yield "ServerlessDeploymentApplication", resource("AWS::CodeDeploy::Application", {"ComputePlatform": "Lambda"})


def resources():
    """Returns every resource that may be there, by its name."""
    return {
        name: made for part in [roles, data, trail, anchors, pictures, functions, triggers, way_in, mail, alarms, told] for name, made in part()
    }


# --- What whoever deploys may choose --------------------------------------------------------------


def number(default, least, most=None):
    limits = {"MinValue": least} | ({"MaxValue": most} if most is not None else {})
    return {"Type": "Number", "Default": default} | limits


def one_of(*values, default):
    kind = "Number" if isinstance(default, int) else "String"
    return {"Type": kind, "Default": default, "AllowedValues": list(values)}


def text(pattern):
    return {"Type": "String", "Default": "", "AllowedPattern": pattern}


EMAIL = text(r"^$|^[^@\s]+@[^@\s]+\.[^@\s]+$")
NO_EMAIL = {"Fn::Equals": [ref("AlarmEmail"), ""]}
NO_SENDER = {"Fn::Equals": [ref("FromAddress"), ""]}

PARAMETERS = {
    "Stage": one_of("staging", "production", default="staging"),
    "Architecture": one_of("arm64", "x86_64", default="arm64"),
    # Libraries write whole bodies at `debug` and `trace`.
    "LogLevel": one_of("error", "warn", "info", default="info"),
    "LogRetentionDays": one_of(7, 30, 90, 180, 365, 400, default=90),
    "Rollout": one_of(
        "AllAtOnce",
        "Canary10Percent5Minutes",
        "Canary10Percent15Minutes",
        "Linear10PercentEvery1Minute",
        default="AllAtOnce",
    ),
    "GraphVersion": one_of("v25.0", "v26.0", default="v26.0"),
    "WebhookConcurrency": number(20, 0, 500),
    "RequestsPerSecond": number(50, 1, 1000),
    "RequestBurst": number(100, 1, 2000),
    "GooglePushAccount": EMAIL,
    # Over TLS alone: the cookies and the client's secret go there.
    "ConsoleUrl": text(r"^$|^https://[A-Za-z0-9.-]+(:[0-9]+)?$"),
    "IssuerUrl": text(r"^$|^https://[^\s?#]+$"),
    "ClientId": {"Type": "String", "Default": ""},
    # A month at least, or what somebody did on holiday is not found.
    "AnchorLockDays": number(400, 30, 3650),
    # A year, in which a complaint may come, and a month.
    "PictureLockDays": number(760, 30, 3650),
    "AlarmEmail": EMAIL,
    "FromAddress": EMAIL,
    "MonthlyDollars": number(100, 1),
}
CONDITIONS = {"HasAlarmEmail": {"Fn::Not": [NO_EMAIL]}, "HasFromAddress": {"Fn::Not": [NO_SENDER]}}
# A page that nobody hears leaves somebody in danger without help.
RULES = {
    "ProductionTellsSomebody": {
        "RuleCondition": {"Fn::Equals": [ref("Stage"), "production"]},
        "Assertions": [{"Assert": {"Fn::Not": [NO_EMAIL]}}, {"Assert": {"Fn::Not": [NO_SENDER]}}],
    }
}


def template():
    """Returns the whole translated template, but for what is let pass."""
    return {"Parameters": PARAMETERS, "Rules": RULES, "Conditions": CONDITIONS, "Resources": resources()}
