//! The log of calls that a neighbour received.

use std::sync::{Arc, Mutex};

use axum::extract::MatchedPath;
use axum::http::request::Parts;
use tokio::sync::Notify;

/// One call. `status` is empty while it is being answered, and stays so when the answer was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The operation's name, such as `messages.get`.
    pub operation: String,
    pub method: String,
    /// The path template, such as `/gmail/v1/users/{user}/messages/{id}`.
    pub path: String,
    pub status: Option<u16>,
}

/// A cheap handle on the log.
#[derive(Clone, Default)]
pub struct Calls(Arc<Inner>);

#[derive(Default)]
struct Inner {
    log: Mutex<Vec<Call>>,
    arrival: Notify,
}

impl Calls {
    /// Everything so far, in order of arrival.
    pub fn all(&self) -> Vec<Call> {
        self.0.log.lock().unwrap().clone()
    }

    /// How many calls to `operation` arrived so far, answered or not.
    pub fn count(&self, operation: &str) -> usize {
        self.0
            .log
            .lock()
            .unwrap()
            .iter()
            .filter(|call| call.operation == operation)
            .count()
    }

    /// The operations' names in order of arrival.
    pub fn operations(&self) -> Vec<String> {
        self.all().into_iter().map(|call| call.operation).collect()
    }

    /// Forgets the calls so far, so that the next count starts at zero.
    pub fn clear(&self) {
        self.0.log.lock().unwrap().clear();
    }

    /// Waits until call number `n` (from one) to `operation` has arrived, answered or not.
    pub async fn arrived(&self, operation: &str, n: usize) {
        loop {
            let arrival = self.0.arrival.notified();
            tokio::pin!(arrival);
            arrival.as_mut().enable(); // before looking, so that no arrival falls in between
            if self.count(operation) >= n {
                return;
            }
            arrival.await;
        }
    }

    pub(super) fn arrived_now(&self, operation: &str, parts: &Parts) -> usize {
        let template = parts.extensions.get::<MatchedPath>();
        let call = Call {
            operation: operation.to_owned(),
            method: parts.method.to_string(),
            path: template
                .map_or(parts.uri.path(), MatchedPath::as_str)
                .to_owned(),
            status: None,
        };
        let mut log = self.0.log.lock().unwrap();
        log.push(call);
        let index = log.len() - 1;
        drop(log);
        self.0.arrival.notify_waiters();
        index
    }

    pub(super) fn answered(&self, index: usize, status: Option<u16>) {
        if let Some(call) = self.0.log.lock().unwrap().get_mut(index) {
            call.status = status;
        }
    }
}
