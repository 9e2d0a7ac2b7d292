-- The integration plan's schema exactly as the plan wrote it, on top of host_schema.sql: some
-- databases may hold it.

-- Property Gmail Configuration
CREATE TABLE IF NOT EXISTS gmail_config (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  property_id uuid REFERENCES properties(id) ON DELETE CASCADE UNIQUE,
  gmail_address text NOT NULL, -- e.g., leasing@property.com
  access_token text, -- OAuth access token (encrypted)
  refresh_token text, -- OAuth refresh token (encrypted)
  token_expires_at timestamptz,
  history_id text, -- Gmail push notification history ID
  watch_expiration timestamptz, -- When push subscription expires
  auto_reply_enabled boolean DEFAULT true,
  auto_reply_delay_minutes int DEFAULT 5, -- Delay before AI responds
  signature text, -- Email signature to append
  is_active boolean DEFAULT true,
  created_at timestamptz DEFAULT now(),
  updated_at timestamptz DEFAULT now()
);

-- Email Threads (maps to Gmail thread IDs)
CREATE TABLE IF NOT EXISTS email_threads (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  property_id uuid REFERENCES properties(id) ON DELETE CASCADE,
  lead_id uuid REFERENCES leads(id) ON DELETE SET NULL,
  conversation_id uuid REFERENCES conversations(id), -- Links to existing conversation
  gmail_thread_id text NOT NULL, -- Gmail's thread ID
  subject text,
  last_message_at timestamptz,
  message_count int DEFAULT 0,
  status text DEFAULT 'open', -- 'open', 'closed', 'archived'
  assigned_agent_id uuid REFERENCES profiles(id),
  created_at timestamptz DEFAULT now(),
  updated_at timestamptz DEFAULT now(),
  UNIQUE(property_id, gmail_thread_id)
);

-- Individual Email Messages
CREATE TABLE IF NOT EXISTS email_messages (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  thread_id uuid REFERENCES email_threads(id) ON DELETE CASCADE,
  gmail_message_id text NOT NULL UNIQUE,
  direction text NOT NULL, -- 'inbound', 'outbound'
  from_address text NOT NULL,
  to_address text NOT NULL,
  subject text,
  body_text text, -- Plain text version
  body_html text, -- HTML version
  ai_generated boolean DEFAULT false,
  sent_at timestamptz,
  created_at timestamptz DEFAULT now()
);

-- Indexes
CREATE INDEX IF NOT EXISTS idx_gmail_config_property ON gmail_config(property_id);
CREATE INDEX IF NOT EXISTS idx_email_threads_property ON email_threads(property_id);
CREATE INDEX IF NOT EXISTS idx_email_threads_lead ON email_threads(lead_id);
CREATE INDEX IF NOT EXISTS idx_email_threads_gmail ON email_threads(gmail_thread_id);
CREATE INDEX IF NOT EXISTS idx_email_messages_thread ON email_messages(thread_id);
CREATE INDEX IF NOT EXISTS idx_email_messages_gmail ON email_messages(gmail_message_id);

-- RLS
ALTER TABLE gmail_config ENABLE ROW LEVEL SECURITY;
ALTER TABLE email_threads ENABLE ROW LEVEL SECURITY;
ALTER TABLE email_messages ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Service role full access to gmail_config" ON gmail_config FOR ALL USING (auth.role() = 'service_role');
CREATE POLICY "Service role full access to email_threads" ON email_threads FOR ALL USING (auth.role() = 'service_role');
CREATE POLICY "Service role full access to email_messages" ON email_messages FOR ALL USING (auth.role() = 'service_role');

-- Agent Calendar Configuration
CREATE TABLE IF NOT EXISTS agent_calendars (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  profile_id uuid REFERENCES profiles(id) ON DELETE CASCADE,
  property_id uuid REFERENCES properties(id) ON DELETE CASCADE,
  google_email text NOT NULL, -- Agent's Google account
  calendar_id text DEFAULT 'primary', -- Which calendar to use
  access_token text,
  refresh_token text,
  token_expires_at timestamptz,
  sync_enabled boolean DEFAULT true,
  working_hours jsonb DEFAULT '{"mon":{"start":"09:00","end":"18:00"},"tue":{"start":"09:00","end":"18:00"},"wed":{"start":"09:00","end":"18:00"},"thu":{"start":"09:00","end":"18:00"},"fri":{"start":"09:00","end":"18:00"}}',
  tour_duration_minutes int DEFAULT 30,
  buffer_minutes int DEFAULT 15, -- Buffer between tours
  created_at timestamptz DEFAULT now(),
  updated_at timestamptz DEFAULT now(),
  UNIQUE(profile_id, property_id)
);

-- Calendar Events (for two-way sync tracking)
CREATE TABLE IF NOT EXISTS calendar_events (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  agent_calendar_id uuid REFERENCES agent_calendars(id) ON DELETE CASCADE,
  tour_booking_id uuid REFERENCES tour_bookings(id) ON DELETE CASCADE,
  google_event_id text NOT NULL,
  sync_status text DEFAULT 'synced', -- 'synced', 'pending', 'failed'
  last_synced_at timestamptz DEFAULT now(),
  created_at timestamptz DEFAULT now(),
  UNIQUE(tour_booking_id)
);

-- Prospect Calendar Invites
CREATE TABLE IF NOT EXISTS prospect_invites (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tour_booking_id uuid REFERENCES tour_bookings(id) ON DELETE CASCADE,
  lead_id uuid REFERENCES leads(id) ON DELETE CASCADE,
  google_event_id text, -- If we create on their behalf
  invite_sent_at timestamptz,
  invite_method text DEFAULT 'email', -- 'email' (with .ics) or 'google_calendar'
  response_status text, -- 'pending', 'accepted', 'declined', 'tentative'
  created_at timestamptz DEFAULT now(),
  UNIQUE(tour_booking_id)
);

-- Indexes
CREATE INDEX IF NOT EXISTS idx_agent_calendars_profile ON agent_calendars(profile_id);
CREATE INDEX IF NOT EXISTS idx_agent_calendars_property ON agent_calendars(property_id);
CREATE INDEX IF NOT EXISTS idx_calendar_events_agent ON calendar_events(agent_calendar_id);
CREATE INDEX IF NOT EXISTS idx_calendar_events_booking ON calendar_events(tour_booking_id);
CREATE INDEX IF NOT EXISTS idx_prospect_invites_booking ON prospect_invites(tour_booking_id);

-- RLS
ALTER TABLE agent_calendars ENABLE ROW LEVEL SECURITY;
ALTER TABLE calendar_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE prospect_invites ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Service role full access to agent_calendars" ON agent_calendars FOR ALL USING (auth.role() = 'service_role');
CREATE POLICY "Service role full access to calendar_events" ON calendar_events FOR ALL USING (auth.role() = 'service_role');
CREATE POLICY "Service role full access to prospect_invites" ON prospect_invites FOR ALL USING (auth.role() = 'service_role');

-- Lead Interest Tracking (extracted from conversations)
CREATE TABLE IF NOT EXISTS lead_interests (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  lead_id uuid REFERENCES leads(id) ON DELETE CASCADE,
  interest_type text NOT NULL, -- 'amenity', 'floorplan', 'pricing', 'move_in_date', 'pets', 'parking'
  interest_value text NOT NULL, -- 'pool', '2BR-A1', 'under $1500', etc.
  confidence float DEFAULT 1.0,
  extracted_from text, -- 'chat', 'email', 'manual'
  source_message_id uuid,
  created_at timestamptz DEFAULT now()
);

CREATE INDEX IF NOT EXISTS idx_lead_interests_lead ON lead_interests(lead_id);
CREATE INDEX IF NOT EXISTS idx_lead_interests_type ON lead_interests(interest_type);

ALTER TABLE lead_interests ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Service role full access to lead_interests" ON lead_interests FOR ALL USING (auth.role() = 'service_role');

-- Add structured preferences to leads table
ALTER TABLE leads ADD COLUMN IF NOT EXISTS preferences jsonb DEFAULT '{}';
-- Structure: { amenities: [], floorplans: [], budget: { min, max }, move_in: date, pets: [], parking: boolean }
