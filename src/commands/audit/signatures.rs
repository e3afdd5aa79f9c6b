//! The signatures of presigned URLs: how many, how long they are valid, and from where each was used.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::aggregate::{Derived, Dimension, GroupTable, KeyBuffer, KeyReader, Merge};
use crate::record::{Field, Record};
use crate::report::{Column, Table, Value};
use crate::semantics::Presigned;

use super::finding::{Example, Found};

/// How much of a signature is kept: enough to tell it from all others (64 bits of a hex digest, 96 of a base64 one), and too
/// little to use it.
const FINGERPRINT_LEN: usize = 16;

const SHORTEST: &str =
    "shortest, longest: how long the URLs are valid; for Signature Version 2: the time left until expiry";

/// The signatures, by their first characters and whose they are. There are many, and a table of boxes grows faster.
pub(super) struct Signatures {
    groups: GroupTable<Box<Uses>>,
    key: KeyBuffer,
}

/// About what an address takes: its place in the list and its text.
const ADDRESS_BYTES: usize = 48;

/// How one signature was used.
#[derive(Default)]
struct Uses {
    found: Found,
    shortest: Option<u64>,
    longest: Option<u64>,
    /// Sorted; nearly always one.
    addresses: Vec<Box<[u8]>>,
}

impl Signatures {
    /// None yet; as many as `memory` bytes hold, about.
    pub(super) fn new(memory: usize) -> Self {
        Self { groups: GroupTable::bounded(memory), key: KeyBuffer::default() }
    }

    /// Takes in one more presigned request.
    pub(super) fn add(&mut self, record: &Record<'_>, presigned: &Presigned<'_>) {
        let kept = presigned.signature.len().min(FINGERPRINT_LEN);
        self.key.start().push(Some(&presigned.signature[..kept])).push(record.requester().identity());
        self.groups.update(self.key.key(), |uses| {
            uses.found.add(record);
            uses.add_lifetimes(presigned.lifetime, presigned.lifetime);
            uses.add_address(record.get(Field::RemoteIp).unwrap_or_default(), Box::from);
        });
    }

    /// About how many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        self.groups.bytes()
    }

    /// Whether memory did not hold all of them.
    pub(super) fn is_approximate(&self) -> bool {
        self.groups.approximation().is_some()
    }

    /// Takes in what another part has seen.
    pub(super) fn merge(&mut self, other: Self) {
        self.groups.merge(other.groups);
    }

    fn all(&self) -> impl Iterator<Item = (Cow<'_, [u8]>, Option<Cow<'_, [u8]>>, &Uses)> {
        self.groups.iter().map(|(key, uses)| {
            let mut reader = KeyReader::new(key);
            (reader.text().unwrap_or_default(), reader.text(), &**uses)
        })
    }

    /// Those that were used from more than one address, the most used first.
    pub(super) fn shared(&self) -> Vec<Shared<'_>> {
        let shared = self.all().filter(|(_, _, uses)| uses.addresses.len() > 1);
        let mut shared: Vec<_> =
            shared.map(|(signature, identity, uses)| Shared { signature, identity, uses }).collect();
        shared.sort_unstable_by(|a, b| {
            let addresses = b.uses.addresses.len().cmp(&a.uses.addresses.len());
            let requests = b.uses.found.requests.cmp(&a.uses.found.requests);
            addresses
                .then(requests)
                .then_with(|| (&a.identity, &a.signature).cmp(&(&b.identity, &b.signature)))
        });
        shared
    }

    /// How many presigned URLs each identity has signed, and for how long.
    pub(super) fn table(&self, limit: usize) -> Table {
        let mut all: HashMap<Option<Cow<'_, [u8]>>, (u64, u64, Uses)> = HashMap::new();
        for (_, identity, uses) in self.all() {
            let (signatures, shared, sum) = all.entry(identity).or_default();
            *signatures += 1;
            *shared += u64::from(uses.addresses.len() > 1);
            sum.found.requests += uses.found.requests;
            sum.found.seen.merge(uses.found.seen);
            sum.add_lifetimes(uses.shortest, uses.longest);
        }
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort_unstable_by(|(a, (_, _, left)), (b, (_, _, right))| {
            right.found.requests.cmp(&left.found.requests).then_with(|| a.cmp(b))
        });
        let total = all.len() as u64;
        let rows = all.into_iter().take(limit).map(|(identity, (signatures, shared, uses))| Signer {
            identity,
            signatures,
            shared,
            uses,
        });
        Table::builder("presigned", "Presigned URLs", rows)
            .dimension(IDENTITY, |signer| signer.identity.as_ref())
            .column("requests", Value::Count, |signer| signer.uses.found.requests)
            .column("signatures", Value::Count, |signer| signer.signatures)
            .column("shared", Value::Count, |signer| signer.shared)
            .column("shortest", Value::millis, |signer| signer.uses.shortest)
            .context()
            .column("longest", Value::millis, |signer| signer.uses.longest)
            .context()
            .column("first_seen", Value::time, |signer| signer.uses.found.seen.get().map(|(first, _)| first))
            .detail()
            .column("last_seen", Value::time, |signer| signer.uses.found.seen.get().map(|(_, last)| last))
            .context()
            .total(total)
            .note(SHORTEST)
            .notes(self.groups.approximation())
            .build()
    }
}

/// What one identity has signed.
struct Signer<'a> {
    identity: Option<Cow<'a, [u8]>>,
    signatures: u64,
    shared: u64,
    /// Of all signatures together.
    uses: Uses,
}

impl Uses {
    fn add_lifetimes(&mut self, shortest: Option<u64>, longest: Option<u64>) {
        self.shortest = self.shortest.into_iter().chain(shortest).min();
        self.longest = self.longest.max(longest);
    }

    fn add_address<A: AsRef<[u8]>>(&mut self, address: A, own: impl FnOnce(A) -> Box<[u8]>) {
        if let Err(place) = self.addresses.binary_search_by(|other| (**other).cmp(address.as_ref())) {
            self.addresses.insert(place, own(address));
        }
    }
}

impl Merge for Box<Uses> {
    fn merge(&mut self, other: Self) {
        // Nearly every signature is in one part only.
        if self.found.requests == 0 {
            *self = other;
            return;
        }
        self.found.merge(other.found);
        self.add_lifetimes(other.shortest, other.longest);
        for address in other.addresses {
            self.add_address(address, |address| address);
        }
    }

    fn heap_bytes(&self) -> usize {
        size_of::<Uses>() + self.found.heap_bytes() + self.addresses.capacity() * ADDRESS_BYTES
    }

    /// Those from several addresses are what is looked for.
    fn weight(&self) -> u64 {
        self.found.requests.saturating_mul(self.addresses.len() as u64)
    }
}

/// A signature that was used from more than one address.
pub(super) struct Shared<'a> {
    signature: Cow<'a, [u8]>,
    identity: Option<Cow<'a, [u8]>>,
    uses: &'a Uses,
}

impl Shared<'_> {
    fn example(&self) -> Option<&Example> {
        self.uses.found.example.as_ref()
    }
}

/// The requests with shared signatures, by whose they are, most first.
pub(super) fn by_identity(shared: &[Shared<'_>]) -> Vec<(Option<Vec<u8>>, Found)> {
    let mut all: BTreeMap<Option<&[u8]>, Found> = BTreeMap::new();
    for Shared { identity, uses, .. } in shared {
        all.entry(identity.as_deref()).or_default().merge(uses.found.clone());
    }
    let mut all: Vec<_> =
        all.into_iter().map(|(identity, found)| (identity.map(<[u8]>::to_vec), found)).collect();
    all.sort_by_key(|(_, found)| Reverse(found.requests));
    all
}

/// The shared signatures one by one.
pub(super) fn shared_table(shared: &[Shared<'_>], limit: usize) -> Table {
    Table::builder(
        "shared_signatures",
        "Presigned URLs used from several addresses",
        shared.iter().take(limit),
    )
    .one(Column::whole("signature"), |shared| Value::Text(shared.signature.to_vec()))
    .detail()
    .dimension(IDENTITY, |shared| shared.identity.as_ref())
    .field(Field::Bucket, |shared| shared.example().map(Example::bucket))
    .detail()
    .field(Field::Key, |shared| shared.example().and_then(Example::key))
    .column("requests", Value::Count, |shared| shared.uses.found.requests)
    .column("addresses", Value::Count, |shared| shared.uses.addresses.len() as u64)
    .column("first_seen", Value::Time, |shared| shared.uses.found.seen.first)
    .detail()
    .column("last_seen", Value::Time, |shared| shared.uses.found.seen.last)
    .context()
    .one(Column::end("remote_ips"), |shared| {
        Value::List(shared.uses.addresses.iter().map(|address| address.to_vec()).collect())
    })
    .context()
    .below()
    .total(shared.len() as u64)
    .note(format!("signature: the first {FINGERPRINT_LEN} characters"))
    .build()
}

const IDENTITY: Dimension = Dimension::Derived(Derived::Identity);
