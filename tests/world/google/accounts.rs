//! Accounts as their owners see them: create, consent, revoke.

use serde_json::Value;
use url::Url;

use super::gmail::state::MailboxState;
use super::oauth;
use super::{AccountState, Google, Mailbox, State};

/// A handle on one account.
#[derive(Clone)]
pub struct Account {
    google: Google,
    address: String,
}

/// What the token endpoint gave out.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access_token: String,
    pub refresh_token: String,
    /// Seconds.
    pub expires_in: i64,
    /// Granted scopes, separated by spaces.
    pub scope: String,
}

/// How somebody answers the consent page.
#[derive(Clone, Debug)]
pub struct Consent {
    account: String,
    allow: bool,
    without: Vec<String>,
}

impl Consent {
    /// Chooses the account and allows everything asked for.
    pub fn allow(account: &str) -> Consent {
        Consent {
            account: account.to_lowercase(),
            allow: true,
            without: Vec::new(),
        }
    }

    /// Chooses the account and refuses.
    pub fn deny(account: &str) -> Consent {
        Consent {
            allow: false,
            ..Consent::allow(account)
        }
    }

    /// Leaves one permission unticked.
    pub fn without(mut self, scope: &str) -> Consent {
        self.without.push(scope.to_owned());
        self
    }
}

impl Google {
    /// Creates an account, or finds it.
    pub fn account(&self, address: &str) -> Account {
        let address = address.to_lowercase();
        self.update(|state, _| state.create(&address));
        Account {
            google: self.clone(),
            address,
        }
    }

    /// The mailbox of an account, which is created when there is none.
    pub fn mailbox(&self, address: &str) -> Mailbox {
        self.account(address).mailbox()
    }

    /// Grants `scopes` to the product without a browser, as if consent had just been given.
    pub fn grants(&self, address: &str, scopes: &[&str]) -> Tokens {
        self.account(address);
        let address = address.to_lowercase();
        let scopes = scopes
            .iter()
            .map(|scope| oauth::full_name(scope).to_owned())
            .collect();
        self.update(|state, now| state.oauth.grant(&address, scopes, now))
    }

    /// The owner removes the product's access: every token of the account stops working.
    pub fn revoke(&self, address: &str) {
        let address = address.to_lowercase();
        self.update(|state, _| state.oauth.revoke_account(&address));
    }

    /// The access tokens given out so far stop working; refresh tokens still do.
    pub fn access_tokens_expire(&self) {
        self.update(|state, _| state.oauth.expire_access_tokens());
    }

    /// The registered client gets another secret; the old one is refused at once.
    pub fn client_secret_becomes(&self, secret: &str) {
        self.update(|state, _| state.oauth.set_client_secret(secret));
    }

    /// Registers a redirect URI of the client; Google compares it character by character.
    pub fn allow_redirect(&self, uri: &str) {
        self.update(|state, _| state.oauth.allow_redirect(uri));
    }

    /// Opens the consent page at `auth_url`, answers it, and returns where the browser is sent.
    ///
    /// # Errors
    /// The text of Google's error page, when it shows one instead of redirecting.
    pub async fn consents(&self, auth_url: &str, answer: Consent) -> Result<Url, String> {
        self.account(&answer.account);
        oauth::browse(auth_url, &answer.account, answer.allow, &answer.without).await
    }

    /// A token signed as genuine push tokens are, with some claims replaced (`null` removes one).
    pub fn mint(&self, overrides: Value) -> String {
        self.forge(super::Signature::Google, overrides)
    }

    /// Like [`Google::mint`], with a signature of one's choice.
    pub fn forge(&self, signature: super::Signature, overrides: Value) -> String {
        self.forge_with(signature, overrides, &Value::Null)
    }

    /// Like [`Google::forge`], with more in the token's header than it should say.
    pub fn forge_with(
        &self,
        signature: super::Signature,
        overrides: Value,
        header: &Value,
    ) -> String {
        self.update(|state, now| {
            let mut claims = state.push_claims(now);
            for (name, value) in overrides.as_object().into_iter().flatten() {
                match value {
                    Value::Null => drop(claims.as_object_mut().and_then(|all| all.remove(name))),
                    value => claims[name] = value.clone(),
                }
            }
            state.keys.sign_with(signature, &claims, header)
        })
    }
}

impl Account {
    /// Lower-case.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Google's stable name for the person.
    pub fn subject(&self) -> String {
        self.google
            .update(|state, _| state.accounts[&self.address].subject.clone())
    }

    /// The display name on mail from this account.
    pub fn named(self, name: &str) -> Account {
        self.google
            .update(|state, _| state.mailbox_mut(&self.address).name = name.to_owned());
        self
    }

    /// Its ID tokens name that address from now on, and say whether Google verified it.
    pub fn identified_as(self, email: &str, verified: bool) -> Account {
        self.google.update(|state, _| {
            let account = state.accounts.get_mut(&self.address).unwrap();
            account.identity = Some((email.to_owned(), verified));
        });
        self
    }

    /// The account's mailbox.
    pub fn mailbox(&self) -> Mailbox {
        Mailbox::at(self.google.site(), &self.address)
    }
}

impl State {
    pub(super) fn create(&mut self, address: &str) {
        let ids = self.ids.clone();
        self.calendars.create(address, address, address);
        self.accounts.entry(address.to_owned()).or_insert_with(|| {
            let name = address.split('@').next().unwrap_or_default();
            AccountState {
                subject: format!("1{:020}", ids.number()),
                identity: None,
                mailbox: MailboxState::new(address, name, ids),
            }
        });
    }
}
