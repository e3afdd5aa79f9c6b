//! A run that has no end: sources are looked at again and again, and what has come to them is read in the order of its times.

mod sink;
mod source;
mod state;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use hashbrown::HashSet;

use super::{Exit, Run, Unread};
use crate::aggregate::Dedup;
use crate::args::ResolvedSource;
use crate::output::Messages;
use crate::scan::Scanned;
use crate::source::s3::{Location, LogSelection, S3Error};
use crate::source::{Arrival, Items, OwnOutputs};

use sink::Arriving;
pub(crate) use sink::{Rows, Top};
use source::Followed;
use state::State;

/// How often a run that waits looks whether it is to end.
const CANCEL_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How sources are followed.
#[derive(Clone, Debug)]
pub(crate) struct FollowOptions {
    /// How long after one look at a bucket the next one is.
    pub interval: Duration,
    /// The same for files.
    pub file_interval: Duration,
    /// How far before the newest name of a log a bucket is listed again.
    pub lookback: Duration,
    /// Where it is kept how far was read.
    pub state: Option<PathBuf>,
}

/// What can be followed.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    pub sources: Vec<ResolvedSource>,
    pub wanted: LogSelection,
    pub written: OwnOutputs,
}

impl Run {
    /// Hands on what comes to the sources until the run is to end. Records pass the filters, and come in the order of their times
    /// within what has come together.
    ///
    /// # Errors
    /// If a source cannot be followed at all, or if what has come cannot be written.
    pub(crate) fn follow(mut self, how: &FollowOptions, mut sink: impl Arriving) -> anyhow::Result<Exit> {
        let mut state = how.state.as_deref().map(State::read).transpose()?;
        let mut sources = self.sources(how, state.as_ref())?;
        self.is_followed = true;
        // A part of the memory that the answer may take.
        self.seen = self.dedupe.then(|| Arc::new(Dedup::bounded(self.space.memory() / 8)));
        let mut is_first = true;
        while !self.cancel.is_raised() && !sink.is_full() {
            let now = Instant::now();
            let mut rounds = Vec::new();
            for (place, source) in sources.iter_mut().enumerate().filter(|(_, source)| source.due <= now) {
                match source.look(&self.cancel) {
                    Ok(arrival) => rounds.push((place, arrival)),
                    Err(S3Error::Interrupted { .. }) => break,
                    // What is wrong from the beginning is wrong with what was typed.
                    Err(error) if is_first && !error.is_transient() => {
                        return Err(anyhow::Error::from(error).context(source.name.clone()));
                    }
                    Err(error) => {
                        sink.say(|| source.broken(&error.into(), self.output.messages))?;
                    }
                }
            }
            is_first = false;
            self.round(rounds, &mut sources, &mut sink, &mut state)?;
            if sink.due().is_some_and(|due| due <= Instant::now()) {
                sink.show(&self.scanned.tally)?;
            }
            self.wait(&sources, sink.due());
        }
        self.scanned.tally.unread = sources.iter().map(Followed::unread).sum();
        sink.finish(&self.scanned.tally)?;
        let open: usize = sources.iter().map(Followed::unfinished).sum();
        if open > 0 {
            let lines = if open == 1 { "1 file ends" } else { &format!("{open} files end") };
            self.output
                .messages
                .note(&format!("note: {lines} inside a line, which is not read before its end is there"));
        }
        let is_interrupted = self.cancel.is_interrupted();
        self.scanned.tally.skipped = self.progress.skipped.load(std::sync::atomic::Ordering::Relaxed);
        let exit = self.end()?;
        let has_matched = self.scanned.tally.matched > 0;
        Ok(if is_interrupted { Exit::interrupted(&self.cancel) } else { self.judged(exit, has_matched) })
    }

    fn sources(&mut self, how: &FollowOptions, state: Option<&State>) -> anyhow::Result<Vec<Followed>> {
        let Sources { sources, wanted, written } = self.followed.clone();
        let mut before = Vec::new();
        let mut followed = Vec::new();
        for source in sources {
            let mut wanted = wanted.clone();
            if let ResolvedSource::S3(location, options) = &source {
                let same = before.iter().filter(|(earlier, endpoint): &&(Location, _)| {
                    earlier.bucket == location.bucket && *endpoint == options.endpoint_url
                });
                wanted.except = same.map(|(earlier, _)| earlier.clone()).collect();
                before.push((location.clone(), options.endpoint_url.clone()));
            }
            followed.push(Followed::new(source, wanted, &written, how, state, &self.progress, &self.cancel)?);
        }
        if followed.is_empty() {
            bail!("nothing to follow: name a bucket, a folder or a file");
        }
        Ok(followed)
    }

    /// Reads what has come, shows it, and then keeps how far that is.
    fn round(
        &mut self,
        rounds: Vec<(usize, Arrival)>,
        sources: &mut [Followed],
        sink: &mut impl Arriving,
        state: &mut Option<State>,
    ) -> anyhow::Result<()> {
        let messages = self.output.messages;
        let mut looked = Vec::new();
        let mut items: Vec<Items> = Vec::new();
        for (place, arrival) in rounds {
            if !arrival.notes.is_empty() || !arrival.errors.is_empty() {
                sink.say(|| {
                    arrival.notes.iter().for_each(|note| messages.note(note));
                    arrival.errors.iter().for_each(|(of, error)| say_error(messages, of, error));
                })?;
            }
            looked.push((place, arrival.is_broken, arrival.more));
            if arrival.has_items {
                items.push(arrival.items);
            }
        }
        let mut failed = HashSet::new();
        if !items.is_empty() {
            self.items.push_front(Box::new(items.into_iter().flatten()));
            let drops_part = state.is_some();
            let display = self.output.start_progress(Arc::clone(&self.progress));
            let scanned = sink.take(self.scan(), drops_part);
            display.finish();
            let Scanned { tally, unread, .. } = scanned?;
            if tally.interrupted > 0 && drops_part {
                // The next run reads it from its beginning.
                return Ok(());
            }
            let mut kinds = Unread::default();
            let said: Vec<_> =
                unread.iter().filter_map(|source| kinds.add(&source.name, &source.error)).collect();
            if !said.is_empty() {
                sink.say(|| said.iter().chain(&kinds.rest()).for_each(|error| messages.error(error)))?;
            }
            failed.extend(unread.into_iter().map(|source| source.name));
            self.scanned.tally += tally;
            if let Some(rejects) = &mut self.rejects {
                std::io::Write::flush(rejects).context("cannot write the rejects")?;
            }
            // What a limit has cut is shown by the next run.
            if self.cancel.is_interrupted() || sink.is_full() {
                return Ok(());
            }
        }
        for (place, has_failed, more) in looked {
            let source = &mut sources[place];
            let lost = source.confirm(&|name| failed.contains(name));
            let pause = source.looked(has_failed || lost, more);
            if let Some(pause) = pause {
                sink.say(|| messages.note(&pause))?;
            }
        }
        if let Some(state) = state {
            state.write(sources)?;
        }
        Ok(())
    }

    /// Waits until a source is to be looked at, something is to be shown, or the run is to end.
    fn wait(&self, sources: &[Followed], shown: Option<Instant>) {
        let Some(due) = sources.iter().map(|source| source.due).chain(shown).min() else { return };
        while !self.cancel.is_raised() {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(left.min(CANCEL_POLL_INTERVAL));
        }
    }
}

/// Says what cannot be read of a source.
fn say_error(messages: Messages, of: &str, error: &anyhow::Error) {
    messages.error(&anyhow::anyhow!("{of}: {error:#}"));
}
