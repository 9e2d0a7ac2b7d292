//! What the requests and answers about threads look like. Text only: mail in HTML is never passed on.

use serde::Deserialize;
use serde_json::{Value, json};
use shared::app::threads::{Change, Email, Thread, ThreadLine};
use shared::domain::ids::ProfileId;
use shared::domain::thread::ThreadStatus;
use shared::error::{Error, Result};
use uuid::Uuid;

use crate::gmail_replies::wire::reply;
use crate::request::{nullable, present};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct In {
    #[serde(default, deserialize_with = "present")]
    status: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    assigned_agent_id: Option<Option<Uuid>>,
}

impl TryFrom<In> for Change {
    type Error = Error;

    fn try_from(body: In) -> Result<Self> {
        let agent = body.assigned_agent_id.map(|agent| agent.map(ProfileId));
        Ok(Self {
            status: body.status.as_deref().map(status).transpose()?,
            assigned_agent: agent,
        })
    }
}

pub fn status(text: &str) -> Result<ThreadStatus> {
    ThreadStatus::parse(text).ok_or(Error::invalid("status", "open, closed or archived"))
}

pub fn thread(thread: &Thread) -> Value {
    let mut body = line(&thread.line);
    body["messages"] = thread.emails.iter().map(email).collect();
    body["replies"] = thread.replies.iter().map(reply).collect();
    body
}

pub fn line(thread: &ThreadLine) -> Value {
    json!({
        "id": thread.id.0,
        "propertyId": thread.property.0,
        "gmailThreadId": thread.gmail_thread.0,
        "conversationId": thread.conversation.map(|id| id.0),
        "leadId": thread.lead.map(|id| id.0),
        "leadName": thread.lead_name,
        "leadEmail": thread.lead_email,
        "subject": thread.subject,
        "status": thread.status.as_str(),
        "assignedAgentId": thread.assigned_agent.map(|id| id.0),
        "messageCount": thread.message_count,
        "lastMessageAt": thread.last_message_at,
        "createdAt": thread.created_at,
    })
}

fn email(email: &Email) -> Value {
    json!({
        "id": email.id.0,
        "gmailMessageId": email.gmail_id.0,
        "direction": if email.inbound { "inbound" } else { "outbound" },
        "fromAddress": email.from_address,
        "fromName": email.from_name,
        "toAddress": email.to_address,
        "ccAddresses": email.cc_addresses,
        "subject": email.subject,
        "bodyText": email.body_text,
        "truncated": email.truncated,
        "aiGenerated": email.ai_generated,
        "attachments": email.attachments,
        "unanswerable": email.unanswerable,
        "senderVerified": email.inbound.then_some(email.sender_verified),
        "sentAt": email.at,
    })
}
