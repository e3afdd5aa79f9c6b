//! The tables of incidents: what belongs together, and what happened.

use std::collections::{BTreeSet, HashMap};

use crate::commands::detect::words;
use crate::detect::{Detected, Incident, Step};
use crate::output::Output;
use crate::record::Field;
use crate::report::{Accent, Column, Table, Value};

/// What was done, and to how much, begins a sentence.
const SENTENCE_WIDTH: usize = 34;

/// The incidents that have one of the findings which are shown, with their numbers; the worst first.
pub(super) fn numbered(detected: &Detected, shown: usize) -> Vec<(u64, &Incident)> {
    let has_shown = |one: &&Incident| one.findings.iter().any(|place| *place < shown);
    (1..).zip(detected.incidents.iter().filter(has_shown)).collect()
}

/// The incident of each finding, both by their numbers.
pub(super) fn of_findings(incidents: &[(u64, &Incident)]) -> HashMap<u64, u64> {
    let of = |(number, one): &(u64, &Incident)| {
        let number = *number;
        one.findings.iter().map(move |place| (*place as u64 + 1, number)).collect::<Vec<_>>()
    };
    incidents.iter().flat_map(of).collect()
}

/// The incidents, and their steps. `findings` are shown.
pub(super) fn tables(incidents: &[(u64, &Incident)], findings: usize, output: &Output) -> Vec<Table> {
    let shown = &incidents[..incidents.len().min(output.limit)];
    vec![incidents_table(shown, incidents.len(), findings, output), timeline_table(shown)]
}

fn list(texts: &BTreeSet<Vec<u8>>) -> Value {
    if texts.is_empty() { Value::Null } else { Value::List(texts.iter().cloned().collect()) }
}

fn incidents_table(incidents: &[(u64, &Incident)], total: usize, findings: usize, output: &Output) -> Table {
    let numbers = |one: &Incident| {
        let shown = one.findings.iter().filter(|place| **place < findings);
        Value::List(shown.map(|place| (place + 1).to_string().into_bytes()).collect())
    };
    Table::builder("incidents", "Incidents: what belongs together", incidents)
        .column("incident", Value::Count, |(number, _)| *number)
        .word("severity", |(_, one)| one.severity.name())
        .accent(Accent::Severity)
        .one(Column::end("what_happened"), |(_, one)| Value::Text(words::story(one, output.zone)))
        .one(Column::end("requesters"), |(_, one)| match one.requesters.len() {
            0 => Value::Null,
            _ => Value::List(one.requesters.clone()),
        })
        .one(Column::end("remote_ips"), |(_, one)| list(&one.addresses))
        .one(Column::end("buckets"), |(_, one)| list(&one.buckets))
        .column("first_seen", Value::time, |(_, one)| one.seen.get().map(|(first, _)| first))
        .column("last_seen", Value::time, |(_, one)| one.seen.get().map(|(_, last)| last))
        .one(Column::end("findings"), move |(_, one)| numbers(one))
        .total(total as u64)
        // Lists go on in the next line.
        .one_at_a_time()
        .build()
}

/// What happened in each incident, for programs: the sentences of `what_happened`, and what they are made of.
fn timeline_table(incidents: &[(u64, &Incident)]) -> Table {
    let rows = incidents.iter().flat_map(|(number, one)| one.steps.iter().map(move |step| (*number, step)));
    let number = |value: u64| Value::count((value > 0).then_some(value));
    Table::builder("timeline", "Step by step", rows)
        .column("incident", Value::Count, |(number, _): &(u64, &Step)| *number)
        .column("first_seen", Value::Time, |(_, step)| step.seen.first)
        .column("last_seen", Value::Time, |(_, step)| step.seen.last)
        .detail()
        .one(Column::of(Field::Requester), |(_, step)| Value::text(step.requester.as_deref()))
        .context()
        .one(Column::end("remote_ips"), |(_, step)| list(&step.addresses))
        .detail()
        .column("is_first_seen", Value::Bool, |(_, step)| step.is_new)
        .detail()
        .word("did", |(_, step)| words::name(step.what))
        .detail()
        .one(Column::end("sentence"), |(_, step)| Value::Text(words::sentence(step)))
        .cut_at_end(SENTENCE_WIDTH)
        .column("requests", Value::Count, |(_, step)| step.count)
        .detail()
        .column("batches", number, |(_, step)| step.batches)
        .detail()
        .column("bytes_sent", Value::Bytes, |(_, step)| step.bytes)
        .detail()
        .one(Column::end("buckets"), |(_, step)| list(&step.buckets))
        .detail()
        .one(Column::middle("touched"), |(_, step)| {
            step.name.as_ref().map_or(Value::Null, |name| Value::Text(words::touched(name)))
        })
        .detail()
        .build()
}
