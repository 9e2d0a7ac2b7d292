"""Google's own Python client against the simulated Google: every call that the system makes.

Run by `suites/conformance.rs`, which starts the simulation, creates the accounts and passes the
addresses as JSON in the first argument. Prints one line per check and fails at the first surprise.
"""

import base64
import email
import email.policy
import hashlib
import json
import os
import secrets
import sys
import urllib.parse

import google.auth.transport.requests
import google.oauth2.credentials
import google.oauth2.id_token
import requests
from google.auth.exceptions import RefreshError
from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

WORLD = json.loads(sys.argv[1])
URL = WORLD["url"]
ADDRESS = WORLD["address"]
PROSPECT = WORLD["prospect"]
MODIFY = "https://www.googleapis.com/auth/gmail.modify"
CALENDAR = [
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.freebusy",
    "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
]

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # the simulation has no certificate
os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"  # `email` comes back under its full name


def check(condition, sentence):
    if not condition:
        sys.exit(f"FAILED: {sentence}")
    print(f"ok: {sentence}")


def refused(call, status, reason):
    try:
        call.execute()
    except HttpError as error:
        details = json.loads(error.content)["error"]
        return error.resp.status == status and details["errors"][0]["reason"] == reason
    return False


def consent(scopes, unticked=()):
    """The web-server flow with PKCE, through the page that a person would see."""
    client = {
        "client_id": WORLD["client_id"],
        "client_secret": WORLD["client_secret"],
        "auth_uri": f"{URL}/o/oauth2/v2/auth",
        "token_uri": f"{URL}/token",
        "redirect_uris": [WORLD["redirect_uri"]],
    }
    flow = Flow.from_client_config({"web": client}, scopes=["openid", "email", *scopes])
    flow.redirect_uri = WORLD["redirect_uri"]
    flow.code_verifier = secrets.token_urlsafe(48)
    challenge = hashlib.sha256(flow.code_verifier.encode()).digest()
    address, state = flow.authorization_url(
        access_type="offline",
        prompt="consent",
        login_hint=ADDRESS,
        code_challenge=base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        code_challenge_method="S256",
    )
    page = requests.get(address, timeout=10)
    boxes = [f'value="{scope}" checked' in page.text for scope in scopes]
    check(page.status_code == 200 and all(boxes), "the consent page has a box for each scope")
    answer = requests.post(
        f"{URL}/o/oauth2/v2/auth",
        data={
            "request": urllib.parse.urlparse(address).query,
            "account": ADDRESS,
            "scope": [scope for scope in scopes if scope not in unticked],
            "decision": "allow",
        },
        allow_redirects=False,
        timeout=10,
    )
    location = answer.headers["location"]
    query = urllib.parse.parse_qs(urllib.parse.urlparse(location).query)
    check(answer.status_code == 302 and query["state"] == [state], "consent redirects with our state")
    flow.fetch_token(code=query["code"][0])
    return flow.credentials


def check_identity(credentials):
    request = google.auth.transport.requests.Request()
    claims = google.oauth2.id_token.verify_token(
        credentials.id_token, request, WORLD["client_id"], certs_url=f"{URL}/oauth2/v3/certs"
    )
    check(claims["email"] == ADDRESS and claims["email_verified"], "the id token names the account")
    push = google.oauth2.id_token.verify_token(
        WORLD["push_token"], request, WORLD["audience"], certs_url=f"{URL}/oauth2/v3/certs"
    )
    check(push["iss"] == "https://accounts.google.com", "the push token is signed by Google")
    for forged in WORLD["forged_tokens"]:
        try:
            google.oauth2.id_token.verify_token(
                forged, request, WORLD["audience"], certs_url=f"{URL}/oauth2/v3/certs"
            )
        except Exception:  # whatever it is called, it is not believed
            continue
        sys.exit("FAILED: a forged token was believed")
    print("ok: forged tokens are not believed")
    before = credentials.token
    credentials.refresh(request)
    check(credentials.token != before and credentials.refresh_token, "a refresh gives another token")


def mail(to, subject, text, parent=None):
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = ADDRESS, to, subject
    message["Message-ID"] = f"<{secrets.token_hex(8)}@oak.test>"
    if parent:
        message["In-Reply-To"] = message["References"] = parent
    message.set_content(text)
    raw = message.as_bytes(policy=email.policy.SMTP)
    return message["Message-ID"], base64.urlsafe_b64encode(raw).decode()


def check_watch(users):
    profile = users.getProfile(userId="me").execute()
    check(profile["emailAddress"] == ADDRESS, "the profile names the account")
    body = {"topicName": WORLD["topic"], "labelIds": ["INBOX"], "labelFilterBehavior": "include"}
    watch = users.watch(userId="me", body=body).execute()
    check(int(watch["expiration"]) > 0 and watch["historyId"].isdigit(), "a watch has an end")
    foreign = dict(body, topicName="projects/another/topics/gmail")
    check(
        refused(users.watch(userId="me", body=foreign), 400, "invalidArgument"),
        "a foreign project's topic is refused",
    )


def check_reading(users):
    """Three mails of the prospect had arrived before, each in a thread of its own."""
    # `list_next` of this client cannot follow a query with a repeated parameter.
    found, pages, token = [], 0, None
    while pages == 0 or token:
        answer = users.history().list(
            userId="me",
            startHistoryId=WORLD["start"],
            historyTypes=["messageAdded", "labelAdded"],
            labelId="INBOX",
            maxResults=2,
            pageToken=token,
        ).execute()
        for record in answer.get("history", []):
            found += [added["message"] for added in record.get("messagesAdded", [])]
        pages, token = pages + 1, answer.get("nextPageToken")
    check(pages == 2 and len(found) == 3, "history comes in pages, each message once")
    quiet = users.history().list(userId="me", startHistoryId=answer["historyId"]).execute()
    check("history" not in quiet, "history is absent when nothing changed")
    check(refused(users.history().list(userId="me", startHistoryId="1"), 404, "notFound"), "old: 404")

    first = found[0]["id"]
    raw = users.messages().get(userId="me", id=first, format="raw").execute()
    parsed = email.message_from_bytes(base64.urlsafe_b64decode(raw["raw"]))
    check(parsed["From"] == PROSPECT, "a raw mail is the mail")
    full = users.messages().get(userId="me", id=first).execute()
    headers = {header["name"]: header["value"] for header in full["payload"]["headers"]}
    text = base64.urlsafe_b64decode(full["payload"]["body"]["data"]).decode()
    check(headers["From"] == PROSPECT and "two-bedrooms" in text, "a full mail has headers and body")
    names = users.messages().get(
        userId="me", id=first, format="metadata", metadataHeaders=["message-id"]
    )
    names = names.execute()["payload"]["headers"]
    check([header["name"] for header in names] == ["Message-ID"], "metadata is what was asked for")
    message_id = names[0]["value"]

    listed = users.messages().list(userId="me", labelIds=["INBOX"], q="after:1", maxResults=2)
    rest = users.messages().list_next(listed, listed.execute()).execute()
    check(len(rest["messages"]) == 1 and "nextPageToken" not in rest, "a list comes in pages")
    query = f"rfc822msgid:{message_id.strip('<>')}"
    one = users.messages().list(userId="me", q=query).execute()
    check([message["id"] for message in one["messages"]] == [first], "a Message-ID finds its mail")
    none = users.messages().list(userId="me", q="before:1").execute()
    check("messages" not in none, "an empty list has no messages")
    check(refused(users.messages().get(userId="me", id="0123456789abcdef"), 404, "notFound"), "gone: 404")
    attached = next(
        part for part in users.messages().get(userId="me", id=found[2]["id"]).execute()["payload"]["parts"]
        if part["filename"]
    )
    octets = users.messages().attachments().get(
        userId="me", messageId=found[2]["id"], id=attached["body"]["attachmentId"]
    )
    data = base64.urlsafe_b64decode(octets.execute()["data"])
    check(data == b"a floor plan", "an attachment is what was attached")
    return found[0], message_id


def check_drafts(users, parent, parent_id):
    drafts = users.drafts()
    own, raw = mail(PROSPECT, "Re: 2BR in January?", "We have two.", parent_id)
    body = {"message": {"raw": raw, "threadId": parent["threadId"]}}
    draft = drafts.create(userId="me", body=body).execute()
    check(draft["message"]["labelIds"] == ["DRAFT"], "a draft is labelled DRAFT")
    check(draft["message"]["threadId"] == parent["threadId"], "a draft stands in its thread")
    updated = drafts.update(userId="me", id=draft["id"], body=body).execute()
    check(updated["id"] == draft["id"], "a draft keeps its id")
    check(updated["message"]["id"] != draft["message"]["id"], "a saved draft is another message")
    listed = drafts.list(userId="me").execute()
    check([entry["id"] for entry in listed["drafts"]] == [draft["id"]], "a draft is listed")
    shown = drafts.get(userId="me", id=draft["id"], format="metadata").execute()
    check(shown["message"]["id"] == updated["message"]["id"], "a draft can be read")
    sent = drafts.send(userId="me", body={"id": draft["id"]}).execute()
    check(sent["labelIds"] == ["SENT"], "a sent draft is labelled SENT")
    check(sent["id"] != updated["message"]["id"], "a sent draft is another message")
    check(sent["threadId"] == parent["threadId"], "the answer stands in the prospect's thread")
    check(refused(drafts.send(userId="me", body={"id": draft["id"]}), 404, "notFound"), "sent once")
    thread = users.threads().get(userId="me", id=parent["threadId"], format="metadata").execute()
    kept = [
        header["value"]
        for header in thread["messages"][-1]["payload"]["headers"]
        if header["name"] == "Message-ID"
    ]
    check(len(thread["messages"]) == 2 and kept == [own], "the thread holds question and answer")
    _, raw = mail(PROSPECT, "Another matter", "Hello", parent_id)
    elsewhere = {"raw": raw, "threadId": parent["threadId"]}
    sent = users.messages().send(userId="me", body=elsewhere).execute()
    check(sent["threadId"] != parent["threadId"], "another subject starts another thread")
    draft = drafts.create(userId="me", body={"message": {"raw": raw}}).execute()
    drafts.delete(userId="me", id=draft["id"]).execute()
    check(refused(drafts.get(userId="me", id=draft["id"]), 404, "notFound"), "a deleted draft is gone")
    _, nobody = mail("", "Nobody", "Hello")
    empty = users.messages().send(userId="me", body={"raw": nobody})
    check(refused(empty, 400, "invalidArgument"), "a mail to nobody is refused")


def check_labels(users, message):
    label = users.labels().create(userId="me", body={"name": "Answered"}).execute()
    again = users.labels().create(userId="me", body={"name": "answered"})
    check(refused(again, 409, "aborted"), "a label exists once")
    names = [entry["name"] for entry in users.labels().list(userId="me").execute()["labels"]]
    check("INBOX" in names and "Answered" in names, "labels are listed")
    change = {"addLabelIds": [label["id"]], "removeLabelIds": ["UNREAD"]}
    changed = users.messages().modify(userId="me", id=message["id"], body=change).execute()
    check(label["id"] in changed["labelIds"] and "UNREAD" not in changed["labelIds"], "labels change")
    fixed = users.messages().modify(userId="me", id=message["id"], body={"addLabelIds": ["SENT"]})
    check(refused(fixed, 400, "invalidArgument"), "SENT cannot be given")
    aliases = users.settings().sendAs().list(userId="me").execute()["sendAs"]
    check(aliases[0]["sendAsEmail"] == ADDRESS and aliases[0]["isDefault"], "the sender is listed")


def check_end(users, credentials):
    check(users.stop(userId="me").execute() in ("", {}), "a watch can be stopped")
    weak = google.oauth2.credentials.Credentials(WORLD["weak_token"])
    options = {"api_endpoint": URL}
    weak = build("gmail", "v1", credentials=weak, client_options=options, static_discovery=True)
    check(
        refused(weak.users().getProfile(userId="me"), 403, "insufficientPermissions"),
        "a token without the scope is refused",
    )
    answer = requests.post(f"{URL}/revoke", data={"token": credentials.refresh_token}, timeout=10)
    check(answer.status_code == 200, "a grant can be revoked")
    try:
        credentials.refresh(google.auth.transport.requests.Request())
    except RefreshError as error:
        check("invalid_grant" in str(error), "a revoked grant is told as invalid_grant")
    else:
        sys.exit("FAILED: a revoked grant still works")


def check_ticks():
    """Somebody unticks free/busy: the rest is granted, and says so."""
    granted = consent(CALENDAR, unticked=CALENDAR[1:2]).granted_scopes
    check(CALENDAR[0] in granted and CALENDAR[1] not in granted, "an unticked scope is not granted")


def tour(hour, **more):
    time = lambda minute: {
        "dateTime": f"2026-12-07T{hour:02}:{minute:02}:00-06:00",
        "timeZone": "America/Chicago",
    }
    body = {
        "summary": "Tour",
        "start": time(0),
        "end": time(30),
        "attendees": [{"email": "ann@example.com", "displayName": "Ann Lee"}],
        "extendedProperties": {"private": {"booking_id": "b1"}},
        "reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 30}]},
    }
    return {**body, **more}


def check_free_busy(calendar, busy):
    body = {
        "timeMin": "2026-12-07T00:00:00-06:00",
        "timeMax": "2026-12-08T00:00:00-06:00",
        "timeZone": "America/Chicago",
        "items": [{"id": ADDRESS}, {"id": "nobody@oak.test"}],
    }
    answer = calendar.freebusy().query(body=body).execute()["calendars"]
    check(answer[ADDRESS]["busy"] == busy, f"{len(busy)} busy times are told")
    errors = answer["nobody@oak.test"]["errors"]
    check(errors == [{"domain": "global", "reason": "notFound"}], "an unseen calendar is an error")
    empty = calendar.freebusy().query(body=dict(body, timeMax=body["timeMin"]))
    check(refused(empty, 400, "timeRangeEmpty"), "an empty range is refused")
    long = calendar.freebusy().query(body=dict(body, timeMax="2027-12-08T00:00:00Z"))
    check(refused(long, 400, "timeRangeTooLong"), "a long range is refused")


def check_events(calendar):
    events = calendar.events()
    own = {"calendarId": "primary", "eventId": "lt0123456789abcdef"}
    insert = events.insert(calendarId="primary", sendUpdates="all", body=tour(10, id=own["eventId"]))
    created = insert.execute()
    check(created["iCalUID"] == "lt0123456789abcdef@google.com", "an id of our own is kept")
    check(created["organizer"] == {"email": ADDRESS, "self": True}, "the owner organizes")
    check(refused(insert, 409, "duplicate"), "the same id again is a duplicate")
    check(events.get(**own).execute() == created, "an event can be read")
    bad = events.insert(calendarId="primary", body=tour(11, attendees=[{"email": "ann"}]))
    check(refused(bad, 400, "invalid"), "a guest without an address is refused")
    check_free_busy(calendar, [
        {"start": "2026-12-07T10:00:00-06:00", "end": "2026-12-07T10:30:00-06:00"},
    ])

    patch = events.patch(**own, sendUpdates="all", body=tour(14))
    patch.headers["If-Match"] = created["etag"]
    moved = patch.execute()
    check(moved["start"]["dateTime"] == "2026-12-07T14:00:00-06:00", "a patch moves an event")
    check(moved["etag"] != created["etag"], "a change makes another version")
    check(refused(patch, 412, "conditionNotMet"), "a change of an old version is refused")

    events.delete(**own, sendUpdates="all").execute()
    check(refused(events.delete(**own), 410, "deleted"), "an event is deleted once")
    check(events.get(**own).execute()["status"] == "cancelled", "a deleted event can be read")
    check(refused(insert, 409, "duplicate"), "a deleted event keeps its id")
    check(refused(events.patch(**own, body={"summary": "x"}), 403, "forbidden"), "and is closed")
    never = events.delete(calendarId="primary", eventId="neverthere")
    check(refused(never, 404, "notFound"), "what never existed is not found")
    check_free_busy(calendar, [])

    second = events.insert(calendarId="primary", body=tour(15)).execute()
    move = events.move(calendarId="primary", eventId=second["id"], destination=WORLD["tours"])
    check(move.execute()["organizer"]["email"] == WORLD["tours"], "an event moves to another calendar")


def check_sync(calendar):
    events = calendar.events()

    def follow(**parameters):
        found, request = [], events.list(calendarId="primary", maxResults=2, **parameters)
        while request:
            answer = request.execute()
            found += answer["items"]
            request = events.list_next(request, answer)
        check(answer["timeZone"] == "America/Chicago", "a list names the calendar's zone")
        return found, answer["nextSyncToken"]

    made = [events.insert(calendarId="primary", body=tour(hour)).execute() for hour in (9, 10, 11)]
    found, token = follow(timeMin="2026-12-01T00:00:00Z")
    check([event["id"] for event in found] == [event["id"] for event in made], "a list is complete")
    events.delete(calendarId="primary", eventId=made[0]["id"]).execute()
    changed = events.patch(calendarId="primary", eventId=made[1]["id"], body={"summary": "Later"})
    changed = changed.execute()
    found, token = follow(syncToken=token)
    check(found[0]["id"] == made[0]["id"] and found[0]["status"] == "cancelled", "deletions are told")
    check(set(found[0]) == {"etag", "id", "kind", "status"}, "and little about them")
    check(found[1:] == [changed], "a change is told once, as it stands")
    check(follow(syncToken=token)[0] == [], "nothing changed since")
    both = events.list(calendarId="primary", syncToken=token, timeMin="2026-12-01T00:00:00Z")
    check(refused(both, 400, "invalid"), "a sync token goes with no time bounds")
    old = events.list(calendarId=WORLD["tours"], syncToken=WORLD["old_sync_token"])
    check(refused(old, 410, "fullSyncRequired"), "an old sync token asks for a full list")


def check_channels(calendar):
    body = {
        "id": "0a0a0a0a-0000-4000-8000-000000000001",
        "type": "web_hook",
        "address": "https://app.oak.test/api/calendar/webhook",
        "token": "secret",
        "params": {"ttl": "3600"},
    }
    events = calendar.events()
    channel = events.watch(calendarId="primary", body=body).execute()
    check(channel["kind"] == "api#channel" and int(channel["expiration"]) > 0, "a channel has an end")
    again = events.watch(calendarId="primary", body=body)
    check(refused(again, 400, "channelIdNotUnique"), "a channel's id is its own")
    plain = dict(body, id="plain", address="http://app.oak.test/hook")
    plain = events.watch(calendarId="primary", body=plain)
    check(refused(plain, 400, "push.webhookUrlNotHttps"), "a channel needs a safe address")
    stop = {"id": channel["id"], "resourceId": channel["resourceId"]}
    check(calendar.channels().stop(body=stop).execute() in ("", {}), "a channel can be stopped")
    check(refused(calendar.channels().stop(body=stop), 404, "notFound"), "a channel is stopped once")


def check_calendar():
    calendar = build(
        "calendar",
        "v3",
        credentials=consent(CALENDAR),
        client_options={"api_endpoint": f"{URL}/calendar/v3/"},
        static_discovery=True,
    )
    listed = calendar.calendarList().list(minAccessRole="writer").execute()["items"]
    primary = [entry["id"] for entry in listed if entry.get("primary")]
    check(len(listed) == 2 and primary == [ADDRESS], "the account's calendars are listed")
    entry = calendar.calendarList().get(calendarId="primary").execute()
    check(entry["timeZone"] == "America/Chicago", "a calendar has a zone")
    check_events(calendar)
    check_sync(calendar)
    check_channels(calendar)


def main():
    check_ticks()
    check_calendar()
    credentials = consent([MODIFY])
    check_identity(credentials)
    gmail = build(
        "gmail",
        "v1",
        credentials=credentials,
        client_options={"api_endpoint": URL},
        static_discovery=True,
    )
    users = gmail.users()
    check_watch(users)
    first, message_id = check_reading(users)
    check_drafts(users, first, message_id)
    check_labels(users, first)
    check_end(users, credentials)


main()
