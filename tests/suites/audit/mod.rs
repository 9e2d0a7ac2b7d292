//! Who did what: appended by everything, changed by nobody, sealed row by row.

mod verify;

use serde_json::{Value, json};
use uuid::Uuid;
use world::door;
use world::{Property, World, minutes};

/// Rows whose seal does not fit their content, or whose link does not fit the row before.
const BROKEN: &str = "select count(*) from (
    select a.hash, a.prev_hash, luma_audit_hash(a) as computed,
           lag(a.hash) over (partition by a.property_id order by a.id) as before
    from audit_log a) chain
    where hash <> computed or prev_hash is distinct from before";

/// The same for one row without the database's own function, as an auditor would do it.
const BY_HAND: &str = "select count(*) from audit_log where hash <> sha256(convert_to(
    jsonb_build_array(id, property_id, actor_kind, actor_id, action, entity, entity_id, before, after, at,
                      encode(prev_hash, 'hex'))::text, 'UTF8'))";

async fn asks(world: &World, property: &Property, knock: door::Knock) -> Value {
    let answer = knock.bearer(&property.admin.token).send(&world.app).await;
    assert!(answer.status < 300, "{}", answer.text);
    answer.json
}

/// A property where an admin did everything that an admin can do.
async fn busy(world: &World) -> Property {
    const GMAIL: &str = "/api/lumaleasing/gmail";
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    world.sets(&oak, json!({ "replyMode": "approve" })).await;
    world.knows(&oak, "We have two-bedroom homes.").await;
    for from in ["Ann Lee <ann@example.com>", "Bob Ray <bob@example.com>"] {
        world.llm.will_say("We have two-bedroom homes.");
        mailbox.receives(from, "2BR?", "Any two-bedrooms?");
    }
    world.deliver_pushes().await;
    world.pass(minutes(6)).await;
    let replies = world.replies(&oak).await;
    let [first, second] =
        [0, 1].map(|n| format!("{GMAIL}/replies/{}", replies[n]["id"].as_str().unwrap()));
    let text = json!({ "bodyText": "Two of them." });
    asks(world, &oak, door::patch(&first).json(&text)).await;
    asks(world, &oak, door::post(&format!("{first}/approve"))).await;
    asks(world, &oak, door::post(&format!("{second}/reject"))).await;
    let thread = replies[0]["threadId"].as_str().unwrap();
    let close = door::patch(&format!("{GMAIL}/threads/{thread}"));
    asks(world, &oak, close.json(&json!({ "status": "closed" }))).await;
    world.pass(minutes(1)).await;
    world.connects(&oak, "leasing@oak.test").await;
    let config = format!("{GMAIL}/config?propertyId={}", oak.id);
    asks(world, &oak, door::delete(&config)).await;
    oak
}

#[tokio::test]
async fn everything_that_an_admin_does_is_written_down_with_their_name() {
    let world = World::start().await;
    let oak = busy(&world).await;
    let rows = "select concat_ws(' ', actor_kind, action, entity) from audit_log order by id";
    let mine = format!(
        "select count(*) from audit_log where actor_kind = 'user' and actor_id = '{}' and property_id = '{}'
         and entity_id is not null",
        oak.admin.id, oak.id
    );
    assert_eq!(
        world.texts(rows).await,
        [
            "user mailbox.connected gmail_config",
            "user mailbox.settings_changed gmail_config",
            "system reply.held email_replies",
            "system reply.held email_replies",
            "user reply.edited email_replies",
            "user reply.approved email_replies",
            "user reply.rejected email_replies",
            "user thread.changed email_threads",
            "user reply.sent email_replies",
            "system lead.enriched leads", // the thread was closed
            "user mailbox.reconnected gmail_config",
            "user mailbox.disconnected gmail_config",
        ]
    );
    assert_eq!(world.count(&mine).await, 9);
    let texts = world.everything().await["public.audit_log"].join("\n");
    for word in ["Two of them", "two-bedroom", "example.com", "2BR"] {
        assert!(!texts.contains(word), "no mail: {texts}");
    }
}

#[tokio::test]
async fn what_the_system_sends_by_itself_is_nobodys_act() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    world.knows(&oak, "We have two-bedroom homes.").await;
    world.llm.will_say("We have two-bedroom homes.");
    mailbox.receives("Ann Lee <ann@example.com>", "2BR?", "Any two-bedrooms?");
    world.deliver_pushes().await;
    world.pass(minutes(6)).await;
    assert_eq!(mailbox.sent().len(), 1);
    let rows = "select concat_ws(' ', actor_kind, actor_id, action) from audit_log where entity = 'email_replies'";
    assert_eq!(world.texts(rows).await, ["system reply.sent"]);
}

#[tokio::test]
async fn what_happens_to_an_account_or_a_prospect_by_itself_is_written_down_once() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    let kim = world.agent(&oak).await;
    world.agent_connects(&oak, &kim, "kim@oak.test").await;
    for _ in 0..2 {
        mailbox.receives("Ann Lee <ann@example.com>", "2BR?", "STOP");
    }
    world.deliver_pushes().await;
    for account in ["leasing@oak.test", "kim@oak.test"] {
        world.google.revoke(account);
    }
    world.google.access_tokens_expire();
    world.pass(minutes(30)).await;
    let rows = "select concat_ws(' ', actor_kind, action, entity) from audit_log where actor_kind = 'system'
                order by action";
    let expected = [
        "system calendar.reauth_required agent_calendars",
        "system lead.opted_out leads",
        "system mailbox.reauth_required gmail_config",
        "system reply.cancelled email_replies",
        "system reply.cancelled email_replies",
    ];
    assert_eq!(world.texts(rows).await, expected);
}

#[tokio::test]
async fn the_chain_holds_and_shows_where_it_was_broken() {
    let world = World::start().await;
    busy(&world).await;
    world.property("Elm House").await;
    let utc = "set timezone = 'UTC'";
    world.sql.batch_execute(utc).await.unwrap();
    assert!(world.count("select count(*) from audit_log").await >= 8);
    assert_eq!(world.count(BROKEN).await, 0);
    assert_eq!(world.count(BY_HAND).await, 0);

    // Somebody with every right takes the triggers away and rewrites the past.
    let tampered = [
        "update audit_log set actor_id = gen_random_uuid() where id = (select min(id) from audit_log)",
        "update audit_log set after = '{}' where action = 'thread.changed'",
        "update audit_log set at = at + interval '1 second' where action = 'reply.approved'",
        "delete from audit_log where action = 'reply.rejected'",
    ];
    for tampering in tampered {
        let sql = format!("begin; alter table audit_log disable trigger user; {tampering}");
        world.sql.batch_execute(&sql).await.unwrap();
        assert_eq!(world.count(BROKEN).await, 1, "{tampering}");
        world.sql.batch_execute("rollback").await.unwrap();
    }
    // Sealing the changed row again breaks the link of the next one.
    let sealed = "begin; alter table audit_log disable trigger user;
         update audit_log set action = 'made.up' where action = 'thread.changed';
         update audit_log a set hash = luma_audit_hash(a) where action = 'made.up'";
    world.sql.batch_execute(sealed).await.unwrap();
    assert_eq!(world.count(BROKEN).await, 1);
    world.sql.batch_execute("rollback").await.unwrap();
    assert_eq!(world.count(BROKEN).await, 0);
}

#[tokio::test]
async fn what_is_written_is_not_changed_not_even_by_the_tables_owner() {
    let world = World::start().await;
    busy(&world).await;
    let before = world.everything().await.remove("public.audit_log");
    for attempt in [
        "update audit_log set action = 'made.up'",
        "delete from audit_log",
        "truncate audit_log",
        "insert into audit_log (property_id, actor_kind, action, entity, hash) values (null, 'nobody', 'x', 'x', '')",
    ] {
        let refused = world.sql.batch_execute(attempt).await;
        assert!(refused.is_err(), "{attempt}");
    }
    assert_eq!(world.everything().await.remove("public.audit_log"), before);
}

#[tokio::test]
async fn the_applications_role_appends_and_reads_and_no_more() {
    let world = World::start().await;
    let rights = "select string_agg(privilege, ' ' order by privilege) from
        unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) privilege
        where has_table_privilege('lumaleasing_app', 'audit_log', privilege)";
    assert_eq!(world.texts(rights).await, ["insert select"]);
}

#[tokio::test]
async fn a_seal_cannot_be_brought_along() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let client = world.database.connect().await;
    let forged = format!(
        "set app.tenant = '{0}'; set role lumaleasing_app;
         insert into audit_log (property_id, actor_kind, action, entity, at, prev_hash, hash)
         values ('{0}', 'system', 'x.y', 'x', '2001-01-01', 'before', 'mine')",
        oak.id
    );
    client.batch_execute(&forged).await.unwrap();
    assert_eq!(world.count(BROKEN).await, 0, "it was sealed like any other");
    let young = "select count(*) from audit_log where at > now() - interval '1 minute'";
    assert_eq!(world.count(young).await, 1, "by the database's clock");
}

#[tokio::test]
async fn appends_at_the_same_time_make_one_chain_per_property() {
    let world = World::start().await;
    let properties = [
        world.property("Oak Court").await.id,
        world.property("Elm House").await.id,
    ];
    let appends = (0..40).map(|turn: usize| {
        let property = properties[turn % 2];
        let database = &world.database;
        async move {
            let client = database.connect().await;
            let sql = format!(
                "begin; set local role lumaleasing_app; set local app.tenant = '{property}';
                 insert into audit_log (property_id, actor_kind, action, entity, entity_id, hash)
                 values ('{property}', 'system', 'x.y', 'x', '{}', ''); commit",
                Uuid::new_v4()
            );
            client.batch_execute(&sql).await.unwrap();
        }
    });
    futures::future::join_all(appends).await;
    assert_eq!(world.count("select count(*) from audit_log").await, 40);
    assert_eq!(world.count(BROKEN).await, 0);
    let starts = "select count(*) from audit_log where prev_hash is null";
    assert_eq!(world.count(starts).await, 2);
    let forks = "select count(*) from (select from audit_log group by prev_hash having count(*) > 1
                 and prev_hash is not null) fork";
    assert_eq!(world.count(forks).await, 0);
}

#[tokio::test]
async fn what_did_not_happen_is_not_written_down() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    let changes = "select count(*) from audit_log where entity = 'gmail_config'";
    let before = world.count(changes).await;
    let path = format!("/api/lumaleasing/gmail/config?propertyId={}", oak.id);
    let viewer = world.person(Some(oak.org), "viewer").await;
    for (token, body, status) in [
        (&viewer.token, json!({ "replyMode": "off" }), 403),
        (&oak.admin.token, json!({ "replyMode": "sometimes" }), 400),
        (&oak.admin.token, json!({ "replyMode": "auto" }), 200), // as it was
    ] {
        let knock = door::patch(&path).bearer(token).json(&body);
        assert_eq!(knock.send(&world.app).await.status, status);
    }
    assert_eq!(world.count(changes).await, before);
    world.sets(&oak, json!({ "replyMode": "off" })).await;
    assert_eq!(world.count(changes).await, before + 1);
}
