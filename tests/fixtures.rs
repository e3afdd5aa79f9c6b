//! The parser against the lines that ship with the project.

use s3al::parser::{Parser, is_blank, lines};

fn read(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).expect("a fixture")
}

#[test]
fn every_hard_line_is_read() {
    let (mut parser, mut ambiguous, mut records) = (Parser::default(), 0, 0);
    for line in lines(&read("hard_lines.log")).filter(|line| !is_blank(line)) {
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
    for line in lines(&read("bad_lines.log")).filter(|line| !is_blank(line)) {
        assert!(parser.parse(line).is_err(), "{}", line.escape_ascii());
        refused += 1;
    }
    assert_eq!(refused, 57);
}

#[test]
fn a_host_id_that_begins_like_a_signature_is_no_shifted_field() {
    let hard = read("hard_lines.log");
    let line = lines(&hard)
        .find(|line| memchr::memmem::find(line, b"HARD00053EXAMPLE").is_some())
        .expect("the line");
    assert!(Parser::default().parse(line).is_ok());
}
