//! Signing in by a link. The product has no such thing: on this machine the stack's own front hands the
//! demo property's admin over, as the host's pages would, to whoever has the link that the demo printed.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::settings::Settings;
use crate::token::Signer;
use crate::{Failure, Result, seed};

/// Below the stack's own address; no function answers there.
pub const PATH: &str = "/demo/sign-in";

/// Who may come in by the link, while the stack is up.
#[derive(Clone)]
pub struct HandOver(Arc<Inner>);

struct Inner {
    /// Only the link has it: neither another page nor another user of this machine signs in by guessing.
    word: String,
    signer: Signer,
}

impl HandOver {
    /// Nobody, where the stack cannot sign for the host.
    pub fn of(settings: &Settings) -> Result<Option<Self>> {
        let Some(signer) = Signer::of(settings) else {
            return Ok(None);
        };
        let mut bytes = [0; 24];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Failure::new("no random numbers"))?;
        let word = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        Ok(Some(Self(Arc::new(Inner { word, signer }))))
    }

    pub fn link(&self, base: &str) -> String {
        format!("{base}{PATH}?{}", self.0.word)
    }

    /// The admin's token for the query of the link, none for any other.
    pub async fn token(&self, query: &str) -> Result<Option<String>> {
        if query != self.0.word {
            return Ok(None);
        }
        Ok(Some(self.0.signer.token(seed::ADMIN_EMAIL).await?))
    }
}
