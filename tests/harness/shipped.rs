//! The lines that ship with the project, and more of the kind.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use walkdir::WalkDir;

/// A week with things to find.
pub const SAMPLE: &str = "tests/fixtures/sample";
/// Three days on which nothing happens, with all that lines can be: the JSON delivery, gzip, many operations.
pub const EVEN: &str = "tests/fixtures/even";
pub const HARD: &str = "tests/fixtures/hard_lines.log";
pub const BAD: &str = "tests/fixtures/bad_lines.log";

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The shipped files with records that are read.
pub fn shipped() -> Vec<PathBuf> {
    [files_below(EVEN), files_below(SAMPLE), vec![root().join(HARD)]].concat()
}

/// All files below a folder of the project, in order of name.
pub fn files_below(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let walk = WalkDir::new(root().join(folder)).sort_by_file_name();
    let entries = walk.into_iter().map(|entry| entry.expect("an entry"));
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
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

/// The even log as one text.
pub fn even() -> Vec<u8> {
    files_below(EVEN).iter().flat_map(|file| unpacked(file)).collect()
}

/// Records of the log format, every one different, of at least this many bytes.
pub fn many_lines(bytes: usize) -> Vec<u8> {
    let even = even();
    let texts: Vec<&[u8]> = even
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
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

pub fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 1).expect("memory")
}
