//! A request as rules see it: what it was, who sent it, and what of it a rule may want to know.

use std::hash::BuildHasher as _;
use std::sync::{Arc, LazyLock};

use hashbrown::{DefaultHashBuilder, HashMap};
use memchr::{memchr, memmem};

use crate::detect::{origin, text};
use crate::record::{Field, Record, Requester};
use crate::semantics::{
    Access, ClientKind, Event as LifeEvent, Level, OperationInfo, Outcome, Security, client_kind,
    is_of_client, write_client,
};

/// Seeded, for texts come from strangers; and the same for all threads, so that what they keep can be merged by it.
static HASH: LazyLock<DefaultHashBuilder> = LazyLock::new(DefaultHashBuilder::default);

/// The hash that stands for a text. Of a million different texts, two have the same once in thirty million runs.
#[inline]
pub(crate) fn hash(text: &[u8]) -> u64 {
    HASH.hash_one(text)
}

/// The hash of a key, the same in every run: samples are chosen by it, and an answer must not change from run to run.
#[inline]
fn stable_hash(text: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let step = |hash: u64, part: u64| (hash ^ part).wrapping_mul(FACTOR).rotate_left(31);
    let (parts, rest) = text.as_chunks::<8>();
    let hash = parts.iter().fold(text.len() as u64, |hash, part| step(hash, u64::from_le_bytes(*part)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let hash = step(hash, u64::from_le_bytes(last));
    (hash ^ hash >> 32).wrapping_mul(FACTOR)
}

/// One hash of two.
#[inline]
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    (a.rotate_left(23) ^ b).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29) ^ b
}

/// What rules can ask for, a bit each. Most requests have none of them but a read.
pub(crate) mod fact {
    /// An object was read, or its head.
    pub(crate) const READ: u32 = 1;
    /// An object was written.
    pub(crate) const WRITTEN: u32 = 1 << 1;
    /// An object was deleted; each one of a batch.
    pub(crate) const DELETED: u32 = 1 << 2;
    /// Names were listed.
    pub(crate) const LISTED: u32 = 1 << 3;
    /// A setting of a bucket or an object was changed.
    pub(crate) const CONFIGURED: u32 = 1 << 4;
    /// A setting was read.
    pub(crate) const SETTING_READ: u32 = 1 << 5;
    /// It succeeded without credentials.
    pub(crate) const ANONYMOUS: u32 = 1 << 6;
    /// Refused: 401 or 403.
    pub(crate) const DENIED: u32 = 1 << 7;
    /// 404.
    pub(crate) const MISSING: u32 = 1 << 8;
    /// S3 asked for fewer requests.
    pub(crate) const THROTTLED: u32 = 1 << 9;
    /// An object was read to be copied elsewhere.
    pub(crate) const COPIED: u32 = 1 << 10;
    /// A presigned URL.
    pub(crate) const PRESIGNED: u32 = 1 << 11;
    /// Plain HTTP, TLS below 1.2, or Signature Version 2.
    pub(crate) const WEAK: u32 = 1 << 12;
    /// The client is a tool of those who test or attack.
    pub(crate) const PENTEST: u32 = 1 << 13;
    /// Signed, without a user agent.
    pub(crate) const NO_CLIENT: u32 = 1 << 14;
    /// The client wrote what programs could take for commands.
    pub(crate) const ODD_TEXT: u32 = 1 << 15;
    /// The address is in a network that is known to be bad.
    pub(crate) const BAD_ADDRESS: u32 = 1 << 16;
    /// A setting of a bucket was asked for that it does not have: 404. Who asks knows as much as from an answer.
    pub(crate) const NO_SETTING: u32 = 1 << 17;
}

/// Kinds of what was done, a bit each; unlike facts they are kept by the hour.
pub(crate) mod kind {
    pub(crate) const READ: u8 = 1;
    pub(crate) const WRITE: u8 = 1 << 1;
    pub(crate) const DELETE: u8 = 1 << 2;
    pub(crate) const LIST: u8 = 1 << 3;
    pub(crate) const SETTING_READ: u8 = 1 << 4;
    pub(crate) const CONFIGURE: u8 = 1 << 5;
    pub(crate) const VERSION_DELETE: u8 = 1 << 6;
    /// All of them and their names.
    pub(crate) const NAMES: [(u8, &str); 7] = [
        (READ, "reads"),
        (WRITE, "writes"),
        (DELETE, "deletes"),
        (LIST, "lists"),
        (SETTING_READ, "reads settings"),
        (CONFIGURE, "changes settings"),
        (VERSION_DELETE, "deletes versions"),
    ];
}

/// Who sent a request.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    /// The hash of the requester, a role without its session; of a dash if anonymous.
    pub(crate) hash: u64,
    /// What it is.
    pub(crate) kind: WhoKind,
}

/// What a requester is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhoKind {
    /// Nobody signed.
    Anonymous,
    /// A user, a root user, or a canonical id.
    User,
    /// An assumed role.
    Role,
    /// A service of AWS, or a distribution of CloudFront.
    Service,
}

impl Who {
    fn of(requester: Requester<'_>) -> Self {
        let identity = requester.identity().unwrap_or(b"-");
        let kind = match requester.text() {
            None => WhoKind::Anonymous,
            Some(text) if text.starts_with(b"svc:") || text == b"AmazonS3" => WhoKind::Service,
            Some(text) if memmem::find(text, b":iam::cloudfront:").is_some() => WhoKind::Service,
            Some(text) if memmem::find(text, b":assumed-role/").is_some() => WhoKind::Role,
            Some(_) => WhoKind::User,
        };
        Self { hash: hash(identity), kind }
    }
}

/// The program that sent a request.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// Its family and major version; empty without a user agent.
    pub(crate) family: Arc<[u8]>,
    /// The hash of its family.
    pub(crate) hash: u64,
    /// The same in every run.
    pub(crate) stable_hash: u64,
    /// What it is for.
    pub(crate) kind: ClientKind,
    is_odd: bool,
}

impl Client {
    fn of(user_agent: Option<&[u8]>) -> Self {
        let mut family = Vec::new();
        let user_agent = user_agent.unwrap_or_default();
        write_client(user_agent, &mut family);
        family.truncate(128);
        Self {
            hash: hash(&family),
            stable_hash: stable_hash(&family),
            family: family.into(),
            kind: client_kind(user_agent),
            is_odd: text::is_odd(user_agent),
        }
    }
}

/// How many requesters and clients are remembered, so that the texts that come again are not read again.
const MAX_REMEMBERED: usize = 1 << 16;

/// Reads records, and remembers what it has read of texts that come again and again.
#[derive(Default)]
pub(crate) struct Reader {
    whos: HashMap<u64, Who>,
    clients: HashMap<u64, Client>,
}

/// A request as rules see it.
pub(crate) struct Event<'e, 'r> {
    /// The record.
    pub(crate) record: &'e Record<'r>,
    /// What of it rules may want: the bits of [`fact`].
    pub(crate) facts: u32,
    /// Seconds since 1970.
    pub(crate) seconds: i64,
    /// The operation, if it is known.
    pub(crate) operation: Option<&'static OperationInfo>,
    /// What came of it.
    pub(crate) outcome: Outcome,
    /// Who sent it.
    pub(crate) who: &'e Who,
    /// With what.
    pub(crate) client: &'e Client,
    /// The hashes of the bucket, the whole requester, the address and the key as it is in the log (zero without one).
    pub(crate) bucket: u64,
    /// See `bucket`.
    pub(crate) requester: u64,
    /// See `bucket`.
    pub(crate) address: u64,
    /// See `bucket`.
    pub(crate) key: u64,
    /// The sender without credentials: see [`origin`]. Of those who have some, it is their address.
    pub(crate) sender: u64,
}

impl Event<'_, '_> {
    /// Whose doing it is: an identity, and where there is none, a sender.
    #[inline]
    pub(crate) fn actor(&self) -> u64 {
        if self.is_anonymous() { self.sender } else { self.who.hash }
    }

    /// Whether it has no credentials.
    #[inline]
    pub(crate) fn is_anonymous(&self) -> bool {
        self.who.kind == WhoKind::Anonymous
    }

    /// Who is named together: an identity; all without credentials on a bucket. Strangers come from any number of addresses, and each would
    /// be a finding of its own.
    #[inline]
    pub(crate) fn party(&self) -> u64 {
        if self.is_anonymous() { mix(self.bucket, self.who.hash) } else { self.who.hash }
    }

    /// Whether it has any of these facts.
    #[inline]
    pub(crate) fn is(&self, facts: u32) -> bool {
        self.facts & facts != 0
    }

    /// Whether only the head of an object was read.
    #[inline]
    pub(crate) fn is_head(&self) -> bool {
        self.operation.is_some_and(|operation| operation.event == Some(LifeEvent::HeadRead))
    }

    /// Whether it came through a website endpoint.
    pub(crate) fn is_website(&self) -> bool {
        is_website(self.record)
    }
}

fn is_website(record: &Record<'_>) -> bool {
    record.operation().text().starts_with(b"WEBSITE.")
}

impl Reader {
    /// Reads a record.
    #[inline]
    pub(crate) fn read<'e, 'r>(&'e mut self, record: &'e Record<'r>) -> Event<'e, 'r> {
        let requester = hash(record.head(Field::Requester));
        if self.whos.len() >= MAX_REMEMBERED {
            self.whos.clear();
        }
        let who = self.whos.entry(requester).or_insert_with(|| Who::of(record.requester()));
        let user_agent = record.head(Field::UserAgent);
        if self.clients.len() >= MAX_REMEMBERED {
            self.clients.clear();
        }
        let client =
            self.clients.entry(hash(user_agent)).or_insert_with(|| Client::of(record.get(Field::UserAgent)));
        let address = record.head(Field::RemoteIp);
        let (address, sender) = match (hash(address), who.kind) {
            (hash, WhoKind::Anonymous) => (hash, origin::of_hashed(address, hash)),
            (hash, _) => (hash, hash),
        };
        let key = record.key();
        let operation = OperationInfo::of(record.operation(), key.is_some());
        let outcome = Outcome::of(record);
        Event {
            record,
            facts: facts(record, operation, outcome, who, client),
            seconds: record.timestamp().millis().div_euclid(1_000),
            operation,
            outcome,
            who,
            client,
            bucket: hash(record.head(Field::Bucket)),
            requester,
            address,
            key: key.map_or(0, stable_hash),
            sender,
        }
    }
}

#[inline]
fn facts(
    record: &Record<'_>,
    operation: Option<&'static OperationInfo>,
    outcome: Outcome,
    who: &Who,
    client: &Client,
) -> u32 {
    let mut facts = match outcome {
        Outcome::Success | Outcome::NotModified | Outcome::NoResponse => {
            let done = operation.map_or(0, |operation| of_success(operation, record));
            let is_anonymous = who.kind == WhoKind::Anonymous && outcome != Outcome::NoResponse;
            // Browsers never sign a preflight.
            let counts = done != 0 && operation.is_some_and(|operation| operation.access != Access::Other);
            if is_anonymous && counts { done | fact::ANONYMOUS } else { done }
        }
        Outcome::Denied => fact::DENIED,
        Outcome::Missing if operation.is_some_and(|operation| is_setting(operation, record)) => {
            fact::MISSING | fact::NO_SETTING
        }
        Outcome::Missing => fact::MISSING,
        Outcome::Throttled => fact::THROTTLED,
        Outcome::Redirect | Outcome::ClientError | Outcome::ServerError => 0,
    };
    if record.raw(Field::AuthenticationType) == Some(b"QueryString") || is_presigned_before_2019(record) {
        facts |= fact::PRESIGNED;
    }
    if !is_usual(record) {
        let security = Security::of(record);
        let is_weak = security.is_plain_http() || security.is_old_tls() || security.is_sigv2();
        if is_weak && is_of_client(record) {
            facts |= fact::WEAK;
        }
    }
    if client.kind == ClientKind::Pentest {
        facts |= fact::PENTEST;
    }
    if client.family.is_empty() && matches!(who.kind, WhoKind::User | WhoKind::Role) && is_of_client(record) {
        facts |= fact::NO_CLIENT;
    }
    if client.is_odd
        || text::is_odd(record.head(Field::RequestUri))
        || record.get(Field::Referer).is_some_and(text::is_odd)
    {
        facts |= fact::ODD_TEXT;
    }
    facts
}

/// As nearly all requests are secured; all else is looked at field by field.
#[inline]
fn is_usual(record: &Record<'_>) -> bool {
    matches!(record.raw(Field::TlsVersion), Some(b"TLSv1.2" | b"TLSv1.3"))
        && matches!(record.raw(Field::SignatureVersion), Some(b"SigV4" | b"-"))
}

/// The line is older than the field that says so.
fn is_presigned_before_2019(record: &Record<'_>) -> bool {
    !record.has(Field::AuthenticationType)
        && memchr(b'?', record.head(Field::RequestUri)).is_some()
        && crate::semantics::Presigned::of(record).is_some()
}

/// Whether a setting of a bucket is asked for.
#[inline]
fn is_setting(operation: &OperationInfo, record: &Record<'_>) -> bool {
    operation.access == Access::Configure
        && operation.level == Level::Bucket
        && record.operation().method() == Some(b"GET")
}

/// What a successful request did.
#[inline]
fn of_success(operation: &OperationInfo, record: &Record<'_>) -> u32 {
    match (operation.access, operation.event) {
        (_, Some(LifeEvent::ReadForCopy)) => fact::COPIED,
        (Access::Read, Some(LifeEvent::SettingsRead)) => fact::SETTING_READ,
        (Access::Read, _) => fact::READ,
        (
            Access::Write,
            Some(LifeEvent::Created | LifeEvent::CreatedByCopy | LifeEvent::CreatedFromParts),
        ) => fact::WRITTEN,
        (Access::Delete, Some(LifeEvent::Deleted | LifeEvent::DeletedInBatch)) => fact::DELETED,
        // To ask for the head of a bucket lists nothing.
        (Access::List, _) if operation.api != "HeadBucket" => fact::LISTED,
        (Access::Configure, event) => {
            let is_read = event == Some(LifeEvent::SettingsRead) || is_setting(operation, record);
            if is_read { fact::SETTING_READ } else { fact::CONFIGURED }
        }
        _ => 0,
    }
}
