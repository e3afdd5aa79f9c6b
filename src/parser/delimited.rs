//! Delimited lines: what the delivery formats `w3c`, `plain` and `raw` of vended logs hold. The names of the columns are those of
//! the JSON delivery; they are in a header (`#Fields:`), or they are typed.
//!
//! A line is read as the object of the JSON delivery that it stands for, so that whatever is done with records is done with
//! these. Nothing inside a text is escaped as far as is known. So a line is read only if it holds exactly as many texts as there are
//! columns: who can put delimiters into a text can make the line one that is refused, and no other record of it. Where a space
//! separates, texts that hold one have to be in quotes, as W3C has it, and a line is read only if its quotes can be read in one
//! way (`delimited_quotes.rs`).
//!
//! Sources: AWS, "CreateDelivery" (`recordFields`, `fieldDelimiter`) and "ConfigurationTemplate" (`allowedOutputFormats`), Amazon
//! CloudWatch Logs API Reference; W3C, "Extended Log File Format" (WD-logfile), for the header.

use std::io::Write as _;

use memchr::{memchr, memmem};

use super::delimited_quotes::{self, Texts};
use super::error::ParseError;
use super::json_members::{Member, aws_name, member};
use super::text::{lines, without_mark};
use crate::record::{Field, FieldKind, NONE, is_number};
use crate::time::Timestamp;

/// The directive that names the columns.
const FIELDS: &[u8] = b"#Fields:";

/// The texts that can hold spaces, and so can be in quotes where a space separates.
const QUOTED: [Field; 3] = [Field::RequestUri, Field::Referer, Field::UserAgent];

/// What begins a text that clients choose, so that its first white space says nothing of what separates columns.
const OF_CLIENTS: [Field; 6] =
    [Field::Key, Field::RequestUri, Field::Referer, Field::UserAgent, Field::VersionId, Field::HostHeader];

/// The longest delimiter, in bytes: that of `fieldDelimiter`.
pub(crate) const MAX_DELIMITER_LEN: usize = 5;

/// What the columns of delimited lines hold, in their order, and what separates them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    columns: Vec<Column>,
    /// `None` is a tab or a space: whichever comes first in a line.
    delimiter: Option<Vec<u8>>,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Column {
    Field(Field),
    /// What is no field goes to the unknown members under this name.
    Extra(String),
}

/// Names that cannot be those of the columns of a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ColumnsError {
    /// No column holds the time.
    #[error("no request_time among the fields; a record needs it")]
    NoTime,
    /// Two columns hold the same field.
    #[error("{0} is named twice")]
    Twice(Field),
    /// A name is empty.
    #[error("a field has no name")]
    Empty,
    /// The delimiter is empty, too long, or a line feed.
    #[error(
        "invalid delimiter {0:?}: expected 1 to {MAX_DELIMITER_LEN} characters, such as \\t, a space or ,"
    )]
    Delimiter(String),
}

impl Columns {
    /// Columns with these names, of AWS or our own. `\t` in the delimiter is a tab; without one, it is a tab or a space.
    ///
    /// # Errors
    /// If these are not the columns of a log.
    pub(crate) fn new<'a>(
        names: impl IntoIterator<Item = &'a str>,
        delimiter: Option<&str>,
    ) -> Result<Self, ColumnsError> {
        let delimiter = delimiter.map(read_delimiter).transpose()?;
        let columns: Vec<Column> = names.into_iter().map(|name| Column::named(name.trim())).collect();
        if columns.contains(&Column::Extra(String::new())) {
            return Err(ColumnsError::Empty);
        }
        let twice = |(place, column): (usize, &Column)| match column {
            Column::Field(field) if columns[..place].contains(column) => Some(*field),
            _ => None,
        };
        match columns.iter().enumerate().find_map(twice) {
            Some(field) => Err(ColumnsError::Twice(field)),
            None if !columns.contains(&Column::Field(Field::Timestamp)) => Err(ColumnsError::NoTime),
            None => Ok(Self { columns, delimiter }),
        }
    }

    /// No columns, but what separates those that a header names. `\t` is a tab.
    ///
    /// # Errors
    /// If nothing can be separated by it.
    pub(crate) fn separated_by(delimiter: &str) -> Result<Self, ColumnsError> {
        Ok(Self { columns: Vec::new(), delimiter: Some(read_delimiter(delimiter)?) })
    }

    /// Whether there are no columns.
    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The columns that a header names; `None` if it is none. What separates the lines may be another thing than what separates
    /// the names, and is `delimiter`, if one was typed.
    pub(super) fn of_header(line: &[u8], delimiter: Option<&[u8]>) -> Option<Self> {
        let names = String::from_utf8_lossy(line.strip_prefix(FIELDS)?);
        let mut columns: Vec<Column> = Vec::new();
        for name in names.split(|separator: char| separator.is_whitespace() || separator == ',') {
            match Column::named(name) {
                Column::Extra(name) if name.is_empty() => {}
                // Which of two is meant, nobody knows.
                Column::Field(field) if columns.contains(&Column::Field(field)) => {
                    columns.push(Column::Extra(name.to_owned()));
                }
                column => columns.push(column),
            }
        }
        // Names that tabs separate are those of columns that tabs separate.
        let of_names = || names.trim_start_matches(' ').trim().contains('\t').then(|| b"\t".to_vec());
        let delimiter = delimiter.map(<[u8]>::to_vec).or_else(of_names);
        Some(Self { columns, delimiter })
    }

    /// What separates the columns, if that is known.
    pub(super) fn delimiter(&self) -> Option<&[u8]> {
        self.delimiter.as_deref()
    }

    /// Appends the object of the JSON delivery that a line stands for, which is without its line end.
    ///
    /// # Errors
    /// The reason, if it is no record of these columns.
    pub(super) fn write_object(&self, line: &[u8], out: &mut Vec<u8>) -> Result<(), ParseError> {
        let texts = self.split(line)?;
        let mut has_time = false;
        out.push(b'{');
        for (column, text) in self.columns.iter().zip(texts) {
            if text.is_empty() || text == NONE {
                continue;
            }
            if out.last() != Some(&b'{') {
                out.push(b',');
            }
            match column {
                Column::Field(field) => {
                    check(*field, text)?;
                    has_time |= *field == Field::Timestamp;
                    string(aws_name(*field).as_bytes(), out);
                    out.push(b':');
                    value(*field, text, out);
                }
                Column::Extra(name) => {
                    string(name.as_bytes(), out);
                    out.push(b':');
                    string(text, out);
                }
            }
        }
        out.push(b'}');
        if has_time { Ok(()) } else { Err(ParseError::Unexpected(Field::Timestamp)) }
    }

    /// The texts of a line, as many as there are columns.
    fn split<'a>(&self, line: &'a [u8]) -> Result<Vec<&'a [u8]>, ParseError> {
        let delimiter = match &self.delimiter {
            Some(delimiter) => delimiter,
            None => match line.iter().find(|byte| matches!(byte, b'\t' | b' ')) {
                // A client can begin it with either.
                _ if self.begins_with_text_of_client() => &b"\t"[..],
                Some(b' ') => b" ",
                _ => b"\t",
            },
        };
        if delimiter == b" " {
            return delimited_quotes::split(line, &self.columns);
        }
        let (mut texts, mut start) = (Vec::with_capacity(self.columns.len()), 0);
        for end in memmem::find_iter(line, delimiter) {
            texts.push(&line[start..end]);
            start = end + delimiter.len();
        }
        texts.push(&line[start..]);
        let refused = ParseError::Columns { found: texts.len(), named: self.columns.len() };
        if texts.len() == self.columns.len() { Ok(texts) } else { Err(refused) }
    }

    fn begins_with_text_of_client(&self) -> bool {
        matches!(self.columns.first(), Some(Column::Field(field)) if OF_CLIENTS.contains(field))
    }
}

impl Column {
    fn named(name: &str) -> Self {
        match member(name.as_bytes()) {
            Member::Aws(field) | Member::Own(field) => Self::Field(field),
            Member::Extra => Self::Extra(name.to_owned()),
        }
    }
}

impl Texts for Column {
    fn can_be_quoted(&self) -> bool {
        matches!(self, Self::Field(field) if QUOTED.contains(field))
    }

    fn can_be(&self, text: &[u8]) -> bool {
        match self {
            Self::Field(field) => text.is_empty() || text == NONE || check(*field, text).is_ok(),
            Self::Extra(_) => true,
        }
    }
}

/// Reads a delimiter as it is typed.
fn read_delimiter(typed: &str) -> Result<Vec<u8>, ColumnsError> {
    let delimiter = typed.replace("\\t", "\t").into_bytes();
    let is_one = (1..=MAX_DELIMITER_LEN).contains(&delimiter.len()) && !delimiter.contains(&b'\n');
    if is_one { Ok(delimiter) } else { Err(ColumnsError::Delimiter(typed.to_owned())) }
}

/// Refuses what the field cannot hold.
fn check(field: Field, text: &[u8]) -> Result<(), ParseError> {
    let is_right = match field.kind() {
        FieldKind::Time => Timestamp::from_iso(text).is_some(),
        FieldKind::Integer => text.len() == 3 && is_number(text),
        FieldKind::Bytes | FieldKind::Milliseconds => is_number(text),
        FieldKind::Text | FieldKind::Boolean => true,
    };
    if is_right { Ok(()) } else { Err(ParseError::Unexpected(field)) }
}

/// Appends the value of a field.
fn value(field: Field, text: &[u8], out: &mut Vec<u8>) {
    let is_boolean = field.kind() == FieldKind::Boolean;
    let word = |word: &str| is_boolean && text.eq_ignore_ascii_case(word.as_bytes());
    match field.kind() {
        FieldKind::Boolean if word("true") || word("false") => {
            out.extend(text.iter().map(u8::to_ascii_lowercase));
        }
        FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds
            if text[0] != b'0' || text.len() == 1 =>
        {
            out.extend_from_slice(text);
        }
        _ => string(text, out),
    }
}

/// Appends a text as JSON. Bytes that are not UTF-8 are written as S3 writes them in keys: `%E9`.
fn string(text: &[u8], out: &mut Vec<u8>) {
    let mut valid = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        valid.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| valid.push_str(&format!("%{byte:02X}")));
    }
    let start = out.len();
    if serde_json::to_writer(&mut *out, &valid).is_err() {
        // Nothing that is written to memory fails.
        out.truncate(start);
        let _ = out.write_all(b"\"\"");
    }
}

/// Whether a line is a directive of the W3C format, such as `#Version: 1.0`: no record, and nothing is lost with it.
pub(super) fn is_directive(line: &[u8]) -> bool {
    let Some(text) = without_mark(line).strip_prefix(b"#") else { return false };
    memchr(b':', text).is_some_and(|end| {
        end > 0 && text[..end].iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'-')
    })
}

/// Whether a text begins with a directive, so that its lines may be delimited ones.
pub(crate) fn begins_with_directive(text: &[u8]) -> bool {
    without_mark(text).first() == Some(&b'#')
}

/// The last of the lines that names columns: what follows the text is read by it.
pub(crate) fn last_header(text: &[u8]) -> Option<&[u8]> {
    let at = memmem::rfind_iter(text, FIELDS).find(|at| *at == 0 || matches!(text[at - 1], b'\n' | 0xBF))?;
    lines(&text[at..]).next()
}

#[cfg(test)]
#[path = "delimited_tests.rs"]
mod tests;
