//! What is kept of the requests that a rule has counted: numbers, and a few of the texts. Whatever is left out is chosen by its text and
//! its time, so that the same is kept whatever the order of reading.

use crate::aggregate::TimeRange;
use crate::detect::event::Event;
use crate::record::{Field, Record, Requester};
use crate::time::Timestamp;

/// How many requests are kept as evidence.
pub(crate) const MAX_EXAMPLES: usize = 5;
/// How many addresses, clients and buckets are kept of a finding.
const MAX_TEXTS: usize = 8;
/// How many different values are counted exactly.
const MAX_DISTINCT: usize = 1024;
/// How much of a text is kept: clients can send kilobytes.
const MAX_TEXT_LEN: usize = 512;

/// The first few texts by their bytes, and whether there were more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Few {
    texts: Vec<Box<[u8]>>,
    has_more: bool,
}

impl Few {
    /// Takes in one more.
    pub(crate) fn add(&mut self, text: &[u8]) {
        let text = cut(text);
        if self.has_more && self.texts.last().is_some_and(|last| **last < *text) {
            return;
        }
        let Err(place) = self.texts.binary_search_by(|known| (**known).cmp(text)) else { return };
        if place < MAX_TEXTS {
            self.texts.insert(place, text.into());
        }
        if self.texts.len() > MAX_TEXTS || place == MAX_TEXTS {
            self.texts.truncate(MAX_TEXTS);
            self.has_more = true;
        }
    }

    /// Takes in those of another.
    pub(crate) fn merge(&mut self, other: &Self) {
        other.texts.iter().for_each(|text| self.add(text));
        self.has_more |= other.has_more;
    }

    /// The texts in their order.
    pub(crate) fn texts(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.texts.iter().map(|text| &**text)
    }

    /// The only one; `None` if there are several, or none.
    pub(crate) fn only(&self) -> Option<&[u8]> {
        match &self.texts[..] {
            [text] if !self.has_more => Some(text),
            _ => None,
        }
    }

    /// Whether there were more than are kept.
    pub(crate) fn has_more(&self) -> bool {
        self.has_more
    }

    fn heap_bytes(&self) -> usize {
        self.texts.capacity() * size_of::<Box<[u8]>>()
            + self.texts.iter().map(|text| text.len()).sum::<usize>()
    }
}

/// How many different values there were: exact up to [`MAX_DISTINCT`], and "at least" beyond.
#[derive(Clone, Debug, Default)]
pub(crate) struct Distinct(Vec<u64>);

impl Distinct {
    /// Takes in the hash of one more.
    pub(crate) fn add(&mut self, hash: u64) {
        if let Err(place) = self.0.binary_search(&hash)
            && place < MAX_DISTINCT
        {
            self.0.insert(place, hash);
            self.0.truncate(MAX_DISTINCT);
        }
    }

    /// How many.
    pub(crate) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn merge(&mut self, other: &Self) {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
        } else {
            other.0.iter().for_each(|hash| self.add(*hash));
        }
    }
}

/// What the names of all objects begin with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Touched {
    common: Option<Vec<u8>>,
    has_several: bool,
}

impl Touched {
    /// Whether another object can change anything: not once objects have nothing in common.
    fn can_change(&self) -> bool {
        !self.has_several || self.common.as_ref().is_none_or(|common| !common.is_empty())
    }

    /// Takes in one more name.
    pub(crate) fn add(&mut self, key: &[u8]) {
        match &mut self.common {
            None => self.common = Some(cut(key).to_vec()),
            Some(common) if *common == cut(key) => {}
            Some(common) => {
                let same = common.iter().zip(key).take_while(|(a, b)| a == b).count();
                common.truncate(same);
                self.has_several = true;
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        if let Some(common) = &other.common {
            self.add(common);
            self.has_several |= other.has_several;
        }
    }

    /// The only object, or what all begin with and a star.
    pub(crate) fn text(&self) -> Option<Vec<u8>> {
        let mut text = self.common.clone()?;
        if self.has_several {
            text.push(b'*');
        }
        Some(text)
    }
}

/// A request, as evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Example {
    /// When it was received.
    pub time: Timestamp,
    /// The texts of [`Example::FIELDS`], one after the other.
    texts: Box<[u8]>,
    ends: [u16; Self::FIELDS.len()],
    /// The status.
    pub status: Option<u16>,
}

impl Example {
    /// The fields whose texts are kept; of the key the decoded one.
    pub(crate) const FIELDS: [Field; 7] = [
        Field::RequestId,
        Field::Bucket,
        Field::Operation,
        Field::Key,
        Field::RemoteIp,
        Field::Requester,
        Field::UserAgent,
    ];

    fn of(record: &Record<'_>) -> Self {
        let mut texts = Vec::with_capacity(256);
        let ends = Self::FIELDS.map(|field| {
            match field {
                Field::Key => texts.extend_from_slice(cut(&record.object().unwrap_or_default())),
                field => texts.extend_from_slice(cut(record.get(field).unwrap_or_default())),
            }
            texts.len() as u16
        });
        Self { time: record.timestamp(), texts: texts.into(), ends, status: record.http_status() }
    }

    /// The text of one of [`Example::FIELDS`]; `None` if it is empty.
    pub(crate) fn get(&self, field: Field) -> Option<&[u8]> {
        let place = Self::FIELDS.iter().position(|known| *known == field)?;
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.texts[usize::from(start)..usize::from(self.ends[place])]).filter(|text| !text.is_empty())
    }
}

/// The earliest requests; of equal times those whose texts come first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Examples(Vec<Example>);

impl Examples {
    #[inline]
    pub(crate) fn add(&mut self, record: &Record<'_>) {
        if self.0.len() == MAX_EXAMPLES && self.0.last().is_some_and(|last| last.time < record.timestamp()) {
            return;
        }
        self.put(Example::of(record));
    }

    fn put(&mut self, example: Example) {
        if let Err(place) = self.0.binary_search(&example)
            && place < MAX_EXAMPLES
        {
            self.0.insert(place, example);
            self.0.truncate(MAX_EXAMPLES);
        }
    }

    /// Takes in those of another.
    pub(crate) fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|example| self.put(example.clone()));
    }

    /// They, the earliest first.
    pub(crate) fn list(&self) -> &[Example] {
        &self.0
    }
}

/// The requests that a rule has counted together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hits {
    /// How many.
    pub count: u64,
    /// How many of them succeeded.
    pub successes: u64,
    /// The bytes that they sent.
    pub bytes: u64,
    /// The first and the last.
    pub seen: TimeRange,
    /// How many different values of what the rule looks at.
    pub distinct: Distinct,
    /// Of which buckets.
    pub buckets: Few,
    /// From where.
    pub addresses: Few,
    /// Sent by which programs.
    pub clients: Few,
    /// Which objects.
    pub keys: Touched,
    /// Some of them.
    pub examples: Examples,
}

impl Hits {
    /// Takes in one more request.
    pub(crate) fn add(&mut self, event: &Event<'_, '_>) {
        let record = event.record;
        self.count += 1;
        self.successes += u64::from(event.outcome.is_success());
        self.bytes = self.bytes.saturating_add(record.bytes_sent().unwrap_or_default());
        self.seen.add(record.timestamp());
        self.buckets.add(record.get(Field::Bucket).unwrap_or_default());
        if let Some(address) = record.get(Field::RemoteIp) {
            self.addresses.add(address);
        }
        if !event.client.family.is_empty() {
            self.clients.add(&event.client.family);
        }
        if self.keys.can_change()
            && let Some(object) = record.object()
        {
            self.keys.add(&object);
        }
        self.examples.add(record);
    }

    /// Takes in what another part has counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        use crate::aggregate::Merge as _;
        self.count += other.count;
        self.successes += other.successes;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.seen.merge(other.seen);
        self.distinct.merge(&other.distinct);
        self.buckets.merge(&other.buckets);
        self.addresses.merge(&other.addresses);
        self.clients.merge(&other.clients);
        self.keys.merge(&other.keys);
        self.examples.merge(&other.examples);
    }

    /// Who sent the earliest of them; a role without its session. `None` if anonymous.
    pub(crate) fn identity(&self) -> Option<&[u8]> {
        Requester::new(self.examples.0.first()?.get(Field::Requester)?).identity()
    }

    /// About how many bytes it takes.
    pub(crate) fn heap_bytes(&self) -> usize {
        let examples: usize = self.examples.0.iter().map(|one| size_of::<Example>() + one.texts.len()).sum();
        let few = self.buckets.heap_bytes() + self.addresses.heap_bytes() + self.clients.heap_bytes();
        examples + few + self.distinct.0.capacity() * 8 + self.keys.common.as_ref().map_or(0, Vec::capacity)
    }
}

fn cut(text: &[u8]) -> &[u8] {
    &text[..text.len().min(MAX_TEXT_LEN)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_kept_does_not_depend_on_the_order(texts in prop::collection::vec("[a-d]{1,2}", 0..40), cut in 0usize..40) {
            let all = |texts: &[String]| {
                let (mut few, mut keys, mut distinct) = (Few::default(), Touched::default(), Distinct::default());
                for text in texts {
                    few.add(text.as_bytes());
                    keys.add(text.as_bytes());
                    distinct.add(u64::from(text.as_bytes()[0]));
                }
                (few, keys, distinct)
            };
            let (few, keys, distinct) = all(&texts);
            let (left, right) = texts.split_at(cut.min(texts.len()));
            let (mut merged, mut merged_keys, mut merged_distinct) = all(right);
            let (other, other_keys, other_distinct) = all(left);
            merged.merge(&other);
            merged_keys.merge(&other_keys);
            merged_distinct.merge(&other_distinct);
            prop_assert_eq!(&few, &merged);
            prop_assert_eq!(keys.text(), merged_keys.text());
            prop_assert_eq!(distinct.len(), merged_distinct.len());
            let different: std::collections::BTreeSet<_> = texts.iter().collect();
            prop_assert_eq!(few.has_more(), different.len() > MAX_TEXTS);
            prop_assert_eq!(few.texts().len(), different.len().min(MAX_TEXTS));
        }
    }
}
