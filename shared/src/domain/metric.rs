//! What the integration is measured by. One name each: in SQL, in CloudWatch and on the team's pages.

/// One of the six metrics, each over the last [`DAYS`]. How they are counted stands in
/// `migrations/README.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Properties whose mailbox is connected, at this moment.
    MailboxesConnected,
    /// Of the mail that came in, what could be filed.
    InboundProcessed,
    /// Of the assistant's texts that came to an end, what was sent as it was written.
    RepliesAccepted,
    /// Of the tours in agents' calendars, those whose event is as the tour is.
    EventsSynced,
    /// How long nineteen of twenty tours took from booking to calendar, at the most.
    BookingToCalendar,
    /// Of the leads who wrote, those of whom an interest was read.
    EnrichmentCoverage,
}

/// Days that a metric looks back, today included.
pub const DAYS: usize = 30;

/// What a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    Count,
    /// 0 to 100.
    Percent,
    Seconds,
}

impl Metric {
    pub const ALL: [Self; 6] = [
        Self::MailboxesConnected,
        Self::InboundProcessed,
        Self::RepliesAccepted,
        Self::EventsSynced,
        Self::BookingToCalendar,
        Self::EnrichmentCoverage,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::MailboxesConnected => "mailboxes_connected",
            Self::InboundProcessed => "inbound_processed_percent",
            Self::RepliesAccepted => "replies_accepted_percent",
            Self::EventsSynced => "events_synced_percent",
            Self::BookingToCalendar => "booking_to_calendar_seconds",
            Self::EnrichmentCoverage => "enrichment_coverage_percent",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    pub fn measure(self) -> Measure {
        match self {
            Self::MailboxesConnected => Measure::Count,
            Self::BookingToCalendar => Measure::Seconds,
            Self::InboundProcessed
            | Self::RepliesAccepted
            | Self::EventsSynced
            | Self::EnrichmentCoverage => Measure::Percent,
        }
    }

    /// What the plan wants of it.
    pub fn target(self) -> f64 {
        match self {
            Self::MailboxesConnected => 3.0,
            Self::InboundProcessed => 95.0,
            Self::RepliesAccepted => 90.0,
            Self::EventsSynced => 99.0,
            Self::BookingToCalendar => 5.0,
            Self::EnrichmentCoverage => 80.0,
        }
    }

    /// Whether a value is as good as `target`: less where seconds are counted, else at least as much.
    pub fn meets(self, target: f64, value: f64) -> bool {
        match self.measure() {
            Measure::Seconds => value < target,
            Measure::Count | Measure::Percent => value >= target,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_found_by_its_name_and_no_other() {
        for metric in Metric::ALL {
            assert_eq!(Metric::parse(metric.name()), Some(metric));
        }
        assert_eq!(Metric::parse("inbound_processed"), None);
    }

    #[test]
    fn less_time_is_better_and_more_of_anything_else() {
        for (metric, worse, as_good) in [
            (Metric::MailboxesConnected, 2.0, 3.0),
            (Metric::InboundProcessed, 94.99, 95.0),
            (Metric::BookingToCalendar, 5.0, 4.99),
        ] {
            let target = metric.target();
            assert!(!metric.meets(target, worse), "{metric:?} {worse}");
            assert!(metric.meets(target, as_good), "{metric:?} {as_good}");
        }
    }
}
