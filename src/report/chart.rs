//! What the numbers of a table are: a command says it once, and each format shows it in its way.

use serde::Serialize;

/// How the numbers of a table are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChartKind {
    /// The one row of the table, as numbers that are read first.
    Cards,
    /// A line for each column, or for each value of `by`, over time.
    Line,
    /// Parts of a whole, one above the other, over time.
    Stack,
    /// A bar for each row.
    Bars,
    /// A line of squares for each row; the column holds a series.
    HeatMap,
    /// A column for each row: the rows are ranges of a number, in its order.
    Histogram,
}

/// A chart of columns of a table, by their names. Where one of them is not shown, there is no chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Chart {
    /// How it is drawn.
    pub(crate) kind: ChartKind,
    /// The column of what is below the chart or beside it: times, names.
    pub(crate) axis: Option<String>,
    /// The columns of the numbers, the most important first.
    pub(crate) values: Vec<String>,
    /// The column that tells the lines from each other, where a time has several rows.
    pub(crate) by: Option<String>,
}

impl Chart {
    /// The one row, as numbers that are read first.
    pub(crate) fn cards() -> Self {
        Self { kind: ChartKind::Cards, axis: None, values: Vec::new(), by: None }
    }

    /// Lines over a column of times.
    pub(crate) fn line(time: &str, values: &[&str]) -> Self {
        Self::of(ChartKind::Line, time, values)
    }

    /// Parts of a whole over a column of times.
    pub(crate) fn stack(time: &str, values: &[&str]) -> Self {
        Self::of(ChartKind::Stack, time, values)
    }

    /// A bar in each row.
    pub(crate) fn bars(value: &str) -> Self {
        Self { axis: None, ..Self::of(ChartKind::Bars, "", &[value]) }
    }

    /// A line of squares in each row.
    pub(crate) fn heat_map(name: &str, series: &str) -> Self {
        Self::of(ChartKind::HeatMap, name, &[series])
    }

    /// Columns above ranges of a number.
    pub(crate) fn histogram(range: &str, value: &str) -> Self {
        Self::of(ChartKind::Histogram, range, &[value])
    }

    fn of(kind: ChartKind, axis: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Self { kind, axis: Some(axis.to_owned()), values, by: None }
    }

    /// The same, with a line for each value of this column.
    pub(crate) fn by(self, column: Option<&str>) -> Self {
        Self { by: column.map(str::to_owned), ..self }
    }

    /// The column that has bars in a table in a terminal: the first one over something that goes on, such as time.
    pub(crate) fn bar_column(&self) -> Option<&str> {
        let goes_on = matches!(self.kind, ChartKind::Line | ChartKind::Histogram);
        self.values.first().filter(|_| goes_on).map(String::as_str)
    }

    /// All columns that it needs.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.axis.iter().chain(&self.values).chain(&self.by).map(String::as_str)
    }
}
