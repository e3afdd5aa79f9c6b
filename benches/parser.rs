//! How fast lines become entries, on one core: typical lines, hard lines, and the JSON delivery.

#[path = "../examples/generate-logs/make/mod.rs"]
#[allow(dead_code, reason = "the example uses all of it")]
mod make;

use std::hint::black_box;

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use s3al::parser::Parser;
use s3al::record::{Field, Record};

use make::{Era, Maker, Options};

/// Larger than the caches of a core, so that the bytes come from memory as they do in a run.
const BLOCK: usize = 16 << 20;
/// 1 August 2026.
const START: u64 = 1_785_542_400_000;

fn block(json: bool, hard: f64) -> Vec<u8> {
    let options = Options { seed: 1, era: Era::Y2026, json, requesters: 200, keys: 100_000, hard, bad: 0.0 };
    let mut maker = Maker::new(options);
    while maker.out.len() < BLOCK {
        let time = START + maker.lines() * 40;
        let bucket = (maker.lines() / 1_000) as usize;
        maker.event(time.max(maker.now()), bucket, u64::MAX);
    }
    maker.out
}

/// Parses the whole block; what is made of each entry keeps the parser's work from being left out.
fn measure<M>(
    group: &mut BenchmarkGroup<'_, M>,
    name: &str,
    log: &[u8],
    of_entry: impl Fn(&Record<'_>) -> u64,
) where
    M: criterion::measurement::Measurement,
{
    group.throughput(Throughput::Bytes(log.len() as u64));
    group.bench_function(name, |bencher| {
        let mut parser = Parser::default();
        bencher.iter(|| {
            let mut sum = 0_u64;
            let mut lines = parser.lines(black_box(log));
            while lines.next_line().is_some() {
                if let Ok(entry) = &lines.read() {
                    sum = sum.wrapping_add(of_entry(entry));
                }
            }
            sum
        });
    });
}

fn parser(criterion: &mut Criterion) {
    let sent = |entry: &Record<'_>| entry.bytes_sent().unwrap_or_default();
    let all = |entry: &Record<'_>| {
        Field::ALL.into_iter().filter_map(|field| entry.get(field)).map(|text| text.len() as u64).sum()
    };
    let typical = block(false, 0.0);
    let mut group = criterion.benchmark_group("parser");
    group.sample_size(20);
    measure(&mut group, "typical", &typical, sent);
    measure(&mut group, "typical, all fields", &typical, all);
    measure(&mut group, "hard", &block(false, 1.0), sent);
    measure(&mut group, "json", &block(true, 0.0), sent);
    group.finish();
}

criterion_group!(benches, parser);
criterion_main!(benches);
