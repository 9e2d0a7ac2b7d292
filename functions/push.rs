//! The push door: proves that Google speaks, and tells it whether to repeat.

use shared::app::App;
use shared::app::access::{self, Push};
use shared::error::{Result, Retry, chain};
use shared::telemetry::{Unit, metric};

use crate::http::{Request, Response};
use crate::response;

/// The push of a Gmail mailbox, once its sender is proven. `None`: an authentic push that says nothing
/// to us, which no repeat would change.
pub async fn gmail(app: &App, request: &Request) -> Result<Option<Push>> {
    access::push(
        app,
        request.authorization(),
        request.text("token"),
        request.body(),
    )
    .await
}

/// 204 for everything that a repeat cannot mend; an error, and so a redelivery, for the rest.
pub fn answer(done: Result<()>) -> Result<Response> {
    if let Err(error) = done {
        if error.retry() == Retry::Later {
            return Err(error);
        }
        tracing::warn!(
            code = error.code(),
            error = chain(&error),
            "A push had no effect"
        );
        metric("push_without_effect", 1.0, Unit::Count, &[]);
    }
    Ok(response::no_content())
}
