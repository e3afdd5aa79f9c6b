//! `ddl`: statements for other engines.

use std::fs;

use s3al::record::Field;

use crate::harness::*;

const SINCE: &str = "--since 2026-08-01";

#[test]
fn statements() {
    for (name, words) in [
        ("athena", format!("athena s3://my-store/logs/ {SINCE}")),
        ("athena_raw", "athena --raw s3://my-logs/prod/".to_owned()),
        (
            "athena_raw_by_day",
            format!("athena --raw s3://my-logs/prod/111122223333/eu-west-1/my-bucket {SINCE}"),
        ),
        ("clickhouse", "clickhouse s3://my-store/logs".to_owned()),
        ("duckdb", "duckdb s3://my-store/logs".to_owned()),
        ("spark", "spark s3://my-store/logs --table audit.logs".to_owned()),
        ("trino", "trino s3://my-store/logs".to_owned()),
    ] {
        insta::assert_snapshot!(name, s3al(&format!("ddl {words}")).done().text());
    }
}

#[test]
fn the_first_day_is_typed_as_every_time() {
    let text =
        |since: &str| s3al(&format!("ddl athena s3://my-store/ --since {since}")).done().text().to_owned();
    assert_eq!(text("2026-08"), text("2026-08-01"));
    assert!(text("90d").contains("'projection.date.range' = '20"));
    s3al("ddl athena s3://my-store/ --since someday").ended(2).says("someday");
}

/// Every field of the log, by its name, and nothing that only s3al needs.
#[test]
fn all_fields_are_columns() {
    for words in ["athena s3://my-store/ --since 2026-08-01", "spark s3://my-store/", "trino s3://my-store/"]
    {
        let ran = s3al(&format!("ddl {words}")).done();
        for field in Field::ALL {
            let name = field.name();
            let is_column = |line: &str| {
                line.trim_start()
                    .trim_start_matches(['`', '"'])
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with(['`', '"']))
            };
            assert!(ran.text().lines().any(is_column), "{name}: {}", ran.text());
        }
        assert!(!ran.text().contains("line_form"), "{}", ran.text());
    }
}

#[test]
fn a_folder_is_named_as_a_whole() {
    let logs = Logs::new();
    fs::create_dir_all(logs.path("it's a store/date=2026-08-01")).expect("a folder");
    let whole = logs.path("it's a store").canonicalize().expect("a folder").display().to_string();
    for (engine, escaped) in [("duckdb", "''"), ("clickhouse", r"\'"), ("spark", r"\'")] {
        let ran = logs.run(&["ddl", engine, "it's a store"]).done();
        assert!(ran.text().contains(&format!("'{}/", whole.replace('\'', escaped))), "{}", ran.text());
    }
}

#[test]
fn what_cannot_be_said_is_refused() {
    let logs = Logs::new();
    for folder in ["store/date=2026-08-01", "a*b/date=2026-08-01", "empty"] {
        fs::create_dir_all(logs.path(folder)).expect("a folder");
    }
    for (words, expected) in [
        (&["athena", "store", "--since", "2026-08-01"][..], "aws s3 sync"),
        (&["trino", "store"], "Trino reads from S3"),
        (&["athena", "s3://my-store/"], "--since"),
        (&["athena", "--raw", "s3://my-logs/111122223333/eu-west-1/my-bucket/"], "--since"),
        (&["athena", "--raw", "store"], "no place in S3"),
        (&["duckdb", "--raw", "store"], "--raw is for athena"),
        (&["duckdb", "empty"], "s3al convert logs/ -o empty"),
        (&["duckdb", "nothing"], "cannot read `nothing`"),
        (&["duckdb", "-"], "no store"),
        (&["duckdb", "a*b"], "part of a pattern"),
        (&["duckdb", "s3://my-store/x*"], "without * or ?"),
        (&["duckdb", "store", "--table", "a b"], "invalid --table"),
        (&["duckdb", "store", "--table", "x; drop table y"], "invalid --table"),
        (&["trino", "s3://my-store/", "--table", "logs"], "CATALOG.SCHEMA.TABLE"),
        (&["athena", "s3://my-store/", "--since", "2026-08-01", "--table", "a.b.c"], "DATABASE.TABLE"),
        (&["oracle", "store"], "possible values"),
        (&["duckdb", "@nothing"], "nothing"),
    ] {
        let typed = [&["ddl"], words].concat();
        logs.run(&typed).ended(2).says(expected);
    }
}
