//! Texts of records where many of them are asked for.

use crate::dimension::field_text;
use crate::record::{Field, NONE, Record, TAIL_LEN};

/// What is known of a record once, and not asked again for each field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'r> {
    /// The line, if it is UTF-8.
    line: &'r str,
    /// The fields after the user agent: see [`Record::tail`].
    tail: [Option<&'r [u8]>; TAIL_LEN],
}

impl<'r> Known<'r> {
    /// Looks at a record.
    pub(crate) fn of(record: &Record<'r>) -> Self {
        Self { line: std::str::from_utf8(record.line()).unwrap_or_default(), tail: record.tail() }
    }

    /// Whether the line is UTF-8.
    pub(crate) fn is_text(&self) -> bool {
        !self.line.is_empty()
    }

    /// How many of the fields after the user agent the line has.
    pub(crate) fn tail_fields(&self) -> usize {
        self.tail.iter().take_while(|text| text.is_some()).count()
    }

    /// The text of a field, as [`field_text`] gives it.
    #[inline]
    pub(crate) fn field_text(&self, field: Field, record: &Record<'r>) -> Option<&'r [u8]> {
        match field.index().checked_sub(Field::HEAD) {
            Some(place) if field != Field::AclRequired => self.tail[place].filter(|text| *text != NONE),
            _ => field_text(field, record),
        }
    }

    /// These bytes as a text, if they lie within the line, which has been looked at.
    #[inline]
    pub(crate) fn text(&self, bytes: &[u8]) -> Option<&'r str> {
        let start = bytes.as_ptr().addr().checked_sub(self.line.as_ptr().addr())?;
        self.line.get(start..start.checked_add(bytes.len())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::Parser;

    #[test]
    fn each_field_as_the_record_gives_it() {
        const HEAD: &str = "o b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - R REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 1 1 1 1 \"-\" \"\u{e4}\" -";
        for tail in
            ["", " h SigV4 - AuthHeader e TLSv1.2 - Yes", " h SigV4 - - e TLSv1.2 arn Maybe us-east-1 more"]
        {
            let line = format!("{HEAD}{tail}");
            let mut parser = Parser::default();
            let record = parser.parse(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"));
            let known = Known::of(&record);
            assert!(known.is_text());
            assert_eq!(
                known.tail_fields(),
                Field::ALL.into_iter().skip(Field::HEAD).filter(|one| record.has(*one)).count()
            );
            for field in Field::ALL {
                let text = known.field_text(field, &record);
                assert_eq!(text, field_text(field, &record), "{} of {line}", field.name());
                let bytes = text.unwrap_or_default();
                assert!(known.text(bytes).is_none_or(|text| text.as_bytes() == bytes));
            }
            assert_eq!(record.get(Field::UserAgent).and_then(|agent| known.text(agent)), Some("\u{e4}"));
            assert_eq!(known.text(b"a"), None);
        }
    }
}
