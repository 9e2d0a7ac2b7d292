//! A stored mail as a `Message` resource, in Gmail's four formats.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE;
use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};
use serde_json::{Value, json};

use super::rfc822;
use super::state::StoredMessage;
use crate::google::refusal::Refusal;

/// How much of a message to show.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Minimal,
    Metadata,
    Full,
    Raw,
}

impl Format {
    pub fn parse(text: Option<&str>) -> Result<Format, Refusal> {
        match text.map(str::to_lowercase).as_deref() {
            None | Some("full") => Ok(Format::Full),
            Some("raw") => Ok(Format::Raw),
            Some("metadata") => Ok(Format::Metadata),
            Some("minimal") => Ok(Format::Minimal),
            Some(other) => Err(Refusal::invalid_argument(format!(
                "Invalid format: {other}"
            ))),
        }
    }
}

/// The resource; `wanted` names the headers to show in the metadata format, all when empty.
pub fn message(stored: &StoredMessage, format: Format, wanted: &[&str]) -> Value {
    let parsed = MessageParser::default()
        .parse(&stored.raw)
        .unwrap_or_default();
    let mut resource = json!({
        "id": stored.id,
        "threadId": stored.thread_id,
        "labelIds": stored.labels,
        "snippet": snippet(&parsed),
        "historyId": stored.history_id.to_string(),
        "internalDate": stored.internal_date.to_string(),
        "sizeEstimate": stored.raw.len(),
    });
    match format {
        Format::Minimal => {}
        Format::Raw => resource["raw"] = json!(BASE64_URL_SAFE.encode(&stored.raw)),
        Format::Full => resource["payload"] = part(&parsed, &stored.raw, 0, ""),
        Format::Metadata => {
            let mut headers = rfc822::headers(&stored.raw);
            headers.retain(|(name, _)| {
                wanted.is_empty() || wanted.iter().any(|want| want.eq_ignore_ascii_case(name))
            });
            let kind = mime_type(parsed.root_part());
            resource["payload"] = json!({ "mimeType": kind, "headers": named(headers) });
        }
    }
    resource
}

/// An attachment's octets.
pub fn attachment(stored: &StoredMessage, id: &str) -> Option<Vec<u8>> {
    let index: u32 = id.strip_prefix(ATTACHMENT)?.parse().ok()?;
    let parsed = MessageParser::default().parse(&stored.raw)?;
    parsed.part(index).map(|part| part.contents().to_vec())
}

const ATTACHMENT: &str = "ANGjdJ-world-";

fn part(message: &Message<'_>, raw: &[u8], index: u32, id: &str) -> Value {
    let Some(own) = message.part(index) else {
        return json!({});
    };
    let headers = own
        .headers
        .iter()
        .map(|header| rfc822::read(raw, header))
        .collect();
    let filename = own.attachment_name().unwrap_or_default();
    let mut resource = json!({
        "partId": id,
        "mimeType": mime_type(own),
        "filename": filename,
        "headers": named(headers),
    });
    if let PartType::Multipart(children) = &own.body {
        let dot = if id.is_empty() { "" } else { "." };
        let children = children.iter().enumerate();
        let parts: Vec<Value> = children
            .map(|(place, child)| part(message, raw, *child, &format!("{id}{dot}{place}")))
            .collect();
        resource["body"] = json!({ "size": 0 });
        resource["parts"] = json!(parts);
        return resource;
    }
    let contents = own.contents();
    resource["body"] = match filename.is_empty() && own.is_text() {
        true => json!({ "size": contents.len(), "data": BASE64_URL_SAFE.encode(contents) }),
        false => json!({ "size": contents.len(), "attachmentId": format!("{ATTACHMENT}{index}") }),
    };
    resource
}

fn named(headers: Vec<(String, String)>) -> Vec<Value> {
    headers
        .into_iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect()
}

fn mime_type(part: &MessagePart<'_>) -> String {
    match part.content_type() {
        Some(kind) => {
            format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("plain")).to_lowercase()
        }
        None => "text/plain".to_owned(),
    }
}

/// The first words, HTML-escaped as Gmail's are.
fn snippet(message: &Message<'_>) -> String {
    let text = message.body_text(0).unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().collect();
    let start: String = words.join(" ").chars().take(200).collect();
    let escaped = start
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    escaped.replace('"', "&quot;").replace('\'', "&#39;")
}
