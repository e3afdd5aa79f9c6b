//! What was asked for: the readings of the operation field.
//!
//! AWS publishes no list of operations, so any text is legal; these readings know the forms that are seen.

/// The operation field: `REST.GET.OBJECT`, `BATCH.DELETE.OBJECT`, `S3.EXPIRE.OBJECT`, ...
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operation<'a>(&'a [u8]);

impl<'a> Operation<'a> {
    /// From the field's text.
    #[inline]
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self(text)
    }

    /// The field's text.
    #[inline]
    pub(crate) fn text(self) -> &'a [u8] {
        self.0
    }

    /// The second dotted part: `GET` of `REST.GET.OBJECT`, `EXPIRE` of `S3.EXPIRE.OBJECT`.
    pub(crate) fn method(self) -> Option<&'a [u8]> {
        self.part(1)
    }

    /// Whether this is S3's own work: lifecycle, restore, checksums.
    pub(crate) fn is_s3_own(self) -> bool {
        self.0.starts_with(b"S3.")
    }

    fn part(self, place: usize) -> Option<&'a [u8]> {
        self.0.split(|byte| *byte == b'.').nth(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods() {
        let table: &[(&str, Option<&str>)] = &[
            ("REST.GET.OBJECT", Some("GET")),
            ("WEBSITE.INVALIDOPERATION", Some("INVALIDOPERATION")),
            ("S3.COMPUTE.OBJECT.CHECKSUM", Some("COMPUTE")),
            ("SOAP.GetObject", Some("GetObject")),
            ("odd", None),
            ("", None),
        ];
        for (text, method) in table {
            let operation = Operation::new(text.as_bytes());
            assert_eq!(operation.method(), method.map(str::as_bytes), "{text}");
        }
    }
}
