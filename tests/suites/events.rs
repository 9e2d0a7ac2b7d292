//! The samples in `events/` are what the functions take.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use world::{World, door};

/// The samples: function, case and event.
fn samples() -> Vec<(String, String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let json = files.filter(|path| path.extension().is_some_and(|kind| kind == "json"));
    json.map(|path| {
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let (function, case) = stem.split_once('.').unwrap_or((&stem, ""));
        let event = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        (function.to_owned(), case.to_owned(), event)
    })
    .collect()
}

fn functions() -> BTreeSet<String> {
    let routes = functions::ROUTES.iter().map(|route| route.name);
    let consumers = functions::CONSUMERS.iter().map(|consumer| consumer.name);
    let schedules = functions::SCHEDULES.iter().map(|schedule| schedule.name);
    routes
        .chain(consumers)
        .chain(schedules)
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_function_has_a_sample_and_every_sample_a_function() {
    let sampled: BTreeSet<_> = samples()
        .into_iter()
        .map(|(function, ..)| function)
        .collect();
    assert_eq!(sampled, functions());
}

#[test]
fn every_function_is_a_folder_and_a_binary_of_its_name() {
    let manifest = include_str!("../../functions/Cargo.toml");
    for name in functions() {
        assert!(
            manifest.contains(&format!("path = \"{name}/main.rs\"")),
            "{name}"
        );
    }
    assert_eq!(manifest.matches("[[bin]]").count(), functions().len());
}

#[test]
fn every_endpoint_has_a_sample() {
    let seen: BTreeSet<_> = samples()
        .into_iter()
        .filter_map(|(_, _, event)| event["routeKey"].as_str().map(str::to_owned))
        .collect();
    let endpoints = functions::ROUTES.iter().flat_map(|route| route.endpoints);
    let known: BTreeSet<_> = endpoints
        .map(|endpoint| format!("{} {}", endpoint.method, endpoint.path))
        .collect();
    assert_eq!(seen, known);
}

#[tokio::test]
async fn every_sample_is_answered_as_its_readme_says() {
    let world = World::start().await;
    for (function, case, event) in samples() {
        let answer = door::invoke(&world.app, &function, &event).await;
        let expected = match (function.as_str(), case.as_str()) {
            ("health", _) => json!(200),
            // The browser's cookie fits no consent that is under way.
            ("gmail_callback" | "calendar_callback", _) => json!(400),
            ("calendar_webhook", _) => json!(404), // nobody's channel
            ("sync", "damaged") => json!(["059f36b4-87a3-44ab-83d2-661970000001"]),
            ("sync", "misplaced") => json!(["059f36b4-87a3-44ab-83d2-661970000001"]),
            ("sync" | "auto_reply" | "lead_enrichment", _) => json!([]),
            ("migrate", _) => json!([]), // the world is migrated already
            ("audit_verify", _) => json!(true), // nothing was written yet
            (_, "preflight") => json!(200),
            ("dashboard", case) if case != "sign_in" => json!(303), // to the sign-in
            ("tour_page", _) => json!(404),                         // a link that we did not make
            ("sweep" | "watch_renewal", _) => Value::Null,
            _ => json!(401), // the tokens are placeholders
        };
        let told = match function.as_str() {
            "sync" | "auto_reply" | "lead_enrichment" => {
                let failures = answer["batchItemFailures"].as_array().unwrap();
                failures
                    .iter()
                    .map(|failure| failure["itemIdentifier"].clone())
                    .collect()
            }
            "migrate" => answer["applied"].clone(),
            "audit_verify" => answer["ok"].clone(),
            "sweep" | "watch_renewal" => answer,
            _ => answer["statusCode"].clone(),
        };
        assert_eq!(told, expected, "{function} {case}");
    }
    world.finish().await;
}

/// Placeholders in the samples, as `events/README.md` describes them.
const USER: &str = "Bearer <Supabase access token>";
const PUSH: &str = "Bearer <OIDC token of the push service account>";

#[tokio::test]
async fn with_real_tokens_every_sample_gets_past_its_door() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    // The samples' subscription; their ids name nothing.
    let ours = [(
        "PUBSUB_SUBSCRIPTION",
        "projects/example/subscriptions/gmail-push",
    )];
    let app = world.another_app(&ours);
    for (function, case, mut event) in samples() {
        let authorization = match event["headers"]["authorization"].as_str() {
            Some(USER) => format!("Bearer {}", oak.admin.token),
            Some(PUSH) => format!("Bearer {}", world.google.mint(json!({}))),
            Some(other) => panic!("{function} {case}: {other}"),
            None => continue,
        };
        event["headers"]["authorization"] = json!(authorization);
        let answer = door::invoke(&app, &function, &event).await;
        let expected = match (function.as_str(), case.as_str()) {
            ("gmail_webhook", _) => 204,
            ("gmail_config" | "calendar_config", "unknown_field") => 400,
            _ => 404, // nobody's property, thread or reply
        };
        assert_eq!(
            answer["statusCode"],
            json!(expected),
            "{function} {case}: {answer}"
        );
    }
    world.finish().await;
}

#[test]
fn no_sample_holds_a_token_or_a_real_address() {
    for (function, case, event) in samples() {
        let text = event.to_string();
        for word in ["eyJhbGci", "ya29.", "1//0", "sk-", "@gmail.com"] {
            assert!(!text.contains(word), "{function} {case} holds {word}");
        }
    }
}
