//! The `s3al` command.

fn main() {}
