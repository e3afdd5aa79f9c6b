//! `access`: who touches what.

mod policy;
mod unused;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::aggregate::{
    Aggregate, Derived, Dimension, Dimensions, GroupTable, KeyBuffer, KeyReader, Merge, TimeRange,
};
use crate::args::{CommonArgs, DepthArgs, OutputDefaults};
use crate::record::{Field, Operation, Record};
use crate::report::{Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::semantics::{Access, OperationInfo, Outcome, names_version};
use crate::spill::Space;
use crate::time::Zone;

/// Who touches what, and the IAM policy that would allow it
///
/// Shows identity × bucket × prefix × kind of access, with successes and denials.
///
/// The identity is the requester, an assumed role without its session. The kinds of access are read, write, delete, list,
/// configure (ACLs, tags, policies and other settings, read or changed) and other (unknown operations).
///
/// --as-policy prints the IAM policy that would allow what was seen and allowed: one for each identity, in an object by their
/// names, or with --requester a single one for all that match. It cannot see what a request needs besides S3 (KMS keys), nor
/// permissions that a header asked for (an ACL with a PUT). Where nothing was allowed it has no statements. Anonymous
/// requesters and AWS services cannot have a policy: they are left out, with a note.
///
/// --unused compares a policy with what was used, action by action: needed, never needed, or not to be seen in these logs. It reads what
/// the aws command prints too (get-policy-version, get-role-policy, get-bucket-policy). Conditions are not compared.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al access logs/ --depth 2
  s3al access logs/ --source-bucket my-bucket --since 30d
  s3al access logs/ --requester Deploy --as-policy > policy.json
  s3al access logs/ --requester Deploy --unused policy.json")]
pub(crate) struct Args {
    #[command(flatten)]
    prefix: DepthArgs,

    /// Print the IAM policy for what was seen and allowed
    #[arg(long, conflicts_with = "format")]
    as_policy: bool,

    /// Compare an IAM policy with what was used: what of it was never needed, and what was tried and denied
    #[arg(long, value_name = "POLICY.json", conflicts_with_all = ["as_policy", "depth"])]
    unused: Option<PathBuf>,

    #[command(flatten)]
    common: CommonArgs,
}

const BY: [Dimension; 4] = [
    Dimension::Derived(Derived::Identity),
    Dimension::Field(Field::Bucket),
    Dimension::Derived(Derived::Prefix),
    Dimension::Field(Field::Operation),
];

/// How many names of objects without a prefix are kept for a policy, before it allows the whole bucket.
const MAX_NAMED_OBJECTS: usize = 16;

/// Runs `access`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let mut run = Run::new(context, &args.common, OutputDefaults::default())?;
    if let Some(path) = &args.unused {
        return unused::run(run, path, args.common.filter.requester.len() == 1);
    }
    let by = args.prefix.dimensions(BY.to_vec(), Zone::Utc);
    let keeps_objects = args.as_policy && args.prefix.depth > 0;
    let (space, memory) = (run.space().clone(), run.memory_of(1));
    // No policy holds as much as memory does.
    let groups =
        || if args.as_policy { GroupTable::bounded(memory) } else { GroupTable::spilling(&space, memory) };
    let seen = run.aggregate(|| Seen { by: by.clone(), groups: groups(), keeps_objects })?;
    if args.as_policy {
        let policy = policy::write(&seen.uses(), args.common.filter.requester.is_empty())?;
        policy.warnings.iter().for_each(|warning| run.output.messages.warn(warning));
        if let Some(approximation) = seen.groups.approximation() {
            run.output.messages.warn(&format!("the policy may lack what was seldom used: {approximation}"));
        }
        return run.text(&policy.text, policy.allows);
    }
    let table = seen.table(run.output.limit, &space)?;
    run.report(Report { name: "access", main: table.name, tables: vec![table], ..Report::default() })
}

struct Seen {
    by: Dimensions,
    groups: GroupTable<Uses>,
    keeps_objects: bool,
}

/// The requests of one operation.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Uses {
    successes: u64,
    /// Those of the successes that named a version.
    of_versions: u64,
    denials: u64,
    errors: u64,
    seen: TimeRange,
    /// Objects without a prefix that were used with success; one more than [`MAX_NAMED_OBJECTS`] are too many.
    objects: BTreeSet<Vec<u8>>,
    /// What they take.
    object_bytes: usize,
}

impl Uses {
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        self.seen.add(record.timestamp());
        match Outcome::of(record) {
            outcome if outcome.is_success() => {
                self.successes += 1;
                self.of_versions += u64::from(names_version(record));
            }
            Outcome::Denied => self.denials += 1,
            _ => self.errors += 1,
        }
    }

    fn add_object(&mut self, object: &[u8]) {
        if self.objects.len() <= MAX_NAMED_OBJECTS && !self.objects.contains(object) {
            self.object_bytes += object.len() + size_of::<Vec<u8>>();
            self.objects.insert(object.to_vec());
        }
    }
}

impl Merge for Uses {
    fn merge(&mut self, other: Self) {
        self.successes += other.successes;
        self.of_versions += other.of_versions;
        self.denials += other.denials;
        self.errors += other.errors;
        self.seen.merge(other.seen);
        other.objects.iter().for_each(|object| self.add_object(object));
    }

    fn weight(&self) -> u64 {
        self.successes + self.denials + self.errors
    }

    fn heap_bytes(&self) -> usize {
        self.object_bytes
    }
}

impl Aggregate for Seen {
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        let keeps_objects = self.keeps_objects;
        self.groups.update(self.by.key(record), |uses| {
            let before = uses.successes;
            uses.add(record);
            if keeps_objects
                && uses.successes > before
                && let Some(object) = record.object().filter(|object| !object.contains(&b'/'))
            {
                uses.add_object(&object);
            }
        });
    }

    fn memory(&self) -> usize {
        self.groups.bytes()
    }

    fn merge(&mut self, other: Self) {
        self.groups.merge(other.groups);
    }
}

/// What one identity did with one operation in one place.
struct Use {
    identity: Option<Vec<u8>>,
    bucket: Vec<u8>,
    /// `None` for the bucket itself.
    prefix: Option<Vec<u8>>,
    operation: Vec<u8>,
    action: Option<&'static OperationInfo>,
    uses: Uses,
}

impl Use {
    fn of(by: &Dimensions, key: &[u8], uses: Uses) -> Self {
        let [identity, bucket, prefix, operation] = <[_; 4]>::try_from(by.values(key)).unwrap_or_default();
        let operation = operation.unwrap_or_default();
        let action = OperationInfo::of(Operation::new(&operation), prefix.is_some());
        Self { identity, bucket: bucket.unwrap_or_default(), prefix, operation, action, uses }
    }
}

/// The requests of one kind of access, and their operations.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Row {
    access: Option<Access>,
    uses: Uses,
    operations: BTreeSet<Vec<u8>>,
    operation_bytes: usize,
}

impl Row {
    fn add_operation(&mut self, operation: Vec<u8>) {
        let bytes = operation.len() + size_of::<Vec<u8>>();
        if self.operations.insert(operation) {
            self.operation_bytes += bytes;
        }
    }
}

impl Merge for Row {
    fn merge(&mut self, other: Self) {
        self.access = self.access.or(other.access);
        self.uses.merge(other.uses);
        other.operations.into_iter().for_each(|operation| self.add_operation(operation));
    }

    fn heap_bytes(&self) -> usize {
        self.uses.heap_bytes() + self.operation_bytes
    }
}

impl Seen {
    fn uses(&self) -> Vec<Use> {
        self.groups.iter().map(|(key, uses)| Use::of(&self.by, key, uses.clone())).collect()
    }

    /// Who touched what, most requests first.
    fn table(self, limit: usize, space: &Space) -> io::Result<Table> {
        let Self { by, groups, .. } = self;
        let (mut rows, mut place) =
            (GroupTable::<Row>::spilling(space, space.memory() / 4), KeyBuffer::default());
        groups.groups()?.for_each(|key, uses| {
            let used = Use::of(&by, key, uses.clone());
            let access = used.action.map_or(Access::Other, |action| action.access);
            place
                .start()
                .push(used.identity.as_deref())
                .push(Some(&used.bucket))
                .push(used.prefix.as_deref());
            place.push_number(access as u64);
            rows.update(place.key(), |row| {
                row.access = Some(access);
                row.uses.merge(used.uses);
                row.add_operation(used.operation);
            });
            Ok(())
        })?;
        let rows = rows.groups()?;
        let top = rows.top(limit, |_, _| true, |_, row| row.uses.weight())?;
        let shown = |key: &[u8], row: &Row| {
            let mut reader = KeyReader::new(key);
            let mut text = || reader.text().map(Cow::into_owned);
            Shown { identity: text(), bucket: text(), prefix: text(), row: row.clone() }
        };
        Table::builder("access", "Who touches what", [])
            .dimension(BY[0], |shown: &Shown| shown.identity.as_ref())
            .dimension(BY[1], |shown| shown.bucket.as_ref())
            .dimension(BY[2], |shown| shown.prefix.as_ref())
            .word("access", |shown| shown.row.access.unwrap_or(Access::Other).name())
            .column("successes", Value::Count, |shown| shown.row.uses.successes)
            .column("denials", Value::Count, |shown| shown.row.uses.denials)
            .column("errors", Value::Count, |shown| shown.row.uses.errors)
            .context()
            .column("last_seen", Value::time, |shown| shown.row.uses.seen.get().map(|(_, last)| last))
            .context()
            .column("operations", Value::List, |shown| shown.row.operations.iter().cloned().collect())
            .detail()
            .cut_at_end(16)
            .total(top.total)
            .note("denials: status 401 and 403; errors: every other failure")
            .build_with(space, |put| top.for_each(|key, row| put(&shown(key, row))))
    }
}

/// A row, and of what it is.
struct Shown {
    identity: Option<Vec<u8>>,
    bucket: Option<Vec<u8>>,
    prefix: Option<Vec<u8>>,
    row: Row,
}
