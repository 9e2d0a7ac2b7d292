//! Which account was chosen, and what it was allowed to give.

use serde_json::json;
use url::Url;
use world::google::Consent;
use world::{Fault, World, hours, minutes};

use super::{audited, disconnects, grants};

const MODIFY: &str = "https://www.googleapis.com/auth/gmail.modify";

#[tokio::test]
async fn an_unticked_permission_leaves_nothing_behind() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let consent = Consent::allow("leasing@oak.test").without(MODIFY);
    let answer = world.consents(&oak, consent).await;
    assert_eq!(
        answer.header("location"),
        "/dashboard/lumaleasing?error=missing_scope"
    );
    assert_eq!(grants(&world).await, 0);
    assert_eq!(world.google.calls().count("revoke"), 1, "and is given back");
    assert!(world.google.mailbox("leasing@oak.test").watch().is_none());

    world.connects(&oak, "leasing@oak.test").await;
}

#[tokio::test]
async fn an_account_that_is_not_the_mailboxs_own_is_refused() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let cases = [
        ("alias@oak.test", "ceo@oak.test", true, "account_mismatch"),
        ("new@oak.test", "new@oak.test", false, "unverified_account"),
    ];
    for (account, email, verified, code) in cases {
        world.google.account(account).identified_as(email, verified);
        let answer = world.consents(&oak, Consent::allow(account)).await;
        let location = format!("/dashboard/lumaleasing?error={code}");
        assert_eq!(answer.header("location"), location);
        assert_eq!(grants(&world).await, 0, "{code}");
    }
    assert_eq!(world.google.calls().count("revoke"), 2);

    // Letter case is none of the differences.
    let account = world.google.account("leasing@oak.test");
    account.identified_as("Leasing@Oak.test", true);
    world.connects(&oak, "leasing@oak.test").await;
}

#[tokio::test]
async fn a_grant_that_cannot_be_refreshed_is_refused() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mut consenting = world.begins_consent(&oak, &oak.admin).await;
    let online = consenting
        .auth_url
        .as_str()
        .replace("access_type=offline", "access_type=online");
    consenting.auth_url = Url::parse(&online).unwrap();
    let back = world
        .answers_google(&consenting, Consent::allow("leasing@oak.test"))
        .await;
    let answer = world.comes_back(&back, Some(&consenting.browser)).await;
    assert_eq!(
        answer.header("location"),
        "/dashboard/lumaleasing?error=missing_tokens"
    );
    assert_eq!(grants(&world).await, 0);

    world.connects(&oak, "leasing@oak.test").await;
}

#[tokio::test]
async fn a_mailbox_belongs_to_one_property() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let elm = world.property("Elm House").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    let answer = world
        .consents(&elm, Consent::allow("Leasing@Oak.test"))
        .await;
    assert_eq!(
        answer.header("location"),
        "/dashboard/lumaleasing?error=mailbox_in_use"
    );
    assert_eq!(world.config(&elm).await["status"], json!("disconnected"));

    // Giving the second grant back would have ended the first: Google revokes them together.
    assert_eq!(world.google.calls().count("revoke"), 0);
    mailbox.receives("Ann Lee <ann@example.com>", "2BR?", "Any two-bedrooms?");
    world.deliver_pushes().await;
    let filed = format!(
        "select count(*) from email_messages where property_id = '{}'",
        oak.id
    );
    assert_eq!(world.count(&filed).await, 1);

    assert_eq!(
        disconnects(&world, &oak, &oak.admin.token).await.status,
        204
    );
    world.connects(&elm, "leasing@oak.test").await;
    world.finish().await;
}

#[tokio::test]
async fn a_mailbox_that_cannot_be_watched_is_not_connected() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    for operation in ["getProfile", "watch"] {
        let refusal = Fault::status(403, "domainPolicy");
        world.google.faults().once(operation, refusal);
        let answer = world
            .consents(&oak, Consent::allow("leasing@oak.test"))
            .await;
        assert_eq!(
            answer.header("location"),
            "/dashboard/lumaleasing?error=gmail_unreachable",
            "{operation}"
        );
        assert_eq!(grants(&world).await, 0, "{operation}");
    }
    assert_eq!(world.google.calls().count("revoke"), 2);

    world.google.mailbox("leasing@oak.test").watch_conflict();
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    assert!(
        mailbox.watch().is_some(),
        "another program's watch gives way"
    );
}

#[tokio::test]
async fn connecting_the_same_account_again_fills_the_gap() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    world
        .sets(&oak, json!({ "autoReplyDelayMinutes": 40 }))
        .await;
    mailbox.receives("Ann Lee <ann@example.com>", "Before", "One?");
    world.deliver_pushes().await;
    let connected_at = world
        .texts("select connected_at::text from gmail_config")
        .await;

    world.google.revoke("leasing@oak.test");
    world.pass(hours(1)).await;
    mailbox.receives("Bob Ray <bob@example.com>", "Meanwhile", "Two?");
    world.pass(hours(2)).await;
    assert_eq!(world.config(&oak).await["status"], json!("reauth_required"));
    let cursor = world
        .count("select history_id::bigint from gmail_config")
        .await;

    world.connects(&oak, "leasing@oak.test").await;
    let subjects = "select subject from email_messages order by sent_at";
    assert_eq!(world.texts(subjects).await, ["Before", "Meanwhile"]);
    assert!(
        world
            .count("select history_id::bigint from gmail_config")
            .await
            > cursor
    );
    let config = world.config(&oak).await;
    assert_eq!(config["status"], json!("connected"));
    assert_eq!(config["autoReplyDelayMinutes"], json!(40), "settings stay");
    assert_eq!(
        world
            .texts("select connected_at::text from gmail_config")
            .await,
        connected_at,
        "what came in the gap may still be answered"
    );
    let actions = audited(&world).await;
    assert_eq!(actions.last().unwrap(), "mailbox.reconnected");
    assert_eq!(world.google.calls().count("revoke"), 0);
    world.finish().await;
}

#[tokio::test]
async fn connecting_a_living_account_again_takes_the_newer_grant() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    let refresh = "select refresh_token from gmail_config";
    let before = world.texts(refresh).await;
    world.connects(&oak, "leasing@oak.test").await;
    assert_ne!(world.texts(refresh).await, before);
    world.pass(hours(2)).await; // until the access token has to be refreshed
    mailbox.receives("Ann Lee <ann@example.com>", "2BR?", "Any two-bedrooms?");
    world.deliver_pushes().await;
    assert_eq!(world.count("select count(*) from email_messages").await, 1);
    assert_eq!(world.google.calls().count("revoke"), 0);
}

#[tokio::test]
async fn two_first_consents_at_once_leave_a_grant_that_works() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mut back = Vec::new();
    for _ in 0..2 {
        let consenting = world.begins_consent(&oak, &oak.admin).await;
        let allowed = Consent::allow("leasing@oak.test");
        let url = world.answers_google(&consenting, allowed).await;
        back.push((url, consenting.browser));
    }
    let (first, second) = tokio::join!(
        world.comes_back(&back[0].0, Some(&back[0].1)),
        world.comes_back(&back[1].0, Some(&back[1].1)),
    );
    for answer in [first, second] {
        let location = answer.header("location");
        assert!(location.contains("gmail_connected"), "{location}");
    }
    let mailbox = world.google.mailbox("leasing@oak.test");
    mailbox.receives("Ann Lee <ann@example.com>", "2BR?", "Any two-bedrooms?");
    world.deliver_pushes().await;
    assert_eq!(world.count("select count(*) from email_messages").await, 1);
    world.finish().await;
}

#[tokio::test]
async fn another_account_takes_the_place_of_the_first() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.knows(&oak, "We have two-bedroom homes.").await;
    world.llm.will_say("We have two-bedroom homes.");
    let old = world.connects(&oak, "old@oak.test").await;
    old.receives("Ann Lee <ann@example.com>", "To the old", "One?");
    world.deliver_pushes().await; // its reply waits for five minutes
    let new = world.google.mailbox("new@oak.test");
    new.receives("Bob Ray <bob@example.com>", "Long ago", "Two?");

    world.skip(minutes(1));
    world.connects(&oak, "new@oak.test").await;
    old.receives("Cyd Fox <cyd@example.com>", "To nobody", "Three?");
    new.receives(
        "Dan Poe <dan@example.com>",
        "To the new",
        "Any two-bedroom homes?",
    );
    world.deliver_pushes().await;
    world.pass(minutes(10)).await;

    let subjects =
        "select subject from email_messages where direction = 'inbound' order by sent_at";
    assert_eq!(world.texts(subjects).await, ["To the old", "To the new"]);
    let owed = "select count(*) from grant_revocations";
    assert_eq!(world.count(owed).await, 0);
    assert_eq!(
        world.google.calls().count("revoke"),
        1,
        "the old grant ended"
    );
    let answered: Vec<String> = world
        .google
        .delivered()
        .into_iter()
        .flat_map(|mail| mail.to)
        .collect();
    assert_eq!(answered, ["dan@example.com"]);
    let states = world
        .texts("select state from email_replies order by created_at")
        .await;
    assert_eq!(states, ["cancelled", "sent"]);
    world.finish().await;
}

#[tokio::test]
async fn a_consent_that_dies_half_way_leaves_nothing_and_can_be_begun_again() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    for operation in ["token", "getProfile", "watch"] {
        let calls = world.google.calls();
        world
            .google
            .faults()
            .once(operation, Fault::StallAfterEffect);
        let consent = world.consents(&oak, Consent::allow("leasing@oak.test"));
        let before = calls.count(operation);
        tokio::select! {
            _ = consent => panic!("{operation} never answers"),
            () = calls.arrived(operation, before + 1) => {}
        }
        assert_eq!(grants(&world).await, 0, "{operation}");
        assert_eq!(world.config(&oak).await["status"], json!("disconnected"));
    }
    world.connects(&oak, "leasing@oak.test").await;
    world.finish().await;
}
