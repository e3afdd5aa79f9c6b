//! Lengths of time as they are typed: `1d 6h`.

use std::time::Duration;

/// The units, and the seconds of each.
const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)];

/// A length of time in whole seconds, in the units that people type.
pub(crate) fn length(duration: Duration) -> String {
    let mut left = duration.as_secs();
    let mut parts = Vec::new();
    for (unit, seconds) in UNITS {
        if left >= seconds {
            parts.push(format!("{}{unit}", left / seconds));
            left %= seconds;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_they_are_written() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (86_400, "1d"),
            (14 * 86_400, "14d"),
            (86_400 + 6 * 3600 + 1, "1d 6h 1s"),
            (90 * 60, "1h 30m"),
            (400 * 86_400, "400d"),
        ] {
            let duration = Duration::from_secs(seconds);
            assert_eq!(length(duration), text);
            assert_eq!(humantime::parse_duration(text), Ok(duration));
        }
    }
}
