//! The prospect's link: whoever has it may move or cancel this one tour, and nothing else.
//!
//! It names the booking and proves that we made it. Nothing about it is stored, so it cannot be lost;
//! it is as secret as the invitation that carries it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use uuid::Uuid;

use crate::app::App;
use crate::crypto;
use crate::domain::ids::BookingId;

const PURPOSE: &str = "tour link v1";
/// Bytes of the proof: 128 bits cannot be guessed, and the link stays short.
const PROOF: usize = 16;

/// The booking that a genuine link names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub booking: BookingId,
}

/// The page on which the prospect moves or cancels the tour.
pub fn manage_url(app: &App, booking: BookingId) -> String {
    let base = app.config().web.public_url.as_str().trim_end_matches('/');
    format!(
        "{base}/tours/{}",
        token(&app.config().crypto.session_key, booking)
    )
}

/// What a link's last segment names; `None` for one that we did not make.
pub fn open_link(app: &App, text: &str) -> Option<Link> {
    read(&app.config().crypto.session_key, text)
}

fn token(key: &SecretString, booking: BookingId) -> String {
    let mut bytes = booking.0.as_bytes().to_vec();
    bytes.extend_from_slice(&proof(key, booking));
    URL_SAFE_NO_PAD.encode(bytes)
}

fn read(key: &SecretString, text: &str) -> Option<Link> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (id, given) = bytes.split_first_chunk::<16>()?;
    let booking = BookingId(Uuid::from_bytes(*id));
    crypto::equal(given, &proof(key, booking)).then_some(Link { booking })
}

fn proof(key: &SecretString, booking: BookingId) -> [u8; PROOF] {
    let tag = crypto::sign(key, PURPOSE, booking.0.as_bytes());
    let mut proof = [0; PROOF];
    proof.copy_from_slice(&tag[..PROOF]);
    proof
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_link_opens_its_own_booking_and_no_other() {
        let key = SecretString::from("a key of our own");
        let (mine, other) = (BookingId(Uuid::from_u128(7)), BookingId(Uuid::from_u128(8)));
        let token = token(&key, mine);
        assert_eq!(read(&key, &token), Some(Link { booking: mine }));

        assert_eq!(read(&SecretString::from("another key"), &token), None);
        let mut forged = URL_SAFE_NO_PAD.decode(&token).unwrap();
        forged[..16].copy_from_slice(other.0.as_bytes());
        let forged = URL_SAFE_NO_PAD.encode(forged);
        for text in ["", "a", &token[1..], &forged, &format!("{token}AA"), "ü"] {
            assert_eq!(read(&key, text), None, "{text}");
        }
    }
}
