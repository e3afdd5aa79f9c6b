//! The tables of findings.

use crate::args::CommonArgs;
use crate::commands::detect::show::Shorter;
use crate::commands::detect::{incidents, show};
use crate::detect::{About, Detected, Example, Few, Finding, Incident, MAX_TITLE_LEN, Severity};
use crate::output::Output;
use crate::record::Field;
use crate::report::{Accent, Column, Note, Table, Value};

/// What was touched takes no less room, so that who did it can be read in 80 columns as well.
const TOUCHED_WIDTH: usize = 24;
/// What is above the numbers of findings, which are narrow.
const NUMBER: &str = "#";
/// How many findings are told in detail.
const MAX_DETAILED: usize = 3;

/// The rules, for --list-rules.
pub(super) fn rules_table(rules: &[&'static About]) -> Table {
    Table::builder("rules", "Rules", rules)
        .word("rule", |about| about.id)
        .word("severity", |about| about.severity.name())
        .accent(Accent::Severity)
        .one(Column::end("title"), |about| about.title.into())
        .cut_at_end(MAX_TITLE_LEN)
        .column("enabled", Value::Bool, |about| about.is_on)
        .context()
        .column("needs_baseline", Value::Bool, |about| about.needs_history)
        .context()
        .word("tactic", |about| about.tactic)
        .detail()
        .word("technique", |about| about.technique)
        .detail()
        .note("s3al detect --explain RULE says all of one")
        .build()
}

/// All tables of the answer. Only so many findings are shown: the others are below the severity that was asked for.
pub(super) fn tables(shown: usize, detected: &Detected, args: &CommonArgs, output: &Output) -> Vec<Table> {
    let findings = &detected.findings[..shown];
    let numbered: Vec<(u64, &Finding)> = (1..).zip(findings).take(output.limit).collect();
    let commands: Vec<String> = numbered.iter().map(|(_, finding)| show::command(finding, args)).collect();
    let shorter: Vec<Shorter> =
        numbered.iter().take(MAX_DETAILED).map(|(_, finding)| show::shorter(finding, args)).collect();
    let notes = notes(findings, detected, output);
    let incidents = incidents::numbered(detected, shown);
    let mut tables = incidents::tables(&incidents, numbered.len(), output);
    tables.insert(0, findings_table(&numbered, &commands, findings.len(), &incidents, notes));
    tables.extend([details_table(&numbered, &shorter), evidence_table(&numbered)]);
    tables
}

/// The findings of `--min-severity low` in one table, for a report of which they are a part; `None` if nobody could look.
pub(in crate::commands) fn summary(detected: Option<&Detected>, output: &Output) -> Table {
    let all = detected.map_or(&[][..], |detected| &detected.findings);
    let findings = &all[..all.partition_point(|one| one.severity >= Severity::Low)];
    let notes = match detected {
        Some(detected) => notes(findings, detected, output),
        None => vec![Note::Approximate(
            "nothing was looked for: what the rules keep does not fit into --memory; give it more, or ask `s3al detect`"
                .to_owned(),
        )],
    };
    Table::builder("detections", "What deserves attention", findings.iter().take(output.limit))
        .word("severity", |one| one.severity.name())
        .accent(Accent::Severity)
        .word("rule", |one| one.about.id)
        .one(Column::end("title"), |one| one.about.title.into())
        .context()
        .one(Column::of(Field::Requester), |one| Value::text(one.requester.as_deref()))
        .one(Column::end("buckets"), |one| list(&one.buckets))
        .context()
        .below()
        .one(Column::middle("touched"), |one| Value::text(one.touched.as_deref()))
        .context()
        .below()
        .column("count", Value::Count, |one| one.count)
        .column("first_seen", Value::time, |one| one.seen.get().map(|(first, _)| first))
        .column("last_seen", Value::time, |one| one.seen.get().map(|(_, last)| last))
        .detail()
        .one(Column::end("why"), |one| one.why.as_str().into())
        .context()
        .below()
        .one(Column::end("next"), |one| one.about.next.into())
        .detail()
        .total(findings.len() as u64)
        .notes(notes)
        .note("s3al detect: the same with evidence, incidents, and the command that shows all of each")
        .build()
}

fn list(few: &Few) -> Value {
    match few.texts().len() {
        0 => Value::Null,
        _ => Value::List(few.texts().map(<[u8]>::to_vec).collect()),
    }
}

fn findings_table(
    numbered: &[(u64, &Finding)],
    commands: &[String],
    total: usize,
    incidents: &[(u64, &Incident)],
    notes: Vec<Note>,
) -> Table {
    let incident = incidents::of_findings(incidents);
    let command = |number: u64| commands.get(number as usize - 1).map(String::as_bytes);
    Table::builder("findings", "Findings, worst first", numbered)
        .column("finding", Value::Count, |(number, _)| *number)
        .headed(NUMBER)
        .column("incident", Value::count, move |(number, _)| incident.get(number).copied())
        .context()
        .hide_zero()
        .word("severity", |(_, one)| one.severity.name())
        .accent(Accent::Severity)
        .word("rule", |(_, one)| one.about.id)
        .one(Column::of(Field::Requester), |(_, one)| Value::text(one.requester.as_deref()))
        .one(Column::end("remote_ips"), |(_, one)| list(&one.addresses))
        .context()
        .below()
        .one(Column::end("clients"), |(_, one)| list(&one.clients))
        .detail()
        .one(Column::end("buckets"), |(_, one)| list(&one.buckets))
        .context()
        .below()
        .one(Column { minimum: TOUCHED_WIDTH, ..Column::middle("touched") }, |(_, one)| {
            Value::text(one.touched.as_deref())
        })
        .column("count", Value::Count, |(_, one)| one.count)
        .column("first_seen", Value::time, |(_, one)| one.seen.get().map(|(first, _)| first))
        .context()
        .below()
        .column("last_seen", Value::time, |(_, one)| one.seen.get().map(|(_, last)| last))
        .detail()
        .one(Column::end("title"), |(_, one)| one.about.title.into())
        .detail()
        .one(Column::end("why"), |(_, one)| one.why.as_str().into())
        .context()
        .below()
        .word("tactic", |(_, one)| one.about.tactic)
        .detail()
        .word("technique", |(_, one)| one.about.technique)
        .detail()
        .one(Column::end("next"), |(_, one)| one.about.next.into())
        .detail()
        .one(Column::end("command"), move |(number, _)| Value::text(command(*number)))
        .detail()
        .total(total as u64)
        .notes(notes)
        .build()
}

/// What is said once: of the findings as a whole, and of the rules that did not run.
fn notes(findings: &[Finding], detected: &Detected, output: &Output) -> Vec<Note> {
    let verdict = match findings.first() {
        None => "nothing was found".to_owned(),
        Some(worst) => format!(
            "{}, the worst is {}: {}",
            crate::output::counted(findings.len() as u64, "finding", "findings"),
            worst.severity,
            worst.about.title.to_lowercase(),
        ),
    };
    let mut notes = vec![Note::Verdict(verdict)];
    let has_more =
        |one: &Finding| [&one.addresses, &one.clients, &one.buckets].into_iter().any(Few::has_more);
    if findings.iter().take(output.limit).any(has_more) {
        notes.push("of many addresses, clients or buckets, the first are named".into());
    }
    if let Some(baseline) = detected.baseline {
        let [start, end] = baseline.times().map(|time| output.zone.show(time));
        notes.push(
            format!("what is usual was learned from {start} to {end}; --baseline sets another time").into(),
        );
    } else if !detected.without_history.is_empty() {
        notes.push(
            format!(
                "too little history to know what is usual (two days at least, or --baseline), so these rules say nothing: {}",
                detected.without_history.join(", ")
            )
            .into(),
        );
    }
    notes
}

/// The worst findings, with all that is known of them.
fn details_table(numbered: &[(u64, &Finding)], shorter: &[Shorter]) -> Table {
    let rows = numbered.iter().zip(shorter);
    let text = |text: String| Value::Text(text.into_bytes());
    Table::builder("details", "The worst in detail", rows)
        .column("finding", Value::Count, |((number, _), _)| *number)
        .one(Column::end("what"), move |((_, one), _)| {
            text(format!("{} ({}, {})", one.about.title, one.severity, one.about.id))
        })
        .one(Column::end("why"), |((_, one), _)| one.why.as_str().into())
        .one(Column { name: "who".into(), ..Column::of(Field::Requester) }, |((_, one), _)| {
            Value::text(one.requester.as_deref())
        })
        .one(Column::end("from"), |((_, one), _)| list(&one.addresses))
        .one(Column::whole("with"), |((_, one), _)| list(&one.clients))
        .one(Column::whole("touched"), |((_, one), _)| Value::text(one.touched.as_deref()))
        .one(Column::whole("attack"), move |((_, one), _)| {
            text(format!("{}, {}", one.about.tactic, one.about.technique))
        })
        .one(Column::end("next"), |((_, one), _)| one.about.next.into())
        .one(Column::whole("show"), move |(_, shorter)| text(shorter.command.clone()))
        .one(Column::end("shows"), |(_, shorter)| match shorter.shows_more {
            true => {
                "these requests and others of the same time: --columns command has the exact filters".into()
            }
            false => Value::Null,
        })
        .detail()
        .one_at_a_time()
        .build()
}

/// Some requests of each finding.
fn evidence_table(numbered: &[(u64, &Finding)]) -> Table {
    let rows =
        numbered.iter().flat_map(|(number, one)| one.examples.iter().map(move |example| (*number, example)));
    let text = |field: Field| move |(_, example): &(u64, &Example)| Value::text(example.get(field));
    Table::builder("evidence", "Evidence", rows)
        .column("finding", Value::Count, |(number, _)| *number)
        .headed(NUMBER)
        .column("timestamp", Value::Time, |(_, example)| example.time)
        .one(Column::of(Field::Operation), text(Field::Operation))
        .one(Column::of(Field::HttpStatus), |(_, example)| {
            example.status.map_or(Value::Null, |status| Value::Integer(status.into()))
        })
        .context()
        .one(Column::of(Field::Bucket), text(Field::Bucket))
        .context()
        .one(Column::middle("object").or_bucket(), text(Field::Key))
        .one(Column::of(Field::RemoteIp), text(Field::RemoteIp))
        .context()
        .one(Column::of(Field::Requester), text(Field::Requester))
        .detail()
        .one(Column::of(Field::UserAgent), text(Field::UserAgent))
        .detail()
        .one(Column::of(Field::RequestId), text(Field::RequestId))
        .context()
        .build()
}
