//! The most frequent values of what requests hold, and of what is derived from those.

use std::cmp::Reverse;

use super::combined::Combined;
use crate::aggregate::{Derived, Dimension, Dimensions, GroupTable, KeyBuffer, Merge, top_n};
use crate::dimension::write_network;
use crate::record::{Field, Record};
use crate::report::{Chart, Column, Note, Table, Value};
use crate::semantics::{Geoip, Outcome, host_of, is_bot, platform, write_client};
use crate::time::{Timestamp, Zone};

/// What is counted of a value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    pub(super) requests: u64,
    errors: u64,
    missing: u64,
    bytes_sent: u64,
}

impl Merge for Count {
    fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.missing += other.missing;
        self.bytes_sent = self.bytes_sent.saturating_add(other.bytes_sent);
    }

    fn weight(&self) -> u64 {
        self.requests
    }
}

const fn field(field: Field) -> Dimension {
    Dimension::Field(field)
}

const fn derived(derived: Derived) -> Dimension {
    Dimension::Derived(derived)
}

/// A table of values: its name, its title, what it groups by, and its part of the memory.
type Top = (&'static str, &'static str, &'static [Dimension], usize);

/// Who asks. A table of these has values of [`CLIENT`] only.
const OF_CLIENT: [Top; 4] = [
    ("requesters", "Requesters", &[field(Field::Requester)], 2),
    ("addresses", "Addresses", &[field(Field::RemoteIp)], 4),
    ("user_agents", "User agents", &[field(Field::UserAgent)], 3),
    ("referers", "Referers", &[field(Field::Referer)], 2),
];
const CLIENT: [Field; 4] = [Field::Requester, Field::RemoteIp, Field::UserAgent, Field::Referer];

/// What is asked for, and how. A table of these has values of [`REQUEST`] only.
const OF_REQUEST: [Top; 6] = [
    ("buckets", "Buckets", &[field(Field::Bucket)], 1),
    ("operations", "Operations", &[field(Field::Operation)], 1),
    ("errors", "Errors", &[field(Field::HttpStatus), field(Field::ErrorCode)], 1),
    ("hosts", "Endpoints", &[field(Field::HostHeader)], 1),
    ("tls", "TLS", &[field(Field::TlsVersion), field(Field::CipherSuite)], 1),
    (
        "authentication",
        "Authentication",
        &[field(Field::AuthenticationType), field(Field::SignatureVersion)],
        1,
    ),
];
const REQUEST: [Field; 9] = [
    Field::Bucket,
    Field::Operation,
    Field::HttpStatus,
    Field::ErrorCode,
    Field::HostHeader,
    Field::TlsVersion,
    Field::CipherSuite,
    Field::AuthenticationType,
    Field::SignatureVersion,
];

/// Of which object. Nearly every request has other values.
const OF_OBJECT: [Top; 3] = [
    ("keys", "Keys", &[field(Field::Key)], 10),
    ("prefixes", "Prefixes", &[derived(Derived::Prefix)], 1),
    ("file_types", "File types", &[derived(Derived::Extension)], 1),
];

/// How many parts of the memory all tables take.
pub(super) const PARTS: usize = parts(&OF_CLIENT) + parts(&OF_REQUEST) + parts(&OF_OBJECT);

const fn parts(tops: &[Top]) -> usize {
    let (mut sum, mut place) = (0, 0);
    while place < tops.len() {
        sum += tops[place].3;
        place += 1;
    }
    sum
}

/// Most prefixes of one part tell the parts of a bucket from each other.
const PREFIX_DEPTH: usize = 1;

/// The values of all tables, while they are counted.
pub(super) struct Counting {
    client: Combined<Visit>,
    request: Combined<()>,
    object: Vec<(Dimensions, GroupTable<Count>)>,
}

/// The day on which a client was seen last, so that a visitor is counted once for many requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Visit(pub(super) Option<Timestamp>);

impl Counting {
    /// `memory` is what a part of the memory is, in bytes.
    pub(super) fn new(zone: Zone, memory: usize) -> Self {
        let tables = |tops: &[Top]| -> Vec<_> {
            let table = |(_, _, by, parts): &Top| {
                (Dimensions::new(by.to_vec(), PREFIX_DEPTH, zone), GroupTable::bounded(memory * parts))
            };
            tops.iter().map(table).collect()
        };
        Self {
            client: Combined::new(&CLIENT, tables(&OF_CLIENT)),
            request: Combined::new(&REQUEST, tables(&OF_REQUEST)),
            object: tables(&OF_OBJECT),
        }
    }

    /// Counts a record, and tells when its client was seen.
    #[inline]
    pub(super) fn add(&mut self, record: &Record<'_>) -> &mut Visit {
        let outcome = Outcome::of(record);
        let one = Count {
            requests: 1,
            errors: u64::from(outcome.is_error()),
            missing: u64::from(outcome == Outcome::Missing),
            bytes_sent: record.bytes_sent().unwrap_or_default(),
        };
        self.request.add(record, one);
        for (by, groups) in &mut self.object {
            groups.update(by.key(record), |count| count.merge(one));
        }
        self.client.add(record, one)
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.client.merge(other.client);
        self.request.merge(other.request);
        for ((_, groups), (_, more)) in self.object.iter_mut().zip(other.object) {
            groups.merge(more);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let object: usize = self.object.iter().map(|(_, groups)| groups.bytes()).sum();
        self.client.bytes() + self.request.bytes() + object
    }

    /// All of them counted.
    pub(super) fn done(self) -> Tops {
        let tops = OF_CLIENT.iter().chain(&OF_REQUEST).chain(&OF_OBJECT);
        let tables = self.client.done().into_iter().chain(self.request.done()).chain(self.object);
        Tops(
            tops.zip(tables)
                .map(|((name, title, ..), (by, groups))| Values { name, title, by, groups })
                .collect(),
        )
    }
}

/// The values of a table.
struct Values {
    name: &'static str,
    title: &'static str,
    by: Dimensions,
    groups: GroupTable<Count>,
}

/// The values of all tables.
pub(super) struct Tops(Vec<Values>);

impl Tops {
    fn of(&self, name: &str) -> Option<&Values> {
        self.0.iter().find(|values| values.name == name)
    }

    /// How many different values there are; a null is none.
    pub(super) fn distinct(&self, name: &str) -> u64 {
        let count = |Values { by, groups, .. }: &Values| {
            groups.distinct() - groups.iter().filter(|(key, _)| by.is_null(key)).count() as u64
        };
        self.of(name).map_or(0, count)
    }

    /// Sentences about numbers of values that are estimates.
    pub(super) fn estimates(&self) -> impl Iterator<Item = Note> {
        let counted =
            self.0.iter().filter(|values| ["requesters", "addresses", "keys"].contains(&values.name));
        counted.filter(|values| values.groups.approximation().is_some()).map(|values| {
            Note::Approximate(format!("{}: an estimate, for --memory does not hold all of them", values.name))
        })
    }

    /// All tables, and those that are derived from them after the one they are derived from.
    pub(super) fn tables(&self, limit: usize, geoip: &Geoip) -> Vec<Table> {
        let mut tables = Vec::new();
        for values in &self.0 {
            tables.push(match values.name {
                // It is no news that a request has not failed, or that it has no referer.
                "errors" => values.table(limit, |_, count| count.errors > 0),
                "referers" => values.table(limit, |key, _| !values.by.is_null(key)),
                _ => values.table(limit, |_, _| true),
            });
            match values.name {
                "addresses" => tables.extend(values.places(limit, geoip)),
                "keys" => tables.extend([
                    values.failing(("failing_keys", "Keys of failed requests", "errors"), limit, |count| {
                        count.errors
                    }),
                    values.failing(
                        ("missing_keys", "Keys that were not found", "not_found"),
                        limit,
                        |count| count.missing,
                    ),
                ]),
                "user_agents" => tables.extend(values.clients(limit)),
                "referers" => tables.push(values.folded(
                    ("referer_hosts", "Referring sites", Derived::RefererHost),
                    limit,
                    |referer, out| {
                        out.extend_from_slice(&host_of(referer)?);
                        Some(())
                    },
                )),
                _ => {}
            }
        }
        tables
    }
}

impl Values {
    /// Networks, and where they are, if there is a database that tells.
    fn places(&self, limit: usize, geoip: &Geoip) -> Vec<Table> {
        let network = ("networks", "Networks", Derived::Network);
        let mut tables = vec![self.folded(network, limit, |address, out| {
            write_network(address, out);
            Some(())
        })];
        if !geoip.is_empty() {
            let country = ("countries", "Countries", Derived::Country);
            let system = ("as_names", "Autonomous systems", Derived::AsName);
            let write = |text: Option<&str>, out: &mut Vec<u8>| {
                out.extend_from_slice(text?.as_bytes());
                Some(())
            };
            tables.push(self.folded(country, limit, |address, out| write(geoip.country(address), out)));
            tables.push(self.folded(system, limit, |address, out| write(geoip.as_name(address), out)));
        }
        tables
    }

    /// Programs, those that are crawlers, and what they run on.
    fn clients(&self, limit: usize) -> Vec<Table> {
        let client = ("clients", "Clients", Derived::Client);
        let bots = ("bots", "Bots", Derived::Client);
        let clients = self.folded(client, limit, |agent, out| {
            write_client(agent, out);
            Some(())
        });
        let mut platforms: std::collections::BTreeMap<&'static str, Count> =
            std::collections::BTreeMap::new();
        for (key, count) in self.groups.iter() {
            let agent = self.by.values(key).pop().flatten();
            platforms.entry(agent.map_or("not named", |agent| platform(&agent))).or_default().merge(*count);
        }
        let mut platforms: Vec<_> = platforms.into_iter().collect();
        platforms.sort_by_key(|(_, count)| Reverse(count.requests));
        let platforms = Table::builder("platforms", "Operating systems", platforms)
            .one(Column::whole("platform"), |(name, _)| Value::from(*name))
            .column("requests", Value::Count, |(_, count)| count.requests)
            .column("errors", Value::Count, |(_, count)| count.errors)
            .column("bytes_sent", Value::Bytes, |(_, count)| count.bytes_sent)
            .context()
            .chart(Chart::bars("requests"))
            .notes(self.groups.approximation())
            .build();
        vec![
            clients,
            self.folded(bots, limit, |agent, out| is_bot(agent).then(|| write_client(agent, out))),
            platforms,
        ]
    }

    /// A table of what `write` derives from the values of another.
    fn folded(
        &self,
        (name, title, derived): (&'static str, &'static str, Derived),
        limit: usize,
        write: impl Fn(&[u8], &mut Vec<u8>) -> Option<()>,
    ) -> Table {
        let mut folded = GroupTable::<Count>::default();
        let mut key = KeyBuffer::default();
        for (value, count) in self.groups.iter() {
            let (value, mut text) = (self.by.values(value).pop().flatten(), Vec::new());
            let derived = value.and_then(|value| write(&value, &mut text)).map(|()| text.as_slice());
            folded.update(key.start().push(derived).key(), |sum| sum.merge(*count));
        }
        let by = Dimensions::new(vec![Dimension::Derived(derived)], 0, Zone::Utc);
        let derived = Values { name, title, by, groups: folded };
        // Of what has no value there is nothing to derive from.
        let mut table = derived.table(limit, |key, _| !derived.by.is_null(key));
        table.notes.extend(self.groups.approximation().map(Note::from));
        table
    }

    /// The keys with most of something that should not be.
    fn failing(
        &self,
        (name, title, column): (&'static str, &'static str, &'static str),
        limit: usize,
        of: fn(&Count) -> u64,
    ) -> Table {
        let failing: Vec<_> = self.groups.iter().filter(|(_, count)| of(count) > 0).collect();
        let total = failing.len() as u64;
        Table::builder(name, title, top_n(failing, limit, |count| of(count)))
            .group(&self.by, |(key, _)| key)
            .column(column, Value::Count, |(_, count)| of(count))
            .column("requests", Value::Count, |(_, count)| count.requests)
            .context()
            .chart(Chart::bars(column))
            .total(total)
            .notes(self.groups.approximation())
            .build()
    }

    /// The values with most requests, of those that are wanted.
    fn table(&self, limit: usize, is_wanted: impl Fn(&[u8], &Count) -> bool) -> Table {
        let left_out = self.groups.iter().filter(|(key, count)| !is_wanted(key, count)).count() as u64;
        let wanted = self.groups.iter().filter(|(key, count)| is_wanted(key, count));
        Table::builder(self.name, self.title, top_n(wanted, limit, |count| count.requests))
            .group(&self.by, |(key, _)| key)
            .column("requests", Value::Count, |(_, count)| count.requests)
            .column("errors", Value::Count, |(_, count)| count.errors)
            .column("bytes_sent", Value::Bytes, |(_, count)| count.bytes_sent)
            .context()
            .chart(Chart::bars("requests"))
            .total(self.groups.distinct().saturating_sub(left_out))
            .notes(self.groups.approximation())
            .build()
    }
}
