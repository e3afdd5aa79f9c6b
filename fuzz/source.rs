//! The files of the room `source` that read names, and nothing that needs the AWS SDK.

#[path = "s3.rs"]
pub mod s3;
