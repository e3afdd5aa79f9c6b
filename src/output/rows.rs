//! Rows for machines, one after the other: what the reports of row formats are made of, and what a command uses that
//! has more rows than anyone would keep.

use std::io::{self, Write};

use super::apache;
use super::arriving::ArrivingLines;
use super::cell::{self, Cell, Encoding};
use super::delimited::{Cells, Csv, Tsv};
use super::object::Object;
use super::sanitize::sanitize_into;
use crate::parser::Parser;
use crate::record::Record;
use crate::report::Table;
use crate::time::Zone;

/// Rows go out in blocks of about this many bytes.
const BLOCK_SIZE: usize = 64 * 1024;

/// Writes rows into buffers. It holds no buffer itself: clone it, and encode on as many threads as there are.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    kind: Kind,
    zone: Zone,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Objects, with what separates two of them.
    Objects {
        object: Object,
        before: &'static [u8],
        after: &'static [u8],
    },
    Csv {
        names: Vec<String>,
        encoding: Csv,
    },
    Tsv {
        names: Vec<String>,
        encoding: Tsv,
    },
    Raw {
        terminal: bool,
    },
    Combined,
    /// A line a row, for people who see it arrive.
    Arriving(ArrivingLines),
}

impl Rows {
    /// An object a line.
    pub(super) fn ndjson<'a>(names: impl IntoIterator<Item = &'a str>, zone: Zone) -> Self {
        Self { kind: Kind::Objects { object: Object::new(names), before: b"", after: b"\n" }, zone }
    }

    /// The members of an array; each has a comma and a line break in front, the first one too.
    pub(super) fn json<'a>(names: impl IntoIterator<Item = &'a str>, zone: Zone) -> Self {
        Self { kind: Kind::Objects { object: Object::new(names), before: b",\n", after: b"" }, zone }
    }

    /// Comma-separated cells.
    pub(super) fn csv<'a>(names: impl IntoIterator<Item = &'a str>, zone: Zone, cells: Cells) -> Self {
        let names = names.into_iter().map(str::to_owned).collect();
        Self { kind: Kind::Csv { names, encoding: Csv(cells) }, zone }
    }

    /// Tab-separated cells.
    pub(super) fn tsv<'a>(names: impl IntoIterator<Item = &'a str>, zone: Zone, cells: Cells) -> Self {
        let names = names.into_iter().map(str::to_owned).collect();
        Self { kind: Kind::Tsv { names, encoding: Tsv(cells) }, zone }
    }

    /// The lines of the log themselves.
    pub(super) fn raw(terminal: bool) -> Self {
        Self { kind: Kind::Raw { terminal }, zone: Zone::Utc }
    }

    /// The requests as the Apache web server logs them.
    pub(super) fn combined(zone: Zone) -> Self {
        Self { kind: Kind::Combined, zone }
    }

    /// Lines for people who see them arrive.
    pub(super) fn arriving(lines: ArrivingLines) -> Self {
        Self { kind: Kind::Arriving(lines), zone: Zone::Utc }
    }

    /// Appends the line of names; nothing for formats that have none.
    pub(crate) fn header(&self, out: &mut Vec<u8>) {
        match &self.kind {
            Kind::Objects { .. } | Kind::Raw { .. } | Kind::Combined => {}
            Kind::Csv { names, .. } | Kind::Tsv { names, .. } => {
                self.row(names.iter().map(|name| Cell::Text(name.as_bytes())), out);
            }
            Kind::Arriving(lines) => lines.heading(out),
        }
    }

    /// Appends one row: a cell for every column.
    #[inline]
    pub(crate) fn row<'a>(&self, cells: impl IntoIterator<Item = Cell<'a>>, out: &mut Vec<u8>) {
        match &self.kind {
            Kind::Objects { object, before, after } => {
                out.extend_from_slice(before);
                object.write(cells, self.zone, out);
                out.extend_from_slice(after);
            }
            Kind::Csv { encoding, .. } => {
                let start = out.len();
                delimited(cells, b',', self.zone, encoding, out);
                if out.len() == start {
                    // A line with nothing in it is no row to most readers.
                    out.extend_from_slice(b"\"\"");
                }
                out.push(b'\n');
            }
            Kind::Tsv { encoding, .. } => {
                delimited(cells, b'\t', self.zone, encoding, out);
                out.push(b'\n');
            }
            Kind::Arriving(lines) => lines.row(cells, out),
            Kind::Raw { .. } | Kind::Combined => {}
        }
    }

    /// Appends a row that stands for one record: its cells, or its line where that is the format.
    #[inline]
    pub(crate) fn record<'a>(
        &self,
        record: &Record<'_>,
        cells: impl IntoIterator<Item = Cell<'a>>,
        out: &mut Vec<u8>,
    ) {
        match self.kind {
            Kind::Raw { terminal } => raw(record.line(), terminal, out),
            Kind::Combined => apache::write(record, self.zone, out),
            _ => self.row(cells, out),
        }
    }

    /// Writes the header and the rows of a table.
    pub(super) fn render(&self, table: &Table, out: &mut dyn Write) -> io::Result<()> {
        let mut buffer = Vec::with_capacity(2 * BLOCK_SIZE);
        let mut parser = Parser::default();
        self.header(&mut buffer);
        table.rows.for_each(|row| {
            let line = row.raw.as_deref().unwrap_or_default();
            match self.kind {
                Kind::Raw { terminal } => raw(line, terminal, &mut buffer),
                // It has been read before, so this cannot fail.
                Kind::Combined => {
                    parser
                        .parse(line)
                        .iter()
                        .for_each(|record| apache::write(record, self.zone, &mut buffer));
                }
                _ => self.row(row.values.iter().map(Cell::from), &mut buffer),
            }
            if buffer.len() >= BLOCK_SIZE {
                out.write_all(&buffer)?;
                buffer.clear();
            }
            Ok(())
        })?;
        out.write_all(&buffer)
    }
}

/// Appends a line of the log. To a pipe it goes byte for byte.
fn raw(line: &[u8], terminal: bool, out: &mut Vec<u8>) {
    if terminal {
        sanitize_into(line, out);
    } else {
        out.extend_from_slice(line);
    }
    out.push(b'\n');
}

#[inline]
fn delimited<'a>(
    cells: impl IntoIterator<Item = Cell<'a>>,
    delimiter: u8,
    zone: Zone,
    encoding: &impl Encoding,
    out: &mut Vec<u8>,
) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            out.push(delimiter);
        }
        cell::write(cell, zone, encoding, out);
    }
}
