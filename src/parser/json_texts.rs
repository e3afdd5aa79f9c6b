//! What is read of a JSON record, and space for those of its texts that the line holds escaped.

use crate::record::cursor::Span;
use crate::record::{Field, Record, TAIL_LEN, Tail, Texts};
use crate::time::Timestamp;

/// Room for the fields, so that no place among them has to be checked.
pub(super) const SLOTS: usize = 32;

/// The places of a record's fields.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) timestamp: Timestamp,
    /// [`Span::NONE`] or, after the user agent, [`Span::MISSING`] where there is no value.
    pub(super) spans: [Span; SLOTS],
    /// Whether the places are those of the copied values, and not of the line.
    pub(super) is_copied: bool,
}

impl Default for Read {
    #[inline(always)]
    fn default() -> Self {
        const EMPTY: [Span; SLOTS] = {
            let mut spans = [Span::NONE; SLOTS];
            let mut place = Field::HEAD;
            while place < Field::COUNT {
                spans[place] = Span::MISSING;
                place += 1;
            }
            spans
        };
        Self { timestamp: Timestamp::default(), spans: EMPTY, is_copied: false }
    }
}

impl Read {
    /// The record of a line, which is in `text`.
    #[inline(always)]
    pub(super) fn record<'a>(self, line: &'a [u8], text: &'a [u8], texts: &'a JsonTexts) -> Record<'a> {
        let (mut head, mut known) = ([Span::NONE; Field::HEAD], [Span::MISSING; TAIL_LEN]);
        head.copy_from_slice(&self.spans[..Field::HEAD]);
        known.copy_from_slice(&self.spans[Field::HEAD..Field::COUNT]);
        let text = if self.is_copied { &texts.values } else { text };
        let extra =
            Texts { text: &texts.extra, ends: texts.extra_ends.get(..texts.extra_len).unwrap_or_default() };
        let tail = Tail::Json { known, extra };
        Record { line, text, timestamp: self.timestamp, ambiguous: false, head, tail }
    }
}

/// Texts of a record that its line holds in another form.
///
/// Members that are no fields are mostly the same in all records of a delivery: the version of the schema, and the bucket. So
/// they are kept until others come.
#[derive(Debug, Default)]
pub(super) struct JsonTexts {
    /// The values of fields, unescaped, one after the other.
    values: Vec<u8>,
    /// The members that are no fields: `name=value`, one after the other, and where each ends.
    extra: Vec<u8>,
    extra_ends: Vec<u32>,
    /// How many of them are this record's.
    extra_len: usize,
    /// The first of them as they are in the line.
    learnt: Vec<u8>,
    learnt_ends: Vec<usize>,
}

impl JsonTexts {
    /// Begins the next record.
    #[inline(always)]
    pub(super) fn begin(&mut self) {
        self.extra_len = 0;
    }

    /// Begins the next record, and forgets what was learnt from others.
    pub(super) fn begin_anew(&mut self) {
        self.begin();
        self.values.clear();
        self.learnt.clear();
        self.learnt_ends.clear();
    }

    /// Adds a member that is no field, if the record before had the same one in its place.
    #[inline(always)]
    pub(super) fn repeat_extra(&mut self, json: &[u8]) -> bool {
        let start = self.extra_len.checked_sub(1).map_or(Some(&0), |before| self.learnt_ends.get(before));
        let place = start.zip(self.learnt_ends.get(self.extra_len)).map(|(start, end)| *start..*end);
        let same = place.is_some_and(|place| self.learnt.get(place) == Some(json));
        self.extra_len += usize::from(same);
        same
    }

    /// Adds a member that is no field, and what it looks like in the line.
    #[inline(never)]
    pub(super) fn learn_extra(&mut self, json: &[u8], name: &[u8], value: &[u8]) {
        self.learnt_ends.truncate(self.extra_len);
        self.learnt.truncate(self.learnt_ends.last().map_or(0, |end| *end));
        if self.learnt_ends.len() == self.extra_len {
            self.learnt.extend_from_slice(json);
            self.learnt_ends.push(self.learnt.len());
        }
        self.add_extra(name, value);
    }

    /// Adds a member that is no field.
    pub(super) fn add_extra(&mut self, name: &[u8], value: &[u8]) {
        self.extra_ends.truncate(self.extra_len);
        self.extra.truncate(self.extra_ends.last().map_or(0, |end| *end as usize));
        self.extra.extend_from_slice(name);
        self.extra.push(b'=');
        self.extra.extend_from_slice(value);
        self.extra_ends.push(self.extra.len() as u32);
        self.extra_len += 1;
    }

    /// Adds the value of a field.
    pub(super) fn add(&mut self, value: &[u8]) -> Span {
        let start = self.values.len();
        self.values.extend_from_slice(value);
        Span::new(start, self.values.len())
    }

    /// The values of fields.
    pub(super) fn values(&self) -> &[u8] {
        &self.values
    }
}
