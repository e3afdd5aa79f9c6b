//! `timeline`: requests over time.

use s3al::record::Field::{BytesSent, Key, RemoteIp, Requester};
use serde_json::{Value, json};

use crate::harness::{Logs, Record, assert_rows, read_at, rows, s3al};

/// Three days, the second of them without a request.
pub fn three_days() -> Logs {
    Logs::of(&[
        read_at("03/Aug/2026:09:00:00").with(BytesSent, 7),
        read_at("01/Aug/2026:00:00:00"),
        read_at("01/Aug/2026:23:59:59").outcome("403 AccessDenied"),
        read_at("01/Aug/2026:12:00:00").with(RemoteIp, "192.0.2.2").with(Key, "b/2"),
    ])
}

#[test]
fn daily_trend() {
    let logs = three_days();
    let report = logs.json(&["timeline", "logs", "--every", "1d"]);
    assert_eq!(report["main"], "timeline");
    assert_eq!(
        rows(&report, "timeline", &["time", "requests", "errors", "bytes_sent"]),
        [
            json!(["2026-08-01T00:00:00Z", 3, 1, 300]),
            json!(["2026-08-02T00:00:00Z", 0, 0, 0]),
            json!(["2026-08-03T00:00:00Z", 1, 0, 7]),
        ]
    );
    // The newest rows are those that stay.
    let newest = logs.json(&["timeline", "logs", "--every", "1d", "--limit", "1"]);
    assert_eq!(rows(&newest, "timeline", &["requests"]), [json!([1])]);
    insta::assert_snapshot!(logs.same(&["timeline", "logs", "--every", "1d"]).text());
}

#[test]
fn days_are_those_of_the_zone() {
    // Midnight in Berlin is at 22:00 UTC, but for the 25th of October, when the clocks go back.
    let logs = Logs::of(&[
        read_at("24/Oct/2026:21:59:59"),
        read_at("24/Oct/2026:22:00:00"),
        read_at("25/Oct/2026:22:59:59"),
        read_at("25/Oct/2026:23:00:00"),
    ]);
    let report = logs.json(&["timeline", "logs", "--every", "1d", "--tz", "Europe/Berlin"]);
    assert_eq!(
        rows(&report, "timeline", &["time", "requests"]),
        [
            json!(["2026-10-24T00:00:00+02:00", 1]),
            json!(["2026-10-25T00:00:00+02:00", 2]),
            json!(["2026-10-26T00:00:00+01:00", 1]),
        ]
    );
}

#[test]
fn steps_by_themselves() {
    let minutes = |count: u32| -> Vec<Record> {
        (0..count)
            .map(|minute| read_at(&format!("01/Aug/2026:{:02}:{:02}:07", minute / 60, minute % 60)))
            .collect()
    };
    // (minutes, step in minutes, rows)
    for (count, step, expected) in [(60, 1, 60), (61, 5, 13), (301, 15, 21), (1440, 30, 48)] {
        let report = Logs::of(&minutes(count)).json(&["timeline", "logs"]);
        let rows = rows(&report, "timeline", &["requests"]);
        assert_eq!(rows.len(), expected, "{count} minutes");
        assert_eq!(rows[0], json!([step.min(count)]));
    }
    // Years are shown in weeks or longer, and nothing is lost on the way.
    let years: Vec<_> = (2007..2027).map(|year| read_at(&format!("06/Feb/{year}:10:00:00"))).collect();
    let report = Logs::of(&years).json(&["timeline", "logs"]);
    let rows = rows(&report, "timeline", &["requests"]);
    assert!(rows.len() <= 60, "{}", rows.len());
    assert_eq!(rows.iter().map(|row| row[0].as_u64().unwrap()).sum::<u64>(), 20);
    // One record from far away does not make thousands of rows.
    let far =
        [read_at("01/Aug/2026:10:00:00"), read_at("01/Aug/2026:11:00:00"), read_at("31/Dec/9999:10:00:00")];
    let report = Logs::of(&far).json(&["timeline", "logs"]);
    assert_eq!(self::rows(&report, "timeline", &["requests"]), [json!([2]), json!([1])]);
}

#[test]
fn lines_for_values() {
    let mut lines = Vec::new();
    for (place, (ip, requests)) in
        [("a", 9), ("b", 8), ("c", 7), ("d", 6), ("e", 5), ("f", 2), ("g", 1)].iter().enumerate()
    {
        for request in 0..*requests {
            let time = format!("01/Aug/2026:{:02}:00:{place:02}", 10 + request % 2 * 2);
            lines.push(read_at(&time).with(RemoteIp, ip));
        }
    }
    let logs = Logs::of(&lines);
    let report = logs.json(&["timeline", "logs", "--every", "1h", "--by", "remote_ip"]);
    let all = rows(&report, "timeline", &["time", "value", "requests"]);
    // Three hours, five values and the others; nothing happened at 11.
    assert_eq!(all.len(), 18);
    assert_eq!(all[0], json!(["2026-08-01T10:00:00Z", "a", 5]));
    assert_eq!(all[5], json!(["2026-08-01T10:00:00Z", "other", 2]));
    assert_eq!(all[6], json!(["2026-08-01T11:00:00Z", "a", 0]));
    assert_eq!(all[17], json!(["2026-08-01T12:00:00Z", "other", 1]));
    assert_eq!(
        rows(&report, "values", &["value", "requests", "requests_over_time"])[4..],
        [json!(["e", 5, [3, 0, 2]]), json!(["other", 3, [2, 0, 1]])]
    );
    let every = logs.json(&["timeline", "logs", "--every", "1h", "--by", "remote_ip", "--values", "0"]);
    assert_eq!(rows(&every, "timeline", &["value"]).len(), 21);
    let two = ["timeline", "logs", "--every", "1h", "--by", "remote_ip", "--values", "2"];
    insta::assert_snapshot!(logs.same(&two).text());
}

#[test]
fn lifecycle() {
    let own = |operation, time| read_at(time).by_s3(operation);
    let logs = Logs::of(&[
        own("S3.EXPIRE.OBJECT", "01/Aug/2026:00:10:00"),
        own("S3.EXPIRE.OBJECT", "01/Aug/2026:00:10:01"),
        own("S3.EXPIRE.OBJECT", "03/Aug/2026:00:10:00"),
        own("S3.CREATE.DELETEMARKER", "01/Aug/2026:00:20:00"),
        own("S3.CREATE.DELETEMARKER", "02/Aug/2026:00:20:00"),
        own("S3.DELETE.UPLOAD", "01/Aug/2026:00:30:00"),
        own("S3.TRANSITION.OBJECT", "03/Aug/2026:00:30:00"),
        own("S3.TRANSITION_SIA.OBJECT", "02/Aug/2026:00:30:00"),
        own("S3.TRANSITION_GDA.OBJECT", "02/Aug/2026:00:40:00"),
        read_at("02/Aug/2026:00:40:00"),
    ]);
    let arguments =
        ["timeline", "logs", "--operation", "S3.*", "--by", "operation", "--values", "0", "--every", "1d"];
    let report = logs.json(&arguments);
    assert_eq!(
        rows(&report, "values", &["value", "requests", "requests_over_time"]),
        [
            json!(["S3.EXPIRE.OBJECT", 3, [2, 0, 1]]),
            json!(["S3.CREATE.DELETEMARKER", 2, [1, 1, 0]]),
            json!(["S3.DELETE.UPLOAD", 1, [1, 0, 0]]),
            json!(["S3.TRANSITION.OBJECT", 1, [0, 0, 1]]),
            json!(["S3.TRANSITION_GDA.OBJECT", 1, [0, 1, 0]]),
            json!(["S3.TRANSITION_SIA.OBJECT", 1, [0, 1, 0]]),
        ]
    );
    assert_eq!(rows(&report, "timeline", &["requests"]).len(), 18);
}

#[test]
fn an_empty_answer() {
    let logs = three_days();
    for command in ["timeline", "latency", "top"] {
        let report = logs.json(&[command, "logs", "--key", "nothing"]);
        assert_eq!(report["tally"]["matched"], 0, "{command}");
    }
    let arguments = ["compare", "logs", "--baseline", "..2020-01-01", "--window", "2020-01-01..2020-01-02"];
    assert_eq!(rows(&logs.json(&arguments), "changes", &["value"]), [] as [Value; 0]);
}

#[test]
fn months_of_the_calendar() {
    let log =
        ["31/Jan/2026:23:30:00", "01/Feb/2026:00:30:00", "28/Feb/2026:23:00:00", "05/Apr/2026:00:00:00"];
    let log = log.map(read_at);
    let rows = |zone: &str, expected: &[&str]| {
        assert_rows(
            &log,
            &["timeline", "--every", "1mo", "--tz", zone],
            "timeline",
            "time | requests",
            expected,
        );
    };
    rows(
        "UTC",
        &[
            "2026-01-01T00:00:00Z | 1",
            "2026-02-01T00:00:00Z | 2",
            "2026-03-01T00:00:00Z | 0",
            "2026-04-01T00:00:00Z | 1",
        ],
    );
    rows(
        "+01:00",
        &["2026-02-01T00:00:00+01:00 | 2", "2026-03-01T00:00:00+01:00 | 1", "2026-04-01T00:00:00+01:00 | 1"],
    );
}

/// Two requesters in the first hour, one of them often; one in the second; nobody in the third; and all of three in the last.
fn requesters() -> Logs {
    let at = |hour: u32, minute: u32, user: &str, bytes: u64| {
        read_at(&format!("01/Aug/2026:{hour:02}:{minute:02}:00"))
            .with(Requester, format!("arn:aws:iam::111122223333:user/{user}"))
            .with(BytesSent, bytes)
    };
    let often = (0..10).map(|minute| at(8, minute, "ann", 1000));
    let others = [at(8, 30, "bob", 5), at(9, 0, "ann", 7), at(11, 0, "ann", 1), at(11, 1, "bob", 1)];
    Logs::of(&often.chain(others).chain([at(11, 2, "cid", 1)]).collect::<Vec<_>>())
}

#[test]
fn metrics_over_time() {
    let logs = requesters();
    let report = logs.json(&["timeline", "logs", "--every", "1h", "--metric", "requesters"]);
    assert_eq!(
        rows(&report, "timeline", &["time", "requests", "requesters"]),
        [
            json!(["2026-08-01T08:00:00Z", 11, 2]),
            json!(["2026-08-01T09:00:00Z", 1, 1]),
            json!(["2026-08-01T10:00:00Z", 0, 0]),
            json!(["2026-08-01T11:00:00Z", 3, 3]),
        ]
    );
    // Bars are of what was asked for.
    let command = ["timeline", "logs", "--every", "1h", "--metric", "bytes_sent"];
    insta::assert_snapshot!(logs.same(&command).text());
    let plain = logs.json(&["timeline", "logs", "--every", "1h"]);
    assert_eq!(logs.json(&command)["tables"], plain["tables"], "numbers do not depend on the metric");
}

#[test]
fn a_column_for_each_value() {
    let logs = requesters();
    let command = ["timeline", "logs", "--every", "1h", "--by", "requester", "--values", "2"];
    insta::assert_snapshot!(logs.same(&command).text());
    insta::assert_snapshot!(logs.same(&[&command[..], &["--metric", "bytes_sent"]].concat()).text());
    // Programs have a row for each value and interval, as the numbers of one value.
    let report = logs.json(&command);
    assert!(report["tables"]["side_by_side"].is_null(), "{report}");
    assert_eq!(rows(&report, "timeline", &["requests"]).len(), 4 * 3);
    // How many others there are cannot be told from how many there are in all.
    let requesters = logs.same(&[&command[..], &["--metric", "requesters"]].concat());
    assert!(
        requesters.text().lines().any(|line| line.contains("11:00:00") && line.ends_with('-')),
        "{requesters:?}"
    );
    // By name, both can be had in any format.
    let csv = logs.same(&[&command[..], &["--format", "csv", "--table", "side_by_side"]].concat());
    assert_eq!(
        csv.text().lines().next(),
        Some("time,arn:aws:iam::111122223333:user/ann,arn:aws:iam::111122223333:user/bob,other")
    );
}

#[test]
fn values_without_room_are_part_of_other() {
    let logs = requesters();
    let command = ["timeline", "logs", "--every", "1h", "--by", "requester", "--values", "0"];
    let report = logs.json(&["timeline", "logs", "--every", "1h"]);
    let all: Vec<u64> = rows(&report, "timeline", &["requests"])
        .iter()
        .map(|row| row[0].as_u64().expect("a count"))
        .collect();
    let mut notes = Vec::new();
    for width in [30, 40, 50, 60, 200] {
        let width = width.to_string();
        let ran = logs.same(&[&command[..], &["--width", &width, "--format", "table"]].concat());
        let table = ran.text().split("\n\n").next().expect("a table");
        let lines = table.lines().filter(|line| line.contains(":00:00"));
        let sums: Vec<u64> = lines
            .map(|line| {
                let counts = line.split_whitespace().skip_while(|word| !word.contains(":00:00")).skip(1);
                counts.map(|count| count.parse::<u64>().expect("a count")).sum()
            })
            .collect();
        assert_eq!(sums, all, "{width}: {table}");
        let note = table.split_once("in other: ").map(|(_, note)| note.replace('\n', " "));
        assert_eq!(note.is_some(), table.contains("  other\n"), "{table}");
        notes.push(note);
    }
    assert!(
        notes[0].as_ref().is_some_and(|note| note.contains("bob") && note.contains("--wide")),
        "{notes:?}"
    );
    assert_eq!(notes.last(), Some(&None));
    // Programs are told the same at any width.
    let csv =
        |width: &[&str]| logs.same(&[&command[..], &["--format", "csv"], width].concat()).text().to_owned();
    assert_eq!(csv(&["--width", "30"]), csv(&[]));
}

#[test]
fn values_of_a_client_are_headings_that_do_no_harm() {
    let key = "\u{1b}[31m%1B%5B31mtime\u{202e}".to_owned() + &"x".repeat(900);
    let logs = Logs::of(&[
        read_at("01/Aug/2026:08:00:00").with(Key, key),
        read_at("01/Aug/2026:09:00:00").with(Key, "time"),
    ]);
    let ran = logs.same(&["timeline", "logs", "--by", "key"]);
    let text = ran.text();
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
    let side_by_side = text.split("\n\n").next().expect("a table");
    assert!(side_by_side.contains("\\x1b[31m"), "{side_by_side}");
    assert!(side_by_side.lines().all(|line| line.chars().count() < 80), "{side_by_side}");
    let json = logs.json(&["timeline", "logs", "--by", "key", "--table", "side_by_side", "--every", "1h"]);
    assert_eq!(json["tables"]["side_by_side"].as_array().map(Vec::len), Some(2));
}

#[test]
fn hours_of_the_week_as_a_map() {
    // Each weekday at nine of Berlin there are ten requests, over three weeks; one denial on a Sunday night.
    let mut log = Vec::new();
    for day in 3..=21 {
        if (day - 3) % 7 < 5 {
            log.extend((0..10).map(|minute| read_at(&format!("{day:02}/Aug/2026:07:{minute:02}:00"))));
        }
    }
    log.push(read_at("09/Aug/2026:22:30:00").outcome("403 AccessDenied"));
    let logs = Logs::of(&log);
    let command = ["timeline", "logs", "--heatmap", "--tz", "Europe/Berlin"];
    let report = logs.json(&command);
    let mut expected = vec![vec![0; 24]; 7];
    (0..5).for_each(|day| expected[day][9] = 30);
    // Half past ten in the evening of UTC is half past midnight on Monday.
    expected[0][0] = 1;
    let found = rows(&report, "heatmap", &["weekday", "requests_by_hour", "requests"]);
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    for ((row, hours), name) in found.iter().zip(&expected).zip(names) {
        assert_eq!(*row, json!([name, hours, hours.iter().sum::<u64>()]));
    }
    insta::assert_snapshot!(logs.same(&command).text());
    // Days that are asked for, empty ones too; and another metric.
    let days =
        logs.json(&["timeline", "logs", "--heatmap=days", "--metric", "errors", "--tz", "Europe/Berlin"]);
    let days = rows(&days, "heatmap", &["day", "weekday", "errors"]);
    assert_eq!(days.len(), 19);
    assert_eq!(days[7], json!(["2026-08-10", "mon", 1]));
    assert_eq!(days[5], json!(["2026-08-08", "sat", 0]));
    // A week is shown by day.
    let week = logs.json(&["timeline", "logs", "--heatmap", "--until", "2026-08-08"]);
    assert_eq!(rows(&week, "heatmap", &["day"]).len(), 5);
    s3al("timeline --heatmap --metric requesters -").ended(2).says("cannot be added up");
    s3al("timeline --heatmap --every 1h -").ended(2).says("--every");
}
