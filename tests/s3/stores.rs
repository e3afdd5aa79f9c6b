//! Stores in a bucket: the days that are wanted are downloaded, and give the answers of the logs.

use std::fs;
use std::path::Path;

use s3al::record::Field;

use crate::harness::{Ran, Record, ran};
use crate::program::Program;
use crate::server::{Act, Large, On, Server};

/// The names and contents of the files of a store of three days.
fn store(program: &Program) -> Vec<(String, Vec<u8>)> {
    let request = |number: usize| {
        let outcome = ["200 -", "403 AccessDenied"][number % 2];
        let time = format!("{:02}/Aug/2026:10:00:{:02}", 1 + number % 3, number % 60);
        Record::of(&[]).at(&time).outcome(outcome).with(Field::RequestId, format!("{number:016}")).line()
    };
    let text: String = (0..300).map(request).collect();
    fs::write(program.path("log"), text + "no record\n").unwrap();
    ran(&mut program.bare(&["convert", "log", "-o", "store"])).done();
    let mut files = Vec::new();
    gather(&program.path("store"), &mut files);
    files.sort();
    let name = |path: &Path| path.strip_prefix(program.path("")).unwrap().to_str().unwrap().to_owned();
    files.iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
}

fn gather(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { gather(&path, files) } else { files.push(path) }
    }
}

#[test]
fn a_store_is_read_as_the_logs_are() {
    let scratch = Program::at("http://127.0.0.1:1");
    let files = store(&scratch);
    assert_eq!(files.iter().filter(|(name, _)| name.ends_with(".parquet")).count(), 3);
    let server = Server::new(files);
    let program = Program::new(&server);
    fs::copy(scratch.path("log"), program.path("log")).unwrap();
    let options = ["--no-sign-request", "--format", "csv"];
    let answer = |words: &[&str], source: &str| -> Ran {
        let words = [words, &[source], &options].concat();
        ran(&mut program.command(&words)).done()
    };
    let url = server.location("store/").to_string();
    for words in [
        &["top", "--by", "day,http_status", "--limit", "0"][..],
        &["failed", "--since", "2026-08-02", "--until", "2026-08-03"],
        &["sql", "select http_status, count(*) as n, min(timestamp) as t from logs group by 1 order by 1"],
    ] {
        let (found, expected) = (answer(words, &url), answer(words, "log"));
        assert_eq!(found.text(), expected.text(), "{words:?}");
        // The store's own notes are no objects that were passed over.
        assert!(!found.stderr.contains("other object"), "{}", found.stderr);
    }
    // Days outside of the window are not downloaded.
    server.clear();
    answer(&["top", "--since", "2026-08-02", "--until", "2026-08-03"], &url);
    let got: Vec<String> = server.requests("GET").into_iter().filter(|key| key.contains("parquet")).collect();
    assert!(got.len() == 1 && got[0].contains("2026-08-02"), "{got:?}");
}

#[test]
fn a_query_about_a_day_downloads_the_logs_of_that_day() {
    let log = |day: usize| {
        let line = Record::of(&[]).at(&format!("{day:02}/Aug/2026:10:00:00")).line();
        (format!("2026-08-{day:02}-11-00-00-0123456789ABCDEF"), line)
    };
    let server = Server::new((1..=28).map(log));
    let url = server.location("").to_string();
    let program = Program::new(&server);
    for from in [
        "logs where timestamp >= '2026-08-16' and timestamp < '2026-08-17'",
        "logs where date_trunc('day', timestamp) = '2026-08-16T00:00:00Z'",
        "aws_s3_server_access_log where tp_date = '2026-08-16'",
        "s3_access_logs_db.mybucket_logs where timestamp between '2026/08/16' and '2026/08/16'",
        "mybucket_logs where parse_datetime(requestdatetime, 'dd/MMM/yyyy:HH:mm:ss Z') \
         between parse_datetime('2026-08-16:00:00:00', 'yyyy-MM-dd:HH:mm:ss') and parse_datetime('2026-08-16:23:59:59', 'yyyy-MM-dd:HH:mm:ss')",
    ] {
        server.clear();
        let sql = format!("select count(*) as n from {from}");
        let found =
            ran(&mut program.command(&["sql", &sql, &url, "--no-sign-request", "--format", "csv"])).done();
        assert_eq!(found.text(), "n\n1\n", "{from}");
        let got: Vec<String> =
            server.requests("GET").into_iter().filter(|key| key.contains("ABCDEF")).collect();
        assert!(got.len() < 5 && got.iter().any(|key| key.contains("08-16")), "{from}: {got:?}");
    }
}

/// The same file, with nothing between its pages and what tells where they are, so that it is one that comes in parts.
fn padded(file: &[u8]) -> Vec<u8> {
    let length = u32::from_le_bytes(file[file.len() - 8..file.len() - 4].try_into().unwrap()) as usize;
    let (pages, footer) = file.split_at(file.len() - 8 - length);
    [pages, &vec![0; 17 << 20], footer].concat()
}

#[test]
fn a_large_file_of_a_store_is_read_from_its_end() {
    let scratch = Program::at("http://127.0.0.1:1");
    let files = store(&scratch);
    let (_, day) = files.iter().find(|(name, _)| name.contains("date=2026-08-02")).unwrap();
    let content = padded(day);
    let server = Server::new([("x", "")]);
    let size = content.len() as u64;
    let bytes = move |start: u64, length: usize| content[start as usize..start as usize + length].to_vec();
    let key = "store/date=2026-08-02/00000001.parquet".to_owned();
    server.large(Large { key, size, etag: "\"0a1b2c3d-9\"".to_owned(), bytes: Box::new(bytes) });
    let program = Program::new(&server);
    let url = server.location("store/").to_string();
    let words = [
        "sql",
        "select count(*) as n, count(distinct request_id) as d from logs",
        &url,
        "--no-sign-request",
        "--format",
        "csv",
    ];
    assert_eq!(ran(&mut program.command(&words)).done().text(), "n,d\n100,100\n");
}

/// Lines of a source, in their order.
fn lines(program: &Program, source: &str) -> Ran {
    ran(&mut program.command(&["export", source, "--format", "raw", "--no-sign-request"]))
}

fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// A run can be killed between any two requests, and others read meanwhile.
#[test]
fn a_store_is_whole_after_every_step_of_a_commit() {
    let scratch = Program::at("http://127.0.0.1:1");
    store(&scratch);
    let more = Record::of(&[]).at("01/Aug/2026:23:00:00").with(Field::RequestId, "late").line();
    fs::write(scratch.path("more"), more).unwrap();
    ran(&mut scratch.bare(&["convert", "more", "-o", "store"])).done();
    let content = |name: &str| fs::read(scratch.path(format!("store/{name}"))).unwrap();
    let mut before = Vec::new();
    gather(&scratch.path("store"), &mut before);
    let name = |path: &Path| path.strip_prefix(scratch.path("store")).unwrap().to_str().unwrap().to_owned();
    let before: Vec<(String, Vec<u8>)> =
        before.iter().map(|path| (name(path), fs::read(path).unwrap())).collect();
    let expected = sorted(ran(&mut scratch.bare(&["export", "store", "--format", "raw"])).done().text());
    assert_eq!(expected.len(), 301);
    ran(&mut scratch.bare(&["convert", "-o", "store", "--compact", "-q"])).done();
    let day = "date=2026-08-01/00000003.parquet";
    let made = format!(".s3al/00000003/{}", day.replace('/', "%"));

    for root in ["", "a/store/"] {
        let server = Server::new(before.iter().map(|(name, bytes)| (format!("{root}{name}"), bytes.clone())));
        let program = Program::new(&server);
        let url = server.location(root).to_string();
        let put = |name: &str, bytes: &[u8]| server.put(&format!("{root}{name}"), bytes);
        let remove = |name: &str| fs::remove_file(server.path(&format!("{root}{name}"))).unwrap();
        let whole = |step: &str| {
            assert!(sorted(lines(&program, &url).done().text()) == expected, "{step}");
            // A day of it goes by the notes of the whole.
            let one = lines(&program, &format!("{url}date=2026-08-01/")).done();
            assert_eq!(one.text().lines().count(), 101, "{step}");
            let sql = "select count(*) as n, count(distinct request_id) as d from logs";
            let options = ["--no-sign-request", "--format", "csv", "--until", "2026-08-02"];
            let counted = ran(&mut program.command(&[&["sql", sql, &url][..], &options].concat())).done();
            assert_eq!(counted.text(), "n,d\n101,101\n", "{step}");
        };
        whole("before");
        put(&made, &content(day));
        whole("made");
        put(".s3al/00000003.json", &content(".s3al/00000003.json"));
        whole("noted");
        for number in 1..=2 {
            remove(&format!("date=2026-08-01/{number:08}.parquet"));
            whole("one of two removed");
        }
        // What is listed where it was made may have moved to its day since.
        put(day, &content(day));
        whole("copied");
        server.rule(9, On::Get(".s3al/00000003/"), Act::Fail(404, "NoSuchKey"));
        whole("moved while it was read");
        server.clear();
        remove(&made);
        whole("moved");
        // Of what is gone it is told.
        remove(day);
        let gone = lines(&program, &url).ended(3);
        assert!(gone.stderr.contains("noted in the store and gone"), "{}", gone.stderr);
        assert_eq!(gone.text().lines().count(), 200);
    }
}

#[test]
fn a_damaged_note_is_told_and_the_rest_is_read() {
    let scratch = Program::at("http://127.0.0.1:1");
    let server = Server::new(store(&scratch));
    server.put("store/.s3al/00000001.json", b"{\"version\": \"1\",");
    let program = Program::new(&server);
    let read = lines(&program, &server.location("store/").to_string()).ended(3);
    assert!(read.stderr.contains("store/.s3al/00000001.json"), "{}", read.stderr);
    assert!(read.stderr.contains("as they lie"), "{}", read.stderr);
    assert_eq!(read.text().lines().count(), 300);
    server.rule(9, On::Get(".s3al/"), Act::Fail(403, "AccessDenied"));
    let read = lines(&program, &server.location("store/").to_string()).ended(3);
    assert!(
        read.stderr.contains("cannot be read") && read.stderr.contains("s3:GetObject"),
        "{}",
        read.stderr
    );
    assert_eq!(read.text().lines().count(), 300);
}

#[test]
fn a_store_beside_logs_is_left_out_and_one_alone_is_read() {
    let scratch = Program::at("http://127.0.0.1:1");
    let server = Server::new(store(&scratch));
    let program = Program::new(&server);
    let url = server.location("").to_string();
    let count = |url: &str| lines(&program, url).done().text().lines().count();
    assert_eq!(count(&url), 300);
    server.put("zlogs/2026-08-04-10-20-30-0123456789ABCDEF", Record::of(&[]).line().as_bytes());
    let read = lines(&program, &url).done();
    assert_eq!(read.text().lines().count(), 1);
    assert!(read.stderr.contains("/store` is a store beside what is read"), "{}", read.stderr);
    assert_eq!(count(&format!("{url}store")), 300);
    assert_eq!(count(&format!("{url}store/date=2026-08-0*")), 300);
    // No other store is made of it.
    ran(&mut program.command(&["convert", &url, "-o", "other", "--no-sign-request"]))
        .done()
        .says("is left out");
    assert_eq!(
        ran(&mut program.command(&["export", "other", "--format", "raw"])).done().text().lines().count(),
        1
    );
}
