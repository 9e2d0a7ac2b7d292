//! Connecting a property's mailbox, and giving it up again.

mod accounts;
mod consent;
mod giving_up;
mod refusals;

use world::{Property, World, door};

/// How many mailboxes hold a grant.
async fn grants(world: &World) -> i64 {
    let sql = "select count(*) from gmail_config where access_token is not null or refresh_token is not null";
    world.count(sql).await
}

async fn disconnects(world: &World, property: &Property, token: &str) -> door::Answer {
    let path = format!("/api/lumaleasing/gmail/config?propertyId={}", property.id);
    door::delete(&path).bearer(token).send(&world.app).await
}

/// What was done to mailboxes, oldest first.
async fn audited(world: &World) -> Vec<String> {
    let sql = "select action from audit_log where entity = 'gmail_config' order by id";
    world.texts(sql).await
}
