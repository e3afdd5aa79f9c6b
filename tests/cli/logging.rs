//! `logging`: what is refused before anything is asked. How it works on buckets is tested on moto (tests/services) and on a server of
//! tests/s3.

use crate::harness::*;

#[test]
fn what_was_typed_is_checked_first() {
    for (words, said) in [
        ("logging enable my-site", "--target LOGS names the bucket"),
        ("logging enable --target my-logs", "name the buckets"),
        ("logging disable", "name the buckets"),
        ("logging status --apply", "changes nothing"),
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
