//! `sql`: answers are counted a second time, from what the log was made of.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use s3al::record::Field;
use serde_json::{Value, json};

use crate::harness::*;

/// So many requests of some requesters, addresses, keys and outcomes, two a minute.
pub fn requests(count: usize) -> Vec<Record> {
    let request = |number: usize| {
        let outcome =
            ["200 -", "403 AccessDenied", "404 NoSuchKey", "503 SlowDown", "200 -", "206 -"][number % 6];
        let requester = match number % 5 {
            0 => "-".to_owned(),
            1 => "AmazonS3".to_owned(),
            other => format!("arn:aws:iam::11112222333{other}:user/u{}", number % 7),
        };
        let minute = number / 2;
        let time = format!(
            "{:02}/Aug/2026:{:02}:{:02}:{:02}",
            1 + minute / 1440,
            minute / 60 % 24,
            minute % 60,
            number % 60
        );
        Record::of(&[(
            Field::Operation,
            ["REST.GET.OBJECT", "REST.PUT.OBJECT", "REST.DELETE.OBJECT"][number % 3],
        )])
        .at(&time)
        .outcome(outcome)
        .with(Field::Bucket, ["photos", "my-bucket"][number % 2])
        .with(Field::Requester, requester)
        .with(Field::RemoteIp, format!("10.0.{}.{}", number % 3, number % 11))
        .with(Field::Key, format!("data/k%2520{}.txt", number % 13))
        .with(
            Field::BytesSent,
            if number.is_multiple_of(4) { "-".to_owned() } else { (number * 7).to_string() },
        )
        .with(Field::RequestId, format!("{number:016}"))
    };
    (0..count).map(request).collect()
}

fn logs() -> (Logs, Vec<Record>) {
    let log = requests(3_000);
    (Logs::of(&log), log)
}

#[track_caller]
fn ask(logs: &Logs, sql: &str) -> Vec<Value> {
    logs.same(&["sql", sql, "logs", "--format", "ndjson"]).rows()
}

#[track_caller]
fn count(logs: &Logs, condition: &str) -> u64 {
    let rows = ask(logs, &format!("select count(*) as n from logs where {condition}"));
    rows[0]["n"].as_u64().expect("a count")
}

#[test]
fn groups_are_those_of_a_loop() {
    let (logs, log) = logs();
    let mut expected: BTreeMap<&str, (u64, u64, u64)> = BTreeMap::new();
    for record in &log {
        let group = expected.entry(record.get(Field::Requester)).or_default();
        group.0 += 1;
        group.1 += u64::from(record.get(Field::HttpStatus) >= "400");
        group.2 += record.get(Field::BytesSent).parse::<u64>().unwrap_or(0);
    }
    let sql = "select requester, count(*) as n, count(*) filter (where http_status >= 400) as errors, sum(bytes_sent) as bytes \
               from logs group by 1";
    let found: Vec<Value> = logs.run(&["sql", sql, "logs", "--format", "ndjson"]).done().rows();
    assert_eq!(found.len(), expected.len());
    for row in found {
        let requester = row["requester"].as_str().unwrap_or("-");
        assert_eq!(json!(expected[requester].0), row["n"]);
        assert_eq!(json!(expected[requester].1), row["errors"]);
        assert_eq!(json!(expected[requester].2), row["bytes"]);
    }
}

#[test]
fn conditions_are_tested_while_reading_and_mean_the_same() {
    let (logs, log) = logs();
    let status = |record: &Record| record.get(Field::HttpStatus).parse::<u16>().ok();
    let bytes = |record: &Record| record.get(Field::BytesSent).parse::<u64>().ok();
    let requester =
        |record: &Record| Some(record.get(Field::Requester).to_owned()).filter(|text| text != "-");
    let table: &[(&str, &dyn Fn(&Record) -> bool)] = &[
        ("http_status >= 400", &|r| status(r) >= Some(400)),
        ("http_status in (403, 503)", &|r| matches!(status(r), Some(403 | 503))),
        ("http_status not between 200 and 299", &|r| !matches!(status(r), Some(200..=299))),
        ("bytes_sent > 5000", &|r| bytes(r).is_some_and(|bytes| bytes > 5000)),
        ("not (bytes_sent > 5000)", &|r| bytes(r).is_some_and(|bytes| bytes <= 5000)),
        ("bytes_sent is null", &|r| bytes(r).is_none()),
        ("requester is null", &|r| requester(r).is_none()),
        ("requester <> 'AmazonS3'", &|r| requester(r).is_some_and(|text| text != "AmazonS3")),
        ("requester not in ('AmazonS3', 'x')", &|r| requester(r).is_some_and(|text| text != "AmazonS3")),
        ("requester like 'arn:%:user/u_'", &|r| requester(r).is_some_and(|text| text.starts_with("arn:"))),
        ("requester not like '%3:user%'", &|r| requester(r).is_some_and(|text| !text.contains("3:user"))),
        ("operation = 'REST.PUT.OBJECT' or http_status = 404", &|r| {
            r.get(Field::Operation) == "REST.PUT.OBJECT" || status(r) == Some(404)
        }),
        ("remote_ip = '10.0.1.4' and bucket = 'photos'", &|r| {
            r.get(Field::RemoteIp) == "10.0.1.4" && r.get(Field::Bucket) == "photos"
        }),
        ("key ilike '%K\\%2520_.TXT'", &|r| r.get(Field::Key).len() == "data/k%25200.txt".len()),
        ("timestamp >= '2026-08-01T12:00:00Z' and timestamp < '2026-08-01 13:30:00'", &|r| {
            let time = &r.get(Field::Timestamp)[..17];
            ("01/Aug/2026:12:00".."01/Aug/2026:13:30").contains(&time)
        }),
        ("timestamp between timestamp '2026-08-01 12:00:00' and timestamp '2026-08-01 12:00:01'", &|r| {
            ["01/Aug/2026:12:00:00 +0000", "01/Aug/2026:12:00:01 +0000"].contains(&r.get(Field::Timestamp))
        }),
        ("date_trunc('hour', timestamp) = '2026-08-01T05:00:00Z'", &|r| {
            r.get(Field::Timestamp).starts_with("01/Aug/2026:05")
        }),
        ("date_trunc('hour', timestamp) < '2026-08-01T05:30:00Z'", &|r| {
            r.get(Field::Timestamp) < "01/Aug/2026:06" && r.get(Field::Timestamp).starts_with("01")
        }),
        ("cast(timestamp as date) = '2026-08-02'", &|r| r.get(Field::Timestamp).starts_with("02/Aug")),
        ("cast(timestamp as date) in ('2026-08-02', '2026-08-09')", &|r| {
            r.get(Field::Timestamp).starts_with("02/Aug")
        }),
        ("strftime(timestamp, '%Y/%m/%d') > '2026/08/01'", &|r| {
            r.get(Field::Timestamp).starts_with("02/Aug")
        }),
        ("object = 'data/k 4.txt'", &|r| r.get(Field::Key) == "data/k%25204.txt"),
        ("principal = 'u3'", &|r| r.get(Field::Requester).ends_with("/u3")),
    ];
    for (condition, test) in table {
        let expected = log.iter().filter(|record| test(record)).count() as u64;
        assert!(expected > 0 && expected < 3_000, "{condition}: {expected}");
        assert_eq!(count(&logs, condition), expected, "{condition}");
    }
}

#[test]
fn what_can_be_tested_on_records_is() {
    let (logs, _) = logs();
    let plan = |sql: &str| logs.text(&["sql", sql, "logs", "--explain"]);
    let pushed = "timestamp >= '2026-08-01' and http_status = 403 and operation = 'x' and requester is null and remote_ip = '192.0.2.1' \
                  and key like 'a%' and bucket in ('photos', 'my-bucket')";
    let text = plan(&format!("select user_agent from logs where {pushed}"));
    assert!(!text.contains("FilterExec"), "{text}");
    assert!(text.contains("LogScan: columns=[user_agent], where="), "{text}");
    for by_day in [
        "aws_s3_server_access_log where tp_date = '2026-08-01'",
        "s3_access_logs_db.mybucket_logs where timestamp between '2026/08/01' and '2026/08/02'",
        "logs where date_trunc('day', timestamp) = '2026-08-01T00:00:00Z'",
    ] {
        let text = plan(&format!("select key from {by_day}"));
        assert!(!text.contains("FilterExec") && text.contains("where="), "{text}");
    }
    let text = plan("select count(*) from logs");
    assert!(text.contains("LogScan: columns=[]"), "{text}");
    let text = plan("select key from logs where method = 'GET' limit 3");
    assert!(text.contains("FilterExec") && text.contains("columns=[key, method]"), "{text}");
    assert!(plan("select key from logs limit 3").contains("limit=3"));
    // The answer, and what each step took.
    let text = logs.text(&["sql", "select count(*) from logs", "logs", "--explain-analyze"]);
    assert!(text.contains("output_rows=1"), "{text}");
    let scan = text.lines().find(|line| line.contains("LogScan")).expect("the scan");
    assert!(scan.contains("output_rows=3.00 K") || scan.contains("output_rows=3000"), "{scan}");
}

#[test]
fn rows_come_in_the_order_of_the_input() {
    let (logs, log) = logs();
    let rows = ask(&logs, "select request_id, line_number, source_file from logs where http_status = 403");
    let expected: Vec<&str> = log
        .iter()
        .filter(|record| record.get(Field::HttpStatus) == "403")
        .map(|record| record.get(Field::RequestId))
        .collect();
    let found: Vec<&str> = rows.iter().map(|row| row["request_id"].as_str().expect("an id")).collect();
    assert_eq!(found, expected);
    for row in &rows {
        let file = std::fs::read_to_string(logs.path(row["source_file"].as_str().expect("a file")))
            .expect("the file");
        let line =
            file.lines().nth(row["line_number"].as_u64().expect("a number") as usize - 1).expect("the line");
        assert!(line.contains(row["request_id"].as_str().expect("an id")));
    }
    let first = ask(&logs, "select request_id from logs limit 5");
    assert_eq!(first.len(), 5);
    assert_eq!(first[4]["request_id"], "0000000000000004");
}

#[test]
fn line_numbers_count_blank_and_unreadable_lines_and_go_on_between_slices() {
    let logs = Logs::new();
    let mut text = String::from("\nno record\n");
    text += &many_requests(20_000);
    assert!(text.len() > 8 << 20, "more than one slice");
    logs.write_text("logs/big", &text);
    let rows = logs.same(&["sql", "select request_id, line_number from logs", "logs", "--format", "csv"]);
    for (place, row) in rows.text().lines().skip(1).enumerate() {
        assert_eq!(row, format!("{place:016},{}", place + 3));
    }
    assert_eq!(rows.text().lines().count(), 20_001);
}

#[test]
fn a_limit_ends_the_reading() {
    let logs = Logs::new();
    logs.write_text("logs/big", &many_requests(60_000));
    let report = logs.run(&["sql", "select key from logs limit 1", "logs", "--format", "json"]).done().json();
    assert_eq!(report["tables"]["rows"].as_array().map(Vec::len), Some(1));
    assert!(report["tally"]["records"].as_u64() < Some(60_000), "{report}");
}

#[test]
fn options_of_every_report() {
    let (logs, _) = logs();
    let sql = "select operation, count(*) as n from logs group by operation order by operation";
    let text = logs.same(&["sql", sql, "logs", "--format", "csv", "--columns", "n,operation", "-n", "2"]);
    assert_eq!(text.text(), "n,operation\n1000,REST.DELETE.OBJECT\n1000,REST.GET.OBJECT\n");
    logs.run(&["sql", sql, "logs", "--columns", "oparation"]).ended(2).says("did you mean operation?");
    for format in ROWS {
        assert!(
            logs.same(&["sql", sql, "logs", "--format", format]).text().contains("REST.PUT.OBJECT"),
            "{format}"
        );
    }
    assert!(logs.text(&["sql", sql, "logs", "--format", "list"]).contains("operation"));
    // Filters of the command line hold as well.
    let text =
        logs.text(&["sql", "select count(*) as n from logs", "logs", "--status", "403", "--format", "csv"]);
    assert_eq!(text, "n\n500\n");
    assert_eq!(logs.run(&["sql", sql, "logs", "--fail"]).code, 1);
    logs.run(&["sql", sql, "logs", "-o", "answer.csv", "--format", "csv"]).done();
    assert!(std::fs::read_to_string(logs.path("answer.csv")).expect("a file").starts_with("operation,n\n"));
}

#[test]
fn nulls_types_and_hostile_texts() {
    let logs = Logs::of(&[
        Record::of(&[
            (Field::AclRequired, "Yes"),
            (Field::Key, "a\u{1b}[31mb"),
            (Field::UserAgent, "x\",\"y"),
        ])
        .with(Field::ObjectSize, u64::MAX),
        Record::of(&[]).by_s3("S3.EXPIRE.OBJECT").until(Field::VersionId),
    ]);
    let rows = ask(&logs, "select * from logs");
    assert_eq!(rows[0]["acl_required"], true);
    assert_eq!(rows[0]["http_status"], 200);
    assert_eq!(rows[0]["timestamp"], "2026-08-01T10:00:00Z");
    assert_eq!(rows[0]["user_agent"], "x\",\"y");
    assert_eq!(rows[0]["object_size"], i64::MAX);
    assert_eq!(rows[1]["http_status"], Value::Null);
    assert_eq!(rows[1]["acl_required"], Value::Null);
    let types = "select avg(bytes_sent) as a, array_agg(http_status order by http_status) as l, min(timestamp) as t, \
                 date '2026-08-01' as d, interval '1 day' as i, 1.5 as f, cast(null as int) as n, null as u from logs";
    let row = &ask(&logs, types)[0];
    assert_eq!(
        (&row["t"], &row["d"], &row["f"], &row["n"], &row["u"]),
        (&json!("2026-08-01T10:00:00Z"), &json!("2026-08-01"), &json!(1.5), &Value::Null, &Value::Null)
    );
    // A terminal sees no escape sequence.
    let table =
        logs.text(&["sql", "select key from logs where key is not null", "logs", "--format", "table"]);
    assert!(!table.contains("\u{1b}[31m"), "{table}");
}

#[test]
fn values_for_names() {
    let (logs, log) = logs();
    let n = |sql: &str, params: &[&str]| {
        let mut arguments = vec!["sql", sql, "logs", "--format", "csv"];
        params.iter().for_each(|param| arguments.extend(["--param", param]));
        logs.run(&arguments)
    };
    let expected = log.iter().filter(|r| r.get(Field::HttpStatus) == "403").count();
    let found = n("select count(*) as n from logs where http_status = $status", &["status=403"]).done();
    assert_eq!(found.text(), format!("n\n{expected}\n"));
    let sql = "select count(*) as n from logs where requester = $who and timestamp >= $since";
    assert_eq!(n(sql, &["who=AmazonS3", "since=2026-08-01"]).done().text(), "n\n600\n");
    // A value is a value, whatever it holds.
    assert_eq!(n(sql, &["who=x' or '1'='1", "since=2026-08-01"]).done().text(), "n\n0\n");
    n(sql, &["who=AmazonS3"]).ended(2).says("give it a value with --param since=VALUE");
    n(sql, &["who=AmazonS3", "since=2026-08-01", "whom=x"]).ended(2).says("did you mean who?");
    n("select 1", &["x=1"]).ended(2).says("the query has no $x");
    n("select count(*) from logs where http_status = $s", &["s=abc"]).ended(2).says("--param s=abc");
}

#[test]
fn queries_in_files() {
    let (logs, _) = logs();
    logs.write_text("question.sql", "-- how many\nselect count(*) as n\nfrom logs;\n");
    assert_eq!(logs.text(&["sql", "-f", "question.sql", "logs", "--format", "csv"]), "n\n3000\n");
    assert_eq!(logs.text(&["sql", "--file", "question.sql", "--format", "csv", "logs"]), "n\n3000\n");
    logs.run(&["sql", "-f", "nothing.sql", "logs"]).ended(2).says("cannot read the query from `nothing.sql`");
}

#[test]
fn mistakes_show_the_place_and_what_was_meant() {
    let (logs, _) = logs();
    for (sql, expected) in [
        (
            "select requestor from logs",
            &["no column \"requestor\"; did you mean requester?", "line 1: select requestor", "^^^^^^^^^"][..],
        ),
        ("select * from log", &["there is no table \"log\"; did you mean logs?"]),
        ("select\n  key\nform logs", &["line 3: form logs"]),
        ("select cuont(*) from logs", &["no function \"cuont\"; did you mean count?", "^^^^^"]),
        ("select epoch(timestamp) from logs", &["no function \"epoch\"; date_part('epoch', ...) gives"]),
        ("select status from logs", &["no column \"status\"; did you mean http_status?"]),
        ("select l.ip from logs l", &["did you mean remote_ip?", "^^^^"]),
        ("select country from logs", &["with --geoip FILE, country(remote_ip) tells it"]),
        ("select bad", &["no column \"bad\"; the query names no table, as in FROM logs"]),
        ("select xyzzy from logs", &["DESCRIBE logs lists those there are"]),
        ("select sum(key) from logs", &["sum does not take (text), but sum(", "as bigint"]),
        (
            "select cast('x' as int)",
            &["error: Cannot cast string 'x' to value of Int32 type; try_cast gives null"],
        ),
        ("copy logs to 'x.csv'", &["COPY is refused"]),
        ("create external table x stored as csv location 'x'", &["CREATE EXTERNAL TABLE is refused"]),
        ("insert into logs select * from logs", &["INSERT INTO"]),
        ("select * into x from logs", &["refused"]),
        ("select 1; select 2", &["one is answered at a time"]),
        ("select * from 'logs/00'", &["there is no table"]),
    ] {
        let ran = logs.run(&["sql", sql, "logs"]).ended(2);
        for text in expected {
            assert!(
                ran.stderr.to_lowercase().contains(&text.to_lowercase()),
                "{sql}: {text:?} is not in {}",
                ran.stderr
            );
        }
        assert!(!ran.stderr.contains("DataFusion") && !ran.stderr.contains("datafusion"), "{}", ran.stderr);
    }
    assert!(!logs.path("x.csv").exists());
    logs.run(&["sql", "logs"]).ended(2).says("the query comes first");
    logs.run(&["sql"]).ended(2).says("there is no query");
}

/// A row of operators is as deep as it is long, and a query of a stranger can be pasted.
#[test]
fn no_row_of_operators_ends_the_process() {
    let (logs, _) = logs();
    let conditions: Vec<String> = (0..300).map(|number| format!("key = 'no/{number}'")).collect();
    assert_eq!(count(&logs, &conditions.join(" or ")), 0);
    for sql in [
        format!("select count(*) as n from logs where 0 < bytes_sent{}", "+ 1".repeat(400)),
        format!("select 1 as n{}", " union all select 1".repeat(150)),
    ] {
        logs.run(&["sql", &sql, "logs", "--format", "csv"]).done();
    }
    logs.run(&["sql", &format!("select 1{}", "+1".repeat(9_000)), "logs"]).ended(2).says("9000 operators");
}

#[test]
fn a_query_can_begin_with_a_comment() {
    let (logs, log) = logs();
    let ran =
        logs.run(&["sql", "-- how many?\nselect count(*) as n from logs", "logs", "--format", "csv"]).done();
    assert_eq!(ran.text(), format!("n\n{}\n", log.len()));
    logs.run(&["sql", "--formt", "csv", "select 1", "logs"]).ended(2).says("--format");
}

#[test]
fn tables_can_be_looked_at() {
    let (logs, _) = logs();
    let text = logs.text(&["sql", "describe logs", "logs", "--format", "csv"]);
    assert!(text.contains("bytes_sent,Int64") && text.contains("timestamp,"), "{text}");
    let text = logs.text(&["sql", "show tables", "logs", "--format", "csv"]);
    assert!(text.contains("aws_s3_server_access_log") && text.contains("mybucket_logs"), "{text}");
}

#[test]
fn a_question_about_nothing_is_no_empty_source() {
    let (logs, _) = logs();
    for sql in ["select 1 as one", "describe logs", "show tables"] {
        assert_eq!(logs.run(&["sql", sql, "logs"]).done().stderr, "", "{sql}");
    }
}

#[test]
fn a_pipe_is_read_once() {
    let text = log(&requests(100));
    let one = |sql: &str| {
        let mut command = command();
        command.args(["sql", sql, "-", "--format", "csv"]);
        let ran: Ran = assert_cmd::Command::from_std(command)
            .write_stdin(text.clone())
            .output()
            .expect("it runs")
            .into();
        ran
    };
    assert_eq!(one("select count(*) as n from logs").done().text(), "n\n100\n");
    let twice = "select count(*) from logs a join logs b on a.request_id = b.request_id";
    one(twice).ended(2).says("standard input can be read only once");
    // Files can be read as often as a query likes.
    let logs = Logs::of(&requests(100));
    assert_eq!(ask(&logs, &twice.replace("count(*)", "count(*) as n"))[0]["n"], 100);
}

#[test]
fn what_memory_does_not_hold_goes_to_files() {
    let logs = Logs::new();
    logs.write_text("logs/big", &many_requests(150_000));
    let sql = "select requester, remote_ip, request_id, count(*) as n from logs group by 1, 2, 3";
    let sorted = |memory: &str| {
        let ran = logs.run(&["sql", sql, "logs", "--format", "csv", "--memory", memory]).done();
        let mut lines: Vec<String> = ran.text().lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let all = sorted("2GB");
    assert_eq!(all.len(), 150_001);
    assert!(all == sorted("64MB"));
    logs.run(&["sql", sql, "logs", "--format", "csv", "--memory", "100kB"])
        .ended(2)
        .says("more memory than --memory");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_query() {
    let logs = Logs::of(&requests(3_000));
    let sql =
        "select count(*) from logs a, logs b, logs c where a.bytes_sent + b.bytes_sent = c.bytes_sent * 3";
    let mut command = command();
    command.args(["sql", sql]).arg(logs.path("logs")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("it runs");
    std::thread::sleep(Duration::from_millis(1_500));
    let id = child.id().to_string();
    std::process::Command::new("kill").args(["-INT", &id]).status().expect("kill");
    let sent = Instant::now();
    let ran: Ran = child.wait_with_output().expect("it ends").into();
    assert!(sent.elapsed() < Duration::from_secs(20));
    let ran = ran.ended(130).says("interrupted");
    assert_eq!(ran.text(), "");
}

#[test]
fn unreadable_lines_are_counted_and_kept() {
    let logs = Logs::new();
    logs.write_text("logs/a", &format!("{}no record\n", log(&requests(10))));
    let ran = logs
        .run(&["sql", "select count(*) as n from logs", "logs", "--rejects", "bad", "--format", "csv"])
        .done();
    assert_eq!(ran.text(), "n\n10\n");
    assert!(ran.stderr.contains("1 line"), "{}", ran.stderr);
    assert!(std::fs::read_to_string(logs.path("bad")).expect("the rejects").contains("no record"));
    logs.run(&["sql", "select count(*) from logs", "logs", "--strict"]).ended(3);
    logs.run(&["sql", "select count(*) from logs", "nothing"]).ended(2);
}
