//! `follow` on files: what comes to them is shown once, and whole.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use s3al::record::Field;
use serde_json::Value;

use crate::harness::*;

/// A run in the folder of these logs.
fn start(logs: &Logs, words: &str) -> Following {
    let mut command = command();
    command
        .current_dir(logs.path("."))
        .arg("follow")
        .args(words.split_whitespace())
        .args(["--interval", "100ms"]);
    Following::start(command)
}

/// A record of that minute.
fn of(id: &str, minute: u32) -> String {
    record(&[(Field::Timestamp, &format!("01/Aug/2026:10:{minute:02}:00 +0000")), (Field::RequestId, id)])
}

fn append(path: &Path, text: &str) {
    let mut file = File::options().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

const IDS: &str = "--format ndjson --columns request_id";

#[test]
fn a_file_that_grows_in_halves_of_lines() {
    let logs = Logs::new();
    let path = logs.path("log");
    let (old, late) = (of("OLD", 1), of("LATE", 2));
    // A line is being written when the run begins.
    logs.write_text("log", &(old + &late[..40]));
    let run = start(&logs, &format!("log {IDS}"));
    append(&path, &late[40..]);
    assert_eq!(run.ids(1), ["LATE"]);
    let (a, b) = (of("A", 4), of("B", 3));
    append(&path, &(a.clone() + &b[..60]));
    assert_eq!(run.ids(2), ["LATE", "A"]);
    append(&path, &b[60..]);
    assert_eq!(run.ids(3), ["LATE", "A", "B"]);
    // Oldest first within what has come together.
    append(&path, &(of("D", 9) + &of("C", 8) + "no record\n"));
    assert_eq!(run.ids(5), ["LATE", "A", "B", "C", "D"]);
    append(&path, "half");
    std::thread::sleep(QUIET);
    let (code, _, said) = run.end();
    assert_eq!(code, 130, "{said}");
    assert!(said.contains("5 records") && said.contains("1 line could not be read"), "{said}");
    assert!(said.contains("1 file ends inside a line") && !said.contains("partial"), "{said}");
}

#[test]
fn rotation_and_truncation() {
    let logs = Logs::new();
    let path = logs.path("log");
    logs.write_text("log", &of("OLD", 1));
    for (words, folder) in [(format!("log {IDS}"), false), (format!(". {IDS}"), true)] {
        for name in ["log.1", "log.2", "log.1.gz"] {
            let _ = fs::remove_file(logs.path(name));
        }
        fs::write(&path, of("OLD", 1)).unwrap();
        let run = start(&logs, &words);
        append(&path, &of("A", 2));
        assert_eq!(run.ids(1), ["A"], "{folder}");
        // Renamed; whoever writes to it goes on for a moment, and leaves no line feed.
        let mut old = File::options().append(true).open(&path).unwrap();
        fs::rename(&path, logs.path("log.1")).unwrap();
        old.write_all((of("B", 3) + &of("C", 4)).as_bytes()).unwrap();
        fs::write(&path, of("D", 5)).unwrap();
        assert_eq!(run.ids(4), ["A", "B", "C", "D"], "{folder}");
        // Compressed: it has been read.
        if has("gzip") {
            assert!(Command::new("gzip").arg(logs.path("log.1")).status().unwrap().success());
        }
        append(&path, &of("E", 6));
        assert_eq!(run.ids(5).last().unwrap(), "E", "{folder}");
        // Copied and cut (copytruncate).
        fs::copy(&path, logs.path("log.2")).unwrap();
        File::options().write(true).truncate(true).open(&path).unwrap();
        std::thread::sleep(QUIET);
        append(&path, &of("F", 7));
        assert_eq!(run.ids(6).last().unwrap(), "F", "{folder}");
        // Written anew, and longer than before.
        fs::write(&path, of("G", 8) + &of("H", 9) + &of("I", 10)).unwrap();
        assert_eq!(run.ids(9)[6..], ["G", "H", "I"], "{folder}");
        let (code, _, said) = run.end();
        assert_eq!(code, 130);
        assert!(said.contains("was written anew: it is read from its beginning"), "{folder} {said}");
    }
}

#[test]
fn a_folder_to_which_files_come() {
    let logs = Logs::new();
    logs.write_text("logs/a", &of("OLD", 1));
    let run = start(&logs, &format!("logs {IDS} --status 200"));
    logs.write_text("logs/sub/b", &(of("B", 4) + &record(&[(Field::HttpStatus, "404")])));
    assert_eq!(run.ids(1), ["B"]);
    fs::write(logs.path("c.gz"), gzip(of("C", 3).as_bytes())).unwrap();
    fs::rename(logs.path("c.gz"), logs.path("logs/c.gz")).unwrap();
    assert_eq!(run.ids(2), ["B", "C"]);
    let (_, _, said) = run.end();
    assert!(said.contains("2 files, 3 records") && said.contains("2 matched"), "{said}");
}

#[test]
fn since_begins_in_the_past_and_a_limit_ends_it() {
    let logs = Logs::new();
    logs.write_text("log", &(of("A", 30) + &of("B", 10) + &of("C", 20)));
    let words = format!("log {IDS} --since 2026-08-01T10:15 -n 2");
    let run = start(&logs, &words);
    assert_eq!(run.ids(2), ["C", "A"]);
    assert_eq!(run.wait().0, 0);
}

#[test]
fn a_later_run_goes_on_where_one_ended() {
    let logs = Logs::new();
    let path = logs.path("log");
    logs.write_text("log", &of("OLD", 1));
    let words = format!("log {IDS} --state state.json -o out");
    let run = start(&logs, &words);
    append(&path, &of("A", 2));
    let read = |expected: &[&str]| {
        let started = Instant::now();
        loop {
            let text = fs::read_to_string(logs.path("out")).unwrap_or_default();
            let ids: Vec<String> =
                text.lines().map(|line| line.split('"').nth(3).unwrap().to_owned()).collect();
            if ids == expected {
                break;
            }
            assert!(started.elapsed() < PATIENCE, "{ids:?} {expected:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    read(&["A"]);
    std::thread::sleep(QUIET);
    // Killed, not ended.
    drop(run);
    append(&path, &of("B", 3));
    fs::rename(&path, logs.path("log.1")).unwrap();
    fs::write(&path, of("C", 4)).unwrap();
    let run = start(&logs, &words);
    // What was renamed meanwhile is found.
    read(&["A", "B", "C"]);
    append(&path, &of("D", 5));
    read(&["A", "B", "C", "D"]);
    assert_eq!(run.end().0, 130);
    logs.write_text("state.json", "x");
    logs.run(&["follow", "log", "--state", "state.json"]).ended(2).says("delete it to begin anew");
}

#[test]
fn every_row_format_and_lines_for_people() {
    let logs = Logs::new();
    for (format, expected) in [
        ("table", "2026-08-01 10:02:00"),
        ("ndjson", "{\"bucket_owner\""),
        ("csv", "bucket_owner,bucket"),
        ("tsv", "bucket_owner\tbucket"),
        ("raw", "[01/Aug/2026:10:02:00 +0000]"),
        ("combined", "01/Aug/2026:10:02:00"),
    ] {
        logs.write_text("log", "");
        let run = start(&logs, &format!("log --format {format}"));
        append(&logs.path("log"), &of("A", 2));
        let has_names = ["csv", "tsv"].contains(&format);
        let lines = run.lines(1 + usize::from(has_names));
        assert!(lines[0].contains(expected), "{format}: {lines:?}");
    }
    for format in ["list", "markdown"] {
        logs.run(&["follow", "log", "--format", format]).ended(2).says("needs all rows");
    }
    logs.write_text("log", "");
    let run = start(&logs, "log --format json");
    append(&logs.path("log"), &of("A", 2));
    std::thread::sleep(2 * QUIET);
    let (_, text, said) = run.end();
    let report: Value = serde_json::from_str(&text).expect(&said);
    assert_eq!(report["tables"]["records"].as_array().unwrap().len(), 1);
    assert_eq!(report["tally"]["matched"], 1);
}

#[test]
fn what_clients_write_moves_no_cursor() {
    let logs = Logs::new();
    logs.write_text("log", "");
    let run = start(&logs, "log --color always --columns user_agent,http_status");
    append(&logs.path("log"), &record(&[(Field::UserAgent, "\x1b[2Jx"), (Field::HttpStatus, "403")]));
    let lines = run.lines(1);
    assert!(lines[0].contains("\\x1b[2Jx") || lines[0].contains("\\u{1b}"), "{lines:?}");
    assert!(!lines[0].contains("\x1b[2J") && lines[0].contains("\x1b[31m403"), "{lines:?}");
}

#[test]
fn a_table_of_what_has_come_is_written_at_the_end_of_a_pipe() {
    let logs = Logs::new();
    logs.write_text("log", "");
    let run = start(&logs, "log --top remote_ip --format csv --columns remote_ip,requests");
    for ip in ["192.0.2.1", "192.0.2.2", "192.0.2.1"] {
        append(&logs.path("log"), &record(&[(Field::RemoteIp, ip)]));
        std::thread::sleep(QUIET);
    }
    assert_eq!(run.text(), "");
    let (code, text, _) = run.end();
    assert_eq!((code, text.as_str()), (130, "remote_ip,requests\n192.0.2.1,2\n192.0.2.2,1\n"));
}

/// The data of a page, as soon as it satisfies.
#[track_caller]
fn page(path: &Path, satisfies: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        // A reader never sees a half of it.
        if let Ok(text) = fs::read_to_string(path) {
            assert!(text.starts_with("<!doctype html>") && text.ends_with("</html>\n"));
            let (_, data) = text.split_once("id=\"data\">").unwrap();
            let data: Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
            if satisfies(&data) {
                return data;
            }
            assert!(started.elapsed() < PATIENCE, "{}", data["tables"][0]["rows"]);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_page_is_replaced_while_records_come() {
    let logs = Logs::new();
    let path = logs.path("live.html");
    for (words, first) in [("", "R1"), ("--top remote_ip", "192.0.2.1")] {
        logs.write_text("log", "");
        let _ = fs::remove_file(&path);
        let run = start(&logs, &format!("log -o live.html --refresh 1s {words}"));
        // It can be opened before anything has come.
        let data = page(&path, |_| true);
        assert_eq!((&data["about"]["refresh"], data["tables"][0]["has"].as_u64()), (&1.into(), Some(0)));
        for number in 1..=3 {
            let ip = format!("192.0.2.{number}");
            append(&logs.path("log"), &(of(&format!("R{number}"), number).replace("192.0.2.3", &ip)));
            page(&path, |data| data["tables"][0]["has"] == number);
        }
        let data = page(&path, |data| data["tables"][0]["has"] == 3);
        let rows = data["tables"][0]["rows"].as_array().unwrap();
        assert!(rows.iter().any(|row| row.as_array().unwrap().contains(&first.into())), "{rows:?}");
        let written = fs::metadata(&path).unwrap().modified().unwrap();
        // Nothing has come, so nothing is written.
        std::thread::sleep(Duration::from_millis(1_300));
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), written);
        // Nothing waits for what will not come any more.
        let (code, text, said) = run.end();
        assert_eq!((code, text.as_str()), (130, ""), "{said}");
        assert_eq!(page(&path, |_| true)["about"]["refresh"], Value::Null);
        let others: Vec<_> =
            fs::read_dir(logs.path(".")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(others.len(), 2, "{others:?}");
    }
}

#[test]
fn a_file_that_is_replaced_has_the_newest_records() {
    let logs = Logs::new();
    logs.write_text("log", &(of("A", 1) + &of("D", 4) + &of("C", 3) + &of("B", 2)));
    let words = "log --since 2026-08-01 -o new.csv --format csv --columns request_id --refresh 1s --limit 2";
    let run = start(&logs, words);
    let started = Instant::now();
    while fs::read_to_string(logs.path("new.csv")).unwrap_or_default() != "request_id\nD\nC\n" {
        assert!(started.elapsed() < PATIENCE, "{:?}", fs::read_to_string(logs.path("new.csv")));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(run.end().0, 130);
    for (words, said) in [
        ("--refresh 60s", "--output"),
        ("-o - --refresh 60s", "name it with -o"),
        ("-o x.html --refresh 60s --limit 0", "how many of the newest"),
        ("-o x.html --refresh 0.5s", "1s to 24h"),
        ("-o x.html --refresh 25h", "1s to 24h"),
        ("-o x.html --refresh 60s --columns nothing", "--columns"),
    ] {
        let words: Vec<&str> = ["follow", "log"].into_iter().chain(words.split(' ')).collect();
        logs.run(&words).ended(2).says(said);
    }
}

#[test]
fn what_cannot_be_followed() {
    let logs = Logs::new();
    logs.write_text("log", "");
    logs.run(&["follow", "-"]).ended(2).says("pipe it into `s3al export`");
    logs.run(&["follow", "log", "--columns", "nothing"]).ended(2).says("--columns");
    logs.run(&["follow", "log", "--interval", "0s"]).ended(2).says("at least 100ms");
    logs.run(&["follow", "log", "--state", "no/state"]).ended(2).says("--state no/state");
    let run = start(&logs, &format!("new {IDS}"));
    assert!(run.said().contains("there is no such file yet"), "{}", run.said());
    logs.write_text("new", &of("A", 1));
    assert_eq!(run.ids(1), ["A"]);
    assert_eq!(run.said().matches("no such file").count(), 1);
}

/// More new files than a process may have open.
#[test]
#[cfg(target_os = "linux")]
fn many_files_at_once() {
    let logs = Logs::new();
    fs::create_dir(logs.path("new")).unwrap();
    fs::create_dir(logs.path("logs")).unwrap();
    let count = 3_000;
    for file in 0..count {
        fs::write(logs.path(&format!("new/{file}")), of(&format!("R{file}"), file % 60)).unwrap();
    }
    let run = start(&logs, &format!("logs {IDS}"));
    fs::rename(logs.path("new"), logs.path("logs/new")).unwrap();
    let mut ids = run.ids(count as usize);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count as usize);
}

#[test]
fn what_comes_to_a_file_at_several_looks_is_one_file() {
    let logs = Logs::new();
    let path = logs.path("log");
    logs.write_text("log", &of("OLD", 1));
    let run = start(&logs, &format!("log {IDS}"));
    for (place, id) in ["A", "B", "C"].into_iter().enumerate() {
        append(&path, &of(id, 2));
        run.ids(place + 1);
    }
    // A look that brings nothing but a line that cannot be read makes it no other file.
    append(&path, "no record\n");
    std::thread::sleep(QUIET);
    let (_, _, said) = run.end();
    assert!(said.contains("1 file, 3 records"), "{said}");
    assert!(said.contains("1 line could not be read") && !said.contains("no log"), "{said}");
}

#[test]
fn records_that_were_seen_at_an_earlier_look_are_left_out() {
    let logs = Logs::new();
    logs.write_text("logs/a", &of("OLD", 1));
    let run = start(&logs, &format!("logs {IDS} --dedupe"));
    append(&logs.path("logs/a"), &(of("A", 2) + &of("B", 3) + &of("A", 2)));
    assert_eq!(run.ids(2), ["A", "B"]);
    append(&logs.path("logs/b"), &(of("B", 3) + &of("C", 4)));
    assert_eq!(run.ids(3), ["A", "B", "C"]);
    let (_, _, said) = run.end();
    assert!(said.contains("2 duplicates"), "{said}");
    // The table counts them once, too.
    let run = start(&logs, "logs --since 2026-08-01 --dedupe --top bucket --format csv --columns requests");
    append(&logs.path("logs/c"), &(of("C", 4) + &of("D", 5)));
    std::thread::sleep(2 * QUIET);
    let (_, text, _) = run.end();
    assert_eq!(text, "requests\n5\n");
}

/// Killed at any moment, and begun anew: nothing is lost, and what is kept is whole each time.
#[test]
fn runs_that_are_killed_lose_nothing() {
    let logs = Logs::new();
    let path = logs.path("log");
    logs.write_text("log", "");
    // From here on, everything is new.
    start(&logs, "log --state state.json").end();
    let mut written = 0;
    for kill in 0..12_u64 {
        let mut command = command();
        command.current_dir(logs.path(".")).args([
            "follow",
            "log",
            "--interval",
            "100ms",
            "--state",
            "state.json",
        ]);
        command.args(IDS.split(' ')).args(["-o", "out", "-q"]);
        let mut child = command.spawn().unwrap();
        let until = Instant::now() + Duration::from_millis(60 + kill * 37);
        while Instant::now() < until {
            append(&path, &of(&format!("R{written}"), 1));
            written += 1;
            std::thread::sleep(Duration::from_millis(7));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if let Ok(state) = fs::read_to_string(logs.path("state.json")) {
            assert!(serde_json::from_str::<Value>(&state).is_ok(), "{state}");
        }
    }
    let run = start(&logs, &format!("log {IDS} --state state.json -o out"));
    std::thread::sleep(2 * QUIET);
    assert_eq!(run.end().0, 130);
    let text = fs::read_to_string(logs.path("out")).unwrap();
    let mut ids: Vec<&str> = text.lines().filter_map(|line| line.split('"').nth(3)).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut expected: Vec<String> = (0..written).map(|number| format!("R{number}")).collect();
    expected.sort_unstable();
    assert_eq!(ids, expected);
}

#[test]
fn columns_in_every_row_format() {
    let logs = Logs::new();
    for (format, expected) in [
        ("table", vec!["A  200"]),
        ("ndjson", vec!["{\"request_id\":\"A\",\"http_status\":200,\"status_class\":\"2xx\"}"]),
        ("csv", vec!["request_id,http_status,status_class", "A,200,2xx"]),
        ("tsv", vec!["request_id\thttp_status\tstatus_class", "A\t200\t2xx"]),
    ] {
        logs.write_text("log", "");
        let columns =
            if format == "table" { "request_id,http_status" } else { "request_id,http_status,status_class" };
        let run = start(&logs, &format!("log --format {format} --columns {columns}"));
        append(&logs.path("log"), &record(&[(Field::RequestId, "A"), (Field::RemoteIp, "192.0.2.7")]));
        let lines = run.lines(expected.len());
        for (line, expected) in lines.iter().zip(&expected) {
            let line: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
            assert_eq!(line.join(" "), expected.replace("  ", " "), "{format}");
        }
    }
}

#[test]
fn a_named_source_is_followed_and_a_reader_that_goes_away_ends_it() {
    let logs = Logs::new();
    logs.write_text("logs/a", "");
    logs.write_text("s3al.toml", "[sources.mine]\npaths = [\"logs\"]\n");
    let run = start(&logs, &format!("@mine --config s3al.toml {IDS}"));
    append(&logs.path("logs/a"), &of("A", 1));
    assert_eq!(run.ids(1), ["A"]);
    drop(run);
    let mut command = command();
    command.current_dir(logs.path(".")).args(["follow", "logs", "--interval", "100ms", "--format", "ndjson"]);
    let mut child = command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        append(&logs.path("logs/a"), &of("B", 1));
        assert!(started.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_price_of_looking_is_in_the_help() {
    // A LIST each minute for 30 days, at 0.005 US dollars a thousand.
    let price = format!("${:.2} in 30 days", 30.0 * 24.0 * 60.0 * 0.005 / 1000.0);
    let help = s3al("follow --help").done();
    let help = help.text().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains(&price), "{help}");
}

#[cfg(feature = "sql")]
#[test]
fn a_store_is_not_followed_and_that_is_told() {
    let logs = Logs::new();
    logs.write_text("logs/a", &of("OLD", 1));
    logs.run(&["convert", "logs", "-o", "store"]).done();
    let run = start(&logs, &format!("logs store {IDS}"));
    append(&logs.path("logs/a"), &of("NEW", 2));
    assert_eq!(run.ids(1), ["NEW"]);
    let (_, _, said) = run.end();
    assert!(said.contains("date=2026-08-01/00000001.parquet") && said.contains("follow the logs"), "{said}");
    assert!(!said.contains("--features"), "{said}");
}
