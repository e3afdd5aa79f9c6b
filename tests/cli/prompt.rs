//! `sql` without a query: the prompt in a terminal, and queries that come through a pipe.

use std::fs;
use std::process::{Command, Stdio};

use crate::harness::*;
use crate::sql::requests;

const COUNT: &str = "select count(*) as n from logs;";

/// Runs what comes through the pipe.
fn piped_to(logs: &Logs, arguments: &[&str], queries: &str) -> Ran {
    let mut command = command();
    command.arg("sql").args(arguments).current_dir(logs.path("."));
    assert_cmd::Command::from_std(command).write_stdin(queries).output().expect("it runs").into()
}

#[test]
fn queries_from_a_pipe() {
    let logs = Logs::of(&requests(100));
    let two = format!("-- how many\n{COUNT} select max(http_status) as m\n from logs");
    assert_eq!(piped_to(&logs, &["logs", "--format", "csv"], &two).done().text(), "n\n100\nm\n503\n");
    // The first that fails ends it.
    let ran = piped_to(&logs, &["logs", "--format", "csv"], &format!("{COUNT} select x from logs; {COUNT}"));
    assert_eq!(ran.ended(2).says("no column \"x\"").text(), "n\n100\n");
    piped_to(&logs, &["logs"], " -- nothing\n").ended(2).says("there is no query");
    piped_to(&logs, &[], COUNT).ended(2).says("cannot hold both queries and logs");
    piped_to(&logs, &["-"], COUNT).ended(2).says("cannot hold both queries and logs");
    // With a query, the pipe holds logs.
    assert_eq!(piped_to(&logs, &[COUNT, "--format", "csv"], &log(&requests(7))).done().text(), "n\n7\n");
    // Options hold for all queries, and values for those that name them.
    let both = format!("{COUNT} select count(*) as n from logs where requester = $who;");
    let arguments = ["logs", "--format", "csv", "--status", "403", "--param", "who=AmazonS3"];
    assert_eq!(piped_to(&logs, &arguments, &both).done().text(), "n\n17\nn\n4\n");
    // Standard input is read once, though columns are looked at before.
    let ran = piped_to(&logs, &["-f", "-", "logs", "--columns", "n", "--format", "csv"], COUNT).done();
    assert_eq!(ran.text(), "n\n100\n");
    // What could not be read shows in the end.
    logs.write_text("logs/bad", "no record\n");
    piped_to(&logs, &["logs", "--strict", "-q"], COUNT).ended(3);
}

#[test]
fn commands_of_the_prompt() {
    let logs = Logs::of(&requests(100));
    logs.write_text("count.sql", &format!(".mode csv\n{COUNT}\n"));
    logs.write_text("round.sql", ".read round.sql\n");
    let text = |commands: &str| piped_to(&logs, &["logs", "-q"], commands).done().text().to_owned();
    let tables =
        "logs\naws_s3_server_access_log\ns3_access_logs_db.mybucket_logs\nmybucket_logs\ns3_access_logs_db\n";
    assert_eq!(text(".tables"), tables);
    assert!(text(".mode csv\n.schema\n").contains("\nhttp_status,Int32,YES\n"));
    assert!(text(".mode csv\n.schema aws_s3_server_access_log").contains("\ntp_index,"));
    assert_eq!(text(".mode"), "table\n");
    assert_eq!(text(&format!(".mode ndjson\n.mode\n{COUNT}")), "ndjson\n{\"n\":100}\n");
    assert_eq!(text(".read count.sql\n.read 'count.sql'"), "n\n100\nn\n100\n");
    assert_eq!(text(&format!(".quit\n{COUNT}")), "");
    assert_eq!(text(&format!("exit;\n{COUNT}")), "");
    for command in ["tables", "schema", "mode", "output", "timer", "read", "help", "quit"] {
        assert!(
            text(".help").contains(&format!("\n.{command} "))
                || text("help").starts_with(&format!(".{command} "))
        );
    }
    let ran = piped_to(&logs, &["logs"], &format!(".timer on\n{COUNT}")).done();
    assert!(ran.stderr.contains("run time: 0."), "{}", ran.stderr);
    for (commands, expected) in [
        (".tabels", "did you mean tables?"),
        (".mode cvs", "there are: table, list"),
        (".mode raw", "there is no format"),
        (".schema log", "did you mean logs?"),
        (".timer", "on or off"),
        (".read", "name of a file"),
        (".read nothing.sql", "cannot read `nothing.sql`"),
        (".read round.sql", "deep"),
        (".tables x", "takes no value"),
        (".output nothing/x", "cannot write `nothing/x`"),
    ] {
        piped_to(&logs, &["logs"], commands).ended(2).says(expected);
    }
}

#[test]
fn answers_go_to_a_file() {
    let logs = Logs::of(&requests(100));
    logs.write_text("all.csv", "old\n");
    let commands = format!(".mode csv\n.output all.csv\n{COUNT}{COUNT}\n.tables\n.output\nselect 1 as one;");
    assert_eq!(piped_to(&logs, &["logs", "-q"], &commands).done().text(), "one\n1\n");
    let text = fs::read_to_string(logs.path("all.csv")).expect("the file");
    assert!(text.starts_with("n\n100\nn\n100\nlogs\naws_"), "{text}");
}

/// A terminal with the prompt in it; `None` where none can be had.
#[cfg(unix)]
fn prompt(logs: &Logs, arguments: &str) -> Option<Typing> {
    if !cfg!(target_os = "linux") || !has("script") {
        return None;
    }
    let shell = format!("stty cols 100 rows 40; exec {} sql {arguments}", env!("CARGO_BIN_EXE_s3al"));
    let mut script = Command::new("script");
    script.args(["-qec", &shell, "/dev/null"]);
    isolate(&mut script).current_dir(logs.path("."));
    script
        .env("HOME", logs.path("."))
        .env("PAGER", "cat")
        .env("TERM", "xterm-256color")
        .env("SHELL", "/bin/sh");
    Some(Typing::start(script))
}

#[cfg(unix)]
#[test]
fn a_session_in_a_terminal() {
    let logs = Logs::of(&requests(100));
    let Some(mut session) = prompt(&logs, "logs --format csv") else { return };
    session.wait_for("s3al> ");
    // A query of many lines, of which the tab key writes some.
    session.send("select count(*) as answer\r");
    session.send("fr\t");
    session.wait_for("from");
    session.send(" lo\t");
    session.wait_for("from logs");
    session.send("\rwhere http_st\t");
    session.wait_for("http_status");
    session.send(" = 403;\r");
    // Before the prompt is there, the terminal itself takes Ctrl-C and Ctrl-D, and nobody reads them.
    session.wait_for("answer\r\n17\r\n");
    session.wait_for("s3al> ");
    // A mistake does not end it, and Ctrl-C gives up a line.
    session.send("select reqester from logs;\r");
    session.wait_for("did you mean requester?");
    session.wait_for("s3al> ");
    session.send("select nonsense\x03");
    session.wait_for("\x1b[?2004l");
    session.wait_for("s3al> ");
    session.send("select 1 + 1 as two;\r");
    session.wait_for("two\r\n2\r\n");
    session.wait_for("s3al> ");
    // Ctrl-C ends a query, and not the session.
    session.send("select count(*) from logs a, logs b, logs c, logs d where a.bytes_sent + b.bytes_sent = c.bytes_sent * d.bytes_sent;\r");
    std::thread::sleep(QUIET);
    session.send("\x03");
    session.wait_for("interrupted");
    session.wait_for("s3al> ");
    // What is pasted together chooses no file.
    logs.write_text("precious", "mine");
    session.send("\x1b[200~select 7 as seven;\r.output precious\rselect 8 as eight;\x1b[201~\r");
    session.wait_for("seven\r\n7\r\n");
    session.wait_for(".output precious was not run, because it came with other lines: type it by itself");
    session.wait_for("s3al> ");
    assert_eq!(fs::read_to_string(logs.path("precious")).expect("the file"), "mine");
    session.send("select 40 + 2 as still;\r");
    session.wait_for("still\r\n42\r\n");
    session.wait_for("s3al> ");
    session.send("\x04");
    session.ended(0);

    // The next session remembers: two steps up from the last query.
    let history = fs::read_to_string(logs.path(".local/state/s3al/sql_history")).expect("the history");
    assert!(history.contains("select 40 + 2 as still;"), "{history}");
    let mut session = prompt(&logs, "logs --format csv").expect("a terminal");
    session.wait_for("s3al> ");
    session.send("\x1b[A");
    session.wait_for("as still;");
    session.send("\r");
    session.wait_for("still\r\n42\r\n");
    session.wait_for("s3al> ");
    session.send(".quit\r");
    session.ended(0);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_session_that_waits() {
    let logs = Logs::of(&requests(10));
    let Some(mut session) = prompt(&logs, "logs") else { return };
    session.wait_for("s3al> ");
    session.send("select 1 as one;\r");
    session.wait_for("one");
    session.wait_for("s3al> ");
    let folder = logs.path(".").canonicalize().expect("a folder");
    let mut found = 0;
    for entry in fs::read_dir("/proc").expect("processes").flatten() {
        let is_it = fs::read_link(entry.path().join("exe")).is_ok_and(|exe| exe.ends_with("s3al"))
            && fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == folder);
        if is_it {
            found += 1;
            let id = entry.file_name().into_string().expect("a number");
            Command::new("kill").args(["-TERM", &id]).stdin(Stdio::null()).status().expect("kill");
        }
    }
    assert_eq!(found, 1);
    session.ended(143);
}
