//! The parser of s3al and the rooms it stands on, and nothing else of the program.

#![allow(dead_code, unused_imports, reason = "the program uses all of it")]

#[path = "../../src/digits.rs"]
pub mod digits;
#[path = "../../src/parser/mod.rs"]
pub mod parser;
#[path = "../../src/record/mod.rs"]
pub mod record;
#[path = "../../src/time/mod.rs"]
pub mod time;
#[path = "../../src/value_error.rs"]
pub mod value_error;
