//! The part of a report that somebody asked for: one table, and some columns of it in an order of their own.

use super::{Column, Importance, Report, Table, Value};
use crate::aggregate::{Dimension, Dimensions};
use crate::parser::Parser;
use crate::time::Zone;
use crate::value_error::did_you_mean;

/// What somebody wants to see of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The only table that is wanted; `None` for all.
    pub table: Option<String>,
    /// The columns of that table, or of the main one, in this order; none for all.
    pub columns: Vec<String>,
}

impl Report {
    /// Reduces the report to what is wanted. Returns a sentence for each name that means nothing here: all has been read by
    /// then, and an answer with too much in it is worth more than none.
    pub fn select(&mut self, selection: &Selection, zone: Zone) -> Vec<String> {
        let mut unknown = Vec::new();
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
        let main = self.tables.iter_mut().find(|table| Some(table.name) == main);
        if let Some(table) = main.filter(|_| !selection.columns.is_empty()) {
            unknown.extend(table.select(&selection.columns, zone));
        }
        unknown
    }
}

impl Table {
    /// Keeps these columns. Where rows stand for records, any field and what is derived from one can be asked for.
    fn select(&mut self, names: &[String], zone: Zone) -> Vec<String> {
        let mut unknown = Vec::new();
        let mut chosen: Vec<(Column, Vec<Value>)> = Vec::new();
        for typed in names {
            let dimension = typed.parse::<Dimension>().ok();
            let plain = typed.trim().to_lowercase().replace('-', "_");
            let name = dimension.map_or(plain, |dimension| dimension.name().to_owned());
            if let Some(place) = self.columns.iter().position(|column| column.name == name) {
                let values = self.rows.iter().map(|row| row.values[place].clone()).collect();
                chosen.push((self.columns[place].clone(), values));
            } else if let Some(dimension) = dimension.filter(|_| self.is_of_records()) {
                chosen.push((Column::of_dimension(dimension), self.read_again(dimension, zone)));
            } else {
                let known = self.columns.iter().map(|column| column.name.as_str());
                let hint = did_you_mean(&name, known);
                unknown.push(format!("--columns: `{}` has no column {typed:?}; {hint}", self.name));
            }
        }
        if !chosen.is_empty() {
            let (columns, values): (Vec<_>, Vec<_>) = chosen.into_iter().unzip();
            self.columns =
                columns.into_iter().map(|column| column.of_importance(Importance::Answer).shown()).collect();
            let mut values: Vec<_> = values.into_iter().map(Vec::into_iter).collect();
            for row in &mut self.rows {
                row.values = values.iter_mut().map(|column| column.next().unwrap_or(Value::Null)).collect();
            }
        }
        unknown
    }

    fn is_of_records(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row.raw.is_some())
    }

    /// The values of something that the rows do not hold, from their lines.
    fn read_again(&self, dimension: Dimension, zone: Zone) -> Vec<Value> {
        let mut parser = Parser::default();
        let mut by = Dimensions::new(vec![dimension], 1, zone);
        let mut value = |line: &[u8]| {
            let record = parser.parse(line).ok()?;
            if let Dimension::Field(field) = dimension {
                return Some(Value::of(&record, field));
            }
            let key = by.key(&record).to_vec();
            Some(Value::of_dimension(dimension, by.values(&key).pop().flatten().as_deref()))
        };
        let lines = self.rows.iter().map(|row| row.raw.as_deref().unwrap_or_default());
        lines.map(|line| value(line).unwrap_or(Value::Null)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Field;

    const LINE: &[u8] = b"o b [06/Feb/2019:23:59:38 +0000] 192.0.2.3 arn:aws:iam::111122223333:user/x/alice R REST.GET.OBJECT a/b.txt \"GET /a/b.txt HTTP/1.1\" 403 AccessDenied 1 2 3 4 \"-\" \"aws-cli/2.1\" -";

    fn report() -> Report {
        let fields = [(Field::Key, Importance::Answer), (Field::HttpStatus, Importance::Detail)];
        let requests = Table::of_records("requests", "Requests", &fields, vec![LINE.to_vec()]);
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
        let selection = Selection { table: table.map(str::to_owned), columns };
        let unknown = report.select(&selection, Zone::Utc);
        (report, unknown)
    }

    #[test]
    fn columns_in_the_order_they_were_asked_for() {
        let (report, unknown) = select(None, "http_status,key");
        let table = report.main_table().unwrap();
        assert_eq!(table.names().collect::<Vec<_>>(), ["http_status", "key"]);
        assert_eq!(table.rows[0].values, [Value::Integer(403), "a/b.txt".into()]);
        assert!(unknown.is_empty() && report.tables.len() == 2);
    }

    #[test]
    fn records_have_all_fields_and_what_is_derived_from_them() {
        let (report, unknown) = select(None, "ip,principal,day");
        assert_eq!(
            report.main_table().unwrap().rows[0].values,
            ["192.0.2.3", "alice", "2019-02-06"].map(Value::from)
        );
        assert!(unknown.is_empty());
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
        let (report, unknown) = select(Some("by_error"), "key");
        assert_eq!((report.tables[0].columns.len(), unknown.len()), (2, 1));
    }
}
