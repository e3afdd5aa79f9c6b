//! The lines that ship with the project, and more of the kind.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

pub const SAMPLE: &str = "tests/fixtures/sample";
pub const HARD: &str = "tests/fixtures/hard_lines.log";
pub const BAD: &str = "tests/fixtures/bad_lines.log";

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
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

pub fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 1).expect("memory")
}
