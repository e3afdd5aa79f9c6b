//! The files of one source that are followed.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, anyhow};

use super::content::{Appended, Opening};
use super::file::{self, FileId, FileState, Looks, looks};
use crate::source::arrival::Arrival;
use crate::source::{Body, Item, OwnOutputs};

/// Files that are kept open, so that what was written to one before it was renamed or deleted is read.
const MAX_OPEN: usize = 64;
/// Whoever writes to a file goes on for a moment after it was renamed.
const GRACE: Duration = Duration::from_secs(5);
/// A copy of a file that is gone, such as a compressed one, is looked for so long.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// A file, a folder or a glob that is followed.
pub(crate) struct Tail {
    pub(super) path: PathBuf,
    pub(super) written: OwnOutputs,
    pub(super) files: HashMap<FileId, Watched>,
    /// Whether what is there is to be read from its beginning.
    pub(super) reads_all: bool,
    pub(super) is_first: bool,
    /// What was handed on last.
    pub(super) arriving: Vec<Arriving>,
    /// What was said of names, so that it is not said again.
    pub(super) said: HashMap<PathBuf, String>,
    /// Files that were not taken in yet, because they may still be copied, and how far their originals were read.
    pub(super) copied: HashMap<FileId, (Looks, u64)>,
    pub(super) looked: u64,
    /// How many files are remembered whose numbers others have now.
    pub(super) parted: u64,
}

#[derive(Default)]
pub(super) struct Watched {
    pub(super) state: FileState,
    pub(super) header: Vec<u8>,
    pub(super) looks: Option<Looks>,
    pub(super) handle: Option<File>,
    /// The look at which it grew last.
    pub(super) grown: u64,
    pub(super) gone: Option<Instant>,
    /// Whether it is gone and was read to its end.
    pub(super) is_done: bool,
    /// Whether lines of it were read in this run.
    pub(super) was_read: bool,
    /// Whether what came last could not be read.
    pub(super) has_failed: bool,
}

/// Lines that are being read.
pub(super) struct Arriving {
    id: FileId,
    name: Arc<str>,
    end: u64,
    text: u64,
    looks: Looks,
}

impl Tail {
    /// Follows a path from now on, or from where an earlier run ended. `reads_all` is whether what is there already is read.
    pub(crate) fn new(
        path: PathBuf,
        written: OwnOutputs,
        reads_all: bool,
        state: Option<Vec<FileState>>,
    ) -> Self {
        let is_first = state.is_none();
        let known = state.unwrap_or_default().into_iter().map(|state| {
            let (gone, handle) = (Some(Instant::now()), renamed(&state));
            let is_done = handle.is_none();
            (state.id.clone(), Watched { state, gone, handle, is_done, ..Watched::default() })
        });
        Self {
            path,
            written,
            files: known.collect(),
            reads_all,
            is_first,
            arriving: Vec::new(),
            said: HashMap::new(),
            copied: HashMap::new(),
            looked: 0,
            parted: 0,
        }
    }

    /// What is kept for a later run.
    pub(crate) fn state(&self) -> Vec<FileState> {
        let mut states: Vec<FileState> = self.files.values().map(|watched| watched.state.clone()).collect();
        states.sort_by(|a, b| a.path.cmp(&b.path));
        states
    }

    /// How many files end in a line that is not whole.
    pub(crate) fn unfinished(&self) -> usize {
        let is_unfinished = |watched: &&Watched| {
            let length = watched.looks.map_or(0, |(length, _)| length);
            !watched.state.is_compressed && length > watched.state.position
        };
        self.files.values().filter(is_unfinished).count()
    }

    /// How many files could not be read when they were looked at last.
    pub(crate) fn unread(&self) -> u64 {
        let failed = self.files.values().filter(|watched| watched.has_failed).count();
        (failed + self.said.len()) as u64
    }

    /// Finds what has come. It is read by then or it is not, and [`Tail::confirm`] says which.
    pub(crate) fn look(&mut self) -> Arrival {
        let (mut arrival, mut items) = (Arrival::default(), Vec::new());
        self.looked += 1;
        self.arriving.clear();
        let present = self.present(&mut arrival);
        // What is left of files whose names were taken comes before what is in those that took them.
        let gone: Vec<FileId> = match self.files.len() > present.len() {
            true => {
                let there: HashSet<&FileId> = present.iter().map(|(id, ..)| id).collect();
                self.files.keys().filter(|id| !there.contains(id)).cloned().collect()
            }
            false => Vec::new(),
        };
        for id in gone {
            items.extend(self.gone(&id, &mut arrival));
        }
        for (id, path, looks) in &present {
            let taken = self.grown(id, path, *looks);
            items.extend(self.tell(path, taken, &mut arrival));
        }
        self.is_first = false;
        arrival.has_items = !items.is_empty();
        arrival.items = Box::new(items.into_iter());
        arrival
    }

    /// Takes what [`Tail::look`] handed on for read, but for the items of these names; whether there are any.
    pub(crate) fn confirm(&mut self, failed: &dyn Fn(&str) -> bool) -> bool {
        let mut has_failed = false;
        for arriving in std::mem::take(&mut self.arriving) {
            let Some(watched) = self.files.get_mut(&arriving.id) else { continue };
            if failed(&arriving.name) {
                watched.looks = None;
                watched.has_failed = true;
                has_failed = true;
                continue;
            }
            watched.has_failed = false;
            watched.state.position = arriving.end;
            watched.state.text = arriving.text;
            watched.looks = Some(arriving.looks);
            watched.grown = self.looked;
            watched.was_read = true;
            if let Some(file) = watched.handle.as_mut().filter(|_| !watched.state.is_compressed)
                && let Ok(head) = file::head(file, arriving.end)
            {
                watched.state.head = head;
            }
        }
        self.close();
        has_failed
    }

    /// Closes the files that have not grown for longest.
    pub(super) fn close(&mut self) {
        let mut open: Vec<&mut Watched> =
            self.files.values_mut().filter(|watched| watched.handle.is_some()).collect();
        if open.len() > MAX_OPEN {
            open.sort_by_key(|watched| watched.grown);
            let count = open.len() - MAX_OPEN;
            open.into_iter().take(count).for_each(|watched| watched.handle = None);
        }
    }

    /// What has come to a file that is there.
    fn grown(&mut self, id: &FileId, path: &Path, now: Looks) -> Result<Taken, Error> {
        let Some(watched) = self.files.get_mut(id) else { return Ok(Taken::default()) };
        let was_gone = watched.gone.take().is_some();
        watched.is_done = false;
        if watched.looks == Some(now) && !was_gone {
            if !watched.state.is_compressed || watched.state.position == now.0 {
                return Ok(Taken::default());
            }
        } else if watched.state.is_compressed && watched.state.position != now.0 {
            // It may not be whole yet, so it is looked at once more.
            watched.looks = Some(now);
            return Ok(Taken::default());
        }
        let mut file = match &watched.handle {
            Some(file) => file.try_clone().context("cannot open it")?,
            None => File::open(path).context("cannot open it")?,
        };
        let mut note = None;
        if watched.state.is_compressed {
            watched.looks = Some(now);
            if watched.state.position == now.0 {
                return Ok(Taken::default());
            }
            file.seek(SeekFrom::Start(0))?;
            let Ok(text) = file::text_len(file.try_clone()?) else { return Ok(Taken::default()) };
            let skip = watched.state.text;
            watched.state.head = file::compressed_head(file)?;
            if text <= skip {
                watched.state.position = now.0;
                return Ok(Taken::default());
            }
            let name: Arc<str> = path.to_string_lossy().into();
            let opened = path.to_owned();
            let open = move || Ok(Appended::compressed(File::open(opened)?, skip)?);
            return Ok(self.take(id, name, (now.0, text), now, Box::new(open), None));
        }
        let state = &mut watched.state;
        let is_other = match now.0 < state.position {
            true => Some("became shorter"),
            false => {
                let head = file::head(&mut file, state.head.0)?;
                (head != state.head).then_some("was written anew")
            }
        };
        if let Some(what) = is_other {
            note = (!was_gone).then(|| format!("`{}` {what}: it is read from its beginning", path.display()));
            (state.position, state.head) = (0, (0, String::new()));
            state.head = file::head(&mut file, 0)?;
            watched.header.clear();
        }
        let start = state.position;
        let end = file::whole_lines(&mut file, start, now.0).context("cannot read it")?;
        watched.handle = Some(file);
        if end == start {
            watched.looks = Some(now);
            return Ok(Taken { item: None, note });
        }
        self.appended(id, start, end, now, note)
    }

    /// The lines between two places of a file.
    fn appended(
        &mut self,
        id: &FileId,
        start: u64,
        end: u64,
        now: Looks,
        note: Option<String>,
    ) -> Result<Taken, Error> {
        let Some(watched) = self.files.get_mut(id) else { return Ok(Taken::default()) };
        let Some(file) = &mut watched.handle else { return Ok(Taken::default()) };
        let header = watched.header.clone();
        watched.header = file::header(file, start, end, &header).context("cannot read it")?;
        let header = if start == 0 { Vec::new() } else { header };
        let path = watched.state.path.clone();
        let shown = path.to_string_lossy();
        let name: Arc<str> = match start {
            0 => shown.into(),
            start => format!("{shown} (from byte {start})").into(),
        };
        // Opened when it is read, because there can be more of them than a process may have open. Its name can be another by then.
        let (wanted, is_gone) = (id.clone(), watched.gone.is_some());
        let handle = if is_gone { Some(file.try_clone()?) } else { None };
        let open = move || {
            let file = match handle {
                Some(file) => file,
                None => File::open(&path)?,
            };
            if !is_gone && FileId::of(&path, &file.metadata()?) != wanted {
                return Err(anyhow!("it was renamed just now"));
            }
            Ok(Appended::plain(file, header, start, end)?)
        };
        Ok(self.take(id, name, (end, 0), now, Box::new(open), note))
    }

    fn take(
        &mut self,
        id: &FileId,
        name: Arc<str>,
        (end, text): (u64, u64),
        looks: Looks,
        open: Box<dyn FnOnce() -> Result<Appended, Error> + Send>,
        note: Option<String>,
    ) -> Taken {
        self.arriving.push(Arriving { id: id.clone(), name: Arc::clone(&name), end, text, looks });
        let goes_on = self.files.get(id).is_some_and(|watched| watched.was_read);
        let body = Body::Appended(Opening { open, goes_on });
        Taken { item: Some(Item { name, body }), note }
    }

    /// What has come to a file whose name is gone: whoever wrote to it may do so for a moment more.
    fn gone(&mut self, id: &FileId, arrival: &mut Arrival) -> Option<Item> {
        let watched = self.files.get_mut(id)?;
        let since = *watched.gone.get_or_insert_with(Instant::now);
        let path = watched.state.path.clone();
        if watched.is_done || watched.handle.is_none() || watched.state.is_compressed {
            watched.is_done = true;
            watched.handle = None;
            if since.elapsed() > REMEMBERED {
                self.files.remove(id);
            }
            return None;
        }
        let start = watched.state.position;
        let ended = watched.handle.as_mut().map_or(Ok(None), |file| {
            let now = looks(&file.metadata()?);
            let end = file::whole_lines(file, start, now.0.max(start))?;
            io::Result::Ok(Some((end, now)))
        });
        let taken = match ended {
            Ok(Some((end, now))) if end > start => self.appended(id, start, end, now, None),
            Ok(Some((_, now))) if since.elapsed() > GRACE => {
                watched.is_done = true;
                // The last line needs no line feed: there will be none.
                if now.0 > start { self.appended(id, start, now.0, now, None) } else { Ok(Taken::default()) }
            }
            Ok(_) => Ok(Taken::default()),
            Err(error) => Err(Error::from(error).context("cannot read it to its end")),
        };
        self.tell(&path, taken, arrival)
    }

    /// Hands on what has come, or says why not, once.
    pub(super) fn tell(
        &mut self,
        path: &Path,
        taken: Result<Taken, Error>,
        arrival: &mut Arrival,
    ) -> Option<Item> {
        match taken {
            Ok(taken) => {
                if taken.item.is_some() {
                    self.said.remove(path);
                }
                arrival.notes.extend(taken.note);
                taken.item
            }
            Err(error) => {
                let text = format!("{error:#}");
                if self.said.insert(path.to_owned(), text.clone()).as_ref() != Some(&text) {
                    arrival.errors.push((path.to_string_lossy().into(), error));
                }
                None
            }
        }
    }
}

/// A file that was renamed between two runs, in its folder. What was written to it by then is not lost.
fn renamed(state: &FileState) -> Option<File> {
    let is_it = |path: &Path| fs::metadata(path).is_ok_and(|found| FileId::of(path, &found) == state.id);
    if state.is_compressed || is_it(&state.path) {
        return None;
    }
    let folder =
        state.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut names = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut file = File::open(names.find(|path| is_it(path))?).ok()?;
    // The number may have been given to another file.
    (file::head(&mut file, state.head.0).ok()? == state.head).then_some(file)
}

/// What has come to a file.
#[derive(Default)]
pub(super) struct Taken {
    item: Option<Item>,
    note: Option<String>,
}
