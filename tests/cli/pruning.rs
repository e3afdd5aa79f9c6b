//! A store leaves out what cannot pass the filters, and the answers are those of the log.

use std::collections::BTreeMap;
use std::fs;

use s3al::record::Field;

use crate::harness::*;

/// A number that is the same in every run of the test.
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 40).expect("24 bits")
}

const KEYS: [&str; 9] =
    ["a.txt", "logs/a%20b.gz", "logs/a+b.gz", "date_%253D2020/a", "a%252Fb", "-", "x/y/z", "caf%C3%A9", "~1"];
const REQUESTERS: [&str; 6] = [
    "-",
    "Anonymous",
    "arn:aws:iam::111122223333:user/path/alice",
    "arn:aws:sts::111122223333:assumed-role/Deploy/a@b,c",
    "svc:cloudtrail.amazonaws.com",
    "arn:aws:iam::444455556666:user/Bob",
];
const IPS: [&str; 6] =
    ["192.0.2.3", "::ffff:192.0.2.3", "2001:DB8:0:0:0:0:0:1", "x.x.41.39", "-", "10.1.2.3"];
const OPERATIONS: [&str; 5] =
    ["REST.GET.OBJECT", "REST.PUT.OBJECT", "rest.get.object", "S3.EXPIRE.OBJECT", "REST.GET.ACL"];
const STATUSES: [&str; 7] = ["200", "206", "304", "403", "404", "503", "-"];
const SIZES: [&str; 5] = ["-", "0", "17", "1048576", "18446744073709551615"];
const AGENTS: [&str; 4] = ["aws-cli/2.0", "caf\u{e9}", "-", "S3Console/0.4"];

fn line(state: &mut u64, number: usize) -> Vec<u8> {
    let mut pick = |of: &'static [&'static str]| of[next(state) % of.len()];
    let record = Record::of(&[
        (Field::Bucket, pick(&["my-bucket", "prod-a", "prod-b", "Old_1"])),
        (Field::Requester, pick(&REQUESTERS)),
        (Field::RemoteIp, pick(&IPS)),
        (Field::Operation, pick(&OPERATIONS)),
        (Field::Key, pick(&KEYS)),
        (Field::HttpStatus, pick(&STATUSES)),
        (Field::ErrorCode, pick(&["-", "AccessDenied", "NoSuchKey"])),
        (Field::BytesSent, pick(&SIZES)),
        (Field::TotalTime, pick(&["-", "7", "70000"])),
        (Field::UserAgent, pick(&AGENTS)),
        (Field::TlsVersion, pick(&["-", "TLSv1.2", "TLSv1.3"])),
        (Field::VersionId, pick(&["-", "v1"])),
    ]);
    let time = format!("{:02}/Aug/2026:{:02}:{:02}:00", 1 + number % 3, number / 60 % 24, number % 60);
    let line = record.at(&time).with(Field::RequestId, format!("{number:016X}")).line();
    // Some bytes are no text.
    match next(state) % 20 {
        0 => line.bytes().map(|byte| if byte == b'~' { 0xff } else { byte }).collect(),
        _ => line.into_bytes(),
    }
}

/// A log, and the store that was made of it, of several files a day.
fn folder() -> Logs {
    let (logs, mut state) = (Logs::new(), 5);
    for file in 0..12 {
        let lines: Vec<Vec<u8>> =
            (0..250).map(|line_number| line(&mut state, file * 250 + line_number)).collect();
        fs::create_dir_all(logs.path("logs")).expect("a folder");
        fs::write(logs.path(&format!("logs/{file:02}")), lines.concat()).expect("a log");
    }
    logs.run(&["convert", "logs", "-o", "store", "--commit-every", "300kB"]).done();
    logs
}

#[track_caller]
fn same(logs: &Logs, filters: &[&str]) -> usize {
    let lines = |source: &str| {
        let ran = logs.run(&[&["export", source, "--format", "raw"], filters].concat()).done();
        let mut counted: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        for line in ran.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            *counted.entry(line.to_vec()).or_default() += 1;
        }
        counted
    };
    let (expected, found) = (lines("logs"), lines("store"));
    assert!(expected == found, "{filters:?}: {} and {}", expected.len(), found.len());
    found.len()
}

const FILTERS: [&[&str]; 44] = [
    &["--status", "4xx"],
    &["--status", "403,-"],
    &["--status", "!2xx"],
    &["--status", "599"],
    &["--source-bucket", "prod-a"],
    &["--source-bucket", "prod-*"],
    &["--source-bucket", "PROD-A"],
    &["--source-bucket", "!prod-a"],
    &["--requester", "alice"],
    &["--requester", "BOB"],
    &["--requester", "arn:aws:iam::444455556666:user/Bob"],
    &["--requester", "111122223333"],
    &["--requester", "-"],
    &["--requester", "!alice"],
    &["--anonymous"],
    &["--ip", "192.0.2.3"],
    &["--ip", "192.0.2.0/24"],
    &["--ip", "2001:db8::/32"],
    &["--ip", "x.x.*"],
    &["--ip", "!-"],
    &["--operation", "GET"],
    &["--operation", "GetObject"],
    &["--operation", "s3:GetObjectVersion"],
    &["--operation", "!GET"],
    &["--operation", "REST.*.OBJECT,!PUT"],
    &["--key", "a.txt"],
    &["--key", "logs/a b.gz"],
    &["--key", "a/b"],
    &["--key", "date_=2020/a"],
    &["--key", "-"],
    &["--key", "!a.txt"],
    &["--key", "caf?"],
    &["--error", "accessdenied"],
    &["--error", "-"],
    &["--user-agent", "aws-cli/*"],
    &["--user-agent", "caf*"],
    &["--min-bytes", "1MB"],
    &["--max-bytes", "16"],
    &["--where", "request_id=00000000000001ff"],
    &["--where", "total_time>5s"],
    &["--where", "bytes_sent!=0"],
    &["--where", "version_id!=v1"],
    &["--tls-version", "1.2"],
    &["--since", "2026-08-02T03:00", "--until", "2026-08-02T05:00"],
];

#[test]
fn filters_leave_the_same_lines() {
    let logs = folder();
    let mut kept = 0;
    for filters in FILTERS {
        kept += usize::from(same(&logs, filters) > 0);
    }
    // Nearly all find something, or nothing would be compared.
    assert!(kept > 38, "{kept}");
    let mut state = 3;
    for _ in 0..20 {
        let filters: Vec<&[&str]> = (0..3).map(|_| FILTERS[next(&mut state) % FILTERS.len()]).collect();
        // An option that takes one value is given once.
        if filters[0][0] != filters[1][0] && filters[1][0] != filters[2][0] && filters[0][0] != filters[2][0]
        {
            same(&logs, &filters.concat());
        }
    }
}

#[test]
fn conditions_of_queries_leave_the_same_rows() {
    let logs = folder();
    let mut kept = 0;
    for condition in [
        "requester = 'arn:aws:iam::444455556666:user/Bob'",
        "requester in ('svc:cloudtrail.amazonaws.com', 'nobody')",
        "requester is null",
        "not requester = 'svc:cloudtrail.amazonaws.com'",
        "key = 'a.txt' and http_status >= 400",
        "key like 'logs/%'",
        "key = 'no such key'",
        "remote_ip = '192.0.2.3' or http_status = 503",
        "request_id = '00000000000001FF'",
        "request_id in ('0000000000000100', '0000000000000200') and bucket <> 'prod-a'",
        "bucket = 'Old_1' and timestamp >= '2026-08-02T10:00:00Z' and timestamp < '2026-08-03'",
        "bytes_sent between 1 and 2000000",
        "bytes_sent > 9223372036854775000",
        "http_status < 300 and operation = 'REST.GET.OBJECT'",
        "total_time is not null and error_code = 'NoSuchKey'",
        "user_agent = 'caf\u{e9}' or key = '\u{fffd}1'",
        "key > 'logs' and key < 'm'",
    ] {
        // The second one needs records.
        for columns in ["request_id, key, http_status", "request_id, client, hour"] {
            let sql = format!("select {columns} from logs where {condition} order by request_id, 2, 3");
            let answer = |source: &str| logs.text(&["sql", &sql, source, "--format", "csv"]);
            let (expected, found) = (answer("logs"), answer("store"));
            assert!(expected == found, "{condition}\n{expected}\n{found}");
            kept += usize::from(found.lines().count() > 1);
        }
    }
    assert!(kept > 28, "{kept}");
}

/// How many records were looked at.
fn looked_at(logs: &Logs, filters: &[&str]) -> u64 {
    let report = logs.json(&[&["top", "store"], filters].concat());
    report["tally"]["records"].as_u64().expect("a number")
}

#[test]
fn what_cannot_pass_is_not_read() {
    let logs = folder();
    assert_eq!(looked_at(&logs, &[]), 3_000);
    // Of these, each row is looked at that passes, and none besides.
    for filters in [
        &["--source-bucket", "prod-a"][..],
        &["--status", "4xx"],
        &["--ip", "192.0.2.0/24"],
        &["--requester", "alice"],
        &["--where", "request_id=00000000000001ff"],
        &["--since", "2026-08-02T03:00", "--until", "2026-08-02T05:00"],
    ] {
        let passed = logs.json(&[&["top", "store"], filters].concat())["tally"]["matched"].as_u64();
        let looked = looked_at(&logs, filters);
        assert!(
            passed == Some(looked) && looked > 0 && looked < 1_500,
            "{filters:?}: {passed:?} of {looked}"
        );
    }
    let ran = logs.run(&["top", "store", "--source-bucket", "no-such-bucket"]).done();
    assert!(ran.stderr.contains("none of 3,000 records passed the filters"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("nothing was read"), "{}", ran.stderr);
    // Records that were looked at so little were there to be judged.
    for source in ["logs", "store"] {
        logs.run(&["failed", source, "--source-bucket", "no-such-bucket", "--fail"]).done();
    }
}

#[test]
fn a_query_about_fields_alone_reads_the_columns_of_a_store() {
    let logs = folder();
    let steps = |sql: &str, sources: &[&str]| {
        let ran = logs.run(&[&["sql", "--explain", sql], sources].concat()).done();
        ["StoreScan", "LogScan"].map(|step| ran.text().contains(step))
    };
    let fields = "select requester, count(*) from logs where http_status >= 400 group by 1";
    assert_eq!(steps(fields, &["store"]), [true, false]);
    for (sql, sources) in [
        (fields, &["logs"][..]),
        (fields, &["store", "logs"]),
        (fields, &["store", "--status", "4xx"]),
        (fields, &["store", "--dedupe"]),
        ("select client, count(*) from logs group by 1", &["store"]),
        ("select source_file, line_number from logs", &["store"]),
    ] {
        assert_eq!(steps(sql, sources), [false, true], "{sql} {sources:?}");
    }
    for sql in [
        fields,
        "select count(*) as n from logs",
        "select date, count(*) as n, min(timestamp) as t from logs group by 1",
        "select request_id, date from logs where date >= '2026-08-02' and date < '2026-08-03'",
        "select min(timestamp) as t, max(bytes_sent) as b, sum(total_time) as s from logs",
        "select bucket, count(distinct key) as k, count(extra) as e from logs group by 1",
        "select request_id from logs where key = 'a.txt' limit 7",
        "select request_id, requester from logs where requester is not null limit 40",
        "select a.request_id from logs a join logs b on a.request_id = b.request_id where b.http_status = 503",
        "select tp_source_ip, count(*) as n from aws_s3_server_access_log group by 1",
        "select httpstatus, count(*) as n from s3_access_logs_db.mybucket_logs where operation = 'REST.GET.OBJECT' group by 1",
        "with r as (select requester, count(*) as n from logs group by 1) select max(n) as m from r union all select count(*) from r",
    ] {
        let answer = |more: &[&str]| {
            let ran = logs.run(&[&["sql", sql, "store", "--format", "csv"], more].concat()).done();
            let mut lines: Vec<String> = ran.text().lines().map(str::to_owned).collect();
            if !sql.contains("limit") {
                lines.sort();
            }
            lines
        };
        // A filter that all pass has records made of the rows.
        let (found, expected) = (answer(&[]), answer(&["--since", "2026-01-01"]));
        assert!(found.len() > 1 && found == expected, "{sql}\n{found:?}\n{expected:?}");
    }
    let report = logs.json(&["sql", "select count(*) as n from logs", "store"]);
    assert_eq!(report["tally"]["records"], 3_000);
    // Bytes that are not those that were written.
    let path = logs.path("store/date=2026-08-01/00000001.parquet");
    let (whole, mut bytes) = (fs::read(&path).expect("a file"), fs::read(&path).expect("a file"));
    bytes[8..2_000].fill(0);
    fs::write(&path, bytes).expect("a file");
    // It is told as of every source, and the others are read.
    let damaged = |more: &[&str]| {
        let sql = "select max(key) as k, max(bucket_owner) as b, count(distinct bucket) as n from logs";
        let ran = logs.run(&[&["sql", sql, "store", "--format", "csv"], more].concat()).ended(3);
        let ran = ran.says("date=2026-08-01/00000001.parquet").says("1 source not read");
        ran.text().to_owned()
    };
    assert_eq!(damaged(&[]), damaged(&["--since", "2026-01-01"]));
    fs::write(&path, whole).expect("a file");
    // What another program wrote there is read as a row, and what is damaged is named.
    fs::write(logs.path("store/date=2026-08-02/damaged.parquet"), "PAR1 but no more").expect("a file");
    logs.run(&["sql", "select count(*) as n from logs", "store"]).ended(3).says("damaged.parquet");
}

/// The tables of a report, as JSON, without what a store cannot know: how late and in which object a record was delivered.
fn tables(logs: &Logs, words: &[&str], source: &str, filters: &[&str]) -> serde_json::Value {
    let ran = logs.run(&[words, &[source], filters, &["--format", "json"]].concat());
    // Where there are findings, some commands end with 1.
    let ran = if ran.code == 1 { ran.ended(1) } else { ran.done() };
    // Commands that show more name the source.
    let text = ran.text().replace(" store\"", " logs\"");
    let mut report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let tables = report["tables"].as_object_mut().expect("tables");
    for name in ["lag", "objects", "sources"] {
        tables.remove(name);
    }
    report["tables"].take()
}

#[test]
fn reports_over_a_store_are_those_over_the_logs() {
    let (logs, mut different) = (folder(), Vec::new());
    for words in [
        &["summary"][..],
        &["top", "--by", "requester,operation", "--limit", "0"],
        &["top", "--by", "hour,client", "--limit", "0"],
        &["failed", "--limit", "0"],
        &["large-downloads", "--min-size", "1"],
        &["timeline"],
        &["timeline", "--by", "http_status"],
        &["latency", "--by", "operation", "--limit", "0"],
        &["cost"],
        &["cold"],
        &["detect"],
        &["activity", "--requester", "svc:cloudtrail.amazonaws.com"],
        &["history", "--key", "a.txt"],
        &["access"],
        &["audit"],
        &["compare", "--window", "2026-08-02..2026-08-03"],
        &["coverage"],
        &["dashboard"],
    ] {
        for filters in [
            &[][..],
            &["--status", "4xx"],
            &["--source-bucket", "prod-a", "--ip", "192.0.2.0/24"],
            &["--since", "2026-08-02T03:00"],
        ] {
            let [expected, found] = ["logs", "store"].map(|source| tables(&logs, words, source, filters));
            for (name, table) in expected.as_object().expect("tables") {
                if *table != found[name] {
                    different.push(format!("{words:?} {filters:?} {name}"));
                }
            }
        }
    }
    assert!(different.is_empty(), "{different:#?}");
}
