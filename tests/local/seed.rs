//! One demo property: who works there and what is known about it.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use crate::settings::Settings;
use crate::{Failure, Result, postgres};

pub const PROPERTY: Uuid = uuid!("0a0a0a0a-0000-4000-8000-000000000001");
pub const MAILBOX: &str = "leasing@oakcourt.example";
pub const ADMIN_EMAIL: &str = "admin@oakcourt.example";
/// Whose calendar the story's tours stand in.
pub const AGENT: &str = "kim@oakcourt.example";
/// Of the property's web site: it stands in its pages, and is no secret.
pub const WIDGET_KEY: &str = "oak-court-website";

const ORGANIZATION: Uuid = uuid!("0a0a0a0a-0000-4000-8000-000000000002");
const ADMIN: Uuid = uuid!("0a0a0a0a-0000-4000-8000-000000000003");

/// What the property publishes about itself.
const DOCUMENTS: [(&str, &str); 3] = [
    (
        "Floor plans",
        "Oak Court has two-bedroom apartments (2 bed, 2 bath, 1,050 sq ft) from $2,150 a month and \
         one-bedroom apartments (720 sq ft) from $1,600 a month. Two two-bedrooms are free from \
         15 January.",
    ),
    (
        "Pets",
        "Oak Court welcomes cats and dogs, at most two per apartment. The pet deposit is $300 and \
         pet rent is $35 a month. There is a fenced dog park.",
    ),
    (
        "Tours",
        "The leasing office gives tours Monday to Saturday from 9:00 to 17:00. Parking for \
         visitors is beside the office at 12 Oak Street.",
    ),
];

/// Plants the property into a migrated database of our own. May be repeated.
pub async fn plant(settings: &Settings, http: &reqwest::Client) -> Result<()> {
    let mut db = postgres::connect(settings.get("DATABASE_URL")).await?;
    let known = "select from documents where property_id = $1 limit 1";
    if db.query_opt(known, &[&PROPERTY]).await?.is_some() {
        return Ok(());
    }
    let embeddings = embed(settings, http).await?;
    let tx = db.transaction().await?;
    tx.execute(
        "insert into auth.users (id, email, email_confirmed_at) values ($1, $2, now())",
        &[&ADMIN, &ADMIN_EMAIL],
    )
    .await?;
    tx.execute(
        "insert into organizations (id, name) values ($1, 'Oak Homes')",
        &[&ORGANIZATION],
    )
    .await?;
    tx.execute(
        "insert into properties (id, org_id, name, address, settings)
         values ($1, $2, 'Oak Court', '{\"street\": \"12 Oak Street\", \"city\": \"Austin\", \"state\": \"TX\"}',
                 '{\"timezone\": \"America/Chicago\"}')",
        &[&PROPERTY, &ORGANIZATION],
    )
    .await?;
    tx.execute(
        "insert into lumaleasing_config (property_id, api_key, is_active, tours_enabled, timezone)
         values ($1, $2, true, true, 'America/Chicago')",
        &[&PROPERTY, &WIDGET_KEY],
    )
    .await?;
    // The host makes a profile for each new user, so there may be one already.
    tx.execute(
        "insert into profiles (id, org_id, role, full_name) values ($1, $2, 'admin', 'Oak Admin')
         on conflict (id) do update set org_id = excluded.org_id, role = excluded.role",
        &[&ADMIN, &ORGANIZATION],
    )
    .await?;
    for ((title, content), embedding) in DOCUMENTS.iter().zip(embeddings) {
        tx.execute(
            "insert into documents (property_id, content, metadata, embedding)
             values ($1, $2, jsonb_build_object('title', $3::text), $4::text::vector)",
            &[&PROPERTY, content, title, &embedding],
        )
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// What each document means to the model, as pgvector writes it.
async fn embed(settings: &Settings, http: &reqwest::Client) -> Result<Vec<String>> {
    let model = settings.get("LLM_EMBEDDING_MODEL");
    let model = if model.is_empty() {
        "text-embedding-3-small"
    } else {
        model
    };
    let texts = DOCUMENTS.map(|(_, content)| content);
    let request = http.post(format!("{}/embeddings", settings.get("LLM_URL")));
    let request = request.bearer_auth(settings.get("OPENAI_API_KEY"));
    let answer = request
        .json(&json!({ "model": model, "input": texts }))
        .send()
        .await?;
    let answer: Value = answer.error_for_status()?.json().await?;
    let items = answer["data"].as_array().into_iter().flatten();
    let embeddings: Vec<String> = items.map(|item| item["embedding"].to_string()).collect();
    if embeddings.len() != DOCUMENTS.len() {
        return Err(Failure::new("the model answered with too few embeddings").into());
    }
    Ok(embeddings)
}
