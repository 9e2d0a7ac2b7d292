//! Nouns and rules of leasing: pure, without I/O, clock or wire format.

pub mod draft;
pub mod email_address;
pub mod fair_housing;
pub mod ids;
pub mod interest;
pub mod interval;
pub mod metric;
pub mod opt_out;
pub mod page;
pub mod reply;
pub mod text;
pub mod thread;
pub mod tour;
pub mod working_hours;
pub mod zone;
