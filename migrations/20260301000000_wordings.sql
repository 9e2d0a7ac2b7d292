-- What is said where fair-housing law leaves the talking to people, and that it was left to them.

-- 1. Approved texts ----------------------------------------------------------------------------------------

-- A property's own text in place of one of the product's. Without a row the product's own counts.
create table if not exists reply_wordings (
  property_id uuid not null references properties (id) on delete cascade,
  topic text not null check (topic in ('general', 'disability', 'steering', 'source_of_income')),
  text text not null check (char_length(text) between 1 and 2000),
  updated_by uuid references profiles (id) on delete set null,
  updated_at timestamptz not null default now(),
  primary key (property_id, topic)
);

-- What states and cities protect beyond the federal law: mail about these is left to people, too.
alter table gmail_config add column if not exists guarded_topics text[] not null
  default '{source_of_income,marital_status,age,veteran_status}';
do $$
begin
  alter table gmail_config add constraint gmail_config_guarded_topics
    check (guarded_topics <@ array['source_of_income', 'marital_status', 'age', 'veteran_status']);
exception
  when duplicate_object then null;
end $$;

-- 2. Handing over ------------------------------------------------------------------------------------------

alter table email_threads
  -- Why the assistant left the thread to people (a stable code), until somebody takes it over or gives it back. It says
  -- nothing about the prospect: their own mail does.
  add column if not exists handed_over text,
  -- The letter with which it did: its last one, which must not be kept back by it.
  add column if not exists handed_over_by uuid references email_replies (id) on delete set null;

-- Who looks after a conversation, as the host's pages show it: in human mode without an agent it waits for one.
create or replace view luma.takeovers with (security_barrier) as
  select id, property_id, is_human_mode, human_agent_id, human_started_at, human_ended_at
  from public.conversations where luma_may_see(property_id) with check option;
grant select, update on luma.takeovers to lumaleasing_app;

-- 3. The wall ----------------------------------------------------------------------------------------------

select luma_close_table('reply_wordings'::regclass);
alter table reply_wordings force row level security;
drop policy if exists luma_tenant on reply_wordings;
create policy luma_tenant on reply_wordings to lumaleasing_app
  using (luma_may_see(property_id)) with check (luma_may_see(property_id));
grant select, insert, update, delete on reply_wordings to lumaleasing_app;
