//! `logging status`: a row a bucket, and what is wrong with it.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};

use super::{Args, Asked};
use crate::logging::{Finding, Known, Retention, check};
use crate::report::{Column, Note, Report, Table, Value};
use crate::run::{Context, Exit};
use crate::source::s3::{Fact, LoggingFact, Problem, SourceFacts, TargetFacts};
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
    let known = Known {
        sources: &sources,
        targets: &targets,
        account: asked.account.as_deref(),
        own: asked.own.known(),
        retention: Retention(args.retention),
        now,
    };
    let findings = check(&buckets, &known);
    let rows: Vec<&SourceFacts> = sources.iter().filter(|source| buckets.contains(&source.bucket)).collect();
    let missing = missing(asked, &rows, &targets);
    asked.write(report(&rows, &targets, &findings, &missing, now))?;
    if rows.is_empty() {
        let nothing = "there is no bucket in this account";
        if args.output.fail {
            bail!("{nothing}, so there is nothing to judge");
        }
        asked.output.messages.warn(nothing);
    }
    let unknown = rows.iter().filter(|source| source.logging.known().is_none()).count();
    // Who asks whether all is as it should be, and hears nothing of what could not be asked, is told that it is.
    let hides_something = missing.iter().any(|(_, (_, problem))| problem.hides_something);
    let is_partial = unknown > 0 || (args.output.fail && hides_something);
    Ok(match args.output.fail && !findings.is_empty() {
        true => Exit::Findings,
        false if unknown > 0 && unknown == rows.len() => Exit::Nothing,
        false if is_partial => Exit::Partial,
        false => Exit::Done,
    })
}

/// A row a bucket, what is wrong with it, and what could not be asked.
pub(super) fn report(
    rows: &[&SourceFacts],
    targets: &BTreeMap<String, TargetFacts>,
    findings: &[Finding],
    missing: &[(String, Missing)],
    now: Timestamp,
) -> Report {
    let tables =
        vec![buckets_table(rows, targets, findings, now), findings_table(findings), missing_table(missing)];
    Report { name: "logging", main: "buckets", tables, ..Report::default() }
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
    // What could not be asked of the bucket and of its log bucket.
    let unknown = |source: &SourceFacts| {
        let target = logging(source).and_then(|logging| targets.get(&logging.target));
        let missing =
            missing_of_source(source).into_iter().chain(target.map(missing_of_target).into_iter().flatten());
        missing.map(|(what, _)| what.as_bytes().to_vec()).collect::<Vec<_>>()
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
        .one(Column::whole("region").null_as("unknown"), |source| {
            text(source.region.known().map(String::as_str))
        })
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
            // A log can be delivered while this runs.
            newest(source).map(|newest| u64::try_from(now.millis() - newest.millis()).unwrap_or(0))
        })
        .one(Column::end("findings"), |source| match of(source) {
            found if found.is_empty() => Value::Null,
            found => Value::List(found),
        })
        .one(Column::end("unknown"), |source| match unknown(source) {
            names if names.is_empty() => Value::Null,
            names => Value::List(names),
        })
        .hide_zero()
        .notes((off > 0).then_some(note))
        .build()
}

fn findings_table(findings: &[Finding]) -> Table {
    Table::builder("findings", "Findings", findings)
        .one(Column::middle("bucket"), |finding| text(Some(&finding.bucket)))
        .word("finding", |finding| finding.check.name())
        .one(Column::end("facts"), |finding| text(Some(&finding.facts)))
        .one(Column::end("meaning"), |finding| text(Some(finding.check.meaning())))
        // To be copied: in one line.
        .one(Column::whole("mend"), |finding| text(Some(&finding.mend)))
        .one_at_a_time()
        .build()
}

/// What could not be asked, and why.
type Missing = (&'static str, Problem);

fn missing_of_source(source: &SourceFacts) -> Vec<Missing> {
    let all = [
        ("region", source.region.problem()),
        ("logging", source.logging.problem()),
        ("newest_log", source.newest.problem()),
    ];
    all.into_iter().filter_map(|(what, problem)| Some((what, problem?))).collect()
}

pub(super) fn missing_of_target(target: &TargetFacts) -> Vec<Missing> {
    let all = [
        ("region", target.region.problem()),
        ("policy", target.policy.problem()),
        ("whether its policy is public", target.has_public_policy.problem()),
        ("public access block", target.public_block.problem()),
        ("object ownership", target.acls_off.problem()),
        ("access control list", target.acl.problem()),
        ("encryption", target.encryption.problem()),
        ("who pays", target.requester_pays.problem()),
        ("object lock", target.lock.problem()),
        ("lifecycle rules", target.expiry.problem()),
    ];
    all.into_iter().filter_map(|(what, problem)| Some((what, problem?))).collect()
}

/// The same, of all buckets.
fn missing(
    asked: &Asked,
    rows: &[&SourceFacts],
    targets: &BTreeMap<String, TargetFacts>,
) -> Vec<(String, Missing)> {
    let account = asked.own.problem().map(|problem| (String::new(), ("buckets of the account", problem)));
    let of = |name: &String, missing: Vec<Missing>| {
        let name = name.clone();
        missing.into_iter().map(move |missing| (name.clone(), missing))
    };
    let sources = rows.iter().flat_map(|source| of(&source.bucket, missing_of_source(source)));
    let targets = targets.values().flat_map(|target| of(&target.bucket, missing_of_target(target)));
    account.into_iter().chain(sources).chain(targets).collect()
}

fn missing_table(missing: &[(String, Missing)]) -> Table {
    Table::builder("unknown", "What could not be asked", missing)
        .one(Column::middle("bucket"), |(bucket, _)| {
            text(Some(bucket.as_str()).filter(|name| !name.is_empty()))
        })
        .word("what", |(_, (what, _))| what)
        .one(Column::end("why"), |(_, (_, problem))| text(Some(&problem.to_string())))
        // Errors are sentences.
        .one_at_a_time()
        .notes((!missing.is_empty()).then(|| Note::from("checks that need it say nothing")))
        .build()
}
