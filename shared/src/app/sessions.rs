//! The dashboard's sessions: a cookie that proves who signed in, and forms that prove they are ours.
//!
//! The cookie names the session, its user and when they signed in, signed with a key of our own; who they are
//! today and what they may do is read from the host's tables with every request, as for a token. Of sessions
//! only those are stored that somebody signed out of, until their twelve hours are over: a copy of the cookie
//! opens nothing any more.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use uuid::Uuid;

use super::App;
use super::access::{self, User};
use crate::crypto;
use crate::domain::ids::{self, ProfileId};
use crate::error::{Error, Result};
use crate::store::{self, Tx, sessions};

/// From signing in to signing in again, whatever happens in between.
pub const LIFETIME: TimeDelta = TimeDelta::hours(12);
const PURPOSE: &str = "dashboard session v1";
const FORMS: &str = "dashboard form v1";
/// Whose clock runs ahead of the one that signed, among our own machines.
const LEEWAY: TimeDelta = TimeDelta::minutes(1);
/// User, time, and the session's own name, which makes its forms its own.
const BODY: usize = 16 + 8 + 16;

/// Somebody who is signed in.
pub struct Session {
    id: Uuid,
    pub user: User,
    /// What every form of this session carries (OWASP's signed token, bound to the session).
    pub form_token: String,
}

impl Session {
    /// Whether a form is one that we gave this session.
    ///
    /// # Errors
    /// `Forbidden` if not: another site may have made the browser send it.
    pub fn check(&self, form_token: Option<&str>) -> Result<()> {
        let given = form_token.unwrap_or_default();
        if crypto::equal(given.as_bytes(), self.form_token.as_bytes()) {
            Ok(())
        } else {
            Err(Error::Forbidden)
        }
    }
}

/// The cookie of a session that begins now.
pub fn begin(app: &App, user: &User) -> String {
    let mut body = Vec::with_capacity(BODY);
    body.extend_from_slice(user.id.0.as_bytes());
    body.extend_from_slice(&app.now().timestamp().to_be_bytes());
    body.extend_from_slice(ids::fresh().as_bytes());
    seal(key(app), body)
}

/// Who is signed in with that cookie.
///
/// # Errors
/// `Unauthenticated` without a cookie of ours that is young enough, after signing out, or if its user is gone;
/// `TooMany` as for a token.
pub async fn open(app: &App, cookie: Option<&str>) -> Result<Session> {
    let cookie = cookie.ok_or(Error::Unauthenticated)?;
    let (user, id) = read(key(app), cookie, app.now()).ok_or(Error::Unauthenticated)?;
    Ok(Session {
        id,
        user: access::admitted(app, user, Some(id)).await?,
        form_token: form_token(key(app), cookie),
    })
}

/// Signs out: from now on the session's cookie opens nothing, whoever holds a copy. May be repeated.
pub async fn end(app: &App, session: &Session) -> Result<()> {
    let tx = app.everywhere().await?;
    sessions::end(&tx, session.id, app.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Forgets the sessions whose cookie is too old by now.
pub(super) async fn forget(app: &App, tx: &Tx) -> store::Result<()> {
    sessions::forget_before(tx, app.now() - LIFETIME - LEEWAY).await?;
    Ok(())
}

fn key(app: &App) -> &SecretString {
    &app.config().crypto.session_key
}

fn seal(key: &SecretString, mut body: Vec<u8>) -> String {
    let proof = crypto::sign(key, PURPOSE, &body);
    body.extend_from_slice(&proof);
    URL_SAFE_NO_PAD.encode(body)
}

fn form_token(key: &SecretString, cookie: &str) -> String {
    URL_SAFE_NO_PAD.encode(crypto::sign(key, FORMS, cookie.as_bytes()))
}

fn read(key: &SecretString, cookie: &str, now: DateTime<Utc>) -> Option<(ProfileId, Uuid)> {
    let bytes = URL_SAFE_NO_PAD.decode(cookie).ok()?;
    let (body, proof) = bytes.split_at_checked(BODY)?;
    if !crypto::equal(proof, &crypto::sign(key, PURPOSE, body)) {
        return None;
    }
    let (id, rest) = body.split_first_chunk::<16>()?;
    let (since, session) = rest.split_first_chunk::<8>()?;
    let since = DateTime::from_timestamp(i64::from_be_bytes(*since), 0)?;
    let lives = since <= now + LEEWAY && now < since + LIFETIME;
    let session = Uuid::from_slice(session).ok()?;
    lives.then(|| (ProfileId(Uuid::from_bytes(*id)), session))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SAM: ProfileId = ProfileId(Uuid::from_u128(7));
    const SESSION: Uuid = Uuid::from_bytes([9; 16]);

    fn cookie(key: &SecretString, since: i64) -> String {
        let mut body = SAM.0.as_bytes().to_vec();
        body.extend_from_slice(&since.to_be_bytes());
        body.extend_from_slice(SESSION.as_bytes());
        seal(key, body)
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn a_session_lasts_twelve_hours_and_no_second_more() {
        let key = SecretString::from("a key of our own");
        let cookie = cookie(&key, 1_000_000);
        let twelve_hours = 12 * 3600;
        for (second, lives) in [
            (999_939, false),
            (999_940, true),
            (1_000_000 + twelve_hours - 1, true),
            (1_000_000 + twelve_hours, false),
        ] {
            let read = read(&key, &cookie, at(second));
            assert_eq!(read, lives.then_some((SAM, SESSION)), "{second}");
        }
    }

    #[test]
    fn a_cookie_that_we_did_not_make_opens_nothing() {
        let key = SecretString::from("a key of our own");
        let genuine = cookie(&key, 1_000_000);
        let now = at(1_000_001);
        assert_eq!(read(&key, &genuine, now), Some((SAM, SESSION)));
        assert_eq!(read(&SecretString::from("another"), &genuine, now), None);
        let bytes = URL_SAFE_NO_PAD.decode(&genuine).unwrap();
        for at in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[at] ^= 1;
            let forged = URL_SAFE_NO_PAD.encode(forged);
            assert_eq!(read(&key, &forged, now), None, "byte {at}");
        }
        let longer = format!("{genuine}AAAA");
        for text in ["", "a", "=", &genuine[4..], &longer] {
            assert_eq!(read(&key, text, now), None, "{text}");
        }
    }

    #[test]
    fn the_forms_of_one_session_are_not_another_ones() {
        let key = SecretString::from("a key of our own");
        let (one, next) = (cookie(&key, 1), cookie(&key, 2));
        assert_ne!(form_token(&key, &one), form_token(&key, &next));
        assert_ne!(form_token(&key, &one), one);
    }
}
