//! What an agent decides about tours, and what the team sees of it.

use serde_json::{Value, json};
use world::agents::calendar_config;
use world::{Person, Property, World, door, hours};

use super::{SAM, audited, oak};

/// Settings and what a change of each looks like.
fn everything() -> Value {
    json!({
        "workingHours": { "mon": { "start": "08:00", "end": "12:00" },
                          "sat": [{ "start": "10:00", "end": "12:00" }, { "start": "13:00", "end": "24:00" }] },
        "dateOverrides": { "2026-12-24": [], "2026-12-31": [{ "start": "09:00", "end": "12:00" }] },
        "tourDurationMinutes": 45,
        "bufferMinutes": 0,
        "slotIntervalMinutes": 20,
        "minimumNoticeMinutes": 0,
        "horizonDays": 400,
        "maxToursPerDay": 3,
        "timezone": "America/Denver",
        "syncEnabled": false,
    })
}

/// The same fields by their names in `snake_case`.
fn in_snake_case(settings: &Value) -> Value {
    let fields = settings.as_object().unwrap().iter();
    let renamed = fields.map(|(name, value)| {
        let mut snake = String::new();
        for letter in name.chars() {
            if letter.is_ascii_uppercase() {
                snake.push('_');
            }
            snake.push(letter.to_ascii_lowercase());
        }
        (snake, value.clone())
    });
    Value::Object(renamed.collect())
}

async fn asks(world: &World, property: &Property, who: &Person, named: &Person) -> door::Answer {
    let path = format!("{}&profileId={}", calendar_config(property), named.id);
    door::get(&path).bearer(&who.token).send(&world.app).await
}

#[tokio::test]
async fn who_never_connected_a_calendar_sees_what_it_would_start_with() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    let before = world.agent_config(&oak, &agent).await;
    assert_eq!(before["status"], "disconnected");
    assert_eq!(before["googleEmail"], Value::Null);
    assert_eq!(before["calendars"], json!([]));
    let refused = world
        .agent_asks(&oak, &agent, json!({ "bufferMinutes": 5 }))
        .await;
    assert_eq!(
        (refused.status, refused.code()),
        (409, "calendar_not_connected")
    );

    world.agent_connects(&oak, &agent, SAM).await;
    let after = world.agent_config(&oak, &agent).await;
    for name in everything().as_object().unwrap().keys() {
        if name != "timezone" {
            assert_eq!(before[name], after[name], "{name}");
        }
    }
}

#[tokio::test]
async fn every_setting_is_taken_in_either_spelling_and_comes_back() {
    let world = World::start().await;
    let (oak, agent, _) = oak(&world).await;
    let usual = world.agent_config(&oak, &agent).await;
    let all = everything();
    for asked in [all.clone(), in_snake_case(&all)] {
        let answer = world.agent_sets(&oak, &agent, asked).await;
        let shown = world.agent_config(&oak, &agent).await;
        for (name, value) in all.as_object().unwrap() {
            assert_eq!(answer[name], *value, "{name}");
            assert_eq!(shown[name], *value, "{name}");
            assert_eq!(shown["calendars"][0][name], *value, "{name}");
        }
        // What was shown before is taken as it was.
        let mut back = json!({});
        for name in all.as_object().unwrap().keys() {
            back[name] = usual[name].clone();
        }
        world.agent_sets(&oak, &agent, back).await;
    }
    let shown = world.agent_config(&oak, &agent).await;
    for name in all.as_object().unwrap().keys() {
        assert_eq!(shown[name], usual[name], "{name}");
    }
}

#[tokio::test]
async fn one_bad_field_changes_nothing_and_its_neighbour_within_bounds_does() {
    let world = World::start().await;
    let (oak, agent, _) = oak(&world).await;
    let numbers = [
        (
            "tourDurationMinutes",
            "tour_duration_minutes",
            [5, 480],
            [4, 481],
        ),
        ("bufferMinutes", "buffer_minutes", [0, 120], [-1, 121]),
        (
            "slotIntervalMinutes",
            "slot_interval_minutes",
            [5, 600],
            [4, 0],
        ),
        (
            "minimumNoticeMinutes",
            "minimum_notice_minutes",
            [0, 10_000],
            [-1, -60],
        ),
        ("horizonDays", "horizon_days", [1, 400], [0, 401]),
        ("maxToursPerDay", "max_tours_per_day", [1, 24], [0, -1]),
    ];
    for (name, code, good, bad) in numbers {
        for number in good {
            let answer = world
                .agent_sets(&oak, &agent, json!({ name: number }))
                .await;
            assert_eq!(answer[name], number, "{name}");
        }
        for number in bad {
            refuses(&world, &oak, &agent, name, json!(number), code).await;
        }
        for odd in [
            json!("30"),
            json!(30.5),
            json!([30]),
            json!(true),
            json!(1e12),
        ] {
            refuses(&world, &oak, &agent, name, odd, code).await;
        }
    }
    let others = [
        ("workingHours", "working_hours", json!({ "monday": [] })),
        (
            "workingHours",
            "working_hours",
            json!({ "mon": { "start": "9", "end": "17" } }),
        ),
        (
            "workingHours",
            "working_hours",
            json!({ "mon": { "start": "17:00", "end": "09:00" } }),
        ),
        ("workingHours", "working_hours", json!(null)),
        (
            "dateOverrides",
            "date_overrides",
            json!({ "24.12.2026": [] }),
        ),
        (
            "dateOverrides",
            "date_overrides",
            json!({ "2026-02-30": [] }),
        ),
        ("timezone", "timezone", json!("Mars/Olympus")),
        ("timezone", "timezone", json!(7)),
        ("syncEnabled", "sync_enabled", json!("yes")),
        ("syncEnabled", "sync_enabled", json!(null)),
        ("calendarId", "calendar_id", json!(null)),
        ("calendarId", "calendar_id", json!("")),
    ];
    for (name, code, value) in others {
        refuses(&world, &oak, &agent, name, value, code).await;
    }
}

/// The whole change is refused, the good field beside the bad one too.
async fn refuses(
    world: &World,
    property: &Property,
    agent: &Person,
    name: &str,
    value: Value,
    code: &str,
) {
    let before = world.kept().await;
    let other = if name == "bufferMinutes" {
        "horizonDays"
    } else {
        "bufferMinutes"
    };
    let answer = world
        .agent_asks(property, agent, json!({ other: 77, name: value }))
        .await;
    let refusal = (answer.status, answer.code());
    assert_eq!(
        refusal,
        (400, &*format!("invalid_{code}")),
        "{name}: {value}"
    );
    assert_eq!(world.kept().await, before, "{name}: {value}");
}

#[tokio::test]
async fn what_is_not_a_setting_cannot_be_set() {
    let world = World::start().await;
    let (oak, agent, _) = oak(&world).await;
    for (name, code) in [
        ("googleEmail", "invalid_google_email"),
        ("status", "invalid_status"),
        ("profileId", "invalid_profile_id"),
        ("accessToken", "invalid_access_token"),
        ("syncToken", "invalid_sync_token"),
        ("propertyId", "invalid_property_id"),
    ] {
        let answer = world.agent_asks(&oak, &agent, json!({ name: "x" })).await;
        assert_eq!((answer.status, answer.code()), (400, code));
    }
}

#[tokio::test]
async fn the_audit_log_says_what_was_before_and_after() {
    let world = World::start().await;
    let (oak, agent, _) = oak(&world).await;
    world
        .agent_sets(&oak, &agent, json!({ "bufferMinutes": 0 }))
        .await;
    world
        .agent_sets(&oak, &agent, json!({ "bufferMinutes": 0 }))
        .await; // nothing changed
    assert_eq!(
        audited(&world).await,
        ["calendar.connected", "calendar.settings_changed"]
    );
    let row = world
        .texts(
            "select concat_ws(' ', actor_id, before, after) from audit_log
             where action = 'calendar.settings_changed'",
        )
        .await;
    let expected = format!(
        "{} {{\"buffer_minutes\": 15}} {{\"buffer_minutes\": 0}}",
        agent.id
    );
    assert_eq!(row, [expected]);
}

#[tokio::test]
async fn an_agent_sees_their_own_calendar_and_a_manager_all_of_them() {
    let world = World::start().await;
    let (oak, sam, _) = oak(&world).await;
    let manager = world.person(Some(oak.org), "manager").await;
    let kim = world.agent(&oak).await;
    let sole = world.agent_config(&oak, &manager).await;
    assert_eq!(sole["profileId"], json!(sam.id), "the only one there is");
    let own = world.agent_config(&oak, &kim).await;
    assert_eq!(
        (&own["profileId"], &own["calendars"]),
        (&json!(kim.id), &json!([]))
    );

    world.agent_connects(&oak, &kim, "kim@oak.test").await;
    let agents = |config: &Value| -> Vec<Value> {
        let all = config["calendars"].as_array().unwrap();
        all.iter().map(|one| one["profileId"].clone()).collect()
    };
    for agent in [&sam, &kim] {
        let config = world.agent_config(&oak, agent).await;
        assert_eq!(config["profileId"], json!(agent.id));
        assert_eq!(agents(&config), [json!(agent.id)]);
    }
    let all = world.agent_config(&oak, &manager).await;
    assert_eq!(agents(&all), [json!(sam.id), json!(kim.id)]);
    assert_eq!(all["profileId"], json!(manager.id), "none of many is meant");
    assert_eq!(all["status"], "disconnected");

    let named = asks(&world, &oak, &manager, &kim).await;
    assert_eq!(named.json["googleEmail"], "kim@oak.test");
    assert_eq!(agents(&named.json).len(), 2);
    let foreign = asks(&world, &oak, &sam, &kim).await;
    assert_eq!((foreign.status, foreign.code()), (403, "forbidden"));
    assert_eq!(asks(&world, &oak, &sam, &sam).await.status, 200);
    let nobody = world.agent(&oak).await;
    assert_eq!(asks(&world, &oak, &manager, &nobody).await.status, 404);
    let text = format!("{}{all}", named.text);
    for word in ["v1.k1.", "world-access", "oken"] {
        assert!(!text.contains(word), "{word}");
    }
}

#[tokio::test]
async fn a_manager_changes_the_named_agents_settings_and_else_their_own() {
    let world = World::start().await;
    let (oak, sam, _) = oak(&world).await;
    let kim = world.agent(&oak).await;
    let own = world
        .agent_asks(&oak, &oak.admin, json!({ "bufferMinutes": 5 }))
        .await;
    assert_eq!((own.status, own.code()), (409, "calendar_not_connected"));
    let path = format!("{}&profileId={}", calendar_config(&oak), sam.id);
    let change = async |who: &Person| {
        let knock = door::patch(&path).bearer(&who.token);
        knock
            .json(&json!({ "bufferMinutes": 5 }))
            .send(&world.app)
            .await
    };
    assert_eq!(change(&kim).await.status, 403);
    assert_eq!(world.agent_config(&oak, &sam).await["bufferMinutes"], 15);
    assert_eq!(change(&oak.admin).await.status, 200);
    assert_eq!(world.agent_config(&oak, &sam).await["bufferMinutes"], 5);
}

#[tokio::test]
async fn two_who_change_different_things_at_once_both_succeed() {
    let world = World::start().await;
    let (oak, agent, _) = oak(&world).await;
    tokio::join!(
        world.agent_sets(&oak, &agent, json!({ "bufferMinutes": 0 })),
        world.agent_sets(&oak, &agent, json!({ "horizonDays": 7 })),
    );
    let config = world.agent_config(&oak, &agent).await;
    assert_eq!(
        (&config["bufferMinutes"], &config["horizonDays"]),
        (&json!(0), &json!(7))
    );
}

#[tokio::test]
async fn a_lost_grant_and_a_dead_channel_are_seen() {
    let world = World::start().await;
    let (oak, agent, calendar) = oak(&world).await;
    assert_eq!(
        world.agent_config(&oak, &agent).await["watchStatus"],
        "active"
    );
    calendar.breaks_down();
    world.skip(hours(24));
    world.renew_watches().await;
    let config = world.agent_config(&oak, &agent).await;
    assert_eq!(config["watchStatus"], "failing");
    assert!(config["watchError"].is_string());
    world.skip(hours(7 * 24));
    let config = world.agent_config(&oak, &agent).await;
    assert_eq!(config["watchStatus"], "expired");
    calendar.recovers();
    world.google.revoke(SAM);
    world.renew_watches().await;
    let config = world.agent_config(&oak, &agent).await;
    assert_eq!(config["status"], "reauth_required");
    assert!(config["statusReason"].is_string());
}

#[tokio::test]
async fn a_person_may_ask_to_look_now() {
    let world = World::start().await;
    let (oak, sam, _) = oak(&world).await;
    let kim = world.agent(&oak).await;
    let ask = async |who: &Person| {
        let knock = door::post("/api/calendar/sync").bearer(&who.token);
        let body = json!({ "propertyId": oak.id });
        knock.json(&body).send(&world.app).await
    };
    let none = ask(&kim).await;
    assert_eq!((none.status, none.code()), (409, "calendar_not_connected"));
    world.agent_connects(&oak, &kim, "kim@oak.test").await;
    for (who, count) in [(&sam, 1), (&kim, 1), (&oak.admin, 2)] {
        super::nudged(&world, "calendar");
        let dirty = "select sum(dirty_seq)::bigint from agent_calendars";
        let before = world.count(dirty).await;
        assert_eq!(ask(who).await.status, 202);
        assert_eq!(super::nudged(&world, "calendar").len(), count);
        assert_eq!(world.count(dirty).await - before, count as i64);
    }
    let lost = "update agent_calendars set status = 'reauth_required'";
    world.sql.batch_execute(lost).await.unwrap();
    let lost = ask(&sam).await;
    assert_eq!((lost.status, lost.code()), (409, "reconnect_required"));
}
