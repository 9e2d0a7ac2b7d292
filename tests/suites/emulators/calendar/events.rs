//! Events: create, read, change, delete, move.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ANN, Caller, EVENTS, FREE_BUSY, KIM, LISTS, event, tour, tour_with};
use crate::emulators::reason;

#[tokio::test]
async fn each_call_needs_its_own_scope() {
    let (all, calendar) = Caller::start().await;
    let id = calendar.busy("2026-12-07T15:00:00Z", "2026-12-07T16:00:00Z");
    let range = json!({ "timeMin": "2026-12-07T00:00:00Z", "timeMax": "2026-12-08T00:00:00Z" });
    let calls = [
        (
            Method::GET,
            "calendars/primary/events".to_owned(),
            Value::Null,
            EVENTS,
        ),
        (Method::GET, event(&id), Value::Null, EVENTS),
        (
            Method::PATCH,
            event(&id),
            json!({ "summary": "Busy" }),
            EVENTS,
        ),
        (Method::POST, "freeBusy".to_owned(), range, FREE_BUSY),
        (
            Method::GET,
            "users/me/calendarList".to_owned(),
            Value::Null,
            LISTS,
        ),
        (
            Method::GET,
            "users/me/calendarList/primary".to_owned(),
            Value::Null,
            LISTS,
        ),
    ];
    for (method, path, body, needed) in calls {
        for scope in [EVENTS, FREE_BUSY, LISTS] {
            let caller = Caller::with(&all.google, &[scope]);
            let outcome = caller.refusal(method.clone(), &path, body.clone()).await;
            let expected = match scope == needed {
                true => (200, String::new()),
                false => (403, "insufficientPermissions".to_owned()),
            };
            assert_eq!(outcome, expected, "{method} {path} with {scope}");
        }
    }
    let stranger = Caller {
        token: "ya29.unknown".to_owned(),
        ..all
    };
    let (status, body) = stranger.get("calendars/primary/events").await;
    assert_eq!((status, reason(&body)), (401, "authError"));
}

#[tokio::test]
async fn a_calendar_that_the_token_cannot_see_is_not_there() {
    let (kim, _) = Caller::start().await;
    let other = kim.google.calendar("lou@oak.test");
    let path = "calendars/lou@oak.test/events";
    assert_eq!(
        kim.refusal(Method::GET, path, Value::Null).await,
        (404, "notFound".into())
    );
    other.is_shared_with(KIM, world::google::Role::Reader);
    assert_eq!(kim.get(path).await.0, 200);
    let refused = kim.refusal(Method::POST, path, tour()).await;
    assert_eq!(refused, (403, "requiredAccessLevel".into()));
    assert_eq!(
        kim.get(&format!("calendars/{}/events", "kim%40oak.test"))
            .await
            .0,
        200
    );
}

#[tokio::test]
async fn an_event_comes_back_as_google_shows_it() {
    let (kim, _) = Caller::start().await;
    let created = kim
        .inserts(tour_with(json!({ "id": "lt0123456789abcdef" })))
        .await;
    let (status, read) = kim.get(&event("lt0123456789abcdef")).await;
    assert_eq!((status, &read), (200, &created));
    assert_eq!(read["kind"], "calendar#event");
    assert_eq!(read["status"], "confirmed");
    assert_eq!(read["iCalUID"], "lt0123456789abcdef@google.com");
    assert_eq!(read["organizer"], json!({ "email": KIM, "self": true }));
    assert_eq!(read["sequence"], 0);
    assert_eq!(read["start"], tour()["start"]);
    assert_eq!(read["attendees"][0]["responseStatus"], "needsAction");
    assert_eq!(read["extendedProperties"]["private"]["booking_id"], "b1");
    let etag = read["etag"].as_str().unwrap();
    assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
}

#[tokio::test]
async fn times_are_shown_in_the_calendars_zone_or_the_one_asked_for() {
    let (kim, calendar) = Caller::start().await;
    calendar.lives_in("Europe/London");
    let id = kim.inserts(tour()).await["id"].as_str().unwrap().to_owned();
    let start = async |path: &str| kim.get(path).await.1["start"].clone();
    assert_eq!(
        start(&event(&id)).await,
        json!({ "dateTime": "2026-12-07T16:00:00Z", "timeZone": "America/Chicago" })
    );
    assert_eq!(
        start(&format!("{}?timeZone=Asia/Kolkata", event(&id))).await["dateTime"],
        "2026-12-07T21:30:00+05:30"
    );
    let refused = kim.get(&format!("{}?timeZone=Kolkata", event(&id))).await;
    assert_eq!(refused.0, 400);
}

#[tokio::test]
async fn an_id_is_taken_for_ever() {
    let (kim, _) = Caller::start().await;
    let body = tour_with(json!({ "id": "lt0123456789abcdef" }));
    kim.inserts(body.clone()).await;
    let path = "calendars/primary/events";
    let again = async || kim.refusal(Method::POST, path, body.clone()).await;
    assert_eq!(again().await, (409, "duplicate".into()));
    assert_eq!(kim.delete(&event("lt0123456789abcdef")).await.0, 204);
    assert_eq!(
        again().await,
        (409, "duplicate".into()),
        "a deleted event keeps its id"
    );
    kim.inserts(tour_with(json!({ "id": "lt0123456789abcdeg" })))
        .await;
    let elsewhere = Caller::of(&kim.google, "lou@oak.test", &[EVENTS]);
    elsewhere.inserts(body).await;
}

#[tokio::test]
async fn an_event_is_deleted_once_and_can_still_be_read() {
    let (kim, _) = Caller::start().await;
    let id = kim.inserts(tour()).await["id"].as_str().unwrap().to_owned();
    assert_eq!(kim.delete(&event(&id)).await.0, 204);
    let again = kim.refusal(Method::DELETE, &event(&id), Value::Null).await;
    assert_eq!(again, (410, "deleted".into()));
    let never = kim
        .refusal(Method::DELETE, &event("neverthere"), Value::Null)
        .await;
    assert_eq!(never, (404, "notFound".into()));
    let (status, read) = kim.get(&event(&id)).await;
    assert_eq!(
        (status, &read["status"], &read["summary"]),
        (200, &json!("cancelled"), &tour()["summary"])
    );
}

#[tokio::test]
async fn a_deleted_event_cannot_be_changed_but_restored() {
    let (kim, calendar) = Caller::start().await;
    let id = kim.inserts(tour()).await["id"].as_str().unwrap().to_owned();
    calendar.cancels(&id);
    let refused = kim
        .refusal(Method::PATCH, &event(&id), json!({ "summary": "Tour" }))
        .await;
    assert_eq!(refused, (403, "forbidden".into()));
    let (status, restored) = kim
        .patch(&event(&id), json!({ "status": "confirmed" }))
        .await;
    assert_eq!((status, &restored["status"]), (200, &json!("confirmed")));
    assert_eq!(
        kim.patch(&event(&id), json!({ "summary": "Tour" })).await.0,
        200
    );
}

#[tokio::test]
async fn a_patch_merges_objects_and_replaces_lists() {
    let (kim, calendar) = Caller::start().await;
    let created = kim.inserts(tour()).await;
    let id = created["id"].as_str().unwrap();
    let patch = json!({
        "start": { "dateTime": "2026-12-08T10:00:00-06:00" },
        "end": { "dateTime": "2026-12-08T10:30:00-06:00" },
        "location": "12 Oak Street",
        "extendedProperties": { "private": { "generation": "2" } },
    });
    let (_, moved) = kim.patch(&event(id), patch).await;
    assert_eq!(moved["start"]["timeZone"], "America/Chicago", "{moved}");
    assert_eq!(moved["start"]["dateTime"], "2026-12-08T10:00:00-06:00");
    assert_eq!(moved["summary"], created["summary"]);
    assert_eq!(
        moved["extendedProperties"]["private"],
        json!({ "booking_id": "b1", "generation": "2" })
    );
    assert_eq!(moved["sequence"], 1);
    assert_ne!(moved["etag"], created["etag"]);
    let only = json!({ "attendees": [{ "email": "bo@example.com" }], "location": null });
    let (_, patched) = kim.patch(&event(id), only).await;
    assert_eq!(calendar.event(id).guests(), ["bo@example.com"]);
    assert_eq!(patched.get("location"), None, "null removes");
    assert_eq!(patched["sequence"], 1, "it was not moved");
}

#[tokio::test]
async fn a_change_of_an_old_version_is_refused() {
    let (kim, calendar) = Caller::start().await;
    let created = kim.inserts(tour()).await;
    let id = created["id"].as_str().unwrap();
    let old = created["etag"].as_str().unwrap();
    calendar.moves(id, "2026-12-07T18:00:00Z", "2026-12-07T18:30:00Z");
    let ask = async |method: Method, etag: &str| {
        let body = (method == Method::PATCH).then(|| json!({ "summary": "Tour" }));
        let (status, body) = kim.ask(method, &event(id), body, Some(etag)).await;
        (status, reason(&body).to_owned())
    };
    assert_eq!(
        ask(Method::PATCH, old).await,
        (412, "conditionNotMet".into())
    );
    assert_eq!(
        ask(Method::DELETE, old).await,
        (412, "conditionNotMet".into())
    );
    let current = calendar.event(id).etag;
    assert_eq!(ask(Method::PATCH, &current).await, (200, String::new()));
    assert_eq!(
        ask(Method::DELETE, &calendar.event(id).etag).await,
        (204, String::new())
    );
}

#[tokio::test]
async fn an_event_moves_to_another_calendar_of_the_account() {
    let (kim, calendar) = Caller::start().await;
    let tours = calendar.another("Tours");
    let id = kim.inserts(tour()).await["id"].as_str().unwrap().to_owned();
    let path = |to: &str| format!("{}/move?destination={to}", event(&id));
    let elsewhere = kim
        .refusal(Method::POST, &path("lou@oak.test"), json!({}))
        .await;
    assert_eq!(elsewhere, (404, "notFound".into()));
    let (status, moved) = kim.post(&path(tours.id()), json!({})).await;
    assert_eq!(
        (status, &moved["organizer"]["email"]),
        (200, &json!(tours.id()))
    );
    assert!(calendar.event(&id).cancelled && !tours.event(&id).cancelled);
}

#[tokio::test]
async fn what_another_organizes_is_not_ours_to_change() {
    let (kim, calendar) = Caller::start().await;
    let id = calendar.is_invited(
        "lou@oak.test",
        "2026-12-07T15:00:00Z",
        "2026-12-07T16:00:00Z",
    );
    let refused = kim
        .refusal(Method::PATCH, &event(&id), json!({ "summary": "Mine" }))
        .await;
    assert_eq!(refused, (403, "forbiddenForNonOrganizer".into()));
    let answer = json!({ "attendees": [{ "email": KIM, "responseStatus": "declined" }] });
    assert_eq!(kim.patch(&event(&id), answer).await.0, 200);
}

#[tokio::test]
async fn guests_are_told_what_the_call_asks_to_tell() {
    use world::google::InviteKind::{Cancel, Invite, Update};
    let (kim, calendar) = Caller::start().await;
    kim.google.calendar("lou@oak.test");
    let guests =
        json!({ "attendees": [{ "email": ANN }, { "email": "lou@oak.test" }, { "email": KIM }] });
    let kinds = |guest: &str| -> Vec<_> {
        calendar
            .invites_to(guest)
            .into_iter()
            .map(|mail| mail.kind)
            .collect()
    };
    kim.inserts(tour_with(guests.clone())).await;
    assert_eq!(
        (kinds(ANN).len(), kinds(KIM).len()),
        (0, 0),
        "nobody is told by default"
    );
    let path = "calendars/primary/events";
    let (_, created) = kim
        .post(
            &format!("{path}?sendUpdates=all"),
            tour_with(guests.clone()),
        )
        .await;
    assert_eq!(
        (kinds(ANN), kinds("lou@oak.test")),
        (vec![Invite], vec![Invite])
    );
    assert_eq!(kinds(KIM), [], "not the organizer");
    let own = event(created["id"].as_str().unwrap());
    let quiet = json!({ "extendedProperties": { "private": { "a": "b" } } });
    kim.patch(&format!("{own}?sendUpdates=all"), quiet).await;
    assert_eq!(
        kinds(ANN),
        [Invite],
        "a guest cannot see private properties"
    );
    let moved = json!({ "end": { "dateTime": "2026-12-07T11:00:00-06:00" } });
    kim.patch(&format!("{own}?sendUpdates=all"), moved).await;
    kim.delete(&format!("{own}?sendUpdates=externalOnly")).await;
    assert_eq!(kinds(ANN), [Invite, Update, Cancel]);
    assert_eq!(
        kinds("lou@oak.test"),
        [Invite, Update],
        "has a calendar of Google's"
    );
    assert_eq!(
        calendar.invites_to(ANN)[0].start,
        calendar.event(created["id"].as_str().unwrap()).starts_at()
    );
    let wrong = kim
        .refusal(
            Method::POST,
            &format!("{path}?sendUpdates=everyone"),
            tour(),
        )
        .await;
    assert_eq!(wrong, (400, "invalid".into()));
}
