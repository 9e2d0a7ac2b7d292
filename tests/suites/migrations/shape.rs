//! What stands there afterwards: one shape, whatever the database was, and no row lost.

use tokio_postgres::error::SqlState;

use super::{
    CALENDAR_ROWS, HOST, HOST_CALENDARS, HOST_ROWS, PLAN, PLAN_ROWS, STARTS, TABLES_OF_THE_PLAN,
    migrated, one, refusal, texts,
};

#[tokio::test]
async fn the_plans_tables_have_one_shape_whatever_the_database_was() {
    let tables = TABLES_OF_THE_PLAN.join("', '");
    let shape = format!(
        "select format('%s.%s %s %s', table_name, column_name, data_type, is_nullable)
         from information_schema.columns where table_name in ('{tables}')
         union all
         select format('%s %s', conrelid::regclass, pg_get_constraintdef(oid))
         from pg_constraint where conrelid::regclass::text in ('{tables}')
         order by 1"
    );
    let (_database, client) = migrated(&[]).await;
    let expected = texts(&client, &shape).await;
    assert!(expected.contains(&"gmail_config.history_id bigint YES".to_owned()));
    for (start, sql) in STARTS {
        let (_database, client) = migrated(sql).await;
        assert_eq!(texts(&client, &shape).await, expected, "{start}");
    }
}

#[tokio::test]
async fn the_hosts_tables_gain_the_columns_we_rely_on_and_keep_their_rows() {
    let (_database, client) = migrated(&[HOST, HOST_ROWS]).await;
    client
        .batch_execute(
            "select widget_session_id, is_human_mode, human_agent_id, human_started_at, human_ended_at
               from conversations;
             select timezone, widget_name, business_hours from lumaleasing_config;
             select internal_notes from tour_bookings;
             select preferences from leads",
        )
        .await
        .unwrap();
    assert_eq!(one::<i64>(&client, "select count(*) from leads").await, 3);
    assert_eq!(
        one::<i64>(&client, "select count(*) from messages").await,
        1
    );
    // The host's own objects are not replaced.
    let users = "select data_type from information_schema.columns
                 where table_schema = 'auth' and table_name = 'users' and column_name = 'email'";
    assert_eq!(texts(&client, users).await, ["character varying"]);
}

#[tokio::test]
async fn an_agent_whom_the_host_connected_keeps_their_hours_and_gives_up_tokens_in_clear() {
    let (_database, client) = migrated(&[HOST, HOST_ROWS, HOST_CALENDARS, CALENDAR_ROWS]).await;
    let agent = client
        .query_one(
            "select timezone, working_hours -> 'sat' ->> 'start' as saturday, refresh_token,
                    a.status, e.property_id = a.property_id as owned, google_event_id
             from agent_calendars a join calendar_events e on e.agent_calendar_id = a.id",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(agent.get::<_, &str>("timezone"), "America/Chicago");
    assert_eq!(agent.get::<_, &str>("saturday"), "10:00");
    assert_eq!(agent.get::<_, Option<&str>>("refresh_token"), None);
    assert_eq!(agent.get::<_, &str>("status"), "reauth_required");
    assert!(agent.get::<_, bool>("owned"));
    assert_eq!(agent.get::<_, &str>("google_event_id"), "event1");
}

#[tokio::test]
async fn the_plans_cursor_becomes_a_number_and_one_that_is_none_is_forgotten() {
    let (_database, client) = migrated(&[HOST, HOST_ROWS, PLAN, PLAN_ROWS]).await;
    let cursor = |address: &str| {
        format!(
            "select history_id from gmail_config where gmail_address = 'leasing@{address}.example'"
        )
    };
    assert_eq!(
        one::<Option<i64>>(&client, &cursor("oak")).await,
        Some(1000)
    );
    assert_eq!(one::<Option<i64>>(&client, &cursor("elm")).await, None);
    assert!(
        one::<bool>(
            &client,
            "select bool_and(history_id > 999) from gmail_config"
        )
        .await
    );
    let settings = "select is_active and auto_reply_delay_minutes = 0 from gmail_config
                    where gmail_address = 'leasing@oak.example'";
    assert!(
        one::<bool>(&client, settings).await,
        "what was unset or negative has a value"
    );
}

#[tokio::test]
async fn two_mailboxes_may_hold_one_gmail_id_and_one_mailbox_may_not_hold_it_twice() {
    let (_database, client) = migrated(&[HOST, HOST_ROWS, PLAN, PLAN_ROWS]).await;
    let insert = |tenant: &str| {
        format!(
            "insert into email_messages
               (mailbox_id, thread_id, gmail_message_id, direction, from_address, to_address)
             values ('00000000-0000-4000-{tenant}000-00000000000a',
               '00000000-0000-4000-{tenant}000-00000000000b', 'm1', 'inbound', 'x', 'y')"
        )
    };
    client.batch_execute(&insert("b")).await.unwrap();
    let refused = refusal(&client, &insert("a")).await;
    assert_eq!(
        refused.constraint(),
        Some("email_messages_mailbox_message_key")
    );
}

#[tokio::test]
async fn an_interest_said_twice_is_kept_once_as_it_was_surest() {
    let (_database, client) = migrated(&[HOST, HOST_ROWS, PLAN, PLAN_ROWS]).await;
    let kept = texts(
        &client,
        "select interest_type || ' ' || confidence from lead_interests order by interest_type",
    )
    .await;
    assert_eq!(kept, ["amenity 0.9", "pricing 1"]);
    client
        .batch_execute(
            "insert into lead_interests (lead_id, interest_type, interest_value)
             select lead_id, interest_type, interest_value from lead_interests
             where interest_type = 'amenity'
             on conflict (lead_id, interest_type, interest_value) do nothing",
        )
        .await
        .unwrap();
    let unknown =
        "insert into lead_interests (interest_type, interest_value) values ('mood', 'good')";
    assert_eq!(
        refusal(&client, unknown).await.constraint(),
        Some("lead_interests_type_check")
    );
}

#[tokio::test]
async fn the_host_may_delete_a_conversation_and_a_user_that_a_thread_names() {
    for sql in [&[HOST, HOST_ROWS, PLAN, PLAN_ROWS][..], &[HOST, HOST_ROWS]] {
        let (_database, client) = migrated(sql).await;
        client
            .batch_execute(
                "insert into email_threads
                   (property_id, gmail_thread_id, conversation_id, assigned_agent_id)
                 select property_id, 't2', id, '00000000-0000-4000-a000-000000000003'
                 from conversations;
                 delete from messages;
                 delete from conversations;
                 delete from auth.users where email = 'agent@oak.example'",
            )
            .await
            .unwrap();
        let left = "select count(*) from email_threads
                    where gmail_thread_id = 't2' and conversation_id is null
                      and assigned_agent_id is null";
        assert_eq!(one::<i64>(&client, left).await, 1);
    }
}

#[tokio::test]
async fn one_lead_per_address_and_one_email_conversation_per_lead_where_nothing_stands_against_it()
{
    let (_database, client) = migrated(&[HOST, HOST_ROWS]).await;
    let lead = |property: &str, email: &str| {
        format!(
            "insert into leads (property_id, email)
             values ('00000000-0000-4000-{property}000-000000000002', '{email}')"
        )
    };
    let refused = refusal(&client, &lead("a", "ann@example.COM")).await;
    assert_eq!(refused.constraint(), Some("leads_property_email_key"));
    client
        .batch_execute(&lead("b", "ann@example.com"))
        .await
        .unwrap();
    client.batch_execute(&lead("a", "")).await.unwrap();

    let again = "insert into conversations (lead_id, property_id, channel)
                 select lead_id, property_id, 'email' from conversations";
    let refused = refusal(&client, again).await;
    assert_eq!(refused.constraint(), Some("conversations_lead_email_key"));
    client
        .batch_execute(&again.replace("email", "widget"))
        .await
        .unwrap();
}

#[tokio::test]
async fn duplicates_of_the_hosts_are_tolerated_named_and_once_merged_ruled_out() {
    let duplicates = "
        insert into leads (property_id, email)
          values ('00000000-0000-4000-a000-000000000002', 'ann@example.com');
        insert into conversations (lead_id, property_id, channel)
          select lead_id, property_id, channel from conversations";
    let (_database, client) = migrated(&[HOST, HOST_ROWS, duplicates]).await;
    let missing = "select luma_enforce_uniqueness()";
    assert_eq!(
        texts(&client, missing).await,
        ["leads_property_email_key", "conversations_lead_email_key"]
    );
    let named = "select format('%s %s', email, leads) from luma_duplicate_leads";
    assert_eq!(texts(&client, named).await, ["ann@example.com 2"]);

    client
        .batch_execute(
            "delete from leads where email = 'ann@example.com';
             delete from conversations where id <> '00000000-0000-4000-a000-000000000007'",
        )
        .await
        .unwrap();
    assert_eq!(texts(&client, missing).await, [""; 0]);
    let again =
        "insert into leads (property_id, email) select property_id, upper(email) from leads";
    assert_eq!(
        refusal(&client, again).await.code(),
        &SqlState::UNIQUE_VIOLATION
    );
}
