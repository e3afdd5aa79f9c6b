//! Delimited lines where a space separates: texts that hold spaces are in quotes, and nothing in them is escaped.
//!
//! A quote that a client wrote can end its text early, and the real one then begins another text, over columns that nobody
//! chose. So all readings of a line are counted, and a line is read only if there is one. As the line that the writer meant is
//! among them, it is that one.

use std::ops::Range;

use super::error::ParseError;

/// What a column can hold.
pub(super) trait Texts {
    /// Whether its texts can be in quotes that hold spaces.
    fn can_be_quoted(&self) -> bool;

    /// Whether this can be its text, without quotes around it.
    fn can_be(&self, text: &[u8]) -> bool;
}

/// The texts of a line, as many as there are columns.
///
/// # Errors
/// If no reading of the line has as many, or more than one has.
pub(super) fn split<'a>(line: &'a [u8], columns: &[impl Texts]) -> Result<Vec<&'a [u8]>, ParseError> {
    let words = words(line);
    let named = columns.len();
    if words.len() < named {
        return Err(ParseError::Columns { found: words.len(), named });
    }
    let mut readings = Readings::count(line, &words, columns, |_, _| true);
    if readings.are_several() {
        readings = Readings::count(line, &words, columns, |column, word| column.can_be(word));
    }
    match readings.only() {
        Some(texts) => Ok(texts),
        None => Err(match count_of_texts(line, &words) {
            found if found != named && !readings.are_several() => ParseError::Columns { found, named },
            _ => ParseError::Quotes,
        }),
    }
}

/// The words between the spaces; two spaces have an empty one between them.
fn words(line: &[u8]) -> Vec<Range<usize>> {
    let ends = memchr::memchr_iter(b' ', line).chain([line.len()]);
    let mut start = 0;
    ends.map(|end| std::mem::replace(&mut start, end + 1)..end).collect()
}

/// How many texts there are, if each quote that can end a text does.
fn count_of_texts(line: &[u8], words: &[Range<usize>]) -> usize {
    let (mut count, mut is_open) = (0, false);
    for word in words {
        let word = &line[word.clone()];
        count += usize::from(!is_open);
        is_open = if is_open { !closes(word) } else { opens(word) && !(word.len() > 1 && closes(word)) };
    }
    count
}

fn opens(word: &[u8]) -> bool {
    word.first() == Some(&b'"')
}

fn closes(word: &[u8]) -> bool {
    word.last() == Some(&b'"')
}

/// How many readings the last columns have, from each word on: none, one, or several.
struct Readings<'l, 'c, C> {
    line: &'l [u8],
    words: &'c [Range<usize>],
    columns: &'c [C],
    /// A row for each column, and one for the end of the line.
    counts: Vec<u8>,
}

/// What stands for more readings than one.
const SEVERAL: u8 = 2;

impl<'l, 'c, C: Texts> Readings<'l, 'c, C> {
    /// Counts them from the end of the line. `can_be` says whether a word can be all of a column.
    fn count(
        line: &'l [u8],
        words: &'c [Range<usize>],
        columns: &'c [C],
        can_be: impl Fn(&C, &[u8]) -> bool,
    ) -> Self {
        let row = words.len() + 1;
        let mut counts = vec![0; row * (columns.len() + 1)];
        if let Some(end) = counts.last_mut() {
            *end = 1;
        }
        for (place, column) in columns.iter().enumerate().rev() {
            let (before, after) = counts.split_at_mut(row * (place + 1));
            let (counts, after) = (&mut before[row * place..], &after[..row]);
            // Of a text in quotes that begins before the word: those that end in it, or later.
            let mut ends = 0_u8;
            for (number, word) in words.iter().enumerate().rev() {
                let word = &line[word.clone()];
                let ends_later = ends;
                if closes(word) {
                    ends = (ends + after[number + 1]).min(SEVERAL);
                }
                counts[number] = match column.can_be_quoted() && opens(word) {
                    // One quote opens or closes.
                    true if word.len() == 1 => ends_later,
                    true => ends,
                    false if can_be(column, word) => after[number + 1],
                    false => 0,
                };
            }
        }
        Self { line, words, columns, counts }
    }

    fn of(&self, column: usize, word: usize) -> u8 {
        self.counts.get(column * (self.words.len() + 1) + word).copied().unwrap_or_default()
    }

    fn are_several(&self) -> bool {
        self.of(0, 0) == SEVERAL
    }

    /// The texts, if there is one reading.
    fn only(&self) -> Option<Vec<&'l [u8]>> {
        if self.of(0, 0) != 1 {
            return None;
        }
        let (mut texts, mut next) = (Vec::with_capacity(self.columns.len()), 0);
        for (place, column) in self.columns.iter().enumerate() {
            let word = self.words.get(next)?;
            let text = &self.line[word.clone()];
            if column.can_be_quoted() && opens(text) {
                let first = if text.len() == 1 { next + 1 } else { next };
                let is_end = |last: &usize| {
                    closes(&self.line[self.words[*last].clone()]) && self.of(place + 1, last + 1) == 1
                };
                let last = (first..self.words.len()).find(is_end)?;
                texts.push(&self.line[word.start + 1..self.words[last].end - 1]);
                next = last + 1;
            } else {
                texts.push(without_quotes(text));
                next += 1;
            }
        }
        Some(texts)
    }
}

/// A word without the quotes around it.
fn without_quotes(word: &[u8]) -> &[u8] {
    match word {
        [b'"', text @ .., b'"'] => text,
        text => text,
    }
}
