//! For the local stack.
use super::Site;
use axum::Router;
pub(super) fn router() -> Router<Site> {
    Router::new()
}
