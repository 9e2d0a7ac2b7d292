//! Access tokens of the demo property's people, as the host's sign-in would give them.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use jsonwebtoken::{EncodingKey, Header, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::settings::Settings;
use crate::{Failure, Result, postgres, tools};

/// How long a token of the local stack is good for.
const LIFETIME: Duration = Duration::from_secs(12 * 3600);

/// In [`tools::state`].
pub const FILE: &str = "signer.json";

/// What signs tokens, kept beside `stack.json` while the stack is up.
#[derive(Serialize, Deserialize)]
pub struct Signer {
    secret: String,
    issuer: String,
    audience: String,
    database_url: String,
}

impl Signer {
    /// Signs what the stack's functions accept; not with keys that only the host has.
    pub fn of(settings: &Settings) -> Option<Self> {
        settings.has("AUTH_JWT_SECRET").then(|| Self {
            secret: settings.get("AUTH_JWT_SECRET").to_owned(),
            issuer: settings.get("AUTH_ISSUER").to_owned(),
            audience: settings.get("AUTH_AUDIENCE").to_owned(),
            database_url: settings.get("DATABASE_URL").to_owned(),
        })
    }

    /// Keeps it for [`print()`]; only the owner may read it.
    pub fn keep(&self, folder: &Path) -> Result<()> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600);
        Ok(serde_json::to_writer(file.open(folder.join(FILE))?, self)?)
    }

    /// A token for the user with this address.
    pub async fn token(&self, email: &str) -> Result<String> {
        let db = postgres::connect(&self.database_url).await?;
        let by_address = "select id from auth.users where lower(email) = lower($1)";
        let user = db.query_opt(by_address, &[&email]).await?;
        let user = user.ok_or_else(|| Failure::new(format!("no user has {email}")))?;
        let user: uuid::Uuid = user.try_get("id")?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        let claims = json!({
            "sub": user,
            "email": email,
            "role": "authenticated",
            "iss": self.issuer,
            "aud": self.audience,
            "iat": now.as_secs(),
            "exp": (now + LIFETIME).as_secs(),
        });
        let key = EncodingKey::from_secret(self.secret.as_bytes());
        Ok(encode(&Header::default(), &claims, &key)?)
    }
}

/// Prints a token for the stack that is up.
pub async fn print(email: &str) -> Result<()> {
    let signer = std::fs::read(tools::state()?.join(FILE))
        .map_err(|_| Failure::new("no stack is up: run `make up` first"))?;
    let signer: Signer = serde_json::from_slice(&signer)?;
    println!("{}", signer.token(email).await?);
    Ok(())
}
