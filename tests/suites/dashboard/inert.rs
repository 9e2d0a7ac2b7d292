//! What comes from outside is shown as text, and no page lets anything run.

use world::{World, door};

use super::sign_in;

const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'";
const END: &str = "; frame-ancestors 'none'; base-uri 'none'";

#[tokio::test]
async fn every_page_forbids_scripts_frames_caches_and_what_is_elsewhere() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let browser = sign_in(&world, &oak.admin).await;
    let google = format!(" {}", world.google.url().trim_end_matches('/'));
    for (page, extra) in [
        ("", ""),
        ("/threads", ""),
        ("/approvals", ""),
        ("/mailbox", google.as_str()),
        ("/calendar", &google),
        ("/tours", ""),
        ("/leads", ""),
        ("/activity", ""),
        ("/sign-in", &google),
        ("/nothing", ""),
        ("/threads/x", ""),
        ("/leads/x", ""),
    ] {
        let answer = browser.get(&world, &format!("/dashboard{page}")).await;
        let header = |name| answer.header(name).to_owned();
        assert_eq!(
            header("content-security-policy"),
            format!("{POLICY}{extra}{END}"),
            "{page}"
        );
        assert_eq!(header("cache-control"), "no-store", "{page}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{page}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{page}");
        assert_eq!(
            header("strict-transport-security"),
            "max-age=31536000",
            "{page}"
        );
        assert_eq!(header("content-type"), "text/html; charset=utf-8", "{page}");
        assert!(!answer.text.contains("<script"), "{page}");
        assert!(!answer.text.contains(" style="), "{page}");
        assert!(
            !answer.text.contains("//"),
            "{page} names another place: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn the_stylesheet_is_kept_for_good_under_a_name_of_its_own() {
    let world = World::start().await;
    let page = door::get("/dashboard/sign-in").send(&world.app).await;
    let start = page.text.find("/dashboard/style-").expect("a stylesheet");
    let path = page.text[start..].split('"').next().unwrap();
    let style = door::get(path).send(&world.app).await;
    assert_eq!(
        (style.status, style.header("content-type")),
        (200, "text/css; charset=utf-8")
    );
    assert_eq!(
        style.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    let other = door::get("/dashboard/style-0.css").send(&world.app).await;
    assert_eq!(other.status, 404);
}

#[tokio::test]
async fn hostile_mail_is_shown_as_the_text_it_is() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    mailbox.receives(
        "\"<img src=x onerror=alert(1)>\" <ann@example.com>",
        "</title><script>alert(2)</script>",
        "</div><script>alert(3)</script> <img src=https://evil.test/x.png onerror=alert(4)> {{ 7 * 7 }} javascript:alert(5)",
    );
    world.deliver_pushes().await;
    let browser = sign_in(&world, &oak.admin).await;
    let thread = &world.texts("select id::text from email_threads").await[0];
    for path in [
        "/dashboard/threads".to_owned(),
        format!("/dashboard/threads/{thread}"),
    ] {
        let page = browser.get(&world, &path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        for word in ["<script", "<img", "onerror=alert(1)>", "</title><"] {
            assert!(!page.text.contains(word), "{path}: {word}");
        }
        assert!(
            page.text
                .contains("&#60;script&#62;alert(2)&#60;/script&#62;"),
            "{}",
            page.text
        );
    }
    let page = browser
        .get(&world, &format!("/dashboard/threads/{thread}"))
        .await;
    assert!(
        page.text.contains("&#60;script&#62;alert(3)"),
        "{}",
        page.text
    );
    assert!(page.text.contains("{{ 7 * 7 }}"));
}

#[tokio::test]
async fn a_word_in_the_address_is_not_shown_but_for_an_account() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let browser = sign_in(&world, &oak.admin).await;
    for (query, shown, hidden) in [
        ("error=gmail_denied", "without consent", "gmail_denied"),
        ("error=%3Cb%3Ehunter2", "That did not work", "hunter2"),
        ("success=hunter2", "Oak Court", "hunter2"),
        (
            "success=gmail_connected&email=leasing%40oak.test",
            "leasing@oak.test is connected",
            "gmail_connected",
        ),
        (
            "success=gmail_connected&email=%3Cb%3Ex",
            "&#60;b&#62;x",
            "<b>x",
        ),
    ] {
        let page = browser
            .get(&world, &format!("/dashboard/lumaleasing?{query}"))
            .await;
        assert!(page.text.contains(shown), "{query}: {}", page.text);
        assert!(!page.text.contains(hidden), "{query}");
    }
}
