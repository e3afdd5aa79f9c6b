//! What a run would do and what it would cost, without a download.

use std::ops::AddAssign;
use std::sync::atomic::Ordering::Relaxed;

use anyhow::Context as _;

use super::begin::begin;
use super::selection::DownloadSelection;
use super::state::LocationState;
use super::{Mirror, Report};
use crate::semantics::prices::{Egress, Prices};
use crate::source::s3::error::S3Error;

/// What a run of a mirror would do. Of several runs, the sum.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Objects to download.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects that are there already.
    pub(crate) known: u64,
    /// Objects whose names are no log names.
    pub(crate) skipped: u64,
    /// What could not be listed, or cannot be stored.
    pub(crate) failed: u64,
    /// LIST requests: what the plan took, and the run takes again.
    pub list_requests: u64,
    /// GET requests. Empty objects need none.
    pub get_requests: u64,
    /// Where it begins and why, if that is not what was typed.
    pub(crate) begin: Vec<String>,
    /// Whether it was interrupted.
    pub(crate) interrupted: bool,
}

impl Plan {
    /// What the requests cost at list price, in US dollars.
    pub fn request_cost(&self) -> f64 {
        Prices::LIST.tier1(self.list_requests) + Prices::LIST.tier2(self.get_requests)
    }

    /// What the transfer costs at list price, in US dollars, to outside of AWS; within the region it is free.
    pub(crate) fn transfer_cost(&self) -> f64 {
        Prices::LIST.transfer(Egress::Internet, self.bytes)
    }
}

impl AddAssign for Plan {
    fn add_assign(&mut self, other: Self) {
        self.objects += other.objects;
        self.bytes += other.bytes;
        self.known += other.known;
        self.skipped += other.skipped;
        self.failed += other.failed;
        self.list_requests += other.list_requests;
        self.get_requests += other.get_requests;
        self.begin.extend(other.begin);
        self.interrupted |= other.interrupted;
    }
}

impl Mirror<'_> {
    /// Finds out what [`Mirror::run`] would do. Downloads nothing and writes nothing.
    ///
    /// # Errors
    /// If nothing could be done.
    pub fn plan(&self, report: &mut Report<'_>) -> anyhow::Result<Plan> {
        let Self { location, dir, copied, progress, cancel, .. } = self;
        let session = self.connect()?;
        let begin = begin(location, dir, &self.what, &LocationState::read(dir, location)?)?;
        let mut listing = session.list(begin.spans, &[], cancel).with_context(|| location.to_string())?;
        let mut plan = Plan { begin: begin.why.into_iter().collect(), ..Plan::default() };
        let mut selection = DownloadSelection::new(dir, &location.bucket, copied);
        while !cancel.is_raised()
            && let Some(batch) = session.next(&mut listing, cancel)
        {
            match batch {
                Ok(batch) => {
                    plan.skipped += batch.skipped;
                    if let Some(class) = batch.class {
                        plan.failed += 1;
                        let error = S3Error::Archived { count: batch.archived, class: class.into_string() };
                        report(&location.to_string(), error.into());
                    }
                    if batch.parquet > 0 {
                        plan.failed += 1;
                        report(&location.to_string(), S3Error::Parquet { count: batch.parquet }.into());
                    }
                    for object in batch.objects.iter().filter(|object| selection.wants(object)) {
                        plan.objects += 1;
                        plan.bytes += object.size;
                        plan.get_requests += u64::from(object.size > 0);
                        progress.listed.fetch_add(1, Relaxed);
                        progress.listed_bytes.fetch_add(object.size, Relaxed);
                    }
                }
                Err(error) => {
                    plan.failed += 1;
                    report(&location.to_string(), error.into());
                }
            }
        }
        plan.known = selection.known;
        plan.failed += selection.report(location, report);
        plan.list_requests = listing.requests();
        plan.interrupted = cancel.is_raised();
        Ok(plan)
    }
}
