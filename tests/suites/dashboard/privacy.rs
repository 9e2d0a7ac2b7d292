//! A prospect's data from the team's pages: as a file, and erased.

use world::World;

use super::{Browser, sign_in};
use crate::enrichment::chat::{Chat, lead};

async fn page(world: &World, browser: &Browser, path: &str) -> String {
    let answer = browser.get(world, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.text
}

#[tokio::test]
async fn a_click_hands_out_a_file_of_what_is_kept() {
    let chat = Chat::open().await;
    chat.ann_says("Is there a walrus pond?").await;
    let manager = chat.world.person(Some(chat.oak.org), "manager").await;
    let browser = sign_in(&chat.world, &manager).await;
    let one = format!("/dashboard/leads/{}", chat.lead);
    let shown = page(&chat.world, &browser, &one).await;
    assert!(shown.contains(&format!("href=\"{one}/export\"")), "{shown}");
    assert!(!shown.contains("/erase"), "an admin's alone");
    let file = browser.get(&chat.world, &format!("{one}/export")).await;
    assert_eq!(
        (file.status, file.header("content-disposition")),
        (
            200,
            format!("attachment; filename=\"lead-{}.json\"", chat.lead).as_str()
        )
    );
    assert_eq!(file.header("cache-control"), "no-store");
    assert!(file.text.contains("walrus pond") && file.text.contains("ann@example.com"));
    let taken = "select actor_id::text from audit_log where action = 'lead.exported'";
    assert_eq!(chat.world.texts(taken).await, [manager.id.to_string()]);
}

#[tokio::test]
async fn an_admin_who_types_the_word_erases_the_prospect() {
    let chat = Chat::open().await;
    chat.ann_says("Is there a walrus pond?").await;
    lead(&chat.world, &chat.oak, "bob@example.com").await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    let one = format!("/dashboard/leads/{}", chat.lead);
    let shown = page(&chat.world, &browser, &one).await;
    assert!(shown.contains(&format!("href=\"{one}/erase\"")), "{shown}");
    let asked = page(&chat.world, &browser, &format!("{one}/erase")).await;
    for words in [
        "Erase Ann",
        "cannot be undone",
        "Gmail mailbox",
        "name=\"word\"",
    ] {
        assert!(asked.contains(words), "{words}: {asked}");
    }
    let before = chat.world.kept().await;
    for word in ["", "yes", "eras"] {
        let answer = browser
            .post(&chat.world, &format!("{one}/erase"), &[("word", word)])
            .await;
        assert_eq!(answer.status, 422, "{word}");
        for words in ["That was another word", "name=\"word\""] {
            assert!(answer.text.contains(words), "{words}: {}", answer.text);
        }
    }
    assert_eq!(chat.world.kept().await, before, "nothing was erased");

    let answer = browser
        .post(&chat.world, &format!("{one}/erase"), &[("word", " Erase ")])
        .await;
    let to = answer.header("location").to_owned();
    assert!(
        to.starts_with("/dashboard/leads?") && to.ends_with("success=erased"),
        "{to}"
    );
    let list = page(&chat.world, &browser, &to).await;
    assert!(
        list.contains("Erased.") && list.contains("bob@example.com"),
        "{list}"
    );
    assert!(!list.contains("ann@example.com"), "{list}");
    let rows = chat.world.everything().await;
    let rows: Vec<&String> = rows.values().flatten().collect();
    assert!(
        !rows
            .iter()
            .any(|row| row.contains("walrus") || row.contains("ann@example.com"))
    );
    // A second click of somebody who has the page open still.
    let again = browser
        .post(&chat.world, &format!("{one}/erase"), &[("word", "erase")])
        .await;
    assert_eq!(again.status, 303);
}

#[tokio::test]
async fn nobody_else_comes_so_far() {
    let chat = Chat::open().await;
    let one = format!("/dashboard/leads/{}", chat.lead);
    for (role, exports) in [("manager", 200), ("agent", 403), ("viewer", 403)] {
        let person = chat.world.person(Some(chat.oak.org), role).await;
        let browser = sign_in(&chat.world, &person).await;
        let file = browser.get(&chat.world, &format!("{one}/export")).await;
        assert_eq!(file.status, exports, "{role}");
        let path = format!("{one}/erase");
        assert_eq!(browser.get(&chat.world, &path).await.status, 403, "{role}");
        let forced = browser.post(&chat.world, &path, &[("word", "erase")]).await;
        assert_eq!(forced.status, 403, "{role}");
        let shown = page(&chat.world, &browser, &one).await;
        assert_eq!(shown.contains("/export"), role == "manager");
    }
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    let forged = Browser {
        form_token: "another".to_owned(),
        ..browser
    };
    let forged = forged
        .post(&chat.world, &format!("{one}/erase"), &[("word", "erase")])
        .await;
    assert_eq!(forged.status, 403);
    let kept = "select count(*) from leads where email = 'ann@example.com'";
    assert_eq!(chat.world.count(kept).await, 1);
}
