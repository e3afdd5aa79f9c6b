//! How CSV and TSV write values.
//!
//! CSV is that of RFC 4180, with `\n` at the end of lines as all of Unix has it. A null is an empty cell and the empty text
//! is `""`: the same to most readers, and told apart by those that care. In TSV a line is a row, whatever the values hold, so
//! `cut` and `awk` can be trusted with it.

use super::cell::Encoding;
use super::sanitize::sanitize_into;

/// How cells are written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cells {
    /// Cells that a spreadsheet would run get a `'` in front.
    pub(super) spreadsheet_safe: bool,
    /// Text is going to a terminal.
    pub(super) terminal: bool,
}

impl Cells {
    /// What has to precede the text.
    pub(super) fn prefix(self, text: &[u8]) -> &'static [u8] {
        let runs = || {
            matches!(text, [b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | b'\n', ..])
                || ["＝", "＋", "－", "＠"].iter().any(|wide| text.starts_with(wide.as_bytes()))
        };
        if self.spreadsheet_safe && runs() { b"'" } else { b"" }
    }
}

/// How CSV writes values.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Csv(pub(super) Cells);

impl Encoding for Csv {
    fn text(&self, text: &[u8], out: &mut Vec<u8>) {
        let prefix = self.0.prefix(text);
        if self.0.terminal {
            let mut visible = Vec::with_capacity(text.len());
            sanitize_into(text, &mut visible);
            quote(prefix, &visible, out);
        } else {
            quote(prefix, text, out);
        }
    }
}

/// Appends a cell, in quotes if it needs them.
fn quote(prefix: &[u8], text: &[u8], out: &mut Vec<u8>) {
    let special = |byte: &u8| matches!(byte, b'"' | b',' | b'\n' | b'\r');
    if !text.is_empty() && !text.iter().any(special) {
        out.extend_from_slice(prefix);
        out.extend_from_slice(text);
        return;
    }
    out.push(b'"');
    out.extend_from_slice(prefix);
    let mut rest = text;
    while let Some(place) = memchr::memchr(b'"', rest) {
        out.extend_from_slice(&rest[..=place]);
        out.push(b'"');
        rest = &rest[place + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// How TSV writes values.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tsv(pub(super) Cells);

impl Encoding for Tsv {
    fn text(&self, text: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.prefix(text));
        if self.0.terminal {
            // Its escapes hold those of TSV.
            sanitize_into(text, out);
        } else {
            escape(text, out);
        }
    }
}

fn escape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(place) = rest.iter().position(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b'\\')) {
        out.extend_from_slice(&rest[..place]);
        out.extend_from_slice(match rest[place] {
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            _ => b"\\\\",
        });
        rest = &rest[place + 1..];
    }
    out.extend_from_slice(rest);
}
