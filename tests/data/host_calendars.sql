-- The calendar tables that the host added later, on top of host_schema.sql, with its policies.

create table agent_calendars (
  id uuid primary key default gen_random_uuid(),
  profile_id uuid references profiles (id) on delete cascade,
  property_id uuid references properties (id) on delete cascade,
  google_email text not null,
  calendar_id text default 'primary',
  access_token text,
  refresh_token text,
  token_expires_at timestamptz,
  sync_enabled boolean default true,
  working_hours jsonb default '{"mon": {"start": "09:00", "end": "18:00", "enabled": true}, "sat": {"start": "10:00", "end": "16:00", "enabled": true}, "sun": {"start": "00:00", "end": "00:00", "enabled": false}}',
  tour_duration_minutes int default 30,
  buffer_minutes int default 15,
  timezone text default 'America/Chicago',
  token_status text default 'healthy',
  last_health_check_at timestamptz,
  health_check_error text,
  alert_sent_at timestamptz,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  unique (profile_id, property_id)
);

create table calendar_events (
  id uuid primary key default gen_random_uuid(),
  agent_calendar_id uuid references agent_calendars (id) on delete cascade,
  tour_booking_id uuid references tour_bookings (id) on delete cascade,
  google_event_id text not null,
  sync_status text default 'synced',
  last_synced_at timestamptz default now(),
  created_at timestamptz default now(),
  unique (tour_booking_id)
);

create table calendar_token_refreshes (
  id uuid primary key default gen_random_uuid(),
  agent_calendar_id uuid references agent_calendars (id) on delete cascade,
  refresh_status text not null,
  error_message text,
  old_expires_at timestamptz,
  new_expires_at timestamptz,
  created_at timestamptz default now()
);

create index idx_agent_calendars_property on agent_calendars (property_id);
create index idx_agent_calendars_profile on agent_calendars (profile_id);
create index idx_agent_calendars_token_status on agent_calendars (token_status) where sync_enabled;
create index idx_calendar_events_booking on calendar_events (tour_booking_id);
create index idx_calendar_events_google_id on calendar_events (google_event_id);
create index idx_calendar_events_agent_calendar on calendar_events (agent_calendar_id);

alter table agent_calendars enable row level security;
alter table calendar_events enable row level security;
alter table calendar_token_refreshes enable row level security;

-- Every member of the organisation, tokens included.
create policy "Org members view agent calendars" on agent_calendars for select using (
  property_id in (select p.id from properties p join profiles me on me.org_id = p.org_id
                  where me.id = auth.uid()));
create policy "Org members manage agent calendars" on agent_calendars for all using (
  property_id in (select p.id from properties p join profiles me on me.org_id = p.org_id
                  where me.id = auth.uid()));
create policy "Org members view calendar events" on calendar_events for select using (
  agent_calendar_id in (select id from agent_calendars));
-- Meant for the server, open to the whole internet.
create policy "System manage calendar events" on calendar_events for all
  using (true) with check (true);
