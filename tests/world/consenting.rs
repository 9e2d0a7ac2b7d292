//! Consent step by step, for stories in which something happens between the steps.

use url::Url;

use crate::door::{self, Answer};
use crate::google::Consent;
use crate::people::{Person, Property};
use crate::world::World;

/// Binds a consent to the browser that began it.
const COOKIE: &str = "__Host-luma_oauth";

/// A consent under way.
#[derive(Clone, Debug)]
pub struct Consenting {
    /// Google's page.
    pub auth_url: Url,
    /// What only the browser that began it knows.
    pub browser: String,
}

impl Consenting {
    /// A parameter that Google is asked with.
    pub fn asks(&self, name: &str) -> Option<String> {
        parameter(&self.auth_url, name)
    }

    /// The `state` that Google hands back.
    pub fn state(&self) -> String {
        self.asks("state").expect("a consent has a state")
    }
}

impl World {
    /// Somebody presses "Connect mailbox" at a property.
    pub async fn begins_consent(&self, property: &Property, who: &Person) -> Consenting {
        let path = format!("/api/lumaleasing/gmail/connect?propertyId={}", property.id);
        self.begins(&path, who).await
    }

    /// Somebody presses "Connect calendar" at a property.
    pub async fn begins_calendar_consent(&self, property: &Property, who: &Person) -> Consenting {
        let path = format!("/api/calendar/connect?propertyId={}", property.id);
        self.begins(&path, who).await
    }

    async fn begins(&self, path: &str, who: &Person) -> Consenting {
        let started = door::get(path).bearer(&who.token).send(&self.app).await;
        assert_eq!(started.status, 302, "{}", started.text);
        Consenting {
            auth_url: Url::parse(started.header("location")).unwrap(),
            browser: started.cookie(COOKIE).expect("the browser is remembered"),
        }
    }

    /// Answers Google's page; tells where Google sends the browser.
    pub async fn answers_google(&self, consenting: &Consenting, consent: Consent) -> Url {
        let back = self.google.consents(consenting.auth_url.as_str(), consent);
        back.await.expect("Google sends the browser back")
    }

    /// The browser follows Google's redirect, with the cookie it holds.
    pub async fn comes_back(&self, back: &Url, browser: Option<&str>) -> Answer {
        let path = format!("{}?{}", back.path(), back.query().unwrap_or_default());
        let mut knock = door::get(&path);
        if let Some(browser) = browser {
            knock = knock.cookie(COOKIE, browser);
        }
        knock.send(&self.app).await
    }
}

/// A query parameter of a URL.
pub fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    pairs
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}
