-- Signing out of the dashboard.

-- A session is a signed cookie and no row; only that it has ended must be known here, until its cookie is too old
-- anyway. The sweep forgets it then.
create table if not exists ended_sessions (
  session_id uuid primary key,
  ended_at timestamptz not null
);
-- Of no tenant: a session is somebody's before it is looked up for whom they work.
select luma_close_table('ended_sessions'::regclass);
alter table ended_sessions force row level security;
drop policy if exists luma_nobody on ended_sessions;
create policy luma_nobody on ended_sessions to lumaleasing_app
  using (current_setting('app.tenant', true) = '*') with check (current_setting('app.tenant', true) = '*');
grant select, insert, delete on ended_sessions to lumaleasing_app;
