//! The ETag of an object, where it is the MD5 of what is in it: so damage on the way is noticed.
//!
//! Amazon S3's API reference, Object, ETag: of objects that were made by PUT, POST or copy, as plain text or with SSE-S3, it
//! is the MD5 of the data; with SSE-C or SSE-KMS, or after a multipart upload, it is not. The ETag of a multipart upload
//! ends with a hyphen and the number of its parts.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::types::ServerSideEncryption;
use md5::{Digest as _, Md5};

use super::error::S3Error;

/// An MD5.
pub(super) type Digest = [u8; 16];

/// Whether the server's ETags that look like an MD5 are one.
const UNKNOWN: u8 = 0;
const MD5: u8 = 1;
const OTHER: u8 = 2;

/// What the ETags of a server are. AWS says so; of another server it is known as soon as one was compared.
#[derive(Debug)]
pub(super) struct Etags(AtomicU8);

impl Etags {
    /// Those of AWS, or of another server.
    pub(super) fn new(is_aws: bool) -> Self {
        Self(AtomicU8::new(if is_aws { MD5 } else { UNKNOWN }))
    }

    /// Whether they are known to be an MD5 where they look like one.
    pub(super) fn are_md5(&self) -> bool {
        self.0.load(Relaxed) == MD5
    }

    /// The MD5 of the whole object that an answer is about, if its ETag can be that.
    pub(super) fn md5_of(&self, answer: &GetObjectOutput) -> Option<Digest> {
        let has_key =
            answer.server_side_encryption().is_some_and(|method| *method != ServerSideEncryption::Aes256)
                || answer.sse_customer_algorithm().is_some();
        if has_key || self.0.load(Relaxed) == OTHER {
            return None;
        }
        digest(answer.e_tag()?)
    }

    /// Compares a whole object with the MD5 that its ETag says.
    ///
    /// # Errors
    /// If it is another one, unless no ETag of the server has been an MD5.
    pub(super) fn check(&self, expected: Digest, body: &[u8]) -> Result<(), S3Error> {
        if Digest::from(Md5::digest(body)) == expected {
            self.0.store(MD5, Relaxed);
        } else if self.are_md5() {
            return Err(S3Error::Corrupt);
        } else {
            tracing::debug!("the server's ETags are no MD5");
            self.0.store(OTHER, Relaxed);
        }
        Ok(())
    }
}

/// The MD5 that an ETag is, if it looks like one: 32 hexadecimal digits in quotes.
fn digest(etag: &str) -> Option<Digest> {
    let digits = etag.strip_prefix('"').and_then(|etag| etag.strip_suffix('"')).unwrap_or(etag);
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(digits, 16).ok().map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf hello | md5sum`
    const HELLO: &str = "5d41402abc4b2a76b9719d911017c592";

    #[test]
    fn etags_that_are_an_md5() {
        let answer = |etag: &str| GetObjectOutput::builder().e_tag(etag);
        let etags = Etags::new(true);
        let md5 = |answer: &GetObjectOutput| etags.md5_of(answer).map(|md5| etags.check(md5, b"hello"));
        assert!(matches!(md5(&answer(&format!("\"{HELLO}\"")).build()), Some(Ok(()))));
        assert!(matches!(md5(&answer(&HELLO.to_uppercase()).build()), Some(Ok(()))));
        let sse_s3 = answer(HELLO).server_side_encryption(ServerSideEncryption::Aes256);
        assert!(matches!(md5(&sse_s3.build()), Some(Ok(()))));
        assert!(matches!(md5(&answer(&HELLO.replace('5', "6")).build()), Some(Err(S3Error::Corrupt))));
        for other in [
            answer(&format!("\"{HELLO}-2\"")),
            answer(&format!("+{}", &HELLO[1..])),
            answer("\"0x8D\""),
            answer("é"),
            GetObjectOutput::builder(),
            answer(HELLO).server_side_encryption(ServerSideEncryption::AwsKms),
            answer(HELLO).server_side_encryption(ServerSideEncryption::AwsKmsDsse),
            answer(HELLO).sse_customer_algorithm("AES256"),
        ] {
            let other = other.build();
            assert!(md5(&other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn another_server_has_to_show_what_its_etags_are() {
        let answer = GetObjectOutput::builder().e_tag(HELLO).build();
        let etags = Etags::new(false);
        let md5 = etags.md5_of(&answer).unwrap();
        assert!(!etags.are_md5());
        assert!(etags.check(md5, b"hello").is_ok() && etags.are_md5());
        assert!(matches!(etags.check(md5, b"hallo"), Err(S3Error::Corrupt)));
        // The first one tells that it is none.
        let etags = Etags::new(false);
        assert!(etags.check(md5, b"hallo").is_ok());
        assert!(etags.md5_of(&answer).is_none());
    }
}
