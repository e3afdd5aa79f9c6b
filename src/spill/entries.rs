//! Entries in memory: keys and values one after the other, and where each begins.

use std::cmp::Ordering;

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
        places.sort_unstable_by(|a, b| match a.prefix.cmp(&b.prefix) {
            Ordering::Equal => read(bytes, a).cmp(&read(bytes, b)),
            order => order,
        });
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

fn read<'a>(bytes: &'a [u8], place: &Place) -> (&'a [u8], &'a [u8]) {
    bytes[place.start..place.end()].split_at(place.key_len as usize)
}
