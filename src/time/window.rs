//! A window of time.

use crate::time::Timestamp;

/// A half-open window of time: from `since` on, before `until`; without one of them it is open on that side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    /// The first moment inside.
    pub(crate) since: Option<Timestamp>,
    /// The first moment after it.
    pub(crate) until: Option<Timestamp>,
}

/// Why no time can be in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EmptyWindow {
    /// It ends before it starts.
    #[error("the window ends ({until}) before it starts ({since}), so nothing can match")]
    Reversed {
        /// The first moment inside.
        since: Timestamp,
        /// The first moment after it.
        until: Timestamp,
    },
    /// It ends where it starts, and the end does not belong to it.
    #[error("the window is empty: it starts and ends at {0}, and the end is not part of it")]
    Empty(Timestamp),
}

impl Window {
    /// The window between two times.
    ///
    /// # Errors
    /// If no time can be in the window.
    pub(crate) fn new(since: Option<Timestamp>, until: Option<Timestamp>) -> Result<Self, EmptyWindow> {
        match (since, until) {
            (Some(since), Some(until)) if since == until => Err(EmptyWindow::Empty(since)),
            (Some(since), Some(until)) if since > until => Err(EmptyWindow::Reversed { since, until }),
            _ => Ok(Self { since, until }),
        }
    }

    /// Whether all times are inside.
    pub(crate) fn is_open(&self) -> bool {
        self.since.is_none() && self.until.is_none()
    }

    /// Whether a time is inside.
    #[inline]
    pub(crate) fn holds(&self, time: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= time) && self.until.is_none_or(|until| time < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_open() {
        let at = |millis| Some(Timestamp::from_millis(millis));
        let table = [
            (None, None, [true, true, true]),
            (at(2), None, [false, true, true]),
            (None, at(2), [true, false, false]),
            (at(2), at(3), [false, true, false]),
        ];
        for (since, until, expected) in table {
            let window = Window::new(since, until).unwrap();
            assert_eq!([1, 2, 3].map(|millis| window.holds(Timestamp::from_millis(millis))), expected);
        }
        assert_eq!(
            Window::new(at(2000), at(1000)).unwrap_err().to_string(),
            "the window ends (1970-01-01T00:00:01Z) before it starts (1970-01-01T00:00:02Z), so nothing can match"
        );
        assert_eq!(
            Window::new(at(2000), at(2000)).unwrap_err().to_string(),
            "the window is empty: it starts and ends at 1970-01-01T00:00:02Z, and the end is not part of it"
        );
    }
}
