//! Misbehaviour by name, planned before the call that suffers it.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::response::Response;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// One way for a call to go wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The connection closes; nothing happened.
    AnswerLostBeforeEffect,
    /// The connection closes; everything happened.
    AnswerLostAfterEffect,
    /// The neighbour refuses, in its own words; nothing happened. `retry_after` in seconds.
    Status {
        code: u16,
        reason: &'static str,
        retry_after: Option<u64>,
    },
    /// The answer comes after a delay.
    Slow(Duration),
    /// The call waits until [`Faults::let_go`]; then it happens and is answered.
    Held,
    /// No answer ever; nothing happened. Await `calls().arrived(…)`, then drop the caller.
    Stall,
    /// No answer ever; everything happened.
    StallAfterEffect,
    /// Everything happened, but the answer with status 200 is cut short.
    Garbage,
    /// The answer is 503 now; the effect waits for [`Faults::release`].
    LateEffect,
    /// The answer is 503 now; the effect follows the next call to the named operation.
    LateEffectAfter(&'static str),
}

impl Fault {
    /// A refusal without `Retry-After`.
    pub fn status(code: u16, reason: &'static str) -> Fault {
        Fault::Status {
            code,
            reason,
            retry_after: None,
        }
    }

    /// 429 with `Retry-After` in seconds.
    pub fn too_many(retry_after: u64) -> Fault {
        Fault::Status {
            code: 429,
            reason: "rateLimitExceeded",
            retry_after: Some(retry_after),
        }
    }
}

/// A cheap handle on what is planned to go wrong.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Plan>>);

#[derive(Default)]
struct Plan {
    planned: Vec<Planned>,
    held: Vec<oneshot::Sender<()>>,
    late: Vec<Late>,
}

struct Planned {
    operation: String,
    /// Only calls that name this id, in the path or in the body.
    about: Option<String>,
    skip: usize,
    left: usize,
    fault: Fault,
}

struct Late {
    after: Option<&'static str>,
    go: oneshot::Sender<()>,
    effect: JoinHandle<()>,
}

impl Faults {
    /// The next call to `operation` suffers `fault`.
    pub fn once(&self, operation: &str, fault: Fault) {
        self.plan(operation, None, 0, 1, fault);
    }

    /// The `n`-th call from now (from one) to `operation` suffers `fault`.
    pub fn nth(&self, operation: &str, n: usize, fault: Fault) {
        self.plan(operation, None, n - 1, 1, fault);
    }

    /// The next `n` calls to `operation` suffer `fault`.
    pub fn times(&self, operation: &str, n: usize, fault: Fault) {
        self.plan(operation, None, 0, n, fault);
    }

    /// Every call to `operation` suffers `fault` until [`Faults::clear`].
    pub fn always(&self, operation: &str, fault: Fault) {
        self.plan(operation, None, 0, usize::MAX, fault);
    }

    /// Every call to `operation` that names `id`, in its path or body, suffers `fault`.
    pub fn about(&self, operation: &str, id: &str, fault: Fault) {
        self.plan(operation, Some(id.to_owned()), 0, usize::MAX, fault);
    }

    /// Like [`Faults::about`], but only the first such call.
    pub fn once_about(&self, operation: &str, id: &str, fault: Fault) {
        self.plan(operation, Some(id.to_owned()), 0, 1, fault);
    }

    /// Nothing goes wrong any more. Late effects still wait for their release.
    pub fn clear(&self) {
        self.0.lock().unwrap().planned.clear();
    }

    /// Lets every call go on that is held.
    pub fn let_go(&self) {
        for held in std::mem::take(&mut self.0.lock().unwrap().held) {
            let _ = held.send(()); // a caller that hung up meanwhile does not wait
        }
    }

    pub(super) async fn hold(&self) {
        let (go, gone) = oneshot::channel();
        self.0.lock().unwrap().held.push(go);
        let _ = gone.await;
    }

    /// Lets every late effect happen, and returns when all have.
    pub async fn release(&self) {
        let late = std::mem::take(&mut self.0.lock().unwrap().late);
        happen(late).await;
    }

    pub(super) async fn release_after(&self, operation: &str) {
        let due = |late: &mut Late| late.after == Some(operation);
        let late = self.0.lock().unwrap().late.extract_if(.., due).collect();
        happen(late).await;
    }

    pub(super) fn take(&self, operation: &str, path: &str, body: &[u8]) -> Option<Fault> {
        let mut plan = self.0.lock().unwrap();
        let mut chosen = None;
        for (index, planned) in plan.planned.iter_mut().enumerate() {
            let suits = planned.operation == operation
                && planned
                    .about
                    .as_deref()
                    .is_none_or(|id| names(path, body, id));
            match planned.skip {
                _ if !suits => {}
                0 => chosen = chosen.or(Some(index)),
                _ => planned.skip -= 1,
            }
        }
        let planned = &mut plan.planned[chosen?];
        let fault = planned.fault.clone();
        planned.left = planned.left.saturating_sub(1);
        plan.planned.retain(|planned| planned.left > 0);
        Some(fault)
    }

    pub(super) fn postpone(
        &self,
        after: Option<&'static str>,
        effect: impl Future<Output = Response> + Send + 'static,
    ) {
        let (go, gone) = oneshot::channel();
        let effect = tokio::spawn(async move {
            if gone.await.is_ok() {
                effect.await;
            }
        });
        self.0.lock().unwrap().late.push(Late { after, go, effect });
    }

    fn plan(&self, operation: &str, about: Option<String>, skip: usize, left: usize, fault: Fault) {
        let planned = Planned {
            operation: operation.to_owned(),
            about,
            skip,
            left,
            fault,
        };
        self.0.lock().unwrap().planned.push(planned);
    }
}

fn names(path: &str, body: &[u8], id: &str) -> bool {
    path.split('/').any(|segment| segment == id)
        || body.windows(id.len()).any(|window| window == id.as_bytes())
}

async fn happen(late: Vec<Late>) {
    for Late { go, effect, .. } in late {
        if go.send(()).is_ok() {
            let _ = effect.await; // a handler that panicked has said so itself
        }
    }
}
