//! The calendars that an account sees.

use reqwest::Method;
use serde_json::{Value, json};
use world::google::Role;

use super::{Caller, KIM};
use crate::emulators::ids;

#[tokio::test]
async fn an_account_sees_its_own_calendars_and_those_shared_with_it() {
    let (kim, own) = Caller::start().await;
    let tours = own.another("Tours");
    let lou = kim.google.calendar("lou@oak.test");
    let (_, body) = kim.get("users/me/calendarList").await;
    assert_eq!(ids(&body, "items"), [tours.id(), KIM]);
    let entry = &body["items"][1];
    assert_eq!(
        (&entry["primary"], &entry["accessRole"], &entry["timeZone"]),
        (&json!(true), &json!("owner"), &json!("America/Chicago"))
    );
    assert_eq!(body["items"][0]["summary"], "Tours");
    assert_eq!(body["items"][0].get("primary"), None);
    lou.is_shared_with(KIM, Role::Reader);
    let (_, body) = kim.get("users/me/calendarList").await;
    assert_eq!(ids(&body, "items"), [tours.id(), KIM, "lou@oak.test"]);
    let (_, body) = kim.get("users/me/calendarList?minAccessRole=writer").await;
    assert_eq!(ids(&body, "items"), [tours.id(), KIM]);
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let (kim, own) = Caller::start().await;
    own.another("Tours");
    own.another("Holidays");
    let (_, first) = kim.get("users/me/calendarList?maxResults=2").await;
    let next = first["nextPageToken"].as_str().unwrap();
    let path = format!("users/me/calendarList?maxResults=2&pageToken={next}");
    let (_, second) = kim.get(&path).await;
    assert_eq!(
        (ids(&first, "items").len(), ids(&second, "items").len()),
        (2, 1)
    );
    assert_eq!(second.get("nextPageToken"), None);
    assert_eq!(kim.get("users/me/calendarList?maxResults=0").await.0, 400);
}

#[tokio::test]
async fn one_calendar_can_be_asked_for() {
    let (kim, own) = Caller::start().await;
    let (_, entry) = kim.get("users/me/calendarList/primary").await;
    assert_eq!(
        (&entry["id"], &entry["primary"]),
        (&json!(KIM), &json!(true))
    );
    let path = "users/me/calendarList/lou@oak.test";
    assert_eq!(
        kim.refusal(Method::GET, path, Value::Null).await,
        (404, "notFound".into())
    );
    own.disappears();
    let path = "users/me/calendarList/primary";
    assert_eq!(
        kim.refusal(Method::GET, path, Value::Null).await,
        (404, "notFound".into())
    );
}
