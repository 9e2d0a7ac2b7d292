//! One prospect's story, played on the local stack: mail in, push, stored, answered in the thread; then
//! [a tour](crate::tour).

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use world::Google;
use world::google::{Consent, Delivered};

use crate::api::Api;
use crate::seed::MAILBOX;
use crate::stack::Stack;
use crate::steps::{seconds, step, until};
use crate::token::Signer;
use crate::{Failure, Result, dashboard, http_client, seed, tour};

const PROSPECT: &str = "Ann Lee <ann.lee@example.com>";
const SUBJECT: &str = "Two-bedroom in January?";
const QUESTION: &str = "Hi,\n\ndo you have a two-bedroom apartment free in January, and what is the \
                        rent? I have a cat.\n\nAnn";

/// A cold start, a catch-up and an answer take seconds; a machine that compiles beside takes more.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// What to do after the story.
#[derive(Clone, Copy, PartialEq)]
pub enum Then {
    Stay,
    Exit,
}

/// Plays the story and says what happened; the first thing that does not happen ends it.
pub async fn play(stack: &Stack) -> Result<()> {
    let (Some(google), Some(signer)) = (stack.google(), Signer::of(&stack.settings)) else {
        let why = "the story needs the emulated Google and AUTH_JWT_SECRET; the stack is up";
        return Err(Failure::new(why).into());
    };
    println!("\nA prospect's story:");
    let token = signer.token(seed::ADMIN_EMAIL).await?;
    let api = Api::new(http_client()?, &stack.api_url, token);
    connect(google, &api).await?;

    let started = Instant::now();
    let arrived = google
        .mailbox(MAILBOX)
        .receives(PROSPECT, SUBJECT, QUESTION);
    println!("  ✓ {PROSPECT} writes: {SUBJECT}");
    let thread = step(
        "Google pushes; the mail is stored",
        stored(&api, &arrived.thread_id),
    )
    .await?;
    let answer = step(
        "The answer is written and sent",
        answered(google, &api, &thread),
    )
    .await?;
    let took = seconds(started.elapsed());
    if answer.thread_id != arrived.thread_id {
        return Err(Failure::new("the answer stands in another thread").into());
    }
    step(
        "The answer is stored, and was sent once",
        kept(google, &api, &thread),
    )
    .await?;
    println!("  ✓ Answered in the same thread, {took} after the mail arrived:\n");
    let mail = answer.message();
    println!("    Subject: {}\n", mail.subject().unwrap_or_default());
    for line in mail.body_text(0).unwrap_or_default().lines() {
        println!("    {line}");
    }
    println!();
    step(
        "The team closes the thread; what Ann wants is known",
        wanted(&api, &thread),
    )
    .await?;
    tour::play(google, &api, &api.widget(seed::WIDGET_KEY)).await?;
    match stack.sign_in_link() {
        Some(link) => looked_up(&api, &link, &thread).await,
        None => Ok(()),
    }
}

/// What was played stands on the dashboard, for whoever signs in by the link.
async fn looked_up(api: &Api, link: &str, thread: &str) -> Result<()> {
    let lead = api
        .get(&format!("/api/lumaleasing/gmail/threads/{thread}"))
        .await?["leadId"]
        .take();
    let lead = lead.as_str().unwrap_or_default();
    let said: [(String, &[&str]); 3] = [
        (
            format!("/dashboard/threads/{thread}"),
            &[SUBJECT, "I have a cat.", "Written by AI"],
        ),
        (
            "/dashboard/tours".to_owned(),
            &["Ann Lee", "cancelled by the prospect"],
        ),
        (
            format!("/dashboard/leads/{lead}"),
            &["Ann Lee", ">cat</blockquote>", ">two-bedroom</blockquote>"],
        ),
    ];
    println!("On the dashboard:");
    dashboard::shows(api, link, &said).await
}

/// An admin connects the property's mailbox in a browser.
async fn connect(google: &Google, api: &Api) -> Result<()> {
    let routes = "/api/lumaleasing/gmail";
    let property = seed::PROPERTY;
    step(
        "An admin connects the property's mailbox at Google",
        async {
            let page = api
                .follow(&format!("{routes}/connect?propertyId={property}"))
                .await?;
            let consent = google
                .consents(&page.location, Consent::allow(MAILBOX))
                .await;
            let back = consent.map_err(Failure::new)?;
            let done = api.come_back(back.as_str(), &page.cookie).await?;
            if !done.location.contains("success=gmail_connected") {
                return Err(Failure::new(format!("not connected: {}", done.location)).into());
            }
            Ok(())
        },
    )
    .await?;
    step(
        "The admin has mail answered at once, without delay",
        async {
            let settings = json!({ "replyMode": "auto", "autoReplyDelayMinutes": 0 });
            let path = format!("{routes}/config?propertyId={property}");
            api.json(Method::PATCH, &path, Some(settings)).await
        },
    )
    .await?;
    Ok(())
}

/// Waits until the mail is stored; answers our id of its thread.
async fn stored(api: &Api, gmail_thread: &str) -> Result<String> {
    let path = format!(
        "/api/lumaleasing/gmail/threads?propertyId={}",
        seed::PROPERTY
    );
    until("the mail is stored", PATIENCE, async || {
        let listed = api.get(&path).await?;
        let mut threads = listed["threads"].as_array().into_iter().flatten();
        let ours = threads.find(|thread| thread["gmailThreadId"] == gmail_thread);
        Ok(ours
            .and_then(|thread| thread["id"].as_str())
            .map(str::to_owned))
    })
    .await
}

/// Waits until Gmail has sent the answer.
async fn answered(google: &Google, api: &Api, thread: &str) -> Result<Delivered> {
    let path = format!("/api/lumaleasing/gmail/threads/{thread}");
    until("the answer is sent", PATIENCE, async || {
        if let Some(answer) = google.mailbox(MAILBOX).sent().pop() {
            return Ok(Some(answer));
        }
        let replies = api.get(&path).await?["replies"].take();
        let stuck = |reply: &&Value| {
            ["held", "failed", "cancelled"]
                .iter()
                .any(|s| reply["state"] == *s)
        };
        match replies.as_array().into_iter().flatten().find(stuck) {
            Some(reply) => Err(Failure::new(format!("the answer is not sent: {reply}")).into()),
            None => Ok(None),
        }
    })
    .await
}

/// Waits until both sides of the exchange are stored and the reply is settled.
async fn kept(google: &Google, api: &Api, thread: &str) -> Result<()> {
    let path = format!("/api/lumaleasing/gmail/threads/{thread}");
    until("the answer is stored", PATIENCE, async || {
        let thread = api.get(&path).await?;
        let messages = thread["messages"].as_array().into_iter().flatten();
        let directions: Vec<_> = messages
            .map(|message| message["direction"].as_str())
            .collect();
        let settled = thread["replies"][0]["state"] == "sent";
        let complete = directions == [Some("inbound"), Some("outbound")];
        Ok((settled && complete).then_some(()))
    })
    .await?;
    match google.mailbox(MAILBOX).sent().len() {
        1 => Ok(()),
        times => Err(Failure::new(format!("the answer was sent {times} times")).into()),
    }
}

/// Closes the thread, and waits until it was read; prints what Ann wants, in her own words.
async fn wanted(api: &Api, thread: &str) -> Result<()> {
    let path = format!("/api/lumaleasing/gmail/threads/{thread}");
    let closed = json!({ "status": "closed" });
    let closed = api.json(Method::PATCH, &path, Some(closed)).await?;
    let lead = closed["leadId"].as_str().unwrap_or_default();
    let path = format!("/api/lumaleasing/leads/{lead}/interests");
    let interests = until("the conversation is read", PATIENCE, async || {
        let interests = api.get(&path).await?["interests"].take();
        Ok(interests
            .as_array()
            .cloned()
            .filter(|found| !found.is_empty()))
    })
    .await?;
    for interest in interests {
        let part = |name: &str| interest[name].as_str().unwrap_or_default().to_owned();
        println!(
            "    {}: {} (“{}”)",
            part("type"),
            part("value"),
            part("evidence")
        );
    }
    Ok(())
}
