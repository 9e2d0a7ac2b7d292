-- The host's tables that the integration takes for granted.
--
-- On the host's own database every statement here is a no-op or adds a missing column: nothing that
-- exists is replaced, retyped or re-permitted. On an empty database it makes a host small enough to
-- develop and test against. Columns, defaults and foreign keys are the host's.

-- Which tables were here before us: the others are closed to the public API at the end.
create temporary table luma_baseline_absent on commit drop as
select name
from unnest(array[
  'organizations', 'properties', 'profiles', 'documents', 'leads', 'conversations', 'messages',
  'tours', 'tour_slots', 'tour_bookings', 'lumaleasing_config', 'widget_sessions', 'lead_activities'
]) as name
where to_regclass('public.' || name) is null;

-- The roles of Supabase's API. Roles belong to the whole server: another database's migration may
-- make them at this moment, and a managed server may not allow it at all.
do $$
declare
  definition text;
begin
  foreach definition in array array[
    'anon nologin', 'authenticated nologin', 'service_role nologin bypassrls'
  ] loop
    if not exists (select from pg_roles where rolname = split_part(definition, ' ', 1)) then
      begin
        execute 'create role ' || definition;
      exception
        when duplicate_object or unique_violation then null;
        when insufficient_privilege then
          raise notice 'role % is absent and may not be created', split_part(definition, ' ', 1);
      end;
    end if;
  end loop;
end $$;

-- Supabase's `auth` schema. Each object is looked for first: on Supabase even `if not exists` would
-- be refused, because the schema is not ours to create in.
do $$
begin
  if to_regnamespace('auth') is null then
    create schema auth;
    grant usage on schema auth to public;
  end if;

  if to_regclass('auth.users') is null then
    create table auth.users (
      id uuid primary key default gen_random_uuid(),
      email text,
      email_confirmed_at timestamptz,
      banned_until timestamptz,
      raw_user_meta_data jsonb,
      created_at timestamptz default now(),
      updated_at timestamptz default now(),
      deleted_at timestamptz
    );
    create unique index users_email_key on auth.users (lower(email));
  end if;

  if to_regprocedure('auth.jwt()') is null then
    create function auth.jwt() returns jsonb language sql stable as $f$
      select coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb
    $f$;
  end if;
  if to_regprocedure('auth.uid()') is null then
    create function auth.uid() returns uuid language sql stable as $f$
      select (auth.jwt() ->> 'sub')::uuid
    $f$;
  end if;
  if to_regprocedure('auth.role()') is null then
    create function auth.role() returns text language sql stable as $f$
      select auth.jwt() ->> 'role'
    $f$;
  end if;
end $$;

-- Closes a table to Supabase's public API: no role that a browser can have reaches a row or a
-- column. The server's own key (`service_role`) keeps full access, under the plan's policy name.
-- Later migrations call it for each table they add.
create or replace function public.luma_close_table(target regclass) returns void
language plpgsql as $$
declare
  bare text := (select relname from pg_class where oid = target);
  policy text := format('Service role full access to %s', bare);
  member text;
begin
  execute format('alter table %s enable row level security', target);
  execute format('drop policy if exists %I on %s', policy, target);
  execute format(
    'create policy %I on %s for all using ((select auth.role()) = ''service_role'')',
    policy, target);
  for member in select rolname from pg_roles where rolname in ('anon', 'authenticated') loop
    execute format('revoke all on %s from %I', target, member);
  end loop;
  if exists (select from pg_roles where rolname = 'service_role') then
    execute format('grant all on %s to service_role', target);
  end if;
end $$;

create table if not exists organizations (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  subscription_tier text default 'starter',
  created_at timestamptz default now(),
  settings jsonb default '{"timezone": "America/Los_Angeles"}'
);

create table if not exists properties (
  id uuid primary key default gen_random_uuid(),
  org_id uuid references organizations (id) on delete cascade,
  name text not null,
  address jsonb,
  settings jsonb,
  created_at timestamptz default now()
);

create table if not exists profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  org_id uuid references organizations (id),
  role text default 'viewer',
  full_name text,
  created_at timestamptz default now(),
  preferences jsonb default '{"theme": "light", "accent_color": "indigo"}'
);

create table if not exists leads (
  id uuid primary key default gen_random_uuid(),
  property_id uuid references properties (id),
  source text,
  first_name text,
  last_name text,
  email text,
  phone text,
  status text default 'new',
  created_at timestamptz default now(),
  last_contacted_at timestamptz,
  updated_at timestamptz default now(),
  move_in_date date,
  bedrooms int,
  notes text
);

create table if not exists widget_sessions (
  id uuid primary key default gen_random_uuid(),
  property_id uuid references properties (id) on delete cascade,
  visitor_id text,
  lead_id uuid references leads (id),
  session_start timestamptz default now(),
  session_end timestamptz,
  converted_at timestamptz,
  metadata jsonb,
  created_at timestamptz default now(),
  last_activity_at timestamptz,
  message_count int default 0,
  user_agent text,
  referrer_url text
);

create table if not exists conversations (
  id uuid primary key default gen_random_uuid(),
  lead_id uuid references leads (id),
  property_id uuid references properties (id),
  channel text,
  created_at timestamptz default now()
);

create table if not exists messages (
  id uuid primary key default gen_random_uuid(),
  conversation_id uuid references conversations (id),
  role text,
  content text,
  created_at timestamptz default now()
);

create table if not exists tours (
  id uuid primary key default gen_random_uuid(),
  lead_id uuid references leads (id) on delete cascade,
  property_id uuid references properties (id) on delete cascade,
  tour_date date not null,
  tour_time time not null,
  tour_type text default 'in_person',
  status text default 'scheduled',
  notes text,
  assigned_agent_id uuid references profiles (id),
  confirmation_sent_at timestamptz,
  created_by uuid references profiles (id),
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

create table if not exists tour_slots (
  id uuid primary key default gen_random_uuid(),
  property_id uuid references properties (id) on delete cascade,
  slot_date date not null,
  start_time time not null,
  end_time time not null,
  max_bookings int default 4,
  current_bookings int default 0,
  is_available boolean default true,
  created_at timestamptz default now(),
  unique (property_id, slot_date, start_time)
);

create table if not exists tour_bookings (
  id uuid primary key default gen_random_uuid(),
  property_id uuid references properties (id) on delete cascade,
  lead_id uuid references leads (id) on delete cascade,
  slot_id uuid references tour_slots (id),
  scheduled_date date not null,
  scheduled_time time not null,
  duration_minutes int default 30,
  special_requests text,
  source text default 'direct',
  booked_via_conversation_id uuid references conversations (id),
  status text default 'confirmed',
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  reminder_24h_sent_at timestamptz,
  reminder_1h_sent_at timestamptz
);

create table if not exists lumaleasing_config (
  id uuid primary key default gen_random_uuid(),
  property_id uuid unique references properties (id) on delete cascade,
  api_key text not null unique,
  is_active boolean default true,
  tours_enabled boolean default false,
  tour_duration_minutes int default 30,
  widget_color text default '#6366f1',
  welcome_message text,
  rag_enabled boolean default true,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

create table if not exists lead_activities (
  id uuid primary key default gen_random_uuid(),
  lead_id uuid references leads (id) on delete cascade,
  type text not null,
  description text not null,
  metadata jsonb,
  created_by uuid references profiles (id),
  created_at timestamptz default now()
);

-- Columns that the host's code uses and its own migrations never made. The live database probably
-- has them; we rely on them, so we make sure.
alter table conversations
  add column if not exists widget_session_id uuid references widget_sessions (id) on delete set null,
  add column if not exists is_human_mode boolean default false,
  add column if not exists human_agent_id uuid references profiles (id) on delete set null,
  add column if not exists human_started_at timestamptz,
  add column if not exists human_ended_at timestamptz;

-- No default zone: a property without one falls through to the next source instead of to a guess.
alter table lumaleasing_config
  add column if not exists timezone text,
  add column if not exists widget_name text,
  add column if not exists business_hours jsonb;

alter table tour_bookings
  add column if not exists internal_notes text;

-- The knowledge base. Embeddings are pgvector's where the server has it, plain arrays elsewhere.
do $$
begin
  if not exists (select from pg_extension where extname = 'vector')
    and exists (select from pg_available_extensions where name = 'vector') then
    begin
      create extension vector with schema public;
    exception when insufficient_privilege then
      raise notice 'pgvector is available and may not be installed: embeddings are arrays';
    end;
  end if;
end $$;

-- The type that the column really has: pgvector may have come after the table.
create or replace function public.luma_embedding_kind() returns name language sql stable as $$
  select typname from pg_attribute join pg_type on pg_type.oid = atttypid
  where attrelid = to_regclass('public.documents') and attname = 'embedding'
$$;

do $$
declare
  -- Supabase keeps extensions in `extensions`, the host's migrations made it in `public`.
  home text := (select extnamespace::regnamespace from pg_extension where extname = 'vector');
  embedding text := case when home is null then 'float8[]' else home || '.vector(1536)' end;
begin
  execute format($f$
    create table if not exists documents (
      id uuid primary key default gen_random_uuid(),
      property_id uuid references properties (id) on delete cascade,
      content text not null,
      metadata jsonb,
      embedding %1$s,
      created_at timestamptz default now()
    )$f$, embedding);
  execute format('alter table documents add column if not exists embedding %s', embedding);

  -- The host's own function, for a database that is not the host's. Never replaced.
  if luma_embedding_kind() = 'vector' and not exists (
    select from pg_proc where proname = 'match_documents' and pronamespace = 'public'::regnamespace
  ) then
    execute format($f$
      create function public.match_documents(
        query_embedding %1$s.vector(1536), match_threshold float, match_count int, filter_property uuid
      ) returns table (id uuid, content text, similarity float, metadata jsonb)
      language sql stable set search_path = public, %1$s as $body$
        select d.id, d.content, 1 - (d.embedding <=> query_embedding), d.metadata
        from documents d
        where d.property_id = filter_property
          and 1 - (d.embedding <=> query_embedding) > match_threshold
        order by d.embedding <=> query_embedding
        limit match_count
      $body$ $f$, home);
  end if;
end $$;

-- `luma_match_documents`: one signature whatever the embeddings are made of. Cosine similarity,
-- strictly above the threshold, best first. A row without an embedding, with one of another length
-- (an older model) or with a zero vector is passed over.
--
-- Always exact: a property has hundreds of chunks, not millions, and an approximate index that
-- filters by property afterwards would lose matches.
do $$
declare
  home text := (select extnamespace::regnamespace from pg_extension where extname = 'vector');
  kind name := luma_embedding_kind();
  similarity text;
begin
  if kind = 'vector' then
    -- `case` keeps the operator from meeting vectors of different lengths, which it refuses;
    -- the distance to a zero vector is NaN, which Postgres sorts above every number.
    similarity := format($f$
      select nullif(
        case when %1$s.vector_dims(d.embedding) = cardinality(query)
          then 1 - (d.embedding operator(%1$s.<=>) nullif(query, '{}')::%1$s.vector) end,
        'NaN')$f$, home);
  elsif kind in ('_float8', '_float4', '_numeric') then
    -- Two set-returning functions in one select list advance together, row by row, without the
    -- intermediate store that `from unnest(a, b)` fills.
    similarity := $f$
      select case when cardinality(d.embedding) = cardinality(query)
        then sum(x * y) / nullif(sqrt(sum(x * x)) * sqrt(sum(y * y)), 0) end
      from (select unnest(d.embedding)::float8 as x, unnest(query) as y) as pairs$f$;
  else
    raise exception 'documents.embedding is %, expected vector or an array of numbers', kind;
  end if;

  execute format($f$
    create or replace function public.luma_match_documents(
      query float8[], match_threshold float8, match_count int, filter_property uuid
    ) returns table (id uuid, content text, similarity float8, metadata jsonb)
    language sql stable set search_path = public, pg_temp as $body$
      select d.id, d.content, near.similarity, d.metadata
      from documents d
      cross join lateral (%1$s) as near (similarity)
      where d.property_id = filter_property
        and d.embedding is not null
        and near.similarity > match_threshold
      order by near.similarity desc, d.id
      limit greatest(match_count, 0)
    $body$ $f$, similarity);
end $$;

do $$
declare
  name text;
begin
  for name in select absent.name from luma_baseline_absent absent loop
    perform luma_close_table(name::regclass);
  end loop;
end $$;
