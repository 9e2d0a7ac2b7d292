//! The story ends on the dashboard: whoever follows the printed link finds it there.

use crate::api::Api;
use crate::steps::step;
use crate::{Failure, Result};

/// Signs in by the link, and looks for words on pages (paths).
pub async fn shows(api: &Api, link: &str, pages: &[(String, &[&str])]) -> Result<()> {
    if api.come_back(&format!("{link}x"), "").await.is_ok() {
        return Err(Failure::new("a link that nobody was given signs in, too").into());
    }
    let signed_in = api.come_back(link, "").await?;
    if signed_in.location != "/dashboard" {
        return Err(Failure::new(format!("the link leads to {}", signed_in.location)).into());
    }
    for (path, words) in pages {
        let what = format!("The dashboard shows {}", words.join(", "));
        step(&what, async {
            let page = api.visit(path, &signed_in.cookie).await?;
            match words.iter().find(|word| !page.contains(**word)) {
                Some(word) => Err(Failure::new(format!("{path} does not say “{word}”")).into()),
                None => Ok(()),
            }
        })
        .await?;
    }
    Ok(())
}
