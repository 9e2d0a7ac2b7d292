//! A calendar that cannot be read is never free.

use serde_json::json;
use world::Fault;
use world::google::Unreadable;

use super::*;

#[derive(Clone, Copy, Debug)]
enum Trouble {
    Says(Unreadable),
    Refused(u16),
    Garbage,
}

const TROUBLES: [Trouble; 8] = [
    Trouble::Says(Unreadable::NotFound),
    Trouble::Says(Unreadable::InternalError),
    Trouble::Says(Unreadable::Missing),
    Trouble::Says(Unreadable::WithoutEnd),
    Trouble::Refused(401),
    Trouble::Refused(403),
    Trouble::Refused(500),
    Trouble::Garbage,
];

impl Trouble {
    fn befalls(self, scene: &Scene) {
        let faults = scene.world.google.faults();
        match self {
            Self::Says(what) => scene.calendar.free_busy_is(what),
            Self::Refused(code) => faults.always(BUSY, Fault::status(code, "backendError")),
            Self::Garbage => faults.always(BUSY, Fault::Garbage),
        }
    }
}

const BUSY: &str = "freebusy.query";

#[tokio::test]
async fn nothing_is_offered_and_nothing_booked_from_a_calendar_that_cannot_be_read() {
    for trouble in TROUBLES {
        let scene = scene().await;
        scene
            .calendar
            .busy("2026-12-03T06:00:00Z", "2026-12-04T06:00:00Z");
        trouble.befalls(&scene);
        let host = scene.send(scene.widget.availability(DAY, DAY)).await;
        assert_eq!(
            (host.status, host.code()),
            (503, "calendar_unreadable"),
            "{trouble:?}"
        );
        assert_eq!(host.json["fallback"], true);
        assert!(host.json["message"].is_string());
        let own = scene.send(scene.widget.times(DAY, DAY)).await;
        assert_eq!(
            (own.status, own.code()),
            (503, "calendar_unreadable"),
            "{trouble:?}"
        );
        let list = scene.send(scene.widget.slots(DAY, DAY)).await;
        assert_eq!(list.status, 503, "{trouble:?}");
        let booked = scene.books("10:30", ANN).await;
        assert_eq!(
            (booked.status, booked.code()),
            (503, "calendar_unreadable"),
            "{trouble:?}"
        );
        assert!(!booked.header("retry-after").is_empty());
        assert_eq!(scene.live().await, 0, "{trouble:?}");
    }
}

#[tokio::test]
async fn a_calendar_that_does_not_answer_in_time_is_not_waited_for() {
    let scene = scene().await;
    scene.world.google.faults().always(BUSY, Fault::Stall);
    let answer = scene.books("10:30", ANN).await;
    assert_eq!((answer.status, answer.code()), (503, "calendar_unreadable"));
    assert_eq!(scene.live().await, 0);
}

#[tokio::test]
async fn an_agent_whose_calendar_cannot_be_read_is_named_and_the_others_are_offered() {
    let scene = scene().await;
    let lee = scene.world.agent(&scene.oak).await;
    scene
        .world
        .agent_connects(&scene.oak, &lee, "lee@oak.test")
        .await;
    scene.calendar.free_busy_is(Unreadable::InternalError);
    let answer = scene.send(scene.widget.times(DAY, DAY)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        answer.json["unavailableAgents"],
        json!([{ "agentId": scene.kim.id, "reason": "calendar_unreadable" }])
    );
    let agents: std::collections::BTreeSet<_> = answer.json["slots"][DAY]
        .as_array()
        .unwrap()
        .iter()
        .map(|slot| slot["agentId"].to_string())
        .collect();
    assert_eq!(agents, [json!(lee.id).to_string()].into());
    let booking = scene.booked("10:30", ANN).await;
    assert_eq!(booking["agentId"], json!(lee.id));
}

#[tokio::test]
async fn a_refused_grant_keeps_the_property_from_falling_back_to_times_made_by_hand() {
    let scene = scene().await;
    scene.world.makes_slot(&scene.oak, DAY, "10:00", 1).await;
    let gone = "update agent_calendars set status = 'reauth_required'";
    scene.world.sql.execute(gone, &[]).await.unwrap();
    let answer = scene.send(scene.widget.availability(DAY, DAY)).await;
    assert_eq!((answer.status, answer.code()), (503, "calendar_unreadable"));
}
