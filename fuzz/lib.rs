//! What holds for any text of a stranger, as functions that fuzz targets call. They panic where it does not hold.

#![allow(dead_code, unused_imports, reason = "the program uses all of it")]

#[path = "../src/digits.rs"]
pub mod digits;
#[path = "../src/dimension/mod.rs"]
pub mod dimension;
#[path = "../src/filter/mod.rs"]
pub mod filter;
#[path = "../src/parser/mod.rs"]
pub mod parser;
#[path = "../src/record/mod.rs"]
pub mod record;
#[path = "../src/semantics/mod.rs"]
pub mod semantics;
#[path = "source.rs"]
pub mod source;
#[path = "../src/time/mod.rs"]
pub mod time;
#[path = "../src/value_error.rs"]
pub mod value_error;

mod filters;
pub mod seeds;

pub use filters::filters;
pub use source::s3::check as check_key;

use parser::{ParseError, Parser};
use record::{Field, Record};

/// All that a record can be asked for.
#[derive(Debug, PartialEq)]
struct Shown {
    fields: Vec<Option<String>>,
    extra: Vec<String>,
    time: time::Timestamp,
    is_ambiguous: bool,
}

fn shown(read: Result<Record<'_>, ParseError>) -> Result<Shown, ParseError> {
    let text = |text: &[u8]| text.escape_ascii().to_string();
    read.map(|record| Shown {
        fields: Field::ALL.iter().map(|field| record.get(*field).map(text)).collect(),
        extra: record.extra().map(text).collect(),
        time: record.timestamp(),
        is_ambiguous: record.is_ambiguous(),
    })
}

/// Lines read the same by the fast path and by the grammar, and the same in a chunk as each for itself.
pub fn line(text: &[u8]) {
    let (mut fast, mut grammar) = (Parser::default(), Parser::default());
    for line in parser::lines(text) {
        let (fast, grammar) = (shown(fast.parse(line)), shown(grammar.parse_by_grammar(line)));
        assert_eq!(fast, grammar, "{}", line.escape_ascii());
    }
    // Objects and headers change what the lines after them are.
    let is_log = !text.contains(&b'{') && !parser::begins_with_directive(text);
    let mut lines = fast.lines(text);
    let mut expected = parser::lines(text);
    while let Some(line) = lines.next_line().map(<[u8]>::to_vec) {
        let read = shown(lines.read());
        if is_log {
            assert_eq!(Some(&line[..]), expected.next());
            assert_eq!(read, shown(grammar.parse(&line)), "{}", line.escape_ascii());
        }
    }
    assert!(!is_log || expected.next().is_none());
}

/// Objects of the JSON delivery read the same by the fast path, whatever it has learnt, and by serde; none is lost in a chunk.
pub fn json(text: &[u8]) {
    let mut fast = Parser::default();
    for line in parser::lines(text) {
        let object = [b"{", line].concat();
        let expected = shown(Parser::default().parse_by_grammar(&object));
        for _ in 0..2 {
            assert_eq!(shown(fast.parse(&object)), expected, "{}", object.escape_ascii());
        }
    }
    let mut lines = fast.lines(text);
    while lines.next_line().is_some() {
        let _ = shown(lines.read());
        let _ = lines.line().len();
    }
}

/// Keys of objects, as their listing and `fetch` read them.
pub fn names(text: &[u8]) {
    if let Ok(key) = std::str::from_utf8(text) {
        check_key(key);
    }
}
