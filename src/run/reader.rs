//! The sources of a run, to be read as often as a query asks for them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, anyhow, bail};

use super::{Run, open};
use crate::filter::{Comparison, Filter};
use crate::output::Stream;
use crate::parser::Columns;
use crate::report::Tally;
use crate::run::Exit;
use crate::scan::{RecordSink, Scan, Scanned};
use crate::source::s3::ObjectTest;
use crate::source::{Body, Cancel, Item, Items, Progress, Unread};
use crate::spill::Space;
use crate::store::{StoreFile, source_name};

/// What reads the sources of a run. Each reading is a [`Pass`].
pub(crate) struct Reader {
    again: open::Again,
    empty: open::EmptySources,
    filter: Filter,
    columns: Option<Arc<Columns>>,
    threads: usize,
    dedupe: bool,
    space: Space,
    cancel: Cancel,
    progress: Arc<Progress>,
    /// Only the first pass writes them: all passes read the same lines.
    rejects: Mutex<Option<BufWriter<File>>>,
    passes: AtomicU64,
    /// Files of a store that could not be read as columns: how many rows each has, and why.
    damaged: Mutex<BTreeMap<String, (u64, String)>>,
    /// What came of the passes, and by which filter.
    done: Mutex<Vec<(Filter, Scanned)>>,
}

/// One reading of the sources.
pub(crate) struct Pass {
    filter: Filter,
    items: Items,
    rejects: Option<BufWriter<File>>,
    cancel: Cancel,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("again", &self.again).finish_non_exhaustive()
    }
}

impl Reader {
    /// How many threads read.
    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// How much memory the answer may take, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.space.memory()
    }

    /// What ends all passes.
    pub(crate) fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Begins to read, by a filter that leaves out what the query does not want either. `cancel` ends this pass.
    ///
    /// # Errors
    /// If standard input was read before.
    pub(crate) fn begin(&self, comparison: Option<Comparison>, cancel: Cancel) -> anyhow::Result<Pass> {
        if self.passes.fetch_add(1, Relaxed) > 0 && self.again.reads_stdin() {
            bail!(
                "the query reads its table more than once, and standard input can be read only once: save it to a file"
            );
        }
        let filter = match comparison {
            Some(comparison) => self.filter.clone().with_comparison(comparison),
            None => self.filter.clone(),
        };
        let items = self.again.items(&filter, &self.empty, &self.progress, &cancel);
        let rejects = self.rejects.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(Pass { filter, items, rejects, cancel })
    }

    /// Reads, with one thread for each sink, and gives the sinks back. `gate` says whether more of an item may be read now.
    ///
    /// # Errors
    /// If the rejects cannot be written.
    pub(crate) fn read<T: RecordSink>(
        &self,
        pass: Pass,
        sinks: Vec<T>,
        gate: &(dyn Fn(u64) -> bool + Sync),
    ) -> anyhow::Result<Vec<T>> {
        let Pass { filter, items, mut rejects, cancel } = pass;
        let scan = Scan {
            items,
            columns: self.columns.clone(),
            filter: &filter,
            may_leave_out: true,
            threads: self.threads,
            cancel: &cancel,
            progress: &self.progress,
            seen: self.dedupe.then(Arc::default),
            space: &self.space,
            rejects: rejects.as_mut().map(|file| file as &mut (dyn Write + Send)),
        };
        let seen = scan.seen.clone();
        let (sinks, scanned) = crate::scan::run(scan, sinks, seen.as_deref(), gate)?;
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push((filter, scanned));
        if rejects.is_some() {
            *self.rejects.lock().unwrap_or_else(PoisonError::into_inner) = rejects;
        }
        Ok(sinks)
    }
}

/// What was read of some items, those that could not be read to their end, and how many lines could not be read.
type ReadItems<T> = (Vec<T>, Vec<String>, u64);

/// For stores, whose sources are read a portion at a time.
impl Reader {
    /// Whether standard input is among the sources.
    pub(crate) fn reads_stdin(&self) -> bool {
        self.again.reads_stdin()
    }

    /// The items, to be read with [`Reader::read_items`]; of buckets, only objects that are wanted.
    pub(crate) fn items(&self, objects: ObjectTest) -> Items {
        let again = self.again.clone().with_objects(objects);
        again.items(&self.filter, &self.empty, &self.progress, &self.cancel)
    }

    /// Reads these items, with one thread for each sink.
    ///
    /// # Errors
    /// If the rejects cannot be written.
    pub(crate) fn read_items<T: RecordSink>(
        &self,
        items: Items,
        rejects: BufWriter<File>,
        sinks: Vec<T>,
    ) -> anyhow::Result<ReadItems<T>> {
        let pass =
            Pass { filter: self.filter.clone(), items, rejects: Some(rejects), cancel: self.cancel.clone() };
        let sinks = self.read(pass, sinks, &|_| true)?;
        if let Some(mut rejects) = self.rejects.lock().unwrap_or_else(PoisonError::into_inner).take() {
            rejects.flush().context("cannot write the rejects")?;
        }
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let scanned = done.last().map(|(_, scanned)| scanned);
        let unread = scanned.iter().flat_map(|scanned| &scanned.unread).map(|unread| unread.name.to_string());
        Ok((sinks, unread.collect(), scanned.map_or(0, |scanned| scanned.tally.rejected)))
    }

    /// The files of a store that all of the sources are; none if anything else is to be read, or if records are asked for more than the
    /// values of their fields.
    pub(crate) fn store_files(&self) -> Vec<Arc<StoreFile>> {
        let has_rejects = self.rejects.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if !self.filter.is_empty() || self.dedupe || has_rejects || !self.again.is_local() {
            return Vec::new();
        }
        let progress = Arc::default();
        let items = self.again.items(&self.filter, &self.empty, &progress, &self.cancel);
        let file = |item: Item| match &item.body {
            Body::File(path) => StoreFile::open(path).map(Arc::new),
            _ => None,
        };
        items.map(file).collect::<Option<_>>().unwrap_or_default()
    }

    /// So many files with so many rows were read as columns.
    pub(crate) fn has_read_columns(&self, (files, rows): (u64, u64)) {
        self.passes.fetch_add(1, Relaxed);
        let tally = Tally { files, lines: rows, records: rows, matched: rows, ..Tally::default() };
        let scanned = Scanned { tally, ..Scanned::default() };
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push((self.filter.clone(), scanned));
    }

    /// A file that is read as columns cannot be read, or not to its end.
    pub(crate) fn has_failed(&self, file: &StoreFile, error: &io::Error) {
        let mut damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        damaged.entry(file.name()).or_insert_with(|| (file.rows(), error.to_string()));
    }

    /// What came of all passes, which have read one source after the other.
    fn sum(&self) -> Scanned {
        let done = std::mem::take(&mut *self.done.lock().unwrap_or_else(PoisonError::into_inner));
        let mut sum = Scanned::default();
        for (_, scanned) in done {
            sum.tally += scanned.tally;
            sum.unread.extend(scanned.unread);
            sum.passed_over += scanned.passed_over;
        }
        sum
    }
}

impl Run {
    /// Says which stores were found beside logs.
    pub(super) fn say_stores(&self) {
        self.say_stores_but(|_| false);
    }

    /// The same without those of which it needs no saying.
    fn say_stores_but(&self, is_known: impl Fn(&str) -> bool) {
        for (name, is_read) in self.progress.take_stores() {
            let text = match is_read {
                _ if is_known(&name) => continue,
                true => {
                    "is a store, and there are other files in it, which are read as well: if the store was made of them, their records \
                     count twice"
                }
                false => {
                    "is a store beside what is read, and is left out: records that it was made of would count twice. To read it, \
                     name it alone"
                }
            };
            self.output.messages.note(&format!("note: `{}` {text}", name.trim_end_matches('/')));
        }
    }

    /// Says what was read and what could not be, where it went into the store `own`. Sources that are all in it already are no empty ones.
    ///
    /// # Errors
    /// Never, today.
    pub(crate) fn end_conversion(
        mut self,
        reader: &Reader,
        own: &str,
        has_known: bool,
    ) -> anyhow::Result<Exit> {
        self.scanned = reader.sum();
        self.rejects_are = "_rejects in the store has those of sources that were read whole";
        let whole = |name: &str| Path::new(name).canonicalize().map(|path| source_name(&path) + "/");
        self.say_stores_but(|name| name == own || whole(name).is_ok_and(|name| name == own));
        if has_known {
            self.empty.take();
            self.asks_nothing = self.scanned.tally.lines == 0;
        }
        self.end()
    }

    /// What reads the sources of this run. What comes of it is given back with [`Run::have_read`].
    pub(crate) fn reader(&mut self) -> Arc<Reader> {
        Arc::new(Reader {
            again: self.again.clone(),
            empty: self.empty.clone(),
            filter: self.filter.clone(),
            columns: self.columns.clone(),
            threads: self.threads,
            dedupe: self.dedupe,
            space: self.space.clone(),
            cancel: self.cancel.clone(),
            progress: Arc::clone(&self.progress),
            rejects: Mutex::new(self.rejects.take()),
            passes: AtomicU64::new(0),
            damaged: Mutex::default(),
            done: Mutex::default(),
        })
    }

    /// Takes in what was read. Passes read the same sources, so that of the longest is told.
    pub(crate) fn have_read(&mut self, reader: &Reader) {
        self.rejects = reader.rejects.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.asks_nothing = reader.passes.load(Relaxed) == 0;
        let done = std::mem::take(&mut *reader.done.lock().unwrap_or_else(PoisonError::into_inner));
        let longest = done.into_iter().max_by_key(|(_, scanned)| (scanned.tally.lines, scanned.tally.files));
        if let Some(longest) = longest {
            (self.filter, self.scanned) = longest;
        }
        let damaged = std::mem::take(&mut *reader.damaged.lock().unwrap_or_else(PoisonError::into_inner));
        let (tally, unread) = (&mut self.scanned.tally, &mut self.scanned.unread);
        for (name, (rows, error)) in damaged {
            tally.unread += 1;
            tally.files = tally.files.saturating_sub(1);
            for count in [&mut tally.lines, &mut tally.records, &mut tally.matched] {
                *count = count.saturating_sub(rows);
            }
            unread.push(Unread { name: name.into(), error: anyhow!(error) });
        }
    }

    /// Says how far the run is, while `work` goes on.
    pub(crate) fn with_progress<T>(&self, work: impl FnOnce() -> T) -> T {
        let display = self.output.start_progress(Arc::clone(&self.progress));
        let done = work();
        display.finish();
        done
    }

    /// Ends an answer that was written row by row, and says what was read and what could not be.
    ///
    /// # Errors
    /// If the answer cannot be written.
    pub(crate) fn end_stream(mut self, stream: Stream, has_rows: bool) -> anyhow::Result<Exit> {
        if !self.has_read_nothing() {
            stream.finish(&self.scanned.tally)?;
        }
        let exit = self.end()?;
        Ok(self.judged(exit, has_rows))
    }
}
