//! What people do in a calendar, as programs see it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use world::google::{Moment, Rsvp};

use super::{ANN, Caller, event, tour};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Kim's calendar with a tour in it, and the tour's id.
async fn with_tour() -> (Caller, world::google::Calendar, String) {
    let (kim, own) = Caller::start().await;
    let id = kim.inserts(tour()).await["id"].as_str().unwrap().to_owned();
    (kim, own, id)
}

#[tokio::test]
async fn a_moved_event_is_the_same_event_at_another_time() {
    let (kim, own, id) = with_tour().await;
    own.rsvp(&id, ANN, Rsvp::Accepted);
    let before = own.event(&id);
    own.moves_in_zone(
        &id,
        "2026-12-07T18:00:00Z",
        "2026-12-07T18:30:00Z",
        "Europe/London",
    );
    let moved = own.event(&id);
    assert_eq!(moved.starts_at(), at("2026-12-07T18:00:00Z"));
    assert!(moved.etag != before.etag && moved.sequence == before.sequence + 1);
    assert_eq!(moved.response(ANN), Some("needsAction"), "asked anew");
    let shown = kim.get(&event(&id)).await.1;
    let start = json!({ "dateTime": "2026-12-07T12:00:00-06:00", "timeZone": "Europe/London" });
    assert_eq!(shown["start"], start);
    assert_eq!(moved.private("booking_id"), Some("b1"));
}

#[tokio::test]
async fn an_event_can_become_a_whole_day_and_a_time_again() {
    let (kim, own, id) = with_tour().await;
    own.makes_all_day(&id, "2026-12-24");
    let shown = kim.get(&event(&id)).await.1;
    assert_eq!(
        (&shown["start"], &shown["end"]),
        (
            &json!({ "date": "2026-12-24" }),
            &json!({ "date": "2026-12-25" })
        )
    );
    own.moves(&id, "2026-12-24T16:00:00Z", "2026-12-24T16:30:00Z");
    assert!(matches!(own.event(&id).start, Moment::Instant { .. }));
}

#[tokio::test]
async fn a_guest_answers_and_nobody_else_can() {
    let (kim, own, id) = with_tour().await;
    own.rsvp(&id, "ANN@example.com", Rsvp::Declined);
    let shown = kim.get(&event(&id)).await.1;
    assert_eq!(shown["attendees"][0]["responseStatus"], "declined");
    assert_eq!(shown["status"], "confirmed");
    let stranger = std::panic::AssertUnwindSafe(|| own.rsvp(&id, "bo@example.com", Rsvp::Accepted));
    assert!(std::panic::catch_unwind(stranger).is_err());
}

#[tokio::test]
async fn the_owner_can_decline_their_own_event() {
    let (kim, own, id) = with_tour().await;
    own.declines_as_owner(&id);
    let shown = kim.get(&event(&id)).await.1;
    let owner = &shown["attendees"][1];
    assert_eq!(
        (&owner["self"], &owner["responseStatus"]),
        (&json!(true), &json!("declined"))
    );
    assert_eq!(own.event(&id).guests(), [ANN], "the owner is no guest");
}

#[tokio::test]
async fn an_event_can_be_split_moved_away_and_restored() {
    let (_, own, id) = with_tour().await;
    let rest = own.splits(&id, "2026-12-07T16:15:00Z");
    assert_eq!(own.event(&id).ends_at(), own.event(&rest).starts_at());
    let tours = own.another("Tours");
    own.moves_to_other_calendar(&id, &tours);
    assert!(own.event(&id).cancelled);
    assert_eq!(tours.event(&id).private("booking_id"), Some("b1"));
    own.cancels(&rest);
    own.restores(&rest);
    let live: Vec<String> = own.events().into_iter().map(|event| event.id).collect();
    assert_eq!(live, [rest]);
}

#[tokio::test]
async fn what_people_do_sends_no_mail() {
    let (kim, own) = Caller::start().await;
    let path = "calendars/primary/events?sendUpdates=all";
    let id = kim.post(path, tour()).await.1["id"]
        .as_str()
        .unwrap()
        .to_owned();
    own.moves(&id, "2026-12-07T18:00:00Z", "2026-12-07T18:30:00Z");
    own.cancels(&id);
    assert_eq!(own.invites_to(ANN).len(), 1, "the invitation");
}

#[tokio::test]
async fn google_can_refuse_every_guest() {
    let (kim, own) = Caller::start().await;
    own.refuses_attendees();
    let path = "calendars/primary/events";
    assert_eq!(kim.post(path, tour()).await.0, 400);
    let mut alone = tour();
    alone["attendees"] = Value::Null;
    assert_eq!(kim.post(path, alone).await.0, 200);
}
