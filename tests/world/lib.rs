//! The simulated outside: Google, an OpenAI-compatible model and the AWS services, over real HTTP.
//!
//! Each neighbour keeps its state in plain structs under one lock and puts HTTP in front of it. It
//! refuses what the real one refuses, and misbehaves only when told to, by name. Tests start it in
//! their own process; the local stack starts it behind fixed ports (see [`emulators`]).
#![allow(
    clippy::unwrap_used,
    reason = "a simulated world that breaks should stop the test"
)]

pub mod agents;
pub mod aws;
pub mod clock;
pub mod consenting;
pub mod database;
pub mod door;
pub mod emulators;
pub mod google;
pub mod llm;
pub mod logs;
pub mod looking;
pub mod people;
mod running;
pub mod server;
mod site;
pub mod touring;
pub mod widget;
pub mod wire;
mod world;

pub use aws::Aws;
pub use clock::Clock;
pub use consenting::Consenting;
pub use emulators::Emulators;
pub use google::Google;
pub use llm::Llm;
pub use logs::Logs;

pub use people::{Person, Property};
pub use server::Fault;
pub use widget::Widget;
pub use wire::{Cut, Wire};
pub use world::{
    AUTH_ISSUER, AUTH_SECRET, CALLBACKS, PUBLIC_URL, World, days, hours, minutes, push_with,
    seconds, variables,
};
