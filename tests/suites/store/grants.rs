//! Grants and consents: refreshed by one, refused by version, revoked in the end.

use shared::crypto::Sealed;
use shared::domain::ids::*;
use shared::store::accounts::{self, Holder, Status};
use shared::store::mailboxes;
use shared::store::oauth_states::{self, Consent};
use uuid::Uuid;

use super::{Bench, after, connect, noon};

#[tokio::test]
async fn one_worker_refreshes_a_grant_and_the_newer_one_survives() {
    let bench = Bench::new().await;
    let id = bench.mailbox().await;
    let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
    let tx = bench.tx().await;
    let claim = async |version, owner| {
        let claimed = accounts::claim_refresh(&tx, Holder::Mailbox(id), version, owner).await;
        claimed.unwrap()
    };
    assert!(!claim(7, first).await, "an old version");
    assert!(claim(1, first).await);
    assert!(!claim(1, second).await);
    accounts::give_up_refresh(&tx, Holder::Mailbox(id), second)
        .await
        .unwrap();
    assert!(!claim(1, second).await, "only the owner gives up");
    accounts::give_up_refresh(&tx, Holder::Mailbox(id), first)
        .await
        .unwrap();
    assert!(claim(1, second).await);

    let (access, refresh) = (Sealed::from_stored("new"), Sealed::from_stored("newer"));
    let store = async |version, refresh: Option<&Sealed>| {
        let stored = accounts::refreshed(
            &tx,
            Holder::Mailbox(id),
            version,
            &access,
            refresh,
            after(90),
        )
        .await;
        stored.unwrap()
    };
    assert!(!store(7, None).await);
    assert!(store(1, None).await);
    let grant = mailboxes::by_id(&tx, id)
        .await
        .unwrap()
        .unwrap()
        .grant
        .unwrap();
    assert_eq!((grant.access, grant.version), (access.clone(), 2));
    assert_eq!(
        grant.refresh,
        Sealed::from_stored("v1.k1.a.b.c"),
        "it stays"
    );
    assert!(store(2, Some(&refresh)).await);

    let refuse = async |version| {
        let marked =
            accounts::require_reauth(&tx, Holder::Mailbox(id), version, "invalid_grant").await;
        marked.unwrap()
    };
    assert!(!refuse(2).await, "the refusal of an old grant");
    assert!(refuse(3).await);
    let lost = mailboxes::by_id(&tx, id).await.unwrap().unwrap();
    assert_eq!(lost.status, Status::ReauthRequired);
    assert!(!store(3, None).await && !claim(3, first).await);
}

#[tokio::test]
async fn a_grant_under_an_older_key_is_sealed_again_unless_it_changed() {
    let bench = Bench::new().await;
    let id = bench.mailbox().await;
    let tx = bench.tx().await;
    let otherwise = async |prefix| {
        let found = accounts::sealed_otherwise(&tx, prefix, 10).await.unwrap();
        found
            .into_iter()
            .map(|account| account.holder)
            .collect::<Vec<_>>()
    };
    assert_eq!(otherwise("v1.k1.").await, []);
    assert_eq!(otherwise("v1.k2.").await, [Holder::Mailbox(id)]);
    let token = Sealed::from_stored("v1.k2.a.b.c");
    assert!(
        !accounts::resealed(&tx, Holder::Mailbox(id), 7, &token, &token)
            .await
            .unwrap()
    );
    assert!(
        accounts::resealed(&tx, Holder::Mailbox(id), 1, &token, &token)
            .await
            .unwrap()
    );
    assert_eq!(otherwise("v1.k2.").await, []);
}

#[tokio::test]
async fn a_revocation_is_owed_until_it_is_made_or_forgiven() {
    let bench = Bench::new().await;
    let id = bench.mailbox().await;
    let tx = bench.tx().await;
    let mailbox = mailboxes::by_id(&tx, id).await.unwrap().unwrap();
    let token = Sealed::from_stored("v1.k1.x.y.z");
    let debt = Uuid::new_v4();
    mailboxes::disconnect(&tx, id, noon()).await.unwrap();
    accounts::owe_revocation(&tx, debt, &mailbox.account(), &token, noon())
        .await
        .unwrap();
    let due = async |at| accounts::revocations_due(&tx, at, 10).await.unwrap();
    let owed = &due(noon()).await[0];
    assert_eq!(
        (owed.id, owed.property, owed.attempts),
        (debt, bench.oak, 0)
    );
    assert_eq!(owed.token, token);

    accounts::revocation_failed(&tx, debt, after(2))
        .await
        .unwrap();
    assert_eq!(due(after(1)).await.len(), 0);
    assert_eq!(due(after(2)).await[0].attempts, 1);
    assert_eq!(accounts::forgive_revocations(&tx).await.unwrap(), 0);
    accounts::revoked(&tx, debt).await.unwrap();
    assert_eq!(due(after(2)).await.len(), 0);

    accounts::owe_revocation(&tx, debt, &mailbox.account(), &token, noon())
        .await
        .unwrap();
    connect(&tx, bench.oak, "leasing@oak.test", "1077", 1).await;
    assert_eq!(accounts::forgive_revocations(&tx).await.unwrap(), 1);
}

#[tokio::test]
async fn a_revocation_outlives_its_property_and_still_names_it() {
    let bench = Bench::new().await;
    let id = bench.mailbox().await;
    let tx = bench.tx().await;
    let mailbox = mailboxes::by_id(&tx, id).await.unwrap().unwrap();
    let token = Sealed::from_stored("v1.k1.x.y.z");
    accounts::owe_revocation(&tx, Uuid::new_v4(), &mailbox.account(), &token, noon())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let delete = format!("delete from properties where id = '{}'", bench.oak);
    bench.sql.batch_execute(&delete).await.unwrap();
    let tx = bench.everywhere().await;
    let due = accounts::revocations_due(&tx, noon(), 10).await.unwrap();
    assert_eq!((due.len(), due[0].property), (1, bench.oak));
}

#[tokio::test]
async fn a_consent_is_taken_once_by_its_own_browser_in_time() {
    let bench = Bench::new().await;
    let profile = ProfileId(Uuid::new_v4());
    let (state, browser, other) = ([1; 32], [2; 32], [3; 32]);
    let tx = bench.tx().await;
    let consent = Consent {
        property: bench.oak,
        profile,
        verifier: Sealed::from_stored("v1.k1.a.b.c"),
    };
    oauth_states::insert(&tx, state, browser, "gmail", &consent, after(10))
        .await
        .unwrap();
    let take = async |state, browser, purpose, at| {
        oauth_states::take(&tx, state, browser, purpose, at)
            .await
            .unwrap()
    };
    assert!(take(other, browser, "gmail", noon()).await.is_none());
    assert!(take(state, other, "gmail", noon()).await.is_none());
    assert!(take(state, browser, "calendar", noon()).await.is_none());
    assert!(take(state, browser, "gmail", after(10)).await.is_none());
    let taken = take(state, browser, "gmail", after(9)).await.unwrap();
    assert_eq!((taken.property, taken.profile), (bench.oak, profile));
    assert_eq!(taken.verifier, consent.verifier);
    assert!(take(state, browser, "gmail", after(9)).await.is_none());

    // Who signs in belongs to no property yet.
    tx.commit().await.unwrap();
    let tx = bench.everywhere().await;
    let take = async |state, browser, purpose, at| {
        oauth_states::take(&tx, state, browser, purpose, at)
            .await
            .unwrap()
    };
    let verifier = Sealed::from_stored("v1.k1.a.b.c");
    oauth_states::insert_sign_in(&tx, state, browser, &verifier, after(10))
        .await
        .unwrap();
    let sign_in = async |browser, at| {
        let taken = oauth_states::take_sign_in(&tx, state, browser, at).await;
        taken.unwrap()
    };
    assert!(take(state, browser, "gmail", noon()).await.is_none());
    assert!(sign_in(other, noon()).await.is_none());
    assert!(sign_in(browser, after(10)).await.is_none());
    assert_eq!(sign_in(browser, after(9)).await, Some(verifier));
    assert!(sign_in(browser, after(9)).await.is_none(), "once");

    oauth_states::insert(&tx, state, browser, "gmail", &consent, after(10))
        .await
        .unwrap();
    assert_eq!(
        oauth_states::forget_expired(&tx, after(10)).await.unwrap(),
        0
    );
    assert_eq!(
        oauth_states::forget_expired(&tx, after(11)).await.unwrap(),
        1
    );
}
