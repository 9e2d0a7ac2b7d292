//! However often, late or at once a booking is looked after, and wherever that is stopped: one letter.

use world::google::Mailbox;
use world::{Fault, minutes};

use super::office::Office;

/// Ann has booked, and her invitation is due.
async fn due() -> (Office, Mailbox) {
    let (office, mailbox) = Office::open().await;
    office.ann_books().await;
    (office, mailbox)
}

#[tokio::test]
async fn killed_at_each_call_in_turn_it_sends_one_letter() {
    for operation in ["drafts.create", "drafts.send", "messages.get"] {
        let (office, mailbox) = due().await;
        office.world.killed_at(operation, 1).await;
        office.settles(&mailbox, 1).await;
        office.world.finish().await;
    }
}

#[tokio::test]
async fn killed_at_every_call_of_one_letter_it_sends_it_once() {
    let (office, mailbox) = due().await;
    for operation in [
        "drafts.create",
        "messages.list",
        "drafts.send",
        "messages.list",
    ] {
        office.world.sweep().await;
        office.world.killed_at(operation, 1).await;
    }
    office.settles(&mailbox, 1).await;
    assert_eq!(office.world.google.calls().count("drafts.create"), 2);
}

#[tokio::test]
async fn an_answer_that_was_lost_makes_no_second_letter() {
    for operation in ["drafts.create", "drafts.send"] {
        for fault in [
            Fault::AnswerLostBeforeEffect,
            Fault::AnswerLostAfterEffect,
            Fault::Garbage,
            Fault::status(503, "backendError"),
            Fault::too_many(60),
            Fault::LateEffectAfter("messages.list"),
            Fault::LateEffectAfter("drafts.send"),
        ] {
            let (office, mailbox) = due().await;
            office.world.google.faults().once(operation, fault.clone());
            office.settles(&mailbox, 1).await;
        }
    }
}

#[tokio::test]
async fn a_draft_whose_answer_was_lost_is_adopted() {
    let (office, mailbox) = due().await;
    let faults = office.world.google.faults();
    faults.once("drafts.create", Fault::AnswerLostAfterEffect);
    office.settles(&mailbox, 1).await;
    assert_eq!(office.world.google.calls().count("drafts.create"), 1);
}

#[tokio::test]
async fn a_look_that_fails_never_counts_as_not_sent() {
    let (office, mailbox) = due().await;
    let faults = office.world.google.faults();
    faults.once("drafts.send", Fault::AnswerLostAfterEffect);
    faults.times("messages.list", 3, Fault::status(503, "backendError"));
    office.settles(&mailbox, 1).await;
    assert_eq!(office.world.google.calls().count("drafts.send"), 1);
}

#[tokio::test]
async fn a_draft_that_a_person_threw_away_is_not_sent() {
    let (office, mailbox) = due().await;
    let faults = office.world.google.faults();
    faults.once("drafts.send", Fault::status(503, "backendError"));
    office.world.work().await;
    let drafts = mailbox.drafts();
    assert_eq!(drafts.len(), 1);
    mailbox.deletes(&drafts[0].1.id);
    office.settles(&mailbox, 0).await;
    assert_eq!(
        office.letters().await,
        ["invitation cancelled: draft_discarded"]
    );
}

#[tokio::test]
async fn a_draft_that_a_person_sent_is_a_letter_that_was_sent() {
    let (office, mailbox) = due().await;
    let faults = office.world.google.faults();
    faults.once("drafts.send", Fault::status(503, "backendError"));
    office.world.work().await;
    mailbox.human_sends_draft(&mailbox.drafts()[0].0);
    office.settles(&mailbox, 1).await;
    assert_eq!(office.letters().await, ["invitation sent"]);
}

#[tokio::test]
async fn a_letter_that_left_although_it_was_called_off_is_stored_as_sent() {
    let (office, mailbox) = due().await;
    let booking = office
        .world
        .texts("select id::text from tour_bookings")
        .await;
    let faults = office.world.google.faults();
    faults.once("drafts.send", Fault::AnswerLostAfterEffect);
    office.world.work().await;
    assert_eq!(mailbox.sent().len(), 1);
    office
        .host_writes(booking[0].parse().unwrap(), "status = 'completed'")
        .await;
    office.settles(&mailbox, 1).await;
    assert_eq!(office.letters().await, ["invitation sent"]);
}

#[tokio::test]
async fn the_draft_of_what_is_not_wanted_any_more_is_taken_back() {
    for fault in [
        Fault::status(503, "backendError"),
        Fault::AnswerLostBeforeEffect,
    ] {
        let (office, mailbox) = due().await;
        let booking = office
            .world
            .texts("select id::text from tour_bookings")
            .await;
        office.world.google.faults().once("drafts.send", fault);
        office.world.work().await;
        assert_eq!(mailbox.drafts().len(), 1);
        office
            .host_writes(booking[0].parse().unwrap(), "status = 'completed'")
            .await;
        office.settles(&mailbox, 0).await;
        assert_eq!(office.letters().await, ["invitation cancelled: tour_over"]);
    }
}

#[tokio::test]
async fn what_gmail_refuses_fails_and_is_not_tried_again() {
    let (office, mailbox) = due().await;
    let faults = office.world.google.faults();
    faults.always("drafts.create", Fault::status(400, "invalidArgument"));
    office.settles(&mailbox, 0).await;
    assert_eq!(office.letters().await, ["invitation failed: gmail_refused"]);
    assert_eq!(office.world.google.calls().count("drafts.create"), 1);
}

#[tokio::test]
async fn an_hour_without_gmail_delays_a_letter_and_no_more() {
    let (office, mailbox) = due().await;
    let faults = office.world.google.faults();
    faults.always("drafts.create", Fault::status(503, "backendError"));
    office.world.pass(minutes(60)).await;
    assert_eq!(mailbox.sent().len(), 0);
    faults.clear();
    office.settles(&mailbox, 1).await;
}

#[tokio::test]
async fn ids_that_gmail_rewrites_make_no_second_letter() {
    let (office, mailbox) = due().await;
    mailbox.rewrites_message_ids();
    let faults = office.world.google.faults();
    faults.once("drafts.send", Fault::AnswerLostAfterEffect);
    office.settles(&mailbox, 1).await;
}
