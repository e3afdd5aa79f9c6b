//! What has to be known of all rows before the first one can be written for people.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::short;
use crate::report::{Chart, Short, Table, Value};
use crate::time::Zone;

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forms {
    /// As they are.
    Full,
    /// As they are, but for the day that all times share, which is said once.
    OneDay,
    /// Shorter, where nothing is lost by it; what all rows share is said once.
    Short,
}

/// What is so in all rows of a table.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Of each column.
    pub(super) columns: Vec<ColumnFacts>,
    /// Whether there is any time.
    pub(super) has_times: bool,
    /// Whether all times are written `2026-08-01 10:30:12`, with or without milliseconds: those of years of four digits.
    all_civil: bool,
    all_midnight: bool,
    /// The first time, and whether all others are of its day and of its year.
    first: String,
    all_of_day: bool,
    all_of_year: bool,
}

/// What is so in all rows of a column.
#[derive(Debug)]
pub(super) struct ColumnFacts {
    /// Whether all of it is zero or null.
    pub(super) is_zero: bool,
    all_numbers: bool,
    any_number: bool,
    /// Whether any row has nothing in it.
    pub(super) has_null: bool,
    /// Whether it has lines of counts over time.
    pub(super) has_series: bool,
    pub(super) bars: Option<Bars>,
    /// The greatest count.
    pub(super) most: u64,
    has_times: bool,
    all_millis: bool,
    /// The different texts of columns that have a short form which keeps them apart.
    texts: BTreeSet<Vec<u8>>,
}

impl ColumnFacts {
    const NONE: Self = Self {
        is_zero: true,
        all_numbers: true,
        any_number: false,
        has_null: false,
        has_series: false,
        bars: None,
        most: 0,
        has_times: false,
        all_millis: true,
        texts: BTreeSet::new(),
    };

    /// Whether it holds numbers and nothing else, so that their digits are aligned.
    pub(super) fn is_numeric(&self) -> bool {
        self.all_numbers && self.any_number
    }

    /// Short forms of its texts.
    pub(super) fn short_texts(&self, short: Short) -> BTreeMap<Vec<u8>, String> {
        short::known(short, &self.texts)
    }

    fn add(&mut self, value: &Value) {
        self.is_zero &= matches!(value, Value::Null | Value::Count(0) | Value::Bytes(0));
        match value {
            Value::Null => {}
            Value::Integer(_)
            | Value::Count(_)
            | Value::Bytes(_)
            | Value::Millis(_)
            | Value::Share(_)
            | Value::Decimal(_)
            | Value::Dollars(_) => self.any_number = true,
            Value::Text(_)
            | Value::Bool(_)
            | Value::Time(_)
            | Value::List(_)
            | Value::Series(_)
            | Value::Cells { .. } => self.all_numbers = false,
        }
        match value {
            Value::Count(count) | Value::Bytes(count) => self.most = self.most.max(*count),
            Value::Share(_) => self.bars = self.bars.or(Some(Bars::Shares)),
            Value::Series(_) => self.has_series = true,
            Value::Null => self.has_null = true,
            _ => {}
        }
    }
}

/// The bars of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bars {
    /// Of shares: short, and dear where there is little room.
    Shares,
    /// Of counts: as long as there is room.
    Counts,
}

/// Which part of the text of a time is shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TimeForm {
    /// What of a civil time is not shown: its year or its day.
    from: usize,
    is_day: bool,
    has_millis: bool,
}

impl TimeForm {
    /// Without the year, to the second.
    pub(super) const SHORT: Self = Self { from: YEAR_AND_DASH, is_day: false, has_millis: false };

    /// The text of a time of the zone, as it is shown.
    pub(super) fn show<'t>(&self, text: &'t str) -> &'t str {
        let text = if self.has_millis || !has_millis(text) { text } else { &text[..WITH_SECONDS] };
        if self.from == 0 && !self.is_day {
            return text;
        }
        text.get(self.from..if self.is_day { DAY } else { text.len() }).unwrap_or(text)
    }
}

/// The lengths of `2026-`, `2026-08-01 ` and so on.
const YEAR_AND_DASH: usize = 5;
const DAY: usize = 10;
const DAY_AND_SPACE: usize = 11;
const WITH_SECONDS: usize = 19;

impl Facts {
    /// Looks at all rows. The texts of columns with a short form are looked at where one is wanted.
    pub(super) fn of(table: &Table, zone: Zone, has_short_forms: bool) -> io::Result<Self> {
        let mut facts = Self {
            columns: table.columns.iter().map(|_| ColumnFacts::NONE).collect(),
            all_civil: true,
            all_midnight: true,
            all_of_day: true,
            all_of_year: true,
            ..Self::default()
        };
        let bars = table.drawn().find_map(Chart::bar_column);
        for (column, facts) in table.columns.iter().zip(&mut facts.columns) {
            facts.bars = (bars == Some(column.name.as_str())).then_some(Bars::Counts);
        }
        table.rows.for_each(|row| {
            for (place, column) in table.columns.iter().enumerate() {
                let value = row.values.get(place).unwrap_or(&Value::Null);
                facts.columns[place].add(value);
                match value {
                    Value::Time(time) => facts.add_time(place, &zone.show(*time)),
                    Value::Text(text) if has_short_forms && column.short.is_some_and(short::keeps_apart) => {
                        let texts = &mut facts.columns[place].texts;
                        if !texts.contains(text) {
                            texts.insert(text.clone());
                        }
                    }
                    _ => {}
                }
            }
            Ok(())
        })?;
        Ok(facts)
    }

    fn add_time(&mut self, place: usize, text: &str) {
        let column = &mut self.columns[place];
        column.has_times = true;
        column.all_millis &= has_millis(text);
        if !is_civil(text) {
            self.all_civil = false;
        }
        if !self.has_times {
            self.has_times = true;
            text.clone_into(&mut self.first);
        }
        let is_same = |len: usize| text.get(..len).is_some_and(|start| self.first.get(..len) == Some(start));
        self.all_of_day &= is_same(DAY_AND_SPACE);
        self.all_of_year &= is_same(YEAR_AND_DASH);
        self.all_midnight &= text.get(DAY..WITH_SECONDS) == Some(" 00:00:00");
    }

    /// What all times have in common, to be said once, where it is not to be said of each: the day or the year beside the zone.
    /// And which part of the times of each column is shown then.
    pub(super) fn times(&self, zone: Zone, said: Forms) -> (Option<String>, Vec<TimeForm>) {
        // Milliseconds are shown where all times of a column have them: one row with them would only make all others wider.
        let has_millis = |column: &ColumnFacts| column.has_times && column.all_millis;
        let mut forms: Vec<TimeForm> = self
            .columns
            .iter()
            .map(|column| TimeForm { has_millis: has_millis(column), ..TimeForm::default() })
            .collect();
        if !self.has_times {
            return (None, forms);
        }
        let mut text = format!("times in {}", zone.name());
        if said != Forms::Full && self.all_civil {
            // Of days nobody has to be told that they begin at midnight.
            let is_day = self.all_midnight && !self.columns.iter().any(has_millis);
            let from = if self.all_of_day && !is_day {
                text = format!("{text}, {}", &self.first[..DAY]);
                DAY_AND_SPACE
            } else if self.all_of_year && said == Forms::Short {
                text = format!("{text}, {}", &self.first[..YEAR_AND_DASH - 1]);
                YEAR_AND_DASH
            } else {
                0
            };
            forms.iter_mut().for_each(|form| (form.from, form.is_day) = (from, is_day));
        }
        (Some(text), forms)
    }
}

fn has_millis(text: &str) -> bool {
    is_civil(text) && text.len() > WITH_SECONDS
}

/// Whether it is `2026-08-01 10:30:12`, with or without milliseconds: only years of four digits are written so.
fn is_civil(text: &str) -> bool {
    text.len() >= WITH_SECONDS
        && text.is_ascii()
        && text.as_bytes()[YEAR_AND_DASH - 1] == b'-'
        && text.as_bytes()[DAY] == b' '
}
