//! What the engine of open tours costs: `cargo bench -p shared`.
//!
//! Agents × days × busy intervals a day; nine to six, tours of 30 minutes every 15, a buffer of 15.
//! Busy intervals come in no order and overlap now and then. A figure is the median of many calls on
//! one core. Work should grow with what goes in and comes out: the last columns hold the time per
//! busy interval or slot, and its ratio to that of the first row.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use jiff::civil::Weekday;
use jiff::{SignedDuration, Timestamp};
use shared::domain::interval::Interval;
use shared::domain::working_hours::{Window, WorkingHours};
use shared::domain::zone;
use shared::slots::{self, Rules, Taken};

const MINUTES_OF_A_DAY: i64 = 24 * 60;

fn main() {
    println!("agents  days  busy/day    slots      median  ns per (slot + busy)");
    let mut base = None;
    for agents in [1, 10, 100] {
        for days in [7, 30, 60] {
            for busy_a_day in [0, 4, 12] {
                let (slots, median) = measure(agents, days, busy_a_day);
                let work = slots + usize::try_from(agents * days * busy_a_day).unwrap_or(0);
                let each = median.as_nanos() as f64 / work as f64;
                let ratio = each / *base.get_or_insert(each);
                let micros = median.as_nanos() as f64 / 1_000.0;
                println!(
                    "{agents:6}  {days:4}  {busy_a_day:8}  {slots:7}  {micros:7.1} µs  {each:6.2}  ×{ratio:.2}"
                );
            }
        }
    }
}

/// Slots found, and the median time of a call for all agents.
fn measure(agents: i64, days: i64, busy_a_day: i64) -> (usize, Duration) {
    let rules = rules();
    let now: Timestamp = "2026-03-02T06:00:00Z".parse().expect("an instant");
    let end = now + SignedDuration::from_hours(24 * days);
    let within = Interval::new(now, end).expect("a range");
    let mut random = Random(0x5eed);
    let busy: Vec<Vec<Interval>> = (0..agents)
        .map(|_| busy(now, days, busy_a_day, &mut random))
        .collect();
    let call = || {
        let open =
            |busy: &Vec<Interval>| slots::open(&rules, Taken { busy, tours: &[] }, within, now);
        black_box(&busy).iter().map(open).collect::<Vec<_>>()
    };
    let slots = call().iter().map(Vec::len).sum();
    let mut times = Vec::new();
    let started = Instant::now();
    while times.len() < 1_001
        && (started.elapsed() < Duration::from_millis(400) || times.len() < 51)
    {
        let started = Instant::now();
        black_box(call());
        times.push(started.elapsed());
    }
    times.sort_unstable();
    (slots, times[times.len() / 2])
}

fn rules() -> Rules {
    let window = Window::parse("09:00", "18:00")
        .expect("times")
        .expect("a window");
    let mut hours = WorkingHours::default();
    for weekday in Weekday::Monday.cycle_forward().take(6) {
        hours.set_weekday(weekday, vec![window]);
    }
    Rules {
        zone: zone::find("America/Chicago").expect("a zone"),
        hours,
        duration: NonZeroU32::MIN.saturating_add(29),
        buffer: 15,
        interval: NonZeroU32::new(15),
        notice_min: 60,
        horizon_max: Some(60),
        max_per_day: None,
    }
}

/// So many meetings a day of 15 to 90 minutes, anywhere between 13:00 and 01:00 UTC, shuffled.
fn busy(from: Timestamp, days: i64, a_day: i64, random: &mut Random) -> Vec<Interval> {
    let mut busy = Vec::new();
    for meeting in 0..days * a_day {
        let minute = (meeting / a_day) * MINUTES_OF_A_DAY + 7 * 60 + random.below(12 * 60);
        let start = from + SignedDuration::from_mins(minute);
        let length = SignedDuration::from_mins(15 + random.below(6) * 15);
        busy.extend(Interval::new(start, start + length));
    }
    for index in (1..busy.len()).rev() {
        busy.swap(index, random.below(index as i64 + 1) as usize);
    }
    busy
}

/// Xorshift: the same meetings in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 1) as i64 % bound
    }
}
