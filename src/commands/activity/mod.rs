//! `activity`: everything that somebody did, in order.

mod different;
mod visits;

use std::io;
use std::time::Duration;

use anyhow::bail;

use self::visits::{Step, Visit, Visits};
use super::history::{
    BUCKET, BY, CLIENT, ERROR, Kind, Layout, OPERATION, REMOTE_IP, REQUESTER, Requests, STATUS,
};
use crate::args::{CommonArgs, FilterArgs, OutputDefaults};
use crate::record::Field;
use crate::report::{Column, Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::spill::Space;

/// What it does where nothing is typed.
const DEFAULTS: OutputDefaults = OutputDefaults { limit: 0, ..OutputDefaults::REPORT };

/// Everything that a requester or an address did, in order
///
/// What history shows of one object, for everything that one actor touched, over all buckets, requests without a key included. Name the
/// actor with a filter: --requester, --ip, --anonymous, --user-agent, --access-key or --where.
///
/// The oldest comes first. Requests of one actor (a requester, each session of a role by itself, at one address) that follow each other and
/// do the same with the same outcome are one row: count says how many, objects on how many objects, and object is what their names begin
/// with. A pause of more than --gap begins a new visit. --limit N shows the newest N. Nothing is approximated: what --memory does not
/// hold goes to temporary files.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al activity --requester ci-deployer logs/
  s3al activity --ip 203.0.113.0/24 --since 7d --gap 10m logs/
  s3al activity --access-key AKIAIOSFODNN7EXAMPLE logs/")]
#[command(mut_args(DEFAULTS.said()))]
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
    let mut run = Run::new(context, &args.common, DEFAULTS)?;
    let (space, memory) = (run.space().clone(), run.memory_of(1));
    let layout = Layout::new(&[REQUESTER, REMOTE_IP]);
    let requests = run.aggregate(|| Requests::new(layout.clone(), &space, memory))?;
    let visits = Visits::of(requests, args.gap, &space)?;
    let limit = run.output.limit;
    let tables = vec![steps_table(&visits, limit, &space)?, visits_table(&visits, limit, &space)?];
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

/// The rows that --limit keeps.
const NEWEST: &str = "the newest";

fn steps_table(visits: &Visits, limit: usize, space: &Space) -> io::Result<Table> {
    Table::builder("activity", "Activity", [])
        .column("time", Value::Time, |step: &Step| step.first)
        .column("last", Value::Time, |step| step.last)
        .detail()
        .column("visit", Value::Count, |step| step.visit)
        .detail()
        .column("event", Value::Text, |step| Kind::of(&step.values).activity_name(&step.values))
        .event()
        .column("count", Value::Count, |step| step.count)
        .column("objects", Value::Count, |step| step.objects)
        .detail()
        .one(Column::middle("object").or_bucket(), |step| Value::text(step.object.as_deref()))
        .field(Field::Bucket, |step| step.value(BUCKET))
        .context()
        .dimension(BY[REQUESTER], |step| step.value(REQUESTER))
        .dimension(BY[REMOTE_IP], |step| step.value(REMOTE_IP))
        .context()
        .dimension(BY[CLIENT], |step| step.value(CLIENT))
        .context()
        .field(Field::HttpStatus, |step| step.value(STATUS))
        .detail()
        .field(Field::ErrorCode, |step| step.value(ERROR))
        .detail()
        .column("bytes_sent", Value::Bytes, |step| step.bytes_sent)
        .context()
        .hide_zero()
        .field(Field::Operation, |step| step.value(OPERATION))
        .detail()
        .one(Column::of(Field::RequestId), |step| Value::text(step.request_id.as_deref()))
        .detail()
        .total_of(visits.step_count(), NEWEST)
        .build_with(space, |put| visits.newest_steps(limit, put))
}

fn visits_table(visits: &Visits, limit: usize, space: &Space) -> io::Result<Table> {
    Table::builder("visits", "Visits", [])
        .column("visit", Value::Count, |visit: &Visit| visit.number)
        .column("first_seen", Value::Time, |visit| visit.first)
        .column("last_seen", Value::Time, |visit| visit.last)
        .dimension(BY[REQUESTER], |visit| visit.requester.as_ref())
        .dimension(BY[REMOTE_IP], |visit| visit.remote_ip.as_ref())
        .context()
        .column("requests", Value::Count, |visit| visit.requests)
        .column("errors", Value::Count, |visit| visit.errors)
        .column("bytes_sent", Value::Bytes, |visit| visit.bytes_sent)
        .context()
        .column("buckets", Value::Count, |visit| visit.buckets)
        .detail()
        .total_of(visits.visit_count(), NEWEST)
        .build_with(space, |put| visits.newest_visits(limit, put))
}
