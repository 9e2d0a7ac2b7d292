-- The plan's six metrics, from the rows themselves: nothing is counted beside them. README.md has the definitions.

-- 1. What the rows did not tell -----------------------------------------------------------------------------

-- Whose words body_text is: the assistant's, the assistant's as a person changed them, or a person's alone.
alter table email_replies add column if not exists written_by text not null default 'assistant';
do $$
begin
  alter table email_replies add constraint email_replies_written_by
    check (written_by in ('assistant', 'edited', 'person'));
exception
  when duplicate_object then null;
end $$;

-- Until now only the audit log knew of edits. The owner may be bound by its policies, too.
do $$
declare
  tenant text := current_setting('app.tenant', true);
begin
  perform set_config('app.tenant', '*', true);
  update email_replies r set written_by = 'edited' from audit_log a
    where a.entity = 'email_replies' and a.entity_id = r.id and a.action = 'reply.edited' and r.written_by = 'assistant';
  perform set_config('app.tenant', coalesce(tenant, ''), true);
end $$;

-- 2. What one look reads ------------------------------------------------------------------------------------

create index if not exists idx_email_messages_inbound
  on email_messages (property_id, sent_at) include (id, thread_id) where direction = 'inbound';
create index if not exists idx_email_replies_judged
  on email_replies (property_id, due_at) where state in ('sent', 'cancelled');
create index if not exists idx_lead_interests_known
  on lead_interests (property_id, lead_id) where retracted_at is null and extracted_from in ('chat', 'email');
create index if not exists idx_enrichment_runs_read on enrichment_runs (property_id, last_message_at);

-- 3. Observations -------------------------------------------------------------------------------------------

-- A row for each thing that a metric is about: when it happened, how it came out, and whether that is good. A percentage
-- is good rows among all. What is not here is left out of the metric. A lead is here with each sign of theirs; whoever
-- counts takes the first one of a period.
--
-- With the rights of whoever asks: row-level security decides which rows are seen.
create or replace view luma.observations with (security_invoker = true) as

  -- Mail that came in: filed, or put aside. Not that which was deleted at Gmail before it could be read (`skipped`).
  select property_id, 'inbound_processed_percent'::text as metric, id as subject, sent_at as at,
         'filed'::text as outcome, true as is_good, null::float8 as seconds
  from email_messages where direction = 'inbound'
  union all
  select property_id, 'inbound_processed_percent', id, created_at, state, false, null
  from email_quarantine where state in ('retrying', 'quarantined')

  -- The assistant's texts that came to an end, when they were due or approved: sent as they were, sent as a person
  -- changed them, rejected. Not those that nobody judged (superseded, expired, failed), nor a person's own words.
  union all
  select property_id, 'replies_accepted_percent', id, due_at,
         case when state = 'cancelled' then 'rejected' when written_by = 'edited' then 'edited' else 'accepted' end,
         state = 'sent' and written_by = 'assistant', null
  from email_replies
  where (state = 'sent' or (state = 'cancelled' and reasons = array['rejected']))
    and written_by <> 'person' and body_text <> ''

  -- Tours in an agent's calendar, when they were booked or last changed: whether the event is as the tour is, be it that
  -- both are cancelled. Not conflicts: both sides are heard of, and a person decides.
  union all
  select e.property_id, 'events_synced_percent', b.id, b.changed_at, e.sync_status, e.sync_status = 'synced', null
  from calendar_events e join luma.tour_bookings b on b.id = e.tour_booking_id and b.property_id = e.property_id
  where e.sync_status <> 'conflict'

  -- The same tours, when they were booked: how long it took until Google had the event. Not those that never were there.
  union all
  select e.property_id, 'booking_to_calendar_seconds', b.id, b.created_at,
         case when e.accepted_at < b.created_at + interval '5 seconds' then 'in_time' else 'late' end,
         e.accepted_at < b.created_at + interval '5 seconds',
         greatest(extract(epoch from e.accepted_at - b.created_at), 0)::float8
  from calendar_events e join luma.tour_bookings b on b.id = e.tour_booking_id and b.property_id = e.property_id
  where e.accepted_at is not null

  -- Leads who wrote: each mail, and each conversation that was to be read. Good are those of whom an interest stands that
  -- was read from their own words.
  union all
  select w.property_id, 'enrichment_coverage_percent', w.lead_id, w.at,
         case when k.lead_id is null then 'bare' else 'enriched' end, k.lead_id is not null, null
  from (
    select m.property_id, t.lead_id, m.sent_at as at
    from email_messages m join email_threads t on t.id = m.thread_id and t.property_id = m.property_id
    where m.direction = 'inbound' and t.lead_id is not null
    union all
    select r.property_id, coalesce(c.lead_id, s.lead_id), r.last_message_at
    from enrichment_runs r
    join luma.exchanges c on c.id = r.conversation_id and c.property_id = r.property_id
    left join luma.widget_sessions s on s.id = c.widget_session_id and s.property_id = c.property_id
    where coalesce(c.lead_id, s.lead_id) is not null
  ) w
  left join (
    select distinct property_id, lead_id from lead_interests
    where retracted_at is null and extracted_from in ('chat', 'email')
  ) k on k.lead_id = w.lead_id and k.property_id = w.property_id;
grant select on luma.observations to lumaleasing_app;

-- Which properties of an organization have their mailbox connected, and since when: `beside` is one of them. Null stands
-- for all there are, and answers to work on no tenant's behalf only. No address is told.
create or replace function luma.mailboxes(beside uuid)
  returns table (property_id uuid, is_connected boolean, connected_at timestamptz)
  language plpgsql stable security definer set search_path = public, pg_temp
as $$
declare
  tenant text := current_setting('app.tenant', true);
begin
  if not coalesce(case when beside is null then tenant = '*' else luma_may_see(beside) end, false) then
    return;
  end if;
  -- As in luma.is_mailbox: also where the owner of the table is bound by its policies.
  perform set_config('app.tenant', '*', true);
  return query
    select p.id, coalesce(g.status = 'connected', false), g.connected_at
    from properties p left join gmail_config g on g.property_id = p.id
    where beside is null or p.id = beside
       or p.org_id = (select here.org_id from properties here where here.id = beside);
  perform set_config('app.tenant', tenant, true); -- an error on the way undoes the change, too
end $$;
revoke all on function luma.mailboxes(uuid) from public;
grant execute on function luma.mailboxes(uuid) to lumaleasing_app;
