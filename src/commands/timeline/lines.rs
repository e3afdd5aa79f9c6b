//! What is counted, by value and interval, and its tables.

use std::collections::{BTreeMap, BTreeSet};

use super::{Metric, Timeline};
use crate::aggregate::{Counted, Dimension, Intervals, top_n};
use crate::output::column_of;
use crate::report::{Audience, Chart, Column, Importance, Table, Value};
use crate::time::{Interval, IntervalCursor, Timestamp};

/// The rows that belong to one value, or to all others.
struct Line<C> {
    value: Option<Value>,
    all: C,
    intervals: BTreeMap<Timestamp, C>,
}

impl<C: Counted> Line<C> {
    fn new(value: Option<Value>) -> Self {
        Self { value, all: C::default(), intervals: BTreeMap::new() }
    }

    fn add(&mut self, intervals: &Intervals<C>, mut start: impl FnMut(Timestamp) -> Timestamp) {
        for (time, counted) in intervals.iter() {
            self.all.merge(counted.clone());
            self.intervals.entry(start(time)).or_default().merge(counted.clone());
        }
    }

    fn value(&self) -> Value {
        self.value.clone().unwrap_or(Value::Null)
    }

    /// Takes out what another line counts.
    fn subtract(&mut self, other: &Self) {
        self.all.subtract(&other.all);
        for (start, counted) in &other.intervals {
            if let Some(all) = self.intervals.get_mut(start) {
                all.subtract(counted);
            }
        }
    }
}

/// All values over the same intervals.
pub(super) struct Lines<C> {
    lines: Vec<Line<C>>,
    /// The starts of all intervals to show.
    pub(super) starts: BTreeSet<Timestamp>,
    interval: Interval,
    by: Option<Dimension>,
    metric: Metric,
}

impl<C: Counted> Lines<C> {
    /// The most frequent values, and then the others together.
    pub(super) fn new(
        timeline: &Timeline<C>,
        interval: Interval,
        by: Option<Dimension>,
        most: usize,
        metric: Metric,
    ) -> Self {
        let mut cursor = IntervalCursor::new(interval, timeline.zone);
        let sum = |intervals: &Intervals<C>| {
            intervals.iter().map(|(_, counted)| counted.requests().requests).sum::<u64>()
        };
        let groups = timeline.groups.iter().map(|(key, intervals)| (key, (sum(intervals), intervals)));
        let ranked = top_n(groups, usize::MAX, |(requests, _)| *requests);
        let is_whole = ranked.len() <= most && timeline.groups.approximation().is_none();
        let mut lines = Vec::new();
        for (key, (_, intervals)) in ranked.into_iter().take(most) {
            let value = timeline.by.values(key).pop().flatten();
            let mut line = Line::new(by.map(|by| Value::of_dimension(by, value.as_deref())));
            line.add(intervals, |time| cursor.start(time));
            lines.push(line);
        }
        if by.is_some() && !is_whole {
            let mut other = Line::new(Some("other".into()));
            other.add(&timeline.all, |time| cursor.start(time));
            lines.iter().for_each(|line| other.subtract(line));
            lines.push(other);
        }
        let starts = lines.iter().flat_map(|line| line.intervals.keys().copied()).collect();
        Self { lines, starts, interval, by, metric }
    }

    /// Whether any count of different values is an estimate.
    pub(super) fn is_estimated(&self) -> bool {
        self.lines.iter().flat_map(|line| line.intervals.values()).any(Counted::is_estimated)
    }

    /// A row for each interval, or for each value in each interval. The newest are those that stay.
    pub(super) fn over_time(&self, limit: usize) -> Table {
        let metric = self.metric;
        let total = self.starts.len() * self.lines.len();
        let all = self.starts.iter().flat_map(|start| self.lines.iter().map(move |line| (*start, line)));
        let rows = all
            .skip(total.saturating_sub(limit))
            .map(|(start, line)| (start, line, line.intervals.get(&start).cloned().unwrap_or_default()));
        let mut table =
            Table::builder("timeline", self.title(), rows).column("time", Value::Time, |(start, ..)| *start);
        if let Some(by) = self.by {
            let column = Column::of_dimension(by);
            table =
                table.one(column, |(_, line, _)| line.value()).named("value").audience(Audience::Programs);
        }
        let shown = |metric: Metric| move |amount| metric.value(amount);
        let chart = match (self.by, metric) {
            (Some(_), _) => Chart::stack("time", &[metric.name()]).by(Some("value")),
            (None, Metric::Requests) => Chart::line("time", &["requests", "errors"]),
            (None, _) => Chart::line("time", &[metric.name()]),
        };
        table = table
            .column("requests", shown(Metric::Requests), |(.., counted)| Metric::Requests.of(counted))
            .column("errors", shown(Metric::Errors), |(.., counted)| Metric::Errors.of(counted))
            .column("bytes_sent", shown(Metric::BytesSent), |(.., counted)| Metric::BytesSent.of(counted));
        if metric != Metric::BytesSent {
            table = table.context();
        }
        table = table.column("bytes_received", shown(Metric::BytesReceived), |(.., counted)| {
            Metric::BytesReceived.of(counted)
        });
        if metric != Metric::BytesReceived {
            table = table.detail().hide_zero();
        }
        if metric == Metric::Requesters {
            table = table.column("requesters", shown(metric), move |(.., counted)| metric.of(counted));
        }
        table.chart(chart).total(total as u64).build()
    }

    /// A row for each interval, with a column for each value, for people.
    pub(super) fn side_by_side(&self, by: Dimension, limit: usize) -> Table {
        let total = self.starts.len();
        let rows = self.starts.iter().copied().skip(total.saturating_sub(limit));
        let mut table =
            Table::builder("side_by_side", self.title(), rows).column("time", Value::Time, |start| *start);
        let (metric, column) = (self.metric, Column::of_dimension(by));
        let mut importance = Importance::Answer;
        for line in &self.lines {
            // Different requesters cannot be added up.
            let can_add = metric != Metric::Requesters;
            let of_value = column_of(&line.value(), &column);
            let of_value = if can_add { of_value.added() } else { of_value.of_importance(importance) };
            importance = Importance::Context;
            table = table.one(of_value, move |start| {
                metric.value(match line.intervals.get(start) {
                    Some(counted) => metric.of(counted),
                    None => Some(0),
                })
            });
        }
        let names: Vec<String> =
            self.lines.iter().map(|line| column_of(&line.value(), &column).name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        table.chart(Chart::stack("time", &names)).total(total as u64).audience(Audience::People).build()
    }

    fn title(&self) -> String {
        let (metric, interval) = (self.metric.title(), self.interval);
        match self.by {
            Some(by) => format!("{metric} every {interval} by {by}"),
            None => format!("{metric} every {interval}"),
        }
    }

    /// One row for each value, with a line of its requests over time.
    pub(super) fn by_value(&self, by: Dimension) -> Table {
        let all: u64 = self.lines.iter().map(|line| line.all.requests().requests).sum();
        Table::builder("values", format!("Requests by {by}"), &self.lines)
            .one(Column::of_dimension(by), |line| line.value())
            .named("value")
            .headed(&by.to_string())
            .column("requests", Value::Count, |line| line.all.requests().requests)
            .column("share", Value::Share, move |line| line.all.requests().requests as f64 / all as f64)
            .detail()
            .column("errors", Value::Count, |line| line.all.requests().errors)
            .column("bytes_sent", Value::Bytes, |line| line.all.requests().bytes_sent)
            .detail()
            .column("requests_over_time", Value::Series, |line| {
                let requests =
                    |start| line.intervals.get(start).map_or(0, |counted| counted.requests().requests);
                self.starts.iter().map(requests).collect()
            })
            .context()
            .column("bytes_received", Value::Bytes, |line| line.all.requests().bytes_received)
            .detail()
            .hide_zero()
            .chart(Chart::bars("requests"))
            .build()
    }
}
