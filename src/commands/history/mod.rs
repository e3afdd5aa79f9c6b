//! `history`: the life of an object.

mod requests;

use std::ffi::OsString;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context as _, bail};
use hashbrown::HashMap;

use self::requests::Texts;
pub(super) use self::requests::{Request, Requests};
use crate::aggregate::{Derived, Dimension};
use crate::args::{CommonArgs, OutputDefaults, Source};
use crate::digits;
use crate::filter::{IncludeExclude, Key};
use crate::record::{Field, Operation};
use crate::report::{Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::semantics::{Effect, Event, OperationInfo, Outcome};
use crate::time::Timestamp;

/// The life of an object: written, read, changed, deleted
///
/// All that was done with an object, oldest first: when, by whom, from where, with what, and whether it succeeded.
///
/// KEY is the object's exact name, as people write it, URL-encoded, or as the log has it. For several objects, use --key with
/// patterns instead.
///
/// Events say how an object was deleted (`deleted` by a client, `deleted in batch` by DeleteObjects, `expired by lifecycle`), and
/// which version, if the request named one. A write is `overwritten` if these logs show that the object existed, otherwise
/// `created`. Failed requests are shown too: `delete denied`.
///
/// Repeated reads by the same reader (requester, address, client) with the same outcome share a row if nothing changed in between,
/// and so do repeated failures: time and request_id are those of the first, last is the time of the last, bytes_sent the sum
/// of all, and object_size that of the last request that logged it. --limit N shows the newest N rows. Nothing is approximated:
/// the time and id of each matching request stay in memory.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al history reports/2026/august.csv logs/
  s3al history --key 'reports/*' --operation DELETE --since 7d logs/
  s3al history --key 'reports/*' --operation '*DELETE*,S3.*' logs/")]
pub(crate) struct Args {
    /// The object's name. With --key this is the first SOURCE
    #[arg(value_name = "KEY")]
    object: Option<OsString>,

    #[command(flatten)]
    common: CommonArgs,
}

/// What tells one row from another, beside the time.
pub(super) const BY: [Dimension; 9] = [
    Dimension::Field(Field::Bucket),
    Dimension::Derived(Derived::Object),
    Dimension::Field(Field::Operation),
    Dimension::Field(Field::HttpStatus),
    Dimension::Field(Field::ErrorCode),
    Dimension::Field(Field::Requester),
    Dimension::Field(Field::RemoteIp),
    Dimension::Derived(Derived::Client),
    Dimension::Field(Field::VersionId),
];
pub(super) const BUCKET: usize = 0;
pub(super) const OBJECT: usize = 1;
pub(super) const OPERATION: usize = 2;
pub(super) const STATUS: usize = 3;
pub(super) const ERROR: usize = 4;
pub(super) const REQUESTER: usize = 5;
pub(super) const REMOTE_IP: usize = 6;
pub(super) const CLIENT: usize = 7;
const VERSION: usize = 8;

/// The numbers of the texts of these values.
type Numbers = [u32; BY.len()];

/// Runs `history`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let common = for_key(args, context)?;
    let mut run = Run::new(context, &common, OutputDefaults { limit: 0, ..OutputDefaults::default() })?;
    let mut requests = run.aggregate(Requests::new)?;
    requests.sort();
    let table = Kinds::new(&requests).table(run.output.limit, run.threads());
    run.report(Report { name: "history", main: table.name, tables: vec![table], ..Report::default() })
}

/// The arguments with the key among the filters.
fn for_key(Args { object: key, mut common }: Args, context: &Context) -> anyhow::Result<CommonArgs> {
    if !common.filter.key.is_empty() {
        let source = key.map(Source::read).transpose()?;
        common.input.sources.splice(0..0, source);
    } else if let Some(key) = key {
        let is_path = Path::new(&key).exists();
        let key = key.to_str().context("KEY is not UTF-8: write it URL-encoded")?;
        if !common.input.has_source(&context.config, &context.environment)
            && (is_path || key.contains("://") || key.starts_with(['@', '.']))
        {
            bail!(
                "`{key}` was taken for KEY, the name of an object; name the object first, or give a pattern with --key\n\
                 for example: s3al history reports/2026/august.csv {key}\n\
                 \x20            s3al history --key 'reports/*' {key}"
            );
        }
        common.filter.key.push(IncludeExclude::only(Key::named(key).context("KEY")?).typed_as(key));
    } else {
        bail!(
            "the life of which object? Name it, or give a pattern with --key\n\
             for example: s3al history reports/2026/august.csv logs/\n\
             \x20            s3al history --key 'reports/*' logs/"
        );
    }
    Ok(common)
}

/// A kind of requests, and where they are.
#[derive(Clone)]
struct Kind {
    values: Numbers,
    event: Option<Event>,
    outcome: Outcome,
    requests: Range<usize>,
}

impl Kind {
    /// Whether the object is another one afterwards.
    fn is_change(&self) -> bool {
        self.outcome.is_success() && !self.event.is_some_and(Event::is_repeated)
    }

    /// What a row is called; an operation that is not known has its own name. A deletion says which version was meant, if one
    /// was.
    fn name(&self, operation: &[u8], overwrites: bool, version: Option<&[u8]>) -> Vec<u8> {
        let name = self.name_of_all(operation, overwrites);
        let is_delete = self.event.is_some_and(|event| event.effect() == Effect::Delete);
        match version.filter(|_| is_delete) {
            Some(version) => [&name[..], b" (version ", version, b")"].concat(),
            None => name,
        }
    }

    fn name_of_all(&self, operation: &[u8], overwrites: bool) -> Vec<u8> {
        let (done, tried) = match self.event {
            Some(Event::Transitioned(class)) if self.outcome.is_success() => {
                return format!("transitioned to {}", class.name()).into_bytes();
            }
            Some(event) => event.names(),
            None => ("", ""),
        };
        let overwriting = self.event.filter(|_| overwrites).and_then(Event::overwriting_name);
        let done = overwriting.unwrap_or(done);
        let tried = if self.event.is_none() { operation } else { tried.as_bytes() };
        match self.outcome {
            outcome if outcome.is_success() && self.event.is_some() => done.into(),
            outcome if outcome.is_success() => operation.to_vec(),
            Outcome::Denied => [tried, b" denied"].concat(),
            Outcome::Redirect => [tried, b" redirected"].concat(),
            _ => [tried, b" failed"].concat(),
        }
    }
}

/// All kinds, at the places of their numbers.
pub(super) struct Kinds<'a> {
    requests: &'a Requests,
    texts: Texts,
    list: Vec<Kind>,
}

/// What becomes a row: requests of a kind that follow each other.
struct Stretch {
    time: Timestamp,
    event: Option<Event>,
    kind: u32,
    requests: Range<usize>,
    /// Whether they are a write, and the object is known to have been there before.
    overwrites: bool,
}

impl<'a> Kinds<'a> {
    pub(super) fn new(requests: &'a Requests) -> Self {
        let texts = requests.texts();
        let mut start = 0;
        let mut all = requests.list().chunk_by(|a, b| a.kind == b.kind);
        let list = requests.kinds().into_iter().map(|values| {
            let end = start + all.next().map_or(0, <[_]>::len);
            let text = |of: usize| texts[of][values[of] as usize].as_deref();
            let event = Event::of(Operation::new(text(OPERATION).unwrap_or_default()));
            let status = text(STATUS).and_then(digits::number).and_then(|status| status.try_into().ok());
            let outcome = Outcome::of_status(status);
            Kind { values, event, outcome, requests: std::mem::replace(&mut start, end)..end }
        });
        let list = list.collect();
        Self { requests, texts, list }
    }

    /// How many kinds there are.
    pub(super) fn len(&self) -> u32 {
        self.list.len() as u32
    }

    /// The texts of a kind, for each of [`BY`].
    pub(super) fn values(&self, kind: u32) -> [Option<&[u8]>; BY.len()] {
        self.values_of(&self.list[kind as usize])
    }

    /// What a kind of request means in the life of an object.
    pub(super) fn event(&self, kind: u32) -> Option<Event> {
        self.list[kind as usize].event
    }

    /// Whether requests of that kind failed.
    pub(super) fn is_error(&self, kind: u32) -> bool {
        self.list[kind as usize].outcome.is_error()
    }

    /// What is said of requests of that kind; of those that touch no object, the name of the API.
    pub(super) fn activity_name(&self, kind: u32) -> Vec<u8> {
        let operation = self.values(kind)[OPERATION].unwrap_or_default();
        let kind = &self.list[kind as usize];
        let has_key = self.values_of(kind)[OBJECT].is_some();
        let info = OperationInfo::of(Operation::new(operation), has_key);
        match info.filter(|_| !has_key) {
            Some(info) => Kind { event: None, ..kind.clone() }.name(info.api.as_bytes(), false, None),
            None => kind.name(operation, false, None),
        }
    }

    fn values_of(&self, kind: &Kind) -> [Option<&[u8]>; BY.len()] {
        std::array::from_fn(|of| self.texts[of][kind.values[of] as usize].as_deref())
    }

    fn row(&self, run: &Stretch) -> EventRow<'_> {
        let kind = &self.list[run.kind as usize];
        EventRow {
            kind,
            values: self.values_of(kind),
            requests: &self.requests.list()[run.requests.clone()],
            time: run.time,
            overwrites: run.overwrites,
        }
    }

    /// The rows of all kinds, oldest first.
    fn runs(&self) -> Vec<Stretch> {
        // Within a second, events are taken in the order in which they can follow each other.
        let mut changes: HashMap<_, Vec<(Timestamp, Option<Event>)>> = HashMap::new();
        for kind in self.list.iter().filter(|kind| kind.is_change()) {
            let requests = &self.requests.list()[kind.requests.clone()];
            let times = requests.iter().map(|request| (request.time, kind.event));
            changes.entry(&kind.values[BUCKET..=OBJECT]).or_default().extend(times);
        }
        changes.values_mut().for_each(|changes| changes.sort_unstable());

        let mut runs = Vec::new();
        for (number, kind) in self.list.iter().enumerate() {
            let changes = changes.get(&kind.values[BUCKET..=OBJECT]).map_or(&[][..], Vec::as_slice);
            let before = |time| changes.partition_point(|change| *change < (time, kind.event));
            let requests = &self.requests.list()[kind.requests.clone()];
            let mut start = kind.requests.start;
            for run in requests.chunk_by(|a, b| !kind.is_change() && before(a.time) == before(b.time)) {
                let end = start + run.len();
                let requests = std::mem::replace(&mut start, end)..end;
                let (time, event) = (run[0].time, kind.event);
                runs.push(Stretch { time, event, kind: number as u32, requests, overwrites: false });
            }
        }
        // Ties are in the order of their texts, and those of one kind in that of their ids.
        let values = |run: &Stretch| self.values_of(&self.list[run.kind as usize]);
        runs.sort_unstable_by(|a, b| {
            let order = (a.time, a.event).cmp(&(b.time, b.event));
            order
                .then_with(|| values(a).cmp(&values(b)))
                .then_with(|| a.requests.start.cmp(&b.requests.start))
        });
        self.find_overwrites(&mut runs);
        runs
    }

    /// Goes through all that happened, in its order: whether an object is there shows in what was done with it.
    fn find_overwrites(&self, runs: &mut [Stretch]) {
        let mut is_there: HashMap<_, bool> = HashMap::new();
        for run in runs {
            let kind = &self.list[run.kind as usize];
            let Some(event) = kind.event.filter(|_| kind.outcome.is_success()) else { continue };
            let names_version = self.requests.list()[run.requests.start].names_version;
            let is_there = is_there.entry(&kind.values[BUCKET..=OBJECT]).or_default();
            match event.effect() {
                Effect::Write => run.overwrites = std::mem::replace(is_there, true),
                // Lifecycle rules remove old versions. Whether a client has removed the newest one, nobody can tell.
                Effect::Delete if names_version && event == Event::Expired => {}
                Effect::Delete => *is_there = false,
                Effect::Read | Effect::Other => *is_there |= event.shows_object(),
            }
        }
    }

    fn table(&self, limit: usize, threads: usize) -> Table {
        let runs = self.runs();
        let shown = runs[runs.len() - limit.min(runs.len())..].iter().map(|run| self.row(run));
        Table::builder("events", "History", shown)
            .column("time", Value::Time, |row| row.time)
            .column("last", Value::time, |row| row.requests.last().map(|last| last.time))
            .context()
            .column("event", Value::Text, |row| {
                let names_version = row.requests.first().is_some_and(|first| first.names_version);
                let version = row.values[VERSION].filter(|_| names_version);
                row.kind.name(row.values[OPERATION].unwrap_or_default(), row.overwrites, version)
            })
            .column("count", Value::Count, |row| row.requests.len() as u64)
            .context()
            .dimension(BY[REQUESTER], |row| row.values[REQUESTER])
            .dimension(BY[REMOTE_IP], |row| row.values[REMOTE_IP])
            .dimension(BY[CLIENT], |row| row.values[CLIENT])
            .context()
            .dimension(BY[STATUS], |row| row.values[STATUS])
            .detail()
            .dimension(BY[ERROR], |row| row.values[ERROR])
            .detail()
            .field(Field::RequestId, |row| {
                row.requests.first().map(|first| self.requests.id(first)).filter(|id| !id.is_empty())
            })
            .detail()
            .dimension(BY[VERSION], |row| row.values[VERSION])
            .detail()
            .dimension(BY[BUCKET], |row| row.values[BUCKET])
            .detail()
            .dimension(BY[OBJECT], |row| row.values[OBJECT])
            .column("object_size", Value::bytes, |row| {
                row.requests.iter().rev().find_map(Request::object_size)
            })
            .context()
            .column("bytes_sent", Value::Bytes, |row| {
                row.requests.iter().fold(0, |sum, request| request.bytes_sent().saturating_add(sum))
            })
            .detail()
            .total(runs.len() as u64)
            .build_on(threads)
    }
}

/// What a row is made of: requests of a kind that follow each other.
struct EventRow<'a> {
    kind: &'a Kind,
    values: [Option<&'a [u8]>; BY.len()],
    requests: &'a [Request],
    time: Timestamp,
    /// Whether the object was there before.
    overwrites: bool,
}
