//! The working-hours editor, and the times that prospects are offered afterwards.

use serde_json::Value;
use world::door;

use super::Office;

#[tokio::test]
async fn changed_working_hours_change_what_is_offered() {
    let office = Office::open().await;
    let (world, oak, admin) = (&office.world, &office.oak, &office.admin);
    world.agent_connects(oak, &oak.admin, "sam@oak.test").await;
    let (friday, saturday, monday) = ("2026-12-04", "2026-12-05", "2026-12-07");
    assert!(!office.offers(friday).await.is_empty());
    assert_eq!(office.offers(saturday).await, [""; 0]);
    let usual = office.offers(monday).await;
    assert!(usual.contains(&"14:15".to_owned()), "{usual:?}");

    office.signs_in().await;
    admin.follows("Calendar").await;
    admin.fills("Friday, window 1, from", "").await;
    admin.fills("Friday, window 1, to", "").await;
    admin.fills("Saturday, window 1, from", "1000AM").await;
    admin.fills("Saturday, window 1, to", "1200PM").await;
    admin.fills("Monday, window 1, to", "1200PM").await;
    admin.fills("Free around it, in minutes", "0").await;
    admin.presses("Save").await;
    admin.sees("Saved.").await;

    assert_eq!(
        office.offers(friday).await,
        [""; 0],
        "a day that was emptied"
    );
    let offered = office.offers(saturday).await;
    assert_eq!(offered, ["10:00", "10:30", "11:00", "11:30"]);
    let offered = office.offers(monday).await;
    assert_eq!(offered.first().map(String::as_str), Some("09:00"));
    assert_eq!(offered.last().map(String::as_str), Some("11:30"));

    // Half a window is refused, and nothing changes.
    admin.fills("Sunday, window 1, from", "0900AM").await;
    admin.presses("Save").await;
    admin.sees("A window of the week has no end").await;
    admin.presses("Save").await;
    admin.sees("A window of the week has no end").await; // what was typed stands there still
    assert_eq!(office.offers("2026-12-06").await, [""; 0]);
    office.closes().await;
}

impl Office {
    /// The times of a day that the team is told, as `09:00`.
    async fn offers(&self, day: &str) -> Vec<String> {
        let path = "/api/calendar/availability";
        let path = format!(
            "{path}?propertyId={}&startDate={day}&endDate={day}",
            self.oak.id
        );
        let ask = door::get(&path).bearer(&self.oak.admin.token);
        let answer = ask.send(&self.world.app).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let slots = answer.json["slots"][day].as_array().into_iter().flatten();
        let start = |slot: &Value| slot["startTime"].as_str().unwrap().to_owned();
        slots.map(start).collect()
    }
}
