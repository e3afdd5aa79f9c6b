//! Entries in memory: keys and values one after the other, and where each begins.

use std::ops::Range;

/// Keys and their values.
#[derive(Debug, Default)]
pub(super) struct Entries {
    places: Vec<Place>,
    bytes: Vec<u8>,
}

/// A key, cut after its first bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'k> {
    /// The first bytes as a number; what is missing is zero.
    prefix: u64,
    /// How many bytes of it are there.
    prefix_len: usize,
    prefix_bytes: [u8; size_of::<u64>()],
    rest: &'k [u8],
}

impl<'k> Key<'k> {
    pub(super) fn new(key: &'k [u8]) -> Self {
        let prefix_len = key.len().min(size_of::<u64>());
        let (start, rest) = key.split_at(prefix_len);
        let mut prefix_bytes = [0; size_of::<u64>()];
        prefix_bytes[..prefix_len].copy_from_slice(start);
        Self { prefix: u64::from_be_bytes(prefix_bytes), prefix_len, prefix_bytes, rest }
    }

    /// The key that begins with a number.
    pub(super) fn of_number(number: u64, rest: &'k [u8]) -> Self {
        let prefix_bytes = number.to_be_bytes();
        Self { prefix: number, prefix_len: prefix_bytes.len(), prefix_bytes, rest }
    }

    fn start(&self) -> &[u8] {
        &self.prefix_bytes[..self.prefix_len]
    }

    /// Whether it comes after another key.
    pub(super) fn is_after(&self, other: &[u8]) -> bool {
        let (start, rest) = other.split_at(other.len().min(self.prefix_len));
        (self.start(), self.rest) > (start, rest)
    }
}

/// Where an entry is.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The first bytes of the key: most comparisons need no more.
    prefix: u64,
    start: usize,
    key_len: u32,
    value_len: u32,
}

impl Entries {
    /// What an entry takes beside its bytes.
    pub(super) const BYTES_PER_ENTRY: usize = size_of::<Place>();

    /// Of keys and values longer than 4 GiB only the start is kept.
    pub(super) fn push(&mut self, key: Key<'_>, value: &[u8]) {
        let start = self.bytes.len();
        let room = u32::MAX as usize;
        self.bytes.extend_from_slice(key.start());
        self.bytes.extend_from_slice(&key.rest[..key.rest.len().min(room - size_of::<u64>())]);
        let key_len = self.bytes.len() - start;
        let value = &value[..value.len().min(room)];
        self.bytes.extend_from_slice(value);
        let (key_len, value_len) = (key_len as u32, value.len() as u32);
        self.places.push(Place { prefix: key.prefix, start, key_len, value_len });
    }

    /// About how many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len() + self.places.len() * Self::BYTES_PER_ENTRY
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The key and the value at a place.
    pub(super) fn get(&self, place: usize) -> Option<(&[u8], &[u8])> {
        self.places.get(place).map(|place| self.read(place))
    }

    fn read(&self, place: &Place) -> (&[u8], &[u8]) {
        read(&self.bytes, place)
    }

    pub(super) fn sort(&mut self) {
        let Self { places, bytes } = self;
        places.sort_unstable_by_key(|place| place.prefix);
        for equal in places.chunk_by_mut(|a, b| a.prefix == b.prefix) {
            sort_alike(equal, bytes, 0);
        }
    }

    /// The place of the first one whose key begins with this number or a greater one. They are sorted.
    #[cfg(any(feature = "sql", test))]
    pub(super) fn first_of(&self, number: u64) -> usize {
        self.places.partition_point(|place| place.prefix < number)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.places.iter().map(|place| self.read(place))
    }

    /// Keeps the first ones only.
    pub(super) fn truncate(&mut self, len: usize) {
        self.places.truncate(len);
        let mut bytes = Vec::with_capacity(2 * self.bytes());
        for place in &mut self.places {
            let start = bytes.len();
            bytes.extend_from_slice(&self.bytes[place.start..place.end()]);
            place.start = start;
        }
        self.bytes = bytes;
    }

    /// Forgets all of them, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.bytes.clear();
    }
}

/// What a key begins with, as a number; what is missing is zero.
pub(super) fn number_of(key: &[u8]) -> u64 {
    Key::new(key).prefix
}

impl Place {
    fn end(&self) -> usize {
        self.start + self.key_len as usize + self.value_len as usize
    }
}

/// So few entries are compared as a whole.
const FEW: usize = 16;

/// Behind so many bytes of keys, entries are compared as a whole.
const MAX_DEPTH: usize = 512;

/// How far it is looked for what keys have in common at a time. Without an end, keys that each go on where another ends would be read over
/// and over.
const MAX_COMMON: usize = 64;

/// Sorts entries whose keys are alike in their first `depth` bytes. Keys lie far from each other, and to look at one takes longer than to
/// compare numbers: so eight bytes of each are taken at a time, behind what all of them have in common.
fn sort_alike(places: &mut [Place], bytes: &[u8], depth: usize) {
    if places.len() <= FEW || depth > MAX_DEPTH || places.iter().all(|place| place.key_len as usize <= depth)
    {
        return places.sort_unstable_by(|a, b| read(bytes, a).cmp(&read(bytes, b)));
    }
    let key = |place: &Place| read(bytes, place).0;
    let first = key(&places[0]);
    let common = places[1..].iter().fold(first.len().min(depth + MAX_COMMON), |common, place| {
        let pairs = first[depth.min(common)..common].iter().zip(key(place).get(depth..).unwrap_or_default());
        common.min(depth + pairs.take_while(|(a, b)| a == b).count())
    });
    let depth = depth.max(common);
    let number = |place: &Place| number_of(key(place).get(depth..).unwrap_or_default());
    let mut numbered: Vec<(u64, Place)> = places.iter().map(|place| (number(place), *place)).collect();
    numbered.sort_unstable_by_key(|(number, _)| *number);
    for (place, (_, sorted)) in places.iter_mut().zip(&numbered) {
        *place = *sorted;
    }
    let mut start = 0;
    let alike = numbered.chunk_by(|a, b| a.0 == b.0).map(|alike| {
        start += alike.len();
        start - alike.len()..start
    });
    let alike: Vec<Range<usize>> = alike.filter(|range| range.len() > 1).collect();
    drop(numbered);
    for range in alike {
        sort_alike(&mut places[range], bytes, depth + size_of::<u64>());
    }
}

fn read<'a>(bytes: &'a [u8], place: &Place) -> (&'a [u8], &'a [u8]) {
    bytes[place.start..place.end()].split_at(place.key_len as usize)
}
