//! Letters about tours: wanted once, sent by one, and what follows from the bookings themselves.

use jiff::Timestamp;
use jiff::civil::date;
use shared::domain::ids::*;
use shared::domain::interval::Interval;
use shared::store::leads::{self, Sender};
use shared::store::letters::{self, LetterKind, LetterState};
use shared::store::tours::{self, Booking, NewBooking};
use shared::store::{Tx, event_links};
use uuid::Uuid;

use super::Bench;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The day before the tour, an hour after its time of day.
fn now() -> Timestamp {
    at("2026-12-02T17:00:00Z")
}

/// A tour of Ann's at ten in Chicago, to which a letter invites.
async fn booked(bench: &Bench, tx: &Tx) -> Booking {
    let ann = Sender {
        address_key: "ann@example.com",
        first_name: Some("Ann"),
        last_name: Some("Lee"),
        phone: None,
        source: "Email",
    };
    let lead = leads::find_or_create(tx, bench.oak, &ann).await.unwrap();
    let time = Interval::new(at("2026-12-03T16:00:00Z"), at("2026-12-03T16:30:00Z"));
    let new = NewBooking {
        property: bench.oak,
        lead,
        slot: None,
        agent: None,
        time: time.unwrap(),
        buffer: 0,
        zone: "America/Chicago",
        local: date(2026, 12, 3).at(10, 0, 0, 0),
        special_requests: None,
        source: "lumaleasing",
        conversation: None,
    };
    let id = tours::insert(tx, &new, now()).await.unwrap();
    let invited = event_links::expect_answer(tx, id, bench.oak, lead, "ics");
    invited.await.unwrap();
    tours::by_id(tx, id).await.unwrap().unwrap()
}

async fn kinds(tx: &Tx) -> Vec<String> {
    let sql = "select concat_ws(' ', kind, state, reason) as line from tour_letters order by created_at, kind";
    let rows = tx.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get("line")).collect()
}

#[tokio::test]
async fn a_letter_goes_from_due_to_sent_in_the_hands_of_one() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let booking = booked(&bench, &tx).await;
    let (worker, other) = (Uuid::new_v4(), Uuid::new_v4());
    for _ in 0..2 {
        let kind = LetterKind::Invitation;
        letters::expect(&tx, &booking, kind, now(), booking.time.start())
            .await
            .unwrap();
    }
    let lease = async |owner, at| {
        letters::lease(&tx, booking.id, owner, 60.0, at)
            .await
            .unwrap()
    };
    let is_due = async || letters::is_due(&tx, booking.id, now()).await.unwrap();
    let waiting = async || letters::unattended(&tx, now(), 10).await.unwrap();
    assert!(lease(worker, at("2026-12-02T16:59:00Z")).await.is_none());
    assert_eq!((waiting().await, is_due().await), (vec![booking.id], true));
    let letter = lease(worker, now()).await.unwrap();
    assert_eq!((letter.kind, letter.attempts), (LetterKind::Invitation, 1));
    assert_eq!((letter.state, letter.version), (LetterState::Due, 0));
    assert!(
        lease(other, now()).await.is_none(),
        "one letter, one worker"
    );
    assert_eq!((waiting().await, is_due().await), (vec![], false));

    let draft = DraftId("r1".to_owned());
    let drafted = async |owner| {
        letters::drafted(&tx, letter.id, owner, &draft)
            .await
            .unwrap()
    };
    assert!(!drafted(worker).await, "nothing was begun");
    assert!(!letters::begun(&tx, letter.id, other).await.unwrap());
    assert!(letters::begun(&tx, letter.id, worker).await.unwrap());
    assert!(!drafted(other).await);
    assert!(drafted(worker).await);
    let later = at("2026-12-02T17:05:00Z");
    letters::postpone(&tx, letter.id, worker, later)
        .await
        .unwrap();
    assert!(lease(other, now()).await.is_none(), "not yet");
    let again = lease(other, later).await.unwrap();
    assert_eq!((again.draft, again.attempts), (Some(draft), 2));

    let message = GmailMessageId("m9".to_owned());
    assert!(letters::sent(&tx, &letter, &message, later).await.unwrap());
    assert!(!letters::sent(&tx, &letter, &message, later).await.unwrap());
    let late = letters::end(&tx, letter.id, LetterState::Failed, "late").await;
    assert!(!late.unwrap(), "what is sent stays sent");
    let stored = letters::by_id(&tx, letter.id).await.unwrap().unwrap();
    assert_eq!(stored.state, LetterState::Sent);
    tx.commit().await.unwrap();
    let told = "select count(*) from prospect_invites where invite_sent_at = '2026-12-02T17:05Z'";
    assert_eq!(bench.number(told).await, 1);
}

#[tokio::test]
async fn reminders_follow_from_the_booking_once_for_each_start() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let booking = booked(&bench, &tx).await;
    let remind = async |time| letters::remind(&tx, at(time)).await.unwrap();
    assert_eq!(remind("2026-12-02T15:59:59Z").await, []);
    assert_eq!(remind("2026-12-02T16:00:00Z").await, [booking.id]);
    assert_eq!(remind("2026-12-02T16:00:01Z").await, []);
    assert_eq!(remind("2026-12-03T14:59:59Z").await, []);
    assert_eq!(remind("2026-12-03T15:00:00Z").await, [booking.id]);
    assert_eq!(remind("2026-12-03T15:59:59Z").await, []);
    assert_eq!(kinds(&tx).await, ["reminder_1h due", "reminder_24h due"]);

    for (kind, column) in [
        ("reminder_24h", "reminder_24h_sent_at"),
        ("reminder_1h", "reminder_1h_sent_at"),
    ] {
        let row = tx
            .query_one("select id from tour_letters where kind = $1", &[&kind])
            .await
            .unwrap();
        let letter = letters::by_id(&tx, LetterId(row.get("id"))).await;
        let message = GmailMessageId(kind.to_owned());
        letters::sent(&tx, &letter.unwrap().unwrap(), &message, now())
            .await
            .unwrap();
        let sql = format!("select {column} as told from luma.tour_bookings");
        let told: Option<Timestamp> = tx.query_one(&sql, &[]).await.unwrap().get("told");
        assert_eq!(told, Some(now()));
    }
    // The host moves it by an hour: what was said of the old time does not count any more.
    let moved = "update luma.tour_bookings set scheduled_time = '11:00'";
    tx.execute(moved, &[]).await.unwrap();
    let told = "select reminder_24h_sent_at is null and reminder_1h_sent_at is null as forgotten
                from luma.tour_bookings";
    assert!(
        tx.query_one(told, &[])
            .await
            .unwrap()
            .get::<_, bool>("forgotten")
    );
    assert_eq!(remind("2026-12-03T15:59:00Z").await, []);
    assert_eq!(remind("2026-12-03T16:00:00Z").await, [booking.id]);
    assert_eq!(remind("2026-12-03T17:00:00Z").await, [], "it has begun");
}

#[tokio::test]
async fn a_reminder_between_the_two_is_no_day_before() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let booking = booked(&bench, &tx).await;
    let remind = async |time| letters::remind(&tx, at(time)).await.unwrap();
    assert_eq!(
        remind("2026-12-03T14:30:00Z").await,
        [],
        "90 minutes are left"
    );
    assert_eq!(remind("2026-12-03T14:29:59Z").await, [booking.id]);
}

#[tokio::test]
async fn a_reminder_that_was_called_off_is_wanted_again_with_its_time() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let booking = booked(&bench, &tx).await;
    for (reason, comes_back) in [("tour_moved", true), ("opted_out", false)] {
        letters::remind(&tx, now()).await.unwrap();
        let letter = letters::lease(&tx, booking.id, Uuid::new_v4(), 60.0, now()).await;
        let letter = letter.unwrap().unwrap();
        letters::end(&tx, letter.id, LetterState::Cancelled, reason)
            .await
            .unwrap();
        let again = letters::remind(&tx, now()).await.unwrap();
        assert_eq!(again.len(), usize::from(comes_back), "{reason}");
    }
}

#[tokio::test]
async fn who_was_invited_by_letter_is_told_of_every_change_by_one() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let booking = booked(&bench, &tx).await;
    let retell = async |id| letters::retell(&tx, id, now()).await.unwrap();
    assert!(letters::invites(&tx, booking.id).await.unwrap());
    assert_eq!(retell(None).await, [], "nothing has changed");
    let moved = "update luma.tour_bookings set scheduled_time = '11:00'";
    tx.execute(moved, &[]).await.unwrap();
    assert_eq!(retell(Some(BookingId(Uuid::new_v4()))).await, []);
    assert_eq!(retell(Some(booking.id)).await, [booking.id]);
    assert_eq!(retell(None).await, [], "once");
    tours::cancel(&tx, booking.id, "user", now()).await.unwrap();
    let cancelled = tours::by_id(&tx, booking.id).await.unwrap().unwrap();
    letters::expect(&tx, &cancelled, LetterKind::Cancellation, now(), now())
        .await
        .unwrap();
    assert_eq!(retell(None).await, [], "somebody tells already");
    let back = "update luma.tour_bookings set status = 'confirmed'";
    tx.execute(back, &[]).await.unwrap();
    assert_eq!(retell(None).await, [booking.id]);
    let by_google = "update prospect_invites set invite_method = 'google'";
    tx.execute(by_google, &[]).await.unwrap();
    assert!(!letters::invites(&tx, booking.id).await.unwrap());
    tx.execute(moved, &[]).await.unwrap();
    tx.execute(
        "update luma.tour_bookings set scheduled_time = '12:00'",
        &[],
    )
    .await
    .unwrap();
    assert_eq!(retell(None).await, [], "Google tells");
}
