//! What is stored about a person, as it is handed out: every section names its columns.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::persons::{Mail, Person};
use super::{Result, Tx};
use crate::domain::ids::PropertyId;

/// From when to when mail and turns are wanted; the end is not included.
#[derive(Clone, Copy, Debug, Default)]
pub struct Period {
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
}

/// Sections by name. `$1` property, `$2` lead, `$3` conversations, `$4` e-mails, `$5` turns, `$6` threads, `$7` and
/// `$8` the period.
const SECTIONS: [(&str, &str); 13] = [
    (
        "lead",
        r#"select l.id, l.source, l.first_name as "firstName", l.last_name as "lastName", l.email, l.phone, l.status,
            l.created_at as "createdAt", l.updated_at as "updatedAt", l.last_contacted_at as "lastContactedAt",
            d.move_in_date as "moveInDate", d.bedrooms, d.notes, p.preferences,
            w.written as "preferencesReadByMachine"
         from luma.leads l join luma.lead_details d on d.lead_id = l.id join luma.preferences p on p.lead_id = l.id
         left join lead_preferences w on w.lead_id = l.id where l.property_id = $1 and l.id = $2"#,
    ),
    (
        "interests",
        r#"select interest_type as "type", interest_value as "value", confidence, extracted_from as "source", evidence,
            source_message_id as "messageId", said_at as "saidAt", retracted_at as "retractedAt",
            created_at as "createdAt"
         from lead_interests where property_id = $1 and lead_id = $2 order by created_at, id"#,
    ),
    (
        "activities",
        r#"select id, type, description, metadata, created_at as "createdAt"
         from luma.lead_activities where lead_id = $2 order by created_at, id"#,
    ),
    (
        "visits",
        r#"select id, visitor_id as "visitorId", session_start as "startedAt", session_end as "endedAt",
            user_agent as "userAgent", referrer_url as "referrerUrl", metadata
         from luma.visits where property_id = $1 and lead_id = $2 order by session_start, id"#,
    ),
    (
        "conversations",
        r#"select id, channel, created_at as "createdAt"
         from luma.conversations where property_id = $1 and id = any ($3) order by created_at, id"#,
    ),
    (
        "turns",
        r#"select id, conversation_id as "conversationId", role, content, created_at as "createdAt"
         from luma.messages where (conversation_id = any ($3) or id = any ($5)) and content <> ''
           and created_at >= coalesce($7, '-infinity') and created_at < coalesce($8, 'infinity')
         order by created_at, id"#,
    ),
    (
        "threads",
        r#"select id, subject, status, last_message_at as "lastMessageAt", created_at as "createdAt"
         from email_threads where property_id = $1 and id = any ($6) order by created_at, id"#,
    ),
    (
        "emails",
        r#"select id, thread_id as "threadId", turn_id as "turnId", direction, from_address as "fromAddress",
            from_name as "fromName", to_address as "toAddress", cc_addresses as "ccAddresses", reply_to as "replyTo",
            subject, body_text as "bodyText", body_html as "bodyHtml", attachments, ai_generated as "aiGenerated",
            rfc_message_id as "messageId", sent_at as "sentAt"
         from email_messages where property_id = $1 and id = any ($4)
           and sent_at >= coalesce($7, '-infinity') and sent_at < coalesce($8, 'infinity')
         order by sent_at, id"#,
    ),
    (
        "replies",
        r#"select id, message_id as "emailId", state, reasons, body_text as "bodyText", letter, confidence,
            created_at as "createdAt", sent_at as "sentAt"
         from email_replies where property_id = $1 and message_id = any ($4)
           and created_at >= coalesce($7, '-infinity') and created_at < coalesce($8, 'infinity')
         order by created_at, id"#,
    ),
    (
        "tours",
        r#"select b.id, b.status, b.starts_at as "start", b.ends_at as "end", b.scheduled_date as "date",
            b.scheduled_time as "time", b.timezone, b.special_requests as "specialRequests",
            n.internal_notes as "internalNotes", b.source, b.cancelled_via as "cancelledVia", b.created_at as "createdAt",
            i.invite_method as "inviteMethod", i.invite_sent_at as "inviteSentAt", i.response_status as "response",
            (select coalesce(jsonb_agg(jsonb_build_object('kind', t.kind, 'state', t.state, 'sentAt', t.sent_at)
                                       order by t.created_at), '[]') from tour_letters t where t.booking_id = b.id)
              as "letters"
         from luma.tour_bookings b join luma.booking_notes n on n.booking_id = b.id
         left join prospect_invites i on i.tour_booking_id = b.id
         where b.property_id = $1 and b.lead_id = $2 order by b.scheduled_date, b.id"#,
    ),
    (
        "crmTours",
        r#"select id, tour_date as "date", tour_time as "time", tour_type as "type", status, notes,
            created_at as "createdAt"
         from luma.crm_tours where property_id = $1 and lead_id = $2 order by tour_date, id"#,
    ),
    (
        "suppressions",
        r#"select s.reason, s.created_at as "createdAt" from email_suppressions s join luma.leads l on l.id = $2
         where s.property_id = $1 and l.property_id = $1
           and s.address_key in (lower(l.email), luma_address_hash($1, lower(l.email)))"#,
    ),
    (
        "audit",
        r#"select id, actor_kind as "actor", action, entity, entity_id as "entityId", at from audit_log
         where property_id = $1 and (entity_id = $2 or entity_id = any ($6)
           or entity_id in (select id from luma.tour_bookings where lead_id = $2)
           or entity_id in (select id from email_replies where message_id = any ($4))) order by id"#,
    ),
];

/// How many bytes of words there are in the period, so that nobody reads more than can be handed out.
pub async fn size(tx: &Tx, person: &Person, mail: &Mail, period: Period) -> Result<i64> {
    let row = tx
        .query_one(
            "select (select coalesce(sum(octet_length(coalesce(body_text, '')) + octet_length(coalesce(body_html, ''))), 0)
                     from email_messages where id = any ($1)
                       and sent_at >= coalesce($4, '-infinity') and sent_at < coalesce($5, 'infinity'))
                + (select coalesce(sum(octet_length(content)), 0) from luma.messages
                   where (conversation_id = any ($2) or id = any ($3))
                     and created_at >= coalesce($4, '-infinity') and created_at < coalesce($5, 'infinity')) as bytes",
            &[
                &mail.messages,
                &person.conversations,
                &mail.turns,
                &period.since,
                &period.until,
            ],
        )
        .await?;
    Ok(row.try_get("bytes")?)
}

/// Every section, each a list of rows.
pub async fn sections(
    tx: &Tx,
    property: PropertyId,
    person: &Person,
    mail: &Mail,
    period: Period,
) -> Result<Map<String, Value>> {
    let mut document = Map::new();
    for (name, section) in SECTIONS {
        let sql =
            format!("select coalesce(jsonb_agg(to_jsonb(row)), '[]') as rows from ({section}) row");
        let row = tx
            .query_one(
                &sql,
                &[
                    &property,
                    &person.lead,
                    &person.conversations,
                    &mail.messages,
                    &mail.turns,
                    &mail.threads,
                    &period.since,
                    &period.until,
                ],
            )
            .await?;
        document.insert(name.to_owned(), row.try_get("rows")?);
    }
    Ok(document)
}
