//! How a request ended, by its status: what success, denial and error mean in every report.

use crate::record::Record;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// No status: S3's own work, which is logged only when it is done.
    NoResponse,
    /// 2xx.
    Success,
    /// 304: the client's copy is still current.
    NotModified,
    /// Any other 3xx: nothing was done, the client has to ask again elsewhere.
    Redirect,
    /// 401 and 403.
    Denied,
    /// 404.
    Missing,
    /// 429 and 503: S3 asks for fewer requests (`SlowDown`, `ServiceUnavailable`).
    Throttled,
    /// Any other 4xx.
    ClientError,
    /// Any other 5xx.
    ServerError,
}

impl Outcome {
    /// Of a record.
    #[inline]
    pub(crate) fn of(record: &Record<'_>) -> Self {
        Self::of_status(record.http_status())
    }

    /// Of a status; `None` is the `-` of S3's own work.
    #[inline]
    pub(crate) const fn of_status(status: Option<u16>) -> Self {
        match status {
            None => Self::NoResponse,
            Some(..=299) => Self::Success,
            Some(304) => Self::NotModified,
            Some(300..=399) => Self::Redirect,
            Some(401 | 403) => Self::Denied,
            Some(404) => Self::Missing,
            Some(429 | 503) => Self::Throttled,
            Some(400..=499) => Self::ClientError,
            Some(500..) => Self::ServerError,
        }
    }

    /// Whether S3 did what was asked for. A redirect is not an error, but did nothing.
    #[inline]
    pub(crate) const fn is_success(self) -> bool {
        matches!(self, Self::NoResponse | Self::Success | Self::NotModified)
    }

    /// Whether the request failed: a status of 400 or more.
    #[inline]
    pub(crate) const fn is_error(self) -> bool {
        !self.is_success() && !matches!(self, Self::Redirect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_one_outcome() {
        let table = [
            (None, Outcome::NoResponse, true, false),
            (Some(200), Outcome::Success, true, false),
            (Some(206), Outcome::Success, true, false),
            (Some(299), Outcome::Success, true, false),
            (Some(301), Outcome::Redirect, false, false),
            (Some(304), Outcome::NotModified, true, false),
            (Some(307), Outcome::Redirect, false, false),
            (Some(400), Outcome::ClientError, false, true),
            (Some(401), Outcome::Denied, false, true),
            (Some(403), Outcome::Denied, false, true),
            (Some(404), Outcome::Missing, false, true),
            (Some(412), Outcome::ClientError, false, true),
            (Some(429), Outcome::Throttled, false, true),
            (Some(500), Outcome::ServerError, false, true),
            (Some(503), Outcome::Throttled, false, true),
        ];
        for (status, outcome, is_success, is_error) in table {
            let read = Outcome::of_status(status);
            assert_eq!(
                (read, read.is_success(), read.is_error()),
                (outcome, is_success, is_error),
                "{status:?}"
            );
        }
        // Statuses that nobody knows are errors too.
        for status in 100..=999 {
            assert_eq!(Outcome::of_status(Some(status)).is_error(), status >= 400, "{status}");
        }
    }
}
