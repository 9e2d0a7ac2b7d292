//! What people change in Google comes back, and what we change is there once.

mod both;
mod conflicts;
mod following;
mod outages;
mod reading;
mod telling;

use serde_json::json;
use world::google::{Calendar, InviteKind};
use world::touring::Tour;
use world::{Person, Property, World};

const KIM: &str = "kim@oak.test";
const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";
/// A Thursday, the day after the story begins. Chicago is six hours behind UTC.
const DAY: &str = "2026-12-03";
/// Every way to write to a calendar.
const WRITES: [&str; 4] = [
    "events.insert",
    "events.patch",
    "events.delete",
    "events.move",
];

/// A property with one agent, who works from nine to five.
struct Scene {
    world: World,
    oak: Property,
    kim: Person,
    calendar: Calendar,
}

impl Scene {
    async fn start() -> Scene {
        let world = World::start().await;
        let oak = world.property("Oak Court").await;
        let kim = world.agent(&oak).await;
        let calendar = world.agent_connects(&oak, &kim, KIM).await;
        world
            .agent_sets(&oak, &kim, json!({ "slotIntervalMinutes": 30 }))
            .await;
        world.deliver_pushes().await;
        Scene {
            world,
            oak,
            kim,
            calendar,
        }
    }

    /// Ann's tour at ten in Chicago, shown on Kim's calendar and read back.
    async fn with_tour() -> (Scene, Tour) {
        let scene = Scene::start().await;
        let tour = scene.books("10:00", ANN).await;
        scene.follows().await;
        assert_eq!(
            scene.is(&tour).await,
            "confirmed 2026-12-03T16:00:00Z synced"
        );
        (scene, tour)
    }

    async fn books(&self, time: &str, email: &str) -> Tour {
        self.world.booked_for(&self.oak, DAY, time, email).await
    }

    /// What Google tells is delivered and worked on.
    async fn follows(&self) {
        self.world.deliver_pushes().await;
    }

    async fn is(&self, tour: &Tour) -> String {
        self.world.tour(tour).await
    }

    /// Calls that write to calendars, so far.
    fn writes(&self) -> usize {
        let calls = self.world.google.calls();
        WRITES.iter().map(|name| calls.count(name)).sum()
    }

    fn mails(&self, guest: &str) -> Vec<InviteKind> {
        self.world.mails_to(guest)
    }
}
