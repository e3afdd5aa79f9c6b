//! The parser of s3al, and nothing else of it.

#[path = "../../src/parser/mod.rs"]
pub mod parser;
