//! The parser against the lines that ship with the project.

use s3al::parser::{Parser, is_blank, lines};
use s3al::record::Field;

use crate::harness::{BAD, HARD, Record, root};

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
