//! The time of a JSON record: `2026-03-01T12:00:00.123Z`.

use crate::time::Timestamp;

const MS_PER_SECOND: i64 = 1_000;

/// Length of `2026-03-01T12:00:`.
const MINUTE_LEN: usize = 17;

/// Reads the times of JSON records. Neighbouring records share a minute, so it keeps the last one.
#[derive(Debug, Default)]
pub(super) struct IsoTimes {
    /// `2026-03-01T12:00:`, once there was one.
    text: [u8; MINUTE_LEN],
    minute: Timestamp,
}

impl IsoTimes {
    /// Reads any time of RFC 3339.
    #[inline]
    pub(super) fn read(&mut self, text: &[u8]) -> Option<Timestamp> {
        let Some((minute, [s1, s2, b'.', m1, m2, m3, b'Z'])) = text.split_first_chunk::<MINUTE_LEN>() else {
            return Timestamp::from_iso(text);
        };
        let digits = [s1, s2, m1, m2, m3].map(|digit| digit.wrapping_sub(b'0'));
        // Leap seconds are none of those that are read here.
        if digits[0] > 5 || digits.into_iter().fold(false, |wrong, digit| wrong | (digit > 9)) {
            return Timestamp::from_iso(text);
        }
        if *minute != self.text {
            self.learn(minute)?;
        }
        let [s1, s2, m1, m2, m3] = digits.map(i64::from);
        let millis = (s1 * 10 + s2) * MS_PER_SECOND + m1 * 100 + m2 * 10 + m3;
        Some(Timestamp::from_millis(self.minute.millis() + millis))
    }

    #[cold]
    fn learn(&mut self, minute: &[u8; MINUTE_LEN]) -> Option<()> {
        self.minute = Timestamp::from_iso(&[minute, &b"00Z"[..]].concat())?;
        self.text = *minute;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_by_the_library() {
        let mut times = IsoTimes::default();
        for text in [
            "2026-03-01T12:00:00.123Z",
            "2026-03-01T12:00:59.999Z",
            "2026-03-01T12:01:00.000Z",
            "1969-12-31T23:59:59.001Z",
            "2016-12-31T23:59:60.500Z",
            "2026-03-01T12:00:00Z",
            "2026-03-01T12:00:00.123+02:00",
            "2026-03-01t12:00:00.123z",
            "2026-02-29T12:00:00.123Z",
            "2026-03-01T24:00:00.123Z",
            "2026-03-01T12:00:61.123Z",
            "2026-03-01T12:00:0x.123Z",
            "2026-03-01T12:00:00.12Z",
            "2026-03-01 12:00:00.123Z",
            "9999-12-31T23:59:59.999Z",
            "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}00.123Z",
            "yesterday",
            "",
        ] {
            assert_eq!(times.read(text.as_bytes()), Timestamp::from_iso(text.as_bytes()), "{text}");
        }
    }
}
