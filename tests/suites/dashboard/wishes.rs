//! What a person says about a lead's wishes stays, and nothing that tells who somebody is is noted.

use serde_json::json;

use super::leads::{LIST, page};
use super::{Browser, sign_in};
use crate::enrichment::chat::{Chat, value};

/// Everything that the form of an empty lead sends, but for what is named.
async fn prefers(chat: &Chat, browser: &Browser, fields: &[(&str, &str)]) -> String {
    let path = format!("{LIST}/{}", chat.lead);
    let mut all = vec![("action", "prefer")];
    all.extend_from_slice(fields);
    let answer = browser.post(&chat.world, &path, &all).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let to = answer.header("location");
    to.strip_prefix(&format!("{path}?")).unwrap().to_owned()
}

/// The page of the chat's lead without its form: what is shown, and not what can be typed.
async fn shown(chat: &Chat, browser: &Browser) -> String {
    let path = format!("{LIST}/{}", chat.lead);
    let page = page(&chat.world, browser, &path).await;
    page.split(r#"id="set-right""#).next().unwrap().to_owned()
}

fn budget(max: u32) -> serde_json::Value {
    let evidence = format!("${max}");
    json!({ "budget": { "min": null, "max": max, "evidence": evidence, "confidence": 0.9 } })
}

#[tokio::test]
async fn what_a_person_set_stays_whatever_is_read_later() {
    let chat = Chat::open().await;
    let viewer = chat.world.person(Some(chat.oak.org), "viewer").await;
    let browser = sign_in(&chat.world, &viewer).await;
    chat.hears("At most $1500", budget(1500)).await;
    let text = shown(&chat, &browser).await;
    assert!(
        text.contains("up to $1,500") && text.contains("Read in a chat, 90 % sure"),
        "{text}"
    );
    assert!(!text.contains("Set by a person"));

    let mine = [
        ("was_budget_max", "1500"),
        ("budget_min", "1000"),
        ("budget_max", "1400"),
        ("move_in", "2027-02-01"),
        ("urgency", "soon"),
        ("parking", "yes"),
        ("parking_type", "Garage"),
        ("pets", "Two cats\r\n\r\n A dog "),
        ("floorplans", "2BR"),
    ];
    assert_eq!(
        prefers(&chat, &browser, &mine).await,
        "success=preferences_saved"
    );
    chat.hears("make that $1900", budget(1900)).await;
    let preferences = chat.preferences().await;
    assert_eq!(
        preferences,
        json!({
            "budget": { "min": 1000, "max": 1400 }, "move_in": "2027-02-01", "urgency": "soon",
            "parking": { "needed": true, "type": "garage" }, "pets": ["two cats", "a dog"],
            "floorplans": ["2BR"], "amenities": [], "special_requirements": [],
        })
    );
    let text = shown(&chat, &browser).await;
    assert_eq!(text.matches("Set by a person").count(), 7, "{text}");
    assert!(text.contains("$1,000 to $1,400"));
    assert!(text.contains("up to $1,900"), "said all the same");

    let rows = "select concat_ws(' ', actor_kind, actor_id, before, after) from audit_log
                where action = 'lead.preferences_set'";
    let fields = r#"["budget", "floorplans", "move_in", "parking", "pets", "urgency"]"#;
    let row = format!(r#"user {} {{"fields": {fields}}}"#, viewer.id);
    assert_eq!(chat.world.texts(rows).await, [row]);
}

#[tokio::test]
async fn a_field_that_nobody_changed_stays_as_it_was_found() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    chat.hears("At most $1500", budget(1500)).await;
    let before = chat.world.kept().await;
    let as_it_was = [("was_budget_max", "1500"), ("budget_max", "1500")];
    assert_eq!(
        prefers(&chat, &browser, &as_it_was).await,
        "success=preferences_saved"
    );
    assert_eq!(
        chat.world.kept().await,
        before,
        "nothing changed, and nothing is written down"
    );
    // Somebody saves an old page after another value was found: only what they typed is theirs.
    chat.hears("make that $1900", budget(1900)).await;
    let late = [
        ("was_budget_max", "1500"),
        ("budget_max", "1500"),
        ("urgency", "soon"),
    ];
    prefers(&chat, &browser, &late).await;
    assert_eq!(chat.preferences().await["budget"]["max"], json!(1900));
    assert_eq!(chat.preferences().await["urgency"], json!("soon"));
    chat.hears("make that $2100", budget(2100)).await;
    assert_eq!(chat.preferences().await["budget"]["max"], json!(2100));
}

#[tokio::test]
async fn the_same_value_said_by_a_person_is_theirs_from_then_on() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    chat.hears("At most $1500", budget(1500)).await;
    prefers(
        &chat,
        &browser,
        &[("was_budget_max", ""), ("budget_max", "1500")],
    )
    .await;
    assert!(shown(&chat, &browser).await.contains("Set by a person"));
    chat.hears("make that $1900", budget(1900)).await;
    assert_eq!(chat.preferences().await["budget"]["max"], json!(1500));
}

#[tokio::test]
async fn what_a_person_takes_back_counts_as_the_prospect_said() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    prefers(&chat, &browser, &[("budget_max", "1200")]).await;
    chat.hears("At most $1500", budget(1500)).await;
    assert_eq!(chat.preferences().await["budget"]["max"], json!(1200));
    prefers(
        &chat,
        &browser,
        &[("was_budget_max", "1200"), ("budget_max", "")],
    )
    .await;
    assert_eq!(chat.preferences().await["budget"]["max"], json!(1500));
    // What a machine found and a person takes out stays out, until something else is said.
    prefers(
        &chat,
        &browser,
        &[("was_budget_max", "1500"), ("budget_max", "")],
    )
    .await;
    chat.hears("still $1500", budget(1500)).await;
    assert_eq!(chat.preferences().await["budget"]["max"], json!(null));
    chat.hears("make that $1900", budget(1900)).await;
    assert_eq!(chat.preferences().await["budget"]["max"], json!(1900));
}

#[tokio::test]
async fn items_of_a_list_are_added_and_taken_out_for_good() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    let amenities = |names: &[&str]| {
        let found: Vec<_> = names.iter().map(|name| value(name, name)).collect();
        json!({ "amenities": found })
    };
    chat.hears("a pool and a gym", amenities(&["pool", "gym"]))
        .await;
    let entered = format!(
        "insert into lead_interests (lead_id, interest_type, interest_value, extracted_from)
         values ('{}', 'amenity', 'sauna', 'manual')",
        chat.lead
    );
    chat.sql(&entered).await;
    chat.hears("and a bar", amenities(&["bar"])).await;
    assert_eq!(
        chat.preferences().await["amenities"],
        json!(["bar", "gym", "pool", "sauna"])
    );
    let mine = [
        ("was_amenities", "bar\ngym\npool\nsauna"),
        ("amenities", "bar\ngym\nrooftop"),
    ];
    prefers(&chat, &browser, &mine).await;
    chat.hears(
        "a pool, a sauna, a rooftop",
        amenities(&["pool", "sauna", "rooftop"]),
    )
    .await;
    assert_eq!(
        chat.preferences().await["amenities"],
        json!(["rooftop", "bar", "gym"])
    );
}

#[tokio::test]
async fn an_older_row_of_a_persons_gives_way_to_their_newer_word() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    let entered = format!(
        "insert into lead_interests (lead_id, interest_type, interest_value, extracted_from)
         values ('{}', 'budget', 'up to 1200', 'manual')",
        chat.lead
    );
    chat.sql(&entered).await;
    prefers(&chat, &browser, &[("budget_max", "1400")]).await;
    chat.hears("At most $1500", budget(1500)).await;
    assert_eq!(chat.preferences().await["budget"]["max"], json!(1400));
}

#[tokio::test]
async fn who_somebody_is_is_neither_noted_nor_shown() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    let before = chat.world.kept().await;
    const TRAIT: &str = "This tells who somebody is, not what they want";
    for (name, text, sentence) in [
        ("special_requirements", "wheelchair ramp", TRAIT),
        ("amenities", "pool\nnear a good school", TRAIT),
        ("floorplans", "2BR for my kids", TRAIT),
        ("pets", "service dog", "An assistance animal is no pet"),
        ("pets", "<script>", "a few plain words each"),
        ("budget_max", "cheap", "A budget is $300 to $30,000"),
        ("budget_max", "50", "A budget is $300 to $30,000"),
        ("move_in", "2020-01-01", "a date from today on"),
        ("urgency", "now", "one of those in the list"),
    ] {
        let path = format!("{LIST}/{}", chat.lead);
        let fields = [("action", "prefer"), (name, text)];
        let answer = browser.post(&chat.world, &path, &fields).await;
        assert_eq!(answer.status, 422, "{text}");
        assert!(answer.text.contains(sentence), "{text}: {}", answer.text);
    }
    assert_eq!(chat.world.kept().await, before, "nothing changed");

    // Wherever else it was written.
    chat.sql(r#"update leads set preferences = '{"special_requirements": ["wheelchair ramp", "quiet"]}'"#)
        .await;
    let row = format!(
        "insert into lead_interests (lead_id, interest_type, interest_value, extracted_from, evidence, said_at)
         values ('{}', 'amenity', 'playground', 'chat', 'for our two kids', now())",
        chat.lead
    );
    chat.sql(&row).await;
    for path in [LIST.to_owned(), format!("{LIST}/{}", chat.lead)] {
        let text = page(&chat.world, &browser, &path).await;
        assert!(text.contains("quiet"), "{text}");
        assert!(
            !text.contains("wheelchair") && !text.contains("two kids"),
            "{text}"
        );
    }
    // A form that does not show it does not take it out either.
    prefers(
        &chat,
        &browser,
        &[
            ("was_special_requirements", "quiet"),
            ("special_requirements", "quiet\nlight"),
        ],
    )
    .await;
    let kept = chat.preferences().await["special_requirements"].clone();
    assert_eq!(kept, json!(["wheelchair ramp", "quiet", "light"]));
}

#[tokio::test]
async fn a_kind_of_parking_is_a_wish_for_parking() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    let parking = async || chat.preferences().await["parking"].clone();
    let garage = [("parking", ""), ("parking_type", "Garage")];
    prefers(&chat, &browser, &garage).await;
    assert_eq!(parking().await, json!({ "needed": true, "type": "garage" }));
    // Only the need is taken away: the kind that still stands there is nothing new.
    let unknown = [
        ("was_parking", "yes"),
        ("was_parking_type", "garage"),
        ("parking", ""),
        ("parking_type", "garage"),
    ];
    prefers(&chat, &browser, &unknown).await;
    assert_eq!(parking().await, json!({ "needed": null, "type": null }));
    let no = [("parking", "no"), ("parking_type", "")];
    prefers(&chat, &browser, &no).await;
    assert_eq!(parking().await, json!({ "needed": false, "type": null }));
    let carport = [
        ("was_parking", "no"),
        ("parking", "no"),
        ("parking_type", "Carport"),
    ];
    prefers(&chat, &browser, &carport).await;
    assert_eq!(
        parking().await,
        json!({ "needed": true, "type": "carport" })
    );
    let none = [
        ("was_parking", "yes"),
        ("was_parking_type", "carport"),
        ("parking", "no"),
        ("parking_type", "carport"),
    ];
    prefers(&chat, &browser, &none).await;
    assert_eq!(parking().await, json!({ "needed": false, "type": null }));
}
