//! `logging`: what is refused before anything is asked. How it works on buckets is tested on moto (tests/services) and on a server of
//! tests/s3.

use crate::harness::*;

#[test]
fn what_was_typed_is_checked_first() {
    for (words, said) in [
        ("logging enable my-site", "--target LOGS names the bucket"),
        ("logging enable --target my-logs", "name the buckets"),
        ("logging disable", "name the buckets"),
        (
            "logging status --apply",
            "--apply is an option of `enable` and `disable`, and means nothing to `status`",
        ),
        ("logging disable my-site --expire 30d", "--expire is an option of `enable`"),
        ("logging disable my-site --prefix x/", "--prefix is an option of `enable`"),
        ("logging status --layout simple", "--layout is an option of `enable`"),
        ("logging enable my-site --target my-logs --retention 30d", "--retention is an option of `status`"),
        ("logging enable my-site --target my-logs --fail", "--fail is an option of `status`"),
        ("logging enable my-site --target my-logs --expire 36h", "whole days"),
        ("logging enable my-site --target my-logs --expire 0d", "at least one"),
        ("logging status --columns bucket,nothing", "nothing"),
        ("logging enable my-site --target my-logs --apply --table nothing", "nothing"),
        ("logging enable my-site --target my-logs --expire 2h", "whole days"),
        ("logging status arn:aws:s3:eu-west-1:111122223333:accesspoint/x", "give the name of its bucket"),
        ("logging", "required arguments"),
        ("logging turn-on", "possible values: status, enable, disable"),
    ] {
        s3al(words).ended(2).says(said);
    }
    run(&["logging", "enable", "my-site", "--target", "my-logs", "--layout", "simple", "--prefix", ""])
        .ended(2)
        .says("--prefix '{bucket}/'");
}
