//! What a prospect, an agent and Google meet: every suite runs on the simulated world.
#![allow(
    clippy::disallowed_methods,
    reason = "tests make their own ids and times"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod architecture;
mod artefacts;
mod audit;
mod browser;
mod calendars;
mod conformance;
mod connecting;
mod dashboard;
mod doors;
mod emulators;
mod enrichment;
mod events;
mod grants;
mod inbox;
mod limits;
mod migrations;
mod privacy;
mod pushes;
mod replies;
mod rotation;
mod secrets;
mod settings;
mod slots_program;
mod sources;
mod store;
mod template;
mod tenants;
mod threads;
mod tours;
mod watches;
