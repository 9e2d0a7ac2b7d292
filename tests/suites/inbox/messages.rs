//! Which messages are mail to us, and what becomes of those that cannot be had.

use world::{Fault, World, minutes};

use super::{
    ANN, LEASING, aside, assert_filed_once, connected, cursor, oak, receives_many, stored, sync_now,
};

#[tokio::test]
async fn a_message_deleted_before_it_was_read_is_recorded_and_its_neighbours_are_filed() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    let ids = receives_many(&mailbox, 3);
    mailbox.deletes(&ids[1]);
    world.deliver_pushes().await;
    assert_filed_once(&world, &mailbox).await;
    assert_eq!(aside(&world).await, ["skipped deleted"]);
    assert!(cursor(&world, LEASING).await > 99_999);
}

#[tokio::test]
async fn a_message_that_gmail_cannot_hand_out_for_an_hour_keeps_nobody_waiting() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    let ids = receives_many(&mailbox, 5);
    let faults = world.google.faults();
    // More than one of them: it is still not an outage of Gmail.
    for id in &ids[..4] {
        faults.about("messages.get", id, Fault::status(500, "backendError"));
    }
    world.deliver_pushes().await;
    assert_eq!(stored(&world, LEASING).await, ids[4..]);
    assert_eq!(aside(&world).await, ["retrying unreachable"; 4]);
    receives_many(&mailbox, 1);
    world.deliver_pushes().await;
    assert_eq!(stored(&world, LEASING).await.len(), 2);
    world.pass(minutes(60)).await;
    assert_eq!(aside(&world).await, ["retrying unreachable"; 4]);
    faults.clear();
    world.pass(minutes(17)).await;
    assert_filed_once(&world, &mailbox).await;
    assert_eq!(aside(&world).await, ["filed unreachable"; 4]);
}

#[tokio::test]
async fn a_poison_message_waits_for_a_person_and_its_neighbours_are_filed() {
    let world = World::start().await;
    let (property, mailbox) = oak(&world).await;
    let before = mailbox.receives(ANN, "Before", "1");
    let garbled = mailbox.receives(ANN, "Broken base64", "2");
    mailbox.garbles(&garbled.id);
    mailbox.receives_raw(b"\r\nNo header, and nothing that could be one\r\n");
    let text = "All work and no play makes Jack a dull boy.\n".repeat(580_000);
    mailbox.receives(ANN, "25 MB of text", &text);
    let after = mailbox.receives(ANN, "After", "3");
    world.deliver_pushes().await;

    assert_eq!(stored(&world, LEASING).await, [before.id, after.id]);
    let reasons = ["unreadable", "no_header", "answerTooLarge"];
    let quarantined = reasons.map(|reason| format!("quarantined {reason}"));
    assert_eq!(aside(&world).await, quarantined);
    let config = world.config(&property).await;
    assert_eq!(config["quarantinedCount"], 3);

    // Nobody reads them again by itself; a person who asks has them all read.
    mailbox.mends();
    world.pass(minutes(6)).await;
    assert_eq!(aside(&world).await, quarantined);
    assert_eq!(sync_now(&world, &property).await.status, 202);
    world.work().await;
    assert!(stored(&world, LEASING).await.contains(&garbled.id));
    let config = world.config(&property).await;
    assert_eq!(config["quarantinedCount"], 2);
}

#[tokio::test]
async fn a_mail_of_thirty_megabytes_is_stored_without_its_attachments() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    let photo = "QUJD".repeat(7_500_000);
    let raw = format!(
        "From: {ANN}\r\nTo: {LEASING}\r\nSubject: Photos of my sofa\r\nMIME-Version: 1.0\r\n\
         Message-ID: <sofa@example.com>\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nWill it fit? Grüße\r\n\
         --b\r\nContent-Type: image/jpeg; name=\"sofa.jpg\"\r\n\
         Content-Disposition: attachment; filename=\"sofa.jpg\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{photo}\r\n--b--\r\n"
    );
    assert!(raw.len() > 30_000_000);
    mailbox.receives_raw(raw.as_bytes());
    mailbox.receives(ANN, "Small", "2");
    world.deliver_pushes().await;
    assert_filed_once(&world, &mailbox).await;
    let row = world
        .sql
        .query_one(
            "select body_text, truncated, rfc_message_id, attachments->0->>'fileName' as name,
                (attachments->0->>'size')::bigint as size, jsonb_array_length(attachments) as count
             from email_messages where subject = 'Photos of my sofa'",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(row.get::<_, &str>("body_text"), "Will it fit? Grüße");
    assert!(row.get::<_, bool>("truncated"));
    assert_eq!(row.get::<_, &str>("rfc_message_id"), "<sofa@example.com>");
    assert_eq!(row.get::<_, &str>("name"), "sofa.jpg");
    assert_eq!(row.get::<_, i64>("size"), 22_500_000);
    assert_eq!(row.get::<_, i32>("count"), 1);
    let small = "select count(*) from email_messages where not truncated";
    assert_eq!(world.count(small).await, 1);
}

#[tokio::test]
async fn one_gmail_id_in_two_mailboxes_is_two_messages() {
    let world = World::start().await;
    let (_, oak) = oak(&world).await;
    let (_, elm) = connected(&world, "Elm Court", "leasing@elm.test").await;
    let id = "18c2aaaaaaaaaaaa";
    oak.incoming(ANN, "To Oak", "1").id(id).deliver();
    elm.incoming(ANN, "To Elm", "2").id(id).deliver();
    world.deliver_pushes().await;
    assert_filed_once(&world, &oak).await;
    assert_filed_once(&world, &elm).await;
    let subjects = "select subject from email_messages order by subject";
    assert_eq!(world.texts(subjects).await, ["To Elm", "To Oak"]);
    assert_eq!(world.count("select count(*) from leads").await, 2);
}

#[tokio::test]
async fn drafts_spam_trash_and_chats_make_no_lead_and_mail_in_the_inbox_does() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    for label in ["DRAFT", "SPAM", "TRASH", "CHAT"] {
        let from = format!("{label}@example.com");
        mailbox
            .incoming(&from, label, "1")
            .labels(&[label])
            .deliver();
        // In the inbox as well, as far as labels can say.
        let both = mailbox.incoming(&from, label, "2");
        both.labels(&[label, "INBOX"]).deliver();
    }
    mailbox
        .incoming(ANN, "Archived", "3")
        .labels(&["UNREAD"])
        .deliver();
    mailbox.receives("Bob <bob@example.com>", "Real", "4");
    world.deliver_pushes().await;
    world.pass(minutes(6)).await;
    assert_eq!(
        world.texts("select subject from email_messages").await,
        ["Real"]
    );
    assert_eq!(
        world.texts("select email from leads").await,
        ["bob@example.com"]
    );
}

#[tokio::test]
async fn mail_that_was_archived_before_it_was_read_is_filed_and_mail_thrown_away_is_not() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    let archived = mailbox.receives(ANN, "Archived", "1");
    mailbox.relabels(&archived.id, &[], &["INBOX"]);
    let thrown_away = mailbox.receives(ANN, "Thrown away", "2");
    mailbox.relabels(&thrown_away.id, &["TRASH"], &["INBOX"]);
    world.deliver_pushes().await;
    assert_eq!(stored(&world, LEASING).await, [archived.id]);
}

#[tokio::test]
async fn mail_rescued_from_spam_is_filed() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    let mail = mailbox
        .incoming(ANN, "2BR?", "Hello")
        .labels(&["SPAM", "UNREAD"]);
    let mail = mail.deliver();
    world.pass(minutes(20)).await; // the cursor is beyond the mail
    assert_eq!(stored(&world, LEASING).await.len(), 0);
    mailbox.rescue_from_spam(&mail.id);
    world.deliver_pushes().await;
    assert_filed_once(&world, &mailbox).await;
    assert_eq!(stored(&world, LEASING).await, [mail.id]);
}

#[tokio::test]
async fn peoples_own_letters_to_strangers_are_theirs_and_their_answers_to_prospects_are_kept() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    mailbox.human_writes("dentist@example.com", "My appointment", "Private");
    let mail = mailbox.receives(ANN, "2BR?", "Hello");
    mailbox.human_replies(&mail.thread_id, "Come and see it.");
    world.deliver_pushes().await;
    world.pass(minutes(6)).await;
    let rows =
        "select direction || ' ' || body_text from email_messages order by sent_at, direction";
    assert_eq!(
        world.texts(rows).await,
        ["inbound Hello", "outbound Come and see it."]
    );
    assert_eq!(
        world
            .texts("select role from messages order by created_at")
            .await,
        ["user", "assistant"]
    );
    // Not even by name: no lead, no word of it anywhere.
    let private = "select count(*) from email_messages where body_text like '%Private%'";
    assert_eq!(world.count(private).await, 0);
    assert_eq!(
        world.texts("select email from leads").await,
        ["ann@example.com"]
    );
}

#[tokio::test]
async fn a_message_moves_with_gmails_thread_and_keeps_its_history() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    let first = mailbox.receives(ANN, "2BR?", "One");
    let second = mailbox.receives(ANN, "Parking?", "Two");
    world.deliver_pushes().await;
    let turns = "select count(*) from messages";
    assert_eq!(world.count(turns).await, 2);
    mailbox.rethreads(&second.id, &first.thread_id);
    world.deliver_pushes().await;
    world.pass(minutes(6)).await;
    let threads =
        "select t.gmail_thread_id from email_messages m join email_threads t on t.id = m.thread_id
                   order by m.gmail_message_id";
    assert_eq!(
        world.texts(threads).await,
        [first.thread_id.clone(), first.thread_id]
    );
    let counts = "select message_count::text from email_threads order by gmail_thread_id";
    assert_eq!(world.texts(counts).await, ["2", "0"]);
    assert_eq!(world.count(turns).await, 2);
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn the_conversation_follows_the_order_of_the_mails_and_not_of_their_filing() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    let hour_ago = world.now().timestamp_millis() - 3_600_000;
    mailbox.receives("Ann Lee <ann@example.com>", "Later", "The second thing");
    world.deliver_pushes().await;
    mailbox
        .incoming("Ann Lee <ann@example.com>", "Earlier", "The first thing")
        .internal_date(hour_ago)
        .deliver();
    world.deliver_pushes().await;
    assert_eq!(
        world
            .texts("select content from messages order by created_at")
            .await,
        ["The first thing", "The second thing"]
    );
}
