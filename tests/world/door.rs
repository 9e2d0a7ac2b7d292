//! The way in: builds what API Gateway, SQS and `EventBridge` send, finds the function that AWS would
//! call, and gives it the event as it would arrive.

use lambda_http::aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use lambda_http::http::HeaderMap;
use lambda_http::{Body, Response};
use serde_json::{Map, Value, json};
use shared::app::{App, Deadline};
use shared::error;
use std::time::Duration;

/// The time that Lambda gives in tests.
const TIME: Duration = Duration::from_secs(60);

/// A request on its way in.
#[derive(Clone, Debug)]
pub struct Knock {
    method: &'static str,
    path: String,
    query: String,
    headers: Map<String, Value>,
    cookies: Vec<String>,
    body: Option<String>,
    source_ip: String,
}

pub fn get(path: &str) -> Knock {
    Knock::new("GET", path)
}

pub fn post(path: &str) -> Knock {
    Knock::new("POST", path)
}

pub fn patch(path: &str) -> Knock {
    Knock::new("PATCH", path)
}

pub fn delete(path: &str) -> Knock {
    Knock::new("DELETE", path)
}

impl Knock {
    /// `path` may carry a query.
    pub fn new(method: &'static str, path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Map::new(),
            cookies: Vec::new(),
            body: None,
            source_ip: "203.0.113.7".to_owned(),
        }
    }

    /// API Gateway hands on names in lower case.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_ascii_lowercase(), json!(value));
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn cookie(mut self, name: &str, value: &str) -> Self {
        self.cookies.push(format!("{name}={value}"));
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .text(body.to_string())
    }

    /// As a browser sends a form.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.header("content-type", "application/x-www-form-urlencoded")
            .text(body)
    }

    pub fn text(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    pub fn source_ip(mut self, address: &str) -> Self {
        self.source_ip = address.to_owned();
        self
    }

    /// The event in payload format 2.0
    /// (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
    pub fn event(&self) -> Value {
        let mut headers = self.headers.clone();
        headers.insert("host".into(), json!("api.luma.test"));
        headers.insert("x-forwarded-for".into(), json!(self.source_ip));
        headers.insert("x-forwarded-proto".into(), json!("https"));
        let mut event = json!({
            "version": "2.0",
            "routeKey": format!("{} {}", self.method, self.path),
            "rawPath": self.path,
            "rawQueryString": self.query,
            "headers": headers,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "api",
                "domainName": "api.luma.test",
                "domainPrefix": "api",
                "http": {
                    "method": self.method,
                    "path": self.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": self.source_ip,
                    "userAgent": "world",
                },
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": format!("{} {}", self.method, self.path),
                "stage": "$default",
                "time": "09/Mar/2026:14:05:00 +0000",
                "timeEpoch": 1_773_065_100_000_u64,
            },
            "isBase64Encoded": false,
        });
        if !self.cookies.is_empty() {
            event["cookies"] = json!(self.cookies);
        }
        if let Some(body) = &self.body {
            event["body"] = json!(body);
        }
        event
    }

    /// Lets the function that owns the path answer. A path that no function owns is answered as API
    /// Gateway does.
    pub async fn send(&self, app: &App) -> Answer {
        let knowing = functions::ROUTES
            .iter()
            .filter(|route| route.knows(&self.path));
        // API Gateway prefers the path that is written out to one with a name in it.
        let literal = |route: &&&functions::http::Route| {
            let mut endpoints = route.endpoints.iter();
            endpoints.any(|endpoint| endpoint.path == self.path)
        };
        match knowing.clone().find(literal).or(knowing.clone().next()) {
            Some(route) => {
                let request = lambda_http::request::from_str(&self.event().to_string());
                let request = request.expect("an event in payload format 2.0");
                Answer::from(route.answer(app.clone(), request).await)
            }
            None => Answer {
                status: 404,
                headers: HeaderMap::new(),
                text: r#"{"message":"Not Found"}"#.to_owned(),
                json: json!({ "message": "Not Found" }),
            },
        }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// The body, where it is JSON; else null.
    pub json: Value,
}

impl Answer {
    /// A header's value; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The value of a cookie that the answer sets.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let set = self
            .headers
            .get_all("set-cookie")
            .iter()
            .filter_map(|value| value.to_str().ok());
        set.filter_map(|cookie| cookie.split(';').next()?.split_once('='))
            .find_map(|(key, value)| (key == name).then(|| value.to_owned()))
    }

    /// The `code` of a problem; empty in other answers.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
}

impl From<Response<Body>> for Answer {
    fn from(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let text = match body {
            Body::Text(text) => text,
            Body::Binary(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            _ => String::new(),
        };
        let json = serde_json::from_str(&text).unwrap_or_default();
        Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text,
            json,
        }
    }
}

/// Gives a queue's function one batch. Failed messages are named `message-<index>`.
pub async fn consume(app: &App, function: &str, bodies: &[String]) -> SqsBatchResponse {
    let consumer = functions::CONSUMERS
        .iter()
        .find(|consumer| consumer.name == function);
    let consumer = consumer.unwrap_or_else(|| panic!("no queue's function is called {function}"));
    let event = serde_json::from_value(batch(bodies)).expect("an SQS event");
    consumer
        .answer(app.clone(), event, Deadline::after(TIME))
        .await
}

/// What the event source mapping sends for these message bodies.
pub fn batch(bodies: &[String]) -> Value {
    let record = |(index, body): (usize, &String)| {
        json!({
            "messageId": format!("message-{index}"),
            "receiptHandle": format!("receipt-{index}"),
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1773065100000",
                "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                "ApproximateFirstReceiveTimestamp": "1773065100001",
            },
            "messageAttributes": {},
            "md5OfBody": "",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:sync",
            "awsRegion": "us-east-1",
        })
    };
    json!({ "Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>() })
}

/// Lets a scheduled function run once.
pub async fn tick(app: &App, function: &str) -> error::Result<Value> {
    let schedule = functions::SCHEDULES
        .iter()
        .find(|schedule| schedule.name == function);
    let schedule = schedule.unwrap_or_else(|| panic!("no scheduled function is called {function}"));
    schedule.run(app.clone(), Deadline::after(TIME)).await
}

/// Gives any function an event, and answers what Lambda would answer for it.
pub async fn invoke(app: &App, function: &str, event: &Value) -> Value {
    let route = functions::ROUTES
        .iter()
        .find(|route| route.name == function);
    let consumer = functions::CONSUMERS
        .iter()
        .find(|consumer| consumer.name == function);
    if let Some(route) = route {
        let request = lambda_http::request::from_str(&event.to_string());
        let request = request.expect("an event in payload format 2.0");
        let answer = Answer::from(route.answer(app.clone(), request).await);
        json!({ "statusCode": answer.status, "body": answer.text })
    } else if let Some(consumer) = consumer {
        let event: SqsEvent = serde_json::from_value(event.clone()).expect("an SQS event");
        let response = consumer
            .answer(app.clone(), event, Deadline::after(TIME))
            .await;
        serde_json::to_value(response).expect("a batch response")
    } else {
        match tick(app, function).await {
            Ok(answer) => answer,
            Err(error) => json!({ "errorMessage": error.code() }),
        }
    }
}
