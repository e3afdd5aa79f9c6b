//! How many instructions the parser takes for a line, and for a byte of one that never ends. More than the budget is an error.
//!
//! The counts are the same on an idle and on a busy machine. They move a little with the compiler and with the crates, so the
//! budgets lie some percent above the count: raise one only with the reason in the commit, and lower it after a gain.

#[path = "../../examples/generate-logs/make/mod.rs"]
#[allow(dead_code, reason = "the example uses all of it")]
mod make;

use std::hint::black_box;

use gungraun::prelude::*;
use gungraun::{Callgrind, EventKind};
use parser_guard::parser::Parser;
use parser_guard::record::{Field, Record};

use make::{Era, Maker, Options};

/// A round number, so that the totals that callgrind prints can be read as instructions per line.
const LINES: u64 = 10_000;
/// 1 August 2026.
const START: u64 = 1_785_542_400_000;

/// The budgets, in instructions per line.
const TYPICAL: u64 = 2_050;
const TYPICAL_ALL_FIELDS: u64 = 3_800;
const HARD: u64 = 3_850;
const JSON: u64 = 5_000;

/// How long a line is whose pieces begin again and again and never end, in bytes. Its budgets are of a byte: if each piece were read to the
/// end of the line, they would grow with it.
const ENDLESS_LEN: usize = 100_000;

fn typical() -> Vec<u8> {
    log(false, 0.0)
}

fn hard() -> Vec<u8> {
    log(false, 1.0)
}

fn json() -> Vec<u8> {
    log(true, 0.0)
}

fn log(json: bool, hard: f64) -> Vec<u8> {
    let options = Options { seed: 1, era: Era::Y2026, json, requesters: 200, keys: 100_000, hard, bad: 0.0 };
    let mut maker = Maker::new(options);
    while maker.lines() < LINES {
        let time = START + maker.lines() * 40;
        let bucket = (maker.lines() / 1_000) as usize;
        let left = LINES - maker.lines();
        maker.event(time.max(maker.now()), bucket, left);
    }
    maker.out
}

/// A long line of one piece again and again.
fn endless(piece: &str) -> Vec<u8> {
    piece.repeat(ENDLESS_LEN / piece.len()).into_bytes()
}

fn endless_budget(per_byte: u64) -> LibraryBenchmarkConfig {
    limit(per_byte * ENDLESS_LEN as u64)
}

fn budget(per_line: u64) -> LibraryBenchmarkConfig {
    limit(per_line * LINES)
}

fn limit(instructions: u64) -> LibraryBenchmarkConfig {
    LibraryBenchmarkConfig::default()
        .tool(Callgrind::default().hard_limits([(EventKind::Ir, instructions)]))
        .clone()
}

/// Parses the log; what is made of each entry keeps the parser's work from being left out.
#[inline(always)]
fn read(log: &[u8], of_entry: impl Fn(&Record<'_>) -> u64) -> u64 {
    let mut parser = Parser::default();
    let mut sum = 0_u64;
    let mut lines = parser.lines(black_box(log));
    while lines.next_line().is_some() {
        if let Ok(entry) = &lines.read() {
            sum = sum.wrapping_add(of_entry(entry));
        }
    }
    sum
}

#[library_benchmark]
#[bench::typical(args = (), setup = typical, config = budget(TYPICAL))]
#[bench::hard(args = (), setup = hard, config = budget(HARD))]
#[bench::json(args = (), setup = json, config = budget(JSON))]
fn sent(log: Vec<u8>) -> (u64, Vec<u8>) {
    (read(&log, |entry| entry.bytes_sent().unwrap_or_default()), log)
}

#[library_benchmark]
#[bench::typical(args = (), setup = typical, config = budget(TYPICAL_ALL_FIELDS))]
fn all_fields(log: Vec<u8>) -> (u64, Vec<u8>) {
    let lengths = |entry: &Record<'_>| {
        Field::ALL.into_iter().filter_map(|field| entry.get(field)).map(|text| text.len() as u64).sum()
    };
    (read(&log, lengths), log)
}

#[library_benchmark]
#[bench::envelope(args = (r#"{"messageType":"#), setup = endless, config = endless_budget(2_750))]
#[bench::nested(args = (r#"{"owner":"#), setup = endless, config = endless_budget(5_800))]
#[bench::envelopes(args = (r#"{"owner":1}"#), setup = endless, config = endless_budget(130))]
#[bench::text(args = (r#"{"owner":""#), setup = endless, config = endless_budget(5_400))]
#[bench::message(
    args = (r#"{"messageType":"DATA_MESSAGE","logEvents":[{"message":"{\"request_time\":\"2026-03-01T12:00:00Z\""#),
    setup = endless,
    config = endless_budget(500)
)]
#[bench::record(args = (r#"{"request_time":"2026-03-01T12:00:00Z""#), setup = endless, config = endless_budget(1_030))]
#[bench::object(args = (r#",{"owner":1}"#), setup = endless, config = endless_budget(2_700))]
#[bench::between(args = (r#"{"a":1}x"#), setup = endless, config = endless_budget(900))]
#[bench::numbers(args = (r#"{"z":[1,1,1,"#), setup = endless, config = endless_budget(650))]
fn never_ends(line: Vec<u8>) -> (u64, Vec<u8>) {
    (read(&line, |entry| entry.bytes_sent().unwrap_or_default()), line)
}

library_benchmark_group!(name = parser, benchmarks = [sent, all_fields, never_ends]);

main!(library_benchmark_groups = parser);
