//! A day and an hour before: once each, by the time that the tour has then.

use world::{days, hours, minutes};

use super::office::{ANN, DAY, Office, suppressed};

/// Ann's tour is booked and her invitation has left.
async fn booked() -> (
    Office,
    world::google::Mailbox,
    shared::domain::ids::BookingId,
) {
    let (office, mailbox) = Office::open().await;
    let booking = office.ann_books().await;
    office.settles(&mailbox, 1).await;
    (office, mailbox, booking)
}

#[tokio::test]
async fn a_prospect_is_reminded_a_day_and_an_hour_before() {
    let (office, mailbox, _) = booked().await;
    office.it_is(hours(25)).await;
    office.settles(&mailbox, 1).await;
    office.it_is(hours(24)).await;
    office.settles(&mailbox, 2).await;
    office.it_is(minutes(61)).await;
    assert_eq!(mailbox.sent().len(), 2);
    office.it_is(hours(1)).await;
    office.settles(&mailbox, 3).await;
    office.world.pass(hours(1)).await;
    office.settles(&mailbox, 3).await;
    let sent = mailbox.sent();
    assert_eq!(sent[1].to, [ANN]);
    assert_eq!(
        sent[1].subject(),
        "Reminder: your tour of Oak Court on Thursday, December 10, 2026 at 10:00 AM CST"
    );
    assert!(sent[2].text().contains("starts soon"), "{}", sent[2].text());
    let columns = "select count(*) from tour_bookings
                   where reminder_24h_sent_at is not null and reminder_1h_sent_at is not null";
    assert_eq!(office.world.count(columns).await, 1);
    office.world.finish().await;
}

#[tokio::test]
async fn twenty_sweeps_and_two_at_once_remind_once() {
    let (office, mailbox, _) = booked().await;
    office.world.skip(days(7) + hours(12));
    for _ in 0..20 {
        office.world.sweep().await;
    }
    tokio::join!(office.world.sweep(), office.world.sweep());
    office.world.work_at_once().await;
    office.settles(&mailbox, 2).await;
    office.it_is(minutes(50)).await;
    tokio::join!(office.world.sweep(), office.world.sweep());
    office.world.work_at_once().await;
    office.settles(&mailbox, 3).await;
}

#[tokio::test]
async fn an_outage_is_made_up_for_while_it_helps() {
    let (office, mailbox, _) = booked().await;
    // Nothing ran from before the day until three hours before.
    office.it_is(hours(3)).await;
    office.settles(&mailbox, 2).await;
    assert!(
        office
            .letters()
            .await
            .contains(&"reminder_24h sent".to_owned())
    );

    let (office, mailbox, _) = booked().await;
    office.it_is(minutes(45)).await;
    office.settles(&mailbox, 2).await;
    assert_eq!(
        office.letters().await,
        ["invitation sent", "reminder_1h sent"]
    );
}

#[tokio::test]
async fn a_tour_at_another_time_is_reminded_of_anew() {
    for by_host in [false, true] {
        let (office, mailbox, booking) = booked().await;
        office.it_is(hours(24)).await;
        office.settles(&mailbox, 2).await;
        if by_host {
            let later = "scheduled_date = '2026-12-12', scheduled_time = '10:00'";
            office.host_writes(booking, later).await;
        } else {
            office.team_moves(booking, "2026-12-12", "10:00").await;
        }
        office.settles(&mailbox, 3).await; // it is moved
        let forgotten = "select count(*) from tour_bookings where reminder_24h_sent_at is null";
        assert_eq!(office.world.count(forgotten).await, 1);
        office.it_is(minutes(30)).await;
        office.settles(&mailbox, 3).await;
        office.it_is(hours(-24)).await;
        office.settles(&mailbox, 4).await;
        let subject = mailbox.sent()[3].subject();
        assert!(subject.contains("December 12"), "{subject}");
        office.it_is(minutes(-47 * 60)).await;
        office.settles(&mailbox, 5).await;
    }
}

#[tokio::test]
async fn a_reminder_that_a_move_made_void_comes_back_with_the_time() {
    let office = Office::without_mailbox().await;
    let booking = office.ann_books().await;
    office.it_is(hours(23)).await;
    office
        .host_writes(booking, "scheduled_time = '15:00'")
        .await;
    office.world.pass(minutes(6)).await;
    office
        .host_writes(booking, "scheduled_time = '10:00'")
        .await;
    office.world.pass(minutes(2)).await;
    let mailbox = office.world.connects(&office.oak, "leasing@oak.test").await;
    office.world.pass(minutes(10)).await;
    let reminders = mailbox.sent();
    let reminders = reminders
        .iter()
        .filter(|mail| mail.subject().contains("Reminder"));
    let subjects: Vec<String> = reminders.map(|mail| mail.subject()).collect();
    assert_eq!(subjects.len(), 1, "{:?}", office.letters().await);
    assert!(subjects[0].contains("10:00 AM"), "{subjects:?}");
}

#[tokio::test]
async fn a_cancelled_tour_is_not_reminded_of() {
    for status in ["cancelled", "completed", "no_show"] {
        let (office, mailbox, booking) = booked().await;
        office
            .host_writes(booking, &format!("status = '{status}'"))
            .await;
        office.world.pass(minutes(2)).await;
        let before = mailbox.sent().len();
        office.it_is(hours(24)).await;
        office.it_is(minutes(40)).await;
        assert_eq!(mailbox.sent().len(), before, "{status}");
    }
}

#[tokio::test]
async fn a_tour_that_is_cancelled_between_wish_and_letter_is_not_reminded_of() {
    let office = Office::without_mailbox().await;
    let booking = office.ann_books().await;
    office.it_is(hours(24)).await;
    office.host_writes(booking, "status = 'completed'").await;
    let mailbox = office.world.connects(&office.oak, "leasing@oak.test").await;
    office.settles(&mailbox, 0).await;
    let expected = [
        "invitation cancelled: tour_over",
        "reminder_24h cancelled: tour_over",
    ];
    assert_eq!(office.letters().await, expected);
}

#[tokio::test]
async fn who_asked_us_to_stop_is_not_reminded_but_told_of_changes() {
    let (office, mailbox, booking) = booked().await;
    office
        .world
        .sql
        .batch_execute(&suppressed("opted_out"))
        .await
        .unwrap();
    office.it_is(hours(24)).await;
    office.settles(&mailbox, 1).await;
    let letters = office.letters().await;
    assert_eq!(
        letters,
        ["invitation sent", "reminder_24h cancelled: opted_out"]
    );
    office.team_moves(booking, DAY, "15:00").await;
    office.settles(&mailbox, 2).await;
}
