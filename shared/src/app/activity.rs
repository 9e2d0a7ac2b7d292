//! Who did what at a property.

use super::App;
use super::access::{self, Right, User};
use crate::domain::ids::PropertyId;
use crate::domain::page::{Listed, Page};
use crate::error::Result;
use crate::store::activity;
pub use crate::store::activity::{Filter, Record};
pub use crate::store::audit::Actor;

/// The audit rows of a property, the newest first. For whoever manages it: they tell what each colleague did,
/// and what was refused to them.
///
/// # Errors
/// `Denied` for others of the team.
pub async fn list(
    app: &App,
    user: &User,
    property: PropertyId,
    filter: Filter<'_>,
    page: Page,
) -> Result<Listed<Record>> {
    let tx = app.of(property).await?;
    access::require(&tx, user, property, Right::Manage).await?;
    let rows = activity::list(&tx, property, filter, &page).await?;
    tx.commit().await?;
    Ok(page.cut(rows, Record::place))
}
