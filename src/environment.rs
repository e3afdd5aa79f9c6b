//! What the process runs in, asked once at the start: its clock, its terminal, its standard input and its machine.
//!
//! Everything that is typed is resolved against this value and asks nothing by itself, so that a test can choose it.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::thread;

use anstream::{AutoStream, ColorChoice};
use chrono::{DateTime, Utc};
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::time::Zone;

/// The width of a terminal that does not say how wide it is.
const DEFAULT_WIDTH: usize = 80;
/// The same for its height.
const DEFAULT_HEIGHT: usize = 24;
/// The memory of a machine that does not say how much it has.
const DEFAULT_MEMORY: u64 = 4 << 30;

/// What the process runs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Environment {
    /// The command, word by word, as it was typed.
    pub(crate) command: Vec<String>,
    /// The time at which the run began.
    pub(crate) now: DateTime<Utc>,
    /// The zone of the machine, if it says where it is.
    pub(crate) zone: Option<Zone>,
    /// Whether standard input has something to read: it is a pipe, a file or a socket.
    pub(crate) stdin_is_given: bool,
    /// Whether standard input is a terminal, where someone types.
    pub(crate) stdin_is_terminal: bool,
    /// Whether standard output is a terminal.
    pub(crate) stdout_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub(crate) stderr_is_terminal: bool,
    /// Whether standard output shows colors: it is a terminal that can, unless NO_COLOR or CLICOLOR_FORCE say otherwise.
    pub(crate) stdout_color: bool,
    /// Whether standard error shows colors.
    pub(crate) stderr_color: bool,
    /// The width of the terminal, in columns.
    pub(crate) width: usize,
    /// The height of the terminal, in lines.
    pub(crate) height: usize,
    /// What `COLUMNS` says: the width that a program around this one wants, such as `watch`.
    pub(crate) columns: Option<usize>,
    /// Whether the locale is one of UTF-8, or says nothing about it.
    pub(crate) is_utf8: bool,
    /// The program that shows long answers, and its arguments: `S3AL_PAGER`, `PAGER`, or less; empty for none.
    pub(crate) pager: Vec<String>,
    /// The memory of the machine, or of the container on it, in bytes.
    pub(crate) memory: u64,
    /// How many threads run at the same time.
    pub(crate) threads: usize,
    /// The folder of temporary files: `TMPDIR`, or what is usual on the system.
    pub(crate) temporary: PathBuf,
}

impl Environment {
    /// Asks the process and the machine.
    pub(crate) fn of_process() -> Self {
        let columns = columns();
        Self {
            command: command(),
            now: Utc::now(),
            zone: zone(),
            stdin_is_given: is_stdin_given(),
            stdin_is_terminal: io::stdin().is_terminal(),
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
            stdout_color: AutoStream::choice(&io::stdout()) != ColorChoice::Never,
            stderr_color: AutoStream::choice(&io::stderr()) != ColorChoice::Never,
            width: columns.unwrap_or_else(terminal_width),
            height: terminal_height(),
            columns,
            is_utf8: is_utf8(|name| std::env::var(name).ok()),
            pager: pager(|name| std::env::var(name).ok()),
            memory: memory().unwrap_or(DEFAULT_MEMORY),
            threads: thread::available_parallelism().map_or(1, Into::into),
            temporary: std::env::temp_dir(),
        }
    }
}

/// The environment of a job: nothing on standard input, no terminal, a small machine at the start of 1970.
#[cfg(test)]
impl Default for Environment {
    fn default() -> Self {
        Self {
            command: Vec::new(),
            now: DateTime::UNIX_EPOCH,
            zone: None,
            stdin_is_given: false,
            stdin_is_terminal: false,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            stdout_color: false,
            stderr_color: false,
            width: DEFAULT_WIDTH,
            height: DEFAULT_HEIGHT,
            columns: None,
            is_utf8: true,
            pager: Vec::new(),
            memory: DEFAULT_MEMORY,
            threads: 2,
            temporary: std::env::temp_dir(),
        }
    }
}

/// What was typed, with the program's name and not its path.
fn command() -> Vec<String> {
    let typed = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    std::iter::once("s3al".to_owned()).chain(typed).collect()
}

/// The zone of this machine: `TZ`, or what the system says. UTC where a system that keeps it in `/etc/localtime` has none there.
fn zone() -> Option<Zone> {
    let is_unset = || cfg!(unix) && !std::fs::exists("/etc/localtime").unwrap_or(true);
    match std::env::var("TZ") {
        Ok(name) => named(&name),
        Err(_) => match iana_time_zone::get_timezone() {
            Ok(name) => named(&name),
            Err(_) => is_unset().then_some(Zone::Utc),
        },
    }
}

/// The zone that a name or a file of the IANA database stands for.
fn named(name: &str) -> Option<Zone> {
    let name = name.trim_start_matches(':');
    let name = name.rsplit_once("zoneinfo/").map_or(name, |(_, name)| name);
    if name.is_empty() { Some(Zone::Utc) } else { name.parse().ok() }
}

/// A terminal is for typing commands, and /dev/null is what a job without input gets: neither is a source of logs.
#[cfg(unix)]
fn is_stdin_given() -> bool {
    use std::os::{fd::AsFd, unix::fs::FileTypeExt};
    let stdin = io::stdin().as_fd().try_clone_to_owned().map(std::fs::File::from);
    stdin.and_then(|stdin| stdin.metadata()).is_ok_and(|found| {
        let kind = found.file_type();
        kind.is_fifo() || kind.is_file() || kind.is_socket()
    })
}

#[cfg(not(unix))]
fn is_stdin_given() -> bool {
    !io::stdin().is_terminal()
}

/// Whether texts are UTF-8, by the first of the variables that says anything (POSIX, "Internationalization Variables").
fn is_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let said =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    let is_utf8 = |locale: String| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    };
    said.is_none_or(is_utf8)
}

/// What shows long answers. A terminal that cannot move its cursor has no use for one.
fn pager(variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    if variable("TERM").is_none_or(|term| term == "dumb") {
        return Vec::new();
    }
    let named = variable("S3AL_PAGER").or_else(|| variable("PAGER"));
    let words = shlex::split(&named.unwrap_or_else(|| "less -FRX".to_owned())).unwrap_or_default();
    // The usual way to say that there is to be none.
    if words == ["cat"] { Vec::new() } else { words }
}

/// `COLUMNS` wins over what the terminal says, because people set it where the terminal is wrong.
fn columns() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.trim().parse().ok().filter(|width| *width > 0)
}

fn terminal_width() -> usize {
    let asked = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    asked.filter(|width| *width > 0).unwrap_or(DEFAULT_WIDTH)
}

fn terminal_height() -> usize {
    let asked = terminal_size::terminal_size().map(|(_, height)| usize::from(height.0));
    asked.filter(|height| *height > 0).unwrap_or(DEFAULT_HEIGHT)
}

/// The memory of the machine in bytes, or the limit of the process's control group if that is lower.
fn memory() -> Option<u64> {
    let what = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(what);
    let limit = system.cgroup_limits().map(|limits| limits.total_memory).filter(|limit| *limit > 0);
    let total = Some(system.total_memory()).filter(|total| *total > 0);
    limit.into_iter().chain(total).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_runs_in_something() {
        let environment = Environment::of_process();
        assert!(environment.now > DateTime::UNIX_EPOCH);
        assert!(environment.width > 0 && environment.threads > 0);
        assert!(environment.memory >= 1 << 20);
    }

    #[test]
    fn locales() {
        let of = |set: &[(&str, &str)]| {
            is_utf8(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        for (set, expected) in [
            (&[][..], true),
            (&[("LANG", "C")], false),
            (&[("LANG", "en_US.UTF-8")], true),
            (&[("LANG", "C.utf8")], true),
            (&[("LC_ALL", "POSIX"), ("LANG", "en_US.UTF-8")], false),
            (&[("LC_ALL", ""), ("LC_CTYPE", "de_DE.UTF-8"), ("LANG", "C")], true),
            (&[("LC_CTYPE", "de_DE.ISO-8859-1")], false),
        ] {
            assert_eq!(of(set), expected, "{set:?}");
        }
    }

    #[test]
    fn pagers() {
        let of = |set: &[(&str, &str)]| {
            pager(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        let term = ("TERM", "xterm");
        assert_eq!(of(&[term]), ["less", "-FRX"]);
        assert_eq!(of(&[term, ("PAGER", "less -S")]), ["less", "-S"]);
        assert_eq!(of(&[term, ("PAGER", "more"), ("S3AL_PAGER", "'my pager' -x")]), ["my pager", "-x"]);
        for off in [&[term, ("PAGER", "cat")][..], &[term, ("S3AL_PAGER", "")], &[("TERM", "dumb")], &[]] {
            assert_eq!(of(off), Vec::<String>::new());
        }
    }

    #[test]
    fn zones_of_the_machine() {
        let berlin = "Europe/Berlin".parse::<Zone>().ok();
        assert_eq!(named(":Europe/Berlin"), berlin);
        assert_eq!(named("/usr/share/zoneinfo/Europe/Berlin"), berlin);
        assert_eq!(named(""), Some(Zone::Utc));
        assert_eq!(named("CET-1CEST,M3.5.0,M10.5.0"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_is_not_above_that_of_the_machine() {
        let text = std::fs::read_to_string("/proc/meminfo").unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap();
        let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().unwrap();
        assert!(memory().unwrap() <= kilobytes * 1024);
    }
}
