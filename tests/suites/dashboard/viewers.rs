//! Whoever only looks is offered what they may do, and told why not the rest.

use world::{World, door};

use super::{SESSION, sign_in};
use crate::tenants::tenant;

const OFFERS: [&str; 2] = [r#"value="approve""#, r#"value="reject""#];
const WHOSE: &str = "A manager or admin approves this.";

#[tokio::test]
async fn who_may_not_approve_is_offered_no_button_that_does() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let viewer = world.person(Some(oak.property.org), "viewer").await;
    let manager = world.person(Some(oak.property.org), "manager").await;
    let thread = format!("/dashboard/threads/{}", oak.thread);
    for (who, approves) in [(&viewer, false), (&manager, true)] {
        let browser = sign_in(&world, who).await;
        for path in [thread.as_str(), "/dashboard/approvals"] {
            let page = browser.get(&world, path).await.text;
            assert!(page.contains("We have two-bedroom homes."), "{page}");
            // Words are everybody's to change.
            assert!(page.contains(r#"value="save""#), "{page}");
            for offer in OFFERS {
                assert_eq!(page.contains(offer), approves, "{path} {offer}: {page}");
            }
            assert_eq!(page.contains(WHOSE), !approves, "{path}: {page}");
        }
    }
}

#[tokio::test]
async fn a_refusal_tells_a_role_from_a_form_that_is_too_old() {
    const ROLE: &str = "Your role does not allow this.";
    const FORM: &str = "This form is older than your session.";
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let viewer = world.person(Some(oak.property.org), "viewer").await;
    let browser = sign_in(&world, &viewer).await;
    let path = "/dashboard/mailbox";
    let post = |token: &str| {
        let fields = [("action", "disconnect"), ("form_token", token)];
        door::post(path)
            .form(&fields)
            .cookie(SESSION, &browser.session)
    };
    for (knock, said) in [(post(&browser.form_token), ROLE), (post("older"), FORM)] {
        let answer = knock.send(&world.app).await;
        assert_eq!(answer.status, 403, "{}", answer.text);
        for words in [ROLE, FORM] {
            assert_eq!(
                answer.text.contains(words),
                words == said,
                "{said}: {}",
                answer.text
            );
        }
    }
}
