//! Times of visits in a letter are those that can be had when it is written, and are not offered when they are over.

use serde_json::json;
use world::google::{Calendar, Unreadable};
use world::{Fault, hours, minutes};

use super::desk::Desk;

/// Thursday, the day after the story begins, in Chicago, six hours behind UTC.
const AT_HALF_PAST_TEN: &str =
    "You could see one on Thursday, 3 December, at 10:30 AM. Would that suit you?";

/// Oak Court with one agent, who works from nine to six, and her calendar.
async fn desk() -> (Desk, Calendar) {
    let desk = Desk::open().await;
    let kim = desk.world.agent(&desk.oak).await;
    let calendar = desk
        .world
        .agent_connects(&desk.oak, &kim, "kim@oak.test")
        .await;
    (desk, calendar)
}

async fn answers(desk: &Desk, body: &str) -> Vec<String> {
    desk.world.llm.will_say(body);
    desk.ann_writes("May I see one of the two-bedrooms?").await;
    desk.world.pass(minutes(6)).await;
    desk.states().await
}

#[tokio::test]
async fn a_time_that_is_open_is_offered() {
    let (desk, _) = desk().await;
    let states = answers(&desk, AT_HALF_PAST_TEN).await;
    let prompt = desk.world.llm.last_prompt();
    assert_eq!(states, ["sent"], "{prompt}");
    assert!(
        prompt.contains("Times are those of America/Chicago:"),
        "{prompt}"
    );
    assert!(prompt.contains("Thursday, 3 December, 9:00 AM"), "{prompt}");
    desk.is_settled_with_one_letter().await;
    desk.world.finish().await;
}

#[tokio::test]
async fn a_time_that_the_model_was_not_told_of_may_be_offered_if_it_is_open() {
    let (desk, _) = desk().await;
    let body = "How about Friday, 11 December, at 11:15 AM?";
    assert_eq!(answers(&desk, body).await, ["sent"]);
    assert!(!desk.world.llm.last_prompt().contains("11 December"));
}

#[tokio::test]
async fn a_time_that_is_taken_in_the_calendar_is_neither_told_nor_offered() {
    let (desk, calendar) = desk().await;
    calendar.busy("2026-12-03T06:00:00Z", "2026-12-04T06:00:00Z");
    assert_eq!(
        answers(&desk, AT_HALF_PAST_TEN).await,
        ["held: unoffered_time"]
    );
    assert!(!desk.world.llm.last_prompt().contains("3 December, "));
    assert!(desk.world.llm.last_prompt().contains("Friday, 4 December"));
    desk.stays_silent().await;
}

#[tokio::test]
async fn a_time_that_the_engine_does_not_know_is_held() {
    for body in [
        "How about Thursday, 3 December, at 8:00 AM?",
        "How about Friday, 3 December, at 10:30 AM?",
        "Thursday at 8 PM works for us.",
        "Feel free to come by at midnight.",
    ] {
        let (desk, _) = desk().await;
        assert_eq!(
            answers(&desk, body).await,
            ["held: unoffered_time"],
            "{body}"
        );
        desk.stays_silent().await;
    }
}

#[tokio::test]
async fn no_letter_says_that_a_visit_is_booked() {
    let (desk, _) = desk().await;
    let body = "You are booked for Thursday, 3 December, at 10:30 AM. See you on Thursday!";
    assert_eq!(answers(&desk, body).await, ["held: promised_appointment"]);
    desk.stays_silent().await;
}

#[tokio::test]
async fn from_a_calendar_that_cannot_be_read_no_time_is_offered_and_other_letters_go_out() {
    for refused in [true, false] {
        let (desk, calendar) = desk().await;
        if refused {
            let faults = desk.world.google.faults();
            faults.always("freebusy.query", Fault::status(500, "backendError"));
        } else {
            calendar.free_busy_is(Unreadable::InternalError);
        }
        assert_eq!(
            answers(&desk, AT_HALF_PAST_TEN).await,
            ["held: unoffered_time"]
        );
        assert!(
            desk.world
                .llm
                .last_prompt()
                .contains("(no times are known now)")
        );

        let body = "Two-bedroom homes rent from $1,850 a month. The leasing team will send you times for a visit.";
        desk.world.llm.will_say(body);
        desk.writes("Bob Ray <bob@example.com>", "Any two-bedrooms?")
            .await;
        desk.world.pass(minutes(6)).await;
        assert_eq!(desk.states().await, ["held: unoffered_time", "sent"]);
    }
}

#[tokio::test]
async fn without_calendars_the_times_made_by_hand_are_offered() {
    let desk = Desk::open().await;
    desk.world
        .makes_slot(&desk.oak, "2026-12-03", "10:30", 1)
        .await;
    assert_eq!(answers(&desk, AT_HALF_PAST_TEN).await, ["sent"]);
    let prompt = desk.world.llm.last_prompt();
    assert!(
        prompt.contains("Thursday, 3 December, 10:30 AM"),
        "{prompt}"
    );
}

/// The letter is written, and Gmail takes nothing for as long as that, in which `happens` does.
async fn is_delayed(body: &str, wait: i64, happens: impl FnOnce(&Calendar)) -> Desk {
    let (desk, calendar) = desk().await;
    let faults = desk.world.google.faults();
    faults.always("drafts.send", Fault::status(503, "backendError"));
    desk.world.llm.will_say(body);
    desk.ann_writes("May I see one of the two-bedrooms?").await;
    desk.world.pass(minutes(6)).await;
    assert_eq!(desk.states().await, ["sending"]);
    desk.world.skip(hours(wait));
    happens(&calendar);
    faults.clear();
    desk.world.pass(minutes(15)).await;
    desk
}

#[tokio::test]
async fn an_offer_that_is_over_is_taken_back_and_put_before_a_person() {
    let body = "You could see one on Wednesday, 2 December, at 2:15 PM.";
    let desk = is_delayed(body, 9, |_| ()).await;
    assert_eq!(desk.states().await, ["held: offer_expired"]);
    desk.stays_silent().await;

    let reply = desk.newest().await;
    let better = "You could see one on Friday.";
    assert_eq!(desk.edits(&reply, better).await.status, 200);
    assert_eq!(desk.approves(&reply).await.status, 200);
    desk.is_settled_with_one_letter().await;
    assert!(desk.mailbox.sent()[0].text().contains(better));
}

#[tokio::test]
async fn an_offer_that_still_holds_is_delivered_late() {
    let body = "You could see one on Wednesday, 2 December, at 2:15 PM.";
    let desk = is_delayed(body, 3, |_| ()).await;
    assert_eq!(desk.states().await, ["sent"]);
    assert_eq!(desk.mailbox.sent().len(), 1);
}

#[tokio::test]
async fn an_offer_that_somebody_took_meanwhile_is_taken_back_and_put_before_a_person() {
    let body = "You could see one on Wednesday, 2 December, at 2:15 PM or 3:00 PM.";
    let taken = |calendar: &Calendar| {
        calendar.busy("2026-12-02T21:00:00Z", "2026-12-02T22:00:00Z");
    };
    let desk = is_delayed(body, 3, taken).await;
    assert_eq!(desk.states().await, ["held: offer_expired"]);
    desk.stays_silent().await;
    let unreadable = |calendar: &Calendar| calendar.free_busy_is(Unreadable::InternalError);
    let desk = is_delayed(body, 3, unreadable).await;
    assert_eq!(desk.states().await, ["sending"], "nobody knows");
    desk.world.skip(hours(6));
    desk.world.pass(minutes(15)).await;
    assert_eq!(desk.states().await, ["held: offer_expired"]);
    assert_eq!(desk.mailbox.sent().len(), 0);
}

#[tokio::test]
async fn what_a_person_approved_is_theirs_even_if_its_time_is_over() {
    let (desk, _) = desk().await;
    desk.set(json!({ "replyMode": "approve" })).await;
    let body = "You could see one on Wednesday, 2 December, at 2:15 PM.";
    assert_eq!(answers(&desk, body).await, ["held: approval_required"]);
    desk.world.skip(hours(9));
    assert_eq!(desk.approves(&desk.newest().await).await.status, 200);
    desk.is_settled_with_one_letter().await;
}
