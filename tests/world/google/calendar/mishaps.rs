//! What goes wrong with one calendar while the others are well.
//!
//! Lost answers, refusals and stalls are planned with [`crate::google::Google::faults`], by operation.

use super::handle::Calendar;

/// Ways in which free/busy answers 200 and yet says nothing about a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// `errors` says `notFound`.
    NotFound,
    /// `errors` says `internalError`.
    InternalError,
    /// The calendar is not in the answer.
    Missing,
    /// Busy times have a start and no end.
    WithoutEnd,
}

/// What a test told the calendar to do differently.
#[derive(Clone, Debug, Default)]
pub struct Quirks {
    pub unreadable: Option<Unreadable>,
    /// The largest page of a list.
    pub page: Option<usize>,
    /// The page of a list, from one, that cannot be had.
    pub broken_page: Option<usize>,
    pub refuses_attendees: bool,
    /// Channels are not told of changes.
    pub silent: bool,
    /// Channels are told of every change twice.
    pub repeats: bool,
}

impl Calendar {
    /// Every call with a token of this calendar's owner is answered with 503 until
    /// [`Calendar::recovers`].
    pub fn breaks_down(&self) {
        let owner = self.owner();
        self.update(|calendars, _| calendars.down.insert(owner));
    }

    /// Everything is well again, whatever was wrong with this calendar.
    pub fn recovers(&self) {
        let owner = self.owner();
        self.update(|calendars, _| calendars.down.remove(&owner));
        self.change(|calendar| calendar.quirks = Quirks::default());
    }

    /// Free/busy answers 200 and says nothing useful about this calendar.
    pub fn free_busy_is(&self, unreadable: Unreadable) {
        self.change(|calendar| calendar.quirks.unreadable = Some(unreadable));
    }

    /// Lists come in pages of at most so many entries, whatever is asked for.
    pub fn pages_hold(&self, entries: usize) {
        self.change(|calendar| calendar.quirks.page = Some(entries));
    }

    /// That page of every list, counted from one, is answered with 500.
    pub fn fails_on_page(&self, page: usize) {
        self.change(|calendar| calendar.quirks.broken_page = Some(page));
    }

    /// Whoever comes with a sync token from before now gets 410 and has to list everything anew.
    pub fn sync_tokens_expire(&self) {
        self.change(|calendar| calendar.expire_sync_tokens());
    }

    /// Google takes none of the addresses that are invited here.
    pub fn refuses_attendees(&self) {
        self.change(|calendar| calendar.quirks.refuses_attendees = true);
    }

    /// Channels are not told of changes, although they have not ended.
    pub fn channels_are_silent(&self) {
        self.change(|calendar| calendar.quirks.silent = true);
    }

    /// Channels are told of every change twice.
    pub fn notifies_twice(&self) {
        self.change(|calendar| calendar.quirks.repeats = true);
    }
}
