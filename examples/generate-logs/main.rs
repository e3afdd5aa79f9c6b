//! Writes realistic server access logs of Amazon S3, for tests and for measuring, with the right answers beside them.
//!
//! It shares no code with the library, so that neither can hide the other's mistakes. All names are invented.

mod clock;
mod make;
mod sink;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use bytesize::ByteSize;
use chrono::{DateTime, NaiveDate, Utc};
use clap::{Parser, ValueEnum};

use clock::Clock;
use make::{BUCKETS, Era, Maker, Options};
use sink::{Layout, Sink};

const FLUSH: usize = 64 << 10;

/// Write realistic Amazon S3 server access logs
#[derive(Debug, Parser)]
struct Args {
    /// How many lines to write
    #[arg(long, default_value_t = 100_000, conflicts_with = "bytes")]
    records: u64,
    /// How much to write, about: 1.2GB
    #[arg(long)]
    bytes: Option<ByteSize>,
    /// The same seed gives the same log
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for the layouts simple and partitioned, else a file, or - for standard output
    #[arg(long, short, default_value = "-")]
    out: PathBuf,
    /// How many files; their records follow one another in time
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    files: u64,
    /// Names of the files: one file, or as S3 names the objects
    #[arg(long, value_enum, default_value_t = Layout::Single)]
    layout: Layout,
    /// A prefix for the names
    #[arg(long, default_value = "")]
    prefix: String,
    /// Which date the names of the layout partitioned carry. With event, a file holds one day, so there can be more
    #[arg(long, value_enum, default_value_t = DateSource::Delivery)]
    date_source: DateSource,
    /// When the log starts: 2026-08-01, or RFC 3339 [default: a day of the era]
    #[arg(long, value_parser = start)]
    start: Option<DateTime<Utc>>,
    /// How many days it spans
    #[arg(long, default_value_t = 7.0)]
    days: f64,
    /// How many requesters there are; a few send most requests
    #[arg(long, default_value_t = 200)]
    requesters: usize,
    /// How many keys there are; a few get most requests
    #[arg(long, default_value_t = 100_000)]
    keys: u64,
    /// Share of lines that are hard to read
    #[arg(long, default_value_t = 0.01)]
    hard_share: f64,
    /// Share of lines that are no records
    #[arg(long, default_value_t = 0.0001)]
    bad_share: f64,
    /// The year whose log format is written
    #[arg(long, value_enum, default_value_t = EraArg::Y2026)]
    era: EraArg,
    /// The log format, or the JSON delivery
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write what the log holds to this file, as JSON
    #[arg(long)]
    truth: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DateSource {
    Delivery,
    Event,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EraArg {
    #[value(name = "2006")]
    Y2006,
    #[value(name = "2010")]
    Y2010,
    #[value(name = "2019")]
    Y2019,
    #[value(name = "2021")]
    Y2021,
    #[value(name = "2022")]
    Y2022,
    #[value(name = "2026")]
    Y2026,
    Mixed,
}

impl EraArg {
    /// The era, and a day in it.
    fn resolve(self) -> (Era, &'static str) {
        match self {
            Self::Y2006 => (Era::Y2006, "2006-09-01"),
            Self::Y2010 => (Era::Y2010, "2010-06-01"),
            Self::Y2019 => (Era::Y2019, "2019-03-24"),
            Self::Y2021 => (Era::Y2021, "2021-09-01"),
            Self::Y2022 => (Era::Y2022, "2023-02-01"),
            Self::Y2026 => (Era::Y2026, "2026-08-01"),
            Self::Mixed => (Era::Mixed, "2026-08-01"),
        }
    }
}

fn start(text: &str) -> Result<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    let day: NaiveDate = text.parse().with_context(|| format!("{text:?} is neither a day nor RFC 3339"))?;
    Ok(day.and_time(chrono::NaiveTime::MIN).and_utc())
}

fn main() -> Result<()> {
    let args = Args::parse();
    let (era, day) = args.era.resolve();
    if args.files > 1 && args.layout == Layout::Single {
        bail!("several files need --layout simple or partitioned");
    }
    let from = match args.start {
        Some(time) => time,
        None => start(day)?,
    };
    let clock = Clock::new(u64::try_from(from.timestamp_millis())?, args.days);
    let mut maker = Maker::new(Options {
        seed: args.seed,
        era,
        json: args.format == Format::Json,
        requesters: args.requesters,
        keys: args.keys,
        hard: args.hard_share,
        bad: args.bad_share,
    });
    write(&args, &clock, &mut maker)?;
    if let Some(path) = &args.truth {
        let truth = serde_json::to_string_pretty(&maker.truth())? + "\n";
        fs::write(path, truth).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Writes file after file. How far the log is, in lines or in bytes, gives the time and the place in the files.
fn write(args: &Args, clock: &Clock, maker: &mut Maker) -> Result<()> {
    let by_event = args.date_source == DateSource::Event && args.layout == Layout::Partitioned;
    let total = args.bytes.map_or(args.records, |bytes| bytes.as_u64()).max(1);
    let mut sink = Sink::new(args.out.clone(), args.layout, args.prefix.clone(), by_event);
    for file in 0..args.files {
        let end = (u128::from(total) * u128::from(file + 1) / u128::from(args.files)) as u64;
        let mut bucket = maker.rng.skewed(BUCKETS.len() as u64) as usize;
        let delivered = clock.at(end as f64 / total as f64);
        let now = maker.now().max(clock.start);
        sink.open(&mut maker.rng, bucket, now, delivered)?;
        loop {
            let done =
                if args.bytes.is_some() { sink.written + maker.out.len() as u64 } else { maker.lines() };
            if done >= end {
                break;
            }
            let time = clock.at(done as f64 / total as f64).max(maker.now());
            if by_event && sink.is_other_day(time) {
                sink.write(&mut maker.out)?;
                sink.open(&mut maker.rng, bucket, time, delivered)?;
            }
            if args.layout == Layout::Single {
                bucket = maker.rng.skewed(BUCKETS.len() as u64) as usize;
            }
            maker.event(time, bucket, if args.bytes.is_some() { u64::MAX } else { end - done });
            if maker.out.len() >= FLUSH {
                sink.write(&mut maker.out)?;
            }
        }
        sink.write(&mut maker.out)?;
    }
    Ok(())
}
