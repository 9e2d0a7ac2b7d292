//! Tours: when they can be had, booking them, changing them, and showing them on the agent's calendar.
//!
//! The booking is the truth and the calendar event its shadow. Everybody books by [`book`], whatever
//! door they come through.

mod agenda;
mod availability;
mod book;
mod busy;
mod change;
mod confirmation;
mod event;
mod follow;
mod letters;
mod limits;
mod link;
mod mirror;
mod rules;
mod tell;
mod visit;
mod write;

pub use self::agenda::{agenda, one, troubles};
pub use self::availability::{
    Availability, Explanation, ManualTime, Offer, Range, Source, Time, Why, availability, explain,
};
pub use self::book::{Answer, Booked, When, Wish, book};
pub(in crate::app) use self::busy::BusyCache;
pub use self::change::{By, Moved, cancel, reschedule, reschedule_to, seen_by};
pub use self::confirmation::{Confirmation, confirmation};
pub(in crate::app) use self::follow::look;
pub use self::limits::{Door, admit, admit_page, admit_user, go_on};
pub use self::link::{Link, manage_url, open_link};
pub use self::mirror::attend;
pub use self::visit::{Visit, visit};
pub use crate::slots::Refusal;
pub use crate::store::audit::Actor;
pub use crate::store::properties::Property;
pub use crate::store::tours::{Booking, Line, Prospect, Troubles};
