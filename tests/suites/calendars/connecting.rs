//! What Google is asked, what has to be granted, what is stored.

use serde_json::{Value, json};
use url::Url;
use world::agents::calendar_config;
use world::google::Consent;
use world::{Fault, PUBLIC_URL, Person, Property, World, door, hours};

use super::{SAM, audited, calendar_id, grants, known_channels, link, nudged, oak, refused, tour};

const EVENTS: &str = "https://www.googleapis.com/auth/calendar.events";
const FREE_BUSY: &str = "https://www.googleapis.com/auth/calendar.freebusy";
const LIST: &str = "https://www.googleapis.com/auth/calendar.calendarlist.readonly";

#[tokio::test]
async fn google_is_asked_for_events_busy_times_and_the_list_to_choose_from() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    let asked = world.begins_calendar_consent(&oak, &agent).await;
    let scopes = format!("openid email {EVENTS} {FREE_BUSY} {LIST}");
    assert_eq!(asked.asks("scope"), Some(scopes));
    let redirect = format!("{PUBLIC_URL}/api/calendar/callback");
    assert_eq!(asked.asks("redirect_uri"), Some(redirect));
    for (name, value) in [
        ("access_type", "offline"),
        ("prompt", "consent"),
        ("include_granted_scopes", "false"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(asked.asks(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(asked.asks("login_hint"), None, "nobody is expected yet");

    world.agent_connects(&oak, &agent, SAM).await;
    let again = world.begins_calendar_consent(&oak, &agent).await;
    assert_eq!(again.asks("login_hint").as_deref(), Some(SAM));
}

#[tokio::test]
async fn consent_stores_a_sealed_grant_and_opens_a_channel() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    world.google.calendar(SAM).lives_in("America/Denver");
    let done = world
        .agent_consents(&oak, &agent, Consent::allow(SAM))
        .await;
    assert_eq!(done.status, 302, "{}", done.text);
    assert_eq!(
        done.header("location"),
        "/dashboard/lumaleasing?success=calendar_connected&email=sam%40oak.test"
    );
    assert_eq!(done.header("cache-control"), "no-store");
    assert_eq!(done.header("referrer-policy"), "no-referrer");

    let tokens = world
        .texts("select unnest(array[access_token, refresh_token]) from agent_calendars")
        .await;
    assert!(tokens.iter().all(|token| token.starts_with("v1.k1.")));
    let calendar = calendar_id(&world, &oak, &agent).await;
    assert_eq!(nudged(&world, "calendar"), [calendar]);

    let channels = world.google.calendar(SAM).channels();
    assert_eq!(channels.len(), 1);
    let channel = &channels[0];
    assert_eq!(
        channel.address,
        format!("{PUBLIC_URL}/api/calendar/webhook")
    );
    let token = channel.token.clone().expect("each push repeats it");
    assert!(token.len() >= 43, "256 bits in base64url: {token}");
    let stored = world.everything().await["public.calendar_channels"].join("");
    assert!(!stored.contains(&token), "only its hash is kept");

    let config = world.agent_config(&oak, &agent).await;
    let day = json!({ "start": "09:00", "end": "18:00" });
    let expected = [
        ("status", json!("connected")),
        ("googleEmail", json!(SAM)),
        ("profileId", json!(agent.id)),
        ("agentName", json!("Sam Agent")),
        ("timezone", json!("America/Denver")),
        ("calendarId", json!("primary")),
        ("watchStatus", json!("active")),
        ("watchError", Value::Null),
        (
            "workingHours",
            json!({ "mon": day, "tue": day, "wed": day, "thu": day, "fri": day }),
        ),
    ];
    for (name, value) in expected {
        assert_eq!(config[name], value, "{name}");
    }
    let end = config["channelExpiration"].as_str().unwrap();
    let end: chrono::DateTime<chrono::Utc> = end.parse().unwrap();
    assert_eq!(end.timestamp_millis(), channel.expires_at);
    assert_eq!(audited(&world).await, ["calendar.connected"]);
}

#[tokio::test]
async fn without_a_permission_that_tours_need_nothing_is_connected() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    for (round, scope) in [EVENTS, FREE_BUSY].into_iter().enumerate() {
        let consent = Consent::allow(SAM).without(scope);
        let answer = world.agent_consents(&oak, &agent, consent).await;
        assert_eq!(
            answer.header("location"),
            refused("missing_scope"),
            "{scope}"
        );
        assert_eq!(grants(&world).await, 0, "{scope}");
        assert_eq!(
            world.google.calls().count("revoke"),
            round + 1,
            "given back"
        );
    }
    assert_eq!(world.google.calendar(SAM).channels(), []);
    assert_eq!(audited(&world).await, [""; 0]);
}

#[tokio::test]
async fn without_the_list_of_calendars_everything_but_the_choice_works() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    let consent = Consent::allow(SAM).without(LIST);
    let answer = world.agent_consents(&oak, &agent, consent).await;
    assert!(
        answer
            .header("location")
            .contains("success=calendar_connected")
    );
    let path = format!("{}&choices=true", calendar_config(&oak));
    let shown = door::get(&path).bearer(&agent.token).send(&world.app).await;
    assert_eq!(shown.json["status"], "connected");
    assert_eq!(shown.json["choices"], json!([]));
    assert_eq!(world.google.calls().count("calendarList.list"), 0);
}

#[tokio::test]
async fn an_agent_may_say_no() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    let answer = world.agent_consents(&oak, &agent, Consent::deny(SAM)).await;
    assert_eq!(answer.header("location"), refused("calendar_denied"));
    assert_eq!(grants(&world).await, 0);
    assert_eq!(world.google.calls().count("token"), 0);

    world.agent_connects(&oak, &agent, SAM).await;
}

#[tokio::test]
async fn an_account_whose_address_is_not_proven_is_refused() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    world.google.account(SAM).identified_as(SAM, false);
    let answer = world
        .agent_consents(&oak, &agent, Consent::allow(SAM))
        .await;
    assert_eq!(answer.header("location"), refused("unverified_account"));
    assert_eq!(grants(&world).await, 0);
}

#[tokio::test]
async fn a_calendar_that_cannot_be_read_is_not_connected() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    world.google.calendar(SAM).breaks_down();
    let answer = world
        .agent_consents(&oak, &agent, Consent::allow(SAM))
        .await;
    assert_eq!(answer.header("location"), refused("calendar_unreachable"));
    assert_eq!(grants(&world).await, 0);
    assert_eq!(world.google.calls().count("revoke"), 1);

    world.google.calendar(SAM).recovers();
    world.agent_connects(&oak, &agent, SAM).await;
}

#[tokio::test]
async fn a_channel_that_does_not_open_is_seen_and_tried_again() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    let refusal = Fault::status(401, "push.webhookUrlUnauthorized");
    for fault in [Fault::status(503, "backendError"), refusal] {
        world
            .google
            .faults()
            .times("events.watch", 2, fault.clone());
        let calendar = world.agent_connects(&oak, &agent, SAM).await;
        world.google.faults().clear();
        let config = world.agent_config(&oak, &agent).await;
        assert!(config["watchError"].is_string(), "{fault:?}: {config}");
        assert_eq!(known_channels(&world).await, [""; 0], "{fault:?}");

        world.agent_connects(&oak, &agent, SAM).await; // the second fault may have cost the grant
        world.renew_watches().await;
        let config = world.agent_config(&oak, &agent).await;
        assert_eq!(config["watchStatus"], "active", "{fault:?}");
        assert_eq!(calendar.channels().len(), 1, "{fault:?}");
        world.agent_disconnects(&oak, &agent).await;
    }
}

/// The same answer of Google's, at another of our doors.
fn at(url: &Url, path: &str) -> Url {
    let mut elsewhere = url.clone();
    elsewhere.set_path(path);
    elsewhere
}

#[tokio::test]
async fn a_consent_is_finished_at_the_door_and_in_the_browser_that_began_it() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let (calendar, mailbox) = ("/api/calendar/callback", "/api/lumaleasing/gmail/callback");
    let mine = world.begins_calendar_consent(&oak, &oak.admin).await;
    let other = world.begins_calendar_consent(&oak, &oak.admin).await;
    let gmail = world.begins_consent(&oak, &oak.admin).await;
    let back = world.answers_google(&mine, Consent::allow(SAM)).await;
    let gmail_back = world.answers_google(&gmail, Consent::allow(SAM)).await;
    let mut forged = back.clone();
    forged.set_query(Some("code=x&state=made-up"));

    let before = world.kept().await;
    for (attempt, url, browser) in [
        (
            "at the mailbox's door",
            at(&back, mailbox),
            Some(&mine.browser),
        ),
        (
            "a mailbox's consent",
            at(&gmail_back, calendar),
            Some(&gmail.browser),
        ),
        ("in another browser", back.clone(), Some(&other.browser)),
        ("without a cookie", back.clone(), None),
        ("a forged state", forged, Some(&mine.browser)),
    ] {
        let answer = world.comes_back(&url, browser.map(String::as_str)).await;
        let refusal = (answer.status, answer.code());
        assert_eq!(refusal, (400, "invalid_state"), "{attempt}");
    }
    assert_eq!(world.kept().await, before);
    assert_eq!(world.google.calls().count("token"), 0);

    let done = world.comes_back(&back, Some(&mine.browser)).await;
    assert!(
        done.header("location")
            .contains("success=calendar_connected")
    );
    let again = world.comes_back(&back, Some(&mine.browser)).await;
    assert_eq!((again.status, again.code()), (400, "invalid_state"));
}

#[tokio::test]
async fn who_left_the_customer_meanwhile_does_not_finish() {
    let world = World::start().await;
    let elm = world.property("Elm House").await;
    let moved = format!("update profiles set org_id = '{}' where id = $1", elm.org);
    for (loss, status) in [
        (moved.as_str(), 404),
        ("delete from profiles where id = $1", 401),
    ] {
        let oak = world.property("Oak Court").await;
        let agent = world.agent(&oak).await;
        let consenting = world.begins_calendar_consent(&oak, &agent).await;
        let back = world.answers_google(&consenting, Consent::allow(SAM)).await;
        world.sql.execute(loss, &[&agent.id]).await.unwrap();
        let answer = world.comes_back(&back, Some(&consenting.browser)).await;
        assert_eq!(answer.status, status, "{loss}: {}", answer.text);
    }
    assert_eq!(grants(&world).await, 0);
}

#[tokio::test]
async fn connecting_the_same_account_again_keeps_the_settings_and_writes_what_failed() {
    let world = World::start().await;
    let (oak, agent, calendar) = oak(&world).await;
    let settings =
        json!({ "bufferMinutes": 0, "timezone": "America/New_York", "syncEnabled": false });
    world.agent_sets(&oak, &agent, settings).await;
    world
        .sql
        .batch_execute("update agent_calendars set sync_token = 's1'")
        .await
        .unwrap();
    let failed = tour(&world, &oak, &agent, 48, "failed").await;
    let over = tour(&world, &oak, &agent, -48, "failed").await;
    let well = tour(&world, &oak, &agent, 72, "synced").await;
    world.google.revoke(SAM);
    world.skip(hours(2));
    world.renew_watches().await;
    world.skip(hours(22));
    world.renew_watches().await;
    let config = world.agent_config(&oak, &agent).await;
    assert_eq!(config["status"], "reauth_required");
    assert!(config["statusReason"].is_string());

    let answer = world
        .agent_consents(&oak, &agent, Consent::allow(SAM))
        .await;
    assert!(answer.header("location").contains("success="));
    assert_eq!(nudged(&world, "booking"), [failed.to_string()]);
    let config = world.agent_config(&oak, &agent).await;
    assert_eq!(config["status"], "connected");
    assert_eq!(config["bufferMinutes"], 0);
    assert_eq!(config["timezone"], "America/New_York");
    assert_eq!(config["syncEnabled"], false);
    let token = world.texts("select sync_token from agent_calendars").await;
    assert_eq!(token, ["s1"], "the gap is filled");
    assert_eq!(link(&world, failed).await, "pending");
    assert_eq!(link(&world, over).await, "failed");
    assert_eq!(link(&world, well).await, "synced");
    assert_eq!(calendar.channels().len(), 1, "the new one took over");
    assert_eq!(world.google.calls().count("revoke"), 0);
    assert_eq!(
        audited(&world).await.last().unwrap(),
        "calendar.reconnected"
    );
}

#[tokio::test]
async fn another_account_brings_its_own_zone_and_calendar() {
    let world = World::start().await;
    let (oak, agent, old) = oak(&world).await;
    let tours = old.another("Tours");
    let settings = json!({ "bufferMinutes": 0, "calendarId": tours.id() });
    world.agent_sets(&oak, &agent, settings).await;
    world
        .sql
        .batch_execute("update agent_calendars set sync_token = 's1'")
        .await
        .unwrap();
    let booked = tour(&world, &oak, &agent, 48, "synced").await;
    world
        .google
        .calendar("new@oak.test")
        .lives_in("Europe/London");
    let new = world.agent_connects(&oak, &agent, "new@oak.test").await;

    let config = world.agent_config(&oak, &agent).await;
    assert_eq!(config["googleEmail"], "new@oak.test");
    assert_eq!(config["timezone"], "Europe/London");
    assert_eq!(config["calendarId"], "primary");
    assert_eq!(config["bufferMinutes"], 0, "the agent's own rules stay");
    let token = world.texts("select sync_token from agent_calendars").await;
    assert_ne!(token, ["s1"], "read from its beginning");
    assert_eq!(tours.channels(), [], "nobody is told of the old one");
    assert_eq!(new.channels().len(), 1);
    assert_eq!(link(&world, booked).await, "synced");
    assert_eq!(new.events().len(), 1, "a new event in it");
    world.sweep().await;
    assert_eq!(
        world.google.calls().count("revoke"),
        1,
        "the old grant ended"
    );
}

/// Everybody at two properties, with the account they connect.
async fn connects(world: &World, property: &Property, who: &Person, account: &str) -> Value {
    world.agent_connects(property, who, account).await;
    world.agent_config(property, who).await["googleEmail"].clone()
}

#[tokio::test]
async fn several_agents_at_one_property_and_one_agent_at_several() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let elm = Property {
        id: world.property("Elm House").await.id,
        ..oak.clone()
    };
    let same_customer = "update properties set org_id = $2 where id = $1";
    world
        .sql
        .execute(same_customer, &[&elm.id, &oak.org])
        .await
        .unwrap();
    let (sam, kim) = (world.agent(&oak).await, world.agent(&oak).await);
    assert_eq!(connects(&world, &oak, &sam, SAM).await, SAM);
    assert_eq!(connects(&world, &elm, &sam, SAM).await, SAM);
    assert_eq!(
        connects(&world, &oak, &kim, "kim@oak.test").await,
        "kim@oak.test"
    );
    assert_eq!(
        connects(&world, &elm, &kim, SAM).await,
        SAM,
        "a shared account"
    );
    assert_eq!(grants(&world).await, 4);
    assert_eq!(world.google.calendar(SAM).channels().len(), 3);
    assert_eq!(world.google.calls().count("revoke"), 0);
}

#[tokio::test]
async fn two_consents_finished_at_once_leave_one_calendar_that_works() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    let (first, second) = tokio::join!(
        world.agent_consents(&oak, &agent, Consent::allow(SAM)),
        world.agent_consents(&oak, &agent, Consent::allow(SAM)),
    );
    for answer in [first, second] {
        assert!(
            answer.header("location").contains("success="),
            "{}",
            answer.text
        );
    }
    assert_eq!(world.count("select count(*) from agent_calendars").await, 1);
    assert_eq!(known_channels(&world).await.len(), 1);
    assert_eq!(world.google.calendar(SAM).channels().len(), 1);
    world.skip(hours(2)); // the access token has to be refreshed: the sealed one opens
    let path = format!("{}&choices=true", calendar_config(&oak));
    let shown = door::get(&path).bearer(&agent.token).send(&world.app).await;
    assert_eq!(shown.json["choices"][0]["primary"], true, "{}", shown.text);
}
