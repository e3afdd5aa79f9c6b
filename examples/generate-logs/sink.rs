//! Where lines go: one file, or objects named as S3 names them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;

use super::make::text::{self, Civil};
use super::make::{BUCKETS, Rng};

const DAY: u64 = 86_400_000;
/// Delivery takes an hour, more or less, and never less than this, so that no record is later than its file.
const LEAST_LAG: u64 = 20 * 60_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Layout {
    Single,
    Simple,
    Partitioned,
}

pub struct Sink {
    out: PathBuf,
    layout: Layout,
    prefix: String,
    by_event: bool,
    file: Box<dyn Write>,
    delivered: u64,
    day: u64,
    /// How many bytes went out, of all files.
    pub written: u64,
}

impl Sink {
    pub fn new(out: PathBuf, layout: Layout, prefix: String, by_event: bool) -> Self {
        let file = Box::new(io::sink());
        Self { out, layout, prefix, by_event, file, delivered: 0, day: 0, written: 0 }
    }

    /// Opens the next file, for records from a time on, of which the last is not later than another.
    pub fn open(&mut self, rng: &mut Rng, bucket: usize, first: u64, last: u64) -> Result<()> {
        self.day = first / DAY;
        // S3 delivers in any order; here the names are in the order of the records.
        let lag = LEAST_LAG + rng.log_normal(45.0 * 60_000.0, 0.4);
        self.delivered = (self.delivered + 1_000).max(last.max(first) + lag);
        let path = match self.layout {
            Layout::Single if self.out == Path::new("-") => {
                self.file = Box::new(io::stdout().lock());
                return Ok(());
            }
            Layout::Single => self.out.clone(),
            Layout::Simple | Layout::Partitioned => self.out.join(self.name(rng, bucket)),
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        self.file = Box::new(file);
        Ok(())
    }

    /// Whether a record of this time belongs to another file, where a file holds one day.
    pub fn is_other_day(&self, time: u64) -> bool {
        time / DAY != self.day
    }

    /// Writes the lines and empties the buffer.
    pub fn write(&mut self, lines: &mut Vec<u8>) -> Result<()> {
        self.file.write_all(lines).context("cannot write the log")?;
        self.written += lines.len() as u64;
        lines.clear();
        Ok(())
    }

    fn name(&self, rng: &mut Rng, bucket: usize) -> String {
        let time = if self.by_event { self.day * DAY } else { self.delivered };
        let time = Civil::new(time / 1000);
        let mut name = self.prefix.clone().into_bytes();
        if self.layout == Layout::Partitioned {
            let bucket = &BUCKETS[bucket % BUCKETS.len()];
            for part in [bucket.account, bucket.region, bucket.name] {
                name.extend_from_slice(part.as_bytes());
                name.push(b'/');
            }
            text::number(&mut name, time.year);
            for part in [time.month, time.day] {
                name.push(b'/');
                text::pair(&mut name, part);
            }
            name.push(b'/');
        }
        time.joined(&mut name, b"-----");
        name.push(b'-');
        text::upper_id(&mut name, rng);
        String::from_utf8_lossy(&name).into_owned()
    }
}
