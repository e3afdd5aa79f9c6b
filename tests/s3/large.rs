//! Large objects: through little memory, each record once, whatever happens on the way.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use md5::{Digest as _, Md5};
use s3al::record::Field;
use s3al::source::s3::{LogSelection, Mirror, Mirroring, Options, Transfer, items};
use s3al::source::{Body, Cancel};

use crate::harness::{Ran, record};
use crate::program::Program;
use crate::server::{Act, Large, On, Server};

const KEY: &str = "logs/2026-08-01-10-00-00-0123456789ABCDEF";
const ETAG: &str = "\"0a1b2c3d-9\"";
/// So many are longer than the objects that come whole.
const LINES: u64 = 17_000;

/// A line of 1,000 bytes whose request id is a number.
fn line(number: u64) -> String {
    let of = |agent: &str| {
        record(&[(Field::RequestId, &format!("{number:016}")), (Field::UserAgent, &format!("\"{agent}\""))])
    };
    let pad = 1000 - of("").len();
    of(&"x".repeat(pad))
}

/// A log of so many lines.
fn log(lines: u64) -> Large {
    let (first, second) = (line(0), line(1));
    assert_eq!((first.len(), second.len()), (1000, 1000));
    let at = first.bytes().zip(second.bytes()).position(|(a, b)| a != b).unwrap() - 15;
    let bytes = move |start: u64, length: usize| {
        let mut bytes = Vec::with_capacity(length + 2000);
        let mut line = first.clone().into_bytes();
        for number in start / 1000..(start + length as u64).div_ceil(1000) {
            write!(&mut line[at..at + 16], "{number:016}").unwrap();
            bytes.extend_from_slice(&line);
        }
        let skip = (start % 1000) as usize;
        bytes[skip..skip + length].to_vec()
    };
    Large { key: KEY.to_owned(), size: lines * 1000, etag: ETAG.to_owned(), bytes: Box::new(bytes) }
}

/// An object with this content.
fn holding(content: Vec<u8>) -> Large {
    let etag = ETAG.to_owned();
    let size = content.len() as u64;
    let bytes = move |start: u64, length: usize| content[start as usize..start as usize + length].to_vec();
    Large { key: KEY.to_owned(), size, etag, bytes: Box::new(bytes) }
}

/// A server with that object and a small one.
fn serving(large: Large) -> Server {
    let server = Server::new([("logs/2026-08-02-10-00-00-0123456789ABCDEF", line(u64::MAX >> 16))]);
    server.large(large);
    server
}

/// The request ids of an export, which came once each.
fn ids(ran: &Ran) -> BTreeSet<u64> {
    let ids: Vec<u64> = ran.text().lines().skip(1).map(|id| id.parse().unwrap()).collect();
    let set: BTreeSet<u64> = ids.iter().copied().collect();
    assert_eq!(set.len(), ids.len(), "records were read twice");
    set
}

fn all(lines: u64) -> BTreeSet<u64> {
    (0..lines).chain([u64::MAX >> 16]).collect()
}

const EXPORT: [&str; 7] =
    ["export", "s3://my-logs/logs/", "--format", "csv", "--columns", "request_id", "--no-sign-request"];

#[cfg(target_os = "linux")]
#[test]
fn a_large_object_takes_little_memory() {
    use crate::harness::peak;
    let server = serving(log(200_000));
    let program = Program::new(&server);
    for (args, expected) in
        [(&EXPORT[..], 200_001), (&["fetch", "s3://my-logs/logs/", "-o", "copy", "--no-sign-request"], 1)]
    {
        let mut command = program.command(args);
        if args[0] == "export" {
            command.args(["--memory", "64MB", "--threads", "2"]);
        }
        server.rule(5, On::Get(KEY), Act::CutAfter(1_234_567));
        let (out, errors) = (program.path("stdout"), program.path("stderr"));
        let file = |path| fs::File::create(path).unwrap();
        let mut child = command.stdout(file(&out)).stderr(file(&errors)).spawn().unwrap();
        let peak = peak(&mut child);
        let ran = Ran {
            code: child.wait().unwrap().code().unwrap(),
            stdout: fs::read(out).unwrap(),
            stderr: fs::read_to_string(errors).unwrap(),
        };
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(peak < 110_000_000, "{args:?}: {peak} bytes");
        match args[0] {
            "export" => assert_eq!(ids(&ran).len(), expected),
            _ => assert!(ran.text().starts_with("2 new objects"), "{ran:?}"),
        }
    }
    assert_eq!(fs::metadata(program.path("copy").join(KEY)).unwrap().len(), 200_000_000);
    // Parts of 8 MiB, each once, five times the rest of one, and the small object, for both.
    assert_eq!(server.requests("GET").len(), 2 * (200_000_000usize.div_ceil(8 << 20) + 5 + 1));
}

/// Options with small parts, so that a small object is a large one.
fn in_small_parts(server: &Server) -> Options {
    Options { transfer: Transfer { whole: 10_000, part: 8_000, ahead: 1 << 20 }, ..server.options() }
}

/// What comes of the large object, and how that ends.
fn read(server: &Server, options: &Options) -> (Vec<u8>, std::io::Result<u64>) {
    let wanted = LogSelection::default();
    let mut items =
        items(&server.location("logs/"), options, &wanted, Arc::default(), Cancel::default()).unwrap();
    let Body::Parts(mut reader) = items.next().unwrap().body else { panic!("it is small") };
    let mut read = Vec::new();
    let end = std::io::copy(&mut reader, &mut read);
    (read, end)
}

#[test]
fn cuts_at_every_kind_of_place() {
    let content = (log(50).bytes)(0, 50_000);
    for act in [
        // Before the first byte, inside of a line and at its end, near the end of a part.
        Act::CutAfter(0),
        Act::CutAfter(1),
        Act::CutAfter(1_000),
        Act::CutAfter(1_234),
        Act::CutAfter(7_999),
        Act::CutAfter(8_000),
        Act::Cut,
        Act::Fail(503, "SlowDown"),
        Act::Fail(500, "InternalError"),
    ] {
        let server = serving(log(50));
        server.rule(3, On::Get(KEY), act.clone());
        let (read, end) = read(&server, &in_small_parts(&server));
        assert!(end.is_ok() && read == content, "{act:?} {end:?}");

        server.rule(3, On::Get(KEY), act.clone());
        let dir = tempfile::tempdir().unwrap();
        let mut report = |name: &str, error: anyhow::Error| panic!("{act:?} {name} {error:#}");
        let (location, options) = (server.location("logs/"), in_small_parts(&server));
        let mirror = Mirror {
            location: &location,
            options: &options,
            dir: dir.path(),
            what: Mirroring::default(),
            copied: &Arc::default(),
            progress: &Arc::default(),
            cancel: &Cancel::default(),
        };
        let done = mirror.run(&mut report);
        assert_eq!(done.unwrap().new, 2, "{act:?}");
        assert!(fs::read(dir.path().join(KEY)).unwrap() == content, "{act:?}");
    }
}

#[test]
fn parts_that_stall_are_gone_on_with() {
    let server = serving(log(50));
    server.rule(2, On::Get(KEY), Act::Stall);
    let mut options = in_small_parts(&server);
    options.retry_policy.stall = Duration::from_millis(200);
    let (read, end) = read(&server, &options);
    assert!(end.is_ok() && read == (log(50).bytes)(0, 50_000), "{end:?}");
}

#[test]
fn a_cut_that_stays_names_the_object_and_no_record_counts_twice() {
    let server = serving(log(LINES));
    server.rule(usize::MAX, On::Get(KEY), Act::CutAfter(0));
    let mut options = in_small_parts(&server);
    options.retry_policy.attempts = 2;
    let (_, end) = read(&server, &options);
    let error = end.unwrap_err();
    assert!(error.to_string().starts_with("the connection broke inside the object"), "{error}");

    let program = Program::new(&server);
    // What came before is known, and no file is left half.
    server.clear();
    server.rule(usize::MAX, On::LaterGet(2), Act::Fail(403, "AccessDenied"));
    let ran = program.run(&[&EXPORT[..], &["--concurrency", "1"]].concat());
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("s3://my-logs/{KEY}: ")), "{}", ran.stderr);
    assert!(ran.stderr.contains("s3:GetObject"), "{}", ran.stderr);
    let read = ids(&ran);
    assert!(read.is_subset(&all(LINES)) && read.len() > 8_000, "{}", read.len());
    server.clear();
    server.rule(usize::MAX, On::LaterGet(1), Act::Fail(403, "AccessDenied"));
    let ran = program.run(&["fetch", "s3://my-logs/logs/", "-o", "copy", "--no-sign-request"]);
    assert!(ran.code == 3 || ran.code == 2, "{ran:?}");
    assert!(ran.stderr.contains("s3:GetObject"), "{ran:?}");
    assert!(!program.path("copy").join(KEY).exists());
    let left = walkdir::WalkDir::new(program.path("copy")).into_iter().map(Result::unwrap);
    assert!(left.into_iter().all(|entry| !entry.path().to_str().unwrap().ends_with(".tmp")));
}

#[test]
fn an_object_that_is_replaced_while_it_is_read() {
    let server = Server::new([("none", "")]);
    server.large(log(LINES));
    server.rule(1, On::LaterGet(1), Act::Replace("\"other-9\""));
    let program = Program::new(&server);
    let ran = program.run(&[&EXPORT[..], &["--concurrency", "1"]].concat());
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("was replaced"), "{}", ran.stderr);
    // Of the old one, what came first.
    let read = ids(&ran);
    assert!(read.is_subset(&all(LINES)) && read.len() > 8_000 && read.len() < 9_000, "{}", read.len());
}

#[test]
fn a_server_that_answers_with_another_part() {
    for (act, reason) in
        [(Act::OtherRange, "was replaced"), (Act::IgnoreRange, "does not answer with the part")]
    {
        let server = serving(log(LINES));
        server.rule(usize::MAX, On::Get(KEY), act.clone());
        let ran = Program::new(&server).run(&EXPORT);
        assert_eq!(ran.code, 3, "{act:?} {}", ran.stderr);
        assert!(ran.stderr.contains(reason), "{act:?} {}", ran.stderr);
        assert_eq!(ids(&ran).len(), 1, "{act:?}");
    }
}

#[test]
fn more_than_4_gib() {
    let server = serving(log(6_000_000));
    let program = Program::new(&server);
    let ran = program.run(&[&EXPORT[..], &["--limit", "3", "--progress", "never"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ids(&ran), [0, 1, 2].into());
    // A part or a few, and not the 716 that there are.
    assert!(server.requests("GET").len() < 20, "{:?}", server.requests("GET").len());
    let plan = program.run(&["fetch", "s3://my-logs/logs/", "-o", "copy", "--dry-run", "--no-sign-request"]);
    assert!(plan.text().starts_with("2 objects to download, 6.0 GB"), "{plan:?}");
}

#[test]
fn compressed_objects_stream_too() {
    let text = (log(LINES).bytes)(0, LINES as usize * 1000);
    let gzip = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(0));
        encoder.write_all(&text).unwrap();
        encoder.finish().unwrap()
    };
    // A frame to skip makes it large.
    let mut zstd = b"\x50\x2a\x4d\x18\x00\x00\x00\x01".to_vec();
    zstd.resize(8 + (1 << 24), 0);
    zstd.extend(zstd::encode_all(&text[..], 1).unwrap());
    for content in [gzip, zstd] {
        assert!(content.len() > 16 << 20);
        let server = serving(holding(content));
        server.rule(2, On::Get(KEY), Act::CutAfter(5_000_001));
        let ran = Program::new(&server).run(&EXPORT);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(ids(&ran), all(LINES));
    }
}

#[test]
fn damage_is_noticed_where_the_etag_is_the_md5() {
    // Another server has to show first what its ETags are: with a small object, which comes first.
    let small = "logs/2026-07-01-10-00-00-0123456789ABCDEF";
    let content = (log(50).bytes)(0, 50_000);
    let digits: String = Md5::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
    for damaged in [None, Some(0), Some(49_999)] {
        let mut bytes = content.clone();
        if let Some(at) = damaged {
            bytes[at] ^= 1;
        }
        let large = Large { etag: format!("\"{digits}\""), ..holding(bytes) };
        let server = Server::new([(small, "a log\n")]);
        server.large(large);
        let mut options = in_small_parts(&server);
        options.concurrency = 1;
        let mut items = items(
            &server.location(""),
            &options,
            &LogSelection::default(),
            Arc::default(),
            Cancel::default(),
        )
        .unwrap();
        assert!(matches!(items.next().unwrap().body, Body::Object(_)));
        let Body::Parts(mut reader) = items.next().unwrap().body else { panic!("it is small") };
        let end = std::io::copy(&mut reader, &mut std::io::sink()).map_err(|error| error.to_string());
        let is_noticed = end.as_ref().is_err_and(|error| error.contains("their MD5 is not the ETag"));
        assert_eq!(is_noticed, damaged.is_some(), "{damaged:?} {end:?}");
    }
    // A small object, too.
    let server = Server::new([(small, "a log\n"), ("logs/2026-07-02-10-00-00-0123456789ABCDEF", "a\n")]);
    server.rule(usize::MAX, On::Get("2026-07-02"), Act::Flip);
    let program = Program::new(&server);
    let ran =
        program.run(&["fetch", "s3://my-logs/", "-o", "copy", "--concurrency", "1", "--no-sign-request"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("their MD5 is not the ETag"), "{ran:?}");
}
