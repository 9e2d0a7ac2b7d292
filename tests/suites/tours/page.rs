//! The prospect's page: what it shows, and that looking changes nothing.

use world::google::Unreadable;
use world::{hours, minutes};

use super::*;

/// A booked tour and the path of its page.
async fn invited() -> (Scene, Value, String) {
    let scene = scene().await;
    let answer = scene.books("10:30", ANN).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let url: url::Url = answer.json["manageUrl"].as_str().unwrap().parse().unwrap();
    (scene, answer.json["booking"].clone(), url.path().to_owned())
}

impl Scene {
    async fn opens(&self, path: &str) -> Answer {
        self.send(door::get(path)).await
    }

    async fn submits(&self, path: &str, form: &str) -> Answer {
        let knock = door::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.send(knock.text(form)).await
    }
}

const MOVE: &str = "action=move&start=2026-12-03T19%3A30%3A00Z"; // 13:30 in Chicago

#[tokio::test]
async fn the_page_shows_the_tour_and_the_times_to_which_it_can_move() {
    let (scene, _, path) = invited().await;
    let address = "update properties set name = 'Oak & <Court>', address = '{\"full\": \"1 Oak St, Austin\"}'";
    scene.world.sql.batch_execute(address).await.unwrap();
    scene
        .calendar
        .busy("2026-12-03T18:00:00Z", "2026-12-03T18:30:00Z");
    scene.world.skip(minutes(1));
    let page = scene.opens(&path).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    for text in [
        "Thursday, December 3, 2026 at 10:30 AM",
        "CST (America/Chicago)",
        "Oak &#38; &#60;Court&#62;",
        "1 Oak St, Austin",
        "<legend>Friday, December 4</legend>",
        "value=\"2026-12-03T19:30:00Z\" required>1:30 PM",
        "Cancel my tour",
    ] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    for text in [
        "2026-12-03T18:00:00Z\" required",
        "<Court>",
        "<script",
        "Sam Agent",
        ANN,
    ] {
        assert!(!page.text.contains(text), "{text}");
    }
}

#[tokio::test]
async fn the_page_runs_nothing_loads_nothing_and_is_not_found_by_search() {
    let (scene, _, path) = invited().await;
    let page = scene.opens(&path).await;
    let policy = page.header("content-security-policy").to_owned();
    let nonce = page.text.split("<style nonce=\"").nth(1).unwrap();
    let nonce = nonce.split('"').next().unwrap();
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
    );
    assert_ne!(
        scene.opens(&path).await.header("content-security-policy"),
        policy,
        "once each"
    );
    assert!(page.header("x-robots-tag").contains("noindex"));
    assert_eq!(
        (page.header("cache-control"), page.header("referrer-policy")),
        ("no-store", "no-referrer")
    );
    assert_eq!(page.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn looking_changes_nothing_whatever_the_link_says() {
    let (scene, booking, path) = invited().await;
    let before = scene
        .world
        .texts("select tour_bookings::text from tour_bookings")
        .await;
    for query in ["", "?action=cancel&confirmed=yes", &format!("?{MOVE}")] {
        assert_eq!(scene.opens(&format!("{path}{query}")).await.status, 200);
    }
    let asks = scene.submits(&path, "action=cancel").await;
    assert_eq!(asks.status, 200);
    assert!(asks.text.contains("Yes, cancel my tour"), "{}", asks.text);
    let after = scene
        .world
        .texts("select tour_bookings::text from tour_bookings")
        .await;
    assert_eq!(after, before);
    assert_eq!(scene.calendar.events().len(), 1, "{booking}");
}

#[tokio::test]
async fn the_prospect_moves_the_tour_and_its_event_follows() {
    let (scene, booking, path) = invited().await;
    let moved = scene.submits(&path, MOVE).await;
    assert_eq!(moved.status, 200, "{}", moved.text);
    assert!(
        moved.text.contains("Thursday, December 3, 2026 at 1:30 PM"),
        "{}",
        moved.text
    );
    assert!(moved.text.contains("Your tour has moved"));
    let line = scene.user(door::get(&one(&booking))).await;
    assert_eq!(line.json["time"], "13:30:00");
    let events = scene.calendar.events();
    let shown = scene.calendar.shown(&events[0].id);
    assert!(
        shown["start"]["dateTime"]
            .as_str()
            .unwrap()
            .starts_with("2026-12-03T13:30:00"),
        "{shown}"
    );
    assert_eq!(events.len(), 1);
}

#[tokio::test]
async fn the_prospect_cancels_in_two_steps_and_may_ask_again() {
    let (scene, booking, path) = invited().await;
    for _ in 0..2 {
        let page = scene.submits(&path, "action=cancel&confirmed=yes").await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(
            page.text.contains("Your tour is cancelled"),
            "{}",
            page.text
        );
        assert!(!page.text.contains("<form"));
    }
    let line = scene.user(door::get(&one(&booking))).await;
    assert_eq!(
        (&line.json["status"], &line.json["cancelledVia"]),
        (&"cancelled".into(), &"prospect".into())
    );
    assert_eq!(scene.calendar.events().len(), 0);
    let late = scene.submits(&path, MOVE).await;
    assert_eq!(late.status, 409, "{}", late.text);
    assert!(late.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn a_time_that_is_taken_meanwhile_or_was_never_offered_leaves_the_tour_where_it_is() {
    let (scene, booking, path) = invited().await;
    scene.booked("13:30", "bo@example.com").await;
    let taken = scene.submits(&path, MOVE).await;
    assert_eq!(taken.status, 409, "{}", taken.text);
    assert!(
        taken
            .text
            .contains("Somebody else has just taken that time")
    );
    assert!(
        taken.text.contains("10:30 AM") && taken.text.contains("required>"),
        "with other times"
    );
    let never = scene
        .submits(&path, "action=move&start=2026-12-06T19%3A30%3A00Z")
        .await;
    assert_eq!(never.status, 422);
    assert!(never.text.contains("No tour is offered at that time"));
    for form in ["", "action=move", "action=move&start=soon", "action=delete"] {
        let odd = scene.submits(&path, form).await;
        assert_eq!(odd.status, 400, "{form}");
        assert!(odd.text.contains("Please choose a time"));
    }
    let line = scene.user(door::get(&one(&booking))).await;
    assert_eq!(line.json["time"], "10:30:00");
}

#[tokio::test]
async fn a_calendar_that_cannot_be_read_still_lets_the_prospect_cancel() {
    let (scene, _, path) = invited().await;
    scene.calendar.free_busy_is(Unreadable::InternalError);
    let page = scene.opens(&path).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text
            .contains("Other times cannot be shown at the moment"),
        "{}",
        page.text
    );
    let moved = scene.submits(&path, MOVE).await;
    assert_eq!(moved.status, 503, "{}", moved.text);
    assert!(moved.text.contains("Your tour is where it was"));
    let cancelled = scene.submits(&path, "action=cancel&confirmed=yes").await;
    assert_eq!(cancelled.status, 200);
}

#[tokio::test]
async fn a_tour_that_is_over_can_be_seen_and_not_changed() {
    let (scene, _, path) = invited().await;
    scene.world.skip(hours(30));
    let page = scene.opens(&path).await;
    assert!(page.text.contains("Your tour is over"), "{}", page.text);
    assert!(!page.text.contains("<form"));
    let cancelled = scene.submits(&path, "action=cancel&confirmed=yes").await;
    assert_eq!(cancelled.status, 409);
    assert_eq!(scene.live().await, 1);
}

#[tokio::test]
async fn a_link_that_we_did_not_make_looks_like_one_to_nothing() {
    let (scene, _, path) = invited().await;
    let forged = format!("{}A", &path[..path.len() - 1]);
    let forged = if forged == path {
        format!("{}Q", &path[..path.len() - 1])
    } else {
        forged
    };
    let gone = scene
        .opens("/tours/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
        .await;
    let visible = |page: &Answer| page.text.split("<main>").nth(1).unwrap().to_owned();
    for path in [forged.as_str(), "/tours/x", "/tours/%00"] {
        for page in [
            scene.opens(path).await,
            scene.submits(path, "action=cancel&confirmed=yes").await,
        ] {
            assert_eq!(page.status, 404, "{path}");
            assert_eq!(visible(&page), visible(&gone));
        }
    }
    assert_eq!(scene.live().await, 1);
    assert_eq!(scene.opens(&path).await.status, 200);
}

#[tokio::test]
async fn an_address_may_open_pages_so_often_a_minute() {
    let (scene, _, path) = invited().await;
    called(&scene.world, "page:198.51.100.1", 119).await;
    let opens = || scene.send(door::get(&path).source_ip("198.51.100.1"));
    assert_eq!(opens().await.status, 200, "the last");
    let refused = opens().await;
    assert_eq!(refused.status, 429);
    assert!(!refused.header("retry-after").is_empty());
    assert!(refused.text.contains("Please wait a minute"));
    assert_eq!(scene.opens(&path).await.status, 200, "another address");
}

#[tokio::test]
async fn a_tour_made_by_hand_moves_to_another_such_time() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let widget = world.widget(&oak).await;
    world.makes_slot(&oak, DAY, "10:00", 1).await;
    world.makes_slot(&oak, DAY, "12:00", 1).await;
    let booked = widget.wishes(DAY, "10:00", ANN).send(&world.app).await;
    let url: url::Url = booked.json["manageUrl"].as_str().unwrap().parse().unwrap();
    let page = door::get(url.path()).send(&world.app).await;
    assert!(page.text.contains("2026-12-03T18:00:00Z"), "{}", page.text);
    let form = "action=move&start=2026-12-03T18%3A00%3A00Z";
    let moved = door::post(url.path()).text(form).send(&world.app).await;
    assert_eq!(moved.status, 200, "{}", moved.text);
    assert!(moved.text.contains("12:00 PM"));
}
