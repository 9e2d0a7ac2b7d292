//! Keeping watches alive. Gmail forgets one after seven days and asks for a daily renewal:
//! <https://developers.google.com/workspace/gmail/api/guides/push>.

use std::time::Duration;

use chrono::TimeDelta;
use tracing::{info, warn};

use super::grants::{Account, Failure};
use super::{App, Deadline};
use crate::error::{Result, chain};
use crate::google::{self, gmail::Watching};
use crate::store::mailboxes::{self, Mailbox};
use crate::telemetry;

/// Mailboxes of one run; what is left over ends later and comes first next time.
const AT_MOST: i64 = 200;
const STEP: Duration = Duration::from_secs(5);

/// Renews every watch that ends within 48 hours or was not renewed today. One that fails does not
/// keep the others from their turn.
pub async fn renew(app: &App, deadline: Deadline) -> Result<()> {
    let now = app.now();
    let tx = app.everywhere().await?;
    let (ending, renewed) = (now + TimeDelta::hours(48), now - TimeDelta::hours(23));
    let due = mailboxes::to_watch(&tx, ending, renewed, AT_MOST).await?;
    tx.commit().await?;
    for mailbox in &due {
        if deadline.is_near(STEP) {
            break;
        }
        if let Err(failure) = renew_one(app, mailbox).await {
            warn!(mailbox.id = %mailbox.id, error = chain(&failure), "The watch of mailbox {} was not renewed", mailbox.id);
            telemetry::metric("watch_renewal_failed", 1.0, telemetry::Unit::Count, &[]);
            let tx = app.of(mailbox.property).await?;
            mailboxes::watch_failed(&tx, mailbox.id, &failure.to_string()).await?;
            tx.commit().await?;
        }
    }
    info!(watches = due.len(), "Looked after {} watches", due.len());
    Ok(())
}

async fn renew_one(app: &App, mailbox: &Mailbox) -> Result<(), Failure> {
    let mut account = Account::of(app, mailbox);
    let watching = watch(app, &mut account).await?;
    let tx = app.of(mailbox.property).await?;
    mailboxes::watched(&tx, mailbox.id, watching.expires_at, app.now()).await?;
    // A watch may have been dead: what it should have told is read now.
    mailboxes::mark_dirty(&tx, mailbox.id).await?;
    tx.commit().await?;
    Ok(())
}

/// Another topic's watch has to be stopped before ours can begin.
async fn watch(app: &App, account: &mut Account<'_>) -> Result<Watching, Failure> {
    let topic = app.config().google.topic.as_str();
    match account
        .gmail(|gmail| async move { gmail.watch(topic).await })
        .await
    {
        Err(Failure::Google(google::Error::WatchConflict)) => {
            account
                .gmail(|gmail| async move { gmail.stop().await })
                .await?;
            account
                .gmail(|gmail| async move { gmail.watch(topic).await })
                .await
        }
        answer => answer,
    }
}
