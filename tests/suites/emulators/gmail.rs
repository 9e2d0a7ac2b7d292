//! Gmail: who may ask, history, threads, drafts, search.

use serde_json::json;
use world::Google;

use super::{ANN, Caller, MODIFY, OAK, draft, ids, mail, reason};
use world::google::{Change, TOPIC};

#[tokio::test]
async fn a_token_opens_its_own_mailbox_and_no_other() {
    let (caller, _) = Caller::start().await;
    let (status, profile) = caller.get("profile").await;
    assert_eq!((status, profile["emailAddress"].as_str()), (200, Some(OAK)));
    assert!(
        profile["historyId"].is_string(),
        "ids are strings: {profile}"
    );

    let unknown = Caller {
        token: "ya29.unknown".to_owned(),
        ..caller
    };
    let (status, body) = unknown.get("profile").await;
    assert_eq!((status, reason(&body)), (401, "authError"));

    let signed_in_only = Caller::with(&unknown.google, &["openid", "email"]);
    let (status, body) = signed_in_only.get("profile").await;
    assert_eq!((status, reason(&body)), (403, "insufficientPermissions"));

    unknown.google.account("other@oak.test");
    let owner = Caller::with(&unknown.google, &[MODIFY]);
    let own = owner.url("profile").replace("/me/", &format!("/{OAK}/"));
    let foreign = owner.url("profile").replace("/me/", "/other@oak.test/");
    let get = async |url: String| {
        let request = world::server::client().get(url).bearer_auth(&owner.token);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((get(own).await, get(foreign).await), (200, 403));
}

#[tokio::test]
async fn sending_needs_a_scope_that_allows_it() {
    let (caller, _) = Caller::start().await;
    let body = json!({ "raw": mail("Hello", "Hi", None) });
    assert_eq!(caller.post("messages/send", body.clone()).await.0, 200);
    let reader = Caller::with(
        &caller.google,
        &["https://www.googleapis.com/auth/gmail.readonly"],
    );
    let (status, refusal) = reader.post("messages/send", body).await;
    assert_eq!((status, reason(&refusal)), (403, "insufficientPermissions"));
}

#[tokio::test]
async fn a_request_google_would_not_understand_is_refused() {
    let (caller, _) = Caller::start().await;
    let refused = [
        "profile?page=2",
        "history?startHistoryId=abc",
        "history",
        "history?startHistoryId=99950&historyTypes=messagesAdded",
        "messages?maxResults=0",
        "messages?labelIds=NO_SUCH_LABEL",
        "messages/not-an-id",
        "messages?q=larger:5M",
    ];
    for path in refused {
        let (status, body) = caller.get(path).await;
        assert_eq!((status, reason(&body)), (400, "invalidArgument"), "{path}");
    }
    let accepted = [
        "profile?alt=json&prettyPrint=false",
        "history?startHistoryId=99950",
        "history?startHistoryId=99950&historyTypes=messageAdded&historyTypes=labelAdded",
        "messages?maxResults=500",
        "messages?labelIds=INBOX&q=after:1700000000",
    ];
    for path in accepted {
        assert_eq!(caller.get(path).await.0, 200, "{path}");
    }
    let unknown = json!({ "topicName": TOPIC, "labels": ["INBOX"] });
    assert_eq!(caller.post("watch", unknown).await.0, 400);
}

#[tokio::test]
async fn history_starts_after_the_cursor_and_comes_in_pages() {
    let (caller, mailbox) = Caller::start().await;
    let start = mailbox.history_id();
    let mut arrived: Vec<String> = Vec::new();
    for n in 0..5 {
        arrived.push(mailbox.receives(ANN, &format!("Mail {n}"), "Hello").id);
    }
    let mut found = Vec::new();
    let mut path = format!("history?startHistoryId={start}&maxResults=2");
    let mut pages = 0;
    let cursor = loop {
        let (_, page) = caller.get(&path).await;
        pages += 1;
        for record in page["history"].as_array().unwrap() {
            found.push(
                record["messagesAdded"][0]["message"]["id"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
            );
        }
        match page["nextPageToken"].as_str() {
            Some(token) => {
                path = format!("history?startHistoryId={start}&maxResults=2&pageToken={token}");
            }
            None => break page["historyId"].as_str().unwrap().to_owned(),
        }
    };
    assert_eq!((pages, found), (3, arrived));
    assert_eq!(cursor, mailbox.history_id().to_string());
    let (_, quiet) = caller
        .get(&format!("history?startHistoryId={cursor}"))
        .await;
    assert!(quiet.get("history").is_none(), "nothing changed: {quiet}");
}

#[tokio::test]
async fn a_mail_that_arrives_between_two_pages_comes_with_the_last_one() {
    let (caller, mailbox) = Caller::start().await;
    let start = mailbox.history_id();
    for n in 0..3 {
        mailbox.receives(ANN, &format!("Mail {n}"), "Hello");
    }
    let path = format!("history?startHistoryId={start}&maxResults=2");
    let (_, first) = caller.get(&path).await;
    mailbox.receives(ANN, "Late", "Hello");
    let token = first["nextPageToken"].as_str().unwrap();
    let (_, second) = caller.get(&format!("{path}&pageToken={token}")).await;
    assert_eq!(second["history"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn expired_history_is_not_found_and_younger_history_is() {
    let (caller, mailbox) = Caller::start().await;
    mailbox.receives(ANN, "Before", "Hello");
    let old = mailbox.history_id();
    mailbox.history_expires();
    let (status, body) = caller.get(&format!("history?startHistoryId={old}")).await;
    assert_eq!((status, reason(&body)), (404, "notFound"));
    let young = mailbox.history_id();
    mailbox.receives(ANN, "After", "Hello");
    let (status, body) = caller.get(&format!("history?startHistoryId={young}")).await;
    assert_eq!(
        (status, body["history"].as_array().map(Vec::len)),
        (200, Some(1))
    );
}

#[tokio::test]
async fn a_mail_rescued_from_spam_is_a_label_change_and_no_new_message() {
    let (caller, mailbox) = Caller::start().await;
    let spam = mailbox
        .incoming(ANN, "Is this spam?", "No.")
        .labels(&["SPAM"])
        .deliver();
    let start = mailbox.history_id();
    mailbox.rescue_from_spam(&spam.id);
    let inbox = format!("history?startHistoryId={start}&labelId=INBOX");
    let (_, added) = caller
        .get(&format!("{inbox}&historyTypes=messageAdded"))
        .await;
    assert!(added.get("history").is_none());
    let (_, labelled) = caller
        .get(&format!("{inbox}&historyTypes=labelAdded"))
        .await;
    let change = &labelled["history"][0]["labelsAdded"][0];
    assert_eq!(
        (&change["message"]["id"], &change["labelIds"]),
        (&json!(spam.id), &json!(["INBOX"]))
    );
}

#[tokio::test]
async fn an_answer_joins_its_thread_only_by_thread_id_references_and_subject() {
    let (caller, mailbox) = Caller::start().await;
    let asked = mailbox
        .incoming(ANN, "2BR?", "Any?")
        .header("Message-ID", "<q@example.com>");
    let asked = asked.deliver();
    let send = async |raw: String, thread: Option<&str>| {
        let body = json!({ "raw": raw, "threadId": thread });
        let (status, sent) = caller.post("messages/send", body).await;
        (status, sent["threadId"] == json!(asked.thread_id))
    };
    let parent = Some("<q@example.com>");
    let thread = Some(asked.thread_id.as_str());
    assert_eq!(
        send(mail("Re: 2BR?", "Two.", parent), thread).await,
        (200, true)
    );
    assert_eq!(
        send(mail("Parking", "Two.", parent), thread).await,
        (200, false)
    );
    assert_eq!(
        send(mail("Re: 2BR?", "Two.", None), thread).await,
        (200, false)
    );
    assert_eq!(
        send(mail("Re: 2BR?", "Two.", parent), None).await,
        (200, false)
    );
    assert_eq!(
        send(mail("Re: 2BR?", "Two.", parent), Some("18c2999999999999"))
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn a_sent_draft_is_gone_and_its_mail_delivered_once() {
    let (caller, mailbox) = Caller::start().await;
    let asked = mailbox
        .incoming(ANN, "2BR?", "Any?")
        .header("Message-ID", "<q@example.com>");
    let asked = asked.deliver();
    let start = mailbox.history_id();
    let content = draft(
        &mail("Re: 2BR?", "Two.", Some("<q@example.com>")),
        &asked.thread_id,
    );
    let (_, made) = caller.post("drafts", content.clone()).await;
    let id = made["id"].as_str().unwrap();
    let (_, saved) = caller.put(&format!("drafts/{id}"), content).await;
    assert_eq!(
        (
            &saved["id"],
            saved["message"]["id"] == made["message"]["id"]
        ),
        (&made["id"], false)
    );
    let (status, sent) = caller.post("drafts/send", json!({ "id": id })).await;
    assert_eq!((status, &sent["labelIds"]), (200, &json!(["SENT"])));
    assert_eq!(sent["threadId"], json!(asked.thread_id));
    let (status, again) = caller.post("drafts/send", json!({ "id": id })).await;
    assert_eq!((status, reason(&again)), (404, "notFound"));

    let delivered = mailbox.sent();
    assert_eq!(delivered.len(), 1);
    assert_eq!(delivered[0].to, ["ann@example.com"]);
    assert_eq!(
        delivered[0].in_reply_to().as_deref(),
        Some("<q@example.com>")
    );
    assert_eq!(delivered[0].message_id(), "<ours@oak.test>");
    assert_eq!(delivered[0].text(), "Two.\n");
    let changes: Vec<Change> = mailbox
        .history()
        .into_iter()
        .filter(|r| r.id > start)
        .map(|r| r.change)
        .collect();
    let (added, deleted) = (Change::MessageAdded, Change::MessageDeleted);
    let expected = [&added, &deleted, &added, &added, &deleted].map(Clone::clone);
    assert_eq!(changes, expected, "created, saved again, sent");
    assert!(mailbox.drafts().is_empty());
}

#[tokio::test]
async fn gmail_may_replace_a_message_id_and_keeps_ours_beside_it() {
    let (caller, mailbox) = Caller::start().await;
    caller
        .post("messages/send", json!({ "raw": mail("Kept", "Hi", None) }))
        .await;
    mailbox.rewrites_message_ids();
    caller
        .post(
            "messages/send",
            json!({ "raw": mail("Replaced", "Hi", None) }),
        )
        .await;
    let sent = mailbox.sent();
    assert_eq!(sent[0].message_id(), "<ours@oak.test>");
    assert_ne!(sent[1].message_id(), "<ours@oak.test>");
    let original = sent[1].header("X-Google-Original-Message-ID");
    assert_eq!(original.as_deref(), Some("<ours@oak.test>"));
}

#[tokio::test]
async fn raw_must_be_base64url_with_a_recipient() {
    let (caller, _) = Caller::start().await;
    let send = async |raw: &str| caller.post("messages/send", json!({ "raw": raw })).await.0;
    assert_eq!(send(&mail("Hello", "Hi", None)).await, 200);
    assert_eq!(
        send(mail("Hello", "Hi", None).trim_end_matches('=')).await,
        200
    );
    assert_eq!(send("a+b/").await, 400);
    assert_eq!(send("").await, 400);
    assert_eq!(send("U3ViamVjdDogTm9ib2R5DQoNCkhpDQo").await, 400);
}

#[tokio::test]
async fn search_finds_by_time_and_message_id_and_hides_spam() {
    let (caller, mailbox) = Caller::start().await;
    let mail = |subject: &str, seconds: i64| {
        mailbox
            .incoming(ANN, subject, "Hello")
            .internal_date(seconds * 1000)
    };
    let old = mail("Old", 1_700_000_000)
        .header("Message-ID", "<old@example.com>")
        .deliver()
        .id;
    let new = mail("New", 1_700_000_100).deliver().id;
    let spam = mail("Spam", 1_700_000_200).labels(&["SPAM"]).deliver().id;
    let find = async |query: &str| {
        ids(
            &caller.get(&format!("messages?q={query}")).await.1,
            "messages",
        )
    };
    assert_eq!(find("").await, [&*new, &*old]);
    assert_eq!(find("after:1700000100").await, [&*new]);
    assert_eq!(find("before:1700000100").await, [&*old]);
    assert_eq!(find("rfc822msgid:old@example.com").await, [&*old]);
    assert_eq!(find("in:spam").await, [&*spam]);
    assert_eq!(find("in:anywhere%20-in:inbox").await, [&*spam]);
}

#[tokio::test]
async fn a_thread_can_be_read_whole_and_a_deleted_mail_not_at_all() {
    let (caller, mailbox) = Caller::start().await;
    let asked = mailbox.receives(ANN, "2BR?", "Any?");
    let answered = mailbox.human_replies(&asked.thread_id, "Two.");
    let thanked = mailbox.receives_in(&asked.thread_id, ANN, "Thanks!");
    let path = format!("threads/{}?format=minimal", asked.thread_id);
    let (status, thread) = caller.get(&path).await;
    assert_eq!(
        (status, ids(&thread, "messages")),
        (200, vec![asked.id, answered.id, thanked.id.clone()])
    );
    mailbox.deletes(&thanked.id);
    let (status, gone) = caller.get(&format!("messages/{}", thanked.id)).await;
    assert_eq!((status, reason(&gone)), (404, "notFound"));
}

#[tokio::test]
async fn mail_between_two_simulated_accounts_arrives() {
    let (caller, _) = Caller::start().await;
    let ann = caller.google.mailbox("ann@example.com");
    caller
        .post("messages/send", json!({ "raw": mail("Hello", "Hi", None) }))
        .await;
    let inbox = ann.messages();
    assert_eq!(inbox.len(), 1);
    assert!(inbox[0].has("INBOX"));
    let raw = String::from_utf8(inbox[0].raw.clone()).unwrap();
    assert!(
        raw.starts_with("Delivered-To: ann@example.com\r\n"),
        "{raw}"
    );
    let answer = ann.human_replies(&inbox[0].thread_id, "Hello back");
    assert!(answer.has("SENT"));
    let oak = caller.google.mailbox(OAK).messages();
    assert_eq!((oak.len(), &oak[0].thread_id), (2, &oak[1].thread_id));
}

#[tokio::test]
async fn a_bounce_comes_back_into_the_thread() {
    let google = Google::start(None).await;
    let caller = Caller::with(&google, &[MODIFY]);
    google.bounces("ann@example.com");
    caller
        .post("messages/send", json!({ "raw": mail("Hello", "Hi", None) }))
        .await;
    let messages = google.mailbox(OAK).messages();
    assert_eq!(
        (messages.len(), &messages[0].thread_id),
        (2, &messages[1].thread_id)
    );
    assert!(String::from_utf8_lossy(&messages[1].raw).contains("X-Failed-Recipients"));
}

#[tokio::test]
async fn one_gmail_id_may_exist_in_two_mailboxes() {
    let google = Google::start(None).await;
    let (oak, elm) = (google.mailbox(OAK), google.mailbox("leasing@elm.test"));
    let in_oak = oak
        .incoming(ANN, "To oak", "Hello")
        .id("18c2aaaaaaaaaaaa")
        .deliver();
    let in_elm = elm
        .incoming(ANN, "To elm", "Hello")
        .id("18c2aaaaaaaaaaaa")
        .deliver();
    assert_eq!(
        (in_oak.id, oak.messages().len()),
        (in_elm.id, elm.messages().len())
    );
}
