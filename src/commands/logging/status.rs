//! `logging status`: a row a bucket, and what is wrong with it.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};

use super::{Args, Asked};
use crate::logging::{Finding, Retention, check};
use crate::report::{Column, Note, Report, Table, Value};
use crate::run::{Context, Exit};
use crate::source::s3::{Fact, LoggingFact, SourceFacts, TargetFacts};
use crate::time::Timestamp;

pub(super) fn run(context: &Context, asked: &Asked, args: &Args) -> anyhow::Result<Exit> {
    let mut buckets: Vec<String> = args.buckets.iter().map(ToString::to_string).collect();
    if buckets.is_empty() {
        match &asked.own {
            Fact::Known(own) => buckets.extend(own.iter().cloned()),
            other => {
                bail!(
                    "{}: name the buckets: s3al logging status my-site",
                    other.problem().unwrap_or_default()
                )
            }
        }
    }
    buckets.sort_unstable();
    buckets.dedup();
    let (sources, targets) =
        asked.survey.of(&buckets, &asked.own).context("cannot ask how buckets are logged")?;
    let now = Timestamp::from_millis(context.environment.now.timestamp_millis());
    let retention = Retention(args.retention);
    let findings = check(&buckets, &sources, &targets, asked.account.as_deref(), retention, now);
    let rows: Vec<&SourceFacts> = sources.iter().filter(|source| buckets.contains(&source.bucket)).collect();
    let missing = problems(asked, &rows, &targets);
    let tables = vec![
        buckets_table(&rows, &targets, &findings, now),
        findings_table(&findings),
        missing_table(&missing),
    ];
    asked.write(Report { name: "logging", main: "buckets", tables, ..Report::default() })?;
    let nothing_known = !rows.is_empty() && rows.iter().all(|source| source.logging.known().is_none());
    Ok(match args.output.fail && !findings.is_empty() {
        true => Exit::Findings,
        false if nothing_known => Exit::Nothing,
        false => Exit::Done,
    })
}

fn logging(source: &SourceFacts) -> Option<&LoggingFact> {
    source.logging.known()?.as_ref()
}

fn text(text: Option<&str>) -> Value {
    Value::text(text.map(str::as_bytes))
}

fn buckets_table(
    rows: &[&SourceFacts],
    targets: &BTreeMap<String, TargetFacts>,
    findings: &[Finding],
    now: Timestamp,
) -> Table {
    let of = |source: &SourceFacts| {
        let found = findings.iter().filter(|finding| finding.bucket == source.bucket);
        found.map(|finding| finding.check.name().as_bytes().to_vec()).collect::<Vec<_>>()
    };
    let newest = |source: &SourceFacts| source.newest.known().copied().flatten();
    let off = rows.iter().filter(|source| source.logging.known() == Some(&None));
    // Log buckets are better not logged.
    let off = off.filter(|source| !targets.contains_key(&source.bucket)).count();
    let note = format!(
        "{off} of {} not logged; s3al logging enable BUCKET --target LOGS prints what that takes",
        rows.len()
    );
    Table::builder("buckets", "Server access logging", rows)
        .one(Column::middle("bucket"), |source| text(Some(&source.bucket)))
        .one(Column::whole("region"), |source| text(source.region.known().map(String::as_str)))
        .context()
        .one(Column::whole("logging").null_as("unknown"), |source| {
            text(source.logging.known().map(|logging| if logging.is_some() { "on" } else { "off" }))
        })
        .one(Column::middle("target"), |source| text(logging(source).map(|logging| logging.target.as_str())))
        .one(Column::middle("prefix"), |source| text(logging(source).map(|logging| logging.prefix.as_str())))
        .context()
        .one(Column::whole("layout"), |source| text(logging(source).map(|logging| logging.layout.name())))
        .detail()
        .column("newest_log", Value::time, |source| newest(source))
        .context()
        .column("age", Value::millis, |source| {
            newest(source).and_then(|newest| u64::try_from(now.millis() - newest.millis()).ok())
        })
        .one(Column::end("findings"), |source| match of(source) {
            found if found.is_empty() => Value::Null,
            found => Value::List(found),
        })
        .notes((off > 0).then_some(note))
        .build()
}

fn findings_table(findings: &[Finding]) -> Table {
    Table::builder("findings", "Findings", findings)
        .one(Column::middle("bucket"), |finding| text(Some(&finding.bucket)))
        .word("finding", |finding| finding.check.name())
        .one(Column::end("facts"), |finding| text(Some(&finding.facts)))
        .one(Column::end("meaning"), |finding| text(Some(finding.check.meaning())))
        .one(Column::end("mend"), |finding| text(Some(&finding.mend)))
        .one_at_a_time()
        .build()
}

/// What could not be asked: of which bucket, what, and why.
type Missing = (String, &'static str, String);

fn problems(asked: &Asked, rows: &[&SourceFacts], targets: &BTreeMap<String, TargetFacts>) -> Vec<Missing> {
    let mut missing = Vec::new();
    let mut add = |bucket: &str, what: &'static str, problem: Option<String>| {
        missing.extend(problem.map(|problem| (bucket.to_owned(), what, problem)));
    };
    add("", "the buckets of the account", asked.own.problem());
    for source in rows {
        add(&source.bucket, "region", source.region.problem());
        add(&source.bucket, "logging", source.logging.problem());
        add(&source.bucket, "newest_log", source.newest.problem());
    }
    for target in targets.values() {
        let name = &target.bucket;
        add(name, "region", target.region.problem());
        add(name, "policy", target.policy.problem());
        add(name, "whether it is public", target.has_public_policy.problem());
        add(name, "whether public access is blocked", target.blocks_public.problem());
        add(name, "object ownership", target.acls_off.problem());
        add(name, "access control list", target.acl.problem());
        add(name, "encryption", target.encryption.problem());
        add(name, "who pays", target.requester_pays.problem());
        add(name, "object lock", target.lock.problem());
        add(name, "lifecycle rules", target.expiry.problem());
    }
    missing
}

fn missing_table(missing: &[Missing]) -> Table {
    Table::builder("unknown", "What could not be asked", missing)
        .one(Column::middle("bucket"), |(bucket, ..)| {
            text(Some(bucket.as_str()).filter(|name| !name.is_empty()))
        })
        .word("what", |(_, what, _)| what)
        .one(Column::end("why"), |(.., why)| text(Some(why)))
        .notes((!missing.is_empty()).then(|| Note::from("checks that need it say nothing")))
        .build()
}
