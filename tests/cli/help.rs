//! Help, completions and the manual.

use crate::harness::{EVEN, Logs, command, commands, has, isolate, ran, s3al};

#[test]
fn help_has_examples() {
    for command in ["timeline", "top", "latency", "compare"] {
        let ran = s3al(&format!("{command} --help")).done();
        let (_, examples) = ran.text().split_once("Examples:").expect("examples");
        assert!(examples.matches("s3al ").count() >= 2, "{command}");
    }
}

#[test]
fn short_help_of_all_is_a_screen() {
    let ran = s3al("-h").done();
    let help = ran.text();
    assert!(help.lines().count() <= 24, "{help}");
    assert!(help.lines().all(|line| line.len() <= 80), "{help}");
    for command in commands() {
        assert!(help.split([' ', ',', '\n']).any(|word| word == command), "{command}: {help}");
    }
    assert_eq!(help.matches("\n  s3al ").count(), 3, "{help}");
    assert!(help.contains("--help"), "{help}");
    // Whoever types nothing reads the same.
    let nothing = s3al("");
    assert_eq!(nothing.stderr, ran.text(), "{nothing:?}");
}

#[test]
fn help_has_headings() {
    let ran = s3al("--help").done();
    let help = ran.text();
    for heading in ["Get logs:", "Reports:", "Investigate:", "Trust the data:", "Options:"] {
        assert!(help.contains(heading), "{help}");
    }
    let place = |text: &str| help.find(text).unwrap_or_else(|| panic!("{text}: {help}"));
    assert!(place("Trust the data:") < place("\n  coverage ") && place("\n  cost ") < place("Investigate:"));
}

/// What a shell is told for a line that ends with a word that is not yet whole.
fn completed(logs: &Logs, line: &[&str]) -> Vec<String> {
    let mut command = command();
    command.env("COMPLETE", "fish").env("XDG_CONFIG_HOME", logs.path("config"));
    command.env("AWS_CONFIG_FILE", logs.path("aws")).current_dir(logs.path("."));
    let answer = ran(command.args(["--", "s3al"]).args(line)).done();
    answer.text().lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn values_are_completed() {
    let logs = Logs::new();
    logs.write_text(
        "config/s3al/s3al.toml",
        "[sources.prod]\nbucket = \"my-logs\"\n[sources.disk]\npaths = [\"logs\"]\n",
    );
    logs.write_text("aws", "[default]\nregion = us-east-1\n[profile audit]\nregion = us-east-1\n");
    logs.write_text("prefix.log", "");
    let table: [(&[&str], &[&str]); 28] = [
        (&["fail"], &["failed"]),
        (&["top", "--by", "remo"], &["remote_ip"]),
        (&["top", "--by", "key,remo"], &["key,remote_ip"]),
        (&["top", "--by=key,rem"], &["--by=key,remote_ip"]),
        (&["top", "--distinct", "remote_ip+user_"], &["remote_ip+user_agent"]),
        (&["export", "--columns", "key,ident"], &["key,identity"]),
        (&["export", "--where", "total_"], &["total_time="]),
        (&["top", "--sort", "referer_h"], &["referer_host"]),
        (&["top", "--sort", "requests"], &["requests"]),
        (&["top", "--sort", "last"], &["last_seen"]),
        (&["top", "--sort", "dist"], &["distinct"]),
        (&["export", "--sort", "time"], &["timestamp"]),
        // After a space, the next word is a source.
        (&["timeline", "--heatmap", "prefix"], &["prefix.log"]),
        (&["timeline", "--heatmap=week"], &["--heatmap=weekdays"]),
        (&["failed", "--operation", "rest.copy.object_"], &["REST.COPY.OBJECT_GET"]),
        (&["failed", "--operation", "DeleteObjects,PutObjectAc"], &["DeleteObjects,PutObjectAcl"]),
        (&["failed", "--status", "5"], &["500-503", "5xx"]),
        (&["failed", "--tz", "europe/berl"], &["Europe/Berlin"]),
        (&["failed", "--tz", "loc"], &["local"]),
        (&["failed", "--profile", "a"], &["audit"]),
        (&["failed", "--bucket", ""], &["my-logs"]),
        (&["failed", "@"], &["@disk", "@prod"]),
        (&["failed", "prefix"], &["prefix.log"]),
        (&["failed", "--format", "nd"], &["ndjson"]),
        (&["audit", "--check", "old"], &["old_tls"]),
        (&["help", "exit"], &["exit-codes"]),
        (&["man", "larg"], &["large-downloads"]),
        // Nothing is known about keys: not even files.
        (&["failed", "--key", "prefix"], &[]),
    ];
    for (line, expected) in table {
        let mut found = completed(&logs, line);
        found.sort_unstable();
        assert_eq!(found, expected, "{line:?}");
    }
    let all = completed(&logs, &["top", "--by", ""]);
    assert!(all.len() > 45 && all.iter().any(|name| name == "hour_of_day"), "{all:?}");
}

#[test]
fn shells_ask_the_program() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = s3al(&format!("completions {shell}")).done();
        assert!(script.text().contains("s3al") && script.text().contains("COMPLETE"), "{shell}");
    }
    // Shells keep things at home.
    let home = Logs::new();
    let in_shell = |shell: &str, script: &str| {
        let mut command = std::process::Command::new(shell);
        let folder = std::path::Path::new(env!("CARGO_BIN_EXE_s3al")).parent().expect("a folder");
        isolate(&mut command).args(["-c", script]).env("HOME", home.path("."));
        let path = std::env::var("PATH").unwrap_or_default();
        ran(command.env("PATH", format!("{}:{path}", folder.display()))).done().text().to_owned()
    };
    if has("bash") {
        let script = "source <(s3al completions bash); COMP_WORDS=(s3al top --by key,remo); COMP_CWORD=3; COMP_TYPE=9; \
                      _clap_complete_s3al s3al key,remo --by; echo \"${COMPREPLY[@]}\"";
        assert_eq!(in_shell("bash", script).trim(), "key,remote_ip");
        // Bash makes words of equals signs, and offers what is behind them.
        let lines = [
            ("s3al timeline --heatmap = week", 4, "week", "weekdays"),
            ("s3al timeline --heatmap =", 3, "", "auto days weekdays"),
            ("s3al top --format = nd", 4, "nd", "ndjson"),
            ("s3al top --format = csv --by key,remo", 6, "key,remo", "key,remote_ip"),
            ("s3al export --where total_", 3, "total_", "total_time="),
            ("s3al export --where total_time = 5 --by", 6, "--by", ""),
            ("s3al top --by = key,remo", 4, "key,remo", "key,remote_ip"),
        ];
        for (line, at, word, expected) in lines {
            let script = format!(
                "source <(s3al completions bash); complete -p s3al; COMP_WORDS=({line}); COMP_CWORD={at}; COMP_TYPE=9; \
                 _s3al_joined s3al '{word}' x; echo \"${{COMPREPLY[@]}}\""
            );
            let text = in_shell("bash", &script);
            let (registered, offered) = text.split_once('\n').expect("two lines");
            assert!(registered.contains("-F _s3al_joined"), "{registered}");
            assert_eq!(offered.trim(), expected, "{line}");
        }
    }
    if has("fish") {
        let script = "s3al completions fish | source; complete --do-complete 's3al top --by key,remo'";
        assert!(in_shell("fish", script).starts_with("key,remote_ip"));
    }
    if has("zsh") {
        let script = "autoload -U compinit; compinit -D -u; source <(s3al completions zsh); whence -w _clap_dynamic_completer_s3al";
        assert!(in_shell("zsh", script).contains("function"));
    }
}

#[test]
fn a_reader_of_help_that_goes_away_is_no_error() {
    for words in ["completions powershell", "man failed", "help fields"] {
        let mut shell = std::process::Command::new("sh");
        let program = env!("CARGO_BIN_EXE_s3al");
        isolate(&mut shell).args(["-c", &format!("(sleep 0.2; {program} {words}; echo $? >&2) | true")]);
        assert_eq!(ran(&mut shell).stderr, "0\n", "{words}");
    }
}

#[test]
fn the_manual() {
    let logs = Logs::new();
    logs.run(&["man", "nothing"]).ended(2);
    logs.text(&["man", "--dir", "man"]);
    let page =
        |name: &str| std::fs::read_to_string(logs.path("man").join(format!("{name}.1"))).expect("a page");
    let names: Vec<String> = commands().into_iter().map(|name| format!("s3al-{name}")).collect();
    assert_eq!(logs.text(&["man"]), page("s3al"));
    assert_eq!(logs.text(&["man", "cost"]), page("s3al-cost"));
    assert_eq!(page("s3al-top"), ".so man1/s3al-top-requesters.1\n");
    let sections = ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"];
    for name in names.iter().map(String::as_str).chain(["s3al"]) {
        let text = page(name);
        for section in sections {
            let heading = [format!(".SH {section}\n"), format!(".SH \"{section}\"\n")];
            assert!(heading.iter().any(|heading| text.contains(heading)), "{name} has no {section}: {text}");
        }
        assert!(
            text.contains(&format!(".TH {} 1", name.to_uppercase())) && text.contains("130"),
            "{name}: {text}"
        );
        if has("mandoc") {
            let path = logs.path("man").join(format!("{name}.1"));
            let mut lint = std::process::Command::new("mandoc");
            lint.args(["-T", "lint", "-W", "warning"]).arg(path);
            let lint = ran(&mut lint);
            let told: Vec<&str> = std::str::from_utf8(&lint.stdout).expect("UTF-8").lines().collect();
            let is_of_tool = |line: &&&str| !line.contains("missing date") && !line.contains("STYLE");
            assert_eq!(told.iter().filter(is_of_tool).collect::<Vec<_>>(), [] as [&&str; 0], "{name}");
        }
    }
    // Nothing that a page names is missing.
    let named = regex::Regex::new(r"(s3al[a-z\\-]*)\(1\)").expect("a pattern");
    for found in named.captures_iter(&page("s3al-cost")) {
        let other = found[1].replace('\\', "");
        assert!(logs.path("man").join(format!("{other}.1")).is_file(), "{other}");
    }
    let synopsis = page("s3al-top-requesters")
        .replace("\\-", "-")
        .replace("\\fR", "")
        .replace("\\fI", "")
        .replace("\\fB", "");
    assert!(synopsis.contains("[--having THRESHOLD]") && synopsis.contains("[--by FIELD]"), "{synopsis}");
}

#[test]
fn topics() {
    for topic in crate::harness::topics() {
        assert!(s3al(&format!("help {topic}")).done().text().lines().count() > 8, "{topic}");
    }
    assert_eq!(s3al("help").done().text(), s3al("--help").done().text());
    assert_eq!(s3al("help top").done().text(), s3al("top --help").done().text());
    s3al("help feilds").ended(2).says("did you mean s3al help fields?");
    s3al("help zzz").ended(2).says("there is help on: fields, time");
    // The codes that are told are those that runs end with.
    let codes = s3al("help exit-codes").done();
    let told = |code: i32| codes.text().lines().any(|line| line.trim().starts_with(&format!("{code} ")));
    assert!([0, 1, 2, 3, 130, 143].into_iter().all(told), "{}", codes.text());
}

#[test]
fn help_is_there_for_every_command() {
    for command in ["", "failed", "top", "top-requesters", "large-downloads", "summary", "export"] {
        assert!(s3al(&format!("{command} --help")).done().text().contains("Usage: s3al"));
        assert!(s3al(&format!("{command} -h")).done().text().contains("Usage: s3al"));
    }
    assert!(s3al("--version").done().text().starts_with("s3al 0."));
}

#[test]
fn the_defaults_in_the_help_are_those_of_the_command() {
    for report in crate::mistakes::REPORTS {
        let command = report.split(' ').next().unwrap_or_default();
        let help = s3al(&format!("{command} --help")).done();
        let default = |option: &str| {
            let (_, text) = help.text().split_once(option).unwrap_or_else(|| panic!("{command}: {option}"));
            let (_, default) = text.split_once("(default: ").expect("a default");
            default.split(')').next().unwrap_or_default().to_owned()
        };
        let rows = |options: &str| {
            let answer = s3al(&format!("{report} {EVEN} -q --format csv {options}")).done();
            // A key can hold a line feed only encoded.
            answer.stdout.iter().filter(|byte| **byte == b'\n').count()
        };
        let (all, shown) = (rows("--limit 0"), rows(""));
        match default("-n, --limit <N>").as_str() {
            "all" => assert_eq!(shown, all, "{command}"),
            number => assert_eq!(shown, all.min(number.parse::<usize>().unwrap() + 1), "{command}"),
        }
        let plain = s3al(&format!("{report} {EVEN} -q")).done();
        let typed = s3al(&format!("{report} {EVEN} -q --format {}", default("--format <FORMAT>"))).done();
        assert_eq!(plain.stdout, typed.stdout, "{command}");
    }
}

#[test]
fn the_main_option_comes_first() {
    for command in ["top", "latency", "cost", "compare"] {
        for help in ["-h", "--help"] {
            let text = s3al(&format!("{command} {help}")).done().stdout;
            let text = String::from_utf8(text).unwrap();
            let at = |option: &str| text.find(option).unwrap_or_else(|| panic!("{command} {help}: {option}"));
            assert!(at("\n  -b, --by ") < at("--depth "), "{text}");
        }
    }
    assert!(s3al("timeline -h").done().text().contains("  --heatmap[=ROWS] "));
    let page = s3al("man timeline").done();
    let bare =
        ["\\fB", "\\fI", "\\fR"].iter().fold(page.text().to_owned(), |page, font| page.replace(font, ""));
    assert!(bare.replace("\\-", "-").contains("[--heatmap[=ROWS]] [--values N]"), "{bare}");
    let fetch = s3al("fetch -h").done();
    assert!(fetch.text().contains("Sources: --bucket BUCKET") && !fetch.text().contains("files, folders"));
}

#[test]
fn short_help_leaves_no_bracket_open() {
    for command in commands() {
        let help = s3al(&format!("{command} -h")).done();
        for line in help.text().lines() {
            for [open, close] in [['[', ']'], ['(', ')']] {
                assert_eq!(line.matches(open).count(), line.matches(close).count(), "{command}: {line}");
            }
        }
    }
}
