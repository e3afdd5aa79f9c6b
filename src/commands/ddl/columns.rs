//! The columns of a store, by the names of types that engines have.

use crate::record::{Field, FieldKind};
use crate::report::EXTRA;

/// The name of the partition: the day, in UTC.
pub(super) const PARTITION: &str = "date";

/// What engines call the types of columns.
pub(super) struct Types {
    pub(crate) text: &'static str,
    pub(crate) time: &'static str,
    pub(crate) status: &'static str,
    pub(crate) number: &'static str,
    pub(crate) boolean: &'static str,
    pub(crate) texts: &'static str,
    /// What encloses a name.
    pub(crate) quote: char,
}

/// Hive's, which Athena and Spark share.
pub(super) const HIVE: Types = Types {
    text: "STRING",
    time: "TIMESTAMP",
    status: "INT",
    number: "BIGINT",
    boolean: "BOOLEAN",
    texts: "ARRAY<STRING>",
    quote: '`',
};

/// Trino's.
pub(super) const TRINO: Types = Types {
    text: "VARCHAR",
    time: "TIMESTAMP(3)",
    status: "INTEGER",
    number: "BIGINT",
    boolean: "BOOLEAN",
    texts: "ARRAY(VARCHAR)",
    quote: '"',
};

/// The columns of files of a store that others can use, a line each, with these types.
pub(super) fn of_store(types: &Types) -> Vec<String> {
    let quote = types.quote;
    let column = |name: &str, kind: &str| format!("  {quote}{name}{quote} {kind}");
    let of_field = |field: Field| {
        let kind = match field.kind() {
            FieldKind::Text => types.text,
            FieldKind::Time => types.time,
            FieldKind::Integer => types.status,
            FieldKind::Bytes | FieldKind::Milliseconds => types.number,
            FieldKind::Boolean => types.boolean,
        };
        column(field.name(), kind)
    };
    Field::ALL.into_iter().map(of_field).chain([column(EXTRA, types.texts)]).collect()
}

/// Columns that only s3al needs.
pub(super) const OWN: [&str; 2] = ["line_form", "line"];

#[cfg(all(test, feature = "sql"))]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_the_files() {
        let names = of_store(&HIVE)
            .into_iter()
            .map(|column| column.trim().split('`').nth(1).map(str::to_owned).expect("a name"));
        assert_eq!(names.chain(OWN.map(str::to_owned)).collect::<Vec<_>>(), crate::store::column_names());
    }
}
