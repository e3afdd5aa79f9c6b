//! What `history` keeps of the requests, in little space: each different text once, and for each request its time, its id and
//! the number of its kind.

use crate::aggregate::{Aggregate, Dimension, Dimensions, GroupTable, Merge};
use crate::record::{Field, Record};
use crate::semantics::names_version;
use crate::time::{Timestamp, Zone};

use super::{BY, Numbers};

/// Different texts, numbered from 0.
#[derive(Default)]
struct Numbered(GroupTable<Number>);

/// The number of a text, from 1; 0 if it has none yet.
#[derive(Clone, Copy, Default)]
struct Number(u32);

/// Numbers are those of one table.
impl Merge for Number {
    fn merge(&mut self, _: Self) {}
}

impl Numbered {
    #[inline]
    fn number(&mut self, text: &[u8]) -> u32 {
        let next = self.0.len() as u32 + 1;
        self.0.update(text, |Number(number)| {
            if *number == 0 {
                *number = next;
            }
            *number - 1
        })
    }

    /// The texts at the places of their numbers.
    fn texts(&self) -> Vec<&[u8]> {
        let mut texts = vec![&b""[..]; self.0.len()];
        for (text, Number(number)) in self.0.iter() {
            texts[*number as usize - 1] = text;
        }
        texts
    }

    /// Takes in all texts of another table, and tells their numbers here.
    fn take(&mut self, other: &Self) -> Vec<u32> {
        other.texts().into_iter().map(|text| self.number(text)).collect()
    }
}

/// A request.
#[derive(Clone, Copy)]
pub(in crate::commands) struct Request {
    pub(in crate::commands) time: Timestamp,
    /// The number of its kind.
    pub(in crate::commands) kind: u32,
    /// Where its id is: the first byte, and how many there are.
    id_start: usize,
    id_len: u32,
    /// Zero where the record has none.
    object_size: u64,
    bytes_sent: u64,
    has_object_size: bool,
    /// Whether it asked for a version of the object.
    pub(in crate::commands) names_version: bool,
}

impl Request {
    /// The size of the whole object.
    pub(in crate::commands) fn object_size(&self) -> Option<u64> {
        self.has_object_size.then_some(self.object_size)
    }

    /// Bytes of the response; none are zero.
    pub(in crate::commands) fn bytes_sent(&self) -> u64 {
        self.bytes_sent
    }
}

/// Requests, and the kinds of them: what tells rows apart, beside the time.
pub(in crate::commands) struct Requests {
    values: [(Dimensions, Numbered); BY.len()],
    /// As the bytes of the numbers of their values.
    kinds: Numbered,
    list: Vec<Request>,
    ids: Vec<u8>,
}

/// The texts of the numbered values, for each of [`BY`].
pub(in crate::commands) type Texts = [Vec<Option<Vec<u8>>>; BY.len()];

impl Aggregate for Requests {
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        let numbers = self.values.each_mut().map(|(by, texts)| texts.number(by.key(record)));
        let kind = self.kinds.number(to_bytes(numbers).as_flattened());
        let id = record.get(Field::RequestId).unwrap_or_default();
        let object_size = record.object_size();
        self.list.push(Request {
            time: record.timestamp(),
            kind,
            id_start: self.ids.len(),
            id_len: id.len() as u32,
            object_size: object_size.unwrap_or_default(),
            bytes_sent: record.bytes_sent().unwrap_or_default(),
            has_object_size: object_size.is_some(),
            names_version: names_version(record),
        });
        self.ids.extend_from_slice(id);
    }

    fn memory(&self) -> usize {
        let texts: usize = self.values.iter().map(|(_, texts)| texts.0.bytes()).sum();
        texts + self.kinds.0.bytes() + self.ids.len() + size_of_val(&*self.list)
    }

    fn merge(&mut self, other: Self) {
        let mut maps = self.values.iter_mut().zip(&other.values).map(|((_, own), (_, more))| own.take(more));
        let maps: [Vec<u32>; BY.len()] = std::array::from_fn(|_| maps.next().unwrap_or_default());
        let mut kinds = Vec::new();
        for mut numbers in other.kinds() {
            for (number, map) in numbers.iter_mut().zip(&maps) {
                *number = map[*number as usize];
            }
            kinds.push(self.kinds.number(to_bytes(numbers).as_flattened()));
        }
        let base = self.ids.len();
        self.ids.extend_from_slice(&other.ids);
        self.list.extend(other.list.into_iter().map(|request| Request {
            kind: kinds[request.kind as usize],
            id_start: base + request.id_start,
            ..request
        }));
    }
}

impl Requests {
    pub(in crate::commands) fn new() -> Self {
        let by = |dimension: Dimension| Dimensions::new(vec![dimension], 0, Zone::Utc);
        Self {
            values: BY.map(|dimension| (by(dimension), Numbered::default())),
            kinds: Numbered::default(),
            list: Vec::new(),
            ids: Vec::new(),
        }
    }

    /// Puts the requests in the order of their kinds, times and ids, and then of their sizes.
    pub(in crate::commands) fn sort(&mut self) {
        let Self { list, ids, .. } = self;
        list.sort_unstable_by(|a, b| {
            let rest = |request: &Request| (request.object_size(), request.bytes_sent, request.names_version);
            let order = (a.kind, a.time).cmp(&(b.kind, b.time)).then_with(|| id(ids, a).cmp(id(ids, b)));
            order.then_with(|| rest(a).cmp(&rest(b)))
        });
    }

    pub(in crate::commands) fn list(&self) -> &[Request] {
        &self.list
    }

    pub(in crate::commands) fn id(&self, request: &Request) -> &[u8] {
        id(&self.ids, request)
    }

    /// The numbers of the values of each kind.
    pub(in crate::commands) fn kinds(&self) -> Vec<Numbers> {
        self.kinds.texts().into_iter().map(from_bytes).collect()
    }

    pub(in crate::commands) fn texts(&self) -> Texts {
        self.values
            .each_ref()
            .map(|(by, texts)| texts.texts().into_iter().map(|key| by.values(key).pop().flatten()).collect())
    }
}

fn id<'a>(ids: &'a [u8], request: &Request) -> &'a [u8] {
    &ids[request.id_start..request.id_start + request.id_len as usize]
}

fn to_bytes(numbers: Numbers) -> [[u8; 4]; BY.len()] {
    numbers.map(u32::to_ne_bytes)
}

fn from_bytes(bytes: &[u8]) -> Numbers {
    let mut numbers = bytes.as_chunks().0.iter().copied().map(u32::from_ne_bytes);
    std::array::from_fn(|_| numbers.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::parser::Parser;

    proptest! {
        #[test]
        fn any_parts_hold_what_a_naive_loop_keeps(
            requests in prop::collection::vec(("[ab]", "[a-c]", "-|v[12]", 0u32..4, "[A-C]{1,3}"), 0..60), parts in 1usize..4,
        ) {
            let mut naive: BTreeMap<_, Vec<_>> = BTreeMap::new();
            let mut split: Vec<_> = (0..parts).map(|_| Requests::new()).collect();
            for (place, (bucket, key, version, second, id)) in requests.into_iter().enumerate() {
                let line = format!(
                    "o {bucket} [06/Feb/2019:00:00:0{second} +0000] 192.0.2.3 - {id} REST.GET.OBJECT {key} \"GET /{key} HTTP/1.1\" 200 - 1 2 3 4 \"-\" \"a\" {version}"
                );
                split[place % parts].add(&Parser::default().parse(line.as_bytes()).expect("a record"));
                let version = Some(version).filter(|version| version != "-");
                naive.entry((bucket, key, version)).or_default().push((second, id));
            }
            let mut merged = split.into_iter().reduce(|mut all, part| { all.merge(part); all }).unwrap();
            merged.sort();
            let (texts, kinds) = (merged.texts(), merged.kinds());
            let text = |of: usize, kind: &Numbers| {
                texts[of][kind[of] as usize].as_ref().map(|text| String::from_utf8_lossy(text).into_owned())
            };
            let mut kept: BTreeMap<_, Vec<_>> = BTreeMap::new();
            for request in merged.list() {
                let kind = &kinds[request.kind as usize];
                let [bucket, key] = [0, 1].map(|of| text(of, kind).expect("a name"));
                let second = (request.time.millis() / 1000 % 60) as u32;
                let id = String::from_utf8_lossy(merged.id(request)).into_owned();
                kept.entry((bucket, key, text(BY.len() - 1, kind))).or_default().push((second, id));
            }
            prop_assert_eq!(kept.len(), kinds.len());
            naive.values_mut().for_each(|requests| requests.sort());
            prop_assert_eq!(kept, naive);
        }
    }
}
