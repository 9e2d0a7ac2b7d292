//! Somebody in front of a browser: finds things by the words on them, and waits for what is to come.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use url::Url;

use super::chromium::{Chromium, LOOK_EVERY, PATIENCE};

/// What has the focus, and whether that is to be seen: an outline, within the window.
const FOCUS: &str = "
    const here = document.activeElement, style = getComputedStyle(here), box = here.getBoundingClientRect();
    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    const within = box.width > 0 && box.left >= 0 && box.right <= innerWidth && box.bottom > 0 && box.top < innerHeight;
    return { words: (here.getAttribute('aria-label') || here.innerText || here.value || '').trim(),
             seen: outlined && within, tag: here.tagName };
";

/// Somebody in front of a browser.
pub struct Person {
    chromium: Chromium,
}

/// A size of screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Screen {
    Phone,
    Desktop,
}

impl Screen {
    /// Width and height, in CSS pixels.
    pub fn size(self) -> (u32, u32) {
        match self {
            Self::Phone => (390, 844),
            Self::Desktop => (1280, 900),
        }
    }
}

impl Person {
    /// With a browser that knows nothing yet.
    pub async fn sits_down(scripts: bool) -> Self {
        let chromium = Chromium::start(scripts).await;
        let person = Self { chromium };
        person.looks_at(Screen::Desktop, false).await;
        person
    }

    pub fn driver(&self) -> &WebDriver {
        &self.chromium.driver
    }

    // --- going somewhere ------------------------------------------------------------------------

    pub async fn opens(&self, url: &str) {
        self.driver().goto(url).await.unwrap();
    }

    /// Opens a page of somebody else's that consists of this markup.
    pub async fn opens_text(&self, html: &str) {
        let encoded = url::form_urlencoded::byte_serialize(html.as_bytes()).collect::<String>();
        let encoded = encoded.replace('+', "%20");
        self.opens(&format!("data:text/html;charset=utf-8,{encoded}"))
            .await;
    }

    /// Waits until the address is this one, but for its query.
    pub async fn is_at(&self, wanted: &str) {
        let waited = std::time::Instant::now();
        while self.address().await != wanted {
            let page = async { format!("{}: {}", self.address().await, self.reads().await) };
            assert!(
                waited.elapsed() < PATIENCE,
                "not at {wanted}, but {}",
                page.await
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The address, without what stands behind a question mark.
    pub async fn address(&self) -> String {
        let url = self.driver().current_url().await.unwrap();
        url[..url::Position::AfterPath].to_owned()
    }

    pub async fn follows(&self, link: &str) {
        self.clicks(&format!("//a[normalize-space()={}]", quoted(link)))
            .await;
    }

    pub async fn presses(&self, button: &str) {
        self.clicks(&format!("//button[normalize-space()={}]", quoted(button)))
            .await;
    }

    async fn clicks(&self, xpath: &str) {
        let element = self.finds(xpath).await;
        element.click().await.unwrap();
    }

    // --- forms ----------------------------------------------------------------------------------

    /// The field with this label, or this name for those who hear the page.
    pub async fn field(&self, label: &str) -> WebElement {
        let label = quoted(label);
        self.finds(&format!(
            "//*[self::input or self::select or self::textarea]\
             [@aria-label={label} or @id=//label[normalize-space()={label}]/@for \
              or ancestor::label[normalize-space()={label}]]"
        ))
        .await
    }

    /// Writes over what stands in a field; nothing empties it. A time is written as `0900AM`.
    pub async fn fills(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.clear().await.unwrap();
        if !text.is_empty() {
            field.send_keys(text).await.unwrap();
        }
    }

    /// On Google's page.
    pub async fn picks_account(&self, address: &str) {
        let field = self.field(address).await;
        field.click().await.unwrap();
    }

    // --- looking --------------------------------------------------------------------------------

    async fn finds(&self, xpath: &str) -> WebElement {
        let found = self.driver().query(By::XPath(xpath)).first().await;
        match found {
            Ok(element) => element,
            Err(_) => panic!("nothing is {xpath}: {}", self.reads().await),
        }
    }

    /// Waits until these words stand on the page.
    pub async fn sees(&self, words: &str) {
        self.finds(&format!(
            "//body//*[contains(normalize-space(), {})]",
            quoted(words)
        ))
        .await;
    }

    /// Waits until these words stand on the page, beside the prospect's own.
    pub async fn sees_quoted(&self, words: &str, own: &str) {
        let (words, own) = (quoted(words), quoted(own));
        self.finds(&format!(
            "//div[strong[normalize-space()={words}]]/blockquote[normalize-space()={own}]"
        ))
        .await;
    }

    /// The words of the page, as they are shown.
    pub async fn reads(&self) -> String {
        let body = self.driver().find(By::Tag("body")).await;
        match body {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(error) => error.to_string(),
        }
    }

    pub async fn does_not_see(&self, words: &str) {
        let page = self.reads().await;
        assert!(!page.contains(words), "{words}: {page}");
    }

    /// Chooses screen and colours, as the settings of a device do.
    pub async fn looks_at(&self, screen: Screen, dark: bool) {
        let (width, height) = screen.size();
        let mobile = screen == Screen::Phone;
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile });
        self.asks_browser("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        let scheme = if dark { "dark" } else { "light" };
        // Without motion: a colour that is on its way is neither the old nor the new one.
        let media = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.asks_browser("Emulation.setEmulatedMedia", media).await;
    }

    /// The whole page, also what is below the screen's end; PNG.
    pub async fn photographs(&self) -> Vec<u8> {
        use base64::Engine;

        let layout = self.asks_browser("Page.getLayoutMetrics", json!({})).await;
        let size = &layout["cssContentSize"];
        let clip =
            json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let shot = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let shot = self.asks_browser("Page.captureScreenshot", shot).await;
        let data = shot["data"].as_str().unwrap_or_default();
        base64::prelude::BASE64_STANDARD.decode(data).unwrap()
    }

    /// Where requests went since this was last asked, such as `https://example.com`.
    pub async fn asked_hosts(&self) -> BTreeSet<String> {
        let log = self.driver().get_log("performance").await.unwrap();
        let sent = log.iter().filter_map(|entry| {
            let entry: Value = serde_json::from_str(&entry.message).ok()?;
            let message = &entry["message"];
            let is_request = message["method"] == json!("Network.requestWillBeSent");
            let url = message["params"]["request"]["url"].as_str()?;
            is_request.then(|| Url::parse(url).ok())?
        });
        // What the browser makes up itself, such as `data:`, goes nowhere.
        let elsewhere = sent.filter(|url| url.has_host());
        elsewhere
            .map(|url| url[..url::Position::BeforePath].to_owned())
            .collect()
    }

    pub async fn title(&self) -> String {
        self.driver().title().await.unwrap()
    }

    // --- keys -----------------------------------------------------------------------------------

    /// Goes on to what comes next; answers its words. Whoever uses keys must see where they are.
    pub async fn tabs(&self) -> String {
        self.presses_key(Key::Tab).await;
        let here = self.examines(FOCUS).await;
        assert_eq!(here["seen"], json!(true), "{here}");
        here["words"].as_str().unwrap_or_default().to_owned()
    }

    /// Goes on until it is there.
    pub async fn tabs_to(&self, words: &str) {
        let mut met = Vec::new();
        while met.last().is_none_or(|last| last != words) {
            met.push(self.tabs().await);
            assert!(met.len() < 100, "{words} cannot be reached: {met:?}");
        }
    }

    pub async fn enters(&self) {
        self.presses_key(Key::Enter).await;
    }

    async fn presses_key(&self, key: Key) {
        let here = self.driver().active_element().await.unwrap();
        here.send_keys("" + key).await.unwrap();
    }

    // --- looking closer -------------------------------------------------------------------------

    /// What a script of ours answers about the page.
    pub async fn examines(&self, script: &str) -> Value {
        let answer = self.driver().execute(script, Vec::new()).await.unwrap();
        answer.json().clone()
    }

    /// A command of the protocol behind the browser's own developer tools.
    async fn asks_browser(&self, method: &str, parameters: Value) -> Value {
        self.driver()
            .cdp()
            .send_raw(method, parameters)
            .await
            .unwrap()
    }
}

/// A text as a path of `By::XPath` writes it.
fn quoted(text: &str) -> String {
    assert!(!text.contains('"'), "{text}");
    format!("\"{text}\"")
}
