-- A connected agent with a mirrored tour, on top of host_calendars.sql and host_rows.sql.

insert into agent_calendars
  (id, profile_id, property_id, google_email, access_token, refresh_token)
values
  ('00000000-0000-4000-a000-000000000009', '00000000-0000-4000-a000-000000000003',
   '00000000-0000-4000-a000-000000000002', 'unknown@gmail.com', 'an access token', 'a refresh token');
insert into calendar_events (agent_calendar_id, tour_booking_id, google_event_id) values
  ('00000000-0000-4000-a000-000000000009', '00000000-0000-4000-a000-000000000008', 'event1');
