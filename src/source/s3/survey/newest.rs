//! When the newest log of a bucket was delivered.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::{LogLayout, LoggingFact, MAX_PARALLEL, SourceFacts, Survey, TargetFacts, fact};
use crate::source::Progress;
use crate::source::s3::client::S3Client;
use crate::source::s3::error::S3Error;
use crate::source::s3::location::{Location, LocationError, Prefix};
use crate::source::s3::names::{LogName, Span};
use crate::source::s3::session::{Session, present};
use crate::source::s3::store::Object;
use crate::source::s3::window::{BucketTest, Spans};
use crate::time::Timestamp;

/// It is looked for in the last hour, day and month, and then anywhere, in seconds.
const STEPS: [Option<i64>; 4] = [Some(3_600), Some(86_400), Some(30 * 86_400), None];
/// Pages of a listing that are looked through at one time. Where there are more, the time is cut in halves.
const MAX_PAGES: usize = 20;
/// Nearer than this it needs not be told, in seconds.
const NEAR: i64 = 60;

/// What was found from a time on.
struct Look {
    /// The newest, in milliseconds.
    newest: Option<i64>,
    /// Whether that is the newest of all.
    is_whole: bool,
}

impl Survey {
    /// Finds it for each bucket whose logs go to a bucket that is there, for a few at a time.
    pub(super) fn newest_of(
        &self,
        sources: &mut [SourceFacts],
        targets: &BTreeMap<String, TargetFacts>,
    ) -> Result<(), S3Error> {
        let is_there =
            |name: &str| targets.get(name).is_some_and(|target| target.region.known() != Some(&None));
        let logged: Vec<&mut SourceFacts> = sources
            .iter_mut()
            .filter(|source| matches!(source.logging.known(), Some(Some(to)) if is_there(&to.target)))
            .collect();
        let (next, failure) = (AtomicUsize::new(0), Mutex::new(None));
        let logged: Vec<Mutex<&mut SourceFacts>> = logged.into_iter().map(Mutex::new).collect();
        let work = || {
            while let Some(source) = logged.get(next.fetch_add(1, Relaxed)) {
                let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(Some(logging)) = source.logging.known() else { continue };
                match fact(self.newest(&source.bucket, logging), "s3:ListBucket") {
                    Ok(newest) => source.newest = newest,
                    Err(error) => {
                        next.store(logged.len(), Relaxed);
                        failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..MAX_PARALLEL.min(logged.len()) {
                scope.spawn(work);
            }
        });
        failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    fn newest(&self, bucket: &str, logging: &LoggingFact) -> Result<Option<Timestamp>, S3Error> {
        let invalid = |error: LocationError| S3Error::Request { message: error.to_string() };
        let prefix: Prefix = logging.prefix.parse().map_err(invalid)?;
        let location = Location::new(logging.target.parse().map_err(invalid)?, prefix);
        let session =
            Session::connect(&location, &self.options, Arc::new(Progress::default()), &self.cancel)?;
        let now = present();
        // From this second on there is none.
        let mut last = now;
        for step in STEPS {
            let first = step.map(|step| now - step);
            let look = self.look(&session, bucket, logging, first)?;
            match look.newest {
                Some(newest) => {
                    let newest = match look.is_whole {
                        true => newest,
                        false => self.narrow(&session, bucket, logging, newest, last)?,
                    };
                    return Ok(Some(Timestamp::from_millis(newest)));
                }
                None => last = first.unwrap_or(last),
            }
        }
        Ok(None)
    }

    /// Finds it between one that is known and a second from which on there is none: where there are too many names to look through.
    fn narrow(
        &self,
        session: &Session<S3Client>,
        bucket: &str,
        logging: &LoggingFact,
        mut newest: i64,
        mut last: i64,
    ) -> Result<i64, S3Error> {
        let mut first = newest / 1000;
        while last - first > NEAR {
            let middle = first + (last - first) / 2;
            let look = self.look(session, bucket, logging, Some(middle))?;
            match look.newest {
                Some(found) => {
                    newest = newest.max(found);
                    first = middle.max(found / 1000);
                    if look.is_whole {
                        break;
                    }
                }
                None => last = middle,
            }
        }
        Ok(newest)
    }

    fn look(
        &self,
        session: &Session<S3Client>,
        bucket: &str,
        logging: &LoggingFact,
        first: Option<i64>,
    ) -> Result<Look, S3Error> {
        let name = bucket.to_owned();
        let spans = Spans {
            all: Span { first, last: None },
            buckets: (logging.layout != LogLayout::Simple)
                .then(|| BucketTest::new(move |found: &str| found == name)),
            ..Spans::default()
        };
        let mut listing = session.list(spans, &[], &self.cancel)?;
        let mut newest = None;
        for _ in 0..MAX_PAGES {
            let Some(batch) = session.next(&mut listing, &self.cancel) else {
                if self.cancel.is_raised() {
                    return Err(S3Error::Interrupted { terminated: self.cancel.is_terminated() });
                }
                return Ok(Look { newest, is_whole: true });
            };
            newest = batch?.objects.iter().filter_map(delivered).max().max(newest);
        }
        Ok(Look { newest, is_whole: false })
    }
}

/// When a log was delivered, in milliseconds. Names of the layout by event time tell no more than the day.
fn delivered(object: &Object) -> Option<i64> {
    let name = LogName::parse(&object.key)?;
    if !name.whole_day {
        return Some(name.time.saturating_mul(1000));
    }
    let written = object.modified?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(written.as_millis()).ok()
}
