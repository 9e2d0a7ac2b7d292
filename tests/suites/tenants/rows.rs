//! The second wall: what the application's role sees and writes, whatever its statements say.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use world::World;

use super::tenant;

/// Tables and views that the role may read, but for counters of requests and ended sessions, which are nobody's.
const READABLE: &str = "select format('%I.%I', n.nspname, c.relname) from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v') and n.nspname in ('public', 'luma')
      and has_table_privilege('lumaleasing_app', c.oid, 'select')
      and c.relname not in ('rate_counters', 'ended_sessions')
    order by 1";

/// Becomes the application, on behalf of that tenant or of none.
async fn become_app(client: &Client, tenant: Option<&str>) {
    let tenant = tenant.map_or("reset app.tenant".to_owned(), |tenant| {
        format!("set app.tenant = '{tenant}'")
    });
    let sql = format!("reset role; {tenant}; set role lumaleasing_app");
    client.batch_execute(&sql).await.unwrap();
}

async fn rows(client: &Client, relation: &str) -> Vec<String> {
    let sql = format!("select t::text from {relation} t");
    let rows = client.query(&sql, &[]).await;
    let rows = rows.unwrap_or_else(|error| panic!("{relation}: {error:?}"));
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn without_a_tenant_nothing_is_visible_and_with_one_nothing_of_another() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await.property;
    let elm = tenant(&world, "Elm House").await.property;
    // Something in the tables that the story leaves empty.
    for property in [&oak, &elm] {
        world.begins_consent(property, &property.admin).await;
        let sql = format!(
            "insert into email_suppressions values ('{0}', 'cyd@example.com', 'bounced');
             insert into grant_revocations (property_id, sealed_token) values ('{0}', 'sealed');
             insert into email_quarantine (property_id, mailbox_id, gmail_message_id, state, reason)
                select property_id, id, 'odd', 'skipped', 'gone' from gmail_config where property_id = '{0}';
             insert into lumaleasing_config (property_id, api_key, timezone) values ('{0}', '{0}', 'America/Chicago');
             insert into widget_sessions (property_id, visitor_id) values ('{0}', 'v{0}');
             insert into tour_slots (property_id, slot_date, start_time, end_time)
                values ('{0}', '2026-12-09', '10:00', '10:30');
             insert into calendar_leftovers (property_id, agent_calendar_id, booking_id, calendar_id, google_event_id)
                select c.property_id, c.id, b.id, 'primary', 'e0'
                from agent_calendars c join tour_bookings b using (property_id) where c.property_id = '{0}';
             insert into tour_requests (property_id, key, fingerprint, booking_id)
                select property_id, 'k1', 'x', id from tour_bookings where property_id = '{0}';
             insert into tour_letters (property_id, booking_id, kind, concerns, due_at, not_after)
                select property_id, id, 'reminder_24h', now(), now(), now() from tour_bookings where property_id = '{0}';
             insert into reply_wordings (property_id, topic, text) values ('{0}', 'general', 'Hello {0}');
             insert into lead_interests (lead_id, interest_type, interest_value)
                select id, 'pets', 'cat' from leads where property_id = '{0}';
             insert into lead_erasures (lead_id, property_id, erased_at) values (gen_random_uuid(), '{0}', now());
             insert into tours (lead_id, property_id, tour_date, tour_time)
                select id, property_id, '2026-12-09', '10:00' from leads where property_id = '{0}';
             insert into lead_preferences (lead_id, property_id) select id, property_id from leads where property_id = '{0}'
                on conflict do nothing;
             insert into enrichment_runs (property_id, conversation_id, last_message_id, last_message_at, prompt_version,
                cause) select property_id, c.id, m.id, now(), 0, 'manual'
                from conversations c join messages m on m.conversation_id = c.id where property_id = '{0}' limit 1",
            property.id
        );
        world.sql.batch_execute(&sql).await.unwrap();
    }
    let relations = world.texts(READABLE).await;
    assert!(relations.len() >= 15, "{relations:?}");
    let client = world.database.connect().await;
    for relation in &relations {
        become_app(&client, None).await;
        assert_eq!(rows(&client, relation).await, [""; 0], "{relation}");
        become_app(&client, Some("")).await;
        assert_eq!(rows(&client, relation).await, [""; 0], "{relation}");
        become_app(&client, Some("*")).await;
        let all = rows(&client, relation).await.len();
        become_app(&client, Some(&oak.id.to_string())).await;
        let ours = rows(&client, relation).await;
        become_app(&client, Some(&elm.id.to_string())).await;
        let theirs = rows(&client, relation).await;
        assert!(
            !ours.is_empty() && !theirs.is_empty(),
            "{relation} is empty"
        );
        assert!(!ours.iter().any(|row| theirs.contains(row)), "{relation}");
        assert_eq!(ours.len() + theirs.len(), all, "{relation}");
    }
}

#[tokio::test]
async fn rows_for_another_tenant_are_neither_written_nor_changed() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await.property;
    let elm = tenant(&world, "Elm House").await.property;
    // Each lead has one such row, and the story may have made it.
    let forget = "delete from lead_preferences";
    world.sql.batch_execute(forget).await.unwrap();
    let client = world.database.connect().await;
    become_app(&client, Some(&oak.id.to_string())).await;
    let insert = |property| {
        [
            format!("insert into gmail_config (property_id, gmail_address) values ('{property}', 'new@x.test')"),
            format!("insert into email_threads (property_id, gmail_thread_id) values ('{property}', 'new')"),
            format!(
                "insert into email_messages (property_id, mailbox_id, thread_id, gmail_message_id, direction,
                    from_address, to_address) select '{property}', t.mailbox_id, t.id, 'new', 'inbound', 'a', 'b'
                 from email_threads t limit 1"
            ),
            format!(
                "insert into email_quarantine (property_id, mailbox_id, gmail_message_id, state, reason)
                 select '{property}', id, 'new', 'skipped', 'gone' from gmail_config limit 1"
            ),
            format!(
                "insert into email_replies (property_id, mailbox_id, thread_id, message_id, due_at)
                 select '{property}', mailbox_id, thread_id, id, now() from email_messages
                 order by gmail_message_id = 'new' desc limit 1"
            ),
            format!("insert into email_suppressions values ('{property}', 'dan@example.com', 'bounced')"),
            format!("insert into grant_revocations (property_id, sealed_token) values ('{property}', 'x')"),
            format!(
                "insert into oauth_states (state_hash, browser_hash, purpose, property_id, profile_id,
                    sealed_verifier, expires_at) values ('x', 'x', 'gmail', '{property}', gen_random_uuid(), 'x', now())"
            ),
            format!(
                "insert into audit_log (property_id, actor_kind, action, entity, hash)
                 values ('{property}', 'system', 'made.up', 'x', '')"
            ),
            format!("insert into lead_erasures values (gen_random_uuid(), '{property}', null, now())"),
            format!("insert into reply_wordings (property_id, topic, text) values ('{property}', 'general', 'Hello')"),
            format!("insert into luma.leads (property_id, source, email) values ('{property}', 'Email', 'dan@x.test')"),
            format!("insert into luma.conversations (property_id, channel) values ('{property}', 'email')"),
            format!(
                "insert into lead_preferences (lead_id, property_id) select id, '{property}' from luma.leads
                 where email = 'ann@example.com'"
            ),
            format!(
                "insert into enrichment_runs (property_id, conversation_id, last_message_id, last_message_at,
                    prompt_version, cause) select '{property}', conversation_id, id, now(), 0, 'manual'
                 from luma.messages limit 1"
            ),
        ]
    };
    for sql in insert(elm.id) {
        let refused = client.batch_execute(&sql).await.expect_err(&sql);
        let code = refused.code().unwrap().clone();
        let refusals = [
            SqlState::INSUFFICIENT_PRIVILEGE,      // a policy's check
            SqlState::WITH_CHECK_OPTION_VIOLATION, // a view's
            SqlState::UNIQUE_VIOLATION,
        ];
        assert!(refusals.contains(&code), "{sql}: {refused:?}");
    }
    // The same for its own tenant; a property has one mailbox already.
    for sql in insert(oak.id).into_iter().skip(1) {
        client
            .batch_execute(&sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
    let changes = [
        "update gmail_config set signature = 'x'",
        "update email_threads set status = 'archived'",
        "update email_messages set body_text = 'x'",
        "update email_replies set body_text = 'x'",
        "update luma.leads set first_name = 'x'",
        "update luma.takeovers set is_human_mode = true",
        "update reply_wordings set text = 'x'",
    ];
    let before = of_tenant(&world, elm.id).await;
    for sql in changes {
        assert!(client.execute(sql, &[]).await.unwrap() > 0, "{sql}");
        let given = format!("{sql}, property_id = '{}'", elm.id);
        assert!(client.batch_execute(&given).await.is_err(), "{given}");
    }
    client.batch_execute("delete from oauth_states; delete from grant_revocations; delete from email_suppressions")
        .await
        .unwrap();
    assert_eq!(of_tenant(&world, elm.id).await, before);
}

/// What is stored of one tenant.
async fn of_tenant(world: &World, property: uuid::Uuid) -> Vec<String> {
    let rows = world.everything().await.into_values().flatten();
    rows.filter(|row| row.contains(&property.to_string()))
        .collect()
}

#[tokio::test]
async fn the_knowledge_and_the_turns_of_another_tenant_are_out_of_reach() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await.property;
    let elm = tenant(&world, "Elm House").await.property;
    let client = world.database.connect().await;
    become_app(&client, Some(&oak.id.to_string())).await;
    let embedding: Vec<f64> = world::llm::embed("two-bedroom homes")
        .into_iter()
        .map(f64::from)
        .collect();
    let found = async |property| {
        let sql = "select content from luma.knowledge($1, $2, 0.0::float8, 10)";
        client
            .query(sql, &[&property, &embedding])
            .await
            .unwrap()
            .len()
    };
    assert_eq!(found(oak.id).await, 1);
    assert_eq!(found(elm.id).await, 0);

    let of =
        |property| format!("select id::text from conversations where property_id = '{property}'");
    for (property, works) in [(elm.id, false), (oak.id, true)] {
        let conversation = &world.texts(&of(property)).await[0];
        let sql = format!(
            "insert into luma.messages (conversation_id, role, content) values ('{conversation}', 'user', 'x')"
        );
        assert_eq!(client.batch_execute(&sql).await.is_ok(), works, "{sql}");
    }
}

#[tokio::test]
async fn the_role_neither_owns_nor_bypasses_anything() {
    let world = World::start().await;
    let powers =
        "select concat_ws(' ', rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin)
                  from pg_roles where rolname = 'lumaleasing_app'";
    assert_eq!(world.texts(powers).await, ["f f f f f"]);
    let owned = "select relname::text from pg_class where relowner = 'lumaleasing_app'::regrole";
    assert_eq!(world.texts(owned).await, [""; 0]);
    let unforced = "select relname::text from pg_class c where relkind = 'r' and relnamespace = 'public'::regnamespace
        and has_table_privilege('lumaleasing_app', c.oid, 'select') and not (relrowsecurity and relforcerowsecurity)
        and relname <> 'rate_counters'";
    assert_eq!(world.texts(unforced).await, [""; 0]);
    // Of the host's tables it reaches none but through the views.
    let client = world.database.connect().await;
    become_app(&client, Some("*")).await;
    for table in [
        "leads",
        "conversations",
        "messages",
        "profiles",
        "properties",
        "documents",
    ] {
        let refused = client
            .batch_execute(&format!("select from public.{table}"))
            .await;
        let code = refused.expect_err(table).code().unwrap().clone();
        assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE, "{table}");
    }
}

#[tokio::test]
async fn an_interest_is_its_leads_propertys_whatever_it_says_itself() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await.property;
    let elm = tenant(&world, "Elm House").await.property;
    let client = world.database.connect().await;
    for (tenant, given, kept) in [(&oak, &elm, true), (&elm, &elm, false)] {
        let leads = format!(
            "select id::text from leads where property_id = '{}'",
            oak.id
        );
        let lead = &world.texts(&leads).await[0];
        become_app(&client, Some(&tenant.id.to_string())).await;
        let sql = format!(
            "insert into lead_interests (lead_id, property_id, interest_type, interest_value)
             values ('{lead}', '{}', 'amenity', 'pool')",
            given.id
        );
        assert_eq!(client.batch_execute(&sql).await.is_ok(), kept);
    }
    let owners = "select property_id::text from lead_interests where interest_value = 'pool'";
    assert_eq!(world.texts(owners).await, [oak.id.to_string()]);
}
