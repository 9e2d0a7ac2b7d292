//! What the local stack offers beside Google's own interfaces.

use serde_json::{Value, json};
use world::{Google, server};

use super::{ANN, OAK, answer};

#[tokio::test]
async fn a_mail_can_be_posted_as_json_and_read_back() {
    let google = Google::start(None).await;
    let post = async |path: &str, body: Value| {
        let request = server::client()
            .post(format!("{}/_world/{path}", google.url()))
            .json(&body);
        answer(request.send().await.unwrap()).await
    };
    let mail = json!({ "to": OAK, "from": ANN, "subject": "2BR?", "body": "Any?" });
    assert_eq!(
        post("mail", mail.clone()).await.0,
        404,
        "no such mailbox yet"
    );
    assert_eq!(post("mailboxes", json!({ "address": OAK })).await.0, 201);
    let (status, first) = post("mail", mail.clone()).await;
    assert_eq!((status, &first["text"]), (200, &json!("Any?\n")));
    let thread = first["threadId"].clone();
    let more = json!({ "to": OAK, "from": ANN, "body": "Still there?", "thread": thread });
    let (_, second) = post("mail", more).await;
    assert_eq!(
        (&second["threadId"], &second["subject"]),
        (&thread, &json!("Re: 2BR?"))
    );
    google
        .mailbox(OAK)
        .human_replies(thread.as_str().unwrap(), "Two.");

    let get = async |path: &str| {
        let request = server::client().get(format!("{}/_world/{path}", google.url()));
        answer(request.send().await.unwrap()).await.1
    };
    let messages = get(&format!("mailboxes/{OAK}/messages")).await;
    assert_eq!(messages["messages"].as_array().unwrap().len(), 3);
    let sent = get("sent").await;
    assert_eq!(sent["sent"][0]["inReplyTo"], second["messageId"]);
    assert_eq!(get("mailboxes").await["mailboxes"][0]["address"], OAK);
    assert_eq!(
        google.calls().all().len(),
        0,
        "looking is not a call to Google"
    );
}

#[tokio::test]
async fn somebody_can_play_the_prospect_on_a_page() {
    let google = Google::start(None).await;
    let mailbox = google.mailbox(OAK);
    let url = format!("{}/_world/mailboxes/{OAK}", google.url());
    let form = [("from", ANN), ("subject", "<b>2BR?</b>"), ("body", "Any?")];
    let posted = server::client()
        .post(&url)
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (posted.status().as_u16(), mailbox.messages().len()),
        (303, 1)
    );
    let page = server::client()
        .get(&url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        page.contains("&lt;b&gt;2BR?&lt;/b&gt;") && page.contains("Any?"),
        "{page}"
    );
    let thread = mailbox.messages()[0].thread_id.clone();
    let form = [
        ("from", "ann@example.com"),
        ("body", "Hello?"),
        ("thread", thread.as_str()),
    ];
    server::client()
        .post(&url)
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(mailbox.thread(&thread).len(), 2);
}
