//! The one way in which tests run the program.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::shipped::{EVEN, root};

/// What a process needs to start at all, to find other programs and to write temporary files.
const KEPT: [&str; 6] = ["PATH", "SystemRoot", "TMPDIR", "TEMP", "TMP", "LLVM_PROFILE_FILE"];

/// Takes everything from a command that whoever runs the tests has set: variables, configuration, credentials.
pub fn isolate(command: &mut Command) -> &mut Command {
    command.env_clear();
    for name in KEPT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    for name in ["HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"] {
        command.env(name, home());
    }
    // The SDK would ask an address of the network for credentials.
    command.env("AWS_EC2_METADATA_DISABLED", "true")
}

/// An empty folder, which stays empty: the program keeps nothing at home.
fn home() -> &'static Path {
    static HOME: OnceLock<&'static Path> = OnceLock::new();
    HOME.get_or_init(|| {
        let home = Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/nobodys-home"));
        fs::create_dir_all(home).expect("a folder");
        assert!(
            fs::read_dir(home).expect("the folder").next().is_none(),
            "{} is to be empty",
            home.display()
        );
        home
    })
}

/// The program, in the folder of the project.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_s3al"));
    isolate(&mut command).current_dir(root());
    command
}

/// Runs with these words as arguments.
pub fn s3al(words: &str) -> Ran {
    run(&words.split_whitespace().collect::<Vec<_>>())
}

/// Runs with these arguments and no standard input.
pub fn run(arguments: &[&str]) -> Ran {
    ran(command().args(arguments))
}

/// Runs with these words as arguments and these bytes in a pipe.
pub fn piped(words: &str, stdin: impl Into<Vec<u8>>) -> Ran {
    let mut command = command();
    command.args(words.split_whitespace());
    assert_cmd::Command::from_std(command).write_stdin(stdin).output().expect("the program runs").into()
}

/// Runs this command, without standard input if it has none.
pub fn ran(command: &mut Command) -> Ran {
    command.output().expect("the program runs").into()
}

/// The most memory that a process had at a time beside the pages of its program, in bytes: asked until it ends. A limit of the operating system on addresses
/// would not do, because threads reserve many more of them than they use.
#[cfg(target_os = "linux")]
pub fn peak(child: &mut Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("a child").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let kilobytes =
            text.lines().find_map(|line| line.strip_prefix("RssAnon:")?.trim().strip_suffix(" kB"));
        peak = peak.max(kilobytes.map_or(0, |text| text.parse::<u64>().expect("a number") * 1024));
        thread::sleep(Duration::from_millis(1));
    }
    peak
}

/// What came of a run.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

impl Ran {
    #[track_caller]
    pub fn done(self) -> Self {
        self.ended(0)
    }

    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", String::from_utf8_lossy(&self.stdout), self.stderr);
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

    #[track_caller]
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

/// The formats of every report.
pub const ROWS: [&str; 6] = ["table", "json", "ndjson", "csv", "tsv", "markdown"];
/// The formats where records are selected.
pub const RECORDS: [&str; 7] = ["table", "json", "ndjson", "csv", "tsv", "markdown", "raw"];

/// What a command answers on the even log, one format below the other.
pub fn in_formats(command: &str, formats: &[&str]) -> String {
    let mut all = String::new();
    for format in formats {
        let ran = s3al(&format!("{command} {EVEN} --format {format}")).done();
        let tally = ran.stderr.lines().last().unwrap_or_default();
        assert!(tally.starts_with("6 files, 309 records (217.8 kB) in "), "{}", ran.stderr);
        all += &format!("--- {format}\n{}\n", ran.text());
    }
    all
}
