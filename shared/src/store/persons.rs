//! Which rows are a person's: by the lead, the conversations and the address, whichever tells.

use tokio_postgres::Row;
use uuid::Uuid;

use super::{Result, Tx, leads};
use crate::domain::ids::*;

/// Whom an export or an erasure is about.
#[derive(Clone, Debug)]
pub struct Person {
    pub lead: LeadId,
    /// The lead's row; held, also every other row of the property with that address: the host may have
    /// duplicates, and mail cannot be told apart between them.
    pub leads: Vec<Uuid>,
    /// In lower case.
    pub address: Option<String>,
    /// Of these leads, or of a visitor's session that became one of them.
    pub conversations: Vec<Uuid>,
}

/// The person behind a lead. `None`: there is no such lead.
pub async fn find(tx: &Tx, property: PropertyId, lead: LeadId) -> Result<Option<Person>> {
    let sql = "select lower(email) as key from luma.leads where property_id = $1 and id = $2";
    let Some(row) = tx.query_opt(sql, &[&property, &lead]).await? else {
        return Ok(None);
    };
    let address: Option<String> = row.try_get("key")?;
    let leads = vec![lead.0];
    Ok(Some(Person {
        lead,
        conversations: conversations(tx, property, &leads).await?,
        address: address.filter(|key| !key.is_empty()),
        leads,
    }))
}

/// [`find`], and until the transaction ends nobody files their mail, books for them, or writes what they
/// want.
pub async fn hold(tx: &Tx, property: PropertyId, lead: LeadId) -> Result<Option<Person>> {
    let Some(mut person) = find(tx, property, lead).await? else {
        return Ok(None);
    };
    if let Some(key) = &person.address {
        // Before any row: filing and booking take it first, too.
        leads::lock_address(tx, property, key).await?;
    }
    let rows = tx
        .query(
            "select id from luma.leads where property_id = $1 and (id = $2 or lower(email) = $3)
             order by id for update",
            &[&property, &lead, &person.address],
        )
        .await?;
    person.leads = ids(&rows)?;
    person.conversations = conversations(tx, property, &person.leads).await?;
    Ok(Some(person))
}

async fn conversations(tx: &Tx, property: PropertyId, leads: &Vec<Uuid>) -> Result<Vec<Uuid>> {
    let rows = tx
        .query(
            "select c.id from luma.exchanges c
             left join luma.widget_sessions s on s.id = c.widget_session_id and s.property_id = c.property_id
             where c.property_id = $1 and coalesce(c.lead_id, s.lead_id) = any ($2)",
            &[&property, leads],
        )
        .await?;
    ids(&rows)
}

/// E-mails of a person that have words.
pub struct Mail {
    pub messages: Vec<Uuid>,
    /// The same words in the CRM's conversations.
    pub turns: Vec<Uuid>,
    /// Those in which the person wrote or was written to, and those that they began.
    pub threads: Vec<Uuid>,
}

/// What the person wrote, or was written. Whoever has answers to their own mail sent to the person is the
/// writer all the same, unless a portal does, which is filed under the person.
pub async fn mail(tx: &Tx, property: PropertyId, person: &Person) -> Result<Mail> {
    let rows = tx
        .query(
            "select m.id, m.turn_id, m.thread_id from email_messages m left join luma.messages u on u.id = m.turn_id
             where m.property_id = $1 and m.blanked_at is null
               and (u.conversation_id = any ($2)
                 or (m.direction = 'inbound' and $3 = lower(m.from_address))
                 or (m.direction = 'inbound' and m.turn_id is null and $3 = lower(m.reply_to))
                 or (m.direction = 'outbound' and m.to_address_key = $3))",
            &[&property, &person.conversations, &person.address],
        )
        .await?;
    let begun = tx
        .query(
            "select id from email_threads
             where property_id = $1 and (lead_id = any ($2) or conversation_id = any ($3))",
            &[&property, &person.leads, &person.conversations],
        )
        .await?;
    let mut mail = Mail {
        messages: ids(&rows)?,
        turns: Vec::new(),
        threads: ids(&begun)?,
    };
    for row in &rows {
        let turn: Option<Uuid> = row.try_get("turn_id")?;
        let thread: Option<Uuid> = row.try_get("thread_id")?;
        mail.turns.extend(turn);
        mail.threads.extend(thread);
    }
    Ok(mail)
}

pub(super) fn ids(rows: &[Row]) -> Result<Vec<Uuid>> {
    rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
}
