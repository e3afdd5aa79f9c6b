//! Exit codes, and what is said beside them.

use std::fs;
use std::io::Write as _;

use s3al::record::Field;

use crate::harness::*;

#[test]
fn done_even_with_an_empty_answer() {
    let ran = s3al(&format!("failed {EVEN} --since 2030-01-01")).done().says("0 matched");
    assert!(ran.text().contains("none"));
    piped("failed", "").done().says("0 records");
    let ran = s3al(&format!("top {EVEN} --status 418 --format json")).done();
    assert_eq!(ran.json()["tables"]["requesters"].as_array().map(Vec::len), Some(0));
    assert_eq!(s3al(&format!("export {EVEN} --status 418")).done().stdout, b"");
    let ran = s3al(&format!("summary {EVEN} --status 418")).done();
    assert!(!ran.text().contains("NaN"), "{}", ran.text());
    let ran = s3al(&format!("summary {EVEN} --status 418 --format json")).done();
    assert_eq!(ran.json()["tables"]["overview"][0]["requests"], 0);
}

#[test]
fn every_report_can_fail_where_it_has_rows() {
    for (words, code) in [
        ("failed --fail", 1),
        ("failed --fail --status 418", 0),
        ("top --fail --having requests>58", 1),
        ("top --fail --having requests>59", 0),
        ("top --having requests>58", 0),
        ("summary --fail --status 418", 0),
        ("export --fail --status 503", 1),
        ("export --fail --status 418", 0),
        ("export --fail --status 503 --format table", 1),
        ("large-downloads --fail --min-size 1GB", 0),
    ] {
        s3al(&format!("{words} {EVEN}")).ended(code);
    }
    piped("failed --fail", "").ended(2).says("no record was read");
}

#[test]
fn nothing_could_be_done() {
    for (words, why) in [
        ("failed nowhere", "nowhere: cannot open it: No such file"),
        ("top http://example.com/log", "curl -sS http://example.com/log | s3al top -"),
        ("top gs://my-logs/prod/", "sources are files, folders, globs, s3://BUCKET/PREFIX, and -"),
        ("failed 'no*where'", "no file and no folder matches this glob"),
        ("failed --since yesterday --until 7d -", "--since"),
        ("failed --since soon -", "--since"),
        ("failed --status 99x -", "for '--status <STATUS>': expected 100 to 599"),
        ("top --by nothing -", "--by"),
        ("top --format raw -", "does not select records"),
        ("top --threads 0 -", "--threads"),
        ("top --min-bytes 2MB --max-bytes 1MB -", "--min-bytes and --max-bytes"),
        ("top - -", "once only"),
        ("top -o no/such/folder/x -", "there is no folder"),
        ("top --rejects no/such/folder/x -", "cannot write the rejects"),
        ("large-downloads --min-size much -", "--min-size"),
        ("unknown", "unrecognized subcommand"),
        ("", "Usage: s3al"),
    ] {
        let ran = s3al(words).ended(2).says(why);
        assert_eq!(ran.text(), "", "{words}");
    }
}

#[test]
fn without_sources_there_has_to_be_a_pipe() {
    // As in a job of a scheduler, whose standard input is /dev/null: an empty answer would look like good news.
    let ran = s3al("failed").ended(2).says("nothing to read").says("s3al failed logs/");
    assert_eq!(ran.text(), "");
}

#[test]
fn done_in_part() {
    let ran =
        s3al(&format!("top {EVEN} nowhere --limit 1 --format json")).ended(3).says("nowhere: cannot open it");
    assert_eq!(ran.json()["tally"]["records"], 309);
    assert_eq!(ran.json()["tally"]["partial"], true);
    s3al(&format!("export nowhere {EVEN} --limit 1")).ended(3);
}

#[test]
fn unreadable_lines_matter_where_told() {
    s3al(&format!("top {BAD} {HARD}")).done().says("57 lines could not be read");
    s3al(&format!("top {BAD} {HARD} --strict")).ended(3);
    s3al(&format!("top {HARD} --strict")).done();
    s3al(&format!("export {BAD} --strict")).ended(3);
}

#[test]
fn damaged_files_are_read_as_far_as_they_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.gz");
    let packed = gzip(&even());
    fs::write(&path, &packed[..packed.len() / 2]).expect("a file");
    let path = path.to_str().expect("UTF-8");
    let ran = run(&["top", path, "--format", "json"]).ended(3).says("cannot read it to its end");
    assert!(ran.json()["tally"]["records"].as_u64() > Some(50));
    let zst = folder.path().join("log.zst");
    let packed = zstd(&many_lines(4 << 20));
    fs::write(&zst, &packed[..packed.len() - 9]).expect("a file");
    run(&["top", zst.to_str().expect("UTF-8"), "--format", "json"]).ended(3);
    fs::write(&zst, b"PAR1 and so on").expect("a file");
    run(&["top", zst.to_str().expect("UTF-8")]).ended(2).says("Parquet");
}

#[test]
fn wherever_a_file_was_cut_nothing_but_the_piece_of_its_last_line_is_lost() {
    // What cannot be packed well, so that a kilobyte holds several lines.
    let line = |number: u64| {
        let digits = |seed: u64| format!("{:016X}", (number * 8 + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let host: String = (1..4).map(digits).collect();
        record(&[
            (Field::RequestId, &digits(0)),
            (Field::HostId, &(host + "=")),
            (Field::TlsVersion, "TLSv1.2"),
            (Field::AclRequired, "Yes"),
        ])
    };
    let lines: Vec<String> = (0..60).map(line).collect();
    let id = |line: &String| line.split(' ').nth(6).expect("an id").to_owned();
    let folder = tempfile::tempdir().expect("a folder");
    let rejects = folder.path().join("rejects");
    // A block is unpacked as a whole or not at all.
    let in_blocks = |text: &[u8]| {
        let mut encoder = ::zstd::Encoder::new(Vec::new(), 1).expect("an encoder");
        for block in text.chunks(300) {
            encoder.write_all(block).and_then(|()| encoder.flush()).expect("memory");
        }
        encoder.finish().expect("memory")
    };
    for (name, pack) in [("log.gz", &gzip as &dyn Fn(&[u8]) -> Vec<u8>), ("log.zst", &in_blocks)] {
        let path = folder.path().join(name);
        let packed = pack(lines.concat().as_bytes());
        // The file by itself, and after a whole one.
        for before in [&[][..], &packed] {
            let whole: Vec<&String> =
                if before.is_empty() { lines.iter().collect() } else { lines.iter().chain(&lines).collect() };
            let mut pieces = 0;
            for cut in (1..1024).step_by(31) {
                fs::write(&path, [before, &packed[..packed.len() - cut]].concat()).expect("a file");
                let (path, rejects) = (path.to_str().expect("UTF-8"), rejects.to_str().expect("UTF-8"));
                let words = [
                    "export",
                    path,
                    "--columns",
                    "request_id,tls_version,acl_required,extra",
                    "--rejects",
                    rejects,
                ];
                let rows = run(&words).ended(3).says("cannot read it to its end").rows();
                assert!(rows.len() > whole.len() - lines.len(), "{name} {cut}");
                for (row, line) in rows.iter().zip(&whole) {
                    let expected = serde_json::json!({
                        "request_id": id(line), "tls_version": "TLSv1.2", "acl_required": true, "extra": null
                    });
                    assert_eq!(*row, expected, "{name} {cut}");
                }
                let kept = fs::read_to_string(rejects).expect("the rejects");
                let kept: Vec<&str> = kept.lines().collect();
                assert!(kept.len() <= 1, "{name} {cut}: {kept:?}");
                for reject in kept {
                    let piece = reject.rsplit('\t').next().unwrap_or_default();
                    assert!(
                        whole[rows.len()].starts_with(piece) && !piece.is_empty(),
                        "{name} {cut}: {piece}"
                    );
                    pieces += 1;
                }
            }
            assert!(pieces > 10, "{name}: {pieces}");
        }
    }
}

#[cfg(unix)]
#[test]
fn files_without_permission_are_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("good"), many_lines(1)).expect("a file");
    let secret = folder.path().join("secret");
    fs::write(&secret, "").expect("a file");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).expect("permissions");
    if fs::File::open(&secret).is_ok() {
        // Nothing is secret to root. A link into nowhere cannot be read by anybody.
        fs::remove_file(&secret).expect("removed");
        std::os::unix::fs::symlink("nowhere", &secret).expect("a link");
    }
    run(&["top", folder.path().to_str().expect("UTF-8")]).ended(3).says("secret").says("1 record");
    std::os::unix::fs::symlink(".", folder.path().join("loop")).expect("a link");
    run(&["top", folder.path().to_str().expect("UTF-8")]).ended(3).says("1 record").says("loop");
}

#[test]
fn a_full_disk_is_an_error() {
    if !fs::exists("/dev/full").is_ok_and(|found| found) {
        return;
    }
    for words in ["top", "export", "summary --format json"] {
        let mut command = command();
        command.args(words.split(' ')).arg(EVEN);
        command.stdout(fs::File::options().write(true).open("/dev/full").expect("the device"));
        let output = command.output().expect("it runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains("cannot write to standard output"), "{error}");
    }
}

#[test]
fn quiet_prints_errors_only() {
    assert_eq!(s3al(&format!("top {EVEN} {BAD} -q")).done().stderr, "");
    let ran = s3al(&format!("top {EVEN} nowhere --quiet")).ended(3);
    assert!(ran.stderr.starts_with("error: nowhere: ") && ran.stderr.lines().count() == 1, "{}", ran.stderr);
}

#[test]
fn what_judges_has_to_have_read_a_record() {
    let folder = tempfile::tempdir().expect("a folder");
    let (empty, bad) = (folder.path().join("empty"), folder.path().join("bad"));
    fs::create_dir(&empty).expect("a folder");
    fs::write(&bad, "no log\n").expect("a file");
    for command in
        ["audit --fail", "audit --check old_tls --fail", "coverage --fail", "coverage --fail --retention 2d"]
    {
        let on = |source: &str| {
            s3al(&format!("{command} {source}")).ended(2).says("error: no record was read, so there is")
        };
        on(&empty.to_string_lossy())
            .says("warning: nothing was read from")
            .says("there is no file in this folder");
        on(&bad.to_string_lossy()).says("warning: no line that was read is a record");
        on(&format!("{} --strict", bad.display()));
        on(&format!("{} nowhere", bad.display()));
        piped(command, "").ended(2).says("warning: nothing was read: what there is to read is empty");
        // Records that the filters leave out have been read.
        if !command.contains("--retention") {
            s3al(&format!("{command} {EVEN} --status 418")).done();
        }
    }
    // Whoever does not ask for a verdict gets an answer.
    for command in ["audit", "coverage"] {
        s3al(&format!("{command} {}", empty.display())).done().says("nothing was read");
    }
}

#[test]
fn every_command_warns_when_nothing_was_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().display();
    for command in [
        "summary",
        "top",
        "failed",
        "large-downloads",
        "timeline",
        "latency",
        "cost",
        "cold",
        "history k",
        "access",
        "access --as-policy",
        "audit",
        "compare --baseline 2026-08-01..2026-08-02 --window 2026-08-02..2026-08-03",
        "export",
        "coverage",
    ] {
        let said = format!("warning: nothing was read from {empty}: there is no file in this folder");
        s3al(&format!("{command} {empty}")).done().says(&said);
        piped(command, "\n \n").done().says("warning: nothing was read");
        assert_eq!(s3al(&format!("{command} -q {empty}")).done().stderr, "", "{command}");
        // One source of two.
        s3al(&format!("{command} {empty} {EVEN}")).done().says(&said);
    }
}
