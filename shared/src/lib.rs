//! LumaLeasing's serverless core.

pub mod config;
pub mod crypto;
pub mod domain;
pub mod error;
pub mod google;
pub mod jwt;
pub mod llm;
pub mod queue;
pub mod telemetry;
