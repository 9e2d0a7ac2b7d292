//! One request: its JSON, and the engine's own input that is made of it.

use std::num::NonZeroU32;

use jiff::Timestamp;
use serde::de::{self, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use shared::domain::interval::Interval;
use shared::domain::zone;
use shared::slots::{self, Rules, Taken};
use shared::store::working_hours;

/// What is asked, in the engine's terms.
pub struct Request {
    pub id: Value,
    /// `None` when the range ends before it begins.
    within: Option<Interval>,
    now: Timestamp,
    agents: Vec<Agent>,
}

struct Agent {
    id: String,
    rules: Rules,
    busy: Vec<Interval>,
}

impl Request {
    /// Reads one line; an error says what is malformed.
    pub fn read(line: &[u8]) -> Result<Self, String> {
        let written: Written = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        // The zone must be one even where every agent names another.
        zone_of(&written.time_zone)?;
        let agents = written.agents.iter().map(|agent| agent.read(&written));
        Ok(Self {
            agents: agents.collect::<Result<_, _>>()?,
            within: Interval::new(written.from.0, written.to.0),
            now: written.now.0,
            id: written.id,
        })
    }

    /// Runs the engine: each agent's starts, in the order of the agents.
    pub fn starts(&self) -> Vec<Vec<Timestamp>> {
        let open = |agent: &Agent| {
            let taken = Taken {
                busy: &agent.busy,
                tours: &[],
            };
            match self.within {
                Some(within) => slots::open(&agent.rules, taken, within, self.now),
                None => Vec::new(),
            }
        };
        self.agents.iter().map(open).collect()
    }

    /// The answer's text, without the end of the line.
    pub fn answer(&self, starts: &[Vec<Timestamp>]) -> Result<Vec<u8>, serde_json::Error> {
        let slots = Slots {
            agents: &self.agents,
            starts,
        };
        let id = &self.id;
        serde_json::to_vec(&Answer { id, slots })
    }
}

/// The `id` of a line that could not be read, if it has one.
pub fn id_of(line: &[u8]) -> Value {
    #[derive(serde::Deserialize)]
    struct Named {
        id: Value,
    }
    serde_json::from_slice(line).map_or(Value::Null, |Named { id }| id)
}

// ── The request's JSON ──────────────────────────────────────────────────────────────────────────

#[derive(serde::Deserialize)]
struct Written {
    id: Value,
    time_zone: String,
    from: Instant,
    to: Instant,
    now: Instant,
    min_notice_minutes: u32,
    duration_minutes: NonZeroU32,
    buffer_minutes: u32,
    step_minutes: NonZeroU32,
    agents: Vec<WrittenAgent>,
}

/// What an agent does not say is as the request says.
#[derive(serde::Deserialize)]
struct WrittenAgent {
    id: String,
    working_hours: Value,
    busy: Vec<WrittenInterval>,
    time_zone: Option<String>,
    duration_minutes: Option<NonZeroU32>,
    buffer_minutes: Option<u32>,
    step_minutes: Option<NonZeroU32>,
}

#[derive(serde::Deserialize)]
struct WrittenInterval {
    start: Instant,
    end: Instant,
}

impl WrittenAgent {
    fn read(&self, request: &Written) -> Result<Agent, String> {
        let hours = working_hours::read(&self.working_hours, &Value::Null)
            .map_err(|error| format!("agent {}: {error}", self.id))?;
        let rules = Rules {
            zone: zone_of(self.time_zone.as_ref().unwrap_or(&request.time_zone))?,
            hours,
            duration: self.duration_minutes.unwrap_or(request.duration_minutes),
            buffer: self.buffer_minutes.unwrap_or(request.buffer_minutes),
            interval: Some(self.step_minutes.unwrap_or(request.step_minutes)),
            notice_min: request.min_notice_minutes,
            horizon_max: None,
            max_per_day: None,
        };
        let busy = self.busy.iter();
        Ok(Agent {
            id: self.id.clone(),
            rules,
            // Nothing happens in an interval that ends before it begins.
            busy: busy
                .filter_map(|busy| Interval::new(busy.start.0, busy.end.0))
                .collect(),
        })
    }
}

fn zone_of(name: &str) -> Result<jiff::tz::TimeZone, String> {
    zone::find(name).ok_or_else(|| format!("no time zone {name:?}"))
}

/// An instant as RFC 3339 text.
struct Instant(Timestamp);

impl<'de> de::Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Instant;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an instant as in RFC 3339")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Instant, E> {
                text.parse().map(Instant).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

// ── The answer's JSON ───────────────────────────────────────────────────────────────────────────

#[derive(serde::Serialize)]
struct Answer<'a> {
    id: &'a Value,
    slots: Slots<'a>,
}

/// An object: starts by agent.
struct Slots<'a> {
    agents: &'a [Agent],
    starts: &'a [Vec<Timestamp>],
}

impl Serialize for Slots<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let agents = self.agents.iter().zip(self.starts);
        serializer.collect_map(agents.map(|(agent, starts)| (&agent.id, EpochSeconds(starts))))
    }
}

struct EpochSeconds<'a>(&'a [Timestamp]);

impl Serialize for EpochSeconds<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|start| start.as_second()))
    }
}
