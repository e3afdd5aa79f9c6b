//! Long answers in a terminal go through a pager, which shows them a screen at a time.

use std::io::{self, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

/// A pager that runs. Whoever closes it has seen enough, which is no error.
#[derive(Debug)]
pub(super) struct Pager {
    child: Child,
    /// `None` once it has been closed.
    stdin: Option<ChildStdin>,
}

impl Pager {
    /// Starts the first word as a program with the others as its arguments; `None` if there is no such program.
    pub(super) fn start(words: &[String]) -> Option<Self> {
        let (program, arguments) = words.split_first()?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped());
        // What fits a screen is left there, colors are kept, and the screen is not cleared at the end.
        for (name, value) in [("LESS", "FRX"), ("LESSCHARSET", "utf-8"), ("LV", "-c")] {
            if std::env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        let mut child = command.spawn().ok()?;
        let stdin = child.stdin.take();
        Some(Self { child, stdin })
    }

    /// Waits until the reader is done.
    pub(super) fn wait(&mut self) {
        self.stdin = None;
        // How it ended says nothing about the answer.
        let _ = self.child.wait();
    }
}

impl Write for Pager {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let Some(stdin) = &mut self.stdin else { return Ok(buffer.len()) };
        match stdin.write(buffer) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.stdin = None;
                Ok(buffer.len())
            }
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.stdin.as_mut().map_or(Ok(()), Write::flush) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for Pager {
    fn drop(&mut self) {
        self.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        shlex::split(line).expect("words")
    }

    #[test]
    fn a_pager_that_is_closed_is_no_error() {
        let mut pager = Pager::start(&words("true")).expect("a program");
        for _ in 0..100 {
            pager.write_all(&[b'x'; 10_000]).expect("no error");
        }
        pager.flush().expect("no error");
        pager.wait();
    }

    #[test]
    fn a_pager_gets_all_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("seen");
        let line = format!("sh -c 'cat > \"$0\"' {}", path.display());
        let mut pager = Pager::start(&words(&line)).expect("a program");
        pager.write_all(b"an answer\n").expect("written");
        pager.wait();
        assert_eq!(std::fs::read_to_string(path).expect("a file"), "an answer\n");
        assert!(Pager::start(&words("no-such-pager -x")).is_none());
        assert!(Pager::start(&[]).is_none());
    }
}
