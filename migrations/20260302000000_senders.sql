-- Which e-mail a turn of a conversation came with: enrichment asks it for every turn that it reads, and the host for
-- every turn that it deletes.
create index if not exists email_messages_turn on email_messages (turn_id) where turn_id is not null;
