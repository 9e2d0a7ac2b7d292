//! Looking behind the scenes: everything that is stored.

use std::collections::BTreeMap;

use crate::world::World;

/// Rows as Postgres writes them, by table.
pub type Rows = BTreeMap<String, Vec<String>>;

impl World {
    /// Every row of every table, and what waits in the queues.
    pub async fn everything(&self) -> Rows {
        let tables = self
            .texts(
                "select format('%I.%I', schemaname, tablename) from pg_tables
                 where schemaname not in ('pg_catalog', 'information_schema') order by 1",
            )
            .await;
        let mut rows = Rows::new();
        for table in tables {
            let all = format!("select t::text from {table} t order by 1");
            rows.insert(table.clone(), self.texts(&all).await);
        }
        for queue in ["sync", "replies"] {
            let messages = self.aws.messages(&self.queue_url(queue));
            let bodies = messages.into_iter().map(|message| message.body);
            rows.insert(format!("queue {queue}"), bodies.collect());
        }
        rows
    }

    /// [`World::everything`] but the counters of requests, which every request changes.
    pub async fn kept(&self) -> Rows {
        let mut rows = self.everything().await;
        rows.remove("public.rate_counters");
        rows
    }
}
