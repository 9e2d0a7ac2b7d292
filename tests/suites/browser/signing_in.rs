//! Coming in and going out.

use super::Office;

#[tokio::test]
async fn somebody_comes_from_the_hosts_pages_and_goes_out_again() {
    let office = Office::open().await;
    let admin = &office.admin;
    office.visits("/dashboard/threads").await;
    admin
        .is_at(&format!("{}/dashboard/sign-in", office.site))
        .await;

    office.signs_in().await;
    admin.sees("Oak Court").await;
    admin.follows("Threads").await;
    admin.sees("No threads here.").await;

    admin.presses("Sign out").await;
    admin.sees("You are signed out.").await;
    office.visits("/dashboard/threads").await;
    admin
        .is_at(&format!("{}/dashboard/sign-in", office.site))
        .await;
    office.closes().await;
}

#[tokio::test]
async fn somebody_signs_in_with_google() {
    let office = Office::open().await;
    let admin = &office.admin;
    let address = format!(
        "select email::text from auth.users where id = '{}'",
        office.oak.admin.id
    );
    let address = office.world.texts(&address).await.remove(0);
    office.world.google.account(&address);
    office.world.google.account("stranger@gmail.test");

    office.visits("/dashboard").await;
    admin.presses("Sign in with Google").await;
    admin.sees("Choose an account").await;
    admin.presses("Cancel").await;
    admin.sees("left without signing in").await;

    admin.presses("Sign in with Google").await;
    admin.picks_account("stranger@gmail.test").await;
    admin.presses("Allow").await;
    admin.sees("No user here has the address").await;

    admin.presses("Sign in with Google").await;
    admin.picks_account(&address).await;
    admin.presses("Allow").await;
    admin.is_at(&format!("{}/dashboard", office.site)).await;
    admin.sees("No mailbox is connected").await;
    office.closes().await;
}
