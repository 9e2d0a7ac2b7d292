//! Consent, and what comes of it.

use std::collections::BTreeSet;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::{Google, Result};

pub struct OAuth<'a>(#[expect(dead_code)] pub(super) &'a Google);

/// A request for consent.
#[derive(Clone, Debug)]
pub struct Consent<'a> {
    pub redirect_uri: &'a str,
    pub scopes: &'a [&'a str],
    pub state: &'a str,
    /// PKCE's S256 challenge.
    pub challenge: &'a str,
    /// The address that is expected, if one is.
    pub login_hint: Option<&'a str>,
    /// Asks again although consent was given before: the only way to get another refresh token.
    pub force_consent: bool,
}

/// Fresh tokens. Store before use.
#[derive(Clone, Debug)]
pub struct Granted {
    pub access: SecretString,
    /// Absent on most refreshes: then the stored one stays.
    pub refresh: Option<SecretString>,
    pub expires_in: Duration,
    /// What the person ticked, which may be less than was asked.
    pub scopes: BTreeSet<String>,
    pub account: Option<Account>,
}

/// The Google account that consented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Google's stable key of the account; addresses change.
    pub subject: String,
    pub email: String,
    pub email_verified: bool,
}

impl OAuth<'_> {
    pub fn consent_url(&self, _consent: &Consent<'_>) -> Url {
        unimplemented!()
    }

    pub async fn exchange(
        &self,
        _code: &str,
        _verifier: &SecretString,
        _redirect_uri: &str,
    ) -> Result<Granted> {
        unimplemented!()
    }

    pub async fn refresh(&self, _refresh: &SecretString) -> Result<Granted> {
        unimplemented!()
    }

    /// Ends the grant. A token that Google no longer knows counts as revoked.
    pub async fn revoke(&self, _token: &SecretString) -> Result<()> {
        unimplemented!()
    }
}
