-- Offers of visits in automatic letters: a letter that could not be sent in time must not offer what is over.

-- When the first visit that the letter offers begins. Null where it offers none, or a person approved it.
alter table email_replies add column if not exists offer_ends_at timestamptz;
