//! The files that are there now: which of them are new, and from where on those are read.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Error, anyhow};

use super::file::{self, FileId, FileState, Looks, looks};
use super::set::{Tail, Watched};
use crate::source::aligned::AlignedReader;
use crate::source::arrival::Arrival;
use crate::source::decode::{self, Encoding};
use crate::source::{Body, Local, Progress};

impl Tail {
    /// The files that are there, in the order of their names. New ones are taken in.
    pub(super) fn present(&mut self, arrival: &mut Arrival) -> Vec<(FileId, PathBuf, Looks)> {
        let (mut present, mut new) = (Vec::new(), Vec::new());
        for item in Local::Path(self.path.clone()).items(Arc::new(Progress::default())) {
            let path = match item.body {
                Body::File(path) => path,
                Body::Unread(error) => {
                    self.tell(Path::new(&*item.name), Err(error), arrival);
                    continue;
                }
                _ => continue,
            };
            match fs::metadata(&path) {
                Ok(found) if found.is_file() => {
                    let id = FileId::of(&path, &found);
                    self.part_from_reused(&id, &path);
                    match self.files.get_mut(&id) {
                        Some(watched) => path.clone_into(&mut watched.state.path),
                        None if self.written.holds(&path) => continue,
                        None => new.push((id.clone(), path.clone(), looks(&found))),
                    }
                    present.push((id, path, looks(&found)));
                }
                Ok(found) if found.is_dir() => {}
                Ok(_) => {
                    let error = anyhow!("it is no file; what comes through a pipe is read by `s3al export`");
                    self.tell(&path, Err(error), arrival);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let error = anyhow!("there is no such file yet; it is read as soon as there is");
                    self.tell(&path, Err(error), arrival);
                }
                Err(error) => {
                    self.tell(&path, Err(error.into()), arrival);
                }
            }
        }
        let mut left_out = Vec::new();
        let originals = self.originals(new.iter().map(|(_, path, _)| path.as_path()));
        for ((id, path, looks), originals) in new.into_iter().zip(originals) {
            match self.begin(&id, &path, looks, &originals) {
                Ok(true) => drop(self.said.remove(&path)),
                Ok(false) => left_out.push(id),
                Err(error) => {
                    left_out.push(id);
                    self.tell(&path, Err(error), arrival);
                }
            }
        }
        present.retain(|(id, ..)| !left_out.contains(id));
        present
    }

    /// The number of a file that is gone is given to another one, which is not that file.
    fn part_from_reused(&mut self, id: &FileId, path: &Path) {
        let Some(known) = self.files.get(id).filter(|known| known.is_done) else { return };
        let head = File::open(path).and_then(|mut file| match known.state.is_compressed {
            true => file::compressed_head(file),
            false => file::head(&mut file, known.state.head.0),
        });
        if head.is_ok_and(|head| head == known.state.head) {
            return;
        }
        if let Some(known) = self.files.remove(id) {
            self.parted += 1;
            self.files.insert(FileId::of_none(self.parted), known);
        }
    }

    /// Takes a new file in, at the place from which on it is to be read. `false` if that is not known yet.
    fn begin(
        &mut self,
        id: &FileId,
        path: &Path,
        now: Looks,
        originals: &[FileState],
    ) -> Result<bool, Error> {
        let mut file = File::open(path).context("cannot open it")?;
        let is_compressed = match file::encoding(&mut file).context("cannot read it")? {
            Encoding::Plain => false,
            Encoding::Foreign(kind) => return Err(decode::foreign(kind).into()),
            _ => true,
        };
        let mut state =
            FileState { path: path.to_owned(), id: id.clone(), is_compressed, ..FileState::default() };
        let mut header = Vec::new();
        if self.is_first && !self.reads_all {
            state.position = if is_compressed {
                now.0
            } else {
                file::whole_lines(&mut file, 0, now.0).context("cannot read it")?
            };
        } else {
            let mut read = 0;
            for original in originals {
                file.seek(SeekFrom::Start(0))?;
                // Of what cannot be unpacked, more is to come.
                let is_copy = match is_compressed {
                    true => decode::text(AlignedReader::new(file.try_clone()?))
                        .is_ok_and(|mut text| original.is_beginning_of(&mut *text)),
                    false => original.is_beginning_of(&mut file),
                };
                if is_copy {
                    read = read.max(original.text_position());
                }
            }
            // It may still be copied, while its original is cut.
            let before = self.copied.remove(id);
            if before.is_some() || !originals.is_empty() {
                read = before.map_or(read, |(_, before)| read.max(before));
                if before.map(|(before, _)| before) != Some(now) {
                    self.copied.insert(id.clone(), (now, read));
                    return Ok(false);
                }
            }
            match is_compressed {
                true => state.text = read,
                false if read <= now.0 => state.position = read,
                false => {}
            }
        }
        if is_compressed {
            state.head = file::compressed_head(file.try_clone()?).unwrap_or_default();
            file.seek(SeekFrom::Start(0))?;
        } else {
            state.head = file::head(&mut file, state.position)?;
            header = file::header(&mut file, 0, state.position, b"")?;
        }
        let watched = Watched { state, header, handle: Some(file), grown: self.looked, ..Watched::default() };
        self.files.insert(id.clone(), watched);
        self.close();
        Ok(true)
    }

    /// The files that each of these may be a copy of, by its name: `log` of `log.1`, `log-20260801` and `log.1.gz`.
    fn originals<'a>(&self, paths: impl ExactSizeIterator<Item = &'a Path>) -> Vec<Vec<FileState>> {
        if paths.len() == 0 {
            return Vec::new();
        }
        let mut known: HashMap<(Option<&Path>, &[u8]), Vec<&FileState>> = HashMap::new();
        for watched in self.files.values().filter(|watched| watched.state.text_position() > 0) {
            known.entry(place(&watched.state.path)).or_default().push(&watched.state);
        }
        // Each beginning of a name is looked for, because there can be many more names than a name has letters.
        let of = |path: &'a Path| {
            let (folder, name) = place(path);
            let beginnings = (1..=name.len()).filter_map(|end| known.get(&(folder, &name[..end])));
            beginnings.flatten().map(|state| (*state).clone()).collect()
        };
        paths.map(of).collect()
    }
}

/// The folder and the name of a file.
fn place(path: &Path) -> (Option<&Path>, &[u8]) {
    (path.parent(), path.file_name().map(OsStr::as_encoded_bytes).unwrap_or_default())
}
