//! Makes log lines: requests as they come in, written as the log format of a year, with the damage that real logs have.
//!
//! Nothing here knows how s3al reads a log. What is written is counted on the way, so that both can be compared.

mod bad;
mod events;
mod hard;
mod names;
mod ops;
mod pools;
mod record;
mod request;
mod rng;
mod several;
pub mod text;
mod truth;

use ops::Ops;
pub use pools::BUCKETS;
use record::Record;
pub use rng::Rng;
use truth::Truth;

/// The year whose log format is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    Y2006,
    Y2010,
    Y2019,
    Y2021,
    Y2022,
    Y2026,
    /// Any of them, line by line, as in logs joined over the years.
    Mixed,
}

#[derive(Clone, Debug)]
pub struct Options {
    pub seed: u64,
    pub era: Era,
    /// Whether the JSON delivery is written, and not the log format.
    pub json: bool,
    pub requesters: usize,
    pub keys: u64,
    /// Share of lines that are hard to read and must be read.
    pub hard: f64,
    /// Share of lines that are no records.
    pub bad: f64,
}

/// Makes lines into `out`, from where they are to be taken.
#[derive(Debug)]
pub struct Maker {
    pub out: Vec<u8>,
    pub options: Options,
    pub rng: Rng,
    truth: Truth,
    ops: Ops,
    record: Record,
}

impl Maker {
    pub fn new(options: Options) -> Self {
        let ops = Ops::new();
        Self {
            out: Vec::with_capacity(1 << 17),
            rng: Rng::new(options.seed),
            truth: Truth::new(names::FIRST_OTHER + options.requesters, ops.all.len()),
            record: Record::new(&BUCKETS[0]),
            options,
            ops,
        }
    }

    /// How many lines have been made.
    pub fn lines(&self) -> u64 {
        self.truth.lines
    }

    /// The time of the last record, in milliseconds since 1970.
    pub fn now(&self) -> u64 {
        self.record.time
    }

    /// What was written so far.
    pub fn truth(&self) -> serde_json::Value {
        self.truth.to_json(&self.ops.all, self.is_old(), self.options.json)
    }

    /// Whether requesters were canonical ids, and no ARNs.
    fn is_old(&self) -> bool {
        matches!(self.options.era, Era::Y2006 | Era::Y2010)
    }

    /// Ends a record: makes it hard now and then, writes it or a broken line in its place, and counts it.
    fn finish(&mut self) {
        let is_hard = self.rng.chance(self.options.hard) && self.harden();
        if !is_hard && self.rng.chance(self.options.bad) {
            self.write_bad();
            self.truth.lines += 1;
            self.truth.rejected += 1;
            return;
        }
        if self.options.json {
            self.record.write_json(&mut self.out);
        } else {
            self.record.write_line(&mut self.out);
            self.truth.ambiguous += u64::from(is_hard && self.record.is_ambiguous());
        }
        let name = self.ops.all[self.record.op].name;
        let is_read = name.ends_with(".GET.OBJECT") || name.starts_with("SOAP.GetObject");
        self.truth.add(&self.record, is_read);
    }
}
