//! The one HTTP client of the process, and how answers are read: with limits, and without telling.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const TOTAL_LIMIT: Duration = Duration::from_secs(20);
/// The longest wait that is believed: Google's sending limits last up to a day.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// TLS with Mozilla's roots, and those of `more`: a managed database (Amazon RDS, Supabase) signs with a
/// root of its own.
pub fn tls_config(more: impl IntoIterator<Item = CertificateDer<'static>>) -> ClientConfig {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    roots.add_parsable_certificates(more);
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("AWS-LC speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Makes the client: no redirects (nobody else chooses what we contact), 5 seconds to connect, 20
/// seconds for everything. Plain `http` works too, for local stacks.
pub fn client() -> Client {
    Client::builder()
        .tls_backend_preconfigured(tls_config([]))
        .redirect(Policy::none())
        .connect_timeout(CONNECT_LIMIT)
        .timeout(TOTAL_LIMIT)
        .build()
        .expect("a client with fixed settings")
}

/// Why an exchange has no usable answer, in words that quote neither address nor body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No answer, or half of one. A request that changes something may have done so.
    Unreachable(&'static str),
    /// The answer is larger than the caller reads.
    TooLarge,
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(if error.is_timeout() {
            "timed out"
        } else if error.is_connect() {
            "no connection"
        } else {
            "connection lost"
        })
    }
}

/// Reads at most `limit` bytes.
pub(crate) async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, Failure> {
    let announced = usize::try_from(response.content_length().unwrap_or(0));
    let announced = announced
        .ok()
        .filter(|length| *length <= limit)
        .ok_or(Failure::TooLarge)?;
    let mut body = Vec::with_capacity(announced);
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// How long the server asks us to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date
/// (RFC 9110, 10.2.3). A date is measured against the server's own `Date`, not our clock.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    if let Some(ms) = text("retry-after-ms").and_then(|ms| ms.trim().parse::<u64>().ok()) {
        return Some(Duration::from_millis(ms).min(LONGEST_WAIT));
    }
    let value = text(RETRY_AFTER.as_str())?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(LONGEST_WAIT));
    }
    let at = chrono::DateTime::parse_from_rfc2822(value).ok()?;
    until(headers, at)
}

/// From the answer's own `Date` until `at`; nothing when that is past or the answer is undated.
pub(crate) fn until(
    headers: &HeaderMap,
    at: chrono::DateTime<chrono::FixedOffset>,
) -> Option<Duration> {
    let sent = headers.get(DATE)?.to_str().ok()?;
    let sent = chrono::DateTime::parse_from_rfc2822(sent).ok()?;
    (at - sent).to_std().ok().map(|wait| wait.min(LONGEST_WAIT))
}

/// A code out of an error's body that may be logged: short and plain, or nothing.
pub(crate) fn plain_code(text: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let fits = (1..=64).contains(&text.len()) && text.bytes().all(plain);
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (name.parse().unwrap(), value.parse().unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn the_client_is_made_of_what_the_build_holds() {
        client();
    }

    #[test]
    fn the_time_to_wait_is_read_in_every_form() {
        let date = ("date", "Sun, 22 Nov 2026 10:00:00 GMT");
        let cases = [
            (headers(&[("retry-after", "30")]), Some(30_000)),
            (
                headers(&[("retry-after-ms", "1500"), ("retry-after", "30")]),
                Some(1_500),
            ),
            (
                headers(&[date, ("retry-after", "Sun, 22 Nov 2026 10:01:00 GMT")]),
                Some(60_000),
            ),
            (
                headers(&[date, ("retry-after", "Sun, 22 Nov 2026 09:00:00 GMT")]),
                None,
            ),
            (
                headers(&[("retry-after", "Sun, 22 Nov 2026 10:01:00 GMT")]),
                None,
            ),
            (headers(&[("retry-after", "99999999999")]), Some(86_400_000)),
            (headers(&[("retry-after", "soon")]), None),
            (headers(&[("retry-after", "-1")]), None),
            (headers(&[]), None),
        ];
        for (headers, ms) in cases {
            assert_eq!(
                retry_after(&headers),
                ms.map(Duration::from_millis),
                "{headers:?}"
            );
        }
    }

    #[test]
    fn only_plain_codes_are_repeated() {
        assert_eq!(
            plain_code("userRateLimitExceeded").as_deref(),
            Some("userRateLimitExceeded")
        );
        for text in [
            "",
            "two words",
            "ann@example.com",
            "line\nbreak",
            &"x".repeat(65),
        ] {
            assert_eq!(plain_code(text), None, "{text}");
        }
    }
}
