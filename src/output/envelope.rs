//! What surrounds the rows of a JSON answer: the object with its tables and the tally.

use std::collections::BTreeMap;

use super::cell::Cell;
use super::object::{Object, string};
use crate::report::{Chart, Tally};
use crate::time::Zone;

/// Joins blocks of rows. Rows are encoded on many threads, none of which knows whether its row is the first of all; so
/// each carries the comma in front of it, and the very first loses it here.
#[derive(Debug, Default)]
pub(super) struct Seam {
    begun: bool,
}

impl Seam {
    /// The block as it is to be written.
    pub(super) fn join<'a>(&mut self, block: &'a [u8]) -> &'a [u8] {
        if self.begun || block.is_empty() {
            return block;
        }
        self.begun = true;
        block.strip_prefix(b",").unwrap_or(block)
    }
}

/// Appends what comes before the first table.
pub(super) fn start(report: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"report\":");
    string(report.as_bytes(), out);
    out.extend_from_slice(b",\"tables\":{");
}

/// Appends what comes before the first row of a table.
pub(super) fn start_table(name: &str, out: &mut Vec<u8>) {
    out.push(b'\n');
    string(name.as_bytes(), out);
    out.extend_from_slice(b":[");
}

/// Appends what follows the last row of a table.
pub(super) fn end_table(out: &mut Vec<u8>) {
    out.extend_from_slice(b"\n]");
}

/// Appends what follows the last table.
pub(super) fn end<'a>(
    main: &str,
    approximate: impl Iterator<Item = (&'a str, &'a str)>,
    charts: &BTreeMap<&str, Vec<&Chart>>,
    tally: &Tally,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"},\n\"main\":");
    string(main.as_bytes(), out);
    // Only answers that are not exact have this member.
    let object = Object::new(["table", "note"]);
    let mut approximate = approximate.peekable();
    let is_approximate = approximate.peek().is_some();
    for (place, (table, note)) in approximate.enumerate() {
        out.extend_from_slice(if place == 0 { b",\n\"approximate\":[" } else { b",\n" });
        object.write([table, note].map(|text| Cell::Text(text.as_bytes())), Zone::Utc, out);
    }
    if is_approximate {
        out.push(b']');
    }
    // Names and texts, which are always JSON.
    if let Some(charts) = serde_json::to_string(charts).ok().filter(|_| !charts.is_empty()) {
        out.extend_from_slice(b",\n\"charts\":");
        out.extend_from_slice(charts.as_bytes());
    }
    let numbers = [
        ("files", tally.files),
        ("bytes", tally.bytes),
        ("lines", tally.lines),
        ("records", tally.records),
        ("rejected", tally.rejected),
        ("ambiguous", tally.ambiguous),
        ("matched", tally.matched),
    ];
    // Not every run has these: duplicates are left out on demand, and the others are of sources that hold other objects or
    // could not be read.
    let others = [("duplicates", tally.duplicates), ("skipped", tally.skipped), ("unread", tally.unread)];
    let others = others.into_iter().filter(|(_, number)| *number > 0);
    let numbers = || numbers.into_iter().chain(others.clone());
    let object = Object::new(numbers().map(|(name, _)| name).chain(["partial"]));
    let cells = numbers().map(|(_, number)| Cell::Unsigned(number));
    out.extend_from_slice(b",\n\"tally\":");
    object.write(cells.chain([Cell::Bool(tally.is_partial())]), Zone::Utc, out);
    out.extend_from_slice(b"}\n");
}
