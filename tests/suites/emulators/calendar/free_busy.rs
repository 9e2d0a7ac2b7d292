//! Free/busy: when, and never why.

use reqwest::Method;
use serde_json::{Value, json};
use world::Fault;
use world::google::{Role, Unreadable};

use super::{Caller, KIM};

/// The second week of December, in UTC.
fn week(calendars: &[&str]) -> Value {
    let items: Vec<Value> = calendars.iter().map(|id| json!({ "id": id })).collect();
    json!({ "timeMin": "2026-12-07T00:00:00Z", "timeMax": "2026-12-14T00:00:00Z", "items": items })
}

async fn calendar(kim: &Caller, id: &str) -> Value {
    let (status, body) = kim.post("freeBusy", week(&[id])).await;
    assert_eq!(status, 200, "{body}");
    body["calendars"][id].clone()
}

fn interval(start: &str, end: &str) -> Value {
    json!({ "start": start, "end": end })
}

#[tokio::test]
async fn busy_times_are_merged_cut_and_in_order() {
    let (kim, own) = Caller::start().await;
    own.busy("2026-12-09T15:00:00Z", "2026-12-09T16:00:00Z");
    own.busy("2026-12-08T15:30:00Z", "2026-12-08T17:00:00Z");
    own.busy("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z");
    own.busy("2026-12-08T17:00:00Z", "2026-12-08T17:30:00Z");
    own.busy("2026-12-13T23:00:00Z", "2026-12-14T01:00:00Z");
    own.busy("2026-12-14T00:00:00Z", "2026-12-14T03:00:00Z");
    let expected = json!([
        interval("2026-12-08T15:00:00Z", "2026-12-08T17:30:00Z"),
        interval("2026-12-09T15:00:00Z", "2026-12-09T16:00:00Z"),
        interval("2026-12-13T23:00:00Z", "2026-12-14T00:00:00Z"),
    ]);
    assert_eq!(calendar(&kim, KIM).await["busy"], expected);
    assert_eq!(calendar(&kim, "primary").await["busy"], expected);
}

#[tokio::test]
async fn only_what_takes_the_owners_time_is_busy() {
    let (kim, own) = Caller::start().await;
    let at = ("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z");
    let busy = async || calendar(&kim, KIM).await["busy"].as_array().unwrap().len();
    let id = own.busy(at.0, at.1);
    assert_eq!(busy().await, 1);
    own.makes_transparent(&id);
    assert_eq!(busy().await, 0, "transparent");
    own.edits(&id, json!({ "transparency": "opaque" }));
    assert_eq!(busy().await, 1);
    own.cancels(&id);
    assert_eq!(busy().await, 0, "cancelled");
    let invitation = own.is_invited("lou@oak.test", at.0, at.1);
    assert_eq!(busy().await, 1, "not answered yet");
    own.declines_as_owner(&invitation);
    assert_eq!(busy().await, 0, "declined");
    own.adds(json!({
        "eventType": "workingLocation", "start": { "dateTime": at.0 }, "end": { "dateTime": at.1 },
    }));
    assert_eq!(busy().await, 0, "only a place of work");
    own.adds_private_event("Doctor", at.0, at.1);
    assert_eq!(busy().await, 1, "private");
}

#[tokio::test]
async fn a_whole_day_is_busy_from_midnight_to_midnight_where_the_owner_lives() {
    let (kim, own) = Caller::start().await;
    own.adds_days("Away", "2026-12-08", "2026-12-09");
    let away = interval("2026-12-08T06:00:00Z", "2026-12-09T06:00:00Z");
    assert_eq!(calendar(&kim, KIM).await["busy"], json!([away]));
    own.lives_in("Europe/London");
    let away = interval("2026-12-08T00:00:00Z", "2026-12-09T00:00:00Z");
    assert_eq!(calendar(&kim, KIM).await["busy"], json!([away]));
}

#[tokio::test]
async fn a_repeated_event_keeps_its_time_on_the_clock() {
    let (_, own) = Caller::start().await;
    let id = own.busy("2026-10-25T15:00:00Z", "2026-10-25T16:00:00Z");
    own.makes_recurring(&id);
    let busy = own.busy_between("2026-10-25T00:00:00Z", "2026-12-31T00:00:00Z");
    let starts: Vec<_> = busy.iter().map(|(start, _)| start.to_rfc3339()).collect();
    assert_eq!(
        starts,
        [
            "2026-10-25T15:00:00+00:00",
            "2026-11-01T16:00:00+00:00", // clocks went back that morning
            "2026-11-08T16:00:00+00:00",
            "2026-11-15T16:00:00+00:00",
        ]
    );
}

#[tokio::test]
async fn a_range_has_offsets_and_an_end_within_three_months() {
    let (kim, _) = Caller::start().await;
    let ask = async |from: &str, to: &str| {
        let body = json!({ "timeMin": from, "timeMax": to, "items": [{ "id": KIM }] });
        kim.refusal(Method::POST, "freeBusy", body).await
    };
    let from = "2026-12-07T00:00:00Z";
    assert_eq!(ask(from, "2026-12-08").await, (400, "invalid".into()));
    assert_eq!(
        ask(from, "2026-12-08T00:00:00").await,
        (400, "invalid".into())
    );
    assert_eq!(ask(from, from).await, (400, "timeRangeEmpty".into()));
    assert_eq!(
        ask(from, "2026-12-06T00:00:00Z").await,
        (400, "timeRangeEmpty".into())
    );
    assert_eq!(
        ask(from, "2027-03-15T00:00:00Z").await,
        (400, "timeRangeTooLong".into())
    );
    assert_eq!(
        ask(from, "2027-02-05T00:00:00Z").await,
        (200, String::new())
    );
    assert_eq!(
        ask(from, "2026-12-08T00:00:00-06:00").await,
        (200, String::new())
    );
    let incomplete = json!({ "timeMin": from, "items": [] });
    let outcome = kim.refusal(Method::POST, "freeBusy", incomplete).await;
    assert_eq!(outcome, (400, "required".into()));
}

#[tokio::test]
async fn a_calendar_that_cannot_be_read_says_so_beside_the_others() {
    let (kim, _) = Caller::start().await;
    let lou = kim.google.calendar("lou@oak.test");
    let (_, body) = kim.post("freeBusy", week(&[KIM, "lou@oak.test"])).await;
    assert_eq!(body["calendars"][KIM], json!({ "busy": [] }));
    let errors = json!([{ "domain": "global", "reason": "notFound" }]);
    assert_eq!(body["calendars"]["lou@oak.test"]["errors"], errors);
    lou.is_shared_with(KIM, Role::FreeBusyReader);
    assert_eq!(calendar(&kim, "lou@oak.test").await, json!({ "busy": [] }));
}

#[tokio::test]
async fn an_answer_can_be_useless_in_each_of_its_ways() {
    let (kim, own) = Caller::start().await;
    own.busy("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z");
    let reason = |calendar: &Value| calendar["errors"][0]["reason"].clone();
    own.free_busy_is(Unreadable::NotFound);
    assert_eq!(reason(&calendar(&kim, KIM).await), "notFound");
    own.free_busy_is(Unreadable::InternalError);
    assert_eq!(reason(&calendar(&kim, KIM).await), "internalError");
    own.free_busy_is(Unreadable::Missing);
    assert_eq!(calendar(&kim, KIM).await, Value::Null);
    own.free_busy_is(Unreadable::WithoutEnd);
    let busy = json!([{ "start": "2026-12-08T15:00:00Z" }]);
    assert_eq!(calendar(&kim, KIM).await["busy"], busy);
    own.recovers();
    let busy = json!([interval("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z")]);
    assert_eq!(calendar(&kim, KIM).await["busy"], busy);

    let faults = kim.google.faults();
    faults.once("freebusy.query", Fault::status(403, "quotaExceeded"));
    let outcome = kim.refusal(Method::POST, "freeBusy", week(&[KIM])).await;
    assert_eq!(outcome, (403, "quotaExceeded".into()));
    own.breaks_down();
    assert_eq!(kim.post("freeBusy", week(&[KIM])).await.0, 503);
    own.recovers();
    assert_eq!(kim.post("freeBusy", week(&[KIM])).await.0, 200);
    assert_eq!(kim.google.calls().count("freebusy.query"), 8);
}
