//! What a request moved.

use super::{Event, Outcome};
use crate::record::Record;

/// The bytes that a successful write brought into a bucket: the `object_size` of PutObject, of a POST with a form, of copies,
/// and of parts, whose records have the size of the part (8,388,608 for every part but the last of an upload by the AWS CLI,
/// as logs show). The request that completes an upload is not counted: its parts were.
#[inline]
pub(crate) fn bytes_received(record: &Record<'_>) -> u64 {
    // Most requests are reads, which need no look at the table.
    if !matches!(record.operation().method(), Some(b"PUT" | b"POST" | b"COPY")) && is_rest(record) {
        return 0;
    }
    let is_received = matches!(
        Event::of(record.operation()),
        Some(Event::Created | Event::CreatedByCopy | Event::PartUploaded)
    );
    match record.object_size() {
        Some(bytes) if is_received && Outcome::of(record).is_success() => bytes,
        _ => 0,
    }
}

#[inline]
fn is_rest(record: &Record<'_>) -> bool {
    record.operation().text().starts_with(b"REST.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::Parser;

    #[test]
    fn parts_and_what_is_made_of_them_are_not_both_counted() {
        for (operation, status, received) in [
            ("REST.PUT.OBJECT", "200", 7),
            ("REST.PUT.OBJECT", "307", 0),
            ("REST.PUT.OBJECT", "403", 0),
            ("REST.POST.OBJECT", "204", 7),
            ("REST.COPY.OBJECT", "200", 7),
            ("REST.PUT.PART", "200", 7),
            ("REST.COPY.PART", "200", 7),
            ("REST.POST.UPLOAD", "200", 0),
            ("REST.POST.UPLOADS", "200", 0),
            ("REST.PUT.ACL", "200", 0),
            ("REST.GET.OBJECT", "200", 0),
            ("REST.COPY.OBJECT_GET", "200", 0),
            ("SOAP.CopyObject", "200", 7),
        ] {
            let line = format!(
                "o b [06/Feb/2019:23:59:38 +0000] 192.0.2.3 - R {operation} k \"- /k -\" {status} - 9 7 3 4 \"-\" \"-\" -"
            );
            let mut parser = Parser::default();
            let record = parser.parse(line.as_bytes()).expect("a record");
            assert_eq!(bytes_received(&record), received, "{operation} {status}");
        }
    }
}
