//! The operator's walk over the log: what was changed, removed, added or cut off, and where.

use serde_json::{Value, json};
use shared::store::audit::{self, Head};
use uuid::Uuid;
use world::{World, door};

/// Two properties with a few rows each.
async fn written() -> (World, Uuid, Uuid) {
    let world = World::start().await;
    let (oak, elm) = (
        world.property("Oak Court").await,
        world.property("Elm House").await,
    );
    for property in [&oak, &elm, &oak, &elm, &oak, &elm, &oak] {
        let sql = format!(
            "insert into audit_log (property_id, actor_kind, action, entity, hash)
             values ('{}', 'system', 'x.y', 'x', '')",
            property.id
        );
        world.sql.batch_execute(&sql).await.unwrap();
    }
    (world, oak.id, elm.id)
}

/// What the function answers.
async fn walks(world: &World) -> Value {
    door::tick(&world.app, "audit_verify").await.unwrap()
}

/// The id of a property's n-th row.
async fn row(world: &World, property: Uuid, n: usize) -> i64 {
    let sql = "select array_agg(id order by id) from audit_log where property_id = $1";
    let ids: Vec<i64> = world.sql.query_one(sql, &[&property]).await.unwrap().get(0);
    ids[n]
}

/// Somebody with every right takes the triggers away.
async fn tampers(world: &World, sql: &str) {
    let sql = format!(
        "alter table audit_log disable trigger user; {sql}; alter table audit_log enable trigger user"
    );
    world.sql.batch_execute(&sql).await.unwrap();
}

#[tokio::test]
async fn whole_chains_are_walked_and_their_ends_named() {
    let (world, oak, elm) = written().await;
    let answer = walks(&world).await;
    assert_eq!(
        (
            &answer["ok"],
            &answer["rows"],
            &answer["properties"],
            &answer["broken"]
        ),
        (&json!(true), &json!(7), &json!(2), &json!([]))
    );
    for (property, last) in [(oak, 3), (elm, 2)] {
        let heads = answer["heads"].as_array().unwrap();
        let head = heads
            .iter()
            .find(|head| head["property"] == json!(property));
        let id = row(&world, property, last).await;
        let hash = format!("select encode(hash, 'hex') from audit_log where id = {id}");
        let hash = &world.texts(&hash).await[0];
        assert_eq!(
            head.unwrap(),
            &json!({ "property": property, "id": id, "hash": hash })
        );
    }
}

#[tokio::test]
async fn nothing_written_is_nothing_broken() {
    let world = World::start().await;
    assert_eq!(
        walks(&world).await,
        json!({ "ok": true, "rows": 0, "properties": 0, "broken": [], "heads": [] })
    );
}

#[tokio::test]
async fn the_first_row_that_does_not_fit_is_named_with_its_property() {
    for (tampering, n) in [
        ("update audit_log set after = '{}' where id = $row", 1),
        ("update audit_log set at = at + interval '1 second' where id = $row", 1),
        ("update audit_log set hash = 'made up' where id = $row", 1),
        // Sealed again: the next row names another one before it.
        ("update audit_log set action = 'z' where id = $row; \
          update audit_log a set hash = luma_audit_hash(a) where id = $row", 2),
        // Taken out: the next row names one that is gone.
        ("delete from audit_log where id = $row", 2),
        ("delete from audit_log where id <= $row and property_id = '$oak'", 2),
        // Put in between, with a seal that fits nothing.
        ("insert into audit_log (id, property_id, actor_kind, action, entity, hash, prev_hash) overriding system value
          select id + 1000, property_id, 'user', 'made.up', 'x', 'made up', hash from audit_log where id = $row", 4),
    ] {
        let (world, oak, _) = written().await;
        let id = row(&world, oak, 1).await;
        let expected = match n {
            4 => id + 1000,
            n => row(&world, oak, n).await,
        };
        tampers(&world, &tampering.replace("$row", &id.to_string()).replace("$oak", &oak.to_string())).await;
        let answer = walks(&world).await;
        assert_eq!(answer["ok"], json!(false), "{tampering}");
        let found = json!([{ "property": oak, "id": expected }]);
        assert_eq!(answer["broken"], found, "{tampering}");
    }
}

#[tokio::test]
async fn what_was_cut_off_shows_against_an_end_that_somebody_kept() {
    let (world, oak, elm) = written().await;
    let database = world.app.database();
    let kept = walks(&world).await["heads"].take();
    let kept: Vec<Head> = serde_json::from_value(kept).unwrap();
    assert!(audit::verify(database, &kept).await.unwrap().is_whole());

    let last = row(&world, oak, 3).await;
    let id = row(&world, elm, 0).await;
    let cut = format!(
        "delete from audit_log where id = {last}; delete from audit_log where id >= {id} and property_id = '{elm}'"
    );
    tampers(&world, &cut).await;
    assert_eq!(walks(&world).await["ok"], json!(true), "the rest fits");
    let found = audit::verify(database, &kept).await.unwrap();
    let broken: Vec<_> = found.broken().map(|chain| chain.property).collect();
    assert_eq!(broken.len(), 2, "one shortened, one gone altogether");
    assert!(broken.contains(&Some(oak)) && broken.contains(&Some(elm)));
    assert_eq!(found.rows(), 3);

    // More rows since then are none.
    let grown: Vec<Head> = kept
        .into_iter()
        .filter(|head| head.property == Some(oak))
        .collect();
    let (world, ..) = written().await;
    let heads = walks(&world).await["heads"].take();
    let heads: Vec<Head> = serde_json::from_value(heads).unwrap();
    let more = "insert into audit_log (property_id, actor_kind, action, entity, hash)
                select id, 'system', 'x.y', 'x', '' from properties";
    world.sql.batch_execute(more).await.unwrap();
    assert!(
        audit::verify(world.app.database(), &heads)
            .await
            .unwrap()
            .is_whole()
    );
    let foreign = audit::verify(world.app.database(), &grown).await.unwrap();
    assert!(!foreign.is_whole(), "another database's end is not here");
}

#[tokio::test]
async fn a_long_chain_is_walked_in_stretches() {
    let (world, oak, _) = written().await;
    let id = row(&world, oak, 2).await;
    let walked = |after: &str, at_most: i32| {
        format!(
            "select concat_ws(' ', w.walked, w.last_id, w.broken_id) from luma_audit_walk('{oak}', {after}, {at_most}) w"
        )
    };
    let first = world.texts(&walked("0, null", 3)).await;
    assert_eq!(first, [format!("3 {id}")]);
    let rest = format!("{id}, (select hash from audit_log where id = {id})");
    let end = row(&world, oak, 3).await;
    assert_eq!(world.texts(&walked(&rest, 3)).await, [format!("1 {end}")]);
    let wrong = format!("{id}, '\\x00'::bytea");
    assert_eq!(
        world.texts(&walked(&wrong, 3)).await,
        [format!("1 {end} {end}")]
    );
}
