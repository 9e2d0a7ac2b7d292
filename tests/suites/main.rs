//! What a prospect, an agent and Google meet: every suite runs on the simulated world.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod connecting;
mod migrations;
mod pushes;
mod replies;
mod tenants;
