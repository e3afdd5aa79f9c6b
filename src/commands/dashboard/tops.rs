//! The most frequent values of what requests hold, and of what is derived from those.

use super::combined::Combined;
use super::statuses::{StatusSet, Statuses};
use super::values::Values;
use crate::aggregate::{Derived, Dimension, Dimensions, GroupTable, Merge};
use crate::record::{Field, Record};
use crate::report::{Note, Table};
use crate::semantics::{Geoip, Outcome, Security};
use crate::time::Zone;

/// What is counted of a value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    pub(super) requests: u64,
    pub(super) errors: u64,
    /// Those of status 2xx.
    pub(super) successes: u64,
    /// Those of what is not there.
    pub(super) missing: u64,
    pub(super) bytes_sent: u64,
    pub(super) statuses: StatusSet,
}

impl Count {
    /// Of one request.
    #[inline]
    pub(super) fn of(record: &Record<'_>) -> Self {
        let outcome = Outcome::of(record);
        Self {
            requests: 1,
            errors: u64::from(outcome.is_error()),
            successes: u64::from(outcome == Outcome::Success),
            missing: u64::from(outcome == Outcome::Missing),
            bytes_sent: record.bytes_sent().unwrap_or_default(),
            statuses: StatusSet::of(record.http_status()),
        }
    }
}

impl Merge for Count {
    fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.successes += other.successes;
        self.missing += other.missing;
        self.statuses.merge(other.statuses);
        self.bytes_sent = self.bytes_sent.saturating_add(other.bytes_sent);
    }

    fn weight(&self) -> u64 {
        self.requests
    }
}

/// Which requests a table is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    All,
    /// It is no news that a request has not failed,
    Failed,
    /// or that it has no referer.
    Referring,
}

/// A table of values.
struct Top {
    name: &'static str,
    title: &'static str,
    by: &'static [Dimension],
    which: Which,
    /// Its part of the memory.
    parts: usize,
}

const fn top(name: &'static str, title: &'static str, by: &'static [Dimension], parts: usize) -> Top {
    Top { name, title, by, which: Which::All, parts }
}

const fn field(field: Field) -> Dimension {
    Dimension::Field(field)
}

const fn derived(derived: Derived) -> Dimension {
    Dimension::Derived(derived)
}

/// Tables whose values are at hand.
const PLAIN: [Top; 10] = [
    top("buckets", "Buckets", &[field(Field::Bucket)], 1),
    top("requesters", "Requesters", &[field(Field::Requester)], 2),
    top("addresses", "Addresses", &[field(Field::RemoteIp)], 4),
    top("operations", "Operations", &[field(Field::Operation)], 1),
    top("keys", "Keys", &[field(Field::Key)], 10),
    top("prefixes", "Prefixes", &[derived(Derived::Prefix)], 1),
    top("file_types", "File types", &[derived(Derived::Extension)], 1),
    Top {
        which: Which::Failed,
        ..top("errors", "Errors", &[field(Field::HttpStatus), field(Field::ErrorCode)], 1)
    },
    top("user_agents", "User agents", &[field(Field::UserAgent)], 3),
    Top { which: Which::Referring, ..top("referers", "Referers", &[field(Field::Referer)], 2) },
];

/// Tables of how requests came, which is at the end of a line and in few combinations. They have values of [`TRANSPORT`] only.
const OF_TRANSPORT: [Top; 3] = [
    top("hosts", "Endpoints", &[field(Field::HostHeader)], 1),
    top("tls", "TLS", &[field(Field::TlsVersion), field(Field::CipherSuite)], 1),
    top(
        "authentication",
        "Authentication",
        &[field(Field::AuthenticationType), field(Field::SignatureVersion)],
        1,
    ),
];
/// The ACL is what `audit` looks at beside them.
const TRANSPORT: [Field; 6] = [
    Field::HostHeader,
    Field::TlsVersion,
    Field::CipherSuite,
    Field::AuthenticationType,
    Field::SignatureVersion,
    Field::AclRequired,
];

/// How many parts of the memory all tables take.
pub(super) const PARTS: usize = parts(&PLAIN) + parts(&OF_TRANSPORT);

const fn parts(tops: &[Top]) -> usize {
    let (mut sum, mut place) = (0, 0);
    while place < tops.len() {
        sum += tops[place].parts;
        place += 1;
    }
    sum
}

/// Most prefixes of one part tell the parts of a bucket from each other.
const PREFIX_DEPTH: usize = 1;

/// The values of all tables, while they are counted.
pub(super) struct Counting {
    plain: Vec<(Which, Dimensions, GroupTable<Count>)>,
    transport: Combined<Option<bool>>,
    statuses: Statuses,
}

impl Counting {
    /// `memory` is what a part of the memory is, in bytes.
    pub(super) fn new(zone: Zone, memory: usize) -> Self {
        let by = |top: &Top| Dimensions::new(top.by.to_vec(), PREFIX_DEPTH, zone);
        let groups = |top: &Top| GroupTable::bounded(memory * top.parts);
        let transport = OF_TRANSPORT.iter().map(|top| (by(top), groups(top))).collect();
        Self {
            plain: PLAIN.iter().map(|top| (top.which, by(top), groups(top))).collect(),
            transport: Combined::new(&TRANSPORT, transport),
            statuses: Statuses::default(),
        }
    }

    /// Counts a record. Returns whether the way in which it came is weak: see [`Security::is_weak`].
    #[inline]
    pub(super) fn add(&mut self, record: &Record<'_>) -> bool {
        let one = Count::of(record);
        for (which, by, groups) in &mut self.plain {
            let is_counted = match which {
                Which::All => true,
                Which::Failed => one.errors > 0,
                Which::Referring => record.get(Field::Referer).is_some(),
            };
            if is_counted {
                groups.update(by.key(record), |count| count.merge(one));
            }
        }
        self.statuses.add(record.http_status(), one);
        *self.transport.add(record, one).get_or_insert_with(|| Security::of(record).is_weak())
    }

    pub(super) fn merge(&mut self, other: Self) {
        for ((.., groups), (.., more)) in self.plain.iter_mut().zip(other.plain) {
            groups.merge(more);
        }
        self.transport.merge(other.transport);
        self.statuses.merge(other.statuses);
    }

    pub(super) fn bytes(&self) -> usize {
        self.plain.iter().map(|(.., groups)| groups.bytes()).sum::<usize>() + self.transport.bytes()
    }

    /// All of them counted.
    pub(super) fn done(self) -> Tops {
        let plain = self.plain.into_iter().map(|(_, by, groups)| (by, groups));
        let tables = plain.chain(self.transport.done());
        let values = |(top, (by, groups)): (&Top, _)| {
            let Top { name, title, which, .. } = *top;
            Values { name, title, which, by, groups }
        };
        let values = PLAIN.iter().chain(&OF_TRANSPORT).zip(tables).map(values);
        Tops { values: values.collect(), statuses: self.statuses }
    }
}

/// The values of all tables.
pub(super) struct Tops {
    values: Vec<Values>,
    statuses: Statuses,
}

impl Tops {
    fn of(&self, name: &str) -> Option<&Values> {
        self.values.iter().find(|values| values.name == name)
    }

    /// How many different values there are; a null is none.
    pub(super) fn distinct(&self, name: &str) -> u64 {
        self.of(name).map_or(0, Values::distinct)
    }

    /// Sentences about numbers of values that are estimates.
    pub(super) fn estimates(&self) -> impl Iterator<Item = Note> {
        let counted =
            self.values.iter().filter(|values| ["requesters", "addresses", "keys"].contains(&values.name));
        counted.filter(|values| values.groups.approximation().is_some()).map(|values| {
            Note::Approximate(format!("{}: an estimate, for --memory does not hold all of them", values.name))
        })
    }

    /// All tables, and those that are derived from them after the one they are derived from.
    pub(super) fn tables(&self, limit: usize, geoip: &Geoip) -> Vec<Table> {
        let mut tables = Vec::new();
        for values in &self.values {
            tables.push(values.table(limit, |_| true));
            match values.name {
                "addresses" => tables.extend(values.places(limit, geoip)),
                "keys" => tables.extend(values.by_outcome(limit)),
                "errors" => tables.push(self.statuses.table()),
                "user_agents" => tables.extend(values.clients(limit)),
                "referers" => tables.extend(values.sites(limit)),
                _ => {}
            }
        }
        tables
    }
}
