//! What is said where something else was meant than what was typed.

use crate::harness::*;

/// Every command that shows a report, with what it needs beside a source.
pub const REPORTS: [&str; 15] = [
    "summary",
    "top",
    "failed",
    "large-downloads",
    "timeline",
    "latency",
    "cost",
    "cold",
    "activity --requester alice",
    "history --key *",
    "access",
    "audit",
    "compare --window 2026-08-01..2026-08-02",
    "export",
    "coverage",
];

#[test]
fn columns_and_tables_that_do_not_exist_are_refused_before_anything_is_read() {
    for report in REPORTS {
        for format in ["table", "json", "csv"] {
            let refused = |option: &str| {
                let ran = s3al(&format!("{report} {option} nosuch nowhere --format {format}")).ended(2);
                assert!(!ran.stderr.contains("nowhere"), "{report} {option}: {}", ran.stderr);
                assert_eq!(ran.text(), "", "{report}");
                ran
            };
            let ran = refused("--columns");
            assert!(
                ran.stderr.contains("nosuch") && ran.stderr.contains("--columns"),
                "{report}: {}",
                ran.stderr
            );
            refused("--table").says("has no table \"nosuch\"");
        }
    }
    s3al(&format!("failed --columns requestor {EVEN}")).ended(2).says("did you mean requester?");
    s3al(&format!("coverage --table gap {EVEN}")).ended(2).says("did you mean gaps?");
    // What is found out early is found out right: names that are there are answered.
    let ran =
        s3al(&format!("failed --table by_error --columns requests,http_status --format csv {EVEN}")).done();
    assert!(ran.text().starts_with("requests,http_status\n"));
}

#[test]
fn fields_have_the_names_that_people_call_them_by() {
    for (typed, meant) in
        [("ip", "remote_ip"), ("status", "http_status"), ("user", "requester"), ("path", "key")]
    {
        let same = |option: &str, value: &str| {
            let [typed, meant] = [typed, meant].map(|name| {
                let words = format!("{option} {} {EVEN} -q --format csv --limit 3", value.replace('_', name));
                s3al(&words).done().stdout
            });
            assert_eq!(typed, meant, "{option} {value}");
        };
        same("top --by", "_");
        same("export --where", "_!=-");
        same("failed --columns", "_");
        same("activity --ip 10.0.0.0/8 --where", "_!=-");
    }
    let ran = s3al(&format!("top --distinct ip {EVEN} -q --format csv")).done();
    assert!(ran.text().contains("distinct_remote_ip"));
}

#[test]
fn a_source_taken_for_a_key_is_recognized() {
    for words in [EVEN, "./logs", "s3://my-logs/", "@prod"] {
        s3al(&format!("history {words}")).ended(2).says("was taken for KEY");
        s3al(&format!("history --requester x {words}"))
            .ended(2)
            .says(&format!("history --key 'reports/*' {words}"));
    }
    s3al("history reports/august.csv")
        .ended(2)
        .says("nothing to read: `reports/august.csv` was taken for KEY")
        .says("s3al history reports/august.csv logs/");
}

#[test]
fn the_accessed_bucket_taken_for_that_of_the_logs_is_recognized() {
    s3al(&format!("top --bucket prod-data {EVEN}")).ended(2).says("type --source-bucket prod-data");
    s3al(&format!("top --prefix prod/ {EVEN}")).ended(2).says("--key 'prod/*'");
}

#[test]
fn short_options_of_other_tools() {
    let long = s3al(&format!("failed --limit 2 --format csv {EVEN}")).done();
    assert_eq!(s3al(&format!("failed -n 2 -f csv {EVEN}")).done().stdout, long.stdout);
    s3al(&format!("failed --last 24h {EVEN}")).ended(2).says("type --since 24h");
    s3al(&format!("failed --since -24h {EVEN}")).ended(2).says("a time ago has no minus: 24h");
    s3al(&format!("failed --limit -1 {EVEN}")).ended(2).says("expected a whole number, 0 or more");
    s3al(&format!("failed --tz Berlin {EVEN}")).ended(2).says("did you mean Europe/Berlin?");
    s3al(EVEN).ended(2).says(&format!("s3al summary {EVEN}"));
}

#[test]
fn times_that_people_type() {
    let count = |words: &str| s3al(&format!("export {EVEN} -q {words}")).done().rows().len();
    let august = count("--since 2026-08-02T10 --until 2026-08-03");
    assert!(august > 0);
    assert_eq!(count("--since 02/Aug/2026:10:00:00 --until 03/Aug/2026"), august);
    assert_eq!(count("--since 2026-08 --until 2026-09"), 309);
    for time in ["3 days ago", "yesterday 02:00", "1mo", "now-24h"] {
        run(&["failed", EVEN, "--since", time]).done();
    }
}
