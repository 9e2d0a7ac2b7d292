//! LumaLeasing's serverless core.

pub mod domain;
pub mod error;
pub mod mail;
