//! `sql` where it was not built in: it is listed, and says how to get it.

use crate::harness::*;

#[test]
fn it_is_listed_and_says_how_to_get_it() {
    assert!(s3al("--help").done().text().contains("  sql "));
    for words in ["sql", "sql select logs/ --format csv", "sql -f x.sql", "convert logs/ -o store/"] {
        s3al(words).ended(2).says("--features sql");
    }
}
