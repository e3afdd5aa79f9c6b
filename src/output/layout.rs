//! Which columns of a table a terminal has room for, and how wide each is.
//!
//! What can be said in less room is, before anything is lost: short forms, and once what all rows share. Then bars go, then
//! details, then context, until what is left can be read. Only then texts are cut; headings never are. Answers stay.

use std::io;

use super::Style;
use super::facts::Bars;
use super::sheet::{Column, Forms, Sheet};
use super::truncate;
use crate::report::{Fit, Importance, Table};
use crate::time::Zone;

/// Spaces between two columns.
pub(super) const COLUMN_GAP: usize = 2;
/// The bar of a share takes this many cells.
const SHARE_BAR_WIDTH: usize = 10;
/// The bar of a count takes what is left of the terminal, within these limits.
const MIN_COUNT_BAR_WIDTH: usize = 10;
const MAX_COUNT_BAR_WIDTH: usize = 100;
/// How long the bar of a count is where a table is as wide as it needs.
const DEFAULT_COUNT_BAR_WIDTH: usize = 40;
/// An answer is not cut to less as long as details are shown.
const COMFORTABLE_WIDTH: usize = 40;
/// Where even the answers alone do not fit, texts are cut to less than their minimum, all in the same proportion, down to half of it.
const PERCENTS: [usize; 10] = [95, 90, 85, 80, 75, 70, 65, 60, 55, 50];
/// But not to less than this.
const MIN_TEXT_WIDTH: usize = 8;
/// And in the end no minimum is more than this.
const MAX_MIN_TEXT_WIDTH: usize = 16;

/// A table that is ready to be drawn.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// What is drawn.
    pub(super) sheet: Sheet,
    /// How wide each column is, bars included.
    pub(super) widths: Vec<usize>,
    /// How many cells the bar of each column takes; 0 for none.
    pub(super) bars: Vec<usize>,
    /// The columns that there is no room for.
    pub(super) hidden: Vec<String>,
}

impl Layout {
    /// The layout of a table; `None` if even the answers alone do not fit the terminal.
    ///
    /// # Errors
    /// If its rows cannot be read.
    pub(super) fn new(table: &Table, zone: Zone, style: &Style) -> io::Result<Option<Self>> {
        let full = Sheet::new(table, zone, Forms::Full)?;
        let Some(width) = style.width else {
            return Ok(Some(Self::natural(full, style.terminal, DEFAULT_COUNT_BAR_WIDTH)));
        };
        let layout = Self::natural(full, style.terminal, 0);
        if layout.fits(width) {
            return Ok(Some(layout.with_count_bars(width, style)));
        }
        let layout = Self::natural(Sheet::new(table, zone, Forms::Short)?, style.terminal, 0);
        if layout.fits(width) {
            return Ok(Some(layout.with_count_bars(width, style)));
        }
        Ok(Self::squeezed(layout.sheet, width))
    }

    /// Everything as wide as it needs.
    fn natural(sheet: Sheet, has_bars: bool, count_bar: usize) -> Self {
        let bar = |column: &Column| match column.bars {
            Some(Bars::Shares) if has_bars => SHARE_BAR_WIDTH,
            Some(Bars::Counts) if has_bars => count_bar,
            _ => 0,
        };
        let bars: Vec<usize> = sheet.columns.iter().map(bar).collect();
        let widths = sheet.columns.iter().zip(&bars).map(|(column, bar)| with_bar(column, *bar)).collect();
        Self { sheet, widths, bars, hidden: Vec::new() }
    }

    fn fits(&self, width: usize) -> bool {
        total(self.widths.iter().copied()) <= width
    }

    /// Gives what is left of the terminal to the bars of counts.
    fn with_count_bars(mut self, width: usize, style: &Style) -> Self {
        let is_count = |column: &Column| matches!(column.bars, Some(Bars::Counts));
        let columns = &self.sheet.columns;
        let places: Vec<usize> = (0..columns.len()).filter(|place| is_count(&columns[*place])).collect();
        let left = width.saturating_sub(total(self.widths.iter().copied()));
        let Some(left) = left.checked_div(places.len()).filter(|_| style.terminal) else { return self };
        // A heading can be wider than the counts below it, and a space is before each bar.
        let room = |place: &usize| (left + self.widths[*place]).saturating_sub(columns[*place].widest + 1);
        let bar = places.iter().map(room).min().unwrap_or(0);
        if bar >= MIN_COUNT_BAR_WIDTH {
            for place in places {
                self.bars[place] = bar.min(MAX_COUNT_BAR_WIDTH);
                self.widths[place] = with_bar(&self.sheet.columns[place], self.bars[place]);
            }
        }
        self
    }

    /// Leaves out what is least important, until the rest can be read; then cuts texts.
    fn squeezed(mut sheet: Sheet, width: usize) -> Option<Self> {
        let mut hidden = Vec::new();
        let is_share = |column: &Column| matches!(column.bars, Some(Bars::Shares));
        let last = |sheet: &Sheet, test: &dyn Fn(&Column) -> bool| sheet.columns.iter().rposition(test);
        let readable = |sheet: &Sheet| total(sheet.columns.iter().map(|one| least(one, one.minimum)));
        while readable(&sheet) > width {
            let detail = || last(&sheet, &|column| column.importance == Importance::Detail);
            let share = || last(&sheet, &|column| column.importance > Importance::Answer && is_share(column));
            let context = || last(&sheet, &|column| column.importance == Importance::Context);
            let Some(place) = detail().or_else(share).or_else(context) else { break };
            hidden.push(sheet.columns.remove(place).name);
        }
        // A detail is worth less than an answer that would have to be cut for it.
        let comfortable = |one: &Column| match one.importance {
            Importance::Lead | Importance::Answer => least(one, one.minimum.max(COMFORTABLE_WIDTH)),
            Importance::Context | Importance::Detail => least(one, one.minimum),
        };
        while total(sheet.columns.iter().map(comfortable)) > width {
            let Some(place) = last(&sheet, &|column| column.importance == Importance::Detail) else { break };
            hidden.push(sheet.columns.remove(place).name);
        }
        // A share is worth less than the text that would have to be cut for it.
        while total(sheet.columns.iter().map(Column::natural)) > width {
            let share = last(&sheet, &|column| column.importance > Importance::Answer && is_share(column));
            let Some(place) = share else { break };
            hidden.push(sheet.columns.remove(place).name);
        }
        let room = width.saturating_sub(COLUMN_GAP * sheet.columns.len().saturating_sub(1));
        let natural: Vec<usize> = sheet.columns.iter().map(Column::natural).collect();
        let with_minima = |minimum: &dyn Fn(usize) -> usize| {
            let minima: Vec<usize> =
                sheet.columns.iter().map(|column| least(column, minimum(column.minimum))).collect();
            truncate::widths(&natural, &minima, room)
        };
        let part = |percent: usize| move |minimum: usize| (minimum * percent / 100).max(MIN_TEXT_WIDTH);
        let widths = with_minima(&|minimum| minimum)
            .or_else(|| PERCENTS.iter().find_map(|percent| with_minima(&part(*percent))))
            .or_else(|| with_minima(&|minimum| part(50)(minimum).min(MAX_MIN_TEXT_WIDTH)))?;
        let bars = vec![0; sheet.columns.len()];
        // In the order of the report, as far as one can tell from the names.
        hidden.reverse();
        Some(Self { sheet, widths, bars, hidden })
    }
}

/// How wide a column has to be, if its texts may be cut to `minimum`. Its heading is never cut.
fn least(column: &Column, minimum: usize) -> usize {
    match column.fit {
        Fit::Whole => column.natural(),
        Fit::Middle | Fit::End => minimum.max(truncate::width(&column.heading)).min(column.natural()),
    }
}

fn with_bar(column: &Column, bar: usize) -> usize {
    if bar == 0 { column.natural() } else { column.natural().max(column.widest + 1 + bar) }
}

/// The width of columns with the gaps between them.
fn total(widths: impl Iterator<Item = usize>) -> usize {
    let (sum, count) = widths.fold((0, 0), |(sum, count), width| (sum + width, count + 1));
    sum + COLUMN_GAP * usize::saturating_sub(count, 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::Field;
    use crate::report::Value;
    use crate::spill::Space;

    const STYLE: Style = Style { color: false, terminal: true, width: None, ascii: false };

    fn failed() -> Table {
        let fields = [
            (Field::Timestamp, Importance::Answer),
            (Field::Bucket, Importance::Detail),
            (Field::HttpStatus, Importance::Answer),
            (Field::ErrorCode, Importance::Answer),
            (Field::Operation, Importance::Answer),
            (Field::Key, Importance::Answer),
            (Field::Requester, Importance::Answer),
            (Field::RemoteIp, Importance::Context),
            (Field::UserAgent, Importance::Context),
            (Field::RequestId, Importance::Detail),
        ];
        let line = |day: u8, bucket: &str, ip: u8, operation: &str, key: &str, status: &str| {
            format!(
                "o {bucket} [{day:02}/Aug/2026:21:49:39 +0000] 192.0.2.{ip} \
                 arn:aws:sts::444455556666:assumed-role/EtlRunner/nightly R{ip} {operation} {key} \"GET /{key} HTTP/1.1\" \
                 {status} 1 2 3 4 \"-\" \"aws-cli/2.15.30 Python/3.11\" -"
            )
        };
        let lines = [
            line(
                3,
                "amzn-s3-demo-a",
                1,
                "REST.GET.OBJECT",
                "tables/orders/part-00012-of-99.csv",
                "403 AccessDenied",
            ),
            line(
                2,
                "amzn-s3-demo-b",
                2,
                "REST.PUT.OBJECT",
                "tables/orders/part-00013-of-99.csv",
                "404 NoSuchKey",
            ),
        ];
        let space = Space::new(std::env::temp_dir(), 1 << 20);
        let lines = |put: &mut (dyn FnMut(&[u8]) -> io::Result<()> + Send)| {
            lines.iter().try_for_each(|line| put(line.as_bytes()))
        };
        Table::of_records("requests", "Newest failed requests", &fields, &space, lines).unwrap()
    }

    fn headings(table: &Table, width: usize) -> Vec<String> {
        let style = Style { width: Some(width), ..STYLE };
        let layout = Layout::new(table, Zone::Utc, &style).unwrap().expect("a table");
        layout.sheet.columns.into_iter().map(|column| column.heading).collect()
    }

    #[test]
    fn details_go_before_context_and_answers_stay() {
        let answers = ["timestamp", "status", "operation", "key"];
        // What both rows share is above the table: who it was, and with what.
        assert_eq!(headings(&failed(), 110)[..4], answers);
        assert_eq!(headings(&failed(), 110).last().map(String::as_str), Some("bucket"));
        assert_eq!(headings(&failed(), 90), [&answers[..], &["remote_ip"]].concat());
        assert_eq!(headings(&failed(), 78), answers);
        assert_eq!(headings(&failed(), 60), answers);
        let style = Style { width: Some(40), ..STYLE };
        assert!(Layout::new(&failed(), Zone::Utc, &style).unwrap().is_none());
    }

    #[test]
    fn keys_of_32_characters_are_whole_in_100_columns() {
        let style = Style { width: Some(100), ..STYLE };
        let layout = Layout::new(&failed(), Zone::Utc, &style).unwrap().expect("a table");
        let key = layout.sheet.columns.iter().position(|column| column.name == "key").expect("the key");
        assert!(layout.widths[key] >= 34, "{layout:?}");
    }

    #[test]
    fn all_texts_are_cut_in_proportion() {
        let widths = |width: usize| {
            let style = Style { width: Some(width), ..STYLE };
            let layout = Layout::new(&failed(), Zone::Utc, &style).unwrap().expect("a table");
            let of = |name: &str| {
                let place = layout.sheet.columns.iter().position(|column| column.name == name);
                layout.widths[place.expect("a column")]
            };
            (of("key"), of("operation"))
        };
        for width in 60..100 {
            let (key, operation) = widths(width);
            assert!(key >= 2 * operation || operation >= 10, "{width}: {key} {operation}");
            assert!(key >= 16 && (width < 70 || key >= 24), "{width}: {key} {operation}");
        }
    }

    #[test]
    fn what_all_rows_share_is_said_once() {
        let style = Style { width: Some(90), ..STYLE };
        let layout = Layout::new(&failed(), Zone::Utc, &style).unwrap().expect("a table");
        let same: Vec<_> =
            layout.sheet.same.iter().map(|(name, value, _)| format!("{name} {value}")).collect();
        assert_eq!(same, ["requester EtlRunner @6666", "client aws-cli/2"]);
        assert_eq!(layout.sheet.times.as_deref(), Some("times in UTC, 2026"));
        let texts = |place: usize| -> Vec<String> {
            let mut table = failed();
            table.rows.held().iter().map(|row| layout.sheet.columns[place].cell(row).text).collect()
        };
        assert_eq!(texts(0), ["08-03 21:49:39", "08-02 21:49:39"]);
        assert_eq!(texts(1), ["403 AccessDenied", "404 NoSuchKey"]);
    }

    proptest! {
        #[test]
        fn tables_fit_and_lose_no_answer(
            columns in prop::collection::vec((0u8..4, 0u8..3, 0usize..60, "[a-z_]{1,20}"), 1..9),
            width in 1usize..250,
        ) {
            let importance = |kind: u8| match kind {
                0 => Importance::Lead,
                1 => Importance::Answer,
                2 => Importance::Context,
                _ => Importance::Detail,
            };
            let mut table = Table::builder("t", "T", [0_usize, 1]);
            for (kind, fit, length, name) in &columns {
                let column = match fit {
                    0 => crate::report::Column::whole(name.clone()),
                    1 => crate::report::Column::middle(name.clone()),
                    _ => crate::report::Column::end(name.clone()),
                };
                let column = column.of_importance(importance(*kind));
                table = table.one(column, move |row| Value::Text(vec![b'x'; length + row]));
            }
            let table = table.build();
            let style = Style { width: Some(width), ..STYLE };
            if let Some(layout) = Layout::new(&table, Zone::Utc, &style).unwrap() {
                prop_assert!(total(layout.widths.iter().copied()) <= width, "{layout:?}");
                let shown: Vec<&str> = layout.sheet.columns.iter().map(|one| one.heading.as_str())
                    .chain(layout.sheet.same.iter().map(|(name, ..)| name.as_str())).collect();
                for (kind, .., name) in &columns {
                    prop_assert!(importance(*kind) > Importance::Answer || shown.contains(&name.as_str()));
                }
                for (column, width) in layout.sheet.columns.iter().zip(&layout.widths) {
                    prop_assert!(truncate::width(&column.heading) <= *width, "{layout:?}");
                }
            }
        }
    }
}
