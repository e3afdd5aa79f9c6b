//! `detect`: findings, their commands, settings and exit codes.

use s3al::record::Field::{
    AuthenticationType, BytesSent, Key, Operation, RemoteIp, RequestId, Requester, SignatureVersion,
    TlsVersion, UserAgent,
};
use serde_json::Value;

use crate::harness::{ALICE, Logs, Record, read_at, run_on, s3al};

const NOBODY: &str = "-";

/// What most rules that look at single requests find something in.
fn log() -> Vec<Record> {
    let anonymous = |time: &str| {
        let fields = [
            (Requester, NOBODY),
            (SignatureVersion, "-"),
            (AuthenticationType, "-"),
            (RemoteIp, "198.51.100.7"),
        ];
        fields.into_iter().fold(read_at(time), |record, (field, text)| record.with(field, text))
    };
    let mut log = vec![
        anonymous("01/Aug/2026:10:00:01"),
        anonymous("01/Aug/2026:10:00:02").with(Key, "it's,%2550%255Bx%255D*/.env"),
        anonymous("01/Aug/2026:10:00:03").with(Operation, "REST.PUT.OBJECT").with(Key, "RESTORE-FILES.txt"),
        anonymous("01/Aug/2026:10:00:04").with(Operation, "REST.GET.BUCKET").with(Key, "-"),
        anonymous("01/Aug/2026:10:00:05").with(UserAgent, "sqlmap/1.7").outcome("403 AccessDenied"),
        read_at("01/Aug/2026:10:00:06").with(TlsVersion, "TLSv1"),
        read_at("01/Aug/2026:10:00:07").with(UserAgent, "aws-cli/2.9 Linux/6.1.0-kali5-amd64"),
        read_at("01/Aug/2026:10:00:08").with(UserAgent, "${jndi:ldap://x/'a'}").with(RequestId, "ODD1"),
        read_at("01/Aug/2026:10:00:09").with(UserAgent, "-"),
        read_at("01/Aug/2026:10:00:10")
            .with(Operation, "REST.COPY.OBJECT_GET")
            .with(Requester, "arn:aws:iam::999988887777:user/mallory"),
        read_at("01/Aug/2026:10:00:11").with(Operation, "REST.DELETE.PUBLIC_ACCESS_BLOCK").with(Key, "-"),
    ];
    log.extend((0..40).map(|number| read_at(&format!("01/Aug/2026:11:00:{number:02}")).with(BytesSent, 5)));
    log
}

/// The words of a command line, as a shell splits it.
fn words(command: &str) -> Vec<String> {
    let output = std::process::Command::new("sh")
        .arg("-c")
        .arg(format!("printf '%s\\0' {command}"))
        .output()
        .expect("sh");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.split_terminator('\0').map(str::to_owned).collect()
}

/// The findings of a log with these arguments. The command of each is run, and shows as many records as the finding counts.
#[track_caller]
pub fn findings(log: &[Record], arguments: &[&str]) -> Vec<Value> {
    let logs = Logs::of(log);
    let ran = logs.run(&[&["detect", "logs", "--format", "json", "--limit", "0"], arguments].concat());
    let three = logs.run(
        &[&["detect", "logs", "--format", "json", "--limit", "0", "--threads", "3"], arguments].concat(),
    );
    assert_eq!(ran.text(), three.text(), "threads change the answer");
    let report = ran.json();
    let table = |name: &str| report["tables"][name].as_array().expect("a table").clone();
    let (found, evidence) = (table("findings"), table("evidence"));
    assert_eq!(ran.code, i32::from(!found.is_empty()), "{}", ran.stderr);
    for one in &found {
        let command = one["command"].as_str().expect("a command");
        let words = words(command);
        assert_eq!(words[0], "s3al");
        let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        let shown = logs.run(&words).done().rows();
        assert_eq!(Some(shown.len() as u64), one["count"].as_u64(), "{}: {command}", one["rule"]);
        // Evidence is among what is shown: up to five requests, by their ids.
        let of_finding: Vec<_> = evidence.iter().filter(|row| row["finding"] == one["finding"]).collect();
        assert_eq!(!of_finding.is_empty(), !shown.is_empty(), "{}", one["rule"]);
        assert!(of_finding.len() <= 5, "{of_finding:?}");
        for row in of_finding {
            let is_it = |shown: &&Value| {
                ["request_id", "timestamp", "operation", "http_status", "bucket", "requester"]
                    .iter()
                    .all(|name| shown[name] == row[name])
            };
            assert!(shown.iter().any(|one| is_it(&one)), "{}: {row}", one["rule"]);
        }
    }
    // People read a shorter command for the worst ones, which shows the same, or says that it shows more.
    for detail in table("details") {
        let one = found.iter().find(|one| one["finding"] == detail["finding"]).expect("the finding");
        let run = |command: &Value| {
            let words = words(command.as_str().expect("a command"));
            let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
            logs.run(&words).done().rows()
        };
        let (all, shown) = (run(&one["command"]), run(&detail["show"]));
        assert!(all.iter().all(|row| shown.contains(row)), "{}: {}", one["rule"], detail["show"]);
        assert!(shown.len() == all.len() || !detail["shows"].is_null(), "{detail}");
    }
    found
}

/// What people read of the worst finding of a log.
fn worst_in_detail(log: &[Record]) -> Value {
    findings(log, &[]);
    run_on(log, &["detect", "--format", "json"]).json()["tables"]["details"][0].clone()
}

#[cfg(unix)]
#[test]
fn people_read_short_commands() {
    let upload = |second: u32, key: String| {
        read_at(&format!("01/Aug/2026:10:00:{second:02}"))
            .with(Operation, "REST.PUT.OBJECT")
            .with(Key, key)
            .with(RequestId, format!("ID{second}"))
    };
    let notes = |count: u32| -> Vec<Record> {
        (0..count).map(|number| upload(number, format!("{number}/HOW-TO-DECRYPT.txt"))).collect()
    };
    // All of few requests are known by their ids.
    let few = worst_in_detail(&notes(3));
    let show = few["show"].as_str().expect("a command");
    assert!(show.contains("request_id=ID0,ID1,ID2") && show.len() < 500, "{show}");
    assert!(few["shows"].is_null(), "{few}");
    // Of many, others of the same time are shown as well, which is said.
    let mut log = notes(9);
    log.push(upload(4, "other.txt".into()));
    let many = worst_in_detail(&log);
    let show = many["show"].as_str().expect("a command");
    assert!(!show.contains("--key") && show.len() < 500, "{show}");
    assert!(many["shows"].as_str().is_some_and(|text| text.contains("--columns command")), "{many}");
    let exact = run_on(&log, &["detect", "--columns", "rule,command", "--format", "csv"]);
    assert!(exact.text().contains("--key"), "{exact:?}");
}

/// Severity and rule of each finding.
pub fn rules(found: &[Value]) -> Vec<String> {
    let text = |one: &Value, name: &str| one[name].as_str().expect("a text").to_owned();
    found.iter().map(|one| format!("{} {}", text(one, "severity"), text(one, "rule"))).collect()
}

#[cfg(unix)]
#[test]
fn each_finding_has_the_command_that_shows_all_of_it() {
    let found = findings(&log(), &[]);
    assert_eq!(
        rules(&found),
        [
            "high config-change",
            "high foreign-copy",
            "high pentest-client",
            "high anonymous-list",
            "high anonymous-write",
            "high ransom-note",
            "high secret-file",
            "medium anonymous-read",
            "low no-user-agent",
            "low log-injection",
            "low weak-crypto",
            "low pentest-client",
        ]
    );
    // Filters of the run are filters of the command.
    let filters = ["--requester", "alice,mallory", "--where", "bytes_sent<1000", "--status", "2xx"];
    assert_eq!(findings(&log(), &filters).len(), 6);
}

#[test]
fn the_exit_code_says_whether_there_is_a_finding() {
    let code = |arguments: &[&str]| run_on(&log(), &[&["detect"], arguments].concat()).code;
    assert_eq!(code(&[]), 1);
    assert_eq!(code(&["--min-severity", "high"]), 1);
    assert_eq!(code(&["--min-severity", "critical"]), 0);
    assert_eq!(code(&["--requester", "bob"]), 0);
    assert_eq!(code(&["--min-severity", "worst"]), 2);
    assert_eq!(code(&["--memory", "1"]), 2);
    run_on(&[], &["detect"]).ended(2).says("no record was read");
}

#[test]
fn settings_of_a_file() {
    let logs = Logs::of(&log());
    logs.write_text(
        "rules.toml",
        "[rules.weak-crypto]\nseverity = \"critical\"\n[rules.config-change]\nenabled = false\n",
    );
    let ran = logs
        .run(&["detect", "logs", "--rules", "rules.toml", "--min-severity", "high", "--format", "ndjson"])
        .ended(1);
    let found = rules(&ran.rows());
    assert!(
        found.contains(&"critical weak-crypto".into()) && !found.contains(&"high config-change".into()),
        "{found:?}"
    );
    logs.write_text("allow.toml", "[allow]\nrequesters = [\"alice\", \"-\", \"mallory\"]\n");
    logs.run(&["detect", "logs", "--rules", "allow.toml"]).ended(0);
    logs.write_text("clients.toml", "[rules.pentest-client.allow]\nclients = [\"*kali*\"]\n");
    let ran = logs.run(&["detect", "logs", "--rules", "clients.toml", "--format", "ndjson"]).ended(1);
    assert_eq!(rules(&ran.rows()).iter().filter(|one| one.contains("pentest")).count(), 1);
    logs.write_text("wrong.toml", "[rules.weak-cripto]\n");
    logs.run(&["detect", "logs", "--rules", "wrong.toml"]).ended(2).says("did you mean weak-crypto?");
    logs.run(&["detect", "logs", "--rules", "nowhere.toml"]).ended(2).says("--rules nowhere.toml");
    logs.write_text("printed.toml", s3al("detect --print-rules").done().text());
    assert_eq!(
        logs.run(&["detect", "logs", "--rules", "printed.toml"]).text(),
        logs.run(&["detect", "logs"]).text()
    );
}

/// What is allowed of each kind takes away what it names, and nothing else: for all rules, or for one.
#[test]
fn lists_of_what_is_allowed() {
    let logs = Logs::of(&log());
    let found = |settings: &str| {
        logs.write_text("rules.toml", settings);
        rules(&logs.run(&["detect", "logs", "--rules", "rules.toml", "--format", "ndjson"]).rows())
    };
    let all = found("");
    let is_there = |found: &[String], rule: &str| found.iter().any(|one| one.ends_with(rule));
    let of_strangers = ["anonymous-read", "anonymous-write", "anonymous-list", "secret-file", "ransom-note"];
    assert!(of_strangers.iter().all(|rule| is_there(&all, rule)), "{all:?}");
    for (settings, gone, kept) in [
        ("[allow]\nnetworks = [\"198.51.100.0/24\"]\n", &of_strangers[..], "config-change"),
        (
            "[allow]\nkeys = [\"RESTORE-FILES.txt\"]\n",
            &["anonymous-write", "ransom-note"][..],
            "anonymous-read",
        ),
        ("[rules.ransom-note.allow]\nkeys = [\"*.txt\"]\n", &["ransom-note"][..], "anonymous-write"),
        ("[rules.anonymous-read.allow]\nbuckets = [\"*\"]\n", &["anonymous-read"][..], "secret-file"),
        (
            "[rules.anonymous-list.allow]\nnetworks = [\"198.51.100.7\"]\n",
            &["anonymous-list"][..],
            "anonymous-read",
        ),
        (
            "[rules.foreign-copy.allow]\nrequesters = [\"*mallory*\"]\n",
            &["foreign-copy"][..],
            "anonymous-read",
        ),
    ] {
        let found = found(settings);
        assert!(!gone.iter().any(|rule| is_there(&found, rule)), "{settings}: {found:?}");
        assert!(is_there(&found, kept), "{settings}: {found:?}");
    }
    assert!(found("[allow]\nbuckets = [\"*\"]\n").is_empty());
}

#[test]
fn too_little_history_is_said_once() {
    let said = "too little history to know what is usual";
    let ran = run_on(&log(), &["detect"]).ended(1);
    let text = format!("{}{}", ran.text(), ran.stderr);
    assert_eq!(text.matches(said).count(), 1, "{text}");
    assert!(text.contains("bulk-read") && text.contains("first-seen"), "{text}");
    let days = (1..6).map(|day| read_at(&format!("{day:02}/Aug/2026:10:00:01")));
    let ran = run_on(&days.chain(log()).collect::<Vec<_>>(), &["detect"]).ended(1);
    assert!(!format!("{}{}", ran.text(), ran.stderr).contains(said), "{}", ran.text());
}

#[test]
fn networks_that_are_known_to_be_bad() {
    let logs = Logs::of(&log());
    logs.write_text("bad.txt", "# known\n198.51.100.0/24\n");
    let ran = logs.run(&["detect", "logs", "--bad-ips", "bad.txt", "--format", "ndjson"]).ended(1);
    assert!(rules(&ran.rows()).contains(&"high bad-ip".into()));
    logs.write_text("worse.txt", "somewhere\n");
    logs.run(&["detect", "logs", "--bad-ips", "worse.txt"]).ended(2).says("line 1");
}

#[test]
fn rules_explain_themselves() {
    let ran = s3al("detect --list-rules --format json").done().json();
    let listed = ran["tables"]["rules"].as_array().expect("rules").clone();
    assert!(listed.len() >= 12);
    for rule in &listed {
        let id = rule["rule"].as_str().expect("a name");
        let text = s3al(&format!("detect --explain {id}")).done().text().to_owned();
        assert!(text.starts_with(&format!("{id}: ")) && text.contains("Does not see:"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
    }
    s3al("detect --explain anonymos-read").ended(2).says("did you mean anonymous-read?");
}

#[test]
fn tables_for_people() {
    let ran = run_on(&log(), &["detect", "--width", "140"]).ended(1);
    insta::assert_snapshot!(ran.text());
}

#[test]
fn a_quiet_log_says_so() {
    let log: Vec<_> = (0..60)
        .map(|second| read_at(&format!("01/Aug/2026:10:00:{second:02}")).with(Requester, ALICE))
        .collect();
    let ran = run_on(&log, &["detect"]).ended(0);
    assert!(ran.text().contains("nothing was found"), "{}", ran.text());
}

/// Strangers write the lines: many addresses that guess many long keys, each in a burst of its own.
#[test]
fn many_addresses_guess_many_keys() {
    const ADDRESSES: usize = 300;
    let guess = |number: usize| {
        let (address, key) = (number % ADDRESSES, number / ADDRESSES);
        let time =
            format!("{:02}/Aug/2026:{:02}:{:02}:{:02}", 1 + address % 5, address % 24, key, address % 60);
        read_at(&time)
            .with(Requester, NOBODY)
            .with(RemoteIp, format!("198.51.{}.{}", address / 250, address % 250))
            .with(Key, format!("{}{number}", "x".repeat(800)))
            .outcome("404 NoSuchKey")
    };
    let log: Vec<_> = (0..ADDRESSES * 50).map(guess).collect();
    let logs = Logs::of(&log);
    let start = std::time::Instant::now();
    // One key a minute is no burst; fifty within five minutes are.
    let arguments = ["detect", "logs", "--format", "json", "--limit", "0", "--min-severity", "medium"];
    logs.run(&arguments).ended(0);
    logs.write_text("rules.toml", "[rules.key-guessing]\nwindow = \"1h\"\n");
    let arguments = [&arguments[..], &["--rules", "rules.toml"]].concat();
    let found = logs.run(&arguments).ended(1).json();
    let rows = found["tables"]["findings"].as_array().expect("findings");
    assert_eq!(rows.len(), ADDRESSES);
    assert!(rows.iter().all(|row| row["rule"] == "key-guessing" && row["count"] == 50));
    // In a debug build, on a busy machine: what is quadratic takes minutes.
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
    // The same whatever there is of memory: what is kept by time goes to temporary files.
    for memory in ["1GB", "200MB", "1MB"] {
        assert!(
            logs.run(&[&arguments[..], &["--memory", memory]].concat()).ended(1).json() == found,
            "{memory}"
        );
    }
}
