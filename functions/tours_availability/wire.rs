//! The host widget's present shape of free times.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::app::tours::Availability;

/// A time is available where anybody is free; a day on which nobody is, is left out.
pub fn availability(availability: &Availability) -> Value {
    let mut days: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
    for time in &availability.times {
        let day = days.entry(time.date.to_string()).or_default();
        let clock = time.starts.strftime("%H:%M").to_string();
        *day.entry(clock).or_default() |= time.is_free();
    }
    days.retain(|_, times| times.values().any(|free| *free));
    let slots = |times: &BTreeMap<String, bool>| -> Value {
        let slot = |(time, free): (&String, &bool)| json!({ "time": time, "available": free });
        times.iter().map(slot).collect()
    };
    json!({
        "success": true,
        "availableDates": days.keys().collect::<Vec<_>>(),
        "slotsByDate": days.iter().map(|(date, times)| (date, slots(times))).collect::<BTreeMap<_, _>>(),
        "timezone": availability.zone,
        "tourDuration": availability.tour_duration,
        "bufferMinutes": availability.buffer,
    })
}
