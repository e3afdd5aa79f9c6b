//! Where the bytes are that the grammar looks for.
//!
//! A log line is some thirty short texts of varying length, and looking for the end of each in turn makes the processor wait
//! for one before it can begin with the next. So one pass over the text, without a branch that depends on it, writes down where
//! all of them end; the grammar then reads from that list. Described by Langdale and Lemire, "Parsing Gigabytes of JSON per
//! Second" (2019), section 3.

use pulp::NullaryFnOnce;
#[cfg(target_arch = "x86_64")]
use pulp::cast;
#[cfg(target_arch = "x86_64")]
use pulp::x86::V3;
#[cfg(all(target_arch = "x86_64", feature = "avx512"))]
use pulp::x86::V4;
use wide::u8x16;

/// How many bytes are looked at together: one for each bit.
const BLOCK: usize = 64;
/// How many delimiters of a block are written down without looking whether there are as many. Few have more.
const USUAL_LINE_DELIMITERS: usize = 8;
/// The same for the JSON delivery.
const USUAL_JSON_DELIMITERS: usize = 6;
/// How many more, if there are more.
const MORE_DELIMITERS: usize = 4;
/// Room for the delimiters of a block, and for those that are written too many.
const MAX_WRITTEN: usize = 2 * BLOCK;

/// Whether this place is where a second JSON object follows the first in the same line, as Amazon Data Firehose writes
/// them: `}{"name`. No text in a JSON object reads like this, from wherever one looks: the quote that ends a text is
/// followed by no letter. Up to [`MAX_JOINT_SPACES`] bytes of white space may be between the two.
/// In a line of another kind, any client can write it.
pub(crate) fn is_joint(text: &[u8], at: usize) -> bool {
    let Some((before, [b'{', b'"', name, ..])) = text.split_at_checked(at) else { return false };
    let is_name = name.is_ascii_alphabetic() || matches!(name, b'_' | b'@');
    let is_between = |byte: &&u8| !matches!(byte, b' ' | b'\t' | b'\r');
    is_name && before.iter().rev().take(MAX_JOINT_SPACES + 1).find(is_between) == Some(&b'}')
}

/// How many bytes of white space can be between two objects of one line.
pub(crate) const MAX_JOINT_SPACES: usize = 7;

/// Where the delimiters of a text are. In log lines these are spaces, quotes, opening brackets and line feeds. In the JSON
/// delivery they are quotes, and whatever the usual object does not hold: backslashes, control characters, and bytes that
/// are not ASCII.
#[derive(Debug)]
pub(super) struct StructuralIndex {
    /// The positions of the delimiters, in order. Entries from `len` on are left over from earlier texts.
    positions: Vec<u32>,
    len: usize,
    /// For each line end, its number among the delimiters, in the same way: line feeds and, in the JSON delivery, the braces that
    /// open an object right after another, which are delimiters then.
    line_ends: Vec<u32>,
    lines: usize,
    #[cfg(target_arch = "x86_64")]
    avx2: Option<V3>,
    #[cfg(all(target_arch = "x86_64", feature = "avx512"))]
    avx512: Option<V4>,
}

impl Default for StructuralIndex {
    fn default() -> Self {
        Self {
            positions: Vec::new(),
            len: 0,
            line_ends: Vec::new(),
            lines: 0,
            #[cfg(target_arch = "x86_64")]
            avx2: V3::try_new(),
            #[cfg(all(target_arch = "x86_64", feature = "avx512"))]
            avx512: V4::try_new(),
        }
    }
}

impl StructuralIndex {
    /// Reads the delimiters of log lines. The text is shorter than 4 GiB.
    pub(super) fn read(&mut self, text: &[u8]) {
        self.read_delimiters::<false>(text);
    }

    /// Reads the delimiters of the JSON delivery. The text is shorter than 4 GiB.
    pub(super) fn read_json(&mut self, text: &[u8]) {
        self.read_delimiters::<true>(text);
    }

    fn read_delimiters<const JSON: bool>(&mut self, text: &[u8]) {
        // A text can be nothing but delimiters.
        let room = text.len() + BLOCK + MAX_WRITTEN;
        if self.positions.len() < room {
            self.positions.resize(room, 0);
            self.line_ends.resize(room, 0);
        }
        let list =
            PositionList { positions: &mut self.positions, len: 0, line_ends: &mut self.line_ends, lines: 0 };
        (self.len, self.lines) = match *self {
            #[cfg(all(target_arch = "x86_64", feature = "avx512"))]
            Self { avx512: Some(with), .. } => with.vectorize(Reading::<JSON, _> { text, with, list }),
            #[cfg(target_arch = "x86_64")]
            Self { avx2: Some(with), .. } => with.vectorize(Reading::<JSON, _> { text, with, list }),
            _ => Reading::<JSON, _> { text, with: Baseline, list }.call(),
        };
    }

    /// The places of the delimiters.
    #[inline]
    pub(super) fn all(&self) -> &[u32] {
        &self.positions[..self.len]
    }

    /// The number among all delimiters of each line end.
    #[inline]
    pub(super) fn line_ends(&self) -> &[u32] {
        &self.line_ends[..self.lines]
    }
}

/// Reading all delimiters of a text.
struct Reading<'a, const JSON: bool, W> {
    text: &'a [u8],
    with: W,
    list: PositionList<'a>,
}

impl<const JSON: bool, W: Instructions> NullaryFnOnce for Reading<'_, JSON, W> {
    /// How many delimiters there are, and how many line ends.
    type Output = (usize, usize);

    #[inline(always)]
    fn call(self) -> (usize, usize) {
        let Self { text, with, mut list } = self;
        let (blocks, rest) = text.as_chunks();
        let mut start = 0;
        for block in blocks {
            list.add::<JSON>(with, text, start, block);
            start += BLOCK as u32;
        }
        // With what is no delimiter.
        let mut last = [if JSON { b' ' } else { 0 }; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        list.add::<JSON>(with, text, start, &last);
        (list.len, list.lines)
    }
}

/// The delimiters that have been read: see [`StructuralIndex`].
struct PositionList<'a> {
    positions: &'a mut [u32],
    len: usize,
    line_ends: &'a mut [u32],
    lines: usize,
}

impl PositionList<'_> {
    /// Adds the delimiters of the block that begins at `start`.
    #[inline(always)]
    fn add<const JSON: bool>(
        &mut self,
        with: impl Instructions,
        text: &[u8],
        start: u32,
        block: &[u8; BLOCK],
    ) {
        let Found { delimiters, line_ends } = if JSON {
            let (found, braces) = with.find_json(block);
            if braces == 0 { found } else { found.and_joints(braces, text, start) }
        } else {
            with.find(block)
        };
        let Some(line_end) = self.line_ends.get_mut(self.lines) else { return };
        *line_end = index_of_first(line_ends, delimiters, self.len);
        self.lines += usize::from(line_ends != 0);
        let others = line_ends & line_ends.wrapping_sub(1);
        if others != 0 {
            self.lines +=
                push_other_line_ends(&mut self.line_ends[self.lines..], others, delimiters, self.len);
        }

        let Some(out) = self.positions.get_mut(self.len..).and_then(<[u32]>::first_chunk_mut) else { return };
        if JSON {
            with.write::<USUAL_JSON_DELIMITERS>(start, delimiters, out);
        } else {
            with.write::<USUAL_LINE_DELIMITERS>(start, delimiters, out);
        }
        self.len += delimiters.count_ones() as usize;
    }
}

/// The number among all delimiters of a block's first line end. `before` delimiters come before the block.
#[inline(always)]
fn index_of_first(line_ends: u64, delimiters: u64, before: usize) -> u32 {
    before as u32 + (delimiters & !line_ends & line_ends.wrapping_sub(1)).count_ones()
}

/// The line ends but the first one of a block that has several: lines are seldom so short. Gives back how many.
#[cold]
fn push_other_line_ends(out: &mut [u32], mut line_ends: u64, delimiters: u64, before: usize) -> usize {
    let mut lines = 0;
    while line_ends != 0 {
        // Those before it are delimiters, too.
        let first = line_ends & line_ends.wrapping_neg();
        out[lines] = index_of_first(first, delimiters, before);
        lines += 1;
        line_ends &= line_ends - 1;
    }
    lines
}

/// Which of the given bytes of a block are line feeds. There are few of them.
#[inline(always)]
fn line_feeds(block: &[u8; BLOCK], mut bytes: u64) -> u64 {
    let mut line_feeds = 0;
    while bytes != 0 {
        let place = bytes.trailing_zeros() as usize;
        line_feeds |= u64::from(block[place % BLOCK] == b'\n') << place;
        bytes &= bytes - 1;
    }
    line_feeds
}

/// What was found in a block: a bit for each byte, the first one lowest. Line ends are delimiters, too.
struct Found {
    delimiters: u64,
    line_ends: u64,
}

impl Found {
    /// Adds those opening braces, of the block that begins at `start`, that follow another object.
    #[inline(never)]
    fn and_joints(mut self, mut braces: u64, text: &[u8], start: u32) -> Self {
        while braces != 0 {
            if is_joint(text, (start + braces.trailing_zeros()) as usize) {
                let joint = braces & braces.wrapping_neg();
                self.delimiters |= joint;
                self.line_ends |= joint;
            }
            braces &= braces - 1;
        }
        self
    }
}

/// What a processor can do for this.
trait Instructions: Copy {
    /// Finds the delimiters of a block.
    fn find(self, block: &[u8; BLOCK]) -> Found;

    /// Finds the delimiters of a block of the JSON delivery, and its opening braces.
    fn find_json(self, block: &[u8; BLOCK]) -> (Found, u64);

    /// Writes the places of the delimiters of the block that begins at `start`. What follows them does not count.
    #[inline(always)]
    fn write<const USUAL_DELIMITERS: usize>(
        self,
        start: u32,
        mut delimiters: u64,
        out: &mut [u32; MAX_WRITTEN],
    ) {
        let count = delimiters.count_ones() as usize;
        let mut write = |out: &mut u32| {
            *out = start + delimiters.trailing_zeros();
            delimiters &= delimiters.wrapping_sub(1);
        };
        out[..USUAL_DELIMITERS].iter_mut().for_each(&mut write);
        if count > USUAL_DELIMITERS {
            out[USUAL_DELIMITERS..USUAL_DELIMITERS + MORE_DELIMITERS].iter_mut().for_each(&mut write);
            if count > USUAL_DELIMITERS + MORE_DELIMITERS {
                out[USUAL_DELIMITERS + MORE_DELIMITERS..count].iter_mut().for_each(&mut write);
            }
        }
    }
}

/// With what every processor has.
#[derive(Clone, Copy)]
struct Baseline;

impl Instructions for Baseline {
    #[inline(always)]
    fn find(self, block: &[u8; BLOCK]) -> Found {
        let mut found = Found { delimiters: 0, line_ends: 0 };
        for (place, part) in block.as_chunks().0.iter().enumerate() {
            let part = u8x16::new(*part);
            let is = |byte: u8| part.simd_eq(u8x16::splat(byte));
            let line_feeds = is(b'\n');
            let delimiters = line_feeds | is(b' ') | is(b'"') | is(b'[');
            found.delimiters |= u64::from(delimiters.to_bitmask()) << (place * 16);
            found.line_ends |= u64::from(line_feeds.to_bitmask()) << (place * 16);
        }
        found
    }

    #[inline(always)]
    fn find_json(self, block: &[u8; BLOCK]) -> (Found, u64) {
        let (mut found, mut braces) = (Found { delimiters: 0, line_ends: 0 }, 0);
        for (place, part) in block.as_chunks().0.iter().enumerate() {
            let part = u8x16::new(*part);
            let is = |byte: u8| part.simd_eq(u8x16::splat(byte));
            let is_usual = part.max(u8x16::splat(b' ')).min(u8x16::splat(0x7f)).simd_eq(part);
            let delimiters = is(b'"') | is(b'\\') | !is_usual;
            found.delimiters |= u64::from(delimiters.to_bitmask()) << (place * 16);
            found.line_ends |= u64::from(is(b'\n').to_bitmask()) << (place * 16);
            braces |= u64::from(is(b'{').to_bitmask()) << (place * 16);
        }
        (found, braces)
    }
}

/// The delimiter whose lower half is the place in this table; elsewhere, a byte whose lower half is another.
#[cfg(target_arch = "x86_64")]
const BY_LOWER_HALF: [u8; 64] = {
    let mut table = [0; 64];
    let mut part = 0;
    while part < table.len() {
        table[part] = b' ';
        table[part + (b'"' & 15) as usize] = b'"';
        table[part + (b'[' & 15) as usize] = b'[';
        table[part + (b'\n' & 15) as usize] = b'\n';
        part += 16;
    }
    table
};

#[cfg(target_arch = "x86_64")]
impl Instructions for V3 {
    #[inline(always)]
    fn find(self, block: &[u8; BLOCK]) -> Found {
        let table = cast::<[u8; 64], [_; 2]>(BY_LOWER_HALF)[0];
        let mut found = Found { delimiters: 0, line_ends: 0 };
        for (place, part) in block.as_chunks::<32>().0.iter().enumerate() {
            let part = cast(*part);
            // Looks every byte up by its lower half, and finds itself there if it is a delimiter.
            let delimiters = self.avx2._mm256_cmpeq_epi8(self.avx2._mm256_shuffle_epi8(table, part), part);
            let line_feeds = self.avx2._mm256_cmpeq_epi8(part, cast([b'\n'; 32]));
            found.delimiters |= u64::from(self.avx2._mm256_movemask_epi8(delimiters) as u32) << (place * 32);
            found.line_ends |= u64::from(self.avx2._mm256_movemask_epi8(line_feeds) as u32) << (place * 32);
        }
        found
    }

    #[inline(always)]
    fn find_json(self, block: &[u8; BLOCK]) -> (Found, u64) {
        let (mut found, mut braces, mut unusual) = (Found { delimiters: 0, line_ends: 0 }, 0, 0);
        for (place, part) in block.as_chunks::<32>().0.iter().enumerate() {
            let part = cast(*part);
            let is = |byte: u8| self.avx2._mm256_cmpeq_epi8(part, cast([byte; 32]));
            let bits = |mask| u64::from(self.avx2._mm256_movemask_epi8(mask) as u32) << (place * 32);
            // Bytes are signed here, so that those that are not ASCII are below the space.
            unusual |= bits(self.avx2._mm256_cmpgt_epi8(cast([b' '; 32]), part));
            found.delimiters |= bits(self.avx2._mm256_or_si256(is(b'"'), is(b'\\')));
            braces |= bits(is(b'{'));
        }
        if unusual != 0 {
            found.delimiters |= unusual;
            found.line_ends = line_feeds(block, unusual);
        }
        (found, braces)
    }
}

#[cfg(all(target_arch = "x86_64", feature = "avx512"))]
impl Instructions for V4 {
    #[inline(always)]
    fn find(self, block: &[u8; BLOCK]) -> Found {
        let block = cast(*block);
        let table = self.avx512bw._mm512_shuffle_epi8(cast(BY_LOWER_HALF), block);
        Found {
            delimiters: self.avx512bw._mm512_cmpeq_epi8_mask(table, block),
            line_ends: self.avx512bw._mm512_cmpeq_epi8_mask(block, cast([b'\n'; BLOCK])),
        }
    }

    #[inline(always)]
    fn find_json(self, block: &[u8; BLOCK]) -> (Found, u64) {
        let block = cast(*block);
        let is = |byte: u8| self.avx512bw._mm512_cmpeq_epi8_mask(block, cast([byte; BLOCK]));
        // Bytes are signed here, so that those that are not ASCII are below the space.
        let is_unusual = self.avx512bw._mm512_cmplt_epi8_mask(block, cast([b' '; BLOCK]));
        let found = Found { delimiters: is_unusual | is(b'"') | is(b'\\'), line_ends: is(b'\n') };
        (found, is(b'{'))
    }

    #[inline(always)]
    fn write<const USUAL_DELIMITERS: usize>(
        self,
        start: u32,
        mut delimiters: u64,
        out: &mut [u32; MAX_WRITTEN],
    ) {
        const LANES: usize = 16;
        let step = self.avx512f._mm512_set1_epi32(LANES as i32);
        let numbers: [u32; LANES] = std::array::from_fn(|lane| lane as u32);
        let mut places =
            self.avx512f._mm512_add_epi32(cast(numbers), self.avx512f._mm512_set1_epi32(start as i32));
        let mut written = 0;
        for _ in 0..BLOCK / LANES {
            let Some(out) = out.get_mut(written..).and_then(<[u32]>::first_chunk_mut::<LANES>) else {
                return;
            };
            // The places of the delimiters among these lanes, one after the other.
            *out = cast(self.avx512f._mm512_maskz_compress_epi32(delimiters as u16, places));
            written += (delimiters as u16).count_ones() as usize;
            delimiters >>= LANES;
            places = self.avx512f._mm512_add_epi32(places, step);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Texts of delimiters, of bytes that differ from one in one half, and of any other.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            4 => prop::sample::select(b" \"[\n".as_slice()),
            4 => prop::sample::select(b"\x00\x02\x0a\x0b\x80\xa0\xa2\xdb\x8a\x30\x32\x5a\x1a\x4b".as_slice()),
            8 => Just(b'a'),
            1 => any::<u8>(),
        ];
        prop::collection::vec(byte, 0..300)
    }

    /// Texts of what matters in JSON.
    fn json() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop::sample::select(vec![
            "}{\"a", "} {\"B", "}{\"_", "}{\",", "}{\"", "{\"a", "}", "{", "\"", "\\", "\n", "\r", "\u{7f}",
            "\u{e9}", "abc", " ", "~",
        ]);
        prop::collection::vec(piece, 0..120).prop_map(|pieces| pieces.concat().into_bytes())
    }

    fn check(index: &mut StructuralIndex, text: &[u8]) -> Result<(), TestCaseError> {
        index.read(text);
        let expected: Vec<u32> = (0..text.len() as u32)
            .filter(|at| matches!(text[*at as usize], b' ' | b'"' | b'[' | b'\n'))
            .collect();
        prop_assert_eq!(index.all(), &expected[..]);
        let line_feeds: Vec<usize> =
            index.line_ends().iter().map(|delimiter| expected[*delimiter as usize] as usize).collect();
        prop_assert_eq!(line_feeds, memchr::memchr_iter(b'\n', text).collect::<Vec<_>>());

        index.read_json(text);
        let joint = regex::bytes::Regex::new(r#"(?-u)\}[ \t\r]{0,7}(\{)"[A-Za-z_@]"#).expect("a pattern");
        let joints: Vec<usize> =
            joint.captures_iter(text).filter_map(|found| Some(found.get(1)?.start())).collect();
        let is_delimiter = |at: &u32| {
            let byte = text[*at as usize];
            matches!(byte, b'"' | b'\\' | 0..=31 | 128..) || joints.contains(&(*at as usize))
        };
        let expected: Vec<u32> = (0..text.len() as u32).filter(is_delimiter).collect();
        prop_assert_eq!(index.all(), &expected[..]);
        let line_ends: Vec<usize> =
            index.line_ends().iter().map(|delimiter| expected[*delimiter as usize] as usize).collect();
        let is_end = |at: &usize| text[*at] == b'\n' || joints.contains(at);
        prop_assert_eq!(line_ends, (0..text.len()).filter(is_end).collect::<Vec<_>>());
        Ok(())
    }

    proptest! {
        #[test]
        fn all_delimiters_are_found(texts in prop::collection::vec(prop_oneof![text(), json()], 1..4)) {
            let mut index = StructuralIndex::default();
            for text in texts {
                check(&mut index, &text)?;
            }
        }

        #[test]
        fn all_delimiters_are_found_by_older_processors(text in prop_oneof![text(), json()]) {
            let mut index = StructuralIndex::default();
            #[cfg(target_arch = "x86_64")]
            {
                #[cfg(feature = "avx512")]
                {
                    index.avx512 = None;
                }
                check(&mut index, &text)?;
                index.avx2 = None;
            }
            check(&mut index, &text)?;
        }
    }

    #[test]
    fn a_text_of_nothing_but_delimiters() {
        for delimiter in b" \"[\n" {
            let mut index = StructuralIndex::default();
            for len in [0, 1, 8, 9, 63, 64, 65, 1_000] {
                let text = vec![*delimiter; len];
                index.read(&text);
                assert_eq!(index.all().len(), len);
                assert_eq!(index.line_ends().len(), if *delimiter == b'\n' { len } else { 0 });
            }
        }
    }
}
