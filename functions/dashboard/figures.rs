//! The metrics as cards: a value, a plain sentence, what to do about it, and the month as a plot.

use jiff::civil::Date;
use shared::app::metrics::{Figure, Metrics};
use shared::domain::metric::{Measure, Metric};
use shared::error::Result;

use super::mailbox::count;
use super::plots;

/// One metric as the page shows it.
pub struct Card {
    /// The metric's one name.
    pub id: &'static str,
    pub name: &'static str,
    pub value: String,
    pub target: String,
    /// `good`, `warn`, or nothing without data.
    pub level: &'static str,
    pub verdict: &'static str,
    pub sentence: String,
    pub advice: Option<Advice>,
    pub plot: Option<Plot>,
}

/// What to do, and where.
pub struct Advice {
    pub text: &'static str,
    /// Below `/dashboard/`.
    pub page: &'static str,
    pub link: &'static str,
}

/// A plot, and what it shows for those who do not see it.
pub struct Plot {
    pub shapes: String,
    pub words: String,
}

/// All of them, in their order.
pub fn cards(metrics: &Metrics) -> Result<Vec<Card>> {
    let card = |figure| card(figure, metrics.from, metrics.to);
    metrics.figures.iter().map(card).collect()
}

/// The days of all plots, and what the dashed line is.
pub fn period(metrics: &Metrics) -> String {
    let (from, to) = (day(metrics.from), day(metrics.to));
    format!("{from} to {to}, by day. A dashed line is the target.")
}

fn day(date: Date) -> String {
    date.strftime("%b %-d").to_string()
}

fn card(figure: &Figure, from: Date, to: Date) -> Result<Card> {
    let (level, verdict) = match figure.is_met() {
        None => ("", "No data yet"),
        Some(true) => ("good", "On target"),
        Some(false) => ("warn", "Off target"),
    };
    let asks_for_more = match figure.metric.measure() {
        Measure::Count | Measure::Percent => figure.good < figure.number,
        Measure::Seconds => figure.is_met() == Some(false),
    };
    Ok(Card {
        id: figure.metric.name(),
        name: name(figure.metric),
        value: figure.value.map_or("–".to_owned(), |value| {
            let value = shown(figure.metric, value);
            match figure.metric.measure() {
                Measure::Count => format!("{value} of {}", figure.number),
                Measure::Percent | Measure::Seconds => value,
            }
        }),
        target: target(figure),
        level,
        verdict,
        sentence: match figure.value {
            Some(_) => sentence(figure),
            None => nothing_yet(figure.metric).to_owned(),
        },
        advice: asks_for_more.then(|| advice(figure.metric)),
        plot: plot(figure, from, to)?,
    })
}

fn name(metric: Metric) -> &'static str {
    match metric {
        Metric::MailboxesConnected => "Mailboxes connected",
        Metric::InboundProcessed => "Incoming mail filed",
        Metric::RepliesAccepted => "Replies sent as written",
        Metric::EventsSynced => "Tours in step with calendars",
        Metric::BookingToCalendar => "From booking to calendar",
        Metric::EnrichmentCoverage => "Leads with known interests",
    }
}

fn target(figure: &Figure) -> String {
    let value = shown(figure.metric, figure.target);
    match figure.metric.measure() {
        Measure::Seconds => format!("less than {value}"),
        Measure::Count | Measure::Percent => format!("{value} or more"),
    }
}

/// Rounded to the worse side: what is not whole never reads as if it were.
fn shown(metric: Metric, value: f64) -> String {
    match metric.measure() {
        Measure::Count => format!("{value:.0}"),
        // By a hair, because 99.9 may be a little less in binary.
        Measure::Percent => format!("{}%", (value * 10.0 + 1e-6).floor() / 10.0),
        Measure::Seconds => format!("{} s", (value * 100.0 - 1e-6).max(0.0).ceil() / 100.0),
    }
}

/// The value in a plain sentence.
fn sentence(figure: &Figure) -> String {
    let (good, number) = (figure.good, figure.number);
    match figure.metric {
        Metric::MailboxesConnected => format!(
            "A mailbox is connected at {good} of your organization’s {}.",
            count(number, "property", "properties")
        ),
        Metric::InboundProcessed => rest(
            format!("We filed {good} of {}", count(number, "e-mail", "e-mails")),
            figure,
            &[
                (
                    "quarantined",
                    "could not be read and waits for a person",
                    "could not be read and wait for a person",
                ),
                ("retrying", "is tried again", "are tried again"),
            ],
        ),
        Metric::RepliesAccepted => rest(
            format!(
                "{good} of the assistant’s {} went out as written",
                count(number, "text", "texts")
            ),
            figure,
            &[
                (
                    "edited",
                    "was changed by a person",
                    "were changed by a person",
                ),
                ("rejected", "was rejected", "were rejected"),
            ],
        ),
        Metric::EventsSynced => rest(
            format!(
                "The agents’ calendars are right about {good} of {}",
                count(number, "tour", "tours")
            ),
            figure,
            &[
                ("pending", "waits for Google", "wait for Google"),
                (
                    "failed",
                    "is not taken by Google",
                    "are not taken by Google",
                ),
            ],
        ),
        Metric::BookingToCalendar => format!(
            "Of {}, half were in the calendar within {}, and 95 of 100 within {}.",
            count(number, "tour", "tours"),
            shown(figure.metric, figure.median.unwrap_or_default()),
            shown(figure.metric, figure.value.unwrap_or_default()),
        ),
        Metric::EnrichmentCoverage => format!(
            "We read what they look for from {good} of {} who wrote.",
            count(number, "lead", "leads")
        ),
    }
}

/// How the others came out: `; 1 is tried again`.
fn rest(mut sentence: String, figure: &Figure, outcomes: &[(&str, &str, &str)]) -> String {
    for (outcome, one, many) in outcomes {
        let number = figure.outcome(outcome);
        if number > 0 {
            sentence.push_str("; ");
            sentence.push_str(&count(number, one, many));
        }
    }
    sentence.push('.');
    sentence
}

fn nothing_yet(metric: Metric) -> &'static str {
    match metric {
        Metric::MailboxesConnected => "There is no property.",
        Metric::InboundProcessed => "No e-mail came in.",
        Metric::RepliesAccepted => "None of the assistant’s texts was sent or rejected.",
        Metric::EventsSynced => "No tour was booked or changed in an agent’s calendar.",
        Metric::BookingToCalendar => "No tour was booked into an agent’s calendar.",
        Metric::EnrichmentCoverage => "No lead wrote.",
    }
}

fn advice(metric: Metric) -> Advice {
    let (text, page, link) = match metric {
        Metric::MailboxesConnected => (
            "Turn to the properties whose mailbox is missing and connect it.",
            "mailbox",
            "Mailbox",
        ),
        Metric::InboundProcessed => (
            "What could not be filed is in the mailbox: answer it there.",
            "mailbox",
            "Mailbox",
        ),
        Metric::RepliesAccepted => (
            "Add what the assistant did not know to the property’s documents. Until then it can be told to ask before it sends.",
            "mailbox",
            "Reply settings",
        ),
        Metric::EventsSynced => (
            "The agenda says what is wrong with each tour.",
            "tours",
            "Tours",
        ),
        Metric::BookingToCalendar => (
            "Tours wait while Google does not let us into a calendar. See whether one has to be connected again.",
            "calendar",
            "Calendars",
        ),
        Metric::EnrichmentCoverage => (
            "A mail thread is read when it is closed: close those that are done.",
            "threads",
            "Threads",
        ),
    };
    Advice { text, page, link }
}

fn plot(figure: &Figure, from: Date, to: Date) -> Result<Option<Plot>> {
    let values: Vec<f64> = figure.daily.iter().flatten().copied().collect();
    let (Some(_), Some(lowest), Some(highest)) = (
        figure.value,
        values.iter().copied().reduce(f64::min),
        values.iter().copied().reduce(f64::max),
    ) else {
        return Ok(None);
    };
    let top = match figure.metric.measure() {
        Measure::Percent => 100.0,
        Measure::Count | Measure::Seconds => figure.target * 1.2,
    };
    let words = format!(
        "From {} to {}: between {} and {}, on {}. The dashed line is the target: {}.",
        day(from),
        day(to),
        shown(figure.metric, lowest),
        shown(figure.metric, highest),
        count(
            i64::try_from(values.len()).unwrap_or(i64::MAX),
            "day",
            "days"
        ),
        target(figure),
    );
    Ok(Some(Plot {
        shapes: plots::month(&figure.daily, figure.target, top)?,
        words,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_whole_never_reads_as_if_it_were() {
        for (metric, value, text) in [
            (Metric::InboundProcessed, 100.0, "100%"),
            (Metric::InboundProcessed, 99.99, "99.9%"),
            (Metric::InboundProcessed, 99.9, "99.9%"),
            (Metric::InboundProcessed, 94.444, "94.4%"),
            (Metric::InboundProcessed, 0.0, "0%"),
            (Metric::BookingToCalendar, 4.991, "5 s"),
            (Metric::BookingToCalendar, 4.99, "4.99 s"),
            (Metric::BookingToCalendar, 0.3, "0.3 s"),
            (Metric::BookingToCalendar, 0.0, "0 s"),
            (Metric::MailboxesConnected, 2.0, "2"),
        ] {
            assert_eq!(shown(metric, value), text, "{value}");
        }
    }
}
