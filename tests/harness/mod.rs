//! Runs the program, and makes what it reads: for all tests of the built binary.

#![allow(dead_code, unused_imports, reason = "no test binary uses all of it")]

pub mod logs;
mod record;
pub mod rows;
pub mod timed;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::read::MultiGzDecoder;
use serde_json::Value;

pub use record::{many_requests, old, record};

pub const SAMPLE: &str = "tests/fixtures/sample";
pub const HARD: &str = "tests/fixtures/hard_lines.log";
pub const BAD: &str = "tests/fixtures/bad_lines.log";

/// What came of a run.
pub struct Ran {
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Ran {
    #[track_caller]
    pub fn done(self) -> Self {
        self.ended(0)
    }

    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.text(), self.stderr);
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not in {:?}", self.stderr);
        self
    }

    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("UTF-8")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).expect("JSON")
    }

    /// The rows of NDJSON.
    pub fn rows(&self) -> Vec<Value> {
        self.stdout
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).expect("a row"))
            .collect()
    }
}

/// The program, in the folder of the project, without anything that the machine's own settings would change.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_s3al"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "TZ", "COLORTERM"] {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("AWS_") || name.starts_with("S3AL_")) {
            command.env_remove(name);
        }
    }
    command.env("XDG_CONFIG_HOME", "nowhere").env("HOME", "nowhere");
    command
}

/// Runs with these words as arguments.
pub fn s3al(words: &str) -> Ran {
    run(&words.split_whitespace().collect::<Vec<_>>())
}

/// Runs with these arguments and no standard input.
pub fn run(arguments: &[&str]) -> Ran {
    let mut command = command();
    // assert_cmd would give it a pipe.
    ran(command.args(arguments).stdin(Stdio::null()).output().expect("the program runs"))
}

/// Runs with these words as arguments and these bytes in a pipe.
pub fn piped(words: &str, stdin: impl Into<Vec<u8>>) -> Ran {
    let mut command = command();
    command.args(words.split_whitespace());
    ran(assert_cmd::Command::from_std(command).write_stdin(stdin).output().expect("the program runs"))
}

fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The shipped files with records that are read, in order of name.
pub fn shipped() -> Vec<PathBuf> {
    let folder = root().join(SAMPLE).read_dir().expect("the sample");
    let mut files: Vec<_> = folder.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.push(root().join(HARD));
    files
}

/// A file's bytes, unpacked.
pub fn unpacked(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).expect("a file");
    if !bytes.starts_with(b"\x1f\x8b") {
        return bytes;
    }
    let mut text = Vec::new();
    MultiGzDecoder::new(&bytes[..]).read_to_end(&mut text).expect("gzip");
    text
}

/// The sample as one text.
pub fn sample() -> Vec<u8> {
    let files = shipped();
    files[..files.len() - 1].iter().flat_map(|file| unpacked(file)).collect()
}

/// Records of the log format, every one different, of at least this many bytes.
pub fn many_lines(bytes: usize) -> Vec<u8> {
    let sample = sample();
    let texts: Vec<&[u8]> = sample
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty() && !line.starts_with(b"{"))
        .collect();
    let mut all = Vec::new();
    for number in 0.. {
        if all.len() >= bytes {
            break;
        }
        let line = texts[number % texts.len()];
        let owner = line.iter().position(|byte| *byte == b' ').expect("a field");
        all.extend_from_slice(format!("{number:064x}").as_bytes());
        all.extend_from_slice(&line[owner..]);
        all.push(b'\n');
    }
    all
}

/// Whether a program is there.
pub fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("not checked: there is no {program}");
    }
    found
}

pub fn gzip(text: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

pub fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 1).expect("memory")
}
