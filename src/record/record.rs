//! One record, borrowed from its line.

use super::cursor::{Cursor, Span};
use super::field::{Field, FieldKind};
use super::key;
use super::number;
use super::operation::Operation;
use super::requester::Requester;
use crate::digits;
use crate::time::Timestamp;

/// The dash: unknown, not applicable, or zero.
pub(crate) const NONE: &[u8] = b"-";

/// How many fields the known format has after the user agent.
pub(crate) const TAIL_LEN: usize = Field::COUNT - Field::HEAD;

/// One record. It borrows the line (or, for the JSON delivery, the parser's scratch space); numbers, the decoded key
/// and the fields after the user agent are read when they are asked for.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    pub(crate) line: &'a [u8],
    pub(crate) timestamp: Timestamp,
    pub(crate) ambiguous: bool,
    /// What the fields are cut from.
    pub(crate) text: &'a [u8],
    /// The first 17 fields as they are in the line, without brackets and quotes.
    pub(crate) head: [Span; Field::HEAD],
    pub(crate) tail: Tail<'a>,
}

/// The fields after the user agent.
#[derive(Clone, Debug)]
pub(crate) enum Tail<'a> {
    /// As in the line, separated by spaces. `stray` is set for the lines of March 2019 that have one word more
    /// between version_id and host_id. The first `indexed_words` words are single-spaced, so they can be indexed
    /// without a scan.
    Line { text: Cursor<'a>, stray: bool, indexed_words: usize },
    /// Read from the JSON delivery: [`Span::MISSING`] where the object has no such member, and the unknown members as
    /// `name=value`.
    Json { known: [Span; TAIL_LEN], extra: Texts<'a> },
}

/// Texts one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Texts<'a> {
    /// All of them.
    pub(crate) text: &'a [u8],
    /// Where each ends.
    pub(crate) ends: &'a [u32],
}

impl<'a> Texts<'a> {
    fn iter(self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            Span::new(std::mem::replace(&mut start, *end as usize), *end as usize).of(self.text)
        })
    }
}

impl<'a> Record<'a> {
    /// The whole line, without its line end.
    pub(crate) fn line(&self) -> &'a [u8] {
        self.line
    }

    /// When the request was received.
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// Whether the referer and the user agent can be told apart in more than one way.
    pub fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }

    /// A field's text as in the line, without quotes; `None` if it is `-` or the line has no such field.
    #[inline]
    pub fn get(&self, field: Field) -> Option<&'a [u8]> {
        if field == Field::Key {
            return self.key();
        }
        self.raw(field).filter(|text| *text != NONE)
    }

    /// Whether the line has the field at all: it has grown over the years. A dash is there.
    #[inline]
    pub(crate) fn has(&self, field: Field) -> bool {
        self.raw(field).is_some()
    }

    /// The key as in the log, URL-encoded. An object can be called `-`: the URI tells it from no object.
    #[inline]
    pub(crate) fn key(&self) -> Option<&'a [u8]> {
        let key = self.head(Field::Key);
        (key != NONE || key::is_dash_object(self)).then_some(key)
    }

    /// All fields in the order of the line, each as [`Record::get`] gives it. Cheaper than asking for each.
    pub(crate) fn fields(&self) -> impl Iterator<Item = Option<&'a [u8]>> + '_ {
        let (line, stray, json) = match &self.tail {
            Tail::Line { text, stray, .. } => (*text, *stray, None),
            Tail::Json { known, .. } => (Cursor::default(), false, Some(known)),
        };
        let mut words = line.words().enumerate().filter(move |(place, _)| !(stray && *place == 1));
        let tail = (0..TAIL_LEN).map(move |place| match json {
            Some(known) => known[place].find(self.text),
            None => words.next().map(|(_, word)| word),
        });
        let head = Field::ALL.into_iter().take(Field::HEAD).map(|field| self.get(field));
        head.chain(tail.map(|text| text.filter(|text| *text != NONE)))
    }

    /// The fields after the user agent at once, `-` included; `None` where the line has no such field.
    #[inline]
    pub(crate) fn tail(&self) -> [Option<&'a [u8]>; TAIL_LEN] {
        match &self.tail {
            Tail::Json { known, .. } => known.map(|span| span.find(self.text)),
            Tail::Line { text, stray, .. } => {
                let mut tail = [None; TAIL_LEN];
                let words = text.words().enumerate().filter(|(place, _)| !(*stray && *place == 1));
                for (field, (_, word)) in tail.iter_mut().zip(words) {
                    *field = Some(word);
                }
                tail
            }
        }
    }

    /// The text of one of the first 17 fields, `-` included.
    #[inline]
    pub(crate) fn head(&self, field: Field) -> &'a [u8] {
        self.head[field.index()].of(self.text)
    }

    /// The field's text, `-` included; `None` if the line has no such field.
    pub(crate) fn raw(&self, field: Field) -> Option<&'a [u8]> {
        match field.index().checked_sub(Field::HEAD) {
            None => Some(self.head(field)),
            Some(place) => match &self.tail {
                Tail::Line { text, stray, indexed_words } => {
                    text.word(if *stray && place > 0 { place + 1 } else { place }, *indexed_words)
                }
                Tail::Json { known, .. } => known[place].find(self.text),
            },
        }
    }

    /// The response's status code; `None` for S3's own work.
    #[inline]
    pub fn http_status(&self) -> Option<u16> {
        let code: [u8; 3] = self.head(Field::HttpStatus).try_into().ok()?;
        digits::fixed(code).map(|code| code as u16)
    }

    /// Size of the response body in bytes; `None` for a dash, which is zero in every sum.
    #[inline]
    pub fn bytes_sent(&self) -> Option<u64> {
        number::read(self.head(Field::BytesSent))
    }

    /// Size of the whole object in bytes.
    #[inline]
    pub(crate) fn object_size(&self) -> Option<u64> {
        number::read(self.head(Field::ObjectSize))
    }

    /// Milliseconds from the request's arrival to the last byte sent.
    #[inline]
    pub(crate) fn total_time(&self) -> Option<u64> {
        number::read(self.head(Field::TotalTime))
    }

    /// Milliseconds from the request's last byte to the response's first.
    #[inline]
    pub(crate) fn turn_around_time(&self) -> Option<u64> {
        number::read(self.head(Field::TurnAroundTime))
    }

    /// The value of a field that is a number (bytes, milliseconds, a status).
    pub(crate) fn number(&self, field: Field) -> Option<u64> {
        match field.kind() {
            FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds => number::read(self.get(field)?),
            FieldKind::Text | FieldKind::Time | FieldKind::Boolean => None,
        }
    }

    /// Who asked.
    #[inline]
    pub(crate) fn requester(&self) -> Requester<'a> {
        Requester::new(self.head(Field::Requester))
    }

    /// What was asked for.
    #[inline]
    pub(crate) fn operation(&self) -> Operation<'a> {
        Operation::new(self.head(Field::Operation))
    }

    /// Whether an ACL was needed to authorise the request; `None` if the line is older than the field, or says neither yes
    /// nor no.
    pub(crate) fn acl_required(&self) -> Option<bool> {
        yes_or_no(self.raw(Field::AclRequired)?)
    }

    /// What the line holds beside the known fields: the tokens after the last known one, the stray token of March
    /// 2019, and an acl_required that says neither yes nor no. For the JSON delivery, members as `name=value`.
    pub(crate) fn extra(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        const ACL: usize = Field::AclRequired.index() - Field::HEAD;
        let (text, stray, json) = match &self.tail {
            Tail::Line { text, stray, .. } => (*text, *stray, Texts::default()),
            Tail::Json { extra, .. } => (Cursor::default(), false, *extra),
        };
        let line = text.words().enumerate().filter_map(move |(place, word)| {
            let is_extra = match place.checked_sub(usize::from(stray)) {
                Some(0) | None => stray && place == 1,
                Some(ACL) => yes_or_no(word).is_none(),
                Some(place) => place >= TAIL_LEN,
            };
            is_extra.then_some(word)
        });
        line.chain(json.iter())
    }
}

/// What a text says that is to be `Yes`, or `-` for no; `None` if it is neither. AWS knows no other today.
pub(crate) fn yes_or_no(text: &[u8]) -> Option<bool> {
    if text.eq_ignore_ascii_case(b"yes") {
        return Some(true);
    }
    (text == NONE || text.eq_ignore_ascii_case(b"no")).then_some(false)
}
