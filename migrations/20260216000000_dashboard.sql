-- The dashboard: signing in with Google.

-- A sign-in is a consent of nobody yet, for no property.
alter table oauth_states
  alter column property_id drop not null,
  alter column profile_id drop not null;
do $$
begin
  alter table oauth_states add constraint oauth_states_whose check (
    case purpose when 'signin' then property_id is null and profile_id is null
    else property_id is not null and profile_id is not null end);
exception
  when duplicate_object then null;
end $$;

-- The user with that address, which Google has verified. The host keeps addresses where nobody but it reads them; this
-- tells one id and nothing else, and only to work on no tenant's behalf. Two users of one address are nobody. Whether
-- the user is active says `luma.profiles`.
create or replace function luma.user_by_email(address text) returns uuid
  language sql stable security definer set search_path = public, pg_temp
as $$
  select (array_agg(a.id))[1]
  from auth.users a join public.profiles u on u.id = a.id
  where lower(a.email) = lower(address) and address <> '' and current_setting('app.tenant', true) = '*'
    and (to_jsonb(a) ->> 'deleted_at') is null
  having count(*) = 1
$$;
revoke all on function luma.user_by_email(text) from public;
grant execute on function luma.user_by_email(text) to lumaleasing_app;
