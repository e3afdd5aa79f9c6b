//! The `s3al` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    s3al::main()
}
