//! What the first page says is broken, and where it leads.

use world::google::Mailbox;
use world::{Fault, Property, World, hours, minutes};

use super::{Browser, sign_in};

const HOME: &str = "/dashboard";
const UNANSWERED: &str = "1 prospect has no answer, because a reply could not be sent";
const QUIET: &str = "No coming tour waits for a person.";

async fn office() -> (World, Property, Mailbox, Browser) {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    let browser = sign_in(&world, &oak.admin).await;
    (world, oak, mailbox, browser)
}

async fn page(world: &World, browser: &Browser, path: &str) -> String {
    let answer = browser.get(world, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.text
}

/// Where a page's link leads that begins so.
fn link<'p>(page: &'p str, begin: &str) -> &'p str {
    let start = format!(r#"<a class="button" href="{begin}"#);
    let rest = page.split(&start).nth(1);
    let rest = rest.unwrap_or_else(|| panic!("no link to {begin}: {page}"));
    rest.split('"').next().unwrap()
}

#[tokio::test]
async fn a_reply_that_could_not_be_sent_is_told_until_something_else_was() {
    let (world, oak, mailbox, browser) = office().await;
    world.knows(&oak, "We have two-bedroom homes.").await;
    world.llm.will_say("We have two-bedroom homes.");
    let refused = Fault::status(400, "invalidArgument");
    world.google.faults().always("drafts.send", refused);
    let mail = mailbox.receives("Ann Lee <ann@example.com>", "2BR?", "Any two-bedrooms?");
    world.deliver_pushes().await;
    world.pass(minutes(30)).await;
    world.google.faults().clear();
    let state = "select state || ' ' || reasons[1] from email_replies";
    assert_eq!(world.texts(state).await, ["failed gmail_refused"]);

    let thread = world.texts("select id::text from email_threads").await;
    let thread = format!("/dashboard/threads/{}", thread[0]);
    let shows = async || {
        let home = page(&world, &browser, HOME).await;
        let list = page(&world, &browser, "/dashboard/threads?status=needs_person").await;
        let one = page(&world, &browser, &thread).await;
        [
            home.contains(UNANSWERED),
            list.contains("2BR?"),
            one.contains("The prospect has no answer: Gmail refused to send the reply below."),
        ]
    };
    assert_eq!(shows().await, [true; 3]);
    let home = page(&world, &browser, HOME).await;
    let there = link(&home, "/dashboard/threads?").replace("&amp;", "&");
    assert!(there.ends_with("&status=needs_person"), "{there}");
    // Whoever has it may believe that it is answered.
    for (action, after) in [
        ("take_over", true),
        ("close", false),
        ("reopen", true),
        ("release", true),
    ] {
        browser.post(&world, &thread, &[("action", action)]).await;
        assert_eq!(shows().await, [after; 3], "{action}");
    }
    world.skip(minutes(1));
    mailbox.human_replies(&mail.thread_id, "We have. Sam");
    world.pass(minutes(10)).await;
    assert_eq!(shows().await, [false; 3], "answered");
}

#[tokio::test]
async fn a_coming_tour_that_its_calendar_does_not_show_is_told_with_a_way_to_it() {
    let (world, oak, _, browser) = office().await;
    world.agent_connects(&oak, &oak.admin, "sam@oak.test").await;
    assert!(page(&world, &browser, HOME).await.contains(QUIET));
    let forbidden = Fault::status(403, "requiredAccessLevel");
    world.google.faults().always("events.insert", forbidden);
    world
        .booked_for(&oak, "2026-12-21", "10:30", "ann@example.com")
        .await;
    world.work().await;
    world.google.faults().clear();
    let home = page(&world, &browser, HOME).await;
    let words = "1 coming tour is not in the agent’s calendar as booked";
    assert!(home.contains(words) && !home.contains(QUIET), "{home}");
    let there = link(&home, "/dashboard/tours?").replace("&amp;", "&");
    assert!(there.ends_with("&from=2026-12-21"), "{there}");
    let agenda = page(&world, &browser, &format!("/dashboard/tours?{there}")).await;
    assert!(
        agenda.contains("does not let the agent write into it"),
        "{agenda}"
    );

    // As the runbook says: the agent connects again, and it is made.
    world.agent_connects(&oak, &oak.admin, "sam@oak.test").await;
    world.pass(minutes(10)).await;
    assert!(page(&world, &browser, HOME).await.contains(QUIET));

    let disagrees = "update calendar_events set sync_status = 'conflict', reason = 'all_day'";
    world.sql.batch_execute(disagrees).await.unwrap();
    let home = page(&world, &browser, HOME).await;
    assert!(
        home.contains("1 coming tour disagrees with the event"),
        "{home}"
    );
    // What is over needs nobody any more.
    world.skip(hours(24 * 30));
    let browser = sign_in(&world, &oak.admin).await;
    assert!(page(&world, &browser, HOME).await.contains(QUIET));
}

#[tokio::test]
async fn a_thread_longer_than_its_page_says_how_much_is_left_out() {
    let (world, _, mailbox, browser) = office().await;
    mailbox.receives("Ann Lee <ann@example.com>", "2BR?", "Any two-bedrooms?");
    world.deliver_pushes().await;
    let thread = world.texts("select id::text from email_threads").await;
    let thread = format!("/dashboard/threads/{}", thread[0]);
    let words = "Only the newest messages are shown.";
    assert!(!page(&world, &browser, &thread).await.contains(words));
    let many = "insert into email_messages (property_id, mailbox_id, thread_id, gmail_message_id, direction,
            from_address, to_address, sent_at)
        select property_id, mailbox_id, thread_id, 'more' || n, direction, from_address, to_address, sent_at
        from email_messages, generate_series(1, 101) n;
        update email_threads set message_count = 102";
    world.sql.batch_execute(many).await.unwrap();
    let shown = page(&world, &browser, &thread).await;
    assert!(shown.contains(words), "{shown}");
    assert!(
        shown.contains("2 earlier messages are in the mailbox"),
        "{shown}"
    );
}
