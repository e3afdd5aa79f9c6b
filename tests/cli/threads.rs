//! Every command answers the same, however many threads read.

use crate::harness::command;

/// Every command answers the same on the shipped lines, however many threads read them.
#[test]
fn threads_make_no_difference() {
    let commands: [&[&str]; 6] = [
        &["history", "--key", "*"],
        &["audit", "--limit", "0"],
        &["access", "--limit", "0", "--depth", "2"],
        &["access", "--as-policy"],
        &["access", "--as-policy", "--requester", "*"],
        &["failed", "--causes", "--limit", "0"],
    ];
    for arguments in commands {
        let run = |threads| {
            let output = command()
                .args(arguments)
                .args(["--threads", threads, "tests/fixtures"])
                .output()
                .expect("s3al runs");
            assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        };
        let one = run("1");
        assert!(one.len() > 500, "{arguments:?}: {}", String::from_utf8_lossy(&one));
        assert!(one == run("3"), "{arguments:?}");
    }
}
