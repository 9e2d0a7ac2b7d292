-- The integration plan's own schema (Gmail, calendars, lead interests), corrected. Names and
-- meaning are the plan's; every difference says why beside it.
--
-- Works on a database that has none of these tables, the host's `agent_calendars` and
-- `calendar_events`, or all of them as the plan wrote them, with rows in. So each table is made as
-- it should be where it is absent, and then brought to the same shape where it was not.

-- ---------------------------------------------------------------------------------------------
-- Gmail
-- ---------------------------------------------------------------------------------------------

create table if not exists gmail_config (
  id uuid primary key default gen_random_uuid(),
  property_id uuid unique references properties (id) on delete cascade,
  gmail_address text not null,
  access_token text,  -- sealed by the application
  refresh_token text, -- sealed by the application
  token_expires_at timestamptz,
  history_id bigint,
  watch_expiration timestamptz,
  auto_reply_enabled boolean default true,
  auto_reply_delay_minutes int default 5,
  signature text,
  is_active boolean default true,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

create table if not exists email_threads (
  id uuid primary key default gen_random_uuid(),
  property_id uuid references properties (id) on delete cascade,
  lead_id uuid references leads (id) on delete set null,
  -- The host deletes conversations and users without knowing this table: the plan's references
  -- without a rule would turn that into an error there.
  conversation_id uuid references conversations (id) on delete set null,
  gmail_thread_id text not null,
  subject text,
  last_message_at timestamptz,
  message_count int default 0,
  status text default 'open',
  assigned_agent_id uuid references profiles (id) on delete set null,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  unique (property_id, gmail_thread_id)
);

create table if not exists email_messages (
  id uuid primary key default gen_random_uuid(),
  thread_id uuid references email_threads (id) on delete cascade,
  gmail_message_id text not null,
  direction text not null,
  from_address text not null,
  to_address text not null,
  subject text,
  body_text text,
  body_html text,
  ai_generated boolean default false,
  sent_at timestamptz,
  created_at timestamptz default now()
);

-- History ids are numbers: as text '999' sorts after '1000' and the cursor would go backwards.
-- A value that is no number is forgotten, which means one full resynchronisation.
do $$
begin
  if (select data_type from information_schema.columns
      where table_schema = 'public' and table_name = 'gmail_config' and column_name = 'history_id')
    <> 'bigint' then
    alter table gmail_config
      alter column history_id type bigint
      using case when history_id::text ~ '^[0-9]{1,18}$' then history_id::text::bigint end;
  end if;
end $$;

-- Switches and counters always have a value; a delay is never negative.
update gmail_config set
  auto_reply_enabled = coalesce(auto_reply_enabled, true),
  auto_reply_delay_minutes = greatest(coalesce(auto_reply_delay_minutes, 5), 0),
  is_active = coalesce(is_active, true)
where auto_reply_enabled is null or is_active is null
  or auto_reply_delay_minutes is null or auto_reply_delay_minutes < 0;
alter table gmail_config
  alter column auto_reply_enabled set not null,
  alter column auto_reply_delay_minutes set not null,
  alter column is_active set not null;

update email_threads set
  message_count = coalesce(message_count, 0), status = coalesce(status, 'open')
where message_count is null or status is null;
alter table email_threads
  alter column message_count set not null,
  alter column status set not null,
  drop constraint if exists email_threads_status_check,
  -- Not valid: a row from before keeps what it says until it is next written.
  add constraint email_threads_status_check
    check (status in ('open', 'closed', 'archived')) not valid,
  drop constraint if exists email_threads_conversation_id_fkey,
  add constraint email_threads_conversation_id_fkey
    foreign key (conversation_id) references conversations (id) on delete set null,
  drop constraint if exists email_threads_assigned_agent_id_fkey,
  add constraint email_threads_assigned_agent_id_fkey
    foreign key (assigned_agent_id) references profiles (id) on delete set null;

-- Gmail's message ids are unique within one mailbox only. With the plan's global key the second
-- tenant that met an id could not store its mail. `mailbox_id` is null only in rows older than
-- this migration whose property has no mailbox, and after a mailbox's row was deleted.
alter table email_messages
  add column if not exists mailbox_id uuid references gmail_config (id) on delete set null;
update email_messages message set mailbox_id = mailbox.id
from email_threads thread
join gmail_config mailbox on mailbox.property_id = thread.property_id
where thread.id = message.thread_id and message.mailbox_id is null;
update email_messages set ai_generated = coalesce(ai_generated, false) where ai_generated is null;
alter table email_messages
  alter column ai_generated set not null,
  drop constraint if exists email_messages_gmail_message_id_key,
  drop constraint if exists email_messages_mailbox_message_key,
  add constraint email_messages_mailbox_message_key unique (mailbox_id, gmail_message_id),
  drop constraint if exists email_messages_direction_check,
  add constraint email_messages_direction_check
    check (direction in ('inbound', 'outbound')) not valid;

create index if not exists idx_email_threads_property on email_threads (property_id);
create index if not exists idx_email_threads_lead on email_threads (lead_id);
create index if not exists idx_email_threads_conversation on email_threads (conversation_id);
create index if not exists idx_email_messages_thread on email_messages (thread_id);
-- The plan's indexes on unique columns repeat the constraint's own.
drop index if exists idx_gmail_config_property;
drop index if exists idx_email_messages_gmail;

-- ---------------------------------------------------------------------------------------------
-- Calendars
-- ---------------------------------------------------------------------------------------------

create table if not exists agent_calendars (
  id uuid primary key default gen_random_uuid(),
  profile_id uuid references profiles (id) on delete cascade,
  property_id uuid references properties (id) on delete cascade,
  google_email text not null,
  calendar_id text default 'primary',
  access_token text,  -- sealed by the application
  refresh_token text, -- sealed by the application
  token_expires_at timestamptz,
  sync_enabled boolean default true,
  working_hours jsonb default '{"mon":{"start":"09:00","end":"18:00"},"tue":{"start":"09:00","end":"18:00"},"wed":{"start":"09:00","end":"18:00"},"thu":{"start":"09:00","end":"18:00"},"fri":{"start":"09:00","end":"18:00"}}',
  tour_duration_minutes int default 30,
  buffer_minutes int default 15,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  unique (profile_id, property_id)
);

-- The host's additions to the plan's table, so that both databases answer the same queries. The
-- zone has no default here: a wrong zone books tours at the wrong hour, a missing one is noticed.
alter table agent_calendars
  add column if not exists timezone text,
  add column if not exists token_status text default 'healthy',
  add column if not exists last_health_check_at timestamptz,
  add column if not exists health_check_error text,
  add column if not exists alert_sent_at timestamptz;

-- What the plan's two-way sync needs and has no place for: Google's push names a channel, proves
-- itself by the channel's token and says nothing else; changes are listed from a sync token.
alter table agent_calendars
  add column if not exists push_channel_id text,
  add column if not exists push_resource_id text,
  add column if not exists push_token_hash bytea,
  add column if not exists watch_expiration timestamptz,
  add column if not exists sync_token text;

create table if not exists calendar_events (
  id uuid primary key default gen_random_uuid(),
  agent_calendar_id uuid references agent_calendars (id) on delete cascade,
  tour_booking_id uuid references tour_bookings (id) on delete cascade,
  google_event_id text not null,
  sync_status text default 'synced',
  last_synced_at timestamptz default now(),
  created_at timestamptz default now(),
  unique (tour_booking_id)
);

alter table calendar_events
  add column if not exists google_etag text,
  drop constraint if exists calendar_events_sync_status_check,
  -- `conflict`: booking and event cannot be made to agree and a person has to look.
  add constraint calendar_events_sync_status_check
    check (sync_status in ('pending', 'synced', 'failed', 'conflict')) not valid;

create table if not exists prospect_invites (
  id uuid primary key default gen_random_uuid(),
  tour_booking_id uuid references tour_bookings (id) on delete cascade,
  lead_id uuid references leads (id) on delete cascade,
  google_event_id text,
  invite_sent_at timestamptz,
  invite_method text default 'email',
  response_status text,
  created_at timestamptz default now(),
  unique (tour_booking_id)
);

alter table prospect_invites
  drop constraint if exists prospect_invites_response_status_check,
  add constraint prospect_invites_response_status_check
    check (response_status in ('pending', 'accepted', 'declined', 'tentative')) not valid;

create unique index if not exists agent_calendars_push_channel_key
  on agent_calendars (push_channel_id);
create index if not exists idx_agent_calendars_profile on agent_calendars (profile_id);
create index if not exists idx_agent_calendars_property on agent_calendars (property_id);
create index if not exists idx_calendar_events_agent on calendar_events (agent_calendar_id);
create index if not exists idx_prospect_invites_lead on prospect_invites (lead_id);

-- ---------------------------------------------------------------------------------------------
-- Lead interests
-- ---------------------------------------------------------------------------------------------

create table if not exists lead_interests (
  id uuid primary key default gen_random_uuid(),
  lead_id uuid references leads (id) on delete cascade,
  interest_type text not null,
  interest_value text not null,
  confidence float default 1.0,
  extracted_from text,
  source_message_id uuid,
  created_at timestamptz default now()
);

-- The plan upserts on this key and never declares it, which Postgres refuses (42P10). Rows that
-- repeat a key say the same thing again: the surest of them, then the oldest, stays.
delete from lead_interests
where id in (
  select id
  from (
    select id, row_number() over (
      partition by lead_id, interest_type, interest_value
      order by confidence desc nulls last, created_at, id
    ) as place
    from lead_interests
    where lead_id is not null
  ) ranked
  where place > 1
);
alter table lead_interests
  drop constraint if exists lead_interests_key,
  add constraint lead_interests_key unique (lead_id, interest_type, interest_value),
  drop constraint if exists lead_interests_type_check,
  -- The plan's comment omits 'budget', which its own code writes.
  add constraint lead_interests_type_check check (interest_type in (
    'amenity', 'floorplan', 'budget', 'move_in_date', 'pets', 'parking', 'special_requirement',
    'urgency')) not valid,
  drop constraint if exists lead_interests_extracted_from_check,
  add constraint lead_interests_extracted_from_check
    check (extracted_from in ('chat', 'email', 'manual')) not valid;

create index if not exists idx_lead_interests_type on lead_interests (interest_type);
drop index if exists idx_lead_interests_lead; -- the key begins with lead_id

alter table leads add column if not exists preferences jsonb default '{}';

-- ---------------------------------------------------------------------------------------------
-- One lead per person, one e-mail conversation per lead
-- ---------------------------------------------------------------------------------------------

-- The host's tables may hold duplicates that only people can merge, and a unique index cannot be
-- made over them. So the code that finds or makes a row always takes a lock and the oldest row
-- wins (README.md), and the index is made only where nothing stands against it. This function may
-- be called again after a merge; it returns what is still missing.
create or replace function public.luma_enforce_uniqueness() returns setof text
language plpgsql set search_path = public, pg_temp as $$
begin
  if to_regclass('leads_property_email_key') is null then
    begin
      create unique index leads_property_email_key
        on leads (property_id, lower(email)) where email <> '';
      drop index if exists idx_leads_property_email;
    exception when unique_violation then
      create index if not exists idx_leads_property_email
        on leads (property_id, lower(email)) where email <> '';
      return next 'leads_property_email_key';
    end;
  end if;

  if to_regclass('conversations_lead_email_key') is null then
    begin
      create unique index conversations_lead_email_key
        on conversations (lead_id, property_id) where channel = 'email';
      drop index if exists idx_conversations_lead_email;
    exception when unique_violation then
      create index if not exists idx_conversations_lead_email
        on conversations (lead_id, property_id) where channel = 'email';
      return next 'conversations_lead_email_key';
    end;
  end if;
end $$;

-- What stands in the way, for the person who merges.
create or replace view public.luma_duplicate_leads with (security_invoker = true) as
select property_id, lower(email) as email, count(*) as leads,
  array_agg(id order by created_at, id) as lead_ids
from leads
where email <> ''
group by property_id, lower(email)
having count(*) > 1;

do $$
declare
  missing text;
begin
  for missing in select luma_enforce_uniqueness() loop
    raise warning '% is not enforced: there are duplicates (see migrations/README.md)', missing;
  end loop;
end $$;

-- The host has no index for any of these, and every mail asks.
create index if not exists idx_conversations_lead on conversations (lead_id);
create index if not exists idx_messages_conversation on messages (conversation_id, created_at);
create index if not exists idx_documents_property on documents (property_id);

-- ---------------------------------------------------------------------------------------------
-- Who may read
-- ---------------------------------------------------------------------------------------------

-- The host's policies let anybody with the public key write `calendar_events`, and every member of
-- an organisation, viewers included, read and replace the tokens in `agent_calendars`. The host
-- itself reads these tables with its service key only, so they can be closed.
do $$
declare
  policy record;
  name text;
begin
  for policy in
    select policyname, tablename from pg_policies
    where schemaname = 'public' and tablename in ('agent_calendars', 'calendar_events')
  loop
    execute format('drop policy %I on %I', policy.policyname, policy.tablename);
  end loop;

  foreach name in array array[
    'gmail_config', 'email_threads', 'email_messages', 'agent_calendars', 'calendar_events',
    'prospect_invites', 'lead_interests'
  ] loop
    perform luma_close_table(name::regclass);
  end loop;
end $$;
