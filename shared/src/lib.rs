//! LumaLeasing's serverless core.

pub mod app;
pub mod config;
pub mod crypto;
pub mod domain;
pub mod error;
pub mod google;
pub mod http;
pub mod jwt;
pub mod llm;
pub mod mail;
pub mod queue;
pub mod slots;
pub mod store;
pub mod telemetry;
