//! What counts as an observation of which metric, what does not, and on which day.

use chrono::TimeDelta;
use jiff::{SignedDuration, Timestamp};
use shared::domain::ids::*;
use shared::domain::metric::{DAYS, Metric};
use shared::store::metrics::{self, Of, Tally};
use shared::store::replies;
use uuid::Uuid;

use super::{Bench, after, noon, write};

/// The day of every story here, at midnight: the last one that is looked at.
fn today() -> Timestamp {
    "2026-12-02T00:00:00Z".parse().unwrap()
}

async fn tally(bench: &Bench) -> Vec<Tally> {
    let first = today() - SignedDuration::from_hours(24 * 29);
    let days: Vec<Timestamp> = (0..=30)
        .map(|day| first + SignedDuration::from_hours(24 * day))
        .collect();
    assert_eq!(days.len(), DAYS + 1);
    let under_way = today() + SignedDuration::from_hours(12);
    let tx = bench.tx().await;
    metrics::tally(&tx, Some(bench.oak), &days, under_way)
        .await
        .unwrap()
}

/// Good ones and all of them.
async fn period(bench: &Bench, metric: Metric) -> Option<(i64, i64)> {
    let tallies = tally(bench).await;
    let whole = tallies
        .iter()
        .find(|tally| tally.metric == metric && tally.of == Of::Period);
    whole.map(|tally| (tally.good, tally.number))
}

/// `outcome number`, sorted.
async fn outcomes(bench: &Bench, metric: Metric) -> Vec<String> {
    let tallies = tally(bench)
        .await
        .into_iter()
        .filter(|tally| tally.metric == metric);
    let mut outcomes: Vec<String> = tallies
        .filter_map(|tally| match tally.of {
            Of::Outcome(name) => Some(format!("{name} {}", tally.number)),
            Of::Period | Of::Day(_) => None,
        })
        .collect();
    outcomes.sort();
    outcomes
}

async fn run(bench: &Bench, sql: &str) {
    bench.sql.batch_execute(sql).await.unwrap();
}

#[tokio::test]
async fn mail_counts_by_the_day_it_came_and_what_nobody_could_read_does_not_count() {
    let bench = Bench::new().await;
    assert_eq!(period(&bench, Metric::InboundProcessed).await, None);
    let (mailbox, thread, _) = bench.letter().await; // today
    let tx = bench.tx().await;
    for (days, inbound) in [(29, true), (30, true), (1, false), (-1, true)] {
        let at = noon() - TimeDelta::days(days);
        write(&tx, bench.oak, mailbox, thread, |email| {
            shared::store::messages::NewEmail {
                at,
                inbound,
                ..email
            }
        })
        .await;
    }
    tx.commit().await.unwrap();
    for (id, state) in [
        ("a", "retrying"),
        ("b", "quarantined"),
        ("c", "skipped"),
        ("d", "filed"),
    ] {
        let sql = "insert into email_quarantine (property_id, mailbox_id, gmail_message_id, state, reason, created_at)
                   values ($1, $2, $3, $4, 'x', $5)";
        bench
            .sql
            .execute(sql, &[&bench.oak.0, &mailbox.0, &id, &state, &noon()])
            .await
            .unwrap();
    }
    assert_eq!(period(&bench, Metric::InboundProcessed).await, Some((2, 4)));
    let counted = outcomes(&bench, Metric::InboundProcessed).await;
    assert_eq!(counted, ["filed 2", "quarantined 1", "retrying 1"]);
    let tallies = tally(&bench).await.into_iter();
    let mut days: Vec<(usize, i64)> = tallies
        .filter(|tally| tally.metric == Metric::InboundProcessed)
        .filter_map(|tally| match tally.of {
            Of::Day(day) => Some((day, tally.number)),
            Of::Period | Of::Outcome(_) => None,
        })
        .collect();
    days.sort_unstable();
    assert_eq!(days, [(0, 1), (29, 3)]);
}

#[tokio::test]
async fn a_text_counts_when_it_was_the_assistants_and_somebody_or_time_had_judged_it() {
    let bench = Bench::new().await;
    let (mailbox, thread, _) = bench.letter().await;
    // Whether the assistant wrote, what people did: edit to the same, edit, reject; how it ended.
    for (story, drafted, edits, end) in [
        ("accepted", true, None, "sent"),
        ("accepted, looked at", true, Some("Two."), "sent"),
        ("edited", true, Some("Three."), "sent"),
        ("rejected", true, None, "rejected"),
        ("rejected after an edit", true, Some("Three."), "rejected"),
        ("a person's own", false, Some("Three."), "sent"),
        ("nothing to reject", false, None, "rejected"),
        ("superseded", true, None, "superseded"),
        ("waits", true, None, "held"),
    ] {
        let tx = bench.tx().await;
        let email = write(&tx, bench.oak, mailbox, thread, |email| email).await;
        let id = replies::insert(&tx, bench.oak, mailbox, thread, email, noon(), noon()).await;
        let id = id.unwrap().unwrap();
        let owner = Uuid::new_v4();
        replies::claim(&tx, id, owner, 60.0, noon()).await.unwrap();
        let text = drafted.then_some("Two.");
        replies::hold(&tx, id, owner, text.map(|text| (text, 0.5)), &[], false)
            .await
            .unwrap();
        if let Some(text) = edits {
            assert!(
                replies::edit(&tx, bench.oak, id, text).await.unwrap(),
                "{story}"
            );
        }
        match end {
            "sent" => {
                let sam = ProfileId(Uuid::new_v4());
                assert!(
                    replies::approve(&tx, bench.oak, id, sam, after(1))
                        .await
                        .unwrap()
                );
                let gmail = GmailMessageId(Uuid::new_v4().to_string());
                assert!(replies::sent(&tx, id, &gmail, after(2)).await.unwrap());
            }
            "rejected" => assert!(replies::reject(&tx, bench.oak, id).await.unwrap()),
            "superseded" => {
                let state = shared::domain::reply::ReplyState::Cancelled;
                assert!(replies::end(&tx, id, state, end).await.unwrap());
            }
            _ => {}
        }
        tx.commit().await.unwrap();
    }
    assert_eq!(period(&bench, Metric::RepliesAccepted).await, Some((2, 5)));
    let counted = outcomes(&bench, Metric::RepliesAccepted).await;
    assert_eq!(counted, ["accepted 2", "edited 1", "rejected 2"]);
}

/// A tour booked at noon whose event is in that state since then.
async fn tour(bench: &Bench, state: &str, minutes: i64, accepted: Option<f64>) {
    let sql = "with tour as (insert into tour_bookings (property_id, scheduled_date, scheduled_time, created_at, changed_at)
                  values ($1, '2026-12-03', '10:00', $3, $3) returning id)
               insert into calendar_events (property_id, tour_booking_id, google_event_id, sync_status, accepted_at)
               select $1, id, id::text, $2, $3 + make_interval(secs => $4) from tour";
    let at = after(minutes);
    bench
        .sql
        .execute(sql, &[&bench.oak.0, &state, &at, &accepted])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_tour_counts_unless_a_person_decides_or_google_was_only_just_asked() {
    let bench = Bench::new().await;
    for (state, minutes) in [
        ("synced", 0),
        ("failed", 0),
        ("conflict", 0),
        ("pending", -1),
        ("pending", 1),
    ] {
        tour(&bench, state, minutes, None).await;
    }
    // Booked into a time that was made by hand: there is no event. And one of the host's own.
    run(
        &bench,
        "insert into tour_bookings (property_id, scheduled_date, scheduled_time)
                 select id, '2026-12-03', '10:00' from properties",
    )
    .await;
    assert_eq!(period(&bench, Metric::EventsSynced).await, Some((1, 3)));
    let counted = outcomes(&bench, Metric::EventsSynced).await;
    assert_eq!(counted, ["failed 1", "pending 1", "synced 1"]);
    assert_eq!(
        period(&bench, Metric::BookingToCalendar).await,
        None,
        "none was ever there"
    );
}

#[tokio::test]
async fn the_time_to_the_calendar_is_told_by_its_middle_and_its_end() {
    let bench = Bench::new().await;
    for tenth in 0..20 {
        tour(&bench, "synced", 0, Some(0.2 + f64::from(tenth) / 10.0)).await;
    }
    tour(&bench, "failed", 0, Some(4_000.0)).await;
    let tallies = tally(&bench).await;
    let whole = tallies
        .iter()
        .find(|tally| tally.metric == Metric::BookingToCalendar && tally.of == Of::Period);
    let whole = whole.unwrap();
    assert_eq!((whole.good, whole.number), (20, 21));
    let (median, p95) = (whole.median.unwrap(), whole.p95.unwrap());
    assert!((median - 1.2).abs() < 1e-6, "{median}");
    assert!((p95 - 2.1).abs() < 1e-6, "{p95}");
}

#[tokio::test]
async fn a_lead_counts_once_and_is_known_by_what_was_read_from_their_words() {
    let bench = Bench::new().await;
    let (mailbox, thread, _) = bench.letter().await;
    let tx = bench.tx().await;
    write(&tx, bench.oak, mailbox, thread, |email| email).await; // the second mail of one lead
    tx.commit().await.unwrap();
    // A mailing lead, two who chatted (one by the session), and one who never wrote.
    run(
        &bench,
        "insert into leads (property_id, email) select id, n || '@example.com'
           from properties, unnest(array['ann', 'bob', 'cy', 'di']) n;
         update email_threads set lead_id = (select id from leads where email = 'ann@example.com');
         insert into widget_sessions (property_id, visitor_id, lead_id)
           select property_id, 'v', id from leads where email = 'cy@example.com';
         insert into conversations (property_id, lead_id, channel)
           select property_id, id, 'widget' from leads where email = 'bob@example.com';
         insert into conversations (property_id, widget_session_id, channel)
           select property_id, id, 'widget' from widget_sessions;
         insert into messages (conversation_id, role, content, created_at)
           select id, 'user', 'Hi', '2026-12-02T11:00:00Z' from conversations;
         insert into enrichment_runs (property_id, conversation_id, last_message_id, last_message_at, prompt_version, cause)
           select c.property_id, c.id, m.id, m.created_at, 1, 'idle'
           from conversations c join messages m on m.conversation_id = c.id",
    )
    .await;
    assert_eq!(
        period(&bench, Metric::EnrichmentCoverage).await,
        Some((0, 3))
    );
    // Of whom it is known by a person's hand only, or was taken back, nothing was read.
    for (who, source, retracted, known) in [
        ("ann", "manual", "null", 0),
        ("bob", "chat", "'2026-12-02T11:30:00Z'", 0),
        ("di", "chat", "null", 0),
        ("ann", "email", "null", 1),
        ("cy", "chat", "null", 2),
    ] {
        let sql = format!(
            "insert into lead_interests (lead_id, interest_type, interest_value, extracted_from, retracted_at)
             select id, 'amenity', 'pool {source}', '{source}', {retracted} from leads where email = '{who}@example.com'"
        );
        run(&bench, &sql).await;
        let counted = period(&bench, Metric::EnrichmentCoverage).await;
        assert_eq!(counted, Some((known, 3)), "{who} {source}");
    }
}

#[tokio::test]
async fn mailboxes_are_told_to_their_own_organization_and_to_nobody() {
    let bench = Bench::new().await;
    bench.mailbox().await;
    run(
        &bench,
        "insert into properties (org_id, name) select org_id, 'Oak Hill' from properties;
         with org as (insert into organizations (name) values ('Elm') returning id)
           insert into properties (org_id, name) select id, 'Elm House' from org",
    )
    .await;
    assert_eq!(
        period(&bench, Metric::MailboxesConnected).await,
        Some((1, 2))
    );
    let tx = bench.tx().await;
    let elsewhere = bench
        .sql
        .query_one("select id from properties where name = 'Elm House'", &[]);
    let elm: Uuid = elsewhere.await.unwrap().get(0);
    for nobody in [Some(elm), None] {
        let rows = tx
            .query("select * from luma.mailboxes($1)", &[&nobody])
            .await;
        assert_eq!(rows.unwrap().len(), 0, "{nobody:?}");
    }
    let everywhere = bench.everywhere().await;
    let rows = everywhere
        .query("select * from luma.mailboxes(null)", &[])
        .await;
    assert_eq!(rows.unwrap().len(), 3);
    let seen = tx
        .query_one("select current_setting('app.tenant') as tenant", &[])
        .await;
    assert_eq!(
        seen.unwrap().get::<_, String>("tenant"),
        bench.oak.to_string()
    );
}

#[tokio::test]
async fn observations_of_another_tenant_are_not_seen() {
    let bench = Bench::new().await;
    bench.letter().await;
    tour(&bench, "synced", 0, Some(1.0)).await;
    let count = "select count(*) as number from luma.observations";
    let ours = bench.tx().await.query_one(count, &[]).await.unwrap();
    assert_eq!(ours.get::<_, i64>("number"), 3);
    let elm = shared::store::Tenant::Property(PropertyId(Uuid::new_v4()));
    let theirs = bench.store.begin(elm).await.unwrap();
    let theirs = theirs.query_one(count, &[]).await.unwrap();
    assert_eq!(theirs.get::<_, i64>("number"), 0);
}
