//! What is deployed: the template against the code, and against the rules for roles and queues.

mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The folders in `functions/`: each is a function.
fn folders() -> BTreeSet<String> {
    let entries = fs::read_dir(Path::new(ROOT).join("functions")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let functions = paths.filter(|path| path.join("main.rs").is_file());
    functions
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect()
}

/// `gmail_webhook` is `GmailWebhook`.
fn logical_id(folder: &str) -> String {
    let words = folder.split('_');
    words
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

fn resources(kind: &str) -> Map<String, Value> {
    let template = yaml::template();
    let all = template["Resources"].as_object().unwrap().clone();
    all.into_iter()
        .filter(|(_, resource)| resource["Type"] == kind)
        .collect()
}

fn functions() -> BTreeMap<String, Value> {
    let functions = resources("AWS::Serverless::Function").into_iter();
    functions
        .map(|(name, function)| (name, function["Properties"].clone()))
        .collect()
}

/// Every event of the functions: function, type and properties.
fn events(kind: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, function) in functions() {
        for event in function["Events"]
            .as_object()
            .into_iter()
            .flat_map(Map::values)
        {
            if event["Type"] == kind {
                found.push((name.clone(), event["Properties"].clone()));
            }
        }
    }
    found
}

/// Seconds that a function may take: its own setting or the one for all.
fn timeout(function: &str) -> u64 {
    let own = functions()[function]["Timeout"].as_u64();
    own.or_else(|| yaml::template()["Globals"]["Function"]["Timeout"].as_u64())
        .unwrap()
}

/// What a role may do: actions with the resource each is for, from its own policies and the named.
fn grants(role: &Value) -> Vec<(String, Value)> {
    let named = resources("AWS::IAM::ManagedPolicy");
    let mut documents: Vec<Value> = Vec::new();
    for policy in role["Policies"].as_array().into_iter().flatten() {
        documents.push(policy["PolicyDocument"].clone());
    }
    for policy in role["ManagedPolicyArns"].as_array().into_iter().flatten() {
        let policy = policy.get("Fn::If").map_or(policy, |choice| &choice[1]);
        let name = policy["Ref"]
            .as_str()
            .unwrap_or_else(|| panic!("{policy} is not our own"));
        documents.push(named[name]["Properties"]["PolicyDocument"].clone());
    }
    let mut grants = Vec::new();
    for statement in documents
        .iter()
        .flat_map(|all| all["Statement"].as_array().unwrap())
    {
        assert_eq!(statement["Effect"], "Allow");
        let actions = match &statement["Action"] {
            Value::Array(actions) => actions.clone(),
            action => vec![action.clone()],
        };
        for action in actions {
            grants.push((
                action.as_str().unwrap().to_owned(),
                statement["Resource"].clone(),
            ));
        }
    }
    grants
}

#[test]
fn every_folder_in_functions_is_a_function_of_the_template() {
    let expected: BTreeSet<String> = folders().iter().map(|folder| logical_id(folder)).collect();
    let deployed: BTreeSet<String> = functions().into_keys().collect();
    assert_eq!(deployed, expected);
    for folder in folders() {
        let function = &functions()[&logical_id(&folder)];
        assert_eq!(function["CodeUri"], format!("target/lambda/{folder}/"));
        let name = format!("${{AWS::StackName}}-{folder}");
        assert_eq!(function["FunctionName"], json!({ "Fn::Sub": name }));
        let logs = &resources("AWS::Logs::LogGroup")[&format!("{}Logs", logical_id(&folder))];
        let group = json!({ "Fn::Sub": format!("/aws/lambda/{name}") });
        assert_eq!(logs["Properties"]["LogGroupName"], group);
    }
}

#[test]
fn the_api_sends_each_method_and_path_to_the_function_that_answers_it() {
    let deployed: BTreeSet<(String, String, String)> = events("HttpApi")
        .into_iter()
        .map(|(function, event)| {
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            (text("Method"), text("Path"), function)
        })
        .collect();
    let mut answered = BTreeSet::new();
    for route in functions::ROUTES {
        for endpoint in route.endpoints {
            let (method, path) = (endpoint.method.to_owned(), endpoint.path.to_owned());
            answered.insert((method, path, logical_id(route.name)));
        }
    }
    assert_eq!(deployed, answered);
}

#[test]
fn every_consumer_has_a_queue_and_answers_for_each_message() {
    let events = events("SQS");
    let working: BTreeSet<String> = events
        .iter()
        .map(|(function, _)| function.clone())
        .collect();
    let consumers = functions::CONSUMERS
        .iter()
        .map(|consumer| logical_id(consumer.name));
    assert_eq!(working, consumers.collect());
    for (_, event) in events {
        assert_eq!(
            event["FunctionResponseTypes"],
            json!(["ReportBatchItemFailures"])
        );
        assert!(
            event["ScalingConfig"]["MaximumConcurrency"]
                .as_u64()
                .unwrap()
                >= 2
        );
    }
}

#[test]
fn the_clock_ticks_for_the_sweep_each_minute_for_watches_each_hour_and_for_the_audit_log_each_day()
{
    let ticks: BTreeMap<String, String> = events("ScheduleV2")
        .into_iter()
        .map(|(function, event)| {
            (
                function,
                event["ScheduleExpression"].as_str().unwrap().into(),
            )
        })
        .collect();
    let expected = [
        ("AuditVerify", "rate(1 day)"),
        ("Sweep", "rate(1 minute)"),
        ("WatchRenewal", "rate(1 hour)"),
    ];
    assert_eq!(
        ticks,
        expected
            .map(|(function, rate)| (function.into(), rate.into()))
            .into()
    );
}

#[test]
fn a_message_stays_hidden_for_six_times_as_long_as_its_worker_may_take() {
    let queues = resources("AWS::SQS::Queue");
    for (function, event) in events("SQS") {
        let queue = event["Queue"]["Fn::GetAtt"][0].as_str().unwrap();
        let hidden = queues[queue]["Properties"]["VisibilityTimeout"]
            .as_u64()
            .unwrap();
        assert!(
            hidden >= 6 * timeout(&function),
            "{queue}: {hidden} s for {function}"
        );
    }
}

#[test]
fn every_queue_is_encrypted_refuses_plain_http_and_has_dead_letters() {
    let queues = resources("AWS::SQS::Queue");
    let mut dead_letters = BTreeSet::new();
    for (name, queue) in &queues {
        let queue = &queue["Properties"];
        assert_eq!(queue["SqsManagedSseEnabled"], true, "{name}");
        if let Some(redrive) = queue.get("RedrivePolicy") {
            let target = redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]
                .as_str()
                .unwrap();
            assert!(redrive["maxReceiveCount"].as_u64().unwrap() >= 5, "{name}");
            dead_letters.insert(target.to_owned());
        } else {
            assert!(name.ends_with("DeadLetters"), "{name} has no dead letters");
        }
    }
    assert_eq!(dead_letters.len() * 2, queues.len());

    // SQS refuses a policy whose statement names more than one resource, or another queue.
    let policies = resources("AWS::SQS::QueuePolicy");
    assert_eq!(policies.len(), queues.len());
    for name in queues.keys() {
        let policy = &policies[&format!("{name}TlsOnly")]["Properties"];
        assert_eq!(policy["Queues"], json!([{ "Ref": name }]));
        let statement = json!([{
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": { "Fn::GetAtt": [name, "Arn"] },
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        }]);
        assert_eq!(policy["PolicyDocument"]["Statement"], statement, "{name}");
    }
}

/// Which queues each function nudges, wherever in its work it does so. A function that is missing
/// here has no business with a queue but the one it consumes.
const NUDGES: [(&str, &[&str]); 18] = [
    ("CalendarCallback", &["SyncQueue"]),
    ("CalendarConfig", &["SyncQueue"]),
    ("CalendarSync", &["SyncQueue"]),
    ("CalendarWebhook", &["SyncQueue"]),
    (
        "Dashboard",
        &["SyncQueue", "RepliesQueue", "EnrichmentQueue"],
    ),
    ("GmailCallback", &["SyncQueue"]),
    ("GmailWebhook", &["SyncQueue"]),
    ("GmailSync", &["SyncQueue"]),
    ("GmailReplies", &["RepliesQueue"]),
    ("GmailThreads", &["EnrichmentQueue"]),
    ("Lead", &["SyncQueue", "RepliesQueue"]),
    ("LeadEnrich", &["EnrichmentQueue"]),
    ("Sync", &["SyncQueue", "RepliesQueue"]),
    ("AutoReply", &["SyncQueue", "RepliesQueue"]),
    ("Sweep", &["SyncQueue", "RepliesQueue", "EnrichmentQueue"]),
    ("TourChange", &["SyncQueue"]),
    ("TourCreate", &["SyncQueue"]),
    ("TourPage", &["SyncQueue"]),
];

/// What a function may do beyond writing its own log and reading the secret.
fn allowed(function: &str) -> Vec<(&'static str, String)> {
    let nudges = NUDGES.iter().filter(|(name, _)| *name == function);
    let nudges = nudges.flat_map(|(_, queues)| queues.iter());
    let mut allowed: Vec<_> = nudges
        .map(|queue| ("sqs:SendMessage", (*queue).to_owned()))
        .collect();
    for (_, event) in events("SQS").iter().filter(|(name, _)| name == function) {
        let queue = event["Queue"]["Fn::GetAtt"][0].as_str().unwrap();
        for action in [
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
        ] {
            allowed.push((action, queue.to_owned()));
        }
    }
    allowed
}

#[test]
fn exactly_the_functions_that_nudge_a_queue_may_send_to_it() {
    let roles = resources("AWS::IAM::Role");
    let mut may_send = BTreeSet::new();
    for name in functions().into_keys() {
        let role = &roles[&format!("{name}Role")]["Properties"];
        for (action, resource) in grants(role) {
            if action == "sqs:SendMessage" {
                let queue = resource["Fn::GetAtt"][0].as_str().unwrap();
                may_send.insert((name.clone(), queue.to_owned()));
            }
        }
    }
    let nudging = NUDGES.iter().flat_map(|(name, queues)| {
        queues
            .iter()
            .map(|queue| ((*name).to_owned(), (*queue).to_owned()))
    });
    assert_eq!(may_send, nudging.collect());
}

#[test]
fn a_role_grants_what_its_function_uses_and_nothing_else() {
    let roles = resources("AWS::IAM::Role");
    for (name, function) in functions() {
        let role = function["Role"]["Fn::GetAtt"][0].as_str().unwrap();
        assert_eq!(role, format!("{name}Role"), "a role of its own");
        let arn = |resource: &str| json!({ "Fn::GetAtt": [resource, "Arn"] });
        let mut expected = vec![
            (
                "logs:CreateLogStream".to_owned(),
                arn(&format!("{name}Logs")),
            ),
            ("logs:PutLogEvents".to_owned(), arn(&format!("{name}Logs"))),
            (
                "secretsmanager:GetSecretValue".to_owned(),
                json!({ "Ref": "SecretArn" }),
            ),
            ("xray:PutTelemetryRecords".to_owned(), json!("*")),
            ("xray:PutTraceSegments".to_owned(), json!("*")),
        ];
        for (action, queue) in allowed(&name) {
            expected.push((action.to_owned(), arn(&queue)));
        }
        let mut granted = grants(&roles[role]["Properties"]);
        granted.sort_by_key(|(action, resource)| (action.clone(), resource.to_string()));
        expected.sort_by_key(|(action, resource)| (action.clone(), resource.to_string()));
        assert_eq!(granted, expected, "{name}");
    }
}

#[test]
fn no_role_has_a_wildcard_except_where_x_ray_knows_no_resource() {
    for (name, role) in resources("AWS::IAM::Role") {
        for (action, resource) in grants(&role["Properties"]) {
            assert!(!action.contains('*'), "{name}: {action}");
            let anything = resource.to_string().contains('*');
            assert!(
                !anything || action.starts_with("xray:"),
                "{name}: {action} on {resource}"
            );
        }
    }
}

#[test]
fn the_environment_names_things_and_holds_no_secret() {
    let template = yaml::template();
    let variables = template["Globals"]["Function"]["Environment"]["Variables"]
        .as_object()
        .unwrap();
    assert!(variables.contains_key("SECRETS_ID"));
    for (name, function) in functions() {
        assert!(
            function.get("Environment").is_none(),
            "{name} has variables of its own"
        );
    }
    let secret = [
        "DATABASE_URL",
        "GOOGLE_CLIENT_ID",
        "GOOGLE_CLIENT_SECRET",
        "GMAIL_WEBHOOK_SECRET",
        "TOKEN_KEYS",
        "SESSION_KEY",
        "AUTH_JWT_SECRET",
        "OPENAI_API_KEY",
    ];
    for (name, value) in variables {
        assert!(
            !secret.contains(&name.as_str()),
            "{name} belongs into the secret"
        );
        assert!(
            value.is_object(),
            "{name} is written out instead of being named"
        );
    }
    for (name, parameter) in template["Parameters"].as_object().unwrap() {
        assert!(
            parameter.get("NoEcho").is_none(),
            "{name} looks like a secret"
        );
    }
}

#[test]
fn the_stage_bounds_what_strangers_may_send() {
    let api = &resources("AWS::Serverless::HttpApi")["Api"]["Properties"];
    let limits = &api["DefaultRouteSettings"];
    assert!(limits["ThrottlingRateLimit"].as_u64().unwrap() > 0);
    assert!(limits["ThrottlingBurstLimit"].as_u64().unwrap() > 0);
}

#[test]
fn every_worker_the_api_and_every_dead_letter_queue_is_watched_by_an_alarm() {
    let alarms = resources("AWS::CloudWatch::Alarm");
    let watched = |metric: &str| -> BTreeSet<String> {
        let about = alarms
            .values()
            .filter(|alarm| alarm["Properties"]["MetricName"] == metric);
        let things = about.map(
            |alarm| match &alarm["Properties"]["Dimensions"][0]["Value"] {
                Value::Null => "all".to_owned(),
                value => value
                    .get("Ref")
                    .unwrap_or(&value["Fn::GetAtt"][0])
                    .as_str()
                    .unwrap()
                    .into(),
            },
        );
        things.collect()
    };
    // What HTTP functions do wrong is the API's 5xx; a failed migration fails `make deploy`.
    let workers = events("SQS")
        .into_iter()
        .chain(events("ScheduleV2"))
        .map(|(name, _)| name);
    assert_eq!(watched("Errors"), workers.collect());
    assert_eq!(watched("5xx"), ["Api".to_owned()].into());
    assert_eq!(watched("Throttles"), ["all".to_owned()].into());
    let queues = resources("AWS::SQS::Queue")
        .into_iter()
        .map(|(name, _)| name);
    let dead_letters = queues.filter(|name| name.ends_with("DeadLetters"));
    assert_eq!(
        watched("ApproximateNumberOfMessagesVisible"),
        dead_letters.collect()
    );
}

#[test]
fn every_alarm_says_where_its_runbook_is() {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap_or_default();
    let headings = readme.lines().filter(|line| line.starts_with('#'));
    let anchors: BTreeSet<String> = headings
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .replace(' ', "-")
        })
        .collect();
    for (name, alarm) in resources("AWS::CloudWatch::Alarm") {
        let text = alarm["Properties"]["AlarmDescription"]["Fn::Sub"]
            .as_str()
            .unwrap()
            .to_owned();
        let (_, anchor) = text
            .split_once("${RunbookUrl}#")
            .unwrap_or_else(|| panic!("{name}"));
        assert!(
            anchors.contains(anchor),
            "README.md has no heading for {name}: {anchor}"
        );
        assert!(
            alarm["Properties"].get("AlarmActions").is_some(),
            "{name} tells nobody"
        );
    }
}
