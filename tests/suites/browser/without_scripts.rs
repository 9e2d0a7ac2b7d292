//! The same pages where JavaScript is switched off in the browser's settings.

use super::Office;

#[tokio::test]
async fn everything_works_in_a_browser_without_scripts() {
    let office = Office::without_scripts().await;
    let admin = &office.admin;
    admin
        .opens_text("<title>off</title><script>document.title = 'on'</script><h1>Here</h1>")
        .await;
    admin.sees("Here").await;
    assert_eq!(admin.title().await, "off");

    office.signs_in().await;
    office.answers_ann().await;
    admin.follows("Threads").await;
    office.closes_anns_thread().await;

    office.world.google.account("sam@oak.test");
    admin.follows("Calendar").await;
    admin.presses("Connect with Google").await;
    admin.picks_account("sam@oak.test").await;
    admin.presses("Allow").await;
    admin.sees("sam@oak.test is connected").await;
    admin.follows("Calendar").await;
    admin.fills("Friday, window 1, from", "1000AM").await;
    admin.presses("Save").await;
    admin.sees("Saved.").await;
    let hours = "select working_hours -> 'fri' from agent_calendars";
    let hours = format!("select ({hours})::text");
    assert!(office.world.texts(&hours).await[0].contains("10:00"));
    admin.presses("Sign out").await;
    admin.sees("You are signed out.").await;
    office.closes().await;
}
