//! Several people in one thread: each keeps what is theirs.

use world::{days, minutes};

use super::scene::{ANN, BOB, Scene};

#[tokio::test]
async fn in_a_thread_of_two_the_other_keeps_their_own_words() {
    let scene = Scene::open().await;
    let first = scene
        .mailbox
        .receives(ANN, "walrus homes", "The walrus body.");
    scene.world.skip(minutes(1));
    scene
        .mailbox
        .incoming_in(
            &first.thread_id,
            BOB,
            "The otter body.\n\nOn Wed, Dec 2, 2026 at 6:00 AM Ann Lee <ann@example.com> wrote:\n> The walrus body.",
        )
        .header("Cc", "Ann@Example.com, carl@example.com")
        .deliver();
    scene.world.deliver_pushes().await;
    let (ann, bob) = (scene.lead(ANN).await, scene.lead(BOB).await);
    let thread = "select lead_id::text from email_threads";
    assert_eq!(scene.world.texts(thread).await, [ann.to_string()]);
    scene.world.skip(minutes(1));

    scene.erases(ann).await;
    assert_eq!(scene.holding(&["walrus", "ann@example.com"]).await, [""; 0]);
    let left = "select body_text || ' ' || cc_addresses::text from email_messages where blanked_at is null";
    assert_eq!(
        scene.world.texts(left).await,
        ["The otter body. {carl@example.com}"]
    );
    assert_eq!(scene.world.texts(thread).await, [bob.to_string()]);
    scene.world.pass(minutes(10)).await;
    let replies = scene.world.replies(&scene.oak).await;
    let states: Vec<_> = replies
        .iter()
        .map(|reply| reply["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["held", "cancelled"], "Bob is answered");
}

#[tokio::test]
async fn the_address_is_taken_out_of_the_copies_of_other_peoples_mail() {
    let scene = Scene::open().await;
    scene.mailbox.receives(ANN, "Homes", "Hello.");
    scene
        .mailbox
        .incoming(BOB, "The otter subject", "The otter body.")
        .header("Cc", "ann@example.com, carl@example.com")
        .header("Reply-To", "Ann@example.com")
        .deliver();
    scene.mailbox.receives_raw(
        b"From: bob@example.com\r\nTo: Ann@example.com\r\nCc: leasing@oak.test\r\nSubject: The walrus subject\r\n\
          Message-ID: <walrus@example.com>\r\n\r\nThe walrus body.\r\n",
    );
    scene.world.deliver_pushes().await;
    scene.world.skip(days(1));
    let ann = scene.lead(ANN).await;
    scene.erases(ann).await;
    let left = "select concat_ws(' ', subject, body_text, cc_addresses::text) from email_messages
                where blanked_at is null order by 1";
    assert_eq!(
        scene.world.texts(left).await,
        [
            "The otter subject The otter body. {carl@example.com}",
            "The walrus subject The walrus body. {leasing@oak.test}",
        ],
        "Bob's own mail"
    );
    assert_eq!(scene.holding(&["ann@example.com"]).await, [""; 0]);
}
