//! Tours, from the wish to the visit: which times are told, who gets one, how it is changed, shown and told.

mod availability;
mod booking;
mod changes;
mod crowd;
mod letters;
mod office;
mod once;
mod page;
mod refusals;
mod reminders;
mod strangers;
mod sync;
mod trips;
mod unreadable;
mod widget;

use serde_json::Value;
use world::door::{self, Answer, Knock};
use world::google::Calendar;
use world::people::Person;
use world::{Property, Widget, World};

/// A working day of the story: Thursday, the day after it begins. Chicago is six hours behind UTC.
const DAY: &str = "2026-12-03";
const ANN: &str = "ann@example.com";

/// A property with a widget and one agent, who works from nine to six.
struct Scene {
    world: World,
    oak: Property,
    widget: Widget,
    kim: Person,
    calendar: Calendar,
}

async fn scene() -> Scene {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let widget = world.widget(&oak).await;
    let kim = world.agent(&oak).await;
    let calendar = world.agent_connects(&oak, &kim, "kim@oak.test").await;
    Scene {
        world,
        oak,
        widget,
        kim,
        calendar,
    }
}

impl Scene {
    async fn send(&self, knock: Knock) -> Answer {
        knock.send(&self.world.app).await
    }

    /// The free times of a day as the widget is told, `09:00` and so on.
    async fn free(&self, day: &str) -> Vec<String> {
        let answer = self.send(self.widget.availability(day, day)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        free_in(&answer, day)
    }

    async fn books(&self, time: &str, email: &str) -> Answer {
        self.send(self.widget.wishes(DAY, time, email)).await
    }

    async fn booked(&self, time: &str, email: &str) -> Value {
        let answer = self.books(time, email).await;
        assert_eq!(answer.status, 200, "{time}: {}", answer.text);
        answer.json["booking"].clone()
    }

    async fn user(&self, knock: Knock) -> Answer {
        self.send(knock.bearer(&self.oak.admin.token)).await
    }

    async fn live(&self) -> i64 {
        let sql = "select count(*) from tour_bookings where status = 'confirmed'";
        self.world.count(sql).await
    }
}

fn free_in(answer: &Answer, day: &str) -> Vec<String> {
    let times = answer.json["slotsByDate"][day].as_array();
    let free = times
        .into_iter()
        .flatten()
        .filter(|time| time["available"] == true);
    free.map(|time| time["time"].as_str().unwrap().to_owned())
        .collect()
}

/// The times of a day in the API's own shape.
fn starts_in(answer: &Answer, day: &str) -> Vec<String> {
    let slots = answer.json["slots"][day].as_array().into_iter().flatten();
    slots
        .map(|slot| slot["startTime"].as_str().unwrap().to_owned())
        .collect()
}

fn one(booking: &Value) -> String {
    format!("/api/lumaleasing/tours/{}", booking["id"].as_str().unwrap())
}

/// As if an address had called so often in this minute.
async fn called(world: &World, bucket: &str, times: i32) {
    world
        .sql
        .execute(
            "insert into rate_counters (bucket, window_start, hits)
             values ($1, to_timestamp($2::bigint / 60 * 60), $3)",
            &[&bucket, &world.now().timestamp(), &times],
        )
        .await
        .unwrap();
}
