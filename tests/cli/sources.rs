//! Where lines come from: the same lines give the same answer.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use crate::harness::*;

/// Exports the lines as they are.
fn lines_of(arguments: &[&str]) -> Vec<u8> {
    run(&[&["export", "--format", "raw"], arguments].concat()).done().stdout
}

#[track_caller]
fn assert_same(found: &[u8], expected: &[u8]) {
    // Megabytes of difference help nobody.
    let first = found.iter().zip(expected).position(|(one, other)| one != other);
    assert_eq!((found.len(), first), (expected.len(), None));
}

#[test]
fn files_folders_globs_and_pipes() {
    let even = even();
    assert_same(&lines_of(&[EVEN]), &even);
    assert_same(&lines_of(&["tests/fixtures/eve*/**"]), &even);
    let files = files_below(EVEN);
    let names: Vec<&str> = files.iter().map(|file| file.to_str().expect("UTF-8")).collect();
    assert_same(&lines_of(&names), &even);
    assert_same(&piped("export --format raw", even.clone()).done().stdout, &even);
    assert_same(&piped("export --format raw -", even.clone()).done().stdout, &even);
    let twice = [&even[..], &even[..]].concat();
    assert_same(&piped(&format!("export --format raw {EVEN} -"), even.clone()).done().stdout, &twice);
    let mut from_file = command();
    from_file.args(["export", "--format", "raw"]).stdin(fs::File::open(names[0]).expect("a file"));
    assert_same(&from_file.output().expect("it runs").stdout, &unpacked(&files[0]));
}

#[test]
fn a_folder_is_read_in_the_order_of_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = many_lines(1);
    let owner = |number: usize| [format!("{number:064x}").as_bytes(), &line[64..]].concat();
    let mut expected = Vec::new();
    for (number, name) in ["1/b", "10", "2", "Z", "a/1/x", "a/2"].iter().enumerate() {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, owner(number)).expect("a file");
        expected.extend(owner(number));
    }
    for threads in ["1", "2", "7"] {
        assert_same(&lines_of(&[folder.path().to_str().expect("UTF-8"), "--threads", threads]), &expected);
    }
}

#[test]
fn packed_files_are_told_by_content() {
    let even = even();
    let middle = even.len() / 2;
    let members = [gzip(&even[..middle]), gzip(b""), gzip(&even[middle..])].concat();
    let frames = [zstd(&even[..middle]), zstd(&even[middle..])].concat();
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in [("a.log", &members), ("b.gz", &frames), ("c.zst", &even)] {
        fs::write(folder.path().join(name), bytes).expect("a file");
    }
    let expected = even.repeat(3);
    assert_same(&lines_of(&[folder.path().to_str().expect("UTF-8")]), &expected);
    assert_same(&piped("export --format raw", members).done().stdout, &even);
    assert_same(&piped("export --format raw", frames).done().stdout, &even);
}

#[test]
fn large_input_keeps_its_order_however_it_comes() {
    let lines = many_lines(9 << 20);
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in [("plain", lines.clone()), ("gz", gzip(&lines)), ("zst", zstd(&lines))] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("a file");
        for threads in ["1", "2", "7"] {
            let found = lines_of(&[path.to_str().expect("UTF-8"), "--threads", threads]);
            assert_same(&found, &lines);
        }
    }
    for threads in [1, 2, 7] {
        let ran = piped(&format!("export --format raw --threads {threads}"), lines.clone());
        assert_same(&ran.done().stdout, &lines);
    }
}

#[test]
fn large_and_small_files_keep_their_order_together() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = many_lines(6 << 20);
    let mut expected = Vec::new();
    let small: Vec<&[u8]> = lines.split_inclusive(|byte| *byte == b'\n').take(300).collect();
    for (number, line) in small.iter().enumerate() {
        if number % 100 == 50 {
            fs::write(folder.path().join(format!("{number:03}-large")), &lines).expect("a file");
            expected.extend(&lines);
        }
        fs::write(folder.path().join(format!("{number:03}-small")), line).expect("a file");
        // "-large" comes before "-small".
        expected.extend(*line);
    }
    for threads in ["1", "2", "7"] {
        assert_same(&lines_of(&[folder.path().to_str().expect("UTF-8"), "--threads", threads]), &expected);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("large"), many_lines(5 << 20)).expect("a file");
    let folder = folder.path().to_str().expect("UTF-8");
    for words in [
        "failed --format json",
        "failed --format raw --limit 7",
        "top --format json --by remote_ip,key",
        "large-downloads --format json --min-size 1",
        "large-downloads --format json --min-size 1 --join-ranges --limit 0",
        "summary --format json",
        "export --format csv --status 4xx",
        "export --format json --limit 10",
        "export --format ndjson --limit 3000",
        "export --format table --limit 10",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let answer = |threads| {
            run(&[&words[..], &[folder, EVEN, HARD, BAD, "--threads", threads]].concat()).done().stdout
        };
        let one = answer("1");
        assert!(one.len() > 100);
        for threads in ["2", "7"] {
            assert_same(&answer(threads), &one);
        }
    }
}

#[test]
fn what_editors_and_other_systems_do_to_files() {
    let line = many_lines(1);
    let line = line.trim_ascii_end();
    let text = [b"\xef\xbb\xbf", line, b"\r\n\r\n  \n\n", line, b" \n", line].concat();
    let ran = piped("export --format json", text).done().json();
    assert_eq!(ran["tables"]["records"].as_array().expect("rows").len(), 3);
    assert_eq!((&ran["tally"]["lines"], &ran["tally"]["rejected"]), (&3.into(), &0.into()));
}

#[test]
fn files_that_are_no_logs_do_no_harm() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    fs::write(path("a.log"), many_lines(1)).expect("a file");
    fs::write(path("b.png"), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0").expect("a file");
    fs::write(path("README.md"), "# Logs\n\nNothing to see.\n").expect("a file");
    fs::write(path("empty"), "").expect("a file");
    fs::write(path("zeros"), vec![0; 5 << 20]).expect("a file");
    let name = folder.path().to_str().expect("UTF-8");
    let ran = run(&["top", name, "--format", "json"]).done();
    assert_eq!(ran.json()["tally"]["records"], 1);
    ran.says("3 files hold no access log").says("5 files, 1 record");
}

#[cfg(unix)]
#[test]
fn named_pipes_are_read_where_they_are_named_and_passed_over_in_folders() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    let lines = many_lines(3 << 20);
    fs::write(folder.path().join("log"), many_lines(1)).expect("a file");
    if !std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()) {
        return;
    }
    // It would never end if it opened the pipe, into which nobody writes.
    let name = folder.path().to_str().expect("UTF-8");
    run(&["top", name]).done().says("1 file, 1 record");

    let mut reader = command();
    reader.args(["export", "--format", "raw"]).arg(&pipe).stdin(Stdio::null());
    let reader = reader.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
    let written = lines.clone();
    let writer = std::thread::spawn(move || {
        let mut pipe = fs::File::options().write(true).open(pipe).expect("the pipe");
        pipe.write_all(&written).expect("written");
    });
    let output = reader.wait_with_output().expect("it ends");
    writer.join().expect("written");
    assert_eq!(output.status.code(), Some(0));
    assert_same(&output.stdout, &lines);
}

#[test]
fn a_line_of_megabytes_is_one_rejected_line() {
    let line = many_lines(1);
    let forged = [vec![b'x'; 9 << 20], line.clone()].concat();
    let text = [line.clone(), forged, line.clone()].concat();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    fs::write(&path, &text).expect("a file");
    let rejects = folder.path().join("rejects");
    let rejects = rejects.to_str().expect("UTF-8");
    for way in 0..3 {
        let words = format!("top --format json --rejects {rejects}");
        let ran = match way {
            0 => run(&[&words.split(' ').collect::<Vec<_>>()[..], &[path.to_str().expect("UTF-8")]].concat()),
            1 => piped(&words, text.clone()),
            _ => piped(&words, gzip(&text)),
        };
        let tally = &ran.done().json()["tally"];
        assert_eq!((&tally["records"], &tally["rejected"]), (&2.into(), &1.into()), "way {way}");
        let rejected = fs::read(rejects).expect("the rejects");
        let number = rejected.split(|byte| *byte == b'\t').nth(1).expect("a number");
        assert_eq!(number, b"2", "way {way}");
    }
}
