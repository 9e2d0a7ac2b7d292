//! Google's own Python client against the simulated Google.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokio::process::Command;
use world::google::{CLIENT_ID, CLIENT_SECRET, InviteKind, Signature, TOPIC};
use world::{Google, server};

const LEASING: &str = "leasing@oak.test";
const PROSPECT: &str = "Ann Lee <ann@example.com>";
const REDIRECT: &str = "https://app.oak.test/api/lumaleasing/gmail/callback";

#[tokio::test]
async fn googles_own_client_works_against_the_simulated_google() {
    let python = python();
    let google = Google::start(None).await;
    google.allow_redirect(REDIRECT);
    let mailbox = google.mailbox(LEASING);
    let start = mailbox.history_id();
    mailbox.receives(PROSPECT, "2BR in January?", "Any two-bedrooms?");
    mailbox.receives(PROSPECT, "Parking", "Is there any?");
    mailbox.receives_raw(&with_attachment());
    let calendar = google.calendar(LEASING);
    let tours = calendar.another("Tours");
    let old_sync_token = first_sync_token(&google, tours.id()).await;
    tours.sync_tokens_expire();
    let weak = google.grants("other@oak.test", &["openid", "email"]);
    let forged = [
        Signature::Stranger,
        Signature::UnknownKey,
        Signature::None,
        Signature::Hmac,
        Signature::Tampered,
    ];
    let mut forged: Vec<String> = forged
        .into_iter()
        .map(|signature| google.forge(signature, json!({})))
        .collect();
    forged.push(google.mint(json!({ "aud": "somebody-else" })));
    forged.push(google.mint(json!({ "iat": 1_000_000_000, "exp": 1_000_003_600 })));
    let world = json!({
        "url": google.url(),
        "address": LEASING,
        "prospect": PROSPECT,
        "start": start.to_string(),
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uri": REDIRECT,
        "topic": TOPIC,
        "audience": google.push_settings().audience,
        "push_token": google.mint(json!({})),
        "forged_tokens": forged,
        "weak_token": weak.access_token,
        "tours": tours.id(),
        "old_sync_token": old_sync_token,
    });

    let script = root().join("tests/conformance/google_client.py");
    let run = Command::new(python)
        .arg(script)
        .arg(world.to_string())
        .output()
        .await
        .unwrap();

    let said = String::from_utf8_lossy(&run.stdout);
    let complained = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}{complained}");
    assert_eq!(mailbox.sent().len(), 2, "{said}");
    let mails = calendar.invites_to("ann@example.com");
    let kinds: Vec<InviteKind> = mails.into_iter().map(|mail| mail.kind).collect();
    let expected = [InviteKind::Invite, InviteKind::Update, InviteKind::Cancel];
    assert_eq!(kinds, expected, "{said}");
}

/// What a full list of the calendar gives to whoever wants to come back.
async fn first_sync_token(google: &Google, calendar: &str) -> Value {
    let scope = "https://www.googleapis.com/auth/calendar.events";
    let token = google.grants(LEASING, &[scope]).access_token;
    let url = format!("{}/calendar/v3/calendars/{calendar}/events", google.url());
    let request = server::client().get(url).bearer_auth(token);
    let list: Value = request.send().await.unwrap().json().await.unwrap();
    list["nextSyncToken"].clone()
}

fn with_attachment() -> Vec<u8> {
    let mail = format!(
        "From: {PROSPECT}\r\nTo: {LEASING}\r\nSubject: A plan\r\nMessage-ID: <plan@example.com>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"cut\"\r\n\r\n\
         --cut\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nSee the plan.\r\n\
         --cut\r\nContent-Type: application/pdf; name=\"plan.pdf\"\r\n\
         Content-Disposition: attachment; filename=\"plan.pdf\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\nYSBmbG9vciBwbGFu\r\n--cut--\r\n"
    );
    mail.into_bytes()
}

/// The interpreter that has Google's client, or a panic that says how to get one.
fn python() -> PathBuf {
    let named = std::env::var_os("LUMA_PYTHON").map(PathBuf::from);
    let python = named.unwrap_or_else(|| root().join(".venv/bin/python"));
    assert!(
        python.exists(),
        "no Python with Google's client at {}: run\n  python3 -m venv .venv\n  .venv/bin/pip \
         install -r tests/conformance/requirements.txt\nor set LUMA_PYTHON to an interpreter that \
         has it",
        python.display()
    );
    python
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}
