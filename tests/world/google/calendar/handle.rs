//! A handle on one calendar: what it is, and what stands in it.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::channels::{Channel, Notification};
use super::event::Event;
use super::free_busy;
use super::invites::InviteMail;
use super::moment::{When, find_zone};
use super::state::{CalendarState, Calendars, Role};
use crate::google::{Google, Site};

/// A handle on one calendar.
#[derive(Clone)]
pub struct Calendar {
    site: Site,
    id: String,
}

impl Google {
    /// The primary calendar of an account, which is created when there is none.
    pub fn calendar(&self, address: &str) -> Calendar {
        let account = self.account(address);
        Calendar::at(self.site(), account.address())
    }

    /// Every mail that Google sent to guests, oldest first.
    pub fn invites(&self) -> Vec<InviteMail> {
        self.update(|state, _| state.calendars.mails.clone())
    }
}

impl Calendar {
    pub(in crate::google) fn at(site: Site, id: &str) -> Calendar {
        Calendar {
            site,
            id: id.to_owned(),
        }
    }

    /// What the API calls it: the owner's address, for the primary one.
    pub fn id(&self) -> &str {
        &self.id
    }

    // --- calendars --------------------------------------------------------------------------------

    /// Another calendar of the same owner, new and empty.
    pub fn another(&self, summary: &str) -> Calendar {
        let owner = self.owner();
        let id = self.update(|calendars, _| {
            let id = format!("c_{}@group.calendar.google.com", calendars.ids.hex());
            calendars.create(&owner, &id, summary);
            id
        });
        Calendar::at(self.site.clone(), &id)
    }

    /// Somebody else sees this calendar, or works in it.
    pub fn is_shared_with(&self, address: &str, role: Role) {
        let address = address.to_lowercase();
        self.change(|calendar| calendar.members.insert(address, role));
    }

    /// Nobody sees it any more, its owner neither: for the API it is gone.
    pub fn disappears(&self) {
        self.change(|calendar| calendar.members.clear());
    }

    /// Its owner lives in that zone (IANA name): answers show times there, and days begin there.
    pub fn lives_in(&self, zone: &str) {
        assert!(find_zone(zone).is_some(), "no zone {zone}");
        self.change(|calendar| calendar.zone = zone.to_owned());
    }

    // --- what stands there ------------------------------------------------------------------------

    /// The events that are not cancelled, by start.
    pub fn events(&self) -> Vec<Event> {
        let mut events = self.all_events();
        events.retain(|event| !event.cancelled);
        events.sort_by_key(Event::starts_at);
        events
    }

    /// Every event that there ever was, cancelled ones too, by id.
    pub fn all_events(&self) -> Vec<Event> {
        self.change(|calendar| calendar.events.values().cloned().collect())
    }

    /// An event, cancelled or not.
    ///
    /// # Panics
    /// If there never was one of that id.
    pub fn event(&self, id: &str) -> Event {
        self.change(|calendar| existing(calendar, id))
    }

    /// An event as the API shows it.
    pub fn shown(&self, id: &str) -> Value {
        self.change(|calendar| {
            let event = existing(calendar, id);
            calendar.show(&event, &calendar.time_zone())
        })
    }

    /// When its owner is busy, in order and merged.
    pub fn busy_between(
        &self,
        from: impl Into<When>,
        to: impl Into<When>,
    ) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let (When(from), When(to)) = (from.into(), to.into());
        self.change(|calendar| free_busy::busy(calendar, from, to))
    }

    /// The mails that a guest got about events of this calendar, oldest first.
    pub fn invites_to(&self, guest: &str) -> Vec<InviteMail> {
        let guest = guest.to_lowercase();
        self.update(|calendars, _| {
            let own = |mail: &&InviteMail| mail.calendar == self.id && mail.to == guest;
            calendars.mails.iter().filter(own).cloned().collect()
        })
    }

    /// The channels that are told of changes now, oldest first.
    pub fn channels(&self) -> Vec<Channel> {
        self.update(|calendars, now| calendars.live_channels(&self.id, now))
    }

    /// Notifications to every live channel as if something had changed; nobody delivers them.
    pub fn notifications(&self) -> Vec<Notification> {
        self.update(|calendars, now| calendars.pretend(&self.id, now))
    }

    /// Whose calendar it is; empty when it has disappeared.
    pub fn owner(&self) -> String {
        self.change(|calendar| {
            let owns = |(_, role): &(&String, &Role)| **role == Role::Owner;
            let owner = calendar.members.iter().find(owns);
            owner
                .map(|(address, _)| address.clone())
                .unwrap_or_default()
        })
    }

    pub(super) fn change<T>(&self, work: impl FnOnce(&mut CalendarState) -> T) -> T {
        self.change_at(|calendar, _| work(calendar))
    }

    pub(super) fn change_at<T>(&self, work: impl FnOnce(&mut CalendarState, i64) -> T) -> T {
        self.update(|calendars, now| work(calendars.get(&self.id), now))
    }

    pub(super) fn update<T>(&self, work: impl FnOnce(&mut Calendars, i64) -> T) -> T {
        self.site
            .update(|state, now| work(&mut state.calendars, now))
    }
}

/// The event of that id, cancelled or not.
///
/// # Panics
/// If there never was one.
pub(super) fn existing(calendar: &CalendarState, id: &str) -> Event {
    let event = calendar.events.get(id).cloned();
    event.unwrap_or_else(|| panic!("{} has no event {id}", calendar.id))
}
