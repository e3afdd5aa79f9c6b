//! The values of a table, and what is derived from them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::tops::{Count, Which};
use crate::aggregate::{Derived, Dimension, Dimensions, GroupTable, KeyBuffer, Merge as _, top_n};
use crate::dimension::write_network;
use crate::report::{Chart, Column, Note, Table, Value};
use crate::semantics::{Geoip, host_of, is_bot, platform, search_phrase, write_client};
use crate::time::Zone;

/// The values of a table.
pub(super) struct Values {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) which: Which,
    pub(super) by: Dimensions,
    pub(super) groups: GroupTable<Count>,
}

impl Values {
    /// How many there are; a null is none.
    pub(super) fn distinct(&self) -> u64 {
        let nulls = self.groups.iter().filter(|(key, _)| self.by.is_null(key)).count() as u64;
        self.groups.distinct() - nulls
    }

    /// Networks, and where they are, if there is a database that tells.
    pub(super) fn places(&self, limit: usize, geoip: &Geoip) -> Vec<Table> {
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
    pub(super) fn clients(&self, limit: usize) -> Vec<Table> {
        let client = ("clients", "Clients", Derived::Client);
        let bots = ("bots", "Bots", Derived::Client);
        let clients = self.folded(client, limit, |agent, out| {
            write_client(agent, out);
            Some(())
        });
        let mut platforms = BTreeMap::<&'static str, Count>::new();
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

    /// The sites that refer, and what was looked for where they are search engines.
    pub(super) fn sites(&self, limit: usize) -> [Table; 2] {
        let hosts = ("referer_hosts", "Referring sites", Derived::RefererHost);
        let hosts = self.folded(hosts, limit, |referer, out| {
            out.extend_from_slice(&host_of(referer)?);
            Some(())
        });
        let mut phrases = GroupTable::<Count>::default();
        for (key, count) in self.groups.iter() {
            let referer = self.by.values(key).pop().flatten();
            if let Some(phrase) = referer.and_then(|referer| search_phrase(&referer)) {
                phrases.update(&phrase, |sum| sum.merge(*count));
            }
        }
        let phrases =
            Table::builder("search_phrases", "Search phrases", phrases.top(limit, |count| count.requests))
                .text("search_phrase", |(phrase, _)| Some(*phrase))
                .column("requests", Value::Count, |(_, count)| count.requests)
                .chart(Chart::bars("requests"))
                .total(phrases.distinct())
                .note("search_phrase: most search engines no longer tell")
                .notes(self.groups.approximation())
                .build();
        [hosts, phrases]
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
        let derived = Values { name, title, which: Which::All, by, groups: folded };
        // Of what has no value there is nothing to derive from.
        let mut table = derived.table(limit, |key| !derived.by.is_null(key));
        table.notes.extend(self.groups.approximation().map(Note::from));
        table
    }

    /// The keys that were answered, those with errors, and those of what is not there.
    pub(super) fn by_outcome(&self, limit: usize) -> [Table; 3] {
        [
            self.most(("served_keys", "Keys of successful requests", "successes"), limit, |count| {
                count.successes
            }),
            self.most(("failing_keys", "Keys of failed requests", "errors"), limit, |count| count.errors),
            self.most(("missing_keys", "Keys that were not found", "not_found"), limit, |count| {
                count.missing
            }),
        ]
    }

    /// The values with most of something.
    fn most(
        &self,
        (name, title, column): (&'static str, &'static str, &'static str),
        limit: usize,
        of: fn(&Count) -> u64,
    ) -> Table {
        let has = || self.groups.iter().filter(|(_, count)| of(count) > 0);
        Table::builder(name, title, top_n(has(), limit, |count| of(count)))
            .group(&self.by, |(key, _)| key)
            .column(column, Value::Count, |(_, count)| of(count))
            .column("requests", Value::Count, |(_, count)| count.requests)
            .context()
            .one(Column::whole("statuses"), |(_, count)| count.statuses.list())
            .context()
            .chart(Chart::bars(column))
            .total(has().count() as u64)
            .notes(self.groups.approximation())
            .build()
    }

    /// The values with most requests, of those that are wanted.
    pub(super) fn table(&self, limit: usize, is_wanted: impl Fn(&[u8]) -> bool) -> Table {
        let left_out = self.groups.iter().filter(|(key, _)| !is_wanted(key)).count() as u64;
        let wanted = self.groups.iter().filter(|(key, _)| is_wanted(key));
        let table = Table::builder(self.name, self.title, top_n(wanted, limit, |count| count.requests))
            .group(&self.by, |(key, _)| key)
            .column("requests", Value::Count, |(_, count)| count.requests);
        // Where all are errors, there is one number.
        let table = match self.which {
            Which::Failed => table,
            Which::All | Which::Referring => table.column("errors", Value::Count, |(_, count)| count.errors),
        };
        table
            .column("bytes_sent", Value::Bytes, |(_, count)| count.bytes_sent)
            .context()
            .chart(Chart::bars("requests"))
            .total(self.groups.distinct().saturating_sub(left_out))
            .notes(self.groups.approximation())
            .build()
    }
}
