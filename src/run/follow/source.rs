//! One source that is followed: when it is looked at, and what a failure makes of that.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

use super::FollowOptions;
use super::state::State;
use crate::args::ResolvedSource;
use crate::output::Messages;
use crate::source::s3::{Arrivals, Following, LogSelection, Options, RetryPolicy, S3Error};
use crate::source::tail::Tail;
use crate::source::{Arrival, Cancel, Local, OwnOutputs, Progress};
use crate::time::length;

/// The pauses after failures grow from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// A source that is followed.
pub(super) struct Followed {
    /// As it was typed.
    pub name: String,
    /// When it is looked at next.
    pub due: Instant,
    kind: Kind,
    interval: Duration,
    pauses: Option<ExponentialBackoff>,
}

pub(super) enum Kind {
    Files(Box<Tail>),
    Bucket(Box<Arrivals>),
}

impl Followed {
    pub(super) fn new(
        source: ResolvedSource,
        wanted: LogSelection,
        written: &OwnOutputs,
        how: &FollowOptions,
        state: Option<&State>,
        progress: &Arc<Progress>,
        cancel: &Cancel,
    ) -> anyhow::Result<Self> {
        let (name, kind, interval) = match source {
            ResolvedSource::Local(Local::Stdin) => bail!(
                "what comes through a pipe is read as it comes by every command: pipe it into `s3al export`; follow \
                 takes files, folders and buckets"
            ),
            ResolvedSource::Local(Local::Path(path)) => {
                let name = path.to_string_lossy().into_owned();
                let reads_all = wanted.window.since.is_some();
                let known = state.and_then(|state| state.files(&name));
                (
                    name,
                    Kind::Files(Box::new(Tail::new(path, written.clone(), reads_all, known))),
                    how.file_interval,
                )
            }
            ResolvedSource::S3(location, options) => {
                let name = location.to_string();
                let known = state.and_then(|state| state.bucket(&name));
                let following = Following { wanted, lookback: how.lookback, state: known };
                // What fails for longer is told, and tried again here.
                let policy =
                    RetryPolicy { attempts: 3, total: Duration::from_secs(10), ..options.retry_policy };
                let options = Options { retry_policy: policy, ..*options };
                let arrivals = Arrivals::new(&location, &options, following, progress, cancel)?;
                (name, Kind::Bucket(Box::new(arrivals)), how.interval)
            }
        };
        Ok(Self { name, due: Instant::now(), kind, interval, pauses: None })
    }

    pub(super) fn look(&mut self, cancel: &Cancel) -> Result<Arrival, S3Error> {
        match &mut self.kind {
            Kind::Files(tail) => Ok(tail.look()),
            Kind::Bucket(arrivals) => arrivals.look(cancel),
        }
    }

    /// Takes what was handed on for read, but for what failed; whether anything is to be tried again.
    pub(super) fn confirm(&mut self, failed: &dyn Fn(&str) -> bool) -> bool {
        match &mut self.kind {
            Kind::Files(tail) => tail.confirm(failed),
            Kind::Bucket(arrivals) => arrivals.confirm(failed),
        }
    }

    /// Sets when the next look is. Returns what there is to say about it.
    pub(super) fn looked(&mut self, has_failed: bool, more: bool) -> Option<String> {
        if has_failed && matches!(self.kind, Kind::Bucket(_)) {
            let pause = self.pause();
            self.due = Instant::now() + pause;
            return Some(format!("{}: trying again in {}", self.name, show(pause)));
        }
        self.due = Instant::now() + if more { Duration::ZERO } else { self.interval };
        self.pauses.take().map(|_| format!("{}: it can be read again", self.name))
    }

    /// Says why a source could not be looked at, and when it will be again.
    pub(super) fn broken(&mut self, error: &anyhow::Error, messages: Messages) {
        let pause = self.pause();
        self.due = Instant::now() + pause;
        messages.error(&anyhow::anyhow!("{}: {error:#}; trying again in {}", self.name, show(pause)));
    }

    fn pause(&mut self) -> Duration {
        let pauses = self.pauses.get_or_insert_with(|| {
            let builder = ExponentialBuilder::new().with_min_delay(FIRST_PAUSE).with_max_delay(LONGEST_PAUSE);
            builder.without_max_times().build()
        });
        pauses.next().unwrap_or(LONGEST_PAUSE)
    }

    /// How many files end in a line that is not whole.
    pub(super) fn unfinished(&self) -> usize {
        match &self.kind {
            Kind::Files(tail) => tail.unfinished(),
            Kind::Bucket(_) => 0,
        }
    }

    /// How much could not be read by now: what was read when it was tried again is not told of.
    pub(super) fn unread(&self) -> u64 {
        let unread = match &self.kind {
            Kind::Files(tail) => tail.unread(),
            Kind::Bucket(arrivals) => arrivals.unread(),
        };
        unread.max(u64::from(self.pauses.is_some()))
    }

    /// What is kept of it.
    pub(super) fn kind(&self) -> &Kind {
        &self.kind
    }
}

fn show(pause: Duration) -> String {
    length(pause.max(Duration::from_secs(1)))
}
