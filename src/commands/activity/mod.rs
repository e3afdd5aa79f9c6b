//! `activity`: everything that somebody did, in order.

mod steps;

use std::time::Duration;

use anyhow::bail;

use self::steps::{Step, Visit, Visits};
use super::history::{BUCKET, BY, CLIENT, ERROR, Kinds, OPERATION, REMOTE_IP, REQUESTER, Requests, STATUS};
use crate::args::{CommonArgs, FilterArgs, OutputDefaults};
use crate::record::Field;
use crate::report::{Column, Report, Table, Value};
use crate::run::{Context, Exit, Run};

/// Everything that a requester or an address did, in order
///
/// Everything that a requester or an address did, in order, over all buckets: what history shows of one object, for everything that one
/// actor touched, requests without a key included. Name the actor with a filter: --requester, --ip, --anonymous, --user-agent,
/// --access-key or --where.
///
/// The oldest comes first. Requests of one actor (a requester, each session of a role by itself, at one address) that follow each other and
/// do the same with the same outcome are one row: count says how many, objects on how many objects, and object is what their names begin
/// with. A pause of more than --gap begins a new visit. --limit N shows the newest N. Nothing is approximated: every request that matches
/// stays in memory.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al activity --requester ci-deployer logs/
  s3al activity --ip 203.0.113.0/24 --since 7d --gap 10m logs/
  s3al activity --where access_key_id=AKIAIOSFODNN7EXAMPLE logs/")]
pub(crate) struct Args {
    /// A pause longer than this begins a new visit
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = humantime::parse_duration)]
    gap: Duration,

    #[command(flatten)]
    common: CommonArgs,
}

/// Runs `activity`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    if !names_somebody(&args.common.filter) {
        bail!(
            "whose activity? Name a requester, an address or a client\n\
             for example: s3al activity --requester alice logs/\n\
             \x20            s3al activity --ip 203.0.113.7 logs/"
        );
    }
    let mut run = Run::new(context, &args.common, OutputDefaults { limit: 0, ..OutputDefaults::default() })?;
    let mut requests = run.aggregate(Requests::new)?;
    requests.sort();
    let kinds = Kinds::new(&requests);
    let Visits { steps, visits } = Visits::new(&requests, &kinds, args.gap);
    let tables =
        vec![steps_table(&kinds, &steps, run.output.limit), visits_table(&kinds, &visits, run.output.limit)];
    run.report(Report { name: "activity", main: "activity", tables, ..Report::default() })
}

fn names_somebody(filter: &FilterArgs) -> bool {
    filter.anonymous
        || !filter.requester.is_empty()
        || !filter.ip.is_empty()
        || !filter.user_agent.is_empty()
        || !filter.access_key.is_empty()
        || !filter.conditions.is_empty()
}

fn steps_table(kinds: &Kinds<'_>, steps: &[Step], limit: usize) -> Table {
    let value = |step: &Step, of: usize| kinds.values(step.kind)[of];
    let shown = &steps[steps.len() - limit.min(steps.len())..];
    Table::builder("activity", "Activity", shown)
        .column("time", Value::Time, |step| step.first)
        .column("last", Value::Time, |step| step.last)
        .detail()
        .column("visit", Value::Count, |step| step.visit)
        .context()
        .column("event", Value::Text, |step| kinds.activity_name(step.kind))
        .column("count", Value::Count, |step| step.count)
        .column("objects", Value::Count, |step| step.objects)
        .context()
        .one(Column::middle("object"), |step| {
            step.object.as_ref().map_or(Value::Null, |it| Value::Text(it.clone()))
        })
        .field(Field::Bucket, |step| value(step, BUCKET))
        .dimension(BY[REQUESTER], |step| value(step, REQUESTER))
        .dimension(BY[REMOTE_IP], |step| value(step, REMOTE_IP))
        .context()
        .dimension(BY[CLIENT], move |step| value(step, CLIENT))
        .context()
        .field(Field::HttpStatus, |step| value(step, STATUS))
        .detail()
        .field(Field::ErrorCode, |step| value(step, ERROR))
        .detail()
        .column("bytes_sent", Value::Bytes, |step| step.bytes_sent)
        .context()
        .hide_zero()
        .field(Field::Operation, |step| value(step, OPERATION))
        .detail()
        .one(Column::of(Field::RequestId), |step| Value::text(step.request_id.as_deref()))
        .detail()
        .total(steps.len() as u64)
        .build()
}

fn visits_table(kinds: &Kinds<'_>, visits: &[Visit], limit: usize) -> Table {
    let shown = &visits[visits.len() - limit.min(visits.len())..];
    Table::builder("visits", "Visits", shown)
        .column("visit", Value::Count, |visit| visit.number)
        .column("first_seen", Value::Time, |visit| visit.first)
        .column("last_seen", Value::Time, |visit| visit.last)
        .dimension(BY[REQUESTER], |visit| kinds.values(visit.kind)[REQUESTER])
        .dimension(BY[REMOTE_IP], |visit| kinds.values(visit.kind)[REMOTE_IP])
        .context()
        .column("requests", Value::Count, |visit| visit.requests)
        .column("errors", Value::Count, |visit| visit.errors)
        .column("bytes_sent", Value::Bytes, |visit| visit.bytes_sent)
        .context()
        .column("buckets", Value::Count, |visit| visit.buckets)
        .detail()
        .total(visits.len() as u64)
        .build()
}
