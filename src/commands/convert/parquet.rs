//! `convert`: a columnar store of the logs, which every engine reads.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Seek as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, anyhow, bail};
use clap::builder::{OsStringValueParser, TypedValueParser as _};

use super::ledger::Ledger;
use super::line_sorter::LineSorter;
use super::portion::Portion;
use crate::args::{CommonArgs, FilterArgs, InputArgs, OutputArgs, OutputDefaults, ResolvedSource, Source};
use crate::filter::{Selection, Size};
use crate::output::counted;
use crate::parser::Parser;
use crate::run::{Context, Exit, Reader, Run};
use crate::source::s3::{BucketPlace, ObjectTest};
use crate::source::{Cancel, Local};
use crate::spill::{Space, SpillError};
use crate::store::{Folder, Input, Lines, Place, Store};
use crate::time::TimeArg;

/// Convert logs to Parquet, a folder a day
///
/// Writes a store: date=2026-08-01/*.parquet for each day of the requests, which s3al and DuckDB, Athena, Spark, Trino and ClickHouse
/// read. A second run converts only what is new; late records become one more file of their day.
///
/// Sources are known by name, size and ETag. Lines that cannot be read are kept in _rejects. Files appear whole or not at all: a run that
/// was killed is completed by the next one, and no record is there twice. See docs/store.md.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al convert logs/ -o store/
  s3al convert logs/ -o store/ --compact
  s3al convert s3://my-logs/prod/ -o s3://my-store/logs/
  s3al convert -o store/ --delete-before 2026-08-02")]
pub(crate) struct Args {
    /// The store: a folder, s3://BUCKET/PREFIX or @NAME
    #[arg(long, short, value_name = "STORE", value_parser = OsStringValueParser::new().try_map(Source::read))]
    output: Source,

    /// Make what was read part of the store after each SIZE
    #[arg(long, value_name = "SIZE", default_value = "4GB")]
    commit_every: Size,

    /// Then merge the files of each day that has more than one
    #[arg(long)]
    compact: bool,

    /// Then remove the days (UTC) before TIME: 2026-08-01, 2026-08, 90d. What was converted stays known
    #[arg(long, value_name = "TIME")]
    delete_before: Option<TimeArg>,

    /// Print only errors to standard error: no tally, no warnings, no progress
    #[arg(long, short)]
    quiet: bool,

    #[command(flatten)]
    input: InputArgs,
}

/// What a run has done.
#[derive(Default)]
struct Done {
    new: u64,
    known: u64,
    rows: u64,
    files: usize,
    merged: usize,
    removed: usize,
}

/// What is other here than where records become an answer.
pub(crate) fn adapt(command: clap::Command) -> clap::Command {
    let about = "Skip duplicate records among those that become part of the store at once (--commit-every)";
    command.mut_arg("rejects", |rejects| rejects.hide(true)).mut_arg("dedupe", |dedupe| {
        dedupe.help(about).long_help(format!(
            "{about}\n\nDuplicates have the same request id, operation, key, version id and bucket. Records that are in the store \
             already are not looked at; reports and sql take --dedupe when they read the store."
        ))
    })
}

/// Runs `convert`.
pub(crate) fn run(context: &Context, mut args: Args) -> anyhow::Result<Exit> {
    if args.input.rejects.is_some() {
        bail!(
            "convert keeps lines that cannot be read in the store itself, in _rejects: leave out --rejects"
        );
    }
    let first_kept =
        args.delete_before.as_ref().map(|time| time.utc_day(context.environment.now)).transpose()?;
    let only_tends = (args.compact || args.delete_before.is_some()) && args.input.sources.is_empty();
    if only_tends {
        // Nothing is read but the store.
        args.input.sources.push(args.output.clone());
    }
    let output = OutputArgs { quiet: args.quiet, ..OutputArgs::default() };
    let common = CommonArgs { input: args.input.clone(), filter: FilterArgs::default(), output };
    let mut run = Run::new(context, &common, OutputDefaults::default())?;
    let reader = run.reader();
    if reader.reads_stdin() {
        bail!("convert remembers sources by their names, and standard input has none: save it to a file");
    }
    let place = place(context, &args, &run, &reader, only_tends)?;
    let mut store = Store::open(place)?;
    let mut done = Done::default();
    let mut has_changed = false;
    if !only_tends && store.lacks_notes() {
        bail!(
            "the store has files of days, but not its folder .s3al, which says what they were made of: what is converted now could be in it \
             already. Copy .s3al along, or convert into another folder"
        );
    }
    if !only_tends {
        let ledger = Arc::new(Ledger::new(store.root()?, store.take_known()));
        convert(&mut run, &reader, &mut store, &ledger, (args.commit_every.bytes(), &mut done))?;
        let seen = ledger.seen();
        if let Some((now, then)) = &seen.first_moved {
            let count = counted(seen.moved, "new file has", "new files have");
            run.output.messages.warn(&format!(
                "{count} the name and size of one that was in the store already, in another folder: `{now}` is like `{then}`. Files are known by \
                 their whole paths; if the folder was moved or copied, its records are there twice now, and it is best to convert into another store"
            ));
        }
        done.known = seen.known;
        has_changed = !seen.changed.is_empty();
        for (then, now) in &seen.changed {
            run.output.messages.error(&changed(then, now));
        }
    }
    let is_interrupted = reader.cancel().is_interrupted();
    if args.compact && !is_interrupted {
        compact(&run, &mut store, &mut done, reader.cancel())?;
    }
    if let Some(first) = first_kept.filter(|_| !is_interrupted) {
        let first = first.to_string();
        let old = store.days()?.into_iter().filter(|(day, _)| *day < first);
        let old: Vec<String> = old.flat_map(|(_, files)| files).collect();
        done.removed = old.len();
        if !old.is_empty() {
            let none = store.begin().end();
            store.commit(none, Vec::new(), old)?;
            if store.has_rejects()? {
                run.output.messages.note(
                    "note: lines that could not be read stay in _rejects, because nobody knows their day: remove its files when you do not \
                     need them",
                );
            }
        }
    }
    let has_known = done.known > 0 || has_changed;
    let exit = match only_tends {
        true if reader.cancel().is_interrupted() => Exit::interrupted(reader.cancel()),
        true => Exit::Done,
        false => run.end_conversion(&reader, &store.root()?, has_known)?,
    };
    crate::commands::print(describe(&done).as_bytes())?;
    Ok(if has_changed && exit == Exit::Done { Exit::Partial } else { exit })
}

/// Where the store is.
fn place(
    context: &Context,
    args: &Args,
    run: &Run,
    reader: &Reader,
    only_tends: bool,
) -> anyhow::Result<Box<dyn Place>> {
    let mut places = args.output.resolve(&context.config, &args.input.s3.options())?;
    match (places.pop(), places.is_empty()) {
        (Some(ResolvedSource::Local(Local::Path(path))), true) => {
            if only_tends && !Folder::is_one(&path) {
                bail!("`{}` is no store: there is no folder .s3al in it", path.display());
            }
            Ok(Box::new(Folder::open(&path)?))
        }
        (Some(ResolvedSource::S3(location, options)), true) => {
            Ok(Box::new(BucketPlace::connect(&location, &options, run.space(), reader.cancel())?))
        }
        _ => bail!("--output names one store: its folder or s3://BUCKET/PREFIX"),
    }
}

/// Converts what is new, a portion at a time.
fn convert(
    run: &mut Run,
    reader: &Reader,
    store: &mut Store,
    ledger: &Arc<Ledger>,
    (most, done): (u64, &mut Done),
) -> anyhow::Result<()> {
    let (listed, opened) = (Arc::clone(ledger), Arc::clone(ledger));
    let objects = ObjectTest::new(move |url, size, etag| {
        listed.wants(url, Input { name: url.to_owned(), size, etag: etag.map(str::to_owned) })
    });
    let items: crate::source::Items =
        Box::new(reader.items(objects).filter(move |item| opened.wants_item(item)));
    let items = Arc::new(Mutex::new(items.peekable()));
    let has_more = || items.lock().unwrap_or_else(PoisonError::into_inner).peek().is_some();
    while has_more() && !reader.cancel().is_interrupted() {
        let inputs = Arc::default();
        let portion = Portion {
            items: Arc::clone(&items),
            ledger: Arc::clone(ledger),
            left: most.max(1),
            inputs: Arc::clone(&inputs),
        };
        one(run, reader, store, portion, &inputs, done)?;
    }
    Ok(())
}

/// Makes a generation of these items.
fn one(
    run: &mut Run,
    reader: &Reader,
    store: &mut Store,
    portion: Portion,
    inputs: &Mutex<Vec<(String, Input)>>,
    done: &mut Done,
) -> anyhow::Result<()> {
    let generation = store.begin();
    let mut rejects = generation.rejects()?;
    let threads = reader.threads().max(1);
    let space = run.space().clone();
    let memory = space.memory().min(MAX_SORT_MEMORY) / threads;
    let sinks = (0..threads).map(|_| LineSorter::new(&space, memory)).collect();
    let written = BufWriter::new(rejects.file.try_clone()?);
    let read = run.with_progress(|| reader.read_items(Box::new(portion), written, sinks))?;
    let (sinks, unread, rejected) = read;
    if reader.cancel().is_interrupted() {
        generation.abandon();
        return Ok(());
    }
    space.check()?;
    let unread: HashSet<String> = unread.into_iter().collect();
    // What was not read to its end is read again by the next run.
    if !unread.is_empty() && rejected > 0 {
        leave_out(&mut rejects.file, &unread, &space)?;
    }
    if rejects.file.metadata()?.len() == 0 {
        generation.forget(rejects)?;
    } else {
        generation.finish(rejects)?;
    }
    let sorter = sinks.into_iter().reduce(|mut all, part| {
        all.merge(part);
        all
    });
    let inputs = std::mem::take(&mut *inputs.lock().unwrap_or_else(PoisonError::into_inner));
    let inputs: Vec<Input> =
        inputs.into_iter().filter(|(name, _)| !unread.contains(name)).map(|(_, input)| input).collect();
    if let Some(sorter) = sorter {
        let writers = (space.memory() / 2 / MAX_WRITER_MEMORY).clamp(1, threads);
        let (rows, files) = match sorter.write(&generation, &unread, writers) {
            Ok(written) => written,
            Err(error) => {
                generation.abandon();
                return Err(unwritten(error, store, &space));
            }
        };
        done.rows += rows;
        done.files += files;
    }
    done.new += inputs.len() as u64;
    if inputs.is_empty() && generation.is_empty() {
        return Ok(());
    }
    let made = generation.end();
    store.commit(made, inputs, Vec::new())
}

/// Takes the rejected lines of some sources out of a file.
fn leave_out(rejects: &mut File, sources: &HashSet<String>, space: &Space) -> anyhow::Result<()> {
    let names: HashSet<String> = sources.iter().map(|name| name.escape_debug().to_string()).collect();
    let mut kept = BufWriter::new(space.file()?);
    rejects.rewind()?;
    for line in BufReader::new(&*rejects).split(b'\n') {
        let line = line?;
        let name = line.split(|byte| *byte == b'\t').next().unwrap_or_default();
        if !std::str::from_utf8(name).is_ok_and(|name| names.contains(name)) {
            kept.write_all(&line)?;
            kept.write_all(b"\n")?;
        }
    }
    let mut kept = kept.into_inner().context("cannot keep the rejected lines")?;
    kept.rewind()?;
    rejects.set_len(0)?;
    rejects.rewind()?;
    io::copy(&mut kept, rejects)?;
    Ok(())
}

/// What is sorted in memory at a time, however much there is.
const MAX_SORT_MEMORY: usize = 256 << 20;

/// What a file of a day takes in memory while it is written: its last row group, compressed, and what its columns are encoded with.
const MAX_WRITER_MEMORY: usize = 128 << 20;

/// Merges the files of each day that has more than one.
fn compact(run: &Run, store: &mut Store, done: &mut Done, cancel: &Cancel) -> anyhow::Result<()> {
    for (_, files) in store.days()?.into_iter().filter(|(_, files)| files.len() > 1) {
        // Days that are merged stay so; the next run goes on.
        if cancel.is_interrupted() {
            return Ok(());
        }
        let mut sorter = LineSorter::new(run.space(), run.space().memory().min(MAX_SORT_MEMORY));
        let mut parser = Parser::default();
        for file in &files {
            let open = || anyhow::Ok(Lines::of_file(store.file(file)?, &Selection::default())?);
            let cannot = || format!("cannot read `{}{file}`", store.root().unwrap_or_default());
            for (number, line) in BufReader::new(open().with_context(cannot)?).split(b'\n').enumerate() {
                let line = line.with_context(cannot)?;
                let record = parser.parse(&line);
                let record = record
                    .map_err(|error| anyhow!("it holds a line that cannot be read: {error}"))
                    .with_context(cannot)?;
                sorter.add(&record, number as u64);
            }
        }
        run.space().check()?;
        let generation = store.begin();
        if let Err(error) = sorter.write(&generation, &HashSet::new(), 1) {
            generation.abandon();
            return Err(unwritten(error, store, run.space()));
        }
        done.merged += files.len();
        let made = generation.end();
        store.commit(made, Vec::new(), files)?;
    }
    Ok(())
}

/// What to say of files that could not be written.
fn unwritten(error: anyhow::Error, store: &Store, space: &Space) -> anyhow::Error {
    let is_full = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::StorageFull)
    };
    if SpillError::is_in(&error) || !error.chain().any(is_full) {
        return error;
    }
    let place = match store.is_in_folder() {
        true => store.name(),
        false => format!("`{}`, where files are made for {}", space.folder().display(), store.name()),
    };
    anyhow!(
        "no space is left in {place}: what was part of the store before stays, and nothing else is in it. Make room and run it again; a lower \
         --commit-every needs less at a time"
    )
}

/// Says that a source is not what it was.
fn changed(then: &Input, now: &Input) -> anyhow::Error {
    let how = match then.size == now.size {
        true => format!("was converted with the ETag {} and has {} now", etag(then), etag(now)),
        false => format!("was converted when it had {} bytes and has {} now", then.size, now.size),
    };
    anyhow!(
        "`{}` {how}; its records are in the store as they were then: save what is new under another name",
        now.name
    )
}

fn etag(input: &Input) -> &str {
    input.etag.as_deref().unwrap_or("none")
}

fn describe(done: &Done) -> String {
    let mut parts = vec![
        counted(done.new, "new file", "new files"),
        format!("{} already there", done.known),
        format!(
            "{} in {}",
            counted(done.rows, "record", "records"),
            counted(done.files as u64, "file of a day", "files of days")
        ),
    ];
    if done.merged > 0 {
        parts.push(format!("{} merged", counted(done.merged as u64, "file", "files")));
    }
    if done.removed > 0 {
        parts.push(format!("{} removed", counted(done.removed as u64, "file", "files")));
    }
    format!("{}\n", parts.join(", "))
}
