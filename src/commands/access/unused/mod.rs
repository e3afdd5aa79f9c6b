//! A policy compared with what was used: what it allows and nobody needed, and what was denied.

mod document;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use self::document::Statement;
use super::{BY, Seen};
use crate::aggregate::{Aggregate, Dimensions, GroupTable, Merge as _, TimeRange};
use crate::record::Record;
use crate::report::{Column, Note, Report, Table, Value};
use crate::run::{Exit, Run};
use crate::semantics::{OPERATIONS, OperationInfo, Outcome, names_version};
use crate::time::Zone;

/// Compares the policy in a file with what is read.
pub(super) fn run(mut run: Run, path: &Path, is_of_one: bool) -> anyhow::Result<Exit> {
    let read = || document::parse(&std::fs::read_to_string(path)?);
    let policy: Arc<[Statement]> = read().with_context(|| format!("--unused {}", path.display()))?.into();
    // Who was denied what, by bucket and operation.
    let by = Dimensions::new(vec![BY[0], BY[1], BY[3]], 0, Zone::Utc);
    let memory = run.memory_of(1);
    let fresh = || Compared {
        policy: Arc::clone(&policy),
        actions: HashMap::new(),
        uses: BTreeMap::new(),
        requests: 0,
        denied: Seen { by: by.clone(), groups: GroupTable::bounded(memory), keeps_objects: false },
    };
    let compared = run.aggregate(fresh)?;
    let mut policy = policy_table(&compared);
    if !is_of_one {
        policy
            .notes
            .push("of all requesters that were read: --requester compares those who have the policy".into());
    }
    let tables = vec![policy, denied_table(&compared, run.output.limit)];
    run.report(Report { name: "access", main: "policy", tables, ..Report::default() })
}

/// The use of one action by one part of a policy.
#[derive(Clone, Copy, Default)]
struct Used {
    count: u64,
    seen: TimeRange,
}

/// An action, and whether its resource is the object of the request and not the bucket.
type Needs = Vec<(&'static str, bool)>;

struct Compared {
    policy: Arc<[Statement]>,
    /// What operations need, by the address of their row, and whether a version is named.
    actions: HashMap<(&'static str, bool), Needs>,
    /// By the place of the statement, the place of the action in it, and the action that was needed.
    uses: BTreeMap<(usize, usize, &'static str), Used>,
    /// Requests that needed an action and were not denied.
    requests: u64,
    denied: Seen,
}

fn needs(operation: &'static OperationInfo, is_of_version: bool) -> Needs {
    let actions = if is_of_version { operation.version_actions } else { operation.actions };
    let is_of_object = operation.level == crate::semantics::Level::Object;
    actions.iter().map(|action| (*action, is_of_object)).collect()
}

impl Aggregate for Compared {
    fn add(&mut self, record: &Record<'_>) {
        // What S3 does by itself needs no permission.
        if record.operation().is_s3_own() || record.requester().is_anonymous() {
            return;
        }
        if Outcome::of(record) == Outcome::Denied {
            return self.denied.add(record);
        }
        let Some(operation) = OperationInfo::of(record.operation(), record.key().is_some()) else { return };
        let is_of_version = names_version(record);
        let needed = self
            .actions
            .entry((operation.name, is_of_version))
            .or_insert_with(|| needs(operation, is_of_version));
        if needed.is_empty() {
            return;
        }
        self.requests += 1;
        let mut resource = b"arn:aws:s3:::".to_vec();
        resource.extend_from_slice(record.get(crate::record::Field::Bucket).unwrap_or_default());
        let bucket_end = resource.len();
        if record.key().is_some() {
            resource.push(b'/');
            record.write_object(&mut resource);
        }
        for (action, is_of_object) in needed.iter().copied() {
            let resource = if is_of_object { &resource[..] } else { &resource[..bucket_end] };
            for (place, statement) in self.policy.iter().enumerate() {
                if !statement.has_action(action.as_bytes()) || !statement.has_resource(resource) {
                    continue;
                }
                for (number, pattern) in statement.actions.iter().enumerate() {
                    // Of all actions but some there is only one row.
                    if statement.is_not_action && number == 0
                        || !statement.is_not_action && pattern.matches(action.as_bytes())
                    {
                        let used = self.uses.entry((place, number, action)).or_default();
                        used.count += 1;
                        used.seen.add(record.timestamp());
                    }
                }
            }
        }
    }

    fn memory(&self) -> usize {
        // The rest is as large as the policy times the actions of S3.
        self.denied.memory()
    }

    fn merge(&mut self, other: Self) {
        for (place, used) in other.uses {
            let own = self.uses.entry(place).or_default();
            own.count += used.count;
            own.seen.merge(used.seen);
        }
        self.requests += other.requests;
        self.denied.merge(other.denied);
    }
}

/// All actions that an operation in these logs can need.
fn known_actions() -> BTreeSet<&'static str> {
    OPERATIONS.iter().flat_map(|row| row.actions.iter().chain(row.version_actions)).copied().collect()
}

/// What there is to say of one action of a statement.
struct Line<'a> {
    statement: &'a Statement,
    action: String,
    verdict: &'static str,
    used: Used,
    needed: Vec<&'static str>,
    unneeded: Vec<&'static str>,
}

fn lines(compared: &Compared) -> Vec<Line<'_>> {
    let known = known_actions();
    let mut lines = Vec::new();
    for (place, statement) in compared.policy.iter().enumerate() {
        let count = if statement.is_not_action { 1 } else { statement.actions.len() };
        for number in 0..count {
            let covers = |action: &&&str| match statement.is_not_action {
                true => statement.has_action(action.as_bytes()),
                false => statement.actions[number].matches(action.as_bytes()),
            };
            let covered: Vec<&'static str> = known.iter().filter(covers).copied().collect();
            let uses: BTreeMap<&str, Used> = compared
                .uses
                .range((place, number, "")..)
                .take_while(|((of, own, _), _)| (*of, *own) == (place, number))
                .map(|((.., action), used)| (*action, *used))
                .collect();
            let mut used = Used::default();
            for one in uses.values() {
                used.count += one.count;
                used.seen.merge(one.seen);
            }
            let (needed, unneeded): (Vec<_>, Vec<_>) =
                covered.iter().copied().partition(|action| uses.contains_key(action));
            // One by one they would be all of S3.
            let is_listed = !statement.is_not_action;
            let is_compared = statement.resources.is_empty()
                || statement.is_not_resource
                || statement
                    .resources
                    .iter()
                    .any(|resource| resource.text == "*" || resource.text.contains(":s3:::"));
            let verdict = match () {
                () if covered.is_empty() || !is_compared => "not in these logs",
                () if !statement.allows && needed.is_empty() => "denies",
                () if !statement.allows => "denies what was allowed",
                () if needed.is_empty() => "never needed",
                () if unneeded.is_empty() => "needed",
                () => "needed in part",
            };
            let text = match statement.is_not_action {
                true => {
                    let texts: Vec<_> =
                        statement.actions.iter().map(|pattern| pattern.text.as_str()).collect();
                    format!("all but {}", texts.join(", "))
                }
                false => statement.actions[number].text.clone(),
            };
            let unneeded = if is_listed { unneeded } else { Vec::new() };
            lines.push(Line { statement, action: text, verdict, used, needed, unneeded });
        }
    }
    lines
}

fn list(texts: &[&str]) -> Value {
    if texts.is_empty() {
        Value::Null
    } else {
        Value::List(texts.iter().map(|text| text.as_bytes().to_vec()).collect())
    }
}

fn policy_table(compared: &Compared) -> Table {
    let lines = lines(compared);
    let count = |verdict: &str| lines.iter().filter(|line| line.verdict == verdict).count();
    // A statement of which nothing can be seen may be needed.
    let is_never_needed = |statement: &&Statement| {
        let mut own = lines.iter().filter(|line| std::ptr::eq(line.statement, *statement)).peekable();
        own.peek().is_some() && own.all(|line| line.verdict == "never needed")
    };
    let never = compared.policy.iter().filter(is_never_needed).count();
    let verdict = format!(
        "{never} of {} never needed, {} of {}; compared with {}",
        crate::output::counted(compared.policy.len() as u64, "statement", "statements"),
        count("never needed"),
        crate::output::counted(lines.len() as u64, "action", "actions"),
        crate::output::counted(compared.requests, "request", "requests"),
    );
    let resources = |statement: &Statement| {
        let texts = statement.resources.iter().map(|one| one.text.clone().into_bytes());
        let not = statement.is_not_resource.then(|| b"all but".to_vec());
        let all: Vec<_> = not.into_iter().chain(texts).collect();
        if all.is_empty() { Value::Null } else { Value::List(all) }
    };
    let has = |test: fn(&Statement) -> bool| compared.policy.iter().any(test);
    let mut notes = vec![Note::Verdict(verdict)];
    notes.push("needed: a request that needs the action was not denied, on a resource of the statement; what is needed less often than these logs reach back is not known".into());
    if has(|one| one.has_condition) {
        notes.push(
            "conditions are not compared: what a statement with one allows can be less than is said here"
                .into(),
        );
    }
    if has(|one| !one.allows) {
        notes.push("a log does not say which statement denied a request: `denies what was allowed` means that other policies, other principals or a condition let requests through that this Deny speaks of".into());
    }
    if has(|one| one.is_not_action) {
        notes.push("NotAction means all other actions, also those of other services and of times to come: it is one line here".into());
    }
    if has(|one| {
        one.actions
            .iter()
            .any(|pattern| !known_actions().iter().any(|action| pattern.matches(action.as_bytes())))
    }) {
        notes.push("not in these logs: actions of other services and of whole accounts, and resources that are no buckets or objects; they may be needed all the same".into());
    }
    Table::builder("policy", "The policy, and what was needed of it", &lines)
        .text("statement", |line| Some(line.statement.name.as_bytes()))
        .word("effect", |line| if line.statement.allows { "Allow" } else { "Deny" })
        .text("action", |line| Some(line.action.as_bytes()))
        .word("verdict", |line| line.verdict)
        .lead()
        .column("requests", Value::Count, |line| line.used.count)
        .column("last_seen", Value::time, |line| line.used.seen.get().map(|(_, last)| last))
        .context()
        .one(Column::end("resources"), move |line| resources(line.statement))
        .context()
        .column("has_condition", Value::Bool, |line| line.statement.has_condition)
        .detail()
        .one(Column::end("needed"), |line| list(&line.needed))
        .detail()
        .one(Column::end("never_needed"), |line| list(&line.unneeded))
        .context()
        .notes(notes)
        .build()
}

fn denied_table(compared: &Compared, limit: usize) -> Table {
    let top = compared.denied.groups.top(limit, |uses| uses.denials);
    let by = &compared.denied.by;
    let action = |key: &[u8]| {
        let values = by.values(key);
        let operation = values.get(2).cloned().flatten().unwrap_or_default();
        let found = OPERATIONS.iter().find(|row| row.name.as_bytes() == operation)?;
        let names: Vec<Vec<u8>> = found.actions.iter().map(|name| name.as_bytes().to_vec()).collect();
        (!names.is_empty()).then_some(Value::List(names))
    };
    Table::builder("denied", "What was tried and denied", top)
        .group(by, |(key, _)| key)
        .one(Column::whole("actions"), move |(key, _)| action(key).unwrap_or(Value::Null))
        .column("denials", Value::Count, |(_, uses)| uses.denials)
        .column("last_seen", Value::time, |(_, uses)| uses.seen.get().map(|(_, last)| last))
        .context()
        .total(compared.denied.groups.distinct())
        .notes(compared.denied.groups.approximation())
        .note("a denial can come from any policy: a missing Allow, or a Deny here or elsewhere")
        .build()
}
