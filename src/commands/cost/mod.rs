//! `cost`: what requests and transfer are charged, and who causes it.

mod charges;

use std::io;
use std::path::PathBuf;

use self::charges::Charges;
use crate::aggregate::{Aggregate, Dimensions, GroupTable, KeyBuffer, KeyReader, Merge as _};
use crate::args::{CommonArgs, GroupByArgs, OutputDefaults, by_default};
use crate::record::{Field, Record};
use crate::report::{Builder, Chart, Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::semantics::prices::{Egress, Prices};
use crate::semantics::{Tier, is_unbilled, region};
use crate::spill::Space;

/// What requests and transfer are charged, and who causes it
///
/// Charges are those of list prices, by requester or anything else, most expensive first.
///
/// Requests of tier 1 are PUT, COPY, POST and LIST, those of tier 2 are GET, SELECT and all others; deletes are free. The
/// destination region is read from source_region, which lines have since 2026; the bucket's region is detected from the
/// endpoints that clients used. --by takes what `s3al top --by` takes.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al cost logs/
  s3al cost logs/ --by day --tz Europe/Berlin
  s3al cost logs/ --by bucket,prefix --since 30d --prices eu.toml")]
#[command(mut_args(by_default("requester")))]
pub(crate) struct Args {
    #[command(flatten)]
    by: GroupByArgs,

    /// Region of buckets whose endpoint no client names
    #[arg(long, value_name = "REGION")]
    bucket_region: Option<String>,

    /// Prices instead of the list prices of us-east-1: a TOML file
    ///
    /// It has any of [requests] tier1, tier2; [transfer] same_region, other_region, internet; [transitions] glacier, ...; date and
    /// region.
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,

    #[command(flatten)]
    common: CommonArgs,
}

/// What requests and transfer are charged, by group.
pub(super) struct Bill {
    by: Dimensions,
    groups: GroupTable<Charges>,
    /// Bytes that went into AWS, by group, bucket and the region they went to: which is told from the bucket's when all is
    /// read.
    regional: GroupTable<u64>,
    /// How often a bucket was reached in a region.
    regions: GroupTable<u64>,
    joined: KeyBuffer,
}

impl Bill {
    /// How many tables it has that grow with the number of groups: regions of buckets are few.
    pub(super) const TABLES: usize = 3;

    pub(super) fn new(by: Dimensions, space: &Space, memory: usize) -> Self {
        Self {
            by,
            groups: GroupTable::spilling(space, memory),
            regional: GroupTable::spilling(space, memory),
            regions: GroupTable::default(),
            joined: KeyBuffer::default(),
        }
    }
}

impl Aggregate for Bill {
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        let key = self.by.key(record);
        let unbilled = is_unbilled(record);
        let tier = if unbilled { Tier::Free } else { Tier::of(record.operation()) };
        let bytes = record.bytes_sent().unwrap_or_default();
        let bucket = record.get(Field::Bucket).unwrap_or_default();
        let region = record.get(Field::SourceRegion);
        let is_free = unbilled || is_cloudfront(record);
        let egress = match region {
            _ if is_free => Some(Egress::Free),
            // Told from the bucket's region when all is read.
            Some(_) => None,
            None if record.has(Field::SourceRegion) => Some(Egress::Internet),
            None => Some(Egress::Unknown),
        };
        self.groups.update(key, |charges| {
            charges.add(tier);
            if let Some(egress) = egress {
                charges.send(egress, bytes);
            }
        });
        if bytes == 0 || is_free {
            return;
        }
        if region.is_some() {
            let key = self.joined.start().push(Some(key)).push(Some(bucket)).push(region).key();
            self.regional.update(key, |sum| *sum = sum.saturating_add(bytes));
        }
        if egress != Some(Egress::Unknown)
            && let Some(region) = region::named(record)
        {
            let key = self.joined.start().push(Some(bucket)).push(Some(region)).key();
            self.regions.update(key, |count| *count += 1);
        }
    }

    fn memory(&self) -> usize {
        self.groups.bytes() + self.regional.bytes() + self.regions.bytes()
    }

    fn merge(&mut self, other: Self) {
        self.groups.merge(other.groups);
        self.regional.merge(other.regional);
        self.regions.merge(other.regions);
    }
}

/// Transfer to CloudFront is free: its requests come as an origin access identity or as the service.
fn is_cloudfront(record: &Record<'_>) -> bool {
    let requester = record.requester().text().unwrap_or_default();
    requester.starts_with(b"arn:aws:iam::cloudfront:") || requester == b"svc:cloudfront.amazonaws.com"
}

/// Reads as many texts from a key as are asked for.
fn texts<const N: usize>(key: &[u8]) -> [Vec<u8>; N] {
    let mut reader = KeyReader::new(key);
    std::array::from_fn(|_| reader.text().unwrap_or_default().into_owned())
}

/// The region where a bucket was reached most.
#[derive(Default)]
struct Region {
    count: u64,
    name: Vec<u8>,
}

impl crate::aggregate::Merge for Region {
    fn merge(&mut self, other: Self) {
        if (other.count, &other.name) > (self.count, &self.name) {
            *self = other;
        }
    }
}

/// Says for the bytes that went into AWS whether they left the bucket's region. Returns whether all buckets' are known.
fn settle(bill: &mut Bill, bucket_region: Option<&str>) -> io::Result<bool> {
    let mut known: GroupTable<Region> = GroupTable::default();
    for (key, count) in bill.regions.iter() {
        let [bucket, name] = texts(key);
        // Ties by the text, so that the order of the table does not matter.
        known.update(&bucket, |region| region.merge(Region { count: *count, name }));
    }
    let mut all_known = true;
    std::mem::take(&mut bill.regional).groups()?.for_each(|key, bytes| {
        let [group, bucket, to] = texts(key);
        let from = known.get(&bucket).map(|region| region.name.as_slice());
        let from = from.or(bucket_region.map(str::as_bytes));
        all_known &= from.is_some();
        let kind = if from == Some(&to) { Egress::SameRegion } else { Egress::OtherRegion };
        bill.groups.update(&group, |charges| charges.send(kind, *bytes));
        Ok(())
    })?;
    Ok(all_known)
}

/// Runs `cost`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let prices = Prices::load(args.prices.as_deref())?;
    let mut run = Run::new(context, &args.common, OutputDefaults::default())?;
    let by = run.dimensions(&args.by)?;
    let (space, memory) = (run.space().clone(), run.memory_of(Bill::TABLES));
    let bill = run.aggregate(|| Bill::new(by.clone(), &space, memory))?;
    let is_changed = args.prices.is_some();
    let (charges, sum, _) =
        bill.finish((&prices, is_changed), args.bucket_region.as_deref(), run.output.limit, &space)?;
    run.report(Report { name: "cost", main: charges.name, tables: vec![charges, sum], ..Report::default() })
}

impl Bill {
    /// The charges by group, all charges, and what they come to. `prices` are told to be changed or not.
    ///
    /// # Errors
    /// If a temporary file cannot be written or read.
    pub(super) fn finish(
        mut self,
        (prices, is_changed): (&Prices, bool),
        bucket_region: Option<&str>,
        limit: usize,
        space: &Space,
    ) -> io::Result<(Table, Table, f64)> {
        let all_known = settle(&mut self, bucket_region)?;
        let Self { by, groups, .. } = self;
        let groups = groups.groups()?;
        let mut total = Charges::default();
        groups.for_each(|_, charges| {
            total.merge(*charges);
            Ok(())
        })?;
        let names: Vec<_> = by.list().iter().map(|by| by.name()).collect();
        // Nothing that is billed costs less than this part of a dollar.
        let rank = |_: &[u8], charges: &Charges| (charges.cost(prices).total() * 1e12) as u64;
        let ranked = groups.top(limit, |_, _| true, rank)?;
        let charges = Table::builder("charges", format!("Charges by {}", names.join(", ")), []);
        let charges = charges.group(&by, |(key, _): &(Vec<u8>, Charges)| key).chart(Chart::bars("cost"));
        let charges = columns(charges, prices, |(_, charges)| charges).total(ranked.total);
        let charges = charges.build_with(space, |put| ranked.rows(put))?;
        let sum = columns(Table::builder("total", "All charges", [total]), prices, |total| total)
            .chart(Chart::cards())
            .notes(notes(prices, is_changed, &total, all_known))
            .build();
        Ok((charges, sum, total.cost(prices).total()))
    }
}

/// Adds the columns of what is charged. What there is nothing of would only make the table wide.
fn columns<'a, R>(
    table: Builder<'a, R>,
    prices: &'a Prices,
    of: impl Fn(&R) -> &Charges + Copy + Sync + 'a,
) -> Builder<'a, R> {
    let sent = move |to: Egress| move |row: &R| of(row).bytes[to];
    table
        .column("requests", Value::Count, move |row| of(row).requests)
        .context()
        .column("tier1_requests", Value::Count, move |row| of(row).tier1)
        .detail()
        .column("tier2_requests", Value::Count, move |row| of(row).tier2)
        .detail()
        .column("free_requests", Value::Count, move |row| of(row).free)
        .detail()
        .column("transitions", Value::Count, move |row| of(row).transitions.values().sum())
        .detail()
        .hide_zero()
        .column("bytes_free", Value::Bytes, sent(Egress::Free))
        .detail()
        .hide_zero()
        .column("bytes_same_region", Value::Bytes, sent(Egress::SameRegion))
        .detail()
        .hide_zero()
        .column("bytes_other_region", Value::Bytes, sent(Egress::OtherRegion))
        .detail()
        .hide_zero()
        .column("bytes_internet", Value::Bytes, sent(Egress::Internet))
        .detail()
        .hide_zero()
        .column("bytes_unknown", Value::Bytes, sent(Egress::Unknown))
        .detail()
        .hide_zero()
        .column("request_cost", Value::Dollars, move |row| of(row).cost(prices).requests)
        .context()
        .column("transfer_cost", Value::Dollars, move |row| of(row).cost(prices).transfer)
        .context()
        .column("cost", Value::Dollars, move |row| of(row).cost(prices).total())
}

fn notes(prices: &Prices, changed: bool, total: &Charges, all_known: bool) -> Vec<String> {
    let changed = if changed { ", changed by --prices" } else { "" };
    let mut notes = vec![
        format!(
            "list prices of {} for S3 Standard as of {}{changed}; prices change (--prices FILE replaces them)",
            prices.region, prices.date
        ),
        "not in the log, so not counted: storage, what other storage classes cost to request and retrieve, \
         discounts, free and volume tiers, Transfer Acceleration, who pays under Requester Pays"
            .into(),
        "free: deletes, S3's own work but transitions, server errors, and anonymous requests that were denied since \
         13 May 2024; denied requests from other accounts are also free, but the log does not say whose bucket it is"
            .into(),
    ];
    if total.bytes[Egress::Unknown] > 0 {
        notes.push(
            "bytes_unknown: the line has no source_region; charged as internet, so an upper bound".into(),
        );
    }
    if !all_known {
        notes.push(
            "the region of some bucket is not known, and its transfer within AWS is charged as transfer to another region; \
             name it with --bucket-region"
                .into(),
        );
    }
    notes
}
