//! Every folder is a Lambda; every file is plumbing.
//!
//! A folder holds a handler of at most sixty lines and a `main` of three. What the system does lives
//! in [`shared::app`]; here events are parsed, callers proven and answers written.

pub mod caller;
pub mod form;
pub mod http;
pub mod process;
pub mod push;
pub mod request;
pub mod response;
pub mod schedule;
pub mod sqs;

pub mod audit_verify;
pub mod auto_reply;
pub mod calendar_availability;
pub mod calendar_callback;
pub mod calendar_config;
pub mod calendar_connect;
pub mod calendar_sync;
pub mod calendar_webhook;
pub mod dashboard;
pub mod gmail_callback;
pub mod gmail_config;
pub mod gmail_connect;
pub mod gmail_replies;
pub mod gmail_sync;
pub mod gmail_threads;
pub mod gmail_webhook;
pub mod health;
pub mod lead;
pub mod lead_enrich;
pub mod lead_enrichment;
pub mod lead_export;
pub mod lead_interests;
pub mod migrate;
pub mod sweep;
pub mod sync;
pub mod tour_change;
pub mod tour_create;
pub mod tour_page;
pub mod tours_availability;
pub mod watch_renewal;

/// What answers HTTP.
pub static ROUTES: &[&http::Route] = &[
    &calendar_availability::ROUTE,
    &calendar_callback::ROUTE,
    &calendar_config::ROUTE,
    &calendar_connect::ROUTE,
    &calendar_sync::ROUTE,
    &calendar_webhook::ROUTE,
    &dashboard::ROUTE,
    &gmail_callback::ROUTE,
    &gmail_config::ROUTE,
    &gmail_connect::ROUTE,
    &gmail_replies::ROUTE,
    &gmail_sync::ROUTE,
    &gmail_threads::ROUTE,
    &gmail_webhook::ROUTE,
    &health::ROUTE,
    &lead::ROUTE,
    &lead_enrich::ROUTE,
    &lead_export::ROUTE,
    &lead_interests::ROUTE,
    &tour_change::ROUTE,
    &tour_create::ROUTE,
    &tour_page::ROUTE,
    &tours_availability::ROUTE,
];

/// What works on queues.
pub static CONSUMERS: &[&sqs::Consumer] = &[
    &auto_reply::CONSUMER,
    &lead_enrichment::CONSUMER,
    &sync::CONSUMER,
];

/// What runs by the clock, or when it is invoked.
pub static SCHEDULES: &[&schedule::Schedule] = &[
    &audit_verify::SCHEDULE,
    &migrate::SCHEDULE,
    &sweep::SCHEDULE,
    &watch_renewal::SCHEDULE,
];
