-- Held replies as drafts in Gmail: what a person may send from there, too.

-- The draft that shows a held text; another than the one that is sent once a person approves.
alter table email_replies add column if not exists preview_draft_id text;
-- It is not yet as the text is.
alter table email_replies add column if not exists preview_due boolean not null default false;
create index if not exists idx_email_replies_preview_due on email_replies (due_at) where state = 'held' and preview_due;
create index if not exists idx_email_replies_preview_over on email_replies (due_at)
  where state in ('sent', 'cancelled', 'failed') and (preview_due or preview_draft_id is not null);

-- Of the held ones, those that nobody decided about for long.
create index if not exists idx_email_replies_held on email_replies (updated_at) where state = 'held';

-- What we wrote, without what people quote below it: the conversation's entry has it. Until now only letters that came in
-- had it here.
do $$
declare
  tenant text := current_setting('app.tenant', true);
begin
  perform set_config('app.tenant', '*', true);
  update email_messages m set body_fresh = u.content from luma.messages u
    where u.id = m.turn_id and m.direction = 'outbound' and m.body_fresh is null and m.blanked_at is null;
  perform set_config('app.tenant', coalesce(tenant, ''), true);
end $$;
