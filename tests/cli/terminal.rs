//! What a terminal gets: widths, colors, and nothing that could do it harm.
#![cfg(unix)]

use std::process::{Command, Stdio};

use s3al::record::Field;
use unicode_width::UnicodeWidthStr as _;

use crate::harness::*;

/// Runs a shell command in a terminal of this width; `None` where no terminal can be had.
fn in_terminal(columns: u16, shell: &str) -> Option<String> {
    if !cfg!(target_os = "linux") || !has("script") {
        return None;
    }
    let shell = format!("stty cols {columns} rows 50; {shell}");
    let mut script = Command::new("script");
    script.args(["-qec", &shell, "/dev/null"]).current_dir(root()).stdin(Stdio::null());
    isolate(&mut script);
    // Nobody is there to leave a pager.
    script.env("PAGER", "cat");
    let output = script.env("TERM", "xterm-256color").env("SHELL", "/bin/sh").output().expect("script runs");
    Some(String::from_utf8(output.stdout).expect("UTF-8").replace("\r\n", "\n"))
}

fn program(words: &str) -> String {
    format!("{} {words}", env!("CARGO_BIN_EXE_s3al"))
}

/// Without colors.
fn plain(text: &str) -> String {
    let colors = regex::Regex::new("\x1b\\[[0-9;]*m").expect("a pattern");
    colors.replace_all(text, "").into_owned()
}

const COMMANDS: [&str; 34] = [
    "top --limit 5",
    "top --by remote_ip --trend --limit 3",
    "top --by bucket,key --limit 5",
    "top --by key,remote_ip --distinct requester --every 1d --limit 5",
    "failed --limit 5",
    "failed --causes --limit 5",
    "large-downloads --limit 5",
    "large-downloads --join-ranges",
    "summary --limit 3",
    "timeline --every 6h",
    "timeline --every 1d --by operation",
    "timeline --every 1d --metric bytes_sent",
    "timeline --heatmap",
    "latency --limit 4",
    "latency --by bucket,prefix --limit 4",
    "cost --limit 5",
    "cost --by day",
    "cold --limit 5",
    "cold --by key --limit 5",
    "history --key 'invoices/2023/*' --limit 8",
    "history customers/export-2023-12.csv --limit 8",
    "activity --requester ci-deploy --limit 8",
    "activity --ip 203.0.113.66 --limit 8",
    "access --limit 5",
    "access --depth 2 --limit 5",
    "audit --limit 5",
    "compare --window 2024-01-20..2024-01-21 --limit 8",
    "compare --window 2024-01-20..2024-01-21 --by requester --limit 3",
    "detect --limit 3",
    "detect --list-rules",
    "coverage --retention 30d --until 2024-01-23",
    "export --format table --limit 5",
    "export --format table --limit 5 --status 4xx --columns time,requester,operation,key,http_status,error_code",
    "dashboard --limit 2 --since 2024-01-21T18:00",
];

/// Of reports: a title, and what has to be read in the first row below it in 80 columns and more: who, what, which object, how much.
const ANSWERS: &[(&str, &str, &[&str])] = &[
    ("top --limit 5", "Top requesters", &["cloudfront", "944", "15", "57.8 MB"]),
    ("top --by remote_ip --trend --limit 3", "Requests by remote_ip", &["10.0.2.11", "133", "▇"]),
    (
        "top --by bucket,key --limit 5",
        "Requests by bucket, key",
        &["example-data", "exports/catalogue-feed.parquet", "123"],
    ),
    (
        "top --by key,remote_ip --distinct requester --every 1d --limit 5",
        "Requests by key, remote_ip",
        &["01-19", "exports/catalogue-feed.parquet", "198.51.100.200", "75"],
    ),
    (
        "failed --limit 5",
        "Newest failed requests",
        &["GET", "17:57:34", "403 AccessDenied", "apple-touch-icon.png", "cloudfront"],
    ),
    ("failed --limit 5", "Errors", &["403", "AccessDenied", "37"]),
    ("failed --causes --limit 5", "Likely causes", &["permission", "ReportJob", "example-data", "16", "403"]),
    (
        "large-downloads --limit 5",
        "Largest downloads",
        &["db/full-2024-01-16.dump", "6.4 GB", "14:02:04", "RestoreTest"],
    ),
    (
        "large-downloads --join-ranges",
        "Largest downloads",
        &["exports/catalogue-feed.parquet", "165.2 GB", "01-19 05:00:19", "FeedLoader"],
    ),
    ("summary --limit 3", "Overview", &["1,952", "63", "185.4 GB", "15", "109", "567", "▃▂▄▇▄▃▃█"]),
    ("timeline --every 6h", "Requests every 6h", &["2024-01-15 00:00:00", "33", "2.2 GB"]),
    ("timeline --every 1d --by operation", "Requests every 1d", &["2024-01-15", "201", "59"]),
    ("timeline --every 1d --metric bytes_sent", "Bytes sent every 1d", &["2024-01-15", "2.3 GB"]),
    ("timeline --heatmap", "Requests by day and hour", &["2024-01-15", "mon", "░░", "292"]),
    (
        "latency --limit 4",
        "Times by operation",
        &["GET", "1,235", "total_p50", "22 ms", "1m 29s", "s3_p50", "18 ms", "295 ms"],
    ),
    (
        "latency --limit 4",
        "Slowest requests",
        &["GET", "2m 41s", "db/full-2024-01-16.dump", "RestoreTest", "01-16 14:02:04"],
    ),
    (
        "latency --by bucket,prefix --limit 4",
        "Times by bucket, prefix",
        &["example-web", "photos/", "569", "21 ms", "299 ms", "19 ms", "297 ms"],
    ),
    ("cost --limit 5", "Charges by requester", &["FeedLoader", "$14.95", "81"]),
    ("cost --limit 5", "All charges", &["$15.54", "1,952"]),
    ("cost --by day", "Charges by day", &["2024-01-19", "$13.85", "347"]),
    ("cold --limit 5", "Coldest prefixes", &["example-data", "video/", "never"]),
    ("cold --by key --limit 5", "Coldest objects", &["example-backups", "db/full-2023-12-16.dump", "never"]),
    (
        "history --key 'invoices/2023/*' --limit 8",
        "History",
        &["03:40:27", "deleted in batch", "ci-deploy", "invoices/2023/INV-9037.pdf"],
    ),
    (
        "history customers/export-2023-12.csv --limit 8",
        "History",
        &["customers/export-2023-12.csv", "read", "ci-deploy", "03:12:20", "203.0.113.66"],
    ),
    (
        "activity --requester ci-deploy --limit 8",
        "Activity",
        &["ci-deploy", "03:34:09", "read", "customers/export-2023-12.csv", "example-data"],
    ),
    (
        "activity --ip 203.0.113.66 --limit 8",
        "Activity",
        &["203.0.113.66", "03:10:10", "ci-deploy", "ListObjectsV2", "example-data"],
    ),
    (
        "activity --requester ci-deploy --limit 8",
        "Visits",
        &["ci-deploy", "01-15 11:20:00", "5", "192.0.2.50"],
    ),
    ("access --limit 5", "Who touches what", &["cloudfront", "example-web", "photos/", "read", "550"]),
    (
        "audit --limit 5",
        "Findings by type",
        &["plain_http", "146", "no TLS: can be read or changed en route"],
    ),
    ("audit --limit 5", "Findings (", &["plain_http", "anonymous", "127", "tea/white-peony/9.html"]),
    ("audit --limit 5", "Presigned URLs (", &["shop-links", "62"]),
    ("audit --limit 5", "Presigned URLs used", &["ci-deploy", "customers/export-2023-12.csv", "3"]),
    (
        "compare --window 2024-01-20..2024-01-21 --limit 8",
        "Changes in requests",
        &["203.0.113.66", "new", "104"],
    ),
    (
        "compare --window 2024-01-20..2024-01-21 --by requester --limit 3",
        "Changes in requests",
        &["ci-deploy", "up", "104", "33.05"],
    ),
    (
        "coverage --retention 30d --until 2024-01-23",
        "Hours without records",
        &["01-17", "example-web", "11:00:00", "16:00:00"],
    ),
    ("coverage --retention 30d --until 2024-01-23", "Coverage", &["5", "23"]),
    ("coverage --retention 30d --until 2024-01-23", "Records every 6h", &["example-web", "××"]),
    (
        "detect --limit 3",
        "Findings, worst first",
        &[
            "high",
            "pentest-client",
            "ci-deploy",
            "*",
            "61",
            "01-20 03:07:12",
            "203.0.113.66",
            "example-backups, example-data",
            "55 of",
        ],
    ),
    ("detect --limit 3", "Step by step", &["01-20 03:07:12", "lists 2 buckets", "ci-deploy"]),
    (
        "export --format table --limit 5",
        "Records",
        &["00:09:59", "AmazonS3", "S3.EXPIRE", "wal/2024-01-01/000000010000002900000001"],
    ),
    (
        "export --format table --limit 5 --status 4xx --columns time,requester,operation,key,http_status,error_code",
        "Records",
        &["03:08:05", "GET.BUCKET", "403", "AccessDenied", "ci-deploy"],
    ),
    ("dashboard --limit 2 --since 2024-01-21T18:00", "Overview", &["20", "1.1 MB"]),
];

/// What is above the first row of a table, and that row, which can be a block of lines.
fn first_row(text: &str, title: &str) -> String {
    let mut rows =
        text.lines().skip_while(|line| !line.starts_with(title)).take_while(|line| !line.is_empty());
    let mut found: Vec<&str> = rows.by_ref().take_while(|line| !line.starts_with('─')).collect();
    found.extend(rows.next());
    // What there is no room for beside the others is below.
    let is_below = |line: &&str| line.contains(": ") || line.trim_start().starts_with(['▁', '▂', '▃']);
    found.extend(rows.take_while(|line| line.starts_with("  ") && is_below(line)));
    found.join("\n")
}

#[test]
fn the_first_row_says_who_what_which_object_and_how_much() {
    let mut missing = Vec::new();
    for columns in ["80", "100", "120", "200"] {
        for (words, title, answers) in ANSWERS {
            // No shell is there to take quotes away.
            let words = words.replace('\'', "");
            let format = if words.contains("--format") { "" } else { "--format table" };
            let ran = s3al(&format!("{words} {SAMPLE} -q --width {columns} {format}"));
            let row = first_row(ran.text(), title);
            for answer in answers.iter().filter(|answer| !row.contains(**answer)) {
                missing.push(format!("{answer} of {words} in {columns} columns:\n{row}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n\n"));
}

#[test]
fn tables_fit_the_terminal() {
    for columns in [80, 100, 200] {
        for words in COMMANDS {
            let Some(text) = in_terminal(columns, &program(&format!("{words} {SAMPLE} -q"))) else { return };
            // Sentences below a table wrap as sentences do.
            let is_wrapped = |line: &&str| line.contains("; ") || line.contains(": ");
            // What is to be copied stays in one line.
            let is_copied = |line: &&str| line.starts_with("show ");
            for line in plain(&text).lines().filter(|line| !is_wrapped(line) && !is_copied(line)) {
                assert!(line.width() <= columns.into(), "{words} in {columns}:\n{}", plain(&text));
            }
        }
    }
}

#[test]
fn tables_in_80_to_200_columns() {
    for columns in [80, 100, 120, 200] {
        let all: Option<Vec<String>> = COMMANDS
            .into_iter()
            .map(|words| {
                in_terminal(columns, &program(&format!("{words} {SAMPLE} -q"))).map(|text| plain(&text))
            })
            .collect();
        let Some(all) = all else { return };
        insta::assert_snapshot!(format!("in_{columns}_columns"), all.join("\n"));
    }
}

#[test]
fn columns_can_be_said_and_cutting_be_turned_off() {
    let words = program(&format!("top {EVEN} -q --limit 3"));
    let Some(said) = in_terminal(200, &format!("COLUMNS=100 {words}")) else { return };
    assert!(said.contains('…') && plain(&said).lines().all(|line| line.width() <= 100), "{said}");
    let whole = in_terminal(60, &format!("{words} --wide")).expect("a terminal");
    assert!(!whole.contains('…') && plain(&whole).lines().any(|line| line.width() > 100), "{whole}");
}

#[test]
fn colors_are_for_terminals_and_for_those_who_ask() {
    let words = program(&format!("top {SAMPLE} -q --limit 3"));
    let Some(colored) = in_terminal(200, &words) else { return };
    assert!(colored.contains("\x1b["));
    for (before, after, expected) in [
        ("NO_COLOR=1", "", false),
        ("NO_COLOR=1", "--color always", true),
        ("", "--color never", false),
        ("CLICOLOR_FORCE=1", "| cat", true),
        ("", "| cat", false),
    ] {
        let text = in_terminal(200, &format!("{before} {words} {after}")).expect("a terminal");
        assert_eq!(text.contains("\x1b["), expected, "{before} {after}");
    }
}

#[test]
fn what_is_bad_stands_out_alike_in_all_tables() {
    let (bad, warning) = ("\x1b[31m", "\x1b[33m");
    for (words, color, text) in [
        ("failed", bad, "403"),
        ("failed", warning, "404"),
        ("failed --status 403 -n 2", bad, "403"),
        ("top --by http_status", bad, "403"),
        ("top --by http_status", warning, "404"),
        ("top", warning, "anonymous"),
        ("summary -n 0", warning, "4xx"),
        ("summary -n 0", bad, "5xx"),
        ("detect", bad, "high"),
        ("detect", warning, "medium"),
        ("audit", warning, "anonymous"),
        ("access -n 0", warning, "anonymous"),
        ("activity --requester ci-deploy", bad, "403"),
        ("history --key invoices/*", warning, "404"),
        ("export --format table --status 4xx", bad, "403"),
    ] {
        for width in [100, 200] {
            let ran = s3al(&format!("{words} {SAMPLE} -q --color always --width {width}"));
            // Tables and blocks write the same color in two ways.
            let colored = ran.text().replace("\x1b[38;5;1m", bad).replace("\x1b[38;5;3m", warning);
            let is_there = colored.contains(&format!("{color}{text}"));
            // What there is no room for stands out nowhere.
            assert!(
                is_there || (width < 200 && !plain(ran.text()).contains(text)),
                "{words} {text}: {}",
                ran.text()
            );
        }
    }
}

#[test]
fn keys_of_32_characters_are_whole_in_100_columns() {
    let one = |number: usize, more: [(Field, &str); 7]| {
        let key = format!("tables/orders/part-{number:08}.csv!");
        assert_eq!(key.len(), 32);
        record(&[&more[..], &[(Field::Key, &key)]].concat())
    };
    let first = [
        (Field::Timestamp, "03/Aug/2026:21:49:39 +0000"),
        (Field::HttpStatus, "403"),
        (Field::ErrorCode, "AccessDenied"),
        (
            Field::Requester,
            "arn:aws:sts::444455556666:assumed-role/NightlyReportsOfAllShops/session-of-today",
        ),
        (Field::RemoteIp, "2001:db8:1234:5678:9abc:def0:1234:5678"),
        (Field::UserAgent, "aws-sdk-java/2.20.45 Linux/5.10 OpenJDK_64-Bit_Server_VM/17"),
        (Field::Operation, "REST.PUT.PART"),
    ];
    let second = [
        (Field::Timestamp, "02/Jul/2025:21:49:39 +0000"),
        (Field::HttpStatus, "404"),
        (Field::ErrorCode, "NoSuchKey"),
        (Field::Requester, "arn:aws:iam::111122223333:user/a-person-with-a-long-name"),
        (Field::RemoteIp, "192.0.2.3"),
        (Field::UserAgent, "curl/8"),
        (Field::Operation, "REST.DELETE.OBJECT"),
    ];
    let log = one(1, first) + &one(2, second);
    let ran = piped("failed --width 100 -q", log);
    for number in [1, 2] {
        assert!(ran.text().contains(&format!("tables/orders/part-{number:08}.csv!")), "{}", ran.text());
    }
}

#[test]
fn standard_output_does_not_depend_on_standard_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    std::fs::write(&log, many_lines(12 << 20)).expect("a file");
    let out = folder.path().join("out");
    for words in ["summary", "top --format json", "export --format csv --limit 500"] {
        let words = format!("{words} {}", log.display());
        let shell = format!("{} --progress auto > {}", program(&words), out.display());
        if in_terminal(100, &shell).is_none() {
            return;
        }
        assert_eq!(std::fs::read(&out).expect("the answer"), s3al(&words).done().stdout, "{words}");
    }
}

#[test]
fn a_run_that_takes_a_while_says_how_far_it_is() {
    let program = program(&format!("top --progress auto {HARD} -"));
    let Some(text) = in_terminal(100, &format!("(sleep 1.5; cat {HARD}) | {program} > /dev/null")) else {
        return;
    };
    let line =
        regex::Regex::new(r"1 of 2 files, listing, 39.\d kB, 55 lines, [\d.]+ k?B/s").expect("a pattern");
    assert!(line.is_match(&text), "{text:?}");
    // What is typed while it is there is in the same line, and goes with it.
    assert!(!text.contains("  \r") && text.contains("/s\r"), "{text:?}");
    // It is gone at the end.
    let last = plain(text.rsplit("\x1b[2K").next().expect("a text"));
    assert!(last.starts_with("2 files, 110 records"), "{text:?}");
}

#[test]
fn nothing_in_a_log_reaches_the_terminal_that_could_harm_it() {
    for words in [
        "export --format table --limit 0",
        "export --format raw",
        "export --format csv",
        "export --format tsv",
        "export --format ndjson",
        "export --format json",
        "export --format markdown",
        "failed --limit 0",
        "top --by user_agent --limit 0",
        "top --by key,referer,request_uri --limit 0",
        "top --by object --limit 0",
        "summary --limit 0",
    ] {
        let words = format!("{words} {HARD} --color never -q");
        let Some(text) = in_terminal(200, &program(&words)) else { return };
        let is_harmful =
            |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || ('\u{202a}'..='\u{202e}').contains(&c);
        let found = text.chars().find(|c| is_harmful(*c));
        assert_eq!(found, None, "{words}");
    }
}

#[test]
fn messages_are_safe_to_look_at() {
    let ran = run(&["top", "no\x1b[2Jwhere\u{202e}"]).ended(2);
    assert!(!ran.stderr.contains(['\x1b', '\u{202e}']), "{:?}", ran.stderr);
}

#[test]
fn a_pager_gets_what_a_terminal_would() {
    let words = format!("top {EVEN} -q --limit 3 --color never");
    let Some(plain) = in_terminal(100, &program(&words)) else { return };
    let paged =
        |pager: &str, words: &str| in_terminal(100, &format!("S3AL_PAGER={pager} {}", program(words)));
    let sorted = paged("'sort -r'", &words).expect("a terminal");
    let mut lines: Vec<&str> = plain.lines().collect();
    lines.sort_unstable();
    let mut found: Vec<&str> = sorted.lines().collect();
    assert_ne!(sorted, plain);
    found.sort_unstable();
    assert_eq!(found, lines);
    // None where nobody wants it, and where there is none; one that ends early is no error.
    assert_eq!(paged("'sort -r'", &format!("{words} --no-pager")).expect("a terminal"), plain);
    assert_eq!(paged("no-such-pager", &words).expect("a terminal"), plain);
    let early =
        paged("true", &format!("export {EVEN} -q --format list --limit 0; echo $?")).expect("a terminal");
    assert_eq!(early.trim(), "0");
    let piped =
        in_terminal(100, &format!("S3AL_PAGER='sort -r' {} | cat", program(&words))).expect("a terminal");
    assert_eq!(piped.lines().next(), Some("Top requesters (times in UTC)"));
    let dumb =
        in_terminal(100, &format!("TERM=dumb S3AL_PAGER='sort -r' {}", program(&words))).expect("a terminal");
    assert_eq!(dumb, plain);
}

#[test]
fn a_locale_without_utf8_gets_ascii() {
    for words in COMMANDS {
        let words = program(&format!("{words} {EVEN} -q --color never"));
        let Some(text) = in_terminal(100, &format!("LC_ALL=C {words}")) else { return };
        assert!(text.is_ascii(), "{words}: {text}");
        let usual = in_terminal(100, &words).expect("a terminal");
        assert_eq!(usual.lines().count(), text.lines().count());
    }
}

#[test]
fn a_requester_is_cut_once() {
    let words = program(&format!("top --by requester,operation {EVEN} -q"));
    for columns in [40, 44, 48, 52, 60] {
        let Some(text) = in_terminal(columns, &words) else { return };
        assert!(!text.contains("……"), "{columns}: {text}");
    }
}

/// Each look redraws the table over the one before, and records are lines with colors, no wider than the terminal.
#[test]
fn what_arrives_is_drawn_in_place() {
    let logs = Logs::new();
    let follow = |words: &str| {
        logs.write_text("log", "");
        let append = |ip: &str| {
            let line = record(&[
                (Field::RemoteIp, ip),
                (Field::HttpStatus, "403"),
                (Field::Key, &"a-long-name/".repeat(12)),
            ]);
            logs.write_text(ip, &line);
            format!("sleep 0.6; cat {0}/{ip} >> {0}/log;", logs.path(".").display())
        };
        let lines = append("192.0.2.1") + &append("192.0.2.2") + &append("192.0.2.1");
        let path = logs.path("log");
        let program = program(&format!("follow {} {words} --interval 100ms", path.display()));
        in_terminal(80, &format!("({lines}) & timeout --preserve-status -s INT 4 {program}"))
    };
    let Some(text) = follow("--top remote_ip -q") else { return };
    // As many lines up as were drawn, and away with them.
    let drawn: Vec<&str> = text
        .split("\x1b[")
        .filter(|part| part.starts_with(|sign: char| sign.is_ascii_digit()))
        .filter(|part| part.contains('A'))
        .collect();
    assert!(drawn.len() >= 2, "{text:?}");
    let up = regex::Regex::new("\x1b\\[([0-9]+)A\r\x1b\\[J").expect("a pattern");
    let mut rest = text.as_str();
    let mut count = 0;
    while let Some(found) = up.captures(rest) {
        let whole = found.get(0).expect("it all");
        let lines: usize = found[1].parse().expect("a number");
        assert_eq!(rest[..whole.start()].matches('\n').count(), lines, "{text:?}");
        rest = &rest[whole.end()..];
        count += 1;
    }
    assert!(count >= 3, "{text:?}");
    let last = plain(rest);
    assert!(last.contains("192.0.2.1") && last.contains("192.0.2.2"), "{last}");
    let text = follow("-q").expect("a terminal");
    assert_eq!(text.matches("\x1b[31m403").count(), 3, "{text:?}");
    assert!(plain(&text).lines().all(|line| line.width() <= 80), "{text}");
    let text = follow("-q --color never").expect("a terminal");
    assert!(!text.contains("\x1b[31m") && text.contains("403"), "{text:?}");
}
