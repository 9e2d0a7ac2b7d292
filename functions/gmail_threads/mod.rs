//! `GET /api/lumaleasing/gmail/threads` lists a property's threads; `GET, PATCH …/{threadId}` shows one
//! with its messages and replies, and changes its status and who looks after it.

use serde::Deserialize;
use serde_json::{Value, json};
use shared::app::threads::{self, Change, Email, Filter, Thread, ThreadLine};
use shared::app::{App, access};
use shared::domain::ids::{LeadId, ProfileId};
use shared::domain::thread::ThreadStatus;
use shared::error::{Error, Result};
use uuid::Uuid;

use crate::gmail_replies;
use crate::http::{Request, Response, Route, get, patch};
use crate::request::nullable;
use crate::response;

const LIST: &str = "/api/lumaleasing/gmail/threads";
const ONE: &str = "/api/lumaleasing/gmail/threads/{threadId}";

pub static ROUTE: Route = Route {
    name: "gmail_threads",
    endpoints: &[
        get(LIST, |app, request| Box::pin(list(app, request))),
        get(ONE, |app, request| Box::pin(one(app, request))),
        patch(ONE, |app, request| Box::pin(change(app, request))),
    ],
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct In {
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

fn status(text: &str) -> Result<ThreadStatus> {
    ThreadStatus::parse(text).ok_or(Error::invalid("status", "open, closed or archived"))
}

async fn list(app: App, request: Request) -> Result<Response> {
    let user = access::user(&app, request.authorization()).await?;
    let property = request.required("propertyId")?;
    let filter = Filter {
        status: request.text("status").map(status).transpose()?,
        lead: request.query::<LeadId>("leadId")?,
    };
    let listed = threads::list(&app, &user, property, filter, request.page()?).await?;
    response::ok(&json!({
        "threads": listed.items.iter().map(line).collect::<Vec<_>>(),
        "nextCursor": listed.next.map(|cursor| cursor.to_string()),
    }))
}

async fn one(app: App, request: Request) -> Result<Response> {
    let user = access::user(&app, request.authorization()).await?;
    let id = request.id("threadId", "Thread")?;
    answer(&threads::one(&app, &user, id).await?)
}

async fn change(app: App, request: Request) -> Result<Response> {
    let user = access::user(&app, request.authorization()).await?;
    let id = request.id("threadId", "Thread")?;
    let change = request.json::<In>()?.try_into()?;
    answer(&threads::change(&app, &user, id, change).await?)
}

fn answer(thread: &Thread) -> Result<Response> {
    let mut body = line(&thread.line);
    body["messages"] = thread.emails.iter().map(email).collect();
    body["replies"] = thread.replies.iter().map(gmail_replies::as_json).collect();
    response::ok(&body)
}

fn line(thread: &ThreadLine) -> Value {
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
        "sentAt": email.at,
    })
}
