//! The names of objects of a store (docs/store.md): a folder a day, and what the store knows of itself.

use chrono::{NaiveDate, NaiveTime};

use super::names::{DAY, Span};

/// The folder of what a store knows of itself.
const STATE: &str = ".s3al";

/// An object of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoreName {
    /// Records of a day, which begins at this second of UTC.
    Day(i64),
    /// A note, or lines that could not be read.
    Own,
}

impl StoreName {
    /// Reads a key; `None` if it is none of a store.
    pub(super) fn parse(key: &str) -> Option<Self> {
        let mut parts = key.rsplit('/');
        let (file, folder) = (parts.next()?, parts.next()?);
        if let Some(day) = folder.strip_prefix("date=").filter(|_| file.ends_with(".parquet")) {
            let day: NaiveDate = day.parse().ok()?;
            return Some(Self::Day(day.and_time(NaiveTime::MIN).and_utc().timestamp()));
        }
        let is_own =
            folder == "_rejects" && file.ends_with(".tsv") || key.split('/').any(|part| part == STATE);
        is_own.then_some(Self::Own)
    }

    /// What the keys of a store begin with, if this is the key of one of its notes.
    pub(super) fn root_of_note(key: &str) -> Option<&str> {
        let (state, note) = key.rsplit_once('/')?;
        note.strip_suffix(".json")?.parse::<u64>().ok()?;
        state.strip_suffix(STATE).filter(|root| root.is_empty() || root.ends_with('/'))
    }

    /// Whether it can hold records of the span.
    pub(super) fn is_inside(self, span: Span) -> bool {
        match self {
            Self::Day(first) => {
                span.first.is_none_or(|since| since < first + DAY)
                    && span.last.is_none_or(|last| first <= last)
            }
            Self::Own => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_store() {
        let day = |seconds| Some(StoreName::Day(seconds));
        for (key, expected) in [
            ("date=2026-08-01/00000001.parquet", day(1_785_542_400)),
            ("logs/store/date=1970-01-02/part-0.zstd.parquet", day(86_400)),
            ("date=2026-08-01/notes.txt", None),
            ("date=2026-13-01/00000001.parquet", None),
            ("00000001.parquet", None),
            ("store/.s3al/00000001.json", Some(StoreName::Own)),
            ("store/.s3al/00000001/date=2026-08-01%00000001.parquet", Some(StoreName::Own)),
            ("store/_rejects/00000001.tsv", Some(StoreName::Own)),
            ("2026-08-01-10-20-30-0123456789ABCDEF", None),
            ("", None),
        ] {
            assert_eq!(StoreName::parse(key), expected, "{key}");
        }
    }

    #[test]
    fn notes_tell_where_a_store_is() {
        for (key, expected) in [
            ("a/store/.s3al/00000001.json", Some("a/store/")),
            (".s3al/00000012.json", Some("")),
            ("a/.s3al/location-00ff.json", None),
            ("a/.s3al/00000001/x.json", None),
            ("a/b.s3al/00000001.json", None),
        ] {
            assert_eq!(StoreName::root_of_note(key), expected, "{key}");
        }
    }

    #[test]
    fn days_in_and_out_of_a_window() {
        let name = StoreName::Day(86_400);
        for (first, last, expected) in [
            (None, None, true),
            (Some(2 * 86_400), None, false),
            (Some(2 * 86_400 - 1), None, true),
            (None, Some(86_399), false),
            (None, Some(86_400), true),
        ] {
            assert_eq!(name.is_inside(Span { first, last }), expected, "{first:?} {last:?}");
        }
    }
}
