//! The key of a record's group.

use std::fmt;
use std::str::FromStr;

use super::key::{self, KeyBuffer, KeyReader};
use crate::dimension::{DeriveOptions, Dimension, UnknownDimension, field_text, write_time};
use crate::record::{Field, Record};
use crate::time::{Timestamp, Zone};

/// Dimensions whose values count together: `remote_ip+user_agent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Combination(pub(crate) Vec<Dimension>);

impl fmt::Display for Combination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.iter().map(|dimension| dimension.name()).collect::<Vec<_>>().join("+"))
    }
}

impl FromStr for Combination {
    type Err = UnknownDimension;

    fn from_str(typed: &str) -> Result<Self, UnknownDimension> {
        typed.split('+').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// One or more dimensions, how to read them, and the space that keys are made in.
#[derive(Clone, Debug)]
pub(crate) struct Dimensions {
    list: Vec<Dimension>,
    options: DeriveOptions,
    buffer: KeyBuffer,
    /// For a single value that has to be written.
    one: Vec<u8>,
}

impl Dimensions {
    /// Groups by all of `list` together. `depth` is the number of parts in a prefix; days and hours are those of `zone`.
    pub(crate) fn new(list: Vec<Dimension>, depth: usize, zone: Zone) -> Self {
        Self::of(list, DeriveOptions { depth, zone, ..DeriveOptions::default() })
    }

    /// Groups by all of `list` together, as the options say.
    pub(crate) fn of(list: Vec<Dimension>, options: DeriveOptions) -> Self {
        Self { list, options, buffer: KeyBuffer::default(), one: Vec::new() }
    }

    /// The dimensions, in the order in which they were asked for.
    pub(crate) fn list(&self) -> &[Dimension] {
        &self.list
    }

    /// The key of the record's group in a [`super::GroupTable`].
    #[inline]
    pub(crate) fn key<'k>(&'k mut self, record: &Record<'k>) -> &'k [u8] {
        if let [Dimension::Field(field)] = self.list[..] {
            if field == Field::Timestamp {
                self.one.clear();
                write_time(record.timestamp(), &mut self.one);
                return &self.one;
            }
            return key::of_one(field_text(field, record), &mut self.one);
        }
        self.buffer.start();
        push(&self.list, &self.options, record, &mut self.buffer);
        self.buffer.key()
    }

    /// Adds the values of a record to a longer key, from which [`Dimensions::read`] takes them.
    #[inline]
    pub(crate) fn add_to(&self, key: &mut KeyBuffer, record: &Record<'_>) {
        push(&self.list, &self.options, record, key);
    }

    /// The key of the record's group within an interval that begins at `start`. Keys sort by time first.
    #[inline]
    pub(crate) fn key_at<'k>(&'k mut self, start: Timestamp, record: &Record<'k>) -> &'k [u8] {
        self.buffer.start().push_number(start.rank());
        push(&self.list, &self.options, record, &mut self.buffer);
        self.buffer.key()
    }

    /// The key of the record's group, divided further by numbers: see [`split_numbers`].
    #[inline]
    pub(crate) fn key_with<'k, const N: usize>(
        &'k mut self,
        record: &Record<'k>,
        numbers: [u64; N],
    ) -> &'k [u8] {
        self.buffer.start();
        push(&self.list, &self.options, record, &mut self.buffer);
        for number in numbers {
            self.buffer.push_number(number);
        }
        self.buffer.key()
    }

    /// Whether every value of a key from [`Dimensions::key`] is null.
    pub(crate) fn is_null(&self, key: &[u8]) -> bool {
        self.null_test()(key)
    }

    /// What [`Dimensions::is_null`] asks, for when a key is still borrowed.
    #[inline]
    pub(crate) fn null_test(&self) -> fn(&[u8]) -> bool {
        match self.list[..] {
            [Dimension::Field(_)] => |key| key::read_one(key).is_none(),
            _ => key::is_null,
        }
    }

    /// The values of a key from [`Dimensions::key`], one for each dimension; `None` is null.
    pub(crate) fn values(&self, key: &[u8]) -> Vec<Option<Vec<u8>>> {
        match self.list[..] {
            [Dimension::Field(_)] => vec![key::read_one(key).map(<[u8]>::to_vec)],
            _ => self.read(&mut KeyReader::new(key)),
        }
    }

    /// The start of the interval and the values of a key from [`Dimensions::key_at`].
    pub(crate) fn values_at(&self, key: &[u8]) -> (Timestamp, Vec<Option<Vec<u8>>>) {
        let mut reader = KeyReader::new(key);
        let start = Timestamp::from_rank(reader.number());
        (start, self.read(&mut reader))
    }

    /// The next values of a key, one for each dimension.
    pub(crate) fn read(&self, reader: &mut KeyReader<'_>) -> Vec<Option<Vec<u8>>> {
        self.list.iter().map(|_| reader.text().map(std::borrow::Cow::into_owned)).collect()
    }
}

#[inline]
fn push(list: &[Dimension], options: &DeriveOptions, record: &Record<'_>, key: &mut KeyBuffer) {
    for dimension in list {
        match dimension {
            Dimension::Field(Field::Timestamp) => key.push_with(|out| {
                write_time(record.timestamp(), out);
                Some(())
            }),
            Dimension::Field(field) => key.push(field_text(*field, record)),
            Dimension::Derived(derived) => key.push_with(|out| derived.write(record, options, out)),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::read_time;
    use crate::parser::Parser;

    const LINE: &[u8] = b"o b [06/Feb/2019:23:59:38 +0000] 2001:db8:1:2:3::4 arn:aws:iam::111122223333:user/x/alice R REST.GET.OBJECT a%2Fb%2Fc.Tar.GZ \"GET /a/b/c.Tar.GZ?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F2019&X-Amz-Expires=900 HTTP/1.1\" 403 AccessDenied 1 2 3 4 \"-\" \"aws-cli/2.1\" -";

    fn read(by: &str, depth: usize) -> Vec<Option<String>> {
        let list = by.split(',').map(|name| name.parse().expect("a dimension")).collect();
        let mut dimensions = Dimensions::new(list, depth, "+02:00".parse().expect("a zone"));
        let mut parser = Parser::default();
        let record = parser.parse(LINE).expect("a record");
        let key = dimensions.key(&record).to_vec();
        let values = dimensions.values(&key).into_iter();
        values.map(|value| value.map(|text| String::from_utf8_lossy(&text).into_owned())).collect()
    }

    #[test]
    fn every_derived_value() {
        let table = [
            ("account", Some("111122223333")),
            ("principal", Some("alice")),
            ("identity", Some("arn:aws:iam::111122223333:user/x/alice")),
            ("method", Some("GET")),
            ("client", Some("aws-cli/2")),
            ("status_class", Some("4xx")),
            ("prefix", Some("a/b/")),
            ("object", Some("a/b/c.Tar.GZ")),
            ("extension", Some("gz")),
            ("network", Some("2001:db8:1:2::/64")),
            ("day", Some("2019-02-07")),
            ("month", Some("2019-02")),
            ("week", Some("2019-W06")),
            ("weekday", Some("thu")),
            ("hour_of_day", Some("1")),
            ("bot", Some("-")),
            ("access_key_id", Some("AKIAIOSFODNN7EXAMPLE")),
            ("param:X-Amz-Expires", Some("900")),
            ("param:none", None),
            ("referer_host", None),
            ("object_version", Some("b/a/b/c.Tar.GZ")),
            ("country", None),
            ("referer", None),
            ("key", Some("a%2Fb%2Fc.Tar.GZ")),
        ];
        for (by, expected) in table {
            assert_eq!(read(by, 2), [expected.map(str::to_owned)], "{by}");
        }
        assert_eq!(read("prefix", 9), [Some("a/b/".to_owned())]);
        let both = read("referer,http_status,version_id,extension", 1);
        assert_eq!(both, [None, Some("403".to_owned()), None, Some("gz".to_owned())]);
    }

    #[test]
    fn hours_are_times() {
        let mut dimensions = Dimensions::new(vec!["hour".parse().expect("a dimension")], 1, Zone::Utc);
        let mut parser = Parser::default();
        let record = parser.parse(LINE).expect("a record");
        let key = dimensions.key(&record).to_vec();
        let time = dimensions.values(&key)[0].as_deref().and_then(read_time);
        assert_eq!(time.map(|time| time.to_string()).as_deref(), Some("2019-02-06T23:00:00Z"));
    }

    #[test]
    fn no_dimension_is_one_group() {
        let mut dimensions = Dimensions::new(Vec::new(), 1, Zone::Utc);
        let mut parser = Parser::default();
        let record = parser.parse(LINE).expect("a record");
        let key = dimensions.key(&record).to_vec();
        assert!(!key.is_empty() && dimensions.is_null(&key) && dimensions.values(&key).is_empty());
    }

    #[test]
    fn texts_keep_their_zero_bytes_and_their_order() {
        let line = |bucket: &str, key: &str| {
            let text = String::from_utf8_lossy(LINE).replace(" b [", &format!(" {bucket} ["));
            text.replace("a%2Fb%2Fc.Tar.GZ", key).into_bytes()
        };
        let list = ["bucket", "object", "referer", "minute"].map(|name| name.parse().expect("a dimension"));
        let mut dimensions = Dimensions::new(list.to_vec(), 1, Zone::Utc);
        let buckets = ["a", "a\0", "a\0b", "ab"];
        let objects = ["x", "x%00", "x%00y", "xy"];
        let names = buckets.iter().flat_map(|bucket| objects.map(|object| (*bucket, object)));
        let keys = names.map(|(bucket, object)| {
            let (line, mut parser) = (line(bucket, object), Parser::default());
            let key = dimensions.key(&parser.parse(&line).expect("a record")).to_vec();
            let object = object.replace("%00", "\0");
            let [read_bucket, read_object, None, Some(minute)] = &dimensions.values(&key)[..] else {
                panic!()
            };
            assert_eq!(
                (read_bucket.as_deref(), read_object.as_deref()),
                (Some(bucket.as_bytes()), Some(object.as_bytes()))
            );
            assert_eq!(
                read_time(minute).map(|time| time.to_string()).as_deref(),
                Some("2019-02-06T23:59:00Z")
            );
            key
        });
        let keys: Vec<_> = keys.collect();
        assert!(keys.is_sorted_by(|a, b| a < b));
    }
}
