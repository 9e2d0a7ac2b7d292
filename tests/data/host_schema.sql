-- The host's database as its migrations leave it, quirks included, for tests of ours: the part of
-- Supabase they stand on, the tables that the integration touches, row-level security as written.
-- Without the calendar tables, which are in host_calendars.sql.

-- Supabase --------------------------------------------------------------------------------------

do $$
declare
  definition text;
begin
  foreach definition in array array[
    'anon nologin', 'authenticated nologin', 'service_role nologin bypassrls'
  ] loop
    begin
      execute 'create role ' || definition;
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
end $$;

create schema auth;
create schema extensions;
grant usage on schema public, auth to anon, authenticated, service_role;
-- Whatever is made in `public` is on the REST interface unless row-level security forbids it.
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;

create table auth.users (
  instance_id uuid,
  id uuid not null primary key,
  aud varchar(255),
  role varchar(255),
  email varchar(255),
  encrypted_password varchar(255),
  email_confirmed_at timestamptz,
  raw_app_meta_data jsonb,
  raw_user_meta_data jsonb,
  is_super_admin boolean,
  created_at timestamptz,
  updated_at timestamptz,
  banned_until timestamptz,
  deleted_at timestamptz
);

create function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), ''))::jsonb
$$;
create function auth.uid() returns uuid language sql stable as $$
  select (auth.jwt() ->> 'sub')::uuid
$$;
create function auth.role() returns text language sql stable as $$
  select auth.jwt() ->> 'role'
$$;

-- Tables ----------------------------------------------------------------------------------------

create table organizations (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  subscription_tier text default 'starter',
  created_at timestamptz default now(),
  settings jsonb default '{"timezone": "America/Los_Angeles", "notifications": {"new_leads": true}}'
);

create table properties (
  id uuid primary key default gen_random_uuid(),
  org_id uuid references organizations (id) on delete cascade,
  name text not null,
  address jsonb,
  settings jsonb,
  created_at timestamptz default now(),
  website_url text
);

create table profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  org_id uuid references organizations (id),
  role text default 'viewer',
  full_name text,
  created_at timestamptz default now(),
  preferences jsonb default '{"theme": "light", "accent_color": "indigo"}'
);

create function handle_new_user() returns trigger language plpgsql security definer as $$
begin
  insert into public.profiles (id, full_name)
  values (new.id, coalesce(new.raw_user_meta_data ->> 'full_name', new.email));
  return new;
end $$;
create trigger on_auth_user_created after insert on auth.users
  for each row execute function handle_new_user();

-- The host needs pgvector; a server without it gets what our own baseline would have made.
do $$
begin
  if exists (select from pg_available_extensions where name = 'vector') then
    create extension vector;
    create table documents (
      id uuid primary key default gen_random_uuid(),
      property_id uuid references properties (id) on delete cascade,
      content text not null,
      metadata jsonb,
      embedding vector(1536),
      created_at timestamptz default now()
    );
    create function match_documents(
      query_embedding vector(1536), match_threshold float, match_count int, filter_property uuid
    ) returns table (id uuid, content text, similarity float, metadata jsonb)
    language plpgsql set search_path = public as $f$
    begin
      return query
      select documents.id, documents.content,
        1 - (documents.embedding <=> query_embedding) as similarity, documents.metadata
      from documents
      where 1 - (documents.embedding <=> query_embedding) > match_threshold
        and documents.property_id = filter_property
      order by documents.embedding <=> query_embedding
      limit match_count;
    end $f$;
  else
    create table documents (
      id uuid primary key default gen_random_uuid(),
      property_id uuid references properties (id) on delete cascade,
      content text not null,
      metadata jsonb,
      embedding float8[],
      created_at timestamptz default now()
    );
  end if;
end $$;

create table leads (
  id uuid primary key default gen_random_uuid(),
  property_id uuid references properties (id),
  source text,
  first_name text,
  last_name text,
  email text,
  phone text,
  status text default 'new',
  created_at timestamptz default now()
);
alter table leads add column last_contacted_at timestamptz;
alter table leads add column updated_at timestamptz default now();
alter table leads add column move_in_date date;
alter table leads add column bedrooms int;
alter table leads add column notes text;

create table conversations (
  id uuid primary key default gen_random_uuid(),
  lead_id uuid references leads (id),
  property_id uuid references properties (id),
  channel text,
  created_at timestamptz default now()
);

create table messages (
  id uuid primary key default gen_random_uuid(),
  conversation_id uuid references conversations (id),
  role text,
  content text,
  created_at timestamptz default now()
);

create table tours (
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

create table tour_slots (
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

create table tour_bookings (
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

create table lumaleasing_config (
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
-- Made by hand in the live database: no migration of the host's names it.
alter table lumaleasing_config add column timezone text;

create table widget_sessions (
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

create table lead_activities (
  id uuid primary key default gen_random_uuid(),
  lead_id uuid references leads (id) on delete cascade,
  type text not null,
  description text not null,
  metadata jsonb,
  created_by uuid references profiles (id),
  created_at timestamptz default now()
);

-- Row-level security ----------------------------------------------------------------------------

do $$
declare
  name text;
begin
  foreach name in array array[
    'organizations', 'properties', 'documents', 'leads', 'conversations', 'messages', 'profiles',
    'tours', 'tour_slots', 'tour_bookings', 'lumaleasing_config', 'widget_sessions', 'lead_activities'
  ] loop
    execute format('alter table %I enable row level security', name);
    execute format(
      'create policy "service full access" on %I for all using (auth.role() = ''service_role'')', name);
  end loop;

  foreach name in array array[
    'documents', 'leads', 'conversations', 'tours', 'tour_slots', 'tour_bookings',
    'lumaleasing_config', 'widget_sessions'
  ] loop
    execute format(
      'create policy "org members read" on %I for select using (property_id in (
         select p.id from properties p join profiles me on me.org_id = p.org_id
         where me.id = auth.uid()))', name);
  end loop;
end $$;

create policy "own profile" on profiles for select using (id = auth.uid());
-- Checks the id only: anybody may change their own role and organisation.
create policy "own profile update" on profiles for update using (id = auth.uid());
-- Reads `profiles` again: infinite recursion for every reader that does not bypass policies.
create policy "same org profiles" on profiles for select using (
  org_id in (select me.org_id from profiles me where me.id = auth.uid()));
