-- Agents' calendars, bookings and what is told of them.

create extension if not exists btree_gist; -- for the exclusion of overlapping tours: an equality beside an overlap

-- 1. Agent calendars ----------------------------------------------------------------------------------------

alter table agent_calendars
  add column if not exists google_subject text,
  add column if not exists status text not null default 'disconnected',
  add column if not exists status_reason text,
  add column if not exists granted_scopes text[] not null default '{}',
  add column if not exists grant_version bigint not null default 0,
  add column if not exists refresh_owner uuid,
  add column if not exists refresh_until timestamptz,
  add column if not exists connected_at timestamptz,
  -- Dates that differ from their weekday: {"2026-12-24": []}.
  add column if not exists date_overrides jsonb not null default '{}',
  -- Minutes from one possible start to the next; null: duration + buffer.
  add column if not exists slot_interval_minutes int,
  add column if not exists minimum_notice_minutes int not null default 60,
  add column if not exists horizon_days int not null default 60,
  add column if not exists max_tours_per_day int,
  -- As for mailboxes: the mark is raised before anyone tries the lease.
  add column if not exists dirty_seq bigint not null default 0,
  add column if not exists clean_seq bigint not null default 0,
  add column if not exists lease_owner uuid,
  add column if not exists lease_until timestamptz,
  add column if not exists blocked_until timestamptz,
  add column if not exists failures int not null default 0,
  add column if not exists last_error text,
  add column if not exists last_push_at timestamptz,
  add column if not exists last_sync_at timestamptz,
  add column if not exists watch_renewed_at timestamptz,
  add column if not exists watch_error text,
  -- Replaced by `calendar_channels`, because two are alive while one takes over from the other. No release used them.
  drop column if exists push_channel_id,
  drop column if exists push_resource_id,
  drop column if exists push_token_hash;

-- Rows of the host's own attempt hold their tokens in clear. They are not kept: the agent connects once more, and the
-- tokens lie sealed from then on.
update agent_calendars set access_token = null, refresh_token = null, token_expires_at = null,
    status = 'reauth_required', status_reason = 'connected by an older version'
  where access_token not like 'v1.%' or refresh_token not like 'v1.%';
update agent_calendars set
    calendar_id = coalesce(calendar_id, 'primary'), sync_enabled = coalesce(sync_enabled, true),
    working_hours = coalesce(working_hours, '{}'),
    tour_duration_minutes = least(greatest(coalesce(tour_duration_minutes, 30), 5), 480),
    buffer_minutes = least(greatest(coalesce(buffer_minutes, 15), 0), 120);

do $$
begin
  alter table agent_calendars
    alter column calendar_id set not null, alter column sync_enabled set not null,
    alter column working_hours set not null, alter column tour_duration_minutes set not null,
    alter column buffer_minutes set not null,
    add constraint agent_calendars_status check (status in ('connected', 'reauth_required', 'disconnected')),
    add constraint agent_calendars_duration check (tour_duration_minutes between 5 and 480),
    add constraint agent_calendars_buffer check (buffer_minutes between 0 and 120),
    add constraint agent_calendars_interval check (slot_interval_minutes >= 5),
    add constraint agent_calendars_notice check (minimum_notice_minutes >= 0),
    add constraint agent_calendars_horizon check (horizon_days between 1 and 400),
    add constraint agent_calendars_max_tours check (max_tours_per_day >= 1);
exception
  when duplicate_object then null;
end $$;

-- Google names a channel in each push. Its row is there before Google is asked to open it, because the first push may
-- come before the answer; the token is stored as a hash.
create table if not exists calendar_channels (
  id uuid primary key,
  property_id uuid not null references properties (id) on delete cascade,
  agent_calendar_id uuid not null references agent_calendars (id) on delete cascade,
  token_hash bytea not null,
  -- Null until Google has answered.
  resource_id text,
  expires_at timestamptz,
  created_at timestamptz not null default now()
);
create index if not exists idx_calendar_channels_calendar on calendar_channels (agent_calendar_id);

-- 2. Bookings -----------------------------------------------------------------------------------------------

alter table tour_bookings
  add column if not exists agent_profile_id uuid references profiles (id) on delete set null,
  -- The instants; the host's date and time are the same ones on the clock of `timezone`.
  add column if not exists starts_at timestamptz,
  add column if not exists ends_at timestamptz,
  -- The end and the buffer after it: until then the agent takes no other tour.
  add column if not exists kept_until timestamptz,
  add column if not exists timezone text,
  -- google, prospect, user, host
  add column if not exists cancelled_via text,
  -- Raised with every change that the calendar shows (the trigger below); SEQUENCE of an .ics file.
  add column if not exists version bigint not null default 0,
  -- When somebody last changed that: decides between two edits of one tour.
  add column if not exists changed_at timestamptz not null default now();

-- No agent is promised twice, at whatever property: the last word on double booking.
do $$
begin
  alter table tour_bookings add constraint tour_bookings_no_overlap exclude using gist (
    agent_profile_id with =, tstzrange(starts_at, kept_until) with &&
  ) where (status in ('held', 'confirmed'));
  alter table tour_bookings add constraint tour_bookings_interval
    check (starts_at < ends_at and ends_at <= kept_until);
exception
  when duplicate_object or duplicate_table then null;
end $$;

-- The same person, time and property is the same booking, however often it is asked for.
create unique index if not exists tour_bookings_same_request on tour_bookings (property_id, lead_id, starts_at)
  where status in ('held', 'confirmed');
create index if not exists idx_tour_bookings_agenda on tour_bookings (property_id, starts_at);
create index if not exists idx_tour_bookings_coming on tour_bookings (starts_at) where status = 'confirmed';
create index if not exists idx_tour_bookings_agent on tour_bookings (agent_profile_id, starts_at)
  where status in ('held', 'confirmed');

-- What a caller's Idempotency-Key made. Written in the booking's own transaction.
create table if not exists tour_requests (
  property_id uuid not null references properties (id) on delete cascade,
  key text not null,
  -- Of what was asked: the same key with another question is a mistake of the caller's.
  fingerprint bytea not null,
  booking_id uuid not null references tour_bookings (id) on delete cascade,
  created_at timestamptz not null default now(),
  primary key (property_id, key)
);

-- 3. Events and invitations ---------------------------------------------------------------------------------

-- This row is the outbox of the calendar: written with the booking, `pending` until Google agrees.
alter table calendar_events
  add column if not exists property_id uuid references properties (id) on delete cascade,
  -- Where the event is: the agent may have chosen another calendar since.
  add column if not exists calendar_id text,
  -- Google keeps the ids of deleted events for ever; the next generation is a new id.
  add column if not exists generation int not null default 0,
  -- The version of the booking that Google has; null: nothing was ever accepted.
  add column if not exists mirrored_version bigint,
  -- When the event is, as Google last told: tells an agent's move from anything else that touches an event.
  add column if not exists shown_from timestamptz,
  add column if not exists shown_until timestamptz,
  add column if not exists reason text,
  add column if not exists attempts int not null default 0,
  add column if not exists next_attempt_at timestamptz,
  add column if not exists lease_owner uuid,
  add column if not exists lease_until timestamptz,
  -- When Google first accepted the event: how long a booking takes to reach the calendar.
  add column if not exists accepted_at timestamptz;
update calendar_events e set property_id = c.property_id from agent_calendars c
  where e.property_id is null and c.id = e.agent_calendar_id;
create index if not exists idx_calendar_events_pending on calendar_events (next_attempt_at)
  where sync_status = 'pending';

-- Events that must go: their tour has another agent, or a newer generation.
create table if not exists calendar_leftovers (
  id uuid primary key default gen_random_uuid(),
  property_id uuid not null references properties (id) on delete cascade,
  agent_calendar_id uuid not null references agent_calendars (id) on delete cascade,
  booking_id uuid not null references tour_bookings (id) on delete cascade,
  calendar_id text not null,
  google_event_id text not null,
  attempts int not null default 0,
  next_attempt_at timestamptz,
  created_at timestamptz not null default now(),
  constraint calendar_leftovers_once unique (agent_calendar_id, calendar_id, google_event_id)
);
create index if not exists idx_calendar_leftovers_booking on calendar_leftovers (booking_id);

alter table prospect_invites
  add column if not exists property_id uuid references properties (id) on delete cascade;
update prospect_invites i set property_id = b.property_id from tour_bookings b
  where i.property_id is null and b.id = i.tour_booking_id;

-- 4. Letters ------------------------------------------------------------------------------------------------

-- E-mails about a tour, sent by the property's mailbox: this row is their outbox.
create table if not exists tour_letters (
  id uuid primary key default gen_random_uuid(),
  property_id uuid not null references properties (id) on delete cascade,
  booking_id uuid not null references tour_bookings (id) on delete cascade,
  kind text not null check (kind in ('invitation', 'cancellation', 'moved_by_team', 'cancelled_by_team',
    'agent_moved', 'agent_cancelled', 'reminder_24h', 'reminder_1h')),
  -- The start that it speaks of, and the booking's version (0 for reminders: one for each start).
  concerns timestamptz not null,
  version bigint not null default 0,
  state text not null default 'due' check (state in ('due', 'sending', 'sent', 'cancelled', 'failed')),
  reason text,
  due_at timestamptz not null,
  -- After this it would only confuse.
  not_after timestamptz not null,
  draft_id text,
  gmail_message_id text,
  attempts int not null default 0,
  next_attempt_at timestamptz,
  lease_owner uuid,
  lease_until timestamptz,
  sent_at timestamptz,
  created_at timestamptz not null default now(),
  constraint tour_letters_once unique (booking_id, kind, concerns, version)
);
create index if not exists idx_tour_letters_open on tour_letters (due_at) where state in ('due', 'sending');

-- 5. What a change of a booking brings with it --------------------------------------------------------------

-- Whoever changes it: the host's own pages know the local date, time and status only, and their changes must reach
-- Google as ours do.
create or replace function luma_tour_changes() returns trigger language plpgsql as $$
declare
  length interval := old.ends_at - old.starts_at;
  buffer interval := old.kept_until - old.ends_at;
begin
  if new.timezone is not null and new.starts_at is not distinct from old.starts_at
    and (new.scheduled_date, new.scheduled_time) is distinct from (old.scheduled_date, old.scheduled_time) then
    new.starts_at := (new.scheduled_date + new.scheduled_time) at time zone new.timezone;
    new.ends_at := new.starts_at + length;
    new.kept_until := new.ends_at + buffer;
  end if;
  if (new.starts_at, new.ends_at, new.status, new.agent_profile_id)
    is distinct from (old.starts_at, old.ends_at, old.status, old.agent_profile_id) then
    new.version := old.version + 1;
    if new.changed_at = old.changed_at then
      new.changed_at := clock_timestamp();
    end if;
    if new.starts_at is distinct from old.starts_at then -- reminders of the old time are none of the new one
      new.reminder_24h_sent_at := null;
      new.reminder_1h_sent_at := null;
    end if;
    if new.status = 'cancelled' and old.status <> 'cancelled' and new.cancelled_via is null then
      new.cancelled_via := 'host';
    end if;
  end if;
  return new;
end $$;
drop trigger if exists luma_tour_changes on tour_bookings;
create trigger luma_tour_changes before update on tour_bookings for each row execute function luma_tour_changes();

create or replace function luma_tour_changed() returns trigger
  language plpgsql security definer set search_path = public, pg_temp
as $$
declare
  tenant text := current_setting('app.tenant', true);
  was_live boolean := old.status in ('held', 'confirmed');
  is_live boolean := new.status in ('held', 'confirmed');
begin
  if new.version = old.version then
    return null;
  end if;
  perform set_config('app.tenant', '*', true); -- the host sets none
  -- An event that Google would not take, or that a person has to look at, gets a new chance.
  update calendar_events set sync_status = 'pending', reason = null, attempts = 0, next_attempt_at = null
    where tour_booking_id = new.id;
  if was_live <> is_live and new.slot_id is not null then
    update tour_slots set current_bookings = greatest(coalesce(current_bookings, 0) + case when is_live then 1 else -1 end, 0)
      where id = new.slot_id;
  end if;
  perform set_config('app.tenant', coalesce(tenant, ''), true);
  return null;
end $$;
drop trigger if exists luma_tour_changed on tour_bookings;
create trigger luma_tour_changed after update on tour_bookings for each row execute function luma_tour_changed();

-- 6. The wall -----------------------------------------------------------------------------------------------

do $$
declare
  t text;
begin
  foreach t in array array['agent_calendars', 'calendar_channels', 'calendar_events', 'calendar_leftovers',
                           'prospect_invites', 'tour_requests', 'tour_letters'] loop
    perform luma_close_table(t::regclass);
    execute format('alter table %I force row level security', t);
    execute format('drop policy if exists luma_tenant on %I', t);
    execute format('create policy luma_tenant on %I to lumaleasing_app
                    using (luma_may_see(property_id)) with check (luma_may_see(property_id))', t);
  end loop;
end $$;
grant select, insert, update on agent_calendars, calendar_events, prospect_invites, tour_letters to lumaleasing_app;
grant select, insert, update, delete on calendar_channels, calendar_leftovers, tour_requests to lumaleasing_app;

create or replace view luma.widgets with (security_barrier) as
  select property_id, api_key, coalesce(is_active, true) as is_active, coalesce(tours_enabled, false) as tours_enabled,
         tour_duration_minutes, timezone
  from public.lumaleasing_config where luma_may_see(property_id);
create or replace view luma.tour_slots with (security_barrier) as
  select id, property_id, slot_date, start_time, end_time, coalesce(max_bookings, 4) as max_bookings,
         current_bookings, coalesce(is_available, true) as is_available
  from public.tour_slots where luma_may_see(property_id) with check option;
create or replace view luma.tour_bookings with (security_barrier) as
  select id, property_id, lead_id, slot_id, scheduled_date, scheduled_time, duration_minutes, special_requests, source,
         booked_via_conversation_id, status, created_at, updated_at, reminder_24h_sent_at, reminder_1h_sent_at,
         agent_profile_id, starts_at, ends_at, kept_until, timezone, cancelled_via, version, changed_at
  from public.tour_bookings where luma_may_see(property_id) with check option;
create or replace view luma.lead_activities with (security_barrier) as
  select id, lead_id, type, description, metadata, created_by, created_at from public.lead_activities
  where exists (select from public.leads l where l.id = lead_id and luma_may_see(l.property_id))
  with check option;
create or replace view luma.widget_sessions with (security_barrier) as
  select id, property_id, lead_id, converted_at, last_activity_at from public.widget_sessions
  where luma_may_see(property_id) with check option;

grant select on luma.widgets to lumaleasing_app;
grant select, update on luma.tour_slots, luma.widget_sessions to lumaleasing_app;
grant select, insert, update on luma.tour_bookings to lumaleasing_app;
grant select, insert on luma.lead_activities to lumaleasing_app;

-- The live tours of agents at whatever property, as bare times: an agent who is promised elsewhere is not free here.
create or replace function luma.taken(agents uuid[], since timestamptz, until timestamptz)
  returns table (agent uuid, booking uuid, starts_at timestamptz, ends_at timestamptz, kept_until timestamptz)
  language sql stable security definer set search_path = public, pg_temp
as $$
  select b.agent_profile_id, b.id, b.starts_at, b.ends_at, b.kept_until
  from tour_bookings b
  where b.agent_profile_id = any (agents) and b.status in ('held', 'confirmed')
    -- A buffer is two hours at the most, and counts on both sides.
    and b.starts_at - interval '2 hours' < until and b.kept_until > since
    and exists (select from profiles a join properties p on p.org_id = a.org_id
                where a.id = b.agent_profile_id and luma_may_see(p.id))
$$;
revoke all on function luma.taken(uuid[], timestamptz, timestamptz) from public;
grant execute on function luma.taken(uuid[], timestamptz, timestamptz) to lumaleasing_app;
