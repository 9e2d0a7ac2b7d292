-- Held replies as drafts in Gmail: what a person may send from there, too.

-- The draft that shows a held text; another than the one that is sent once a person approves.
alter table email_replies add column if not exists preview_draft_id text;
-- It is not yet as the text is.
alter table email_replies add column if not exists preview_due boolean not null default false;
create index if not exists idx_email_replies_preview_due on email_replies (due_at) where state = 'held' and preview_due;
create index if not exists idx_email_replies_preview_over on email_replies (due_at)
  where state in ('sent', 'cancelled', 'failed') and preview_draft_id is not null;

-- Of the held ones, those that nobody decided about for long.
create index if not exists idx_email_replies_held on email_replies (updated_at) where state = 'held';
