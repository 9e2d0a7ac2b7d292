//! How much anybody may ask of the system, and the system of others.
//!
//! Each is a number of 1 or more: what shall not happen at all has a switch of its own.

use chrono::TimeDelta;

use super::Reader;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub replies: Replies,
    pub models: Models,
    pub tours: Tours,
    /// Requests of one user in a minute.
    pub user_requests: i32,
}

/// Automatic replies; past them a reply is held. One message gets one at the most, which is no setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replies {
    /// Of one thread in an hour.
    pub per_thread: i32,
    /// To one sender's address in a day.
    pub per_sender: i32,
    /// From one mailbox in an hour.
    pub per_mailbox: i32,
    /// Older mail is stored and never answered: an outage must not end in a burst of late letters.
    pub max_age: TimeDelta,
}

/// Questions to the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Models {
    /// About one thread in an hour.
    pub per_thread: i32,
    /// For one property in a day (UTC), whatever they are about.
    pub per_property: i32,
}

/// What strangers may do on the public routes, in a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tours {
    /// Looks at times, and calls of a prospect's page, from one network address.
    pub looks_per_source: i32,
    pub looks_per_property: i32,
    pub bookings_per_source: i32,
    pub bookings_per_property: i32,
    /// Tours ahead of one person at one property.
    pub open_per_person: i32,
}

impl Limits {
    pub(super) fn read<F: Fn(&str) -> Option<String>>(read: &mut Reader<F>) -> Self {
        Self {
            replies: Replies {
                per_thread: read.number("REPLIES_PER_THREAD_HOUR", 4),
                per_sender: read.number("REPLIES_PER_SENDER_DAY", 10),
                per_mailbox: read.number("REPLIES_PER_MAILBOX_HOUR", 60),
                max_age: TimeDelta::hours(read.number("REPLY_MAX_AGE_HOURS", 24).into()),
            },
            models: Models {
                per_thread: read.number("MODEL_CALLS_PER_THREAD_HOUR", 20),
                per_property: read.number("MODEL_CALLS_PER_PROPERTY_DAY", 2_000),
            },
            tours: Tours {
                looks_per_source: read.number("TOUR_LOOKS_PER_SOURCE_MINUTE", 120),
                looks_per_property: read.number("TOUR_LOOKS_PER_PROPERTY_MINUTE", 600),
                bookings_per_source: read.number("BOOKINGS_PER_SOURCE_MINUTE", 20),
                bookings_per_property: read.number("BOOKINGS_PER_PROPERTY_MINUTE", 120),
                open_per_person: read.number("OPEN_TOURS_PER_PERSON", 2),
            },
            user_requests: read.number("USER_REQUESTS_PER_MINUTE", 600),
        }
    }
}
