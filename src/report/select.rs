//! The part of a report that was asked for: one table, and some of its columns in another order.

use std::io;

use super::{Audience, Importance, Report, Table};
use crate::dimension::{DeriveOptions, Dimension};
use crate::value_error::did_you_mean;

/// What is wanted of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    /// The only table that is wanted; `None` for all.
    pub(crate) table: Option<String>,
    /// The columns of that table, or of the main one, in this order; none for all.
    pub(crate) columns: Vec<String>,
    /// Whether people read it, and not programs.
    pub(crate) for_people: bool,
}

impl Report {
    /// Reduces the report to what is wanted. Returns a sentence for each name that means nothing here.
    ///
    /// # Errors
    /// If rows are in a file, and that fails.
    pub(crate) fn select(
        &mut self,
        selection: &Selection,
        options: &DeriveOptions,
    ) -> io::Result<Vec<String>> {
        let mut unknown = Vec::new();
        let others = if selection.for_people { Audience::Programs } else { Audience::People };
        if selection.table.is_none() {
            self.tables.retain(|table| table.audience != others);
        }
        if let Some(name) = &selection.table {
            match self.tables.iter().position(|table| table.name == *name) {
                Some(place) => {
                    self.tables = vec![self.tables.swap_remove(place)];
                    self.main = self.tables[0].name;
                }
                None => {
                    let hint = did_you_mean(name, self.tables.iter().map(|table| table.name));
                    unknown.push(format!("--table: `{}` has no table {name:?}; {hint}", self.name));
                }
            }
        }
        let main = self.main_table().map(|table| table.name);
        // What the main table does not have, another can have.
        let rest = self.tables.iter().filter(|table| Some(table.name) != main);
        let elsewhere: Vec<(String, &'static str)> =
            rest.flat_map(|table| table.names().map(|name| (name.to_owned(), table.name))).collect();
        let table = self.tables.iter_mut().find(|table| Some(table.name) == main);
        if let Some(table) = table.filter(|_| !selection.columns.is_empty()) {
            unknown.extend(table.select(&selection.columns, &elsewhere, options)?);
        }
        for table in &mut self.tables {
            if Some(table.name) != main || selection.columns.is_empty() {
                table.leave_out(others)?;
            }
        }
        Ok(unknown)
    }
}

impl Table {
    /// Leaves out the columns for others.
    fn leave_out(&mut self, others: Audience) -> io::Result<()> {
        let keeps: Vec<bool> = self.columns.iter().map(|column| column.audience != others).collect();
        if keeps.iter().all(|keeps| *keeps) {
            return Ok(());
        }
        let mut kept = keeps.iter();
        self.columns.retain(|_| kept.next().is_none_or(|keeps| *keeps));
        self.rows.change(|row| {
            let mut kept = keeps.iter();
            row.values.retain(|_| kept.next().is_none_or(|keeps| *keeps));
        })
    }

    /// Keeps these columns. If rows are records, any field and what is derived from one can be asked for.
    /// `others` are the columns of other tables, and the names of those.
    fn select(
        &mut self,
        names: &[String],
        others: &[(String, &str)],
        options: &DeriveOptions,
    ) -> io::Result<Vec<String>> {
        let (mut chosen, mut unknown) = (Vec::new(), Vec::new());
        for typed in names {
            match self.find_or_add(typed, others, options)? {
                // A row has each name once.
                Ok(place) if !chosen.contains(&place) => chosen.push(place),
                Ok(_) => {}
                Err(problem) => unknown.push(format!("--columns: {problem}")),
            }
        }
        if !chosen.is_empty() {
            let column =
                |place: &usize| self.columns[*place].clone().of_importance(Importance::Answer).shown();
            self.columns = chosen.iter().map(column).collect();
            self.rows.change(|row| {
                row.values = chosen.iter().map(|place| row.values[*place].clone()).collect();
            })?;
        }
        Ok(unknown)
    }

    /// The place of a column by its name, or by another name for it.
    fn find_or_add(
        &mut self,
        typed: &str,
        others: &[(String, &str)],
        options: &DeriveOptions,
    ) -> io::Result<Result<usize, String>> {
        let place = |table: &Self, name: &str| table.columns.iter().position(|column| column.name == name);
        let name = typed.trim().to_lowercase().replace('-', "_");
        // Some reports have columns of their own that are called as people call a field: time.
        if let Some(found) = place(self, &name).or_else(|| place(self, typed.trim())) {
            return Ok(Ok(found));
        }
        let dimension = typed.parse::<Dimension>().ok();
        if let Some(found) = dimension.and_then(|dimension| place(self, dimension.name())) {
            return Ok(Ok(found));
        }
        let Some(dimension) = dimension.filter(|_| self.is_of_records) else {
            let hint = match others.iter().find(|(column, _)| *column == name) {
                Some((_, table)) => format!("`{table}` has: add --table {table}"),
                None => did_you_mean(&name, self.names()),
            };
            return Ok(Err(format!("`{}` has no column {typed:?}; {hint}", self.name)));
        };
        if let Err(error) = options.check(dimension) {
            return Ok(Err(error.to_string()));
        }
        self.add_dimensions(&[dimension], options)?;
        Ok(Ok(self.columns.len() - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Field;
    use crate::report::{Row, Value};
    use crate::spill::Space;
    use crate::time::Timestamp;

    const LINE: &[u8] = b"o b [06/Feb/2019:23:59:38 +0000] 192.0.2.3 arn:aws:iam::111122223333:user/x/alice R REST.GET.OBJECT a/b.txt \"GET /a/b.txt HTTP/1.1\" 403 AccessDenied 1 2 3 4 \"-\" \"aws-cli/2.1\" -";

    fn report() -> Report {
        let fields = [(Field::Key, Importance::Answer), (Field::HttpStatus, Importance::Detail)];
        let space = Space::new(std::env::temp_dir(), 1 << 20);
        let requests = Table::of_records("requests", "Requests", &fields, &space, |put| put(LINE)).unwrap();
        let by_error = Table::builder("by_error", "Errors", [7_u64])
            .column("requests", Value::Count, |count| *count)
            .column("errors", Value::Count, |count| *count)
            .hide_zero()
            .build();
        Report { name: "failed", tables: vec![by_error, requests], main: "requests", ..Report::default() }
    }

    fn select(table: Option<&str>, columns: &str) -> (Report, Vec<String>) {
        let mut report = report();
        let columns = columns.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let selection = Selection { table: table.map(str::to_owned), columns, for_people: false };
        let unknown =
            report.select(&selection, &DeriveOptions { depth: 1, ..DeriveOptions::default() }).unwrap();
        (report, unknown)
    }

    fn first_row(report: &Report) -> Row {
        report.main_table().unwrap().rows.clone().held()[0].clone()
    }

    #[test]
    fn columns_in_the_order_they_were_asked_for() {
        let (report, unknown) = select(None, "http_status,key");
        let table = report.main_table().unwrap();
        assert_eq!(table.names().collect::<Vec<_>>(), ["http_status", "key"]);
        assert_eq!(first_row(&report).values, [Value::Integer(403), "a/b.txt".into()]);
        assert!(unknown.is_empty() && report.tables.len() == 2);
    }

    #[test]
    fn records_have_all_fields_and_what_is_derived_from_them() {
        let (report, unknown) = select(None, "ip,principal,day");
        assert_eq!(first_row(&report).values, ["192.0.2.3", "alice", "2019-02-06"].map(Value::from));
        assert!(unknown.is_empty());
    }

    #[test]
    fn fields_that_the_rows_do_not_hold_keep_their_types() {
        let (report, unknown) = select(None, "timestamp,bytes_sent,acl_required,prefix");
        let time = Value::Time(Timestamp::from_millis(1_549_497_578_000));
        let expected = [time, Value::Bytes(1), Value::Null, "a/".into()];
        assert_eq!(first_row(&report).values, expected);
        assert!(unknown.is_empty());
    }

    #[test]
    fn what_needs_a_database_says_so() {
        let (report, unknown) = select(None, "key,country");
        assert!(unknown[0].contains("--geoip"), "{unknown:?}");
        assert_eq!(report.main_table().unwrap().names().collect::<Vec<_>>(), ["key"]);
    }

    #[test]
    fn columns_for_people_are_no_surprise_to_programs() {
        let names = |for_people: bool, columns: &[&str]| {
            let table = Table::builder("strip", "Strip", [(1_u64, 2_u64)])
                .column("since", Value::Count, |row| row.0)
                .column("until", Value::Count, |row| row.1)
                .for_people()
                .column("records", Value::Count, |row| row.0 + row.1)
                .build();
            let mut report = Report { main: "strip", tables: vec![table], ..Report::default() };
            let columns = columns.iter().map(|name| (*name).to_owned()).collect();
            let selection = Selection { table: None, columns, for_people };
            assert!(report.select(&selection, &DeriveOptions::default()).unwrap().is_empty());
            let table = report.main_table().unwrap();
            assert_eq!(first_row(&report).values.len(), table.columns.len());
            table.names().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(names(true, &[]), ["since", "until", "records"]);
        assert_eq!(names(false, &[]), ["since", "records"]);
        assert_eq!(names(false, &["until"]), ["until"]);
    }

    #[test]
    fn one_table() {
        let (report, unknown) = select(Some("by_error"), "errors");
        assert_eq!((report.tables.len(), report.main), (1, "by_error"));
        assert_eq!(report.tables[0].names().collect::<Vec<_>>(), ["errors"]);
        assert!(!report.tables[0].columns[0].hide_zero && unknown.is_empty());
    }

    #[test]
    fn an_unknown_name_hides_nothing() {
        let (report, unknown) = select(Some("by_eror"), "statos,key");
        assert_eq!(report.tables.len(), 2);
        assert!(unknown[0].contains("by_error") && unknown[1].contains("http_status"), "{unknown:?}");
        assert_eq!(report.main_table().unwrap().names().collect::<Vec<_>>(), ["key"]);
        let (_, unknown) = select(None, "requests");
        assert_eq!(
            unknown,
            ["--columns: `requests` has no column \"requests\"; `by_error` has: add --table by_error"]
        );
        let (report, unknown) = select(Some("by_error"), "key");
        assert_eq!((report.tables[0].columns.len(), unknown.len()), (2, 1));
    }
}
