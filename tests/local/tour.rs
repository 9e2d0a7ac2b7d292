//! The story goes on: a tour is booked, stands in the agent's calendar, follows what the agent and the
//! prospect do there, and is cancelled by the link of the invitation.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use world::Google;
use world::google::{Calendar, Consent, InviteKind, Rsvp};

use crate::api::Api;
use crate::demo::PATIENCE;
use crate::steps::{seconds, step, until};
use crate::{Failure, Result, seed};

const PROSPECT: &str = "ann.lee@example.com";
/// From the booking to the event.
const PROMISED: Duration = Duration::from_secs(5);

/// Plays it; the first thing that does not happen ends it. `team` is signed in, `widget` is the site's.
pub async fn play(google: &Google, team: &Api, widget: &Api) -> Result<()> {
    println!("The prospect takes a tour:");
    let calendar = connect(google, team).await?;
    let slot = step("The widget asks when tours can be had", free(widget)).await?;
    let started = Instant::now();
    let booked = step("Ann books the tour", book(widget, &slot)).await?;
    let id = text(&booked["booking"]["id"])?;
    let event = step(
        "Event and one invitation stand in the agent's calendar",
        shown(&calendar),
    )
    .await?;
    let took = started.elapsed();
    println!("    {} after the booking was asked for", seconds(took));
    if took > PROMISED {
        return Err(Failure::new("the event came later than promised").into());
    }
    step(
        "The agent moves it in Google; the booking follows",
        moved(&calendar, team, &event, id),
    )
    .await?;
    step("Ann declines the invitation; the team sees it", async {
        calendar.rsvp(&event, PROSPECT, Rsvp::Declined);
        until("the answer is seen", PATIENCE, async || {
            let tour = team.get(&tour(id)).await?;
            Ok((tour["invite"]["responseStatus"] == "declined").then_some(()))
        })
        .await
    })
    .await?;
    step(
        "Ann cancels by the link; the event is gone",
        cancelled(&calendar, team, text(&booked["manageUrl"])?, id),
    )
    .await?;
    let mails = calendar.invites_to(PROSPECT);
    let kinds: Vec<InviteKind> = mails.iter().map(|mail| mail.kind).collect();
    if kinds != [InviteKind::Invite, InviteKind::Cancel] {
        return Err(Failure::new(format!("Google wrote to Ann: {kinds:?}")).into());
    }
    println!("  ✓ Google wrote to Ann twice: the invitation, and its cancellation\n");
    Ok(())
}

/// An agent connects the calendar in a browser.
async fn connect(google: &Google, team: &Api) -> Result<Calendar> {
    let calendar = google.calendar(seed::AGENT);
    calendar.lives_in("America/Chicago");
    step("An agent connects a calendar at Google", async {
        let property = seed::PROPERTY;
        let page = team
            .follow(&format!("/api/calendar/connect?propertyId={property}"))
            .await?;
        let consent = google
            .consents(&page.location, Consent::allow(seed::AGENT))
            .await;
        let back = consent.map_err(Failure::new)?;
        let done = team.come_back(back.as_str(), &page.cookie).await?;
        if !done.location.contains("success=calendar_connected") {
            return Err(Failure::new(format!("not connected: {}", done.location)).into());
        }
        Ok(())
    })
    .await?;
    Ok(calendar)
}

/// The first time on offer that is not today.
async fn free(widget: &Api) -> Result<Value> {
    let answer = widget.get("/api/calendar/availability").await?;
    let days = answer["slots"].as_object().into_iter().flatten();
    let mut times = days
        .skip(1)
        .filter_map(|(_, times)| times.as_array()?.first());
    let first = times.next().cloned();
    let first = first.ok_or_else(|| Failure::new(format!("no time is on offer: {answer}")))?;
    println!(
        "    {} at {}",
        text(&first["date"])?,
        text(&first["startTime"])?
    );
    Ok(first)
}

async fn book(widget: &Api, slot: &Value) -> Result<Value> {
    let wish = json!({
        "slotId": null,
        "tourDate": slot["date"],
        "tourTime": slot["startTime"],
        "leadInfo": { "first_name": "Ann", "last_name": "Lee", "email": PROSPECT, "phone": "" },
    });
    widget
        .json(Method::POST, "/api/lumaleasing/tours", Some(wish))
        .await
}

/// Waits for the event; answers its id.
async fn shown(calendar: &Calendar) -> Result<String> {
    let event = until("the event is made", PATIENCE, async || {
        Ok(calendar.events().into_iter().next())
    })
    .await?;
    let invitations = calendar.invites_to(PROSPECT).len();
    if invitations != 1 || calendar.events().len() != 1 {
        return Err(Failure::new(format!("{invitations} invitations were sent")).into());
    }
    Ok(event.id)
}

/// An hour later, as the agent drags it in Google.
async fn moved(calendar: &Calendar, team: &Api, event: &str, id: &str) -> Result<()> {
    let shown = calendar.event(event);
    let hour = chrono::TimeDelta::hours(1);
    let (start, end) = (shown.starts_at() + hour, shown.ends_at() + hour);
    calendar.moves(event, start, end);
    until("the booking follows", PATIENCE, async || {
        let tour = team.get(&tour(id)).await?;
        let now = tour["start"].as_str().unwrap_or_default();
        let now = now.parse::<chrono::DateTime<chrono::Utc>>().ok();
        Ok((now == Some(start)).then_some(()))
    })
    .await
}

/// As a person does: opens the page, asks to cancel, confirms.
async fn cancelled(calendar: &Calendar, team: &Api, link: &str, id: &str) -> Result<()> {
    team.page(link).await?;
    team.submit(link, &[("action", "cancel")]).await?;
    team.submit(link, &[("action", "cancel"), ("confirmed", "yes")])
        .await?;
    until("the event is gone", PATIENCE, async || {
        let tour = team.get(&tour(id)).await?;
        let is_cancelled = tour["status"] == "cancelled";
        Ok((is_cancelled && calendar.events().is_empty()).then_some(()))
    })
    .await
}

fn tour(id: &str) -> String {
    format!("/api/lumaleasing/tours/{id}")
}

fn text(value: &Value) -> Result<&str> {
    let text = value.as_str();
    Ok(text.ok_or_else(|| Failure::new(format!("a text was expected, not {value}")))?)
}
