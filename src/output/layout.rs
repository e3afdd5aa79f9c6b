//! Which columns of a table a terminal has room for, and how wide each is.
//!
//! What can be said in less room is, before anything is lost: short forms, and once what all rows share. Then bars go, then
//! details, then context, until what is left can be read. Only then texts are cut; headings never are. Answers stay.

use std::io;

use super::Style;
use super::facts::{Bars, Forms};
use super::sheet::{Column, Sheet};
use super::truncate;
use crate::report::{Fit, Importance, Table, WithoutRoom};
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
/// What numbers are called that were added up.
const OTHER: &str = "other";
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
    /// The columns whose values are said below their rows.
    pub(super) below: Vec<Column>,
    /// The columns that became part of another one.
    pub(super) added: Vec<String>,
}

impl Layout {
    /// The layout of a table; `None` if even the answers alone do not fit the terminal.
    ///
    /// # Errors
    /// If its rows cannot be read.
    pub(super) fn new(table: &Table, zone: Zone, style: &Style) -> io::Result<Option<Self>> {
        let Some(width) = style.width else {
            let full = Sheet::new(table, zone, Forms::Full)?;
            return Ok(Some(Self::natural(full, style.terminal, DEFAULT_COUNT_BAR_WIDTH)));
        };
        let layout = Self::natural(Sheet::new(table, zone, Forms::OneDay)?, style.terminal, 0);
        if layout.fits(width) {
            return Ok(Some(layout.with_count_bars(width, style)));
        }
        let layout = Self::natural(Sheet::new(table, zone, Forms::Short)?, style.terminal, 0);
        if layout.fits(width) {
            return Ok(Some(layout.with_count_bars(width, style)));
        }
        let mut sheet = layout.sheet;
        let added = add_up(&mut sheet, table, width)?;
        let layout = Self::natural(sheet, style.terminal, 0);
        let layout =
            if layout.fits(width) { Some(layout) } else { Self::squeezed(layout.sheet, table, width)? };
        Ok(layout.map(|layout| Self { added, ..layout }))
    }

    /// The names of the columns that do not show all steps of their lines.
    pub(super) fn in_fewer_steps(&self) -> impl Iterator<Item = &str> {
        let columns = self.sheet.columns.iter().zip(&self.widths);
        let cut = columns.filter(|(column, width)| column.fit == Fit::Peaks && **width < column.widest);
        cut.map(|(column, _)| column.name.as_str())
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
        Self { sheet, widths, bars, hidden: Vec::new(), below: Vec::new(), added: Vec::new() }
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
    fn squeezed(mut sheet: Sheet, table: &Table, width: usize) -> io::Result<Option<Self>> {
        let (mut hidden, mut below) = (Vec::new(), Vec::new());
        let mut remove = |sheet: &mut Sheet, place: usize| {
            let column = sheet.columns.remove(place);
            match column.without_room {
                WithoutRoom::Below => below.push(column),
                _ => {
                    if sheet.say_instead(&column) {
                        sheet.measure(table)?;
                    }
                    hidden.push(column.name);
                }
            }
            Ok::<(), io::Error>(())
        };
        let is_share = |column: &Column| matches!(column.bars, Some(Bars::Shares));
        let last = |sheet: &Sheet, test: &dyn Fn(&Column) -> bool| sheet.columns.iter().rposition(test);
        let readable = |sheet: &Sheet| total(sheet.columns.iter().map(|one| least(one, one.minimum)));
        while readable(&sheet) > width {
            let detail = || last(&sheet, &|column| column.importance == Importance::Detail);
            let share = || last(&sheet, &|column| column.importance > Importance::Answer && is_share(column));
            let below = || last(&sheet, &is_below);
            let context = || last(&sheet, &|column| column.importance == Importance::Context);
            let Some(place) = detail().or_else(share).or_else(below).or_else(context) else { break };
            remove(&mut sheet, place)?;
        }
        // A detail is worth less than an answer that would have to be cut for it.
        let comfortable = |one: &Column| match one.importance {
            Importance::Lead | Importance::Answer => least(one, one.minimum.max(COMFORTABLE_WIDTH)),
            Importance::Context | Importance::Detail => least(one, one.minimum),
        };
        while total(sheet.columns.iter().map(comfortable)) > width {
            let detail = || last(&sheet, &|column| column.importance == Importance::Detail);
            let Some(place) = detail().or_else(|| last(&sheet, &is_below)) else { break };
            remove(&mut sheet, place)?;
        }
        // A share is worth less than the text that would have to be cut for it.
        while total(sheet.columns.iter().map(Column::natural)) > width {
            let share = last(&sheet, &|column| column.importance > Importance::Answer && is_share(column));
            let Some(place) = share else { break };
            remove(&mut sheet, place)?;
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
            .or_else(|| with_minima(&|minimum| part(50)(minimum).min(MAX_MIN_TEXT_WIDTH)));
        let Some(widths) = widths else { return Ok(None) };
        let bars = vec![0; sheet.columns.len()];
        // In the order of the report, as far as one can tell from the names.
        hidden.reverse();
        below.reverse();
        Ok(Some(Self { sheet, widths, bars, hidden, below, added: Vec::new() }))
    }
}

fn is_below(column: &Column) -> bool {
    column.importance > Importance::Answer && column.without_room == WithoutRoom::Below
}

/// Adds columns of numbers up, the last ones first, until the table fits; one value stays. What they are called.
fn add_up(sheet: &mut Sheet, table: &Table, width: usize) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    loop {
        let mut left = total(sheet.columns.iter().map(Column::natural)).saturating_sub(width);
        let is_added = |column: &Column| column.without_room == WithoutRoom::Added;
        let Some(rest) = sheet.columns.iter().rposition(is_added) else { break };
        let mut place = rest;
        while left > 0
            && place >= 2
            && is_added(&sheet.columns[place - 1])
            && is_added(&sheet.columns[place - 2])
        {
            place -= 1;
            left = left.saturating_sub(sheet.columns[place].natural() + COLUMN_GAP);
        }
        if place == rest {
            break;
        }
        let mut taken: Vec<Column> = sheet.columns.drain(place..rest).collect();
        let other = &mut sheet.columns[place];
        taken.iter().for_each(|column| other.take_in(column));
        if other.heading != OTHER {
            taken.push(other.clone());
            other.heading = OTHER.to_owned();
        }
        names.splice(..0, taken.into_iter().map(|column| column.heading));
        // Sums are wider.
        sheet.measure(table)?;
    }
    Ok(names)
}

/// How wide a column has to be, if its texts may be cut to `minimum`. Its heading is never cut.
fn least(column: &Column, minimum: usize) -> usize {
    match column.fit {
        // Below its row there is room for all of it.
        _ if is_below(column) => column.natural(),
        Fit::Whole => column.natural(),
        Fit::Middle | Fit::End | Fit::Peaks => {
            minimum.max(truncate::width(&column.heading)).min(column.natural())
        }
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
    use crate::report::{self, Value};
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
        let text = |row: &usize| Value::Text(vec![b'x'; 60 + row]);
        let table = Table::builder("t", "T", [0_usize, 1])
            .one(report::Column::of(Field::Key), text)
            .one(report::Column::of(Field::Requester), text)
            .column("count", Value::Count, |row| *row as u64)
            .build();
        let (key, requester) = (table.columns[0].minimum, table.columns[1].minimum);
        assert_eq!(key, 2 * requester);
        let gaps = 2 * COLUMN_GAP + "count".len();
        // At half of it the heading needs one more.
        for width in gaps + (key + requester) / 2 + 1..gaps + key + requester {
            let style = Style { width: Some(width), ..STYLE };
            let layout = Layout::new(&table, Zone::Utc, &style).unwrap().expect("a table");
            let widths = &layout.widths;
            assert_eq!(total(widths.iter().copied()), width, "all room is used");
            // Steps of a twentieth, and what is left of them.
            assert!(widths[0].abs_diff(2 * widths[1]) <= 6, "{width}: {widths:?}");
            assert!(widths[0] >= key / 2 && widths[1] >= requester / 2, "{width}: {widths:?}");
        }
    }

    #[test]
    fn keys_keep_their_room_in_80_columns() {
        for width in 60..100 {
            let style = Style { width: Some(width), ..STYLE };
            let layout = Layout::new(&failed(), Zone::Utc, &style).unwrap().expect("a table");
            let key = layout.sheet.columns.iter().position(|column| column.name == "key").expect("the key");
            assert!(layout.widths[key] >= if width < 70 { 16 } else { 24 }, "{width}: {layout:?}");
        }
    }

    #[test]
    fn lines_over_time_are_drawn_in_fewer_steps() {
        let table = Table::builder("t", "T", [0_u64, 1])
            .one(report::Column::middle("key"), |row| Value::Text(format!("{row}/").repeat(10).into()))
            .column(
                "over_time",
                |row| Value::Series((0..60).map(|step| u64::from(step == 30 + row)).collect()),
                |row| *row,
            )
            .build();
        let layout = |width: usize| {
            let style = Style { width: Some(width), ..STYLE };
            Layout::new(&table, Zone::Utc, &style).unwrap().expect("a table")
        };
        assert_eq!(layout(82).widths, [20, 60]);
        assert_eq!(layout(82).in_fewer_steps().count(), 0);
        assert_eq!(layout(52).widths, [20, 30]);
        assert_eq!(layout(52).in_fewer_steps().collect::<Vec<_>>(), ["over_time"]);
    }

    #[test]
    fn values_without_room_are_below_their_rows() {
        let text = |length: usize| move |row: &usize| Value::Text(vec![b'a'; length + row]);
        let table = Table::builder("t", "T", [0_usize, 1])
            .one(report::Column::middle("key"), text(30))
            .one(report::Column::end("first"), text(30))
            .context()
            .below()
            .one(report::Column::end("second"), text(30))
            .context()
            .below()
            .one(report::Column::whole("third"), text(9))
            .context()
            .build();
        let places = |width: usize| {
            let style = Style { width: Some(width), ..STYLE };
            let layout = Layout::new(&table, Zone::Utc, &style).unwrap().expect("a table");
            let below: Vec<String> = layout.below.iter().map(|column| column.name.clone()).collect();
            (below.join(" "), layout.hidden.join(" "))
        };
        assert_eq!(places(110), (String::new(), String::new()));
        assert_eq!(places(100), ("second".into(), String::new()));
        assert_eq!(places(60), ("first second".into(), String::new()));
        assert_eq!(places(40), ("first second".into(), "third".into()));
    }

    #[test]
    fn what_has_no_key_is_done_to_a_bucket() {
        let key = |row: &usize| if *row == 0 { Value::Null } else { "photos/2026/summer/cat.jpg".into() };
        let table = Table::builder("t", "T", [0_usize, 1])
            .one(report::Column::of(Field::Key), key)
            .one(report::Column::of(Field::Bucket), |row| Value::Text(format!("bucket-{row}").into()))
            .context()
            .build();
        let keys = |width: usize| {
            let style = Style { width: Some(width), ..STYLE };
            let layout = Layout::new(&table, Zone::Utc, &style).unwrap().expect("a table");
            let mut texts = Vec::new();
            table
                .rows
                .for_each(|row| {
                    texts.push(layout.sheet.columns[0].cell(row).text);
                    Ok(())
                })
                .unwrap();
            (texts, layout.hidden)
        };
        assert_eq!(keys(60).0, ["-", "photos/2026/summer/cat.jpg"]);
        let (texts, hidden) = keys(30);
        assert_eq!(texts, ["bucket bucket-0", "photos/2026/summer/cat.jpg"]);
        assert_eq!(hidden, ["bucket"]);
    }

    #[test]
    fn numbers_without_room_are_added_up() {
        let mut table = Table::builder("t", "T", [0_u64, 1]).column("time", Value::Count, |row| *row);
        for (place, name) in ["alpha", "beta", "gamma", "other"].into_iter().enumerate() {
            let count = move |row: &u64| 600 * (place as u64 + 1) + row;
            table = table.one(report::Column::whole(name).added(), move |row| Value::Count(count(row)));
        }
        let mut table = table.build();
        let shown = |width: usize, table: &mut Table| {
            let style = Style { width: Some(width), ..STYLE };
            let layout = Layout::new(table, Zone::Utc, &style).unwrap().expect("a table");
            let columns = &layout.sheet.columns;
            assert!(total(layout.widths.iter().copied()) <= width, "{layout:?}");
            let row = &table.rows.held()[1];
            let texts: Vec<String> = columns
                .iter()
                .map(|column| format!("{} {}", column.heading, column.cell(row).text))
                .collect();
            (texts.join(", "), layout.added.join(" "))
        };
        let all = "time 1, alpha 601, beta 1,201, gamma 1,801, other 2,401";
        assert_eq!(shown(32, &mut table), (all.into(), String::new()));
        assert_eq!(
            shown(31, &mut table),
            ("time 1, alpha 601, beta 1,201, other 4,202".into(), "gamma".into())
        );
        assert_eq!(shown(24, &mut table), ("time 1, alpha 601, other 5,403".into(), "beta gamma".into()));
        // Where nothing is called so, the last one is.
        table.columns[4].name = "delta".into();
        assert_eq!(
            shown(24, &mut table),
            ("time 1, alpha 601, other 5,403".into(), "beta gamma delta".into())
        );
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
                    0 => report::Column::whole(name.clone()),
                    1 => report::Column::middle(name.clone()),
                    _ => report::Column::end(name.clone()),
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
