-- Two properties of two organisations with a little of everything, on top of host_schema.sql.
-- Ids tell what they are: a = the first organisation's, b = the second's.

insert into organizations (id, name) values
  ('00000000-0000-4000-a000-000000000001', 'Oak Group'),
  ('00000000-0000-4000-b000-000000000001', 'Elm Group');
insert into properties (id, org_id, name) values
  ('00000000-0000-4000-a000-000000000002', '00000000-0000-4000-a000-000000000001', 'Oak Court'),
  ('00000000-0000-4000-b000-000000000002', '00000000-0000-4000-b000-000000000001', 'Elm Place');
insert into auth.users (id, email) values
  ('00000000-0000-4000-a000-000000000003', 'agent@oak.example'),
  ('00000000-0000-4000-b000-000000000003', 'agent@elm.example');
update profiles set role = 'manager', org_id = '00000000-0000-4000-a000-000000000001'
where id = '00000000-0000-4000-a000-000000000003';
insert into leads (id, property_id, source, first_name, email) values
  ('00000000-0000-4000-a000-000000000004', '00000000-0000-4000-a000-000000000002',
   'LumaLeasing Widget', 'Ann', 'Ann@Example.com'),
  ('00000000-0000-4000-a000-000000000005', '00000000-0000-4000-a000-000000000002',
   'manual', '', ''),
  ('00000000-0000-4000-a000-000000000006', '00000000-0000-4000-a000-000000000002',
   'manual', '', '');
insert into conversations (id, lead_id, property_id, channel) values
  ('00000000-0000-4000-a000-000000000007', '00000000-0000-4000-a000-000000000004',
   '00000000-0000-4000-a000-000000000002', 'email');
insert into messages (conversation_id, role, content) values
  ('00000000-0000-4000-a000-000000000007', 'assistant', 'Welcome to Oak Court.');
insert into tour_bookings (id, property_id, lead_id, scheduled_date, scheduled_time) values
  ('00000000-0000-4000-a000-000000000008', '00000000-0000-4000-a000-000000000002',
   '00000000-0000-4000-a000-000000000004', '2026-03-09', '10:00');
