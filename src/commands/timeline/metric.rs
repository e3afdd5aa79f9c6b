//! `--metric`: what is shown over time.

use strum::{Display, IntoStaticStr};

use crate::aggregate::{Counted, Requests};
use crate::report::Value;

/// What is shown over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Display, IntoStaticStr)]
#[clap(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(super) enum Metric {
    /// How many requests
    Requests,
    /// How many of them failed
    Errors,
    /// Bytes that S3 sent
    BytesSent,
    /// Bytes that successful writes brought in
    BytesReceived,
    /// How many different requesters
    Requesters,
}

impl Metric {
    /// Its name in JSON.
    pub(super) fn name(self) -> &'static str {
        self.into()
    }

    /// Its name in a title.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Requests => "Requests",
            Self::Errors => "Errors",
            Self::BytesSent => "Bytes sent",
            Self::BytesReceived => "Bytes received",
            Self::Requesters => "Requesters",
        }
    }

    /// How much of it there is; `None` where that cannot be told.
    pub(super) fn of(self, counted: &impl Counted) -> Option<u64> {
        match self {
            Self::Requesters if counted.requests().requests == 0 => Some(0),
            Self::Requesters => counted.counts().first().copied(),
            _ => Some(self.of_requests(counted.requests())),
        }
    }

    /// How much of what can be added up there is.
    pub(super) fn of_requests(self, requests: &Requests) -> u64 {
        match self {
            Self::Errors => requests.errors,
            Self::BytesSent => requests.bytes_sent,
            Self::BytesReceived => requests.bytes_received,
            Self::Requests | Self::Requesters => requests.requests,
        }
    }

    /// A value of it.
    pub(super) fn value(self, amount: Option<u64>) -> Value {
        match self {
            Self::BytesSent | Self::BytesReceived => Value::bytes(amount),
            _ => Value::count(amount),
        }
    }
}
