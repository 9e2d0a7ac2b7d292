//! The team's pages: who gets in, what they show, what their forms do.

mod activity;
mod calendar;
mod connections;
mod cookie;
mod forms;
mod inert;
mod kept;
mod leads;
mod metrics;
mod overview;
mod pages;
mod privacy;
mod refusals;
mod sessions;
mod sign_in;
mod tenants;
mod tours;
mod viewers;
mod wishes;
mod wordings;

use world::door::{self, Answer, Knock};
use world::{Person, World};

const SESSION: &str = "__Host-luma_session";

/// Somebody signed in, in one browser.
struct Browser {
    session: String,
    form_token: String,
}

/// Signs in as the host's own pages do.
async fn sign_in(world: &World, who: &Person) -> Browser {
    let answer = door::post("/dashboard/session")
        .form(&[("access_token", &who.token)])
        .send(&world.app)
        .await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let session = answer.cookie(SESSION).expect("a session");
    let home = door::get("/dashboard").cookie(SESSION, &session);
    let home = home.send(&world.app).await;
    Browser {
        form_token: form_token(&home.text),
        session,
    }
}

/// What a page's forms carry.
fn form_token(page: &str) -> String {
    let start = r#"name="form_token" value=""#;
    let rest = page.split(start).nth(1).expect("a form");
    rest.split('"').next().unwrap().to_owned()
}

impl Browser {
    fn with(&self, knock: Knock) -> Knock {
        knock.cookie(SESSION, &self.session)
    }

    async fn get(&self, world: &World, path: &str) -> Answer {
        self.with(door::get(path)).send(&world.app).await
    }

    async fn post(&self, world: &World, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("form_token", self.form_token.as_str())];
        all.extend_from_slice(fields);
        self.with(door::post(path).form(&all))
            .send(&world.app)
            .await
    }
}
