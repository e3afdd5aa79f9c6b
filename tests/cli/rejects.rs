//! Lines that cannot be read: counted, kept with their source, number and reason, and never fatal.

use std::fs;

use crate::harness::*;
use crate::independent;

/// Source, number, reason and line of every reject.
fn rejects(words: &str, stdin: Option<Vec<u8>>) -> Vec<(String, u64, String, Vec<u8>)> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rejects");
    let words = format!("{words} --rejects {}", path.display());
    match stdin {
        Some(stdin) => piped(&words, stdin).done(),
        None => s3al(&words).done(),
    };
    let bytes = fs::read(path).expect("the rejects");
    let lines =
        bytes.split_inclusive(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\n").expect("a line"));
    lines
        .map(|line| {
            let mut parts = line.splitn(4, |byte| *byte == b'\t').map(<[u8]>::to_vec);
            let mut text = || String::from_utf8(parts.next().expect("a part")).expect("UTF-8");
            let (source, number, reason) = (text(), text().parse().expect("a number"), text());
            (source, number, reason, parts.next().expect("the line"))
        })
        .collect()
}

#[test]
fn every_bad_line_is_kept_with_its_number() {
    let text = fs::read(root().join(BAD)).expect("the lines");
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    for words in ["top", "export", "failed --format raw", "top --threads 1"] {
        let rejects = rejects(&format!("{words} {EVEN} {BAD}"), None);
        assert_eq!(rejects.len(), 57);
        for (source, number, reason, line) in &rejects {
            assert_eq!(source, BAD);
            assert!(!reason.is_empty());
            let meant = lines[*number as usize - 1];
            assert_eq!(line.trim_ascii(), meant.trim_ascii(), "{number}");
        }
    }
    if has("python3") {
        let numbers: Vec<u64> = rejects(&format!("top {BAD}"), None).iter().map(|reject| reject.1).collect();
        assert_eq!(numbers, independent::rejects(&[root().join(BAD)]));
    }
}

#[test]
fn numbers_are_right_in_large_files_and_streams() {
    let text = many_lines(6 << 20);
    let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let mut numbers = Vec::new();
    for place in (0..lines.len()).step_by(977) {
        // Blank lines count as lines, though nobody misses them.
        (lines[place], lines[place + 1]) = (b"no log\n", b"\n");
        numbers.push(place as u64 + 1);
    }
    let text = lines.concat();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    fs::write(&path, &text).expect("a file");
    let packed = folder.path().join("packed");
    fs::write(&packed, gzip(&text)).expect("a file");
    for threads in [1, 2, 7] {
        for path in [&path, &packed] {
            let found = rejects(&format!("top --threads {threads} {}", path.display()), None);
            assert_eq!(found.iter().map(|reject| reject.1).collect::<Vec<_>>(), numbers);
            assert!(
                found
                    .iter()
                    .all(|(source, _, _, line)| *source == path.to_string_lossy() && line == b"no log")
            );
        }
        let found = rejects(&format!("export --threads {threads}"), Some(text.clone()));
        assert_eq!(found.iter().map(|reject| reject.1).collect::<Vec<_>>(), numbers);
        assert!(found.iter().all(|reject| reject.0 == "-"));
    }
}

#[test]
fn rejects_come_in_the_order_of_the_input() {
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..200 {
        let text = [&b"\n".repeat(number)[..], b"no log\n"].concat();
        fs::write(folder.path().join(format!("{number:03}")), text).expect("a file");
    }
    let found = rejects(&format!("top {}", folder.path().display()), None);
    let expected: Vec<_> = (0..200)
        .map(|number| (folder.path().join(format!("{number:03}")).display().to_string(), number + 1))
        .collect();
    assert_eq!(found.into_iter().map(|reject| (reject.0, reject.1)).collect::<Vec<_>>(), expected);
}

#[test]
fn a_file_that_is_read_twice_is_counted_from_one_twice() {
    let found = rejects(&format!("top {BAD} {BAD}"), None);
    assert_eq!(found.len(), 2 * 57);
    assert_eq!(found[0].1, found[57].1);
}

#[cfg(unix)]
#[test]
fn names_of_files_do_not_break_the_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a\nb\tc\x1b[1m"), "no log\n").expect("a file");
    let found = rejects(&format!("top {}", folder.path().display()), None);
    assert_eq!(found.len(), 1);
    assert!(found[0].0.ends_with("/a\\nb\\tc\\u{1b}[1m"), "{}", found[0].0);
}

#[test]
fn rejects_never_overwrite_what_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    fs::write(&log, "no log\n").expect("a file");
    for source in [&log, folder.path()] {
        let words = format!("top {} --rejects {}", source.display(), log.display());
        s3al(&words).ended(2).says("would overwrite a file that is to be read");
        assert_eq!(fs::read(&log).expect("the file"), b"no log\n");
    }
    let words = format!("top {EVEN} -o {0} --rejects {0}", log.display());
    s3al(&words).ended(2).says("--output and --rejects name the same file");
    assert_eq!(fs::read(&log).expect("the file"), b"no log\n");
    s3al(&format!("top {EVEN} --rejects -")).ended(2).says("--rejects takes the name of a file");
}
