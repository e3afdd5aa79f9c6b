//! Values as people read them: units, separators, nothing hidden. What tables and Markdown have in common.

use std::fmt::Write as _;

use bytesize::ByteSize;

use super::sanitize::{message, sanitize};
use crate::report::{Column, Table, Value};
use crate::time::Zone;

/// A sparkline is no wider than this; longer series show the peak of each step.
const MAX_SPARKLINE_WIDTH: usize = 60;

/// Rows of a heat map with more cells than this take one sign for each.
const MAX_WIDE_CELLS: usize = 31;
const NO_CELL: char = '·';
const MISSING_CELL: char = '×';

/// What stands for a table without rows.
pub(super) const NOTHING: &str = "none";

/// A value of a column as people read it.
pub(super) fn show(value: &Value, column: &Column, zone: Zone) -> String {
    match value {
        Value::Null => column.null.to_owned(),
        Value::Text(text) if text.is_empty() => column.empty.to_owned(),
        Value::Text(text) => sanitize(text),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Count(count) => thousands(*count),
        Value::Bytes(bytes) => size(*bytes),
        Value::Millis(millis) => duration(*millis),
        Value::Time(time) => zone.show(*time),
        Value::Share(share) => percent(*share),
        Value::Decimal(number) => decimal(*number, 2),
        Value::Dollars(amount) => dollars(*amount),
        Value::List(texts) if texts.is_empty() => column.null.to_owned(),
        Value::List(texts) => texts.iter().map(|text| sanitize(text)).collect::<Vec<_>>().join(", "),
        Value::Series(counts) => sparkline(counts),
        Value::Cells { counts, of } => cells(counts, *of),
    }
}

/// The title of a table, with what its times have in common.
pub(super) fn title(table: &Table, times: Option<&str>) -> Option<String> {
    match (sentence(&table.title), times) {
        (title, None) if title.is_empty() => None,
        (title, None) => Some(title),
        (title, Some(times)) if title.is_empty() => Some(times.to_owned()),
        (title, Some(times)) => Some(format!("{title} ({times})")),
    }
}

/// The line about rows that a limit has cut.
pub(super) fn cut(table: &Table) -> Option<String> {
    let total = table.total.filter(|total| *total > table.rows.len() as u64)?;
    let [rows, total] = [table.rows.len() as u64, total].map(thousands);
    let kept = if table.kept.is_empty() { String::new() } else { format!("{} ", table.kept) };
    Some(format!("{kept}{rows} of {total} rows; --limit 0 shows all"))
}

/// A title or a note: our own words, in one line, that may quote the log.
pub(super) fn sentence(text: &str) -> String {
    message(text).replace('\n', " ")
}

/// `1,234,567`
pub(super) fn thousands(number: u64) -> String {
    separate(&number.to_string())
}

/// Puts a comma before every third digit from the right.
fn separate(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1,234 files`, `1 file`
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// `52.4 MB`
pub(crate) fn size(bytes: u64) -> String {
    ByteSize(bytes).display().si().to_string()
}

/// How long something takes or took, in at most two units: `340 ms`, `1.2 s`, `2m 05s`, `3h 12m`, `4d 02h`.
pub(super) fn duration(millis: u64) -> String {
    let seconds = millis.saturating_add(500) / 1000;
    match millis {
        0..1000 => format!("{millis} ms"),
        1000..59_950 => format!("{:.1} s", millis as f64 / 1000.0),
        _ if seconds < 3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ if seconds < 86_400 => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d {:02}h", thousands(seconds / 86_400), seconds / 3600 % 24),
    }
}

/// `12.3 %`; what is there but too small to show is not shown as nothing.
fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.0005 {
        "<0.1 %".to_owned()
    } else {
        format!("{} %", decimal(share * 100.0, 1))
    }
}

/// `$1,234.50`; four decimals below a cent. What is there but too small to show is not shown as nothing.
fn dollars(amount: f64) -> String {
    let sign = if amount < 0.0 { "-" } else { "" };
    let amount = amount.abs();
    if amount > 0.0 && amount < 0.000_05 {
        return format!("<{sign}$0.0001");
    }
    let decimals = if amount > 0.0 && amount < 0.01 { 4 } else { 2 };
    format!("{sign}${}", decimal(amount, decimals))
}

fn decimal(number: f64, decimals: usize) -> String {
    if !number.is_finite() {
        return "-".to_owned();
    }
    let text = format!("{number:.decimals$}");
    let digits = text.find(|character: char| character.is_ascii_digit()).unwrap_or(0);
    let end = text.find('.').unwrap_or(text.len());
    format!("{}{}{}", &text[..digits], separate(&text[digits..end]), &text[end..])
}

/// `▁▃█▅`: nothing is the lowest step, and something is never as low as nothing.
fn sparkline(counts: &[u64]) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let width = counts.len().min(MAX_SPARKLINE_WIDTH);
    let peaks = (0..width).map(|step| {
        let span = step * counts.len() / width..(step + 1) * counts.len() / width;
        counts[span].iter().copied().max().unwrap_or(0)
    });
    let top = counts.iter().copied().max().unwrap_or(0).max(1);
    let step = |count: u64| (u128::from(count) * 7).div_ceil(u128::from(top)) as usize;
    peaks.map(|count| STEPS[step(count)]).collect()
}

/// A row of a heat map: `··░▓█×`. Up to a month of days, or a day of hours, takes two signs a cell.
fn cells(counts: &[Option<u64>], of: u64) -> String {
    const SHADES: [char; 5] = [NO_CELL, '░', '▒', '▓', '█'];
    let shade = |count: &Option<u64>| match count {
        None => MISSING_CELL,
        Some(count) => SHADES[(u128::from(*count) * 4).div_ceil(u128::from(of.max(1))).min(4) as usize],
    };
    let signs = if counts.len() <= MAX_WIDE_CELLS { 2 } else { 1 };
    counts.iter().flat_map(|count| std::iter::repeat_n(shade(count), signs)).collect()
}

/// A bar of so many cells for a share, filled up with spaces.
pub(super) fn bar(share: f64, cells: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * (cells * 8) as f64).round() as usize;
    let mut out = "█".repeat(eighths / 8);
    out.push_str(PARTS[eighths % 8]);
    let filled = eighths.div_ceil(8);
    // A `String` takes all that is written to it.
    let _ = write!(out, "{:1$}", "", cells - filled);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(counted(1, "file", "files"), "1 file");
        assert_eq!(size(52_431_000), "52.4 MB");
        assert_eq!(decimal(-1234.567, 2), "-1,234.57");
        assert_eq!(decimal(f64::NAN, 2), "-");
        assert_eq!(percent(0.1234), "12.3 %");
        assert_eq!(percent(0.0001), "<0.1 %");
        assert_eq!(percent(0.0), "0.0 %");
        assert_eq!(dollars(1234.5), "$1,234.50");
        assert_eq!(dollars(-0.0004), "-$0.0004");
        assert_eq!(dollars(0.000_01), "<$0.0001");
        assert_eq!(dollars(0.0), "$0.00");
    }

    #[test]
    fn durations() {
        let table: &[(u64, &str)] = &[
            (0, "0 ms"),
            (999, "999 ms"),
            (1000, "1.0 s"),
            (1234, "1.2 s"),
            (59_949, "59.9 s"),
            (59_950, "1m 00s"),
            (125_000, "2m 05s"),
            (3_599_499, "59m 59s"),
            (3_599_500, "1h 00m"),
            (11_520_000, "3h 12m"),
            (352_800_000, "4d 02h"),
        ];
        for (millis, expected) in table {
            assert_eq!(duration(*millis), *expected);
        }
        assert_eq!(duration(u64::MAX), "213,503,982,334d 14h");
    }

    #[test]
    fn bars_and_sparklines() {
        assert_eq!(bar(0.0, 10), "          ");
        assert_eq!(bar(0.56, 10), "█████▋    ");
        assert_eq!(bar(7.0, 10), "██████████");
        assert_eq!(bar(f64::NAN, 10), "          ");
        assert_eq!(sparkline(&[]), "");
        assert_eq!(sparkline(&[0, 0]), "▁▁");
        assert_eq!(sparkline(&[0, 1, 50, 100]), "▁▂▅█");
        assert_eq!(sparkline(&[u64::MAX, 1]), "█▂");
        assert_eq!(cells(&[Some(0), Some(1), Some(51), Some(100), None], 100), "··░░▓▓██××");
        assert_eq!(cells(&[Some(7); 32], 7), "█".repeat(32));
        let mut long = vec![0; 600];
        long[305] = 9;
        assert_eq!(sparkline(&long).chars().count(), MAX_SPARKLINE_WIDTH);
        assert_eq!(sparkline(&long).chars().position(|step| step == '█'), Some(30));
    }
}
