//! What `history` and `activity` keep of requests, to be read in an order: what belongs together, as it happened.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hasher as _};
use std::io;

use serde::{Deserialize, Serialize};

use super::BY;
use crate::aggregate::{Aggregate, Dimensions, KeyBuffer, KeyReader};
use crate::record::{Field, Record};
use crate::semantics::{Event, names_version};
use crate::spill::{Sorter, Space, decode, encode};
use crate::time::{Timestamp, Zone};

/// What tells requests apart beside the time, for each of [`BY`].
pub(in crate::commands) type Values<'k> = [Option<Cow<'k, [u8]>>; BY.len()];

/// Which values of a request come first in the order of all: those of what belongs together. The rest comes after the time.
#[derive(Clone)]
pub(in crate::commands) struct Layout {
    /// Which of [`BY`], and how they are read.
    first: (Vec<usize>, Dimensions),
    rest: (Vec<usize>, Dimensions),
}

impl Layout {
    /// These of [`BY`] come first.
    pub(in crate::commands) fn new(first: &[usize]) -> Self {
        let of = |is_first: bool| {
            let of: Vec<usize> = (0..BY.len()).filter(|of| first.contains(of) == is_first).collect();
            let by = of.iter().map(|of| BY[*of]).collect();
            (of, Dimensions::new(by, 0, Zone::Utc))
        };
        Self { first: of(true), rest: of(false) }
    }

    /// The values of a key that begins with those that come first, and goes on with the rest.
    pub(super) fn values<'k>(&self, key: &mut KeyReader<'k>) -> Values<'k> {
        let mut values = Values::default();
        self.read_first(key, &mut values);
        self.read_rest(key, &mut values);
        values
    }

    fn read_first<'k>(&self, key: &mut KeyReader<'k>, values: &mut Values<'k>) {
        self.first.0.iter().for_each(|of| values[*of] = key.text());
    }

    fn read_rest<'k>(&self, key: &mut KeyReader<'k>, values: &mut Values<'k>) {
        self.rest.0.iter().for_each(|of| values[*of] = key.text());
    }
}

/// A request.
pub(in crate::commands) struct Request<'k> {
    pub(in crate::commands) values: Values<'k>,
    /// The values that come first, in the form of a key.
    pub(in crate::commands) first: &'k [u8],
    /// All other ones, in the form of a key.
    pub(in crate::commands) rest: &'k [u8],
    pub(in crate::commands) time: Timestamp,
    pub(in crate::commands) id: Option<Cow<'k, [u8]>>,
    pub(in crate::commands) numbers: Numbers,
}

/// What is summed up of requests.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(in crate::commands) struct Numbers {
    /// Size of the whole object.
    pub(in crate::commands) object_size: Option<u64>,
    /// Bytes of the response; none are zero.
    pub(in crate::commands) bytes_sent: u64,
    /// Whether it asked for a version of the object.
    pub(in crate::commands) names_version: bool,
}

/// Requests, one after the other. What memory does not hold goes to temporary files.
pub(in crate::commands) struct Requests {
    layout: Layout,
    key: KeyBuffer,
    value: Vec<u8>,
    sorter: Sorter,
}

impl Requests {
    /// None yet; takes about `memory` bytes.
    pub(in crate::commands) fn new(layout: Layout, space: &Space, memory: usize) -> Self {
        let sorter = Sorter::new(space, memory);
        Self { layout, key: KeyBuffer::default(), value: Vec::new(), sorter }
    }

    /// Hands on all requests: those together of which the values are equal that come first, and of these the oldest first. Within a
    /// second, they are in the order in which their events can follow each other; then in that of their texts and ids, so that no
    /// answer depends on the order of reading.
    ///
    /// # Errors
    /// If a temporary file could not be written or read, or if `take` fails.
    pub(in crate::commands) fn for_each(
        self,
        mut take: impl FnMut(&Request<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let Self { layout, sorter, .. } = self;
        sorter.sorted()?.for_each(|key, numbers| {
            let key = key.get(size_of::<u64>()..).unwrap_or_default();
            let (mut reader, mut values) = (KeyReader::new(key), Values::default());
            layout.read_first(&mut reader, &mut values);
            let first = &key[..key.len() - reader.rest().len()];
            let (time, _event) = (Timestamp::from_rank(reader.number()), reader.number());
            let rest = reader.rest();
            layout.read_rest(&mut reader, &mut values);
            let rest = &rest[..rest.len() - reader.rest().len()];
            let id = reader.text();
            take(&Request { values, first, rest, time, id, numbers: decode(numbers)? })
        })
    }
}

impl Aggregate for Requests {
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        let Self { layout: Layout { first: (_, first), rest: (_, rest) }, key, value, sorter } = self;
        let event = Event::of(record.operation()).map_or(0, |event| event.rank() + 1);
        first.add_to(key.start(), record);
        // In front of texts that often begin alike, so that comparing takes no look at them. What has one hash is still told
        // apart by its texts.
        let mut hasher = DefaultHasher::new();
        hasher.write(key.key());
        key.push_number(record.timestamp().rank()).push_number(event);
        rest.add_to(key, record);
        key.push(record.get(Field::RequestId));
        value.clear();
        let numbers = Numbers {
            object_size: record.object_size(),
            bytes_sent: record.bytes_sent().unwrap_or_default(),
            names_version: names_version(record),
        };
        encode(&numbers, value);
        sorter.push_numbered(hasher.finish(), key.key(), value);
    }

    fn memory(&self) -> usize {
        self.sorter.bytes()
    }

    fn merge(&mut self, other: Self) {
        self.sorter.merge(other.sorter);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::commands::history::{BUCKET, OBJECT, REQUESTER};
    use crate::parser::Parser;

    proptest! {
        #[test]
        fn any_parts_come_back_in_one_order(
            requests in prop::collection::vec(("[ab]", "[a-c]", "-|v[12]", 0u32..4, "-|[A-C]{1,3}"), 0..60), parts in 1usize..4,
            memory in prop::sample::select(vec![0usize, 1 << 20]), first in prop::sample::select(vec![&[BUCKET, OBJECT][..], &[REQUESTER]]),
        ) {
            let space = Space::new(std::env::temp_dir(), memory);
            let mut naive = Vec::new();
            let layout = Layout::new(first);
            let mut split: Vec<_> = (0..parts).map(|_| Requests::new(layout.clone(), &space, memory)).collect();
            for (place, (bucket, key, version, second, id)) in requests.into_iter().enumerate() {
                let line = format!(
                    "o {bucket} [06/Feb/2019:00:00:0{second} +0000] 192.0.2.3 - {id} REST.GET.OBJECT {key} \"GET /{key} HTTP/1.1\" 200 - 1 2 3 4 \"-\" \"a\" {version}"
                );
                split[place % parts].add(&Parser::default().parse(line.as_bytes()).expect("a record"));
                let [version, id] = [version, id].map(|text| Some(text).filter(|text| text != "-"));
                let together = if first.len() == 1 { None } else { Some((bucket.clone(), key.clone())) };
                naive.push((together, second, bucket, key, version, id));
            }
            let merged = split.into_iter().reduce(|mut all, part| { all.merge(part); all }).unwrap();
            let (mut kept, mut groups) = (Vec::new(), Vec::new());
            merged.for_each(|request| {
                let text = |text: &Option<Cow<'_, [u8]>>| text.as_ref().map(|text| String::from_utf8_lossy(text).into_owned());
                let [bucket, key] = [BUCKET, OBJECT].map(|of| text(&request.values[of]).expect("a name"));
                let together = if first.len() == 1 { None } else { Some((bucket.clone(), key.clone())) };
                let second = (request.time.millis() / 1000 % 60) as u32;
                kept.push((together, second, bucket, key, text(&request.values[BY.len() - 1]), text(&request.id)));
                groups.push(request.first.to_vec());
                Ok(())
            }).unwrap();
            groups.dedup();
            let count = groups.len();
            groups.sort();
            groups.dedup();
            prop_assert_eq!(groups.len(), count, "what belongs together is not together");
            prop_assert!(kept.is_sorted_by(|a, b| a.0 != b.0 || a <= b), "{kept:?}");
            naive.sort();
            kept.sort();
            prop_assert_eq!(kept, naive);
        }
    }
}
