//! Two properties, two mailboxes: what the model is told and what is sent never mixes.

use world::{World, minutes};

use super::desk::ANN;

#[tokio::test]
async fn the_model_is_told_of_one_property_one_thread_and_one_sender() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let elm = world.property("Elm House").await;
    world
        .knows(&oak, "Pets at Oak Court are welcome: canary-oak.")
        .await;
    world
        .knows(&elm, "Pets at Elm House are welcome: canary-elm.")
        .await;
    let oaks = world.connects(&oak, "leasing@oak.test").await;
    let elms = world.connects(&elm, "leasing@elm.test").await;

    // Ann writes to both, twice to the one; Bob writes in a thread of his own and into Ann's.
    let first = oaks.receives(ANN, "Pets?", "Are pets welcome? canary-first");
    elms.receives(ANN, "Pets?", "Are pets welcome? canary-to-elm");
    oaks.receives(
        "Bob <bob@example.com>",
        "Pets?",
        "Are pets welcome? canary-bob",
    );
    oaks.receives(ANN, "Cats?", "Are pets welcome? canary-second");
    world.deliver_pushes().await;
    world.pass(minutes(6)).await;
    oaks.receives_in(
        &first.thread_id,
        "Bob <bob@example.com>",
        "I am Bob. canary-intruder",
    );
    world.deliver_pushes().await;
    world.pass(minutes(6)).await;
    oaks.receives_in(
        &first.thread_id,
        ANN,
        "Are large pets welcome? canary-again",
    );
    world.deliver_pushes().await;
    world.pass(minutes(6)).await;

    let all = [
        "oak", "elm", "first", "to-elm", "bob", "second", "intruder", "again",
    ];
    let told: Vec<Vec<&str>> = world
        .llm
        .chats()
        .iter()
        .map(|chat| {
            let chat = chat.to_string();
            let named = |name: &&&str| {
                let canary = format!("canary-{name}");
                chat.match_indices(&canary)
                    .any(|(at, _)| !chat[at + canary.len()..].starts_with('-'))
            };
            all.iter().filter(named).copied().collect()
        })
        .collect();
    let mut told = told;
    told.sort();
    let expected = [
        vec!["elm", "to-elm"],
        vec!["oak", "bob"],
        vec!["oak", "first"],
        vec!["oak", "first", "again"],
        vec!["oak", "intruder"],
        vec!["oak", "second"],
    ];
    assert_eq!(told, expected);
    for letter in oaks.sent() {
        assert!(!letter.text().contains("canary-elm"));
    }
    assert_eq!((oaks.sent().len(), elms.sent().len()), (5, 1));
    world.finish().await;
}

#[tokio::test]
async fn the_same_thread_and_message_ids_in_two_mailboxes_are_two_stories() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let elm = world.property("Elm House").await;
    let id = "18c2aaaabbbbcccc";
    let mut mailboxes = Vec::new();
    for (property, address) in [(&oak, "leasing@oak.test"), (&elm, "leasing@elm.test")] {
        world.knows(property, "Pets are welcome.").await;
        let mailbox = world.connects(property, address).await;
        mailbox
            .incoming(ANN, "Pets?", "Are pets welcome?")
            .id(id)
            .deliver();
        mailboxes.push(mailbox);
    }
    world.deliver_pushes().await;
    world.pass(minutes(6)).await;
    for mailbox in &mailboxes {
        assert_eq!(mailbox.sent().len(), 1, "{}", mailbox.address());
    }
    for property in [&oak, &elm] {
        assert_eq!(world.replies(property).await.len(), 1);
    }
    world.finish().await;
}
