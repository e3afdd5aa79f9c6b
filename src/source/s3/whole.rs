//! Whether the answer to a LIST request came whole: what is missing in a listing is missed by nobody else.
//!
//! The parser of the SDK takes the end of the bytes for the end of the document, and what is not there for nothing. So an
//! answer that a proxy has cut or shortened would be a shorter listing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_s3::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;

/// The root element of a page of ListObjectsV2.
const ROOT: &[u8] = b"ListBucketResult";

/// Looks whether the root element of an answer is closed.
#[derive(Clone, Debug, Default)]
pub(super) struct EndOfDocument(Arc<AtomicBool>);

impl EndOfDocument {
    pub(super) fn was_seen(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Intercept for EndOfDocument {
    fn name(&self) -> &'static str {
        "EndOfDocument"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let closed = context.response().body().bytes().is_some_and(ends_with_root);
        self.0.store(closed, Ordering::Relaxed);
        Ok(())
    }
}

/// Whether the last tag of a document closes the root element, under whatever prefix of its namespace.
fn ends_with_root(document: &[u8]) -> bool {
    let Some(at) = memchr::memmem::rfind(document, b"</") else { return false };
    let tag = document[at + 2..].trim_ascii_end();
    tag.strip_suffix(b">").map(<[u8]>::trim_ascii_end).is_some_and(|name| {
        name == ROOT || name.strip_suffix(ROOT).is_some_and(|prefix| prefix.ends_with(b":"))
    })
}

/// What a page lacks, if it lacks something.
///
/// Amazon S3's API reference (ListObjectsV2, Response Elements): `KeyCount` is the number of keys returned, with those
/// that are rolled up counted once; `NextContinuationToken` is sent when `IsTruncated` is true. Some other servers leave
/// `KeyCount` out, or do not count what is rolled up.
pub(super) fn missing(page: &ListObjectsV2Output, end: &EndOfDocument) -> Option<&'static str> {
    let keys = page.contents().len();
    let count = page.key_count().map(|count| usize::try_from(count).unwrap_or(usize::MAX));
    let token = page.next_continuation_token().is_some_and(|token| !token.is_empty());
    if !end.was_seen() {
        Some("it ends early")
    } else if count.is_some_and(|count| count != keys && count != keys + page.common_prefixes().len()) {
        Some("it holds another number of keys than it says")
    } else if page.contents().iter().any(|object| object.key().is_none() || object.size().is_none()) {
        Some("an object in it has no key or no size")
    } else {
        match (page.is_truncated(), token) {
            (None, _) => Some("it does not say whether there is more"),
            (Some(true), false) => Some("it says that there is more, without a continuation token"),
            (Some(false), true) => Some("it says that there is no more, with a continuation token"),
            (Some(_), _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::{CommonPrefix, Object};

    use super::*;

    #[test]
    fn roots_that_are_closed() {
        for document in [
            "<ListBucketResult><Name>b</Name></ListBucketResult>",
            "<?xml?>\n<s3:ListBucketResult></s3:ListBucketResult >\r\n",
        ] {
            assert!(ends_with_root(document.as_bytes()), "{document}");
            for cut in 0..document.trim_end().len() {
                assert!(!ends_with_root(&document.as_bytes()[..cut]), "{document} {cut}");
            }
        }
        assert!(!ends_with_root(b"<NoListBucketResult></NoListBucketResult>"));
        assert!(!ends_with_root(b"<ListBucketResult/>"));
    }

    #[test]
    fn pages_that_lack_something() {
        let page = |count: Option<i32>, truncated: Option<bool>, token: Option<&str>| {
            ListObjectsV2Output::builder()
                .contents(Object::builder().key("k").size(1).build())
                .common_prefixes(CommonPrefix::builder().prefix("p/").build())
                .set_key_count(count)
                .set_is_truncated(truncated)
                .set_next_continuation_token(token.map(str::to_owned))
                .build()
        };
        let end = EndOfDocument(Arc::new(AtomicBool::new(true)));
        for (page, whole) in [
            (page(Some(2), Some(false), None), true),
            (page(Some(1), Some(false), Some("")), true),
            (page(None, Some(true), Some("t")), true),
            (page(Some(3), Some(false), None), false),
            (page(Some(0), Some(false), None), false),
            (page(Some(-1), Some(false), None), false),
            (page(Some(2), None, None), false),
            (page(Some(2), None, Some("t")), false),
            (page(Some(2), Some(false), Some("t")), false),
            (page(Some(2), Some(true), None), false),
            (page(Some(2), Some(true), Some("")), false),
        ] {
            assert_eq!(missing(&page, &end).is_none(), whole, "{page:?}");
            assert!(missing(&page, &EndOfDocument::default()).is_some());
        }
    }
}
