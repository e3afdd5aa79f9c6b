//! `export`: records as they are.

use s3al::record::{Field, FieldKind};
use serde_json::Value;

use crate::harness::{EVEN, HARD, Logs, RECORDS, Record, command, record, s3al};

#[test]
fn in_all_formats() {
    let all = RECORDS.map(|format| {
        let ran = s3al(&format!("export {EVEN} {HARD} --format {format} --status 5xx --limit 2")).done();
        format!("--- {format}\n{}\n", ran.text())
    });
    insta::assert_snapshot!(all.concat());
}

#[test]
fn times_in_another_zone() {
    let ran = s3al(&format!("export {EVEN} --limit 1 --format csv --tz +05:30")).done();
    assert!(ran.text().contains(",2026-08-01T05:30:00+05:30,"), "{}", ran.text());
}

/// A record of which every field has a text of its own; three of them have a form, by which they are told from others.
fn of_every_field() -> Record {
    let text = |field| match field {
        Field::Timestamp => "02/Aug/2026:03:04:05 +0000".to_owned(),
        Field::HttpStatus => "206".to_owned(),
        Field::AclRequired => "Yes".to_owned(),
        Field::HostId => Record::of(&[]).get(field).to_owned(),
        Field::SignatureVersion => "SigV2".to_owned(),
        Field::AuthenticationType => "QueryString".to_owned(),
        other if other.kind() == FieldKind::Text => format!("the-{other}"),
        other => (1_000 + other.index()).to_string(),
    };
    Field::ALL.into_iter().fold(Record::default(), |record, field| record.with(field, text(field)))
}

#[test]
fn every_field_comes_out_as_it_went_in() {
    let log = [of_every_field()];
    let [record] = &log;
    let logs = Logs::of(&log);
    let row = &logs.same(&["export", "logs", "--format", "ndjson"]).rows()[0];
    for field in Field::ALL {
        let found = &row[field.name()];
        match field {
            Field::Timestamp => assert_eq!(found, "2026-08-02T03:04:05Z"),
            Field::AclRequired => assert_eq!(found, true),
            _ if field.kind() == FieldKind::Text => assert_eq!(found, record.get(field), "{field}"),
            _ => assert_eq!(found.to_string(), record.get(field), "{field}"),
        }
    }
    assert_eq!(logs.same(&["export", "logs", "--format", "raw"]).text(), record.line());
}

#[test]
fn fields_that_are_absent_or_empty_are_null() {
    let log = [Record::of(&[]).until(Field::VersionId)];
    let row = &Logs::of(&log).same(&["export", "logs", "--format", "ndjson"]).rows()[0];
    for field in Field::ALL {
        let is_absent = field > Field::VersionId || log[0].get(field) == "-";
        assert_eq!(row.get(field.name()).is_none_or(Value::is_null), is_absent, "{field}");
    }
}

/// The combined format as GoAccess and others take it apart: texts in quotes end at the first quote without a backslash before it.
const COMBINED: &str = r#"^(\S+) - (\S+) \[(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{4})\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (\d+|-) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"$"#;

#[test]
fn combined_is_what_tools_for_web_servers_read() {
    let regex = regex::Regex::new(COMBINED).expect("a pattern");
    let sources = format!("{EVEN} {HARD} tests/fixtures/sample");
    let lines = s3al(&format!("export {sources} --format combined")).done();
    let rows = s3al(&format!("export {sources} --format ndjson")).done().rows();
    assert!(rows.len() > 500);
    assert_eq!(lines.text().lines().count(), rows.len());
    for (line, row) in lines.text().lines().zip(rows) {
        let parts = regex.captures(line).unwrap_or_else(|| panic!("{line}"));
        let number = |name: &str| {
            row[name].as_u64().filter(|number| *number > 0).map_or("-".into(), |n| n.to_string())
        };
        assert_eq!(&parts[1], row["remote_ip"].as_str().unwrap_or("-"), "{line}");
        assert_eq!((&parts[9], &parts[10]), (&*number("http_status"), &*number("bytes_sent")), "{line}");
        let time = row["timestamp"].as_str().expect("a time");
        assert_eq!((&parts[5], &parts[3], &parts[6]), (&time[..4], &time[8..10], &time[11..19]), "{line}");
        assert_eq!(&parts[7], "+0000");
        // What is plain is as it was.
        let agent = row["user_agent"].as_str().unwrap_or("-");
        if agent.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') && !agent.contains(['"', '\\']) {
            assert_eq!(&parts[12], agent, "{line}");
        }
    }
    // Where a command selects records, and has to know all rows first, too.
    let failed = s3al(&format!("large-downloads {EVEN} --min-size 1B --limit 5 --format combined")).done();
    assert_eq!(failed.text().lines().filter(|line| regex.is_match(line)).count(), 5);
    s3al(&format!("top {EVEN} --format combined")).ended(2).says("does not select records");
}

#[test]
fn a_slow_pipe_prints_what_it_has() {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::process::Stdio;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    for format in ["ndjson", "csv", "raw"] {
        let mut command = command();
        command.args(["export", "-q", "--format", format, "--threads", "3"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, lines) = channel();
        let reader = std::thread::spawn(move || {
            let mut line = String::new();
            while stdout.read_line(&mut line).is_ok_and(|read| read > 0) {
                sender.send(std::mem::take(&mut line)).expect("somebody listens");
            }
        });
        // Whole lines come out while the end of the next one is awaited.
        let log = record(&[(Field::Key, "a")]).repeat(3);
        let half = log.len() / 6;
        let next = || lines.recv_timeout(Duration::from_secs(20)).expect("a line before the pipe ends");
        if format == "csv" {
            assert!(next().starts_with("bucket_owner,"));
        }
        for (start, end) in [(0, 3), (3, 5), (5, 6)] {
            let end = if end == 6 { log.len() } else { end * half };
            stdin.write_all(&log.as_bytes()[start * half..end]).expect("written");
            assert!(next().len() > 50);
        }
        drop(stdin);
        assert!(child.wait().expect("an end").success());
        reader.join().expect("all lines");
        assert_eq!(lines.iter().count(), 0, "{format}");
    }
}
