//! A person's browser on the consent page, for tests without a browser.

use url::Url;
use url::form_urlencoded::Serializer;

use super::scopes;
use crate::server;

/// Opens the page, answers its form, and returns where the browser is sent.
pub async fn browse(
    auth_url: &str,
    account: &str,
    allow: bool,
    without: &[String],
) -> Result<Url, String> {
    let client = server::client();
    let page = client
        .get(auth_url)
        .send()
        .await
        .map_err(|error| error.to_string())?;
    if !page.status().is_success() {
        return Err(page.text().await.unwrap_or_default());
    }
    let url = Url::parse(auth_url).map_err(|error| error.to_string())?;
    let asked = url.query_pairs().find(|(name, _)| name == "scope");
    let asked = asked
        .map(|(_, scopes)| scopes.into_owned())
        .unwrap_or_default();
    let mut form = Serializer::new(String::new());
    form.append_pair("request", url.query().unwrap_or_default());
    form.append_pair("account", account);
    form.append_pair("decision", if allow { "allow" } else { "deny" });
    for scope in asked.split_whitespace().map(scopes::full_name) {
        if scopes::optional(scope) && !without.iter().any(|left| left == scope) {
            form.append_pair("scope", scope);
        }
    }
    let post = client.post(
        url.join("/o/oauth2/v2/auth")
            .map_err(|error| error.to_string())?,
    );
    let post = post.header("content-type", "application/x-www-form-urlencoded");
    let answer = post
        .body(form.finish())
        .send()
        .await
        .map_err(|error| error.to_string())?;
    let location = answer
        .headers()
        .get("location")
        .and_then(|value| value.to_str().ok());
    match location.and_then(|location| Url::parse(location).ok()) {
        Some(location) => Ok(location),
        None => Err(answer.text().await.unwrap_or_default()),
    }
}
