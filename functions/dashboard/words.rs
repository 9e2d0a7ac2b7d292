//! Codes as sentences: what happened, what is broken, and what to do about it.

use shared::error::Error;

use crate::http::Request;

/// What happened before this page.
pub struct Notice {
    pub good: bool,
    pub text: String,
}

impl Notice {
    pub fn error(code: &str) -> Self {
        Self {
            good: false,
            text: failure(code),
        }
    }
}

/// What `?success=` or `?error=` says. Of the address itself nothing is shown but a Google account's.
pub fn notice(request: &Request) -> Option<Notice> {
    if let Some(code) = request.text("error") {
        return Some(Notice::error(code));
    }
    let account = request.text("email").filter(|email| email.len() <= 254);
    let text = success(request.text("success")?, account)?;
    Some(Notice { good: true, text })
}

fn success(code: &str, account: Option<&str>) -> Option<String> {
    let account = account.unwrap_or("The account");
    let text = match code {
        "gmail_connected" => format!("{account} is connected. New mail is read from now on."),
        "calendar_connected" => {
            format!("{account} is connected. Tours keep clear of what stands in its calendar.")
        }
        "signed_out" => "You are signed out.".to_owned(),
        "reading" => "What they wrote is read in a moment. What is found appears here.".to_owned(),
        "reading_later" => {
            "The assistant is switched off: what they wrote is read as soon as it is on again."
                .to_owned()
        }
        "nothing_new" => "Nothing new to read.".to_owned(),
        "reading_now" => "It is being read. What is new appears in a moment.".to_owned(),
        "preferences_saved" => "Saved. What you set stays, whatever is read later.".to_owned(),
        "erased" => {
            "Erased. What stands in Gmail and in Google’s calendars is yours to delete there."
                .to_owned()
        }
        "saved" => "Saved.".to_owned(),
        "approved" => "Approved. The reply is on its way.".to_owned(),
        "rejected" => "Rejected. The reply is not sent.".to_owned(),
        "taken_over" => "The thread is yours. The assistant leaves it to you.".to_owned(),
        "assigned" => "Assigned.".to_owned(),
        "released" => "Nobody looks after the thread now: the assistant may answer.".to_owned(),
        "closed" => "Closed, until the prospect writes again.".to_owned(),
        "archived" => "Archived.".to_owned(),
        "reopened" => "Open again.".to_owned(),
        "disconnected" => "Disconnected. Our access is given back to Google.".to_owned(),
        "paused" => "Paused. No tours are offered in this calendar.".to_owned(),
        "resumed" => "Tours are offered again.".to_owned(),
        _ => return None,
    };
    Some(text)
}

fn failure(code: &str) -> String {
    let text = match code {
        "session_over" => {
            "Your session was over, so nothing was saved. Sign in, and do it once more."
        }
        "signin_token" => "This sign-in is not valid, or too old. Sign in again.",
        "signin_denied" => "Google's page was left without signing in.",
        "signin_failed" => "Google did not confirm who you are. Please try again.",
        "signin_unverified" => "Google has not verified the address of this account.",
        "signin_unknown" => {
            "No user here has the address of this Google account. Ask your administrator for access, or choose another account."
        }
        "gmail_denied" | "calendar_denied" => {
            "Google's page was left without consent. Nothing was connected."
        }
        "gmail_refused" | "calendar_refused" => {
            "Google refused the consent. Nothing was connected."
        }
        "token_exchange_failed" => "Google did not finish the connection. Please try again.",
        "missing_scope" => {
            "A permission was left unticked on Google's page. Connect again and tick all of them."
        }
        "missing_tokens" => "Google gave no lasting access. Connect again.",
        "missing_account" | "unverified_account" => {
            "Google did not say which verified account it is."
        }
        "account_mismatch" => {
            "That mailbox belongs to another account than the one that consented."
        }
        "gmail_unreachable" => "The mailbox could not be read. Please try again in a moment.",
        "calendar_unreachable" => "The calendar could not be read. Please try again in a moment.",
        "mailbox_in_use" => "This mailbox is connected to another property already.",
        "calendar_in_use" => "This calendar is connected by somebody else already.",
        "database_error" => "The connection could not be stored. Please try again.",
        "reply_not_held" => "This reply is not held any more, or has no text. Nothing was changed.",
        "mailbox_not_connected" => "Connect a Gmail account first.",
        "calendar_not_connected" => "Connect a Google calendar first.",
        "reconnect_required" => "The Google account has to be connected again first.",
        "busy" => "Google does not answer at the moment. Nothing was changed; please try again.",
        "invalid_body_text" => {
            "A reply needs 1 to 2,000 characters of plain text. Nothing was changed."
        }
        "invalid_auto_reply_delay_minutes" => "The delay is a whole number of minutes, 0 or more.",
        "invalid_confidence_threshold" => "The confidence is a number from 0 to 1.",
        "invalid_signature" => {
            "The signature is too long, or holds characters that mail cannot carry."
        }
        "invalid_wording" => {
            "A text is plain words without formatting, 1 to 2,000 characters. Nothing was changed."
        }
        "invalid_portal_domains" => {
            "Portals are written as domains, such as listings.example; 50 at the most."
        }
        "invalid_working_hours" => {
            "A window of the week has no end, or does not end after its start."
        }
        "invalid_date_overrides" => {
            "A window of a date has no end, or does not end after its start; a date has 12 at the most."
        }
        "date_closed_and_open" => {
            "A date stands here twice, closed and with times. Keep one of the two."
        }
        "invalid_tour_duration_minutes" => "A tour takes 5 to 480 minutes.",
        "invalid_buffer_minutes" => "The buffer is 0 to 120 minutes.",
        "invalid_slot_interval_minutes" => "Tours start every 5 minutes or more apart.",
        "invalid_minimum_notice_minutes" => "The notice is a whole number of minutes, 0 or more.",
        "invalid_horizon_days" => "Tours can be booked 1 to 400 days ahead.",
        "invalid_max_tours_per_day" => "A day has 1 tour at least; leave it empty for no limit.",
        "invalid_timezone" => "The zone is an IANA name, such as America/Chicago.",
        "invalid_calendar_id" => "This is none of the calendars that you may change.",
        "protected_trait" => {
            "This tells who somebody is, not what they want. Family, disability, faith, origin, income and the like are never noted here. Nothing was changed."
        }
        "assistance_animal" => {
            "An assistance animal is no pet, and is not noted here. Nothing was changed."
        }
        "invalid_budget" => "A budget is $300 to $30,000 a month, the lower end first.",
        "invalid_move_in" => "The move is a date from today on, within two years.",
        "invalid_urgency" => "The urgency is one of those in the list.",
        "invalid_amenities"
        | "invalid_floorplans"
        | "invalid_pets"
        | "invalid_parking"
        | "invalid_special_requirements" => {
            "Wishes are a few plain words each, without links or addresses; 20 at the most. Nothing was changed."
        }
        "invalid_word" => "That was another word. Nothing was erased.",
        "export_too_large" => {
            "This is too much for one file. Ask whoever operates the system for it in parts."
        }
        "invalid_assigned_agent_id" => "Nobody of that name works here.",
        _ => "That did not work. Nothing was changed.",
    };
    text.to_owned()
}

/// An error's title and sentence.
pub fn error(error: &Error) -> (&'static str, String) {
    let (title, sentence) = match error {
        Error::NotFound(_) => (
            "Not found",
            "There is no such page, or it belongs to somebody else.",
        ),
        Error::Denied { .. } => (
            "Not allowed",
            "Your role does not allow this. Nothing was changed. Ask an admin or a manager of your organization.",
        ),
        // All that anybody signed in is forbidden here: a form without their session's own token.
        Error::Forbidden => (
            "Not allowed",
            "This form is older than your session. Nothing was changed. Open the page again and send it once more.",
        ),
        Error::TooMany { .. } => ("Too many requests", "Please wait a minute and try again."),
        Error::Invalid { field, .. } if field == "state" => (
            "This sign-in is over",
            "It was finished already, took longer than ten minutes, or began in another browser. Sign in again.",
        ),
        Error::Invalid { .. } => (
            "Not acceptable",
            "Something in the request is not acceptable.",
        ),
        Error::Busy { .. } => ("Busy", "Please try again in a moment."),
        _ => (
            "Something went wrong",
            "We have been told. Please try again.",
        ),
    };
    (title, sentence.to_owned())
}

/// Why a reply is held, cancelled or failed.
pub fn reason(code: &str) -> String {
    let text = match code {
        "approval_required" => "This property approves every reply.",
        "bounced" => "Mail to the prospect’s address came back.",
        "automatic" => "A robot wrote the message that it answers.",
        "low_confidence" => "The assistant is not sure enough of its answer.",
        "handed_off" | "hand_off" => "The assistant asks a person to answer.",
        "asked_for_person" => "The prospect asked for a person.",
        "human_took_over" => "A colleague looks after this thread.",
        "human_answered" => "A colleague has answered already.",
        "cap_thread" => "Too many automatic replies in this thread within an hour.",
        "cap_sender" => "Too many automatic replies to this sender today.",
        "cap_mailbox" => "Too many automatic replies from this mailbox within an hour.",
        "too_old" => "The message was more than a day old when it could be answered.",
        "switched_off" => "Automatic replies were switched off.",
        "opted_out" => "The prospect does not want automatic mail.",
        "thread_closed" => "The thread was closed.",
        "superseded" => "A newer message is answered instead.",
        "message_removed" => "The message was removed from the mailbox.",
        "mailbox_disconnected" => "The mailbox is not connected.",
        "erased" => "The prospect's data was erased.",
        "draft_discarded" => "The draft was thrown away in Gmail.",
        "rejected" => "A colleague rejected it.",
        "unverified_sender" => {
            "The sender's address is not proven to be theirs, and was answered once already."
        }
        "assistant_off" => "The assistant is switched off.",
        "model_budget" => "The assistant has been asked too often in this thread or property.",
        "model_unavailable" => "The language model did not answer.",
        "model_declined" => "The language model declined to answer.",
        "model_answer_unusable" => "The language model's answer could not be used.",
        "gave_up" => "It could not be sent after many attempts.",
        "gmail_refused" => "Gmail refused to send it.",
        "not_composable" => "The text could not be made into a letter.",
        "internal_error" => "Something went wrong on our side.",
        "unknown_number" => "It names a number that is not in what we know.",
        "unknown_link" => "It holds a link that is not in what we know.",
        "unknown_address" => "It holds an e-mail address that is not in what we know.",
        "unknown_price" => "It names a price that is not in what we know.",
        "unknown_date" => "It names a day that is not in what we know.",
        "unknown_time" => "It names a time that is not in what we know.",
        "unknown_phone" => "It holds a telephone number that is not the property's.",
        "unoffered_time" => "It offers a visit at a time that is not open.",
        "offer_expired" => {
            "A visit that it offers was over, or not to be had any more, before it could be sent."
        }
        "promised_appointment" => "It says that a visit is arranged, which it cannot do.",
        "no_knowledge" => "It states something, and we know nothing about the question.",
        "not_english" => "Some of it is not English, which is all that the checks read.",
        "unknown_concession" => {
            "It gives something free, waived or at a discount, which is not in what we know."
        }
        "bare_yes" => "It says yes to what the prospect wrote, and not to what.",
        "hidden_characters" => "It holds characters that nobody can see.",
        "markup" => "It holds formatting that plain mail should not have.",
        "refusal" => "It reads like a refusal of the language model.",
        "prompt_leak" => "It repeats our instructions.",
        "header_text" => "It reads like the head of a message.",
        "fair_housing" => "Fair-housing law: a person answers what this is about.",
        "fair_housing_steering" => {
            "It speaks of safety, schools or the neighborhood, which could steer people."
        }
        "fair_housing_residents" => "It says who lives here, or who would fit.",
        "fair_housing_preference" => "It says for whom the homes are, or are not.",
        "fair_housing_eligibility" => "It speaks of approval, denial or who qualifies.",
        "fair_housing_income" => "It speaks of vouchers or where income comes from.",
        "fair_housing_assistance_animal" => "It treats an assistance animal as a pet.",
        "fair_housing_occupancy" => {
            "It limits how many may live in a home, not in the words that you published."
        }
        "fair_housing_protected_class" => {
            "It speaks of a characteristic that fair-housing law protects."
        }
        "empty_body" => "It is empty.",
        "too_long" => "It is too long.",
        "control_characters" => "It holds characters that mail cannot carry.",
        other => return format!("Another reason ({other})."),
    };
    text.to_owned()
}

/// Why a thread waits for a person, and what they can do. `failed`: a reply could not be sent.
pub fn needs_person(code: &str, failed: bool) -> String {
    if failed {
        let what = match code {
            "gmail_refused" => "Gmail refused to send the reply below",
            "not_composable" => "the reply below could not be made into a letter",
            _ => "the reply below could not be sent after many attempts",
        };
        return format!(
            "The prospect has no answer: {what}. Answer from Gmail, or close the thread if nothing is owed."
        );
    }
    match code {
        "human_took_over" => {
            "The conversation was taken over from the assistant, which does not answer it."
                .to_owned()
        }
        _ => format!("The assistant does not answer it. {}", reason(code)),
    }
}

/// How far a reply has come.
pub fn reply_state(state: &str) -> &'static str {
    match state {
        "due" => "Planned",
        "held" => "Waits for you",
        "sending" => "On its way",
        "sent" => "Sent",
        "cancelled" => "Not sent",
        _ => "Failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::written;

    #[test]
    fn every_reason_that_the_code_writes_beside_a_reply_has_words() {
        // What these files quote besides.
        const OTHER: &str = "open";
        let files = [
            "app/budget.rs",
            "app/reply/mod.rs",
            "app/reply/send.rs",
            "app/reply/wanted.rs",
            "app/reply/write/mod.rs",
            "domain/draft/form.rs",
            "domain/draft/mod.rs",
        ];
        let mut codes = written::in_quotes(&files);
        let law = written::in_quotes(&["domain/fair_housing/outbound.rs"]);
        codes.extend(
            law.into_iter()
                .filter(|code| code.starts_with("fair_housing")),
        );
        codes.insert("rejected".to_owned());
        assert!(codes.contains("bounced"), "{codes:?}");
        for code in codes {
            let has_words = !reason(&code).starts_with("Another reason");
            assert_ne!(has_words, code == OTHER, "{code}");
        }
    }
}
