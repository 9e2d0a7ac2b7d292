//! What may be written into an event.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ANN, Caller, tour_with};

const PATH: &str = "calendars/primary/events";

/// The tour with these changes is refused for that reason.
async fn refused(kim: &Caller, changes: Value, reason: &str) {
    let outcome = kim
        .refusal(Method::POST, PATH, tour_with(changes.clone()))
        .await;
    assert_eq!(outcome, (400, reason.to_owned()), "{changes}");
}

/// The tour with these changes is accepted.
async fn accepted(kim: &Caller, changes: Value) {
    let (status, body) = kim.post(PATH, tour_with(changes.clone())).await;
    assert_eq!(status, 200, "{changes}: {body}");
}

#[tokio::test]
async fn an_id_has_five_or_more_base32hex_digits() {
    let (kim, _) = Caller::start().await;
    for id in ["lt01", "ltwxyz", "LT01234", "lt-01234", ""] {
        refused(&kim, json!({ "id": id }), "invalid").await;
    }
    refused(&kim, json!({ "id": "a".repeat(1025) }), "invalid").await;
    refused(&kim, json!({ "id": 12345 }), "invalid").await;
    for id in ["lt012", "0123456789abcdefghijklmnopqrstuv"] {
        accepted(&kim, json!({ "id": id })).await;
    }
    accepted(&kim, json!({ "id": "a".repeat(1024) })).await;
    let both = json!({ "id": "lt0123", "iCalUID": "b1@luma.test" });
    refused(&kim, both, "invalid").await;
    accepted(&kim, json!({ "iCalUID": "b1@luma.test" })).await;
}

#[tokio::test]
async fn times_are_complete_and_of_one_kind() {
    let (kim, _) = Caller::start().await;
    let at = |start: Value, end: Value| json!({ "start": start, "end": end });
    let time = |text: &str| json!({ "dateTime": text });
    let day = |text: &str| json!({ "date": text });
    let end = || time("2026-12-07T10:30:00-06:00");
    let invalid = [
        at(day("2026-12-07"), end()),
        at(time("2026-12-07"), end()),
        at(time("2026-12-07 10:00:00Z"), end()),
        at(day("2026-12-7"), day("2026-12-08")),
        at(
            json!({ "date": "2026-12-07", "dateTime": "2026-12-07T10:00:00Z" }),
            end(),
        ),
        at(
            json!({ "dateTime": "2026-12-07T10:00:00-06:00", "timeZone": "Chicago" }),
            end(),
        ),
    ];
    for changes in invalid {
        refused(&kim, changes, "invalid").await;
    }
    refused(&kim, at(time("2026-12-07T10:00:00"), end()), "required").await;
    refused(&kim, at(json!({}), end()), "required").await;
    refused(&kim, json!({ "end": null }), "required").await;
    refused(
        &kim,
        at(time("2026-12-07T11:00:00-06:00"), end()),
        "timeRangeEmpty",
    )
    .await;
    refused(
        &kim,
        at(day("2026-12-08"), day("2026-12-07")),
        "timeRangeEmpty",
    )
    .await;

    let local = json!({ "dateTime": "2026-12-07T10:00:00", "timeZone": "America/Chicago" });
    accepted(&kim, at(local, end())).await;
    accepted(&kim, at(time("2026-12-07T16:00:00Z"), end())).await;
    accepted(&kim, at(day("2026-12-07"), day("2026-12-08"))).await;
}

#[tokio::test]
async fn guests_need_addresses() {
    let (kim, _) = Caller::start().await;
    for email in [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann lee@example.com",
        "ann@example",
        "a@b@c.test",
    ] {
        refused(
            &kim,
            json!({ "attendees": [{ "email": email }] }),
            "invalid",
        )
        .await;
    }
    refused(
        &kim,
        json!({ "attendees": [{ "displayName": "Ann" }] }),
        "invalid",
    )
    .await;
    let maybe = json!({ "attendees": [{ "email": ANN, "responseStatus": "maybe" }] });
    refused(&kim, maybe, "invalid").await;
    for email in [ANN, "ann.o'lee+tours@mail.example.com"] {
        accepted(&kim, json!({ "attendees": [{ "email": email }] })).await;
    }
}

#[tokio::test]
async fn properties_and_reminders_have_limits() {
    let (kim, _) = Caller::start().await;
    let private = |name: String, value: Value| json!({ "extendedProperties": { "private": { name: value } } });
    refused(&kim, private("k".repeat(45), json!("v")), "invalid").await;
    refused(
        &kim,
        private("k".into(), json!("v".repeat(1025))),
        "invalid",
    )
    .await;
    refused(&kim, private("k".into(), json!(1)), "invalid").await;
    accepted(&kim, private("k".repeat(44), json!("v".repeat(1024)))).await;
    let many = |count: usize| {
        let all = (0..count).map(|n| (format!("k{n}"), json!("v")));
        json!({ "extendedProperties": { "private": all.collect::<serde_json::Map<_, _>>() } })
    };
    refused(&kim, many(301), "invalid").await;
    accepted(&kim, many(300)).await;

    let reminders = |count: usize, minutes: u32| {
        let one = json!({ "method": "popup", "minutes": minutes });
        json!({ "reminders": { "useDefault": false, "overrides": vec![one; count] } })
    };
    refused(&kim, reminders(6, 10), "invalid").await;
    refused(&kim, reminders(1, 40_321), "invalid").await;
    accepted(&kim, reminders(5, 40_320)).await;
}

#[tokio::test]
async fn fields_that_google_does_not_have_are_refused() {
    let (kim, _) = Caller::start().await;
    refused(&kim, json!({ "title": "Tour" }), "invalidArgument").await;
    refused(&kim, json!({ "summary": 7 }), "invalid").await;
    refused(&kim, json!({ "transparency": "free" }), "invalid").await;
    accepted(
        &kim,
        json!({ "transparency": "transparent", "guestsCanInviteOthers": false }),
    )
    .await;
    let (status, _) = kim
        .post(&format!("{PATH}?notify=true"), tour_with(json!({})))
        .await;
    assert_eq!(status, 400);
}
