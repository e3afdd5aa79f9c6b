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
/// But not to less than this: who is `anonymous` is to be read.
const MIN_TEXT_WIDTH: usize = 9;
/// Before that, names that are to be shown whole, which can be long, give way.
const MAX_MINIMA: [usize; 3] = [56, 44, 32];
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
        let [.., most] = MAX_MINIMA;
        let part =
            |percent: usize| move |minimum: usize| (minimum.min(most) * percent / 100).max(MIN_TEXT_WIDTH);
        let widths = with_minima(&|minimum| minimum)
            .or_else(|| MAX_MINIMA.iter().find_map(|most| with_minima(&|minimum| minimum.min(*most))))
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
pub(super) fn total(widths: impl Iterator<Item = usize>) -> usize {
    let (sum, count) = widths.fold((0, 0), |(sum, count), width| (sum + width, count + 1));
    sum + COLUMN_GAP * usize::saturating_sub(count, 1)
}
