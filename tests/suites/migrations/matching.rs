//! `luma_match_documents`: the same answers from every kind of embedding.

use tokio_postgres::Client;
use world::database::TestDatabase;

use super::{has_pgvector, migrated, one};

const OAK: &str = "00000000-0000-4000-a000-000000000002";

/// A documents table from before the migrations.
const ARRAYS: &str = "create table documents (id uuid primary key default gen_random_uuid(),
    property_id uuid, content text not null, metadata jsonb, embedding float8[])";
const SINGLES: &str = "create table documents (id uuid primary key default gen_random_uuid(),
    property_id uuid, content text not null, metadata jsonb, embedding float4[])";
const VECTORS_OF_ANY_LENGTH: &str = "create extension vector;
    create table documents (id uuid primary key default gen_random_uuid(),
    property_id uuid, content text not null, metadata jsonb, embedding vector)";
/// Where Supabase keeps its extensions.
const VECTORS_ELSEWHERE: &str = "create schema extensions;
    create extension vector with schema extensions;
    create table documents (id uuid primary key default gen_random_uuid(),
    property_id uuid, content text not null, metadata jsonb, embedding extensions.vector(1536))";

/// One database of each kind that this server can have.
async fn kinds() -> Vec<(&'static str, TestDatabase, Client)> {
    let mut kinds = vec![
        ("the baseline's", ""),
        ("arrays", ARRAYS),
        ("singles", SINGLES),
    ];
    let empty = TestDatabase::create_empty().await;
    if has_pgvector(&empty.connect().await).await {
        kinds.push(("vectors of any length", VECTORS_OF_ANY_LENGTH));
        kinds.push(("vectors elsewhere", VECTORS_ELSEWHERE));
    }
    let mut databases = Vec::new();
    for (kind, sql) in kinds {
        let (database, client) = migrated(&[sql]).await;
        client
            .batch_execute(&format!(
                "insert into properties (id, name) values ('{OAK}', 'Oak Court')"
            ))
            .await
            .unwrap();
        databases.push((kind, database, client));
    }
    databases
}

/// A direction in 1536 dimensions, made of a few of them.
fn direction(parts: &[(usize, f64)]) -> Vec<f64> {
    let mut vector = vec![0.0; 1536];
    for &(at, value) in parts {
        vector[at] = value;
    }
    vector
}

/// The assignment cast of pgvector makes this statement good for every kind.
async fn add(client: &Client, property: Option<&str>, content: &str, embedding: Option<Vec<f64>>) {
    let property = property.map(|id| id.parse::<uuid::Uuid>().unwrap());
    client
        .execute(
            "insert into documents (property_id, content, metadata, embedding)
             values ($1, $2, jsonb_build_object('title', $2::text), $3::float8[])",
            &[&property, &content, &embedding],
        )
        .await
        .unwrap();
}

async fn matches(client: &Client, query: &[f64], threshold: f64, count: i32) -> Vec<(String, f64)> {
    let oak: uuid::Uuid = OAK.parse().unwrap();
    let rows = client
        .query(
            "select content, similarity, metadata ->> 'title' as title
             from luma_match_documents($1, $2, $3, $4)",
            &[&query, &threshold, &count, &oak],
        )
        .await
        .unwrap();
    rows.iter()
        .map(|row| {
            assert_eq!(row.get::<_, &str>("content"), row.get::<_, &str>("title"));
            (row.get("content"), row.get("similarity"))
        })
        .collect()
}

#[tokio::test]
async fn the_nearest_chunks_of_the_property_come_first_whatever_holds_the_embeddings() {
    for (kind, _database, client) in kinds().await {
        add(
            &client,
            Some(OAK),
            "far",
            Some(direction(&[(0, 1.0), (1, 3.0)])),
        )
        .await;
        add(&client, Some(OAK), "same", Some(direction(&[(0, 0.5)]))).await;
        add(
            &client,
            Some(OAK),
            "near",
            Some(direction(&[(0, 4.0), (1, 3.0)])),
        )
        .await;
        add(
            &client,
            Some(OAK),
            "opposite",
            Some(direction(&[(0, -1.0)])),
        )
        .await;
        add(&client, Some(OAK), "zero", Some(direction(&[]))).await;
        add(&client, Some(OAK), "not embedded yet", None).await;
        add(&client, None, "nobody's", Some(direction(&[(0, 1.0)]))).await;

        let query = direction(&[(0, 2.0)]);
        let all = matches(&client, &query, -2.0, 10).await;
        let expected = [
            ("same", 1.0),
            ("near", 0.8),
            ("far", 1.0 / 10f64.sqrt()),
            ("opposite", -1.0),
        ];
        assert_eq!(all.len(), expected.len(), "{kind}: {all:?}");
        for ((content, similarity), (name, value)) in all.iter().zip(expected) {
            assert_eq!(content, name, "{kind}");
            assert!(
                (similarity - value).abs() < 1e-6,
                "{kind}: {name} is {similarity}"
            );
        }
        assert_eq!(
            matches(&client, &query, 0.5, 1).await.len(),
            1,
            "{kind}: the count"
        );
        assert_eq!(
            matches(&client, &query, 0.5, 9).await.len(),
            2,
            "{kind}: the threshold"
        );
        assert_eq!(
            matches(&client, &query, 1.0, 9).await.len(),
            0,
            "{kind}: strictly above"
        );
    }
}

#[tokio::test]
async fn an_embedding_of_another_length_is_passed_over() {
    for (kind, _database, client) in kinds().await {
        add(&client, Some(OAK), "right", Some(direction(&[(0, 1.0)]))).await;
        if !["the baseline's", "vectors elsewhere"].contains(&kind) {
            add(&client, Some(OAK), "short", Some(vec![1.0, 0.0, 0.0])).await;
        }
        assert_eq!(
            matches(&client, &direction(&[(0, 1.0)]), 0.5, 9)
                .await
                .len(),
            1,
            "{kind}"
        );
        assert_eq!(matches(&client, &[1.0, 0.0], 0.5, 9).await, [], "{kind}");
        assert_eq!(matches(&client, &[], 0.5, 9).await, [], "{kind}");
    }
}

#[tokio::test]
async fn it_agrees_with_the_hosts_function_where_there_is_one() {
    for (kind, _database, client) in kinds().await {
        if !one::<bool>(&client, "select to_regproc('match_documents') is not null").await {
            continue;
        }
        client
            .batch_execute("set search_path = public, extensions")
            .await
            .unwrap();
        for at in 0..5u8 {
            let embedding = direction(&[(0, 1.0), (usize::from(at), 0.7)]);
            add(&client, Some(OAK), &format!("chunk {at}"), Some(embedding)).await;
        }
        let query = direction(&[(0, 1.0), (3, 0.2)]);
        let theirs = client
            .query(
                &format!(
                    "select content, similarity
                     from match_documents(($1::float8[])::vector, 0.5, 5, '{OAK}')"
                ),
                &[&query],
            )
            .await
            .unwrap();
        let theirs: Vec<(String, f64)> =
            theirs.iter().map(|row| (row.get(0), row.get(1))).collect();
        assert_eq!(theirs.len(), 5);
        let mut ours = matches(&client, &query, 0.5, 5).await;
        let mut theirs = theirs;
        // Equal similarities may come in either order.
        for found in [&mut ours, &mut theirs] {
            found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        }
        assert_eq!(ours, theirs, "{kind}");
    }
}
