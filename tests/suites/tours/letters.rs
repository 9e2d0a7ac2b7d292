//! What is told of a tour by letter: to whom, in which words, and what calendars make of it.

use shared::app::tours::{self, By};
use shared::domain::ids::BookingId;
use world::{Fault, minutes};

use super::office::{ANN, DAY, Office, entry, suppressed};

#[tokio::test]
async fn a_tour_without_a_calendar_is_invited_to_by_letter() {
    let (office, mailbox) = Office::open().await;
    let booking = office.ann_books().await;
    office.settles(&mailbox, 1).await;
    let letter = &mailbox.sent()[0];
    assert_eq!(letter.to, [ANN]);
    assert_eq!(
        letter.subject(),
        "Your tour of Oak Court on Thursday, December 10, 2026 at 10:00 AM CST"
    );
    let secret = letter.text().lines().find_map(|line| {
        let (_, token) = line.split_once("/tours/")?;
        Some(token.to_owned())
    });
    let text = letter.text().replace(&secret.unwrap(), "…");
    insta::assert_snapshot!(text.trim_end(), @r#"
    Hi Ann,

    Your tour of Oak Court is booked. The attached invitation puts it into your calendar.

    When: Thursday, December 10, 2026 at 10:00 AM CST
    Where: Oak Court

    To pick another time or to cancel, go to https://app.luma.test/tours/…

    To reach a person, reply "person" to this e-mail.
    "#);
    let told = entry(letter).unwrap();
    assert_eq!(told.method, "REQUEST");
    assert_eq!(told.uid, format!("{booking}@app.luma.test"));
    assert_eq!(
        (told.sequence, told.starts.as_str()),
        (0, "20261210T160000Z")
    );
    assert_eq!(told.organizer, "mailto:leasing@oak.test");
    assert_eq!(told.attendee, "mailto:ann@example.com");
    let invited = "select count(*) from prospect_invites where invite_method = 'ics' and invite_sent_at is not null";
    assert_eq!(office.world.count(invited).await, 1);
    office.world.finish().await;
}

#[tokio::test]
async fn one_entry_follows_the_tour_through_moves_to_its_end() {
    let (office, mailbox) = Office::open().await;
    let booking = office.ann_books().await;
    office.settles(&mailbox, 1).await;
    let first = mailbox.sent()[0].clone();
    office.moves_by_link(&first, DAY, "11:00").await;
    office.settles(&mailbox, 2).await;
    office.team_moves(booking, DAY, "12:00").await;
    office.settles(&mailbox, 3).await;
    office
        .host_writes(booking, "scheduled_time = '13:00'")
        .await;
    office.settles(&mailbox, 4).await;
    office.cancels_by_link(&first).await;
    office.settles(&mailbox, 5).await;

    let told: Vec<_> = mailbox
        .sent()
        .iter()
        .map(|mail| {
            let entry = entry(mail).unwrap();
            assert_eq!(entry.uid, format!("{booking}@app.luma.test"));
            let subject = mail.subject();
            let subject = subject.split(" of ").next().unwrap().to_owned();
            (entry.method, entry.sequence, entry.starts, subject)
        })
        .collect();
    let line = |method: &str, sequence, hour: &str, subject: &str| {
        let starts = format!("20261210T{hour}0000Z");
        (method.to_owned(), sequence, starts, subject.to_owned())
    };
    assert_eq!(
        told,
        [
            line("REQUEST", 0, "16", "Your tour"),
            line("REQUEST", 1, "17", "New time for your tour"),
            line("REQUEST", 2, "18", "New time for your tour"),
            line("REQUEST", 3, "19", "New time for your tour"),
            line("CANCEL", 4, "19", "Canceled: your tour"),
        ]
    );
    let texts: Vec<String> = mailbox.sent().iter().map(|mail| mail.text()).collect();
    assert!(texts[1].contains("is moved, as you asked"), "{}", texts[1]);
    assert!(texts[2].contains("We had to move"), "{}", texts[2]);
    assert!(texts[3].contains("We had to move"), "{}", texts[3]);
    assert!(
        texts[4].contains("is canceled, as you asked"),
        "{}",
        texts[4]
    );
    office.world.finish().await;
}

#[tokio::test]
async fn a_tour_that_the_team_or_the_host_cancels_is_taken_out_of_the_calendar() {
    for by_host in [false, true] {
        let (office, mailbox) = Office::open().await;
        let booking = office.ann_books().await;
        office.settles(&mailbox, 1).await;
        if by_host {
            office.host_writes(booking, "status = 'cancelled'").await;
        } else {
            office.team_cancels(booking).await;
        }
        office.settles(&mailbox, 2).await;
        let last = &mailbox.sent()[1];
        let told = entry(last).unwrap();
        assert_eq!((told.method.as_str(), told.sequence), ("CANCEL", 1));
        assert_eq!(told.status, "CANCELLED");
        assert!(last.text().contains("We had to cancel"), "{}", last.text());
    }
}

#[tokio::test]
async fn what_was_not_sent_before_the_tour_moved_is_not_sent() {
    let office = Office::without_mailbox().await;
    let booking = office.ann_books().await;
    office.world.pass(minutes(2)).await;
    office.team_moves(booking, DAY, "11:00").await;
    let mailbox = office.world.connects(&office.oak, "leasing@oak.test").await;
    office.settles(&mailbox, 1).await;
    assert_eq!(
        office.letters().await,
        ["invitation cancelled: tour_moved", "moved_by_team sent"]
    );
    assert_eq!(
        entry(&mailbox.sent()[0]).unwrap().starts,
        "20261210T170000Z"
    );
}

#[tokio::test]
async fn without_a_mailbox_letters_wait_until_they_would_only_confuse() {
    let office = Office::without_mailbox().await;
    office.ann_books().await;
    office.world.pass(minutes(12)).await;
    assert_eq!(office.letters().await, ["invitation due"]);
    office.it_is(minutes(3)).await;
    office.world.pass(minutes(10)).await;
    let letters = office.letters().await;
    assert!(
        letters.contains(&"invitation cancelled: no_mailbox".to_owned()),
        "{letters:?}"
    );
    assert!(
        letters.iter().all(|letter| letter.contains("cancelled")),
        "{letters:?}"
    );
}

#[tokio::test]
async fn an_address_that_bounced_is_written_to_no_more() {
    let (office, mailbox) = Office::open().await;
    office
        .world
        .sql
        .batch_execute(&suppressed("bounced"))
        .await
        .unwrap();
    office.ann_books().await;
    office.settles(&mailbox, 0).await;
    assert_eq!(office.letters().await, ["invitation cancelled: bounced"]);
}

#[tokio::test]
async fn an_erased_lead_is_written_to_no_more() {
    for erase in [
        "update leads set email = ''",
        "update leads set email = 'erased'",
        "update leads set email = null",
    ] {
        let office = Office::without_mailbox().await;
        office.ann_books().await;
        office.world.sql.batch_execute(erase).await.unwrap();
        let mailbox = office.world.connects(&office.oak, "leasing@oak.test").await;
        office.settles(&mailbox, 0).await;
        assert_eq!(office.letters().await, ["invitation cancelled: erased"]);
    }
}

#[tokio::test]
async fn a_name_adds_no_header_no_recipient_and_no_words() {
    let (office, mailbox) = Office::open().await;
    let rename = "update properties set name = E'Oak\\r\\nBcc: eve@example.net\\r\\n\\r\\nHi'";
    office.world.sql.batch_execute(rename).await.unwrap();
    office.ann_books().await;
    let rename = "update leads set first_name = E'Eve\\r\\nBcc: eve@example.net', last_name = 'https://example.net'";
    office.world.sql.batch_execute(rename).await.unwrap();
    office.settles(&mailbox, 1).await;
    let letter = &mailbox.sent()[0];
    assert_eq!(letter.to, [ANN]);
    assert_eq!(letter.header("Bcc"), None);
    assert!(letter.text().starts_with("Hello,"), "{}", letter.text());
    let told = entry(letter).unwrap();
    assert_eq!(told.attendee, "mailto:ann@example.com");
}

#[tokio::test]
async fn a_letter_is_nobodys_answer_to_what_the_prospect_asked() {
    let (office, mailbox) = Office::open().await;
    let world = &office.world;
    world
        .knows(
            &office.oak,
            "Two-bedroom homes at Oak Court rent from $1,850.",
        )
        .await;
    world
        .llm
        .will_say("Our two-bedroom homes rent from $1,850.");
    let booking = office.ann_books().await;
    office.settles(&mailbox, 1).await;
    let thread = mailbox.sent()[0].thread_id.clone();
    mailbox.receives_in(&thread, "Ann Lee <ann@example.com>", "Any two-bedrooms?");
    world.deliver_pushes().await;
    // It leaves while the answer is pending, and Gmail shows it in the same thread.
    office
        .host_writes(booking, "scheduled_time = '11:00'")
        .await;
    world.pass(minutes(2)).await;
    let letter = mailbox.sent()[1].clone();
    mailbox
        .incoming_raw(&letter.raw)
        .in_thread(&thread)
        .labels(&["SENT"])
        .deliver();
    world.deliver_push(&mailbox.push()).await;
    world.work().await;
    let filed = "select count(*) from email_messages where direction = 'outbound'";
    assert_eq!(world.count(filed).await, 3, "before the answer is due");
    world.pass(minutes(10)).await;
    let states = world.texts("select state from email_replies").await;
    assert_eq!(states, ["sent"]);
    let kinds = "select concat(direction, ' ', ai_generated) from email_messages order by sent_at";
    assert_eq!(
        world.texts(kinds).await,
        [
            "outbound f",
            "inbound f",
            "outbound f",
            "outbound f",
            "outbound t"
        ]
    );
    assert_eq!(
        world
            .count("select count(distinct conversation_id) from messages")
            .await,
        1
    );
}

#[tokio::test]
async fn a_letter_that_history_shows_is_filed_once() {
    let (office, mailbox) = Office::open().await;
    office.ann_books().await;
    office.settles(&mailbox, 1).await;
    mailbox.receives("Bob <bob@example.com>", "Hi", "Hi");
    office.world.deliver_pushes().await;
    office.world.pass(minutes(10)).await;
    let filed = "select count(*) from email_messages where direction = 'outbound'";
    assert_eq!(office.world.count(filed).await, 1);
}

/// Kim receives Ann; Google did the inviting.
async fn with_kim(office: &Office) -> BookingId {
    let booking = office.ann_books().await;
    let kim = office.world.person(Some(office.oak.org), "agent").await;
    let sql = format!(
        "insert into agent_calendars (profile_id, property_id, google_email, status, timezone)
         values ('{0}', '{1}', 'kim@oak.test', 'disconnected', 'America/New_York');
         update tour_bookings set agent_profile_id = '{0}', slot_id = null, version = 0;
         update prospect_invites set invite_method = 'google';
         delete from tour_letters",
        kim.id, office.oak.id
    );
    office.world.sql.batch_execute(&sql).await.unwrap();
    booking
}

#[tokio::test]
async fn the_agent_is_told_what_the_prospect_did_and_no_calendar_file_comes_with_it() {
    let (office, mailbox) = Office::open().await;
    let booking = with_kim(&office).await;
    let url = tours::manage_url(&office.world.app, booking);
    let link = tours::open_link(&office.world.app, url.rsplit('/').next().unwrap()).unwrap();
    tours::cancel(&office.world.app, &By::Prospect(link), booking)
        .await
        .unwrap();
    office.world.pass(minutes(3)).await;
    let sent = mailbox.sent();
    assert_eq!(sent.len(), 1, "{:?}", office.letters().await);
    assert_eq!(sent[0].to, ["kim@oak.test"]);
    assert_eq!(entry(&sent[0]), None);
    insta::assert_snapshot!(sent[0].text().trim_end(), @r"
    Hi Sam Agent,

    Ann Lee canceled the tour of Oak Court with you on Thursday, December 10, 2026 at 11:00 AM EST.

    This note was written by the tour calendar; nobody waits for an answer.
    ");
    assert_eq!(office.letters().await, ["agent_cancelled sent"]);
    // It is none of Ann's conversation.
    assert_eq!(office.world.count("select count(*) from messages").await, 0);
    office.world.finish().await;
}

#[tokio::test]
async fn where_google_invites_a_move_by_link_is_told_to_the_agent_by_letter() {
    let (office, mailbox) = Office::open().await;
    office.kim_receives().await;
    let booking = office.ann_books_an_agent().await;
    office.world.pass(minutes(3)).await;
    assert_eq!(mailbox.sent().len(), 0, "{:?}", office.letters().await);
    office.ann_moves(booking, DAY, "14:00").await;
    office.world.pass(minutes(3)).await;
    let sent = mailbox.sent();
    assert_eq!(sent.len(), 1, "{:?}", office.letters().await);
    assert_eq!(sent[0].to, ["kim@oak.test"]);
    assert!(
        sent[0].text().contains("at 2:00 PM CST"),
        "{}",
        sent[0].text()
    );
    assert_eq!(entry(&sent[0]), None);
}

#[tokio::test]
async fn whom_google_does_not_invite_a_letter_does_with_an_agent_or_without() {
    let (office, mailbox) = Office::open().await;
    office.kim_receives().await;
    let faults = office.world.google.faults();
    faults.once("events.insert", Fault::status(400, "invalid"));
    let booking = office.ann_books_an_agent().await;
    office.world.pass(minutes(3)).await;
    let sent = mailbox.sent();
    assert_eq!(sent.len(), 1, "{:?}", office.letters().await);
    let told = entry(&sent[0]).unwrap();
    assert_eq!((told.method.as_str(), told.sequence), ("REQUEST", 0));
    office.ann_moves(booking, DAY, "14:00").await;
    office.world.pass(minutes(3)).await;
    let sent = mailbox.sent();
    let to_ann: Vec<_> = sent.iter().filter(|mail| mail.to == [ANN]).collect();
    assert_eq!(
        (sent.len(), to_ann.len()),
        (3, 2),
        "{:?}",
        office.letters().await
    );
    let told = entry(to_ann[1]).unwrap();
    assert_eq!((told.method.as_str(), told.sequence), ("REQUEST", 1));
    assert_eq!(told.starts, "20261210T200000Z");
}

#[tokio::test]
async fn what_the_team_does_is_told_to_no_agent_and_where_google_invites_to_nobody() {
    let (office, mailbox) = Office::open().await;
    let booking = with_kim(&office).await;
    office.team_cancels(booking).await;
    office.settles(&mailbox, 0).await;
}

#[tokio::test]
async fn letters_of_other_properties_are_left_alone() {
    let (office, mailbox) = Office::open().await;
    let elm = office.world.property("Elm Court").await;
    office.ann_books().await;
    let foreign = format!(
        "with lead as (insert into leads (property_id, email) values ('{0}', 'bob@example.com') returning id)
         insert into tour_bookings (property_id, lead_id, status, starts_at, ends_at, kept_until, timezone,
            scheduled_date, scheduled_time)
         select '{0}', id, 'confirmed', '2026-12-03T06:00Z', '2026-12-03T07:00Z', '2026-12-03T07:00Z', 'UTC',
            '2026-12-03', '06:00' from lead",
        elm.id
    );
    office.world.sql.batch_execute(&foreign).await.unwrap();
    office.settles(&mailbox, 1).await;
    assert_eq!(mailbox.sent()[0].to, [ANN]);
    let waiting = "select concat(kind, ' ', state) from tour_letters where property_id <> (
        select id from properties where name = 'Oak Court')";
    assert_eq!(office.world.texts(waiting).await, ["reminder_24h due"]);
    // Elm's own mailbox sends it, as soon as there is one.
    let own = office.world.connects(&elm, "leasing@elm.test").await;
    office.world.pass(minutes(7)).await;
    assert_eq!(own.sent().len(), 1);
    assert_eq!(mailbox.sent().len(), 1);
}
