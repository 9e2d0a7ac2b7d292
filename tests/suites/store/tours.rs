//! Tours: who receives prospects, what is taken, what was asked for, and which event stands for what.

use jiff::Timestamp;
use jiff::civil::{date, time};
use shared::domain::ids::*;
use shared::domain::interval::Interval;
use shared::domain::tour::{BookingStatus, Rsvp};
use shared::store::event_links::{self, EventLink, Known, SyncStatus};
use shared::store::leads::{self, Sender};
use shared::store::letters::{self, LetterKind};
use shared::store::tours::{self, Asked, Booking, Move, NewBooking, Troubles};
use shared::store::{Error, Tx, properties};
use uuid::Uuid;

use super::{Bench, noon};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn between(start: &str, end: &str) -> Interval {
    Interval::new(at(start), at(end)).unwrap()
}

fn now() -> Timestamp {
    at("2026-12-02T12:00:00Z")
}

/// Ten to half past ten in Chicago, the day after.
fn ten() -> Interval {
    between("2026-12-03T16:00:00Z", "2026-12-03T16:30:00Z")
}

/// The whole of that week.
fn week() -> Interval {
    between("2026-12-01T00:00:00Z", "2026-12-08T00:00:00Z")
}

/// An agent of the organization with a connected calendar at the property.
async fn agent(bench: &Bench, name: &str) -> (ProfileId, AgentCalendarId) {
    let row = bench
        .sql
        .query_one(
            "with someone as (insert into auth.users (id, email) values (gen_random_uuid(), $2) returning id),
             profile as (insert into profiles (id, org_id, role, full_name) select id, $1, 'viewer', $3 from someone
                on conflict (id) do update set org_id = excluded.org_id, full_name = excluded.full_name returning id)
             insert into agent_calendars (profile_id, property_id, google_email, status, timezone)
             select id, $4, $2, 'connected', 'America/Chicago' from profile returning id, profile_id",
            &[
                &bench.org,
                &format!("{name}@oak.test"),
                &name,
                &bench.oak.0,
            ],
        )
        .await
        .unwrap();
    (
        ProfileId(row.get("profile_id")),
        AgentCalendarId(row.get("id")),
    )
}

fn ann<'a>() -> Sender<'a> {
    Sender {
        address_key: "ann@example.com",
        first_name: Some("Ann"),
        last_name: Some("Lee"),
        phone: Some("555 0100"),
        source: "LumaLeasing Tour Booking",
    }
}

fn wish(bench: &Bench, lead: LeadId, agent: ProfileId, time: Interval) -> NewBooking<'static> {
    NewBooking {
        property: bench.oak,
        lead,
        slot: None,
        agent: Some(agent),
        time,
        buffer: 15,
        zone: "America/Chicago",
        local: date(2026, 12, 3).at(10, 0, 0, 0),
        special_requests: Some("a quiet one"),
        source: "lumaleasing",
        conversation: None,
    }
}

async fn booked(bench: &Bench, tx: &Tx, agent: ProfileId) -> Booking {
    let lead = leads::find_or_create(tx, bench.oak, &ann()).await.unwrap();
    let id = tours::insert(tx, &wish(bench, lead, agent, ten()), now()).await;
    tours::by_id(tx, id.unwrap()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_widgets_key_opens_its_property_and_every_call_counts() {
    let bench = Bench::new().await;
    let sql = "insert into lumaleasing_config (property_id, api_key, tours_enabled) values ($1, 'oak-key', true)";
    bench.sql.execute(sql, &[&bench.oak.0]).await.unwrap();
    for (call, key) in [(1, "oak-key"), (2, "oak-key"), (3, "another")] {
        let tx = bench.everywhere().await;
        let admission = properties::admit(&tx, key, "tours", "192.0.2.1", now()).await;
        let admission = admission.unwrap();
        assert_eq!(admission.by_source, call);
        let is_ours = key == "oak-key";
        assert_eq!(admission.is_open, is_ours);
        assert_eq!(admission.by_property, if is_ours { call } else { 0 });
        assert_eq!(admission.property.is_some(), is_ours);
        let seen = properties::find(&tx, bench.oak).await.unwrap();
        assert_eq!(
            seen.is_some(),
            is_ours,
            "the transaction sees what the key opens"
        );
        tx.commit().await.unwrap();
    }
    let tx = bench.tx().await;
    let oak = properties::find(&tx, bench.oak).await.unwrap().unwrap();
    assert_eq!(
        (oak.name.as_str(), oak.zone.as_deref()),
        ("Oak Court", Some("America/Chicago"))
    );
}

#[tokio::test]
async fn a_booking_takes_its_agents_time_everywhere_buffer_included() {
    let bench = Bench::new().await;
    let (kim, calendar) = agent(&bench, "kim").await;
    let tx = bench.tx().await;
    tours::lock_agents(&tx, &[kim, kim]).await.unwrap();
    let booking = booked(&bench, &tx, kim).await;
    assert_eq!(booking.status, BookingStatus::Confirmed);
    assert_eq!((booking.time, booking.buffer), (ten(), 15));
    assert_eq!(booking.prospect.full_name(), "Ann Lee");
    assert_eq!(booking.local_start(), date(2026, 12, 3).at(10, 0, 0, 0));
    let held = tours::hold(&tx, booking.id).await.unwrap().unwrap();
    assert_eq!(held.version, booking.version);
    let taken = tours::taken(&tx, kim, week()).await.unwrap();
    assert_eq!(taken.len(), 1);
    let receivers = tours::receivers(&tx, bench.oak, week()).await.unwrap();
    assert_eq!(receivers[0].calendar.id, calendar);
    assert_eq!(receivers[0].visits, taken);
    let agenda = tours::agenda(&tx, bench.oak, None, week()).await.unwrap();
    assert_eq!(agenda[0].booking.id, booking.id);
    assert_eq!(agenda[0].special_requests.as_deref(), Some("a quiet one"));
    let lead = booking.lead.unwrap();
    assert_eq!(tours::open_of(&tx, lead, now()).await.unwrap(), 1);
    let same = tours::same(&tx, bench.oak, "ann@example.com", ten().start()).await;
    assert_eq!(same.unwrap().unwrap().id, booking.id);
    tx.commit().await.unwrap();

    for (time, is_refused) in [
        (
            between("2026-12-03T16:44:00Z", "2026-12-03T17:14:00Z"),
            true,
        ),
        (
            between("2026-12-03T15:16:00Z", "2026-12-03T15:46:00Z"),
            true,
        ),
        (
            between("2026-12-03T16:45:00Z", "2026-12-03T17:15:00Z"),
            false,
        ),
        (
            between("2026-12-03T15:15:00Z", "2026-12-03T15:45:00Z"),
            false,
        ),
    ] {
        let tx = bench.tx().await;
        let inserted = tours::insert(&tx, &wish(&bench, lead, kim, time), now()).await;
        match inserted {
            Err(Error::Constraint(name)) => {
                assert!(is_refused, "{time:?}");
                assert_eq!(name, tours::NO_OVERLAP);
            }
            inserted => assert!(inserted.is_ok() && !is_refused, "{time:?}"),
        }
        let rolled_back = tx.roll_back().await;
        assert!(is_refused || rolled_back.is_ok());
    }
}

#[tokio::test]
async fn a_booking_moves_once_per_version_and_is_cancelled_once() {
    let bench = Bench::new().await;
    let (kim, _) = agent(&bench, "kim").await;
    let tx = bench.tx().await;
    let booking = booked(&bench, &tx, kim).await;
    let eleven = between("2026-12-03T17:00:00Z", "2026-12-03T17:30:00Z");
    let to = Move {
        time: eleven,
        buffer: 15,
        local: date(2026, 12, 3).at(11, 0, 0, 0),
        agent: Some(kim),
        slot: None,
    };
    let moves = async |version| {
        let moved = tours::reschedule(&tx, booking.id, version, &to, now()).await;
        moved.unwrap()
    };
    assert!(moves(booking.version).await);
    assert!(!moves(booking.version).await, "somebody was faster");
    let moved = tours::by_id(&tx, booking.id).await.unwrap().unwrap();
    assert_eq!((moved.time, moved.version), (eleven, booking.version + 1));

    assert!(
        tours::cancel(&tx, booking.id, "prospect", now())
            .await
            .unwrap()
    );
    assert!(
        !tours::cancel(&tx, booking.id, "prospect", now())
            .await
            .unwrap()
    );
    let cancelled = tours::by_id(&tx, booking.id).await.unwrap().unwrap();
    assert_eq!(cancelled.status, BookingStatus::Cancelled);
    assert_eq!(tours::taken(&tx, kim, week()).await.unwrap(), []);
}

#[tokio::test]
async fn what_the_hosts_pages_change_raises_the_version_and_asks_for_the_calendar() {
    let bench = Bench::new().await;
    let (kim, calendar) = agent(&bench, "kim").await;
    let tx = bench.tx().await;
    let booking = booked(&bench, &tx, kim).await;
    let primary = CalendarId("primary".into());
    let owner = Uuid::new_v4();
    event_links::expect(&tx, booking.id, bench.oak, calendar, &primary, owner, 0.0)
        .await
        .unwrap();
    let link = event_links::of_booking(&tx, booking.id)
        .await
        .unwrap()
        .unwrap();
    let known = known(&primary);
    event_links::mirrored(&tx, &link, booking.version, &known, now())
        .await
        .unwrap();
    tx.commit().await.unwrap();

    let sql = "update tour_bookings set scheduled_time = '14:00' where id = $1";
    bench.sql.execute(sql, &[&booking.id.0]).await.unwrap();
    let tx = bench.tx().await;
    let moved = tours::by_id(&tx, booking.id).await.unwrap().unwrap();
    let two = between("2026-12-03T20:00:00Z", "2026-12-03T20:30:00Z");
    assert_eq!((moved.time, moved.version), (two, booking.version + 1));
    assert_eq!(moved.buffer, 15);
    let link = event_links::of_booking(&tx, booking.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(link.status, SyncStatus::Pending);
    tx.commit().await.unwrap();

    let sql = "update tour_bookings set internal_notes = 'x', updated_at = now() where id = $1";
    bench.sql.execute(sql, &[&booking.id.0]).await.unwrap();
    let tx = bench.tx().await;
    let same = tours::by_id(&tx, booking.id).await.unwrap().unwrap();
    assert_eq!(same.version, moved.version, "nothing that a calendar shows");
}

fn known(calendar: &CalendarId) -> Known<'_> {
    Known {
        etag: Some("\"1\""),
        shown: Some(ten()),
        calendar,
    }
}

#[tokio::test]
async fn a_place_by_hand_is_taken_by_as_many_as_there_are_and_given_back() {
    let bench = Bench::new().await;
    let row = bench
        .sql
        .query_one(
            "insert into tour_slots (property_id, slot_date, start_time, end_time, max_bookings)
             values ($1, '2026-12-03', '10:00', '10:30', 1) returning id",
            &[&bench.oak.0],
        )
        .await
        .unwrap();
    let slot = ManualSlotId(row.get(0));
    let tx = bench.tx().await;
    let day = date(2026, 12, 3);
    let listed = tours::manual(&tx, bench.oak, day, day).await.unwrap();
    assert_eq!((listed[0].id, listed[0].places), (slot, 1));
    assert_eq!(listed[0].start, time(10, 0, 0, 0));
    assert!(tours::take_place(&tx, slot).await.unwrap());
    assert!(!tours::take_place(&tx, slot).await.unwrap());
    let full = tours::manual_by_id(&tx, bench.oak, slot)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(full.places, 0);
    tours::give_place(&tx, slot).await.unwrap();

    // A booking in it gives its place back by being cancelled.
    assert!(tours::take_place(&tx, slot).await.unwrap());
    let lead = leads::find_or_create(&tx, bench.oak, &ann()).await.unwrap();
    let new = NewBooking {
        slot: Some(slot),
        agent: None,
        ..wish(&bench, lead, ProfileId(Uuid::nil()), ten())
    };
    let id = tours::insert(&tx, &new, now()).await.unwrap();
    assert!(tours::cancel(&tx, id, "user", now()).await.unwrap());
    let free = tours::manual_by_id(&tx, bench.oak, slot)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(free.places, 1);
}

#[tokio::test]
async fn a_key_stands_for_one_request_until_it_is_forgotten() {
    let bench = Bench::new().await;
    let (kim, _) = agent(&bench, "kim").await;
    let tx = bench.tx().await;
    let booking = booked(&bench, &tx, kim).await.id;
    let asked = Asked {
        fingerprint: vec![7; 32],
        booking,
    };
    assert!(
        tours::remember(&tx, bench.oak, "k", &asked, now())
            .await
            .unwrap()
    );
    assert!(
        !tours::remember(&tx, bench.oak, "k", &asked, now())
            .await
            .unwrap()
    );
    let known = tours::requested(&tx, bench.oak, "k").await.unwrap();
    assert_eq!(known, Some(asked));
    assert_eq!(tours::forget_requests(&tx, now()).await.unwrap(), 0);
    let later = at("2026-12-09T12:00:00Z");
    assert_eq!(tours::forget_requests(&tx, later).await.unwrap(), 1);
    assert_eq!(tours::requested(&tx, bench.oak, "k").await.unwrap(), None);
}

#[tokio::test]
async fn an_event_is_told_of_by_one_at_a_time_until_google_agrees() {
    let bench = Bench::new().await;
    let (kim, calendar) = agent(&bench, "kim").await;
    let tx = bench.tx().await;
    let booking = booked(&bench, &tx, kim).await;
    let primary = CalendarId("primary".into());
    let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
    event_links::expect(&tx, booking.id, bench.oak, calendar, &primary, first, 60.0)
        .await
        .unwrap();
    let lease = async |owner, now| {
        let leased = event_links::lease(&tx, booking.id, owner, 60.0, now).await;
        leased.unwrap()
    };
    assert!(lease(second, now()).await.is_none(), "the first has it");
    let later = at("2026-12-02T12:05:00Z");
    event_links::postpone(&tx, booking.id, first, later, "google_unreachable")
        .await
        .unwrap();
    let all = bench.everywhere().await;
    assert_eq!(
        event_links::unattended(&all, later, 10).await.unwrap(),
        [],
        "not committed"
    );
    assert!(lease(second, now()).await.is_none(), "not due again yet");
    let link = lease(second, later).await.unwrap();
    assert_eq!((link.attempts, link.mirrored_version), (2, None));

    let next = event_links::next_generation(&tx, &link).await.unwrap();
    assert!(next.0.ends_with("v1") && next != link.event);
    let link = event_links::of_booking(&tx, booking.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(link.event, next);
    event_links::mirrored(&tx, &link, booking.version, &known(&primary), now())
        .await
        .unwrap();
    let link = event_links::of_booking(&tx, booking.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(link.status, SyncStatus::Synced);
    assert_eq!(
        (link.shown, link.etag.as_deref()),
        (Some(ten()), Some("\"1\""))
    );
    for (events, bookings) in [(vec![next.0.clone()], vec![]), (vec![], vec![link.booking])] {
        let concerned = event_links::concerned(&tx, calendar, &events, &bookings).await;
        assert_eq!(concerned.unwrap().len(), 1);
    }
    let nobody = event_links::concerned(&tx, calendar, &["x".into()], &[]).await;
    assert_eq!(nobody.unwrap().len(), 0);
    assert_eq!(
        event_links::coming_of(&tx, calendar, now())
            .await
            .unwrap()
            .len(),
        1
    );

    let other = Known {
        etag: Some("\"2\""),
        ..known(&primary)
    };
    event_links::seen(&tx, &link, &other).await.unwrap();
    let settle = async |version, reason| {
        let settled =
            event_links::settle(&tx, booking.id, version, SyncStatus::Conflict, reason).await;
        settled.unwrap()
    };
    assert!(
        !settle(booking.version + 1, "all_day").await,
        "of another version"
    );
    assert!(settle(booking.version, "all_day").await);
    assert!(!settle(booking.version, "all_day").await, "nothing new");
    event_links::retell(&tx, booking.id).await.unwrap();
    let link = event_links::of_booking(&tx, booking.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (link.status, link.etag.as_deref()),
        (SyncStatus::Pending, Some("\"2\""))
    );
    let other = CalendarId("other".into());
    event_links::replace(&tx, &link, &other, now())
        .await
        .unwrap();
    let replaced = event_links::of_booking(&tx, booking.id)
        .await
        .unwrap()
        .unwrap();
    assert!(replaced.event != link.event && replaced.calendar == Some(other));
    let left = event_links::leftovers(&tx, booking.id, now())
        .await
        .unwrap();
    assert_eq!(left[0].event, link.event);
    event_links::gone(&tx, left[0].id).await.unwrap();
    handed_over(&bench, &tx, &replaced).await;
}

/// The tour gets another agent: the event of before has to go.
async fn handed_over(bench: &Bench, tx: &Tx, link: &EventLink) {
    let (_, lous) = agent(bench, "lou").await;
    let primary = CalendarId("primary".into());
    event_links::hand_over(tx, link, lous, &primary, now())
        .await
        .unwrap();
    let now_at = event_links::of_booking(tx, link.booking)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(now_at.agent_calendar, lous);
    assert_ne!(now_at.event, link.event);
    let left = event_links::leftovers(tx, link.booking, now())
        .await
        .unwrap();
    assert_eq!(left[0].event, link.event);
    let later = at("2026-12-02T13:00:00Z");
    event_links::still_there(tx, left[0].id, later)
        .await
        .unwrap();
    assert!(
        event_links::leftovers(tx, link.booking, now())
            .await
            .unwrap()
            .is_empty()
    );
    let due = event_links::unattended(tx, later, 10).await.unwrap();
    assert_eq!(due, [link.booking]);
    event_links::gone(tx, left[0].id).await.unwrap();
    assert!(
        event_links::leftovers(tx, link.booking, later)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn an_answer_is_noted_once_and_a_letter_is_wanted_once() {
    let bench = Bench::new().await;
    let (kim, _) = agent(&bench, "kim").await;
    let tx = bench.tx().await;
    let booking = booked(&bench, &tx, kim).await;
    let lead = booking.lead.unwrap();
    event_links::expect_answer(&tx, booking.id, bench.oak, lead, "google")
        .await
        .unwrap();
    let event = event_links::event_id(booking.id, 0);
    event_links::invited(&tx, booking.id, Some(&event), now())
        .await
        .unwrap();
    let answered = async |rsvp| event_links::answered(&tx, booking.id, rsvp).await.unwrap();
    assert!(answered(Rsvp::Declined).await);
    assert!(!answered(Rsvp::Declined).await);
    let agenda = tours::agenda(&tx, bench.oak, Some(booking.id), week())
        .await
        .unwrap();
    assert_eq!(agenda[0].rsvp, Some(Rsvp::Declined));
    assert_eq!(agenda[0].invite_sent_at, Some(now()));
    assert_eq!(agenda[0].invite_method.as_deref(), Some("google"));
    assert!(!agenda[0].invite_failed);

    for _ in 0..2 {
        let kind = LetterKind::CancelledByTeam;
        let not_after = at("2026-12-04T12:00:00Z");
        letters::expect(&tx, &booking, kind, now(), not_after)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(bench.number("select count(*) from tour_letters").await, 1);
}

#[tokio::test]
async fn a_booked_lead_tells_what_it_did_not_before_and_keeps_a_later_status() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let mail = Sender {
        first_name: None,
        phone: None,
        source: "Email",
        ..ann()
    };
    let lead = leads::find_or_create(&tx, bench.oak, &mail).await.unwrap();
    leads::tour_booked(&tx, lead, &ann(), noon()).await.unwrap();
    leads::note(&tx, lead, "tour_booked", "Tour booked", noon())
        .await
        .unwrap();
    let conversation = leads::email_conversation(&tx, bench.oak, lead)
        .await
        .unwrap();
    assert!(
        leads::has_conversation(&tx, bench.oak, conversation)
            .await
            .unwrap()
    );
    let stranger = ConversationId(Uuid::new_v4());
    assert!(
        !leads::has_conversation(&tx, bench.oak, stranger)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    let told = "select count(*) from leads where first_name = 'Ann' and phone = '555 0100' and status = 'tour_booked'";
    assert_eq!(bench.number(told).await, 1);

    bench
        .sql
        .execute("update leads set status = 'leased'", &[])
        .await
        .unwrap();
    let session: Uuid = bench
        .sql
        .query_one(
            "insert into widget_sessions (property_id, visitor_id) values ($1, 'v') returning id",
            &[&bench.oak.0],
        )
        .await
        .unwrap()
        .get(0);
    let tx = bench.tx().await;
    leads::tour_booked(&tx, lead, &ann(), noon()).await.unwrap();
    let converted = async |id| {
        leads::converted(&tx, bench.oak, id, lead, noon())
            .await
            .unwrap()
    };
    assert!(converted(session).await);
    assert!(!converted(Uuid::new_v4()).await);
    tx.commit().await.unwrap();
    assert_eq!(
        bench
            .number("select count(*) from leads where status = 'leased'")
            .await,
        1
    );
}

#[tokio::test]
async fn what_a_calendar_does_not_show_counts_while_the_tour_is_to_come() {
    let bench = Bench::new().await;
    let (kim, calendar) = agent(&bench, "kim").await;
    let tx = bench.tx().await;
    let booking = booked(&bench, &tx, kim).await;
    let primary = CalendarId("primary".into());
    let id = booking.id;
    event_links::expect(&tx, id, bench.oak, calendar, &primary, Uuid::new_v4(), 30.0)
        .await
        .unwrap();
    let troubles = async |now| tours::troubles(&tx, bench.oak, now).await.unwrap();
    assert_eq!(
        troubles(now()).await,
        Troubles::default(),
        "it is under way"
    );
    let first = Some(ten().start());
    for (status, failed, conflicts) in [(SyncStatus::Failed, 1, 0), (SyncStatus::Conflict, 0, 1)] {
        event_links::settle(&tx, id, booking.version, status, "x")
            .await
            .unwrap();
        let found = Troubles {
            failed,
            conflicts,
            first,
        };
        assert_eq!(troubles(now()).await, found);
        assert_eq!(troubles(ten().end()).await, Troubles::default(), "over");
    }
    tours::cancel(&tx, id, "team", now()).await.unwrap();
    event_links::settle(&tx, id, booking.version + 1, SyncStatus::Failed, "x")
        .await
        .unwrap();
    assert_eq!(troubles(now()).await, Troubles::default(), "cancelled");
}
