//! What the grammar reads from: a text, and where its delimiters are.

use memchr::memchr;

/// A part of a text.
///
/// Fields are kept like this and cut out when they are asked for, because most of them never are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The dash of a field that has no value, which need not be in the text.
    pub(crate) const NONE: Self = Self { start: u32::MAX, end: u32::MAX };
    /// `Yes`, which need not be in the text.
    pub(crate) const YES: Self = Self { start: u32::MAX - 1, end: u32::MAX - 1 };
    /// The place of a field that is not there at all.
    pub(crate) const MISSING: Self = Self { start: u32::MAX - 2, end: u32::MAX - 2 };

    /// A part of a text that is shorter than 4 GiB.
    #[inline(always)]
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    #[inline(always)]
    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }

    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// The place of a part in the text that it was cut from.
    pub(crate) fn within(text: &[u8], part: &[u8]) -> Self {
        let start = (part.as_ptr().addr()).wrapping_sub(text.as_ptr().addr()) as u32;
        Self { start, end: start + part.len() as u32 }
    }

    /// The part itself.
    #[inline(always)]
    pub(crate) fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize).unwrap_or_else(|| self.outside())
    }

    /// What comes after the part.
    #[inline(always)]
    pub(crate) fn after(self, text: &[u8]) -> &[u8] {
        text.get(self.end as usize..).unwrap_or_default()
    }

    /// The part itself; none of [`Span::MISSING`].
    #[inline]
    pub(crate) fn find(self, text: &[u8]) -> Option<&[u8]> {
        (self != Self::MISSING).then(|| self.of(text))
    }

    /// The value for a place outside of the text.
    #[cold]
    fn outside(self) -> &'static [u8] {
        match self {
            Self::NONE => b"-",
            Self::YES => b"Yes",
            _ => b"",
        }
    }
}

/// What is left of a line to be read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cursor<'a> {
    /// The text from which all places are counted, up to the end of what is left.
    text: &'a [u8],
    /// Where what is left begins.
    at: u32,
    /// The delimiters of what is left, in order. Those after the end do not count.
    delimiters: &'a [u32],
}

impl<'a> Cursor<'a> {
    /// What `text` holds from `at` on. `delimiters` are its delimiters, or those of a longer text that begins like it.
    #[inline]
    pub(crate) fn new(text: &'a [u8], at: usize, delimiters: &'a [u32]) -> Self {
        Self { text, at: 0, delimiters }.skip(at)
    }

    /// The text from which spans are cut.
    #[inline(always)]
    pub(crate) fn text(self) -> &'a [u8] {
        self.text
    }

    /// All that is left.
    #[inline(always)]
    pub(crate) fn rest(self) -> &'a [u8] {
        self.text.get(self.at as usize..).unwrap_or_default()
    }

    /// All that is left.
    #[inline(always)]
    pub(crate) fn span(self) -> Span {
        Span { start: self.at, end: (self.text.len() as u32).max(self.at) }
    }

    /// The first `len` bytes of what is left.
    #[inline(always)]
    pub(crate) fn part(self, len: usize) -> Span {
        Span { start: self.at, end: self.at + len as u32 }
    }

    /// Whether nothing is left.
    #[inline(always)]
    pub(crate) fn is_empty(self) -> bool {
        self.at as usize >= self.text.len()
    }

    /// How many delimiters are left.
    #[inline(always)]
    pub(crate) fn delimiters_left(self) -> usize {
        self.delimiters.len()
    }

    /// The next `N` bytes.
    #[inline(always)]
    pub(crate) fn chunk<const N: usize>(self) -> Option<&'a [u8; N]> {
        self.text.get(self.at as usize..)?.first_chunk()
    }

    /// The next byte.
    #[inline(always)]
    pub(crate) fn first(self) -> Option<u8> {
        self.text.get(self.at as usize).copied()
    }

    /// What comes before the next delimiter, the delimiter, and what is left after it.
    #[inline(always)]
    pub(crate) fn to_delimiter(self) -> Option<(Span, u8, Self)> {
        let (delimiter, delimiters) = self.delimiters.split_first()?;
        let byte = *self.text.get(*delimiter as usize)?;
        Some((
            Span { start: self.at, end: *delimiter },
            byte,
            Self { at: *delimiter + 1, delimiters, ..self },
        ))
    }

    /// What comes before the next `byte`, which is a delimiter, and what is left after it.
    #[inline(always)]
    pub(crate) fn to(self, byte: u8) -> Option<(Span, Self)> {
        let mut rest = self;
        loop {
            let (_, delimiter, after) = rest.to_delimiter()?;
            if delimiter == byte {
                return Some((self.before(after), after));
            }
            rest = after;
        }
    }

    /// What comes before the delimiter after which `after` begins.
    #[inline(always)]
    pub(crate) fn before(self, after: Self) -> Span {
        Span { start: self.at, end: after.at - 1 }
    }

    /// What comes before the last delimiter for which `is` holds, the delimiter, and what is left after it.
    #[inline(always)]
    pub(crate) fn to_last(self, is: impl Fn(u8) -> bool) -> Option<(Self, u8, Self)> {
        let is = |delimiter: &u32| self.text.get(*delimiter as usize).is_some_and(|byte| is(*byte));
        let (before, [delimiter, after @ ..]) =
            self.delimiters.split_at(self.delimiters.iter().rposition(is)?)
        else {
            return None;
        };
        let (text, [byte, ..]) = self.text.split_at(*delimiter as usize) else { return None };
        Some((
            Self { text, delimiters: before, ..self },
            *byte,
            Self { at: *delimiter + 1, delimiters: after, ..self },
        ))
    }

    /// What is left without its first `len` bytes, which hold this many delimiters.
    #[inline(always)]
    pub(crate) fn without(self, len: usize, delimiters: usize) -> Self {
        debug_assert_eq!(
            self.delimiters.iter().take_while(|delimiter| **delimiter < self.at + len as u32).count(),
            delimiters,
            "what is left out holds another number of delimiters"
        );
        Self {
            at: self.at + len as u32,
            delimiters: self.delimiters.get(delimiters..).unwrap_or_default(),
            ..self
        }
    }

    /// What is left without its first `len` bytes.
    #[inline]
    pub(crate) fn skip(self, len: usize) -> Self {
        let mut left = Self { at: self.at + len as u32, ..self };
        while let [delimiter, after @ ..] = left.delimiters
            && *delimiter < left.at
        {
            left.delimiters = after;
        }
        left
    }

    /// The first words, if there are as many, with one space before each of them. All delimiters must be spaces.
    #[inline(always)]
    pub(crate) fn first_words<const N: usize>(self) -> Option<[Span; N]> {
        let (spaces, after) = self.delimiters.split_first_chunk::<N>()?;
        let end = after.first().map_or(self.text.len() as u32, |delimiter| *delimiter);
        let word = |number: usize| Span {
            start: spaces[number] + 1,
            end: spaces.get(number + 1).map_or(end, |delimiter| *delimiter),
        };
        let words = std::array::from_fn(word);
        (spaces[0] == self.at && words.iter().all(|word| word.start < word.end)).then_some(words)
    }

    /// One of the texts between the spaces. The first `indexed` of them are single-spaced.
    #[inline]
    pub(crate) fn word(self, number: usize, indexed: usize) -> Option<&'a [u8]> {
        if self.delimiters.is_empty() {
            return plain_word(self.rest(), number);
        }
        let skipped = number.min(indexed);
        let delimiters = self.delimiters.get(skipped..)?;
        // After the last of them there may be nothing.
        let at = if skipped == 0 { self.at } else { *delimiters.first()? };
        Self { at, delimiters, ..self }.indexed_words().nth(number - skipped)
    }

    /// The texts between the spaces. Without an index the spaces are looked for.
    #[inline(always)]
    pub(crate) fn words(self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let plain = if self.delimiters.is_empty() { self.rest() } else { b"" };
        let indexed = if self.delimiters.is_empty() { Self::default() } else { self };
        indexed.indexed_words().chain(split(plain))
    }

    /// The texts between the spaces, all of which are in the index.
    #[inline(always)]
    fn indexed_words(self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut left = self;
        std::iter::from_fn(move || {
            let start = left.without_spaces();
            let end = Self { at: start.span().end, ..start };
            let (word, after) = start.to(b' ').unwrap_or((start.span(), end));
            left = after;
            (!word.is_empty()).then(|| word.of(self.text))
        })
    }

    /// What is left, without the spaces that it begins with.
    #[inline(always)]
    fn without_spaces(self) -> Self {
        match self.delimiters.first() {
            Some(delimiter) if *delimiter == self.at && self.first() == Some(b' ') => {
                self.without_first_spaces()
            }
            _ => self,
        }
    }

    #[cold]
    fn without_first_spaces(mut self) -> Self {
        while self.first() == Some(b' ') {
            self = self.without(1, 1);
        }
        self
    }
}

/// One of the texts between the spaces, found by looking for the spaces. Not in line: fields of lines that have an index would take longer.
#[cold]
#[inline(never)]
fn plain_word(text: &[u8], number: usize) -> Option<&[u8]> {
    split(text).nth(number)
}

/// The texts between the spaces, found by looking for the spaces.
fn split(mut text: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        while let [b' ', rest @ ..] = text {
            text = rest;
        }
        let (word, rest) = text.split_at(memchr(b' ', text).unwrap_or(text.len()));
        text = rest;
        (!word.is_empty()).then_some(word)
    })
}
