//! The JSON delivery as it arrives: whole files of it, large and small, plain and packed, read by any number of threads.

use std::fs;

use serde_json::{Value, json};

use crate::harness::*;

/// Records of three requesters, each with more bytes than the one before.
fn objects(count: u64) -> Vec<String> {
    let object = |number: u64| {
        json!({
            "schema_version_id": "V_1_0",
            "bucket_name": "b",
            "request_time": format!("2026-03-01T12:{:02}:00.123Z", number % 60),
            "requester": format!("arn:aws:iam::111122223333:user/u{}", number % 3),
            "operation": "REST.GET.OBJECT",
            "key_name": "k",
            "http_status": 200,
            "bytes_sent_size": number,
            "user_agent": if number.is_multiple_of(7) { "agent }{ \"}{\" \u{e9}" } else { "agent/1 }{" },
            "source_region": null,
        })
    };
    (0..count).map(|number| object(number).to_string()).collect()
}

/// Requests and bytes by requester, as they have to be.
fn expected(count: u64) -> Vec<(String, u64, u64)> {
    let mut rows: Vec<_> = (0..3)
        .map(|user| {
            let numbers = (0..count).filter(|number| number % 3 == user);
            (format!("arn:aws:iam::111122223333:user/u{user}"), numbers.clone().count() as u64, numbers.sum())
        })
        .collect();
    rows.sort();
    rows
}

/// The same as the program counts them, and how many lines it refused.
fn counted(path: &str, threads: u64) -> (Vec<(String, u64, u64)>, Value) {
    let report = s3al(&format!("top {path} --limit 0 --threads {threads} --format json")).done().json();
    let rows = report["tables"]["requesters"].as_array().expect("rows").iter();
    let mut rows: Vec<_> = rows
        .map(|row| {
            let number = |name: &str| row[name].as_u64().expect("a number");
            (row["requester"].as_str().unwrap_or("-").to_owned(), number("requests"), number("bytes_sent"))
        })
        .collect();
    rows.sort();
    (rows, report["tally"]["rejected"].clone())
}

#[test]
fn every_way_to_write_it_gives_the_same_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    // More than what threads share of one file, and more than a block of a stream.
    let count = 18_000;
    let objects = objects(count);
    let envelopes: Vec<String> = objects
        .chunks(100)
        .map(|chunk| {
            let events: Vec<Value> =
                chunk.iter().map(|object| json!({"id": "1", "timestamp": 1, "message": object})).collect();
            json!({"messageType": "DATA_MESSAGE", "owner": "1", "logEvents": events}).to_string()
        })
        .collect();
    let timed: Vec<String> =
        objects.iter().map(|object| format!("2026-03-01T12:00:00.123Z {object}\n")).collect();
    let files = [
        ("lines", objects.join("\n").into_bytes()),
        ("firehose", objects.concat().into_bytes()),
        ("spaced", objects.join(" ").into_bytes()),
        ("export", timed.concat().into_bytes()),
        ("envelopes", envelopes.concat().into_bytes()),
    ];
    for (name, text) in files {
        assert!(text.len() > 4 << 20);
        for (name, text) in [(format!("{name}.gz"), gzip(&text)), (name.to_owned(), text)] {
            let path = folder.path().join(&name);
            fs::write(&path, text).expect("written");
            let (rows, rejected) = counted(&path.display().to_string(), 3);
            assert_eq!(rows, expected(count), "{name}");
            assert_eq!(rejected, 0, "{name}");
        }
    }
}

#[test]
fn a_cut_record_is_the_only_one_that_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let count = 18_000;
    let mut objects = objects(count + 1);
    let cut = objects.pop().expect("one more");
    objects.insert(9_000, cut[..cut.len() / 2].to_owned());
    let path = folder.path().join("cut");
    fs::write(&path, objects.concat()).expect("written");
    let (rows, rejected) = counted(&path.display().to_string(), 2);
    assert_eq!((rows, rejected), (expected(count), json!(1)));
}

/// The same records as delimited lines, with a column that only some have.
fn delimited(count: u64, delimiter: &str) -> Vec<String> {
    let line = |number: u64| {
        let agent = if number.is_multiple_of(7) { "agent }{ \"}{\"\u{e9}" } else { "agent/1 }{" };
        let (time, user) = (format!("2026-03-01T12:{:02}:00.123Z", number % 60), number % 3);
        let requester = format!("arn:aws:iam::111122223333:user/u{user}");
        let agent = if delimiter == " " { format!("\"{agent}\"") } else { agent.to_owned() };
        ["V_1_0", "b", &time, &requester, "REST.GET.OBJECT", "k", "200", &number.to_string(), &agent, "-"]
            .join(delimiter)
    };
    (0..count).map(line).collect()
}

const NAMES: &str = "schema_version_id bucket_name request_time requester operation key_name http_status bytes_sent_size user_agent source_region";

#[test]
fn delimited_lines_are_read_by_the_names_of_their_header() {
    let folder = tempfile::tempdir().expect("a folder");
    // More than what threads share of one file, and more than blocks of a stream.
    let count = 40_000;
    for (name, delimiter) in [("tabs", "\t"), ("spaces", " ")] {
        let text = format!("#Version: 1.0\n#Fields: {NAMES}\n{}\n", delimited(count, delimiter).join("\n"));
        assert!(text.len() > 4 << 20);
        let files = [(format!("{name}.gz"), gzip(text.as_bytes())), (name.to_owned(), text.into_bytes())];
        for (name, text) in files {
            let path = folder.path().join(&name);
            fs::write(&path, text).expect("written");
            let (rows, rejected) = counted(&path.display().to_string(), 3);
            assert_eq!((rows, rejected), (expected(count), json!(0)), "{name}");
        }
    }
    // Files one after the other, whose headers differ.
    let (names, lines) = (NAMES.replace("schema_version_id", "novel"), delimited(count, "\t").join("\n"));
    let two = format!("#Fields: {NAMES}\n{lines}\n#Fields: request_time\trequester\tbytes_sent_size\n");
    let short: Vec<String> = (0..3)
        .map(|user| format!("2026-03-01T12:00:00Z\tarn:aws:iam::111122223333:user/u{user}\t{user}\n"))
        .collect();
    let path = folder.path().join("two");
    fs::write(&path, format!("{two}{}#Fields: {names}\n{lines}", short.concat())).expect("written");
    let twice: Vec<_> = expected(count)
        .into_iter()
        .zip(0..)
        .map(|((name, requests, bytes), user)| (name, 2 * requests + 1, 2 * bytes + user))
        .collect();
    assert_eq!(counted(&path.display().to_string(), 2), (twice, json!(0)));
}

#[test]
fn delimited_lines_without_a_header_are_read_by_the_names_that_were_typed() {
    let folder = tempfile::tempdir().expect("a folder");
    let count = 40_000;
    let names = NAMES.replace(' ', ",");
    for (name, delimiter, options) in [("plain", "\t", ""), ("bars", "|", " --delimiter |")] {
        let path = folder.path().join(name);
        fs::write(&path, delimited(count, delimiter).join("\n")).expect("written");
        let source = format!("{} --fields {names}{options}", path.display());
        assert_eq!(counted(&source, 3), (expected(count), json!(0)), "{name}");
    }
    // The config names them as well, and what is kept of a record needs no names.
    let config = folder.path().join("c.toml");
    fs::write(&config, format!("[defaults]\nfields = \"{names}\"\n")).expect("written");
    let source = format!("{} --config {}", folder.path().join("plain").display(), config.display());
    assert_eq!(counted(&source, 2), (expected(count), json!(0)));
    let raw = s3al(&format!("export {source} --limit 2 --format raw")).done();
    let again = piped("export --columns bytes_sent,extra --format csv", raw.stdout).done();
    assert_eq!(again.text(), "bytes_sent,extra\n0,schema_version_id=V_1_0\n1,schema_version_id=V_1_0\n");
    let table =
        s3al(&format!("large-downloads {source} --min-size 39999 --format csv --columns bytes_sent")).done();
    assert_eq!(table.text(), "bytes_sent\n39999\n");
}

#[test]
fn refused_delimited_lines_say_why_and_are_kept_as_they_were() {
    let folder = tempfile::tempdir().expect("a folder");
    let rejects = folder.path().join("rejects");
    let log = "#Version: 1.0\n#Fields: request_time bucket_name\n2026-03-01T12:00:00Z\tb\nx\ty\n2026-03-01T12:00:00Z\tb\tc\n";
    let ran = piped(&format!("summary --rejects {} --format json", rejects.display()), log).done();
    let tally = &ran.json()["tally"];
    assert_eq!((&tally["records"], &tally["rejected"]), (&json!(1), &json!(2)));
    assert_eq!(
        fs::read_to_string(rejects).expect("the rejects"),
        "-\t4\tmissing or invalid timestamp\tx\ty\n-\t5\t3 fields where 2 are named\t2026-03-01T12:00:00Z\tb\tc\n"
    );
}

#[test]
fn names_and_delimiters_that_cannot_be_say_why() {
    for (options, says) in [
        ("--fields bucket,key", "--fields: no request_time among the fields"),
        ("--fields request_time,timestamp", "--fields: timestamp is named twice"),
        ("--delimiter 123456", "--delimiter: invalid delimiter \"123456\""),
    ] {
        s3al(&format!("top {SAMPLE} {options}")).ended(2).says(says);
    }
}

/// A build with the SQL engine reads it.
#[cfg(not(feature = "sql"))]
#[test]
fn parquet_says_what_it_is_and_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.parquet");
    fs::write(&path, b"PAR1\x15\x04PAR1").expect("written");
    s3al(&format!("top {}", path.display()))
        .ended(2)
        .says("this is a Parquet file")
        .says("outputFormat json");
}
