//! Every id has its own type, so that a thread's id cannot be passed for a lead's.
//!
//! Rows are named by random uuids, made by the database; Google's names are opaque text.

use std::fmt;

use uuid::Uuid;

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

uuid_ids! {
    /// An agent's connected Google calendar at one property (`agent_calendars`).
    AgentCalendarId,
    /// A prospect's accepted visit (`tour_bookings`).
    BookingId,
    /// A standing subscription to a calendar's changes; Google names it back in each push (`calendar_channels`).
    ChannelId,
    /// One e-mail about a tour (`tour_letters`).
    LetterId,
    /// A tour time that a person made by hand, with places (`tour_slots`).
    ManualSlotId,
    /// A message in a conversation of the CRM (`messages`).
    TurnId,
    /// The CRM's exchange with one lead over one channel (`conversations`).
    ConversationId,
    /// One stored e-mail (`email_messages`).
    EmailId,
    /// A person who may become a resident (`leads`).
    LeadId,
    /// A property's connected Gmail account (`gmail_config`).
    MailboxId,
    /// A user of the host app: an admin, manager, agent or viewer (`profiles`).
    ProfileId,
    /// An apartment community, the tenant of our data (`properties`).
    PropertyId,
    /// A proposed or sent answer to one e-mail (`email_replies`).
    ReplyId,
    /// A Gmail thread that we follow (`email_threads`).
    ThreadId,
}

/// A fresh random id, for the few rows whose id must be known before they are written.
#[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
pub fn fresh() -> Uuid {
    Uuid::new_v4()
}

macro_rules! google_names {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

google_names! {
    /// Gmail's id of a message: unique within one mailbox only.
    GmailMessageId,
    /// Gmail's id of a thread: unique within one mailbox only.
    GmailThreadId,
    /// Gmail's id of a draft; sending the draft consumes it.
    DraftId,
    /// Google's id of a calendar: `primary`, or an address.
    CalendarId,
    /// An event's id within one calendar. Ours are made from the booking's.
    EventId,
    /// Calendar's cursor: what changed since.
    SyncToken,
}

/// Gmail's cursor into a mailbox's history. A number: as text, "999" would sort after "1000".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HistoryId(pub u64);

impl fmt::Display for HistoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
