//! Foreign ids on every page and form.

use uuid::Uuid;
use world::World;

use super::sign_in;
use crate::tenants::tenant;

#[tokio::test]
async fn what_belongs_to_another_looks_like_what_does_not_exist() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let elm = tenant(&world, "Elm House").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let before = world.kept().await;
    let calls = world.google.calls().all().len();

    let nothing = Uuid::new_v4().to_string();
    let theirs = elm.property.id.to_string();
    for (property, thread, reply, agent) in [
        (
            &theirs,
            &elm.thread,
            &elm.reply,
            &elm.property.admin.id.to_string(),
        ),
        (&nothing, &nothing, &nothing, &nothing),
        (
            &"x".to_owned(),
            &"x".to_owned(),
            &"x".to_owned(),
            &"x".to_owned(),
        ),
    ] {
        for page in [
            "",
            "/lumaleasing",
            "/threads",
            "/approvals",
            "/mailbox",
            "/calendar",
            "/tours",
        ] {
            let path = format!("/dashboard{page}?property={property}");
            let answer = browser.get(&world, &path).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(!answer.text.contains("Elm House"), "{path}");
        }
        for path in [
            format!("/dashboard/threads/{thread}"),
            format!("/dashboard/calendar?agent={agent}"),
        ] {
            let answer = browser.get(&world, &path).await;
            assert_eq!(answer.status, 404, "{path}");
        }
        for action in ["take_over", "assign", "close", "archive", "reopen"] {
            let path = format!("/dashboard/threads/{thread}");
            let answer = browser.post(&world, &path, &[("action", action)]).await;
            assert_eq!(answer.status, 404, "{path} {action}");
        }
        for action in ["save", "approve", "reject"] {
            let path = format!("/dashboard/replies/{reply}");
            let fields = [("action", action), ("body_text", "Changed")];
            let answer = browser.post(&world, &path, &fields).await;
            assert_eq!(answer.status, 404, "{path} {action}");
        }
        for (page, action) in [
            ("mailbox", "connect"),
            ("mailbox", "disconnect"),
            ("mailbox", "save"),
            ("calendar", "connect"),
            ("calendar", "disconnect"),
            ("calendar", "pause"),
        ] {
            let path = format!("/dashboard/{page}");
            let fields = [("property", property.as_str()), ("action", action)];
            let answer = browser.post(&world, &path, &fields).await;
            assert_eq!(answer.status, 404, "{path} {action}");
        }
    }
    assert_eq!(world.kept().await, before, "nothing changed");
    assert_eq!(world.google.calls().all().len(), calls, "nobody was asked");
}

#[tokio::test]
async fn a_thread_is_not_given_to_somebody_elsewhere() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let elm = world.property("Elm House").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let path = format!("/dashboard/threads/{}", oak.thread);
    let stranger = elm.admin.id.to_string();
    let answer = browser
        .post(&world, &path, &[("action", "assign"), ("agent", &stranger)])
        .await;
    let location = answer.header("location");
    assert!(
        location.ends_with("?error=invalid_assigned_agent_id"),
        "{location}"
    );
    assert_eq!(
        world
            .texts("select assigned_agent_id::text from email_threads")
            .await,
        ["null"]
    );
}
