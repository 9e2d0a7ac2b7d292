//! Lists: everything at first, then what changed since.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Caller, event, tour};
use crate::emulators::ids;

const LIST: &str = "calendars/primary/events";

/// Follows a list to its end; answers its entries and the token for the next one.
async fn follow(kim: &Caller, query: &str) -> (Vec<Value>, String) {
    let (mut all, mut path) = (Vec::new(), format!("{LIST}?{query}"));
    loop {
        let (status, page) = kim.get(&path).await;
        assert_eq!(status, 200, "{page}");
        all.extend(page["items"].as_array().unwrap().clone());
        match page["nextPageToken"].as_str() {
            Some(next) => {
                assert_eq!(page.get("nextSyncToken"), None, "only on the last page");
                path = format!("{LIST}?{query}&pageToken={next}");
            }
            None => return (all, page["nextSyncToken"].as_str().unwrap().to_owned()),
        }
    }
}

fn names(entries: &[Value]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| entry["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn after_everything_come_only_changes() {
    let (kim, own) = Caller::start().await;
    let first = own.busy("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z");
    let second = own.busy("2026-12-09T15:00:00Z", "2026-12-09T16:00:00Z");
    let (all, token) = follow(&kim, "").await;
    assert_eq!(names(&all), [first.as_str(), &second]);
    let (quiet, token) = follow(&kim, &format!("syncToken={token}")).await;
    assert_eq!(names(&quiet), Vec::<&str>::new());
    own.moves(&first, "2026-12-08T17:00:00Z", "2026-12-08T18:00:00Z");
    own.moves(&first, "2026-12-08T19:00:00Z", "2026-12-08T20:00:00Z");
    own.cancels(&second);
    let (changes, token) = follow(&kim, &format!("syncToken={token}")).await;
    assert_eq!(names(&changes), [first.as_str(), &second], "each once");
    assert_eq!(changes[0]["start"]["dateTime"], "2026-12-08T13:00:00-06:00");
    let deleted = own.event(&second);
    let expected = json!({
        "kind": "calendar#event", "etag": deleted.etag, "id": second, "status": "cancelled",
    });
    assert_eq!(changes[1], expected, "hardly more than its id");
    let (quiet, _) = follow(&kim, &format!("syncToken={token}")).await;
    assert!(quiet.is_empty());
}

#[tokio::test]
async fn a_list_leaves_out_what_was_deleted_unless_asked() {
    let (kim, own) = Caller::start().await;
    let gone = own.busy("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z");
    own.cancels(&gone);
    assert!(follow(&kim, "").await.0.is_empty());
    assert_eq!(names(&follow(&kim, "showDeleted=true").await.0), [gone]);
}

#[tokio::test]
async fn pages_lose_nothing_that_changes_meanwhile() {
    let (kim, own) = Caller::start().await;
    own.pages_hold(2);
    let mut added = Vec::new();
    for hour in 10..13 {
        let at = |minute: u32| format!("2026-12-08T{hour}:{minute:02}:00Z");
        added.push(own.busy(at(0).as_str(), at(30).as_str()));
    }
    let (_, first) = kim.get(LIST).await;
    assert_eq!(ids(&first, "items"), added[..2]);
    own.makes_transparent(&added[0]);
    let next = first["nextPageToken"].as_str().unwrap();
    let (_, second) = kim.get(&format!("{LIST}?pageToken={next}")).await;
    assert_eq!(ids(&second, "items"), [added[2].as_str(), &added[0]]);
    let (all, _) = follow(&kim, "maxResults=2500").await;
    assert_eq!(all.len(), 3, "in pages of two");
}

#[tokio::test]
async fn a_page_that_fails_can_be_had_later() {
    let (kim, own) = Caller::start().await;
    own.pages_hold(1);
    own.busy("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z");
    own.busy("2026-12-09T15:00:00Z", "2026-12-09T16:00:00Z");
    own.fails_on_page(2);
    let (status, first) = kim.get(LIST).await;
    let next = first["nextPageToken"].as_str().unwrap();
    let second = format!("{LIST}?pageToken={next}");
    assert_eq!((status, kim.get(&second).await.0), (200, 500));
    own.recovers();
    assert_eq!(kim.get(&second).await.0, 200);
}

#[tokio::test]
async fn an_expired_token_asks_for_everything_anew() {
    let (kim, own) = Caller::start().await;
    let (_, old) = follow(&kim, "").await;
    own.sync_tokens_expire();
    let path = format!("{LIST}?syncToken={old}");
    let outcome = kim.refusal(Method::GET, &path, Value::Null).await;
    assert_eq!(outcome, (410, "fullSyncRequired".into()));
    let (_, young) = follow(&kim, "").await;
    assert_eq!(kim.get(&format!("{LIST}?syncToken={young}")).await.0, 200);
}

#[tokio::test]
async fn a_token_goes_with_few_other_parameters() {
    let (kim, own) = Caller::start().await;
    let (_, token) = follow(&kim, "").await;
    let refused = [
        "timeMin=2026-12-01T00:00:00Z",
        "timeMax=2026-12-31T00:00:00Z",
        "updatedMin=2026-12-01T00:00:00Z",
        "orderBy=updated",
        "q=Tour",
        "iCalUID=a@google.com",
        "privateExtendedProperty=a%3Db",
        "sharedExtendedProperty=a%3Db",
        "showDeleted=false",
        "singleEvents=true",
    ];
    for parameter in refused {
        let path = format!("{LIST}?syncToken={token}&{parameter}");
        let outcome = kim.refusal(Method::GET, &path, Value::Null).await;
        assert_eq!(outcome, (400, "invalid".into()), "{parameter}");
    }
    for parameter in [
        "maxResults=10",
        "showDeleted=true",
        "timeZone=UTC",
        "singleEvents=false",
    ] {
        let path = format!("{LIST}?syncToken={token}&{parameter}");
        assert_eq!(kim.get(&path).await.0, 200, "{parameter}");
    }
    let elsewhere = own.another("Tours");
    for path in [
        format!("calendars/{}/events?syncToken={token}", elsewhere.id()),
        format!("{LIST}?syncToken=CAE"),
    ] {
        let outcome = kim.refusal(Method::GET, &path, Value::Null).await;
        assert_eq!(outcome, (400, "invalid".into()), "{path}");
    }
}

#[tokio::test]
async fn a_list_can_be_bounded_in_time() {
    let (kim, own) = Caller::start().await;
    own.busy("2026-12-01T15:00:00Z", "2026-12-01T16:00:00Z");
    let within = own.busy("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z");
    own.busy("2026-12-20T15:00:00Z", "2026-12-20T16:00:00Z");
    let bounds = "timeMin=2026-12-01T16:00:00Z&timeMax=2026-12-20T15:00:00Z";
    let (found, token) = follow(&kim, bounds).await;
    assert_eq!(
        (names(&found), token.is_empty()),
        (vec![within.as_str()], false)
    );
    for wrong in [
        "timeMin=2026-12-01",
        "maxResults=0",
        "pageToken=2",
        "singleEvents=yes",
    ] {
        assert_eq!(kim.get(&format!("{LIST}?{wrong}")).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_search_has_no_token_at_its_end() {
    let (kim, own) = Caller::start().await;
    own.busy("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z");
    let ours = kim.inserts(tour()).await;
    let (_, found) = kim
        .get(&format!("{LIST}?privateExtendedProperty=booking_id%3Db1"))
        .await;
    assert_eq!(ids(&found, "items"), [ours["id"].as_str().unwrap()]);
    assert_eq!(found.get("nextSyncToken"), None);
}

#[tokio::test]
async fn a_repeated_event_is_one_entry_or_one_for_each_time() {
    let (kim, own) = Caller::start().await;
    let id = own.busy("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z");
    own.makes_recurring(&id);
    let (whole, _) = follow(&kim, "").await;
    assert_eq!(names(&whole), [id.as_str()]);
    assert_eq!(whole[0]["recurrence"], json!(["RRULE:FREQ=WEEKLY;COUNT=4"]));
    own.pages_hold(3);
    let (single, token) = follow(&kim, "singleEvents=true").await;
    assert_eq!(single.len(), 4);
    assert_eq!(single[1]["id"], format!("{id}_20261215T150000Z"));
    assert_eq!(single[1]["recurringEventId"], id);
    assert_eq!(
        kim.get(&event(single[1]["id"].as_str().unwrap())).await.0,
        200
    );
    own.cancels(&id);
    let (gone, _) = follow(&kim, &format!("singleEvents=true&syncToken={token}")).await;
    assert!(gone.len() == 4 && gone.iter().all(|one| one["status"] == "cancelled"));
}

#[tokio::test]
async fn an_answer_can_be_asked_for_in_part() {
    let (kim, _) = Caller::start().await;
    let id = kim.inserts(tour()).await["id"].as_str().unwrap().to_owned();
    let fields = "items(id,start/dateTime),nextSyncToken";
    let (_, part) = kim.get(&format!("{LIST}?fields={fields}")).await;
    let start = json!({ "dateTime": "2026-12-07T10:00:00-06:00" });
    assert_eq!(part["items"], json!([{ "id": id, "start": start }]));
    let names: Vec<&String> = part.as_object().unwrap().keys().collect();
    assert_eq!(names, ["items", "nextSyncToken"]);
    assert_eq!(kim.get(&format!("{LIST}?fields=items(id")).await.0, 400);
}
