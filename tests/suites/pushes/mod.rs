//! Pub/Sub's pushes: who may mark a mailbox as changed, and what Pub/Sub is told.

mod bodies;
mod keys;
mod tokens;

use serde_json::{Value, json};
use world::door::Answer;
use world::google::{Mailbox, Signature};
use world::{World, push_with};

/// A connected mailbox whose marks tell whether a push was believed.
async fn listening() -> (World, Mailbox) {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    (world, mailbox)
}

/// How often the mailbox was marked as changed.
async fn marks(world: &World) -> i64 {
    world
        .count("select sum(dirty_seq)::bigint from gmail_config")
        .await
}

/// Delivers a push about the mailbox with that token.
async fn delivers(world: &World, mailbox: &Mailbox, token: &str) -> Answer {
    let push = mailbox.push();
    let (headers, body) = world.google.push_request_with(&push, token);
    push_with(&world.app, headers, body).await
}

/// Delivers a push whose token is genuine but for those claims.
async fn claims(world: &World, mailbox: &Mailbox, overrides: Value) -> u16 {
    let token = world.google.mint(overrides);
    delivers(world, mailbox, &token).await.status
}

/// Delivers a push signed in that way.
async fn signed(world: &World, mailbox: &Mailbox, signature: Signature) -> u16 {
    let token = world.google.forge(signature, json!({}));
    delivers(world, mailbox, &token).await.status
}
