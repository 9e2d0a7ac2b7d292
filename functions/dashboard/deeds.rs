//! Rows of the audit log in words.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use shared::app::activity::{Actor, Record};
use shared::app::team::Team;
use shared::domain::ids::ProfileId;
use uuid::Uuid;

use super::clock;

/// What stands before the point of an action, and its name.
pub const AREAS: [(&str, &str); 9] = [
    ("mailbox", "Mailbox"),
    ("reply", "Replies"),
    ("thread", "Threads"),
    ("conversation", "Left to people"),
    ("lead", "Leads"),
    ("tour", "Tours"),
    ("calendar", "Calendars"),
    ("wordings", "Wordings"),
    ("access", "Refused requests"),
];

/// Who did it: what the system writes and reads is the assistant's.
pub fn doer(record: &Record, team: &Team) -> String {
    match (record.actor, record.action.as_str()) {
        (Actor::System, "reply.sent" | "lead.enriched") => "The assistant".to_owned(),
        (Actor::System, "reply.sent_by_hand") => "Somebody in Gmail".to_owned(),
        (actor, _) => who(actor, team),
    }
}

pub fn who(actor: Actor, team: &Team) -> String {
    match actor {
        Actor::User(id) => colleague(team, id),
        Actor::System => "The system".to_owned(),
        Actor::Google => "Google".to_owned(),
        Actor::Prospect => "The prospect".to_owned(),
    }
}

/// The name that the host has.
pub fn colleague(team: &Team, id: ProfileId) -> String {
    let works_here = team
        .colleagues
        .iter()
        .any(|(colleague, _)| *colleague == id);
    match team.name_of(id) {
        Some(name) => name.to_owned(),
        None if works_here => "A colleague without a name".to_owned(),
        None => "A former colleague".to_owned(),
    }
}

pub fn what(action: &str) -> String {
    let text = match action {
        "mailbox.connected" => "Connected the mailbox",
        "mailbox.reconnected" => "Connected the mailbox again",
        "mailbox.disconnected" => "Disconnected the mailbox",
        "mailbox.reauth_required" => "Lost the access to the mailbox",
        "mailbox.settings_changed" => "Changed the mailbox’s settings",
        "reply.edited" => "Changed a reply’s text",
        "reply.approved" => "Approved a reply",
        "reply.rejected" => "Rejected a reply",
        "reply.held" => "Left a reply to people",
        "reply.sent" => "Sent a reply",
        "reply.sent_by_hand" => "Sent a reply that was held",
        "reply.cancelled" => "Did not send a reply",
        "reply.failed" => "Could not send a reply",
        "thread.changed" => "Changed a thread",
        "conversation.handed_over" => "Left a thread to people",
        "lead.enriched" => "Read what a prospect wants",
        "lead.preferences_set" => "Set right what a prospect wants",
        "lead.opted_out" => "Noted that a prospect wants no more automatic mail",
        "lead.erased" => "Erased a prospect’s data",
        "lead.exported" => "Exported a prospect’s data",
        "tour.booked" => "Booked a tour",
        "tour.moved" => "Moved a tour",
        "tour.cancelled" => "Cancelled a tour",
        "tour.answered" => "Answered an invitation",
        "tour.conflict" => "Found that a tour and its event disagree",
        "tour.move_overruled" => "Moved a tour, and was overruled",
        "calendar.connected" => "Connected a calendar",
        "calendar.reconnected" => "Connected a calendar again",
        "calendar.disconnected" => "Disconnected a calendar",
        "calendar.reauth_required" => "Lost the access to a calendar",
        "calendar.settings_changed" => "Changed a calendar’s settings",
        "wordings.changed" => "Changed the wordings",
        "access.denied" => "Was refused what their role does not allow",
        other => return readable(other),
    };
    text.to_owned()
}

/// The page of what it was done to.
pub fn link(record: &Record, zone: &TimeZone) -> Option<String> {
    let id = record.entity_id?;
    let page = match record.entity.as_str() {
        "email_threads" => format!("threads/{id}"),
        "email_replies" => format!("threads/{}", record.thread?),
        "leads" => format!("leads/{id}"),
        "gmail_config" => "mailbox".to_owned(),
        "agent_calendars" => format!("calendar?agent={}", record.agent?),
        "tour_bookings" => {
            let at = Timestamp::from_microsecond(record.starts_at?.timestamp_micros()).ok()?;
            format!("tours?from={}", at.to_zoned(zone.clone()).date())
        }
        _ => return None,
    };
    Some(format!("/dashboard/{page}"))
}

/// What is different, one line each: `Delay: 5 → 12`.
pub fn details(record: &Record, team: &Team, zone: &TimeZone) -> Vec<String> {
    let after = record.after.as_ref().and_then(Value::as_object);
    let mut lines = Vec::new();
    for (name, now) in after.into_iter().flatten() {
        let was = record.before.as_ref().and_then(|before| before.get(name));
        if was == Some(now) || ["run", "thread", "reply"].contains(&name.as_str()) {
            continue;
        }
        let told = |value: &Value| told(name, value, team, zone);
        let line = match (was.map(told), told(now)) {
            (Some(Some(was)), Some(now)) => format!("{}: {was} → {now}", label(name)),
            (None, Some(now)) => format!("{}: {now}", label(name)),
            (_, _) => format!("{}: changed", label(name)),
        };
        lines.push(line);
    }
    lines
}

fn label(name: &str) -> String {
    let text = match name {
        "auto_reply_enabled" => "The assistant writes replies",
        "reply_mode" => "What happens with a reply",
        "auto_reply_delay_minutes" => "Delay, in minutes",
        "confidence_threshold" => "Confidence needed",
        "portal_domains" => "Listing portals",
        "assigned_agent_id" => "Looked after by",
        "profile_id" => "Whose",
        "sync_enabled" => "Offers tours",
        "tour_duration_minutes" => "Length, in minutes",
        "buffer_minutes" => "Free around it, in minutes",
        "slot_interval_minutes" => "Starts every, in minutes",
        "minimum_notice_minutes" => "Booked at least, in minutes ahead",
        "horizon_days" => "Booked at most, in days ahead",
        "max_tours_per_day" => "Tours a day at most",
        "timezone" => "Time zone",
        "starts_at" => "Starts",
        "ends_at" => "Ends",
        "response" => "Answer",
        "fields" => "What",
        "interests" => "Statements found",
        "tried" => "Tried",
        "own" => "The property’s own text",
        "guarded" => "Left to people, too",
        other => return readable(other),
    };
    text.to_owned()
}

/// A value in words; `None` for one that is too much for a line.
fn told(name: &str, value: &Value, team: &Team, zone: &TimeZone) -> Option<String> {
    Some(match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => match text.parse::<Uuid>() {
            Ok(id) if matches!(name, "assigned_agent_id" | "profile_id" | "agent_id") => {
                colleague(team, ProfileId(id))
            }
            Ok(_) => return None,
            Err(_) if name.ends_with("_at") => {
                let at: Option<Timestamp> = text.parse().ok();
                at.map_or_else(|| text.clone(), |at| clock::of(at, zone).text)
            }
            Err(_) if matches!(name, "reason" | "topic") => text.replace('_', " "),
            Err(_) => short(text),
        },
        Value::Array(items) => {
            let texts = items
                .iter()
                .map(|item| item.as_str().map(|text| text.replace('_', " ")));
            let texts: Option<Vec<String>> = texts.collect();
            match texts?.join(", ") {
                none if none.is_empty() => "none".to_owned(),
                all => short(&all),
            }
        }
        Value::Object(_) => return None,
    })
}

fn short(text: &str) -> String {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `wordings.changed` as `Wordings changed`.
fn readable(code: &str) -> String {
    let words = code.replace(['_', '.'], " ");
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_told_in_plain_words() {
        let sam = ProfileId(Uuid::from_u128(7));
        let team = Team {
            colleagues: vec![(sam, "Sam Agent".to_owned())],
            ..Team::default()
        };
        let told = |name: &str, value: Value| told(name, &value, &team, &TimeZone::UTC);
        for (name, value, words) in [
            ("reply_mode", json!("off"), Some("off")),
            ("auto_reply_enabled", json!(true), Some("yes")),
            ("signature", json!(null), Some("none")),
            ("portal_domains", json!([]), Some("none")),
            ("fields", json!(["move_in", "pets"]), Some("move in, pets")),
            ("reason", json!("fair_housing"), Some("fair housing")),
            (
                "assigned_agent_id",
                json!(sam.to_string()),
                Some("Sam Agent"),
            ),
            (
                "assigned_agent_id",
                json!(Uuid::from_u128(8)),
                Some("A former colleague"),
            ),
            (
                "starts_at",
                json!("2026-12-02T12:05:00Z"),
                Some("Dec 2, 2026, 12:05 PM UTC"),
            ),
            ("run", json!(Uuid::from_u128(8)), None),
            ("working_hours", json!({ "mon": [] }), None),
        ] {
            assert_eq!(
                told(name, value.clone()).as_deref(),
                words,
                "{name} {value}"
            );
        }
        assert_eq!(short(&"x".repeat(300)).chars().count(), 201);
        assert_eq!(readable("wordings.some_thing"), "Wordings some thing");
    }
}
