//! `convert`: what comes out of a store is what went in, whatever happened in between.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use s3al::record::Field;

use crate::harness::*;
use crate::sql::requests;

/// The lines of sources, sorted.
#[track_caller]
fn lines(logs: &Logs, source: &str) -> Vec<Vec<u8>> {
    let ran = logs.run(&["export", source, "--format", "raw"]).done();
    let mut lines: Vec<Vec<u8>> = ran.stdout.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    lines.sort();
    lines
}

/// The files of days, below the store.
fn files(logs: &Logs) -> Vec<String> {
    let root = logs.path("store");
    let mut files: Vec<String> = files_below_path(&root)
        .into_iter()
        .map(|path| path.strip_prefix(&root).expect("below").to_string_lossy().into_owned())
        .filter(|name| !name.starts_with(".s3al"))
        .collect();
    files.sort();
    files
}

fn files_below_path(folder: &std::path::Path) -> Vec<PathBuf> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files_below_path(&path) } else { vec![path] }).collect()
}

#[test]
fn the_same_lines_come_out() {
    let logs = Logs::of(&requests(3_000));
    for (place, source) in [EVEN, HARD, "tests/fixtures/sample"].into_iter().enumerate() {
        let root = root().join(source);
        let all = if root.is_dir() { files_below_path(&root) } else { vec![root] };
        for (number, file) in all.into_iter().enumerate() {
            fs::copy(file, logs.path(&format!("logs/x{place}-{number}"))).expect("a copy");
        }
    }
    // What is no text, what is written as nobody writes it, and a client that would end the line.
    let mut bytes = Record::of(&[(Field::UserAgent, "caf")]).line().replace("caf", "caf\u{e9}").into_bytes();
    let place = bytes.windows(2).position(|pair| pair == "\u{e9}".as_bytes()).expect("two bytes");
    bytes.remove(place);
    bytes.extend_from_slice(
        Record::of(&[(Field::BytesSent, "007"), (Field::UserAgent, "a\" \"b")]).line().as_bytes(),
    );
    fs::write(logs.path("logs/odd"), bytes).expect("a file");
    logs.run(&["convert", "logs", "-o", "store"]).done();
    let expected = lines(&logs, "logs");
    assert!(expected.len() > 3_500, "{}", expected.len());
    assert!(expected == lines(&logs, "store"));
    for report in [
        &["top", "--by", "requester,operation", "--limit", "0"][..],
        &["failed"],
        &["timeline"],
        &["large-downloads"],
        &[
            "sql",
            "select operation, http_status, count(*) as n, sum(bytes_sent) as b from logs group by 1, 2 order by 1, 2",
        ],
        &[
            "export",
            "--sort",
            "timestamp",
            "--columns",
            "timestamp",
            "--since",
            "2026-08-01",
            "--until",
            "2026-08-02",
        ],
    ] {
        let answer = |source: &str| {
            let typed = [report, &[source, "--format", "csv"]].concat();
            logs.run(&typed).done().stdout
        };
        assert!(answer("logs") == answer("store"), "{report:?}");
    }
}

#[test]
fn each_day_has_its_folder_and_late_records_land_in_it() {
    let logs = Logs::of(&requests(6_000));
    let ran = logs.run(&["convert", "logs", "-o", "store"]).done();
    assert!(
        ran.text().starts_with("16 new files, 0 already there, 6,000 records in 3 files of days"),
        "{}",
        ran.text()
    );
    assert_eq!(
        files(&logs),
        [
            "date=2026-08-01/00000001.parquet",
            "date=2026-08-02/00000001.parquet",
            "date=2026-08-03/00000001.parquet"
        ]
    );
    let again = logs.run(&["convert", "logs", "-o", "store"]).done();
    assert!(again.text().starts_with("0 new files, 16 already there, 0 records"), "{}", again.text());
    logs.write("logs/late", &[read_at("02/Aug/2026:23:59:59")]);
    logs.run(&["convert", "logs", "-o", "store"]).done();
    assert_eq!(
        files(&logs)[1..3],
        ["date=2026-08-02/00000001.parquet", "date=2026-08-02/00000002.parquet"].map(str::to_owned)
    );
    let all = lines(&logs, "logs");
    assert!(all == lines(&logs, "store"));

    let ran = logs.run(&["convert", "logs", "-o", "store", "--compact"]).done();
    assert!(ran.text().contains("2 files merged"), "{}", ran.text());
    assert_eq!(files(&logs).len(), 3);
    assert!(all == lines(&logs, "store"));

    logs.run(&["convert", "-o", "store", "--delete-before", "2026-08-02"]).done();
    assert_eq!(files(&logs).len(), 2);
    // Nothing is so old, whatever the form.
    for time in ["2026-08", "100y", "2026-08-02T10:00"] {
        logs.run(&["convert", "-o", "store", "--delete-before", time]).done();
    }
    assert_eq!(files(&logs).len(), 2);
    let again = logs.run(&["convert", "logs", "-o", "store"]).done();
    assert!(again.text().starts_with("0 new files, 17 already there"), "{}", again.text());
    let left = logs.text(&["sql", "select min(timestamp) as t from logs", "store", "--format", "csv"]);
    assert_eq!(left, "t\n2026-08-02T00:00:00Z\n");
}

#[test]
fn a_file_that_has_changed_is_not_taken_twice() {
    let logs = Logs::of(&requests(100));
    logs.run(&["convert", "logs", "-o", "store"]).done();
    let mut text = fs::read_to_string(logs.path("logs/00")).expect("a log");
    text += &record(&[]);
    fs::write(logs.path("logs/00"), text).expect("a log");
    logs.run(&["convert", "logs", "-o", "store"]).ended(3).says("under another name");
    assert_eq!(logs.text(&["sql", "select count(*) as n from logs", "store", "--format", "csv"]), "n\n100\n");
}

#[test]
fn what_two_sources_hold_is_taken_once() {
    let logs = Logs::of(&requests(200));
    logs.run(&["convert", "logs", "./logs/00", "logs/01", "-o", "store"]).done();
    assert!(lines(&logs, "logs") == lines(&logs, "store"));
    // A store may lie beside what it is made of.
    logs.run(&["convert", "logs", "-o", "logs"]).done();
    let again = logs.run(&["convert", "logs", "-o", "logs"]).done();
    assert!(again.text().starts_with("0 new files"), "{}", again.text());
}

#[test]
fn lines_that_cannot_be_read_are_kept() {
    let logs = Logs::new();
    logs.write_text("logs/a", &format!("{}no record\n", log(&requests(10))));
    logs.run(&["convert", "logs", "-o", "store"]).done();
    let kept = fs::read_to_string(logs.path("store/_rejects/00000001.tsv")).expect("the rejects");
    assert!(kept.starts_with("logs/a\t11\t") && kept.ends_with("\tno record\n"), "{kept}");
    // A source that cannot be read to its end is read again by every run, and its lines are kept when it can be.
    let whole = gzip(&(log(&requests(500)) + "no record either\n").into_bytes());
    fs::write(logs.path("logs/b.gz"), &whole[..whole.len() / 2]).expect("a log");
    for _ in 0..2 {
        let ran = logs
            .run(&["convert", "logs", "-o", "store"])
            .ended(3)
            .says("logs/b.gz")
            .says("_rejects in the store");
        assert!(ran.text().starts_with("0 new files"), "{}", ran.text());
    }
    assert_eq!(files(&logs), ["_rejects/00000001.tsv", "date=2026-08-01/00000001.parquet"]);
    logs.write_text("logs/c", "nor this\n");
    logs.run(&["convert", "logs", "-o", "store"]).ended(3);
    let kept = fs::read_to_string(logs.path("store/_rejects/00000002.tsv")).expect("the rejects");
    assert!(kept.starts_with("logs/c\t1\t") && kept.lines().count() == 1, "{kept}");
    fs::write(logs.path("logs/b.gz"), whole).expect("a log");
    logs.run(&["convert", "logs", "-o", "store"]).done();
    let kept = fs::read_to_string(logs.path("store/_rejects/00000003.tsv")).expect("the rejects");
    assert!(kept.starts_with("logs/b.gz\t501\t") && kept.lines().count() == 1, "{kept}");
    fs::remove_file(logs.path("logs/b.gz")).expect("removed");
    fs::remove_file(logs.path("store/_rejects/00000002.tsv")).expect("removed");
    let removed = logs.run(&["convert", "-o", "store", "--delete-before", "2026-09"]).done();
    removed.says("stay in _rejects").text().contains("2 files removed").then_some(()).expect("all days");
    logs.run(&["convert", "-o", "store", "--delete-before", "90 days before"])
        .ended(2)
        .says("--delete-before");
}

#[test]
fn what_cannot_be_converted_is_said() {
    let logs = Logs::of(&requests(10));
    logs.run(&["convert", "logs", "-o", "store", "--rejects", "x"]).ended(2).says("_rejects");
    logs.run(&["convert", "-", "-o", "store"]).ended(2).says("standard input");
    logs.run(&["convert", "logs", "-o", "-"]).ended(2).says("--output names one store");
    logs.run(&["convert", "nothing", "-o", "store"]).ended(2);
    logs.write_text("x.parquet", "PAR1 but no more");
    logs.run(&["failed", "x.parquet"]).ended(2);
}

/// A number that is the same in every run of the test.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[cfg(unix)]
#[test]
fn killed_twenty_times_it_loses_nothing_and_takes_nothing_twice() {
    let log = requests(12_000);
    let logs = Logs::new();
    for (place, part) in log.chunks(100).enumerate() {
        logs.write(&format!("logs/{place:03}"), part);
    }
    let mut expected: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    for line in lines(&logs, "logs") {
        *expected.entry(line).or_default() += 1;
    }
    let (mut state, mut killed) = (7, 0);
    for _ in 0..20 {
        let mut command = command();
        command
            .args(["convert", "logs", "-o", "store", "-q", "--commit-every", "100kB"])
            .current_dir(logs.path("."));
        let mut child = command.spawn().expect("it runs");
        std::thread::sleep(Duration::from_millis(50 + next(&mut state) % 400));
        killed += u64::from(child.try_wait().expect("a child").is_none());
        child.kill().expect("killed, or ended");
        child.wait().expect("it ended");
        // Whoever reads now finds no record twice.
        if !files(&logs).is_empty() {
            for line in lines(&logs, "store").chunk_by(|a, b| a == b) {
                assert!(line.len() as u64 <= expected[&line[0]]);
            }
        }
    }
    assert!(killed > 2, "{killed}");
    logs.run(&["convert", "logs", "-o", "store"]).done();
    let mut found: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    for line in lines(&logs, "store") {
        *found.entry(line).or_default() += 1;
    }
    assert!(expected == found);
    assert!(files(&logs).iter().all(|name| name.ends_with(".parquet")));
    // Nothing is left of what was never finished.
    let state = fs::read_dir(logs.path("store/.s3al")).expect("the state");
    assert!(state.map(|entry| entry.expect("an entry")).all(|entry| entry.path().is_file()));
}

#[test]
fn a_copy_without_notes_is_neither_written_over_nor_added_to() {
    let log = requests(2_000);
    let logs = Logs::of(&log[..1_900]);
    logs.write("more/00", &log[1_900..]);
    logs.run(&["convert", "logs", "-o", "store", "-q"]).done();
    fs::rename(logs.path("store/.s3al"), logs.path("notes")).expect("renamed");
    let before = lines(&logs, "store");
    logs.run(&["convert", "more", "-o", "store"])
        .ended(2)
        .says("not its folder .s3al")
        .says("another folder");
    assert!(lines(&logs, "store") == before);
    // With notes of a part only, new files get numbers of their own.
    fs::remove_dir_all(logs.path("store/.s3al")).expect("removed");
    logs.run(&["convert", "more", "-o", "other", "-q"]).done();
    fs::rename(logs.path("other/.s3al"), logs.path("store/.s3al")).expect("renamed");
    logs.run(&["convert", "logs", "-o", "store", "-q"]).done();
    assert!(files(&logs).iter().any(|name| name.ends_with("00000002.parquet")));
    assert_eq!(lines(&logs, "store").len(), 2 * before.len() - 1);
    // A name that was mistyped makes no store.
    logs.run(&["convert", "-o", "typo", "--compact"]).ended(2).says("`typo` is no store");
    assert!(!logs.path("typo").exists());
}

#[cfg(unix)]
#[test]
fn names_that_are_no_utf_8_are_told_apart() {
    use std::os::unix::ffi::OsStrExt as _;

    let logs = Logs::new();
    let log = requests(30);
    fs::create_dir(logs.path("logs")).expect("a folder");
    for (name, part) in [&b"a\xff"[..], b"a\xfe", b"a%FF"].into_iter().zip(log.chunks(10)) {
        let path = logs.path("logs").join(std::ffi::OsStr::from_bytes(name));
        fs::write(path, crate::harness::log(part)).expect("a file");
    }
    logs.run(&["convert", "logs", "-o", "store"])
        .done()
        .text()
        .contains("3 new files")
        .then_some(())
        .expect("all are new");
    assert!(lines(&logs, "store") == lines(&logs, "logs"));
    logs.run(&["convert", "logs", "-o", "store"])
        .done()
        .text()
        .contains("3 already there")
        .then_some(())
        .expect("all are known");
}

/// A run can be killed between any two changes, and others read meanwhile.
#[test]
fn a_store_is_whole_after_every_step_of_a_commit() {
    let log = requests(3_000);
    let logs = Logs::of(&log[..1_000]);
    logs.run(&["convert", "logs", "-o", "store", "-q"]).done();
    logs.write("logs/more", &log[1_000..]);
    logs.run(&["convert", "logs", "-o", "store", "-q"]).done();
    let expected = lines(&logs, "logs");
    let copy = |from: &str, to: &str| {
        for path in files_below_path(&logs.path(from)) {
            let to = logs.path(to).join(path.strip_prefix(logs.path(from)).expect("below"));
            fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
            fs::copy(path, to).expect("copied");
        }
    };
    copy("store", "before");
    logs.run(&["convert", "-o", "store", "--compact", "-q"]).done();
    let replaced: Vec<PathBuf> = files_below_path(&logs.path("before"))
        .into_iter()
        .filter_map(|path| path.strip_prefix(logs.path("before")).ok().map(std::path::Path::to_owned))
        .filter(|path| path.starts_with("date=2026-08-01"))
        .collect();
    assert_eq!(replaced.len(), 2);
    let made = "date=2026-08-01/00000003.parquet";
    let folder = logs.path("before/.s3al/00000003");
    let whole = |step: &str| {
        assert!(lines(&logs, "before") == expected, "{step}");
        let ran = logs.run(&["sql", "select count(*) as n from logs", "before", "--format", "csv"]).done();
        assert_eq!(ran.text(), "n\n3000\n", "{step}");
    };
    // The file is made, and not yet noted.
    fs::create_dir_all(&folder).expect("a folder");
    fs::copy(logs.path("store").join(made), folder.join(made.replace('/', "%"))).expect("copied");
    whole("made");
    fs::copy(logs.path("store/.s3al/00000003.json"), logs.path("before/.s3al/00000003.json"))
        .expect("copied");
    whole("noted");
    for path in replaced {
        fs::remove_file(logs.path("before").join(&path)).expect("removed");
        whole("one of two removed");
    }
    fs::rename(folder.join(made.replace('/', "%")), logs.path("before").join(made)).expect("renamed");
    whole("renamed");
    // Of a file that is gone it is told.
    fs::remove_file(logs.path("before").join(made)).expect("removed");
    logs.run(&["export", "before", "-q"]).ended(3);
}

#[test]
fn a_store_beside_logs_is_left_out_unless_it_is_named() {
    let logs = Logs::of(&requests(100));
    logs.run(&["convert", "logs", "-o", "logs/store"]).done();
    let count = |source: &str| {
        let ran = logs.run(&["export", source, "--format", "raw"]).done();
        (ran.text().lines().count(), ran.stderr.contains("`logs/store` is a store beside what is read"))
    };
    assert_eq!(count("logs"), (100, true));
    assert_eq!(count("logs/"), (100, true));
    assert_eq!(count("logs/**"), (100, true));
    assert_eq!(count("logs/store"), (100, false));
    assert_eq!(count("logs/store/date=*"), (100, false));
    assert_eq!(count("logs/*/date=*/*.parquet"), (100, false));
    let sql = logs.run(&["sql", "select count(*) as n from logs", "logs", "--format", "csv"]).done();
    assert_eq!((sql.text(), sql.stderr.matches("left out").count()), ("n\n100\n", 1));
    // Another store is made of the logs alone, and of its own store it is not told.
    logs.run(&["convert", "logs", "-o", "other"]).done().says("left out");
    assert_eq!(count("other"), (100, false));
    let again = logs.run(&["convert", "logs", "-o", "logs/store"]).done();
    assert!(!again.stderr.contains("note:"), "{}", again.stderr);
    // Stores alone are all read.
    fs::create_dir(logs.path("stores")).expect("a folder");
    fs::rename(logs.path("other"), logs.path("stores/a")).expect("renamed");
    fs::rename(logs.path("logs/store"), logs.path("stores/b")).expect("renamed");
    assert_eq!(count("stores"), (200, false));
    // One that lies in the very folder of its logs was named.
    logs.run(&["convert", "logs", "-o", "logs"]).done();
    logs.run(&["failed", "logs"]).done().says("count twice");
}

#[test]
fn a_damaged_note_is_told_and_the_rest_is_read() {
    let logs = Logs::of(&requests(100));
    logs.run(&["convert", "logs", "-o", "store"]).done();
    logs.write_text("store/.s3al/00000001.json", "{\"version\": \"1\",");
    logs.run(&["export", "store", "--format", "raw"])
        .ended(3)
        .says("store/.s3al/00000001.json")
        .says("as they lie");
    let sql = logs.run(&["sql", "select count(*) as n from logs", "store", "--format", "csv"]).ended(3);
    assert_eq!(sql.text(), "n\n100\n");
    logs.run(&["convert", "logs", "-o", "store"]).ended(2).says("from a copy of the store");
}

#[test]
fn a_glob_of_days_names_what_is_in_them() {
    let logs = Logs::of(&requests(6_000));
    logs.run(&["convert", "logs", "-o", "store"]).done();
    let count = |source: &str| logs.run(&["export", source, "--format", "raw"]).done().text().lines().count();
    let days = [count("store/date=2026-08-01"), count("store/date=2026-08-02")];
    assert!(days.iter().all(|count| *count > 0));
    assert_eq!(count("store/date=2026-08-0[12]"), days[0] + days[1]);
}

#[test]
fn sizes_that_are_none_are_answered_as_everywhere() {
    let logs = Logs::of(&requests(1));
    let ran = logs.run(&["convert", "logs", "-o", "store", "--commit-every", "plenty"]).ended(2);
    ran.says("--commit-every").says("expected a number of bytes such as 1048576, 50MB");
}

#[test]
fn logs_that_were_moved_are_warned_of() {
    let logs = Logs::of(&requests(100));
    logs.run(&["convert", "logs", "-o", "store"]).done();
    fs::rename(logs.path("logs"), logs.path("moved")).expect("renamed");
    let ran = logs.run(&["convert", "moved", "-o", "store"]).done();
    assert!(ran.stderr.contains("new files have the name and size"), "{}", ran.stderr);
}
