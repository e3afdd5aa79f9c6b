//! The mirror: incremental, late-safe, whole files only, and keys that mean harm.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use s3al::source::Cancel;
use s3al::source::s3::{Mirror, Mirrored, Mirroring, Window};
use s3al::time::Timestamp;

use crate::server::{Act, On, Server};

const UNIQUE: &str = "0123456789ABCDEF";

fn key(time: &str) -> String {
    format!("prod/{time}-{UNIQUE}")
}

struct Run {
    done: Mirrored,
    errors: Vec<String>,
}

fn run_with(server: &Server, dir: &Path, prefix: &str, what: &Mirroring) -> Run {
    let mut errors = Vec::new();
    let mut report = |name: &str, error: anyhow::Error| errors.push(format!("{name}: {error:#}"));
    let (progress, cancel) = (Arc::default(), Cancel::default());
    let location = server.location(prefix);
    let options = server.options();
    let mirror = Mirror {
        location: &location,
        options: &options,
        dir,
        what: *what,
        copied: &Arc::default(),
        progress: &progress,
        cancel: &cancel,
    };
    let done = mirror.run(&mut report).unwrap();
    errors.sort();
    Run { done, errors }
}

fn run(server: &Server, dir: &Path) -> Run {
    run_with(server, dir, "prod/", &Mirroring::default())
}

/// All files below a folder with their contents, without the folder's own notes.
fn files(dir: &Path) -> BTreeMap<String, String> {
    let entries = walkdir::WalkDir::new(dir).into_iter().filter_entry(|entry| entry.file_name() != ".s3al");
    let entries = entries.map(Result::unwrap);
    entries
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry.path().strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn a_second_run_downloads_what_is_new() {
    let keys = ["2026-08-01-10-00-00", "2026-08-02-10-00-00", "2026-08-03-10-00-00"].map(key);
    let server = Server::new(keys.iter().map(|key| (key, "a log\n")));
    server.put("prod/readme.txt", b"no log");
    let dir = tempfile::tempdir().unwrap();

    let first = run(&server, dir.path());
    let expected = Mirrored { new: 3, bytes: 18, skipped: 1, list_requests: 1, ..Mirrored::default() };
    assert_eq!(first.done, expected, "{:?}", first.errors);
    let copied = files(dir.path());
    assert_eq!(copied.keys().cloned().collect::<Vec<_>>(), keys, "nothing else is left behind");
    assert!(copied.values().all(|text| text == "a log\n"));

    server.clear();
    let again = run(&server, dir.path());
    assert_eq!((again.done.new, again.done.known), (0, 2), "only the last 24 hours are looked at again");
    assert!(server.requests("GET").is_empty());

    // One comes late, one is new, and one is not what it was.
    server.put(&key("2026-08-02-11-00-00"), b"late\n");
    server.put(&key("2026-08-04-11-00-00"), b"new\n");
    server.put(&key("2026-08-03-10-00-00"), b"longer than before\n");
    let third = run(&server, dir.path());
    assert_eq!((third.done.new, third.done.known), (3, 1));
    assert_eq!(files(dir.path()).len(), 5);
    assert_eq!(files(dir.path())[&keys[2]], "longer than before\n");
}

#[test]
fn the_lookback_reaches_whole_days_of_partitioned_layouts() {
    let key = |day: &str, name: &str| format!("123456789012/eu-west-1/b/{day}/{name}-{UNIQUE}");
    let server = Server::new([(key("2026/08/03", "2026-08-03-10-00-00"), "x")]);
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run_with(&server, dir.path(), "", &Mirroring::default()).done.new, 1);
    // A late record of events of the day before the lookback's.
    server.put(&key("2026/08/02", "2026-08-02-00-00-00"), b"late");
    server.put(&key("2026/08/01", "2026-08-01-00-00-00"), b"too late");
    assert_eq!(run_with(&server, dir.path(), "", &Mirroring::default()).done.new, 1);
    let longer = Mirroring { lookback: Duration::from_secs(48 * 3600), ..Mirroring::default() };
    assert_eq!(run_with(&server, dir.path(), "", &longer).done.new, 1);
}

#[test]
fn each_source_bucket_goes_on_where_it_was() {
    let server = Server::new([(key("2026-08-03-10-00-00"), "x")]);
    let dir = tempfile::tempdir().unwrap();
    run(&server, dir.path());
    server.put("test/2026-01-01-00-00-00-0123456789ABCDEF", b"older, but never seen");
    let both = run_with(&server, dir.path(), "", &Mirroring::default());
    assert_eq!((both.done.new, both.done.known), (1, 1));
}

#[test]
fn a_window() {
    let server = Server::new((1..=9).map(|day| (key(&format!("2026-08-0{day}-10-00-00")), "x")));
    let dir = tempfile::tempdir().unwrap();
    let at = |text: &str| Some(Timestamp::from(chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc()));
    let window = Window {
        since: at("2026-08-03T00:00:00Z"),
        until: at("2026-08-04T00:00:00Z"),
        lag: Duration::from_secs(24 * 3600),
    };
    let what = Mirroring { window, ..Mirroring::default() };
    run_with(&server, dir.path(), "prod/", &what);
    let copied: Vec<String> = files(dir.path()).into_keys().collect();
    assert_eq!(copied, [key("2026-08-03-10-00-00"), key("2026-08-04-10-00-00")]);
}

#[test]
fn an_unfinished_run_is_completed_by_the_next() {
    let server = Server::new((1..=9).map(|day| (key(&format!("2026-08-0{day}-10-00-00")), "a log\n")));
    server.rule(1000, On::Get("2026-08-02"), Act::Cut);
    let dir = tempfile::tempdir().unwrap();
    let first = run(&server, dir.path());
    assert_eq!((first.done.new, first.done.failed), (8, 1));
    assert!(first.errors[0].contains("prod/2026-08-02"), "{:?}", first.errors);
    // As a killed run would leave it.
    fs::write(dir.path().join(".s3al/7.tmp"), "half").unwrap();

    server.clear();
    let second = run(&server, dir.path());
    assert_eq!(
        (second.done.new, second.done.known, second.done.failed),
        (1, 8, 0),
        "not from the newest name on"
    );
    assert_eq!(files(dir.path()).len(), 9);
    let notes: Vec<_> = fs::read_dir(dir.path().join(".s3al")).unwrap().collect();
    assert!(notes.iter().all(|note| !note.as_ref().unwrap().path().ends_with("7.tmp")), "{notes:?}");
    assert_eq!(run(&server, dir.path()).done.known, 2, "from the newest name on");
}

#[test]
fn a_dry_run_writes_nothing() {
    let server = Server::new((1..=9).map(|day| (key(&format!("2026-08-0{day}-10-00-00")), "a log\n")));
    server.put(&key("2026-08-01-00-00-00"), b"");
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("new");
    let (location, options) = (server.location("prod/"), server.options());
    let mirror = Mirror {
        location: &location,
        options: &options,
        dir: &target,
        what: Mirroring::default(),
        copied: &Arc::default(),
        progress: &Arc::default(),
        cancel: &Cancel::default(),
    };
    let plan = mirror.plan(&mut |_: &str, error: anyhow::Error| panic!("{error}")).unwrap();
    assert_eq!((plan.objects, plan.bytes, plan.list_requests, plan.get_requests), (10, 54, 1, 9));
    assert!((plan.request_cost() - (0.005 + 9.0 * 0.0004) / 1000.0).abs() < 1e-12);
    assert!(server.requests("GET").is_empty());
    assert!(!target.exists());
}

#[test]
fn two_at_once() {
    let server = Server::new([(key("2026-08-01-10-00-00"), "x")]);
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(".s3al")).unwrap();
    let lock = fs::File::create(dir.path().join(".s3al/lock")).unwrap();
    lock.lock().unwrap();
    let (location, options) = (server.location("prod/"), server.options());
    let mirror = Mirror {
        location: &location,
        options: &options,
        dir: dir.path(),
        what: Mirroring::default(),
        copied: &Arc::default(),
        progress: &Arc::default(),
        cancel: &Cancel::default(),
    };
    let error = mirror.run(&mut |_: &str, _: anyhow::Error| {});
    assert!(error.unwrap_err().to_string().contains("another fetch"));
}

#[test]
fn keys_that_mean_harm() {
    let long = format!("{}/{}", vec!["x".repeat(195); 5].join("/"), key("2026-08-01-10-00-00"));
    assert!(long.len() <= 1024 && long.len() > 1000);
    let part = "x".repeat(300);
    let name = format!("2026-08-01-10-00-00-{UNIQUE}");
    let hostile = [
        format!("../{name}"),
        format!("a/../../{name}"),
        format!("/{name}"),
        format!("a//{name}"),
        format!("./{name}"),
        format!("a&#x1b;[2J/{name}"),
        format!("a&#xa;b/{name}"),
        format!("{part}/{name}"),
        format!(".s3al/{name}"),
        format!("link/{name}"),
    ];
    let server = Server::new([(long.as_str(), "a log\n")]);
    for key in &hostile {
        server.rule(1, On::List, Act::Extra(key.clone(), 6));
        server.rule(100, On::Get(""), Act::Body("a log\n".to_owned()));
        let outside = tempfile::tempdir().unwrap();
        let dir = outside.path().join("logs");
        fs::create_dir(&dir).unwrap();
        let elsewhere = outside.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&elsewhere, dir.join("link")).unwrap();
        let done = run_with(&server, &dir, "", &Mirroring::default());
        // The server shows the hostile key out of order, before all others, so only those that sort first are seen.
        let ordered = key.as_str() < long.as_str();
        let refused = done.errors.iter().any(|error| error.contains("cannot be stored"));
        assert_eq!(refused, ordered && key.starts_with("link/"), "{key:?}: {:?}", done.errors);
        // What would lead elsewhere is stored under another name.
        assert_eq!(
            files(&dir).len(),
            if !ordered {
                0
            } else if refused {
                1
            } else {
                2
            },
            "{key:?}"
        );
        let below: Vec<String> = files(&elsewhere).into_keys().collect();
        assert!(below.is_empty(), "{key:?} wrote {below:?}");
        let mut names: Vec<_> =
            fs::read_dir(outside.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["elsewhere", "logs"], "{key:?}");
        if ordered {
            assert_eq!(fs::read_to_string(dir.join(&long)).unwrap(), "a log\n");
        }
        server.clear();
    }
}

#[test]
fn a_key_that_is_a_folder_of_another() {
    let file = key("2026-08-01-10-00-00");
    let below = format!("{file}/2026-08-01-10-00-00-{UNIQUE}");
    for (key, other) in [(&file, &below), (&below, &file)] {
        let server = Server::new([(key, "a log\n")]);
        let dir = tempfile::tempdir().unwrap();
        run(&server, dir.path());
        let server = Server::new([(other, "a log\n")]);
        let done = run(&server, dir.path());
        assert_eq!(done.done.failed, 1);
        assert!(
            done.errors[0].contains("another key ends there")
                || done.errors[0].contains("other keys go on there"),
            "{:?}",
            done.errors
        );
        assert_eq!(
            files(dir.path()).keys().filter(|name| !name.starts_with(".s3al")).collect::<Vec<_>>(),
            [key]
        );
    }
}
