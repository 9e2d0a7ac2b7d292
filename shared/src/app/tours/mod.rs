//! Tours: when they can be had, booking them, changing them, and showing them on the agent's calendar.
//!
//! The booking is the truth and the calendar event its shadow. Everybody books by [`book`], whatever
//! door they come through.

mod agenda;
mod availability;
mod book;
mod busy;
mod change;
mod event;
mod link;
mod limits;
mod mirror;
mod follow;
mod rules;
mod write;

pub use self::agenda::{agenda, one};
pub use self::availability::{
    Availability, Explanation, ManualTime, Offer, Range, Source, Time, availability, explain,
};
pub use self::book::{Answer, Booked, Wish, When, book};
pub(in crate::app) use self::busy::BusyCache;
pub use self::change::{Moved, By, cancel, reschedule};
pub use self::limits::{Door, admit, admit_page};
pub use self::link::{Link, manage_url, open_link};
pub use self::mirror::attend;
pub use crate::store::properties::Property;
pub use crate::store::tours::{Booking, Line, Prospect};
