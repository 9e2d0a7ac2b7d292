//! Who a widget is, what pages of other sites may do, and how often.

use serde_json::json;
use world::widget::wish;
use world::{minutes, seconds};

use super::*;

const PATHS: [&str; 3] = [
    "/api/lumaleasing/tours",
    "/api/lumaleasing/tours/availability",
    "/api/calendar/availability",
];

#[tokio::test]
async fn the_key_is_read_wherever_a_website_can_put_it() {
    let scene = scene().await;
    let key = &scene.widget.key;
    for path in PATHS {
        let asked = format!("{path}?startDate={DAY}&endDate={DAY}");
        for knock in [
            door::get(&asked).header("X-API-Key", key),
            door::get(&asked).header("x-api-key", &format!(" {key} ")),
            door::get(&asked).bearer(key),
            door::get(&format!("{asked}&apiKey={key}")),
            door::get(&format!("{asked}&api_key={key}")),
            // The header comes first, and an empty one is none.
            door::get(&format!("{asked}&apiKey=wrong")).header("x-api-key", key),
            door::get(&format!("{asked}&apiKey={key}")).header("x-api-key", ""),
        ] {
            let shown = format!("{knock:?}");
            let answer = scene.send(knock).await;
            assert_eq!(answer.status, 200, "{shown} {}", answer.text);
        }
        for knock in [
            door::get(&asked),
            door::get(&asked).header("x-api-key", "wrong"),
            door::get(&asked).header("x-api-key", "wrong").bearer(key),
            door::get(&asked).bearer("a.b.c"),
            door::get(&asked).header("authorization", &format!("Basic {key}")),
        ] {
            let shown = format!("{knock:?}");
            let answer = scene.send(knock).await;
            assert_eq!(
                (answer.status, answer.code()),
                (401, "unauthenticated"),
                "{shown}"
            );
        }
    }
    let post = |knock: Knock| scene.send(knock.json(&wish(DAY, "10:30", ANN)));
    assert_eq!(post(door::post(PATHS[0])).await.status, 401);
    assert_eq!(
        post(door::post(PATHS[0]).header("x-api-key", "wrong"))
            .await
            .status,
        401
    );
    assert_eq!(scene.live().await, 0);
    assert_eq!(
        post(door::post(&format!("{}?apiKey={key}", PATHS[0])))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_widget_that_is_switched_off_has_no_tours() {
    let scene = scene().await;
    for off in ["is_active", "tours_enabled"] {
        let set = |on: bool| format!("update lumaleasing_config set {off} = {on}");
        scene.world.sql.batch_execute(&set(false)).await.unwrap();
        for path in PATHS {
            let answer = scene.send(scene.widget.get(path)).await;
            assert_eq!(
                (answer.status, answer.code()),
                (404, "tours_not_available"),
                "{off} {path}"
            );
            assert_eq!(answer.json["error"], "Tours not available");
        }
        assert_eq!(scene.books("10:30", ANN).await.status, 404);
        scene.world.sql.batch_execute(&set(true)).await.unwrap();
    }
    assert_eq!(scene.books("10:30", ANN).await.status, 200);
}

#[tokio::test]
async fn a_key_tells_of_its_own_property_only() {
    let scene = scene().await;
    let elm = scene.world.property("Elm House").await;
    let own = format!("/api/calendar/availability?propertyId={}", scene.oak.id);
    assert_eq!(scene.send(scene.widget.get(&own)).await.status, 200);
    let foreign = format!("/api/calendar/availability?propertyId={}", elm.id);
    let answer = scene.send(scene.widget.get(&foreign)).await;
    assert_eq!((answer.status, answer.code()), (404, "not_found"));
    let user = scene.send(door::get(&own).bearer(&elm.admin.token)).await;
    assert_eq!((user.status, user.code()), (404, "not_found"));
    assert_eq!(scene.user(door::get(&own)).await.status, 200);
    let nowhere = scene.user(door::get("/api/calendar/availability")).await;
    assert_eq!(
        (nowhere.status, nowhere.code()),
        (400, "invalid_property_id")
    );
}

#[tokio::test]
async fn pages_of_all_sites_may_ask_and_read_what_goes_wrong_too() {
    let scene = scene().await;
    for (path, methods) in [
        (PATHS[0], "GET, POST, OPTIONS"),
        (PATHS[1], "GET, OPTIONS"),
        (PATHS[2], "GET, OPTIONS"),
    ] {
        let preflight = scene.send(Knock::new("OPTIONS", path)).await;
        assert_eq!(
            (preflight.status, preflight.text.as_str()),
            (200, ""),
            "{path}"
        );
        for knock in [
            Knock::new("OPTIONS", path),
            scene.widget.get(path),
            door::get(path),
            Knock::new("PUT", path),
        ] {
            let answer = scene.send(knock).await;
            assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
            assert_eq!(
                answer.header("access-control-allow-methods"),
                methods,
                "{path}"
            );
            assert_eq!(
                answer.header("access-control-allow-headers"),
                "Content-Type, X-API-Key, X-Visitor-ID, Authorization, Idempotency-Key"
            );
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
    }
    for path in [
        "/api/calendar/config",
        "/api/lumaleasing/tours/66666666-6666-4666-8666-666666666666",
    ] {
        let preflight = scene.send(Knock::new("OPTIONS", path)).await;
        assert_eq!(
            (
                preflight.status,
                preflight.header("access-control-allow-origin")
            ),
            (405, "")
        );
        let answer = scene.user(door::get(path)).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}

#[tokio::test]
async fn an_address_and_a_property_may_call_so_often_a_minute() {
    let scene = scene().await;
    scene.world.skip(seconds(20));
    let look = || scene.widget.availability(DAY, DAY);
    let property = scene.oak.id;
    called(&scene.world, "tours:198.51.100.1", 119).await;
    assert_eq!(
        scene.send(look().source_ip("198.51.100.1")).await.status,
        200,
        "the last"
    );
    let refused = scene.send(look().source_ip("198.51.100.1")).await;
    assert_eq!((refused.status, refused.code()), (429, "rate_limited"));
    assert_eq!(refused.header("retry-after"), "40");
    assert_eq!(refused.header("access-control-allow-origin"), "*");
    // A header changes nobody's address.
    let disguised = look()
        .source_ip("198.51.100.1")
        .header("x-forwarded-for", "192.0.2.9");
    assert_eq!(scene.send(disguised).await.status, 429);
    assert_eq!(scene.send(look()).await.status, 200, "another address");

    scene.world.skip(minutes(1));
    called(&scene.world, &format!("tours:property:{property}"), 600).await;
    assert_eq!(scene.send(look()).await.status, 429, "the whole property");
    called(&scene.world, "bookings:198.51.100.1", 19).await;
    let books = |time: &str, email: &str| {
        scene.send(
            scene
                .widget
                .wishes(DAY, time, email)
                .source_ip("198.51.100.1"),
        )
    };
    assert_eq!(
        books("10:30", ANN).await.status,
        200,
        "booking is counted by itself"
    );
    assert_eq!(books("12:00", "bo@example.com").await.status, 429);
    scene.world.skip(minutes(1));
    called(&scene.world, &format!("bookings:property:{property}"), 120).await;
    assert_eq!(books("12:00", "bo@example.com").await.status, 429);
    scene.world.skip(minutes(1));
    assert_eq!(books("12:00", "bo@example.com").await.status, 200);
}

#[tokio::test]
async fn a_refused_call_counts() {
    let scene = scene().await;
    let count = "select coalesce(max(hits), 0)::bigint from rate_counters where bucket like 'bookings:203%'";
    let mut wrong = wish(DAY, "10:30", ANN);
    wrong["status"] = json!("completed");
    let refused = [
        scene.widget.books(&wrong),
        scene.widget.wishes(DAY, "10:30", "nobody"),
        scene.widget.wishes(DAY, "03:00", ANN),
        scene.widget.wishes("2020-01-01", "10:30", ANN),
        scene.widget.wishes("soon", "10:30", ANN),
        door::post(PATHS[0])
            .header("x-api-key", "wrong")
            .json(&wish(DAY, "10:30", ANN)),
    ];
    for (so_far, knock) in refused.into_iter().enumerate() {
        let answer = scene.send(knock).await;
        assert!(answer.status >= 400, "{}", answer.text);
        assert_eq!(
            scene.world.count(count).await,
            so_far as i64 + 1,
            "{}",
            answer.text
        );
    }
    let looks =
        "select coalesce(max(hits), 0)::bigint from rate_counters where bucket like 'tours:203%'";
    assert_eq!(
        scene
            .send(scene.widget.times(DAY, "2036-12-03"))
            .await
            .status,
        400
    );
    assert_eq!(scene.world.count(looks).await, 1);
}

#[tokio::test]
async fn the_operator_says_how_often_strangers_may_look_and_book() {
    for (name, looks, bookings) in [
        ("TOUR_LOOKS_PER_SOURCE_MINUTE", [200, 429], [200, 200]),
        ("TOUR_LOOKS_PER_PROPERTY_MINUTE", [200, 429], [200, 200]),
        ("BOOKINGS_PER_SOURCE_MINUTE", [200, 200], [200, 429]),
        ("BOOKINGS_PER_PROPERTY_MINUTE", [200, 200], [200, 429]),
        ("OPEN_TOURS_PER_PERSON", [200, 200], [200, 429]),
    ] {
        let mut scene = scene().await;
        scene.world.starts_again_with(&[(name, "1")]);
        for (look, booking) in looks.into_iter().zip(bookings) {
            let time = if look == 200 && booking == 200 {
                "10:30"
            } else {
                "15:00"
            };
            let looked = scene.send(scene.widget.availability(DAY, DAY)).await;
            assert_eq!(looked.status, look, "{name}");
            let wish = scene.widget.wishes(DAY, time, ANN);
            assert_eq!(scene.send(wish).await.status, booking, "{name}");
        }
    }
}
