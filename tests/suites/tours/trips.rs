//! What a question and a booking cost: statements to the database, calls to Google.

use world::wire::{Said, Wire};

use super::*;

/// A property with this many agents, and the system behind a wire that hears what it says.
async fn overheard(agents: usize) -> (Scene, shared::app::App, Wire) {
    let scene = scene().await;
    for n in 1..agents {
        let agent = scene.world.agent(&scene.oak).await;
        let address = format!("agent{n}@oak.test");
        scene
            .world
            .agent_connects(&scene.oak, &agent, &address)
            .await;
    }
    let wire = Wire::to(&scene.world.database.url).await;
    let app = scene.world.another_app(&[("DATABASE_URL", wire.url())]);
    scene.world.google.calls().clear();
    (scene, app, wire)
}

fn statements(said: &[Said]) -> Vec<&str> {
    let texts = said.iter().filter_map(|said| match said {
        Said::Statement(text) => Some(text.as_str()),
        Said::Begin | Said::Commit => None,
    });
    texts.collect()
}

#[tokio::test]
async fn availability_costs_two_statements_and_one_call_for_each_agent() {
    for agents in [1, 3, 12] {
        let (scene, app, wire) = overheard(agents).await;
        let asked = scene.widget.times(DAY, "2026-12-16");
        let answer = asked.send(&app).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let said = wire.said();
        assert_eq!(statements(&said).len(), 2, "{said:#?}");
        let begun = said.iter().filter(|said| **said == Said::Begin).count();
        assert_eq!(begun, 1, "one transaction: {said:#?}");
        let calls = scene.world.google.calls().operations();
        assert_eq!(calls, vec!["freebusy.query"; agents]);
    }
}

#[tokio::test]
async fn a_booking_costs_one_look_one_transaction_that_writes_it_and_one_insert() {
    let (scene, app, wire) = overheard(3).await;
    let answer = scene.widget.wishes(DAY, "10:30", ANN).send(&app).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let calls = scene.world.google.calls().operations();
    assert_eq!(calls, ["freebusy.query", "events.insert"]);

    let said = wire.said();
    let mut transactions = said.split(|said| *said == Said::Begin);
    assert_eq!(transactions.next(), Some(&[][..]), "nothing outside of one");
    let transactions: Vec<Vec<&str>> = transactions.map(statements).collect();
    let writes = |texts: &&Vec<&str>| {
        texts
            .iter()
            .any(|text| text.contains("insert into luma.tour_bookings"))
    };
    assert_eq!(transactions.iter().filter(writes).count(), 1);
    // What is read before Google is asked, the booking, and the note of what Google answered.
    assert_eq!(transactions.len(), 3, "{transactions:#?}");
}
