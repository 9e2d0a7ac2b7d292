//! After the erasure: nothing old comes back, and whoever writes again is somebody new.

use world::{days, minutes};

use super::scene::{ANN, OF_ANN, Scene};

#[tokio::test]
async fn a_listing_of_the_whole_mailbox_brings_nothing_back() {
    let (scene, ann, _) = Scene::of_two().await;
    scene.erases(ann).await;
    let rows = scene
        .world
        .count("select count(*) from email_messages")
        .await;
    scene.mailbox.history_expires();
    scene.world.deliver_push(&scene.mailbox.push()).await;
    scene.world.work().await;
    scene.world.pass(minutes(10)).await;
    assert_eq!(scene.holding(&OF_ANN).await, [""; 0]);
    assert_eq!(
        scene
            .world
            .count("select count(*) from email_messages")
            .await,
        rows
    );
    assert_eq!(scene.world.count("select count(*) from leads").await, 2);
}

#[tokio::test]
async fn mail_from_before_that_is_found_late_is_not_filed() {
    let (scene, ann, _) = Scene::of_two().await;
    // Gmail has it, and nobody told us before the erasure.
    let late = scene
        .mailbox
        .incoming(ANN, "The walrus subject", "The walrus body.")
        .deliver();
    let thread = late.thread_id.clone();
    scene.world.skip(minutes(1));
    scene.mailbox.human_replies(&thread, "The walrus answer.");
    scene.world.skip(minutes(1));
    scene.erases(ann).await;
    scene.world.deliver_pushes().await;
    scene.world.pass(minutes(10)).await;
    assert_eq!(scene.holding(&OF_ANN).await, [""; 0]);
    let skipped = "select state || ' ' || reason from email_quarantine";
    assert_eq!(
        scene.world.texts(skipped).await,
        ["skipped erased", "skipped erased"]
    );
    assert_eq!(scene.world.count("select count(*) from leads").await, 2);
    scene.world.finish().await;
}

#[tokio::test]
async fn who_writes_again_is_a_new_lead_even_in_the_old_thread() {
    let (scene, ann, _) = Scene::of_two().await;
    let threads = format!("select gmail_thread_id from email_threads where lead_id = '{ann}'");
    let thread = scene.world.texts(&threads).await.remove(0);
    scene.erases(ann).await;
    scene.world.skip(minutes(1));
    scene.world.llm.will_say("We have two-bedroom homes.");
    scene
        .mailbox
        .receives_in(&thread, ANN, "Hello again from the puffin.");
    scene.world.deliver_pushes().await;
    scene.world.pass(minutes(10)).await;

    let again = scene.lead(ANN).await;
    assert_ne!(again, ann);
    let owner =
        format!("select lead_id::text from email_threads where gmail_thread_id = '{thread}'");
    assert_eq!(scene.world.texts(&owner).await, [again.to_string()]);
    let replies = scene.world.replies(&scene.oak).await;
    assert_eq!(replies[0]["state"], "held", "{}", replies[0]);
    // What the model was told of the thread holds nothing of before.
    let prompt = scene.world.llm.last_prompt();
    assert!(
        prompt.contains("puffin") && !prompt.contains("walrus body"),
        "{prompt}"
    );
}

#[tokio::test]
async fn who_opted_out_stays_opted_out() {
    let (scene, ann, _) = Scene::of_two().await;
    scene.world.skip(minutes(1));
    scene
        .mailbox
        .receives(ANN, "Enough", "Please unsubscribe me.");
    scene.world.deliver_pushes().await;
    let addresses = "select address_key from email_suppressions";
    assert_eq!(scene.world.texts(addresses).await, ["ann@example.com"]);
    scene.erases(ann).await;
    let kept = scene.world.texts(addresses).await;
    assert!(kept[0].starts_with("sha256:"), "{kept:?}");

    scene.world.skip(days(1));
    scene.mailbox.receives(ANN, "Homes", "Any two-bedrooms?");
    scene.world.deliver_pushes().await;
    scene.world.pass(minutes(10)).await;
    let replies = scene.world.replies(&scene.oak).await;
    assert_eq!(
        replies[0]["reasons"],
        serde_json::json!(["opted_out"]),
        "{}",
        replies[0]
    );
}

#[tokio::test]
async fn a_visitor_who_comes_back_does_not_meet_the_erased_lead() {
    let (scene, ann, _) = Scene::of_two().await;
    scene.erases(ann).await;
    let joined = format!(
        "select count(*) from widget_sessions s left join conversations c on c.widget_session_id = s.id
         where s.lead_id = '{ann}' or c.lead_id = '{ann}'"
    );
    assert_eq!(scene.world.count(&joined).await, 0);
}
