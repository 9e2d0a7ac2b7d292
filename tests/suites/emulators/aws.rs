//! SQS and Secrets Manager, through AWS's own client.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_sqs::config::Credentials;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use world::{Aws, Clock, Fault};

async fn aws() -> (Aws, Arc<AtomicI64>, aws_config::SdkConfig) {
    let clock = Arc::new(AtomicI64::new(1_772_000_000_000));
    let aws = Aws::start(None, Clock::from(clock.clone())).await;
    let config = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(aws.url())
        .credentials_provider(aws_sdk_sqs::config::SharedCredentialsProvider::new(
            Credentials::new("world", "world", None, None, "world"),
        ))
        .build();
    (aws, clock, config)
}

#[tokio::test]
async fn a_message_is_due_when_its_delay_is_over() {
    let (aws, clock, config) = aws().await;
    let queue = aws.queue("replies");
    let sqs = aws_sdk_sqs::Client::new(&config);
    for (body, delay) in [("later", 900), ("now", 0)] {
        let send = sqs
            .send_message()
            .queue_url(&queue)
            .message_body(body)
            .delay_seconds(delay);
        send.send().await.unwrap();
    }
    let bodies = |messages: Vec<world::aws::Message>| -> Vec<String> {
        messages.into_iter().map(|message| message.body).collect()
    };
    assert_eq!(bodies(aws.take_due(&queue)), ["now"]);
    clock.fetch_add(899_999, Ordering::SeqCst);
    assert!(aws.take_due(&queue).is_empty());
    assert_eq!(aws.next_due(), Some(1_772_000_900_000));
    clock.fetch_add(1, Ordering::SeqCst);
    let due = aws.take_due(&queue);
    assert_eq!(due[0].receive_count, 1);
    aws.put_back(due[0].clone(), 0);
    assert_eq!(aws.take_due(&queue)[0].receive_count, 2);
    assert!(aws.messages(&queue).is_empty());
}

#[tokio::test]
async fn sqs_refuses_what_it_cannot_keep() {
    let (aws, _, config) = aws().await;
    let queue = aws.queue("replies");
    let nowhere = format!("{}-missing", queue);
    let sqs = aws_sdk_sqs::Client::new(&config);
    let huge = "x".repeat((1 << 20) + 1);
    let refused = [
        (
            queue.as_str(),
            "late",
            901,
            "InvalidParameterValueException",
        ),
        (queue.as_str(), "", 0, "MissingParameter"),
        (
            queue.as_str(),
            huge.as_str(),
            0,
            "InvalidParameterValueException",
        ),
        (queue.as_str(), "bell \u{7}", 0, "InvalidMessageContents"),
        (nowhere.as_str(), "lost", 0, "QueueDoesNotExist"),
    ];
    for (queue, body, delay, code) in refused {
        let send = sqs
            .send_message()
            .queue_url(queue)
            .message_body(body)
            .delay_seconds(delay);
        let error = send.send().await.unwrap_err();
        assert_eq!(error.code(), Some(code), "{delay} {error:?}");
    }
    let whole = "x".repeat(1 << 20);
    sqs.send_message()
        .queue_url(&queue)
        .message_body(whole)
        .send()
        .await
        .unwrap();
    assert_eq!(aws.messages(&queue).len(), 1);
}

#[tokio::test]
async fn sqs_can_refuse_by_name() {
    let (aws, _, config) = aws().await;
    let queue = aws.queue("sync");
    let sqs = aws_sdk_sqs::Client::new(&config);
    aws.faults()
        .once("SendMessage", Fault::status(403, "AccessDeniedException"));
    let send = || sqs.send_message().queue_url(&queue).message_body("nudge");
    let error = send().send().await.unwrap_err();
    assert_eq!(error.code(), Some("AccessDeniedException"));
    send().send().await.unwrap();
    assert_eq!(
        (aws.calls().count("SendMessage"), aws.messages(&queue).len()),
        (2, 1)
    );
}

#[tokio::test]
async fn a_secret_is_found_by_its_name() {
    let (aws, _, config) = aws().await;
    aws.secret("luma/test", "{\"key\":\"value\"}");
    let secrets = aws_sdk_secretsmanager::Client::new(&config);
    let found = secrets
        .get_secret_value()
        .secret_id("luma/test")
        .send()
        .await
        .unwrap();
    assert_eq!(found.secret_string(), Some("{\"key\":\"value\"}"));
    let missing = secrets
        .get_secret_value()
        .secret_id("luma/other")
        .send()
        .await
        .unwrap_err();
    assert!(
        missing
            .into_service_error()
            .is_resource_not_found_exception()
    );
}
