//! The run of one command: what was typed, opened; the reading; the answer; and the exit code.

mod edge;
pub(crate) mod empty;
mod exit;
mod explain;
mod follow;
mod open;
#[cfg(feature = "sql")]
mod reader;
mod unread;
mod verdict;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail};
use bytesize::ByteSize;

use crate::aggregate::{Aggregate, Dedup, Dimensions};
use crate::args::{CommonArgs, DepthArgs, GroupByArgs, OutputDefaults};
use crate::config::Config;
use crate::dimension::{DeriveOptions, Dimension};
use crate::environment::Environment;
use crate::filter::Filter;
use crate::output::{Format, Output, Stream, show};
use crate::parser::{Columns, lines};
use crate::record::Record;
use crate::report::Report;
use crate::scan::{self, Limit, Scan, Scanned};
use crate::semantics::Geoip;
use crate::source::s3::{self, Bucket, BucketTest};
use crate::source::{Cancel, Items, Progress};
use crate::spill::Space;
use crate::time::Timestamp;

use exit::Interrupts;
pub(crate) use exit::{Exit, catch_interrupts};
pub(crate) use follow::{FollowOptions, Rows, Top};
pub(crate) use open::locate;
#[cfg(feature = "sql")]
pub(crate) use reader::{Pass, Reader};
pub(crate) use unread::Unread;

/// What a command is given beside its own arguments.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// What the config file says.
    pub(crate) config: Config,
    /// What the process runs in.
    pub(crate) environment: Environment,
    /// Whether the command runs over nothing and prints nothing, to learn before the work which tables and columns there will be.
    pub(crate) is_rehearsal: bool,
}

/// One command's run: everything that was typed is checked, and nothing has been read yet.
pub(crate) struct Run {
    /// Which records count.
    pub(crate) filter: Filter,
    /// Output format.
    pub(crate) output: Output,
    geoip: Geoip,
    /// What each pass over the input reads: one pass, but for commands that compare.
    items: VecDeque<Items>,
    columns: Option<Arc<Columns>>,
    threads: usize,
    /// What its memory does not hold.
    space: Space,
    /// Which names of logs are read of a bucket.
    names: s3::Window,
    now: Timestamp,
    /// What makes the items of the first pass once more.
    #[cfg(feature = "sql")]
    again: open::Again,
    empty: open::EmptySources,
    cancel: Cancel,
    progress: Arc<Progress>,
    rejects: Option<BufWriter<File>>,
    /// What the tally says of lines that could not be read.
    rejects_are: &'static str,
    dedupe: bool,
    /// The records that were seen, where that is kept from one scan to the next.
    seen: Option<Arc<Dedup>>,
    is_strict: bool,
    is_rehearsal: bool,
    /// What is followed, where nothing is read to its end.
    followed: follow::Sources,
    /// Whether that is done, and so nothing is read to an end.
    is_followed: bool,
    /// Whether the question was none about what there is to read.
    asks_nothing: bool,
    /// Whether rows of records are in the order of their times, and in which of both.
    is_newest_first: Option<bool>,
    /// What catches Ctrl-C, until a pager does.
    interrupts: Interrupts,
    started: Instant,
    scanned: Scanned,
    /// What is so of all records that passed the filters, where the answer is empty.
    if_empty: String,
    /// Why there is nothing to judge, where the command knows.
    no_verdict: Option<String>,
}

impl Run {
    /// Resolves what was typed, and then opens it. `defaults` is what the command does where nothing was.
    ///
    /// # Errors
    /// If something that was typed cannot be used: what, why, and what to type instead.
    pub(crate) fn new(
        context: &Context,
        args: &CommonArgs,
        defaults: OutputDefaults,
    ) -> anyhow::Result<Self> {
        let Context { config, environment, is_rehearsal } = context;
        let mut output = args.output.resolve(defaults, environment)?;
        show(args.input.s3.connect.verbose);
        // The line of the progress would be torn by others.
        output.progress &= args.input.s3.connect.verbose == 0;
        let geoip = open::geoip(&args.input.geoip)?;
        let mut filter = args.filter.resolve(environment.now, output.zone, &geoip)?;
        let mut input = args.input.resolve(config, environment)?;
        let (progress, cancel) = (Arc::new(Progress::default()), Cancel::default());
        if *is_rehearsal {
            // A table, because there is no stream to write.
            output = Output { format: Format::Table, progress: false, fail: false, ..output };
            output.messages.quiet = true;
            (input.sources, input.second, input.logs_of, input.rejects) = Default::default();
        }
        if let Some(source) = &input.default_source {
            output.messages.note(&format!("reading the default source, {source}"));
        }
        open::check_outputs(&input, &output)?;
        open::check_profiles(&input)?;
        let interrupts = if *is_rehearsal { Interrupts::default() } else { catch_interrupts(&cancel)? };
        open::look_at_device(&mut output, !args.output.wide, environment);
        open::ask_for_logs(&mut input, &output, &cancel)?;
        if !input.logs_of.is_empty() {
            let buckets: Vec<&str> = input.logs_of.iter().map(Bucket::as_str).collect();
            filter = filter.with_source_buckets(&buckets);
        }
        let rejects = open::rejects(&input)?;
        let written = open::own_outputs(&input, &output, rejects.as_ref());
        let window = filter.window();
        let window = s3::Window { since: window.since, until: window.until, lag: input.delivery_lag };
        let wanted = s3::LogSelection {
            window,
            buckets: filter.source_buckets().map(BucketTest::new),
            except: vec![],
            any_name: input.any_name,
            objects: None,
        };
        let empty = open::EmptySources::default();
        let sources = [input.sources, input.second].map(|sources| open::overlaps(sources, &output));
        let followed =
            follow::Sources { sources: sources[0].clone(), wanted: wanted.clone(), written: written.clone() };
        #[cfg(feature = "sql")]
        let again = open::Again::new(&sources[0], &written, &wanted);
        let items = sources
            .map(|sources| open::items(sources, written.clone(), wanted.clone(), &empty, &progress, &cancel));
        Ok(Self {
            filter,
            output,
            geoip,
            items: items.into(),
            columns: input.columns,
            threads: input.threads,
            space: Space::new(environment.temporary.clone(), input.memory),
            names: window,
            now: environment.now.into(),
            #[cfg(feature = "sql")]
            again,
            empty,
            cancel,
            progress,
            rejects_are: if rejects.is_some() { "--rejects has them" } else { "--rejects FILE keeps them" },
            rejects: rejects.map(BufWriter::new),
            dedupe: input.dedupe,
            seen: None,
            is_strict: input.strict,
            is_rehearsal: *is_rehearsal,
            followed,
            is_followed: false,
            asks_nothing: false,
            is_newest_first: None,
            interrupts,
            started: Instant::now(),
            scanned: Scanned::default(),
            if_empty: String::new(),
            no_verdict: None,
        })
    }

    /// What ends the run early.
    pub(crate) fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// The databases of addresses; there may be none.
    pub(crate) fn geoip(&self) -> &Geoip {
        &self.geoip
    }

    /// What records are grouped by.
    ///
    /// # Errors
    /// If any of it needs a database of addresses, and none was named.
    pub(crate) fn dimensions(&self, args: &GroupByArgs) -> anyhow::Result<Dimensions> {
        let fields = args.fields();
        let options = self.derive(&fields, args.prefix)?;
        Ok(Dimensions::of(fields, options))
    }

    /// What records are grouped by, each by itself.
    ///
    /// # Errors
    /// If any of it needs a database of addresses, and none was named.
    pub(crate) fn each_dimension(&self, args: &GroupByArgs) -> anyhow::Result<Vec<Dimensions>> {
        let fields = args.fields();
        let options = self.derive(&fields, args.prefix)?;
        Ok(fields.into_iter().map(|by| Dimensions::of(vec![by], options.clone())).collect())
    }

    /// How these dimensions are read.
    ///
    /// # Errors
    /// If one of them needs a database of addresses, and none was named.
    pub(crate) fn derive(
        &self,
        dimensions: &[Dimension],
        prefix: DepthArgs,
    ) -> anyhow::Result<DeriveOptions> {
        let options = self.options(prefix);
        dimensions.iter().try_for_each(|dimension| options.check(*dimension))?;
        Ok(options)
    }

    fn options(&self, prefix: DepthArgs) -> DeriveOptions {
        DeriveOptions { depth: prefix.depth, zone: self.output.zone, geoip: self.geoip.clone() }
    }

    /// Where it puts what its memory does not hold.
    pub(crate) fn space(&self) -> &Space {
        &self.space
    }

    /// How many bytes each of a number of tables may take on each thread.
    pub(crate) fn memory_of(&self, tables: usize) -> usize {
        // While a table grows, its memory is there twice.
        self.space.memory() / (2 * tables * self.threads)
    }

    /// Reads everything and folds the records that pass the filters. `fresh` makes an empty aggregate. Called once more, it
    /// reads the second sources.
    ///
    /// # Errors
    /// If the rejects cannot be written.
    pub(crate) fn aggregate<A: Aggregate>(&mut self, fresh: impl Fn() -> A) -> anyhow::Result<A> {
        let display = self.output.start_progress(Arc::clone(&self.progress));
        let aggregated = scan::aggregate(self.scan(), fresh);
        display.finish();
        let (aggregate, scanned) = aggregated?;
        // The progress has counted through all passes.
        let skipped = scanned.tally.skipped;
        self.scanned.tally += scanned.tally;
        self.scanned.tally.skipped = skipped;
        self.scanned.unread.extend(scanned.unread);
        self.scanned.newest_delivery = self.scanned.newest_delivery.max(scanned.newest_delivery);
        self.scanned.misses.merge(scanned.misses);
        self.scanned.passed_over += scanned.passed_over;
        Ok(aggregate)
    }

    /// Puts rows of records in the order of their times, and not of the input.
    pub(crate) fn sort_by_time(&mut self, is_newest_first: bool) {
        self.is_newest_first = Some(is_newest_first);
    }

    /// Reads everything and writes the records that pass the filters to `stream`, in the order of the input unless
    /// [`Run::sort_by_time`] says otherwise.
    ///
    /// # Errors
    /// If the stream or the rejects cannot be written.
    pub(crate) fn stream(
        &mut self,
        mut stream: Stream,
        write: impl Fn(&Record<'_>, &mut Vec<u8>) + Sync,
    ) -> anyhow::Result<Exit> {
        self.pass(&mut |block| stream.write(block), write)?;
        if !self.has_read_nothing() {
            stream.finish(&self.scanned.tally)?;
        }
        let exit = self.end()?;
        Ok(self.judged(exit, self.scanned.tally.matched > 0))
    }

    /// Reads everything and hands on the lines of the records that pass the filters, in the same order.
    ///
    /// # Errors
    /// If the rejects cannot be written, or if `take` fails.
    pub(crate) fn lines(
        &mut self,
        take: &mut (dyn FnMut(&[u8]) -> io::Result<()> + Send),
    ) -> anyhow::Result<()> {
        self.pass(&mut |block| Ok(lines(block).try_for_each(&mut *take)?), |record, out| {
            out.extend_from_slice(record.line());
            out.push(b'\n');
        })
    }

    fn pass(
        &mut self,
        put: &mut (dyn FnMut(&[u8]) -> anyhow::Result<()> + Send),
        write: impl Fn(&Record<'_>, &mut Vec<u8>) + Sync,
    ) -> anyhow::Result<()> {
        let display = self.output.start_progress(Arc::clone(&self.progress));
        if let Some(is_newest_first) = self.is_newest_first {
            let sort = scan::Sort { is_newest_first, rows: self.output.limit };
            let sorted = scan::sorted(self.scan(), sort, put, write);
            display.finish();
            self.scanned = sorted?;
            return Ok(());
        }
        let limit = (self.output.limit < usize::MAX).then_some(Limit {
            rows: self.output.limit as u64,
            // JSON holds the tally, which must not depend on how far the threads were when there were enough rows.
            read_on: self.output.format.holds_tally(),
        });
        let streamed = scan::stream(self.scan(), limit, put, write);
        display.finish();
        self.scanned = streamed?;
        Ok(())
    }

    /// Writes the answer, and says what was read and what could not be. With `--fail`, any row of the main table is a finding.
    ///
    /// # Errors
    /// If the answer cannot be written.
    pub(crate) fn report(self, report: Report) -> anyhow::Result<Exit> {
        let has_rows = report.main_table().is_some_and(|table| !table.rows.is_empty());
        let has_findings = has_rows && self.scanned.tally.matched > 0;
        self.judge(report, has_findings)
    }

    /// Writes the answer of a command that says by itself what a finding is.
    ///
    /// # Errors
    /// If the answer cannot be written.
    pub(crate) fn judge(mut self, mut report: Report, has_findings: bool) -> anyhow::Result<Exit> {
        if !self.has_read_nothing() {
            report.tally = self.scanned.tally.clone();
            // Before another table becomes the main one.
            if report.main_table().is_some_and(|table| table.rows.is_empty()) {
                self.if_empty = std::mem::take(&mut report.if_empty);
            }
            let unknown = report.select(&self.output.selection, &self.options(DepthArgs::default()))?;
            if !unknown.is_empty() {
                bail!(unknown.join("; "));
            }
            if self.is_rehearsal {
                return Ok(Exit::Done);
            }
            self.leave_interrupts_to_pager();
            self.output.write(&report)?;
        }
        let exit = self.end()?;
        Ok(self.judged(exit, has_findings))
    }

    /// Writes an answer that is a text of its own, and says what was read and what could not be. `has_findings` is whether it holds what
    /// would be rows of a table.
    ///
    /// # Errors
    /// If the answer cannot be written.
    pub(crate) fn text(mut self, text: &str, has_findings: bool) -> anyhow::Result<Exit> {
        if self.is_rehearsal {
            return Ok(Exit::Done);
        }
        if !self.has_read_nothing() {
            self.leave_interrupts_to_pager();
            self.output.write_text(text)?;
        }
        let exit = self.end()?;
        Ok(self.judged(exit, has_findings))
    }

    /// In a pager, Ctrl-C ends what the pager does, and not the program that waits for it.
    fn leave_interrupts_to_pager(&mut self) {
        if !self.output.pager.is_empty() {
            self.interrupts = Interrupts::default();
        }
    }

    fn scan(&mut self) -> Scan<'_> {
        Scan {
            items: self.items.pop_front().unwrap_or_else(|| Box::new(std::iter::empty())),
            columns: self.columns.clone(),
            filter: &self.filter,
            may_leave_out: true,
            threads: self.threads,
            cancel: &self.cancel,
            progress: &self.progress,
            seen: self.dedupe.then(|| self.seen.clone().unwrap_or_default()),
            space: &self.space,
            rejects: self.rejects.as_mut().map(|file| file as &mut (dyn Write + Send)),
        }
    }

    /// Says what went to temporary files, and why.
    fn say_spilled(&self) {
        let [written, memory] = [self.space.written(), self.space.memory() as u64];
        if written > 0 {
            let folder = self.space.folder().display();
            let [written, memory] = [written, memory].map(|bytes| ByteSize(bytes).display().si());
            let note = format!("note: {written} went to temporary files in `{folder}`: --memory is {memory}");
            self.output.messages.note(&note);
        }
    }

    /// Whether every source failed: then there is no answer to give.
    fn has_read_nothing(&self) -> bool {
        let tally = &self.scanned.tally;
        tally.unread > 0 && tally.files == 0 && tally.lines == 0
    }

    fn end(&mut self) -> anyhow::Result<Exit> {
        let mut unread = Unread::default();
        for source in &self.scanned.unread {
            unread
                .add(&source.name, &source.error)
                .iter()
                .for_each(|error| self.output.messages.error(error));
        }
        unread.rest().iter().for_each(|error| self.output.messages.error(error));
        #[cfg(feature = "sql")]
        self.say_stores();
        self.explain_misses();
        self.explain_empty();
        let tally = &self.scanned.tally;
        // What is followed may well bring nothing.
        if !self.is_followed && !self.asks_nothing && self.scanned.passed_over == 0 {
            empty::warn(self.empty.take(), self.filter.window(), tally, &self.output, &self.cancel);
        }
        if let Some(newest) = self.scanned.newest_delivery {
            edge::say(self.names, newest, self.now, &self.output);
        }
        self.say_spilled();
        if !self.asks_nothing {
            self.output.messages.tally(tally, self.started.elapsed(), self.rejects_are);
        }
        if let Some(rejects) = &mut self.rejects {
            rejects.flush().context("cannot write the rejects")?;
        }
        Ok(if tally.interrupted > 0 {
            Exit::interrupted(&self.cancel)
        } else if self.has_read_nothing() {
            Exit::Nothing
        } else if tally.unread > 0 || self.is_strict && tally.rejected > 0 {
            Exit::Partial
        } else {
            Exit::Done
        })
    }
}
