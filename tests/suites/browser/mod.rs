//! The pages in a real browser, as people use them: Chromium clicks, types and reads; nothing is known
//! here that a person would not see.

mod approving;
mod chromium;
mod connecting;
mod hostile;
mod hours;
mod keyboard;
mod looks;
mod pages;
mod person;
mod signing_in;
mod story;
mod without_scripts;

use world::{Property, World};

use person::Person;

/// A property, its pages, and an admin in front of a browser.
struct Office {
    world: World,
    oak: Property,
    /// Where the product answers, without a final slash.
    site: String,
    admin: Person,
}

impl Office {
    /// The admin sits down, and is not signed in.
    async fn open() -> Self {
        Self::with(true).await
    }

    /// The admin's browser runs no JavaScript.
    async fn without_scripts() -> Self {
        Self::with(false).await
    }

    async fn with(scripts: bool) -> Self {
        let (mut world, admin) = tokio::join!(World::start(), Person::sits_down(scripts));
        let site = world.opens_site().await;
        let oak = world.property("Oak Court").await;
        Self {
            world,
            oak,
            site,
            admin,
        }
    }

    /// Opens a page of ours by its address.
    async fn visits(&self, path: &str) {
        self.admin.opens(&format!("{}{path}", self.site)).await;
    }

    /// Comes from the host's own pages, which hand the user over by a form.
    async fn signs_in(&self) {
        let form = format!(
            "<title>Host</title><form method=post action='{}/dashboard/session'>\
             <input type=hidden name=access_token value='{}'><button>Leasing</button></form>",
            self.site, self.oak.admin.token
        );
        self.admin.opens_text(&form).await;
        self.admin.presses("Leasing").await;
        self.admin.is_at(&format!("{}/dashboard", self.site)).await;
    }

    /// Nothing is left to do.
    async fn closes(self) {
        self.world.finish().await;
    }
}
