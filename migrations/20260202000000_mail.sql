-- What the mail path adds to the plan's tables: state that survives any crash, and the wall between tenants.

-- 1. The application's role and its tenant ------------------------------------------------------------------

-- Functions log in as whoever DATABASE_URL names and step down to this role in every transaction
-- (`set local role`), so that row-level security binds them even where that login owns the tables.
do $$
begin
  if not exists (select from pg_roles where rolname = 'lumaleasing_app') then
    create role lumaleasing_app nologin;
  end if;
exception
  -- Two databases of one server may be migrated at once; roles belong to the server.
  when duplicate_object or unique_violation then null;
end $$;
-- Postgres 16 and later give a role to its creator for administration only: not to become it, and without what it
-- may see, which functions that run with their owner's rights rely on. So it is granted even to those who have it.
do $$
declare
  says_how boolean := current_setting('server_version_num')::int >= 160000;
begin
  execute format('grant lumaleasing_app to %I', current_user)
    || case when says_how then ' with inherit true, set true' else '' end;
exception
  when duplicate_object or unique_violation then null; -- another database's migration did it at this moment
  when insufficient_privilege then
    -- Somebody else administers the role, and may have granted it.
    if not (pg_has_role(current_user, 'lumaleasing_app', 'usage')
            and pg_has_role(current_user, 'lumaleasing_app', case when says_how then 'set' else 'member' end)) then
      raise;
    end if;
end $$;

-- `app.tenant` is set per transaction: a property's id, or '*' for work on no tenant's behalf (finding the mailbox
-- of a push, the sweep). Unset means nothing is visible.
create or replace function luma_may_see(property uuid) returns boolean
  language sql stable parallel safe
  as $$ select coalesce(current_setting('app.tenant', true) in (property::text, '*'), false) $$;

-- 2. Mailboxes ---------------------------------------------------------------------------------------------

alter table gmail_config
  -- Google's stable name of the account; an address can be renamed.
  add column if not exists google_subject text,
  add column if not exists status text not null default 'disconnected',
  add column if not exists status_reason text,
  add column if not exists granted_scopes text[] not null default '{}',
  -- Raised with every change of the grant: a refusal of an old token must not kill the new one.
  add column if not exists grant_version bigint not null default 0,
  add column if not exists refresh_owner uuid,
  add column if not exists refresh_until timestamptz,
  -- Mail that Gmail received before this instant is never answered.
  add column if not exists connected_at timestamptz,
  add column if not exists reply_mode text not null default 'auto',
  add column if not exists confidence_threshold float8 not null default 0.8,
  add column if not exists portal_domains text[] not null default '{}',
  -- A hint that something changed raises dirty_seq *before* anyone tries the lease; whoever holds the lease
  -- releases it in the statement that checks the mark, so that no hint is lost between the two.
  add column if not exists dirty_seq bigint not null default 0,
  add column if not exists clean_seq bigint not null default 0,
  add column if not exists lease_owner uuid,
  add column if not exists lease_until timestamptz,
  -- Circuit breaker of this account: nothing is asked of Google before this instant.
  add column if not exists blocked_until timestamptz,
  add column if not exists failures int not null default 0,
  add column if not exists last_error text,
  add column if not exists last_push_at timestamptz,
  -- The largest history id that a push named: only a hint that there may be something to read.
  add column if not exists pushed_history_id bigint,
  add column if not exists last_sync_at timestamptz,
  -- When the newest mail that was read reached the inbox. A push should have told of it.
  add column if not exists last_mail_at timestamptz,
  add column if not exists watch_renewed_at timestamptz,
  add column if not exists watch_error text;

do $$
begin
  alter table gmail_config add constraint gmail_config_status
    check (status in ('connected', 'reauth_required', 'disconnected'));
  alter table gmail_config add constraint gmail_config_reply_mode check (reply_mode in ('auto', 'approve', 'off'));
  alter table gmail_config add constraint gmail_config_threshold check (confidence_threshold between 0 and 1);
  alter table gmail_config add constraint gmail_config_delay check (auto_reply_delay_minutes >= 0);
exception
  when duplicate_object then null;
end $$;

-- One mailbox, one property, one watch, one cursor (PL-15).
create unique index if not exists gmail_config_one_owner
  on gmail_config (lower(gmail_address)) where status <> 'disconnected';

-- A grant that was given up keeps its sealed token here until Google confirms the revocation.
create table if not exists grant_revocations (
  id uuid primary key default gen_random_uuid(),
  -- Part of what the token is sealed to: it outlives its property unchanged.
  property_id uuid not null,
  -- Whose grant it was: Google revokes all grants of an account together, so one that is connected again is kept.
  google_subject text,
  sealed_token text not null,
  attempts int not null default 0,
  next_attempt_at timestamptz not null default now(),
  created_at timestamptz not null default now()
);

-- A consent under way: single use, ten minutes, bound to the user and the browser that started it.
create table if not exists oauth_states (
  state_hash bytea primary key,
  browser_hash bytea not null,
  purpose text not null,
  property_id uuid not null references properties (id) on delete cascade,
  profile_id uuid not null,
  sealed_verifier text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now()
);

-- 3. Threads and messages ----------------------------------------------------------------------------------

alter table email_threads
  add column if not exists mailbox_id uuid references gmail_config (id) on delete set null;

alter table email_messages
  add column if not exists property_id uuid references properties (id) on delete cascade,
  add column if not exists from_name text,
  add column if not exists reply_to text,
  add column if not exists cc_addresses text[] not null default '{}',
  -- RFC 5322 names of messages; Gmail's own id cannot be used in In-Reply-To or References.
  add column if not exists rfc_message_id text,
  add column if not exists rfc_in_reply_to text[] not null default '{}',
  add column if not exists rfc_references text[] not null default '{}',
  add column if not exists labels text[] not null default '{}',
  -- The body without quoted history and signature: what the sender wrote this time.
  add column if not exists body_fresh text,
  add column if not exists attachments jsonb not null default '[]',
  add column if not exists truncated boolean not null default false,
  add column if not exists date_clamped boolean not null default false,
  -- Why no robot may answer this message (a stable code), or null.
  add column if not exists unanswerable text,
  add column if not exists sender_verified boolean not null default false,
  -- The same words in the CRM's conversation.
  add column if not exists turn_id uuid references messages (id) on delete set null,
  add column if not exists reply_id uuid;

-- Rows from before these columns: a property has one mailbox.
update email_threads t set mailbox_id = g.id from gmail_config g
  where t.mailbox_id is null and g.property_id = t.property_id;
update email_messages m set property_id = t.property_id from email_threads t
  where m.property_id is null and t.id = m.thread_id;

create index if not exists idx_email_messages_thread_time on email_messages (thread_id, sent_at);
-- A column, because an index on lower(…) is of no use to a role under row-level security: lower is not leakproof.
alter table email_messages
  add column if not exists to_address_key text generated always as (lower(to_address)) stored;
create index if not exists idx_email_messages_written_to
  on email_messages (property_id, to_address_key) where direction = 'outbound';

-- Messages that could not be stored (yet), by their Gmail id: the cursor passes one only because it stands here.
create table if not exists email_quarantine (
  id uuid primary key default gen_random_uuid(),
  property_id uuid not null references properties (id) on delete cascade,
  mailbox_id uuid not null references gmail_config (id) on delete cascade,
  gmail_message_id text not null,
  state text not null check (state in ('retrying', 'quarantined', 'skipped', 'filed')),
  reason text not null,
  attempts int not null default 0,
  next_attempt_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint email_quarantine_once unique (mailbox_id, gmail_message_id)
);
create index if not exists idx_email_quarantine_due on email_quarantine (next_attempt_at) where state = 'retrying';

-- 4. Replies -----------------------------------------------------------------------------------------------

-- One per inbound message at most. This row is also the outbox: it is written with the message it answers, and the
-- sweep nudges whatever is due and was not attended to.
create table if not exists email_replies (
  id uuid primary key default gen_random_uuid(),
  property_id uuid not null references properties (id) on delete cascade,
  mailbox_id uuid not null references gmail_config (id) on delete cascade,
  thread_id uuid not null references email_threads (id) on delete cascade,
  message_id uuid not null references email_messages (id) on delete cascade,
  state text not null default 'due' check (state in ('due', 'held', 'sending', 'sent', 'cancelled', 'failed')),
  -- Stable codes: why it is held, cancelled or failed.
  reasons text[] not null default '{}',
  due_at timestamptz not null,
  -- Since when the prospect waits: a message that supersedes another one must not postpone the answer for ever.
  waiting_since timestamptz not null default now(),
  body_text text,
  confidence float8,
  -- The whole letter as it is drafted, sent and stored: body, signature, notices.
  letter text,
  -- Said by a person: such a mail is not marked as automatic.
  approved_by uuid,
  approved_at timestamptz,
  -- due → sending (text stored) → draft_id stored → sent (gmail_message_id stored). Each step is resumed from here.
  draft_id text,
  gmail_message_id text,
  attempts int not null default 0,
  -- Runs that never gave their lease back.
  kills int not null default 0,
  next_attempt_at timestamptz,
  lease_owner uuid,
  lease_until timestamptz,
  sent_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint email_replies_once unique (message_id)
);
create index if not exists idx_email_replies_open on email_replies (due_at) where state in ('due', 'sending');
-- What the caps on sending count: null while it is being sent.
create index if not exists idx_email_replies_traffic
  on email_replies (mailbox_id, sent_at) where state in ('sending', 'sent');
create index if not exists idx_email_replies_thread on email_replies (thread_id);
create index if not exists idx_email_replies_property on email_replies (property_id, created_at desc, id);

-- Addresses that get no automatic mail from a property: they bounced, or asked us to stop.
create table if not exists email_suppressions (
  property_id uuid not null references properties (id) on delete cascade,
  address_key text not null,
  reason text not null check (reason in ('bounced', 'opted_out')),
  created_at timestamptz not null default now(),
  primary key (property_id, address_key)
);

-- 5. Limits ------------------------------------------------------------------------------------------------

-- Counts per caller and minute; the sweep forgets old windows.
create table if not exists rate_counters (
  bucket text not null,
  window_start timestamptz not null,
  hits int not null default 0,
  primary key (bucket, window_start)
);

-- 6. Audit -------------------------------------------------------------------------------------------------

create table if not exists audit_log (
  id bigint generated always as identity primary key,
  property_id uuid,
  actor_kind text not null check (actor_kind in ('user', 'system', 'google', 'prospect')),
  actor_id uuid,
  action text not null,
  entity text not null,
  entity_id uuid,
  before jsonb,
  after jsonb,
  at timestamptz not null default now(),
  prev_hash bytea,
  hash bytea not null
);
create index if not exists idx_audit_log_property on audit_log (property_id, id desc);

-- Each row seals the one before it, per property: a row taken out or changed later breaks the chain.
create or replace function luma_audit_seal() returns trigger
  language plpgsql security definer set search_path = public, pg_temp
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('audit_log ' || coalesce(new.property_id::text, ''), 0));
  -- Taken again under the lock: numbers drawn before it may come out of order.
  new.id := nextval(pg_get_serial_sequence('public.audit_log', 'id'));
  new.at := clock_timestamp();
  select hash into new.prev_hash from audit_log
    where property_id is not distinct from new.property_id order by id desc limit 1;
  new.hash := luma_audit_hash(new);
  return new;
end $$;

create or replace function luma_audit_hash(entry audit_log) returns bytea
  language sql stable set timezone = 'UTC'
as $$
  select sha256(convert_to(jsonb_build_array(
    entry.id, entry.property_id, entry.actor_kind, entry.actor_id, entry.action, entry.entity, entry.entity_id,
    entry.before, entry.after, entry.at, encode(entry.prev_hash, 'hex'))::text, 'UTF8'))
$$;

create or replace function luma_audit_refuse() returns trigger language plpgsql
as $$ begin raise exception 'audit_log is append-only'; end $$;

drop trigger if exists audit_log_seal on audit_log;
create trigger audit_log_seal before insert on audit_log for each row execute function luma_audit_seal();
drop trigger if exists audit_log_append_only on audit_log;
create trigger audit_log_append_only before update or delete on audit_log
  for each row execute function luma_audit_refuse();
drop trigger if exists audit_log_no_truncate on audit_log;
create trigger audit_log_no_truncate before truncate on audit_log
  for each statement execute function luma_audit_refuse();

-- 7. The wall ----------------------------------------------------------------------------------------------

do $$
declare
  t text;
begin
  foreach t in array array['gmail_config', 'email_threads', 'email_messages', 'email_quarantine', 'email_replies',
                           'email_suppressions', 'oauth_states', 'grant_revocations', 'audit_log'] loop
    perform luma_close_table(t::regclass);
    execute format('alter table %I force row level security', t);
    execute format('drop policy if exists luma_tenant on %I', t);
    execute format('create policy luma_tenant on %I to lumaleasing_app
                    using (luma_may_see(property_id)) with check (luma_may_see(property_id))', t);
  end loop;
end $$;

select luma_close_table('rate_counters'::regclass);
drop policy if exists luma_app on rate_counters;
create policy luma_app on rate_counters to lumaleasing_app using (true) with check (true);

grant usage on schema public to lumaleasing_app;
grant select, insert, update on gmail_config, email_threads, email_messages, email_quarantine, email_replies
  to lumaleasing_app;
grant select, insert, update, delete on oauth_states, grant_revocations, email_suppressions, rate_counters
  to lumaleasing_app;
grant select, insert on audit_log to lumaleasing_app;

-- The host's tables keep the host's policies, some of which recurse without end for a role that does not bypass them
-- (its policy on `profiles` reads `profiles`). The application therefore sees them only through these views: the
-- columns it relies on, this tenant's rows, nothing written for another one.
create schema if not exists luma;
grant usage on schema luma to lumaleasing_app;

create or replace view luma.properties with (security_barrier) as
  select id, org_id, name, address, settings from public.properties where luma_may_see(id);
create or replace view luma.organizations with (security_barrier) as
  select id, name, settings from public.organizations o
  where exists (select from public.properties p where p.org_id = o.id and luma_may_see(p.id));
-- Who is calling is looked up on no tenant's behalf: a user may work for nobody. A token outlives a ban or a deletion
-- by up to an hour, so only active users are shown. A host's `auth.users` may lack either column, or gain it later:
-- a row as JSON has whatever the table has.
create or replace view luma.profiles with (security_barrier) as
  select u.id, u.org_id, u.role, u.full_name
  from public.profiles u join auth.users a on a.id = u.id
  where (current_setting('app.tenant', true) = '*'
         or exists (select from public.properties p where p.org_id = u.org_id and luma_may_see(p.id)))
    and (to_jsonb(a) ->> 'deleted_at') is null
    and coalesce((to_jsonb(a) ->> 'banned_until')::timestamptz <= now(), true);
create or replace view luma.widget_settings with (security_barrier) as
  select property_id, timezone from public.lumaleasing_config where luma_may_see(property_id);
create or replace view luma.leads with (security_barrier) as
  select id, property_id, source, first_name, last_name, email, phone, status, created_at, updated_at,
         last_contacted_at
  from public.leads where luma_may_see(property_id) with check option;
create or replace view luma.conversations with (security_barrier) as
  select id, lead_id, property_id, channel, is_human_mode, created_at
  from public.conversations where luma_may_see(property_id) with check option;
create or replace view luma.messages with (security_barrier) as
  select id, conversation_id, role, content, created_at from public.messages
  where exists (select from public.conversations c where c.id = conversation_id and luma_may_see(c.property_id))
  with check option;

grant select on luma.properties, luma.organizations, luma.profiles, luma.widget_settings to lumaleasing_app;
grant select, insert, update on luma.leads, luma.conversations to lumaleasing_app;
grant select, insert on luma.messages to lumaleasing_app;

-- Whether an address is one of ours, at whatever property: two robots must not write to each other.
create or replace function luma.is_mailbox(address_key text) returns boolean
  language plpgsql stable security definer set search_path = public, pg_temp
as $$
declare
  tenant text := current_setting('app.tenant', true);
  found_one boolean;
begin
  -- Every tenant's mailboxes, also where the owner of the table is bound by its policies. Not a `set` clause of the
  -- function's: only superusers may declare one for a parameter that no extension defines.
  perform set_config('app.tenant', '*', true);
  found_one := exists (select from gmail_config where lower(gmail_address) = address_key and status <> 'disconnected');
  perform set_config('app.tenant', tenant, true); -- an error on the way undoes the change, too
  return found_one;
end $$;
revoke all on function luma.is_mailbox(text) from public;
grant execute on function luma.is_mailbox(text) to lumaleasing_app;

-- The knowledge search runs with its owner's rights for the same reason; the tenant is checked here.
create or replace function luma.knowledge(property uuid, query float8[], threshold float8, at_most int)
  returns table (id uuid, content text, similarity float8)
  language sql stable security definer set search_path = public, extensions, pg_temp
as $$
  select m.id, m.content, m.similarity
  from public.luma_match_documents(query, threshold, at_most, property) m
  where luma_may_see(property)
$$;
revoke all on function luma.knowledge(uuid, float8[], float8, int) from public;
grant execute on function luma.knowledge(uuid, float8[], float8, int) to lumaleasing_app;
