-- Rows that the plan's schema allows and ours does not, on top of plan_schema.sql and host_rows.sql.

insert into gmail_config
  (id, property_id, gmail_address, refresh_token, history_id, is_active, auto_reply_delay_minutes)
values
  ('00000000-0000-4000-a000-00000000000a', '00000000-0000-4000-a000-000000000002',
   'leasing@oak.example', 'a refresh token', '1000', null, -5),
  ('00000000-0000-4000-b000-00000000000a', '00000000-0000-4000-b000-000000000002',
   'leasing@elm.example', 'a refresh token', 'unknown', true, 10);
insert into email_threads
  (id, property_id, lead_id, conversation_id, gmail_thread_id, assigned_agent_id)
values
  ('00000000-0000-4000-a000-00000000000b', '00000000-0000-4000-a000-000000000002',
   '00000000-0000-4000-a000-000000000004', '00000000-0000-4000-a000-000000000007', 't1',
   '00000000-0000-4000-a000-000000000003'),
  ('00000000-0000-4000-b000-00000000000b', '00000000-0000-4000-b000-000000000002',
   null, null, 't1', null);
insert into email_messages (thread_id, gmail_message_id, direction, from_address, to_address) values
  ('00000000-0000-4000-a000-00000000000b', 'm1', 'inbound', 'ann@example.com', 'leasing@oak.example');
insert into lead_interests (lead_id, interest_type, interest_value, confidence) values
  ('00000000-0000-4000-a000-000000000004', 'pricing', 'under $1500', 1.0),
  ('00000000-0000-4000-a000-000000000004', 'amenity', 'pool', 0.5),
  ('00000000-0000-4000-a000-000000000004', 'amenity', 'pool', 0.9);
