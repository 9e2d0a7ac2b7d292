//! What goes wrong inside one mailbox while the others are well.

use super::Mailbox;
use super::gmail::state::StoredMessage;

impl Mailbox {
    /// Every call for this mailbox is answered with 503 until [`Mailbox::recovers`].
    pub fn breaks_down(&self) {
        self.change(|mailbox| mailbox.quirks.outage = true);
    }

    /// Calls for this mailbox are answered again.
    pub fn recovers(&self) {
        self.change(|mailbox| mailbox.quirks.outage = false);
    }

    /// The text of this message is no base64 when it is fetched.
    pub fn garbles(&self, id: &str) {
        self.change(|mailbox| mailbox.quirks.garbled.insert(id.to_owned()));
    }

    /// Every message is whole again when it is fetched.
    pub fn mends(&self) {
        self.change(|mailbox| mailbox.quirks.garbled.clear());
    }

    /// The watch says nothing any more, although it has not ended; the next one will.
    pub fn watch_dies(&self) {
        self.change(|mailbox| mailbox.quirks.dead_watch = true);
    }

    /// History and lists come in pages of at most so many entries, whatever is asked for.
    pub fn pages_hold(&self, entries: usize) {
        self.change(|mailbox| mailbox.quirks.page = Some(entries));
    }

    /// History shows nothing of the last changes yet; they come into view with [`Mailbox::history_catches_up`].
    pub fn history_lags(&self) {
        self.change(|mailbox| mailbox.quirks.hidden_after = Some(mailbox.history_id));
    }

    pub fn history_catches_up(&self) {
        self.change(|mailbox| mailbox.quirks.hidden_after = None);
    }

    /// Gmail finds that a message belongs to another thread, and tells of it as of a new message.
    pub fn rethreads(&self, id: &str, thread: &str) -> StoredMessage {
        self.change(|mailbox| mailbox.rethread(id, thread))
    }
}
