//! The calendar's forms: working hours, dates that differ, pauses, and whose calendar it is.

use serde_json::json;
use world::{World, door};

use super::sign_in;

async fn one(world: &World, sql: &str) -> String {
    world.texts(sql).await.remove(0)
}

const NUMBERS: [(&str, &str); 8] = [
    ("action", "save"),
    ("tour_duration_minutes", "45"),
    ("buffer_minutes", "0"),
    ("slot_interval_minutes", ""),
    ("minimum_notice_minutes", "120"),
    ("horizon_days", "30"),
    ("max_tours_per_day", "4"),
    ("timezone", "america/denver"),
];

#[tokio::test]
async fn working_hours_are_changed_and_read_back() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    world.agent_connects(&oak, &agent, "sam@oak.test").await;
    let browser = sign_in(&world, &agent).await;
    let mut fields = NUMBERS.to_vec();
    fields.extend([
        ("mon_start_1", "09:00"),
        ("mon_end_1", "12:00"),
        ("mon_start_2", ""),
        ("mon_end_2", ""),
        ("mon_start_3", "13:30"),
        ("mon_end_3", "17:00"),
        ("sat_start_1", "20:00"),
        ("sat_end_1", "00:00"), // a time field's midnight
        ("date1", "2026-12-24"),
        ("date2", ""),
        ("date2_start_1", "10:00"),
        ("date2_end_1", "11:00"),
        ("date3", "2026-12-31"),
        ("date3_start_1", "10:00"),
        ("date3_end_1", "11:00"),
    ]);
    let answer = browser.post(&world, "/dashboard/calendar", &fields).await;
    assert!(
        answer.header("location").ends_with("success=saved"),
        "{}",
        answer.header("location")
    );

    let path = format!("/api/calendar/config?propertyId={}", oak.id);
    let config = door::get(&path)
        .bearer(&agent.token)
        .send(&world.app)
        .await
        .json;
    assert_eq!(
        config["workingHours"],
        json!({
            "mon": [{ "start": "09:00", "end": "12:00" }, { "start": "13:30", "end": "17:00" }],
            "sat": { "start": "20:00", "end": "24:00" },
        })
    );
    let dates = json!({ "2026-12-24": [], "2026-12-31": [{ "start": "10:00", "end": "11:00" }] });
    assert_eq!(config["dateOverrides"], dates);
    for (name, value) in [
        ("tourDurationMinutes", json!(45)),
        ("bufferMinutes", json!(0)),
        ("slotIntervalMinutes", json!(null)),
        ("minimumNoticeMinutes", json!(120)),
        ("horizonDays", json!(30)),
        ("maxToursPerDay", json!(4)),
        ("timezone", json!("America/Denver")),
    ] {
        assert_eq!(config[name], value, "{name}");
    }

    let page = browser.get(&world, "/dashboard/calendar").await.text;
    for field in [
        r#"name="mon_start_2" value="13:30""#,
        r#"name="sat_end_1" value="00:00""#,
        r#"name="tue_start_1" value="""#,
        r#"name="date1" value="2026-12-24""#,
        r#"name="date2_end_1" value="11:00""#,
    ] {
        assert!(page.contains(field), "{field}: {page}");
    }
}

#[tokio::test]
async fn hours_that_make_no_sense_change_nothing() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    world.agent_connects(&oak, &agent, "sam@oak.test").await;
    let browser = sign_in(&world, &agent).await;
    let before = world.kept().await;
    for (odd, sentence) in [
        (&[("mon_start_1", "09:00")][..], "A window of the week"),
        (
            &[("mon_start_1", "12:00"), ("mon_end_1", "09:00")],
            "A window of the week",
        ),
        (&[("date1", "2026-02-30")], "A window of a date"),
        (
            &[
                ("date1", "2026-12-24"),
                ("date2", "2026-12-24"),
                ("date2_start_1", "10:00"),
                ("date2_end_1", "11:00"),
            ],
            "A date stands here twice",
        ),
    ] {
        let mut fields = NUMBERS.to_vec();
        fields.extend_from_slice(odd);
        let answer = browser.post(&world, "/dashboard/calendar", &fields).await;
        assert_eq!(answer.status, 422, "{odd:?}");
        assert!(answer.text.contains(sentence), "{odd:?}: {}", answer.text);
        assert_eq!(world.kept().await, before, "{odd:?}");
    }
}

#[tokio::test]
async fn rows_of_one_date_are_one_day_and_there_is_always_room_for_another_window() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    world.agent_connects(&oak, &agent, "sam@oak.test").await;
    let browser = sign_in(&world, &agent).await;
    let times: Vec<(String, String)> = (1..=12)
        .flat_map(|hour| {
            [
                (format!("tue_start_{hour}"), format!("{hour:02}:00")),
                (format!("tue_end_{hour}"), format!("{hour:02}:30")),
            ]
        })
        .collect();
    let mut fields = NUMBERS.to_vec();
    fields.extend(
        times
            .iter()
            .map(|(name, time)| (name.as_str(), time.as_str())),
    );
    fields.extend([
        ("mon_start_1", "09:00"),
        ("mon_end_1", "10:00"),
        ("mon_start_2", "11:00"),
        ("mon_end_2", "12:00"),
        ("mon_start_3", "13:00"),
        ("mon_end_3", "14:00"),
        ("date1", "2026-12-24"),
        ("date1_start_1", "09:00"),
        ("date1_end_1", "10:00"),
        ("date2", "2026-12-24"),
        ("date2_start_1", "11:00"),
        ("date2_end_1", "12:00"),
        ("date3", "2026-12-31"),
        ("date4", "2026-12-31"),
    ]);
    let answer = browser.post(&world, "/dashboard/calendar", &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let dates = one(&world, "select date_overrides::text from agent_calendars").await;
    let dates: serde_json::Value = serde_json::from_str(&dates).unwrap();
    let both = json!([{ "start": "09:00", "end": "10:00" }, { "start": "11:00", "end": "12:00" }]);
    assert_eq!(dates, json!({ "2026-12-24": both, "2026-12-31": [] }));
    let page = browser.get(&world, "/dashboard/calendar").await.text;
    for (field, is_there) in [
        (r#"name="mon_start_4" value="""#, true),
        ("mon_start_5", false),
        (r#"name="wed_start_3" value="""#, true),
        ("wed_start_4", false),
        (r#"name="tue_start_12" value="12:00""#, true),
        ("tue_start_13", false),
        (r#"name="date1_start_3" value="""#, true),
        ("date1_start_4", false),
        (r#"name="date5" value="""#, true),
        (r#"name="date6""#, false),
    ] {
        assert_eq!(page.contains(field), is_there, "{field}: {page}");
    }
}

#[tokio::test]
async fn a_calendar_is_paused_resumed_and_given_up() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    world.agent_connects(&oak, &agent, "sam@oak.test").await;
    let browser = sign_in(&world, &agent).await;
    let state = "select status || ' ' || sync_enabled from agent_calendars";
    for (action, after, said) in [
        ("pause", "connected false", "Resume"),
        ("resume", "connected true", "Pause"),
        ("disconnect", "disconnected true", "Connect with Google"),
    ] {
        let answer = browser
            .post(&world, "/dashboard/calendar", &[("action", action)])
            .await;
        assert_eq!(answer.status, 303, "{action}: {}", answer.text);
        assert_eq!(one(&world, state).await, after);
        let page = browser.get(&world, answer.header("location")).await;
        assert!(page.text.contains(said), "{action}: {}", page.text);
    }
}

#[tokio::test]
async fn an_agents_calendar_is_seen_and_set_by_a_manager_and_no_colleague() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    world.agent_connects(&oak, &agent, "sam@oak.test").await;
    let whose = agent.id.to_string();
    let path = format!("/dashboard/calendar?agent={whose}");
    let pause = [("action", "pause"), ("agent", whose.as_str())];
    let colleague = world.agent(&oak).await;
    let browser = sign_in(&world, &colleague).await;
    assert_eq!(browser.get(&world, &path).await.status, 403);
    assert_eq!(
        browser
            .post(&world, "/dashboard/calendar", &pause)
            .await
            .status,
        403
    );
    let browser = sign_in(&world, &oak.admin).await;
    assert_eq!(browser.get(&world, &path).await.status, 200);
    assert_eq!(
        browser
            .post(&world, "/dashboard/calendar", &pause)
            .await
            .status,
        303
    );
    assert_eq!(
        one(&world, "select sync_enabled::text from agent_calendars").await,
        "false"
    );
}
