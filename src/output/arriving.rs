//! Records as they arrive, a line each, for people: columns of fixed widths, because nobody knows what is still to come.

use std::str::FromStr as _;

use anstyle::Style as Ansi;

use super::ascii::ascii;
use super::cell::Cell;
use super::facts::TimeForm;
use super::sheet::Tone;
use super::{Style, human, sanitize, short, truncate};
use crate::dimension::Dimension;
use crate::record::{Field, FieldKind};
use crate::report::{Fit, Short};
use crate::time::Zone;

/// What is between two columns.
const GAP: &str = "  ";
/// The least that a column which takes the rest of a line needs to say anything.
const MIN_REST: usize = 12;
/// No column of text is narrower, if there is any other way.
const MIN_TEXT: usize = 6;
/// A time without its year.
const SHORT_TIME: usize = 14;

/// How wide columns of a terminal are.
struct Widths {
    time: usize,
    /// With the error code.
    status: usize,
    operation: usize,
    requester: usize,
    /// Any other text.
    text: usize,
    /// The last column, or more.
    rest: usize,
    /// Whether there is room for the address.
    has_ip: bool,
}

/// The widest first. Who, what, which object and how it ended can be read in all of them.
const WIDTHS: [Widths; 4] = [
    Widths { time: 19, status: 20, operation: 20, requester: 26, text: 20, rest: 32, has_ip: true },
    Widths { time: SHORT_TIME, status: 16, operation: 12, requester: 17, text: 16, rest: 24, has_ip: true },
    Widths { time: SHORT_TIME, status: 16, operation: 12, requester: 17, text: 16, rest: 24, has_ip: false },
    Widths { time: SHORT_TIME, status: 16, operation: 8, requester: 16, text: 12, rest: 16, has_ip: false },
];
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
    /// Whether texts are cut to their columns, and said in less.
    cuts: bool,
    /// Where the status is, and the error code that it takes along.
    error_of: Option<(usize, usize)>,
}

#[derive(Clone, Debug)]
struct Column {
    name: String,
    kind: FieldKind,
    field: Option<Field>,
    width: usize,
    /// There is no room for it, or another column says it.
    is_hidden: bool,
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
        let mut column = Self { name: name.to_owned(), kind, field, width, is_hidden: false };
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
            error_of: None,
        };
        if let Some(width) = style.width {
            lines.fit(width);
        }
        lines
    }

    /// Divides the width among the columns; the last one takes what is left.
    fn fit(&mut self, width: usize) {
        self.cuts = true;
        let place = |field| self.columns.iter().position(|column| column.field == Some(field));
        if let (Some(status), Some(error)) = (place(Field::HttpStatus), place(Field::ErrorCode)) {
            self.error_of = Some((status, error));
            self.columns[error].is_hidden = true;
        }
        for widths in &WIDTHS {
            self.set(widths);
            if self.others() + widths.rest <= width {
                break;
            }
        }
        let Some(last) = self.last() else { return };
        while self.others() + MIN_REST > width {
            let texts = self.columns[..last]
                .iter_mut()
                .filter(|column| column.kind == FieldKind::Text && !column.is_hidden);
            let Some(widest) =
                texts.max_by_key(|column| column.width).filter(|column| column.width > MIN_TEXT)
            else {
                break;
            };
            widest.width -= 1;
        }
        self.columns[last].width = width.saturating_sub(self.others()).max(1);
    }

    /// Gives each column its width.
    fn set(&mut self, widths: &Widths) {
        let has_error = self.error_of.is_some();
        let last = self.last();
        for (place, column) in self.columns.iter_mut().enumerate() {
            column.width = match (column.field, column.kind) {
                (Some(Field::Timestamp), _) => widths.time,
                (Some(Field::HttpStatus), _) if has_error => widths.status,
                (Some(Field::Operation), _) => widths.operation,
                (Some(Field::Requester), _) => widths.requester,
                (Some(Field::RemoteIp), _) => {
                    column.is_hidden = !widths.has_ip && Some(place) != last;
                    column.width
                }
                (_, FieldKind::Text) => widths.text,
                _ => column.width,
            };
            column.width = column.width.max(column.heading().len().min(widths.text));
        }
    }

    /// The last column that is shown.
    fn last(&self) -> Option<usize> {
        self.columns.iter().rposition(|column| !column.is_hidden)
    }

    /// How wide all columns but the last one are, with the gaps.
    fn others(&self) -> usize {
        let shown =
            self.columns.iter().filter(|column| !column.is_hidden).map(|column| column.width + GAP.len());
        let last = self.last().map_or(0, |last| self.columns[last].width + GAP.len());
        shown.sum::<usize>() - last
    }

    /// The names of the columns.
    pub(super) fn heading(&self, out: &mut Vec<u8>) {
        if self.has_heading {
            let is_left_out = |place: usize| self.error_of.is_none_or(|(_, error)| error != place);
            let hidden = self
                .columns
                .iter()
                .enumerate()
                .filter(|(place, column)| column.is_hidden && is_left_out(*place));
            let hidden: Vec<&str> = hidden.map(|(_, column)| column.name.as_str()).collect();
            if !hidden.is_empty() {
                let ansi = if self.color { Tone::Faint.ansi() } else { Ansi::new() };
                out.extend_from_slice(
                    format!("{ansi}hidden: {} (--wide shows them){ansi:#}\n", hidden.join(", ")).as_bytes(),
                );
            }
            let names = self.columns.iter().map(|column| (column.heading().to_owned(), Tone::Faint));
            self.line(names.collect(), out);
        }
    }

    /// One record.
    pub(super) fn row<'a>(&self, cells: impl IntoIterator<Item = Cell<'a>>, out: &mut Vec<u8>) {
        let mut texts: Vec<(String, Tone)> = self
            .columns
            .iter()
            .zip(cells)
            .map(|(column, cell)| (self.text(column, cell), tone(column, cell)))
            .collect();
        if let Some((status, error)) = self.error_of
            && texts[error].1 != Tone::Faint
        {
            let (error, tone) = texts[error].clone();
            texts[status] = match &texts[status] {
                (_, Tone::Faint) => (error, tone),
                (status, tone) => (format!("{status} {error}"), *tone),
            };
        }
        // What went wrong is red as a whole.
        let of_status =
            self.columns.iter().zip(&texts).find(|(column, _)| column.field == Some(Field::HttpStatus));
        let bad =
            of_status.map(|(_, (_, tone))| *tone).filter(|tone| matches!(tone, Tone::Bad | Tone::Warning));
        let texts = self.columns.iter().zip(texts).map(|(column, (text, tone))| {
            let takes_part = matches!(column.field, Some(Field::HttpStatus | Field::ErrorCode));
            (text, bad.filter(|_| takes_part && tone != Tone::Faint).unwrap_or(tone))
        });
        self.line(texts.collect(), out);
    }

    fn line(&self, texts: Vec<(String, Tone)>, out: &mut Vec<u8>) {
        let mut line = String::new();
        let last = self.last().unwrap_or(0);
        let shown = self.columns.iter().zip(texts).enumerate().filter(|(_, (column, _))| !column.is_hidden);
        for (place, (column, (text, tone))) in shown {
            let is_of_ends = matches!(column.field, Some(Field::Key | Field::RemoteIp | Field::Requester));
            let fit = if is_of_ends { Fit::Middle } else { Fit::End };
            let text = if self.cuts { truncate::cut(&text, column.width, fit).into_owned() } else { text };
            let text = if self.ascii { ascii(&text) } else { text };
            let padding = " ".repeat(column.width.saturating_sub(truncate::width(&text)));
            let ansi = if self.color && tone != Tone::Plain { tone.ansi() } else { Ansi::new() };
            if !line.is_empty() {
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
            Cell::Null if column.field == Some(Field::Requester) => "anonymous".to_owned(),
            Cell::Null => "-".to_owned(),
            Cell::Text(text) if self.cuts && column.field == Some(Field::Requester) => {
                short::one(Short::Requester, text)
            }
            Cell::Text(text) if self.cuts && column.field == Some(Field::Operation) => {
                short::one(Short::Operation, text)
            }
            Cell::Text(text) => sanitize(text),
            Cell::Bool(yes) => if yes { "yes" } else { "no" }.to_owned(),
            Cell::Time(time) => {
                let text = self.zone.show(time);
                let is_short = self.cuts && column.width == SHORT_TIME;
                if is_short { TimeForm::SHORT.show(&text).to_owned() } else { text }
            }
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
        (Some(Field::Requester), Cell::Null) => Tone::Warning,
        (_, Cell::Null) | (Some(Field::Timestamp), _) => Tone::Faint,
        (Some(Field::HttpStatus), Cell::Unsigned(status)) => Tone::of_status(u16::try_from(status).ok()),
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
    fn who_what_and_which_object_can_be_read() {
        let names = ["timestamp", "http_status", "error_code", "operation", "remote_ip", "requester", "key"];
        let of = |requester: Cell<'static>, width: usize| {
            let cells = vec![
                Cell::Time(Timestamp::from_millis(1_785_578_400_000)),
                Cell::Unsigned(403),
                Cell::Text(b"AccessDenied"),
                Cell::Text(b"REST.DELETE.OBJECT"),
                Cell::Text(b"192.0.2.3"),
                requester,
                Cell::Text(b"reports/2026/08.csv"),
            ];
            line(&names, cells, Style { terminal: true, width: Some(width), ..Style::default() })
        };
        let role = Cell::Text(b"arn:aws:sts::444455556666:assumed-role/EtlRunner/nightly-of-today");
        for width in [80, 100, 120, 200] {
            let text = of(role, width);
            assert!(text.lines().all(|line| truncate::width(line) <= width), "{text}");
            for answer in ["08-01 10:00:00", "403 AccessDenied", "DELETE", "EtlRunner @6666"] {
                assert!(text.contains(answer), "{answer} in {width}: {text}");
            }
            assert!(width < 90 || text.contains("reports/2026/08.csv"), "{text}");
            assert!(text.contains("reports"), "{text}");
            assert_eq!(text.contains("192.0.2.3"), width > 100, "{text}");
            assert_eq!(text.contains("hidden: remote_ip (--wide"), width <= 100, "{text}");
        }
        assert!(of(Cell::Null, 100).contains("anonymous"));
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
