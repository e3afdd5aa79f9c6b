//! Requests by status, and the statuses with which a value was answered.

use crate::aggregate::Merge as _;
use crate::record::Field;
use crate::report::{Chart, Column, Table, Value};

use super::tops::Count;

/// Statuses have three digits.
const STATUSES: usize = 1000;

/// The statuses of S3. All others share the last place.
///
/// Sources: AWS, "Error responses" (400 to 503), and the API reference of the operations (200, 204, 206, 304); 301 to 308 are those of
/// redirects, of buckets and of websites; 429 is what other stores say for `SlowDown`.
const KNOWN: [u16; 29] = [
    200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 409, 411, 412, 413, 416,
    417, 428, 429, 500, 501, 502, 503, 504,
];
const OTHER: u8 = KNOWN.len() as u8;

const PLACES: [u8; STATUSES] = {
    let mut places = [OTHER; STATUSES];
    let mut place = 0;
    while place < KNOWN.len() {
        places[KNOWN[place] as usize] = place as u8;
        place += 1;
    }
    places
};

/// A set of statuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StatusSet(u32);

impl StatusSet {
    /// The one of a request, which S3's own work does not have.
    #[inline]
    pub(super) fn of(status: Option<u16>) -> Self {
        Self(status.map_or(0, |status| 1 << PLACES.get(usize::from(status)).copied().unwrap_or(OTHER)))
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Its statuses in their order.
    pub(super) fn list(self) -> Value {
        let has = |place: usize| self.0 & 1 << place != 0;
        let known = KNOWN.iter().enumerate().filter(|(place, _)| has(*place));
        let mut texts: Vec<Vec<u8>> = known.map(|(_, status)| status.to_string().into_bytes()).collect();
        if has(OTHER.into()) {
            texts.push(b"other".to_vec());
        }
        if texts.is_empty() { Value::Null } else { Value::List(texts) }
    }
}

/// How many requests had each status.
#[derive(Debug)]
pub(super) struct Statuses(Box<[Count]>);

impl Default for Statuses {
    fn default() -> Self {
        // The last one is for S3's own work, which has none.
        Self(vec![Count::default(); STATUSES + 1].into())
    }
}

impl Statuses {
    #[inline]
    pub(super) fn add(&mut self, status: Option<u16>, one: Count) {
        let place = status.map_or(STATUSES, usize::from);
        if let Some(count) = self.0.get_mut(place) {
            count.merge(one);
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| count.merge(more));
    }

    /// All of them, the most frequent first.
    pub(super) fn table(&self) -> Table {
        let mut seen: Vec<_> = self.0.iter().enumerate().filter(|(_, count)| count.requests > 0).collect();
        seen.sort_by_key(|(_, count)| std::cmp::Reverse(count.requests));
        let requests: u64 = seen.iter().map(|(_, count)| count.requests).sum();
        Table::builder("statuses", "Statuses", seen)
            .one(Column::of(Field::HttpStatus), |(status, _)| {
                if *status < STATUSES { Value::Integer(*status as i64) } else { Value::Null }
            })
            .column("requests", Value::Count, |(_, count)| count.requests)
            .column("share", Value::Share, move |(_, count)| count.requests as f64 / requests as f64)
            .column("bytes_sent", Value::Bytes, |(_, count)| count.bytes_sent)
            .context()
            .chart(Chart::bars("requests"))
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_in_a_set() {
        let list = |statuses: &[Option<u16>]| {
            let mut set = StatusSet::default();
            statuses.iter().for_each(|status| set.merge(StatusSet::of(*status)));
            set.list()
        };
        let texts = |texts: &[&str]| Value::List(texts.iter().map(|text| text.as_bytes().to_vec()).collect());
        assert_eq!(list(&[None]), Value::Null);
        assert_eq!(list(&[Some(404), Some(200), None, Some(404)]), texts(&["200", "404"]));
        assert_eq!(list(&[Some(299), Some(999), Some(504)]), texts(&["504", "other"]));
        for status in KNOWN {
            assert_eq!(list(&[Some(status)]), texts(&[&status.to_string()]));
        }
        assert!(KNOWN.is_sorted() && KNOWN.len() < 32);
    }
}
