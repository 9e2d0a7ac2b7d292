//! What a caller may write into an event, and what Google refuses.

use serde_json::{Map, Value, json};

use super::moment::Moment;
use super::recurrence;
use crate::google::refusal::Refusal;

/// The part of an event that callers write, found acceptable.
pub struct Written {
    pub start: Moment,
    pub end: Moment,
    /// `confirmed`, `tentative` or `cancelled`, when it was said.
    pub status: Option<String>,
    /// All else.
    pub fields: Map<String, Value>,
}

const TEXTS: [&str; 4] = ["summary", "description", "location", "colorId"];
const FLAGS: [&str; 5] = [
    "anyoneCanAddSelf",
    "attendeesOmitted",
    "guestsCanInviteOthers",
    "guestsCanModify",
    "guestsCanSeeOtherGuests",
];
const CHOICES: [(&str, &[&str]); 4] = [
    ("status", &["confirmed", "tentative", "cancelled"]),
    ("transparency", &["opaque", "transparent"]),
    (
        "visibility",
        &["default", "public", "private", "confidential"],
    ),
    (
        "eventType",
        &["default", "outOfOffice", "focusTime", "workingLocation"],
    ),
];
/// Accepted as they are.
const OTHERS: [&str; 9] = [
    "attachments",
    "birthdayProperties",
    "conferenceData",
    "eventLabelId",
    "focusTimeProperties",
    "gadget",
    "outOfOfficeProperties",
    "source",
    "workingLocationProperties",
];
/// Part of what Google answers, so callers may send them back; they change nothing.
const READ_ONLY: [&str; 16] = [
    "created",
    "creator",
    "endTimeUnspecified",
    "etag",
    "hangoutLink",
    "htmlLink",
    "iCalUID",
    "id",
    "kind",
    "locked",
    "organizer",
    "originalStartTime",
    "privateCopy",
    "recurringEventId",
    "sequence",
    "updated",
];
const RESPONSES: [&str; 4] = ["needsAction", "declined", "tentative", "accepted"];

/// Checks a whole event, new or patched.
pub fn check(mut given: Map<String, Value>) -> Result<Written, Refusal> {
    given.retain(|name, value| !READ_ONLY.contains(&name.as_str()) && !value.is_null());
    let mut take = |name: &str| given.remove(name).unwrap_or_default();
    let start = Moment::read("start", &take("start"))?;
    let end = Moment::read("end", &take("end"))?;
    check_range(&start, &end)?;
    for (name, value) in &mut given {
        check_field(name, value)?;
    }
    let status = given.remove("status");
    if given.contains_key("recurrence") {
        recurrence::check(&given["recurrence"], &start)?;
    }
    Ok(Written {
        start,
        end,
        status: status.and_then(|status| status.as_str().map(str::to_owned)),
        fields: given,
    })
}

/// Lays a patch over what stands: objects are merged, lists replaced, `null` removes.
pub fn merge(standing: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, value) in patch {
        match (standing.get_mut(name), value) {
            (_, Value::Null) => drop(standing.remove(name)),
            (Some(Value::Object(standing)), Value::Object(patch)) => merge(standing, patch),
            (_, value) => drop(standing.insert(name.clone(), value.clone())),
        }
    }
}

/// An id that a caller may choose: base32hex digits in lower case (RFC 2938 §3.1.2), 5 to 1024.
pub fn check_id(id: &str) -> Result<(), Refusal> {
    let digits = id.chars().all(|c| matches!(c, '0'..='9' | 'a'..='v'));
    match digits && (5..=1024).contains(&id.len()) {
        true => Ok(()),
        false => Err(Refusal::invalid("Invalid resource id value.")),
    }
}

fn check_range(start: &Moment, end: &Moment) -> Result<(), Refusal> {
    let empty = match (start, end) {
        (Moment::Day(start), Moment::Day(end)) => end < start,
        (Moment::Instant { at: start, .. }, Moment::Instant { at: end, .. }) => end < start,
        _ => {
            return Err(Refusal::invalid(
                "Start and end times must either both be date or both be dateTime.",
            ));
        }
    };
    match empty {
        true => Err(Refusal::time_range_empty()),
        false => Ok(()),
    }
}

fn check_field(name: &str, value: &mut Value) -> Result<(), Refusal> {
    let good = match name {
        _ if TEXTS.contains(&name) => value.is_string(),
        _ if FLAGS.contains(&name) => value.is_boolean(),
        _ if OTHERS.contains(&name) => true,
        "attendees" => return check_attendees(value),
        "extendedProperties" => return check_properties(value),
        "reminders" => return check_reminders(value),
        "recurrence" => value.is_array(),
        _ => {
            let choice = CHOICES.iter().find(|(choice, _)| *choice == name);
            let (_, choices) = choice.ok_or_else(|| Refusal::unknown_name(name))?;
            value.as_str().is_some_and(|value| choices.contains(&value))
        }
    };
    match good {
        true => Ok(()),
        false => Err(Refusal::invalid(&format!("Invalid value for: {name}"))),
    }
}

fn check_attendees(value: &mut Value) -> Result<(), Refusal> {
    let attendees = value.as_array_mut();
    let attendees = attendees.ok_or_else(|| Refusal::invalid("Invalid value for: attendees"))?;
    for attendee in attendees {
        if !attendee["email"].as_str().is_some_and(is_address) {
            return Err(Refusal::invalid("Invalid attendee email."));
        }
        let response = attendee["responseStatus"].as_str();
        if response.is_some_and(|response| !RESPONSES.contains(&response)) {
            return Err(Refusal::invalid("Invalid value for: responseStatus"));
        }
        if response.is_none() {
            attendee["responseStatus"] = json!("needsAction");
        }
    }
    Ok(())
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let atom = |c: char| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~-.".contains(c);
    let label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    !local.is_empty()
        && local.chars().all(atom)
        && domain.contains('.')
        && domain.split('.').all(label)
}

/// <https://developers.google.com/workspace/calendar/api/guides/extended-properties>
fn check_properties(value: &mut Value) -> Result<(), Refusal> {
    let invalid = || Refusal::invalid("Invalid value for: extendedProperties");
    for (kind, properties) in value.as_object().ok_or_else(invalid)? {
        if !["private", "shared"].contains(&kind.as_str()) {
            return Err(Refusal::unknown_name(kind));
        }
        let properties = properties.as_object().ok_or_else(invalid)?;
        let mut size = 0;
        for (name, value) in properties {
            let value = value.as_str().ok_or_else(invalid)?;
            if name.chars().count() > 44 || value.chars().count() > 1024 {
                return Err(invalid());
            }
            size += name.len() + value.len();
        }
        if properties.len() > 300 || size > 32 << 10 {
            return Err(invalid());
        }
    }
    Ok(())
}

fn check_reminders(value: &mut Value) -> Result<(), Refusal> {
    let overrides = value["overrides"].as_array().cloned().unwrap_or_default();
    if overrides.len() > 5 {
        return Err(Refusal::invalid("Too many override reminders."));
    }
    if value["useDefault"] == json!(true) && !overrides.is_empty() {
        let message = "Cannot specify both default reminders and overrides at the same time.";
        return Err(Refusal::new(
            axum::http::StatusCode::BAD_REQUEST,
            "cannotUseDefaultRemindersAndSpecifyOverride",
            message,
        ));
    }
    let good = |reminder: &Value| {
        ["email", "popup"]
            .iter()
            .any(|method| reminder["method"] == *method)
            && reminder["minutes"]
                .as_u64()
                .is_some_and(|minutes| minutes <= 40_320)
    };
    match overrides.iter().all(good) {
        true => Ok(()),
        false => Err(Refusal::invalid("Invalid value for: reminders")),
    }
}
