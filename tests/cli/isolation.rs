//! What whoever runs the tests has set is seen by no test.

use std::path::Path;
use std::process::Command;

use crate::harness::{EVEN, isolate, piped, ran, root, s3al};
use crate::rooms::files;

const PROGRAM: &str = env!("CARGO_BIN_EXE_s3al");

/// Settings of a stranger, each of which would change an answer: a configuration at home, and variables.
fn settings(home: &Path) -> Vec<(&'static str, String)> {
    let config = home.join(".config/s3al");
    std::fs::create_dir_all(&config).expect("a folder");
    let text =
        "[sources.prod]\nbucket = \"my-logs\"\n[defaults]\nformat = \"csv\"\nlimit = 1\ncolor = \"always\"\n";
    std::fs::write(config.join("s3al.toml"), text).expect("a file");
    let home = home.to_str().expect("UTF-8").to_owned();
    vec![
        ("XDG_CONFIG_HOME", format!("{home}/.config")),
        ("HOME", home),
        ("CLICOLOR_FORCE", "1".into()),
        ("COLUMNS", "40".into()),
        ("TZ", "Asia/Kolkata".into()),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9".into()),
        ("AWS_PROFILE", "prod".into()),
    ]
}

#[test]
fn tests_answer_alike_among_the_settings_of_a_stranger() {
    let home = tempfile::tempdir().expect("a folder");
    let settings = settings(home.path());

    // The settings are such that the program sees them.
    let mut command = Command::new(PROGRAM);
    let seen = ran(command.args(["top", EVEN]).current_dir(root()).envs(settings.clone())).done();
    let usual = s3al(&format!("top {EVEN}")).done();
    assert_eq!(seen.text().lines().count(), 2);
    assert!(seen.text().contains(',') && usual.text().lines().count() > 10, "{}", usual.text());

    // And the tests are not: in a process of their own, because the variables of this one are those of all its tests.
    let mut tests = Command::new(std::env::current_exe().expect("the tests"));
    tests.args(["exits::", "limits::", "config::", "isolation::the_program"]).envs(settings);
    let output = ran(tests.current_dir(root()));
    let passed = output.text().contains("test result: ok") && !output.text().contains("running 0 tests");
    assert!(passed && output.code == 0, "{}\n{}", output.text(), output.stderr);
}

/// As told from inside: a shell that is run as the program is.
#[cfg(unix)]
#[test]
fn the_program_sees_few_variables_and_an_empty_home() {
    let mut shell = Command::new("sh");
    let script = "env | cut -d= -f1 | sort; ls -A \"$HOME\" | wc -l; cd \"$HOME\" && pwd";
    let seen = ran(isolate(shell.args(["-c", script])));
    let lines: Vec<&str> = seen.text().lines().collect();
    let (names, home) = lines.split_at(lines.len() - 2);
    // What a shell sets by itself is no setting of anybody.
    let known = [
        "APPDATA",
        "AWS_EC2_METADATA_DISABLED",
        "HOME",
        "LLVM_PROFILE_FILE",
        "LOCALAPPDATA",
        "OLDPWD",
        "PATH",
        "PWD",
        "SHLVL",
        "TEMP",
        "TMP",
        "TMPDIR",
        "USERPROFILE",
        "_",
    ];
    assert_eq!(names.iter().filter(|name| !known.contains(name)).collect::<Vec<_>>(), [&""; 0]);
    assert!(names.contains(&"HOME") && home[0].trim() == "0" && home[1].starts_with('/'), "{home:?}");
    // And so there is no source of that name.
    piped("failed @prod", "").ended(2).says("@prod");
}

/// A test that ran the program by itself would see all that the harness keeps away.
#[test]
fn the_program_is_run_by_the_harness_alone() {
    // These show that the settings they plant are seen without it.
    let may = ["harness/program.rs", "cli/isolation.rs", "s3/isolation.rs"];
    let program = concat!("Command::new(env!(\"CARGO_", "BIN_EXE_s3al\"))");
    let mut found = 0;
    for file in files(&root().join("tests")) {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let is_allowed = may.iter().any(|name| file.ends_with(name));
        found += usize::from(is_allowed);
        assert!(is_allowed || !text.contains(program), "{}: begin with harness::command()", file.display());
    }
    assert_eq!(found, may.len());
}
