//! Every command answers the same, however many threads read.

use crate::harness::run;

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
        let answer =
            |threads| run(&[arguments, &["--threads", threads, "tests/fixtures"]].concat()).done().stdout;
        let one = answer("1");
        assert!(one.len() > 500, "{arguments:?}: {}", String::from_utf8_lossy(&one));
        assert!(one == answer("3"), "{arguments:?}");
    }
}
