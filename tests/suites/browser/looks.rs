//! Every page as it looks: on a phone and on a desk, in light and in dark colours. Pictures of all of them are
//! written to `target/screenshots`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::Office;
use super::person::Screen;

const EXAMINE: &str = include_str!("examine.js");

#[tokio::test]
async fn every_page_can_be_used_on_a_phone_and_a_desk_in_light_and_in_dark() {
    let office = Office::open().await;
    let prospects = office.has_a_story().await;
    office.visits("/dashboard/sign-in").await;
    office.is_photographed("sign-in").await;
    office.signs_in().await;
    let pages = office.pages().await;
    for must in [
        "dashboard",
        "threads",
        "threads-one",
        "approvals",
        "leads",
        "leads-one",
        "tours",
        "mailbox",
        "calendar",
        "activity",
    ] {
        assert!(
            pages.contains_key(must),
            "nothing leads to {must}: {pages:?}"
        );
    }
    for (name, path) in &pages {
        office.visits(path).await;
        office.is_photographed(name).await;
    }
    for (name, path) in [
        ("prospect", prospects.as_str()),
        ("prospect-404", "/tours/nothing"),
        ("404", "/dashboard/nothing"),
    ] {
        office.visits(path).await;
        office.is_photographed(name).await;
    }
    office.visits("/dashboard/leads").await;
    office.admin.follows("Ann Lee").await;
    office.is_photographed("leads-one-known").await;
    office.visits("/dashboard/mailbox").await;
    let forgets =
        "document.querySelectorAll('[name=form_token]').forEach(field => { field.value = 'x' })";
    office.admin.examines(forgets).await;
    office.admin.presses("Save").await;
    office.is_photographed("403").await;
    office.closes().await;
}

impl Office {
    /// The page on which the admin is: nothing keeps anybody from using it.
    async fn is_photographed(&self, name: &str) {
        let mut faults = BTreeSet::new();
        for (screen, called) in [(Screen::Phone, "phone"), (Screen::Desktop, "desktop")] {
            for (dark, colours) in [(false, "light"), (true, "dark")] {
                self.admin.looks_at(screen, dark).await;
                let found = self.admin.examines(EXAMINE).await;
                let found = found.as_array().into_iter().flatten();
                faults.extend(found.map(|fault| format!("{called}, {colours}: {fault}")));
                let picture = self.admin.photographs().await;
                let file = folder().join(format!("{name}-{called}-{colours}.png"));
                fs::write(file, picture).unwrap();
            }
        }
        assert_eq!(faults, BTreeSet::new(), "{name}");
    }
}

/// What the examination finds is there to be found.
#[tokio::test]
async fn a_page_that_is_hard_to_use_is_noticed() {
    let office = Office::open().await;
    let admin = &office.admin;
    admin.looks_at(Screen::Phone, false).await;
    let good = "<html lang=en><meta name=viewport content='width=device-width'><title>Good</title><main><h1>Good</h1></main>";
    admin.opens_text(good).await;
    assert_eq!(admin.examines(EXAMINE).await, json!([]));
    for (more, fault) in [
        ("<h1>Another</h1>", "2 titles"),
        ("<h3>Deep</h3>", "a level is left out"),
        ("<p id=a>1</p><p id=a>2</p>", "two things are called a"),
        (
            "<p aria-labelledby=b>1</p>",
            "aria-labelledby names nothing",
        ),
        ("<input name=a>", "a field without a label"),
        ("<button></button>", "nothing says what this does"),
        ("<img src=data:,>", "a picture without words"),
        ("<nav></nav>", "a menu without a name"),
        ("<p style='width: 500px'>Wide</p>", "on a screen of"),
        ("<p style='color: #999'>Pale</p>", "contrast 2.85"),
    ] {
        admin.opens_text(&format!("{good}{more}")).await;
        let found = admin.examines(EXAMINE).await.to_string();
        assert!(found.contains(fault), "{more}: {found}");
    }
    office.closes().await;
}

/// Made once; what lies there from before is written over.
fn folder() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join("screenshots");
    fs::create_dir_all(&folder).unwrap();
    folder
}
