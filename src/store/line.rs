//! The line of a record, made again from its fields, so that a store need not keep what it holds already.
//!
//! A line is usual if it is its fields with one space between them. How many fields it has, and which nulls of the quoted fields are
//! written without quotes, is its form. All other lines are kept as they are.

use chrono::{DateTime, Datelike as _, Timelike as _};

use crate::columnar::Known;
use crate::digits;
use crate::record::{Field, FieldKind, Record};
use crate::time::Timestamp;

/// The fields that are written in quotes.
const QUOTED: [Field; 3] = [Field::RequestUri, Field::Referer, Field::UserAgent];

/// How many bits of a form say how many fields there are.
const COUNT_BITS: u32 = 5;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// How a usual line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form(u8);

impl Form {
    /// As it is stored.
    pub(crate) fn code(self) -> i32 {
        i32::from(self.0)
    }

    /// From what is stored; `None` if no line has that form.
    pub(crate) fn of_code(code: i32) -> Option<Self> {
        let form = Self(u8::try_from(code).ok()?);
        (Field::HEAD..=Field::COUNT).contains(&form.fields()).then_some(form)
    }

    /// The form of a record's line; `None` if its line has to be kept. `line` is where it is tried.
    pub(crate) fn of<'r>(record: &Record<'r>, known: &Known<'r>, line: &mut Vec<u8>) -> Option<Self> {
        let count = u8::try_from(Field::HEAD + known.tail_fields()).ok()?;
        let is_null = |place: &usize| record.get(QUOTED[*place]).is_none();
        let nulls = (0..QUOTED.len()).filter(is_null).fold(0_u8, |nulls, place| nulls | 1 << place);
        // Mostly all dashes have quotes, and else none has.
        let bare = [0, nulls].into_iter().chain((1..nulls).filter(|bare| bare & !nulls == 0));
        for bare in bare.take(if nulls == 0 { 1 } else { usize::MAX }) {
            let form = Self(count | bare << COUNT_BITS);
            line.clear();
            form.write(record.timestamp(), &mut |field, out| write_field(record, known, field, out), line);
            if line.as_slice() == record.line() {
                return Some(form);
            }
        }
        None
    }

    fn fields(self) -> usize {
        usize::from(self.0 & ((1 << COUNT_BITS) - 1))
    }

    fn is_bare(self, field: Field) -> bool {
        QUOTED
            .iter()
            .position(|quoted| *quoted == field)
            .is_some_and(|place| self.0 >> (COUNT_BITS + place as u32) & 1 == 1)
    }

    /// Writes the line. `value` writes the text of a field, and says whether it has one.
    pub(crate) fn write(
        self,
        time: Timestamp,
        value: &mut dyn FnMut(Field, &mut Vec<u8>) -> bool,
        line: &mut Vec<u8>,
    ) {
        for field in Field::ALL.into_iter().take(self.fields()) {
            if field.index() > 0 {
                line.push(b' ');
            }
            if field == Field::Timestamp {
                write_time(time, line);
                continue;
            }
            let start = line.len();
            let is_quoted = QUOTED.contains(&field);
            if is_quoted {
                line.push(b'"');
            }
            if !value(field, line) {
                line.truncate(start);
                line.extend_from_slice(if is_quoted && !self.is_bare(field) { b"\"-\"" } else { b"-" });
            } else if is_quoted {
                line.push(b'"');
            }
        }
    }
}

fn write_field<'r>(record: &Record<'r>, known: &Known<'r>, field: Field, out: &mut Vec<u8>) -> bool {
    if field == Field::AclRequired {
        return write_acl(record.acl_required(), out);
    }
    // As rows have them: a number that is written otherwise is not made again.
    if matches!(field.kind(), FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds) {
        let Some(text) = record.get(field).filter(|text| is_plain(field, text)) else { return false };
        out.extend_from_slice(text);
        return true;
    }
    let Some(text) = known.field_text(field, record) else { return false };
    out.extend_from_slice(text);
    true
}

/// Whether a number is written as a row's number would be.
fn is_plain(field: Field, text: &[u8]) -> bool {
    let fits = match field {
        Field::HttpStatus => text.len() == 3,
        _ => digits::number(text).is_some_and(|number| i64::try_from(number).is_ok()),
    };
    fits && (text[0] != b'0' || text.len() == 1)
}

/// Writes acl_required; no is a dash.
pub(super) fn write_acl(is_required: Option<bool>, out: &mut Vec<u8>) -> bool {
    if is_required == Some(true) {
        out.extend_from_slice(b"Yes");
    }
    is_required == Some(true)
}

/// Writes a time as the log does, without its milliseconds: a line that has any is kept.
fn write_time(time: Timestamp, line: &mut Vec<u8>) {
    let Some(time) = DateTime::from_timestamp(time.millis().div_euclid(1_000), 0) else { return };
    let two = |number: u32, line: &mut Vec<u8>| {
        line.extend([b'0' + (number / 10) as u8, b'0' + (number % 10) as u8])
    };
    line.push(b'[');
    two(time.day(), line);
    line.push(b'/');
    line.extend_from_slice(MONTHS[time.month0() as usize].as_bytes());
    line.push(b'/');
    line.extend_from_slice(format!("{:04}", time.year()).as_bytes());
    for part in [time.hour(), time.minute(), time.second()] {
        line.push(b':');
        two(part, line);
    }
    line.extend_from_slice(b" +0000]");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::Parser;

    const START: &str =
        "79a59d my-bucket [06/Feb/2019:23:30:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT a%20b/c";
    const TAIL: &str =
        "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP= SigV4 ECDHE AuthHeader h TLSv1.2";

    #[test]
    fn usual_lines_are_made_again() {
        for (line, is_usual) in [
            (format!("{START} \"GET /a HTTP/1.1\" 403 AccessDenied 243 - 7 - \"-\" \"aws-cli/2.0\" -"), true),
            (format!("{START} - 403 AccessDenied 243 - 7 - - \"aws-cli/2.0\" - {TAIL}"), true),
            (format!("{START} \"GET /a HTTP/1.1\" 403 - - - - - - - -"), true),
            (format!("{START} \"GET /a HTTP/1.1\" 403 - - - - - - \"-\" -"), true),
            (format!("{START} \"GET /a HTTP/1.1\" 403 - - - - - \"-\" - - {TAIL} - Yes"), true),
            (
                format!("{START} \"GET /a HTTP/1.1\" 403 - - - - - \"-\" \"x\" - {TAIL} - - us-east-1 more"),
                false,
            ),
            (format!("{START} \"GET /a HTTP/1.1\" 403 - 007 - - - \"\" \"x\" -"), false),
            (format!("{START} \"GET /a HTTP/1.1\" 403 -  - - - - \"\" \"x\" -"), false),
            (START.replace("+0000", "+0100") + " \"GET /a HTTP/1.1\" 403 - - - - - \"-\" \"x\" -", false),
        ] {
            let mut parser = Parser::default();
            let record = parser.parse(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"));
            let mut made = Vec::new();
            let form = Form::of(&record, &Known::of(&record), &mut made);
            assert_eq!(form.is_some(), is_usual, "{line}");
            assert_eq!(form.and_then(|form| Form::of_code(form.code())), form);
        }
        assert_eq!(Form::of_code(16), None);
        assert_eq!(Form::of_code(300), None);
    }
}
