//! The agenda: what it says of each tour's event and invitation.

use world::touring::Tour;
use world::{Fault, World, minutes};

use super::{Browser, sign_in};

const DAY: &str = "2026-12-03";
const ANN: &str = "ann@example.com";
const AGENDA: &str = "/dashboard/tours?from=2026-12-03";

/// What the agenda shows of its only tour.
async fn agenda(world: &World, browser: &Browser) -> String {
    let page = browser.get(world, AGENDA).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let rows = page.text.split(r#"<ul class="rows">"#).nth(1);
    rows.unwrap_or_else(|| panic!("{}", page.text)).to_owned()
}

async fn booked() -> (World, world::Property, Browser, Tour) {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    world.agent_connects(&oak, &oak.admin, "sam@oak.test").await;
    let tour = world.booked_for(&oak, DAY, "10:30", ANN).await;
    world.work().await;
    let browser = sign_in(&world, &oak.admin).await;
    (world, oak, browser, tour)
}

#[tokio::test]
async fn each_state_of_an_event_and_an_invitation_is_told_apart() {
    let (world, _, browser, _) = booked().await;
    const IN_CALENDAR: &str = "In the agent’s calendar.";
    const INVITED: &str = "Invited by Google, no answer yet";
    const NOT_YET: &str = "Invitation not sent yet";
    // Tour, event, why, and answer; sent by whom; what is said and what is not.
    for (tour, event, why, answer, sent, said, unsaid) in [
        (
            "confirmed",
            "synced",
            "",
            "pending",
            "google",
            [IN_CALENDAR, INVITED],
            NOT_YET,
        ),
        (
            "confirmed",
            "synced",
            "",
            "accepted",
            "google",
            [IN_CALENDAR, "Invitation accepted<"],
            INVITED,
        ),
        (
            "confirmed",
            "synced",
            "",
            "tentative",
            "google",
            [IN_CALENDAR, "not for certain"],
            INVITED,
        ),
        (
            "confirmed",
            "synced",
            "",
            "declined",
            "google",
            [IN_CALENDAR, "Invitation declined"],
            INVITED,
        ),
        (
            "confirmed",
            "synced",
            "",
            "pending",
            "ics",
            [IN_CALENDAR, "Invited by letter"],
            INVITED,
        ),
        (
            "confirmed",
            "pending",
            "",
            "pending",
            "",
            ["It is being written", NOT_YET],
            "Invited",
        ),
        (
            "confirmed",
            "pending",
            "reconnect_required",
            "pending",
            "",
            ["has to connect the calendar again", NOT_YET],
            "Invited",
        ),
        (
            "confirmed",
            "pending",
            "rate_limited",
            "pending",
            "",
            ["patience", NOT_YET],
            "Invited",
        ),
        (
            "confirmed",
            "failed",
            "calendar_gone",
            "pending",
            "",
            [
                "The calendar is gone: once its agent chooses another one",
                "Do not enter it by hand",
            ],
            "Invited",
        ),
        (
            "confirmed",
            "failed",
            "event_refused",
            "pending",
            "",
            ["Google refused the event", "Do not enter it by hand"],
            IN_CALENDAR,
        ),
        (
            "confirmed",
            "conflict",
            "all_day",
            "pending",
            "google",
            [
                "has no time of day any more. Give it one.",
                "The booking stays as it is",
            ],
            IN_CALENDAR,
        ),
        (
            "confirmed",
            "conflict",
            "overlaps_another_tour",
            "accepted",
            "google",
            ["onto the time of another tour", "Invitation accepted"],
            IN_CALENDAR,
        ),
        (
            "cancelled",
            "synced",
            "",
            "accepted",
            "google",
            ["cancelled", "Ann Lee"],
            "nvitation",
        ),
        (
            "cancelled",
            "pending",
            "google_unreachable",
            "pending",
            "google",
            [
                "still to be removed from the agent’s calendar",
                "Google did not answer",
            ],
            "nvitation",
        ),
        (
            "cancelled",
            "failed",
            "event_not_ours_to_edit",
            "pending",
            "google",
            ["could not be removed", "Delete it there"],
            "by hand",
        ),
        (
            "cancelled",
            "conflict",
            "restored",
            "pending",
            "google",
            ["put its event back", "book the tour again"],
            IN_CALENDAR,
        ),
        (
            "completed",
            "synced",
            "",
            "accepted",
            "google",
            ["completed", "Ann Lee"],
            IN_CALENDAR,
        ),
    ] {
        // The booking first: its change asks for the event anew.
        let sql = format!(
            "update tour_bookings set status = '{tour}';
             update calendar_events set sync_status = '{event}', reason = nullif('{why}', '');
             update prospect_invites set response_status = '{answer}', invite_method = coalesce(nullif('{sent}', ''), 'google'),
                invite_sent_at = case when '{sent}' <> '' then now() end"
        );
        world.sql.batch_execute(&sql).await.unwrap();
        let shown = agenda(&world, &browser).await;
        for words in said {
            assert!(
                shown.contains(words),
                "{tour} {event} {why} {answer}: {words}: {shown}"
            );
        }
        assert!(
            !shown.contains(unsaid),
            "{tour} {event} {why} {answer}: {unsaid}: {shown}"
        );
    }
}

#[tokio::test]
async fn a_tour_that_google_was_not_told_of_yet_invites_nobody() {
    let (world, oak, browser, tour) = booked().await;
    let shown = agenda(&world, &browser).await;
    assert!(shown.contains("Invited by Google"), "{shown}");
    world.team_cancels(&oak, &tour).await;
    let away = Fault::status(503, "backendError");
    world.google.faults().always("events.insert", away);
    world.booked_for(&oak, DAY, "13:30", ANN).await;
    let shown = agenda(&world, &browser).await;
    assert!(!shown.contains("Invited by"), "{shown}");
    assert!(shown.contains("Invitation not sent yet"), "{shown}");
    world.google.faults().clear();
    world.pass(minutes(10)).await;
    let shown = agenda(&world, &browser).await;
    assert!(shown.contains("Invited by Google"), "{shown}");
}

#[tokio::test]
async fn a_letter_that_cannot_be_sent_leaves_the_prospect_uninvited_and_says_so() {
    let (world, _, browser, tour) = booked().await;
    let failed = format!(
        "update prospect_invites set invite_method = 'ics', invite_sent_at = null;
         insert into tour_letters (property_id, booking_id, kind, concerns, version, state, due_at, not_after)
         select property_id, id, 'invitation', starts_at, version, 'failed', now(), now()
         from tour_bookings where id = '{}'",
        tour.id
    );
    world.sql.batch_execute(&failed).await.unwrap();
    let shown = agenda(&world, &browser).await;
    assert!(
        shown.contains("The invitation could not be sent"),
        "{shown}"
    );
    // Another one, of a later state of the tour, may still go out.
    let older = "update tour_letters set version = version - 1 where kind = 'invitation'";
    world.sql.batch_execute(older).await.unwrap();
    let shown = agenda(&world, &browser).await;
    assert!(shown.contains("Invitation not sent yet"), "{shown}");
}
