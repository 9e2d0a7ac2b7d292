//! The pages that there are, found as people find them: by links.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::Office;

/// More than the dashboard has: pages that lead to ever more pages are a fault.
const MOST: usize = 40;
const LINKS: &str = "return [...document.querySelectorAll('a[href^=\"/\"]:not([download])')].map(link => link.getAttribute('href'))";

impl Office {
    /// A path of every page that links lead to from the first one, by a name for it. Two threads are one page.
    pub async fn pages(&self) -> BTreeMap<String, String> {
        let mut pages = BTreeMap::new();
        let mut waiting = VecDeque::from(["/dashboard".to_owned()]);
        while let Some(path) = waiting.pop_front() {
            if !is_page(&path) || pages.contains_key(&name(&path)) {
                continue;
            }
            assert!(pages.len() < MOST, "pages breed: {pages:?}");
            self.visits(&path).await;
            pages.insert(name(&path), path);
            let links = self.admin.examines(LINKS).await;
            let links = links.as_array().into_iter().flatten();
            waiting.extend(links.filter_map(Value::as_str).map(str::to_owned));
        }
        pages
    }
}

/// `threads-one` of `/dashboard/threads/0190…?property=…`.
fn name(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let parts = path.trim_start_matches("/dashboard/").split('/');
    let parts = parts.filter(|part| !part.is_empty()).map(|part| {
        let is_id = part.parse::<uuid::Uuid>().is_ok();
        if is_id {
            "one"
        } else {
            part.trim_start_matches('/')
        }
    });
    parts.collect::<Vec<_>>().join("-")
}

fn is_page(path: &str) -> bool {
    path == "/dashboard" || path.starts_with("/dashboard/") || path.starts_with("/dashboard?")
}
