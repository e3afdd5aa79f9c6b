//! What `detect` finds, as long as there is memory for what it keeps.

use std::sync::Arc;

use crate::aggregate::Aggregate as _;
use crate::detect::{Detected, Detector, Room, Settings};
use crate::output::Output;
use crate::record::Record;
use crate::semantics::Geoip;
use crate::spill::Space;

/// How many records come between two looks at the memory.
const RECORDS: u32 = 1 << 12;

/// All rules with their defaults.
pub(super) struct Attention {
    /// Rules leave nothing out: where memory ends they end, and the rest of the page goes on.
    detector: Option<Detector>,
    memory: usize,
    left: u32,
}

impl Attention {
    /// Rules may keep about `memory` bytes.
    pub(super) fn new(settings: &Arc<Settings>, space: &Space, memory: usize) -> Self {
        // Half of it is for what can go to temporary files, half for what cannot.
        let room = Room { space: space.clone(), bytes: memory / 2 / Detector::TABLES };
        Self { detector: Some(Detector::new(Arc::clone(settings), &room)), memory, left: RECORDS }
    }

    #[inline]
    pub(super) fn add(&mut self, record: &Record<'_>) {
        let Some(detector) = &mut self.detector else { return };
        detector.add(record);
        self.left -= 1;
        if self.left == 0 {
            self.keep_bound();
        }
    }

    /// Ends the rules where they take too much.
    pub(super) fn keep_bound(&mut self) {
        self.left = RECORDS;
        if self.bytes() > self.memory {
            self.detector = None;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        match (&mut self.detector, other.detector) {
            (Some(detector), Some(more)) => detector.merge(more),
            _ => self.detector = None,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.detector.as_ref().map_or(0, Detector::memory)
    }

    /// What was found; `None` without the memory for it.
    pub(super) fn finish(self, output: &Output, geoip: &Geoip) -> Option<Detected> {
        let mut detector = self.detector?;
        let detected = detector.finish(None, output.zone, geoip);
        // As in `detect`: to give its pieces back takes time, and the process ends soon.
        std::mem::forget(detector);
        Some(detected)
    }
}
