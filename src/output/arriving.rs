//! Records as they arrive, a line each, for people: columns of fixed widths, because nobody knows what is still to come.

use std::str::FromStr as _;

use anstyle::Style as Ansi;

use super::ascii::ascii;
use super::cell::Cell;
use super::sheet::Tone;
use super::{Style, human, sanitize, truncate};
use crate::dimension::Dimension;
use crate::record::{Field, FieldKind};
use crate::report::Fit;
use crate::semantics::Outcome;
use crate::time::Zone;

/// What is between two columns.
const GAP: &str = "  ";
/// The least that a column which takes the rest of a line needs to say anything.
const MIN_REST: usize = 12;
/// The columns of most lines are no wider than this, and those that are push the rest to the right if nothing cuts them.
const TEXT_WIDTH: usize = 20;

/// How rows become lines.
#[derive(Clone, Debug)]
pub(super) struct ArrivingLines {
    columns: Vec<Column>,
    zone: Zone,
    color: bool,
    ascii: bool,
    /// Whether names are above them.
    has_heading: bool,
    /// Whether texts are cut to their columns.
    cuts: bool,
}

#[derive(Clone, Debug)]
struct Column {
    name: String,
    kind: FieldKind,
    field: Option<Field>,
    width: usize,
}

impl Column {
    fn new(name: &str) -> Self {
        let dimension = Dimension::from_str(name).ok();
        let field = match dimension {
            Some(Dimension::Field(field)) => Some(field),
            _ => None,
        };
        let kind = dimension.map_or(FieldKind::Text, Dimension::kind);
        let width = match (field, kind) {
            (Some(Field::HttpStatus), _) => 6,
            (Some(Field::RemoteIp), _) => 15,
            (Some(Field::ErrorCode), _) => 16,
            (_, FieldKind::Time) => 20,
            (_, FieldKind::Integer | FieldKind::Boolean) => 6,
            (_, FieldKind::Bytes | FieldKind::Milliseconds) => 9,
            (_, FieldKind::Text) => TEXT_WIDTH,
        };
        let mut column = Self { name: name.to_owned(), kind, field, width };
        column.width = width.max(column.heading().len());
        column
    }

    fn is_number(&self) -> bool {
        matches!(self.kind, FieldKind::Bytes | FieldKind::Milliseconds)
    }

    /// What people call it who see it all the time.
    fn heading(&self) -> &str {
        match self.field {
            Some(Field::Timestamp) => "time",
            Some(Field::HttpStatus) => "status",
            Some(Field::BytesSent) => "sent",
            _ => &self.name,
        }
    }
}

impl ArrivingLines {
    pub(super) fn new(names: &[&str], zone: Zone, style: Style) -> Self {
        let columns = names.iter().map(|name| Column::new(name));
        let mut lines = Self {
            columns: columns.collect(),
            zone,
            color: style.color,
            ascii: style.ascii,
            has_heading: style.terminal,
            cuts: false,
        };
        if let Some(width) = style.width {
            lines.fit(width);
        }
        lines
    }

    /// Divides the width among the columns of text: the last one takes what is left, and if that is too little, the others give.
    fn fit(&mut self, width: usize) {
        self.cuts = true;
        let Some(last) = self.columns.len().checked_sub(1) else { return };
        let gaps = GAP.len() * last;
        let others = |columns: &[Column]| columns[..last].iter().map(|column| column.width).sum::<usize>();
        while others(&self.columns) + gaps + MIN_REST > width {
            let texts = self.columns[..last].iter_mut().filter(|column| column.kind == FieldKind::Text);
            let Some(widest) = texts.max_by_key(|column| column.width).filter(|column| column.width > 6)
            else {
                break;
            };
            widest.width -= 1;
        }
        self.columns[last].width = width.saturating_sub(others(&self.columns) + gaps).max(1);
    }

    /// The names of the columns.
    pub(super) fn heading(&self, out: &mut Vec<u8>) {
        if self.has_heading {
            let names = self.columns.iter().map(|column| (column.heading().to_owned(), Tone::Faint));
            self.line(names.collect(), out);
        }
    }

    /// One record.
    pub(super) fn row<'a>(&self, cells: impl IntoIterator<Item = Cell<'a>>, out: &mut Vec<u8>) {
        let texts: Vec<(String, Tone)> = self
            .columns
            .iter()
            .zip(cells)
            .map(|(column, cell)| (self.text(column, cell), tone(column, cell)))
            .collect();
        // What went wrong is red as a whole.
        let bad = texts.iter().map(|(_, tone)| *tone).find(|tone| matches!(tone, Tone::Bad | Tone::Warning));
        let texts = self.columns.iter().zip(texts).map(|(column, (text, tone))| {
            let takes_part = matches!(column.field, Some(Field::HttpStatus | Field::ErrorCode));
            (text, bad.filter(|_| takes_part && tone != Tone::Faint).unwrap_or(tone))
        });
        self.line(texts.collect(), out);
    }

    fn line(&self, texts: Vec<(String, Tone)>, out: &mut Vec<u8>) {
        let mut line = String::new();
        let last = self.columns.len().saturating_sub(1);
        for (place, (column, (text, tone))) in self.columns.iter().zip(texts).enumerate() {
            let fit = if column.field == Some(Field::Key) { Fit::Middle } else { Fit::End };
            let text = if self.cuts { truncate::cut(&text, column.width, fit).into_owned() } else { text };
            let text = if self.ascii { ascii(&text) } else { text };
            let padding = " ".repeat(column.width.saturating_sub(truncate::width(&text)));
            let ansi = if self.color && tone != Tone::Plain { tone.ansi() } else { Ansi::new() };
            if place > 0 {
                line.push_str(GAP);
            }
            if column.is_number() {
                line.push_str(&padding);
            }
            line.push_str(&format!("{ansi}{text}{ansi:#}"));
            if !column.is_number() && place < last {
                line.push_str(&padding);
            }
        }
        out.extend_from_slice(line.trim_end().as_bytes());
        out.push(b'\n');
    }

    fn text(&self, column: &Column, cell: Cell<'_>) -> String {
        match cell {
            Cell::Null => "-".to_owned(),
            Cell::Text(text) => sanitize(text),
            Cell::Bool(yes) => if yes { "yes" } else { "no" }.to_owned(),
            Cell::Time(time) => self.zone.show(time),
            Cell::Unsigned(number) if column.kind == FieldKind::Bytes => human::size(number),
            Cell::Unsigned(number) if column.kind == FieldKind::Milliseconds => human::duration(number),
            Cell::Unsigned(number) => number.to_string(),
            Cell::Signed(number) => number.to_string(),
            Cell::Float(number) => number.to_string(),
            Cell::Texts(texts) => texts.iter().map(|text| sanitize(text)).collect::<Vec<_>>().join(" "),
            Cell::Slices(texts) => texts.iter().map(|text| sanitize(text)).collect::<Vec<_>>().join(" "),
            Cell::Series(counts) => counts.iter().map(u64::to_string).collect::<Vec<_>>().join(" "),
            Cell::Gaps(counts) => {
                let text =
                    |count: &Option<u64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
                counts.iter().map(text).collect::<Vec<_>>().join(" ")
            }
        }
    }
}

fn tone(column: &Column, cell: Cell<'_>) -> Tone {
    match (column.field, cell) {
        (_, Cell::Null) | (Some(Field::Timestamp), _) => Tone::Faint,
        (Some(Field::HttpStatus), Cell::Unsigned(status)) => {
            match Outcome::of_status(u16::try_from(status).ok()) {
                Outcome::Denied | Outcome::Throttled | Outcome::ServerError => Tone::Bad,
                outcome if outcome.is_error() => Tone::Warning,
                _ => Tone::Plain,
            }
        }
        _ => Tone::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn line(names: &[&str], cells: Vec<Cell<'_>>, style: Style) -> String {
        let mut out = Vec::new();
        let lines = ArrivingLines::new(names, Zone::Utc, style);
        lines.heading(&mut out);
        lines.row(cells, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn cells<'a>(key: &'a [u8]) -> Vec<Cell<'a>> {
        vec![
            Cell::Time(Timestamp::from_millis(1_785_578_400_000)),
            Cell::Unsigned(403),
            Cell::Text(b"REST.GET.OBJECT"),
            Cell::Unsigned(52_400_000),
            Cell::Text(key),
        ]
    }

    const NAMES: [&str; 5] = ["timestamp", "http_status", "operation", "bytes_sent", "key"];

    #[test]
    fn columns_are_below_each_other_and_lines_fit() {
        let plain = line(&NAMES, cells(b"a/b"), Style::default());
        assert_eq!(plain, "2026-08-01 10:00:00   403     REST.GET.OBJECT         52.4 MB  a/b\n");
        let style = Style { terminal: true, width: Some(70), ..Style::default() };
        let long = vec![b'x'; 200];
        let fitted = line(&NAMES, cells(&long), style);
        assert!(fitted.starts_with("time "), "{fitted}");
        assert!(fitted.lines().all(|line| truncate::width(line) <= 70), "{fitted}");
        assert!(fitted.contains('…'));
        let ascii = line(&NAMES, cells(&long), Style { ascii: true, ..style });
        assert!(ascii.is_ascii(), "{ascii}");
        // Narrower than it can be: still a line.
        assert_eq!(line(&NAMES, cells(&long), Style { width: Some(20), ..style }).lines().count(), 2);
    }

    #[test]
    fn clients_write_no_colors_and_statuses_have_some() {
        let style = Style { color: true, ..Style::default() };
        let colored = line(&NAMES, cells(b"a\x1b[31mb\nc"), style);
        assert_eq!(colored.lines().count(), 1);
        assert!(colored.contains("\x1b[31m403") && !colored.contains("a\x1b"), "{colored:?}");
        assert!(!line(&NAMES, cells(b"a\x1b[31mb"), Style::default()).contains('\x1b'));
    }
}
