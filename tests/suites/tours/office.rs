//! A leasing office without calendars, as these stories need it: times are made by hand, and everything
//! is told by letter.

use icalendar::{CalendarComponent, Component, Event};
use mail_parser::MimeHeaders;
use serde_json::{Value, json};
use shared::app::tours::{self, By};
use shared::domain::ids::{self, BookingId};
use world::google::{Calendar, Delivered, Mailbox};
use world::{PUBLIC_URL, Property, World, door, minutes};

pub const ANN: &str = "ann@example.com";
/// Ten o'clock in Chicago, eight days after the story begins.
pub const DAY: &str = "2026-12-10";
pub const TEN: &str = "2026-12-10T16:00:00Z";

pub struct Office {
    pub world: World,
    pub oak: Property,
    pub key: String,
}

impl Office {
    /// Oak Court with a widget and its mailbox.
    pub async fn open() -> (Office, Mailbox) {
        let office = Office::without_mailbox().await;
        let mailbox = office.world.connects(&office.oak, "leasing@oak.test").await;
        (office, mailbox)
    }

    pub async fn without_mailbox() -> Office {
        let world = World::start().await;
        let oak = world.property("Oak Court").await;
        let key = ids::fresh().to_string();
        let sql = "insert into lumaleasing_config (property_id, api_key, tours_enabled) values ($1, $2, true)";
        world.sql.execute(sql, &[&oak.id, &key]).await.unwrap();
        Office { world, oak, key }
    }

    /// Somebody makes a time on that day by hand.
    pub async fn makes_time(&self, day: &str, time: &str) -> String {
        let id = ids::fresh();
        let sql = format!(
            "insert into tour_slots (id, property_id, slot_date, start_time, end_time)
             values ('{id}', '{}', '{day}', '{time}', time '{time}' + interval '30 minutes')",
            self.oak.id
        );
        self.world.sql.batch_execute(&sql).await.unwrap();
        id.to_string()
    }

    /// Ann books ten o'clock.
    pub async fn ann_books(&self) -> BookingId {
        self.books(DAY, "10:00", "Ann", ANN).await
    }

    pub async fn books(&self, day: &str, time: &str, name: &str, email: &str) -> BookingId {
        let slot = self.makes_time(day, time).await;
        let lead = json!({ "firstName": name, "lastName": "Lee", "email": email, "phone": "512-555-0100" });
        self.wishes(json!({ "slotId": slot, "leadInfo": lead }))
            .await
    }

    /// Kim receives visitors all day long, and shows it on her calendar.
    pub async fn kim_receives(&self) -> Calendar {
        let kim = self.world.agent(&self.oak).await;
        let calendar = self
            .world
            .agent_connects(&self.oak, &kim, "kim@oak.test")
            .await;
        let terms = json!({
            "workingHours": { "thu": { "start": "09:00", "end": "17:00" } },
            "slotIntervalMinutes": 60,
        });
        self.world.agent_sets(&self.oak, &kim, terms).await;
        calendar
    }

    /// Ann books ten o'clock with whoever receives then.
    pub async fn ann_books_an_agent(&self) -> BookingId {
        let lead = json!({ "firstName": "Ann", "lastName": "Lee", "email": ANN });
        let wish = json!({ "tourDate": DAY, "tourTime": "10:00", "leadInfo": lead });
        self.wishes(wish).await
    }

    async fn wishes(&self, wish: Value) -> BookingId {
        let answer = door::post("/api/lumaleasing/tours")
            .header("x-api-key", &self.key)
            .json(&wish)
            .send(&self.world.app)
            .await;
        assert!(answer.status < 300, "{}", answer.text);
        let sql = "select id::text from tour_bookings order by created_at desc, id limit 1";
        self.world.texts(sql).await[0].parse().unwrap()
    }

    /// The team moves the tour in the host's new pages, to a time that it makes for that.
    pub async fn team_moves(&self, booking: BookingId, day: &str, time: &str) {
        self.makes_time(day, time).await;
        let answer = door::patch(&tour(booking))
            .bearer(&self.oak.admin.token)
            .json(&json!({ "tourDate": day, "tourTime": time }))
            .send(&self.world.app)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    pub async fn team_cancels(&self, booking: BookingId) {
        let answer = door::delete(&tour(booking))
            .bearer(&self.oak.admin.token)
            .send(&self.world.app)
            .await;
        assert!(answer.status < 300, "{}", answer.text);
    }

    /// The prospect moves the tour by the link that the letter holds, to a time made by hand.
    pub async fn moves_by_link(&self, letter: &Delivered, day: &str, time: &str) {
        self.makes_time(day, time).await;
        let link = tours::open_link(&self.world.app, &token(letter)).unwrap();
        self.ann_moves(link.booking, day, time).await;
    }

    /// The prospect moves the tour by the link.
    pub async fn ann_moves(&self, booking: BookingId, day: &str, time: &str) {
        let url = tours::manage_url(&self.world.app, booking);
        let link = tours::open_link(&self.world.app, url.rsplit('/').next().unwrap()).unwrap();
        let (day, time) = (day.parse().unwrap(), time.parse().unwrap());
        let by = By::Prospect(link);
        let moved = tours::reschedule(&self.world.app, &by, booking, day, time, None).await;
        assert!(matches!(moved, Ok(tours::Moved::Done(_))));
    }

    pub async fn cancels_by_link(&self, letter: &Delivered) {
        let link = tours::open_link(&self.world.app, &token(letter)).unwrap();
        let by = By::Prospect(link);
        tours::cancel(&self.world.app, &by, link.booking)
            .await
            .unwrap();
    }

    /// The host's own pages know date, time and status only, and tell nobody.
    pub async fn host_writes(&self, booking: BookingId, assignments: &str) {
        let sql = format!("update tour_bookings set {assignments} where id = '{booking}'");
        self.world.sql.batch_execute(&sql).await.unwrap();
    }

    /// Time stands still until so long before ten o'clock on the day.
    pub async fn it_is(&self, before: chrono::TimeDelta) {
        let ten: chrono::DateTime<chrono::Utc> = TEN.parse().unwrap();
        self.world.skip(ten - before - self.world.now());
        self.world.sweep().await;
        self.world.work().await;
    }

    /// Kind and state of every letter, and why: `reminder_24h cancelled: tour_moved`.
    pub async fn letters(&self) -> Vec<String> {
        let sql = "select concat_ws(': ', kind || ' ' || state, reason) from tour_letters
                   order by due_at, kind, concerns";
        self.world.texts(sql).await
    }

    /// Time passes, and in the end this many letters have left, each stands once in either table, word for
    /// word, and no draft is left.
    pub async fn settles(&self, mailbox: &Mailbox, letters: usize) {
        self.world.pass(minutes(20)).await;
        let mut delivered: Vec<String> = mailbox.sent().iter().map(|mail| mail.text()).collect();
        assert_eq!(delivered.len(), letters, "{:?}", self.letters().await);
        delivered.sort();
        for sql in [
            "select body_text from email_messages where direction = 'outbound'",
            "select content from messages where role = 'assistant'",
        ] {
            let mut stored = self.world.texts(sql).await;
            stored.sort();
            assert_eq!(stored, delivered, "{sql}");
        }
        assert_eq!(mailbox.drafts().len(), 0, "a draft is left");
        let sent = "select count(*) from tour_letters where state = 'sent'";
        assert_eq!(self.world.count(sent).await, letters as i64);
    }
}

fn tour(booking: BookingId) -> String {
    format!("/api/lumaleasing/tours/{booking}")
}

/// The last segment of the link with which the prospect manages the tour.
fn token(letter: &Delivered) -> String {
    let text = letter.text();
    let base = format!("{PUBLIC_URL}/tours/");
    let at = text.find(&base).expect("a link") + base.len();
    text[at..].split_whitespace().next().unwrap().to_owned()
}

/// A calendar file, read by a parser.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    pub method: String,
    pub uid: String,
    pub sequence: u32,
    pub starts: String,
    pub status: String,
    pub organizer: String,
    pub attendee: String,
}

/// What the letter tells the recipient's calendar; the alternative and the attachment say the same.
pub fn entry(letter: &Delivered) -> Option<Entry> {
    let message = letter.message();
    let kind = |part: &mail_parser::MessagePart<'_>| {
        let kind = part.content_type().cloned();
        kind.map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()))
    };
    let of = |wanted: &str| {
        let mut parts = message.parts.iter();
        let part = parts.find(|part| kind(part).as_deref() == Some(wanted))?;
        Some(String::from_utf8(part.contents().to_vec()).unwrap())
    };
    let file = of("text/calendar")?;
    let lines = |text: &str| text.replace("\r\n", "\n");
    assert_eq!(lines(&of("application/ics").unwrap()), lines(&file));
    let calendar: icalendar::Calendar = file.parse().unwrap();
    let [CalendarComponent::Event(event)] = &calendar.components[..] else {
        panic!("one event: {file}");
    };
    let value = |name: &str| event.property_value(name).unwrap_or_default().to_owned();
    Some(Entry {
        method: calendar.property_value("METHOD").unwrap().to_owned(),
        uid: event.get_uid().unwrap().to_owned(),
        sequence: event.get_sequence().unwrap(),
        starts: value("DTSTART"),
        status: value("STATUS"),
        organizer: value("ORGANIZER"),
        attendee: attendee(event),
    })
}

fn attendee(event: &Event) -> String {
    let guests = &event.multi_properties()["ATTENDEE"];
    assert_eq!(guests.len(), 1);
    guests[0].value().to_owned()
}

pub fn suppressed(reason: &str) -> String {
    format!(
        "insert into email_suppressions (property_id, address_key, reason)
         select id, '{ANN}', '{reason}' from properties where name = 'Oak Court'"
    )
}
