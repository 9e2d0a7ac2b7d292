//! Who may erase a person.

use uuid::Uuid;
use world::door;

use super::scene::{OF_ANN, Scene};

#[tokio::test]
async fn erasing_is_an_admins_and_of_their_own_leads() {
    let (scene, ann, _) = Scene::of_two().await;
    let elm = scene.world.property("Elm House").await;
    let before = scene.world.kept().await;
    let knock = |lead: Uuid| door::delete(&format!("/api/lumaleasing/leads/{lead}"));
    for role in ["manager", "agent", "viewer", "Admin", ""] {
        let colleague = scene.world.person(Some(scene.oak.org), role).await;
        let refused = knock(ann)
            .bearer(&colleague.token)
            .send(&scene.world.app)
            .await;
        assert_eq!(
            (refused.status, refused.code()),
            (403, "forbidden"),
            "{role}"
        );
    }
    let foreign = knock(ann)
        .bearer(&elm.admin.token)
        .send(&scene.world.app)
        .await;
    let nothing = knock(Uuid::new_v4()).bearer(&elm.admin.token);
    let nothing = nothing.send(&scene.world.app).await;
    assert_eq!((foreign.status, &foreign.text), (404, &nothing.text));
    assert_eq!(knock(ann).send(&scene.world.app).await.status, 401);
    let odd = door::delete("/api/lumaleasing/leads/7").bearer(&scene.oak.admin.token);
    assert_eq!(odd.send(&scene.world.app).await.status, 404);
    let mut after = scene.world.kept().await;
    for table in ["auth.users", "public.profiles", "public.audit_log"] {
        after.insert(table.to_owned(), before[table].clone());
    }
    assert_eq!(after, before, "nothing changed");
    assert!(!scene.holding(&OF_ANN).await.is_empty());
    assert_eq!(scene.erases(ann).await.status, 200);
}
