//! The parser against the lines that ship with the project.

use s3al::parser::{Parser, is_blank, lines};
use s3al::record::Field;

use std::process::Command;

use crate::harness::{BAD, HARD, Record, SAMPLE, files_below, has, isolate, root, unpacked};

fn read(name: &str) -> Vec<u8> {
    std::fs::read(root().join(name)).expect("a fixture")
}

#[test]
fn every_hard_line_is_read() {
    let (mut parser, mut ambiguous, mut records) = (Parser::default(), 0, 0);
    for line in lines(&read(HARD)).filter(|line| !is_blank(line)) {
        match parser.parse(line) {
            Ok(entry) => ambiguous += usize::from(entry.is_ambiguous()),
            Err(reject) => panic!("{reject}: {}", line.escape_ascii()),
        }
        records += 1;
    }
    assert_eq!((records, ambiguous), (55, 3));
}

#[test]
fn every_bad_line_is_refused() {
    let mut parser = Parser::default();
    let mut refused = 0;
    for line in lines(&read(BAD)).filter(|line| !is_blank(line)) {
        assert!(parser.parse(line).is_err(), "{}", line.escape_ascii());
        refused += 1;
    }
    assert_eq!(refused, 57);
}

/// What the tests make is read as they mean it.
#[test]
fn every_field_of_a_made_record_is_read() {
    let record = Record::of(&[(Field::Key, "a%20b"), (Field::UserAgent, "say \"hi\"")]);
    let line = record.line();
    let mut parser = Parser::default();
    let read = parser.parse(line.trim_end().as_bytes()).expect("a record");
    for field in Field::ALL {
        let meant = Some(record.get(field)).filter(|text| *text != "-");
        assert_eq!(read.get(field), meant.map(str::as_bytes), "{field}");
    }
}

/// Without Python, nobody can change the sample by its program either.
#[test]
fn the_sample_is_what_its_program_makes() {
    if !has("python3") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let made = folder.path().join("sample");
    let mut python = Command::new("python3");
    isolate(&mut python).args(["-B", "tests/fixtures/sample.py"]).arg(&made).current_dir(root());
    assert!(python.status().expect("Python runs").success());
    let texts = |folder: &std::path::Path| -> Vec<_> {
        let files = files_below(folder);
        files
            .iter()
            .map(|file| (file.strip_prefix(folder).expect("below").to_owned(), unpacked(file)))
            .collect()
    };
    let (made, shipped) = (texts(&made), texts(&root().join(SAMPLE)));
    let names =
        |files: &[(std::path::PathBuf, Vec<u8>)]| files.iter().map(|file| file.0.clone()).collect::<Vec<_>>();
    assert_eq!(
        names(&made),
        names(&shipped),
        "python3 tests/fixtures/sample.py tests/fixtures/sample makes them anew"
    );
    for ((name, made), (_, shipped)) in made.iter().zip(&shipped) {
        assert!(made == shipped, "{}", name.display());
    }
}

/// Fields of lines that S3 wrote in January 2024: 26, or 18 for its own work.
#[test]
fn lines_of_the_sample_have_the_fields_of_their_time() {
    let mut parser = Parser::default();
    for file in files_below(SAMPLE) {
        let text = unpacked(&file);
        let mut last = None;
        for line in lines(&text) {
            let record = parser.parse(line).expect("a record");
            let is_own = record.get(Field::Requester) == Some(b"AmazonS3");
            assert_eq!(record.get(Field::AclRequired).is_some() || !is_own, !is_own);
            // A file is in order of time, and of one bucket.
            let here = (record.get(Field::Bucket).map(<[u8]>::to_vec), Some(record.timestamp()));
            assert!(last.is_none_or(|last: (Option<Vec<u8>>, _)| last.0 == here.0 && last.1 <= here.1));
            last = Some(here);
        }
    }
}
