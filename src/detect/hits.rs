//! What is kept of the requests that a rule has counted: numbers, and a few of the texts. Whatever is left out is chosen by its text and
//! its time, so that the same is kept whatever the order of reading.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::aggregate::TimeRange;
use crate::detect::event::Event;
use crate::record::{Field, Record, Requester};
use crate::time::Timestamp;

/// How many requests are kept as evidence.
pub(crate) const MAX_EXAMPLES: usize = 5;
/// How many addresses, clients and buckets are kept of a finding.
const MAX_TEXTS: usize = 8;
/// How many different values are counted exactly.
pub(crate) const MAX_DISTINCT: usize = 1024;
/// How much of a text is kept: clients can send kilobytes.
const MAX_TEXT_LEN: usize = 512;

/// The first few texts by their bytes, and whether there were more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

    /// About how many bytes they take.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.texts.capacity() * size_of::<Box<[u8]>>()
            + self.texts.iter().map(|text| text.len()).sum::<usize>()
    }
}

/// How many different values there were: exact up to [`MAX_DISTINCT`], and "at least" beyond.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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

    /// How many, in words.
    pub(crate) fn shown(&self) -> String {
        let more = if self.0.len() < MAX_DISTINCT { "" } else { " or more" };
        format!("{}{more}", self.0.len())
    }

    /// The hashes, sorted.
    pub(crate) fn hashes(&self) -> &[u64] {
        &self.0
    }

    /// Takes in the hashes of another, which are sorted.
    pub(crate) fn add_all(&mut self, other: &[u64]) {
        match other {
            [] => {}
            [hash] => self.add(*hash),
            _ => {
                // Two runs, each of them sorted: the stable sort goes through them once.
                self.0.extend_from_slice(other);
                self.0.sort();
                self.0.dedup();
                self.0.truncate(MAX_DISTINCT);
            }
        }
    }

    /// How many bytes it takes elsewhere.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.0.capacity() * size_of::<u64>()
    }
}

/// What the names of all objects begin with.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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

    /// Takes in what several names begin with, or a single one.
    pub(crate) fn add_name(&mut self, name: &[u8], is_of_several: bool) {
        self.add(name);
        self.has_several |= is_of_several;
    }

    fn merge(&mut self, other: &Self) {
        if let Some(common) = &other.common {
            self.add_name(common, other.has_several);
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

/// How many fields are kept of a request.
const EXAMPLE_FIELDS: usize = 7;

/// A request, as evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Example {
    /// When it was received.
    pub(crate) time: Timestamp,
    /// The texts of [`Example::FIELDS`], one after the other.
    texts: Box<[u8]>,
    ends: [u16; EXAMPLE_FIELDS],
    /// The status.
    pub(crate) status: Option<u16>,
}

impl Example {
    /// The fields whose texts are kept; of the key the decoded one.
    pub(crate) const FIELDS: [Field; EXAMPLE_FIELDS] = [
        Field::RequestId,
        Field::Bucket,
        Field::Operation,
        Field::Key,
        Field::RemoteIp,
        Field::Requester,
        Field::UserAgent,
    ];

    /// Of a record.
    pub(crate) fn of(record: &Record<'_>) -> Self {
        let text = |field| match field {
            Field::Key => record.object().unwrap_or_default(),
            field => record.get(field).unwrap_or_default().into(),
        };
        Self::new(record.timestamp(), record.http_status(), text)
    }

    /// Of these texts.
    pub(crate) fn new<'t>(
        time: Timestamp,
        status: Option<u16>,
        text: impl Fn(Field) -> Cow<'t, [u8]>,
    ) -> Self {
        let parts = Self::FIELDS.map(text);
        let parts = parts.each_ref().map(|part| cut(part));
        let mut end = 0;
        let ends = parts.map(|part| {
            end += part.len() as u16;
            end
        });
        Self { time, texts: parts.concat().into(), ends, status }
    }

    /// The text of one of [`Example::FIELDS`]; `None` if it is empty.
    pub(crate) fn get(&self, field: Field) -> Option<&[u8]> {
        let place = Self::FIELDS.iter().position(|known| *known == field)?;
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.texts[usize::from(start)..usize::from(self.ends[place])]).filter(|text| !text.is_empty())
    }
}

/// The earliest requests; of equal times those whose texts come first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Examples(Vec<Example>);

impl Examples {
    #[inline]
    pub(crate) fn add(&mut self, record: &Record<'_>) {
        if self.takes(record.timestamp()) {
            self.put(Example::of(record));
        }
    }

    /// Whether a request of that time can be among them.
    #[inline]
    pub(crate) fn takes(&self, time: Timestamp) -> bool {
        self.0.len() < MAX_EXAMPLES || self.0.last().is_some_and(|last| last.time >= time)
    }

    /// Takes in one more.
    pub(crate) fn put(&mut self, example: Example) {
        if let Err(place) = self.0.binary_search(&example)
            && place < MAX_EXAMPLES
        {
            self.0.insert(place, example);
            self.0.truncate(MAX_EXAMPLES);
        }
    }

    fn put_of(&mut self, example: &Example) {
        if self.0.len() < MAX_EXAMPLES || self.0.last().is_some_and(|last| last > example) {
            self.put(example.clone());
        }
    }

    /// Takes in those of another.
    pub(crate) fn merge(&mut self, other: &Self) {
        for example in &other.0 {
            self.put_of(example);
        }
    }

    /// About how many bytes they take.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.0.iter().map(|one| size_of::<Example>() + one.texts.len()).sum()
    }

    /// They, the earliest first.
    pub(crate) fn list(&self) -> &[Example] {
        &self.0
    }
}

/// A single request that a rule has counted: all that [`Hits`] would keep of it, in a third of the memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct One {
    example: Example,
    client: Arc<[u8]>,
    bytes: u64,
    distinct: u64,
    is_success: bool,
}

impl One {
    /// Of a request; `distinct` is the hash of what has to differ.
    pub(crate) fn of(event: &Event<'_, '_>, distinct: u64) -> Self {
        Self {
            example: Example::of(event.record),
            client: Arc::clone(&event.client.family),
            bytes: event.record.bytes_sent().unwrap_or_default(),
            distinct,
            is_success: event.outcome.is_success(),
        }
    }

    /// The bytes that were sent.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What has to differ.
    pub(crate) fn distinct(&self) -> &u64 {
        &self.distinct
    }

    /// About how many bytes it takes.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of::<Self>() + self.example.texts.len() + self.client.len()
    }
}

/// The requests that a rule has counted together.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Hits {
    /// How many.
    pub(crate) count: u64,
    /// How many of them succeeded.
    pub(crate) successes: u64,
    /// The bytes that they sent.
    pub(crate) bytes: u64,
    /// The first and the last.
    pub(crate) seen: TimeRange,
    /// How many different values of what the rule looks at.
    pub(crate) distinct: Distinct,
    /// Of which buckets.
    pub(crate) buckets: Few,
    /// From where.
    pub(crate) addresses: Few,
    /// Sent by which programs.
    pub(crate) clients: Few,
    /// Which objects.
    pub(crate) keys: Touched,
    /// Some of them.
    pub(crate) examples: Examples,
    /// The hashes of the bucket, the address and the client of the last one: the same are often asked for again.
    #[serde(skip)]
    last: [u64; 3],
}

impl Hits {
    /// Takes in one more request, and says about how many bytes more or less it takes.
    pub(crate) fn add(&mut self, event: &Event<'_, '_>) -> isize {
        let record = event.record;
        self.count += 1;
        self.successes += u64::from(event.outcome.is_success());
        self.bytes = self.bytes.saturating_add(record.bytes_sent().unwrap_or_default());
        self.seen.add(record.timestamp());
        let texts = [event.bucket, event.address, event.client.hash];
        if texts == self.last && !self.keys.can_change() && !self.examples.takes(record.timestamp()) {
            return 0;
        }
        let before = self.heap_bytes();
        let [bucket, address, client] = std::mem::replace(&mut self.last, texts);
        if texts[0] != bucket {
            self.buckets.add(record.get(Field::Bucket).unwrap_or_default());
        }
        if texts[1] != address
            && let Some(address) = record.get(Field::RemoteIp)
        {
            self.addresses.add(address);
        }
        if texts[2] != client && !event.client.family.is_empty() {
            self.clients.add(&event.client.family);
        }
        if self.keys.can_change()
            && let Some(object) = record.object()
        {
            self.keys.add(&object);
        }
        self.examples.add(record);
        self.heap_bytes() as isize - before as isize
    }

    /// Takes in what another part has counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        use crate::aggregate::Merge as _;
        self.count += other.count;
        self.successes += other.successes;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.seen.merge(other.seen);
        self.distinct.add_all(other.distinct.hashes());
        self.buckets.merge(&other.buckets);
        self.addresses.merge(&other.addresses);
        self.clients.merge(&other.clients);
        self.keys.merge(&other.keys);
        self.examples.merge(&other.examples);
    }

    /// Takes in a single request that was kept.
    pub(crate) fn add_one(&mut self, one: &One) {
        let text = |field| one.example.get(field);
        self.count += 1;
        self.successes += u64::from(one.is_success);
        self.bytes = self.bytes.saturating_add(one.bytes);
        self.seen.add(one.example.time);
        self.distinct.add(one.distinct);
        self.buckets.add(text(Field::Bucket).unwrap_or_default());
        text(Field::RemoteIp).into_iter().for_each(|address| self.addresses.add(address));
        if !one.client.is_empty() {
            self.clients.add(&one.client);
        }
        text(Field::Key).into_iter().for_each(|key| self.keys.add(key));
        self.examples.put_of(&one.example);
    }

    /// Who sent the earliest of them; a role without its session. `None` if anonymous.
    pub(crate) fn identity(&self) -> Option<&[u8]> {
        Requester::new(self.examples.0.first()?.get(Field::Requester)?).identity()
    }

    /// About how many bytes it takes.
    pub(crate) fn heap_bytes(&self) -> usize {
        let examples = self.examples.heap_bytes();
        let few = self.buckets.heap_bytes() + self.addresses.heap_bytes() + self.clients.heap_bytes();
        examples + few + self.distinct.heap_bytes() + self.keys.common.as_ref().map_or(0, Vec::capacity)
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
            merged_distinct.add_all(other_distinct.hashes());
            prop_assert_eq!(&few, &merged);
            prop_assert_eq!(keys.text(), merged_keys.text());
            prop_assert_eq!(distinct.hashes(), merged_distinct.hashes());
            let different: std::collections::BTreeSet<_> = texts.iter().collect();
            prop_assert_eq!(few.has_more(), different.len() > MAX_TEXTS);
            prop_assert_eq!(few.texts().len(), different.len().min(MAX_TEXTS));
        }
    }
}
