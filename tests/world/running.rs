//! Functions in rougher conditions than one after the other: all at once, and killed half-way.

use crate::Fault;
use crate::world::{QUEUES, World};

impl World {
    /// Works on everything that is due now, all at once, as functions do that were scaled out.
    pub async fn work_at_once(&self) {
        let due = QUEUES.iter().flat_map(|(queue, function)| {
            let messages = self.aws.take_due(&self.queue_url(queue));
            messages
                .into_iter()
                .map(|message| self.deliver(function, message))
        });
        futures::future::join_all(due.collect::<Vec<_>>()).await;
    }

    /// Works on the queues until Google receives call number `n` (from one, from now) to `operation`. That
    /// call is never answered: the function is killed over it, with what it held in memory and its queue
    /// message. Its leases have run out when this returns.
    ///
    /// # Panics
    /// If the work ends before.
    pub async fn killed_at(&self, operation: &str, n: usize) {
        let calls = self.google.calls();
        let nth = calls.count(operation) + n;
        self.google.faults().nth(operation, n, Fault::Stall);
        tokio::select! {
            () = self.work() => panic!("the work ended before call {n} to {operation}"),
            () = calls.arrived(operation, nth) => {}
        }
        self.leases_run_out().await;
    }
}
