//! Replies: every step checks the lease or the state it starts from.

use shared::domain::ids::*;
use shared::domain::reply::{Hand, ReplyState};
use shared::store::replies::Next;
use shared::store::{Tx, overview, replies};
use uuid::Uuid;

use super::{Bench, after, noon, write};

/// A reply to Ann's message, due in five minutes.
async fn due(bench: &Bench, tx: &Tx) -> (ReplyId, ThreadId) {
    let (mailbox, thread, email) = bench.letter().await;
    let made = replies::insert(tx, bench.oak, mailbox, thread, email, after(5), noon()).await;
    let again = replies::insert(tx, bench.oak, mailbox, thread, email, after(9), noon()).await;
    assert_eq!(again.unwrap(), None, "one per message");
    (made.unwrap().unwrap(), thread)
}

/// A text that offers a visit in an hour.
fn text(body: &str, confidence: Option<f64>) -> replies::Text<'_> {
    replies::Text {
        body,
        confidence,
        letter: body,
        offer_ends: Some(after(60)),
    }
}

async fn state(tx: &Tx, id: ReplyId) -> (ReplyState, Vec<String>) {
    let reply = replies::by_id(tx, id).await.unwrap().unwrap();
    (reply.state, reply.reasons)
}

#[tokio::test]
async fn a_reply_goes_from_due_to_sent_in_the_hands_of_one() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let (id, thread) = due(&bench, &tx).await;
    let (worker, other) = (Uuid::new_v4(), Uuid::new_v4());
    let claim = async |owner, at| replies::claim(&tx, id, owner, 60.0, at).await.unwrap();
    assert_eq!(replies::unattended(&tx, after(4), 10).await.unwrap(), []);
    assert!(claim(worker, after(4)).await.is_none(), "not yet");
    assert_eq!(replies::unattended(&tx, after(5), 10).await.unwrap(), [id]);
    let claimed = claim(worker, after(5)).await.unwrap();
    assert_eq!(
        (claimed.id, claimed.thread, claimed.attempts),
        (id, thread, 1)
    );
    assert!(claim(other, after(5)).await.is_none(), "somebody has it");
    assert_eq!(replies::unattended(&tx, after(5), 10).await.unwrap(), []);

    let compose = async |owner| {
        let text = text("We have two.", Some(0.9));
        replies::composed(&tx, id, owner, &text).await.unwrap()
    };
    let draft = DraftId("r1".to_owned());
    assert!(
        !replies::drafted(&tx, id, worker, &draft).await.unwrap(),
        "no text yet"
    );
    assert!(!compose(other).await);
    assert!(compose(worker).await);
    assert!(!compose(worker).await, "the text is fixed");
    assert!(!replies::drafted(&tx, id, other, &draft).await.unwrap());
    assert!(replies::drafted(&tx, id, worker, &draft).await.unwrap());
    let message = GmailMessageId("m9".to_owned());
    assert!(replies::sent(&tx, id, &message, after(6)).await.unwrap());
    assert!(!replies::sent(&tx, id, &message, after(7)).await.unwrap());
    let sent = replies::by_id(&tx, id).await.unwrap().unwrap();
    assert_eq!(
        (sent.state, sent.sent_at),
        (ReplyState::Sent, Some(after(6)))
    );
    assert_eq!(
        (sent.draft, sent.letter.as_deref()),
        (Some(draft), Some("We have two."))
    );
    let late = replies::end(&tx, id, ReplyState::Failed, "late")
        .await
        .unwrap();
    assert!(!late, "what is sent stays sent");
}

#[tokio::test]
async fn a_reply_that_waits_is_given_back_held_or_ended() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let (id, thread) = due(&bench, &tx).await;
    let worker = Uuid::new_v4();
    let claim = async |at| {
        replies::claim(&tx, id, worker, 60.0, at)
            .await
            .unwrap()
            .is_some()
    };
    assert!(claim(after(5)).await);
    replies::postpone(&tx, id, worker, after(8)).await.unwrap();
    assert!(!claim(after(7)).await);
    assert!(claim(after(8)).await);
    let reasons = ["low_confidence".to_owned()];
    let hold = async |owner| {
        let held = replies::hold(&tx, id, owner, Some(("Maybe.", 0.2)), &reasons, false).await;
        held.unwrap()
    };
    assert!(!hold(Uuid::new_v4()).await);
    assert!(hold(worker).await);
    assert_eq!(state(&tx, id).await, (ReplyState::Held, reasons.to_vec()));
    assert!(!claim(after(9)).await, "a person has to look first");
    let ended = replies::end_waiting(&tx, thread, noon(), "superseded").await;
    let ended = ended.unwrap();
    assert_eq!((ended.len(), ended[0].id), (1, id));
    assert!(!ended[0].was_due, "it was written");
    assert_eq!(state(&tx, id).await.0, ReplyState::Cancelled);
}

#[tokio::test]
async fn a_newer_message_ends_what_was_due_and_tells_since_when_she_waits() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let (id, thread) = due(&bench, &tx).await;
    let earlier = replies::end_waiting(&tx, thread, after(-1), "superseded");
    assert!(
        earlier.await.unwrap().is_empty(),
        "filed late, written before"
    );
    assert_eq!(state(&tx, id).await.0, ReplyState::Due);
    let ended = replies::end_waiting(&tx, thread, noon(), "superseded").await;
    let ended = ended.unwrap();
    assert_eq!((ended.len(), ended[0].id), (1, id));
    assert!(ended[0].was_due);
    assert_eq!(ended[0].waiting_since, noon());
    let superseded = (ReplyState::Cancelled, vec!["superseded".to_owned()]);
    assert_eq!(state(&tx, id).await, superseded);
    assert!(
        !replies::end(&tx, id, ReplyState::Failed, "late")
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn people_decide_about_what_is_held_and_nothing_else() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let (id, _) = due(&bench, &tx).await;
    let sam = ProfileId(Uuid::new_v4());
    let (oak, elm) = (bench.oak, PropertyId(Uuid::new_v4()));
    let approve = async |property| {
        replies::approve(&tx, property, id, sam, after(7))
            .await
            .unwrap()
    };
    let edit = async |property| replies::edit(&tx, property, id, "Better.").await.unwrap();
    assert!(!approve(oak).await && !edit(oak).await, "it is not held");
    assert!(!replies::reject(&tx, oak, id).await.unwrap());

    let worker = Uuid::new_v4();
    replies::claim(&tx, id, worker, 60.0, after(5))
        .await
        .unwrap()
        .unwrap();
    replies::hold(&tx, id, worker, None, &[], false)
        .await
        .unwrap();
    assert!(!approve(oak).await, "there is no text to approve");
    assert!(!edit(elm).await);
    assert!(edit(oak).await);
    assert!(!approve(elm).await && !replies::reject(&tx, elm, id).await.unwrap());
    assert!(approve(oak).await);
    let approved = replies::by_id(&tx, id).await.unwrap().unwrap();
    assert_eq!(
        (approved.state, approved.due_at),
        (ReplyState::Sending, after(7))
    );
    assert_eq!(
        (approved.approved_by, approved.approved_at),
        (Some(sam), Some(after(7)))
    );
    assert!(!replies::reject(&tx, oak, id).await.unwrap(), "too late");
}

#[tokio::test]
async fn a_letter_that_was_not_sent_is_taken_back_once_and_before_a_person() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let (id, _) = due(&bench, &tx).await;
    let worker = Uuid::new_v4();
    let recall = async |owner| {
        replies::recall(&tx, id, owner, "offer_expired")
            .await
            .unwrap()
    };
    let claimed = replies::claim(&tx, id, worker, 60.0, after(5)).await;
    assert!(claimed.unwrap().is_some());
    assert!(!recall(worker).await, "nothing is written");
    let offer = text("Come at ten.", Some(0.9));
    assert!(replies::composed(&tx, id, worker, &offer).await.unwrap());
    let written = replies::by_id(&tx, id).await.unwrap().unwrap();
    assert_eq!(written.offer_ends, Some(after(60)));
    assert!(!recall(Uuid::new_v4()).await);
    assert!(recall(worker).await);
    assert!(!recall(worker).await);
    let held = replies::by_id(&tx, id).await.unwrap().unwrap();
    assert_eq!(
        (held.state, held.reasons.as_slice()),
        (ReplyState::Held, &["offer_expired".to_owned()][..])
    );
    assert_eq!(
        (held.letter, held.draft, held.offer_ends),
        (None, None, None)
    );
    assert_eq!(held.body_text.as_deref(), Some("Come at ten."));
}

#[tokio::test]
async fn traffic_is_counted_by_thread_sender_and_mailbox() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let (id, thread) = due(&bench, &tx).await;
    let worker = Uuid::new_v4();
    replies::claim(&tx, id, worker, 60.0, after(5))
        .await
        .unwrap()
        .unwrap();
    replies::composed(&tx, id, worker, &text("Two.", None))
        .await
        .unwrap();
    let message = GmailMessageId("m9".to_owned());
    replies::sent(&tx, id, &message, after(6)).await.unwrap();
    let first = replies::by_id(&tx, id).await.unwrap().unwrap();
    replies::one_at_a_time(&tx, first.mailbox).await.unwrap();

    let email = write(&tx, bench.oak, first.mailbox, thread, |email| email).await;
    let next = replies::insert(
        &tx,
        bench.oak,
        first.mailbox,
        thread,
        email,
        after(9),
        noon(),
    );
    let next = replies::by_id(&tx, next.await.unwrap().unwrap())
        .await
        .unwrap()
        .unwrap();
    let traffic = async |key, relayed_for, at| {
        let traffic = replies::traffic(&tx, &next, key, relayed_for, at).await;
        let traffic = traffic.unwrap();
        (
            traffic.thread_last_hour,
            traffic.sender_last_day,
            traffic.mailbox_last_hour,
        )
    };
    let counts = async |key, at| traffic(key, None, at).await;
    assert_eq!(counts("ann@example.com", after(10)).await, (1, 1, 1));
    assert_eq!(counts("bob@example.com", after(10)).await, (1, 0, 1));
    assert_eq!(counts("ann@example.com", after(90)).await, (0, 1, 0));
    assert_eq!(counts("ann@example.com", after(26 * 60)).await, (0, 0, 0));
    let portal = "update email_messages set reply_to = 'Ann@home.example'";
    tx.execute(portal, &[]).await.unwrap();
    let relayed = async |prospect| traffic("ann@example.com", Some(prospect), after(10)).await;
    assert_eq!(relayed("ann@home.example").await, (1, 1, 1));
    assert_eq!(relayed("bob@home.example").await, (1, 0, 1));
}

#[tokio::test]
async fn a_preview_is_behind_until_it_shows_the_text_and_after_the_end() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let (id, _) = due(&bench, &tx).await;
    let worker = Uuid::new_v4();
    let unattended = async || replies::unattended(&tx, after(9), 10).await.unwrap();
    let claim = async || {
        let claimed = replies::claim_preview(&tx, id, worker, 60.0, after(9)).await;
        claimed.unwrap().is_some()
    };
    assert!(!claim().await, "it is not held");
    replies::claim(&tx, id, worker, 60.0, after(5))
        .await
        .unwrap()
        .unwrap();
    let reasons = ["approval_required".to_owned()];
    let held = replies::hold(&tx, id, worker, Some(("Two.", 0.9)), &reasons, true);
    assert!(held.await.unwrap());
    assert_eq!(unattended().await, [id]);
    assert!(claim().await);
    assert!(!claim().await, "somebody has it");
    assert_eq!(unattended().await, []);

    // Edited while the first text was on its way to Gmail.
    let draft = DraftId("r1".to_owned());
    assert!(replies::edit(&tx, bench.oak, id, "Three.").await.unwrap());
    let shown = async |owner, body| {
        let stored = replies::previewed(&tx, id, owner, Some((&draft, body))).await;
        stored.unwrap()
    };
    let other = shown(Uuid::new_v4(), "Two.").await;
    assert_eq!(other, None, "another has the lease");
    assert_eq!(shown(worker, "Two.").await, Some(Next::More));
    assert!(claim().await, "Gmail shows the older text");
    assert_eq!(shown(worker, "Three.").await, Some(Next::Nothing));
    assert!(!claim().await);
    assert!(replies::edit(&tx, bench.oak, id, "Four.").await.unwrap());
    assert!(claim().await);
    assert_eq!(shown(worker, "Four.").await, Some(Next::Nothing));

    assert!(replies::reject(&tx, bench.oak, id).await.unwrap());
    assert_eq!(unattended().await, [id], "the draft is to go");
    assert!(claim().await);
    let gone = replies::previewed(&tx, id, worker, None).await.unwrap();
    assert_eq!(gone, Some(Next::Nothing));
    assert_eq!(unattended().await, []);
    assert!(
        replies::by_id(&tx, id)
            .await
            .unwrap()
            .unwrap()
            .preview
            .is_none()
    );
}

#[tokio::test]
async fn a_preview_gives_way_to_the_letter() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let (id, _) = due(&bench, &tx).await;
    let worker = Uuid::new_v4();
    let claim = async |at| {
        let claimed = replies::claim(&tx, id, worker, 60.0, at).await;
        claimed.unwrap().unwrap()
    };
    claim(after(5)).await;
    let held = replies::hold(&tx, id, worker, Some(("Two.", 0.9)), &[], true);
    assert!(held.await.unwrap());
    let claimed = replies::claim_preview(&tx, id, worker, 60.0, after(6)).await;
    assert!(claimed.unwrap().is_some());
    let draft = DraftId("r1".to_owned());
    let shown = replies::previewed(&tx, id, worker, Some((&draft, "Two.")));
    assert_eq!(shown.await.unwrap(), Some(Next::Nothing));
    let sam = ProfileId(Uuid::new_v4());
    let approved = replies::approve(&tx, bench.oak, id, sam, after(7));
    assert!(approved.await.unwrap());
    assert_eq!(claim(after(7)).await.preview, Some(draft));
    replies::unveil(&tx, id, worker).await.unwrap();
    let reply = replies::by_id(&tx, id).await.unwrap().unwrap();
    assert_eq!((reply.preview, reply.preview_due), (None, false));
    assert_eq!(reply.written_by, Hand::Assistant);
    replies::changed_by_hand(&tx, id).await.unwrap();
    let reply = replies::by_id(&tx, id).await.unwrap().unwrap();
    assert_eq!(reply.written_by, Hand::Edited);
}

#[tokio::test]
async fn replies_are_listed_by_property_and_by_thread() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let (id, thread) = due(&bench, &tx).await;
    let list = async |property, state, after| {
        let rows = replies::list(&tx, property, state, after, 10)
            .await
            .unwrap();
        rows.into_iter().map(|reply| reply.id).collect::<Vec<_>>()
    };
    let place = replies::by_id(&tx, id).await.unwrap().unwrap().created_at;
    assert_eq!(list(bench.oak, None, None).await, [id]);
    assert_eq!(list(bench.oak, Some(ReplyState::Due), None).await, [id]);
    assert_eq!(list(bench.oak, Some(ReplyState::Held), None).await, []);
    assert_eq!(list(bench.oak, None, Some((place, id))).await, []);
    assert_eq!(list(PropertyId(Uuid::new_v4()), None, None).await, []);
    let of_thread = replies::of_thread(&tx, bench.oak, thread).await.unwrap();
    assert_eq!(of_thread[0].id, id);
}

#[tokio::test]
async fn an_answer_to_a_sender_who_is_not_proven_is_found_by_thread_and_by_address() {
    let bench = Bench::new().await;
    let (mailbox, thread, _) = bench.letter().await;
    let tx = bench.tx().await;
    let forged = async |from: &'static str, thread| {
        let email = write(&tx, bench.oak, mailbox, thread, |mut email| {
            (email.from_address, email.sender_verified) = (from, false);
            email
        });
        let email = email.await;
        let made = replies::insert(&tx, bench.oak, mailbox, thread, email, noon(), noon()).await;
        let id = made.unwrap().unwrap();
        replies::by_id(&tx, id).await.unwrap().unwrap()
    };
    let other = super::thread(&tx, bench.oak, mailbox, "t2").await;
    let first = forged("Eve@Example.com", thread).await;
    let here = forged("mallory@example.com", thread).await;
    let there = forged("eve@example.com", other).await;
    let answered = async |reply, key| {
        let found = replies::answered_unverified(&tx, reply, key).await;
        found.unwrap()
    };
    assert!(!answered(&here, "mallory@example.com").await, "not yet");
    let worker = Uuid::new_v4();
    replies::claim(&tx, first.id, worker, 60.0, noon())
        .await
        .unwrap();
    replies::composed(&tx, first.id, worker, &text("Yes.", None))
        .await
        .unwrap();
    assert!(answered(&here, "mallory@example.com").await, "same thread");
    assert!(answered(&there, "eve@example.com").await, "same address");
    assert!(!answered(&there, "bob@example.com").await, "neither");
    assert!(
        !answered(&first, "eve@example.com").await,
        "its own is none"
    );
}

#[tokio::test]
async fn a_person_who_asks_to_stop_ends_what_waits_and_wakes_what_is_on_its_way() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let (id, _) = due(&bench, &tx).await;
    let stop = async |key| {
        let stopped = replies::stop(&tx, bench.oak, key, "opted_out").await;
        stopped.unwrap()
    };
    assert_eq!(stop("bob@example.com").await, []);
    let worker = Uuid::new_v4();
    replies::claim(&tx, id, worker, 60.0, after(5))
        .await
        .unwrap();
    replies::composed(&tx, id, worker, &text("Two.", None))
        .await
        .unwrap();
    replies::postpone(&tx, id, worker, after(90)).await.unwrap();
    assert_eq!(stop("ann@example.com").await, [], "it is on its way");
    let woken = replies::by_id(&tx, id).await.unwrap().unwrap();
    assert_eq!(
        (woken.state, woken.next_attempt_at),
        (ReplyState::Sending, None)
    );
}

#[tokio::test]
async fn a_failed_reply_leaves_its_thread_to_a_person_until_something_later_is_sent() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let (id, thread) = due(&bench, &tx).await;
    let waits = async || {
        let line = overview::thread(&tx, bench.oak, thread)
            .await
            .unwrap()
            .unwrap();
        let waiting = overview::waiting_for_person(&tx, bench.oak).await.unwrap();
        assert_eq!(
            (waiting.left, waiting.failed),
            (0, i64::from(line.reply_failed))
        );
        line.needs_person
    };
    assert_eq!(waits().await, None);
    replies::end(&tx, id, ReplyState::Failed, "gave_up")
        .await
        .unwrap();
    assert_eq!(waits().await.as_deref(), Some("gave_up"));
    let mailbox = replies::by_id(&tx, id).await.unwrap().unwrap().mailbox;
    // Sent before she wrote; by a robot; and at last an answer.
    for (at, unanswerable, after) in [
        (after(-1), None, Some("gave_up")),
        (after(1), Some("automatic"), Some("gave_up")),
        (after(2), None, None),
    ] {
        write(&tx, bench.oak, mailbox, thread, |mut email| {
            (email.inbound, email.at, email.unanswerable) = (false, at, unanswerable);
            email
        })
        .await;
        assert_eq!(waits().await.as_deref(), after, "{at}");
    }
}
