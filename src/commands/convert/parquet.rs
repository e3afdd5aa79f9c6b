//! `convert`: a columnar store of the logs, which every engine reads.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use bytesize::ByteSize;
use chrono::NaiveDate;

use super::portion::{LineSorter, whole_name};
use crate::args::{CommonArgs, FilterArgs, InputArgs, OutputArgs, OutputDefaults};
use crate::output::counted;
use crate::parser::Parser;
use crate::run::{Context, Exit, Reader, Run};
use crate::source::{Body, Item};
use crate::store::{Input, Lines, Store};
use crate::time::Window;

/// Convert logs to Parquet, a folder a day
///
/// Writes a store: date=2026-08-01/*.parquet for each day of the requests, which s3al and DuckDB, Athena, Spark, Trino and ClickHouse
/// read. A second run converts only files that are new; late records become one more file of their day.
///
/// Files are known by path and size. Lines that cannot be read are kept in _rejects. Files appear whole or not at all: a run that
/// was killed is completed by the next one, and no record is there twice. See docs/store.md.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al convert logs/ -o store/
  s3al convert logs/ -o store/ --compact
  s3al convert -o store/ --delete-before 2026-08-02")]
pub(crate) struct Args {
    /// The folder of the store
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,

    /// Make what was read part of the store after each SIZE
    #[arg(long, value_name = "SIZE", default_value = "4GB")]
    commit_every: ByteSize,

    /// Then merge the files of each day that has more than one
    #[arg(long)]
    compact: bool,

    /// Then remove the days before DATE. What was converted stays known
    #[arg(long, value_name = "DATE")]
    delete_before: Option<NaiveDate>,

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
    changed: u64,
    rows: u64,
    files: usize,
    merged: usize,
    removed: usize,
}

/// Runs `convert`.
pub(crate) fn run(context: &Context, mut args: Args) -> anyhow::Result<Exit> {
    if args.input.rejects.is_some() {
        bail!(
            "convert keeps lines that cannot be read in the store itself, in _rejects: leave out --rejects"
        );
    }
    let only_tends = (args.compact || args.delete_before.is_some()) && args.input.sources.is_empty();
    if only_tends {
        // Nothing is read but the store.
        args.input.sources.push(crate::args::Source::read(args.output.clone().into())?);
    }
    let output = OutputArgs { quiet: args.quiet, ..OutputArgs::default() };
    let common = CommonArgs { input: args.input.clone(), filter: FilterArgs::default(), output };
    let mut run = Run::new(context, &common, OutputDefaults::default())?;
    let reader = run.reader();
    if !reader.is_of_files() {
        bail!(
            "convert reads files and folders; bring the logs of a bucket with s3al fetch first\n\
             for example: s3al fetch --bucket my-logs -o logs/ && s3al convert logs/ -o store/"
        );
    }
    let mut store = Store::open(&args.output)?;
    let mut done = Done::default();
    if !only_tends {
        convert(&mut run, &reader, &mut store, args.commit_every.as_u64(), &mut done)?;
    }
    let is_interrupted = reader.cancel().is_interrupted();
    if args.compact && !is_interrupted {
        compact(&run, &mut store, &mut done)?;
    }
    if let Some(first) = args.delete_before.filter(|_| !is_interrupted) {
        let first = first.to_string();
        let old = store.days()?.into_iter().filter(|(day, _)| *day < first);
        let old: Vec<String> = old.flat_map(|(_, files)| files).collect();
        done.removed = old.len();
        if !old.is_empty() {
            let generation = store.begin()?;
            store.commit(generation, Vec::new(), old)?;
        }
    }
    let exit = if only_tends { Exit::Done } else { run.end_conversion(&reader)? };
    crate::commands::print(describe(&done).as_bytes())?;
    Ok(if done.changed > 0 && exit == Exit::Done { Exit::Partial } else { exit })
}

/// Converts what is new, a portion at a time.
fn convert(
    run: &mut Run,
    reader: &Reader,
    store: &mut Store,
    most: u64,
    done: &mut Done,
) -> anyhow::Result<()> {
    let root = whole_name_of(store)?;
    let mut items = reader.items().peekable();
    while items.peek().is_some() && !reader.cancel().is_interrupted() {
        let (mut portion, mut inputs, mut bytes) = (Vec::new(), Vec::new(), 0);
        while bytes < most
            && let Some(item) = items.next()
        {
            let Body::File(path) = &item.body else {
                portion.push(item);
                continue;
            };
            let input = Input {
                name: whole_name(path),
                size: fs::metadata(path).map_or(0, |file| file.len()),
                etag: None,
            };
            if input.name.starts_with(&root) {
                continue;
            }
            match store.known(&input.name) {
                Some(known) if *known == input => done.known += 1,
                Some(known) => {
                    done.changed += 1;
                    run.output.messages.error(&anyhow::anyhow!(
                        "`{}` was converted when it had {} bytes and has {} now; its records are in the store as they were then: save what \
                         is new under another name",
                        item.name, known.size, input.size
                    ));
                }
                None => {
                    bytes += input.size;
                    inputs.push((item.name.to_string(), input));
                    portion.push(item);
                }
            }
        }
        if portion.is_empty() {
            continue;
        }
        one(run, reader, store, portion, inputs, done)?;
    }
    Ok(())
}

fn whole_name_of(store: &Store) -> anyhow::Result<String> {
    let root = store.root().canonicalize().context("cannot find the store")?;
    Ok(format!("{}{}", root.to_string_lossy(), std::path::MAIN_SEPARATOR))
}

/// Makes a generation of these items.
fn one(
    run: &mut Run,
    reader: &Reader,
    store: &mut Store,
    portion: Vec<Item>,
    inputs: Vec<(String, Input)>,
    done: &mut Done,
) -> anyhow::Result<()> {
    let mut generation = store.begin()?;
    let path = generation.rejects();
    let rejects = File::create(&path).with_context(|| format!("cannot write `{}`", path.display()))?;
    let threads = reader.threads().max(1);
    let space = run.space().clone();
    let memory = space.memory().min(MAX_SORT_MEMORY) / threads;
    let sinks = (0..threads).map(|_| LineSorter::new(&space, memory)).collect();
    let read = run
        .with_progress(|| reader.read_items(Box::new(portion.into_iter()), BufWriter::new(rejects), sinks))?;
    let (sinks, unread, rejected) = read;
    if reader.cancel().is_interrupted() {
        generation.abandon();
        return Ok(());
    }
    space.check()?;
    if rejected == 0 {
        generation.forget_last()?;
    }
    let sorter = sinks.into_iter().reduce(|mut all, part| {
        all.merge(part);
        all
    });
    let unread: HashSet<String> = unread.into_iter().collect();
    let inputs: Vec<Input> =
        inputs.into_iter().filter(|(name, _)| !unread.contains(name)).map(|(_, input)| input).collect();
    if let Some(sorter) = sorter {
        let (rows, files) = sorter.write(&mut generation, &unread)?;
        done.rows += rows;
        done.files += files;
    }
    done.new += inputs.len() as u64;
    if inputs.is_empty() && generation.is_empty() {
        generation.abandon();
        return Ok(());
    }
    store.commit(generation, inputs, Vec::new())
}

/// What is sorted in memory at a time, however much there is.
const MAX_SORT_MEMORY: usize = 256 << 20;

/// Merges the files of each day that has more than one.
fn compact(run: &Run, store: &mut Store, done: &mut Done) -> anyhow::Result<()> {
    for (_, files) in store.days()?.into_iter().filter(|(_, files)| files.len() > 1) {
        let mut sorter = LineSorter::new(run.space(), run.space().memory().min(MAX_SORT_MEMORY));
        let mut parser = Parser::default();
        for file in &files {
            let path = store.root().join(file);
            let open = || anyhow::Ok(Lines::of_file(File::open(&path)?, Window::default())?);
            let lines = open().with_context(|| format!("cannot read `{}`", path.display()))?;
            for (number, line) in BufReader::new(lines).split(b'\n').enumerate() {
                let line = line.with_context(|| format!("cannot read `{}`", path.display()))?;
                let record = parser.parse(&line);
                let record = record.map_err(|error| {
                    anyhow::anyhow!("`{}` holds a line that cannot be read: {error}", path.display())
                })?;
                sorter.add(&record, number as u64);
            }
        }
        run.space().check()?;
        let mut generation = store.begin()?;
        sorter.write(&mut generation, &HashSet::new())?;
        done.merged += files.len();
        store.commit(generation, Vec::new(), files)?;
    }
    Ok(())
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
