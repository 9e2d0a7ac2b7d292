//! Tours, from the wish to the visit: what is booked, shown and told.

mod letters;
mod office;
mod once;
mod reminders;
mod sync;
