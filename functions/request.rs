//! What a request says, parsed once at the edge.

use std::borrow::Cow;
use std::str::FromStr;

use jiff::civil::{Date, Time};
use lambda_http::http::header;
use lambda_http::request::RequestContext;
use lambda_http::{Body, RequestExt};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use shared::domain::page::Page;
use shared::error::{Error, Result};

use crate::http::PathNames;

/// The largest JSON body that is read, in bytes.
const MAX_JSON: usize = 64 * 1024;

/// A request as handlers see it.
pub struct Request {
    inner: lambda_http::Request,
    names: PathNames,
    id: String,
}

impl Request {
    pub(crate) fn new(inner: lambda_http::Request, names: PathNames, id: &str) -> Self {
        Self {
            inner,
            names,
            id: id.to_owned(),
        }
    }

    /// API Gateway's name of the request, for a problem that the handler writes itself.
    pub fn request_id(&self) -> &str {
        &self.id
    }

    /// The header's value; `None` when it is absent, doubled or not ASCII.
    pub fn header(&self, name: header::HeaderName) -> Option<&str> {
        let mut values = self.inner.headers().get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value)
    }

    /// Whether the header is there, readable or not.
    pub fn has(&self, name: header::HeaderName) -> bool {
        self.inner.headers().contains_key(name)
    }

    /// Whether the method only looks (RFC 9110 section 9.2.1).
    pub fn is_safe(&self) -> bool {
        self.inner.method().is_safe()
    }

    pub fn is_post(&self) -> bool {
        self.inner.method() == "POST"
    }

    pub fn authorization(&self) -> Option<&str> {
        self.header(header::AUTHORIZATION)
    }

    /// The key that names a property to its widget, from wherever a website could put it: the header
    /// `X-API-Key`, a bearer token, the query. Trimmed; what is empty does not count.
    pub fn widget_key(&self) -> Option<&str> {
        let own = self.header(header::HeaderName::from_static("x-api-key"));
        let places = [own, self.bearer(), self.text("apiKey")];
        let mut given = places.into_iter().flatten().map(str::trim);
        given.find(|key| !key.is_empty())
    }

    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.authorization()?.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then_some(token.trim())
    }

    /// A cookie's value; `None` when it is absent, or set twice (somebody planted one).
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let mut values = self
            .header(header::COOKIE)?
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .filter_map(|(key, value)| (key == name).then_some(value));
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }

    /// Whether the caller asks for JSON rather than a page.
    pub fn wants_json(&self) -> bool {
        self.header(header::ACCEPT)
            .is_some_and(|accept| accept.contains("application/json"))
    }

    /// The caller's address as API Gateway saw it; headers can say anything.
    pub fn source_ip(&self) -> Option<&str> {
        match self.inner.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
            _ => None,
        }
    }

    /// The id at `{name}` of the path. What is not even an id names nothing: 404.
    pub fn id<T: FromStr>(&self, name: &str, what: &'static str) -> Result<T> {
        self.names
            .iter()
            .find(|(known, _)| *known == name)
            .and_then(|(_, text)| text.parse().ok())
            .ok_or(Error::NotFound(what))
    }

    /// What stands in the path at `{name}`.
    pub fn named(&self, name: &str) -> Option<&str> {
        let found = self.names.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| text.as_str())
    }

    /// A query parameter as text, by its camelCase name or the same in `snake_case`.
    pub fn text(&self, name: &'static str) -> Option<&str> {
        let query = self.inner.query_string_parameters_ref()?;
        query
            .iter()
            .find(|(key, _)| camel_case(key) == name)
            .map(|(_, value)| value)
            .filter(|value| !value.is_empty())
    }

    pub fn query<T: FromStr>(&self, name: &'static str) -> Result<Option<T>> {
        let parse = |text: &str| {
            text.parse()
                .map_err(|_| Error::invalid(name, "not acceptable"))
        };
        self.text(name).map(parse).transpose()
    }

    pub fn required<T: FromStr>(&self, name: &'static str) -> Result<T> {
        self.query(name)?
            .ok_or_else(|| Error::invalid(name, "required"))
    }

    /// A date of the property's calendar, `2026-03-09`.
    pub fn date(&self, name: &'static str) -> Result<Option<Date>> {
        let parse = |text| local_date(text).ok_or_else(|| Error::invalid(name, "not a date"));
        self.text(name).map(parse).transpose()
    }

    /// Which part of a list is wanted: `?cursor=&limit=`.
    pub fn page(&self) -> Result<Page> {
        let limit = self.query("limit")?.unwrap_or(Page::USUAL);
        if !(1..=Page::MOST).contains(&limit) {
            return Err(Error::invalid("limit", format!("from 1 to {}", Page::MOST)));
        }
        Ok(Page {
            after: self.query("cursor")?,
            limit,
        })
    }

    /// The body's bytes, already decoded from API Gateway's base64.
    pub fn body(&self) -> &[u8] {
        match self.inner.body() {
            Body::Text(text) => text.as_bytes(),
            Body::Binary(bytes) => bytes,
            _ => &[],
        }
    }

    /// Reads a JSON object whose keys are camelCase or `snake_case` into a struct that names every
    /// field it takes. Answers `invalid_<field>` for the first field that is unknown or does not fit;
    /// the values themselves are never repeated.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        if self.body().len() > MAX_JSON {
            return Err(Error::invalid("body", "too large"));
        }
        let object: Map<String, Value> = serde_json::from_slice(self.body())
            .map_err(|_| Error::invalid("body", "not a JSON object"))?;
        let value = with_camel_case_keys(Value::Object(object))?;
        serde_path_to_error::deserialize(value).map_err(|error| {
            let path = error.path().iter().next().map(ToString::to_string);
            let missing = || missing_field(&error.inner().to_string());
            match path.filter(|path| path != ".").or_else(missing) {
                Some(name) => Error::invalid(safe_name(&name), "unknown or not acceptable"),
                None => Error::invalid("body", "not acceptable"),
            }
        })
    }
}

/// `2026-03-09`, and nothing besides.
pub fn local_date(text: &str) -> Option<Date> {
    let is_plain = text.len() == 10;
    text.parse().ok().filter(|_| is_plain)
}

/// `09:00`, with seconds and their fraction or without: what callers and Postgres write.
pub fn local_time(text: &str) -> Option<Time> {
    let has_minutes = text.len() >= 5 && text.as_bytes().get(2) == Some(&b':');
    text.parse().ok().filter(|_| has_minutes)
}

/// serde names a missing field only in its message.
fn missing_field(message: &str) -> Option<String> {
    let rest = message.strip_prefix("missing field `")?;
    Some(rest.split('`').next()?.to_owned())
}

/// A field's name goes into an error code, so it has to look like one.
fn safe_name(name: &str) -> Cow<'static, str> {
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain && (1..=64).contains(&name.len()) {
        name.to_owned().into()
    } else {
        "body".into()
    }
}

fn camel_case(key: &str) -> Cow<'_, str> {
    if !key.contains('_') {
        return key.into();
    }
    let mut words = key.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel.into()
}

fn with_camel_case_keys(value: Value) -> Result<Value> {
    Ok(match value {
        Value::Object(object) => {
            let mut camel = Map::with_capacity(object.len());
            for (key, value) in object {
                let name = camel_case(&key).into_owned();
                let value = with_camel_case_keys(value)?;
                if camel.insert(name, value).is_some() {
                    return Err(Error::invalid(safe_name(&key), "given twice"));
                }
            }
            Value::Object(camel)
        }
        Value::Array(items) => Value::Array(
            items
                .into_iter()
                .map(with_camel_case_keys)
                .collect::<Result<_>>()?,
        ),
        plain => plain,
    })
}

/// For a field that may be left out (`None`) or be null (`Some(None)`).
pub fn nullable<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: serde::Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    <Option<T> as serde::Deserialize>::deserialize(deserializer).map(Some)
}

/// For a field that may be left out, and is refused as null.
pub fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: serde::Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct In {
        reply_mode: String,
        #[serde(default, deserialize_with = "present")]
        delay: Option<u32>,
        #[serde(default, deserialize_with = "nullable")]
        signature: Option<Option<String>>,
        #[serde(default)]
        domains: Vec<String>,
    }

    fn request(query: &str, body: impl Into<Body>) -> Request {
        let request = lambda_http::http::Request::builder()
            .body(body.into())
            .unwrap();
        let query: lambda_http::aws_lambda_events::query_map::QueryMap = query.parse().unwrap();
        Request::new(
            request.with_query_string_parameters(query),
            vec![("id", "x".into())],
            "",
        )
    }

    fn refusal(body: &str) -> String {
        request("", body).json::<In>().unwrap_err().code()
    }

    #[test]
    fn keys_may_be_written_either_way() {
        for body in [r#"{"replyMode":"off"}"#, r#"{"reply_mode":"off"}"#] {
            assert_eq!(request("", body).json::<In>().unwrap().reply_mode, "off");
        }
    }

    #[test]
    fn null_is_not_the_same_as_nothing() {
        let read = |body: &str| request("", body).json::<In>().unwrap().signature;
        assert_eq!(read(r#"{"replyMode":"off"}"#), None);
        assert_eq!(read(r#"{"replyMode":"off","signature":null}"#), Some(None));
        assert_eq!(
            read(r#"{"replyMode":"off","signature":"A"}"#),
            Some(Some("A".into()))
        );
    }

    #[test]
    fn the_field_at_fault_is_named() {
        let cases = [
            (
                r#"{"replyMode":"off","accessToken":"x"}"#,
                "invalid_access_token",
            ),
            (
                r#"{"replyMode":"off","access_token":"x"}"#,
                "invalid_access_token",
            ),
            (r#"{"replyMode":"off","delay":-1}"#, "invalid_delay"),
            (r#"{"replyMode":"off","delay":1.5}"#, "invalid_delay"),
            (r#"{"replyMode":"off","delay":null}"#, "invalid_delay"),
            (r#"{"replyMode":5}"#, "invalid_reply_mode"),
            (
                r#"{"replyMode":"off","domains":["a",1]}"#,
                "invalid_domains",
            ),
            (r#"{"delay":1}"#, "invalid_reply_mode"),
            (
                r#"{"replyMode":"off","reply_mode":"off"}"#,
                "invalid_reply_mode",
            ),
            (r#"{"replyMode":"off","<script>":1}"#, "invalid_body"),
            ("[]", "invalid_body"),
            ("", "invalid_body"),
            ("{", "invalid_body"),
        ];
        for (body, code) in cases {
            assert_eq!(refusal(body), code, "{body}");
        }
        assert_eq!(
            refusal(&format!("{{\"replyMode\":\"{}\"}}", "x".repeat(MAX_JSON))),
            "invalid_body"
        );
    }

    #[test]
    fn values_of_the_caller_are_never_repeated() {
        let error = request("", r#"{"replyMode":"off","delay":"hunter2"}"#)
            .json::<In>()
            .unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
    }

    #[test]
    fn query_parameters_may_be_written_either_way() {
        assert_eq!(
            request("propertyId=7", "")
                .required::<u8>("propertyId")
                .unwrap(),
            7
        );
        assert_eq!(
            request("property_id=7", "")
                .required::<u8>("propertyId")
                .unwrap(),
            7
        );
        assert_eq!(request("", "").query::<u8>("propertyId").unwrap(), None);
        let refused = request("propertyId=x", "")
            .required::<u8>("propertyId")
            .unwrap_err();
        assert_eq!(refused.code(), "invalid_property_id");
        assert!(
            request("propertyId=", "")
                .required::<u8>("propertyId")
                .is_err()
        );
    }

    #[test]
    fn a_page_has_one_to_a_hundred_rows() {
        assert_eq!(
            request("", "").page().unwrap(),
            Page {
                after: None,
                limit: Page::USUAL
            }
        );
        assert_eq!(request("limit=100", "").page().unwrap().limit, 100);
        for (query, code) in [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=x", "limit"),
            ("cursor=x", "cursor"),
        ] {
            assert_eq!(
                request(query, "").page().unwrap_err().code(),
                format!("invalid_{code}")
            );
        }
    }

    #[test]
    fn a_path_that_holds_no_id_names_nothing() {
        assert_eq!(
            request("", "").id::<u8>("id", "Thread").unwrap_err().code(),
            "not_found"
        );
        assert_eq!(request("", "").id::<char>("id", "Thread").unwrap(), 'x');
    }

    #[test]
    fn a_cookie_is_read_and_a_doubled_one_is_not() {
        let with = |cookies: &str| {
            let request = lambda_http::http::Request::builder().header("cookie", cookies);
            Request::new(request.body(Body::Empty).unwrap(), vec![], "")
        };
        assert_eq!(
            with("a=1; __Host-luma_oauth=abc=; b=2").cookie("__Host-luma_oauth"),
            Some("abc=")
        );
        assert_eq!(
            with("__Host-luma_oauth=a; __Host-luma_oauth=b").cookie("__Host-luma_oauth"),
            None
        );
        assert_eq!(with("a=1").cookie("__Host-luma_oauth"), None);
    }
}
