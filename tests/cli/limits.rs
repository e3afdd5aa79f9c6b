//! --limit and --csv-safe.

use crate::harness::*;

#[test]
fn zero_is_all() {
    let ran = s3al(&format!("top {EVEN} --limit 0 --format json")).done();
    assert_eq!(ran.json()["tables"]["requesters"].as_array().map(Vec::len), Some(23));
    let ran = s3al(&format!("failed {EVEN} --limit 0 --format ndjson")).done();
    assert_eq!(ran.rows().len(), 40);
    let ran = s3al(&format!("export {EVEN} --limit 0")).done();
    assert_eq!(ran.rows().len(), 309);
    let ran = s3al(&format!("failed {EVEN} --limit 7 --format ndjson")).done();
    assert_eq!(ran.rows().len(), 7);
    let ran = s3al(&format!("export {EVEN} --limit 7 --format csv")).done();
    assert_eq!(csv::Reader::from_reader(&ran.stdout[..]).records().count(), 7);
}

#[test]
fn the_tally_in_json_counts_all_whatever_the_limit() {
    let ran = s3al(&format!("export {EVEN} --limit 2 --format json")).done().json();
    assert_eq!(ran["tables"]["records"].as_array().map(Vec::len), Some(2));
    assert_eq!(ran["tally"]["matched"], 309);
}

#[test]
fn csv_reads_back() {
    let ran = s3al(&format!("export {EVEN} {HARD} --format csv")).done();
    let mut reader = csv::Reader::from_reader(&ran.stdout[..]);
    assert_eq!(reader.byte_headers().expect("names").len(), 28);
    assert_eq!(reader.byte_records().map(|record| record.expect("a record").len()).sum::<usize>(), 364 * 28);
}

#[test]
fn cells_that_a_spreadsheet_would_run_are_defused_where_asked() {
    let line = String::from_utf8(many_lines(1)).expect("UTF-8");
    let agent = line.rsplit('"').nth(1).expect("a user agent");
    let text = line.replace(&format!("\"{agent}\""), "\"=HYPERLINK(1)\"");
    for (format, safe) in [("csv", "'=HYPERLINK(1)"), ("tsv", "'=HYPERLINK(1)")] {
        let plain = piped(&format!("export --format {format}"), text.clone()).done();
        assert!(!plain.text().contains(safe) && plain.text().contains("=HYPERLINK(1)"));
        let defused = piped(&format!("export --format {format} --csv-safe"), text.clone()).done();
        assert!(defused.text().contains(safe), "{}", defused.text());
    }
}
