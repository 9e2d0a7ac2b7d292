//! A few days at Oak Court, for pages that show something.

use serde_json::json;
use world::google::Rsvp;
use world::{Fault, hours, minutes};

use super::Office;

pub const ANN: &str = "Ann Lee <ann@example.com>";
pub const KNOWLEDGE: &str = "Two-bedroom homes at Oak Court rent from $1,850 a month.";

impl Office {
    /// Mail that was answered, mail that waits, tours of every kind; answers the path of a prospect's page.
    pub async fn has_a_story(&self) -> String {
        self.has_mail().await;
        self.has_tours().await
    }

    async fn has_mail(&self) {
        let (world, oak) = (&self.world, &self.oak);
        world.knows(oak, KNOWLEDGE).await;
        let pets =
            "Oak Court welcomes cats and dogs. The pet deposit is $300, pet rent $35 a month.";
        world.knows(oak, pets).await;
        let mailbox = world.connects(oak, "leasing@oakcourt.example").await;
        let settings = json!({ "replyMode": "auto", "autoReplyDelayMinutes": 0,
            "signature": "Oak Court Leasing\n12 Oak Street, Austin" });
        world.sets(oak, settings).await;
        let asked = "Hi,\n\ndo you have a two-bedroom apartment free in January, and what is the rent? \
                     We can pay up to $2,100. I have a cat, and a pool would be lovely.\n\nAnn";
        mailbox.receives(ANN, "Two-bedroom in January?", asked);
        world.deliver_pushes().await;
        world.pass(hours(1)).await;
        let long = "Is there somewhere to charge a car? My lease ends soon and I would like to know before \
                    the weekend. https://example.com/a-very-long-address-that-has-nowhere-to-break/0123456789abcdef0123456789";
        mailbox.receives("Ben Ortiz <ben@example.com>", "Charging", long);
        world.deliver_pushes().await;
        world.sets(oak, json!({ "replyMode": "approve" })).await;
        mailbox.receives(
            "Carla Diaz <carla.diaz@example.com>",
            "Re: Your advertisement on the listing site: pets, and the deposit that goes with them",
            "Are dogs welcome? What is the pet deposit?",
        );
        world.deliver_pushes().await;
        world.pass(minutes(30)).await;
        let closes =
            "update email_threads set status = 'closed' where subject = 'Two-bedroom in January?'";
        world.sql.batch_execute(closes).await.unwrap();
    }

    async fn has_tours(&self) -> String {
        let (world, oak) = (&self.world, &self.oak);
        let (sams, kims) = ("sam@oakcourt.example", "kim@oakcourt.example");
        let sams = world.agent_connects(oak, &oak.admin, sams).await;
        let kim = world.agent(oak).await;
        let kims = world.agent_connects(oak, &kim, kims).await;
        let (day, next) = ("2026-12-03", "2026-12-04");
        let ben = world.booked_for(oak, day, "09:45", "ben@example.com").await;
        world.team_cancels(oak, &ben).await;
        let carla = "carla.diaz@example.com";
        world.booked_for(oak, next, "13:30", carla).await;
        let answer = world.books_for(oak, next, "10:30", "ann@example.com").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        // Google takes no event of Dan's.
        let forbidden = Fault::status(403, "requiredAccessLevel");
        world.google.faults().always("events.insert", forbidden);
        world
            .booked_for(oak, next, "15:00", "dan@example.com")
            .await;
        world.google.faults().clear();
        world.work().await;
        for calendar in [sams, kims] {
            for event in calendar.events() {
                let guest = event.guests()[0].to_owned();
                calendar.rsvp(&event.id, &guest, Rsvp::Accepted);
            }
        }
        world.deliver_pushes().await;
        world.pass(minutes(1)).await;
        let page = answer.json["manageUrl"].as_str().unwrap();
        page.strip_prefix(&self.site).unwrap().to_owned()
    }
}
