//! The system's own client on the simulated Calendar.

use jiff::Timestamp;
use shared::domain::ids::{BookingId, CalendarId, ChannelId, EventId, fresh};
use shared::domain::interval::Interval;
use shared::domain::tour::Rsvp;
use shared::domain::zone;
use shared::google::Error;
use shared::google::calendar::{
    Calendar, Channel, EventChange, Guest, NewEvent, Next, Since, When,
};
use world::google::{InviteKind, Unreadable};
use world::{PUBLIC_URL, World};

use super::{ANN, EVENTS, FREE_BUSY, KIM, LISTS};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn time(start: &str, end: &str) -> Interval {
    Interval::new(at(start), at(end)).unwrap()
}

fn client(world: &World) -> Calendar {
    let tokens = world.google.grants(KIM, &[EVENTS, FREE_BUSY, LISTS]);
    world.app.google().calendar(&tokens.access_token.into())
}

fn kim() -> CalendarId {
    CalendarId(KIM.to_owned())
}

#[tokio::test]
async fn a_tour_is_booked_moved_and_cancelled() {
    let world = World::start().await;
    let (client, own) = (client(&world), world.google.calendar(KIM));
    let zone = zone::find("America/Chicago").unwrap();
    let (id, booking) = (EventId("lt0123456789".into()), BookingId(fresh()));
    let ten = time("2026-12-07T16:00:00Z", "2026-12-07T16:30:00Z");
    let tour = NewEvent {
        id: &id,
        booking,
        summary: "Tour",
        description: "Meet at the <b>office</b>",
        location: Some("12 Oak Street"),
        time: ten,
        zone: &zone,
        guest: Some(Guest {
            email: ANN,
            name: Some("Ann Lee"),
        }),
    };
    let created = client.insert(&kim(), &tour).await.unwrap();
    assert_eq!(
        (created.when, created.booking),
        (Some(When::Timed(ten)), Some(booking))
    );
    assert!(created.is_ours_to_edit);
    assert_eq!(
        client.insert(&kim(), &tour).await.unwrap_err(),
        Error::AlreadyExists
    );
    assert_eq!(client.get(&kim(), &id).await.unwrap(), created);
    let day = time("2026-12-07T06:00:00Z", "2026-12-08T06:00:00Z");
    assert_eq!(client.busy(&kim(), day).await.unwrap(), [ten]);
    assert_eq!(client.between(&kim(), day).await.unwrap().len(), 1);

    let noon = time("2026-12-07T18:00:00Z", "2026-12-07T18:30:00Z");
    let change = EventChange {
        time: Some(noon),
        zone: &zone,
        summary: None,
        description: None,
        location: None,
    };
    let moved = client
        .patch(&kim(), &id, &change, &created.etag)
        .await
        .unwrap();
    assert_eq!(moved.when, Some(When::Timed(noon)));
    let stale = client.patch(&kim(), &id, &change, &created.etag).await;
    assert_eq!(stale.unwrap_err(), Error::Changed);
    own.rsvp(&id.0, ANN, world::google::Rsvp::Declined);
    assert_eq!(
        client.get(&kim(), &id).await.unwrap().attendees[0].rsvp,
        Rsvp::Declined
    );
    client.delete(&kim(), &id).await.unwrap();
    client.delete(&kim(), &id).await.unwrap();
    assert!(client.get(&kim(), &id).await.unwrap().is_cancelled);
    assert_eq!(
        client.insert(&kim(), &tour).await.unwrap_err(),
        Error::AlreadyExists
    );
    let kinds: Vec<_> = own
        .invites_to(ANN)
        .into_iter()
        .map(|mail| mail.kind)
        .collect();
    assert_eq!(
        kinds,
        [InviteKind::Invite, InviteKind::Update, InviteKind::Cancel]
    );
}

#[tokio::test]
async fn changes_are_followed_page_by_page() {
    let world = World::start().await;
    let (client, own) = (client(&world), world.google.calendar(KIM));
    own.pages_hold(1);
    let first = own.busy("2026-12-07T15:00:00Z", "2026-12-07T16:00:00Z");
    let second = own.busy("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z");
    let start = Since::Time(at("2026-12-01T00:00:00Z"));
    let page = client.changes(&kim(), start, None).await.unwrap();
    let Next::Page(next) = page.next else {
        panic!("there are two pages")
    };
    let page = client.changes(&kim(), start, Some(&next)).await.unwrap();
    let Next::Token(token) = page.next else {
        panic!("that was the last page")
    };
    own.moves(&first, "2026-12-07T17:00:00Z", "2026-12-07T18:00:00Z");
    own.cancels(&second);
    own.pages_hold(10);
    let page = client
        .changes(&kim(), Since::Token(&token), None)
        .await
        .unwrap();
    let seen: Vec<_> = page
        .events
        .iter()
        .map(|one| (one.id.0.as_str(), one.is_cancelled))
        .collect();
    assert_eq!(seen, [(first.as_str(), false), (second.as_str(), true)]);
    own.sync_tokens_expire();
    let expired = client.changes(&kim(), Since::Token(&token), None).await;
    assert_eq!(expired.unwrap_err(), Error::SyncTokenExpired);
}

#[tokio::test]
async fn useless_answers_are_not_free_time() {
    let world = World::start().await;
    let (client, own) = (client(&world), world.google.calendar(KIM));
    own.busy("2026-12-07T15:00:00Z", "2026-12-07T16:00:00Z");
    let day = time("2026-12-07T06:00:00Z", "2026-12-08T06:00:00Z");
    for unreadable in [
        Unreadable::NotFound,
        Unreadable::InternalError,
        Unreadable::Missing,
        Unreadable::WithoutEnd,
    ] {
        own.free_busy_is(unreadable);
        let busy = client.busy(&kim(), day).await;
        assert!(
            matches!(busy, Err(Error::CalendarUnreadable(_))),
            "{unreadable:?}"
        );
    }
    own.recovers();
    assert_eq!(client.busy(&kim(), day).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_channel_is_opened_and_stopped_and_calendars_are_listed() {
    let world = World::start().await;
    let (client, own) = (client(&world), world.google.calendar(KIM));
    let tours = own.another("Tours");
    let address = format!("{PUBLIC_URL}/api/calendar/webhook");
    let channel = Channel {
        id: ChannelId(fresh()),
        address: &address,
        token: "secret",
    };
    let watched = client.watch(&kim(), &channel).await.unwrap();
    assert_eq!(watched.resource, own.channels()[0].resource);
    client.stop(channel.id, &watched.resource).await.unwrap();
    client.stop(channel.id, &watched.resource).await.unwrap();
    assert!(own.channels().is_empty());
    assert_eq!(client.zone(&kim()).await.unwrap(), "America/Chicago");
    let listed = client.calendars().await.unwrap();
    let listed: Vec<_> = listed
        .iter()
        .map(|one| (one.id.0.as_str(), one.is_primary))
        .collect();
    assert_eq!(listed, [(tours.id(), false), (KIM, true)]);
}
