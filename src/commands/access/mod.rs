//! `access`: who touches what.

mod policy;
mod unused;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::aggregate::{Aggregate, Derived, Dimension, Dimensions, GroupTable, Merge, TimeRange};
use crate::args::{CommonArgs, DepthArgs, OutputDefaults};
use crate::record::{Field, Operation, Record};
use crate::report::{Note, Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::semantics::{Access, OperationInfo, Outcome, names_version};
use crate::time::Zone;

/// Who touches what, and the IAM policy that would allow it
///
/// Who touches what: identity × bucket × prefix × kind of access, with successes and denials.
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
    let memory = run.memory_of(1);
    let seen =
        run.aggregate(|| Seen { by: by.clone(), groups: GroupTable::bounded(memory), keeps_objects })?;
    if args.as_policy {
        let (policy, warnings) = policy::json(&seen.rows(), args.common.filter.requester.is_empty())?;
        warnings.iter().for_each(|warning| run.output.messages.warn(warning));
        if let Some(approximation) = seen.groups.approximation() {
            run.output.messages.warn(&format!("the policy may lack what was seldom used: {approximation}"));
        }
        return run.text(&policy);
    }
    let mut table = table(seen.rows(), run.output.limit);
    table.notes.extend(seen.groups.approximation().map(Note::from));
    run.report(Report { name: "access", main: table.name, tables: vec![table], ..Report::default() })
}

struct Seen {
    by: Dimensions,
    groups: GroupTable<Uses>,
    keeps_objects: bool,
}

/// The requests of one operation.
#[derive(Clone, Default)]
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

impl Seen {
    fn rows(&self) -> Vec<Use> {
        let rows = self.groups.iter().map(|(key, uses)| {
            let [identity, bucket, prefix, operation] =
                <[_; 4]>::try_from(self.by.values(key)).unwrap_or_default();
            let operation = operation.unwrap_or_default();
            let action = OperationInfo::of(Operation::new(&operation), prefix.is_some());
            Use {
                identity,
                bucket: bucket.unwrap_or_default(),
                prefix,
                operation,
                action,
                uses: uses.clone(),
            }
        });
        rows.collect()
    }
}

fn table(uses: Vec<Use>, limit: usize) -> Table {
    let mut all: BTreeMap<_, (Uses, BTreeSet<Vec<u8>>)> = BTreeMap::new();
    for Use { identity, bucket, prefix, operation, action, uses } in uses {
        let access = action.map_or(Access::Other, |action| action.access);
        let (sum, operations) = all.entry((identity, bucket, prefix, access)).or_default();
        sum.merge(uses);
        operations.insert(operation);
    }
    let mut all: Vec<_> = all.into_iter().collect();
    // Stable, so ties stay in the order of their texts.
    all.sort_by_key(|(_, (uses, _))| std::cmp::Reverse(uses.weight()));
    let total = all.len() as u64;
    Table::builder("access", "Who touches what", all.into_iter().take(limit))
        .dimension(BY[0], |((identity, ..), _)| identity.as_ref())
        .dimension(BY[1], |((_, bucket, ..), _)| Some(bucket))
        .dimension(BY[2], |((_, _, prefix, _), _)| prefix.as_ref())
        .word("access", |((.., access), _)| access.name())
        .column("successes", Value::Count, |(_, (uses, _))| uses.successes)
        .column("denials", Value::Count, |(_, (uses, _))| uses.denials)
        .column("errors", Value::Count, |(_, (uses, _))| uses.errors)
        .column("last_seen", Value::time, |(_, (uses, _))| uses.seen.get().map(|(_, last)| last))
        .context()
        .column("operations", Value::List, |(_, (_, operations))| operations.iter().cloned().collect())
        .detail()
        .cut_at_end(16)
        .total(total)
        .note("denials: status 401 and 403; errors: every other failure")
        .build()
}
