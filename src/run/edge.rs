//! What is said where records of a window of time were still being delivered when the names that were read ended.

use std::time::Duration;

use crate::output::Output;
use crate::source::s3::Window;
use crate::time::{Timestamp, length};

/// So long before the last second that was read, a delivery is at the edge.
const EDGE_LEN: Duration = Duration::from_secs(3600);

/// Says that later logs may hold more of what was asked for, if the newest of those that hold any is at the edge.
pub(super) fn say(names: Window, newest: Timestamp, now: Timestamp, output: &Output) {
    match more(names, newest, now) {
        Some(More::Delivered) => {
            let lag = length(names.lag);
            let twice = length(names.lag.saturating_mul(2).max(EDGE_LEN));
            output.messages.warn(&format!(
                "logs with records of this time were delivered until {newest}, where --delivery-lag ({lag}) ends: later ones can \
                 hold more; look for them with --delivery-lag {twice}"
            ));
        }
        Some(More::Coming) => output.messages.note(&format!(
            "logs with records of this time were delivered until {newest}: more may come, for S3 delivers them hours later"
        )),
        None => {}
    }
}

/// Where more records of a window can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum More {
    /// In logs that are there, and whose names were not read.
    Delivered,
    /// In logs that are to be delivered.
    Coming,
}

fn more(names: Window, newest: Timestamp, now: Timestamp) -> Option<More> {
    let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let end = names.until?.millis().saturating_add(millis(names.lag));
    let (end, more) = if end < now.millis() { (end, More::Delivered) } else { (now.millis(), More::Coming) };
    (newest.millis() >= end.saturating_sub(millis(EDGE_LEN))).then_some(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_deliveries_at_the_edge_matter() {
        let hour = |hour: i64| Timestamp::from_millis(hour * 3_600_000);
        let names =
            |lag: u64| Window { since: None, until: Some(hour(10)), lag: Duration::from_secs(lag * 3600) };
        for (lag, newest, now, expected) in [
            (24, 12, 100, None),
            (24, 33, 100, Some(More::Delivered)),
            (24, 34, 100, Some(More::Delivered)),
            (24, 12, 14, None),
            (24, 13, 14, Some(More::Coming)),
            (0, 10, 100, Some(More::Delivered)),
        ] {
            assert_eq!(more(names(lag), hour(newest), hour(now)), expected, "{lag} {newest} {now}");
        }
        let endless = Window { lag: Duration::MAX, ..names(0) };
        assert_eq!(more(endless, hour(12), hour(100)), None);
        assert_eq!(more(Window { until: None, ..names(0) }, hour(100), hour(100)), None);
    }
}
