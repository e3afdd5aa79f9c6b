//! `audit`: what will break, or should not be.

mod finding;
mod signatures;

use std::borrow::Cow;
use std::cmp::Reverse;

use anyhow::bail;

use hashbrown::HashSet;

use crate::aggregate::{Aggregate, Derived, Dimension, Dimensions, GroupTable, Merge as _, TimeRange};
use crate::args::{CommonArgs, OutputDefaults};
use crate::record::{Field, Record};
use crate::report::{Chart, Column, Note, Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::semantics::{Presigned, Security, is_of_client};
use crate::time::{Timestamp, Zone};

use finding::{Example, Finding, Found, MEANING_WIDTH};
use signatures::{Shared, Signatures};

/// Weak or risky access: old TLS, SigV2, ACLs, anonymous access
///
/// Looks for plain HTTP, TLS before 1.2, Signature Version 2, presigned URLs and those used from more
/// than one address, requests that needed an ACL, anonymous requests that succeeded.
///
/// Each is shown by identity (the requester, an assumed role without its session) and client, with the newest request as an
/// example. Lines written before a field existed are not findings. With --fail the exit code is 1 if there is any finding; --check
/// says what to look for. Each distinct signature of a presigned URL takes some bytes of memory.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al audit logs/ --since 30d
  s3al audit logs/ --source-bucket my-bucket
  s3al audit logs/ --check plain_http,old_tls,sigv2 --fail")]
pub(crate) struct Args {
    /// What to look for: names with commas between them (everything by default)
    #[arg(long, value_enum, value_name = "FINDING", value_delimiter = ',')]
    check: Vec<Finding>,

    #[command(flatten)]
    common: CommonArgs,
}

/// Runs `audit`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let mut run = Run::new(context, &args.common, OutputDefaults::default())?;
    let memory = run.memory_of(Audit::TABLES);
    let audit = run.aggregate(|| Audit::new(&args.check, memory))?;
    let limit = run.output.limit;
    let shared = audit.shared();
    let mut tables = Vec::from(audit.tables(&shared, limit));
    let has_findings = !shared.is_empty() || audit.by.iter().any(|check| check.requests > 0);
    if run.output.fail && !has_findings && audit.keeps_signatures && audit.signatures.is_approximate() {
        bail!(
            "--memory does not hold all signatures, so presigned URLs that are shared can go unseen; give it more, or \
             check the other findings alone: see --check"
        );
    }
    if audit.looks_for(Finding::Presigned) {
        tables.push(audit.signatures.table(limit));
    }
    if audit.looks_for(Finding::PresignedShared) {
        tables.push(signatures::shared_table(&shared, limit));
    }
    let looked_for: Vec<&str> = args.check.iter().map(|finding| finding.name()).collect();
    let if_empty = match looked_for[..] {
        [] => "none of them is a finding".to_owned(),
        _ => format!("none of them is a finding of {}", looked_for.join(", ")),
    };
    let report = Report { name: "audit", tables, main: "findings", if_empty, ..Report::default() };
    run.judge(report, has_findings)
}

/// What was found.
pub(super) struct Audit {
    by: Vec<Check>,
    /// Only what looks at them needs them, and there can be many.
    keeps_signatures: bool,
    signatures: Signatures,
}

/// What is known of one kind of finding.
struct Check {
    finding: Finding,
    by: Dimensions,
    groups: GroupTable<Found>,
    /// Counted outside of the groups, whose memory is bounded.
    requests: u64,
    seen: TimeRange,
}

impl Audit {
    /// One table for each finding, and one of signatures, whose values take more than their keys.
    pub(super) const TABLES: usize = Finding::ALL.len() + 1;

    /// Looks for everything; each table takes about `memory` bytes.
    pub(super) fn of_everything(memory: usize) -> Self {
        Self::new(&[], memory)
    }

    fn new(check: &[Finding], memory: usize) -> Self {
        let looked_for =
            Finding::ALL.into_iter().filter(|finding| check.is_empty() || check.contains(finding));
        let by = looked_for.map(|finding| {
            let list = [
                Dimension::Field(finding.detail()),
                Dimension::Derived(Derived::Identity),
                Dimension::Derived(Derived::Client),
            ];
            Check {
                finding,
                by: Dimensions::new(list.to_vec(), 0, Zone::Utc),
                groups: GroupTable::bounded(memory),
                requests: 0,
                seen: TimeRange::default(),
            }
        });
        let by: Vec<_> = by.collect();
        let keeps_signatures =
            by.iter().any(|check| matches!(check.finding, Finding::Presigned | Finding::PresignedShared));
        Self { by, keeps_signatures, signatures: Signatures::new(memory) }
    }

    fn shared(&self) -> Vec<Shared<'_>> {
        if self.looks_for(Finding::PresignedShared) { self.signatures.shared() } else { Vec::new() }
    }

    /// The findings in numbers, and one by one.
    pub(super) fn summary(&self, limit: usize) -> [Table; 2] {
        self.tables(&self.shared(), limit)
    }

    fn looks_for(&self, finding: Finding) -> bool {
        self.by.iter().any(|check| check.finding == finding)
    }
}

impl Aggregate for Audit {
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        let is_of_client = is_of_client(record);
        let security = Security::of(record);
        let presigned = Presigned::of(record).filter(|_| is_of_client);
        for check in &mut self.by {
            // An ACL matters whoever asks: services of AWS have no address in the log.
            let counts = is_of_client || check.finding == Finding::AclRequired;
            if counts && check.finding.is_in(record, security, presigned.as_ref()) {
                check.requests += 1;
                check.seen.add(record.timestamp());
                check.groups.update(check.by.key(record), |found| found.add(record));
            }
        }
        if self.keeps_signatures
            && let Some(presigned) = presigned
        {
            self.signatures.add(record, &presigned);
        }
    }

    fn memory(&self) -> usize {
        self.by.iter().map(|check| check.groups.bytes()).sum::<usize>() + self.signatures.bytes()
    }

    fn merge(&mut self, other: Self) {
        for (check, more) in self.by.iter_mut().zip(other.by) {
            check.groups.merge(more.groups);
            check.requests += more.requests;
            check.seen.merge(more.seen);
        }
        self.signatures.merge(other.signatures);
    }
}

/// The requests of one kind of finding, in numbers.
struct ByFinding {
    finding: Finding,
    requests: u64,
    identities: u64,
    first: Timestamp,
    last: Timestamp,
}

/// The requests of one kind of finding, by one identity and client.
struct FindingRow<'a> {
    finding: Finding,
    identity: Option<Vec<u8>>,
    client: Option<Vec<u8>>,
    detail: Option<Vec<u8>>,
    found: Cow<'a, Found>,
}

impl Audit {
    /// The findings in numbers, and one by one.
    fn tables(&self, shared: &[Shared<'_>], limit: usize) -> [Table; 2] {
        let (mut numbers, mut rows) = (Vec::new(), Vec::new());
        let (mut notes, mut limits) = (Vec::new(), Vec::new());
        for Check { finding, by, groups, requests, seen } in &self.by {
            let finding = *finding;
            if let Some(approximation) = groups.approximation() {
                notes.push(Note::approximate(finding.name(), approximation));
                limits.push(Note::Approximate(format!(
                    "{}: identities counts only those that --memory holds",
                    finding.name()
                )));
            }
            let mut identities = HashSet::new();
            let (mut requests, mut seen) = (*requests, *seen);
            if finding == Finding::PresignedShared {
                for (identity, found) in signatures::by_identity(shared) {
                    identities.insert(identity.clone());
                    requests += found.requests;
                    seen.merge(found.seen);
                    let found = Cow::Owned(found);
                    rows.push(FindingRow { finding, identity, client: None, detail: None, found });
                }
            }
            for (key, found) in groups.top(usize::MAX, |found| found.requests) {
                let [detail, identity, client] = <[_; 3]>::try_from(by.values(key)).unwrap_or_default();
                identities.insert(identity.clone());
                rows.push(FindingRow { finding, identity, client, detail, found: Cow::Borrowed(found) });
            }
            let Some((first, last)) = seen.get() else { continue };
            numbers.push(ByFinding { finding, requests, identities: identities.len() as u64, first, last });
        }
        // Stable, so ties stay in the order of their texts.
        rows.sort_by_key(|row| (row.finding, Reverse(row.found.requests)));
        [by_finding(numbers, limits), findings(rows, limit, notes)]
    }
}

fn by_finding(numbers: Vec<ByFinding>, notes: Vec<Note>) -> Table {
    Table::builder("by_finding", "Findings by type", numbers)
        .word("finding", |row| row.finding.name())
        .column("requests", Value::Count, |row| row.requests)
        .column("identities", Value::Count, |row| row.identities)
        .column("first_seen", Value::Time, |row| row.first)
        .detail()
        .column("last_seen", Value::Time, |row| row.last)
        .detail()
        .word("meaning", |row| row.finding.meaning())
        .context()
        .cut_at_end(MEANING_WIDTH)
        .chart(Chart::bars("requests"))
        .notes(notes)
        .build()
}

fn findings(rows: Vec<FindingRow<'_>>, limit: usize, notes: Vec<Note>) -> Table {
    let total = rows.len() as u64;
    Table::builder("findings", "Findings", rows.into_iter().take(limit))
        .word("finding", |row| row.finding.name())
        .dimension(Dimension::Derived(Derived::Identity), |row| row.identity.as_ref())
        .dimension(Dimension::Derived(Derived::Client), |row| row.client.as_ref())
        .detail()
        .one(Column::whole("detail"), |row| Value::text(row.detail.as_deref()))
        .detail()
        .column("requests", Value::Count, |row| row.found.requests)
        .column("first_seen", Value::time, |row| row.found.seen.get().map(|(first, _)| first))
        .detail()
        .column("last_seen", Value::time, |row| row.found.seen.get().map(|(_, last)| last))
        .detail()
        .field(Field::RequestId, |row| row.found.example.as_ref().map(Example::request_id))
        .detail()
        .field(Field::Bucket, |row| row.found.example.as_ref().map(Example::bucket))
        .detail()
        .field(Field::Key, |row| row.found.example.as_ref().and_then(Example::key))
        .field(Field::RemoteIp, |row| row.found.example.as_ref().and_then(Example::remote_ip))
        .context()
        .total(total)
        .note("request_id, bucket, key, remote_ip: the newest of the requests, as an example")
        .notes(notes)
        .build()
}
