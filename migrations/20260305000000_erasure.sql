-- Erasing what is known of a person, forgetting what is old, handing out what is known, and walking the audit log's chain.

-- 1. Tombstones ---------------------------------------------------------------------------------------------

-- A message that was erased, or is too old to be kept: ids and times stay, so that Gmail's copy is not filed anew.
alter table email_messages add column if not exists blanked_at timestamptz;
create index if not exists idx_email_messages_kept on email_messages ((coalesce(sent_at, created_at)))
  where blanked_at is null;
create index if not exists idx_email_messages_kept_of on email_messages (property_id) where blanked_at is null;

-- An address that must be known again and no longer be read. Not keyed: a key that is rotated would bring mail to
-- somebody who opted out. Whoever guesses an address can test the guess, for one property at a time.
create or replace function luma_address_hash(property uuid, address_key text) returns text
  language sql immutable parallel safe
as $$ select 'sha256:' || encode(sha256(convert_to(property::text || ' ' || address_key, 'UTF8')), 'hex') $$;

-- Who was erased. Mail of that address from before then is not filed, however late it is found.
create table if not exists lead_erasures (
  lead_id uuid primary key, -- no reference: it outlives the lead's row
  property_id uuid not null references properties (id) on delete cascade,
  address_hash text,        -- null: the lead had no address
  erased_at timestamptz not null
);
create index if not exists idx_lead_erasures_address on lead_erasures (property_id, address_hash);

-- What the job that forgets looks for, so that it reads no row twice.
create index if not exists idx_messages_kept on messages (created_at) where content <> '';
create index if not exists idx_email_threads_named on email_threads (last_message_at) where subject is not null;
create index if not exists idx_email_replies_unsent on email_replies (updated_at)
  where state in ('cancelled', 'failed') and (body_text is not null or letter is not null);
create index if not exists idx_lead_interests_said on lead_interests (said_at) where evidence is not null;
create index if not exists idx_email_quarantine_updated on email_quarantine (updated_at);
create index if not exists idx_tour_bookings_wishes on tour_bookings (scheduled_date) where special_requests is not null;

-- 2. The host's tables --------------------------------------------------------------------------------------

-- Empties every column of the rows but those named, keys, times and switches: so a column that the host has added
-- goes as well. What may not be null becomes empty; a number that may not be null stays.
create or replace function luma.blank(target regclass, keep text[], key text, ids uuid[]) returns void
  language plpgsql set search_path = public, pg_temp
as $$
declare
  changes text := (
    select string_agg(format('%I = %s', a.attname, case when not a.attnotnull then 'null'
        when t.typcategory = 'S' then quote_literal('') else quote_literal('{}') end), ', ' order by a.attnum)
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = target and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = ''
      and not a.attname = any (keep)
      and t.typcategory <> 'B' and t.typname not in ('uuid', 'timestamp', 'timestamptz')
      and (not a.attnotnull or t.typcategory in ('S', 'A') or t.typname in ('json', 'jsonb')));
begin
  if changes is not null then
    execute format('update %s set %s where %I = any ($1)', target, changes, key) using ids;
  end if;
end $$;

-- What the host holds of these leads of a property: their rows, conversations, sessions, history, tours. Repeatable.
-- The views show the columns that we rely on; a person's data stands in the others, too.
create or replace function luma.erase_leads(
  property uuid, whose uuid[], spoken uuid[], said uuid[], as_of timestamptz
) returns void language plpgsql security definer set search_path = public, pg_temp
as $$
declare
  persons uuid[] := array(
    select id from leads where id = any (whose) and property_id = property and luma_may_see(property));
  exchanges uuid[] := array(
    select id from conversations where id = any (spoken) and property_id = property and luma_may_see(property));
  turns uuid[] := array(
    select m.id from messages m join conversations c on c.id = m.conversation_id
    where (m.id = any (said) or c.id = any (exchanges)) and c.property_id = property and luma_may_see(property));
  optional text;
begin
  perform luma.blank('messages', array['role', 'content'], 'id', turns);
  update messages set content = '' where id = any (turns) and content is distinct from '';
  -- A visitor who comes back is somebody new: nothing leads from the browser to the erased lead.
  perform luma.blank('conversations', array['channel'], 'id', exchanges);
  update conversations set lead_id = coalesce(lead_id, persons[1]), widget_session_id = null
    where id = any (exchanges);
  perform luma.blank('widget_sessions', array['message_count'], 'lead_id', persons);
  update widget_sessions set lead_id = null where lead_id = any (persons);
  perform luma.blank('lead_activities', array['type'], 'lead_id', persons);
  perform luma.blank('tours', array['tour_date', 'tour_time', 'tour_type', 'status'], 'lead_id', persons);
  update tours set status = 'cancelled', updated_at = as_of
    where lead_id = any (persons) and status in ('scheduled', 'confirmed') and tour_date >= as_of::date;
  perform luma.blank('tour_bookings', array['scheduled_date', 'scheduled_time', 'duration_minutes', 'source', 'status',
    'timezone', 'cancelled_via', 'version'], 'lead_id', persons);
  -- The host's automatic follow-up and its scores, where it has them; they would go with the lead's row.
  foreach optional in array array['lead_workflows', 'lead_scores', 'lead_engagement_events'] loop
    if to_regclass('public.' || optional) is not null then
      execute format('delete from %I where lead_id = any ($1)', optional) using persons;
    end if;
  end loop;
  perform luma.blank('leads', array['source', 'status'], 'id', persons);
  update leads set status = 'lost', updated_at = as_of where id = any (persons) and status is distinct from 'leased';
end $$;
revoke all on function luma.blank(regclass, text[], text, uuid[]) from public;
revoke all on function luma.erase_leads(uuid, uuid[], uuid[], uuid[], timestamptz) from public;
grant execute on function luma.erase_leads(uuid, uuid[], uuid[], uuid[], timestamptz) to lumaleasing_app;

-- What is handed out of a lead, and no other view shows.
create or replace view luma.lead_details with (security_barrier) as
  select id as lead_id, property_id, move_in_date, bedrooms, notes from public.leads where luma_may_see(property_id);
create or replace view luma.crm_tours with (security_barrier) as
  select id, property_id, lead_id, tour_date, tour_time, tour_type, status, notes, created_at
  from public.tours where luma_may_see(property_id);
create or replace view luma.booking_notes with (security_barrier) as
  select id as booking_id, property_id, lead_id, internal_notes from public.tour_bookings where luma_may_see(property_id);
create or replace view luma.visits with (security_barrier) as
  select id, property_id, lead_id, visitor_id, session_start, session_end, user_agent, referrer_url, metadata
  from public.widget_sessions where luma_may_see(property_id);
grant select on luma.lead_details, luma.crm_tours, luma.booking_notes, luma.visits to lumaleasing_app;

-- 3. The wall -----------------------------------------------------------------------------------------------

select luma_close_table('lead_erasures'::regclass);
alter table lead_erasures force row level security;
drop policy if exists luma_tenant on lead_erasures;
create policy luma_tenant on lead_erasures to lumaleasing_app
  using (luma_may_see(property_id)) with check (luma_may_see(property_id));
grant select, insert, update on lead_erasures to lumaleasing_app;
grant delete on lead_interests, lead_preferences, enrichment_runs, email_quarantine to lumaleasing_app;
grant update (content) on luma.messages to lumaleasing_app;

-- 4. The audit log's chain ----------------------------------------------------------------------------------

-- Walks so many rows of a property's chain from a row that is known to be good, and tells how far it came and the first
-- row whose seal does not fit its content or the row before. What was cut off at the end shows only against a head
-- that somebody kept elsewhere.
create or replace function luma_audit_walk(property uuid, after_id bigint, after_hash bytea, at_most int)
  returns table (walked bigint, last_id bigint, last_hash bytea, broken_id bigint)
  language sql stable
as $$
  select count(*), max(id), (array_agg(hash order by id desc))[1],
    min(id) filter (where hash <> computed or prev_hash is distinct from before)
  from (
    select (entry).id, (entry).hash, (entry).prev_hash, luma_audit_hash(entry) as computed,
      lag((entry).hash, 1, after_hash) over (order by (entry).id) as before
    from (select a as entry from audit_log a
          where (a.property_id = property or (property is null and a.property_id is null)) and a.id > after_id
          order by a.id limit at_most) page) chain
$$;
