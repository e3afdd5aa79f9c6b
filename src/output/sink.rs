//! Where the answer goes: standard output, or a file that appears whole or not at all.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tempfile::NamedTempFile;

use super::pager::Pager;

use crate::source::UNFINISHED;
use crate::spill::SpillError;

/// Where the answer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Standard output.
    Stdout,
    /// A file, or something else that has a path.
    File(PathBuf),
}

/// The reader of the output has gone away. Not a failure: `s3al ... | head` does it.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("nobody reads the output any more")]
struct Closed;

/// Whether a run ended because nobody reads its output any more.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.is::<Closed>()
}

impl Target {
    /// Finds out before the work starts whether there is any hope.
    ///
    /// # Errors
    /// Says why nothing can be written there.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let Self::File(path) = self else { return Ok(()) };
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                bail!("cannot write `{}`: it is a folder; name a file in it", path.display())
            }
            Ok(found) if found.permissions().readonly() => {
                bail!("cannot write `{}`: it is read-only", path.display())
            }
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let folder = folder(path);
                if !folder.is_dir() {
                    bail!("cannot write `{}`: there is no folder `{}`", path.display(), folder.display());
                }
                Ok(())
            }
            Err(error) => Err(error).with_context(|| failure(path)),
        }
    }

    /// Whether what is written there is seen by someone at once.
    pub(crate) fn is_terminal(&self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::File(path) => is_device(path) && File::open(path).is_ok_and(|file| file.is_terminal()),
        }
    }
}

/// Whether it can be opened to ask what it is; opening a named pipe would wait for its other end.
#[cfg(unix)]
fn is_device(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    fs::metadata(path).is_ok_and(|found| found.file_type().is_char_device())
}

#[cfg(not(unix))]
fn is_device(_path: &Path) -> bool {
    false
}

/// The folder that a file is in, or is to be in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn failure(path: &Path) -> String {
    format!("cannot write `{}`", path.display())
}

/// An open target. Dropped without [`Sink::finish`], a file is left as it was before.
#[derive(Debug)]
pub(super) struct Sink {
    out: Out,
}

#[derive(Debug)]
enum Out {
    Stdout(io::Stdout),
    /// What stands before standard output.
    Pager(Pager),
    /// Something that is no regular file, or one that is added to: it is not replaced.
    Device(File, PathBuf),
    /// A file under a temporary name, and its name to be.
    Whole(NamedTempFile, PathBuf),
}

impl Sink {
    /// Opens the target, and for standard output the pager if there is one.
    pub(super) fn paged(target: &Target, pager: &[String]) -> anyhow::Result<Self> {
        match (*target == Target::Stdout).then(|| Pager::start(pager)).flatten() {
            Some(pager) => Ok(Self { out: Out::Pager(pager) }),
            None => Self::open(target),
        }
    }

    /// Opens the target.
    pub(super) fn open(target: &Target) -> anyhow::Result<Self> {
        let path = match target {
            Target::Stdout => return Ok(Self { out: Out::Stdout(io::stdout()) }),
            Target::File(path) => path,
        };
        Self::open_file(path).with_context(|| failure(path))
    }

    /// Opens the target to add to what is there; whether there is anything.
    pub(super) fn appended(target: &Target) -> anyhow::Result<(Self, bool)> {
        let path = match target {
            Target::Stdout => return Ok((Self { out: Out::Stdout(io::stdout()) }, false)),
            Target::File(path) => path,
        };
        let open = || {
            let file = File::options().append(true).create(true).open(path)?;
            let has_any = file.metadata()?.len() > 0;
            io::Result::Ok((Self { out: Out::Device(file, path.to_owned()) }, has_any))
        };
        open().with_context(|| failure(path))
    }

    fn open_file(path: &Path) -> io::Result<Self> {
        let existing = fs::metadata(path).ok();
        if existing.as_ref().is_some_and(|found| !found.is_file()) {
            let file = File::options().write(true).open(path)?;
            return Ok(Self { out: Out::Device(file, path.to_owned()) });
        }
        // A link stays, what it points to is replaced.
        let path = if existing.is_some() { fs::canonicalize(path)? } else { path.to_owned() };
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED.0).suffix(UNFINISHED.1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As any new file; the process's mask applies.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder(&path))?;
        if let Some(found) = existing {
            file.as_file().set_permissions(found.permissions())?;
        }
        Ok(Self { out: Out::Whole(file, path) })
    }

    /// Says what an error means that came from writing here.
    pub(super) fn explain(&self, error: io::Error) -> anyhow::Error {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Closed.into();
        }
        if SpillError::is_cause_of(&error) {
            return error.into();
        }
        match &self.out {
            Out::Stdout(_) | Out::Pager(_) => {
                anyhow::Error::new(error).context("cannot write to standard output")
            }
            Out::Device(_, path) | Out::Whole(_, path) => anyhow::Error::new(error).context(failure(path)),
        }
    }

    /// Makes what was written final.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.flush().map_err(|error| self.explain(error))?;
        match self.out {
            Out::Stdout(_) | Out::Device(..) => Ok(()),
            Out::Pager(mut pager) => {
                pager.wait();
                Ok(())
            }
            Out::Whole(file, path) => match file.persist(&path) {
                Ok(_) => Ok(()),
                Err(error) => Err(error.error).with_context(|| failure(&path)),
            },
        }
    }
}

impl Write for Sink {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match &mut self.out {
            Out::Stdout(out) => out.write(buffer),
            Out::Pager(out) => out.write(buffer),
            Out::Device(out, _) => out.write(buffer),
            Out::Whole(out, _) => out.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Stdout(out) => out.flush(),
            Out::Pager(out) => out.flush(),
            Out::Device(out, _) => out.flush(),
            Out::Whole(out, _) => out.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) -> anyhow::Result<()> {
        let target = Target::File(path.to_owned());
        target.check()?;
        let mut sink = Sink::open(&target)?;
        sink.write_all(text.as_bytes())?;
        sink.finish()
    }

    fn names(folder: &Path) -> Vec<String> {
        let records = fs::read_dir(folder).unwrap();
        records.map(|record| record.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.csv");
        write(&path, "old").unwrap();
        write(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(folder.path()), ["report.csv"]);
    }

    #[test]
    fn an_unfinished_file_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.csv");
        fs::write(&path, "old").unwrap();
        let mut sink = Sink::open(&Target::File(path.clone())).unwrap();
        sink.write_all(b"half").unwrap();
        drop(sink);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["report.csv"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay_and_devices_are_written_to() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&path, &link).unwrap();
        write(&link, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        write(Path::new("/dev/null"), "gone").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn hopeless_targets_are_found_early() {
        let folder = tempfile::tempdir().unwrap();
        let error = |path: &Path| Target::File(path.to_owned()).check().unwrap_err().to_string();
        assert!(error(folder.path()).contains("it is a folder"));
        assert!(error(&folder.path().join("no/report")).contains("there is no folder"));
        let path = folder.path().join("fixed");
        fs::write(&path, "").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert!(error(&path).contains("read-only"));
    }

    #[test]
    fn a_closed_pipe_is_told_from_other_failures() {
        let sink = Sink::open(&Target::Stdout).unwrap();
        let closed = sink.explain(io::ErrorKind::BrokenPipe.into()).context("while exporting");
        assert!(is_broken_pipe(&closed));
        let full = sink.explain(io::ErrorKind::StorageFull.into());
        assert!(!is_broken_pipe(&full));
        assert!(!is_broken_pipe(&io::Error::from(io::ErrorKind::BrokenPipe).into()));
    }
}
