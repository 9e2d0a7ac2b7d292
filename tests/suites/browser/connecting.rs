//! Mailbox and calendar are connected on Google's page, and given back.

use super::Office;

#[tokio::test]
async fn an_admin_connects_the_mailbox_and_a_calendar_on_googles_page() {
    let office = Office::open().await;
    let admin = &office.admin;
    let google = &office.world.google;
    google.account("leasing@oak.test");
    google.account("sam@oak.test");
    office.signs_in().await;
    admin.sees("No mailbox is connected").await;

    admin.follows("Mailbox settings").await;
    admin.presses("Connect with Google").await;
    admin.presses("Cancel").await;
    admin.sees("left without consent").await;
    admin.follows("Mailbox").await;
    admin.presses("Connect with Google").await;
    admin.picks_account("leasing@oak.test").await;
    admin.presses("Allow").await;
    admin
        .sees("leasing@oak.test is connected. New mail is read from now on.")
        .await;
    assert!(google.mailbox("leasing@oak.test").watch().is_some());

    admin.follows("Calendar").await;
    admin.presses("Connect with Google").await;
    admin.picks_account("sam@oak.test").await;
    admin.presses("Allow").await;
    admin
        .sees("sam@oak.test is connected. Tours keep clear")
        .await;
    admin.does_not_see("No mailbox is connected").await;
    office.world.work().await;

    admin.follows("Mailbox").await;
    admin.presses("Disconnect").await;
    admin
        .sees("Disconnected. Our access is given back to Google.")
        .await;
    assert!(google.mailbox("leasing@oak.test").watch().is_none());
    office.closes().await;
}
