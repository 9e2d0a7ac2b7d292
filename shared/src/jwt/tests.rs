#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::EncodingKey;
use jsonwebtoken::jwk::Jwk;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const NOW: i64 = 1_700_000_000;
/// What stands before the PKCS #1 key that the library signs with (RFC 5208, for a 2048-bit key).
const PKCS8_WRAPPING: usize = 26;
const SECRET: &str = "a secret of the host app, long enough for HS256";

static RSA: LazyLock<EncodingKey> = LazyLock::new(rsa);
static OTHER_RSA: LazyLock<EncodingKey> = LazyLock::new(rsa);
static EC: LazyLock<EncodingKey> = LazyLock::new(|| {
    let generator = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &generator).unwrap();
    EncodingKey::from_ec_der(key.as_ref())
});

fn rsa() -> EncodingKey {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let pkcs8 = key.as_der().unwrap();
    EncodingKey::from_rsa_der(&pkcs8.as_ref()[PKCS8_WRAPPING..])
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

fn push_rule() -> PushRule {
    PushRule {
        audience: "luma".into(),
        service_account: "push@p.iam.gserviceaccount.com".into(),
    }
}

fn user_rule(key: UserKey) -> UserRule {
    UserRule {
        issuer: "https://auth.example/auth/v1".into(),
        audience: "authenticated".into(),
        key,
    }
}

fn push_claims() -> Value {
    json!({
        "aud": "luma", "azp": "1", "sub": "1", "iss": "https://accounts.google.com",
        "email": "push@p.iam.gserviceaccount.com", "email_verified": true,
        "iat": NOW - 10, "exp": NOW + 3_590,
    })
}

fn user_claims() -> Value {
    json!({
        "aud": "authenticated", "iss": "https://auth.example/auth/v1", "role": "authenticated",
        "sub": "7b1f6f0e-0000-4000-8000-000000000001", "email": "agent@example.com",
        "user_metadata": {"role": "admin"}, "iat": NOW - 10, "exp": NOW + 3_590,
    })
}

/// The claims with some of them changed; null takes one away.
fn with(mut claims: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            _ => claims[name] = value.clone(),
        }
    }
    claims
}

fn sign(algorithm: Algorithm, kid: &str, key: &EncodingKey, claims: &Value) -> String {
    let header = Header {
        kid: Some(kid.into()),
        ..Header::new(algorithm)
    };
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

fn jwk(kid: &str, key: &EncodingKey, algorithm: Algorithm) -> Jwk {
    let mut jwk = Jwk::from_encoding_key(key, algorithm).unwrap();
    jwk.common.key_id = Some(kid.into());
    jwk
}

/// Keys behind a real socket that answers every request with the same set.
async fn published() -> Keys {
    let set = json!({"keys": [
        jwk("rsa", &RSA, Algorithm::RS256),
        jwk("ec", &EC, Algorithm::ES256),
    ]});
    let body = set.to_string();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/certs", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    Keys::new(crate::http::client(), url.parse().unwrap())
}

#[tokio::test]
async fn a_push_signed_by_google_for_us_is_believed() {
    let keys = published().await;
    let variants = [
        push_claims(),
        with(push_claims(), json!({"iss": "accounts.google.com"})),
        with(push_claims(), json!({"exp": NOW - 59})),
        with(push_claims(), json!({"iat": NOW + 60, "nbf": NOW + 60})),
        with(
            push_claims(),
            json!({"iat": NOW - 80_000, "exp": NOW + 6_400}),
        ),
    ];
    for claims in variants {
        let token = sign(Algorithm::RS256, "rsa", &RSA, &claims);
        assert_eq!(
            verify_push(&keys, &token, &push_rule(), now()).await,
            Ok(()),
            "{claims}"
        );
    }
}

#[tokio::test]
async fn a_push_with_one_wrong_claim_is_rejected_for_that_claim() {
    let keys = published().await;
    let cases = [
        ("aud", json!({"aud": null})),
        ("aud", json!({"aud": "another"})),
        ("aud", json!({"aud": 42})),
        ("aud", json!({"aud": ["luma"]})),
        ("aud", json!({"aud": ["luma", "another"]})),
        ("aud", json!({"aud": "LUMA"})),
        ("iss", json!({"iss": null})),
        (
            "iss",
            json!({"iss": "https://accounts.google.com.evil.example"}),
        ),
        ("iss", json!({"iss": ["https://accounts.google.com"]})),
        ("email", json!({"email": null})),
        (
            "email",
            json!({"email": "push@evil.iam.gserviceaccount.com"}),
        ),
        ("email_verified", json!({"email_verified": null})),
        ("email_verified", json!({"email_verified": false})),
        ("email_verified", json!({"email_verified": "true"})),
        ("exp", json!({"exp": null})),
        ("exp", json!({"exp": "never"})),
        ("exp", json!({"exp": NOW - 60})),
        ("exp", json!({"exp": NOW + 86_400})),
        ("iat", json!({"iat": null})),
        ("iat", json!({"iat": "then"})),
        ("iat", json!({"iat": NOW + 61})),
        ("nbf", json!({"nbf": NOW + 61})),
        ("nbf", json!({"nbf": "99999999999"})),
    ];
    for (claim, changes) in cases {
        let token = sign(
            Algorithm::RS256,
            "rsa",
            &RSA,
            &with(push_claims(), changes.clone()),
        );
        let verdict = verify_push(&keys, &token, &push_rule(), now()).await;
        assert_eq!(verdict, Err(Rejected::Claim(claim)), "{changes}");
    }
}

#[tokio::test]
async fn a_push_is_believed_under_googles_key_and_rs256_only() {
    let keys = published().await;
    let claims = push_claims();
    let good = sign(Algorithm::RS256, "rsa", &RSA, &claims);
    let parts: Vec<&str> = good.split('.').collect();
    let public = serde_json::to_vec(&jwk("rsa", &RSA, Algorithm::RS256)).unwrap();
    let none = "eyJhbGciOiJub25lIiwia2lkIjoicnNhIn0"; // {"alg":"none","kid":"rsa"}
    let critical = Header {
        kid: Some("rsa".into()),
        crit: Some(vec!["b64".into()]),
        ..Header::new(Algorithm::RS256)
    };
    let unnamed = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &RSA).unwrap();
    let cases = [
        (
            sign(Algorithm::RS256, "rsa", &OTHER_RSA, &claims),
            Rejected::Signature,
        ),
        (
            sign(Algorithm::RS256, "nobody", &RSA, &claims),
            Rejected::UnknownKey,
        ),
        (
            sign(Algorithm::RS256, "ec", &RSA, &claims),
            Rejected::Algorithm,
        ),
        (
            sign(Algorithm::RS512, "rsa", &RSA, &claims),
            Rejected::Algorithm,
        ),
        (
            sign(Algorithm::PS256, "rsa", &RSA, &claims),
            Rejected::Algorithm,
        ),
        (
            sign(Algorithm::ES256, "ec", &EC, &claims),
            Rejected::Algorithm,
        ),
        (
            sign(
                Algorithm::HS256,
                "rsa",
                &EncodingKey::from_secret(&public),
                &claims,
            ),
            Rejected::Algorithm,
        ),
        (format!("{none}.{}.", parts[1]), Rejected::Malformed),
        (format!("{}.{}.", parts[0], parts[1]), Rejected::Signature),
        (format!("{}.{}", parts[0], parts[1]), Rejected::Malformed),
        (format!("{good}.x"), Rejected::Malformed),
        (
            jsonwebtoken::encode(&critical, &claims, &RSA).unwrap(),
            Rejected::Malformed,
        ),
        (unnamed, Rejected::Malformed),
        (String::new(), Rejected::Malformed),
        ("x".repeat(20_000), Rejected::Malformed),
    ];
    for (token, why) in cases {
        assert_eq!(
            verify_push(&keys, &token, &push_rule(), now()).await,
            Err(why),
            "{token}"
        );
    }
    assert_eq!(verify_push(&keys, &good, &push_rule(), now()).await, Ok(()));
}

#[tokio::test]
async fn without_keys_nothing_is_said_about_a_push() {
    let nowhere = Keys::new(
        crate::http::client(),
        "http://127.0.0.1:1/".parse().unwrap(),
    );
    let token = sign(Algorithm::RS256, "rsa", &RSA, &push_claims());
    let verdict = verify_push(&nowhere, &token, &push_rule(), now()).await;
    assert_eq!(verdict, Err(Rejected::KeysUnavailable));
}

#[tokio::test]
async fn a_user_is_believed_under_the_secret_or_under_the_key_set() {
    let shared = EncodingKey::from_secret(SECRET.as_bytes());
    let by_secret = user_rule(UserKey::Secret(SECRET.into()));
    let by_keys = user_rule(UserKey::Keys(published().await));
    let claims = user_claims();
    let tokens = [
        (sign(Algorithm::HS256, "any", &shared, &claims), &by_secret),
        (sign(Algorithm::ES256, "ec", &EC, &claims), &by_keys),
        (sign(Algorithm::RS256, "rsa", &RSA, &claims), &by_keys),
    ];
    for (token, rule) in tokens {
        let user = verify_user(&token, rule, now()).await.unwrap();
        assert_eq!(user.sub.to_string(), "7b1f6f0e-0000-4000-8000-000000000001");
        assert_eq!(user.email.as_deref(), Some("agent@example.com"));
    }
}

#[tokio::test]
async fn a_users_token_of_the_other_way_is_rejected() {
    let keys = published().await;
    let by_keys = user_rule(UserKey::Keys(keys));
    let by_secret = user_rule(UserKey::Secret(SECRET.into()));
    let public = serde_json::to_vec(&jwk("rsa", &RSA, Algorithm::RS256)).unwrap();
    let claims = user_claims();
    let cases = [
        (
            sign(
                Algorithm::HS256,
                "rsa",
                &EncodingKey::from_secret(&public),
                &claims,
            ),
            &by_keys,
        ),
        (sign(Algorithm::ES256, "ec", &EC, &claims), &by_secret),
        (
            sign(
                Algorithm::HS512,
                "any",
                &EncodingKey::from_secret(SECRET.as_bytes()),
                &claims,
            ),
            &by_secret,
        ),
    ];
    for (token, rule) in cases {
        assert_eq!(
            verify_user(&token, rule, now()).await,
            Err(Rejected::Algorithm)
        );
    }
    let forged = sign(
        Algorithm::HS256,
        "any",
        &EncodingKey::from_secret(b"a guess"),
        &claims,
    );
    assert_eq!(
        verify_user(&forged, &by_secret, now()).await,
        Err(Rejected::Signature)
    );
}

#[tokio::test]
async fn a_users_token_with_one_wrong_claim_is_rejected_for_that_claim() {
    let rule = user_rule(UserKey::Secret(SECRET.into()));
    let cases = [
        ("aud", json!({"aud": "anon"})),
        ("aud", json!({"aud": null})),
        ("iss", json!({"iss": "https://auth.example/auth/v2"})),
        ("iss", json!({"iss": null})),
        ("role", json!({"role": "anon"})),
        ("role", json!({"role": "service_role"})),
        ("role", json!({"role": null})),
        ("sub", json!({"sub": null})),
        ("sub", json!({"sub": "agent@example.com"})),
        ("exp", json!({"exp": NOW - 60})),
        ("exp", json!({"exp": null})),
        ("nbf", json!({"nbf": NOW + 61})),
        ("iat", json!({"iat": NOW + 61})),
    ];
    for (claim, changes) in cases {
        let claims = with(user_claims(), changes.clone());
        let token = sign(
            Algorithm::HS256,
            "",
            &EncodingKey::from_secret(SECRET.as_bytes()),
            &claims,
        );
        let verdict = verify_user(&token, &rule, now()).await;
        assert_eq!(verdict, Err(Rejected::Claim(claim)), "{changes}");
    }
}

#[tokio::test]
async fn a_user_without_an_address_is_still_a_user() {
    let rule = user_rule(UserKey::Secret(SECRET.into()));
    let claims = with(user_claims(), json!({"email": "", "iat": null}));
    let token = sign(
        Algorithm::HS256,
        "",
        &EncodingKey::from_secret(SECRET.as_bytes()),
        &claims,
    );
    assert_eq!(verify_user(&token, &rule, now()).await.unwrap().email, None);
}
