//! What the pages' forms do.

use serde_json::json;
use world::{World, door};

use super::{Browser, sign_in};
use crate::tenants::tenant;

async fn one(world: &World, sql: &str) -> String {
    world.texts(sql).await.remove(0)
}

#[tokio::test]
async fn a_thread_is_taken_over_given_away_closed_archived_and_opened() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let viewer = world.person(Some(oak.property.org), "viewer").await;
    let path = format!("/dashboard/threads/{}", oak.thread);
    let (me, her) = (oak.property.admin.id.to_string(), viewer.id.to_string());
    for (fields, status, agent) in [
        (&[("action", "take_over")][..], "open", me.as_str()),
        (&[("action", "assign"), ("agent", &her)], "open", &her),
        (&[("action", "assign"), ("agent", "")], "open", "null"),
        (&[("action", "close")], "closed", "null"),
        (&[("action", "reopen")], "open", "null"),
        (&[("action", "archive")], "archived", "null"),
    ] {
        let answer = browser.post(&world, &path, fields).await;
        assert_eq!(answer.status, 303, "{fields:?}");
        assert!(
            answer
                .header("location")
                .starts_with(&format!("{path}?success="))
        );
        assert_eq!(
            one(&world, "select status from email_threads").await,
            status
        );
        assert_eq!(
            one(&world, "select assigned_agent_id::text from email_threads").await,
            agent
        );
    }
}

#[tokio::test]
async fn what_is_approved_is_sent_with_the_words_that_stood_there() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let queue = browser.get(&world, "/dashboard/approvals").await;
    assert!(queue.text.contains("Any two-bedrooms?"), "{}", queue.text);
    let path = format!("/dashboard/replies/{}", oak.reply);
    let fields = [
        ("action", "approve"),
        ("body_text", "Yes, two of them.\r\nSee you soon!"),
    ];
    let answer = browser.post(&world, &path, &fields).await;
    assert!(
        answer.header("location").ends_with("success=approved"),
        "{}",
        answer.text
    );
    world.work().await;
    let address = one(&world, "select gmail_address from gmail_config").await;
    let sent = world.google.mailbox(&address).sent();
    assert_eq!(sent.len(), 1);
    let page = browser
        .get(&world, &format!("/dashboard/threads/{}", oak.thread))
        .await;
    assert!(
        page.text.contains("Yes, two of them.\nSee you soon!"),
        "{}",
        page.text
    );
    let actions =
        "select string_agg(action, ' ' order by id) from audit_log where entity = 'email_replies'
        and actor_kind = 'user'";
    assert_eq!(
        one(&world, actions).await,
        "reply.edited reply.approved reply.sent"
    );
    // Once: the second time it is not held any more.
    let answer = browser.post(&world, &path, &fields).await;
    assert_eq!(answer.status, 409, "{}", answer.text);
    world.work().await;
    assert_eq!(world.google.mailbox(&address).sent().len(), 1);
}

#[tokio::test]
async fn a_reply_is_saved_or_rejected() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let path = format!("/dashboard/replies/{}", oak.reply);
    let text = "select body_text from email_replies";
    let saved = browser
        .post(
            &world,
            &path,
            &[("action", "save"), ("body_text", "Another")],
        )
        .await;
    assert!(saved.header("location").ends_with("success=saved"));
    assert_eq!(one(&world, text).await, "Another");
    let empty = browser
        .post(&world, &path, &[("action", "save"), ("body_text", "  ")])
        .await;
    assert_eq!(empty.status, 422);
    assert_eq!(one(&world, text).await, "Another");
    browser.post(&world, &path, &[("action", "reject")]).await;
    assert_eq!(
        one(&world, "select state from email_replies").await,
        "cancelled"
    );
}

#[tokio::test]
async fn a_viewer_looks_and_sorts_but_decides_nothing() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let viewer = world.person(Some(oak.property.org), "viewer").await;
    let browser = sign_in(&world, &viewer).await;
    let statuses = async |browser: &Browser| {
        let mut statuses = Vec::new();
        for page in [
            "",
            "/threads",
            "/approvals",
            "/mailbox",
            "/calendar",
            "/tours",
        ] {
            let path = format!("/dashboard{page}");
            statuses.push(browser.get(&world, &path).await.status);
        }
        let reply = format!("/dashboard/replies/{}", oak.reply);
        let thread = format!("/dashboard/threads/{}", oak.thread);
        for (path, action) in [
            (thread.as_str(), "take_over"),
            (&reply, "save"),
            (&reply, "approve"),
            (&reply, "reject"),
            ("/dashboard/mailbox", "save"),
            ("/dashboard/mailbox", "connect"),
            ("/dashboard/mailbox", "disconnect"),
        ] {
            let fields = [
                ("action", action),
                ("body_text", "Changed by me"),
                ("reply_mode", "off"),
            ];
            statuses.push(browser.post(&world, path, &fields).await.status);
        }
        statuses
    };
    assert_eq!(
        statuses(&browser).await,
        [
            200, 200, 200, 200, 200, 200, 303, 303, 403, 403, 403, 403, 403
        ]
    );
    assert_eq!(one(&world, "select state from email_replies").await, "held");
    let manager = world.person(Some(oak.property.org), "manager").await;
    let browser = sign_in(&world, &manager).await;
    assert_eq!(
        statuses(&browser).await,
        // What was approved is not rejected any more.
        [
            200, 200, 200, 200, 200, 200, 303, 303, 303, 409, 303, 303, 303
        ]
    );
}

#[tokio::test]
async fn the_mailboxs_settings_are_what_the_form_says() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    let browser = sign_in(&world, &oak.admin).await;
    let fields = [
        ("action", "save"),
        ("reply_mode", "approve"),
        ("auto_reply_delay_minutes", "12"),
        ("confidence_threshold", "0.5"),
        ("signature", "Oak Court\r\n1 Oak St"),
        ("portal_domains", "listings.example\r\nhomes.example"),
    ];
    let answer = browser.post(&world, "/dashboard/mailbox", &fields).await;
    assert!(
        answer.header("location").ends_with("success=saved"),
        "{}",
        answer.header("location")
    );
    let config = world.config(&oak).await;
    assert_eq!(
        config["autoReplyEnabled"],
        json!(false),
        "the box was not ticked"
    );
    assert_eq!(config["replyMode"], json!("approve"));
    assert_eq!(config["autoReplyDelayMinutes"], json!(12));
    assert_eq!(config["confidenceThreshold"], json!(0.5));
    assert_eq!(config["signature"], json!("Oak Court\n1 Oak St"));
    assert_eq!(
        config["portalDomains"],
        json!(["homes.example", "listings.example"])
    );
    let page = browser.get(&world, "/dashboard/mailbox").await;
    assert!(
        page.text
            .contains("homes.example\nlistings.example</textarea>"),
        "{}",
        page.text
    );
    let answer = browser
        .post(&world, "/dashboard/mailbox", &[("action", "disconnect")])
        .await;
    assert!(answer.header("location").ends_with("success=disconnected"));
    assert_eq!(world.config(&oak).await["status"], json!("disconnected"));
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
