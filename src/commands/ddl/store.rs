//! The statements for a store, one function an engine.

use anyhow::{Context as _, bail};
use chrono::NaiveDate;

use super::Table;
use super::columns::{HIVE, OWN, PARTITION, TRINO, of_store};

/// What is asked for where a statement for Athena needs it.
pub(super) const FIRST_DAY: &str = "Athena makes partitions from a first day on, and leaves out what is older: give it with --since 2026-08-01";

/// A text of SQL.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A text for engines that read backslashes in it.
pub(super) fn hive_text(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}

/// The files of a store.
fn files(place: &str) -> String {
    format!("{place}{PARTITION}=*/*.parquet")
}

/// The statement for the database of a table, if it names one.
pub(super) fn database(table: &Table) -> String {
    match table.0.as_slice() {
        [database, _] => format!("CREATE DATABASE IF NOT EXISTS `{database}`;\n\n"),
        _ => String::new(),
    }
}

/// https://duckdb.org/docs/stable/data/partitioning/hive_partitioning,
/// https://duckdb.org/docs/stable/core_extensions/httpfs/s3api
pub(super) fn duckdb(table: &Table, place: &str) -> String {
    let secret = if place.starts_with("s3://") {
        "CREATE SECRET IF NOT EXISTS (TYPE s3, PROVIDER credential_chain);\n\n"
    } else {
        ""
    };
    format!(
        "{secret}CREATE OR REPLACE VIEW {} AS\nSELECT * EXCLUDE ({})\nFROM read_parquet({}, hive_partitioning = true);\n",
        table.quoted('"'),
        OWN.join(", "),
        text(&files(place))
    )
}

/// https://clickhouse.com/docs/sql-reference/table-functions/file, https://clickhouse.com/docs/sql-reference/table-functions/s3
pub(super) fn clickhouse(table: &Table, place: &str) -> String {
    let function = if place.starts_with("s3://") { "s3" } else { "file" };
    format!(
        "CREATE OR REPLACE VIEW {} AS\nSELECT * EXCEPT ({})\nFROM {function}({}, 'Parquet')\n\
         SETTINGS use_hive_partitioning = 1;\n",
        table.quoted('`'),
        OWN.join(", "),
        hive_text(&files(place))
    )
}

/// https://spark.apache.org/docs/latest/sql-ref-syntax-ddl-create-table-datasource.html
pub(super) fn spark(table: &Table, place: &str) -> String {
    let location =
        place.strip_prefix("s3://").map_or_else(|| place.to_owned(), |rest| format!("s3a://{rest}"));
    let name = table.quoted('`');
    let mut columns = of_store(&HIVE);
    columns.push(format!("  `{PARTITION}` DATE"));
    format!(
        "CREATE TABLE IF NOT EXISTS {name} (\n{})\nUSING PARQUET\nPARTITIONED BY (`{PARTITION}`)\nLOCATION {};\n\n\
         -- Finds the days; again after each s3al convert.\nMSCK REPAIR TABLE {name};\n",
        columns.join(",\n"),
        hive_text(&location)
    )
}

/// https://trino.io/docs/current/connector/hive.html
///
/// # Errors
/// If the table has no catalog and schema.
pub(super) fn trino(table: &Table, url: &str) -> anyhow::Result<String> {
    let [catalog, schema, name] = table.0.as_slice() else {
        bail!("Trino wants CATALOG.SCHEMA.TABLE");
    };
    let mut columns = of_store(&TRINO);
    columns.push(format!("  \"{PARTITION}\" DATE"));
    Ok(format!(
        "CREATE TABLE IF NOT EXISTS {} (\n{})\nWITH (\n  external_location = {},\n  format = 'PARQUET',\n  \
         partitioned_by = ARRAY['{PARTITION}']);\n\n\
         -- Finds the days; again after each s3al convert.\n\
         CALL \"{catalog}\".system.sync_partition_metadata('{schema}', '{name}', 'FULL');\n",
        table.quoted('"'),
        columns.join(",\n"),
        text(url)
    ))
}

/// https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
///
/// # Errors
/// If the first day is not known.
pub(super) fn athena(table: &Table, url: &str, since: Option<NaiveDate>) -> anyhow::Result<String> {
    let first = since.context(FIRST_DAY)?;
    Ok(format!(
        "{}CREATE EXTERNAL TABLE IF NOT EXISTS {} (\n{})\nPARTITIONED BY (`{PARTITION}` STRING)\nSTORED AS PARQUET\nLOCATION {}\n\
         TBLPROPERTIES (\n  'projection.enabled' = 'true',\n  'projection.{PARTITION}.type' = 'date',\n  \
         'projection.{PARTITION}.format' = 'yyyy-MM-dd',\n  'projection.{PARTITION}.range' = '{first},NOW',\n  \
         'projection.{PARTITION}.interval' = '1',\n  'projection.{PARTITION}.interval.unit' = 'DAYS',\n  \
         'storage.location.template' = {});\n",
        database(table),
        table.quoted('`'),
        of_store(&HIVE).join(",\n"),
        hive_text(url),
        hive_text(&format!("{url}{PARTITION}=${{{PARTITION}}}/"))
    ))
}
