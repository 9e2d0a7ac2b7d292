//! Without a mouse.

use serde_json::json;

use super::Office;
use super::story::ANN;

#[tokio::test]
async fn a_thread_is_found_and_closed_by_keys_alone() {
    let office = Office::open().await;
    let (world, admin) = (&office.world, &office.admin);
    let mailbox = world.connects(&office.oak, "leasing@oak.test").await;
    mailbox.receives(ANN, "Any two-bedrooms?", "Do you have one?");
    world.deliver_pushes().await;
    office.signs_in().await;

    // What comes first is the way past the menu.
    assert_eq!(admin.tabs().await, "Skip to the content");
    let order = ["LumaLeasing", "Sign out", "Overview", "Threads"];
    for expected in order {
        assert_eq!(admin.tabs().await, expected);
    }
    admin.enters().await;
    admin
        .is_at(&format!("{}/dashboard/threads", office.site))
        .await;

    assert_eq!(admin.tabs().await, "Skip to the content");
    admin.enters().await;
    assert_eq!(
        admin.tabs().await,
        "All",
        "the content begins with its own menu"
    );
    admin.tabs_to("Any two-bedrooms?").await;
    admin.enters().await;
    admin.sees("Do you have one?").await;
    admin.tabs_to("Close").await;
    admin.enters().await;
    admin.sees("Closed, until the prospect writes again.").await;
    let status = world.texts("select status from email_threads").await;
    assert_eq!(json!(status), json!(["closed"]));
    office.closes().await;
}
