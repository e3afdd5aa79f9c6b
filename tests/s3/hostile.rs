//! Keys and folders that somebody else has made up.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::harness::Ran;
use crate::program::Program;
use crate::server::{Act, On, Server};

const NAME: &str = "2026-08-01-10-00-00-0123456789ABCDEF";
const LATER: &str = "2026-08-01-11-00-00-0123456789ABCDEF";

/// A server whose bucket holds these keys, as they stand in XML and whatever a file system would make of them. Each is `a log`.
fn holding(keys: &[&str]) -> Server {
    let server = Server::new([("none", "")]);
    server.rule(usize::MAX, On::List, listing(keys));
    server.rule(usize::MAX, On::Get(""), Act::Body("a log\n".to_owned()));
    server
}

/// The page that shows these keys.
fn listing(keys: &[&str]) -> Act {
    let objects: String = keys
        .iter()
        .map(|key| {
            format!(
                "<Contents><Key>{key}</Key><Size>6</Size><LastModified>2026-08-01T10:05:06.000Z</LastModified></Contents>"
            )
        })
        .collect();
    let count = keys.len();
    Act::Body(format!(
        "<ListBucketResult><KeyCount>{count}</KeyCount><IsTruncated>false</IsTruncated>{objects}</ListBucketResult>"
    ))
}

fn fetch(program: &Program, url: &str) -> Ran {
    program.run(&["fetch", url, "-o", "copy", "--no-sign-request"])
}

#[test]
fn keys_with_empty_parts_are_fetched_once_and_known_again() {
    let keys = [format!("/logs//{NAME}"), format!("/logs//{LATER}"), format!("/logs/{NAME}")];
    let server = holding(&keys.each_ref().map(String::as_str));
    let program = Program::new(&server);
    let ran = fetch(&program, "s3://my-logs//logs/");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.text().starts_with("3 new objects"), "{ran:?}");
    for path in [format!("logs/{NAME}"), format!("logs/.s3al-/{NAME}"), format!("logs/.s3al-/{LATER}")] {
        let path = program.path("copy/.s3al-").join(path);
        assert_eq!(fs::read_to_string(&path).unwrap(), "a log\n", "{}", path.display());
    }
    let ran = fetch(&program, "s3://my-logs//logs/");
    assert!(ran.text().starts_with("0 new objects, 0 B, 3 already there"), "{ran:?}");
    assert!(ran.stderr.contains("begins at 2026-07-31T10:00:00Z"), "{ran:?}");
    // And what is there is read.
    let ran = Ran::from(program.bare(&["export", "copy", "--format", "raw"]).output().unwrap());
    assert!(ran.stderr.contains("3 files, 0 records"), "{ran:?}");
}

#[test]
fn a_file_has_the_time_of_its_object() {
    let server = holding(&[NAME]);
    let program = Program::new(&server);
    fetch(&program, "s3://my-logs/");
    let modified = fs::metadata(program.path("copy").join(NAME)).unwrap().modified().unwrap();
    let at = chrono::DateTime::parse_from_rfc3339("2026-08-01T10:05:06Z").unwrap().timestamp();
    assert_eq!(modified, SystemTime::UNIX_EPOCH + Duration::from_secs(at.try_into().unwrap()));
}

#[test]
fn a_key_with_a_line_feed_writes_no_line_of_its_own() {
    let server = Server::new([("none", "")]);
    server.rule(usize::MAX, On::Get(""), Act::Fail(403, "AccessDenied"));
    server.rule(usize::MAX, On::List, listing(&[&format!("a&#xa;error: forged&#xa;{NAME}")]));
    let program = Program::new(&server);
    for ran in [fetch(&program, "s3://my-logs/"), program.run(&["top", "s3://my-logs/", "--no-sign-request"])]
    {
        assert!(
            ran.stderr.contains("access denied") && ran.stderr.contains("a\\nerror: forged\\n"),
            "{ran:?}"
        );
        assert!(!ran.stderr.lines().any(|line| line.starts_with("error: forged")), "{ran:?}");
    }
}

#[test]
fn of_two_keys_in_each_others_way_the_same_one_is_always_kept() {
    let server = holding(&[NAME, &format!("{NAME}/{LATER}"), &format!("{NAME}/x/{LATER}")]);
    for _ in 0..10 {
        let program = Program::new(&server);
        let ran = fetch(&program, "s3://my-logs/");
        assert_eq!(ran.code, 3, "{ran:?}");
        assert!(ran.text().starts_with("1 new object,"), "{ran:?}");
        assert!(program.path("copy").join(NAME).is_file());
        assert!(ran.stderr.contains("because another key ends there"), "{ran:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_in_place_of_the_own_folder_are_not_followed() {
    use std::os::unix::fs::symlink;
    let server = holding(&[NAME]);
    for place in [".s3al", ".s3al/lock"] {
        let program = Program::new(&server);
        let elsewhere = program.path("elsewhere");
        fs::create_dir_all(&elsewhere).unwrap();
        fs::write(elsewhere.join("precious.tmp"), "precious").unwrap();
        let link = program.path("copy").join(place);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        let target = if place == ".s3al" { elsewhere.clone() } else { elsewhere.join("new") };
        symlink(target, &link).unwrap();
        let ran = fetch(&program, "s3://my-logs/");
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("is a symbolic link"), "{ran:?}");
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(elsewhere.join("precious.tmp")).unwrap(), "precious");
    }
}

#[test]
fn the_tally_counts_what_was_passed_over_and_not_read() {
    let server = Server::new([(NAME, "no log\n"), (LATER, "no log\n"), ("readme.txt", "x")]);
    server.rule(usize::MAX, On::Get("11-00-00"), Act::Fail(403, "AccessDenied"));
    let program = Program::new(&server);
    let ran = program.run(&["top", "s3://my-logs/", "--no-sign-request", "--format", "json"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let tally = &ran.json()["tally"];
    assert_eq!((&tally["skipped"], &tally["unread"]), (&1.into(), &1.into()), "{tally}");
}
