//! Agents' calendars, their channels, and what becomes of their events.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use shared::crypto::Sealed;
use shared::domain::ids::*;
use shared::store::accounts::{self, Status};
use shared::store::agent_calendars::connecting::{self, Connection};
use shared::store::agent_calendars::watching::{self, DueChannels};
use shared::store::agent_calendars::{self, AgentCalendar, events, reading, terms};
use shared::store::{Tx, channels, mailboxes};
use uuid::Uuid;

use super::{Bench, after, noon};

impl Bench {
    /// An agent of the property's.
    async fn agent(&self, name: &str) -> ProfileId {
        let id = Uuid::new_v4();
        let email = format!("{id}@staff.test");
        let user = "insert into auth.users (id, email) values ($1, $2)";
        self.sql.execute(user, &[&id, &email]).await.unwrap();
        let profile =
            "insert into profiles (id, org_id, role, full_name) values ($1, $2, 'agent', $3)";
        let fields: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&id, &self.org, &name];
        self.sql.execute(profile, &fields).await.unwrap();
        ProfileId(id)
    }

    /// A calendar that an agent has connected.
    async fn calendar(&self, name: &str) -> AgentCalendar {
        let agent = self.agent(name).await;
        let tx = self.tx().await;
        let known = connecting::claim(&tx, self.oak, agent).await.unwrap();
        connect(&tx, &known, "1077", "sam@oak.test").await;
        tx.commit().await.unwrap();
        self.now_is(known.id).await
    }

    /// The row as it is now.
    async fn now_is(&self, id: AgentCalendarId) -> AgentCalendar {
        let tx = self.tx().await;
        let row = agent_calendars::by_id(&tx, id).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        row
    }

    /// A tour of that agent's, and the link to its event.
    async fn tour(
        &self,
        calendar: &AgentCalendar,
        start: DateTime<Utc>,
        status: &str,
    ) -> BookingId {
        let id = Uuid::new_v4();
        let sql = format!(
            "with lead as (
                insert into leads (property_id, email) values ('{oak}', '{id}@example.com') returning id)
             insert into tour_bookings (id, property_id, lead_id, scheduled_date, scheduled_time, status,
                agent_profile_id, starts_at, ends_at, kept_until)
             select '{id}', '{oak}', id, '2026-12-03', '12:00', 'confirmed', '{agent}', '{start}',
                '{start}'::timestamptz + interval '30 min', '{start}'::timestamptz + interval '45 min' from lead;
             insert into calendar_events (property_id, agent_calendar_id, tour_booking_id, google_event_id,
                sync_status, calendar_id, mirrored_version, google_etag)
             values ('{oak}', '{calendar}', '{id}', 'e1', '{status}', 'primary', 1, 'etag')",
            oak = self.oak,
            agent = calendar.agent,
            calendar = calendar.id,
        );
        self.sql.batch_execute(&sql).await.unwrap();
        BookingId(id)
    }

    async fn link(&self, booking: BookingId) -> String {
        let sql = "select concat_ws(' ', sync_status, reason, calendar_id, mirrored_version)
                   from calendar_events where tour_booking_id = $1";
        self.sql.query_one(sql, &[&booking.0]).await.unwrap().get(0)
    }
}

async fn connect(tx: &Tx, known: &AgentCalendar, subject: &str, email: &str) {
    let token = Sealed::from_stored("v1.k1.a.b.c");
    let connection = Connection {
        google_email: email,
        google_subject: subject,
        access: &token,
        refresh: &token,
        expires_at: after(60),
        scopes: vec!["openid".to_owned()],
        timezone: Some("America/Denver"),
    };
    connecting::connect(tx, known, &connection, noon())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_calendar_is_claimed_once_and_found_by_everything_it_is_called() {
    let bench = Bench::new().await;
    let sam = bench.calendar("Sam Agent").await;
    let kim = bench.calendar("Kim Agent").await;
    assert_eq!(sam.agent_name, "Sam Agent");
    assert_eq!(sam.status, Status::Connected);
    assert_eq!(sam.scopes, ["openid"]);
    assert_eq!(sam.terms.timezone.as_deref(), Some("America/Denver"));
    assert_eq!(sam.grant.as_ref().unwrap().version, 1);

    let tx = bench.tx().await;
    let again = connecting::claim(&tx, bench.oak, sam.agent).await.unwrap();
    assert_eq!(again.id, sam.id);
    let held = connecting::hold(&tx, bench.oak, kim.agent).await.unwrap();
    assert_eq!(held.unwrap().id, kim.id);
    let nobody = ProfileId(Uuid::new_v4());
    let held = connecting::hold(&tx, bench.oak, nobody).await.unwrap();
    assert!(held.is_none());
    let found = agent_calendars::of_agent(&tx, bench.oak, sam.agent).await;
    assert_eq!(found.unwrap().unwrap().id, sam.id);
    let all = agent_calendars::of_property(&tx, bench.oak).await.unwrap();
    let ids: Vec<_> = all.iter().map(|one| one.id).collect();
    assert_eq!(ids, [sam.id, kim.id]);
    let overview = watching::overview(&tx, bench.oak).await.unwrap();
    assert_eq!(overview.len(), 2);
    assert_eq!(overview[0].1, watching::Health::default());
}

#[tokio::test]
async fn the_same_account_keeps_what_another_one_does_not_know() {
    let bench = Bench::new().await;
    let sam = bench.calendar("Sam Agent").await;
    let tx = bench.tx().await;
    let tours = CalendarId("tours".into());
    connecting::choose(&tx, sam.id, &tours, noon())
        .await
        .unwrap();
    let mut mine = sam.terms.clone();
    mine.timezone = Some("Europe/London".into());
    mine.buffer = 0;
    mine.slot_interval = Some(20);
    mine.max_tours_per_day = Some(3);
    mine.working_hours = json!({ "sat": [] });
    mine.date_overrides = json!({ "2026-12-24": [] });
    mine.sync_enabled = false;
    (mine.tour_duration, mine.minimum_notice, mine.horizon) = (45, 0, 7);
    terms::write(&tx, sam.id, &mine, noon()).await.unwrap();
    tx.commit().await.unwrap();
    let token = "update agent_calendars set sync_token = 's1'";
    bench.sql.batch_execute(token).await.unwrap();

    let known = bench.now_is(sam.id).await;
    assert_eq!(known.terms, mine);
    let tx = bench.tx().await;
    connect(&tx, &known, "1077", "sam.new@oak.test").await;
    tx.commit().await.unwrap();
    let same = bench.now_is(sam.id).await;
    assert_eq!(same.terms, mine);
    assert_eq!(same.calendar, tours);
    assert_eq!(same.sync_token, Some(SyncToken("s1".into())));
    assert_eq!(same.google_email, "sam.new@oak.test");
    assert_eq!(same.grant.as_ref().unwrap().version, 2);

    let tx = bench.tx().await;
    connect(&tx, &same, "2044", "other@oak.test").await;
    tx.commit().await.unwrap();
    let other = bench.now_is(sam.id).await;
    assert_eq!(other.terms.timezone.as_deref(), Some("America/Denver"));
    assert_eq!(other.terms.buffer, 0);
    assert_eq!(other.calendar, CalendarId("primary".into()));
    assert_eq!(other.sync_token, None);

    let tx = bench.tx().await;
    assert!(connecting::disconnect(&tx, sam.id, noon()).await.unwrap());
    assert!(!connecting::disconnect(&tx, sam.id, noon()).await.unwrap());
    tx.commit().await.unwrap();
    let gone = bench.now_is(sam.id).await;
    assert_eq!(gone.status, Status::Disconnected);
    assert!(gone.grant.is_none() && gone.scopes.is_empty());
}

#[tokio::test]
async fn one_reads_a_calendar_and_what_changes_meanwhile_is_read_after() {
    let bench = Bench::new().await;
    let sam = bench.calendar("Sam Agent").await;
    let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
    let tx = bench.everywhere().await;
    let silence = TimeDelta::minutes(10);
    let to_read = async |now| reading::to_read(&tx, now, silence, 10).await.unwrap();
    assert_eq!(to_read(noon()).await, [sam.id]);
    let lease = async |owner, now| reading::lease(&tx, sam.id, owner, 60.0, now).await.unwrap();
    let leased = lease(first, noon()).await.unwrap();
    assert_eq!(leased.calendar.agent_name, "Sam Agent");
    assert!(lease(second, noon()).await.is_none(), "one at a time");
    assert_eq!(to_read(noon()).await, []);

    let token = |name: &str| SyncToken(name.to_owned());
    let advance = async |owner, from: &AgentCalendar, to: &str| {
        let advanced = reading::advance(&tx, from, owner, &token(to)).await;
        advanced.unwrap()
    };
    assert!(!advance(second, &leased.calendar, "t1").await, "not theirs");
    assert!(advance(first, &leased.calendar, "t1").await);
    assert!(
        !advance(first, &leased.calendar, "t2").await,
        "it stands elsewhere by now"
    );

    assert!(reading::heard(&tx, sam.id, noon()).await.unwrap());
    let release = async |owner, seen| {
        let released = reading::release(&tx, sam.id, owner, seen, noon()).await;
        released.unwrap()
    };
    assert_eq!(release(second, leased.dirty_seq).await, None, "not theirs");
    let newer = release(first, leased.dirty_seq).await;
    assert_eq!(newer, Some(leased.dirty_seq + 1), "and the lease is kept");
    assert!(lease(second, noon()).await.is_none());
    assert_eq!(release(first, newer.unwrap()).await, None);
    assert_eq!(to_read(after(7)).await, [], "read just now");
    assert_eq!(to_read(after(11)).await, [sam.id], "and not for a while");

    accounts::leave_alone(&tx, sam.holder(), after(30), "patience")
        .await
        .unwrap();
    assert_eq!(to_read(after(29)).await, []);
    assert!(lease(second, after(29)).await.is_none());
    assert!(lease(second, after(30)).await.is_some());
    connecting::disconnect(&tx, sam.id, noon()).await.unwrap();
    assert!(!reading::heard(&tx, sam.id, noon()).await.unwrap());
    assert_eq!(to_read(after(60)).await, []);
}

#[tokio::test]
async fn the_channel_that_ends_first_is_looked_after_first() {
    let bench = Bench::new().await;
    let mut ids = Vec::new();
    for (name, hours_left, error) in [
        ("A", Some(20), None),
        ("B", Some(10), Some("away")),
        ("C", None, None),
        ("D", Some(15), None),
        ("E", Some(100), None),
    ] {
        let calendar = bench.calendar(name).await;
        let end = hours_left.map(|hours| after(hours * 60));
        let sql = "update agent_calendars set watch_expiration = $2, watch_renewed_at = $3, watch_error = $4 where id = $1";
        bench
            .sql
            .execute(sql, &[&calendar.id.0, &end, &noon(), &error])
            .await
            .unwrap();
        ids.push(calendar.id);
    }
    let tx = bench.everywhere().await;
    let due = async |now, at_most| {
        let due = DueChannels {
            now,
            ending_before: now + TimeDelta::hours(48),
            renewed_before: now - TimeDelta::hours(23),
        };
        let due = watching::to_watch(&tx, &due, at_most).await.unwrap();
        due.iter().map(|one| one.id).collect::<Vec<_>>()
    };
    let [a, b, c, d, e] = ids[..] else { panic!() };
    assert_eq!(due(noon(), 10).await, [c, d, a, b]);
    assert_eq!(due(noon(), 2).await, [c, d]);
    assert!(due(after(24 * 60), 10).await.contains(&e), "once a day");
}

#[tokio::test]
async fn a_younger_channel_takes_over_and_an_unwanted_one_is_not_kept() {
    let bench = Bench::new().await;
    let sam = bench.calendar("Sam Agent").await;
    let open = async |resource: Option<&str>| {
        let id = ChannelId(Uuid::new_v4());
        let tx = bench.tx().await;
        assert!(channels::announce(&tx, id, &sam, &[7; 32]).await.unwrap());
        tx.commit().await.unwrap();
        if let Some(resource) = resource {
            let tx = bench.tx().await;
            let kept = channels::opened(&tx, id, sam.id, resource, after(600), noon()).await;
            assert!(kept.unwrap());
            tx.commit().await.unwrap();
        }
        id
    };
    let first = open(Some("r1")).await;
    let silent = open(None).await;
    let last = open(Some("r2")).await;
    let tx = bench.tx().await;
    let ids =
        |known: Vec<channels::Channel>| -> Vec<_> { known.iter().map(|one| one.id).collect() };
    let all = channels::of_calendar(&tx, sam.id).await.unwrap();
    assert_eq!(ids(all), [first, silent, last]);
    let older = channels::supersede(&tx, first).await.unwrap();
    assert_eq!(ids(older), []);
    let older = channels::supersede(&tx, last).await.unwrap();
    assert_eq!(ids(older), [first], "the silent one is forgotten");
    let known = channels::by_id(&tx, last).await.unwrap().unwrap();
    assert_eq!(known.token_hash, [7; 32]);
    assert_eq!(known.resource.as_deref(), Some("r2"));
    assert_eq!(known.expires_at, Some(after(600)));
    let (_, health) = watching::overview(&tx, bench.oak).await.unwrap().remove(0);
    assert_eq!(health.channel_expires_at, Some(after(600)));

    channels::forget(&tx, first).await.unwrap();
    let all = channels::of_calendar(&tx, sam.id).await.unwrap();
    assert_eq!(ids(all), [last]);
    let late = channels::opened(&tx, silent, sam.id, "r3", after(900), noon()).await;
    assert!(!late.unwrap(), "nobody waits for it any more");
    let (_, health) = watching::overview(&tx, bench.oak).await.unwrap().remove(0);
    assert_eq!(health.channel_expires_at, Some(after(600)));
    channels::forget_all(&tx, sam.id).await.unwrap();
    assert!(channels::of_calendar(&tx, sam.id).await.unwrap().is_empty());

    // Another calendar was chosen since `sam` was read; or the account was given up.
    let id = ChannelId(Uuid::new_v4());
    let tours = CalendarId("tours".into());
    connecting::choose(&tx, sam.id, &tours, noon())
        .await
        .unwrap();
    assert!(!channels::announce(&tx, id, &sam, &[7; 32]).await.unwrap());
    connecting::choose(&tx, sam.id, &sam.calendar, noon())
        .await
        .unwrap();
    connecting::disconnect(&tx, sam.id, noon()).await.unwrap();
    assert!(!channels::announce(&tx, id, &sam, &[7; 32]).await.unwrap());
}

#[tokio::test]
async fn a_channel_that_waited_for_a_younger_one_takes_over_from_it() {
    let bench = Bench::new().await;
    let sam = bench.calendar("Sam Agent").await;
    let (slow, quick) = (ChannelId(Uuid::new_v4()), ChannelId(Uuid::new_v4()));
    let opened = async |id, tx: &Tx| {
        let kept = channels::opened(tx, id, sam.id, "r", after(600), noon()).await;
        assert!(kept.unwrap());
        channels::supersede(tx, id).await.unwrap()
    };
    let begun = bench.tx().await; // has its place in time, and nothing written yet
    let tx = bench.tx().await;
    assert!(
        channels::announce(&tx, quick, &sam, &[7; 32])
            .await
            .unwrap()
    );
    assert!(opened(quick, &tx).await.is_empty());
    tx.commit().await.unwrap();

    assert!(
        channels::announce(&begun, slow, &sam, &[7; 32])
            .await
            .unwrap()
    );
    let older = opened(slow, &begun).await;
    assert_eq!(older.len(), 1);
    assert_eq!(older[0].id, quick);
}

#[tokio::test]
async fn events_follow_what_happens_to_their_calendar() {
    let bench = Bench::new().await;
    let sam = bench.calendar("Sam Agent").await;
    let (past, future) = (after(-60), after(600));
    let over = bench.tour(&sam, past, "failed").await;
    let failed = bench.tour(&sam, future, "failed").await;
    let odd = bench
        .tour(&sam, future + TimeDelta::hours(2), "conflict")
        .await;
    let well = bench
        .tour(&sam, future + TimeDelta::hours(4), "synced")
        .await;
    let tx = bench.tx().await;
    let resumed = events::resume(&tx, sam.id, noon()).await.unwrap();
    assert_eq!(resumed, [failed]);
    let mut followed = events::follow(&tx, sam.id, noon()).await.unwrap();
    followed.sort();
    let mut expected = vec![failed, well];
    expected.sort();
    assert_eq!(followed, expected);
    let (from, to) = (
        CalendarId("primary".into()),
        CalendarId("sam@oak.test".into()),
    );
    events::rename(&tx, sam.id, &from, &to).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(bench.link(well).await, "pending sam@oak.test 1");
    assert_eq!(bench.link(odd).await, "conflict sam@oak.test 1");
    assert_eq!(bench.link(over).await, "failed sam@oak.test 1");

    let tx = bench.tx().await;
    events::strand(&tx, sam.id, noon()).await.unwrap();
    tx.commit().await.unwrap();
    let stranded = "failed calendar_disconnected sam@oak.test 1";
    for open in [failed, odd, well] {
        assert_eq!(bench.link(open).await, stranded);
    }
    let tx = bench.tx().await;
    let anew = events::begin_anew(&tx, sam.id, noon()).await.unwrap();
    assert_eq!(anew.len(), 3);
    tx.commit().await.unwrap();
    assert_eq!(bench.link(well).await, "pending primary");
    assert_eq!(bench.link(over).await, "failed sam@oak.test 1");
}

#[tokio::test]
async fn an_account_is_in_use_as_long_as_a_calendar_or_a_mailbox_is_connected_to_it() {
    let bench = Bench::new().await;
    let sam = bench.calendar("Sam Agent").await;
    let mailbox = bench.mailbox().await; // the same account
    let tx = bench.everywhere().await;
    for holder in [sam.holder(), accounts::Holder::Mailbox(mailbox)] {
        let account = accounts::find(&tx, holder).await.unwrap().unwrap();
        assert_eq!((account.holder, account.property), (holder, bench.oak));
        assert_eq!(account.subject.as_deref(), Some("1077"));
        assert_eq!(account.grant.unwrap().version, 1);
    }
    let in_use = async || accounts::in_use(&tx, "1077").await.unwrap();
    assert!(in_use().await);
    connecting::disconnect(&tx, sam.id, noon()).await.unwrap();
    assert!(in_use().await, "by the mailbox");
    mailboxes::disconnect(&tx, mailbox, noon()).await.unwrap();
    assert!(!in_use().await);
}
