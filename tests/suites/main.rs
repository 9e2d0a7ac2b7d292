//! What a prospect, an agent and Google meet: every suite runs on the simulated world.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod artefacts;
mod conformance;
mod doors;
mod emulators;
mod events;
mod grants;
mod inbox;
mod migrations;
mod replies;
mod settings;
mod template;
mod threads;
mod watches;
