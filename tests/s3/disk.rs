//! A disk that is full and a folder that nobody may write to: a copy stops early, and says how far it came.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::harness::Ran;
use crate::program::Program;
use crate::server::Server;

const COUNT: usize = 1500;

fn server() -> Server {
    let log = "x".repeat(1000);
    let key = |n: usize| format!("prod/2026-08-01-10-{:02}-{:02}-{n:016}", n / 60 % 60, n % 60);
    Server::new((0..COUNT).map(|n| (key(n), log.clone())))
}

/// The program's command, run by another one.
fn under(program: &Program, wrapper: &[&str], args: &[&str]) -> Ran {
    let inner = program.command(args);
    let mut command = Command::new(wrapper[0]);
    command.args(&wrapper[1..]).arg(inner.get_program()).args(inner.get_args());
    command.current_dir(inner.get_current_dir().unwrap()).env_clear();
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.output().unwrap().into()
}

const FETCH: [&str; 5] = ["fetch", "s3://my-logs/prod/", "-o", "copy", "--no-sign-request"];

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_a_copy_with_its_tally() {
    if !Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success()) {
        eprintln!("not tested: no file system can be mounted here");
        return;
    }
    let server = server();
    let program = Program::new(&server);
    fs::create_dir(program.path("copy")).unwrap();
    let script = "mount -t tmpfs -o size=128k tmpfs copy && \"$@\"; code=$?; \
                  find copy -name '*.tmp' >&2; find copy/prod -size 0 -type f >&2; exit $code";
    let ran = under(&program, &["unshare", "-rm", "sh", "-c", script, "sh"], &FETCH);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.stderr.contains("cannot continue writing") && ran.stderr.contains("No space left"),
        "{ran:?}"
    );
    let new: usize = ran.text().split(' ').next().unwrap().parse().unwrap();
    assert!((1..100).contains(&new) && ran.text().contains("1 failed"), "{ran:?}");
    // One line, no name that is left over, and no request for most of it.
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    assert!(server.requests("GET").len() < COUNT, "{}", server.requests("GET").len());
}

#[test]
fn a_folder_without_write_permission_stops_a_copy_early() {
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    // Permissions do not hold for root.
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let wrapper = if is_root { &nobody[..] } else { &["env"] };
    let server = server();
    for has_own_folder in [false, true] {
        server.clear();
        let program = Program::new(&server);
        let (copy, own) = (program.path("copy"), program.path("copy/.s3al"));
        fs::create_dir(&copy).unwrap();
        if has_own_folder {
            fs::create_dir(&own).unwrap();
            fs::set_permissions(&own, Permissions::from_mode(0o777)).unwrap();
        }
        fs::set_permissions(&copy, Permissions::from_mode(0o555)).unwrap();
        fs::set_permissions(program.dir.path(), Permissions::from_mode(0o755)).unwrap();
        let ran = under(&program, wrapper, &FETCH);
        fs::set_permissions(&copy, Permissions::from_mode(0o755)).unwrap();
        if ran.stderr.contains("setpriv: ") || ran.code == 126 {
            eprintln!("not tested: {}", ran.stderr);
            return;
        }
        assert_eq!(ran.code, 2, "{has_own_folder} {ran:?}");
        assert!(ran.stderr.contains("Permission denied"), "{has_own_folder} {ran:?}");
        assert_eq!(ran.stderr.lines().count(), 1, "{has_own_folder} {ran:?}");
        let gets = server.requests("GET").len();
        if has_own_folder {
            assert!(ran.text().starts_with("0 new objects") && ran.text().contains("1 failed"), "{ran:?}");
            assert!(gets < COUNT, "{gets}");
        } else {
            assert_eq!(gets, 0);
        }
    }
}

#[test]
fn a_file_in_place_of_the_folder_is_named() {
    let server = server();
    let program = Program::new(&server);
    fs::write(program.path("copy"), "a file").unwrap();
    let ran = program.run(&FETCH);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("cannot make copy/.s3al"), "{ran:?}");
    assert!(server.requests("GET").is_empty());
}
