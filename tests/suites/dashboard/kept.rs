//! A form that cannot be done as it stands comes back as it was typed, and nothing of it is stored.

use serde_json::json;
use world::{World, door};

use super::{Browser, sign_in};
use crate::enrichment::chat::Chat;
use crate::tenants::tenant;

/// Sends a form, and has its page back with that status, a sentence in an alert, and all of this in it. Nothing is
/// stored, and nothing goes where it would stay.
async fn comes_back(
    world: &World,
    browser: &Browser,
    path: &str,
    fields: &[(&str, &str)],
    status: u16,
    shown: &[&str],
) -> String {
    let before = world.kept().await;
    let answer = browser.post(world, path, fields).await;
    assert_eq!(answer.status, status, "{path}: {}", answer.text);
    assert!(
        answer
            .text
            .contains(r#"<p class="notice bad" role="alert">"#),
        "{}",
        answer.text
    );
    for words in shown {
        assert!(answer.text.contains(words), "{words}: {}", answer.text);
    }
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.cookie("__Host-luma_session"), None);
    let kept = world.kept().await;
    assert_eq!(kept, before, "nothing is stored");
    answer.text
}

#[tokio::test]
async fn a_text_for_a_reply_stands_where_it_was_typed() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let path = format!("/dashboard/replies/{}", oak.reply);
    let long = format!("{}</textarea><b>Yes", "walrus ".repeat(300));
    let field = r#"</textarea>&#60;b&#62;Yes</textarea>"#.replacen("</", "&#60;/", 1);
    let field = field.replacen("textarea>", "textarea&#62;", 1);
    for (thread, heading) in [
        (None, "<h1>Approvals</h1>"),
        (Some(&oak.thread), "<h2>Messages</h2>"),
    ] {
        for action in ["save", "approve"] {
            let mut fields = vec![("action", action), ("body_text", long.as_str())];
            fields.extend(thread.map(|thread| ("thread", thread.as_str())));
            let shown = ["A reply needs 1 to 2,000 characters", heading, &field];
            let page = comes_back(&world, &browser, &path, &fields, 422, &shown).await;
            assert!(!page.contains("which was not saved"), "it has its field");
        }
    }
    // The address in the browser is the form's own; whoever opens it again comes to the page.
    let again = browser.get(&world, &path).await;
    assert_eq!(again.header("location"), "/dashboard/approvals");
}

#[tokio::test]
async fn a_text_for_a_reply_that_somebody_else_decided_is_not_lost() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let path = format!("/dashboard/replies/{}", oak.reply);
    browser.post(&world, &path, &[("action", "reject")]).await;
    let text = "A walrus <b>of a text</b>";
    let escaped = "A walrus &#60;b&#62;of a text&#60;/b&#62;";
    for thread in ["", &oak.thread] {
        let fields = [("action", "save"), ("body_text", text), ("thread", thread)];
        let shown = ["not held any more", "which was not saved", escaped];
        comes_back(&world, &browser, &path, &fields, 409, &shown).await;
    }
}

#[tokio::test]
async fn working_hours_and_what_stands_beside_them_come_back_as_typed() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    world.agent_connects(&oak, &agent, "sam@oak.test").await;
    let browser = sign_in(&world, &oak.admin).await;
    let whose = agent.id.to_string();
    let fields = [
        ("action", "save"),
        ("agent", whose.as_str()),
        ("tour_duration_minutes", "45"),
        ("buffer_minutes", "7"),
        ("slot_interval_minutes", "50"),
        ("minimum_notice_minutes", "121"),
        ("horizon_days", "31"),
        ("max_tours_per_day", "4"),
        ("timezone", "Atlantis/\"Main\""),
        ("mon_start_1", "09:15"),
        ("mon_end_1", "12:00"),
        ("tue_start_1", "10:00"), // without an end
        ("sat_start_2", "20:00"),
        ("sat_end_2", "00:00"),
        ("date1", "2026-12-24"),
        ("date3", ""),
        ("date3_start_1", "10:05"),
        ("date3_end_1", "11:05"),
    ];
    let shown = [
        "A window of the week has no end",
        r#"name="mon_start_1" value="09:15""#,
        r#"name="mon_end_1" value="12:00""#,
        r#"name="tue_start_1" value="10:00""#,
        r#"name="tue_end_1" value="""#,
        // What stood there before is not mixed in.
        r#"name="wed_start_1" value="""#,
        r#"name="sat_start_1" value="20:00""#,
        r#"name="sat_end_1" value="00:00""#,
        r#"name="date1" value="2026-12-24""#,
        r#"name="date2_start_1" value="10:05""#,
        r#"type="number" min="5" max="480" required value="45""#,
        r#"name="buffer_minutes" type="number" min="0" max="120" required value="7""#,
        r#"name="slot_interval_minutes" type="number" min="5" value="50""#,
        r#"required value="121""#,
        r#"required value="31""#,
        r#"name="max_tours_per_day" type="number" min="1" value="4""#,
        r#"value="Atlantis/&#34;Main&#34;""#,
        &format!(r#"name="agent" value="{whose}""#),
    ];
    comes_back(
        &world,
        &browser,
        "/dashboard/calendar",
        &fields,
        422,
        &shown,
    )
    .await;
}

#[tokio::test]
async fn wishes_come_back_as_typed_with_what_the_form_had_shown() {
    let chat = Chat::open().await;
    let (world, admin) = (&chat.world, &chat.oak.admin);
    let browser = sign_in(world, admin).await;
    let found =
        json!({ "budget": { "min": null, "max": 1900, "evidence": "$1900", "confidence": 0.9 } });
    chat.hears("At most $1900", found).await;
    let path = format!("/dashboard/leads/{}", chat.lead);
    let mut fields = vec![
        ("action", "prefer"),
        ("budget_min", "1000"),
        ("budget_max", "1500"),
        ("was_budget_max", "1500"),
        ("move_in", "2027-02-01"),
        ("urgency", "soon"),
        ("parking", ""),
        ("parking_type", "Garage & more"),
        ("pets", "Two cats\r\nA dog"),
        ("was_pets", "Two cats"),
        ("floorplans", "2BR"),
        ("amenities", "<script>"),
    ];
    let shown = [
        "a few plain words each",
        r#"name="budget_min" type="number" min="300" max="30000" value="1000""#,
        r#"name="budget_max" type="number" min="300" max="30000" value="1500""#,
        // It was found while they typed: it stays, for they did not touch it.
        r#"name="was_budget_max" value="1500""#,
        r#"name="move_in" type="date" value="2027-02-01""#,
        r#"<option value="soon" selected>"#,
        r#"value="Garage &#38; more""#,
        "\nTwo cats\nA dog</textarea>",
        r#"name="was_pets" value="Two cats""#,
        "\n2BR</textarea>",
        "\n&#60;script&#62;</textarea>",
        "up to $1,900",
    ];
    comes_back(world, &browser, &path, &fields, 422, &shown).await;
    fields.pop();
    let answer = browser.post(world, &path, &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(chat.preferences().await["pets"], json!(["a dog"]));
}

#[tokio::test]
async fn the_mailboxs_settings_come_back_as_typed() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    let browser = sign_in(&world, &oak.admin).await;
    let fields = [
        ("action", "save"),
        ("reply_mode", "approve"),
        ("auto_reply_delay_minutes", "-1"),
        ("confidence_threshold", "0.55"),
        ("signature", "Oak Court\r\n<1 Oak St>"),
        ("portal_domains", "listings.example\r\nhomes.example"),
    ];
    let shown = [
        "The delay is a whole number",
        r#"name="auto_reply_enabled" value="on">"#, // not ticked, though it is set
        r#"<option value="approve" selected>"#,
        r#"required value="-1""#,
        r#"value="0.55""#,
        "\nOak Court\n&#60;1 Oak St&#62;</textarea>",
        "\nlistings.example\nhomes.example</textarea>",
    ];
    comes_back(&world, &browser, "/dashboard/mailbox", &fields, 422, &shown).await;
}

#[tokio::test]
async fn an_approved_text_comes_back_as_typed_and_the_others_as_they_are() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    let browser = sign_in(&world, &oak.admin).await;
    let fields = [
        ("action", "save"),
        ("topic", "steering"),
        ("text", "Hello, <b>walrus</b>."),
    ];
    let typed = "\nHello, &#60;b&#62;walrus&#60;/b&#62;.</textarea>";
    let shown = ["A text is plain words without formatting", typed];
    let path = "/dashboard/wordings";
    let page = comes_back(&world, &browser, path, &fields, 422, &shown).await;
    assert_eq!(page.matches("walrus").count(), 1);
    assert!(page.contains(r#"name="auto_reply_enabled" value="on" checked"#));
    let again = browser.get(&world, path).await;
    assert_eq!(again.header("location"), "/dashboard/mailbox");
}

#[tokio::test]
async fn a_thread_that_is_given_to_nobody_here_shows_itself() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let path = format!("/dashboard/threads/{}", oak.thread);
    let fields = [("action", "assign"), ("agent", "nobody")];
    let shown = ["Nobody of that name works here.", "<h2>Messages</h2>"];
    comes_back(&world, &browser, &path, &fields, 422, &shown).await;
}

#[tokio::test]
async fn a_form_of_another_session_is_not_shown_with_its_words() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let path = format!("/dashboard/replies/{}", oak.reply);
    let fields = [
        ("form_token", "x"),
        ("action", "save"),
        ("body_text", "walrus"),
    ];
    let forged = browser.with(door::post(&path).form(&fields));
    let forged = forged.send(&world.app).await;
    assert_eq!(forged.status, 403);
    assert!(!forged.text.contains("walrus"));
}
