//! Names, defaults, and what is said about values that cannot be used.

use std::cell::RefCell;

use secrecy::ExposeSecret;

use super::*;

const COMPLETE: &[(&str, &str)] = &[
    ("DATABASE_URL", "postgres://app:s3cret@db/luma"),
    ("GOOGLE_CLIENT_ID", "client"),
    ("GOOGLE_CLIENT_SECRET", "s3cret"),
    ("GOOGLE_PUBSUB_TOPIC", "projects/p/topics/t"),
    ("PUBSUB_SUBSCRIPTION", "projects/p/subscriptions/s"),
    ("PUBSUB_AUDIENCE", "luma"),
    ("PUBSUB_SERVICE_ACCOUNT", "push@p.iam.gserviceaccount.com"),
    ("OPENAI_API_KEY", "s3cret"),
    ("SYNC_QUEUE_URL", "http://sqs/sync"),
    ("REPLY_QUEUE_URL", "http://sqs/replies"),
    ("ENRICHMENT_QUEUE_URL", "http://sqs/enrichment"),
    ("TOKEN_KEYS", "s3cret"),
    ("SESSION_KEY", "s3cret"),
    ("PUBLIC_URL", "https://luma.example"),
    ("AUTH_ISSUER", "https://auth.example"),
    ("AUTH_JWT_SECRET", "s3cret"),
];

fn read(changes: &[(&str, &str)]) -> Result<Config, Error> {
    Config::from_lookup(|name| {
        let value = changes
            .iter()
            .chain(COMPLETE)
            .find(|(known, _)| *known == name);
        value.map(|(_, value)| (*value).to_owned())
    })
}

fn names(result: Result<Config, Error>) -> (Vec<&'static str>, Vec<&'static str>) {
    match result.unwrap_err() {
        Error::Names { missing, invalid } => {
            (missing, invalid.into_iter().map(|(name, _)| name).collect())
        }
        Error::Secret(source) => panic!("{source}"),
    }
}

#[test]
fn a_complete_configuration_has_googles_addresses_by_default() {
    let config = read(&[]).unwrap();
    assert_eq!(
        config.google.urls.gmail.as_str(),
        "https://gmail.googleapis.com/"
    );
    assert_eq!(config.llm.model, "gpt-6-luna");
    assert_eq!(config.auth.audience, "authenticated");
    assert!(config.push.token.is_none());
    assert_eq!(
        config.database.url.expose_secret(),
        "postgres://app:s3cret@db/luma"
    );
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let (missing, invalid) = names(Config::from_lookup(|_| None));
    assert_eq!(missing.len(), COMPLETE.len());
    for (name, _) in COMPLETE {
        assert!(
            missing.iter().any(|missed| missed.starts_with(name)),
            "{name}"
        );
    }
    assert!(invalid.is_empty());
}

#[test]
fn without_what_a_push_must_prove_the_process_does_not_start() {
    for name in [
        "PUBSUB_SUBSCRIPTION",
        "PUBSUB_AUDIENCE",
        "PUBSUB_SERVICE_ACCOUNT",
    ] {
        assert_eq!(names(read(&[(name, "")])).0, [name]);
    }
}

#[test]
fn user_tokens_are_checked_in_one_way_only() {
    let both = read(&[("AUTH_JWKS_URL", "https://auth.example/jwks")]);
    assert_eq!(names(both).1, ["AUTH_JWT_SECRET"]);
    let jwks = read(&[
        ("AUTH_JWT_SECRET", ""),
        ("AUTH_JWKS_URL", "https://auth.example/jwks"),
    ]);
    assert!(matches!(jwks.unwrap().auth.key, AuthKey::Jwks(_)));
    assert!(matches!(read(&[]).unwrap().auth.key, AuthKey::Secret(_)));
}

#[test]
fn an_address_must_be_http() {
    for wrong in ["file:///etc/passwd", "gmail.example", "mailto:a@b.example"] {
        assert_eq!(
            names(read(&[("GMAIL_URL", wrong)])).1,
            ["GMAIL_URL"],
            "{wrong}"
        );
    }
    assert!(read(&[("GMAIL_URL", "http://127.0.0.1:4000/fake")]).is_ok());
}

#[test]
fn debug_output_and_errors_show_no_secret() {
    let config = read(&[("GMAIL_WEBHOOK_SECRET", "s3cret")]).unwrap();
    assert!(!format!("{config:?}").contains("s3cret"));
    let error = read(&[("GMAIL_URL", "s3cret"), ("SESSION_KEY", "")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Configuration: missing SESSION_KEY [GMAIL_URL: not an http(s) address]"
    );
}

#[test]
fn the_secret_may_hold_nested_json() {
    let secret = parse_secret(r#"{"TOKEN_KEYS":{"current":"k1","keys":{}},"SESSION_KEY":"abc"}"#);
    let secret = secret.unwrap();
    assert_eq!(secret["TOKEN_KEYS"], r#"{"current":"k1","keys":{}}"#);
    assert_eq!(secret["SESSION_KEY"], "abc");
    assert_eq!(
        parse_secret("s3cret").unwrap_err().to_string(),
        "the secret is not a JSON object"
    );
}

#[test]
fn every_variable_is_looked_up_once() {
    let asked = RefCell::new(Vec::new());
    let _ = Config::from_lookup(|name| {
        asked.borrow_mut().push(name.to_owned());
        None
    });
    let mut asked = asked.into_inner();
    let all = asked.len();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), all);
}

#[test]
fn limits_are_the_documented_ones_unless_they_are_set() {
    let limits = read(&[]).unwrap().limits;
    let replies = limits.replies;
    assert_eq!(
        (replies.per_thread, replies.per_sender, replies.per_mailbox),
        (4, 10, 60)
    );
    assert_eq!(replies.max_age.num_hours(), 24);
    let tours = limits.tours;
    assert_eq!(
        (tours.looks_per_source, tours.looks_per_property),
        (120, 600)
    );
    assert_eq!(
        (tours.bookings_per_source, tours.bookings_per_property),
        (20, 120)
    );
    assert_eq!((tours.open_per_person, limits.user_requests), (2, 600));
    assert!(read(&[]).unwrap().llm.enabled);

    let changed = [("REPLIES_PER_THREAD_HOUR", "7"), ("LLM_ENABLED", "false")];
    let config = read(&changed).unwrap();
    assert_eq!(config.limits.replies.per_thread, 7);
    assert!(!config.llm.enabled);
}

#[test]
fn a_limit_that_limits_nothing_is_named_before_anything_starts() {
    for wrong in ["0", "-1", "abc", "1.5", "1000001", "99999999999", " 4"] {
        let both = [
            ("REPLIES_PER_THREAD_HOUR", wrong),
            ("OPEN_TOURS_PER_PERSON", wrong),
        ];
        let expected = ["REPLIES_PER_THREAD_HOUR", "OPEN_TOURS_PER_PERSON"];
        assert_eq!(names(read(&both)).1, expected, "{wrong}");
    }
    for wrong in ["no", "TRUE", "0"] {
        let off = read(&[("LLM_ENABLED", wrong)]);
        assert_eq!(names(off).1, ["LLM_ENABLED"], "{wrong}");
    }
}

#[test]
fn words_are_kept_for_two_years_unless_it_says_otherwise() {
    let kept = read(&[]).unwrap().retention;
    assert_eq!((kept.months, kept.prompt_days), (24, 30));
    let kept = read(&[("RETENTION_MONTHS", "6"), ("PROMPT_RETENTION_DAYS", "7")]);
    let kept = kept.unwrap().retention;
    assert_eq!((kept.months, kept.prompt_days), (6, 7));
    // Nothing at all would forget what has just come in.
    assert_eq!(
        names(read(&[("RETENTION_MONTHS", "0")])).1,
        ["RETENTION_MONTHS"]
    );
}
