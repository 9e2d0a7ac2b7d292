-- What prospects say about the home they look for: evidence behind every value, and runs that can be repeated.

-- 1. Interests ----------------------------------------------------------------------------------------------

alter table lead_interests
  add column if not exists property_id uuid references properties (id) on delete cascade,
  -- The prospect's own words, as they stand in the message that source_message_id (`messages`) names.
  add column if not exists evidence text,
  -- When that message was sent: of two statements about one value the later one counts, whichever was read first.
  add column if not exists said_at timestamptz,
  -- The prospect took it back, then. A row whose own words take it back has said_at here.
  add column if not exists retracted_at timestamptz,
  add column if not exists updated_at timestamptz not null default now();

-- Not the rows that the plan's own code may have left: a changed row has to pass the checks, which old ones need not.
update lead_interests i set property_id = l.property_id from leads l
  where i.property_id is null and l.id = i.lead_id
    and i.interest_type in ('amenity', 'floorplan', 'budget', 'move_in_date', 'pets', 'parking',
                            'special_requirement', 'urgency')
    and coalesce(i.extracted_from, 'manual') in ('chat', 'email', 'manual');

-- The host writes rows, too, and knows nothing of the column: an interest is its lead's property's.
create or replace function luma_interest_property() returns trigger
  language plpgsql security definer set search_path = public, pg_temp
as $$
begin
  select property_id into new.property_id from leads where id = new.lead_id;
  return new;
end $$;
drop trigger if exists luma_interest_property on lead_interests;
create trigger luma_interest_property before insert or update of lead_id, property_id on lead_interests
  for each row execute function luma_interest_property();

-- What of leads.preferences a machine wrote: whatever else stands there is a person's, and stays.
create table if not exists lead_preferences (
  lead_id uuid primary key references leads (id) on delete cascade,
  property_id uuid not null references properties (id) on delete cascade,
  written jsonb not null default '{}',
  updated_at timestamptz not null default now()
);

-- 2. Runs ---------------------------------------------------------------------------------------------------

-- One per conversation, last message of the prospect's and version of the prompt: with nothing new to read there is
-- nothing to do. The row is also the outbox: it is written with what asks for it, and the sweep nudges what is due.
create table if not exists enrichment_runs (
  id uuid primary key default gen_random_uuid(),
  property_id uuid not null references properties (id) on delete cascade,
  conversation_id uuid not null references conversations (id) on delete cascade,
  last_message_id uuid not null references messages (id) on delete cascade,
  last_message_at timestamptz not null,
  prompt_version int not null,
  cause text not null check (cause in ('idle', 'thread_closed', 'tour_booked', 'manual')),
  state text not null default 'due' check (state in ('due', 'done', 'failed')),
  -- A stable code: why it failed, or was done without asking the model.
  reason text,
  -- Times that the model was asked.
  calls int not null default 0,
  -- Runs that were begun, and those among them that never gave their lease back.
  attempts int not null default 0,
  kills int not null default 0,
  next_attempt_at timestamptz,
  lease_owner uuid,
  lease_until timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint enrichment_runs_once unique (conversation_id, last_message_id, prompt_version)
);
create index if not exists idx_enrichment_runs_due on enrichment_runs (next_attempt_at) where state = 'due';
-- What the daily budget counts.
create index if not exists idx_enrichment_runs_property on enrichment_runs (property_id, updated_at);
-- Chats that have fallen silent: the sweep looks at the newest messages only.
create index if not exists idx_messages_created on messages (created_at);

-- 3. The wall -----------------------------------------------------------------------------------------------

do $$
declare
  t text;
begin
  foreach t in array array['lead_interests', 'lead_preferences', 'enrichment_runs'] loop
    perform luma_close_table(t::regclass);
    execute format('alter table %I force row level security', t);
    execute format('drop policy if exists luma_tenant on %I', t);
    execute format('create policy luma_tenant on %I to lumaleasing_app
                    using (luma_may_see(property_id)) with check (luma_may_see(property_id))', t);
  end loop;
end $$;
grant select, insert, update on lead_interests, lead_preferences, enrichment_runs to lumaleasing_app;

-- Views of their own: those of earlier files must not get columns that a repeat of those files would drop.
create or replace view luma.preferences with (security_barrier) as
  select id as lead_id, property_id, preferences, updated_at
  from public.leads where luma_may_see(property_id) with check option;
create or replace view luma.exchanges with (security_barrier) as
  select id, property_id, lead_id, channel, widget_session_id
  from public.conversations where luma_may_see(property_id);
grant select, update on luma.preferences to lumaleasing_app;
grant select on luma.exchanges to lumaleasing_app;
